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

bool warp_init(struct warp *warp, size_t rows, size_t columns, struct arena *arena) {
    *warp = (struct warp){.rows = rows, .columns = columns, .table_stride = LANES};
    while (warp->table_stride < columns + 2)
        warp->table_stride *= 2;
    warp->image = ARENA_NEW(arena, uint32_t, rows * columns + LANES);
    warp->framed = ARENA_NEW(arena, uint32_t, (rows + 3) * framed_stride(warp));
    warp->table = ARENA_NEW(arena, uint32_t, (rows + 2) * warp->table_stride);
    warp->numbers = ARENA_NEW(arena, float, warp_stride(columns));
    warp->none = ARENA_NEW(arena, float, warp_stride(columns));
    warp->levels = ARENA_NEW(arena, uint32_t, rows * columns + LANES);
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

MULTIVERSION static void widen(const uint8_t *restrict bytes, size_t count,
                               uint32_t *restrict numbers) {
    for (size_t i = 0; i < count; i++)
        numbers[i] = bytes[i];
}

MULTIVERSION static void narrow(const uint32_t *restrict numbers, size_t count,
                                uint8_t *restrict bytes) {
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)numbers[i];
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
    int shift; /* of the table's rows */
};

/* Two products for each pixel: the left and right neighbours are blended in both halves of a word
 * at once. */
static inline void sample_row(const struct row_map *map, enum warp_fill fill,
                              const uint32_t *restrict table, const float *restrict numbers,
                              const float *restrict dx, const float *restrict dy, int count,
                              uint32_t *restrict levels) {
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
        const uint32_t four = table[(along >> 8 << map->shift) + (across >> 8)];
        const uint32_t left_two = four & 0x00ff00ff, right_two = four >> 8 & 0x00ff00ff;
        const uint32_t two = left_two * PARTS + (right_two - left_two) * ((uint32_t)across % PARTS);
        const uint32_t upper = two & 0xffff, lower = two >> 16;
        levels[c] = (upper * PARTS + (lower - upper) * ((uint32_t)along % PARTS) + 0x8000) >> 16;
    }
}

static inline void sample_rows(const struct warp *warp, const float *m, const float *dx,
                               const float *dy, size_t displacement_stride, enum warp_fill fill,
                               struct row_map map) {
    const size_t stride = PAD_TO_LANES(warp->columns);
    for (size_t r = 0; r < warp->rows; r++) {
        map.x = m[1] * PARTS * (float)(int)r + m[2] * PARTS;
        map.y = m[4] * PARTS * (float)(int)r + m[5] * PARTS;
        sample_row(&map, fill, warp->table, warp->numbers, dx + r * displacement_stride,
                   dy + r * displacement_stride, (int)stride, warp->levels + r * warp->columns);
    }
}

#define SAMPLE(NAME, FILL)                                                                         \
    MULTIVERSION static void sample_##NAME(const struct warp *warp, const float *m,                \
                                           const float *dx, const float *dy, size_t stride,        \
                                           const struct row_map *map) {                            \
        sample_rows(warp, m, dx, dy, stride, FILL, *map);                                          \
    }

SAMPLE(limited, WARP_CONSTANT)
SAMPLE(reflected, WARP_REFLECT)
SAMPLE(wrapped, WARP_WRAP)

void warp_image(struct warp *warp, const uint8_t *image, const float m[6], const float *dx,
                const float *dy, enum warp_fill fill, uint8_t constant, uint8_t *picture) {
    static void (*const sample[])(const struct warp *, const float *, const float *, const float *,
                                  size_t,
                                  const struct row_map *) = {[WARP_CONSTANT] = sample_limited,
                                                             [WARP_NEAREST] = sample_limited,
                                                             [WARP_REFLECT] = sample_reflected,
                                                             [WARP_WRAP] = sample_wrapped};
    const float rows = (float)warp->rows, columns = (float)warp->columns;
    const float frame = fill == WARP_NEAREST ? 0 : 1;
    const struct row_map map = {.x_by_column = m[0] * PARTS,
                                .y_by_column = m[3] * PARTS,
                                .x_least = -frame * PARTS,
                                .x_most = (columns - 1 + frame) * PARTS,
                                .y_least = -frame * PARTS,
                                .y_most = (rows - 1 + frame) * PARTS,
                                .columns = columns * PARTS,
                                .rows = rows * PARTS,
                                .shift = __builtin_ctzl(warp->table_stride)};
    widen(image, warp->rows * warp->columns, warp->image);
    if (fill == WARP_CONSTANT)
        frame_constant(warp, constant);
    else
        frame_by_pixels(warp, fill);
    make_table(warp);
    sample[fill](warp, m, dx ? dx : warp->none, dy ? dy : warp->none,
                 dx ? warp_stride(warp->columns) : 0, &map);
    narrow(warp->levels, warp->rows * warp->columns, picture);
}
