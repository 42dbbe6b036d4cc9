/* The table of faults and the reader of --fault NAME[=ARG]. */
#include "tickd/sim/faults.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/base/text.h"

/* More than anybody waits for or counts to; keeps sums of times far from overflow. */
static const double number_max = 1e9;

/* Numbers whose range is narrower than that. */
static const struct {
    enum fault fault;
    double min;
    double max;
} limits[] = {
    {FAULT_ENTRIES, 1, FAULT_ENTRIES_MAX},
    {FAULT_UNSORTED, 1, 60000},
    {FAULT_CONNECT_LIMIT, 1, FAULT_CONNECTS_MAX},
    {FAULT_OVERSIZED, 32, FAULT_OVERSIZED_MAX},
};

static const struct fault_row rows[] = {
#define X(constant, name, form, number, second, words, help) \
    [constant] = {name, form, number, second, words, help},
    FAULTS(X)
#undef X
};

static const char *const form_usage[] = {
    [FAULT_PLAIN] = "",        [FAULT_SHARE] = "[=P]",
    [FAULT_NUMBER] = "[=N]",   [FAULT_NUMBER_SHARE] = "[=N[:P]]",
    [FAULT_SECONDS] = "[=S]",  [FAULT_AFTER] = "[=S[:N]]",
    [FAULT_LATE] = "[=S[:P]]", [FAULT_FIRST] = "[=N]",
    [FAULT_WORD] = "[=WORD]",  [FAULT_TEXT] = "[=TEXT]",
};

void faults_init(struct faults *faults)
{
    *faults = (struct faults){0};
}

bool fault_on(const struct faults *faults, enum fault fault)
{
    return faults->settings[fault].on;
}

const struct fault_setting *fault_setting(const struct faults *faults, enum fault fault)
{
    return &faults->settings[fault];
}

const struct fault_row *fault_row(enum fault fault)
{
    ASSERT(fault < FAULT_COUNT);
    return &rows[fault];
}

const char *fault_name(enum fault fault)
{
    return fault_row(fault)->name;
}

/* The word at a place in "a|b|c". */
static void add_word(struct text *text, const char *words, size_t place)
{
    for (; place > 0; place--) {
        words += strcspn(words, "|") + 1;
    }
    text_add_bytes(text, words, strcspn(words, "|"));
}

size_t fault_usage(enum fault fault, char *memory, size_t capacity)
{
    const struct fault_row *row = fault_row(fault);
    struct text text;
    text_init(&text, memory, capacity);
    text_add(&text, row->name);
    if (row->form == FAULT_WORD) {
        text_format(&text, "[=%s]", row->words);
    } else {
        text_add(&text, form_usage[row->form]);
    }
    return text.length;
}

size_t fault_default(enum fault fault, char *memory, size_t capacity)
{
    const struct fault_row *row = fault_row(fault);
    struct text text;
    text_init(&text, memory, capacity);
    switch (row->form) {
    case FAULT_PLAIN:
        break;
    case FAULT_SHARE:
    case FAULT_NUMBER:
    case FAULT_SECONDS:
    case FAULT_FIRST:
        text_format(&text, "%.10g", row->number);
        break;
    case FAULT_NUMBER_SHARE:
    case FAULT_AFTER:
    case FAULT_LATE:
        text_format(&text, "%.10g:%.10g", row->number, row->second);
        break;
    case FAULT_WORD:
        add_word(&text, row->words, (size_t)row->number);
        break;
    case FAULT_TEXT:
        text_add(&text, row->words);
        break;
    }
    return text.length;
}

/* A number in [min, max] at `text`, of `length` bytes; whole if asked. */
static bool read_number(const char *text, size_t length, double min, double max, bool whole,
                        double *number)
{
    int64_t decimal;
    if (decimal_parse(text, length, &decimal) != 0) {
        return false;
    }
    if (whole && decimal % DECIMAL_ONE != 0) {
        return false;
    }
    double value = decimal_to_double(decimal);
    if (!(value >= min && value <= max)) {
        return false;
    }
    *number = value;
    return true;
}

static bool read_share(const char *text, size_t length, double *share)
{
    return read_number(text, length, 1e-6, 1, false, share);
}

static bool read_whole(const char *text, size_t length, double *number)
{
    return read_number(text, length, 0, number_max, true, number);
}

static bool read_seconds(const char *text, size_t length, double *seconds)
{
    return read_number(text, length, 0, number_max, false, seconds);
}

/* The place of a word in "a|b|c". */
static bool read_word(const char *words, const char *word, double *place)
{
    size_t length = strlen(word);
    double index = 0;
    for (const char *at = words; *at != '\0'; index++) {
        size_t width = strcspn(at, "|");
        if (width == length && memcmp(at, word, length) == 0) {
            *place = index;
            return true;
        }
        at += width;
        at += *at == '|';
    }
    return false;
}

typedef bool reader(const char *text, size_t length, double *number);

/* "FIRST" or "FIRST:SECOND". */
static bool read_pair(const char *argument, reader *first, reader *second,
                      struct fault_setting *setting)
{
    size_t length = strcspn(argument, ":");
    if (!first(argument, length, &setting->number)) {
        return false;
    }
    return argument[length] == '\0' ||
           second(argument + length + 1, strlen(argument + length + 1), &setting->second);
}

static bool read_argument(const struct fault_row *row, const char *argument,
                          struct fault_setting *setting)
{
    size_t length = strlen(argument);
    switch (row->form) {
    case FAULT_PLAIN:
        return false;
    case FAULT_SHARE:
        return read_share(argument, length, &setting->number);
    case FAULT_NUMBER:
    case FAULT_FIRST:
        return read_whole(argument, length, &setting->number);
    case FAULT_NUMBER_SHARE:
        return read_pair(argument, read_whole, read_share, setting);
    case FAULT_SECONDS:
        return read_seconds(argument, length, &setting->number);
    case FAULT_AFTER:
        return read_pair(argument, read_seconds, read_whole, setting);
    case FAULT_LATE:
        return read_pair(argument, read_seconds, read_share, setting);
    case FAULT_WORD:
        return read_word(row->words, argument, &setting->number);
    case FAULT_TEXT:
        return length > 0 && text_copy(setting->text, sizeof setting->text, argument);
    }
    return false;
}

static const char *const form_expects[] = {
    [FAULT_PLAIN] = "it takes no argument",
    [FAULT_SHARE] = "a share is needed, above 0 and up to 1",
    [FAULT_NUMBER] = "a whole number is needed",
    [FAULT_NUMBER_SHARE] = "NUMBER or NUMBER:SHARE is needed, the share above 0 and up to 1",
    [FAULT_SECONDS] = "a number of seconds is needed",
    [FAULT_AFTER] = "SECONDS or SECONDS:CONNECTIONS is needed",
    [FAULT_LATE] = "SECONDS or SECONDS:SHARE is needed, the share above 0 and up to 1",
    [FAULT_FIRST] = "a whole number is needed",
    [FAULT_WORD] = "one of these words is needed: ",
    [FAULT_TEXT] = "a text of 1 to 63 bytes is needed",
};

static int say_bad_argument(const struct fault_row *row, const char *argument, struct text *error)
{
    text_format(error, "fault %s: '%s': %s", row->name, argument, form_expects[row->form]);
    if (row->form == FAULT_WORD) {
        text_add(error, row->words);
    }
    return ERROR_SYNTAX;
}

static bool within_limits(enum fault fault, double number, struct text *error)
{
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        if (limits[i].fault == fault && !(number >= limits[i].min && number <= limits[i].max)) {
            text_format(error, "fault %s: %.0f is not within %.0f and %.0f", rows[fault].name,
                        number, limits[i].min, limits[i].max);
            return false;
        }
    }
    return true;
}

int faults_add(struct faults *faults, const char *argument, char error[FAULT_ERROR_MAX])
{
    struct text line;
    size_t length = strcspn(argument, "=");
    text_init(&line, error, FAULT_ERROR_MAX);
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        const struct fault_row *row = &rows[i];
        if (strlen(row->name) != length || memcmp(row->name, argument, length) != 0) {
            continue;
        }
        struct fault_setting setting = {.on = true, .number = row->number, .second = row->second};
        if (row->form == FAULT_TEXT) {
            text_copy(setting.text, sizeof setting.text, row->words);
        }
        if (argument[length] == '=' && !read_argument(row, argument + length + 1, &setting)) {
            return say_bad_argument(row, argument + length + 1, &line);
        }
        if (!within_limits((enum fault)i, setting.number, &line)) {
            return ERROR_RANGE;
        }
        faults->settings[i] = setting;
        return 0;
    }
    text_format(&line, "unknown fault '%s'; --help lists all", argument);
    return ERROR_NOT_FOUND;
}
