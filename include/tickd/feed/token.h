/* The feed's key. It lives in a page of memory of its own, which is kept out of core dumps and swap
 * where the system lets it, and is wiped at the end. It is read from the first of these that is
 * there:
 *
 *   1. $CREDENTIALS_DIRECTORY/finnhub-token   (systemd's LoadCredential=; a blank one is none)
 *   2. the file that feed.token_file names
 *   3. the environment variable FINNHUB_TOKEN, which is wiped and unset in any case
 *
 * No message ever holds the key or a part of it; errors name the source. While a handshake lasts
 * libwebsockets holds a copy of the request in memory of its own. */
#ifndef TICKD_FEED_TOKEN_H
#define TICKD_FEED_TOKEN_H

#include "tickd/base/text.h"

enum { TOKEN_MAX = 256 /* longest key in bytes, without the terminating zero */ };

struct token_page;

struct token {
    struct token_page *page; /* NULL = no memory is held */
    const char *source;      /* where the key came from, for people; NULL = there is none */
};

/* Reads the key; ERROR_NOT_FOUND when no source has one, which may be no fault (a local server
 * wants none). Blanks and line ends around it do not belong to it. ERROR_IO (a named file cannot be
 * read), ERROR_SYNTAX (empty, or a byte that is not printable ASCII), ERROR_RANGE (too long),
 * ERROR_MEMORY: with *why. token_file may be "". Whatever it returns, token_fini() afterwards. */
int token_load(struct token *token, const char *token_file, struct text *why);

/* The path with "?token=KEY", percent-encoded where RFC 3986 wants it; the path alone when there is
 * no key (ERROR_NOT_FOUND above). It lies in the same page. ERROR_RANGE when it does not fit. */
int token_request_path(struct token *token, const char *path, const char **request);

/* Copies `text` to `clean`, always terminated; a text that holds the key, plain or encoded, or what
 * may be a part of it ("token=…", cut off) is replaced as a whole by a note that says so. */
void token_redact(const struct token *token, const char *text, char *clean, size_t capacity);

/* Wipes and releases. */
void token_fini(struct token *token);

#endif
