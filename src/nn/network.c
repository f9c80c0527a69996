#include "nn/network.h"

#include "base/multiversion.h"
#include "math/dense.h"

#include <string.h>

/* From here on a call of OpenBLAS costs less than it saves. The first layer has kernels of our own
 * at any size: its inputs are mostly zeros, and networks share its products. */
#define LARGE 64

static bool is_large(const struct network_spec *spec, size_t layer) {
    return layer > 0 && network_layer_inputs(spec, layer) >= LARGE &&
           spec->layers[layer].units >= LARGE;
}

static size_t scratch_floats(const struct network_spec *spec) {
    size_t most = 0;
    for (size_t i = 1; i < spec->layer_count; i++) {
        size_t floats = spec->layers[i].units * PAD_TO_LANES(network_layer_inputs(spec, i));
        most = !is_large(spec, i) && floats > most ? floats : most;
    }
    return most;
}

/* Point a layer into the weights, whose next free place is *at. */
static void carve_layer(struct network *network, size_t index, size_t *at) {
    const struct layer_spec *spec = &network->spec->layers[index];
    struct layer *layer = &network->layers[index];
    layer->inputs = network_layer_inputs(network->spec, index);
    layer->units = spec->units;
    layer->input_stride = index == 0 ? layer->inputs : PAD_TO_LANES(layer->inputs);
    layer->stride = PAD_TO_LANES(layer->units);
    layer->large = is_large(network->spec, index);
    layer->activation = spec->activation;
    layer->activation_parameter = (float)spec->activation_parameter;
    layer->kernel = network->parameters + *at;
    layer->kernel_gradient = index == 0 ? NULL : network->gradients + (*at - network->rest);
    *at += layer->inputs * layer->stride;
    layer->bias = network->parameters + *at;
    layer->bias_gradient = network->gradients + (*at - network->rest);
    *at += layer->stride;
    if (layer->activation->learned) {
        layer->alpha = network->parameters + *at;
        layer->alpha_gradient = network->gradients + (*at - network->rest);
        *at += layer->stride;
    }
}

static bool can_share(const struct network_spec *a, const struct network_spec *b) {
    return network_same_shape(a, b) && (a->dropout > 0) == (b->dropout > 0);
}

/* The padding of what is shared is written with every batch; that of the outputs' delta is not. */
static void lay_out_values(struct network *network, const struct network *like, size_t index,
                           size_t rows_max, struct arena *arena) {
    const struct network_spec *spec = network->spec;
    const bool first = index == 0, last = index + 1 == spec->layer_count;
    const size_t values = rows_max * PAD_TO_LANES(spec->layers[index].units);
    const struct layer *shared = like ? &like->layers[index] : NULL;
    struct layer *layer = &network->layers[index];
    layer->z = shared && !first ? shared->z : ARENA_NEW(arena, float, values);
    layer->a = shared && !last ? shared->a : ARENA_NEW(arena, float, values);
    layer->delta = shared && !first && !last ? shared->delta : ARENA_NEW(arena, float, values);
    layer->fed = layer->a;
    if (network_drops(spec, index)) {
        layer->mask = shared ? shared->mask : ARENA_NEW(arena, float, values);
        layer->fed = shared ? shared->fed : ARENA_NEW(arena, float, values);
    }
}

void network_lay_out(struct network *network, const struct network_spec *spec,
                     const struct network *like, size_t rows_max, struct arena *arena) {
    size_t arrays;
    if (like && !can_share(spec, like->spec))
        like = NULL;
    *network = (struct network){.spec = spec};
    network_state_shape(spec, &arrays, &network->floats);
    network->parameters = ARENA_NEW(arena, float, network->floats);
    network->rest = spec->inputs * PAD_TO_LANES(spec->layers[0].units);
    for (size_t slot = 0; slot + 1 < arrays; slot++)
        network->optimizer.slots[slot] = ARENA_NEW(arena, float, network->floats);
    network->lane_constants = ARENA_NEW(arena, float, OPTIMIZER_CONSTANTS_MAX *LANES);
    network->gradients =
        like ? like->gradients : ARENA_NEW(arena, float, network->floats - network->rest);
    network->scratch = like ? like->scratch : ARENA_NEW(arena, float, scratch_floats(spec));
    for (size_t i = 0; i < spec->layer_count; i++)
        lay_out_values(network, like, i, rows_max, arena);
}

/* Copy rows of `units` values between an array without padding and one with rows of `stride`. */
static void unpad(float *to, const float *from, size_t rows, size_t units, size_t stride) {
    for (size_t row = 0; row < rows; row++)
        memcpy(to + row * units, from + row * stride, units * sizeof(float));
}

static void pad(float *to, const float *from, size_t rows, size_t units, size_t stride) {
    for (size_t row = 0; row < rows; row++)
        memcpy(to + row * stride, from + row * units, units * sizeof(float));
}

/* The kernel's rows and the vectors after it, which follow it in memory. */
static size_t layer_rows(const struct layer *layer) {
    return layer->inputs + (layer->alpha ? 2 : 1);
}

void network_get_parameters(const struct network *network, float *parameters) {
    for (size_t i = 0; i < network->spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        unpad(parameters, layer->kernel, layer_rows(layer), layer->units, layer->stride);
        parameters += layer_rows(layer) * layer->units;
    }
}

void network_set_parameters(struct network *network, const float *parameters) {
    for (size_t i = 0; i < network->spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        pad(layer->kernel, parameters, layer_rows(layer), layer->units, layer->stride);
        parameters += layer_rows(layer) * layer->units;
    }
}

/* The initializer knows nothing of padding: it fills the front of the layer, and the rows are then
 * moved apart from the last to the first. */
static void initialise_kernel(const struct network_spec *spec, const struct layer *layer,
                              struct random_source source) {
    initializer_fill(spec->initializer, layer->kernel, layer->inputs, layer->units, source);
    if (layer->stride == layer->units)
        return;
    for (size_t row = layer->inputs; row-- > 0;) {
        float *to = layer->kernel + row * layer->stride;
        memmove(to, layer->kernel + row * layer->units, layer->units * sizeof(float));
        memset(to + layer->units, 0, (layer->stride - layer->units) * sizeof(float));
    }
}

void network_start(struct network *network, const struct network *like) {
    const struct network_spec *spec = network->spec;
    size_t at = 0;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct random_source source = {spec->seed, RANDOM_WEIGHTS, (uint32_t)i};
        carve_layer(network, i, &at);
        if (!like)
            initialise_kernel(spec, &network->layers[i], source);
    }
    if (like)
        memcpy(network->parameters, like->parameters, network->floats * sizeof(float));
    optimizer_start(spec->optimizer, &spec->optimizer_settings, &network->optimizer,
                    network->floats);
}

struct network_state network_state(const struct network *network) {
    struct network_state state = {.iterations = network->optimizer.iterations,
                                  .momentum_product = network->optimizer.momentum_product};
    network_state_shape(network->spec, &state.array_count, &state.floats);
    state.arrays[0] = network->parameters;
    for (size_t i = 1; i < state.array_count; i++)
        state.arrays[i] = network->optimizer.slots[i - 1];
    return state;
}

void network_resume(struct network *network, const struct network_state *state) {
    struct network_state own = network_state(network);
    for (size_t i = 0; i < own.array_count; i++)
        if (own.arrays[i] != state->arrays[i])
            memcpy(own.arrays[i], state->arrays[i], own.floats * sizeof(float));
    network->optimizer.iterations = state->iterations;
    network->optimizer.momentum_product = state->momentum_product;
}

static struct activation_arguments arguments_of(const struct layer *layer, size_t rows) {
    return (struct activation_arguments){.rows = rows,
                                         .units = layer->units,
                                         .stride = layer->stride,
                                         .parameter = layer->activation_parameter,
                                         .alpha = layer->alpha,
                                         .alpha_gradient = layer->alpha_gradient};
}

static struct dense_shape shape_of(const struct layer *layer, size_t rows) {
    return (struct dense_shape){rows, layer->inputs, layer->units, layer->large};
}

static void multiply(const struct layer *layer, const float *x, size_t rows) {
    dense_forward(shape_of(layer, rows), x, layer->input_stride, layer->kernel, layer->z);
}

/* From the product with the kernel to the layer's values. */
static void activate(const struct layer *layer, size_t rows) {
    const struct activation_arguments arguments = arguments_of(layer, rows);
    dense_add_bias(rows, layer->stride, layer->bias, layer->z);
    layer->activation->forward(layer->z, layer->a, &arguments);
}

void network_draw_mask(const struct network_spec *spec, size_t layer, size_t rows, size_t epoch,
                       size_t first_row, float *mask, size_t unit_step, size_t row_step) {
    const float rate = (float)spec->dropout, scale = 1 / (1 - rate);
    const size_t units = spec->layers[layer].units;
    const struct random_source source = {spec->seed, RANDOM_DROPOUT,
                                         (uint32_t)epoch << 8 | (uint32_t)layer};
    struct random_block blocks[RANDOM_BLOCKS];
    enum { WORDS = 4 * RANDOM_BLOCKS };
    size_t at = first_row * units;
    if (at % WORDS != 0)
        random_blocks(source, at / WORDS * RANDOM_BLOCKS, blocks);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < units; i++, at++) {
            if (at % WORDS == 0)
                random_blocks(source, at / WORDS * RANDOM_BLOCKS, blocks);
            const uint32_t word = blocks[at % WORDS / 4].word[at % 4];
            mask[row * row_step + i * unit_step] = random_unit_float(word) < rate ? 0 : scale;
        }
}

MULTIVERSION void network_drop(const float *mask, size_t count, const float *values, float *kept) {
    INDEPENDENT
    for (size_t i = 0; i < count; i++)
        kept[i] = mask[i] == 0 ? 0 : values[i] * mask[i];
}

static const struct layer *output_layer(const struct network *network) {
    return &network->layers[network->spec->layer_count - 1];
}

const float *network_outputs(const struct network *network) {
    return output_layer(network)->a;
}

static void draw_masks(const struct network *network, size_t rows, size_t epoch, size_t first_row) {
    for (size_t i = 0; i < network->spec->layer_count; i++)
        if (network->layers[i].mask)
            network_draw_mask(network->spec, i, rows, epoch, first_row, network->layers[i].mask, 1,
                              network->layers[i].stride);
}

/* `fed` of a hidden layer is what the next one gets, after dropout. */
static void forward(const struct network *network, size_t rows, bool dropout) {
    for (size_t i = 0; i < network->spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i], *before = layer - 1;
        if (i > 0)
            multiply(layer, dropout ? before->fed : before->a, rows);
        activate(layer, rows);
        if (dropout && layer->mask)
            network_drop(layer->mask, rows * layer->stride, layer->a, layer->fed);
    }
}

const float *network_predict(struct network *network, size_t rows) {
    forward(network, rows, false);
    return network_outputs(network);
}

double network_loss(const struct network *network, const uint8_t *labels, size_t rows,
                    float *delta) {
    const struct layer *output = output_layer(network);
    const struct loss_rows all = {output->z, output->a,     labels,
                                  rows,      output->units, output->stride};
    return loss_batch(network->spec->loss, output->activation, &all, delta);
}

void squares_add(struct squares *squares, const float *weights, size_t first_unit, size_t units) {
    for (size_t i = 0; i < units; i++) {
        const double weight = (double)weights[i];
        squares->part[(first_unit + i) % 8] += weight * weight;
    }
}

static void add_kernel(struct squares *squares, const struct layer *layer) {
    for (size_t input = 0; input < layer->inputs; input++)
        squares_add(squares, layer->kernel + input * layer->stride, 0, layer->units);
}

double network_penalty(const struct network *network, struct squares squares) {
    double sum = 0;
    for (size_t i = 1; i < network->spec->layer_count; i++)
        add_kernel(&squares, &network->layers[i]);
    for (size_t i = 0; i < 8; i++)
        sum += squares.part[i];
    return network->spec->l2 * sum;
}

/* All gradients but the first kernel's; layers[0].delta is then the gradient at layers[0].z. */
static void backward(const struct network *network, size_t rows) {
    const struct network_spec *spec = network->spec;
    const size_t last = spec->layer_count - 1;
    for (size_t i = last + 1; i-- > 0;) {
        const struct layer *layer = &network->layers[i];
        const struct activation_arguments arguments = arguments_of(layer, rows);
        if (layer->mask)
            network_drop(layer->mask, rows * layer->stride, layer->delta, layer->delta);
        if (i != last || !loss_is_joint(spec->loss, layer->activation))
            layer->activation->backward(layer->z, layer->a, layer->delta, &arguments);
        dense_bias_gradient(rows, layer->stride, layer->delta, layer->bias_gradient);
        if (i == 0)
            break;
        const struct layer *before = &network->layers[i - 1];
        dense_weight_gradient(shape_of(layer, rows), before->fed, layer->input_stride, layer->delta,
                              layer->kernel_gradient);
        dense_input_gradient(shape_of(layer, rows), layer->delta, layer->kernel, before->delta,
                             network->scratch);
    }
}

/* The weights from `first` to `end` as rows of LANES, and their gradients and slots. */
static struct optimizer_weights weights_between(const struct network *network, const float *first,
                                                const float *end) {
    const size_t at = (size_t)(first - network->parameters);
    struct optimizer_weights weights = {.rows = (size_t)(end - first) / LANES,
                                        .columns = LANES,
                                        .constants = network->lane_constants,
                                        .weights = network->parameters + at,
                                        .gradients = network->gradients + (at - network->rest)};
    for (size_t slot = 0; slot < network_kernel(network->spec)->slots; slot++)
        weights.slots[slot] = network->optimizer.slots[slot] + at;
    return weights;
}

void network_begin_step(struct network *network) {
    const struct network_spec *spec = network->spec;
    optimizer_begin(spec->optimizer, &spec->optimizer_settings, spec->l2, &network->optimizer,
                    network->constants);
    for (size_t k = 0; k < OPTIMIZER_CONSTANTS_MAX; k++)
        for (size_t i = 0; i < LANES; i++)
            network->lane_constants[k * LANES + i] = network->constants[k];
}

/* Step all weights but the first kernel. */
static void step(struct network *network) {
    const struct network_spec *spec = network->spec;
    for (size_t i = 1; spec->l2 != 0 && i < spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        const struct optimizer_weights kernel =
            weights_between(network, layer->kernel, layer->kernel + layer->inputs * layer->stride);
        optimizer_penalise(&kernel, layer->kernel_gradient);
    }
    int32_t sizes[LANES] = {0};
    struct optimizer_weights weights =
        weights_between(network, network->layers[0].bias, network->parameters + network->floats);
    if (network_decays(spec))
        optimizer_decay(&weights);
    weights.sizes = sizes;
    network_kernel(spec)->step(&weights);
}

double network_train(struct network *network, const uint8_t *labels, size_t rows, size_t epoch,
                     size_t first_row) {
    draw_masks(network, rows, epoch, first_row);
    forward(network, rows, true);
    const double sum = network_loss(network, labels, rows, output_layer(network)->delta);
    backward(network, rows);
    network_begin_step(network);
    step(network);
    return sum;
}
