/* Runs gnuplot as a child process, without a shell: script in, picture out. */
#ifndef TICKD_BIN_GNUPLOT_H
#define TICKD_BIN_GNUPLOT_H

#include <stdio.h>

#include "tickd/base/text.h"

/* Runs it on `script` (a file that can be read from its start) and collects what it draws in
 * `picture`, both temporary files of the caller. ERROR_NOT_FOUND it is not installed, ERROR_IO it
 * has failed; each with *why, in one line. */
int gnuplot_run(FILE *script, FILE *picture, struct text *why);

#endif
