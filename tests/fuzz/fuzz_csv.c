/* Any bytes as a CSV file, as they are or inflated: the reader ends, with an end or an error that
 * is text; a trade keeps its bounds; and the same file read again gives the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tickd/base/arena.h"
#include "tickd/base/digest.h"
#include "tickd/base/text.h"
#include "tickd/feed/csv.h"

enum { NAMES_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;
static struct symbol_table symbols;
static FILE *file;

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_error(int code, const char *text)
{
    require(code < 0, "a code that is neither a row nor an error");
    require(text[0] != '\0' && strlen(text) < CSV_ERROR_MAX, "an error without a text");
    for (const char *at = text; *at != '\0'; at++)
        require((unsigned char)*at >= 0x20 && *at != 0x7f, "a control character in an error");
    require(text_is_utf8(text, strlen(text)), "an error that is no UTF-8");
}

static void check_trade(const struct trade *trade)
{
    require(trade->time_ms >= TRADE_TIME_MS_MIN && trade->time_ms <= TRADE_TIME_MS_MAX,
            "a time out of range");
    require(trade->price > 0 && trade->volume >= 0, "a price or volume out of range");
    require(trade->symbol == SYMBOL_NONE || trade->symbol < symbols.count,
            "a symbol without a name");
    require((trade->conditions & ~(UINT64_C(1) << CONDITION_SUSPICIOUS)) >> 42 == 0,
            "a condition that has no code");
}

/* Reads the file to its end; everything that it gave is in the digest. */
static uint64_t read_all(void)
{
    char memory[CSV_ERROR_MAX];
    struct text error;
    struct csv_reader *reader;
    struct digest digest;
    struct trade trade;
    int result;
    uint64_t rows = 0;

    digest_init(&digest);
    text_init(&error, memory, sizeof memory);
    require(lseek(fileno(file), 0, SEEK_SET) == 0, "lseek");
    result = csv_open_descriptor(dup(fileno(file)), "fuzz.csv", &symbols, &reader, &error);
    if (result != 0) {
        check_error(result, memory);
        digest_add(&digest, memory, error.length);
        return digest_value(&digest);
    }
    while ((result = csv_next(reader, &trade)) > 0) {
        rows++;
        if (result == CSV_TRADE) {
            check_trade(&trade);
            digest_add(&digest, &trade, sizeof trade);
        }
    }
    if (result < 0)
        check_error(result, csv_error(reader));
    require(csv_records(reader) == rows + (result < 0 ? 1 : 0), "records and rows differ");
    digest_add(&digest, csv_error(reader), strlen(csv_error(reader)));
    csv_close(reader);
    return digest_value(&digest);
}

static void write_file(const uint8_t *data, size_t size)
{
    int descriptor = fileno(file);

    require(ftruncate(descriptor, 0) == 0, "ftruncate");
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(descriptor, data + done, size - done, (off_t)done);

        require(count > 0, "pwrite");
        done += (size_t)count;
    }
}

static void start(void)
{
    struct arena measuring;

    arena_init_measuring(&measuring);
    symbols_init(&symbols, &measuring, NAMES_MAX, true);
    file = tmpfile();
    require(file != NULL && arena_init(&arena, measuring.used) == 0, "no file or no memory");
    symbols_init(&symbols, &arena, NAMES_MAX, true);
    for (char name = 'A'; symbols.count < NAMES_MAX; name++) {
        uint16_t id;

        require(symbols_add(&symbols, &name, 1, &id) == 0, "symbols_add");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (file == NULL)
        start();
    write_file(data, size);
    uint64_t first = read_all();

    require(first == read_all(), "the same file gives something else");
    return 0;
}
