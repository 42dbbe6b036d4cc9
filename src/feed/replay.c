/* Replay of recorded trades. */
#include "tickd/feed/replay.h"

#include "tickd/base/calendar.h"
#include "tickd/feed/csv.h"

static void take(struct engine *engine, int result, const struct trade *trade)
{
    if (result == CSV_MALFORMED_TRADE) {
        engine_malformed_trade(engine);
        return;
    }
    engine_advance(engine, trade->time_ms * US_PER_MS);
    engine_trade(engine, trade);
}

/* The stream is there from the first trade's time on. */
static void begin(struct engine *engine, int64_t time_us)
{
    engine_advance(engine, time_us);
    engine_feed_state(engine, SYMBOL_NONE,
                      &(struct feed_message){.state = FEED_STREAMING, .reason = "recording"});
}

static void take_measured(struct engine *engine, int result, const struct trade *trade,
                          const struct replay_probe *probe)
{
    probe->begin(probe->state);
    take(engine, result, trade);
    probe->end(probe->state);
}

static int replay_file(struct engine *engine, const char *path, bool *begun,
                       const struct replay_probe *probe, struct text *error)
{
    struct csv_reader *reader;
    struct trade trade;
    int result = csv_open(path, engine_symbols(engine), &reader, error);
    if (result != 0) {
        return result;
    }
    while ((result = csv_next(reader, &trade)) > 0) {
        if (!*begun && result == CSV_TRADE) {
            begin(engine, trade.time_ms * US_PER_MS);
            *begun = true;
        }
        if (probe != NULL) {
            take_measured(engine, result, &trade, probe);
        } else {
            take(engine, result, &trade);
        }
    }
    if (result < 0) {
        text_add(error, csv_error(reader));
    }
    csv_close(reader);
    return result;
}

int replay_files(struct engine *engine, const char *const *paths, size_t count,
                 const struct replay_probe *probe, struct text *error)
{
    bool begun = false;
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        result = replay_file(engine, paths[i], &begun, probe, error);
    }
    if (begun) {
        engine_finish(engine);
    }
    return result;
}
