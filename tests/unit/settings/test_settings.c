/* The table of keys, reading and printing of values, and what must hold between keys. What is said
 * of every key is tested over the table, so that a new key is tested too. */
#include "tickd/settings/settings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/decimal.h"
#include "tickd/base/error.h"

static struct settings settings;
static char why_memory[1024];
static struct text why;

static int set_up(void **state)
{
    (void)state;
    text_init(&why, why_memory, sizeof why_memory);
    settings_init(&settings);
    return 0;
}

static const struct setting *key(const char *name)
{
    const struct setting *setting = settings_find(name, strlen(name), NULL);

    assert_non_null(setting);
    return setting;
}

static int set(const char *name, const char *value)
{
    return settings_set(&settings, key(name), value, strlen(value), &why);
}

static void assert_set(const char *name, const char *value)
{
    if (set(name, value) != 0)
        fail_msg("%s = %s: %s", name, value, why.data);
}

static void assert_refused(const char *name, const char *value, int code, const char *message)
{
    assert_int_equal(set(name, value), code);
    assert_string_equal(why.data, message);
}

static const char *printed(const struct settings *from, const struct setting *setting)
{
    static char memory[SETTING_VALUE_MAX];
    struct text text;

    text_init(&text, memory, sizeof memory);
    settings_print_value(from, setting, &text);
    assert_false(text.cut);
    return memory;
}

static const char *allowed(const struct setting *setting)
{
    static char memory[512];
    struct text text;

    text_init(&text, memory, sizeof memory);
    settings_print_allowed(setting, &text);
    assert_false(text.cut);
    return memory;
}

/* A key of a kind that the table may not have, over memory behind the settings. */
struct made_up {
    struct settings settings;
    union {
        double real;
        int64_t money;
    } value;
};

static const struct setting made_up_real = {.key = "made.up",
                                            .kind = SETTING_REAL,
                                            .offset = offsetof(struct made_up, value),
                                            .lowest_real = -0.5,
                                            .highest_real = 1e6,
                                            .unit = "%"};
static const struct setting made_up_money = {.key = "made.up",
                                             .kind = SETTING_MONEY,
                                             .offset = offsetof(struct made_up, value),
                                             .lowest = 1,
                                             .highest = 100000 * DECIMAL_ONE,
                                             .unit = "USD"};
static struct made_up made_up;

static int set_made_up(const struct setting *setting, const char *value)
{
    return settings_set(&made_up.settings, setting, value, strlen(value), &why);
}

static void test_every_key_has_a_name_of_its_own_a_help_and_a_unit(void **state)
{
    (void)state;
    assert_int_equal(settings_count(), SETTINGS_COUNT);
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        size_t index = SETTINGS_COUNT;

        assert_ptr_equal(settings_find(setting->key, strlen(setting->key), &index), setting);
        assert_int_equal(index, i);
        assert_true(strlen(setting->help) > 0);
        assert_non_null(setting->unit);
    }
}

static void test_a_key_of_the_root_has_no_prefix_and_all_others_have_one(void **state)
{
    size_t index;

    (void)state;
    assert_int_equal(settings_section_length("seed"), 0);
    assert_non_null(settings_find("seed", 4, NULL));
    assert_null(settings_find("root.seed", 9, NULL));
    assert_null(settings_find("bar_ms", 6, NULL));
    assert_null(settings_find("market.bar_m", 12, NULL));
    assert_non_null(settings_find("market.bar_ms, and more", 13, NULL));
    for (size_t i = 0; i < settings_count(); i++) {
        const char *name = settings_key(i)->key;
        size_t length = settings_section_length(name);

        if (length > 0) {
            assert_true(settings_find_section(name, length, &index));
            assert_true(index > 0 && index < SETTINGS_SECTION_COUNT);
            assert_memory_equal(settings_section(index), name, length);
        }
    }
    assert_false(settings_find_section("root", 4, &index));
    assert_false(settings_find_section("", 0, &index));
    assert_string_equal(settings_section(0), "");
}

static void test_defaults_are_those_of_the_table_and_hold_together(void **state)
{
    const struct setting *blamed;

    (void)state;
    assert_int_equal(settings.root.seed, 1);
    assert_string_equal(settings.feed.url, "wss://ws.finnhub.io");
    assert_int_equal(settings.market.bar_ms, 1000);
    assert_int_equal(settings.market.duplicates, DUPLICATES_AUTO);
    assert_true(settings.market.odd_lots_move_price);
    assert_int_equal(settings.electorate.horizon_bars, 60);
    assert_int_equal(settings.monitor.stale_s, 60);
    assert_int_equal(settings.history.message_log, 10000);
    assert_int_equal(settings.log.level, LOG_INFO);
    assert_string_equal(settings.feed.symbols.items[0], "SPY");
    assert_string_equal(settings.market.exceptions.items[9], "2026-11-27 13:00");
    assert_int_equal(settings_check(&settings, &blamed, &why), 0);
    assert_null(blamed);
    assert_string_equal(why.data, "");
}

/* JSON text of a list without its brackets and quotes is what --set takes. */
static const char *as_option(const char *json)
{
    static char memory[SETTING_VALUE_MAX];
    size_t length = 0;

    for (const char *p = json; *p != '\0'; p++) {
        if (strchr("[]\"", *p) == NULL)
            memory[length++] = *p;
    }
    memory[length] = '\0';
    return memory;
}

static void test_every_printed_value_is_read_back_as_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count(); i++) {
        static struct settings other;
        const struct setting *setting = settings_key(i);
        const char *value = as_option(printed(&settings, setting));

        settings_init(&other);
        assert_int_equal(settings_set(&other, setting, value, strlen(value), &why), 0);
        assert_memory_equal(&other, &settings, sizeof settings);
    }
}

static void try_bound(const struct setting *setting, int64_t bound, int64_t beyond)
{
    char text[DECIMAL_TEXT_MAX];
    bool money = setting->kind == SETTING_MONEY;
    static struct settings before;

    (void)snprintf(text, sizeof text, "%lld", (long long)bound);
    if (money)
        decimal_print(bound, text);
    assert_int_equal(settings_set(&settings, setting, text, strlen(text), &why), 0);
    assert_string_equal(printed(&settings, setting), text);
    if (bound == INT64_MAX || bound == INT64_MIN)
        return;
    before = settings;
    (void)snprintf(text, sizeof text, "%lld", (long long)beyond);
    if (money)
        decimal_print(beyond, text);
    assert_int_equal(settings_set(&settings, setting, text, strlen(text), &why), ERROR_RANGE);
    assert_memory_equal(&settings, &before, sizeof settings);
    assert_non_null(strstr(why.data, allowed(setting)));
}

static void test_every_whole_number_and_amount_keeps_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);

        if (setting->kind == SETTING_INTEGER || setting->kind == SETTING_MONEY) {
            assert_true(setting->lowest < setting->highest);
            try_bound(setting, setting->lowest,
                      setting->lowest - (setting->lowest == INT64_MIN ? 0 : 1));
            try_bound(setting, setting->highest,
                      setting->highest + (setting->highest == INT64_MAX ? 0 : 1));
        }
    }
}

static void test_every_number_keeps_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        char text[64];

        if (setting->kind != SETTING_REAL)
            continue;
        assert_true(setting->lowest_real < setting->highest_real);
        (void)snprintf(text, sizeof text, "%.17g", setting->highest_real);
        assert_int_equal(settings_set(&settings, setting, text, strlen(text), &why), 0);
        (void)snprintf(text, sizeof text, "%.17g",
                       nextafter(setting->highest_real, (double)INFINITY));
        assert_int_equal(settings_set(&settings, setting, text, strlen(text), &why), ERROR_RANGE);
        (void)snprintf(text, sizeof text, "%.17g", setting->lowest_real);
        assert_int_equal(settings_set(&settings, setting, text, strlen(text), &why), 0);
        (void)snprintf(text, sizeof text, "%.17g",
                       nextafter(setting->lowest_real, -(double)INFINITY));
        assert_int_equal(settings_set(&settings, setting, text, strlen(text), &why), ERROR_RANGE);
    }
}

static void test_a_whole_number_is_a_json_number_of_digits_alone(void **state)
{
    static const char *const refused[] = {"",     "abc",  "-",   "01",  "+1",      "1.0",
                                          "1e3",  " 1",   "1 ",  "0x1", "1_0",     "1,0",
                                          "true", "null", "--1", "1-",  "\xd9\xa1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
        assert_int_equal(set("seed", refused[i]), ERROR_TYPE);
    assert_int_equal(settings.root.seed, 1);
    assert_set("seed", "-0");
    assert_int_equal(settings.root.seed, 0);
    assert_set("seed", "9223372036854775807");
    assert_int_equal(settings.root.seed, INT64_MAX);
}

static void test_a_whole_number_is_read_exactly_to_the_end_of_its_range(void **state)
{
    (void)state;
    assert_set("seed", "9007199254740993"); /* 2^53 + 1, which no double holds */
    assert_int_equal(settings.root.seed, INT64_C(9007199254740993));
    assert_int_equal(set("seed", "9223372036854775808"), ERROR_RANGE);
    assert_int_equal(set("seed", "-9223372036854775808"), ERROR_RANGE);
    assert_int_equal(set("seed", "-9223372036854775809"), ERROR_RANGE);
    assert_int_equal(set("seed", "100000000000000000000000000000000000000000"), ERROR_RANGE);
    assert_int_equal(settings.root.seed, INT64_C(9007199254740993));
}

static void test_the_message_says_what_was_found_and_what_is_allowed(void **state)
{
    (void)state;
    assert_refused("market.bar_ms", "abc", ERROR_TYPE,
                   "found \"abc\", allowed: whole number, 100 to 86400000 ms");
    assert_refused("market.bar_ms", "50", ERROR_RANGE,
                   "found 50, allowed: whole number, 100 to 86400000 ms");
    assert_refused("market.bar_ms", "1.5", ERROR_TYPE,
                   "found 1.5, allowed: whole number, 100 to 86400000 ms");
    assert_refused("market.bar_ms", "a\nb", ERROR_TYPE,
                   "found \"a\\nb\", allowed: whole number, 100 to 86400000 ms");
    assert_refused("market.odd_lots_move_price", "yes", ERROR_TYPE,
                   "found \"yes\", allowed: true or false");
    assert_refused("market.duplicates", "Auto", ERROR_RANGE,
                   "found \"Auto\", allowed: \"auto\", \"keep\" or \"drop\"");
}

static void test_a_long_value_is_cut_in_messages_between_characters(void **state)
{
    (void)state;
    /* 39 bytes of ASCII, then characters of two bytes: the cut at 40 falls into the first. */
    assert_refused("log.level", "123456789012345678901234567890123456789äöü", ERROR_RANGE,
                   "found \"123456789012345678901234567890123456789\"… (45 bytes), allowed: "
                   "\"error\", \"warning\", \"notice\", \"info\" or \"debug\"");
}

static void test_a_choice_is_its_place_in_the_list(void **state)
{
    (void)state;
    assert_set("market.duplicates", "drop");
    assert_int_equal(settings.market.duplicates, DUPLICATES_DROP);
    assert_string_equal(printed(&settings, key("market.duplicates")), "\"drop\"");
    assert_set("log.level", "error");
    assert_int_equal(settings.log.level, LOG_ERROR);
    assert_set("log.level", "debug");
    assert_int_equal(settings.log.level, LOG_DEBUG);
    assert_int_equal(set("log.level", "deb"), ERROR_RANGE);
    assert_int_equal(set("log.level", "info|debug"), ERROR_RANGE);
    assert_int_equal(set("log.level", ""), ERROR_RANGE);
    assert_int_equal(settings.log.level, LOG_DEBUG);
}

static void test_a_truth_value_is_true_or_false_and_nothing_else(void **state)
{
    static const char *const refused[] = {"", "True", "1", "0", "on", "truee", "tru", "null"};

    (void)state;
    assert_set("market.odd_lots_move_price", "false");
    assert_false(settings.market.odd_lots_move_price);
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
        assert_int_equal(set("market.odd_lots_move_price", refused[i]), ERROR_TYPE);
    assert_false(settings.market.odd_lots_move_price);
    assert_set("market.odd_lots_move_price", "true");
    assert_true(settings.market.odd_lots_move_price);
}

static void test_a_text_is_taken_whole_or_not_at_all(void **state)
{
    char longest[SETTING_TEXT_MAX + 1];

    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[SETTING_TEXT_MAX - 1] = '\0';
    assert_set("feed.ca_file", longest);
    assert_string_equal(settings.feed.ca_file, longest);
    longest[SETTING_TEXT_MAX - 1] = 'y';
    longest[SETTING_TEXT_MAX] = '\0';
    assert_refused("feed.ca_file", longest, ERROR_RANGE,
                   "found 256 bytes, allowed: text of up to 255 bytes, without control characters");
    assert_int_equal(strlen(settings.feed.ca_file), SETTING_TEXT_MAX - 1);
    assert_set("feed.ca_file", "/etc/ä/\"ca\".pem");
    assert_string_equal(printed(&settings, key("feed.ca_file")), "\"/etc/ä/\\\"ca\\\".pem\"");
    assert_set("feed.ca_file", "");
    assert_string_equal(settings.feed.ca_file, "");
}

static void test_a_text_with_control_characters_or_broken_utf8_is_refused_unseen(void **state)
{
    const struct setting *setting = key("feed.token_file");

    (void)state;
    assert_refused("feed.token_file", "secret\n", ERROR_SYNTAX,
                   "found a control character, allowed: text of up to 255 bytes, without control "
                   "characters");
    assert_int_equal(set("feed.token_file", "secret\x7f"), ERROR_SYNTAX);
    assert_refused("feed.token_file", "secret\xff", ERROR_SYNTAX,
                   "found bytes that are not UTF-8, allowed: text of up to 255 bytes, without "
                   "control characters");
    assert_int_equal(settings_set(&settings, setting, "a\0b", 3, &why), ERROR_SYNTAX);
    assert_string_equal(settings.feed.token_file, "");
}

static void test_a_list_is_separated_by_commas_and_blanks_fall_away(void **state)
{
    (void)state;
    assert_set("feed.symbols", "AAPL, IC MARKETS:1 ,BINANCE:BTCUSDT");
    assert_int_equal(settings.feed.symbols.count, 3);
    assert_string_equal(settings.feed.symbols.items[1], "IC MARKETS:1");
    assert_string_equal(printed(&settings, key("feed.symbols")),
                        "[\"AAPL\", \"IC MARKETS:1\", \"BINANCE:BTCUSDT\"]");
    assert_string_equal(settings.feed.symbols.items[3], "");
    assert_set("market.exceptions", "");
    assert_int_equal(settings.market.exceptions.count, 0);
    assert_string_equal(printed(&settings, key("market.exceptions")), "[]");
}

static void test_a_list_is_taken_whole_or_not_at_all(void **state)
{
    char many[2 * SETTING_LIST_MAX + 2];

    (void)state;
    assert_set("feed.symbols", "A,B");
    assert_int_equal(set("feed.symbols", "C,,D"), ERROR_RANGE);
    assert_int_equal(set("feed.symbols", "C,D,"), ERROR_RANGE);
    assert_int_equal(set("feed.symbols", "C,D\x01"), ERROR_SYNTAX);
    assert_refused("feed.symbols", "", ERROR_RANGE,
                   "found 0 items, allowed: list of 1 to 256 items, each a text of 1 to 39 bytes "
                   "without comma");
    assert_int_equal(set("feed.symbols", "C,1234567890123456789012345678901234567890"),
                     ERROR_RANGE);
    for (size_t i = 0; i <= SETTING_LIST_MAX; i++) {
        many[2 * i] = 'a';
        many[2 * i + 1] = ',';
    }
    many[2 * SETTING_LIST_MAX + 1] = '\0';
    assert_refused("feed.symbols", many, ERROR_RANGE,
                   "found 257 items, allowed: list of 1 to 256 items, each a text of 1 to 39 bytes "
                   "without comma");
    assert_string_equal(printed(&settings, key("feed.symbols")), "[\"A\", \"B\"]");
    many[2 * SETTING_LIST_MAX - 1] = '\0';
    assert_set("feed.symbols", many);
    assert_int_equal(settings.feed.symbols.count, SETTING_LIST_MAX);
}

static void test_items_are_added_one_by_one_up_to_the_lists_end(void **state)
{
    const struct setting *setting = key("market.exceptions");

    (void)state;
    settings_list_clear(&settings, setting);
    assert_int_equal(settings_list_count(&settings, setting), 0);
    for (int64_t i = 0; i < setting->highest; i++)
        assert_int_equal(settings_list_add(&settings, setting, "x", 1, &why), 0);
    assert_int_equal(settings_list_count(&settings, setting), setting->highest);
    assert_int_equal(settings_list_add(&settings, setting, "x", 1, &why), ERROR_RANGE);
    assert_non_null(strstr(why.data, "found 129 items"));
    settings_list_clear(&settings, setting);
    assert_int_equal(settings_list_add(&settings, setting, "a,b", 3, &why), ERROR_RANGE);
    assert_int_equal(settings_list_add(&settings, setting, " a", 2, &why), ERROR_RANGE);
    assert_int_equal(settings_list_add(&settings, setting, "a ", 2, &why), ERROR_RANGE);
    assert_int_equal(settings_list_add(&settings, setting, "", 0, &why), ERROR_RANGE);
    assert_int_equal(settings_list_count(&settings, setting), 0);
}

static void test_the_longest_value_fits_as_json_text(void **state)
{
    const struct setting *setting = key("feed.symbols");
    char item[SETTING_ITEM_MAX];

    (void)state;
    settings_list_clear(&settings, setting);
    memset(item, '"', sizeof item);
    for (size_t i = 0; i < SETTING_LIST_MAX; i++)
        assert_int_equal(settings_list_add(&settings, setting, item, sizeof item - 1, &why), 0);
    assert_int_equal(strlen(printed(&settings, setting)),
                     SETTING_LIST_MAX * (2 * (SETTING_ITEM_MAX - 1) + 4));
}

static void test_a_real_number_is_read_to_the_last_bit_and_printed_shortest(void **state)
{
    /* Read, printed. 5e-324 is the smallest double, 2^-1074. */
    static const char *const pairs[][2] = {
        {"0.1", "0.1"},
        {"1e-4", "0.0001"},
        {"100E-2", "1"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"0.3000000000000000400", "0.30000000000000004"},
        {"-0.5", "-0.5"},
        {"-0", "0"},
        {"-0.0", "0"},
        {"1000000", "1000000"},
        {"123456.789", "123456.789"},
        {"5e-324", "4.94065645841247e-324"},
        {"1e-999", "0"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        assert_int_equal(set_made_up(&made_up_real, pairs[i][0]), 0);
        assert_string_equal(printed(&made_up.settings, &made_up_real), pairs[i][1]);
    }
    assert_int_equal(set_made_up(&made_up_real, "0.1"), 0);
    assert_true(made_up.value.real == 0.1);
}

static void test_a_real_number_out_of_bounds_or_out_of_form_is_refused(void **state)
{
    static const char *const out_of_form[] = {"",    ".5",    "5.",  "1e",  "nan",
                                              "inf", "0x1p3", "1,5", "1.5 "};
    char digits[200];

    (void)state;
    made_up.value.real = 0.25;
    for (size_t i = 0; i < ARRAY_LENGTH(out_of_form); i++)
        assert_int_equal(set_made_up(&made_up_real, out_of_form[i]), ERROR_TYPE);
    memset(digits, '1', sizeof digits);
    digits[1] = '.';
    digits[sizeof digits - 1] = '\0';
    assert_int_equal(set_made_up(&made_up_real, digits), ERROR_TYPE);
    assert_int_equal(set_made_up(&made_up_real, "-0.5000000000000001"), ERROR_RANGE);
    assert_int_equal(set_made_up(&made_up_real, "1e999"), ERROR_RANGE);
    assert_int_equal(set_made_up(&made_up_real, "-1e999"), ERROR_RANGE);
    assert_int_equal(set_made_up(&made_up_real, "1000000.1"), ERROR_RANGE);
    assert_string_equal(why.data, "found 1000000.1, allowed: number, -0.5 to 1000000 %");
    assert_true(made_up.value.real == 0.25);
}

static void test_an_amount_is_read_exactly_and_never_through_a_double(void **state)
{
    (void)state;
    assert_int_equal(set_made_up(&made_up_money, "99999.99999999"), 0);
    assert_int_equal(made_up.value.money, INT64_C(9999999999999));
    assert_string_equal(printed(&made_up.settings, &made_up_money), "99999.99999999");
    assert_int_equal(set_made_up(&made_up_money, "1e5"), 0);
    assert_int_equal(made_up.value.money, 100000 * DECIMAL_ONE);
    assert_int_equal(set_made_up(&made_up_money, "100000.00000001"), ERROR_RANGE);
    assert_string_equal(why.data,
                        "found 100000.00000001, allowed: decimal number, 0.00000001 to 100000 USD");
    assert_int_equal(set_made_up(&made_up_money, "0"), ERROR_RANGE);
    assert_int_equal(set_made_up(&made_up_money, "1e400"), ERROR_RANGE);
    assert_int_equal(set_made_up(&made_up_money, "1,000"), ERROR_TYPE);
    assert_int_equal(set_made_up(&made_up_money, "$5"), ERROR_TYPE);
    assert_int_equal(made_up.value.money, 100000 * DECIMAL_ONE);
}

static void assert_nearest(const char *typed, const char *meant)
{
    const struct setting *nearest = settings_nearest(typed);

    assert_non_null(nearest);
    assert_string_equal(nearest->key, meant);
}

static void test_the_nearest_key_is_found_by_edits_and_by_the_name_without_its_section(void **state)
{
    (void)state;
    assert_nearest("market.barms", "market.bar_ms");
    assert_nearest("markt.bar_m", "market.bar_ms");
    assert_nearest("market.bra_ms", "market.bar_ms");
    assert_nearest("feed.simbols", "feed.symbols");
    assert_nearest("sede", "seed");
    assert_nearest("market.bar_ms", "market.bar_ms");
    assert_nearest("horizon_bars", "electorate.horizon_bars");
    assert_nearest("simulation.horizon_bars", "electorate.horizon_bars");
}

static void test_what_is_far_from_every_key_has_no_nearest(void **state)
{
    char endless[500];

    (void)state;
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_null(settings_nearest(""));
    assert_null(settings_nearest("xyz"));
    assert_null(settings_nearest("colour.of_the_sky"));
    assert_null(settings_nearest(endless));
    assert_string_equal(settings_nearest_section("markt"), "market");
    assert_string_equal(settings_nearest_section("histroy"), "history");
    assert_null(settings_nearest_section("colour"));
    assert_null(settings_nearest_section(""));
    assert_null(settings_nearest_section(endless));
}

static void test_an_unknown_key_is_answered_with_the_nearest(void **state)
{
    (void)state;
    text_clear(&why);
    settings_print_unknown("market.barms", &why);
    assert_string_equal(why.data, "unknown key; the nearest known one is market.bar_ms");
    text_clear(&why);
    settings_print_unknown("xyz", &why);
    assert_string_equal(why.data, "unknown key, allowed: those that tickd --print-config lists");
}

static void assert_check_blames(const char *name, const char *message)
{
    const struct setting *blamed;

    assert_int_equal(settings_check(&settings, &blamed, &why), ERROR_RANGE);
    assert_non_null(blamed);
    assert_string_equal(blamed->key, name);
    assert_string_equal(why.data, message);
    settings_init(&settings);
}

static void assert_check_passes(void)
{
    const struct setting *blamed;

    if (settings_check(&settings, &blamed, &why) != 0)
        fail_msg("%s: %s", blamed->key, why.data);
}

static void test_the_lateness_is_at_most_the_width_of_a_bar(void **state)
{
    (void)state;
    assert_set("market.bar_ms", "250");
    assert_check_passes();
    assert_set("market.bar_ms", "249");
    assert_check_blames("market.lateness_ms",
                        "found 250, allowed: at most market.bar_ms, which is 249");
}

static void test_the_first_wait_is_at_most_the_longest(void **state)
{
    (void)state;
    assert_set("feed.backoff_min_ms", "2000");
    assert_set("feed.backoff_max_ms", "2000");
    assert_check_passes();
    assert_set("feed.backoff_max_ms", "1999");
    assert_check_blames("feed.backoff_min_ms",
                        "found 2000, allowed: at most feed.backoff_max_ms, which is 1999");
}

static void test_the_number_of_prints_is_a_power_of_two(void **state)
{
    (void)state;
    assert_set("market.duplicate_prints", "512");
    assert_check_passes();
    assert_set("market.duplicate_prints", "513");
    assert_check_blames("market.duplicate_prints", "found 513, allowed: a power of two");
}

static void test_the_url_names_a_websocket_and_its_host(void **state)
{
    static const char *const right[] = {
        "ws://localhost",     "ws://127.0.0.1:8051",       "wss://ws.finnhub.io/",
        "ws://[::1]:8051/ws", "wss://example.org:65535/a", "ws://a-b_c.d:1",
    };
    static const char *const wrong[] = {
        "",
        "localhost:8051",
        "http://ws.finnhub.io",
        "WSS://ws.finnhub.io",
        "wss://",
        "wss:///path",
        "wss://host:",
        "wss://host:0",
        "wss://h:65536",
        "wss://h:port",
        "wss://h:123456",
        "wss://user@host",
        "wss://[::1",
        "wss://[]:8051",
        "wss://h?token=abc",
        "wss://h/#part",
        "wss://h/a b",
        "wss://h/\xc3\xa4",
        "wss://h\\x",
        "ws:/host",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(right); i++) {
        assert_set("feed.url", right[i]);
        assert_check_passes();
    }
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_set("feed.url", wrong[i]);
        assert_check_blames("feed.url", "found another form of URL, allowed: "
                                        "ws://HOST[:PORT][/PATH] or wss://HOST[:PORT][/PATH], "
                                        "without user, query or key");
    }
}

static void test_symbols_stand_once_are_short_and_the_star_stands_alone(void **state)
{
    (void)state;
    assert_set("feed.symbols", "*");
    assert_check_passes();
    assert_set("feed.symbols", "1234567890123456789012345678901");
    assert_check_passes();
    assert_set("feed.symbols", "A,AB,B,A");
    assert_check_blames("feed.symbols", "found \"A\", allowed: each symbol once");
    assert_set("feed.symbols", "A,*");
    assert_check_blames("feed.symbols", "found \"*\", allowed: symbols, or \"*\" alone");
    assert_set("feed.symbols", "A2345678901234567890123456789012");
    assert_check_blames("feed.symbols", "found \"A2345678901234567890123456789012\", allowed: "
                                        "symbols of 1 to 31 bytes");
}

static void test_market_exceptions_are_dates_that_exist_once_each(void **state)
{
    static const char *const wrong[] = {
        "2026-02-29",       "2026-13-01",        "2026-1-1",         "Christmas",
        "2026-12-24T13:00", "2026-12-24 1300",   "2026-12-24 13:60", "2026-12-24 09:30",
        "2026-12-24 16:00", "2026-12-24 13:00Z", "20261224",
    };

    (void)state;
    assert_set("market.exceptions", "2028-02-29,2026-12-24 09:31,2026-12-25 15:59");
    assert_check_passes();
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        char message[256];

        assert_set("market.exceptions", wrong[i]);
        (void)snprintf(message, sizeof message,
                       "found \"%s\", allowed: a date that exists as YYYY-MM-DD, or with the time "
                       "of an early close, 09:31 to 15:59, as YYYY-MM-DD HH:MM",
                       wrong[i]);
        assert_check_blames("market.exceptions", message);
    }
    assert_set("market.exceptions", "2026-12-24,2026-12-25,2026-12-24 13:00");
    assert_check_blames("market.exceptions", "found \"2026-12-24 13:00\", allowed: each date once");
}

static void test_the_digest_follows_what_decides_and_nothing_else(void **state)
{
    uint64_t standard = settings_digest(&settings);

    (void)state;
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        bool counts = setting->decides || strcmp(setting->key, "history.agent_versions") == 0 ||
                      strcmp(setting->key, "history.agent_performance_history") == 0;
        char text[DECIMAL_TEXT_MAX];

        if (setting->kind != SETTING_INTEGER)
            continue;
        settings_init(&settings);
        (void)snprintf(text, sizeof text, "%lld", (long long)setting->lowest);
        if (strcmp(text, setting->fallback) == 0)
            (void)snprintf(text, sizeof text, "%lld", (long long)setting->highest);
        assert_set(setting->key, text);
        assert_int_equal(settings_digest(&settings) != standard, counts);
    }
    settings_init(&settings);
    assert_int_equal(settings_digest(&settings), standard);
    assert_set("log.level", "debug");
    assert_set("feed.url", "ws://localhost:8051");
    assert_int_equal(settings_digest(&settings), standard);
    assert_set("market.duplicates", "keep");
    assert_int_not_equal(settings_digest(&settings), standard);
}

static void test_the_digest_follows_symbols_and_their_order(void **state)
{
    uint64_t first;
    uint64_t second;

    (void)state;
    assert_set("feed.symbols", "A,B");
    first = settings_digest(&settings);
    assert_set("feed.symbols", "B,A");
    second = settings_digest(&settings);
    assert_int_not_equal(first, second);
    assert_set("feed.symbols", "AB");
    assert_int_not_equal(settings_digest(&settings), first);
    assert_set("feed.symbols", "A,B");
    assert_int_equal(settings_digest(&settings), first);
}

static void test_origins_have_names(void **state)
{
    (void)state;
    assert_string_equal(setting_origin_name(ORIGIN_DEFAULT), "default");
    assert_string_equal(setting_origin_name(ORIGIN_FILE), "file");
    assert_string_equal(setting_origin_name(ORIGIN_OPTION), "option");
    assert_string_equal(setting_origin_name(ORIGIN_DERIVED), "derived");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_key_has_a_name_of_its_own_a_help_and_a_unit),
        TEST(test_a_key_of_the_root_has_no_prefix_and_all_others_have_one),
        TEST(test_defaults_are_those_of_the_table_and_hold_together),
        TEST(test_every_printed_value_is_read_back_as_the_same),
        TEST(test_every_whole_number_and_amount_keeps_its_bounds),
        TEST(test_every_number_keeps_its_bounds),
        TEST(test_a_whole_number_is_a_json_number_of_digits_alone),
        TEST(test_a_whole_number_is_read_exactly_to_the_end_of_its_range),
        TEST(test_the_message_says_what_was_found_and_what_is_allowed),
        TEST(test_a_long_value_is_cut_in_messages_between_characters),
        TEST(test_a_choice_is_its_place_in_the_list),
        TEST(test_a_truth_value_is_true_or_false_and_nothing_else),
        TEST(test_a_text_is_taken_whole_or_not_at_all),
        TEST(test_a_text_with_control_characters_or_broken_utf8_is_refused_unseen),
        TEST(test_a_list_is_separated_by_commas_and_blanks_fall_away),
        TEST(test_a_list_is_taken_whole_or_not_at_all),
        TEST(test_items_are_added_one_by_one_up_to_the_lists_end),
        TEST(test_the_longest_value_fits_as_json_text),
        TEST(test_a_real_number_is_read_to_the_last_bit_and_printed_shortest),
        TEST(test_a_real_number_out_of_bounds_or_out_of_form_is_refused),
        TEST(test_an_amount_is_read_exactly_and_never_through_a_double),
        TEST(test_the_nearest_key_is_found_by_edits_and_by_the_name_without_its_section),
        TEST(test_what_is_far_from_every_key_has_no_nearest),
        TEST(test_an_unknown_key_is_answered_with_the_nearest),
        TEST(test_the_lateness_is_at_most_the_width_of_a_bar),
        TEST(test_the_first_wait_is_at_most_the_longest),
        TEST(test_the_number_of_prints_is_a_power_of_two),
        TEST(test_the_url_names_a_websocket_and_its_host),
        TEST(test_symbols_stand_once_are_short_and_the_star_stands_alone),
        TEST(test_market_exceptions_are_dates_that_exist_once_each),
        TEST(test_the_digest_follows_what_decides_and_nothing_else),
        TEST(test_the_digest_follows_symbols_and_their_order),
        TEST(test_origins_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
