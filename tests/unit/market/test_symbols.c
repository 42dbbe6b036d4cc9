/* The symbol table: ids in order of addition, names found again, room that ends. */
#include "tickd/market/symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/death.h"
#include "tickd/base/error.h"

static struct arena arena;
static struct symbol_table table;

static void make_table(uint16_t capacity, bool adopts)
{
    arena_init_measuring(&arena);
    symbols_init(&table, &arena, capacity, adopts);
    assert_int_equal(arena_init(&arena, arena.used), 0);
    symbols_init(&table, &arena, capacity, adopts);
    arena_seal(&arena);
}

static int drop_table(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static int add(const char *name, uint16_t *id)
{
    return symbols_add(&table, name, strlen(name), id);
}

static uint16_t find(const char *name)
{
    return symbols_find(&table, name, strlen(name));
}

static void test_ids_are_dense_and_in_order_of_addition(void **state)
{
    const char *names[] = {"SPY", "BRK.B", "BINANCE:BTCUSDT", "OANDA:EUR_USD", "IC MARKETS:1"};
    uint16_t id = 99;

    (void)state;
    make_table(8, false);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_int_equal(add(names[i], &id), 0);
        assert_int_equal(id, i);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_int_equal(find(names[i]), i);
        assert_string_equal(symbols_name(&table, (uint16_t)i), names[i]);
    }
    assert_int_equal(table.count, ARRAY_LENGTH(names));
}

static void test_a_name_added_twice_keeps_its_id(void **state)
{
    uint16_t first = 0;
    uint16_t second = 0;

    (void)state;
    make_table(4, false);
    assert_int_equal(add("SPY", &first), 0);
    assert_int_equal(add("AIG", &second), 0);
    assert_int_equal(add("SPY", &second), 0);
    assert_int_equal(second, first);
    assert_int_equal(table.count, 2);
}

static void test_names_are_compared_byte_by_byte(void **state)
{
    uint16_t id;

    (void)state;
    make_table(4, false);
    assert_int_equal(add("SPY", &id), 0);
    assert_int_equal(find("spy"), SYMBOL_NONE);
    assert_int_equal(find("SP"), SYMBOL_NONE);
    assert_int_equal(find("SPYX"), SYMBOL_NONE);
    assert_int_equal(find(""), SYMBOL_NONE);
    assert_int_equal(symbols_find(&table, "SPYX", 3), id);
}

static void test_names_of_1_to_31_printable_bytes_are_taken(void **state)
{
    static const char *const bad[] = {
        "",
        "0123456789012345678901234567890x",
        " SPY",
        "SPY ",
        "S\tY",
        "S\x7fY",
        "S\x1bY",
        "\xc3",         /* cut off */
        "\xc0\xaf",     /* overlong */
        "\xed\xa0\x80", /* a surrogate */
        "A\xc2\x85",    /* C1 control */
    };
    uint16_t id = 77;

    (void)state;
    make_table(4, true);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_int_equal(add(bad[i], &id), ERROR_SYNTAX);
        assert_int_equal(symbols_resolve(&table, bad[i], strlen(bad[i])), SYMBOL_NONE);
    }
    assert_int_equal(symbols_add(&table, "A\0B", 3, &id), ERROR_SYNTAX);
    assert_int_equal(id, 77);
    assert_int_equal(add("0123456789012345678901234567890", &id), 0);
    assert_int_equal(add("A", &id), 0);
    assert_int_equal(add("Z\xc3\xbcrich", &id), 0);
    assert_string_equal(symbols_name(&table, id), "Z\xc3\xbcrich");
}

static void test_a_full_table_refuses_but_still_finds(void **state)
{
    uint16_t id = 77;

    (void)state;
    make_table(2, true);
    assert_int_equal(add("A", &id), 0);
    assert_int_equal(add("B", &id), 0);
    assert_int_equal(add("C", &id), ERROR_FULL);
    assert_int_equal(symbols_resolve(&table, "C", 1), SYMBOL_NONE);
    assert_int_equal(add("A", &id), 0);
    assert_int_equal(id, 0);
    assert_int_equal(symbols_resolve(&table, "B", 1), 1);
}

static void test_only_an_adopting_table_adds_what_it_does_not_know(void **state)
{
    (void)state;
    make_table(2, false);
    assert_int_equal(symbols_resolve(&table, "SPY", 3), SYMBOL_NONE);
    assert_int_equal(table.count, 0);
    arena_fini(&arena);
    make_table(2, true);
    assert_int_equal(symbols_resolve(&table, "SPY", 3), 0);
    assert_int_equal(symbols_resolve(&table, "SPY", 3), 0);
    assert_int_equal(table.count, 1);
}

static void test_the_largest_table_holds_and_finds_all_its_names(void **state)
{
    char name[SYMBOL_NAME_MAX];

    (void)state;
    make_table(SYMBOLS_MAX, false);
    for (unsigned i = 0; i < SYMBOLS_MAX; i++) {
        uint16_t id = SYMBOL_NONE;
        int length = snprintf(name, sizeof name, "BINANCE:%uUSDT", i * 7919);

        assert_int_equal(symbols_add(&table, name, (size_t)length, &id), 0);
        assert_int_equal(id, i);
    }
    for (unsigned i = 0; i < SYMBOLS_MAX; i++) {
        int length = snprintf(name, sizeof name, "BINANCE:%uUSDT", i * 7919);

        assert_int_equal(symbols_find(&table, name, (size_t)length), i);
        assert_string_equal(symbols_name(&table, (uint16_t)i), name);
    }
    assert_int_equal(find("BINANCE:1USDT"), SYMBOL_NONE);
}

static void name_a_stranger(void)
{
    symbols_name(&table, 1);
}

static void test_no_symbol_has_an_empty_name_and_a_stranger_is_a_bug(void **state)
{
    uint16_t id;

    (void)state;
    make_table(2, false);
    assert_int_equal(add("SPY", &id), 0);
    assert_string_equal(symbols_name(&table, SYMBOL_NONE), "");
    assert_true(dies_saying(name_a_stranger, "id < table->count"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_ids_are_dense_and_in_order_of_addition, drop_table),
        cmocka_unit_test_teardown(test_a_name_added_twice_keeps_its_id, drop_table),
        cmocka_unit_test_teardown(test_names_are_compared_byte_by_byte, drop_table),
        cmocka_unit_test_teardown(test_names_of_1_to_31_printable_bytes_are_taken, drop_table),
        cmocka_unit_test_teardown(test_a_full_table_refuses_but_still_finds, drop_table),
        cmocka_unit_test_teardown(test_only_an_adopting_table_adds_what_it_does_not_know,
                                  drop_table),
        cmocka_unit_test_teardown(test_the_largest_table_holds_and_finds_all_its_names, drop_table),
        cmocka_unit_test_teardown(test_no_symbol_has_an_empty_name_and_a_stranger_is_a_bug,
                                  drop_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
