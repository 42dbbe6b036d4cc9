/* libwebsockets' log: process-wide by its making, so the state here is too. */
#include "tickd/feed/lws_log.h"

#include <libwebsockets.h>
#include <string.h>

#include "tickd/feed/log_limit.h"

enum { LINE_MAX_BYTES = 512, NS_PER_US = 1000 };

static struct {
    feed_log log;
    void *state;
    int64_t (*steady_ns)(void);
    const struct token *token;
    struct log_limit limit;
} attached;

static void emit(int level, const char *line)
{
    char clean[LINE_MAX_BYTES];
    char memory[LINE_MAX_BYTES + 64];
    struct text text;
    uint64_t withheld = 0;

    if (attached.log == NULL ||
        !log_limit_pass(&attached.limit, attached.steady_ns() / NS_PER_US, &withheld))
        return;
    if (attached.token != NULL)
        token_redact(attached.token, line, clean, sizeof clean);
    else
        (void)text_copy(clean, sizeof clean, line);
    clean[strcspn(clean, "\r\n")] = '\0';
    text_init(&text, memory, sizeof memory);
    text_add(&text, clean);
    if (withheld > 0)
        text_format(&text, " (and %llu lines before it)", (unsigned long long)withheld);
    attached.log(attached.state, level == LLL_ERR ? LOG_WARNING : LOG_INFO, "websockets", memory);
}

void lws_log_attach(feed_log log, void *state, int64_t (*steady_ns)(void))
{
    attached.log = log;
    attached.state = state;
    attached.steady_ns = steady_ns;
    log_limit_init(&attached.limit, LWS_LOG_LINES_A_MINUTE);
    lws_set_log_level(LLL_ERR | LLL_WARN, emit);
}

void lws_log_set_token(const struct token *token)
{
    attached.token = token;
}

void lws_log_detach(void)
{
    memset(&attached, 0, sizeof attached);
    lws_set_log_level(0, emit);
}
