/* The protocol of sd_notify(3). */
#include "tickd/ops/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tickd/base/error.h"
#include "tickd/base/options.h"

static int fail(struct text *why, const char *socket_name)
{
    text_format(why, "NOTIFY_SOCKET %s: %s", socket_name, strerror(errno));
    return ERROR_IO;
}

/* An abstract name has no zero at its end: all of the address's length counts, see unix(7). */
static int address_of(const char *name, struct sockaddr_un *address, socklen_t *length,
                      struct text *why)
{
    size_t bytes = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || name[1] == '\0') {
        text_add(why, "NOTIFY_SOCKET: neither a path nor the name of an abstract socket");
        return ERROR_RANGE;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (bytes >= sizeof address->sun_path) {
        text_format(why, "NOTIFY_SOCKET: longer than %zu bytes", sizeof address->sun_path - 1);
        return ERROR_RANGE;
    }
    memcpy(address->sun_path, name, bytes);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
    if (name[0] == '@')
        address->sun_path[0] = '\0';
    else
        *length += 1;
    return 0;
}

int notify_open(struct notify *notify, const char *socket_name, struct text *why)
{
    struct sockaddr_un address;
    socklen_t length;

    notify->descriptor = -1;
    if (socket_name == NULL || socket_name[0] == '\0')
        return 0;
    int error = address_of(socket_name, &address, &length, why);

    if (error != 0)
        return error;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);

    if (descriptor < 0)
        return fail(why, socket_name);
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        connect(descriptor, (const struct sockaddr *)&address, length) != 0) {
        error = fail(why, socket_name);
        close(descriptor);
        return error;
    }
    notify->descriptor = descriptor;
    return 0;
}

bool notify_is_open(const struct notify *notify)
{
    return notify->descriptor >= 0;
}

bool notify_send(const struct notify *notify, const char *lines)
{
    size_t length = strlen(lines);
    ssize_t sent;

    if (!notify_is_open(notify))
        return true;
    do {
        sent = send(notify->descriptor, lines, length, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)length;
}

bool notify_send_status(const struct notify *notify, const char *status)
{
    char memory[NOTIFY_BYTES_MAX];
    struct text line;

    text_init(&line, memory, sizeof memory);
    text_format(&line, "STATUS=%s", status);
    for (size_t i = 0; i < line.length; i++) {
        if ((unsigned char)memory[i] < ' ' || memory[i] == 0x7f)
            memory[i] = ' ';
    }
    return notify_send(notify, memory);
}

void notify_close(struct notify *notify)
{
    if (notify_is_open(notify))
        close(notify->descriptor);
    notify->descriptor = -1;
}

int64_t notify_watchdog_us(const char *usec, const char *pid, int64_t own_pid)
{
    int64_t every_us;
    int64_t meant;

    if (usec == NULL || options_whole(usec, 1, INT64_MAX, &every_us) != 0)
        return 0;
    if (pid != NULL && (options_whole(pid, 1, INT64_MAX, &meant) != 0 || meant != own_pid))
        return 0;
    return every_us;
}
