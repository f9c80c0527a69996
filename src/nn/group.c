#include "nn/group.h"

#include "math/dense.h"
#include "math/interleaved.h"
#include "nn/metric.h"

#include <string.h>

/* Wider layers fill registers by themselves, and many of them the caches. */
#define WIDEST 32

bool group_takes(const struct network_spec *spec) {
    for (size_t i = 0; i < spec->layer_count; i++)
        if (spec->layers[i].units > WIDEST)
            return false;
    return true;
}

bool group_takes_both(const struct network_spec *a, const struct network_spec *b) {
    bool same = network_same_shape(a, b) && a->loss == b->loss &&
                network_kernel(a) == network_kernel(b) && network_decays(a) == network_decays(b) &&
                (a->l2 != 0) == (b->l2 != 0) && (a->dropout != 0) == (b->dropout != 0);
    for (size_t i = 0; same && i < a->layer_count; i++)
        same = a->layers[i].activation == b->layers[i].activation &&
               a->layers[i].activation_parameter == b->layers[i].activation_parameter;
    return same;
}

/* Weights that follow the first kernel. */
static size_t rest_of(const struct network_spec *spec) {
    return network_parameter_count(spec) - spec->inputs * spec->layers[0].units;
}

/* z, a and delta, and with dropout fed and mask. */
static size_t layer_values(const struct network_spec *spec, size_t layer) {
    return (network_drops(spec, layer) ? 5 : 3) * spec->layers[layer].units;
}

size_t group_floats(const struct network_spec *spec, size_t rows_max) {
    size_t values = 0;
    for (size_t i = 0; i < spec->layer_count; i++)
        values += layer_values(spec, i);
    return LANES * (rest_of(spec) * (2 + network_kernel(spec)->slots) + OPTIMIZER_CONSTANTS_MAX +
                    rows_max * values);
}

static float *take(float **floats, size_t count) {
    float *taken = *floats;
    *floats += count * LANES;
    return taken;
}

/* Point a layer to its weights, whose next place is *at, and to its values. */
static void place_layer(struct group *group, size_t index, size_t *at, float **floats) {
    const struct network_spec *spec = group->spec;
    struct group_layer *layer = &group->layers[index];
    const size_t units = spec->layers[index].units, values = group->rows_max * units;
    *layer = (struct group_layer){0};
    if (index > 0) {
        layer->kernel = group->parameters + *at;
        layer->kernel_gradient = group->gradients + *at;
        *at += network_layer_inputs(spec, index) * units * LANES;
    }
    layer->bias = group->parameters + *at;
    layer->bias_gradient = group->gradients + *at;
    *at += units * LANES;
    if (network_layer_vectors(spec, index) > 1) {
        layer->alpha = group->parameters + *at;
        layer->alpha_gradient = group->gradients + *at;
        *at += units * LANES;
    }
    layer->z = take(floats, values);
    layer->a = take(floats, values);
    layer->delta = take(floats, values);
    layer->fed = network_drops(spec, index) ? take(floats, values) : layer->a;
    layer->mask = network_drops(spec, index) ? take(floats, values) : NULL;
}

/* Copy all but the first kernel's part of an array between a network and its lane. */
static void copy_lane(const struct network *network, float *own, float *lane, bool to_lane) {
    const struct network_spec *spec = network->spec;
    own += network->rest;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        const size_t vectors = network_layer_vectors(spec, i);
        const size_t rows = i == 0 ? vectors : layer->inputs + vectors;
        for (size_t row = 0; row < rows; row++, own += layer->stride)
            for (size_t unit = 0; unit < layer->units; unit++, lane += LANES) {
                float *from = to_lane ? &own[unit] : lane, *to = to_lane ? lane : &own[unit];
                *to = *from;
            }
    }
}

static void copy_all(const struct group *group, bool to_lanes) {
    const size_t slots = network_kernel(group->spec)->slots;
    for (size_t lane = 0; lane < group->count; lane++) {
        const struct network *network = group->networks[lane];
        copy_lane(network, network->parameters, group->parameters + lane, to_lanes);
        for (size_t slot = 0; slot < slots; slot++)
            copy_lane(network, network->optimizer.slots[slot], group->slots[slot] + lane, to_lanes);
    }
}

void group_gather(struct group *group, struct network *const *networks, size_t count,
                  size_t rows_max, float *floats) {
    const struct network_spec *spec = networks[0]->spec;
    size_t at = 0;
    memset(floats, 0, group_floats(spec, rows_max) * sizeof *floats);
    *group =
        (struct group){.count = count, .rows_max = rows_max, .spec = spec, .rest = rest_of(spec)};
    memcpy(group->networks, networks, count * sizeof(struct network *));
    group->parameters = take(&floats, group->rest);
    group->gradients = take(&floats, group->rest);
    for (size_t slot = 0; slot < network_kernel(spec)->slots; slot++)
        group->slots[slot] = take(&floats, group->rest);
    group->constants = take(&floats, OPTIMIZER_CONSTANTS_MAX);
    for (size_t i = 0; i < spec->layer_count; i++)
        place_layer(group, i, &at, &floats);
    copy_all(group, true);
}

void group_scatter(const struct group *group) {
    copy_all(group, false);
}

static struct activation_arguments arguments_of(const struct group *group, size_t index,
                                                size_t rows) {
    const struct layer_spec *spec = &group->spec->layers[index];
    const struct group_layer *layer = &group->layers[index];
    return (struct activation_arguments){.rows = rows,
                                         .units = spec->units * LANES,
                                         .stride = spec->units * LANES,
                                         .parameter = (float)spec->activation_parameter,
                                         .alpha = layer->alpha,
                                         .alpha_gradient = layer->alpha_gradient};
}

static struct interleaved_shape shape_of(const struct group *group, size_t index, size_t rows) {
    return (struct interleaved_shape){rows, network_layer_inputs(group->spec, index),
                                      group->spec->layers[index].units};
}

/* From the product with the kernel to the layer's values. */
static void activate(const struct group *group, size_t index, size_t rows) {
    const struct group_layer *layer = &group->layers[index];
    const struct activation *activation = group->spec->layers[index].activation;
    const struct activation_arguments arguments = arguments_of(group, index, rows);
    dense_add_bias(rows, arguments.stride, layer->bias, layer->z);
    (activation->forward_interleaved ? activation->forward_interleaved
                                     : activation->forward)(layer->z, layer->a, &arguments);
}

/* The masks of a step: a value is dropped or multiplied by 1 / (1 - rate). */
static void draw_masks(const struct group *group, size_t rows, size_t epoch, size_t first_row) {
    for (size_t i = 0; i < group->spec->layer_count; i++)
        for (size_t lane = 0; lane < group->count && group->layers[i].mask; lane++)
            network_draw_mask(group->networks[lane]->spec, i, rows, epoch, first_row,
                              group->layers[i].mask + lane, LANES,
                              group->spec->layers[i].units * LANES);
}

static void forward(const struct group *group, size_t rows, bool dropout) {
    for (size_t i = 0; i < group->spec->layer_count; i++) {
        const struct group_layer *layer = &group->layers[i], *before = layer - 1;
        if (i > 0)
            interleaved_forward(shape_of(group, i, rows), dropout ? before->fed : before->a,
                                layer->kernel, layer->z);
        activate(group, i, rows);
        if (dropout && layer->mask)
            network_drop(layer->mask, rows * group->spec->layers[i].units * LANES, layer->a,
                         layer->fed);
    }
}

/* Copy rows x units values between a lane and a network's own rows of `stride`. */
static void copy_values(float *own, size_t stride, float *in_lane, size_t rows, size_t units,
                        bool to_lane) {
    for (size_t row = 0; row < rows; row++, own += stride)
        for (size_t unit = 0; unit < units; unit++, in_lane += LANES)
            *(to_lane ? in_lane : &own[unit]) = *(to_lane ? &own[unit] : in_lane);
}

/* Network by network, for losses that have no form for all at once. */
static void losses_apart(const struct group *group, const uint8_t *labels, size_t rows,
                         double sums[LANES], float *delta) {
    const size_t last = group->spec->layer_count - 1, units = group->spec->layers[last].units;
    const struct group_layer *output = &group->layers[last];
    for (size_t lane = 0; lane < group->count; lane++) {
        const struct network *network = group->networks[lane];
        const struct layer *own = &network->layers[last];
        copy_values(own->z, own->stride, output->z + lane, rows, units, false);
        copy_values(own->a, own->stride, output->a + lane, rows, units, false);
        sums[lane] = network_loss(network, labels, rows, delta ? own->delta : NULL);
        if (delta)
            copy_values(own->delta, own->stride, delta + lane, rows, units, true);
    }
}

/* The losses and, unless it is NULL, their gradient at the outputs. */
static void judge(const struct group *group, const uint8_t *labels, size_t rows, double sums[LANES],
                  size_t hits[LANES], float *delta) {
    const size_t last = group->spec->layer_count - 1, units = group->spec->layers[last].units;
    const struct group_layer *output = &group->layers[last];
    const struct loss_rows all = {output->z, output->a, labels, rows, units, units};
    if (!loss_interleaved(group->spec->loss, group->spec->layers[last].activation, &all, sums,
                          delta))
        losses_apart(group, labels, rows, sums, delta);
    metric_hits_interleaved(output->a, labels, rows, units, hits);
}

void group_predict(struct group *group, const uint8_t *labels, size_t rows, double sums[LANES],
                   size_t hits[LANES]) {
    group->rows = rows;
    forward(group, rows, false);
    judge(group, labels, rows, sums, hits, NULL);
}

static void backward(const struct group *group, size_t rows) {
    const struct network_spec *spec = group->spec;
    const size_t last = spec->layer_count - 1;
    for (size_t i = last + 1; i-- > 0;) {
        const struct group_layer *layer = &group->layers[i], *before = layer - 1;
        const struct activation *activation = spec->layers[i].activation;
        const struct activation_arguments arguments = arguments_of(group, i, rows);
        if (layer->mask)
            network_drop(layer->mask, rows * spec->layers[i].units * LANES, layer->delta,
                         layer->delta);
        if (i != last || !loss_is_joint(spec->loss, activation))
            (activation->backward_interleaved
                 ? activation->backward_interleaved
                 : activation->backward)(layer->z, layer->a, layer->delta, &arguments);
        dense_bias_gradient(rows, arguments.stride, layer->delta, layer->bias_gradient);
        if (i == 0)
            break;
        interleaved_weight_gradient(shape_of(group, i, rows), before->fed, layer->delta,
                                    layer->kernel_gradient);
        interleaved_input_gradient(shape_of(group, i, rows), layer->delta, layer->kernel,
                                   before->delta);
    }
}

/* Empty lanes step as the first one: what becomes of them does not matter, but that is quick. */
static void collect_constants(struct group *group) {
    for (size_t k = 0; k < OPTIMIZER_CONSTANTS_MAX; k++)
        for (size_t lane = 0; lane < LANES; lane++)
            group->constants[k * LANES + lane] =
                group->networks[lane < group->count ? lane : 0]->constants[k];
}

static struct optimizer_weights weights_at(const struct group *group, const float *first,
                                           size_t rows) {
    const size_t at = (size_t)(first - group->parameters);
    struct optimizer_weights weights = {.rows = rows,
                                        .columns = LANES,
                                        .constants = group->constants,
                                        .weights = group->parameters + at,
                                        .gradients = group->gradients + at};
    for (size_t slot = 0; slot < network_kernel(group->spec)->slots; slot++)
        weights.slots[slot] = group->slots[slot] + at;
    return weights;
}

static void step(struct group *group) {
    const struct network_spec *spec = group->spec;
    int32_t sizes[LANES] = {0};
    struct optimizer_weights weights = weights_at(group, group->parameters, group->rest);
    for (size_t i = 1; spec->l2 != 0 && i < spec->layer_count; i++) {
        const struct optimizer_weights kernel = weights_at(
            group, group->layers[i].kernel, network_layer_inputs(spec, i) * spec->layers[i].units);
        optimizer_penalise(&kernel, group->layers[i].kernel_gradient);
    }
    if (network_decays(spec))
        optimizer_decay(&weights);
    weights.sizes = sizes;
    network_kernel(spec)->step(&weights);
}

void group_train(struct group *group, const uint8_t *labels, size_t rows, size_t epoch,
                 size_t first_row, double sums[LANES], size_t hits[LANES]) {
    group->rows = rows;
    draw_masks(group, rows, epoch, first_row);
    forward(group, rows, true);
    judge(group, labels, rows, sums, hits, group->layers[group->spec->layer_count - 1].delta);
    backward(group, rows);
    for (size_t lane = 0; lane < group->count; lane++)
        network_begin_step(group->networks[lane]);
    collect_constants(group);
    step(group);
}

static void copy_outputs(const struct group *group, size_t lane, bool to_lane) {
    const size_t last = group->spec->layer_count - 1;
    const struct layer *own = &group->networks[lane]->layers[last];
    copy_values(own->a, own->stride, group->layers[last].a + lane, group->rows,
                group->spec->layers[last].units, to_lane);
}

static void copy_batch(const struct group *group, bool to_lanes) {
    for (size_t lane = 0; lane < group->count; lane++) {
        const struct layer *own = &group->networks[lane]->layers[0];
        copy_outputs(group, lane, to_lanes);
        copy_values(own->delta, own->stride, group->layers[0].delta + lane, group->rows,
                    group->spec->layers[0].units, to_lanes);
    }
}

void group_gather_batch(struct group *group, size_t rows) {
    group->rows = rows;
    collect_constants(group);
    copy_batch(group, true);
}

void group_scatter_batch(const struct group *group) {
    copy_batch(group, false);
}

void group_give_outputs(const struct group *group, size_t lane) {
    copy_outputs(group, lane, false);
}

void group_penalties(const struct group *group, double first_kernels[8][LANES],
                     double penalties[LANES]) {
    for (size_t i = 1; i < group->spec->layer_count; i++) {
        const size_t units = group->spec->layers[i].units;
        const float *kernel = group->layers[i].kernel;
        for (size_t input = 0; input < network_layer_inputs(group->spec, i); input++)
            for (size_t unit = 0; unit < units; unit++, kernel += LANES)
                interleaved_add_squares(kernel, first_kernels[unit % 8]);
    }
    for (size_t lane = 0; lane < group->count; lane++) {
        double sum = 0;
        for (size_t i = 0; i < 8; i++)
            sum += first_kernels[i][lane];
        penalties[lane] = group->networks[lane]->spec->l2 * sum;
    }
}
