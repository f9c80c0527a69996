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

/* What lies under the transparent parts: white, unless that is what the strokes are. */
static uint8_t paper(const uint8_t *pairs, size_t pixels, bool *opaque) {
    uint64_t sum = 0, weight = 0;
    for (size_t i = 0; i < pixels; i++) {
        sum += (uint64_t)pairs[2 * i] * pairs[2 * i + 1];
        weight += pairs[2 * i + 1];
    }
    *opaque = weight == 255 * (uint64_t)pixels;
    return weight > 0 && sum / weight > 127 ? 0 : 255;
}

static void flatten(const uint8_t *pairs, struct picture *picture) {
    const size_t pixels = picture->rows * picture->columns;
    bool opaque;
    const unsigned under = paper(pairs, pixels, &opaque);
    for (size_t i = 0; i < pixels; i++) {
        const unsigned grey = pairs[2 * i], alpha = opaque ? 255 : pairs[2 * i + 1];
        picture->grey[i] = (uint8_t)((grey * alpha + under * (255 - alpha) + 127) / 255);
    }
}

/* Whatever the file has (palette, 1 to 16 bits, colours, interlacing), as pairs of grey and alpha.
 */
static enum status read_pairs(png_image *image, struct picture *picture, struct error *error) {
    enum status status = picture_init(picture, image->height, image->width, error);
    if (status != STATUS_OK)
        return status;
    image->format = PNG_FORMAT_GA;
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    uint8_t *pairs = malloc(PNG_IMAGE_SIZE(*image));
    if (!pairs)
        return error_memory(error);
    if (png_image_finish_read(image, NULL, pairs, 0, NULL))
        flatten(pairs, picture);
    else
        status = fail(image, error);
    free(pairs);
    return status;
}

enum status png_decode(const uint8_t *bytes, size_t count, struct picture *picture,
                       struct error *error) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    enum status status = png_image_begin_read_from_memory(&image, bytes, count)
                             ? read_pairs(&image, picture, error)
                             : fail(&image, error);
    png_image_free(&image);
    if (status != STATUS_OK)
        picture_release(picture);
    return status;
}
