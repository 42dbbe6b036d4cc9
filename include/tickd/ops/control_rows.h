/* The lists that commands answer with. Each function writes its entries into a list that is open;
 * it stops when the text is full. */
#ifndef TICKD_OPS_CONTROL_ROWS_H
#define TICKD_OPS_CONTROL_ROWS_H

#include "tickd/engine/engine.h"
#include "tickd/ops/config_file.h"
#include "tickd/ops/json_rpc.h"

/* Which entries: the newest `count` but for `skip` newer ones, of a symbol or all (SYMBOL_NONE). */
struct control_range {
    size_t count;
    size_t skip;
    uint16_t symbol;
};

/* Health by the minute: the newest `count` but for `skip`, oldest first. */
void control_print_minutes(const struct engine *engine, size_t count, size_t skip,
                           struct json *json);

void control_print_symbols(struct engine *engine, struct json *json);

/* `count` bars of a symbol, oldest first: the newest but for `skip` newer ones. */
void control_print_bars(const struct engine *engine, uint16_t symbol, size_t count, size_t skip,
                        struct json *json);

void control_print_settings(const struct settings *settings, const struct config_origins *origins,
                            struct json *json);

/* The history that a person means by a name: "message_log", "bus/message_log", or "bus", if the
 * module has just one. NULL, and *fault. */
const struct history *control_find_history(const struct status *status, const char *name,
                                           struct rpc_fault *fault);

/* Entries of a history that engine_history_message() reads, oldest first. */
void control_print_entries(struct engine *engine, const char *module, const char *name,
                           struct control_range range, struct json *json);

/* A whole list: the newest `count` entries of a history but for `skip`, oldest first. */
void control_print_history(struct engine *engine, const struct history *history, size_t count,
                           size_t skip, struct json *json, struct rpc_fault *fault);

#endif
