/* The configuration from outside: the file (JSON with comments, sections as objects) and the
 * options --set KEY=VALUE. In the order of start-up:
 *
 *     settings_init(&settings); config_origins_init(&origins);
 *     config_load(path, …);              defaults ← file
 *     config_set_option(…) for each;     ← options, a later one over an earlier one
 *     config_check(…);                   what must hold between keys, when all are known
 *
 * Every error is one line in *error, without a line break at its end:
 *
 *     tickd.json:7:19: market.bar_ms: found 50, allowed: whole number, 100 to 86400000 ms
 *     --set market.bar_ms=abc: found "abc", allowed: whole number, 100 to 86400000 ms
 *
 * Lines and columns count from 1; a column is a character (a code point of UTF-8), a tab is one.
 * The place is that of the value that is wrong, of the key where the key is (unknown, there twice,
 * or in contradiction to another), of the first character that cannot be JSON. The first error in
 * the file is the one that is told. Values of text keys and of unknown keys are never shown: they
 * may be secrets in the wrong place. */
#ifndef TICKD_OPS_CONFIG_FILE_H
#define TICKD_OPS_CONFIG_FILE_H

#include "tickd/settings/settings.h"

enum {
    CONFIG_BYTES_MAX = 1048576, /* largest file */
    CONFIG_PATH_MAX = 512,      /* of a path as it is shown; a longer one is cut */
    CONFIG_ERROR_MAX = 1536     /* bytes that any error line fits into */
};

/* Where one value came from. Line and column of its key for ORIGIN_FILE, else 0. */
struct config_origin {
    enum setting_origin origin;
    uint32_t line;
    uint32_t column;
};

/* By a key's place in settings_key(). */
struct config_origins {
    char path[CONFIG_PATH_MAX]; /* of the file, control characters replaced; "" = none was read */
    struct config_origin keys[SETTINGS_COUNT];
};

/* All keys at their defaults. */
void config_origins_init(struct config_origins *origins);

/* Reads a file; a key that is not in it stays as it is. On error nothing has changed:
 * ERROR_NOT_FOUND there is no such file, ERROR_IO it cannot be read (or is a directory), ERROR_FULL
 * it is larger than CONFIG_BYTES_MAX, ERROR_MEMORY, and those of config_parse(). */
int config_load(const char *path, struct settings *settings, struct config_origins *origins,
                struct text *error);

/* The same from memory; `name` stands for the file in messages. ERROR_SYNTAX not JSON, ERROR_TYPE
 * wrong type, ERROR_RANGE unknown key or value that is not allowed, ERROR_EXISTS key or section
 * there twice, ERROR_MEMORY. */
int config_parse(const char *name, const char *bytes, size_t length, struct settings *settings,
                 struct config_origins *origins, struct text *error);

/* One "KEY=VALUE" of --set; the value in the form of settings_set(). On error nothing has changed:
 * ERROR_SYNTAX, ERROR_TYPE, ERROR_RANGE. */
int config_set_option(struct settings *settings, struct config_origins *origins, const char *option,
                      struct text *error);

/* settings_check(), its error led by where the key to blame was set: file, option, or nowhere.
 * ERROR_RANGE. */
int config_check(const struct settings *settings, const struct config_origins *origins,
                 struct text *error);

#endif
