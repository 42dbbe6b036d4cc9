/* The bus: the log that is the queue, its dispatcher, its taps, and the accounts of its modules.
 * What is owed stands in ledger.c. */
#include "tickd/bus/bus.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/real.h"
#include "tickd/bus/ledger.h"

/* No time that is read is later: the year 2200. */
#define TIME_US_MAX INT64_C(7258118400000000)

enum { ROUTES_MAX = 16 /* subscribers of one topic */, REALS_MAX = 29 /* in one body */ };

struct reals {
    size_t count;
    uint16_t offsets[REALS_MAX];
};

struct subscribers {
    size_t count;
    const struct module *modules[ROUTES_MAX];
};

struct bus {
    struct ring log;
    struct ledger *ledger;
    struct digest digest;
    int64_t now_us;
    uint64_t dispatched; /* messages; the cursor is on this number */
    uint64_t handling;   /* number of the message being handled, plus one; 0 = none */
    uint64_t burst_max;
    bool dispatching;
    struct subscribers subscribers[TOPIC_COUNT];
    struct reals reals[TOPIC_COUNT];
    struct module_account accounts[MODULE_COUNT];
    bool wired[MODULE_COUNT];
    uint64_t published_of[TOPIC_COUNT];
    struct tap taps[BUS_TAPS_MAX];
    size_t tap_count;
    int64_t (*clock_ns)(void);
    void (*running)(void *state, enum module_id module, int64_t since_ns);
    void *running_state;
};

/* Where a topic's body holds doubles. */
static void find_reals(enum topic topic, struct reals *reals)
{
    size_t count;
    const struct field *fields = topic_fields(topic, &count);
    for (size_t i = 0; i < count; i++) {
        bool real = fields[i].kind == FIELD_REAL || fields[i].kind == FIELD_REALS ||
                    fields[i].kind == FIELD_INDICATORS;
        for (size_t at = 0; real && at < fields[i].size; at += sizeof(double)) {
            ASSERT(reals->count < REALS_MAX);
            reals->offsets[reals->count++] = (uint16_t)(fields[i].offset + at);
        }
    }
}

struct bus *bus_create(struct arena *arena, const struct bus_limits *limits)
{
    struct bus *bus = arena_take(arena, "bus", "state", 1, sizeof *bus);
    size_t capacity = limits->log_messages;
    if (capacity < limits->input_messages_max) {
        capacity = limits->input_messages_max;
    }
    struct ring log;
    ring_init(&log, arena, "bus", "message_log", capacity, sizeof(struct message));
    struct ledger *ledger = ledger_create(arena, limits->symbols);
    if (arena_measuring(arena)) {
        return NULL;
    }
    bus->log = log;
    bus->ledger = ledger;
    digest_init(&bus->digest);
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        find_reals((enum topic)topic, &bus->reals[topic]);
    }
    return bus;
}

void bus_wire(struct bus *bus, const struct module *modules, size_t module_count,
              const struct route *routes, size_t route_count, const struct owed_rule *rules,
              size_t rule_count)
{
    memset(bus->subscribers, 0, sizeof bus->subscribers);
    memset(bus->wired, 0, sizeof bus->wired);
    for (size_t i = 0; i < module_count; i++) {
        ASSERT(modules[i].id < MODULE_COUNT && !bus->wired[modules[i].id]);
        bus->wired[modules[i].id] = true;
    }
    for (size_t i = 0; i < route_count; i++) {
        struct subscribers *subscribers = &bus->subscribers[routes[i].topic];
        for (size_t m = 0; m < module_count; m++) {
            if (modules[m].id == routes[i].to) {
                ASSERT(subscribers->count < ROUTES_MAX && modules[m].handle != NULL);
                subscribers->modules[subscribers->count++] = &modules[m];
            }
        }
    }
    ledger_set_rules(bus->ledger, rules, rule_count);
}

int bus_add_tap(struct bus *bus, struct tap tap)
{
    if (bus->tap_count == BUS_TAPS_MAX) {
        return ERROR_FULL;
    }
    bus->taps[bus->tap_count++] = tap;
    return 0;
}

void bus_remove_tap(struct bus *bus, void *state)
{
    size_t kept = 0;
    for (size_t i = 0; i < bus->tap_count; i++) {
        if (bus->taps[i].state != state) {
            bus->taps[kept++] = bus->taps[i];
        }
    }
    bus->tap_count = kept;
}

void bus_set_probe(struct bus *bus, int64_t (*clock_ns)(void),
                   void (*running)(void *state, enum module_id module, int64_t since_ns),
                   void *state)
{
    bus->clock_ns = clock_ns;
    bus->running = running;
    bus->running_state = state;
}

void bus_set_time(struct bus *bus, int64_t now_us)
{
    ASSERT(now_us >= bus->now_us);
    bus->now_us = now_us;
}

int64_t bus_time(const struct bus *bus)
{
    return bus->now_us;
}

/* One NaN for all, so that the sign and payload that a processor happens to give never reach a
 * digest or a tape. */
static void make_canonical(const struct reals *reals, unsigned char *body)
{
    for (size_t i = 0; i < reals->count; i++) {
        unsigned char *at = body + reals->offsets[i];
        double value;
        memcpy(&value, at, sizeof value);
        if (value != value) {
            value = real_nan();
            memcpy(at, &value, sizeof value);
        }
    }
}

void bus_publish(struct bus *bus, enum module_id sender, enum topic topic, uint16_t symbol,
                 const void *body)
{
    ASSERT(bus->log.appended - bus->dispatched < bus->log.capacity);
    size_t size = topic_body_size(topic);
    struct message *message = ring_append(&bus->log);
    message->head = (struct message_head){
        .sequence = bus->log.appended,
        .time_us = bus->now_us,
        .topic = (uint8_t)topic,
        .sender = (uint8_t)sender,
        .symbol = symbol,
        .caused_by = bus->handling == 0 ? 0 : (uint32_t)(bus->log.appended - bus->handling),
    };
    memcpy(&message->body, body, size);
    make_canonical(&bus->reals[topic], (unsigned char *)&message->body);
    digest_add(&bus->digest, message, MESSAGE_HEAD_SIZE + size);
    bus->published_of[topic]++;
    bus->accounts[sender].published++;
    ledger_note(bus->ledger, message);
}

static void hand_to(struct bus *bus, const struct module *module, const struct message *message)
{
    struct module_account *account = &bus->accounts[module->id];
    int64_t start_ns = 0;
    if (bus->clock_ns != NULL) {
        start_ns = bus->clock_ns();
        bus->running(bus->running_state, module->id, start_ns);
    }
    module->handle(module->state, message);
    account->handled++;
    if (message->head.topic != TOPIC_CLOCK) {
        account->last_handled_us = bus->now_us;
    }
    if (bus->clock_ns != NULL) {
        int64_t took_ns = bus->clock_ns() - start_ns;
        if (took_ns > account->longest_ns) {
            account->longest_ns = took_ns;
        }
        bus->running(bus->running_state, MODULE_COUNT, 0);
    }
}

void bus_dispatch(struct bus *bus)
{
    ASSERT(!bus->dispatching);
    bus->dispatching = true;
    uint64_t first = bus->dispatched;
    while (bus->dispatched < bus->log.appended) {
        const struct message *message = ring_by_number(&bus->log, bus->dispatched);
        const struct subscribers *subscribers = &bus->subscribers[message->head.topic];
        bus->handling = bus->dispatched + 1;
        for (size_t i = 0; i < subscribers->count; i++) {
            hand_to(bus, subscribers->modules[i], message);
        }
        for (size_t i = 0; i < bus->tap_count; i++) {
            bus->taps[i].see(bus->taps[i].state, message);
        }
        bus->dispatched++;
    }
    bus->handling = 0;
    bus_count_handled(bus, MODULE_BUS, bus->dispatched - first);
    if (bus->dispatched - first > bus->burst_max) {
        bus->burst_max = bus->dispatched - first;
    }
    bus->dispatching = false;
}

const struct ring *bus_log(const struct bus *bus)
{
    return &bus->log;
}

uint64_t bus_published(const struct bus *bus)
{
    return bus->log.appended;
}

uint64_t bus_published_of(const struct bus *bus, enum topic topic)
{
    return bus->published_of[topic];
}

uint64_t bus_digest(const struct bus *bus)
{
    return digest_value(&bus->digest);
}

int64_t bus_waiting_since_us(const struct bus *bus)
{
    /* The message being handled is not waiting. */
    uint64_t next = bus->handling != 0 ? bus->handling : bus->dispatched;
    if (next == bus->log.appended) {
        return INT64_MAX;
    }
    const struct message *message = ring_by_number(&bus->log, next);
    return message->head.time_us;
}

uint64_t bus_burst_max(const struct bus *bus)
{
    return bus->burst_max;
}

bool bus_account(const struct bus *bus, enum module_id module, struct module_account *account)
{
    *account = bus->accounts[module];
    ledger_account(bus->ledger, module, &account->owed, &account->owed_since_us);
    return bus->wired[module];
}

void bus_count_handled(struct bus *bus, enum module_id module, uint64_t count)
{
    bus->accounts[module].handled += count;
    bus->accounts[module].last_handled_us = bus->now_us;
}

const struct message *bus_message(const struct bus *bus, uint64_t sequence)
{
    return sequence == 0 ? NULL : ring_by_number(&bus->log, sequence - 1);
}

/* State. */

static void persist_account(struct module_account *account, struct persist *persist)
{
    PERSIST(persist, account->handled);
    PERSIST(persist, account->published);
    int64_t last_us =
        persist_integer(persist, "last work of a module", account->last_handled_us, 0, TIME_US_MAX);
    if (persist_loading(persist)) {
        account->last_handled_us = last_us;
    }
}

/* Each message has to know its own number, for from that its cause is found. */
struct log_check {
    struct persist *persist;
    uint64_t newest; /* number of the message before, 0 = there was none */
};

static bool check_logged(const void *value, void *context)
{
    struct log_check *check = context;
    const struct message *message = value;
    uint64_t before = check->newest;
    check->newest = message->head.sequence;
    return message_check(message, check->persist) &&
           (before == 0 || message->head.sequence == before + 1);
}

static void persist_log(struct bus *bus, struct persist *persist)
{
    struct log_check check = {.persist = persist};
    size_t count = persist_history(persist, "message_log", &bus->log, check_logged, &check);
    if (count > 0 && persist_reading(persist) && check.newest != persist->appended) {
        persist_fail(persist, "message_log: the newest message is not the last one");
    }
}

void bus_persist(struct bus *bus, struct persist *persist)
{
    ASSERT(!bus->dispatching && bus->dispatched == bus->log.appended);
    int64_t now_us = persist_integer(persist, "time", bus->now_us, 0, TIME_US_MAX);
    PERSIST(persist, bus->digest);
    PERSIST(persist, bus->burst_max);
    PERSIST(persist, bus->published_of);
    for (size_t i = 0; i < MODULE_COUNT; i++) {
        persist_account(&bus->accounts[i], persist);
    }
    persist_log(bus, persist);
    ledger_persist(bus->ledger, persist);
    if (persist_loading(persist)) {
        bus->now_us = now_us;
        bus->dispatched = bus->log.appended;
    }
}
