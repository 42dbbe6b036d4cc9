/* Reading pages of counters that may be anybody's, and judging the process behind one. */
#include "tickd/ops/stats_reader.h"

#include <math.h>
#include <sys/stat.h>

#include "support/seed.h"
#include "support/stats_scene.h"
#include "tickd/base/error.h"
#include "tickd/base/rng.h"

static struct stats_scene scene;
static _Alignas(struct stats_head) char bytes[STATS_FILE_MAX + 1];
static struct stats_head *head = (void *)bytes;
static size_t size;
static struct stats_view view;

/* The bytes of a good page, to be spoilt. */
static int start(void **state)
{
    (void)state;
    scene_begin(&scene);
    scene_open(&scene);
    scene_read(&scene);
    memcpy(bytes, scene.copy.bytes, sizeof scene.copy.bytes);
    size = scene.page.size;
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_end(&scene);
    return 0;
}

static struct stats_row *row_at(size_t index)
{
    return (struct stats_row *)(void *)(bytes + sizeof *head) + index;
}

static void assert_refused(const char *expected)
{
    text_clear(&scene.why);
    assert_int_equal(stats_parse(bytes, size, &view, &scene.why), ERROR_SYNTAX);
    assert_string_equal(scene.why_memory, expected);
}

static void test_a_good_page_is_taken(void **state)
{
    (void)state;
    assert_int_equal(stats_parse(bytes, size, &view, &scene.why), 0);
    assert_int_equal(view.row_count, head->row_count);
    assert_int_equal(stats_parse(bytes, sizeof bytes, &view, &scene.why), 0); /* more at its end */
}

static void test_what_is_no_page_is_refused(void **state)
{
    (void)state;
    size = 0;
    assert_refused("is no page of counters: it is too short");
    size = sizeof *head - 1;
    assert_refused("is no page of counters: it is too short");
    size = sizeof bytes;
    bytes[0] = 'T';
    assert_refused("is no page of counters");
}

static void test_others_machines_and_versions_are_named(void **state)
{
    (void)state;
    head->byte_order = 0x04030201;
    assert_refused("was written by another kind of machine");
    head->byte_order = STATS_BYTE_ORDER;
    head->version++;
    assert_refused("was written by another version; use that version's tickctl");
    head->version--;
    head->row_bytes = 0;
    assert_refused("was written by another version; use that version's tickctl");
}

static void test_counts_that_do_not_hold_are_refused(void **state)
{
    (void)state;
    head->row_count = UINT32_MAX;
    assert_refused("is damaged: its head makes no sense");
    head->row_count = STATS_ROWS_MAX;
    assert_refused("is damaged: it is shorter than its head says");
    head->row_count = 1;
    size = sizeof *head + sizeof(struct stats_row) - 1;
    assert_refused("is damaged: it is shorter than its head says");
    head->module_count = STATS_MODULES_MAX + 1;
    assert_refused("is damaged: its head makes no sense");
}

static void test_texts_without_an_end_are_refused(void **state)
{
    (void)state;
    memset(row_at(3)->name, 'x', sizeof row_at(3)->name);
    assert_refused("is damaged: a row makes no sense");
    memset(head->modules[2], 'x', sizeof head->modules[2]);
    assert_refused("is damaged: a module's name has no end");
    memset(head->program, 'x', sizeof head->program);
    assert_refused("is damaged: its head makes no sense");
}

static void test_kinds_and_forms_that_nobody_knows_are_refused(void **state)
{
    (void)state;
    row_at(0)->form = STATS_FORM_COUNT;
    assert_refused("is damaged: a row makes no sense");
    row_at(0)->form = STATS_WHOLE;
    row_at(0)->kind = UINT32_MAX;
    assert_refused("is damaged: a row makes no sense");
}

/* Whatever is changed: refused with a reason, or a view whose texts all end. */
static void test_any_changed_bytes_end_well(void **state)
{
    static _Alignas(struct stats_head) char good[STATS_FILE_MAX + 1];
    struct rng rng;

    (void)state;
    memcpy(good, bytes, sizeof good);
    rng_seed(&rng, test_seed());
    for (int i = 0; i < 20000; i++) {
        size_t place = rng_below(&rng, i % 2 == 0 ? sizeof *head : size);

        bytes[place] = (char)rng_below(&rng, 256);
        text_clear(&scene.why);
        if (stats_parse(bytes, size, &view, &scene.why) == 0) {
            for (size_t k = 0; k < view.row_count; k++)
                assert_true(strlen(view.rows[k].name) < STATS_NAME_MAX);
        } else {
            assert_true(scene.why.length > 0);
            memcpy(bytes, good, sizeof good);
        }
    }
}

/* Files. */

static void test_a_path_that_is_no_file_is_an_error_at_once(void **state)
{
    char pipe_path[80];

    (void)state;
    assert_int_equal(stats_read("/nowhere/tickd.stats", &scene.copy, &scene.why), ERROR_NOT_FOUND);
    text_clear(&scene.why);
    assert_int_equal(stats_read(scene.folder, &scene.copy, &scene.why), ERROR_IO);
    assert_non_null(strstr(scene.why_memory, "is no file"));
    text_clear(&scene.why);
    (void)snprintf(pipe_path, sizeof pipe_path, "%s/pipe", scene.folder);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(stats_read(pipe_path, &scene.copy, &scene.why), ERROR_IO); /* and no waiting */
    assert_int_equal(unlink(pipe_path), 0);
}

static void test_a_file_that_was_cut_off_is_an_error_that_names_it(void **state)
{
    (void)state;
    stats_page_close(&scene.page); /* who has it mapped would be hit by a signal */
    assert_int_equal(truncate(scene.path, 1000), 0);
    assert_int_equal(stats_read(scene.path, &scene.copy, &scene.why), ERROR_SYNTAX);
    assert_non_null(strstr(scene.why_memory, scene.path));
    assert_non_null(strstr(scene.why_memory, "is shorter than its head says"));
    assert_int_equal(truncate(scene.path, 0), 0);
    text_clear(&scene.why);
    assert_int_equal(stats_read(scene.path, &scene.copy, &scene.why), ERROR_SYNTAX);
}

static void test_a_file_without_end_is_read_to_the_limit(void **state)
{
    (void)state;
    stats_page_close(&scene.page);
    assert_int_equal(truncate(scene.path, (off_t)1 << 40), 0); /* sparse */
    assert_int_equal(stats_read(scene.path, &scene.copy, &scene.why), 0);
}

/* Judging. */

static struct stats_judgement judge(bool is_there, char process_state, int64_t later_us)
{
    struct process_sight sight = {
        .is_there = is_there, .state = process_state, .ticks = head->process_ticks};
    struct stats_judgement judgement;

    stats_judge(head, &sight, SCENE_NOW_US + later_us, &judgement);
    return judgement;
}

static void test_a_process_that_writes_runs(void **state)
{
    (void)state;
    assert_int_equal(judge(true, 'S', 0).verdict, STATS_SAYS_RUNS);
    assert_int_equal(judge(true, 'S', 1500000).verdict, STATS_SAYS_RUNS);
    assert_int_equal(judge(true, 'S', 1500000).age_us, 1500000);
    head->state = STATS_STOPPING;
    assert_int_equal(judge(true, 'S', 0).verdict, STATS_SAYS_STOPPING);
}

static void test_a_loop_that_does_not_turn_while_it_is_watched_hangs(void **state)
{
    struct stats_judgement judgement;

    (void)state;
    head->watched_us = SCENE_NOW_US + 60000000;
    head->holding = UINT64_C(59000000) << STATS_HOLDER_BITS | MODULE_CONSENSUS;
    judgement = judge(true, 'R', 60000000);
    assert_int_equal(judgement.verdict, STATS_SAYS_HANGS);
    assert_int_equal(judgement.age_us, 60000000);
    assert_string_equal(judgement.holder, "consensus");
    assert_int_equal(judgement.held_us, 59000000);
    head->state = STATS_STOPPING; /* a stop that hangs */
    assert_int_equal(judge(true, 'R', 60000000).verdict, STATS_SAYS_HANGS);
}

static void test_a_process_in_which_nothing_runs_is_halted(void **state)
{
    (void)state;
    assert_int_equal(judge(true, 'T', 60000000).verdict, STATS_SAYS_HALTED);
    assert_int_equal(judge(true, 'T', 60000000).process_state, 'T');
}

static void test_a_process_that_ended_is_gone_unless_it_said_so(void **state)
{
    struct process_sight other = {.is_there = true, .state = 'S', .ticks = head->process_ticks + 1};
    struct stats_judgement judgement;

    (void)state;
    assert_int_equal(judge(false, '?', 0).verdict, STATS_SAYS_GONE);
    stats_judge(head, &other, SCENE_NOW_US, &judgement); /* its number is another's by now */
    assert_int_equal(judgement.verdict, STATS_SAYS_GONE);
    head->state = STATS_STOPPING;
    assert_int_equal(judge(false, '?', 0).verdict, STATS_SAYS_GONE);
    head->state = STATS_STOPPED;
    assert_int_equal(judge(false, '?', 0).verdict, STATS_SAYS_STOPPED);
}

static void test_odd_times_and_modules_are_no_harm(void **state)
{
    (void)state;
    assert_int_equal(judge(true, 'S', -60000000).age_us, 0); /* the clock was set back */
    head->updated_us = INT64_MIN;
    assert_true(judge(true, 'S', 0).age_us == INT64_MAX);
    head->updated_us = INT64_MAX;
    assert_int_equal(judge(true, 'S', 0).age_us, 0);
    head->holding = UINT64_MAX;
    assert_null(judge(true, 'S', 0).holder);
    head->holding = UINT64_MAX - STATS_HOLDER_NONE; /* module 0, for ever */
    assert_true(judge(true, 'S', 0).held_us > 0);
}

static void test_each_verdict_has_its_word(void **state)
{
    (void)state;
    assert_string_equal(stats_verdict_name(STATS_SAYS_RUNS), "runs");
    assert_string_equal(stats_verdict_name(STATS_SAYS_HANGS), "hangs");
    assert_string_equal(stats_verdict_name(STATS_SAYS_GONE), "gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
        SCENE_TEST(test_a_good_page_is_taken),
        SCENE_TEST(test_what_is_no_page_is_refused),
        SCENE_TEST(test_others_machines_and_versions_are_named),
        SCENE_TEST(test_counts_that_do_not_hold_are_refused),
        SCENE_TEST(test_texts_without_an_end_are_refused),
        SCENE_TEST(test_kinds_and_forms_that_nobody_knows_are_refused),
        SCENE_TEST(test_any_changed_bytes_end_well),
        SCENE_TEST(test_a_path_that_is_no_file_is_an_error_at_once),
        SCENE_TEST(test_a_file_that_was_cut_off_is_an_error_that_names_it),
        SCENE_TEST(test_a_file_without_end_is_read_to_the_limit),
        SCENE_TEST(test_a_process_that_writes_runs),
        SCENE_TEST(test_a_loop_that_does_not_turn_while_it_is_watched_hangs),
        SCENE_TEST(test_a_process_in_which_nothing_runs_is_halted),
        SCENE_TEST(test_a_process_that_ended_is_gone_unless_it_said_so),
        SCENE_TEST(test_odd_times_and_modules_are_no_harm),
        SCENE_TEST(test_each_verdict_has_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
