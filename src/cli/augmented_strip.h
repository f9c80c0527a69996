/* What an augmentation makes of an image in some epochs, side by side as one picture in grey. */
#ifndef SWEEP_CLI_AUGMENTED_STRIP_H
#define SWEEP_CLI_AUGMENTED_STRIP_H

#include "base/arena.h"
#include "base/status.h"
#include "data/dataset.h"

#include <stddef.h>
#include <stdint.h>

struct augmented_strip {
    const char *augmentation; /* a list as a config has it, whose brackets may be left out */
    uint32_t image;           /* its number among the training images */
    size_t first_epoch, epochs;
    uint64_t seed;
    struct arena arena; /* which the caller begins and releases; of what follows */
    size_t columns;     /* of the strip */
    uint8_t *pixels;    /* dataset->rows x columns: the image, then the epochs' */
    uint8_t *picture;   /* of the last of the epochs, in grey, dataset->rows x dataset->columns */
};

/* Draw the strip of a training image, as example_draw does. Errors as of parameters_read_value;
 * STATUS_USAGE where the images can't be changed like that. */
enum status augmented_strip_fill(struct augmented_strip *strip, const struct dataset *dataset,
                                 struct error *error);

#endif
