/* A stream of CSV records: bytes into one buffer, records found in it by their line
 * ends, fields read where they lie. Only a quoted field is changed in place, to take its quotes
 * off; nothing else is copied, but the unread rest of the buffer when more is fetched. */
#include "tickd/feed/csv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/feed/entry.h"
#include "tickd/feed/gzip_reader.h"
#include "tickd/feed/quick_number.h"
#include "tickd/feed/whole.h"
#include "tickd/market/conditions.h"

/* X(constant, name, what a field of it looks like) */
#define COLUMNS(X)                                                                            \
    X(COLUMN_TIME, "time_ms", "a time in UNIX milliseconds, such as 1381132800464")           \
    X(COLUMN_SYMBOL, "symbol", "a name")                                                      \
    X(COLUMN_PRICE, "price", "a number, such as 146.76")                                      \
    X(COLUMN_VOLUME, "volume", "a number, such as 100")                                       \
    X(COLUMN_CONDITIONS, "conditions", "codes separated by ';', such as 1;12")                \
    X(COLUMN_SALE_CONDITION, "sale_condition", "1 to 8 hexadecimal digits, such as 20000020") \
    X(COLUMN_SUSPICIOUS, "suspicious", "0 or 1")

enum column {
    COLUMN_IGNORED,
#define X(constant, name, form) constant,
    COLUMNS(X)
#undef X
        COLUMN_COUNT
};

enum {
    REQUIRED = 1u << COLUMN_TIME | 1u << COLUMN_SYMBOL | 1u << COLUMN_PRICE | 1u << COLUMN_VOLUME
};

static const char *const column_names[COLUMN_COUNT] = {NULL,
#define X(constant, name, form) name,
                                                       COLUMNS(X)
#undef X
};

static const char *const column_forms[COLUMN_COUNT] = {NULL,
#define X(constant, name, form) form,
                                                       COLUMNS(X)
#undef X
};

#define HEADER_IS_RIGHT "right is a line such as time_ms,symbol,price,volume"

enum {
    NAME_MAX_SHOWN = 200, /* bytes of the file's name that an error shows */
    FOUND_MAX_SHOWN = 40  /* bytes of a field that an error shows */
};

struct csv_reader {
    struct symbol_table *symbols;
    size_t start;       /* of what is unread in the buffer */
    size_t filled;      /* end of it */
    bool source_ended;  /* the file has no more bytes */
    uint64_t line;      /* number of the line that the current record begins in */
    uint64_t next_line; /* and the next one */
    uint64_t records;
    int failure; /* what every further call returns, or 0 */
    size_t column_count;
    uint8_t columns[CSV_COLUMNS_MAX]; /* of enum column */
    char name[NAME_MAX_SHOWN + 1];
    char error[CSV_ERROR_MAX];
    struct gzip_reader file;           /* large; from here on nothing is zeroed before use */
    char buffer[CSV_BUFFER_BYTES + 1]; /* a zero follows what is filled: no number runs past it */
};

/* Bytes of the buffer. */
struct span {
    char *at;
    char *end;
};

/* One record, and how much of it has been read. */
struct record {
    struct span rest;
    bool quotes; /* there is a '"' in it */
    bool
        all_read; /* its last field has been taken; the rest is empty then, but so may a field be */
};

/* Keeps the failure; its text begins with where it is. */
static int fail(struct csv_reader *reader, int code, struct text *text)
{
    ASSERT(code < 0);
    text_init(text, reader->error, sizeof reader->error);
    text_add(text, reader->name);
    if (reader->line > 0)
        text_format(text, ":%llu", (unsigned long long)reader->line);
    if (reader->column_count > 0) /* the header has been read */
        text_format(text, ": record %llu", (unsigned long long)reader->records);
    text_add(text, ": ");
    reader->failure = code;
    return code;
}

static int fail_with(struct csv_reader *reader, int code, const char *what)
{
    struct text text;

    fail(reader, code, &text);
    text_add(&text, what);
    return code;
}

/* Bytes of the file between quotes, printable and not too many. */
static void add_found(struct text *text, struct span found)
{
    size_t length = (size_t)(found.end - found.at);

    text_add_char(text, '"');
    for (size_t i = 0; i < length && i < FOUND_MAX_SHOWN; i++) {
        char byte = found.at[i];

        text_add_char(text, byte >= ' ' && byte < 0x7f ? byte : '?');
    }
    text_add(text, length > FOUND_MAX_SHOWN ? "…\"" : "\"");
}

static int fail_field(struct csv_reader *reader, enum column column, struct span field)
{
    struct text text;

    ASSERT(column > COLUMN_IGNORED && column < COLUMN_COUNT);
    fail(reader, ERROR_SYNTAX, &text);
    text_format(&text, "column %s: found ", column_names[column]);
    add_found(&text, field);
    text_format(&text, ", right is %s", column_forms[column]);
    return ERROR_SYNTAX;
}

/* Moves what is unread to the front and fills the rest. */
static int fetch(struct csv_reader *reader)
{
    size_t unread = reader->filled - reader->start;
    size_t got;
    struct text text;

    memmove(reader->buffer, reader->buffer + reader->start, unread);
    reader->start = 0;
    reader->filled = unread;
    int error =
        gzip_reader_read(&reader->file, reader->buffer + unread, CSV_BUFFER_BYTES - unread, &got);
    int system_error = errno;

    reader->filled += got;
    reader->buffer[reader->filled] = '\0';
    reader->source_ended = got == 0;
    if (error == 0)
        return 0;
    if (reader->column_count > 0)
        reader->records++; /* it is the next record that cannot be read */
    fail(reader, error, &text);
    if (error == ERROR_IO)
        text_format(&text, "cannot be read: %s", strerror(system_error));
    else
        text_format(&text, "the gzip stream is broken: %s", reader->file.fault);
    return error;
}

/* Finds the end of the next record: a line end with an even number of quotes before it, or the end
 * of the file. 1, 0 at the end of the file, or a negative code. */
static int find_record(struct csv_reader *reader, struct record *record)
{
    size_t searched = 0; /* bytes from `start` */
    size_t quotes = 0;
    const char *newline = NULL;
    int error;

    reader->line = reader->next_line;
    while (newline == NULL) {
        const char *from = reader->buffer + reader->start + searched;
        size_t left = reader->filled - reader->start - searched;

        newline = memchr(from, '\n', left);
        size_t length = newline != NULL ? (size_t)(newline - from) : left;
        const char *quote = memchr(from, '"', length);

        for (; quote != NULL; quote = memchr(quote + 1, '"', (size_t)(from + length - quote - 1)))
            quotes++;
        searched += length + (newline != NULL ? 1 : 0);
        reader->next_line += newline != NULL ? 1 : 0;
        if (newline != NULL && quotes % 2 == 1)
            newline = NULL; /* it is inside a quoted field */
        else if (newline == NULL && (reader->source_ended || searched > CSV_RECORD_MAX))
            break;
        else if (newline == NULL && (error = fetch(reader)) != 0)
            return error;
    }
    char *start = reader->buffer + reader->start;

    *record = (struct record){.rest = {start, start + searched}, .quotes = quotes > 0};
    reader->start += searched;
    if (searched > CSV_RECORD_MAX || quotes % 2 == 1) {
        reader->records += reader->column_count > 0 ? 1 : 0;
        return fail_with(reader, ERROR_SYNTAX,
                         quotes % 2 == 1 ? "a quoted field does not end"
                                         : "the record is too long, right are 16384 bytes at most");
    }
    return searched > 0;
}

static_assert(CSV_RECORD_MAX == 16384, "an error's text says so");

/* The next record that is not empty, without its line end. */
static int next_record(struct csv_reader *reader, struct record *record)
{
    struct span *rest = &record->rest;

    do {
        int found = find_record(reader, record);

        if (found <= 0)
            return found;
        if (rest->end > rest->at && rest->end[-1] == '\n')
            rest->end--;
        if (rest->end > rest->at && rest->end[-1] == '\r')
            rest->end--;
    } while (rest->at == rest->end);
    return 1;
}

/* Takes the quotes off a field: "a ""b""" is a "b". False when something other than a comma
 * follows the closing quote. */
static bool take_quoted(struct record *record, struct span *field)
{
    char *at = record->rest.at + 1;
    char *end = record->rest.end;
    char *to = at;

    field->at = at;
    for (; at < end && (*at != '"' || (end - at > 1 && at[1] == '"')); at++) {
        if (*at == '"')
            at++;
        *to++ = *at;
    }
    field->end = to;
    if (at == end) /* no closing quote: the quotes of another field made the number even */
        return false;
    at++;
    record->all_read = at == end;
    record->rest.at = at + (at < end ? 1 : 0);
    return at == end || *at == ',';
}

static bool take_field(struct record *record, struct span *field)
{
    char *at = record->rest.at;
    char *end = record->rest.end;

    if (TICKD_UNLIKELY(record->quotes) && at < end && *at == '"')
        return take_quoted(record, field);
    field->at = at;
    while (at < end && *at != ',')
        at++;
    field->end = at;
    record->all_read = at == end;
    record->rest.at = at + (at < end ? 1 : 0);
    return !record->quotes || memchr(field->at, '"', (size_t)(field->end - field->at)) == NULL;
}

static int fail_quotes(struct csv_reader *reader, size_t index)
{
    struct text text;

    fail(reader, ERROR_SYNTAX, &text);
    text_format(&text,
                "field %zu: a quote where none can be, right are quotes around the whole field "
                "and doubled ones inside",
                index + 1);
    return ERROR_SYNTAX;
}

static enum column column_of(struct span name)
{
    size_t length = (size_t)(name.end - name.at);

    for (unsigned i = COLUMN_IGNORED + 1; i < COLUMN_COUNT; i++) {
        if (strlen(column_names[i]) == length && memcmp(column_names[i], name.at, length) == 0)
            return (enum column)i;
    }
    return COLUMN_IGNORED;
}

static int fail_header(struct csv_reader *reader, const char *before, enum column column,
                       const char *after)
{
    struct text text;

    fail(reader, ERROR_SYNTAX, &text);
    text_format(&text, "the header has %s %s%s, " HEADER_IS_RIGHT, before, column_names[column],
                after);
    return ERROR_SYNTAX;
}

static int read_columns(struct csv_reader *reader, struct record *record, size_t *count)
{
    unsigned seen = 0;

    for (*count = 0; !record->all_read; (*count)++) {
        struct span name;

        if (!take_field(record, &name))
            return fail_quotes(reader, *count);
        if (*count == CSV_COLUMNS_MAX)
            return fail_with(reader, ERROR_SYNTAX, "more than 256 columns, " HEADER_IS_RIGHT);
        enum column column = column_of(name);

        if (column != COLUMN_IGNORED && (seen >> column & 1) != 0)
            return fail_header(reader, "the column", column, " twice");
        seen |= 1u << column;
        reader->columns[*count] = (uint8_t)column;
    }
    for (unsigned i = COLUMN_IGNORED + 1; i < COLUMN_COUNT; i++) {
        if ((REQUIRED >> i & 1) != 0 && (seen >> i & 1) == 0)
            return fail_header(reader, "no column", (enum column)i, "");
    }
    return 0;
}

static_assert(CSV_COLUMNS_MAX == 256, "an error's text says so");

static int read_header(struct csv_reader *reader)
{
    static const char mark[] = "\xef\xbb\xbf"; /* the byte-order mark */
    struct record record;
    size_t count = 0;

    if (fetch(reader) != 0)
        return reader->failure;
    if (reader->filled >= sizeof mark - 1 && memcmp(reader->buffer, mark, sizeof mark - 1) == 0)
        reader->start = sizeof mark - 1;
    int found = next_record(reader, &record);

    if (found < 0)
        return found;
    if (found == 0)
        return fail_with(reader, ERROR_SYNTAX, "the file is empty, " HEADER_IS_RIGHT);
    int error = read_columns(reader, &record, &count);

    if (error == 0)
        reader->column_count = count;
    return error;
}

/* NULL when there is no memory; the descriptor is closed then. */
static struct csv_reader *create_reader(int descriptor, const char *name,
                                        struct symbol_table *symbols)
{
    struct csv_reader *reader = malloc(sizeof *reader);

    if (reader == NULL) {
        close(descriptor);
        return NULL;
    }
    if (gzip_reader_init(&reader->file, descriptor) != 0) {
        free(reader);
        return NULL;
    }
    memset(reader, 0, offsetof(struct csv_reader, file));
    reader->symbols = symbols;
    reader->next_line = 1;
    text_copy(reader->name, sizeof reader->name, name);
    return reader;
}

int csv_open_descriptor(int descriptor, const char *name, struct symbol_table *symbols,
                        struct csv_reader **reader, struct text *error)
{
    struct csv_reader *created = create_reader(descriptor, name, symbols);

    *reader = NULL;
    if (created == NULL) {
        text_format(error, "%s: no memory to read it", name);
        return ERROR_MEMORY;
    }
    int failure = read_header(created);

    if (failure != 0) {
        text_add(error, created->error);
        csv_close(created);
        return failure;
    }
    *reader = created;
    return 0;
}

int csv_open(const char *path, struct symbol_table *symbols, struct csv_reader **reader,
             struct text *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0) {
        *reader = NULL;
        text_format(error, "%s: cannot be opened: %s", path, strerror(errno));
        return ERROR_IO;
    }
    return csv_open_descriptor(descriptor, path, symbols, reader, error);
}

static uint64_t read_codes(const char *at, size_t length)
{
    uint64_t conditions = 0;
    const char *end = at + length;

    while (length > 0) {
        const char *separator = memchr(at, ';', (size_t)(end - at));
        const char *stop = separator != NULL ? separator : end;

        conditions = conditions_add_text(conditions, at, (size_t)(stop - at));
        if (separator == NULL)
            break;
        at = separator + 1;
    }
    return conditions;
}

static bool read_flags(const char *text, size_t length, uint32_t *flags)
{
    *flags = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i];

        if (digit >= '0' && digit <= '9')
            digit -= '0';
        else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
            digit = (digit | 0x20) - 'a' + 10;
        else
            return false;
        *flags = *flags << 4 | digit;
    }
    return length <= 8;
}

/* Takes in a field; false when it is not what its column holds. */
static bool read_field(struct entry *entry, enum column column, struct span field)
{
    size_t length = (size_t)(field.end - field.at);
    int64_t number = 0;
    uint32_t flags;
    int error;

    switch (column) {
    case COLUMN_IGNORED:
        return true;
    case COLUMN_TIME:
        error = whole_parse(field.at, length, &number);
        entry_set_time(entry, error, number);
        return error != ERROR_SYNTAX;
    case COLUMN_SYMBOL:
        entry->name = field.at;
        entry->name_length = length;
        return true;
    case COLUMN_PRICE:
        error = decimal_parse(field.at, length, &number);
        entry_set_price(entry, error, number);
        return error != ERROR_SYNTAX;
    case COLUMN_VOLUME:
        error = decimal_parse(field.at, length, &number);
        entry_set_volume(entry, error, number);
        return error != ERROR_SYNTAX;
    case COLUMN_CONDITIONS:
        entry->conditions |= read_codes(field.at, length);
        return true;
    case COLUMN_SALE_CONDITION:
        if (!read_flags(field.at, length, &flags))
            return false;
        entry->conditions |= conditions_from_lean(flags);
        return true;
    case COLUMN_SUSPICIOUS:
        if (length == 1 && *field.at == '1')
            entry->conditions |= UINT64_C(1) << CONDITION_SUSPICIOUS;
        return length == 0 || (length == 1 && (*field.at == '0' || *field.at == '1'));
    case COLUMN_COUNT:
        break;
    }
    return false;
}

/* Takes the field at once when it is a number in the usual form. */
static inline bool take_number(struct entry *entry, enum column column, struct record *record)
{
    const char *end = record->rest.end;
    const char *stop = NULL;
    int64_t number = 0;

    if (column == COLUMN_TIME)
        stop = quick_time(record->rest.at, (size_t)(end - record->rest.at), &number);
    else if (column == COLUMN_PRICE || column == COLUMN_VOLUME)
        stop = quick_decimal(record->rest.at, &number);
    if (stop == NULL || (stop < end && *stop != ','))
        return false;
    if (column == COLUMN_TIME)
        entry_set_time(entry, 0, number);
    else if (column == COLUMN_PRICE)
        entry_set_price(entry, 0, number);
    else
        entry_set_volume(entry, 0, number);
    record->all_read = stop == end;
    record->rest.at += (stop - record->rest.at) + (stop < end ? 1 : 0);
    return true;
}

static int fail_count(struct csv_reader *reader, size_t found, const char *or_more)
{
    struct text text;

    fail(reader, ERROR_SYNTAX, &text);
    text_format(&text, "found %zu%s fields, right are the header's %zu", found, or_more,
                reader->column_count);
    return ERROR_SYNTAX;
}

int csv_next(struct csv_reader *reader, struct trade *trade)
{
    struct entry entry = {.usable = ENTRY_CONDITIONS | ENTRY_SYMBOL};
    struct record record;

    if (reader->failure != 0)
        return reader->failure;
    int found = next_record(reader, &record);

    if (found <= 0)
        return found;
    reader->records++;
    for (size_t i = 0; i < reader->column_count; i++) {
        enum column column = (enum column)reader->columns[i];
        struct span field;

        if (record.all_read)
            return fail_count(reader, i, "");
        if (take_number(&entry, column, &record))
            continue;
        if (!take_field(&record, &field))
            return fail_quotes(reader, i);
        if (!read_field(&entry, column, field))
            return fail_field(reader, column, field);
    }
    if (!record.all_read)
        return fail_count(reader, reader->column_count + 1, " or more");
    if (entry.usable != ENTRY_USABLE)
        return CSV_MALFORMED_TRADE;
    *trade = (struct trade){
        .time_ms = entry.time_ms,
        .price = entry.price,
        .volume = entry.volume,
        .conditions = entry.conditions,
        .symbol = symbols_resolve(reader->symbols, entry.name, entry.name_length),
    };
    return CSV_TRADE;
}

const char *csv_error(const struct csv_reader *reader)
{
    return reader->error;
}

uint64_t csv_records(const struct csv_reader *reader)
{
    return reader->records;
}

void csv_close(struct csv_reader *reader)
{
    gzip_reader_fini(&reader->file);
    free(reader);
}
