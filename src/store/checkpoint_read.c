/* From a file back into an engine: everything is checked before anything is changed. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tickd/store/checkpoint_file.h"

/* Bytes. */

int checkpoint_parse_head(const void *bytes, size_t size, uint64_t file_size,
                          struct checkpoint_head *head, struct text *why)
{
    const size_t begin = offsetof(struct checkpoint_head, version);
    if (size < sizeof *head) {
        text_format(why, "is torn: it has %llu bytes", (unsigned long long)file_size);
        return ERROR_SYNTAX;
    }
    memcpy(head, bytes, sizeof *head);
    if (memcmp(head->magic, CHECKPOINT_MAGIC, sizeof head->magic) != 0) {
        text_add(why, "is no checkpoint");
        return ERROR_SYNTAX;
    }
    if (head->format != CHECKPOINT_FORMAT || head->size_of_head != sizeof *head) {
        text_format(why,
                    "is of format %u with a head of %u bytes, this tickd reads format %d with"
                    " %zu",
                    head->format, head->size_of_head, CHECKPOINT_FORMAT, sizeof *head);
        return ERROR_TYPE;
    }
    if (head->checksum != checkpoint_checksum(head, offsetof(struct checkpoint_head, checksum)) ||
        memchr(head->version, '\0', sizeof head->version) == NULL) {
        text_format(why, "is damaged in its head, behind byte %zu", begin);
        return ERROR_SYNTAX;
    }
    if (head->size != file_size) {
        text_format(why, "is torn: it has %llu bytes of %llu", (unsigned long long)file_size,
                    (unsigned long long)head->size);
        return ERROR_SYNTAX;
    }
    return 0;
}

static int check_end(const unsigned char *bytes, size_t size, struct text *why)
{
    struct checkpoint_end end;
    if (size < sizeof(struct checkpoint_head) + sizeof end) {
        text_format(why, "is torn: it has %zu bytes", size);
        return ERROR_SYNTAX;
    }
    memcpy(&end, bytes + size - sizeof end, sizeof end);
    if (memcmp(end.magic, CHECKPOINT_END_MAGIC, sizeof end.magic) != 0 || end.size != size) {
        text_add(why, "is torn: it does not end as one");
        return ERROR_SYNTAX;
    }
    return 0;
}

/* A section that is damaged is named by its own checksum; this one covers what is between them. */
static int check_whole(const unsigned char *bytes, size_t size, struct text *why)
{
    struct checkpoint_end end;
    memcpy(&end, bytes + size - sizeof end, sizeof end);
    if (checkpoint_checksum(bytes, size - sizeof end) != end.checksum) {
        text_add(why, "is damaged: its checksum is another one");
        return ERROR_SYNTAX;
    }
    return 0;
}

static bool pass(enum persist_mode mode, const unsigned char *bytes, size_t size,
                 struct engine *engine, bool *misfits, struct text *why)
{
    struct persist persist;
    size_t around = sizeof(struct checkpoint_head) + sizeof(struct checkpoint_end);
    persist_read(&persist, mode, bytes + sizeof(struct checkpoint_head), size - around);
    engine_persist(engine, &persist);
    bool done = persist_done(&persist);
    *misfits = *misfits || persist.misfits;
    if (!done) {
        text_add(why, persist.why);
    }
    return done;
}

/* What does not fit is told so even where it is damaged too. */
static int check_sections(const unsigned char *bytes, size_t size, struct engine *engine,
                          const struct checkpoint_head *head, struct text *why)
{
    bool misfits = head->meta.layout != engine_layout(engine);
    bool good = pass(PERSIST_CHECK, bytes, size, engine, &misfits, why);
    if (misfits) {
        text_format(why, "%s was written by tickd %s, with another configuration or build",
                    good ? "it" : "; it", head->version);
        return ERROR_TYPE;
    }
    return good ? check_whole(bytes, size, why) : ERROR_SYNTAX;
}

static bool is_what_it_says(struct engine *engine, const struct checkpoint_meta *meta)
{
    const struct bus *bus = engine_bus(engine);
    return bus_time(bus) == meta->time_us && bus_published(bus) == meta->published &&
           bus_digest(bus) == meta->digest;
}

int checkpoint_parse(const void *bytes, size_t size, struct engine *engine,
                     struct checkpoint_meta *meta, struct text *why)
{
    struct checkpoint_head head;
    int error = checkpoint_parse_head(bytes, size, size, &head, why);
    if (error == 0) {
        error = check_end(bytes, size, why);
    }
    if (error == 0) {
        error = check_sections(bytes, size, engine, &head, why);
    }
    if (error != 0) {
        return error;
    }
    bool misfits = false;
    if (!pass(PERSIST_LOAD, bytes, size, engine, &misfits, why)) {
        return ERROR_STATE;
    }
    if (!is_what_it_says(engine, &head.meta)) {
        text_add(why, "is not of the moment that its head tells");
        return ERROR_STATE;
    }
    *meta = head.meta;
    return 0;
}

/* Files. */

struct source {
    int fd;
    uint64_t size;
};

static int fail(struct text *why, const char *what)
{
    int error = errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO;
    text_format(why, "%s: %s", what, strerror(errno));
    return error;
}

/* Anything but a plain file is refused, and never waited for. */
static int open_source(const char *folder, enum checkpoint_generation generation,
                       struct source *source, struct text *why)
{
    struct stat place;
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return fail(why, "the folder cannot be opened");
    }
    source->fd = openat(directory, checkpoint_file_name(generation),
                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int error = source->fd < 0 ? fail(why, "cannot be opened") : 0;
    (void)close(directory);
    if (error == 0 && fstat(source->fd, &place) != 0) {
        error = fail(why, "cannot be read");
    } else if (error == 0 && !S_ISREG(place.st_mode)) {
        text_add(why, "is no plain file");
        error = ERROR_SYNTAX;
    }
    if (error != 0 && source->fd >= 0) {
        (void)close(source->fd);
    }
    source->size = error == 0 ? (uint64_t)place.st_size : 0;
    return error;
}

/* Reads up to `size` bytes; *got of them were there. */
static int read_all(int fd, void *memory, size_t size, size_t *got, struct text *why)
{
    unsigned char *to = memory;
    *got = 0;
    while (*got < size) {
        ssize_t count = pread(fd, to + *got, size - *got, (off_t)*got);
        if (count == 0) {
            break;
        }
        if (count < 0 && errno != EINTR) {
            return fail(why, "cannot be read");
        }
        *got += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

static int read_head(const struct source *source, struct checkpoint_head *head, struct text *why)
{
    struct checkpoint_head bytes;
    size_t got;
    int error = read_all(source->fd, &bytes, sizeof bytes, &got, why);
    return error != 0 ? error : checkpoint_parse_head(&bytes, got, source->size, head, why);
}

/* The file in memory of its own, which goes back to the system whole. */
static int load(const struct source *source, struct engine *engine, struct checkpoint_meta *meta,
                struct text *why)
{
    size_t size = (size_t)source->size;
    size_t got;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return fail(why, "finds no memory");
    }
    int error = read_all(source->fd, memory, size, &got, why);
    if (error == 0) {
        error = checkpoint_parse(memory, got, engine, meta, why);
    }
    (void)munmap(memory, size);
    return error;
}

static int read_source(const struct source *source, struct engine *engine,
                       struct checkpoint_meta *meta, struct text *why)
{
    struct checkpoint_head head;
    int error = read_head(source, &head, why);
    if (error == 0 && head.size > engine_state_max(engine)) {
        text_format(why, "has %llu bytes, more than any state of this configuration (%llu)",
                    (unsigned long long)head.size, (unsigned long long)engine_state_max(engine));
        error = ERROR_TYPE;
    }
    return error != 0 ? error : load(source, engine, meta, why);
}

/* The sentence about one file begins with its name. */
enum { SENTENCE_MAX = PERSIST_WHY_MAX + 256 };

static void say(struct text *why, const char *folder, enum checkpoint_generation generation,
                const struct text *sentence)
{
    text_format(why, "%s/%s %s", folder, checkpoint_file_name(generation), sentence->data);
}

int checkpoint_read(const char *folder, enum checkpoint_generation generation,
                    struct engine *engine, struct checkpoint_meta *meta, struct text *why)
{
    char memory[SENTENCE_MAX];
    struct text sentence;
    struct source source;
    text_init(&sentence, memory, sizeof memory);
    int error = open_source(folder, generation, &source, &sentence);
    if (error == 0) {
        error = read_source(&source, engine, meta, &sentence);
        (void)close(source.fd);
    }
    if (error != 0) {
        say(why, folder, generation, &sentence);
    }
    return error;
}

int checkpoint_read_meta(const char *folder, enum checkpoint_generation generation,
                         struct checkpoint_meta *meta, struct text *why)
{
    char memory[SENTENCE_MAX];
    struct text sentence;
    struct source source;
    struct checkpoint_head head;
    text_init(&sentence, memory, sizeof memory);
    int error = open_source(folder, generation, &source, &sentence);
    if (error == 0) {
        error = read_head(&source, &head, &sentence);
        (void)close(source.fd);
    }
    if (error != 0) {
        say(why, folder, generation, &sentence);
        return error;
    }
    *meta = head.meta;
    return 0;
}

int checkpoint_load_newest(const char *folder, struct engine *engine, struct checkpoint_meta *meta,
                           enum checkpoint_generation *generation, struct text *why)
{
    int first_error = ERROR_NOT_FOUND;
    for (int i = CHECKPOINT_NEWEST; i < CHECKPOINT_GENERATIONS; i++) {
        char memory[2 * SENTENCE_MAX];
        struct text one;
        text_init(&one, memory, sizeof memory);
        *generation = (enum checkpoint_generation)i;
        int error = checkpoint_read(folder, *generation, engine, meta, &one);
        if (error == 0) {
            return 0;
        }
        if (error != ERROR_NOT_FOUND) {
            text_format(why, "%s%s", why->length > 0 ? "; " : "", memory);
            first_error = first_error == ERROR_NOT_FOUND ? error : first_error;
        }
        if (error == ERROR_STATE) {
            return ERROR_STATE;
        }
    }
    return first_error;
}
