/* For each rule and symbol a short queue of debts, oldest first. When a queue is full the new debt
 * is not remembered one by one: the oldest, which decide how late a module is, always are. */
#include "tickd/bus/ledger.h"

#include <string.h>

#include "tickd/base/assert.h"

struct debts {
    uint32_t count;
    uint32_t unused;
    struct owed queue[BUS_DEBTS_MAX];
};

struct rule_list {
    size_t count;
    uint8_t rules[BUS_RULES_MAX];
};

struct ledger {
    const struct owed_rule *rules;
    size_t rule_count;
    size_t symbols; /* and one more place, for messages without a symbol */
    struct rule_list asked_by[TOPIC_COUNT];
    struct rule_list answered_by[TOPIC_COUNT];
    struct debts *debts; /* [rule][symbol] */
};

struct ledger *ledger_create(struct arena *arena, size_t symbols)
{
    struct ledger *ledger = arena_take(arena, "bus", "ledger", 1, sizeof *ledger);
    struct debts *debts =
        arena_take(arena, "bus", "debts", BUS_RULES_MAX * (symbols + 1), sizeof *debts);
    if (arena_measuring(arena)) {
        return NULL;
    }
    ledger->debts = debts;
    ledger->symbols = symbols;
    return ledger;
}

void ledger_set_rules(struct ledger *ledger, const struct owed_rule *rules, size_t count)
{
    ASSERT(count <= BUS_RULES_MAX);
    ledger->rules = rules;
    ledger->rule_count = count;
    memset(ledger->asked_by, 0, sizeof ledger->asked_by);
    memset(ledger->answered_by, 0, sizeof ledger->answered_by);
    memset(ledger->debts, 0, BUS_RULES_MAX * (ledger->symbols + 1) * sizeof *ledger->debts);
    for (size_t i = 0; i < count; i++) {
        struct rule_list *asked = &ledger->asked_by[rules[i].topic];
        asked->rules[asked->count++] = (uint8_t)i;
        for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
            struct rule_list *answered = &ledger->answered_by[topic];
            if ((rules[i].answers & TOPIC_BIT(topic)) != 0) {
                answered->rules[answered->count++] = (uint8_t)i;
            }
        }
    }
}

static struct debts *debts_of(const struct ledger *ledger, size_t rule, uint16_t symbol)
{
    size_t place = symbol < ledger->symbols ? symbol : ledger->symbols;
    return &ledger->debts[rule * (ledger->symbols + 1) + place];
}

static void ask(struct ledger *ledger, size_t index, const struct message *message)
{
    const struct owed_rule *rule = &ledger->rules[index];
    struct owed owed = {.ordinal = 0, .due_us = message->head.time_us};
    if (rule->asks != NULL && !rule->asks(rule->context, message, &owed)) {
        return;
    }
    struct debts *debts = debts_of(ledger, index, message->head.symbol);
    for (uint32_t i = debts->count; i > 0; i--) {
        if (debts->queue[i - 1].ordinal == owed.ordinal) {
            return;
        }
    }
    if (debts->count < BUS_DEBTS_MAX) {
        debts->queue[debts->count++] = owed;
    }
}

static void answer(struct ledger *ledger, size_t index, const struct message *message)
{
    const struct owed_rule *rule = &ledger->rules[index];
    int64_t ordinal = 0;
    if (message->head.sender != rule->module ||
        (rule->settles != NULL && !rule->settles(rule->context, message, &ordinal))) {
        return;
    }
    struct debts *debts = debts_of(ledger, index, message->head.symbol);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < debts->count; i++) {
        int64_t owed = debts->queue[i].ordinal;
        bool settled = rule->settles_older ? owed <= ordinal : owed == ordinal;
        if (!settled) {
            debts->queue[kept++] = debts->queue[i];
        }
    }
    debts->count = kept;
}

void ledger_note(struct ledger *ledger, const struct message *message)
{
    const struct rule_list *answered = &ledger->answered_by[message->head.topic];
    const struct rule_list *asked = &ledger->asked_by[message->head.topic];
    for (size_t i = 0; i < answered->count; i++) {
        answer(ledger, answered->rules[i], message);
    }
    for (size_t i = 0; i < asked->count; i++) {
        ask(ledger, asked->rules[i], message);
    }
}

void ledger_account(const struct ledger *ledger, enum module_id module, uint64_t *owed,
                    int64_t *owed_since_us)
{
    *owed = 0;
    *owed_since_us = INT64_MAX;
    for (size_t rule = 0; rule < ledger->rule_count; rule++) {
        if (ledger->rules[rule].module != module) {
            continue;
        }
        for (size_t place = 0; place <= ledger->symbols; place++) {
            const struct debts *debts = &ledger->debts[rule * (ledger->symbols + 1) + place];
            for (uint32_t i = 0; i < debts->count; i++) {
                *owed += 1;
                if (debts->queue[i].due_us < *owed_since_us) {
                    *owed_since_us = debts->queue[i].due_us;
                }
            }
        }
    }
}

static bool check_debts(const void *value, void *context)
{
    const struct debts *debts = value;
    (void)context;
    if (debts->count > BUS_DEBTS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < debts->count; i++) {
        if (debts->queue[i].due_us < 0) {
            return false;
        }
    }
    return true;
}

void ledger_persist(struct ledger *ledger, struct persist *persist)
{
    size_t count = ledger->rule_count * (ledger->symbols + 1);
    persist_same(persist, "rules of debt, for each symbol", (int64_t)count);
    persist_array(persist, "debts", ledger->debts, count, count, sizeof *ledger->debts, check_debts,
                  NULL);
}
