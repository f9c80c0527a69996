#include "store/place.h"

#include "base/output.h"
#include "base/path.h"
#include "store/database.h"
#include "store/filesystem.h"
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The least page there is. SQLite takes some shorter files for empty ones. */
#define DATABASE_BYTES_MIN 512

static enum status fail(const char *path, const char *what, int code, struct error *error) {
    if (code == ENOMEM)
        return error_memory(error);
    error_set(error, STATUS_IO, "%s: %s", what, strerror(code));
    return error_place(error, path, 0, 0);
}

static enum status refuse_log(const char *real, struct error *error) {
    char log[1024];
    snprintf(log, sizeof log, "%s-wal", real);
    error_set(error, STATUS_INPUT,
              "belongs to the file that was there before the database took its place, while a "
              "sweep was writing that one; reading the database with it would put that one's "
              "contents over it. Move it elsewhere, and the -shm file as well");
    return error_place(error, log, 0, 0);
}

/* SQLite takes over what a crash left in the files beside the database: they may not be another
 * user's, who could have made up their contents. */
static enum status check_beside(const char *path, const struct stat *database,
                                struct error *error) {
    static const char *const endings[] = {"-wal", "-journal", "-shm"};
    enum status status = STATUS_OK;
    char *real = path_real(path);
    for (size_t i = 0; real && status == STATUS_OK && i < sizeof endings / sizeof *endings; i++) {
        struct stat about;
        char beside[1024];
        snprintf(beside, sizeof beside, "%s%s", real, endings[i]);
        if (lstat(beside, &about) != 0 || path_is_trusted(&about, database))
            continue;
        error_set(error, STATUS_INPUT,
                  "is a link or belongs to another user (number %ju), who could have put anything "
                  "into it, and would be read with the database; move it elsewhere",
                  (uintmax_t)about.st_uid);
        status = error_place(error, beside, 0, 0);
    }
    if (real && status == STATUS_OK && lock_log_is_foreign(real))
        status = refuse_log(real, error);
    free(real);
    return status;
}

enum status place_check_read(const char *path, struct error *error) {
    struct stat about;
    const bool slash = path[0] && path[strlen(path) - 1] == '/';
    const bool found = stat(path, &about) == 0;
    const bool file = found && S_ISREG(about.st_mode);
    enum status status = database_check_path(path, error);
    if (output_is_standard(path)) {
        error_set(error, STATUS_IO, "is no place for a database; ./- is a file of that name");
        return error_place(error, path, 0, 0);
    }
    if (status != STATUS_OK)
        return status;
    if (!found)
        about = (struct stat){.st_uid = geteuid()}; /* who may be about to make it */
    if ((!found && !slash) || (file && (about.st_size == 0 || about.st_size >= DATABASE_BYTES_MIN)))
        return check_beside(path, &about, error);
    if (file)
        error_set(error, STATUS_INPUT, "is not a database; give another file with --db");
    else if (!found || S_ISDIR(about.st_mode))
        error_set(error, STATUS_IO, "is a folder; --db takes a file, as in --db %s%ssweep.db", path,
                  slash ? "" : "/");
    else
        error_set(error, STATUS_IO, "is not a file, but a device or a pipe; give a file with --db");
    return error_place(error, path, 0, 0);
}

/* SQLite and the lock have files beside the database's, wherever links lead. */
static enum status check_folder(const char *path, struct error *error) {
    char *real = realpath(path, NULL);
    char *folder = real ? path_folder(real) : NULL;
    enum status status = STATUS_OK;
    if (folder && faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
        status = fail(folder, "the database's folder can't be written, which its writing needs",
                      errno, error);
    free(folder);
    free(real);
    return status;
}

/* A log lies beside one name, and who comes by another does not see it. */
static enum status check_names(const char *path, const struct stat *about, struct error *error) {
    if (about->st_nlink <= 1)
        return STATUS_OK;
    error_set(
        error, STATUS_INPUT,
        "has %ju names (hard links), and to write it by one of them would damage it for the "
        "others; remove them (`find / -samefile '%.400s'` tells which they are), or copy it and "
        "give the copy with --db",
        (uintmax_t)about->st_nlink, path);
    return error_place(error, path, 0, 0);
}

enum status place_check_write(const char *path, bool *exists, struct error *error) {
    struct stat about;
    enum status status = place_check_read(path, error);
    const bool found = status == STATUS_OK && stat(path, &about) == 0;
    *exists = found && about.st_size > 0;
    /* SQLite would open a file that it may only read. */
    if (found && faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0)
        return fail(path, "can't be written", errno, error);
    if (status == STATUS_OK)
        status = filesystem_check(path, error);
    if (status == STATUS_OK && found)
        status = check_names(path, &about, error);
    return status == STATUS_OK && found ? check_folder(path, error) : status;
}

enum status place_make(const char *path, char **real, struct error *error) {
    enum status status = path_make_folder(path, error);
    if (status != STATUS_OK)
        return status;
    /* Closed before SQLite opens it: afterwards, closing would drop SQLite's locks. */
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return fail(path, "can't be written", errno, error);
    close(file);
    /* Through a link, it may have come to lie elsewhere than was looked at. */
    status = filesystem_check(path, error);
    if (status == STATUS_OK && !(*real = realpath(path, NULL)))
        return fail(path, "can't be found", errno, error);
    return status;
}
