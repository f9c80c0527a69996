/* BatchNormalization over the last dimension (Ioffe and Szegedy 2015, Keras' formulas): while
 * training z = gamma (x - mean) / sqrt(variance + epsilon) + beta, with the mean and the variance
 * of each channel over the batch and all places of an image, and moving = momentum moving + (1 -
 * momentum) of the batch's; in predictions the moving ones. */
#include "nn/layers/normalization.h"

#include <math.h>
#include <string.h>

static const struct argument arguments[] = {
    {.name = "momentum",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct layer_spec, momentum),
     .standard = 0.99,
     .maximum = 1,
     .help = "memory of the moving mean and variance"},
    NORMALIZATION_ARGUMENTS,
};

static size_t arrays(const struct layer_spec *spec, struct shape input,
                     struct layer_array *arrays) {
    const struct shape channels = shape_vector(shape_columns(input));
    const size_t count = normalization_arrays(spec, shape_columns(input), arrays);
    arrays[count] = (struct layer_array){"moving_mean", ARRAY_STATE, channels,
                                         &initializers[INITIALIZER_ZEROS], 0};
    arrays[count + 1] = (struct layer_array){"moving_variance", ARRAY_STATE, channels,
                                             &initializers[INITIALIZER_ONES], 0};
    /* The batch's mean and 1 / sqrt(variance + epsilon), and room for two sums. */
    arrays[count + 2] = (struct layer_array){
        .name = "moments", .role = ARRAY_MOMENTS, .shape = {2, {6, shape_columns(input)}}};
    return count + 3;
}

/* The arrays that follow gamma and beta. */
enum { MOVING_MEAN, MOVING_VARIANCE, MOMENTS };

static float *array_of(const struct layer *layer, size_t which) {
    return layer->values[layer->spec->scale + layer->spec->center + which];
}

/* The rows of the moments. */
enum { MEAN, INVERSE, FIRST, SECOND, FIRST_PART, SECOND_PART };

static float *moment(const struct layer *layer, size_t which) {
    return array_of(layer, MOMENTS) + which * PAD_TO_LANES(channels_of(layer));
}

/* Sums are added up in parts of so many vectors, so that rounding errors stay small. */
#define PART 64

/* Add to two sums of each channel, over `count` vectors. */
typedef void adder(const struct layer *layer, const float *x, const float *delta, size_t count,
                   float *first, float *second);

static void add_all(const float *parts, size_t channels, float *sums) {
    for (size_t c = 0; c < channels; c++)
        sums[c] += parts[c];
}

/* The sums over a batch: of parts within images, then of images in parts. */
static void sum(const struct layer *layer, size_t rows, const float *x, const float *delta,
                adder *add) {
    const size_t channels = channels_of(layer), places = layer->units / channels;
    const size_t bytes = channels * sizeof(float);
    float *parts[2] = {moment(layer, FIRST_PART), moment(layer, SECOND_PART)};
    float *sums[2] = {moment(layer, FIRST), moment(layer, SECOND)};
    size_t added = 0;
    for (size_t i = 0; i < 2; i++) {
        memset(parts[i], 0, bytes);
        memset(sums[i], 0, bytes);
    }
    for (size_t row = 0; row < rows; row++)
        for (size_t place = 0, count; place < places; place += count) {
            const size_t at = row * layer->stride + place * channels;
            count = places - place < PART - added ? places - place : PART - added;
            add(layer, x + at, delta ? delta + at : NULL, count, parts[0], parts[1]);
            added += count;
            if (added < PART && (row + 1 < rows || place + count < places))
                continue;
            added = 0;
            for (size_t i = 0; i < 2; i++) {
                add_all(parts[i], channels, sums[i]);
                memset(parts[i], 0, bytes);
            }
        }
}

MULTIVERSION static void add_values(const struct layer *layer, const float *x, const float *delta,
                                    size_t count, float *first, float *second) {
    const size_t channels = channels_of(layer);
    (void)delta;
    (void)second;
    for (size_t i = 0; i < count; i++, x += channels) {
        INDEPENDENT
        for (size_t c = 0; c < channels; c++)
            first[c] += x[c];
    }
}

MULTIVERSION static void add_squares(const struct layer *layer, const float *x, const float *delta,
                                     size_t count, float *first, float *second) {
    const size_t channels = channels_of(layer);
    const float *mean = moment(layer, MEAN);
    (void)delta;
    (void)first;
    for (size_t i = 0; i < count; i++, x += channels) {
        INDEPENDENT
        for (size_t c = 0; c < channels; c++)
            second[c] += (x[c] - mean[c]) * (x[c] - mean[c]);
    }
}

/* Of delta and of delta times the normalised values. */
MULTIVERSION static void add_gradients(const struct layer *layer, const float *x,
                                       const float *delta, size_t count, float *first,
                                       float *second) {
    const size_t channels = channels_of(layer);
    const float *mean = moment(layer, MEAN), *inverse = moment(layer, INVERSE);
    for (size_t i = 0; i < count; i++, x += channels, delta += channels) {
        INDEPENDENT
        for (size_t c = 0; c < channels; c++) {
            first[c] += delta[c];
            second[c] += delta[c] * ((x[c] - mean[c]) * inverse[c]);
        }
    }
}

static void move(float *moving, const float *batch, size_t channels, double momentum) {
    const float kept = (float)momentum, taken = (float)(1 - momentum);
    for (size_t c = 0; c < channels; c++)
        moving[c] = moving[c] * kept + batch[c] * taken;
}

/* The moments of a batch. */
static void measure(const struct layer *layer, size_t rows) {
    const size_t channels = channels_of(layer);
    const size_t places = layer->units / channels;
    const float count = (float)(rows * places);
    float *mean = moment(layer, MEAN), *inverse = moment(layer, INVERSE);
    float *variance = moment(layer, SECOND);
    sum(layer, rows, layer->x, NULL, add_values);
    for (size_t c = 0; c < channels; c++)
        mean[c] = moment(layer, FIRST)[c] / count;
    sum(layer, rows, layer->x, NULL, add_squares);
    for (size_t c = 0; c < channels; c++) {
        variance[c] /= count;
        inverse[c] = 1 / sqrtf(variance[c] + (float)layer->spec->epsilon);
    }
    move(array_of(layer, MOVING_MEAN), mean, channels, layer->spec->momentum);
    move(array_of(layer, MOVING_VARIANCE), variance, channels, layer->spec->momentum);
}

static void recall(const struct layer *layer) {
    const float *variance = array_of(layer, MOVING_VARIANCE);
    for (size_t c = 0; c < channels_of(layer); c++) {
        moment(layer, MEAN)[c] = array_of(layer, MOVING_MEAN)[c];
        moment(layer, INVERSE)[c] = 1 / sqrtf(variance[c] + (float)layer->spec->epsilon);
    }
}

/* z = (x - mean) factor + shift, a row of it. */
MULTIVERSION static void normalise(const struct layer *layer, const float *x, const float *mean,
                                   const float *factor, const float *shift, float *z) {
    const size_t channels = channels_of(layer);
    for (size_t i = 0; i < layer->units; i += channels) {
        INDEPENDENT
        for (size_t c = 0; c < channels; c++)
            z[i + c] = (x[i + c] - mean[c]) * factor[c] + shift[c];
    }
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    const float *gamma = gamma_in(layer, layer->values), *beta = beta_in(layer, layer->values);
    float *factor = moment(layer, FIRST), *shift = moment(layer, FIRST_PART);
    if (pass->training)
        measure(layer, pass->rows);
    else
        recall(layer);
    for (size_t c = 0; c < channels_of(layer); c++) {
        factor[c] = moment(layer, INVERSE)[c] * (gamma ? gamma[c] : 1);
        shift[c] = beta ? beta[c] : 0;
    }
    for (size_t row = 0; row < pass->rows; row++) {
        float *z = layer->z + row * layer->stride;
        normalise(layer, layer->x + row * layer->stride, moment(layer, MEAN), factor, shift, z);
        layer_clear_padding(z, layer->units, layer->stride);
    }
}

/* delta = factor (delta - first - (x - mean) second), a row of it. */
MULTIVERSION static void turn_back(const struct layer *layer, const float *x, const float *mean,
                                   const float *const sums[3], float *delta) {
    const size_t channels = channels_of(layer);
    const float *first = sums[0], *second = sums[1], *factor = sums[2];
    for (size_t i = 0; i < layer->units; i += channels) {
        INDEPENDENT
        for (size_t c = 0; c < channels; c++)
            delta[i + c] = factor[c] * (delta[i + c] - first[c] - (x[i + c] - mean[c]) * second[c]);
    }
}

static void keep_gradient(float *gradient, const float *sums, size_t channels) {
    if (gradient)
        memcpy(gradient, sums, channels * sizeof(float));
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    const size_t channels = channels_of(layer);
    const size_t places = layer->units / channels;
    const float count = (float)(pass->rows * places);
    const float *gamma = gamma_in(layer, layer->values), *inverse = moment(layer, INVERSE);
    float *first = moment(layer, FIRST), *second = moment(layer, SECOND);
    float *factor = moment(layer, FIRST_PART);
    const float *const sums[3] = {first, second, factor};
    sum(layer, pass->rows, layer->x, layer->delta, add_gradients);
    keep_gradient(beta_in(layer, layer->gradients), first, channels);
    keep_gradient(gamma_in(layer, layer->gradients), second, channels);
    for (size_t c = 0; c < channels; c++) {
        factor[c] = inverse[c] * (gamma ? gamma[c] : 1);
        first[c] /= count;
        second[c] *= inverse[c] / count;
    }
    for (size_t row = 0; row < pass->rows && layer->input_delta; row++) {
        float *delta = layer->delta + row * layer->stride;
        turn_back(layer, layer->x + row * layer->stride, moment(layer, MEAN), sums, delta);
        layer_clear_padding(delta, layer->units, layer->stride);
    }
}

const struct layer_kind layer_batch_normalization = {
    .name = "BatchNormalization",
    .aliases = {"batch_norm", "bn"},
    .help = "gives each channel the mean beta and the deviation gamma over the batch",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .arrays = arrays,
    .forward = forward,
    .backward = backward,
    .in_place = true,
};
