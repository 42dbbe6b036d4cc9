/* Trades become entries, entries wait in a heap for their time, frames are filled from it. */
#include "tickd/sim/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/rng.h"
#include "tickd/market/session.h"

/* What the network takes from a trade to its sending, on a good day. */
enum { NETWORK_MIN_US = 5000, NETWORK_MAX_US = 40000 };

/* When the second copy of a print was seen: 18 to 100 ms after the first, at times up to 1 s. */
enum { COPY_MIN_US = 18000, COPY_SOON_US = 100000, COPY_SECOND_US = 1000000 };

/* Entries that one trade can become, and room that is kept for trades without delay. */
enum { ENTRIES_OF_ONE = 8, PENDING_RESERVE = 4096, COPIES_IN_FRAME_MAX = 3 };

struct schedule {
    struct schedule_config config;
    struct rng rng; /* network and faults */
    int64_t start_ms;
    bool ended; /* nothing more from the source */
    bool failed;
    bool has_shift;
    int64_t shift_ms; /* for CLOCK_OF_WEEKS */
    bool has_next;    /* `next` is read and not yet in the heap */
    struct source_trade next;
    int64_t next_due_us; /* when it would be sent without faults */
    int64_t source_us;   /* time of the last trade of the source, as it has it */
    int64_t removed_us;  /* pauses that were shortened, in all */
    uint64_t order;
    size_t pending;
    struct sim_entry *heap; /* SCHEDULE_PENDING_MAX; children of i: 2i+1, 2i+2 */
    size_t filled;
    size_t wanted; /* entries of the frame being filled */
    struct sim_entry *frame;
};

static const struct fault_setting *setting(const struct schedule *schedule, enum fault fault)
{
    return fault_setting(schedule->config.faults, fault);
}

static bool is_on(const struct schedule *schedule, enum fault fault)
{
    return fault_on(schedule->config.faults, fault);
}

static void strike(struct schedule *schedule, enum fault fault)
{
    schedule->config.fault_counts[fault]++;
}

/* Whether a fault with the chance `share` is to strike now. Draws only when the fault is on, so
 * that the others' draws stay as they are. */
static bool is_drawn(struct schedule *schedule, enum fault fault, double share)
{
    return is_on(schedule, fault) && rng_uniform(&schedule->rng) < share;
}

/* The same for what strikes a trade, counted. */
static bool strikes(struct schedule *schedule, enum fault fault, double share)
{
    if (!is_drawn(schedule, fault, share)) {
        return false;
    }
    strike(schedule, fault);
    return true;
}

static int64_t between(struct schedule *schedule, int64_t min, int64_t max)
{
    return min + (int64_t)rng_below(&schedule->rng, (uint64_t)(max - min + 1));
}

static size_t draw_wanted(struct schedule *schedule)
{
    if (is_on(schedule, FAULT_ENTRIES)) {
        return (size_t)between(schedule, 1, (int64_t)setting(schedule, FAULT_ENTRIES)->number);
    }
    return schedule->config.per_frame;
}

struct schedule *schedule_create(const struct schedule_config *config)
{
    ASSERT(config->per_frame >= 1 && config->per_frame <= SCHEDULE_PER_FRAME_MAX);
    struct schedule *schedule = calloc(1, sizeof *schedule);
    if (schedule == NULL) {
        return NULL;
    }
    schedule->config = *config;
    schedule->heap = calloc(SCHEDULE_PENDING_MAX, sizeof *schedule->heap);
    schedule->frame = calloc(SCHEDULE_PER_FRAME_MAX * COPIES_IN_FRAME_MAX, sizeof *schedule->frame);
    if (schedule->heap == NULL || schedule->frame == NULL) {
        schedule_destroy(schedule);
        return NULL;
    }
    rng_stream(&schedule->rng, config->seed, "schedule");
    schedule->wanted = draw_wanted(schedule);
    return schedule;
}

void schedule_destroy(struct schedule *schedule)
{
    if (schedule != NULL) {
        free(schedule->heap);
        free(schedule->frame);
        free(schedule);
    }
}

void schedule_start(struct schedule *schedule, int64_t start_ms)
{
    schedule->start_ms = start_ms;
}

static bool is_before(const struct sim_entry *a, const struct sim_entry *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void heap_push(struct schedule *schedule, const struct sim_entry *entry)
{
    ASSERT(schedule->pending < SCHEDULE_PENDING_MAX);
    size_t place = schedule->pending++;
    while (place > 0 && is_before(entry, &schedule->heap[(place - 1) / 2])) {
        schedule->heap[place] = schedule->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    schedule->heap[place] = *entry;
}

static struct sim_entry heap_pop(struct schedule *schedule)
{
    struct sim_entry first = schedule->heap[0];
    const struct sim_entry *last = &schedule->heap[--schedule->pending];
    size_t place = 0;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= schedule->pending) {
            break;
        }
        if (child + 1 < schedule->pending &&
            is_before(&schedule->heap[child + 1], &schedule->heap[child])) {
            child++;
        }
        if (!is_before(&schedule->heap[child], last)) {
            break;
        }
        schedule->heap[place] = schedule->heap[child];
        place = child;
    }
    schedule->heap[place] = *last;
    return first;
}

static void wait_for_time(struct schedule *schedule, struct sim_entry *entry, int64_t due_us)
{
    entry->due_us = due_us;
    entry->order = schedule->order++;
    heap_push(schedule, entry);
}

/* Gives "c" the form that the fault asks for. */
static void alter_conditions(struct schedule *schedule, struct wire_trade *wire)
{
    enum fault_conditions form = (enum fault_conditions)setting(schedule, FAULT_CONDITIONS)->number;
    strike(schedule, FAULT_CONDITIONS);
    if (form == FORM_MIXED) {
        form = (enum fault_conditions)between(schedule, FORM_NULL, FORM_UNKNOWN);
    }
    switch (form) {
    case FORM_NULL:
        wire->form = CONDITIONS_NULL;
        break;
    case FORM_ABSENT:
        wire->form = CONDITIONS_ABSENT;
        break;
    case FORM_EMPTY:
        wire->form = CONDITIONS_EMPTY;
        break;
    case FORM_UNKNOWN:
        wire->conditions |= UINT64_C(1) << CONDITION_UNKNOWN;
        wire->form = CONDITIONS_LIST;
        break;
    case FORM_LIST:
    case FORM_MIXED:
        wire->form = CONDITIONS_LIST;
        break;
    }
}

/* As if another upstream feed had sent the print: fewer codes, or one where there was none. */
static void change_conditions(struct wire_trade *wire)
{
    const uint64_t regular = UINT64_C(1) << 1;
    bool has_codes = wire->form == CONDITIONS_LIST && wire->conditions != 0;
    if (has_codes && wire->conditions != regular) {
        wire->conditions = regular;
    } else if (has_codes) {
        wire->form = CONDITIONS_NULL;
    } else {
        wire->form = CONDITIONS_LIST;
        wire->conditions = regular;
    }
}

static struct sim_entry copy_of(struct schedule *schedule, const struct sim_entry *entry)
{
    struct sim_entry copy = *entry;
    copy.copy = true;
    if (strikes(schedule, FAULT_OTHER_CONDITIONS,
                setting(schedule, FAULT_OTHER_CONDITIONS)->number)) {
        change_conditions(&copy.wire);
    }
    return copy;
}

/* Copies that come later than their print; those in the same frame are made with the frame. */
static void copy_later(struct schedule *schedule, const struct sim_entry *entry)
{
    enum fault_twice when = is_on(schedule, FAULT_TWICE)
                                ? (enum fault_twice)setting(schedule, FAULT_TWICE)->number
                                : TWICE_SOON;
    static const enum fault kinds[] = {FAULT_TWICE, FAULT_TRIPLE};
    for (size_t i = 0; i < ARRAY_LENGTH(kinds) && when != TWICE_FRAME; i++) {
        if (is_on(schedule, kinds[i])) {
            struct sim_entry copy = copy_of(schedule, entry);
            int64_t most_us = when == TWICE_SOON ? COPY_SOON_US : COPY_SECOND_US;
            strike(schedule, kinds[i]);
            wait_for_time(schedule, &copy, entry->due_us + between(schedule, COPY_MIN_US, most_us));
        }
    }
}

static int64_t draw_special_volume(struct schedule *schedule)
{
    static const int64_t volumes[] = {0, 400 /* 0.000004 */, 10 /* 1e-7 */, 1000000 * DECIMAL_ONE};
    return volumes[rng_below(&schedule->rng, ARRAY_LENGTH(volumes))];
}

/* By how much a first trade of that time has to be moved: whole weeks, so that weekdays stay, and
 * an hour if summer time has come or gone meanwhile. */
static int64_t weeks_to(int64_t start_ms, int64_t first_ms)
{
    const int64_t week_ms = INT64_C(7) * S_PER_DAY * MS_PER_S;
    int64_t shift_ms = floor_divide(start_ms - first_ms, week_ms) * week_ms;
    int64_t hour_ms = 0;
    do {
        shift_ms += week_ms;
        int64_t before_s = new_york_offset_s(first_ms * US_PER_MS);
        int64_t after_s = new_york_offset_s((first_ms + shift_ms) * US_PER_MS);
        hour_ms = (before_s - after_s) * MS_PER_S;
    } while (first_ms + shift_ms + hour_ms <= start_ms);
    return shift_ms + hour_ms;
}

static int64_t exchange_time_ms(struct schedule *schedule, const struct source_trade *trade)
{
    const struct schedule_config *config = &schedule->config;
    double delay_s = is_on(schedule, FAULT_DELAY) ? setting(schedule, FAULT_DELAY)->number : 0;
    switch (config->clock) {
    case CLOCK_OF_SOURCE:
        break;
    case CLOCK_OF_START:
        return schedule->start_ms + (int64_t)((double)trade->time_us / config->speed / US_PER_MS) -
               (int64_t)(delay_s * MS_PER_S);
    case CLOCK_OF_WEEKS:
        if (!schedule->has_shift) {
            schedule->has_shift = true;
            schedule->shift_ms = weeks_to(schedule->start_ms, trade->time_ms);
        }
        return trade->time_ms + schedule->shift_ms;
    }
    return trade->time_ms;
}

static struct sim_entry entry_of(struct schedule *schedule, const struct source_trade *trade)
{
    struct sim_entry entry = {
        .wire = {.symbol = symbols_name(schedule->config.symbols, trade->symbol),
                 .time_ms = exchange_time_ms(schedule, trade),
                 .price = trade->price,
                 .volume = trade->volume,
                 .conditions = trade->conditions,
                 .form = trade->form},
        .symbol = trade->symbol,
    };
    if (is_on(schedule, FAULT_CONDITIONS)) {
        alter_conditions(schedule, &entry.wire);
    }
    if (strikes(schedule, FAULT_VOLUMES, setting(schedule, FAULT_VOLUMES)->number)) {
        entry.wire.volume = draw_special_volume(schedule);
    }
    return entry;
}

/* Puts the trade that was read, and what the faults make of it, into the heap. */
static void take_trade(struct schedule *schedule)
{
    struct sim_entry entry = entry_of(schedule, &schedule->next);
    int64_t due_us = schedule->next_due_us;
    bool roomy = schedule->pending + ENTRIES_OF_ONE + PENDING_RESERVE < SCHEDULE_PENDING_MAX;
    schedule->has_next = false;
    if (!roomy) {
        wait_for_time(schedule, &entry, due_us);
        return;
    }
    const struct fault_setting *late = setting(schedule, FAULT_LATE_TRADES);
    if (strikes(schedule, FAULT_LATE_TRADES, late->second)) {
        due_us += (int64_t)(late->number * US_PER_S);
    }
    if (is_on(schedule, FAULT_UNSORTED)) {
        strike(schedule, FAULT_UNSORTED);
        due_us +=
            between(schedule, 0, (int64_t)setting(schedule, FAULT_UNSORTED)->number * US_PER_MS);
    }
    wait_for_time(schedule, &entry, due_us);
    copy_later(schedule, &entry);
    if (strikes(schedule, FAULT_IDENTICAL, setting(schedule, FAULT_IDENTICAL)->number)) {
        wait_for_time(schedule, &entry, due_us);
        copy_later(schedule, &entry);
    }
}

/* A symbol that the market keeps silent about. */
static bool is_silenced(struct schedule *schedule, uint16_t symbol)
{
    if (!is_on(schedule, FAULT_SILENT_SYMBOL)) {
        return false;
    }
    const char *silent = setting(schedule, FAULT_SILENT_SYMBOL)->text;
    if (strcmp(symbols_name(schedule->config.symbols, symbol), silent) != 0) {
        return false;
    }
    strike(schedule, FAULT_SILENT_SYMBOL);
    return true;
}

/* When the trade is sent if nothing goes wrong; never before the one that came before it. */
static void plan_sending(struct schedule *schedule)
{
    const struct schedule_config *config = &schedule->config;
    struct source_trade *trade = &schedule->next;
    int64_t pause_us = trade->time_us - schedule->source_us;
    if (config->longest_pause_us > 0 && pause_us > config->longest_pause_us) {
        schedule->removed_us += pause_us - config->longest_pause_us;
    }
    schedule->source_us =
        trade->time_us > schedule->source_us ? trade->time_us : schedule->source_us;
    trade->time_us -= schedule->removed_us;
    int64_t due_us = trade->time_us;
    if (config->network) {
        due_us += between(schedule, NETWORK_MIN_US, NETWORK_MAX_US);
    }
    schedule->next_due_us = due_us > schedule->next_due_us ? due_us : schedule->next_due_us;
}

/* Reads the next trade unless it is there already. */
static void read_next(struct schedule *schedule)
{
    while (!schedule->has_next && !schedule->ended) {
        int result = schedule->config.source.next(schedule->config.source.state, &schedule->next);
        if (result <= 0) {
            schedule->ended = true;
            schedule->failed = result < 0;
        } else if (!is_silenced(schedule, schedule->next.symbol)) {
            schedule->has_next = true;
            plan_sending(schedule);
        }
    }
}

/* When the frame being filled leaves, full or not: only entries due by then belong to it. */
static int64_t leaving_us(const struct schedule *schedule)
{
    return schedule->filled > 0 ? schedule->frame[0].due_us + schedule->config.hold_us : INT64_MAX;
}

/* Moves entries that are due into the frame until it is full. A trade enters the heap before any
 * entry that is due after it leaves. What gets into a frame does not depend on now_us: a frame that
 * is asked for late holds what it would have held in time. */
static void fill(struct schedule *schedule, int64_t now_us)
{
    while (schedule->filled < schedule->wanted) {
        int64_t leaves_us = leaving_us(schedule);
        int64_t until_us = leaves_us < now_us ? leaves_us : now_us;
        int64_t first_us = schedule->pending > 0 ? schedule->heap[0].due_us : INT64_MAX;
        read_next(schedule);
        if (schedule->has_next && schedule->next_due_us <= first_us &&
            schedule->next_due_us <= until_us) {
            take_trade(schedule);
        } else if (schedule->pending > 0 && first_us <= until_us) {
            schedule->frame[schedule->filled++] = heap_pop(schedule);
        } else {
            return;
        }
    }
}

/* Each trade again in the same frame, behind the others: A B A B. */
static void copy_in_frame(struct schedule *schedule, struct sim_frame *frame)
{
    static const enum fault kinds[] = {FAULT_TWICE, FAULT_TRIPLE};
    size_t originals = frame->count;
    if (!is_on(schedule, FAULT_TWICE) || setting(schedule, FAULT_TWICE)->number != TWICE_FRAME) {
        return;
    }
    for (size_t kind = 0; kind < ARRAY_LENGTH(kinds); kind++) {
        for (size_t i = 0; i < originals && is_on(schedule, kinds[kind]); i++) {
            strike(schedule, kinds[kind]);
            frame->entries[frame->count++] = copy_of(schedule, &frame->entries[i]);
        }
    }
}

static enum key_order draw_order(struct schedule *schedule)
{
    if (!is_on(schedule, FAULT_KEY_ORDER)) {
        return KEYS_TYPE_FIRST;
    }
    enum fault_key_order order = (enum fault_key_order)setting(schedule, FAULT_KEY_ORDER)->number;
    if (order == ORDER_MIXED) {
        order = rng_uniform(&schedule->rng) < 0.5 ? ORDER_TYPE : ORDER_DATA;
    }
    strike(schedule, FAULT_KEY_ORDER);
    return order == ORDER_DATA ? KEYS_DATA_FIRST : KEYS_TYPE_FIRST;
}

/* Messages that are no trades of the market and come behind a frame. */
static uint64_t draw_extras(struct schedule *schedule)
{
    static const enum fault kinds[] = {
        FAULT_UNKNOWN_TYPES, FAULT_NEWS,   FAULT_OVERSIZED, FAULT_GARBAGE,     FAULT_TRUNCATED,
        FAULT_INVALID_UTF8,  FAULT_BINARY, FAULT_EMPTY,     FAULT_BAD_ENTRIES, FAULT_STRANGERS,
    };
    uint64_t extras = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        const struct fault_setting *fault = setting(schedule, kinds[i]);
        double share = kinds[i] == FAULT_OVERSIZED ? fault->second : fault->number;
        if (is_drawn(schedule, kinds[i], share)) {
            extras |= UINT64_C(1) << kinds[i];
        }
    }
    return extras;
}

static void give_frame(struct schedule *schedule, struct sim_frame *frame)
{
    *frame = (struct sim_frame){.entries = schedule->frame, .count = schedule->filled};
    copy_in_frame(schedule, frame);
    frame->order = draw_order(schedule);
    frame->extras = draw_extras(schedule);
    frame->fragments =
        is_drawn(schedule, FAULT_FRAGMENTS, setting(schedule, FAULT_FRAGMENTS)->number);
    schedule->filled = 0;
    schedule->wanted = draw_wanted(schedule);
}

enum schedule_result schedule_next(struct schedule *schedule, int64_t now_us,
                                   struct sim_frame *frame, int64_t *wake_us)
{
    fill(schedule, now_us);
    bool drained = schedule->ended && schedule->pending == 0;
    if (schedule->filled == 0 && drained) {
        return schedule->failed ? SCHEDULE_FAILED : SCHEDULE_END;
    }
    int64_t leaves_us = leaving_us(schedule);
    if (schedule->filled > 0 &&
        (schedule->filled == schedule->wanted || drained || leaves_us <= now_us)) {
        give_frame(schedule, frame);
        return SCHEDULE_FRAME;
    }
    *wake_us = leaves_us;
    if (schedule->pending > 0 && schedule->heap[0].due_us < *wake_us) {
        *wake_us = schedule->heap[0].due_us;
    }
    if (schedule->has_next && schedule->next_due_us < *wake_us) {
        *wake_us = schedule->next_due_us;
    }
    return SCHEDULE_WAIT;
}
