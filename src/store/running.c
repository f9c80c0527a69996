#include "store/running.h"

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

struct running_trial {
    size_t trial;
    struct text record;
};

struct running_trials {
    const struct store *store;
    const struct config *config;
    const struct space *space;
    char *path;
    bool blocked; /* something else is there, and stays */
    size_t count, capacity;
    struct running_trial *items; /* the one heard of last is the last one */
    size_t bytes;                /* of their records */
    bool changed;                /* since the file was written */
    double next;                 /* when it may be */
};

/* The caller frees it; NULL: it can't be told. */
static char *path_beside(const char *database) {
    char *real = path_real(database), *path = NULL;
    if (real && asprintf(&path, "%s.running", real) < 0)
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

enum status running_open(const char *database, const struct store *store,
                         const struct config *config, const struct space *space,
                         struct running_trials **running, struct error *error) {
    struct running_trials *made = *running = calloc(1, sizeof *made);
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
        unlink(made->path);
    return STATUS_OK;
}

void running_close(struct running_trials *running) {
    if (!running)
        return;
    if (running->path && !running->blocked)
        unlink(running->path);
    for (size_t i = 0; i < running->count; i++)
        text_release(&running->items[i].record);
    free(running->items);
    free(running->path);
    free(running);
}

/* --- the trials --- */

static void remove_at(struct running_trials *running, size_t at) {
    struct running_trial *item = &running->items[at];
    running->bytes -= item->record.length;
    text_release(&item->record);
    memmove(item, item + 1, (--running->count - at) * sizeof *item);
    running->changed = true;
}

void running_drop(struct running_trials *running, size_t trial) {
    for (size_t i = 0; i < running->count; i++)
        if (running->items[i].trial == trial) {
            remove_at(running, i);
            return;
        }
}

static bool reserve(struct running_trials *running) {
    if (running->count < running->capacity)
        return true;
    const size_t capacity = 2 * running->capacity + 16;
    struct running_trial *grown = realloc(running->items, capacity * sizeof *grown);
    if (!grown)
        return false;
    running->items = grown;
    running->capacity = capacity;
    return true;
}

void running_put(struct running_trials *running, const struct trial_result *result) {
    const struct delivery delivery = {.digest = running->space->trials[result->trial].digest.hex,
                                      .metric_count = running->config->metric_count,
                                      .metrics = running->config->metrics,
                                      .result = result};
    struct text record;
    running_drop(running, result->trial);
    text_init(&record);
    spool_append(&record, &delivery);
    if (record.failed || !reserve(running)) {
        text_release(&record);
        return;
    }
    running->items[running->count++] = (struct running_trial){result->trial, record};
    running->bytes += record.length;
    running->changed = true;
    while (running->bytes > BYTES_MAX && running->count > 1)
        remove_at(running, 0);
}

/* --- the file --- */

static void write_bytes(const struct text *text, FILE *stream) {
    fwrite(text->data, 1, text->length, stream);
}

/* What fails is tried again. */
static bool write_file(const struct running_trials *running) {
    struct output output;
    struct text title;
    if (output_open(running->path, &output, NULL) != STATUS_OK)
        return false;
    output.fleeting = true;
    text_init(&title);
    spool_append_title(&title);
    write_bytes(&title, output.stream);
    text_release(&title);
    write_bytes(&running->store->origin, output.stream);
    for (size_t i = 0; i < running->count; i++)
        write_bytes(&running->items[i].record, output.stream);
    return output_keep(&output, NULL) == STATUS_OK;
}

void running_write(struct running_trials *running) {
    const double begin = clock_seconds();
    /* A database that failed may not be at its place any more. */
    if (!running->changed || begin < running->next || running->blocked || running->store->faulted)
        return;
    running->changed = running->count > 0 ? !write_file(running) : unlink(running->path) != 0;
    const double end = clock_seconds();
    running->next = end + fmax(LEAST_PAUSE, (end - begin) / SHARE);
}

const struct running_history *running_read(const char *database, struct arena *arena) {
    struct running_history *first = NULL, **last = &first;
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
        struct running_history *history = ARENA_NEW(arena, struct running_history, 1);
        if (!history)
            break;
        history->delivery = delivery;
        *last = history;
        last = &history->next;
    }
    return first;
}

bool running_is_of(const struct running_history *history, const struct command_record *command) {
    const char *const *texts = history->delivery.command;
    char pid[24];
    snprintf(pid, sizeof pid, "%" PRId64, command->pid);
    return texts && strcmp(texts[SPOOL_COMMAND_HOST], command->host) == 0 &&
           strcmp(texts[SPOOL_COMMAND_PID], pid) == 0 &&
           strcmp(texts[SPOOL_COMMAND_STARTED_AT], command->started_at) == 0;
}
