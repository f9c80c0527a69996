/* The stepper: a stream's batches through an ensemble, one after the other. What training, timing
 * and the bench have in common. */
#ifndef SWEEP_TRAIN_STEPPER_H
#define SWEEP_TRAIN_STEPPER_H

#include "base/arena.h"
#include "base/status.h"
#include "data/stream.h"
#include "nn/ensemble.h"
#include "nn/metric.h"

struct stepper {
    struct stream_spec stream_spec; /* with the arrays that its networks read */
    struct stream stream;
    struct sparse x; /* the batch at hand */
    uint8_t *labels;
    float *values;                              /* where targets are numbers, not labels */
    struct targets targets[STREAM_TARGETS_MAX]; /* these, and the others that outputs have; where */
    void *rooms[STREAM_TARGETS_MAX];            /* these are written; NULL: it is not asked for */
    size_t epoch, first;                        /* its place */
    struct ensemble *ensemble;
    struct ensemble_result *results; /* what each network made of it */
    const struct network_spec **specs;
};

/* Networks, or none, on batches of up to rows_max rows; the specifications and the stream's must
 * outlive the stepper. Memory as that of ensemble_init. */
enum status stepper_init(struct stepper *stepper, const struct stream_spec *stream,
                         const struct network_spec *const *specs, size_t count, size_t rows_max,
                         struct arena *arena, struct error *error);

/* Begin an epoch, counted from 1: shuffle. */
void stepper_begin_epoch(struct stepper *stepper, size_t epoch);

/* Make the batch of `rows` images that starts at `first`, as stream_batch; train or predict on it.
 */
void stepper_batch(struct stepper *stepper, enum stream_part part, size_t first, size_t rows);
void stepper_train(struct stepper *stepper);
void stepper_predict(struct stepper *stepper);

/* The output that a metric is of, or SIZE_MAX: the network has none of that name, or it is of
 * classes and that predicts numbers, or the other way round. */
size_t stepper_output(const struct network_spec *spec, const struct metric *metric);

/* The most classes that an output has. */
size_t stepper_classes(const struct network_spec *spec);

/* A metric of a network's outputs after so many rows; NaN: it is of none of them. */
double stepper_result(const struct network_spec *spec, const struct metric *metric,
                      const double *sums, size_t rows);

/* Add what a network made of the batch to the sums of each metric, those of outputs that it has. */
void stepper_add_metrics(struct stepper *stepper, size_t network,
                         const struct metric *const *measured, size_t count, double *const *sums);

/* All of a data set's training images in batches of `rows`, divided as is usual for them. */
static inline struct stream_spec stepper_plain_stream(const struct dataset *data, size_t rows) {
    return (struct stream_spec){.data = data,
                                .train_count = data->train.count,
                                .batch_size = rows,
                                .train_image_divisor = dataset_divisor(data),
                                .test_image_divisor = dataset_divisor(data),
                                .train_label_divisor = 1};
}

#endif
