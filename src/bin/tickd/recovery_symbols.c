/* Symbols of the run that goes on. */
#include "tickd/bin/recovery_symbols.h"

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

/* The run's symbols, as its newest tape's head tells them; false: it does not. */
static bool read_symbols(const struct recovery *recovery, const char *folder,
                         const struct tape_extent *extent, struct settings *settings)
{
    char memory[WHY_MAX];
    char path[TAPE_PATH_MAX];
    struct text why;
    struct tape_head head;
    bool adopted[SETTINGS_COUNT];
    uint64_t next_file = recovery->next_file;
    if (extent->files == 0 || next_file < 2) {
        return false;
    }
    tape_files_path(folder, next_file - 1, path);
    text_init(&why, memory, sizeof memory);
    if (tape_reader_read_head(path, &head, &why) != 0) {
        return false;
    }
    char *config = head.config;
    bool good = head.run == extent->run && tape_head_adopt(&head, settings, adopted) == 0;
    free(config);
    return good;
}

int recovery_keep_symbols(struct recovery *recovery, const char *folder,
                          const struct tape_extent *extent)
{
    static struct settings taped; /* too large for a stack */
    struct setting_list *symbols = &recovery->program->settings.feed.symbols;
    taped = recovery->program->settings;
    if (!read_symbols(recovery, folder, extent, &taped) ||
        is_same_list(&taped.feed.symbols, symbols)) {
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
