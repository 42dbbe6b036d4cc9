/* Which messages are kept, and where: topic → table raw_TOPIC, one row each. A table's columns are
 * the topic's fields, found by their names (bus/message.h), after run, sequence, time_us, cause
 * and, where the topic is about a symbol, symbol. So a new topic needs a table in schema.sql and a
 * row here. Trades, bars, ballots and seconds are not kept: the tape gives them again. */
#ifndef TICKD_STORE_TABLES_H
#define TICKD_STORE_TABLES_H

#include <sqlite3.h>

#include "tickd/bus/message.h"

/* X(TOPIC, rank, has_symbol, wanted): wanted = NULL keeps every message. */
#define STORE_TABLES(X)                                 \
    X(FILL, STORE_ESSENTIAL, true, NULL)                \
    X(ORDER, STORE_ESSENTIAL, true, NULL)               \
    X(REJECT, STORE_ESSENTIAL, true, NULL)              \
    X(EXPIRED, STORE_ESSENTIAL, true, NULL)             \
    X(EQUITY, STORE_ESSENTIAL, false, NULL)             \
    X(COMMAND, STORE_ESSENTIAL, false, NULL)            \
    X(AGENT_PROFILE, STORE_ESSENTIAL, false, NULL)      \
    X(EVOLUTION, STORE_ESSENTIAL, false, NULL)          \
    X(DECISION, STORE_ORDINARY, true, is_to_act)        \
    X(SIMULATION, STORE_ORDINARY, true, NULL)           \
    X(SHADOW_PROFILE, STORE_ORDINARY, false, NULL)      \
    X(WEIGHTS, STORE_ORDINARY, false, NULL)             \
    X(REWARD, STORE_ORDINARY, false, NULL)              \
    X(HEALTH, STORE_ORDINARY, false, NULL)              \
    X(VITALS, STORE_ORDINARY, false, begins_the_minute) \
    X(FEED, STORE_ORDINARY, true, NULL)                 \
    X(ALERT, STORE_ESSENTIAL, false, NULL)

enum {
#define X(TOPIC, rank, has_symbol, wanted) STORE_TABLE_##TOPIC,
    STORE_TABLES(X)
#undef X
        STORE_TABLE_COUNT
};

/* What gives way first when the queue fills up. */
enum store_rank { STORE_ESSENTIAL, STORE_ORDINARY };

struct store_table {
    enum topic topic;
    enum store_rank rank;
    bool has_symbol;
    bool (*wanted)(const struct message *message);
};

enum { STORE_SQL_MAX = 2048, STORE_NAME_MAX = 64 };

const struct store_table *store_table(size_t index);

/* The table that keeps this message; STORE_TABLE_COUNT: none does. */
size_t store_table_for(const struct message *message);

/* "raw_fill". */
void store_table_name(const struct store_table *table, char name[STORE_NAME_MAX]);

/* Appends the statement that adds a row, or leaves the one that is there. */
void store_table_print_insert(const struct store_table *table, struct text *sql);

/* Binds a message to that statement. An SQLite result code. */
int store_table_bind(const struct store_table *table, sqlite3_stmt *insert, int64_t run,
                     const struct message *message, const struct symbol_table *symbols);

#endif
