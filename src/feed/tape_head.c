/* The first line of a tape's file. */
#include "tickd/feed/tape_head.h"

#include <string.h>

#include "tickd/base/error.h"
#include "tickd/feed/tape_block.h"
#include "tickd/feed/tape_json.h"

/* Keys whose values may be secrets: a command with a password, an address that is one. */
static const char *const withheld[] = {"alerts.command", "alerts.webhook"};

static bool is_withheld(const char *key)
{
    for (size_t i = 0; i < ARRAY_LENGTH(withheld); i++) {
        if (strcmp(withheld[i], key) == 0)
            return true;
    }
    return false;
}

void tape_head_print_config(const struct settings *settings, struct text *out)
{
    char separator = '{';

    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);

        if (is_withheld(setting->key))
            continue;
        text_format(out, "%c\"%s\":", separator, setting->key);
        settings_print_value(settings, setting, out);
        separator = ',';
    }
    text_add_char(out, '}');
}

void tape_head_print(const struct tape_head *head, struct text *out)
{
    char run[DIGEST_TEXT_MAX];
    char config_digest[DIGEST_TEXT_MAX];

    digest_print(head->run, run);
    digest_print(head->config_digest, config_digest);
    text_format(out,
                "{\"tape\":%d,\"tickd\":\"%s\",\"run\":\"%s\",\"file\":%llu,\"first_input\":%llu,"
                "\"config_digest\":\"%s\",\"seed\":%lld,\"config\":",
                TAPE_FORMAT, head->version, run, (unsigned long long)head->file,
                (unsigned long long)head->first_input, config_digest, (long long)head->seed);
    text_add_bytes(out, head->config, head->config_length);
    text_add(out, "}\n");
}

/* Reading. */

static bool read_version(struct tape_json *json, struct tape_head *head)
{
    struct tape_string string;

    return tape_json_string(json, &string) &&
           text_copy_bytes(head->version, sizeof head->version, string.bytes, string.length);
}

static bool read_config(struct tape_json *json, struct tape_head *head)
{
    struct tape_string whole;

    if (!tape_json_skip(json, &whole))
        return false;
    head->config = whole.bytes;
    head->config_length = whole.length;
    return true;
}

static bool read_member(struct tape_json *json, const struct tape_string *name,
                        struct tape_head *head, uint64_t *format)
{
    if (tape_string_is(name, "tape"))
        return tape_json_count(json, format);
    if (tape_string_is(name, "tickd"))
        return read_version(json, head);
    if (tape_string_is(name, "run"))
        return tape_json_digest(json, &head->run);
    if (tape_string_is(name, "file"))
        return tape_json_count(json, &head->file);
    if (tape_string_is(name, "first_input"))
        return tape_json_count(json, &head->first_input);
    if (tape_string_is(name, "config_digest"))
        return tape_json_digest(json, &head->config_digest);
    if (tape_string_is(name, "seed"))
        return tape_json_integer(json, &head->seed);
    if (tape_string_is(name, "config"))
        return read_config(json, head);
    return tape_json_skip(json, NULL);
}

int tape_head_read(char *line, size_t length, struct tape_head *head, const char **fault)
{
    struct tape_json json;
    struct tape_string name;
    uint64_t format = 0;
    bool first = true;
    bool good = true;

    *head = (struct tape_head){0};
    tape_json_init(&json, line, length);
    while (good && tape_json_member(&json, &first, &name))
        good = read_member(&json, &name, head, &format);
    if (good && tape_json_ended(&json) && format == TAPE_FORMAT && head->config != NULL)
        return 0;
    *fault = json.fault != NULL ? json.fault : "is not the first line of a tape";
    return ERROR_SYNTAX;
}

/* The configuration. */

static int set_list(struct tape_json *json, struct settings *settings,
                    const struct setting *setting, struct text *why)
{
    struct tape_string item;
    bool first = true;
    int error = 0;

    settings_list_clear(settings, setting);
    while (tape_json_item(json, &first)) {
        if (!tape_json_string(json, &item))
            return ERROR_SYNTAX;
        int refused = settings_list_add(settings, setting, item.bytes, item.length, why);

        error = error != 0 ? error : refused;
    }
    if (settings_list_count(settings, setting) < (size_t)setting->lowest)
        error = ERROR_RANGE;
    return json->fault != NULL ? ERROR_SYNTAX : error;
}

/* A list that is refused has been spoiled by then: back to its default. */
static int adopt_list(struct tape_json *json, struct settings *settings,
                      const struct setting *setting, struct text *why)
{
    int error = set_list(json, settings, setting, why);

    if (error != 0) {
        text_clear(why);
        (void)settings_set(settings, setting, setting->fallback, strlen(setting->fallback), why);
    }
    return error;
}

static int adopt_value(struct tape_json *json, struct settings *settings,
                       const struct setting *setting)
{
    char memory[SETTING_TEXT_MAX];
    struct text why;
    struct tape_string value;

    text_init(&why, memory, sizeof memory);
    if (json->at < json->end && *json->at == '[') {
        if (setting->kind == SETTING_LIST)
            return adopt_list(json, settings, setting, &why);
        return tape_json_skip(json, NULL) ? ERROR_TYPE : ERROR_SYNTAX;
    }
    bool good = json->at < json->end && *json->at == '"' ? tape_json_string(json, &value)
                                                         : tape_json_skip(json, &value);

    if (!good)
        return ERROR_SYNTAX;
    return settings_set(settings, setting, value.bytes, value.length, &why);
}

int tape_head_adopt(struct tape_head *head, struct settings *settings, bool adopted[SETTINGS_COUNT])
{
    struct tape_json json;
    struct tape_string name;
    bool first = true;

    tape_json_init(&json, head->config, head->config_length);
    while (tape_json_member(&json, &first, &name)) {
        size_t index;
        const struct setting *setting = settings_find(name.bytes, name.length, &index);
        int error = 0;

        if (setting != NULL)
            error = adopt_value(&json, settings, setting);
        else if (!tape_json_skip(&json, NULL))
            error = ERROR_SYNTAX;
        if (error == ERROR_SYNTAX && json.fault != NULL)
            break;
        if (setting != NULL && error == 0)
            adopted[index] = true;
    }
    return tape_json_ended(&json) ? 0 : ERROR_SYNTAX;
}
