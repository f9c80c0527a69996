/* Counter-based random numbers: a pure function of (seed, purpose, stream, index).
 *
 * There is no generator state, so a number does not depend on what was drawn
 * before it, on which thread, or on whether training was interrupted. The
 * generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011), from the Random123 library. */
#ifndef SWEEP_BASE_RANDOM_H
#define SWEEP_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum random_purpose {
    /* stream: number of the array, the kernels' from 0 and the others' from 2^16; index: element */
    RANDOM_WEIGHTS = 1,
    RANDOM_SHUFFLE = 2, /* stream: epoch; index: position */
    /* stream: epoch << 8 | number of the layer among those of its kind; index: element of the
     * epoch's activations */
    RANDOM_DROPOUT = 3,
    RANDOM_DIGITS = 4, /* stream: image; index: draw */
    RANDOM_TEST = 5,
    RANDOM_SIGNS = 6,         /* index: draw of a sign-flip test, 128 signs a block */
    RANDOM_SEARCH = 7,        /* stream: point of a search; index: draw for it */
    RANDOM_SHIFT = 8,         /* index: dimension of a Sobol sequence */
    RANDOM_GRID = 9,          /* index: place in a grid that is shuffled */
    RANDOM_NOISE = 10,        /* as for RANDOM_DROPOUT */
    RANDOM_AUGMENTATION = 11, /* stream: epoch; index: image << 32 | draw for it */
    RANDOM_CHECK = 12,        /* index: number to try a plug-in's functions with */
    RANDOM_SPLIT = 13, /* stream: 0 to split a test part off, 1 to order a training part; index:
                          position among the examples */
};

/* What a number is drawn for: the key of one endless, randomly accessible sequence. */
struct random_source {
    uint64_t seed;
    enum random_purpose purpose;
    uint32_t stream;
};

struct random_block {
    uint32_t word[4];
};

/* The `index`-th block of 128 random bits of a source. */
struct random_block random_block(struct random_source source, uint64_t index);

/* RANDOM_BLOCKS blocks from the `first`-th on: the same, several side by side in vector code. */
#define RANDOM_BLOCKS 16
void random_blocks(struct random_source source, uint64_t first,
                   struct random_block blocks[RANDOM_BLOCKS]);

/* The top 24 bits of a word as a float in [0, 1). */
static inline float random_unit_float(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24f;
}

/* The `index`-th number of a source, uniform in [0, 1) with 53 bits. */
double random_unit(struct random_source source, uint64_t index);

/* The `index`-th number of a source, standard normal. */
double random_normal(struct random_source source, uint64_t index);

/* A permutation of 0 .. count-1 (Fisher-Yates); `count` below 2^32. */
void random_permutation(struct random_source source, uint32_t *order, size_t count);

#endif
