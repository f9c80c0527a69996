#include "nn/network.h"

#include "math/gemm.h"

#include <string.h>

static size_t layer_inputs(const struct network_spec *spec, size_t layer) {
    return layer == 0 ? spec->inputs : spec->layers[layer - 1].units;
}

static size_t layer_parameters(const struct network_spec *spec, size_t layer) {
    const struct layer_spec *l = &spec->layers[layer];
    return layer_inputs(spec, layer) * l->units + l->units * (l->activation->learned ? 2 : 1);
}

size_t network_parameter_count(const struct network_spec *spec) {
    size_t count = 0;
    for (size_t i = 0; i < spec->layer_count; i++)
        count += layer_parameters(spec, i);
    return count;
}

size_t network_bytes(const struct network_spec *spec, size_t rows_max) {
    size_t arrays = 2 + spec->optimizer->slots(&spec->optimizer_settings);
    size_t floats = arrays * network_parameter_count(spec);
    for (size_t i = 0; i < spec->layer_count; i++)
        floats += 4 * rows_max * spec->layers[i].units;
    return floats * sizeof(float) + (arrays + 4 * spec->layer_count) * ARENA_ALIGNMENT;
}

/* Point a layer into the weights, whose next free place is *at. */
static void carve_layer(struct network *network, size_t index, size_t *at) {
    const struct layer_spec *spec = &network->spec->layers[index];
    struct layer *layer = &network->layers[index];
    layer->inputs = layer_inputs(network->spec, index);
    layer->units = spec->units;
    layer->activation = spec->activation;
    layer->activation_parameter = (float)spec->activation_parameter;
    layer->kernel = network->parameters + *at;
    layer->kernel_gradient = network->gradients + *at;
    *at += layer->inputs * layer->units;
    layer->bias = network->parameters + *at;
    layer->bias_gradient = network->gradients + *at;
    *at += layer->units;
    if (layer->activation->learned) {
        layer->alpha = network->parameters + *at;
        layer->alpha_gradient = network->gradients + *at;
        *at += layer->units;
    }
}

static enum status allocate(struct network *network, struct arena *arena, struct error *error) {
    const struct network_spec *spec = network->spec;
    network->parameters = ARENA_NEW(arena, float, network->parameter_count);
    network->gradients = ARENA_NEW(arena, float, network->parameter_count);
    if (!network->parameters || !network->gradients)
        return error_memory(error);
    size_t slots = spec->optimizer->slots(&spec->optimizer_settings);
    for (size_t slot = 0; slot < slots; slot++) {
        network->optimizer.slots[slot] = ARENA_NEW(arena, float, network->parameter_count);
        if (!network->optimizer.slots[slot])
            return error_memory(error);
    }
    size_t at = 0;
    for (size_t i = 0; i < spec->layer_count; i++) {
        struct layer *layer = &network->layers[i];
        carve_layer(network, i, &at);
        size_t values = network->rows_max * layer->units;
        layer->z = ARENA_NEW(arena, float, values);
        layer->a = ARENA_NEW(arena, float, values);
        layer->delta = ARENA_NEW(arena, float, values);
        layer->fed = layer->a;
        if (spec->dropout > 0 && i + 1 < spec->layer_count)
            layer->fed = ARENA_NEW(arena, float, values);
        if (!layer->z || !layer->a || !layer->delta || !layer->fed)
            return error_memory(error);
    }
    return STATUS_OK;
}

enum status network_init(struct network *network, const struct network_spec *spec, size_t rows_max,
                         struct arena *arena, struct error *error) {
    *network = (struct network){
        .spec = spec, .rows_max = rows_max, .parameter_count = network_parameter_count(spec)};
    enum status status = allocate(network, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        struct random_source source = {spec->seed, RANDOM_WEIGHTS, (uint32_t)i};
        initializer_fill(spec->initializer, layer->kernel, layer->inputs, layer->units, source);
    }
    optimizer_start(spec->optimizer, &spec->optimizer_settings, &network->optimizer,
                    network->parameter_count);
    return STATUS_OK;
}

static struct activation_arguments arguments_of(const struct layer *layer, size_t rows) {
    return (struct activation_arguments){.rows = rows,
                                         .units = layer->units,
                                         .parameter = layer->activation_parameter,
                                         .alpha = layer->alpha,
                                         .alpha_gradient = layer->alpha_gradient};
}

static void layer_forward(const struct layer *layer, const float *x, size_t rows) {
    gemm_nn(rows, layer->units, layer->inputs, x, layer->kernel, layer->z);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < layer->units; i++)
            layer->z[row * layer->units + i] += layer->bias[i];
    const struct activation_arguments arguments = arguments_of(layer, rows);
    layer->activation->forward(layer->z, layer->a, &arguments);
}

/* Multiply by 0 or 1 / (1 - rate). A layer's mask is a function of the source, the layer and each
 * value's place in the epoch, so forward and backward draw the same one. */
static void drop(const struct network *network, size_t index, float *values, size_t rows,
                 struct random_source source, size_t first_row) {
    const float rate = (float)network->spec->dropout, scale = 1 / (1 - rate);
    const size_t units = network->layers[index].units, first = first_row * units;
    source.stream = source.stream << 8 | (uint32_t)index;
    struct random_block block = random_block(source, first / 4);
    for (size_t i = 0; i < rows * units; i++) {
        size_t at = first + i;
        if (at % 4 == 0)
            block = random_block(source, at / 4);
        values[i] *= random_unit_float(block.word[at % 4]) < rate ? 0 : scale;
    }
}

const float *network_predict(struct network *network, const float *x, size_t rows) {
    for (size_t i = 0; i < network->spec->layer_count; i++) {
        layer_forward(&network->layers[i], x, rows);
        x = network->layers[i].a;
    }
    return x;
}

double network_loss(const struct network *network, const uint8_t *labels, size_t rows) {
    const struct layer *output = &network->layers[network->spec->layer_count - 1];
    return loss_batch(network->spec->loss, output->activation, output->z, output->a, labels, rows,
                      output->units, NULL);
}

double network_penalty(const struct network *network) {
    if (network->spec->l2 == 0)
        return 0;
    double sum = 0;
    for (size_t i = 0; i < network->spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        for (size_t j = 0; j < layer->inputs * layer->units; j++)
            sum += (double)layer->kernel[j] * (double)layer->kernel[j];
    }
    return network->spec->l2 * sum;
}

/* From the gradient at a layer's z to those of its weights. */
static void weight_gradients(const struct network *network, const struct layer *layer,
                             const float *x, size_t rows) {
    gemm_tn(layer->inputs, layer->units, rows, x, layer->delta, layer->kernel_gradient);
    memset(layer->bias_gradient, 0, layer->units * sizeof(float));
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < layer->units; i++)
            layer->bias_gradient[i] += layer->delta[row * layer->units + i];
    const float twice_l2 = (float)(2 * network->spec->l2);
    if (twice_l2 != 0)
        for (size_t i = 0; i < layer->inputs * layer->units; i++)
            layer->kernel_gradient[i] += twice_l2 * layer->kernel[i];
}

/* Forward as in training: `fed` of a hidden layer is what the next one gets, after dropout. */
static void forward_with_dropout(const struct network *network, const float *x, size_t rows,
                                 struct random_source dropout, size_t first_row) {
    const size_t last = network->spec->layer_count - 1;
    for (size_t i = 0; i <= last; i++) {
        const struct layer *layer = &network->layers[i];
        layer_forward(layer, x, rows);
        if (layer->fed != layer->a) {
            memcpy(layer->fed, layer->a, rows * layer->units * sizeof(float));
            drop(network, i, layer->fed, rows, dropout, first_row);
        }
        x = layer->fed;
    }
}

double network_train(struct network *network, const float *x, const uint8_t *labels, size_t rows,
                     struct random_source dropout, size_t first_row, const float **outputs) {
    const struct network_spec *spec = network->spec;
    const size_t last = spec->layer_count - 1;
    forward_with_dropout(network, x, rows, dropout, first_row);
    const struct layer *output = &network->layers[last];
    double sum = loss_batch(spec->loss, output->activation, output->z, output->a, labels, rows,
                            output->units, output->delta);
    for (size_t i = last + 1; i-- > 0;) {
        const struct layer *layer = &network->layers[i];
        const struct activation_arguments arguments = arguments_of(layer, rows);
        if (layer->fed != layer->a)
            drop(network, i, layer->delta, rows, dropout, first_row);
        if (i != last || !loss_is_joint(spec->loss, layer->activation))
            layer->activation->backward(layer->z, layer->a, layer->delta, &arguments);
        weight_gradients(network, layer, i > 0 ? network->layers[i - 1].fed : x, rows);
        if (i > 0)
            gemm_nt(rows, layer->inputs, layer->units, layer->delta, layer->kernel,
                    network->layers[i - 1].delta);
    }
    optimizer_step(spec->optimizer, &spec->optimizer_settings, &network->optimizer,
                   network->parameters, network->gradients, network->parameter_count);
    *outputs = output->a;
    return sum;
}
