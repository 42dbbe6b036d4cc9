/* State out and in again. Everything goes through two functions: persist_put() when it goes out,
 * persist_take() when it comes in. */
#include "tickd/base/persist.h"

#include <stdarg.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/persist_parts.h"
#include "tickd/base/text.h"

void persist_measure(struct persist *persist)
{
    memset(persist, 0, offsetof(struct persist, buffer));
    persist->mode = PERSIST_MEASURE;
    digest_init(&persist->layout);
}

void persist_save(struct persist *persist, persist_write *write, void *state)
{
    persist_measure(persist);
    persist->mode = PERSIST_SAVE;
    persist->write = write;
    persist->write_state = state;
}

void persist_read(struct persist *persist, enum persist_mode mode, const void *bytes, size_t size)
{
    ASSERT(mode == PERSIST_CHECK || mode == PERSIST_LOAD);
    ASSERT((uintptr_t)bytes % PERSIST_ALIGNMENT == 0);
    persist_measure(persist);
    persist->mode = mode;
    persist->bytes = bytes;
    persist->end = size;
}

bool persist_reading(const struct persist *persist)
{
    return persist->mode == PERSIST_CHECK || persist->mode == PERSIST_LOAD;
}

bool persist_loading(const struct persist *persist)
{
    return persist->mode == PERSIST_LOAD && !persist->failed;
}

static void fail(struct persist *persist, bool misfits, const char *format, va_list arguments)
    TICKD_PRINTF(3, 0);

static void fail(struct persist *persist, bool misfits, const char *format, va_list arguments)
{
    struct text why;
    if (persist->failed || !persist_reading(persist)) {
        return;
    }
    text_init(&why, persist->why, sizeof persist->why);
    if (persist->section != NULL) {
        text_format(&why, "section %s: ", persist->section);
    }
    text_format_list(&why, format, arguments);
    persist->failed = true;
    persist->misfits = misfits;
}

void persist_fail(struct persist *persist, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(persist, false, format, arguments);
    va_end(arguments);
}

void persist_misfit(struct persist *persist, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(persist, true, format, arguments);
    va_end(arguments);
}

bool persist_is_flag(const bool *flag)
{
    unsigned char byte;
    memcpy(&byte, flag, sizeof byte);
    return byte <= 1;
}

/* The layout: what the state's sizes are, whatever its values. */

void persist_note(struct persist *persist, enum persist_item_kind kind, uint64_t size,
                  uint64_t capacity)
{
    uint64_t item[3] = {kind, size, capacity};
    if (persist->mode == PERSIST_MEASURE) {
        digest_add(&persist->layout, item, sizeof item);
    }
}

/* Out. */

void persist_flush(struct persist *persist)
{
    if (persist->buffered > 0) {
        digest_add(&persist->sum, persist->buffer, persist->buffered);
        persist->write(persist->write_state, persist->buffer, persist->buffered);
        persist->buffered = 0;
    }
}

void persist_put(struct persist *persist, const void *memory, size_t size)
{
    const unsigned char *bytes = memory;
    persist->size += size;
    while (persist->mode == PERSIST_SAVE && size > 0) {
        size_t room = PERSIST_BLOCK - persist->buffered;
        size_t part = size < room ? size : room;
        memcpy(persist->buffer + persist->buffered, bytes, part);
        persist->buffered += part;
        bytes += part;
        size -= part;
        if (persist->buffered == PERSIST_BLOCK) {
            persist_flush(persist);
        }
    }
}

/* Up to where the next item begins, after `size` bytes. */
static size_t filling(size_t size)
{
    return (PERSIST_ALIGNMENT - size % PERSIST_ALIGNMENT) % PERSIST_ALIGNMENT;
}

void persist_fill_up(struct persist *persist, size_t size)
{
    static const unsigned char zeros[PERSIST_ALIGNMENT];
    persist_put(persist, zeros, filling(size));
}

/* In. */

/* The next `size` bytes of the block; NULL when they are not there, or reading has failed. */
const unsigned char *persist_take(struct persist *persist, size_t size)
{
    size_t left = persist->end - persist->at;
    if (persist->failed) {
        return NULL;
    }
    if (size > left || filling(size) > left - size) {
        persist_fail(persist, "ends after %zu bytes, there should be more", persist->at);
        return NULL;
    }
    const unsigned char *taken = persist->bytes + persist->at;
    persist->at += size + filling(size);
    return taken;
}

/* Items. */

static void item(struct persist *persist, const char *what, void *memory, size_t size,
                 persist_check *check, void *context)
{
    persist_note(persist, ITEM_BYTES, size, 1);
    if (!persist_reading(persist)) {
        persist_put(persist, memory, size);
        persist_fill_up(persist, size);
        return;
    }
    const unsigned char *taken = persist_take(persist, size);
    if (taken == NULL) {
        return;
    }
    if (check != NULL && !check(taken, context)) {
        persist_fail(persist, "%s cannot be what it says", what);
    } else if (persist->mode == PERSIST_LOAD && size > 0) {
        memcpy(memory, taken, size);
    }
}

void persist_bytes(struct persist *persist, void *memory, size_t size)
{
    item(persist, "", memory, size, NULL, NULL);
}

void persist_value(struct persist *persist, const char *what, void *memory, size_t size,
                   persist_check *check, void *context)
{
    item(persist, what, memory, size, check, context);
}

/* An integer as it is read: NULL when that failed. */
static bool transfer_integer(struct persist *persist, int64_t *value)
{
    persist_note(persist, ITEM_BYTES, sizeof *value, 1);
    if (!persist_reading(persist)) {
        persist_put(persist, value, sizeof *value);
        persist_fill_up(persist, sizeof *value);
        return true;
    }
    const unsigned char *taken = persist_take(persist, sizeof *value);
    if (taken != NULL) {
        memcpy(value, taken, sizeof *value);
    }
    return taken != NULL;
}

int64_t persist_integer(struct persist *persist, const char *what, int64_t value, int64_t lowest,
                        int64_t highest)
{
    if (!transfer_integer(persist, &value)) {
        return lowest;
    }
    if (value < lowest || value > highest) {
        persist_fail(persist, "%s is %lld, and not from %lld to %lld", what, (long long)value,
                     (long long)lowest, (long long)highest);
        return lowest;
    }
    return value;
}

size_t persist_number(struct persist *persist, const char *what, size_t value, size_t lowest,
                      size_t highest)
{
    return (size_t)persist_integer(persist, what, (int64_t)value, (int64_t)lowest,
                                   (int64_t)highest);
}

bool persist_flag(struct persist *persist, const char *what, bool value)
{
    return persist_integer(persist, what, value ? 1 : 0, 0, 1) != 0;
}

void persist_same(struct persist *persist, const char *what, int64_t value)
{
    int64_t there = value;
    if (transfer_integer(persist, &there) && there != value) {
        persist_misfit(persist, "%s was %lld, and is %lld here", what, (long long)there,
                       (long long)value);
    }
}

struct bounds {
    size_t count;
    double lowest;
    double highest;
};

static bool are_within(const void *value, void *context)
{
    const struct bounds *bounds = context;
    const double *reals = value;
    for (size_t i = 0; i < bounds->count; i++) {
        if (!(reals[i] >= bounds->lowest && reals[i] <= bounds->highest)) {
            return false;
        }
    }
    return true;
}

void persist_reals(struct persist *persist, const char *what, double *values, size_t count,
                   double lowest, double highest)
{
    struct bounds bounds = {.count = count, .lowest = lowest, .highest = highest};
    item(persist, what, values, count * sizeof *values, are_within, &bounds);
}

void persist_real_bytes(struct persist *persist, const char *what, void *memory, size_t size,
                        double lowest, double highest)
{
    size_t count = size / sizeof(double);

    ASSERT(count * sizeof(double) == size);
    persist_reals(persist, what, memory, count, lowest, highest);
}

bool persist_done(struct persist *persist)
{
    if (persist_reading(persist) && persist->at != persist->end) {
        persist_fail(persist, "there are %zu bytes behind the last section",
                     persist->end - persist->at);
    }
    return !persist->failed;
}
