#!/usr/bin/env python3
"""Computes tests/reference/trend.csv: ridge regression of sums of the next H values on discrete
Laguerre filters of the values so far.

Independent of the C code: the filters are convolutions with their impulse responses, which follow
from the binomial series of √(1 − a²)·(1/z − a)^i/(1 − a/z)^(i+1); the regression is the normal
equations of the list of all outcomes so far, each with the weight that its age gives it, solved by
elimination with pivots.

    python3 tests/reference/trend_reference.py > tests/reference/trend.csv

Lines: `horizon,bars` begins anew, `bar,value` (the bar's filters are seen, the outcome of H bars
ago is learned), `block,keep` (all weights so far are multiplied by keep), `course,four filters`
before they are cut, and `expect,mean`."""
import math

FILTERS = 4
PRIOR = 100
VALUE_MAX = 4
OUTCOME_MAX = 4
SEEN_MAX = 3


class Numbers:
    def __init__(self, seed):
        self.state = seed

    def normal(self):
        total = 0
        for _ in range(12):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
            total += (self.state >> 33) / 2**31
        return total - 6


def cut(value, limit):
    return max(-limit, min(limit, value))


def response(order, keep, length):
    """Of a filter, to a single 1."""
    return [math.sqrt(1 - keep * keep) * math.fsum(
        math.comb(order, j) * (-keep) ** (order - j) * math.comb(n - j + order, order) *
        keep ** (n - j) for j in range(min(order, n) + 1)) for n in range(length)]


def solve(matrix, right):
    rows = [row[:] + [value] for row, value in zip(matrix, right)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(size):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i])]
    return [rows[i][size] / rows[i][i] for i in range(size)]


def expect(learned, blocks, keeps, horizon, seen):
    weights = [math.prod(keeps[block:blocks]) / horizon for block, _, _ in learned]
    matrix = [[math.fsum(w * x[i] * x[k] for w, (_, x, _) in zip(weights, learned)) +
               (PRIOR if i == k else 0) for k in range(FILTERS)] for i in range(FILTERS)]
    right = [math.fsum(w * x[i] * y for w, (_, x, y) in zip(weights, learned))
             for i in range(FILTERS)]
    return math.fsum(b * x for b, x in zip(solve(matrix, right), seen))


def run(horizon, bars, drift, turn):
    """drift: of each value, in units of its deviation; it turns every so many bars."""
    numbers = Numbers(horizon)
    keep = math.exp(-2 / horizon)
    responses = [response(i, keep, bars) for i in range(FILTERS)]
    values, raw, seen, learned, keeps = [], [], [], [], []
    print(f"horizon,{horizon}")
    for t in range(bars):
        value = numbers.normal() + (drift if t // turn % 2 else -drift)
        if t % 97 == 40:
            value *= 9
        raw.append(value)
        values.append(cut(value, VALUE_MAX))
        print(f"bar,{value!r}")
        course = [math.fsum(r * v for r, v in zip(responses[i], reversed(values)))
                  for i in range(FILTERS)]
        seen.append([cut(x, SEEN_MAX) for x in course])
        if t >= horizon:
            outcome = math.fsum(raw[t - horizon + 1:t + 1]) / math.sqrt(horizon)
            learned.append((len(keeps), seen[t - horizon], cut(outcome, OUTCOME_MAX)))
        if t % 50 == 49:
            print("course," + ",".join(map(repr, course)))
            print(f"expect,{expect(learned, len(keeps), keeps, horizon, seen[t])!r}")
        if t % 120 == 119:
            keeps.append(0.9)
            print("block,0.9")


def main():
    print("# Made by tests/reference/trend_reference.py; see there.")
    run(1, 100, 0.1, 20)
    run(7, 600, 0.4, 20)
    run(60, 1500, 0.3, 200)


if __name__ == "__main__":
    main()
