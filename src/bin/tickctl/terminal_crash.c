/* A crash leaves the terminal as it was. A file of its own, and our headers first, because <term.h>
 * defines words like `columns` and `lines` as macros; so what else needs it is here too. */
#include "tickd/bin/terminal.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

enum { LEAVE_MAX = 256 };

/* What the handler needs; it can call nothing of ncurses. */
static struct termios modes;
static char leave[LEAVE_MAX];
static size_t leave_length;

/* SA_RESETHAND: the signal, raised again, is as deadly as it would have been. */
static void restore_and_die(int number)
{
    ssize_t written = write(STDOUT_FILENO, leave, leave_length);

    (void)written;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    (void)raise(number);
}

static void add_capability(struct text *out, const char *capability)
{
    if (capability != NULL)
        text_add(out, capability);
}

/* Asked apart, because newterm(3) leaks when it fails. */
bool terminal_type_is_known(void)
{
    int result;

    if (setupterm(NULL, STDOUT_FILENO, &result) == ERR)
        return false;
    (void)del_curterm(cur_term);
    return true;
}

void terminal_note_modes(void)
{
    (void)tcgetattr(STDIN_FILENO, &modes);
}

void terminal_restore_on_crash(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction action = {.sa_handler = restore_and_die,
                               .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    struct text text;

    text_init(&text, leave, sizeof leave);
    add_capability(&text, exit_attribute_mode);
    add_capability(&text, cursor_normal);
    add_capability(&text, exit_ca_mode);
    add_capability(&text, keypad_local);
    leave_length = text.length;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LENGTH(crashes); i++)
        (void)sigaction(crashes[i], &action, NULL);
}
