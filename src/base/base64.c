/* Base64. */
#include "tickd/base/base64.h"

#include "tickd/base/error.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *bytes, size_t length, char *out)
{
    const unsigned char *in = bytes;

    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t three = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)in[i + 2] : 0);

        *out++ = alphabet[three >> 18];
        *out++ = alphabet[three >> 12 & 63];
        *out++ = alphabet[three >> 6 & 63];
        *out++ = alphabet[three & 63];
        if (left < 3)
            out[-1] = '=';
        if (left < 2)
            out[-2] = '=';
    }
}

static int value_of(char character)
{
    if (character >= 'A' && character <= 'Z')
        return character - 'A';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 26;
    if (character >= '0' && character <= '9')
        return character - '0' + 52;
    return character == '+' ? 62 : character == '/' ? 63 : -1;
}

/* How many '=' stand at the end: 0, 1 or 2. */
static size_t padding_of(const char *text, size_t length)
{
    if (length == 0 || text[length - 1] != '=')
        return 0;
    return text[length - 2] == '=' ? 2 : 1;
}

int base64_decode(const char *text, size_t length, void *out, size_t *out_length)
{
    unsigned char *bytes = out;
    size_t padding = length % 4 == 0 ? padding_of(text, length) : 0;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t count = 0;

    if (length % 4 != 0)
        return ERROR_SYNTAX;
    for (size_t i = 0; i < length - padding; i++) {
        int value = value_of(text[i]);

        if (value < 0)
            return ERROR_SYNTAX;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[count++] = (unsigned char)(bits >> held);
        }
    }
    *out_length = count;
    return (bits & ((1U << held) - 1)) == 0 ? 0 : ERROR_SYNTAX;
}
