/* tickd: takes a live trade feed, or a recording, and stays healthy. Here is which of its lives a
 * command line asks for; the lives themselves are in src/bin/tickd/. */
#include <stdio.h>
#include <sysexits.h>

#include "tickd/bin/program.h"
#include "tickd/ops/config_print.h"

static int run(struct program *program)
{
    int code = program_load_settings(program);
    if (code != 0) {
        return code;
    }
    if (program->line.print_config) {
        return config_print(&program->settings, &program->origins, stdout) == 0 ? 0 : EX_IOERR;
    }
    if (program->line.check_config) {
        program_measure(program);
        return program_print_budget(program);
    }
    code = program_build(program);
    if (code == 0) {
        code = program->line.replay_count > 0 ? program_replay(program) : program_live(program);
        program_unbuild(program);
    }
    return code;
}

int main(int argument_count, char **arguments)
{
    static struct program program;
    int code = command_line_read(&program.line, argument_count, arguments);
    if (code != 0) {
        return code;
    }
    if (program.line.help) {
        command_line_print_help();
        return 0;
    }
    if (program.line.version) {
        printf("tickd %s\n", TICKD_VERSION);
        return 0;
    }
    return run(&program);
}
