/* Forks, runs, listens to stderr, waits. */
#include "support/death.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_and_exit(void (*action)(void), int stderr_to)
{
    struct rlimit no_core = {0, 0};

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, SIG_DFL);
    dup2(stderr_to, STDERR_FILENO);
    close(stderr_to);
    action();
    _exit(0);
}

/* Keeps the beginning of what comes, reads to the end. */
static void read_all(int from, char *said, size_t capacity)
{
    char piece[256];
    size_t length = 0;
    ssize_t got;

    while ((got = read(from, piece, sizeof piece)) > 0) {
        size_t room = capacity - 1 - length;
        size_t kept = (size_t)got < room ? (size_t)got : room;

        memcpy(said + length, piece, kept);
        length += kept;
    }
    said[length] = '\0';
}

bool dies_saying(void (*action)(void), const char *words)
{
    char said[4096] = "";
    int ends[2];
    int status = 0;

    fflush(NULL);
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();

    if (child == 0) {
        close(ends[0]);
        run_and_exit(action, ends[1]);
    }
    close(ends[1]);
    if (child > 0) {
        read_all(ends[0], said, sizeof said);
        waitpid(child, &status, 0);
    }
    close(ends[0]);
    bool died = child > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
                strstr(said, words) != NULL;

    if (!died)
        fprintf(stderr, "wanted an abort saying \"%s\"; status %#x, stderr: %s\n", words,
                (unsigned)status, said);
    return died;
}
