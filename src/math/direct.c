#include "math/direct.h"

#include "math/product.h"
#include "math/transpose.h"

#include <string.h>

/* How many floats of a kernel's rows, or of a gradient's, pass over many blocks of sums before the
 * next ones: so that they stay in the first-level cache, or are not far from it. */
#define KERNEL_FLOATS ((size_t)1 << 13)
#define DELTA_FLOATS ((size_t)1 << 14)

bool direct_takes(const struct window *window) {
    return window->rows.dilation == 1 && window->columns.dilation == 1;
}

/* What is taken of an axis of an image: `before` and after it 0. */
struct border {
    size_t before, length;
};

/* What all windows see. */
static struct border seen_of(const struct window_axis *axis) {
    const size_t length = (axis->out - 1) * axis->stride + axis->size;
    return (struct border){axis->before, length < axis->in ? axis->in : length};
}

/* Of the gradient at the outputs: what the taps of all places of the image reach. The window's
 * places that are `stride` apart are the taps of one phase. */
static struct border reached_of(const struct window_axis *axis) {
    const size_t taps = (axis->size + axis->stride - 1) / axis->stride;
    const size_t last = (axis->in - 1 + axis->before) / axis->stride + 1;
    return (struct border){taps - 1, taps - 1 + (last > axis->out ? last : axis->out)};
}

/* An image of so many channels between borders. */
struct bordered {
    struct border rows, columns;
    size_t in_rows, in_line, channels;
};

static struct bordered seen_image(const struct direct *of) {
    const struct window *window = &of->window;
    return (struct bordered){seen_of(&window->rows), seen_of(&window->columns), window->rows.in,
                             window->columns.in * window->channels, window->channels};
}

static struct bordered reached_delta(const struct direct *of) {
    const struct window *window = &of->window;
    return (struct bordered){reached_of(&window->rows), reached_of(&window->columns),
                             window->rows.out, window->columns.out * of->filters, of->filters};
}

static size_t line_of(const struct bordered *of) {
    return of->columns.length * of->channels;
}

static bool has_border(const struct bordered *of) {
    return of->rows.length > of->in_rows || line_of(of) > of->in_line;
}

static size_t bordered_floats(const struct bordered *of) {
    return has_border(of) ? PAD_TO_LANES(of->rows.length * line_of(of)) : 0;
}

/* The image itself where that has no border. */
static const float *with_border(const struct bordered *of, const float *image, float *room) {
    const size_t line = line_of(of), taken = line - of->columns.before * of->channels;
    if (!has_border(of))
        return image;
    memset(room, 0, of->rows.length * line * sizeof *room);
    for (size_t row = 0; row < of->in_rows && of->rows.before + row < of->rows.length; row++)
        memcpy(room + (of->rows.before + row) * line + of->columns.before * of->channels,
               image + row * of->in_line,
               (taken < of->in_line ? taken : of->in_line) * sizeof *room);
    return room;
}

static size_t gradient_floats(const struct direct *of) {
    return window_size(&of->window) * of->window.channels * PAD_TO_LANES(of->filters);
}

static size_t padded_delta_floats(const struct direct *of) {
    return of->filters % LANES == 0 ? 0 : window_places(&of->window) * PAD_TO_LANES(of->filters);
}

size_t direct_floats(const struct direct *of) {
    const struct bordered seen = seen_image(of), reached = reached_delta(of);
    const size_t weights = bordered_floats(&seen) + gradient_floats(of) + padded_delta_floats(of);
    const size_t inputs = bordered_floats(&reached);
    return weights > inputs ? weights : inputs;
}

/* A product whose kernel is larger than what stays in the cache, a few of its rows at a time. */
static void multiply(struct product whole) {
    const size_t row = whole.depth * PAD_TO_LANES(whole.columns);
    const size_t fit = row > 0 ? KERNEL_FLOATS / row : 1, together = fit < 1 ? 1 : fit;
    struct product some = whole;
    if (whole.parts == 0)
        product_compute(&whole);
    for (size_t part = 0; part < whole.parts; part += together) {
        const size_t left = whole.parts - part;
        some.parts = left < together ? left : together;
        some.x = whole.x + part * whole.x_part;
        some.w = whole.w + part * whole.w_part;
        some.add = part > 0;
        product_compute(&some);
    }
}

void direct_forward(const struct direct *of, const float *image, const float *kernel,
                    float *outputs, float *room) {
    const struct window *window = &of->window;
    const struct bordered seen = seen_image(of);
    const float *x = with_border(&seen, image, room);
    const size_t line = line_of(&seen), depth = window->columns.size * window->channels;
    const size_t columns = PAD_TO_LANES(of->filters), out = window->columns.out;
    for (size_t row = 0; row < window->rows.out; row++)
        multiply((struct product){
            .rows = out,
            .columns = of->filters,
            .parts = window->rows.size,
            .depth = depth,
            .x = x + row * window->rows.stride * line,
            .x_row = window->columns.stride * window->channels,
            .x_part = line,
            .x_step = 1,
            .w = kernel,
            .w_part = depth * columns,
            .w_step = columns,
            .z = outputs + row * out * of->filters,
            .z_row = of->filters,
        });
}

/* The same with its rows padded. */
static const float *padded_delta(const struct direct *of, const float *delta, float *room) {
    const size_t columns = PAD_TO_LANES(of->filters), filters = of->filters;
    if (columns == filters)
        return delta;
    for (size_t place = 0; place < window_places(&of->window); place++) {
        memcpy(room + place * columns, delta + place * filters, filters * sizeof *room);
        memset(room + place * columns + filters, 0, (columns - filters) * sizeof *room);
    }
    return room;
}

MULTIVERSION static void add_all(const float *from, size_t floats, float *to) {
    for (size_t i = 0; i < floats; i += LANES)
        *(lanes *)(to + i) += *(const lanes *)(from + i);
}

/* The image's sums by themselves, so that rounding errors stay small. */
void direct_weight_gradient(const struct direct *of, const float *image, const float *delta,
                            float *gradient, float *room) {
    const struct window *window = &of->window;
    const struct bordered seen = seen_image(of);
    const size_t line = line_of(&seen), rows = window->columns.size * window->channels;
    const size_t columns = PAD_TO_LANES(of->filters), out = window->columns.out;
    const size_t fit = DELTA_FLOATS / (out * columns), together = fit < 1 ? 1 : fit;
    float *sums = room + bordered_floats(&seen);
    const float *x = with_border(&seen, image, room);
    delta = padded_delta(of, delta, sums + gradient_floats(of));
    for (size_t first = 0; first < window->rows.out; first += together)
        for (size_t row = 0; row < window->rows.size; row++) {
            const size_t left = window->rows.out - first;
            product_compute(&(struct product){
                .rows = rows,
                .columns = columns,
                .parts = left < together ? left : together,
                .depth = out,
                .x = x + (first * window->rows.stride + row) * line,
                .x_row = 1,
                .x_part = window->rows.stride * line,
                .x_step = window->columns.stride * window->channels,
                .w = delta + first * out * columns,
                .w_part = out * columns,
                .w_step = columns,
                .z = sums + row * rows * columns,
                .z_row = columns,
                .add = first > 0,
            });
        }
    add_all(sums, gradient_floats(of), gradient);
}

/* A phase of an axis: the places of the image whose taps are the window's places phase, phase +
 * stride, ... */
static size_t taps_of(const struct window_axis *axis, size_t phase) {
    return phase < axis->size ? (axis->size - phase + axis->stride - 1) / axis->stride : 0;
}

size_t direct_turned_floats(const struct direct *of) {
    return window_size(&of->window) * of->filters * PAD_TO_LANES(of->window.channels);
}

/* Phase by phase; of each its taps, the last one first, filters x pad(channels). */
void direct_turn(const struct direct *of, const float *kernel, float *turned) {
    const struct window *window = &of->window;
    const size_t columns = PAD_TO_LANES(of->filters), channels = window->channels;
    for (size_t r = 0; r < window->rows.stride; r++)
        for (size_t c = 0; c < window->columns.stride; c++)
            for (size_t i = taps_of(&window->rows, r); i-- > 0;)
                for (size_t j = taps_of(&window->columns, c); j-- > 0;) {
                    const size_t place = (r + i * window->rows.stride) * window->columns.size + c +
                                         j * window->columns.stride;
                    transpose(kernel + place * channels * columns, channels, of->filters, columns,
                              turned);
                    turned += of->filters * PAD_TO_LANES(channels);
                }
}

/* One row of the image's places of a phase of columns: `x` is where the first tap of the first one
 * of the image's rows' taps is in the bordered delta. */
static void give_places(const struct direct *of, size_t phase, size_t taps, const float *x,
                        const struct bordered *reached, const float *turned, float *input_delta) {
    const struct window_axis *axis = &of->window.columns;
    const size_t channels = of->window.channels, own = taps_of(axis, phase);
    const size_t first = (phase + axis->stride - axis->before % axis->stride) % axis->stride;
    const size_t at = (first + axis->before) / axis->stride + reached->columns.before + 1 - own;
    const size_t w_step = PAD_TO_LANES(channels);
    if (first < axis->in)
        multiply((struct product){
            .rows = (axis->in - first + axis->stride - 1) / axis->stride,
            .columns = channels,
            .parts = own > 0 ? taps : 0,
            .depth = own * of->filters,
            .x = x + at * of->filters,
            .x_row = of->filters,
            .x_part = line_of(reached),
            .x_step = 1,
            .w = turned,
            .w_part = own * of->filters * w_step,
            .w_step = w_step,
            .z = input_delta + first * channels,
            .z_row = axis->stride * channels,
        });
}

void direct_input_gradient(const struct direct *of, const float *delta, const float *turned,
                           float *input_delta, float *room) {
    const struct window *window = &of->window;
    const struct window_axis *rows = &window->rows;
    const struct bordered reached = reached_delta(of);
    const size_t line = line_of(&reached);
    const size_t tap = of->filters * PAD_TO_LANES(window->channels);
    const float *x = with_border(&reached, delta, room);
    for (size_t r = 0; r < rows->stride; r++) {
        const size_t taps = taps_of(rows, r);
        for (size_t c = 0; c < window->columns.stride; c++) {
            for (size_t row = 0; row < rows->in; row++) {
                const size_t at = (row + rows->before) / rows->stride + reached.rows.before + 1;
                if ((row + rows->before) % rows->stride == r)
                    give_places(of, c, taps, x + (at - taps) * line, &reached, turned,
                                input_delta + row * window->columns.in * window->channels);
            }
            turned += taps * taps_of(&window->columns, c) * tap;
        }
    }
}
