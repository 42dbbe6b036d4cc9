/* posix_spawn() in the pool, waitpid() when SIGCHLD says so. */
#include "tickd/ops/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child does between its birth and its program. */
static int prepare(const struct child *child, posix_spawn_file_actions_t *files,
                   posix_spawnattr_t *attributes)
{
    sigset_t all;
    sigset_t none;
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;

    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    int error = posix_spawn_file_actions_adddup2(files, child->setup.input, STDIN_FILENO);

    if (error == 0)
        error = posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setpgroup(attributes, 0);
    return error == 0 ? posix_spawnattr_setflags(attributes, flags) : error;
}

static int spawn(struct child *child)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;

    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return ENOMEM;
    }
    int error = prepare(child, &files, &attributes);

    if (error == 0)
        error = posix_spawn(&child->spawned, child->setup.words[0], &files, &attributes,
                            child->setup.words, child->setup.environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

static void on_work(uv_work_t *work)
{
    struct child *child = work->data;

    child->error = spawn(child);
}

/* Whether it has ended. Others' children have the same signal, and its own may come before the loop
 * hears that it was started: nothing is known of it until then. */
static void look(struct child *child)
{
    int status;
    pid_t ended = child->pid != 0 ? waitpid(child->pid, &status, WNOHANG) : 0;

    if (ended != child->pid || ended == 0)
        return;
    child->pid = 0;
    (void)uv_signal_stop(&child->signal);
    child->setup.ended(child->setup.owner, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    look(handle->data);
}

static void on_work_done(uv_work_t *work, int status)
{
    struct child *child = work->data;

    (void)status;
    (void)close(child->setup.input);
    if (child->error == 0)
        child->pid = child->spawned;
    child->setup.started(child->setup.owner, -child->error);
    look(child); /* its signal may have come before */
}

void child_start(struct child *child, const struct child_setup *setup)
{
    *child = (struct child){.setup = *setup};
    child->work.data = child;
    (void)uv_signal_init(setup->loop, &child->signal);
    child->signal.data = child;
    (void)uv_signal_start(&child->signal, on_signal, SIGCHLD);
    (void)uv_queue_work(setup->loop, &child->work, on_work, on_work_done);
}

void child_kill(const struct child *child)
{
    if (child->pid != 0)
        (void)kill(-child->pid, SIGKILL);
}

static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    child->setup.closed(child->setup.owner);
}

void child_close(struct child *child)
{
    uv_close((uv_handle_t *)&child->signal, on_closed);
}
