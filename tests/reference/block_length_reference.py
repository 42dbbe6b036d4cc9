#!/usr/bin/env python3
"""Computes tests/reference/block_length.csv: mean block lengths of the stationary bootstrap.

Politis & White, "Automatic block-length selection for the dependent bootstrap", Econometric Reviews
23 (2004), corrected by Patton, Politis & White, Econometric Reviews 28 (2009). Independent of the C
code: sums over both signs of the lag as they stand in the paper, exact rational autocovariances,
roots with 50 decimal digits.

    python3 tests/reference/block_length_reference.py > tests/reference/block_length.csv

The series are integers, made from a linear congruential generator (Knuth's MMIX), so that the test
makes the same ones:

    moving     sums of the newest `parameter` noises
    turning    noise less `parameter` tenths of the noise before it, in tenths
    trend      0, 1, 2, … and noise of ±`parameter`
    period     i modulo `parameter`
"""
import sys
from decimal import Decimal, getcontext
from fractions import Fraction
from math import ceil

getcontext().prec = 50


class Numbers:
    def __init__(self, seed):
        self.state = seed

    def noise(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % 2001 - 1000


def make(kind, parameter, count, seed):
    numbers = Numbers(seed)
    if kind == "moving":
        noise = [numbers.noise() for _ in range(count + parameter - 1)]
        return [sum(noise[i:i + parameter]) for i in range(count)]
    if kind == "turning":
        noise = [numbers.noise() for _ in range(count + 1)]
        return [10 * noise[i + 1] - parameter * noise[i] for i in range(count)]
    if kind == "trend":
        return [i + numbers.noise() * parameter // 1000 for i in range(count)]
    return [i % parameter for i in range(count)]


def decimal(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def autocovariance(values, lag):
    n = len(values)
    mean = Fraction(sum(values), n)
    return sum((values[i] - mean) * (values[i + abs(lag)] - mean) for i in range(n - abs(lag))) / n


def flat_top(t):
    t = abs(t)
    if t <= Fraction(1, 2):
        return Fraction(1)
    return 2 * (1 - t) if t <= 1 else Fraction(0)


def block_length(values):
    """Bandwidth M and block length."""
    n = len(values)
    root = Decimal(n).sqrt()
    row = max(5, ceil(Decimal(n).log10().sqrt()))
    longest = ceil(root) + row
    covariance = {k: autocovariance(values, k) for k in range(longest + 1)}
    if covariance[0] == 0:
        return 0, Decimal(1)
    band = 2 * (Decimal(n).log10() / n).sqrt()
    quiet = [abs(decimal(covariance[k] / covariance[0])) < band for k in range(longest + 1)]
    bandwidth = longest
    for first in range(1, longest - row + 2):
        if all(quiet[first:first + row]):
            bandwidth = min(2 * first, longest)
            break
    lags = range(-bandwidth, bandwidth + 1)
    slope = sum(flat_top(Fraction(k, bandwidth)) * abs(k) * covariance[abs(k)] for k in lags)
    spectrum = sum(flat_top(Fraction(k, bandwidth)) * covariance[abs(k)] for k in lags)
    denominator = 2 * spectrum**2
    ratio = decimal(2 * slope**2 / denominator)
    length = (ratio * n) ** (Decimal(1) / 3) if ratio > 0 else Decimal(0)
    return bandwidth, min(max(length, Decimal(1)), Decimal(ceil(min(3 * root, Decimal(n) / 3))))


CASES = [("moving", q, n, 1000 * q + n) for n in (30, 120, 600, 1000) for q in (1, 2, 5, 20)]
CASES += [("turning", t, n, 77 * t + n) for n in (120, 600) for t in (3, 10)]
CASES += [("trend", p, n, p + n) for n in (120, 600) for p in (0, 50)]
CASES += [("period", p, n, p) for n in (120, 600) for p in (2, 7)]
CASES += [("period", 1, 120, 1)]


def main():
    print("# Made by tests/reference/block_length_reference.py; see there.")
    print("kind,parameter,count,seed,bandwidth,length")
    for case in CASES:
        bandwidth, length = block_length(make(*case))
        print(",".join(str(part) for part in case) + f",{bandwidth},{length:.15e}")


if __name__ == "__main__":
    sys.exit(main())
