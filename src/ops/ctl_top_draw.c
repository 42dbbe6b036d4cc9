/* The layout of `tickctl top`: head, tabs, the screen's facts and list, keys. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tickd/ops/ctl_table.h"
#include "tickd/ops/ctl_top_view.h"

enum { MESSAGE_MAX = 640, SILENCE_WORTH_SAYING_MS = 3000 };

void top_name_row(enum top_screen screen, const cJSON *object, char name[TOP_NAME_MAX])
{
    const struct top_table *table = top_table(screen);
    struct text text;

    text_init(&text, name, TOP_NAME_MAX);
    text_format(&text, "%s ", table->title);
    ctl_add_cell(&text, ctl_member(object, table->identity[0]), CELL_TEXT);
    if (table->identity[1] != NULL) {
        text_add_char(&text, '/');
        ctl_add_cell(&text, ctl_member(object, table->identity[1]), CELL_TEXT);
    }
}

/* The list. */

static int limited(int value, int max)
{
    if (value > max)
        value = max;
    return value < 0 ? 0 : value;
}

/* The cursor stays in the list, and the list's window around the cursor. */
static void settle(struct top_view *view, int page)
{
    struct top_place *place = &view->places[view->screen];

    view->page = page;
    place->selected = limited(place->selected, view->row_count - 1);
    if (place->first > place->selected)
        place->first = place->selected;
    if (place->selected >= place->first + page)
        place->first = place->selected - page + 1;
    place->first = limited(place->first, view->row_count - page);
}

/* The next column to show after `column` when `left` are scrolled away behind the first. */
static int next_column(int column, int left)
{
    return column == 0 ? 1 + left : column + 1;
}

static int width_of(const struct top_table *table, int column, int from,
                    const struct top_grid *grid)
{
    int room = grid->columns - from;
    bool takes_all =
        column == table->column_count - 1 && top_is_to_the_left(&table->columns[column]);

    return takes_all || table->columns[column].width > room ? room : table->columns[column].width;
}

/* A column that has no room as a whole is shown only if it is a text at the end. */
static bool has_room(const struct top_table *table, int column, int from,
                     const struct top_grid *grid)
{
    bool is_last_text =
        column == table->column_count - 1 && top_is_to_the_left(&table->columns[column]);

    return from + table->columns[column].width <= grid->columns ||
           (is_last_text && from + 8 < grid->columns);
}

static void draw_titles(const struct top_view *view, struct top_grid *grid, int row)
{
    const struct top_table *table = top_table(view->screen);
    const struct top_place *place = &view->places[view->screen];
    int from = 1;

    top_fill(grid, row, 0, grid->columns, TOP_HEADING);
    for (int i = 0; i < table->column_count && has_room(table, i, from, grid);
         i = next_column(i, place->left)) {
        const struct top_column *column = &table->columns[i];
        int width = width_of(table, i, from, grid);
        enum top_style style = i == place->sorted_by ? TOP_SORTED : TOP_HEADING;

        if (top_is_to_the_left(column))
            top_put(grid, row, from, width, style, column->title);
        else
            top_put_right(grid, row, from, width, style, column->title);
        if (i == place->sorted_by) /* in the gap behind it */
            top_put_glyph(grid, row, from + width, TOP_SORTED, place->descends ? 0x25bd : 0x25b3,
                          place->descends ? 'v' : '^');
        from += width + 1;
    }
}

static void draw_row(const struct top_model *model, const struct top_view *view,
                     struct top_grid *grid, int row, const cJSON *object)
{
    const struct top_table *table = top_table(view->screen);
    int left = view->places[view->screen].left;
    int from = 1;

    for (int i = 0; i < table->column_count && has_room(table, i, from, grid);
         i = next_column(i, left)) {
        const struct top_column *column = &table->columns[i];
        int width = width_of(table, i, from, grid);
        enum top_style style = top_cell_style(object, column);
        char memory[TOP_CELL_TEXT_MAX];
        struct text cell;

        text_init(&cell, memory, sizeof memory);
        top_add_cell(model, object, column, &cell);
        if (top_is_to_the_left(column) || top_width(memory) > width)
            top_put(grid, row, from, width, style, memory);
        else
            top_put_right(grid, row, from, width, style, memory);
        if (top_width(memory) > width)
            top_put_glyph(grid, row, from + width - 1, TOP_DIM, '~', '~');
        from += width + 1;
    }
}

static void say_empty(const struct top_model *model, const struct top_view *view,
                      struct top_grid *grid, int row)
{
    const struct top_table *table = top_table(view->screen);
    const char *why = table->empty;

    if (view->filter[0] != '\0')
        why = "no row has that in it";
    else if (model->status == NULL)
        why = model->link == TOP_SEARCHING ? "waiting for a daemon" : "waiting for its answer";
    top_put(grid, row, 1, grid->columns, TOP_DIM, why);
}

void top_draw_list(const struct top_model *model, struct top_view *view, struct top_grid *grid,
                   int row)
{
    struct top_place *place = &view->places[view->screen];
    struct top_order order = {
        .filter = view->filter, .sorted_by = place->sorted_by, .descends = place->descends};

    draw_titles(view, grid, row++);
    view->row_count = (int)top_collect(model, view->screen, &order, view->rows);
    settle(view, grid->rows - 1 - row);
    view->name[0] = '\0';
    if (view->row_count == 0)
        say_empty(model, view, grid, row);
    for (int i = place->first; i < view->row_count && row < grid->rows - 1; i++, row++) {
        char name[TOP_NAME_MAX];

        top_name_row(view->screen, view->rows[i].object, name);
        draw_row(model, view, grid, row, view->rows[i].object);
        if (top_is_marked(view, name))
            top_restyle(grid, row, 0, grid->columns, TOP_MARKED);
        if (i == place->selected) {
            text_copy(view->name, sizeof view->name, name);
            top_restyle(grid, row, 0, grid->columns, TOP_SELECTED);
        }
    }
}

/* Tabs, and at their right what is out of the ordinary. */

static void add_message(const struct top_model *model, const struct top_view *view,
                        struct text *message)
{
    if (model->link == TOP_SEARCHING)
        text_add(message, "no daemon, retrying");
    else if (model->silent_ms > SILENCE_WORTH_SAYING_MS) {
        text_add(message, "no answer for ");
        ctl_add_duration(message, floor((double)model->silent_ms / 1e3) * 1e3);
    } else if (view->is_paused)
        text_add(message, "paused, p goes on");
    else if (model->why[0] != '\0')
        text_add(message, model->why);
    else if (view->filter[0] != '\0')
        text_format(message, "only: %s", view->filter);
}

static void draw_tabs(const struct top_model *model, const struct top_view *view,
                      struct top_grid *grid, int row)
{
    char memory[MESSAGE_MAX];
    struct text message;
    int column = 1;

    for (int i = 0; i < TOP_SCREEN_COUNT; i++) {
        enum top_style style = i == (int)view->screen ? TOP_TAB_OPEN : TOP_TAB;

        (void)snprintf(memory, sizeof memory, " %d%s ", i + 1,
                       top_table((enum top_screen)i)->title);
        column += top_put(grid, row, column, grid->columns, style, memory);
    }
    text_init(&message, memory, sizeof memory);
    add_message(model, view, &message);
    if (message.length > 0) {
        int width = top_width(memory) + 2;
        int from = grid->columns - width > 0 ? grid->columns - width : 0;

        top_fill(grid, row, from, width, TOP_ALARM);
        top_put(grid, row, from + 1, grid->columns, TOP_ALARM, memory);
    }
}

/* Why there is no daemon, where the facts about it would stand. */
static void say_why(const struct top_model *model, struct top_grid *grid, int row)
{
    if (model->link == TOP_SEARCHING && model->why[0] != '\0') {
        top_fill(grid, row, 0, grid->columns, TOP_PLAIN);
        top_put(grid, row, 1, grid->columns, TOP_WARNING, model->why);
    }
}

/* Keys at the bottom. */

struct key_hint {
    const char *key;
    const char *label;
};

static const struct key_hint table_keys[] = {
    {"F1", "Help "},  {"Tab", "Screen "}, {"Enter", "Details "}, {"/", "Filter "}, {"F6", "Sort "},
    {"I", "Invert "}, {"Space", "Mark "}, {"p", "Pause "},       {"F10", "Quit "},
};
static const struct key_hint menu_keys[] = {{"Enter", "Sort "}, {"Esc", "Cancel "}};
static const struct key_hint page_keys[] = {{"Up Down", "Scroll "}, {"Esc", "Back "}};

static int draw_hints(struct top_grid *grid, const struct key_hint *hints, size_t count)
{
    int row = grid->rows - 1;
    int column = 0;

    for (size_t i = 0; i < count; i++) {
        column += top_put(grid, row, column, grid->columns, TOP_KEY, hints[i].key);
        column += top_put(grid, row, column, grid->columns, TOP_LABEL, hints[i].label);
    }
    return column;
}

static void draw_bottom(const struct top_view *view, struct top_grid *grid)
{
    static const struct key_hint filter_keys[] = {{"Enter", "Done "}, {"Esc", "Clear "}};
    int row = grid->rows - 1;
    int column;

    switch (view->mode) {
    case TOP_MODE_TABLE:
        column = draw_hints(grid, table_keys, ARRAY_LENGTH(table_keys));
        top_fill(grid, row, column, grid->columns, TOP_LABEL);
        break;
    case TOP_MODE_FILTER:
        column = draw_hints(grid, filter_keys, ARRAY_LENGTH(filter_keys));
        column += top_put(grid, row, column, grid->columns, TOP_KEY, " Filter: ");
        column += top_put(grid, row, column, grid->columns, TOP_STRONG, view->filter);
        top_put(grid, row, column, 1, TOP_SELECTED, " ");
        break;
    case TOP_MODE_SORT:
        column = draw_hints(grid, menu_keys, ARRAY_LENGTH(menu_keys));
        top_fill(grid, row, column, grid->columns, TOP_LABEL);
        break;
    case TOP_MODE_HELP:
    case TOP_MODE_DETAIL:
        column = draw_hints(grid, page_keys, ARRAY_LENGTH(page_keys));
        top_fill(grid, row, column, grid->columns, TOP_LABEL);
        break;
    }
}

static void draw_too_small(struct top_grid *grid)
{
    char text[MESSAGE_MAX];

    (void)snprintf(text, sizeof text, "too small: %dx%d", grid->columns, grid->rows);
    top_put(grid, 0, 0, grid->columns, TOP_STRONG, text);
    (void)snprintf(text, sizeof text, "top needs %dx%d; q quits", TOP_COLUMNS_MIN, TOP_ROWS_MIN);
    top_put(grid, 1, 0, grid->columns, TOP_PLAIN, text);
}

/* What a daemon that is gone once told must not be taken for what is. */
static void fade(struct top_grid *grid, int tabs)
{
    for (int row = 0; row < grid->rows - 1; row++) {
        if (row != tabs && row != tabs + 1)
            top_restyle(grid, row, 0, grid->columns, TOP_DIM);
    }
}

static void draw_table(const struct top_model *model, struct top_view *view, struct top_grid *grid)
{
    int tabs = TOP_HEAD_ROWS + (grid->rows > TOP_ROWS_MIN + TOP_HEAD_ROWS);
    int row = tabs + 1;

    top_draw_head(model, grid);
    draw_tabs(model, view, grid, tabs);
    int facts = top_draw_facts(model, view->screen, grid, row);

    say_why(model, grid, row);
    row += facts > 0 || model->link != TOP_SEARCHING ? facts : 1;
    top_draw_list(model, view, grid, row);
    if (model->link == TOP_SEARCHING)
        fade(grid, tabs);
    if (view->mode == TOP_MODE_SORT)
        top_draw_sort_menu(view, grid, row);
}

void top_draw(const struct top_model *model, struct top_view *view, struct top_grid *grid)
{
    for (int row = 0; row < grid->rows; row++)
        top_fill(grid, row, 0, grid->columns, TOP_PLAIN);
    if (grid->rows < TOP_ROWS_MIN || grid->columns < TOP_COLUMNS_MIN) {
        draw_too_small(grid);
        return;
    }
    if (view->mode == TOP_MODE_HELP)
        top_draw_help(view, grid);
    else if (view->mode == TOP_MODE_DETAIL)
        top_draw_detail(model, view, grid);
    else
        draw_table(model, view, grid);
    draw_bottom(view, grid);
}
