/* Configuration by options, and the last judgement over file and options together. */
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/ops/config_file.h"

enum {
    OPTION_SHOWN_MAX = 128, /* of an option that a message shows */
    WHY_MAX = 768           /* of "found …, allowed: …" */
};

/* "--set KEY=VALUE: ", on one line whatever the option holds. */
static void begin_option_error(const char *option, size_t length, struct text *error)
{
    char memory[OPTION_SHOWN_MAX];
    struct text shown;

    text_init(&shown, memory, sizeof memory);
    text_add_bytes(&shown, option, length);
    for (size_t i = 0; i < shown.length; i++) {
        if ((unsigned char)memory[i] < 0x20 || memory[i] == 0x7f)
            memory[i] = '?';
    }
    text_clear(error);
    text_format(error, "--set %s%s: ", text_is_utf8(memory, shown.length) ? memory : "?",
                shown.cut ? "…" : "");
}

/* The value is not shown. */
static int fail_unknown(const char *option, size_t length, struct text *error)
{
    char key[SETTING_KEY_MAX * 2];

    begin_option_error(option, length, error);
    settings_print_unknown(text_copy_bytes(key, sizeof key, option, length) ? key : "", error);
    return ERROR_RANGE;
}

int config_set_option(struct settings *settings, struct config_origins *origins, const char *option,
                      struct text *error)
{
    size_t length = strcspn(option, "=");
    char why_memory[WHY_MAX];
    struct text why;
    size_t index;

    if (option[length] == '\0') {
        begin_option_error(option, length, error);
        text_add(error, "found no value, allowed: --set KEY=VALUE");
        return ERROR_SYNTAX;
    }
    const char *value = option + length + 1;
    const struct setting *setting = settings_find(option, length, &index);

    if (setting == NULL)
        return fail_unknown(option, length, error);
    text_init(&why, why_memory, sizeof why_memory);
    int code = settings_set(settings, setting, value, strlen(value), &why);

    if (code != 0) {
        bool secret = setting->kind == SETTING_TEXT;

        begin_option_error(option, secret ? length : strlen(option), error);
        text_add(error, why.data);
        return code;
    }
    origins->keys[index] = (struct config_origin){.origin = ORIGIN_OPTION};
    return 0;
}

static void begin_check_error(const struct config_origins *origins, const char *key, size_t index,
                              struct text *error)
{
    const struct config_origin *origin = &origins->keys[index];

    text_clear(error);
    switch (origin->origin) {
    case ORIGIN_FILE:
        text_format(error, "%s:%lu:%lu: ", origins->path, (unsigned long)origin->line,
                    (unsigned long)origin->column);
        break;
    case ORIGIN_OPTION:
        text_add(error, "--set ");
        break;
    case ORIGIN_DEFAULT:
    case ORIGIN_DERIVED:
        break;
    }
    text_format(error, "%s: ", key);
}

int config_check(const struct settings *settings, const struct config_origins *origins,
                 struct text *error)
{
    const struct setting *setting;
    char why_memory[WHY_MAX];
    struct text why;
    size_t index = 0;
    int code;

    text_init(&why, why_memory, sizeof why_memory);
    code = settings_check(settings, &setting, &why);
    if (code == 0)
        return 0;
    settings_find(setting->key, strlen(setting->key), &index);
    begin_check_error(origins, setting->key, index, error);
    text_add(error, why.data);
    return code;
}
