/* A library to be preloaded into a program under test: it lets the program's own calls on files
 * fail, one after another, as a disk does that is full or broken. The program is not changed.
 *
 *   IO_FAULTS_UNDER=DIR    only files below this folder
 *   IO_FAULTS_FIRST=N      the N-th call fails (1 is the first) …
 *   IO_FAULTS_COUNT=M      … and the M−1 after it; 0 = all after it; default 1
 *   IO_FAULTS_ERROR=E      with this error: ENOSPC (default), EIO, EROFS, EDQUOT
 *   IO_FAULTS_TALLY=FILE   at every call the number of calls so far is kept here (8 bytes, mapped),
 *                          so that a test knows when it has walked through all of them
 *
 * Counted are what changes a disk: open with O_CREAT or for writing, write, pwrite, fsync,
 * fdatasync, ftruncate, rename. A write that fails with ENOSPC has written half of what it was
 * given, as on a real disk that runs full. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's own names are
 * reserved ones. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const char *under;
    size_t under_length;
    uint64_t first;
    uint64_t count;
    int error;
    _Atomic uint64_t own_calls;
    _Atomic uint64_t *calls; /* own_calls, or the mapped tally that survives the program */
} plan;

static int error_of(const char *name)
{
    static const struct {
        const char *name;
        int error;
    } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}, {"EDQUOT", EDQUOT}};
    for (size_t i = 0; name != NULL && i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(name, errors[i].name) == 0) {
            return errors[i].error;
        }
    }
    return ENOSPC;
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void *next_of(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        abort();
    }
    return function;
}

static void map_tally(const char *path)
{
    int (*open_next)(const char *, int, ...) = (int (*)(const char *, int, ...))next_of("open");
    int descriptor = open_next(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || posix_fallocate(descriptor, 0, sizeof(uint64_t)) != 0) {
        abort();
    }
    void *memory = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) {
        abort();
    }
    plan.calls = memory;
    (void)close(descriptor);
}

static void begin(void)
{
    plan.under = getenv("IO_FAULTS_UNDER");
    plan.under_length = plan.under != NULL ? strlen(plan.under) : 0;
    plan.first = number_of("IO_FAULTS_FIRST", UINT64_MAX);
    plan.count = number_of("IO_FAULTS_COUNT", 1);
    plan.error = error_of(getenv("IO_FAULTS_ERROR"));
    plan.calls = &plan.own_calls;
    if (getenv("IO_FAULTS_TALLY") != NULL) {
        map_tally(getenv("IO_FAULTS_TALLY"));
    }
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool is_under(const char *path)
{
    (void)pthread_once(&once, begin);
    return plan.under_length > 0 && strncmp(path, plan.under, plan.under_length) == 0;
}

/* Whether this call is one that fails; counts it. */
static bool fails(bool concerned)
{
    if (!concerned) {
        return false;
    }
    uint64_t call = atomic_fetch_add(plan.calls, 1) + 1;
    bool failing = call >= plan.first && (plan.count == 0 || call - plan.first < plan.count);
    if (failing) {
        errno = plan.error;
    }
    return failing;
}

static bool concerns(int descriptor)
{
    char link[64];
    char path[PATH_MAX];
    int saved = errno;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length <= 0) {
        return false;
    }
    path[length] = '\0';
    return is_under(path);
}

static bool concerns_path(const char *path, int flags)
{
    char whole[PATH_MAX];
    bool changes = (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0;
    if (!changes) {
        return false;
    }
    if (path[0] == '/') {
        return is_under(path);
    }
    return getcwd(whole, sizeof whole) != NULL && is_under(whole);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

#define OPEN(name)                                                                             \
    int name(const char *path, int flags, ...)                                                 \
    {                                                                                          \
        int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))next_of(#name); \
        va_list arguments;                                                                     \
        va_start(arguments, flags);                                                            \
        mode_t mode = mode_of(flags, arguments);                                               \
        va_end(arguments);                                                                     \
        return fails(concerns_path(path, flags)) ? -1 : next(path, flags, mode);               \
    }

OPEN(open)
OPEN(open64)

static bool is_disk_full(void)
{
    return errno == ENOSPC || errno == EDQUOT;
}

ssize_t write(int descriptor, const void *bytes, size_t length)
{
    ssize_t (*next)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))next_of("write");
    if (!fails(concerns(descriptor))) {
        return next(descriptor, bytes, length);
    }
    return is_disk_full() && length > 1 ? next(descriptor, bytes, length / 2) : -1;
}

#define PWRITE(name, offset_type)                                                               \
    ssize_t name(int descriptor, const void *bytes, size_t length, offset_type offset)          \
    {                                                                                           \
        ssize_t (*next)(int, const void *, size_t, offset_type) =                               \
            (ssize_t(*)(int, const void *, size_t, offset_type))next_of(#name);                 \
        if (!fails(concerns(descriptor))) {                                                     \
            return next(descriptor, bytes, length, offset);                                     \
        }                                                                                       \
        return is_disk_full() && length > 1 ? next(descriptor, bytes, length / 2, offset) : -1; \
    }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define ON_DESCRIPTOR(name)                                         \
    int name(int descriptor)                                        \
    {                                                               \
        int (*next)(int) = (int (*)(int))next_of(#name);            \
        return fails(concerns(descriptor)) ? -1 : next(descriptor); \
    }

ON_DESCRIPTOR(fsync)
ON_DESCRIPTOR(fdatasync)

#define FTRUNCATE(name, offset_type)                                               \
    int name(int descriptor, offset_type length)                                   \
    {                                                                              \
        int (*next)(int, offset_type) = (int (*)(int, offset_type))next_of(#name); \
        return fails(concerns(descriptor)) ? -1 : next(descriptor, length);        \
    }

FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) =
        (int (*)(const char *, const char *))next_of("rename");
    return fails(is_under(to)) ? -1 : next(from, to);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
