/* Ingest: decode, clear, hand over, measure. */
#include "tickd/feed/ingest.h"

#include <string.h>

#include "tickd/base/calendar.h"

enum { NS_PER_US = 1000 };

struct ingest {
    struct engine *engine;
    struct decoder *decoder;
    int64_t future_ms;
    int64_t (*steady_ns)(void);
    void (*begin)(void *state);
    void (*end)(void *state);
    void *probe_state;
    struct histogram delay_ms;
    struct histogram dispatch_us;
    struct histogram *symbol_delay_ms;
    size_t symbol_count;
    struct frame frame;
};

/* As many as the engine's table holds. */
static size_t symbols_max(const struct settings *settings)
{
    const struct setting_list *symbols = &settings->feed.symbols;
    bool takes_all = symbols->count == 1 && strcmp(symbols->items[0], "*") == 0;

    return takes_all ? (size_t)settings->market.symbols_max : symbols->count;
}

struct ingest *ingest_create(struct arena *arena, const struct settings *settings,
                             struct engine *engine, int64_t (*steady_ns)(void))
{
    size_t symbol_count = symbols_max(settings);
    struct ingest *ingest = arena_take(arena, "feed", "ingest", 1, sizeof *ingest);
    struct histogram *delays =
        arena_take(arena, "feed", "delays", symbol_count, sizeof(struct histogram));
    struct decoder *decoder = decoder_create(arena, (size_t)settings->feed.frame_bytes_max,
                                             engine != NULL ? engine_symbols(engine) : NULL);

    if (arena_measuring(arena))
        return NULL;
    ingest->engine = engine;
    ingest->decoder = decoder;
    ingest->future_ms = settings->feed.future_ms;
    ingest->steady_ns = steady_ns;
    ingest->symbol_delay_ms = delays;
    ingest->symbol_count = symbol_count;
    return ingest;
}

/* Entries are in time order, so those from the future are the last ones. */
static void drop_future(struct frame *frame, int64_t receive_ms, int64_t future_ms)
{
    while (frame->trade_count > 0) {
        int64_t ahead_ms = frame->trades[frame->trade_count - 1].time_ms - receive_ms;

        if (ahead_ms <= future_ms)
            return;
        if (frame->future_count++ == 0)
            frame->ahead_ms = ahead_ms;
        frame->trade_count--;
        frame->malformed_count++;
    }
}

static void record_delays(struct ingest *ingest, int64_t receive_ms)
{
    const struct frame *frame = &ingest->frame;

    for (size_t i = 0; i < frame->trade_count; i++) {
        const struct trade *trade = &frame->trades[i];

        if (trade->symbol >= ingest->symbol_count)
            continue;
        histogram_record(&ingest->delay_ms, receive_ms - trade->time_ms);
        histogram_record(&ingest->symbol_delay_ms[trade->symbol], receive_ms - trade->time_ms);
    }
}

void ingest_set_probe(struct ingest *ingest, void (*begin)(void *state), void (*end)(void *state),
                      void *state)
{
    ingest->begin = begin;
    ingest->end = end;
    ingest->probe_state = state;
}

const struct frame *ingest_frame(struct ingest *ingest, int64_t receive_us, const char *bytes,
                                 size_t length)
{
    int64_t receive_ms = floor_divide(receive_us, US_PER_MS);
    int64_t begun_ns = ingest->steady_ns != NULL ? ingest->steady_ns() : 0;
    struct frame *frame = &ingest->frame;

    if (ingest->begin != NULL)
        ingest->begin(ingest->probe_state);
    engine_advance(ingest->engine, receive_us);
    decoder_decode(ingest->decoder, bytes, length, frame);
    if (frame->kind == FRAME_TRADES)
        drop_future(frame, receive_ms, ingest->future_ms);
    engine_note_frame(ingest->engine, bytes, length);
    engine_frame(ingest->engine, frame);
    if (ingest->steady_ns != NULL)
        histogram_record(&ingest->dispatch_us, (ingest->steady_ns() - begun_ns) / NS_PER_US);
    if (frame->kind == FRAME_TRADES)
        record_delays(ingest, receive_ms);
    if (ingest->end != NULL && frame->kind == FRAME_TRADES)
        ingest->end(ingest->probe_state);
    return frame;
}

const struct histogram *ingest_delay_ms(const struct ingest *ingest)
{
    return &ingest->delay_ms;
}

const struct histogram *ingest_symbol_delay_ms(const struct ingest *ingest, uint16_t symbol)
{
    return symbol < ingest->symbol_count ? &ingest->symbol_delay_ms[symbol] : NULL;
}

const struct histogram *ingest_dispatch_us(const struct ingest *ingest)
{
    return &ingest->dispatch_us;
}
