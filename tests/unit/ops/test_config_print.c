/* The printed configuration: it can be fed back, it says where values came from, and
 * config/tickd.json is what the table of keys says. After a change of keys.h, TICKD_UPDATE=1
 * rewrites that file. */
#include "tickd/ops/config_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { PATH_BYTES_MAX = 4096 };

static struct settings settings;
static struct config_origins origins;
static char error_memory[CONFIG_ERROR_MAX];
static struct text error;

static int set_up(void **state)
{
    (void)state;
    text_init(&error, error_memory, sizeof error_memory);
    settings_init(&settings);
    config_origins_init(&origins);
    return 0;
}

/* What one of the two functions prints, to be freed. */
static char *printed(bool documented)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    assert_non_null(out);
    assert_int_equal(
        documented ? config_print_documented(out) : config_print(&settings, &origins, out), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(text), length);
    return text;
}

static void set_option(const char *option)
{
    if (config_set_option(&settings, &origins, option, &error) != 0)
        fail_msg("%s", error.data);
}

static void assert_fed_back(const char *text, const struct settings *expected)
{
    static struct settings read;
    static struct config_origins places;

    settings_init(&read);
    config_origins_init(&places);
    if (config_parse("printed", text, strlen(text), &read, &places, &error) != 0)
        fail_msg("%s\n%s", error.data, text);
    assert_memory_equal(&read, expected, sizeof read);
    for (size_t i = 0; i < settings_count(); i++)
        assert_int_equal(places.keys[i].origin, ORIGIN_FILE);
}

static void test_the_effective_configuration_can_be_fed_back(void **state)
{
    char *text;

    (void)state;
    set_option("seed=9007199254740993");
    set_option("feed.ca_file=/etc/\"ä\"\\// no comment /*");
    set_option("feed.symbols=\"A\",\\B,//,/*,*/,[],{},C:D E");
    set_option("market.exceptions=");
    set_option("market.odd_lots_move_price=false");
    set_option("log.level=debug");
    text = printed(false);
    assert_fed_back(text, &settings);
    free(text);
}

static void test_the_longest_list_can_be_fed_back(void **state)
{
    size_t index;
    const struct setting *setting = settings_find("feed.symbols", 12, &index);
    char item[SETTING_ITEM_MAX];
    char *text;

    (void)state;
    settings_list_clear(&settings, setting);
    for (int i = 0; i < SETTING_LIST_MAX; i++) {
        int length = snprintf(item, sizeof item, "%d\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\", i);

        assert_int_equal(settings_list_add(&settings, setting, item, (size_t)length, &error), 0);
    }
    text = printed(false);
    assert_fed_back(text, &settings);
    free(text);
}

static void test_each_value_says_where_it_came_from(void **state)
{
    static const char file[] = "{\n\"market\": {\n\n\"bar_ms\": 2000,\n\"exceptions\": []}}";
    size_t index;
    char *text;

    (void)state;
    assert_int_equal(
        config_parse("/etc/tickd/t.json", file, strlen(file), &settings, &origins, &error), 0);
    set_option("log.level=debug");
    assert_non_null(settings_find("monitor.stale_s", 15, &index));
    origins.keys[index].origin = ORIGIN_DERIVED;
    text = printed(false);
    assert_non_null(strstr(text, "\n    \"seed\": 1, // default\n"));
    assert_non_null(strstr(text, "\n        \"bar_ms\": 2000, // /etc/tickd/t.json:4\n"));
    assert_non_null(strstr(text, "\n        \"exceptions\": [] // /etc/tickd/t.json:5\n"));
    assert_non_null(strstr(text, "\n        \"stale_s\": 60, // derived\n"));
    assert_non_null(strstr(text, "\n        \"level\": \"debug\" // option --set\n"));
    assert_non_null(strstr(text, "\n        \"symbols\": [\n            \"SPY\", "));
    assert_non_null(strstr(text, "\n        ], // default\n"));
    free(text);
}

static void test_an_odd_path_does_not_break_its_comment(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(config_parse("a\n\"}\xff", "{\"seed\": 2}", 11, &settings, &origins, &error),
                     0);
    text = printed(false);
    assert_non_null(strstr(text, "\n    \"seed\": 2, // a?\"}?:1\n"));
    assert_fed_back(text, &settings);
    free(text);
}

static void test_a_full_disk_is_an_error(void **state)
{
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    if (full == NULL)
        skip();
    assert_int_equal(config_print(&settings, &origins, full), ERROR_IO);
    assert_int_equal(config_print_documented(full), ERROR_IO);
    (void)fclose(full);
}

static void test_the_documented_configuration_is_the_defaults(void **state)
{
    char *text = printed(true);

    (void)state;
    assert_fed_back(text, &settings);
    free(text);
}

static void test_the_documented_configuration_is_at_most_100_columns_wide(void **state)
{
    char *text = printed(true);

    (void)state;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 100);
    free(text);
}

/* A comment of `text` with its lines joined, from `at` to the first line that is none. */
static void join_comment(const char *at, char *joined, size_t capacity)
{
    struct text text;

    text_init(&text, joined, capacity);
    for (; strncmp(at + strspn(at, " "), "// ", 3) == 0; at += strcspn(at, "\n") + 1) {
        const char *words = at + strspn(at, " ") + 3;

        text_add_bytes(&text, words, strcspn(words, "\n"));
        text_add_char(&text, ' ');
    }
}

static void test_every_key_is_documented_right_above_its_value(void **state)
{
    static struct config_origins places;
    char *text = printed(true);

    (void)state;
    assert_int_equal(config_parse("t", text, strlen(text), &settings, &places, &error), 0);
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *setting = settings_key(i);
        char expected[1024];
        char comment[1024];
        struct text words;
        const char *at = text;
        const char *begin = text; /* of the comment that stands right above the key */

        for (uint32_t line = 1; line < places.keys[i].line; line++) {
            if (strncmp(at + strspn(at, " "), "// ", 3) != 0)
                begin = at + strcspn(at, "\n") + 1;
            at += strcspn(at, "\n") + 1;
        }
        text_init(&words, expected, sizeof expected);
        text_format(&words, "%s ", setting->help);
        settings_print_allowed(setting, &words);
        join_comment(begin, comment, sizeof comment);
        assert_memory_equal(comment, expected, words.length);
    }
    free(text);
}

/* config/tickd.json of the source tree that this test was built from. */
static void find_checked_in(char path[PATH_BYTES_MAX])
{
    const char *top = getenv("TICKD_SOURCE");
    const char *tests = strstr(__FILE__, "tests/unit/ops/");
    struct text text;

    assert_non_null(tests);
    text_init(&text, path, PATH_BYTES_MAX);
    if (top != NULL) {
        text_format(&text, "%s/", top);
    } else {
        text_add_bytes(&text, __FILE__, (size_t)(tests - __FILE__));
    }
    text_add(&text, "config/tickd.json");
    assert_false(text.cut);
}

static char *read_checked_in(const char *path)
{
    size_t capacity = CONFIG_BYTES_MAX;
    char *text = malloc(capacity);
    FILE *file = fopen(path, "rb");
    size_t length;

    assert_non_null(text);
    if (file == NULL)
        fail_msg("%s is not there; TICKD_UPDATE=1 writes it", path);
    length = fread(text, 1, capacity - 1, file);
    text[length] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

static void write_checked_in(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    print_message("%s is written anew\n", path);
}

/* Both lines where two texts first differ. */
static void fail_at_difference(const char *path, const char *there, const char *wanted)
{
    unsigned line = 1;

    while (*there != '\0' && *wanted != '\0') {
        size_t length = strcspn(there, "\n");

        if (length != strcspn(wanted, "\n") || memcmp(there, wanted, length) != 0)
            break;
        there += length + (there[length] == '\n');
        wanted += length + (wanted[length] == '\n');
        line++;
    }
    fail_msg("%s:%u: found\n%.*s\nthe table of keys says\n%.*s\nTICKD_UPDATE=1 writes it anew",
             path, line, (int)strcspn(there, "\n"), there, (int)strcspn(wanted, "\n"), wanted);
}

static void test_the_checked_in_configuration_is_the_documented_one(void **state)
{
    char path[PATH_BYTES_MAX];
    const char *update = getenv("TICKD_UPDATE");
    char *wanted = printed(true);
    char *there;

    (void)state;
    find_checked_in(path);
    if (update != NULL && strcmp(update, "1") == 0)
        write_checked_in(path, wanted);
    there = read_checked_in(path);
    if (strcmp(there, wanted) != 0)
        fail_at_difference(path, there, wanted);
    free(there);
    free(wanted);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_effective_configuration_can_be_fed_back),
        TEST(test_the_longest_list_can_be_fed_back),
        TEST(test_each_value_says_where_it_came_from),
        TEST(test_an_odd_path_does_not_break_its_comment),
        TEST(test_a_full_disk_is_an_error),
        TEST(test_the_documented_configuration_is_the_defaults),
        TEST(test_every_key_is_documented_right_above_its_value),
        TEST(test_the_documented_configuration_is_at_most_100_columns_wide),
        TEST(test_the_checked_in_configuration_is_the_documented_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
