/* The configuration reader over any bytes: it never fails in an unknown way, an error is one line
 * and changes nothing; what it takes, cJSON reads as the same values (the other direction does not
 * hold: cJSON is lenient), and comes back unchanged from --print-config. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/ops/config_print.h"

enum {
    NUMBER_BYTES_MAX = 63, /* cJSON 1.7 reads no longer number */
    EXACT_BITS = 53        /* of a double */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct settings defaults;
static struct settings settings;
static struct settings again;
static struct config_origins origins;
static char error_memory[CONFIG_ERROR_MAX];

static void check_same(const struct settings *one, const struct settings *other)
{
    char memory[2][SETTING_VALUE_MAX];
    struct text text[2];

    for (size_t i = 0; i < settings_count(); i++) {
        text_init(&text[0], memory[0], sizeof memory[0]);
        text_init(&text[1], memory[1], sizeof memory[1]);
        settings_print_value(one, settings_key(i), &text[0]);
        settings_print_value(other, settings_key(i), &text[1]);
        ASSERT(strcmp(memory[0], memory[1]) == 0);
    }
}

static void check_error(const struct text *error, const char *begin)
{
    ASSERT(error->length > strlen(begin) && !error->cut);
    ASSERT(strncmp(error->data, begin, strlen(begin)) == 0);
    ASSERT(text_is_utf8(error->data, error->length));
    for (size_t i = 0; i < error->length; i++)
        ASSERT((unsigned char)error->data[i] >= 0x20);
}

/* A copy with a blank for each byte of a comment. *long_number: it holds a number that is too long
 * for cJSON. Only for texts that were taken, so every comment and string ends. */
static char *without_comments(const char *bytes, size_t size, bool *long_number)
{
    char *copy = malloc(size + 1);
    bool in_string = false;
    size_t run = 0;

    ASSERT(copy != NULL);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    *long_number = false;
    for (size_t i = 0; i < size; i++) {
        bool begins = !in_string && copy[i] == '/' && i + 1 < size;

        if (begins && copy[i + 1] == '/') {
            while (i < size && copy[i] != '\n')
                copy[i++] = ' ';
        } else if (begins) {
            copy[i++] = ' ';
            copy[i++] = ' ';
            while (copy[i] != '*' || copy[i + 1] != '/')
                copy[i++] = ' ';
            copy[i] = ' ';
            copy[++i] = ' ';
        } else if (in_string && copy[i] == '\\') {
            i++;
        } else if (copy[i] == '"') {
            in_string = !in_string;
        }
        run = i < size && !in_string && strchr("+-.0123456789eE", copy[i]) != NULL ? run + 1 : 0;
        *long_number = *long_number || run > NUMBER_BYTES_MAX;
    }
    return copy;
}

static const cJSON *find_item(const cJSON *root, const char *key)
{
    size_t length = settings_section_length(key);
    char section[SETTING_KEY_MAX];

    if (length == 0)
        return cJSON_GetObjectItemCaseSensitive(root, key);
    ASSERT(text_copy_bytes(section, sizeof section, key, length));
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, section),
                                            key + length + 1);
}

static void compare_list(const cJSON *item, const struct setting_list *list)
{
    ASSERT(cJSON_IsArray(item) && (size_t)cJSON_GetArraySize(item) == list->count);
    for (size_t i = 0; i < list->count; i++)
        ASSERT(strcmp(cJSON_GetStringValue(cJSON_GetArrayItem(item, (int)i)), list->items[i]) == 0);
}

static void compare_integer(const cJSON *item, const void *value)
{
    const int64_t exact = INT64_C(1) << EXACT_BITS;
    int64_t number;

    memcpy(&number, value, sizeof number);
    ASSERT(cJSON_IsNumber(item));
    if (number > -exact && number < exact)
        ASSERT((int64_t)item->valuedouble == number);
}

static void compare_value(const cJSON *item, const struct setting *setting)
{
    const void *value = (const char *)&settings + setting->offset;
    char memory[SETTING_VALUE_MAX];
    struct text text;

    ASSERT(item != NULL);
    text_init(&text, memory, sizeof memory);
    switch (setting->kind) {
    case SETTING_INTEGER:
        compare_integer(item, value);
        break;
    case SETTING_REAL:
        ASSERT(cJSON_IsNumber(item) && item->valuedouble == *(const double *)value);
        break;
    case SETTING_MONEY:
        ASSERT(cJSON_IsNumber(item) || cJSON_IsString(item));
        break;
    case SETTING_BOOLEAN:
        ASSERT(cJSON_IsBool(item) && (cJSON_IsTrue(item) != 0) == *(const bool *)value);
        break;
    case SETTING_TEXT:
        ASSERT(cJSON_IsString(item) && strcmp(item->valuestring, value) == 0);
        break;
    case SETTING_CHOICE:
        settings_print_value(&settings, setting, &text);
        ASSERT(cJSON_IsString(item) && strlen(item->valuestring) + 2 == text.length);
        ASSERT(strncmp(item->valuestring, text.data + 1, text.length - 2) == 0);
        break;
    case SETTING_LIST:
        compare_list(item, value);
        break;
    }
}

static void compare_with_cjson(const char *bytes, size_t size)
{
    bool long_number;
    char *copy = without_comments(bytes, size, &long_number);

    if (!long_number) {
        cJSON *root = cJSON_ParseWithLengthOpts(copy, size + 1, NULL, 1);

        ASSERT(root != NULL);
        for (size_t i = 0; i < settings_count(); i++) {
            if (origins.keys[i].origin == ORIGIN_FILE)
                compare_value(find_item(root, settings_key(i)->key), settings_key(i));
            else
                ASSERT(find_item(root, settings_key(i)->key) == NULL);
        }
        cJSON_Delete(root);
    }
    free(copy);
}

static void feed_back(struct text *error)
{
    char *printed = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&printed, &length);

    ASSERT(out != NULL);
    ASSERT(config_print(&settings, &origins, out) == 0);
    (void)fclose(out);
    again = defaults;
    ASSERT(config_parse("printed", printed, length, &again, &origins, error) == 0);
    check_same(&again, &settings);
    free(printed);
}

static void try_file(const char *bytes, size_t size, struct text *error)
{
    settings = defaults;
    config_origins_init(&origins);
    if (config_parse("fuzz", bytes, size, &settings, &origins, error) != 0) {
        check_error(error, "fuzz:");
        check_same(&settings, &defaults);
        return;
    }
    compare_with_cjson(bytes, size);
    if (config_check(&settings, &origins, error) != 0)
        check_error(error, "");
    feed_back(error);
}

/* The same bytes, up to the first zero, as --set would be given them. */
static void try_option(const char *bytes, size_t size, struct text *error)
{
    char *option = malloc(size + 1);

    ASSERT(option != NULL);
    memcpy(option, bytes, size);
    option[size] = '\0';
    settings = defaults;
    config_origins_init(&origins);
    if (config_set_option(&settings, &origins, option, error) != 0) {
        check_error(error, "--set ");
        check_same(&settings, &defaults);
    } else {
        feed_back(error);
    }
    free(option);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text error;

    if (defaults.feed.url[0] == '\0')
        settings_init(&defaults);
    text_init(&error, error_memory, sizeof error_memory);
    try_file((const char *)data, size, &error);
    try_option((const char *)data, size, &error);
    return 0;
}
