/* The one file with png.h. */
#include "data/picture.h"

#include <png.h>

static enum status fail(const png_image *image, struct error *error) {
    return error_set(error, STATUS_INPUT,
                     "cannot be decoded (%.64s); the file is damaged or cut short, save or copy it "
                     "again",
                     image->message);
}

/* Whatever the file has (palette, 1 to 16 bits, colours, interlacing), as colours and alpha. */
static enum status read_pixels(png_image *image, struct raster *raster, struct error *error) {
    enum status status = raster_init(raster, image->height, image->width, error);
    if (status != STATUS_OK)
        return status;
    raster->grey = !(image->format & PNG_FORMAT_FLAG_COLOR);
    image->format = PNG_FORMAT_RGBA;
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    return png_image_finish_read(image, NULL, raster->at, 0, NULL) ? STATUS_OK : fail(image, error);
}

enum status png_decode(const uint8_t *bytes, size_t count, struct raster *raster,
                       struct error *error) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    enum status status = png_image_begin_read_from_memory(&image, bytes, count)
                             ? read_pixels(&image, raster, error)
                             : fail(&image, error);
    png_image_free(&image);
    return status;
}
