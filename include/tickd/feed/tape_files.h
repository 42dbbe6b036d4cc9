/* The files of a tape: a folder of tape-00000001.jsonl.zst, tape-00000002.jsonl.zst …, numbered on
 * over all runs, so that their names sort as they were written. */
#ifndef TICKD_FEED_TAPE_FILES_H
#define TICKD_FEED_TAPE_FILES_H

#include "tickd/base/compiler.h"
#include "tickd/feed/tape_block.h"

enum { TAPE_PATH_MAX = 640, TAPE_FILES_MAX = 65536 /* in one folder */ };

struct tape_files {
    uint64_t *numbers; /* ascending */
    size_t count;
};

/* Path of a file; `folder` is shorter than TAPE_FOLDER_MAX. */
void tape_files_path(const char *folder, uint64_t number, char path[TAPE_PATH_MAX]);

/* The files that a folder has; a folder that is not there has none. Other names are passed over.
 * The list belongs to the caller, see tape_files_fini(). ERROR_IO (see errno), ERROR_MEMORY,
 * ERROR_FULL. */
int tape_files_list(const char *folder, struct tape_files *files);
void tape_files_fini(struct tape_files *files);

/* The first block's header of a file. ERROR_IO, ERROR_SYNTAX. */
int tape_files_first_block(const char *path, struct tape_block *block);

/* Whether the file at this path begins like a tape. */
bool tape_files_is_tape(const char *path);

#endif
