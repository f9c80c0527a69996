#include "store/lock.h"

#include "base/path.h"

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
#define LOCK_LEFT_MAX 512
#define PAUSE_NS 20000000

struct lock {
    int file;                     /* the database */
    int note;                     /* who holds it */
    char *path;                   /* of the note */
    char *log;                    /* of the database's -wal */
    char holder[LOCK_HOLDER_MAX]; /* who we are */
    char left[LOCK_LEFT_MAX];     /* by the holder before */
};

static enum status fail(const char *path, int code, struct error *error) {
    error_set(error, STATUS_IO, "the lock can't be taken: %s", strerror(code));
    return error_place(error, path, 0, 0);
}

/* A path beside the database. */
static char *beside(const char *database, const char *ending) {
    char *path;
    return asprintf(&path, "%s%s", database, ending) < 0 ? NULL : path;
}

/* What the note has; false without one. */
static bool read_note(const char *path, char *text, size_t size) {
    const int note = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const ssize_t count = note < 0 ? -1 : pread(note, text, size - 1, 0);
    text[count > 0 ? count : 0] = '\0';
    if (note >= 0)
        close(note);
    return note >= 0;
}

static void read_holder(const char *path, char *holder, size_t size) {
    const bool found = read_note(path, holder, size);
    holder[strcspn(holder, "\n")] = '\0';
    if (!found)
        snprintf(holder, size, "it has the file by another name");
    else if (holder[0] == '\0') /* between taking the lock and saying so */
        snprintf(holder, size, "it has just started");
}

/* The second line of the note: which files belong together, should the holder be killed. */
#define FILES_FORMAT "file %s, log %s\n"
#define FILES_SCANNED "%*[^\n]\nfile %63[^,], log %63s"
/* The third line is the holder's who did not live to release the lock. */
#define LEFT_SCANNED "%*[^\n]\n%*[^\n]\n%511[^\n]"

static void write_holder(const struct lock *lock, const char *purpose) {
    char text[1024], file[PATH_IDENTITY], log[PATH_IDENTITY];
    path_identity(lock->file, NULL, file);
    path_identity(-1, lock->log, log);
    int length = snprintf(text, sizeof text, "%s%s%.512s\n" FILES_FORMAT, lock->holder,
                          purpose ? ", " : "", purpose ? purpose : "", file, log);
    /* The lock holds whether or not a full disk has room for who holds it. */
    if (ftruncate(lock->note, 0) != 0 || pwrite(lock->note, text, (size_t)length, 0) != length)
        return;
}

void lock_describe_holder(char holder[LOCK_HOLDER_MAX]) {
    char host[65] = "", since[32];
    const time_t now = time(NULL);
    struct tm utc;
    gethostname(host, sizeof host - 1);
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &utc));
    snprintf(holder, LOCK_HOLDER_MAX, "pid %ld on %s, since %s UTC", (long)getpid(), host, since);
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

static void read_left(struct lock *lock, int old) {
    char text[2048];
    struct stat about, database;
    const ssize_t count = pread(old, text, sizeof text - 1, 0);
    text[count > 0 ? count : 0] = '\0';
    if (fstat(old, &about) == 0 && fstat(lock->file, &database) == 0 &&
        path_is_trusted(&about, &database) && sscanf(text, LEFT_SCANNED, lock->left) != 1)
        lock->left[0] = '\0';
}

/* Whoever had the lock before may have died and left a note. Versions before this one locked
 * nothing but their note, which is therefore locked as well. */
static enum status take_note(struct lock *lock, const char *database, struct error *error) {
    const int old = try_often(lock->path, O_RDONLY, LOCK_EX);
    if (old < 0 && errno == EWOULDBLOCK)
        return refuse_busy(database, lock->path, error);
    if (old < 0 && errno != ENOENT && errno != EACCES)
        return fail(lock->path, errno, error);
    if (old >= 0)
        read_left(lock, old);
    unlink(lock->path);
    lock->note = try_once(lock->path, O_RDWR | O_CREAT | O_EXCL, LOCK_EX);
    const int fault = errno;
    if (old >= 0)
        close(old);
    if (lock->note < 0)
        return fail(lock->path, fault, error);
    lock_describe_holder(lock->holder);
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
    if (!taken)
        return error_memory(error);
    taken->file = taken->note = -1;
    taken->path = beside(path, ".lock");
    taken->log = beside(path, "-wal");
    enum status status = taken->path && taken->log ? take(taken, path, error) : error_memory(error);
    if (status == STATUS_OK)
        *lock = taken;
    else
        lock_release(taken);
    return status;
}

void lock_note(struct lock *lock, const char *purpose) {
    write_holder(lock, purpose);
}

int lock_note_file(const struct lock *lock) {
    return lock->note;
}

const char *lock_left(const struct lock *lock) {
    return lock->left;
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
    free(lock->log);
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
    char *name = beside(path, ".lock");
    const bool other = name && is_locked(path) && !is_locked(name);
    free(name);
    return other;
}

enum status lock_look(const char *path, bool *held, char *holder, size_t size,
                      struct error *error) {
    char *name = beside(path, ".lock");
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

bool lock_log_is_foreign(const char *path) {
    char text[2048], file[PATH_IDENTITY], log[PATH_IDENTITY], its_file[PATH_IDENTITY] = "",
                                                              its_log[PATH_IDENTITY] = "";
    char *note = beside(path, ".lock"), *log_path = beside(path, "-wal");
    const bool told = note && log_path && read_note(note, text, sizeof text) &&
                      sscanf(text, FILES_SCANNED, its_file, its_log) == 2;
    path_identity(-1, path, file);
    path_identity(-1, log_path ? log_path : "", log);
    free(note);
    free(log_path);
    return told && strcmp(log, "none") != 0 && strcmp(log, its_log) == 0 &&
           strcmp(file, its_file) != 0;
}
