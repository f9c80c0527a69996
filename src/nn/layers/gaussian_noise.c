/* GaussianNoise: while training, a normal number with the deviation `stddev` is added to each
 * value. */
#include "nn/layer.h"

#include "base/random.h"

#include <math.h>

static const struct layer_argument arguments[] = {
    {.name = "stddev",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct layer_spec, stddev),
     .standard = NAN,
     .maximum = 1e30,
     .help = "standard deviation of what is added to each value while training"},
};

/* A function of the seed, the epoch, the layer and the value's place in the epoch. */
static void forward(struct layer *layer, const struct layer_pass *pass) {
    const struct random_source source = {pass->specs[0]->seed, RANDOM_NOISE,
                                         (uint32_t)pass->epoch << 8 | (uint32_t)layer->number};
    const double stddev = layer->spec->stddev;
    for (size_t row = 0; row < pass->rows; row++) {
        const float *x = layer->x + row * layer->stride;
        float *z = layer->z + row * layer->stride;
        const uint64_t first = (pass->first_row + row) * layer->units;
        for (size_t i = 0; i < layer->units; i++)
            z[i] = x[i] + (float)(stddev * random_normal(source, first + i));
        for (size_t i = layer->units; i < layer->stride; i++)
            z[i] = 0;
    }
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    (void)layer;
    (void)pass;
}

const struct layer_kind layer_gaussian_noise = {
    .name = "GaussianNoise",
    .help = "adds noise while training",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .positional = 1,
    .forward = forward,
    .backward = backward,
    .in_place = true,
    .only_training = true,
};
