/* Keys that can be set while the daemon runs are state: a checkpoint has them as they were. */
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/settings/settings.h"

static bool is_of(const struct setting *setting, const char *name)
{
    size_t length = strlen(name);

    return settings_is_run_time(setting) && settings_section_length(setting->key) == length &&
           memcmp(setting->key, name, length) == 0;
}

void settings_persist_run_time(void *section, const char *name, struct persist *persist)
{
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);

        if (!is_of(setting, name))
            continue;
        ASSERT(setting->kind == SETTING_INTEGER || setting->kind == SETTING_MONEY);
        unsigned char *place = (unsigned char *)section + setting->member;
        int64_t value;

        memcpy(&value, place, sizeof value);
        value = persist_integer(persist, setting->key, value, setting->lowest, setting->highest);
        if (persist_loading(persist))
            memcpy(place, &value, sizeof value);
    }
}
