/* The group: up to LANES networks of one form, a vector lane each, from their first layers'
 * products on. A step of all takes little longer than one of a network by itself, and has the same
 * bits.
 *
 * Their first kernels stand in a panel, input by input, units x LANES columns each; all else is
 * the group's while they are in it. Seen by nn/ alone. */
#ifndef SWEEP_NN_GROUP_H
#define SWEEP_NN_GROUP_H

#include "base/multiversion.h"
#include "nn/network.h"

/* From so many networks on a group is faster than these by themselves. */
#define GROUP_LEAST 5

struct group {
    size_t count;
    struct network *networks[LANES]; /* of lane 0, 1, ...; the last ones may be empty */
    const struct network_spec *spec; /* of the first: what is equal of all */
    size_t rest;                     /* weights of a network but for the first kernel */
    float *parameters, *gradients, *slots[OPTIMIZER_SLOTS_MAX]; /* rest x LANES each */
    float *constants; /* OPTIMIZER_CONSTANTS_MAX x LANES */
    struct layer
        layers[NETWORK_LAYERS_MAX]; /* the first kernel's place and gradient: the panel's */
    const struct network_spec *specs[LANES];
    size_t rows; /* of the latest batch */
};

/* Whether a network of this specification may be in a group, and whether two may be in the same. */
bool group_takes(const struct network_spec *spec);
bool group_takes_both(const struct network_spec *a, const struct network_spec *b);

/* How many floats a group of networks of this specification needs. */
size_t group_floats(const struct network_spec *spec, size_t rows_max);

/* Make a group of `count` networks, at least one, in so many floats, which are set to 0; their
 * weights and slots are copied. */
void group_gather(struct group *group, struct network *const *networks, size_t count,
                  size_t rows_max, float *floats);

/* Give the networks back their weights and slots, but for the first kernels'. */
void group_scatter(const struct group *group);

/* The same of what a batch has left: the outputs, and for the step of the first kernels their
 * layers' deltas and the constants. */
void group_gather_batch(struct group *group, size_t rows);
void group_scatter_batch(const struct group *group);

/* As network_predict and network_loss, and network_train, of all; the sums of the losses of lane l
 * at [l], with how many rows have their largest output at the label. */
void group_predict(struct group *group, const struct targets *targets, size_t rows,
                   double sums[LANES], size_t hits[LANES]);
void group_train(struct group *group, const struct targets *targets, size_t rows, size_t epoch,
                 size_t first_row, double sums[LANES], size_t hits[LANES]);

/* Put a lane's outputs for the latest batch where network_outputs says. */
void group_give_outputs(const struct group *group, size_t lane);

/* As network_penalty, of all; the squares of the first kernels are given part by part: that of
 * lane l at first_kernels[part][l]. */
void group_penalties(const struct group *group, double first_kernels[8][LANES],
                     double penalties[LANES]);

#endif
