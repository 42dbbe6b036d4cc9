/* An archive in a folder of its own, a queue before it, and messages made by hand. Link it by
 * including this file; it is all static. */
#ifndef TICKD_SUPPORT_STORE_RIG_H
#define TICKD_SUPPORT_STORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <unistd.h>

#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/bus/bus.h"
#include "tickd/store/reader.h"
#include "tickd/store/writer.h"

enum { STORE_RIG_CAPACITY = 1000, STORE_RIG_PATH_MAX = 512 };

/* 2026-11-23 15:00:00 UTC. */
#define STORE_RIG_START_US INT64_C(1795446000000000)

struct store_rig {
    char folder[STORE_RIG_PATH_MAX];
    char path[STORE_RIG_PATH_MAX];
    struct arena arena;
    struct symbol_table symbols; /* "A", "B", "C", "D" */
    struct store_queue queue;
    struct tap instead; /* sees the messages instead of the queue, if set */
    struct writer_setup setup;
    struct writer writer;
    uint64_t sequence;
    int64_t now_us;
};

static inline void rig_take(struct store_rig *rig, struct arena *arena, size_t capacity)
{
    symbols_init(&rig->symbols, arena, 4, false);
    queue_init(&rig->queue, arena, capacity);
}

static inline void rig_init_with(struct store_rig *rig, size_t capacity)
{
    struct arena measuring;
    uint16_t id;
    memset(rig, 0, sizeof *rig);
    arena_init_measuring(&measuring);
    rig_take(rig, &measuring, capacity);
    assert_int_equal(arena_init(&rig->arena, measuring.used), 0);
    rig_take(rig, &rig->arena, capacity);
    for (const char *name = "ABCD"; *name != '\0'; name++) {
        assert_int_equal(symbols_add(&rig->symbols, name, 1, &id), 0);
    }
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(rig->folder, sizeof rig->folder, "%s/tickd-store-XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    assert_non_null(mkdtemp(rig->folder));
    (void)snprintf(rig->path, sizeof rig->path, "%.480s/tickd.db", rig->folder);
    rig->now_us = STORE_RIG_START_US;
    rig->setup = (struct writer_setup){.path = rig->path,
                                       .run = STORE_RIG_START_US,
                                       .started_us = STORE_RIG_START_US,
                                       .initial_cash = 100000 * DECIMAL_ONE,
                                       .version = "0.0.0",
                                       .config_digest = 0xabcd,
                                       .symbols = &rig->symbols,
                                       .days = 400,
                                       .rows_max = 1000000};
    writer_init(&rig->writer, &rig->setup);
}

static inline void rig_init(struct store_rig *rig)
{
    rig_init_with(rig, STORE_RIG_CAPACITY);
}

static inline void rig_remove_folder(const char *folder)
{
    char path[2 * STORE_RIG_PATH_MAX];
    const struct dirent *entry;
    DIR *directory = opendir(folder);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        (void)unlink(path);
    }
    if (directory != NULL) {
        closedir(directory);
    }
    (void)rmdir(folder);
}

static inline void rig_fini(struct store_rig *rig)
{
    writer_close(&rig->writer);
    rig_remove_folder(rig->folder);
    arena_fini(&rig->arena);
}

/* A message of the bus, `caused_by` messages after its cause, 0 = from outside; to the rig's own
 * queue, or to rig->instead instead. */
static inline uint64_t rig_say(struct store_rig *rig, enum topic topic, uint16_t symbol,
                               uint32_t caused_by, const void *body)
{
    struct message message = {.head = {.sequence = ++rig->sequence,
                                       .time_us = rig->now_us,
                                       .topic = (uint8_t)topic,
                                       .symbol = symbol,
                                       .caused_by = caused_by}};
    memcpy(&message.body, body, topic_body_size(topic));
    if (rig->instead.see != NULL) {
        rig->instead.see(rig->instead.state, &message);
    } else {
        queue_see(&rig->queue, &message);
    }
    return message.head.sequence;
}

/* A trade, the fill that it leads to, and the equity after it: 1 of A bought for 1, no fee. */
static inline void rig_say_fill(struct store_rig *rig, int64_t number)
{
    rig_say(rig, TOPIC_TRADE, 0, 0, &(struct trade_message){.price = DECIMAL_ONE});
    rig_say(rig, TOPIC_FILL, 0, 1,
            &(struct fill_message){.order = number,
                                   .quantity = DECIMAL_ONE,
                                   .price = DECIMAL_ONE,
                                   .trade_price = DECIMAL_ONE,
                                   .position = number * DECIMAL_ONE,
                                   .cost = number * DECIMAL_ONE,
                                   .cash = (100000 - number) * DECIMAL_ONE,
                                   .side = SIDE_BUY,
                                   .done = 1});
    rig_say(rig, TOPIC_EQUITY, SYMBOL_NONE, 2,
            &(struct equity_message){.initial_cash = 100000 * DECIMAL_ONE,
                                     .cash = (100000 - number) * DECIMAL_ONE,
                                     .equity = 100000 * DECIMAL_ONE,
                                     .market_value = number * DECIMAL_ONE,
                                     .turnover = number * DECIMAL_ONE,
                                     .peak = 100000 * DECIMAL_ONE,
                                     .day_equity = 100000 * DECIMAL_ONE,
                                     .fills = (uint64_t)number});
}

/* One transaction of what is durable; the result of writer_write(). */
static inline int rig_write_up_to(struct store_rig *rig, uint64_t durable)
{
    size_t count = queue_batch(&rig->queue, durable);
    struct writer_work work = {.queue = &rig->queue,
                               .count = count,
                               .last_sequence = queue_complete_to(&rig->queue, count, durable),
                               .time_us = rig->now_us};
    int error = writer_write(&rig->writer, &work);
    if (error == 0) {
        queue_remove(&rig->queue, count);
    }
    return error;
}

static inline void rig_write(struct store_rig *rig)
{
    if (rig_write_up_to(rig, UINT64_MAX) != 0) {
        fail_msg("%s", rig->writer.database.why);
    }
    assert_int_equal(queue_size(&rig->queue), 0);
}

/* The first value of a statement's first row, by a connection of its own; "" for NULL. */
static inline const char *rig_ask(const struct store_rig *rig, const char *sql)
{
    static char answer[1024];
    sqlite3 *handle;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(rig->path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    }
    answer[0] = '\0';
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != NULL) {
        text_copy(answer, sizeof answer, (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return answer;
}

static inline int64_t rig_ask_number(const struct store_rig *rig, const char *sql)
{
    return strtoll(rig_ask(rig, sql), NULL, 10);
}

/* Changes the file behind the writer's back. */
static inline void rig_change(const struct store_rig *rig, const char *sql)
{
    sqlite3 *handle;
    char *message = NULL;
    assert_int_equal(
        sqlite3_open_v2(rig->path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
        SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    sqlite3_close(handle);
}

#endif
