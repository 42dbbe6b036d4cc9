/* explain SEQ: the chain as data, and as the lines that a person reads. */
#include <string.h>

#include "tickd/ops/control_call.h"

/* A link of a chain as the message that it was. */
static void print_message(struct call *call, const char *key, const struct message_head *head,
                          const void *body)
{
    struct message message = {.head = *head};

    memcpy(&message.body, body, topic_body_size((enum topic)head->topic));
    json_raw(call->json, key);
    message_print_json(&message, engine_symbols(call->desk->host->engine), call->json->out);
}

static struct message_head head_of(enum topic topic, enum module_id sender, uint64_t sequence,
                                   int64_t time_us, uint16_t symbol)
{
    return (struct message_head){.sequence = sequence,
                                 .time_us = time_us,
                                 .topic = (uint8_t)topic,
                                 .sender = (uint8_t)sender,
                                 .symbol = symbol};
}

/* Links are of the same moment as the order that they led to. */
static void print_link(struct call *call, const char *key, const struct explain_order *order,
                       enum topic topic, enum module_id sender, uint64_t sequence, const void *body)
{
    struct message_head head =
        head_of(topic, sender, sequence, order->head.time_us, order->head.symbol);

    if (sequence == 0)
        json_null(call->json, key);
    else
        print_message(call, key, &head, body);
}

static void print_vote(struct json *json, const struct agent_manager *agents, size_t place,
                       int8_t vote, uint16_t weight, int64_t time_us)
{
    struct agent_row row;

    json_begin_object(json, NULL);
    json_count(json, "id", place + 1);
    if (agent_manager_row(agents, place, &row))
        json_text(json, "species", species_name(row.species));
    json_count(json, "version", explain_version(agents, place, time_us));
    if (vote == VOTE_ABSTAINS)
        json_null(json, "vote");
    else
        json_integer(json, "vote", vote);
    json_real(json, "weight", (double)weight / SHARE_ONE);
    json_end(json);
}

static void print_votes(struct call *call, size_t agents, const int8_t *votes,
                        const uint16_t *weights, int64_t time_us)
{
    struct explain_sources sources = engine_explain_sources(call->desk->host->engine);

    json_begin_rows(call->json, "votes");
    for (size_t place = 0; place < agents && place < AGENTS_MAX; place++)
        print_vote(call->json, sources.agents, place, votes[place], weights[place], time_us);
    json_end(call->json);
}

static void print_bar(struct json *json, const struct explain_bar *bar)
{
    if (bar->sequence == 0) {
        json_null(json, "bar");
        return;
    }
    json_begin_object(json, "bar");
    json_count(json, "seq", bar->sequence);
    json_integer(json, "start_ms", bar->start_ms);
    json_money(json, "open", bar->open);
    json_money(json, "high", bar->high);
    json_money(json, "low", bar->low);
    json_money(json, "close", bar->close);
    json_money(json, "volume", bar->volume);
    json_integer(json, "trades", bar->trades);
    json_real(json, "volatility", bar->volatility);
    json_real(json, "spread", bar->spread);
    json_end(json);
}

static void print_origin(struct call *call, const struct explain_origin *origin)
{
    struct command_message command = {.uid = origin->uid, .verb = origin->verb};
    struct clock_message clock = {0};

    if (origin->head.sequence == 0)
        json_null(call->json, "origin");
    else if (origin->head.topic == TOPIC_TRADE)
        print_message(call, "origin", &origin->head, &origin->trade);
    else if (origin->head.topic == TOPIC_COMMAND)
        print_message(call, "origin", &origin->head, &command);
    else
        print_message(call, "origin", &origin->head, &clock);
}

static void print_executions(struct json *json, const char *key,
                             const struct explain_executions *executions)
{
    if (executions->fills == 0) {
        json_null(json, key);
        return;
    }
    json_begin_object(json, key);
    json_count(json, "fills", executions->fills);
    json_count(json, "first_seq", executions->first_sequence);
    json_count(json, "last_seq", executions->last_sequence);
    json_integer(json, "first_us", executions->first_us);
    json_integer(json, "last_us", executions->last_us);
    json_money(json, "quantity", executions->quantity);
    json_money(json, "value", executions->value);
    json_money(json, "fees", executions->fees);
    json_money(json, "realised_pnl", executions->realised_pnl);
    json_end(json);
}

/* Null while the order is under way. */
static void print_end(struct json *json, const struct explain_order *order)
{
    if (order->end == TOPIC_ORDER) {
        json_null(json, "end");
        return;
    }
    json_begin_object(json, "end");
    json_text(json, "topic", topic_name(order->end));
    json_count(json, "seq", order->end_sequence);
    json_integer(json, "time_us", order->end_us);
    if (order->end == TOPIC_REJECT) {
        json_text(json, "reason", reject_reason_name(order->reject_reason));
        json_money(json, "limit", order->reject_limit);
        json_money(json, "would_be", order->reject_would_be);
    }
    json_end(json);
}

/* What became of the position that it opened; null when it opened none. */
static void print_position(struct json *json, const struct explain_order *order)
{
    if (order->order.purpose != ORDER_ENTER || order->filled.fills == 0) {
        json_null(json, "position");
        return;
    }
    json_begin_object(json, "position");
    print_executions(json, "closed", &order->closed);
    json_integer(json, "closed_by", order->closed_by);
    json_integer(json, "closed_us", order->closed_us);
    json_count(json, "prolonged", order->confirmed);
    json_count(json, "prolonged_seq", order->confirmed_sequence);
    json_end(json);
}

static void print_chain(struct call *call, const char *key, const struct explain_order *order)
{
    struct json *json = call->json;

    if (order == NULL) {
        json_null(json, key);
        return;
    }
    json_begin_object(json, key);
    print_message(call, "order", &order->head, &order->order);
    print_link(call, "simulation", order, TOPIC_SIMULATION, MODULE_SIMULATOR,
               order->simulation_sequence, &order->simulation);
    print_link(call, "decision", order, TOPIC_DECISION, MODULE_CONSENSUS, order->decision_sequence,
               &order->decision);
    print_votes(call, order->agents, order->votes, order->weights, order->head.time_us);
    print_bar(json, &order->bar);
    print_origin(call, &order->origin);
    print_executions(json, "filled", &order->filled);
    print_end(json, order);
    print_position(json, order);
    json_end(json);
}

/* What there is of a decision that led to no order. */
static void print_decision_alone(struct call *call, const struct explanation *found)
{
    const struct consensus_entry *decision = found->decision;
    const struct simulator_entry *simulation = found->simulation;

    if (decision != NULL) {
        struct message_head head = head_of(TOPIC_DECISION, MODULE_CONSENSUS, decision->sequence,
                                           decision->time_us, decision->symbol);

        print_message(call, "decision", &head, &decision->decision);
        print_votes(call, decision->agents, decision->votes, decision->weights, decision->time_us);
    }
    if (simulation != NULL) {
        struct message_head head = head_of(TOPIC_SIMULATION, MODULE_SIMULATOR, simulation->sequence,
                                           simulation->time_us, simulation->symbol);

        print_message(call, "simulation", &head, &simulation->simulation);
    }
}

static void print_lines(struct json *json, const char *lines)
{
    json_begin_rows(json, "lines");
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");

        json_raw(json, NULL);
        text_add_json(json->out, lines, length);
        lines += length + (lines[length] == '\n' ? 1 : 0);
    }
    json_end(json);
}

static void print_found(struct call *call, const struct explanation *found, const char *lines)
{
    const struct symbol_table *symbols = engine_symbols(call->desk->host->engine);
    struct json *json = call->json;

    json_begin_object(json, NULL);
    json_count(json, "seq", found->sequence);
    json_text(json, "topic", topic_name(found->topic));
    json_text(json, "symbol", symbols_name(symbols, found->symbol));
    if (found->topic == TOPIC_FILL) {
        struct message_head head = head_of(TOPIC_FILL, MODULE_PORTFOLIO, found->sequence,
                                           found->fill.time_us, found->symbol);

        print_message(call, "fill", &head, &found->fill.fill);
    }
    if (found->order == NULL)
        print_decision_alone(call, found);
    print_chain(call, "chain", found->order);
    print_chain(call, "opened_by", found->entry);
    if (found->simulation != NULL)
        json_real(json, "horizon_outcome", found->simulation->outcome);
    print_lines(json, lines);
    json_end(json);
}

enum control_outcome answer_explain(struct call *call)
{
    static char memory[EXPLAIN_TEXT_MAX];
    struct explain_sources sources = engine_explain_sources(call->desk->host->engine);
    struct explanation found;
    struct text lines;
    int64_t sequence = 0;

    if (!call_take_number(call, 0, INT64_MAX, &sequence))
        return CONTROL_ANSWERED;
    text_init(&lines, memory, sizeof memory);
    explain_print(&sources, (uint64_t)sequence, &lines);
    if (explain_find(&sources, (uint64_t)sequence, &found) == EXPLAIN_FOUND) {
        print_found(call, &found, memory);
    } else {
        memory[strcspn(memory, "\n")] = '\0';
        rpc_fault_set(call->fault, RPC_NOT_FOUND, "%s", memory);
    }
    return CONTROL_ANSWERED;
}
