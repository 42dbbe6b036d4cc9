/* tickctl: asks a running tickd, and shows what it says; tables on a terminal, JSON elsewhere. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tickd/bin/tickctl.h"
#include "tickd/bin/tickctl_sql.h"
#include "tickd/bin/tickctl_tape.h"
#include "tickd/ops/ctl_stats.h"

int ctl_complain(int code, const char *what)
{
    fprintf(stderr, "tickctl: %s\n", what);
    return code;
}

int ctl_sql(const struct ctl_line *line)
{
    return tickctl_sql(&(struct tickctl_sql){
        .socket = line->socket,
        .db = line->db,
        .rows = line->rows,
        .wants_json = line->wants_json,
        .words = line->words + 1,
        .word_count = line->word_count - 1,
    });
}

int ctl_tape(const struct ctl_line *line)
{
    enum tape_task task = TAPE_TASK_PRINT;

    if (line->wants_verify && line->wants_csv)
        return ctl_complain(EX_USAGE, "usage: tickctl tape [--verify | --csv] FILE...");
    if (line->wants_verify)
        task = TAPE_TASK_VERIFY;
    if (line->wants_csv)
        task = TAPE_TASK_CSV;
    return tickctl_tape(task, line->words + 1, line->word_count - 1);
}

/* The page of counters: no conversation. */
int ctl_stats(const struct ctl_line *line)
{
    char memory[CTL_WHY_MAX];
    struct text why;
    struct ctl_stats_command command = {
        .socket = line->socket,
        .file = line->file,
        .is_previous = line->wants_previous,
        .wants_json = line->wants_json,
        .lives = !line->wants_json && !line->wants_once,
        .globs = line->words + 1,
        .glob_count = line->word_count - 1,
    };

    text_init(&why, memory, sizeof memory);
    int code = ctl_stats_run(&command, stdout, &why);

    return code != 0 ? ctl_complain(code, why.data) : 0;
}

/* Its own commands, by the names of TICKCTL_COMMANDS. */
static int run_local(const struct ctl_line *line, const struct control_entry *entry)
{
    static const struct {
        const char *name;
        int (*run)(const struct ctl_line *line);
    } locals[] = {
        {"top", ctl_top},   {"stats", ctl_stats}, {"sql", ctl_sql},
        {"tape", ctl_tape}, {"plot", ctl_plot},   {"completion", ctl_completion},
    };
    int code = ctl_line_check_options(line, entry->name);

    if (code == 0)
        code = ctl_line_check_arity(line, entry);
    for (size_t i = 0; i < ARRAY_LENGTH(locals) && code == 0; i++) {
        if (strcmp(locals[i].name, entry->name) == 0)
            return locals[i].run(line);
    }
    return code;
}

static int complain_of_command(const char *word)
{
    char memory[CTL_WHY_MAX];
    struct text why;
    const char *nearest = control_nearest(word);

    text_init(&why, memory, sizeof memory);
    text_format(&why, "there is no command \"%.40s\"", word);
    if (nearest != NULL)
        text_format(&why, "; is \"%s\" meant?", nearest);
    else
        text_add(&why, "; --help lists them");
    return ctl_complain(EX_USAGE, why.data);
}

static int run_command(struct ctl_line *line)
{
    const struct control_entry *local = ctl_find_local(line->words[0]);

    if (local != NULL)
        return run_local(line, local);
    enum control_id command = control_find(line->words[0], strlen(line->words[0]));

    if (command == CONTROL_COMMAND_COUNT)
        return complain_of_command(line->words[0]);
    int code = ctl_line_check_options(line, control_entry(command)->name);

    if (code == 0)
        code = ctl_line_check_arity(line, control_entry(command));
    return code != 0 ? code : ctl_ask(line, command);
}

int main(int argument_count, char **arguments)
{
    struct ctl_line line = {.socket = NULL};
    int code = ctl_line_read(&line, argument_count, arguments);

    if (code != 0)
        return code;
    if (line.wants_version) {
        printf("tickctl %s\n", TICKD_VERSION);
        return 0;
    }
    if (line.wants_help || (line.word_count == 1 && strcmp(line.words[0], "help") == 0)) {
        ctl_print_help();
        return 0;
    }
    if (line.word_count == 0)
        return ctl_complain(EX_USAGE, "which command? --help lists them");
    line.wants_json |= isatty(STDOUT_FILENO) == 0;
    return run_command(&line);
}
