/* The end of a process that has found a mistake of its own. */
#include "tickd/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

TICKD_NORETURN void assert_failed(const char *text, const char *file, int line,
                                  const char *function)
{
    fprintf(stderr, "%s:%d: %s: assertion failed: %s\n", file, line, function, text);
    fflush(stderr);
    abort();
}
