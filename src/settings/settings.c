/* The keys as data: one row each, made from the tables of keys.h, with what is looked up in them.
 * Values as text are in settings_value.c, what must hold between keys in settings_check.c. */
#include "tickd/settings/settings.h"

#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/decimal.h"
#include "tickd/settings/run_time_keys.h"

enum { NEAR_ENOUGH = 3 }; /* edits between a mistyped name and what may have been meant */

#define SECTION(SECTION_NAME, section, decides) DECIDES_##section = (decides),
enum { SETTING_SECTIONS(SECTION) };
#undef SECTION

/* Keys are written "section.name"; those of root, the first section, begin behind the dot. */
_Static_assert(offsetof(struct settings, root) == 0, "root is the first section");
#define PREFIX(section) (offsetof(struct settings, section) == 0 ? sizeof "root" : 0)
#define KEY(section, name) (&(#section "." #name)[PREFIX(section)])

/* An amount of keys.h in units of 1e-8, to the nearest; a constant expression. */
#define UNITS(amount) ((int64_t)((amount)*1e8 + ((amount) < 0 ? -0.5 : 0.5)))

#define ROW(section, name, ...)                           \
    {.key = KEY(section, name),                           \
     .decides = DECIDES_##section,                        \
     .offset = offsetof(struct settings, section.name),   \
     .member = offsetof(struct settings_##section, name), \
     __VA_ARGS__},
#define INTEGER_ROW(section, name, standard, low, high, measure, words)                 \
    ROW(section, name, .kind = SETTING_INTEGER, .fallback = #standard, .lowest = (low), \
        .highest = (high), .unit = (measure), .help = (words))
#define REAL_ROW(section, name, standard, low, high, measure, words)                      \
    ROW(section, name, .kind = SETTING_REAL, .fallback = #standard, .lowest_real = (low), \
        .highest_real = (high), .unit = (measure), .help = (words))
#define MONEY_ROW(section, name, standard, low, high, measure, words)                      \
    ROW(section, name, .kind = SETTING_MONEY, .fallback = #standard, .lowest = UNITS(low), \
        .highest = UNITS(high), .unit = (measure), .help = (words))
#define BOOLEAN_ROW(section, name, standard, words) \
    ROW(section, name, .kind = SETTING_BOOLEAN, .fallback = #standard, .unit = "", .help = (words))
#define TEXT_ROW(section, name, standard, words) \
    ROW(section, name, .kind = SETTING_TEXT, .fallback = (standard), .unit = "", .help = (words))
#define CHOICE_ROW(section, name, standard, names, words)                                  \
    ROW(section, name, .kind = SETTING_CHOICE, .fallback = (standard), .choices = (names), \
        .unit = "", .help = (words))
#define LIST_ROW(section, name, standard, low, high, words)                           \
    ROW(section, name, .kind = SETTING_LIST, .fallback = (standard), .lowest = (low), \
        .highest = (high), .unit = "", .help = (words))

#define SECTION(SECTION_NAME, section, decides)                                                  \
    SETTINGS_##SECTION_NAME(INTEGER_ROW, REAL_ROW, MONEY_ROW, BOOLEAN_ROW, TEXT_ROW, CHOICE_ROW, \
                            LIST_ROW)
static const struct setting rows[] = {SETTING_SECTIONS(SECTION)};
#undef SECTION
_Static_assert(ARRAY_LENGTH(rows) == SETTINGS_COUNT, "one row a key");

/* What the rest of this file and every buffer relies on. */
#define KEY_FITS(section, name, ...) \
    _Static_assert(sizeof(#section "." #name) <= SETTING_KEY_MAX, "the key is too long: " #name);
#define LIST_FITS(section, name, standard, low, high, words) \
    KEY_FITS(section, name, words)                           \
    _Static_assert((high) <= SETTING_LIST_MAX, "the list is too long: " #name);
#define SECTION(SECTION_NAME, section, decides) \
    SETTINGS_##SECTION_NAME(KEY_FITS, KEY_FITS, KEY_FITS, KEY_FITS, KEY_FITS, KEY_FITS, LIST_FITS)
SETTING_SECTIONS(SECTION)
#undef SECTION
_Static_assert(SETTING_LIST_MAX *(2 * SETTING_ITEM_MAX + 4) + 3 <= SETTING_VALUE_MAX,
               "any list fits as JSON text");
_Static_assert(2 * SETTING_TEXT_MAX + 3 <= SETTING_VALUE_MAX, "any text fits as JSON text");

#define SECTION(SECTION_NAME, section, decides) #section,
static const char *const sections[] = {SETTING_SECTIONS(SECTION)};
#undef SECTION

size_t settings_count(void)
{
    return SETTINGS_COUNT;
}

const struct setting *settings_key(size_t index)
{
    ASSERT(index < SETTINGS_COUNT);
    return &rows[index];
}

/* Their places in struct settings: the compiler knows each. */
#define X(section, name) offsetof(struct settings, section.name),
static const size_t run_time_offsets[] = {SETTINGS_RUN_TIME_KEYS(X)};
#undef X

bool settings_is_run_time(const struct setting *setting)
{
    for (size_t i = 0; i < ARRAY_LENGTH(run_time_offsets); i++) {
        if (run_time_offsets[i] == setting->offset)
            return true;
    }
    return false;
}

static bool same(const char *name, const char *other, size_t length)
{
    return strlen(name) == length && memcmp(name, other, length) == 0;
}

const struct setting *settings_find(const char *key, size_t length, size_t *index)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        if (same(rows[i].key, key, length)) {
            if (index != NULL)
                *index = i;
            return &rows[i];
        }
    }
    return NULL;
}

const char *settings_section(size_t index)
{
    ASSERT(index < SETTINGS_SECTION_COUNT);
    return index == 0 ? "" : sections[index];
}

size_t settings_section_length(const char *key)
{
    const char *dot = strchr(key, '.');

    return dot == NULL ? 0 : (size_t)(dot - key);
}

bool settings_find_section(const char *name, size_t length, size_t *index)
{
    for (size_t i = 1; i < SETTINGS_SECTION_COUNT; i++) {
        if (same(sections[i], name, length)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/* Levenshtein's distance, with one row of the usual table (Wagner & Fischer 1974). `known` is
 * shorter than SETTING_KEY_MAX. */
static size_t edit_distance(const char *typed, size_t length, const char *known)
{
    size_t row[SETTING_KEY_MAX];
    size_t known_length = strlen(known);

    for (size_t j = 0; j <= known_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= known_length; j++) {
            size_t above = row[j];
            size_t changed = diagonal + (typed[i - 1] == known[j - 1] ? 0 : 1);

            row[j] = least(changed, above + 1, row[j - 1] + 1);
            diagonal = above;
        }
    }
    return row[known_length];
}

/* Whether `known` is nearer than *distance; at most NEAR_ENOUGH edits, and at most one for every
 * two characters that were typed. */
static bool is_nearer(const char *typed, const char *known, size_t *distance)
{
    size_t length = strlen(typed);

    if (length >= SETTING_KEY_MAX + NEAR_ENOUGH)
        return false;
    size_t found = edit_distance(typed, length, known);

    if (found > NEAR_ENOUGH || 2 * found > length || found >= *distance)
        return false;
    *distance = found;
    return true;
}

static const char *name_in_section(const char *key)
{
    const char *dot = strrchr(key, '.');

    return dot == NULL ? key : dot + 1;
}

static const struct setting *only_key_of_that_name(const char *name)
{
    const struct setting *found = NULL;

    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        if (strcmp(name_in_section(rows[i].key), name) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = &rows[i];
    }
    return found;
}

const struct setting *settings_nearest(const char *key)
{
    const struct setting *nearest = NULL;
    size_t distance = NEAR_ENOUGH + 1;

    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        if (is_nearer(key, rows[i].key, &distance))
            nearest = &rows[i];
    }
    return nearest != NULL ? nearest : only_key_of_that_name(name_in_section(key));
}

const char *settings_nearest_section(const char *name)
{
    const char *nearest = NULL;
    size_t distance = NEAR_ENOUGH + 1;

    for (size_t i = 1; i < SETTINGS_SECTION_COUNT; i++) {
        if (is_nearer(name, sections[i], &distance))
            nearest = sections[i];
    }
    return nearest;
}

void settings_print_unknown(const char *key, struct text *out)
{
    const struct setting *nearest = settings_nearest(key);

    text_add(out, "unknown key");
    if (nearest != NULL) {
        text_format(out, "; the nearest known one is %s", nearest->key);
    } else {
        text_add(out, ", allowed: those that tickd --print-config lists");
    }
}

void settings_init(struct settings *settings)
{
    char memory[SETTING_TEXT_MAX];
    struct text why;

    memset(settings, 0, sizeof *settings);
    text_init(&why, memory, sizeof memory);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const char *fallback = rows[i].fallback;
        int error = settings_set(settings, &rows[i], fallback, strlen(fallback), &why);

        ASSERT(error == 0);
    }
}

const char *setting_origin_name(enum setting_origin origin)
{
    switch (origin) {
    case ORIGIN_DEFAULT:
        return "default";
    case ORIGIN_FILE:
        return "file";
    case ORIGIN_OPTION:
        return "option";
    case ORIGIN_DERIVED:
        return "derived";
    }
    return "unknown";
}

/* As printed: the digest does not depend on how a value is stored,
 * nor on the place of a choice in its list. */
static void digest_setting(struct digest *digest, const struct settings *settings,
                           const struct setting *setting)
{
    char memory[SETTING_VALUE_MAX];
    struct text value;

    text_init(&value, memory, sizeof memory);
    settings_print_value(settings, setting, &value);
    digest_add(digest, setting->key, strlen(setting->key));
    digest_add(digest, value.data, value.length);
}

/* Keys that decide though their section does not: who there is to vote on, how far back an agent's
 * version can be rolled, and how much of its record that takes. */
static bool decides_alone(const char *key)
{
    static const char *const keys[] = {"feed.symbols", "history.agent_versions",
                                       "history.agent_performance_history"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static uint64_t digest_of(const struct settings *settings, bool with_run_time)
{
    struct digest digest;

    digest_init(&digest);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        bool counts = rows[i].decides || decides_alone(rows[i].key);

        if (counts && (with_run_time || !settings_is_run_time(&rows[i])))
            digest_setting(&digest, settings, &rows[i]);
    }
    return digest_value(&digest);
}

uint64_t settings_digest(const struct settings *settings)
{
    return digest_of(settings, true);
}

uint64_t settings_fixed_digest(const struct settings *settings)
{
    return digest_of(settings, false);
}
