#include "data/picture.h"
#include "data/plane.h"

#include <math.h>

/* A channel of a pixel; of one channel alone it is the luminance. */
static uint8_t level(const uint8_t *colour, size_t channels, size_t channel) {
    return channels == 1 ? (uint8_t)raster_luminance(colour) : colour[channel];
}

static void copy_pixels(const struct raster *raster, size_t channels, uint8_t *to) {
    for (size_t i = 0; i < raster->rows * raster->columns; i++)
        for (size_t channel = 0; channel < channels; channel++)
            *to++ = level(raster->at[i], channels, channel);
}

bool raster_fit(const struct raster *raster, size_t rows, size_t columns, size_t channels,
                uint8_t *to, struct arena *arena) {
    struct plane from, made;
    if (raster->rows == rows && raster->columns == columns) {
        copy_pixels(raster, channels, to);
        return true;
    }
    if (!plane_init(&from, raster->rows, raster->columns, arena) ||
        !plane_init(&made, rows, columns, arena))
        return false;
    for (size_t channel = 0; channel < channels; channel++) {
        for (size_t i = 0; i < raster->rows * raster->columns; i++)
            from.at[i] = level(raster->at[i], channels, channel);
        if (!plane_resample(&from, plane_frame(&from), &made, arena))
            return false;
        for (size_t i = 0; i < rows * columns; i++)
            to[i * channels + channel] = (uint8_t)lrintf(made.at[i]);
    }
    return true;
}
