/* xoshiro256** 1.0 and splitmix64, written from: D. Blackman, S. Vigna, "Scrambled linear
 * pseudorandom number generators", ACM Trans. Math. Softw. 47 (2021); G. Steele, D. Lea, C. Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014. Bounded integers: D. Lemire, "Fast
 * random integer generation in an interval", ACM TOMACS 29 (2019). */
#include "tickd/base/rng.h"

#include <math.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/digest.h"
#include "tickd/base/real.h"

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static uint64_t splitmix_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void rng_seed(struct rng *rng, uint64_t seed)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rng->state); i++)
        rng->state[i] = splitmix_next(&seed);
}

static void add_word(struct digest *digest, uint64_t word)
{
    unsigned char bytes[8];

    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(word >> (8 * i));
    digest_add(digest, bytes, sizeof bytes);
}

void rng_stream(struct rng *rng, uint64_t seed, const char *name)
{
    struct digest digest;

    digest_init(&digest);
    add_word(&digest, seed);
    digest_add(&digest, name, strlen(name));
    rng_seed(rng, digest_value(&digest));
}

void rng_stream_numbered(struct rng *rng, uint64_t seed, const char *name, uint64_t first,
                         uint64_t second)
{
    struct digest digest;

    digest_init(&digest);
    add_word(&digest, seed);
    digest_add(&digest, name, strlen(name));
    add_word(&digest, first);
    add_word(&digest, second);
    rng_seed(rng, digest_value(&digest));
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Replaces the state by the sum (xor) of those states along the way that the polynomial's set bits
 * name: the state x^n further on, with n = 2^128 or 2^192 reduced by the characteristic polynomial.
 */
static void jump_by(struct rng *rng, const uint64_t polynomial[4])
{
    uint64_t sum[4] = {0, 0, 0, 0};

    for (unsigned bit = 0; bit < 256; bit++) {
        if ((polynomial[bit / 64] >> (bit % 64)) & 1) {
            for (unsigned i = 0; i < 4; i++)
                sum[i] ^= rng->state[i];
        }
        rng_next(rng);
    }
    memcpy(rng->state, sum, sizeof sum);
}

void rng_jump(struct rng *rng)
{
    static const uint64_t polynomial[4] = {
        UINT64_C(0x180ec6d33cfd0aba), UINT64_C(0xd5a61266f0c9392c), UINT64_C(0xa9582618e03fc9aa),
        UINT64_C(0x39abdc4529b1661c)};

    jump_by(rng, polynomial);
}

void rng_long_jump(struct rng *rng)
{
    static const uint64_t polynomial[4] = {
        UINT64_C(0x76e15d3efefdcbbf), UINT64_C(0xc5004e441c522fb3), UINT64_C(0x77710069854ee241),
        UINT64_C(0x39109bb02acbe635)};

    jump_by(rng, polynomial);
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    ASSERT(bound >= 1);
    uint128 product = (uint128)rng_next(rng) * bound;

    if (TICKD_UNLIKELY((uint64_t)product < bound)) {
        uint64_t uneven = (0 - bound) % bound; /* 2^64 mod bound */

        while ((uint64_t)product < uneven)
            product = (uint128)rng_next(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

/* G. Marsaglia, T. Bray, "A convenient method for generating normal variables", SIAM Review 6
 * (1964). The second of the pair is not kept, so that a stream's state is its four words. */
double rng_normal(struct rng *rng)
{
    double u;
    double v;
    double square;

    do {
        u = 2.0 * rng_uniform(rng) - 1.0;
        v = 2.0 * rng_uniform(rng) - 1.0;
        square = u * u + v * v;
    } while (square >= 1.0 || square == 0.0);
    return u * sqrt(-2.0 * real_log(square) / square);
}
