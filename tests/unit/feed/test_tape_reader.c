/* Tests of src/feed/tape_reader.c, tape_blocks.c and tape_block.c: tapes that are cut off, broken,
 * or made to do harm. */
#include <zstd.h>

#include "support/tape_scene.h"
#include "tickd/feed/tape_reader.h"

enum { TAPE_MAX = 1 << 20, PER_FLUSH = 6, FLUSHES = 5 };

static struct tape_scene scene;
static char path[TAPE_PATH_MAX];
static unsigned char good[TAPE_MAX]; /* a whole tape */
static size_t good_length;
static unsigned char bad[TAPE_MAX];

/* What a reader made of some bytes. */
struct reading {
    uint64_t inputs;
    uint64_t digests;
    uint64_t damages;
    uint64_t heads;
    uint64_t gaps;
    uint64_t first_ordinal;
    uint64_t last_ordinal;
    struct tape_damage damage; /* the first one */
    bool in_order;
};

static void take(struct reading *reading, const struct tape_record *record)
{
    switch (record->kind) {
    case TAPE_HEAD:
        reading->heads++;
        break;
    case TAPE_INPUT:
        if (reading->inputs++ == 0)
            reading->first_ordinal = record->ordinal;
        else
            reading->in_order &= record->ordinal > reading->last_ordinal;
        reading->last_ordinal = record->ordinal;
        break;
    case TAPE_DIGEST:
        reading->digests++;
        break;
    case TAPE_GAP:
        reading->gaps++;
        break;
    case TAPE_DAMAGE:
        if (reading->damages++ == 0)
            reading->damage = record->damage;
        break;
    }
}

static struct reading read_paths(const char *const *paths, size_t count, uint64_t ordinal,
                                 int64_t at_us)
{
    struct reading reading = {.in_order = true};
    struct tape_reader *reader;
    struct tape_record record;
    int result;

    assert_int_equal(tape_reader_open(paths, count, &reader), 0);
    tape_reader_skip(reader, ordinal, at_us);
    while ((result = tape_reader_next(reader, &record)) > 0)
        take(&reading, &record);
    assert_int_equal(result, 0);
    tape_reader_close(reader);
    assert_true(reading.in_order);
    return reading;
}

static void write_file(const char *name, const void *bytes, size_t length)
{
    (void)unlink(name); /* a file that is cut to nothing is synced when it is closed */
    int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes, length), (ssize_t)length);
    close(descriptor);
}

static struct reading read_bytes(const void *bytes, size_t length)
{
    const char *paths[] = {path};

    write_file(path, bytes, length);
    return read_paths(paths, 1, 0, INT64_MIN);
}

static int set_up(void **state)
{
    (void)state;
    scene_init(&scene);
    scene_start(&scene);
    for (int flush = 0; flush < FLUSHES; flush++) {
        scene_frames(&scene, PER_FLUSH - 1);
        scene_second(&scene);
        scene_settle(&scene);
    }
    assert_true(scene_stop_writer(&scene));
    scene_path(&scene, 1, path);
    int descriptor = open(path, O_RDONLY);
    ssize_t length = read(descriptor, good, sizeof good);

    close(descriptor);
    good_length = (size_t)length;
    (void)snprintf(path, sizeof path, "%s/other", scene.folder);
    return length > 0 && good_length < sizeof good ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    scene_fini(&scene);
    return 0;
}

/* Where block `number` begins in the good tape. */
static size_t block_at(uint64_t number)
{
    size_t offset = 0;

    for (uint64_t i = 0; i < number; i++) {
        struct tape_block block;
        const char *fault;

        assert_int_equal(tape_block_parse(good + offset, &block, &fault), 0);
        offset += TAPE_HEADER_BYTES + block.packed_bytes;
    }
    return offset;
}

static void test_a_whole_tape(void **state)
{
    struct reading reading = read_bytes(good, good_length);

    (void)state;
    assert_int_equal(reading.damages, 0);
    assert_int_equal(reading.heads, 1);
    assert_int_equal(reading.inputs, FLUSHES * PER_FLUSH);
    assert_int_equal(reading.digests, FLUSHES);
    assert_int_equal(block_at(1 + FLUSHES), good_length);
}

static void test_a_tape_that_is_cut_off_anywhere_loses_one_block_at_most(void **state)
{
    (void)state;
    for (size_t length = 0; length < good_length; length++) {
        struct reading reading = read_bytes(good, length);
        uint64_t whole = 0;

        while (block_at(whole + 1) <= length)
            whole++;
        bool at_end = block_at(whole) == length;

        assert_int_equal(reading.damages, at_end ? 0 : 1);
        assert_int_equal(reading.inputs, whole > 0 ? (whole - 1) * PER_FLUSH : 0);
        if (!at_end) {
            assert_int_equal(reading.damage.kind, TAPE_TORN);
            assert_int_equal(reading.damage.offset, block_at(whole));
            assert_int_equal(reading.damage.bytes, length - block_at(whole));
        }
    }
}

/* A frame of Zstandard has bits that nothing depends on, as the size of its window: what comes out
 * is the same then, which its checksum proves. */
static void test_any_byte_that_is_changed_is_found_and_costs_one_block(void **state)
{
    uint64_t harmless = 0;

    (void)state;
    for (size_t i = 0; i < good_length; i++) {
        memcpy(bad, good, good_length);
        bad[i] ^= (unsigned char)(1 + i % 255);
        struct reading reading = read_bytes(bad, good_length);
        bool in_head = i < block_at(1);

        if (reading.damages == 0) {
            assert_int_equal(reading.inputs, FLUSHES * PER_FLUSH);
            assert_int_equal(reading.digests, FLUSHES);
            harmless++;
            continue;
        }
        assert_true(reading.inputs >= (in_head ? FLUSHES : FLUSHES - 1) * PER_FLUSH);
        assert_int_equal(reading.heads, in_head ? 0 : 1);
    }
    assert_true(harmless * 50 < good_length);
}

static void test_bytes_between_blocks_are_passed_over(void **state)
{
    size_t at = block_at(3);

    (void)state;
    memcpy(bad, good, at);
    memset(bad + at, 0x54, 100000); /* the mark's first byte, again and again */
    memcpy(bad + at + 100000, good + at, good_length - at);
    struct reading reading = read_bytes(bad, good_length + 100000);

    assert_int_equal(reading.damages, 1);
    assert_int_equal(reading.damage.kind, TAPE_BROKEN);
    assert_true(reading.damage.offset == at && reading.damage.bytes == 100000);
    assert_int_equal(reading.inputs, FLUSHES * PER_FLUSH);
}

static void test_what_is_no_tape(void **state)
{
    static const char text[] = "time_ms,symbol,price,volume\n1,A,2,3\n";
    struct reading reading = read_bytes(text, sizeof text - 1);

    (void)state;
    assert_int_equal(reading.damages, 1);
    assert_int_equal(reading.inputs + reading.heads, 0);
    assert_false(tape_files_is_tape(path));
    assert_int_equal(read_bytes("", 0).damages, 0);
    assert_false(tape_files_is_tape(path));
    write_file(path, good, good_length);
    assert_true(tape_files_is_tape(path));
    assert_false(tape_files_is_tape("/nobody/has/this"));
    assert_false(tape_files_is_tape(scene.folder));
}

/* Headers that lie, with a right checksum. */

struct lie {
    uint32_t plain_bytes;
    uint32_t packed_bytes;
    uint64_t first_input;
    uint64_t inputs;
};

/* The good tape with other numbers in the header of block 2. */
static struct reading read_lie(const struct lie *lie)
{
    struct tape_block block;
    const char *fault;
    size_t at = block_at(2);

    memcpy(bad, good, good_length);
    assert_int_equal(tape_block_parse(bad + at, &block, &fault), 0);
    block.plain_bytes += lie->plain_bytes;
    block.packed_bytes += lie->packed_bytes;
    block.first_input += lie->first_input;
    block.inputs += lie->inputs;
    tape_block_print(&block, bad + at);
    return read_bytes(bad, good_length);
}

static void test_a_header_that_lies_is_caught(void **state)
{
    static const struct lie lies[] = {
        {.plain_bytes = 1},
        {.plain_bytes = UINT32_MAX},
        {.plain_bytes = TAPE_PLAIN_MAX},
        {.plain_bytes = TAPE_PLAIN_MAX / 2},
        {.packed_bytes = 1},
        {.packed_bytes = UINT32_MAX},
        {.packed_bytes = 0xffff0000},
        {.packed_bytes = TAPE_PACKED_MAX / 2},
        {.packed_bytes = 400000},
        {.first_input = 1},
        {.first_input = UINT64_MAX},
        {.first_input = UINT64_MAX / 2},
        {.inputs = 1},
        {.inputs = UINT64_MAX},
        {.inputs = UINT64_MAX - 20},
        {.inputs = UINT64_MAX / 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lies); i++) {
        struct reading reading = read_lie(&lies[i]);

        if (reading.damages == 0)
            fail_msg("lie %zu was believed", i);
        assert_true(reading.heads == 1 && reading.inputs >= PER_FLUSH);
    }
    assert_int_equal(read_lie(&(struct lie){0}).damages, 0);
}

/* One block with these lines, as the second of a tape. */
static struct reading read_lines(const char *lines, size_t length, uint32_t claimed,
                                 uint64_t inputs)
{
    static unsigned char packed[TAPE_MAX];
    struct tape_block block;
    const char *fault;
    size_t at = block_at(1);
    size_t size = ZSTD_compress(packed, sizeof packed, lines, length, 1);

    assert_false(ZSTD_isError(size));
    assert_int_equal(tape_block_parse(good + at, &block, &fault), 0);
    block.plain_bytes = claimed;
    block.packed_bytes = (uint32_t)size;
    block.inputs = inputs;
    memcpy(bad, good, at);
    tape_block_print(&block, bad + at);
    memcpy(bad + at + TAPE_HEADER_BYTES, packed, size);
    return read_bytes(bad, at + TAPE_HEADER_BYTES + size);
}

static void test_a_bomb_is_not_inflated(void **state)
{
    size_t size = 64 << 20;
    char *zeros = calloc(1, size);

    (void)state;
    assert_non_null(zeros);
    struct reading reading = read_lines(zeros, size, 1000, 1);

    assert_int_equal(reading.damages, 1);
    assert_int_equal(reading.damage.kind, TAPE_BROKEN);
    free(zeros);
}

static void test_lines_that_are_none(void **state)
{
    static const struct {
        const char *lines;
        uint64_t inputs;
        uint64_t read;
        uint64_t damages;
    } cases[] = {
        {"{\"at\":1,\"time\":true}\n", 1, 1, 0},
        {"{\"at\":1,\"time\":true}\n", 2, 0, 1},
        {"{\"at\":1,\"time\":true}\n", 0, 0, 1},
        {"{\"at\":1,\"time\":true}", 1, 0, 1},
        {"\n", 0, 0, 1},
        {"{\"at\":1,\"time\":true}\nnonsense\n{\"at\":1,\"time\":true}\n", 2, 1, 1},
        {"{\"at\":1,\"gap\":5,\"until\":2}\n", 5, 0, 0},
        {"{\"at\":1,\"gap\":5,\"until\":2}\n", 4, 0, 1},
        {"{\"at\":1,\"gap\":18446744073709551615,\"until\":2}\n", 4, 0, 1},
        {"{\"tape\":1}\n", 0, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        size_t length = strlen(cases[i].lines);
        struct reading reading =
            read_lines(cases[i].lines, length, (uint32_t)length, cases[i].inputs);

        assert_int_equal(reading.inputs, cases[i].read);
        assert_int_equal(reading.damages, cases[i].damages);
    }
}

/* Order. */

static void test_a_file_that_comes_twice_is_read_once(void **state)
{
    const char *paths[] = {path, path};

    (void)state;
    write_file(path, good, good_length);
    struct reading reading = read_paths(paths, 2, 0, INT64_MIN);

    assert_int_equal(reading.inputs, FLUSHES * PER_FLUSH);
    assert_int_equal(reading.damage.kind, TAPE_REPEATED);
    assert_int_equal(reading.damages, FLUSHES);
}

static void test_a_block_that_is_missing_is_missed(void **state)
{
    size_t from = block_at(2);
    size_t to = block_at(4);

    (void)state;
    memcpy(bad, good, from);
    memcpy(bad + from, good + to, good_length - to);
    struct reading reading = read_bytes(bad, good_length - (to - from));

    assert_int_equal(reading.damages, 1);
    assert_int_equal(reading.damage.kind, TAPE_MISSING);
    assert_int_equal(reading.damage.inputs, 2 * PER_FLUSH);
    assert_int_equal(reading.inputs, (FLUSHES - 2) * PER_FLUSH);
}

static void test_seeking_by_number_and_by_time(void **state)
{
    const char *paths[] = {path};
    struct tape_block block;
    const char *fault;

    (void)state;
    write_file(path, good, good_length);
    for (uint64_t ordinal = 0; ordinal <= FLUSHES * PER_FLUSH; ordinal++) {
        struct reading reading = read_paths(paths, 1, ordinal, INT64_MIN);

        assert_int_equal(reading.inputs, FLUSHES * PER_FLUSH - ordinal);
        assert_true(reading.inputs == 0 || reading.first_ordinal == ordinal);
        assert_int_equal(reading.damages, 0);
    }
    assert_int_equal(tape_block_parse(good + block_at(3), &block, &fault), 0);
    struct reading reading = read_paths(paths, 1, 0, block.first_us);

    assert_int_equal(reading.first_ordinal, block.first_input);
    assert_int_equal(reading.inputs, (FLUSHES - 2) * PER_FLUSH);
    assert_int_equal(read_paths(paths, 1, 0, INT64_MAX).inputs, 0);
}

static void test_blocks_that_are_hopped_over_are_not_inflated(void **state)
{
    const char *paths[] = {path};

    (void)state;
    memcpy(bad, good, good_length);
    bad[block_at(2) + TAPE_HEADER_BYTES + 20] ^= 1; /* in the frame of block 2 */
    write_file(path, bad, good_length);
    assert_int_equal(read_paths(paths, 1, 0, INT64_MIN).damages, 1);
    assert_int_equal(read_paths(paths, 1, 3 * PER_FLUSH, INT64_MIN).damages, 0);
}

static void test_a_file_that_cannot_be_read_is_named(void **state)
{
    const char *paths[] = {"/nobody/has/this"};
    struct tape_reader *reader;
    struct tape_record record;
    char memory[512];
    struct tape_head head;
    struct text error;

    (void)state;
    assert_int_equal(tape_reader_open(paths, 1, &reader), 0);
    assert_int_equal(tape_reader_next(reader, &record), ERROR_IO);
    assert_string_equal(tape_reader_path(reader), paths[0]);
    tape_reader_close(reader);
    text_init(&error, memory, sizeof memory);
    assert_int_equal(tape_reader_read_head(paths[0], &head, &error), ERROR_IO);
    assert_string_equal(memory, "/nobody/has/this: No such file or directory");
    text_clear(&error);
    assert_int_equal(tape_reader_read_head(scene.folder, &head, &error), ERROR_IO);
    assert_non_null(strstr(memory, "Is a directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_tape),
        cmocka_unit_test(test_a_tape_that_is_cut_off_anywhere_loses_one_block_at_most),
        cmocka_unit_test(test_any_byte_that_is_changed_is_found_and_costs_one_block),
        cmocka_unit_test(test_bytes_between_blocks_are_passed_over),
        cmocka_unit_test(test_what_is_no_tape),
        cmocka_unit_test(test_a_header_that_lies_is_caught),
        cmocka_unit_test(test_a_bomb_is_not_inflated),
        cmocka_unit_test(test_lines_that_are_none),
        cmocka_unit_test(test_a_file_that_comes_twice_is_read_once),
        cmocka_unit_test(test_a_block_that_is_missing_is_missed),
        cmocka_unit_test(test_seeking_by_number_and_by_time),
        cmocka_unit_test(test_blocks_that_are_hopped_over_are_not_inflated),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
