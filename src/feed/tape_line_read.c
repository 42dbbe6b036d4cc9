/* The lines of a tape, from text to values. */
#include <string.h>

#include "tickd/base/base64.h"
#include "tickd/base/error.h"
#include "tickd/feed/tape_json.h"
#include "tickd/feed/tape_line.h"

static bool refuse(struct tape_json *json, const char *fault)
{
    json->fault = fault;
    json->at = json->end;
    return false;
}

/* Fields. */

static bool read_base64(struct tape_json *json, struct tape_string *string)
{
    size_t length;

    if (!tape_json_string(json, string))
        return false;
    if (base64_decode(string->bytes, string->length, string->bytes, &length) != 0)
        return refuse(json, "has base64 that is none");
    string->length = length;
    return true;
}

/* A string, or {"base64":"…"}. */
static bool read_bytes(struct tape_json *json, struct tape_string *string)
{
    struct tape_string name;
    bool first = true;

    if (json->at < json->end && *json->at == '"')
        return tape_json_string(json, string);
    if (!tape_json_member(json, &first, &name) || !tape_string_is(&name, "base64"))
        return refuse(json, "has no text where one has to be");
    return read_base64(json, string) && tape_json_take(json, '}');
}

static bool read_text(struct tape_json *json, const struct field *field, unsigned char *to)
{
    struct tape_string string;

    if (!read_bytes(json, &string))
        return false;
    if (string.length > field->size)
        return refuse(json, "has a text that is too long for its field");
    memcpy(to, string.bytes, string.length);
    return true;
}

/* The value of a name, by asking for each value's name; the lists are short and end in "unknown".
 */
static bool find_choice(const struct field *field, const struct tape_string *name, uint32_t *value)
{
    for (uint32_t i = 0; strcmp(field->choice_name(i), "unknown") != 0; i++) {
        if (tape_string_is(name, field->choice_name(i))) {
            *value = i;
            return true;
        }
    }
    return false;
}

static bool read_whole_word(struct tape_json *json, uint32_t *value)
{
    uint64_t number;

    if (!tape_json_count(json, &number))
        return false;
    if (number > UINT32_MAX)
        return refuse(json, "has a number that does not fit");
    *value = (uint32_t)number;
    return true;
}

static bool read_choice(struct tape_json *json, const struct field *field, uint32_t *value)
{
    struct tape_string name;

    if (json->at == json->end || *json->at != '"')
        return read_whole_word(json, value);
    if (!tape_json_string(json, &name))
        return false;
    return find_choice(field, &name, value) || refuse(json, "has a word that its field does not");
}

static bool read_module(struct tape_json *json, uint32_t *id)
{
    struct tape_string name;

    if (json->at == json->end || *json->at != '"')
        return read_whole_word(json, id);
    if (!tape_json_string(json, &name))
        return false;
    for (*id = 0; *id < MODULE_COUNT; ++*id) {
        if (tape_string_is(&name, module_id_name((enum module_id) * id)))
            return true;
    }
    return refuse(json, "names a module that there is not");
}

static bool read_modules(struct tape_json *json, uint32_t *modules)
{
    bool first = true;
    uint32_t id;

    while (tape_json_item(json, &first)) {
        if (!read_module(json, &id))
            return false;
        if (id >= 32)
            return refuse(json, "names a module that there is not");
        *modules |= UINT32_C(1) << id;
    }
    return json->fault == NULL;
}

static bool read_flag(struct tape_json *json, uint32_t *value)
{
    bool flag;

    if (json->at < json->end && *json->at >= '0' && *json->at <= '9')
        return read_whole_word(json, value);
    if (!tape_json_flag(json, &flag))
        return false;
    *value = flag ? 1 : 0;
    return true;
}

static bool read_word(struct tape_json *json, const struct field *field, unsigned char *to)
{
    uint32_t value = 0;
    bool good;

    if (field->kind == FIELD_CHOICE)
        good = read_choice(json, field, &value);
    else if (field->kind == FIELD_MODULES)
        good = read_modules(json, &value);
    else if (field->kind == FIELD_FLAG)
        good = read_flag(json, &value);
    else
        good = read_whole_word(json, &value);
    memcpy(to, &value, sizeof value);
    return good;
}

static bool read_long(struct tape_json *json, const struct field *field, unsigned char *to)
{
    uint64_t count = 0;
    int64_t integer = 0;
    double real = 0;
    bool good;

    if (field->kind == FIELD_COUNT) {
        good = tape_json_count(json, &count);
        memcpy(to, &count, sizeof count);
    } else if (field->kind == FIELD_REAL) {
        good = tape_json_real(json, &real);
        memcpy(to, &real, sizeof real);
    } else {
        good = tape_json_integer(json, &integer);
        memcpy(to, &integer, sizeof integer);
    }
    return good;
}

static bool read_field(struct tape_json *json, const struct field *field, unsigned char *to)
{
    if (field->kind == FIELD_TEXT)
        return read_text(json, field, to);
    if (field->size == sizeof(uint32_t))
        return read_word(json, field, to);
    return read_long(json, field, to);
}

static const struct field *find_field(enum topic topic, const struct tape_string *name)
{
    size_t count;
    const struct field *fields = topic_fields(topic, &count);

    for (size_t i = 0; i < count; i++) {
        if (tape_string_is(name, fields[i].name))
            return &fields[i];
    }
    return NULL;
}

/* A field that comes twice would be read into what the first left behind. */
static bool read_fields(struct tape_json *json, enum topic topic, void *body)
{
    struct tape_string name;
    bool first = true;

    memset(body, 0, topic_body_size(topic));
    while (tape_json_member(json, &first, &name)) {
        const struct field *field = find_field(topic, &name);
        unsigned char *to = field == NULL ? NULL : (unsigned char *)body + field->offset;

        if (field == NULL) {
            if (!tape_json_skip(json, NULL))
                return false;
            continue;
        }
        memset(to, 0, field->size);
        if (!read_field(json, field, to))
            return false;
    }
    return json->fault == NULL;
}

/* Lines. */

static bool read_frame(struct tape_json *json, struct tape_line *line, bool is_base64)
{
    struct tape_string string;

    if (!(is_base64 ? read_base64(json, &string) : tape_json_string(json, &string)))
        return false;
    line->input.kind = INPUT_FRAME;
    line->input.frame.bytes = string.bytes;
    line->input.frame.length = string.length;
    return true;
}

static bool read_feed(struct tape_json *json, struct tape_line *line)
{
    struct tape_string name;

    line->input.kind = INPUT_FEED;
    line->input.feed = &line->feed;
    if (!read_fields(json, TOPIC_FEED, &line->feed))
        return false;
    if (!tape_json_look(json, ','))
        return true;
    if (!tape_json_string(json, &name) || !tape_string_is(&name, "symbol") ||
        !tape_json_take(json, ':') || !tape_json_string(json, &name))
        return refuse(json, "has another member than its symbol behind the feed's state");
    if (name.length == 0 || name.length >= SYMBOL_NAME_MAX)
        return refuse(json, "names a symbol that cannot be one");
    memcpy(line->symbol, name.bytes, name.length);
    line->symbol_length = name.length;
    return true;
}

static bool read_command(struct tape_json *json, struct tape_line *line)
{
    line->input.kind = INPUT_COMMAND;
    line->input.command = &line->command;
    return read_fields(json, TOPIC_COMMAND, &line->command);
}

static bool read_vitals(struct tape_json *json, struct tape_line *line)
{
    line->input.kind = INPUT_VITALS;
    line->input.vitals = &line->vitals;
    return read_fields(json, TOPIC_VITALS, &line->vitals);
}

static bool read_time(struct tape_json *json, struct tape_line *line)
{
    bool flag;

    line->input.kind = INPUT_TIME;
    return tape_json_flag(json, &flag);
}

static bool take_key(struct tape_json *json, const char *key)
{
    struct tape_string name;

    if (!tape_json_take(json, ',') || !tape_json_string(json, &name))
        return false;
    if (!tape_string_is(&name, key))
        return refuse(json, "is not as tickd writes it");
    return tape_json_take(json, ':');
}

static bool read_digest(struct tape_json *json, struct tape_line *line)
{
    line->kind = TAPE_LINE_DIGEST;
    return tape_json_count(json, &line->sequence) && take_key(json, "digest") &&
           tape_json_digest(json, &line->digest);
}

static bool read_gap(struct tape_json *json, struct tape_line *line)
{
    line->kind = TAPE_LINE_GAP;
    return tape_json_count(json, &line->gap) && take_key(json, "until") &&
           tape_json_integer(json, &line->until_us);
}

static bool read_body(struct tape_json *json, struct tape_line *line)
{
    struct tape_string name;

    if (!tape_json_take(json, ',') || !tape_json_string(json, &name) || !tape_json_take(json, ':'))
        return false;
    if (tape_string_is(&name, "frame") || tape_string_is(&name, "frame64"))
        return read_frame(json, line, name.length > sizeof "frame" - 1);
    if (tape_string_is(&name, "feed"))
        return read_feed(json, line);
    if (tape_string_is(&name, "vitals"))
        return read_vitals(json, line);
    if (tape_string_is(&name, "command"))
        return read_command(json, line);
    if (tape_string_is(&name, "time"))
        return read_time(json, line);
    if (tape_string_is(&name, "sequence"))
        return read_digest(json, line);
    if (tape_string_is(&name, "gap"))
        return read_gap(json, line);
    return refuse(json, "is of a kind that this version does not know");
}

int tape_line_read(char *bytes, size_t length, struct tape_line *line, const char **fault)
{
    struct tape_json json;
    struct tape_string name;

    tape_json_init(&json, bytes, length);
    line->kind = TAPE_LINE_INPUT;
    line->input.symbol = SYMBOL_NONE;
    line->symbol_length = 0;
    bool good = tape_json_take(&json, '{') && tape_json_string(&json, &name) &&
                (tape_string_is(&name, "at") || refuse(&json, "does not begin with its time")) &&
                tape_json_take(&json, ':') && tape_json_integer(&json, &line->at_us) &&
                read_body(&json, line) && tape_json_take(&json, '}');

    if (good && !tape_json_ended(&json))
        good = refuse(&json, "goes on behind its end");
    line->input.at_us = line->at_us;
    *fault = json.fault;
    return good ? 0 : ERROR_SYNTAX;
}
