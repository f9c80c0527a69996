/* From the photograph or drawing of a digit to an image like MNIST's.
 *
 * "The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
 * pixel box while preserving their aspect ratio. The resulting images contain grey levels as a
 * result of the anti-aliasing technique used by the normalization algorithm. the images were
 * centered in a 28x28 image by computing the center of mass of the pixels, and translating the
 * image so as to position this point at the center of the 28x28 field."
 * (Y. LeCun, C. Cortes, C. Burges: The MNIST database, http://yann.lecun.com/exdb/mnist/) */
#ifndef SWEEP_DATA_PHOTO_H
#define SWEEP_DATA_PHOTO_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far after the middle of a 28 x 28 image the digits' centre of mass is, in pixels: MNIST has
 * it at the pixel 14, counted from 0; the built-in digits have it in the middle, 13.5. Networks
 * notice. */
#define PHOTO_MNIST_CENTRE 0.5
#define PHOTO_DIGITS_CENTRE 0.0

/* What of a picture is not as it is of one digit. */
struct photo_checks {
    bool several; /* more than one thing, all of which are taken for parts of a digit */
    bool solid;   /* more ink than any digit of MNIST has */
};

/* From columns x rows grey levels, 255 white, to out_rows x out_columns with bright ink on 0.
 *
 * Ink is what stands out as a minority: dark on light or light on dark. Its surroundings are taken
 * off, so that a shadow over the paper does not matter, and what is fainter than ink or only a
 * speck is left out. The box is 20/28 of the output's shorter side, and strokes that would be
 * thinner in it than a pen's are widened. `centre` is one of the above. STATUS_INPUT where there is
 * no ink to be seen. Scratch memory comes from the arena. */
enum status photo_normalise(const uint8_t *grey, size_t rows, size_t columns, size_t out_rows,
                            size_t out_columns, double centre, struct arena *arena, uint8_t *pixels,
                            struct photo_checks *checks, struct error *error);

/* Whether a picture of the images' size is such an image already: something on a border of 0. */
bool photo_is_normalised(const uint8_t *grey, size_t rows, size_t columns);

/* Whether a data set's images are, nine of ten at least, and have their centre of mass in the
 * middle. Looks at the first 1,000 of `count`. */
bool photo_are_normalised(const uint8_t *pixels, size_t count, size_t rows, size_t columns);

#endif
