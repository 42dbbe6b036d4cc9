/* The feed's URL (RFC 6455, section 3), parsed from left to right. */
#include "tickd/feed/feed_url.h"

#include <string.h>
#include <strings.h>

#include "tickd/base/error.h"
#include "tickd/base/options.h"

enum { PORT_PLAIN = 80, PORT_SECURE = 443, PORT_MAX = 65535, PORT_DIGITS_MAX = 5 };

static const char form[] = "feed.url must be ws://HOST[:PORT][/PATH] or wss://HOST[:PORT][/PATH]";

static int refuse(struct text *why, const char *what, int error)
{
    text_format(why, "%s: %s", form, what);
    return error;
}

/* Printable ASCII without what begins a user, query or fragment. */
static bool is_clean(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || strchr("?#@\\\"<>", *p) != NULL)
            return false;
    }
    return true;
}

static const char *parse_scheme(const char *text, struct feed_url *url)
{
    url->secure = strncmp(text, "wss://", 6) == 0;
    url->port = url->secure ? PORT_SECURE : PORT_PLAIN;
    if (url->secure)
        return text + 6;
    return strncmp(text, "ws://", 5) == 0 ? text + 5 : NULL;
}

/* What follows the host, or NULL. */
static const char *parse_host(const char *text, struct feed_url *url)
{
    bool bracketed = text[0] == '[';
    const char *begin = bracketed ? text + 1 : text;
    size_t length = strcspn(begin, bracketed ? "]/" : ":/");
    const char *end = begin + length;

    if (length == 0 || !text_copy_bytes(url->host, sizeof url->host, begin, length))
        return NULL;
    if (!bracketed)
        return end;
    return *end == ']' ? end + 1 : NULL;
}

static int parse_port(const char *text, size_t length, uint16_t *port)
{
    char digits[PORT_DIGITS_MAX + 1];
    int64_t value;

    if (!text_copy_bytes(digits, sizeof digits, text, length))
        return ERROR_RANGE;
    int error = options_whole(digits, 1, PORT_MAX, &value);

    if (error == 0)
        *port = (uint16_t)value;
    return error;
}

int feed_url_parse(const char *text, struct feed_url *url, struct text *why)
{
    struct text authority;

    memset(url, 0, sizeof *url);
    if (!is_clean(text))
        return refuse(why, "it has a user, a query, a fragment or an unusual byte", ERROR_SYNTAX);
    const char *host = parse_scheme(text, url);

    if (host == NULL)
        return refuse(why, "it has another scheme", ERROR_SYNTAX);
    const char *rest = parse_host(host, url);

    if (rest == NULL)
        return refuse(why, "it has no host", ERROR_SYNTAX);
    size_t port_length = strcspn(rest, "/");

    if (port_length > 0 &&
        (rest[0] != ':' || parse_port(rest + 1, port_length - 1, &url->port) != 0))
        return refuse(why, "its port is not a number from 1 to 65535", ERROR_RANGE);
    text_init(&authority, url->authority, sizeof url->authority);
    text_add_bytes(&authority, host, (size_t)(rest - host));
    if (url->port != (url->secure ? PORT_SECURE : PORT_PLAIN))
        text_format(&authority, ":%u", (unsigned)url->port);
    const char *path = rest + port_length;

    if (authority.cut || !text_copy(url->path, sizeof url->path, path[0] == '/' ? path : "/"))
        return refuse(why, "it is too long", ERROR_RANGE);
    return 0;
}

bool feed_url_needs_key(const struct feed_url *url)
{
    static const char domain[] = "finnhub.io";
    size_t length = strlen(url->host);
    size_t domain_length = sizeof domain - 1;

    if (length < domain_length || strcasecmp(url->host + length - domain_length, domain) != 0)
        return false;
    return length == domain_length || url->host[length - domain_length - 1] == '.';
}
