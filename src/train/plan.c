#include "train/plan.h"

#include "base/stage.h"
#include "nn/named_input.h"
#include "search/layers.h"
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

/* What the keys of a setting's trials say beside their seeds. */
struct keys {
    const struct setting *setting; /* NULL: none yet */
    struct text stream, run, seed;
};

static void keys_init(struct keys *keys) {
    keys->setting = NULL;
    text_init(&keys->stream);
    text_init(&keys->run);
    text_init(&keys->seed);
}

/* False: memory was out. */
static bool keys_release(struct keys *keys) {
    const bool whole = !keys->stream.failed && !keys->run.failed && !keys->seed.failed;
    text_release(&keys->stream);
    text_release(&keys->run);
    text_release(&keys->seed);
    return whole;
}

static void append_epochs(const struct setting *setting, struct text *text) {
    text_printf(text, "epochs=%lld\n", (long long)setting->values[HP_EPOCHS].integer);
}

/* The arrays that a network reads beside the image, in their order. */
static void append_arrays(const struct setting *setting, struct text *text) {
    const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count; i++)
        if (layer_reads_array(&layers->items[i]))
            text_printf(text, "input=%s\n", layers->items[i].input->name);
}

/* Of trainings of other lengths none is a part of another where the rates depend on the length. Of
 * a sweep's several data sets each has streams of its own. */
static void keys_take(struct keys *keys, const struct setting *setting,
                      const struct dataset *first) {
    keys->setting = setting;
    text_clear(&keys->stream);
    text_clear(&keys->run);
    setting_append(setting, in_stream, &keys->stream);
    setting_append(setting, in_run, &keys->run);
    if (setting_stream_needs_length(setting)) {
        append_epochs(setting, &keys->stream);
        append_epochs(setting, &keys->run);
    }
    if (setting_needs_length(setting))
        append_epochs(setting, &keys->run);
    append_arrays(setting, &keys->stream);
    if (first->next)
        text_printf(&keys->stream, "dataset=%s\n", setting_dataset(setting, first)->digest.hex);
}

static struct digest key_of(const struct text *seed, const struct text *rest) {
    const struct digest_piece pieces[] = {{seed->data, seed->length}, {rest->data, rest->length}};
    return digest_of(pieces, 2);
}

static struct keyed_trial key_trial(const struct plan_request *request, size_t trial,
                                    struct keys *keys) {
    const struct trial *about = &request->space->trials[trial];
    if (about->setting != keys->setting)
        keys_take(keys, about->setting, request->dataset);
    text_clear(&keys->seed);
    text_printf(&keys->seed, "seed=%llu\n", (unsigned long long)about->seed);
    return (struct keyed_trial){.trial = trial,
                                .epochs = about->setting->values[HP_EPOCHS].integer,
                                .stream = key_of(&keys->seed, &keys->stream),
                                .run = key_of(&keys->seed, &keys->run)};
}

/* The trials from `first` on that are wanted, NULL for all, run by run. */
static enum status collect(const struct plan_request *request, const bool *wanted, size_t first,
                           struct arena *arena, struct keyed_trial **keyed, size_t *count,
                           struct error *error) {
    const struct space *space = request->space;
    struct keys keys;
    *count = 0;
    for (size_t i = first; i < space->trial_count; i++)
        *count += !wanted || wanted[i];
    *keyed = ARENA_NEW(arena, struct keyed_trial, *count);
    if (!*keyed)
        return error_memory(error);
    keys_init(&keys);
    *count = 0;
    for (size_t i = first; i < space->trial_count; i++)
        if (!wanted || wanted[i])
            (*keyed)[(*count)++] = key_trial(request, i, &keys);
    if (!keys_release(&keys))
        return error_memory(error);
    qsort(*keyed, *count, sizeof **keyed, compare_keyed_trials);
    return STATUS_OK;
}

struct planning {
    const struct plan_request *request;
    struct arena *arena;
    struct plan *plan;
    struct keyed_trial *keyed;
    struct cohort *cohorts; /* whole */
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
    const struct config *config = planning->request->config;
    const struct setting *setting = planning->request->space->trials[key->trial].setting;
    const struct dataset *dataset = setting_dataset(setting, planning->request->dataset);
    text_clear(text);
    text_printf(text, "run=%s\ndataset=%s\narithmetic=%d\n", key->run.hex, dataset->digest.hex,
                setting_arithmetic(setting, dataset));
    for (size_t i = 0; i < config->metric_count; i++)
        text_printf(text, "metric=%s\n", config->metrics[i]->name);
    return (struct checkpoint_slots){.run = digest_of_bytes(text->data, text->length),
                                     .metric_count = config->metric_count};
}

static bool has_run(const struct keyed_trial *keyed, size_t count,
                    const struct keyed_trial *wanted) {
    return count > 0 && bsearch(wanted, keyed, count, sizeof *keyed, compare_runs);
}

/* What a run left when it was killed between the commit of its last result and the removal. */
static enum status clean_up(const struct planning *planning, struct error *error) {
    const struct plan_request *request = planning->request;
    struct checkpoints *checkpoints = request->checkpoints;
    const bool *wanted = request->wanted;
    struct keyed_trial *spared = NULL;
    size_t spared_count = 0;
    struct keys keys;
    struct text text;
    if (!checkpoints || !wanted || !checkpoints_exist(checkpoints))
        return STATUS_OK;
    if (request->left_alone && collect(request, request->left_alone, request->settled,
                                       planning->arena, &spared, &spared_count, error) != STATUS_OK)
        return STATUS_MEMORY;
    text_init(&text);
    keys_init(&keys);
    for (size_t i = request->settled; i < request->space->trial_count && !text.failed; i++) {
        if (wanted[i])
            continue;
        const struct keyed_trial key = key_trial(request, i, &keys);
        struct checkpoint_slots slots = slots_of(planning, &key, &text);
        text.failed |= keys.stream.failed || keys.run.failed || keys.seed.failed;
        if (!text.failed && !has_run(planning->keyed, planning->plan->trial_count, &key) &&
            !has_run(spared, spared_count, &key))
            checkpoints_remove(checkpoints, &slots, key.epochs);
    }
    const bool failed = text.failed;
    keys_release(&keys);
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

/* A trial's network, in no more memory than its layers take. NULL: out of memory. */
static const struct network_spec *keep_network(const struct planning *planning,
                                               const struct trial *trial, struct text *scratch) {
    struct network_spec whole;
    setting_network(trial->setting, setting_dataset(trial->setting, planning->request->dataset),
                    trial->seed, &whole);
    struct network_spec *kept = arena_alloc(planning->arena, 1, network_spec_bytes(&whole));
    if (kept)
        memcpy(kept, &whole, network_spec_bytes(&whole));
    scratch->failed |= !kept;
    return kept;
}

/* The run whose trials begin at keyed[first]; returns where those of the next one begin. */
static size_t make_run(const struct planning *planning, struct run *run, size_t first,
                       struct milestone *milestones, struct text *scratch) {
    const struct keyed_trial *keyed = planning->keyed;
    const struct plan *plan = planning->plan;
    const struct trial *trial = &planning->request->space->trials[keyed[first].trial];
    size_t end = first;
    while (end < plan->trial_count && compare_runs(&keyed[end], &keyed[first]) == 0) {
        milestones[end] = (struct milestone){(size_t)keyed[end].epochs, keyed[end].trial};
        end++;
    }
    *run = (struct run){.milestone_count = end - first,
                        .milestones = &milestones[first],
                        .limit = planning->request->limit,
                        .index = (size_t)(run - plan->runs)};
    run->network = keep_network(planning, trial, scratch);
    if (run->network && plan->checkpoints) {
        plan->slots[run->index] = slots_of(planning, &keyed[first], scratch);
        checkpoints_find(plan->checkpoints, run, &plan->slots[run->index]);
    }
    return end;
}

/* Its cohort, without runs as yet. */
static struct cohort make_cohort(const struct planning *planning, size_t first,
                                 const struct run **runs) {
    const struct plan_request *request = planning->request;
    const struct trial *trial = &request->space->trials[planning->keyed[first].trial];
    struct cohort cohort = {.runs = runs,
                            .metric_count = request->config->metric_count,
                            .metrics = request->config->metrics};
    setting_stream(trial->setting, setting_dataset(trial->setting, request->dataset), trial->seed,
                   &cohort.stream);
    return cohort;
}

static enum status gather_cohorts(struct planning *planning, struct error *error) {
    struct plan *plan = planning->plan;
    const struct keyed_trial *keyed = planning->keyed;
    const size_t runs = plan->run_count = count_changes(keyed, plan->trial_count, true);
    const struct run **list = ARENA_NEW(planning->arena, const struct run *, runs);
    struct milestone *milestones = ARENA_NEW(planning->arena, struct milestone, plan->trial_count);
    plan->cohort_count = count_changes(keyed, plan->trial_count, false);
    plan->runs = ARENA_NEW(planning->arena, struct run, runs);
    plan->run_costs = ARENA_NEW(planning->arena, struct run_cost, runs);
    plan->slots = ARENA_NEW(planning->arena, struct checkpoint_slots, runs);
    planning->cohorts = ARENA_NEW(planning->arena, struct cohort, plan->cohort_count);
    if (planning->arena->failed)
        return error_memory(error);
    struct text scratch;
    struct cohort *cohort = planning->cohorts;
    text_init(&scratch);
    for (size_t i = 0, at = 0; i < runs; i++) {
        if (i == 0 || strcmp(keyed[at].stream.hex, keyed[at - 1].stream.hex) != 0) {
            cohort += i > 0;
            *cohort = make_cohort(planning, at, &list[i]);
        }
        cohort->runs[cohort->run_count++] = &plan->runs[i];
        at = make_run(planning, &plan->runs[i], at, milestones, &scratch);
    }
    const bool failed = scratch.failed;
    text_release(&scratch);
    return failed ? error_memory(error) : STATUS_OK;
}

/* Those at the same epoch together, so that none has to wait for others. Longest first, so that a
 * slice's runs drop out one after the other at its end; then those with the same optimizer
 * together, whose columns then share blocks of the panel. */
static int compare_members(const void *left, const void *right, void *plan) {
    const struct run *a = *(const struct run *const *)left, *b = *(const struct run *const *)right;
    const size_t i = plan_start(plan, a), j = plan_start(plan, b);
    const size_t x = run_end(a), y = run_end(b);
    const int optimizer = strcmp(a->network->optimizer->name, b->network->optimizer->name);
    if (i != j)
        return (i > j) - (i < j);
    return x != y ? (x < y) - (x > y) : optimizer;
}

static enum status predict(struct planning *planning, struct error *error) {
    struct plan *plan = planning->plan;
    enum status status = STATUS_OK;
    size_t predicted = 0;
    for (size_t i = 0; i < plan->cohort_count && status == STATUS_OK; i++) {
        struct cohort *cohort = &planning->cohorts[i];
        qsort_r(cohort->runs, cohort->run_count, sizeof *cohort->runs, compare_members, plan);
        for (size_t j = 0; j < cohort->run_count && status == STATUS_OK; j++) {
            const struct run *run = cohort->runs[j];
            status = cost_of_run(planning->costs, &cohort->stream, run,
                                 &plan->run_costs[run->index], error);
            stage_tell((double)++predicted / (double)plan->run_count);
            plan->images += cohort->stream.train_count * plan_left(plan, run);
        }
    }
    return status;
}

/* Results wait in memory where trials are trained faster than they are stored. */
static void predict_trials(const struct planning *planning) {
    struct plan *plan = planning->plan;
    const double storing = (double)plan->trial_count * SECONDS_PER_TRIAL;
    double results = 0;
    for (size_t i = 0; i < plan->trial_count; i++)
        results += (double)(sizeof(struct trial_result) +
                            (size_t)planning->keyed[i].epochs * sizeof(struct epoch_scores));
    plan->trial_bytes = planning->arena->used;
    if (plan->seconds < storing)
        plan->trial_bytes += (size_t)(results * (1 - plan->seconds / storing));
    plan->seconds += storing;
}

enum status plan_make(const struct plan_request *request, struct costs *costs, struct arena *arena,
                      struct plan *plan, struct error *error) {
    *plan = (struct plan){
        .space = request->space, .jobs = request->jobs, .checkpoints = request->checkpoints};
    struct planning planning = {.request = request, .arena = arena, .plan = plan, .costs = costs};
    enum status status =
        collect(request, request->wanted, 0, arena, &planning.keyed, &plan->trial_count, error);
    if (status == STATUS_OK)
        status = clean_up(&planning, error);
    if (status == STATUS_OK)
        status = gather_cohorts(&planning, error);
    if (status == STATUS_OK)
        status = predict(&planning, error);
    if (status == STATUS_OK)
        status = slices_cut(planning.cohorts, costs, arena, plan, error);
    if (status == STATUS_OK)
        predict_trials(&planning);
    return status;
}

struct kept plan_kept(const struct plan *plan) {
    struct kept kept = {0, SIZE_MAX, 0};
    for (size_t i = 0; i < plan->run_count; i++) {
        const size_t epochs = plan_start(plan, &plan->runs[i]);
        if (epochs == 0)
            continue;
        kept.count++;
        kept.first = epochs < kept.first ? epochs : kept.first;
        kept.last = epochs > kept.last ? epochs : kept.last;
    }
    return kept;
}

/* Those of one slice. */
static void add_unfit(const struct cohort *slice, size_t available, struct unfit *unfit) {
    struct cohort alone = *slice;
    alone.run_count = 1;
    for (size_t i = 0; i < slice->run_count; i++, alone.runs++) {
        size_t bytes = 0;
        if (cohort_bytes(&alone, &bytes, NULL) != STATUS_OK || bytes <= available)
            continue;
        unfit->count++;
        if (bytes > unfit->bytes) {
            unfit->bytes = bytes;
            unfit->largest = slice->runs[i];
        }
    }
}

struct unfit plan_unfit(const struct plan *plan, size_t available) {
    struct unfit unfit = {0, 0, NULL};
    for (size_t i = 0; i < plan->slice_count; i++)
        if (plan->slice_bytes[i] > available)
            add_unfit(&plan->slices[i], available, &unfit);
    return unfit;
}
