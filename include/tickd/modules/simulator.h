/* The simulator: asks of every decision that is not HOLD what it is worth after costs, before a
 * cent moves. BAR, DECISION → SIMULATION for each DECISION that buys or sells.
 *
 *     DECISION ─▶ strength ─▶ learned edge less its errors > costs? ─▶ verdict ─▶ size
 *                   │                      ▲                            ▲
 *                   │         virtual trades on all decisions      paths: P(profit), tail
 *                   └─▶ drift over the horizon ───────────────────────▶─┘
 *
 * It learns from every decision, traded or not: from the trades that following them would have
 * made (simulator_edge.h), and from what the horizon after each brought (simulator_horizon.h). */
#ifndef TICKD_MODULES_SIMULATOR_H
#define TICKD_MODULES_SIMULATOR_H

#include "tickd/bus/bus.h"
#include "tickd/modules/simulator_record.h"
#include "tickd/settings/settings.h"

struct simulator;

/* One simulation, and what became of the decision. */
struct simulator_entry {
    uint64_t sequence; /* of the SIMULATION message */
    int64_t time_us;
    struct simulation_message simulation;
    double outcome; /* log return over the horizon in the decision's direction, before costs; NaN =
                       not known (yet) */
    uint16_t symbol;
};

struct simulator_counts {
    uint64_t verdicts[VERDICT_COUNT];
    uint64_t reasons[SIMULATION_REASON_COUNT];
    uint64_t outcomes; /* decisions whose horizon has passed */
    uint64_t paths;    /* drawn */
};

/* What has been learned of trades at a level, over all symbols and both sides: what would be
 * expected of a symbol of which nothing is known, in units of what its price moves in a horizon. */
struct simulator_edge_row {
    double rank; /* decisions at least as strong as this share of all */
    double mean; /* shrunk to zero */
    double error;
    double trades; /* the older ones in part */
};

/* `portfolio`: costs and limits. Settings are copied. NULL while measuring. */
struct simulator *simulator_create(struct arena *arena, const struct settings_simulator *settings,
                                   const struct settings_portfolio *portfolio, int64_t horizon_bars,
                                   int64_t simulations_kept, uint64_t seed, size_t symbols,
                                   struct bus *bus);

struct module simulator_module(struct simulator *simulator);

const struct simulator_counts *simulator_counts(const struct simulator *simulator);
const struct simulator_record *simulator_record(const struct simulator *simulator);
/* `index` 0 is the newest; NULL beyond the oldest. */
const struct simulator_entry *simulator_entry(const struct simulator *simulator, size_t index);
/* Rows 0, 1, …; false after the last. */
bool simulator_edge_row(const struct simulator *simulator, size_t index,
                        struct simulator_edge_row *row);

#endif
