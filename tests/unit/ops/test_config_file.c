/* The configuration from files and options: what is taken, and every error with its exact place. */
#include "tickd/ops/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"

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

static int parse(const char *text)
{
    return config_parse("t.json", text, strlen(text), &settings, &origins, &error);
}

static void assert_taken(const char *text)
{
    if (parse(text) != 0)
        fail_msg("%s: %s", text, error.data);
    assert_string_equal(error.data, "");
}

/* Refused with this code and line, and nothing has changed. */
static void assert_refused(const char *text, int code, const char *line)
{
    static struct settings before;
    static struct config_origins origins_before;

    before = settings;
    origins_before = origins;
    assert_int_equal(parse(text), code);
    assert_string_equal(error.data, line);
    assert_false(error.cut);
    assert_memory_equal(&settings, &before, sizeof before);
    assert_memory_equal(&origins, &origins_before, sizeof origins_before);
}

static const struct config_origin *origin_of(const char *key)
{
    size_t index;

    assert_non_null(settings_find(key, strlen(key), &index));
    return &origins.keys[index];
}

static void test_a_file_changes_what_it_names_and_nothing_else(void **state)
{
    static struct settings expected;

    (void)state;
    settings_init(&expected);
    expected.root.seed = INT64_MAX;
    expected.market.bar_ms = 500;
    expected.market.odd_lots_move_price = false;
    expected.market.duplicates = DUPLICATES_KEEP;
    memset(&expected.feed.symbols, 0, sizeof expected.feed.symbols);
    memcpy(expected.feed.symbols.items[0], "IBM", 3);
    memcpy(expected.feed.symbols.items[1], "BINANCE:BTCUSDT", 15);
    expected.feed.symbols.count = 2;
    memset(expected.feed.url, 0, sizeof expected.feed.url);
    memcpy(expected.feed.url, "ws://localhost:8051", 19);
    assert_taken("// by hand\n"
                 "{\n"
                 "    \"market\": { /* in ms */ \"bar_ms\": 500, \"odd_lots_move_price\": false,\n"
                 "                \"duplicates\": \"keep\" },\n"
                 "    \"seed\": 9223372036854775807, // the largest\n"
                 "    \"feed\": {\"symbols\": [\"IBM\", \"BINANCE:BTCUSDT\"],\n"
                 "             \"url\": \"ws:\\/\\/localhost:8051\"}\n"
                 "}\n");
    assert_memory_equal(&settings, &expected, sizeof expected);
}

static void test_every_taken_key_knows_its_line_and_column(void **state)
{
    (void)state;
    assert_taken("{\"seed\": 2,\n  \"market\": {\n\t\"bar_ms\":\n 500}}");
    assert_string_equal(origins.path, "t.json");
    assert_int_equal(origin_of("seed")->origin, ORIGIN_FILE);
    assert_int_equal(origin_of("seed")->line, 1);
    assert_int_equal(origin_of("seed")->column, 2);
    assert_int_equal(origin_of("market.bar_ms")->origin, ORIGIN_FILE);
    assert_int_equal(origin_of("market.bar_ms")->line, 3);
    assert_int_equal(origin_of("market.bar_ms")->column, 2);
    assert_int_equal(origin_of("market.grace_ms")->origin, ORIGIN_DEFAULT);
    assert_int_equal(origin_of("market.grace_ms")->line, 0);
}

static void test_an_empty_object_and_empty_sections_are_a_configuration(void **state)
{
    (void)state;
    assert_taken("{}");
    assert_taken("\xef\xbb\xbf{ \"market\" : { } , \"feed\":{}}\r\n");
    assert_taken("/**/{}//");
    assert_taken("{\"market\": {\"exceptions\": []}}");
    assert_int_equal(settings.market.exceptions.count, 0);
}

static void test_a_key_may_be_written_with_escapes(void **state)
{
    (void)state;
    assert_taken("{\"\\u0073eed\": 7}");
    assert_int_equal(settings.root.seed, 7);
}

static void test_a_text_that_is_no_object_is_refused_without_showing_it(void **state)
{
    (void)state;
    assert_refused("", ERROR_SYNTAX,
                   "t.json:1:1: not JSON: found the end of the text, allowed: { and the whole "
                   "configuration");
    assert_refused("// only this\n", ERROR_SYNTAX,
                   "t.json:2:1: not JSON: found the end of the text, allowed: { and the whole "
                   "configuration");
    assert_refused("\n c0ffee0c0ffee0\n", ERROR_SYNTAX,
                   "t.json:2:2: not JSON: found another beginning, allowed: { and the whole "
                   "configuration");
    assert_refused("[]", ERROR_SYNTAX,
                   "t.json:1:1: not JSON: found another beginning, allowed: { and the whole "
                   "configuration");
}

static void test_what_is_not_json_is_told_at_its_first_character(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"{", "1:2: not JSON: found the end of the text, allowed: a key in double quotes or }"},
        {"{\n  seed: 1}", "2:3: not JSON: found seed, allowed: a key in double quotes or }"},
        {"{'seed': 1}", "1:2: not JSON: found ', allowed: a key in double quotes or }"},
        {"{# comment\n}", "1:2: not JSON: found #, allowed: a key in double quotes or }"},
        {"{,}", "1:2: not JSON: found ,, allowed: a key in double quotes or }"},
        {"{\"seed\" 1}", "1:9: not JSON: found 1, allowed: a colon"},
        {"{\"seed\"= 1}", "1:8: not JSON: found =, allowed: a colon"},
        {"{\"seed\": 1,}",
         "1:12: not JSON: found }, allowed: a key in double quotes (no comma before })"},
        {"{\"seed\": 1,,}",
         "1:12: not JSON: found ,, allowed: a key in double quotes (no comma before })"},
        {"{\"seed\": 1 \"market\": {}}",
         "1:12: not JSON: found the string \"market\", allowed: a comma or }"},
        {"{\"seed\": 1]", "1:11: not JSON: found ], allowed: a comma or }"},
        {"{\"seed\": 1} x", "1:13: not JSON: found x, allowed: nothing behind the last }"},
        {"{}{}", "1:3: not JSON: found an object, allowed: nothing behind the last }"},
        {"{}\n}", "2:1: not JSON: found }, allowed: nothing behind the last }"},
        {"{\"market\": {\"bar_ms\": 500}",
         "1:27: not JSON: found the end of the text, allowed: a comma or }"},
        {"{\"market\": ", "1:12: market: not JSON: found the end of the text, allowed: an object, "
                          "the section's keys in { }"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char line[256];

        (void)snprintf(line, sizeof line, "t.json:%s", cases[i].line);
        assert_refused(cases[i].text, ERROR_SYNTAX, line);
    }
}

static void test_a_value_that_is_not_json_is_told_with_what_its_key_allows(void **state)
{
    (void)state;
    assert_refused("{\"market\": {\"bar_ms\": 0500}}", ERROR_SYNTAX,
                   "t.json:1:23: market.bar_ms: not JSON: found 0500, allowed: whole number, 100 "
                   "to 86400000 ms");
    assert_refused("{\"market\": {\"bar_ms\": 5e2.0}}", ERROR_SYNTAX,
                   "t.json:1:23: market.bar_ms: not JSON: found 5e2.0, allowed: whole number, 100 "
                   "to 86400000 ms");
    assert_refused("{\"market\": {\"odd_lots_move_price\": True}}", ERROR_SYNTAX,
                   "t.json:1:36: market.odd_lots_move_price: not JSON: found True, allowed: true "
                   "or false");
    assert_refused("{\"market\": {\"bar_ms\": }}", ERROR_SYNTAX,
                   "t.json:1:23: market.bar_ms: not JSON: found }, allowed: whole number, 100 to "
                   "86400000 ms");
    assert_refused("{\"market\": {\"bar_ms\":", ERROR_SYNTAX,
                   "t.json:1:22: market.bar_ms: not JSON: found the end of the text, allowed: "
                   "whole number, 100 to 86400000 ms");
}

static void test_errors_inside_of_tokens_are_told_where_they_are(void **state)
{
    (void)state;
    assert_refused("{\n  \"seed\": 1 /* and\n so on }", ERROR_SYNTAX,
                   "t.json:2:13: not JSON: found a comment that does not end, allowed: /* … */");
    assert_refused("{\n  \"feed\": {\"url\": \"wss://secret\n}", ERROR_SYNTAX,
                   "t.json:2:19: not JSON: found a string that does not end in its line, allowed: "
                   "\"…\"");
    assert_refused("{\"feed\": {\"url\": \"a\\x\"}}", ERROR_SYNTAX,
                   "t.json:1:20: not JSON: found another escape, allowed: \\\" \\\\ \\/ \\b \\f "
                   "\\n \\r \\t \\uXXXX, surrogates in pairs");
    assert_refused("{\"feed\": {\"url\": \"ä\tb\"}}", ERROR_SYNTAX,
                   "t.json:1:20: not JSON: found control character 0x09, allowed: \\u0009");
    assert_refused("{\"feed\": {\"url\": \"ä\xfe\"}}", ERROR_SYNTAX,
                   "t.json:1:20: not JSON: found byte 0xfe, allowed: UTF-8");
}

static void test_a_byte_that_is_not_utf8_is_told_in_front_of_every_mark(void **state)
{
    static const char right[] =
        "{ \"seed\" : 1 , \"market\" : { \"bar_ms\" : 500 , \"exceptions\" : "
        "[ \"2026-12-25\" , \"2026-12-24\" ] } , \"log\" : { } } ";

    (void)state;
    assert_taken(right);
    for (size_t i = 0; i < sizeof right - 1; i++) {
        char wrong[sizeof right + 1];
        char line[128];

        if (strchr("{}[]:,\" ", right[i]) == NULL)
            continue;
        memcpy(wrong, right, i);
        wrong[i] = '\xff';
        memcpy(wrong + i + 1, right + i, sizeof right - i);
        (void)snprintf(line, sizeof line, "t.json:1:%zu: not JSON: found byte 0xff, allowed: UTF-8",
                       i + 1);
        assert_refused(wrong, ERROR_SYNTAX, line);
    }
}

static void test_columns_count_characters(void **state)
{
    (void)state;
    /* Each of ä€𝄞 is one column, whatever its bytes. */
    assert_refused("{/*ä€𝄞*/\"seed\": \"ä\"}", ERROR_TYPE,
                   "t.json:1:17: seed: found the string \"ä\", allowed: whole number, 0 to "
                   "9223372036854775807");
}

static void test_an_unknown_key_is_told_with_the_nearest_known_one(void **state)
{
    (void)state;
    assert_refused("{\"market\": {\n    \"bar_m\": 500}}", ERROR_RANGE,
                   "t.json:2:5: market.bar_m: unknown key; the nearest known one is "
                   "market.bar_ms");
    assert_refused("{\"market\": {\"horizon_bars\": 500}}", ERROR_RANGE,
                   "t.json:1:13: market.horizon_bars: unknown key; the nearest known one is "
                   "electorate.horizon_bars");
    assert_refused("{\"bar_ms\": 500}", ERROR_RANGE,
                   "t.json:1:2: bar_ms: unknown key; the nearest known one is market.bar_ms");
    assert_refused("{\"sed\": 500}", ERROR_RANGE,
                   "t.json:1:2: sed: unknown key; the nearest known one is seed");
    assert_refused("{\"market\": {\"seed\": 500}}", ERROR_RANGE,
                   "t.json:1:13: market.seed: unknown key; the nearest known one is seed");
    assert_refused("{\"market\": {\"colour\": 500}}", ERROR_RANGE,
                   "t.json:1:13: market.colour: unknown key, allowed: those that tickd "
                   "--print-config lists");
}

static void test_the_value_of_an_unknown_key_is_never_shown(void **state)
{
    (void)state;
    assert_refused("{\"feed\": {\"token\": \"secret\"}}", ERROR_RANGE,
                   "t.json:1:11: feed.token: unknown key, allowed: those that tickd "
                   "--print-config lists");
}

static void test_an_unknown_section_is_told_with_the_nearest_known_one(void **state)
{
    (void)state;
    assert_refused("{\"markt\": {\"bar_ms\": 500}}", ERROR_RANGE,
                   "t.json:1:2: markt: unknown section; the nearest known one is market");
    assert_refused("{\"root\": {\"seed\": 1}}", ERROR_RANGE,
                   "t.json:1:2: root: unknown key, allowed: those that tickd --print-config lists");
    assert_refused("{\"\": {\"seed\": 1}}", ERROR_RANGE,
                   "t.json:1:2: \"\": unknown key, allowed: those that tickd --print-config lists");
}

static void test_a_dotted_key_on_the_top_level_is_told_where_it_belongs(void **state)
{
    (void)state;
    assert_refused("{\"market.bar_ms\": 500}", ERROR_RANGE,
                   "t.json:1:2: market.bar_ms: unknown key; the nearest known one is "
                   "market.bar_ms, in the object \"market\"");
}

static void test_an_odd_key_is_shown_on_one_line_and_not_at_length(void **state)
{
    (void)state;
    assert_refused("{\"a\\u0000b\\n\": 1}", ERROR_RANGE,
                   "t.json:1:2: \"a\\u0000b\\n\": unknown key, allowed: those that tickd "
                   "--print-config lists");
    assert_refused("{\"seed\\u0000\": 1}", ERROR_RANGE,
                   "t.json:1:2: \"seed\\u0000\": unknown key, allowed: those that tickd "
                   "--print-config lists");
    assert_refused("{\"market\": {\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                   "aaaaaaaa\": 1}}",
                   ERROR_RANGE,
                   "t.json:1:13: market.\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"… (70 bytes): "
                   "unknown key, allowed: those that tickd --print-config lists");
}

static void test_a_second_time_is_told_with_the_place_of_the_first(void **state)
{
    (void)state;
    assert_refused("{\"seed\": 1,\n \"market\": {},\n \"seed\": 2}", ERROR_EXISTS,
                   "t.json:3:2: seed: found a second time, allowed: once (the first is at line 1, "
                   "column 2)");
    assert_refused("{\"market\": {\"bar_ms\": 500,\n  \"bar\\u005fms\": 500}}", ERROR_EXISTS,
                   "t.json:2:3: market.bar_ms: found a second time, allowed: once (the first is at "
                   "line 1, column 13)");
    assert_refused("{\"market\": {},\n\n   \"market\": {}}", ERROR_EXISTS,
                   "t.json:3:4: market: found a second time, allowed: once (the first is at line "
                   "1, column 2)");
}

static void test_a_section_is_an_object(void **state)
{
    (void)state;
    assert_refused("{\"market\": 5}", ERROR_TYPE,
                   "t.json:1:12: market: found 5, allowed: an object, the section's keys in { }");
    assert_refused("{\"market\": [\n]}", ERROR_TYPE,
                   "t.json:1:12: market: found an array, allowed: an object, the section's keys in "
                   "{ }");
    assert_refused("{\"market\":\n null}", ERROR_TYPE,
                   "t.json:2:2: market: found null, allowed: an object, the section's keys in { }");
}

static void test_a_value_of_another_type_is_told_at_the_value(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"{\"seed\": \"1\"}", "1:10: seed: found the string \"1\", allowed: whole number, 0 to "
                              "9223372036854775807"},
        {"{\"seed\": 1.0}", "1:10: seed: found 1.0, allowed: whole number, 0 to "
                            "9223372036854775807"},
        {"{\"seed\": 1e3}", "1:10: seed: found 1e3, allowed: whole number, 0 to "
                            "9223372036854775807"},
        {"{\"seed\":\n null}", "2:2: seed: found null, allowed: whole number, 0 to "
                               "9223372036854775807"},
        {"{\"seed\": {}}", "1:10: seed: found an object, allowed: whole number, 0 to "
                           "9223372036854775807"},
        {"{\"log\": {\"level\": 3}}", "1:19: log.level: found 3, allowed: \"error\", \"warning\", "
                                      "\"notice\", \"info\" or \"debug\""},
        {"{\"market\": {\"odd_lots_move_price\": \"true\"}}",
         "1:36: market.odd_lots_move_price: found the string \"true\", allowed: true or false"},
        {"{\"market\": {\"odd_lots_move_price\": 1}}",
         "1:36: market.odd_lots_move_price: found 1, allowed: true or false"},
        {"{\"feed\": {\"url\": [\"ws://a\"]}}", "1:18: feed.url: found an array, allowed: text of "
                                                "up to 255 bytes, without control characters"},
        {"{\"feed\": {\"symbols\": \"SPY,IBM\"}}",
         "1:22: feed.symbols: found the string \"SPY,IBM\", allowed: list of 1 to 256 items, each "
         "a text of 1 to 39 bytes without comma"},
        {"{\"feed\": {\"symbols\": [\"SPY\", 5]}}",
         "1:30: feed.symbols: found 5, allowed: list of 1 to 256 items, each a text of 1 to 39 "
         "bytes without comma"},
        {"{\"feed\": {\"symbols\": [[]]}}",
         "1:23: feed.symbols: found an array, allowed: list of 1 to 256 items, each a text of 1 to "
         "39 bytes without comma"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char line[256];

        (void)snprintf(line, sizeof line, "t.json:%s", cases[i].line);
        assert_refused(cases[i].text, ERROR_TYPE, line);
    }
}

static void test_a_value_out_of_range_is_told_at_the_value(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"{\"market\": {\n    \"bar_ms\": 50\n}}",
         "2:15: market.bar_ms: found 50, allowed: whole number, 100 to 86400000 ms"},
        {"{\"seed\": -1}", "1:10: seed: found -1, allowed: whole number, 0 to "
                           "9223372036854775807"},
        {"{\"seed\": 9223372036854775808}", "1:10: seed: found 9223372036854775808, allowed: "
                                            "whole number, 0 to 9223372036854775807"},
        {"{\"log\": {\"level\": \"loud\"}}",
         "1:19: log.level: found \"loud\", allowed: \"error\", \"warning\", \"notice\", \"info\" "
         "or \"debug\""},
        {"{\"feed\": {\"symbols\": [\"SPY\",\n   \"A,B\"]}}",
         "2:4: feed.symbols: found \"A,B\", allowed: list of 1 to 256 items, each a text of 1 to "
         "39 bytes without comma"},
        {"{\"feed\": {\"symbols\": [\"\"]}}",
         "1:23: feed.symbols: found \"\", allowed: list of 1 to 256 items, each a text of 1 to 39 "
         "bytes without comma"},
        {"{\"feed\": {\"symbols\": [ ]}}",
         "1:22: feed.symbols: found 0 items, allowed: list of 1 to 256 items, each a text of 1 to "
         "39 bytes without comma"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char line[256];

        (void)snprintf(line, sizeof line, "t.json:%s", cases[i].line);
        assert_refused(cases[i].text, ERROR_RANGE, line);
    }
}

static void test_a_broken_list_is_told_where_it_breaks(void **state)
{
    (void)state;
    assert_refused("{\"feed\": {\"symbols\": [\"A\" \"B\"]}}", ERROR_SYNTAX,
                   "t.json:1:27: feed.symbols: not JSON: found the string \"B\", allowed: a comma "
                   "or ]");
    assert_refused("{\"feed\": {\"symbols\": [\"A\",]}}", ERROR_SYNTAX,
                   "t.json:1:27: feed.symbols: not JSON: found ], allowed: list of 1 to 256 items, "
                   "each a text of 1 to 39 bytes without comma");
    assert_refused("{\"feed\": {\"symbols\": [\"A\"", ERROR_SYNTAX,
                   "t.json:1:26: feed.symbols: not JSON: found the end of the text, allowed: a "
                   "comma or ]");
    assert_refused("{\"feed\": {\"symbols\": [\"A\", \"B\n\"]}}", ERROR_SYNTAX,
                   "t.json:1:28: not JSON: found a string that does not end in its line, allowed: "
                   "\"…\"");
}

static void test_a_text_that_no_key_takes_is_refused_unseen(void **state)
{
    char text[2000];
    int length = snprintf(text, sizeof text, "{\"feed\": {\"url\": \"%01500d\"}}", 7);

    (void)state;
    assert_in_range(length, 1500, sizeof text - 1);
    assert_refused(text, ERROR_RANGE,
                   "t.json:1:18: feed.url: found 1500 bytes, allowed: text of up to 255 bytes, "
                   "without control characters");
    assert_refused("{\"feed\": {\"url\": \"secret\\n\"}}", ERROR_SYNTAX,
                   "t.json:1:18: feed.url: found a control character, allowed: text of up to 255 "
                   "bytes, without control characters");
}

static void test_the_first_error_in_the_file_is_told(void **state)
{
    (void)state;
    assert_refused("{\"sed\": 1, \"market\": 5, !", ERROR_RANGE,
                   "t.json:1:2: sed: unknown key; the nearest known one is seed");
}

/* A folder of this test's own, with one file in it. */
struct folder {
    char path[64];
    char file[96];
};

static struct folder make_folder(void)
{
    struct folder folder;

    (void)snprintf(folder.path, sizeof folder.path, "/tmp/test_config_file.XXXXXX");
    assert_non_null(mkdtemp(folder.path));
    (void)snprintf(folder.file, sizeof folder.file, "%s/tickd.json", folder.path);
    return folder;
}

static void remove_folder(const struct folder *folder)
{
    assert_int_equal(unlink(folder->file), 0);
    assert_int_equal(rmdir(folder->path), 0);
}

/* The text, then blanks up to `size` bytes. */
static void write_file(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    for (size_t i = strlen(text); i < size; i++)
        assert_int_equal(fputc(' ', file), ' ');
    assert_int_equal(fclose(file), 0);
}

static void assert_load_fails(const char *path, int code, const char *what)
{
    char line[512];

    (void)snprintf(line, sizeof line, "%s%s", path, what);
    assert_int_equal(config_load(path, &settings, &origins, &error), code);
    assert_string_equal(error.data, line);
}

static void test_a_file_is_read_and_named_in_errors(void **state)
{
    struct folder folder = make_folder();

    (void)state;
    write_file(folder.file, "{\"seed\": 5}\n", 0);
    assert_int_equal(config_load(folder.file, &settings, &origins, &error), 0);
    assert_int_equal(settings.root.seed, 5);
    assert_string_equal(origins.path, folder.file);
    write_file(folder.file, "{\"seed\":\n-5}", 0);
    assert_load_fails(folder.file, ERROR_RANGE,
                      ":2:1: seed: found -5, allowed: whole number, 0 to 9223372036854775807");
    assert_int_equal(settings.root.seed, 5);
    remove_folder(&folder);
}

static void test_a_file_of_one_mebibyte_is_read_and_a_larger_one_refused(void **state)
{
    struct folder folder = make_folder();

    (void)state;
    write_file(folder.file, "{\"seed\": 5}", CONFIG_BYTES_MAX);
    assert_int_equal(config_load(folder.file, &settings, &origins, &error), 0);
    assert_int_equal(settings.root.seed, 5);
    write_file(folder.file, "{\"seed\": 6}", CONFIG_BYTES_MAX + 1);
    assert_load_fails(folder.file, ERROR_FULL,
                      ": found more than 1 MiB, allowed: at most 1048576 bytes");
    assert_int_equal(settings.root.seed, 5);
    remove_folder(&folder);
}

static void test_a_file_that_cannot_be_read_is_told_with_the_reason(void **state)
{
    struct folder folder = make_folder();
    char below[128];

    (void)state;
    assert_load_fails(folder.file, ERROR_NOT_FOUND, ": cannot be read: No such file or directory");
    assert_load_fails(folder.path, ERROR_IO, ": found a directory, allowed: a file");
    assert_int_equal(mkfifo(folder.file, 0600), 0); /* that nobody writes to */
    assert_load_fails(folder.file, ERROR_IO, ": found no regular file, allowed: a file");
    assert_int_equal(unlink(folder.file), 0);
    write_file(folder.file, "{}", 0);
    (void)snprintf(below, sizeof below, "%s/x", folder.file);
    assert_load_fails(below, ERROR_IO, ": cannot be read: Not a directory");
    if (geteuid() != 0) { /* root may read everything */
        assert_int_equal(chmod(folder.file, 0), 0);
        assert_load_fails(folder.file, ERROR_IO, ": cannot be read: Permission denied");
    }
    remove_folder(&folder);
}

static void test_control_characters_in_a_path_do_not_break_the_line(void **state)
{
    (void)state;
    assert_int_equal(config_load("/nowhere/a\nb", &settings, &origins, &error), ERROR_NOT_FOUND);
    assert_string_equal(error.data, "/nowhere/a?b: cannot be read: No such file or directory");
    assert_int_equal(config_parse("a\nb\xff", "x", 1, &settings, &origins, &error), ERROR_SYNTAX);
    assert_string_equal(error.data, "a?b?:1:1: not JSON: found another beginning, allowed: { and "
                                    "the whole configuration");
}

static int set_option(const char *option)
{
    return config_set_option(&settings, &origins, option, &error);
}

static void assert_option_refused(const char *option, int code, const char *line)
{
    assert_int_equal(set_option(option), code);
    assert_string_equal(error.data, line);
}

static void test_an_option_wins_over_the_file_and_a_later_one_over_it(void **state)
{
    (void)state;
    assert_taken("{\"seed\": 2, \"market\": {\"bar_ms\": 2000}}");
    assert_int_equal(set_option("seed=3"), 0);
    assert_int_equal(settings.root.seed, 3);
    assert_int_equal(origin_of("seed")->origin, ORIGIN_OPTION);
    assert_int_equal(origin_of("seed")->line, 0);
    assert_int_equal(origin_of("market.bar_ms")->origin, ORIGIN_FILE);
    assert_int_equal(set_option("seed=4"), 0);
    assert_int_equal(settings.root.seed, 4);
    assert_int_equal(set_option("feed.symbols=A, B"), 0);
    assert_int_equal(settings.feed.symbols.count, 2);
    assert_int_equal(set_option("feed.token_file=a=b"), 0);
    assert_string_equal(settings.feed.token_file, "a=b");
    assert_int_equal(set_option("feed.token_file="), 0);
    assert_string_equal(settings.feed.token_file, "");
}

static void test_a_wrong_option_is_told_with_itself_and_changes_nothing(void **state)
{
    (void)state;
    assert_option_refused("market.bar_ms=abc", ERROR_TYPE,
                          "--set market.bar_ms=abc: found \"abc\", allowed: whole number, 100 to "
                          "86400000 ms");
    assert_option_refused("market.bar_ms=", ERROR_TYPE,
                          "--set market.bar_ms=: found \"\", allowed: whole number, 100 to "
                          "86400000 ms");
    assert_option_refused("market.bar_ms=50", ERROR_RANGE,
                          "--set market.bar_ms=50: found 50, allowed: whole number, 100 to "
                          "86400000 ms");
    assert_option_refused("log.level=a\nb\x7f", ERROR_RANGE,
                          "--set log.level=a?b?: found \"a\\nb\x7f\", allowed: \"error\", "
                          "\"warning\", \"notice\", \"info\" or \"debug\"");
    assert_int_equal(settings.market.bar_ms, 1000);
    assert_int_equal(origin_of("market.bar_ms")->origin, ORIGIN_DEFAULT);
}

static void test_an_option_without_a_known_key_is_told_without_its_value(void **state)
{
    (void)state;
    assert_option_refused("market.bar_m=500", ERROR_RANGE,
                          "--set market.bar_m: unknown key; the nearest known one is "
                          "market.bar_ms");
    assert_option_refused("feed.token=secret", ERROR_RANGE,
                          "--set feed.token: unknown key, allowed: those that tickd --print-config "
                          "lists");
    assert_option_refused("=5", ERROR_RANGE,
                          "--set : unknown key, allowed: those that tickd --print-config lists");
    assert_option_refused("market.bar_ms", ERROR_SYNTAX,
                          "--set market.bar_ms: found no value, allowed: --set KEY=VALUE");
    assert_option_refused("", ERROR_SYNTAX, "--set : found no value, allowed: --set KEY=VALUE");
    assert_option_refused("\xff=5", ERROR_RANGE,
                          "--set ?: unknown key, allowed: those that tickd --print-config lists");
}

static void test_a_text_option_is_refused_unseen(void **state)
{
    (void)state;
    assert_option_refused("feed.url=secret\n", ERROR_SYNTAX,
                          "--set feed.url: found a control character, allowed: text of up to 255 "
                          "bytes, without control characters");
}

static void test_a_long_option_is_cut_in_messages(void **state)
{
    char option[400];

    (void)state;
    memset(option, 'x', sizeof option);
    memcpy(option, "log.level=", 10);
    option[sizeof option - 1] = '\0';
    assert_int_equal(set_option(option), ERROR_RANGE);
    assert_in_range(error.length, 100, 400);
    assert_memory_equal(error.data, "--set log.level=xxx", 19);
    assert_non_null(strstr(error.data, "xxx…: found \"xxx"));
    assert_non_null(strstr(error.data, "xxx\"… (389 bytes), allowed: \"error\""));
}

static void assert_check_refuses(const char *line)
{
    assert_int_equal(config_check(&settings, &origins, &error), ERROR_RANGE);
    assert_string_equal(error.data, line);
}

static void test_a_contradiction_is_told_where_the_key_to_blame_was_set(void **state)
{
    (void)state;
    assert_int_equal(config_check(&settings, &origins, &error), 0);
    assert_taken("{\"market\": {\n  \"lateness_ms\": 1001}}");
    assert_check_refuses("t.json:2:3: market.lateness_ms: found 1001, allowed: at most "
                         "market.bar_ms, which is 1000");
    assert_int_equal(set_option("market.lateness_ms=1002"), 0);
    assert_check_refuses("--set market.lateness_ms: found 1002, allowed: at most market.bar_ms, "
                         "which is 1000");
    assert_int_equal(set_option("market.bar_ms=1002"), 0);
    assert_int_equal(config_check(&settings, &origins, &error), 0);
}

static void test_a_default_that_contradicts_has_no_place(void **state)
{
    (void)state;
    assert_taken("{\"market\": {\"bar_ms\": 100}}");
    assert_check_refuses("market.lateness_ms: found 250, allowed: at most market.bar_ms, which is "
                         "100");
}

static void test_a_url_with_a_key_in_it_is_refused_unseen(void **state)
{
    (void)state;
    assert_taken("{\"feed\": {\"url\": \"wss://ws.finnhub.io?token=secret\"}}");
    assert_check_refuses("t.json:1:11: feed.url: found another form of URL, allowed: "
                         "ws://HOST[:PORT][/PATH] or wss://HOST[:PORT][/PATH], without user, query "
                         "or key");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_changes_what_it_names_and_nothing_else),
        TEST(test_every_taken_key_knows_its_line_and_column),
        TEST(test_an_empty_object_and_empty_sections_are_a_configuration),
        TEST(test_a_key_may_be_written_with_escapes),
        TEST(test_a_text_that_is_no_object_is_refused_without_showing_it),
        TEST(test_what_is_not_json_is_told_at_its_first_character),
        TEST(test_a_value_that_is_not_json_is_told_with_what_its_key_allows),
        TEST(test_errors_inside_of_tokens_are_told_where_they_are),
        TEST(test_a_byte_that_is_not_utf8_is_told_in_front_of_every_mark),
        TEST(test_columns_count_characters),
        TEST(test_an_unknown_key_is_told_with_the_nearest_known_one),
        TEST(test_the_value_of_an_unknown_key_is_never_shown),
        TEST(test_an_unknown_section_is_told_with_the_nearest_known_one),
        TEST(test_a_dotted_key_on_the_top_level_is_told_where_it_belongs),
        TEST(test_an_odd_key_is_shown_on_one_line_and_not_at_length),
        TEST(test_a_second_time_is_told_with_the_place_of_the_first),
        TEST(test_a_section_is_an_object),
        TEST(test_a_value_of_another_type_is_told_at_the_value),
        TEST(test_a_value_out_of_range_is_told_at_the_value),
        TEST(test_a_broken_list_is_told_where_it_breaks),
        TEST(test_a_text_that_no_key_takes_is_refused_unseen),
        TEST(test_the_first_error_in_the_file_is_told),
        TEST(test_a_file_is_read_and_named_in_errors),
        TEST(test_a_file_of_one_mebibyte_is_read_and_a_larger_one_refused),
        TEST(test_a_file_that_cannot_be_read_is_told_with_the_reason),
        TEST(test_control_characters_in_a_path_do_not_break_the_line),
        TEST(test_an_option_wins_over_the_file_and_a_later_one_over_it),
        TEST(test_a_wrong_option_is_told_with_itself_and_changes_nothing),
        TEST(test_an_option_without_a_known_key_is_told_without_its_value),
        TEST(test_a_text_option_is_refused_unseen),
        TEST(test_a_long_option_is_cut_in_messages),
        TEST(test_a_contradiction_is_told_where_the_key_to_blame_was_set),
        TEST(test_a_default_that_contradicts_has_no_place),
        TEST(test_a_url_with_a_key_in_it_is_refused_unseen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
