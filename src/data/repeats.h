/* Images that occur more than once, pixel for pixel. */
#ifndef SWEEP_DATA_REPEATS_H
#define SWEEP_DATA_REPEATS_H

#include "base/status.h"
#include "data/check.h"

#include <stddef.h>

struct repeats {
    size_t test;                  /* test images that equal a training image */
    size_t test_example[2];       /* the first such test image, and the training image */
    size_t validation;            /* the same for validation images */
    size_t validation_example[2]; /* numbers in data->train */
    size_t equal;                 /* training images that equal an earlier one */
    size_t contradictions;        /* training images that equal an earlier one, other label */
    size_t contradicting[2];      /* the first such pair, in the order of their numbers */
};

/* Compare all images in use with the training images in use, in time that grows with their
 * number. Labels are those after the view's map. The view has been checked. */
enum status repeats_find(const struct data_view *view, struct repeats *repeats,
                         struct error *error);

#endif
