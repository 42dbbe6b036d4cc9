/* The page of counters as JSON. */
#include "tickd/base/calendar.h"
#include "tickd/ops/ctl_stats.h"
#include "tickd/ops/json_writer.h"
#include "tickd/ops/metrics_table.h"

/* As many rows as a page can have, each byte of a name escaped, and the head. */
enum { JSON_MAX = STATS_ROWS_MAX * (STATS_NAME_MAX * 6 + 128) + 65536 };

static void print_json_value(struct json *json, const char *key, const struct stats_row *row)
{
    struct metric_value value;

    if (!stats_value(row, &value)) {
        json_null(json, key);
        return;
    }
    switch (value.kind) {
    case METRIC_WHOLE:
        json_count(json, key, value.whole);
        break;
    case METRIC_SIGNED:
        json_integer(json, key, value.number);
        break;
    case METRIC_REAL:
        json_real(json, key, value.real);
        break;
    case METRIC_DECIMAL:
        json_money(json, key, value.number);
        break;
    }
}

static void print_json_row(struct json *json, const struct stats_row *row)
{
    json_begin_object(json, row->name);
    print_json_value(json, "value", row);
    json_text(json, "kind", row->kind == STATS_COUNTER ? "counter" : "gauge");
    if (row->unit[0] != '\0')
        json_text(json, "unit", row->unit);
    json_end(json);
}

static void print_json_process(struct json *json, const struct ctl_stats *stats)
{
    const struct stats_head *head = stats->copy->view.head;
    const struct stats_judgement *judgement = &stats->judgement;

    json_text(json, "file", stats->path);
    json_text(json, "tickd", head->program);
    json_integer(json, "pid", head->pid);
    json_text(json, "state", stats_verdict_name(judgement->verdict));
    if (judgement->verdict == STATS_SAYS_STOPPED)
        json_integer(json, "exit_code",
                     atomic_load_explicit(&head->exit_code, memory_order_relaxed));
    else
        json_null(json, "exit_code");
    json_integer(json, "started_us", head->started_us);
    json_integer(json, "updated_us", stats_updated_us(head));
    json_real(json, "age_s", (double)judgement->age_us / US_PER_S);
    json_flag(json, "torn", stats->copy->is_torn);
    if (judgement->holder != NULL) {
        json_begin_object(json, "loop_held");
        json_text(json, "module", judgement->holder);
        json_real(json, "held_ms", (double)judgement->held_us / US_PER_MS);
        json_end(json);
    } else {
        json_null(json, "loop_held");
    }
}

void ctl_stats_print_json(FILE *out, const struct ctl_stats *stats)
{
    static char memory[JSON_MAX];
    struct text text;
    struct json json;

    text_init(&text, memory, sizeof memory);
    json_init(&json, &text, false);
    json_begin_object(&json, NULL);
    print_json_process(&json, stats);
    json_begin_object(&json, "values");
    for (size_t i = 0; i < stats->copy->view.row_count; i++) {
        if (ctl_stats_wants(stats, &stats->copy->view.rows[i]))
            print_json_row(&json, &stats->copy->view.rows[i]);
    }
    json_end(&json);
    json_end(&json);
    fprintf(out, "%s\n", memory);
}
