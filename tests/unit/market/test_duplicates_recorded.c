/* The watch for repeated prints on recorded days (TICKD_DATA): real multiplicities, once as they
 * were and once sent two and three times, with the delays that were seen. Prints what it measures;
 * docs/modules.md has the numbers. */
#include "tickd/market/duplicates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/decimal.h"
#include "tickd/base/rng.h"
#include "tickd/base/text.h"
#include "tickd/market/bars.h"

enum { WIDTH = 1000, LATENESS = 250, GRACE = 500, CAPACITY = 1024 };

enum { SYMBOLS = 4, BASE_DELAY_MS = 50, COPIES_MAX = 3 };

static const char *const symbols[SYMBOLS] = {"SPY", "BAC", "AIG", "IBM"};

struct arrival {
    int64_t at_ms;
    size_t order;
    struct trade trade;
};

/* One recorded day, and one way of sending it. */
struct day {
    struct trade *trades;
    size_t count;
    struct arrival *arrivals;
    size_t arrival_count;
    uint32_t times;
    int64_t from_ms, until_ms; /* in which everything comes `times` times */
};

struct verdict {
    uint64_t distinct, late, bars;
    uint64_t distinct_on, distinct_off; /* prints up to the first change, and the last */
    uint64_t distinct_from, distinct_until;
    double most; /* evidence for any factor */
};

static struct arena arena;
static struct duplicate_watch watches[SYMBOLS];

static void make_watches(void)
{
    arena_init_measuring(&arena);
    for (size_t i = 0; i < SYMBOLS; i++)
        duplicates_init(&watches[i], &arena, CAPACITY);
    assert_int_equal(arena_init(&arena, arena.used), 0);
    for (size_t i = 0; i < SYMBOLS; i++)
        duplicates_init(&watches[i], &arena, CAPACITY);
    arena_seal(&arena);
}

static int64_t decimal_of(const char *text, size_t length)
{
    int64_t value = 0;

    assert_int_equal(decimal_parse(text, length, &value), 0);
    return value;
}

/* time_ms,symbol,price,volume,… */
static struct trade trade_of_line(const char *line)
{
    char *at;
    struct trade trade = {.time_ms = strtoll(line, &at, 10), .symbol = SYMBOLS};
    const char *name = at + 1;
    const char *price = strchr(name, ',') + 1;
    const char *volume = strchr(price, ',') + 1;

    for (size_t i = 0; i < SYMBOLS; i++) {
        if (strncmp(name, symbols[i], strlen(symbols[i])) == 0)
            trade.symbol = (uint16_t)i;
    }
    assert_true(trade.symbol < SYMBOLS);
    trade.price = decimal_of(price, (size_t)(volume - price) - 1);
    trade.volume = decimal_of(volume, strcspn(volume, ","));
    return trade;
}

static void *resized(void *memory, size_t count, size_t size)
{
    void *more = realloc(memory, count * size);

    assert_non_null(more);
    return more;
}

/* False when there is no such recording. */
static bool load_day(struct day *day, const char *date)
{
    const char *folder = getenv("TICKD_DATA");
    struct text command;
    char memory[128];
    char line[256];
    size_t room = 0;

    *day = (struct day){0};
    if (folder == NULL)
        return false;
    text_init(&command, memory, sizeof memory);
    text_format(&command, "gzip -dc \"$TICKD_DATA/trades-%s.csv.gz\" 2>/dev/null", date);
    FILE *file = popen(memory, "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] < '0' || line[0] > '9')
            continue;
        if (day->count == room) {
            room = room == 0 ? 1 << 19 : room * 2;
            day->trades = resized(day->trades, room, sizeof day->trades[0]);
        }
        day->trades[day->count++] = trade_of_line(line);
    }
    pclose(file);
    day->arrivals =
        day->count == 0 ? NULL : resized(NULL, day->count * COPIES_MAX, sizeof day->arrivals[0]);
    return day->count > 0;
}

static void free_day(struct day *day)
{
    free(day->trades);
    free(day->arrivals);
}

static int by_arrival(const void *a, const void *b)
{
    const struct arrival *first = a;
    const struct arrival *second = b;

    if (first->at_ms != second->at_ms)
        return first->at_ms < second->at_ms ? -1 : 1;
    return first->order < second->order ? -1 : 1;
}

static bool repeats(const struct day *day, int64_t time_ms)
{
    return day->times > 1 && time_ms >= day->from_ms && time_ms < day->until_ms;
}

/* Copies come 18 to 100 ms after the first, one in twenty up to a second after it. */
static void send_day(struct day *day, struct rng *rng)
{
    day->arrival_count = 0;
    for (size_t i = 0; i < day->count; i++) {
        uint32_t copies = repeats(day, day->trades[i].time_ms) ? day->times : 1;

        for (uint32_t copy = 0; copy < copies; copy++) {
            int64_t delay_ms = BASE_DELAY_MS;

            if (copy > 0)
                delay_ms += rng_below(rng, 20) == 0 ? 100 + (int64_t)rng_below(rng, 901)
                                                    : 18 + (int64_t)rng_below(rng, 83);
            day->arrivals[day->arrival_count] =
                (struct arrival){.at_ms = day->trades[i].time_ms + delay_ms,
                                 .order = day->arrival_count,
                                 .trade = day->trades[i]};
            day->arrival_count++;
        }
    }
    qsort(day->arrivals, day->arrival_count, sizeof day->arrivals[0], by_arrival);
}

static void drain(struct bar_builder *builder, struct duplicate_watch *watching,
                  struct verdict *verdict)
{
    struct bar bar;
    uint128 turnover;

    while (bars_next(builder, &bar, &turnover) != BAR_CLOSED_NONE) {
        verdict->bars++;
        if (duplicates_close(watching, bar.start_ms + WIDTH)) {
            if (watching->changes == 1)
                verdict->distinct_on = verdict->distinct;
            verdict->distinct_off = verdict->distinct;
        }
        for (uint32_t k = 2; k <= DUPLICATES_FACTOR_MAX; k++) {
            if (watching->evidence[k] > verdict->most)
                verdict->most = watching->evidence[k];
        }
    }
}

/* The day through bars and watches, as the daemon has them. */
static void run_day(struct day *day, struct verdict verdicts[SYMBOLS])
{
    static struct bar_builder builders[SYMBOLS];
    struct rng rng;

    rng_stream(&rng, test_seed(), "delays");
    send_day(day, &rng);
    arena_fini(&arena);
    make_watches();
    for (size_t i = 0; i < SYMBOLS; i++) {
        bars_init(&builders[i], WIDTH, LATENESS, GRACE);
        verdicts[i] = (struct verdict){.most = -1e9};
    }
    for (size_t i = 0; i < day->arrival_count; i++) {
        const struct trade *trade = &day->arrivals[i].trade;
        struct bar_builder *builder = &builders[trade->symbol];
        struct duplicate_watch *watching = &watches[trade->symbol];
        struct verdict *verdict = &verdicts[trade->symbol];
        int64_t late_ms;

        bars_see_clock(builder, day->arrivals[i].at_ms);
        bars_see_trade_time(builder, trade->time_ms);
        drain(builder, watching, verdict);
        if (bars_add(builder, trade, MOVES_ALL, &late_ms) == BAR_TRADE_LATE) {
            verdict->late++;
            continue;
        }
        verdict->distinct += duplicates_note(watching, trade) == 1;
        if (trade->time_ms < day->from_ms)
            verdict->distinct_from = verdict->distinct;
        if (trade->time_ms < day->until_ms)
            verdict->distinct_until = verdict->distinct;
    }
}

static const char *const dates[] = {"20131007", "20131008"};

/* Loads a recorded day or skips the test. */
static void load_or_skip(struct day *day, const char *date)
{
    if (!load_day(day, date)) {
        free_day(day);
        print_message("skipped: no data\n");
        skip();
    }
}

static void test_on_recorded_days_the_factor_stays_at_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(dates); i++) {
        struct verdict verdicts[SYMBOLS];
        struct day day;

        load_or_skip(&day, dates[i]);
        run_day(&day, verdicts);
        for (size_t s = 0; s < SYMBOLS; s++) {
            print_message("%s %s: %llu prints, %llu bars, evidence at most %.1f\n", dates[i],
                          symbols[s], (unsigned long long)verdicts[s].distinct,
                          (unsigned long long)verdicts[s].bars, verdicts[s].most);
            assert_true(verdicts[s].distinct > 10000);
            assert_int_equal(watches[s].changes, 0);
            assert_int_equal(watches[s].overflowed, 0);
        }
        free_day(&day);
    }
}

static void test_on_recorded_days_sent_k_times_the_factor_is_k(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(dates); i++) {
        struct verdict verdicts[SYMBOLS];
        struct day day;

        load_or_skip(&day, dates[i]);
        day.until_ms = INT64_MAX;
        for (day.times = 2; day.times <= DUPLICATES_FACTOR_MAX; day.times++) {
            run_day(&day, verdicts);
            for (size_t s = 0; s < SYMBOLS; s++) {
                print_message("%s %s x%u: found after %llu prints\n", dates[i], symbols[s],
                              day.times, (unsigned long long)verdicts[s].distinct_on);
                assert_int_equal(watches[s].factor, day.times);
                assert_int_equal(watches[s].changes, 1);
                assert_in_range(verdicts[s].distinct_on, 10, 100);
            }
        }
        free_day(&day);
    }
}

static void test_on_recorded_days_the_factor_follows_two_repeated_hours(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(dates); i++) {
        struct verdict verdicts[SYMBOLS];
        struct day day;

        load_or_skip(&day, dates[i]);
        int64_t midnight_ms = day.trades[0].time_ms - day.trades[0].time_ms % 86400000;

        day.from_ms = midnight_ms + INT64_C(16) * 3600000; /* noon in New York */
        day.until_ms = midnight_ms + INT64_C(18) * 3600000;
        for (day.times = 2; day.times <= DUPLICATES_FACTOR_MAX; day.times++) {
            run_day(&day, verdicts);
            for (size_t s = 0; s < SYMBOLS; s++) {
                uint64_t on = verdicts[s].distinct_on - verdicts[s].distinct_from;
                uint64_t off = verdicts[s].distinct_off - verdicts[s].distinct_until;

                print_message("%s %s x%u: on after %llu prints, off after %llu\n", dates[i],
                              symbols[s], day.times, (unsigned long long)on,
                              (unsigned long long)off);
                assert_int_equal(watches[s].factor, 1);
                assert_int_equal(watches[s].changes, 2);
                assert_in_range(on, 50, 400);
                assert_in_range(off, 20, 400);
            }
        }
        free_day(&day);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_recorded_days_the_factor_stays_at_one),
        cmocka_unit_test(test_on_recorded_days_sent_k_times_the_factor_is_k),
        cmocka_unit_test(test_on_recorded_days_the_factor_follows_two_repeated_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
