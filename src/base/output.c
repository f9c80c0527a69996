#include "base/output.h"

#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Unfinished files are named PREFIX, the process' number, '-' and a digit or more. Their writer has
 * them locked, so that one which can be locked belongs to nobody any more. */
#define PREFIX "sweep-tmp-"
#define NAMES_MAX 100

#define ACL "system.posix_acl_access"

static enum status fail(const char *path, const char *what, struct error *error) {
    error_set(error, STATUS_IO, "%s: %s", what, strerror(errno));
    return error_place(error, path, 0, 0);
}

/* --- what killed programs left --- */

static bool is_unfinished(const char *name) {
    static const char digits[] = "0123456789";
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return false;
    const char *number = name + strlen(PREFIX), *dash = number + strspn(number, digits);
    const char *end = dash + (*dash == '-'), *last = end + strspn(end, digits);
    return dash > number && end > dash && last > end && *last == '\0';
}

static bool is_nobodys(int folder, const char *name) {
    struct stat about;
    const int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return false;
    const bool ours = fstat(file, &about) == 0 && S_ISREG(about.st_mode) &&
                      about.st_uid == geteuid() && flock(file, LOCK_EX | LOCK_NB) == 0;
    close(file);
    return ours;
}

size_t output_left_over(const char *folder, bool remove) {
    size_t count = 0;
    DIR *directory = opendir(folder);
    if (!directory)
        return 0;
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (is_unfinished(entry->d_name) && is_nobodys(dirfd(directory), entry->d_name) &&
            (!remove || unlinkat(dirfd(directory), entry->d_name, 0) == 0))
            count++;
    closedir(directory);
    return count;
}

/* --- the file beside the place --- */

/* What a signal's handler has to remove: the file beside the place of the output opened last. */
static char *_Atomic unfinished;

void output_abandon(void) {
    const char *path = atomic_load(&unfinished);
    if (path)
        unlink(path);
}

static void forget_beside(struct output *output) {
    char *mine = output->beside;
    atomic_compare_exchange_strong(&unfinished, &mine, NULL);
    free(output->beside);
    output->beside = NULL;
}

/* Make the file so that no signal comes between it and the note of it. */
static int make_file(char *path, mode_t mode) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file >= 0)
        atomic_store(&unfinished, path);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return file;
}

/* Whether the new file is locked, and was not taken for a left-over one before. A file system
 * without locks has none that could be taken for one. */
static bool is_claimed(int file) {
    struct stat about;
    if (flock(file, LOCK_EX | LOCK_NB) != 0)
        return errno != EWOULDBLOCK;
    return fstat(file, &about) == 0 && about.st_nlink > 0;
}

/* A new file in the folder; -1 with errno. */
static int make_beside(struct output *output, const char *folder, mode_t mode) {
    for (int i = 0; i < NAMES_MAX; i++) {
        if (asprintf(&output->beside, "%s/" PREFIX "%ld-%d", folder, (long)getpid(), i) < 0) {
            output->beside = NULL;
            errno = ENOMEM;
            return -1;
        }
        const int file = make_file(output->beside, mode);
        if (file >= 0 && is_claimed(file))
            return file;
        const int fault = errno;
        if (file >= 0)
            close(file);
        forget_beside(output);
        errno = fault;
        if (file < 0 && fault != EEXIST)
            return -1;
    }
    return -1;
}

/* An access control list grants what the mode does not show, and hides what it would grant. */
static bool copy_list(const char *path, int file) {
    char list[4096];
    const ssize_t size = getxattr(path, ACL, list, sizeof list);
    if (size >= 0)
        return fsetxattr(file, ACL, list, (size_t)size, 0) == 0;
    /* Nor may it have one from its folder. A file system without lists may say so only now. */
    if (errno == ENODATA)
        return fremovexattr(file, ACL) == 0 || errno == ENODATA || errno == EOPNOTSUPP;
    return errno == EOPNOTSUPP;
}

/* Give the file the permissions of the one at the path: its owners where that is allowed, and never
 * more rights than they had. False, with errno, where that can't be done. */
static bool copy_permissions(const char *path, const struct stat *from, int file) {
    struct stat to;
    mode_t mode = from->st_mode & 0777;
    if (fchown(file, from->st_uid, from->st_gid) != 0 && fchown(file, (uid_t)-1, from->st_gid) != 0)
        mode &= (mode & 07) << 3 | ~(mode_t)070; /* its group is another: they are others to it */
    if (!copy_list(path, file))
        return false;
    if (fchmod(file, mode) == 0)
        return true;
    /* Where modes are the file system's own, as on FAT. */
    const int fault = errno;
    const bool wider = fstat(file, &to) != 0 || (to.st_mode & 0777 & ~mode) != 0;
    errno = fault;
    return !wider;
}

/* `replaced` is what is there; NULL: nothing. */
static int open_beside(struct output *output, const struct stat *replaced) {
    char *folder = path_folder(output->path);
    if (!folder) {
        errno = ENOMEM;
        return -1;
    }
    output->removed = output_left_over(folder, true);
    int file = make_beside(output, folder, replaced ? 0600 : 0666);
    free(folder);
    if (file >= 0 && replaced && !copy_permissions(output->path, replaced, file)) {
        const int fault = errno;
        close(file);
        errno = fault;
        file = -1;
    }
    return file;
}

/* --- an output --- */

bool output_is_standard(const char *path) {
    return strcmp(path, "-") == 0;
}

/* Whether another user put a link there for us to follow. The kernel does not look itself where it
 * is not told to (fs.protected_symlinks), nor when a link is read. */
static bool is_planted(const char *path) {
    struct stat link, folder;
    if (lstat(path, &link) != 0 || !S_ISLNK(link.st_mode) || link.st_uid == geteuid())
        return false;
    char *name = path_folder(path);
    const bool known = name && stat(name, &folder) == 0;
    free(name);
    return known && (folder.st_mode & S_IWOTH) != 0 && folder.st_uid != link.st_uid;
}

static enum status check(const char *path, const struct stat *about, struct error *error) {
    if (about && S_ISDIR(about->st_mode))
        error_set(error, STATUS_IO, "is a folder; give the name of a file in it");
    else if (is_planted(path))
        error_set(error, STATUS_IO,
                  "is another user's symbolic link in a folder that others can write, which is not "
                  "followed; remove it, or give another file");
    else
        return STATUS_OK;
    return error_place(error, path, 0, 0);
}

static int open_as_it_is(struct output *output, const char *path) {
    output->path = strdup(output_is_standard(path) ? "standard output" : path);
    if (!output->path)
        return -1;
    if (!output_is_standard(path))
        return open(path, O_WRONLY | O_CLOEXEC);
    fflush(stdout);
    return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* A file without a name, on the disk where there is room for temporary files, else in memory. */
static int open_nameless(void) {
    const int file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return file >= 0 ? file : memfd_create("sweep", MFD_CLOEXEC);
}

/* The file to write to first for one that is written to as it is. */
static int open_before(struct output *output, int place) {
    struct stat about;
    if (place < 0 || (fstat(place, &about) == 0 && S_ISREG(about.st_mode)))
        return place;
    output->waits = place;
    return open_nameless();
}

static int open_place(struct output *output, const char *path, const struct stat *about) {
    if (output_is_standard(path) || (about && !S_ISREG(about->st_mode)))
        return open_before(output, open_as_it_is(output, path));
    output->path = path_real(path);
    return output->path ? open_beside(output, about) : -1;
}

enum status output_open(const char *path, struct output *output, struct error *error) {
    struct stat about;
    const bool exists = !output_is_standard(path) && stat(path, &about) == 0;
    *output = (struct output){.waits = -1};
    enum status status = check(path, exists ? &about : NULL, error);
    if (status == STATUS_OK && !exists)
        status = path_make_folder(path, error);
    if (status != STATUS_OK)
        return status;
    const int file = open_place(output, path, exists ? &about : NULL);
    if (file >= 0 && !(output->stream = fdopen(file, "w"))) {
        const int fault = errno;
        close(file);
        errno = fault;
    }
    if (!output->stream) {
        status = fail(path, "can't be written", error);
        output_discard(output);
    }
    return status;
}

/* Give what was gathered to the reader. */
static bool hand_over(struct output *output) {
    char bytes[1 << 16];
    ssize_t count = 0;
    if (output->waits < 0)
        return true;
    if (lseek(fileno(output->stream), 0, SEEK_SET) != 0)
        return false;
    while ((count = read(fileno(output->stream), bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, written; done < count; done += written)
            if ((written = write(output->waits, bytes + done, (size_t)(count - done))) < 0)
                return false;
    return count == 0;
}

enum status output_keep(struct output *output, struct error *error) {
    errno = 0;
    bool done = fflush(output->stream) == 0 && !ferror(output->stream) &&
                (!output->beside || output->fleeting || fsync(fileno(output->stream)) == 0) &&
                hand_over(output);
    int fault = output->fault ? output->fault : errno ? errno : EIO; /* else the reason is lost */
    /* Before its lock is let go of, or others could take it for a left-over one. */
    if (done && output->beside && rename(output->beside, output->path) != 0) {
        done = false;
        fault = errno;
    }
    const bool placed = done && output->beside;
    if (placed) /* what is there now is not to be removed */
        forget_beside(output);
    if (fclose(output->stream) != 0 && done && !placed) {
        done = false;
        fault = errno;
    }
    output->stream = NULL;
    errno = fault;
    enum status status = done ? STATUS_OK : fail(output->path, "can't be written", error);
    output_discard(output);
    return status;
}

void output_discard(struct output *output) {
    if (output->beside)
        unlink(output->beside);
    if (output->stream)
        fclose(output->stream);
    if (output->path && output->waits >= 0)
        close(output->waits);
    forget_beside(output);
    free(output->path);
    *output = (struct output){0};
}
