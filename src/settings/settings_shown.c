/* What of a value may be shown. */
#include <string.h>

#include "tickd/base/web_url.h"
#include "tickd/settings/settings.h"

static const char *const secret_addresses[] = {"alerts.webhook"};

static bool is_secret_address(const struct setting *setting)
{
    for (size_t i = 0; i < ARRAY_LENGTH(secret_addresses); i++) {
        if (strcmp(setting->key, secret_addresses[i]) == 0)
            return true;
    }
    return false;
}

void settings_print_shown(const struct settings *settings, const struct setting *setting,
                          struct text *out)
{
    const char *value = (const char *)settings + setting->offset;

    if (!is_secret_address(setting) || value[0] == '\0') {
        settings_print_value(settings, setting, out);
        return;
    }
    text_add_char(out, '"');
    web_url_print_shown(value, out);
    text_add_char(out, '"');
}
