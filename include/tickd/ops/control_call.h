/* One request on its way through: what the functions that answer commands share. For the control
 * socket's own files alone. */
#ifndef TICKD_OPS_CONTROL_CALL_H
#define TICKD_OPS_CONTROL_CALL_H

#include "tickd/ops/command_table.h"
#include "tickd/ops/control_commands.h"
#include "tickd/ops/json_rpc_request.h"

enum { CALL_ENTRIES_DEFAULT = 20, CALL_ENTRIES_MAX = 10000000 };

struct control_desk {
    const struct control_host *host;
    struct status status;
    struct request request;
    struct rpc_fault fault;
};

/* One request on its way through. */
struct call {
    struct control_desk *desk;
    const struct control_peer *peer;
    const struct request *request;
    struct control_promise *promise;
    struct rpc_fault *fault; /* a command that fails sets it */
    struct json *json;       /* the result */
};

/* The whole document, anew. */
const struct status *call_fill_status(struct control_desk *desk);

/* NULL when it was left out. */
const char *call_argument(const struct call *call, size_t place);

/* A whole number of 1 to `most` that may be left out; false, and the fault, when it is none. */
bool call_take_number(const struct call *call, size_t place, int64_t most, int64_t *number);

/* The symbol that an argument, which is there, names; false, and the fault, when there is none. */
bool call_take_symbol(const struct call *call, size_t place, uint16_t *symbol);

/* Hands the command to the host with the peer's uid, and says that it is done. */
enum control_outcome call_give_command(struct call *call, const struct command_message *command);

/* One function a row of the table. */
#define X(NAME, name, arguments, who, help) enum control_outcome answer_##name(struct call *call);
CONTROL_COMMANDS(X)
#undef X

#endif
