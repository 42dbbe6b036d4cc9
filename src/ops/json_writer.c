/* The JSON writer: a stack of open objects and lists, which know whether a separator is due. */
#include "tickd/ops/json_writer.h"

#include <inttypes.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/digest.h"

void json_init(struct json *json, struct text *out, bool readable)
{
    *json = (struct json){.out = out, .readable = readable};
}

static void begin_line(struct json *json)
{
    text_add_char(json->out, '\n');
    for (size_t i = 0; i < json->indent; i++)
        text_add(json->out, "  ");
}

/* Whatever stands between the value before and this one. */
static void separate(struct json *json)
{
    if (json->depth == 0)
        return;
    struct json_level *level = &json->levels[json->depth - 1];

    if (level->has_members)
        text_add_char(json->out, ',');
    if (level->is_spread)
        begin_line(json);
    else if (level->has_members && json->readable)
        text_add_char(json->out, ' ');
    level->has_members = true;
}

void json_raw(struct json *json, const char *key)
{
    separate(json);
    if (key == NULL)
        return;
    text_add_json(json->out, key, strlen(key));
    text_add(json->out, json->readable ? ": " : ":");
}

static void begin(struct json *json, const char *key, bool is_list, bool is_spread)
{
    ASSERT(json->depth < JSON_DEPTH_MAX);
    json_raw(json, key);
    text_add_char(json->out, is_list ? '[' : '{');
    is_spread = json->readable && (is_spread || json->depth == 0);
    json->levels[json->depth++] = (struct json_level){.is_list = is_list, .is_spread = is_spread};
    json->indent += is_spread;
}

void json_begin_object(struct json *json, const char *key)
{
    begin(json, key, false, false);
}

void json_begin_list(struct json *json, const char *key)
{
    begin(json, key, true, false);
}

void json_begin_rows(struct json *json, const char *key)
{
    begin(json, key, true, true);
}

void json_end(struct json *json)
{
    ASSERT(json->depth > 0);
    const struct json_level *level = &json->levels[--json->depth];

    json->indent -= level->is_spread;
    if (level->is_spread && level->has_members)
        begin_line(json);
    text_add_char(json->out, level->is_list ? ']' : '}');
}

void json_text(struct json *json, const char *key, const char *value)
{
    json_raw(json, key);
    text_add_json(json->out, value, strlen(value));
}

void json_integer(struct json *json, const char *key, int64_t value)
{
    json_raw(json, key);
    text_format(json->out, "%" PRId64, value);
}

void json_count(struct json *json, const char *key, uint64_t value)
{
    json_raw(json, key);
    text_format(json->out, "%" PRIu64, value);
}

void json_real(struct json *json, const char *key, double value)
{
    json_raw(json, key);
    if (value - value == 0.0)
        text_add_real(json->out, value);
    else
        text_add(json->out, "null");
}

void json_money(struct json *json, const char *key, int64_t value)
{
    char digits[DECIMAL_TEXT_MAX];

    decimal_print(value, digits);
    json_text(json, key, digits);
}

void json_flag(struct json *json, const char *key, bool value)
{
    json_raw(json, key);
    text_add(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
    json_raw(json, key);
    text_add(json->out, "null");
}

void json_digest(struct json *json, const char *key, uint64_t value)
{
    char digits[DIGEST_TEXT_MAX];

    digest_print(value, digits);
    json_text(json, key, digits);
}
