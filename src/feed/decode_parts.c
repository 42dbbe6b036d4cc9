/* What the two halves of the decoder share: the order of trades, the text of a fault. */
#include "tickd/feed/decode_parts.h"

#include "tickd/base/text.h"

/* Up to here insertion is faster than a heap even when the order is reversed. */
enum { INSERTION_COUNT_MAX = 24 };

static bool comes_before(const struct trade *a, const struct trade *b)
{
    return a->time_ms != b->time_ms ? a->time_ms < b->time_ms : a->order < b->order;
}

static void sort_by_insertion(struct trade *trades, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct trade moving = trades[i];
        size_t place = i;

        for (; place > 0 && comes_before(&moving, &trades[place - 1]); place--)
            trades[place] = trades[place - 1];
        trades[place] = moving;
    }
}

/* Lets `moving` sink from `place` to where it belongs in a heap with the latest on top. */
static void sink(struct trade *trades, size_t place, size_t count, struct trade moving)
{
    for (size_t child = 2 * place + 1; child < count; child = 2 * place + 1) {
        if (child + 1 < count && comes_before(&trades[child], &trades[child + 1]))
            child++;
        if (!comes_before(&moving, &trades[child]))
            break;
        trades[place] = trades[child];
        place = child;
    }
    trades[place] = moving;
}

/* Williams 1964, heap built after Floyd 1964. Not stable by itself: `order` makes keys unique. */
static void sort_by_heap(struct trade *trades, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sink(trades, i - 1, count, trades[i - 1]);
    for (size_t last = count - 1; last > 0; last--) {
        struct trade moving = trades[last];

        trades[last] = trades[0];
        sink(trades, 0, last, moving);
    }
}

void decode_sort(struct trade *trades, size_t count)
{
    size_t sorted = 1;

    while (sorted < count && !comes_before(&trades[sorted], &trades[sorted - 1]))
        sorted++;
    if (sorted >= count)
        return;
    if (count <= INSERTION_COUNT_MAX)
        sort_by_insertion(trades, count);
    else
        sort_by_heap(trades, count);
}

void decode_malformed(struct frame *frame, size_t byte, const char *what)
{
    struct text text;

    *frame = (struct frame){.kind = FRAME_MALFORMED};
    text_init(&text, frame->text, sizeof frame->text);
    text_format(&text, "byte %zu: %s", byte, what);
}
