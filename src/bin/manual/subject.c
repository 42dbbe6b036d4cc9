/* The programs and what can be completed, as tables. */
#include "manual.h"

#include <string.h>

#include "tickd/bin/exit_codes.h"
#include "tickd/bin/finnhub_sim_options.h"
#include "tickd/bin/tickctl_options.h"
#include "tickd/bin/tickd_options.h"
#include "tickd/bus/message.h"
#include "tickd/ops/control_commands.h"
#include "tickd/ops/health_log.h"
#include "tickd/settings/settings.h"
#include "tickd/sim/faults.h"
#include "tickd/sim/market_model.h"

#define OPTION_ROW(ID, ...) {0, __VA_ARGS__},
#define CODE_ROW(...) {__VA_ARGS__},

static const struct options_entry tickd_options[] = {TICKD_OPTIONS(OPTION_ROW)};
static const struct options_entry tickctl_options[] = {TICKCTL_OPTIONS(OPTION_ROW)};
static const struct options_entry sim_options[] = {FINNHUB_SIM_OPTIONS(OPTION_ROW)};
static const struct exit_row tickd_exits[] = {TICKD_EXIT_CODES(CODE_ROW)};
static const struct exit_row tickctl_exits[] = {TICKCTL_EXIT_CODES(CODE_ROW)};
static const struct exit_row sim_exits[] = {FINNHUB_SIM_EXIT_CODES(CODE_ROW)};
static const struct local_command tickctl_local[] = {TICKCTL_COMMANDS(CODE_ROW)};

#define TABLES(options, exits) options, ARRAY_LENGTH(options), exits, ARRAY_LENGTH(exits)

static const struct subject subjects[] = {
    {"tickd", TABLES(tickd_options, tickd_exits), false, NULL, 0},
    {"tickctl", TABLES(tickctl_options, tickctl_exits), true, tickctl_local,
     ARRAY_LENGTH(tickctl_local)},
    {"finnhub-sim", TABLES(sim_options, sim_exits), false, NULL, 0},
};

const struct subject *subject_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(subjects); i++) {
        if (strcmp(subjects[i].name, name) == 0)
            return &subjects[i];
    }
    return NULL;
}

/* Words that can be said. */

static void print_topics(FILE *out)
{
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        fprintf(out, "%s ", topic_name((enum topic)i));
}

static void print_watched(FILE *out)
{
    fputs("all ", out);
    print_topics(out);
}

static void print_keys(FILE *out)
{
    for (size_t i = 0; i < settings_count(); i++)
        fprintf(out, "%s= ", settings_key(i)->key);
}

static void print_histories(FILE *out)
{
    for (size_t i = 0; i < settings_count(); i++) {
        const char *key = settings_key(i)->key;

        if (strncmp(key, "history.", 8) == 0)
            fprintf(out, "%s ", key + 8);
    }
}

static void print_states(FILE *out)
{
#define X(NAME, name, meaning) fputs(#name " ", out);
    CONTROL_STATES(X)
#undef X
}

static void print_levels(FILE *out)
{
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
        fprintf(out, "%s ", log_level_name((enum log_level)i));
}

static void print_markets(FILE *out)
{
    for (size_t i = 0; i < MARKET_KIND_COUNT; i++)
        fprintf(out, "%s ", market_kind_name((enum market_kind)i));
}

static void print_parameters(FILE *out)
{
    for (size_t i = 0; market_parameter_row(i) != NULL; i++)
        fprintf(out, "%s= ", market_parameter_row(i)->name);
}

static void print_faults(FILE *out)
{
    for (size_t i = 0; i < FAULT_COUNT; i++)
        fprintf(out, "%s ", fault_row((enum fault)i)->name);
}

static const struct value any = {"", VALUE_ANY, NULL};
static const struct value common[] = {
    {"FILE", VALUE_FILE, NULL},           {"CSV", VALUE_FILE, NULL},
    {"PATH", VALUE_FILE, NULL},           {"CERT", VALUE_FILE, NULL},
    {"DIR", VALUE_FOLDER, NULL},          {"KEY", VALUE_WORDS, print_keys},
    {"STATE", VALUE_WORDS, print_states}, {"LEVEL", VALUE_WORDS, print_levels},
};
static const struct value of_tickd[] = {{"A", VALUE_WORDS, print_topics}};
static const struct value of_tickctl[] = {
    {"NAME", VALUE_WORDS, print_histories},
    {"TOPIC", VALUE_WORDS, print_watched},
};
static const struct value of_sim[] = {
    {"NAME", VALUE_WORDS, print_markets},
    {"NAME=VALUE", VALUE_WORDS, print_parameters},
    {"NAME[=ARG]", VALUE_WORDS, print_faults},
};

static const struct value *find_in(const struct value *values, size_t count, const char *metavar)
{
    size_t length = strcspn(metavar, " ,=.");

    for (size_t i = 0; i < count; i++) {
        if (strcmp(values[i].metavar, metavar) == 0)
            return &values[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(values[i].metavar) == length && memcmp(values[i].metavar, metavar, length) == 0)
            return &values[i];
    }
    return NULL;
}

const struct value *value_of(const struct subject *subject, const char *metavar)
{
    const struct value *found = NULL;

    if (strcmp(subject->name, "tickd") == 0)
        found = find_in(of_tickd, ARRAY_LENGTH(of_tickd), metavar);
    else if (strcmp(subject->name, "tickctl") == 0)
        found = find_in(of_tickctl, ARRAY_LENGTH(of_tickctl), metavar);
    else
        found = find_in(of_sim, ARRAY_LENGTH(of_sim), metavar);
    if (found == NULL)
        found = find_in(common, ARRAY_LENGTH(common), metavar);
    return found != NULL ? found : &any;
}
