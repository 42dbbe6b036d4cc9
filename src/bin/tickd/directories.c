/* Where state, sockets and logs go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/bin/program.h"

/* That something is there does not make it a folder, nor one of ours. */
static bool can_be_used(const char *path)
{
    struct stat place;
    if (stat(path, &place) != 0) {
        return false;
    }
    if (!S_ISDIR(place.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return access(path, W_OK | X_OK) == 0;
}

/* Makes a folder and those above it; what is there stays as it is. */
static int make_folders(const char *path)
{
    char part[PROGRAM_DIRECTORY_MAX];
    size_t length = strlen(path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        text_copy_bytes(part, sizeof part, path, i);
        if (mkdir(part, 0750) != 0 && errno != EEXIST) {
            return -1;
        }
    }
    return can_be_used(path) ? 0 : -1;
}

static int choose(char directory[PROGRAM_DIRECTORY_MAX], const char *option_name,
                  const char *option, const char *variable, const char *fallback)
{
    const char *chosen = option;
    if (chosen == NULL) {
        chosen = getenv(variable);
    }
    if (chosen == NULL || *chosen == '\0') {
        chosen = fallback;
    }
    /* systemd lists several folders with ':' between them; the first is ours. */
    size_t length = option != NULL ? strlen(chosen) : strcspn(chosen, ":");
    if (!text_copy_bytes(directory, PROGRAM_DIRECTORY_MAX, chosen, length)) {
        program_complain("%s: the path is longer than %d bytes", option_name,
                         PROGRAM_DIRECTORY_MAX - 1);
        return EX_CANTCREAT;
    }
    if (make_folders(directory) != 0) {
        program_complain("%s: %s cannot be used: %s; name a folder that may be written with %s",
                         option_name, directory, strerror(errno), option_name);
        return EX_CANTCREAT;
    }
    return 0;
}

int program_find_directories(struct program *program)
{
    struct directories *directories = &program->directories;
    const struct command_line *line = &program->line;
    int code = choose(directories->state, "--state-dir", line->state_dir, "STATE_DIRECTORY",
                      "./var/state");
    if (code == 0) {
        code = choose(directories->runtime, "--runtime-dir", line->runtime_dir, "RUNTIME_DIRECTORY",
                      "./var/run");
    }
    if (code == 0) {
        code = choose(directories->log, "--log-dir", line->log_dir, "LOGS_DIRECTORY", "./var/log");
    }
    return code;
}
