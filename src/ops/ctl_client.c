/* tickctl's end of the socket. */
#include "tickd/ops/ctl_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/ops/json_rpc.h"

enum { READ_BYTES = 65536 };

static const char socket_name[] = "control.sock";

/* One that nobody lets us look at may well be there. */
static bool may_be_there(const char *path)
{
    return access(path, F_OK) == 0 || errno == EACCES;
}

/* systemd gives several directories separated by colons; the first is ours. */
static bool path_in_runtime_directory(char path[CTL_PATH_MAX])
{
    const char *directory = getenv("RUNTIME_DIRECTORY");

    if (directory == NULL || directory[0] == '\0')
        return false;
    int length = snprintf(path, CTL_PATH_MAX, "%.*s/%s", (int)strcspn(directory, ":"), directory,
                          socket_name);

    return length > 0 && length < CTL_PATH_MAX && may_be_there(path);
}

int ctl_find_socket(const char *given, char path[CTL_PATH_MAX], struct text *why)
{
    static const char *const places[] = {"/run/tickd/control.sock", "./var/run/control.sock"};

    if (given != NULL) {
        if (text_copy(path, CTL_PATH_MAX, given))
            return 0;
        text_add(why, "--socket: the path is too long");
        return ERROR_NOT_FOUND;
    }
    if (path_in_runtime_directory(path))
        return 0;
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        text_copy(path, CTL_PATH_MAX, places[i]);
        if (may_be_there(path))
            return 0;
    }
    text_format(why,
                "no daemon: there is neither $RUNTIME_DIRECTORY/%s nor %s nor %s; "
                "--socket names another",
                socket_name, places[0], places[1]);
    return ERROR_NOT_FOUND;
}

static int explain_failure(const char *path, struct text *why)
{
    int error = errno;

    if (error == ENOENT || error == ECONNREFUSED || error == ENOTSOCK) {
        text_format(why, "no daemon listens at %s", path);
        return ERROR_NOT_FOUND;
    }
    if (error == EACCES || error == EPERM) {
        text_format(why, "%s: %s; root and members of the socket's group may ask", path,
                    strerror(error));
        return ERROR_DENIED;
    }
    text_format(why, "%s: %s", path, strerror(error));
    return ERROR_IO;
}

static int connect_with(struct ctl_client *client, const char *path, int flags, struct text *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *client = (struct ctl_client){.descriptor = -1};
    if (!text_copy(address.sun_path, sizeof address.sun_path, path)) {
        text_format(why, "%s: a socket's path has at most %zu bytes", path,
                    sizeof address.sun_path - 1);
        return ERROR_NOT_FOUND;
    }
    client->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (client->descriptor < 0)
        return explain_failure(path, why);
    if (connect(client->descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = explain_failure(path, why);

        ctl_close(client);
        return error;
    }
    return 0;
}

int ctl_connect(struct ctl_client *client, const char *path, struct text *why)
{
    return connect_with(client, path, 0, why);
}

int ctl_connect_at_once(struct ctl_client *client, const char *path, struct text *why)
{
    int error = connect_with(client, path, SOCK_NONBLOCK, why);

    client->is_at_once = true;
    return error;
}

void ctl_close(struct ctl_client *client)
{
    if (client->descriptor >= 0)
        close(client->descriptor);
    free(client->memory);
    *client = (struct ctl_client){.descriptor = -1};
}

void ctl_set_patience(struct ctl_client *client, int64_t ms)
{
    struct timeval patience = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    (void)setsockopt(client->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static int send_all(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(descriptor, bytes, length, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return ERROR_CLOSED;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

int ctl_send(struct ctl_client *client, const char *method, const char *const *arguments,
             size_t argument_count)
{
    char *memory = malloc(RPC_LINE_MAX + 1);
    struct text line;
    struct json json;

    if (memory == NULL)
        return ERROR_MEMORY;
    text_init(&line, memory, RPC_LINE_MAX + 1);
    json_init(&json, &line, false);
    json_begin_object(&json, NULL);
    json_text(&json, "jsonrpc", "2.0");
    json_integer(&json, "id", 1);
    json_text(&json, "method", method);
    json_begin_list(&json, "params");
    for (size_t i = 0; i < argument_count; i++)
        json_text(&json, NULL, arguments[i]);
    json_end(&json);
    json_end(&json);
    text_add_char(&line, '\n');
    int error = line.cut ? ERROR_FULL : send_all(client->descriptor, line.data, line.length);

    free(memory);
    return error;
}

static int make_room(struct ctl_client *client)
{
    if (client->start > 0) {
        memmove(client->memory, client->memory + client->start, client->length);
        client->start = 0;
    }
    if (client->capacity - client->length >= READ_BYTES)
        return 0;
    size_t capacity = 2 * client->capacity + READ_BYTES;

    if (capacity > CTL_LINE_MAX)
        return ERROR_FULL;
    char *memory = realloc(client->memory, capacity);

    if (memory == NULL)
        return ERROR_MEMORY;
    client->memory = memory;
    client->capacity = capacity;
    return 0;
}

/* Makes room and reads once. Nothing there yet is no error where one never waits. */
static int read_more(struct ctl_client *client)
{
    int error = make_room(client);
    ssize_t got;

    if (error != 0)
        return error;
    do {
        got = read(client->descriptor, client->memory + client->length,
                   client->capacity - client->length);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN && client->is_at_once)
        return 0;
    if (got <= 0)
        return ERROR_CLOSED;
    client->length += (size_t)got;
    return 0;
}

/* Takes the first whole line of what has come. */
static bool take_line(struct ctl_client *client, char **line, size_t *length)
{
    char *start = client->memory + client->start;
    char *end = NULL;

    if (client->length > client->searched)
        end = memchr(start + client->searched, '\n', client->length - client->searched);
    if (end == NULL) {
        client->searched = client->length;
        return false;
    }
    *line = start;
    *length = (size_t)(end - start);
    *end = '\0';
    client->start += *length + 1;
    client->length -= *length + 1;
    client->searched = 0;
    return true;
}

int ctl_read_line(struct ctl_client *client, char **line, size_t *length)
{
    while (!take_line(client, line, length)) {
        int error = read_more(client);

        if (error != 0)
            return error;
    }
    return 0;
}

int ctl_receive_line(struct ctl_client *client, char **line, size_t *length)
{
    if (take_line(client, line, length))
        return 1;
    int error = read_more(client);

    if (error != 0)
        return error;
    return take_line(client, line, length) ? 1 : 0;
}

/* The daemon writes its replies in this order and without blanks, so the result can be handed on
 * byte for byte. */
bool ctl_find_result(const char *line, size_t length, const char **result, size_t *result_length)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":";
    size_t head_length = sizeof head - 1;

    if (length <= head_length || memcmp(line, head, head_length) != 0 || line[length - 1] != '}')
        return false;
    *result = line + head_length;
    *result_length = length - head_length - 1;
    return true;
}
