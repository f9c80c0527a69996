/* Pictures from files: PNG, JPEG and PGM. */
#ifndef SWEEP_DATA_PICTURE_H
#define SWEEP_DATA_PICTURE_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a picture may have: more than the camera of a telephone, and less than what memory has. */
#define PICTURE_PIXELS_MAX ((size_t)1 << 26)

/* A file's pixels, in colour. */
struct raster {
    size_t rows, columns;
    bool grey;        /* all of them are */
    uint8_t (*at)[4]; /* rows x columns of red, green, blue and alpha; owned */
};

/* Read a PNG, JPEG or PGM file, which its first bytes tell apart whatever its name is. A JPEG file
 * is turned upright where its Exif data say how. STATUS_INPUT for what is none of these, damaged,
 * cut short or too large; nothing is left to release then. */
enum status raster_read(const char *path, struct raster *raster, struct error *error);

void raster_release(struct raster *raster);

/* The luminance of a colour, Rec. 601. */
static inline unsigned raster_luminance(const uint8_t *colour) {
    return (299U * colour[0] + 587U * colour[1] + 114U * colour[2] + 500) / 1000;
}

#define RASTER_CHANNELS 3 /* of a picture in colour */

/* Make it rows x columns pixels of one channel, the luminance, or three: to[rows x columns x
 * channels]. Of another size each channel is resampled, by linear interpolation or the weighted
 * mean of what a pixel covers. False when out of memory. */
bool raster_fit(const struct raster *raster, size_t rows, size_t columns, size_t channels,
                uint8_t *to, struct arena *arena);

/* The formats, from a file's bytes. Errors have no place, and leave a raster to be released. */
enum status png_decode(const uint8_t *bytes, size_t count, struct raster *raster,
                       struct error *error);
enum status jpeg_decode(const uint8_t *bytes, size_t count, struct raster *raster,
                        struct error *error);
enum status pgm_decode(const uint8_t *bytes, size_t count, struct raster *raster,
                       struct error *error);

/* Room for the pixels; STATUS_INPUT for a picture without any, or with more than are allowed. */
enum status raster_init(struct raster *raster, size_t rows, size_t columns, struct error *error);

/* A picture as grey levels, in which strokes stand out. */
struct picture {
    size_t rows, columns;
    uint8_t *grey; /* rows x columns, 255 is white; owned */
};

/* Read a file as raster_read does. Colours become their luminance, or, where that hardly differs,
 * the red, green or blue in which they differ; what is transparent becomes paper, white under dark
 * strokes and black under light ones. */
enum status picture_read(const char *path, struct picture *picture, struct error *error);

void picture_release(struct picture *picture);

#endif
