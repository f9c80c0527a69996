#include "store/shard_results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool reserve(struct shard_results *results, size_t number) {
    if (number < results->capacity)
        return true;
    const size_t capacity = 2 * number + 64;
    struct shard_result *items = realloc(results->items, capacity * sizeof *items);
    if (!items)
        return false;
    for (size_t i = results->capacity; i < capacity; i++)
        items[i] = (struct shard_result){0};
    results->items = items;
    results->capacity = capacity;
    return true;
}

/* A result says more than a state on the way there, and of two states the later one. Of equals the
 * first stays. */
static bool says_more(const struct trial_result *result, const struct trial_result *known) {
    if (!known || known->outcome != TRIAL_PAUSED)
        return !known;
    return result->outcome != TRIAL_PAUSED || result->epochs > known->epochs;
}

/* Whether the scores are the config's, in its order. */
static bool is_of_config(const struct config *config, const struct delivery *delivery) {
    bool same = delivery->metric_count == config->metric_count;
    for (size_t i = 0; same && i < config->metric_count; i++)
        same = delivery->metrics[i] == config->metrics[i];
    return same;
}

static enum status take(void *context, const struct delivery *delivery, struct error *error) {
    struct shard_results *results = context;
    const size_t number =
        intern_number(&results->digests, delivery->digest, strlen(delivery->digest), NULL);
    if (results->digests.failed || !reserve(results, number))
        return error_memory(error);
    struct shard_result *known = &results->items[number];
    if (delivery->result->outcome == TRIAL_FAILED) {
        struct delivery *failure = ARENA_NEW(&results->arena, struct delivery, 1);
        if (!failure)
            return error_memory(error);
        *failure = *delivery;
        known->failure = failure;
    } else if (is_of_config(results->config, delivery) &&
               says_more(delivery->result, known->delivery.result)) {
        known->delivery = *delivery;
    }
    return STATUS_OK;
}

enum status shard_results_read(const char *folder, const struct config *config,
                               struct shard_results *results, struct error *error) {
    struct shard_contents contents;
    struct shard_file *files;
    size_t count;
    *results = (struct shard_results){.config = config};
    arena_init(&results->arena);
    intern_init(&results->digests);
    if (access(folder, F_OK) != 0 && errno == ENOENT)
        return STATUS_OK;
    enum status status = shard_list(folder, config->digest.hex, SHARD_RESULTS, &results->arena,
                                    &files, &count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = shard_read(files[i].path, &results->arena, take, results, &contents, error);
        if (status == STATUS_OK && contents.damaged && results->damaged++ == 0)
            results->damaged_path = files[i].path;
    }
    return status;
}

void shard_results_release(struct shard_results *results) {
    arena_release(&results->arena);
    intern_release(&results->digests);
    free(results->items);
}

const struct shard_result *shard_results_find(struct shard_results *results, const char *digest) {
    const size_t number = intern_number(&results->digests, digest, DIGEST_LENGTH, NULL);
    const struct shard_result *item =
        number < results->capacity && !results->digests.failed ? &results->items[number] : NULL;
    return item && (item->delivery.digest || item->failure) ? item : NULL;
}
