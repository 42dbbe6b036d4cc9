/* A library to be preloaded into a program under test: it sets the program's clock, as an
 * administrator or ntpd does, while the program runs. Steady clocks are left alone.
 *
 *   CLOCK_FAULTS=FILE   its first 8 bytes are mapped: µs (signed, as the machine writes it) by
 * which the program's clock is ahead of the machine's */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's own names are
 * reserved ones. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000, US_PER_S = 1000000, NS_PER_US = 1000 };

static _Atomic int64_t *ahead_us;

static void map_file(void)
{
    const char *path = getenv("CLOCK_FAULTS");
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped =
        file >= 0 ? mmap(NULL, sizeof *ahead_us, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (mapped == MAP_FAILED) {
        fputs("clock_faults: CLOCK_FAULTS has to name a file of 8 bytes\n", stderr);
        abort();
    }
    close(file);
    ahead_us = mapped;
}

static void shift(struct timespec *now)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, map_file);
    int64_t us = atomic_load(ahead_us);
    int64_t ns = now->tv_nsec + us % US_PER_S * NS_PER_US;
    now->tv_sec += us / US_PER_S + (ns < 0 ? -1 : ns / NS_PER_S);
    now->tv_nsec = ns < 0 ? ns + NS_PER_S : ns % NS_PER_S;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (syscall(SYS_clock_gettime, clock, now) != 0) {
        return -1;
    }
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        shift(now);
    }
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / NS_PER_US};
    return 0;
}

time_t time(time_t *result)
{
    struct timespec precise;
    (void)clock_gettime(CLOCK_REALTIME, &precise);
    if (result != NULL) {
        *result = precise.tv_sec;
    }
    return precise.tv_sec;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
