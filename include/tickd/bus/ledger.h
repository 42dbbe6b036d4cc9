/* The books of what modules owe: private to the bus. */
#ifndef TICKD_BUS_LEDGER_H
#define TICKD_BUS_LEDGER_H

#include "tickd/bus/bus.h"

struct ledger;

/* Room for BUS_DEBTS_MAX debts for each of BUS_RULES_MAX rules and each symbol. NULL while
 * measuring. */
struct ledger *ledger_create(struct arena *arena, size_t symbols);

/* At most BUS_RULES_MAX rules; they stay the caller's. Forgets all debts. */
void ledger_set_rules(struct ledger *ledger, const struct owed_rule *rules, size_t count);

/* Writes down what a published message asks for and strikes out what it answers. */
void ledger_note(struct ledger *ledger, const struct message *message);

/* How many debts of a module are open, and when the oldest fell (or falls) due; INT64_MAX = none.
 */
void ledger_account(const struct ledger *ledger, enum module_id module, uint64_t *owed,
                    int64_t *owed_since_us);

/* The debts under the rules that are set. */
void ledger_persist(struct ledger *ledger, struct persist *persist);

#endif
