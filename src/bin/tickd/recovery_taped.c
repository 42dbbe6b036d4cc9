/* Settings of the run that goes on. */
#include "tickd/bin/recovery_taped.h"

#include <stdlib.h>
#include <string.h>

#include "tickd/feed/tape_files.h"
#include "tickd/feed/tape_reader.h"

enum { WHY_MAX = 1024 };

static bool has_symbol(const struct setting_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_same_list(const struct setting_list *a, const struct setting_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = strcmp(a->items[i], b->items[i]) == 0;
    }
    return same;
}

/* Too large for a stack. */
static struct settings taped;
static bool is_known;

void recovery_read_taped(const struct recovery *recovery, const char *folder,
                         const struct tape_extent *extent)
{
    char memory[WHY_MAX];
    char path[TAPE_PATH_MAX];
    struct text why;
    struct tape_head head;
    bool adopted[SETTINGS_COUNT];
    uint64_t next_file = recovery->next_file;
    is_known = false;
    taped = recovery->program->settings;
    if (extent->files == 0 || next_file < 2) {
        return;
    }
    tape_files_path(folder, next_file - 1, path);
    text_init(&why, memory, sizeof memory);
    if (tape_reader_read_head(path, &head, &why) == 0) {
        char *config = head.config;
        is_known = head.run == extent->run && strcmp(head.version, TICKD_VERSION) == 0 &&
                   tape_head_adopt(&head, &taped, adopted) == 0;
        free(config);
    }
}

bool recovery_has_taped_rules(const struct recovery *recovery)
{
    return is_known &&
           settings_fixed_digest(&taped) == settings_fixed_digest(&recovery->program->settings);
}

int recovery_keep_symbols(struct recovery *recovery)
{
    struct setting_list *symbols = &recovery->program->settings.feed.symbols;
    if (!is_known || is_same_list(&taped.feed.symbols, symbols)) {
        return 0;
    }
    for (size_t i = 0; i < symbols->count; i++) {
        if (!has_symbol(&taped.feed.symbols, symbols->items[i])) {
            return 0; /* there is one that it has no room for */
        }
    }
    recovery->asked = *symbols;
    *symbols = taped.feed.symbols;
    return recovery_rebuild(recovery);
}
