#include "store/reader.h"

#include "store/schema.h"

#include <fcntl.h>
#include <unistd.h>

/* Where the header of a database has its application_id, most significant byte first (SQLite's file
 * format, 1.3). */
#define APPLICATION_AT 68

static bool is_ours(const char *path) {
    unsigned char bytes[4] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    const bool read = file >= 0 && pread(file, bytes, sizeof bytes, APPLICATION_AT) == sizeof bytes;
    if (file >= 0)
        close(file);
    const uint32_t application =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return read && application == SCHEMA_APPLICATION_ID;
}

/* Undo what was left half-way: the first to read it on a connection that can write does. */
static enum status mend(const char *path, struct error *error) {
    struct database *database;
    if (!is_ours(path)) {
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
    enum status status = database_open(path, DATABASE_READ, database, error);
    if (status != STATUS_OK || !database_is_halfway(*database))
        return status;
    /* Not one moment open in two ways: closing the file by hand drops SQLite's locks. */
    database_close(*database);
    *database = NULL;
    status = mend(path, error);
    return status == STATUS_OK ? database_open(path, DATABASE_READ, database, error) : status;
}
