/* What a run leaves behind when asked to: --dump and --report. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/bin/program.h"
#include "tickd/ops/report.h"

static int write_report(FILE *file, const struct program *program)
{
    char *memory = malloc(REPORT_JSON_MAX);
    if (memory == NULL) {
        errno = ENOMEM;
        return -1;
    }
    struct text text;
    struct json json;
    text_init(&text, memory, REPORT_JSON_MAX);
    json_init(&json, &text, true);
    report_print(program->engine, &program->status, &json);
    text_add_char(&text, '\n');
    int result = fwrite(memory, 1, text.length, file) == text.length && !text.cut ? 0 : -1;
    free(memory);
    return result;
}

int program_write_report(struct program *program)
{
    const char *path = program->line.report;
    if (path == NULL) {
        return 0;
    }
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (file == NULL) {
        program_complain("--report: %s cannot be written: %s", path, strerror(errno));
        return EX_CANTCREAT;
    }
    int result = write_report(file, program);
    if ((file == stdout ? fflush(file) : fclose(file)) != 0 || result != 0) {
        program_complain("--report: %s cannot be written: %s", path, strerror(errno));
        return EX_IOERR;
    }
    return 0;
}

int program_open_dump(struct program *program, struct dump **dump)
{
    char memory[CONFIG_ERROR_MAX];
    struct text error;
    text_init(&error, memory, sizeof memory);
    *dump = NULL;
    if (program->line.dump == NULL) {
        return 0;
    }
    int code = dump_open(program->line.dump, program->line.topics, program->engine, dump, &error);
    if (code != 0) {
        program_complain("%s", memory);
        return code == ERROR_NOT_FOUND ? EX_USAGE : EX_CANTCREAT;
    }
    return 0;
}

int program_close_dump(struct dump **dump)
{
    char memory[CONFIG_ERROR_MAX];
    struct text error;
    text_init(&error, memory, sizeof memory);
    if (*dump != NULL && dump_close(dump, &error) != 0) {
        program_complain("%s", memory);
        return EX_IOERR;
    }
    return 0;
}
