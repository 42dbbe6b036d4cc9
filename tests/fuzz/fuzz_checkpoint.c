/* The checkpoint's reader over damaged checkpoints: it refuses with a sentence and an untouched
 * engine, or loads an engine that lives on and answers all questions. Never a crash.
 *
 * A checkpoint of a busy engine is made at start; an input says what becomes of it:
 *     byte 0        bit 0: the input's other bytes are the file themselves
 *                   bit 1: checksums are made right again afterwards, so that what is behind them
 *                   is reached
 *                   bit 2: bytes 1 to 3 cut the file to that length
 *     then, again and again, 12 bytes: place (3), width (1: 1, 2, 4 or 8 bytes), value (8) */
#include <string.h>

#include "support/busy_engine.h"
#include "support/seal.h"
#include "tickd/ops/status_json.h"
#include "tickd/store/checkpoint_file.h"

enum { SECONDS = 408, SAVED_AT = 400, PATCH = 12, PATCHES_MAX = 16, ANSWERS = 1, LOG_STEP = 23 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct busy_script script;
static size_t saved_at; /* input */
static struct busy_engine engine;
static unsigned char *whole;
static unsigned char *file;
static size_t whole_size;
static char answer[STATUS_JSON_MAX];

static void seal(unsigned char *bytes, size_t size)
{
    struct checkpoint_head head;
    struct checkpoint_end end = {.magic = CHECKPOINT_END_MAGIC, .size = size};
    if (size < sizeof head + sizeof end) {
        return;
    }
    memcpy(&head, bytes, sizeof head);
    head.size = size;
    head.checksum = checkpoint_checksum(&head, offsetof(struct checkpoint_head, checksum));
    memcpy(bytes, &head, sizeof head);
    seal_sections(bytes + sizeof head, size - sizeof head - sizeof end);
    end.checksum = checkpoint_checksum(bytes, size - sizeof end);
    memcpy(bytes + size - sizeof end, &end, sizeof end);
}

/* The bytes of a checkpoint, without a file. */
static void make_whole(void)
{
    struct busy_engine busy;
    struct busy_state state;
    const struct bus *bus;
    busy_settings(&busy.settings);
    busy_create(&busy);
    busy_write(&script, 1, SECONDS);
    while (script.inputs[saved_at].at_us < BUSY_START_US + SAVED_AT * US_PER_S) {
        busy_feed(&busy, &script.inputs[saved_at++]);
    }
    busy_save(&busy, &state);
    bus = engine_bus(busy.engine);
    struct checkpoint_head head = {.magic = CHECKPOINT_MAGIC,
                                   .format = CHECKPOINT_FORMAT,
                                   .size_of_head = sizeof head,
                                   .version = "fuzz",
                                   .meta = {.time_us = bus_time(bus),
                                            .published = bus_published(bus),
                                            .digest = bus_digest(bus),
                                            .layout = engine_layout(busy.engine)}};
    whole_size = sizeof head + state.used + sizeof(struct checkpoint_end);
    size_t room = (whole_size + PERSIST_ALIGNMENT) / PERSIST_ALIGNMENT * PERSIST_ALIGNMENT;
    whole = aligned_alloc(PERSIST_ALIGNMENT, room);
    file = aligned_alloc(PERSIST_ALIGNMENT, room);
    ASSERT(whole != NULL && file != NULL);
    memcpy(whole, &head, sizeof head);
    memcpy(whole + sizeof head, state.bytes, state.used);
    seal(whole, whole_size);
    free(state.bytes);
    busy_destroy(&busy);
}

static size_t three_bytes(const uint8_t *at)
{
    return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16;
}

static void patch(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < PATCHES_MAX && size >= PATCH; i++) {
        size_t width = (size_t)1 << data[3] % 4;
        size_t at = three_bytes(data) % (whole_size - 8);
        memcpy(file + at - at % width, data + 4, width);
        data += PATCH;
        size -= PATCH;
    }
}

/* The file that the input asks for; its length. */
static size_t make_file(const uint8_t *data, size_t size)
{
    size_t length = whole_size;
    if ((data[0] & 1) != 0) {
        length = size - 1 < whole_size ? size - 1 : whole_size;
        memcpy(file, data + 1, length);
        return length;
    }
    memcpy(file, whole, whole_size);
    size_t from = (data[0] & 4) != 0 && size >= 4 ? 4 : 1;
    patch(data + from, size - from);
    if (from == 4) {
        length = three_bytes(data + 1) % whole_size;
    }
    return length;
}

/* Questions. */

static void ask_message(const struct message *message)
{
    struct text text;
    text_init(&text, answer, sizeof answer);
    message_print_json(message, engine_symbols(engine.engine), &text);
}

static void ask_histories(void)
{
    static const char *const names[][2] = {
        {"consensus", "consensus_history"},  {"simulator", "simulation_history"},
        {"portfolio", "trade_history"},      {"agent_manager", "parameter_history"},
        {"agent_manager", "agent_versions"}, {"evolution", "parameter_history"},
        {"evolution", "evolution_history"},  {"introspection", "reward_metrics_history"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct message message;
        memset(&message, 0, sizeof message);
        for (size_t at = 0;
             engine_history_message(engine.engine, names[i][0], names[i][1], at, &message); at++) {
            ask_message(&message);
        }
    }
}

static void ask_log(void)
{
    const struct bus *bus = engine_bus(engine.engine);
    struct explain_sources sources = engine_explain_sources(engine.engine);
    const struct explain_order *order;
    struct text text;
    const struct ring *log = bus_log(bus);
    for (size_t i = 0; i < ring_size(log); i += LOG_STEP) {
        ask_message(ring_at(log, i));
    }
    for (size_t i = 0; (order = explain_newest(sources.explain, i)) != NULL; i++) {
        text_init(&text, answer, sizeof answer);
        engine_explain(engine.engine, order->head.sequence, &text);
        text_clear(&text);
        engine_explain(engine.engine, order->end_sequence, &text);
    }
}

static void ask_all(void)
{
    static struct status status;
    struct text text;
    struct json json;
    memset(&status, 0, sizeof status);
    status.version = "";
    engine_status(engine.engine, &status);
    text_init(&text, answer, sizeof answer);
    json_init(&json, &text, false);
    status_print_json(&status, &json);
    ask_histories();
    ask_log();
}

static void renew(void)
{
    if (engine.engine != NULL) {
        busy_destroy(&engine);
    }
    busy_settings(&engine.settings);
    busy_create(&engine);
}

/* Between questions it is fed what comes next. */
static void live_on(void)
{
    size_t inputs = script.count - saved_at;
    for (size_t i = 0; i < inputs; i++) {
        if (i % (inputs / ANSWERS) == 0) {
            ask_all();
        }
        if (script.inputs[saved_at + i].at_us >= engine_time_us(engine.engine)) {
            busy_feed(&engine, &script.inputs[saved_at + i]);
        }
    }
    ask_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checkpoint_meta meta;
    char memory[512];
    struct text why;
    if (whole == NULL) {
        make_whole();
        renew();
    }
    if (size == 0) {
        return 0;
    }
    size_t length = make_file(data, size);
    if ((data[0] & 2) != 0) {
        seal(file, length);
    }
    text_init(&why, memory, sizeof memory);
    int error = checkpoint_parse(file, length, engine.engine, &meta, &why);
    ASSERT((error == 0) == (why.length == 0));
    if (error == 0) {
        live_on();
    }
    if (error == 0 || error == ERROR_STATE) {
        renew();
    } else {
        ASSERT(!engine_has_started(engine.engine) && bus_published(engine_bus(engine.engine)) == 0);
    }
    return 0;
}
