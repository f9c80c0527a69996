#include "base/random.h"

#include "base/multiversion.h"

#include <Random123/philox.h>
#include <math.h>

static inline struct random_block block_of(struct random_source source, uint64_t index) {
    philox4x32_key_t key = {{(uint32_t)source.seed, (uint32_t)(source.seed >> 32)}};
    philox4x32_ctr_t counter = {
        {(uint32_t)index, (uint32_t)(index >> 32), source.stream, (uint32_t)source.purpose}};
    philox4x32_ctr_t bits = philox4x32(counter, key);
    return (struct random_block){{bits.v[0], bits.v[1], bits.v[2], bits.v[3]}};
}

struct random_block random_block(struct random_source source, uint64_t index) {
    return block_of(source, index);
}

MULTIVERSION void random_blocks(struct random_source source, uint64_t first,
                                struct random_block blocks[RANDOM_BLOCKS]) {
    for (uint64_t i = 0; i < RANDOM_BLOCKS; i++)
        blocks[i] = block_of(source, first + i);
}

static double unit_from_words(uint32_t high, uint32_t low) {
    uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
    return (double)bits * 0x1p-53;
}

double random_unit(struct random_source source, uint64_t index) {
    struct random_block block = random_block(source, index / 2);
    const uint32_t *words = block.word + 2 * (index % 2);
    return unit_from_words(words[0], words[1]);
}

double random_normal(struct random_source source, uint64_t index) {
    /* Box-Muller; 1 - u keeps the logarithm's argument in (0, 1]. */
    const double two_pi = 6.283185307179586;
    struct random_block block = random_block(source, index);
    double radius = sqrt(-2.0 * log(1.0 - unit_from_words(block.word[0], block.word[1])));
    return radius * cos(two_pi * unit_from_words(block.word[2], block.word[3]));
}

__extension__ typedef unsigned __int128 wide;

/* Uniform in 0 .. bound-1 from 64 random bits; the bias is below bound / 2^64. */
static uint32_t below(uint64_t bits, uint32_t bound) {
    return (uint32_t)(((wide)bits * bound) >> 64);
}

void random_permutation(struct random_source source, uint32_t *order, size_t count) {
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    struct random_block block = {{0}};
    for (size_t i = 0; i + 1 < count; i++) {
        if (i % 2 == 0)
            block = random_block(source, i / 2);
        const uint32_t *words = block.word + 2 * (i % 2);
        uint64_t bits = (uint64_t)words[0] << 32 | words[1];
        size_t other = i + below(bits, (uint32_t)(count - i));
        uint32_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}
