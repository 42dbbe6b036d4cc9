/* Sections: what stands around the items of one part. */
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/base/persist_parts.h"
#include "tickd/base/text.h"

static void note_section(struct persist *persist, const struct persist_section_head *head)
{
    persist_note(persist, ITEM_SECTION, head->version, 0);
    if (persist->mode == PERSIST_MEASURE) {
        digest_add(&persist->layout, head->name, sizeof head->name);
    }
}

static void save_section(struct persist *persist, struct persist_section_head *head,
                         void (*body)(void *state, struct persist *persist), void *state)
{
    struct persist measure;
    persist_measure(&measure);
    body(state, &measure);
    head->length = measure.size;
    digest_init(&persist->sum);
    persist_put(persist, head, sizeof *head);
    body(state, persist);
    persist_flush(persist);
    struct persist_section_end end = {.checksum = digest_value(&persist->sum),
                                      .length = head->length};
    persist_put(persist, &end, sizeof end);
    persist_flush(persist);
}

uint64_t persist_checksum(const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    struct digest sum;
    digest_init(&sum);
    for (size_t at = 0; at < size; at += PERSIST_BLOCK) {
        digest_add(&sum, from + at, size - at < PERSIST_BLOCK ? size - at : PERSIST_BLOCK);
    }
    return digest_value(&sum);
}

/* What stands around the items; `bytes` begin with the head. Whether it is whole comes before what
 * it says. */
static bool is_whole(struct persist *persist, const unsigned char *bytes,
                     const struct persist_section_head *head)
{
    struct persist_section_end end;
    size_t left = persist->end - persist->at;
    if (head->magic != PERSIST_SECTION_MAGIC) {
        persist_fail(persist, "does not begin where it should");
        return false;
    }
    if (head->length % PERSIST_ALIGNMENT != 0 || left < sizeof end ||
        head->length > left - sizeof end) {
        persist_fail(persist, "should have %llu bytes, %zu are left",
                     (unsigned long long)head->length, left);
        return false;
    }
    size_t size = sizeof *head + (size_t)head->length;
    memcpy(&end, bytes + size, sizeof end);
    uint64_t checksum = persist_checksum(bytes, size);
    if (end.length != head->length || end.checksum != checksum) {
        persist_fail(persist, "is damaged: its checksum is %016llx, and should be %016llx",
                     (unsigned long long)checksum, (unsigned long long)end.checksum);
        return false;
    }
    return true;
}

static bool is_expected(struct persist *persist, const struct persist_section_head *head,
                        const struct persist_section_head *expected)
{
    if (memcmp(head->name, expected->name, sizeof head->name) != 0) {
        persist_misfit(persist, "another one is in its place");
        return false;
    }
    if (head->version != expected->version) {
        persist_misfit(persist, "is of version %u, version %u is read here", head->version,
                       expected->version);
        return false;
    }
    return true;
}

static void read_section(struct persist *persist, const struct persist_section_head *expected,
                         void (*body)(void *state, struct persist *persist), void *state)
{
    struct persist_section_head head;
    const unsigned char *bytes = persist_take(persist, sizeof head);
    if (bytes == NULL) {
        return;
    }
    memcpy(&head, bytes, sizeof head);
    if (!is_whole(persist, bytes, &head) || !is_expected(persist, &head, expected)) {
        return;
    }
    size_t end_of_all = persist->end;
    persist->end = persist->at + (size_t)head.length;
    body(state, persist);
    if (persist->at != persist->end) {
        persist_fail(persist, "has %zu bytes more than are read here", persist->end - persist->at);
    }
    persist->at = persist->end + sizeof(struct persist_section_end);
    persist->end = end_of_all;
}

void persist_section(struct persist *persist, const char *name, uint32_t version,
                     void (*body)(void *state, struct persist *persist), void *state)
{
    struct persist_section_head head = {.magic = PERSIST_SECTION_MAGIC, .version = version};
    bool fits = text_copy(head.name, sizeof head.name, name);
    ASSERT(fits && persist->section == NULL);
    persist->section = name;
    note_section(persist, &head);
    switch (persist->mode) {
    case PERSIST_MEASURE:
        persist->size += sizeof head;
        body(state, persist);
        persist->size += sizeof(struct persist_section_end);
        break;
    case PERSIST_SAVE:
        save_section(persist, &head, body, state);
        break;
    case PERSIST_CHECK:
    case PERSIST_LOAD:
        read_section(persist, &head, body, state);
        break;
    }
    persist->section = NULL;
}
