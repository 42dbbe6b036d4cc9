/* Sockets that were opened for us. */
#include "tickd/ops/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/base/options.h"

/* The place of `name` in the list, or −1. */
static int place_of(const char *names, const char *name)
{
    size_t length = strlen(name);

    for (int place = 0; names != NULL && *names != '\0'; place++) {
        size_t here = strcspn(names, ":");

        if (here == length && memcmp(names, name, length) == 0)
            return place;
        names += here + (names[here] == ':' ? 1 : 0);
    }
    return -1;
}

static bool option_is(int descriptor, int option, int wanted)
{
    int value = 0;
    socklen_t length = sizeof value;

    return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 && value == wanted;
}

static bool is_listening(int descriptor)
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;

    return getsockname(descriptor, (struct sockaddr *)&address, &length) == 0 &&
           address.sun_family == AF_UNIX && option_is(descriptor, SO_TYPE, SOCK_STREAM) &&
           option_is(descriptor, SO_ACCEPTCONN, 1);
}

static int adopt(int descriptor, struct text *why)
{
    if (!is_listening(descriptor)) {
        text_format(why,
                    "LISTEN_FDS: descriptor %d is no UNIX socket that listens for streams; "
                    "check ListenStream= of the socket unit",
                    descriptor);
        return ERROR_TYPE;
    }
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 && fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        return descriptor;
    text_format(why, "LISTEN_FDS: descriptor %d: %s", descriptor, strerror(errno));
    return ERROR_IO;
}

static void close_others(int64_t count, int taken)
{
    for (int i = ACTIVATION_FIRST; i < ACTIVATION_FIRST + (int)count; i++) {
        if (i != taken)
            close(i);
    }
}

int activation_take(const struct activation *activation, int64_t own_pid, const char *name,
                    struct text *why)
{
    int64_t pid;
    int64_t count;

    if (activation->pid == NULL || activation->count == NULL)
        return 0;
    if (options_whole(activation->pid, 1, INT64_MAX, &pid) != 0 || pid != own_pid)
        return 0;
    if (options_whole(activation->count, 0, ACTIVATION_COUNT_MAX, &count) != 0) {
        text_format(why, "LISTEN_FDS: found \"%.20s\", allowed: whole number, 0 to %d",
                    activation->count, ACTIVATION_COUNT_MAX);
        return ERROR_SYNTAX;
    }
    if (count == 0)
        return 0;
    int place = place_of(activation->names, name);

    if (place < 0 && count == 1)
        place = 0;
    if (place < 0 || place >= count) {
        text_format(why,
                    "LISTEN_FDS: none of %d sockets is called \"%s\"; "
                    "give one FileDescriptorName=%s",
                    (int)count, name, name);
        close_others(count, -1);
        return ERROR_NOT_FOUND;
    }
    close_others(count, ACTIVATION_FIRST + place);
    return adopt(ACTIVATION_FIRST + place, why);
}
