/* An engine that was saved at some moment, loaded into a new one and fed the rest is the engine
 * that never stopped: the same answers to all questions at once, the same digest after every input,
 * and the same answers again at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/busy_engine.h"
#include "support/seed.h"
#include "tickd/ops/status_json.h"

enum {
    SECONDS = 4000,
    RANDOM_MOMENTS = 6,
    MOMENTS_MAX = 40,
    MARKETS = 2,
    LINES_MAX = 6000,
    LABEL_MAX = 64,
    SOON = 400,  /* inputs after a moment */
    LATER = 2000 /* so far one of each kind is fed; the random ones to the end */
};

/* Everything that can be asked, as lines of which each has a name and a digest. */
struct line {
    char label[LABEL_MAX];
    uint64_t digest;
};

struct answers {
    size_t count;
    struct line lines[LINES_MAX];
};

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

/* The status document, and each history that it lists. */
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
    for (size_t i = 0; i < status.history_count; i++) {
        const struct history *history = &status.histories[i];
        struct message message;
        memset(&message, 0, sizeof message);
        for (size_t at = 0;
             engine_history_message(busy->engine, history->module, history->name, at, &message);
             at++) {
            keep_message(answers, busy, history->name, at, &message);
        }
    }
}

static bool can_be_explained(const struct message *message)
{
    uint32_t topics = TOPIC_BIT(TOPIC_FILL) | TOPIC_BIT(TOPIC_ORDER) | TOPIC_BIT(TOPIC_REJECT) |
                      TOPIC_BIT(TOPIC_EXPIRED) | TOPIC_BIT(TOPIC_DECISION) |
                      TOPIC_BIT(TOPIC_SIMULATION);
    return (topics >> message->head.topic & 1U) != 0;
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
        }
        if (message != NULL && can_be_explained(message)) {
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
    for (uint16_t symbol = 0; symbol < engine_symbols(busy->engine)->count; symbol++) {
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
    keep(answers, "counts of agents", 0, agent_manager_counts(sources.agents),
         sizeof(struct agent_manager_counts));
    keep(answers, "counts of the simulator", 0, simulator_counts(sources.simulator),
         sizeof(struct simulator_counts));
    keep(answers, "record of the simulator", 0, simulator_record(sources.simulator),
         sizeof(struct simulator_record));
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        uint64_t published = bus_published_of(engine_bus(busy->engine), (enum topic)topic);
        keep(answers, "published", topic, &published, sizeof published);
    }
    for (int64_t id = 1; id <= (int64_t)agent_manager_agents(sources.agents); id++) {
        const struct evolution_performance *block;
        struct agent_row row_of_agent;
        assert_true(engine_agent(busy->engine, id, &row_of_agent));
        keep(answers, "lifetime", (size_t)id, &row_of_agent.lifetime, sizeof row_of_agent.lifetime);
        for (size_t i = 0; (block = engine_agent_performance(busy->engine, id, i)) != NULL; i++) {
            keep(answers, "performance", (size_t)id * 1000 + i, block, sizeof *block);
        }
    }
}

static void ask_all(struct answers *answers, struct busy_engine *busy)
{
    answers->count = 0;
    ask_status(answers, busy);
    ask_log(answers, busy);
    ask_symbols(answers, busy);
    ask_rest(answers, busy);
}

static void assert_same_answers(const struct answers *expected, const char *when)
{
    for (size_t i = 0; i < expected->count && i < found.count; i++) {
        if (strcmp(expected->lines[i].label, found.lines[i].label) != 0 ||
            expected->lines[i].digest != found.lines[i].digest) {
            fail_msg("%s: %s differs (%s there)", when, expected->lines[i].label,
                     found.lines[i].label);
        }
    }
    assert_int_equal(found.count, expected->count);
}

/* A run. */

/* Before input number `input`. */
struct moment {
    size_t input;
    bool is_random;
    struct busy_state state;
    struct answers answers; /* then */
    struct answers soon;
};

struct run {
    uint64_t seed;
    struct busy_script script;
    struct busy_engine whole;
    uint64_t *digests; /* after each input */
    size_t moment_count;
    struct moment moments[MOMENTS_MAX];
    struct answers answers; /* at the end */
};

/* Trades are all of a kind; of other inputs each state of the feed, each command and each trouble
 * is one of its own. */
static uint32_t kind_of(const struct busy_input *input)
{
    switch (input->kind) {
    case BUSY_TRADE:
        break;
    case BUSY_FEED:
        return 100 + 10 * input->feed.state + input->feed.stream;
    case BUSY_COMMAND:
        return 200 + input->command.verb;
    case BUSY_VITALS:
        return 300 + (input->vitals.failed != 0 ? 1U : 0U) + 2 * input->vitals.journal_failing;
    }
    return 0;
}

static void add_moment(struct run *run, size_t input, bool is_random)
{
    assert_true(run->moment_count < MOMENTS_MAX && input > 0);
    struct moment *moment = &run->moments[run->moment_count++];
    moment->input = input;
    moment->is_random = is_random;
}

/* Right after one of each kind of input, in the middle of the script; and at random. */
static void choose_moments(struct run *run)
{
    uint64_t seen[10] = {0}; /* of kinds */
    struct rng rng;
    rng_stream_numbered(&rng, test_seed(), "moments", run->seed, 0);
    size_t from = run->script.count / 4 + (size_t)rng_below(&rng, run->script.count / 4);
    for (size_t i = from; i + 1 < run->script.count; i++) {
        uint32_t kind = kind_of(&run->script.inputs[i]);
        assert_true(kind / 64 < ARRAY_LENGTH(seen));
        if ((seen[kind / 64] >> kind % 64 & 1U) == 0) {
            seen[kind / 64] |= UINT64_C(1) << kind % 64;
            add_moment(run, i + 1, false);
        }
    }
    for (size_t i = 0; i < RANDOM_MOMENTS; i++) {
        add_moment(run, 1 + (size_t)rng_below(&rng, run->script.count - 1), true);
    }
}

static void configure(const struct run *run, struct settings *settings)
{
    busy_settings(settings);
    if (run->seed % 2 == 0) {
        busy_adopt_symbols(settings);
    }
}

static void run_whole(struct run *run)
{
    configure(run, &run->whole.settings);
    busy_create(&run->whole);
    for (size_t i = 0; i < run->script.count; i++) {
        for (size_t k = 0; k < run->moment_count; k++) {
            if (run->moments[k].input == i) {
                busy_save(&run->whole, &run->moments[k].state);
                ask_all(&run->moments[k].answers, &run->whole);
            } else if (run->moments[k].input + SOON == i) {
                ask_all(&run->moments[k].soon, &run->whole);
            }
        }
        busy_feed(&run->whole, &run->script.inputs[i]);
        run->digests[i] = bus_digest(engine_bus(run->whole.engine));
    }
    ask_all(&run->answers, &run->whole);
}

static void run_rest(const struct run *run, const struct moment *moment)
{
    static struct busy_engine rest;
    char when[128];
    struct persist persist;
    configure(run, &rest.settings);
    busy_create(&rest);
    (void)snprintf(when, sizeof when, "market %llu, saved before input %zu of %zu",
                   (unsigned long long)run->seed, moment->input, run->script.count);
    if (!busy_load(&rest, &moment->state, &persist)) {
        fail_msg("%s: %s", when, persist.why);
    }
    ask_all(&found, &rest);
    assert_same_answers(&moment->answers, when);
    size_t end = run->script.count;
    if (!moment->is_random && moment->input + LATER < end) {
        end = moment->input + LATER;
    }
    for (size_t i = moment->input; i < end; i++) {
        if (i == moment->input + SOON) {
            ask_all(&found, &rest);
            assert_same_answers(&moment->soon, when);
        }
        busy_feed(&rest, &run->script.inputs[i]);
        if (bus_digest(engine_bus(rest.engine)) != run->digests[i]) {
            fail_msg("%s: another digest after input %zu", when, i);
        }
    }
    if (end == run->script.count) {
        ask_all(&found, &rest);
        assert_same_answers(&run->answers, when);
    }
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
    assert_true(status.duplicate_changes > 4);
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
    run.seed = seed;
    run.moment_count = 0;
    busy_write(&run.script, seed, SECONDS);
    run.digests = calloc(run.script.count, sizeof *run.digests);
    assert_non_null(run.digests);
    choose_moments(&run);
    run_whole(&run);
    assert_busy(&run);
    for (size_t i = 0; i < run.moment_count; i++) {
        run_rest(&run, &run.moments[i]);
        free(run.moments[i].state.bytes);
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
