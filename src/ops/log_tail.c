/* The tail of the health log: a ring of bytes with the places where lines begin. */
#include "tickd/ops/log_tail.h"

#include <string.h>

#include "tickd/base/assert.h"

void log_tail_init(struct log_tail *tail)
{
    tail->oldest = 0;
    tail->next = 0;
    tail->written = 0;
}

static uint64_t *start_of(struct log_tail *tail, uint64_t number)
{
    return &tail->starts[number % LOG_TAIL_LINES];
}

/* Where a line ends is where the next begins. */
static uint64_t end_of(const struct log_tail *tail, uint64_t number)
{
    return number + 1 < tail->next ? tail->starts[(number + 1) % LOG_TAIL_LINES] : tail->written;
}

void log_tail_add(struct log_tail *tail, const char *line, size_t length)
{
    ASSERT(length <= LOG_TAIL_LINE_MAX);
    if (tail->next - tail->oldest == LOG_TAIL_LINES)
        tail->oldest++;
    while (tail->oldest < tail->next &&
           tail->written + length - *start_of(tail, tail->oldest) > LOG_TAIL_BYTES)
        tail->oldest++;
    *start_of(tail, tail->next) = tail->written;
    tail->next++;
    for (size_t i = 0; i < length; i++)
        tail->bytes[(tail->written + i) % LOG_TAIL_BYTES] = line[i];
    tail->written += length;
}

bool log_tail_print_json(const struct log_tail *tail, uint64_t number, struct text *out)
{
    if (number < tail->oldest || number >= tail->next)
        return false;
    uint64_t start = tail->starts[number % LOG_TAIL_LINES];
    size_t length = (size_t)(end_of(tail, number) - start);
    size_t place = (size_t)(start % LOG_TAIL_BYTES);
    size_t before_turn = LOG_TAIL_BYTES - place;

    if (length <= before_turn) {
        text_add_json(out, tail->bytes + place, length);
        return true;
    }
    char whole[LOG_TAIL_LINE_MAX];

    memcpy(whole, tail->bytes + place, before_turn);
    memcpy(whole + before_turn, tail->bytes, length - before_turn);
    text_add_json(out, whole, length);
    return true;
}
