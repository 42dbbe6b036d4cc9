/* Dates and times, against published days, a walk of single days, and gmtime_r(). */
#include "tickd/base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tickd/base/error.h"
#include "tickd/base/rng.h"

static int64_t days_of(int32_t year, int32_t month, int32_t day)
{
    return calendar_days_from_civil((struct civil_date){year, month, day});
}

/* Julian day numbers less 2,440,588, that of 1970-01-01 (Explanatory Supplement to the Astronomical
 * Almanac): 2000-01-01 is 2,451,545, the Gregorian reform's 1582-10-15 is 2,299,161, and the
 * proleptic -4713-11-24 is day 0. */
static void test_known_days_have_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(days_of(1970, 1, 1), 0);
    assert_int_equal(days_of(2000, 1, 1), 2451545 - 2440588);
    assert_int_equal(days_of(1582, 10, 15), 2299161 - 2440588);
    assert_int_equal(days_of(-4713, 11, 24), -2440588);
    assert_int_equal(days_of(1969, 12, 31), -1);
    assert_int_equal(days_of(2000, 3, 1) - days_of(2000, 2, 28), 2);
    assert_int_equal(days_of(1900, 3, 1) - days_of(1900, 2, 28), 1);
}

static int32_t length_of_month(int32_t year, int32_t month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* From 1599 to 2401 day by day, and the first and last days of all years that dates allow. */
static void test_a_walk_of_single_days_and_the_formulas_agree(void **state)
{
    int64_t days = days_of(1599, 1, 1);

    (void)state;
    for (int32_t year = 1599; year <= 2401; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            for (int32_t day = 1; day <= length_of_month(year, month); day++, days++) {
                struct civil_date date = calendar_civil_from_days(days);

                assert_int_equal(days_of(year, month, day), days);
                assert_true(date.year == year && date.month == month && date.day == day);
            }
        }
    }
}

static void test_every_year_that_a_date_can_have_begins_where_the_last_one_ends(void **state)
{
    (void)state;
    for (int32_t year = -9999; year < 9999; year++) {
        int64_t next = days_of(year + 1, 1, 1);
        struct civil_date last = calendar_civil_from_days(next - 1);

        assert_int_equal(next - days_of(year, 1, 1),
                         length_of_month(year < 0 ? year + 12000 : year, 2) == 29 ? 366 : 365);
        assert_true(last.year == year && last.month == 12 && last.day == 31);
    }
}

static void test_weekdays_go_on_before_1970(void **state)
{
    (void)state;
    assert_int_equal(calendar_weekday(0), 4);                     /* Thursday */
    assert_int_equal(calendar_weekday(days_of(2026, 11, 23)), 1); /* Monday */
    assert_int_equal(calendar_weekday(days_of(1582, 10, 15)), 5); /* Friday */
    assert_int_equal(calendar_weekday(days_of(1969, 12, 28)), 0); /* Sunday */
    assert_int_equal(calendar_weekday(INT64_MAX - INT64_MAX % 7), 4);
}

/* Daylight saving in the United States of America: second Sunday of March, first of November. */
static void test_daylight_saving_begins_and_ends_on_its_sundays(void **state)
{
    (void)state;
    assert_int_equal(calendar_nth_weekday(2025, 3, 0, 2), days_of(2025, 3, 9));
    assert_int_equal(calendar_nth_weekday(2025, 11, 0, 1), days_of(2025, 11, 2));
    assert_int_equal(calendar_nth_weekday(2026, 3, 0, 2), days_of(2026, 3, 8));
    assert_int_equal(calendar_nth_weekday(2026, 11, 0, 1), days_of(2026, 11, 1));
    assert_int_equal(calendar_nth_weekday(2026, 11, 4, 4), days_of(2026, 11, 26));
    assert_int_equal(calendar_nth_weekday(2026, 3, 2, 5), days_of(2026, 3, 31));
}

static void test_a_fifth_weekday_that_a_month_lacks_falls_into_the_next(void **state)
{
    (void)state;
    assert_int_equal(calendar_nth_weekday(2026, 2, 0, 5), days_of(2026, 3, 1));
}

static void test_times_are_printed_with_the_places_asked_for(void **state)
{
    char text[CALENDAR_TEXT_MAX];
    int64_t time_us = days_of(2026, 11, 23) * S_PER_DAY * US_PER_S +
                      (INT64_C(16) * 3600 + 31 * 60 + 33) * US_PER_S + 123456;

    (void)state;
    assert_int_equal(calendar_print_us(time_us, 6, text), 27);
    assert_string_equal(text, "2026-11-23T16:31:33.123456Z");
    assert_int_equal(calendar_print_us(time_us, 3, text), 24);
    assert_string_equal(text, "2026-11-23T16:31:33.123Z");
    assert_int_equal(calendar_print_us(time_us, 0, text), 20);
    assert_string_equal(text, "2026-11-23T16:31:33Z");
    calendar_print_us(0, 6, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
    calendar_print_us(-1, 6, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    calendar_print_us(-1, 0, text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
}

/* GNU date: date -u -d @9223372036854 and @-9223372036855. */
static void test_the_first_and_the_last_microsecond_fit(void **state)
{
    char text[CALENDAR_TEXT_MAX];

    (void)state;
    assert_int_equal(calendar_print_us(INT64_MAX, 6, text), 29);
    assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
    assert_int_equal(calendar_print_us(INT64_MIN, 6, text), 30);
    assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
}

static void test_printed_times_are_those_of_the_c_library(void **state)
{
    char expected[CALENDAR_TEXT_MAX + 32];
    char text[CALENDAR_TEXT_MAX];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 21);
    for (int i = 0; i < 20000; i++) {
        /* 0000-01-01 is 62,167,219,200 s before 1970, 10000-01-01 253,402,300,800 s after. */
        int64_t us =
            (int64_t)rng_below(&rng, UINT64_C(315569520000000000)) - INT64_C(62167219200000000);
        time_t seconds = (time_t)floor_divide(us, US_PER_S);
        struct tm tm;

        assert_non_null(gmtime_r(&seconds, &tm));
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%06" PRId64 "Z",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                 floor_modulo(us, US_PER_S));
        calendar_print_us(us, 6, text);
        assert_string_equal(text, expected);
        assert_int_equal(calendar_weekday(floor_divide(us, INT64_C(86400000000))), tm.tm_wday);
    }
}

static int parse_date(const char *text)
{
    struct civil_date date;

    return calendar_parse_date(text, strlen(text), &date);
}

static void test_a_date_is_read(void **state)
{
    struct civil_date date = {0, 0, 0};

    (void)state;
    assert_int_equal(calendar_parse_date("2026-11-23 and more", 10, &date), 0);
    assert_true(date.year == 2026 && date.month == 11 && date.day == 23);
    assert_int_equal(parse_date("2024-02-29"), 0);
    assert_int_equal(parse_date("2000-02-29"), 0);
    assert_int_equal(parse_date("0000-01-01"), 0);
}

static void test_a_date_that_does_not_exist_is_out_of_range(void **state)
{
    static const char *const texts[] = {"2023-02-29", "1900-02-29", "2026-00-10", "2026-13-01",
                                        "2026-04-31", "2026-01-00", "2026-01-32"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_int_equal(parse_date(texts[i]), ERROR_RANGE);
}

static void test_what_is_no_date_is_a_syntax_error(void **state)
{
    static const char *const texts[] = {"",           "2026-11-2",  "2026-11-233", "2026/11/23",
                                        "26-11-0023", "2026-1a-23", "+026-11-23",  " 026-11-23",
                                        "-026-11-23", "2026-11 23"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_int_equal(parse_date(texts[i]), ERROR_SYNTAX);
}

static void test_minutes_are_read_up_to_midnight(void **state)
{
    static const struct {
        const char *text;
        int error;
        int32_t minutes;
    } cases[] = {
        {"00:00", 0, 0},
        {"09:30", 0, 570},
        {"23:59", 0, 1439},
        {"24:00", 0, 1440},
        {"24:01", ERROR_RANGE, 0},
        {"09:60", ERROR_RANGE, 0},
        {"99:00", ERROR_RANGE, 0},
        {"9:30", ERROR_SYNTAX, 0},
        {"09:300", ERROR_SYNTAX, 0},
        {"09.30", ERROR_SYNTAX, 0},
        {"-9:30", ERROR_SYNTAX, 0},
        {"", ERROR_SYNTAX, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int32_t minutes = 0;

        assert_int_equal(calendar_parse_minutes(cases[i].text, strlen(cases[i].text), &minutes),
                         cases[i].error);
        assert_int_equal(minutes, cases[i].minutes);
    }
}

static void test_a_moment_is_read_in_all_its_forms(void **state)
{
    static const struct {
        const char *text;
        int error;
        int64_t time_us;
    } cases[] = {
        {"2026-11-23T16:31:33.123456Z", 0, INT64_C(1795451493123456)},
        {"2026-11-23T16:31:33.123Z", 0, INT64_C(1795451493123000)},
        {"2026-11-23 16:31:33.5", 0, INT64_C(1795451493500000)},
        {"2026-11-23T16:31:33Z", 0, INT64_C(1795451493000000)},
        {"2026-11-23T16:31", 0, INT64_C(1795451460000000)},
        {"2026-11-23", 0, INT64_C(1795392000000000)},
        {"1969-12-31T23:59:59.999999Z", 0, -1},
        {"2026-11-23T24:00Z", 0, INT64_C(1795478400000000)},
        {"", ERROR_SYNTAX, 0},
        {"Z", ERROR_SYNTAX, 0},
        {"2026-11-2", ERROR_SYNTAX, 0},
        {"2026-11-23T", ERROR_SYNTAX, 0},
        {"2026-11-23T16", ERROR_SYNTAX, 0},
        {"2026-11-23X16:31", ERROR_SYNTAX, 0},
        {"2026-11-23T16:31:3", ERROR_SYNTAX, 0},
        {"2026-11-23T16:31:33.", ERROR_SYNTAX, 0},
        {"2026-11-23T16:31:33.1234567", ERROR_SYNTAX, 0},
        {"2026-11-23T16:31:33,1", ERROR_SYNTAX, 0},
        {"2026-11-23T16:31:33+01", ERROR_SYNTAX, 0},
        {"2026-02-29", ERROR_RANGE, 0},
        {"2026-11-23T16:60", ERROR_RANGE, 0},
        {"2026-11-23T16:31:60", ERROR_RANGE, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t time_us = 0;

        assert_int_equal(calendar_parse_us(cases[i].text, strlen(cases[i].text), &time_us),
                         cases[i].error);
        assert_int_equal(time_us, cases[i].time_us);
    }
}

static void test_division_rounds_down_and_leaves_no_negative_remainder(void **state)
{
    (void)state;
    assert_int_equal(floor_divide(7, 3), 2);
    assert_int_equal(floor_divide(-7, 3), -3);
    assert_int_equal(floor_divide(-6, 3), -2);
    assert_int_equal(floor_modulo(-7, 3), 2);
    assert_int_equal(floor_modulo(-6, 3), 0);
    assert_int_equal(floor_divide(INT64_MIN, 1), INT64_MIN);
    assert_int_equal(floor_modulo(INT64_MIN, INT64_MAX), INT64_MAX - 1);
    assert_int_equal(floor_divide(INT64_MIN, INT64_MAX), -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_days_have_their_numbers),
        cmocka_unit_test(test_a_walk_of_single_days_and_the_formulas_agree),
        cmocka_unit_test(test_every_year_that_a_date_can_have_begins_where_the_last_one_ends),
        cmocka_unit_test(test_weekdays_go_on_before_1970),
        cmocka_unit_test(test_daylight_saving_begins_and_ends_on_its_sundays),
        cmocka_unit_test(test_a_fifth_weekday_that_a_month_lacks_falls_into_the_next),
        cmocka_unit_test(test_times_are_printed_with_the_places_asked_for),
        cmocka_unit_test(test_the_first_and_the_last_microsecond_fit),
        cmocka_unit_test(test_printed_times_are_those_of_the_c_library),
        cmocka_unit_test(test_a_date_is_read),
        cmocka_unit_test(test_a_date_that_does_not_exist_is_out_of_range),
        cmocka_unit_test(test_what_is_no_date_is_a_syntax_error),
        cmocka_unit_test(test_minutes_are_read_up_to_midnight),
        cmocka_unit_test(test_a_moment_is_read_in_all_its_forms),
        cmocka_unit_test(test_division_rounds_down_and_leaves_no_negative_remainder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
