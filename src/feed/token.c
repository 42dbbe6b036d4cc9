/* The key: sources, checks, and a page that is wiped. */
#define _DEFAULT_SOURCE /* madvise, MAP_ANONYMOUS, explicit_bzero */
#include "tickd/feed/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum {
    REQUEST_MAX = 1536, /* what libwebsockets takes into a request line is 2048 */
    ENCODED_MAX = 3 * TOKEN_MAX,
    FILE_PATH_MAX = 4096,
    KEY_PART_MIN = 4 /* bytes of the key that say something about it */
};

struct token_page {
    char key[TOKEN_MAX + 1];
    char encoded[ENCODED_MAX + 1];
    char request[REQUEST_MAX];
    char raw[TOKEN_MAX + 64]; /* as read, before it is trimmed: room for some blanks */
};

static const char variable[] = "FINNHUB_TOKEN";
static const char credential[] = "finnhub-token";

static int take_page(struct token *token)
{
    void *page =
        mmap(NULL, sizeof *token->page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return ERROR_MEMORY;
    /* Both are for the better only: a system that refuses them still has a working key. */
    (void)madvise(page, sizeof *token->page, MADV_DONTDUMP);
    (void)mlock(page, sizeof *token->page);
    token->page = page;
    return 0;
}

void token_fini(struct token *token)
{
    if (token->page != NULL) {
        explicit_bzero(token->page, sizeof *token->page);
        (void)munmap(token->page, sizeof *token->page);
    }
    *token = (struct token){0};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What RFC 3986 calls unreserved: it stands for itself in a query. */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void encode(struct token_page *page)
{
    struct text encoded;

    text_init(&encoded, page->encoded, sizeof page->encoded);
    for (const char *p = page->key; *p != '\0'; p++) {
        if (is_unreserved(*p))
            text_add_char(&encoded, *p);
        else
            text_format(&encoded, "%%%02X", (unsigned)(unsigned char)*p);
    }
}

/* Takes over what was read, `length` bytes of page->raw. */
static int adopt(struct token *token, size_t length, const char *source, struct text *why)
{
    struct token_page *page = token->page;
    size_t begin = 0;

    while (length > 0 && is_blank(page->raw[length - 1]))
        length--;
    while (begin < length && is_blank(page->raw[begin]))
        begin++;
    length -= begin;
    if (length == 0) {
        text_format(why, "the feed's key is empty: %s", source);
        return ERROR_SYNTAX;
    }
    if (length > TOKEN_MAX) {
        text_format(why, "the feed's key is longer than %d bytes: %s", (int)TOKEN_MAX, source);
        return ERROR_RANGE;
    }
    for (size_t i = begin; i < begin + length; i++) {
        if (page->raw[i] <= ' ' || page->raw[i] > '~') {
            text_format(why, "the feed's key holds a byte that is not printable ASCII: %s", source);
            return ERROR_SYNTAX;
        }
    }
    memcpy(page->key, page->raw + begin, length);
    page->key[length] = '\0';
    explicit_bzero(page->raw, sizeof page->raw);
    encode(page);
    token->source = source;
    return 0;
}

/* Bytes read, up to capacity, or −1 with errno. */
static ssize_t read_all(int file, char *bytes, size_t capacity)
{
    size_t length = 0;

    while (length < capacity) {
        ssize_t got = read(file, bytes + length, capacity - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static bool is_all_blank(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_blank(bytes[i]))
            return false;
    }
    return true;
}

/* ERROR_NOT_FOUND: no such file, or a blank one where that means the same. */
static int load_file(struct token *token, const char *path, const char *source, bool may_be_blank,
                     struct text *why)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (file < 0) {
        text_format(why, "the feed's key cannot be read: %s %s: %s", source, path, strerror(errno));
        return errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO;
    }
    ssize_t length = read_all(file, token->page->raw, sizeof token->page->raw);
    int read_errno = errno;

    (void)close(file);
    if (length < 0) {
        text_format(why, "the feed's key cannot be read: %s %s: %s", source, path,
                    strerror(read_errno));
        return ERROR_IO;
    }
    if (may_be_blank && is_all_blank(token->page->raw, (size_t)length))
        return ERROR_NOT_FOUND;
    return adopt(token, (size_t)length, source, why);
}

/* ERROR_NOT_FOUND: systemd gave no such credential, or a blank one: what SetCredential= of a unit
 * puts in the place of a file that is not there. */
static int load_credential(struct token *token, struct text *why)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char memory[FILE_PATH_MAX];
    struct text path;

    if (directory == NULL || directory[0] == '\0')
        return ERROR_NOT_FOUND;
    text_init(&path, memory, sizeof memory);
    text_format(&path, "%s/%s", directory, credential);
    if (path.cut)
        return ERROR_NOT_FOUND;
    int error = load_file(token, memory, "the credential", true, why);

    if (error == ERROR_NOT_FOUND)
        text_clear(why);
    return error;
}

/* Takes the variable out of the environment, and its value out of the memory that
 * /proc/PID/environ shows. */
static int load_variable(struct token *token, bool wanted, struct text *why)
{
    char *value = getenv(variable);
    int error = ERROR_NOT_FOUND;

    if (value == NULL)
        return ERROR_NOT_FOUND;
    size_t length = strlen(value);

    if (wanted) {
        size_t taken = length < sizeof token->page->raw ? length : sizeof token->page->raw;

        memcpy(token->page->raw, value, taken);
        error = adopt(token, taken, "the environment variable FINNHUB_TOKEN", why);
    }
    explicit_bzero(value, length);
    (void)unsetenv(variable);
    return error;
}

int token_load(struct token *token, const char *token_file, struct text *why)
{
    *token = (struct token){0};
    int error = take_page(token);

    if (error != 0) {
        text_add(why, "there is no memory for the feed's key");
        return error;
    }
    error = load_credential(token, why);
    if (error == ERROR_NOT_FOUND && token_file[0] != '\0') {
        error = load_file(token, token_file, "feed.token_file", false, why);
        error = error == ERROR_NOT_FOUND ? ERROR_IO : error;
    }
    int from_variable = load_variable(token, error == ERROR_NOT_FOUND, why);

    return error == ERROR_NOT_FOUND ? from_variable : error;
}

int token_request_path(struct token *token, const char *path, const char **request)
{
    struct text text;

    text_init(&text, token->page->request, sizeof token->page->request);
    text_add(&text, path);
    if (token->source != NULL)
        text_format(&text, "?token=%s", token->page->encoded);
    *request = token->page->request;
    return text.cut ? ERROR_RANGE : 0;
}

/* A text that was cut may end in the beginning of the key. */
static bool ends_in_part(const char *text, const char *key)
{
    size_t text_length = strlen(text);
    size_t length = strlen(key);

    if (length > text_length)
        length = text_length;
    for (; length >= KEY_PART_MIN; length--) {
        if (memcmp(text + text_length - length, key, length) == 0)
            return true;
    }
    return false;
}

static bool shows(const char *text, const char *key)
{
    return strstr(text, key) != NULL || ends_in_part(text, key);
}

void token_redact(const struct token *token, const char *text, char *clean, size_t capacity)
{
    bool shows_key = token->source != NULL &&
                     (shows(text, token->page->key) || shows(text, token->page->encoded) ||
                      strstr(text, "token=") != NULL);

    (void)text_copy(clean, capacity,
                    shows_key ? "(withheld: the text holds the feed's key)" : text);
}
