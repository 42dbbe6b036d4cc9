/* Which format a client gets, by its Accept header (RFC 9110, 12.5.1): media types with parameters,
 * of which `q` says how welcome a type is and `version` which one is meant. Prometheus asks for
 * both, "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3". */
#include <string.h>
#include <strings.h>

#include "tickd/ops/metrics.h"

enum { WELCOME_FULLY = 1000 /* q is told in thousandths */ };

/* A piece of the header, without the blanks around it. */
struct piece {
    const char *text;
    size_t length;
};

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

/* Takes what is before the next `separator` (or the end) off *rest; false when nothing is left. */
static bool next_piece(const char **rest, const char *end, char separator, struct piece *piece)
{
    if (*rest >= end)
        return false;
    const char *stop = memchr(*rest, separator, (size_t)(end - *rest));
    const char *start = *rest;

    stop = stop != NULL ? stop : end;
    *rest = stop + 1;
    while (start < stop && is_blank(*start))
        start++;
    while (stop > start && is_blank(stop[-1]))
        stop--;
    *piece = (struct piece){.text = start, .length = (size_t)(stop - start)};
    return true;
}

static bool is_word(const struct piece *piece, const char *word)
{
    return piece->length == strlen(word) && strncasecmp(piece->text, word, piece->length) == 0;
}

/* "0.25" is 250; what is no such number is 0: not welcome. */
static int thousandths_of(const char *text, size_t length)
{
    int thousandths = 0;
    int place = WELCOME_FULLY;

    for (size_t i = 0; i < length; i++) {
        if (i == 1 && text[i] == '.')
            continue;
        if (text[i] < '0' || text[i] > '9' || place == 0)
            return 0;
        thousandths += (text[i] - '0') * place;
        place /= 10;
    }
    return thousandths <= WELCOME_FULLY ? thousandths : WELCOME_FULLY;
}

/* Reads the parameters after the media type: how welcome, and whether it is a version we speak. */
static int welcome_of(const char *rest, const char *end)
{
    struct piece parameter;
    int welcome = WELCOME_FULLY;

    while (next_piece(&rest, end, ';', &parameter)) {
        if (parameter.length > 2 && strncasecmp(parameter.text, "q=", 2) == 0)
            welcome = thousandths_of(parameter.text + 2, parameter.length - 2);
        else if (parameter.length > 8 && strncasecmp(parameter.text, "version=", 8) == 0 &&
                 !is_word(&parameter, "version=1.0.0") && !is_word(&parameter, "version=0.0.4"))
            return 0;
    }
    return welcome;
}

enum metrics_format metrics_negotiate(const char *accept)
{
    int open = 0;
    int plain = 0;
    struct piece range;
    const char *end = accept != NULL ? accept + strlen(accept) : accept;

    while (accept != NULL && next_piece(&accept, end, ',', &range)) {
        struct piece type;
        const char *rest = range.text;

        if (!next_piece(&rest, range.text + range.length, ';', &type))
            continue;
        int welcome = rest < range.text + range.length ? welcome_of(rest, range.text + range.length)
                                                       : WELCOME_FULLY;

        if (is_word(&type, "application/openmetrics-text") && welcome > open)
            open = welcome;
        else if (is_word(&type, "text/plain") && welcome > plain)
            plain = welcome;
    }
    return open > 0 && open >= plain ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
}
