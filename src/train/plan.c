#include "train/plan.h"

#include "base/stage.h"
#include "math/gemm.h"
#include "train/cost.h"
#include "train/slices.h"

#include <stdlib.h>
#include <string.h>

/* What a trial takes beside its images: to set up its network, and above all to be stored, one
 * after the other whatever the number of threads. Measured on 19,800 and 99,000 trials of 30
 * images. */
#define SECONDS_PER_TRIAL 6e-5

/* One trial on its way into the plan. */
struct keyed_trial {
    size_t trial;
    int64_t epochs;
    struct digest stream, run; /* equal: same cohort, same run */
};

static bool in_stream(const struct hyperparameter *hyperparameter) {
    return hyperparameter->part == PART_STREAM || hyperparameter->part == PART_EVALUATION;
}

static bool in_run(const struct hyperparameter *hyperparameter) {
    return hyperparameter->part != PART_LENGTH;
}

static int compare_runs(const void *left, const void *right) {
    const struct keyed_trial *a = left, *b = right;
    const int order = strcmp(a->stream.hex, b->stream.hex);
    return order ? order : strcmp(a->run.hex, b->run.hex);
}

static int compare_keyed_trials(const void *left, const void *right) {
    const struct keyed_trial *a = left, *b = right;
    const int order = compare_runs(left, right);
    return order ? order : (a->epochs > b->epochs) - (a->epochs < b->epochs);
}

static struct digest key_of(const struct trial *trial,
                            bool (*wanted)(const struct hyperparameter *), struct text *text,
                            bool *failed) {
    text_clear(text);
    text_printf(text, "seed=%llu\n", (unsigned long long)trial->seed);
    setting_append(trial->setting, wanted, text);
    *failed |= text->failed;
    return digest_of_bytes(text->data, text->length);
}

static struct keyed_trial key_trial(const struct space *space, size_t trial, struct text *text,
                                    bool *failed) {
    const struct trial *about = &space->trials[trial];
    return (struct keyed_trial){.trial = trial,
                                .epochs = about->setting->values[HP_EPOCHS].integer,
                                .stream = key_of(about, in_stream, text, failed),
                                .run = key_of(about, in_run, text, failed)};
}

/* The trials that are wanted, NULL for all, run by run. */
static enum status collect(const struct space *space, const bool *wanted, struct arena *arena,
                           struct keyed_trial **keyed, size_t *count, struct error *error) {
    struct text text;
    bool failed = false;
    text_init(&text);
    *count = 0;
    *keyed = ARENA_NEW(arena, struct keyed_trial, space->trial_count);
    if (!*keyed)
        return error_memory(error);
    for (size_t i = 0; i < space->trial_count; i++)
        if (!wanted || wanted[i])
            (*keyed)[(*count)++] = key_trial(space, i, &text, &failed);
    text_release(&text);
    if (failed)
        return error_memory(error);
    qsort(*keyed, *count, sizeof **keyed, compare_keyed_trials);
    return STATUS_OK;
}

/* Those at the same epoch together, so that none has to wait for others. Longest first, so that a
 * slice's runs drop out one after the other at its end; then those with the same optimizer
 * together, whose columns then share blocks of the panel. */
static int compare_members(const void *left, const void *right) {
    const struct run *a = left, *b = right;
    const size_t i = run_start(a), j = run_start(b);
    const size_t x = run_epochs(a), y = run_epochs(b);
    const ptrdiff_t optimizer = a->network.optimizer - b->network.optimizer;
    if (i != j)
        return (i > j) - (i < j);
    return x != y ? (x < y) - (x > y) : (optimizer > 0) - (optimizer < 0);
}

struct planning {
    const struct config *config;
    const struct space *space;
    const struct dataset *dataset;
    struct arena *arena;
    struct plan *plan;
    struct keyed_trial *keyed;
    size_t item_count;
    struct checkpoint_slots *slots; /* of each trial's run, at the run's first; NULL: none */
    struct cohort *cohorts;         /* whole */
    struct costs *costs;
};

static size_t count_changes(const struct keyed_trial *keyed, size_t count, bool runs) {
    size_t changes = count > 0;
    for (size_t i = 1; i < count; i++) {
        bool same = strcmp(keyed[i].stream.hex, keyed[i - 1].stream.hex) == 0 &&
                    (!runs || strcmp(keyed[i].run.hex, keyed[i - 1].run.hex) == 0);
        changes += !same;
    }
    return changes;
}

/* What a run's states are kept under: all that its numbers, and what is recorded of them, depend
 * on. */
static struct checkpoint_slots slots_of(const struct planning *planning,
                                        const struct keyed_trial *key, struct text *text) {
    const struct config *config = planning->config;
    text_clear(text);
    text_printf(text, "run=%s\ndataset=%s\narithmetic=%d\n", key->run.hex,
                planning->dataset->digest.hex, ARITHMETIC_VERSION);
    for (size_t i = 0; i < config->metric_count; i++)
        text_printf(text, "metric=%s\n", config->metrics[i]->name);
    return (struct checkpoint_slots){.run = digest_of_bytes(text->data, text->length),
                                     .metric_count = config->metric_count};
}

static enum status make_slots(struct planning *planning, struct error *error) {
    struct text text;
    if (!planning->plan->checkpoints)
        return STATUS_OK;
    planning->slots = ARENA_NEW(planning->arena, struct checkpoint_slots, planning->item_count);
    if (!planning->slots)
        return error_memory(error);
    text_init(&text);
    for (size_t i = 0; i < planning->item_count; i++)
        planning->slots[i] = slots_of(planning, &planning->keyed[i], &text);
    const bool failed = text.failed;
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

static bool has_run(const struct keyed_trial *keyed, size_t count,
                    const struct keyed_trial *wanted) {
    return count > 0 && bsearch(wanted, keyed, count, sizeof *keyed, compare_runs);
}

/* What a run left when it was killed between the commit of its last result and the removal. */
static enum status clean_up(const struct planning *planning, const struct plan_options *options,
                            struct error *error) {
    struct checkpoints *checkpoints = planning->plan->checkpoints;
    const bool *wanted = options->wanted;
    struct keyed_trial *spared = NULL;
    size_t spared_count = 0;
    bool failed = false;
    struct text text;
    if (!checkpoints || !wanted || !checkpoints_exist(checkpoints))
        return STATUS_OK;
    if (options->left_alone && collect(planning->space, options->left_alone, planning->arena,
                                       &spared, &spared_count, error) != STATUS_OK)
        return STATUS_MEMORY;
    text_init(&text);
    for (size_t i = 0; i < planning->space->trial_count && !failed; i++) {
        if (wanted[i])
            continue;
        const struct keyed_trial key = key_trial(planning->space, i, &text, &failed);
        struct checkpoint_slots slots = slots_of(planning, &key, &text);
        failed |= text.failed;
        if (!failed && !has_run(planning->keyed, planning->item_count, &key) &&
            !has_run(spared, spared_count, &key))
            checkpoints_remove(checkpoints, &slots);
    }
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

/* The run that begins at keyed[first]; returns where the next one begins. */
static size_t add_run(struct planning *planning, struct cohort *cohort, size_t first,
                      struct milestone *milestones) {
    const struct keyed_trial *keyed = planning->keyed;
    const struct trial *trial = &planning->space->trials[keyed[first].trial];
    struct run *run = &cohort->runs[cohort->run_count++];
    size_t end = first;
    while (end < planning->item_count && strcmp(keyed[end].run.hex, keyed[first].run.hex) == 0) {
        milestones[end] = (struct milestone){(size_t)keyed[end].epochs, keyed[end].trial};
        end++;
    }
    *run = (struct run){.milestone_count = end - first, .milestones = &milestones[first]};
    setting_network(trial->setting, planning->dataset, trial->seed, &run->network);
    if (planning->slots) {
        run->slots = &planning->slots[first];
        checkpoints_find(planning->plan->checkpoints, run);
    }
    return end;
}

static enum status gather_cohorts(struct planning *planning, struct error *error) {
    struct plan *plan = planning->plan;
    const struct keyed_trial *keyed = planning->keyed;
    const size_t count = planning->item_count;
    plan->cohort_count = count_changes(keyed, count, false);
    plan->run_count = count_changes(keyed, count, true);
    planning->cohorts = ARENA_NEW(planning->arena, struct cohort, plan->cohort_count);
    struct run *runs = ARENA_NEW(planning->arena, struct run, plan->run_count);
    struct milestone *milestones = ARENA_NEW(planning->arena, struct milestone, count);
    if (!planning->cohorts || !runs || !milestones)
        return error_memory(error);
    size_t at = 0;
    for (size_t i = 0; i < plan->cohort_count; i++) {
        struct cohort *cohort = &planning->cohorts[i];
        const size_t first = at;
        const struct trial *trial = &planning->space->trials[keyed[first].trial];
        *cohort = (struct cohort){.runs = runs,
                                  .metric_count = planning->config->metric_count,
                                  .metrics = planning->config->metrics};
        setting_stream(trial->setting, planning->dataset, trial->seed, &cohort->stream);
        while (at < count && strcmp(keyed[at].stream.hex, keyed[first].stream.hex) == 0)
            at = add_run(planning, cohort, at, milestones);
        runs += cohort->run_count;
    }
    return STATUS_OK;
}

/* The predicted cost of one epoch of a run, its validation included, and of its tests. */
static enum status weigh(struct planning *planning, const struct cohort *cohort, struct run *run,
                         struct error *error) {
    const struct stream_spec *stream = &cohort->stream;
    struct image_cost cost = {0, 0};
    enum status status =
        cost_of_network(planning->costs, &run->network, stream_batch_rows(stream), &cost, error);
    const double tests = cost.evaluate * (double)(stream->data->test.count * run->milestone_count);
    run->weight = cost.train * (double)stream->train_count +
                  cost.evaluate * (double)stream->validation_count +
                  tests / (double)run_epochs(run);
    return status;
}

static enum status predict(struct planning *planning, double *total, struct error *error) {
    enum status status = STATUS_OK;
    size_t weighed = 0;
    for (size_t i = 0; i < planning->plan->cohort_count && status == STATUS_OK; i++) {
        struct cohort *cohort = &planning->cohorts[i];
        qsort(cohort->runs, cohort->run_count, sizeof *cohort->runs, compare_members);
        for (size_t j = 0; j < cohort->run_count && status == STATUS_OK; j++) {
            struct run *run = &cohort->runs[j];
            status = weigh(planning, cohort, run, error);
            stage_tell((double)++weighed / (double)planning->plan->run_count);
            *total += run->weight * (double)run_left(run);
            planning->plan->images += cohort->stream.train_count * run_left(run);
        }
    }
    return status;
}

/* Results wait in memory where trials are trained faster than they are stored. */
static void predict_trials(const struct planning *planning) {
    struct plan *plan = planning->plan;
    const double storing = (double)plan->trial_count * SECONDS_PER_TRIAL;
    double results = 0;
    for (size_t i = 0; i < planning->item_count; i++)
        results += (double)(sizeof(struct trial_result) +
                            (size_t)planning->keyed[i].epochs * sizeof(struct epoch_scores));
    plan->trial_bytes = planning->arena->used;
    if (plan->seconds < storing)
        plan->trial_bytes += (size_t)(results * (1 - plan->seconds / storing));
    plan->seconds += storing;
}

enum status plan_make(const struct config *config, const struct space *space,
                      const struct dataset *dataset, const struct plan_options *options,
                      struct arena *arena, struct plan *plan, struct error *error) {
    *plan = (struct plan){.jobs = options->jobs, .checkpoints = options->checkpoints};
    struct costs costs;
    struct planning planning = {.config = config,
                                .space = space,
                                .dataset = dataset,
                                .arena = arena,
                                .plan = plan,
                                .costs = &costs};
    double total = 0;
    gemm_single_thread(); /* as the schedule trains */
    enum status status = cost_init(&costs, dataset, options->calibration, error);
    if (status == STATUS_OK)
        status =
            collect(space, options->wanted, arena, &planning.keyed, &planning.item_count, error);
    plan->trial_count = planning.item_count;
    if (status == STATUS_OK)
        status = clean_up(&planning, options, error);
    if (status == STATUS_OK)
        status = make_slots(&planning, error);
    if (status == STATUS_OK)
        status = gather_cohorts(&planning, error);
    if (status == STATUS_OK)
        status = predict(&planning, &total, error);
    if (status == STATUS_OK)
        status = slices_cut(planning.cohorts, total, &costs, arena, plan, error);
    cost_release(&costs);
    if (status == STATUS_OK)
        predict_trials(&planning);
    return status;
}

struct kept plan_kept(const struct plan *plan) {
    struct kept kept = {0, SIZE_MAX, 0};
    for (size_t i = 0; i < plan->slice_count; i++)
        for (size_t j = 0; j < plan->slices[i].run_count; j++) {
            const size_t epochs = run_start(&plan->slices[i].runs[j]);
            if (epochs == 0)
                continue;
            kept.count++;
            kept.first = epochs < kept.first ? epochs : kept.first;
            kept.last = epochs > kept.last ? epochs : kept.last;
        }
    return kept;
}
