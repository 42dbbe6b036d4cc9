/* Real days through the whole engine, made to trade by having no costs: whatever it fills, it can
 * explain. Needs the recorded days (TICKD_DATA); under a sanitizer one of them is enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/engine/engine.h"
#include "tickd/feed/replay.h"

enum { CANNOT_RUN = 77 };

static struct settings settings;
static struct arena arena;
static struct engine *engine;

static void set(const char *key, const char *value)
{
    char memory[256];
    struct text why;
    text_init(&why, memory, sizeof memory);
    const struct setting *setting = settings_find(key, strlen(key), NULL);
    assert_non_null(setting);
    if (settings_set(&settings, setting, value, strlen(value), &why) != 0) {
        fail_msg("%s=%s: %s", key, value, memory);
    }
}

static void start(void)
{
    struct arena measuring;
    settings_init(&settings);
    set("feed.symbols", "*");
    set("market.symbols_max", "16");
    set("portfolio.fee_bps", "0");
    set("portfolio.slippage_bps", "0");
    set("portfolio.allow_short", "true");
    set("simulator.errors", "0");
    set("simulator.prior_outcomes", "1");
    set("history.explanations", "100000");
    set("history.trade_history", "100000");
    arena_init_measuring(&measuring);
    engine_create(&measuring, &settings);
    assert_int_equal(arena_init(&arena, measuring.used), 0);
    engine = engine_create(&arena, &settings);
    arena_seal(&arena);
}

static void check_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", part, text);
    }
}

static void check_explained(const struct message *message)
{
    static const char *const decided[] = {"simulation (", "decision (", "votes (", "bar ("};
    static char memory[ENGINE_EXPLAIN_MAX];
    const struct fill_message *fill = &message->body.fill;
    struct text out;
    text_init(&out, memory, sizeof memory);
    engine_explain(engine, message->head.sequence, &out);
    assert_false(out.cut);
    check_has(memory, "FILL ");
    check_has(memory, "began with (");
    assert_null(strstr(memory, "not known any more"));
    assert_null(strstr(memory, "has left"));
    for (size_t i = 0; i < ARRAY_LENGTH(decided); i++) {
        check_has(memory, decided[i]);
    }
    check_has(memory, "the position ");
    if (fill->purpose != ORDER_ENTER) {
        check_has(memory, "It closes what this order opened:");
    }
}

static void replay(const char *day)
{
    char file[512];
    struct text path;
    const char *paths[] = {file};
    char memory[1024];
    struct text error;
    struct message message;
    size_t fills = 0;
    text_init(&path, file, sizeof file);
    text_format(&path, "%s/trades-%s.csv.gz", getenv("TICKD_DATA"), day);
    text_init(&error, memory, sizeof memory);
    start();
    if (replay_files(engine, paths, 1, NULL, &error) != 0) {
        fail_msg("%s", memory);
    }
    for (; engine_history_message(engine, "portfolio", "trade_history", fills, &message); fills++) {
        check_explained(&message);
    }
    print_message("%s: %zu fills explained\n", day, fills);
    assert_true(fills > 100);
    arena_fini(&arena);
}

static void test_every_fill_of_the_first_day_is_explained(void **state)
{
    (void)state;
    replay("20131007");
}

static void test_every_fill_of_the_second_day_is_explained(void **state)
{
    (void)state;
    if (getenv("TICKD_SANITIZE") != NULL) {
        skip();
    }
    replay("20131008");
}

int main(void)
{
    char file[512];
    struct text path;
    const char *data = getenv("TICKD_DATA");
    text_init(&path, file, sizeof file);
    text_format(&path, "%s/trades-20131008.csv.gz", data != NULL ? data : "");
    if (access(file, R_OK) != 0) {
        return CANNOT_RUN;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fill_of_the_first_day_is_explained),
        cmocka_unit_test(test_every_fill_of_the_second_day_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
