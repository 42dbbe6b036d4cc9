/* Topics and their fields as data, and the one rendering of a message as text. */
#include "tickd/bus/message.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"

static const char *name_of(const char *const *names, size_t count, uint32_t value)
{
    return value < count ? names[value] : "unknown";
}

const char *module_id_name(enum module_id module)
{
    static const char *const names[MODULE_COUNT] = {
#define X(NAME, name, scored) #name,
        MODULES(X)
#undef X
    };
    return name_of(names, ARRAY_LENGTH(names), module);
}

bool module_is_scored(enum module_id module)
{
    static const bool is_scored[MODULE_COUNT] = {
#define X(NAME, name, scored) scored,
        MODULES(X)
#undef X
    };
    return module < MODULE_COUNT && is_scored[module];
}

static const char *const topic_names[TOPIC_COUNT] = {
#define X(NAME, name) #NAME,
    TOPICS(X)
#undef X
};

const char *topic_name(enum topic topic)
{
    return name_of(topic_names, ARRAY_LENGTH(topic_names), topic);
}

static bool same_ignoring_case(const char *name, const char *text, size_t length)
{
    if (strlen(name) != length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        if (c != name[i]) {
            return false;
        }
    }
    return true;
}

enum topic topic_by_name(const char *name, size_t length)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++) {
        if (same_ignoring_case(topic_names[topic], name, length)) {
            return (enum topic)topic;
        }
    }
    return TOPIC_COUNT;
}

size_t topic_body_size(enum topic topic)
{
    static const size_t sizes[TOPIC_COUNT] = {
#define X(NAME, name) sizeof(struct name##_message),
        TOPICS(X)
#undef X
    };
    ASSERT(topic < TOPIC_COUNT);
    return sizes[topic];
}

/* The field tables, generated. */

#define CHOICE_OF_TIME_MS(detail) NULL
#define CHOICE_OF_TIME_US(detail) NULL
#define CHOICE_OF_MONEY(detail) NULL
#define CHOICE_OF_PRICE_OR_NONE(detail) NULL
#define CHOICE_OF_INTEGER(detail) NULL
#define CHOICE_OF_COUNT(detail) NULL
#define CHOICE_OF_REAL(detail) NULL
#define CHOICE_OF_INDICATORS(detail) NULL
#define CHOICE_OF_VOTES(detail) NULL
#define CHOICE_OF_SHARES(detail) NULL
#define CHOICE_OF_REALS(detail) NULL
#define CHOICE_OF_WORD(detail) NULL
#define CHOICE_OF_CHOICE(detail) detail
#define CHOICE_OF_FLAG(detail) NULL
#define CHOICE_OF_MODULES(detail) NULL
#define CHOICE_OF_TEXT(detail) NULL

#define X(NAME, name_)                                                   \
    static const struct field *name_##_fields(size_t *count)             \
    {                                                                    \
        typedef struct name_##_message body;                             \
        static const struct field fields[] = {NAME##_FIELDS(FIELD_ROW)}; \
        *count = ARRAY_LENGTH(fields);                                   \
        return fields;                                                   \
    }
#define FIELD_ROW(kind, name, detail)                                         \
    {#name, FIELD_##kind, offsetof(body, name), sizeof(((body *)NULL)->name), \
     CHOICE_OF_##kind(detail)},
TOPICS(X)
#undef X

const struct field *topic_fields(enum topic topic, size_t *count)
{
    switch (topic) {
#define X(NAME, name)  \
    case TOPIC_##NAME: \
        return name##_fields(count);
        TOPICS(X)
#undef X
    case TOPIC_COUNT:
        break;
    }
    *count = 0;
    return NULL;
}

/* Rendering. */

static void add_decimal(struct text *out, int64_t value)
{
    char digits[DECIMAL_TEXT_MAX];
    decimal_print(value, digits);
    text_format(out, "\"%s\"", digits);
}

static void add_real(struct text *out, double value)
{
    if (value - value == 0.0) {
        text_format(out, "%.17g", value);
    } else {
        text_add(out, "null");
    }
}

static void add_indicators(struct text *out, const struct indicators *indicators)
{
    const char *separator = "{";
#define X(name, unit, help)          \
    text_add(out, separator);        \
    text_add(out, "\"" #name "\":"); \
    add_real(out, indicators->name); \
    separator = ",";
    INDICATORS(X)
#undef X
    (void)separator;
    text_add_char(out, '}');
}

static void add_votes(struct text *out, const int8_t *votes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_format(out, "%c%d", i == 0 ? '[' : ',', votes[i]);
    }
    text_add_char(out, ']');
}

static void add_shares(struct text *out, const unsigned char *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t share;
        memcpy(&share, at + i * sizeof share, sizeof share);
        text_format(out, "%c%.6f", i == 0 ? '[' : ',', (double)share / SHARE_ONE);
    }
    text_add_char(out, ']');
}

static void add_reals(struct text *out, const unsigned char *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double real;
        memcpy(&real, at + i * sizeof real, sizeof real);
        text_add_char(out, i == 0 ? '[' : ',');
        add_real(out, real);
    }
    text_add_char(out, ']');
}

static void add_modules(struct text *out, uint32_t modules)
{
    const char *separator = "";
    text_add_char(out, '[');
    for (uint32_t id = 0; id < MODULE_COUNT; id++) {
        if ((modules >> id & 1U) != 0) {
            text_format(out, "%s\"%s\"", separator, module_id_name((enum module_id)id));
            separator = ",";
        }
    }
    text_add_char(out, ']');
}

static void add_integer_field(struct text *out, enum field_kind kind, const void *at)
{
    int64_t value;
    memcpy(&value, at, sizeof value);
    if (kind == FIELD_MONEY || (kind == FIELD_PRICE_OR_NONE && value != 0)) {
        add_decimal(out, value);
    } else if (kind == FIELD_PRICE_OR_NONE) {
        text_add(out, "null");
    } else if (kind == FIELD_COUNT) {
        text_format(out, "%llu", (unsigned long long)value);
    } else {
        text_format(out, "%lld", (long long)value);
    }
}

static void add_word_field(struct text *out, const struct field *field, const void *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    if (field->kind == FIELD_CHOICE) {
        text_format(out, "\"%s\"", field->choice_name(value));
    } else if (field->kind == FIELD_FLAG) {
        text_add(out, value != 0 ? "true" : "false");
    } else if (field->kind == FIELD_MODULES) {
        add_modules(out, value);
    } else {
        text_format(out, "%u", value);
    }
}

static void add_field(struct text *out, const struct field *field, const unsigned char *body)
{
    const unsigned char *at = body + field->offset;
    double real;
    struct indicators indicators;
    switch (field->kind) {
    case FIELD_TIME_MS:
    case FIELD_TIME_US:
    case FIELD_MONEY:
    case FIELD_PRICE_OR_NONE:
    case FIELD_INTEGER:
    case FIELD_COUNT:
        add_integer_field(out, field->kind, at);
        break;
    case FIELD_REAL:
        memcpy(&real, at, sizeof real);
        add_real(out, real);
        break;
    case FIELD_INDICATORS:
        memcpy(&indicators, at, sizeof indicators);
        add_indicators(out, &indicators);
        break;
    case FIELD_VOTES:
        add_votes(out, (const int8_t *)at, field->size);
        break;
    case FIELD_SHARES:
        add_shares(out, at, field->size / sizeof(uint16_t));
        break;
    case FIELD_REALS:
        add_reals(out, at, field->size / sizeof(double));
        break;
    case FIELD_WORD:
    case FIELD_CHOICE:
    case FIELD_FLAG:
    case FIELD_MODULES:
        add_word_field(out, field, at);
        break;
    case FIELD_TEXT:
        text_add_json(out, (const char *)at, strnlen((const char *)at, field->size));
        break;
    }
}

void message_print_json(const struct message *message, const struct symbol_table *symbols,
                        struct text *out)
{
    const struct message_head *head = &message->head;
    text_format(out, "{\"seq\":%llu,\"time_us\":%lld,\"topic\":\"%s\",\"sender\":\"%s\"",
                (unsigned long long)head->sequence, (long long)head->time_us,
                topic_name((enum topic)head->topic), module_id_name((enum module_id)head->sender));
    if (head->caused_by != 0) {
        text_format(out, ",\"cause\":%llu", (unsigned long long)(head->sequence - head->caused_by));
    }
    if (head->symbol != SYMBOL_NONE) {
        const char *name = symbols_name(symbols, head->symbol);
        text_add(out, ",\"symbol\":");
        text_add_json(out, name, strlen(name));
    }
    size_t count;
    const struct field *fields = topic_fields((enum topic)head->topic, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, "unused") == 0) {
            continue;
        }
        text_format(out, ",\"%s\":", fields[i].name);
        add_field(out, &fields[i], (const unsigned char *)&message->body);
    }
    text_add_char(out, '}');
}

/* State. */

static bool text_ends(const struct field *field, const unsigned char *body)
{
    return field->kind != FIELD_TEXT || memchr(body + field->offset, '\0', field->size) != NULL;
}

bool message_check(const void *value, void *context)
{
    const struct message *message = value;
    const struct persist *persist = context;
    if (message->head.topic >= TOPIC_COUNT || message->head.sender >= MODULE_COUNT ||
        !symbols_were_there(persist, message->head.symbol)) {
        return false;
    }
    size_t count;
    const struct field *fields = topic_fields((enum topic)message->head.topic, &count);
    for (size_t i = 0; i < count; i++) {
        if (!text_ends(&fields[i], (const unsigned char *)&message->body)) {
            return false;
        }
    }
    return true;
}
