/* The client's life: what it reads before it begins, how it starts, how it ends, what it tells. */
#include "tickd/feed/client.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/feed/client_state.h"
#include "tickd/feed/tls_client.h"

enum { TICK_MS = 1000 };

static int prepare_symbols(const struct settings *settings, struct text *why)
{
    const struct setting_list *symbols = &settings->feed.symbols;

    if (symbols->count == 1 && strcmp(symbols->items[0], "*") == 0) {
        text_add(why, "feed.symbols: \"*\" is for recordings; a live feed wants their names");
        return ERROR_RANGE;
    }
    return 0;
}

/* release() afterwards, whatever it returns. */
static int prepare(struct feed_access *access, const struct settings *settings, struct text *why)
{
    int error = prepare_symbols(settings, why);

    if (error == 0)
        error = feed_url_parse(settings->feed.url, &access->url, why);
    if (error != 0)
        return error;
    error = token_load(&access->token, settings->feed.token_file, why);
    if (error == ERROR_NOT_FOUND && !feed_url_needs_key(&access->url))
        error = 0;
    if (error == ERROR_NOT_FOUND)
        text_format(why,
                    "%s wants a key: give it as the systemd credential finnhub-token, in a file "
                    "that feed.token_file names, or in the environment variable FINNHUB_TOKEN",
                    access->url.host);
    if (error == ERROR_IO)
        text_add(why, "; tickd's user has to be able to read it");
    if (error != 0 || !access->url.secure)
        return error;
    access->tls = tls_client_create(settings->feed.ca_file, why);
    return access->tls != NULL ? 0 : ERROR_IO;
}

static void release(struct feed_access *access)
{
    if (access->tls != NULL)
        tls_client_destroy(access->tls);
    access->tls = NULL;
    token_fini(&access->token);
}

int feed_client_check(const struct settings *settings, struct text *why)
{
    struct feed_access access = {.tls = NULL};
    int error = prepare(&access, settings, why);

    release(&access);
    return error;
}

struct feed_client *feed_client_create(struct arena *arena, const struct settings *settings)
{
    struct feed_client *client = arena_take(arena, "feed", "client", 1, sizeof *client);
    struct feed_socket *socket = feed_socket_create(arena);
    struct fragments fragments = {0};

    fragments_init(&fragments, arena, (size_t)settings->feed.frame_bytes_max);
    if (arena_measuring(arena))
        return NULL;
    client->socket = socket;
    client->fragments = fragments;
    return client;
}

static void init_states(struct feed_client *client)
{
    const struct settings_feed *settings = &client->setup.settings->feed;
    struct feed_limits limits;
    struct backoff backoff;
    struct rng rng;
    uint64_t seed = client->setup.jitter_seed;

    if (seed == 0 && uv_random(NULL, NULL, &seed, sizeof seed, 0, NULL) != 0)
        seed = (uint64_t)client->setup.wall_us();
    rng_stream(&rng, seed, "feed.backoff");
    backoff_init(&backoff, settings->backoff_min_ms, settings->backoff_max_ms, &rng);
    feed_limits_from(&limits, settings);
    feed_states_init(&client->states, &limits, &backoff, client_report_state, client);
}

static void init_streams(struct feed_client *client)
{
    const struct settings_feed *settings = &client->setup.settings->feed;
    const struct symbol_table *symbols = engine_symbols(client->setup.engine);

    streams_init(&client->streams, symbols, settings->symbol_silence_s * US_PER_S,
                 client_report_stream, client);
    for (size_t i = 0; i < settings->symbols.count; i++) {
        const char *name = settings->symbols.items[i];
        uint16_t symbol = symbols_find(symbols, name, strlen(name));

        ASSERT(symbol != SYMBOL_NONE);
        streams_add(&client->streams, symbol);
    }
}

static int start_socket(struct feed_client *client, struct text *why)
{
    struct feed_socket_setup setup = {
        .loop = client->setup.loop,
        .url = &client->access.url,
        .tls = client->access.tls,
        .longest_wait_s = client->setup.settings->feed.connect_timeout_s,
        .events = client_socket_events(client),
    };
    int error = token_request_path(&client->access.token, client->access.url.path, &setup.request);

    if (error != 0) {
        text_add(why, "feed.url and the key are too long together");
        return error;
    }
    error = feed_socket_start(client->socket, &setup);
    if (error != 0)
        text_add(why, "libwebsockets cannot start (is its libuv plugin there?)");
    return error;
}

static void start_timer(struct feed_client *client, uv_timer_t *timer)
{
    (void)uv_timer_init(client->setup.loop, timer);
    timer->data = client;
    client->timers_open++;
}

static void log_start(const struct feed_client *client)
{
    char memory[CLIENT_TEXT_MAX];
    struct text text;

    text_init(&text, memory, sizeof memory);
    text_format(&text, "%s, %zu symbols, ", client->setup.settings->feed.url,
                client->streams.count);
    if (client->access.token.source != NULL)
        text_format(&text, "key from %s", client->access.token.source);
    else
        text_add(&text, "no key");
    client_log(client, LOG_INFO, "feed_start", memory);
}

int feed_client_start(struct feed_client *client, const struct feed_client_setup *setup,
                      struct text *why)
{
    client->setup = *setup;
    int error = prepare(&client->access, setup->settings, why);

    if (error != 0)
        return error;
    lws_log_set_token(&client->access.token);
    error = start_socket(client, why);
    if (error != 0)
        return error;
    log_limit_init(&client->messages, CLIENT_LOG_LINES_A_MINUTE);
    log_limit_init(&client->unusable, CLIENT_LOG_LINES_A_MINUTE);
    log_limit_init(&client->too_long, CLIENT_LOG_LINES_A_MINUTE);
    log_limit_init(&client->binary, CLIENT_LOG_LINES_A_MINUTE);
    init_streams(client);
    init_states(client);
    start_timer(client, &client->tick);
    start_timer(client, &client->attempt);
    start_timer(client, &client->pace);
    ASSERT(client->timers_open == CLIENT_TIMERS);
    client->started = true;
    client->since_wall_us = setup->wall_us();
    log_start(client);
    (void)uv_timer_start(&client->tick, client_on_tick, TICK_MS, TICK_MS);
    client_tick(client); /* whether a market is open, before the first debt is booked */
    client_happen(client, FEED_EVENT_START, "");
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct feed_client *client = handle->data;

    if (--client->timers_open == 0 && client->done != NULL)
        client->done(client->done_state);
}

void feed_client_stop(struct feed_client *client, void (*done)(void *state), void *state)
{
    ASSERT(client->started && !client->stopped);
    client->stopped = true;
    client->done = done;
    client->done_state = state;
    client_happen(client, FEED_EVENT_STOP, "");
    feed_socket_stop(client->socket);
    uv_close((uv_handle_t *)&client->tick, on_timer_closed);
    uv_close((uv_handle_t *)&client->attempt, on_timer_closed);
    uv_close((uv_handle_t *)&client->pace, on_timer_closed);
}

void feed_client_destroy(struct feed_client *client)
{
    feed_socket_destroy(client->socket);
    lws_log_set_token(NULL);
    release(&client->access);
}

enum feed_state feed_client_state(const struct feed_client *client)
{
    return client->states.state;
}

void feed_client_status(const struct feed_client *client, struct status_live *live)
{
    const struct feed_states *states = &client->states;

    live->feed_state = states->state;
    live->feed_state_since_us = client->since_wall_us;
    (void)text_copy(live->feed_url, sizeof live->feed_url, client->setup.settings->feed.url);
    token_redact(&client->access.token, states->reason, live->feed_reason,
                 sizeof live->feed_reason);
    live->feed_connections = states->connections;
    live->feed_connection_failures = states->failures;
    live->feed_bytes = client->bytes;
    live->feed_pings = client->pings;
    live->feed_errors = client->errors;
    live->feed_frames_too_long = client->fragments.too_long;
    live->feed_frames_binary = client->fragments.binary;
    live->feed_next_attempt_us = client_wall_us(client, states->attempt_us);
    live->feed_subscribed =
        feed_state_is_connected(states->state) ? (uint32_t)client->streams.asked : 0;
    live->feed_silent = streams_without(&client->streams);
    live->feed_delay_ms = status_quantiles_of(ingest_delay_ms(client->setup.ingest));
    live->receive_to_decision_us = status_quantiles_of(ingest_dispatch_us(client->setup.ingest));
}
