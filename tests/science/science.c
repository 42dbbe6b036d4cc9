/* science run EXPERIMENT SEED[-SEED] [KEY=VALUE]...   tab-separated values, a line a seed
 * science show EXPERIMENT SEED[-SEED] [KEY=VALUE]...  the same for the eye, and a summary
 * science list                                        names of experiments
 * HOURS=h shortens or lengthens the runs. */
#include "science.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *text, const char *argument)
{
    fprintf(stderr, "science: %s: %s\n", argument, text);
    return 2;
}

static void show(uint64_t seed, const struct science_result *r)
{
    printf("%4llu  equity %+7.2f%%  lowest %+6.2f%%  fills %5.0f  passed %6.2f%% of %6.0f"
           "  best alone %+7.2f%% (place %2.0f)  coin %+6.2f%%  right weight %3.0f%%"
           "  reached after %5.0f s  promoted %2.0f  regret %.2f\n",
           (unsigned long long)seed, 100 * r->growth[0], 100 * r->lowest[0], r->fills[0],
           100 * r->passed[0] / r->decisions[0], r->decisions[0], 100 * r->best[0],
           r->best_agent[0], 100 * r->alone[SPECIES_COIN], 100 * r->weight_right[0],
           r->weight_reached_s[0], r->promotions[0], r->regret_ratio[0]);
    printf("      net reward by quarter % .4f % .4f % .4f % .4f  ES beyond %.1f%% VaR %.1f%% of %.0f\n",
           r->net[0], r->net[1], r->net[2], r->net[3], 100 * r->beyond[0] / r->apart[0],
           100 * r->beyond_value[0] / r->apart[0], r->apart[0]);
    for (size_t i = 0; i < SPECIES_COUNT; i++) {
        bool coin = i == SPECIES_COIN;
        printf("      %-14s alone %+9.2f%%  weight %3.0f%%  worth % .4f", species_name((uint32_t)i),
               100 * r->alone[i], 100 * r->weight[i], r->worth[3 * i]);
        printf(coin ? "\n" : " % .4f % .4f\n", r->worth[coin ? 0 : 3 * i + 1],
               r->worth[coin ? 0 : 3 * i + 2]);
    }
    fflush(stdout);
}

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static void sum_up(const char *name, double *growth, double lowest, double best, size_t count)
{
    size_t grew = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        grew += growth[i] > 0 ? 1 : 0;
        sum += growth[i];
    }
    qsort(growth, count, sizeof *growth, compare);
    printf("%s: grew %zu of %zu, mean %+.2f%%, median %+.2f%%, worst end %+.2f%%,"
           " lowest of all %+.2f%%, mean best alone %+.2f%%, captured %.2f\n",
           name, grew, count, 100 * sum / (double)count, 100 * growth[count / 2], 100 * growth[0],
           100 * lowest, 100 * best / (double)count, sum / best);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; science_experiment(i) != NULL; i++) {
            puts(science_experiment(i)->name);
        }
        return 0;
    }
    if (argc < 4) {
        return fail("run|show EXPERIMENT SEED[-SEED] [KEY=VALUE]..., or list", "usage");
    }
    const struct science_experiment *experiment = science_find(argv[2]);
    if (experiment == NULL) {
        return fail("no such experiment", argv[2]);
    }
    struct science_market market = experiment->market;
    struct settings settings;
    science_settings(&settings);
    science_set(&settings, experiment->settings);
    for (int i = 4; i < argc; i++) {
        if (strncmp(argv[i], "HOURS=", 6) == 0) {
            market.seconds = 3600 * strtod(argv[i] + 6, NULL);
        } else {
            science_set(&settings, argv[i]);
        }
    }
    char *end;
    uint64_t first = strtoull(argv[3], &end, 10);
    uint64_t last = *end == '-' ? strtoull(end + 1, NULL, 10) : first;
    bool table = strcmp(argv[1], "run") == 0;
    double growth[1000];
    size_t count = 0;
    double best = 0;
    double lowest = 0;
    for (uint64_t seed = first; seed <= last && count < 1000; seed++) {
        struct science_result result;
        science_run(&market, &settings, seed, &result);
        if (table) {
            science_print(stdout, experiment->name, seed, &result);
            fflush(stdout);
        } else {
            show(seed, &result);
        }
        growth[count++] = result.growth[0];
        best += result.best[0];
        lowest = fmin(lowest, result.lowest[0]);
    }
    if (!table) {
        sum_up(experiment->name, growth, lowest, best, count);
    }
    return 0;
}
