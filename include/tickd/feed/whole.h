/* Whole numbers from JSON's number text, exactly: exchange times in milliseconds do not fit into a
 * decimal. */
#ifndef TICKD_FEED_WHOLE_H
#define TICKD_FEED_WHOLE_H

#include "tickd/base/compiler.h"

/* Reads the JSON number that text begins with as a whole number; "1575526691134.0" and
 * "1.575526691134e12" are whole too. *used is the length of its text, also when the value is
 * refused. ERROR_SYNTAX: no JSON number. ERROR_RANGE: not whole. ERROR_OVERFLOW: does not fit. */
int whole_scan(const char *text, size_t length, int64_t *value, size_t *used);

/* As whole_scan, for a text that is nothing but the number. */
int whole_parse(const char *text, size_t length, int64_t *value);

#endif
