/* What training costs on this machine, told from short trials on the sweep's own images, and
 * remembered in a calibration. */
#ifndef SWEEP_TRAIN_COST_H
#define SWEEP_TRAIN_COST_H

#include "base/arena.h"
#include "base/status.h"
#include "data/dataset.h"
#include "train/calibration.h"
#include "train/cohort.h"

struct cost_kind;

/* Seconds that one image costs. */
struct image_cost {
    double train, evaluate;
};

/* The batches of streams with one augmentation. */
struct decoding_cost {
    const struct components *augmentation; /* NULL: none */
    struct image_cost image;               /* of one image of a batch, shared by a cohort */
};

#define COST_DECODINGS_MAX 64

/* What a run costs beside others of its kind, the making of batches aside. */
struct run_cost {
    double seconds; /* an epoch: training, validation, and its share of the tests */
    size_t bytes;   /* that every step passes over */
};

struct costs {
    struct arena arena;   /* the kinds */
    struct arena scratch; /* a trial's */
    const struct dataset *dataset;
    const struct metric *const *metrics; /* that runs are measured by */
    size_t metric_count;
    double *sums[METRICS_MAX]; /* scratch: theirs */
    struct calibration *calibration;
    double density; /* the share of pixels that are not zero */
    size_t decoding_count;
    struct decoding_cost decodings[COST_DECODINGS_MAX]; /* the first is of none */
    size_t kind_count;
    struct cost_kind *kinds;
    struct costs *next; /* on the data set that comes next, or NULL */
};

/* The calibration may be NULL: all is measured. What is given must outlive the costs, which are to
 * be released also after an error. */
enum status cost_init(struct costs *costs, const struct dataset *dataset,
                      const struct metric *const *measured, size_t measured_count,
                      struct calibration *calibration, struct error *error);
void cost_release(struct costs *costs);

/* The cost of a network trained with batches of `rows`, changed by an augmentation, or NULL, among
 * others of its kind, beside the decoding. A network that is too large to be tried is estimated.
 * `spec` and `augmentation` must outlive the costs. */
enum status cost_of_network(struct costs *costs, const struct network_spec *spec, size_t rows,
                            const struct components *augmentation, struct image_cost *cost,
                            struct error *error);

/* The same of a run on a stream. */
enum status cost_of_run(struct costs *costs, const struct stream_spec *stream,
                        const struct run *run, struct run_cost *cost, struct error *error);

/* Seconds for making the batches of a stream's epoch, whatever the runs are; of one whose runs'
 * cost was asked for, its augmentation included. */
double cost_of_batches(struct costs *costs, const struct stream_spec *stream);

/* How many times longer a slice's runs take side by side than they were told to beside their own
 * kinds: they fill the panel and the caches differently. *tried is false when they are too large to
 * be tried. */
enum status cost_correction(struct costs *costs, const struct cohort *slice, double *factor,
                            bool *tried, struct error *error);

#endif
