/* Makes the checksums of a state or checkpoint right again after something in it was changed: for
 * tests of what stands behind them. Bytes that are no sections any more are left as they are. Link
 * it by including this file; it is all static. */
#ifndef TICKD_SUPPORT_SEAL_H
#define TICKD_SUPPORT_SEAL_H

#include <string.h>

#include "tickd/base/persist_parts.h"

static inline void seal_sections(unsigned char *bytes, size_t size)
{
    struct persist_section_head head;
    struct persist_section_end end;
    size_t at = 0;
    while (size - at >= sizeof head + sizeof end) {
        memcpy(&head, bytes + at, sizeof head);
        if (head.magic != PERSIST_SECTION_MAGIC ||
            head.length > size - at - sizeof head - sizeof end) {
            return;
        }
        size_t length = sizeof head + (size_t)head.length;
        end = (struct persist_section_end){.checksum = persist_checksum(bytes + at, length),
                                           .length = head.length};
        memcpy(bytes + at + length, &end, sizeof end);
        at += length + sizeof end;
    }
}

#endif
