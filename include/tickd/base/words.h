/* A command line as words, without a shell:
 *
 *   blanks (space, tab)   separate words
 *   '…'                   all of it as it stands
 *   "…"                   as it stands, but \" and \\ are " and \
 *   \x                    outside quotes: x as it stands
 *
 * Quotes may begin and end inside a word; '' is an empty word. There are no variables, patterns,
 * pipes or comments. */
#ifndef TICKD_BASE_WORDS_H
#define TICKD_BASE_WORDS_H

#include "tickd/base/compiler.h"

/* Splits `text` into at most `words_max` words, each ended by a zero, in `memory` of `capacity`
 * bytes (length of the text + 1 is enough). ERROR_SYNTAX: a quote without its end, or nothing
 * behind a backslash; ERROR_FULL: more words, or no room. */
int words_split(const char *text, char *memory, size_t capacity, const char **words,
                size_t words_max, size_t *count);

#endif
