/* What is asked of an output of a network, where that has several: a layer of the kind Output has
 * one of these beside its arguments. */
#ifndef SWEEP_NN_NAMED_OUTPUT_H
#define SWEEP_NN_NAMED_OUTPUT_H

#include "base/status.h"
#include "nn/loss.h"
#include "nn/metric.h"

#define OUTPUTS_MAX 8
#define OUTPUT_NAME_MAX 24
#define OUTPUT_METRICS_MAX 8
#define OUTPUT_CLASSES_MAX 256

struct named_output {
    char name[OUTPUT_NAME_MAX];
    const struct loss *loss;
    /* Beside loss and accuracy. */
    size_t metric_count;
    const struct metric *metrics[OUTPUT_METRICS_MAX];
    struct origin metric_origins[OUTPUT_METRICS_MAX];
    /* What it is held against: the data set's target of that name, NULL: its first one; or, with
     * `mapped`, of a class of that the class that stands at its place in the map. */
    const char *target;
    size_t mapped;
    uint8_t map[OUTPUT_CLASSES_MAX];
};

/* Whether they ask for the same. */
bool named_output_equal(const struct named_output *a, const struct named_output *b);

/* The classes of its target, of which the data set has so many. */
size_t named_output_classes(const struct named_output *output, size_t classes);

#endif
