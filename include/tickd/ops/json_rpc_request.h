/* Between json_rpc.c and json_rpc_request.c: what reading a request consists of. */
#ifndef TICKD_OPS_JSON_RPC_REQUEST_H
#define TICKD_OPS_JSON_RPC_REQUEST_H

#include "tickd/ops/json_rpc.h"

/* A line that begins with '{' and is UTF-8 without control characters. */
bool rpc_read_json(struct request *request, const char *line, size_t length,
                   struct rpc_fault *fault);

/* Sets request->command by its name. */
bool rpc_find_command(struct request *request, const char *name, struct rpc_fault *fault);

/* Whether the arguments are as many as the command takes. */
bool rpc_check_arguments(const struct request *request, struct rpc_fault *fault);

#endif
