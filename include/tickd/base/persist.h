/* State out and in again: one function for each part serves all of it, as the constructors do over
 * a measuring and a real arena.
 *
 *     void thing_persist(struct thing *thing, struct persist *persist)
 *     {
 *         PERSIST(persist, thing->counts);                    a value without pointers
 *         persist_ring(persist, "jobs", &thing->jobs, NULL, NULL);
 *         size_t used = persist_number(persist, "used", thing->used, 0, thing->capacity);
 *         if (persist_loading(persist)) thing->used = used;
 *     }
 *
 * The same calls in the same order measure, save, check and load:
 *
 *     measure  adds up the bytes and a digest of the layout (sizes and capacities, no values)
 *     save     hands the bytes to a callback, in blocks; allocates nothing, knows no lock and no
 *              library, so that it may run in a child after fork()
 *     check    reads a block of memory and compares sizes, checksums and values; changes nothing
 *     load     does the same, and changes the state
 *
 * A block that has passed the check loads. Should a load fail all the same (the block changed in
 * between, or a part that checks less than it should), what was loaded into is neither the old nor
 * the new state: build it anew.
 *
 *     section   ┌────────┬─────────┬────────────────┬──────────┐
 *               │ magic  │ version │ name, length   │          │  64 bytes
 *               ├────────┴─────────┴────────────────┴──────────┤
 *               │ items, each filled up to 16 bytes            │  length
 *               ├──────────────────────────────────────────────┤
 *               │ checksum of both above, length again         │  16 bytes
 *               └──────────────────────────────────────────────┘
 *
 * Bytes are the machine's own: for files that do not leave it. Pointers are never written. What a
 * part has copied from the configuration is not written either: it stays as it is. */
#ifndef TICKD_BASE_PERSIST_H
#define TICKD_BASE_PERSIST_H

#include "tickd/base/digest.h"
#include "tickd/base/ring.h"

enum {
    PERSIST_ALIGNMENT = 16,
    PERSIST_BLOCK = 4096, /* bytes that a checksum takes in at a time */
    PERSIST_NAME_MAX = 24,
    PERSIST_WHY_MAX = 256
};

enum persist_mode { PERSIST_MEASURE, PERSIST_SAVE, PERSIST_CHECK, PERSIST_LOAD };

typedef void persist_write(void *state, const void *bytes, size_t size);

/* Whether a value (an entry of an array or ring) may be taken: its indexes are inside of what they
 * point into, and so on. It is where it was read, aligned to its size up to PERSIST_ALIGNMENT. */
typedef bool persist_check(const void *value, void *context);

struct persist {
    enum persist_mode mode;
    bool failed;         /* checking, loading: nothing more is read */
    bool misfits;        /* failed: whole as it may be, it is of another configuration or build */
    const char *section; /* that is under way; NULL between them */
    uint64_t size;       /* bytes measured or saved so far */
    uint64_t symbols;    /* names in the symbol table, left by its part for those after it */
    uint64_t appended;   /* reading: of the newest ring */
    struct digest layout;
    struct digest sum;
    /* saving */
    persist_write *write;
    void *write_state;
    size_t buffered; /* bytes in the buffer */
    /* reading */
    const unsigned char *bytes;
    size_t at;
    size_t end;                          /* of the section that is under way, or of all */
    char why[PERSIST_WHY_MAX];           /* section and cause, once it has failed */
    unsigned char buffer[PERSIST_BLOCK]; /* saving; last, for only that part is touched then */
};

void persist_measure(struct persist *persist);
/* `write` gets each byte once, in order; it remembers its own failures. */
void persist_save(struct persist *persist, persist_write *write, void *state);
/* PERSIST_CHECK or PERSIST_LOAD, over `size` bytes at an address that is aligned to
 * PERSIST_ALIGNMENT. */
void persist_read(struct persist *persist, enum persist_mode mode, const void *bytes, size_t size);

/* Values are being read, to be checked or taken; and there they are to be taken. */
bool persist_reading(const struct persist *persist);
bool persist_loading(const struct persist *persist);

/* A part of its own: name (shorter than PERSIST_NAME_MAX) and version of what `body` reads and
 * writes. Its checksum is compared before `body` sees a byte of it. Sections do not nest. */
void persist_section(struct persist *persist, const char *name, uint32_t version,
                     void (*body)(void *state, struct persist *persist), void *state);

/* After the last section: whether all was read, and nothing is left. */
bool persist_done(struct persist *persist);

/* Any values, as they are. */
void persist_bytes(struct persist *persist, void *memory, size_t size);
#define PERSIST(persist, value) persist_bytes((persist), &(value), sizeof(value))

/* One value that is checked before it is taken. `what` names it in errors. */
void persist_value(struct persist *persist, const char *what, void *memory, size_t size,
                   persist_check *check, void *context);

/* An integer within bounds, and a flag. Reading they return what was read (`lowest` and false when
 * that failed), else what they were given: the caller takes it. */
int64_t persist_integer(struct persist *persist, const char *what, int64_t value, int64_t lowest,
                        int64_t highest);
size_t persist_number(struct persist *persist, const char *what, size_t value, size_t lowest,
                      size_t highest);
bool persist_flag(struct persist *persist, const char *what, bool value);

/* Numbers that are all within bounds; NaN is not. */
void persist_reals(struct persist *persist, const char *what, double *values, size_t count,
                   double lowest, double highest);

/* The same of `size` bytes that are doubles throughout, as those of a struct of sums are. */
void persist_real_bytes(struct persist *persist, const char *what, void *memory, size_t size,
                        double lowest, double highest);
#define PERSIST_REALS(persist, what, value, lowest, highest) \
    persist_real_bytes((persist), (what), &(value), sizeof(value), (lowest), (highest))

/* What has to be the same where it is loaded: of the configuration, or of the build. */
void persist_same(struct persist *persist, const char *what, int64_t value);

/* The first `used` of `capacity` entries of `size` bytes; returns how many there are, as
 * persist_number() does. NULL = nothing is checked. */
size_t persist_array(struct persist *persist, const char *what, void *memory, size_t used,
                     size_t capacity, size_t size, persist_check *check, void *context);

/* A ring, what is in it and how much has ever been. Its capacity has to be the same. Returns its
 * size as persist_number() does. */
size_t persist_ring(struct persist *persist, const char *what, struct ring *ring,
                    persist_check *check, void *context);

/* A ring that is read by people: where its capacity is another one, the newest entries that fit are
 * loaded, each under its number. */
size_t persist_history(struct persist *persist, const char *what, struct ring *ring,
                       persist_check *check, void *context);

/* Gives up reading, with the section's name before it; the first cause stays. Nothing while
 * measuring and saving. */
void persist_fail(struct persist *persist, const char *format, ...) TICKD_PRINTF(2, 3);

/* The same, for what is of another configuration or build. */
void persist_misfit(struct persist *persist, const char *format, ...) TICKD_PRINTF(2, 3);

/* Whether the byte there is 0 or 1: for checks of values with flags in them. */
bool persist_is_flag(const bool *flag);

#endif
