/* The screens of `tickctl top`: each a table over one list of the status document, written down as
 * data; its rows, filtered and sorted; a cell as text and as a number to sort by. */
#ifndef TICKD_OPS_CTL_TOP_TABLE_H
#define TICKD_OPS_CTL_TOP_TABLE_H

#include "tickd/ops/ctl_top_grid.h"
#include "tickd/ops/ctl_top_model.h"

/* X(NAME, title) */
#define TOP_SCREENS(X)        \
    X(MODULES, "Modules")     \
    X(FEED, "Feed")           \
    X(AGENTS, "Agents")       \
    X(POSITIONS, "Positions") \
    X(ALERTS, "Alerts")       \
    X(HISTORIES, "Histories")

enum top_screen {
#define X(NAME, title) TOP_SCREEN_##NAME,
    TOP_SCREENS(X)
#undef X
        TOP_SCREEN_COUNT
};

/* How a value is written. */
enum top_kind {
    TOP_WORD,   /* a text, to the left */
    TOP_DIGITS, /* a text or number as it comes, to the right */
    TOP_COUNT,  /* 1,234,567 */
    TOP_REAL,   /* four significant digits */
    TOP_SHARE,  /* of 1: 4.2% */
    TOP_MONEY,  /* two places and separated thousands */
    TOP_BYTES,  /* 9.1 MB */
    TOP_FOR_MS, /* a duration */
    TOP_FOR_S,
    TOP_SINCE_US, /* the duration from there to the document's own time */
    TOP_CLOCK_MS, /* time of day, UTC */
    TOP_FILL      /* size of capacity, as a bar */
};

/* What its colour says. */
enum top_paint {
    TOP_PAINT_NONE,
    TOP_PAINT_NAME,  /* what the row is about */
    TOP_PAINT_STATE, /* a word of the daemon's vocabulary */
    TOP_PAINT_SIGN,  /* gain or loss */
    TOP_PAINT_DEBT,  /* anything above 0 is worth a look */
    TOP_PAINT_FLAG   /* true is bad */
};

struct top_column {
    const char *title;
    const char *key;
    enum top_kind kind;
    int width; /* columns of the terminal; the last one takes what is left */
    enum top_paint paint;
};

struct top_table {
    const char *title;
    const char *list;        /* where in the status document; NULL: the symbols */
    const char *empty;       /* said when there is none */
    const char *identity[2]; /* keys that tell its rows apart; the second may be NULL */
    const struct top_column *columns;
    int column_count;
    int sorted_by; /* at first: a column, or TOP_UNSORTED */
    bool descends;
};

enum { TOP_UNSORTED = -1, TOP_TABLE_ROWS_MAX = 4096, TOP_FILTER_MAX = 64, TOP_CELL_TEXT_MAX = 192 };

struct top_row {
    const cJSON *object;
    bool has_number;
    double number;    /* to sort by */
    const char *word; /* likewise, or NULL; the document's */
    size_t place;     /* in the document: decides between equals */
};

/* What to list and how. */
struct top_order {
    const char *filter; /* rows with this in one of their cells, large or small; "" = all */
    int sorted_by;
    bool descends;
};

const struct top_table *top_table(enum top_screen screen);

/* The list's rows: filtered, sorted, at most TOP_TABLE_ROWS_MAX; nothing there sorts last. Returns
 * how many. */
size_t top_collect(const struct top_model *model, enum top_screen screen,
                   const struct top_order *order, struct top_row rows[TOP_TABLE_ROWS_MAX]);

/* Appends the cell's text; nothing there is "-". */
void top_add_cell(const struct top_model *model, const cJSON *row, const struct top_column *column,
                  struct text *out);

bool top_is_to_the_left(const struct top_column *column);

enum top_style top_cell_style(const cJSON *row, const struct top_column *column);

/* What a word of the daemon's vocabulary (streaming, stale, critical …) looks like. */
enum top_style top_word_style(const char *word);

/* The number that a JSON number or a decimal text is; false for anything else. */
bool top_value(const cJSON *value, double *number);

/* Appends two places and separated thousands, of a decimal text or a number. */
void top_add_money(struct text *out, const cJSON *value);

#endif
