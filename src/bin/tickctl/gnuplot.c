/* gnuplot as a child process. Its three standard streams are files, so nobody waits for a pipe. */
#include "tickd/bin/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/ops/ctl_table.h"

extern char **environ;

enum { WORDS_MAX = 256 };

/* --default-settings: no file of the user's changes the picture. */
static int spawn(FILE *script, FILE *picture, FILE *words, pid_t *child)
{
    static char program[] = "gnuplot";
    static char option[] = "--default-settings";
    char *const arguments[] = {program, option, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, fileno(picture), STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, fileno(words), STDERR_FILENO);
    if (error == 0)
        error = posix_spawnp(child, program, &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Its first words that say something. */
static void add_words(FILE *words, struct text *why)
{
    char line[WORDS_MAX];

    rewind(words);
    while (fgets(line, sizeof line, words) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strspn(line, " \t^") == strlen(line))
            continue;
        text_add(why, ": ");
        ctl_add_clean(why, line);
        return;
    }
}

static int wait_for(pid_t child, FILE *words, struct text *why)
{
    int status = 0;
    pid_t ended;

    do {
        ended = waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    text_add(why, "gnuplot has failed");
    add_words(words, why);
    return ERROR_IO;
}

int gnuplot_run(FILE *script, FILE *picture, struct text *why)
{
    FILE *words = tmpfile();
    pid_t child = -1;
    int result;

    if (words == NULL) {
        text_format(why, "a temporary file: %s", strerror(errno));
        return ERROR_IO;
    }
    rewind(script);
    int error = spawn(script, picture, words, &child);

    if (error == 0) {
        result = wait_for(child, words, why);
    } else if (error == ENOENT) {
        text_add(why, "gnuplot is not installed; on Debian: apt-get install gnuplot-nox");
        result = ERROR_NOT_FOUND;
    } else {
        text_format(why, "gnuplot: %s", strerror(error));
        result = ERROR_IO;
    }
    (void)fclose(words);
    return result;
}
