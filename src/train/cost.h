/* What training costs on this machine, told from short trials on the sweep's own images, and
 * remembered in a calibration. */
#ifndef SWEEP_TRAIN_COST_H
#define SWEEP_TRAIN_COST_H

#include "base/arena.h"
#include "base/status.h"
#include "data/dataset.h"
#include "math/sparse.h"
#include "nn/spec.h"
#include "train/calibration.h"

struct cost_kind;

/* Seconds that one image costs. */
struct image_cost {
    double train, evaluate;
};

struct costs {
    struct arena arena;   /* the images' index, for as long as the costs */
    struct arena scratch; /* a trial's */
    const struct dataset *dataset;
    struct calibration *calibration;
    struct sparse_images index; /* of the training images */
    double density;             /* the share of pixels that are not zero */
    struct image_cost decoding; /* of one image of a batch, shared by a cohort */
    size_t kind_count;
    struct cost_kind *kinds;
};

/* The calibration may be NULL: all is measured. It must outlive the costs. */
enum status cost_init(struct costs *costs, const struct dataset *dataset,
                      struct calibration *calibration, struct error *error);
void cost_release(struct costs *costs);

/* The cost of a network trained with batches of `rows` among others of its kind, beside the
 * decoding. A network that is too large to be tried is estimated. `spec` must outlive the costs. */
enum status cost_of_network(struct costs *costs, const struct network_spec *spec, size_t rows,
                            struct image_cost *cost, struct error *error);

/* The cost of training just these side by side, all together and the decoding as well; *tried is
 * false when they are too large to be tried. */
enum status cost_of_networks(struct costs *costs, const struct network_spec *const *specs,
                             size_t count, size_t rows, struct image_cost *cost, bool *tried,
                             struct error *error);

#endif
