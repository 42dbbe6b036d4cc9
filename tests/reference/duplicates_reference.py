#!/usr/bin/env python3
"""Computes the log likelihood ratios that tests/unit/market/test_duplicates.c expects.

Independent of the C code: the largest likelihood under a distribution that never rises comes from
the slopes of the least concave majorant of the cumulative counts (the C code pools adjacent
violators), and both integrals are summed term by term as exact fractions (the C code has log
factorials).

    python3 tests/reference/duplicates_reference.py
"""

from fractions import Fraction
from math import comb, log

BROKEN_PRIOR = 19

# (multiplicity, how many prints of it), ...
WINDOWS = [
    [(2, 2)],
    [(1, 1)],
    [(1, 200), (2, 40), (3, 10), (4, 5), (7, 1)],
    [(2, 200), (4, 40), (6, 10), (8, 5), (14, 1)],
    [(1, 9), (2, 190), (3, 4), (4, 40), (6, 10), (7, 1), (16, 2)],
    [(1, 4), (2, 6), (3, 220), (5, 1), (6, 20), (9, 5)],
    [(1, 30), (2, 226)],
    [(6, 256)],
    [(1, 3), (253, 1), (254, 1)],
]


def log_of(fraction):
    return log(fraction.numerator) - log(fraction.denominator)


def majorant_slopes(counts):
    """Slopes of the least concave majorant of the cumulative counts, at 1, 2, …"""
    sums = [0]
    for count in counts:
        sums.append(sums[-1] + count)
    slopes, at = [], 0
    while at < len(counts):
        ends = range(at + 1, len(sums))
        slope, to = max((Fraction(sums[end] - sums[at], end - at), end) for end in ends)
        slopes += [slope] * (to - at)
        at = to
    return slopes


def market(window):
    counts = [0] * max(m for m, _ in window)
    for m, count in window:
        counts[m - 1] = count
    total = sum(counts)
    slopes = majorant_slopes(counts)
    return sum(c * log_of(s / total) for c, s in zip(counts, slopes) if c)


def beta(a, b):
    """∫ x^a (1−x)^b dx over [0, 1]"""
    return Fraction(1, (a + b + 1) * comb(a + b, a))


def times(window, k):
    whole = sum(c for m, c in window if m % k == 0)
    broken = sum(c for m, c in window if m % k)
    repeats = sum(c * (m // k - 1) for m, c in window if m % k == 0)
    likelihood = beta(whole, repeats) * BROKEN_PRIOR * beta(broken, whole + BROKEN_PRIOR - 1)
    for m, c in window:
        if m % k:
            likelihood *= Fraction(1, m * (m + 1)) ** c
    return log_of(likelihood)


for window in WINDOWS:
    base = market(window)
    pairs = ", ".join("{%d, %d}" % pair for pair in window)
    print("{{%s}, %.12f, %.12f}," % (pairs, times(window, 2) - base, times(window, 3) - base))
