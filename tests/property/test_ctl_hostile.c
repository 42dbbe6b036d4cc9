/* tickctl over documents that no daemon would send: whatever the JSON, each view of it ends, stays
 * inside its memory, and says nothing that a terminal would obey. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/seed.h"
#include "tickd/base/rng.h"
#include "tickd/ops/ctl_plot.h"
#include "tickd/ops/ctl_top_view.h"
#include "tickd/ops/ctl_view.h"

enum { DOCUMENTS = 400, DEPTH_MAX = 6, WIDTH_MAX = 8, DOCUMENT_BYTES = 1 << 18, ROW_BYTES = 4096 };

static struct rng rng;
static char document[DOCUMENT_BYTES];

static uint64_t below(uint64_t count)
{
    return rng_below(&rng, count);
}

/* Names that the views look for, so that what they find is of the wrong kind. */
static const char *const keys[] = {
    "health",       "modules", "score",     "state",     "name",      "owed_ms",   "agents",
    "species",      "weight",  "id",        "portfolio", "equity",    "positions", "symbol",
    "quantity",     "alerts",  "severity",  "since_us",  "histories", "size",      "capacity",
    "bytes",        "memory",  "rss_bytes", "loop",      "lag_us",    "rates",     "trades_per_s",
    "feed",         "time",    "engine_us", "input",     "trades",    "topic",     "time_us",
    "series",       "weights", "place",     "drawdown",  "lines",     "versions",  "minutes",
    "market_value", "text",    "value",     "latency",   "uptime_s",  "stale",     "last_time_ms",
};

static const char csi_31m[] = {'\xc2', '\x9b', '3', '1', 'm', '\0'};
static const char csi_2j[] = {'\x9b', '2', 'J', '\0'};
static const char backwards[] = {'\xe2', '\x80', '\xae', 'a', 'b', 'c', '\0'};

static const char *const texts[] = {
    "",
    "stale",
    "firing",
    "critical",
    "100000.25",
    "-0.00000001",
    "1e9999",
    "EQUITY",
    "momentum",
    "\x1b[2J\x1b]0;x\x07",
    csi_31m,
    backwards,
    "\xff\xfe",
    "\xf0\x9f\x92\xa9",
    "a\nb\tc\x7f",
    csi_2j,
    "BINANCE:BTCUSDT",
    "%s%n%d",
    "'`$(x)",
};

static const double numbers[] = {0,     -1,     1,      0.5,    100,    1e15, -1e18, 1e300, -1e308,
                                 1.7e9, 1.7e12, 1.7e15, 9.3e18, 1e-300, 64,   4096,  2.5e17};

static void add_string(struct text *out, const char *string)
{
    text_add_char(out, '"');
    for (; *string != '\0'; string++) { /* raw bytes: the reader takes them */
        if (*string == '"' || *string == '\\')
            text_add_char(out, '\\');
        text_add_char(out, *string);
    }
    text_add_char(out, '"');
}

static void add_single(struct text *out)
{
    switch (below(5)) {
    case 0:
        text_add(out, below(2) == 0 ? "null" : "true");
        break;
    case 1:
    case 2:
        text_format(out, "%.17g", numbers[below(ARRAY_LENGTH(numbers))]);
        break;
    default:
        add_string(out, texts[below(ARRAY_LENGTH(texts))]);
        break;
    }
}

/* An object or a list that is not finished. */
struct level {
    bool is_object;
    uint64_t left;
    bool has_members;
};

static struct level begin(struct text *out, bool is_object)
{
    text_add_char(out, is_object ? '{' : '[');
    return (struct level){.is_object = is_object, .left = below(WIDTH_MAX + 1)};
}

static void begin_member(struct text *out, struct level *level)
{
    level->left--;
    if (level->has_members)
        text_add_char(out, ',');
    level->has_members = true;
    if (!level->is_object)
        return;
    add_string(out,
               below(10) > 0 ? keys[below(ARRAY_LENGTH(keys))] : texts[below(ARRAY_LENGTH(texts))]);
    text_add_char(out, ':');
}

static void add_nested(struct text *out, bool is_object)
{
    struct level levels[DEPTH_MAX];
    size_t depth = 0;

    levels[depth++] = begin(out, is_object);
    while (depth > 0) {
        struct level *level = &levels[depth - 1];

        if (level->left == 0) {
            text_add_char(out, level->is_object ? '}' : ']');
            depth--;
            continue;
        }
        begin_member(out, level);
        if (depth < DEPTH_MAX && below(9) < 4)
            levels[depth++] = begin(out, below(2) == 0);
        else
            add_single(out);
    }
}

static size_t make_document(void)
{
    struct text text;

    do {
        text_init(&text, document, sizeof document);
        if (below(10) == 0)
            add_single(&text);
        else
            add_nested(&text, below(5) > 0);
    } while (text.cut);
    return text.length;
}

static void assert_harmless(const char *shown, size_t length)
{
    assert_true(text_is_utf8(shown, length));
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)shown[i];

        assert_true(byte >= ' ' || byte == '\n');
        assert_int_not_equal(byte, 0x7f);
    }
    assert_null(strstr(shown, "\xe2\x80\xae"));
    assert_null(strstr(shown, "\xc2\x9b"));
}

static void show_everything(const cJSON *result)
{
    char *shown = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&shown, &length);

    assert_non_null(out);
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++)
        ctl_print_result(out, (enum control_id)i, result);
    ctl_print_message(out, result);
    (void)ctl_is_healthy(result);
    assert_int_equal(fclose(out), 0);
    assert_harmless(shown, length);
    free(shown);
}

static void test_every_command_shows_any_document(void **state)
{
    (void)state;
    for (int i = 0; i < DOCUMENTS; i++) {
        size_t length = make_document();
        cJSON *result = cJSON_ParseWithLength(document, length);

        assert_non_null(result);
        show_everything(result);
        cJSON_Delete(result);
    }
}

static void draw(const struct top_model *model, struct top_view *view, struct top_grid *grid)
{
    assert_true(top_grid_resize(grid, 1 + (int)below(60), 1 + (int)below(200)));
    top_draw(model, view, grid);
    for (int row = 0; row < grid->rows; row++) {
        char memory[ROW_BYTES];
        struct text text;

        text_init(&text, memory, sizeof memory);
        top_add_row(grid, row, &text);
        assert_false(text.cut);
        assert_harmless(memory, text.length);
    }
}

static void test_top_draws_any_document_whatever_is_pressed(void **state)
{
    struct top_view *view = malloc(sizeof *view);
    struct top_model model;
    struct top_grid grid;

    (void)state;
    assert_non_null(view);
    top_model_init(&model);
    top_view_init(view);
    top_grid_init(&grid, below(2) == 0);
    for (int i = 0; i < DOCUMENTS; i++) {
        size_t length = make_document();

        (void)top_model_take(&model, (enum top_question)below(2), document, length);
        if (below(20) == 0)
            top_model_lose(&model, texts[below(ARRAY_LENGTH(texts))]);
        for (int j = 0; j < 10; j++) {
            (void)top_press(view, (uint32_t)(below(2) == 0 ? below(128) : TOP_KEY_UP + below(24)));
            draw(&model, view, &grid);
        }
    }
    top_grid_fini(&grid);
    top_model_fini(&model);
    free(view);
}

static void test_any_document_can_be_plotted(void **state)
{
    struct plot_data *data = malloc(sizeof *data);

    (void)state;
    assert_non_null(data);
    plot_data_init(data);
    for (int i = 0; i < DOCUMENTS; i++) {
        size_t length = make_document();
        cJSON *report = cJSON_ParseWithLength(document, length);
        char *script = NULL;
        size_t script_length = 0;

        assert_non_null(report);
        plot_take_report(data, report);
        plot_take_message(data, report, "EQUITY");
        plot_take_message(data, report, "VITALS");
        plot_take_message(data, report, "WEIGHTS");
        plot_take_message(data, report, "AGENT_PROFILE");
        cJSON_Delete(report);
        FILE *out = open_memstream(&script, &script_length);

        assert_non_null(out);
        plot_write_script(data, PLOT_ALL, out);
        assert_int_equal(fclose(out), 0);
        assert_null(strchr(script, '`'));
        assert_null(strstr(script, "nan"));
        assert_null(strstr(script, "inf"));
        free(script);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_shows_any_document),
        cmocka_unit_test(test_top_draws_any_document_whatever_is_pressed),
        cmocka_unit_test(test_any_document_can_be_plotted),
    };

    rng_seed(&rng, test_seed());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
