/* Records of incumbents: when a second half is worse than the first. */
#include "tickd/modules/evolution_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/rng.h"

enum { KEPT = 200 };

struct fixture {
    unsigned char memory[KEPT * sizeof(struct evolution_performance)];
    struct performance_record record;
};

static void start(struct fixture *fixture)
{
    fixture->record.begin = 0;
    ring_init_over(&fixture->record.blocks, fixture->memory, KEPT,
                   sizeof(struct evolution_performance));
}

static void note(struct fixture *fixture, double reward, uint64_t scored)
{
    ring_push(&fixture->record.blocks,
              &(struct evolution_performance){.earned = reward * (double)scored, .scored = scored});
}

static bool ask(const struct fixture *fixture)
{
    double first;
    double second;
    return record_has_degraded(&fixture->record, 0.002, &first, &second);
}

/* Blocks with a mean, ± 1 around it. Returns after how many it is found to have degraded, 0 = not.
 */
static size_t go_on(struct fixture *fixture, double mean, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++) {
        note(fixture, mean + (i % 2 == 0 ? 1 : -1), 10);
        if (ask(fixture)) {
            return i + 1;
        }
    }
    return 0;
}

static void test_a_steady_record_has_not_degraded(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    assert_int_equal(go_on(&fixture, 0.5, 1000), 0);
    assert_int_equal(record_blocks(&fixture.record), 1000);
}

static void test_a_record_that_worsens_is_found_out(void **state)
{
    (void)state;
    struct fixture fixture;
    double first;
    double second;
    start(&fixture);
    assert_int_equal(go_on(&fixture, 0.5, 80), 0);
    size_t after = go_on(&fixture, -1.5, 200);
    assert_true(after > 0 && after <= 80);
    assert_int_equal(after % RECORD_LOOK_BLOCKS, 0);
    assert_true(record_has_degraded(&fixture.record, 0.002, &first, &second));
    assert_true(first > second);
}

static void test_a_record_that_improves_has_not_degraded(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    assert_int_equal(go_on(&fixture, -1.5, 80), 0);
    assert_int_equal(go_on(&fixture, 0.5, 300), 0);
}

static void test_a_record_that_begins_anew_is_judged_by_itself(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    go_on(&fixture, 0.5, 80);
    record_begin(&fixture.record);
    assert_int_equal(record_blocks(&fixture.record), 0);
    assert_int_equal(go_on(&fixture, -1.5, 300), 0);
}

static void test_blocks_without_a_reward_do_not_count(void **state)
{
    (void)state;
    struct fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < 40; i++) {
        note(&fixture, 1, 10);
    }
    for (size_t i = 0; i < 160; i++) {
        note(&fixture, 0, 0);
        assert_false(ask(&fixture));
    }
}

/* 100 records of 20 looks each, at 0.002 a look: 4 are expected if looks were independent. */
static void test_noise_is_seldom_taken_for_degradation(void **state)
{
    (void)state;
    struct fixture fixture;
    struct rng rng;
    int found = 0;
    rng_stream(&rng, test_seed(), "noise");
    for (int run = 0; run < 100; run++) {
        bool degraded = false;
        start(&fixture);
        for (int i = 0; i < 280; i++) {
            note(&fixture, rng_normal(&rng), 10);
            degraded = degraded || ask(&fixture);
        }
        found += degraded ? 1 : 0;
    }
    assert_true(found <= 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_steady_record_has_not_degraded),
        cmocka_unit_test(test_a_record_that_worsens_is_found_out),
        cmocka_unit_test(test_a_record_that_improves_has_not_degraded),
        cmocka_unit_test(test_a_record_that_begins_anew_is_judged_by_itself),
        cmocka_unit_test(test_blocks_without_a_reward_do_not_count),
        cmocka_unit_test(test_noise_is_seldom_taken_for_degradation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
