/* Fills, booked once more. */
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/modules/portfolio_books.h"
#include "tickd/store/reader.h"

enum { SYMBOLS_MAX_HERE = SYMBOLS_MAX };

/* The books as they are made again, and the symbols that have a place in them so far. */
struct ledger {
    struct books books;
    struct position positions[SYMBOLS_MAX_HERE];
    char symbols[SYMBOLS_MAX_HERE][SYMBOL_NAME_MAX];
    bool known[SYMBOLS_MAX_HERE]; /* what the position was before its first fill */
    size_t count;
    bool knows_cash;
};

/* One row of raw_fill. */
struct stored_fill {
    int64_t sequence;
    const char *symbol;
    enum side side;
    int64_t quantity;
    int64_t price;
    int64_t fee;
    int64_t realised_pnl;
    int64_t position;
    int64_t cost;
    int64_t cash;
};

static void differ(struct books_check *check, int64_t sequence, const char *what, int64_t stored,
                   int64_t made)
{
    struct text text;
    if (!check->exact) {
        return;
    }
    check->exact = false;
    text_init(&text, check->what, sizeof check->what);
    text_format(&text, "at sequence %lld: %s is stored as %lld, the fills make it %lld (1e-8)",
                (long long)sequence, what, (long long)stored, (long long)made);
}

static void compare(struct books_check *check, int64_t sequence, const char *what, int64_t stored,
                    int64_t made)
{
    if (stored != made) {
        differ(check, sequence, what, stored, made);
    }
}

static sqlite3_stmt *about_run(sqlite3 *handle, const char *sql, int64_t run)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, run);
    }
    return statement;
}

/* "" for what is not there: the file may have been written by anybody. */
static const char *text_of(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text != NULL ? text : "";
}

/* A symbol's place; SYMBOLS_MAX_HERE: there is no room for one more. */
static size_t place_of(struct ledger *ledger, const char *symbol)
{
    size_t place = 0;
    while (place < ledger->count && strcmp(ledger->symbols[place], symbol) != 0) {
        place++;
    }
    if (place == ledger->count && place < SYMBOLS_MAX_HERE) {
        text_copy(ledger->symbols[place], SYMBOL_NAME_MAX, symbol);
        ledger->count++;
    }
    return place;
}

/* What the run began with: its initial cash, and what was adopted. */

static void adopt(struct ledger *ledger, const char *verb, const char *symbol, int64_t number,
                  int64_t second)
{
    size_t place = SYMBOLS_MAX_HERE;
    if (strcmp(verb, "adopt_cash") == 0) {
        ledger->books.initial_cash = number;
        ledger->books.cash = second;
    } else if (strcmp(verb, "adopt_result") == 0) {
        ledger->books.realised_pnl = number;
        ledger->books.fees = second;
    } else if (strcmp(verb, "adopt_position") == 0) {
        place = place_of(ledger, symbol);
    }
    if (place < SYMBOLS_MAX_HERE) {
        (void)books_set_position(&ledger->books, place, number, second);
    }
}

static int read_beginning(sqlite3 *handle, int64_t run, struct ledger *ledger)
{
    sqlite3_stmt *row = about_run(handle, "SELECT initial_cash FROM raw_run WHERE run = ?1", run);
    int result = sqlite3_step(row);
    if (result == SQLITE_ROW) {
        books_init(&ledger->books, ledger->positions, SYMBOLS_MAX_HERE,
                   sqlite3_column_int64(row, 0));
    }
    sqlite3_finalize(row);
    if (result != SQLITE_ROW) {
        return result == SQLITE_DONE ? ERROR_NOT_FOUND : ERROR_IO;
    }
    row = about_run(handle,
                    "SELECT verb, argument, number, second FROM raw_command WHERE run = ?1"
                    " AND verb GLOB 'adopt_*' ORDER BY sequence",
                    run);
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        adopt(ledger, text_of(row, 0), text_of(row, 1), sqlite3_column_int64(row, 2),
              sqlite3_column_int64(row, 3));
    }
    sqlite3_finalize(row);
    return result == SQLITE_DONE ? 0 : ERROR_IO;
}

/* The first fill of a run, or of a symbol, whose beginning is gone: it is taken as it is stored. */
static void take_as_is(struct ledger *ledger, size_t place, const struct stored_fill *fill)
{
    struct books *books = &ledger->books;
    (void)books_set_position(books, place, fill->position, fill->cost);
    books->cash = fill->cash;
    ledger->known[place] = true;
    ledger->knows_cash = true;
}

static void take_fill(struct ledger *ledger, const struct stored_fill *fill,
                      struct books_check *check)
{
    struct booking booking;
    struct books *books = &ledger->books;
    size_t place = place_of(ledger, fill->symbol);
    if (place == SYMBOLS_MAX_HERE) {
        differ(check, fill->sequence, "the number of symbols", SYMBOLS_MAX_HERE, SYMBOLS_MAX_HERE);
        return;
    }
    if (!check->complete && (!ledger->known[place] || !ledger->knows_cash)) {
        take_as_is(ledger, place, fill);
        return;
    }
    int error = books_fill_again(books, place, fill->side, fill->quantity, fill->price, fill->fee,
                                 &booking);
    if (error != 0) {
        differ(check, fill->sequence, "a fill that cannot be; its quantity", fill->quantity, 0);
        return;
    }
    const struct position *position = &books->positions[place];
    compare(check, fill->sequence, "cash", fill->cash, books->cash);
    compare(check, fill->sequence, "realised_pnl", fill->realised_pnl, booking.realised_pnl);
    compare(check, fill->sequence, "position", fill->position, position->quantity);
    compare(check, fill->sequence, "cost", fill->cost, position->cost);
}

static int take_fills(sqlite3 *handle, int64_t run, struct ledger *ledger,
                      struct books_check *check)
{
    int result;
    sqlite3_stmt *row = about_run(handle,
                                  "SELECT sequence, symbol, side, quantity, price, fee,"
                                  " realised_pnl, position, cost, cash FROM raw_fill"
                                  " WHERE run = ?1 ORDER BY sequence",
                                  run);
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        const char *side = text_of(row, 2);
        take_fill(ledger,
                  &(struct stored_fill){
                      .sequence = sqlite3_column_int64(row, 0),
                      .symbol = text_of(row, 1),
                      .side = strcmp(side, side_name(SIDE_BUY)) == 0 ? SIDE_BUY : SIDE_SELL,
                      .quantity = sqlite3_column_int64(row, 3),
                      .price = sqlite3_column_int64(row, 4),
                      .fee = sqlite3_column_int64(row, 5),
                      .realised_pnl = sqlite3_column_int64(row, 6),
                      .position = sqlite3_column_int64(row, 7),
                      .cost = sqlite3_column_int64(row, 8),
                      .cash = sqlite3_column_int64(row, 9),
                  },
                  check);
        check->fills++;
    }
    sqlite3_finalize(row);
    return result == SQLITE_DONE ? 0 : ERROR_IO;
}

static void compare_end(const struct ledger *ledger, const struct kept_books *kept,
                        struct books_check *check)
{
    int64_t end = INT64_MAX;
    uint64_t cost = 0; /* sums may go round: what is equal stays equal */
    for (size_t i = 0; i < kept->position_count; i++) {
        const struct kept_position *position = &kept->positions[i];
        cost += (uint64_t)position->cost;
        for (size_t place = 0; place < ledger->count; place++) {
            if (strcmp(ledger->symbols[place], position->symbol) == 0) {
                compare(check, end, "a position", position->quantity,
                        ledger->positions[place].quantity);
            }
        }
    }
    if (check->complete) {
        compare(check, end, "cash", kept->cash, ledger->books.cash);
        compare(check, end, "realised_pnl", kept->realised_pnl, ledger->books.realised_pnl);
        compare(check, end, "fees", kept->fees, ledger->books.fees);
        compare(check, end, "cost of all positions", (int64_t)cost, ledger->books.cost);
    }
    compare(check, end, "cash + cost", (int64_t)((uint64_t)kept->cash + cost),
            (int64_t)((uint64_t)kept->initial_cash + (uint64_t)kept->realised_pnl -
                      (uint64_t)kept->fees));
}

static int64_t count_fills(sqlite3 *handle, int64_t run)
{
    sqlite3_stmt *row = about_run(handle, "SELECT count(*) FROM raw_fill WHERE run = ?1", run);
    int64_t count = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_finalize(row);
    return count;
}

static int check_all(sqlite3 *handle, int64_t run, struct ledger *ledger, struct books_check *check)
{
    struct kept_books kept;
    int error = reader_books(handle, run, &kept);
    if (error == 0) {
        error = read_beginning(handle, run, ledger);
    }
    if (error == 0) {
        check->complete = count_fills(handle, run) == (int64_t)kept.fills;
        error = take_fills(handle, run, ledger, check);
    }
    if (error == 0) {
        compare_end(ledger, &kept, check);
    }
    return error;
}

/* For a recovery: no engine runs yet, and the ledger is too large for a stack. */
int reader_check_books(sqlite3 *handle, int64_t run, struct books_check *check)
{
    static struct ledger ledger;
    memset(&ledger, 0, sizeof ledger);
    *check = (struct books_check){.exact = true};
    if (sqlite3_exec(handle, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
        return ERROR_IO;
    }
    int error = check_all(handle, run, &ledger, check);
    (void)sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
    return error;
}
