#include "data/plane.h"

#include <math.h>

bool plane_init(struct plane *plane, size_t rows, size_t columns, struct arena *arena) {
    size_t count;
    *plane = (struct plane){rows, columns, NULL};
    if (!__builtin_mul_overflow(rows, columns, &count))
        plane->at = ARENA_NEW(arena, float, count);
    return plane->at != NULL;
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
 * the place that it has there; the triangle is as wide as the pixel, or as one of `from`. */
static void resample_line(struct line from, size_t first, size_t end, struct line to) {
    const double scale = (double)(end - first) / (double)to.count;
    const double reach = scale > 1 ? scale : 1;
    for (size_t i = 0; i < to.count; i++) {
        const double place = (double)first + ((double)i + 0.5) * scale - 0.5;
        const double low = ceil(place - reach), high = floor(place + reach);
        double sum = 0, weights = 0;
        for (double at = low; at <= high; at++) {
            const double weight = 1 - fabs(at - place) / reach;
            /* Beyond the edge it goes on as at the edge. */
            const double held = fmin(fmax(at, (double)first), (double)(end - 1));
            sum += weight * (double)from.at[(size_t)held * from.stride];
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

static void filter_line(const float *from, struct line to, enum plane_filter filter, size_t reach) {
    for (size_t i = 0; i < to.count; i++) {
        const size_t first = i > reach ? i - reach : 0;
        const size_t last = to.count - 1 - i > reach ? i + reach : to.count - 1;
        float value = from[first];
        for (size_t at = first + 1; at <= last; at++)
            value = filter == PLANE_LEAST  ? fminf(value, from[at])
                    : filter == PLANE_MOST ? fmaxf(value, from[at])
                                           : value + from[at];
        to.at[i * to.stride] = filter == PLANE_MEAN ? value / (float)(last - first + 1) : value;
    }
}

static void filter_lines(struct line line, enum plane_filter filter, size_t reach, float *scratch) {
    for (size_t i = 0; i < line.count; i++)
        scratch[i] = line.at[i * line.stride];
    filter_line(scratch, line, filter, reach);
}

bool plane_filter(struct plane *plane, enum plane_filter filter, size_t reach,
                  struct arena *arena) {
    const size_t longest = plane->rows > plane->columns ? plane->rows : plane->columns;
    float *scratch = ARENA_NEW(arena, float, longest);
    if (!scratch)
        return false;
    for (size_t row = 0; row < plane->rows; row++)
        filter_lines((struct line){plane->at + row * plane->columns, plane->columns, 1}, filter,
                     reach, scratch);
    for (size_t column = 0; column < plane->columns; column++)
        filter_lines((struct line){plane->at + column, plane->rows, plane->columns}, filter, reach,
                     scratch);
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
