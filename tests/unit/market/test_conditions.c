/* Trade conditions against Finnhub's table, written down here once more in its own notation. */
#include "tickd/market/conditions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/market/trade.h"

/* Finnhub's documentation of its trade conditions: whether a trade with the code may move the last
 * price, high and low, and volume, Y or n. Code 24 is what it may outside an extended session. */
static const struct {
    unsigned code;
    const char *name;
    const char *last_high_low_volume;
} documented[] = {
    {1, "regular", "YYY"},
    {2, "acquisition", "YYY"},
    {3, "average price", "nnY"},
    {4, "bunched", "YYY"},
    {5, "cash sale", "nnY"},
    {6, "distribution", "YYY"},
    {7, "automatic execution", "YYY"},
    {8, "intermarket sweep", "YYY"},
    {9, "bunched sold", "nYY"},
    {10, "price variation", "nnY"},
    {11, "cap election", "nnY"},
    {12, "odd lot", "nnY"},
    {13, "rule 127", "YYY"},
    {14, "rule 155", "YYY"},
    {15, "sold last", "YYY"},
    {16, "market centre official close", "nnn"},
    {17, "next day", "nnY"},
    {18, "market centre opening", "nYY"},
    {19, "opening prints", "YYY"},
    {20, "market centre official open", "nYn"},
    {21, "prior reference price", "nYY"},
    {22, "seller", "nnY"},
    {23, "split trade", "YYY"},
    {24, "Form T (extended hours)", "nnY"},
    {25, "extended hours, out of sequence", "nnY"},
    {26, "contingent", "nnY"},
    {27, "stock option trade", "nnY"},
    {28, "cross", "YYY"},
    {29, "yellow flag", "YYY"},
    {30, "sold, out of sequence", "nYY"},
    {31, "stopped stock", "YYY"},
    {32, "derivatively priced", "nYY"},
    {33, "market centre re-opening", "YYY"},
    {34, "re-opening prints", "YYY"},
    {35, "market centre closing", "YYY"},
    {36, "closing prints", "YYY"},
    {37, "qualified contingent", "nnY"},
    {38, "611 exempt placeholder", "YYY"},
    {39, "corrected consolidated close", "nYn"},
    {40, "opened", "YYY"},
    {41, "trade-through exempt", "YYY"},
};

static uint64_t set_of(unsigned code)
{
    return UINT64_C(1) << code;
}

static unsigned moves_of_text(const char *text)
{
    return (text[0] == 'Y' ? MOVES_LAST : 0u) | (text[1] == 'Y' ? MOVES_HIGH_LOW : 0u) |
           (text[2] == 'Y' ? MOVES_VOLUME : 0u);
}

/* As the regular session sees it, with odd lots as the table has them. */
static unsigned moves(uint64_t conditions)
{
    return conditions_move(conditions, false, false);
}

static uint64_t add(uint64_t conditions, const char *text)
{
    return conditions_add_text(conditions, text, strlen(text));
}

static void test_every_row_moves_what_finnhub_documents(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_LENGTH(documented), CONDITION_CODE_MAX);
    for (size_t i = 0; i < ARRAY_LENGTH(documented); i++) {
        unsigned code = documented[i].code;
        unsigned expected = moves_of_text(documented[i].last_high_low_volume);
        const struct condition *condition = condition_by_code(code);

        assert_non_null(condition);
        assert_int_equal(condition->code, code);
        assert_string_equal(condition->name, documented[i].name);
        assert_int_equal(condition->moves, expected);
        assert_int_equal(moves(set_of(code)), expected);
    }
}

static void test_no_condition_moves_all_three(void **state)
{
    (void)state;
    assert_int_equal(moves(0), MOVES_ALL);
}

static void test_codes_combine_by_and_in_every_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(documented); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(documented); j++) {
            unsigned expected = moves_of_text(documented[i].last_high_low_volume) &
                                moves_of_text(documented[j].last_high_low_volume);

            assert_int_equal(moves(set_of(documented[i].code) | set_of(documented[j].code)),
                             expected);
        }
    }
    /* 18 n Y Y, 20 n Y n, 12 n n Y: nothing is left. */
    assert_int_equal(moves(set_of(18) | set_of(20)), MOVES_HIGH_LOW);
    assert_int_equal(moves(set_of(18) | set_of(20) | set_of(12)), 0);
}

static void test_form_t_moves_all_in_an_extended_session_only(void **state)
{
    (void)state;
    assert_int_equal(conditions_move(set_of(24), true, false), MOVES_ALL);
    assert_int_equal(conditions_move(set_of(24), false, false), MOVES_VOLUME);
    assert_int_equal(conditions_move(set_of(24), false, true), MOVES_VOLUME);
    /* Another code beside it goes on restricting. */
    assert_int_equal(conditions_move(set_of(24) | set_of(9), true, false),
                     MOVES_HIGH_LOW | MOVES_VOLUME);
    /* 25 is no Form T: it is out of sequence whenever it comes. */
    assert_int_equal(conditions_move(set_of(25), true, true), MOVES_VOLUME);
}

static void test_odd_lots_move_the_price_when_it_is_so_configured(void **state)
{
    uint64_t seen = set_of(1) | set_of(24) | set_of(12); /* ["1","24","12"] */

    (void)state;
    assert_int_equal(conditions_move(set_of(12), false, true), MOVES_ALL);
    assert_int_equal(conditions_move(set_of(12), false, false), MOVES_VOLUME);
    assert_int_equal(conditions_move(set_of(12) | set_of(37), false, true), MOVES_VOLUME);
    assert_int_equal(conditions_move(seen, true, true), MOVES_ALL);
    assert_int_equal(conditions_move(seen, true, false), MOVES_VOLUME);
    assert_int_equal(conditions_move(seen, false, true), MOVES_VOLUME);
}

static void test_a_suspicious_print_moves_nothing(void **state)
{
    (void)state;
    assert_int_equal(conditions_move(set_of(CONDITION_SUSPICIOUS), true, true), 0);
    assert_int_equal(conditions_move(set_of(CONDITION_SUSPICIOUS) | set_of(1), true, true), 0);
}

static void test_unknown_codes_restrict_nothing(void **state)
{
    (void)state;
    assert_int_equal(moves(set_of(CONDITION_UNKNOWN)), MOVES_ALL);
    assert_int_equal(moves(set_of(CONDITION_UNKNOWN) | set_of(9)), MOVES_HIGH_LOW | MOVES_VOLUME);
    assert_int_equal(moves(set_of(42) | set_of(62)), MOVES_ALL);
}

static void test_there_is_no_row_without_a_code(void **state)
{
    (void)state;
    assert_null(condition_by_code(0));
    assert_null(condition_by_code(42));
    assert_null(condition_by_code(0xffffffff));
}

static void test_a_code_is_read_as_finnhub_writes_it(void **state)
{
    static const char *const unknown[] = {"",   "0",  "42", "99",  "100", "012", "1 ",
                                          " 1", "+1", "-1", "1.0", "x",   "1x",  "\xb2"};
    char text[4];

    (void)state;
    for (unsigned code = 1; code <= CONDITION_CODE_MAX; code++) {
        size_t length = 0;

        if (code >= 10)
            text[length++] = (char)('0' + code / 10);
        text[length++] = (char)('0' + code % 10);
        assert_true(conditions_add_text(0, text, length) == set_of(code));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++)
        assert_true(add(0, unknown[i]) == set_of(CONDITION_UNKNOWN));
    assert_true(add(add(add(0, "1"), "24"), "12") == (set_of(1) | set_of(24) | set_of(12)));
    assert_true(add(add(0, "8"), "77") == (set_of(8) | set_of(CONDITION_UNKNOWN)));
}

/* Lean's flags by bit (Lean, TradeConditionFlags.cs) and Finnhub's code of the same name. */
static const struct {
    unsigned bit;
    unsigned code;
} lean[] = {
    {0, 1},   /* regular */
    {1, 5},   /* cash = cash sale */
    {2, 17},  /* next day */
    {3, 22},  /* seller */
    {4, 29},  /* yellow flag */
    {5, 8},   /* intermarket sweep */
    {6, 19},  /* opening print */
    {7, 36},  /* closing print */
    {8, 34},  /* re-opening print */
    {9, 32},  /* derivatively priced */
    {10, 24}, /* form T */
    {11, 15}, /* sold: in sequence but late, "sold last" */
    {12, 31}, /* stopped = stopped stock */
    {13, 24}, /* extended hours: Form T (extended hours) */
    {14, 30}, /* out of sequence: sold, out of sequence */
    {15, 23}, /* split = split trade */
    {16, 2},  /* acquisition */
    {17, 4},  /* bunched */
    {18, 27}, /* stock option = stock option trade */
    {19, 6},  /* distribution */
    {20, 3},  /* average price */
    {21, 28}, /* cross */
    {22, 10}, /* price variation */
    {23, 14}, /* rule 155 */
    {24, 16}, /* official close = market centre official close */
    {25, 21}, /* prior reference price */
    {26, 20}, /* official open = market centre official open */
    {27, 11}, /* cap election */
    {28, 7},  /* auto execution = automatic execution */
    {29, 41}, /* trade-through exempt */
    {30, CONDITION_UNKNOWN},
    {31, 12}, /* odd lot */
};

static void test_each_lean_flag_becomes_finnhubs_code_of_its_name(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_LENGTH(lean), 32);
    for (size_t i = 0; i < ARRAY_LENGTH(lean); i++)
        assert_true(conditions_from_lean(UINT32_C(1) << lean[i].bit) == set_of(lean[i].code));
    assert_true(conditions_from_lean(0) == 0);
    /* 20002020: sweep, trade-through exempt, extended hours; as most prints before the open are. */
    assert_true(conditions_from_lean(0x20002020) == (set_of(8) | set_of(41) | set_of(24)));
}

static void test_lean_flags_that_name_one_code_together_become_that_code(void **state)
{
    (void)state;
    /* sold + out of sequence; extended hours + out of sequence */
    assert_true(conditions_from_lean(0x4800) == set_of(30));
    assert_true(conditions_from_lean(0x6000) == set_of(25));
    assert_true(conditions_from_lean(0x106000) == (set_of(25) | set_of(3)));
    assert_true(conditions_from_lean(0x6800) == (set_of(25) | set_of(15)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_moves_what_finnhub_documents),
        cmocka_unit_test(test_no_condition_moves_all_three),
        cmocka_unit_test(test_codes_combine_by_and_in_every_pair),
        cmocka_unit_test(test_form_t_moves_all_in_an_extended_session_only),
        cmocka_unit_test(test_odd_lots_move_the_price_when_it_is_so_configured),
        cmocka_unit_test(test_a_suspicious_print_moves_nothing),
        cmocka_unit_test(test_unknown_codes_restrict_nothing),
        cmocka_unit_test(test_there_is_no_row_without_a_code),
        cmocka_unit_test(test_a_code_is_read_as_finnhub_writes_it),
        cmocka_unit_test(test_each_lean_flag_becomes_finnhubs_code_of_its_name),
        cmocka_unit_test(test_lean_flags_that_name_one_code_together_become_that_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
