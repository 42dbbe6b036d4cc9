/* Tables on a terminal. */
#include "tickd/ops/ctl_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/calendar.h"

enum { COLUMNS_MAX = 64, KEY_MAX = 64, CHARACTER_MAX = 4 };

const cJSON *ctl_member(const cJSON *object, const char *path)
{
    while (object != NULL) {
        char key[KEY_MAX];
        size_t length = strcspn(path, ".");

        if (!text_copy_bytes(key, sizeof key, path, length))
            return NULL;
        object = cJSON_GetObjectItemCaseSensitive(object, key);
        if (path[length] == '\0')
            return object;
        path += length + 1;
    }
    return NULL;
}

/* What a terminal obeys instead of showing it: control characters of one byte and of two (U+0080 to
 * U+009F), marks that turn the writing direction around, separators of lines. */
static bool is_obeyed(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},
        {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(ranges); i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

void ctl_add_clean(struct text *out, const char *text)
{
    while (*text != '\0') {
        bool valid;
        size_t length = text_character(text, CHARACTER_MAX, &valid); /* the text's end ends it */

        if (valid && !is_obeyed(text_code_point(text, length)))
            text_add_bytes(out, text, length);
        else
            text_add_char(out, '?');
        text += length;
    }
}

void ctl_add_count(struct text *out, double count)
{
    char digits[32];

    if (!(fabs(count) < 1e15)) { /* a double does not know its last digits any more */
        text_format(out, "%.6g", count);
        return;
    }
    int length = snprintf(digits, sizeof digits, "%.0f", fabs(count));

    if (count < 0)
        text_add_char(out, '-');
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text_add_char(out, ',');
        text_add_char(out, digits[i]);
    }
}

void ctl_add_bytes(struct text *out, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;

    while (bytes >= 1000 && unit + 1 < ARRAY_LENGTH(units)) {
        bytes /= 1000;
        unit++;
    }
    text_format(out, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

void ctl_add_duration(struct text *out, double ms)
{
    double seconds = ms / 1e3;
    double minutes = floor(seconds / 60);
    double hours = floor(minutes / 60);

    if (ms < 1000)
        text_format(out, "%.0f ms", ms);
    else if (seconds < 120)
        text_format(out, "%.1f s", seconds);
    else if (minutes < 120)
        text_format(out, "%.0f min", minutes);
    else if (hours < 48)
        text_format(out, "%.0f h %.0f min", hours, minutes - 60 * hours);
    else
        text_format(out, "%.0f d %.0f h", floor(hours / 24), hours - 24 * floor(hours / 24));
}

static void add_time(struct text *out, double time_us, int places)
{
    char stamp[CALENDAR_TEXT_MAX];

    if (!(fabs(time_us) < 2.5e17)) { /* the calendar's last year */
        text_add(out, "-");
        return;
    }
    calendar_print_us((int64_t)time_us, places, stamp);
    text_add(out, stamp);
}

static void add_json(struct text *out, const cJSON *value)
{
    char *json = cJSON_PrintUnformatted(value);

    if (json != NULL)
        ctl_add_clean(out, json);
    cJSON_free(json);
}

static void add_number(struct text *out, double number, enum ctl_cell cell)
{
    switch (cell) {
    case CELL_NUMBER:
        if (floor(number) == number && fabs(number) < 1e15)
            ctl_add_count(out, number);
        else
            text_format(out, "%.6g", number);
        break;
    case CELL_REAL:
        text_format(out, "%.4g", number);
        break;
    case CELL_BYTES:
        ctl_add_bytes(out, number);
        break;
    case CELL_MS:
        ctl_add_duration(out, number);
        break;
    case CELL_TIME_MS:
        add_time(out, number * US_PER_MS, 3);
        break;
    case CELL_TIME_US:
        add_time(out, number, 3);
        break;
    case CELL_TEXT:
    case CELL_LIST:
    case CELL_VALUE:
        text_format(out, "%.15g", number);
        break;
    }
}

/* Anything but a list. */
static void add_single(struct text *out, const cJSON *value, enum ctl_cell cell)
{
    if (value == NULL || cJSON_IsNull(value))
        text_add_char(out, '-');
    else if (cJSON_IsString(value))
        ctl_add_clean(out, value->valuestring);
    else if (cJSON_IsNumber(value))
        add_number(out, value->valuedouble, cell);
    else
        add_json(out, value);
}

static void add_list(struct text *out, const cJSON *list)
{
    const cJSON *item;
    const char *separator = "";

    cJSON_ArrayForEach(item, list)
    {
        text_add(out, separator);
        add_single(out, item, CELL_VALUE);
        separator = ",";
    }
    if (separator[0] == '\0')
        text_add_char(out, '-');
}

void ctl_add_cell(struct text *out, const cJSON *value, enum ctl_cell cell)
{
    if (cJSON_IsArray(value))
        add_list(out, value);
    else
        add_single(out, value, cell);
}

/* Columns that a terminal gives a text: characters, and not bytes. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (size_t i = 0; text[i] != '\0'; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

static bool is_to_the_left(enum ctl_cell cell)
{
    return cell == CELL_TEXT || cell == CELL_LIST || cell == CELL_VALUE || cell == CELL_TIME_MS ||
           cell == CELL_TIME_US;
}

static void print_padded(FILE *out, const char *text, size_t width, bool to_the_left, bool is_last)
{
    size_t own = width_of(text);
    int blanks = own < width ? (int)(width - own) : 0;

    if (!to_the_left)
        fprintf(out, "%*s", blanks, "");
    fputs(text, out);
    if (to_the_left && !is_last)
        fprintf(out, "%*s", blanks, "");
    fputs(is_last ? "\n" : "  ", out);
}

static void make_cell(char memory[CTL_CELL_MAX], const cJSON *row, const struct ctl_column *column)
{
    struct text cell;

    text_init(&cell, memory, CTL_CELL_MAX);
    ctl_add_cell(&cell, ctl_member(row, column->key), column->cell);
}

static void measure(const cJSON *list, const struct ctl_column *columns, size_t count,
                    size_t widths[COLUMNS_MAX])
{
    char cell[CTL_CELL_MAX];
    const cJSON *row;

    for (size_t i = 0; i < count; i++)
        widths[i] = width_of(columns[i].title);
    cJSON_ArrayForEach(row, list)
    {
        for (size_t i = 0; i < count; i++) {
            make_cell(cell, row, &columns[i]);
            if (width_of(cell) > widths[i])
                widths[i] = width_of(cell);
        }
    }
}

void ctl_print_table(FILE *out, const cJSON *list, const struct ctl_column *columns, size_t count)
{
    size_t widths[COLUMNS_MAX];
    char cell[CTL_CELL_MAX];
    const cJSON *row;

    if (count > COLUMNS_MAX)
        count = COLUMNS_MAX;
    if (cJSON_GetArraySize(list) == 0) {
        fputs("none\n", out);
        return;
    }
    measure(list, columns, count, widths);
    for (size_t i = 0; i < count; i++)
        print_padded(out, columns[i].title, widths[i], is_to_the_left(columns[i].cell),
                     i + 1 == count);
    cJSON_ArrayForEach(row, list)
    {
        for (size_t i = 0; i < count; i++) {
            make_cell(cell, row, &columns[i]);
            print_padded(out, cell, widths[i], is_to_the_left(columns[i].cell), i + 1 == count);
        }
    }
}
