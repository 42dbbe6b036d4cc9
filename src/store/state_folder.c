/* The state folder's lock, and states that are set aside. */
#include "tickd/store/state_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tickd/base/error.h"

enum { PID_TEXT_MAX = 24, ASIDE_NUMBERS_MAX = 1000, ASIDE_NAME_MAX = 64 };

static const char lock_name[] = "lock";
static const char aside_prefix[] = "aside-";

static int path_in(char *path, const char *folder, const char *name, struct text *why)
{
    struct text text;
    text_init(&text, path, STATE_PATH_MAX);
    text_format(&text, "%s/%s", folder, name);
    if (text.cut) {
        text_format(why, "%s/%s: the path is longer than %d bytes", folder, name,
                    STATE_PATH_MAX - 1);
        return ERROR_IO;
    }
    return 0;
}

/* Locks of fcntl(2) and not of flock(2): they name their holder, and a forked child has no part in
 * them, so that no lock outlives its daemon. */
static int take_descriptor(int descriptor, const char *path, struct text *why)
{
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_SETLK, &wanted) == 0) {
        return 0;
    }
    if (errno != EACCES && errno != EAGAIN) {
        text_format(why, "%s cannot be locked: %s", path, strerror(errno));
        return ERROR_IO;
    }
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK) {
        text_format(why,
                    "%s is held by process %ld: another tickd runs on this state; end it, or "
                    "name another folder with --state-dir",
                    path, (long)holder.l_pid);
    } else {
        text_format(why, "%s was held by a process that has just ended; try again", path);
    }
    return ERROR_EXISTS;
}

/* For people who look into the folder; the lock itself does not need it. */
static void write_pid(int descriptor)
{
    char memory[PID_TEXT_MAX];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_format(&text, "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) == 0) {
        (void)!pwrite(descriptor, memory, text.length, 0);
    }
}

int state_lock_take(struct state_lock *lock, const char *folder, struct text *why)
{
    char path[STATE_PATH_MAX];
    lock->descriptor = -1;
    int error = path_in(path, folder, lock_name, why);
    if (error != 0) {
        return error;
    }
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (descriptor < 0) {
        text_format(why, "%s cannot be opened: %s; see to the permissions and the space there",
                    path, strerror(errno));
        return ERROR_IO;
    }
    error = take_descriptor(descriptor, path, why);
    if (error != 0) {
        (void)close(descriptor);
        return error;
    }
    write_pid(descriptor);
    lock->descriptor = descriptor;
    return 0;
}

void state_lock_release(struct state_lock *lock)
{
    if (lock->descriptor >= 0) {
        (void)close(lock->descriptor);
    }
    lock->descriptor = -1;
}

/* A folder that was not there before, named after the time. */
static int make_aside(const char *folder, int64_t now_s, char *aside, struct text *why)
{
    char name[ASIDE_NAME_MAX];
    struct tm utc;
    time_t now = (time_t)now_s;
    size_t length = 0;
    if (gmtime_r(&now, &utc) != NULL) {
        length = strftime(name, sizeof name, "aside-%Y%m%dT%H%M%SZ", &utc);
    }
    for (int number = 1; length > 0 && number <= ASIDE_NUMBERS_MAX; number++) {
        struct text text;
        text_init(&text, name + length, sizeof name - length);
        if (number > 1) {
            text_format(&text, "-%d", number);
        }
        int error = path_in(aside, folder, name, why);
        if (error != 0) {
            return error;
        }
        if (mkdir(aside, 0750) == 0) {
            return 0;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    text_format(why, "no folder can be made in %s to set a state aside: %s", folder,
                strerror(errno));
    return ERROR_IO;
}

static int move_one(const char *folder, const char *aside, const char *name, struct text *why)
{
    char from[STATE_PATH_MAX];
    char to[STATE_PATH_MAX];
    int error = path_in(from, folder, name, why);
    if (error == 0) {
        error = path_in(to, aside, name, why);
    }
    if (error == 0 && rename(from, to) != 0 && errno != ENOENT) {
        text_format(why, "%s cannot be moved to %s: %s", from, aside, strerror(errno));
        error = ERROR_IO;
    }
    return error;
}

static bool is_there(const char *folder, const char *name)
{
    char path[STATE_PATH_MAX];
    char memory[STATE_PATH_MAX];
    struct text why;
    struct stat place;
    text_init(&why, memory, sizeof memory);
    return path_in(path, folder, name, &why) == 0 && lstat(path, &place) == 0;
}

int state_set_aside_some(const char *folder, int64_t now_s, const char *const *names, char *aside,
                         struct text *why)
{
    int error = 0;
    aside[0] = '\0';
    for (size_t i = 0; names[i] != NULL && error == 0; i++) {
        if (!is_there(folder, names[i])) {
            continue;
        }
        if (aside[0] == '\0') {
            error = make_aside(folder, now_s, aside, why);
        }
        if (error == 0) {
            error = move_one(folder, aside, names[i], why);
        }
    }
    return error;
}

static bool is_kept(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, lock_name) == 0 ||
           strncmp(name, aside_prefix, sizeof aside_prefix - 1) == 0;
}

/* The next entry that is to be moved; NULL: there is none. A folder that changes while it is read
 * may skip entries, so each is looked for anew. */
static bool next_to_move(DIR *list, char *name, size_t capacity)
{
    struct dirent *entry;
    rewinddir(list);
    while ((entry = readdir(list)) != NULL) {
        if (!is_kept(entry->d_name)) {
            return text_copy(name, capacity, entry->d_name);
        }
    }
    return false;
}

int state_set_aside(const char *folder, int64_t now_s, char *aside, struct text *why)
{
    char name[NAME_MAX + 1];
    int error = 0;
    DIR *list = opendir(folder);
    aside[0] = '\0';
    if (list == NULL) {
        text_format(why, "%s cannot be read: %s", folder, strerror(errno));
        return ERROR_IO;
    }
    while (error == 0 && next_to_move(list, name, sizeof name)) {
        if (aside[0] == '\0') {
            error = make_aside(folder, now_s, aside, why);
        }
        if (error == 0) {
            error = move_one(folder, aside, name, why);
        }
    }
    (void)closedir(list);
    return error;
}
