/* tickd's options, once: its parser, --help, the manual and the completions come from this list.
 * X(ID, name, letter, values, repeatable, metavar, help), see base/options.h. */
#ifndef TICKD_BIN_TICKD_OPTIONS_H
#define TICKD_BIN_TICKD_OPTIONS_H

#include "tickd/base/options.h"

#define TICKD_OPTIONS(X)                                                                           \
    X(CONFIG, "config", 'c', OPTIONS_ONE, false, "FILE",                                           \
      "Configuration: JSON with comments. Without it /etc/tickd/tickd.json if that is there, "     \
      "else "                                                                                      \
      "built-in defaults.")                                                                        \
    X(SET, "set", 's', OPTIONS_ONE, true, "KEY=VALUE",                                             \
      "Override one key by its dotted name; repeatable.")                                          \
    X(CHECK_CONFIG, "check-config", '\0', OPTIONS_FLAG, false, NULL,                               \
      "Check everything, print the memory budget, start nothing.")                                 \
    X(PRINT_CONFIG, "print-config", '\0', OPTIONS_FLAG, false, NULL,                               \
      "Print the effective configuration and where each value came from.")                         \
    X(REPLAY, "replay", '\0', OPTIONS_LIST, true, "FILE",                                          \
      "Take a recording instead of the network, as fast as possible: tapes, or CSV of trades "     \
      "(plain or gzip). A tape brings its configuration with it.")                                 \
    X(FROM, "from", '\0', OPTIONS_ONE, false, "TIME",                                              \
      "Of tapes, only what was received at this time or later: 2026-11-23T16:30:00Z, 2026-11-23, " \
      "or UNIX milliseconds.")                                                                     \
    X(UNTIL, "until", '\0', OPTIONS_ONE, false, "TIME",                                            \
      "Of tapes, only what was received before this time.")                                        \
    X(DUMP, "dump", '\0', OPTIONS_ONE, false, "FILE",                                              \
      "Write bus messages as JSON lines; - is standard output.")                                   \
    X(TOPICS, "topics", '\0', OPTIONS_ONE, false, "A,B", "The topics of --dump; all if left out.") \
    X(REPORT, "report", '\0', OPTIONS_ONE, false, "FILE",                                          \
      "Write one JSON document at the end; - is standard output.")                                 \
    X(STATE_DIR, "state-dir", '\0', OPTIONS_ONE, false, "DIR",                                     \
      "Where state is kept. Default: $STATE_DIRECTORY, else ./var/state.")                         \
    X(RUNTIME_DIR, "runtime-dir", '\0', OPTIONS_ONE, false, "DIR",                                 \
      "Where control.sock is. Default: $RUNTIME_DIRECTORY, else ./var/run.")                       \
    X(LOG_DIR, "log-dir", '\0', OPTIONS_ONE, false, "DIR",                                         \
      "Where health.log is written. Default: $LOGS_DIRECTORY, else ./var/log; under systemd the "  \
      "journal has it.")                                                                           \
    X(FRESH, "fresh", '\0', OPTIONS_FLAG, false, NULL,                                             \
      "Begin anew; what the state folder holds is set aside in it.")                               \
    X(HELP, "help", 'h', OPTIONS_FLAG, false, NULL, "Print this.")                                 \
    X(VERSION, "version", 'V', OPTIONS_FLAG, false, NULL, "Print the version.")

#endif
