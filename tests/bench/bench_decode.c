/* A trade from its frame: the decoder against cJSON as one would use it, which reads the same
 * fields into doubles, looks the symbol up in the same table, and frees its tree. Frames of one and
 * of ten trades, in both orders of keys. Behind it, the decoder's own way through cJSON, for
 * frames that its scanner leaves. */
#include "tickd/feed/decode.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "bench.h"
#include "tickd/base/arena.h"
#include "tickd/base/text.h"
#include "tickd/feed/encode.h"
#include "tickd/market/conditions.h"

enum { FRAMES = 64, TRADES = 20000, TRADES_A_FRAME_MAX = 10, BYTES_MAX = 8192 };

/* Different frames of one kind, so that no branch is learnt by heart. */
struct frames {
    struct decoder *decoder;
    struct symbol_table *symbols;
    size_t trades_a_frame;
    size_t lengths[FRAMES];
    char bytes[FRAMES][BYTES_MAX];
};

static const char *const names[] = {"AAPL", "MSFT", "TSLA", "AMZN", "BINANCE:BTCUSDT"};

static struct wire_trade trade_of(size_t number)
{
    struct wire_trade trade = {.symbol = names[number % 5],
                               .time_ms = 1787924136086 + (int64_t)(number * 37 % 900),
                               .price = 31777500000 + (int64_t)(number * 7919 % 5000) * 500000,
                               .volume = (int64_t)(1 + number * 31 % 400) * 100000000,
                               .conditions = UINT64_C(1) << 1,
                               .form = number % 4 == 0 ? CONDITIONS_NULL : CONDITIONS_LIST};

    if (number % 3 == 0)
        trade.conditions |= UINT64_C(1) << 8;
    if (number % 5 == 0)
        trade.conditions |= UINT64_C(1) << CONDITION_ODD_LOT;
    return trade;
}

static void fill_frames(struct frames *frames, size_t trades_a_frame, enum key_order order)
{
    frames->trades_a_frame = trades_a_frame;
    for (size_t i = 0; i < FRAMES; i++) {
        struct wire_trade trades[TRADES_A_FRAME_MAX];
        struct text text;

        for (size_t k = 0; k < trades_a_frame; k++)
            trades[k] = trade_of(i * trades_a_frame + k);
        text_init(&text, frames->bytes[i], BYTES_MAX);
        encode_trades(&text, trades, trades_a_frame, order);
        frames->lengths[i] = text.length;
    }
}

static void decode_all(void *context)
{
    struct frames *frames = context;
    struct frame frame;
    uint64_t sum = 0;

    for (size_t i = 0; i < TRADES / frames->trades_a_frame; i++) {
        size_t k = i % FRAMES;

        decoder_decode(frames->decoder, frames->bytes[k], frames->lengths[k], &frame);
        sum += (uint64_t)frame.trades[0].price;
    }
    bench_keep(sum);
}

static void decode_all_slowly(void *context)
{
    struct frames *frames = context;
    struct frame frame;
    uint64_t sum = 0;

    for (size_t i = 0; i < TRADES / frames->trades_a_frame; i++) {
        size_t k = i % FRAMES;

        decoder_decode_slowly(frames->decoder, frames->bytes[k], frames->lengths[k], &frame);
        sum += (uint64_t)frame.trades[0].price;
    }
    bench_keep(sum);
}

/* One entry as cJSON has it. */
static uint64_t read_entry(struct symbol_table *symbols, const cJSON *entry)
{
    const cJSON *price = cJSON_GetObjectItemCaseSensitive(entry, "p");
    const cJSON *volume = cJSON_GetObjectItemCaseSensitive(entry, "v");
    const cJSON *time = cJSON_GetObjectItemCaseSensitive(entry, "t");
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "s"));
    const cJSON *code;
    uint64_t conditions = 0;

    cJSON_ArrayForEach(code, cJSON_GetObjectItemCaseSensitive(entry, "c"))
    {
        const char *text = cJSON_GetStringValue(code);

        conditions = conditions_add_text(conditions, text, strlen(text));
    }
    return conditions + symbols_find(symbols, name, strlen(name)) +
           (uint64_t)(price->valuedouble * volume->valuedouble + time->valuedouble);
}

static void parse_all(void *context)
{
    struct frames *frames = context;
    uint64_t sum = 0;

    for (size_t i = 0; i < TRADES / frames->trades_a_frame; i++) {
        size_t k = i % FRAMES;
        cJSON *message = cJSON_ParseWithLength(frames->bytes[k], frames->lengths[k]);
        const cJSON *entry;

        cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(message, "data"))
        {
            sum += read_entry(frames->symbols, entry);
        }
        cJSON_Delete(message);
    }
    bench_keep(sum);
}

static void compare(struct frames *frames, size_t trades_a_frame, enum key_order order,
                    const char *name)
{
    struct bench_case decoder = {
        .name = name, .run = decode_all, .context = frames, .operations = TRADES};
    struct bench_case cjson = {
        .name = "  cJSON", .run = parse_all, .context = frames, .operations = TRADES};

    fill_frames(frames, trades_a_frame, order);
    bench_compare(&decoder, &cjson, "trade", 50, BENCH_CPU);
}

int main(void)
{
    static struct frames frames;
    static struct arena arena;
    static struct symbol_table symbols;

    if (arena_init(&arena, 8u << 20) != 0)
        return BENCH_CANNOT_RUN;
    symbols_init(&symbols, &arena, 64, true);
    frames.symbols = &symbols;
    frames.decoder = decoder_create(&arena, 1u << 20, &symbols);
    compare(&frames, 1, KEYS_DATA_FIRST, "decode, 1 trade a frame, data first");
    compare(&frames, 1, KEYS_TYPE_FIRST, "decode, 1 trade a frame, type first");
    compare(&frames, 10, KEYS_DATA_FIRST, "decode, 10 trades a frame, data first");
    compare(&frames, 10, KEYS_TYPE_FIRST, "decode, 10 trades a frame, type first");
    bench_compare(&(struct bench_case){.name = "decode by cJSON, exactly, 10 trades a frame",
                                       .run = decode_all_slowly,
                                       .context = &frames,
                                       .operations = TRADES},
                  NULL, "trade", 0, BENCH_CPU);
    arena_fini(&arena);
    return 0;
}
