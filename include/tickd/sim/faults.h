/* Everything that can go wrong with Finnhub's stream and that finnhub-sim can imitate: one table,
 * from which --help, the parser of --fault NAME[=ARG] and the counts in the truth follow.
 *
 * What a fault adds (copies, bad frames, news) comes on top of the market's trades, and what it
 * delays still comes: the trades themselves are complete, whatever the faults, as long as the
 * connection lives. */
#ifndef TICKD_SIM_FAULTS_H
#define TICKD_SIM_FAULTS_H

#include "tickd/base/compiler.h"

/* Forms of ARG; each may be left out. */
enum fault_form {
    FAULT_PLAIN,        /* none */
    FAULT_SHARE,        /* P: a share, 0 < P ≤ 1 */
    FAULT_NUMBER,       /* N: a whole number */
    FAULT_NUMBER_SHARE, /* N:P */
    FAULT_SECONDS,      /* S */
    FAULT_AFTER, /* S:N: S seconds after the first subscription of each of the first N connections;
                    N = 0: of all */
    FAULT_LATE,  /* S:P */
    FAULT_FIRST, /* N: the first N times; 0: always */
    FAULT_WORD,  /* one of the words in `words` */
    FAULT_TEXT   /* any text up to FAULT_TEXT_MAX − 1 bytes */
};

/* X(constant, name, form, number, second, words or text, help); number and second are the values
 * when ARG does not give them; for FAULT_WORD `number` is the word's place. */
#define FAULTS(X)                                                                                 \
    X(FAULT_KEY_ORDER, "key-order", FAULT_WORD, 2, 0, "type|data|mixed",                          \
      "order of the keys: \"type\" first (as without this fault), \"data\" first, or either")     \
    X(FAULT_CONDITIONS, "conditions", FAULT_WORD, 5, 0, "null|absent|empty|list|unknown|mixed",   \
      "form of \"c\"; without this fault a list for stocks, null for other venues")               \
    X(FAULT_VOLUMES, "volumes", FAULT_SHARE, 0.2, 0, NULL,                                        \
      "this share of volumes becomes 0, 0.000004, 1e-7 or 1000000")                               \
    X(FAULT_ENTRIES, "entries", FAULT_NUMBER, 30, 0, NULL, "frames of 1 to N entries, at random") \
    X(FAULT_UNSORTED, "unsorted", FAULT_NUMBER, 150, 0, NULL,                                     \
      "trades are sent up to N ms later than they should, so that times step back")               \
    X(FAULT_TWICE, "twice", FAULT_WORD, 1, 0, "frame|soon|second",                                \
      "every trade a second time: in the same frame, after 18 to 100 ms, after up to 1 s")        \
    X(FAULT_TRIPLE, "triple", FAULT_PLAIN, 0, 0, NULL,                                            \
      "every trade a third time, as `twice` has it")                                              \
    X(FAULT_OTHER_CONDITIONS, "other-conditions", FAULT_SHARE, 1, 0, NULL,                        \
      "this share of the copies of `twice` and `triple` has another \"c\"")                       \
    X(FAULT_IDENTICAL, "identical", FAULT_SHARE, 0.2, 0, NULL,                                    \
      "this share of trades happens again, genuinely, in the same millisecond")                   \
    X(FAULT_LATE_TRADES, "late", FAULT_LATE, 2, 0.01, NULL,                                       \
      "share P of the trades is sent S seconds late (2, 600 and 2400 were seen)")                 \
    X(FAULT_DELAY, "delay", FAULT_SECONDS, 600, 0, NULL,                                          \
      "all trades of a live market carry a time S seconds ago")                                   \
    X(FAULT_SILENCE, "silence", FAULT_AFTER, 5, 0, NULL, "neither trades nor pings any more")     \
    X(FAULT_PINGS_ONLY, "pings-only", FAULT_AFTER, 5, 0, NULL, "pings, but no trades any more")   \
    X(FAULT_NO_PINGS, "no-pings", FAULT_PLAIN, 0, 0, NULL, "trades, but never a ping")            \
    X(FAULT_SILENT_SYMBOL, "silent-symbol", FAULT_TEXT, 0, 0, "SPY",                              \
      "nothing of this symbol is sent, all others go on")                                         \
    X(FAULT_HALF_DEAD, "half-dead", FAULT_AFTER, 5, 0, NULL,                                      \
      "the socket stays open, nothing is read or written any more")                               \
    X(FAULT_SYMBOL_LIMIT, "symbol-limit", FAULT_NUMBER, 50, 0, NULL,                              \
      "symbols a connection, 0 = any number; one more is answered with Finnhub's error (50 "      \
      "without this fault)")                                                                      \
    X(FAULT_INVALID_SYMBOL, "invalid-symbol", FAULT_TEXT, 0, 0, "SPY",                            \
      "a subscription to it is answered with \"Invalid symbol …\"")                               \
    X(FAULT_ERROR, "error", FAULT_TEXT, 0, 0, "Something went wrong",                             \
      "an error message with this text after the first subscription")                             \
    X(FAULT_HANDSHAKE_401, "handshake-401", FAULT_FIRST, 0, 0, NULL, "401 instead of 101")        \
    X(FAULT_HANDSHAKE_429, "handshake-429", FAULT_FIRST, 0, 0, NULL, "429 instead of 101")        \
    X(FAULT_HANDSHAKE_200, "handshake-200", FAULT_FIRST, 0, 0, NULL, "200 without upgrade")       \
    X(FAULT_HANDSHAKE_524, "handshake-524", FAULT_FIRST, 0, 0, NULL, "524 with a page of HTML")   \
    X(FAULT_HANDSHAKE_LATE, "handshake-late", FAULT_AFTER, 65, 0, NULL,                           \
      "101 comes only S seconds after the request")                                               \
    X(FAULT_CONNECT_LIMIT, "connect-limit", FAULT_NUMBER, 25, 0, NULL,                            \
      "429 for the connections beyond N within 12 s")                                             \
    X(FAULT_LOWER_CASE, "lower-case", FAULT_PLAIN, 0, 0, NULL,                                    \
      "the names and values of the answer's headers in lower case, but for the key")              \
    X(FAULT_SECOND_CONNECTION, "second-connection", FAULT_WORD, 0, 0, "kick|dead|both|refuse",    \
      "a second connection kicks the first, leaves it open but dead, ends both, or is closed "    \
      "within a second")                                                                          \
    X(FAULT_CLOSE, "close", FAULT_AFTER, 5, 0, NULL,                                              \
      "the connection is closed, with a close frame")                                             \
    X(FAULT_END, "end", FAULT_AFTER, 5, 0, NULL, "the connection ends without a close frame")     \
    X(FAULT_RESET, "reset", FAULT_AFTER, 5, 0, NULL, "the connection is reset")                   \
    X(FAULT_BAD_FRAME, "bad-frame", FAULT_AFTER, 5, 0, NULL,                                      \
      "a frame that breaks the WebSocket protocol (reserved bits)")                               \
    X(FAULT_FRAGMENTS, "fragments", FAULT_SHARE, 0.5, 0, NULL,                                    \
      "this share of messages comes in fragments, with control PINGs between them")               \
    X(FAULT_UNKNOWN_TYPES, "unknown-types", FAULT_SHARE, 0.1, 0, NULL,                            \
      "messages of types that nobody knows")                                                      \
    X(FAULT_NEWS, "news", FAULT_SHARE, 0.1, 0, NULL, "news of companies, with escapes in it")     \
    X(FAULT_OVERSIZED, "oversized", FAULT_NUMBER_SHARE, 2097152, 0.01, NULL,                      \
      "text messages of N bytes")                                                                 \
    X(FAULT_GARBAGE, "garbage", FAULT_SHARE, 0.05, 0, NULL, "text that is no JSON")               \
    X(FAULT_TRUNCATED, "truncated", FAULT_SHARE, 0.05, 0, NULL,                                   \
      "trade messages cut in the middle")                                                         \
    X(FAULT_INVALID_UTF8, "invalid-utf8", FAULT_SHARE, 0.05, 0, NULL,                             \
      "text messages that are no UTF-8")                                                          \
    X(FAULT_BINARY, "binary", FAULT_SHARE, 0.05, 0, NULL, "binary messages")                      \
    X(FAULT_EMPTY, "empty", FAULT_SHARE, 0.05, 0, NULL,                                           \
      "messages without a byte, and trade messages without an entry")                             \
    X(FAULT_BAD_ENTRIES, "bad-entries", FAULT_SHARE, 0.05, 0, NULL,                               \
      "trade messages with entries that miss a field or have it of another type")                 \
    X(FAULT_STRANGERS, "strangers", FAULT_SHARE, 0.05, 0, NULL,                                   \
      "trades of a symbol that nobody has subscribed to")

enum fault {
#define X(constant, name, form, number, second, words, help) constant,
    FAULTS(X)
#undef X
        FAULT_COUNT
};

enum {
    FAULT_TEXT_MAX = 64,
    FAULT_ERROR_MAX = 256,
    FAULT_ENTRIES_MAX = 1000,
    FAULT_CONNECTS_MAX = 1000,
    FAULT_OVERSIZED_MAX = 64 * 1024 * 1024
};

/* One row, for --help. */
struct fault_row {
    const char *name;
    enum fault_form form;
    double number;
    double second;
    const char *words;
    const char *help;
};

struct fault_setting {
    bool on;
    double number; /* P, N, S or the word's place */
    double second; /* of N:P, S:N, S:P */
    char text[FAULT_TEXT_MAX];
};

struct faults {
    struct fault_setting settings[FAULT_COUNT];
};

void faults_init(struct faults *faults);

/* Turns on what "NAME" or "NAME=ARG" says; given again it counts anew. On error faults are as they
 * were, and `error` holds one line. */
int faults_add(struct faults *faults, const char *argument, char error[FAULT_ERROR_MAX]);

bool fault_on(const struct faults *faults, enum fault fault);
const struct fault_setting *fault_setting(const struct faults *faults, enum fault fault);
const struct fault_row *fault_row(enum fault fault);
const char *fault_name(enum fault fault);

/* Name and argument as --help shows them: "reset[=S[:N]]", "twice[=frame|soon|second]". */
size_t fault_usage(enum fault fault, char *memory, size_t capacity);

/* The argument that stands for none: "5:0", "soon"; "" when it takes none. */
size_t fault_default(enum fault fault, char *memory, size_t capacity);

/* Words of FAULT_WORD faults, in the order of the table. */
enum fault_key_order { ORDER_TYPE, ORDER_DATA, ORDER_MIXED };
enum fault_conditions { FORM_NULL, FORM_ABSENT, FORM_EMPTY, FORM_LIST, FORM_UNKNOWN, FORM_MIXED };
enum fault_twice { TWICE_FRAME, TWICE_SOON, TWICE_SECOND };
enum fault_second_connection { SECOND_KICKS, SECOND_DEADENS, SECOND_ENDS_BOTH, SECOND_REFUSED };

#endif
