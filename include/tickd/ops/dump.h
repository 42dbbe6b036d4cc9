/* `--dump FILE --topics A,B`: bus messages as JSON lines, by a tap. */
#ifndef TICKD_OPS_DUMP_H
#define TICKD_OPS_DUMP_H

#include "tickd/bus/bus.h"
#include "tickd/engine/engine.h"

struct dump;

/* Opens FILE ("-" is standard output). `topics` is a list separated by commas; NULL or "" = all. On
 * error *error says what, where and what would be right: ERROR_NOT_FOUND (a topic), ERROR_IO,
 * ERROR_MEMORY. */
int dump_open(const char *path, const char *topics, struct engine *engine, struct dump **result,
              struct text *error);

/* Flushes and closes. ERROR_IO when any line could not be written. *result is cleared. */
int dump_close(struct dump **result, struct text *error);

/* Parses a list of topics into a set, bit = enum topic. Same errors. */
int dump_parse_topics(const char *topics, uint32_t *set, struct text *error);

#endif
