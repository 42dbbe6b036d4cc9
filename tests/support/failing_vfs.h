/* An SQLite file system over the real one whose N-th operation fails. It becomes the default one,
 * so that code which knows nothing of it fails too. Syncs are left out: they only take time, and
 * what a lost sync costs shows after a power cut alone. All static.
 *
 * The real file of SQLite lies behind ours in the memory that SQLite gives for one. */
#ifndef TICKD_SUPPORT_FAILING_VFS_H
#define TICKD_SUPPORT_FAILING_VFS_H

#include <string.h>

#include <sqlite3.h>

struct failing_vfs {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    long until; /* operations that still go well; then `failures` of them fail */
    long failures;
    long failed; /* so far */
    int full;    /* only writes count, and fail as on a full disk */
};

struct failing_file {
    sqlite3_file file;
    sqlite3_io_methods methods;
    sqlite3_file *real;
};

static struct failing_vfs failing_vfs;

/* Whether this operation fails. */
static inline int fails(int is_write)
{
    if (failing_vfs.full && !is_write) {
        return 0;
    }
    if (failing_vfs.until > 0) {
        failing_vfs.until--;
        return 0;
    }
    if (failing_vfs.failed >= failing_vfs.failures) {
        return 0;
    }
    failing_vfs.failed++;
    return 1;
}

static inline int fails_now(void)
{
    return fails(0);
}

static inline sqlite3_file *real_file(sqlite3_file *file)
{
    return ((struct failing_file *)file)->real;
}

static inline int failing_close(sqlite3_file *file)
{
    return real_file(file)->pMethods->xClose(real_file(file));
}

static inline int failing_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    if (fails_now()) {
        return SQLITE_IOERR_READ;
    }
    return real_file(file)->pMethods->xRead(real_file(file), bytes, size, offset);
}

static inline int failing_write(sqlite3_file *file, const void *bytes, int size,
                                sqlite3_int64 offset)
{
    if (fails(1)) {
        /* Half of it is on the disk, as it can be. */
        (void)real_file(file)->pMethods->xWrite(real_file(file), bytes, size / 2, offset);
        return failing_vfs.full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    return real_file(file)->pMethods->xWrite(real_file(file), bytes, size, offset);
}

static inline int failing_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails_now() ? SQLITE_IOERR_TRUNCATE
                       : real_file(file)->pMethods->xTruncate(real_file(file), size);
}

static inline int failing_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return fails_now() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static inline int failing_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return fails_now() ? SQLITE_IOERR_FSTAT
                       : real_file(file)->pMethods->xFileSize(real_file(file), size);
}

static inline int failing_lock(sqlite3_file *file, int level)
{
    return fails_now() ? SQLITE_IOERR_LOCK
                       : real_file(file)->pMethods->xLock(real_file(file), level);
}

static inline int failing_unlock(sqlite3_file *file, int level)
{
    return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

static inline int failing_check_lock(sqlite3_file *file, int *result)
{
    return real_file(file)->pMethods->xCheckReservedLock(real_file(file), result);
}

static inline int failing_control(sqlite3_file *file, int operation, void *argument)
{
    return real_file(file)->pMethods->xFileControl(real_file(file), operation, argument);
}

static inline int failing_sector_size(sqlite3_file *file)
{
    return real_file(file)->pMethods->xSectorSize(real_file(file));
}

static inline int failing_characteristics(sqlite3_file *file)
{
    return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

static inline int failing_shm_map(sqlite3_file *file, int page, int size, int extend,
                                  void volatile **memory)
{
    if (fails_now()) {
        return SQLITE_IOERR_SHMMAP;
    }
    return real_file(file)->pMethods->xShmMap(real_file(file), page, size, extend, memory);
}

static inline int failing_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    if ((flags & SQLITE_SHM_LOCK) != 0 && fails_now()) {
        return SQLITE_IOERR_SHMLOCK;
    }
    return real_file(file)->pMethods->xShmLock(real_file(file), offset, count, flags);
}

static inline void failing_shm_barrier(sqlite3_file *file)
{
    real_file(file)->pMethods->xShmBarrier(real_file(file));
}

static inline int failing_shm_unmap(sqlite3_file *file, int remove)
{
    return real_file(file)->pMethods->xShmUnmap(real_file(file), remove);
}

static const sqlite3_io_methods failing_methods = {
    .iVersion = 2,
    .xClose = failing_close,
    .xRead = failing_read,
    .xWrite = failing_write,
    .xTruncate = failing_truncate,
    .xSync = failing_sync,
    .xFileSize = failing_file_size,
    .xLock = failing_lock,
    .xUnlock = failing_unlock,
    .xCheckReservedLock = failing_check_lock,
    .xFileControl = failing_control,
    .xSectorSize = failing_sector_size,
    .xDeviceCharacteristics = failing_characteristics,
    .xShmMap = failing_shm_map,
    .xShmLock = failing_shm_lock,
    .xShmBarrier = failing_shm_barrier,
    .xShmUnmap = failing_shm_unmap,
};

static inline int failing_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                               int *flags_out)
{
    struct failing_file *ours = (struct failing_file *)file;
    (void)vfs;
    memset(ours, 0, sizeof *ours);
    if (fails_now()) {
        return SQLITE_CANTOPEN;
    }
    ours->real = (sqlite3_file *)(ours + 1);
    int result = failing_vfs.real->xOpen(failing_vfs.real, name, ours->real, flags, flags_out);
    if (ours->real->pMethods != NULL) {
        ours->methods = failing_methods;
        ours->file.pMethods = &ours->methods;
    }
    return result;
}

static inline int failing_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    (void)sync;
    return fails_now() ? SQLITE_IOERR_DELETE : failing_vfs.real->xDelete(failing_vfs.real, name, 0);
}

static inline int failing_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    (void)vfs;
    return fails_now() ? SQLITE_IOERR_ACCESS
                       : failing_vfs.real->xAccess(failing_vfs.real, name, flags, result);
}

/* From now on it is the default; nothing fails yet. */
static inline void failing_vfs_install(void)
{
    failing_vfs.real = sqlite3_vfs_find(NULL);
    failing_vfs.vfs = *failing_vfs.real;
    failing_vfs.vfs.pNext = NULL;
    failing_vfs.vfs.zName = "failing";
    failing_vfs.vfs.szOsFile = (int)sizeof(struct failing_file) + failing_vfs.real->szOsFile;
    failing_vfs.vfs.xOpen = failing_open;
    failing_vfs.vfs.xDelete = failing_delete;
    failing_vfs.vfs.xAccess = failing_access;
    sqlite3_vfs_register(&failing_vfs.vfs, 1);
}

static inline void failing_vfs_remove(void)
{
    sqlite3_vfs_unregister(&failing_vfs.vfs);
}

/* After `until` more operations, or writes, `failures` in a row fail. */
static inline void failing_vfs_arm(long until, long failures, int full)
{
    failing_vfs.until = until;
    failing_vfs.failures = failures;
    failing_vfs.failed = 0;
    failing_vfs.full = full;
}

#endif
