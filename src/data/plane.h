/* Planes of real numbers: images to calculate with. */
#ifndef SWEEP_DATA_PLANE_H
#define SWEEP_DATA_PLANE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct plane {
    size_t rows, columns;
    float *at; /* rows x columns, row by row; lives in an arena */
};

/* A rectangle: rows from top to below bottom, columns from left to before right. */
struct frame {
    size_t top, left, bottom, right;
};

/* All zeros; false when out of memory. */
bool plane_init(struct plane *plane, size_t rows, size_t columns, struct arena *arena);

/* The part of a plane within a frame, made to fit another plane's size: linear interpolation where
 * that is larger, the weighted mean of what a pixel covers where it is smaller. */
bool plane_resample(const struct plane *from, struct frame frame, struct plane *to,
                    struct arena *arena);

/* Each pixel becomes the least (or the most, or the mean) of those up to `reach` rows and columns
 * away. */
enum plane_filter { PLANE_LEAST, PLANE_MOST, PLANE_MEAN };
bool plane_filter(struct plane *plane, enum plane_filter filter, size_t reach, struct arena *arena);

size_t plane_longest_side(const struct plane *plane);

/* Everything. */
struct frame plane_frame(const struct plane *plane);

/* The smallest frame with all pixels above `level`; an empty one where there are none. */
struct frame plane_bounds(const struct plane *plane, float level);

/* How wide the strokes are whose pixels are above `level`, in pixels on the average; 0 where there
 * are none. */
double plane_stroke_width(const struct plane *plane, float level);

#endif
