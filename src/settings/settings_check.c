/* What a table of ranges cannot say: relations between keys, and texts with a form of their own.
 * Two tables; a new rule is a new row. */
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/base/web_url.h"
#include "tickd/base/words.h"
#include "tickd/settings/settings.h"

enum {
    DATE_LENGTH = 10,           /* "2026-12-25" */
    DATE_TIME_LENGTH = 16,      /* "2026-11-27 13:00" */
    OPEN_MINUTES = 9 * 60 + 30, /* regular session of US stocks, New York */
    CLOSE_MINUTES = 16 * 60,
    PORT_MAX = 65535
};

/* `key` may be at most `limit`; both INTEGER or MONEY, in the same unit. */
struct order {
    const char *key;
    const char *limit;
};

static const struct order orders[] = {
    {"market.lateness_ms", "market.bar_ms"},
    {"feed.backoff_min_ms", "feed.backoff_max_ms"},
    {"tape.file_bytes", "tape.max_bytes"},
};

/* 0, or ERROR_RANGE with *why as "found …, allowed: …". */
struct rule {
    const char *key;
    int (*check)(const struct settings *settings, struct text *why);
};

static int check_url(const struct settings *settings, struct text *why);
static int check_symbols(const struct settings *settings, struct text *why);
static int check_duplicate_prints(const struct settings *settings, struct text *why);
static int check_exceptions(const struct settings *settings, struct text *why);
static int check_tape_buffer(const struct settings *settings, struct text *why);
static int check_command(const struct settings *settings, struct text *why);
static int check_webhook(const struct settings *settings, struct text *why);

static const struct rule rules[] = {
    {"feed.url", check_url},
    {"feed.symbols", check_symbols},
    {"market.duplicate_prints", check_duplicate_prints},
    {"market.exceptions", check_exceptions},
    {"tape.buffer_bytes", check_tape_buffer},
    {"alerts.command", check_command},
    {"alerts.webhook", check_webhook},
};

static const struct setting *known(const char *key)
{
    const struct setting *setting = settings_find(key, strlen(key), NULL);

    ASSERT(setting != NULL);
    return setting;
}

static int64_t number_of(const struct settings *settings, const struct setting *setting)
{
    int64_t number;

    ASSERT(setting->kind == SETTING_INTEGER || setting->kind == SETTING_MONEY);
    memcpy(&number, (const char *)settings + setting->offset, sizeof number);
    return number;
}

static int check_order(const struct settings *settings, const struct order *order, struct text *why)
{
    const struct setting *setting = known(order->key);
    const struct setting *limit = known(order->limit);

    ASSERT(setting->kind == limit->kind);
    if (number_of(settings, setting) <= number_of(settings, limit))
        return 0;
    text_add(why, "found ");
    settings_print_value(settings, setting, why);
    text_format(why, ", allowed: at most %s, which is ", limit->key);
    settings_print_value(settings, limit, why);
    return ERROR_RANGE;
}

int settings_check(const struct settings *settings, const struct setting **key, struct text *why)
{
    text_clear(why);
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        *key = known(orders[i].key);
        if (check_order(settings, &orders[i], why) != 0)
            return ERROR_RANGE;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        *key = known(rules[i].key);
        if (rules[i].check(settings, why) != 0)
            return ERROR_RANGE;
    }
    *key = NULL;
    return 0;
}

/* A frame of any bytes is written as text that is up to 4/3 as long, in one line. */
static int check_tape_buffer(const struct settings *settings, struct text *why)
{
    int64_t least = settings->feed.frame_bytes_max + settings->feed.frame_bytes_max / 2 + 4096;

    if (settings->tape.buffer_bytes >= least)
        return 0;
    text_format(why, "found %lld, allowed: at least %lld, 1.5 × feed.frame_bytes_max and 4096",
                (long long)settings->tape.buffer_bytes, (long long)least);
    return ERROR_RANGE;
}

/* The program's path is looked at where it is run. */
static int check_command(const struct settings *settings, struct text *why)
{
    const char *command = settings->alerts.command;
    char memory[SETTING_TEXT_MAX + 1];
    const char *words[SETTING_COMMAND_WORDS_MAX];
    size_t count;
    int error =
        words_split(command, memory, sizeof memory, words, SETTING_COMMAND_WORDS_MAX, &count);

    if (error == 0 && (command[0] == '\0' || (count > 0 && words[0][0] == '/')))
        return 0;
    text_add(why, "found ");
    settings_print_found(command, strlen(command), why);
    text_format(why,
                ", allowed: nothing, or the whole path of a program and its arguments, at most %d "
                "words, each quote with its end",
                SETTING_COMMAND_WORDS_MAX);
    return ERROR_RANGE;
}

/* The message does not show the address: services put secrets into it. */
static int check_webhook(const struct settings *settings, struct text *why)
{
    struct web_url url;

    if (settings->alerts.webhook[0] == '\0' || web_url_parse(settings->alerts.webhook, &url) == 0)
        return 0;
    text_add(why, "found another form of URL, allowed: nothing, or "
                  "http[s]://[USER:PASSWORD@]HOST[:PORT][/PATH][?QUERY]");
    return ERROR_RANGE;
}

static int check_duplicate_prints(const struct settings *settings, struct text *why)
{
    int64_t prints = settings->market.duplicate_prints;

    if ((prints & (prints - 1)) == 0)
        return 0;
    text_format(why, "found %lld, allowed: a power of two", (long long)prints);
    return ERROR_RANGE;
}

/* The length of the host that `text` begins with: a name, an IPv4 address, or an IPv6 address in
 * brackets. 0 if there is none. */
static size_t host_length(const char *text)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char address[] = "abcdefABCDEF0123456789:.";

    if (text[0] != '[')
        return strspn(text, name);
    size_t length = strspn(text + 1, address);

    return length > 0 && text[1 + length] == ']' ? length + 2 : 0;
}

/* Whether `text` is ":PORT", 1 to 65535, of `length` bytes. */
static bool is_port(const char *text, size_t length)
{
    int64_t port = 0;

    if (length < 2 || length > 6)
        return false;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (text[i] - '0');
    }
    return port >= 1 && port <= PORT_MAX;
}

static bool is_websocket_url(const char *url)
{
    const char *host = strncmp(url, "ws://", 5) == 0    ? url + 5
                       : strncmp(url, "wss://", 6) == 0 ? url + 6
                                                        : NULL;

    if (host == NULL || strpbrk(url, "?#@ \\") != NULL)
        return false;
    for (const char *p = url; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x7f)
            return false;
    }
    size_t length = host_length(host);
    const char *port = host + length;
    size_t port_length = strcspn(port, "/");

    return length > 0 && (port_length == 0 || is_port(port, port_length));
}

/* The message does not show the URL: it may hold the key, which is one of the faults. */
static int check_url(const struct settings *settings, struct text *why)
{
    if (is_websocket_url(settings->feed.url))
        return 0;
    text_add(why, "found another form of URL, allowed: ws://HOST[:PORT][/PATH] or "
                  "wss://HOST[:PORT][/PATH], without user, query or key");
    return ERROR_RANGE;
}

static int refuse_item(const char *item, const char *allowed, struct text *why)
{
    text_add(why, "found ");
    text_add_json(why, item, strlen(item));
    text_format(why, ", allowed: %s", allowed);
    return ERROR_RANGE;
}

/* Whether one of the items before `index` has the same first `length` bytes. */
static bool is_repeated(const struct setting_list *list, size_t index, size_t length)
{
    for (size_t i = 0; i < index; i++) {
        if (strncmp(list->items[i], list->items[index], length) == 0)
            return true;
    }
    return false;
}

static int check_symbols(const struct settings *settings, struct text *why)
{
    const struct setting_list *symbols = &settings->feed.symbols;

    for (size_t i = 0; i < symbols->count; i++) {
        const char *symbol = symbols->items[i];

        if (strlen(symbol) >= SETTING_SYMBOL_MAX)
            return refuse_item(symbol, "symbols of 1 to 31 bytes", why);
        if (strcmp(symbol, "*") == 0 && symbols->count > 1)
            return refuse_item(symbol, "symbols, or \"*\" alone", why);
        if (is_repeated(symbols, i, SETTING_ITEM_MAX))
            return refuse_item(symbol, "each symbol once", why);
    }
    return 0;
}

/* DATE, or DATE HH:MM with a time inside the regular session. */
static bool is_exception(const char *item)
{
    size_t length = strlen(item);
    struct civil_date date;
    int32_t minutes;

    if (length != DATE_LENGTH && length != DATE_TIME_LENGTH)
        return false;
    if (calendar_parse_date(item, DATE_LENGTH, &date) != 0)
        return false;
    if (length == DATE_LENGTH)
        return true;
    if (item[DATE_LENGTH] != ' ' ||
        calendar_parse_minutes(item + DATE_LENGTH + 1, 5, &minutes) != 0)
        return false;
    return minutes > OPEN_MINUTES && minutes < CLOSE_MINUTES;
}

static int check_exceptions(const struct settings *settings, struct text *why)
{
    const struct setting_list *exceptions = &settings->market.exceptions;

    for (size_t i = 0; i < exceptions->count; i++) {
        const char *item = exceptions->items[i];

        if (!is_exception(item))
            return refuse_item(item,
                               "a date that exists as YYYY-MM-DD, or with the time of an early "
                               "close, 09:31 to 15:59, as YYYY-MM-DD HH:MM",
                               why);
        if (is_repeated(exceptions, i, DATE_LENGTH))
            return refuse_item(item, "each date once", why);
    }
    return 0;
}
