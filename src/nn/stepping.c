#include "nn/stepping.h"

#include <math.h>

static float setting(const struct network *network, enum optimizer_parameter parameter) {
    return (float)network->spec->optimizer_settings.value[parameter];
}

/* Call `visit` with each array of the network's weights. */
static void each_array(const struct network *network,
                       void (*visit)(const struct optimizer_array *array, void *context),
                       void *context) {
    const struct network_spec *spec = network->spec;
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    struct optimizer_array array = {
        .settings = &spec->optimizer_settings,
        .kernel = network_kernel(spec),
        .step = (float)optimizer_step(&spec->optimizer_settings, &network->optimizer),
        .rate = network->constants[OPTIMIZER_RATE],
        .scratch = network->step_scratch};
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        layer_list_arrays(layer->spec, layer->input, arrays);
        for (size_t a = 0; a < layer->array_count; a++) {
            if (arrays[a].role != ARRAY_WEIGHTS)
                continue;
            const size_t at = (size_t)(layer->values[a] - network->parameters);
            array.shape = arrays[a].shape;
            array.stride = PAD_TO_LANES(shape_columns(array.shape));
            array.weights = layer->values[a];
            array.gradients = layer->gradients[a];
            for (size_t slot = 0; slot < network_kernel(spec)->slots; slot++)
                array.slots[slot] = network->optimizer.slots[slot] + at;
            visit(&array, context);
        }
    }
}

size_t stepping_scratch(const struct network_spec *spec) {
    const struct optimizer_kernel *kernel = network_kernel(spec);
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    size_t most = 0;
    for (size_t i = 0; kernel->scratch && i < spec->layer_count; i++) {
        const size_t count =
            layer_list_arrays(&spec->layers[i], network_layer_input(spec, i), arrays);
        for (size_t a = 0; a < count; a++) {
            const size_t floats =
                arrays[a].role == ARRAY_WEIGHTS ? kernel->scratch(arrays[a].shape) : 0;
            most = floats > most ? floats : most;
        }
    }
    return most;
}

/* --- the sum of gradients --- */

/* Keras divides the sum when a step is due, and not each batch's gradients. */
MULTIVERSION static void accumulate(float *restrict sums, float *restrict gradients, size_t count,
                                    bool steps, float batches) {
    for (size_t i = 0; i < count; i++) {
        const float sum = gradients[i] + sums[i];
        gradients[i] = sum / batches;
        sums[i] = steps ? 0 : sum;
    }
}

/* --- clipping --- */

MULTIVERSION static void scale(const struct optimizer_array *array, float factor, float divisor) {
    const size_t count = shape_rows(array->shape) * array->stride;
    for (size_t i = 0; i < count; i++)
        array->gradients[i] = array->gradients[i] * factor / divisor;
}

static void add_squares(const struct optimizer_array *array, void *sum) {
    *(double *)sum += optimizer_squares(array->shape, array->stride, array->gradients);
}

/* As Keras has it, a product and a division also where the norm is below; one that is NaN makes all
 * gradients so. */
static void clip_norm(const struct optimizer_array *array, void *clipnorm) {
    const float most = *(const float *)clipnorm;
    const float norm =
        sqrtf((float)optimizer_squares(array->shape, array->stride, array->gradients));
    scale(array, most, norm < most ? most : norm);
}

static void scale_globally(const struct optimizer_array *array, void *factor) {
    scale(array, *(const float *)factor, 1);
}

/* A norm that is infinite or NaN makes all gradients NaN. */
static void clip_global_norm(const struct network *network, float most) {
    double squares = 0;
    each_array(network, add_squares, &squares);
    const float norm = sqrtf((float)squares), shrunk = 1 / norm, kept = 1 / most;
    float factor = most * (shrunk < kept ? shrunk : kept) + (norm - norm);
    each_array(network, scale_globally, &factor);
}

/* Written so that a NaN passes through. */
MULTIVERSION static void clip_values(float *gradients, size_t count, float most) {
    for (size_t i = 0; i < count; i++) {
        const float g = gradients[i];
        gradients[i] = g > most ? most : g < -most ? -most : g;
    }
}

static void clip(const struct network *network) {
    float clipnorm = setting(network, OPTIMIZER_CLIPNORM);
    const float global_clipnorm = setting(network, OPTIMIZER_GLOBAL_CLIPNORM);
    const float clipvalue = setting(network, OPTIMIZER_CLIPVALUE);
    if (clipnorm > 0)
        each_array(network, clip_norm, &clipnorm);
    else if (global_clipnorm > 0)
        clip_global_norm(network, global_clipnorm);
    else if (clipvalue > 0)
        clip_values(network->gradients, network->floats, clipvalue);
}

/* --- the step --- */

MULTIVERSION static void decay(const struct optimizer_array *array, float weight_decay) {
    const size_t count = shape_rows(array->shape) * array->stride;
    for (size_t i = 0; i < count; i++)
        array->weights[i] -= array->weights[i] * weight_decay * array->rate;
}

static void step_array(const struct optimizer_array *array, void *context) {
    const struct optimizer_kernel *kernel = context;
    const enum optimizer_parameter parameter =
        kernel->decay ? kernel->decay(array->shape) : OPTIMIZER_WEIGHT_DECAY;
    const float weight_decay = (float)array->settings->value[parameter];
    if (weight_decay != 0)
        decay(array, weight_decay);
    kernel->step_array(array);
}

static void step(const struct network *network, struct optimizer_weights *weights) {
    struct optimizer_kernel kernel = *network_kernel(network->spec);
    int32_t sizes[LANES] = {0};
    if (kernel.step_array) {
        each_array(network, step_array, &kernel);
        return;
    }
    weights->sizes = sizes;
    for (size_t slot = 0; slot < kernel.slots; slot++)
        weights->slots[slot] = network->optimizer.slots[slot];
    if (network_decays(network->spec))
        optimizer_decay(weights);
    kernel.step(weights);
}

/* --- the average of weights --- */

MULTIVERSION static void average(float *restrict averages, const float *restrict weights,
                                 size_t count, float momentum) {
    for (size_t i = 0; i < count; i++)
        averages[i] = momentum * averages[i] + (1 - momentum) * weights[i];
}

/* With every batch, also where gradients are added up: Keras' rule. `before` are the steps before
 * the batch; up to the first one, the average is what the weights are. */
static void average_weights(struct network *network, float *averages, uint64_t before) {
    const uint64_t frequency = (uint64_t)setting(network, OPTIMIZER_EMA_OVERWRITE_FREQUENCY);
    average(averages, network->parameters, network->floats,
            before > 0 ? setting(network, OPTIMIZER_EMA_MOMENTUM) : 0);
    if (frequency > 0 && (before + 1) % frequency == 0)
        memcpy(network->parameters, averages, network->floats * sizeof(float));
}

void stepping_step(struct network *network, bool steps) {
    const struct optimizer_settings *settings = &network->spec->optimizer_settings;
    float **more = network->optimizer.slots + network_kernel(network->spec)->slots;
    struct optimizer_weights weights = {.rows = network->floats / LANES,
                                        .columns = LANES,
                                        .constants = network->lane_constants,
                                        .weights = network->parameters,
                                        .gradients = network->gradients};
    layers_penalise(network->layers, network->spec, &weights);
    if (optimizer_accumulates(settings))
        accumulate(*more++, network->gradients, network->floats, steps,
                   setting(network, OPTIMIZER_GRADIENT_ACCUMULATION_STEPS));
    if (steps) {
        clip(network);
        step(network, &weights);
    }
    if (optimizer_averages(settings))
        average_weights(network, *more, optimizer_step(settings, &network->optimizer) - 1);
}
