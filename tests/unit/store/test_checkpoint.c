/* Checkpoint files: whole ones are read, everything else is refused with its cause, and at every
 * moment one of them is whole. */
#define _DEFAULT_SOURCE /* syscalls' limits */
#include "tickd/store/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "support/checkpoint_folder.h"
#include "support/seal.h"

static struct folder folder;
static struct engine_fixture saved;
static struct engine_fixture fresh;

static int set_up(void **state)
{
    (void)state;
    folder_make(&folder);
    folder_configure(&saved);
    fixture_start(&saved);
    folder_trade(&saved, 1, 40);
    folder_configure(&fresh);
    folder_fresh(&fresh);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_stop(&saved);
    fixture_stop(&fresh);
    folder_remove(&folder);
    return 0;
}

static void write_one(uint64_t next_input)
{
    struct checkpoint_meta meta = {.run = 7, .next_input = next_input};
    text_clear(&folder.why);
    if (checkpoint_write_now(folder.path, saved.engine, CHECKPOINT_AFTER_NEWEST, &meta,
                             &folder.why) != 0) {
        fail_msg("%s", folder.why_memory);
    }
    assert_int_equal(meta.next_input, next_input);
    assert_true(meta.digest == bus_digest(engine_bus(saved.engine)));
}

static void assert_why(const char *words)
{
    if (strstr(folder.why_memory, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", folder.why_memory, words);
    }
}

static int load(struct checkpoint_meta *meta, enum checkpoint_generation *generation)
{
    text_clear(&folder.why);
    return checkpoint_load_newest(folder.path, fresh.engine, meta, generation, &folder.why);
}

/* That a refusal has changed nothing: the engine is one that takes a good state afterwards. */
static void assert_untouched(void)
{
    assert_false(engine_has_started(fresh.engine));
    assert_int_equal(bus_published(engine_bus(fresh.engine)), 0);
}

static int read_newest(void)
{
    struct checkpoint_meta meta;
    text_clear(&folder.why);
    int error = checkpoint_read(folder.path, CHECKPOINT_NEWEST, fresh.engine, &meta, &folder.why);
    if (error != 0) {
        assert_untouched();
    }
    return error;
}

/* What is there. */

static void test_an_engine_comes_back(void **state)
{
    struct checkpoint_meta meta;
    enum checkpoint_generation generation;
    (void)state;
    write_one(123);
    assert_int_equal(load(&meta, &generation), 0);
    assert_int_equal(folder.why.length, 0);
    assert_int_equal(generation, CHECKPOINT_NEWEST);
    assert_int_equal(meta.run, 7);
    assert_int_equal(meta.next_input, 123);
    assert_int_equal(meta.time_us, engine_time_us(saved.engine));
    assert_int_equal(meta.published, bus_published(engine_bus(saved.engine)));
    assert_true(meta.config_digest == engine_config_digest(saved.engine));
    folder_trade(&saved, 41, 40);
    folder_trade(&fresh, 41, 40);
    assert_true(bus_digest(engine_bus(fresh.engine)) == bus_digest(engine_bus(saved.engine)));
}

static void test_a_folder_without_one_is_a_first_start(void **state)
{
    struct checkpoint_meta meta;
    enum checkpoint_generation generation;
    (void)state;
    assert_int_equal(load(&meta, &generation), ERROR_NOT_FOUND);
    assert_int_equal(folder.why.length, 0);
    assert_untouched();
}

static void test_the_one_before_is_kept(void **state)
{
    struct checkpoint_meta meta;
    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        write_one(i);
    }
    assert_false(folder_has(&folder, "checkpoint.new"));
    assert_int_equal(checkpoint_read_meta(folder.path, CHECKPOINT_NEWEST, &meta, &folder.why), 0);
    assert_int_equal(meta.next_input, 3);
    assert_int_equal(checkpoint_read_meta(folder.path, CHECKPOINT_BEFORE, &meta, &folder.why), 0);
    assert_int_equal(meta.next_input, 2);
}

/* Damage. */

static void test_a_torn_newest_falls_back_to_the_one_before(void **state)
{
    struct checkpoint_meta meta;
    enum checkpoint_generation generation;
    size_t size;
    (void)state;
    write_one(1);
    write_one(2);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    folder_write(&folder, "checkpoint", bytes, size / 2);
    free(bytes);
    assert_int_equal(load(&meta, &generation), 0);
    assert_int_equal(generation, CHECKPOINT_BEFORE);
    assert_int_equal(meta.next_input, 1);
    assert_why("/checkpoint is torn: it has ");
}

static void test_a_missing_newest_falls_back_to_the_one_before(void **state)
{
    struct checkpoint_meta meta;
    enum checkpoint_generation generation;
    char path[FOLDER_PATH_MAX];
    (void)state;
    write_one(1);
    write_one(2);
    folder_path(&folder, "checkpoint", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load(&meta, &generation), 0);
    assert_int_equal(generation, CHECKPOINT_BEFORE);
}

static void test_two_damaged_ones_are_both_told(void **state)
{
    struct checkpoint_meta meta;
    enum checkpoint_generation generation;
    (void)state;
    folder_write(&folder, "checkpoint", "", 0);
    folder_write(&folder, "checkpoint.1",
                 "no checkpoint at all, but long enough for a head of one"
                 "........................................................................",
                 128);
    assert_int_equal(load(&meta, &generation), ERROR_SYNTAX);
    assert_why("/checkpoint is torn: it has 0 bytes; ");
    assert_why("/checkpoint.1 is no checkpoint");
    assert_untouched();
}

/* Every length is torn; every 61st, and all near the ends. */
static void test_every_shorter_file_is_torn(void **state)
{
    size_t size;
    (void)state;
    write_one(1);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    for (size_t length = 0; length < size; length += length < 200 || size - length < 100 ? 1 : 61) {
        folder_write(&folder, "checkpoint", bytes, length);
        assert_int_equal(read_newest(), ERROR_SYNTAX);
        assert_why("torn");
    }
    free(bytes);
}

static void test_a_longer_file_is_refused(void **state)
{
    size_t size;
    (void)state;
    write_one(1);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    unsigned char *longer = calloc(1, size + 16);
    assert_non_null(longer);
    memcpy(longer, bytes, size);
    folder_write(&folder, "checkpoint", longer, size + 16);
    assert_int_equal(read_newest(), ERROR_SYNTAX);
    free(longer);
    free(bytes);
}

/* Parsed from memory, which is what the file's reader does. */
static int parse(unsigned char *bytes, size_t size)
{
    struct checkpoint_meta meta;
    text_clear(&folder.why);
    return checkpoint_parse(bytes, size, fresh.engine, &meta, &folder.why);
}

static void assert_flip_is_seen(unsigned char *bytes, size_t size, size_t at)
{
    bytes[at] ^= (unsigned char)(1U << at % 8);
    int error = parse(bytes, size);
    if ((error != ERROR_SYNTAX && error != ERROR_TYPE) || folder.why.length == 0) {
        fail_msg("byte %zu of %zu: %d", at, size, error);
    }
    bytes[at] ^= (unsigned char)(1U << at % 8);
    assert_untouched();
}

/* One bit of every byte of the head and the end, and of every 199th between them. */
static void test_a_flipped_bit_is_seen_wherever_it_is(void **state)
{
    size_t size;
    (void)state;
    write_one(1);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    for (size_t at = 0; at < size;) {
        bool inside = at > sizeof(struct checkpoint_head) + 64 && size - at > 264;
        assert_flip_is_seen(bytes, size, at);
        at += inside ? 199 : 1;
    }
    assert_int_equal(parse(bytes, size), 0);
    free(bytes);
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Each section's head, an item in its middle, and its end; its name is told. */
static void test_damage_names_its_section(void **state)
{
    static const char *const names[] = {"symbols",   "bus",           "market",    "electorate",
                                        "consensus", "simulator",     "portfolio", "agent_manager",
                                        "evolution", "introspection", "monitor",   "engine"};
    size_t found = 0;
    size_t size;
    (void)state;
    write_one(1);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    size_t at = sizeof(struct checkpoint_head);
    while (at + sizeof(struct checkpoint_end) < size) {
        struct persist_section_head head;
        memcpy(&head, bytes + at, sizeof head);
        found += is_among(head.name, names, ARRAY_LENGTH(names)) ? 1 : 0;
        size_t end = at + sizeof head + (size_t)head.length;
        size_t places[] = {at + 40, at + sizeof head + (size_t)head.length / 2, end, end + 8};
        for (size_t k = 0; k < ARRAY_LENGTH(places); k++) {
            char words[64];
            assert_flip_is_seen(bytes, size, places[k]);
            (void)snprintf(words, sizeof words, "section %s: is damaged", head.name);
            assert_why(words);
        }
        at = end + sizeof(struct persist_section_end);
    }
    assert_int_equal(at + sizeof(struct checkpoint_end), size);
    assert_int_equal(found, ARRAY_LENGTH(names));
    free(bytes);
}

static void test_what_is_no_plain_file_is_refused_and_never_waited_for(void **state)
{
    char path[FOLDER_PATH_MAX];
    (void)state;
    folder_path(&folder, "checkpoint", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(read_newest(), ERROR_SYNTAX);
    assert_why("is no plain file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(read_newest(), ERROR_IO);
}

/* A head that claims more than any state has is refused before any of it is read. */
static void test_a_file_beyond_all_sizes_is_refused(void **state)
{
    struct checkpoint_head *head;
    char path[FOLDER_PATH_MAX];
    size_t size;
    (void)state;
    write_one(1);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    head = (struct checkpoint_head *)(void *)bytes;
    head->size = UINT64_C(1) << 36;
    head->checksum = checkpoint_checksum(head, offsetof(struct checkpoint_head, checksum));
    folder_write(&folder, "checkpoint", bytes, size);
    folder_path(&folder, "checkpoint", path);
    assert_int_equal(truncate(path, (off_t)head->size), 0);
    assert_int_equal(read_newest(), ERROR_TYPE);
    assert_why("more than any state of this configuration");
    free(bytes);
}

/* Another build, another configuration. */

static void try_with(const char *key, const char *value, const char *words)
{
    fixture_stop(&fresh);
    folder_configure(&fresh);
    fixture_set(&fresh, key, value);
    folder_fresh(&fresh);
    assert_int_equal(read_newest(), ERROR_TYPE);
    assert_why(words);
    assert_why("with another configuration or build");
}

static void test_a_configuration_that_does_not_fit_is_told(void **state)
{
    (void)state;
    write_one(1);
    try_with("feed.symbols", "A,B,C", "section symbols: room for symbols was 2, and is 3 here");
    try_with("market.bar_ms", "2000", "section market: market.bar_ms was 1000, and is 2000 here");
    try_with("electorate.horizon_bars", "6",
             "section market: closes of the horizon: room for 6 of");
    try_with("electorate.incumbents", "2", "section electorate: places of agents was 9, and is 17");
    try_with("electorate.shadows", "8", "section electorate: places of shadows was 32, and is 64");
    try_with("simulator.returns_kept", "121", "section simulator: returns: room for 120 of ");
}

static void test_other_symbols_are_told_by_name(void **state)
{
    (void)state;
    write_one(1);
    fixture_stop(&fresh);
    folder_configure(&fresh);
    fixture_set(&fresh, "feed.symbols", "A,X");
    folder_fresh(&fresh);
    assert_int_equal(read_newest(), ERROR_TYPE);
    assert_why("section symbols: symbol 1 was B, and is X here");
}

/* Its configuration is the running one's: what was learned goes on under other rules. */
static void test_a_configuration_that_fits_takes_the_state(void **state)
{
    struct checkpoint_meta meta;
    enum checkpoint_generation generation;
    (void)state;
    write_one(1);
    fixture_stop(&fresh);
    folder_configure(&fresh);
    fixture_set(&fresh, "portfolio.fee_bps", "11");
    fixture_set(&fresh, "history.bars", "3");
    fixture_set(&fresh, "history.message_log", "2000");
    fixture_set(&fresh, "market.duplicates", "keep");
    fixture_set(&fresh, "portfolio.initial_cash", "5");
    folder_fresh(&fresh);
    assert_int_equal(load(&meta, &generation), 0);
    assert_true(meta.config_digest != engine_config_digest(fresh.engine));
    assert_null(engine_bar(fresh.engine, 0, 3));
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(engine_bar(fresh.engine, 0, i), engine_bar(saved.engine, 0, i),
                            sizeof(struct bar_message));
    }
    folder_trade(&fresh, 41, 40);
}

static void test_another_format_is_told(void **state)
{
    struct checkpoint_head *head;
    size_t size;
    (void)state;
    write_one(1);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    head = (struct checkpoint_head *)(void *)bytes;
    head->format = CHECKPOINT_FORMAT + 1;
    assert_int_equal(parse(bytes, size), ERROR_TYPE);
    assert_why("is of format 2");
    free(bytes);
}

/* Checksums that are right over a state that is not what the head says. */
static void test_a_state_of_another_moment_spoils_the_engine(void **state)
{
    struct checkpoint_head *head;
    size_t size;
    (void)state;
    write_one(1);
    unsigned char *bytes = folder_read(&folder, "checkpoint", &size);
    head = (struct checkpoint_head *)(void *)bytes;
    head->meta.digest ^= 1;
    head->checksum = checkpoint_checksum(head, offsetof(struct checkpoint_head, checksum));
    size_t before = size - sizeof(struct checkpoint_end);
    struct checkpoint_end *end = (struct checkpoint_end *)(void *)(bytes + before);
    end->checksum = checkpoint_checksum(bytes, before);
    assert_int_equal(parse(bytes, size), ERROR_STATE);
    assert_why("is not of the moment that its head tells");
    free(bytes);
}

/* Disks that fail. What was there stays. */

static void assert_cannot_write(const char *words)
{
    struct checkpoint_meta meta = {.run = 7, .next_input = 99};
    text_clear(&folder.why);
    assert_int_equal(checkpoint_write_now(folder.path, saved.engine, CHECKPOINT_AFTER_NEWEST, &meta,
                                          &folder.why),
                     ERROR_IO);
    assert_why(words);
}

static void assert_still_there(uint64_t next_input)
{
    struct checkpoint_meta meta;
    enum checkpoint_generation generation;
    assert_false(folder_has(&folder, "checkpoint.new"));
    assert_int_equal(load(&meta, &generation), 0);
    assert_int_equal(generation, CHECKPOINT_NEWEST);
    assert_int_equal(meta.next_input, next_input);
}

/* A file may not grow beyond a limit: as on a full disk, at every size that a write may meet. */
static void test_a_file_that_cannot_grow_leaves_the_old_one(void **state)
{
    struct rlimit before;
    size_t size;
    (void)state;
    write_one(1);
    free(folder_read(&folder, "checkpoint", &size));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (size_t limit = 0; limit < size; limit += CHECKPOINT_BLOCK / 2 + 1) {
        struct rlimit tight = {.rlim_cur = limit, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        assert_cannot_write("writing checkpoint.new fails: File too large");
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(folder_has(&folder, "checkpoint.new"));
    }
    (void)signal(SIGXFSZ, handler);
    assert_still_there(1);
}

static void test_a_folder_that_is_gone_is_told(void **state)
{
    (void)state;
    folder_remove(&folder);
    assert_cannot_write("opening the folder fails: No such file or directory");
    folder_make(&folder);
}

/* root may write everywhere, so a name that is taken by a folder stands in for it. */
static void test_a_name_that_is_taken_is_told(void **state)
{
    char path[FOLDER_PATH_MAX];
    (void)state;
    folder_path(&folder, "checkpoint.new", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_cannot_write("creating checkpoint.new fails: ");
    assert_int_equal(rmdir(path), 0);
    write_one(4);
    assert_still_there(4);
}

static void test_a_folder_that_may_not_be_written_is_told(void **state)
{
    (void)state;
    write_one(1);
    assert_int_equal(chmod(folder.path, 0500), 0);
    if (access(folder.path, W_OK) == 0) {
        assert_int_equal(chmod(folder.path, 0700), 0);
        skip(); /* root */
    }
    assert_cannot_write("fails: Permission denied");
    assert_int_equal(chmod(folder.path, 0700), 0);
    assert_still_there(1);
}

/* What was left when the power went is no hindrance. */
static void test_a_left_over_is_written_over(void **state)
{
    (void)state;
    folder_write(&folder, "checkpoint.new", "half of a checkpoint", 20);
    write_one(5);
    assert_still_there(5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_engine_comes_back),
        TEST(test_a_folder_without_one_is_a_first_start),
        TEST(test_the_one_before_is_kept),
        TEST(test_a_torn_newest_falls_back_to_the_one_before),
        TEST(test_a_missing_newest_falls_back_to_the_one_before),
        TEST(test_two_damaged_ones_are_both_told),
        TEST(test_every_shorter_file_is_torn),
        TEST(test_a_longer_file_is_refused),
        TEST(test_a_flipped_bit_is_seen_wherever_it_is),
        TEST(test_damage_names_its_section),
        TEST(test_what_is_no_plain_file_is_refused_and_never_waited_for),
        TEST(test_a_file_beyond_all_sizes_is_refused),
        TEST(test_a_configuration_that_does_not_fit_is_told),
        TEST(test_other_symbols_are_told_by_name),
        TEST(test_a_configuration_that_fits_takes_the_state),
        TEST(test_another_format_is_told),
        TEST(test_a_state_of_another_moment_spoils_the_engine),
        TEST(test_a_file_that_cannot_grow_leaves_the_old_one),
        TEST(test_a_folder_that_is_gone_is_told),
        TEST(test_a_name_that_is_taken_is_told),
        TEST(test_a_folder_that_may_not_be_written_is_told),
        TEST(test_a_left_over_is_written_over),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
