/* Names, labels and values of metrics as text. */
#include <inttypes.h>
#include <string.h>

#include "tickd/base/decimal.h"
#include "tickd/ops/metrics_table.h"

const char *metric_type_name(enum metric_type type)
{
    static const char *const names[METRIC_TYPE_COUNT] = {"gauge", "counter", "histogram", "info"};

    return names[type];
}

const char *metric_unit_name(enum metric_unit unit)
{
    static const char *const names[METRIC_UNIT_COUNT] = {"", "seconds", "bytes", "ratio"};

    return names[unit];
}

void metric_print_family(const struct metric_row *row, struct text *out)
{
    text_add(out, row->name);
    if (row->unit != METRIC_NO_UNIT) {
        text_add_char(out, '_');
        text_add(out, metric_unit_name(row->unit));
    }
}

const char *metric_suffix(const struct metric_row *row)
{
    if (row->type == METRIC_COUNTER)
        return "_total";
    return row->type == METRIC_INFO ? "_info" : "";
}

/* What is no UTF-8 has lost its meaning already: letters stay, all else is replaced. */
static void add_replaced(struct text *out, const char *value)
{
    for (; *value != '\0'; value++) {
        bool is_plain = (unsigned char)*value < 0x80 && strchr("\n\"\\", *value) == NULL;

        text_add_char(out, is_plain ? *value : '?');
    }
}

static void add_escaped(struct text *out, const char *value)
{
    for (;;) {
        size_t plain = strcspn(value, "\n\"\\");

        text_add_bytes(out, value, plain);
        if (value[plain] == '\0')
            return;
        text_add_char(out, '\\');
        text_add_char(out, value[plain] == '\n' ? 'n' : value[plain]);
        value += plain + 1;
    }
}

static void add_pair(struct text *out, const char *separator, const char *key, const char *value)
{
    text_add(out, separator);
    text_add(out, key);
    text_add(out, "=\"");
    if (text_is_utf8(value, strlen(value)))
        add_escaped(out, value);
    else
        add_replaced(out, value);
    text_add_char(out, '"');
}

void metric_print_labels(const struct metric_labels *labels, const char *key, const char *value,
                         struct text *out)
{
    const char *separator = "{";

    for (size_t i = 0; i < labels->count; i++) {
        add_pair(out, separator, labels->keys[i], labels->values[i]);
        separator = ",";
    }
    if (key != NULL) {
        add_pair(out, separator, key, value);
        separator = ",";
    }
    if (separator[0] == ',')
        text_add_char(out, '}');
}

/* By hand: most values are of this kind, and printf is the slowest part of a whole text. */
static void add_whole(struct text *out, uint64_t whole_number)
{
    char digits[20]; /* of UINT64_MAX */
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + whole_number % 10);
        whole_number /= 10;
    } while (whole_number != 0);
    text_add_bytes(out, digits + start, sizeof digits - start);
}

void metric_print_value(const struct metric_value *value, struct text *out)
{
    char digits[DECIMAL_TEXT_MAX];

    switch (value->kind) {
    case METRIC_WHOLE:
        add_whole(out, value->whole);
        break;
    case METRIC_SIGNED:
        text_format(out, "%" PRId64, value->number);
        break;
    case METRIC_REAL:
        text_add_real(out, value->real);
        break;
    case METRIC_DECIMAL:
        decimal_print(value->number, digits);
        text_add(out, digits);
        break;
    }
}
