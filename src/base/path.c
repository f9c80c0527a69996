#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* folder/name; frees the folder, which may be NULL. */
static char *join(char *folder, const char *name) {
    char *joined = NULL;
    if (folder &&
        asprintf(&joined, "%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", name) < 0)
        joined = NULL;
    free(folder);
    return joined;
}

/* Where a symbolic link leads, seen from here; NULL, with errno EINVAL, for what is none. */
static char *link_target(const char *path) {
    char *target = calloc(1, PATH_MAX);
    if (target && readlink(path, target, PATH_MAX - 1) < 0) {
        const int fault = errno == ENOENT ? EINVAL : errno;
        free(target);
        errno = fault;
        return NULL;
    }
    if (!target || target[0] == '/')
        return target;
    char *seen = join(path_folder(path), target);
    free(target);
    return seen;
}

char *path_real(const char *path) {
    char *real = realpath(path, NULL);
    if (real || errno != ENOENT)
        return real;
    char *next = link_target(path);
    if (next || errno != EINVAL) {
        real = next ? path_real(next) : NULL;
        free(next);
        return real;
    }
    char *folder = path_folder(path);
    errno = ENOENT; /* of a working folder that was removed, nothing more can be told */
    real = folder && strcmp(folder, path) != 0 ? path_real(folder) : NULL;
    free(folder);
    const char *slash = strrchr(path, '/');
    return join(real, slash ? slash + 1 : path);
}

enum status path_make_folder(const char *path, struct error *error) {
    enum status status = STATUS_OK;
    char *folder = path_folder(path);
    if (!folder)
        return error_memory(error);
    if (strcmp(folder, ".") != 0 && mkdir(folder, 0777) != 0 && errno != EEXIST) {
        error_set(error, STATUS_IO, "the folder can't be made: %s", strerror(errno));
        status = error_place(error, folder, 0, 0);
    }
    free(folder);
    return status;
}

void path_sync_folder(const char *path) {
    char *folder = path_folder(path);
    const int file = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (file >= 0) {
        fsync(file);
        close(file);
    }
    free(folder);
}

bool path_is_of(const char *path, int file) {
    struct stat ours, there;
    return fstat(file, &ours) == 0 && lstat(path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

void path_identity(int file, const char *path, char identity[PATH_IDENTITY]) {
    struct statx about;
    const bool open = file >= 0;
    if (statx(open ? file : AT_FDCWD, open ? "" : path, open ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW,
              STATX_INO | STATX_BTIME, &about) != 0)
        snprintf(identity, PATH_IDENTITY, "none");
    else
        snprintf(identity, PATH_IDENTITY, "%ju-%jd.%u", (uintmax_t)about.stx_ino,
                 (intmax_t)about.stx_btime.tv_sec, (unsigned)about.stx_btime.tv_nsec);
}

bool path_is_trusted(const struct stat *file, const struct stat *owned) {
    const bool group = (owned->st_mode & S_IWGRP) != 0 && file->st_gid == owned->st_gid;
    if (!S_ISDIR(file->st_mode) && (!S_ISREG(file->st_mode) || file->st_nlink > 1))
        return false;
    return file->st_uid == geteuid() || file->st_uid == 0 || file->st_uid == owned->st_uid ||
           group || (owned->st_mode & S_IWOTH) != 0;
}

int64_t path_changed_at(const char *path) {
    struct stat about;
    return stat(path, &about) == 0
               ? (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec
               : 0;
}
