/* The rows of a screen: from the document's list, filtered and sorted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tickd/base/decimal.h"
#include "tickd/ops/ctl_table.h"
#include "tickd/ops/ctl_top_table.h"

static const cJSON *list_of(const struct top_model *model, enum top_screen screen)
{
    const char *path = top_table(screen)->list;
    const cJSON *list = path != NULL ? ctl_member(model->status, path) : model->symbols;

    return cJSON_IsArray(list) ? list : NULL;
}

static char small(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool contains(const char *text, const char *part)
{
    for (; *text != '\0'; text++) {
        size_t i = 0;

        while (part[i] != '\0' && small(text[i]) == small(part[i]))
            i++;
        if (part[i] == '\0')
            return true;
    }
    return false;
}

static bool is_wanted(const struct top_model *model, const struct top_table *table,
                      const cJSON *object, const char *filter)
{
    char memory[TOP_CELL_TEXT_MAX];
    struct text cell;

    if (filter[0] == '\0')
        return true;
    for (int i = 0; i < table->column_count; i++) {
        text_init(&cell, memory, sizeof memory);
        top_add_cell(model, object, &table->columns[i], &cell);
        if (contains(memory, filter))
            return true;
    }
    return false;
}

/* States sort by how bad they are. */
static double badness(enum top_style style)
{
    switch ((int)style) {
    case TOP_BAD:
        return 3;
    case TOP_WARNING:
        return 2;
    case TOP_DIM:
        return 0;
    default:
        return 1;
    }
}

static void find_key(struct top_row *row, const struct top_column *column)
{
    const cJSON *value = ctl_member(row->object, column->key);
    int64_t decimal;

    if (cJSON_IsNumber(value)) {
        row->number = value->valuedouble;
        row->has_number = !isnan(row->number);
        return;
    }
    if (!cJSON_IsString(value))
        return;
    row->word = value->valuestring;
    if (column->paint == TOP_PAINT_STATE) {
        row->number = badness(top_word_style(row->word));
        row->has_number = true;
        return;
    }
    if (column->kind != TOP_WORD && decimal_parse(row->word, strlen(row->word), &decimal) == 0) {
        row->number = decimal_to_double(decimal);
        row->has_number = true;
    }
}

/* Numbers before words before nothing, whatever the direction. */
static int rank(const struct top_row *row)
{
    if (row->has_number)
        return 0;
    return row->word != NULL ? 1 : 2;
}

static int compare_values(const struct top_row *one, const struct top_row *other)
{
    if (one->has_number && one->number != other->number)
        return one->number > other->number ? 1 : -1;
    if (one->word == NULL || other->word == NULL)
        return 0;
    return strcasecmp(one->word, other->word);
}

static int compare(const struct top_row *one, const struct top_row *other, int direction)
{
    int order = rank(one) - rank(other);

    if (order == 0)
        order = direction * compare_values(one, other);
    return order != 0 ? order : (one->place > other->place) - (one->place < other->place);
}

static int ascending(const void *one, const void *other)
{
    return compare(one, other, 1);
}

static int descending(const void *one, const void *other)
{
    return compare(one, other, -1);
}

static void reverse(struct top_row *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct top_row row = rows[i];

        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

size_t top_collect(const struct top_model *model, enum top_screen screen,
                   const struct top_order *order, struct top_row rows[TOP_TABLE_ROWS_MAX])
{
    const struct top_table *table = top_table(screen);
    const cJSON *object;
    size_t count = 0;
    size_t place = 0;

    cJSON_ArrayForEach(object, list_of(model, screen))
    {
        if (count == TOP_TABLE_ROWS_MAX)
            break;
        place++;
        if (!cJSON_IsObject(object) || !is_wanted(model, table, object, order->filter))
            continue;
        struct top_row *row = &rows[count++];

        *row = (struct top_row){.object = object, .place = place};
        if (order->sorted_by != TOP_UNSORTED)
            find_key(row, &table->columns[order->sorted_by]);
    }
    if (order->sorted_by != TOP_UNSORTED)
        qsort(rows, count, sizeof *rows, order->descends ? descending : ascending);
    else if (order->descends)
        reverse(rows, count);
    return count;
}
