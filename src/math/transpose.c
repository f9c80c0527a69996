#include "math/transpose.h"

#include "base/multiversion.h"

#include <string.h>

typedef float quad __attribute__((vector_size(4 * sizeof(float)), may_alias, aligned(4)));

/* Places 0 to 3 are a's, 4 to 7 b's. GCC has Clang's name for it since version 12. */
#if __has_builtin(__builtin_shufflevector)
#define PICK(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int quad_places __attribute__((vector_size(4 * sizeof(int))));
#define PICK(a, b, i, j, k, l) __builtin_shuffle(a, b, (quad_places){i, j, k, l})
#endif

/* Four numbers of four rows, which become those of four columns. */
static inline void turn_quad(const float *from, size_t stride, quad to[4]) {
    const quad a = *(const quad *)from, b = *(const quad *)(from + stride);
    const quad c = *(const quad *)(from + 2 * stride), d = *(const quad *)(from + 3 * stride);
    const quad ab = PICK(a, b, 0, 4, 1, 5), cd = PICK(c, d, 0, 4, 1, 5);
    const quad ab_high = PICK(a, b, 2, 6, 3, 7), cd_high = PICK(c, d, 2, 6, 3, 7);
    to[0] = PICK(ab, cd, 0, 1, 4, 5);
    to[1] = PICK(ab, cd, 2, 3, 6, 7);
    to[2] = PICK(ab_high, cd_high, 0, 1, 4, 5);
    to[3] = PICK(ab_high, cd_high, 2, 3, 6, 7);
}

void transpose(const float *w, size_t inputs, size_t units, size_t stride, float *to) {
    const size_t padded = PAD_TO_LANES(inputs);
    for (size_t j = 0; j < units; j++)
        memset(to + j * padded + inputs, 0, (padded - inputs) * sizeof *to);
    /* So many rows of `to` that the lines that are being written stay in the first-level cache. */
    for (size_t first = 0; first < units; first += LANES) {
        const size_t end = first + LANES < units ? first + LANES : units;
        size_t i = 0;
        for (; i + 4 <= inputs; i += 4)
            for (size_t j = first; j < end; j += 4) {
                quad turned[4];
                turn_quad(w + i * stride + j, stride, turned);
                for (size_t k = 0; k < 4 && j + k < end; k++)
                    *(quad *)(to + (j + k) * padded + i) = turned[k];
            }
        for (; i < inputs; i++)
            for (size_t j = first; j < end; j++)
                to[j * padded + i] = w[i * stride + j];
    }
}
