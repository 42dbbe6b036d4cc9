/* `tickctl plot FILE`: a report, a dump or an archive, drawn as SVG. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/error.h"
#include "tickd/bin/gnuplot.h"
#include "tickd/bin/plot_archive.h"
#include "tickd/bin/tickctl.h"
#include "tickd/ops/ctl_plot.h"

enum { BLOCK_BYTES = 1 << 16 };

static int read_input(struct plot_data *data, const char *path, enum plot_input *input,
                      struct text *why)
{
    int error = plot_recognise(path, input, why);

    if (error != 0)
        return error;
    switch (*input) {
    case PLOT_REPORT:
        return plot_read_report(data, path, why);
    case PLOT_DUMP:
        return plot_read_dump(data, path, why);
    case PLOT_ARCHIVE:
        return plot_read_archive(data, path, why);
    }
    return ERROR_SYNTAX;
}

static int complain_of_emptiness(const char *path, enum plot_input input, const char *kind)
{
    static const char *const remedies[] = {
        [PLOT_REPORT] = "it is of a run of less than two minutes, or of an older tickd",
        [PLOT_DUMP] = "write it with --topics EQUITY,WEIGHTS,AGENT_PROFILE,HEALTH,VITALS",
        [PLOT_ARCHIVE] = "it has no run of more than a minute",
    };
    char memory[CTL_WHY_MAX];
    struct text why;

    bool is_memory = strcmp(kind, "memory") == 0;

    text_init(&why, memory, sizeof memory);
    text_format(&why, "%s: nothing to draw for --kind %s: %s", path, kind,
                is_memory ? "it has no memory that was measured, as a replay has none; a dump "
                            "needs the topic VITALS"
                          : remedies[input]);
    return ctl_complain(EX_DATAERR, why.data);
}

static int complain_of_file(const char *path)
{
    char memory[CTL_WHY_MAX];
    struct text why;

    text_init(&why, memory, sizeof memory);
    text_format(&why, "--out: %s cannot be written: %s", path, strerror(errno));
    return ctl_complain(EX_CANTCREAT, why.data);
}

static int copy(FILE *from, FILE *to)
{
    static char block[BLOCK_BYTES];
    size_t length;

    rewind(from);
    while ((length = fread(block, 1, sizeof block, from)) > 0) {
        if (fwrite(block, 1, length, to) != length)
            return -1;
    }
    return ferror(from) == 0 ? 0 : -1;
}

/* The file is written only once there is a picture. */
static int write_out(FILE *picture, const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");

    if (out == NULL)
        return complain_of_file(path);
    int result = copy(picture, out);

    if ((out == stdout ? fflush(out) : fclose(out)) != 0 || result != 0)
        return complain_of_file(path);
    return 0;
}

static int draw(const struct plot_data *data, enum plot_kind kind, const char *path)
{
    char memory[CTL_WHY_MAX];
    struct text why;
    FILE *script = tmpfile();
    FILE *picture = tmpfile();
    int code = EX_CANTCREAT;

    text_init(&why, memory, sizeof memory);
    if (script == NULL || picture == NULL) {
        ctl_complain(code, "a temporary file cannot be made");
    } else {
        plot_write_script(data, kind, script);
        int error = gnuplot_run(script, picture, &why);

        if (error != 0)
            code = ctl_complain(error == ERROR_NOT_FOUND ? EX_UNAVAILABLE : EX_SOFTWARE, memory);
        else
            code = write_out(picture, path);
    }
    if (script != NULL)
        (void)fclose(script);
    if (picture != NULL)
        (void)fclose(picture);
    return code;
}

static int plot(const struct ctl_line *line, const char *kind_name, struct plot_data *data)
{
    char memory[CTL_WHY_MAX];
    struct text why;
    enum plot_kind kind;
    enum plot_input input = PLOT_REPORT;

    if (!plot_find_kind(kind_name, &kind))
        return ctl_complain(EX_USAGE, "--kind: one of equity, drawdown, weights, health, memory, "
                                      "all is needed");
    if (line->out == NULL)
        return ctl_complain(EX_USAGE, "plot needs --out FILE.svg");
    text_init(&why, memory, sizeof memory);
    plot_data_init(data);
    int error = read_input(data, line->words[1], &input, &why);

    if (error != 0)
        return ctl_complain(error == ERROR_NOT_FOUND ? EX_NOINPUT : EX_DATAERR, memory);
    if (!plot_has(data, kind))
        return complain_of_emptiness(line->words[1], input, kind_name);
    return draw(data, kind, line->out);
}

int ctl_plot(const struct ctl_line *line)
{
    struct plot_data *data = malloc(sizeof *data);
    int code = data != NULL ? plot(line, line->kind != NULL ? line->kind : "all", data)
                            : ctl_complain(EX_OSERR, "there is no memory");

    free(data);
    return code;
}
