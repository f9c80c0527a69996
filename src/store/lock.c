#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* lock_look holds the lock for an instant, and a run that ends lets go of it: neither is a reason
 * to turn a sweep away. */
#define TRIES 10
#define PAUSE_NS 20000000

struct lock {
    int file;
    char *path;       /* of the lock file */
    char holder[256]; /* who we are */
};

static enum status fail(const char *path, int code, struct error *error) {
    error_set(error, STATUS_IO, "the lock can't be taken: %s", strerror(code));
    return error_place(error, path, 0, 0);
}

static char *path_of(const char *database) {
    char *path;
    return asprintf(&path, "%s.lock", database) < 0 ? NULL : path;
}

static void read_holder(int file, char *holder, size_t size) {
    ssize_t count = pread(file, holder, size - 1, 0);
    holder[count > 0 ? count : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    /* Between taking the lock and saying so. */
    if (holder[0] == '\0')
        snprintf(holder, size, "it has just started");
}

static void write_holder(const struct lock *lock, const char *purpose) {
    char text[1024];
    int length = snprintf(text, sizeof text, "%s%s%.512s\n", lock->holder, purpose ? ", " : "",
                          purpose ? purpose : "");
    /* The lock holds whether or not a full disk has room for who holds it. */
    if (ftruncate(lock->file, 0) != 0 || pwrite(lock->file, text, (size_t)length, 0) != length)
        return;
}

static void name_holder(struct lock *lock) {
    char host[65] = "", since[32];
    const time_t now = time(NULL);
    struct tm utc;
    gethostname(host, sizeof host - 1);
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &utc));
    snprintf(lock->holder, sizeof lock->holder, "pid %ld on %s, since %s UTC", (long)getpid(), host,
             since);
}

/* Whether the open file is still the one at the path: its last holder may have removed it. */
static bool is_current(int file, const char *path) {
    struct stat ours, there;
    return fstat(file, &ours) == 0 && lstat(path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

/* One try; *code is 0, EWOULDBLOCK when another holds it, EAGAIN to try again, or an error. */
static int try_once(const char *path, int *code) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    *code = 0;
    if (file < 0) {
        *code = errno;
        return -1;
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0)
        *code = errno;
    else if (!is_current(file, path))
        *code = ESTALE;
    return file;
}

static enum status take(struct lock *lock, struct error *error) {
    const struct timespec pause = {0, PAUSE_NS};
    char holder[1024];
    for (int tries = 0;;) {
        int code, file = try_once(lock->path, &code);
        if (code == 0) {
            lock->file = file;
            return STATUS_OK;
        }
        const bool again = code == ESTALE || (code == EWOULDBLOCK && ++tries < TRIES);
        if (code == EWOULDBLOCK && !again)
            read_holder(file, holder, sizeof holder);
        if (file >= 0)
            close(file);
        if (code == EWOULDBLOCK && !again)
            return error_set(error, STATUS_BUSY,
                             "another sweep is using it: %s; wait for it to end, or give another "
                             "file with --db",
                             holder);
        if (!again)
            return fail(lock->path, code, error);
        if (code == EWOULDBLOCK)
            nanosleep(&pause, NULL);
    }
}

enum status lock_take(const char *path, struct lock **lock, struct error *error) {
    struct lock *taken = calloc(1, sizeof *taken);
    *lock = NULL;
    if (!taken || !(taken->path = path_of(path))) {
        free(taken);
        return error_memory(error);
    }
    enum status status = take(taken, error);
    if (status != STATUS_OK) {
        if (status == STATUS_BUSY)
            error_place(error, path, 0, 0);
        free(taken->path);
        free(taken);
        return status;
    }
    name_holder(taken);
    write_holder(taken, NULL);
    *lock = taken;
    return STATUS_OK;
}

void lock_note(struct lock *lock, const char *purpose) {
    write_holder(lock, purpose);
}

void lock_release(struct lock *lock) {
    if (!lock)
        return;
    /* While it is still held: whoever opened the file meanwhile sees that it is gone. */
    unlink(lock->path);
    close(lock->file);
    free(lock->path);
    free(lock);
}

enum status lock_look(const char *path, bool *held, char *holder, size_t size,
                      struct error *error) {
    char *name = path_of(path);
    enum status status = STATUS_OK;
    *held = false;
    if (!name)
        return error_memory(error);
    int file = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno != ENOENT)
        status = fail(name, errno, error);
    if (file >= 0 && flock(file, LOCK_SH | LOCK_NB) != 0) {
        *held = true;
        read_holder(file, holder, size);
    }
    if (file >= 0)
        close(file);
    free(name);
    return status;
}
