/* Elementary functions from +, −, ×, ÷ and sqrt.
 *
 * Logarithm and exponential reduce their argument by a multiple of ln 2, held in two parts, and sum
 * the Taylor series of what is left; the terms that are dropped are below 2^-56 of the result. The
 * normal distribution is a power series in the middle and Laplace's continued fraction outside. */
#include "tickd/base/real.h"

#include <math.h>
#include <string.h>

/* ln 2 = high + low; high has 42 bits, so that k × high is exact for every exponent k. */
#define LN2_HIGH 0x1.62e42fefa38p-1
#define LN2_LOW 0x1.ef35793c76730p-45
#define LN2_INVERSE 0x1.71547652b82fep+0
#define SQRT_2PI 0x1.40d931ff62706p+1
#define SQRT_HALF_PI 0x1.40d931ff62706p+0
#define SQRT_2PI_INVERSE 0x1.9884533d43651p-2

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for a normal result. */
static double power_of_two(int32_t k)
{
    return double_of((uint64_t)(1023 + k) << 52);
}

static double infinity(void)
{
    return double_of(UINT64_C(0x7ff) << 52);
}

double real_nan(void)
{
    return double_of(UINT64_C(0x7ff8) << 48);
}

/* For m in [√½, √2): with f = m − 1 and s = f/(2 + f) it is ln m = 2 artanh s = 2s + s·rest(s²),
 * and 2s = f − s·f; so ln m = f − s·(f − rest). f is exact, and only a small part of the result
 * carries the errors of s and of the series. */
static double log_correction(double f)
{
    double s = f / (2.0 + f);
    double z = s * s;
    double w = z * z;
    double odd = 2.0 / 3 + w * (2.0 / 7 + w * (2.0 / 11 + w * (2.0 / 15 + w * (2.0 / 19))));
    double even = 2.0 / 5 + w * (2.0 / 9 + w * (2.0 / 13 + w * (2.0 / 17 + w * (2.0 / 21))));

    return s * (f - z * (odd + z * even));
}

double real_log(double x)
{
    const uint64_t mantissa_mask = (UINT64_C(1) << 52) - 1;
    const uint64_t sqrt_2_mantissa = UINT64_C(0x6a09e667f3bcd);
    int32_t k = 0;

    if (x == 0.0)
        return -infinity();
    if (!(x > 0.0))
        return real_nan();
    if (x == infinity())
        return x;
    if (x < 0x1p-1022) { /* subnormal */
        x *= 0x1p54;
        k = -54;
    }
    uint64_t bits = bits_of(x);
    uint64_t mantissa = bits & mantissa_mask;
    bool upper = mantissa >= sqrt_2_mantissa; /* then x/2 is in [√½, 1) */

    k += (int32_t)(bits >> 52) - 1023 + (upper ? 1 : 0);
    double f = double_of(mantissa | (upper ? UINT64_C(1022) : UINT64_C(1023)) << 52) - 1.0;

    return k * LN2_HIGH + (f - (log_correction(f) - k * LN2_LOW));
}

/* x = k ln 2 + high + low, |high + low| ≤ ½ ln 2 and a little; |x| below 746. */
static int32_t reduce(double x, double *high, double *low)
{
    double turns = x * LN2_INVERSE;
    int32_t k = (int32_t)(turns + (turns < 0.0 ? -0.5 : 0.5));

    *high = x - k * LN2_HIGH;
    *low = -(k * LN2_LOW);
    return k;
}

/* e^(high + low) − 1 for a reduced argument: r + r²/2! + … + r^13/13!, the odd and the even
 * coefficients summed side by side. */
static double exp_minus_one(double high, double low)
{
    double r = high + low;
    double z = r * r;
    double even = 1.0 / 479001600.0;
    double odd = 1.0 / 6227020800.0;

    even = 1.0 / 3628800.0 + z * even;
    odd = 1.0 / 39916800.0 + z * odd;
    even = 1.0 / 40320.0 + z * even;
    odd = 1.0 / 362880.0 + z * odd;
    even = 1.0 / 720.0 + z * even;
    odd = 1.0 / 5040.0 + z * odd;
    even = 1.0 / 24.0 + z * even;
    odd = 1.0 / 120.0 + z * odd;
    even = 0.5 + z * even;
    odd = 1.0 / 6.0 + z * odd;
    return high + (low + z * (even + r * odd));
}

double real_exp(double x)
{
    double high;
    double low;

    if (x != x)
        return real_nan();
    if (x > 0x1.62e42fefa39efp+9) /* ln of the largest double, 709.78… */
        return infinity();
    if (x < -746.0) /* below half the smallest double */
        return 0.0;
    int32_t k = reduce(x, &high, &low);
    double result = 1.0 + exp_minus_one(high, low);

    if (k > 1023)
        return result * 2.0 * power_of_two(k - 1);
    if (k < -1022)
        return result * power_of_two(k + 60) * 0x1p-60;
    return result * power_of_two(k);
}

/* With t = e^2x − 1 it is tanh x = t/(t + 2); from 1 on, 1 − 2/(e^2x + 1) loses nothing. */
double real_tanh(double x)
{
    double size = fabs(x);
    double high;
    double low;
    double result;

    if (x != x)
        return real_nan();
    if (size < 0x1p-28) /* x³/3 is below half an ulp */
        return x;
    if (size >= 20.0)
        result = 1.0; /* 1 − 2 e^-40 */
    else if (size >= 1.0)
        result = 1.0 - 2.0 / (real_exp(2.0 * size) + 1.0);
    else {
        double scale = power_of_two(reduce(2.0 * size, &high, &low));
        double t = scale * exp_minus_one(high, low) + (scale - 1.0);

        result = t / (t + 2.0);
    }
    return x < 0.0 ? -result : result;
}

/* (Φ(z) − ½)/φ(z) = z + z³/3 + z⁵/(3·5) + …, for 0 ≤ z < 3 (G. Marsaglia, "Evaluating the normal
 * distribution", J. Stat. Softw. 11 (2004), with proof by parts). */
static double central_ratio(double z)
{
    double square = z * z;
    double term = z;
    double sum = z;

    for (double n = 3.0; term > sum * 0x1p-55; n += 2.0) {
        term *= square / n;
        sum += term;
    }
    return sum;
}

/* Mills' ratio (1 − Φ(z))/φ(z) for z ≥ 3 as 1/(z + 1/(z + 2/(z + 3/(z + …)))) (Laplace; Abramowitz
 * & Stegun 26.2.14). 60 steps leave less than 1e-15 of it at z = 3. */
static double tail_ratio(double z)
{
    double below = z;

    for (double n = 60.0; n >= 1.0; n -= 1.0)
        below = z + n / below;
    return 1.0 / below;
}

double real_normal_cdf(double x)
{
    double size = fabs(x);

    if (x != x)
        return real_nan();
    double density = SQRT_2PI_INVERSE * real_exp(-0.5 * x * x);

    if (size < 3.0) {
        double centre = density * central_ratio(size);

        return x < 0.0 ? 0.5 - centre : 0.5 + centre;
    }
    double tail = density == 0.0 ? 0.0 : density * tail_ratio(size);

    return x < 0.0 ? tail : 1.0 - tail;
}

/* The z ≥ 0 above which `tail` (0 < tail ≤ ½) of the distribution lies. A first value good to
 * 4.5e-4 (Abramowitz & Stegun 26.2.23), then Halley's iteration on the tail over the density, which
 * neither underflows nor cancels. */
static double upper_quantile(double tail)
{
    double t = sqrt(-2.0 * real_log(tail));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));

    if (z < 0.0)
        z = 0.0;
    for (int step = 0; step < 2; step++) {
        double root = real_exp(0.25 * z * z); /* φ(z) = 1/(√2π · root²) */
        double wanted = tail * root * root * SQRT_2PI;
        double have = z < 3.0 ? SQRT_HALF_PI * root * root - central_ratio(z) : tail_ratio(z);
        double newton = wanted - have;

        z -= newton / (1.0 + 0.5 * z * newton);
    }
    return z > 0.0 ? z : 0.0;
}

double real_normal_quantile(double p)
{
    if (!(p >= 0.0 && p <= 1.0))
        return real_nan();
    if (p == 0.0)
        return -infinity();
    if (p == 1.0)
        return infinity();
    return p < 0.5 ? -upper_quantile(p) : upper_quantile(1.0 - p);
}
