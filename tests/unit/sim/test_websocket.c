/* The server's side of RFC 6455, against the RFC's own examples (sections 1.3 and 5.7). */
#include "tickd/sim/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/error.h"
#include "tickd/base/rng.h"

#define HEADERS                                       \
    "Host: example.com\r\nUpgrade: websocket\r\n"     \
    "Connection: keep-alive, Upgrade\r\n"             \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    "Sec-WebSocket-Version: 13\r\n\r\n"

static struct websocket_request request;

static int read_request(const char *bytes)
{
    return websocket_read_request(bytes, strlen(bytes), &request);
}

static void test_the_answer_to_the_key_of_the_rfc_is_that_of_the_rfc(void **state)
{
    (void)state;
    char accept[WEBSOCKET_ACCEPT_MAX];
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    websocket_accept(key, strlen(key), accept);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void test_a_request_is_read_whole_and_only_when_it_is_whole(void **state)
{
    (void)state;
    static const char bytes[] = "GET /?token=abc HTTP/1.1\r\n" HEADERS "rest";
    size_t head = sizeof bytes - 1 - 4;
    for (size_t length = 0; length < head; length++) {
        assert_int_equal(websocket_read_request(bytes, length, &request), 0);
    }
    assert_int_equal(read_request(bytes), 1);
    assert_int_equal(request.length, head);
    assert_int_equal(request.target_length, strlen("/?token=abc"));
    assert_memory_equal(request.target, "/?token=abc", request.target_length);
    assert_memory_equal(request.key, "dGhlIHNhbXBsZSBub25jZQ==", request.key_length);
}

static void test_names_of_headers_may_be_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(read_request("GET / HTTP/1.1\r\nupgrade:WebSocket\r\nCONNECTION:\tUpgrade \r\n"
                                  "sec-websocket-key: x\r\nSec-Websocket-Version: 13\r\n\r\n"),
                     1);
}

static void test_what_is_no_upgrade_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ERROR_SYNTAX);
    assert_int_equal(read_request("POST / HTTP/1.1\r\n" HEADERS), ERROR_SYNTAX);
    assert_int_equal(read_request("GET x HTTP/1.1\r\n" HEADERS), ERROR_SYNTAX);
    assert_int_equal(read_request("GET / HTTP/1.0\r\n" HEADERS), ERROR_SYNTAX);
    assert_int_equal(read_request("GET / HTTP/1.1\r\nno colon\r\n" HEADERS), ERROR_SYNTAX);
    assert_int_equal(read_request("\r\n\r\n"), ERROR_SYNTAX);
    assert_int_equal(read_request("GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                                  "Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 8\r\n\r\n"),
                     ERROR_SYNTAX);
}

static void test_a_head_without_end_is_refused_at_its_limit(void **state)
{
    (void)state;
    static char bytes[WEBSOCKET_REQUEST_MAX + 1];
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(websocket_read_request(bytes, WEBSOCKET_REQUEST_MAX, &request), 0);
    assert_int_equal(websocket_read_request(bytes, sizeof bytes, &request), ERROR_OVERFLOW);
}

static void test_a_token_is_compared_decoded_and_whole(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *token;
        bool same;
    } cases[] = {
        {"GET /?token=abc HTTP/1.1\r\n" HEADERS, "abc", true},
        {"GET /?x=1&token=abc HTTP/1.1\r\n" HEADERS, "abc", true},
        {"GET /?token=abc&x=1 HTTP/1.1\r\n" HEADERS, "abc", true},
        {"GET /?token=a%62c HTTP/1.1\r\n" HEADERS, "abc", true},
        {"GET /?token=a%2Bc%2f HTTP/1.1\r\n" HEADERS, "a+c/", true},
        {"GET /?token=ab HTTP/1.1\r\n" HEADERS, "abc", false},
        {"GET /?token=abcd HTTP/1.1\r\n" HEADERS, "abc", false},
        {"GET /?token= HTTP/1.1\r\n" HEADERS, "abc", false},
        {"GET /?token=ab%6 HTTP/1.1\r\n" HEADERS, "abc", false},
        {"GET /?TOKEN=abc HTTP/1.1\r\n" HEADERS, "abc", false},
        {"GET /token=abc HTTP/1.1\r\n" HEADERS, "abc", false},
        {"GET / HTTP/1.1\r\n" HEADERS, "abc", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(read_request(cases[i].bytes), 1);
        assert_int_equal(websocket_token_is(&request, cases[i].token), cases[i].same);
    }
}

static void test_the_answer_names_the_key_and_may_be_in_lower_case(void **state)
{
    (void)state;
    char memory[512];
    struct text text;
    assert_int_equal(read_request("GET / HTTP/1.1\r\n" HEADERS), 1);
    text_init(&text, memory, sizeof memory);
    websocket_answer(&text, &request, false);
    assert_string_equal(memory, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    text_clear(&text);
    websocket_answer(&text, &request, true);
    assert_string_equal(memory, "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                                "connection: upgrade\r\n"
                                "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

static void head_is(enum websocket_opcode opcode, bool final, unsigned reserved, size_t length,
                    const char *expected, size_t expected_length)
{
    unsigned char head[WEBSOCKET_HEAD_MAX];
    assert_int_equal(websocket_frame_head(head, opcode, final, reserved, length), expected_length);
    assert_memory_equal(head, expected, expected_length);
}

static void test_frame_heads_are_those_of_the_rfc(void **state)
{
    (void)state;
    head_is(WEBSOCKET_TEXT, true, 0, 5, "\x81\x05", 2);
    head_is(WEBSOCKET_TEXT, false, 0, 3, "\x01\x03", 2);
    head_is(WEBSOCKET_CONTINUATION, true, 0, 2, "\x80\x02", 2);
    head_is(WEBSOCKET_PING, true, 0, 5, "\x89\x05", 2);
    head_is(WEBSOCKET_BINARY, true, 0, 256, "\x82\x7e\x01\x00", 4);
    head_is(WEBSOCKET_BINARY, true, 0, 65536, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
    head_is(WEBSOCKET_TEXT, true, 0, 125, "\x81\x7d", 2);
    head_is(WEBSOCKET_TEXT, true, 0, 126, "\x81\x7e\x00\x7e", 4);
    head_is(WEBSOCKET_TEXT, true, 0, 65535, "\x81\x7e\xff\xff", 4);
    head_is(WEBSOCKET_TEXT, true, 7, 0, "\xf1\x00", 2);
}

static void test_a_masked_frame_of_the_rfc_is_read(void **state)
{
    (void)state;
    char bytes[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58more";
    struct websocket_frame frame;
    for (size_t length = 0; length < 11; length++) {
        assert_int_equal(websocket_read_frame(bytes, length, 100, &frame), 0);
    }
    assert_int_equal(websocket_read_frame(bytes, sizeof bytes - 1, 100, &frame), 1);
    assert_int_equal(frame.opcode, WEBSOCKET_TEXT);
    assert_true(frame.final);
    assert_int_equal(frame.used, 11);
    assert_int_equal(frame.length, 5);
    assert_memory_equal(frame.payload, "Hello", 5);
}

static int read_frame(const char *bytes, size_t length, size_t payload_max)
{
    struct websocket_frame frame;
    char copy[32];
    memcpy(copy, bytes, length);
    return websocket_read_frame(copy, length, payload_max, &frame);
}

static void test_frames_against_the_protocol_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_frame("\x81\x05Hello", 7, 100), ERROR_SYNTAX);    /* unmasked */
    assert_int_equal(read_frame("\xc1\x80\0\0\0\0", 6, 100), ERROR_SYNTAX); /* reserved bit */
    assert_int_equal(read_frame("\x83\x80\0\0\0\0", 6, 100), ERROR_SYNTAX); /* opcode 3 */
    assert_int_equal(read_frame("\x8b\x80\0\0\0\0", 6, 100), ERROR_SYNTAX); /* opcode 11 */
    assert_int_equal(read_frame("\x09\x80\0\0\0\0", 6, 100), ERROR_SYNTAX); /* ping, not final */
    assert_int_equal(read_frame("\x89\xfe\x01\0\0\0\0\0", 8, 300), ERROR_SYNTAX); /* ping, long */
}

static void test_a_payload_beyond_the_limit_is_refused_by_its_head(void **state)
{
    (void)state;
    assert_int_equal(read_frame("\x81\xfe\x01\x00\0\0\0\0", 8, 255), ERROR_OVERFLOW);
    assert_int_equal(read_frame("\x81\xfe\x01\x00\0\0\0\0", 8, 256), 0);
    assert_int_equal(read_frame("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14, 1000),
                     ERROR_OVERFLOW);
}

static void test_any_bytes_are_taken_or_refused_within_their_bounds(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, test_seed());
    for (int i = 0; i < 200000; i++) {
        size_t length = rng_below(&rng, 40);
        char *bytes = malloc(length + 1); /* a sanitizer sees a read beyond it */
        struct websocket_frame frame;
        assert_non_null(bytes);
        for (size_t k = 0; k < length; k++) {
            static const char likely[] = "\x81\x82\x89\xfe\xff\x85\0\r\n:GET / HTTP/1.1 Upgrade";
            bytes[k] = rng_below(&rng, 4) == 0 ? (char)rng_next(&rng)
                                               : likely[rng_below(&rng, sizeof likely)];
        }
        int result = websocket_read_frame(bytes, length, 30, &frame);
        assert_true(result != 1 || (frame.used <= length && frame.length <= 30));
        result = websocket_read_request(bytes, length, &request);
        assert_true(result <= 0);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_answer_to_the_key_of_the_rfc_is_that_of_the_rfc),
        cmocka_unit_test(test_a_request_is_read_whole_and_only_when_it_is_whole),
        cmocka_unit_test(test_names_of_headers_may_be_in_any_case),
        cmocka_unit_test(test_what_is_no_upgrade_is_refused),
        cmocka_unit_test(test_a_head_without_end_is_refused_at_its_limit),
        cmocka_unit_test(test_a_token_is_compared_decoded_and_whole),
        cmocka_unit_test(test_the_answer_names_the_key_and_may_be_in_lower_case),
        cmocka_unit_test(test_frame_heads_are_those_of_the_rfc),
        cmocka_unit_test(test_a_masked_frame_of_the_rfc_is_read),
        cmocka_unit_test(test_frames_against_the_protocol_are_refused),
        cmocka_unit_test(test_a_payload_beyond_the_limit_is_refused_by_its_head),
        cmocka_unit_test(test_any_bytes_are_taken_or_refused_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
