#include "store/unfinished.h"

#include "base/clock.h"
#include "base/output.h"
#include "base/path.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST_PAUSE 2.0
#define SHARE 0.02 /* of the time, for writing */

/* Of more the trials are left out that were heard of least lately: a page has no room for them. */
#define BYTES_MAX ((size_t)8 << 20)

struct unfinished_trial {
    struct digest digest;
    bool own; /* of this command; else the record of the command that gave it comes first */
    struct text record;
};

struct unfinished_trials {
    const struct store *store;
    const struct config *config;
    const struct space *space;
    char *path;
    bool blocked; /* something else is there, and stays */
    size_t count, capacity;
    struct unfinished_trial *items; /* the one heard of last is the last one */
    size_t bytes;                   /* of their records */
    bool changed;                   /* since the file was written */
    double next;                    /* when it may be */
};

/* The caller frees it; NULL: it can't be told. */
static char *path_beside(const char *database) {
    char *real = path_real(database), *path = NULL;
    if (real && asprintf(&path, "%s.unfinished", real) < 0)
        path = NULL;
    free(real);
    return path;
}

/* Whether what is at the path, if anything, is such a file. */
static bool is_ours(const char *database, const char *path) {
    struct arena arena;
    struct stat about = {0};
    const char *bytes;
    size_t count;
    arena_init(&arena);
    stat(database, &about);
    const bool ours = spool_read(path, &about, &arena, &bytes, &count, NULL) == STATUS_OK;
    arena_release(&arena);
    return ours;
}

void unfinished_remove(const char *database) {
    char *path = path_beside(database);
    if (path && is_ours(database, path))
        unlink(path);
    free(path);
}

static void remove_at(struct unfinished_trials *unfinished, size_t at) {
    struct unfinished_trial *item = &unfinished->items[at];
    unfinished->bytes -= item->record.length;
    text_release(&item->record);
    memmove(item, item + 1, (--unfinished->count - at) * sizeof *item);
    unfinished->changed = true;
}

static bool reserve(struct unfinished_trials *unfinished) {
    if (unfinished->count < unfinished->capacity)
        return true;
    const size_t capacity = 2 * unfinished->capacity + 16;
    struct unfinished_trial *grown = realloc(unfinished->items, capacity * sizeof *grown);
    if (!grown)
        return false;
    unfinished->items = grown;
    unfinished->capacity = capacity;
    return true;
}

/* Takes the record, which may have failed. */
static void append_item(struct unfinished_trials *unfinished, const char *digest, bool own,
                        struct text *record) {
    if (record->failed || !reserve(unfinished)) {
        text_release(record);
        return;
    }
    struct unfinished_trial *item = &unfinished->items[unfinished->count++];
    *item = (struct unfinished_trial){.own = own, .record = *record};
    snprintf(item->digest.hex, sizeof item->digest.hex, "%s", digest);
    unfinished->bytes += record->length;
    unfinished->changed = true;
    while (unfinished->bytes > BYTES_MAX && unfinished->count > 1)
        remove_at(unfinished, 0);
}

/* What other commands left of trials that still have no result. */
static void take_over(const char *database, struct unfinished_trials *unfinished) {
    struct arena arena;
    arena_init(&arena);
    struct statement *find = database_prepare(
        unfinished->store->database,
        "SELECT 1 FROM trials WHERE digest = ? AND status IN ('pending', 'failed')");
    for (const struct unfinished_history *one = unfinished_read(database, &arena); one;
         one = one->next) {
        struct text record;
        statement_bind_text(find, 1, one->delivery.digest);
        if (statement_step(find)) {
            text_init(&record);
            spool_append_command(&record, one->delivery.command);
            spool_append(&record, &one->delivery);
            append_item(unfinished, one->delivery.digest, false, &record);
        }
        statement_reset(find);
    }
    statement_free(find);
    arena_release(&arena);
}

enum status unfinished_open(const char *database, const struct store *store,
                            const struct config *config, const struct space *space,
                            struct unfinished_trials **unfinished, struct error *error) {
    struct unfinished_trials *made = *unfinished = calloc(1, sizeof *made);
    if (!made)
        return error_memory(error);
    made->store = store;
    made->config = config;
    made->space = space;
    made->path = path_beside(database);
    if (!made->path)
        return error_memory(error);
    made->blocked = !is_ours(database, made->path);
    if (!made->blocked)
        take_over(database, made);
    if (!made->blocked && made->count == 0)
        unlink(made->path);
    return STATUS_OK;
}

void unfinished_close(struct unfinished_trials *unfinished, bool interrupted) {
    if (!unfinished)
        return;
    for (size_t i = unfinished->count; !interrupted && i-- > 0;)
        if (unfinished->items[i].own)
            remove_at(unfinished, i);
    unfinished->next = 0;
    if (unfinished->path)
        unfinished_write(unfinished);
    for (size_t i = 0; i < unfinished->count; i++)
        text_release(&unfinished->items[i].record);
    free(unfinished->items);
    free(unfinished->path);
    free(unfinished);
}

/* --- the trials --- */

void unfinished_drop(struct unfinished_trials *unfinished, size_t trial) {
    const struct digest *digest = &unfinished->space->trials[trial].digest;
    for (size_t i = 0; i < unfinished->count; i++)
        if (strcmp(unfinished->items[i].digest.hex, digest->hex) == 0) {
            remove_at(unfinished, i);
            return;
        }
}

void unfinished_put(struct unfinished_trials *unfinished, const struct trial_result *result) {
    const struct delivery delivery = {.digest = unfinished->space->trials[result->trial].digest.hex,
                                      .metric_count = unfinished->config->metric_count,
                                      .metrics = unfinished->config->metrics,
                                      .result = result};
    struct text record;
    unfinished_drop(unfinished, result->trial);
    text_init(&record);
    spool_append(&record, &delivery);
    append_item(unfinished, delivery.digest, true, &record);
}

/* --- the file --- */

static void write_bytes(const struct text *text, FILE *stream) {
    fwrite(text->data, 1, text->length, stream);
}

/* What fails is tried again. */
static bool write_file(const struct unfinished_trials *unfinished) {
    struct output output;
    struct text title;
    if (output_open(unfinished->path, &output, NULL) != STATUS_OK)
        return false;
    output.fleeting = true;
    text_init(&title);
    spool_append_title(&title);
    write_bytes(&title, output.stream);
    text_release(&title);
    for (size_t i = 0; i < unfinished->count; i++)
        if (!unfinished->items[i].own)
            write_bytes(&unfinished->items[i].record, output.stream);
    write_bytes(&unfinished->store->origin, output.stream);
    for (size_t i = 0; i < unfinished->count; i++)
        if (unfinished->items[i].own)
            write_bytes(&unfinished->items[i].record, output.stream);
    return output_keep(&output, NULL) == STATUS_OK;
}

void unfinished_write(struct unfinished_trials *unfinished) {
    const double begin = clock_seconds();
    /* A database that failed may not be at its place any more. */
    if (!unfinished->changed || begin < unfinished->next || unfinished->blocked ||
        unfinished->store->faulted)
        return;
    unfinished->changed =
        unfinished->count > 0 ? !write_file(unfinished) : unlink(unfinished->path) != 0;
    const double end = clock_seconds();
    unfinished->next = end + fmax(LEAST_PAUSE, (end - begin) / SHARE);
}

const struct unfinished_history *unfinished_read(const char *database, struct arena *arena) {
    struct unfinished_history *first = NULL, **last = &first;
    struct delivery delivery = {0};
    struct stat about;
    const char *bytes = NULL;
    size_t count = 0, at = 0;
    char *path = path_beside(database);
    if (!path || stat(database, &about) != 0 ||
        spool_read(path, &about, arena, &bytes, &count, NULL) != STATUS_OK)
        count = 0;
    free(path);
    while (count > 0 && spool_next(bytes, count, &at, arena, &delivery) == SPOOL_RECORD) {
        struct unfinished_history *history = ARENA_NEW(arena, struct unfinished_history, 1);
        if (!history)
            break;
        history->delivery = delivery;
        *last = history;
        last = &history->next;
    }
    return first;
}

bool unfinished_is_of(const struct unfinished_history *history,
                      const struct command_record *command) {
    const char *const *texts = history->delivery.command;
    char pid[24];
    snprintf(pid, sizeof pid, "%" PRId64, command->pid);
    return texts && strcmp(texts[SPOOL_COMMAND_HOST], command->host) == 0 &&
           strcmp(texts[SPOOL_COMMAND_PID], pid) == 0 &&
           strcmp(texts[SPOOL_COMMAND_STARTED_AT], command->started_at) == 0;
}
