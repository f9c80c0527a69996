/* What an output of a network is held against in a data set. */
#ifndef SWEEP_SEARCH_OUTPUT_TARGET_H
#define SWEEP_SEARCH_OUTPUT_TARGET_H

#include "data/dataset.h"
#include "nn/named_output.h"
#include "search/hyperparameter.h"

#include <stdbool.h>
#include <stddef.h>

struct output_target {
    bool found;
    size_t place;   /* data/stream.h's */
    size_t classes; /* 0: it is numbers, */
    size_t width;   /* so many of an example */
};

/* The target of an output, NULL being the only one. A further array that has classes is taken for
 * its numbers by an output with as many units as these, unless it has as many classes, or it has
 * two and the loss is one of classes only: these one unit tells apart. */
struct output_target output_target(const struct dataset *dataset, const struct named_output *output,
                                   size_t units);

/* Whether one unit tells an output's two classes apart. */
bool output_is_binary(const struct named_output *output, const struct output_target *target,
                      size_t units);

/* Whether the target of the output that is that layer is there, and has the classes or numbers that
 * it has units for; else the text says what is wrong. */
bool output_fits(const struct hidden_layers *layers, size_t index, const struct dataset *dataset,
                 struct text *text);

#endif
