/* Elementary functions on doubles that give the same bits on every machine and compiler.
 *
 * The C library's log and exp choose code by the processor (with or without fused multiply-add),
 * so the last bit of a digest could differ between two machines. These use only +, −, ×, ÷ and
 * sqrt, which IEEE 754 fixes, and the build forbids contraction. */
#ifndef TICKD_BASE_REAL_H
#define TICKD_BASE_REAL_H

#include "tickd/base/compiler.h"

/* The one NaN that messages may carry: "not known yet". */
double real_nan(void);

/* Natural logarithm, error below 2 ulp. log(0) = −∞, negative or NaN = real_nan(). */
double real_log(double x);

/* e^x, error below 2 ulp; 0 and +∞ beyond the range. NaN = real_nan(). */
double real_exp(double x);

/* tanh(x) within 4 ulp. */
double real_tanh(double x);

/* Standard normal distribution function and its inverse (p in (0,1)), absolute error < 1e-9. The
 * quantile of 0 and 1 is ∓∞, outside of [0, 1] real_nan(). */
double real_normal_cdf(double x);
double real_normal_quantile(double p);

#endif
