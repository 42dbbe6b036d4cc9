/* The control socket's language: every way in which a line can be right, and wrong. */
#include "tickd/ops/json_rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/rng.h"

static struct request request;
static struct rpc_fault fault;

/* On the heap and without its zero, so that a sanitizer sees a read past the end. */
static bool read_bytes(const char *line, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);

    assert_non_null(copy);
    memcpy(copy, line, length);
    bool is_request = rpc_read(&request, copy, length, &fault);

    free(copy);
    return is_request;
}

static bool read_line(const char *line)
{
    return read_bytes(line, strlen(line));
}

static void assert_request(const char *line, enum control_id command, const char *id)
{
    if (!read_line(line))
        fail_msg("%s: %d %s", line, (int)fault.code, fault.memory);
    assert_int_equal(request.command, command);
    assert_string_equal(request.form.id, id);
}

static void assert_fault(const char *line, enum rpc_error code, const char *message)
{
    assert_false(read_line(line));
    if (fault.code != code || strstr(fault.memory, message) == NULL)
        fail_msg("%s: %d %s", line, (int)fault.code, fault.memory);
}

static void assert_arguments(size_t count, const char *first, const char *second)
{
    assert_int_equal(request.argument_count, count);
    if (first != NULL)
        assert_string_equal(request.arguments[0], first);
    if (second != NULL)
        assert_string_equal(request.arguments[1], second);
}

#define CALL(method, rest) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"" rest "}"

static void test_a_typed_line_is_words(void **state)
{
    (void)state;
    assert_request("status", CONTROL_STATUS, "null");
    assert_true(request.form.plain);
    assert_true(request.form.wanted);
    assert_request("  bars\tSPY   20 \r", CONTROL_BARS, "null");
    assert_arguments(2, "SPY", "20");
    assert_request("bars \"IC MARKETS:1\"", CONTROL_BARS, "null");
    assert_arguments(1, "IC MARKETS:1", NULL);
    assert_request("bars \"\"", CONTROL_BARS, "null");
    assert_arguments(1, "", NULL);
    assert_request("watch BAR TRADE", CONTROL_WATCH, "null");
    assert_arguments(2, "BAR", "TRADE");
}

static void test_a_blank_line_is_no_request_and_no_fault(void **state)
{
    (void)state;
    assert_false(read_line(""));
    assert_int_equal(fault.code, RPC_NONE);
    assert_false(read_line(" \t \r"));
    assert_int_equal(fault.code, RPC_NONE);
}

static void test_a_request_is_an_object_with_its_members_in_any_order(void **state)
{
    (void)state;
    assert_request("{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":7}", CONTROL_STATUS, "7");
    assert_false(request.form.plain);
    assert_request(" { \"id\" : \"a\\u0062\" , \"params\" : [ ] , \"method\" : \"st\\u0061tus\" , "
                   "\"jsonrpc\" : \"2.0\" } ",
                   CONTROL_STATUS, "\"a\\u0062\"");
    assert_request(CALL("bars", ",\"params\":[\"SPY\",5]"), CONTROL_BARS, "1");
    assert_arguments(2, "SPY", "5");
    assert_request(CALL("bars", ",\"params\":{\"n\":5,\"symbol\":\"SPY\"}"), CONTROL_BARS, "1");
    assert_arguments(2, "SPY", "5");
    assert_request(CALL("bars", ",\"params\":{\"symbol\":\"IC MARKETS:1\"}"), CONTROL_BARS, "1");
    assert_arguments(1, "IC MARKETS:1", NULL);
    assert_request(CALL("status", ",\"params\":{}"), CONTROL_STATUS, "1");
    assert_request(CALL("status", ",\"trace\":{\"a\":[1,{\"b\":[]},[]],\"c\":null}"),
                   CONTROL_STATUS, "1");
}

static void test_an_id_comes_back_as_it_was(void **state)
{
    static const char *const ids[] = {"0",    "-1",   "9007199254740993", "1.50",        "1e3",
                                      "null", "\"\"", "\"\\u0000\\n\"",   "\"\xc3\xa9\""};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        char line[256];

        (void)snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":%s}",
                       ids[i]);
        assert_request(line, CONTROL_STATUS, ids[i]);
        assert_true(request.form.wanted);
    }
}

static void test_without_an_id_no_reply_is_wanted(void **state)
{
    (void)state;
    assert_request("{\"jsonrpc\":\"2.0\",\"method\":\"rotate\"}", CONTROL_ROTATE, "null");
    assert_false(request.form.wanted);
    assert_false(read_line("{\"jsonrpc\":\"2.0\",\"method\":\"nonsense\"}"));
    assert_false(request.form.wanted);
    assert_false(read_line("{\"jsonrpc\":\"2.0\"}")); /* no request at all: answered */
    assert_true(request.form.wanted);
}

static void test_what_is_no_json_is_a_parse_error_with_its_place(void **state)
{
    (void)state;
    assert_fault("{", RPC_PARSE, "byte 2: found the end of the text");
    assert_fault("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sta", RPC_PARSE, "does not end");
    assert_fault("{\"jsonrpc\":\"2.0\",}", RPC_PARSE, "byte 18");
    assert_fault("{\"a\":01}", RPC_PARSE, "found 01");
    assert_fault("{\"a\":'b'}", RPC_PARSE, "found '");
    assert_fault("{a:1}", RPC_PARSE, "byte 2");
    assert_fault("{\"a\" 1}", RPC_PARSE, "allowed: :");
    assert_fault("{\"a\":[1 2]}", RPC_PARSE, "allowed: , or ]");
    assert_fault("{\"a\":[1,]}", RPC_PARSE, "allowed: a value");
    assert_fault("{\"a\":{\"b\":1,}}", RPC_PARSE, "allowed: a key in quotes");
    assert_fault("{\"a\":[1}", RPC_PARSE, "allowed: , or ]");
    assert_fault("{\"a\":nul}", RPC_PARSE, "found nul");
    assert_fault("{\"a\":1} {\"b\":2}", RPC_PARSE, "the end of the line");
    assert_fault("{\"a\":1} // no", RPC_PARSE, "a comment");
    assert_fault("{\"a\":/* no */1}", RPC_PARSE, "a comment");
    assert_fault("{\"id\":1,\"id\":2}", RPC_PARSE, "each member once");
    assert_fault("{\"a\":\"\\ud800\"}", RPC_PARSE, "escape");
}

static void test_binary_and_bad_utf8_are_parse_errors(void **state)
{
    static const char zero[] = "status\0";
    static const char zero_in_json[] = "{\"a\":\"\0\"}";

    (void)state;
    assert_fault("status\xff", RPC_PARSE, "not UTF-8");
    assert_fault("{\"a\":\"\xc0\xaf\"}", RPC_PARSE, "not UTF-8");
    assert_fault("\x1b[A", RPC_PARSE, "control characters");
    assert_false(read_bytes(zero, sizeof zero - 1));
    assert_int_equal(fault.code, RPC_PARSE);
    assert_false(read_bytes(zero_in_json, sizeof zero_in_json - 1));
    assert_int_equal(fault.code, RPC_PARSE);
}

/* {"a": and then so many of `open`, as many of `close`, and }. */
static void nest(char *line, size_t depth, char open, char close, bool closed)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\",\"a\":";
    size_t length = sizeof head - 1;

    memcpy(line, head, length);
    memset(line + length, open, depth);
    length += depth;
    if (closed)
        memset(line + length, close, depth);
    length += closed ? depth : 0;
    line[length] = closed ? '}' : '\0';
    line[length + closed] = '\0';
}

static void test_nesting_is_bounded(void **state)
{
    static char line[RPC_LINE_MAX];

    (void)state;
    nest(line, RPC_DEPTH_MAX, '[', ']', true);
    assert_request(line, CONTROL_VERSION, "1");
    nest(line, RPC_DEPTH_MAX + 1, '[', ']', true);
    assert_fault(line, RPC_PARSE, "nested deeper than 32");
    nest(line, 60000, '[', ']', false);
    assert_fault(line, RPC_PARSE, "nested deeper than 32");
    nest(line, 60000, '{', '}', false);
    assert_fault(line, RPC_PARSE, "allowed: a key in quotes");
}

static void test_what_is_no_request_is_said_to_be_none_with_its_id(void **state)
{
    (void)state;
    assert_fault("{}", RPC_INVALID_REQUEST, "jsonrpc");
    assert_string_equal(request.form.id, "null");
    assert_fault("{\"method\":\"status\",\"id\":5}", RPC_INVALID_REQUEST, "jsonrpc");
    assert_string_equal(request.form.id, "5");
    assert_fault("{\"jsonrpc\":\"1.0\",\"method\":\"status\",\"id\":5}", RPC_INVALID_REQUEST,
                 "jsonrpc");
    assert_fault("{\"jsonrpc\":2.0,\"method\":\"status\",\"id\":5}", RPC_INVALID_REQUEST,
                 "jsonrpc");
    assert_fault("{\"jsonrpc\":\"2.0\",\"id\":5}", RPC_INVALID_REQUEST, "method");
    assert_fault("{\"jsonrpc\":\"2.0\",\"method\":1,\"id\":5}", RPC_INVALID_REQUEST, "method");
    assert_fault("{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":[1]}", RPC_INVALID_REQUEST,
                 "id");
    assert_fault("{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":true}", RPC_INVALID_REQUEST,
                 "id");
    assert_string_equal(request.form.id, "null");
    assert_fault("[]", RPC_INVALID_REQUEST, "no batches");
    assert_fault("[{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":1}]", RPC_INVALID_REQUEST,
                 "no batches");
    assert_fault("bars \"SPY", RPC_INVALID_REQUEST, "not closed");
}

static void test_an_id_is_not_longer_than_can_be_kept(void **state)
{
    char line[512];
    char id[RPC_ID_MAX + 1];

    (void)state;
    memset(id, '7', sizeof id);
    (void)snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":%.*s}",
                   RPC_ID_MAX - 1, id);
    assert_true(read_line(line));
    assert_int_equal(strlen(request.form.id), RPC_ID_MAX - 1);
    (void)snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":%.*s}",
                   RPC_ID_MAX, id);
    assert_fault(line, RPC_INVALID_REQUEST, "at most 127 bytes");
    assert_string_equal(request.form.id, "null");
}

static void test_unknown_commands_name_their_neighbour(void **state)
{
    (void)state;
    assert_fault("statsu", RPC_METHOD_NOT_FOUND, "is \"status\" meant?");
    assert_fault(CALL("statsu", ""), RPC_METHOD_NOT_FOUND, "is \"status\" meant?");
    assert_string_equal(request.form.id, "1");
    assert_fault("frobnicate", RPC_METHOD_NOT_FOUND, "\"help\" lists them");
    assert_fault(CALL("", ""), RPC_METHOD_NOT_FOUND, "\"help\" lists them");
    assert_fault(CALL("status\\u0000", ""), RPC_METHOD_NOT_FOUND, "of that name");
    assert_fault(CALL("a method whose name is longer than any", ""), RPC_METHOD_NOT_FOUND,
                 "of that name");
}

static void test_arguments_that_do_not_fit_show_the_usage(void **state)
{
    (void)state;
    assert_fault("bars", RPC_INVALID_PARAMS, "missing argument; usage: bars SYMBOL [N]");
    assert_fault("bars SPY 1 2 3", RPC_INVALID_PARAMS, "unexpected argument; usage: bars");
    assert_fault("status now", RPC_INVALID_PARAMS, "unexpected argument; usage: status");
    assert_fault(CALL("bars", ""), RPC_INVALID_PARAMS, "missing argument");
    assert_fault(CALL("bars", ",\"params\":[]"), RPC_INVALID_PARAMS, "missing argument");
    assert_fault(CALL("bars", ",\"params\":{\"n\":5}"), RPC_INVALID_PARAMS, "missing argument");
    assert_fault(CALL("bars", ",\"params\":{\"count\":5}"), RPC_INVALID_PARAMS, "unknown name");
    assert_fault(CALL("bars", ",\"params\":{\"n\":5,\"n\":6}"), RPC_INVALID_PARAMS, "twice");
    assert_fault(CALL("bars", ",\"params\":[[\"SPY\"]]"), RPC_INVALID_PARAMS, "texts and numbers");
    assert_fault(CALL("bars", ",\"params\":[true]"), RPC_INVALID_PARAMS, "texts and numbers");
    assert_fault(CALL("bars", ",\"params\":[null]"), RPC_INVALID_PARAMS, "texts and numbers");
    assert_fault(CALL("bars", ",\"params\":\"SPY\""), RPC_INVALID_PARAMS, "a list or an object");
    assert_fault(CALL("bars", ",\"params\":[\"S\\u0000\"]"), RPC_INVALID_PARAMS, "u0000");
    assert_fault("watch 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25",
                 RPC_INVALID_PARAMS, "more than 24");
    assert_fault(CALL("watch", ",\"params\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,"
                               "21,22,23,24,25]"),
                 RPC_INVALID_PARAMS, "at most 24");
}

static void test_a_line_is_as_long_as_it_may_be_and_no_longer(void **state)
{
    static char line[RPC_LINE_MAX + 2];

    (void)state;
    memset(line, 'x', sizeof line);
    memcpy(line, "bars ", 5);
    assert_true(read_bytes(line, RPC_LINE_MAX));
    assert_int_equal(strlen(request.arguments[0]), RPC_LINE_MAX - 5);
    assert_false(read_bytes(line, RPC_LINE_MAX + 1));
    assert_int_equal(fault.code, RPC_LINE_TOO_LONG);
}

static void test_as_many_arguments_as_a_line_holds_find_room(void **state)
{
    static char line[RPC_LINE_MAX];
    struct text text;

    (void)state;
    text_init(&text, line, sizeof line);
    text_add(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"watch\",\"params\":[");
    for (int i = 0; i < CONTROL_ARGUMENTS_MAX; i++) {
        text_add(&text, i == 0 ? "\"" : ",\"");
        for (int byte = 0; byte < 2700; byte++)
            text_add_char(&text, 'x');
        text_add_char(&text, '"');
    }
    text_add(&text, "]}");
    assert_false(text.cut);
    assert_true(read_line(line));
    assert_int_equal(request.argument_count, CONTROL_ARGUMENTS_MAX);
    for (size_t i = 0; i < CONTROL_ARGUMENTS_MAX; i++)
        assert_int_equal(strlen(request.arguments[i]), 2700);
}

static void test_replies_are_one_line_and_carry_the_id(void **state)
{
    char memory[512];
    struct text out;
    struct json json;
    struct reply_form form = {.wanted = true, .id = "\"a\""};

    (void)state;
    text_init(&out, memory, sizeof memory);
    rpc_begin_result(&json, &out, &form);
    json_begin_object(&json, NULL);
    json_text(&json, "tickd", "0.1.0");
    json_end(&json);
    rpc_end_result(&json, &form);
    assert_string_equal(memory,
                        "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"tickd\":\"0.1.0\"}}\n");
    rpc_fault_init(&fault);
    rpc_fault_set(&fault, RPC_NOT_FOUND, "no \"%s\"", "x\n");
    text_clear(&out);
    rpc_print_error(&out, &form, &fault);
    assert_string_equal(memory, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32002,"
                                "\"message\":\"no \\\"x\\n\\\"\"}}\n");
}

/* A good request with a few of its bytes changed is either a request or a fault, and never reads
 * or writes where it should not. */
static void test_damaged_requests_are_requests_or_faults(void **state)
{
    static const char good[] =
        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"bars\",\"params\":{\"symbol\":\"SPY\","
        "\"n\":5},\"more\":[1,{\"a\":null},\"\\u00e9\"]}";
    static const char alphabet[] = "{}[]:,\"\\u0123456789abcdefn \x01\xc3\xa9";
    struct rng rng;
    char line[sizeof good];
    int requests = 0;

    (void)state;
    rng_seed(&rng, test_seed());
    for (int i = 0; i < 20000; i++) {
        size_t length = sizeof good - 1;

        memcpy(line, good, sizeof good);
        for (uint64_t changes = rng_below(&rng, 4); changes > 0; changes--)
            line[rng_below(&rng, length)] = alphabet[rng_below(&rng, sizeof alphabet - 1)];
        if (rng_below(&rng, 8) == 0)
            length = rng_below(&rng, length);
        bool is_request = read_bytes(line, length);

        assert_true(is_request == (fault.code == RPC_NONE) || length == 0);
        requests += is_request;
    }
    assert_true(requests > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_typed_line_is_words),
        cmocka_unit_test(test_a_blank_line_is_no_request_and_no_fault),
        cmocka_unit_test(test_a_request_is_an_object_with_its_members_in_any_order),
        cmocka_unit_test(test_an_id_comes_back_as_it_was),
        cmocka_unit_test(test_without_an_id_no_reply_is_wanted),
        cmocka_unit_test(test_what_is_no_json_is_a_parse_error_with_its_place),
        cmocka_unit_test(test_binary_and_bad_utf8_are_parse_errors),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_what_is_no_request_is_said_to_be_none_with_its_id),
        cmocka_unit_test(test_an_id_is_not_longer_than_can_be_kept),
        cmocka_unit_test(test_unknown_commands_name_their_neighbour),
        cmocka_unit_test(test_arguments_that_do_not_fit_show_the_usage),
        cmocka_unit_test(test_a_line_is_as_long_as_it_may_be_and_no_longer),
        cmocka_unit_test(test_as_many_arguments_as_a_line_holds_find_room),
        cmocka_unit_test(test_replies_are_one_line_and_carry_the_id),
        cmocka_unit_test(test_damaged_requests_are_requests_or_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
