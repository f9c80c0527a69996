#include "math/winograd.h"

#include "math/pooled_keep.h"

/* Four numbers g, three of which are a row or a column of a kernel, become G g. */
static inline void kernel_points(const lanes g[3], lanes out[4]) {
    const lanes half = BROADCAST(0.5f), ends = g[0] + g[2];
    out[0] = g[0];
    out[1] = (ends + g[1]) * half;
    out[2] = (ends - g[1]) * half;
    out[3] = g[2];
}

MULTIVERSION void winograd_kernel(size_t channels, size_t filters, const float *kernel,
                                  float *points) {
    const size_t columns = PAD_TO_LANES(filters), matrix = channels * columns;
    for (size_t at = 0; at < matrix; at += LANES) {
        lanes across[3][4];
        for (int row = 0; row < 3; row++) {
            lanes g[3];
            for (int column = 0; column < 3; column++)
                g[column] = *(const lanes *)(kernel + (size_t)(row * 3 + column) * matrix + at);
            kernel_points(g, across[row]);
        }
        for (int column = 0; column < 4; column++) {
            const lanes g[3] = {across[0][column], across[1][column], across[2][column]};
            lanes down[4];
            kernel_points(g, down);
            for (int row = 0; row < 4; row++)
                *(lanes *)(points + (size_t)(row * 4 + column) * matrix + at) = down[row];
        }
    }
}

MULTIVERSION void winograd_input(const float *tile, size_t line, size_t channels, float *points,
                                 size_t step) {
    for (size_t c = 0; c < channels; c += LANES) {
        lanes across[4][4];
        for (int row = 0; row < 4; row++) {
            const float *d = tile + (size_t)row * line + c;
            const lanes a = *(const loose_lanes *)d, b = *(const loose_lanes *)(d + channels);
            const lanes e = *(const loose_lanes *)(d + 2 * channels);
            const lanes f = *(const loose_lanes *)(d + 3 * channels);
            across[row][0] = a - e;
            across[row][1] = b + e;
            across[row][2] = e - b;
            across[row][3] = b - f;
        }
        for (int column = 0; column < 4; column++) {
            const lanes a = across[0][column], b = across[1][column];
            const lanes e = across[2][column], f = across[3][column];
            float *to = points + (size_t)column * step + c;
            *(lanes *)to = a - e;
            *(lanes *)(to + 4 * step) = b + e;
            *(lanes *)(to + 8 * step) = e - b;
            *(lanes *)(to + 12 * step) = b - f;
        }
    }
}

MULTIVERSION void winograd_largest(const float *points, size_t step,
                                   const struct pooled_filters *of, float *largest, float *which) {
    for (size_t at = 0; at < of->filters; at += LANES) {
        lanes across[4][2], outputs[POOLED_PLACES];
        for (int row = 0; row < 4; row++) {
            const float *m = points + (size_t)row * 4 * step + at;
            const lanes a = *(const lanes *)m, b = *(const lanes *)(m + step);
            const lanes e = *(const lanes *)(m + 2 * step), f = *(const lanes *)(m + 3 * step);
            across[row][0] = a + (b + e);
            across[row][1] = (b - e) - f;
        }
        for (int column = 0; column < 2; column++) {
            const lanes a = across[0][column], b = across[1][column];
            const lanes e = across[2][column], f = across[3][column];
            outputs[column] = a + (b + e);
            outputs[2 + column] = (b - e) - f;
        }
        pooled_keep(outputs, of, at, largest, which);
    }
}
