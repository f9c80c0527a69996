/* LayerNormalization over the last dimension (Ba, Kiros and Hinton 2016, Keras' formulas): each
 * vector less its mean, by sqrt(variance + epsilon), times gamma, plus beta. */
#include "nn/layers/normalization.h"

#include "math/lanes.h"

#include <math.h>
#include <string.h>

static const struct argument arguments[] = {NORMALIZATION_ARGUMENTS};

static size_t arrays(const struct layer_spec *spec, struct shape input,
                     struct layer_array *arrays) {
    return normalization_arrays(spec, shape_columns(input), arrays);
}

/* For the normalised vector, and for one more. */
static size_t scratch(const struct layer_spec *spec, struct shape input) {
    (void)spec;
    return 2 * PAD_TO_LANES(shape_columns(input));
}

/* In LANES partial sums, then these in the order of lanes_sum. */
MULTIVERSION static float sum_of(const float *values, size_t count) {
    float parts[LANES] = {0};
    size_t i = 0;
    lanes all;
    for (; i + LANES <= count; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            parts[l] += values[i + l];
    for (size_t l = 0; i < count; i++, l++)
        parts[l] += values[i];
    memcpy(&all, parts, sizeof all);
    return lanes_sum(all);
}

/* Normalise a vector into `normal` and return 1 / sqrt(variance + epsilon). */
MULTIVERSION static float normalise(const struct layer *layer, const float *x, float *normal,
                                    float *squares) {
    const size_t count = channels_of(layer);
    const float mean = sum_of(x, count) / (float)count;
    INDEPENDENT
    for (size_t i = 0; i < count; i++) {
        normal[i] = x[i] - mean;
        squares[i] = normal[i] * normal[i];
    }
    const float variance = sum_of(squares, count) / (float)count;
    const float inverse = 1 / sqrtf(variance + (float)layer->spec->epsilon);
    for (size_t i = 0; i < count; i++)
        normal[i] *= inverse;
    return inverse;
}

MULTIVERSION static void rescale(float *z, const float *gamma, const float *beta, size_t count) {
    if (gamma) {
        INDEPENDENT
        for (size_t i = 0; i < count; i++)
            z[i] *= gamma[i];
    }
    if (beta) {
        INDEPENDENT
        for (size_t i = 0; i < count; i++)
            z[i] += beta[i];
    }
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    const size_t channels = channels_of(layer);
    const float *gamma = gamma_in(layer, layer->values), *beta = beta_in(layer, layer->values);
    for (size_t row = 0; row < pass->rows; row++) {
        float *z = layer->z + row * layer->stride;
        for (size_t i = 0; i < layer->units; i += channels) {
            normalise(layer, layer->x + row * layer->stride + i, z + i, layer->scratch);
            rescale(z + i, gamma, beta, channels);
        }
        layer_clear_padding(z, layer->units, layer->stride);
    }
}

/* Add to the gradients of gamma and beta, and make of delta, at z, that at x. */
MULTIVERSION static void turn_back(const struct layer *layer, float inverse, const float *normal,
                                   float *products, float *delta) {
    const size_t count = channels_of(layer);
    const float *gamma = gamma_in(layer, layer->values);
    float *of_gamma = gamma_in(layer, layer->gradients);
    float *of_beta = beta_in(layer, layer->gradients);
    for (size_t i = 0; i < count && of_gamma; i++)
        of_gamma[i] += delta[i] * normal[i];
    for (size_t i = 0; i < count && of_beta; i++)
        of_beta[i] += delta[i];
    for (size_t i = 0; i < count; i++) {
        delta[i] = gamma ? delta[i] * gamma[i] : delta[i];
        products[i] = delta[i] * normal[i];
    }
    const float mean = sum_of(delta, count) / (float)count;
    const float slope = sum_of(products, count) / (float)count;
    INDEPENDENT
    for (size_t i = 0; i < count; i++)
        delta[i] = inverse * (delta[i] - mean - normal[i] * slope);
}

static void begin_gradient(float *gradient, size_t channels) {
    if (gradient)
        memset(gradient, 0, channels * sizeof(float));
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    const size_t channels = channels_of(layer);
    float *normal = layer->scratch, *products = normal + PAD_TO_LANES(channels);
    begin_gradient(gamma_in(layer, layer->gradients), channels);
    begin_gradient(beta_in(layer, layer->gradients), channels);
    for (size_t row = 0; row < pass->rows; row++)
        for (size_t i = 0; i < layer->units; i += channels) {
            const size_t at = row * layer->stride + i;
            const float inverse = normalise(layer, layer->x + at, normal, products);
            turn_back(layer, inverse, normal, products, layer->delta + at);
        }
}

const struct layer_kind layer_layer_normalization = {
    .name = "LayerNormalization",
    .help = "gives the values of each image the mean beta and the deviation gamma",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .arrays = arrays,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .in_place = true,
};
