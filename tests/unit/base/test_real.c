/* Elementary functions.
 *
 * The tables hold correctly rounded values, computed with mpmath 1.3 (Python) at 400 bits and
 * rounded once to double; the quantiles by bisection of mpmath's erfc. The sweeps compare with the
 * C library's log, exp, tanh and erfc, which are an independent source good to about one ulp. */
#include "tickd/base/real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "support/numbers.h"
#include "tickd/base/digest.h"
#include "tickd/base/rng.h"

struct sample {
    double x;
    double y;
};

static const struct sample logarithms[] = {
    {1.5e-308, -708.7907435340579},
    {5e-324, -744.4400719213812},
    {1e-100, -230.25850929940458},
    {0.1, -2.3025850929940455},
    {0.5, -0.6931471805599453},
    {0.7071067811865475, -0.34657359027997275},
    {0.7071067811865476, -0.3465735902799726},
    {0.75, -0.2876820724517809},
    {0.9, -0.10536051565782628},
    {0.999, -0.0010005003335835344},
    {0.9999999999999999, -1.1102230246251565e-16},
    {1.0000000000000002, 2.2204460492503128e-16},
    {1.0001, 9.999500033329732e-05},
    {1.1, 0.09531017980432493},
    {1.4142135623730951, 0.3465735902799727},
    {1.414213562373095, 0.3465735902799726},
    {2.0, 0.6931471805599453},
    {2.718281828459045, 1.0},
    {3.0, 1.0986122886681098},
    {10.0, 2.302585092994046},
    {146.76, 4.988798599487081},
    {10000000000.0, 23.025850929940457},
    {1e+100, 230.25850929940458},
    {1.7976931348623157e+308, 709.782712893384},
};

static const struct sample exponentials[] = {
    {-745.0, 5e-324},
    {-744.4400719213812, 5e-324},
    {-708.5, 2.006132305331306e-308},
    {-700.0, 9.85967654375977e-305},
    {-100.0, 3.720075976020836e-44},
    {-10.0, 4.5399929762484854e-05},
    {-1.0, 0.36787944117144233},
    {-0.6931471805599453, 0.5},
    {-0.34657359027997264, 0.7071067811865476},
    {-0.1, 0.9048374180359595},
    {-1e-05, 0.9999900000499998},
    {-1e-17, 1.0},
    {1e-17, 1.0},
    {1e-09, 1.000000001},
    {0.001, 1.0010005001667084},
    {0.1, 1.1051709180756477},
    {0.34657359027997264, 1.414213562373095},
    {0.5, 1.6487212707001282},
    {0.6931471805599453, 2.0},
    {1.0, 2.718281828459045},
    {2.0, 7.38905609893065},
    {10.0, 22026.465794806718},
    {100.0, 2.6881171418161356e+43},
    {700.0, 1.0142320547350045e+304},
    {709.0, 8.218407461554972e+307},
    {709.782712893384, 1.7976931348622732e+308},
};

static const struct sample tangents[] = {
    {1e-300, 1e-300},
    {1e-09, 1e-09},
    {3.725290298461914e-09, 3.725290298461914e-09},
    {0.0001, 9.999999966666667e-05},
    {0.01, 0.00999966667999946},
    {0.1, 0.09966799462495582},
    {0.17, 0.16838104587081473},
    {0.18, 0.1780808681173302},
    {0.25, 0.24491866240370913},
    {0.5, 0.46211715726000974},
    {0.54, 0.49298796667532435},
    {0.56, 0.5079774328978962},
    {0.75, 0.6351489523872873},
    {0.99, 0.7573623242165263},
    {1.0, 0.7615941559557649},
    {1.5, 0.9051482536448664},
    {2.0, 0.9640275800758169},
    {3.0, 0.9950547536867305},
    {5.0, 0.9999092042625951},
    {10.0, 0.9999999958776927},
    {18.0, 0.9999999999999996},
    {19.5, 1.0},
    {20.0, 1.0},
    {30.0, 1.0},
    {700.0, 1.0},
};

static const struct sample normals[] = {
    {-38.0, 2.88542835e-316},         {-30.0, 4.906713927148187e-198},
    {-20.0, 2.7536241186062337e-89},  {-10.0, 7.619853024160525e-24},
    {-8.0, 6.220960574271784e-16},    {-5.0, 2.866515718791939e-07},
    {-3.5, 0.00023262907903552504},   {-3.0, 0.0013498980316300946},
    {-2.9999, 0.0013503412829549248}, {-2.5, 0.006209665325776135},
    {-1.96, 0.024997895148220435},    {-1.0, 0.15865525393145705},
    {-0.5, 0.3085375387259869},       {-0.001, 0.49960105778608893},
    {-1e-10, 0.49999999996010575},    {0.0, 0.5},
    {1e-10, 0.5000000000398942},      {0.001, 0.500398942213911},
    {0.5, 0.6914624612740131},        {1.0, 0.8413447460685429},
    {1.6448536269514722, 0.95},       {1.96, 0.9750021048517795},
    {2.3263478740408408, 0.99},       {2.9999, 0.998649658717045},
    {3.0, 0.9986501019683699},        {5.0, 0.9999997133484281},
    {8.0, 0.9999999999999993},
};

static const struct sample quantiles[] = {
    {5e-324, -38.467405617144344},
    {1e-300, -37.0470962993612},
    {1e-100, -21.273453560965326},
    {1e-20, -9.262340089798407},
    {1e-09, -5.9978070150076865},
    {0.0001, -3.7190164854556804},
    {0.001, -3.0902323061678136},
    {0.0013498980316300946, -3.0},
    {0.01, -2.326347874040841},
    {0.025, -1.9599639845400543},
    {0.05, -1.6448536269514726},
    {0.1, -1.2815515655446004},
    {0.25, -0.6744897501960817},
    {0.4, -0.2533471031357997},
    {0.499999, -2.5066282745665593e-06},
    {0.5, 0.0},
    {0.500001, 2.5066282747057052e-06},
    {0.6, 0.2533471031357997},
    {0.75, 0.6744897501960817},
    {0.9, 1.2815515655446006},
    {0.95, 1.6448536269514722},
    {0.975, 1.9599639845400538},
    {0.99, 2.3263478740408408},
    {0.999, 3.090232306167813},
    {0.9999, 3.7190164854557084},
    {0.999999999, 5.9978070196016375},
    {0.9999999999999999, 8.209536151601387},
};

static const double nan_value = (double)NAN;
static const double infinite = (double)INFINITY;

static void test_logarithms_are_within_2_ulp_of_the_exact_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(logarithms); i++)
        assert_ulps(real_log(logarithms[i].x), logarithms[i].y, 2);
}

static void test_exponentials_are_within_2_ulp_of_the_exact_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(exponentials); i++)
        assert_ulps(real_exp(exponentials[i].x), exponentials[i].y, 2);
}

static void test_hyperbolic_tangents_are_within_4_ulp_of_the_exact_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(tangents); i++) {
        assert_ulps(real_tanh(tangents[i].x), tangents[i].y, 4);
        assert_ulps(real_tanh(-tangents[i].x), -tangents[i].y, 4);
    }
}

static void test_normal_probabilities_are_exact_to_1e_15_and_in_the_tail_relatively(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(normals); i++) {
        assert_near(real_normal_cdf(normals[i].x), normals[i].y, 1e-15);
        if (normals[i].x > -37.0)
            assert_near(real_normal_cdf(normals[i].x), normals[i].y, normals[i].y * 1e-12);
    }
}

static void test_normal_quantiles_are_exact_to_1e_12(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(quantiles); i++)
        assert_near(real_normal_quantile(quantiles[i].x), quantiles[i].y, 1e-12);
}

static void test_logarithms_at_the_edges_of_their_domain(void **state)
{
    (void)state;
    assert_ulps(real_log(0.0), -infinite, 0);
    assert_ulps(real_log(-0.0), -infinite, 0);
    assert_ulps(real_log(1.0), 0.0, 0);
    assert_ulps(real_log(infinite), infinite, 0);
    assert_true(isnan(real_log(-1.0)));
    assert_true(isnan(real_log(-5e-324)));
    assert_true(isnan(real_log(-infinite)));
    assert_true(isnan(real_log(nan_value)));
}

static void test_exponentials_at_the_edges_of_their_range(void **state)
{
    (void)state;
    assert_ulps(real_exp(0.0), 1.0, 0);
    assert_ulps(real_exp(-0.0), 1.0, 0);
    assert_ulps(real_exp(709.79), infinite, 0);
    assert_ulps(real_exp(infinite), infinite, 0);
    assert_ulps(real_exp(DBL_MAX), infinite, 0);
    assert_ulps(real_exp(-745.14), 0.0, 0); /* ln 2^-1075 = -745.133… */
    assert_ulps(real_exp(-infinite), 0.0, 0);
    assert_ulps(real_exp(-DBL_MAX), 0.0, 0);
    assert_true(isnan(real_exp(nan_value)));
}

static void test_hyperbolic_tangents_at_the_edges(void **state)
{
    (void)state;
    assert_ulps(real_tanh(infinite), 1.0, 0);
    assert_ulps(real_tanh(-infinite), -1.0, 0);
    assert_true(signbit(real_tanh(-0.0)) != 0);
    assert_true(isnan(real_tanh(nan_value)));
}

static void test_the_normal_distribution_at_its_edges(void **state)
{
    (void)state;
    assert_ulps(real_normal_cdf(infinite), 1.0, 0);
    assert_ulps(real_normal_cdf(-infinite), 0.0, 0);
    assert_ulps(real_normal_cdf(-1e300), 0.0, 0);
    assert_true(isnan(real_normal_cdf(nan_value)));
    assert_ulps(real_normal_quantile(0.0), -infinite, 0);
    assert_ulps(real_normal_quantile(1.0), infinite, 0);
    assert_true(isnan(real_normal_quantile(-1e-9)));
    assert_true(isnan(real_normal_quantile(1.0 + 1e-9)));
    assert_true(isnan(real_normal_quantile(nan_value)));
}

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void test_not_known_yet_is_always_the_same_quiet_nan(void **state)
{
    const uint64_t quiet = UINT64_C(0x7ff8000000000000);

    (void)state;
    assert_true(isnan(real_nan()));
    assert_int_equal(bits_of(real_nan()), quiet);
    assert_int_equal(bits_of(real_log(-1.0)), quiet);
    assert_int_equal(bits_of(real_exp(-nan_value)), quiet);
    assert_int_equal(bits_of(real_tanh(-nan_value)), quiet);
    assert_int_equal(bits_of(real_normal_cdf(-nan_value)), quiet);
    assert_int_equal(bits_of(real_normal_quantile(2.0)), quiet);
}

static void test_a_sweep_agrees_with_the_c_library(void **state)
{
    struct rng rng;

    (void)state;
    rng_seed(&rng, 31);
    for (int i = 0; i < 50000; i++) {
        double u = rng_uniform(&rng);
        double wide = 1400.0 * (u - 0.5);
        double narrow = 4.0 * (u - 0.5);
        double positive = exp(wide);

        assert_ulps(real_log(positive), log(positive), 2);
        assert_ulps(real_log(0.5 + u), log(0.5 + u), 2);
        assert_ulps(real_exp(wide), exp(wide), 2);
        assert_ulps(real_exp(narrow), exp(narrow), 2);
        assert_ulps(real_tanh(narrow), tanh(narrow), 4);
        assert_ulps(real_tanh(narrow * 10.0), tanh(narrow * 10.0), 4);
        assert_near(real_normal_cdf(narrow * 4.0), 0.5 * erfc(-narrow * 4.0 / sqrt(2.0)), 1e-15);
    }
}

static void test_distribution_and_quantile_undo_each_other(void **state)
{
    (void)state;
    for (double x = -37.0; x < 5.0; x += 0.0371)
        assert_near(real_normal_quantile(real_normal_cdf(x)), x, x < 2.0 ? 1e-12 : 1e-9);
    for (double p = 0.0005; p < 1.0; p += 0.0005)
        assert_near(real_normal_cdf(real_normal_quantile(p)), p, 1e-14);
}

static void test_logarithm_and_exponential_never_turn_back(void **state)
{
    double last_log = real_log(0.01);
    double last_exp = real_exp(-20.0);
    double last_tanh = real_tanh(-20.0);

    (void)state;
    for (double x = -20.0; x < 20.0; x += 0.0007) {
        assert_true(real_exp(x) >= last_exp);
        assert_true(real_tanh(x) >= last_tanh);
        last_exp = real_exp(x);
        last_tanh = real_tanh(x);
    }
    for (double x = 0.01; x < 50.0; x += 0.0007) {
        assert_true(real_log(x) >= last_log);
        last_log = real_log(x);
    }
}

/* A digest over the bits of 100,000 results. The number was taken from one build; that builds with
 * another compiler or optimisation give the same number is what is tested. */
static void test_every_build_gives_the_same_bits(void **state)
{
    struct digest digest;
    struct rng rng;
    char text[DIGEST_TEXT_MAX];

    (void)state;
    digest_init(&digest);
    rng_seed(&rng, 32);
    for (int i = 0; i < 20000; i++) {
        double u = rng_uniform(&rng);
        uint64_t words[5] = {bits_of(real_log(u * 50.0)), bits_of(real_exp(100.0 * (u - 0.5))),
                             bits_of(real_tanh(6.0 * (u - 0.5))),
                             bits_of(real_normal_cdf(12.0 * (u - 0.5))),
                             bits_of(real_normal_quantile(u))};

        digest_add(&digest, words, sizeof words);
    }
    digest_print(digest_value(&digest), text);
    assert_string_equal(text, "501748190fdbafd2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logarithms_are_within_2_ulp_of_the_exact_ones),
        cmocka_unit_test(test_exponentials_are_within_2_ulp_of_the_exact_ones),
        cmocka_unit_test(test_hyperbolic_tangents_are_within_4_ulp_of_the_exact_ones),
        cmocka_unit_test(test_normal_probabilities_are_exact_to_1e_15_and_in_the_tail_relatively),
        cmocka_unit_test(test_normal_quantiles_are_exact_to_1e_12),
        cmocka_unit_test(test_logarithms_at_the_edges_of_their_domain),
        cmocka_unit_test(test_exponentials_at_the_edges_of_their_range),
        cmocka_unit_test(test_hyperbolic_tangents_at_the_edges),
        cmocka_unit_test(test_the_normal_distribution_at_its_edges),
        cmocka_unit_test(test_not_known_yet_is_always_the_same_quiet_nan),
        cmocka_unit_test(test_a_sweep_agrees_with_the_c_library),
        cmocka_unit_test(test_distribution_and_quantile_undo_each_other),
        cmocka_unit_test(test_logarithm_and_exponential_never_turn_back),
        cmocka_unit_test(test_every_build_gives_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
