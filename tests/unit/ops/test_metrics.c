/* The status document as metrics: families exactly as they are read by others. */
#include "tickd/ops/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/metrics_scene.h"

static struct metrics_scene scene;

static int start(void **state)
{
    (void)state;
    scene_fill_small(&scene);
    return 0;
}

static void print(enum metrics_format format)
{
    text_clear(&scene.text);
    metrics_print(&scene.status, &scene.histograms, format, &scene.text);
    assert_false(scene.text.cut);
}

/* The family's lines are in the text, all of them together, and no more of it. */
static void assert_family(const char *lines)
{
    const char *end = strchr(lines, '\n');
    size_t head = (size_t)(end - lines) + 1;
    const char *place = strstr(scene.text.data, "# HELP");

    while (place != NULL && strncmp(place, lines, head) != 0)
        place = strstr(place + 1, "# HELP");
    if (place == NULL) {
        fail_msg("no family begins with %.*s", (int)head, lines);
        return;
    }
    const char *next = strstr(place + 1, "# HELP");
    size_t length = next != NULL ? (size_t)(next - place) : strlen(place);
    char found[4096];

    assert_true(text_copy_bytes(found, sizeof found, place, length));
    assert_string_equal(found, lines);
}

static void test_a_counter_says_total_and_openmetrics_declares_it_without(void **state)
{
    (void)state;
    print(METRICS_OPENMETRICS);
    assert_family("# HELP tickd_trades Trades received, by what became of them.\n"
                  "# TYPE tickd_trades counter\n"
                  "tickd_trades_total{outcome=\"accepted\"} 5\n"
                  "tickd_trades_total{outcome=\"filtered\"} 0\n"
                  "tickd_trades_total{outcome=\"late\"} 9007199254740993\n"
                  "tickd_trades_total{outcome=\"unknown_symbol\"} 0\n"
                  "tickd_trades_total{outcome=\"malformed\"} 0\n");
    print(METRICS_PROMETHEUS);
    assert_family("# HELP tickd_trades_total Trades received, by what became of them.\n"
                  "# TYPE tickd_trades_total counter\n"
                  "tickd_trades_total{outcome=\"accepted\"} 5\n"
                  "tickd_trades_total{outcome=\"filtered\"} 0\n"
                  "tickd_trades_total{outcome=\"late\"} 9007199254740993\n"
                  "tickd_trades_total{outcome=\"unknown_symbol\"} 0\n"
                  "tickd_trades_total{outcome=\"malformed\"} 0\n");
}

static void test_times_are_seconds_and_shares_are_ratios(void **state)
{
    (void)state;
    print(METRICS_OPENMETRICS);
    assert_family("# HELP tickd_start_time_seconds When the process started, UNIX time.\n"
                  "# TYPE tickd_start_time_seconds gauge\n"
                  "# UNIT tickd_start_time_seconds seconds\n"
                  "tickd_start_time_seconds 1795451493.25\n");
    assert_family("# HELP tickd_health_ratio Fresh modules by wired modules.\n"
                  "# TYPE tickd_health_ratio gauge\n"
                  "# UNIT tickd_health_ratio ratio\n"
                  "tickd_health_ratio 0.5\n");
    print(METRICS_PROMETHEUS);
    assert_family("# HELP tickd_health_ratio Fresh modules by wired modules.\n"
                  "# TYPE tickd_health_ratio gauge\n"
                  "tickd_health_ratio 0.5\n");
}

static void test_modules_are_told_apart_by_a_label_and_those_not_wired_are_not_told(void **state)
{
    (void)state;
    print(METRICS_PROMETHEUS);
    assert_family("# HELP tickd_module_owed_age_seconds How long a module's oldest debt has been "
                  "due.\n"
                  "# TYPE tickd_module_owed_age_seconds gauge\n"
                  "tickd_module_owed_age_seconds{module=\"bus\"} 0\n"
                  "tickd_module_owed_age_seconds{module=\"market\"} 61.5\n");
    assert_family("# HELP tickd_module_handler_longest_seconds Longest run of a module's handler "
                  "since start.\n"
                  "# TYPE tickd_module_handler_longest_seconds gauge\n"
                  "tickd_module_handler_longest_seconds{module=\"bus\"} 1.5e-06\n"
                  "tickd_module_handler_longest_seconds{module=\"market\"} 0\n");
}

static void test_a_state_is_one_for_the_one_that_holds(void **state)
{
    (void)state;
    print(METRICS_PROMETHEUS);
    assert_family("# HELP tickd_module_state 1 for the state that a module is in, 0 for the "
                  "others.\n"
                  "# TYPE tickd_module_state gauge\n"
                  "tickd_module_state{module=\"bus\",state=\"idle\"} 1\n"
                  "tickd_module_state{module=\"bus\",state=\"active\"} 0\n"
                  "tickd_module_state{module=\"bus\",state=\"lagging\"} 0\n"
                  "tickd_module_state{module=\"bus\",state=\"stale\"} 0\n"
                  "tickd_module_state{module=\"bus\",state=\"failed\"} 0\n"
                  "tickd_module_state{module=\"market\",state=\"idle\"} 0\n"
                  "tickd_module_state{module=\"market\",state=\"active\"} 0\n"
                  "tickd_module_state{module=\"market\",state=\"lagging\"} 0\n"
                  "tickd_module_state{module=\"market\",state=\"stale\"} 1\n"
                  "tickd_module_state{module=\"market\",state=\"failed\"} 0\n");
    assert_non_null(strstr(scene.text.data, "tickd_feed_state{state=\"streaming\"} 1\n"));
    assert_non_null(strstr(scene.text.data, "tickd_feed_state{state=\"stale\"} 0\n"));
}

static void test_money_is_exact_and_positions_and_agents_have_their_names(void **state)
{
    (void)state;
    print(METRICS_OPENMETRICS);
    assert_family("# HELP tickd_portfolio_equity Cash and the market value of all positions.\n"
                  "# TYPE tickd_portfolio_equity gauge\n"
                  "tickd_portfolio_equity 123.45678901\n");
    assert_family("# HELP tickd_position_quantity Quantity held of a symbol, short negative.\n"
                  "# TYPE tickd_position_quantity gauge\n"
                  "tickd_position_quantity{symbol=\"BINANCE:BTCUSDT\"} -1.5\n");
    assert_family("# HELP tickd_agent_weight_ratio An agent's share in the consensus.\n"
                  "# TYPE tickd_agent_weight_ratio gauge\n"
                  "# UNIT tickd_agent_weight_ratio ratio\n"
                  "tickd_agent_weight_ratio{agent=\"3\",species=\"momentum\"} 0.25\n");
    assert_family("# HELP tickd_history_memory_bytes Memory of a history.\n"
                  "# TYPE tickd_history_memory_bytes gauge\n"
                  "# UNIT tickd_history_memory_bytes bytes\n"
                  "tickd_history_memory_bytes{module=\"bus\",history=\"message_log\"} 2480\n");
    assert_family("# HELP tickd_simulations Simulations, by verdict.\n"
                  "# TYPE tickd_simulations counter\n"
                  "tickd_simulations_total{verdict=\"proceed\"} 0\n"
                  "tickd_simulations_total{verdict=\"caution\"} 0\n"
                  "tickd_simulations_total{verdict=\"reject\"} 2\n");
}

static void test_what_is_not_known_is_no_sample(void **state)
{
    (void)state;
    print(METRICS_OPENMETRICS);
    assert_family("# HELP tickd_memory_allocated_bytes What the allocator has given out and not "
                  "taken back.\n"
                  "# TYPE tickd_memory_allocated_bytes gauge\n"
                  "# UNIT tickd_memory_allocated_bytes bytes\n");
    assert_family("# HELP tickd_tick_path_allocations Frames of trades whose handling allocated "
                  "memory; should stay 0.\n"
                  "# TYPE tickd_tick_path_allocations counter\n");
    assert_null(strstr(scene.text.data, "\ntickd_reward_")); /* no minute has passed */
    assert_null(strstr(scene.text.data, "\ntickd_agent_sharpe{"));
    assert_null(strstr(scene.text.data, "\ntickd_feed_next_attempt_seconds "));
    assert_null(strstr(scene.text.data, "\ntickd_feed_delay_seconds")); /* no histogram */
    scene.status.has_reward = true;
    scene.status.tick_path_allocations = 0;
    print(METRICS_OPENMETRICS);
    assert_non_null(strstr(scene.text.data, "\ntickd_reward_mean 0\n"));
    assert_non_null(strstr(scene.text.data, "\ntickd_tick_path_allocations_total 0\n"));
}

static void test_a_histogram_counts_upwards_to_all_in_seconds(void **state)
{
    (void)state;
    print(METRICS_OPENMETRICS);
    assert_family(
        "# HELP tickd_receive_to_decision_seconds From the receipt of a frame until all that it "
        "causes is dispatched.\n"
        "# TYPE tickd_receive_to_decision_seconds histogram\n"
        "# UNIT tickd_receive_to_decision_seconds seconds\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"1e-05\"} 11\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"2.5e-05\"} 26\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"5e-05\"} 51\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.0001\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.00025\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.0005\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.001\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.0025\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.005\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.01\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.025\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.05\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.1\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.25\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"0.5\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"1.0\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"2.5\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"5.0\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"10.0\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"30.0\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"60.0\"} 100\n"
        "tickd_receive_to_decision_seconds_bucket{le=\"+Inf\"} 100\n"
        "tickd_receive_to_decision_seconds_count 100\n"
        "tickd_receive_to_decision_seconds_sum 0.00495\n");
}

static void test_a_histogram_of_milliseconds_has_no_finer_buckets(void **state)
{
    (void)state;
    scene.histograms.of[METRICS_FEED_DELAY_MS] = &scene.histogram;
    print(METRICS_OPENMETRICS);
    const char *family = strstr(scene.text.data, "\ntickd_feed_delay_seconds_bucket");

    assert_non_null(family);
    assert_int_equal(strncmp(family + 1, "tickd_feed_delay_seconds_bucket{le=\"0.001\"} 2\n", 46),
                     0);
    assert_non_null(strstr(family, "_bucket{le=\"0.05\"} 51\n"));
    assert_non_null(strstr(family, "\ntickd_feed_delay_seconds_sum 4.95\n"));
}

static void test_openmetrics_has_an_end_and_the_older_format_none(void **state)
{
    (void)state;
    print(METRICS_OPENMETRICS);
    assert_string_equal(scene.text.data + scene.text.length - 6, "# EOF\n");
    print(METRICS_PROMETHEUS);
    assert_null(strstr(scene.text.data, "# EOF"));
    assert_null(strstr(scene.text.data, "# UNIT"));
    assert_family("# HELP tickd_build_info The program's version and the digest of the "
                  "configuration that decides outcomes.\n"
                  "# TYPE tickd_build_info gauge\n"
                  "tickd_build_info{version=\"0.1.0\",config_digest=\"00000000000000ff\"} 1\n");
}

static void test_label_values_are_escaped(void **state)
{
    (void)state;
    scene.status.portfolio.positions[0].symbol = "a\"b\\c\nd\xc3\xa9";
    print(METRICS_OPENMETRICS);
    assert_non_null(
        strstr(scene.text.data, "tickd_position_quantity{symbol=\"a\\\"b\\\\c\\nd\xc3\xa9\"} "));
    scene.status.portfolio.positions[0].symbol = "a\xff\xc3"; /* no UTF-8 */
    print(METRICS_OPENMETRICS);
    assert_non_null(strstr(scene.text.data, "tickd_position_quantity{symbol=\"a?\?\"} "));
}

static void test_what_does_not_fit_is_said_to_be_cut(void **state)
{
    char memory[1000];
    struct text text;

    (void)state;
    text_init(&text, memory, sizeof memory);
    metrics_print(&scene.status, &scene.histograms, METRICS_OPENMETRICS, &text);
    assert_true(text.cut);
    assert_int_equal(text.length, sizeof memory - 1);
}

static void test_the_longest_document_fits(void **state)
{
    static const enum metrics_format formats[] = {METRICS_OPENMETRICS, METRICS_PROMETHEUS};

    (void)state;
    scene_fill_longest(&scene);
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        print(formats[i]);
        assert_in_range(scene.text.length, METRICS_TEXT_MAX / 2, METRICS_TEXT_MAX - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_counter_says_total_and_openmetrics_declares_it_without,
                               start),
        cmocka_unit_test_setup(test_times_are_seconds_and_shares_are_ratios, start),
        cmocka_unit_test_setup(
            test_modules_are_told_apart_by_a_label_and_those_not_wired_are_not_told, start),
        cmocka_unit_test_setup(test_a_state_is_one_for_the_one_that_holds, start),
        cmocka_unit_test_setup(test_money_is_exact_and_positions_and_agents_have_their_names,
                               start),
        cmocka_unit_test_setup(test_what_is_not_known_is_no_sample, start),
        cmocka_unit_test_setup(test_a_histogram_counts_upwards_to_all_in_seconds, start),
        cmocka_unit_test_setup(test_a_histogram_of_milliseconds_has_no_finer_buckets, start),
        cmocka_unit_test_setup(test_openmetrics_has_an_end_and_the_older_format_none, start),
        cmocka_unit_test_setup(test_label_values_are_escaped, start),
        cmocka_unit_test_setup(test_what_does_not_fit_is_said_to_be_cut, start),
        cmocka_unit_test_setup(test_the_longest_document_fits, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
