/* The limits. */
#include "tickd/modules/portfolio_risk.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"

void risk_init(struct risk *risk, struct arena *arena, const struct settings_portfolio *settings,
               size_t places)
{
    struct ring order_times;
    struct risk_mark *marks = arena_take(arena, "portfolio", "last prices", places, sizeof *marks);
    ring_init(&order_times, arena, "portfolio", "order times", (size_t)settings->orders_per_minute,
              sizeof(int64_t));
    if (arena_measuring(arena)) {
        return;
    }
    *risk = (struct risk){.settings = *settings,
                          .order_times = order_times,
                          .marks = marks,
                          .places = places,
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

/* Confirmed prices. */

void risk_see_price(struct risk *risk, size_t place, int64_t price)
{
    ASSERT(place < risk->places && price > 0);
    int64_t *prices = risk->marks[place].prices;
    for (size_t i = RISK_PRICES - 1; i > 0; i--) {
        prices[i] = prices[i - 1];
    }
    prices[0] = price;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* 0 = there was none. */
static int64_t middle_price(const struct risk_mark *mark)
{
    const int64_t *p = mark->prices;
    if (p[2] == 0) {
        return p[1] != 0 ? p[1] : p[0];
    }
    return larger(smaller(p[0], p[1]), smaller(larger(p[0], p[1]), p[2]));
}

/* What the position is worth more at this price than at its newest; 0 where that is not known. */
static int64_t worth_more(const struct position *position, int64_t price)
{
    int64_t value;
    if (position->quantity == 0 || price == 0 || price == position->last_price ||
        decimal_multiply(position->quantity, price, DECIMAL_HALF_EVEN, &value) != 0 ||
        !books_fits(value)) {
        return 0;
    }
    return value - position->market_value;
}

void risk_see_position(struct risk *risk, const struct books *books, size_t place)
{
    ASSERT(place < risk->places);
    struct risk_mark *mark = &risk->marks[place];
    const struct position *position = &books->positions[place];
    risk->best -= mark->best;
    risk->worst -= mark->worst;
    mark->best = 0;
    mark->worst = 0;
    for (size_t i = 0; i < RISK_PRICES && position->quantity != 0; i++) {
        int64_t more = worth_more(position, mark->prices[i]);
        mark->best = larger(mark->best, more);
        mark->worst = smaller(mark->worst, more);
    }
    risk->best += mark->best;
    risk->worst += mark->worst;
}

void risk_see_positions(struct risk *risk, const struct books *books)
{
    risk->best = 0;
    risk->worst = 0;
    for (size_t i = 0; i < risk->places; i++) {
        risk->marks[i].best = 0;
        risk->marks[i].worst = 0;
        risk_see_position(risk, books, i);
    }
}

static int64_t within_range(int128 equity)
{
    return equity > DECIMAL_MAX    ? DECIMAL_MAX
           : equity < -DECIMAL_MAX ? -DECIMAL_MAX
                                   : (int64_t)equity;
}

int64_t risk_equity(const struct risk *risk, const struct books *books)
{
    int128 equity = books_equity(books);
    for (size_t i = 0; i < risk->places; i++) {
        equity += worth_more(&books->positions[i], middle_price(&risk->marks[i]));
    }
    return within_range(equity);
}

static int64_t equity_at_best(const struct risk *risk, const struct books *books)
{
    return within_range(books_equity(books) + risk->best);
}

static void turn_day(struct risk *risk, const struct books *books, int64_t now_us)
{
    int64_t day = floor_divide(now_us, (int64_t)S_PER_DAY * US_PER_S);
    if (day != risk->day) {
        risk->day = day;
        risk->day_equity = risk_equity(risk, books);
    }
}

bool risk_note(struct risk *risk, const struct books *books, int64_t now_us, bool is_price)
{
    turn_day(risk, books, now_us);
    risk->peak = larger(risk->peak, within_range(books_equity(books) + risk->worst));
    int64_t floor = part_of(DECIMAL_ONE - risk->settings.max_drawdown, risk->peak);
    if (!is_price || risk->halted || equity_at_best(risk, books) >= floor) {
        return false;
    }
    risk_halt(risk);
    return true;
}

void risk_halt(struct risk *risk)
{
    risk->halted = true;
}

void risk_unhalt(struct risk *risk, const struct books *books)
{
    risk->halted = false;
    risk->peak = risk_equity(risk, books);
}

void risk_adopt(struct risk *risk, const struct books *books, int64_t peak, int64_t day_equity,
                int64_t now_us)
{
    int64_t equity = risk_equity(risk, books);
    risk->peak = peak > equity ? peak : equity;
    risk->day = floor_divide(now_us, (int64_t)S_PER_DAY * US_PER_S);
    risk->day_equity = day_equity > 0 ? day_equity : equity;
}

double risk_drawdown(const struct risk *risk, const struct books *books)
{
    double peak = decimal_to_double(risk->peak);
    double equity = decimal_to_double(equity_at_best(risk, books));
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
    int64_t equity = risk_equity(risk, books);
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

/* The largest quantity ≤ `quantity` that so much cash pays for at `price` with its fee. */
static int64_t affordable(const struct risk *risk, int64_t cash, int64_t quantity, int64_t price)
{
    /* cash ≥ q·p·(1 + fee), with a unit for each rounding */
    int64_t fee;
    int64_t each;
    int64_t allowed;
    if (books_basis_points(price, risk->settings.fee_bps, DECIMAL_UP, &fee) != 0 ||
        decimal_add(price, fee, &each) != 0 || cash <= 2 ||
        decimal_divide(cash - 2, each, DECIMAL_DOWN, &allowed) != 0) {
        return 0;
    }
    return smaller(allowed, quantity);
}

void risk_open_add(const struct risk *risk, struct risk_open *open, enum side side,
                   int64_t quantity, int64_t price)
{
    int64_t money;
    int64_t fee = 0;
    if (decimal_multiply(quantity, price, DECIMAL_UP, &money) != 0 ||
        books_basis_points(money, risk->settings.fee_bps, DECIMAL_UP, &fee) != 0 ||
        !books_fits(money) || !books_fits(fee)) {
        money = DECIMAL_MAX / 4;
        fee = 0;
    }
    open->gross = books_fits(open->gross) ? open->gross + money : open->gross;
    if (side == SIDE_BUY) {
        open->cash = books_fits(open->cash) ? open->cash + money + fee : open->cash;
    }
}

/* Cuts to the limits that depend on the price. */
static void cut_to_limits(const struct risk *risk, const struct books *books,
                          const struct risk_open *open, size_t place, enum side side, int64_t price,
                          struct risk_verdict *verdict)
{
    int64_t equity = risk_equity(risk, books);
    cut(verdict, REJECT_SYMBOL_LIMIT, part_of(risk->settings.max_symbol, equity),
        magnitude(books->positions[place].market_value), price);
    cut(verdict, REJECT_GROSS_LIMIT, part_of(risk->settings.max_gross, equity),
        books->gross + open->gross, price);
    if (!verdict->refused && side == SIDE_BUY) {
        int64_t cash = books->cash - open->cash;
        int64_t quantity = affordable(risk, cash, verdict->quantity, price);
        if (quantity <= 0) {
            *verdict = refuse(REJECT_NO_CASH, cash, 0);
        } else {
            verdict->quantity = quantity;
        }
    }
}

struct risk_verdict risk_judge(const struct risk *risk, const struct books *books,
                               const struct risk_open *open, size_t place, enum side side,
                               int64_t quantity, int64_t price, int64_t now_us)
{
    struct risk_verdict verdict = {.quantity = quantity};
    if (is_closed(risk, books, now_us, &verdict)) {
        return verdict;
    }
    if (side == SIDE_SELL && !risk->settings.allow_short) {
        return refuse(REJECT_NO_SHORT, 0, 0);
    }
    cut_to_limits(risk, books, open, place, side, price, &verdict);
    return verdict;
}

int64_t risk_fillable(const struct risk *risk, const struct books *books, size_t place,
                      enum side side, int64_t quantity, int64_t price)
{
    struct risk_verdict verdict = {.quantity = quantity};
    cut_to_limits(risk, books, &(struct risk_open){0}, place, side, price, &verdict);
    return verdict.refused ? 0 : verdict.quantity;
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

/* What follows from them and the position: risk_see_positions(). */
static bool check_mark(const void *value, void *context)
{
    const struct risk_mark *mark = value;
    bool good = true;
    (void)context;
    for (size_t i = 0; i < RISK_PRICES; i++) {
        good = good && mark->prices[i] >= 0;
    }
    return good;
}

void risk_persist(struct risk *risk, struct persist *persist)
{
    persist_array(persist, "last prices", risk->marks, risk->places, risk->places,
                  sizeof *risk->marks, check_mark, NULL);
    persist_history(persist, "order times", &risk->order_times, check_time, NULL);
    bool halted = persist_flag(persist, "halted", risk->halted);
    bool failing = persist_flag(persist, "journal_failing", risk->journal_failing);
    int64_t peak = persist_integer(persist, "peak", risk->peak, -DECIMAL_MAX, DECIMAL_MAX);
    int64_t day_equity =
        persist_integer(persist, "day's equity", risk->day_equity, -DECIMAL_MAX, DECIMAL_MAX);
    PERSIST(persist, risk->day);
    if (persist_loading(persist)) {
        risk->halted = halted;
        risk->journal_failing = failing;
        risk->peak = peak;
        risk->day_equity = day_equity;
    }
}
