/* What training costs on this machine, told from short trials of each kind of network on the sweep's
 * own images. */
#ifndef SWEEP_SWEEP_COST_H
#define SWEEP_SWEEP_COST_H

#include "base/arena.h"
#include "base/status.h"
#include "data/dataset.h"
#include "math/sparse.h"
#include "nn/network.h"

struct cost_kind;

struct costs {
    struct arena arena;       /* the images' index, for as long as the costs */
    struct arena scratch;     /* a trial's */
    const struct dataset *dataset;
    struct sparse_images index; /* of the training images */
    double decode_seconds;    /* to decode one image of a batch, shared by a cohort */
    size_t kind_count;
    struct cost_kind *kinds;
};

/* Seconds that one image costs a member of a cohort, beside the decoding. */
struct image_cost {
    double train, evaluate;
};

enum status cost_init(struct costs *costs, const struct dataset *dataset, struct error *error);
void cost_release(struct costs *costs);

/* The cost of a network trained with batches of `rows`. A network that is too large to be tried is
 * estimated. `spec` must outlive the costs. */
enum status cost_of_image(struct costs *costs, const struct network_spec *spec, size_t rows,
                          struct image_cost *cost, struct error *error);

#endif
