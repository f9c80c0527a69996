/* Pictures from files: PNG and PGM, as grey levels. */
#ifndef SWEEP_DATA_PICTURE_H
#define SWEEP_DATA_PICTURE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* What a picture may have: more than the camera of a telephone, and less than what memory has. */
#define PICTURE_PIXELS_MAX ((size_t)1 << 26)

struct picture {
    size_t rows, columns;
    uint8_t *grey; /* rows x columns, 255 is white; owned */
};

/* Read a PNG or PGM file, which its first bytes tell apart whatever its name is. Colours become
 * their luminance, or, where that hardly differs, the red, green or blue in which they differ; what
 * is transparent becomes paper, white under dark strokes and black under light ones. STATUS_INPUT
 * for what is neither, damaged, cut short or too large; nothing is left to release then. */
enum status picture_read(const char *path, struct picture *picture, struct error *error);

void picture_release(struct picture *picture);

/* The formats, from a file's bytes. Errors have no place. */
enum status png_decode(const uint8_t *bytes, size_t count, struct picture *picture,
                       struct error *error);
enum status pgm_decode(const uint8_t *bytes, size_t count, struct picture *picture,
                       struct error *error);

/* Room for the pixels; STATUS_INPUT for a picture without any, or with more than are allowed. */
enum status picture_init(struct picture *picture, size_t rows, size_t columns, struct error *error);

#endif
