/* explain over the control socket's commands, on an engine that has been made to trade: a price
 * with drifts that last, and no costs. */
#include "tickd/ops/control_commands.h"

#include <cjson/cJSON.h>

#include "support/engine_fixture.h"

#include "support/control_host.h"
#include "tickd/base/rng.h"

enum { REPLY_MAX = 1 << 20, SECONDS_MAX = 6000, DRIFT_S = 200 };

static struct test_host host;
static struct control_desk *desk;
static char memory[REPLY_MAX];

/* Four trades a second of both symbols, until a position has been closed by a fill. */
static void trade_until_closed(void)
{
    struct rng rng;
    double price[] = {100, 50};
    double drift = 0;
    rng_stream(&rng, 1, "drifts");
    for (int64_t ms = 0; ms < SECONDS_MAX * (int64_t)MS_PER_S; ms += 250) {
        const struct fill_message *fill = &host.fixture.last[TOPIC_FILL].body.fill;
        uint16_t symbol = (uint16_t)(ms / 250 % 2);
        if (ms % (DRIFT_S * MS_PER_S) == 0) {
            drift = rng_below(&rng, 2) == 0 ? 5e-5 : -5e-5;
        }
        if (host.fixture.seen[TOPIC_FILL] > 0 && fill->position == 0) {
            return;
        }
        price[symbol] *= 1 + drift + 2e-5 * rng_normal(&rng);
        fixture_trade(&host.fixture, ms, symbol, ms, price[symbol], 100000);
    }
    fail_msg("no position was closed in %d s", SECONDS_MAX);
}

static int start(void **state)
{
    (void)state;
    test_host_init(&host);
    fixture_set(&host.fixture, "portfolio.fee_bps", "0");
    fixture_set(&host.fixture, "portfolio.slippage_bps", "0");
    fixture_set(&host.fixture, "portfolio.allow_short", "true");
    fixture_set(&host.fixture, "simulator.errors", "0");
    fixture_set(&host.fixture, "simulator.prior_outcomes", "1");
    test_host_begin(&host);
    desk = control_desk_create(&host.host);
    trade_until_closed();
    return desk == NULL;
}

static int stop(void **state)
{
    (void)state;
    control_desk_destroy(&desk);
    test_host_stop(&host);
    return 0;
}

static cJSON *explain(uint64_t sequence)
{
    static const struct control_peer stranger = {.uid = 1000, .pid = 1};
    char line[64];
    struct text request;
    struct text reply;
    struct control_promise promise;
    text_init(&request, line, sizeof line);
    text_format(&request, "explain %llu", (unsigned long long)sequence);
    text_init(&reply, memory, sizeof memory);
    assert_int_equal(control_answer(desk, &stranger, line, strlen(line), &reply, &promise),
                     CONTROL_ANSWERED);
    cJSON *document = cJSON_Parse(memory);
    assert_non_null(document);
    return document;
}

static const cJSON *member(const cJSON *object, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    if (found == NULL)
        fail_msg("no \"%s\" in %s", key, memory);
    return found;
}

static double number(const cJSON *object, const char *key)
{
    assert_true(cJSON_IsNumber(member(object, key)));
    return member(object, key)->valuedouble;
}

static const char *text(const cJSON *object, const char *key)
{
    assert_true(cJSON_IsString(member(object, key)));
    return member(object, key)->valuestring;
}

static void check_entry(const cJSON *chain)
{
    const cJSON *votes = member(chain, "votes");
    double weights = 0;
    assert_string_equal(text(member(chain, "order"), "purpose"), "enter");
    assert_string_equal(text(member(chain, "simulation"), "topic"), "SIMULATION");
    assert_string_equal(text(member(chain, "decision"), "topic"), "DECISION");
    assert_true(number(member(chain, "simulation"), "seq") >
                number(member(chain, "decision"), "seq"));
    assert_true(number(member(chain, "decision"), "seq") > number(member(chain, "bar"), "seq"));
    assert_true(number(member(chain, "bar"), "seq") > number(member(chain, "origin"), "seq"));
    assert_int_equal(cJSON_GetArraySize(votes), 25);
    for (const cJSON *vote = votes->child; vote != NULL; vote = vote->next) {
        assert_true(number(vote, "version") >= 1);
        weights += number(vote, "weight");
    }
    assert_true(weights > 0.999 && weights < 1.001);
    assert_string_equal(text(votes->child->prev, "species"), "coin");
    assert_true(number(votes->child->prev, "weight") == 0);
}

static void test_a_fill_comes_with_its_chain_as_data(void **state)
{
    (void)state;
    const struct message *fill = &host.fixture.last[TOPIC_FILL];
    cJSON *result = explain(fill->head.sequence);
    const cJSON *chain = member(result, "chain");
    const cJSON *entry = member(result, "opened_by");
    assert_string_equal(text(result, "topic"), "FILL");
    assert_true(number(member(result, "fill"), "seq") == (double)fill->head.sequence);
    assert_true(number(member(chain, "order"), "order") == (double)fill->body.fill.order);
    assert_string_equal(text(member(chain, "end"), "topic"), "FILL");
    assert_true(cJSON_IsNull(member(chain, "position")));
    check_entry(entry);
    const cJSON *position = member(entry, "position");
    assert_true(number(position, "closed_by") == (double)fill->body.fill.order);
    assert_string_equal(text(member(position, "closed"), "quantity"),
                        text(member(entry, "filled"), "quantity"));
    cJSON_Delete(result);
}

static void test_the_lines_are_those_that_the_engine_writes(void **state)
{
    (void)state;
    static char lines[ENGINE_EXPLAIN_MAX];
    struct text out;
    uint64_t sequence = host.fixture.last[TOPIC_ORDER].head.sequence;
    text_init(&out, lines, sizeof lines);
    engine_explain(host.fixture.engine, sequence, &out);
    cJSON *result = explain(sequence);
    const char *at = lines;
    const cJSON *list = member(result, "lines");
    for (const cJSON *line = list->child; line != NULL; line = line->next) {
        size_t length = strcspn(at, "\n");
        assert_int_equal(strlen(line->valuestring), length);
        assert_memory_equal(line->valuestring, at, length);
        at += length + 1;
    }
    assert_true(*at == '\0' && cJSON_GetArraySize(list) > 30);
    cJSON_Delete(result);
}

static void test_a_decision_without_an_order_comes_with_its_votes(void **state)
{
    (void)state;
    struct message message;
    /* the newest that was rejected */
    size_t index = 0;
    do {
        assert_true(engine_history_message(host.fixture.engine, "simulator", "simulation_history",
                                           index++, &message));
    } while (message.body.simulation.verdict != VERDICT_REJECT);
    cJSON *result = explain(message.head.sequence);
    assert_string_equal(text(result, "topic"), "SIMULATION");
    assert_true(cJSON_IsNull(member(result, "chain")));
    assert_true(number(member(result, "simulation"), "seq") == (double)message.head.sequence);
    assert_int_equal(cJSON_GetArraySize(member(result, "votes")), 25);
    cJSON_Delete(result);
}

static void test_what_cannot_be_explained_is_an_error_that_says_why(void **state)
{
    (void)state;
    cJSON *result = explain(host.fixture.last[TOPIC_TRADE].head.sequence);
    assert_int_equal((int)number(member(result, "error"), "code"), RPC_NOT_FOUND);
    assert_non_null(strstr(text(member(result, "error"), "message"), "is a TRADE"));
    cJSON_Delete(result);
    result = explain(1000000000);
    assert_non_null(strstr(text(member(result, "error"), "message"), "is no message yet"));
    cJSON_Delete(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fill_comes_with_its_chain_as_data),
        cmocka_unit_test(test_the_lines_are_those_that_the_engine_writes),
        cmocka_unit_test(test_a_decision_without_an_order_comes_with_its_votes),
        cmocka_unit_test(test_what_cannot_be_explained_is_an_error_that_says_why),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
