/* Blocks to the disk. */
#include "tickd/feed/tape_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZSTD_STATIC_LINKING_ONLY /* contexts in memory of our own; Debian's library exports them \
                                  */
#include <zstd.h>

#include "tickd/base/assert.h"
#include "tickd/feed/tape_head.h"
#include "tickd/feed/tape_trim.h"

/* Most blocks are a few kilobytes: a window of 16 KiB takes 280 KB of memory and packs them as well
 * as one of 512 KiB and 1.3 MB. Level 3 of Zstandard otherwise. */
enum { LEVEL = 3, TYPICAL_BLOCK_BYTES = 16384 };

struct tape_file {
    struct tape_file_setup setup;
    char folder[TAPE_FOLDER_MAX];
    uint64_t number; /* of the current file, or of the next one when none is open */
    int descriptor;  /* −1 = none is open */
    uint64_t good_end;
    uint64_t blocks;
    uint64_t older_bytes; /* of all files before it, and how many they are */
    uint64_t older_files;
    bool over_cap;
    uint64_t kept_from; /* as of the latest look at them */
    struct tape_head head;
    char *config;
    size_t config_length;
    char *line; /* the first line of a file is put together here */
    size_t line_room;
    ZSTD_CCtx *packer;
    void *workspace;
    size_t workspace_size;
    unsigned char *packed; /* header and frame of a block */
    size_t packed_room;
};

/* The operating system. */

static int make_folder(const char *path)
{
    return mkdir(path, 0750) == 0 || errno == EEXIST ? 0 : -1;
}

static int create(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
}

static int sync_folder(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (descriptor < 0)
        return -1;
    int result = fsync(descriptor);
    int cause = errno;

    (void)close(descriptor);
    errno = cause;
    return result;
}

const struct tape_io tape_io_system = {
    .make_folder = make_folder,
    .create = create,
    .write_at = pwrite,
    .make_durable = fdatasync,
    .truncate = ftruncate,
    .sync_folder = sync_folder,
    .remove = unlink,
};

/* Memory. */

static ZSTD_compressionParameters parameters(void)
{
    return ZSTD_getCParams(LEVEL, TYPICAL_BLOCK_BYTES, 0);
}

/* The configuration as it stands in every head; its length is the same in both passes. */
static size_t print_config(const struct settings *settings, char *to, size_t room)
{
    size_t most = (size_t)SETTINGS_COUNT * (SETTING_KEY_MAX + SETTING_VALUE_MAX);
    char *memory = malloc(most);
    struct text text;

    ASSERT(memory != NULL);
    text_init(&text, memory, most);
    tape_head_print_config(settings, &text);
    ASSERT(!text.cut && (to == NULL || text.length == room));
    if (to != NULL)
        memcpy(to, memory, text.length);
    size_t length = text.length;

    free(memory);
    return length;
}

struct tape_file *tape_file_create(struct arena *arena, const struct settings *settings,
                                   size_t plain_max)
{
    size_t config_length = print_config(settings, NULL, 0);
    size_t line_room = config_length + TAPE_HEAD_FIXED_MAX;
    size_t longest = plain_max > line_room ? plain_max : line_room;
    size_t packed_room = TAPE_HEADER_BYTES + ZSTD_compressBound(longest);
    size_t workspace_size = ZSTD_estimateCCtxSize_usingCParams(parameters());
    struct tape_file *file = arena_take(arena, "tape", "file", 1, sizeof *file);
    char *config = arena_take(arena, "tape", "configuration", 1, config_length);
    char *line = arena_take(arena, "tape", "configuration", 1, line_room);
    unsigned char *packed = arena_take(arena, "tape", "compressed block", 1, packed_room);
    void *workspace = arena_take(arena, "tape", "compression", 1, workspace_size);

    if (arena_measuring(arena))
        return NULL;
    (void)print_config(settings, config, config_length);
    *file = (struct tape_file){
        .descriptor = -1,
        .config = config,
        .config_length = config_length,
        .line = line,
        .line_room = line_room,
        .packed = packed,
        .packed_room = packed_room,
        .workspace = workspace,
        .workspace_size = workspace_size,
        .head = {.config_digest = settings_digest(settings),
                 .seed = settings->root.seed,
                 .version = TICKD_VERSION,
                 .config = config,
                 .config_length = config_length},
    };
    return file;
}

static void set_parameter(ZSTD_CCtx *packer, ZSTD_cParameter parameter, unsigned value)
{
    size_t result = ZSTD_CCtx_setParameter(packer, parameter, (int)value);

    ASSERT(!ZSTD_isError(result));
}

static ZSTD_CCtx *create_packer(void *workspace, size_t size)
{
    ZSTD_compressionParameters wanted = parameters();
    ZSTD_CCtx *packer = ZSTD_initStaticCCtx(workspace, size);

    ASSERT(packer != NULL);
    set_parameter(packer, ZSTD_c_windowLog, wanted.windowLog);
    set_parameter(packer, ZSTD_c_hashLog, wanted.hashLog);
    set_parameter(packer, ZSTD_c_chainLog, wanted.chainLog);
    set_parameter(packer, ZSTD_c_searchLog, wanted.searchLog);
    set_parameter(packer, ZSTD_c_minMatch, wanted.minMatch);
    set_parameter(packer, ZSTD_c_targetLength, wanted.targetLength);
    set_parameter(packer, ZSTD_c_strategy, wanted.strategy);
    set_parameter(packer, ZSTD_c_checksumFlag, 1);
    return packer;
}

void tape_file_start(struct tape_file *file, const struct tape_file_setup *setup)
{
    bool fits = text_copy(file->folder, sizeof file->folder, setup->folder);

    ASSERT(fits && file->descriptor < 0 && setup->next_file > 0);
    file->setup = *setup;
    file->setup.folder = file->folder;
    file->number = setup->next_file;
    file->head.run = setup->run;
    file->packer = create_packer(file->workspace, file->workspace_size);
}

void tape_file_close(struct tape_file *file)
{
    if (file->descriptor >= 0)
        (void)close(file->descriptor);
    file->descriptor = -1;
}

/* Blocks. A step that fails says so in the job, and returns false. */

static bool failed(struct tape_job *job, const char *step)
{
    job->error = errno != 0 ? errno : EIO;
    job->step = step;
    return false;
}

/* Header and frame into file->packed; their length. */
static size_t pack(struct tape_file *file, struct tape_block *block, const char *lines,
                   size_t length)
{
    size_t packed = ZSTD_compress2(file->packer, file->packed + TAPE_HEADER_BYTES,
                                   file->packed_room - TAPE_HEADER_BYTES, lines, length);

    ASSERT(!ZSTD_isError(packed)); /* the room is that of the worst case */
    block->plain_bytes = (uint32_t)length;
    block->packed_bytes = (uint32_t)packed;
    block->run = file->setup.run;
    block->number = file->blocks;
    tape_block_print(block, file->packed);
    return TAPE_HEADER_BYTES + packed;
}

static bool write_all(const struct tape_io *io, int descriptor, const unsigned char *bytes,
                      size_t length, uint64_t offset)
{
    while (length > 0) {
        ssize_t count = io->write_at(descriptor, bytes, length, (off_t)offset);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            errno = count == 0 ? ENOSPC : errno;
            return false;
        }
        bytes += count;
        length -= (size_t)count;
        offset += (uint64_t)count;
    }
    return true;
}

/* On a failure what has been written of it is cut off again, which gives a full disk its room back;
 * if that fails too, the next attempt writes the same bytes over it. */
static bool append_block(struct tape_file *file, struct tape_job *job, struct tape_block *block,
                         const char *lines, size_t length)
{
    const struct tape_io *io = file->setup.io;
    size_t packed = pack(file, block, lines, length);
    const char *step = NULL;

    if (!write_all(io, file->descriptor, file->packed, packed, file->good_end))
        step = "write";
    else if (io->make_durable(file->descriptor) != 0)
        step = "fdatasync";
    if (step != NULL) {
        (void)failed(job, step);
        (void)io->truncate(file->descriptor, (off_t)file->good_end);
        return false;
    }
    file->good_end += packed;
    file->blocks++;
    job->packed_bytes = packed;
    return true;
}

/* Files. */

static bool write_head(struct tape_file *file, struct tape_job *job)
{
    struct tape_block block = {.first_input = job->block.first_input,
                               .first_us = job->block.first_us,
                               .last_us = job->block.first_us};
    struct text line;

    file->head.file = file->number;
    file->head.first_input = job->block.first_input;
    text_init(&line, file->line, file->line_room);
    tape_head_print(&file->head, &line);
    ASSERT(!line.cut);
    file->good_end = 0;
    file->blocks = 0;
    return append_block(file, job, &block, file->line, line.length);
}

/* Opens a file whose number nobody has taken. */
static int create_file(struct tape_file *file, char path[TAPE_PATH_MAX])
{
    int descriptor;

    do {
        tape_files_path(file->folder, file->number, path);
        descriptor = file->setup.io->create(path);
    } while (descriptor < 0 && errno == EEXIST && ++file->number < UINT64_MAX);
    return descriptor;
}

static void trim(struct tape_file *file, struct tape_job *job)
{
    struct tape_trim trim = {.io = file->setup.io,
                             .folder = file->folder,
                             .run = file->setup.run,
                             .current = file->number,
                             .keep_from = job->keep_from,
                             .room = file->setup.max_bytes - file->setup.file_bytes};

    tape_trim(&trim);
    file->older_bytes = trim.bytes;
    file->older_files = trim.files;
    file->over_cap = trim.over;
    file->kept_from = job->keep_from;
    job->removed += trim.removed;
}

/* A file counts from when its first block, and its name, are durable. Until then the block that
 * waits is not written; one that comes to nothing is removed. */
static bool begin_file(struct tape_file *file, struct tape_job *job)
{
    const struct tape_io *io = file->setup.io;
    char path[TAPE_PATH_MAX];

    if (file->descriptor >= 0) {
        tape_file_close(file); /* all of it is durable */
        file->number++;
    }
    if (io->make_folder(file->folder) != 0)
        return failed(job, "mkdir");
    file->descriptor = create_file(file, path);
    if (file->descriptor < 0)
        return failed(job, "open");
    bool good = write_head(file, job);

    if (good && io->sync_folder(file->folder) != 0)
        good = failed(job, "fsync of the folder");
    if (!good) {
        tape_file_close(file);
        (void)io->remove(path);
        return false;
    }
    job->began_file = true;
    trim(file, job);
    return true;
}

/* Whether the block would make the current file too large; a file has at least one beside its head.
 */
static bool is_full(const struct tape_file *file, size_t length)
{
    return file->blocks > 1 &&
           file->good_end + TAPE_HEADER_BYTES + ZSTD_compressBound(length) > file->setup.file_bytes;
}

void tape_file_write(struct tape_file *file, struct tape_job *job)
{
    bool begin = file->descriptor < 0 || job->begin_file || is_full(file, job->length);

    job->error = 0;
    job->step = NULL;
    job->began_file = false;
    job->removed = 0;
    if (!begin || begin_file(file, job))
        (void)append_block(file, job, &job->block, job->lines, job->length);
    if (file->over_cap && job->keep_from > file->kept_from)
        trim(file, job);
    bool open = file->descriptor >= 0;

    job->file = open ? file->number : 0;
    job->file_bytes = open ? file->good_end : 0;
    job->files = file->older_files + (open ? 1 : 0);
    job->total_bytes = file->older_bytes + job->file_bytes;
    job->over_cap = file->over_cap;
}
