/* The seed of a property test. */
#ifndef TICKD_SUPPORT_SEED_H
#define TICKD_SUPPORT_SEED_H

#include <stdint.h>

/* TICKD_SEED from the environment, else a new one each run; printed, so that a failure can be run
 * again. The same for all calls in one process. */
uint64_t test_seed(void);

#endif
