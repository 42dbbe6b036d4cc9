/* The command line: read by the table of tickd_options.h. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/calendar.h"
#include "tickd/bin/exit_codes.h"
#include "tickd/bin/program.h"
#include "tickd/bin/tickd_options.h"

enum option {
#define X(ID, ...) OPTION_##ID,
    TICKD_OPTIONS(X)
#undef X
};

static const struct options_entry table[] = {
#define X(ID, ...) {OPTION_##ID, __VA_ARGS__},
    TICKD_OPTIONS(X)
#undef X
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
    case OPTION_FRESH:
        line->fresh = true;
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
    char memory[16384];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_add(&text,
             "Usage: tickd [OPTION]...\n\n"
             "Takes Finnhub's live trade feed (or a recording), builds bars, watches its own "
             "health,\nand answers on a local socket (see tickctl).\n\n");
    options_help(&text, table, ARRAY_LENGTH(table));
    text_add(&text, "\nExit codes:\n");
#define X(code, meaning) text_format(&text, "  %2d  %s\n", code, meaning);
    TICKD_EXIT_CODES(X)
#undef X
    fputs(memory, stdout);
}
