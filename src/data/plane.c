#include "data/plane.h"

#include <math.h>

bool plane_init(struct plane *plane, size_t rows, size_t columns, struct arena *arena) {
    size_t count;
    *plane = (struct plane){rows, columns, NULL};
    if (!__builtin_mul_overflow(rows, columns, &count))
        plane->at = ARENA_NEW(arena, float, count);
    return plane->at != NULL;
}

size_t plane_longest_side(const struct plane *plane) {
    return plane->rows > plane->columns ? plane->rows : plane->columns;
}

struct frame plane_frame(const struct plane *plane) {
    return (struct frame){0, 0, plane->rows, plane->columns};
}

/* A row or column of a plane. */
struct line {
    float *at;
    size_t count, stride;
};

/* Pixel i of `to` is the mean of `from` between `first` and `end`, weighted by a triangle around
 * the place that it has there; the triangle is as wide as the pixel, or as one of `from`, and cut
 * off at the edges, as Pillow's is. */
static void resample_line(struct line from, size_t first, size_t end, struct line to) {
    const double scale = (double)(end - first) / (double)to.count;
    const double reach = scale > 1 ? scale : 1;
    for (size_t i = 0; i < to.count; i++) {
        const double place = (double)first + ((double)i + 0.5) * scale - 0.5;
        const double low = fmax(ceil(place - reach), (double)first);
        const double high = fmin(floor(place + reach), (double)(end - 1));
        double sum = 0, weights = 0;
        for (double at = low; at <= high; at++) {
            const double weight = 1 - fabs(at - place) / reach;
            sum += weight * (double)from.at[(size_t)at * from.stride];
            weights += weight;
        }
        to.at[i * to.stride] = (float)(sum / weights);
    }
}

bool plane_resample(const struct plane *from, struct frame frame, struct plane *to,
                    struct arena *arena) {
    struct plane between; /* as high as `from`, as wide as `to` */
    if (!plane_init(&between, from->rows, to->columns, arena))
        return false;
    for (size_t row = frame.top; row < frame.bottom; row++)
        resample_line((struct line){from->at + row * from->columns, from->columns, 1}, frame.left,
                      frame.right,
                      (struct line){between.at + row * between.columns, between.columns, 1});
    for (size_t column = 0; column < to->columns; column++)
        resample_line((struct line){between.at + column, between.rows, between.columns}, frame.top,
                      frame.bottom, (struct line){to->at + column, to->rows, to->columns});
    return true;
}

static float either(float a, float b, enum plane_filter filter) {
    return filter == PLANE_LEAST ? fminf(a, b) : filter == PLANE_MOST ? fmaxf(a, b) : a + b;
}

/* Whatever the reach, some operations a pixel: a window of `width` is the end of one block of
 * `width` pixels and the start of the next, and both are known for every place in a block (van
 * Herk, A fast algorithm for local minimum and maximum filters, 1992). The line goes on for `reach`
 * at both ends with pixels that change nothing. */
static void filter_line(struct line line, enum plane_filter filter, size_t reach, float *starts,
                        float *ends) {
    const size_t width = 2 * reach + 1, count = line.count + 2 * reach;
    const float none = filter == PLANE_LEAST ? INFINITY : filter == PLANE_MOST ? -INFINITY : 0;
    for (size_t i = 0; i < count; i++)
        starts[i] = ends[i] =
            i < reach || i - reach >= line.count ? none : line.at[(i - reach) * line.stride];
    for (size_t i = 1; i < count; i++)
        if (i % width != 0)
            starts[i] = either(starts[i - 1], starts[i], filter);
    for (size_t i = count - 1; i-- > 0;)
        if ((i + 1) % width != 0)
            ends[i] = either(ends[i], ends[i + 1], filter);
    for (size_t i = 0; i < line.count; i++) {
        const float value =
            i % width == 0 ? ends[i] : either(ends[i], starts[i + width - 1], filter);
        const size_t before = i < reach ? i : reach;
        const size_t after = line.count - 1 - i < reach ? line.count - 1 - i : reach;
        line.at[i * line.stride] =
            filter == PLANE_MEAN ? value / (float)(before + 1 + after) : value;
    }
}

bool plane_filter(struct plane *plane, enum plane_filter filter, size_t reach,
                  struct arena *arena) {
    const size_t room = plane_longest_side(plane) + 2 * reach;
    float *starts = ARENA_NEW(arena, float, room), *ends = ARENA_NEW(arena, float, room);
    if (!starts || !ends)
        return false;
    for (size_t row = 0; row < plane->rows; row++)
        filter_line((struct line){plane->at + row * plane->columns, plane->columns, 1}, filter,
                    reach, starts, ends);
    for (size_t column = 0; column < plane->columns; column++)
        filter_line((struct line){plane->at + column, plane->rows, plane->columns}, filter, reach,
                    starts, ends);
    return true;
}

struct frame plane_bounds(const struct plane *plane, float level) {
    struct frame frame = {plane->rows, plane->columns, 0, 0};
    for (size_t row = 0; row < plane->rows; row++)
        for (size_t column = 0; column < plane->columns; column++) {
            if (!(plane->at[row * plane->columns + column] > level))
                continue;
            frame.top = row < frame.top ? row : frame.top;
            frame.left = column < frame.left ? column : frame.left;
            frame.bottom = row + 1 > frame.bottom ? row + 1 : frame.bottom;
            frame.right = column + 1 > frame.right ? column + 1 : frame.right;
        }
    return frame;
}

/* A stroke of width w and length l has the area w l and two edges of length l. Edges are counted in
 * steps along rows and columns, which are 4 / pi times longer on the average over directions. */
double plane_stroke_width(const struct plane *plane, float level) {
    double area = 0, edge = 0;
    for (size_t row = 1; row < plane->rows; row++)
        for (size_t column = 1; column < plane->columns; column++) {
            const float *at = &plane->at[row * plane->columns + column];
            const bool here = *at > level;
            area += here;
            edge += (here != (at[-1] > level)) + (here != (at[-(ptrdiff_t)plane->columns] > level));
        }
    return edge > 0 ? 2 * area / (edge * 0.78539816339744831) : 0;
}
