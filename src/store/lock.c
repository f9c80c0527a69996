#include "store/lock.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* lock_look holds the lock for an instant, and a run that ends lets go of it: neither is a reason
 * to turn a sweep away. */
#define TRIES 10
#define PAUSE_NS 20000000

struct lock {
    int file;         /* the database */
    int note;         /* who holds it */
    char *path;       /* of the note */
    char holder[256]; /* who we are */
};

static enum status fail(const char *path, int code, struct error *error) {
    error_set(error, STATUS_IO, "the lock can't be taken: %s", strerror(code));
    return error_place(error, path, 0, 0);
}

static char *note_path(const char *database) {
    char *path;
    return asprintf(&path, "%s.lock", database) < 0 ? NULL : path;
}

static void read_holder(const char *path, char *holder, size_t size) {
    const int note = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const ssize_t count = note < 0 ? -1 : pread(note, holder, size - 1, 0);
    holder[count > 0 ? count : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    if (note < 0)
        snprintf(holder, size, "it has the file by another name");
    else if (holder[0] == '\0') /* between taking the lock and saying so */
        snprintf(holder, size, "it has just started");
    if (note >= 0)
        close(note);
}

static void write_holder(const struct lock *lock, const char *purpose) {
    char text[1024];
    int length = snprintf(text, sizeof text, "%s%s%.512s\n", lock->holder, purpose ? ", " : "",
                          purpose ? purpose : "");
    /* The lock holds whether or not a full disk has room for who holds it. */
    if (ftruncate(lock->note, 0) != 0 || pwrite(lock->note, text, (size_t)length, 0) != length)
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

/* Open the file and lock it; -1 with errno, which is EWOULDBLOCK when another holds it and ESTALE
 * when the file was replaced meanwhile. */
static int try_once(const char *path, int flags, int operation) {
    const int file = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (file < 0)
        return -1;
    const bool locked = flock(file, operation | LOCK_NB) == 0;
    const int fault = locked ? ESTALE : errno;
    if (locked && path_is_of(path, file))
        return file;
    close(file);
    errno = fault;
    return -1;
}

static int try_often(const char *path, int flags, int operation) {
    const struct timespec pause = {0, PAUSE_NS};
    int file = try_once(path, flags, operation);
    for (int i = 1; i < TRIES && file < 0 && (errno == ESTALE || errno == EWOULDBLOCK); i++) {
        nanosleep(&pause, NULL);
        file = try_once(path, flags, operation);
    }
    return file;
}

static enum status refuse_busy(const char *database, const char *note, struct error *error) {
    char holder[1024];
    read_holder(note, holder, sizeof holder);
    error_set(error, STATUS_BUSY,
              "another sweep is using it: %s; wait for it to end, or give another file with --db",
              holder);
    return error_place(error, database, 0, 0);
}

/* Whoever had the lock before may have died and left a note. Versions before this one locked
 * nothing but their note, which is therefore locked as well. */
static enum status take_note(struct lock *lock, const char *database, struct error *error) {
    const int old = try_often(lock->path, O_RDONLY, LOCK_EX);
    if (old < 0 && errno == EWOULDBLOCK)
        return refuse_busy(database, lock->path, error);
    if (old < 0 && errno != ENOENT && errno != EACCES)
        return fail(lock->path, errno, error);
    unlink(lock->path);
    lock->note = try_once(lock->path, O_RDWR | O_CREAT | O_EXCL, LOCK_EX);
    const int fault = errno;
    if (old >= 0)
        close(old);
    if (lock->note < 0)
        return fail(lock->path, fault, error);
    name_holder(lock);
    write_holder(lock, NULL);
    return STATUS_OK;
}

static enum status take(struct lock *lock, const char *database, struct error *error) {
    lock->file = try_often(database, O_RDWR, LOCK_EX);
    if (lock->file < 0)
        return errno == EWOULDBLOCK ? refuse_busy(database, lock->path, error)
                                    : fail(database, errno, error);
    return take_note(lock, database, error);
}

enum status lock_take(const char *path, struct lock **lock, struct error *error) {
    struct lock *taken = calloc(1, sizeof *taken);
    *lock = NULL;
    if (!taken || !(taken->path = note_path(path))) {
        free(taken);
        return error_memory(error);
    }
    taken->file = taken->note = -1;
    enum status status = take(taken, path, error);
    if (status == STATUS_OK)
        *lock = taken;
    else
        lock_release(taken);
    return status;
}

void lock_note(struct lock *lock, const char *purpose) {
    write_holder(lock, purpose);
}

int lock_file(const struct lock *lock) {
    return lock->file;
}

void lock_release(struct lock *lock) {
    if (!lock)
        return;
    if (lock->note >= 0) {
        if (path_is_of(lock->path, lock->note))
            unlink(lock->path);
        close(lock->note);
    }
    if (lock->file >= 0) /* last: whoever gets the lock now makes a note of their own */
        close(lock->file);
    free(lock->path);
    free(lock);
}

int lock_share(const char *path) {
    return try_often(path, O_RDONLY, LOCK_SH);
}

/* Whether a process has the file locked. */
static bool is_locked(const char *path) {
    const int file = try_once(path, O_RDONLY, LOCK_SH);
    const bool locked = file < 0 && errno == EWOULDBLOCK;
    if (file >= 0)
        close(file);
    return locked;
}

bool lock_by_other_name(const char *path) {
    char *name = note_path(path);
    const bool other = name && is_locked(path) && !is_locked(name);
    free(name);
    return other;
}

enum status lock_look(const char *path, bool *held, char *holder, size_t size,
                      struct error *error) {
    char *name = note_path(path);
    enum status status = STATUS_OK;
    if (!name)
        return error_memory(error);
    const int file = try_once(path, O_RDONLY, LOCK_SH);
    *held = file < 0 && errno == EWOULDBLOCK;
    if (*held)
        read_holder(name, holder, size);
    else if (file < 0 && errno != ENOENT)
        status = fail(path, errno, error);
    if (file >= 0)
        close(file);
    free(name);
    return status;
}
