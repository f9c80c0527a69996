#include "sweep/plan.h"

#include "base/random.h"
#include "math/gemm.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A slice of this many members shares enough of the batch's making, and leaves enough slices to
 * spread over the threads. */
#define SLICE_MEMBERS 8
#define SLICES_PER_JOB 4

/* One trial on its way into the plan. */
struct item {
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

static int compare_items(const void *left, const void *right) {
    const struct item *a = left, *b = right;
    int order = strcmp(a->stream.hex, b->stream.hex);
    if (order == 0)
        order = strcmp(a->run.hex, b->run.hex);
    if (order == 0)
        order = (a->epochs > b->epochs) - (a->epochs < b->epochs);
    return order;
}

static struct digest key_of(const struct trial *trial, bool (*wanted)(const struct hyperparameter *),
                            struct text *text, bool *failed) {
    text_clear(text);
    text_printf(text, "seed=%llu\n", (unsigned long long)trial->seed);
    setting_append(trial->setting, wanted, text);
    *failed |= text->failed;
    return digest_of_bytes(text->data, text->length);
}

static enum status collect(const struct space *space, const bool *wanted, struct arena *arena,
                           struct item **items, size_t *count, struct error *error) {
    struct text text;
    bool failed = false;
    text_init(&text);
    *count = 0;
    *items = ARENA_NEW(arena, struct item, space->trial_count);
    if (!*items)
        return error_memory(error);
    for (size_t i = 0; i < space->trial_count; i++) {
        const struct trial *trial = &space->trials[i];
        if (wanted && !wanted[i])
            continue;
        (*items)[(*count)++] = (struct item){
            .trial = i,
            .epochs = trial->setting->values[HP_EPOCHS].integer,
            .stream = key_of(trial, in_stream, &text, &failed),
            .run = key_of(trial, in_run, &text, &failed),
        };
    }
    text_release(&text);
    if (failed)
        return error_memory(error);
    qsort(*items, *count, sizeof **items, compare_items);
    return STATUS_OK;
}

static double seconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Seconds of one training step of this network, from a few steps on noise. */
static enum status measure_step(const struct network_spec *spec, size_t rows, struct arena *arena,
                                double *seconds, struct error *error) {
    struct network network;
    arena_reset(arena);
    float *x = ARENA_NEW(arena, float, rows * spec->inputs);
    uint8_t *labels = ARENA_NEW(arena, uint8_t, rows);
    if (!x || !labels)
        return error_memory(error);
    enum status status = network_init(&network, spec, rows, arena, error);
    if (status != STATUS_OK)
        return status;
    const struct random_source noise = {0, RANDOM_TEST, 0};
    for (size_t i = 0; i < rows * spec->inputs; i++)
        x[i] = i % 4 ? 0 : random_unit_float(random_block(noise, i).word[0]);
    const float *outputs;
    size_t steps = 0;
    network_train(&network, x, labels, rows, noise, 0, &outputs); /* warms the caches */
    double begin = seconds_now(), spent = 0;
    while (steps < 3 || spent < 0.004) {
        network_train(&network, x, labels, rows, noise, 0, &outputs);
        spent = seconds_now() - begin;
        steps++;
    }
    *seconds = spent / (double)steps;
    return STATUS_OK;
}

/* Runs whose steps cost the same: they differ in seed and learning rates at most. */
struct kind {
    const struct network_spec *spec;
    size_t rows;
    double seconds;
};

#define KINDS_MAX 64

static bool same_kind(const struct network_spec *a, const struct network_spec *b) {
    if (a->inputs != b->inputs || a->layer_count != b->layer_count || a->loss != b->loss ||
        a->optimizer != b->optimizer || (a->dropout > 0) != (b->dropout > 0) ||
        a->optimizer->slots(&a->optimizer_settings) != b->optimizer->slots(&b->optimizer_settings))
        return false;
    for (size_t i = 0; i < a->layer_count; i++)
        if (a->layers[i].units != b->layers[i].units ||
            a->layers[i].activation != b->layers[i].activation)
            return false;
    return true;
}

struct costs {
    struct arena arena;
    size_t count;
    struct kind kinds[KINDS_MAX];
};

/* Of a step, for a weight and a row, where nothing could be measured. */
#define SECONDS_PER_WEIGHT 1e-10

/* Seconds of a step; beyond KINDS_MAX kinds, scaled by the weights from the one measured last. */
static enum status step_seconds(struct costs *costs, const struct network_spec *spec, size_t rows,
                                double *seconds, struct error *error) {
    for (size_t i = 0; i < costs->count; i++)
        if (costs->kinds[i].rows == rows && same_kind(costs->kinds[i].spec, spec)) {
            *seconds = costs->kinds[i].seconds;
            return STATUS_OK;
        }
    if (costs->count == KINDS_MAX) {
        const struct kind *last = &costs->kinds[KINDS_MAX - 1];
        *seconds = last->seconds * (double)(network_parameter_count(spec) * rows) /
                   (double)(network_parameter_count(last->spec) * last->rows);
        return STATUS_OK;
    }
    struct kind *kind = &costs->kinds[costs->count++];
    *kind = (struct kind){.spec = spec, .rows = rows};
    enum status status = measure_step(spec, rows, &costs->arena, &kind->seconds, error);
    if (status == STATUS_MEMORY) {
        /* Too large to try is no reason to train nothing: the trial will fail, and no other. */
        arena_release(&costs->arena);
        kind->seconds = (double)network_parameter_count(spec) * (double)rows * SECONDS_PER_WEIGHT;
        status = STATUS_OK;
    }
    *seconds = kind->seconds;
    return status;
}

/* A forward pass is about a third of a step's work. */
#define FORWARD_SHARE (1.0 / 3)

/* The predicted cost of one epoch of a member, its validation included. */
static enum status epoch_seconds(struct costs *costs, const struct cohort *cohort,
                                 struct member *member, struct error *error) {
    const struct stream_spec *stream = &cohort->stream;
    const size_t rows =
        stream->batch_size < stream->train_count ? stream->batch_size : stream->train_count;
    double step = 0;
    enum status status = step_seconds(costs, &member->network, rows, &step, error);
    double image = step / (double)rows;
    member->weight = image * ((double)stream->train_count +
                              FORWARD_SHARE * (double)stream->validation_count);
    return status;
}

static size_t member_epochs(const struct member *member) {
    return member->milestones[member->milestone_count - 1].epochs;
}

/* Longest first, so that a slice's members drop out one after the other at its end. */
static int compare_members(const void *left, const void *right) {
    const struct member *a = left, *b = right;
    size_t x = member_epochs(a), y = member_epochs(b);
    return (x < y) - (x > y);
}

struct sliced {
    struct cohort cohort;
    double seconds;
};

static int compare_sliced(const void *left, const void *right) {
    const struct sliced *a = left, *b = right;
    return (a->seconds < b->seconds) - (a->seconds > b->seconds);
}

struct planning {
    const struct config *config;
    const struct space *space;
    const struct dataset *dataset;
    struct arena *arena;
    struct plan *plan;
    struct item *items;
    size_t item_count;
    struct cohort *cohorts; /* whole */
    struct costs *costs;
};

static size_t count_changes(const struct item *items, size_t count, bool runs) {
    size_t changes = count > 0;
    for (size_t i = 1; i < count; i++) {
        bool same = strcmp(items[i].stream.hex, items[i - 1].stream.hex) == 0 &&
                    (!runs || strcmp(items[i].run.hex, items[i - 1].run.hex) == 0);
        changes += !same;
    }
    return changes;
}

/* The run that begins at items[first]; returns where the next one begins. */
static size_t add_run(struct planning *planning, struct cohort *cohort, size_t first,
                      struct milestone *milestones) {
    const struct item *items = planning->items;
    const struct trial *trial = &planning->space->trials[items[first].trial];
    struct member *member = &cohort->members[cohort->member_count++];
    size_t end = first;
    while (end < planning->item_count && strcmp(items[end].run.hex, items[first].run.hex) == 0) {
        milestones[end] = (struct milestone){(size_t)items[end].epochs, items[end].trial};
        end++;
    }
    *member = (struct member){.milestone_count = end - first, .milestones = &milestones[first]};
    setting_network(trial->setting, planning->dataset, trial->seed, &member->network);
    return end;
}

static enum status gather_cohorts(struct planning *planning, struct error *error) {
    struct plan *plan = planning->plan;
    const struct item *items = planning->items;
    const size_t count = planning->item_count;
    plan->cohort_count = count_changes(items, count, false);
    plan->run_count = count_changes(items, count, true);
    planning->cohorts = ARENA_NEW(planning->arena, struct cohort, plan->cohort_count);
    struct member *members = ARENA_NEW(planning->arena, struct member, plan->run_count);
    struct milestone *milestones = ARENA_NEW(planning->arena, struct milestone, count);
    if (!planning->cohorts || !members || !milestones)
        return error_memory(error);
    size_t at = 0;
    for (size_t i = 0; i < plan->cohort_count; i++) {
        struct cohort *cohort = &planning->cohorts[i];
        const size_t first = at;
        const struct trial *trial = &planning->space->trials[items[first].trial];
        *cohort = (struct cohort){.members = members,
                                  .metric_count = planning->config->metric_count,
                                  .metrics = planning->config->metrics};
        setting_stream(trial->setting, planning->dataset, trial->seed, &cohort->stream);
        while (at < count && strcmp(items[at].stream.hex, items[first].stream.hex) == 0)
            at = add_run(planning, cohort, at, milestones);
        members += cohort->member_count;
    }
    return STATUS_OK;
}

static enum status predict(struct planning *planning, double *total, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < planning->plan->cohort_count && status == STATUS_OK; i++) {
        struct cohort *cohort = &planning->cohorts[i];
        qsort(cohort->members, cohort->member_count, sizeof *cohort->members, compare_members);
        for (size_t j = 0; j < cohort->member_count && status == STATUS_OK; j++) {
            struct member *member = &cohort->members[j];
            status = epoch_seconds(planning->costs, cohort, member, error);
            *total += member->weight * (double)member_epochs(member);
            planning->plan->images += cohort->stream.train_count * member_epochs(member);
        }
    }
    return status;
}

/* Cut the cohorts so that no slice holds up the end of the sweep. */
static size_t cut(const struct planning *planning, double longest, struct sliced *slices) {
    size_t count = 0;
    for (size_t i = 0; i < planning->plan->cohort_count; i++) {
        const struct cohort *cohort = &planning->cohorts[i];
        for (size_t j = 0; j < cohort->member_count;) {
            struct sliced slice = {.cohort = *cohort};
            slice.cohort.members = &cohort->members[j];
            slice.cohort.member_count = 0;
            while (j < cohort->member_count && slice.cohort.member_count < SLICE_MEMBERS &&
                   (slice.cohort.member_count == 0 || slice.seconds < longest)) {
                slice.seconds +=
                    cohort->members[j].weight * (double)member_epochs(&cohort->members[j]);
                slice.cohort.member_count++;
                j++;
            }
            slices[count++] = slice;
        }
    }
    return count;
}

/* The end of a sweep when each thread takes the next longest slice as it becomes free. */
static double simulate(const struct sliced *slices, size_t count, double *busy, size_t jobs) {
    double end = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;
        for (size_t job = 1; job < jobs; job++)
            if (busy[job] < busy[first])
                first = job;
        busy[first] += slices[i].seconds;
        end = busy[first] > end ? busy[first] : end;
    }
    return end;
}

static enum status slice_cohorts(struct planning *planning, double total, struct error *error) {
    struct plan *plan = planning->plan;
    struct sliced *slices = ARENA_NEW(planning->arena, struct sliced, plan->run_count);
    double *busy = ARENA_NEW(planning->arena, double, plan->jobs);
    if (!slices || !busy)
        return error_memory(error);
    plan->slice_count = cut(planning, total / (double)(plan->jobs * SLICES_PER_JOB), slices);
    qsort(slices, plan->slice_count, sizeof *slices, compare_sliced);
    plan->slices = ARENA_NEW(planning->arena, struct cohort, plan->slice_count);
    plan->slice_seconds = ARENA_NEW(planning->arena, double, plan->slice_count);
    if (!plan->slices || !plan->slice_seconds)
        return error_memory(error);
    size_t largest = 0;
    for (size_t i = 0; i < plan->slice_count; i++) {
        plan->slices[i] = slices[i].cohort;
        plan->slice_seconds[i] = slices[i].seconds;
        size_t bytes = cohort_bytes(&slices[i].cohort);
        largest = bytes > largest ? bytes : largest;
    }
    plan->seconds = simulate(slices, plan->slice_count, busy, plan->jobs);
    plan->bytes = largest * (plan->jobs < plan->slice_count ? plan->jobs : plan->slice_count);
    return STATUS_OK;
}

enum status plan_make(const struct config *config, const struct space *space,
                      const struct dataset *dataset, const bool *wanted, size_t jobs,
                      struct arena *arena, struct plan *plan, struct error *error) {
    *plan = (struct plan){.jobs = jobs};
    struct planning planning = {.config = config,
                                .space = space,
                                .dataset = dataset,
                                .arena = arena,
                                .plan = plan,
                                .costs = ARENA_NEW(arena, struct costs, 1)};
    if (!planning.costs)
        return error_memory(error);
    double total = 0;
    gemm_single_thread(); /* as the schedule trains */
    arena_init(&planning.costs->arena);
    enum status status =
        collect(space, wanted, arena, &planning.items, &planning.item_count, error);
    plan->trial_count = planning.item_count;
    if (status == STATUS_OK)
        status = gather_cohorts(&planning, error);
    if (status == STATUS_OK)
        status = predict(&planning, &total, error);
    if (status == STATUS_OK)
        status = slice_cohorts(&planning, total, error);
    arena_release(&planning.costs->arena);
    return status;
}
