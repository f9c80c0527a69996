#include "store/shard.h"

#include "base/path.h"
#include "store/lock.h"
#include "store/shard_models.h"
#include "store/shard_plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* A file that has come to so much is followed by another: a spool can't be any larger. */
#define FILE_BYTES_MAX ((size_t)200 << 20)
#define PENDING_MODELS_MAX ((size_t)32 << 20)
#define LOCK_TRIES 5

/* Files of one kind, one after the other. */
struct series {
    const char *ending;
    size_t process;
    char *path;
    size_t written; /* bytes */
    struct spool *spool;
    struct text pending; /* what is not written yet */
};

struct shard {
    const struct shard_id *id;
    char *lock_path;
    int lock; /* its file, -1: none */
    struct series results, models;
    struct text origin; /* the command's record */
};

/* "FOLDER/CONFIG-I-of-N", and an ending. */
static char *name_of(const struct shard_id *id, const char *ending) {
    char *name;
    return asprintf(&name, "%s/%.*s-%zu-of-%zu%s", id->folder, SHARD_DIGITS, id->config_digest,
                    id->number, id->count, ending) < 0
               ? NULL
               : name;
}

char *shard_search_checkpoints(const struct shard_id *id) {
    char *name;
    return asprintf(&name, "%s/%.*s-search", id->folder, SHARD_DIGITS, id->config_digest) < 0
               ? NULL
               : name;
}

char *shard_checkpoints(const struct shard_id *id) {
    return name_of(id, "");
}

/* --- whose it is --- */

static void read_holder(int lock, char *holder, size_t size) {
    const ssize_t length = pread(lock, holder, size - 1, 0);
    holder[length > 0 ? length : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    if (holder[0] == '\0')
        snprintf(holder, size, "it has just started");
}

/* Who we are, for whoever comes second. */
static void write_holder(int lock) {
    char holder[LOCK_HOLDER_MAX], text[LOCK_HOLDER_MAX + 1];
    lock_describe_holder(holder);
    const int length = snprintf(text, sizeof text, "%s\n", holder);
    if (ftruncate(lock, 0) != 0 || pwrite(lock, text, (size_t)length, 0) != length)
        return; /* the lock holds all the same */
}

/* 0, EWOULDBLOCK where another has it and `waits` is false, or why it can't be told. The holder of
 * a lock removes its file, so that the one that was locked may not be the one that is there. */
static int take_lock(const char *path, int flags, bool waits, int *lock) {
    int code = ESTALE;
    for (int i = 0; (waits || i < LOCK_TRIES) && code == ESTALE; i++) {
        *lock = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (*lock < 0)
            return errno;
        code = flock(*lock, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0 ? errno
               : path_is_of(path, *lock)                          ? 0
                                                                  : ESTALE;
        if (code == ESTALE) {
            close(*lock);
            *lock = -1;
        }
    }
    return code;
}

static enum status refuse_busy(const struct shard *shard, struct error *error) {
    char holder[512];
    read_holder(shard->lock, holder, sizeof holder);
    error_set(error, STATUS_BUSY, "another task trains this shard: %s", holder);
    return error_place(error, shard->lock_path, 0, 0);
}

static enum status lock_shard(struct shard *shard, bool *unlocked, struct error *error) {
    const int code = take_lock(shard->lock_path, O_RDWR | O_CREAT, false, &shard->lock);
    *unlocked = false;
    if (shard->lock < 0) {
        error_set(error, STATUS_IO, "the shard's files can't be made: %s", strerror(code));
        return error_place(error, shard->lock_path, 0, 0);
    }
    if (code == EWOULDBLOCK)
        return refuse_busy(shard, error);
    *unlocked = code != 0;
    write_holder(shard->lock);
    return STATUS_OK;
}

bool shard_is_taken(const struct shard_id *id, char *holder, size_t size) {
    char *path = name_of(id, ".lock");
    int lock = -1;
    const int code = path ? take_lock(path, O_RDWR, false, &lock) : ENOMEM;
    if (lock >= 0) {
        read_holder(lock, holder, size);
        close(lock);
    }
    free(path);
    return code == EWOULDBLOCK;
}

/* Where there are no locks, who comes second is not kept waiting. */
enum status shard_lock(const char *path, bool waits, int *lock, char *holder, size_t size,
                       struct error *error) {
    const int code = take_lock(path, O_RDWR | O_CREAT, waits, lock);
    if (*lock < 0) {
        error_set(error, STATUS_IO, "can't be made: %s", strerror(code));
        return error_place(error, path, 0, 0);
    }
    if (code != EWOULDBLOCK) {
        write_holder(*lock);
        return STATUS_OK;
    }
    read_holder(*lock, holder, size);
    close(*lock);
    *lock = -1;
    return error_set(error, STATUS_BUSY, "is locked");
}

void shard_unlock(const char *path, int lock) {
    if (lock < 0)
        return;
    if (path_is_of(path, lock))
        unlink(path);
    close(lock);
}

enum status shard_open(const struct shard_id *id, struct shard **shard, bool *unlocked,
                       struct error *error) {
    struct shard *made = *shard = calloc(1, sizeof *made);
    if (!made)
        return error_memory(error);
    made->id = id;
    made->lock = -1;
    made->results.ending = SHARD_RESULTS;
    made->models.ending = SHARD_MODELS;
    text_init(&made->results.pending);
    text_init(&made->models.pending);
    text_init(&made->origin);
    made->lock_path = name_of(id, ".lock");
    enum status status = made->lock_path ? lock_shard(made, unlocked, error) : error_memory(error);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (made->lock >= 0) /* another's */
        close(made->lock);
    made->lock = -1;
    shard_close(made);
    *shard = NULL;
    return status;
}

/* --- its files --- */

/* The next one that nobody has made yet. */
static enum status next_file(const struct shard *shard, struct series *series, size_t bytes,
                             struct error *error) {
    enum status status = STATUS_OK;
    bool taken = true;
    spool_close(series->spool);
    series->spool = NULL;
    while (taken) {
        char ending[40];
        snprintf(ending, sizeof ending, ".%zu%s", ++series->process, series->ending);
        free(series->path);
        series->path = name_of(shard->id, ending);
        if (!series->path)
            return error_memory(error);
        taken = access(series->path, F_OK) == 0;
        if (taken)
            continue;
        status = spool_open(series->path, bytes, &series->spool, error);
        taken = status != STATUS_OK && access(series->path, F_OK) == 0; /* since we looked */
    }
    series->written = 0;
    return status;
}

static enum status write_text(struct series *series, const struct text *text, struct error *error) {
    if (text->failed)
        return error_memory(error);
    const enum status status = spool_write(series->spool, text->data, text->length, error);
    series->written += status == STATUS_OK ? text->length : 0;
    return status;
}

/* Write what is pending, behind `origin` where that begins a file. */
static enum status commit(const struct shard *shard, struct series *series,
                          const struct text *origin, struct error *error) {
    enum status status = STATUS_OK;
    if (series->pending.length == 0 && !series->pending.failed)
        return STATUS_OK;
    if (!series->spool || series->written + series->pending.length > FILE_BYTES_MAX)
        status = next_file(shard, series, 0, error);
    if (status == STATUS_OK && origin && series->written == 0)
        status = write_text(series, origin, error);
    if (status == STATUS_OK)
        status = write_text(series, &series->pending, error);
    if (status == STATUS_OK)
        text_clear(&series->pending);
    return status;
}

enum status shard_begin(struct shard *shard, const struct command_description *command,
                        size_t bytes, struct error *error) {
    text_clear(&shard->origin);
    spool_append_command(&shard->origin, command->texts);
    return next_file(shard, &shard->results, bytes + shard->origin.length, error);
}

void shard_put(struct shard *shard, const struct delivery *delivery) {
    spool_append(&shard->results.pending, delivery);
}

void shard_put_model(struct shard *shard, const char *digest, const struct trial_result *result,
                     const struct model_shape *shape) {
    struct error later; /* shard_commit tries again */
    shard_models_append(&shard->models.pending, digest, result, shape);
    if (shard->models.pending.length > PENDING_MODELS_MAX)
        commit(shard, &shard->models, NULL, &later);
}

/* A trial that has its result is not trained again: by then its weights have to be safe. */
enum status shard_commit(struct shard *shard, struct error *error) {
    const enum status status = commit(shard, &shard->models, NULL, error);
    return status == STATUS_OK ? commit(shard, &shard->results, &shard->origin, error) : status;
}

/* A file without results has nothing to end. */
enum status shard_finish(struct shard *shard, const struct command_description *command,
                         struct error *error) {
    enum status status = shard_commit(shard, error);
    if (status != STATUS_OK || shard->results.written == 0)
        return status;
    spool_append_command(&shard->results.pending, command->texts);
    return shard_commit(shard, error);
}

const char *shard_path(const struct shard *shard) {
    return shard->results.path;
}

size_t shard_pending(const struct shard *shard) {
    return shard ? shard->results.pending.length : 0;
}

static void end_series(struct series *series) {
    spool_close(series->spool);
    text_release(&series->pending);
    free(series->path);
}

void shard_close(struct shard *shard) {
    if (!shard)
        return;
    end_series(&shard->results);
    end_series(&shard->models);
    shard_unlock(shard->lock_path, shard->lock);
    text_release(&shard->origin);
    free(shard->lock_path);
    free(shard);
}

/* --- what is there --- */

static int compare_files(const void *left, const void *right) {
    const struct shard_file *a = left, *b = right;
    if (a->count != b->count)
        return (a->count > b->count) - (a->count < b->count);
    if (a->number != b->number)
        return (a->number > b->number) - (a->number < b->number);
    return (a->process > b->process) - (a->process < b->process);
}

/* Whether a name in the folder is that of a shard of the config. */
static bool parse_name(const char *name, const char *config_digest, const char *ending,
                       struct shard_file *file) {
    int end = 0;
    return strncmp(name, config_digest, SHARD_DIGITS) == 0 &&
           sscanf(name + SHARD_DIGITS, "-%zu-of-%zu.%zu%n", &file->number, &file->count,
                  &file->process, &end) == 3 &&
           strcmp(name + SHARD_DIGITS + end, ending) == 0;
}

static enum status fail_folder(const char *folder, struct error *error) {
    error_set(error, STATUS_IO, "the folder can't be read: %s", strerror(errno));
    return error_place(error, folder, 0, 0);
}

enum status shard_list(const char *folder, const char *config_digest, const char *ending,
                       struct arena *arena, struct shard_file **files, size_t *count,
                       struct error *error) {
    struct shard_file file;
    size_t room = 0;
    *count = 0;
    *files = NULL;
    DIR *opened = opendir(folder);
    if (!opened)
        return fail_folder(folder, error);
    for (const struct dirent *entry; (entry = readdir(opened));) {
        if (!parse_name(entry->d_name, config_digest, ending, &file))
            continue;
        if (*count == room) {
            struct shard_file *more = ARENA_NEW(arena, struct shard_file, 2 * room + 64);
            if (more && *count > 0)
                memcpy(more, *files, *count * sizeof file);
            *files = more;
            room = 2 * room + 64;
        }
        file.path = arena_printf(arena, "%s/%s", folder, entry->d_name);
        if (!*files || !file.path)
            break;
        (*files)[(*count)++] = file;
    }
    closedir(opened);
    if (arena->failed)
        return error_memory(error);
    if (*count > 0)
        qsort(*files, *count, sizeof **files, compare_files);
    return STATUS_OK;
}

size_t shard_other_checkpoints(const struct shard_id *id) {
    size_t found = 0;
    DIR *opened = opendir(id->folder);
    for (const struct dirent *entry; opened && (entry = readdir(opened));) {
        const char *name = entry->d_name;
        size_t number, count;
        int end = 0;
        if (strncmp(name, id->config_digest, SHARD_DIGITS) == 0 &&
            sscanf(name + SHARD_DIGITS, "-%zu-of-%zu%n", &number, &count, &end) == 2 &&
            strcmp(name + SHARD_DIGITS + end, ".checkpoints") == 0 && count != id->count)
            found = count;
    }
    if (opened)
        closedir(opened);
    return found;
}

/* What may be in a file is whatever those could write there who can write its folder. */
static bool look_at_folder(const char *path, struct stat *about) {
    char *folder = path_folder(path);
    const bool found = folder && stat(folder, about) == 0;
    free(folder);
    return found;
}

enum status shard_load(const char *path, struct arena *arena, const char **bytes, size_t *count,
                       struct error *error) {
    struct stat folder = {0};
    return look_at_folder(path, &folder)
               ? spool_read_damaged(path, &folder, arena, bytes, count, error)
               : fail_folder(path, error);
}

enum status shard_read(const char *path, struct arena *arena, shard_take *take, void *context,
                       struct shard_contents *contents, struct error *error) {
    struct delivery delivery = {0};
    const char *bytes = NULL;
    size_t count = 0;
    *contents = (struct shard_contents){0};
    enum status status = shard_load(path, arena, &bytes, &count, error);
    for (size_t at = 0; status == STATUS_OK && count > 0;) {
        const enum spool_content content =
            spool_next_whole(bytes, count, &at, arena, &delivery, &contents->damaged);
        contents->command = delivery.command;
        contents->torn = content == SPOOL_TORN;
        if (content == SPOOL_END || content == SPOOL_TORN)
            break;
        contents->strange += content == SPOOL_STRANGE;
        contents->results += content == SPOOL_RECORD;
        if (content == SPOOL_RECORD)
            status = take(context, &delivery, error);
    }
    return status == STATUS_OK && arena->failed ? error_memory(error) : status;
}
