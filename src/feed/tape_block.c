/* The fixed header of a tape's block. */
#include "tickd/feed/tape_block.h"

#include <string.h>
#include <zlib.h>

#include "tickd/base/error.h"

static const unsigned char mark[TAPE_MARK_BYTES] = {0x54, 0x2a, 0x4d, 0x18, 76,  0,   0,   0,
                                                    't',  'i',  'c',  'k',  'd', 't', 'a', 'p'};

enum { CHECKED_BYTES = 80 };

static void put_u32(unsigned char *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static void put_u64(unsigned char *at, uint64_t value)
{
    put_u32(at, (uint32_t)value);
    put_u32(at + 4, (uint32_t)(value >> 32));
}

static uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get_u64(const unsigned char *at)
{
    return (uint64_t)get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

static uint32_t checksum(const unsigned char *header)
{
    return (uint32_t)crc32(0, header, CHECKED_BYTES);
}

void tape_block_print(const struct tape_block *block, unsigned char header[TAPE_HEADER_BYTES])
{
    memcpy(header, mark, sizeof mark);
    put_u32(header + 16, TAPE_FORMAT);
    put_u32(header + 20, block->plain_bytes);
    put_u32(header + 24, block->packed_bytes);
    put_u32(header + 28, 0);
    put_u64(header + 32, block->run);
    put_u64(header + 40, block->number);
    put_u64(header + 48, block->first_input);
    put_u64(header + 56, block->inputs);
    put_u64(header + 64, (uint64_t)block->first_us);
    put_u64(header + 72, (uint64_t)block->last_us);
    put_u32(header + 80, checksum(header));
}

bool tape_block_begins(const unsigned char *bytes, size_t length)
{
    return length >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0;
}

/* What a right checksum does not rule out: another version, and a header made to do harm. */
static const char *find_fault(const unsigned char *header, const struct tape_block *block)
{
    if (!tape_block_begins(header, TAPE_HEADER_BYTES))
        return "no block begins here";
    if (get_u32(header + 80) != checksum(header))
        return "the block's header does not match its checksum";
    if (get_u32(header + 16) != TAPE_FORMAT || get_u32(header + 28) != 0)
        return "the block is of another version of the format";
    if (block->plain_bytes == 0 || block->plain_bytes > TAPE_PLAIN_MAX ||
        block->packed_bytes == 0 || block->packed_bytes > TAPE_PACKED_MAX)
        return "the block's header gives sizes that no block has";
    if (block->inputs > UINT64_MAX - block->first_input)
        return "the block's header counts more inputs than there are numbers";
    return NULL;
}

int tape_block_parse(const unsigned char header[TAPE_HEADER_BYTES], struct tape_block *block,
                     const char **fault)
{
    *block = (struct tape_block){
        .plain_bytes = get_u32(header + 20),
        .packed_bytes = get_u32(header + 24),
        .run = get_u64(header + 32),
        .number = get_u64(header + 40),
        .first_input = get_u64(header + 48),
        .inputs = get_u64(header + 56),
        .first_us = (int64_t)get_u64(header + 64),
        .last_us = (int64_t)get_u64(header + 72),
    };
    *fault = find_fault(header, block);
    return *fault == NULL ? 0 : ERROR_SYNTAX;
}
