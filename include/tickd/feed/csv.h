/* Recorded trades as CSV (RFC 4180), plain or gzip, read as a stream.
 *
 * The first line names the columns, in any order: time_ms, symbol, price and volume are required;
 * `conditions` (Finnhub's codes, separated by ';'), `sale_condition` (the hexadecimal flags of
 * QuantConnect's Lean data) and `suspicious` (0 or 1) are used when they are there, and may be
 * empty; all other columns are ignored. Lines may end in LF or CRLF, the last one in nothing; a
 * UTF-8 byte-order mark and empty lines are passed over.
 *
 * A record is broken, and so the file, when it has not as many fields as the header, or when a
 * field is no number where one has to be. A number that makes the trade unusable in the sense of
 * decode.h (price ≤ 0, volume < 0, does not fit, time out of range or not whole) makes a malformed
 * trade, and reading goes on.
 *
 * Memory: CSV_BUFFER_BYTES and zlib's window, from csv_open() to csv_close(). */
#ifndef TICKD_FEED_CSV_H
#define TICKD_FEED_CSV_H

#include "tickd/base/text.h"
#include "tickd/market/symbols.h"

enum {
    CSV_BUFFER_BYTES = 262144,
    CSV_RECORD_MAX = 16384, /* bytes of one record with its line ends */
    CSV_COLUMNS_MAX = 256,
    CSV_ERROR_MAX = 512 /* an error's text with its terminating zero is never longer */
};

struct csv_reader;

enum csv_result {
    CSV_END = 0,   /* no record is left */
    CSV_TRADE = 1, /* a trade; symbol = SYMBOL_NONE when the table does not have its name */
    CSV_MALFORMED_TRADE = 2 /* a record that is no usable trade; *trade is not to be used */
};

/* Opens a file and reads its header. `symbols` is used by every call and must outlive the reader.
 * On failure *reader is NULL and `error` says why: ERROR_IO (not readable), ERROR_MEMORY, or
 * ERROR_SYNTAX (empty, no gzip, a header without a required column). */
int csv_open(const char *path, struct symbol_table *symbols, struct csv_reader **reader,
             struct text *error);

/* As csv_open(), from a descriptor that now belongs to the reader, whatever is returned; `name` is
 * what errors call it. */
int csv_open_descriptor(int descriptor, const char *name, struct symbol_table *symbols,
                        struct csv_reader **reader, struct text *error);

/* The next record: a value of enum csv_result, or a negative code, the same from then on:
 * ERROR_SYNTAX (a broken record or gzip stream, a file that was cut off) or ERROR_IO. trade->order
 * is 0. */
int csv_next(struct csv_reader *reader, struct trade *trade);

/* What went wrong, one line: file, line, number of the record (the first after the header is 1),
 * column, what was found, what would be right; "" when nothing did. */
const char *csv_error(const struct csv_reader *reader);

/* Records read so far, usable or not. */
uint64_t csv_records(const struct csv_reader *reader);

void csv_close(struct csv_reader *reader);

#endif
