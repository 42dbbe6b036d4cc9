/* Gives a taped engine's inputs to another engine, and compares what becomes of it: every digest
 * that is on the tape must be that of this engine at the same place. */
#ifndef TICKD_FEED_TAPE_REPLAY_H
#define TICKD_FEED_TAPE_REPLAY_H

#include "tickd/feed/ingest.h"
#include "tickd/feed/tape_reader.h"

enum { TAPE_REPLAY_TEXT_MAX = 1024 };

struct tape_replay_options {
    /* From this input on (0: the run's first; the engine then must be new, else restored to the
     * moment before it). With times: inputs received from from_us on and before until_us;
     * INT64_MIN, INT64_MAX: all. */
    uint64_t from_ordinal;
    int64_t from_us;
    int64_t until_us;

    /* After every input; NULL = nobody wants to know. false: end here. */
    bool (*applied)(void *state, uint64_t ordinal, int64_t at_us);
    void *state;
    bool stops_at_loss; /* ends before the first input that comes behind lost ones */
};

/* One digest that differs from the taped one. */
struct tape_mismatch {
    int64_t at_us;
    uint64_t ordinal;
    uint64_t sequence;
    uint64_t taped;
    uint64_t found_sequence;
    uint64_t found;
};

struct tape_replay_result {
    uint64_t run;  /* of the last file that was read */
    uint64_t runs; /* how many there were: only the first one's digests are compared */
    char version[TAPE_VERSION_MAX]; /* of the tickd that wrote the first file, and its settings' */
    uint64_t config_digest;
    uint64_t inputs;      /* given to the engine */
    uint64_t inputs_lost; /* that were not on the tape: gaps and damage */
    uint64_t gaps;
    uint64_t torn;    /* files that end within a block */
    uint64_t damaged; /* other places with something wrong */
    uint64_t digests; /* on the tape, within what was replayed */
    uint64_t digests_checked;
    uint64_t digest_mismatches;
    uint64_t next_ordinal; /* of the input that would have been next */
    int64_t first_us;      /* receive times; 0 = there was no input */
    int64_t last_us;
    struct tape_mismatch mismatch;     /* the first one */
    char damage[TAPE_REPLAY_TEXT_MAX]; /* the first one: "" = none */
};

/* Replays the files, in their order. Digests are compared from the first input on, as long as every
 * input since has been given to the engine: after a gap, damage or another run there is nothing to
 * compare with. 0, or ERROR_IO, ERROR_MEMORY, ERROR_SYNTAX (the first file is no tape at all) with
 * one line in *error; what came before has been taken in. */
int tape_replay(struct engine *engine, struct ingest *ingest, const char *const *paths,
                size_t count, const struct tape_replay_options *options,
                struct tape_replay_result *result, struct text *error);

/* For the recovery after a crash: replays from a folder what `run` has recorded from from_ordinal
 * on, which a checkpoint gives. It only reads; the tape goes on in a new file, *next_file, from
 * result->next_ordinal, and a torn end stays as it is: what is on the disk is never written over,
 * and a reader that comes by later sees the tear and that nothing is missing behind it. Errors as
 * tape_replay(); ERROR_NOT_FOUND: input from_ordinal is older than the oldest file of the run. */
int tape_replay_into(struct engine *engine, struct ingest *ingest, const char *folder, uint64_t run,
                     const struct tape_replay_options *options, struct tape_replay_result *result,
                     uint64_t *next_file, struct text *error);

/* What a folder holds of one run. */
struct tape_extent {
    uint64_t run;
    uint64_t first_input; /* of its oldest file */
    uint64_t next_input;  /* behind the last whole block */
    uint64_t files;       /* 0: there is nothing of it */
    /* of the newest file; 0 and "" when its first line cannot be read */
    uint64_t config_digest;
    char version[TAPE_VERSION_MAX];
};

/* Looks at the newest run (run = 0), or a certain one, by the headers alone. ERROR_IO or
 * ERROR_MEMORY with one line in *error. */
int tape_look(const char *folder, uint64_t run, struct tape_extent *extent, struct text *error);

#endif
