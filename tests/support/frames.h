/* Two decoders side by side, each with a symbol table of its own that adopts names: what the
 * scanner takes must be what cJSON makes of it. For unit, property and fuzz tests alike. */
#ifndef TICKD_SUPPORT_FRAMES_H
#define TICKD_SUPPORT_FRAMES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/arena.h"
#include "tickd/base/text.h"
#include "tickd/feed/decode.h"

struct frame_decoder {
    struct arena names_arena;
    struct arena arena;
    struct symbol_table symbols;
    struct decoder *decoder;
};

/* An empty table of `capacity` names in memory of its own. */
static inline void frame_decoder_forget_names(struct frame_decoder *own, uint16_t capacity)
{
    struct arena measuring;

    arena_init_measuring(&measuring);
    symbols_init(&own->symbols, &measuring, capacity, true);
    arena_fini(&own->names_arena);
    if (arena_init(&own->names_arena, measuring.used) != 0)
        abort();
    symbols_init(&own->symbols, &own->names_arena, capacity, true);
}

static inline void frame_decoder_init(struct frame_decoder *own, size_t frame_bytes_max,
                                      uint16_t capacity)
{
    struct arena measuring;

    memset(own, 0, sizeof *own);
    arena_init_measuring(&own->names_arena);
    frame_decoder_forget_names(own, capacity);
    arena_init_measuring(&measuring);
    if (decoder_create(&measuring, frame_bytes_max, &own->symbols) != NULL ||
        arena_init(&own->arena, measuring.used) != 0)
        abort();
    own->decoder = decoder_create(&own->arena, frame_bytes_max, &own->symbols);
    arena_seal(&own->arena);
}

static inline void frame_decoder_fini(struct frame_decoder *own)
{
    arena_fini(&own->arena);
    arena_fini(&own->names_arena);
}

/* The first difference between two frames, or NULL. */
static inline const char *frames_differ(const struct frame *a, const struct frame *b)
{
    if (a->kind != b->kind)
        return "kind";
    if (a->trade_count != b->trade_count)
        return "trade_count";
    if (a->malformed_count != b->malformed_count)
        return "malformed_count";
    if (a->wrong != b->wrong)
        return "wrong";
    if (strcmp(a->text, b->text) != 0)
        return "text";
    for (size_t i = 0; i < a->trade_count; i++) {
        const struct trade *one = &a->trades[i];
        const struct trade *other = &b->trades[i];

        if (one->time_ms != other->time_ms)
            return "time_ms";
        if (one->price != other->price || one->volume != other->volume)
            return "price or volume";
        if (one->conditions != other->conditions)
            return "conditions";
        if (one->order != other->order)
            return "order";
        if (one->symbol != other->symbol)
            return "symbol";
    }
    return NULL;
}

/* What every decoded frame keeps to, whatever the bytes were; the broken promise, or NULL. */
static inline const char *frame_breaks(const struct frame *frame, const struct symbol_table *table)
{
    if (frame->kind != FRAME_TRADES && (frame->trade_count != 0 || frame->malformed_count != 0))
        return "trades without a trade message";
    if (memchr(frame->text, '\0', sizeof frame->text) == NULL ||
        !text_is_utf8(frame->text, strlen(frame->text)))
        return "a text that is no UTF-8";
    if (frame->kind == FRAME_MALFORMED && frame->text[0] == '\0')
        return "malformed without a reason";
    for (const char *at = frame->text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return "a control character in the text";
    }
    for (size_t i = 0; i < frame->trade_count; i++) {
        const struct trade *trade = &frame->trades[i];

        if (trade->time_ms < TRADE_TIME_MS_MIN || trade->time_ms > TRADE_TIME_MS_MAX)
            return "a time out of range";
        if (trade->price <= 0 || trade->volume < 0)
            return "a price or volume out of range";
        if (trade->symbol != SYMBOL_NONE && trade->symbol >= table->count)
            return "a symbol that is not in the table";
        if (trade->conditions >> 42 != 0)
            return "a condition that has no code";
        if (i > 0 && (trade[-1].time_ms > trade->time_ms ||
                      (trade[-1].time_ms == trade->time_ms && trade[-1].order >= trade->order)))
            return "trades out of order";
    }
    return NULL;
}

/* Decodes by scanner and by cJSON, and dies when they disagree or break a promise. Returns whether
 * the scanner took the frame; *frame is what the first decoder gave. */
static inline bool frames_check(struct frame_decoder *first, struct frame_decoder *second,
                                const char *bytes, size_t length, struct frame *frame)
{
    struct frame slow;
    bool scanned = decoder_scan(first->decoder, bytes, length, frame);

    if (!scanned)
        decoder_decode_slowly(first->decoder, bytes, length, frame);
    decoder_decode_slowly(second->decoder, bytes, length, &slow);
    const char *fault = frames_differ(frame, &slow);

    if (fault == NULL)
        fault = frame_breaks(frame, &first->symbols);
    if (fault == NULL)
        return scanned;
    fprintf(stderr, "%s, scanner %s: \"%s\" and \"%s\" for\n%.*s\n", fault,
            scanned ? "took it" : "left it", frame->text, slow.text, (int)length, bytes);
    abort();
}

#endif
