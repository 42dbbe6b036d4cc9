/* Doubles as integers: with the sign folded, neighbours differ by one. */
#include "support/numbers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint64_t place(double x)
{
    const uint64_t sign = UINT64_C(1) << 63;
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return (bits & sign) != 0 ? sign - (bits & ~sign) : sign + bits;
}

uint64_t ulps_between(double a, double b)
{
    if (isnan(a) || isnan(b))
        return UINT64_MAX;
    return place(a) > place(b) ? place(a) - place(b) : place(b) - place(a);
}

void check_near(double actual, double expected, double tolerance, const char *file, int line)
{
    if (ulps_between(actual, expected) == 0 || fabs(actual - expected) <= tolerance)
        return;
    print_error("%.17g is not within %g of %.17g\n", actual, tolerance, expected);
    _fail(file, line);
}

void check_ulps(double actual, double expected, uint64_t ulps, const char *file, int line)
{
    if (ulps_between(actual, expected) <= ulps)
        return;
    print_error("%.17g (%a) is not within %llu ulp of %.17g (%a)\n", actual, actual,
                (unsigned long long)ulps, expected, expected);
    _fail(file, line);
}
