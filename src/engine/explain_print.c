/* Explanations as lines for people. A chain is told from its end to its beginning, each link with
 * its message's sequence number. */
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/engine/explain.h"

#include <string.h>

/* Pieces. */

static void add_money(struct text *out, int64_t value)
{
    char digits[DECIMAL_TEXT_MAX];
    decimal_print(value, digits);
    text_add(out, digits);
}

static void add_time_us(struct text *out, int64_t time_us)
{
    char time[CALENDAR_TEXT_MAX];
    calendar_print_us(time_us, 6, time);
    text_add(out, time);
}

static void add_time_ms(struct text *out, int64_t time_ms)
{
    char time[CALENDAR_TEXT_MAX];
    calendar_print_us(time_ms * US_PER_MS, 3, time);
    text_add(out, time);
}

/* A part of a price, in basis points; " not known" where it is not. */
static void add_bps(struct text *out, const char *label, double part)
{
    if (part == part) {
        text_format(out, "%s %.2f bps", label, part * 1e4);
    } else {
        text_format(out, "%s not known", label);
    }
}

static void add_percent(struct text *out, const char *label, double part)
{
    if (part == part) {
        text_format(out, "%s %.1f%%", label, part * 100);
    } else {
        text_format(out, "%s not known", label);
    }
}

/* "decision (18228)  " in a column of its own. */
static void begin_link(struct text *out, const char *name, uint64_t sequence)
{
    char memory[48];
    struct text label;
    text_init(&label, memory, sizeof memory);
    text_add(&label, name);
    if (sequence != 0) {
        text_format(&label, " (%llu)", (unsigned long long)sequence);
    }
    text_format(out, "%-22s ", memory);
}

static void begin_more(struct text *out)
{
    begin_link(out, "", 0);
}

static void end_line(struct text *out)
{
    text_add_char(out, '\n');
}

/* "53.2 at 187.43 on average in 2 fills" */
static void add_executions(struct text *out, const struct explain_executions *executions)
{
    int64_t average = 0;
    add_money(out, executions->quantity);
    if (decimal_divide(executions->value, executions->quantity, DECIMAL_HALF_EVEN, &average) == 0) {
        text_add(out, " at ");
        add_money(out, average);
    }
    text_format(out, executions->fills == 1 ? " in one fill" : " on average in %llu fills",
                (unsigned long long)executions->fills);
}

/* Links of a chain. */

static void print_origin(const struct explain_sources *sources, const struct explain_origin *origin,
                         struct text *out)
{
    if (origin->head.sequence == 0) {
        begin_link(out, "began with", 0);
        text_add(out, "what is not known any more\n");
        return;
    }
    begin_link(out, "began with", origin->head.sequence);
    if (origin->head.topic == TOPIC_TRADE) {
        text_format(out, "a trade of %s, ", symbols_name(sources->symbols, origin->head.symbol));
        add_money(out, origin->trade.volume);
        text_add(out, " at ");
        add_money(out, origin->trade.price);
        text_add(out, ", made ");
        add_time_ms(out, origin->trade.time_ms);
        text_add(out, ", received ");
    } else if (origin->head.topic == TOPIC_COMMAND) {
        text_format(out, "the command %s of uid %u, at ", command_verb_name(origin->verb),
                    origin->uid);
    } else {
        text_add(out, "the clock, at ");
    }
    add_time_us(out, origin->head.time_us);
    end_line(out);
}

static void print_bar(const struct explain_bar *bar, struct text *out)
{
    begin_link(out, "bar", bar->sequence);
    text_add(out, "of ");
    add_time_ms(out, bar->start_ms);
    text_add(out, ": open ");
    add_money(out, bar->open);
    text_add(out, ", high ");
    add_money(out, bar->high);
    text_add(out, ", low ");
    add_money(out, bar->low);
    text_add(out, ", close ");
    add_money(out, bar->close);
    end_line(out);
    begin_more(out);
    text_format(out, "%lld trades, volume ", (long long)bar->trades);
    add_money(out, bar->volume);
    add_bps(out, "; volatility", bar->volatility);
    add_bps(out, ", spread", bar->spread);
    end_line(out);
}

/* A ballot with the weights of who votes. */
struct vote_list {
    uint64_t sequence; /* of the BALLOT, 0 = not known */
    int64_t time_us;
    size_t agents;
    const int8_t *votes;
    const uint16_t *weights;
};

static void add_agent(const struct explain_sources *sources, size_t place, int64_t time_us,
                      struct text *out)
{
    struct agent_row row;
    uint32_t version = explain_version(sources->agents, place, time_us);
    bool known = agent_manager_row(sources->agents, place, &row);
    text_format(out, "%2zu  %-14s  ", place + 1, known ? species_name(row.species) : "");
    if (version != 0) {
        text_format(out, "version %-4u", version);
    } else {
        text_add(out, "            ");
    }
}

static void print_vote(const struct explain_sources *sources, const struct vote_list *list,
                       size_t place, struct text *out)
{
    int8_t vote = list->votes[place];
    begin_more(out);
    add_agent(sources, place, list->time_us, out);
    if (vote == VOTE_ABSTAINS) {
        text_add(out, "abstains ");
    } else if (vote == 0) {
        text_add(out, "hold     ");
    } else {
        text_format(out, "%-4s %3d%%", vote > 0 ? "buy" : "sell", vote < 0 ? -vote : vote);
    }
    text_format(out, "  weight %5.2f%%\n", 100.0 * list->weights[place] / SHARE_ONE);
}

static void print_votes(const struct explain_sources *sources, const struct vote_list *list,
                        struct text *out)
{
    begin_link(out, "votes", list->sequence);
    if (list->agents == 0) {
        text_add(out, "not known\n");
        return;
    }
    text_format(out, "of %zu agents, by id; the coin never counts\n", list->agents);
    for (size_t place = 0; place < list->agents && place < AGENTS_MAX; place++) {
        print_vote(sources, list, place, out);
    }
}

static void print_decision(uint64_t sequence, const struct decision_message *decision,
                           struct text *out)
{
    begin_link(out, "decision", sequence);
    text_format(out, "%s, by the model %s (%s): score %.3f", side_name(decision->side),
                consensus_model_name(decision->model), decision_reason_name(decision->reason),
                decision->score);
    add_percent(out, ", confidence", decision->confidence);
    end_line(out);
    begin_more(out);
    add_percent(out, "support", decision->support);
    add_percent(out, ", quorum", decision->quorum);
    text_format(out, ", dissent %.3f, robustness %u\n", decision->dissent, decision->robustness);
}

static void print_simulation(uint64_t sequence, const struct simulation_message *simulation,
                             struct text *out)
{
    begin_link(out, "simulation", sequence);
    text_format(out, "%s %s: %s", verdict_name(simulation->verdict), side_name(simulation->side),
                simulation_reason_name(simulation->reason));
    add_percent(out, "; to hold", simulation->fraction);
    text_add(out, " of equity\n");
    begin_more(out);
    add_bps(out, "edge", simulation->edge);
    add_bps(out, " with an error of", simulation->edge_error);
    text_format(out, " from %.1f trades", simulation->outcomes);
    add_bps(out, ", sure of", simulation->bound);
    end_line(out);
    begin_more(out);
    add_bps(out, "costs", simulation->costs);
    add_bps(out, ", expected value", simulation->expected_value);
    add_percent(out, "; stronger than", simulation->strength);
    text_add(out, " of the symbol's decisions\n");
    begin_more(out);
    add_percent(out, "probability of profit", simulation->probability_profit);
    add_bps(out, ", value at risk", simulation->value_at_risk);
    add_bps(out, ", expected shortfall", simulation->expected_shortfall);
    text_format(out, " (95%%, %u paths)\n", simulation->paths);
}

/* Why there was an order at all. */
static const char *reason_of(enum order_purpose purpose)
{
    switch (purpose) {
    case ORDER_ENTER:
        return "the simulation let the decision through";
    case ORDER_REVERSE:
        return "the simulation let a decision to the other side through";
    case ORDER_STOP_LOSS:
        return "the position's loss had reached portfolio.stop_loss_bps";
    case ORDER_TAKE_PROFIT:
        return "the position's profit had reached portfolio.take_profit_bps";
    case ORDER_TIME_STOP:
        return "no decision had confirmed the position for a horizon";
    case ORDER_FLATTEN:
        return "an operator had every position closed";
    case ORDER_PURPOSE_COUNT:
        break;
    }
    return "";
}

static void print_end(const struct explain_order *order, struct text *out)
{
    begin_more(out);
    if (order->filled.fills > 0) {
        text_add(out, "filled ");
        add_executions(out, &order->filled);
        text_add(out, ", fees ");
        add_money(out, order->filled.fees);
        end_line(out);
        begin_more(out);
    }
    if (order->end == TOPIC_FILL) {
        text_add(out, "done at ");
    } else if (order->end == TOPIC_EXPIRED) {
        text_add(out, "expired, or called off, at ");
    } else if (order->end == TOPIC_REJECT) {
        text_format(out, "refused, %s: would be ", reject_reason_name(order->reject_reason));
        add_money(out, order->reject_would_be);
        text_add(out, ", the limit is ");
        add_money(out, order->reject_limit);
        text_add(out, "; at ");
    } else {
        text_add(out, "still under way\n");
        return;
    }
    add_time_us(out, order->end_us);
    text_format(out, " (%llu)\n", (unsigned long long)order->end_sequence);
}

static void print_chain(const struct explain_sources *sources, const struct explain_order *order,
                        struct text *out)
{
    begin_link(out, "order", order->head.sequence);
    text_format(out, "number %lld, %s: %s ", (long long)order->order.order,
                order_purpose_name(order->order.purpose), side_name(order->order.side));
    add_money(out, order->order.quantity);
    text_add(out, " when the price was ");
    add_money(out, order->order.price);
    text_add(out, ", at ");
    add_time_us(out, order->head.time_us);
    end_line(out);
    begin_more(out);
    text_format(out, "because %s\n", reason_of((enum order_purpose)order->order.purpose));
    print_end(order, out);
    if (order->simulation_sequence != 0) {
        print_simulation(order->simulation_sequence, &order->simulation, out);
    }
    if (order->decision_sequence != 0) {
        print_decision(order->decision_sequence, &order->decision, out);
        struct vote_list list = {.sequence = order->ballot_sequence,
                                 .time_us = order->head.time_us,
                                 .agents = order->agents,
                                 .votes = order->votes,
                                 .weights = order->weights};
        print_votes(sources, &list, out);
    }
    if (order->bar.sequence != 0) {
        print_bar(&order->bar, out);
    }
    print_origin(sources, &order->origin, out);
}

/* What became of it. */

/* What became of the decision, whatever was done about it. */
static void print_horizon(const struct simulator_entry *simulation, struct text *out)
{
    if (simulation != NULL && simulation->outcome == simulation->outcome) {
        begin_link(out, "the horizon", 0);
        add_bps(out, "in its direction the price moved", simulation->outcome);
        text_add(out, " over the horizon, before costs\n");
    }
}

static void print_gain(const struct explain_order *entry, struct text *out)
{
    int64_t fees = 0;
    int64_t net = 0;
    (void)decimal_add(entry->filled.fees, entry->closed.fees, &fees);
    (void)decimal_subtract(entry->closed.realised_pnl, fees, &net);
    text_add(out, "realised ");
    add_money(out, entry->closed.realised_pnl);
    text_add(out, " before fees of ");
    add_money(out, fees);
    text_add(out, ", ");
    add_money(out, net);
    text_add(out, " after them\n");
}

static void print_closing(const struct explain_order *entry, const struct explain_order *exit,
                          struct text *out)
{
    text_add(out, entry->closed_us != 0 ? "was closed: " : "is closed in part: ");
    add_executions(out, &entry->closed);
    end_line(out);
    begin_more(out);
    text_format(out, "by order number %lld", (long long)entry->closed_by);
    if (exit != NULL) {
        text_format(out, " (%llu), %s", (unsigned long long)exit->head.sequence,
                    order_purpose_name(exit->order.purpose));
    }
    if (entry->closed_us != 0) {
        text_add(out, "; flat at ");
        add_time_us(out, entry->closed_us);
    }
    end_line(out);
    begin_more(out);
    print_gain(entry, out);
}

static void print_position(const struct explain_order *entry, const struct explain_order *exit,
                           struct text *out)
{
    if (entry->filled.fills == 0) {
        return;
    }
    begin_link(out, "the position", 0);
    if (entry->closed.fills == 0) {
        text_add(out, "is still open\n");
    } else {
        print_closing(entry, exit, out);
    }
    if (entry->confirmed > 0) {
        begin_more(out);
        text_format(out, "prolonged %llu time%s, last by simulation (%llu)\n",
                    (unsigned long long)entry->confirmed, entry->confirmed == 1 ? "" : "s",
                    (unsigned long long)entry->confirmed_sequence);
    }
}

/* Answers. */

static void print_fill(const struct explanation *found, struct text *out)
{
    const struct fill_message *fill = &found->fill.fill;
    int64_t worse =
        fill->side == SIDE_BUY ? fill->price - fill->trade_price : fill->trade_price - fill->price;
    begin_link(out, "fill", found->sequence);
    text_format(out, "of order number %lld: %s ", (long long)fill->order, side_name(fill->side));
    add_money(out, fill->quantity);
    text_add(out, " at ");
    add_money(out, fill->price);
    text_add(out, ", fee ");
    add_money(out, fill->fee);
    text_add(out, ", at ");
    add_time_us(out, found->fill.time_us);
    end_line(out);
    begin_more(out);
    text_add(out, "on a trade at ");
    add_money(out, fill->trade_price);
    add_bps(out, ", worse for spread and slippage by",
            fill->trade_price > 0 ? (double)worse / (double)fill->trade_price : 0);
    text_add(out, fill->done != 0 ? "; the order's last\n" : "; not the order's last\n");
    begin_more(out);
    text_add(out, "after it: position ");
    add_money(out, fill->position);
    text_add(out, ", cash ");
    add_money(out, fill->cash);
    text_add(out, ", realised by it ");
    add_money(out, fill->realised_pnl);
    end_line(out);
}

static void print_without_order(const struct explain_sources *sources,
                                const struct explanation *found, struct text *out)
{
    begin_link(out, "order", 0);
    text_add(out, found->order_gone ? "has left the ring of explanations (history.explanations)\n"
                                    : "none came of it\n");
    if (found->simulation != NULL) {
        print_simulation(found->simulation->sequence, &found->simulation->simulation, out);
    }
    if (found->decision != NULL) {
        const struct consensus_entry *decision = found->decision;
        print_decision(decision->sequence, &decision->decision, out);
        struct vote_list list = {.time_us = decision->time_us,
                                 .agents = decision->agents,
                                 .votes = decision->votes,
                                 .weights = decision->weights};
        print_votes(sources, &list, out);
    }
}

static void print_found(const struct explain_sources *sources, const struct explanation *found,
                        struct text *out)
{
    text_format(out, "%s %llu, %s\n", topic_name(found->topic), (unsigned long long)found->sequence,
                symbols_name(sources->symbols, found->symbol));
    if (found->topic == TOPIC_FILL) {
        print_fill(found, out);
    }
    if (found->order == NULL) {
        print_without_order(sources, found, out);
        print_horizon(found->simulation, out);
        return;
    }
    print_chain(sources, found->order, out);
    print_horizon(found->simulation, out);
    if (found->order->order.purpose == ORDER_ENTER) {
        print_position(found->order, found->exit, out);
    } else if (found->entry != NULL) {
        text_add(out, "It closes what this order opened:\n");
        print_chain(sources, found->entry, out);
        print_position(found->entry, explain_order(sources->explain, found->entry->closed_by), out);
    } else {
        begin_link(out, "the position", 0);
        text_add(out, "was opened by an order that has left the ring of explanations"
                      " (history.explanations)\n");
    }
}

static const char *article_of(const char *name)
{
    return strchr("AEIOU", name[0]) != NULL ? "an" : "a";
}

void explain_print(const struct explain_sources *sources, uint64_t sequence, struct text *out)
{
    struct explanation found;
    switch (explain_find(sources, sequence, &found)) {
    case EXPLAIN_FOUND:
        print_found(sources, &found, out);
        break;
    case EXPLAIN_GONE:
        text_format(out, "%llu has left the rings that explanations are made from\n",
                    (unsigned long long)sequence);
        break;
    case EXPLAIN_NOTHING:
        if (found.topic < TOPIC_COUNT) {
            text_format(out,
                        "%llu is %s %s; explained are FILL, ORDER, REJECT, EXPIRED, SIMULATION"
                        " and DECISION\n",
                        (unsigned long long)sequence, article_of(topic_name(found.topic)),
                        topic_name(found.topic));
        } else {
            text_format(out, "%llu is no message yet; the newest is %llu\n",
                        (unsigned long long)sequence,
                        (unsigned long long)bus_published(sources->bus));
        }
        break;
    }
}
