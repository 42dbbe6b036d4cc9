/* Market sessions: New York's clock, usual days, holidays, early closes, other venues. Times are
 * written as New York's clock with its offset, the way a calendar on the wall says them. */
#include "tickd/market/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/base/text.h"

enum { EST = -5, EDT = -4, UTC = 0 };

static struct market_calendar calendar;

static int set_up(void **state)
{
    (void)state;
    calendar_init(&calendar);
    return 0;
}

static int64_t day_of(const char *date)
{
    struct civil_date civil;

    assert_int_equal(calendar_parse_date(date, strlen(date), &civil), 0);
    return calendar_days_from_civil(civil);
}

/* "2026-11-23", "09:30" at an offset in hours, as UTC in µs. */
static int64_t at(const char *date, const char *clock, int offset_h)
{
    int32_t minutes;

    assert_int_equal(calendar_parse_minutes(clock, strlen(clock), &minutes), 0);
    return ((day_of(date) * 24 - offset_h) * 60 + minutes) * 60 * US_PER_S;
}

static int add(const char *text)
{
    return calendar_add_day(&calendar, text, strlen(text));
}

static void expect(enum venue venue, const char *date, const char *clock, int offset_h,
                   enum session expected)
{
    int64_t time_us = at(date, clock, offset_h);
    enum session found = session_at(&calendar, venue, time_us);

    if (found != expected)
        print_error("%s %s: %s, not %s\n", date, clock, session_name(found),
                    session_name(expected));
    assert_int_equal(found, expected);
}

/* From the IANA time zone database (2025b), America/New_York: the seconds at which daylight time
 * begins and ends, found by trying every hour of the year. */
static const struct {
    int year;
    int64_t begin_s;
    int64_t end_s;
} changes[] = {
    {2007, 1173596400, 1194156000}, {2008, 1205046000, 1225605600}, {2009, 1236495600, 1257055200},
    {2010, 1268550000, 1289109600}, {2011, 1299999600, 1320559200}, {2012, 1331449200, 1352008800},
    {2013, 1362898800, 1383458400}, {2014, 1394348400, 1414908000}, {2015, 1425798000, 1446357600},
    {2016, 1457852400, 1478412000}, {2017, 1489302000, 1509861600}, {2018, 1520751600, 1541311200},
    {2019, 1552201200, 1572760800}, {2020, 1583650800, 1604210400}, {2021, 1615705200, 1636264800},
    {2022, 1647154800, 1667714400}, {2023, 1678604400, 1699164000}, {2024, 1710054000, 1730613600},
    {2025, 1741503600, 1762063200}, {2026, 1772953200, 1793512800}, {2027, 1805007600, 1825567200},
    {2028, 1836457200, 1857016800}, {2029, 1867906800, 1888466400}, {2030, 1899356400, 1919916000},
    {2031, 1930806000, 1951365600}, {2032, 1962860400, 1983420000}, {2033, 1994310000, 2014869600},
    {2034, 2025759600, 2046319200}, {2035, 2057209200, 2077768800}, {2036, 2088658800, 2109218400},
    {2037, 2120108400, 2140668000},
};

static void test_new_yorks_clock_changes_when_the_time_zone_database_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
        int64_t begin_us = changes[i].begin_s * US_PER_S;
        int64_t end_us = changes[i].end_s * US_PER_S;

        assert_int_equal(new_york_offset_s(begin_us - 1), -18000);
        assert_int_equal(new_york_offset_s(begin_us), -14400);
        assert_int_equal(new_york_offset_s(end_us - 1), -14400);
        assert_int_equal(new_york_offset_s(end_us), -18000);
    }
}

static void test_a_usual_day_has_three_sessions_with_half_open_hours(void **state)
{
    (void)state;
    /* A Monday in winter and a Tuesday in summer. */
    for (int summer = 0; summer < 2; summer++) {
        const char *date = summer ? "2026-07-07" : "2026-11-23";
        int offset_h = summer ? EDT : EST;

        expect(VENUE_US_STOCKS, date, "00:00", offset_h, SESSION_CLOSED);
        expect(VENUE_US_STOCKS, date, "03:59", offset_h, SESSION_CLOSED);
        expect(VENUE_US_STOCKS, date, "04:00", offset_h, SESSION_PRE_MARKET);
        expect(VENUE_US_STOCKS, date, "09:29", offset_h, SESSION_PRE_MARKET);
        expect(VENUE_US_STOCKS, date, "09:30", offset_h, SESSION_REGULAR);
        expect(VENUE_US_STOCKS, date, "15:59", offset_h, SESSION_REGULAR);
        expect(VENUE_US_STOCKS, date, "16:00", offset_h, SESSION_POST_MARKET);
        expect(VENUE_US_STOCKS, date, "19:59", offset_h, SESSION_POST_MARKET);
        expect(VENUE_US_STOCKS, date, "20:00", offset_h, SESSION_CLOSED);
    }
}

static void test_the_last_microsecond_belongs_to_the_session_that_ends(void **state)
{
    int64_t close_us = at("2026-11-23", "16:00", EST);

    (void)state;
    assert_int_equal(session_at(&calendar, VENUE_US_STOCKS, close_us - 1), SESSION_REGULAR);
    assert_int_equal(session_at(&calendar, VENUE_US_STOCKS, close_us), SESSION_POST_MARKET);
}

static void test_the_open_is_at_half_past_nine_on_both_sides_of_a_clock_change(void **state)
{
    (void)state;
    /* Clocks go forward on Sunday 2026-03-08 and back on Sunday 2026-11-01. */
    expect(VENUE_US_STOCKS, "2026-03-06", "14:29", UTC, SESSION_PRE_MARKET);
    expect(VENUE_US_STOCKS, "2026-03-06", "14:30", UTC, SESSION_REGULAR);
    expect(VENUE_US_STOCKS, "2026-03-09", "13:29", UTC, SESSION_PRE_MARKET);
    expect(VENUE_US_STOCKS, "2026-03-09", "13:30", UTC, SESSION_REGULAR);
    expect(VENUE_US_STOCKS, "2026-10-30", "13:30", UTC, SESSION_REGULAR);
    expect(VENUE_US_STOCKS, "2026-11-02", "13:30", UTC, SESSION_PRE_MARKET);
    expect(VENUE_US_STOCKS, "2026-11-02", "14:30", UTC, SESSION_REGULAR);
}

static void test_stocks_rest_at_the_weekend(void **state)
{
    (void)state;
    expect(VENUE_US_STOCKS, "2026-11-20", "19:59", EST, SESSION_POST_MARKET);
    expect(VENUE_US_STOCKS, "2026-11-21", "10:00", EST, SESSION_CLOSED);
    expect(VENUE_US_STOCKS, "2026-11-22", "10:00", EST, SESSION_CLOSED);
    expect(VENUE_US_STOCKS, "2026-11-23", "10:00", EST, SESSION_REGULAR);
}

static void test_a_holiday_is_closed_from_midnight_to_midnight_in_new_york(void **state)
{
    (void)state;
    assert_int_equal(add("2026-12-25"), 0);
    expect(VENUE_US_STOCKS, "2026-12-24", "19:59", EST, SESSION_POST_MARKET);
    expect(VENUE_US_STOCKS, "2026-12-25", "04:00", EST, SESSION_CLOSED);
    expect(VENUE_US_STOCKS, "2026-12-25", "12:00", EST, SESSION_CLOSED);
    expect(VENUE_US_STOCKS, "2026-12-25", "17:00", EST, SESSION_CLOSED);
    expect(VENUE_US_STOCKS, "2026-12-28", "12:00", EST, SESSION_REGULAR);
}

static void test_an_early_close_ends_the_regular_session_and_the_evening_four_hours_later(
    void **state)
{
    (void)state;
    assert_int_equal(add("2026-11-27 13:00"), 0);
    expect(VENUE_US_STOCKS, "2026-11-27", "04:00", EST, SESSION_PRE_MARKET);
    expect(VENUE_US_STOCKS, "2026-11-27", "09:30", EST, SESSION_REGULAR);
    expect(VENUE_US_STOCKS, "2026-11-27", "12:59", EST, SESSION_REGULAR);
    expect(VENUE_US_STOCKS, "2026-11-27", "13:00", EST, SESSION_POST_MARKET);
    expect(VENUE_US_STOCKS, "2026-11-27", "16:59", EST, SESSION_POST_MARKET);
    expect(VENUE_US_STOCKS, "2026-11-27", "17:00", EST, SESSION_CLOSED);
}

static void test_days_may_be_added_in_any_order(void **state)
{
    static const char *const holidays[] = {"2026-12-25", "2026-01-01", "2026-07-03",
                                           "2026-11-26", "2026-05-25", "2026-01-19"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(holidays); i++)
        assert_int_equal(add(holidays[i]), 0);
    assert_int_equal(calendar.count, ARRAY_LENGTH(holidays));
    for (size_t i = 1; i < calendar.count; i++)
        assert_true(calendar.days[i - 1].day < calendar.days[i].day);
    for (size_t i = 0; i < ARRAY_LENGTH(holidays); i++)
        expect(VENUE_US_STOCKS, holidays[i], "12:00", EST, SESSION_CLOSED);
}

static void test_a_day_that_is_not_well_formed_is_refused(void **state)
{
    static const char *const syntax[] = {"",
                                         "2026",
                                         "2026-12-2",
                                         "2026-12-255",
                                         "2026/12/25",
                                         "2026-12-25 ",
                                         "2026-12-25T13:00",
                                         "2026-12-25 1:00",
                                         "2026-12-25 13.00",
                                         "2026-12-25 13:00 "};
    static const char *const range[] = {"2026-02-29",       "2026-13-01",       "2026-11-27 25:00",
                                        "2026-11-27 12:60", "2026-11-27 09:30", "2026-11-27 08:00",
                                        "2026-11-27 16:00", "2026-11-27 00:00"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(syntax); i++)
        assert_int_equal(add(syntax[i]), ERROR_SYNTAX);
    for (size_t i = 0; i < ARRAY_LENGTH(range); i++)
        assert_int_equal(add(range[i]), ERROR_RANGE);
    assert_int_equal(calendar.count, 0);
}

static void test_a_day_comes_once_and_the_table_has_an_end(void **state)
{
    struct text date;
    char memory[24];

    (void)state;
    assert_int_equal(add("2026-01-05 13:00"), 0);
    assert_int_equal(add("2026-01-05"), ERROR_EXISTS);
    for (int i = 0; calendar.count < SESSION_DAYS_MAX; i++) {
        text_init(&date, memory, sizeof memory);
        text_format(&date, "20%02d-02-%02d", 27 + i / 28, 1 + i % 28);
        assert_int_equal(add(memory), 0);
    }
    assert_int_equal(add("2026-03-03"), ERROR_FULL);
    assert_int_equal(add("2026-01-05"), ERROR_EXISTS);
}

static void test_the_venue_is_told_by_the_prefix(void **state)
{
    static const char *const forex[] = {
        "OANDA:EUR_USD", "FXCM:EUR/USD",       "FOREX.COM:EUR/USD", "FXPIG:1",  "IC MARKETS:1",
        "ICMARKETS:1",   "PEPPERSTONE:EURUSD", "SAXO:211",          "FX:EURUSD"};
    static const char *const crypto[] = {"BINANCE:BTCUSDT", "COINBASE:BTC-USD", "KRAKEN:XXBTZUSD",
                                         "FXX:A",           "OAND:A",           ":A"};
    static const char *const stocks[] = {"SPY", "BRK.B", "FX", "OANDA"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(forex); i++)
        assert_int_equal(venue_of_symbol(forex[i]), VENUE_FOREX);
    for (size_t i = 0; i < ARRAY_LENGTH(crypto); i++)
        assert_int_equal(venue_of_symbol(crypto[i]), VENUE_CRYPTO);
    for (size_t i = 0; i < ARRAY_LENGTH(stocks); i++)
        assert_int_equal(venue_of_symbol(stocks[i]), VENUE_US_STOCKS);
}

static void test_forex_runs_from_sunday_to_friday_at_17_in_new_york(void **state)
{
    (void)state;
    assert_int_equal(add("2026-12-25"), 0); /* a holiday of stocks */
    expect(VENUE_FOREX, "2026-11-22", "16:59", EST, SESSION_CLOSED);
    expect(VENUE_FOREX, "2026-11-22", "17:00", EST, SESSION_REGULAR);
    expect(VENUE_FOREX, "2026-11-23", "03:00", EST, SESSION_REGULAR);
    expect(VENUE_FOREX, "2026-11-25", "17:30", EST, SESSION_REGULAR);
    expect(VENUE_FOREX, "2026-11-27", "16:59", EST, SESSION_REGULAR);
    expect(VENUE_FOREX, "2026-11-27", "17:00", EST, SESSION_CLOSED);
    expect(VENUE_FOREX, "2026-11-28", "12:00", EST, SESSION_CLOSED);
    expect(VENUE_FOREX, "2026-12-25", "12:00", EST, SESSION_REGULAR);
    /* The Sundays of the clock changes: 17:00 is 21:00 UTC in summer, 22:00 in winter. */
    expect(VENUE_FOREX, "2026-03-08", "20:59", UTC, SESSION_CLOSED);
    expect(VENUE_FOREX, "2026-03-08", "21:00", UTC, SESSION_REGULAR);
    expect(VENUE_FOREX, "2026-11-01", "21:59", UTC, SESSION_CLOSED);
    expect(VENUE_FOREX, "2026-11-01", "22:00", UTC, SESSION_REGULAR);
}

static void test_crypto_never_closes(void **state)
{
    (void)state;
    assert_int_equal(add("2026-12-25"), 0);
    expect(VENUE_CRYPTO, "2026-12-25", "03:00", EST, SESSION_REGULAR);
    expect(VENUE_CRYPTO, "2026-11-22", "12:00", EST, SESSION_REGULAR);
}

static void test_each_venue_has_its_own_trading_day(void **state)
{
    (void)state;
    /* Monday 23:30 in New York is Tuesday in UTC. */
    int64_t late_us = at("2026-11-23", "23:30", EST);

    assert_int_equal(session_day_of(VENUE_US_STOCKS, late_us), day_of("2026-11-23"));
    assert_int_equal(session_day_of(VENUE_CRYPTO, late_us), day_of("2026-11-24"));
    assert_int_equal(session_day_of(VENUE_FOREX, late_us), day_of("2026-11-24"));
    /* The day of forex begins at 17:00: Sunday's evening belongs to Monday. */
    assert_int_equal(session_day_of(VENUE_FOREX, at("2026-11-22", "17:00", EST) - 1),
                     day_of("2026-11-22"));
    assert_int_equal(session_day_of(VENUE_FOREX, at("2026-11-22", "17:00", EST)),
                     day_of("2026-11-23"));
    assert_int_equal(session_day_of(VENUE_FOREX, at("2026-07-05", "17:00", EDT)),
                     day_of("2026-07-06"));
    /* One day for pre-market, regular and post-market. */
    assert_int_equal(session_day_of(VENUE_US_STOCKS, at("2026-11-23", "04:00", EST)),
                     day_of("2026-11-23"));
    assert_int_equal(session_day_of(VENUE_US_STOCKS, at("2026-11-23", "19:59", EST)),
                     day_of("2026-11-23"));
}

static void test_every_session_and_venue_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(session_name(SESSION_CLOSED), "closed");
    assert_string_equal(session_name(SESSION_PRE_MARKET), "pre-market");
    assert_string_equal(session_name(SESSION_REGULAR), "regular");
    assert_string_equal(session_name(SESSION_POST_MARKET), "post-market");
    assert_string_equal(venue_name(VENUE_US_STOCKS), "US stocks");
    assert_string_equal(venue_name(VENUE_CRYPTO), "crypto");
    assert_string_equal(venue_name(VENUE_FOREX), "forex");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_new_yorks_clock_changes_when_the_time_zone_database_says,
                               set_up),
        cmocka_unit_test_setup(test_a_usual_day_has_three_sessions_with_half_open_hours, set_up),
        cmocka_unit_test_setup(test_the_last_microsecond_belongs_to_the_session_that_ends, set_up),
        cmocka_unit_test_setup(test_the_open_is_at_half_past_nine_on_both_sides_of_a_clock_change,
                               set_up),
        cmocka_unit_test_setup(test_stocks_rest_at_the_weekend, set_up),
        cmocka_unit_test_setup(test_a_holiday_is_closed_from_midnight_to_midnight_in_new_york,
                               set_up),
        cmocka_unit_test_setup(
            test_an_early_close_ends_the_regular_session_and_the_evening_four_hours_later, set_up),
        cmocka_unit_test_setup(test_days_may_be_added_in_any_order, set_up),
        cmocka_unit_test_setup(test_a_day_that_is_not_well_formed_is_refused, set_up),
        cmocka_unit_test_setup(test_a_day_comes_once_and_the_table_has_an_end, set_up),
        cmocka_unit_test_setup(test_the_venue_is_told_by_the_prefix, set_up),
        cmocka_unit_test_setup(test_forex_runs_from_sunday_to_friday_at_17_in_new_york, set_up),
        cmocka_unit_test_setup(test_crypto_never_closes, set_up),
        cmocka_unit_test_setup(test_each_venue_has_its_own_trading_day, set_up),
        cmocka_unit_test_setup(test_every_session_and_venue_has_a_name, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
