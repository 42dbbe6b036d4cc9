/* The table of commands, and what follows from its rows. */
#include "tickd/ops/command_table.h"

#include <string.h>

enum { DISTANCE_MAX = 2 };

static const struct control_entry entries[CONTROL_COMMAND_COUNT] = {
#define X(NAME, name, arguments, who, help) {#name, arguments, CONTROL_##who, help},
    CONTROL_COMMANDS(X)
#undef X
};

const struct control_entry *control_entry(enum control_id id)
{
    return &entries[id];
}

const char *control_who_name(enum control_who who)
{
    return who == CONTROL_OWNER ? "owner" : "anyone";
}

enum control_id control_find(const char *name, size_t length)
{
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        if (strlen(entries[i].name) == length && memcmp(entries[i].name, name, length) == 0)
            return (enum control_id)i;
    }
    return CONTROL_COMMAND_COUNT;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, a row at a time; names longer than a command's are far from all. */
static size_t distance(const char *a, const char *b)
{
    size_t row[CONTROL_NAME_MAX + 1];
    size_t b_length = strlen(b);

    if (strlen(a) > CONTROL_NAME_MAX || b_length > CONTROL_NAME_MAX)
        return CONTROL_NAME_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);

            row[j] = smaller(changed, smaller(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[b_length];
}

const char *control_nearest(const char *name)
{
    const char *nearest = NULL;
    size_t least = DISTANCE_MAX + 1;

    if (name[0] == '\0')
        return NULL;
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        const char *candidate = entries[i].name;
        size_t steps = distance(name, candidate);

        if (strlen(name) >= 3 && strncmp(name, candidate, strlen(name)) == 0)
            return candidate;
        if (steps < least) {
            least = steps;
            nearest = candidate;
        }
    }
    return nearest;
}

/* One word of `arguments`. */
struct word {
    const char *name;
    size_t length;
    bool is_optional;
    bool is_repeated;
};

static bool next_word(const char **at, struct word *word)
{
    const char *start = *at + strspn(*at, " ");
    size_t length = strcspn(start, " ");

    if (length == 0)
        return false;
    *at = start + length;
    word->is_optional = start[0] == '[';
    word->is_repeated = length > 3 && memcmp(start + length - 3, "...", 3) == 0;
    word->name = start + word->is_optional;
    word->length = strspn(word->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    return true;
}

void control_arity(const struct control_entry *entry, size_t *least, size_t *most)
{
    const char *at = entry->arguments;
    struct word word;

    *least = 0;
    *most = 0;
    while (next_word(&at, &word)) {
        *least += !word.is_optional;
        *most = word.is_repeated ? CONTROL_ARGUMENTS_MAX : *most + 1;
    }
}

static bool is_named(const struct word *word, const char *name, size_t length)
{
    if (word->length != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char small = word->name[i] == '_' ? '_' : (char)(word->name[i] - 'A' + 'a');

        if (name[i] != small)
            return false;
    }
    return true;
}

int control_argument_place(const struct control_entry *entry, const char *name, size_t length)
{
    const char *at = entry->arguments;
    struct word word;

    for (int place = 0; next_word(&at, &word); place++) {
        if (is_named(&word, name, length))
            return place;
    }
    return -1;
}

void control_print_usage(const struct control_entry *entry, struct text *out)
{
    text_format(out, "%s%s%s", entry->name, entry->arguments[0] != '\0' ? " " : "",
                entry->arguments);
}
