/* tickctl: asks a running tickd, and shows what it says; tables on a terminal, JSON elsewhere. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/bin/exit_codes.h"
#include "tickd/bin/tickctl_options.h"
#include "tickd/bin/tickctl_sql.h"
#include "tickd/bin/tickctl_tape.h"
#include "tickd/ops/ctl_client.h"
#include "tickd/ops/ctl_stats.h"
#include "tickd/ops/ctl_view.h"
#include "tickd/ops/json_rpc.h"

enum {
    EXIT_DAEMONS_ERROR = 1,
    HELP_MAX = 16384,
    WHY_MAX = 1024,
    RETRY_MS = 100,
    ANSWER_MS = 2000, /* for an answer that is due at the end of the waiting */
    MS_PER_S = 1000,
    NS_PER_MS = 1000000,
    WAIT_SECONDS_MAX = 31536000,
    WORDS_MAX = 1024 /* a command and its arguments: the files of a tape */
};

enum option {
#define X(ID, ...) OPTION_##ID,
    TICKCTL_OPTIONS(X)
#undef X
};

static const struct options_entry table[] = {
#define X(ID, ...) {OPTION_##ID, __VA_ARGS__},
    TICKCTL_OPTIONS(X)
#undef X
};

struct tickctl {
    const char *socket;
    const char *db;
    const char *rows;
    const char *timeout; /* of wait */
    const char *file;
    bool wants_json;
    bool wants_once;
    bool wants_previous;
    bool wants_help;
    bool wants_version;
    bool wants_verify;
    bool wants_csv;
    const char *words[WORDS_MAX]; /* the command and its arguments */
    size_t word_count;
    enum control_id command;
    struct ctl_client client;
};

static int complain(int code, const char *what)
{
    fprintf(stderr, "tickctl: %s\n", what);
    return code;
}

/* The command line. */

static int take_word(struct tickctl *ctl, const char *word)
{
    if (ctl->word_count == ARRAY_LENGTH(ctl->words))
        return complain(EX_USAGE, "too many arguments");
    ctl->words[ctl->word_count++] = word;
    return 0;
}

static int take_option(struct tickctl *ctl, const struct options_found *found)
{
    if (found->id == OPTIONS_OPERAND)
        return take_word(ctl, found->value);
    if (found->id == OPTION_SOCKET)
        ctl->socket = found->value;
    if (found->id == OPTION_DB)
        ctl->db = found->value;
    if (found->id == OPTION_ROWS)
        ctl->rows = found->value;
    if (found->id == OPTION_TIMEOUT)
        ctl->timeout = found->value;
    if (found->id == OPTION_FILE)
        ctl->file = found->value;
    ctl->wants_json |= found->id == OPTION_JSON;
    ctl->wants_once |= found->id == OPTION_ONCE;
    ctl->wants_previous |= found->id == OPTION_PREVIOUS;
    ctl->wants_verify |= found->id == OPTION_VERIFY;
    ctl->wants_csv |= found->id == OPTION_CSV;
    ctl->wants_help |= found->id == OPTION_HELP;
    ctl->wants_version |= found->id == OPTION_VERSION;
    return 0;
}

static int read_options(struct tickctl *ctl, int argument_count, char **arguments)
{
    struct options options;
    struct options_found found;
    int more;

    options_init(&options, table, ARRAY_LENGTH(table), argument_count, arguments);
    while ((more = options_next(&options, &found)) > 0) {
        int code = take_option(ctl, &found);

        if (code != 0)
            return code;
    }
    return more < 0 ? complain(EX_USAGE, options.error) : 0;
}

static int read_command(struct tickctl *ctl)
{
    char memory[WHY_MAX];
    struct text why;
    size_t least;
    size_t most;

    text_init(&why, memory, sizeof memory);
    ctl->command = control_find(ctl->words[0], strlen(ctl->words[0]));
    if (ctl->command == CONTROL_COMMAND_COUNT) {
        const char *nearest = control_nearest(ctl->words[0]);

        text_format(&why, "there is no command \"%.40s\"", ctl->words[0]);
        if (nearest != NULL)
            text_format(&why, "; is \"%s\" meant?", nearest);
        else
            text_add(&why, "; --help lists them");
        return complain(EX_USAGE, why.data);
    }
    if (ctl->timeout != NULL && ctl->command != CONTROL_WAIT)
        return complain(EX_USAGE, "--timeout is for wait");
    control_arity(control_entry(ctl->command), &least, &most);
    if (ctl->word_count - 1 >= least && ctl->word_count - 1 <= most)
        return 0;
    text_add(&why, "usage: tickctl ");
    control_print_usage(control_entry(ctl->command), &why);
    return complain(EX_USAGE, why.data);
}

static void print_help(void)
{
    char memory[HELP_MAX];
    struct text help;

    text_init(&help, memory, sizeof memory);
    text_add(&help, "usage: tickctl [OPTION]... COMMAND [ARGUMENT]...\n\nCommands:\n");
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        const struct control_entry *entry = control_entry((enum control_id)i);
        size_t start = help.length;

        text_add(&help, "  ");
        control_print_usage(entry, &help);
        text_format(&help, "%*s", (int)(help.length - start < 25 ? 25 - (help.length - start) : 1),
                    "");
        text_format(&help, "%s%s\n", entry->help,
                    entry->who == CONTROL_OWNER ? " (root and the daemon's own user)" : "");
    }
#define X(name, arguments, words) \
    text_format(&help, "  %-22s %s\n", *(arguments) == '\0' ? name : name " " arguments, words);
    TICKCTL_COMMANDS(X)
#undef X
    text_add(&help, "\nOptions:\n");
    options_help(&help, table, ARRAY_LENGTH(table));
    text_add(&help, "\nExit codes:\n");
#define X(code, meaning) text_format(&help, "  %2d  %s\n", code, meaning);
    TICKCTL_EXIT_CODES(X)
#undef X
    fputs(help.data, stdout);
}

static void print_completion(void)
{
    fputs("complete -W '", stdout);
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++)
        printf("%s ", control_entry((enum control_id)i)->name);
#define X(name, arguments, words) printf("%s ", name);
    TICKCTL_COMMANDS(X)
#undef X
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        printf("--%s ", table[i].name);
    fputs("' tickctl\n", stdout);
}

/* The conversation. */

static int code_of(int error)
{
    if (error == ERROR_NOT_FOUND || error == ERROR_CLOSED)
        return EX_UNAVAILABLE;
    if (error == ERROR_DENIED)
        return EX_NOPERM;
    return error == ERROR_FULL ? EX_USAGE : EXIT_DAEMONS_ERROR;
}

static int connect_once(struct tickctl *ctl, struct text *why)
{
    char path[CTL_PATH_MAX];
    int error = ctl_find_socket(ctl->socket, path, why);

    return error != 0 ? error : ctl_connect(&ctl->client, path, why);
}

/* The exit code of an error reply, and its message. */
static int explain_error(const char *line, struct text *why)
{
    cJSON *reply = cJSON_Parse(line);
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(reply, "error");
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(error, "message");
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(error, "code");
    double code = cJSON_IsNumber(number) ? number->valuedouble : 0;
    int result = EXIT_DAEMONS_ERROR;

    if (code == RPC_NOT_ALLOWED)
        result = EX_NOPERM;
    else if (code == RPC_INVALID_PARAMS || code == RPC_METHOD_NOT_FOUND)
        result = EX_USAGE;
    else if (code == RPC_STOPPING)
        result = EX_UNAVAILABLE;
    text_add(why, cJSON_IsString(message) ? message->valuestring
                                          : "the daemon's answer cannot be understood");
    cJSON_Delete(reply);
    return result;
}

static int show_result(const struct tickctl *ctl, const char *json, size_t length)
{
    cJSON *result = cJSON_ParseWithLength(json, length);
    int code = result == NULL ? EXIT_DAEMONS_ERROR : 0;

    if (result == NULL)
        complain(code, "the daemon's answer cannot be understood");
    else if (ctl->wants_json)
        printf("%.*s\n", (int)length, json);
    else
        ctl_print_result(stdout, ctl->command, result);
    if (result != NULL && ctl->command == CONTROL_STATUS && !ctl_is_healthy(result))
        code = EXIT_DAEMONS_ERROR;
    cJSON_Delete(result);
    return code;
}

/* Messages, until the daemon ends or nobody reads what we print. */
static int show_messages(struct tickctl *ctl)
{
    char *line;
    size_t length;

    while (fflush(stdout) == 0 && ctl_read_line(&ctl->client, &line, &length) == 0) {
        cJSON *notification = cJSON_ParseWithLength(line, length);
        const cJSON *message = cJSON_GetObjectItemCaseSensitive(notification, "params");
        static const char head[] = "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":";

        if (ctl->wants_json && length > sizeof head)
            printf("%.*s\n", (int)(length - sizeof head), line + sizeof head - 1);
        else if (message != NULL)
            ctl_print_message(stdout, message);
        cJSON_Delete(notification);
    }
    return complain(EX_UNAVAILABLE, "the daemon has closed the connection");
}

/* One request and its answer; the answer of `watch` has no end. */
static int converse(struct tickctl *ctl, struct text *why)
{
    const char *result;
    size_t result_length;
    char *line;
    size_t length;
    int error = ctl_send(&ctl->client, ctl->words[0], ctl->words + 1, ctl->word_count - 1);

    if (error == ERROR_FULL) {
        text_add(why, "the arguments are too long");
        return EX_USAGE;
    }
    /* A daemon that refuses a client says so and closes: it is read even if nothing can be sent. */
    error = ctl_read_line(&ctl->client, &line, &length);
    if (error != 0) {
        text_add(why, error == ERROR_CLOSED ? "the daemon has closed the connection"
                                            : "the daemon's answer is too long");
        return code_of(error);
    }
    if (!ctl_find_result(line, length, &result, &result_length))
        return explain_error(line, why);
    if (ctl->command == CONTROL_WATCH)
        return show_messages(ctl);
    return show_result(ctl, result, result_length);
}

/* *why says what is wrong, unless it has been said already. */
static int ask_once(struct tickctl *ctl, int64_t patience_ms, struct text *why)
{
    int error = connect_once(ctl, why);

    if (error != 0)
        return code_of(error);
    if (patience_ms > 0)
        ctl_set_patience(&ctl->client, patience_ms);
    int code = converse(ctl, why);

    ctl_close(&ctl->client);
    return code;
}

static int64_t steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* Asks for the state in the time that is left, which goes out as the daemon's own limit. */
static int wait_once(struct tickctl *ctl, int64_t left_ms, struct text *why)
{
    char seconds[24];
    struct text text;

    if (left_ms <= 0) {
        ctl->word_count = 2;
        return ask_once(ctl, 0, why);
    }
    text_init(&text, seconds, sizeof seconds);
    text_format(&text, "%lld", (long long)((left_ms + MS_PER_S - 1) / MS_PER_S));
    ctl->words[2] = seconds;
    ctl->word_count = 3;
    return ask_once(ctl, left_ms + ANSWER_MS, why);
}

/* Waits for the daemon too: for one that is not there yet, and over the restart of one that ends.
 * seconds 0 = for ever. */
static int wait_for_state(struct tickctl *ctl, int64_t seconds, struct text *why)
{
    struct timespec pause = {.tv_nsec = RETRY_MS * NS_PER_MS};
    int64_t ends_ms = steady_ms() + seconds * MS_PER_S;

    for (;;) {
        int64_t left_ms = seconds == 0 ? 0 : ends_ms - steady_ms();
        int code = wait_once(ctl, left_ms > 0 || seconds == 0 ? left_ms : 1, why);

        if (code != EX_UNAVAILABLE || (seconds > 0 && steady_ms() >= ends_ms))
            return code;
        text_clear(why);
        nanosleep(&pause, NULL);
    }
}

/* The limit is --timeout, or the second argument. */
static int ask_to_wait(struct tickctl *ctl, struct text *why)
{
    const char *limit = ctl->timeout != NULL  ? ctl->timeout
                        : ctl->word_count > 2 ? ctl->words[2]
                                              : NULL;
    int64_t seconds = 0;

    if (limit != NULL && options_whole(limit, 1, WAIT_SECONDS_MAX, &seconds) != 0) {
        text_format(why, "found \"%.40s\", allowed: seconds, a whole number from 1 to %d", limit,
                    WAIT_SECONDS_MAX);
        return EX_USAGE;
    }
    return wait_for_state(ctl, seconds, why);
}

static int ask(struct tickctl *ctl)
{
    char memory[WHY_MAX];
    struct text why;

    text_init(&why, memory, sizeof memory);
    int code = ctl->command == CONTROL_WAIT ? ask_to_wait(ctl, &why) : ask_once(ctl, 0, &why);

    if (why.length > 0)
        return complain(code, why.data);
    if (fflush(stdout) != 0)
        return complain(EX_IOERR, "the output cannot be written");
    return code;
}

static int ask_archive(const struct tickctl *ctl)
{
    if (ctl->word_count < 2)
        return complain(EX_USAGE,
                        "usage: tickctl sql QUERY, as: tickctl sql 'SELECT * FROM fills'");
    return tickctl_sql(&(struct tickctl_sql){
        .socket = ctl->socket,
        .db = ctl->db,
        .rows = ctl->rows,
        .wants_json = ctl->wants_json,
        .words = ctl->words + 1,
        .word_count = ctl->word_count - 1,
    });
}

/* The page of counters: no conversation. */
static int run_stats(const struct tickctl *ctl)
{
    char memory[WHY_MAX];
    struct text why;
    struct ctl_stats_command command = {
        .socket = ctl->socket,
        .file = ctl->file,
        .is_previous = ctl->wants_previous,
        .wants_json = ctl->wants_json,
        .lives = !ctl->wants_json && !ctl->wants_once,
        .globs = ctl->words + 1,
        .glob_count = ctl->word_count - 1,
    };

    text_init(&why, memory, sizeof memory);
    int code = ctl_stats_run(&command, stdout, &why);

    return code != 0 ? complain(code, why.data) : 0;
}

static int look_at_tape(const struct tickctl *ctl)
{
    enum tape_task task = TAPE_TASK_PRINT;

    if (ctl->word_count < 2 || (ctl->wants_verify && ctl->wants_csv))
        return complain(EX_USAGE, "usage: tickctl tape [--verify | --csv] FILE...");
    if (ctl->wants_verify)
        task = TAPE_TASK_VERIFY;
    if (ctl->wants_csv)
        task = TAPE_TASK_CSV;
    return tickctl_tape(task, ctl->words + 1, ctl->word_count - 1);
}

int main(int argument_count, char **arguments)
{
    struct tickctl ctl = {.command = CONTROL_COMMAND_COUNT};
    int code = read_options(&ctl, argument_count, arguments);

    if (code != 0)
        return code;
    if (ctl.wants_version) {
        printf("tickctl %s\n", TICKD_VERSION);
        return 0;
    }
    if (ctl.wants_help || (ctl.word_count == 1 && strcmp(ctl.words[0], "help") == 0)) {
        print_help();
        return 0;
    }
    if (ctl.word_count == 0)
        return complain(EX_USAGE, "which command? --help lists them");
    if (ctl.word_count == 1 && strcmp(ctl.words[0], "completion") == 0) {
        print_completion();
        return 0;
    }
    ctl.wants_json |= isatty(STDOUT_FILENO) == 0;
    if (strcmp(ctl.words[0], "sql") == 0)
        return ask_archive(&ctl);
    if (strcmp(ctl.words[0], "stats") == 0)
        return run_stats(&ctl);
    if (strcmp(ctl.words[0], "tape") == 0)
        return look_at_tape(&ctl);
    code = read_command(&ctl);
    if (code != 0)
        return code;
    return ask(&ctl);
}
