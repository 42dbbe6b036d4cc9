/* The socket file. Its mode is set by the umask around bind(), so there is no moment at which it
 * is open to others. */
#include "tickd/ops/control_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum { SOCKET_UMASK = 0117 };

static int fail(struct text *why, const char *path, const char *what)
{
    bool too_many = errno == EMFILE || errno == ENFILE;
    text_format(why, "%s: %s: %s%s", path, what, strerror(errno),
                too_many ? "; raise the limit of open files" : "");
    return ERROR_IO;
}

static int new_socket(void)
{
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);

    if (descriptor < 0)
        return -1;
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* Something is at the path already: is it a socket whose daemon is dead? Then it goes. A daemon
 * that is too busy to accept still lives. */
static int remove_if_dead(const struct sockaddr_un *address, struct text *why)
{
    const char *path = address->sun_path;
    struct stat seen;

    if (lstat(path, &seen) != 0)
        return errno == ENOENT ? 0 : fail(why, path, "stat");
    if (!S_ISSOCK(seen.st_mode)) {
        text_format(why,
                    "%s: is there already and is no socket; remove it, or choose another "
                    "runtime directory",
                    path);
        return ERROR_EXISTS;
    }
    int descriptor = new_socket();

    if (descriptor < 0)
        return fail(why, path, "socket");
    int connected = connect(descriptor, (const struct sockaddr *)address, sizeof *address);
    int error = errno;

    close(descriptor);
    if (connected != 0 && error == ENOENT)
        return 0;
    if (connected != 0 && error == ECONNREFUSED)
        return unlink(path) == 0 || errno == ENOENT ? 0 : fail(why, path, "unlink");
    text_format(why,
                "%s: another daemon is listening there; stop it, or choose another runtime "
                "directory",
                path);
    return ERROR_EXISTS;
}

static int bind_at(int descriptor, const struct sockaddr_un *address)
{
    mode_t before = umask((mode_t)SOCKET_UMASK);
    int result = bind(descriptor, (const struct sockaddr *)address, sizeof *address);
    int error = errno;

    umask(before);
    errno = error;
    return result;
}

int control_listen(struct control_place *place, const char *path, struct text *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat seen;

    *place = (struct control_place){.path = ""};
    if (!text_copy(address.sun_path, sizeof address.sun_path, path)) {
        text_format(why,
                    "%s: a socket's path has at most %zu bytes; choose a shorter runtime directory",
                    path, sizeof address.sun_path - 1);
        return ERROR_RANGE;
    }
    int error = remove_if_dead(&address, why);

    if (error != 0)
        return error;
    int descriptor = new_socket();

    if (descriptor < 0)
        return fail(why, path, "socket");
    if (bind_at(descriptor, &address) != 0 || lstat(path, &seen) != 0) {
        error = fail(why, path, "bind");
        close(descriptor);
        return error;
    }
    text_copy(place->path, sizeof place->path, path);
    place->device = seen.st_dev;
    place->inode = seen.st_ino;
    return descriptor;
}

void control_unlink(const struct control_place *place)
{
    struct stat seen;

    if (place->path[0] != '\0' && lstat(place->path, &seen) == 0 && seen.st_dev == place->device &&
        seen.st_ino == place->inode)
        unlink(place->path);
}
