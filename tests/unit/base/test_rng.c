/* The generator against published outputs, its jumps against matrix powers, its distributions. */
#include "tickd/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "support/numbers.h"
#include "tickd/base/stats.h"

static struct rng rng;

/* Vigna's xoshiro256starstar.c from the state {1, 2, 3, 4}; the same list is the reference vector
 * of Rust's crate rand_xoshiro. */
static void test_outputs_are_those_of_the_reference_implementation(void **state)
{
    static const uint64_t expected[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };

    (void)state;
    rng = (struct rng){{1, 2, 3, 4}};
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
        assert_int_equal(rng_next(&rng), expected[i]);
}

/* Outputs of Vigna's splitmix64.c from the seed 1234567, as widely published. */
static void test_a_seed_becomes_four_outputs_of_splitmix64(void **state)
{
    static const uint64_t expected[4] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431)};

    (void)state;
    rng_seed(&rng, 1234567);
    assert_memory_equal(rng.state, expected, sizeof expected);
}

/* The generator's step is linear over GF(2): column i of its matrix is the step of unit vector i.
 * A jump of 2^n steps is that matrix squared n times, whatever the published polynomials say. */
struct matrix {
    uint64_t columns[256][4];
};

static void multiply_vector(const struct matrix *m, const uint64_t in[4], uint64_t out[4])
{
    memset(out, 0, 4 * sizeof out[0]);
    for (unsigned bit = 0; bit < 256; bit++) {
        if (((in[bit / 64] >> (bit % 64)) & 1) == 0)
            continue;
        for (unsigned i = 0; i < 4; i++)
            out[i] ^= m->columns[bit][i];
    }
}

static void jump_by_matrix(unsigned squarings, const uint64_t from[4], uint64_t to[4])
{
    static struct matrix power;
    static struct matrix square;

    for (unsigned bit = 0; bit < 256; bit++) {
        struct rng unit = {{0, 0, 0, 0}};

        unit.state[bit / 64] = UINT64_C(1) << (bit % 64);
        rng_next(&unit);
        memcpy(power.columns[bit], unit.state, sizeof unit.state);
    }
    for (unsigned n = 0; n < squarings; n++) {
        for (unsigned bit = 0; bit < 256; bit++)
            multiply_vector(&power, power.columns[bit], square.columns[bit]);
        power = square;
    }
    multiply_vector(&power, from, to);
}

static void test_a_jump_is_two_to_the_128_steps(void **state)
{
    uint64_t expected[4];

    (void)state;
    rng_seed(&rng, 99);
    jump_by_matrix(128, rng.state, expected);
    rng_jump(&rng);
    assert_memory_equal(rng.state, expected, sizeof expected);
}

static void test_a_long_jump_is_two_to_the_192_steps(void **state)
{
    uint64_t expected[4];

    (void)state;
    rng_seed(&rng, 99);
    jump_by_matrix(192, rng.state, expected);
    rng_long_jump(&rng);
    assert_memory_equal(rng.state, expected, sizeof expected);
}

/* Computed by a program in Python from the definitions of the digest and of splitmix64. */
static void test_a_stream_depends_on_seed_and_name_as_it_is_defined(void **state)
{
    static const uint64_t named[4] = {UINT64_C(0x441118537364e758), UINT64_C(0x69c437408be9a4f9),
                                      UINT64_C(0xb715c676f2bbdf6a), UINT64_C(0x490ef36c74318273)};
    static const uint64_t numbered[4] = {UINT64_C(0xf642de7d43ee5330), UINT64_C(0x0087fd8da006d9f7),
                                         UINT64_C(0xe3f2b778c5c48838),
                                         UINT64_C(0x2aa9bfda9e14dc50)};

    (void)state;
    rng_stream(&rng, 42, "simulator");
    assert_memory_equal(rng.state, named, sizeof named);
    rng_stream_numbered(&rng, 42, "simulator", 3, 1000);
    assert_memory_equal(rng.state, numbered, sizeof numbered);
}

static void test_streams_of_other_seeds_names_and_numbers_are_others(void **state)
{
    struct rng streams[8];

    (void)state;
    rng_stream(&streams[0], 1, "a");
    rng_stream(&streams[1], 2, "a");
    rng_stream(&streams[2], 1, "b");
    rng_stream(&streams[3], 1, "");
    rng_stream_numbered(&streams[4], 1, "a", 0, 0);
    rng_stream_numbered(&streams[5], 1, "a", 0, 1);
    rng_stream_numbered(&streams[6], 1, "a", 1, 0);
    rng_stream_numbered(&streams[7], 1, "b", 0, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(streams); i++) {
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&streams[i], &streams[j], sizeof streams[i]);
    }
}

static void test_uniform_numbers_lie_in_their_interval_and_fill_it_evenly(void **state)
{
    enum { DRAWS = 100000, CELLS = 100 };
    unsigned cells[CELLS] = {0};
    double chi_square = 0.0;

    (void)state;
    rng_seed(&rng, 7);
    for (int i = 0; i < DRAWS; i++) {
        double u = rng_uniform(&rng);

        assert_true(u >= 0.0 && u < 1.0);
        cells[(size_t)(u * CELLS)]++;
    }
    for (size_t i = 0; i < CELLS; i++) {
        double apart = (double)cells[i] - DRAWS / CELLS;

        chi_square += apart * apart / (DRAWS / CELLS);
    }
    /* 99 degrees of freedom: 99.9% lie below 148.23 (tables of the chi-square distribution). */
    assert_true(chi_square < 148.23);
}

static void test_the_largest_uniform_number_is_one_step_below_one(void **state)
{
    /* s[1] such that rotl(5 s[1], 7) · 9 = 2^64 − 1: the inverses modulo 2^64 of 9 and of 5. */
    uint64_t ninth = UINT64_MAX * UINT64_C(0x8e38e38e38e38e39);
    uint64_t rotated = (ninth >> 7) | (ninth << 57);

    (void)state;
    rng = (struct rng){{1, rotated * UINT64_C(0xcccccccccccccccd), 3, 4}};
    assert_ulps(rng_uniform(&rng), 1.0 - 0x1p-53, 0);
}

static void test_bounded_numbers_stay_below_their_bound_and_reach_all_values(void **state)
{
    (void)state;
    rng_seed(&rng, 11);
    for (uint64_t bound = 1; bound <= 20; bound++) {
        uint32_t seen = 0;

        for (int i = 0; i < 1000; i++) {
            uint64_t drawn = rng_below(&rng, bound);

            assert_true(drawn < bound);
            seen |= UINT32_C(1) << drawn;
        }
        assert_int_equal(seen, (UINT32_C(1) << bound) - 1);
    }
}

/* With the bound 3·2^62 a plain multiplication would give each third value twice as often. */
static void test_bounded_numbers_are_unbiased_for_a_huge_bound(void **state)
{
    const uint64_t bound = UINT64_C(3) << 62;
    unsigned remainders[3] = {0, 0, 0};

    (void)state;
    rng_seed(&rng, 13);
    for (int i = 0; i < 30000; i++) {
        uint64_t drawn = rng_below(&rng, bound);

        assert_true(drawn < bound);
        remainders[drawn % 3]++;
    }
    for (size_t i = 0; i < 3; i++) /* five standard deviations of 81.6 */
        assert_in_range(remainders[i], 10000 - 408, 10000 + 408);
}

static void test_normal_numbers_have_the_moments_of_the_normal_distribution(void **state)
{
    enum { DRAWS = 100000 };
    struct running_stats stats = {0};
    double fourth = 0.0;
    unsigned beyond_two = 0;

    (void)state;
    rng_seed(&rng, 17);
    for (int i = 0; i < DRAWS; i++) {
        double x = rng_normal(&rng);

        running_stats_add(&stats, x);
        fourth += x * x * x * x / DRAWS;
        beyond_two += fabs(x) > 2.0 ? 1 : 0;
    }
    /* Each within five standard errors: 1/√n, √(2/n), √(96/n), √(p(1 − p)/n). */
    assert_near(stats.mean, 0.0, 0.0159);
    assert_near(running_stats_sample_variance(&stats), 1.0, 0.0224);
    assert_near(fourth, 3.0, 0.155);
    assert_near((double)beyond_two / DRAWS, 0.0455003, 0.0033);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs_are_those_of_the_reference_implementation),
        cmocka_unit_test(test_a_seed_becomes_four_outputs_of_splitmix64),
        cmocka_unit_test(test_a_jump_is_two_to_the_128_steps),
        cmocka_unit_test(test_a_long_jump_is_two_to_the_192_steps),
        cmocka_unit_test(test_a_stream_depends_on_seed_and_name_as_it_is_defined),
        cmocka_unit_test(test_streams_of_other_seeds_names_and_numbers_are_others),
        cmocka_unit_test(test_uniform_numbers_lie_in_their_interval_and_fill_it_evenly),
        cmocka_unit_test(test_the_largest_uniform_number_is_one_step_below_one),
        cmocka_unit_test(test_bounded_numbers_stay_below_their_bound_and_reach_all_values),
        cmocka_unit_test(test_bounded_numbers_are_unbiased_for_a_huge_bound),
        cmocka_unit_test(test_normal_numbers_have_the_moments_of_the_normal_distribution),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
