#include "math/transpose.h"

#include "base/multiversion.h"

#include <string.h>

typedef float quad __attribute__((vector_size(4 * sizeof(float)), may_alias, aligned(4)));
typedef int quad_places __attribute__((vector_size(4 * sizeof(int))));

/* Four numbers of four rows, which become those of four columns. */
static inline void turn_quad(const float *from, size_t stride, quad to[4]) {
    const quad a = *(const quad *)from, b = *(const quad *)(from + stride);
    const quad c = *(const quad *)(from + 2 * stride), d = *(const quad *)(from + 3 * stride);
    const quad_places low = {0, 4, 1, 5}, high = {2, 6, 3, 7};
    const quad_places first = {0, 1, 4, 5}, second = {2, 3, 6, 7};
    const quad ab = __builtin_shuffle(a, b, low), cd = __builtin_shuffle(c, d, low);
    const quad ab_high = __builtin_shuffle(a, b, high), cd_high = __builtin_shuffle(c, d, high);
    to[0] = __builtin_shuffle(ab, cd, first);
    to[1] = __builtin_shuffle(ab, cd, second);
    to[2] = __builtin_shuffle(ab_high, cd_high, first);
    to[3] = __builtin_shuffle(ab_high, cd_high, second);
}

void transpose(const float *w, size_t inputs, size_t units, size_t stride, float *to) {
    const size_t padded = PAD_TO_LANES(inputs);
    for (size_t j = 0; j < units; j++)
        memset(to + j * padded + inputs, 0, (padded - inputs) * sizeof *to);
    size_t i = 0;
    for (; i + 4 <= inputs; i += 4)
        for (size_t j = 0; j < units; j += 4) {
            quad turned[4];
            turn_quad(w + i * stride + j, stride, turned);
            for (size_t k = 0; k < 4 && j + k < units; k++)
                *(quad *)(to + (j + k) * padded + i) = turned[k];
        }
    for (; i < inputs; i++)
        for (size_t j = 0; j < units; j++)
            to[j * padded + i] = w[i * stride + j];
}
