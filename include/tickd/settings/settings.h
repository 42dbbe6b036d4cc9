/* The effective configuration: plain data, one structure a section, generated from keys.h. It
 * knows no file and no JSON; src/ops/config_file.c reads those. A module is given its own section
 * and sees no other. */
#ifndef TICKD_SETTINGS_SETTINGS_H
#define TICKD_SETTINGS_SETTINGS_H

#include "tickd/base/digest.h"
#include "tickd/base/persist.h"
#include "tickd/base/text.h"
#include "tickd/settings/keys.h"

enum {
    SETTING_TEXT_MAX = 256,
    SETTING_COMMAND_WORDS_MAX = 32, /* of alerts.command */
    SETTING_LIST_MAX = 256,
    SETTING_ITEM_MAX = 40,
    SETTING_KEY_MAX = 64,
    SETTING_SYMBOL_MAX = 32,  /* a symbol's name with its terminating zero */
    SETTING_VALUE_MAX = 22528 /* any value as JSON text: the longest list, every byte escaped */
};

struct setting_list {
    size_t count;
    char items[SETTING_LIST_MAX][SETTING_ITEM_MAX];
};

enum setting_kind {
    SETTING_INTEGER,
    SETTING_REAL,
    SETTING_MONEY,
    SETTING_BOOLEAN,
    SETTING_TEXT,
    SETTING_CHOICE,
    SETTING_LIST
};

/* Where a value came from, later ones winning over earlier ones. */
enum setting_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_OPTION, ORIGIN_DERIVED };

#define SETTING_INTEGER_(section, name, ...) int64_t name;
#define SETTING_REAL_(section, name, ...) double name;
#define SETTING_MONEY_(section, name, ...) int64_t name;
#define SETTING_BOOLEAN_(section, name, ...) bool name;
#define SETTING_TEXT_(section, name, ...) char name[SETTING_TEXT_MAX];
#define SETTING_CHOICE_(section, name, ...) int name;
#define SETTING_LIST_(section, name, ...) struct setting_list name;
#define SECTION(SECTION_NAME, section, decides)                                                    \
    struct settings_##section {                                                                    \
        SETTINGS_##SECTION_NAME(SETTING_INTEGER_, SETTING_REAL_, SETTING_MONEY_, SETTING_BOOLEAN_, \
                                SETTING_TEXT_, SETTING_CHOICE_, SETTING_LIST_)                     \
    };
SETTING_SECTIONS(SECTION)
#undef SECTION

struct settings {
#define SECTION(SECTION_NAME, section, decides) struct settings_##section section;
    SETTING_SECTIONS(SECTION)
#undef SECTION
};

/* How many keys there are. */
#define SETTING_ONE_(...) +1
#define SECTION(SECTION_NAME, section, decides)                                                   \
    SETTINGS_##SECTION_NAME(SETTING_ONE_, SETTING_ONE_, SETTING_ONE_, SETTING_ONE_, SETTING_ONE_, \
                            SETTING_ONE_, SETTING_ONE_)
enum { SETTINGS_COUNT = 0 SETTING_SECTIONS(SECTION) };
#undef SECTION
#undef SETTING_ONE_

/* How many sections there are, with root. */
#define SECTION(SECTION_NAME, section, decides) +1
enum { SETTINGS_SECTION_COUNT = 0 SETTING_SECTIONS(SECTION) };
#undef SECTION

#undef SETTING_INTEGER_
#undef SETTING_REAL_
#undef SETTING_MONEY_
#undef SETTING_BOOLEAN_
#undef SETTING_TEXT_
#undef SETTING_CHOICE_
#undef SETTING_LIST_

/* The order of market.duplicates, and of log.level. */
enum duplicates_choice { DUPLICATES_AUTO, DUPLICATES_KEEP, DUPLICATES_DROP };
enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* One key as data. */
struct setting {
    const char *key; /* dotted name: "market.bar_ms", "seed" */
    enum setting_kind kind;
    bool decides;   /* belongs to config_digest */
    size_t offset;  /* in struct settings */
    size_t member;  /* in its section's own structure */
    int64_t lowest; /* INTEGER, MONEY; LIST: number of items */
    int64_t highest;
    double lowest_real; /* REAL */
    double highest_real;
    const char *fallback; /* the default as text */
    const char *choices;  /* CHOICE: "a|b|c" */
    const char *unit;
    const char *help;
};

/* All keys, in the order of keys.h. */
size_t settings_count(void);
const struct setting *settings_key(size_t index);

/* The row of a dotted name, or NULL. *index, if wanted, is its place. */
const struct setting *settings_find(const char *key, size_t length, size_t *index);

/* The known key that is nearest to a mistyped one: by edit distance, at most 3 and at most half of
 * what was typed; else the one key of that name in another section. Or NULL. */
const struct setting *settings_nearest(const char *key);

/* Name of section `index` (< SETTINGS_SECTION_COUNT); root, the first, has none: "". */
const char *settings_section(size_t index);

/* Length of the part of a dotted name that is its section; 0 for the keys of root. */
size_t settings_section_length(const char *key);

/* The section, root left out, that has this name; false if there is none. */
bool settings_find_section(const char *name, size_t length, size_t *index);

/* The section that is nearest to a mistyped one by the same edit distance, or NULL. */
const char *settings_nearest_section(const char *name);

/* Every key at its default. */
void settings_init(struct settings *settings);

/* Sets one key from its text, as --set does: numbers as in JSON, true/false, choices by name, lists
 * separated by commas (blanks around an item fall away). On error *why says what was found and what
 * is allowed, and the old value stays: ERROR_TYPE (not a value of this kind), ERROR_SYNTAX (a text
 * that is not UTF-8 or holds control characters), ERROR_RANGE (not among those allowed). */
int settings_set(struct settings *settings, const struct setting *setting, const char *value,
                 size_t length, struct text *why);

/* Whether a reload applies a change of this key, see run_time_keys.h. */
bool settings_is_run_time(const struct setting *setting);

/* Sets one key of a section that a module holds as its own ("portfolio", a struct
 * settings_portfolio) from "portfolio.max_gross=0.5". false: it is not a key of this section that
 * can change at run time, or not a value that is allowed; then nothing has changed. */
bool settings_assign(void *section, const char *name, const char *assignment);

/* State out and in of those keys of such a section, which are not what the configuration says any
 * more once they have been set; whole numbers and money only. */
void settings_persist_run_time(void *section, const char *name, struct persist *persist);

/* Adds one item to a list key: 1 to 39 bytes, no comma, no blanks around it. Same errors; at least
 * setting->lowest items is for the caller to see to. */
int settings_list_add(struct settings *settings, const struct setting *setting, const char *item,
                      size_t length, struct text *why);
void settings_list_clear(struct settings *settings, const struct setting *setting);

/* What must hold between keys (market.lateness_ms ≤ market.bar_ms, …) and what a table cannot say
 * (dates that exist, URL of a known scheme, symbols without repetition). On error *key is the key
 * to blame and *why what was found and what is allowed: ERROR_RANGE. */
int settings_check(const struct settings *settings, const struct setting **key, struct text *why);

/* One key's value from one to the other; whether both print as the same. */
void settings_copy_value(struct settings *to, const struct settings *from,
                         const struct setting *setting);
bool settings_same_value(const struct settings *one, const struct settings *other,
                         const struct setting *setting);

/* How many items a list key holds. */
size_t settings_list_count(const struct settings *settings, const struct setting *setting);

/* The value as JSON text, on one line. */
void settings_print_value(const struct settings *settings, const struct setting *setting,
                          struct text *out);

/* The same for people and programs that look at a running daemon: of an address that may hold a
 * secret (alerts.webhook) only scheme, host and port. */
void settings_print_shown(const struct settings *settings, const struct setting *setting,
                          struct text *out);
/* "KEY=VALUE" as --set and settings_assign() take it. */
void settings_print_assignment(const struct settings *settings, const struct setting *setting,
                               struct text *out);

/* What is allowed, for error messages and manuals: "whole number, 100 to 86400000 ms". */
void settings_print_allowed(const struct setting *setting, struct text *out);

/* What was found, for error messages: a number as it stands, all else as a JSON string; cut after
 * 40 bytes. */
void settings_print_found(const char *value, size_t length, struct text *out);

/* That there is no such key, and which may have been meant: "unknown key; the nearest known one is
 * market.bar_ms". */
void settings_print_unknown(const char *key, struct text *out);

/* "default", "file", "option", "derived". */
const char *setting_origin_name(enum setting_origin origin);

/* Digest of every key that decides what the engine publishes, with feed.symbols. */
uint64_t settings_digest(const struct settings *settings);

/* The same without the keys that a running engine can be told to change (settings_is_run_time): two
 * engines that were told the same since, with the same of these, publish the same. */
uint64_t settings_fixed_digest(const struct settings *settings);

#endif
