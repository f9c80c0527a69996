/* The panel: the first layers of several networks side by side, stepped together.
 *
 * All networks are fed the same batch, so that one pass over its non-zero inputs serves every
 * column. Columns of networks with the same optimizer arithmetic stand together, in blocks of up to
 * WIDE_COLUMNS; a network's columns may reach over several blocks. What a column holds after a step
 * does not depend on its place: a network trained in a panel has the bits of one trained alone.
 *
 * Networks of one form are a group (group.h): a block then has LANES columns for each unit, and its
 * products are where the group goes on from.
 *
 * Inputs that are 0 are skipped, but not for a network of which a weight or a delta is infinite or
 * NaN, whose product with 0 is NaN: such networks stand in blocks of their own, which are taken
 * with the zeros. */
#ifndef SWEEP_NN_PANEL_H
#define SWEEP_NN_PANEL_H

#include "base/arena.h"
#include "math/sparse.h"
#include "nn/group.h"

struct panel {
    size_t inputs;
    size_t rows_max;
    size_t network_count, block_count, span_count, group_count;
    struct group *groups;
    struct panel_block *blocks;
    struct panel_span *spans; /* by blocks */
    float *floats;            /* weights, slots and constants of all blocks */
    float *values;            /* rows_max x WIDE_COLUMNS: a block's products or deltas */
    float *gradients;         /* a tile's, or all of a narrow panel */
    struct network **order;   /* networks, those with the same arithmetic together */
};

/* Point the panel to room for the first layers of up to these networks, which need no weights yet;
 * the arena tells whether it had that. */
void panel_lay_out(struct panel *panel, const struct network_spec *const *specs, size_t count,
                   size_t rows_max, struct arena *arena);

/* Take over the first kernels of these networks, and their optimizer slots, from the networks'
 * arrays; what the panel held before is forgotten. At most the networks it was made for. */
void panel_load(struct panel *panel, struct network *const *networks, size_t count);

/* Give back all first kernels and their slots. */
void panel_store(const struct panel *panel);

/* layers[0].z = x times the first kernel, for every network or its group. */
void panel_forward(struct panel *panel, struct sparse *x);

/* Step every first kernel, from layers[0].delta and the constants of the network or its group. */
void panel_step(struct panel *panel, struct sparse *x);

/* The squares of a network's first kernel, as the network's own; for one that is in no group. */
struct squares panel_squares(const struct panel *panel, const struct network *network);

/* Those of a group's networks, part by part, see group_penalties. */
void panel_group_squares(const struct panel *panel, const struct group *group,
                         double squares[8][LANES]);

#endif
