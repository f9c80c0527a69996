#include "store/shard_plan.h"

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "store/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char title[] = "sweep shard plan, version 5\n";
#define TITLE_BYTES (sizeof title - 1)
#define PLAN_BYTES_MAX ((size_t)1 << 28)

struct digest shard_plan_trials(const struct space *space) {
    struct text digests;
    text_init(&digests);
    for (size_t i = 0; i < space->trial_count; i++)
        text_append(&digests, space->trials[i].digest.hex);
    const struct digest digest = digest_of_bytes(digests.data, digests.length);
    text_release(&digests);
    return digest;
}

void shard_plan_describe(struct shard_plan *plan, const struct config *config,
                         const struct space *space, const struct dataset *dataset,
                         const char *warnings) {
    *plan = (struct shard_plan){.config_path = config->path,
                                .config_text = config->text,
                                .settings = config->settings,
                                .warnings = warnings,
                                .dataset = *dataset,
                                .trials = shard_plan_trials(space),
                                .trial_count = space->trial_count};
}

char *shard_plan_path(const char *folder, const char *config_digest, size_t count, size_t step) {
    char ending[40] = "", *path;
    if (step > 0)
        snprintf(ending, sizeof ending, "-step-%zu", step);
    return asprintf(&path, "%s/%.*s-%zu%s.plan", folder, SHARD_DIGITS, config_digest, count,
                    ending) < 0
               ? NULL
               : path;
}

static int compare_files(const void *left, const void *right) {
    const struct shard_plan_file *a = left, *b = right;
    const int order = strcmp(a->config, b->config);
    if (order != 0)
        return order;
    return a->changed != b->changed ? (a->changed < b->changed) - (a->changed > b->changed)
                                    : strcmp(a->path, b->path);
}

/* Whether the name is that of a plan. */
static bool parse_name(const char *name, struct shard_plan_file *file) {
    size_t count;
    int end = 0;
    file->step = 0;
    if (sscanf(name, "%12[0-9a-f]-%zu-step-%zu%n", file->config, &count, &file->step, &end) != 3 &&
        sscanf(name, "%12[0-9a-f]-%zu%n", file->config, &count, &end) != 2)
        return false;
    return end > 0 && strcmp(name + end, ".plan") == 0 && strlen(file->config) == SHARD_DIGITS;
}

static bool look_at(const char *path, struct shard_plan_file *file) {
    file->path = path;
    file->changed = path_changed_at(path);
    return file->changed > 0;
}

enum status shard_plan_list(const char *folder, struct arena *arena, struct shard_plan_file **files,
                            size_t *count, struct error *error) {
    struct dirent **names;
    *count = 0;
    const int found = scandir(folder, &names, NULL, NULL);
    if (found < 0) {
        error_set(error, STATUS_IO, "the folder can't be read: %s", strerror(errno));
        return error_place(error, folder, 0, 0);
    }
    *files = ARENA_NEW(arena, struct shard_plan_file, (size_t)found + 1);
    for (int i = 0; i < found; i++) {
        struct shard_plan_file file;
        if (*files && parse_name(names[i]->d_name, &file)) {
            const char *path = arena_printf(arena, "%s/%s", folder, names[i]->d_name);
            if (path && look_at(path, &file))
                (*files)[(*count)++] = file;
        }
        free(names[i]);
    }
    free(names);
    if (arena->failed)
        return error_memory(error);
    qsort(*files, *count, sizeof **files, compare_files);
    return STATUS_OK;
}

/* --- writing --- */

static void append_array(const struct dataset_array *array, struct text *content) {
    const size_t numbers[] = {array->rows,
                              array->columns,
                              array->channels,
                              array->classes,
                              array->table,
                              array->normalized,
                              array->train.bytes != NULL,
                              array->train.values != NULL};
    record_append_string(content, array->name);
    record_append_real(content, array->unit);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        record_append_number(content, numbers[i]);
}

/* All that a space is made of, and what tells one data set from another. */
static void append_dataset(const struct dataset *data, struct text *content) {
    const char *texts[] = {data->name,       data->source,      data->digest.hex,
                           data->input_name, data->target_name, data->changes ? data->changes : ""};
    const size_t numbers[] = {data->rows,
                              data->columns,
                              data->channels,
                              data->classes,
                              data->target_width,
                              data->train.count,
                              data->test.count,
                              data->table,
                              data->normalized,
                              data->pictures,
                              data->train.values != NULL,
                              data->array_count};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        record_append_string(content, texts[i]);
    record_append_real(content, data->unit);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        record_append_number(content, numbers[i]);
    for (size_t i = 0; i < data->array_count; i++)
        append_array(&data->arrays[i], content);
}

static void append_datasets(const struct dataset *first, struct text *content) {
    size_t count = 0;
    for (const struct dataset *at = first; at; at = at->next)
        count++;
    record_append_number(content, count);
    for (const struct dataset *at = first; at; at = at->next)
        append_dataset(at, content);
}

static void append(struct text *bytes, const struct shard_plan *plan) {
    const char *texts[] = {plan->config_path, plan->config_text, plan->settings, plan->warnings};
    struct text content;
    text_init(&content);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        record_append_string(&content, texts[i]);
    append_datasets(&plan->dataset, &content);
    record_append_string(&content, plan->trials.hex);
    record_append_number(&content, plan->count);
    record_append_number(&content, plan->trial_count);
    for (size_t i = 0; i < plan->count; i++)
        record_append_real(&content, plan->seconds[i]);
    for (size_t i = 0; i < plan->trial_count; i++)
        record_append_number(&content, plan->shards[i]);
    text_append_bytes(bytes, title, TITLE_BYTES);
    record_append(bytes, &content);
}

size_t shard_plan_bytes(const struct shard_plan *plan) {
    struct text bytes;
    text_init(&bytes);
    append(&bytes, plan);
    const size_t length = bytes.failed ? 0 : bytes.length;
    text_release(&bytes);
    return length;
}

/* Written beside its place by a name that no other process has, and linked there: who comes second
 * finds the first one's. 0, or why it failed. */
static int write_beside(const char *path, const char *beside, const struct text *bytes) {
    const int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return errno;
    int code = 0;
    for (size_t done = 0; done < bytes->length && code == 0;) {
        const ssize_t written = write(file, bytes->data + done, bytes->length - done);
        if (written > 0)
            done += (size_t)written;
        else if (written == 0 || errno != EINTR)
            code = written < 0 ? errno : EIO;
    }
    if (code == 0 && fsync(file) != 0)
        code = errno;
    if (close(file) != 0 && code == 0)
        code = errno;
    if (code == 0 && link(beside, path) != 0 && errno != EEXIST)
        code = errno;
    /* Where there are no hard links, and nobody was quicker. */
    if (code == EPERM || code == EOPNOTSUPP || code == ENOSYS)
        code = access(path, F_OK) == 0 || rename(beside, path) == 0 ? 0 : errno;
    unlink(beside);
    return code;
}

enum status shard_plan_write(const char *path, const struct shard_plan *plan, struct error *error) {
    char host[65] = "", *beside;
    struct text bytes;
    gethostname(host, sizeof host - 1);
    text_init(&bytes);
    append(&bytes, plan);
    if (bytes.failed || asprintf(&beside, "%s.%s.%ld", path, host, (long)getpid()) < 0) {
        text_release(&bytes);
        return error_memory(error);
    }
    const int code = write_beside(path, beside, &bytes);
    free(beside);
    text_release(&bytes);
    if (code == 0) {
        path_sync_folder(path);
        return STATUS_OK;
    }
    error_set(error, STATUS_IO, "the plan of the shards can't be written: %s", strerror(code));
    return error_place(error, path, 0, 0);
}

/* --- reading --- */

/* Of examples a plan has no more than whether there are any of that type. */
static const uint8_t some_bytes[1];
static const float some_values[1];

static const char *take_text(struct cursor *cursor, struct arena *arena) {
    const uint64_t length = record_take_number(cursor);
    const char *bytes = record_take(cursor, (size_t)length);
    char *text = bytes ? ARENA_NEW(arena, char, (size_t)length + 1) : NULL;
    cursor->failed |= !text || memchr(bytes, '\0', (size_t)length);
    if (!text)
        return "";
    memcpy(text, bytes, (size_t)length);
    text[length] = '\0';
    return text;
}

static void take_shards(struct cursor *cursor, struct arena *arena, struct shard_plan *plan) {
    const size_t numbers = cursor->left / 8;
    cursor->failed |= cursor->left % 8 != 0 || plan->count == 0 || plan->count > SHARDS_MAX ||
                      numbers < plan->count || plan->trial_count != numbers - plan->count;
    if (!cursor->failed) {
        plan->seconds = ARENA_NEW(arena, double, plan->count);
        plan->shards = ARENA_NEW(arena, uint32_t, plan->trial_count + 1);
        cursor->failed = !plan->seconds || !plan->shards;
    }
    for (size_t i = 0; i < plan->count && !cursor->failed; i++)
        plan->seconds[i] = record_take_real(cursor);
    for (size_t i = 0; i < plan->trial_count && !cursor->failed; i++) {
        plan->shards[i] = (uint32_t)record_take_number(cursor);
        cursor->failed |= plan->shards[i] == 0 || plan->shards[i] > plan->count;
    }
}

static void take_array(struct cursor *cursor, struct dataset_array *array) {
    size_t *const numbers[] = {&array->rows, &array->columns, &array->channels, &array->classes};
    record_take_string(cursor, array->name, sizeof array->name);
    array->unit = record_take_real(cursor);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = (size_t)record_take_number(cursor);
    array->table = record_take_number(cursor) != 0;
    array->normalized = record_take_number(cursor) != 0;
    array->train.bytes = record_take_number(cursor) != 0 ? some_bytes : NULL;
    array->train.values = record_take_number(cursor) != 0 ? some_values : NULL;
}

static void take_dataset(struct cursor *cursor, struct arena *arena, struct dataset *data) {
    size_t *const numbers[] = {&data->rows,      &data->columns,      &data->channels,
                               &data->classes,   &data->target_width, &data->train.count,
                               &data->test.count};
    record_take_string(cursor, data->name, sizeof data->name);
    record_take_string(cursor, data->source, sizeof data->source);
    record_take_string(cursor, data->digest.hex, sizeof data->digest.hex);
    record_take_string(cursor, data->input_name, sizeof data->input_name);
    record_take_string(cursor, data->target_name, sizeof data->target_name);
    data->changes = take_text(cursor, arena);
    data->unit = record_take_real(cursor);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = (size_t)record_take_number(cursor);
    data->table = record_take_number(cursor) != 0;
    data->normalized = record_take_number(cursor) != 0;
    data->pictures = record_take_number(cursor) != 0;
    data->train.values = record_take_number(cursor) != 0 ? some_values : NULL;
    data->array_count = (size_t)record_take_number(cursor);
    cursor->failed |= data->array_count > DATASET_ARRAYS_MAX;
    for (size_t i = 0; i < data->array_count && !cursor->failed; i++)
        take_array(cursor, &data->arrays[i]);
}

static void take_datasets(struct cursor *cursor, struct arena *arena, struct dataset *first) {
    const size_t count = (size_t)record_take_number(cursor);
    struct dataset *at = first;
    take_dataset(cursor, arena, first);
    for (size_t i = 1; i < count && !cursor->failed; i++) {
        struct dataset *next = ARENA_NEW(arena, struct dataset, 1);
        cursor->failed = !next;
        if (!next)
            return;
        take_dataset(cursor, arena, next);
        at = at->next = next;
    }
    cursor->failed |= count == 0 || (count > 1 && datasets_join(first, NULL) != STATUS_OK);
}

static bool take(struct cursor *cursor, struct arena *arena, struct shard_plan *plan) {
    const char **const texts[] = {&plan->config_path, &plan->config_text, &plan->settings,
                                  &plan->warnings};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = take_text(cursor, arena);
    if (!cursor->failed)
        take_datasets(cursor, arena, &plan->dataset);
    record_take_string(cursor, plan->trials.hex, sizeof plan->trials.hex);
    plan->count = (size_t)record_take_number(cursor);
    plan->trial_count = (size_t)record_take_number(cursor);
    take_shards(cursor, arena, plan);
    return !cursor->failed;
}

enum status shard_plan_read(const char *path, struct arena *arena, struct shard_plan *plan,
                            bool *found, struct error *error) {
    char *bytes;
    size_t length, at = 0;
    struct cursor content;
    *plan = (struct shard_plan){0};
    *found = access(path, F_OK) == 0;
    if (!*found && errno == ENOENT)
        return STATUS_OK;
    enum status status = file_read(path, PLAN_BYTES_MAX, arena, &bytes, &length, error);
    if (status != STATUS_OK)
        return status;
    const bool whole = length > TITLE_BYTES && memcmp(bytes, title, TITLE_BYTES) == 0 &&
                       record_find(bytes + TITLE_BYTES, length - TITLE_BYTES, &at, &content) &&
                       take(&content, arena, plan);
    if (whole)
        return STATUS_OK;
    error_set(error, STATUS_INPUT,
              "is damaged, or another version's: remove it, and the tasks make it again; what they "
              "have trained stays");
    return error_place(error, path, 0, 0);
}

enum status shard_plan_check(const char *path, const struct shard_plan *plan,
                             const struct space *space, const struct dataset *dataset,
                             struct error *error) {
    if (strcmp(dataset_digests(&plan->dataset), dataset_digests(dataset)) != 0)
        error_set(
            error, STATUS_INPUT,
            "the shards here are of other data: %s from %.200s (digest %.12s), and this is "
            "%s from %.200s (digest %.12s); have all tasks use the same, or another --results",
            dataset_names(&plan->dataset), dataset_sources(&plan->dataset),
            plan->dataset.digest.hex, dataset_names(dataset), dataset_sources(dataset),
            dataset->digest.hex);
    else if (plan->trial_count != space->trial_count ||
             strcmp(plan->trials.hex, shard_plan_trials(space).hex) != 0)
        error_set(error, STATUS_INPUT,
                  "the shards here were planned by another version of sweep, whose trials have "
                  "other numbers; have all tasks use the same, or another --results");
    else
        return STATUS_OK;
    return error_place(error, path, 0, 0);
}
