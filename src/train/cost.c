#include "train/cost.h"

#include "base/clock.h"
#include "base/text.h"
#include "nn/ensemble.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COPIES 8             /* of a network, side by side as in a cohort */
#define COPIED_FLOATS 100000 /* beyond this many weights, one copy tells enough */
#define TRIED_FLOATS 4000000 /* of networks side by side; beyond, a trial would take too long */
#define ROUNDS 3             /* of a trial, of which the fastest counts: others may be disturbed */
#define SECONDS 0.001        /* that a round lasts at least */
#define DECODED_ROWS 32
#define KINDS_MAX 64
#define FAR 100 /* a logarithm of weights that no two networks differ by */

/* Of a step, for a weight and a row, where nothing could be measured. */
#define SECONDS_PER_WEIGHT 1e-10

/* Networks whose steps cost the same. */
struct cost_kind {
    struct digest key;
    const struct network_spec *spec; /* one of them */
    size_t rows;
    struct image_cost cost;
};

/* Seconds of this thread for a call of `work`, whose steps are numbered: the least of some rounds.
 * A round takes as many steps as it needs for the clock to be exact; the first ones, which warm the
 * caches, do not count unless one of them is enough. */
static double time_of(void (*work)(void *context, size_t step), void *context) {
    double best = (double)INFINITY;
    for (size_t round = 0, step = 0, steps = 1; round < ROUNDS;) {
        const double begin = clock_thread_seconds();
        for (size_t i = 0; i < steps; i++)
            work(context, step++);
        const double spent = clock_thread_seconds() - begin;
        if (spent < SECONDS) {
            steps *= 2;
            continue;
        }
        best = fmin(best, spent / (double)steps);
        round++;
    }
    return best;
}

static const char *kernel_name(const struct network_spec *spec) {
    return network_kernel(spec)->name;
}

static const float *scale_of_levels(float scale[256]) {
    for (int level = 0; level < 256; level++)
        scale[level] = (float)level / 255;
    return scale;
}

/* Images from all over the memory, as a shuffled epoch has them. */
static void choose(const struct costs *costs, size_t first, size_t rows, uint32_t *images) {
    for (size_t row = 0; row < rows; row++)
        images[row] = (uint32_t)((first + row) * 2654435761u % costs->index.count);
}

/* A batch to decode, with or without the order by inputs that only training needs. */
struct decoding {
    const struct costs *costs;
    struct sparse x;
    float scale[256];
    bool sorted;
};

static void decode(void *context, size_t step) {
    struct decoding *decoding = context;
    uint32_t images[DECODED_ROWS];
    choose(decoding->costs, step * DECODED_ROWS, DECODED_ROWS, images);
    sparse_decode(&decoding->x, &decoding->costs->index, images, DECODED_ROWS, decoding->scale);
    if (decoding->sorted)
        sparse_sort(&decoding->x);
}

static struct digest decoding_key(const struct costs *costs) {
    char text[128];
    snprintf(text, sizeof text, "decode inputs=%zu density=%.2f", costs->index.inputs,
             costs->density);
    return digest_of_string(text);
}

static enum status measure_decoding(struct costs *costs, struct error *error) {
    const struct digest key = decoding_key(costs);
    double seconds[2];
    if (!calibration_find(costs->calibration, key, seconds)) {
        struct decoding decoding = {.costs = costs};
        scale_of_levels(decoding.scale);
        if (!sparse_init(&decoding.x, DECODED_ROWS, costs->index.inputs, &costs->scratch))
            return error_memory(error);
        for (size_t i = 0; i < 2; i++) {
            decoding.sorted = i == 0;
            seconds[i] = time_of(decode, &decoding) / DECODED_ROWS;
        }
        calibration_add(costs->calibration, key, seconds);
    }
    costs->decoding = (struct image_cost){seconds[0], seconds[1]};
    return STATUS_OK;
}

enum status cost_init(struct costs *costs, const struct dataset *dataset,
                      struct calibration *calibration, struct error *error) {
    *costs = (struct costs){.dataset = dataset, .calibration = calibration};
    arena_init(&costs->arena);
    arena_init(&costs->scratch);
    costs->kinds = ARENA_NEW(&costs->arena, struct cost_kind, KINDS_MAX);
    if (!costs->kinds)
        return error_memory(error);
    if (dataset->train.index)
        costs->index = *dataset->train.index;
    else if (!sparse_index(&costs->index, dataset->train.pixels, dataset->train.count,
                           dataset->rows * dataset->columns, &costs->arena))
        return error_memory(error);
    const struct sparse_images *index = &costs->index;
    costs->density = (double)index->start[index->count * index->groups] /
                     ((double)index->count * (double)index->inputs);
    return measure_decoding(costs, error);
}

void cost_release(struct costs *costs) {
    arena_release(&costs->arena);
    arena_release(&costs->scratch);
}

/* Networks side by side, and a batch. */
struct trial_run {
    const struct costs *costs;
    size_t rows;
    struct ensemble *ensemble;
    struct ensemble_result *results;
    struct sparse x;
    uint32_t *images;
    uint8_t *labels;
    float scale[256];
};

static enum status prepare(struct costs *costs, const struct network_spec *const *specs,
                           size_t count, size_t rows, struct trial_run *run, struct error *error) {
    struct arena *arena = &costs->scratch;
    *run = (struct trial_run){.costs = costs, .rows = rows};
    arena_reset(arena);
    run->results = ARENA_NEW(arena, struct ensemble_result, count);
    run->images = ARENA_NEW(arena, uint32_t, rows);
    run->labels = ARENA_NEW(arena, uint8_t, rows);
    sparse_init(&run->x, rows, costs->index.inputs, arena);
    scale_of_levels(run->scale);
    return ensemble_init(&run->ensemble, specs, count, rows, arena, error);
}

static void next_batch(struct trial_run *run, size_t step) {
    const struct costs *costs = run->costs;
    choose(costs, step * run->rows, run->rows, run->images);
    for (size_t row = 0; row < run->rows; row++)
        run->labels[row] = costs->dataset->train.labels[run->images[row]];
    sparse_decode(&run->x, &costs->index, run->images, run->rows, run->scale);
}

static void train_batch(void *context, size_t step) {
    struct trial_run *run = context;
    const struct ensemble_batch batch = {.x = &run->x, .labels = run->labels};
    next_batch(run, step);
    ensemble_train(run->ensemble, &batch, run->results);
}

static void evaluate_batch(void *context, size_t step) {
    struct trial_run *run = context;
    const struct ensemble_batch batch = {.x = &run->x, .labels = run->labels};
    next_batch(run, step);
    ensemble_predict(run->ensemble, &batch, run->results);
}

/* All of a network that its time depends on: what is equal here costs the same. */
static void append_kind(const struct network_spec *spec, struct text *text) {
    text_printf(text, "inputs=%zu loss=%s optimizer=%s", spec->inputs, spec->loss->name,
                kernel_name(spec));
    text_printf(text, " dropout=%d l2=%d decay=%d layers=", spec->dropout > 0, spec->l2 != 0,
                network_decays(spec));
    for (size_t i = 0; i < spec->layer_count; i++)
        text_printf(text, "%zu %s,", spec->layers[i].units, spec->layers[i].activation->name);
    text_append(text, "\n");
}

/* The key of networks side by side. */
static enum status key_of(const struct costs *costs, const struct network_spec *const *specs,
                          size_t count, size_t rows, struct digest *key, struct error *error) {
    struct text text;
    text_init(&text);
    text_printf(&text, "train rows=%zu density=%.2f\n", rows, costs->density);
    for (size_t i = 0; i < count; i++)
        append_kind(specs[i], &text);
    *key = digest_of_bytes(text.data, text.length);
    enum status status = text.failed ? error_memory(error) : STATUS_OK;
    text_release(&text);
    return status;
}

enum status cost_of_networks(struct costs *costs, const struct network_spec *const *specs,
                             size_t count, size_t rows, struct image_cost *cost, bool *tried,
                             struct error *error) {
    struct trial_run run;
    struct digest key;
    double seconds[2];
    size_t floats = 0;
    for (size_t i = 0; i < count; i++)
        floats += network_parameter_count(specs[i]);
    *tried = count == 1 || floats <= TRIED_FLOATS;
    if (!*tried)
        return STATUS_OK;
    enum status status = key_of(costs, specs, count, rows, &key, error);
    if (status != STATUS_OK)
        return status;
    if (!calibration_find(costs->calibration, key, seconds)) {
        status = prepare(costs, specs, count, rows, &run, error);
        if (status == STATUS_MEMORY) {
            /* Too large to try is no reason to train nothing: the trial will fail, and no other. */
            arena_release(&costs->scratch);
            *tried = false;
            return STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
        seconds[0] = time_of(train_batch, &run) / (double)rows;
        seconds[1] = time_of(evaluate_batch, &run) / (double)rows;
        calibration_add(costs->calibration, key, seconds);
    }
    *cost = (struct image_cost){seconds[0], seconds[1]};
    return STATUS_OK;
}

/* What one of the copies takes, the decoding aside; not nothing, whatever the clock says. */
static double share(double seconds, double decoding, size_t copies) {
    return fmax(seconds - decoding, seconds / 10) / (double)copies;
}

static enum status try_out(struct costs *costs, struct cost_kind *kind, struct error *error) {
    const struct network_spec *specs[COPIES];
    const size_t floats = network_parameter_count(kind->spec);
    const size_t copies = floats > COPIED_FLOATS ? 1 : COPIES;
    for (size_t i = 0; i < copies; i++)
        specs[i] = kind->spec;
    bool tried;
    enum status status =
        cost_of_networks(costs, specs, copies, kind->rows, &kind->cost, &tried, error);
    if (status == STATUS_OK && tried) {
        kind->cost.train = share(kind->cost.train, costs->decoding.train, copies);
        kind->cost.evaluate = share(kind->cost.evaluate, costs->decoding.evaluate, copies);
    } else if (status == STATUS_OK) {
        kind->cost.train = (double)floats * SECONDS_PER_WEIGHT;
        kind->cost.evaluate = kind->cost.train / 3;
    }
    return status;
}

/* Of the kinds that were tried, the one that is most like a network: with its optimizer's kernel if
 * there is one, then of about as many weights. */
static const struct cost_kind *nearest(const struct costs *costs, const struct network_spec *spec) {
    const struct cost_kind *best = NULL;
    const double weights = (double)network_parameter_count(spec);
    double least = (double)INFINITY;
    for (size_t i = 0; i < costs->kind_count; i++) {
        const struct network_spec *other = costs->kinds[i].spec;
        const bool same = strcmp(kernel_name(other), kernel_name(spec)) == 0;
        const double distance = fabs(log(weights / (double)network_parameter_count(other)));
        if (distance + (same ? 0 : FAR) < least) {
            least = distance + (same ? 0 : FAR);
            best = &costs->kinds[i];
        }
    }
    return best;
}

enum status cost_of_network(struct costs *costs, const struct network_spec *spec, size_t rows,
                            struct image_cost *cost, struct error *error) {
    struct digest key;
    enum status status = key_of(costs, &spec, 1, rows, &key, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < costs->kind_count; i++)
        if (strcmp(costs->kinds[i].key.hex, key.hex) == 0) {
            *cost = costs->kinds[i].cost;
            return STATUS_OK;
        }
    if (costs->kind_count == KINDS_MAX) {
        const struct cost_kind *like = nearest(costs, spec);
        const double scale =
            (double)network_parameter_count(spec) / (double)network_parameter_count(like->spec);
        *cost = (struct image_cost){like->cost.train * scale, like->cost.evaluate * scale};
        return STATUS_OK;
    }
    struct cost_kind *kind = &costs->kinds[costs->kind_count++];
    *kind = (struct cost_kind){.key = key, .spec = spec, .rows = rows};
    status = try_out(costs, kind, error);
    *cost = kind->cost;
    return status;
}
