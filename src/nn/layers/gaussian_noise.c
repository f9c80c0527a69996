/* GaussianNoise: while training, a normal number with the deviation `stddev` is added to each
 * value. */
#include "nn/layer.h"

#include "base/random.h"
#include "math/elementary.h"

static const struct argument arguments[] = {
    {.name = "stddev",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct layer_spec, stddev),
     .standard = ARGUMENT_REQUIRED,
     .maximum = 1e30,
     .help = "standard deviation of what is added to each value while training"},
};

#define WORDS (RANDOM_BLOCKS * sizeof(struct random_block) / sizeof(uint32_t))

/* Two standard normal numbers of two words, by Box and Muller (1958); the first word's upper 31
 * bits are the radius, the second's upper 24 the angle. The sines stand after the cosines. */
MULTIVERSION static void make_normal(const uint32_t *words, float *normal) {
    float squares[WORDS / 2] = {0}, radii[WORDS / 2] = {0};
    for (size_t i = 0; i < WORDS / 2; i++)
        squares[i] = -2 * fast_log(((float)(int32_t)(words[i] >> 1) + 0.5f) * 0x1p-31f);
    for (size_t i = 0; i < WORDS / 2; i++)
        radii[i] = sqrtf(squares[i]);
    for (size_t i = 0; i < WORDS / 2; i++) {
        const float turns = random_unit_float(words[WORDS / 2 + i]);
        normal[i] = radii[i] * fast_sine_of_turns(turns, 1);
        normal[WORDS / 2 + i] = radii[i] * fast_sine_of_turns(turns, 0);
    }
}

MULTIVERSION static void add_noise(const float *x, const float *normal, float stddev, size_t count,
                                   float *z) {
    for (size_t i = 0; i < count; i++)
        z[i] = x[i] + stddev * normal[i];
}

/* A function of the seed, the epoch, the layer and the value's place in the epoch. */
static void forward(struct layer *layer, const struct layer_pass *pass) {
    const struct random_source source = {pass->specs[0]->seed, RANDOM_NOISE,
                                         (uint32_t)pass->epoch << 8 | (uint32_t)layer->number};
    struct random_block blocks[RANDOM_BLOCKS];
    float normal[WORDS];
    size_t at = pass->first_row * layer->units, made = SIZE_MAX;
    for (size_t row = 0; row < pass->rows; row++) {
        const float *x = layer->x + row * layer->stride;
        float *z = layer->z + row * layer->stride;
        for (size_t i = 0, run; i < layer->units; i += run, at += run) {
            const size_t used = at % WORDS, left = layer->units - i;
            if (made != at / WORDS) {
                made = at / WORDS;
                random_blocks(source, made * RANDOM_BLOCKS, blocks);
                make_normal(&blocks->word[0], normal);
            }
            run = WORDS - used < left ? WORDS - used : left;
            add_noise(x + i, normal + used, (float)layer->spec->stddev, run, z + i);
        }
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
