/* The bus: one ring of messages that is log and queue at once.
 *
 *        dispatched            published
 *   ───────────┼───────────────────┤        the cursor walks to the end, hands each message to
 *    log  …  m7│ m8   m9   m10  m11│        the subscribers of its topic in wiring order, each to
 *   ───────────┼───────────────────┤        completion; what they publish is appended
 *
 * No handler is ever re-entered. The ring holds at least the configured log and at least the most
 * that one input can cause; a publish that would overwrite what is not yet dispatched is a bug and
 * aborts. Taps see every message after its subscribers, and cannot publish.
 *
 * The bus also keeps the books of what is owed: a table of rules says which topic asks a module for
 * which other topic. A module cannot forget to report, because it is not asked. */
#ifndef TICKD_BUS_BUS_H
#define TICKD_BUS_BUS_H

#include "tickd/base/arena.h"
#include "tickd/base/digest.h"
#include "tickd/base/error.h"
#include "tickd/bus/module.h"

struct bus;

struct bus_limits {
    size_t log_messages;       /* the configured history */
    size_t input_messages_max; /* the most that one input can cause */
    size_t symbols;
};

/* Who hears what, one row. */
struct route {
    enum topic topic;
    enum module_id to;
};

#define TOPIC_BIT(topic) (UINT32_C(1) << (topic))

/* What a message asks for, or answers. */
struct owed {
    int64_t ordinal; /* which of the symbol's: a bar's start, an order's number */
    int64_t due_us;  /* when it has to be there */
};

/* One row of the table of debts: `topic` asks `module` for one of `answers`. */
struct owed_rule {
    enum module_id module;
    enum topic topic;
    uint32_t answers; /* set of topics, see TOPIC_BIT */

    /* Whether this message asks, and for what; NULL: each does, ordinal 0, due at once. */
    bool (*asks)(const void *context, const struct message *message, struct owed *owed);

    /* Whether this message answers, and which ordinal; NULL: each does, ordinal 0. */
    bool (*settles)(const void *context, const struct message *message, int64_t *ordinal);

    /* An answer settles all debts of its symbol up to its ordinal, not just that one. */
    bool settles_older;

    const void *context;
};

struct tap {
    void (*see)(void *state, const struct message *message);
    void *state;
};

/* What the bus knows of a module. */
struct module_account {
    uint64_t handled;
    uint64_t published;
    int64_t last_handled_us; /* engine time, CLOCK apart; 0 = never */
    int64_t longest_ns;      /* longest handler; 0 without a probe */
    uint64_t owed;           /* debts that are open */
    int64_t owed_since_us;   /* when the oldest fell due; INT64_MAX = none is due at any time */
};

enum {
    BUS_TAPS_MAX = 16,
    BUS_RULES_MAX = 16,
    BUS_DEBTS_MAX = 8 /* remembered one by one, each rule and symbol; beyond, the oldest ones */
};

/* NULL while measuring. */
struct bus *bus_create(struct arena *arena, const struct bus_limits *limits);

/* The tables stay the caller's and must outlive the bus. `modules` has one entry for each wired
 * module. */
void bus_wire(struct bus *bus, const struct module *modules, size_t module_count,
              const struct route *routes, size_t route_count, const struct owed_rule *rules,
              size_t rule_count);

/* ERROR_FULL beyond BUS_TAPS_MAX. */
int bus_add_tap(struct bus *bus, struct tap tap);
void bus_remove_tap(struct bus *bus, void *state);

/* A clock for measurements (monotonic nanoseconds), and where the dispatcher notes which module
 * runs since when, for the watching thread. Neither can reach a message. NULL = none. */
void bus_set_probe(struct bus *bus, int64_t (*clock_ns)(void),
                   void (*running)(void *state, enum module_id module, int64_t since_ns),
                   void *state);

/* The time of everything published from now on. */
void bus_set_time(struct bus *bus, int64_t now_us);
int64_t bus_time(const struct bus *bus);

/* Appends a message; `body` holds topic_body_size(topic) bytes. Use the typed wrappers below. */
void bus_publish(struct bus *bus, enum module_id sender, enum topic topic, uint16_t symbol,
                 const void *body);

/* Hands out everything that is published and not yet dispatched, and what comes of it. */
void bus_dispatch(struct bus *bus);

const struct ring *bus_log(const struct bus *bus);
uint64_t bus_published(const struct bus *bus);
uint64_t bus_published_of(const struct bus *bus, enum topic topic);
uint64_t bus_digest(const struct bus *bus);

/* Oldest message that waits for dispatch, its time; INT64_MAX = none waits. */
int64_t bus_waiting_since_us(const struct bus *bus);
/* The most messages that one dispatch has caused so far. */
uint64_t bus_burst_max(const struct bus *bus);

/* false when the module is not wired. */
bool bus_account(const struct bus *bus, enum module_id module, struct module_account *account);

/* Work that a module of the shell has done, outside the dispatcher's sight. */
void bus_count_handled(struct bus *bus, enum module_id module, uint64_t count);

/* The log, the digest, what is owed, and the accounts but for measured times. Not while a message
 * is being handed out; what was loaded counts as dispatched. bus_wire() comes before. */
enum { BUS_PERSIST_VERSION = 1 };
void bus_persist(struct bus *bus, struct persist *persist);

/* A message of the log by its sequence number, or NULL when it has left the ring. */
const struct message *bus_message(const struct bus *bus, uint64_t sequence);

#define X(NAME, name)                                                                          \
    static inline void publish_##name(struct bus *bus, enum module_id sender, uint16_t symbol, \
                                      const struct name##_message *body)                       \
    {                                                                                          \
        bus_publish(bus, sender, TOPIC_##NAME, symbol, body);                                  \
    }
TOPICS(X)
#undef X

#endif
