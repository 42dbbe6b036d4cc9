/* Writes JSON piece by piece into a bounded text: no tree, no allocation, integers of 64 bits to
 * the last digit. When the text is full the rest is cut off and text->cut says so.
 *
 * Two forms of the same document. Compact: one line. Readable: the outermost object or list and
 * every list of rows are spread over lines, one member or row each; all else stays in its line.
 *
 *     {                                               json_begin_object(json, NULL)
 *       "score": 100,                                 json_real(json, "score", 100.0)
 *       "modules": [                                  json_begin_rows(json, "modules")
 *         {"name": "feed", "state": "active"},
 *         {"name": "bus", "state": "active"}
 *       ]                                             json_end(json)
 *     }                                               json_end(json)
 *
 * `key` is NULL for the outermost value and in lists. */
#ifndef TICKD_OPS_JSON_WRITER_H
#define TICKD_OPS_JSON_WRITER_H

#include "tickd/base/text.h"

enum { JSON_DEPTH_MAX = 16 };

struct json_level {
    bool is_list;
    bool is_spread; /* one member or entry a line */
    bool has_members;
};

struct json {
    struct text *out;
    bool readable;
    size_t depth;
    size_t indent; /* spread levels around the place */
    struct json_level levels[JSON_DEPTH_MAX];
};

/* Appends to what `out` holds already. */
void json_init(struct json *json, struct text *out, bool readable);

void json_begin_object(struct json *json, const char *key);
void json_begin_list(struct json *json, const char *key);
void json_begin_rows(struct json *json, const char *key);

/* Ends the innermost object or list. */
void json_end(struct json *json);

void json_text(struct json *json, const char *key, const char *value);
void json_integer(struct json *json, const char *key, int64_t value);
void json_count(struct json *json, const char *key, uint64_t value);
/* The shortest digits that read back as the same double; NaN and infinities are null. */
void json_real(struct json *json, const char *key, double value);
/* A decimal, as a string. */
void json_money(struct json *json, const char *key, int64_t value);
void json_flag(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* 16 hex digits, as a string. */
void json_digest(struct json *json, const char *key, uint64_t value);

/* Writes key and separator; the caller then appends one JSON value to json->out itself. */
void json_raw(struct json *json, const char *key);

#endif
