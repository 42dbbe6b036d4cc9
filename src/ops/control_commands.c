/* The commands of the control socket, one function each, found by their row in the table. */
#include "tickd/ops/control_commands.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/options.h"
#include "tickd/ops/control_call.h"
#include "tickd/ops/control_rows.h"
#include "tickd/ops/health_log.h"
#include "tickd/ops/status_json.h"

enum { WAIT_SECONDS_MAX = 31536000, HEALTH_MINUTES = 60 };

struct control_desk *control_desk_create(const struct control_host *host)
{
    struct control_desk *desk = calloc(1, sizeof *desk);

    if (desk != NULL)
        desk->host = host;
    return desk;
}

void control_desk_destroy(struct control_desk **desk)
{
    free(*desk);
    *desk = NULL;
}

const struct status *control_desk_status(struct control_desk *desk)
{
    return call_fill_status(desk);
}

const struct status *call_fill_status(struct control_desk *desk)
{
    memset(&desk->status, 0, sizeof desk->status);
    desk->status.version = TICKD_VERSION;
    desk->host->fill_status(desk->host->state, &desk->status);
    return &desk->status;
}

/* Arguments. */

const char *call_argument(const struct call *call, size_t place)
{
    return place < call->request->argument_count ? call->request->arguments[place] : NULL;
}

static bool take_from(const struct call *call, size_t place, int64_t least, int64_t most,
                      int64_t *number)
{
    const char *text = call_argument(call, place);

    if (text == NULL || options_whole(text, least, most, number) == 0)
        return true;
    rpc_fault_set(call->fault, RPC_INVALID_PARAMS,
                  "found \"%.40s\", allowed: whole number, %lld to %lld", text, (long long)least,
                  (long long)most);
    return false;
}

bool call_take_number(const struct call *call, size_t place, int64_t most, int64_t *number)
{
    return take_from(call, place, 1, most, number);
}

/* How many of the newest entries are left out: 0 or more. */
static bool take_skip(const struct call *call, size_t place, int64_t *skip)
{
    return take_from(call, place, 0, CALL_ENTRIES_MAX, skip);
}

bool call_take_symbol(const struct call *call, size_t place, uint16_t *symbol)
{
    const char *name = call_argument(call, place);

    *symbol = symbols_find(engine_symbols(call->desk->host->engine), name, strlen(name));
    if (*symbol != SYMBOL_NONE)
        return true;
    rpc_fault_set(call->fault, RPC_NOT_FOUND,
                  "there is no symbol \"%.40s\"; \"symbols\" lists them", name);
    return false;
}

/* The commands that only read. */

enum control_outcome answer_status(struct call *call)
{
    status_print_json(call_fill_status(call->desk), call->json);
    return CONTROL_ANSWERED;
}

/* Where the classes of the minutes' `staleness` end; null = the last has no end. */
static void print_staleness_classes(struct call *call)
{
    json_begin_list(call->json, "staleness_ms");
    for (size_t i = 0; i < STALENESS_CLASSES; i++) {
        int64_t end_ms = monitor_staleness_ms(&call->desk->host->settings->monitor, i);

        if (end_ms == INT64_MAX)
            json_null(call->json, NULL);
        else
            json_integer(call->json, NULL, end_ms);
    }
    json_end(call->json);
}

enum control_outcome answer_health(struct call *call)
{
    const struct status *status = call_fill_status(call->desk);

    json_begin_object(call->json, NULL);
    json_real(call->json, "score", status->health_score);
    status_print_modules(status, call->json, "modules");
    print_staleness_classes(call);
    json_begin_rows(call->json, "minutes");
    control_print_minutes(call->desk->host->engine, HEALTH_MINUTES, 0, call->json);
    json_end(call->json);
    json_end(call->json);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_modules(struct call *call)
{
    status_print_modules(call_fill_status(call->desk), call->json, NULL);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_histories(struct call *call)
{
    status_print_histories(call_fill_status(call->desk), call->json, NULL);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_history(struct call *call)
{
    const struct status *status = call_fill_status(call->desk);
    const struct history *history =
        control_find_history(status, call_argument(call, 0), call->fault);
    int64_t count = CALL_ENTRIES_DEFAULT;
    int64_t skip = 0;

    if (history == NULL || !call_take_number(call, 1, CALL_ENTRIES_MAX, &count) ||
        !take_skip(call, 2, &skip))
        return CONTROL_ANSWERED;
    control_print_history(call->desk->host->engine, history, (size_t)count, (size_t)skip,
                          call->json, call->fault);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_symbols(struct call *call)
{
    json_begin_rows(call->json, NULL);
    control_print_symbols(call->desk->host->engine, call->json);
    json_end(call->json);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_bars(struct call *call)
{
    struct engine *engine = call->desk->host->engine;
    uint16_t symbol;
    int64_t count = CALL_ENTRIES_DEFAULT;

    int64_t skip = 0;

    if (!call_take_symbol(call, 0, &symbol) ||
        !call_take_number(call, 1, CALL_ENTRIES_MAX, &count) || !take_skip(call, 2, &skip))
        return CONTROL_ANSWERED;
    json_begin_rows(call->json, NULL);
    control_print_bars(engine, symbol, (size_t)count, (size_t)skip, call->json);
    json_end(call->json);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_config(struct call *call)
{
    json_begin_rows(call->json, NULL);
    control_print_settings(call->desk->host->settings, call->desk->host->origins, call->json);
    json_end(call->json);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_version(struct call *call)
{
    json_begin_object(call->json, NULL);
    json_text(call->json, "tickd", TICKD_VERSION);
    json_end(call->json);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_help(struct call *call)
{
    json_begin_rows(call->json, NULL);
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        const struct control_entry *entry = control_entry((enum control_id)i);

        json_begin_object(call->json, NULL);
        json_text(call->json, "command", entry->name);
        json_text(call->json, "arguments", entry->arguments);
        json_text(call->json, "who", control_who_name(entry->who));
        json_text(call->json, "help", entry->help);
        json_end(call->json);
    }
    json_end(call->json);
    return CONTROL_ANSWERED;
}

/* Waiting and watching. */

static const char *const state_names[CONTROL_STATE_COUNT] = {
#define X(NAME, name, meaning) #name,
    CONTROL_STATES(X)
#undef X
};

enum control_outcome answer_wait(struct call *call)
{
    const char *name = call_argument(call, 0);

    if (!call_take_number(call, 1, WAIT_SECONDS_MAX, &call->promise->seconds_max))
        return CONTROL_ANSWERED;
    for (size_t i = 0; i < CONTROL_STATE_COUNT; i++) {
        if (strcmp(name, state_names[i]) == 0) {
            call->promise->state = (enum control_state)i;
            return CONTROL_WAITS;
        }
    }
    rpc_fault_set(call->fault, RPC_INVALID_PARAMS,
                  "found \"%.40s\", allowed: healthy, streaming, ready", name);
    return CONTROL_ANSWERED;
}

static bool holds(enum control_state state, const struct status *status)
{
    enum feed_state feed = status->live.feed_state;

    switch (state) {
    case CONTROL_STATE_HEALTHY:
        return status_is_healthy(status);
    case CONTROL_STATE_STREAMING:
        return feed == FEED_STREAMING;
    case CONTROL_STATE_READY:
        return feed == FEED_SUBSCRIBED || feed == FEED_STREAMING || feed == FEED_IDLE;
    case CONTROL_STATE_COUNT:
        break;
    }
    return false;
}

/* The end of a reload. */
static bool try_reloaded(struct control_desk *desk, const struct control_promise *promise,
                         struct text *reply)
{
    const struct reload_report *report = desk->host->reloaded(desk->host->state);
    struct json json;

    if (report == NULL)
        return false;
    if (report->refused) {
        rpc_fault_init(&desk->fault);
        rpc_fault_set(&desk->fault, RPC_REFUSED, "%s", report->error);
        rpc_print_error(reply, &promise->form, &desk->fault);
        return true;
    }
    rpc_begin_result(&json, reply, &promise->form);
    reload_print_json(report, &json);
    rpc_end_result(&json, &promise->form);
    return true;
}

bool control_try_wait(struct control_desk *desk, const struct control_promise *promise,
                      int64_t waited_ms, struct text *reply)
{
    struct json json;

    if (promise->state == CONTROL_STATE_COUNT)
        return try_reloaded(desk, promise, reply);
    if (holds(promise->state, call_fill_status(desk))) {
        rpc_begin_result(&json, reply, &promise->form);
        json_begin_object(&json, NULL);
        json_text(&json, "state", state_names[promise->state]);
        json_integer(&json, "waited_ms", waited_ms);
        json_end(&json);
        rpc_end_result(&json, &promise->form);
        return true;
    }
    if (promise->seconds_max == 0 || waited_ms < promise->seconds_max * 1000)
        return false;
    rpc_fault_init(&desk->fault);
    rpc_fault_set(&desk->fault, RPC_TIMED_OUT, "not %s after %lld s", state_names[promise->state],
                  (long long)promise->seconds_max);
    rpc_print_error(reply, &promise->form, &desk->fault);
    return true;
}

static bool add_topic(const char *name, uint32_t *topics, struct rpc_fault *fault)
{
    enum topic topic = topic_by_name(name, strlen(name));

    if (strcmp(name, "all") == 0) {
        *topics = (1U << TOPIC_COUNT) - 1;
        return true;
    }
    if (topic < TOPIC_COUNT) {
        *topics |= 1U << topic;
        return true;
    }
    rpc_fault_set(fault, RPC_INVALID_PARAMS, "there is no topic \"%.40s\"; allowed: all", name);
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        text_format(&fault->message, ", %s", topic_name((enum topic)i));
    return false;
}

enum control_outcome answer_watch(struct call *call)
{
    for (size_t i = 0; i < call->request->argument_count; i++) {
        if (!add_topic(call_argument(call, i), &call->promise->topics, call->fault))
            return CONTROL_ANSWERED;
    }
    json_begin_object(call->json, NULL);
    json_begin_list(call->json, "watching");
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        if ((call->promise->topics >> i & 1U) != 0)
            json_text(call->json, NULL, topic_name((enum topic)i));
    }
    json_end(call->json);
    json_end(call->json);
    return CONTROL_WATCHES;
}

void control_print_message(const struct control_desk *desk, const struct control_promise *promise,
                           const struct message *message, struct text *line)
{
    bool is_plain = promise->form.plain;

    if (!is_plain)
        text_add(line, "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":");
    message_print_json(message, engine_symbols(desk->host->engine), line);
    text_add(line, is_plain ? "\n" : "}\n");
}

/* What changes something. */

enum control_outcome call_give_command(struct call *call, const struct command_message *command)
{
    struct command_message whole = *command;

    whole.uid = (uint32_t)call->peer->uid;
    call->desk->host->command(call->desk->host->state, &whole);
    json_begin_object(call->json, NULL);
    json_text(call->json, "done", command_verb_name(whole.verb));
    if (whole.argument[0] != '\0')
        json_text(call->json, "argument", whole.argument);
    json_end(call->json);
    return CONTROL_ANSWERED;
}

static enum control_outcome give_command(struct call *call, enum command_verb verb, int64_t number,
                                         const char *text)
{
    struct command_message command = {.number = number, .verb = (uint32_t)verb};

    text_copy(command.argument, sizeof command.argument, text);
    return call_give_command(call, &command);
}

enum control_outcome answer_log(struct call *call)
{
    const char *name = call_argument(call, 0);
    int level = log_level_by_name(name);

    if (level >= 0)
        return give_command(call, COMMAND_LOG_LEVEL, level, name);
    rpc_fault_set(call->fault, RPC_INVALID_PARAMS,
                  "found \"%.40s\", allowed: error, warning, notice, info, debug", name);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_reload(struct call *call)
{
    const struct control_host *host = call->desk->host;

    if (host->reload != NULL && host->reload(host->state, call->peer->uid))
        return CONTROL_WAITS;
    rpc_fault_set(call->fault, RPC_REFUSED, "%s",
                  host->reload == NULL ? "this daemon cannot read its configuration again"
                                       : "a reload is under way already");
    return CONTROL_ANSWERED;
}

enum control_outcome answer_rotate(struct call *call)
{
    return give_command(call, COMMAND_ROTATE, 0, "");
}

enum control_outcome answer_shutdown(struct call *call)
{
    return give_command(call, COMMAND_SHUTDOWN, 0, "");
}

/* From a line to its command and back. */

static enum control_outcome (*const answers[CONTROL_COMMAND_COUNT])(struct call *call) = {
#define X(NAME, name, arguments, who, help) answer_##name,
    CONTROL_COMMANDS(X)
#undef X
};

static enum control_outcome call_command(struct call *call)
{
    const struct control_entry *entry = control_entry(call->request->command);

    if (call->peer->only != 0 && (call->peer->only >> call->request->command & 1U) == 0) {
        rpc_fault_set(call->fault, RPC_NOT_ALLOWED, "%s is answered on the control socket alone",
                      entry->name);
        return CONTROL_ANSWERED;
    }
    if (entry->who == CONTROL_OWNER && !call->peer->is_owner) {
        rpc_fault_set(call->fault, RPC_NOT_ALLOWED,
                      "%s is for root and the daemon's own user; uid %lld is neither", entry->name,
                      (long long)call->peer->uid);
        return CONTROL_ANSWERED;
    }
    return answers[call->request->command](call);
}

static void print_fault(struct text *reply, const struct reply_form *form,
                        const struct rpc_fault *fault)
{
    text_clear(reply);
    rpc_print_error(reply, form, fault);
}

enum control_outcome control_answer(struct control_desk *desk, const struct control_peer *peer,
                                    const char *line, size_t length, struct text *reply,
                                    struct control_promise *promise)
{
    struct request *request = &desk->request;
    struct json json;
    enum control_outcome outcome = CONTROL_ANSWERED;

    *promise = (struct control_promise){.state = CONTROL_STATE_COUNT};
    if (rpc_read(request, line, length, &desk->fault)) {
        struct call call = {desk, peer, request, promise, &desk->fault, &json};

        rpc_begin_result(&json, reply, &request->form);
        outcome = call_command(&call);
        rpc_end_result(&json, &request->form);
    }
    promise->form = request->form;
    if (desk->fault.code == RPC_NONE && reply->cut)
        rpc_fault_set(&desk->fault, RPC_TOO_LARGE,
                      "longer than %zu bytes (control.output_bytes_max); ask for fewer entries",
                      reply->capacity - 1);
    bool has_fault = desk->fault.code != RPC_NONE;
    bool is_silent = !request->form.wanted || outcome == CONTROL_WAITS ||
                     (outcome == CONTROL_WATCHES && request->form.plain);

    if (has_fault)
        print_fault(reply, &request->form, &desk->fault);
    if (is_silent && !(has_fault && request->form.wanted))
        text_clear(reply);
    return has_fault ? CONTROL_ANSWERED : outcome;
}
