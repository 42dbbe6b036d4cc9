/* CSV of trades: what is taken, what is broken and how that is said, plain and gzip. Files are
 * written into a folder of the test's own. With TICKD_DATA, the recorded days too. */
#include "tickd/feed/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "tickd/base/error.h"

#define CODE(code) (UINT64_C(1) << (code))

enum { NAMES_MAX = 8, PATH_BYTES_MAX = 1024, ZIP_BYTES_MAX = 1 << 21 };

static char folder[] = "/tmp/tickd-test-csv-XXXXXX";
static char path[sizeof folder + 16];
static struct arena arena;
static struct symbol_table symbols;
static struct csv_reader *reader;
static char error_memory[CSV_ERROR_MAX];
static struct text error;
static struct trade trade;

static unsigned char zipped[ZIP_BYTES_MAX];

/* bytes as a gzip member in `zipped`; its size. */
static size_t zip(const char *bytes, size_t length)
{
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    char *input = malloc(length + 1); /* next_in is not const everywhere */

    assert_non_null(input);
    memcpy(input, bytes, length);
    stream.next_in = (unsigned char *)input;
    stream.avail_in = (unsigned)length;
    stream.next_out = zipped;
    stream.avail_out = sizeof zipped;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = sizeof zipped - stream.avail_out;

    deflateEnd(&stream);
    free(input);
    return size;
}

static void write_file(const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static int open_file(void)
{
    text_init(&error, error_memory, sizeof error_memory);
    return csv_open(path, &symbols, &reader, &error);
}

static void open_bytes(const void *bytes, size_t length)
{
    write_file(bytes, length);
    if (open_file() != 0)
        fail_msg("%s", error_memory);
}

static void open_text(const char *content)
{
    open_bytes(content, strlen(content));
}

/* A text with values in it, as printf has them; valid until the next one. */
TICKD_PRINTF(1, 2) static const char *format(const char *form, ...)
{
    static char memory[PATH_BYTES_MAX];
    struct text text;
    va_list arguments;

    va_start(arguments, form);
    text_init(&text, memory, sizeof memory);
    text_format_list(&text, form, arguments);
    va_end(arguments);
    assert_false(text.cut);
    return memory;
}

/* An error's text behind the name of the file. */
static const char *behind_path(const char *text)
{
    assert_int_equal(strncmp(text, path, strlen(path)), 0);
    return text + strlen(path);
}

static void assert_header_refused(const char *content, const char *reason)
{
    write_file(content, strlen(content));
    assert_int_equal(open_file(), ERROR_SYNTAX);
    assert_null(reader);
    assert_string_equal(behind_path(error_memory), reason);
}

static void assert_row(const char *symbol, int64_t time_ms, int64_t price, int64_t volume,
                       uint64_t conditions)
{
    int result = csv_next(reader, &trade);

    if (result != CSV_TRADE)
        fail_msg("%d: %s", result, csv_error(reader));
    assert_string_equal(symbols_name(&symbols, trade.symbol), symbol);
    assert_int_equal(trade.time_ms, time_ms);
    assert_int_equal(trade.price, price);
    assert_int_equal(trade.volume, volume);
    assert_int_equal(trade.conditions, conditions);
    assert_int_equal(trade.order, 0);
}

static void assert_end(void)
{
    assert_int_equal(csv_next(reader, &trade), CSV_END);
    assert_int_equal(csv_next(reader, &trade), CSV_END);
    assert_string_equal(csv_error(reader), "");
}

/* The next record is broken, and stays so. */
static void assert_broken(const char *reason)
{
    assert_int_equal(csv_next(reader, &trade), ERROR_SYNTAX);
    assert_string_equal(behind_path(csv_error(reader)), reason);
    assert_int_equal(csv_next(reader, &trade), ERROR_SYNTAX);
    assert_string_equal(behind_path(csv_error(reader)), reason);
}

static void close_file(void)
{
    csv_close(reader);
    reader = NULL;
}

static int set_up(void **state)
{
    struct arena measuring;

    (void)state;
    arena_init_measuring(&measuring);
    symbols_init(&symbols, &measuring, NAMES_MAX, true);
    assert_int_equal(arena_init(&arena, measuring.used), 0);
    symbols_init(&symbols, &arena, NAMES_MAX, true);
    reader = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (reader != NULL)
        close_file();
    arena_fini(&arena);
    unlink(path);
    return 0;
}

static void test_a_plain_file(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume\n"
              "1381132800464,SPY,167.41,100\n"
              "1381132800465,BINANCE:BTCUSDT,34727.99,0.000004\n");
    assert_int_equal(csv_records(reader), 0);
    assert_row("SPY", 1381132800464, 16741000000, 10000000000, 0);
    assert_row("BINANCE:BTCUSDT", 1381132800465, 3472799000000, 400, 0);
    assert_int_equal(csv_records(reader), 2);
    assert_end();
}

static void test_columns_come_in_any_order_and_others_are_ignored(void **state)
{
    (void)state;
    open_text("volume,venue,price,,time_ms,note,symbol\n"
              "7,N,1.5,x,1381132800464,some text,A\n"
              "8,,2.5,,1381132800465,,B\n");
    assert_row("A", 1381132800464, 150000000, 700000000, 0);
    assert_row("B", 1381132800465, 250000000, 800000000, 0);
    assert_end();
}

static void test_line_ends_may_be_crlf_and_the_last_one_missing(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume\r\n1381132800464,A,1,2\r\n1381132800465,B,3,4");
    assert_row("A", 1381132800464, 100000000, 200000000, 0);
    assert_row("B", 1381132800465, 300000000, 400000000, 0);
    assert_end();
    close_file();
    open_text("time_ms,symbol,price,volume\r\n1381132800464,A,1,2\r");
    assert_row("A", 1381132800464, 100000000, 200000000, 0);
    assert_end();
}

static void test_a_byte_order_mark_and_empty_lines_are_passed_over(void **state)
{
    (void)state;
    open_text("\xef\xbb\xbf"
              "time_ms,symbol,price,volume\n\n1381132800464,A,1,2\n\r\n1381132800465,A,3,x\n");
    assert_row("A", 1381132800464, 100000000, 200000000, 0);
    assert_broken(":5: record 2: column volume: found \"x\", right is a number, such as 100");
}

static void test_a_file_with_a_header_alone_has_no_trades(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume");
    assert_end();
    close_file();
    open_text("time_ms,symbol,price,volume\n");
    assert_end();
}

static void test_conditions_by_finnhubs_codes(void **state)
{
    (void)state;
    open_text("conditions,time_ms,symbol,price,volume\n"
              "1;12,1381132800464,A,1,2\n"
              ",1381132800464,A,1,2\n"
              "24,1381132800464,A,1,2\n"
              "1;99,1381132800464,A,1,2\n"
              "8;,1381132800464,A,1,2\n");
    assert_row("A", 1381132800464, 100000000, 200000000, CODE(1) | CODE(12));
    assert_row("A", 1381132800464, 100000000, 200000000, 0);
    assert_row("A", 1381132800464, 100000000, 200000000, CODE(24));
    assert_row("A", 1381132800464, 100000000, 200000000, CODE(1) | CODE(CONDITION_UNKNOWN));
    assert_row("A", 1381132800464, 100000000, 200000000, CODE(8) | CODE(CONDITION_UNKNOWN));
    assert_end();
}

/* Bits: 0 regular, 5 intermarket sweep, 13 extended hours, 29 trade-through exempt, 31 odd lot. */
static void test_conditions_by_hexadecimal_flags(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume,exchange,sale_condition,suspicious\n"
              "1381132800464,SPY,167.41,100,P,20002000,0\n"
              "1381132800464,SPY,167.41,100,P,a0000020,1\n"
              "1381132800464,SPY,167.41,100,P,A0000020,0\n"
              "1381132800464,SPY,167.41,100,,1,\n"
              "1381132800464,SPY,167.41,100,,,\n");
    assert_row("SPY", 1381132800464, 16741000000, 10000000000, CODE(41) | CODE(24));
    assert_row("SPY", 1381132800464, 16741000000, 10000000000,
               CODE(41) | CODE(12) | CODE(8) | CODE(CONDITION_SUSPICIOUS));
    assert_row("SPY", 1381132800464, 16741000000, 10000000000, CODE(41) | CODE(12) | CODE(8));
    assert_row("SPY", 1381132800464, 16741000000, 10000000000, CODE(1));
    assert_row("SPY", 1381132800464, 16741000000, 10000000000, 0);
    assert_end();
}

static void test_both_kinds_of_conditions_add_up(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume,conditions,sale_condition\n"
              "1381132800464,SPY,1,1,12;24,1\n");
    assert_row("SPY", 1381132800464, 100000000, 100000000, CODE(1) | CODE(12) | CODE(24));
}

static void test_quoted_fields(void **state)
{
    (void)state;
    open_text("\"time_ms\",note,\"symbol\",price,volume\n"
              "\"1381132800464\",\"commas, \"\"quotes\"\"\nand line\r\nends\",\"IC MARKETS:1\","
              "\"1.5\",\"2\"\r\n"
              "1381132800465,\"\",\"A\"\"B\",3,4\n"
              "1381132800466,,C,5,x\n");
    assert_row("IC MARKETS:1", 1381132800464, 150000000, 200000000, 0);
    assert_row("A\"B", 1381132800465, 300000000, 400000000, 0);
    assert_broken(":6: record 3: column volume: found \"x\", right is a number, such as 100");
}

static void test_numbers_are_json_numbers_read_exactly(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume\n"
              "1.381132800464e12,A,1e-7,2.5E+1\n"
              "1381132800464.0,A,0.123456785,92233720368.54775807\n"
              "946684800000,A,146.7600000000000000000,0\n"
              "4102444799999,A,0.00000001,-0\n");
    assert_row("A", 1381132800464, 10, 2500000000, 0);
    assert_row("A", 1381132800464, 12345678, INT64_MAX, 0);
    assert_row("A", 946684800000, 14676000000, 0, 0);
    assert_row("A", 4102444799999, 1, 0, 0);
    assert_end();
}

static void test_values_that_no_trade_can_have_are_malformed_and_passed(void **state)
{
    static const char *const rows[] = {
        "1381132800464,A,0,1",      "1381132800464,A,-1,1",       "1381132800464,A,1,-1",
        "946684799999,A,1,1",       "4102444800000,A,1,1",        "1381132800464.5,A,1,1",
        "1381132800464,A,1e300,1",  "1381132800464,A,1,1e300",    "1e300,A,1,1",
        "1381132800464,A,1e-300,1", "-1381132800464,A,167.41,10",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        open_text(format("time_ms,symbol,price,volume\n%s\n1381132800465,B,1,1\n", rows[i]));
        assert_int_equal(csv_next(reader, &trade), CSV_MALFORMED_TRADE);
        assert_row("B", 1381132800465, 100000000, 100000000, 0);
        assert_end();
        assert_int_equal(csv_records(reader), 2);
        close_file();
    }
    assert_int_equal(symbols.count, 1); /* a malformed trade adds no name */
}

static void test_a_symbol_that_the_table_cannot_take_is_none(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume\n"
              "1381132800464,,1,1\n"
              "1381132800464,01234567890123456789012345678901,1,1\n"
              "1381132800464,A,1,1\n");
    assert_row("", 1381132800464, 100000000, 100000000, 0);
    assert_int_equal(trade.symbol, SYMBOL_NONE);
    assert_row("", 1381132800464, 100000000, 100000000, 0);
    assert_int_equal(trade.symbol, SYMBOL_NONE);
    assert_row("A", 1381132800464, 100000000, 100000000, 0);
}

static void test_a_field_of_another_kind_is_an_error_that_names_it(void **state)
{
    static const struct {
        const char *row;
        const char *reason;
    } rows[] = {
        {"noon,A,1,1,1,0", "time_ms: found \"noon\", right is a time in UNIX milliseconds, such as "
                           "1381132800464"},
        {"2013-10-07,A,1,1,1,0", "time_ms: found \"2013-10-07\", right is a time in UNIX "
                                 "milliseconds, such as 1381132800464"},
        {",A,1,1,1,0", "time_ms: found \"\", right is a time in UNIX milliseconds, such as "
                       "1381132800464"},
        {"1381132800464,A,abc,1,1,0", "price: found \"abc\", right is a number, such as 146.76"},
        {"1381132800464,A,1.,1,1,0", "price: found \"1.\", right is a number, such as 146.76"},
        {"1381132800464,A,.5,1,1,0", "price: found \".5\", right is a number, such as 146.76"},
        {"1381132800464,A,\"1,5\",1,1,0",
         "price: found \"1,5\", right is a number, such as 146.76"},
        {"1381132800464,A, 1,1,1,0", "price: found \" 1\", right is a number, such as 146.76"},
        {"1381132800464,A,1,01,1,0", "volume: found \"01\", right is a number, such as 100"},
        {"1381132800464,A,1,,1,0", "volume: found \"\", right is a number, such as 100"},
        {"1381132800464,A,1,1,0x20,0", "sale_condition: found \"0x20\", right is 1 to 8 "
                                       "hexadecimal digits, such as 20000020"},
        {"1381132800464,A,1,1,123456789,0",
         "sale_condition: found \"123456789\", right is 1 to 8 hexadecimal digits, such as "
         "20000020"},
        {"1381132800464,A,1,1,1,yes", "suspicious: found \"yes\", right is 0 or 1"},
        {"1381132800464,A,1,\a\xff,1,0", "volume: found \"??\", right is a number, such as 100"},
        {"1381132800464,A,1,aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde,1,0",
         "volume: found \"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd…\", right is a number, such as "
         "100"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        open_text(format(
            "time_ms,symbol,price,volume,sale_condition,suspicious\n1381132800463,A,1,1,1,0\n%s"
            "\n1381132800465,A,1,1,1,0\n",
            rows[i].row));
        assert_row("A", 1381132800463, 100000000, 100000000, CODE(1));
        assert_broken(format(":3: record 2: column %s", rows[i].reason));
        assert_int_equal(csv_records(reader), 2);
        close_file();
    }
}

static void test_too_few_and_too_many_fields(void **state)
{
    (void)state;
    open_text("time_ms,symbol,price,volume\n1381132800464,A,1\n");
    assert_broken(":2: record 1: found 3 fields, right are the header's 4");
    close_file();
    open_text("time_ms,symbol,price,volume\n1381132800464,A,1,1,\n");
    assert_broken(":2: record 1: found 5 or more fields, right are the header's 4");
    close_file();
    open_text("time_ms,symbol,price,volume\n1381132800464\n");
    assert_broken(":2: record 1: found 1 fields, right are the header's 4");
}

static void test_quotes_where_none_can_be(void **state)
{
    static const char reason[] =
        ":2: record 1: field 2: a quote where none can be, right are quotes "
        "around the whole field and doubled ones inside";

    (void)state;
    open_text("time_ms,symbol,price,volume\n1381132800464,A\"B\",1,1\n");
    assert_broken(reason);
    close_file();
    open_text("time_ms,symbol,price,volume\n1381132800464,\"A\"B,1,1\n");
    assert_broken(reason);
    close_file();
    open_text("time_ms,symbol,price,volume\n1381132800464,\"A\" ,1,1\n");
    assert_broken(reason);
    close_file();
    open_text("time_ms,symbol,price,volume\n1381132800464,A,1,1\n1381132800465,\"A,1,1\n\n\n");
    assert_row("A", 1381132800464, 100000000, 100000000, 0);
    assert_broken(":3: record 2: a quoted field does not end");
}

static void test_headers_that_are_wrong(void **state)
{
    (void)state;
    assert_header_refused("", ":1: the file is empty, right is a line such as "
                              "time_ms,symbol,price,volume");
    assert_header_refused("\n\r\n", ":3: the file is empty, right is a line such as "
                                    "time_ms,symbol,price,volume");
    assert_header_refused("\xef\xbb\xbf", ":1: the file is empty, right is a line such as "
                                          "time_ms,symbol,price,volume");
    assert_header_refused("time_ms,symbol,volume\n1,A,1\n",
                          ":1: the header has no column price, right is a line such as "
                          "time_ms,symbol,price,volume");
    assert_header_refused("1381132800464,SPY,167.41,100\n",
                          ":1: the header has no column time_ms, right is a line such as "
                          "time_ms,symbol,price,volume");
    assert_header_refused("time_ms,symbol,Price,volume\n",
                          ":1: the header has no column price, right is a line such as "
                          "time_ms,symbol,price,volume");
    assert_header_refused("time_ms,symbol,price,volume,price\n",
                          ":1: the header has the column price twice, right is a line such as "
                          "time_ms,symbol,price,volume");
    assert_header_refused("time_ms,sym\"bol,price\",volume\n",
                          ":1: field 2: a quote where none can be, right are quotes around the "
                          "whole field and doubled ones inside");
    assert_header_refused("time_ms,\"symbol,price,volume\n", ":1: a quoted field does not end");
}

/* A header with this many columns. */
static void make_columns(struct text *content, size_t count)
{
    text_clear(content);
    text_add(content, "time_ms,symbol,price,volume");
    for (size_t i = 4; i < count; i++)
        text_add_char(content, ',');
    text_add_char(content, '\n');
}

static void test_many_columns_up_to_the_limit(void **state)
{
    char memory[1024];
    struct text content;

    (void)state;
    text_init(&content, memory, sizeof memory);
    make_columns(&content, CSV_COLUMNS_MAX);
    open_text(memory);
    assert_end();
    close_file();
    make_columns(&content, CSV_COLUMNS_MAX + 1);
    assert_header_refused(memory, ":1: more than 256 columns, right is a line such as "
                                  "time_ms,symbol,price,volume");
}

/* A file with one record of this length, which begins with `first`. */
static void open_record(char first, size_t length)
{
    static const char tail[] = ",1381132800464,A,1,1\n";
    static char memory[CSV_RECORD_MAX * 2];
    struct text content;

    text_init(&content, memory, sizeof memory);
    text_add(&content, "note,time_ms,symbol,price,volume\n");
    text_add_char(&content, first);
    for (size_t i = 1; i < length - strlen(tail); i++)
        text_add_char(&content, 'x');
    text_add(&content, tail);
    open_text(memory);
}

static void test_a_record_up_to_the_limit(void **state)
{
    (void)state;
    open_record('x', CSV_RECORD_MAX);
    assert_row("A", 1381132800464, 100000000, 100000000, 0);
    assert_end();
    close_file();
    open_record('x', CSV_RECORD_MAX + 1);
    assert_broken(":2: record 1: the record is too long, right are 16384 bytes at most");
    close_file();
    open_record('"', CSV_RECORD_MAX + 1); /* it hides the line ends behind it */
    assert_broken(":2: record 1: a quoted field does not end");
}

/* Notes of every length up to 96, every third one quoted with a line end inside. */
static size_t add_rows(struct text *content)
{
    static const char note[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                               "0123456789abcdef0123456789abcdef";
    size_t rows = 0;

    text_add(content, "time_ms,note,symbol,price,volume\n");
    for (; content->length + 256 < content->capacity; rows++)
        text_format(content, "%llu,%s%.*s%s,A,%zu,1\n", 1381132800464 + (unsigned long long)rows,
                    rows % 3 == 0 ? "\"\n" : "", (int)(rows % 97), note, rows % 3 == 0 ? "\"" : "",
                    rows + 1);
    return rows;
}

static void assert_rows(size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        assert_row("A", 1381132800464 + (int64_t)i, (int64_t)(i + 1) * 100000000, 100000000, 0);
    assert_end();
}

static void test_records_across_the_buffers_end(void **state)
{
    static char memory[CSV_BUFFER_BYTES * 3];
    struct text content;

    (void)state;
    text_init(&content, memory, sizeof memory);
    size_t rows = add_rows(&content);

    assert_true(rows > 5000);
    open_bytes(memory, content.length);
    assert_rows(rows);
    close_file();
    open_bytes(zipped, zip(memory, content.length));
    assert_rows(rows);
}

static const char short_file[] = "time_ms,symbol,price,volume\n"
                                 "1381132800464,A,1,1\n"
                                 "1381132800465,B,2,2\n"
                                 "1381132800466,C,3,3\n";

static void test_a_gzip_file(void **state)
{
    (void)state;
    size_t size = zip(short_file, sizeof short_file - 1);

    open_bytes(zipped, size);
    assert_row("A", 1381132800464, 100000000, 100000000, 0);
    assert_row("B", 1381132800465, 200000000, 200000000, 0);
    assert_row("C", 1381132800466, 300000000, 300000000, 0);
    assert_end();
}

static void test_a_gzip_file_of_several_members(void **state)
{
    static unsigned char both[4096];

    (void)state;
    size_t size = zip(short_file, sizeof short_file - 1);

    memcpy(both, zipped, size);
    size_t second = zip("1381132800467,D,4,4\n", 20);

    memcpy(both + size, zipped, second);
    open_bytes(both, size + second);
    for (int i = 0; i < 3; i++)
        assert_int_equal(csv_next(reader, &trade), CSV_TRADE);
    assert_row("D", 1381132800467, 400000000, 400000000, 0);
    assert_end();
    close_file();
    memcpy(both + size, "what gzip ignores too", 21);
    open_bytes(both, size + 21);
    for (int i = 0; i < 3; i++)
        assert_int_equal(csv_next(reader, &trade), CSV_TRADE);
    assert_end();
}

/* Wherever the file is cut off: the records that are whole, then an error with the number of the
 * first that is not. */
static void test_a_gzip_file_that_was_cut_off(void **state)
{
    size_t size = zip(short_file, sizeof short_file - 1);
    size_t opened = 0;

    (void)state;
    for (size_t length = 2; length < size; length++) {
        uint64_t rows = 0;

        write_file(zipped, length);
        if (open_file() != 0) {
            assert_non_null(strstr(error_memory, "the gzip stream is broken: it ends too early, "
                                                 "the file was cut off"));
            continue;
        }
        opened++;
        while (csv_next(reader, &trade) == CSV_TRADE)
            rows++;
        assert_broken(
            format(":%llu: record %llu: the gzip stream is broken: it ends too early, the file was "
                   "cut off",
                   (unsigned long long)rows + 2, (unsigned long long)rows + 1));
        close_file();
    }
    assert_true(opened >= 8); /* at least when nothing but the trailer is missing */
}

static void test_a_gzip_file_with_a_wrong_checksum_gives_its_records_first(void **state)
{
    (void)state;
    size_t size = zip(short_file, sizeof short_file - 1);

    zipped[size - 8] ^= 1;
    open_bytes(zipped, size);
    for (int i = 0; i < 3; i++)
        assert_int_equal(csv_next(reader, &trade), CSV_TRADE);
    assert_broken(":5: record 4: the gzip stream is broken: incorrect data check");
}

static void test_a_file_that_is_not_there_or_not_a_file(void **state)
{
    (void)state;
    text_init(&error, error_memory, sizeof error_memory);
    assert_int_equal(csv_open("/nowhere/trades.csv", &symbols, &reader, &error), ERROR_IO);
    assert_null(reader);
    assert_string_equal(error_memory,
                        "/nowhere/trades.csv: cannot be opened: No such file or directory");
    text_init(&error, error_memory, sizeof error_memory);
    assert_int_equal(csv_open(folder, &symbols, &reader, &error), ERROR_IO);
    assert_null(reader);
    assert_non_null(strstr(error_memory, ": cannot be read: Is a directory"));
}

static void test_a_long_name_of_a_file_is_shortened_in_errors(void **state)
{
    char name[1024];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    write_file("x,\"", 3);
    text_init(&error, error_memory, sizeof error_memory);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    int descriptor = dup(fileno(file));

    fclose(file);
    assert_int_equal(csv_open_descriptor(descriptor, name, &symbols, &reader, &error),
                     ERROR_SYNTAX);
    assert_false(error.cut);
    assert_int_equal(strspn(error_memory, "n"), 200);
    assert_string_equal(error_memory + 200, ":1: a quoted field does not end");
}

/* Summed over the file by Python's csv and decimal modules. */
struct recording {
    const char *name;
    uint64_t rows;
    int64_t shares;
    int64_t turnover; /* decimal */
};

static void read_recording(const struct recording *recording)
{
    uint64_t rows = 0;
    int64_t shares = 0;
    int64_t turnover = 0;
    int64_t time_ms = 0;
    int result;

    const char *file = format("%s/%s", getenv("TICKD_DATA"), recording->name);

    text_init(&error, error_memory, sizeof error_memory);
    assert_int_equal(csv_open(file, &symbols, &reader, &error), 0);
    while ((result = csv_next(reader, &trade)) == CSV_TRADE) {
        rows++;
        shares += trade.volume / 100000000;
        turnover += trade.price * (trade.volume / 100000000);
        assert_int_equal(trade.conditions >> CONDITION_SUSPICIOUS, 0); /* no print is marked */
        assert_true(trade.time_ms >= time_ms);
        time_ms = trade.time_ms;
    }
    assert_int_equal(result, CSV_END);
    assert_int_equal(rows, recording->rows);
    assert_int_equal(csv_records(reader), recording->rows);
    assert_int_equal(shares, recording->shares);
    assert_int_equal(turnover, recording->turnover);
    close_file();
}

static void test_the_recorded_days_are_read_whole(void **state)
{
    static const struct recording recordings[] = {
        {"trades-20131007.csv.gz", 388417, 170735234, 1817244412705000000},
        {"trades-20131008.csv.gz", 654140, 285123048, 3237261762058000000},
    };

    (void)state;
    if (getenv("TICKD_DATA") == NULL) {
        print_message("skipped: no data\n");
        skip();
    }
    for (size_t i = 0; i < ARRAY_LENGTH(recordings); i++)
        read_recording(&recordings[i]);
    assert_int_equal(symbols.count, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_plain_file),
        TEST(test_columns_come_in_any_order_and_others_are_ignored),
        TEST(test_line_ends_may_be_crlf_and_the_last_one_missing),
        TEST(test_a_byte_order_mark_and_empty_lines_are_passed_over),
        TEST(test_a_file_with_a_header_alone_has_no_trades),
        TEST(test_conditions_by_finnhubs_codes),
        TEST(test_conditions_by_hexadecimal_flags),
        TEST(test_both_kinds_of_conditions_add_up),
        TEST(test_quoted_fields),
        TEST(test_numbers_are_json_numbers_read_exactly),
        TEST(test_values_that_no_trade_can_have_are_malformed_and_passed),
        TEST(test_a_symbol_that_the_table_cannot_take_is_none),
        TEST(test_a_field_of_another_kind_is_an_error_that_names_it),
        TEST(test_too_few_and_too_many_fields),
        TEST(test_quotes_where_none_can_be),
        TEST(test_headers_that_are_wrong),
        TEST(test_many_columns_up_to_the_limit),
        TEST(test_a_record_up_to_the_limit),
        TEST(test_records_across_the_buffers_end),
        TEST(test_a_gzip_file),
        TEST(test_a_gzip_file_of_several_members),
        TEST(test_a_gzip_file_that_was_cut_off),
        TEST(test_a_gzip_file_with_a_wrong_checksum_gives_its_records_first),
        TEST(test_a_file_that_is_not_there_or_not_a_file),
        TEST(test_a_long_name_of_a_file_is_shortened_in_errors),
        TEST(test_the_recorded_days_are_read_whole),
    };

    struct text path_text;

    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    text_init(&path_text, path, sizeof path);
    text_format(&path_text, "%s/trades.csv", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    rmdir(folder);
    return failed;
}
