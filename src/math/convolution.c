#include "math/convolution.h"

#include "base/multiversion.h"

#include <string.h>

/* Runs of floats of any length, mostly short ones, for which memcpy's call costs more. */
static inline void copy_run(float *restrict to, const float *restrict from, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

static inline void add_run(float *restrict to, const float *restrict from, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

/* What a window's row sees of the image's `row`: `seen` has all of the window's places. */
static inline void gather_row(const struct window *window, struct window_span span,
                              const float *row, struct convolution_part part, float *seen) {
    const size_t step = window->columns.dilation * window->channels;
    const float *from = row + span.at * window->channels + part.first;
    memset(seen, 0, span.first * part.count * sizeof *seen);
    if (step == part.count) {
        copy_run(seen + span.first * part.count, from, (span.end - span.first) * part.count);
    } else {
        for (size_t k = span.first; k < span.end; k++, from += step)
            copy_run(seen + k * part.count, from, part.count);
    }
    memset(seen + span.end * part.count, 0,
           (window->columns.size - span.end) * part.count * sizeof *seen);
}

MULTIVERSION void convolution_gather(const struct window *window, const float *image,
                                     struct convolution_part part, float *seen) {
    const struct window_axis *columns = &window->columns;
    const size_t line = columns->in * window->channels, width = columns->size * part.count;
    for (size_t out = part.row; out < part.row + part.rows; out++) {
        const struct window_span rows = window_span(&window->rows, out);
        for (size_t column = 0; column < columns->out; column++) {
            const struct window_span span = window_span(columns, column);
            memset(seen, 0, rows.first * width * sizeof *seen);
            for (size_t k = rows.first; k < rows.end; k++) {
                const size_t row = rows.at + (k - rows.first) * window->rows.dilation;
                gather_row(window, span, image + row * line, part, seen + k * width);
            }
            memset(seen + rows.end * width, 0,
                   (window->rows.size - rows.end) * width * sizeof *seen);
            seen += window->rows.size * width;
        }
    }
}

static inline void scatter_row(const struct window *window, struct window_span span,
                               const float *seen, struct convolution_part part, float *row) {
    const size_t step = window->columns.dilation * window->channels;
    float *to = row + span.at * window->channels + part.first;
    if (step == part.count) {
        add_run(to, seen + span.first * part.count, (span.end - span.first) * part.count);
        return;
    }
    for (size_t k = span.first; k < span.end; k++, to += step)
        add_run(to, seen + k * part.count, part.count);
}

MULTIVERSION void convolution_scatter(const struct window *window, const float *seen,
                                      struct convolution_part part, float *image) {
    const struct window_axis *columns = &window->columns;
    const size_t line = columns->in * window->channels, width = columns->size * part.count;
    for (size_t out = part.row; out < part.row + part.rows; out++) {
        const struct window_span rows = window_span(&window->rows, out);
        for (size_t column = 0; column < columns->out; column++) {
            const struct window_span span = window_span(columns, column);
            for (size_t k = rows.first; k < rows.end; k++) {
                const size_t row = rows.at + (k - rows.first) * window->rows.dilation;
                scatter_row(window, span, seen + k * width, part, image + row * line);
            }
            seen += window->rows.size * width;
        }
    }
}

/* Call with each place of the output and each place of its window that is in the image: `in` and
 * `out` are these places' numbers, `k` is the window's. */
#define EACH_PLACE(window, in, out, k)                                                             \
    for (size_t row_ = 0, out = 0; row_ < (window)->rows.out; row_++)                              \
        for (size_t column_ = 0; column_ < (window)->columns.out; column_++, out++)                \
            for (struct window_span rows_ = window_span(&(window)->rows, row_),                    \
                                    columns_ = window_span(&(window)->columns, column_);           \
                 rows_.first < rows_.end; rows_.first++, rows_.at += (window)->rows.dilation)      \
                for (size_t k_ = columns_.first, k = rows_.first * (window)->columns.size + k_,    \
                            in = rows_.at * (window)->columns.in + columns_.at;                    \
                     k_ < columns_.end; k_++, k++, in += (window)->columns.dilation)

MULTIVERSION void depthwise_forward(const struct window *window, size_t depth, const float *image,
                                    const float *kernel, float *outputs) {
    const size_t channels = window->channels, units = channels * depth;
    memset(outputs, 0, window_places(window) * units * sizeof *outputs);
    EACH_PLACE(window, in, out, k) {
        const float *restrict x = image + in * channels, *restrict weights = kernel + k * units;
        float *restrict z = outputs + out * units;
        if (depth == 1)
            for (size_t c = 0; c < channels; c++)
                z[c] += x[c] * weights[c];
        else
            for (size_t c = 0; c < channels; c++)
                for (size_t d = 0; d < depth; d++)
                    z[c * depth + d] += x[c] * weights[c * depth + d];
    }
}

MULTIVERSION void depthwise_weight_gradient(const struct window *window, size_t depth,
                                            const float *image, const float *delta,
                                            float *gradient) {
    const size_t channels = window->channels, units = channels * depth;
    EACH_PLACE(window, in, out, k) {
        const float *restrict x = image + in * channels, *restrict own = delta + out * units;
        float *restrict sums = gradient + k * units;
        if (depth == 1)
            for (size_t c = 0; c < channels; c++)
                sums[c] += x[c] * own[c];
        else
            for (size_t c = 0; c < channels; c++)
                for (size_t d = 0; d < depth; d++)
                    sums[c * depth + d] += x[c] * own[c * depth + d];
    }
}

MULTIVERSION void depthwise_input_gradient(const struct window *window, size_t depth,
                                           const float *delta, const float *kernel,
                                           float *input_delta) {
    const size_t channels = window->channels, units = channels * depth;
    EACH_PLACE(window, in, out, k) {
        const float *restrict own = delta + out * units, *restrict weights = kernel + k * units;
        float *restrict sums = input_delta + in * channels;
        if (depth == 1)
            for (size_t c = 0; c < channels; c++)
                sums[c] += own[c] * weights[c];
        else
            for (size_t c = 0; c < channels; c++)
                for (size_t d = 0; d < depth; d++)
                    sums[c] += own[c * depth + d] * weights[c * depth + d];
    }
}
