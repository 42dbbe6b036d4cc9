/* A tape into an engine. */
#include "tickd/feed/tape_replay.h"

#include <errno.h>
#include <string.h>

#include "tickd/base/error.h"
#include "tickd/feed/tape_files.h"

struct replay {
    struct engine *engine;
    struct ingest *ingest;
    const struct tape_replay_options *options;
    struct tape_replay_result *result;
    bool headed;   /* a file's head has been read */
    bool complete; /* all that the taped engine has seen, this one has seen */
    bool ended;
};

/* Inputs. */

static void apply(struct replay *replay, struct tape_line *line)
{
    struct engine *engine = replay->engine;
    const struct input *input = &line->input;
    uint16_t symbol = SYMBOL_NONE;

    switch (input->kind) {
    case INPUT_TIME:
        engine_pass_time(engine, input->at_us);
        break;
    case INPUT_FRAME:
        (void)ingest_frame(replay->ingest, input->at_us, input->frame.bytes, input->frame.length);
        break;
    case INPUT_FEED:
        if (line->symbol_length > 0)
            symbol = symbols_find(engine_symbols(engine), line->symbol, line->symbol_length);
        engine_advance(engine, input->at_us);
        engine_feed_state(engine, symbol, input->feed);
        break;
    case INPUT_COMMAND:
        engine_advance(engine, input->at_us);
        engine_command(engine, input->command);
        break;
    case INPUT_VITALS:
        engine_advance(engine, input->at_us);
        engine_vitals(engine, input->vitals);
        break;
    }
}

/* What comes behind is no longer what the taped engine was told. */
static void lose(struct replay *replay, uint64_t inputs)
{
    replay->result->inputs_lost += inputs;
    replay->complete = false;
    replay->ended |= inputs > 0 && replay->options->stops_at_loss;
}

/* Inputs that are neither on the tape nor told to be missing: a file of it is gone, say. */
static bool is_behind_a_hole(const struct replay *replay, const struct tape_record *record)
{
    return replay->options->stops_at_loss && replay->options->from_us == INT64_MIN &&
           record->ordinal > replay->result->next_ordinal;
}

static void take_input(struct replay *replay, struct tape_record *record)
{
    struct tape_replay_result *result = replay->result;

    if (is_behind_a_hole(replay, record)) {
        lose(replay, record->ordinal - result->next_ordinal);
        return;
    }
    if (record->line.at_us >= replay->options->until_us) {
        replay->ended = true;
        return;
    }
    if (result->inputs == 0) {
        result->first_us = record->line.at_us;
        replay->complete &= record->ordinal == replay->options->from_ordinal;
    }
    apply(replay, &record->line);
    result->inputs++;
    result->last_us = record->line.at_us;
    result->next_ordinal = record->ordinal + 1;
    if (replay->options->applied != NULL)
        replay->ended =
            !replay->options->applied(replay->options->state, record->ordinal, record->line.at_us);
}

/* Digests. */

static void check_digest(struct replay *replay, const struct tape_record *record)
{
    struct tape_replay_result *result = replay->result;
    const struct bus *bus = engine_bus(replay->engine);

    result->digests++;
    if (!replay->complete || record->ordinal != result->next_ordinal)
        return;
    result->digests_checked++;
    if (bus_digest(bus) == record->line.digest && bus_published(bus) == record->line.sequence)
        return;
    if (result->digest_mismatches++ == 0)
        result->mismatch = (struct tape_mismatch){
            .at_us = record->line.at_us,
            .ordinal = record->ordinal,
            .sequence = record->line.sequence,
            .taped = record->line.digest,
            .found_sequence = bus_published(bus),
            .found = bus_digest(bus),
        };
}

/* Files, gaps, damage. */

static void take_head(struct replay *replay, const struct tape_head *head)
{
    struct tape_replay_result *result = replay->result;

    if (!replay->headed) {
        (void)text_copy(result->version, sizeof result->version, head->version);
        result->config_digest = head->config_digest;
    }
    if (!replay->headed || head->run != result->run) {
        replay->complete &= !replay->headed;
        result->runs++;
        result->run = head->run;
    }
    replay->headed = true;
}

/* Ordinals that are known to have been given out are not given out again. */
static void note_damage(struct replay *replay, const struct tape_record *record)
{
    struct tape_replay_result *result = replay->result;
    const struct tape_damage *damage = &record->damage;
    struct text text;

    if (result->torn + result->damaged == 0) {
        text_init(&text, result->damage, sizeof result->damage);
        tape_damage_print(damage, &text);
    }
    if (damage->kind == TAPE_TORN) {
        result->torn++; /* what goes on behind it may lack nothing */
        return;
    }
    result->damaged++;
    /* Before the place from which on it is wanted nothing is missed. How far damage reaches is not
     * always known: the next input tells. */
    bool is_before = result->inputs == 0 && record->ordinal <= replay->options->from_ordinal;

    if (damage->kind == TAPE_REPEATED || is_before)
        return;
    if (record->ordinal > result->next_ordinal)
        result->next_ordinal = record->ordinal;
    lose(replay, damage->inputs);
}

static void take_record(struct replay *replay, struct tape_record *record)
{
    struct tape_replay_result *result = replay->result;

    switch (record->kind) {
    case TAPE_HEAD:
        take_head(replay, &record->head);
        break;
    case TAPE_INPUT:
        take_input(replay, record);
        break;
    case TAPE_DIGEST:
        check_digest(replay, record);
        break;
    case TAPE_GAP:
        result->gaps++;
        result->next_ordinal = record->ordinal + record->line.gap;
        lose(replay, record->line.gap);
        break;
    case TAPE_DAMAGE:
        note_damage(replay, record);
        break;
    }
}

static int read_all(struct replay *replay, struct tape_reader *reader, struct text *error)
{
    struct tape_record record;
    int got = 1;

    while (got == 1 && !replay->ended) {
        got = tape_reader_next(reader, &record);
        if (got == 1)
            take_record(replay, &record);
    }
    if (got < 0)
        text_format(error, "%s: %s", tape_reader_path(reader),
                    got == ERROR_IO ? strerror(errno) : error_text(got));
    return got < 0 ? got : 0;
}

int tape_replay(struct engine *engine, struct ingest *ingest, const char *const *paths,
                size_t count, const struct tape_replay_options *options,
                struct tape_replay_result *result, struct text *error)
{
    struct tape_reader *reader;
    struct replay replay = {.engine = engine,
                            .ingest = ingest,
                            .options = options,
                            .result = result,
                            .complete = options->from_us == INT64_MIN};

    *result = (struct tape_replay_result){.next_ordinal = options->from_ordinal};
    int code = tape_reader_open(paths, count, &reader);

    if (code != 0) {
        text_add(error, error_text(code));
        return code;
    }
    tape_reader_skip(reader, options->from_ordinal, options->from_us);
    code = read_all(&replay, reader, error);
    if (code == 0 && !replay.headed && result->inputs == 0 && count > 0) {
        text_format(error, "%s", result->damage[0] != '\0' ? result->damage : "no tape");
        code = ERROR_SYNTAX;
    }
    tape_reader_close(reader);
    return code;
}
