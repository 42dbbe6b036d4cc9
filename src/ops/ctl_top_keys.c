/* What keys do, as in htop where it has the same key. */
#include <string.h>

#include "tickd/ops/ctl_top_view.h"

enum { ESCAPE = 27, ENTER = '\r', LINE_FEED = '\n', CTRL_L = 12, DELETE = 127, BACKSPACE = 8 };

void top_view_init(struct top_view *view)
{
    memset(view, 0, sizeof *view);
    for (int i = 0; i < TOP_SCREEN_COUNT; i++) {
        const struct top_table *table = top_table((enum top_screen)i);

        view->places[i] =
            (struct top_place){.sorted_by = table->sorted_by, .descends = table->descends};
    }
}

static bool is_enter(uint32_t key)
{
    return key == ENTER || key == LINE_FEED;
}

/* Moves a number within [0, last]. */
static int moved(int from, int64_t by, int last)
{
    int64_t to = from + by;

    if (to > last)
        to = last;
    return to < 0 ? 0 : (int)to;
}

/* How far a key goes in a list; 0 = it is no such key. */
static int64_t distance_of(uint32_t key, int page)
{
    switch (key) {
    case TOP_KEY_UP:
    case 'k':
        return -1;
    case TOP_KEY_DOWN:
    case 'j':
        return 1;
    case TOP_KEY_PAGE_UP:
        return -(page > 1 ? page : 1);
    case TOP_KEY_PAGE_DOWN:
        return page > 1 ? page : 1;
    case TOP_KEY_HOME:
        return -INT32_MAX;
    case TOP_KEY_END:
        return INT32_MAX;
    default:
        return 0;
    }
}

/* Marks. */

static size_t mark_of(const struct top_view *view, const char *name)
{
    size_t i = 0;

    while (i < view->marked && strcmp(view->marks[i], name) != 0)
        i++;
    return i;
}

bool top_is_marked(const struct top_view *view, const char *name)
{
    return mark_of(view, name) < view->marked;
}

static void drop_mark(struct top_view *view, size_t place)
{
    view->marked--;
    memmove(view->marks[place], view->marks[place + 1],
            (view->marked - place) * sizeof view->marks[0]);
}

static void toggle_mark(struct top_view *view)
{
    size_t place = mark_of(view, view->name);

    if (view->name[0] == '\0')
        return;
    if (place < view->marked) {
        drop_mark(view, place);
        return;
    }
    if (view->marked == TOP_MARKS_MAX)
        drop_mark(view, 0);
    text_copy(view->marks[view->marked++], TOP_NAME_MAX, view->name);
}

/* The table. */

static void open_screen(struct top_view *view, int screen)
{
    view->screen = (enum top_screen)((screen + TOP_SCREEN_COUNT) % TOP_SCREEN_COUNT);
    view->row_count = 0;
}

static void open_mode(struct top_view *view, enum top_mode mode)
{
    view->mode = mode;
    view->scrolled = 0;
    view->menu = view->places[view->screen].sorted_by + 1;
}

/* The next column to sort by; beside the last, and before the first, is the daemon's own order. */
static void sort_by_neighbour(struct top_view *view, int step)
{
    struct top_place *place = &view->places[view->screen];
    int choices = top_table(view->screen)->column_count + 1;

    place->sorted_by = (place->sorted_by + 1 + step + choices) % choices - 1;
}

static void move_cursor(struct top_view *view, uint32_t key)
{
    struct top_place *place = &view->places[view->screen];
    int last = top_table(view->screen)->column_count - 2;

    place->selected = moved(place->selected, distance_of(key, view->page), view->row_count - 1);
    if (key == TOP_KEY_LEFT || key == TOP_KEY_RIGHT)
        place->left = moved(place->left, key == TOP_KEY_LEFT ? -1 : 1, last);
}

static enum top_action quit(struct top_view *view, uint32_t key)
{
    (void)view;
    (void)key;
    return TOP_QUIT;
}

static enum top_action ask_again(struct top_view *view, uint32_t key)
{
    (void)view;
    (void)key;
    return TOP_ASK_AGAIN;
}

static enum top_action open_help(struct top_view *view, uint32_t key)
{
    (void)key;
    open_mode(view, TOP_MODE_HELP);
    return TOP_STAY;
}

static enum top_action open_filter(struct top_view *view, uint32_t key)
{
    (void)key;
    open_mode(view, TOP_MODE_FILTER);
    return TOP_STAY;
}

static enum top_action open_sort_menu(struct top_view *view, uint32_t key)
{
    (void)key;
    open_mode(view, TOP_MODE_SORT);
    return TOP_STAY;
}

static enum top_action open_detail(struct top_view *view, uint32_t key)
{
    (void)key;
    if (view->name[0] != '\0')
        open_mode(view, TOP_MODE_DETAIL);
    return TOP_STAY;
}

static enum top_action next_screen(struct top_view *view, uint32_t key)
{
    open_screen(view, (int)view->screen + (key == '\t' ? 1 : -1));
    return TOP_ASK_AGAIN;
}

static enum top_action next_order(struct top_view *view, uint32_t key)
{
    sort_by_neighbour(view, key == '<' || key == ',' ? -1 : 1);
    return TOP_STAY;
}

static enum top_action turn_order(struct top_view *view, uint32_t key)
{
    (void)key;
    view->places[view->screen].descends = !view->places[view->screen].descends;
    return TOP_STAY;
}

static enum top_action pause_or_go_on(struct top_view *view, uint32_t key)
{
    (void)key;
    view->is_paused = !view->is_paused;
    return view->is_paused ? TOP_STAY : TOP_ASK_AGAIN;
}

static enum top_action mark(struct top_view *view, uint32_t key)
{
    (void)key;
    toggle_mark(view);
    move_cursor(view, TOP_KEY_DOWN);
    return TOP_STAY;
}

static enum top_action unmark_all(struct top_view *view, uint32_t key)
{
    (void)key;
    view->marked = 0;
    return TOP_STAY;
}

static enum top_action forget_filter(struct top_view *view, uint32_t key)
{
    (void)key;
    view->filter[0] = '\0';
    return TOP_STAY;
}

enum { KEYS_MAX = 4 };

/* The keys of the table; those that move are in distance_of(). Rows with `help` make the help. */
static const struct {
    uint32_t keys[KEYS_MAX];
    enum top_action (*press)(struct top_view *view, uint32_t key);
    const char *shown;
    const char *help;
} bindings[] = {
    {{'h', '?', TOP_KEY_F0 + 1}, open_help, "F1 h ?", "this help"},
    {{'\t', TOP_KEY_BACK_TAB}, next_screen, "Tab 1 to 6", "another screen"},
    {{0}, NULL, "Up Down k j", "move the cursor; PgUp PgDn Home End by more"},
    {{0}, NULL, "Left Right", "show columns that have no room"},
    {{'\r', '\n'},
     open_detail,
     "Enter",
     "all that is known about the row, an agent's parameters too"},
    {{'<', '>', ',', '.'}, next_order, "< >", "sort by the column before or after"},
    {{TOP_KEY_F0 + 6}, open_sort_menu, "F6", "choose the column to sort by"},
    {{'I'}, turn_order, "I", "the other direction"},
    {{'/', '\\', TOP_KEY_F0 + 3, TOP_KEY_F0 + 4},
     open_filter,
     "/ F3 F4",
     "only rows in which this text occurs; Esc ends it"},
    {{' '}, mark, "Space", "mark the row, or unmark it"},
    {{'U'}, unmark_all, "U", "unmark all"},
    {{'p', 'Z'}, pause_or_go_on, "p Z", "pause: nothing is asked until p is pressed again"},
    {{'r', CTRL_L, TOP_KEY_F0 + 5}, ask_again, "F5 r", "ask the daemon now"},
    {{'q', 'Q', TOP_KEY_F0 + 10}, quit, "F10 q", "quit"},
    {{ESCAPE}, forget_filter, NULL, NULL},
};

bool top_key_help(size_t line, const char **keys, const char **help)
{
    if (line >= ARRAY_LENGTH(bindings) || bindings[line].help == NULL)
        return false;
    *keys = bindings[line].shown;
    *help = bindings[line].help;
    return true;
}

static bool is_bound(size_t binding, uint32_t key)
{
    for (size_t i = 0; i < KEYS_MAX && bindings[binding].keys[i] != 0; i++) {
        if (bindings[binding].keys[i] == key)
            return true;
    }
    return false;
}

static enum top_action press_in_table(struct top_view *view, uint32_t key)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bindings); i++) {
        if (is_bound(i, key))
            return bindings[i].press(view, key);
    }
    if (key > '0' && key <= '0' + TOP_SCREEN_COUNT) {
        open_screen(view, (int)(key - '1'));
        return TOP_ASK_AGAIN;
    }
    move_cursor(view, key);
    return TOP_STAY;
}

/* Help and details: what scrolls scrolls, what leaves leaves. The layout knows where they end. */
static void press_in_page(struct top_view *view, uint32_t key)
{
    int64_t distance = distance_of(key, view->page);

    if (distance == 0 || key == ESCAPE)
        view->mode = TOP_MODE_TABLE;
    else
        view->scrolled = moved(view->scrolled, distance, INT32_MAX - 1);
}

static void press_in_menu(struct top_view *view, uint32_t key)
{
    struct top_place *place = &view->places[view->screen];
    int columns = top_table(view->screen)->column_count;

    if (is_enter(key)) {
        bool again = place->sorted_by == view->menu - 1;

        place->descends = again ? !place->descends : place->descends;
        place->sorted_by = view->menu - 1;
        view->mode = TOP_MODE_TABLE;
    } else if (key == ESCAPE || key == 'q' || key == TOP_KEY_F0 + 6 || key == TOP_KEY_F0 + 10) {
        view->mode = TOP_MODE_TABLE;
    } else {
        view->menu = moved(view->menu, distance_of(key, columns), columns);
    }
}

/* Only printable ASCII can be typed: all that is listed is. */
static void press_in_filter(struct top_view *view, uint32_t key)
{
    size_t length = strlen(view->filter);

    if (is_enter(key)) {
        view->mode = TOP_MODE_TABLE;
    } else if (key == ESCAPE) {
        view->filter[0] = '\0';
        view->mode = TOP_MODE_TABLE;
    } else if (key == TOP_KEY_BACKSPACE || key == DELETE || key == BACKSPACE) {
        view->filter[length > 0 ? length - 1 : 0] = '\0';
    } else if (key >= ' ' && key < DELETE) {
        bool fits = length + 1 < sizeof view->filter;

        view->filter[length] = fits ? (char)key : '\0';
        view->filter[fits ? length + 1 : length] = '\0';
    } else {
        move_cursor(view, key);
    }
}

enum top_action top_press(struct top_view *view, uint32_t key)
{
    switch (view->mode) {
    case TOP_MODE_TABLE:
        return press_in_table(view, key);
    case TOP_MODE_HELP:
    case TOP_MODE_DETAIL:
        press_in_page(view, key);
        break;
    case TOP_MODE_SORT:
        press_in_menu(view, key);
        break;
    case TOP_MODE_FILTER:
        press_in_filter(view, key);
        break;
    }
    return TOP_STAY;
}
