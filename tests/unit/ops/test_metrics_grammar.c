/* The text against the rules of OpenMetrics 1.0, read line by line by a reader of the test's own,
 * and against others' readers where they are installed. */
#include "tickd/ops/metrics.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/metrics_scene.h"

enum { NAME_MAX_BYTES = 128, SERIES_MAX = 8192, LINE_MAX_BYTES = 512 };

static struct metrics_scene scene;
static char (*seen)[LINE_MAX_BYTES]; /* series, and families as "# name" */
static size_t seen_count;

/* What the reader knows of the family that it is in. */
struct family {
    char name[NAME_MAX_BYTES];
    char type[16];
    bool has_unit;
    bool has_samples;
    uint64_t bucket; /* the bucket before: counts may not fall */
    double bound;
    bool has_infinity;
};

static void note_new(const char *what)
{
    for (size_t i = 0; i < seen_count; i++) {
        if (strcmp(seen[i], what) == 0)
            fail_msg("%s is there twice", what);
    }
    assert_true(seen_count < SERIES_MAX);
    assert_true(text_copy(seen[seen_count++], LINE_MAX_BYTES, what));
}

static void end_family(const struct family *family)
{
    if (strcmp(family->type, "histogram") == 0 && family->has_samples)
        assert_true(family->has_infinity);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* HELP begins a family, TYPE and UNIT follow in this order and say the same name. */
static void read_comment(char *line, struct family *family)
{
    char word[8];
    char name[NAME_MAX_BYTES];
    int used = 0;

    assert_int_equal(sscanf(line, "# %7s %127s %n", word, name, &used), 2);
    const char *rest = line + used;

    assert_true(rest[0] != '\0');
    if (strcmp(word, "HELP") == 0) {
        end_family(family);
        *family = (struct family){.bound = -1.0};
        (void)snprintf(family->name, sizeof family->name, "# %.100s", name);
        note_new(family->name);
        assert_true(text_copy(family->name, sizeof family->name, name));
        assert_null(strchr(rest, '\\'));
        return;
    }
    assert_string_equal(name, family->name);
    assert_false(family->has_samples);
    if (strcmp(word, "TYPE") == 0) {
        assert_int_equal(family->type[0], '\0');
        assert_true(text_copy(family->type, sizeof family->type, rest));
        return;
    }
    char end[NAME_MAX_BYTES];

    assert_string_equal(word, "UNIT");
    assert_true(family->type[0] != '\0' && !family->has_unit);
    (void)snprintf(end, sizeof end, "_%s", rest);
    assert_true(ends_with(family->name, end));
    family->has_unit = true;
}

/* The labels' end: past the closing brace, braces and quotes inside values left alone. Asserts
 * name="value" pairs with commas between them, escapes of the three kinds alone, no name twice. */
static const char *read_labels(const char *place)
{
    char names[METRIC_LABELS_MAX + 1][NAME_MAX_BYTES];
    size_t count = 0;

    do {
        int used = 0;

        place++; /* '{' or ',' */
        assert_true(count < ARRAY_LENGTH(names));
        assert_int_equal(sscanf(place, "%127[a-z_]=%n", names[count], &used), 1);
        assert_true(used > 0 && place[used] == '"');
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal(names[i], names[count]);
        count++;
        for (place += used + 1; *place != '"'; place++) {
            assert_true(*place != '\0');
            if (*place == '\\')
                assert_non_null(strchr("\\\"n", *++place));
        }
        place++;
    } while (*place == ',');
    assert_int_equal(*place, '}');
    return place + 1;
}

static void read_histogram(const char *suffix, const char *labels, const char *value,
                           struct family *family)
{
    char bound[32];

    if (strcmp(suffix, "_bucket") != 0) {
        assert_true(strcmp(suffix, "_count") == 0 || strcmp(suffix, "_sum") == 0);
        assert_true(family->has_infinity);
        if (strcmp(suffix, "_count") == 0)
            assert_true(strtoull(value, NULL, 10) == family->bucket);
        return;
    }
    assert_int_equal(sscanf(labels, "{le=\"%31[^\"]\"}", bound), 1);
    assert_true(strtod(bound, NULL) > family->bound);
    assert_true(strtoull(value, NULL, 10) >= family->bucket);
    family->bound = strtod(bound, NULL);
    family->bucket = strtoull(value, NULL, 10);
    family->has_infinity = strcmp(bound, "+Inf") == 0;
}

static void read_sample(char *line, struct family *family)
{
    size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz_0123456789");
    const char *labels = line + length;
    const char *end = *labels == '{' ? read_labels(labels) : labels;
    size_t base = strlen(family->name);
    char series[LINE_MAX_BYTES];
    char suffix[16];
    char *rest;

    family->has_samples = true;
    assert_true(length >= base && strncmp(line, family->name, base) == 0);
    assert_true(text_copy_bytes(suffix, sizeof suffix, line + base, length - base));
    assert_int_equal(*end, ' ');
    assert_true(text_copy_bytes(series, sizeof series, line, (size_t)(end - line)));
    note_new(series);
    assert_true(isdigit((unsigned char)end[1]) || end[1] == '-');
    double value = strtod(end + 1, &rest);

    assert_int_equal(*rest, '\0');
    if (strcmp(family->type, "histogram") == 0) {
        read_histogram(suffix, labels, end + 1, family);
    } else if (strcmp(family->type, "counter") == 0) {
        assert_string_equal(suffix, "_total");
        assert_true(value >= 0.0);
    } else if (strcmp(family->type, "info") == 0) {
        assert_string_equal(suffix, "_info");
        assert_true(value == 1.0);
    } else {
        assert_string_equal(family->type, "gauge");
        assert_string_equal(suffix, "");
    }
}

static void read_all(void)
{
    struct family family = {.bound = -1.0};
    char *line = scene.text.data;
    char *end;

    seen = calloc(SERIES_MAX, sizeof *seen);
    seen_count = 0;
    assert_non_null(seen);
    assert_true(text_is_utf8(scene.text.data, scene.text.length));
    while ((end = strchr(line, '\n')) != NULL && strcmp(line, "# EOF\n") != 0) {
        *end = '\0';
        if (line[0] == '#')
            read_comment(line, &family);
        else
            read_sample(line, &family);
        line = end + 1;
    }
    end_family(&family);
    assert_string_equal(line, "# EOF\n");
    free(seen);
}

static void print(enum metrics_format format)
{
    text_clear(&scene.text);
    metrics_print(&scene.status, &scene.histograms, format, &scene.text);
    assert_false(scene.text.cut);
}

static void test_a_small_document_keeps_the_rules(void **state)
{
    (void)state;
    scene_fill_small(&scene);
    print(METRICS_OPENMETRICS);
    read_all();
    assert_true(seen_count > 100);
}

/* Negative counters, which no daemon has, are made positive first. */
static void test_the_longest_document_keeps_the_rules(void **state)
{
    (void)state;
    scene_fill_longest(&scene);
    scene.status.portfolio.fees = INT64_MAX;
    scene.status.portfolio.turnover = INT64_MAX;
    print(METRICS_OPENMETRICS);
    read_all();
    assert_true(seen_count > 2000);
}

/* Others' readers, when they are there. */

static bool is_installed(const char *command)
{
    return system(command) == 0;
}

static void assert_taken_by(const char *command)
{
    FILE *reader = popen(command, "w");

    assert_non_null(reader);
    assert_int_equal(fwrite(scene.text.data, 1, scene.text.length, reader), scene.text.length);
    assert_int_equal(pclose(reader), 0);
}

/* promtool reads and lints the older format only. */
static void test_promtool_has_nothing_to_say(void **state)
{
    (void)state;
    if (!is_installed("command -v promtool >/dev/null")) {
        print_message("promtool (package prometheus) is not installed\n");
        skip();
    }
    scene_fill_small(&scene);
    for (size_t i = 0; i < METRICS_HISTOGRAM_COUNT; i++)
        scene.histograms.of[i] = &scene.histogram;
    scene.status.has_reward = true;
    print(METRICS_PROMETHEUS);
    assert_taken_by("promtool check metrics >&2");
}

#define PYTHON "PYTHONPATH=/usr/lib/python3/dist-packages python3 -c "

static void test_the_reference_reader_of_openmetrics_takes_it(void **state)
{
    (void)state;
    if (!is_installed(PYTHON "'import prometheus_client' 2>/dev/null")) {
        print_message("the package python3-prometheus-client is not installed\n");
        skip();
    }
    scene_fill_small(&scene);
    for (size_t i = 0; i < METRICS_HISTOGRAM_COUNT; i++)
        scene.histograms.of[i] = &scene.histogram;
    scene.status.portfolio.positions[0].symbol = "a\"b\\c\nd\xc3\xa9";
    print(METRICS_OPENMETRICS);
    assert_taken_by(PYTHON "'"
                           "import sys\n"
                           "from prometheus_client.openmetrics.parser import "
                           "text_string_to_metric_families as read\n"
                           "text = sys.stdin.buffer.read().decode()\n"
                           "samples = [s for f in read(text) for s in f.samples]\n"
                           "symbols = [s.labels[\"symbol\"] for s in samples "
                           "if s.name == \"tickd_position_quantity\"]\n"
                           "assert symbols == [\"a\\\"b\\\\c\\nd\\u00e9\"], symbols\n"
                           "assert len(samples) > 100'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_document_keeps_the_rules),
        cmocka_unit_test(test_the_longest_document_keeps_the_rules),
        cmocka_unit_test(test_promtool_has_nothing_to_say),
        cmocka_unit_test(test_the_reference_reader_of_openmetrics_takes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
