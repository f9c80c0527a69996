#include "train/cost.h"

#include "base/clock.h"
#include "base/multiversion.h"
#include "base/text.h"
#include "nn/metric.h"
#include "nn/panel.h"

#include <math.h>
#include <stdio.h>

#define COPIES 8             /* of a network, side by side as in a cohort */
#define COPIED_FLOATS 100000 /* beyond this many weights, one copy tells enough */
#define TRIED_FLOATS 4000000 /* of networks side by side; beyond, a trial would take too long */
#define ROUNDS 3             /* of a trial, of which the fastest counts: others may be disturbed */
#define SECONDS 0.001        /* that a round lasts */
#define DECODED_ROWS 32
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

/* Seconds for an image, with or without the order by inputs that only training needs. */
static double decode(const struct costs *costs, struct sparse *x, bool sorted) {
    double best = (double)INFINITY;
    uint32_t images[DECODED_ROWS];
    float scale[256];
    scale_of_levels(scale);
    for (size_t round = 0, step = 0; round < ROUNDS; round++) {
        const double begin = clock_seconds();
        double spent = 0;
        size_t steps = 0;
        for (; steps == 0 || spent < SECONDS; steps++) {
            choose(costs, step++ * DECODED_ROWS, DECODED_ROWS, images);
            sparse_decode(x, &costs->index, images, DECODED_ROWS, scale);
            if (sorted)
                sparse_sort(x);
            spent = clock_seconds() - begin;
        }
        best = fmin(best, spent / (double)(steps * DECODED_ROWS));
    }
    return best;
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
        struct sparse x;
        if (!sparse_init(&x, DECODED_ROWS, costs->index.inputs, &costs->scratch))
            return error_memory(error);
        seconds[0] = decode(costs, &x, true);
        seconds[1] = decode(costs, &x, false);
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

/* Networks in a panel, and a batch. */
struct trial_run {
    size_t count, rows, classes;
    struct network *networks;
    struct panel panel;
    struct sparse x;
    uint32_t *images;
    uint8_t *labels;
    float scale[256];
};

static enum status prepare(struct costs *costs, const struct network_spec *const *specs,
                           size_t count, size_t rows, struct trial_run *run, struct error *error) {
    struct arena *arena = &costs->scratch;
    *run = (struct trial_run){.rows = rows, .count = count, .classes = costs->dataset->classes};
    arena_reset(arena);
    struct network **networks = ARENA_NEW(arena, struct network *, count);
    run->networks = ARENA_NEW(arena, struct network, count);
    run->images = ARENA_NEW(arena, uint32_t, rows);
    run->labels = ARENA_NEW(arena, uint8_t, rows);
    if (!networks || !run->networks || !run->images || !run->labels ||
        !sparse_init(&run->x, rows, costs->index.inputs, arena))
        return error_memory(error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        networks[i] = &run->networks[i];
        status = i > 0 && network_same_start(specs[i], specs[i - 1])
                     ? network_init_like(networks[i], specs[i], networks[i - 1], arena, error)
                     : network_init(networks[i], specs[i], rows, arena, error);
    }
    if (status == STATUS_OK)
        status = panel_init(&run->panel, specs, count, rows, arena, error);
    if (status == STATUS_OK)
        panel_load(&run->panel, networks, count);
    scale_of_levels(run->scale);
    return status;
}

static void next_batch(const struct costs *costs, struct trial_run *run, size_t step) {
    choose(costs, step * run->rows, run->rows, run->images);
    for (size_t row = 0; row < run->rows; row++)
        run->labels[row] = costs->dataset->train.labels[run->images[row]];
    sparse_decode(&run->x, &costs->index, run->images, run->rows, run->scale);
}

static void count_hits(const struct trial_run *run, const float *outputs) {
    const struct predictions predictions = {outputs, run->labels, run->rows, run->classes,
                                            PAD_TO_LANES(run->classes)};
    metric_hits(&predictions);
}

static void train_batch(struct trial_run *run) {
    const struct random_source source = {0, RANDOM_TEST, 0};
    const float *outputs;
    panel_forward(&run->panel, &run->x);
    for (size_t i = 0; i < run->count; i++) {
        network_train_rest(&run->networks[i], run->labels, run->rows, source, 0, &outputs);
        count_hits(run, outputs);
    }
    panel_step(&run->panel, &run->x);
}

static void evaluate_batch(struct trial_run *run) {
    panel_forward(&run->panel, &run->x);
    for (size_t i = 0; i < run->count; i++) {
        count_hits(run, network_predict_rest(&run->networks[i], run->rows));
        network_loss(&run->networks[i], run->labels, run->rows);
    }
}

/* Seconds for an image, its decoding included; the first step, which warms the caches, does not
 * count. */
static double measure(const struct costs *costs, struct trial_run *run,
                      void (*work)(struct trial_run *)) {
    double best = (double)INFINITY;
    next_batch(costs, run, 0);
    work(run);
    for (size_t round = 0, step = 1; round < ROUNDS; round++) {
        double spent = 0;
        size_t steps = 0;
        const double begin = clock_seconds();
        for (; steps == 0 || spent < SECONDS; steps++) {
            next_batch(costs, run, step++);
            work(run);
            spent = clock_seconds() - begin;
        }
        best = fmin(best, spent / (double)(steps * run->rows));
    }
    return best;
}

/* All of a network that its time depends on. */
static void append_kind(const struct network_spec *spec, struct text *text) {
    const struct optimizer *optimizer = spec->optimizer;
    text_printf(text, "inputs=%zu loss=%s optimizer=%s", spec->inputs, spec->loss->name,
                optimizer->name);
    text_printf(text, " slots=%zu momentum=%d dropout=%d l2=%d decay=%d layers=",
                optimizer->kernel(&spec->optimizer_settings)->slots,
                spec->optimizer_settings.value[OPTIMIZER_MOMENTUM] != 0, spec->dropout > 0,
                spec->l2 != 0, spec->optimizer_settings.value[OPTIMIZER_WEIGHT_DECAY] != 0);
    for (size_t i = 0; i < spec->layer_count; i++)
        text_printf(text, "%zu %s,", spec->layers[i].units, spec->layers[i].activation->name);
    text_append(text, "\n");
}

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
        seconds[0] = measure(costs, &run, train_batch);
        seconds[1] = measure(costs, &run, evaluate_batch);
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

static bool same_kind(const struct network_spec *a, const struct network_spec *b) {
    if (a->inputs != b->inputs || a->layer_count != b->layer_count || a->loss != b->loss ||
        (a->dropout > 0) != (b->dropout > 0) || (a->l2 != 0) != (b->l2 != 0) ||
        a->optimizer->kernel(&a->optimizer_settings) !=
            b->optimizer->kernel(&b->optimizer_settings))
        return false;
    for (size_t i = 0; i < a->layer_count; i++)
        if (a->layers[i].units != b->layers[i].units ||
            a->layers[i].activation != b->layers[i].activation)
            return false;
    return true;
}

enum status cost_of_network(struct costs *costs, const struct network_spec *spec, size_t rows,
                            struct image_cost *cost, struct error *error) {
    for (size_t i = 0; i < costs->kind_count; i++)
        if (costs->kinds[i].rows == rows && same_kind(costs->kinds[i].spec, spec)) {
            *cost = costs->kinds[i].cost;
            return STATUS_OK;
        }
    if (costs->kind_count == KINDS_MAX) {
        /* Scaled by the weights from the one tried last. */
        const struct cost_kind *last = &costs->kinds[KINDS_MAX - 1];
        const double scale =
            (double)network_parameter_count(spec) / (double)network_parameter_count(last->spec);
        *cost = (struct image_cost){last->cost.train * scale, last->cost.evaluate * scale};
        return STATUS_OK;
    }
    struct cost_kind *kind = &costs->kinds[costs->kind_count++];
    *kind = (struct cost_kind){.spec = spec, .rows = rows};
    enum status status = try_out(costs, kind, error);
    *cost = kind->cost;
    return status;
}
