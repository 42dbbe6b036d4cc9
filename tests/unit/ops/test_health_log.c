/* The health log's lines, and where they go. */
#include "tickd/ops/health_log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"
#include "tickd/base/real.h"

static char folder[] = "/tmp/tickd-log-XXXXXX";
static char path[64];
static char old_path[64];
static char contents[262144];

/* 2026-11-23T16:31:33.123456Z */
static int64_t fixed_time(void)
{
    return INT64_C(1795451493123456);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/health.log", folder);
    (void)snprintf(old_path, sizeof old_path, "%s/health.log.1", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(old_path);
    return rmdir(folder);
}

static int remove_files(void **state)
{
    (void)state;
    unlink(path);
    unlink(old_path);
    return 0;
}

static void open_log(struct health_log *log, enum log_level level)
{
    struct health_log_options options = {.directory = folder, .level = level, .now_us = fixed_time};
    char memory[256];
    struct text why;

    text_init(&why, memory, sizeof memory);
    assert_int_equal(health_log_open(log, &options, &why), 0);
}

static const char *read_file(const char *name)
{
    FILE *file = fopen(name, "r");

    assert_non_null(file);
    size_t length = fread(contents, 1, sizeof contents - 1, file);

    fclose(file);
    contents[length] = '\0';
    return contents;
}

static const char *value(const char *bytes, size_t length)
{
    static char memory[8192];
    struct text text;

    text_init(&text, memory, sizeof memory);
    log_add_value(&text, bytes, length);
    return memory;
}

#define VALUE(literal) value(literal, sizeof(literal) - 1)

static void test_a_plain_value_stands_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(VALUE("streaming"), "streaming");
    assert_string_equal(VALUE("wss://ws.finnhub.io/?a&b"), "wss://ws.finnhub.io/?a&b");
    assert_string_equal(VALUE("none,-1.5%"), "none,-1.5%");
}

static void test_blanks_quotes_equal_signs_and_nothing_are_quoted(void **state)
{
    (void)state;
    assert_string_equal(VALUE("two words"), "\"two words\"");
    assert_string_equal(VALUE("a=b"), "\"a=b\"");
    assert_string_equal(VALUE("say \"no\""), "\"say \\\"no\\\"\"");
    assert_string_equal(VALUE("back\\slash"), "\"back\\\\slash\"");
    assert_string_equal(VALUE(""), "\"\"");
}

static void test_no_control_character_gets_through(void **state)
{
    (void)state;
    assert_string_equal(VALUE("a\nts=forged"), "\"a\\nts=forged\"");
    assert_string_equal(VALUE("\x1b[31mred\r\0."), "\"\\u001b[31mred\\r\\u0000.\"");
    assert_string_equal(VALUE("\x7f"), "\"\\u007f\"");
    assert_string_equal(VALUE("\xc2\x9b"
                              "31m"),
                        "\"\\u009b31m\""); /* CSI among C1 */
    assert_string_equal(VALUE("\xff\xc3"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void test_nothing_turns_the_direction_of_writing(void **state)
{
    /* U+202E (right-to-left override), U+2066 and U+2069 (isolates), byte by byte. */
    static const char override[] = {'\xe2', '\x80', '\xae', 'g', 'p', 'j'};
    static const char isolate[] = {'\xe2', '\x81', '\xa6', 'x', '\xe2', '\x81', '\xa9'};

    (void)state;
    assert_string_equal(value(override, sizeof override), "\"\\u202egpj\"");
    assert_string_equal(value(isolate, sizeof isolate), "\"\\u2066x\\u2069\"");
    assert_string_equal(VALUE("a\xe2\x80\xa8"
                              "b"),
                        "\"a\\u2028b\"");
    assert_string_equal(VALUE("\xc3\xa9t\xc3\xa9 \xe2\x82\xac\xe2\x80\xa6"),
                        "\"\xc3\xa9t\xc3\xa9 \xe2\x82\xac\xe2\x80\xa6\"");
}

static void test_a_line_has_time_level_and_event_and_its_pairs(void **state)
{
    struct health_log log;
    struct log_line line;

    (void)state;
    open_log(&log, LOG_INFO);
    log_line_begin(&line, &log, LOG_NOTICE, "feed");
    log_line_text(&line, "state", "streaming");
    log_line_integer(&line, "delta", -5);
    log_line_count(&line, "count", UINT64_MAX);
    log_line_real(&line, "score", 69.23076, 1);
    log_line_real(&line, "unknown", real_nan(), 1);
    log_line_text(&line, "reason", "first trade");
    log_line_end(&line);
    assert_string_equal(read_file(path),
                        "ts=2026-11-23T16:31:33.123Z level=notice event=feed state=streaming "
                        "delta=-5 count=18446744073709551615 score=69.2 unknown=none "
                        "reason=\"first trade\"\n");
    health_log_close(&log);
}

static void test_the_file_is_not_for_everyone(void **state)
{
    struct health_log log;
    struct stat seen;

    (void)state;
    mode_t before = umask(0);

    open_log(&log, LOG_INFO);
    umask(before);
    assert_int_equal(stat(path, &seen), 0);
    assert_int_equal(seen.st_mode & 0777, 0640);
    assert_string_equal(health_log_place(&log), path);
    health_log_close(&log);
}

static void say(struct health_log *log, enum log_level level, const char *event)
{
    struct log_line line;

    log_line_begin(&line, log, level, event);
    log_line_end(&line);
}

static void test_lines_below_the_level_are_left_out(void **state)
{
    struct health_log log;

    (void)state;
    open_log(&log, LOG_WARNING);
    say(&log, LOG_INFO, "quiet");
    say(&log, LOG_ERROR, "loud");
    health_log_set_level(&log, LOG_DEBUG);
    say(&log, LOG_DEBUG, "soft");
    read_file(path);
    assert_null(strstr(contents, "quiet"));
    assert_non_null(strstr(contents, "event=loud\n"));
    assert_non_null(strstr(contents, "event=soft\n"));
    health_log_close(&log);
}

static void test_a_long_line_is_cut_between_two_pairs(void **state)
{
    struct health_log log;
    struct log_line line;
    char text[900];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    open_log(&log, LOG_INFO);
    log_line_begin(&line, &log, LOG_INFO, "long");
    log_line_text(&line, "first", text);
    log_line_text(&line, "second", text);
    log_line_text(&line, "third", text);
    log_line_integer(&line, "fourth", 4);
    log_line_end(&line);
    read_file(path);
    assert_true(strlen(contents) < LOG_LINE_MAX);
    assert_non_null(strstr(contents, " second=xxx"));
    assert_null(strstr(contents, "third"));
    assert_null(strstr(contents, "fourth"));
    assert_string_equal(contents + strlen(contents) - strlen("x cut=true\n"), "x cut=true\n");
    health_log_close(&log);
}

static void test_a_hostile_text_of_any_length_leaves_one_line(void **state)
{
    struct health_log log;
    struct log_line line;
    static char text[100000];

    (void)state;
    memset(text, '\n', sizeof text - 1);
    open_log(&log, LOG_INFO);
    log_line_begin(&line, &log, LOG_INFO, "hostile");
    log_line_text(&line, "text", text);
    log_line_end(&line);
    read_file(path);
    assert_ptr_equal(strchr(contents, '\n'), contents + strlen(contents) - 1);
    health_log_close(&log);
}

static void test_rotation_goes_on_in_a_new_file(void **state)
{
    struct health_log log;

    (void)state;
    open_log(&log, LOG_INFO);
    int descriptor = log.sink.descriptor;

    say(&log, LOG_INFO, "before");
    assert_int_equal(rename(path, old_path), 0);
    say(&log, LOG_INFO, "between");
    health_log_reopen(&log);
    assert_int_equal(log.sink.descriptor, descriptor); /* the watching thread keeps its number */
    say(&log, LOG_INFO, "after");
    read_file(old_path);
    assert_non_null(strstr(contents, "event=before\n"));
    assert_non_null(strstr(contents, "event=between\n"));
    assert_null(strstr(contents, "event=after\n"));
    read_file(path);
    assert_non_null(strstr(contents, "event=log_reopened"));
    assert_non_null(strstr(contents, "event=after\n"));
    health_log_close(&log);
}

static void test_a_rotation_that_fails_is_told_in_the_old_file(void **state)
{
    struct health_log log;

    (void)state;
    open_log(&log, LOG_INFO);
    assert_int_equal(rename(path, old_path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    health_log_reopen(&log);
    say(&log, LOG_INFO, "after");
    read_file(old_path);
    assert_non_null(strstr(contents, "level=error event=log_not_reopened"));
    assert_non_null(strstr(contents, "event=after\n"));
    rmdir(path);
    health_log_close(&log);
}

static void test_a_folder_that_is_not_there_is_an_error_with_its_path(void **state)
{
    struct health_log_options options = {.directory = "/nowhere/at/all"};
    struct health_log log;
    char memory[256];
    struct text why;

    (void)state;
    text_init(&why, memory, sizeof memory);
    assert_int_equal(health_log_open(&log, &options, &why), ERROR_IO);
    assert_string_equal(memory, "/nowhere/at/all/health.log: No such file or directory");
}

/* Standard error changed for another descriptor, and back. */
static int saved;

static void replace_stderr(int descriptor)
{
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    assert_true(dup2(descriptor, STDERR_FILENO) >= 0);
}

static void restore_stderr(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void journal_stream_of(int descriptor, char name[64])
{
    struct stat seen;

    assert_int_equal(fstat(descriptor, &seen), 0);
    (void)snprintf(name, 64, "%ju:%ju", (uintmax_t)seen.st_dev, (uintmax_t)seen.st_ino);
}

static void test_under_systemd_lines_go_to_stderr_with_their_priority(void **state)
{
    struct health_log log;
    struct health_log_options options = {.directory = folder, .now_us = fixed_time};
    int pair[2];
    char name[64];
    char memory[256];
    struct text why;

    (void)state;
    text_init(&why, memory, sizeof memory);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    journal_stream_of(pair[0], name);
    options.journal_stream = name;
    options.level = LOG_DEBUG;
    replace_stderr(pair[0]);
    int result = health_log_open(&log, &options, &why);

    say(&log, LOG_WARNING, "heard");
    say(&log, LOG_DEBUG, "too");
    restore_stderr();
    assert_int_equal(result, 0);
    ssize_t length = read(pair[1], contents, sizeof contents - 1);

    assert_true(length > 0);
    contents[length] = '\0';
    assert_string_equal(contents, "<4>ts=2026-11-23T16:31:33.123Z level=warning event=heard\n"
                                  "<7>ts=2026-11-23T16:31:33.123Z level=debug event=too\n");
    assert_int_equal(access(path, F_OK), -1);
    health_log_close(&log);
    close(pair[0]);
    close(pair[1]);
}

static void test_only_the_right_device_and_inode_are_the_journal(void **state)
{
    char name[64];
    char other[80];
    int pipe_ends[2];

    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    journal_stream_of(pipe_ends[1], name);
    assert_true(log_sink_is_journal(pipe_ends[1], name));
    (void)snprintf(other, sizeof other, "%s1", name);
    assert_false(log_sink_is_journal(pipe_ends[1], other));
    (void)snprintf(other, sizeof other, "%sx", name);
    assert_false(log_sink_is_journal(pipe_ends[1], other));
    assert_false(log_sink_is_journal(pipe_ends[1], NULL));
    assert_false(log_sink_is_journal(pipe_ends[1], ""));
    assert_false(log_sink_is_journal(pipe_ends[1], "0:"));
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* Writes until the reader's pipe or socket is full, which must not make us wait; then reads, and
 * looks for the confession. */
static void assert_a_full_stream_drops_and_confesses(int reader, int writer)
{
    struct health_log log;
    struct health_log_options options = {.now_us = fixed_time, .level = LOG_INFO};
    char memory[256];
    struct text why;
    char expected[64];

    text_init(&why, memory, sizeof memory);
    replace_stderr(writer);
    int result = health_log_open(&log, &options, &why);

    for (int i = 0; i < 20000; i++)
        say(&log, LOG_INFO, "flood");
    restore_stderr();
    assert_int_equal(result, 0);
    assert_true(log.dropped > 0);
    assert_int_equal(log.lines + log.dropped, 20000);
    assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    while (read(reader, contents, sizeof contents) > 0)
        continue;
    (void)snprintf(expected, sizeof expected, "lines=%ju", (uintmax_t)log.dropped);
    replace_stderr(writer); /* a descriptor that is shared is standard error itself */
    say(&log, LOG_INFO, "again");
    say(&log, LOG_INFO, "once");
    restore_stderr();
    ssize_t length = read(reader, contents, sizeof contents - 1);

    assert_true(length > 0);
    contents[length] = '\0';
    assert_non_null(strstr(contents, "level=warning event=log_lines_dropped"));
    assert_non_null(strstr(contents, expected));
    assert_non_null(strstr(contents, "event=again\n"));
    assert_non_null(strstr(contents, "event=once\n"));
    assert_null(strstr(strstr(contents, "event=again\n"), "log_lines_dropped"));
    assert_int_equal(log.dropped_unsaid, 0);
    health_log_close(&log);
}

static void test_a_full_pipe_never_makes_us_wait(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_a_full_stream_drops_and_confesses(ends[0], ends[1]);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0); /* others' flags are as they were */
    close(ends[0]);
    close(ends[1]);
}

static void test_a_full_socket_never_makes_us_wait(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_a_full_stream_drops_and_confesses(ends[0], ends[1]);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_a_pipe_that_cannot_be_opened_again_is_asked_before_each_line(void **state)
{
    static const char line[] = "a line that is written whole or not at all\n";
    struct log_sink sink = {.kind = LOG_SINK_SHARED};
    size_t written = 0;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    sink.descriptor = ends[1];
    while (log_sink_write(&sink, line, sizeof line - 1))
        written += sizeof line - 1;
    assert_true(written > 4096);
    assert_false(sink.torn);
    assert_false(log_sink_write_from_thread(&sink, line, sizeof line - 1));
    assert_int_equal(read(ends[0], contents, 65536), (int)written);
    assert_true(log_sink_write_from_thread(&sink, line, sizeof line - 1));
    close(ends[0]);
    close(ends[1]);
}

static void test_levels_have_names(void **state)
{
    (void)state;
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
        assert_int_equal(log_level_by_name(log_level_name((enum log_level)level)), level);
    assert_int_equal(log_level_by_name("loud"), -1);
    assert_int_equal(log_level_by_name(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plain_value_stands_as_it_is),
        cmocka_unit_test(test_blanks_quotes_equal_signs_and_nothing_are_quoted),
        cmocka_unit_test(test_no_control_character_gets_through),
        cmocka_unit_test(test_nothing_turns_the_direction_of_writing),
        cmocka_unit_test_teardown(test_a_line_has_time_level_and_event_and_its_pairs, remove_files),
        cmocka_unit_test_teardown(test_the_file_is_not_for_everyone, remove_files),
        cmocka_unit_test_teardown(test_lines_below_the_level_are_left_out, remove_files),
        cmocka_unit_test_teardown(test_a_long_line_is_cut_between_two_pairs, remove_files),
        cmocka_unit_test_teardown(test_a_hostile_text_of_any_length_leaves_one_line, remove_files),
        cmocka_unit_test_teardown(test_rotation_goes_on_in_a_new_file, remove_files),
        cmocka_unit_test_teardown(test_a_rotation_that_fails_is_told_in_the_old_file, remove_files),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_an_error_with_its_path),
        cmocka_unit_test(test_under_systemd_lines_go_to_stderr_with_their_priority),
        cmocka_unit_test(test_only_the_right_device_and_inode_are_the_journal),
        cmocka_unit_test(test_a_full_pipe_never_makes_us_wait),
        cmocka_unit_test(test_a_full_socket_never_makes_us_wait),
        cmocka_unit_test(test_a_pipe_that_cannot_be_opened_again_is_asked_before_each_line),
        cmocka_unit_test(test_levels_have_names),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
