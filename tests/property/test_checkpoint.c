/* An engine that was saved at a random moment, loaded into a new one and fed the rest is the engine
 * that never stopped: the same digest after every input, and at the end the same answer to every
 * question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/busy_engine.h"
#include "support/seed.h"
#include "tickd/ops/status_json.h"

enum { SECONDS = 4000, MOMENTS = 6, MARKETS = 3, LINES_MAX = 20000, LABEL_MAX = 64 };

/* Everything that can be asked, as lines of which each has a name and a digest. */
struct line {
    char label[LABEL_MAX];
    uint64_t digest;
};

struct answers {
    size_t count;
    struct line lines[LINES_MAX];
};

static struct answers expected;
static struct answers found;
static char memory[STATUS_JSON_MAX];

static void keep(struct answers *answers, const char *name, size_t index, const void *bytes,
                 size_t size)
{
    struct digest digest;
    assert_true(answers->count < LINES_MAX);
    struct line *line = &answers->lines[answers->count++];
    (void)snprintf(line->label, sizeof line->label, "%s %zu", name, index);
    digest_init(&digest);
    digest_add(&digest, bytes, size);
    line->digest = digest_value(&digest);
}

static void keep_text(struct answers *answers, const char *name, size_t index,
                      const struct text *text)
{
    assert_false(text->cut);
    keep(answers, name, index, text->data, text->length);
}

static void keep_message(struct answers *answers, struct busy_engine *busy, const char *name,
                         size_t index, const struct message *message)
{
    struct text text;
    text_init(&text, memory, sizeof memory);
    message_print_json(message, engine_symbols(busy->engine), &text);
    keep_text(answers, name, index, &text);
}

static void ask_status(struct answers *answers, struct busy_engine *busy)
{
    static struct status status;
    struct text text;
    struct json json;
    memset(&status, 0, sizeof status);
    status.version = "";
    engine_status(busy->engine, &status);
    text_init(&text, memory, sizeof memory);
    json_init(&json, &text, false);
    status_print_json(&status, &json);
    keep_text(answers, "status", 0, &text);
}

static void ask_histories(struct answers *answers, struct busy_engine *busy)
{
    static const char *const names[][2] = {
        {"consensus", "consensus_history"},  {"simulator", "simulation_history"},
        {"portfolio", "trade_history"},      {"agent_manager", "parameter_history"},
        {"agent_manager", "agent_versions"}, {"evolution", "parameter_history"},
        {"evolution", "evolution_history"},  {"introspection", "reward_metrics_history"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct message message;
        memset(&message, 0, sizeof message);
        for (size_t at = 0;
             engine_history_message(busy->engine, names[i][0], names[i][1], at, &message); at++) {
            keep_message(answers, busy, names[i][1], at, &message);
        }
    }
}

/* The log, and why each fill, order and decision in it and before it was. */
static void ask_log(struct answers *answers, struct busy_engine *busy)
{
    const struct bus *bus = engine_bus(busy->engine);
    struct text text;
    for (uint64_t sequence = 1; sequence <= bus_published(bus); sequence++) {
        const struct message *message = bus_message(bus, sequence);
        if (message != NULL) {
            keep_message(answers, busy, "message", (size_t)sequence, message);
            text_init(&text, memory, sizeof memory);
            engine_explain(busy->engine, sequence, &text);
            keep_text(answers, "explanation", (size_t)sequence, &text);
        }
    }
    struct explain_sources sources = engine_explain_sources(busy->engine);
    const struct explain_order *order;
    for (size_t i = 0; (order = explain_newest(sources.explain, i)) != NULL; i++) {
        text_init(&text, memory, sizeof memory);
        engine_explain(busy->engine, order->head.sequence, &text);
        keep_text(answers, "order", i, &text);
    }
}

static void ask_symbols(struct answers *answers, struct busy_engine *busy)
{
    for (uint16_t symbol = 0; symbol < BUSY_SYMBOLS; symbol++) {
        struct symbol_view view;
        assert_true(engine_symbol(busy->engine, symbol, &view));
        int64_t values[] = {view.last_price,
                            view.last_time_ms,
                            view.last_received_us,
                            (int64_t)view.trades,
                            (int64_t)view.bars,
                            (int64_t)view.late,
                            (int64_t)view.duplicate_prints,
                            view.duplicate_factor,
                            view.stream};
        keep(answers, "symbol", symbol, values, sizeof values);
        keep(answers, "name of symbol", symbol, view.name, strlen(view.name));
        const struct bar_message *bar;
        for (size_t i = 0; (bar = engine_bar(busy->engine, symbol, i)) != NULL; i++) {
            keep(answers, "bar", i, bar, sizeof *bar);
        }
    }
}

static void ask_rest(struct answers *answers, struct busy_engine *busy)
{
    const struct health_minute *minute;
    for (size_t i = 0; (minute = engine_health_minute(busy->engine, i)) != NULL; i++) {
        keep(answers, "health", i, minute, sizeof *minute);
    }
    struct explain_sources sources = engine_explain_sources(busy->engine);
    struct simulator_edge_row row;
    for (size_t i = 0; simulator_edge_row(sources.simulator, i, &row); i++) {
        keep(answers, "edge", i, &row, sizeof row);
    }
    keep(answers, "record of the simulator", 0, simulator_record(sources.simulator),
         sizeof(struct simulator_record));
    for (int64_t id = 1; id <= (int64_t)agent_manager_agents(sources.agents); id++) {
        const struct evolution_performance *block;
        for (size_t i = 0; (block = engine_agent_performance(busy->engine, id, i)) != NULL; i++) {
            keep(answers, "performance", (size_t)id * 1000 + i, block, sizeof *block);
        }
    }
}

static void ask_all(struct answers *answers, struct busy_engine *busy)
{
    answers->count = 0;
    ask_status(answers, busy);
    ask_histories(answers, busy);
    ask_log(answers, busy);
    ask_symbols(answers, busy);
    ask_rest(answers, busy);
}

static void assert_same_answers(uint64_t seed, size_t moment)
{
    for (size_t i = 0; i < expected.count && i < found.count; i++) {
        if (strcmp(expected.lines[i].label, found.lines[i].label) != 0 ||
            expected.lines[i].digest != found.lines[i].digest) {
            fail_msg("market %llu, saved after input %zu: %s differs (%s there)",
                     (unsigned long long)seed, moment, expected.lines[i].label,
                     found.lines[i].label);
        }
    }
    assert_int_equal(found.count, expected.count);
}

/* A run. */

struct run {
    uint64_t seed;
    struct busy_script script;
    struct busy_engine whole;
    uint64_t *digests; /* after each input */
    size_t moments[MOMENTS];
    struct busy_state states[MOMENTS]; /* before the input of that number */
};

static void choose_moments(struct run *run)
{
    struct rng rng;
    rng_stream_numbered(&rng, test_seed(), "moments", run->seed, 0);
    for (size_t i = 0; i < MOMENTS; i++) {
        run->moments[i] = 1 + (size_t)rng_below(&rng, run->script.count - 1);
    }
}

static void run_whole(struct run *run)
{
    busy_settings(&run->whole.settings);
    busy_create(&run->whole);
    for (size_t i = 0; i < run->script.count; i++) {
        for (size_t k = 0; k < MOMENTS; k++) {
            if (run->moments[k] == i) {
                busy_save(&run->whole, &run->states[k]);
            }
        }
        busy_feed(&run->whole, &run->script.inputs[i]);
        run->digests[i] = bus_digest(engine_bus(run->whole.engine));
    }
}

static void run_rest(const struct run *run, size_t moment)
{
    static struct busy_engine rest;
    struct persist persist;
    busy_settings(&rest.settings);
    busy_create(&rest);
    if (!busy_load(&rest, &run->states[moment], &persist)) {
        fail_msg("market %llu, saved after input %zu: %s", (unsigned long long)run->seed,
                 run->moments[moment], persist.why);
    }
    for (size_t i = run->moments[moment]; i < run->script.count; i++) {
        busy_feed(&rest, &run->script.inputs[i]);
        if (bus_digest(engine_bus(rest.engine)) != run->digests[i]) {
            fail_msg("market %llu, saved after input %zu: another digest after input %zu of %zu",
                     (unsigned long long)run->seed, run->moments[moment], i, run->script.count);
        }
    }
    ask_all(&found, &rest);
    assert_same_answers(run->seed, run->moments[moment]);
    busy_destroy(&rest);
}

/* Whether there was something to lose, of every kind. */
static void assert_busy(struct run *run)
{
    static struct status status;
    engine_status(run->whole.engine, &status);
    struct explain_sources sources = engine_explain_sources(run->whole.engine);
    assert_true(status.fills > 50);
    assert_true(status.rejects > 0);
    assert_true(status.portfolio.expired > 0);
    assert_true(status.portfolio.halts > 0);
    assert_true(status.evolution.generations > 10);
    assert_true(status.evolution.replacements > 0);
    assert_true(agent_manager_counts(sources.agents)->rollbacks_by_operator > 0);
    assert_true(status.gaps > 0);
    assert_true(status.late_ms.count > 0);
    assert_int_equal(status.duplicate_factor_max, 2);
    assert_true(status.simulations[VERDICT_PROCEED] + status.simulations[VERDICT_CAUTION] > 50);
    for (size_t i = 0; i < status.history_count; i++) {
        if (status.histories[i].overwritten == 0) {
            fail_msg("%s %s has not overflowed", status.histories[i].module,
                     status.histories[i].name);
        }
    }
}

static void run_market(uint64_t seed)
{
    static struct run run;
    run = (struct run){.seed = seed};
    busy_write(&run.script, seed, SECONDS);
    run.digests = calloc(run.script.count, sizeof *run.digests);
    assert_non_null(run.digests);
    choose_moments(&run);
    run_whole(&run);
    assert_busy(&run);
    ask_all(&expected, &run.whole);
    for (size_t i = 0; i < MOMENTS; i++) {
        run_rest(&run, i);
        free(run.states[i].bytes);
    }
    busy_destroy(&run.whole);
    busy_forget(&run.script);
    free(run.digests);
}

static void test_an_engine_restored_at_any_moment_goes_on_as_if_nothing_had_been(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= MARKETS; seed++) {
        run_market(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_engine_restored_at_any_moment_goes_on_as_if_nothing_had_been),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
