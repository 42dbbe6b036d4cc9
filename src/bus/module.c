/* What is the same for every module. */
#include "tickd/bus/module.h"

struct history history_of_ring(const char *module, const char *name, const struct ring *ring)
{
    return (struct history){
        .module = module,
        .name = name,
        .size = ring_size(ring),
        .capacity = ring->capacity,
        .appended = ring->appended,
        .overwritten = ring_overwritten(ring),
        .bytes = (uint64_t)ring->capacity * ring->entry_size,
    };
}
