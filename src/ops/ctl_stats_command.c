/* `tickctl stats`: finds the page, reads it, shows it. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/ops/ctl_stats.h"
#include "tickd/ops/health_log.h"

enum { LINES_USUAL = 24, COLUMNS_USUAL = 80 };

static const char page_name[] = "tickd.stats";
static const char previous_suffix[] = ".previous";

/* The page in the first `length` bytes of `directory`; whether it is there. */
static bool page_in(const char *directory, size_t length, bool is_previous, char path[CTL_PATH_MAX])
{
    struct text text;

    text_init(&text, path, CTL_PATH_MAX);
    text_add_bytes(&text, directory, length);
    text_add_char(&text, '/');
    text_add(&text, page_name);
    text_add(&text, is_previous ? previous_suffix : "");
    return !text.cut && access(path, F_OK) == 0;
}

int ctl_stats_find(const char *socket, bool is_previous, char path[CTL_PATH_MAX], struct text *why)
{
    static const char *const places[] = {"/run/tickd", "./var/run"};
    const char *own = getenv("RUNTIME_DIRECTORY");

    if (socket != NULL) {
        const char *slash = strrchr(socket, '/');

        if (page_in(slash != NULL ? socket : ".", slash != NULL ? (size_t)(slash - socket) : 1,
                    is_previous, path))
            return 0;
        text_format(why, "no page of counters: %s is not there", path);
        return ERROR_NOT_FOUND;
    }
    if (own != NULL && own[0] != '\0' && page_in(own, strcspn(own, ":"), is_previous, path))
        return 0;
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        if (page_in(places[i], strlen(places[i]), is_previous, path))
            return 0;
    }
    text_format(why,
                "no page of counters: there is no %s%s in $RUNTIME_DIRECTORY, %s or %s; --file "
                "names one, --socket the daemon's socket beside it",
                page_name, is_previous ? previous_suffix : "", places[0], places[1]);
    return ERROR_NOT_FOUND;
}

static void measure_screen(FILE *out, struct ctl_stats *stats)
{
    struct winsize size = {.ws_row = 0};
    bool is_known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_row > 0;

    stats->lines_max = is_known ? size.ws_row : LINES_USUAL;
    stats->columns_max = is_known ? size.ws_col : COLUMNS_USUAL;
}

/* One reading, as an exit code. */
static int read_page(const struct ctl_stats_command *command, struct ctl_stats *stats,
                     struct stats_copy *copy, char path[CTL_PATH_MAX], struct text *why)
{
    int result = 0;

    if (command->file != NULL && !text_copy(path, CTL_PATH_MAX, command->file)) {
        text_add(why, "--file: the path is too long");
        return EX_USAGE;
    }
    if (command->file == NULL)
        result = ctl_stats_find(command->socket, command->is_previous, path, why);
    if (result == 0)
        result = stats_read(path, copy, why);
    if (result == ERROR_NOT_FOUND)
        return EX_UNAVAILABLE;
    if (result == ERROR_DENIED)
        return EX_NOPERM;
    if (result != 0)
        return result == ERROR_SYNTAX ? EX_DATAERR : EX_IOERR;
    struct process_sight sight = process_look(copy->view.head->pid);

    stats->path = path;
    stats->copy = copy;
    stats_judge(copy->view.head, &sight, system_time_us(), &stats->judgement);
    return 0;
}

static void show(const struct ctl_stats_command *command, struct ctl_stats *stats, FILE *out)
{
    if (command->wants_json) {
        ctl_stats_print_json(out, stats);
        return;
    }
    if (command->lives) {
        measure_screen(out, stats);
        fputs("\033[H\033[J", out); /* home, and clear from there */
    }
    ctl_stats_print(out, stats);
}

/* A daemon that starts anew is without a page for a moment. */
static bool is_worth_waiting(int code, size_t turn)
{
    return code == EX_UNAVAILABLE && turn > 0;
}

int ctl_stats_run(const struct ctl_stats_command *command, FILE *out, struct text *why)
{
    static struct stats_copy copies[2];
    const struct timespec second = {.tv_sec = 1};
    char path[CTL_PATH_MAX];
    struct ctl_stats stats = {.globs = command->globs, .glob_count = command->glob_count};

    for (size_t turn = 0;; turn++) {
        int code = read_page(command, &stats, &copies[turn % 2], path, why);

        if (code != 0 && !is_worth_waiting(code, turn))
            return code;
        if (code == 0)
            show(command, &stats, out);
        if (fflush(out) != 0) {
            text_add(why, "the output cannot be written");
            return EX_IOERR;
        }
        if (!command->lives)
            return 0;
        text_clear(why);
        stats.before = code == 0 ? stats.copy : NULL;
        (void)nanosleep(&second, NULL);
    }
}
