/* An incumbent's record: what it earned, block by block, and whether it earns less than it did. */
#ifndef TICKD_MODULES_EVOLUTION_RECORD_H
#define TICKD_MODULES_EVOLUTION_RECORD_H

#include "tickd/base/persist.h"
#include "tickd/base/ring.h"

enum {
    RECORD_LOOK_BLOCKS = 10, /* it is looked at every so many blocks */
    RECORD_HALF_MIN = 40     /* once each half has so many with a reward */
};

/* One entry of agent_performance_history: a block of bars. */
struct evolution_performance {
    int64_t bar_start_ms; /* of the block's last bar */
    double earned;        /* mean reward × scored */
    uint64_t scored;      /* bars, of all symbols */
    uint64_t version;
};

struct performance_record {
    struct ring blocks; /* of struct evolution_performance */
    uint64_t begin;     /* number of the first block of the present record */
};

/* Takes the ring from the arena. */
void record_init(struct performance_record *record, struct arena *arena, size_t blocks_kept);

/* From here on it is another record: another version, or one that has been found to be worse. */
void record_begin(struct performance_record *record);

/* Blocks since then, kept or not. */
uint64_t record_blocks(const struct performance_record *record);

/* Welch's test (Biometrika 34, 1947) of the mean reward of the second half of what is kept against
 * the first, at the one-sided `level`; asked after each block, it looks every RECORD_LOOK_BLOCKS.
 * The halves' means are given when it looks. */
bool record_has_degraded(const struct performance_record *record, double level, double *first,
                         double *second);

void record_persist(struct performance_record *record, struct persist *persist);

#endif
