/* Messages as rows: every kept topic has its table, and every field its column. */
#include "tickd/store/tables.h"

#include "support/store_rig.h"
#include "tickd/agents/species.h"
#include "tickd/base/real.h"

static void test_every_kept_topic_has_a_table_with_a_column_for_each_field(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_write(&rig);
    for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
        char name[STORE_NAME_MAX];
        char sql[256];
        size_t count;
        const struct store_table *table = store_table(i);
        const struct field *fields = topic_fields(table->topic, &count);
        store_table_name(table, name);
        for (size_t f = 0; f < count; f++) {
            assert_int_not_equal(fields[f].kind, FIELD_VOTES);
            assert_int_not_equal(fields[f].kind, FIELD_INDICATORS);
            if (strcmp(fields[f].name, "unused") != 0) {
                (void)snprintf(sql, sizeof sql,
                               "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'",
                               name, fields[f].name);
                if (rig_ask_number(&rig, sql) != 1) {
                    fail_msg("%s has no column %s", name, fields[f].name);
                }
            }
        }
    }
    rig_fini(&rig);
}

static void test_every_view_can_be_asked(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say_fill(&rig, 1);
    rig_write(&rig);
    for (int64_t i = 0;; i++) {
        char sql[256];
        char name[STORE_NAME_MAX];
        (void)snprintf(sql, sizeof sql,
                       "SELECT name FROM sqlite_schema WHERE type = 'view' LIMIT 1 OFFSET %lld",
                       (long long)i);
        text_copy(name, sizeof name, rig_ask(&rig, sql));
        if (name[0] == '\0') {
            assert_true(i > 20);
            break;
        }
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT * FROM %s)", name);
        assert_true(rig_ask(&rig, sql)[0] != '\0');
    }
    rig_fini(&rig);
}

static void test_money_is_stored_in_exact_units_and_shown_as_numbers(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say(&rig, TOPIC_TRADE, 1, 0, &(struct trade_message){0});
    rig_say(&rig, TOPIC_FILL, 1, 1,
            &(struct fill_message){.order = 7,
                                   .quantity = 123456789,
                                   .fee = 1,
                                   .cash = INT64_C(9223372036854775807),
                                   .side = SIDE_SELL,
                                   .purpose = ORDER_TAKE_PROFIT});
    rig_write(&rig);
    assert_string_equal(rig_ask(&rig, "SELECT cash FROM raw_fill"), "9223372036854775807");
    assert_string_equal(rig_ask(&rig, "SELECT quantity FROM fills"), "1.23456789");
    assert_string_equal(rig_ask(&rig, "SELECT symbol || side || purpose FROM fills"),
                        "Bselltake_profit");
    assert_string_equal(rig_ask(&rig, "SELECT time FROM fills"), "2026-11-23T15:00:00.000000Z");
    assert_string_equal(rig_ask(&rig, "SELECT sequence || ' of ' || cause FROM fills"), "2 of 1");
    rig_fini(&rig);
}

static void test_what_is_not_ready_is_null(void **state)
{
    (void)state;
    struct store_rig rig;
    rig_init(&rig);
    rig_say(&rig, TOPIC_SIMULATION, 0, 0,
            &(struct simulation_message){.edge = real_nan(), .costs = 0.5});
    rig_write(&rig);
    assert_string_equal(rig_ask(&rig, "SELECT edge IS NULL AND cause IS NULL FROM simulations"),
                        "1");
    assert_string_equal(rig_ask(&rig, "SELECT costs FROM simulations"), "0.5");
    rig_fini(&rig);
}

static void test_parameters_are_stored_under_their_names(void **state)
{
    (void)state;
    struct store_rig rig;
    struct agent_profile_message profile = {.id = 4, .species = SPECIES_MOMENTUM, .version = 2};
    const struct species_description *species = species_describe(SPECIES_MOMENTUM);
    char sql[256];
    for (size_t i = 0; i < PARAMETERS_MAX; i++) {
        profile.parameters[i] = i < species->parameter_count ? 0.1 * (double)(i + 1) : real_nan();
    }
    rig_init(&rig);
    rig_say(&rig, TOPIC_AGENT_PROFILE, SYMBOL_NONE, 0, &profile);
    rig_write(&rig);
    for (size_t i = 0; i < species->parameter_count; i++) {
        (void)snprintf(sql, sizeof sql, "SELECT parameters ->> '$.%s' = %.17g FROM agents",
                       species->parameters[i].name, profile.parameters[i]);
        assert_string_equal(rig_ask(&rig, sql), "1");
    }
    rig_fini(&rig);
}

static void test_weights_modules_and_texts_are_stored_as_people_read_them(void **state)
{
    (void)state;
    struct store_rig rig;
    struct command_message command = {.verb = COMMAND_HALT, .uid = 1000};
    rig_init(&rig);
    text_copy(command.argument, sizeof command.argument, "it's \"odd\"");
    rig_say(&rig, TOPIC_WEIGHTS, SYMBOL_NONE, 0,
            &(struct weights_message){.weights = {SHARE_ONE, 0, SHARE_ONE / 3}});
    rig_say(&rig, TOPIC_HEALTH, SYMBOL_NONE, 0,
            &(struct health_message){.stale = 1U << MODULE_FEED | 1U << MODULE_STORE});
    rig_say(&rig, TOPIC_COMMAND, SYMBOL_NONE, 0, &command);
    rig_write(&rig);
    assert_string_equal(rig_ask(&rig, "SELECT weights FROM raw_weights"),
                        "[1.000000,0.000000,0.333333]");
    assert_string_equal(rig_ask(&rig, "SELECT stale FROM health"), "feed,store");
    assert_string_equal(rig_ask(&rig, "SELECT failed FROM health"), "");
    assert_string_equal(rig_ask(&rig, "SELECT argument FROM commands"), "it's \"odd\"");
    assert_string_equal(rig_ask(&rig, "SELECT verb FROM commands"), "halt");
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kept_topic_has_a_table_with_a_column_for_each_field),
        cmocka_unit_test(test_every_view_can_be_asked),
        cmocka_unit_test(test_money_is_stored_in_exact_units_and_shown_as_numbers),
        cmocka_unit_test(test_what_is_not_ready_is_null),
        cmocka_unit_test(test_parameters_are_stored_under_their_names),
        cmocka_unit_test(test_weights_modules_and_texts_are_stored_as_people_read_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
