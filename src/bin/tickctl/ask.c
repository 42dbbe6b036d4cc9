/* tickctl's conversation with the daemon: one request, its answer; and waiting. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "tickd/base/error.h"
#include "tickd/base/options.h"
#include "tickd/bin/tickctl.h"
#include "tickd/ops/ctl_client.h"
#include "tickd/ops/ctl_table.h"
#include "tickd/ops/ctl_view.h"
#include "tickd/ops/json_rpc.h"

enum {
    RETRY_MS = 100,
    ANSWER_MS = 2000, /* for an answer that is due at the end of the waiting */
    MS_PER_S = 1000,
    NS_PER_MS = 1000000,
    WAIT_SECONDS_MAX = 31536000
};

static const char not_understood[] = "the daemon's answer cannot be understood";

struct conversation {
    struct ctl_line *line;
    enum control_id command;
    struct ctl_client client;
};

static int code_of(int error)
{
    if (error == ERROR_NOT_FOUND || error == ERROR_CLOSED)
        return EX_UNAVAILABLE;
    if (error == ERROR_DENIED)
        return EX_NOPERM;
    return error == ERROR_FULL ? EX_USAGE : CTL_EXIT_DAEMONS_ERROR;
}

static int connect_once(struct conversation *talk, struct text *why)
{
    char path[CTL_PATH_MAX];
    int error = ctl_find_socket(talk->line->socket, path, why);

    return error != 0 ? error : ctl_connect(&talk->client, path, why);
}

/* The exit code of an error reply, and its message. */
static int explain_error(const char *line, struct text *why)
{
    cJSON *reply = cJSON_Parse(line);
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(reply, "error");
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(error, "message");
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(error, "code");
    double code = cJSON_IsNumber(number) ? number->valuedouble : 0;
    int result = CTL_EXIT_DAEMONS_ERROR;

    if (code == RPC_NOT_ALLOWED)
        result = EX_NOPERM;
    else if (code == RPC_INVALID_PARAMS || code == RPC_METHOD_NOT_FOUND)
        result = EX_USAGE;
    else if (code == RPC_STOPPING)
        result = EX_UNAVAILABLE;
    ctl_add_clean(why, cJSON_IsString(message) ? message->valuestring : not_understood);
    cJSON_Delete(reply);
    return result;
}

/* JSON goes out as it came, so nothing that is not JSON may be in it: no control character is. */
static bool is_plain(const char *json, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)json[i] < ' ' || json[i] == 0x7f)
            return false;
    }
    return text_is_utf8(json, length);
}

/* The kill switch is thrown whatever its reason is; of a long one the daemon keeps the beginning.
 */
static void tell_cut_reason(const struct ctl_line *line, const cJSON *result)
{
    const cJSON *kept = cJSON_GetObjectItemCaseSensitive(result, "argument");
    size_t given = 0;

    for (size_t i = 1; i < line->word_count; i++)
        given += strlen(line->words[i]) + (i > 1 ? 1 : 0);
    if (cJSON_IsString(kept) && strlen(kept->valuestring) < given)
        fprintf(stderr,
                "tickctl: done, but of the reason's %zu bytes only the first %zu are kept\n", given,
                strlen(kept->valuestring));
}

static int show_result(const struct conversation *talk, const char *json, size_t length)
{
    cJSON *result = is_plain(json, length) ? cJSON_ParseWithLength(json, length) : NULL;
    int code = result == NULL ? CTL_EXIT_DAEMONS_ERROR : 0;

    if (result == NULL)
        ctl_complain(code, not_understood);
    else if (talk->line->wants_json)
        printf("%.*s\n", (int)length, json);
    else
        ctl_print_result(stdout, talk->command, result);
    if (talk->command == CONTROL_HALT)
        tell_cut_reason(talk->line, result);
    if (result != NULL && talk->command == CONTROL_STATUS && !ctl_is_healthy(result))
        code = CTL_EXIT_DAEMONS_ERROR;
    cJSON_Delete(result);
    return code;
}

/* Messages, until the daemon ends or nobody reads what we print. */
static int show_messages(struct conversation *talk)
{
    char *line;
    size_t length;

    while (fflush(stdout) == 0 && ctl_read_line(&talk->client, &line, &length) == 0) {
        cJSON *notification = is_plain(line, length) ? cJSON_ParseWithLength(line, length) : NULL;
        const cJSON *message = cJSON_GetObjectItemCaseSensitive(notification, "params");
        static const char head[] = "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":";

        if (talk->line->wants_json && length > sizeof head && notification != NULL &&
            memcmp(line, head, sizeof head - 1) == 0)
            printf("%.*s\n", (int)(length - sizeof head), line + sizeof head - 1);
        else if (!talk->line->wants_json && message != NULL)
            ctl_print_message(stdout, message);
        cJSON_Delete(notification);
    }
    return ctl_complain(EX_UNAVAILABLE, "the daemon has closed the connection");
}

/* One request and its answer; the answer of `watch` has no end. */
static int converse(struct conversation *talk, struct text *why)
{
    const char *result;
    size_t result_length;
    char *line;
    size_t length;
    int error = ctl_send(&talk->client, talk->line->words[0], talk->line->words + 1,
                         talk->line->word_count - 1);

    if (error == ERROR_FULL) {
        text_add(why, "the arguments are too long");
        return EX_USAGE;
    }
    /* A daemon that refuses a client says so and closes: it is read even if nothing can be sent. */
    error = ctl_read_line(&talk->client, &line, &length);
    if (error != 0) {
        text_add(why, error == ERROR_CLOSED ? "the daemon has closed the connection"
                                            : "the daemon's answer is too long");
        return code_of(error);
    }
    if (!ctl_find_result(line, length, &result, &result_length))
        return explain_error(line, why);
    if (talk->command == CONTROL_WATCH)
        return show_messages(talk);
    return show_result(talk, result, result_length);
}

/* *why says what is wrong, unless it has been said already. */
static int ask_once(struct conversation *talk, int64_t patience_ms, struct text *why)
{
    int error = connect_once(talk, why);

    if (error != 0)
        return code_of(error);
    if (patience_ms > 0)
        ctl_set_patience(&talk->client, patience_ms);
    int code = converse(talk, why);

    ctl_close(&talk->client);
    return code;
}

static int64_t steady_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* Asks for the state in the time that is left, which goes out as the daemon's own limit. */
static int wait_once(struct conversation *talk, int64_t left_ms, struct text *why)
{
    char seconds[24];
    struct text text;

    if (left_ms <= 0) {
        talk->line->word_count = 2;
        return ask_once(talk, 0, why);
    }
    text_init(&text, seconds, sizeof seconds);
    text_format(&text, "%lld", (long long)((left_ms + MS_PER_S - 1) / MS_PER_S));
    talk->line->words[2] = seconds;
    talk->line->word_count = 3;
    return ask_once(talk, left_ms + ANSWER_MS, why);
}

/* Waits for the daemon too: for one that is not there yet, and over the restart of one that ends.
 * seconds 0 = for ever. */
static int wait_for_state(struct conversation *talk, int64_t seconds, struct text *why)
{
    struct timespec pause = {.tv_nsec = RETRY_MS * NS_PER_MS};
    int64_t ends_ms = steady_ms() + seconds * MS_PER_S;

    for (;;) {
        int64_t left_ms = seconds == 0 ? 0 : ends_ms - steady_ms();
        int code = wait_once(talk, left_ms > 0 || seconds == 0 ? left_ms : 1, why);

        if (code != EX_UNAVAILABLE || (seconds > 0 && steady_ms() >= ends_ms))
            return code;
        text_clear(why);
        nanosleep(&pause, NULL);
    }
}

/* The limit is --timeout, or the second argument. */
static int ask_to_wait(struct conversation *talk, struct text *why)
{
    const char *limit = talk->line->timeout != NULL  ? talk->line->timeout
                        : talk->line->word_count > 2 ? talk->line->words[2]
                                                     : NULL;
    int64_t seconds = 0;

    if (limit != NULL && options_whole(limit, 1, WAIT_SECONDS_MAX, &seconds) != 0) {
        text_format(why, "found \"%.40s\", allowed: seconds, a whole number from 1 to %d", limit,
                    WAIT_SECONDS_MAX);
        return EX_USAGE;
    }
    return wait_for_state(talk, seconds, why);
}

int ctl_ask(struct ctl_line *line, enum control_id command)
{
    char memory[CTL_WHY_MAX];
    struct text why;
    struct conversation talk = {.line = line, .command = command};

    text_init(&why, memory, sizeof memory);
    int code = command == CONTROL_WAIT ? ask_to_wait(&talk, &why) : ask_once(&talk, 0, &why);

    if (why.length > 0)
        return ctl_complain(code, why.data);
    if (fflush(stdout) != 0)
        return ctl_complain(EX_IOERR, "the output cannot be written");
    return code;
}
