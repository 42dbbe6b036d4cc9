/* Any bytes as a tape: what the reader makes of them ends, is the same when it is read again, and
 * every input that it gives is written and read back to the same.
 *
 * The first byte chooses: 0 the rest is a file; 1 the rest is lines, packed into a block with a
 * right header, so that the fuzzer need not find checksums; 2 the rest is a head. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "tickd/base/arena.h"
#include "tickd/base/digest.h"
#include "tickd/feed/tape_reader.h"

enum { NAMES_MAX = 16, LINE_ROOM = 1 << 20, PACKED_ROOM = 1 << 20, RUN = 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;
static struct symbol_table symbols;
static FILE *file;
static char path[64];

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void start(void)
{
    struct arena measuring;

    arena_init_measuring(&measuring);
    symbols_init(&symbols, &measuring, NAMES_MAX, true);
    file = tmpfile();
    require(file != NULL && arena_init(&arena, measuring.used) == 0, "no file or no memory");
    symbols_init(&symbols, &arena, NAMES_MAX, true);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
}

static bool same_input(const struct input *a, const struct input *b)
{
    if (a->kind != b->kind || a->at_us != b->at_us)
        return false;
    switch (a->kind) {
    case INPUT_TIME:
        return true;
    case INPUT_FRAME:
        return a->frame.length == b->frame.length &&
               memcmp(a->frame.bytes, b->frame.bytes, a->frame.length) == 0;
    case INPUT_FEED:
        return memcmp(a->feed, b->feed, sizeof *a->feed) == 0;
    case INPUT_COMMAND:
        return memcmp(a->command, b->command, sizeof *a->command) == 0;
    case INPUT_VITALS:
        return memcmp(a->vitals, b->vitals, sizeof *a->vitals) == 0;
    }
    return false;
}

static void check_input(struct tape_line *line)
{
    static char written[LINE_ROOM];
    static struct tape_line back;
    const char *fault = "";

    if (line->symbol_length > 0)
        line->input.symbol = symbols_resolve(&symbols, line->symbol, line->symbol_length);
    size_t length = tape_line_input(&line->input, &symbols, written, sizeof written);

    require(length > 0, "an input that cannot be written");
    require(text_is_utf8(written, length), "a line that is no UTF-8");
    require(memchr(written, '\n', length) == written + length - 1, "a line that is not one");
    require(tape_line_read(written, length - 1, &back, &fault) == 0, fault);
    require(same_input(&line->input, &back.input), "an input that does not come back");
}

static void check_damage(const struct tape_damage *damage, struct digest *digest)
{
    char memory[1024];
    struct text text;

    text_init(&text, memory, sizeof memory);
    tape_damage_print(damage, &text);
    require(!text.cut && damage->what != NULL, "damage without words");
    digest_add(digest, memory, text.length);
}

/* Reads it all; what it gave is in the digest. */
static uint64_t read_all(void)
{
    const char *paths[] = {path};
    struct tape_reader *reader;
    struct tape_record record;
    struct digest digest;
    uint64_t ordinal = 0;
    int result;

    digest_init(&digest);
    require(tape_reader_open(paths, 1, &reader) == 0, "no memory");
    while ((result = tape_reader_next(reader, &record)) > 0) {
        digest_add(&digest, &record.kind, sizeof record.kind);
        digest_add(&digest, &record.ordinal, sizeof record.ordinal);
        if (record.kind == TAPE_DAMAGE)
            check_damage(&record.damage, &digest);
        if (record.kind != TAPE_INPUT)
            continue;
        require(record.ordinal >= ordinal || record.run != RUN, "inputs out of order");
        ordinal = record.run == RUN ? record.ordinal : 0;
        digest_add(&digest, &record.line.at_us, sizeof record.line.at_us);
        check_input(&record.line);
    }
    require(result == 0, "a file that cannot be read");
    tape_reader_close(reader);
    return digest_value(&digest);
}

static void write_file(const void *bytes, size_t size)
{
    int descriptor = fileno(file);

    require(ftruncate(descriptor, 0) == 0, "ftruncate");
    require(pwrite(descriptor, bytes, size, 0) == (ssize_t)size, "pwrite");
}

/* As many inputs as there are lines; the reader finds out whether they are. */
static void write_block(const uint8_t *lines, size_t size)
{
    static unsigned char packed[PACKED_ROOM];
    struct tape_block block = {
        .plain_bytes = (uint32_t)size, .run = RUN, .number = 1, .first_input = 7};
    size_t length = ZSTD_compress(packed + TAPE_HEADER_BYTES, sizeof packed - TAPE_HEADER_BYTES,
                                  lines, size, 1);

    require(!ZSTD_isError(length), "too long for this fuzzer");
    for (size_t i = 0; i < size; i++)
        block.inputs += lines[i] == '\n';
    block.packed_bytes = (uint32_t)length;
    tape_block_print(&block, packed);
    write_file(packed, TAPE_HEADER_BYTES + length);
}

static void read_head(const uint8_t *data, size_t size)
{
    static struct settings settings;
    bool adopted[SETTINGS_COUNT] = {false};
    char *line = malloc(size + 1);
    const char *fault = NULL;
    struct tape_head head;

    require(line != NULL, "no memory");
    memcpy(line, data, size);
    settings_init(&settings);
    if (tape_head_read(line, size, &head, &fault) == 0)
        (void)tape_head_adopt(&head, &settings, adopted);
    else
        require(fault != NULL, "a fault without words");
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const struct setting *setting = settings_key(i);

        require(setting->kind != SETTING_LIST ||
                    settings_list_count(&settings, setting) >= (size_t)setting->lowest,
                "a list that is too short");
    }
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (file == NULL)
        start();
    if (size < 2 || size > PACKED_ROOM / 2)
        return 0;
    if (data[0] % 3 == 2) {
        read_head(data + 1, size - 1);
        return 0;
    }
    if (data[0] % 3 == 1)
        write_block(data + 1, size - 1);
    else
        write_file(data + 1, size - 1);
    uint64_t first = read_all();

    require(first == read_all(), "the same tape gives something else");
    return 0;
}
