/* Assertions for our own mistakes. They stay on in release builds; outside input never reaches one.
 */
#ifndef TICKD_BASE_ASSERT_H
#define TICKD_BASE_ASSERT_H

#include "tickd/base/compiler.h"

/* Prints "file:line: function: assertion failed: text" to stderr and aborts. */
TICKD_NORETURN void assert_failed(const char *text, const char *file, int line,
                                  const char *function);

#define ASSERT(condition) \
    ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__, __func__))

#endif
