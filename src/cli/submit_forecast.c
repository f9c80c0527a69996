#include "cli/submit_forecast.h"

#include "report/progress.h"
#include "store/shard_models.h"
#include "store/spool.h"
#include "train/checkpoint.h"
#include "train/loads.h"
#include "train/model_policy.h"

#include <math.h>
#include <stdio.h>

/* What a task takes before it trains: to be started by the batch system and to read the data, and
 * to make the whole grid, of which it trains its shard. Both are estimates, on the high side. */
#define START_SECONDS 15
#define START_SECONDS_PER_TRIAL 1e-5

/* So many files, of so many bytes in all. */
struct amount {
    size_t count;
    double bytes;
};

static double start_seconds(const struct submit_forecast *forecast) {
    return START_SECONDS +
           ceil((double)forecast->sharding->shards.trial_count * START_SECONDS_PER_TRIAL);
}

/* --- the shared folder --- */

static bool is_trained_now(const struct submit_forecast *forecast, size_t trial) {
    const struct sharding *sharding = forecast->sharding;
    return !sharding->trained[trial] && forecast->lacks[sharding->shards.shards[trial]] > 0;
}

static struct amount results_of(const struct submit_forecast *forecast) {
    const struct preparation *preparation = forecast->sharding->preparation;
    struct amount results = {0, 0};
    for (size_t i = 0; i < preparation->space.trial_count; i++) {
        const struct setting *setting = preparation->space.trials[i].setting;
        if (!is_trained_now(forecast, i))
            continue;
        results.count++;
        results.bytes += (double)spool_record_bytes((size_t)setting->values[HP_EPOCHS].integer,
                                                    preparation->config.metric_count);
    }
    return results;
}

/* Each is of all runs of a slice that are not at their end. */
static struct amount checkpoints_of(const struct submit_forecast *forecast) {
    const struct sharding *sharding = forecast->sharding;
    const struct plan *plan = &sharding->whole;
    struct checkpoint_identity identity;
    struct amount checkpoints = {0, 0};
    checkpoint_identify(&identity);
    for (size_t i = 0; i < plan->slice_count; i++) {
        const struct cohort *slice = &plan->slices[i];
        for (size_t j = 0; j < slice->run_count; j++) {
            const struct run *run = slice->runs[j];
            const size_t epochs = run_end(run);
            if (!is_trained_now(forecast, run->milestones[0].trial))
                continue;
            const size_t count =
                checkpoints_expected(forecast->checkpoint_seconds, epochs, plan->slice_seconds[i]);
            checkpoints.count += count;
            checkpoints.bytes +=
                (double)(count * checkpoint_bytes(&identity, run, slice->metric_count));
        }
    }
    return checkpoints;
}

/* How many of so many results, in any order, are among the best ones when they come. */
static double candidates_of(size_t trials) {
    const double kept = MODEL_POLICY_CANDIDATES, all = (double)trials;
    return all <= kept ? all : kept * (1 + log(all / kept));
}

/* Each task keeps those of its own best ones; of several quantities more. */
static enum status weights_of(const struct submit_forecast *forecast, struct amount *weights,
                              struct error *error) {
    const struct sharding *sharding = forecast->sharding;
    const struct plan *plan = &sharding->whole;
    const enum keep_models keep = sharding->preparation->config.keep_models;
    struct amount *tasks =
        ARENA_NEW(&sharding->preparation->arena, struct amount, sharding->shards.count + 1);
    *weights = (struct amount){0, 0};
    if (!tasks)
        return error_memory(error);
    for (size_t i = 0; i < plan->run_count; i++) {
        const struct run *run = &plan->runs[i];
        for (size_t j = 0; j < run->milestone_count; j++) {
            const size_t trial = run->milestones[j].trial;
            struct amount *task = &tasks[sharding->shards.shards[trial]];
            if (!is_trained_now(forecast, trial))
                continue;
            task->count++;
            task->bytes += (double)shard_models_record_bytes(network_parameter_count(run->network));
        }
    }
    for (size_t i = 1; i <= sharding->shards.count && keep != KEEP_NONE; i++) {
        const double all = (double)tasks[i].count;
        const double kept = keep == KEEP_ALL ? all : candidates_of(tasks[i].count);
        weights->count += (size_t)lrint(kept);
        weights->bytes += all > 0 ? tasks[i].bytes / all * kept : 0;
    }
    return STATUS_OK;
}

static double print_amount(const char *what, struct amount amount) {
    const double each = amount.count > 0 ? amount.bytes / (double)amount.count : 0;
    printf("%-20s  %9zu  %10.0f  %10.1f MB\n", what, amount.count, each, amount.bytes / 1e6);
    return amount.bytes;
}

/* Bytes of all tasks. */
static enum status print_traffic(const struct submit_forecast *forecast, double *bytes,
                                 struct error *error) {
    const struct amount plans = {forecast->tasks,
                                 (double)shard_plan_bytes(&forecast->sharding->shards) *
                                     (double)forecast->tasks};
    struct amount weights;
    const enum status status = weights_of(forecast, &weights, error);
    if (status != STATUS_OK)
        return status;
    printf("\nshared folder             count  bytes each         all\n");
    *bytes = print_amount("results, written", results_of(forecast));
    *bytes += print_amount("weights, written", weights);
    *bytes += print_amount("checkpoints, written", checkpoints_of(forecast));
    *bytes += print_amount("the plan, read", plans);
    return STATUS_OK;
}

/* --- nodes --- */

/* What the tasks take on so many nodes, each of which takes the next task as it becomes free. */
static double makespan(const struct submit_forecast *forecast, struct loads *nodes) {
    const struct shard_plan *shards = &forecast->sharding->shards;
    double end = 0;
    for (size_t i = 1; i <= shards->count; i++) {
        if (forecast->lacks[i] == 0)
            continue;
        const size_t node = loads_add(
            nodes, start_seconds(forecast) + shards->seconds[i - 1] / (double)forecast->threads);
        end = fmax(end, nodes->seconds[node]);
    }
    return end;
}

static enum status print_nodes(const struct submit_forecast *forecast, double bytes,
                               struct error *error) {
    static const size_t nodes[] = {1, 10, 100, 1000};
    const struct shard_plan *shards = &forecast->sharding->shards;
    double work = 0;
    for (size_t i = 1; i <= shards->count; i++)
        if (forecast->lacks[i] > 0)
            work += shards->seconds[i - 1] / (double)forecast->threads;
    printf("\nnodes  predicted end  efficiency  shared folder\n");
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        struct loads loads;
        char duration[32];
        if (!loads_init(&loads, nodes[i], &forecast->sharding->preparation->arena))
            return error_memory(error);
        const double end = makespan(forecast, &loads);
        printf("%5zu  %13s  %10.2f  %8.2f MB/s\n", nodes[i],
               progress_duration(end, duration, sizeof duration), work / (end * (double)nodes[i]),
               bytes / end / 1e6);
    }
    printf("\nA task is taken to start in %.0f s, a node to train one task at a time; efficiency: "
           "the work\nagainst what the nodes take. More than %zu nodes have nothing to do. Every "
           "%.0f s\n(--checkpoint-seconds) the state of what takes more than twice that is kept.\n",
           start_seconds(forecast), forecast->tasks, forecast->checkpoint_seconds);
    return STATUS_OK;
}

enum status submit_forecast_print(const struct submit_forecast *forecast, struct error *error) {
    struct sharding *sharding = forecast->sharding;
    enum status status = STATUS_OK;
    double bytes = 0;
    if (sharding->whole.slice_count == 0)
        status = sharding_plan_untrained(sharding, sharding->shards.count, error);
    progress_end(&sharding->preparation->line);
    if (status == STATUS_OK)
        status = print_traffic(forecast, &bytes, error);
    return status == STATUS_OK ? print_nodes(forecast, bytes, error) : status;
}
