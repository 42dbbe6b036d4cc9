/* The limits. */
#include "tickd/modules/portfolio_risk.h"

#include <string.h>

#include "tickd/base/calendar.h"

void risk_init(struct risk *risk, struct arena *arena, const struct settings_portfolio *settings)
{
    struct ring order_times;
    ring_init(&order_times, arena, "portfolio", "order times", (size_t)settings->orders_per_minute,
              sizeof(int64_t));
    if (arena_measuring(arena)) {
        return;
    }
    *risk = (struct risk){.settings = *settings,
                          .order_times = order_times,
                          .peak = settings->initial_cash,
                          .day = INT64_MIN,
                          .day_equity = settings->initial_cash};
}

void risk_set_limits(struct risk *risk, const struct settings_portfolio *settings)
{
    int64_t orders_per_minute = risk->settings.orders_per_minute;
    int64_t initial_cash = risk->settings.initial_cash;
    risk->settings = *settings;
    risk->settings.orders_per_minute = orders_per_minute;
    risk->settings.initial_cash = initial_cash;
}

/* part × whole, both decimals; the range's end when it does not fit. */
static int64_t part_of(int64_t part, int64_t whole)
{
    int64_t result;
    return decimal_multiply(part, whole, DECIMAL_DOWN, &result) == 0 ? result : DECIMAL_MAX;
}

static void turn_day(struct risk *risk, int64_t equity, int64_t now_us)
{
    int64_t day = floor_divide(now_us, (int64_t)S_PER_DAY * US_PER_S);
    if (day != risk->day) {
        risk->day = day;
        risk->day_equity = equity;
    }
}

bool risk_note(struct risk *risk, const struct books *books, int64_t now_us, bool is_price)
{
    int64_t equity = books_equity(books);
    turn_day(risk, equity, now_us);
    if (equity > risk->peak) {
        risk->peak = equity;
    }
    if (!is_price || risk->halted) {
        return false;
    }
    int64_t floor = part_of(DECIMAL_ONE - risk->settings.max_drawdown, risk->peak);
    risk->beyond = equity < floor ? risk->beyond + 1 : 0;
    if (risk->beyond >= RISK_PRICES_TO_TRIP) {
        risk_halt(risk);
        return true;
    }
    return false;
}

void risk_halt(struct risk *risk)
{
    risk->halted = true;
    risk->beyond = 0;
}

void risk_unhalt(struct risk *risk, const struct books *books)
{
    risk->halted = false;
    risk->beyond = 0;
    risk->peak = books_equity(books);
}

void risk_adopt(struct risk *risk, const struct books *books, int64_t peak, int64_t day_equity,
                int64_t now_us)
{
    int64_t equity = books_equity(books);
    risk->peak = peak > equity ? peak : equity;
    risk->day = floor_divide(now_us, (int64_t)S_PER_DAY * US_PER_S);
    risk->day_equity = day_equity > 0 ? day_equity : equity;
    risk->beyond = 0;
}

double risk_drawdown(const struct risk *risk, const struct books *books)
{
    double peak = decimal_to_double(risk->peak);
    double equity = decimal_to_double(books_equity(books));
    return peak > 0.0 && equity < peak ? (peak - equity) / peak : 0.0;
}

static struct risk_verdict refuse(enum reject_reason reason, int64_t limit, int64_t would_be)
{
    return (struct risk_verdict){
        .refused = true, .reason = reason, .limit = limit, .would_be = would_be};
}

/* The state of things, whatever the order. */
static bool is_closed(const struct risk *risk, const struct books *books, int64_t now_us,
                      struct risk_verdict *verdict)
{
    int64_t equity = books_equity(books);
    if (risk->halted) {
        *verdict = refuse(REJECT_HALTED, 0, 0);
        return true;
    }
    if (risk->journal_failing) {
        *verdict = refuse(REJECT_JOURNAL, 0, 0);
        return true;
    }
    int64_t floor = part_of(DECIMAL_ONE - risk->settings.max_daily_loss, risk->day_equity);
    if (equity < floor || equity <= 0) {
        *verdict = refuse(REJECT_DAILY_LOSS, floor, equity);
        return true;
    }
    const struct ring *times = &risk->order_times;
    if (ring_size(times) == times->capacity) {
        int64_t oldest_us;
        memcpy(&oldest_us, ring_at(times, 0), sizeof oldest_us);
        if (now_us - oldest_us < 60 * (int64_t)US_PER_S) {
            *verdict = refuse(REJECT_ORDER_RATE, 0, 0);
            return true;
        }
    }
    return false;
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* Cuts the quantity to the money that is left under a limit. */
static void cut(struct risk_verdict *verdict, enum reject_reason reason, int64_t limit,
                int64_t used, int64_t price)
{
    int64_t wanted = 0;
    int64_t allowed = 0;
    if (verdict->refused) {
        return;
    }
    if (decimal_multiply(verdict->quantity, price, DECIMAL_UP, &wanted) != 0 ||
        wanted > DECIMAL_MAX - used) {
        wanted = DECIMAL_MAX - used;
    }
    if (wanted <= limit - used) {
        return;
    }
    if (limit <= used || decimal_divide(limit - used, price, DECIMAL_DOWN, &allowed) != 0 ||
        allowed <= 0) {
        *verdict = refuse(reason, limit, used + wanted);
        return;
    }
    if (allowed < verdict->quantity) {
        verdict->quantity = allowed;
        verdict->limit = limit;
        verdict->would_be = used + wanted;
    }
}

int64_t risk_affordable(const struct risk *risk, const struct books *books, int64_t quantity,
                        int64_t price)
{
    /* cash ≥ q·p·(1 + fee), with a unit for each rounding */
    int64_t fee;
    int64_t each;
    int64_t allowed;
    if (books_basis_points(price, risk->settings.fee_bps, DECIMAL_UP, &fee) != 0 ||
        decimal_add(price, fee, &each) != 0 || books->cash <= 2 ||
        decimal_divide(books->cash - 2, each, DECIMAL_DOWN, &allowed) != 0) {
        return 0;
    }
    return allowed < quantity ? allowed : quantity;
}

struct risk_verdict risk_judge(const struct risk *risk, const struct books *books, size_t place,
                               enum side side, int64_t quantity, int64_t price, int64_t now_us)
{
    struct risk_verdict verdict = {.quantity = quantity};
    int64_t equity = books_equity(books);
    if (is_closed(risk, books, now_us, &verdict)) {
        return verdict;
    }
    if (side == SIDE_SELL && !risk->settings.allow_short) {
        return refuse(REJECT_NO_SHORT, 0, 0);
    }
    cut(&verdict, REJECT_SYMBOL_LIMIT, part_of(risk->settings.max_symbol, equity),
        magnitude(books->positions[place].market_value), price);
    cut(&verdict, REJECT_GROSS_LIMIT, part_of(risk->settings.max_gross, equity), books->gross,
        price);
    if (!verdict.refused && side == SIDE_BUY) {
        int64_t affordable = risk_affordable(risk, books, verdict.quantity, price);
        if (affordable <= 0) {
            return refuse(REJECT_NO_CASH, books->cash, 0);
        }
        verdict.quantity = affordable;
    }
    return verdict;
}

void risk_note_order(struct risk *risk, int64_t now_us)
{
    ring_push(&risk->order_times, &now_us);
}

static bool check_time(const void *value, void *context)
{
    int64_t time_us;
    (void)context;
    memcpy(&time_us, value, sizeof time_us);
    return time_us >= 0;
}

void risk_persist(struct risk *risk, struct persist *persist)
{
    persist_history(persist, "order times", &risk->order_times, check_time, NULL);
    int64_t beyond = persist_integer(persist, "prices beyond the drawdown", risk->beyond, 0,
                                     RISK_PRICES_TO_TRIP);
    bool halted = persist_flag(persist, "halted", risk->halted);
    bool failing = persist_flag(persist, "journal_failing", risk->journal_failing);
    int64_t peak = persist_integer(persist, "peak", risk->peak, -DECIMAL_MAX, DECIMAL_MAX);
    int64_t day_equity =
        persist_integer(persist, "day's equity", risk->day_equity, -DECIMAL_MAX, DECIMAL_MAX);
    PERSIST(persist, risk->day);
    if (persist_loading(persist)) {
        risk->beyond = (int)beyond;
        risk->halted = halted;
        risk->journal_failing = failing;
        risk->peak = peak;
        risk->day_equity = day_equity;
    }
}
