/* Values as text: how each kind of key is read and printed, and what the messages say. A value
 * changes only when the whole of its text has been judged. */
#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/settings/settings.h"

enum {
    FOUND_BYTES_MAX = 40, /* of a value that a message shows */
    REAL_TEXT_MAX = 128,  /* a number of a REAL key with its terminating zero */
    REAL_DIGITS_MIN = 15, /* every decimal of so many digits is told apart by a double… */
    REAL_DIGITS_MAX = 17  /* …and every double by a decimal of so many */
};

static void *member(struct settings *settings, const struct setting *setting)
{
    return (char *)settings + setting->offset;
}

static const void *member_of(const struct settings *settings, const struct setting *setting)
{
    return (const char *)settings + setting->offset;
}

/* What decimal_parse() calls well formed is a JSON number, in its range or not. */
static bool is_number(const char *value, size_t length)
{
    int64_t unused;

    return decimal_parse(value, length, &unused) != ERROR_SYNTAX;
}

static size_t whole_characters(const char *bytes, size_t length)
{
    while (length > 0 && ((unsigned char)bytes[length] & 0xc0) == 0x80)
        length--;
    return length;
}

void settings_print_found(const char *value, size_t length, struct text *out)
{
    size_t shown = length;

    if (length > FOUND_BYTES_MAX)
        shown = whole_characters(value, FOUND_BYTES_MAX);
    if (is_number(value, length)) {
        text_add_bytes(out, value, shown);
    } else {
        text_add_json(out, value, shown);
    }
    if (shown < length)
        text_format(out, "… (%zu bytes)", length);
}

/* Ends *why with what is allowed; returns `code`. */
static int refuse(const struct setting *setting, int code, struct text *why)
{
    text_add(why, ", allowed: ");
    settings_print_allowed(setting, why);
    return code;
}

static int refuse_value(const struct setting *setting, int code, const char *value, size_t length,
                        struct text *why)
{
    text_clear(why);
    text_add(why, "found ");
    settings_print_found(value, length, why);
    return refuse(setting, code, why);
}

/* Digits alone, that make a JSON number: no sign but '-', no leading zero, no fraction. */
static int read_integer(const char *value, size_t length, int64_t *number)
{
    bool negative = length > 0 && value[0] == '-';
    int64_t sum = 0;

    if (!is_number(value, length))
        return ERROR_TYPE;
    for (size_t i = negative ? 1 : 0; i < length; i++) {
        int64_t digit = value[i] - '0';

        if (digit < 0 || digit > 9)
            return ERROR_TYPE;
        if (multiply_overflows(sum, 10, &sum) ||
            add_overflows(sum, negative ? -digit : digit, &sum))
            return ERROR_RANGE;
    }
    *number = sum;
    return 0;
}

static int set_integer(int64_t *target, const struct setting *setting, const char *value,
                       size_t length)
{
    int64_t number;
    int error = read_integer(value, length, &number);

    if (error != 0)
        return error;
    if (number < setting->lowest || number > setting->highest)
        return ERROR_RANGE;
    *target = number;
    return 0;
}

static int set_money(int64_t *target, const struct setting *setting, const char *value,
                     size_t length)
{
    int64_t amount;
    int error = decimal_parse(value, length, &amount);

    if (error != 0)
        return error == ERROR_SYNTAX ? ERROR_TYPE : ERROR_RANGE;
    if (amount < setting->lowest || amount > setting->highest)
        return ERROR_RANGE;
    *target = amount;
    return 0;
}

/* strtod() rounds correctly; that it reads to the end shows that the decimal point is a point. */
static int set_real(double *target, const struct setting *setting, const char *value, size_t length)
{
    char text[REAL_TEXT_MAX];
    char *end;
    double number;

    if (!is_number(value, length) || !text_copy_bytes(text, sizeof text, value, length))
        return ERROR_TYPE;
    number = strtod(text, &end);
    if (*end != '\0')
        return ERROR_TYPE;
    if (!(number >= setting->lowest_real && number <= setting->highest_real))
        return ERROR_RANGE;
    *target = number + 0.0; /* −0 becomes 0 */
    return 0;
}

static int set_boolean(bool *target, const char *value, size_t length)
{
    bool is_true = length == 4 && memcmp(value, "true", 4) == 0;
    bool is_false = length == 5 && memcmp(value, "false", 5) == 0;

    if (!is_true && !is_false)
        return ERROR_TYPE;
    *target = is_true;
    return 0;
}

/* Takes the next name off "a|b|c"; false at the end. */
static bool next_choice(const char **rest, const char **name, size_t *length)
{
    if (**rest == '\0')
        return false;
    *name = *rest;
    *length = strcspn(*rest, "|");
    *rest += *length;
    if (**rest == '|')
        (*rest)++;
    return true;
}

static int set_choice(int *target, const struct setting *setting, const char *value, size_t length)
{
    const char *rest = setting->choices;
    const char *name;
    size_t name_length;

    for (int place = 0; next_choice(&rest, &name, &name_length); place++) {
        if (name_length == length && memcmp(name, value, length) == 0) {
            *target = place;
            return 0;
        }
    }
    return ERROR_RANGE;
}

/* NULL, or what is wrong with a text; control characters would break lines of logs. */
static const char *text_fault(const char *value, size_t length)
{
    if (!text_is_utf8(value, length))
        return "bytes that are not UTF-8";
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return "a control character";
    }
    return NULL;
}

/* The message never shows the text: it may hold what was meant for another place, such as a key.
 */
static int set_text(char *target, const struct setting *setting, const char *value, size_t length,
                    struct text *why)
{
    const char *fault = text_fault(value, length);

    text_clear(why);
    if (fault != NULL) {
        text_format(why, "found %s", fault);
        return refuse(setting, ERROR_SYNTAX, why);
    }
    if (length >= SETTING_TEXT_MAX) {
        text_format(why, "found %zu bytes", length);
        return refuse(setting, ERROR_RANGE, why);
    }
    memset(target, 0, SETTING_TEXT_MAX);
    memcpy(target, value, length);
    return 0;
}

static int check_item(const struct setting *setting, const char *item, size_t length,
                      struct text *why)
{
    const char *fault = text_fault(item, length);

    if (fault != NULL) {
        text_clear(why);
        text_format(why, "found %s", fault);
        return refuse(setting, ERROR_SYNTAX, why);
    }
    if (length == 0 || length >= SETTING_ITEM_MAX || memchr(item, ',', length) != NULL ||
        item[0] == ' ' || item[length - 1] == ' ')
        return refuse_value(setting, ERROR_RANGE, item, length, why);
    return 0;
}

static int refuse_count(const struct setting *setting, size_t count, struct text *why)
{
    text_clear(why);
    text_format(why, "found %zu item%s", count, count == 1 ? "" : "s");
    return refuse(setting, ERROR_RANGE, why);
}

static void add_item(struct setting_list *list, const char *item, size_t length)
{
    char *slot = list->items[list->count++];

    memset(slot, 0, SETTING_ITEM_MAX);
    memcpy(slot, item, length);
}

int settings_list_add(struct settings *settings, const struct setting *setting, const char *item,
                      size_t length, struct text *why)
{
    ASSERT(setting->kind == SETTING_LIST);
    struct setting_list *list = member(settings, setting);
    int error = check_item(setting, item, length, why);

    if (error != 0)
        return error;
    if (list->count >= (size_t)setting->highest)
        return refuse_count(setting, list->count + 1, why);
    add_item(list, item, length);
    return 0;
}

void settings_list_clear(struct settings *settings, const struct setting *setting)
{
    ASSERT(setting->kind == SETTING_LIST);
    memset(member(settings, setting), 0, sizeof(struct setting_list));
}

size_t settings_list_count(const struct settings *settings, const struct setting *setting)
{
    ASSERT(setting->kind == SETTING_LIST);
    return ((const struct setting_list *)member_of(settings, setting))->count;
}

/* What is left of a list's text. */
struct items {
    const char *rest; /* NULL at the end */
    size_t length;
    const char *item;
    size_t item_length;
};

/* An empty text is a list of no items; blanks around an item fall away. */
static struct items items_of(const char *value, size_t length)
{
    return (struct items){.rest = length == 0 ? NULL : value, .length = length};
}

static bool next_item(struct items *items)
{
    if (items->rest == NULL)
        return false;
    const char *comma = memchr(items->rest, ',', items->length);
    size_t length = comma == NULL ? items->length : (size_t)(comma - items->rest);

    items->item = items->rest;
    items->item_length = length;
    items->rest = comma == NULL ? NULL : comma + 1;
    items->length -= comma == NULL ? length : length + 1;
    while (items->item_length > 0 && items->item[0] == ' ') {
        items->item++;
        items->item_length--;
    }
    while (items->item_length > 0 && items->item[items->item_length - 1] == ' ')
        items->item_length--;
    return true;
}

static int set_list(struct setting_list *list, const struct setting *setting, const char *value,
                    size_t length, struct text *why)
{
    struct items items = items_of(value, length);
    size_t count = 0;

    for (; next_item(&items); count++) {
        int error = check_item(setting, items.item, items.item_length, why);

        if (error != 0)
            return error;
    }
    if (count < (size_t)setting->lowest || count > (size_t)setting->highest)
        return refuse_count(setting, count, why);
    memset(list, 0, sizeof *list);
    items = items_of(value, length);
    while (next_item(&items))
        add_item(list, items.item, items.item_length);
    return 0;
}

static int set_target(void *target, const struct setting *setting, const char *value, size_t length,
                      struct text *why)
{
    int error = 0;

    switch (setting->kind) {
    case SETTING_INTEGER:
        error = set_integer(target, setting, value, length);
        break;
    case SETTING_REAL:
        error = set_real(target, setting, value, length);
        break;
    case SETTING_MONEY:
        error = set_money(target, setting, value, length);
        break;
    case SETTING_BOOLEAN:
        error = set_boolean(target, value, length);
        break;
    case SETTING_TEXT:
        return set_text(target, setting, value, length, why);
    case SETTING_CHOICE:
        error = set_choice(target, setting, value, length);
        break;
    case SETTING_LIST:
        return set_list(target, setting, value, length, why);
    }
    return error == 0 ? 0 : refuse_value(setting, error, value, length, why);
}

int settings_set(struct settings *settings, const struct setting *setting, const char *value,
                 size_t length, struct text *why)
{
    return set_target(member(settings, setting), setting, value, length, why);
}

bool settings_assign(void *section, const char *name, const char *assignment)
{
    size_t length = strcspn(assignment, "=");
    size_t name_length = strlen(name);
    const struct setting *setting = settings_find(assignment, length, NULL);
    char memory[SETTING_TEXT_MAX];
    struct text why;

    if (assignment[length] == '\0' || setting == NULL || !settings_is_run_time(setting) ||
        settings_section_length(setting->key) != name_length ||
        memcmp(setting->key, name, name_length) != 0)
        return false;
    const char *value = assignment + length + 1;

    text_init(&why, memory, sizeof memory);
    return set_target((char *)section + setting->member, setting, value, strlen(value), &why) == 0;
}

static size_t size_of(enum setting_kind kind)
{
    switch (kind) {
    case SETTING_INTEGER:
    case SETTING_MONEY:
        return sizeof(int64_t);
    case SETTING_REAL:
        return sizeof(double);
    case SETTING_BOOLEAN:
        return sizeof(bool);
    case SETTING_TEXT:
        return SETTING_TEXT_MAX;
    case SETTING_CHOICE:
        return sizeof(int);
    case SETTING_LIST:
        return sizeof(struct setting_list);
    }
    return 0;
}

void settings_copy_value(struct settings *to, const struct settings *from,
                         const struct setting *setting)
{
    memcpy(member(to, setting), member_of(from, setting), size_of(setting->kind));
}

bool settings_same_value(const struct settings *one, const struct settings *other,
                         const struct setting *setting)
{
    char memory[2][SETTING_VALUE_MAX];
    struct text value[2];

    for (size_t i = 0; i < 2; i++) {
        text_init(&value[i], memory[i], sizeof memory[i]);
        settings_print_value(i == 0 ? one : other, setting, &value[i]);
    }
    return strcmp(memory[0], memory[1]) == 0;
}

/* The shortest of 15, 16 or 17 digits that is read as the same double. */
static void print_real(double number, struct text *out)
{
    char memory[REAL_TEXT_MAX];
    struct text digits;

    text_init(&digits, memory, sizeof memory);
    for (int places = REAL_DIGITS_MIN; places <= REAL_DIGITS_MAX; places++) {
        double back;

        text_clear(&digits);
        text_format(&digits, "%.*g", places, number);
        back = strtod(digits.data, NULL);
        if (back == number)
            break;
    }
    text_add(out, digits.data);
}

static void print_money(int64_t amount, struct text *out)
{
    char digits[DECIMAL_TEXT_MAX];

    decimal_print(amount, digits);
    text_add(out, digits);
}

static void print_choice(const struct setting *setting, int chosen, struct text *out)
{
    const char *rest = setting->choices;
    const char *name;
    size_t length;

    for (int place = 0; next_choice(&rest, &name, &length); place++) {
        if (place == chosen)
            text_add_json(out, name, length);
    }
}

static void print_list(const struct setting_list *list, struct text *out)
{
    text_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        text_add(out, i == 0 ? "" : ", ");
        text_add_json(out, list->items[i], strlen(list->items[i]));
    }
    text_add_char(out, ']');
}

void settings_print_value(const struct settings *settings, const struct setting *setting,
                          struct text *out)
{
    const void *value = member_of(settings, setting);

    switch (setting->kind) {
    case SETTING_INTEGER:
        text_format(out, "%lld", (long long)*(const int64_t *)value);
        break;
    case SETTING_REAL:
        print_real(*(const double *)value, out);
        break;
    case SETTING_MONEY:
        print_money(*(const int64_t *)value, out);
        break;
    case SETTING_BOOLEAN:
        text_add(out, *(const bool *)value ? "true" : "false");
        break;
    case SETTING_TEXT:
        text_add_json(out, value, strlen(value));
        break;
    case SETTING_CHOICE:
        print_choice(setting, *(const int *)value, out);
        break;
    case SETTING_LIST:
        print_list(value, out);
        break;
    }
}

/* "auto", "keep" or "drop" */
static void print_items(const struct setting_list *list, struct text *out)
{
    for (size_t i = 0; i < list->count; i++)
        text_format(out, "%s%s", i > 0 ? "," : "", list->items[i]);
}

static void print_choice_name(const struct setting *setting, int chosen, struct text *out)
{
    const char *rest = setting->choices;
    const char *name;
    size_t length;

    for (int place = 0; next_choice(&rest, &name, &length); place++) {
        if (place == chosen)
            text_add_bytes(out, name, length);
    }
}

void settings_print_assignment(const struct settings *settings, const struct setting *setting,
                               struct text *out)
{
    const void *value = member_of(settings, setting);

    text_format(out, "%s=", setting->key);
    if (setting->kind == SETTING_TEXT)
        text_add(out, value);
    else if (setting->kind == SETTING_CHOICE)
        print_choice_name(setting, *(const int *)value, out);
    else if (setting->kind == SETTING_LIST)
        print_items(value, out);
    else
        settings_print_value(settings, setting, out);
}

static void print_choices(const struct setting *setting, struct text *out)
{
    const char *rest = setting->choices;
    const char *name;
    size_t length;

    for (size_t i = 0; next_choice(&rest, &name, &length); i++) {
        text_add(out, i == 0 ? "" : *rest == '\0' ? " or " : ", ");
        text_add_json(out, name, length);
    }
}

static void print_unit(const struct setting *setting, struct text *out)
{
    if (setting->unit[0] != '\0')
        text_format(out, " %s", setting->unit);
}

void settings_print_allowed(const struct setting *setting, struct text *out)
{
    switch (setting->kind) {
    case SETTING_INTEGER:
        text_format(out, "whole number, %lld to %lld", (long long)setting->lowest,
                    (long long)setting->highest);
        print_unit(setting, out);
        break;
    case SETTING_REAL:
        text_add(out, "number, ");
        print_real(setting->lowest_real, out);
        text_add(out, " to ");
        print_real(setting->highest_real, out);
        print_unit(setting, out);
        break;
    case SETTING_MONEY:
        text_add(out, "decimal number, ");
        print_money(setting->lowest, out);
        text_add(out, " to ");
        print_money(setting->highest, out);
        print_unit(setting, out);
        break;
    case SETTING_BOOLEAN:
        text_add(out, "true or false");
        break;
    case SETTING_TEXT:
        text_format(out, "text of up to %d bytes, without control characters",
                    SETTING_TEXT_MAX - 1);
        break;
    case SETTING_CHOICE:
        print_choices(setting, out);
        break;
    case SETTING_LIST:
        text_format(out, "list of %lld to %lld items, each a text of 1 to %d bytes without comma",
                    (long long)setting->lowest, (long long)setting->highest, SETTING_ITEM_MAX - 1);
        break;
    }
}
