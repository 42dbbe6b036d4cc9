/* The fork, the child's few lines, and the timer that waits for its end. _Fork(), close_range() and
 * PR_SET_PDEATHSIG need _GNU_SOURCE: asked for in this file alone. */
#define _GNU_SOURCE
#include "tickd/store/checkpoint_live.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tickd/store/checkpoint_file.h"

enum {
    LOOK_EVERY_MS = 10,
    LOWEST_PRIORITY = 19,
    DEATH_WAIT_MAX_MS = 1000 /* for a child that has been killed, at the close */
};

/* In the child: of all that it has inherited it keeps standard error, for an assertion's last
 * words. Every signal is blocked, so that no handler of the parent's runs here. */
static void run_child(const struct checkpoint_live *live, struct engine *engine, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(0);
    }
    (void)close_range(STDERR_FILENO + 1, UINT_MAX, 0);
    (void)setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY);
    checkpoint_write(live->folder, engine, live->result);
    _exit(0);
}

/* Not fork(): what libraries have asked to be called at a fork (jemalloc takes all its locks, libuv
 * makes new pipes) is for children that go on to use them. */
static pid_t fork_child(const struct checkpoint_live *live, struct engine *engine)
{
    sigset_t all;
    sigset_t before;
    pid_t parent = getpid();
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = _Fork();
    if (child == 0) {
        run_child(live, engine, parent);
    }
    int error = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return child;
}

/* The end. */

static int64_t since_us(const struct checkpoint_live *live)
{
    return (int64_t)(uv_hrtime() - live->began_ns) / 1000;
}

static void explain_death(const struct checkpoint_live *live, int status, struct text *why)
{
    if (live->result->step != CHECKPOINT_DONE && live->result->error != 0) {
        checkpoint_explain(live->folder, live->result, why);
    } else if (WIFSIGNALED(status) && since_us(live) / 1000 >= live->limit_ms) {
        text_format(why, "checkpoint in %s: not done after %lld ms, ended", live->folder,
                    (long long)live->limit_ms);
    } else if (WIFSIGNALED(status)) {
        text_format(why, "checkpoint in %s: its process was ended by signal %d (%s)", live->folder,
                    WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        text_format(why, "checkpoint in %s: its process ended without a result", live->folder);
    }
}

static void report_end(struct checkpoint_live *live, int status)
{
    char memory[PERSIST_WHY_MAX + CHECKPOINT_FOLDER_MAX];
    struct text why;
    struct checkpoint_report report = {.written = live->result->step == CHECKPOINT_DONE,
                                       .meta = live->result->meta,
                                       .bytes = live->result->bytes,
                                       .fork_us = live->fork_us,
                                       .took_us = since_us(live),
                                       .why = memory};
    text_init(&why, memory, sizeof memory);
    if (!report.written) {
        explain_death(live, status, &why);
    }
    live->done(live->state, &report);
}

static void look(uv_timer_t *timer)
{
    struct checkpoint_live *live = timer->data;
    int status = 0;
    pid_t ended = waitpid(live->child, &status, WNOHANG);
    if (ended == 0) {
        if (since_us(live) / 1000 >= live->limit_ms) {
            (void)kill(live->child, SIGKILL);
        }
        return;
    }
    live->child = 0;
    (void)uv_timer_stop(timer);
    report_end(live, status);
}

/* Life. */

int checkpoint_live_init(struct checkpoint_live *live, uv_loop_t *loop, const char *folder,
                         void (*done)(void *state, const struct checkpoint_report *report),
                         void *state)
{
    memset(live, 0, sizeof *live);
    if (!text_copy(live->folder, sizeof live->folder, folder)) {
        return ERROR_OVERFLOW;
    }
    void *page =
        mmap(NULL, sizeof *live->result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return ERROR_MEMORY;
    }
    live->result = page;
    live->done = done;
    live->state = state;
    live->limit_ms = CHECKPOINT_LIMIT_MS;
    (void)uv_timer_init(loop, &live->timer);
    live->timer.data = live;
    return 0;
}

int checkpoint_begin(struct checkpoint_live *live, struct engine *engine,
                     enum checkpoint_place place, const struct checkpoint_meta *meta,
                     struct text *why)
{
    if (live->child != 0) {
        text_add(why, "a checkpoint is being written already");
        return ERROR_STATE;
    }
    *live->result =
        (struct checkpoint_result){.meta = *meta, .place = place, .step = CHECKPOINT_BEGIN};
    live->began_ns = uv_hrtime();
    pid_t child = fork_child(live, engine);
    live->fork_us = since_us(live);
    if (child < 0) {
        text_format(why, "checkpoint in %s: a process to write it cannot be made: %s", live->folder,
                    strerror(errno));
        return ERROR_MEMORY;
    }
    live->child = child;
    (void)uv_timer_start(&live->timer, look, LOOK_EVERY_MS, LOOK_EVERY_MS);
    return 0;
}

bool checkpoint_is_under_way(const struct checkpoint_live *live)
{
    return live->child != 0;
}

/* A child that is killed makes no further step; one that sits in a slow fsync() dies a little
 * later, and is then reaped by whoever comes after this process. */
static void end_child(struct checkpoint_live *live)
{
    (void)kill(live->child, SIGKILL);
    for (int waited_ms = 0; waited_ms < DEATH_WAIT_MAX_MS; waited_ms++) {
        if (waitpid(live->child, NULL, WNOHANG) != 0) {
            break;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    live->child = 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct checkpoint_live *live = handle->data;
    if (live->closed != NULL) {
        live->closed(live->state);
    }
}

void checkpoint_live_close(struct checkpoint_live *live, void (*closed)(void *state))
{
    if (live->child != 0) {
        end_child(live);
    }
    (void)munmap(live->result, sizeof *live->result);
    live->result = NULL;
    live->closed = closed;
    uv_close((uv_handle_t *)&live->timer, on_closed);
}
