/* RFC 6455 as a server sees it. */
#include "tickd/sim/websocket.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"

enum { SHA1_BYTES = 20, KEY_TEXT_MAX = 128 };

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* A part of the request. */
struct slice {
    const char *text;
    size_t length;
};

static bool slice_is(struct slice slice, const char *word)
{
    return slice.length == strlen(word) && strncasecmp(slice.text, word, slice.length) == 0;
}

/* Whether a header's value, a list with commas, has that word. */
static bool list_has(struct slice list, const char *word)
{
    size_t start = 0;
    while (start < list.length) {
        size_t end = start;
        while (end < list.length && list.text[end] != ',') {
            end++;
        }
        struct slice item = {list.text + start, end - start};
        while (item.length > 0 && item.text[0] == ' ') {
            item.text++;
            item.length--;
        }
        while (item.length > 0 && item.text[item.length - 1] == ' ') {
            item.length--;
        }
        if (slice_is(item, word)) {
            return true;
        }
        start = end + 1;
    }
    return false;
}

/* Length of the head with its empty line, or 0 while that is not there. */
static size_t head_length(const char *bytes, size_t length)
{
    for (size_t i = 3; i < length; i++) {
        if (bytes[i] == '\n' && memcmp(bytes + i - 3, "\r\n\r\n", 4) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The line at *at, without its end; goes on to the next. */
static struct slice next_line(const char **at)
{
    const char *end = *at;
    while (end[0] != '\r' || end[1] != '\n') {
        end++;
    }
    struct slice line = {*at, (size_t)(end - *at)};
    *at = end + 2;
    return line;
}

/* "GET TARGET HTTP/1.1" */
static bool read_request_line(struct slice line, struct websocket_request *request)
{
    static const char before[] = "GET ";
    static const char after[] = " HTTP/1.1";
    const size_t around = sizeof before - 1 + sizeof after - 1;
    if (line.length <= around || memcmp(line.text, before, sizeof before - 1) != 0 ||
        memcmp(line.text + line.length - (sizeof after - 1), after, sizeof after - 1) != 0) {
        return false;
    }
    request->target = line.text + sizeof before - 1;
    request->target_length = line.length - around;
    return request->target[0] == '/' &&
           memchr(request->target, ' ', request->target_length) == NULL;
}

/* "Name: value", blanks around the value taken away. */
static bool split_header(struct slice line, struct slice *name, struct slice *value)
{
    const char *colon = memchr(line.text, ':', line.length);
    if (colon == NULL) {
        return false;
    }
    *name = (struct slice){line.text, (size_t)(colon - line.text)};
    *value = (struct slice){colon + 1, line.length - name->length - 1};
    while (value->length > 0 && (value->text[0] == ' ' || value->text[0] == '\t')) {
        value->text++;
        value->length--;
    }
    while (value->length > 0 && value->text[value->length - 1] == ' ') {
        value->length--;
    }
    return true;
}

int websocket_read_request(const char *bytes, size_t length, struct websocket_request *request)
{
    bool upgrade = false;
    bool connection = false;
    bool version = false;
    *request = (struct websocket_request){.length = head_length(bytes, length)};
    if (request->length == 0) {
        return length > WEBSOCKET_REQUEST_MAX ? ERROR_OVERFLOW : 0;
    }
    const char *at = bytes;
    if (!read_request_line(next_line(&at), request)) {
        return ERROR_SYNTAX;
    }
    for (;;) {
        struct slice name;
        struct slice value;
        struct slice line = next_line(&at);
        if (line.length == 0) {
            break;
        }
        if (!split_header(line, &name, &value)) {
            return ERROR_SYNTAX;
        }
        upgrade = upgrade || (slice_is(name, "upgrade") && list_has(value, "websocket"));
        connection = connection || (slice_is(name, "connection") && list_has(value, "upgrade"));
        version = version || (slice_is(name, "sec-websocket-version") && slice_is(value, "13"));
        if (slice_is(name, "sec-websocket-key")) {
            request->key = value.text;
            request->key_length = value.length;
        }
    }
    bool whole = upgrade && connection && version && request->key_length > 0 &&
                 request->key_length < KEY_TEXT_MAX;
    return whole ? 1 : ERROR_SYNTAX;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Compares percent-encoded text with a plain one. */
static bool decodes_to(struct slice encoded, const char *plain)
{
    size_t i = 0;
    while (i < encoded.length) {
        char c = encoded.text[i];
        size_t width = 1;
        if (c == '%' && i + 2 < encoded.length && hex_digit(encoded.text[i + 1]) >= 0 &&
            hex_digit(encoded.text[i + 2]) >= 0) {
            c = (char)(hex_digit(encoded.text[i + 1]) * 16 + hex_digit(encoded.text[i + 2]));
            width = 3;
        }
        if (*plain == '\0' || *plain != c) {
            return false;
        }
        plain++;
        i += width;
    }
    return *plain == '\0';
}

bool websocket_token_is(const struct websocket_request *request, const char *token)
{
    static const char name[] = "token=";
    const char *end = request->target + request->target_length;
    const char *at = memchr(request->target, '?', request->target_length);
    while (at != NULL && at < end) {
        const char *start = at + 1;
        const char *next = memchr(start, '&', (size_t)(end - start));
        const char *stop = next != NULL ? next : end;
        size_t length = (size_t)(stop - start);
        if (length >= sizeof name - 1 && memcmp(start, name, sizeof name - 1) == 0) {
            struct slice value = {start + sizeof name - 1, length - (sizeof name - 1)};
            return decodes_to(value, token);
        }
        at = next;
    }
    return false;
}

void websocket_accept(const char *key, size_t length, char accept[WEBSOCKET_ACCEPT_MAX])
{
    char joined[KEY_TEXT_MAX + sizeof guid];
    unsigned char digest[SHA1_BYTES];
    unsigned int digest_length = 0;
    ASSERT(length < KEY_TEXT_MAX);
    memcpy(joined, key, length);
    memcpy(joined + length, guid, sizeof guid - 1);
    int done =
        EVP_Digest(joined, length + sizeof guid - 1, digest, &digest_length, EVP_sha1(), NULL);
    ASSERT(done == 1 && digest_length == SHA1_BYTES);
    EVP_EncodeBlock((unsigned char *)accept, digest, SHA1_BYTES);
}

void websocket_answer(struct text *text, const struct websocket_request *request, bool lower_case)
{
    char accept[WEBSOCKET_ACCEPT_MAX];
    websocket_accept(request->key, request->key_length, accept);
    text_add(text, "HTTP/1.1 101 Switching Protocols\r\n");
    if (lower_case) {
        text_format(text,
                    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: %s\r\n\r\n",
                    accept);
    } else {
        text_format(text,
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                    accept);
    }
}

size_t websocket_frame_head(unsigned char head[WEBSOCKET_HEAD_MAX], enum websocket_opcode opcode,
                            bool final, unsigned reserved, size_t length)
{
    size_t bytes = 0; /* of the extended length, big-endian */
    head[0] = (unsigned char)((final ? 0x80u : 0u) | (reserved << 4 & 0x70u) | (unsigned)opcode);
    if (length < 126) {
        head[1] = (unsigned char)length;
    } else if (length <= 0xffff) {
        head[1] = 126;
        bytes = 2;
    } else {
        head[1] = 127;
        bytes = 8;
    }
    for (size_t i = 0; i < bytes; i++) {
        head[2 + i] = (unsigned char)(length >> (8 * (bytes - 1 - i)) & 0xffu);
    }
    return 2 + bytes;
}

static bool is_opcode(unsigned code)
{
    return code <= WEBSOCKET_BINARY || (code >= WEBSOCKET_CLOSE && code <= WEBSOCKET_PONG);
}

/* What the first two bytes must not be. */
static bool is_legal_head(const unsigned char *head)
{
    unsigned code = head[0] & 0x0fu;
    bool control = (code & 0x08u) != 0;
    bool masked = (head[1] & 0x80u) != 0;
    if ((head[0] & 0x70u) != 0 || !is_opcode(code) || !masked) {
        return false;
    }
    return !control || ((head[0] & 0x80u) != 0 && (head[1] & 0x7fu) <= WEBSOCKET_CONTROL_MAX);
}

int websocket_read_frame(char *bytes, size_t length, size_t payload_max,
                         struct websocket_frame *frame)
{
    const unsigned char *head = (const unsigned char *)bytes;
    if (length < 2) {
        return 0;
    }
    if (!is_legal_head(head)) {
        return ERROR_SYNTAX;
    }
    uint64_t payload = head[1] & 0x7fu;
    size_t extended = payload == 126 ? 2 : payload == 127 ? 8 : 0;
    size_t start = 2 + extended + 4;
    if (length < start) {
        return 0;
    }
    if (extended > 0) {
        payload = 0;
        for (size_t i = 0; i < extended; i++) {
            payload = payload << 8 | head[2 + i];
        }
    }
    if (payload > payload_max) {
        return ERROR_OVERFLOW;
    }
    if (length - start < payload) {
        return 0;
    }
    const unsigned char *mask = head + start - 4;
    *frame = (struct websocket_frame){.opcode = (enum websocket_opcode)(head[0] & 0x0fu),
                                      .final = (head[0] & 0x80u) != 0,
                                      .payload = bytes + start,
                                      .length = (size_t)payload,
                                      .used = start + (size_t)payload};
    for (size_t i = 0; i < frame->length; i++) {
        bytes[start + i] = (char)((unsigned char)bytes[start + i] ^ mask[i % 4]);
    }
    return 1;
}
