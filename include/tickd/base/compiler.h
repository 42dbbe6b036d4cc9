/* Every GNU extension that tickd uses, each wrapped once, here. gcc and clang only. */
#ifndef TICKD_BASE_COMPILER_H
#define TICKD_BASE_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TICKD_NORETURN _Noreturn
#define TICKD_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define TICKD_UNUSED __attribute__((unused))
#define TICKD_WEAK                                                                \
    __attribute__((weak)) /* may be missing when linked: its address is then NULL \
                           */
#define TICKD_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define TICKD_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/* Each returns true when the exact result does not fit; *result is then unusable. */
static inline bool add_overflows(int64_t a, int64_t b, int64_t *result)
{
    return __builtin_add_overflow(a, b, result);
}

static inline bool subtract_overflows(int64_t a, int64_t b, int64_t *result)
{
    return __builtin_sub_overflow(a, b, result);
}

static inline bool multiply_overflows(int64_t a, int64_t b, int64_t *result)
{
    return __builtin_mul_overflow(a, b, result);
}

static inline bool size_multiply_overflows(size_t a, size_t b, size_t *result)
{
    return __builtin_mul_overflow(a, b, result);
}

/* Number of zero bits above the highest set bit; value must not be 0. */
static inline unsigned leading_zeros(uint64_t value)
{
    return (unsigned)__builtin_clzll(value);
}

static inline unsigned trailing_zeros(uint64_t value)
{
    return (unsigned)__builtin_ctzll(value);
}

static inline unsigned population_count(uint64_t value)
{
    return (unsigned)__builtin_popcountll(value);
}

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
