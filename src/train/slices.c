#include "train/slices.h"

#include "train/loads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Slices of a thread, at most, when all are cut evenly: enough that the last ones end at about the
 * same time, few enough that each batch is shared by many. */
#define SLICES_PER_JOB 3

/* With more cohorts than this there are enough slices to even out, and too many to try. */
#define REFINED_COHORTS 32

/* A cut is taken for a better one if the sweep ends this much sooner. */
#define ENOUGH 0.99

/* Slices that are tried out as they are, for a better prediction. */
#define SLICES_TRIED 4

/* A slice's weights and slots may fill the second-level cache this many times: it is passed block
 * by block, and one more run on the same batch saves more than the cache's misses cost. Measured
 * on configs/grid.yaml: 1 takes 10 % longer than 2, and 4 or 8 take 2 % longer. */
#define CACHES 2

struct sliced {
    struct cohort cohort;
    double seconds;
};

static int compare_sliced(const void *left, const void *right) {
    const struct sliced *a = left, *b = right;
    return (a->seconds < b->seconds) - (a->seconds > b->seconds);
}

/* What is tried out to find the best cut. */
struct cutting {
    const struct plan *plan;
    const struct cohort *cohorts; /* whole */
    struct costs *costs;
    size_t *pieces; /* of each cohort */
    struct sliced *slices;
    size_t slice_count;
    struct loads busy; /* the threads */
};

/* What a slice costs whatever its runs are: making each epoch's batches. */
static double shared_seconds(const struct cutting *cutting, const struct cohort *cohort) {
    size_t first = SIZE_MAX, last = 0;
    for (size_t i = 0; i < cohort->run_count; i++) {
        const size_t start = plan_start(cutting->plan, cohort->runs[i]);
        const size_t end = run_end(cohort->runs[i]);
        if (plan_left(cutting->plan, cohort->runs[i]) == 0)
            continue;
        first = start < first ? start : first;
        last = end > last ? end : last;
    }
    return last > 0 ? cost_of_batches(cutting->costs, &cohort->stream) * (double)(last - first) : 0;
}

/* The second-level cache of a core; what a slice works on in every step should fit. */
static size_t cache_bytes(void) {
    const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? (size_t)bytes : (size_t)1 << 20;
}

static double run_seconds(const struct plan *plan, const struct run *run) {
    return plan->run_costs[run->index].seconds * (double)plan_left(plan, run);
}

static double cohort_seconds(const struct plan *plan, const struct cohort *cohort) {
    double seconds = 0;
    for (size_t i = 0; i < cohort->run_count; i++)
        seconds += run_seconds(plan, cohort->runs[i]);
    return seconds;
}

/* Cut cohort i into pieces[i] parts of about the same cost, or more where the cache is too small.
 */
static void cut(struct cutting *cutting) {
    const struct plan *plan = cutting->plan;
    cutting->slice_count = 0;
    for (size_t i = 0; i < plan->cohort_count; i++) {
        const struct cohort *cohort = &cutting->cohorts[i];
        const double share = cohort_seconds(plan, cohort) / (double)cutting->pieces[i];
        double before = 0; /* cost of the runs in earlier slices */
        for (size_t j = 0, part = 1; j < cohort->run_count; part++) {
            struct sliced slice = {.cohort = *cohort};
            size_t bytes = 0;
            slice.cohort.runs = &cohort->runs[j];
            slice.cohort.run_count = 0;
            for (; j < cohort->run_count; j++) {
                const struct run *run = cohort->runs[j];
                const double seconds = run_seconds(plan, run);
                bytes += plan->run_costs[run->index].bytes;
                /* A run belongs to the part in which its middle lies. */
                const bool beyond = before + slice.seconds + seconds / 2 > share * (double)part;
                if (slice.cohort.run_count > 0 && (beyond || bytes > CACHES * cache_bytes()))
                    break;
                slice.seconds += seconds;
                slice.cohort.run_count++;
            }
            before += slice.seconds;
            slice.seconds += shared_seconds(cutting, &slice.cohort);
            cutting->slices[cutting->slice_count++] = slice;
        }
    }
}

/* The end of the sweep when each thread takes the next longest slice as it becomes free. */
static double order_slices(struct cutting *cutting) {
    double end = 0;
    qsort(cutting->slices, cutting->slice_count, sizeof *cutting->slices, compare_sliced);
    loads_clear(&cutting->busy);
    for (size_t i = 0; i < cutting->slice_count; i++) {
        const size_t job = loads_add(&cutting->busy, cutting->slices[i].seconds);
        end = fmax(end, cutting->busy.seconds[job]);
    }
    return end;
}

static double try_cut(struct cutting *cutting) {
    cut(cutting);
    return order_slices(cutting);
}

/* No part longer than `longest`, but for a tenth. */
static void cut_evenly(struct cutting *cutting, double longest) {
    for (size_t i = 0; i < cutting->plan->cohort_count; i++) {
        const double parts =
            ceil(cohort_seconds(cutting->plan, &cutting->cohorts[i]) / longest - 0.1);
        cutting->pieces[i] = parts > 1 ? (size_t)parts : 1;
    }
}

/* Whether threads end so much at one time that no other cut ends the sweep 1 % sooner: a finer one
 * makes more batches, and what is now is shared out at best. */
static bool is_even(const struct cutting *cutting, double end) {
    double sum = 0;
    for (size_t i = 0; i < cutting->slice_count; i++)
        sum += cutting->slices[i].seconds;
    return end * ENOUGH <= sum / (double)cutting->plan->jobs;
}

/* Cut one cohort more as long as that ends the sweep sooner: two whole and one halved are better
 * for two threads than three halved, whose batches are all made twice. */
static double refine(struct cutting *cutting) {
    const size_t cohorts = cutting->plan->cohort_count;
    double end = try_cut(cutting);
    for (size_t best = is_even(cutting, end) ? cohorts : 0;
         best < cohorts && cohorts <= REFINED_COHORTS;) {
        double sooner = end * ENOUGH;
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

/* Try out the first slices as they are, which differ from the others mostly in their seeds, and
 * correct the prediction for all. */
static enum status correct_slices(struct cutting *cutting, struct error *error) {
    double factor = 1, sum = 0;
    size_t tried_count = 0;
    for (size_t i = 0; i < cutting->slice_count; i++) {
        struct sliced *slice = &cutting->slices[i];
        bool tried = false;
        if (i < SLICES_TRIED) {
            enum status status =
                cost_correction(cutting->costs, &slice->cohort, &factor, &tried, error);
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

/* The slices and what they take. No more cohorts are trained at once than there are threads or
 * runs; what a thread takes over of another's slice needs less memory than that slice. */
static enum status finish(struct cutting *cutting, struct arena *arena, struct plan *plan,
                          struct error *error) {
    enum status status = STATUS_OK;
    plan->seconds = order_slices(cutting);
    plan->slice_count = cutting->slice_count;
    plan->slices = ARENA_NEW(arena, struct cohort, plan->slice_count);
    plan->slice_seconds = ARENA_NEW(arena, double, plan->slice_count);
    plan->slice_bytes = ARENA_NEW(arena, size_t, plan->slice_count);
    if (!plan->slices || !plan->slice_seconds || !plan->slice_bytes)
        return error_memory(error);
    size_t largest = 0;
    for (size_t i = 0; i < plan->slice_count && status == STATUS_OK; i++) {
        size_t *bytes = &plan->slice_bytes[i];
        plan->slices[i] = cutting->slices[i].cohort;
        plan->slice_seconds[i] = cutting->slices[i].seconds;
        plan->work += plan->slice_seconds[i];
        status = cohort_bytes(&plan->slices[i], bytes, error);
        largest = *bytes > largest ? *bytes : largest;
    }
    plan->bytes = largest * (plan->jobs < plan->run_count ? plan->jobs : plan->run_count);
    return status;
}

enum status slices_cut(const struct cohort *cohorts, struct costs *costs, struct arena *arena,
                       struct plan *plan, struct error *error) {
    struct cutting cutting = {
        .plan = plan,
        .cohorts = cohorts,
        .costs = costs,
        .pieces = ARENA_NEW(arena, size_t, plan->cohort_count),
        .slices = ARENA_NEW(arena, struct sliced, plan->run_count),
    };
    size_t *best = ARENA_NEW(arena, size_t, plan->cohort_count);
    double total = 0, soonest = (double)INFINITY;
    if (!cutting.pieces || !cutting.slices || !best ||
        !loads_init(&cutting.busy, plan->jobs, arena))
        return error_memory(error);
    for (size_t i = 0; i < plan->cohort_count; i++)
        total += cohort_seconds(plan, &cohorts[i]);
    for (size_t fineness = 1; fineness <= SLICES_PER_JOB; fineness++) {
        cut_evenly(&cutting, total / (double)(plan->jobs * fineness));
        const double end = refine(&cutting);
        if (end < soonest) {
            soonest = end;
            memcpy(best, cutting.pieces, plan->cohort_count * sizeof *best);
        }
    }
    memcpy(cutting.pieces, best, plan->cohort_count * sizeof *best);
    try_cut(&cutting);
    const enum status status = correct_slices(&cutting, error);
    return status == STATUS_OK ? finish(&cutting, arena, plan, error) : status;
}
