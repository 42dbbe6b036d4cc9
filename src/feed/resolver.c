/* The resolver: a job is shared by the loop and its thread; the one that lets go of it last, under
 * its lock, frees it. */
#include "tickd/feed/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tickd/base/assert.h"
#include "tickd/base/error.h"
#include "tickd/base/text.h"

enum { HOST_MAX = 256, PORT_TEXT_MAX = 8, STACK_BYTES = 1 << 20 };

struct resolver_job {
    pthread_mutex_t lock;
    uv_async_t *wake; /* NULL = the loop has let go */
    bool answered;    /* the thread has let go */
    int (*lookup)(const char *host, const char *port, const struct addrinfo *hints,
                  struct addrinfo **list);
    char host[HOST_MAX];
    char port[PORT_TEXT_MAX];
    int error; /* EAI_… */
    int system_error;
    struct addrinfo *list;
};

static void free_job(struct resolver_job *job)
{
    if (job->list != NULL)
        freeaddrinfo(job->list);
    (void)pthread_mutex_destroy(&job->lock);
    free(job);
}

static void *run_job(void *state)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct resolver_job *job = state;

    job->error = job->lookup(job->host, job->port, &hints, &job->list);
    job->system_error = errno;
    (void)pthread_mutex_lock(&job->lock);
    bool alone = job->wake == NULL;

    job->answered = true;
    if (!alone)
        (void)uv_async_send(job->wake);
    (void)pthread_mutex_unlock(&job->lock);
    if (alone)
        free_job(job);
    return NULL;
}

static const char *failure_of(const struct resolver_job *job)
{
    if (job->error == 0)
        return NULL;
    return job->error == EAI_SYSTEM ? strerror(job->system_error) : gai_strerror(job->error);
}

/* libuv may call once for two answers, or once more than there are answers. */
static void on_wake(uv_async_t *wake)
{
    struct resolver *resolver = wake->data;
    struct resolver_job *job = resolver->job;

    if (job == NULL)
        return;
    (void)pthread_mutex_lock(&job->lock);
    bool answered = job->answered;

    (void)pthread_mutex_unlock(&job->lock);
    if (!answered)
        return;
    resolver->job = NULL; /* so that the answer may ask again */
    resolver->answered(resolver->state, failure_of(job), job->error == 0 ? job->list : NULL);
    free_job(job);
}

int resolver_start(struct resolver *resolver, uv_loop_t *loop,
                   void (*answered)(void *state, const char *failure, const struct addrinfo *list),
                   void *state)
{
    *resolver = (struct resolver){.answered = answered, .state = state, .lookup = getaddrinfo};
    int error = uv_async_init(loop, &resolver->wake, on_wake);

    resolver->wake.data = resolver;
    return error;
}

/* Detached, with all signals blocked: they are for the loop's thread. */
static int start_thread(struct resolver_job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    sigset_t before;

    if (pthread_attr_init(&attributes) != 0)
        return ERROR_MEMORY;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, &attributes, run_job, job);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return error == 0 ? 0 : ERROR_MEMORY;
}

int resolver_ask(struct resolver *resolver, const char *host, uint16_t port)
{
    struct text text;

    if (resolver->job != NULL)
        return ERROR_STATE;
    struct resolver_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return ERROR_MEMORY;
    (void)pthread_mutex_init(&job->lock, NULL);
    job->wake = &resolver->wake;
    job->lookup = resolver->lookup;
    ASSERT(text_copy(job->host, sizeof job->host, host));
    text_init(&text, job->port, sizeof job->port);
    text_format(&text, "%u", (unsigned)port);
    if (start_thread(job) != 0) {
        free_job(job);
        return ERROR_MEMORY;
    }
    resolver->job = job;
    return 0;
}

static void let_go(struct resolver_job *job)
{
    (void)pthread_mutex_lock(&job->lock);
    bool alone = job->answered;

    job->wake = NULL;
    (void)pthread_mutex_unlock(&job->lock);
    if (alone)
        free_job(job);
}

void resolver_stop(struct resolver *resolver)
{
    if (resolver->job != NULL)
        let_go(resolver->job);
    resolver->job = NULL;
    uv_close((uv_handle_t *)&resolver->wake, NULL);
}
