/* Finnhub's messages, from values to bytes: what the client sends, and what the local server sends
 * in Finnhub's place.
 *
 * Each function appends one whole message to `out`. A message that did not fit leaves out->cut set:
 * the caller then throws the text away. Nothing allocates. Strings are escaped as JSON wants it;
 * numbers are exact: the shortest text of the decimal, below 1e-6 with an exponent ("1e-7",
 * "2.5e-7") as JavaScript and Go write them, so that both forms are on the wire. */
#ifndef TICKD_FEED_ENCODE_H
#define TICKD_FEED_ENCODE_H

#include "tickd/base/text.h"
#include "tickd/market/trade.h"

enum {
    /* Enough for one entry whose symbol has at most SYMBOL_NAME_MAX − 1 bytes, whatever they are.
     */
    ENCODE_ENTRY_MAX = 544,
    /* Enough for what stands around the entries, with the terminating zero. */
    ENCODE_ENVELOPE_MAX = 32,
    /* Enough for a subscription of such a symbol, with the terminating zero. */
    ENCODE_SUBSCRIPTION_MAX = 256
};

/* Finnhub changed the order of its keys in 2026; both are in use. */
enum key_order {
    KEYS_DATA_FIRST, /* {"data":[{"c":…,"p":…,"s":…,"t":…,"v":…}],"type":"trade"} */
    KEYS_TYPE_FIRST  /* {"type":"trade","data":[{"t":…,"p":…,"v":…,"c":…,"s":…}]} */
};

/* How "c" is written. */
enum conditions_form {
    CONDITIONS_NULL,   /* "c":null */
    CONDITIONS_ABSENT, /* no "c" at all */
    CONDITIONS_EMPTY,  /* "c":[] */
    CONDITIONS_LIST    /* "c":["1","12"], the codes of the set ascending; [] when it is empty */
};

/* One entry of a trade message. */
struct wire_trade {
    const char *symbol;
    int64_t time_ms;
    int64_t price;       /* decimal */
    int64_t volume;      /* decimal */
    uint64_t conditions; /* as in struct trade; read with CONDITIONS_LIST only. CONDITION_UNKNOWN
                            is written as the code "99", CONDITION_SUSPICIOUS has no code */
    enum conditions_form form;
};

void encode_trades(struct text *out, const struct wire_trade *trades, size_t count,
                   enum key_order order);

/* {"type":"subscribe","symbol":"AAPL"} and its counterpart; `symbol` is `length` bytes. */
void encode_subscribe(struct text *out, const char *symbol, size_t length);
void encode_unsubscribe(struct text *out, const char *symbol, size_t length);

/* {"type":"ping"} */
void encode_ping(struct text *out);

/* {"msg":"Subscribing to too many symbols","type":"error"} */
void encode_error(struct text *out, const char *message);

/* A company's news, with the fields that Finnhub sends; time_s in UNIX seconds. */
struct wire_news {
    const char *symbol;
    const char *headline;
    const char *summary;
    int64_t time_s;
    int64_t id;
};

void encode_news(struct text *out, const struct wire_news *news);

#endif
