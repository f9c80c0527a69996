/* Dropout: while training, values are set to 0 with the probability `rate`, and the others
 * multiplied by 1 / (1 - rate). */
#include "nn/layer.h"

#include "base/random.h"

static const struct argument arguments[] = {
    {.name = "rate",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct layer_spec, rate),
     .standard = ARGUMENT_REQUIRED,
     .maximum = 1,
     .maximum_open = true,
     .help = "share of the values set to 0 while training; the others grow by 1 / (1 - rate)"},
};

enum { MASK }; /* what the values are multiplied by */

static size_t arrays(const struct layer_spec *spec, struct shape input,
                     struct layer_array *arrays) {
    (void)spec;
    arrays[MASK] = (struct layer_array){.name = "mask", .role = ARRAY_BATCH, .shape = input};
    return 1;
}

/* Masks from random words, `step` floats apart. */
MULTIVERSION static void make_masks(const uint32_t *words, size_t count, float rate, float scale,
                                    float *mask, size_t step) {
    if (step == 1)
        for (size_t i = 0; i < count; i++)
            mask[i] = random_unit_float(words[i]) < rate ? 0 : scale;
    else
        for (size_t i = 0; i < count; i++)
            mask[i * step] = random_unit_float(words[i]) < rate ? 0 : scale;
}

/* A function of the seed, the epoch, the layer and the value's place in the epoch. */
static void draw(const struct layer *layer, const struct layer_pass *pass, size_t lane) {
    const struct network_spec *network = pass->specs[lane];
    const float rate = (float)network->layers[layer->index].rate, scale = 1 / (1 - rate);
    const struct random_source source = {network->seed, RANDOM_DROPOUT,
                                         (uint32_t)pass->epoch << 8 | (uint32_t)layer->number};
    struct random_block blocks[RANDOM_BLOCKS];
    const size_t words = RANDOM_BLOCKS * sizeof blocks->word / sizeof(uint32_t);
    const size_t step = layer->networks;
    size_t at = pass->first_row * layer->units;
    if (at % words != 0)
        random_blocks(source, at / words * RANDOM_BLOCKS, blocks);
    for (size_t row = 0; row < pass->rows; row++) {
        float *mask = layer->values[MASK] + row * layer->stride + lane;
        for (size_t i = 0, run; i < layer->units; i += run, at += run) {
            const size_t used = at % words, left = layer->units - i;
            if (used == 0)
                random_blocks(source, at / words * RANDOM_BLOCKS, blocks);
            run = words - used < left ? words - used : left;
            make_masks(&blocks->word[0] + used, run, rate, scale, mask + i * step, step);
        }
    }
}

/* Values that are dropped become 0, whatever they are. `kept` may be `values`. */
MULTIVERSION static void drop(const float *mask, size_t count, const float *values, float *kept) {
    INDEPENDENT
    for (size_t i = 0; i < count; i++)
        kept[i] = mask[i] == 0 ? 0 : values[i] * mask[i];
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    for (size_t lane = 0; lane < pass->count; lane++)
        draw(layer, pass, lane);
    drop(layer->values[MASK], pass->rows * layer->stride, layer->x, layer->z);
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    drop(layer->values[MASK], pass->rows * layer->stride, layer->delta, layer->delta);
}

const struct layer_kind layer_dropout = {
    .name = "Dropout",
    .help = "sets values to 0 at random while training",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .positional = 1,
    .arrays = arrays,
    .forward = forward,
    .backward = backward,
    .in_place = true,
    .only_training = true,
    .interleaves = true,
};
