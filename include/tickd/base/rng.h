/* Random numbers: xoshiro256** 1.0 (Blackman & Vigna 2018), seeded by splitmix64, with jumps.
 * A stream is named: whoever draws has a stream of its own, so that one more draw here moves
 * nothing there. No stream depends on time, address or order of creation. */
#ifndef TICKD_BASE_RNG_H
#define TICKD_BASE_RNG_H

#include "tickd/base/compiler.h"

struct rng {
    uint64_t state[4];
};

/* The state is four outputs of splitmix64 from `seed`, as the authors recommend. */
void rng_seed(struct rng *rng, uint64_t seed);

/* The stream of that name under that seed: rng_seed of a 64-bit mix of both. */
void rng_stream(struct rng *rng, uint64_t seed, const char *name);

/* The stream of that name, numbered by two integers (for example symbol and bar). */
void rng_stream_numbered(struct rng *rng, uint64_t seed, const char *name, uint64_t first,
                         uint64_t second);

uint64_t rng_next(struct rng *rng);

/* 2^128 and 2^192 steps ahead, the published polynomials. */
void rng_jump(struct rng *rng);
void rng_long_jump(struct rng *rng);

/* Uniform in [0, 1), multiples of 2^-53. */
double rng_uniform(struct rng *rng);

/* Uniform in [0, bound), unbiased (Lemire 2019); bound ≥ 1. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Standard normal by Marsaglia's polar method, on real_log() and so the same everywhere. */
double rng_normal(struct rng *rng);

#endif
