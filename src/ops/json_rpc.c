/* Replies of the control socket, and requests that a person types; requests in JSON are read in
 * json_rpc_request.c. */
#include "tickd/ops/json_rpc.h"

#include <stdarg.h>
#include <string.h>

#include "tickd/ops/json_rpc_request.h"

void rpc_fault_init(struct rpc_fault *fault)
{
    fault->code = RPC_NONE;
    text_init(&fault->message, fault->memory, sizeof fault->memory);
}

void rpc_fault_set(struct rpc_fault *fault, enum rpc_error code, const char *format, ...)
{
    va_list arguments;

    fault->code = code;
    text_clear(&fault->message);
    va_start(arguments, format);
    text_format_list(&fault->message, format, arguments);
    va_end(arguments);
}

/* Requests. */

bool rpc_find_command(struct request *request, const char *name, struct rpc_fault *fault)
{
    const char *nearest;

    request->command = control_find(name, strlen(name));
    if (request->command < CONTROL_COMMAND_COUNT)
        return true;
    nearest = control_nearest(name);
    if (nearest != NULL)
        rpc_fault_set(fault, RPC_METHOD_NOT_FOUND,
                      "there is no command \"%.40s\"; is \"%s\" meant?", name, nearest);
    else
        rpc_fault_set(fault, RPC_METHOD_NOT_FOUND,
                      "there is no command \"%.40s\"; \"help\" lists them", name);
    return false;
}

bool rpc_check_arguments(const struct request *request, struct rpc_fault *fault)
{
    const struct control_entry *entry = control_entry(request->command);
    size_t least;
    size_t most;

    control_arity(entry, &least, &most);
    bool missing = request->argument_count < least;

    for (size_t i = 0; i < least && !missing; i++)
        missing = request->arguments[i] == NULL;
    if (!missing && request->argument_count <= most)
        return true;
    rpc_fault_set(fault, RPC_INVALID_PARAMS,
                  "%s argument; usage: ", missing ? "missing" : "unexpected");
    control_print_usage(entry, &fault->message);
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes the next word of a typed line into memory; returns 1, 0 at the end, −1 for a quote that
 * does not end. */
static int take_word(const char **at, const char *end, char **memory, const char **word)
{
    while (*at < end && is_blank(**at))
        (*at)++;
    if (*at == end)
        return 0;
    bool is_quoted = **at == '"';
    const char *start = *at + is_quoted;
    const char *stop = start;

    while (stop < end && (is_quoted ? *stop != '"' : !is_blank(*stop)))
        stop++;
    if (is_quoted && stop == end)
        return -1;
    *word = *memory;
    memcpy(*memory, start, (size_t)(stop - start));
    *memory += stop - start;
    *(*memory)++ = '\0';
    *at = stop + is_quoted;
    return 1;
}

static bool read_typed(struct request *request, const char *line, const char *end,
                       struct rpc_fault *fault)
{
    char *memory = request->memory;
    const char *name = NULL;
    const char *word;
    int taken = take_word(&line, end, &memory, &name);

    if (taken == 0)
        return false;
    if (taken > 0 && !rpc_find_command(request, name, fault))
        return false;
    while (taken > 0 && (taken = take_word(&line, end, &memory, &word)) > 0) {
        if (request->argument_count == CONTROL_ARGUMENTS_MAX) {
            rpc_fault_set(fault, RPC_INVALID_PARAMS, "more than %d arguments",
                          CONTROL_ARGUMENTS_MAX);
            return false;
        }
        request->arguments[request->argument_count++] = word;
    }
    if (taken < 0) {
        rpc_fault_set(fault, RPC_INVALID_REQUEST, "a quote is opened and not closed");
        return false;
    }
    return rpc_check_arguments(request, fault);
}

static bool has_control_characters(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return true;
    }
    return false;
}

bool rpc_read(struct request *request, const char *line, size_t length, struct rpc_fault *fault)
{
    rpc_fault_init(fault);
    request->form = (struct reply_form){.wanted = true, .id = "null"};
    request->command = CONTROL_COMMAND_COUNT;
    request->argument_count = 0;
    memset(request->arguments, 0, sizeof request->arguments);
    while (length > 0 && (is_blank(line[length - 1]) || line[length - 1] == '\r'))
        length--;
    while (length > 0 && is_blank(line[0])) {
        line++;
        length--;
    }
    request->form.plain = length == 0 || line[0] != '{';
    if (length > RPC_LINE_MAX) {
        rpc_fault_set(fault, RPC_LINE_TOO_LONG, "a line has at most %d bytes", RPC_LINE_MAX);
    } else if (!text_is_utf8(line, length)) {
        rpc_fault_set(fault, RPC_PARSE, "the line is not UTF-8");
    } else if (has_control_characters(line, length)) {
        rpc_fault_set(fault, RPC_PARSE, "the line holds control characters");
    } else if (length > 0 && line[0] == '[') {
        rpc_fault_set(fault, RPC_INVALID_REQUEST, "no batches: send one object a line");
    } else if (request->form.plain) {
        return read_typed(request, line, line + length, fault);
    } else {
        return rpc_read_json(request, line, length, fault);
    }
    return false;
}

/* Replies. */

void rpc_begin_result(struct json *json, struct text *out, const struct reply_form *form)
{
    if (!form->plain)
        text_format(out, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":", form->id);
    json_init(json, out, form->plain);
}

void rpc_end_result(struct json *json, const struct reply_form *form)
{
    text_add(json->out, form->plain ? "\n" : "}\n");
}

void rpc_print_error(struct text *out, const struct reply_form *form, const struct rpc_fault *fault)
{
    struct json json;

    json_init(&json, out, false);
    json_begin_object(&json, NULL);
    json_text(&json, "jsonrpc", "2.0");
    json_raw(&json, "id");
    text_add(out, form->id);
    json_begin_object(&json, "error");
    json_integer(&json, "code", fault->code);
    json_text(&json, "message", fault->message.data);
    json_end(&json);
    json_end(&json);
    text_add_char(out, '\n');
}
