/* An array of the data set that a network reads: what a layer of the kind Input has beside its
 * arguments. */
#ifndef SWEEP_NN_NAMED_INPUT_H
#define SWEEP_NN_NAMED_INPUT_H

#include "nn/shape.h"

/* The name by which the data set's first input is called. */
#define INPUT_IMAGE "image"

/* The lists of layers that are copied from one another share it. */
struct named_input {
    const char *name;   /* INPUT_IMAGE, or that of a further array */
    struct shape shape; /* of one example; rank 0 until the data set is known */
};

#endif
