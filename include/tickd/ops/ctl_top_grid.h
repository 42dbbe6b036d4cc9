/* What a terminal shall show, without a terminal: a rectangle of glyphs, each with a style. The
 * layout writes it, a driver brings it to the screen, a test reads it as text.
 *
 * Writing outside the rectangle does nothing, so a layout need not ask how large it is. Every glyph
 * is one column wide: what is not (or could turn the writing direction around) becomes '?'. */
#ifndef TICKD_OPS_CTL_TOP_GRID_H
#define TICKD_OPS_CTL_TOP_GRID_H

#include "tickd/base/text.h"

/* What a cell means; the driver knows how a terminal shows it. */
enum top_style {
    TOP_PLAIN,
    TOP_DIM,
    TOP_STRONG,
    TOP_GOOD,
    TOP_WARNING,
    TOP_BAD,
    TOP_ALARM,    /* a message that must not be overlooked */
    TOP_METER,    /* names of meters and their brackets */
    TOP_HEADING,  /* titles of columns */
    TOP_SORTED,   /* the title of the column that sorts */
    TOP_SELECTED, /* the row under the cursor */
    TOP_MARKED,   /* rows that were marked with the space bar */
    TOP_TAB,
    TOP_TAB_OPEN,
    TOP_KEY,   /* "F1" at the bottom */
    TOP_LABEL, /* "Help" beside it */
    TOP_STYLE_COUNT
};

enum { TOP_ROWS_MAX = 500, TOP_COLUMNS_MAX = 1000 };

struct top_cell {
    uint32_t glyph; /* a Unicode code point */
    enum top_style style;
};

struct top_grid {
    int rows;
    int columns;
    bool is_ascii; /* the terminal has nothing else: other glyphs are replaced */
    struct top_cell *cells;
    size_t capacity;
};

void top_grid_init(struct top_grid *grid, bool is_ascii);
void top_grid_fini(struct top_grid *grid);

/* A new size, all blank; clipped to the largest there is. false: no memory, and nothing changed. */
bool top_grid_resize(struct top_grid *grid, int rows, int columns);

/* UTF-8, at most `width` columns of it; the number of columns written. Unprintable or broken bytes
 * are '?'. */
int top_put(struct top_grid *grid, int row, int column, int width, enum top_style style,
            const char *text);

/* The same at the right end of `width` columns; blanks before it. */
void top_put_right(struct top_grid *grid, int row, int column, int width, enum top_style style,
                   const char *text);

/* One glyph; `ascii` where there is nothing else. */
void top_put_glyph(struct top_grid *grid, int row, int column, enum top_style style, uint32_t glyph,
                   char ascii);

/* Blanks. */
void top_fill(struct top_grid *grid, int row, int column, int width, enum top_style style);

/* Gives the row's cells another style. */
void top_restyle(struct top_grid *grid, int row, int column, int width, enum top_style style);

/* The cell, or a blank outside. */
struct top_cell top_cell_at(const struct top_grid *grid, int row, int column);

/* The columns that a text takes. */
int top_width(const char *text);

/* Appends a row as UTF-8, without the blanks at its end. */
void top_add_row(const struct top_grid *grid, int row, struct text *out);

#endif
