/* The configuration as text: JSON with comments that config_load() reads back to the same values.
 */
#ifndef TICKD_OPS_CONFIG_PRINT_H
#define TICKD_OPS_CONFIG_PRINT_H

#include <stdio.h>

#include "tickd/ops/config_file.h"

/* --print-config: every key with its effective value and, behind it, where that came from:
 * `// default`, `// /etc/tickd/tickd.json:7`, `// option --set`, `// derived`. ERROR_IO when the
 * stream cannot take it. */
int config_print(const struct settings *settings, const struct config_origins *origins, FILE *out);

/* The documented default configuration, config/tickd.json: every key at its default, above it its
 * meaning and what is allowed. ERROR_IO, ERROR_MEMORY. */
int config_print_documented(FILE *out);

#endif
