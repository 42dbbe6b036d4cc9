/* Requests in JSON. First the whole line is checked for being JSON and its members are noted, then
 * they are looked at: so an error can carry the request's id, wherever that stands. Nothing
 * recurses, however deep a line is nested. */
#include "tickd/ops/json_rpc_request.h"

#include <string.h>

#include "tickd/ops/jsonc.h"

enum { KEY_MAX = 32, WHY_MAX = 256 };

struct reader {
    struct jsonc jsonc;
    struct jsonc_token token; /* the latest */
    const char *start;
    struct rpc_fault *fault;
    struct text why;
    char memory[WHY_MAX];
};

/* A member's value: its first token, and the place behind it. */
struct member {
    bool is_there;
    struct jsonc_token token;
    struct jsonc behind;
};

enum member_name { MEMBER_JSONRPC, MEMBER_METHOD, MEMBER_PARAMS, MEMBER_ID, MEMBER_COUNT };

static const char *const member_names[MEMBER_COUNT] = {"jsonrpc", "method", "params", "id"};

static bool fail_at(struct reader *reader, const char *place)
{
    rpc_fault_set(reader->fault, RPC_PARSE, "byte %zu: %s", (size_t)(place - reader->start) + 1,
                  reader->why.data);
    return false;
}

static bool unexpected(struct reader *reader, const char *allowed)
{
    text_clear(&reader->why);
    text_add(&reader->why, "found ");
    jsonc_describe(&reader->token, &reader->why);
    text_format(&reader->why, ", allowed: %s", allowed);
    return fail_at(reader, reader->token.start);
}

/* The next token; comments, which jsonc knows, are no JSON. */
static bool next(struct reader *reader)
{
    const char *before = reader->jsonc.at;

    if (jsonc_next(&reader->jsonc, &reader->token, &reader->why) != 0)
        return fail_at(reader, reader->jsonc.at);
    if (memchr(before, '/', (size_t)(reader->token.start - before)) != NULL) {
        text_clear(&reader->why);
        text_add(&reader->why, "found a comment, allowed: JSON");
        return fail_at(reader, before);
    }
    return true;
}

static bool is_scalar(enum jsonc_kind kind)
{
    return kind == JSONC_STRING || kind == JSONC_NUMBER || kind == JSONC_TRUE ||
           kind == JSONC_FALSE || kind == JSONC_NULL;
}

/* From a member's key, or from an entry of a list, to its value's first token. */
static bool enter_member(struct reader *reader, bool is_list)
{
    if (is_list)
        return true;
    if (reader->token.kind != JSONC_STRING)
        return unexpected(reader, "a key in quotes");
    if (!next(reader))
        return false;
    return reader->token.kind == JSONC_COLON ? next(reader) : unexpected(reader, ":");
}

/* From a value's first token to its last. */
static bool skip_value(struct reader *reader)
{
    bool is_list[RPC_DEPTH_MAX] = {false};
    size_t depth = 0;

    for (;;) {
        enum jsonc_kind kind = reader->token.kind;

        if (kind == JSONC_OBJECT_BEGIN || kind == JSONC_ARRAY_BEGIN) {
            if (depth == RPC_DEPTH_MAX) {
                text_clear(&reader->why);
                text_format(&reader->why, "nested deeper than %d", RPC_DEPTH_MAX);
                return fail_at(reader, reader->token.start);
            }
            is_list[depth++] = kind == JSONC_ARRAY_BEGIN;
            if (!next(reader))
                return false;
            kind = reader->token.kind;
            if (kind != (is_list[depth - 1] ? JSONC_ARRAY_END : JSONC_OBJECT_END)) {
                if (!enter_member(reader, is_list[depth - 1]))
                    return false;
                continue;
            }
        } else if (!is_scalar(kind)) {
            return unexpected(reader, "a value");
        } else if (depth == 0) {
            return true;
        } else if (!next(reader)) {
            return false;
        }
        while (reader->token.kind == (is_list[depth - 1] ? JSONC_ARRAY_END : JSONC_OBJECT_END)) {
            if (--depth == 0)
                return true;
            if (!next(reader))
                return false;
        }
        if (reader->token.kind != JSONC_COMMA)
            return unexpected(reader, is_list[depth - 1] ? ", or ]" : ", or }");
        if (!next(reader) || !enter_member(reader, is_list[depth - 1]))
            return false;
    }
}

static bool token_is(const struct jsonc_token *token, const char *text)
{
    char value[KEY_MAX];
    size_t length = jsonc_decode(token, value, sizeof value);

    return length == strlen(text) && length <= sizeof value && memcmp(value, text, length) == 0;
}

/* The key is the latest token. */
static bool note_member(struct reader *reader, struct member members[MEMBER_COUNT])
{
    struct member *member = NULL;

    for (size_t i = 0; i < MEMBER_COUNT && reader->token.kind == JSONC_STRING; i++) {
        if (token_is(&reader->token, member_names[i]))
            member = &members[i];
    }
    if (member != NULL && member->is_there)
        return unexpected(reader, "each member once");
    if (!enter_member(reader, false))
        return false;
    if (member != NULL)
        *member = (struct member){true, reader->token, reader->jsonc};
    return skip_value(reader);
}

static bool note_members(struct reader *reader, struct member members[MEMBER_COUNT])
{
    if (!next(reader))
        return false; /* the brace that made it a request */
    if (!next(reader))
        return false;
    while (reader->token.kind != JSONC_OBJECT_END) {
        if (!note_member(reader, members) || !next(reader))
            return false;
        if (reader->token.kind == JSONC_OBJECT_END)
            break;
        if (reader->token.kind != JSONC_COMMA)
            return unexpected(reader, ", or }");
        if (!next(reader))
            return false;
        if (reader->token.kind != JSONC_STRING)
            return unexpected(reader, "a key in quotes");
    }
    if (!next(reader))
        return false;
    return reader->token.kind == JSONC_END || unexpected(reader, "the end of the line");
}

/* The id goes back as it came, byte for byte. */
static bool take_id(struct request *request, const struct member *id, struct rpc_fault *fault)
{
    enum jsonc_kind kind = id->token.kind;

    if (!id->is_there)
        return true;
    if (kind != JSONC_STRING && kind != JSONC_NUMBER && kind != JSONC_NULL) {
        rpc_fault_set(fault, RPC_INVALID_REQUEST, "id: allowed: a text, a number, or null");
        return false;
    }
    if (!text_copy_bytes(request->form.id, sizeof request->form.id, id->token.start,
                         id->token.length)) {
        text_copy(request->form.id, sizeof request->form.id, "null");
        rpc_fault_set(fault, RPC_INVALID_REQUEST, "id: allowed: at most %d bytes", RPC_ID_MAX - 1);
        return false;
    }
    return true;
}

static bool take_method(struct request *request, const struct member members[MEMBER_COUNT],
                        struct rpc_fault *fault)
{
    const struct jsonc_token *version = &members[MEMBER_JSONRPC].token;
    const struct jsonc_token *method = &members[MEMBER_METHOD].token;
    char name[KEY_MAX + 1];
    size_t length;

    if (!members[MEMBER_JSONRPC].is_there || version->kind != JSONC_STRING ||
        !token_is(version, "2.0")) {
        rpc_fault_set(fault, RPC_INVALID_REQUEST, "jsonrpc: allowed: \"2.0\"");
        return false;
    }
    if (!members[MEMBER_METHOD].is_there || method->kind != JSONC_STRING) {
        rpc_fault_set(fault, RPC_INVALID_REQUEST, "method: allowed: a command's name in quotes");
        return false;
    }
    request->form.wanted = members[MEMBER_ID].is_there;
    length = jsonc_decode(method, name, KEY_MAX);
    if (length > KEY_MAX || memchr(name, '\0', length) != NULL || !text_is_utf8(name, length)) {
        rpc_fault_set(fault, RPC_METHOD_NOT_FOUND,
                      "there is no command of that name; \"help\" lists them");
        return false;
    }
    name[length] = '\0';
    return rpc_find_command(request, name, fault);
}

/* Where the texts of the arguments go. */
struct place_for_text {
    char *at;
    char *end;
};

static bool take_argument(struct request *request, size_t place, const struct jsonc_token *token,
                          struct place_for_text *room, struct rpc_fault *fault)
{
    size_t space = (size_t)(room->end - room->at);
    size_t length = token->length;

    if (token->kind != JSONC_STRING && token->kind != JSONC_NUMBER) {
        rpc_fault_set(fault, RPC_INVALID_PARAMS, "params: allowed: texts and numbers");
        return false;
    }
    if (place >= CONTROL_ARGUMENTS_MAX) {
        rpc_fault_set(fault, RPC_INVALID_PARAMS, "params: allowed: at most %d",
                      CONTROL_ARGUMENTS_MAX);
        return false;
    }
    /* What is decoded is never longer than what stood in the line, so there is always room. */
    if (token->kind == JSONC_STRING)
        length = jsonc_decode(token, room->at, space);
    else
        memcpy(room->at, token->start, length);
    if (memchr(room->at, '\0', length) != NULL) {
        rpc_fault_set(fault, RPC_INVALID_PARAMS, "params: allowed: texts without \\u0000");
        return false;
    }
    request->arguments[place] = room->at;
    if (request->argument_count <= place)
        request->argument_count = place + 1;
    room->at += length;
    *room->at++ = '\0';
    return true;
}

/* The place of the argument that the latest token names. */
static bool find_place(const struct request *request, const struct jsonc_token *key, size_t *place,
                       struct rpc_fault *fault)
{
    const struct control_entry *entry = control_entry(request->command);
    char name[KEY_MAX];
    size_t length = jsonc_decode(key, name, sizeof name);
    int found = length <= sizeof name ? control_argument_place(entry, name, length) : -1;

    if (found < 0 || request->arguments[found] != NULL) {
        rpc_fault_set(fault, RPC_INVALID_PARAMS, "params: %s; usage: ",
                      found < 0 ? "an unknown name" : "a name is there twice");
        control_print_usage(entry, &fault->message);
        return false;
    }
    *place = (size_t)found;
    return true;
}

/* Goes over params once more, which are known to be well formed. */
static bool take_params(struct request *request, const struct member *params,
                        struct rpc_fault *fault)
{
    struct place_for_text room = {request->memory, request->memory + sizeof request->memory};
    bool by_name = params->token.kind == JSONC_OBJECT_BEGIN;
    struct reader reader = {.jsonc = params->behind, .fault = fault};

    if (!params->is_there)
        return true;
    if (!by_name && params->token.kind != JSONC_ARRAY_BEGIN) {
        rpc_fault_set(fault, RPC_INVALID_PARAMS, "params: allowed: a list or an object");
        return false;
    }
    text_init(&reader.why, reader.memory, sizeof reader.memory);
    for (size_t place = 0; next(&reader); place++) {
        if (reader.token.kind == JSONC_COMMA && !next(&reader))
            return false;
        if (reader.token.kind == JSONC_ARRAY_END || reader.token.kind == JSONC_OBJECT_END)
            return true;
        if (by_name && !find_place(request, &reader.token, &place, fault))
            return false;
        if (!enter_member(&reader, !by_name) ||
            !take_argument(request, place, &reader.token, &room, fault))
            return false;
    }
    return false;
}

bool rpc_read_json(struct request *request, const char *line, size_t length,
                   struct rpc_fault *fault)
{
    struct member members[MEMBER_COUNT] = {0};
    struct reader reader = {.start = line, .fault = fault};

    text_init(&reader.why, reader.memory, sizeof reader.memory);
    jsonc_init(&reader.jsonc, line, length);
    if (!note_members(&reader, members))
        return false;
    return take_id(request, &members[MEMBER_ID], fault) && take_method(request, members, fault) &&
           take_params(request, &members[MEMBER_PARAMS], fault) &&
           rpc_check_arguments(request, fault);
}
