#include "store/spool.h"

#include "base/path.h"
#include "search/config.h"
#include "store/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char title[] = "sweep spool, version 1\n";
#define TITLE_BYTES (sizeof title - 1)
#define SPOOL_BYTES_MAX ((off_t)1 << 28)

/* In place of a trial's digest, which is longer. */
static const char command_mark[] = "command";

static enum status fail(const char *path, const char *what, int code, struct error *error) {
    error_set(error, STATUS_IO, "%s: %s", what, strerror(code));
    return error_place(error, path, 0, 0);
}

/* --- records --- */

static void append_scores(struct text *text, const struct scores *scores, size_t further) {
    record_append_real(text, scores->loss);
    record_append_real(text, scores->accuracy);
    for (size_t i = 0; i < further; i++)
        record_append_real(text, scores->metrics[i]);
}

static void append_content(struct text *text, const struct delivery *delivery) {
    const struct trial_result *result = delivery->result;
    record_append_string(text, delivery->digest);
    record_append_number(text, delivery->metric_count);
    for (size_t i = 0; i < delivery->metric_count; i++)
        record_append_string(text, delivery->metrics[i]->name);
    record_append_number(text, (uint64_t)result->outcome);
    record_append_number(text, result->validated);
    record_append_number(text, result->parameters);
    record_append_real(text, result->seconds);
    record_append_real(text, result->started_at);
    record_append_real(text, result->finished_at);
    record_append_string(text, result->outcome == TRIAL_FAILED ? result->error.message : "");
    append_scores(text, &result->test, delivery->metric_count);
    record_append_number(text, result->epochs);
    for (size_t i = 0; i < result->epochs; i++) {
        append_scores(text, &result->history[i].train, delivery->metric_count);
        append_scores(text, &result->history[i].validation, delivery->metric_count);
        record_append_real(text, result->history[i].seconds);
    }
}

void spool_append_title(struct text *records) {
    text_append_bytes(records, title, TITLE_BYTES);
}

void spool_append(struct text *records, const struct delivery *delivery) {
    struct text content;
    text_init(&content);
    append_content(&content, delivery);
    record_append(records, &content);
}

void spool_append_command(struct text *records, const char *const *texts) {
    struct text content;
    text_init(&content);
    record_append_string(&content, command_mark);
    record_append_number(&content, texts ? SPOOL_COMMAND_TEXTS : 0);
    for (size_t i = 0; texts && i < SPOOL_COMMAND_TEXTS; i++)
        record_append_string(&content, texts[i]);
    record_append(records, &content);
}

size_t spool_record_bytes(size_t epochs, size_t further) {
    const size_t scores = (2 + further) * 8;
    return RECORD_HEAD + 8 + DIGEST_LENGTH + further * 64 + 10 * 8 + scores +
           epochs * (2 * scores + 8);
}

/* --- reading them --- */

static void take_scores(struct cursor *cursor, size_t further, struct scores *scores) {
    scores->loss = record_take_real(cursor);
    scores->accuracy = record_take_real(cursor);
    for (size_t i = 0; i < further; i++)
        scores->metrics[i] = record_take_real(cursor);
}

static void take_metrics(struct cursor *cursor, struct arena *arena, struct delivery *delivery) {
    const uint64_t count = record_take_number(cursor);
    const struct metric **found = ARENA_NEW(arena, const struct metric *, METRICS_MAX);
    cursor->failed |= count > METRICS_MAX || !found;
    delivery->metrics = found;
    for (size_t i = 0; i < count && !cursor->failed; i++) {
        char name[64];
        record_take_string(cursor, name, sizeof name);
        found[i] = metric_find(name);
        cursor->failed |= !found[i];
    }
    delivery->metric_count = cursor->failed ? 0 : (size_t)count;
}

static void take_history(struct cursor *cursor, struct arena *arena, size_t further,
                         struct trial_result *result) {
    const uint64_t epochs = record_take_number(cursor);
    const size_t epoch_bytes = (2 * (2 + further) + 1) * 8;
    /* The content has to hold them before there is memory for them. */
    cursor->failed |= epochs != cursor->left / epoch_bytes || cursor->left % epoch_bytes != 0;
    if (cursor->failed)
        return;
    struct epoch_scores *history = ARENA_NEW(arena, struct epoch_scores, (size_t)epochs + 1);
    cursor->failed |= !history;
    for (size_t i = 0; i < epochs && !cursor->failed; i++) {
        take_scores(cursor, further, &history[i].train);
        take_scores(cursor, further, &history[i].validation);
        history[i].seconds = record_take_real(cursor);
    }
    result->history = history;
    result->epochs = (size_t)epochs;
}

static bool take_content(struct cursor *cursor, struct arena *arena, struct delivery *delivery) {
    struct trial_result *result = ARENA_NEW(arena, struct trial_result, 1);
    char *digest = ARENA_NEW(arena, char, DIGEST_LENGTH + 1);
    if (!result || !digest)
        return false;
    *delivery = (struct delivery){.digest = digest, .result = result, .command = delivery->command};
    record_take_string(cursor, digest, DIGEST_LENGTH + 1);
    take_metrics(cursor, arena, delivery);
    const uint64_t outcome = record_take_number(cursor);
    cursor->failed |= outcome > TRIAL_STOPPED;
    result->outcome = cursor->failed ? TRIAL_FAILED : (enum trial_outcome)outcome;
    result->validated = record_take_number(cursor) != 0;
    result->parameters = (size_t)record_take_number(cursor);
    result->seconds = record_take_real(cursor);
    result->started_at = record_take_real(cursor);
    result->finished_at = record_take_real(cursor);
    record_take_string(cursor, result->error.message, sizeof result->error.message);
    take_scores(cursor, delivery->metric_count, &result->test);
    take_history(cursor, arena, delivery->metric_count, result);
    /* A result that is one has epochs. */
    return !cursor->failed && cursor->left == 0 &&
           (result->epochs > 0 || result->outcome == TRIAL_FAILED ||
            result->outcome == TRIAL_DIVERGED);
}

/* The cursor is behind the mark. Texts that a later version may have added are left out. */
static bool take_command(struct cursor *cursor, struct arena *arena, const char *const **command) {
    const bool known = record_take_number(cursor) >= SPOOL_COMMAND_TEXTS;
    const char **texts = ARENA_NEW(arena, const char *, SPOOL_COMMAND_TEXTS);
    for (size_t i = 0; texts && known && i < SPOOL_COMMAND_TEXTS; i++) {
        const uint64_t length = record_take_number(cursor);
        const char *bytes = record_take(cursor, length);
        char *copy = bytes ? ARENA_NEW(arena, char, length + 1) : NULL;
        if (!copy)
            return false;
        memcpy(copy, bytes, length);
        texts[i] = copy;
    }
    *command = known ? texts : NULL;
    return texts && !cursor->failed;
}

static bool is_command(struct cursor *cursor) {
    struct cursor look = *cursor;
    char mark[sizeof command_mark];
    record_take_string(&look, mark, sizeof mark);
    const bool found = !look.failed && strcmp(mark, command_mark) == 0;
    if (found)
        *cursor = look;
    return found;
}

static bool all_zero(const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != '\0')
            return false;
    return true;
}

enum spool_content spool_next(const char *bytes, size_t count, size_t *at, struct arena *arena,
                              struct delivery *delivery) {
    struct cursor content;
    while (!all_zero(bytes + *at, count - *at)) {
        if (!record_find(bytes, count, at, &content))
            return SPOOL_TORN;
        if (!is_command(&content))
            return take_content(&content, arena, delivery) ? SPOOL_RECORD : SPOOL_STRANGE;
        if (!take_command(&content, arena, &delivery->command))
            return SPOOL_STRANGE;
    }
    return SPOOL_END;
}

enum spool_content spool_next_whole(const char *bytes, size_t count, size_t *at,
                                    struct arena *arena, struct delivery *delivery, bool *damaged) {
    enum spool_content content = spool_next(bytes, count, at, arena, delivery);
    while (content == SPOOL_TORN && record_find_next(bytes, count, at)) {
        *damaged = true;
        content = spool_next(bytes, count, at, arena, delivery);
    }
    return content;
}

/* --- the file --- */

struct spool {
    int file;
    off_t used; /* bytes written, the title included */
    char *path;
    char place[PATH_MAX]; /* as spool_place gave it */
};

static int write_at(int file, const char *bytes, size_t count, off_t at) {
    while (count > 0) {
        ssize_t written = pwrite(file, bytes, count, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? errno : EIO;
        bytes += written;
        count -= (size_t)written;
        at += written;
    }
    return 0;
}

/* 0, or why there is no room. A file system that can't reserve is not a full one. */
static int reserve(int file, size_t bytes) {
    int code = write_at(file, title, TITLE_BYTES, 0);
    if (code == 0)
        code = posix_fallocate(file, 0, (off_t)(TITLE_BYTES + bytes));
    if (code == EINVAL || code == EOPNOTSUPP || code == ENOSYS)
        code = 0;
    return code == 0 && fsync(file) != 0 ? errno : code;
}

enum status spool_open(const char *path, size_t bytes, struct spool **spool, struct error *error) {
    struct spool *opened = calloc(1, sizeof *opened);
    *spool = NULL;
    if (!opened || !(opened->path = strdup(path))) {
        free(opened);
        return error_memory(error);
    }
    opened->used = TITLE_BYTES;
    opened->file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int code = opened->file < 0 ? errno : reserve(opened->file, bytes);
    if (code == 0) {
        path_sync_folder(path);
        *spool = opened;
        return STATUS_OK;
    }
    if (opened->file >= 0)
        spool_close(opened);
    else {
        free(opened->path);
        free(opened);
    }
    return fail(path, "no room can be reserved for results that the database can't take", code,
                error);
}

enum status spool_write(struct spool *spool, const char *records, size_t bytes,
                        struct error *error) {
    const bool fits = (off_t)bytes <= SPOOL_BYTES_MAX - spool->used; /* or it could not be read */
    int code = fits ? write_at(spool->file, records, bytes, spool->used) : EFBIG;
    if (code == 0 && fdatasync(spool->file) != 0)
        code = errno;
    if (code != 0)
        return fail(spool->path, "can't be written", code, error);
    spool->used += (off_t)bytes;
    return STATUS_OK;
}

bool spool_is_there(const struct spool *spool) {
    struct stat about;
    return fstat(spool->file, &about) == 0 && about.st_nlink > 0;
}

/* Its folder may have been renamed. */
const char *spool_place(struct spool *spool) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", spool->file);
    const ssize_t length = readlink(link, spool->place, sizeof spool->place - 1);
    spool->place[length > 0 ? length : 0] = '\0';
    return length > 0 ? spool->place : spool->path;
}

void spool_close(struct spool *spool) {
    if (!spool)
        return;
    const char *place = spool_place(spool);
    if (spool->used == TITLE_BYTES && path_is_of(place, spool->file))
        unlink(place);
    else if (ftruncate(spool->file, spool->used) == 0)
        fsync(spool->file);
    close(spool->file);
    free(spool->path);
    free(spool);
}

static int read_all(int file, char *bytes, size_t count) {
    for (size_t done = 0; done < count;) {
        ssize_t got = read(file, bytes + done, count - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : EIO;
        done += (size_t)got;
    }
    return 0;
}

/* Leave off the title. A file that a crash left without one has no records either. */
static enum status strip(const char *path, const char **bytes, size_t *count, struct error *error) {
    const size_t compared = *count < TITLE_BYTES ? *count : TITLE_BYTES;
    const bool titled = memcmp(*bytes, title, compared) == 0;
    if (!titled && !all_zero(*bytes, *count)) {
        error_set(error, STATUS_INPUT, "is not a spool that this program wrote; move it elsewhere");
        return error_place(error, path, 0, 0);
    }
    *bytes += compared;
    *count -= compared;
    if (!titled || all_zero(*bytes, *count))
        *count = 0;
    return STATUS_OK;
}

static enum status refuse_theirs(const char *path, uid_t user, struct error *error) {
    error_set(error, STATUS_INPUT,
              "belongs to another user (number %ju), who could put anything into it: nothing is "
              "taken from it; move it elsewhere",
              (uintmax_t)user);
    return error_place(error, path, 0, 0);
}

/* All of it, with its title. */
static enum status load(const char *path, const struct stat *owned, struct arena *arena,
                        const char **bytes, size_t *count, struct error *error) {
    struct stat about;
    *count = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return errno == ENOENT ? STATUS_OK : fail(path, "can't be read", errno, error);
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && !path_is_trusted(&about, owned)) {
        close(file);
        return refuse_theirs(path, about.st_uid, error);
    }
    int code = fstat(file, &about) != 0          ? errno
               : !S_ISREG(about.st_mode)         ? EINVAL
               : about.st_size > SPOOL_BYTES_MAX ? EFBIG
                                                 : 0;
    char *data = code == 0 ? ARENA_NEW(arena, char, (size_t)about.st_size + 1) : NULL;
    if (data)
        code = read_all(file, data, (size_t)about.st_size);
    close(file);
    if (code != 0)
        return fail(path, "can't be read", code, error);
    if (!data)
        return error_memory(error);
    *bytes = data;
    *count = (size_t)about.st_size;
    return STATUS_OK;
}

enum status spool_read(const char *path, const struct stat *database, struct arena *arena,
                       const char **bytes, size_t *count, struct error *error) {
    const enum status status = load(path, database, arena, bytes, count, error);
    return status == STATUS_OK && *count > 0 ? strip(path, bytes, count, error) : status;
}

enum status spool_read_damaged(const char *path, const struct stat *folder, struct arena *arena,
                               const char **bytes, size_t *count, struct error *error) {
    const enum status status = load(path, folder, arena, bytes, count, error);
    if (status == STATUS_OK && *count >= TITLE_BYTES && memcmp(*bytes, title, TITLE_BYTES) == 0) {
        *bytes += TITLE_BYTES;
        *count -= TITLE_BYTES;
    }
    return status;
}

enum status spool_remove(const char *path, struct error *error) {
    if (unlink(path) != 0 && errno != ENOENT)
        return fail(path, "can't be removed", errno, error);
    path_sync_folder(path);
    return STATUS_OK;
}

char *spool_name(const char *path, int number) {
    char ending[24] = "", *name;
    if (number == 1)
        snprintf(ending, sizeof ending, ".left");
    else if (number > 1)
        snprintf(ending, sizeof ending, ".left.%d", number);
    return asprintf(&name, "%s%s", path, ending) < 0 ? NULL : name;
}

enum status spool_rename(const char *path, char **renamed, struct error *error) {
    int code = EEXIST;
    for (int i = 1; code == EEXIST && i < SPOOL_NAMES; i++) {
        *renamed = spool_name(path, i);
        if (!*renamed)
            return error_memory(error);
        /* Not over what an earlier run left. */
        code = access(*renamed, F_OK) == 0 ? EEXIST : rename(path, *renamed) != 0 ? errno : 0;
        if (code != 0)
            free(*renamed);
    }
    if (code == 0) {
        path_sync_folder(path);
        return STATUS_OK;
    }
    *renamed = NULL;
    return fail(path, "can't be renamed", code, error);
}
