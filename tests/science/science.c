/* science run EXPERIMENT SEED[-SEED] [KEY=VALUE]...   tab-separated values, a line a seed
 * science show EXPERIMENT SEED[-SEED] [KEY=VALUE]...  the same for the eye, and a summary
 * science head                                        names of the values
 * science list                                        names of the experiments
 * science report <LINES                               the report, from lines of run
 * science plot reverting|momentum <LINES              what is plotted
 * HOURS=h shortens or lengthens runs. */
#include "science/science.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_MAX = 20000, LINE_MAX = 8192, SEEDS_MAX = 1000 };

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
    printf("      net reward by quarter % .4f % .4f % .4f % .4f  ES beyond %.1f%% VaR %.1f%% of "
           "%.0f\n",
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

/* Runs. */

struct growths {
    double values[SEEDS_MAX];
    size_t count;
    double best;
    double lowest;
};

static void run_seeds(const struct science_experiment *experiment,
                      const struct science_market *market, const struct settings *settings,
                      const char *seeds, bool for_the_eye)
{
    static struct growths growths;
    char *end;
    uint64_t first = strtoull(seeds, &end, 10);
    uint64_t last = *end == '-' ? strtoull(end + 1, NULL, 10) : first;
    for (uint64_t seed = first; seed <= last && growths.count < SEEDS_MAX; seed++) {
        struct science_result result;
        science_run(market, settings, seed, &result);
        if (for_the_eye) {
            show(seed, &result);
        } else {
            science_print(stdout, experiment->name, seed, &result);
        }
        fflush(stdout);
        growths.values[growths.count++] = result.growth[0];
        growths.best += result.best[0];
        growths.lowest = fmin(growths.lowest, result.lowest[0]);
    }
    if (for_the_eye && growths.count > 0) {
        sum_up(experiment->name, growths.values, growths.lowest, growths.best, growths.count);
    }
}

static int run(int count, char **arguments)
{
    const struct science_experiment *experiment = science_find(arguments[2]);
    if (experiment == NULL) {
        return fail("no such experiment", arguments[2]);
    }
    struct science_market market = experiment->market;
    struct settings settings;
    science_settings(&settings);
    science_set(&settings, experiment->settings);
    for (int i = 4; i < count; i++) {
        if (strncmp(arguments[i], "HOURS=", 6) == 0) {
            market.seconds = 3600 * strtod(arguments[i] + 6, NULL);
        } else {
            science_set(&settings, arguments[i]);
        }
    }
    run_seeds(experiment, &market, &settings, arguments[3], strcmp(arguments[1], "show") == 0);
    return 0;
}

/* Reports. */

static size_t read_records(FILE *in, struct science_record *records)
{
    static char line[LINE_MAX];
    size_t count = 0;
    while (count < RECORDS_MAX && fgets(line, sizeof line, in) != NULL) {
        count += science_scan(line, &records[count]) ? 1 : 0;
    }
    return count;
}

static int report(const char *what, const char *kind_name)
{
    enum market_kind kind = MARKET_WALK;
    if (kind_name != NULL && market_kind_by_name(kind_name, &kind) != 0) {
        return fail("no such market", kind_name);
    }
    struct science_record *records = calloc(RECORDS_MAX, sizeof *records);
    size_t count = records != NULL ? read_records(stdin, records) : 0;
    if (count == 0) {
        free(records);
        return fail("no results on standard input", what);
    }
    if (kind_name != NULL) {
        science_plot(stdout, kind, records, count);
    } else {
        science_report(stdout, records, count);
    }
    free(records);
    return 0;
}

static void list(void)
{
    for (size_t i = 0; science_experiment(i) != NULL; i++) {
        puts(science_experiment(i)->name);
    }
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (argc == 2 && strcmp(verb, "list") == 0) {
        list();
    } else if (argc == 2 && strcmp(verb, "head") == 0) {
        science_print_head(stdout);
    } else if (argc == 2 && strcmp(verb, "report") == 0) {
        return report(verb, NULL);
    } else if (argc == 3 && strcmp(verb, "plot") == 0) {
        return report(verb, argv[2]);
    } else if (argc >= 4 && (strcmp(verb, "run") == 0 || strcmp(verb, "show") == 0)) {
        return run(argc, argv);
    } else {
        return fail("run or show EXPERIMENT SEED[-SEED] [KEY=VALUE]..., list, head, report, plot"
                    " reverting or momentum",
                    "usage");
    }
    return 0;
}
