/* The first line of every file of a tape: what wrote it, and with which configuration.
 *
 *     {"tape":1,"tickd":"0.1.0","run":"16 hex digits","file":1,"first_input":0,
 *      "config_digest":"16 hex digits","seed":1,"config":{"seed":1,"feed.url":"wss://…",…}}
 *
 * `config` has every key by its dotted name, but for those whose value may be a secret
 * (alerts.command, alerts.webhook). `run` is new with each engine that begins anew. */
#ifndef TICKD_FEED_TAPE_HEAD_H
#define TICKD_FEED_TAPE_HEAD_H

#include "tickd/settings/settings.h"

enum {
    TAPE_VERSION_MAX = 32,
    TAPE_HEAD_FIXED_MAX = 256 /* of the line around the configuration */
};

struct tape_head {
    char version[TAPE_VERSION_MAX]; /* of tickd */
    uint64_t run;
    uint64_t file;
    uint64_t first_input;
    uint64_t config_digest;
    int64_t seed;
    char *config; /* the object's text, in the line that was read; not terminated */
    size_t config_length;
};

/* Appends the object. */
void tape_head_print_config(const struct settings *settings, struct text *out);

/* Appends the whole line with its end. */
void tape_head_print(const struct tape_head *head, struct text *out);

/* Reads a line without its end; *head points into it. ERROR_SYNTAX: *fault completes "the line …".
 */
int tape_head_read(char *line, size_t length, struct tape_head *head, const char **fault);

/* Sets every key that the configuration gives and this version has; adopted[i] becomes true for the
 * key at place i of settings_key(). A value that this version does not allow is passed over. The
 * head's configuration is used up. ERROR_SYNTAX: it is not as tickd writes it; the keys before have
 * been set. */
int tape_head_adopt(struct tape_head *head, struct settings *settings,
                    bool adopted[SETTINGS_COUNT]);

#endif
