/* dashboard.listen, read and listened at. */
#include "tickd/ops/dashboard_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/base/options.h"

enum { BACKLOG = 64, PORT_MAX = 65535 };

static const char unix_prefix[] = "unix:";

static int refuse(const char *text, struct text *why)
{
    text_format(why,
                "found \"%.80s\", allowed: ADDRESS:PORT (127.0.0.1:8050), [ADDRESS]:PORT "
                "([::1]:8050), unix:PATH, or off",
                text);
    return ERROR_SYNTAX;
}

static bool is_loopback_v4(const struct in_addr *address)
{
    return ntohl(address->s_addr) >> 24 == 127; /* RFC 1122, 3.2.1.3 */
}

static bool read_host(struct dashboard_address *address, const char *host, bool is_v6,
                      uint16_t port)
{
    if (is_v6) {
        address->socket.v6 =
            (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        if (inet_pton(AF_INET6, host, &address->socket.v6.sin6_addr) != 1)
            return false;
        address->is_loopback = IN6_IS_ADDR_LOOPBACK(&address->socket.v6.sin6_addr);
        return true;
    }
    address->socket.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &address->socket.v4.sin_addr) != 1)
        return false;
    address->is_loopback = is_loopback_v4(&address->socket.v4.sin_addr);
    return true;
}

static int read_tcp(struct dashboard_address *address, const char *text, struct text *why)
{
    char host[DASHBOARD_NAME_MAX];
    const char *colon = strrchr(text, ':');
    bool is_v6 = text[0] == '[';
    int64_t port;

    if (colon == NULL || options_whole(colon + 1, 1, PORT_MAX, &port) != 0)
        return refuse(text, why);
    const char *first = is_v6 ? text + 1 : text;
    size_t length = (size_t)(colon - first);

    if (is_v6 && (length == 0 || first[--length] != ']'))
        return refuse(text, why);
    if (!text_copy_bytes(host, sizeof host, first, length) ||
        !read_host(address, host, is_v6, (uint16_t)port))
        return refuse(text, why);
    address->kind = DASHBOARD_TCP;
    return 0;
}

static int read_unix(struct dashboard_address *address, const char *text, struct text *why)
{
    const char *path = text + sizeof unix_prefix - 1;
    size_t length = strlen(path);
    size_t length_max = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;

    if (length == 0)
        return refuse(text, why);
    if (length > length_max) {
        text_format(why, "found a path of %zu bytes, allowed for a socket: at most %zu", length,
                    length_max);
        return ERROR_RANGE;
    }
    address->kind = DASHBOARD_UNIX;
    address->is_loopback = true;
    address->path = path;
    return 0;
}

int dashboard_address_read(struct dashboard_address *address, const char *text, struct text *why)
{
    *address = (struct dashboard_address){.kind = DASHBOARD_OFF};
    if (strcmp(text, "off") == 0)
        return 0;
    if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) != 0)
        return read_tcp(address, text, why);
    return read_unix(address, text, why);
}

static int complain(struct text *why, int descriptor)
{
    int error = errno;

    text_format(why, "%s", strerror(error));
    if (descriptor >= 0)
        close(descriptor);
    return error == EADDRINUSE ? ERROR_EXISTS : ERROR_IO;
}

static int listen_tcp(const struct dashboard_address *address, struct text *why)
{
    const struct sockaddr *any = &address->socket.any;
    bool is_v6 = any->sa_family == AF_INET6;
    socklen_t size = is_v6 ? sizeof address->socket.v6 : sizeof address->socket.v4;
    int descriptor = socket(any->sa_family, SOCK_STREAM, 0);
    int on = 1;

    /* What the last process left in TIME_WAIT does not keep the address. */
    if (descriptor < 0 || fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(descriptor, any, size) != 0 || listen(descriptor, BACKLOG) != 0)
        return complain(why, descriptor);
    return descriptor;
}

int dashboard_listen(const struct dashboard_address *address, struct control_place *place,
                     struct text *why)
{
    *place = (struct control_place){.path = ""};
    if (address->kind == DASHBOARD_TCP)
        return listen_tcp(address, why);
    int descriptor = control_listen(place, address->path, why);

    if (descriptor >= 0 && listen(descriptor, BACKLOG) != 0) {
        control_unlink(place);
        return complain(why, descriptor);
    }
    return descriptor;
}

void dashboard_local_name(int descriptor, char name[DASHBOARD_NAME_MAX])
{
    struct dashboard_address local = {.kind = DASHBOARD_TCP};
    socklen_t size = sizeof local.socket;
    char numeric[INET6_ADDRSTRLEN];
    struct text out;

    text_init(&out, name, DASHBOARD_NAME_MAX);
    if (getsockname(descriptor, &local.socket.any, &size) != 0)
        return;
    if (local.socket.any.sa_family == AF_INET &&
        inet_ntop(AF_INET, &local.socket.v4.sin_addr, numeric, sizeof numeric) != NULL)
        text_add(&out, numeric);
    else if (local.socket.any.sa_family == AF_INET6 &&
             inet_ntop(AF_INET6, &local.socket.v6.sin6_addr, numeric, sizeof numeric) != NULL)
        text_format(&out, "[%s]", numeric);
}
