/* From a sequence number to its explanation, while it is there and afterwards. */
#include "support/explain_scene.h"

static void test_a_decision_leads_to_its_order_by_its_own_number(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    struct explanation by_decision = find(&scene, scene.last[TOPIC_DECISION]);
    struct explanation by_simulation = find(&scene, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(by_decision.topic, TOPIC_DECISION);
    assert_int_equal(by_simulation.topic, TOPIC_SIMULATION);
    assert_int_equal(by_decision.order->head.sequence, scene.last[TOPIC_ORDER]);
    assert_ptr_equal(by_decision.order, by_simulation.order);
    stop(&scene);
}

static void test_a_decision_that_the_simulator_rejects_is_explained_without_an_order(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    scene.real_simulator = true;
    start(&scene);
    bar_by_trade(&scene, 0, 60, VERDICT_PROCEED);
    struct explanation found = find(&scene, scene.last[TOPIC_DECISION]);
    assert_null(found.order);
    assert_non_null(found.simulation);
    assert_int_equal(found.simulation->sequence, scene.last[TOPIC_SIMULATION]);
    const char *text = print(&scene, found.sequence);
    check_says(text, "none came of it");
    check_says(text, "reject buy: too_few_returns");
    check_says(text, "momentum        version 1   buy   60%");
    found = find(&scene, scene.last[TOPIC_SIMULATION]);
    assert_int_equal(found.decision->sequence, scene.last[TOPIC_DECISION]);
    /* the same when the message log has forgotten it */
    uint64_t decision = scene.last[TOPIC_DECISION];
    uint64_t simulation = scene.last[TOPIC_SIMULATION];
    pass(&scene, 3000);
    assert_null(bus_message(scene.bus, decision));
    assert_int_equal(find(&scene, decision).topic, TOPIC_DECISION);
    assert_int_equal(find(&scene, simulation).topic, TOPIC_SIMULATION);
    /* a decision to hold has no simulation */
    bar_by_trade(&scene, 0, 0, VERDICT_PROCEED);
    found = find(&scene, scene.last[TOPIC_DECISION]);
    assert_null(found.simulation);
    check_says(print(&scene, found.sequence), "hold, by the model hedge (nobody_votes)");
    stop(&scene);
}

static void test_a_fill_is_explained_after_the_message_log_has_forgotten_it(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    uint64_t fill = scene.last[TOPIC_FILL];
    uint64_t order = scene.last[TOPIC_ORDER];
    static char before[EXPLAIN_TEXT_MAX];
    assert_true(text_copy(before, sizeof before, print(&scene, fill)));
    pass(&scene, 3000);
    assert_null(bus_message(scene.bus, fill));
    assert_string_equal(print(&scene, fill), before);
    assert_int_equal(find(&scene, order).topic, TOPIC_ORDER);
    stop(&scene);
}

static void test_votes_are_those_of_the_versions_that_cast_them(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    start(&scene);
    pass(&scene, 1);
    open_long(&scene, 0);
    uint64_t before = scene.last[TOPIC_FILL];
    struct agent_row row;
    assert_true(agent_manager_row(scene.agents, 2, &row));
    struct agent_update_message update = {.id = 3, .reason = VERSION_PROMOTED};
    memcpy(update.parameters, row.version.parameters, sizeof update.parameters);
    publish_agent_update(scene.bus, MODULE_EVOLUTION, SYMBOL_NONE, &update);
    bus_dispatch(scene.bus);
    pass(&scene, 1);
    open_long(&scene, 1);
    check_says(print(&scene, before), " 3  trend           version 1   buy   60%");
    check_says(print(&scene, scene.last[TOPIC_FILL]), " 3  trend           version 2   buy   60%");
    check_says(printed, " 9  coin            version 1   sell  77%  weight  0.00%");
    stop(&scene);
}

static void test_what_has_left_the_ring_is_said_to_have_left_it(void **state)
{
    (void)state;
    struct scene scene;
    init(&scene);
    scene.orders_kept = 1;
    start(&scene);
    open_long(&scene, 0);
    uint64_t fill = scene.last[TOPIC_FILL];
    uint64_t order = scene.last[TOPIC_ORDER];
    trade(&scene, 0, 98, 1000000);
    trade(&scene, 0, 98, 1000000);
    struct explanation found = find(&scene, fill);
    assert_null(found.order);
    assert_true(found.order_gone);
    check_says(print(&scene, fill), "has left the ring of explanations (history.explanations)");
    found = find(&scene, scene.last[TOPIC_FILL]);
    assert_non_null(found.order);
    assert_null(found.entry);
    check_says(print(&scene, scene.last[TOPIC_FILL]),
               "was opened by an order that has left the ring");
    pass(&scene, 3000);
    struct explain_sources sources = sources_of(&scene);
    assert_int_equal(explain_find(&sources, order, &found), EXPLAIN_GONE);
    check_says(print(&scene, order), "has left the rings that explanations are made from");
    struct history history = explain_history(scene.explain);
    assert_int_equal(history.appended, 2);
    assert_int_equal(history.overwritten, 1);
    stop(&scene);
}

static void test_numbers_of_other_messages_are_answered_plainly(void **state)
{
    (void)state;
    struct scene scene;
    struct explanation found;
    init(&scene);
    start(&scene);
    open_long(&scene, 0);
    struct explain_sources sources = sources_of(&scene);
    assert_int_equal(explain_find(&sources, scene.last[TOPIC_TRADE], &found), EXPLAIN_NOTHING);
    check_says(print(&scene, scene.last[TOPIC_TRADE]), "is a TRADE; explained are FILL, ORDER");
    check_says(print(&scene, scene.last[TOPIC_AGENT_PROFILE]), "is an AGENT_PROFILE; explained");
    assert_int_equal(explain_find(&sources, 0, &found), EXPLAIN_NOTHING);
    assert_int_equal(explain_find(&sources, UINT64_MAX, &found), EXPLAIN_NOTHING);
    check_says(print(&scene, 123456789), "123456789 is no message yet; the newest is");
    stop(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_decision_leads_to_its_order_by_its_own_number),
        cmocka_unit_test(test_a_decision_that_the_simulator_rejects_is_explained_without_an_order),
        cmocka_unit_test(test_a_fill_is_explained_after_the_message_log_has_forgotten_it),
        cmocka_unit_test(test_votes_are_those_of_the_versions_that_cast_them),
        cmocka_unit_test(test_what_has_left_the_ring_is_said_to_have_left_it),
        cmocka_unit_test(test_numbers_of_other_messages_are_answered_plainly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
