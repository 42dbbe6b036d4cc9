/* Reads the JSON of a tape's lines, piece by piece and in place: as tickd writes it, without blanks
 * between the pieces, whole numbers exact to 64 bits. For the files tape_*.c alone.
 *
 * A function that does not find what it asks for returns false and sets `fault`, which then stays:
 * whoever reads on gets false again. */
#ifndef TICKD_FEED_TAPE_JSON_H
#define TICKD_FEED_TAPE_JSON_H

#include "tickd/base/compiler.h"

struct tape_json {
    char *at;
    char *end;
    const char *fault; /* a static text that completes "the line …", or NULL */
};

struct tape_string {
    char *bytes; /* in the line; not terminated */
    size_t length;
};

void tape_json_init(struct tape_json *json, char *bytes, size_t length);

/* Takes one character, if it is the next. _look never sets a fault. */
bool tape_json_take(struct tape_json *json, char character);
bool tape_json_look(struct tape_json *json, char character);

/* Whether nothing is left. */
bool tape_json_ended(struct tape_json *json);

/* Goes through the members of an object: *first is true before the first call, which takes the '{'.
 * True: a member's name has been read, and its value is next. False: the object has ended, or there
 * is a fault. */
bool tape_json_member(struct tape_json *json, bool *first, struct tape_string *name);

/* The same for a list: true when a value is next. */
bool tape_json_item(struct tape_json *json, bool *first);

/* A string, unescaped where it stands. */
bool tape_json_string(struct tape_json *json, struct tape_string *string);

bool tape_json_integer(struct tape_json *json, int64_t *value);
bool tape_json_count(struct tape_json *json, uint64_t *value);
bool tape_json_flag(struct tape_json *json, bool *value);

/* A number as its text, or a real (null is NaN). */
bool tape_json_number(struct tape_json *json, struct tape_string *number);
bool tape_json_real(struct tape_json *json, double *value);

/* 16 hex digits in quotes. */
bool tape_json_digest(struct tape_json *json, uint64_t *value);

/* Passes over a value of any kind; `whole`, if wanted, is its text. */
bool tape_json_skip(struct tape_json *json, struct tape_string *whole);

bool tape_string_is(const struct tape_string *string, const char *text);

#endif
