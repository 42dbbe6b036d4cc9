/* Do prints arrive k times? Three parts: a multiset of the prints of the open bars; a window of the
 * last multiplicities; and their likelihood under two stories.
 *
 *   market     multiplicities are drawn from any distribution that never rises: a print that came
 *              m+1 times is no more frequent than one that came m times. The best of all such
 *              distributions for the window is taken (Grenander 1956).
 *   k times    a market's geometric multiplicity j came k·j times, except where copies were lost;
 *              both shares are integrated out.
 *
 * The ratio of a mixture to a maximum is at most 1 in expectation under the market's story, so a
 * ratio of 10⁹ has a probability of at most 10⁻⁹ there (Wasserman, Ramdas & Balakrishnan 2020,
 * "Universal inference"). docs/modules.md has the derivation and what was measured. */
#include "tickd/market/duplicates.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"

/* Prior of the share of prints that lost copies: Beta(1, 19), mean 5%. */
enum { BROKEN_PRIOR = 19 };

void duplicates_init(struct duplicate_watch *watch, struct arena *arena, size_t capacity)
{
    ASSERT(capacity > 0 && capacity <= UINT32_MAX / 4 && (capacity & (capacity - 1)) == 0);
    memset(watch, 0, sizeof *watch);
    watch->prints =
        arena_take(arena, "duplicates", "prints of open bars", capacity, sizeof *watch->prints);
    watch->slots =
        arena_take(arena, "duplicates", "hash slots", capacity * 2, sizeof *watch->slots);
    watch->slot_mask = capacity * 2 - 1;
    watch->capacity = capacity;
    watch->factor = 1;
}

/* ---- the multiset ---- */

/* splitmix64's finaliser (Steele, Lea & Flood 2014). */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static uint64_t hash_of(int64_t time_ms, int64_t price, int64_t volume)
{
    return mix(mix(mix((uint64_t)time_ms) + (uint64_t)price) + (uint64_t)volume);
}

/* The slot that points to the print, or the free one where it would go. */
static size_t slot_of(const struct duplicate_watch *watch, int64_t time_ms, int64_t price,
                      int64_t volume)
{
    size_t slot = hash_of(time_ms, price, volume) & watch->slot_mask;

    while (watch->slots[slot] != 0) {
        const struct duplicate_print *print = &watch->prints[watch->slots[slot] - 1];

        if (print->time_ms == time_ms && print->price == price && print->volume == volume)
            break;
        slot = (slot + 1) & watch->slot_mask;
    }
    return slot;
}

uint32_t duplicates_note(struct duplicate_watch *watch, const struct trade *trade)
{
    size_t slot = slot_of(watch, trade->time_ms, trade->price, trade->volume);

    if (watch->slots[slot] == 0) {
        if (watch->used == watch->capacity) {
            watch->overflowed++;
            return 1;
        }
        watch->prints[watch->used] = (struct duplicate_print){.time_ms = trade->time_ms,
                                                              .price = trade->price,
                                                              .volume = trade->volume,
                                                              .slot = (uint32_t)slot};
        watch->used++;
        watch->slots[slot] = (uint32_t)watch->used;
    }

    struct duplicate_print *print = &watch->prints[watch->slots[slot] - 1];

    if (print->count < UINT32_MAX)
        print->count++;
    return print->count;
}

/* Moves the prints before end_ms to the front; returns how many there are. */
static size_t part_leavers(struct duplicate_watch *watch, int64_t end_ms)
{
    size_t leavers = 0;

    for (size_t i = 0; i < watch->used; i++) {
        struct duplicate_print print = watch->prints[i];

        watch->slots[print.slot] = 0;
        if (print.time_ms < end_ms) {
            watch->prints[i] = watch->prints[leavers];
            watch->prints[leavers++] = print;
        }
    }
    return leavers;
}

/* Puts the prints from `first` on to the front, and points to them anew. */
static void keep_from(struct duplicate_watch *watch, size_t first)
{
    watch->used -= first;
    memmove(watch->prints, watch->prints + first, watch->used * sizeof *watch->prints);
    for (size_t i = 0; i < watch->used; i++) {
        struct duplicate_print *print = &watch->prints[i];
        size_t slot = slot_of(watch, print->time_ms, print->price, print->volume);

        print->slot = (uint32_t)slot;
        watch->slots[slot] = (uint32_t)(i + 1);
    }
}

static bool is_before(const struct duplicate_print *a, const struct duplicate_print *b)
{
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms;
    return a->price != b->price ? a->price < b->price : a->volume < b->volume;
}

/* Shellsort with Ciura's gaps (2001), ×2.25 beyond them: prints come nearly in order, and no
 * memory is needed. */
static void sort_prints(struct duplicate_print *prints, size_t count)
{
    static const size_t gaps[] = {1,   4,    10,   23,   57,    132,   301,
                                  701, 1577, 3548, 7983, 17961, 40412, 90927};

    for (size_t g = ARRAY_LENGTH(gaps); g-- > 0;) {
        for (size_t i = gaps[g]; i < count; i++) {
            struct duplicate_print print = prints[i];
            size_t at = i;

            for (; at >= gaps[g] && is_before(&print, &prints[at - gaps[g]]); at -= gaps[g])
                prints[at] = prints[at - gaps[g]];
            prints[at] = print;
        }
    }
}

/* ---- the evidence ---- */

/* Puts a multiplicity into the window, in the place of the oldest. */
static void push(struct duplicate_watch *watch, uint32_t multiplicity)
{
    uint8_t *place = &watch->window[watch->window_next];
    uint32_t saturated = multiplicity < DUPLICATES_COUNT_MAX ? multiplicity : DUPLICATES_COUNT_MAX;

    if (watch->window_count == DUPLICATES_WINDOW)
        watch->tally[*place]--;
    else
        watch->window_count++;
    *place = (uint8_t)saturated;
    watch->tally[saturated]++;
    watch->window_next = (watch->window_next + 1) % DUPLICATES_WINDOW;
}

/* Prints of the window that are evidence: all but the saturated ones. */
static uint32_t counted_prints(const struct duplicate_watch *watch)
{
    return watch->window_count - watch->tally[DUPLICATES_COUNT_MAX];
}

/* log n!, by Stirling's series from 16 on (relative error below 1e-12). */
static double log_factorial(uint32_t n)
{
    static const double half_log_two_pi = 0.91893853320467274178;
    double x = n;
    double product = 1;

    if (n >= 16)
        return (x + 0.5) * real_log(x) - x + half_log_two_pi + (1 - 1 / (30 * x * x)) / (12 * x);
    for (uint32_t i = 2; i <= n; i++)
        product *= i;
    return real_log(product);
}

/* log B(a+1, b+1) = log ∫ xᵃ (1−x)ᵇ dx over [0, 1] */
static double log_beta(uint32_t a, uint32_t b)
{
    return log_factorial(a) + log_factorial(b) - log_factorial(a + b + 1);
}

/* The largest log likelihood of the window under a distribution on 1, 2, 3, … that never rises:
 * neighbours that would rise share their mean (pool adjacent violators). */
static double log_likelihood_market(const struct duplicate_watch *watch)
{
    struct {
        uint32_t count;
        uint32_t width;
    } blocks[DUPLICATES_COUNT_MAX];
    uint32_t prints = counted_prints(watch);
    size_t used = 0;
    double sum = 0;

    for (uint32_t m = 1, left = prints; left > 0; m++) {
        uint32_t count = watch->tally[m];
        uint32_t width = 1;

        left -= count;
        while (used > 0 && blocks[used - 1].count * width < count * blocks[used - 1].width) {
            used--;
            count += blocks[used].count;
            width += blocks[used].width;
        }
        blocks[used].count = count;
        blocks[used].width = width;
        used++;
    }
    for (size_t i = 0; i < used; i++) {
        double count = blocks[i].count;

        if (count > 0)
            sum += count * real_log(count / ((double)prints * blocks[i].width));
    }
    return sum;
}

/* log likelihood of the window when everything comes k times. Whole prints: (1−ε)(1−q) q^(m/k − 1),
 * broken ones: ε / (m(m+1)); q uniform, ε ~ Beta(1, 19), both integrated out. */
static double log_likelihood_times(const struct duplicate_watch *watch, uint32_t k)
{
    uint32_t whole = 0;
    uint32_t broken = 0;
    uint32_t repeats = 0; /* Σ (m/k − 1) */
    double sum = 0;

    for (uint32_t m = 1, left = counted_prints(watch); left > 0; m++) {
        uint32_t count = watch->tally[m];

        left -= count;
        if (count == 0)
            continue;
        if (m % k == 0) {
            whole += count;
            repeats += count * (m / k - 1);
        } else {
            broken += count;
            sum -= count * real_log((double)m * (m + 1));
        }
    }
    sum += log_beta(whole, repeats);
    sum += log_beta(broken, whole + BROKEN_PRIOR - 1) + real_log(BROKEN_PRIOR);
    return sum;
}

static void weigh(struct duplicate_watch *watch)
{
    double market = log_likelihood_market(watch);

    for (uint32_t k = 2; k <= DUPLICATES_FACTOR_MAX; k++)
        watch->evidence[k] = log_likelihood_times(watch, k) - market;
}

/* A factor comes when its evidence is strong, against the market and against the factor that
 * rules; it goes when the market explains the window better. */
static uint32_t judged_factor(const struct duplicate_watch *watch)
{
    uint32_t best = 1;
    uint32_t now = watch->factor;

    for (uint32_t k = 2; k <= DUPLICATES_FACTOR_MAX; k++) {
        if (watch->evidence[k] > watch->evidence[best])
            best = k;
    }
    /* evidence[1] is the market's against itself: 0. */
    if (best != now && watch->evidence[best] >= DUPLICATES_EVIDENCE_ON &&
        watch->evidence[best] - watch->evidence[now] >= DUPLICATES_EVIDENCE_ON)
        return best;
    return now > 1 && watch->evidence[now] < DUPLICATES_EVIDENCE_OFF ? 1 : now;
}

bool duplicates_close(struct duplicate_watch *watch, int64_t end_ms)
{
    size_t leavers = part_leavers(watch, end_ms);
    uint32_t before = watch->factor;

    sort_prints(watch->prints, leavers);
    for (size_t i = 0; i < leavers; i++)
        push(watch, watch->prints[i].count);
    keep_from(watch, leavers);
    if (leavers > 0) {
        weigh(watch);
        watch->factor = judged_factor(watch);
    }
    watch->changes += watch->factor != before;
    return watch->factor != before;
}

/* ---- state ---- */

static bool check_print(const void *value, void *context)
{
    const struct duplicate_print *print = value;

    (void)context;
    return print->count > 0;
}

/* Multiplicities begin with 1: what is 0 has not been yet. */
static bool check_window(const void *value, void *context)
{
    const uint8_t *window = value;
    const uint32_t *count = context;

    for (uint32_t i = 0; i < *count; i++) {
        if (window[i] == 0)
            return false;
    }
    return true;
}

/* What is found by the prints and the window is not kept. */
static void rebuild(struct duplicate_watch *watch)
{
    memset(watch->slots, 0, (watch->slot_mask + 1) * sizeof *watch->slots);
    keep_from(watch, 0);
    memset(watch->tally, 0, sizeof watch->tally);
    for (uint32_t i = 0; i < watch->window_count; i++)
        watch->tally[watch->window[i]]++;
}

void duplicates_persist(struct duplicate_watch *watch, struct persist *persist)
{
    size_t used = persist_array(persist, "prints of open bars", watch->prints, watch->used,
                                watch->capacity, sizeof *watch->prints, check_print, NULL);
    uint32_t count = (uint32_t)persist_number(persist, "window of prints", watch->window_count, 0,
                                              DUPLICATES_WINDOW);
    uint32_t next = (uint32_t)persist_number(persist, "next of the window of prints",
                                             watch->window_next, 0, DUPLICATES_WINDOW - 1);
    uint32_t factor = (uint32_t)persist_number(persist, "factor of repeated prints", watch->factor,
                                               1, DUPLICATES_FACTOR_MAX);

    if (count < DUPLICATES_WINDOW && next != count)
        persist_fail(persist, "window of prints cannot be what it says");
    persist_value(persist, "window of prints", watch->window, sizeof watch->window, check_window,
                  &count);
    PERSIST(persist, watch->overflowed);
    PERSIST(persist, watch->changes);
    PERSIST(persist, watch->evidence);
    if (persist_loading(persist)) {
        watch->used = used;
        watch->window_count = count;
        watch->window_next = next;
        watch->factor = factor;
        rebuild(watch);
    }
}
