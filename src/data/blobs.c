#include "data/blobs.h"

#include <math.h>

static void add_pixel(struct blob *blob, const struct plane *plane, size_t at, bool strong) {
    const uint32_t row = (uint32_t)(at / plane->columns), column = (uint32_t)(at % plane->columns);
    blob->pixels += strong;
    blob->top = row < blob->top ? row : blob->top;
    blob->left = column < blob->left ? column : blob->left;
    blob->bottom = row + 1 > blob->bottom ? row + 1 : blob->bottom;
    blob->right = column + 1 > blob->right ? column + 1 : blob->right;
    blob->at_edge |=
        row == 0 || column == 0 || row + 1 == plane->rows || column + 1 == plane->columns;
}

/* Give the pixel's blob all that it hangs together with, over corners as well. */
static void fill(const struct plane *plane, float weak, float strong, size_t from,
                 struct blobs *blobs) {
    struct blob *blob = &blobs->items[blobs->count++];
    size_t depth = 0;
    *blob = (struct blob){.top = UINT32_MAX, .left = UINT32_MAX};
    blobs->stack[depth++] = (uint32_t)from;
    blobs->of[from] = (uint32_t)blobs->count;
    while (depth > 0) {
        const size_t at = blobs->stack[--depth];
        const size_t row = at / plane->columns, column = at % plane->columns;
        add_pixel(blob, plane, at, plane->at[at] >= strong);
        for (size_t y = row > 0 ? row - 1 : 0; y <= row + 1 && y < plane->rows; y++)
            for (size_t x = column > 0 ? column - 1 : 0; x <= column + 1 && x < plane->columns;
                 x++) {
                const size_t next = y * plane->columns + x;
                if (blobs->of[next] || !(plane->at[next] > weak))
                    continue;
                blobs->of[next] = (uint32_t)blobs->count;
                blobs->stack[depth++] = (uint32_t)next;
            }
    }
}

bool blobs_find(const struct plane *plane, float weak, float strong, struct arena *arena,
                struct blobs *blobs) {
    const size_t pixels = plane->rows * plane->columns;
    *blobs = (struct blobs){0, ARENA_NEW(arena, struct blob, pixels),
                            ARENA_NEW(arena, uint32_t, pixels), ARENA_NEW(arena, uint32_t, pixels)};
    if (!blobs->items || !blobs->of || !blobs->stack)
        return false;
    for (size_t i = 0; i < pixels; i++)
        if (!blobs->of[i] && plane->at[i] >= strong)
            fill(plane, weak, strong, i, blobs);
    return true;
}

static size_t side_of(const struct blob *blob) {
    const size_t rows = blob->bottom - blob->top, columns = blob->right - blob->left;
    return rows > columns ? rows : columns;
}

static const struct blob *largest(const struct blobs *blobs, bool at_edge) {
    const struct blob *most = NULL;
    for (size_t i = 0; i < blobs->count; i++)
        if (blobs->items[i].pixels > 0 && blobs->items[i].at_edge == at_edge &&
            (!most || blobs->items[i].pixels > most->pixels))
            most = &blobs->items[i];
    return most;
}

/* The place that is `away` from another towards a side, or where the picture ends. */
static size_t go(const struct plane *plane, size_t row, size_t column, int side, size_t away) {
    const size_t up = row < away ? row : away, left = column < away ? column : away;
    const size_t down = plane->rows - 1 - row, right = plane->columns - 1 - column;
    const size_t at = row * plane->columns + column;
    return side == 0   ? at - up * plane->columns
           : side == 1 ? at + (down < away ? down : away) * plane->columns
           : side == 2 ? at - left
                       : at + (right < away ? right : away);
}

/* Whether it gets lighter or darker within `away` of a place, by a good part of `depth`. */
static bool is_edge(const struct plane *plane, size_t at, int side, size_t away, float depth) {
    for (size_t i = 1; i <= away; i++) {
        const size_t there = go(plane, at / plane->columns, at % plane->columns, side, i);
        if (fabsf(plane->at[there] - plane->at[at]) > 0.4f * depth)
            return true;
    }
    return false;
}

void blobs_count_edges(const struct plane *plane, const struct plane *paper,
                       const struct plane *contrast, float strong, struct blobs *blobs) {
    const size_t columns = plane->columns;
    const size_t away =
        1 + plane_longest_side(plane) / 256 + (size_t)(plane_stroke_width(contrast, strong) / 2);
    for (size_t at = 0; at < plane->rows * columns; at++) {
        if (!blobs->of[at] || contrast->at[at] < strong)
            continue;
        struct blob *blob = &blobs->items[blobs->of[at] - 1];
        const float depth = fabsf(paper->at[at] - plane->at[at]);
        for (int side = 0; side < 4; side++) {
            if (contrast->at[go(plane, at / columns, at % columns, side, 1)] >= strong)
                continue;
            blob->edges++;
            blob->real_edges += is_edge(plane, at, side, away, depth);
        }
    }
}

static bool is_whole(const struct blob *blob) {
    return blob->real_edges >= BLOBS_WHOLE * blob->edges;
}

void blobs_drop_parts(struct blobs *blobs) {
    size_t whole = 0, parts = 0;
    for (size_t i = 0; i < blobs->count; i++)
        *(is_whole(&blobs->items[i]) ? &whole : &parts) += blobs->items[i].pixels;
    for (size_t i = 0; i < blobs->count && whole >= parts / 2; i++)
        if (!is_whole(&blobs->items[i]))
            blobs->items[i].pixels = 0;
}

double blobs_wholeness(const struct blobs *blobs) {
    size_t edges = 0, real = 0;
    for (size_t i = 0; i < blobs->count; i++)
        if (blobs->items[i].kept) {
            edges += blobs->items[i].edges;
            real += blobs->items[i].real_edges;
        }
    return edges > 0 ? (double)real / (double)edges : 0;
}

/* A line around something that is not a dot. */
static bool is_frame(const struct plane *plane, const struct blobs *blobs, const struct blob *blob,
                     uint32_t number) {
    const size_t high = blob->bottom - blob->top, wide = blob->right - blob->left;
    const size_t border = (high < wide ? high : wide) / 12 + 1;
    size_t all = 0, beside = 0;
    bool around = false;
    for (size_t i = 0; i < blobs->count && !around; i++) {
        const struct blob *other = &blobs->items[i];
        around = other->pixels > 0 && other->top > blob->top + border &&
                 other->left > blob->left + border && other->bottom + border < blob->bottom &&
                 other->right + border < blob->right &&
                 side_of(other) >= (high < wide ? high : wide) / 6;
    }
    if (!around)
        return false;
    for (size_t row = blob->top; row < blob->bottom; row++)
        for (size_t column = blob->left; column < blob->right; column++)
            if (blobs->of[row * plane->columns + column] == number) {
                all++;
                beside += row < blob->top + border || row + border >= blob->bottom ||
                          column < blob->left + border || column + border >= blob->right;
            }
    return beside >= all / 10 * 8;
}

const struct blob *blobs_keep_digit(const struct plane *plane, struct blobs *blobs) {
    for (uint32_t i = 0; i < blobs->count; i++)
        if (side_of(&blobs->items[i]) >= plane_longest_side(plane) / 4 &&
            is_frame(plane, blobs, &blobs->items[i], i + 1))
            blobs->items[i].pixels = 0;
    const struct blob *inside = largest(blobs, false), *edge = largest(blobs, true);
    const bool drop_edge = inside && edge && side_of(inside) >= plane_longest_side(plane) / 8 &&
                           inside->pixels >= edge->pixels / 10;
    const struct blob *main =
        !edge || (inside && (drop_edge || inside->pixels > edge->pixels)) ? inside : edge;
    if (!main)
        return NULL;
    for (size_t i = 0; i < blobs->count; i++) {
        struct blob *blob = &blobs->items[i];
        blob->kept =
            blob->pixels > 0 && !(drop_edge && blob->at_edge) && blob->pixels >= main->pixels / 25;
    }
    return main;
}

bool blob_is_solid(const struct plane *plane, const struct blob *blob) {
    const double high = blob->bottom - blob->top, wide = blob->right - blob->left;
    return fmin(high, wide) >= (double)plane_longest_side(plane) / 4 &&
           fmin(high, wide) > fmax(high, wide) / 2 && blob->pixels > 0.7 * high * wide;
}

/* How far apart two intervals are. */
static size_t gap(size_t first, size_t end, size_t other_first, size_t other_end) {
    return other_first > end ? other_first - end : first > other_end ? first - other_end : 0;
}

bool blobs_are_several(const struct blobs *blobs, const struct blob *main) {
    for (size_t i = 0; i < blobs->count; i++) {
        const struct blob *blob = &blobs->items[i];
        const size_t columns = gap(main->left, main->right, blob->left, blob->right);
        const size_t rows = gap(main->top, main->bottom, blob->top, blob->bottom);
        if (blob->kept && blob->pixels >= main->pixels / 4 &&
            (columns > rows ? columns : rows) > side_of(main) / 8)
            return true;
    }
    return false;
}
