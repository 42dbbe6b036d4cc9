/* Tables for people, from the lists that the daemon answers with: a row an entry, a column a key.
 * Widths follow the contents. Times are UTC. */
#ifndef TICKD_OPS_CTL_TABLE_H
#define TICKD_OPS_CTL_TABLE_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "tickd/base/text.h"

/* How a value is shown. */
enum ctl_cell {
    CELL_TEXT,    /* to the left */
    CELL_NUMBER,  /* to the right, as it is; thousands are separated when it is whole */
    CELL_REAL,    /* to the right, four significant digits */
    CELL_BYTES,   /* 1.2 MB */
    CELL_MS,      /* a duration: 850 ms, 61.2 s, 3 h 4 min */
    CELL_TIME_MS, /* a moment, UNIX time */
    CELL_TIME_US,
    CELL_LIST, /* a list of texts, with commas */
    CELL_VALUE /* any JSON value, as JSON; a text without its quotes */
};

struct ctl_column {
    const char *title;
    const char *key; /* "indicators.rsi14": of an object inside */
    enum ctl_cell cell;
};

enum { CTL_CELL_MAX = 160 };

/* A list of objects. An empty list is "none". */
void ctl_print_table(FILE *out, const cJSON *list, const struct ctl_column *columns, size_t count);

/* One value as a cell; nothing there is "-". */
void ctl_add_cell(struct text *out, const cJSON *value, enum ctl_cell cell);

void ctl_add_count(struct text *out, double count); /* 1,234,567 */
void ctl_add_bytes(struct text *out, double bytes); /* 9.1 MB */
void ctl_add_duration(struct text *out, double ms); /* 2 h 3 min */

/* Text from the daemon without anything that a terminal would obey, or that is not UTF-8: each such
 * character is a '?'. */
void ctl_add_clean(struct text *out, const char *text);

/* A member by its path, or NULL. */
const cJSON *ctl_member(const cJSON *object, const char *path);

#endif
