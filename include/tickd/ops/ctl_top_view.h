/* The view of `tickctl top`: what is on the screen, how keys change it, and how it is laid out.
 * Pure functions of model, view and size; docs/watching.md shows the result. */
#ifndef TICKD_OPS_CTL_TOP_VIEW_H
#define TICKD_OPS_CTL_TOP_VIEW_H

#include "tickd/ops/ctl_top_table.h"

enum { TOP_NAME_MAX = 64, TOP_MARKS_MAX = 32, TOP_ROWS_MIN = 12, TOP_COLUMNS_MIN = 60 };

enum top_mode { TOP_MODE_TABLE, TOP_MODE_HELP, TOP_MODE_SORT, TOP_MODE_FILTER, TOP_MODE_DETAIL };

/* Keys that are no character: above all code points. */
enum top_key {
    TOP_KEY_UP = 0x110000,
    TOP_KEY_DOWN,
    TOP_KEY_LEFT,
    TOP_KEY_RIGHT,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_BACK_TAB,
    TOP_KEY_BACKSPACE,
    TOP_KEY_F0, /* TOP_KEY_F0 + 6 is F6 */
    TOP_KEY_LAST = TOP_KEY_F0 + 12
};

/* Where one is in a screen. */
struct top_place {
    int selected; /* row */
    int first;    /* row at the top */
    int left;     /* columns scrolled away behind the first */
    int sorted_by;
    bool descends;
};

struct top_view {
    enum top_screen screen;
    enum top_mode mode;
    struct top_place places[TOP_SCREEN_COUNT];
    char filter[TOP_FILTER_MAX];
    bool is_paused;
    int menu;     /* line of the sort menu: 0 = as it comes, 1 = the first column */
    int scrolled; /* lines of help or details above the first that is shown */
    char marks[TOP_MARKS_MAX][TOP_NAME_MAX]; /* identities of rows; when full, the oldest goes */
    size_t marked;
    /* What the last layout found. */
    int row_count;
    int page;                                /* rows that one sees */
    char name[TOP_NAME_MAX];                 /* identity of the selected row, "" = there is none */
    struct top_row rows[TOP_TABLE_ROWS_MAX]; /* valid as long as the model's documents are */
};

enum top_action { TOP_STAY, TOP_ASK_AGAIN, TOP_QUIT };

void top_view_init(struct top_view *view);

/* A key: a code point, or an enum top_key. */
enum top_action top_press(struct top_view *view, uint32_t key);

/* The help's lines, 0 on: keys, and what they do; false after the last. */
bool top_key_help(size_t line, const char **keys, const char **help);

/* Writes the whole grid. */
void top_draw(const struct top_model *model, struct top_view *view, struct top_grid *grid);

/* Whether a row of this identity is marked. */
bool top_is_marked(const struct top_view *view, const char *name);

/* A row's identity: "Agents 7", "Histories bus/message_log". */
void top_name_row(enum top_screen screen, const cJSON *object, char name[TOP_NAME_MAX]);

/* Its parts, each in a file of its own. */

enum { TOP_HEAD_ROWS = 5 };

/* Meters and facts, in rows 0 to TOP_HEAD_ROWS − 1. */
void top_draw_head(const struct top_model *model, struct top_grid *grid);

/* The screen's own facts from `row` on; returns how many rows they took. */
int top_draw_facts(const struct top_model *model, enum top_screen screen, struct top_grid *grid,
                   int row);

/* The list from `row` down to the last but one. */
void top_draw_list(const struct top_model *model, struct top_view *view, struct top_grid *grid,
                   int row);

/* Help, and all that the selected row has, over the whole screen but its last row; the sort menu
 * from `row` on. */
void top_draw_help(struct top_view *view, struct top_grid *grid);
void top_draw_detail(const struct top_model *model, struct top_view *view, struct top_grid *grid);
void top_draw_sort_menu(const struct top_view *view, struct top_grid *grid, int row);

#endif
