#include "math/winograd.h"

#include "math/pooled_keep.h"

/* Four numbers g, three of which are a row or a column of a kernel, become G g. */
#define WINOGRAD(V)                                                                                \
    FOR_##V static inline void V##_kernel_points(const V g[3], V out[4]) {                         \
        const V ends = g[0] + g[2];                                                                \
        out[0] = g[0];                                                                             \
        out[1] = (ends + g[1]) * 0.5f;                                                             \
        out[2] = (ends - g[1]) * 0.5f;                                                             \
        out[3] = g[2];                                                                             \
    }                                                                                              \
    FOR_##V static void kernel_##V(size_t channels, size_t filters, const float *kernel,           \
                                   float *points) {                                                \
        const size_t columns = PAD_TO_LANES(filters), matrix = channels * columns;                 \
        for (size_t at = 0; at < matrix; at += FLOATS(V)) {                                        \
            V across[3][4];                                                                        \
            for (int row = 0; row < 3; row++) {                                                    \
                V g[3];                                                                            \
                for (int column = 0; column < 3; column++)                                         \
                    g[column] = *(const V *)(kernel + (size_t)(row * 3 + column) * matrix + at);   \
                V##_kernel_points(g, across[row]);                                                 \
            }                                                                                      \
            for (int column = 0; column < 4; column++) {                                           \
                const V g[3] = {across[0][column], across[1][column], across[2][column]};          \
                V down[4];                                                                         \
                V##_kernel_points(g, down);                                                        \
                for (int row = 0; row < 4; row++)                                                  \
                    *(V *)(points + (size_t)(row * 4 + column) * matrix + at) = down[row];         \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    FOR_##V static void input_##V(const float *tile, size_t line, size_t channels, float *points,  \
                                  size_t step) {                                                   \
        for (size_t c = 0; c < channels; c += FLOATS(V)) {                                         \
            V across[4][4];                                                                        \
            for (int row = 0; row < 4; row++) {                                                    \
                const float *d = tile + (size_t)row * line + c;                                    \
                const V a = *(const loose_##V *)d, b = *(const loose_##V *)(d + channels);         \
                const V e = *(const loose_##V *)(d + 2 * channels);                                \
                const V f = *(const loose_##V *)(d + 3 * channels);                                \
                across[row][0] = a - e;                                                            \
                across[row][1] = b + e;                                                            \
                across[row][2] = e - b;                                                            \
                across[row][3] = b - f;                                                            \
            }                                                                                      \
            for (int column = 0; column < 4; column++) {                                           \
                const V a = across[0][column], b = across[1][column];                              \
                const V e = across[2][column], f = across[3][column];                              \
                float *to = points + (size_t)column * step + c;                                    \
                *(V *)to = a - e;                                                                  \
                *(V *)(to + 4 * step) = b + e;                                                     \
                *(V *)(to + 8 * step) = e - b;                                                     \
                *(V *)(to + 12 * step) = b - f;                                                    \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    FOR_##V static void largest_##V(const float *points, size_t step,                              \
                                    const struct pooled_filters *of, float *largest,               \
                                    float *which) {                                                \
        for (size_t at = 0; at < of->filters; at += FLOATS(V)) {                                   \
            V across[4][2], outputs[POOLED_PLACES];                                                \
            for (int row = 0; row < 4; row++) {                                                    \
                const float *m = points + (size_t)row * 4 * step + at;                             \
                const V a = *(const V *)m, b = *(const V *)(m + step);                             \
                const V e = *(const V *)(m + 2 * step), f = *(const V *)(m + 3 * step);            \
                across[row][0] = a + (b + e);                                                      \
                across[row][1] = (b - e) - f;                                                      \
            }                                                                                      \
            for (int column = 0; column < 2; column++) {                                           \
                const V a = across[0][column], b = across[1][column];                              \
                const V e = across[2][column], f = across[3][column];                              \
                outputs[column] = a + (b + e);                                                     \
                outputs[2 + column] = (b - e) - f;                                                 \
            }                                                                                      \
            V##_pooled_keep(outputs, of, at, largest, which);                                      \
        }                                                                                          \
    }
EACH_LENGTH(WINOGRAD)

void winograd_kernel(size_t channels, size_t filters, const float *kernel, float *points) {
    static void (*const versions[])(size_t, size_t, const float *, float *) = VERSIONS(kernel);
    versions[register_length()](channels, filters, kernel, points);
}

void winograd_input(const float *tile, size_t line, size_t channels, float *points, size_t step) {
    static void (*const versions[])(const float *, size_t, size_t, float *, size_t) =
        VERSIONS(input);
    versions[register_length()](tile, line, channels, points, step);
}

void winograd_largest(const float *points, size_t step, const struct pooled_filters *of,
                      float *largest, float *which) {
    static void (*const versions[])(const float *, size_t, const struct pooled_filters *, float *,
                                    float *) = VERSIONS(largest);
    versions[register_length()](points, step, of, largest, which);
}
