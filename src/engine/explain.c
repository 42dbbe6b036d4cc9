/* The recorder: chains as they are made. */
#include "tickd/engine/explain.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"

/* Numbers of records, counted from 1; 0 = none. */
struct explain_symbol {
    uint64_t open;  /* whose order is under way */
    uint64_t entry; /* whose order opened the position */
};

struct explain {
    const struct bus *bus;
    const struct consensus *consensus;
    struct ring orders; /* of struct explain_order */
    struct explain_symbol *of;
    size_t symbols;
};

/* A record by its number, to be written; NULL when it has been overwritten. */
static struct explain_order *record_of(struct explain *explain, uint64_t number)
{
    struct ring *orders = &explain->orders;
    if (number == 0 || ring_by_number(orders, number - 1) == NULL) {
        return NULL;
    }
    void *slot = orders->entries + (size_t)((number - 1) % orders->capacity) * orders->entry_size;
    return slot;
}

/* The chain. */

static const struct message *cause_of(const struct explain *explain, const struct message *message)
{
    const struct message_head *head = &message->head;
    return head->caused_by == 0 || head->caused_by >= head->sequence
               ? NULL
               : bus_message(explain->bus, head->sequence - head->caused_by);
}

static void take_votes(const struct explain *explain, struct explain_order *record,
                       uint64_t decision)
{
    const struct consensus_entry *entry;
    for (size_t i = 0; explain->consensus != NULL; i++) {
        entry = consensus_entry(explain->consensus, i);
        if (entry == NULL || entry->sequence < decision) {
            return;
        }
        if (entry->sequence == decision) {
            record->agents = entry->agents;
            memcpy(record->votes, entry->votes, sizeof record->votes);
            memcpy(record->weights, entry->weights, sizeof record->weights);
            return;
        }
    }
}

static struct explain_bar bar_of(const struct message *message)
{
    const struct bar_message *bar = &message->body.bar;
    return (struct explain_bar){.sequence = message->head.sequence,
                                .start_ms = bar->start_ms,
                                .open = bar->open,
                                .high = bar->high,
                                .low = bar->low,
                                .close = bar->close,
                                .volume = bar->volume,
                                .trades = bar->trades,
                                .volatility = bar->indicators.ewma_volatility,
                                .spread = bar->spread};
}

static void take_origin(struct explain_order *record, const struct message *message)
{
    record->origin.head = message->head;
    if (message->head.topic == TOPIC_TRADE) {
        record->origin.trade = message->body.trade;
    } else if (message->head.topic == TOPIC_COMMAND) {
        record->origin.uid = message->body.command.uid;
        record->origin.verb = message->body.command.verb;
    }
}

static void take_link(const struct explain *explain, struct explain_order *record,
                      const struct message *message)
{
    uint64_t sequence = message->head.sequence;
    switch (message->head.topic) {
    case TOPIC_SIMULATION:
        record->simulation_sequence = sequence;
        record->simulation = message->body.simulation;
        break;
    case TOPIC_DECISION:
        record->decision_sequence = sequence;
        record->decision = message->body.decision;
        take_votes(explain, record, sequence);
        break;
    case TOPIC_BALLOT:
        record->ballot_sequence = sequence;
        break;
    case TOPIC_BAR:
        record->bar = bar_of(message);
        break;
    default:
        take_origin(record, message);
        break;
    }
}

static void take_order(struct explain *explain, struct explain_symbol *symbol,
                       const struct message *message)
{
    struct explain_order *record = ring_append(&explain->orders);
    const struct explain_order *entry = record_of(explain, symbol->entry);
    memset(record, 0, sizeof *record);
    record->head = message->head;
    record->order = message->body.order;
    record->end = TOPIC_ORDER;
    record->opened_by = entry != NULL ? entry->order.order : 0;
    const struct message *link = cause_of(explain, message);
    while (link != NULL) {
        take_link(explain, record, link);
        link = cause_of(explain, link);
    }
    symbol->open = explain->orders.appended;
}

/* What became of it. */

static void add_money(int64_t *sum, int64_t value)
{
    (void)decimal_add(*sum, value, sum); /* a sum that does not fit stays what it was */
}

static void add_execution(struct explain_executions *executions, const struct message *message)
{
    const struct fill_message *fill = &message->body.fill;
    int64_t value = 0;
    if (executions->fills == 0) {
        executions->first_sequence = message->head.sequence;
        executions->first_us = message->head.time_us;
    }
    executions->fills++;
    executions->last_sequence = message->head.sequence;
    executions->last_us = message->head.time_us;
    add_money(&executions->quantity, fill->quantity);
    if (decimal_multiply(fill->quantity, fill->price, DECIMAL_HALF_EVEN, &value) == 0) {
        add_money(&executions->value, value);
    }
    add_money(&executions->fees, fill->fee);
    add_money(&executions->realised_pnl, fill->realised_pnl);
}

/* The record of the order that is under way, if it is this one. */
static struct explain_order *open_record(struct explain *explain,
                                         const struct explain_symbol *symbol, int64_t order)
{
    struct explain_order *record = record_of(explain, symbol->open);
    return record != NULL && record->order.order == order ? record : NULL;
}

static void end_order(struct explain_symbol *symbol, struct explain_order *record,
                      const struct message *message)
{
    symbol->open = 0;
    if (record != NULL) {
        record->end = (enum topic)message->head.topic;
        record->end_sequence = message->head.sequence;
        record->end_us = message->head.time_us;
    }
}

/* A fill of an order that closes: the entry hears of it. */
static void close_entry(struct explain *explain, struct explain_symbol *symbol,
                        const struct message *message)
{
    struct explain_order *entry = record_of(explain, symbol->entry);
    const struct fill_message *fill = &message->body.fill;
    if (entry != NULL) {
        entry->closed_by = fill->order;
        add_execution(&entry->closed, message);
        entry->closed_us = fill->position == 0 ? message->head.time_us : 0;
    }
    symbol->entry = fill->position == 0 ? 0 : symbol->entry;
}

static void take_fill(struct explain *explain, struct explain_symbol *symbol,
                      const struct message *message)
{
    const struct fill_message *fill = &message->body.fill;
    struct explain_order *record = open_record(explain, symbol, fill->order);
    if (record != NULL) {
        add_execution(&record->filled, message);
    }
    if (fill->purpose == ORDER_ENTER) {
        symbol->entry = symbol->open;
    } else {
        close_entry(explain, symbol, message);
    }
    if (fill->done != 0) {
        end_order(symbol, record, message);
    }
}

static void take_reject(struct explain *explain, struct explain_symbol *symbol,
                        const struct message *message)
{
    const struct reject_message *reject = &message->body.reject;
    struct explain_order *record = open_record(explain, symbol, reject->order);
    if (record != NULL) {
        record->reject_reason = (enum reject_reason)reject->reason;
        record->reject_limit = reject->limit;
        record->reject_would_be = reject->would_be;
    }
    end_order(symbol, record, message);
}

/* A simulation that was let through, of the side that is held, prolongs the position. */
static void take_simulation(struct explain *explain, const struct explain_symbol *symbol,
                            const struct message *message)
{
    const struct simulation_message *simulation = &message->body.simulation;
    struct explain_order *entry = record_of(explain, symbol->entry);
    if (entry != NULL && symbol->open == 0 && simulation->verdict != VERDICT_REJECT &&
        simulation->side == entry->order.side) {
        entry->confirmed++;
        entry->confirmed_sequence = message->head.sequence;
    }
}

static void see(void *state, const struct message *message)
{
    struct explain *explain = state;
    if (message->head.symbol >= explain->symbols) {
        return;
    }
    struct explain_symbol *symbol = &explain->of[message->head.symbol];
    switch (message->head.topic) {
    case TOPIC_SIMULATION:
        take_simulation(explain, symbol, message);
        break;
    case TOPIC_ORDER:
        take_order(explain, symbol, message);
        break;
    case TOPIC_FILL:
        take_fill(explain, symbol, message);
        break;
    case TOPIC_REJECT:
        take_reject(explain, symbol, message);
        break;
    case TOPIC_EXPIRED:
        end_order(symbol, open_record(explain, symbol, message->body.expired.order), message);
        break;
    default:
        break;
    }
}

/* Life. */

struct explain *explain_create(struct arena *arena, int64_t orders_kept, size_t symbols,
                               struct bus *bus, const struct consensus *consensus)
{
    struct explain *explain = arena_take(arena, "explain", "state", 1, sizeof *explain);
    struct explain_symbol *of = arena_take(arena, "explain", "symbols", symbols, sizeof *of);
    struct ring orders;
    ring_init(&orders, arena, "explain", "explanations", (size_t)orders_kept,
              sizeof(struct explain_order));
    if (arena_measuring(arena)) {
        return NULL;
    }
    *explain = (struct explain){
        .bus = bus, .consensus = consensus, .orders = orders, .of = of, .symbols = symbols};
    int error = bus_add_tap(bus, (struct tap){.see = see, .state = explain});
    ASSERT(error == 0);
    return explain;
}

/* Readers. */

const struct explain_order *explain_newest(const struct explain *explain, size_t index)
{
    return index < ring_size(&explain->orders) ? ring_newest(&explain->orders, index) : NULL;
}

const struct explain_order *explain_order(const struct explain *explain, int64_t number)
{
    const struct explain_order *record;
    for (size_t i = 0; (record = explain_newest(explain, i)) != NULL; i++) {
        if (record->order.order == number) {
            return record;
        }
    }
    return NULL;
}

struct history explain_history(const struct explain *explain)
{
    return history_of_ring("engine", "explanations", &explain->orders);
}

/* State. */

static bool check_head(const struct message_head *head, const struct persist *persist)
{
    return head->topic < TOPIC_COUNT && head->sender < MODULE_COUNT &&
           symbols_were_there(persist, head->symbol);
}

static bool check_order(const void *value, void *context)
{
    const struct explain_order *record = value;
    return check_head(&record->head, context) && check_head(&record->origin.head, context) &&
           record->agents <= AGENTS_MAX && record->end < TOPIC_COUNT &&
           record->reject_reason < REJECT_REASON_COUNT;
}

void explain_persist(struct explain *explain, struct persist *persist)
{
    persist_history(persist, "explanations", &explain->orders, check_order, persist);
    persist_array(persist, "orders of symbols", explain->of, explain->symbols, explain->symbols,
                  sizeof *explain->of, NULL, NULL);
}
