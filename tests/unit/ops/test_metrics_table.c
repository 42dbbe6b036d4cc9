/* The table of metrics: its names keep Prometheus' rules, and docs/metrics.md lists what it has.
 * After a change of the table, TICKD_UPDATE=1 rewrites that list. */
#include "tickd/ops/metrics_table.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LIST_MAX = 65536, DOCUMENT_MAX = 262144, NAME_BYTES_MAX = 128 };

static const char list_begin[] = "<!-- the list -->\n";
static const char list_end[] = "<!-- its end -->\n";

static const struct metric_row *rows;
static size_t row_count;

static int start(void **state)
{
    (void)state;
    rows = metric_rows(&row_count);
    return 0;
}

static void name_of(const struct metric_row *row, char name[NAME_BYTES_MAX])
{
    struct text text;

    text_init(&text, name, NAME_BYTES_MAX);
    metric_print_family(row, &text);
    assert_false(text.cut);
}

static bool has_part(const char *name, const char *part)
{
    size_t length = strlen(part);

    for (const char *p = strstr(name, part); p != NULL; p = strstr(p + 1, part)) {
        if ((p == name || p[-1] == '_') && (p[length] == '_' || p[length] == '\0'))
            return true;
    }
    return false;
}

/* Units and types are told by the table's other columns; abbreviated units by none. */
static void test_names_are_words_without_units_types_and_suffixes(void **state)
{
    static const char *const wrong[] = {
        "total", "count",   "sum",     "bucket", "info",    "created", "gauge",    "counter",
        "ms",    "us",      "ns",      "s",      "sec",     "kb",      "mb",       "percent",
        "bytes", "seconds", "minutes", "hours",  "latency", "ratio",   "histogram"};

    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        const char *name = rows[i].name;

        assert_true(islower((unsigned char)name[0]));
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        assert_null(strstr(name, "__"));
        for (size_t k = 0; k < ARRAY_LENGTH(wrong); k++) {
            if (has_part(name, wrong[k]))
                fail_msg("%s has \"%s\" in it", name, wrong[k]);
        }
    }
}

static void test_each_family_is_explained_once_in_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        const char *help = rows[i].help;

        if (metric_continues(&rows[i])) {
            assert_true(i > 0);
            assert_string_equal(rows[i].name, rows[i - 1].name);
            assert_int_equal(rows[i].type, rows[i - 1].type);
            assert_int_equal(rows[i].unit, rows[i - 1].unit);
            continue;
        }
        assert_true(isupper((unsigned char)help[0]) || isdigit((unsigned char)help[0]));
        assert_int_equal(help[strlen(help) - 1], '.');
        assert_null(strpbrk(help, "\\\n\"|"));
    }
}

static void test_no_family_is_called_as_another_or_as_a_sample_of_another(void **state)
{
    static const char *const suffixes[] = {"", "_total", "_info", "_bucket", "_count", "_sum"};
    char name[NAME_BYTES_MAX];
    char other[NAME_BYTES_MAX];
    char sample[NAME_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        name_of(&rows[i], name);
        for (size_t k = 0; k < row_count; k++) {
            if (strcmp(rows[i].name, rows[k].name) == 0)
                continue;
            name_of(&rows[k], other);
            for (size_t s = 0; s < ARRAY_LENGTH(suffixes); s++) {
                (void)snprintf(sample, sizeof sample, "%.100s%s", other, suffixes[s]);
                assert_string_not_equal(name, sample);
            }
        }
    }
}

/* A name's rows are neighbours: else a family would be there twice. */
static void test_rows_of_a_family_stand_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        for (size_t k = i + 1; k < row_count; k++) {
            if (strcmp(rows[i].name, rows[k].name) == 0)
                assert_true(metric_continues(&rows[k]));
        }
    }
}

/* docs/metrics.md */

static void add_label_names(const struct metric_row *row, struct text *out)
{
    static struct status status;
    struct metric_labels labels;

    memset(&status, 0, sizeof status);
    status.version = "";
    status.histories[0] = (struct history){.module = "", .name = ""};
    status.portfolio.positions[0].symbol = "";
    metric_find_labels(row, &status, 0, &labels);
    for (size_t i = 0; i < labels.count; i++)
        text_format(out, "%s`%s`", i > 0 ? ", " : "", labels.keys[i]);
}

static void print_list(struct text *out)
{
    text_add(out, "| metric | type | labels | what |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < row_count; i++) {
        const struct metric_row *row = &rows[i];

        if (metric_continues(row))
            continue;
        text_add(out, "| `tickd_");
        metric_print_family(row, out);
        text_format(out, "%s` | %s | ", metric_suffix(row), metric_type_name(row->type));
        add_label_names(row, out);
        text_format(out, "%s| %s |\n", out->data[out->length - 1] == ' ' ? "" : " ", row->help);
    }
}

static void read_document(const char *path, char document[DOCUMENT_MAX])
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size_t length = fread(document, 1, DOCUMENT_MAX - 1, file);

    document[length] = '\0';
    assert_int_equal(fclose(file), 0);
}

static void write_document(const char *path, const char *document, const char *begin,
                           const char *list, const char *end)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    (void)fprintf(file, "%.*s%s%s", (int)(begin - document), document, list, end);
    assert_int_equal(fclose(file), 0);
}

static void test_the_documentation_lists_what_the_table_has(void **state)
{
    static char document[DOCUMENT_MAX];
    static char memory[LIST_MAX];
    const char *source = getenv("TICKD_SOURCE");
    char path[1024];
    struct text list;

    (void)state;
    assert_non_null(source);
    (void)snprintf(path, sizeof path, "%s/docs/metrics.md", source);
    text_init(&list, memory, sizeof memory);
    print_list(&list);
    assert_false(list.cut);
    read_document(path, document);
    const char *begin = strstr(document, list_begin);

    assert_non_null(begin);
    begin += strlen(list_begin);
    const char *end = strstr(begin, list_end);

    assert_non_null(end);
    if (getenv("TICKD_UPDATE") != NULL)
        write_document(path, document, begin, memory, end);
    else if (strlen(memory) != (size_t)(end - begin) || strncmp(memory, begin, strlen(memory)) != 0)
        fail_msg("docs/metrics.md lists other metrics than there are; TICKD_UPDATE=1 rewrites it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_words_without_units_types_and_suffixes),
        cmocka_unit_test(test_each_family_is_explained_once_in_a_sentence),
        cmocka_unit_test(test_no_family_is_called_as_another_or_as_a_sample_of_another),
        cmocka_unit_test(test_rows_of_a_family_stand_together),
        cmocka_unit_test(test_the_documentation_lists_what_the_table_has),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
