/* Addresses of the web, from left to right. */
#include "tickd/base/web_url.h"

#include <string.h>

#include "tickd/base/error.h"
#include "tickd/base/options.h"

enum { PORT_PLAIN = 80, PORT_SECURE = 443, PORT_MAX = 65535, PORT_DIGITS_MAX = 5 };

/* Printable ASCII without what an address may not hold, or what begins a fragment. */
static bool is_clean(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || strchr("#\\\"<>^`{|}", *p) != NULL) {
            return false;
        }
    }
    return true;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* "%3A" is ':'; a zero byte is refused. */
static int decode(const char *text, size_t length, char *decoded)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char character = text[i];
        if (character == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0) {
                return ERROR_SYNTAX;
            }
            character = (char)(high << 4 | low);
            i += 2;
        }
        decoded[used++] = character;
    }
    decoded[used] = '\0';
    return 0;
}

/* What follows "user:password@", if that is there. */
static const char *take_user(const char *text, size_t authority, struct web_url *url, int *error)
{
    const char *at = memchr(text, '@', authority);
    if (at == NULL) {
        return text;
    }
    *error = decode(text, (size_t)(at - text), url->user);
    return at + 1;
}

static bool is_host(const char *host, size_t length, bool bracketed)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char address[] = "abcdefABCDEF0123456789:.";
    return length > 0 && strspn(host, bracketed ? address : name) >= length;
}

/* What follows the host, or NULL. */
static const char *take_host(const char *text, struct web_url *url)
{
    bool bracketed = text[0] == '[';
    const char *begin = bracketed ? text + 1 : text;
    size_t length = strcspn(begin, bracketed ? "]" : ":/?");
    if (!is_host(begin, length, bracketed) || (bracketed && begin[length] != ']')) {
        return NULL;
    }
    text_copy_bytes(url->host, sizeof url->host, begin, length);
    return begin + length + bracketed;
}

/* What follows ":PORT", if that is there; NULL when it is no port. */
static const char *take_port(const char *text, struct web_url *url)
{
    char digits[PORT_DIGITS_MAX + 1];
    int64_t port;
    if (text[0] != ':') {
        return text;
    }
    size_t length = strcspn(text + 1, "/?");
    if (!text_copy_bytes(digits, sizeof digits, text + 1, length) ||
        options_whole(digits, 1, PORT_MAX, &port) != 0) {
        return NULL;
    }
    url->port = (uint16_t)port;
    return text + 1 + length;
}

static int take_target(const char *text, struct web_url *url)
{
    struct text target;
    if (text[0] != '\0' && text[0] != '/' && text[0] != '?') {
        return ERROR_SYNTAX;
    }
    text_init(&target, url->target, sizeof url->target);
    text_add(&target, text[0] == '/' ? "" : "/");
    text_add(&target, text);
    return target.cut ? ERROR_RANGE : 0;
}

int web_url_parse(const char *text, struct web_url *url)
{
    int error = 0;
    memset(url, 0, sizeof *url);
    if (strlen(text) >= WEB_URL_MAX) {
        return ERROR_RANGE;
    }
    url->secure = strncmp(text, "https://", 8) == 0;
    url->port = url->secure ? PORT_SECURE : PORT_PLAIN;
    if (!is_clean(text) || (!url->secure && strncmp(text, "http://", 7) != 0)) {
        return ERROR_SYNTAX;
    }
    const char *authority = text + (url->secure ? 8 : 7);
    const char *host = take_user(authority, strcspn(authority, "/?"), url, &error);
    const char *rest = error == 0 ? take_host(host, url) : NULL;
    if (rest == NULL) {
        return ERROR_SYNTAX;
    }
    struct text shown;
    text_init(&shown, url->authority, sizeof url->authority);
    text_add_bytes(&shown, host, (size_t)(rest - host));
    rest = take_port(rest, url);
    if (rest == NULL) {
        return ERROR_RANGE;
    }
    if (url->port != (url->secure ? PORT_SECURE : PORT_PLAIN)) {
        text_format(&shown, ":%u", (unsigned)url->port);
    }
    return shown.cut ? ERROR_RANGE : take_target(rest, url);
}

void web_url_print_shown(const char *text, struct text *out)
{
    struct web_url url;
    if (web_url_parse(text, &url) == 0) {
        text_format(out, "%s://%s/", url.secure ? "https" : "http", url.authority);
    }
    text_add(out, "<hidden>");
}
