/* The control socket's language: requests in, replies out. Nothing here knows sockets or commands'
 * meanings; docs/control.md shows it by example.
 *
 * A line that begins with '{' is a JSON-RPC 2.0 request, any other is a command as a person types
 * it: words separated by blanks, "double quotes" around a word with blanks in it. Either becomes a
 * struct request. Arguments are texts in both; a number's is its digits. */
#ifndef TICKD_OPS_JSON_RPC_H
#define TICKD_OPS_JSON_RPC_H

#include "tickd/ops/command_table.h"
#include "tickd/ops/json_writer.h"

enum {
    RPC_LINE_MAX = 65536, /* bytes, without the line's end */
    RPC_ID_MAX = 128,
    RPC_DEPTH_MAX = 32,
    RPC_MESSAGE_MAX = 512
};

/* X(NAME, code, text): what can be wrong. −32000 and below are ours. */
#define RPC_ERRORS(X)                               \
    X(PARSE, -32700, "Parse error")                 \
    X(INVALID_REQUEST, -32600, "Invalid request")   \
    X(METHOD_NOT_FOUND, -32601, "Method not found") \
    X(INVALID_PARAMS, -32602, "Invalid params")     \
    X(INTERNAL, -32603, "Internal error")           \
    X(NOT_ALLOWED, -32001, "Not allowed")           \
    X(NOT_FOUND, -32002, "Not found")               \
    X(TOO_LARGE, -32003, "Reply too large")         \
    X(TOO_MANY_CLIENTS, -32004, "Too many clients") \
    X(LINE_TOO_LONG, -32005, "Line too long")       \
    X(TIMED_OUT, -32006, "Timed out")               \
    X(STOPPING, -32007, "The daemon is ending")     \
    X(REFUSED, -32008, "Refused")

enum rpc_error {
#define X(NAME, code, text) RPC_##NAME = (code),
    RPC_ERRORS(X)
#undef X
        RPC_NONE = 0
};

/* How a request wants to be answered. */
struct reply_form {
    bool plain;          /* typed by a person: the bare result, readable */
    bool wanted;         /* a notification gets no reply */
    char id[RPC_ID_MAX]; /* as JSON text, "null" when there is none */
};

struct request {
    struct reply_form form;
    enum control_id command;
    size_t argument_count;
    const char *arguments[CONTROL_ARGUMENTS_MAX]; /* NULL = left out, for those given by name */
    char memory[RPC_LINE_MAX + 2 * CONTROL_ARGUMENTS_MAX];
};

/* What is wrong with a request. */
struct rpc_fault {
    enum rpc_error code; /* RPC_NONE: nothing */
    struct text message;
    char memory[RPC_MESSAGE_MAX];
};

void rpc_fault_init(struct rpc_fault *fault);
void rpc_fault_set(struct rpc_fault *fault, enum rpc_error code, const char *format, ...)
    TICKD_PRINTF(3, 4);

/* Reads a line of at most RPC_LINE_MAX bytes, without its end. false: *fault says what is wrong,
 * and request->form how to say it. Command, number of arguments and names are checked against the
 * table. A line of blanks is no request: RPC_NONE and false. */
bool rpc_read(struct request *request, const char *line, size_t length, struct rpc_fault *fault);

/* A reply around a result: between the two, one JSON value goes to json. The reply is one line, or,
 * readable, several, with the last line's end. */
void rpc_begin_result(struct json *json, struct text *out, const struct reply_form *form);
void rpc_end_result(struct json *json, const struct reply_form *form);

/* A whole reply that is an error; always one line of JSON-RPC, whoever asked. */
void rpc_print_error(struct text *out, const struct reply_form *form,
                     const struct rpc_fault *fault);

#endif
