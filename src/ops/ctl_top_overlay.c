/* What lies over the table of `tickctl top`: help, a row's details, the sort menu. */
#include <string.h>

#include "tickd/ops/ctl_table.h"
#include "tickd/ops/ctl_top_view.h"

enum {
    KEYS_WIDTH = 14,
    KEY_WIDTH = 22,
    MENU_WIDTH = 18,
    DETAIL_LINES_MAX = 512,
    PATH_MAX_BYTES = 96
};

static const char *const colours[] = {
    "Green is as it should be, yellow wants a look, red is wrong.",
    "Health: the share of modules that have not owed anything for too long.",
    "Memory: resident, of its budget. Lag: the longest turn of the event loop in",
    "the last second; full is 10 ms. Equity: the bars are what of it is invested.",
};

/* Scrolls no further than to the last page. */
static void settle(struct top_view *view, int lines, int page)
{
    int last = lines > page ? lines - page : 0;

    view->page = page;
    if (view->scrolled > last)
        view->scrolled = last;
}

void top_draw_help(struct top_view *view, struct top_grid *grid)
{
    int page = grid->rows - 3;
    const char *keys;
    const char *help;
    int bound = 0;

    while (top_key_help((size_t)bound, &keys, &help))
        bound++;
    settle(view, bound + 1 + (int)ARRAY_LENGTH(colours), page);
    top_put(grid, 0, 1, grid->columns, TOP_STRONG, "tickctl top");
    for (int line = 0; line < page; line++) {
        int index = view->scrolled + line;
        int row = 2 + line;

        if (top_key_help((size_t)index, &keys, &help)) {
            top_put_right(grid, row, 1, KEYS_WIDTH, TOP_METER, keys);
            top_put(grid, row, KEYS_WIDTH + 3, grid->columns, TOP_PLAIN, help);
        } else if (index > bound && index - bound <= (int)ARRAY_LENGTH(colours)) {
            top_put(grid, row, 3, grid->columns, TOP_PLAIN, colours[index - bound - 1]);
        }
    }
}

/* Members one below the other; those of an object inside under a dotted name. */
static void draw_member(const struct top_view *view, struct top_grid *grid, int *line,
                        const char *outer, const cJSON *member)
{
    char path_memory[PATH_MAX_BYTES];
    char value_memory[TOP_CELL_TEXT_MAX];
    struct text path;
    struct text value;
    int row = 2 + *line - view->scrolled;

    text_init(&path, path_memory, sizeof path_memory);
    text_init(&value, value_memory, sizeof value_memory);
    text_format(&path, "%s%s", outer, outer[0] != '\0' ? "." : "");
    ctl_add_clean(&path, member->string != NULL ? member->string : "");
    ctl_add_cell(&value, member, CELL_VALUE);
    if (row >= 2 && row < grid->rows - 1) {
        top_put_right(grid, row, 1, KEY_WIDTH, TOP_METER, path_memory);
        top_put(grid, row, KEY_WIDTH + 3, grid->columns, TOP_STRONG, value_memory);
    }
    *line += 1;
}

static void draw_members(const struct top_view *view, struct top_grid *grid, int *line,
                         const cJSON *object)
{
    const cJSON *member;
    const cJSON *inner;

    cJSON_ArrayForEach(member, object)
    {
        if (*line >= DETAIL_LINES_MAX)
            return;
        if (!cJSON_IsObject(member) || member->child == NULL) {
            draw_member(view, grid, line, "", member);
            continue;
        }
        cJSON_ArrayForEach(inner, member)
        {
            if (*line < DETAIL_LINES_MAX)
                draw_member(view, grid, line, member->string != NULL ? member->string : "", inner);
        }
    }
}

static int count_members(const cJSON *object)
{
    const cJSON *member;
    int count = 0;

    cJSON_ArrayForEach(member, object)
    {
        bool is_nested = cJSON_IsObject(member) && member->child != NULL;

        count += is_nested ? cJSON_GetArraySize(member) : 1;
        if (count >= DETAIL_LINES_MAX)
            return DETAIL_LINES_MAX;
    }
    return count;
}

/* The row is found by its identity, for the list under it goes on changing. */
void top_draw_detail(const struct top_model *model, struct top_view *view, struct top_grid *grid)
{
    const struct top_place *place = &view->places[view->screen];
    struct top_order order = {
        .filter = view->filter, .sorted_by = place->sorted_by, .descends = place->descends};
    size_t count = top_collect(model, view->screen, &order, view->rows);
    char name[TOP_NAME_MAX] = "";
    size_t i = 0;
    int line = 0;

    for (; i < count; i++) {
        top_name_row(view->screen, view->rows[i].object, name);
        if (strcmp(name, view->name) == 0)
            break;
    }
    top_put(grid, 0, 1, grid->columns, TOP_STRONG, view->name);
    if (i == count) {
        top_put(grid, 2, 1, grid->columns, TOP_DIM, "is not there any more");
        return;
    }
    settle(view, count_members(view->rows[i].object), grid->rows - 3);
    draw_members(view, grid, &line, view->rows[i].object);
}

void top_draw_sort_menu(const struct top_view *view, struct top_grid *grid, int row)
{
    const struct top_table *table = top_table(view->screen);
    int page = grid->rows - 2 - row;
    int first = view->menu >= page ? view->menu - page + 1 : 0;

    top_fill(grid, row, 0, MENU_WIDTH, TOP_HEADING);
    top_put(grid, row, 1, MENU_WIDTH - 1, TOP_HEADING, "Sort by");
    for (int line = 0; line < page; line++) {
        int choice = first + line;
        enum top_style style = choice == view->menu ? TOP_SELECTED : TOP_PLAIN;

        top_fill(grid, row + 1 + line, 0, MENU_WIDTH, TOP_PLAIN);
        if (choice > table->column_count)
            continue;
        const char *title = choice == 0 ? "(as it comes)" : table->columns[choice - 1].title;

        top_fill(grid, row + 1 + line, 0, MENU_WIDTH - 1, style);
        top_put(grid, row + 1 + line, 1, MENU_WIDTH - 2, style,
                title[0] != '\0' ? title : "(text)");
    }
}
