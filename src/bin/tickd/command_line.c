/* The command line: one table. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/calendar.h"
#include "tickd/base/options.h"
#include "tickd/bin/program.h"

enum option {
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_CHECK_CONFIG,
    OPTION_PRINT_CONFIG,
    OPTION_REPLAY,
    OPTION_FROM,
    OPTION_UNTIL,
    OPTION_DUMP,
    OPTION_TOPICS,
    OPTION_REPORT,
    OPTION_STATE_DIR,
    OPTION_RUNTIME_DIR,
    OPTION_LOG_DIR,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct options_entry table[] = {
    {OPTION_CONFIG, "config", 'c', OPTIONS_ONE, false, "FILE",
     "Configuration: JSON with comments. Without it /etc/tickd/tickd.json if that is there, else "
     "built-in defaults."},
    {OPTION_SET, "set", 's', OPTIONS_ONE, true, "KEY=VALUE",
     "Override one key by its dotted name; repeatable."},
    {OPTION_CHECK_CONFIG, "check-config", '\0', OPTIONS_FLAG, false, NULL,
     "Check everything, print the memory budget, start nothing."},
    {OPTION_PRINT_CONFIG, "print-config", '\0', OPTIONS_FLAG, false, NULL,
     "Print the effective configuration and where each value came from."},
    {OPTION_REPLAY, "replay", '\0', OPTIONS_LIST, true, "FILE",
     "Take a recording instead of the network, as fast as possible: tapes, or CSV of trades (plain "
     "or gzip). A tape brings its configuration with it."},
    {OPTION_FROM, "from", '\0', OPTIONS_ONE, false, "TIME",
     "Of tapes, only what was received at this time or later: 2026-11-23T16:30:00Z, 2026-11-23, or "
     "UNIX milliseconds."},
    {OPTION_UNTIL, "until", '\0', OPTIONS_ONE, false, "TIME",
     "Of tapes, only what was received before this time."},
    {OPTION_DUMP, "dump", '\0', OPTIONS_ONE, false, "FILE",
     "Write bus messages as JSON lines; - is standard output."},
    {OPTION_TOPICS, "topics", '\0', OPTIONS_ONE, false, "A,B",
     "The topics of --dump; all if left out."},
    {OPTION_REPORT, "report", '\0', OPTIONS_ONE, false, "FILE",
     "Write one JSON document at the end; - is standard output."},
    {OPTION_STATE_DIR, "state-dir", '\0', OPTIONS_ONE, false, "DIR",
     "Where state is kept. Default: $STATE_DIRECTORY, else ./var/state."},
    {OPTION_RUNTIME_DIR, "runtime-dir", '\0', OPTIONS_ONE, false, "DIR",
     "Where control.sock is. Default: $RUNTIME_DIRECTORY, else ./var/run."},
    {OPTION_LOG_DIR, "log-dir", '\0', OPTIONS_ONE, false, "DIR",
     "Where health.log is written. Default: $LOGS_DIRECTORY, else ./var/log; under systemd the "
     "journal has it."},
    {OPTION_HELP, "help", 'h', OPTIONS_FLAG, false, NULL, "Print this."},
    {OPTION_VERSION, "version", 'V', OPTIONS_FLAG, false, NULL, "Print the version."},
};

static int add_set(struct command_line *line, const char *value)
{
    if (line->set_count == PROGRAM_SETS_MAX) {
        program_complain("--set: at most %d are taken", PROGRAM_SETS_MAX);
        return EX_USAGE;
    }
    line->sets[line->set_count++] = value;
    return 0;
}

static int add_replay(struct command_line *line, const char *value)
{
    if (line->replay_count == PROGRAM_REPLAYS_MAX) {
        program_complain("--replay: at most %d files are taken", PROGRAM_REPLAYS_MAX);
        return EX_USAGE;
    }
    line->replays[line->replay_count++] = value;
    return 0;
}

static int read_time(const char *name, const char *value, int64_t *time_us)
{
    int64_t ms;
    if (calendar_parse_us(value, strlen(value), time_us) == 0) {
        return 0;
    }
    if (options_whole(value, 0, INT64_MAX / US_PER_MS, &ms) == 0) {
        *time_us = ms * US_PER_MS;
        return 0;
    }
    program_complain("--%s: found \"%.40s\", allowed: 2026-11-23T16:30:00Z, 2026-11-23, or UNIX "
                     "milliseconds",
                     name, value);
    return EX_USAGE;
}

static int take(struct command_line *line, const struct options_found *found)
{
    if (found->id == OPTIONS_OPERAND) {
        program_complain("\"%s\" is no option; tickd takes no other arguments (see --help)",
                         found->value);
        return EX_USAGE;
    }
    switch ((enum option)found->id) {
    case OPTION_CONFIG:
        line->config = found->value;
        break;
    case OPTION_SET:
        return add_set(line, found->value);
    case OPTION_CHECK_CONFIG:
        line->check_config = true;
        break;
    case OPTION_PRINT_CONFIG:
        line->print_config = true;
        break;
    case OPTION_REPLAY:
        return add_replay(line, found->value);
    case OPTION_FROM:
        return read_time("from", found->value, &line->from_us);
    case OPTION_UNTIL:
        return read_time("until", found->value, &line->until_us);
    case OPTION_DUMP:
        line->dump = found->value;
        break;
    case OPTION_TOPICS:
        line->topics = found->value;
        break;
    case OPTION_REPORT:
        line->report = found->value;
        break;
    case OPTION_STATE_DIR:
        line->state_dir = found->value;
        break;
    case OPTION_RUNTIME_DIR:
        line->runtime_dir = found->value;
        break;
    case OPTION_LOG_DIR:
        line->log_dir = found->value;
        break;
    case OPTION_HELP:
        line->help = true;
        break;
    case OPTION_VERSION:
        line->version = true;
        break;
    }
    return 0;
}

static int check_together(const struct command_line *line)
{
    bool selects = line->from_us != INT64_MIN || line->until_us != INT64_MAX;
    if (selects && line->replay_count == 0) {
        program_complain("--from and --until: say what --replay FILE takes, and --replay is not "
                         "there");
        return EX_USAGE;
    }
    if (line->topics != NULL && line->dump == NULL) {
        program_complain("--topics: says what --dump FILE writes, and --dump is not there");
        return EX_USAGE;
    }
    if (line->dump != NULL && line->report != NULL && strcmp(line->dump, "-") == 0 &&
        strcmp(line->report, "-") == 0) {
        program_complain("--dump and --report cannot both go to standard output");
        return EX_USAGE;
    }
    return 0;
}

int command_line_read(struct command_line *line, int argument_count, char **arguments)
{
    struct options options;
    struct options_found found;
    int more;
    *line = (struct command_line){.from_us = INT64_MIN, .until_us = INT64_MAX};
    options_init(&options, table, ARRAY_LENGTH(table), argument_count, arguments);
    while ((more = options_next(&options, &found)) > 0) {
        int code = take(line, &found);
        if (code != 0) {
            return code;
        }
    }
    if (more < 0) {
        program_complain("%s", options.error);
        return EX_USAGE;
    }
    return check_together(line);
}

void command_line_print_help(void)
{
    char memory[8192];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_add(&text,
             "Usage: tickd [OPTION]...\n\n"
             "Takes Finnhub's live trade feed (or a recording), builds bars, watches its own "
             "health,\nand answers on a local socket (see tickctl).\n\n");
    options_help(&text, table, ARRAY_LENGTH(table));
    text_add(&text, "\nExit codes: 0 done, 64 usage, 65 unreadable input, 69 key refused, 70 "
                    "internal error,\n73 cannot create, 74 I/O, 75 restart wanted, 78 "
                    "configuration.\n");
    fputs(memory, stdout);
}
