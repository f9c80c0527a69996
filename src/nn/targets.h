/* What the rows of a batch ought to give: of one output of a network. */
#ifndef SWEEP_NN_TARGETS_H
#define SWEEP_NN_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct targets {
    const uint8_t *labels; /* a class of each row, or NULL: */
    const float *values;   /* rows x width */
    size_t width;          /* classes, or numbers of a row */
};

/* The targets from a row on. */
static inline struct targets targets_from(struct targets targets, size_t row) {
    if (targets.labels)
        targets.labels += row;
    if (targets.values)
        targets.values += row * targets.width;
    return targets;
}

/* Whether one unit tells two classes apart: it is to be 1 where the label is 1, else 0. */
static inline bool targets_are_binary(struct targets targets, size_t units) {
    return units == 1 && targets.width == 2 && targets.labels;
}

/* The unit that is to be 1, of classes: none of them where it is no smaller than `units`. */
static inline uint8_t targets_unit(struct targets targets, size_t row, size_t units) {
    const uint8_t label = targets.labels[row];
    return targets_are_binary(targets, units) ? (uint8_t)(label == 0) : label;
}

/* Classes by their labels. */
static inline struct targets targets_of_labels(const uint8_t *labels, size_t classes) {
    return (struct targets){.labels = labels, .width = classes};
}

#endif
