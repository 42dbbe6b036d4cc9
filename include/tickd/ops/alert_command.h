/* alerts.command: a program that is run for each alert that fires or is resolved. No shell is
 * involved (words.h has the rules). It gets the alert as JSON on standard input and in its
 * environment, its standard output goes nowhere, its standard error where the daemon's goes.
 *
 *   at most ALERT_QUEUE_MAX wait; then the oldest is dropped, and counted
 *   one runs at a time, so that they come in order
 *   one that runs longer than alerts.timeout_s is killed, with its whole process group
 *   a program that cannot be started, and each exit code, is a line in the log
 *
 * Its environment is PATH, HOME, LANG, LC_ALL, TZ, USER and LOGNAME of the daemon's, nothing else
 * (keys may be in there), and
 * TICKD_ALERT_NAME, _SEVERITY, _STATE, _VALUE, _THRESHOLD, _ACTION, _TEXT, _TIME, _SEQ, _HOST. */
#ifndef TICKD_OPS_ALERT_COMMAND_H
#define TICKD_OPS_ALERT_COMMAND_H

#include <uv.h>

#include "tickd/ops/alert_note.h"
#include "tickd/ops/child.h"
#include "tickd/ops/health_log.h"
#include "tickd/settings/settings.h"

enum {
    ALERT_ENVIRONMENT_MAX = 4096, /* bytes */
    ALERT_VARIABLES_MAX = 24
};

struct alert_command {
    uv_loop_t *loop;
    struct health_log *log;
    const char *host;
    /* the command */
    int64_t timeout_s;
    char memory[SETTING_TEXT_MAX + 1];
    const char *words[SETTING_COMMAND_WORDS_MAX + 1]; /* NULL behind the last */
    size_t word_count;                                /* 0 = there is none */
    /* the run at hand */
    bool is_running;
    bool has_timed_out;
    size_t open_handles;
    struct alert_entry entry;
    uint64_t started_ns;
    struct child child;
    uv_pipe_t input;
    uv_write_t write;
    uv_timer_t timer;
    char json[ALERT_NOTE_MAX + 1];
    char environment[ALERT_ENVIRONMENT_MAX];
    char *variables[ALERT_VARIABLES_MAX + 1];
    char run_memory[SETTING_TEXT_MAX + 1];
    char *run_words[SETTING_COMMAND_WORDS_MAX + 1];
    /* all others */
    struct alert_queue queue;
    bool is_stopping;
    uint64_t done;   /* ended with 0 */
    uint64_t failed; /* could not be started, ended otherwise, or were killed */
    void (*idle)(void *state);
    void *idle_state;
};

/* Whether the command can be run: its program is there and may be executed. On error *why says what
 * was found and what is allowed: ERROR_NOT_FOUND, or ERROR_DENIED. "" is right. */
int alert_command_check(const char *command, struct text *why);

/* Nothing runs yet. `idle` is called each time that a run has ended and none waits. */
void alert_command_init(struct alert_command *command, uv_loop_t *loop, struct health_log *log,
                        const char *host, void (*idle)(void *state), void *idle_state);

/* The command from now on, by checked settings; a run at hand goes on. */
void alert_command_set(struct alert_command *command, const struct settings_alerts *settings);

/* Lets an alert wait; without a command it is forgotten. Cheap: for a tap. */
void alert_command_take(struct alert_command *command, const struct alert_entry *entry);
/* Runs the next that waits, if none runs. */
void alert_command_work(struct alert_command *command);
bool alert_command_is_idle(const struct alert_command *command);

/* Forgets those that wait and kills the one that runs; the loop then closes its handles. */
void alert_command_stop(struct alert_command *command);

#endif
