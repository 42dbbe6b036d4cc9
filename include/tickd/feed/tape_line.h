/* A tape's lines: each input of the engine (engine/input.h) as one line of JSON, and what stands
 * between inputs. What is written is read back to the same bytes, times and numbers.
 *
 *     {"at":US,"time":true}                             time passed
 *     {"at":US,"frame":"{\"data\":[…"}                  a message from the wire
 *     {"at":US,"frame64":"…"}                           the same, in base64
 *     {"at":US,"feed":{"state":"streaming",…},"symbol":"AAPL"}
 *     {"at":US,"command":{"verb":"halt","uid":0,…}}
 *     {"at":US,"vitals":{"rss_bytes":…,…}}
 *     {"at":US,"sequence":N,"digest":"16 hex digits"}   the engine's, after all inputs before it
 *     {"at":US,"gap":N,"until":US}                      N inputs could not be recorded
 *
 * The members of feed, command and vitals are the fields of their topics, as bus/message.h lists
 * them: a new field there is in the tape. Times, counts and amounts of money are whole numbers (of
 * 1e-8), reals have all their digits and null is NaN; a choice is its name, a set of modules a list
 * of names; a text that is no UTF-8 is {"base64":"…"}. A field that is missing is 0, one that this
 * version does not know is passed over.
 *
 * A frame stands in base64 when it is no UTF-8, or when its escapes would make it more than half as
 * long again and 64 bytes: so a line is never longer than 1.5 × the frame + 160 bytes. */
#ifndef TICKD_FEED_TAPE_LINE_H
#define TICKD_FEED_TAPE_LINE_H

#include "tickd/bus/message.h"
#include "tickd/engine/input.h"

enum { TAPE_LINE_MAX = 4096 /* of a line that is no frame */ };

/* Each writes one line with its end to `out` and returns its length; 0 when `room` bytes do not
 * suffice (then `out` holds anything). */
size_t tape_line_input(const struct input *input, const struct symbol_table *symbols, char *out,
                       size_t room);
size_t tape_line_digest(int64_t at_us, uint64_t sequence, uint64_t digest, char *out, size_t room);
size_t tape_line_gap(int64_t at_us, int64_t until_us, uint64_t inputs, char *out, size_t room);

enum tape_line_kind { TAPE_LINE_INPUT, TAPE_LINE_DIGEST, TAPE_LINE_GAP };

struct tape_line {
    enum tape_line_kind kind;
    int64_t at_us;
    struct input input; /* its symbol is SYMBOL_NONE: the name below is for the caller to look up */
    size_t symbol_length; /* 0 = no symbol */
    char symbol[SYMBOL_NAME_MAX];
    union {
        struct feed_message feed;
        struct command_message command;
        struct vitals_message vitals;
    };
    uint64_t sequence; /* of TAPE_LINE_DIGEST */
    uint64_t digest;
    uint64_t gap; /* of TAPE_LINE_GAP */
    int64_t until_us;
};

/* Reads a line without its end. The line is used up: strings are unescaped where they stand, and a
 * frame's bytes stay in it. ERROR_SYNTAX: *fault is a static text that completes "the line …". */
int tape_line_read(char *bytes, size_t length, struct tape_line *line, const char **fault);

#endif
