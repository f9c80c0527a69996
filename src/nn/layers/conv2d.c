/* Conv2D: each output is a weighted sum of what a window sees, over all channels of its group, and
 * a bias. Most sums are taken of the image itself; where groups, dilation or windows of one place
 * make OpenBLAS's products better ones, what the windows see is written out for a part of the batch
 * at a time, so that it stays in the cache. */
#include "nn/layers/conv2d_pooled.h"
#include "nn/layers/kernels.h"

#include "math/convolution.h"
#include "math/direct.h"
#include "math/gemm.h"

#include <math.h>
#include <string.h>

enum { KERNEL, BIAS };

/* How many numbers seen by windows are written out at once, unless one row of outputs takes more.
 * The order of sums depends on it. */
#define SEEN_FLOATS ((size_t)1 << 18)

static const struct argument arguments[] = {
    {.name = "filters",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct layer_spec, filters),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 1,
     .maximum = 65536,
     .help = "how many channels it gives"},
    IMAGES_PAIR("kernel_size", window_size, ARGUMENT_REQUIRED, "rows x columns of the window"),
    IMAGES_PAIR("strides", strides, 1, "places from one window to the next"),
    IMAGES_PADDING,
    IMAGES_PAIR("dilation_rate", dilation_rate, 1, "places between what a window sees"),
    {.name = "groups",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct layer_spec, groups),
     .standard = 1,
     .minimum = 1,
     .maximum = 65536,
     .help = "parts of the channels, each with filters of its own"},
    KERNEL_ROWS("kernel_initializer"),
};

static bool is_above_1(const uint16_t *pair) {
    return pair[0] > 1 || pair[1] > 1;
}

/* As Keras does, which has no such convolution, but a depthwise one. */
static const char *refuses(const struct layer_spec *spec, struct shape input) {
    const char *reason = images_refuse(spec, input);
    if (!reason && is_above_1(spec->strides) && is_above_1(spec->dilation_rate))
        reason = "strides and dilation_rate can't both be above 1; leave one of them out";
    if (!reason && input.dims[2] % spec->groups != 0)
        reason = "its groups must divide the channels it is given; groups=1 does";
    if (!reason && spec->filters % spec->groups != 0)
        reason = "its groups must divide its filters; make these a multiple of the groups";
    return reason;
}

static struct shape shape(const struct layer_spec *spec, struct shape input) {
    return images_shape(spec, input, spec->filters);
}

static size_t arrays(const struct layer_spec *spec, struct shape input,
                     struct layer_array *arrays) {
    const struct shape kernel = {
        4,
        {spec->window_size[0], spec->window_size[1], input.dims[2] / spec->groups, spec->filters}};
    return kernel_arrays(spec, kernel, 3, spec->filters, arrays);
}

static bool is_direct(const struct layer_spec *spec, const struct window *window) {
    return spec->groups == 1 && window_size(window) > 1 && direct_takes(window);
}

/* How a batch is cut: a part is so many whole images, or so many rows of the outputs of one. */
struct cut {
    struct window window;
    size_t channels, filters; /* of a group */
    size_t seen;              /* numbers that a group's window sees */
    size_t images, rows;
    bool direct; /* the image itself is what the windows see */
};

static struct cut cut_of(const struct layer_spec *spec, struct shape input) {
    struct cut cut = {images_window(spec, input),
                      input.dims[2] / spec->groups,
                      spec->filters / spec->groups,
                      0,
                      1,
                      0,
                      false};
    const struct window *window = &cut.window;
    const size_t places = window_places(window), units = places * spec->filters;
    cut.seen = window_size(window) * cut.channels;
    cut.direct =
        window_size(window) == 1 && window->rows.stride == 1 && window->columns.stride == 1;
    cut.rows = window->rows.out;
    const size_t fit = SEEN_FLOATS / (places * cut.seen);
    const size_t rows = SEEN_FLOATS / (window->columns.out * cut.seen);
    const bool joined = units % LANES == 0 && (!cut.direct || shape_size(input) % LANES == 0);
    if (fit > 1 && joined)
        cut.images = fit;
    else if (fit == 0)
        cut.rows = rows > 1 ? rows : 1;
    return cut;
}

/* For a sum of each filter, and for what windows see; or the kernel turned, and a room. */
static size_t scratch(const struct layer_spec *spec, struct shape input) {
    const struct cut cut = cut_of(spec, input);
    const struct direct direct = {cut.window, spec->filters};
    if (is_direct(spec, &cut.window))
        return PAD_TO_LANES(spec->filters) + direct_turned_floats(&direct) + direct_floats(&direct);
    const size_t seen = cut.images * cut.rows * cut.window.columns.out * cut.seen;
    return PAD_TO_LANES(spec->filters) + PAD_TO_LANES(cut.direct ? 0 : seen);
}

static double flops(const struct layer_spec *spec, struct shape input) {
    const struct cut cut = cut_of(spec, input);
    return 2.0 * (double)window_places(&cut.window) * (double)cut.seen * (double)spec->filters;
}

/* A part of the batch, and a group of it. */
struct part {
    size_t image, images, row, rows, group;
    size_t places; /* of its outputs */
};

static bool next_part(const struct layer *layer, const struct cut *cut, size_t batch,
                      struct part *part) {
    if (part->images > 0 && ++part->group < layer->spec->groups)
        return true;
    part->group = 0;
    if (part->images > 0 && (part->row += part->rows) == cut->window.rows.out) {
        part->row = 0;
        part->image += part->images;
    }
    const size_t images = batch - part->image, rows = cut->window.rows.out - part->row;
    part->images = images < cut->images ? images : cut->images;
    part->rows = rows < cut->rows ? rows : cut->rows;
    part->places = part->images * part->rows * cut->window.columns.out;
    return images > 0;
}

static struct convolution_part place_of(const struct cut *cut, const struct part *part) {
    return (struct convolution_part){part->group * cut->channels, cut->channels, part->row,
                                     part->rows};
}

/* Where a part's first number stands among inputs whose images are whole, and outputs. */
static size_t input_at(const struct layer *layer, const struct cut *cut, const struct part *part) {
    return part->image * layer->input_stride + part->group * cut->channels +
           part->row * cut->window.columns.in * cut->window.channels;
}

static size_t output_at(const struct layer *layer, const struct cut *cut, const struct part *part) {
    return part->image * layer->stride + part->group * cut->filters +
           part->row * cut->window.columns.out * layer->spec->filters;
}

/* The scratch after the filters' sums. */
static float *room_of(const struct layer *layer) {
    return layer->scratch + PAD_TO_LANES(layer->spec->filters);
}

/* What a part's windows see; `stride` becomes the floats from one place to the next. */
static const float *see(const struct layer *layer, const struct cut *cut, const struct part *part,
                        size_t *stride) {
    float *seen = room_of(layer);
    const size_t floats = part->places / part->images * cut->seen;
    *stride = cut->direct ? cut->window.channels : cut->seen;
    if (cut->direct)
        return layer->x + input_at(layer, cut, part);
    for (size_t i = 0; i < part->images; i++)
        convolution_gather(&cut->window, layer->x + (part->image + i) * layer->input_stride,
                           place_of(cut, part), seen + i * floats);
    return seen;
}

/* By what the windows see. */
static void forward_seen(struct layer *layer, const struct cut *cut, size_t rows) {
    const size_t filters = layer->spec->filters, columns = PAD_TO_LANES(filters);
    size_t stride;
    for (struct part part = {0}; next_part(layer, cut, rows, &part);) {
        const float *seen = see(layer, cut, &part, &stride);
        gemm_nn(part.places, cut->filters, cut->seen, seen, stride,
                layer->values[KERNEL] + part.group * cut->filters, columns,
                layer->z + output_at(layer, cut, &part), filters);
    }
}

static void forward(struct layer *layer, const struct layer_pass *pass) {
    const struct cut cut = cut_of(layer->spec, layer->input);
    const struct direct direct = {cut.window, layer->spec->filters};
    if (!is_direct(layer->spec, &cut.window))
        forward_seen(layer, &cut, pass->rows);
    else
        for (size_t row = 0; row < pass->rows; row++)
            direct_forward(&direct, layer->x + row * layer->input_stride, layer->values[KERNEL],
                           layer->z + row * layer->stride, room_of(layer));
    for (size_t row = 0; row < pass->rows; row++)
        layer_clear_padding(layer->z + row * layer->stride, layer->units, layer->stride);
    if (layer->spec->use_bias)
        images_add_bias(layer, pass->rows, layer->values[BIAS]);
}

/* The gradient at what a part's windows saw, added to that at the inputs. */
static void give_back(const struct layer *layer, const struct cut *cut, const struct part *part) {
    const size_t filters = layer->spec->filters, columns = PAD_TO_LANES(filters);
    const float *delta = layer->delta + output_at(layer, cut, part);
    const float *kernel = layer->values[KERNEL] + part->group * cut->filters;
    const size_t floats = part->places / part->images * cut->seen;
    float *seen = room_of(layer);
    if (cut->direct) {
        gemm_nt(part->places, cut->seen, cut->filters, delta, filters, kernel, columns,
                layer->input_delta + input_at(layer, cut, part), cut->window.channels);
        return;
    }
    gemm_nt(part->places, cut->seen, cut->filters, delta, filters, kernel, columns, seen,
            cut->seen);
    for (size_t i = 0; i < part->images; i++)
        convolution_scatter(&cut->window, seen + i * floats, place_of(cut, part),
                            layer->input_delta + (part->image + i) * layer->input_stride);
}

static void backward_seen(struct layer *layer, const struct cut *cut, size_t rows) {
    const size_t filters = layer->spec->filters, columns = PAD_TO_LANES(filters);
    size_t stride;
    for (struct part part = {0}; next_part(layer, cut, rows, &part);) {
        const float *seen = see(layer, cut, &part, &stride);
        gemm_tn_add(cut->seen, cut->filters, part.places, seen, stride,
                    layer->delta + output_at(layer, cut, &part), filters,
                    layer->gradients[KERNEL] + part.group * cut->filters, columns);
        if (layer->input_delta)
            give_back(layer, cut, &part);
    }
}

static void backward_direct(struct layer *layer, const struct direct *direct, size_t rows) {
    float *turned = room_of(layer), *room = turned + direct_turned_floats(direct);
    if (layer->input_delta)
        direct_turn(direct, layer->values[KERNEL], turned);
    for (size_t row = 0; row < rows; row++) {
        const float *delta = layer->delta + row * layer->stride;
        direct_weight_gradient(direct, layer->x + row * layer->input_stride, delta,
                               layer->gradients[KERNEL], room);
        if (layer->input_delta)
            direct_input_gradient(direct, delta, turned,
                                  layer->input_delta + row * layer->input_stride, room);
    }
}

static void backward(struct layer *layer, const struct layer_pass *pass) {
    const struct cut cut = cut_of(layer->spec, layer->input);
    const struct direct direct = {cut.window, layer->spec->filters};
    const size_t columns = PAD_TO_LANES(layer->spec->filters);
    if (layer->spec->use_bias)
        images_bias_gradient(layer, pass->rows, layer->gradients[BIAS], layer->scratch);
    if (layer->input_delta)
        images_clear_input_delta(layer, pass->rows);
    memset(layer->gradients[KERNEL], 0, cut.seen * columns * sizeof(float));
    if (is_direct(layer->spec, &cut.window))
        backward_direct(layer, &direct, pass->rows);
    else
        backward_seen(layer, &cut, pass->rows);
}

static const struct layer_passes *joins(const struct layer_spec *spec, struct shape input,
                                        const struct layer_spec *next) {
    return conv2d_pooled_takes(spec, input, next) ? &conv2d_pooled : NULL;
}

const struct layer_kind layer_conv2d = {
    .name = "Conv2D",
    .aliases = {"conv", "convolution2d"},
    .help = "every output is a weighted sum of what a window over the image sees",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .positional = 2,
    .activates = true,
    .refuses = refuses,
    .shape = shape,
    .arrays = arrays,
    .scratch = scratch,
    .flops = flops,
    .forward = forward,
    .backward = backward,
    .joins = joins,
};
