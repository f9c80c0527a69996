#include "math/warp.h"

#include "base/multiversion.h"

#include <string.h>

/* Places are in 256ths of a pixel, counted from one pixel left of (above) the image. */
#define PARTS WARP_PARTS
#define HALF_PIXEL (0.5f * PARTS)

size_t warp_stride(size_t columns) {
    return PAD_TO_LANES(columns);
}

static size_t framed_stride(const struct warp *warp) {
    return warp->table_stride + LANES; /* a row of the table takes one number more than it has */
}

bool warp_init(struct warp *warp, size_t rows, size_t columns, size_t channels, bool floats,
               struct arena *arena) {
    *warp = (struct warp){.rows = rows,
                          .columns = columns,
                          .channels = channels,
                          .floats = floats,
                          .table_stride = LANES};
    while (warp->table_stride < columns + 2)
        warp->table_stride *= 2;
    warp->image = ARENA_NEW(arena, uint32_t, rows * columns + LANES);
    warp->framed = ARENA_NEW(arena, uint32_t, (rows + 3) * framed_stride(warp));
    if (!floats)
        warp->table = ARENA_NEW(arena, uint32_t, (rows + 2) * warp->table_stride);
    warp->numbers = ARENA_NEW(arena, float, warp_stride(columns));
    warp->none = ARENA_NEW(arena, float, warp_stride(columns));
    warp->sampled = ARENA_NEW(arena, uint32_t, rows * columns + LANES);
    for (size_t c = 0; c < warp_stride(columns) && warp->numbers; c++)
        warp->numbers[c] = (float)c;
    return !arena->failed;
}

/* The pixel that stands at a place of the framed image, whose first one is at 1. */
static size_t stand_in(size_t framed, size_t count, enum warp_fill fill) {
    const size_t place = framed + count - 1; /* one period on, so that it is no negative number */
    if (fill == WARP_WRAP)
        return place % count;
    return framed == 0 ? 0 : framed > count ? count - 1 : framed - 1;
}

typedef uint32_t words
    __attribute__((vector_size(LANES * sizeof(uint32_t)), aligned(4), may_alias));

typedef uint32_t float_bits __attribute__((may_alias));

/* Copy numbers that stand some apart; how far in grey images and in colour the compiler knows. */
#define COPY_APART(NAME, FROM, TO)                                                                 \
    static inline void NAME##_known(const FROM *restrict from, size_t from_step, TO *restrict to,  \
                                    size_t to_step, size_t count) {                                \
        for (size_t i = 0; i < count; i++)                                                         \
            to[i * to_step] = (TO)from[i * from_step];                                             \
    }                                                                                              \
    MULTIVERSION static void NAME(const FROM *from, size_t from_step, TO *to, size_t to_step,      \
                                  size_t count) {                                                  \
        if (from_step == 1 && to_step == 1)                                                        \
            NAME##_known(from, 1, to, 1, count);                                                   \
        else if (from_step == 3)                                                                   \
            NAME##_known(from, 3, to, 1, count);                                                   \
        else if (to_step == 3)                                                                     \
            NAME##_known(from, 1, to, 3, count);                                                   \
        else                                                                                       \
            NAME##_known(from, from_step, to, to_step, count);                                     \
    }

COPY_APART(widen, uint8_t, uint32_t)
COPY_APART(narrow, uint32_t, uint8_t)
COPY_APART(copy_floats, float_bits, float_bits)

static void take_channel(const struct warp *warp, const void *image, size_t channel) {
    const size_t pixels = warp->rows * warp->columns;
    if (warp->floats)
        copy_floats((const float_bits *)image + channel, warp->channels, warp->image, 1, pixels);
    else
        widen((const uint8_t *)image + channel, warp->channels, warp->image, 1, pixels);
}

static void put_channel(const struct warp *warp, size_t channel, void *picture) {
    const size_t pixels = warp->rows * warp->columns;
    if (warp->floats)
        copy_floats(warp->sampled, 1, (float_bits *)picture + channel, warp->channels, pixels);
    else
        narrow(warp->sampled, 1, (uint8_t *)picture + channel, warp->channels, pixels);
}

static inline void copy_row(const uint32_t *row, size_t columns, uint32_t *to) {
    for (size_t c = 0; c < columns; c += LANES)
        *(words *)(to + c) = *(const words *)(row + c);
}

/* A frame of one number around the image. */
MULTIVERSION static void frame_constant(const struct warp *warp, uint32_t constant) {
    const size_t rows = warp->rows, columns = warp->columns, stride = framed_stride(warp);
    const words all = constant - (words){0};
    for (size_t r = 0; r < rows + 3; r++) {
        uint32_t *framed = warp->framed + r * stride;
        if (r == 0 || r > rows) {
            for (size_t c = 0; c < columns + 3; c += LANES)
                *(words *)(framed + c) = all;
            continue;
        }
        copy_row(warp->image + (r - 1) * columns, columns, framed + 1);
        framed[0] = framed[columns + 1] = framed[columns + 2] = constant;
    }
}

/* A frame of pixels of the image. */
MULTIVERSION static void frame_by_pixels(const struct warp *warp, enum warp_fill fill) {
    const size_t rows = warp->rows, columns = warp->columns, stride = framed_stride(warp);
    for (size_t r = 0; r < rows + 3; r++) {
        uint32_t *framed = warp->framed + r * stride;
        const uint32_t *row = warp->image + stand_in(r, rows, fill) * columns;
        copy_row(row, columns, framed + 1);
        framed[0] = row[stand_in(0, columns, fill)];
        framed[columns + 1] = row[stand_in(columns + 1, columns, fill)];
        framed[columns + 2] = row[stand_in(columns + 2, columns, fill)];
    }
}

MULTIVERSION static void make_table(const struct warp *warp) {
    const size_t stride = framed_stride(warp);
    for (size_t r = 0; r < warp->rows + 2; r++) {
        const uint32_t *upper = warp->framed + r * stride, *lower = upper + stride;
        uint32_t *table = warp->table + r * warp->table_stride;
        for (size_t c = 0; c < warp->columns + 2; c += LANES)
            *(words *)(table + c) =
                (*(const words *)(upper + c) | *(const words *)(upper + c + 1) << 8) |
                (*(const words *)(lower + c) | *(const words *)(lower + c + 1) << 8) << 16;
    }
}

/* Bring places outside the image to those that they stand for, by repeating it. */
static inline float wrap(float x, float count) {
    const float periods = x / count, whole = (float)(int32_t)periods;
    return x - count * (whole > periods ? whole - 1 : whole);
}

/* By repeating the image and its reflection; pixel 0 goes from -0.5 to 0.5. */
static inline float reflect(float x, float count) {
    const float within = wrap(x + HALF_PIXEL, 2 * count) - count;
    return count - (within < 0 ? -within : within) - HALF_PIXEL;
}

static inline float limit(float x, float least, float most) {
    const float above = x < least ? least : x;
    return above > most ? most : above;
}

/* Everything about a row of the picture but its place. */
struct row_map {
    float x_by_column, x, y_by_column, y;
    float x_least, x_most, y_least, y_most, columns, rows;
    int shift, stride; /* of the table's rows and the framed image's */
};

static inline float float_of(uint32_t bits) {
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static inline uint32_t bits_of(float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* Two products for each pixel: the left and right neighbours are blended in both halves of a word
 * at once. */
static inline uint32_t blend_bytes(uint32_t four, int32_t across, int32_t along) {
    const uint32_t left_two = four & 0x00ff00ff, right_two = four >> 8 & 0x00ff00ff;
    const uint32_t two = left_two * PARTS + (right_two - left_two) * ((uint32_t)across % PARTS);
    const uint32_t upper = two & 0xffff, lower = two >> 16;
    return (upper * PARTS + (lower - upper) * ((uint32_t)along % PARTS) + 0x8000) >> 16;
}

/* Where all four are equal, so is what becomes of them. */
static inline uint32_t blend_floats(const uint32_t *framed, int upper, int lower, int32_t across,
                                    int32_t along) {
    const float right = (float)(int32_t)((uint32_t)across % PARTS) * (1.0f / PARTS);
    const float down = (float)(int32_t)((uint32_t)along % PARTS) * (1.0f / PARTS);
    const float upper_left = float_of(framed[upper]), upper_right = float_of(framed[upper + 1]);
    const float lower_left = float_of(framed[lower]), lower_right = float_of(framed[lower + 1]);
    const float above = upper_left + (upper_right - upper_left) * right;
    const float below = lower_left + (lower_right - lower_left) * right;
    return bits_of(above + (below - above) * down);
}

/* `from`: the table of bytes, the framed image of floats. */
static inline void sample_row(const struct row_map *map, enum warp_fill fill, bool floats,
                              const uint32_t *restrict from, const float *restrict numbers,
                              const float *restrict dx, const float *restrict dy, int count,
                              uint32_t *restrict sampled) {
    INDEPENDENT
    for (int c = 0; c < count; c++) {
        float x = (numbers[c] * map->x_by_column + map->x) + dx[c];
        float y = (numbers[c] * map->y_by_column + map->y) + dy[c];
        if (fill == WARP_WRAP) {
            x = wrap(x, map->columns);
            y = wrap(y, map->rows);
        } else if (fill == WARP_REFLECT) {
            x = reflect(x, map->columns);
            y = reflect(y, map->rows);
        }
        const int32_t across = (int32_t)(limit(x, map->x_least, map->x_most) + (PARTS + 0.5f));
        const int32_t along = (int32_t)(limit(y, map->y_least, map->y_most) + (PARTS + 0.5f));
        if (floats) {
            const int upper = (along >> 8) * map->stride + (across >> 8);
            sampled[c] = blend_floats(from, upper, upper + map->stride, across, along);
        } else {
            sampled[c] =
                blend_bytes(from[(along >> 8 << map->shift) + (across >> 8)], across, along);
        }
    }
}

static inline void sample_rows(const struct warp *warp, const float *m, const float *dx,
                               const float *dy, size_t displacement_stride, enum warp_fill fill,
                               bool floats, struct row_map map) {
    const size_t stride = PAD_TO_LANES(warp->columns);
    const uint32_t *from = floats ? warp->framed : warp->table;
    for (size_t r = 0; r < warp->rows; r++) {
        map.x = m[1] * PARTS * (float)(int)r + m[2] * PARTS;
        map.y = m[4] * PARTS * (float)(int)r + m[5] * PARTS;
        sample_row(&map, fill, floats, from, warp->numbers, dx + r * displacement_stride,
                   dy + r * displacement_stride, (int)stride, warp->sampled + r * warp->columns);
    }
}

#define SAMPLE(NAME, FILL, FLOATS)                                                                 \
    MULTIVERSION static void sample_##NAME(const struct warp *warp, const float *m,                \
                                           const float *dx, const float *dy, size_t stride,        \
                                           const struct row_map *map) {                            \
        sample_rows(warp, m, dx, dy, stride, FILL, FLOATS, *map);                                  \
    }

SAMPLE(limited, WARP_CONSTANT, false)
SAMPLE(reflected, WARP_REFLECT, false)
SAMPLE(wrapped, WARP_WRAP, false)
SAMPLE(limited_floats, WARP_CONSTANT, true)
SAMPLE(reflected_floats, WARP_REFLECT, true)
SAMPLE(wrapped_floats, WARP_WRAP, true)

static struct row_map map_of(const struct warp *warp, const float m[6], enum warp_fill fill) {
    const float rows = (float)warp->rows, columns = (float)warp->columns;
    const float frame = fill == WARP_NEAREST ? 0 : 1;
    return (struct row_map){.x_by_column = m[0] * PARTS,
                            .y_by_column = m[3] * PARTS,
                            .x_least = -frame * PARTS,
                            .x_most = (columns - 1 + frame) * PARTS,
                            .y_least = -frame * PARTS,
                            .y_most = (rows - 1 + frame) * PARTS,
                            .columns = columns * PARTS,
                            .rows = rows * PARTS,
                            .shift = __builtin_ctzl(warp->table_stride),
                            .stride = (int)framed_stride(warp)};
}

void warp_image(struct warp *warp, const void *image, const float m[6], const float *dx,
                const float *dy, enum warp_fill fill, float constant, void *picture) {
    static void (*const sample[2][4])(const struct warp *, const float *, const float *,
                                      const float *, size_t, const struct row_map *) = {
        {sample_limited, sample_limited, sample_reflected, sample_wrapped},
        {sample_limited_floats, sample_limited_floats, sample_reflected_floats,
         sample_wrapped_floats}};
    const struct row_map map = map_of(warp, m, fill);
    for (size_t channel = 0; channel < warp->channels; channel++) {
        take_channel(warp, image, channel);
        if (fill == WARP_CONSTANT)
            frame_constant(warp, warp->floats ? bits_of(constant) : (uint32_t)constant);
        else
            frame_by_pixels(warp, fill);
        if (!warp->floats)
            make_table(warp);
        sample[warp->floats][fill](warp, m, dx ? dx : warp->none, dy ? dy : warp->none,
                                   dx ? warp_stride(warp->columns) : 0, &map);
        put_channel(warp, channel, picture);
    }
}
