/* tickd-manual page TEMPLATE PROGRAM DATE | bash PROGRAM | zsh PROGRAM | configuration: writes to
 * standard output. config/tickd.json is what the last one prints. */
#include "manual.h"

#include <string.h>
#include <sysexits.h>

#include "tickd/ops/config_print.h"

static int write_page(char **arguments)
{
    FILE *template = fopen(arguments[2], "r");

    if (template == NULL) {
        perror(arguments[2]);
        return EX_NOINPUT;
    }
    bool good = page_write(template, arguments[2], arguments[3], arguments[4], stdout);

    fclose(template);
    return good ? 0 : EX_DATAERR;
}

static int write_part(int count, char **arguments)
{
    const struct subject *subject = count >= 3 ? subject_find(arguments[2]) : NULL;

    if (count == 5 && strcmp(arguments[1], "page") == 0 && subject_find(arguments[3]) != NULL)
        return write_page(arguments);
    if (subject != NULL && strcmp(arguments[1], "bash") == 0) {
        bash_write(subject, stdout);
        return 0;
    }
    if (subject != NULL && strcmp(arguments[1], "zsh") == 0) {
        zsh_write(subject, stdout);
        return 0;
    }
    if (count == 2 && strcmp(arguments[1], "configuration") == 0)
        return config_print_documented(stdout) == 0 ? 0 : EX_IOERR;
    fputs("usage: tickd-manual page TEMPLATE PROGRAM DATE | bash PROGRAM | zsh PROGRAM"
          " | configuration\n",
          stderr);
    return EX_USAGE;
}

int main(int count, char **arguments)
{
    int code = write_part(count, arguments);

    return fflush(stdout) == 0 && ferror(stdout) == 0 ? code : EX_IOERR;
}
