/* How benchmarks measure and print. A thing is measured beside its baseline, in turns, several
 * times; what is printed is the median of each, its spread, and how much faster the thing is.
 * Nothing here judges: a benchmark fails only when it cannot run. */
#ifndef TICKD_BENCH_BENCH_H
#define TICKD_BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    BENCH_RUNS = 9,       /* measured ones; odd, so that the median is one of them */
    BENCH_CANNOT_RUN = 77 /* exit status */
};

/* What time is. */
enum bench_clock {
    BENCH_CPU, /* of this process: other load hardly counts; for code that never waits */
    BENCH_WALL /* as a clock on the wall: for sockets, files, other processes */
};

/* One thing to measure: run(context) does `operations` of them. */
struct bench_case {
    const char *name;
    void (*run)(void *context);
    void *context;
    double operations;
};

struct bench_result {
    double median; /* ns an operation */
    double min;
    double max;
};

static inline double bench_now_ns(enum bench_clock clock)
{
    struct timespec now;

    clock_gettime(clock == BENCH_CPU ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline double bench_run_once(const struct bench_case *subject, enum bench_clock clock)
{
    double start = bench_now_ns(clock);

    subject->run(subject->context);
    return (bench_now_ns(clock) - start) / subject->operations;
}

static inline int bench_compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

/* Sorts the measurements of BENCH_RUNS runs. */
static inline struct bench_result bench_result_of(double measured[BENCH_RUNS])
{
    qsort(measured, BENCH_RUNS, sizeof measured[0], bench_compare_doubles);
    return (struct bench_result){
        .median = measured[BENCH_RUNS / 2], .min = measured[0], .max = measured[BENCH_RUNS - 1]};
}

static inline void bench_print(const char *name, const char *unit, struct bench_result result)
{
    const char *scale = "ns";
    double factor = 1;

    if (result.median >= 1e7) {
        scale = "ms";
        factor = 1e6;
    } else if (result.median >= 1e4) {
        scale = "µs";
        factor = 1e3;
    }
    printf("%-44s %9.1f %s/%s  (%.1f to %.1f)\n", name, result.median / factor, scale, unit,
           result.min / factor, result.max / factor);
}

/* Measures both in turns after one run of each that is thrown away, prints a line for each, and the
 * ratio. `unit` is what one operation is called; budget_ns is 0 where there is none. Returns the
 * subject's result. Without a baseline (NULL) it prints the subject alone. */
static inline struct bench_result bench_compare(const struct bench_case *subject,
                                                const struct bench_case *baseline, const char *unit,
                                                double budget_ns, enum bench_clock clock)
{
    double measured[BENCH_RUNS];
    double base[BENCH_RUNS];

    for (int run = -1; run < BENCH_RUNS; run++) {
        double subject_ns = bench_run_once(subject, clock);
        double baseline_ns = baseline != NULL ? bench_run_once(baseline, clock) : 0;

        if (run >= 0) {
            measured[run] = subject_ns;
            base[run] = baseline_ns;
        }
    }
    struct bench_result result = bench_result_of(measured);

    bench_print(subject->name, unit, result);
    if (baseline != NULL) {
        struct bench_result base_result = bench_result_of(base);

        bench_print(baseline->name, unit, base_result);
        printf("%-44s %9.1f times as fast\n", "", base_result.median / result.median);
    }
    if (budget_ns > 0)
        printf("%-44s %9.1f ns/%s: %s\n", "  budget", budget_ns, unit,
               result.median <= budget_ns ? "kept" : "NOT kept");
    fflush(stdout);
    return result;
}

/* Keeps a result alive, so that what made it is not optimised away. */
static inline void bench_keep(uint64_t value)
{
    static volatile uint64_t kept;

    kept = value;
    (void)kept;
}

#endif
