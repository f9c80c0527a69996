/* The one file with png.h. */
#include "data/picture.h"

#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static enum status fail(const png_image *image, struct error *error) {
    return error_set(error, STATUS_INPUT,
                     "cannot be decoded (%.64s); the file is damaged or cut short, save or copy it "
                     "again",
                     image->message);
}

/* A pixel as it is in memory: red, green, blue and alpha. */
typedef uint8_t pixel[4];

/* What of a colour becomes grey. */
enum view { LUMINANCE, RED, GREEN, BLUE, VIEW_COUNT };

static unsigned grey_of(const uint8_t *colour, enum view view) {
    return view == LUMINANCE ? (299U * colour[0] + 587U * colour[1] + 114U * colour[2] + 500) / 1000
                             : colour[view - RED];
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

static void flatten(const pixel *pixels, bool colours, struct picture *picture) {
    const size_t count = picture->rows * picture->columns;
    const unsigned under = paper(pixels, count);
    const enum view view = colours ? choose_view(pixels, count, under) : LUMINANCE;
    for (size_t i = 0; i < count; i++)
        picture->grey[i] = (uint8_t)over(pixels[i], view, under);
}

/* Whatever the file has (palette, 1 to 16 bits, colours, interlacing), as colours and alpha. */
static enum status read_pixels(png_image *image, struct picture *picture, struct error *error) {
    enum status status = picture_init(picture, image->height, image->width, error);
    if (status != STATUS_OK)
        return status;
    const bool colours = image->format & PNG_FORMAT_FLAG_COLOR;
    image->format = PNG_FORMAT_RGBA;
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    pixel *pixels = malloc(PNG_IMAGE_SIZE(*image));
    if (!pixels)
        return error_memory(error);
    if (png_image_finish_read(image, NULL, pixels, 0, NULL))
        flatten((const pixel *)pixels, colours, picture);
    else
        status = fail(image, error);
    free(pixels);
    return status;
}

enum status png_decode(const uint8_t *bytes, size_t count, struct picture *picture,
                       struct error *error) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    enum status status = png_image_begin_read_from_memory(&image, bytes, count)
                             ? read_pixels(&image, picture, error)
                             : fail(&image, error);
    png_image_free(&image);
    if (status != STATUS_OK)
        picture_release(picture);
    return status;
}
