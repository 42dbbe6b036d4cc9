/* Takes a seed from the environment or from clock and process id. */
#include "support/seed.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t choose(void)
{
    const char *given = getenv("TICKD_SEED");
    struct timespec now;

    if (given != NULL && given[0] != '\0')
        return strtoull(given, NULL, 10);
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec) ^
           (uint64_t)getpid() << 40;
}

uint64_t test_seed(void)
{
    static bool chosen;
    static uint64_t seed;

    if (!chosen) {
        seed = choose();
        chosen = true;
        fprintf(stderr, "TICKD_SEED=%" PRIu64 "\n", seed);
    }
    return seed;
}
