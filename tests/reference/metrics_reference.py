#!/usr/bin/env python3
"""Reference values for tests/unit/modules/test_introspection_metrics.c, from the definitions: exact
fractions for sums and moments, statistics.NormalDist for the normal distribution, two passes where
the C code updates. Prints one NAME VALUE a line; the test has the numbers."""
import math
from fractions import Fraction
from statistics import NormalDist

# The monthly returns of the portfolio that Bacon works with throughout "Practical Portfolio
# Performance Measurement and Attribution" (2nd edition, 2008); R's PerformanceAnalytics has them as
# portfolio_bacon and tells what the book gets.
BACON = ("0.003 0.026 0.011 -0.010 0.015 0.025 0.016 0.067 -0.014 0.040 -0.005 0.081 0.040 -0.037 "
         "-0.061 0.017 -0.049 -0.022 0.070 0.058 -0.065 0.024 -0.005 -0.009").split()


def root(value):
    return math.sqrt(value)  # of a Fraction: correctly rounded first, then rooted


def moments(values):
    count = len(values)
    mean = sum(values) / count
    return [mean] + [sum((x - mean) ** k for x in values) / count for k in (2, 3, 4)]


def sharpe(values):
    mean, second, _, _ = moments(values)
    return float(mean) / root(second * len(values) / (len(values) - 1))


def sortino(values, target):
    excess = [x - target for x in values]
    downside = sum(min(x, 0) ** 2 for x in excess) / len(excess)
    return float(sum(excess) / len(excess)) / root(downside)


def drawdown(path, relative):
    peak, worst = path[0], 0
    for value in path:
        peak = max(peak, value)
        worst = max(worst, (peak - value) / peak if relative else peak - value)
    return float(worst)


def correlation(first, second):
    mean_first, mean_second = sum(first) / len(first), sum(second) / len(second)
    together = sum((x - mean_first) * (y - mean_second) for x, y in zip(first, second))
    return float(together) / root(sum((x - mean_first) ** 2 for x in first)
                                  * sum((y - mean_second) ** 2 for y in second))


def expected_maximum(trials, variance):
    quantile = NormalDist().inv_cdf
    gamma = 0.57721566490153286061
    return math.sqrt(variance) * ((1 - gamma) * quantile(1 - 1 / trials)
                                  + gamma * quantile(1 - 1 / (trials * math.e)))


def probabilistic(ratio, benchmark, count, skewness, kurtosis):
    spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio * ratio
    return NormalDist().cdf((ratio - benchmark) * math.sqrt(count - 1) / math.sqrt(spread))


def series(returns, name):
    _, second, third, fourth = moments(returns)
    sums, value, values = [Fraction(0)], Fraction(1), [Fraction(1)]
    for x in returns:
        sums.append(sums[-1] + x)
        value *= 1 + x
        values.append(value)
    print(name, "sharpe", repr(sharpe(returns)))
    print(name, "sortino", repr(sortino(returns, 0)))
    print(name, "skewness", repr(float(third) / root(second ** 3)))
    print(name, "kurtosis", repr(float(fourth / second ** 2)))
    print(name, "drawdown of value", repr(drawdown(values, True)))
    print(name, "drawdown of sum", repr(drawdown(sums, False)))
    benchmark = expected_maximum(25, 0.01)
    print(name, "deflated, 25 trials of variance 0.01", repr(probabilistic(
        sharpe(returns), benchmark, len(returns), float(third) / root(second ** 3),
        float(fourth / second ** 2))))


def main():
    bacon = [Fraction(x) for x in BACON]
    # 500 values with a tail to one side: ((7 k² + 3 k) mod 101)² / 10⁴ − 1/4, k = 0, 1, …
    long = [Fraction((7 * k * k + 3 * k) % 101) ** 2 / 10 ** 4 - Fraction(1, 4) for k in range(500)]
    series(bacon, "bacon")
    print("bacon sortino, target 0.005", repr(sortino(bacon, Fraction("0.005"))))
    series(long, "long")
    other = [Fraction((5 * k * k + k) % 97) / 100 + x / 2 for k, x in enumerate(long)]
    print("correlation", repr(correlation(long, other)))
    print("diversity of 3, 2, 1", repr(-sum(p * math.log(p) for p in (1 / 2, 1 / 3, 1 / 6))
                                       / math.log(3)))
    # Bailey & López de Prado (2014), the paper's example: annual Sharpe ratio 2.5 of 1,250 days,
    # 250 a year; variance of the trials' annual ratios 1/2; skewness −3, kurtosis 10.
    daily = 2.5 / math.sqrt(250)
    for trials, skewness, kurtosis in ((100, -3, 10), (46, -3, 10), (88, 0, 3)):
        benchmark = expected_maximum(trials, 0.5 / 250)
        print("paper", trials, repr(benchmark),
              repr(probabilistic(daily, benchmark, 1250, skewness, kurtosis)))


if __name__ == "__main__":
    main()
