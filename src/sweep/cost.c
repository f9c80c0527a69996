#include "sweep/cost.h"

#include "base/clock.h"
#include "nn/panel.h"

#include <string.h>

#define COPIES 8             /* of a network, side by side as in a cohort */
#define COPIED_FLOATS 100000 /* beyond this many weights, one copy tells enough */
#define SECONDS 0.002        /* that a trial lasts */
#define KINDS_MAX 64

/* Of a step, for a weight and a row, where nothing could be measured. */
#define SECONDS_PER_WEIGHT 1e-10

/* Networks whose steps cost the same: they differ in seed and learning rates at most. */
struct cost_kind {
    const struct network_spec *spec;
    size_t rows;
    struct image_cost cost;
};

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

static enum status measure_decoding(struct costs *costs, struct error *error) {
    enum { ROWS = 32 };
    uint32_t images[ROWS];
    float scale[256];
    struct sparse x;
    if (!sparse_init(&x, ROWS, costs->index.inputs, &costs->scratch))
        return error_memory(error);
    scale_of_levels(scale);
    size_t steps = 0;
    const double begin = clock_seconds();
    for (; clock_seconds() - begin < SECONDS; steps++) {
        choose(costs, steps * ROWS, ROWS, images);
        sparse_decode(&x, &costs->index, images, ROWS, scale);
        sparse_sort(&x);
    }
    costs->decode_seconds = (clock_seconds() - begin) / (double)(steps * ROWS);
    return STATUS_OK;
}

enum status cost_init(struct costs *costs, const struct dataset *dataset, struct error *error) {
    *costs = (struct costs){.dataset = dataset};
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
    return measure_decoding(costs, error);
}

void cost_release(struct costs *costs) {
    arena_release(&costs->arena);
    arena_release(&costs->scratch);
}

/* Copies of a network in a panel, and a batch. */
struct trial_run {
    size_t copies, rows;
    struct network networks[COPIES];
    struct panel panel;
    struct sparse x;
    uint32_t *images;
    uint8_t *labels;
    float scale[256];
};

static enum status prepare(struct costs *costs, const struct network_spec *spec, size_t rows,
                           struct trial_run *run, struct error *error) {
    const struct network_spec *specs[COPIES];
    struct network *networks[COPIES];
    *run = (struct trial_run){.rows = rows};
    run->copies = network_parameter_count(spec) > COPIED_FLOATS ? 1 : COPIES;
    arena_reset(&costs->scratch);
    run->images = ARENA_NEW(&costs->scratch, uint32_t, rows);
    run->labels = ARENA_NEW(&costs->scratch, uint8_t, rows);
    if (!run->images || !run->labels ||
        !sparse_init(&run->x, rows, costs->index.inputs, &costs->scratch))
        return error_memory(error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->copies && status == STATUS_OK; i++) {
        specs[i] = spec;
        networks[i] = &run->networks[i];
        status = network_init(networks[i], spec, rows, &costs->scratch, error);
    }
    if (status == STATUS_OK)
        status = panel_init(&run->panel, specs, run->copies, rows, &costs->scratch, error);
    if (status == STATUS_OK)
        panel_load(&run->panel, networks, run->copies);
    scale_of_levels(run->scale);
    return status;
}

static void next_batch(const struct costs *costs, struct trial_run *run, size_t step) {
    choose(costs, step * run->rows, run->rows, run->images);
    for (size_t row = 0; row < run->rows; row++)
        run->labels[row] = costs->dataset->train.labels[run->images[row]];
    sparse_decode(&run->x, &costs->index, run->images, run->rows, run->scale);
    sparse_sort(&run->x);
}

static void train_batch(struct trial_run *run) {
    const struct random_source source = {0, RANDOM_TEST, 0};
    const float *outputs;
    panel_forward(&run->panel, &run->x);
    for (size_t i = 0; i < run->copies; i++)
        network_train_rest(&run->networks[i], run->labels, run->rows, source, 0, &outputs);
    panel_step(&run->panel, &run->x);
}

static void evaluate_batch(struct trial_run *run) {
    panel_forward(&run->panel, &run->x);
    for (size_t i = 0; i < run->copies; i++) {
        network_predict_rest(&run->networks[i], run->rows);
        network_loss(&run->networks[i], run->labels, run->rows);
    }
}

/* Seconds for an image and a copy; the first step, which warms the caches, does not count. */
static double measure(const struct costs *costs, struct trial_run *run,
                      void (*work)(struct trial_run *)) {
    double spent = 0;
    size_t steps = 0;
    next_batch(costs, run, 0);
    work(run);
    while (steps < 3 || spent < SECONDS) {
        next_batch(costs, run, steps + 1);
        const double begin = clock_seconds();
        work(run);
        spent += clock_seconds() - begin;
        steps++;
    }
    return spent / (double)(steps * run->rows * run->copies);
}

static enum status try_out(struct costs *costs, struct cost_kind *kind, struct error *error) {
    struct trial_run run;
    enum status status = prepare(costs, kind->spec, kind->rows, &run, error);
    if (status == STATUS_MEMORY) {
        /* Too large to try is no reason to train nothing: the trial will fail, and no other. */
        arena_release(&costs->scratch);
        kind->cost.train = (double)network_parameter_count(kind->spec) * SECONDS_PER_WEIGHT;
        kind->cost.evaluate = kind->cost.train / 3;
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        kind->cost.train = measure(costs, &run, train_batch);
        kind->cost.evaluate = measure(costs, &run, evaluate_batch);
    }
    return status;
}

static bool same_kind(const struct network_spec *a, const struct network_spec *b) {
    if (a->inputs != b->inputs || a->layer_count != b->layer_count || a->loss != b->loss ||
        (a->dropout > 0) != (b->dropout > 0) || (a->l2 != 0) != (b->l2 != 0) ||
        a->optimizer->kernel(&a->optimizer_settings) != b->optimizer->kernel(&b->optimizer_settings))
        return false;
    for (size_t i = 0; i < a->layer_count; i++)
        if (a->layers[i].units != b->layers[i].units ||
            a->layers[i].activation != b->layers[i].activation)
            return false;
    return true;
}

enum status cost_of_image(struct costs *costs, const struct network_spec *spec, size_t rows,
                          struct image_cost *cost, struct error *error) {
    for (size_t i = 0; i < costs->kind_count; i++)
        if (costs->kinds[i].rows == rows && same_kind(costs->kinds[i].spec, spec)) {
            *cost = costs->kinds[i].cost;
            return STATUS_OK;
        }
    if (costs->kind_count == KINDS_MAX) {
        /* Scaled by the weights from the one tried last. */
        const struct cost_kind *last = &costs->kinds[KINDS_MAX - 1];
        const double scale = (double)network_parameter_count(spec) /
                             (double)network_parameter_count(last->spec);
        *cost = (struct image_cost){last->cost.train * scale, last->cost.evaluate * scale};
        return STATUS_OK;
    }
    struct cost_kind *kind = &costs->kinds[costs->kind_count++];
    *kind = (struct cost_kind){.spec = spec, .rows = rows};
    enum status status = try_out(costs, kind, error);
    *cost = kind->cost;
    return status;
}
