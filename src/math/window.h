/* A window that moves over an image, as in TensorFlow: what convolutions and pools have in common.
 * Images are rows x columns x channels, row-major. */
#ifndef SWEEP_MATH_WINDOW_H
#define SWEEP_MATH_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

/* One of its two directions, rows or columns. */
struct window_axis {
    size_t in, out;                /* how long the image is, and what comes of it */
    size_t size, stride, dilation; /* of the window */
    size_t before;                 /* padding before the image */
};

struct window {
    struct window_axis rows, columns;
    size_t channels; /* of the image */
};

/* An axis without padding, whose out is 0 where the window is longer than the image; and with as
 * much padding as gives in / stride, rounded up, the smaller half of it before the image. */
struct window_axis window_axis(size_t in, size_t size, size_t stride, size_t dilation, bool same);

/* Padding behind the image: what the last output's window takes of it. */
size_t window_axis_after(const struct window_axis *axis);

/* Which of a window's places at output `out` are in the image: from `first` to before `end`; the
 * first of them is the image's `at`. */
struct window_span {
    size_t first, end, at;
};
struct window_span window_span(const struct window_axis *axis, size_t out);

static inline size_t window_places(const struct window *window) {
    return window->rows.out * window->columns.out;
}

static inline size_t window_size(const struct window *window) {
    return window->rows.size * window->columns.size;
}

#endif
