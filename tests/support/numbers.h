/* Comparing doubles in tests. */
#ifndef TICKD_SUPPORT_NUMBERS_H
#define TICKD_SUPPORT_NUMBERS_H

#include <stdint.h>

/* How many doubles lie between the two, plus one when they differ; UINT64_MAX when one is a NaN. */
uint64_t ulps_between(double a, double b);

/* Fail the running test, with all values printed. Equal infinities are near each other. */
void check_near(double actual, double expected, double tolerance, const char *file, int line);
void check_ulps(double actual, double expected, uint64_t ulps, const char *file, int line);

#define assert_near(actual, expected, tolerance) \
    check_near((actual), (expected), (tolerance), __FILE__, __LINE__)
#define assert_ulps(actual, expected, ulps) \
    check_ulps((actual), (expected), (ulps), __FILE__, __LINE__)

#endif
