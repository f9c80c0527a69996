#include "cli/sharding.h"

#include "base/path.h"
#include "report/terminal.h"
#include "store/shard.h"
#include "train/packing.h"
#include "train/trial_scores.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t sharding_limit(const struct sharding *sharding) {
    return sharding->search ? sharding->search->limit : 0;
}

enum status sharding_plan_untrained(struct sharding *sharding, size_t jobs, struct error *error) {
    struct preparation *preparation = sharding->preparation;
    for (size_t i = 0; i < preparation->space.trial_count; i++)
        sharding->wanted[i] = !sharding->trained[i];
    const struct plan_request request = {
        .wanted = sharding->wanted, .jobs = jobs, .limit = sharding_limit(sharding)};
    return preparation_plan(preparation, request, &preparation->arena, &sharding->whole, error);
}

/* How much longer than the mean the longest task may be for there to be no finer cut. */
#define UNEVEN 1.01

static enum status pack(struct sharding *sharding, struct error *error) {
    struct preparation *preparation = sharding->preparation;
    struct shard_plan *shards = &sharding->shards;
    shards->seconds = packing_make(&sharding->whole, shards->count, preparation->space.trial_count,
                                   shards->shards, &preparation->arena);
    return shards->seconds ? STATUS_OK : error_memory(error);
}

/* Whether there are tasks, and of about the same length. */
static bool is_even(const struct sharding *sharding) {
    const struct shard_plan *shards = &sharding->shards;
    bool even = shards->seconds != NULL;
    for (size_t i = 0; even && i < shards->count; i++)
        even = shards->seconds[i] * (double)shards->count <= sharding->whole.work * UNEVEN;
    return even;
}

/* What is trained already needs no time, so that the shards are about as long in what is left. A
 * plan for their number costs seconds where trials are many: one that is there may do. */
static enum status make_shards(struct sharding *sharding, struct error *error) {
    struct preparation *preparation = sharding->preparation;
    struct shard_plan *shards = &sharding->shards;
    enum status status = STATUS_OK;
    shard_plan_describe(shards, &preparation->config, &preparation->space, &preparation->dataset,
                        preparation->warnings.data);
    shards->count = sharding->id.count;
    shards->shards = ARENA_NEW(&preparation->arena, uint32_t, preparation->space.trial_count);
    if (!shards->shards)
        return error_memory(error);
    if (sharding->whole.slice_count > 0)
        status = pack(sharding, error);
    if (status != STATUS_OK || is_even(sharding))
        return status;
    status = sharding_plan_untrained(sharding, shards->count, error);
    return status == STATUS_OK ? pack(sharding, error) : status;
}

/* The plan that is there, which may be another task's, made meanwhile. */
enum status sharding_plan(struct sharding *sharding, bool write, struct error *error) {
    struct preparation *preparation = sharding->preparation;
    struct arena *arena = &preparation->arena;
    bool found = false;
    char *path = shard_plan_path(sharding->id.folder, sharding->id.config_digest,
                                 sharding->id.count, sharding->search ? sharding->search->step : 0);
    if (!path)
        return error_memory(error);
    enum status status = shard_plan_read(path, arena, &sharding->shards, &found, error);
    if (status == STATUS_OK && !found) {
        status = make_shards(sharding, error);
        if (status == STATUS_OK && write)
            status = shard_plan_write(path, &sharding->shards, error);
        if (status == STATUS_OK && write)
            status = shard_plan_read(path, arena, &sharding->shards, &found, error);
    }
    if (status == STATUS_OK)
        status = shard_plan_check(path, &sharding->shards, &preparation->space,
                                  &preparation->dataset, error);
    free(path);
    return status;
}

void sharding_tell_others(const struct sharding *sharding) {
    const size_t count = sharding->search ? 0 : shard_other_checkpoints(&sharding->id);
    if (count > 0)
        terminal_print(stderr, 2,
                       "warning: what tasks of %zu shards have not finished begins anew in %zu: "
                       "`--shard I/%zu` goes on from the checkpoints that are in %s",
                       count, sharding->id.count, count, sharding->id.folder);
}

static bool is_same_arithmetic(const struct sharding *sharding, const char *const *command) {
    static const int kind[] = {SPOOL_COMMAND_CPU, SPOOL_COMMAND_OPENBLAS, SPOOL_COMMAND_CORE};
    bool same = command != NULL;
    for (size_t i = 0; same && i < sizeof kind / sizeof *kind; i++)
        same = strcmp(command[kind[i]], sharding->command->texts[kind[i]]) == 0;
    return same;
}

/* Whether the result has all that the config asks for. */
static bool is_complete(const struct config *config, const struct delivery *delivery) {
    if (delivery->result->outcome == TRIAL_DIVERGED)
        return true;
    bool complete = delivery->result->outcome == TRIAL_COMPLETED;
    for (size_t i = 0; complete && i < config->metric_count; i++) {
        size_t j = 0;
        while (j < delivery->metric_count && delivery->metrics[j] != config->metrics[i])
            j++;
        complete = j < delivery->metric_count;
    }
    return complete;
}

/* Trials that were trained earlier compete with those to come for whose weights are kept. */
static void note_trained(const struct sharding *sharding, size_t trial,
                         const struct delivery *delivery) {
    const struct trial_scores scores = {delivery->result, delivery->metric_count,
                                        delivery->metrics};
    if (sharding->policy && delivery->result->outcome == TRIAL_COMPLETED)
        model_policy_know(sharding->policy, trial,
                          trial_score(&scores, &sharding->preparation->config.score, 0));
}

static enum status note_result(void *context, const struct delivery *delivery,
                               struct error *error) {
    struct sharding *sharding = context;
    bool is_new = false;
    (void)error;
    const size_t trial =
        intern_number(&sharding->digests, delivery->digest, strlen(delivery->digest), &is_new);
    if (is_new || trial >= sharding->preparation->space.trial_count)
        return STATUS_OK;
    if (sharding->same_arithmetic && !is_same_arithmetic(sharding, delivery->command)) {
        sharding->other++;
        return STATUS_OK;
    }
    if (!sharding->trained[trial] && is_complete(&sharding->preparation->config, delivery)) {
        sharding->trained[trial] = true;
        note_trained(sharding, trial, delivery);
    }
    sharding->failures[trial] += delivery->result->outcome == TRIAL_FAILED;
    return STATUS_OK;
}

/* A file that can't be read, or has parts that can't, costs their training. */
static void tell_damaged(const char *path) {
    terminal_print(stderr, 2, "sweep: %s: a part of it is damaged; what that had is trained again",
                   path);
}

/* Of a search nothing is to be trained but what its step lacks. */
static void take_search(struct sharding *sharding) {
    struct shard_search *search = sharding->search;
    const struct space *space = &sharding->preparation->space;
    for (size_t i = 0; i < space->trial_count; i++) {
        const struct shard_result *result =
            shard_results_find(&search->results, space->trials[i].digest.hex);
        sharding->trained[i] = true;
        if (result && result->delivery.digest)
            note_trained(sharding, i, &result->delivery);
    }
    for (size_t i = 0; i < search->count; i++)
        sharding->trained[search->trials[i]] = false;
    if (search->results.damaged > 0)
        tell_damaged(search->results.damaged_path);
}

/* What is there already: all but other shards of the same plan, which have none of this one's
 * trials. Those that were written before the plan was made may be of an earlier one. */
enum status sharding_look(struct sharding *sharding, struct error *error) {
    const struct shard_id *id = &sharding->id;
    struct shard_contents contents;
    struct shard_file *files;
    struct arena names, records;
    size_t count;
    if (sharding->search) {
        take_search(sharding);
        return STATUS_OK;
    }
    char *plan = shard_plan_path(id->folder, id->config_digest, id->count, 0);
    const int64_t planned_at = plan ? path_changed_at(plan) : 0;
    free(plan);
    arena_init(&names);
    arena_init(&records);
    enum status status =
        shard_list(id->folder, id->config_digest, SHARD_RESULTS, &names, &files, &count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (id->number > 0 && files[i].count == id->count && files[i].number != id->number &&
            planned_at > 0 && path_changed_at(files[i].path) >= planned_at)
            continue;
        arena_reset(&records);
        status = shard_read(files[i].path, &records, note_result, sharding, &contents, error);
        if (status == STATUS_OK && contents.damaged)
            tell_damaged(files[i].path);
    }
    arena_release(&names);
    arena_release(&records);
    return status == STATUS_OK && sharding->digests.failed ? error_memory(error) : status;
}

enum status sharding_begin(struct sharding *sharding, struct error *error) {
    const struct space *space = &sharding->preparation->space;
    struct arena *arena = &sharding->preparation->arena;
    intern_init(&sharding->digests);
    sharding->trained = ARENA_NEW(arena, bool, space->trial_count + 1);
    sharding->wanted = ARENA_NEW(arena, bool, space->trial_count + 1);
    sharding->failures = ARENA_NEW(arena, unsigned, space->trial_count + 1);
    for (size_t i = 0; i < space->trial_count; i++)
        intern_number(&sharding->digests, space->trials[i].digest.hex, DIGEST_LENGTH, NULL);
    return arena->failed || sharding->digests.failed ? error_memory(error) : STATUS_OK;
}

void sharding_end(struct sharding *sharding) {
    intern_release(&sharding->digests);
}

bool sharding_folder_is_there(const struct sharding *sharding) {
    return access(sharding->id.folder, F_OK) == 0;
}
