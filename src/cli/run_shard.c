#include "cli/run_shard.h"

#include "base/path.h"
#include "cli/interruption.h"
#include "cli/run_campaign.h"
#include "cli/sharding.h"
#include "report/terminal.h"
#include "train/schedule.h"

#include <stdio.h>
#include <stdlib.h>

/* Room for the results to come is made for so much at most: those that don't find room are trained
 * again. */
#define ROOM_MAX ((size_t)4 << 20)

/* A task and its shard. */
struct task {
    struct run_status *run;
    const struct shard_request *request;
    struct command_description command;
    struct sharding sharding;
    struct shard_search search; /* of a config whose trials come step by step */
    struct shard *shard;
    bool *left_alone;
    size_t own, known, given_up; /* trials of the shard; those trained, and those left alone */
    struct plan plan;
};

static const struct preparation *prepared(const struct task *task) {
    return task->run->preparation;
}

/* Checkpoints of others' trials, and of those that failed, are not this shard's to remove. */
static void choose(struct task *task) {
    const struct shard_request *request = task->request;
    for (size_t i = 0; i < task->sharding.shards.trial_count; i++) {
        const bool own = task->sharding.shards.shards[i] == request->number;
        const bool given_up = !task->sharding.trained[i] && !request->retry_failed &&
                              task->sharding.failures[i] >= STORE_FAILURES_MAX;
        task->own += own && !(task->sharding.search && task->sharding.trained[i]);
        task->known += own && task->sharding.trained[i] && !task->sharding.search;
        task->given_up += own && given_up;
        task->sharding.wanted[i] = own && !task->sharding.trained[i] && !given_up;
        task->left_alone[i] = task->sharding.search ? !task->search.stopped[i] : !own || given_up;
    }
}

/* --- training --- */

/* Which weights the sweep keeps in the end no task can know: each keeps its own best ones. */
static bool wants_weights(void *context, const struct trial_result *result) {
    struct task *task = context;
    return result->parameters <= SHARD_MODEL_PARAMETERS_MAX &&
           model_policy_wants(&task->run->policy, result);
}

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct task *task = context;
    struct run_status *run = task->run;
    const struct config *config = &run->preparation->config;
    const struct delivery delivery = {.digest =
                                          run->preparation->space.trials[result->trial].digest.hex,
                                      .metric_count = config->metric_count,
                                      .metrics = config->metrics,
                                      .result = result};
    (void)error;
    if (result->outcome == TRIAL_FAILED && run->failed++ == 0)
        run->first_failed = result->error;
    run->ended += result->outcome != TRIAL_PAUSED;
    run->left -= result->outcome != TRIAL_FAILED;
    if (result->weights) {
        const struct setting *setting = run->preparation->space.trials[result->trial].setting;
        const struct model_shape shape =
            model_shape_of(setting_dataset(setting, &run->preparation->dataset));
        shard_put_model(task->shard, delivery.digest, result, &shape);
    }
    shard_put(task->shard, &delivery);
    if (run->preparation->quantity_count < 2)
        progress_note(&run->preparation->line, model_policy_score(config, result));
    return STATUS_OK;
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct task *task = context;
    struct run_status *run = task->run;
    const char *stopping = interruption_tell();
    const enum status status = run_note_fault(run, shard_commit(task->shard, error), error);
    run->seconds = progress->seconds;
    if (stopping)
        terminal_print(stderr, 2, "sweep: %s", stopping);
    run_status_print_notes(run);
    run_status_show_progress(run, progress);
    return status;
}

static void print_shard(const struct task *task) {
    const struct shard_request *request = task->request;
    if (prepared(task)->quiet)
        return;
    if (task->sharding.search)
        fprintf(stderr, "step %zu, ", task->search.step);
    fprintf(stderr, "shard %zu of %zu: %zu of %zu trials", request->number, request->count,
            task->own,
            task->sharding.search ? task->search.count : task->sharding.shards.trial_count);
    if (task->known > 0)
        fprintf(stderr, "; %zu trained already", task->known);
    if (task->given_up > 0)
        fprintf(stderr, "; %zu failed too often (--retry-failed tries again)", task->given_up);
    fputc('\n', stderr);
    if (task->sharding.other > 0)
        fprintf(stderr, "%zu result%s of another kind of processor %s not count\n",
                task->sharding.other, text_plural(task->sharding.other),
                task->sharding.other == 1 ? "does" : "do");
}

static enum status train(struct task *task, struct error *error) {
    struct run_status *run = task->run;
    const struct sink sink = {task, take_trial, take_tick, wants_weights, NULL};
    const struct plan *plan = &task->plan;
    size_t room = 0;
    for (size_t i = 0; i < task->sharding.shards.trial_count && room < ROOM_MAX; i++)
        if (task->sharding.wanted[i]) {
            const struct setting *setting = prepared(task)->space.trials[i].setting;
            room += spool_record_bytes((size_t)setting->values[HP_EPOCHS].integer,
                                       prepared(task)->config.metric_count);
        }
    enum status status = shard_begin(task->shard, &task->command, room, error);
    if (status != STATUS_OK)
        return status;
    run->path = arena_copy(&run->preparation->arena, shard_path(task->shard));
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
static enum status train_shard(struct task *task, struct error *error) {
    struct run_status *run = task->run;
    const struct plan_request request = {.wanted = task->sharding.wanted,
                                         .left_alone = task->left_alone,
                                         .limit = sharding_limit(&task->sharding),
                                         .checkpoints = run->checkpoints};
    if (task->own > task->known + task->given_up || checkpoints_exist(run->checkpoints)) {
        const enum status status = preparation_plan(run->preparation, request,
                                                    &run->preparation->arena, &task->plan, error);
        if (status != STATUS_OK)
            return status;
    }
    progress_end(&run->preparation->line);
    sharding_tell_others(&task->sharding);
    print_shard(task);
    if (task->plan.trial_count == 0)
        return STATUS_OK;
    enum status status = preparation_check_memory(run->preparation, &task->plan, false, error);
    if (status == STATUS_OK)
        status = train(task, error);
    /* A task of a search does not come to the sweep's end. */
    if (status == STATUS_OK && run->fault.code == STATUS_OK && task->sharding.search)
        return run_note_fault(run, shard_commit(task->shard, error), error);
    if (status == STATUS_OK && run->fault.code == STATUS_OK) {
        command_end(&task->command);
        status = run_note_fault(run, shard_finish(task->shard, &task->command, error), error);
    }
    return status;
}

/* --- all of it --- */

static enum status open_shard(struct task *task, struct error *error) {
    struct run_status *run = task->run;
    /* A step's shards go on with what others began. */
    char *path = shard_search_is(&prepared(task)->config)
                     ? shard_search_checkpoints(&task->sharding.id)
                     : shard_checkpoints(&task->sharding.id);
    bool unlocked = false;
    if (!path)
        return error_memory(error);
    enum status status = path_make_folder(path, error);
    if (status == STATUS_OK)
        status = shard_open(&task->sharding.id, &task->shard, &unlocked, error);
    if (status == STATUS_OK)
        status =
            checkpoints_open(path, task->request->checkpoint_seconds, &run->checkpoints, error);
    free(path);
    if (unlocked)
        terminal_remarks(stderr, "warning",
                         "no file can be locked in the folder of the results: see to it that no "
                         "two tasks train the same shard");
    return status;
}

/* Which results count has to be the same for all tasks of a search. */
static enum status refuse(const struct shard_request *request, const struct config *config,
                          struct error *error) {
    if (!shard_search_is(config) || (!request->same_arithmetic && !request->retry_failed))
        return STATUS_OK;
    error_set(
        error, STATUS_USAGE,
        "--%s is for grids: all tasks of a search or of trials that are stopped early have to "
        "go by the same results; leave it out",
        request->same_arithmetic ? "same-arithmetic" : "retry-failed");
    return error_place(error, config->path, 0, 0);
}

static enum status find_step(struct task *task, struct error *error) {
    struct preparation *preparation = task->run->preparation;
    task->search.folder = task->request->folder;
    task->search.config = &preparation->config;
    task->search.space = &preparation->space;
    task->sharding.search = &task->search;
    return shard_search_find(&task->search, error);
}

/* Trials that were stopped, and tasks that were killed, leave checkpoints behind. */
static enum status end_search(struct task *task, struct error *error) {
    struct run_status *run = task->run;
    const struct plan_request none = {.wanted = task->sharding.wanted,
                                      .checkpoints = run->checkpoints};
    enum status status = STATUS_OK;
    if (checkpoints_exist(run->checkpoints))
        status =
            preparation_plan(run->preparation, none, &run->preparation->arena, &task->plan, error);
    progress_end(&run->preparation->line);
    if (status == STATUS_OK && !run->preparation->quiet)
        fprintf(stderr, "the search is over after %zu steps; there is nothing to train\n",
                task->search.step);
    return status;
}

enum status run_shard(struct run_status *run, const struct shard_request *request,
                      struct error *error) {
    struct preparation *preparation = run->preparation;
    const struct config *config = &preparation->config;
    const struct sweep_request described = {.config = config,
                                            .dataset = &preparation->dataset,
                                            .jobs = (size_t)preparation->jobs,
                                            .arguments = run->command_line.data};
    struct task task = {.run = run, .request = request};
    task.sharding = (struct sharding){
        .preparation = preparation,
        .id = {request->folder, config->digest.hex, request->number, request->count},
        .command = &task.command,
        .policy = &run->policy,
        .same_arithmetic = request->same_arithmetic};
    run->path = request->folder;
    command_describe(&task.command, &described);
    enum status status = refuse(request, config, error);
    if (status == STATUS_OK)
        status = open_shard(&task, error);
    if (status == STATUS_OK && shard_search_is(config))
        status = find_step(&task, error);
    if (status == STATUS_OK)
        status = sharding_begin(&task.sharding, error);
    task.left_alone = ARENA_NEW(&preparation->arena, bool, preparation->space.trial_count + 1);
    if (status == STATUS_OK && !task.left_alone)
        status = error_memory(error);
    if (status == STATUS_OK)
        status = model_policy_init(&run->policy, config, &preparation->space, &preparation->arena,
                                   error);
    if (status == STATUS_OK)
        status = sharding_look(&task.sharding, error);
    if (status == STATUS_OK && task.search.over) {
        status = end_search(&task, error);
    } else if (status == STATUS_OK) {
        status = sharding_plan(&task.sharding, true, error);
        if (status == STATUS_OK) {
            choose(&task);
            status = train_shard(&task, error);
        }
    }
    run->lost = shard_pending(task.shard);
    shard_close(task.shard);
    sharding_end(&task.sharding);
    shard_search_end(&task.search);
    return status;
}
