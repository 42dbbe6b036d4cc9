/* Records and their halves. */
#include "tickd/modules/evolution_record.h"

#include <math.h>

#include "tickd/base/real.h"
#include "tickd/base/stats.h"

void record_init(struct performance_record *record, struct arena *arena, size_t blocks_kept)
{
    ring_init(&record->blocks, arena, "evolution", "agent_performance_history", blocks_kept,
              sizeof(struct evolution_performance));
    record->begin = 0;
}

void record_begin(struct performance_record *record)
{
    record->begin = record->blocks.appended;
}

uint64_t record_blocks(const struct performance_record *record)
{
    return record->blocks.appended - record->begin;
}

/* Mean rewards of blocks `from` to `to`, counted from the newest back. */
static struct running_stats part_of(const struct performance_record *record, size_t from, size_t to)
{
    struct running_stats stats = {0};
    for (size_t i = from; i < to; i++) {
        const struct evolution_performance *block = ring_newest(&record->blocks, i);
        if (block->scored > 0) {
            running_stats_add(&stats, block->earned / (double)block->scored);
        }
    }
    return stats;
}

static double variance_of_mean(const struct running_stats *stats)
{
    return running_stats_sample_variance(stats) / (double)stats->count;
}

bool record_has_degraded(const struct performance_record *record, double level, double *first,
                         double *second)
{
    uint64_t blocks = record_blocks(record);
    size_t size = ring_size(&record->blocks);
    size_t kept = blocks < size ? (size_t)blocks : size;
    if (blocks == 0 || blocks % RECORD_LOOK_BLOCKS != 0) {
        return false;
    }
    struct running_stats newer = part_of(record, 0, kept / 2);
    struct running_stats older = part_of(record, kept / 2, kept);
    *first = older.mean;
    *second = newer.mean;
    if (newer.count < RECORD_HALF_MIN || older.count < RECORD_HALF_MIN) {
        return false;
    }
    double error = sqrt(variance_of_mean(&newer) + variance_of_mean(&older));
    return older.mean - newer.mean > -real_normal_quantile(level) * error;
}

void record_persist(struct performance_record *record, struct persist *persist)
{
    persist_history(persist, "agent_performance_history", &record->blocks, NULL, NULL);
    PERSIST(persist, record->begin);
}
