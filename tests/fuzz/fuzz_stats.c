/* The reader of pages of counters over any bytes: what it takes can be judged and printed in both
 * forms, and what it does not take is named in a line. */
#include <stdio.h>
#include <string.h>

#include "tickd/base/assert.h"
#include "tickd/ops/ctl_stats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct stats_copy copy;

static void show(const struct stats_view *view)
{
    static FILE *nowhere;
    struct process_sight sight = {.is_there = view->head->pid % 2 == 0, .state = 'T'};
    const char *const globs[] = {"*[a-z]*"};
    struct ctl_stats stats = {
        .path = "page", .copy = &copy, .before = &copy, .globs = globs, .glob_count = 1};

    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    ASSERT(nowhere != NULL);
    stats_judge(view->head, &sight, 1795451500000000, &stats.judgement);
    ctl_stats_print(nowhere, &stats);
    ctl_stats_print_json(nowhere, &stats);
    stats.lines_max = 24;
    stats.columns_max = 80;
    ctl_stats_print(nowhere, &stats);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char memory[256];
    struct text why;

    if (size > sizeof copy.bytes)
        return 0;
    memset(copy.bytes, 0, sizeof copy.bytes);
    memcpy(copy.bytes, data, size);
    text_init(&why, memory, sizeof memory);
    if (stats_parse(copy.bytes, size, &copy.view, &why) == 0)
        show(&copy.view);
    else
        ASSERT(why.length > 0 && !why.cut && strchr(memory, '\n') == NULL);
    return 0;
}
