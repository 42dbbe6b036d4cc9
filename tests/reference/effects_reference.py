#!/usr/bin/env python3
"""Computes tests/reference/effects.csv: random-effects estimates from values in cells and blocks.

DerSimonian & Laird, Controlled Clinical Trials 7 (1986), with an error of the common mean that is
clustered by blocks of time (Liang & Zeger, Biometrika 73, 1986), shrunk to a start value.
Independent of the C code: every estimate is computed from the list of all values so far, each with
the weight that its age gives it, by the definitions as they stand in the papers; nothing is
carried.

    python3 tests/reference/effects_reference.py > tests/reference/effects.csv

Lines: `pool,keep` begins a new pool, `value,cell,value,weight`, `block` (a block of time ends, all
weights so far are multiplied by keep), and `estimate,cell,start,prior,mean,error,values`.
"""
import math
import sys

CELLS = 5


class Numbers:
    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


def estimate(history, keep, blocks, cell, start, prior):
    """history: (block, cell, value, weight) each."""
    aged = [(b, c, x, w * keep ** (blocks - b), w * keep ** (2 * (blocks - b)))
            for b, c, x, w in history]
    total = math.fsum(w for _, _, _, w, _ in aged)
    mean = math.fsum(w * x for _, _, x, w, _ in aged) / total
    # variance of one value; five more of variance 1 are assumed
    variance = (math.fsum(w * (x - mean) ** 2 for _, _, x, w, _ in aged) + 5) / (total + 5)
    independent = variance * math.fsum(w2 for *_, w2 in aged)
    clustered = 0.0
    for block in {b for b, *_ in aged}:
        residual = math.fsum(w * (x - mean) for b, _, x, w, _ in aged if b == block)
        clustered += residual**2
    mean_variance = max(independent, clustered) / total**2
    # between cells
    weights = {c: math.fsum(w for _, d, _, w, _ in aged if d == c) for _, c, *_ in aged}
    means = {c: math.fsum(w * x for _, d, x, w, _ in aged if d == c) / weights[c] for c in weights}
    spread = math.fsum(weights[c] * (means[c] - mean) ** 2 for c in weights) / variance
    squares = math.fsum(w * w for w in weights.values())
    room = total - squares / total
    between = 0.0
    if len(weights) > 1 and spread > len(weights) - 1 and room > 0:
        between = variance * (spread - (len(weights) - 1)) / room
    mean_variance += between * squares / total**2
    own_weight = weights.get(cell, 0.0)
    own_precision = own_weight / variance
    if between > 0:
        share = own_precision / (own_precision + 1 / between)
        rest = 1 / (own_precision + 1 / between)
    else:
        share = rest = 0.0
    best = share * means.get(cell, 0.0) + (1 - share) * mean
    best_variance = rest + (1 - share) ** 2 * mean_variance
    values = variance / best_variance
    shrunk = (best * values + start * prior) / (values + prior)
    return shrunk, math.sqrt(variance / (values + prior)), values


def run(seed, keep, apart, together, count):
    """apart: by how much cells differ; together: what all values of a block have in common."""
    numbers = Numbers(seed)
    history, blocks = [], 0
    common = (numbers.below(2001) - 1000) * together / 1000
    print(f"pool,{keep!r}")
    for i in range(count):
        cell = numbers.below(CELLS)
        noise = sum(numbers.below(2001) - 1000 for _ in range(3)) / 1000
        value = noise + apart * (cell - 2) + common + 0.3
        weight = 1.0 if i % 3 else 1 / 60
        history.append((blocks, cell, value, weight))
        print(f"value,{cell},{value!r},{weight!r}")
        if i % 7 == 6:
            for wanted in range(CELLS):
                start = 0.0 if wanted < 3 else 0.5
                answer = estimate(history, keep, blocks, wanted, start, 30.0)
                print(f"estimate,{wanted},{start!r},30.0," + ",".join(repr(x) for x in answer))
        if numbers.below(6) == 0:
            print("block")
            blocks += 1
            common = (numbers.below(2001) - 1000) * together / 1000


def main():
    print("# Made by tests/reference/effects_reference.py; see there.")
    run(1, 1.0, 0.0, 0.0, 63)
    run(2, 0.96875, 0.0, 2.0, 70)
    run(3, 0.96875, 1.5, 0.0, 70)
    run(4, 0.75, 0.5, 1.0, 70)


if __name__ == "__main__":
    sys.exit(main())
