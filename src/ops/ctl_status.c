/* `tickctl status`: the status document on one screen. A line is a label and a few phrases; a
 * phrase whose values are not in the document is left out. */
#include <string.h>

#include "tickd/ops/ctl_table.h"
#include "tickd/ops/ctl_view.h"

/* "$" in the text stands for the value; "#" as well, and a value of 0 is not worth a phrase. */
struct phrase {
    const char *label; /* NULL: goes on in the same line */
    const char *text;
    const char *key;
    enum ctl_cell cell;
};

static const struct phrase phrases[] = {
    {"feed", "$", "feed.state", CELL_TEXT},
    {NULL, "$", "feed.reason", CELL_TEXT},
    {NULL, "$", "feed.url", CELL_TEXT},
    {NULL, "$ symbols subscribed", "feed.subscribed", CELL_NUMBER},
    {NULL, "$ silent", "feed.silent", CELL_NUMBER},
    {"", "connections $", "feed.connections", CELL_NUMBER},
    {NULL, "failed $", "feed.connection_failures", CELL_NUMBER},
    {NULL, "delay p50 $", "latency.feed_delay_ms.p50", CELL_MS},
    {NULL, "p99 $", "latency.feed_delay_ms.p99", CELL_MS},
    {"trades", "$ in", "input.trades", CELL_NUMBER},
    {NULL, "$ accepted", "input.accepted", CELL_NUMBER},
    {NULL, "$ filtered", "input.filtered", CELL_NUMBER},
    {NULL, "$ late", "input.late", CELL_NUMBER},
    {NULL, "$ of unknown symbols", "input.unknown_symbol", CELL_NUMBER},
    {NULL, "$ malformed", "input.malformed", CELL_NUMBER},
    {"frames", "$ in", "input.frames", CELL_NUMBER},
    {NULL, "$ other", "input.frames_other", CELL_NUMBER},
    {NULL, "$ malformed", "input.frames_malformed", CELL_NUMBER},
    {NULL, "# too long", "feed.frames_too_long", CELL_NUMBER},
    {NULL, "# binary", "feed.frames_binary", CELL_NUMBER},
    {"rate", "$ trades/s", "rates.trades_per_s", CELL_REAL},
    {NULL, "$ frames/s", "rates.frames_per_s", CELL_REAL},
    {"bars", "$", "bars", CELL_NUMBER},
    {NULL, "$ symbols", "market.symbols", CELL_NUMBER},
    {NULL, "$ gaps", "market.gaps", CELL_NUMBER},
    {NULL, "$ prints seen twice", "market.duplicate_prints", CELL_NUMBER},
    {"latency", "frame to decision p50 $ us", "latency.receive_to_decision_us.p50", CELL_NUMBER},
    {NULL, "p99 $ us", "latency.receive_to_decision_us.p99", CELL_NUMBER},
    {NULL, "p99.9 $ us", "latency.receive_to_decision_us.p999", CELL_NUMBER},
    {"loop", "lag $ us", "loop.lag_us", CELL_NUMBER},
    {NULL, "largest $ us", "loop.lag_max_us", CELL_NUMBER},
    {"memory", "rss $", "memory.rss_bytes", CELL_BYTES},
    {NULL, "budget $", "memory.budget_bytes", CELL_BYTES},
    {NULL, "allocated $", "memory.allocated_bytes", CELL_BYTES},
    {NULL, "arena $", "memory.arena_bytes", CELL_BYTES},
    {NULL, "histories $", "memory.histories_bytes", CELL_BYTES},
    {NULL, "$ allocations on the tick path", "memory.tick_path_allocations", CELL_NUMBER},
    {"store", "$", "store.path", CELL_TEXT},
    {NULL, "$ rows", "store.rows", CELL_NUMBER},
    {NULL, "$", "store.bytes", CELL_BYTES},
    {NULL, "$ waiting", "store.waiting", CELL_NUMBER},
    {NULL, "$ dropped", "store.dropped", CELL_NUMBER},
    {NULL, "whole up to message $", "store.committed_sequence", CELL_NUMBER},
    {NULL, "$", "store.error", CELL_TEXT},
    {"tape", "$ inputs", "tape.inputs", CELL_NUMBER},
    {NULL, "$ lost", "tape.inputs_lost", CELL_NUMBER},
    {NULL, "$ on the disk", "tape.durable_inputs", CELL_NUMBER},
    {NULL, "in $ files", "tape.files", CELL_NUMBER},
    {NULL, "$", "tape.bytes", CELL_BYTES},
    {NULL, "$ failed writes", "tape.failures", CELL_NUMBER},
    {NULL, "$", "tape.reason", CELL_TEXT},
    {"clients", "$", "clients.connected", CELL_NUMBER},
    {NULL, "$ requests", "clients.requests", CELL_NUMBER},
    {NULL, "$ cut off", "clients.cut_off", CELL_NUMBER},
    {"digest", "$", "digest", CELL_TEXT},
    {NULL, "configuration $", "config_digest", CELL_TEXT},
};

static bool is_fresh(const cJSON *module)
{
    const cJSON *state = ctl_member(module, "state");

    return cJSON_IsString(state) && strcmp(state->valuestring, "stale") != 0 &&
           strcmp(state->valuestring, "failed") != 0;
}

bool ctl_is_healthy(const cJSON *status)
{
    const cJSON *modules = ctl_member(status, "health.modules");
    const cJSON *module;

    if (!cJSON_IsArray(modules))
        return false;
    cJSON_ArrayForEach(module, modules)
    {
        if (!is_fresh(module))
            return false;
    }
    return !ctl_is_critical(ctl_member(status, "alerts"));
}

static void print_head(FILE *out, const cJSON *status)
{
    char memory[4 * CTL_CELL_MAX];
    struct text line;
    const cJSON *uptime = ctl_member(status, "uptime_s");

    text_init(&line, memory, sizeof memory);
    text_add(&line, "tickd ");
    ctl_add_cell(&line, ctl_member(status, "tickd"), CELL_TEXT);
    if (cJSON_IsNumber(uptime)) {
        text_add(&line, ", up ");
        ctl_add_duration(&line, uptime->valuedouble * 1e3);
        text_add(&line, ", pid ");
        ctl_add_cell(&line, ctl_member(status, "pid"), CELL_VALUE);
        text_add(&line, ", configuration ");
        if (cJSON_IsString(ctl_member(status, "config")))
            ctl_add_cell(&line, ctl_member(status, "config"), CELL_TEXT);
        else
            text_add(&line, "built in");
    }
    fprintf(out, "%s\n", memory);
}

/* "health   75%  3 of 4 modules fresh  market stale for 61.0 s". */
static void print_health(FILE *out, const cJSON *status)
{
    char memory[8 * CTL_CELL_MAX];
    struct text line;
    const cJSON *modules = ctl_member(status, "health.modules");
    const cJSON *module;
    int fresh = 0;

    cJSON_ArrayForEach(module, modules) fresh += is_fresh(module);
    text_init(&line, memory, sizeof memory);
    ctl_add_cell(&line, ctl_member(status, "health.score"), CELL_NUMBER);
    text_format(&line, "%%, %d of %d modules fresh", fresh, cJSON_GetArraySize(modules));
    cJSON_ArrayForEach(module, modules)
    {
        const cJSON *owed_ms = ctl_member(module, "owed_ms");
        const cJSON *state = ctl_member(module, "state");

        if (is_fresh(module) &&
            (!cJSON_IsString(state) || strcmp(state->valuestring, "lagging") != 0))
            continue;
        text_add(&line, ", ");
        ctl_add_cell(&line, ctl_member(module, "name"), CELL_TEXT);
        text_add_char(&line, ' ');
        ctl_add_cell(&line, state, CELL_TEXT);
        text_add(&line, ", owes for ");
        ctl_add_cell(&line, owed_ms, CELL_MS);
    }
    fprintf(out, "%-9s %s\n", "health", memory);
}

static void add_phrase(struct text *line, const struct phrase *phrase, const cJSON *value)
{
    const char *mark = strpbrk(phrase->text, "$#");

    text_add_bytes(line, phrase->text, (size_t)(mark - phrase->text));
    ctl_add_cell(line, value, phrase->cell);
    text_add(line, mark + 1);
}

static bool is_left_out(const struct phrase *phrase, const cJSON *value)
{
    return strchr(phrase->text, '#') != NULL && cJSON_IsNumber(value) && value->valuedouble == 0;
}

void ctl_print_status(FILE *out, const cJSON *status)
{
    char memory[8 * CTL_CELL_MAX];
    struct text line;
    const char *label = NULL;

    print_head(out, status);
    print_health(out, status);
    ctl_print_firing(out, ctl_member(status, "alerts"));
    text_init(&line, memory, sizeof memory);
    for (size_t i = 0; i < ARRAY_LENGTH(phrases); i++) {
        const cJSON *value = ctl_member(status, phrases[i].key);

        if (phrases[i].label != NULL) {
            if (line.length > 0)
                fprintf(out, "%-9s %s\n", label, memory);
            text_clear(&line);
            label = phrases[i].label;
        }
        if (value == NULL || cJSON_IsNull(value) || is_left_out(&phrases[i], value))
            continue;
        if (line.length > 0)
            text_add(&line, ", ");
        add_phrase(&line, &phrases[i], value);
    }
    if (line.length > 0)
        fprintf(out, "%-9s %s\n", label, memory);
}
