/* Requests of the control socket, over a real engine: each line of the input is answered as a
 * client's would be, by the owner or by a stranger (first byte, even or odd). What must hold
 * whatever the line:
 *
 *   - a reply is empty, or ends in a line's end and fits into the output limit;
 *   - it is JSON: one document; a reply to JSON-RPC is one line with the version and an id;
 *   - a stranger gives no command;
 *   - a line that ends as a wait or a watch says what it waits for or watches. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/ops/control_commands.h"

#define START_US INT64_C(1795446000000000) /* 2026-11-23 15:00:00 UTC */

enum { REPLY_MAX = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct settings settings;
static struct config_origins origins;
static struct arena arena;
static struct control_host host;
static struct control_desk *desk;
static unsigned commands;

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz_control: %s\n", what);
    abort();
}

static void fill_status(void *state, struct status *status)
{
    engine_status(state, status);
    status->live.is_live = true;
    status->live.feed_state = FEED_STREAMING;
}

static void take_command(void *state, const struct command_message *command)
{
    engine_command(state, command);
    commands++;
}

static void trade_a_little(struct engine *engine)
{
    for (int64_t i = 0; i < 40; i++) {
        struct trade trade = {.time_ms = START_US / US_PER_MS + i * 500,
                              .price = (100 + i % 7) * DECIMAL_ONE,
                              .volume = DECIMAL_ONE,
                              .symbol = (uint16_t)(i % 2)};

        engine_advance(engine, START_US + i * 500 * US_PER_MS);
        engine_trade(engine, &trade);
    }
}

static void set_up(void)
{
    static const char symbols[] = "SPY,BINANCE:BTCUSDT";
    static char why_memory[256];
    struct arena measuring;
    struct text why;

    text_init(&why, why_memory, sizeof why_memory);
    settings_init(&settings);
    config_origins_init(&origins);
    settings_set(&settings, settings_find("feed.symbols", 12, NULL), symbols, sizeof symbols - 1,
                 &why);
    arena_init_measuring(&measuring);
    engine_create(&measuring, &settings);
    require(arena_init(&arena, measuring.used) == 0, "no memory");
    struct engine *engine = engine_create(&arena, &settings);

    engine_advance(engine, START_US);
    trade_a_little(engine);
    host = (struct control_host){.engine = engine,
                                 .settings = &settings,
                                 .origins = &origins,
                                 .state = engine,
                                 .fill_status = fill_status,
                                 .command = take_command};
    desk = control_desk_create(&host);
    require(desk != NULL, "no memory");
}

static void check_reply(const struct text *reply, const struct control_promise *promise)
{
    const char *end;

    if (reply->length == 0)
        return;
    require(reply->data[reply->length - 1] == '\n', "a reply without its end");
    require(!reply->cut, "a reply that is cut");
    cJSON *document = cJSON_ParseWithOpts(reply->data, &end, 0);

    require(document != NULL, "a reply that is no JSON");
    require(strspn(end, "\n") == strlen(end), "more than one document");
    if (!promise->form.plain) {
        require(strchr(reply->data, '\n') == reply->data + reply->length - 1, "more than one line");
        require(cJSON_HasObjectItem(document, "jsonrpc") && cJSON_HasObjectItem(document, "id"),
                "a reply without version or id");
        require(cJSON_HasObjectItem(document, "result") != cJSON_HasObjectItem(document, "error"),
                "neither result nor error, or both");
    }
    cJSON_Delete(document);
}

static void ask(const struct control_peer *peer, const char *line, size_t length)
{
    static char memory[REPLY_MAX];
    struct control_promise promise;
    struct text reply;
    unsigned before = commands;

    text_init(&reply, memory, sizeof memory);
    enum control_outcome outcome = control_answer(desk, peer, line, length, &reply, &promise);

    check_reply(&reply, &promise);
    require(peer->is_owner || commands == before, "a stranger's command");
    switch (outcome) {
    case CONTROL_ANSWERED:
        break;
    case CONTROL_WAITS:
        require(promise.state < CONTROL_STATE_COUNT && reply.length == 0, "waits for nothing");
        require(control_try_wait(desk, &promise, 1000000, &reply) || promise.seconds_max != 1,
                "waits beyond its limit");
        check_reply(&reply, &promise);
        break;
    case CONTROL_WATCHES:
        require(promise.topics != 0, "watches nothing");
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (desk == NULL)
        set_up();
    if (size == 0)
        return 0;
    struct control_peer peer = {.uid = data[0] % 2 == 0 ? 0 : 1000, .is_owner = data[0] % 2 == 0};
    const char *at = (const char *)data + 1;
    const char *end = (const char *)data + size;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop != NULL ? stop : end) - at);

        ask(&peer, at, length);
        at += length + (stop != NULL);
    }
    return 0;
}
