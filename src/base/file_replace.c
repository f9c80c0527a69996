#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status fail(const char *path, const char *what, struct error *error) {
    error_set(error, STATUS_IO, "%s: %s", what, strerror(errno));
    return error_place(error, path, 0, 0);
}

/* Only the last folder is made: a mistyped path should not grow a tree. */
static enum status make_folder(const char *path, struct error *error) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return STATUS_OK;
    char *folder = strndup(path, (size_t)(slash - path));
    if (!folder)
        return error_memory(error);
    enum status status = STATUS_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = fail(folder, "the folder can't be made", error);
    free(folder);
    return status;
}

static bool write_all(int file, const char *bytes, size_t count) {
    while (count > 0) {
        const ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

/* To a file of another name in the same folder, which then takes the place. */
static enum status replace(const char *path, const void *bytes, size_t count, struct error *error) {
    char *beside = NULL;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return error_memory(error);
    const mode_t mask = umask(0);
    umask(mask);
    const int file = mkostemp(beside, O_CLOEXEC);
    if (file < 0) {
        free(beside);
        return fail(path, "can't be written", error);
    }
    bool done =
        fchmod(file, 0666 & ~mask) == 0 && write_all(file, bytes, count) && fsync(file) == 0;
    int fault = errno;
    if (close(file) != 0 && done) {
        done = false;
        fault = errno;
    }
    if (done && rename(beside, path) != 0) {
        done = false;
        fault = errno;
    }
    if (!done)
        unlink(beside);
    free(beside);
    errno = fault;
    return done ? STATUS_OK : fail(path, "can't be written", error);
}

static enum status write_into(const char *path, const void *bytes, size_t count,
                              struct error *error) {
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return fail(path, "can't be written", error);
    bool done = write_all(file, bytes, count);
    int fault = errno;
    if (close(file) != 0 && done) {
        done = false;
        fault = errno;
    }
    errno = fault;
    return done ? STATUS_OK : fail(path, "can't be written", error);
}

enum status file_replace(const char *path, const void *bytes, size_t count, struct error *error) {
    struct stat about;
    if (stat(path, &about) != 0) {
        enum status status = make_folder(path, error);
        return status == STATUS_OK ? replace(path, bytes, count, error) : status;
    }
    if (S_ISDIR(about.st_mode)) {
        error_set(error, STATUS_IO, "is a folder; give the name of a file in it");
        return error_place(error, path, 0, 0);
    }
    if (!S_ISREG(about.st_mode))
        return write_into(path, bytes, count, error);
    char *target = realpath(path, NULL);
    if (!target)
        return fail(path, "can't be written", error);
    enum status status = replace(target, bytes, count, error);
    free(target);
    return status;
}
