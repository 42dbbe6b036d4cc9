/* The terminal, by ncurses. */
#include "tickd/bin/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

#include <curses.h>

#include "tickd/ops/ctl_top_view.h"

enum { ESCAPE_DELAY_MS = 25, GONE_AFTER = 2, DEFAULT_COLOUR = -1 };

static SCREEN *screen;
static volatile sig_atomic_t shall_end;
static bool is_coloured;
static sigset_t outside; /* the signals that were blocked before us */
static int misses;       /* keys that were announced and not there, one after the other */

/* How a style looks: in colours, and where there are none. */
static const struct {
    short foreground;
    short background;
    attr_t coloured;
    attr_t plain;
} looks[TOP_STYLE_COUNT] = {
    [TOP_PLAIN] = {DEFAULT_COLOUR, DEFAULT_COLOUR, A_NORMAL, A_NORMAL},
    [TOP_DIM] = {DEFAULT_COLOUR, DEFAULT_COLOUR, A_DIM, A_DIM},
    [TOP_STRONG] = {DEFAULT_COLOUR, DEFAULT_COLOUR, A_BOLD, A_BOLD},
    [TOP_GOOD] = {COLOR_GREEN, DEFAULT_COLOUR, A_NORMAL, A_NORMAL},
    [TOP_WARNING] = {COLOR_YELLOW, DEFAULT_COLOUR, A_BOLD, A_BOLD},
    [TOP_BAD] = {COLOR_RED, DEFAULT_COLOUR, A_BOLD, A_BOLD | A_UNDERLINE},
    [TOP_ALARM] = {COLOR_WHITE, COLOR_RED, A_BOLD, A_BOLD | A_REVERSE},
    [TOP_METER] = {COLOR_CYAN, DEFAULT_COLOUR, A_NORMAL, A_NORMAL},
    [TOP_HEADING] = {COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
    [TOP_SORTED] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE | A_BOLD},
    [TOP_SELECTED] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE},
    [TOP_MARKED] = {COLOR_YELLOW, DEFAULT_COLOUR, A_BOLD, A_UNDERLINE},
    [TOP_TAB] = {COLOR_CYAN, DEFAULT_COLOUR, A_NORMAL, A_NORMAL},
    [TOP_TAB_OPEN] = {COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
    [TOP_KEY] = {DEFAULT_COLOUR, DEFAULT_COLOUR, A_NORMAL, A_NORMAL},
    [TOP_LABEL] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE},
};

/* ncurses' keys and ours. */
static const struct {
    int from;
    uint32_t to;
} keys[] = {
    {KEY_UP, TOP_KEY_UP},
    {KEY_DOWN, TOP_KEY_DOWN},
    {KEY_LEFT, TOP_KEY_LEFT},
    {KEY_RIGHT, TOP_KEY_RIGHT},
    {KEY_PPAGE, TOP_KEY_PAGE_UP},
    {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
    {KEY_HOME, TOP_KEY_HOME},
    {KEY_END, TOP_KEY_END},
    {KEY_BTAB, TOP_KEY_BACK_TAB},
    {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
    {KEY_ENTER, '\r'},
};

/* Signals. */

static void note_end(int number)
{
    (void)number;
    shall_end = 1;
}

static void note_nothing(int number) /* it has done its work: the wait is over */
{
    (void)number;
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

static void catch_signals(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        handle(ends[i], note_end);
        (void)sigaddset(&blocked, ends[i]);
    }
    handle(SIGWINCH, note_nothing);
    (void)sigaddset(&blocked, SIGWINCH);
    (void)sigprocmask(SIG_BLOCK, &blocked, &outside);
}

/* Open and close. */

static void make_colours(void)
{
    const char *unwanted = getenv("NO_COLOR");
    short background = COLOR_BLACK;
    short foreground = COLOR_WHITE;

    if (unwanted != NULL && unwanted[0] != '\0')
        return;
    if (!has_colors() || start_color() == ERR)
        return;
    if (use_default_colors() == OK)
        background = foreground = DEFAULT_COLOUR;
    for (int i = 0; i < TOP_STYLE_COUNT; i++)
        init_pair((short)(i + 1),
                  looks[i].foreground == DEFAULT_COLOUR ? foreground : looks[i].foreground,
                  looks[i].background == DEFAULT_COLOUR ? background : looks[i].background);
    is_coloured = true;
}

bool terminal_open(struct text *why)
{
    const char *type = getenv("TERM");

    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
        text_add(why, "top needs a terminal; for programs there is: tickctl --json status");
        return false;
    }
    if (!terminal_type_is_known()) {
        text_format(why, "top: the terminal's type (TERM=%.40s) is not known here",
                    type != NULL ? type : "");
        return false;
    }
    (void)setlocale(LC_CTYPE, ""); /* numbers stay as they are */
    catch_signals();
    terminal_note_modes();
    screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        text_add(why, "top: the terminal cannot be taken over");
        (void)sigprocmask(SIG_SETMASK, &outside, NULL);
        return false;
    }
    terminal_restore_on_crash();
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    curs_set(0);
    make_colours();
    return true;
}

void terminal_close(void)
{
    (void)move(LINES - 1, 0);
    (void)clrtoeol();
    (void)refresh();
    (void)endwin();
    delscreen(screen);
    screen = NULL;
    (void)sigprocmask(SIG_SETMASK, &outside, NULL);
}

bool terminal_is_ascii(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

void terminal_size(int *rows, int *columns)
{
    struct winsize window = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 0 && window.ws_col > 0 &&
        (window.ws_row != LINES || window.ws_col != COLS)) {
        (void)resizeterm(window.ws_row, window.ws_col);
        (void)clearok(stdscr, TRUE);
    }
    *rows = LINES;
    *columns = COLS;
}

static void show_cell(int row, int column, struct top_cell cell)
{
    const wchar_t glyph[2] = {(wchar_t)cell.glyph, L'\0'};
    short pair = is_coloured ? (short)(cell.style + 1) : 0;
    attr_t look = is_coloured ? looks[cell.style].coloured : looks[cell.style].plain;
    cchar_t drawn;

    if (setcchar(&drawn, glyph, look, pair, NULL) == OK)
        (void)mvadd_wch(row, column,
                        &drawn); /* the last cell is drawn, and an error all the same */
}

void terminal_show(const struct top_grid *grid)
{
    for (int row = 0; row < grid->rows; row++) {
        for (int column = 0; column < grid->columns; column++)
            show_cell(row, column, top_cell_at(grid, row, column));
    }
    (void)refresh();
}

bool terminal_wait(int descriptor, int64_t ms, struct terminal_events *events)
{
    fd_set readable;
    int highest = descriptor > STDIN_FILENO ? descriptor : STDIN_FILENO;
    struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    *events = (struct terminal_events){0};
    if (shall_end != 0)
        return false;
    FD_ZERO(&readable);
    FD_SET(STDIN_FILENO, &readable);
    if (descriptor >= 0)
        FD_SET(descriptor, &readable);
    if (pselect(highest + 1, &readable, NULL, NULL, &limit, &outside) > 0) {
        events->has_key = FD_ISSET(STDIN_FILENO, &readable);
        events->has_data = descriptor >= 0 && FD_ISSET(descriptor, &readable);
    }
    return shall_end == 0;
}

uint32_t terminal_key(void)
{
    int key = getch();

    misses = key == ERR ? misses + 1 : 0;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (keys[i].from == key)
            return keys[i].to;
    }
    if (key >= KEY_F0 && key <= KEY_F(12))
        return TOP_KEY_F0 + (uint32_t)(key - KEY_F0);
    return key > 0 && key < 128 ? (uint32_t)key : 0;
}

bool terminal_is_gone(void)
{
    return misses > GONE_AFTER;
}
