/* A whole day of recorded trades through tickd --replay, against the least that reads the same
 * file: zcat | awk that sums price × volume. Without TICKD_DATA a day is made up. */
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static char path[PATH_MAX];
static char tickd[PATH_MAX];

static void run_shell(const char *command)
{
    int status = system(command); /* NOLINT(cert-env33-c): a benchmark's own fixed command */
    if (status != 0) {
        fprintf(stderr, "%s: status %d\n", command, status);
        exit(EXIT_FAILURE);
    }
}

static void replay(void *context)
{
    char command[3 * PATH_MAX];
    (void)context;
    snprintf(command, sizeof command, "'%s' --replay '%s' --report /dev/null", tickd, path);
    run_shell(command);
}

static void sum(void *context)
{
    char command[3 * PATH_MAX];
    (void)context;
    snprintf(command, sizeof command,
             "zcat '%s' | awk -F, 'NR > 1 { s += $3 * $4 } END { print s }' > /dev/null", path);
    run_shell(command);
}

/* Half a million trades of four symbols over four hours. */
static void make_up_a_day(void)
{
    char command[3 * PATH_MAX];
    snprintf(path, sizeof path, "/tmp/tickd-bench-%ld.csv.gz", (long)getpid());
    snprintf(command, sizeof command,
             "awk 'BEGIN { srand(1); p = 100; print \"time_ms,symbol,price,volume\";"
             " for (i = 0; i < 500000; i++) { p *= 1 + (rand() - 0.5) / 5000;"
             " printf \"%%.0f,%%s,%%.2f,%%d\\n\", 1795446000000 + i * 28.8,"
             " substr(\"ABCD\", 1 + i %% 4, 1), p, 1 + int(rand() * 900) } }' | gzip > '%s'",
             path);
    run_shell(command);
}

int main(void)
{
    const char *bin = getenv("TICKD_BIN");
    const char *data = getenv("TICKD_DATA");
    snprintf(tickd, sizeof tickd, "%s/tickd", bin != NULL ? bin : "build/release/bin");
    if (access(tickd, X_OK) != 0) {
        printf("cannot run: %s is not there\n", tickd);
        return BENCH_CANNOT_RUN;
    }
    double trades = 654140;
    if (data != NULL) {
        snprintf(path, sizeof path, "%s/trades-20131008.csv.gz", data);
    }
    bool made_up = data == NULL || access(path, R_OK) != 0;
    if (made_up) {
        make_up_a_day();
        trades = 500000;
    }
    bench_compare(
        &(struct bench_case){"tickd --replay, everything on", replay, NULL, trades},
        &(struct bench_case){"  zcat | awk, sum of price times volume", sum, NULL, trades}, "trade",
        0, BENCH_WALL);
    if (made_up) {
        unlink(path);
    }
    return 0;
}
