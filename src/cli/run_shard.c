#include "cli/run_shard.h"

#include "base/intern.h"
#include "base/path.h"
#include "cli/interruption.h"
#include "cli/run_campaign.h"
#include "report/terminal.h"
#include "store/shard.h"
#include "store/shard_plan.h"
#include "train/packing.h"
#include "train/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for the results to come is made for so much at most: those that don't find room are trained
 * again. */
#define ROOM_MAX ((size_t)4 << 20)

struct sharding {
    struct run_status *run;
    const struct shard_request *request;
    struct shard_id id;
    struct command_description command;
    struct shard_plan shards;
    struct shard *shard;
    struct intern digests; /* of the trials, by their numbers */
    bool *trained, *wanted, *left_alone;
    unsigned *failures;
    size_t own, known, given_up; /* trials of the shard; those trained, and those left alone */
    size_t other;                /* results of another arithmetic */
    struct plan plan;
};

static const struct preparation *prepared(const struct sharding *sharding) {
    return sharding->run->preparation;
}

/* --- which trials --- */

/* What is trained already needs no time, so that the shards are about as long in what is left. */
static enum status make_shards(struct sharding *sharding, const char *path, struct error *error) {
    struct preparation *preparation = sharding->run->preparation;
    const size_t count = sharding->request->count, trials = preparation->space.trial_count;
    struct shard_plan *shards = &sharding->shards;
    struct plan whole;
    for (size_t i = 0; i < trials; i++)
        sharding->wanted[i] = !sharding->trained[i];
    const struct plan_request request = {.wanted = sharding->wanted, .jobs = count};
    shard_plan_describe(shards, &preparation->config, &preparation->space, &preparation->dataset,
                        preparation->warnings.data);
    shards->count = count;
    shards->shards = ARENA_NEW(&preparation->arena, uint32_t, trials);
    if (!shards->shards)
        return error_memory(error);
    enum status status = preparation_plan(preparation, request, &preparation->arena, &whole, error);
    if (status == STATUS_OK)
        status = packing_make(&whole, count, trials, shards->shards, &shards->seconds, error);
    return status == STATUS_OK ? shard_plan_write(path, shards, error) : status;
}

/* The plan that is there, which may be another task's, made meanwhile. */
static enum status find_shards(struct sharding *sharding, struct error *error) {
    struct preparation *preparation = sharding->run->preparation;
    struct arena *arena = &preparation->arena;
    bool found = false;
    char *path =
        shard_plan_path(sharding->id.folder, sharding->id.config_digest, sharding->id.count);
    if (!path)
        return error_memory(error);
    enum status status = shard_plan_read(path, arena, &sharding->shards, &found, error);
    if (status == STATUS_OK && !found) {
        status = make_shards(sharding, path, error);
        if (status == STATUS_OK)
            status = shard_plan_read(path, arena, &sharding->shards, &found, error);
    }
    if (status == STATUS_OK)
        status = shard_plan_check(path, &sharding->shards, &preparation->space,
                                  &preparation->dataset, error);
    free(path);
    return status;
}

static bool is_same_arithmetic(const struct sharding *sharding, const char *const *command) {
    static const int kind[] = {SPOOL_COMMAND_CPU, SPOOL_COMMAND_OPENBLAS, SPOOL_COMMAND_CORE};
    bool same = command != NULL;
    for (size_t i = 0; same && i < sizeof kind / sizeof *kind; i++)
        same = strcmp(command[kind[i]], sharding->command.texts[kind[i]]) == 0;
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

static enum status note_result(void *context, const struct delivery *delivery,
                               struct error *error) {
    struct sharding *sharding = context;
    bool is_new = false;
    (void)error;
    const size_t trial =
        intern_number(&sharding->digests, delivery->digest, strlen(delivery->digest), &is_new);
    if (is_new || trial >= prepared(sharding)->space.trial_count)
        return STATUS_OK;
    if (sharding->request->same_arithmetic && !is_same_arithmetic(sharding, delivery->command)) {
        sharding->other++;
        return STATUS_OK;
    }
    sharding->trained[trial] |= is_complete(&prepared(sharding)->config, delivery);
    sharding->failures[trial] += delivery->result->outcome == TRIAL_FAILED;
    return STATUS_OK;
}

/* A file that can't be read, or has parts that can't, costs their training. */
static void tell_damage(const struct shard_file *file, const struct shard_contents *contents) {
    if (contents->damaged)
        terminal_print(stderr, 2,
                       "sweep: %s: a part of it is damaged; what that had is trained again",
                       file->path);
}

/* What is there already: all but other shards of the same plan, which have none of this one's
 * trials. */
static enum status look_at_results(struct sharding *sharding, struct error *error) {
    const struct shard_id *id = &sharding->id;
    struct shard_contents contents;
    struct shard_file *files;
    struct arena names, records;
    size_t count;
    arena_init(&names);
    arena_init(&records);
    enum status status = shard_list(id->folder, id->config_digest, &names, &files, &count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (files[i].count == id->count && files[i].number != id->number)
            continue;
        arena_reset(&records);
        status = shard_read(files[i].path, &records, note_result, sharding, &contents, error);
        if (status == STATUS_OK)
            tell_damage(&files[i], &contents);
    }
    arena_release(&names);
    arena_release(&records);
    return status == STATUS_OK && sharding->digests.failed ? error_memory(error) : status;
}

/* Checkpoints of others' trials, and of those that failed, are not this shard's to remove. */
static void choose(struct sharding *sharding) {
    const struct shard_request *request = sharding->request;
    for (size_t i = 0; i < sharding->shards.trial_count; i++) {
        const bool own = sharding->shards.shards[i] == request->number;
        const bool given_up = !sharding->trained[i] && !request->retry_failed &&
                              sharding->failures[i] >= STORE_FAILURES_MAX;
        sharding->own += own;
        sharding->known += own && sharding->trained[i];
        sharding->given_up += own && given_up;
        sharding->wanted[i] = own && !sharding->trained[i] && !given_up;
        sharding->left_alone[i] = !own || given_up;
    }
}

/* --- training --- */

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct sharding *sharding = context;
    struct run_status *run = sharding->run;
    const struct config *config = &run->preparation->config;
    const struct delivery delivery = {.digest =
                                          run->preparation->space.trials[result->trial].digest.hex,
                                      .metric_count = config->metric_count,
                                      .metrics = config->metrics,
                                      .result = result};
    (void)error;
    if (result->outcome == TRIAL_FAILED && run->failed++ == 0)
        run->first_failed = result->error;
    run->ended++;
    run->left -= result->outcome != TRIAL_FAILED;
    shard_put(sharding->shard, &delivery);
    if (run->preparation->quantity_count < 2)
        progress_note(&run->preparation->line, model_policy_score(config, result));
    return STATUS_OK;
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct sharding *sharding = context;
    struct run_status *run = sharding->run;
    const char *stopping = interruption_tell();
    const enum status status = run_note_fault(run, shard_commit(sharding->shard, error), error);
    run->seconds = progress->seconds;
    if (stopping)
        terminal_print(stderr, 2, "sweep: %s", stopping);
    run_status_print_notes(run);
    run_status_show_progress(run, progress);
    return status;
}

static void print_shard(const struct sharding *sharding) {
    const struct shard_request *request = sharding->request;
    if (prepared(sharding)->quiet)
        return;
    fprintf(stderr, "shard %zu of %zu: %zu of %zu trials", request->number, request->count,
            sharding->own, sharding->shards.trial_count);
    if (sharding->known > 0)
        fprintf(stderr, "; %zu trained already", sharding->known);
    if (sharding->given_up > 0)
        fprintf(stderr, "; %zu failed too often (--retry-failed tries again)", sharding->given_up);
    fputc('\n', stderr);
    if (sharding->other > 0)
        fprintf(stderr, "%zu result%s of another kind of processor %s not count\n", sharding->other,
                text_plural(sharding->other), sharding->other == 1 ? "does" : "do");
}

static enum status train(struct sharding *sharding, struct error *error) {
    struct run_status *run = sharding->run;
    const struct sink sink = {sharding, take_trial, take_tick, NULL};
    const struct plan *plan = &sharding->plan;
    size_t room = 0;
    for (size_t i = 0; i < sharding->shards.trial_count && room < ROOM_MAX; i++)
        if (sharding->wanted[i]) {
            const struct setting *setting = prepared(sharding)->space.trials[i].setting;
            room += spool_record_bytes((size_t)setting->values[HP_EPOCHS].integer,
                                       prepared(sharding)->config.metric_count);
        }
    enum status status = shard_begin(sharding->shard, &sharding->command, room, error);
    if (status != STATUS_OK)
        return status;
    run->path = arena_copy(&run->preparation->arena, shard_path(sharding->shard));
    if (!run->path)
        return error_memory(error);
    run->left = plan->trial_count;
    run_status_print_runs(run, plan);
    run_status_print_notes(run);
    status = schedule_run(plan, interruption_requested(), &sink, error);
    run->kept = plan_kept(plan);
    progress_end(&run->preparation->line);
    run_status_print_notes(run);
    if (status == STATUS_OK)
        run_status_print_time(run, plan);
    return status;
}

/* Trials that need not be trained leave checkpoints behind if the task was killed before it removed
 * them; a plan of none has that done. */
static enum status train_shard(struct sharding *sharding, struct error *error) {
    struct run_status *run = sharding->run;
    const struct plan_request request = {.wanted = sharding->wanted,
                                         .left_alone = sharding->left_alone,
                                         .checkpoints = run->checkpoints};
    if (sharding->own > sharding->known + sharding->given_up ||
        checkpoints_exist(run->checkpoints)) {
        const enum status status = preparation_plan(
            run->preparation, request, &run->preparation->arena, &sharding->plan, error);
        if (status != STATUS_OK)
            return status;
    }
    progress_end(&run->preparation->line);
    print_shard(sharding);
    if (sharding->plan.trial_count == 0)
        return STATUS_OK;
    enum status status = train(sharding, error);
    if (status == STATUS_OK && run->fault.code == STATUS_OK) {
        command_end(&sharding->command);
        status =
            run_note_fault(run, shard_finish(sharding->shard, &sharding->command, error), error);
    }
    return status;
}

/* --- all of it --- */

static enum status open_shard(struct sharding *sharding, struct error *error) {
    struct run_status *run = sharding->run;
    char *path = shard_checkpoints(&sharding->id);
    bool unlocked = false;
    if (!path)
        return error_memory(error);
    enum status status = path_make_folder(path, error);
    if (status == STATUS_OK)
        status = shard_open(&sharding->id, &sharding->shard, &unlocked, error);
    if (status == STATUS_OK)
        status =
            checkpoints_open(path, sharding->request->checkpoint_seconds, &run->checkpoints, error);
    free(path);
    if (unlocked)
        terminal_remarks(stderr, "warning",
                         "no file can be locked in the folder of the results: see to it that no "
                         "two tasks train the same shard");
    return status;
}

static enum status make_marks(struct sharding *sharding, struct error *error) {
    const struct space *space = &prepared(sharding)->space;
    struct arena *arena = &sharding->run->preparation->arena;
    sharding->trained = ARENA_NEW(arena, bool, space->trial_count);
    sharding->wanted = ARENA_NEW(arena, bool, space->trial_count);
    sharding->left_alone = ARENA_NEW(arena, bool, space->trial_count);
    sharding->failures = ARENA_NEW(arena, unsigned, space->trial_count);
    for (size_t i = 0; i < space->trial_count; i++)
        intern_number(&sharding->digests, space->trials[i].digest.hex, DIGEST_LENGTH, NULL);
    return arena->failed || sharding->digests.failed ? error_memory(error) : STATUS_OK;
}

enum status run_shard(struct run_status *run, const struct shard_request *request,
                      struct error *error) {
    struct preparation *preparation = run->preparation;
    const struct config *config = &preparation->config;
    const struct sweep_request described = {.config = config,
                                            .dataset = &preparation->dataset,
                                            .jobs = (size_t)preparation->jobs,
                                            .arguments = run->command_line.data};
    struct sharding sharding = {
        .run = run,
        .request = request,
        .id = {request->folder, config->digest.hex, request->number, request->count}};
    if (!forecast_is_whole(config)) {
        error_set(
            error, STATUS_INPUT,
            "--shard is for grids without early_terminate or a budget of epochs or seconds: a "
            "search chooses by the results of all tasks; leave out --shard");
        return error_place(error, config->path, 0, 0);
    }
    run->path = request->folder;
    command_describe(&sharding.command, &described);
    intern_init(&sharding.digests);
    enum status status = open_shard(&sharding, error);
    if (status == STATUS_OK)
        status = make_marks(&sharding, error);
    if (status == STATUS_OK)
        status = look_at_results(&sharding, error);
    if (status == STATUS_OK)
        status = find_shards(&sharding, error);
    if (status == STATUS_OK) {
        choose(&sharding);
        status = train_shard(&sharding, error);
    }
    run->lost = shard_pending(sharding.shard);
    shard_close(sharding.shard);
    intern_release(&sharding.digests);
    return status;
}
