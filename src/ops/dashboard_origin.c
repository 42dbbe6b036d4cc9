/* Host and Origin. */
#include "tickd/ops/dashboard_origin.h"

#include <ctype.h>
#include <string.h>

static bool is_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* The length of the name in NAME or NAME:PORT; 0 = it is neither. */
static size_t length_of_name(const char *authority)
{
    size_t length;

    if (authority[0] == '[') {
        const char *bracket = strchr(authority, ']');

        length = bracket != NULL ? (size_t)(bracket - authority) + 1 : 0;
    } else {
        length = strcspn(authority, ":");
    }
    const char *rest = authority + length;

    return *rest == '\0' || (*rest == ':' && is_digits(rest + 1)) ? length : 0;
}

static bool is_same(const char *a, size_t a_length, const char *b)
{
    if (a_length != strlen(b))
        return false;
    for (size_t i = 0; i < a_length; i++) {
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
            return false;
    }
    return true;
}

bool dashboard_host_is_allowed(const char *authority, const char *local,
                               const struct setting_list *hosts)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t length = length_of_name(authority);

    if (length == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
        if (is_same(authority, length, own[i]))
            return true;
    }
    for (size_t i = 0; i < hosts->count; i++) {
        if (is_same(authority, length, hosts->items[i]))
            return true;
    }
    return is_same(authority, length, local);
}

bool dashboard_origin_is_own(const char *origin, const char *authority)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++) {
        size_t scheme = strlen(schemes[i]);

        if (strncmp(origin, schemes[i], scheme) == 0)
            return is_same(origin + scheme, strlen(origin + scheme), authority);
    }
    return false;
}
