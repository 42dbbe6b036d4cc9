/* `tickctl top`: asks the daemon again and again, shows what it says, takes keys; and waits for a
 * daemon that is not there. It never waits for one thing alone. */
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sysexits.h>
#include <time.h>

#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/bin/terminal.h"
#include "tickd/bin/tickctl.h"
#include "tickd/ops/ctl_client.h"
#include "tickd/ops/ctl_top_view.h"

enum {
    INTERVAL_MS = 1000,
    INTERVAL_MIN_MS = 100,
    INTERVAL_MAX_MS = 3600 * 1000,
    RETRY_MS = 1000,
    SECOND_MS = 1000, /* what is shown grows old by the second */
    QUESTIONS_MAX = 2
};

struct top {
    const char *socket;
    int64_t interval_ms;
    struct ctl_client client; /* descriptor −1: not connected */
    enum top_question
        open[QUESTIONS_MAX]; /* without answer, in the order in which they were asked */
    size_t open_count;
    int64_t asked_ms;
    int64_t next_ms; /* to ask, or to look for a daemon */
    struct top_model model;
    struct top_view view;
    struct top_grid grid;
};

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The connection. */

static void lose(struct top *top, const char *why)
{
    ctl_close(&top->client);
    top->open_count = 0;
    top->next_ms = now_ms() + RETRY_MS;
    top_model_lose(&top->model, why);
}

static void look_for_daemon(struct top *top)
{
    char path[CTL_PATH_MAX];
    char memory[CTL_WHY_MAX];
    struct text why;

    text_init(&why, memory, sizeof memory);
    if (ctl_find_socket(top->socket, path, &why) != 0 ||
        ctl_connect_at_once(&top->client, path, &why) != 0) {
        lose(top, memory);
        return;
    }
    if (top->client.descriptor >= FD_SETSIZE) {
        lose(top, "too many files are open");
        return;
    }
    top->model.link = TOP_WAITING;
    top->next_ms = 0;
}

static void ask_one(struct top *top, enum top_question question)
{
    if (top->open_count == QUESTIONS_MAX || top->client.descriptor < 0)
        return;
    if (ctl_send(&top->client, top_question_name(question), NULL, 0) != 0) {
        lose(top, "the daemon has closed the connection");
        return;
    }
    top->open[top->open_count++] = question;
}

/* Nothing is asked while an answer is due: a slow daemon gets no queue from us. */
static void ask(struct top *top)
{
    if (top->open_count > 0)
        return;
    top->asked_ms = now_ms();
    top->next_ms = top->asked_ms + top->interval_ms;
    ask_one(top, TOP_ASK_STATUS);
    if (top->view.screen == TOP_SCREEN_FEED)
        ask_one(top, TOP_ASK_SYMBOLS);
}

static void take_answer(struct top *top, const char *line, size_t length)
{
    const char *result;
    size_t result_length;
    enum top_question question = top->open[0];

    if (top->open_count == 0 || !ctl_find_result(line, length, &result, &result_length)) {
        lose(top, "the daemon refuses, or is another program");
        return;
    }
    top->open_count--;
    memmove(top->open, top->open + 1, top->open_count * sizeof top->open[0]);
    (void)top_model_take(&top->model, question, result, result_length);
}

static void read_answers(struct top *top)
{
    char *line;
    size_t length;
    int got;

    while ((got = ctl_receive_line(&top->client, &line, &length)) > 0) {
        take_answer(top, line, length);
        if (top->client.descriptor < 0)
            return;
    }
    if (got < 0)
        lose(top, got == ERROR_FULL ? "the daemon's answer is too long"
                                    : "the daemon has closed the connection");
}

/* The screen. */

static bool draw(struct top *top)
{
    int rows;
    int columns;

    top->model.silent_ms = top->open_count > 0 ? now_ms() - top->asked_ms : 0;
    terminal_size(&rows, &columns);
    if (!top_grid_resize(&top->grid, rows, columns))
        return false;
    top_draw(&top->model, &top->view, &top->grid);
    terminal_show(&top->grid);
    return true;
}

/* false: the user wants to leave. */
static bool take_keys(struct top *top)
{
    uint32_t key;

    while ((key = terminal_key()) != 0) {
        enum top_action action = top_press(&top->view, key);

        if (action == TOP_QUIT)
            return false;
        if (action == TOP_ASK_AGAIN)
            top->next_ms = 0;
    }
    return !terminal_is_gone();
}

static int64_t time_to_wait(const struct top *top)
{
    int64_t wait = top->next_ms - now_ms();

    if (wait > SECOND_MS || top->view.is_paused || top->open_count > 0)
        wait = SECOND_MS;
    return wait < 0 ? 0 : wait;
}

static void do_what_is_due(struct top *top)
{
    if (now_ms() < top->next_ms)
        return;
    if (top->client.descriptor < 0)
        look_for_daemon(top);
    if (top->client.descriptor >= 0 && !top->view.is_paused)
        ask(top);
}

static int run(struct top *top)
{
    struct terminal_events events;

    do {
        do_what_is_due(top);
        if (!draw(top))
            return EX_OSERR;
        if (!terminal_wait(top->client.descriptor, time_to_wait(top), &events))
            return 0;
        if (events.has_data)
            read_answers(top);
    } while (!events.has_key || take_keys(top));
    return 0;
}

/* Seconds, with decimals. */
static bool read_interval(const char *text, int64_t *ms)
{
    int64_t seconds;

    if (text == NULL) {
        *ms = INTERVAL_MS;
        return true;
    }
    if (decimal_parse(text, strlen(text), &seconds) != 0)
        return false;
    *ms = seconds / (DECIMAL_ONE / 1000);
    return *ms >= INTERVAL_MIN_MS && *ms <= INTERVAL_MAX_MS;
}

int ctl_top(const struct ctl_line *line)
{
    char memory[CTL_WHY_MAX];
    struct text why;
    struct top *top = calloc(1, sizeof *top);
    int code = EX_USAGE;

    text_init(&why, memory, sizeof memory);
    if (top == NULL)
        return ctl_complain(EX_OSERR, "there is no memory");
    top->socket = line->socket;
    top->client.descriptor = -1;
    top_model_init(&top->model);
    top_view_init(&top->view);
    if (!read_interval(line->interval, &top->interval_ms)) {
        ctl_complain(code, "--interval: seconds from 0.1 to 3600 are needed");
    } else if (!terminal_open(&why)) {
        ctl_complain(code, why.data);
    } else {
        top_grid_init(&top->grid, terminal_is_ascii());
        code = run(top);
        terminal_close();
        if (code != 0)
            ctl_complain(code, "there is no memory");
    }
    ctl_close(&top->client);
    top_grid_fini(&top->grid);
    top_model_fini(&top->model);
    free(top);
    return code;
}
