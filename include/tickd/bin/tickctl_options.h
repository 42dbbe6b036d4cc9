/* tickctl's options, once: its parser, --help, the manual and the completions come from this list.
 * X(ID, name, letter, values, repeatable, metavar, help), see base/options.h. Its commands are
 * those of ops/command_table.h, and TICKCTL_COMMANDS: X(name, arguments, help), which it carries
 * out itself. */
#ifndef TICKD_BIN_TICKCTL_OPTIONS_H
#define TICKD_BIN_TICKCTL_OPTIONS_H

#include "tickd/base/options.h"

#define TICKCTL_OPTIONS(X)                                                                        \
    X(SOCKET, "socket", 's', OPTIONS_ONE, false, "PATH",                                          \
      "The daemon's control socket. Default: the first that exists of "                           \
      "$RUNTIME_DIRECTORY/control.sock, /run/tickd/control.sock, ./var/run/control.sock.")        \
    X(JSON, "json", 'j', OPTIONS_FLAG, false, NULL,                                               \
      "JSON instead of tables, as when the output is no terminal.")                               \
    X(TIMEOUT, "timeout", 't', OPTIONS_ONE, false, "SECONDS",                                     \
      "Of wait: how long to wait, for the daemon to come as well as for its state. Default: for " \
      "ever.")                                                                                    \
    X(INTERVAL, "interval", 'i', OPTIONS_ONE, false, "SECONDS",                                   \
      "top: how often to ask, 0.1 to 3600. Default: 1.")                                          \
    X(OUT, "out", 'o', OPTIONS_ONE, false, "FILE",                                                \
      "plot: the SVG to write; - is standard output.")                                            \
    X(KIND, "kind", 'k', OPTIONS_ONE, false, "KIND",                                              \
      "plot: equity, drawdown, weights, health, memory, or all, one below the other. Default: "   \
      "all.")                                                                                     \
    X(DB, "db", 'd', OPTIONS_ONE, false, "FILE",                                                  \
      "sql: the archive. Default: the running daemon's, else tickd.db in $STATE_DIRECTORY, "      \
      "/var/lib/tickd or ./var/state.")                                                           \
    X(ROWS, "rows", 'n', OPTIONS_ONE, false, "N", "sql: at most so many rows. Default: 1000.")    \
    X(ONCE, "once", '1', OPTIONS_FLAG, false, NULL,                                               \
      "stats: print once, and all of it, also on a terminal.")                                    \
    X(PREVIOUS, "previous", 'p', OPTIONS_FLAG, false, NULL, "stats: of the run before this one.") \
    X(FILE, "file", 'f', OPTIONS_ONE, false, "FILE",                                              \
      "stats: the page to read. Default: tickd.stats beside the socket.")                         \
    X(VERIFY, "verify", '\0', OPTIONS_FLAG, false, NULL,                                          \
      "tape: print nothing but whether it is whole: heads, blocks, checksums, order, lines.")     \
    X(CSV, "csv", '\0', OPTIONS_FLAG, false, NULL,                                                \
      "tape: its trades, as the CSV that tickd --replay takes.")                                  \
    X(HELP, "help", 'h', OPTIONS_FLAG, false, NULL, "Print this.")                                \
    X(VERSION, "version", 'V', OPTIONS_FLAG, false, NULL, "Print the version.")

/* Options that one command alone takes: X(ID, command). The others are for all. */
#define TICKCTL_OPTION_COMMANDS(X) \
    X(TIMEOUT, "wait")             \
    X(INTERVAL, "top")             \
    X(OUT, "plot")                 \
    X(KIND, "plot")                \
    X(DB, "sql")                   \
    X(ROWS, "sql")                 \
    X(ONCE, "stats")               \
    X(PREVIOUS, "stats")           \
    X(FILE, "stats")               \
    X(VERIFY, "tape")              \
    X(CSV, "tape")

#define TICKCTL_COMMANDS(X)                                                                     \
    X("top", "", "the live view of a running tickd; F1 there explains its keys")                \
    X("stats", "[GLOB]...",                                                                     \
      "the daemon's counters, without asking it: also while it hangs, and after a crash")       \
    X("sql", "QUERY...", "asks the archive in SQL, running daemon or not: SELECT * FROM fills") \
    X("tape", "FILE...", "prints tapes as JSON lines; --verify, --csv; needs no daemon")        \
    X("plot", "FILE", "draws a report, a dump or an archive as SVG: --out, --kind")             \
    X("completion", "", "words for bash: eval \"$(tickctl completion)\"")

#endif
