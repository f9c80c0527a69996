#include "store/copier.h"

#include "base/output.h"
#include "base/path.h"
#include "base/text.h"
#include "store/place.h"
#include "store/reader.h"
#include "store/schema.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

struct copier {
    char *database, *place;
    char identity[PATH_IDENTITY]; /* of the database */
    double seconds;
    pthread_t thread;
    bool begun;
    pthread_mutex_t reading; /* held while the thread has the database open */
    atomic_bool ends;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t woken;
    struct error last; /* of the last copy; STATUS_OK: it was written */
    bool told;
    bool failing; /* as was told */
};

char *copier_place(const char *database, const char *to) {
    struct stat about;
    const char *slash = strrchr(database, '/'), *name = slash ? slash + 1 : database;
    const size_t length = strlen(to);
    const bool ends = length > 0 && to[length - 1] == '/';
    char *place = NULL;
    if (!ends && (stat(to, &about) != 0 || !S_ISDIR(about.st_mode)))
        return strdup(to);
    return asprintf(&place, "%s%s%s", to, ends ? "" : "/", name) < 0 ? NULL : place;
}

/* --- a copy --- */

/* The copy is in the disk's way for a while: it must not take the room of the sweep's results. */
static enum status check_room(struct database *database, const char *path, struct error *error) {
    struct statvfs about;
    const int64_t bytes = database_integer(
        database, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    enum status status = database_take_error(database, error);
    if (status != STATUS_OK || statvfs(path, &about) != 0)
        return status;
    const double room = (double)about.f_bavail * (double)about.f_frsize;
    if (room >= 2 * (double)bytes)
        return STATUS_OK;
    error_set(error, STATUS_IO,
              "a copy takes %.3g MB beside the database for a while, where %.3g MB are free",
              (double)bytes / 1e6, room / 1e6);
    return error_place(error, path, 0, 0);
}

/* One moment of the database in a file beside it. */
static enum status take(const struct copier *copier, const char *beside, struct error *error) {
    char identity[PATH_IDENTITY];
    struct database *database = NULL;
    enum status status = database_open(copier->database, DATABASE_READ, &database, error);
    if (status == STATUS_OK)
        status = check_room(database, copier->database, error);
    if (status == STATUS_OK)
        status = database_back_up(database, beside, error);
    database_close(database);
    path_identity(-1, copier->database, identity);
    if (status != STATUS_OK || strcmp(identity, copier->identity) == 0)
        return status;
    error_set(error, STATUS_IO,
              "is not the file that it was when the sweep began: the copy stays as it is");
    return error_place(error, copier->database, 0, 0);
}

/* The bytes of an open file to an output; false where it was `abandoned`. */
static bool pour(int from, struct output *output, const atomic_bool *abandoned) {
    char bytes[1 << 16];
    ssize_t count;
    off_t at = 0;
    for (; (count = pread(from, bytes, sizeof bytes, at)) > 0; at += count) {
        if (abandoned && atomic_load(abandoned))
            return false;
        if (fwrite(bytes, 1, (size_t)count, output->stream) != (size_t)count)
            break;
    }
    output->fault = count == 0 ? 0 : errno;
    return true;
}

static enum status put(const struct output *beside, const char *place, const atomic_bool *abandoned,
                       struct error *error) {
    struct output output;
    enum status status = output_open(place, &output, error);
    if (status != STATUS_OK)
        return status;
    if (!pour(fileno(beside->stream), &output, abandoned)) {
        output_discard(&output);
        return STATUS_OK;
    }
    if (!output.fault)
        return output_keep(&output, error);
    error_set(error, STATUS_IO, "can't be written: %s", strerror(output.fault));
    output_discard(&output);
    return error_place(error, place, 0, 0);
}

static enum status copy(struct copier *copier, const atomic_bool *abandoned, struct error *error) {
    struct output beside;
    enum status status = STATUS_OK;
    pthread_mutex_lock(&copier->reading);
    const bool wanted = !abandoned || !atomic_load(abandoned);
    if (wanted)
        status = output_open(copier->database, &beside, error);
    if (wanted && status == STATUS_OK)
        status = take(copier, beside.beside, error);
    pthread_mutex_unlock(&copier->reading);
    if (!wanted)
        return STATUS_OK;
    if (status == STATUS_OK)
        status = put(&beside, copier->place, abandoned, error);
    output_discard(&beside);
    return status;
}

/* --- the thread --- */

/* `error` has no code where the copy was written. */
static void note(struct copier *copier, const struct error *error) {
    const bool failed = error->code != STATUS_OK;
    if (error->code == copier->last.code &&
        (!failed || strcmp(error->message, copier->last.message) == 0))
        return;
    copier->last = *error;
    copier->told = false;
}

static void wait_for_next(struct copier *copier) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const double end = (double)until.tv_nsec / 1e9 + copier->seconds;
    until.tv_sec += (time_t)floor(end);
    until.tv_nsec = (long)((end - floor(end)) * 1e9);
    int code = 0;
    while (!atomic_load(&copier->ends) && code == 0)
        code = pthread_cond_timedwait(&copier->woken, &copier->mutex, &until);
}

static void *work(void *context) {
    struct copier *copier = context;
    while (!atomic_load(&copier->ends)) {
        struct error error = {0};
        copy(copier, &copier->ends, &error);
        pthread_mutex_lock(&copier->mutex);
        if (!atomic_load(&copier->ends))
            note(copier, &error);
        wait_for_next(copier);
        pthread_mutex_unlock(&copier->mutex);
    }
    return NULL;
}

/* Signals are for the main thread. */
static int begin(struct copier *copier) {
    sigset_t all, before;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&copier->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&copier->mutex, NULL);
    pthread_mutex_init(&copier->reading, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int code = pthread_create(&copier->thread, NULL, work, copier);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    copier->begun = code == 0;
    return code;
}

enum status copier_begin(const char *database, const char *place, double seconds,
                         struct copier **copier, struct error *error) {
    struct copier *made = *copier = calloc(1, sizeof *made);
    if (!made || !(made->database = strdup(database)) || !(made->place = strdup(place)))
        return error_memory(error);
    path_identity(-1, database, made->identity);
    made->seconds = seconds;
    made->told = true;
    const int code = begin(made);
    return code == 0 ? STATUS_OK
                     : error_set(error, STATUS_MEMORY, "no thread can be had for copies: %s",
                                 strerror(code));
}

enum copier_change copier_tell(struct copier *copier, struct error *error) {
    enum copier_change change = COPIER_UNCHANGED;
    if (!copier)
        return change;
    pthread_mutex_lock(&copier->mutex);
    if (!copier->told && copier->last.code != STATUS_OK) {
        change = COPIER_FAILED;
        *error = copier->last;
    } else if (!copier->told && copier->failing) {
        change = COPIER_AGAIN;
    }
    copier->told = true;
    copier->failing = copier->last.code != STATUS_OK;
    pthread_mutex_unlock(&copier->mutex);
    return change;
}

void copier_pause(struct copier *copier) {
    if (!copier || !copier->begun)
        return;
    pthread_mutex_lock(&copier->mutex);
    atomic_store(&copier->ends, true);
    pthread_cond_signal(&copier->woken);
    pthread_mutex_unlock(&copier->mutex);
    pthread_mutex_lock(&copier->reading);
    pthread_mutex_unlock(&copier->reading);
}

enum status copier_end(struct copier *copier, struct error *error) {
    enum status status = STATUS_OK;
    if (!copier)
        return status;
    copier_pause(copier);
    if (copier->begun) {
        pthread_join(copier->thread, NULL);
        status = copy(copier, NULL, error);
        pthread_cond_destroy(&copier->woken);
        pthread_mutex_destroy(&copier->mutex);
        pthread_mutex_destroy(&copier->reading);
    }
    free(copier->database);
    free(copier->place);
    free(copier);
    return status;
}

/* --- what is there already --- */

#define RESULTS "FROM trials WHERE status IN " SCHEMA_RESULT_STATUSES

/* A database that is written now, or was when its writer was killed: no copy has a log. */
static bool has_log(const char *place) {
    char *log = NULL;
    const bool has = asprintf(&log, "%s-wal", place) >= 0 && access(log, F_OK) == 0;
    free(log);
    return has;
}

/* Open what is at the place, if it is a copy. */
static enum status open_copy(const char *place, struct database **copied, struct error *error) {
    if (has_log(place)) {
        error_set(error, STATUS_USAGE,
                  "is a database that a sweep writes, or a killed one left; give another file with "
                  "--copy-to");
        return error_place(error, place, 0, 0);
    }
    enum status status = database_open(place, DATABASE_FROZEN, copied, error);
    const bool ours = status == STATUS_OK && schema_look(*copied) != SCHEMA_EMPTY;
    if (status == STATUS_OK)
        status = database_take_error(*copied, error);
    if (ours || (status != STATUS_OK && status != STATUS_INPUT))
        return status;
    error_set(error, STATUS_USAGE,
              "is there already, and no database of sweeps that this version can read; give "
              "another file with --copy-to");
    return error_place(error, place, 0, 0);
}

/* How many results of the copy the database does not have: what was stopped is less than what was
 * trained to its end. */
static int64_t count_lacking(struct database *copied, struct database *database) {
    struct statement *row = database_prepare(copied, "SELECT digest, status = 'stopped' " RESULTS);
    struct statement *has = database_prepare(
        database, "SELECT 1 " RESULTS " AND digest = ?1 AND (status <> 'stopped' OR ?2)");
    int64_t lacking = 0;
    while (statement_step(row)) {
        statement_bind_text(has, 1, statement_text(row, 0));
        statement_bind_integer(has, 2, statement_integer(row, 1));
        lacking += !statement_step(has);
        statement_reset(has);
    }
    statement_free(row);
    statement_free(has);
    return lacking;
}

static enum status check_results(struct database *copied, const char *path, const char *place,
                                 struct error *error) {
    struct database *database = NULL;
    int64_t lacking = 0;
    enum status status = reader_open(path, &database, error);
    if (status == STATUS_OK && schema_look(database) != SCHEMA_EMPTY)
        lacking = count_lacking(copied, database);
    if (status == STATUS_OK)
        status = database_take_error(database, error);
    if (status == STATUS_OK)
        status = database_take_error(copied, error);
    database_close(database);
    if (status != STATUS_OK || lacking == 0)
        return status;
    error_set(error, STATUS_USAGE,
              "has %lld result%s that %.300s does not have, and would be replaced; put it in that "
              "one's place to go on from there, or copy to another file",
              (long long)lacking, text_plural((size_t)lacking), path);
    return error_place(error, place, 0, 0);
}

static enum status restore(struct database *copied, const char *path, struct error *error) {
    struct output output;
    database_check(copied);
    enum status status = database_take_error(copied, error);
    if (status == STATUS_OK)
        status = output_open(path, &output, error);
    if (status != STATUS_OK)
        return status;
    status = database_back_up(copied, output.beside, error);
    if (status == STATUS_OK)
        return output_keep(&output, error);
    output_discard(&output);
    return status;
}

/* Whether a file is there, which is not the database. */
static enum status look(const char *database, const char *place, bool *found, struct error *error) {
    struct stat about, own;
    const bool known = stat(database, &own) == 0, there = stat(place, &about) == 0;
    *found = there && about.st_size > 0;
    if (there && !S_ISREG(about.st_mode))
        error_set(error, STATUS_USAGE, "is no file; --copy-to takes a file or a folder");
    else if (there && known && own.st_dev == about.st_dev && own.st_ino == about.st_ino)
        error_set(error, STATUS_USAGE, "is the database itself; --copy-to takes another place");
    else
        return STATUS_OK;
    return error_place(error, place, 0, 0);
}

enum status copier_prepare(const char *database, const char *place, bool *restored,
                           struct error *error) {
    struct database *copied = NULL;
    bool exists = false, found = false;
    *restored = false;
    enum status status = place_check_write(database, &exists, error);
    if (status == STATUS_OK)
        status = look(database, place, &found, error);
    if (status != STATUS_OK || !found)
        return status;
    status = open_copy(place, &copied, error);
    if (status == STATUS_OK && exists)
        status = check_results(copied, database, place, error);
    else if (status == STATUS_OK)
        status = restore(copied, database, error);
    *restored = status == STATUS_OK && !exists;
    database_close(copied);
    return status;
}
