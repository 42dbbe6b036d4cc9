/* The scanner for trade messages, and who decides.
 *
 * One pass over the bytes, no copy, no allocation. It takes any key order and whitespace, every
 * form of "c", any JSON number, and other keys whose values are scalars. It leaves a frame to cJSON
 * (decode_slow.c) as soon as it meets anything else: a backslash or a byte beyond ASCII in a
 * string, a field of the wrong type, "type" or "data" twice, nested values that it does not know,
 * and whatever is no JSON. So it never has to say what is wrong with a frame.
 *
 * A key that appears twice in an entry: the last one counts, as in the other half.
 *
 * Names are looked up only when the whole frame has been accepted, so that a table which adopts
 * new symbols takes none from a frame that ends malformed. */
#include "tickd/feed/decode.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/feed/decode_parts.h"
#include "tickd/feed/quick_number.h"
#include "tickd/feed/whole.h"
#include "tickd/market/conditions.h"

/* {"p":1,"s":"","t":1e12,"v":0} and a comma: no usable entry is shorter. The envelope is longer
 * than the comma that the last entry does not need. Malformed entries take no place. */
enum { ENTRY_BYTES_MIN = 30 };

struct scan {
    struct decoder *decoder;
    const char *bytes;
    const char *end; /* behind the last byte that is no blank, which is '}' */
    unsigned types;  /* times that the key "type" has come */
    unsigned datas;
    size_t trade_count;
    size_t malformed_count;
    unsigned wrong; /* fields that malformed entries lack */
};

struct decoder *decoder_create(struct arena *arena, size_t frame_bytes_max,
                               struct symbol_table *symbols)
{
    size_t capacity = frame_bytes_max / ENTRY_BYTES_MIN + 1;
    struct decoder *decoder = arena_take(arena, "feed", "decoder", 1, sizeof *decoder);
    struct trade *trades = arena_take(arena, "feed", "trades of a frame", capacity, sizeof *trades);

    if (arena_measuring(arena))
        return NULL;
    ASSERT(frame_bytes_max < UINT32_MAX); /* a name's place in the frame is kept in 32 bits */
    decoder->frame_bytes_max = frame_bytes_max;
    decoder->symbols = symbols;
    decoder->trades = trades;
    decoder->capacity = capacity;
    return decoder;
}

void decoder_decode(struct decoder *decoder, const char *bytes, size_t length, struct frame *frame)
{
    if (!decoder_scan(decoder, bytes, length, frame))
        decoder_decode_slowly(decoder, bytes, length, frame);
}

/* The functions below take the place to read from and return the place behind what they have read,
 * or NULL: the frame is not for the scanner.
 *
 * The message's last byte is known to be '}', so `at` is below `end` until a '}' is stepped over:
 * blanks, marks and digits need no look at `end`, and only who takes a '}' asks what is left. */

static inline const char *skip_blanks(const char *at)
{
    while (TICKD_UNLIKELY((unsigned char)*at <= ' ') &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* A mark other than '}', with blanks around it. */
static inline const char *scan_mark(const char *at, char mark)
{
    at = skip_blanks(at);
    return *at == mark ? skip_blanks(at + 1) : NULL;
}

static inline uint32_t load_four(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;

    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
           (uint32_t)byte[3] << 24;
}

/* "k": with 0 in the key's place, as load_four() gives it. */
#define QUOTED_KEY UINT32_C(0x3a220022)

/* Marks, by its highest bit, the first of eight bytes that does not stand for itself in a string of
 * ASCII: a control character, '"', '\' or one beyond ASCII. Marks above it may be false, as a
 * borrow runs upwards. (After Warren, Hacker's Delight, 6-1.) */
static inline uint64_t mark_not_plain(uint64_t eight)
{
    uint64_t quote = eight ^ EVERY_BYTE('"');
    uint64_t backslash = eight ^ EVERY_BYTE('\\');

    return ((quote - EVERY_BYTE(1)) | (backslash - EVERY_BYTE(1)) | (eight - EVERY_BYTE(0x20)) |
            eight) &
           EVERY_BYTE(0x80);
}

static inline bool is_plain(char byte)
{
    return byte != '"' && byte != '\\' && (unsigned)(unsigned char)byte - 0x20 < 0x60;
}

/* A string of ASCII without escapes. *string is what is between its quotes. */
static inline const char *scan_string(const char *at, const char *end, const char **string,
                                      size_t *length)
{
    uint64_t marks = 0;

    if (*at != '"')
        return NULL;
    *string = ++at;
    while (end - at > 8 && (marks = mark_not_plain(load_eight(at))) == 0)
        at += 8;
    if (marks != 0)
        at += trailing_zeros(marks) / 8;
    else
        while (at < end && is_plain(*at))
            at++;
    *length = (size_t)(at - *string);
    return at < end && *at == '"' ? at + 1 : NULL;
}

static const char *scan_word(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(end - at) > length && memcmp(at, word, length) == 0 ? at + length : NULL;
}

/* The value of a key that means nothing here. */
static const char *scan_other(const char *at, const char *end)
{
    const char *string;
    int64_t number;
    size_t length;

    switch (*at) {
    case '"':
        return scan_string(at, end, &string, &length);
    case 't':
        return scan_word(at, end, "true");
    case 'f':
        return scan_word(at, end, "false");
    case 'n':
        return scan_word(at, end, "null");
    default:
        if (decimal_scan(at, (size_t)(end - at), &number, &length) == ERROR_SYNTAX)
            return NULL;
        return at + length;
    }
}

static inline bool ends_field(char byte)
{
    return byte == ',' || byte == '}';
}

/* A price or a volume, with what is wrong with its value; NULL when it is no number. */
static inline const char *scan_decimal(const char *at, const char *end, int64_t *value, int *error)
{
    const char *stop = quick_decimal(at, value);
    size_t used;

    *error = 0;
    if (TICKD_LIKELY(stop != NULL && ends_field(*stop)))
        return stop;
    *error = decimal_scan(at, (size_t)(end - at), value, &used);
    return *error != ERROR_SYNTAX ? at + used : NULL;
}

static inline const char *scan_price(struct entry *entry, const char *at, const char *end)
{
    int64_t price = 0;
    int error = 0;

    at = scan_decimal(at, end, &price, &error);
    entry_set_price(entry, error, price);
    return at;
}

static inline const char *scan_volume(struct entry *entry, const char *at, const char *end)
{
    int64_t volume = 0;
    int error = 0;

    at = scan_decimal(at, end, &volume, &error);
    entry_set_volume(entry, error, volume);
    return at;
}

static inline const char *scan_time(struct entry *entry, const char *at, const char *end)
{
    int64_t time_ms = 0;
    size_t used;
    const char *stop = quick_time(at, (size_t)(end - at), &time_ms);

    if (TICKD_LIKELY(stop != NULL && ends_field(*stop))) {
        entry_set_time(entry, 0, time_ms);
        return stop;
    }
    int error = whole_scan(at, (size_t)(end - at), &time_ms, &used);

    if (error == ERROR_SYNTAX)
        return NULL;
    entry_set_time(entry, error, time_ms);
    return at + used;
}

static inline const char *scan_symbol(struct entry *entry, const char *at, const char *end)
{
    entry_set(entry, ENTRY_SYMBOL, true);
    return scan_string(at, end, &entry->name, &entry->name_length);
}

/* One code and its quotes: "1" to "41" here, any other string by the table's own reader. */
static inline const char *scan_code(uint64_t *conditions, const char *at, const char *end)
{
    const char *string;
    size_t length;

    if (TICKD_LIKELY(end - at > 4 && at[0] == '"' && at[1] >= '1' && at[1] <= '9')) {
        unsigned code = (unsigned)(at[1] - '0');

        if (at[2] == '"') {
            *conditions |= UINT64_C(1) << code;
            return at + 3;
        }
        code = code * 10 + (unsigned)(at[2] - '0');
        if (at[2] >= '0' && at[2] <= '9' && at[3] == '"' && code <= CONDITION_CODE_MAX) {
            *conditions |= UINT64_C(1) << code;
            return at + 4;
        }
    }
    at = scan_string(at, end, &string, &length);
    if (at != NULL)
        *conditions = conditions_add_text(*conditions, string, length);
    return at;
}

/* null, or an array of strings. */
static inline const char *scan_conditions(struct entry *entry, const char *at, const char *end)
{
    entry->conditions = 0;
    if (*at == 'n')
        return scan_word(at, end, "null");
    if (*at != '[')
        return NULL;
    at = skip_blanks(at + 1);
    if (*at == ']')
        return at + 1;
    for (;;) {
        at = scan_code(&entry->conditions, at, end);
        if (at == NULL)
            return NULL;
        at = skip_blanks(at);
        if (*at != ',')
            return *at == ']' ? at + 1 : NULL;
        at = skip_blanks(at + 1);
    }
}

/* A key, its colon, and the blanks around them. *key is its one character, a blank for a key of
 * another length: that means nothing here. */
static inline const char *scan_key(const char *at, const char *end, char *key)
{
    const char *string;
    size_t length;

    if (TICKD_LIKELY(end - at > 4 && (load_four(at) & UINT32_C(0xffff00ff)) == QUOTED_KEY)) {
        *key = at[1];
        return skip_blanks(at + 4);
    }
    at = scan_string(skip_blanks(at), end, &string, &length);
    if (at == NULL)
        return NULL;
    *key = length == 1 ? *string : ' ';
    return scan_mark(at, ':');
}

static inline const char *scan_field(struct entry *entry, const char *at, const char *end)
{
    char key;

    at = scan_key(at, end, &key);
    if (at == NULL)
        return NULL;
    switch (key) {
    case 't':
        return scan_time(entry, at, end);
    case 'p':
        return scan_price(entry, at, end);
    case 'v':
        return scan_volume(entry, at, end);
    case 's':
        return scan_symbol(entry, at, end);
    case 'c':
        return scan_conditions(entry, at, end);
    default: /* means nothing here, if it may be a key at all */
        return is_plain(key) ? scan_other(at, end) : NULL;
    }
}

/* The fields of an entry, up to the '}' behind them. */
static inline const char *scan_fields(struct entry *entry, const char *at, const char *end)
{
    for (;;) {
        at = scan_field(entry, at, end);
        if (at == NULL)
            return NULL;
        if (*at != ',') {
            at = skip_blanks(at);
            if (*at != ',')
                return *at == '}' ? at : NULL;
        }
        at++;
    }
}

/* Takes the entry in. Until the frame is accepted, `order` and `unused` hold where its symbol's
 * name is and how long. */
static inline void keep_entry(struct scan *scan, const struct entry *entry)
{
    if (TICKD_UNLIKELY(entry->usable != ENTRY_USABLE)) {
        scan->malformed_count++;
        scan->wrong |= ENTRY_USABLE & ~entry->usable;
        return;
    }
    size_t length = entry->name_length;

    ASSERT(scan->trade_count < scan->decoder->capacity);
    scan->decoder->trades[scan->trade_count++] = (struct trade){
        .time_ms = entry->time_ms,
        .price = entry->price,
        .volume = entry->volume,
        .conditions = entry->conditions,
        .order = (uint32_t)(entry->name - scan->bytes),
        .unused = (uint16_t)(length < SYMBOL_NAME_MAX ? length : SYMBOL_NAME_MAX),
    };
}

/* One object of "data"; `at` is where its '{' has to be. */
static inline const char *scan_entry(struct scan *scan, const char *at)
{
    struct entry entry = {.usable = ENTRY_CONDITIONS};

    at = scan_mark(at, '{');
    if (at == NULL)
        return NULL;
    if (*at != '}')
        at = scan_fields(&entry, at, scan->end);
    if (at == NULL)
        return NULL;
    keep_entry(scan, &entry);
    at++;
    return at < scan->end ? at : NULL;
}

static const char *scan_data(struct scan *scan, const char *at)
{
    if (*at != '[')
        return NULL;
    at = skip_blanks(at + 1);
    if (*at == ']')
        return at + 1;
    for (;;) {
        at = scan_entry(scan, at);
        if (at == NULL)
            return NULL;
        at = skip_blanks(at);
        if (*at == ']')
            return at + 1;
        if (*at != ',')
            return NULL;
        at++;
    }
}

/* Whether eight bytes at `at` are those of `eight`. */
static inline bool begins_with(const char *at, const char *end, const char *eight)
{
    return end - at > 8 && load_eight(at) == load_eight(eight);
}

/* The value of "type", which has to be "trade", once. */
static inline const char *take_type(struct scan *scan, const char *at)
{
    return scan->types++ == 0 ? scan_word(at, scan->end, "\"trade\"") : NULL;
}

static inline const char *take_data(struct scan *scan, const char *at)
{
    return scan->datas++ == 0 ? scan_data(scan, at) : NULL;
}

/* A key of the message and its value: first as Finnhub writes them, without blanks. */
static inline const char *scan_member(struct scan *scan, const char *at)
{
    const char *key;
    size_t length;

    if (begins_with(at, scan->end, "\"data\":["))
        return take_data(scan, at + 7);
    if (begins_with(at, scan->end, "\"type\":\""))
        return take_type(scan, at + 7);
    at = scan_string(at, scan->end, &key, &length);
    if (at != NULL)
        at = scan_mark(at, ':');
    if (at == NULL)
        return NULL;
    if (length == 4 && memcmp(key, "type", 4) == 0)
        return take_type(scan, at);
    if (length == 4 && memcmp(key, "data", 4) == 0)
        return take_data(scan, at);
    return scan_other(at, scan->end);
}

/* The whole message: an object with "type":"trade" and "data", each once. */
static bool scan_message(struct scan *scan)
{
    const char *at = scan_mark(scan->bytes, '{');

    while (at != NULL) {
        at = scan_member(scan, at);
        if (at == NULL)
            return false;
        at = skip_blanks(at);
        if (*at == '}')
            return at + 1 == scan->end && scan->types == 1 && scan->datas == 1;
        at = scan_mark(at, ',');
    }
    return false;
}

static void resolve_names(struct scan *scan)
{
    struct trade *trades = scan->decoder->trades;

    for (size_t i = 0; i < scan->trade_count; i++) {
        struct trade *trade = &trades[i];

        trade->symbol = symbols_resolve(scan->decoder->symbols, scan->bytes + trade->order,
                                        (size_t)trade->unused);
        trade->order = (uint32_t)i;
        trade->unused = 0;
    }
}

/* Where the message ends when its last byte that is no blank is a '}', else NULL. */
static const char *find_end(const char *bytes, size_t length)
{
    const char *end = bytes + length;

    while (end > bytes && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t'))
        end--;
    return end > bytes && end[-1] == '}' ? end : NULL;
}

bool decoder_scan(struct decoder *decoder, const char *bytes, size_t length, struct frame *frame)
{
    struct scan scan = {.decoder = decoder, .bytes = bytes};

    if (length == 0 || length > decoder->frame_bytes_max)
        return false;
    scan.end = find_end(bytes, length);
    if (scan.end == NULL || !scan_message(&scan))
        return false;
    resolve_names(&scan);
    decode_sort(decoder->trades, scan.trade_count);
    frame->kind = FRAME_TRADES;
    frame->trades = decoder->trades;
    frame->trade_count = scan.trade_count;
    frame->malformed_count = scan.malformed_count;
    frame->future_count = 0;
    frame->ahead_ms = 0;
    frame->wrong = scan.wrong;
    frame->text[0] = '\0';
    return true;
}
