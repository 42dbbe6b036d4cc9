/* tickctl tape: prints, verifies, and converts tapes. */
#include "tickd/bin/tickctl_tape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/calendar.h"
#include "tickd/base/decimal.h"
#include "tickd/base/error.h"
#include "tickd/feed/decode.h"
#include "tickd/feed/tape_reader.h"
#include "tickd/market/conditions.h"

enum { TEXT_MAX = 1024 };

static void tell_damage(const struct tape_damage *damage)
{
    char memory[TEXT_MAX];
    struct text text;

    text_init(&text, memory, sizeof memory);
    tape_damage_print(damage, &text);
    fprintf(stderr, "tickctl: %s\n", memory);
}

static int tell_failure(const char *path, int error)
{
    fprintf(stderr, "tickctl: %s: %s\n", path,
            error == ERROR_IO ? strerror(errno) : error_text(error));
    return error == ERROR_IO ? EX_NOINPUT : EX_OSERR;
}

/* Nobody who reads our output any more is no reason to go on. */
static int end_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "tickctl: the output cannot be written\n");
    return EX_IOERR;
}

/* Print: the lines as they are, block by block. */

static int print_blocks(struct tape_blocks *blocks)
{
    bool broken = false;
    int result;

    while ((result = tape_blocks_next(blocks)) > 0 && !ferror(stdout)) {
        char *lines;
        size_t length;

        if (result == TAPE_BLOCKS_BLOCK)
            result = tape_blocks_lines(blocks, &lines, &length);
        if (result == TAPE_BLOCKS_BLOCK)
            (void)fwrite(lines, 1, length, stdout);
        if (result == TAPE_BLOCKS_DAMAGE) {
            tell_damage(&blocks->damage);
            broken = true;
        }
        if (result < 0)
            break;
    }
    if (result < 0)
        return tell_failure(blocks->path, result);
    return broken ? EX_DATAERR : 0;
}

static int print(const char *const *paths, size_t count)
{
    struct tape_blocks blocks;
    int error = tape_blocks_init(&blocks, paths, count);

    if (error != 0)
        return tell_failure(paths[0], error);
    int code = print_blocks(&blocks);

    tape_blocks_fini(&blocks);
    return code;
}

/* Verify. */

struct summary {
    uint64_t files;
    uint64_t runs;
    uint64_t run;
    uint64_t inputs;
    uint64_t digests;
    uint64_t gaps;
    uint64_t lost;
    uint64_t places; /* with something wrong */
    uint64_t steps_back;
    int64_t first_us;
    int64_t last_us;
};

static void note_time(struct summary *summary, int64_t at_us)
{
    if (summary->inputs == 0)
        summary->first_us = at_us;
    else if (at_us < summary->last_us)
        summary->steps_back++;
    summary->last_us = at_us;
}

static void sum_up(struct summary *summary, const struct tape_record *record)
{
    switch (record->kind) {
    case TAPE_HEAD:
        summary->files++;
        summary->runs += summary->runs == 0 || record->run != summary->run;
        summary->run = record->run;
        break;
    case TAPE_INPUT:
        note_time(summary, record->line.at_us);
        summary->inputs++;
        break;
    case TAPE_DIGEST:
        summary->digests++;
        break;
    case TAPE_GAP:
        summary->gaps++;
        summary->lost += record->line.gap;
        break;
    case TAPE_DAMAGE:
        summary->places++;
        tell_damage(&record->damage);
        break;
    }
}

static void print_summary(const struct summary *summary)
{
    char first[CALENDAR_TEXT_MAX] = "never";
    char last[CALENDAR_TEXT_MAX] = "never";

    if (summary->inputs > 0) {
        calendar_print_us(summary->first_us, 3, first);
        calendar_print_us(summary->last_us, 3, last);
    }
    printf("%s: files=%" PRIu64 " runs=%" PRIu64 " inputs=%" PRIu64 " digests=%" PRIu64
           " gaps=%" PRIu64 " inputs_lost=%" PRIu64 " clock_steps_back=%" PRIu64
           " first=%s last=%s",
           summary->places == 0 ? "good" : "broken", summary->files, summary->runs, summary->inputs,
           summary->digests, summary->gaps, summary->lost, summary->steps_back, first, last);
    if (summary->places > 0)
        printf(" broken_places=%" PRIu64, summary->places);
    putchar('\n');
}

/* Every record to its end, for whoever wants to see it. */
static int read_all(const char *const *paths, size_t count,
                    void (*see)(void *state, const struct tape_record *record), void *state)
{
    struct tape_reader *reader;
    struct tape_record record;
    int result = tape_reader_open(paths, count, &reader);

    if (result != 0)
        return tell_failure(paths[0], result);
    while ((result = tape_reader_next(reader, &record)) > 0 && !ferror(stdout))
        see(state, &record);
    int code = result < 0 ? tell_failure(tape_reader_path(reader), result) : 0;

    tape_reader_close(reader);
    return code;
}

static void see_summary(void *state, const struct tape_record *record)
{
    sum_up(state, record);
}

/* Why a replay could not begin with this head; "" when it could. The head is used up. */
static void judge_config(struct tape_head *head, struct text *why)
{
    static struct settings settings;
    bool adopted[SETTINGS_COUNT] = {false};
    char memory[TEXT_MAX];
    struct text found;
    const struct setting *key;

    text_init(&found, memory, sizeof memory);
    settings_init(&settings);
    if (tape_head_adopt(head, &settings, adopted) != 0)
        text_add(why, "the tape's configuration cannot be read");
    else if (settings_check(&settings, &key, &found) != 0)
        text_format(why, "the tape's configuration: %s: %s", key->key, memory);
}

/* What a file begins with. Damage there is left to whoever reads it all. */
static void judge_beginning(struct tape_reader *reader, struct text *why)
{
    struct tape_record record;
    int result = tape_reader_next(reader, &record);

    if (result == 0)
        text_add(why, "the file is empty");
    else if (result == 1 && record.kind == TAPE_HEAD)
        judge_config(&record.head, why);
    else if (result == 1 && record.kind != TAPE_DAMAGE)
        text_add(why, "the file does not begin with a tape's first line");
}

static int verify_beginning(const char *path, struct summary *summary)
{
    char memory[2 * TEXT_MAX];
    struct tape_reader *reader;
    struct text why;
    int result = tape_reader_open(&path, 1, &reader);

    if (result != 0)
        return tell_failure(path, result);
    text_init(&why, memory, sizeof memory);
    judge_beginning(reader, &why);
    tape_reader_close(reader);
    if (why.length > 0) {
        fprintf(stderr, "tickctl: %s: %s\n", path, memory);
        summary->places++;
    }
    return 0;
}

static int verify(const char *const *paths, size_t count)
{
    struct summary summary = {0};

    for (size_t i = 0; i < count; i++) {
        int failed = verify_beginning(paths[i], &summary);

        if (failed != 0)
            return failed;
    }
    int code = read_all(paths, count, see_summary, &summary);

    print_summary(&summary);
    return code != 0 ? code : summary.places > 0 ? EX_DATAERR : 0;
}

/* CSV. */

struct conversion {
    struct decoder *decoder;
    struct symbol_table symbols;
    uint64_t places;
};

/* RFC 4180: in quotes where it has to be. */
static void print_name(const char *name)
{
    if (strpbrk(name, ",\"") == NULL) {
        fputs(name, stdout);
        return;
    }
    putchar('"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            putchar('"');
        putchar(*name);
    }
    putchar('"');
}

static void print_trade(const struct conversion *conversion, const struct trade *trade)
{
    char price[DECIMAL_TEXT_MAX];
    char volume[DECIMAL_TEXT_MAX];
    const char *separator = ",";

    decimal_print(trade->price, price);
    decimal_print(trade->volume, volume);
    printf("%" PRId64 ",", trade->time_ms);
    print_name(symbols_name(&conversion->symbols, trade->symbol));
    printf(",%s,%s", price, volume);
    for (unsigned code = 1; code <= CONDITION_CODE_MAX; code++) {
        if ((trade->conditions >> code & 1) != 0) {
            printf("%s%u", separator, code);
            separator = ";";
        }
    }
    if ((trade->conditions >> CONDITION_UNKNOWN & 1) != 0)
        printf("%s99", separator); /* a code that there is not, as the encoder writes it */
    else if (*separator == ',')
        putchar(',');
    putchar('\n');
}

static void see_trades(void *state, const struct tape_record *record)
{
    struct conversion *conversion = state;
    struct frame frame;

    if (record->kind == TAPE_DAMAGE) {
        conversion->places++;
        tell_damage(&record->damage);
    }
    if (record->kind != TAPE_INPUT || record->line.input.kind != INPUT_FRAME)
        return;
    decoder_decode(conversion->decoder, record->line.input.frame.bytes,
                   record->line.input.frame.length, &frame);
    for (size_t i = 0; frame.kind == FRAME_TRADES && i < frame.trade_count; i++) {
        if (frame.trades[i].symbol != SYMBOL_NONE)
            print_trade(conversion, &frame.trades[i]);
    }
}

/* The longest frame that the recording tickd took. */
static int find_frame_bytes_max(const char *path, size_t *frame_bytes_max)
{
    bool adopted[SETTINGS_COUNT] = {false};
    static struct settings settings;
    char memory[TEXT_MAX];
    struct tape_head head;
    struct text error;

    text_init(&error, memory, sizeof memory);
    settings_init(&settings);
    int code = tape_reader_read_head(path, &head, &error);

    if (code != 0) {
        fprintf(stderr, "tickctl: %s\n", memory);
        return code == ERROR_IO ? EX_NOINPUT : code == ERROR_MEMORY ? EX_OSERR : EX_DATAERR;
    }
    char *config = head.config;

    (void)tape_head_adopt(&head, &settings, adopted);
    free(config);
    *frame_bytes_max = (size_t)settings.feed.frame_bytes_max;
    return 0;
}

static void create(struct conversion *conversion, struct arena *arena, size_t frame_bytes_max)
{
    symbols_init(&conversion->symbols, arena, SYMBOLS_MAX, true);
    conversion->decoder = decoder_create(arena, frame_bytes_max, &conversion->symbols);
}

static int convert(const char *const *paths, size_t count)
{
    struct conversion conversion = {0};
    struct arena arena;
    size_t frame_bytes_max;
    int code = find_frame_bytes_max(paths[0], &frame_bytes_max);

    if (code != 0)
        return code;
    arena_init_measuring(&arena);
    create(&conversion, &arena, frame_bytes_max);
    if (arena_init(&arena, arena.used) != 0)
        return tell_failure(paths[0], ERROR_MEMORY);
    create(&conversion, &arena, frame_bytes_max);
    puts("time_ms,symbol,price,volume,conditions");
    code = read_all(paths, count, see_trades, &conversion);
    arena_fini(&arena);
    return code != 0 ? code : conversion.places > 0 ? EX_DATAERR : 0;
}

int tickctl_tape(enum tape_task task, const char *const *paths, size_t count)
{
    switch (task) {
    case TAPE_TASK_PRINT:
        return end_output(print(paths, count));
    case TAPE_TASK_VERIFY:
        return end_output(verify(paths, count));
    case TAPE_TASK_CSV:
        return end_output(convert(paths, count));
    }
    return EX_SOFTWARE;
}
