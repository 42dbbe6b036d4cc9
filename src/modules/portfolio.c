/* The portfolio: decides on orders, executes them on trades, keeps the books. */
#include "tickd/modules/portfolio.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/modules/portfolio_adoption.h"

enum { PERSIST_VERSION = 3 };

struct order {
    int64_t number; /* 0 = none is open */
    int64_t quantity;
    int64_t filled;
    int64_t placed_us;
    uint64_t simulation; /* sequence number of what asked for it; 0 = none */
    enum side side;
    enum order_purpose purpose;
    bool reduces;
};

struct holding {
    struct order order;
    double spread;           /* of the newest bar, relative */
    int64_t newest_ms;       /* exchange time of the newest trade that moved the price */
    uint64_t simulation;     /* that opened the position */
    uint32_t bar;            /* number of the newest bar */
    uint32_t copies;         /* of each print that arrive, by the newest bar; 0 = no bar yet */
    uint32_t expires_at_bar; /* time stop, while a position is there */
    bool flattening;         /* the operator wants the position closed, however long it takes */
};

struct portfolio {
    struct settings_portfolio settings;
    uint32_t horizon_bars;
    struct bus *bus;
    struct books books;
    struct risk risk;
    struct holding *holdings;
    size_t symbols;
    int64_t next_order;
    struct ring history; /* of struct portfolio_fill */
    struct portfolio_counts counts;
    bool adopting; /* books are being taken over, and may not add up */
};

struct portfolio *portfolio_create(struct arena *arena, const struct settings_portfolio *settings,
                                   int64_t horizon_bars, int64_t fills_kept, size_t symbols,
                                   struct bus *bus)
{
    struct portfolio *portfolio = arena_take(arena, "portfolio", "state", 1, sizeof *portfolio);
    struct holding *holdings =
        arena_take(arena, "portfolio", "holdings", symbols, sizeof *holdings);
    struct position *positions =
        arena_take(arena, "portfolio", "positions", symbols, sizeof *positions);
    struct ring history;
    struct risk scratch;
    ring_init(&history, arena, "portfolio", "trade_history", (size_t)fills_kept,
              sizeof(struct portfolio_fill));
    risk_init(arena_measuring(arena) ? &scratch : &portfolio->risk, arena, settings, symbols);
    if (arena_measuring(arena)) {
        return NULL;
    }
    portfolio->settings = *settings;
    portfolio->horizon_bars = (uint32_t)horizon_bars;
    portfolio->bus = bus;
    portfolio->holdings = holdings;
    portfolio->symbols = symbols;
    portfolio->history = history;
    portfolio->next_order = 1;
    books_init(&portfolio->books, positions, symbols, settings->initial_cash);
    return portfolio;
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* Books told. */

static void say_equity(struct portfolio *portfolio, bool minute)
{
    const struct books *books = &portfolio->books;
    double drawdown = risk_drawdown(&portfolio->risk, books);
    publish_equity(portfolio->bus, MODULE_PORTFOLIO, SYMBOL_NONE,
                   &(struct equity_message){
                       .initial_cash = books->initial_cash,
                       .cash = books->cash,
                       .equity = books_equity(books),
                       .market_value = books->market_value,
                       .gross = books->gross,
                       .realised_pnl = books->realised_pnl,
                       .unrealised_pnl = books_unrealised_pnl(books),
                       .fees = books->fees,
                       .turnover = books->turnover,
                       .peak = portfolio->risk.peak,
                       .day_equity = portfolio->risk.day_equity,
                       .drawdown = drawdown,
                       .fills = portfolio->counts.fills,
                       .halted = portfolio->risk.halted ? 1 : 0,
                       .minute = minute ? 1 : 0,
                   });
}

/* Orders: placed, and ended in one of three ways. */

static void end_order(struct portfolio *portfolio, struct order *order)
{
    portfolio->counts.open--;
    order->number = 0;
}

static struct order *place_order(struct portfolio *portfolio, uint16_t symbol, enum side side,
                                 enum order_purpose purpose, int64_t quantity, uint64_t simulation)
{
    struct order *order = &portfolio->holdings[symbol].order;
    int64_t position = portfolio->books.positions[symbol].quantity;
    ASSERT(order->number == 0 && quantity > 0);
    *order = (struct order){
        .number = portfolio->next_order++,
        .quantity = quantity,
        .placed_us = bus_time(portfolio->bus),
        .simulation = simulation,
        .side = side,
        .purpose = purpose,
        .reduces = side == SIDE_BUY ? position < 0 : position > 0,
    };
    portfolio->counts.orders++;
    portfolio->counts.open++;
    publish_order(portfolio->bus, MODULE_PORTFOLIO, symbol,
                  &(struct order_message){
                      .order = order->number,
                      .quantity = quantity,
                      .price = portfolio->books.positions[symbol].last_price,
                      .simulation = simulation,
                      .side = side,
                      .purpose = purpose,
                      .reduces = order->reduces ? 1 : 0,
                  });
    return order;
}

static void reject(struct portfolio *portfolio, uint16_t symbol, struct order *order,
                   const struct risk_verdict *verdict)
{
    portfolio->counts.rejects++;
    portfolio->counts.rejects_by[verdict->reason]++;
    publish_reject(portfolio->bus, MODULE_PORTFOLIO, symbol,
                   &(struct reject_message){
                       .order = order->number,
                       .quantity = order->quantity,
                       .limit = verdict->limit,
                       .would_be = verdict->would_be,
                       .simulation = order->simulation,
                       .side = order->side,
                       .purpose = order->purpose,
                       .reason = verdict->reason,
                   });
    end_order(portfolio, order);
}

static void expire(struct portfolio *portfolio, uint16_t symbol, struct order *order)
{
    portfolio->counts.expired++;
    publish_expired(portfolio->bus, MODULE_PORTFOLIO, symbol,
                    &(struct expired_message){
                        .order = order->number,
                        .quantity = order->quantity,
                        .filled = order->filled,
                        .simulation = order->simulation,
                        .side = order->side,
                        .purpose = order->purpose,
                    });
    end_order(portfolio, order);
}

/* An order that would take on risk is called off. */
static void cancel_entry(struct portfolio *portfolio, uint16_t symbol)
{
    struct order *order = &portfolio->holdings[symbol].order;
    if (order->number != 0 && !order->reduces) {
        expire(portfolio, symbol, order);
    }
}

static void cancel_entries(struct portfolio *portfolio)
{
    for (size_t i = 0; i < portfolio->symbols; i++) {
        cancel_entry(portfolio, (uint16_t)i);
    }
}

/* Closes the whole position; what is still open for the symbol gives way. */
static void close_position(struct portfolio *portfolio, uint16_t symbol, enum order_purpose purpose,
                           uint64_t simulation)
{
    const struct order *order = &portfolio->holdings[symbol].order;
    int64_t quantity = portfolio->books.positions[symbol].quantity;
    if (quantity == 0 || (order->number != 0 && order->reduces)) {
        return;
    }
    cancel_entry(portfolio, symbol);
    place_order(portfolio, symbol, quantity > 0 ? SIDE_SELL : SIDE_BUY, purpose,
                magnitude(quantity), simulation);
}

/* Equity has moved; is it still within the limits? */
static void note_equity(struct portfolio *portfolio, int64_t now_us, bool is_price)
{
    bool tripped = risk_note(&portfolio->risk, &portfolio->books, now_us, is_price);
    double drawdown = risk_drawdown(&portfolio->risk, &portfolio->books);
    if (drawdown > portfolio->counts.max_drawdown) {
        portfolio->counts.max_drawdown = drawdown;
    }
    if (tripped) {
        portfolio->counts.halts++;
        cancel_entries(portfolio);
        say_equity(portfolio, false);
    }
}

/* Execution. */

/* The trade's price made worse by half the spread and the slippage: away from us, rounded away from
 * us. 0 = does not fit. */
static int64_t execution_price(const struct portfolio *portfolio, const struct holding *holding,
                               enum side side, int64_t trade_price)
{
    double half_spread_bps = holding->spread > 0.0 ? holding->spread / 2.0 * 1e4 : 0.0;
    int64_t worse_bps = 0;
    int64_t worse = 0;
    if (decimal_from_double(half_spread_bps, &worse_bps) != 0 ||
        decimal_add(worse_bps, portfolio->settings.slippage_bps, &worse_bps) != 0 ||
        books_basis_points(trade_price, worse_bps, DECIMAL_UP, &worse) != 0) {
        return 0;
    }
    int64_t price;
    int error = side == SIDE_BUY ? decimal_add(trade_price, worse, &price)
                                 : decimal_subtract(trade_price, worse, &price);
    return error == 0 ? price : 0;
}

/* How much of the order this trade fills: a share of its volume, and of that of copies of it that
 * arrive; all of it where the venue gives none. What takes on risk stays within the limits at this
 * price, too: *cut, they leave no room for more. */
static int64_t fill_quantity(const struct portfolio *portfolio, uint16_t symbol,
                             const struct trade_message *trade, int64_t price, bool *cut)
{
    const struct holding *holding = &portfolio->holdings[symbol];
    const struct order *order = &holding->order;
    int64_t volume = trade->volume / (holding->copies > 1 ? holding->copies : 1);
    int64_t remaining = order->quantity - order->filled;
    int64_t share = remaining;
    if (trade->volume > 0 &&
        decimal_multiply(volume, portfolio->settings.participation, DECIMAL_DOWN, &share) != 0) {
        share = remaining;
    }
    int64_t quantity = share < remaining ? share : remaining;
    int64_t allowed = quantity;
    if (quantity > 0 && !order->reduces) {
        allowed = risk_fillable(&portfolio->risk, &portfolio->books, symbol, order->side, quantity,
                                price);
    }
    *cut = allowed < quantity;
    return allowed;
}

static void keep_fill(struct portfolio *portfolio, uint16_t symbol, const struct fill_message *fill)
{
    struct portfolio_fill *entry = ring_append(&portfolio->history);
    *entry = (struct portfolio_fill){.sequence = bus_published(portfolio->bus),
                                     .time_us = bus_time(portfolio->bus),
                                     .fill = *fill,
                                     .symbol = symbol};
}

static void say_fill(struct portfolio *portfolio, uint16_t symbol, const struct order *order,
                     const struct booking *booking, int64_t quantity, int64_t price,
                     int64_t trade_price)
{
    struct fill_message fill = {
        .order = order->number,
        .quantity = quantity,
        .price = price,
        .trade_price = trade_price,
        .fee = booking->fee,
        .realised_pnl = booking->realised_pnl,
        .position = portfolio->books.positions[symbol].quantity,
        .cost = portfolio->books.positions[symbol].cost,
        .cash = portfolio->books.cash,
        .remaining = order->quantity - order->filled,
        .simulation = order->simulation,
        .side = order->side,
        .purpose = order->purpose,
        .done = order->filled == order->quantity ? 1 : 0,
    };
    portfolio->counts.fills++;
    publish_fill(portfolio->bus, MODULE_PORTFOLIO, symbol, &fill);
    keep_fill(portfolio, symbol, &fill);
}

static void execute(struct portfolio *portfolio, uint16_t symbol, const struct trade_message *trade)
{
    struct holding *holding = &portfolio->holdings[symbol];
    struct order *order = &holding->order;
    struct booking booking;
    int64_t price = execution_price(portfolio, holding, order->side, trade->price);
    bool cut = false;
    int64_t quantity = price > 0 ? fill_quantity(portfolio, symbol, trade, price, &cut) : 0;
    if (quantity <= 0 || books_fill(&portfolio->books, symbol, order->side, quantity, price,
                                    portfolio->settings.fee_bps, &booking) != 0) {
        return; /* waits for a better one, until it expires */
    }
    if (!order->reduces && order->filled == 0) {
        holding->expires_at_bar = holding->bar + portfolio->horizon_bars;
        holding->simulation = order->simulation;
    }
    order->filled += quantity;
    if (cut) { /* the rest would stand in the way of what is decided next */
        order->quantity = order->filled;
    }
    risk_see_position(&portfolio->risk, &portfolio->books, symbol);
    say_fill(portfolio, symbol, order, &booking, quantity, price, trade->price);
    if (order->filled == order->quantity) {
        portfolio->counts.done++;
        end_order(portfolio, order);
    }
    holding->flattening = holding->flattening && portfolio->books.positions[symbol].quantity != 0;
    note_equity(portfolio, bus_time(portfolio->bus), false);
    say_equity(portfolio, false);
}

/* Stop-loss and take-profit: the position's profit at this price, against what is in it. */
static void check_stops(struct portfolio *portfolio, uint16_t symbol)
{
    const struct position *position = &portfolio->books.positions[symbol];
    int64_t profit = position->market_value - position->cost;
    int64_t stake = magnitude(position->cost);
    int64_t stop;
    int64_t target;
    if (position->quantity == 0 ||
        books_basis_points(stake, portfolio->settings.stop_loss_bps, DECIMAL_DOWN, &stop) != 0 ||
        books_basis_points(stake, portfolio->settings.take_profit_bps, DECIMAL_UP, &target) != 0) {
        return;
    }
    if (profit <= -stop && stake > 0) {
        close_position(portfolio, symbol, ORDER_STOP_LOSS, 0);
    } else if (profit >= target && stake > 0) {
        close_position(portfolio, symbol, ORDER_TAKE_PROFIT, 0);
    }
}

/* A trade that is older than one before it says what the price was, and is none to be had. */
static void take_trade(struct portfolio *portfolio, const struct message *message)
{
    uint16_t symbol = message->head.symbol;
    const struct trade_message *trade = &message->body.trade;
    struct holding *holding = &portfolio->holdings[symbol];
    if ((trade->moves & MOVES_LAST) == 0 || trade->time_ms < holding->newest_ms ||
        books_mark(&portfolio->books, symbol, trade->price) != 0) {
        return;
    }
    holding->newest_ms = trade->time_ms;
    risk_see_price(&portfolio->risk, symbol, trade->price);
    if (portfolio->books.positions[symbol].quantity != 0) {
        risk_see_position(&portfolio->risk, &portfolio->books, symbol);
    }
    if (holding->order.number != 0) {
        execute(portfolio, symbol, trade);
    }
    if (portfolio->books.positions[symbol].quantity != 0) {
        note_equity(portfolio, message->head.time_us, true);
        check_stops(portfolio, symbol);
    }
}

/* Bars: the time stop. */

static void take_bar(struct portfolio *portfolio, const struct message *message)
{
    struct holding *holding = &portfolio->holdings[message->head.symbol];
    const struct bar_message *bar = &message->body.bar;
    holding->bar = bar->number;
    holding->spread = bar->spread;
    holding->copies = bar->factor;
    if (portfolio->books.positions[message->head.symbol].quantity != 0 &&
        bar->number >= holding->expires_at_bar) {
        close_position(portfolio, message->head.symbol, ORDER_TIME_STOP, 0);
    }
}

/* Decisions that were found worth it. */

static int64_t target_quantity(const struct portfolio *portfolio, int64_t price, double fraction)
{
    int64_t share;
    int64_t money;
    int64_t quantity;
    if (decimal_from_double(fabs(fraction), &share) != 0 || price <= 0 ||
        decimal_multiply(risk_equity(&portfolio->risk, &portfolio->books), share, DECIMAL_DOWN,
                         &money) != 0 ||
        decimal_divide(money, price, DECIMAL_DOWN, &quantity) != 0) {
        return 0;
    }
    return quantity;
}

/* What entries that are under way may still take. */
static struct risk_open open_entries(const struct portfolio *portfolio)
{
    struct risk_open open = {0};
    for (size_t i = 0; i < portfolio->symbols; i++) {
        const struct order *order = &portfolio->holdings[i].order;
        if (order->number != 0 && !order->reduces) {
            risk_open_add(&portfolio->risk, &open, order->side, order->quantity - order->filled,
                          portfolio->books.positions[i].last_price);
        }
    }
    return open;
}

static void enter(struct portfolio *portfolio, uint16_t symbol, enum side side, double fraction,
                  uint64_t simulation)
{
    int64_t price = portfolio->books.positions[symbol].last_price;
    int64_t now_us = bus_time(portfolio->bus);
    int64_t quantity = target_quantity(portfolio, price, fraction);
    if (quantity <= 0) {
        return;
    }
    struct risk_open open = open_entries(portfolio);
    struct order *order = place_order(portfolio, symbol, side, ORDER_ENTER, quantity, simulation);
    struct risk_verdict verdict = risk_judge(&portfolio->risk, &portfolio->books, &open, symbol,
                                             side, quantity, price, now_us);
    if (verdict.refused) {
        reject(portfolio, symbol, order, &verdict);
        return;
    }
    order->quantity = verdict.quantity;
    risk_note_order(&portfolio->risk, now_us);
}

static void take_simulation(struct portfolio *portfolio, const struct message *message)
{
    const struct simulation_message *simulation = &message->body.simulation;
    uint16_t symbol = message->head.symbol;
    struct holding *holding = &portfolio->holdings[symbol];
    int64_t quantity = portfolio->books.positions[symbol].quantity;
    enum side side = (enum side)simulation->side;
    if (simulation->verdict == VERDICT_REJECT || holding->order.number != 0 ||
        portfolio->adopting) {
        return;
    }
    if (quantity == 0) {
        bool possible = side == SIDE_BUY || portfolio->settings.allow_short;
        if (possible) {
            enter(portfolio, symbol, side, simulation->fraction, message->head.sequence);
        }
    } else if ((quantity > 0) == (side == SIDE_BUY)) {
        holding->expires_at_bar = holding->bar + portfolio->horizon_bars; /* confirmed */
    } else {
        close_position(portfolio, symbol, ORDER_REVERSE, message->head.sequence);
    }
}

/* Books are taken over. The positions' time stops begin anew: when they were opened is not told. */

static void refuse_adoption(struct portfolio *portfolio)
{
    struct books *books = &portfolio->books;
    portfolio->counts.adoptions_refused++;
    memset(books->positions, 0, books->count * sizeof *books->positions);
    books_init(books, books->positions, books->count, portfolio->settings.initial_cash);
    risk_see_positions(&portfolio->risk, books);
    portfolio->adopting = false;
}

static void complete_adoption(struct portfolio *portfolio)
{
    for (size_t i = 0; i < portfolio->symbols; i++) {
        struct holding *holding = &portfolio->holdings[i];
        holding->expires_at_bar = holding->bar + portfolio->horizon_bars;
    }
    portfolio->adopting = false;
    portfolio->counts.adoptions++;
    say_equity(portfolio, false);
}

static void take_adoption(struct portfolio *portfolio, uint16_t symbol,
                          const struct command_message *command)
{
    if (portfolio->counts.orders != 0) {
        portfolio->counts.adoptions_refused++; /* books that something was traded on stay */
        return;
    }
    portfolio->adopting = true;
    switch (adoption_take(&portfolio->books, &portfolio->risk, symbol, command,
                          bus_time(portfolio->bus))) {
    case ADOPTION_GOES_ON:
        break;
    case ADOPTION_DONE:
        complete_adoption(portfolio);
        break;
    case ADOPTION_REFUSED:
        refuse_adoption(portfolio);
        break;
    }
}

/* Time and operators. */

static void take_clock(struct portfolio *portfolio, int64_t now_us)
{
    if (portfolio->adopting) { /* it came to no end within its instant */
        refuse_adoption(portfolio);
    }
    for (size_t i = 0; i < portfolio->symbols; i++) {
        struct order *order = &portfolio->holdings[i].order;
        if (order->number != 0 &&
            now_us - order->placed_us >= portfolio->settings.order_expiry_s * US_PER_S) {
            expire(portfolio, (uint16_t)i, order);
            if (portfolio->holdings[i].flattening) {
                close_position(portfolio, (uint16_t)i, ORDER_FLATTEN, 0);
            }
        }
    }
    note_equity(portfolio, now_us, false);
    if (floor_modulo(now_us, 60 * (int64_t)US_PER_S) == 0) {
        say_equity(portfolio, true);
    }
}

static void take_command(struct portfolio *portfolio, const struct command_message *command)
{
    switch ((enum command_verb)command->verb) {
    case COMMAND_HALT:
        portfolio->counts.halts += portfolio->risk.halted ? 0 : 1;
        risk_halt(&portfolio->risk);
        cancel_entries(portfolio);
        say_equity(portfolio, false);
        break;
    case COMMAND_UNHALT:
        risk_unhalt(&portfolio->risk, &portfolio->books);
        say_equity(portfolio, false);
        break;
    case COMMAND_FLATTEN:
        cancel_entries(portfolio);
        for (size_t i = 0; i < portfolio->symbols; i++) {
            portfolio->holdings[i].flattening = portfolio->books.positions[i].quantity != 0;
            close_position(portfolio, (uint16_t)i, ORDER_FLATTEN, 0);
        }
        break;
    case COMMAND_SET:
        if (settings_assign(&portfolio->settings, "portfolio", command->argument)) {
            risk_set_limits(&portfolio->risk, &portfolio->settings);
        }
        break;
    case COMMAND_LOG_LEVEL:
    case COMMAND_ROTATE:
    case COMMAND_SHUTDOWN:
    case COMMAND_SUSPEND:
    case COMMAND_RESUME:
    case COMMAND_ROLLBACK:
    case COMMAND_ADOPT_CASH:
    case COMMAND_ADOPT_RESULT:
    case COMMAND_ADOPT_TURNOVER:
    case COMMAND_ADOPT_POSITION:
    case COMMAND_ADOPT_PRICE:
    case COMMAND_ADOPT_BOOKS:
    case COMMAND_VERB_COUNT:
        break;
    }
}

/* What is not recorded could not be recovered: entries under way are called off as well. */
static void take_journal(struct portfolio *portfolio, bool failing)
{
    if (failing && !portfolio->risk.journal_failing) {
        cancel_entries(portfolio);
    }
    portfolio->risk.journal_failing = failing;
}

static void handle(void *state, const struct message *message)
{
    struct portfolio *portfolio = state;
    switch (message->head.topic) {
    case TOPIC_TRADE:
        take_trade(portfolio, message);
        break;
    case TOPIC_BAR:
        take_bar(portfolio, message);
        break;
    case TOPIC_SIMULATION:
        take_simulation(portfolio, message);
        break;
    case TOPIC_CLOCK:
        take_clock(portfolio, message->head.time_us);
        break;
    case TOPIC_COMMAND:
        if (adoption_is_verb(message->body.command.verb)) {
            take_adoption(portfolio, message->head.symbol, &message->body.command);
        } else {
            take_command(portfolio, &message->body.command);
        }
        break;
    case TOPIC_VITALS:
        take_journal(portfolio, message->body.vitals.journal_failing != 0);
        break;
    default:
        break;
    }
}

static size_t histories(const void *state, struct history *histories, size_t room)
{
    const struct portfolio *portfolio = state;
    if (room == 0) {
        return 0;
    }
    histories[0] = history_of_ring("portfolio", "trade_history", &portfolio->history);
    return 1;
}

/* State. */

static bool check_holding(const void *value, void *context)
{
    const struct holding *holding = value;
    const struct order *order = &holding->order;
    const int64_t *next_order = context;
    bool sided = order->side == SIDE_BUY || order->side == SIDE_SELL;
    bool open = order->number != 0;
    return order->number >= 0 && order->number < *next_order && order->side < SIDE_COUNT &&
           order->purpose < ORDER_PURPOSE_COUNT && persist_is_flag(&order->reduces) &&
           persist_is_flag(&holding->flattening) &&
           (!open || (sided && order->placed_us >= 0 && order->filled >= 0 &&
                      order->filled < order->quantity && order->quantity <= DECIMAL_MAX));
}

static bool check_fill(const void *value, void *context)
{
    const struct portfolio_fill *fill = value;
    return symbols_were_there(context, fill->symbol);
}

static void persist(void *state, struct persist *persist)
{
    struct portfolio *portfolio = state;
    int64_t next_order =
        persist_integer(persist, "next order", portfolio->next_order, 1, INT64_MAX / 2);
    books_persist(&portfolio->books, persist);
    risk_persist(&portfolio->risk, persist);
    persist_array(persist, "holdings", portfolio->holdings, portfolio->symbols, portfolio->symbols,
                  sizeof *portfolio->holdings, check_holding, &next_order);
    persist_history(persist, "trade_history", &portfolio->history, check_fill, persist);
    PERSIST(persist, portfolio->counts);
    bool adopting = persist_flag(persist, "adopting", portfolio->adopting);
    settings_persist_run_time(&portfolio->settings, "portfolio", persist);
    if (persist_loading(persist)) {
        risk_set_limits(&portfolio->risk, &portfolio->settings);
        risk_see_positions(&portfolio->risk, &portfolio->books);
        portfolio->next_order = next_order;
        portfolio->adopting = adopting;
    }
}

struct module portfolio_module(struct portfolio *portfolio)
{
    return (struct module){.id = MODULE_PORTFOLIO,
                           .state = portfolio,
                           .handle = handle,
                           .histories = histories,
                           .persist = persist,
                           .version = PERSIST_VERSION};
}

const struct portfolio_counts *portfolio_counts(const struct portfolio *portfolio)
{
    return &portfolio->counts;
}

struct portfolio_view portfolio_view(const struct portfolio *portfolio)
{
    return (struct portfolio_view){.settings = &portfolio->settings,
                                   .books = &portfolio->books,
                                   .halted = portfolio->risk.halted,
                                   .drawdown = risk_drawdown(&portfolio->risk, &portfolio->books)};
}

const struct portfolio_fill *portfolio_fill(const struct portfolio *portfolio, size_t index)
{
    return index < ring_size(&portfolio->history) ? ring_newest(&portfolio->history, index) : NULL;
}
