/* A rectangle of styled glyphs. */
#include "tickd/ops/ctl_top_grid.h"

#include <stdlib.h>
#include <string.h>

enum { CHARACTER_MAX = 4 };

static const struct top_cell blank = {.glyph = ' ', .style = TOP_PLAIN};

void top_grid_init(struct top_grid *grid, bool is_ascii)
{
    *grid = (struct top_grid){.is_ascii = is_ascii};
}

void top_grid_fini(struct top_grid *grid)
{
    free(grid->cells);
    *grid = (struct top_grid){0};
}

static int clip(int value, int max)
{
    if (value < 1)
        return 1;
    return value < max ? value : max;
}

bool top_grid_resize(struct top_grid *grid, int rows, int columns)
{
    rows = clip(rows, TOP_ROWS_MAX);
    columns = clip(columns, TOP_COLUMNS_MAX);
    size_t count = (size_t)rows * (size_t)columns;

    if (count > grid->capacity) {
        struct top_cell *cells = realloc(grid->cells, count * sizeof *cells);

        if (cells == NULL)
            return false;
        grid->cells = cells;
        grid->capacity = count;
    }
    grid->rows = rows;
    grid->columns = columns;
    for (size_t i = 0; i < count; i++)
        grid->cells[i] = blank;
    return true;
}

static struct top_cell *cell_of(const struct top_grid *grid, int row, int column)
{
    if (row < 0 || row >= grid->rows || column < 0 || column >= grid->columns)
        return NULL;
    return &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
}

/* Blocks of glyphs that every terminal shows in one column and that read from left to right. */
static bool is_narrow(uint32_t glyph)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } blocks[] = {
        {0x20, 0x7e},     {0xa1, 0xac},     {0xae, 0x2ff},    {0x370, 0x482},
        {0x48a, 0x556},                     /* Greek, Cyrillic, Armenian */
        {0x2010, 0x2027}, {0x2030, 0x205e}, /* punctuation, without marks of direction */
        {0x20a0, 0x20bf}, {0x2190, 0x21ff}, {0x2200, 0x22ff}, {0x2500, 0x25fc},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++) {
        if (glyph >= blocks[i].first && glyph <= blocks[i].last)
            return true;
    }
    return false;
}

/* The next glyph, '?' for what cannot be shown. */
static uint32_t next_glyph(const char **text)
{
    const char *at = *text;
    bool valid;
    size_t length = text_character(at, CHARACTER_MAX, &valid); /* the text's end ends it earlier */
    uint32_t glyph = valid ? text_code_point(at, length) : '?';

    *text += length;
    return is_narrow(glyph) ? glyph : '?';
}

int top_width(const char *text)
{
    int width = 0;

    while (*text != '\0' && width < TOP_COLUMNS_MAX) {
        next_glyph(&text);
        width++;
    }
    return width;
}

void top_put_glyph(struct top_grid *grid, int row, int column, enum top_style style, uint32_t glyph,
                   char ascii)
{
    struct top_cell *cell = cell_of(grid, row, column);

    if (cell == NULL)
        return;
    if (grid->is_ascii && glyph > 0x7e)
        glyph = (unsigned char)ascii;
    *cell = (struct top_cell){.glyph = glyph, .style = style};
}

int top_put(struct top_grid *grid, int row, int column, int width, enum top_style style,
            const char *text)
{
    int written = 0;

    for (; written < width && *text != '\0' && column + written < grid->columns; written++)
        top_put_glyph(grid, row, column + written, style, next_glyph(&text), '?');
    return written;
}

void top_put_right(struct top_grid *grid, int row, int column, int width, enum top_style style,
                   const char *text)
{
    int own = top_width(text);
    int blanks = own < width ? width - own : 0;

    top_fill(grid, row, column, blanks, style);
    top_put(grid, row, column + blanks, width - blanks, style, text);
}

void top_fill(struct top_grid *grid, int row, int column, int width, enum top_style style)
{
    for (int i = 0; i < width && column + i < grid->columns; i++)
        top_put_glyph(grid, row, column + i, style, ' ', ' ');
}

void top_restyle(struct top_grid *grid, int row, int column, int width, enum top_style style)
{
    for (int i = 0; i < width && column + i < grid->columns; i++) {
        struct top_cell *cell = cell_of(grid, row, column + i);

        if (cell != NULL)
            cell->style = style;
    }
}

struct top_cell top_cell_at(const struct top_grid *grid, int row, int column)
{
    const struct top_cell *cell = cell_of(grid, row, column);

    return cell != NULL ? *cell : blank;
}

static void add_glyph(struct text *out, uint32_t glyph)
{
    char bytes[3];

    if (glyph < 0x80) {
        text_add_char(out, (char)glyph);
    } else if (glyph < 0x800) {
        bytes[0] = (char)(0xc0 | glyph >> 6);
        bytes[1] = (char)(0x80 | (glyph & 0x3f));
        text_add_bytes(out, bytes, 2);
    } else {
        bytes[0] = (char)(0xe0 | glyph >> 12);
        bytes[1] = (char)(0x80 | (glyph >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (glyph & 0x3f));
        text_add_bytes(out, bytes, 3);
    }
}

void top_add_row(const struct top_grid *grid, int row, struct text *out)
{
    int end = grid->columns;

    while (end > 0 && top_cell_at(grid, row, end - 1).glyph == ' ')
        end--;
    for (int column = 0; column < end; column++)
        add_glyph(out, top_cell_at(grid, row, column).glyph);
}
