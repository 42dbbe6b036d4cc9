/* Which symbols the client asks for, when that changes while it runs. */
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/feed/client_state.h"

static uint16_t find(const struct feed_client *client, const char *name)
{
    return symbols_find(engine_symbols(client->setup.engine), name, strlen(name));
}

bool feed_client_can_ask_for(const struct feed_client *client, const struct setting_list *symbols)
{
    for (size_t i = 0; i < symbols->count; i++) {
        if (find(client, symbols->items[i]) == SYMBOL_NONE)
            return false;
    }
    return true;
}

static bool is_wanted(const struct feed_client *client, const struct setting_list *symbols,
                      uint16_t symbol)
{
    const char *name = symbols_name(engine_symbols(client->setup.engine), symbol);

    for (size_t i = 0; i < symbols->count; i++) {
        if (strcmp(symbols->items[i], name) == 0)
            return true;
    }
    return false;
}

/* It is wanted again before it was unsubscribed: it is subscribed a second time, which the server
 * takes as once. So no symbol waits here twice. */
static void stay(struct feed_client *client, uint16_t symbol)
{
    for (size_t i = 0; i < client->leaving_count; i++) {
        if (client->leaving[i] == symbol) {
            client->leaving[i] = client->leaving[--client->leaving_count];
            return;
        }
    }
}

static void leave(struct feed_client *client, uint16_t symbol)
{
    bool was_asked = streams_remove(&client->streams, symbol);

    if (!was_asked || !feed_state_is_connected(client->states.state))
        return;
    ASSERT(client->leaving_count < ARRAY_LENGTH(client->leaving));
    client->leaving[client->leaving_count++] = symbol;
}

void feed_client_ask_for(struct feed_client *client, const struct setting_list *symbols)
{
    ASSERT(client->started && !client->stopped);
    for (size_t i = client->streams.count; i-- > 0;) {
        uint16_t symbol = client->streams.of[i].symbol;

        if (!is_wanted(client, symbols, symbol))
            leave(client, symbol);
    }
    for (size_t i = 0; i < symbols->count; i++) {
        uint16_t symbol = find(client, symbols->items[i]);

        ASSERT(symbol != SYMBOL_NONE);
        if (!streams_has(&client->streams, symbol)) {
            stay(client, symbol);
            streams_add(&client->streams, symbol);
        }
    }
    feed_socket_want_write(client->socket);
}
