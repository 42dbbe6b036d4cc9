/* From trades to frames in time: takes a market's trades in order, adds what the faults add
 * (copies, late ones, other conditions, odd volumes), and gives frames when they are due.
 *
 *   source ──▶ alter ──▶ heap by time due ──▶ frame being filled ──▶ frame
 *
 * Time here is the market's, in µs since its start; whoever asks says how far it has come (up to
 * INT64_MAX: as fast as it goes). Pure but for the memory that it takes at creation. The same
 * source, faults and seed give the same frames, whatever the moments at which it is asked, when
 * each frame is taken as soon as it is due. */
#ifndef TICKD_SIM_SCHEDULE_H
#define TICKD_SIM_SCHEDULE_H

#include "tickd/feed/encode.h"
#include "tickd/market/symbols.h"
#include "tickd/sim/faults.h"

enum {
    SCHEDULE_PER_FRAME_MAX = 1000,
    /* Trades that wait for their time, late ones and copies. When it is nearly full nothing more is
     * delayed or copied until it has emptied: no trade is lost by it. */
    SCHEDULE_PENDING_MAX = 1 << 18
};

/* One trade as a source has it. */
struct source_trade {
    int64_t time_us; /* since the source's start */
    int64_t time_ms; /* exchange time, UNIX ms; not used by a live schedule */
    int64_t price;
    int64_t volume;
    uint64_t conditions;
    enum conditions_form form;
    uint16_t symbol;
};

/* Where trades come from, in time order. next: 1 = *trade is filled, 0 = the end, negative = it
 * cannot go on. */
struct trade_source {
    void *state;
    int (*next)(void *state, struct source_trade *trade);
};

/* What a trade's exchange time on the wire is. */
enum schedule_clock {
    CLOCK_OF_SOURCE, /* that of the source */
    CLOCK_OF_START,  /* the wall clock's at the start, plus the market's time over the speed */
    CLOCK_OF_WEEKS   /* that of the source, moved by whole weeks so that the first trade lies after
                        the start; New York's time of day is kept */
};

struct schedule_config {
    struct trade_source source;
    const struct symbol_table *symbols;
    const struct faults *faults;
    uint64_t *fault_counts; /* FAULT_COUNT of them, counted up when a fault has struck a trade */
    uint64_t seed;
    size_t per_frame;         /* 1 to SCHEDULE_PER_FRAME_MAX */
    int64_t hold_us;          /* a frame waits this long for more entries */
    int64_t longest_pause_us; /* longer ones in the source are shortened to it; 0 = none is */
    bool network;             /* trades are sent 5 to 40 ms after they happened */
    enum schedule_clock clock;
    double speed; /* for CLOCK_OF_START */
};

struct sim_entry {
    struct wire_trade wire;
    int64_t due_us;
    uint64_t order; /* ties in due_us: as they were made */
    uint16_t symbol;
    bool copy; /* Finnhub's doing; the market traded once */
};

struct sim_frame {
    struct sim_entry *entries; /* of the schedule, until its next call */
    size_t count;
    enum key_order order;
    uint64_t extras; /* bit f: message of enum fault f goes with it */
    bool fragments;
};

enum schedule_result {
    SCHEDULE_FRAME, /* *frame is filled */
    SCHEDULE_WAIT,  /* nothing before *wake_us */
    SCHEDULE_END,   /* all is sent */
    SCHEDULE_FAILED /* the source cannot go on; what it gave is sent */
};

struct schedule;

/* NULL when there is no memory. */
struct schedule *schedule_create(const struct schedule_config *config);
void schedule_destroy(struct schedule *schedule);

/* The wall clock's time at the market's start; before the first schedule_next(). */
void schedule_start(struct schedule *schedule, int64_t start_ms);

enum schedule_result schedule_next(struct schedule *schedule, int64_t now_us,
                                   struct sim_frame *frame, int64_t *wake_us);

#endif
