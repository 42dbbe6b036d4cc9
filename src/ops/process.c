/* Processes by number. */
#include "tickd/ops/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_MAX = 1024, FIELD_STATE = 3, FIELD_START = 22 };

/* The name, second field, may have blanks and brackets in it; what follows its last bracket is
 * separated by single blanks. */
bool process_parse(const char *text, struct process_sight *sight)
{
    const char *place = strrchr(text, ')');
    char *end;

    if (place == NULL || place[1] != ' ' || place[2] == '\0')
        return false;
    place += 2;
    char state = *place;

    for (int field = FIELD_STATE; field < FIELD_START; field++) {
        place = strchr(place, ' ');
        if (place == NULL)
            return false;
        place++;
    }
    uint64_t ticks = strtoull(place, &end, 10);

    if (end == place)
        return false;
    *sight = (struct process_sight){
        .is_there = state != 'Z' && state != 'X', .state = state, .ticks = ticks};
    return true;
}

/* Others' processes may be hidden (proc(5), hidepid): a signal's error still tells. */
static struct process_sight ask_by_signal(int64_t pid)
{
    bool is_there = kill((pid_t)pid, 0) == 0 || errno == EPERM;

    return (struct process_sight){.is_there = is_there, .state = '?'};
}

struct process_sight process_look(int64_t pid)
{
    char path[48];
    char text[STAT_MAX];
    struct process_sight sight;

    if (pid <= 0 || pid > INT32_MAX)
        return (struct process_sight){.state = '?'};
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        return ask_by_signal(pid);
    ssize_t length = read(descriptor, text, sizeof text - 1);

    close(descriptor);
    text[length > 0 ? length : 0] = '\0';
    return process_parse(text, &sight) ? sight : ask_by_signal(pid);
}
