#include "data/picture.h"

#include <stdlib.h>

typedef uint8_t pixel[4];

/* What of a colour becomes grey. */
enum view { LUMINANCE, RED, GREEN, BLUE, VIEW_COUNT };

static unsigned grey_of(const uint8_t *colour, enum view view) {
    return view == LUMINANCE ? raster_luminance(colour) : colour[view - RED];
}

static unsigned over(const uint8_t *colour, enum view view, unsigned under) {
    return (grey_of(colour, view) * colour[3] + under * (255U - colour[3]) + 127) / 255;
}

/* What lies under the transparent parts: white, unless that is what the strokes are. */
static unsigned paper(const pixel *pixels, size_t count) {
    uint64_t sum = 0, weight = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (uint64_t)grey_of(pixels[i], LUMINANCE) * pixels[i][3];
        weight += pixels[i][3];
    }
    return weight < 255 * (uint64_t)count && weight > 0 && sum / weight > 127 ? 0 : 255;
}

static double variance(const pixel *pixels, size_t count, enum view view, unsigned under) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        const double grey = over(pixels[i], view, under);
        sum += grey;
        squares += grey * grey;
    }
    return squares / (double)count - sum / (double)count * (sum / (double)count);
}

/* Yellow on white, and red on a green as light, hardly differ in luminance: then it is the primary
 * colour in which they differ most, by twice the variance at least. */
static enum view choose_view(const pixel *pixels, size_t count, unsigned under) {
    enum view best = LUMINANCE;
    double most = 2 * variance(pixels, count, LUMINANCE, under);
    for (enum view view = RED; view < VIEW_COUNT; view++) {
        const double found = variance(pixels, count, view, under);
        if (found > most) {
            most = found;
            best = view;
        }
    }
    return best;
}

static void flatten(const struct raster *raster, struct picture *picture) {
    const pixel *pixels = (const pixel *)raster->at;
    const size_t count = raster->rows * raster->columns;
    const unsigned under = paper(pixels, count);
    const enum view view = raster->grey ? LUMINANCE : choose_view(pixels, count, under);
    for (size_t i = 0; i < count; i++)
        picture->grey[i] = (uint8_t)over(pixels[i], view, under);
}

enum status picture_read(const char *path, struct picture *picture, struct error *error) {
    struct raster raster;
    *picture = (struct picture){0};
    const enum status status = raster_read(path, &raster, error);
    if (status != STATUS_OK)
        return status;
    *picture = (struct picture){raster.rows, raster.columns, malloc(raster.rows * raster.columns)};
    if (picture->grey)
        flatten(&raster, picture);
    raster_release(&raster);
    return picture->grey ? STATUS_OK : error_memory(error);
}

void picture_release(struct picture *picture) {
    free(picture->grey);
    *picture = (struct picture){0};
}
