/* What can be asked of a running tickd: one table, from which the socket's dispatcher, its `help`,
 * `tickctl --help`, the completion and the manual are made.
 *
 * X(NAME, name, arguments, who, help). The arguments as a person reads them: NAME is required,
 * [NAME] may be left out, NAME... is one or more (the last). In JSON they are parameters by place,
 * or by these names in small letters. */
#ifndef TICKD_OPS_COMMAND_TABLE_H
#define TICKD_OPS_COMMAND_TABLE_H

#include "tickd/base/text.h"

#define CONTROL_COMMANDS(X)                                                                     \
    X(STATUS, status, "", ANYONE, "the whole status document")                                  \
    X(HEALTH, health, "", ANYONE, "health score, modules, and the last hour by the minute")     \
    X(MODULES, modules, "", ANYONE, "each module: state, what it owes, what it handled")        \
    X(HISTORIES, histories, "", ANYONE, "each bounded history: size, capacity, overwritten")    \
    X(HISTORY, history, "NAME [N] [SKIP]", ANYONE,                                              \
      "the newest N entries of a history (20), oldest first, but for the SKIP newest")          \
    X(SYMBOLS, symbols, "", ANYONE, "each symbol: last price, trades, bars, its stream")        \
    X(BARS, bars, "SYMBOL [N] [SKIP]", ANYONE,                                                  \
      "the newest N bars of a symbol (20), oldest first, but for the SKIP newest")              \
    X(AGENTS, agents, "", ANYONE,                                                               \
      "each agent: species, version, weight, what its votes were worth")                        \
    X(AGENT, agent, "ID", ANYONE,                                                               \
      "one agent: its versions and parameters, its newest performance")                         \
    X(POSITIONS, positions, "", ANYONE, "cash, equity, and each position that is not flat")     \
    X(TRADES, trades, "[N] [SYMBOL]", ANYONE,                                                   \
      "the newest N fills (20), of all symbols or one, oldest first")                           \
    X(DECISIONS, decisions, "[N] [SYMBOL]", ANYONE,                                             \
      "the newest N decisions (20), of all symbols or one, oldest first")                       \
    X(ALERTS, alerts, "[N]", ANYONE,                                                            \
      "each alert: state, value, threshold; with N the newest N changes, oldest first")         \
    X(EXPLAIN, explain, "SEQ", ANYONE,                                                          \
      "why: the chain behind a fill, an order or a decision, by its number")                    \
    X(CONFIG, config, "", ANYONE, "the configuration in force, and where each value came from") \
    X(VERSION, version, "", ANYONE, "the daemon's version")                                     \
    X(WAIT, wait, "STATE [SECONDS]", ANYONE,                                                    \
      "answers once the daemon is healthy, streaming or ready; an error after so many seconds") \
    X(WATCH, watch, "TOPIC...", ANYONE,                                                         \
      "bus messages of these topics as they come (all: every topic), until the client goes")    \
    X(HELP, help, "", ANYONE, "this list")                                                      \
    X(SUSPEND, suspend, "ID", OWNER, "an agent's votes do not count any more")                  \
    X(RESUME, resume, "ID", OWNER, "they count again")                                          \
    X(ROLLBACK, rollback, "ID [VERSION]", OWNER,                                                \
      "an agent goes back to a version, or the one before")                                     \
    X(HALT, halt, "REASON...", OWNER,                                                           \
      "kill switch: no new risk; entries under way are called off")                             \
    X(UNHALT, unhalt, "", OWNER, "the kill switch is released; drawdown counts from here")      \
    X(FLATTEN, flatten, "", OWNER, "closes every position")                                     \
    X(LOG, log, "LEVEL", OWNER,                                                                 \
      "least severe line of the health log: error, warning, notice, info, debug")               \
    X(RELOAD, reload, "", OWNER,                                                                \
      "reads the configuration again; says what was applied, and what needs a restart")         \
    X(ROTATE, rotate, "", OWNER,                                                                \
      "opens the health log's file anew, begins a new file of the tape")                        \
    X(SHUTDOWN, shutdown, "", OWNER, "ends the daemon cleanly")

enum control_id {
#define X(NAME, name, arguments, who, help) CONTROL_##NAME,
    CONTROL_COMMANDS(X)
#undef X
        CONTROL_COMMAND_COUNT
};

/* Owner: root, and the user that the daemon runs as. */
enum control_who { CONTROL_ANYONE, CONTROL_OWNER };

struct control_entry {
    const char *name;
    const char *arguments;
    enum control_who who;
    const char *help;
};

enum { CONTROL_ARGUMENTS_MAX = 24, CONTROL_NAME_MAX = 24 };

const struct control_entry *control_entry(enum control_id id);
const char *control_who_name(enum control_who who);

/* By its exact name; CONTROL_COMMAND_COUNT: there is none. */
enum control_id control_find(const char *name, size_t length);

/* The command that a mistyped name comes nearest to: one that it begins, or that differs by at most
 * two letters; NULL when there is none. */
const char *control_nearest(const char *name);

/* How many arguments a command takes, at least and at most. */
void control_arity(const struct control_entry *entry, size_t *least, size_t *most);

/* The place of an argument by its name in small letters, or −1. */
int control_argument_place(const struct control_entry *entry, const char *name, size_t length);

/* Appends "history NAME [N]". */
void control_print_usage(const struct control_entry *entry, struct text *out);

#endif
