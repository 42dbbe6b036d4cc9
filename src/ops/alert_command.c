/* One child process at a time. Its handles live in the structure: a run is over when the loop has
 * closed all of them, and only then the next begins. */
#include "tickd/ops/alert_command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tickd/base/assert.h"
#include "tickd/base/calendar.h"
#include "tickd/base/error.h"
#include "tickd/base/words.h"

enum { NS_PER_MS = 1000000 };

/* Settings. */

static int split(const char *text, char memory[SETTING_TEXT_MAX + 1], const char **words,
                 size_t *count)
{
    return words_split(text, memory, SETTING_TEXT_MAX + 1, words, SETTING_COMMAND_WORDS_MAX, count);
}

int alert_command_check(const char *command, struct text *why)
{
    char memory[SETTING_TEXT_MAX + 1];
    const char *words[SETTING_COMMAND_WORDS_MAX];
    size_t count;
    struct stat file;

    if (split(command, memory, words, &count) != 0 || count == 0)
        return 0; /* settings_check() has seen to it */
    bool is_there = stat(words[0], &file) == 0;

    if (is_there && S_ISREG(file.st_mode) && access(words[0], X_OK) == 0)
        return 0;
    text_format(why, "found %s (%s), allowed: the path of a program that this user may run",
                words[0], is_there ? "cannot be executed" : strerror(errno));
    return is_there ? ERROR_DENIED : ERROR_NOT_FOUND;
}

void alert_command_init(struct alert_command *command, uv_loop_t *loop, struct health_log *log,
                        const char *host, void (*idle)(void *state), void *idle_state)
{
    signal(SIGPIPE, SIG_IGN); /* a program that does not read is an error of write(), no more */
    memset(command, 0, sizeof *command);
    command->loop = loop;
    command->log = log;
    command->host = host;
    command->idle = idle;
    command->idle_state = idle_state;
}

void alert_command_set(struct alert_command *command, const struct settings_alerts *settings)
{
    int error = split(settings->command, command->memory, command->words, &command->word_count);

    ASSERT(error == 0);
    command->words[command->word_count] = NULL;
    if (command->word_count == 0)
        alert_queue_drop(&command->queue);
    command->timeout_s = settings->timeout_s;
}

/* The log. */

static void begin_line(struct log_line *line, const struct alert_command *command,
                       enum log_level level)
{
    const struct alert_message *alert = &command->entry.alert;

    log_line_begin(line, command->log, level, "alert_command");
    log_line_text(line, "alert", alert_name(alert->alert));
    log_line_text(line, "severity", alert_severity_name(alert->severity));
    log_line_text(line, "state", alert_state_name(alert->state));
}

static void say_not_started(struct alert_command *command, int error)
{
    struct log_line line;

    begin_line(&line, command, LOG_ERROR);
    log_line_text(&line, "reason", uv_strerror(error));
    log_line_end(&line);
}

static void say_ended(const struct alert_command *command, int64_t exit_code, int number)
{
    uint64_t took_ns = uv_hrtime() - command->started_ns;
    bool is_good = exit_code == 0 && number == 0;
    struct log_line line;

    begin_line(&line, command, is_good ? LOG_INFO : LOG_WARNING);
    if (command->has_timed_out)
        log_line_text(&line, "reason", "killed: it took longer than alerts.timeout_s");
    else if (number != 0)
        log_line_integer(&line, "signal", number);
    else
        log_line_integer(&line, "exit_code", exit_code);
    log_line_count(&line, "took_ms", took_ns / NS_PER_MS);
    log_line_end(&line);
}

/* The end of a run. */

static void forget_handle(void *owner)
{
    struct alert_command *command = owner;

    if (--command->open_handles > 0)
        return;
    command->is_running = false;
    alert_command_work(command);
    if (!command->is_running && command->idle != NULL)
        command->idle(command->idle_state);
}

static void on_closed(uv_handle_t *handle)
{
    forget_handle(handle->data);
}

static void close_input(struct alert_command *command)
{
    if (!uv_is_closing((uv_handle_t *)&command->input))
        uv_close((uv_handle_t *)&command->input, on_closed);
}

static void close_all(struct alert_command *command)
{
    child_close(&command->child);
    close_input(command);
    uv_close((uv_handle_t *)&command->timer, on_closed);
}

static void on_ended(void *owner, int exit_code, int number)
{
    struct alert_command *command = owner;
    bool is_good = exit_code == 0 && number == 0;

    command->done += is_good;
    command->failed += !is_good;
    say_ended(command, exit_code, number);
    close_all(command);
}

static void on_timeout(uv_timer_t *timer)
{
    struct alert_command *command = timer->data;

    command->has_timed_out = true;
    child_kill(&command->child);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status; /* a program need not read it */
    close_input(write->data);
}

/* The begin of a run. */

static const char *const inherited[] = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME"};

/* Puts "NAME=value" into the block; what does not fit is left out. */
static void add_variable(struct alert_command *command, struct text *block, size_t *count,
                         const char *name, const char *value)
{
    size_t start = block->length;

    if (*count == ALERT_VARIABLES_MAX || value == NULL)
        return;
    text_format(block, "%s=%s", name, value);
    text_add_bytes(block, "", 1);
    if (!block->cut)
        command->variables[(*count)++] = command->environment + start;
}

static void add_real(struct alert_command *command, struct text *block, size_t *count,
                     const char *name, double value)
{
    char memory[32];
    struct text text;

    text_init(&text, memory, sizeof memory);
    text_format(&text, "%.6g", value);
    add_variable(command, block, count, name, memory);
}

static void add_note(struct alert_command *command, struct text *block, size_t *count)
{
    char memory[ALERT_NOTE_MAX / 2];
    struct text text;

    text_init(&text, memory, sizeof memory);
    alert_note_print_text(&command->entry, command->host, &text);
    add_variable(command, block, count, "TICKD_ALERT_TEXT", memory);
    text_clear(&text);
    text_format(&text, "%llu", (unsigned long long)command->entry.sequence);
    add_variable(command, block, count, "TICKD_ALERT_SEQ", memory);
}

static void fill_environment(struct alert_command *command)
{
    const struct alert_message *alert = &command->entry.alert;
    char stamp[CALENDAR_TEXT_MAX];
    struct text block;
    size_t count = 0;

    text_init(&block, command->environment, sizeof command->environment);
    for (size_t i = 0; i < ARRAY_LENGTH(inherited); i++)
        add_variable(command, &block, &count, inherited[i], getenv(inherited[i]));
    calendar_print_us(command->entry.time_us, 3, stamp);
    add_variable(command, &block, &count, "TICKD_ALERT_NAME", alert_name(alert->alert));
    add_variable(command, &block, &count, "TICKD_ALERT_SEVERITY",
                 alert_severity_name(alert->severity));
    add_variable(command, &block, &count, "TICKD_ALERT_STATE", alert_state_name(alert->state));
    add_real(command, &block, &count, "TICKD_ALERT_VALUE", alert->value);
    add_real(command, &block, &count, "TICKD_ALERT_THRESHOLD", alert->threshold);
    add_variable(command, &block, &count, "TICKD_ALERT_ACTION", alert_action_name(alert->action));
    add_variable(command, &block, &count, "TICKD_ALERT_TIME", stamp);
    add_variable(command, &block, &count, "TICKD_ALERT_HOST", command->host);
    add_note(command, &block, &count);
    command->variables[count] = NULL;
}

static void send_note(struct alert_command *command)
{
    struct text note;

    text_init(&note, command->json, ALERT_NOTE_MAX);
    alert_note_print_json(&command->entry, command->host, &note);
    command->json[note.length] = '\n';
    uv_buf_t bytes = uv_buf_init(command->json, (unsigned)note.length + 1);

    command->write.data = command;
    if (uv_write(&command->write, (uv_stream_t *)&command->input, &bytes, 1, on_written) != 0)
        close_input(command);
}

static void fail(struct alert_command *command, int error)
{
    command->failed++;
    say_not_started(command, error);
}

static void on_started(void *owner, int error)
{
    struct alert_command *command = owner;

    if (error != 0) {
        fail(command, error);
        close_all(command);
    } else if (command->has_timed_out || command->is_stopping) {
        child_kill(&command->child);
    } else {
        send_note(command);
    }
}

/* Another configuration may come while the child is being started. */
static void copy_words(struct alert_command *command)
{
    memcpy(command->run_memory, command->memory, sizeof command->run_memory);
    for (size_t i = 0; i < command->word_count; i++)
        command->run_words[i] = command->run_memory + (command->words[i] - command->memory);
    command->run_words[command->word_count] = NULL;
}

/* Our end and the child's of a pair of sockets; both are close-on-exec. */
static int open_input(struct alert_command *command, int *input)
{
    uv_os_sock_t pair[2];
    int error = uv_socketpair(SOCK_STREAM, 0, pair, UV_NONBLOCK_PIPE, 0);

    if (error != 0)
        return error;
    *input = pair[1];
    error = uv_pipe_open(&command->input, pair[0]);
    if (error != 0) {
        (void)close(pair[0]);
        (void)close(pair[1]);
    }
    return error;
}

static void run(struct alert_command *command)
{
    struct child_setup setup = {
        .loop = command->loop,
        .words = command->run_words,
        .environment = command->variables,
        .started = on_started,
        .ended = on_ended,
        .closed = forget_handle,
        .owner = command,
    };

    command->is_running = true;
    command->has_timed_out = false;
    command->started_ns = uv_hrtime();
    copy_words(command);
    fill_environment(command);
    (void)uv_pipe_init(command->loop, &command->input, 0);
    (void)uv_timer_init(command->loop, &command->timer);
    command->input.data = command;
    command->timer.data = command;
    command->open_handles = 3;
    int error = open_input(command, &setup.input);

    if (error != 0) {
        fail(command, error);
        command->open_handles = 2;
        close_input(command);
        uv_close((uv_handle_t *)&command->timer, on_closed);
        return;
    }
    (void)uv_timer_start(&command->timer, on_timeout,
                         (uint64_t)command->timeout_s * (uint64_t)MS_PER_S, 0);
    child_start(&command->child, &setup);
}

void alert_command_work(struct alert_command *command)
{
    if (!command->is_running && !command->is_stopping && command->word_count > 0 &&
        alert_queue_pop(&command->queue, &command->entry))
        run(command);
}

void alert_command_take(struct alert_command *command, const struct alert_entry *entry)
{
    if (command->word_count > 0 && !command->is_stopping)
        alert_queue_push(&command->queue, entry);
}

bool alert_command_is_idle(const struct alert_command *command)
{
    return !command->is_running && (command->queue.count == 0 || command->is_stopping);
}

void alert_command_stop(struct alert_command *command)
{
    command->is_stopping = true;
    command->queue.dropped += command->queue.count;
    command->queue.count = 0;
    child_kill(&command->child);
}
