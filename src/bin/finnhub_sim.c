/* finnhub-sim: a local server that speaks Finnhub's WebSocket protocol. Reads the command line,
 * says what is wrong with it, and runs the simulation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/bin/exit_codes.h"
#include "tickd/bin/finnhub_sim_options.h"
#include "tickd/sim/say.h"
#include "tickd/sim/schedule.h"
#include "tickd/sim/simulation.h"

#define SYMBOLS_DEFAULT "SPY,AAPL,MSFT,NVDA,AMZN,TSLA,BAC,IBM,AIG,BINANCE:BTCUSDT"

enum { HELP_MAX = 32768, LEFT_MAX = 128, HELP_TEXT_MAX = 512 };

static const double rate_default = 100;
static const double quiet_rate_default = 0.2; /* with the market `quiet`: a trade in five seconds */
static const double rate_max = 1e6;
static const double speed_max = 1e6;

enum option_id {
#define X(ID, ...) OPTION_##ID,
    FINNHUB_SIM_OPTIONS(X)
#undef X
};

static const struct options_entry entries[] = {
#define X(ID, ...) {OPTION_##ID, __VA_ARGS__},
    FINNHUB_SIM_OPTIONS(X)
#undef X
};

/* What the command line has said so far. */
struct command_line {
    struct sim_config config;
    const char **recordings; /* room for all arguments */
    bool has_market;         /* an option that only a market understands */
    bool has_replay;         /* … only a replay */
    bool has_shift_to_now;
    bool has_shift_weeks;
    bool has_rate;
    bool has_wait;
    bool has_help;
    bool has_version;
};

static int usage(const char *message)
{
    say("finnhub-sim: %s", message);
    return EX_USAGE;
}

static int bad_value(const struct options_found *found, const char *expected)
{
    say("finnhub-sim: --%s: '%s': %s", found->entry->name, found->value, expected);
    return EX_USAGE;
}

static int take_whole(const struct options_found *found, int64_t min, int64_t max, int64_t *value)
{
    char expected[LEFT_MAX];
    struct text text;
    if (options_whole(found->value, min, max, value) == 0) {
        return EX_OK;
    }
    text_init(&text, expected, sizeof expected);
    text_format(&text, "a whole number of %lld to %lld is needed", (long long)min, (long long)max);
    return bad_value(found, expected);
}

/* A number above 0, up to max. */
static int take_number(const struct options_found *found, double max, double *number)
{
    int64_t decimal;
    char expected[LEFT_MAX];
    struct text text;
    if (decimal_parse(found->value, strlen(found->value), &decimal) == 0 && decimal > 0 &&
        decimal_to_double(decimal) <= max) {
        *number = decimal_to_double(decimal);
        return EX_OK;
    }
    text_init(&text, expected, sizeof expected);
    text_format(&text, "a number above 0 and up to %.0f is needed", max);
    return bad_value(found, expected);
}

/* "127.0.0.1:8051", "[::1]:8051" */
static int take_address(const struct options_found *found, struct sim_config *config)
{
    static const char expected[] =
        "ADDRESS:PORT is needed, as " FINNHUB_SIM_LISTEN " or [::1]:8051";
    const char *host = found->value;
    const char *colon = strrchr(host, ':');
    int64_t port;
    if (colon == NULL || options_whole(colon + 1, 0, UINT16_MAX, &port) != 0) {
        return bad_value(found, expected);
    }
    size_t length = (size_t)(colon - host);
    if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (length == 0 || !text_copy_bytes(config->host, sizeof config->host, host, length)) {
        return bad_value(found, expected);
    }
    if (strcmp(config->host, "localhost") == 0) {
        text_copy(config->host, sizeof config->host, "127.0.0.1");
    }
    config->port = (uint16_t)port;
    return EX_OK;
}

static int take_parameter(const struct options_found *found, struct market_parameters *parameters)
{
    char name[LEFT_MAX];
    char expected[LEFT_MAX];
    struct text text;
    int64_t decimal;
    const char *equals = strchr(found->value, '=');
    if (equals == NULL || decimal_parse(equals + 1, strlen(equals + 1), &decimal) != 0) {
        return bad_value(found, "NAME=NUMBER is needed");
    }
    text_copy_bytes(name, sizeof name, found->value, (size_t)(equals - found->value));
    int code = market_parameters_set(parameters, name, decimal_to_double(decimal));
    if (code == 0) {
        return EX_OK;
    }
    text_init(&text, expected, sizeof expected);
    text_add(&text, "no market has this parameter; --help lists them");
    for (size_t i = 0; code == ERROR_RANGE && market_parameter_row(i) != NULL; i++) {
        const struct market_parameter_row *row = market_parameter_row(i);
        if (strcmp(row->name, name) == 0) {
            text_clear(&text);
            text_format(&text, "%g to %g %s is allowed", row->min, row->max, row->unit);
        }
    }
    return bad_value(found, expected);
}

static int take_fault(const struct options_found *found, struct faults *faults)
{
    char error[FAULT_ERROR_MAX];
    return faults_add(faults, found->value, error) == 0 ? EX_OK : usage(error);
}

static int take_speed(const struct options_found *found, struct sim_config *config)
{
    if (strcmp(found->value, "max") == 0) {
        config->speed = 0;
        return EX_OK;
    }
    return take_number(found, speed_max, &config->speed);
}

static int take_market(const struct options_found *found, struct sim_config *config)
{
    if (market_kind_by_name(found->value, &config->market) != 0) {
        return bad_value(found, "no such market; --help lists them");
    }
    return EX_OK;
}

static int take_per_frame(const struct options_found *found, struct sim_config *config)
{
    int64_t value;
    int code = take_whole(found, 1, SCHEDULE_PER_FRAME_MAX, &value);
    if (code == EX_OK) {
        config->per_frame = (size_t)value;
    }
    return code;
}

static int take_seed(const struct options_found *found, struct sim_config *config)
{
    int64_t value;
    int code = take_whole(found, 0, INT64_MAX, &value);
    if (code == EX_OK) {
        config->seed = (uint64_t)value;
    }
    return code;
}

static void take_flag(struct command_line *line, enum option_id id)
{
    if (id == OPTION_SHIFT_TO_NOW) {
        line->has_replay = true;
        line->has_shift_to_now = true;
        line->config.clock = CLOCK_OF_START;
    } else if (id == OPTION_SHIFT_WEEKS) {
        line->has_replay = true;
        line->has_shift_weeks = true;
        line->config.clock = CLOCK_OF_WEEKS;
    } else if (id == OPTION_STAY) {
        line->config.stay = true;
    } else if (id == OPTION_QUIET) {
        line->config.quiet = true;
    } else if (id == OPTION_HELP) {
        line->has_help = true;
    } else if (id == OPTION_VERSION) {
        line->has_version = true;
    }
}

/* Takes one option into the configuration. */
static int take(struct command_line *line, const struct options_found *found)
{
    static const int64_t ms_max = INT64_C(1000) * 86400 * 1000;
    struct sim_config *config = &line->config;
    switch ((enum option_id)found->id) {
    case OPTION_LISTEN:
        return take_address(found, config);
    case OPTION_TLS:
        config->certificate = found->value;
        config->private_key = found->second;
        return EX_OK;
    case OPTION_TOKEN:
        config->token = found->value;
        return EX_OK;
    case OPTION_MARKET:
        line->has_market = true;
        return take_market(found, config);
    case OPTION_PARAMETER:
        line->has_market = true;
        return take_parameter(found, &config->parameters);
    case OPTION_SYMBOLS:
        config->symbols = found->value;
        return EX_OK;
    case OPTION_RATE:
        line->has_market = line->has_rate = true;
        return take_number(found, rate_max, &config->trades_per_s);
    case OPTION_PER_FRAME:
        return take_per_frame(found, config);
    case OPTION_HOLD_MS:
        return take_whole(found, 0, 60000, &config->hold_ms);
    case OPTION_SEED:
        return take_seed(found, config);
    case OPTION_REPLAY:
        line->recordings[config->recording_count++] = found->value;
        return EX_OK;
    case OPTION_SPEED:
        line->has_replay = true;
        return take_speed(found, config);
    case OPTION_LONGEST_PAUSE_MS:
        line->has_replay = true;
        return take_whole(found, 1, ms_max, &config->longest_pause_ms);
    case OPTION_FAULT:
        return take_fault(found, &config->faults);
    case OPTION_COUNT:
        return take_whole(found, 1, INT64_MAX, &config->count);
    case OPTION_PING_MS:
        return take_whole(found, 0, ms_max, &config->ping_ms);
    case OPTION_WAIT_CLIENTS:
        line->has_wait = true;
        return take_whole(found, 0, SIM_CLIENTS_MAX, &config->wait_clients);
    case OPTION_SETTLE_MS:
        return take_whole(found, 0, ms_max, &config->settle_ms);
    case OPTION_SHIFT_TO_NOW:
    case OPTION_SHIFT_WEEKS:
    case OPTION_STAY:
    case OPTION_QUIET:
    case OPTION_HELP:
    case OPTION_VERSION:
        take_flag(line, (enum option_id)found->id);
        return EX_OK;
    }
    return EX_SOFTWARE;
}

/* Options that do not go together, and what follows from others. */
static int settle(struct command_line *line)
{
    struct sim_config *config = &line->config;
    bool replay = config->recording_count > 0;
    if (replay && line->has_market) {
        return usage("--market, --parameter and --rate do not go with --replay");
    }
    if (!replay && line->has_replay) {
        return usage("--speed, --shift-to-now, --shift-weeks and --longest-pause-ms need --replay");
    }
    if (line->has_shift_to_now && line->has_shift_weeks) {
        return usage("--shift-to-now and --shift-weeks exclude each other");
    }
    if (line->has_shift_to_now && config->speed == 0) {
        return usage("--shift-to-now needs a --speed that is a number");
    }
    if (replay && fault_on(&config->faults, FAULT_DELAY)) {
        return usage("fault delay does not go with --replay");
    }
    if (!line->has_wait) {
        config->wait_clients = replay ? 1 : 0;
    }
    if (!line->has_rate && config->market == MARKET_QUIET) {
        config->trades_per_s = quiet_rate_default;
    }
    if (!replay && config->symbols == NULL) {
        config->symbols = SYMBOLS_DEFAULT;
    }
    config->recordings = line->recordings;
    return EX_OK;
}

static int read_command_line(struct command_line *line, int count, char *const *arguments)
{
    struct options options;
    struct options_found found;
    int more;
    options_init(&options, entries, ARRAY_LENGTH(entries), count, arguments);
    while ((more = options_next(&options, &found)) > 0) {
        if (found.id == OPTIONS_OPERAND) {
            say("finnhub-sim: '%s' is not understood; --help lists all", found.value);
            return EX_USAGE;
        }
        int code = take(line, &found);
        if (code != EX_OK) {
            return code;
        }
    }
    return more < 0 ? usage(options.error) : settle(line);
}

static void add_markets(struct text *help)
{
    char left[LEFT_MAX];
    struct text text;
    text_add(help, "\nMarkets:\n");
    for (size_t i = 0; i < MARKET_KIND_COUNT; i++) {
        text_init(&text, left, sizeof left);
        text_format(&text, "  %s", market_kind_name((enum market_kind)i));
        options_help_row(help, left, market_kind_help((enum market_kind)i));
    }
    text_add(help, "\nTheir parameters:\n");
    for (size_t i = 0; market_parameter_row(i) != NULL; i++) {
        const struct market_parameter_row *row = market_parameter_row(i);
        char right[HELP_TEXT_MAX];
        text_init(&text, left, sizeof left);
        text_format(&text, "  %s=%g", row->name, row->standard);
        text_init(&text, right, sizeof right);
        text_format(&text, "%s; %s", row->help, row->unit);
        options_help_row(help, left, right);
    }
}

static void add_faults(struct text *help)
{
    text_add(help, "\nFaults (P a share of trades or messages, S seconds after the first "
                   "subscription,\nN connections, 0 = all; in brackets what can be left out):\n");
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        enum fault fault = (enum fault)i;
        char usage_text[LEFT_MAX];
        char standard[LEFT_MAX];
        char left[LEFT_MAX];
        char right[HELP_TEXT_MAX];
        struct text text;
        fault_usage(fault, usage_text, sizeof usage_text);
        text_init(&text, left, sizeof left);
        text_format(&text, "  %s", usage_text);
        text_init(&text, right, sizeof right);
        text_add(&text, fault_row(fault)->help);
        if (fault_default(fault, standard, sizeof standard) > 0) {
            text_format(&text, "; default %s", standard);
        }
        options_help_row(help, left, right);
    }
}

static int print_help(void)
{
    static char memory[HELP_MAX];
    struct text help;
    text_init(&help, memory, sizeof memory);
    text_add(&help, "usage: finnhub-sim [OPTIONS]\n\n"
                    "Speaks Finnhub's WebSocket protocol on this machine: synthetic markets or "
                    "recorded\ntrades, with every fault that Finnhub's own stream has shown. "
                    "At the end, after\nSIGTERM, --count or a replay, it prints what it has sent "
                    "as one JSON document.\n\nOptions:\n");
    options_help(&help, entries, ARRAY_LENGTH(entries));
    text_add(&help, "\nExit codes:\n");
#define X(code, meaning) text_format(&help, "  %2d  %s\n", code, meaning);
    FINNHUB_SIM_EXIT_CODES(X)
#undef X
    add_markets(&help);
    add_faults(&help);
    return fputs(memory, stdout) >= 0 && fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static void init_defaults(struct sim_config *config)
{
    *config = (struct sim_config){.host = "127.0.0.1",
                                  .port = 8051,
                                  .market = MARKET_REGIMES,
                                  .trades_per_s = rate_default,
                                  .per_frame = 10,
                                  .hold_ms = 20,
                                  .seed = 1,
                                  .speed = 1,
                                  .ping_ms = 60000,
                                  .settle_ms = 1000,
                                  .version = TICKD_VERSION};
    market_parameters_default(&config->parameters);
    faults_init(&config->faults);
}

int main(int count, char **arguments)
{
    static struct command_line line;
    init_defaults(&line.config);
    line.recordings = calloc((size_t)count + 1, sizeof *line.recordings);
    if (line.recordings == NULL) {
        say("finnhub-sim: no memory");
        return EX_OSERR;
    }
    int code = read_command_line(&line, count, arguments);
    if (code == EX_OK && line.has_help) {
        code = print_help();
    } else if (code == EX_OK && line.has_version) {
        printf("finnhub-sim %s\n", TICKD_VERSION);
    } else if (code == EX_OK) {
        code = simulation_run(&line.config, stdout);
    }
    free(line.recordings);
    return code;
}
