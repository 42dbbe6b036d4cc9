/* What libwebsockets has to say, as lines of tickd's own log. Its log is one for the whole process,
 * so this is too: whoever starts the process attaches it once, before the first context, and
 * whatever uses libwebsockets (feed client, dashboard) speaks through it.
 *
 * Only errors and warnings pass. A line that holds the feed's key is withheld. Never more than
 * LWS_LOG_LINES_A_MINUTE lines a minute pass; how many did not is said with the next that does. */
#ifndef TICKD_FEED_LWS_LOG_H
#define TICKD_FEED_LWS_LOG_H

#include "tickd/feed/token.h"
#include "tickd/settings/settings.h"

enum { LWS_LOG_LINES_A_MINUTE = 20 };

typedef void (*feed_log)(void *state, enum log_level level, const char *event, const char *text);

/* steady_ns: a monotonic clock. */
void lws_log_attach(feed_log log, void *state, int64_t (*steady_ns)(void));

/* The key to look for; NULL = none (any more). It must outlive its use. */
void lws_log_set_token(const struct token *token);

/* Silence again. */
void lws_log_detach(void);

#endif
