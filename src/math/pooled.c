#include "math/pooled.h"

#include "math/patches.h"
#include "math/pooled_keep.h"
#include "math/product.h"

#include <string.h>

/* How many floats of points there are at once, and of a kernel's rows that are multiplied by all
 * places before the next ones: so that they stay in the second-level, the first-level cache. */
#define POINTS_FLOATS ((size_t)1 << 15)
#define KERNEL_FLOATS ((size_t)1 << 13)
#define TILES_MIN 12
#define TILES_STEP 6 /* a block of rows in product.c */

/* From this many channels on the products that Winograd's form saves are more than its sums. */
#define WINOGRAD_CHANNELS 8

static bool by_winograd(const struct pooled *of) {
    const struct window *window = &of->window;
    return window->rows.size == 3 && window->columns.size == 3 &&
           window->channels >= WINOGRAD_CHANNELS;
}

/* What all windows see of an image, with what is beyond its edges, and readable for a register's
 * length beyond its end. */
struct plane {
    size_t rows, line; /* of so many floats */
    bool is_image;     /* the image itself will do */
};

static struct plane plane_of(const struct pooled *of) {
    const struct window *window = &of->window;
    const struct window_axis *rows = &window->rows, *columns = &window->columns;
    const size_t channels = window->channels;
    if (rows->before == 0 && columns->before == 0 && channels % LANES == 0 &&
        2 * of->rows + rows->size - 1 <= rows->in &&
        2 * of->columns + columns->size - 1 <= columns->in)
        return (struct plane){rows->in, columns->in * channels, true};
    return (struct plane){2 * of->rows + rows->size - 1,
                          (2 * of->columns + columns->size - 1) * channels, false};
}

static size_t plane_floats(const struct plane *plane) {
    return plane->is_image ? 0 : PAD_TO_LANES(plane->rows * plane->line + LANES);
}

/* The part of an image that a plane has. */
struct overlap {
    size_t rows, floats; /* of a row */
    size_t at, line;     /* in the plane: the first one, and from one row to the next */
    size_t image_line;
};

static struct overlap overlap_of(const struct pooled *of, const struct plane *plane) {
    const struct window *window = &of->window;
    const size_t channels = window->channels, before = window->columns.before * channels;
    const size_t rows = plane->rows - window->rows.before, floats = plane->line - before;
    const size_t image_line = window->columns.in * channels;
    return (struct overlap){rows < window->rows.in ? rows : window->rows.in,
                            floats < image_line ? floats : image_line,
                            window->rows.before * plane->line + before, plane->line, image_line};
}

static const float *fill_plane(const struct pooled *of, const struct plane *plane,
                               const float *image, float *room) {
    if (plane->is_image)
        return image;
    const struct overlap overlap = overlap_of(of, plane);
    memset(room, 0, plane_floats(plane) * sizeof *room);
    for (size_t row = 0; row < overlap.rows; row++)
        memcpy(room + overlap.at + row * overlap.line, image + row * overlap.image_line,
               overlap.floats * sizeof *room);
    return room;
}

/* Tiles at once. */
static size_t tiles_of(const struct pooled *of) {
    const size_t floats = PAD_TO_LANES(of->window.channels) + PAD_TO_LANES(of->filters);
    const size_t fit = POINTS_FLOATS / (WINOGRAD_POINTS * floats) / TILES_STEP * TILES_STEP;
    return fit < TILES_MIN ? TILES_MIN : fit;
}

/* Forward. ------------------------------------------------------------------------------------- */

struct tiling {
    size_t tiles, step; /* at once; floats of a point's inputs */
    size_t channels, columns;
    float *kernel, *inputs, *products;
};

static void finish_tiles(const struct pooled *of, const struct pooled_images *images,
                         const struct tiling *tiling, size_t first, size_t count) {
    const struct pooled_filters filters = {of->filters, of->bias, of->relu};
    const size_t windows = of->rows * of->columns, in = tiling->tiles * tiling->step;
    const size_t out = tiling->tiles * tiling->columns;
    for (size_t point = 0; point < WINOGRAD_POINTS; point++)
        product_compute(&(struct product){
            .rows = count,
            .columns = tiling->columns,
            .parts = 1,
            .depth = tiling->channels,
            .x = tiling->inputs + point * in,
            .x_row = tiling->step,
            .x_step = 1,
            .w = tiling->kernel + point * tiling->channels * tiling->columns,
            .w_step = tiling->columns,
            .z = tiling->products + point * out,
            .z_row = tiling->columns,
        });
    for (size_t i = 0; i < count; i++) {
        const size_t image = (first + i) / windows, window = (first + i) % windows;
        const size_t at = image * images->z_step + window * of->filters;
        winograd_largest(tiling->products + i * tiling->columns, out, &filters, images->z + at,
                         images->which + at);
    }
}

static void forward_by_winograd(const struct pooled *of, const struct pooled_images *images,
                                const struct plane *plane, float *room,
                                const struct tiling *tiling) {
    const size_t windows = of->rows * of->columns, channels = tiling->channels;
    size_t first = 0, count = 0;
    for (size_t i = 0; i < images->count; i++) {
        const float *image = fill_plane(of, plane, images->x + i * images->x_step, room);
        for (size_t window = 0; window < windows; window++) {
            const size_t row = window / of->columns, column = window % of->columns;
            winograd_input(image + 2 * row * plane->line + 2 * column * channels, plane->line,
                           channels, tiling->inputs + count * tiling->step,
                           tiling->tiles * tiling->step);
            if (++count == tiling->tiles) {
                finish_tiles(of, images, tiling, first, count);
                first += count;
                count = 0;
            }
        }
    }
    finish_tiles(of, images, tiling, first, count);
}

/* Two rows of the convolution's outputs, of which the pool takes one. A few rows of the kernel are
 * multiplied by all places before the next ones. */
static void two_rows(const struct pooled *of, const struct plane *plane, const float *at,
                     float *outputs) {
    const struct window *window = &of->window;
    const size_t columns = PAD_TO_LANES(of->filters),
                 depth = window->columns.size * window->channels;
    const size_t fit = KERNEL_FLOATS / (depth * columns), together = fit < 1 ? 1 : fit;
    for (size_t part = 0; part < window->rows.size; part += together)
        for (size_t row = 0; row < 2; row++) {
            const size_t left = window->rows.size - part;
            product_compute(&(struct product){
                .rows = 2 * of->columns,
                .columns = columns,
                .parts = together < left ? together : left,
                .depth = depth,
                .x = at + (row + part) * plane->line,
                .x_row = window->channels,
                .x_part = plane->line,
                .x_step = 1,
                .w = of->kernel + part * depth * columns,
                .w_part = depth * columns,
                .w_step = columns,
                .z = outputs + row * 2 * of->columns * columns,
                .z_row = columns,
                .add = part > 0,
            });
        }
}

#define KEEP_ROW(V)                                                                                \
    FOR_##V static void keep_row_##V(const struct pooled_filters *filters, size_t windows,         \
                                     const float *outputs, float *z, float *which) {               \
        const size_t columns = PAD_TO_LANES(filters->filters), line = 2 * windows * columns;       \
        for (size_t window = 0; window < windows; window++) {                                      \
            const float *at = outputs + 2 * window * columns;                                      \
            for (size_t f = 0; f < filters->filters; f += FLOATS(V)) {                             \
                const V four[POOLED_PLACES] = {                                                    \
                    *(const V *)(at + f), *(const V *)(at + columns + f),                          \
                    *(const V *)(at + line + f), *(const V *)(at + line + columns + f)};           \
                V##_pooled_keep(four, filters, f, z + window * filters->filters,                   \
                                which + window * filters->filters);                                \
            }                                                                                      \
        }                                                                                          \
    }
EACH_LENGTH(KEEP_ROW)

static void keep_row(const struct pooled_filters *filters, size_t windows, const float *outputs,
                     float *z, float *which) {
    static void (*const versions[])(const struct pooled_filters *, size_t, const float *, float *,
                                    float *) = VERSIONS(keep_row);
    versions[register_length()](filters, windows, outputs, z, which);
}

static void forward_directly(const struct pooled *of, const struct pooled_images *images,
                             const struct plane *plane, float *room, float *outputs) {
    const struct pooled_filters filters = {of->filters, of->bias, of->relu};
    for (size_t i = 0; i < images->count; i++) {
        const float *image = fill_plane(of, plane, images->x + i * images->x_step, room);
        for (size_t row = 0; row < of->rows; row++) {
            const size_t at = i * images->z_step + row * of->columns * of->filters;
            two_rows(of, plane, image + 2 * row * plane->line, outputs);
            keep_row(&filters, of->columns, outputs, images->z + at, images->which + at);
        }
    }
}

static void forward_by_patches(const struct pooled *of, const struct pooled_images *images,
                               const struct plane *plane, float *room, float *patches) {
    for (size_t i = 0; i < images->count; i++)
        patches_forward(of, fill_plane(of, plane, images->x + i * images->x_step, room),
                        plane->line, images->z + i * images->z_step,
                        images->which + i * images->z_step, patches);
}

static size_t points_floats(const struct pooled *of) {
    return WINOGRAD_POINTS * of->window.channels * PAD_TO_LANES(of->filters);
}

/* Where the arrays of a forward pass stand, in the scratch after the plane. */
static struct tiling tiling_of(const struct pooled *of, float *points, float *scratch) {
    struct tiling tiling = {.tiles = tiles_of(of),
                            .step = PAD_TO_LANES(of->window.channels),
                            .channels = of->window.channels,
                            .columns = PAD_TO_LANES(of->filters),
                            .kernel = points,
                            .inputs = scratch};
    tiling.products = scratch + WINOGRAD_POINTS * tiling.tiles * tiling.step;
    return tiling;
}

static size_t forward_floats(const struct pooled *of) {
    const size_t columns = PAD_TO_LANES(of->filters);
    if (patches_take(of))
        return patches_floats(of);
    return by_winograd(of)
               ? WINOGRAD_POINTS * tiles_of(of) * (PAD_TO_LANES(of->window.channels) + columns)
               : 4 * of->columns * columns;
}

void pooled_forward(const struct pooled *of, const struct pooled_images *images,
                    const struct pooled_part *part) {
    const struct plane plane = plane_of(of);
    float *room = part->scratch, *rest = room + plane_floats(&plane);
    if (by_winograd(of)) {
        const struct tiling tiling = tiling_of(of, part->kept, rest);
        if (part->first)
            winograd_kernel(tiling.channels, of->filters, of->kernel, tiling.kernel);
        forward_by_winograd(of, images, &plane, room, &tiling);
    } else if (patches_take(of)) {
        forward_by_patches(of, images, &plane, room, rest);
    } else {
        forward_directly(of, images, &plane, room, rest);
    }
}

/* Backward. ------------------------------------------------------------------------------------ */

#define WORD 32 /* bits */

/* A gradient that is not 0, and where what the window sees from there begins in a plane. */
struct entry {
    uint32_t at;
    float delta;
};

/* The kernel by filters: of each its rows, of so many floats that are a multiple of LANES. Those of
 * an image's entries whose filter is f end at ends[f]. */
struct by_filters {
    size_t filters, rows, row_floats, line; /* line: of the plane */
    float *bias, *kernel, *gradient;        /* kept; bias: its gradient */
    uint32_t *words, *starts, *ends;        /* words: see mark; starts: of windows in a plane */
    struct entry *entries;
};

static size_t kernel_floats(const struct pooled *of) {
    const struct window *window = &of->window;
    return of->filters * window->rows.size * PAD_TO_LANES(window->columns.size * window->channels);
}

static size_t gradient_floats(const struct pooled *of) {
    return window_size(&of->window) * of->window.channels * PAD_TO_LANES(of->filters);
}

/* What is kept: Winograd's points, the bias's gradient, and the kernel and its gradient by filters
 * or, by patches, the gradient as it is to be. */
size_t pooled_kept(const struct pooled *of) {
    return (by_winograd(of) ? points_floats(of) : 0) + PAD_TO_LANES(of->filters) +
           2 * kernel_floats(of) + (patches_take(of) ? gradient_floats(of) : 0);
}

/* Of the bits of all filters at all windows. */
static size_t words_count(const struct pooled *of) {
    return (of->rows * of->columns + WORD - 1) / WORD * PAD_TO_LANES(of->filters);
}

static size_t backward_floats(const struct pooled *of, const struct plane *plane) {
    const size_t windows = of->rows * of->columns, entry = sizeof(struct entry) / sizeof(float);
    return plane_floats(plane) + words_count(of) + PAD_TO_LANES(of->filters) +
           PAD_TO_LANES(windows) + windows * of->filters * entry;
}

static struct by_filters by_filters_of(const struct pooled *of, const struct plane *plane,
                                       float *kept, float *scratch) {
    const struct window *window = &of->window;
    const size_t filters = PAD_TO_LANES(of->filters);
    struct by_filters by = {.filters = of->filters,
                            .rows = window->rows.size,
                            .row_floats = PAD_TO_LANES(window->columns.size * window->channels),
                            .line = plane->line};
    by.bias = kept + (by_winograd(of) ? points_floats(of) : 0);
    by.kernel = by.bias + filters;
    by.gradient = by.kernel + kernel_floats(of);
    by.words = (void *)scratch;
    by.ends = by.words + words_count(of);
    by.starts = by.ends + filters;
    by.entries = (void *)(by.starts + PAD_TO_LANES(of->rows * of->columns));
    return by;
}

size_t pooled_scratch(const struct pooled *of) {
    const struct plane plane = plane_of(of);
    const size_t forward = forward_floats(of), backward = backward_floats(of, &plane);
    return plane_floats(&plane) + (forward > backward ? forward : backward);
}

/* From the kernel's places and channels x filters to filters x these, or the other way. */
static void turn_kernel(const struct pooled *of, const struct by_filters *by, float *gradient) {
    const size_t columns = PAD_TO_LANES(of->filters);
    const size_t floats = of->window.columns.size * of->window.channels;
    for (size_t row = 0; row < by->rows; row++)
        for (size_t i = 0; i < floats; i++) {
            const size_t at = (row * floats + i) * columns;
            for (size_t f = 0; f < by->filters; f++) {
                const size_t turned = (f * by->rows + row) * by->row_floats + i;
                if (gradient)
                    gradient[at + f] = by->gradient[turned];
                else
                    by->kernel[turned] = of->kernel[at + f];
            }
        }
}

/* -1 where a number is neither 0 nor -0. */
#define NOT_ZERO(V, values) (-((V##_mask)(values)&INT32_MAX) >> 31)

/* Make the gradients those before relu, add them up, and set each filter's bits at the windows
 * where its gradient is not 0. */
#define MARK(V)                                                                                    \
    FOR_##V static void mark_##V(const struct pooled *of, const float *z, float *delta,            \
                                 const struct by_filters *by) {                                    \
        const size_t windows = of->rows * of->columns, step = PAD_TO_LANES(of->filters);           \
        const V##_mask all = of->relu ? (V##_mask){0} : ~(V##_mask){0};                            \
        for (size_t first = 0; first < of->filters; first += FLOATS(V)) {                          \
            const size_t count = of->filters - first;                                              \
            V sum = {0};                                                                           \
            V##_mask word = {0};                                                                   \
            for (size_t window = 0; window < windows; window++) {                                  \
                const size_t at = window * of->filters + first;                                    \
                const V##_mask alive = NOT_ZERO(V, V##_read(z + at, count)) | all;                 \
                const V own = (V)((V##_mask)V##_read(delta + at, count) & alive);                  \
                V##_write(own, count, delta + at);                                                 \
                sum += own;                                                                        \
                word |= NOT_ZERO(V, own) & (int)(1u << window % WORD);                             \
                if (window % WORD == WORD - 1 || window + 1 == windows) {                          \
                    *(V##_mask *)(by->words + window / WORD * step + first) = word;                \
                    word = (V##_mask){0};                                                          \
                }                                                                                  \
            }                                                                                      \
            *(V *)(by->bias + first) += sum;                                                       \
        }                                                                                          \
    }
EACH_LENGTH(MARK)

static void mark(const struct pooled *of, const float *z, float *delta,
                 const struct by_filters *by) {
    static void (*const versions[])(const struct pooled *, const float *, float *,
                                    const struct by_filters *) = VERSIONS(mark);
    versions[register_length()](of, z, delta, by);
}

static void list_windows(const struct pooled *of, const struct by_filters *by) {
    for (size_t window = 0; window < of->rows * of->columns; window++)
        by->starts[window] = (uint32_t)(2 * (window / of->columns) * by->line +
                                        2 * (window % of->columns) * of->window.channels);
}

static void list_entries(const struct pooled *of, const struct by_filters *by, const float *delta,
                         const float *which) {
    const uint32_t line = (uint32_t)by->line, channels = (uint32_t)of->window.channels;
    const uint32_t places[POOLED_PLACES] = {0, channels, line, line + channels};
    const size_t windows = of->rows * of->columns, step = PAD_TO_LANES(of->filters);
    struct entry *entry = by->entries;
    for (size_t f = 0; f < of->filters; f++) {
        for (size_t first = 0; first < windows; first += WORD)
            for (uint32_t left = by->words[first / WORD * step + f]; left; left &= left - 1) {
                const size_t window = first + (size_t)__builtin_ctz(left);
                uint32_t place;
                memcpy(&place, which + window * of->filters + f, sizeof place);
                *entry++ = (struct entry){by->starts[window] + places[place],
                                          delta[window * of->filters + f]};
            }
        by->ends[f] = (uint32_t)(entry - by->entries);
    }
}

/* Some rows of the kernel, and of these some lanes: of each filter its part of the kernel or of the
 * gradient is in registers while its entries pass. */
#define PART_ROWS 3
#define PART_LANES 6
struct part {
    const struct by_filters *by;
    size_t at;         /* of the first row's first lane in a filter's kernel */
    const float *seen; /* what the windows saw, from there on */
    float *given;      /* the gradient at that */
};
typedef void part_function(const struct part *part);

#define PART(R, L, V)                                                                              \
    /* The gradient: what the windows saw times the entries. */                                    \
    FOR_##V static void take_##R##_##L##_##V(const struct part *part) {                            \
        const struct by_filters *by = part->by;                                                    \
        const size_t step = by->rows * by->row_floats, line = by->line;                            \
        const struct entry *entry = by->entries;                                                   \
        for (size_t f = 0; f < by->filters; f++) {                                                 \
            const struct entry *end = by->entries + by->ends[f];                                   \
            float *own = by->gradient + f * step + part->at;                                       \
            V sum[R][COUNT(L, V)];                                                                 \
            if (entry == end)                                                                      \
                continue;                                                                          \
            for (int r = 0; r < R; r++)                                                            \
                for (int l = 0; l < COUNT(L, V); l++)                                              \
                    sum[r][l] = ((const V *)(own + (size_t)r * by->row_floats))[l];                \
            for (; entry < end; entry++) {                                                         \
                const float *x = part->seen + entry->at, delta = entry->delta;                     \
                for (int r = 0; r < R; r++)                                                        \
                    for (int l = 0; l < COUNT(L, V); l++)                                          \
                        sum[r][l] += delta * ((const loose_##V *)(x + (size_t)r * line))[l];       \
            }                                                                                      \
            for (int r = 0; r < R; r++)                                                            \
                for (int l = 0; l < COUNT(L, V); l++)                                              \
                    ((V *)(own + (size_t)r * by->row_floats))[l] = sum[r][l];                      \
        }                                                                                          \
    }                                                                                              \
    /* The inputs' gradient: the kernel times the entries. */                                      \
    FOR_##V static void give_##R##_##L##_##V(const struct part *part) {                            \
        const struct by_filters *by = part->by;                                                    \
        const size_t step = by->rows * by->row_floats, line = by->line;                            \
        const struct entry *entry = by->entries;                                                   \
        for (size_t f = 0; f < by->filters; f++) {                                                 \
            const struct entry *end = by->entries + by->ends[f];                                   \
            const float *own = by->kernel + f * step + part->at;                                   \
            V weights[R][COUNT(L, V)];                                                             \
            for (int r = 0; r < R; r++)                                                            \
                for (int l = 0; l < COUNT(L, V); l++)                                              \
                    weights[r][l] = ((const V *)(own + (size_t)r * by->row_floats))[l];            \
            for (; entry < end; entry++) {                                                         \
                float *x = part->given + entry->at;                                                \
                const float delta = entry->delta;                                                  \
                for (int r = 0; r < R; r++)                                                        \
                    for (int l = 0; l < COUNT(L, V); l++)                                          \
                        ((loose_##V *)(x + (size_t)r * line))[l] += delta * weights[r][l];         \
            }                                                                                      \
        }                                                                                          \
    }

#define PARTS(R, V)                                                                                \
    PART(R, 1, V) PART(R, 2, V) PART(R, 3, V) PART(R, 4, V) PART(R, 5, V) PART(R, 6, V)
PARTS(1, lanes)
PARTS(3, lanes)
PARTS(1, half_lanes)
PARTS(1, quarter_lanes)

#define NAMES(WHAT, R, V)                                                                          \
    {                                                                                              \
        WHAT##_##R##_1_##V, WHAT##_##R##_2_##V, WHAT##_##R##_3_##V, WHAT##_##R##_4_##V,            \
            WHAT##_##R##_5_##V, WHAT##_##R##_6_##V                                                 \
    }
/* Of one row, and of several, which only long registers have the room for. */
#define ROWS(WHAT)                                                                                 \
    {                                                                                              \
        [QUARTER_LANES] = {NAMES(WHAT, 1, quarter_lanes)},                                         \
        [HALF_LANES] = {NAMES(WHAT, 1, half_lanes)},                                               \
        [WHOLE_LANES] = {NAMES(WHAT, 1, lanes), NAMES(WHAT, 3, lanes)},                            \
    }
typedef part_function *const part_functions[2][PART_LANES];
static const part_functions take[REGISTER_LENGTHS] = ROWS(take),
                            give[REGISTER_LENGTHS] = ROWS(give);

/* All of the kernel, part by part. */
static void each_part(const struct by_filters *by, const part_functions *versions,
                      const float *seen, float *given) {
    const enum register_length length = register_length();
    const size_t most = length == WHOLE_LANES ? PART_ROWS : 1, width = by->row_floats / LANES;
    size_t rows;
    for (size_t row = 0; row < by->rows; row += rows) {
        rows = by->rows - row < most ? 1 : most;
        for (size_t lane = 0; lane < width; lane += PART_LANES) {
            const size_t count = width - lane < PART_LANES ? width - lane : PART_LANES;
            const size_t at = row * by->line + lane * LANES;
            const struct part part = {by, row * by->row_floats + lane * LANES,
                                      seen ? seen + at : NULL, given ? given + at : NULL};
            versions[length][rows > 1][count - 1](&part);
        }
    }
}

/* The gradient at an image, by way of a plane unless that is as long. */
static void give_image(const struct pooled *of, const struct plane *plane,
                       const struct by_filters *by, size_t floats, float *input_delta,
                       float *room) {
    memset(input_delta, 0, floats * sizeof *input_delta);
    if (plane->is_image) {
        each_part(by, give, NULL, input_delta);
        return;
    }
    const struct overlap overlap = overlap_of(of, plane);
    memset(room, 0, plane_floats(plane) * sizeof *room);
    each_part(by, give, NULL, room);
    for (size_t row = 0; row < overlap.rows; row++)
        memcpy(input_delta + row * overlap.image_line, room + overlap.at + row * overlap.line,
               overlap.floats * sizeof *room);
}

static void backward_by_patches(const struct pooled *of, const struct pooled_images *images,
                                const struct pooled_gradients *gradients,
                                const struct pooled_part *part) {
    const struct plane plane = plane_of(of);
    const size_t floats = gradient_floats(of), columns = PAD_TO_LANES(of->filters);
    float *bias = part->kept, *gradient = bias + columns, *room = part->scratch;
    if (part->first)
        memset(bias, 0, (columns + floats) * sizeof *bias);
    for (size_t i = 0; i < images->count; i++) {
        const size_t at = i * images->z_step;
        const struct patches_back back = {.z = images->z + at,
                                          .which = images->which + at,
                                          .delta = gradients->delta + at,
                                          .kernel = gradient,
                                          .bias = bias};
        patches_backward(of, fill_plane(of, &plane, images->x + i * images->x_step, room),
                         plane.line, &back, room + plane_floats(&plane));
    }
    if (part->last)
        memcpy(gradients->kernel, gradient, floats * sizeof *gradient);
    if (part->last && gradients->bias)
        memcpy(gradients->bias, bias, columns * sizeof *bias);
}

/* The weights' gradients of an image. */
static void backward_of(const struct pooled *of, const struct by_filters *by, const float *image,
                        const float *z, const float *which, float *delta) {
    mark(of, z, delta, by);
    list_entries(of, by, delta, which);
    each_part(by, take, image, NULL);
}

void pooled_backward(const struct pooled *of, const struct pooled_images *images,
                     const struct pooled_gradients *gradients, const struct pooled_part *part) {
    if (patches_take(of) && !gradients->input_delta) {
        backward_by_patches(of, images, gradients, part);
        return;
    }
    const struct plane plane = plane_of(of);
    float *room = part->scratch, *delta_room = room + plane_floats(&plane);
    const struct by_filters by =
        by_filters_of(of, &plane, part->kept, delta_room + plane_floats(&plane));
    if (part->first) {
        memset(by.bias, 0, (PAD_TO_LANES(of->filters) + 2 * kernel_floats(of)) * sizeof *by.bias);
        turn_kernel(of, &by, NULL);
    }
    list_windows(of, &by);
    for (size_t i = 0; i < images->count; i++) {
        const size_t at = i * images->z_step;
        backward_of(of, &by, fill_plane(of, &plane, images->x + i * images->x_step, room),
                    images->z + at, images->which + at, gradients->delta + at);
        if (gradients->input_delta)
            give_image(of, &plane, &by, images->x_step, gradients->input_delta + i * images->x_step,
                       delta_room);
    }
    if (part->last)
        turn_kernel(of, &by, gradients->kernel);
    if (part->last && gradients->bias)
        memcpy(gradients->bias, by.bias, of->filters * sizeof *by.bias);
}
