#include "sweep/plan.h"

#include "math/gemm.h"
#include "nn/panel.h"
#include "sweep/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Slices of a thread, at most, when all are cut evenly: enough that the last ones end at about the same
 * time, few enough that each batch is shared by many. */
#define SLICES_PER_JOB 3

/* With more cohorts than this there are enough slices to even out, and too many to try. */
#define REFINED_COHORTS 32

/* Slices that are tried out as they are, for a better prediction. */
#define SLICES_TRIED 4

/* A slice's weights and slots may fill the second-level cache this many times: it is passed block by
 * block, and one more member on the same batch saves more than the cache's misses cost. Measured on
 * configs/grid.yaml: 1 takes 10 % longer than 2, and 4 or 8 take 2 % longer. */
#define CACHES 2

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

static int compare_runs(const void *left, const void *right) {
    const struct item *a = left, *b = right;
    const int order = strcmp(a->stream.hex, b->stream.hex);
    return order ? order : strcmp(a->run.hex, b->run.hex);
}

static int compare_items(const void *left, const void *right) {
    const struct item *a = left, *b = right;
    const int order = compare_runs(left, right);
    return order ? order : (a->epochs > b->epochs) - (a->epochs < b->epochs);
}

static struct digest key_of(const struct trial *trial, bool (*wanted)(const struct hyperparameter *),
                            struct text *text, bool *failed) {
    text_clear(text);
    text_printf(text, "seed=%llu\n", (unsigned long long)trial->seed);
    setting_append(trial->setting, wanted, text);
    *failed |= text->failed;
    return digest_of_bytes(text->data, text->length);
}

static struct item item_of(const struct space *space, size_t trial, struct text *text,
                           bool *failed) {
    const struct trial *about = &space->trials[trial];
    return (struct item){.trial = trial,
                         .epochs = about->setting->values[HP_EPOCHS].integer,
                         .stream = key_of(about, in_stream, text, failed),
                         .run = key_of(about, in_run, text, failed)};
}

/* The trials that are wanted, NULL for all, run by run. */
static enum status collect(const struct space *space, const bool *wanted, struct arena *arena,
                           struct item **items, size_t *count, struct error *error) {
    struct text text;
    bool failed = false;
    text_init(&text);
    *count = 0;
    *items = ARENA_NEW(arena, struct item, space->trial_count);
    if (!*items)
        return error_memory(error);
    for (size_t i = 0; i < space->trial_count; i++)
        if (!wanted || wanted[i])
            (*items)[(*count)++] = item_of(space, i, &text, &failed);
    text_release(&text);
    if (failed)
        return error_memory(error);
    qsort(*items, *count, sizeof **items, compare_items);
    return STATUS_OK;
}

static size_t member_epochs(const struct member *member) {
    return member->milestones[member->milestone_count - 1].epochs;
}

static size_t member_start(const struct member *member) {
    return checkpoint_epochs(member->slots);
}

/* Epochs that are to be trained. */
static size_t member_left(const struct member *member) {
    return member_epochs(member) - member_start(member);
}

/* Those at the same epoch together, so that none has to wait for others. Longest first, so that a
 * slice's members drop out one after the other at its end; then those with the same optimizer
 * together, whose columns then share blocks of the panel. */
static int compare_members(const void *left, const void *right) {
    const struct member *a = left, *b = right;
    const size_t i = member_start(a), j = member_start(b);
    const size_t x = member_epochs(a), y = member_epochs(b);
    const ptrdiff_t optimizer = a->network.optimizer - b->network.optimizer;
    if (i != j)
        return (i > j) - (i < j);
    return x != y ? (x < y) - (x > y) : (optimizer > 0) - (optimizer < 0);
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
    struct checkpoint_slots *slots; /* of each item's run, at the run's first; NULL: none */
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

/* What a run's states are kept under: all that its numbers, and what is recorded of them, depend
 * on. */
static struct checkpoint_slots slots_of(const struct planning *planning, const struct item *item,
                                        struct text *text) {
    const struct config *config = planning->config;
    text_clear(text);
    text_printf(text, "run=%s\ndataset=%s\narithmetic=%d\n", item->run.hex,
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
        planning->slots[i] = slots_of(planning, &planning->items[i], &text);
    const bool failed = text.failed;
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

static bool has_run(const struct item *items, size_t count, const struct item *wanted) {
    return count > 0 && bsearch(wanted, items, count, sizeof *items, compare_runs);
}

/* What a run left when it was killed between the commit of its last result and the removal. */
static enum status clean_up(const struct planning *planning, const struct plan_options *options,
                            struct error *error) {
    struct checkpoints *checkpoints = planning->plan->checkpoints;
    const bool *wanted = options->wanted;
    struct item *spared = NULL;
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
        const struct item item = item_of(planning->space, i, &text, &failed);
        struct checkpoint_slots slots = slots_of(planning, &item, &text);
        failed |= text.failed;
        if (!failed && !has_run(planning->items, planning->item_count, &item) &&
            !has_run(spared, spared_count, &item))
            checkpoints_remove(checkpoints, &slots);
    }
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
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
    if (planning->slots) {
        member->slots = &planning->slots[first];
        checkpoints_find(planning->plan->checkpoints, member);
    }
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

static size_t batch_rows(const struct stream_spec *stream) {
    return stream->batch_size < stream->train_count ? stream->batch_size : stream->train_count;
}

/* The predicted cost of one epoch of a member, its validation included, and of its tests. */
static enum status weigh(struct planning *planning, const struct cohort *cohort,
                         struct member *member, struct error *error) {
    const struct stream_spec *stream = &cohort->stream;
    struct image_cost cost = {0, 0};
    enum status status =
        cost_of_network(planning->costs, &member->network, batch_rows(stream), &cost, error);
    const double tests = cost.evaluate * (double)(stream->data->test.count * member->milestone_count);
    member->weight = cost.train * (double)stream->train_count +
                     cost.evaluate * (double)stream->validation_count +
                     tests / (double)member_epochs(member);
    return status;
}

static enum status predict(struct planning *planning, double *total, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < planning->plan->cohort_count && status == STATUS_OK; i++) {
        struct cohort *cohort = &planning->cohorts[i];
        qsort(cohort->members, cohort->member_count, sizeof *cohort->members, compare_members);
        for (size_t j = 0; j < cohort->member_count && status == STATUS_OK; j++) {
            struct member *member = &cohort->members[j];
            status = weigh(planning, cohort, member, error);
            *total += member->weight * (double)member_left(member);
            planning->plan->images += cohort->stream.train_count * member_left(member);
        }
    }
    return status;
}

/* What a slice costs whatever its members are: making each epoch's batches. */
static double shared_seconds(const struct planning *planning, const struct cohort *cohort) {
    const struct stream_spec *stream = &cohort->stream;
    const struct image_cost decoding = planning->costs->decoding;
    const double epoch = decoding.train * (double)stream->train_count +
                         decoding.evaluate * (double)stream->validation_count;
    size_t first = SIZE_MAX, last = 0;
    for (size_t i = 0; i < cohort->member_count; i++) {
        const size_t start = member_start(&cohort->members[i]);
        const size_t end = member_epochs(&cohort->members[i]);
        first = start < first ? start : first;
        last = end > last ? end : last;
    }
    return epoch * (double)(last - first);
}

/* The second-level cache of a core; what a slice works on in every step should fit. */
static size_t cache_bytes(void) {
    const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? (size_t)bytes : (size_t)1 << 20;
}

static double member_seconds(const struct member *member) {
    return member->weight * (double)member_left(member);
}

static double cohort_seconds(const struct cohort *cohort) {
    double seconds = 0;
    for (size_t i = 0; i < cohort->member_count; i++)
        seconds += member_seconds(&cohort->members[i]);
    return seconds;
}

/* Cut cohort i into pieces[i] parts of about the same cost, or more where the cache is too small. */
static size_t cut(const struct planning *planning, const size_t *pieces, struct sliced *slices) {
    size_t count = 0;
    for (size_t i = 0; i < planning->plan->cohort_count; i++) {
        const struct cohort *cohort = &planning->cohorts[i];
        const double share = cohort_seconds(cohort) / (double)pieces[i];
        double before = 0; /* cost of the members in earlier slices */
        for (size_t j = 0, part = 1; j < cohort->member_count; part++) {
            struct sliced slice = {.cohort = *cohort};
            size_t bytes = 0;
            slice.cohort.members = &cohort->members[j];
            slice.cohort.member_count = 0;
            for (; j < cohort->member_count; j++) {
                const struct member *member = &cohort->members[j];
                const double seconds = member_seconds(member);
                bytes += panel_network_bytes(&member->network);
                /* A member belongs to the part in which its middle lies. */
                const bool beyond = before + slice.seconds + seconds / 2 > share * (double)part;
                if (slice.cohort.member_count > 0 && (beyond || bytes > CACHES * cache_bytes()))
                    break;
                slice.seconds += seconds;
                slice.cohort.member_count++;
            }
            before += slice.seconds;
            slice.seconds += shared_seconds(planning, &slice.cohort);
            slices[count++] = slice;
        }
    }
    return count;
}

/* What is tried out to find the best cut. */
struct cutting {
    const struct planning *planning;
    size_t *pieces; /* of each cohort */
    struct sliced *slices;
    size_t slice_count;
    double *busy; /* of each thread */
};

/* The end of the sweep when each thread takes the next longest slice as it becomes free. */
static double order_slices(struct cutting *cutting) {
    const size_t jobs = cutting->planning->plan->jobs;
    double end = 0;
    qsort(cutting->slices, cutting->slice_count, sizeof *cutting->slices, compare_sliced);
    for (size_t job = 0; job < jobs; job++)
        cutting->busy[job] = 0;
    for (size_t i = 0; i < cutting->slice_count; i++) {
        size_t first = 0;
        for (size_t job = 1; job < jobs; job++)
            if (cutting->busy[job] < cutting->busy[first])
                first = job;
        cutting->busy[first] += cutting->slices[i].seconds;
        end = cutting->busy[first] > end ? cutting->busy[first] : end;
    }
    return end;
}

static double try_cut(struct cutting *cutting) {
    cutting->slice_count = cut(cutting->planning, cutting->pieces, cutting->slices);
    return order_slices(cutting);
}

/* No part longer than `longest`, but for a tenth. */
static void cut_evenly(struct cutting *cutting, double longest) {
    for (size_t i = 0; i < cutting->planning->plan->cohort_count; i++) {
        const double parts =
            ceil(cohort_seconds(&cutting->planning->cohorts[i]) / longest - 0.1);
        cutting->pieces[i] = parts > 1 ? (size_t)parts : 1;
    }
}

/* Cut one cohort more as long as that ends the sweep sooner: two whole and one halved are better for
 * two threads than three halved, whose batches are all made twice. */
static double refine(struct cutting *cutting) {
    const size_t cohorts = cutting->planning->plan->cohort_count;
    double end = try_cut(cutting);
    for (size_t best = 0; best < cohorts && cohorts <= REFINED_COHORTS;) {
        double sooner = end * 0.99;
        best = cohorts;
        for (size_t i = 0; i < cohorts; i++) {
            cutting->pieces[i]++;
            const double tried = try_cut(cutting);
            cutting->pieces[i]--;
            if (tried < sooner) {
                sooner = tried;
                best = i;
            }
        }
        if (best < cohorts) {
            cutting->pieces[best]++;
            end = sooner;
        }
    }
    return end;
}

/* How much longer a slice's members take side by side than their kinds' trials have told: they fill
 * the panel and the caches differently. */
static enum status correct(const struct planning *planning, const struct cohort *cohort,
                           const struct network_spec **specs, double *factor, bool *tried,
                           struct error *error) {
    struct image_cost whole = {0, 0}, cost;
    double train = planning->costs->decoding.train;
    for (size_t i = 0; i < cohort->member_count; i++)
        specs[i] = &cohort->members[i].network;
    const size_t rows = batch_rows(&cohort->stream);
    enum status status =
        cost_of_networks(planning->costs, specs, cohort->member_count, rows, &whole, tried, error);
    for (size_t i = 0; i < cohort->member_count && *tried && status == STATUS_OK; i++) {
        status = cost_of_network(planning->costs, specs[i], rows, &cost, error);
        train += cost.train;
    }
    if (status == STATUS_OK && *tried)
        *factor = whole.train / train;
    return status;
}

/* Try out the first slices as they are, which differ from the others mostly in their seeds, and
 * correct the prediction for all. */
static enum status correct_slices(struct cutting *cutting, struct error *error) {
    const struct planning *planning = cutting->planning;
    const struct network_spec **specs =
        ARENA_NEW(planning->arena, const struct network_spec *, planning->plan->run_count);
    double factor = 1, sum = 0;
    size_t tried_count = 0;
    if (!specs)
        return error_memory(error);
    for (size_t i = 0; i < cutting->slice_count; i++) {
        struct sliced *slice = &cutting->slices[i];
        bool tried = false;
        if (i < SLICES_TRIED) {
            enum status status = correct(planning, &slice->cohort, specs, &factor, &tried, error);
            if (status != STATUS_OK)
                return status;
            sum += tried ? factor : 0;
            tried_count += tried;
        }
        if (!tried)
            factor = tried_count > 0 ? sum / (double)tried_count : 1;
        slice->seconds *= factor;
    }
    return STATUS_OK;
}

static enum status slice_cohorts(struct planning *planning, double total, struct error *error) {
    struct plan *plan = planning->plan;
    struct cutting cutting = {
        .planning = planning,
        .pieces = ARENA_NEW(planning->arena, size_t, plan->cohort_count),
        .slices = ARENA_NEW(planning->arena, struct sliced, plan->run_count),
        .busy = ARENA_NEW(planning->arena, double, plan->jobs),
    };
    size_t *best = ARENA_NEW(planning->arena, size_t, plan->cohort_count);
    if (!cutting.pieces || !cutting.slices || !cutting.busy || !best)
        return error_memory(error);
    plan->seconds = (double)INFINITY;
    for (size_t fineness = 1; fineness <= SLICES_PER_JOB; fineness++) {
        cut_evenly(&cutting, total / (double)(plan->jobs * fineness));
        const double end = refine(&cutting);
        if (end < plan->seconds) {
            plan->seconds = end;
            memcpy(best, cutting.pieces, plan->cohort_count * sizeof *best);
        }
    }
    memcpy(cutting.pieces, best, plan->cohort_count * sizeof *best);
    try_cut(&cutting);
    enum status status = correct_slices(&cutting, error);
    if (status != STATUS_OK)
        return status;
    plan->seconds = order_slices(&cutting);
    plan->slice_count = cutting.slice_count;
    plan->slices = ARENA_NEW(planning->arena, struct cohort, plan->slice_count);
    plan->slice_seconds = ARENA_NEW(planning->arena, double, plan->slice_count);
    if (!plan->slices || !plan->slice_seconds)
        return error_memory(error);
    size_t largest = 0;
    for (size_t i = 0; i < plan->slice_count; i++) {
        plan->slices[i] = cutting.slices[i].cohort;
        plan->slice_seconds[i] = cutting.slices[i].seconds;
        size_t bytes = cohort_bytes(&plan->slices[i]);
        largest = bytes > largest ? bytes : largest;
    }
    plan->bytes = largest * (plan->jobs < plan->slice_count ? plan->jobs : plan->slice_count);
    return STATUS_OK;
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
        status = collect(space, options->wanted, arena, &planning.items, &planning.item_count, error);
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
        status = slice_cohorts(&planning, total, error);
    cost_release(&costs);
    return status;
}

struct kept plan_kept(const struct plan *plan) {
    struct kept kept = {0, SIZE_MAX, 0};
    for (size_t i = 0; i < plan->slice_count; i++)
        for (size_t j = 0; j < plan->slices[i].member_count; j++) {
            const size_t epochs = member_start(&plan->slices[i].members[j]);
            if (epochs == 0)
                continue;
            kept.count++;
            kept.first = epochs < kept.first ? epochs : kept.first;
            kept.last = epochs > kept.last ? epochs : kept.last;
        }
    return kept;
}
