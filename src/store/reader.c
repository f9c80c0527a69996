#include "store/reader.h"

#include "base/path.h"
#include "store/lock.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* What the first bytes of a database tell (SQLite's file format, 1.3): the version of its reader,
 * which is 2 in WAL mode, and its application_id, most significant byte first. */
#define HEADER_BYTES 72
#define READER_AT 19
#define APPLICATION_AT 68

#define TRIES 10
#define PAUSE_NS 20000000

struct header {
    bool ours, in_wal_mode;
};

static struct header read_header(const char *path) {
    unsigned char bytes[HEADER_BYTES] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    const bool read = file >= 0 && pread(file, bytes, sizeof bytes, 0) == sizeof bytes;
    if (file >= 0)
        close(file);
    const unsigned char *at = bytes + APPLICATION_AT;
    const uint32_t application =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return (struct header){read && application == SCHEMA_APPLICATION_ID,
                           read && bytes[READER_AT] == 2};
}

/* --- a log that is not beside the file --- */

/* Of the file at the real path. */
static bool has_log(const char *real) {
    char *log;
    if (asprintf(&log, "%s-wal", real) < 0)
        return true;
    const bool found = access(log, F_OK) == 0;
    free(log);
    return found;
}

/* A sweep that writes the file by another name has its log beside that: what is read here would be
 * old, or change while it is read. Who has just begun has not said yet by which name. */
static enum status refuse_other_name(const char *path, struct error *error) {
    const struct timespec pause = {0, PAUSE_NS};
    char *real = path_real(path);
    bool other = real != NULL;
    for (int i = 0; i < TRIES && other; i++) {
        if (i > 0)
            nanosleep(&pause, NULL);
        other = read_header(path).in_wal_mode && !has_log(real) && lock_by_other_name(real);
    }
    free(real);
    if (!other)
        return STATUS_OK;
    error_set(error, STATUS_BUSY,
              "a sweep is writing this file by another name (a hard link, a bind mount, or the one "
              "it had before it was renamed); read it by that, or wait for the sweep to end");
    return error_place(error, path, 0, 0);
}

/* A file in WAL mode whose log is gone, with its last writer, and can't be made in its folder. It
 * is copied while no sweep can begin, as one of the folder's owner could. */
static enum status copy_frozen(const char *path, struct database **copy, struct error *error) {
    struct database *frozen = NULL;
    const int lock = lock_share(path);
    if (lock < 0 && errno == EWOULDBLOCK) {
        error_set(error, STATUS_BUSY, "a sweep has just begun to write it; try again");
        return error_place(error, path, 0, 0);
    }
    enum status status = database_open(path, DATABASE_FROZEN, &frozen, error);
    if (status == STATUS_OK)
        status = database_copy(frozen, copy, error);
    database_close(frozen);
    if (lock >= 0)
        close(lock);
    return status;
}

/* --- a change that was left half-way --- */

/* Undo it: the first to read the database on a connection that can write does. */
static enum status mend(const char *path, struct error *error) {
    struct database *database;
    if (!read_header(path).ours) {
        error_set(error, STATUS_INPUT,
                  "is a database of another program; give another file with --db");
        return error_place(error, path, 0, 0);
    }
    enum status status = database_open(path, DATABASE_MEND, &database, error);
    if (status == STATUS_OK) {
        database_integer(database, "SELECT count(*) FROM sqlite_schema");
        status = database_take_error(database, error);
    }
    database_close(database);
    return status;
}

enum status reader_open(const char *path, struct database **database, struct error *error) {
    *database = NULL;
    const bool in_wal_mode = read_header(path).in_wal_mode;
    enum status status = refuse_other_name(path, error);
    if (status == STATUS_OK)
        status = database_open(path, DATABASE_READ, database, error);
    if (status != STATUS_OK)
        return status;
    const enum database_readiness readiness = database_readiness(*database);
    if (readiness == DATABASE_READY || (readiness == DATABASE_LOGLESS && !in_wal_mode))
        return STATUS_OK;
    /* Not one moment open in two ways: closing the file by hand drops SQLite's locks. */
    database_close(*database);
    *database = NULL;
    if (readiness == DATABASE_LOGLESS)
        return copy_frozen(path, database, error);
    status = mend(path, error);
    return status == STATUS_OK ? database_open(path, DATABASE_READ, database, error) : status;
}
