/* The stream: the order in which mini-batches arrive, and the batches themselves.
 *
 * A batch is made from the examples when it is asked for: their non-zero numbers, divided, and the
 * labels, mapped, or the targets' numbers. Training images may be changed before, those of
 * validation and test never are. Epoch e of a stream is a function of (data set, slice, batch size,
 * augmentation and its strength, seed, e) alone. */
#ifndef SWEEP_DATA_STREAM_H
#define SWEEP_DATA_STREAM_H

#include "base/arena.h"
#include "base/status.h"
#include "data/augmentation.h"
#include "data/dataset.h"
#include "data/normalization.h"
#include "math/sparse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_spec {
    const struct dataset *data;
    size_t train_count;                        /* training images used, from the first */
    size_t validation_begin, validation_count; /* held out, among the training images */
    size_t batch_size;
    double train_image_divisor, test_image_divisor, train_label_divisor;
    uint64_t seed;                         /* of the shuffle, and of the augmentation */
    const struct components *augmentation; /* of training images; NULL or empty: none */
    /* Of the augmentation's strength, for who begins the epochs; NULL: it is always 1. */
    const struct component *augmentation_schedule;
    size_t epochs; /* of the training, where the schedule depends on them */
    /* The data set's arrays whose numbers come after the image's in a row: their places. */
    size_t array_count;
    uint8_t arrays[DATASET_ARRAYS_MAX];
};

/* How many numbers a row of a batch is. */
size_t stream_width(const struct stream_spec *spec);

/* `into` may be `values` itself. */
void stream_divide_values(const float *values, size_t count, double divisor, float *into);

/* Numbers of images as networks read them: `values` over the divisor, or where that is NULL bytes,
 * by what `scale` has for each. */
void stream_scale_images(const uint8_t *pixels, const float *values, size_t count,
                         const float scale[256], double divisor, float *into);

/* The numbers of an array for an example of the test part or the training part, as the file has
 * them. */
void stream_copy_array(const struct dataset_array *array, bool test, size_t example, float *into);

/* What outputs may be held against: 0 is the data set's first target; then come of each further
 * array its classes, if it has any, and its numbers. */
#define STREAM_TARGETS_MAX (1 + 2 * DATASET_ARRAYS_MAX)
static inline size_t stream_target(size_t array, bool numbers) {
    return 1 + 2 * array + numbers;
}
static inline bool stream_target_is_numbers(size_t target) {
    return target > 0 && target % 2 == 0;
}

/* The images of a training batch, but for the last one of an epoch. */
static inline size_t stream_batch_rows(const struct stream_spec *spec) {
    return spec->batch_size < spec->train_count ? spec->batch_size : spec->train_count;
}

/* How Keras splits: the first floor(count * (1 - validation_split)) images train, the rest
 * validate. */
size_t stream_train_limit(size_t count, double validation_split);

/* The label that is trained on for each label of the files: divided and cut to a whole number, as
 * a cast of the quotient to an integer does. */
void stream_label_map(double divisor, uint8_t map[DATASET_CLASSES_MAX]);

/* The weight of each class with which all classes of the training labels count the same: the number
 * of labels / (the number of classes among them x how many labels are the class), which is
 * scikit-learn's 'balanced'; 1 of a class without any. */
void stream_balance(const struct stream_spec *spec, float weights[DATASET_CLASSES_MAX]);

/* What each pixel level becomes; the pixels stand for level / unit. */
void stream_scale(double unit, double divisor, float scale[256]);

enum stream_part { STREAM_TRAIN, STREAM_VALIDATION, STREAM_TEST };

struct stream {
    const struct stream_spec *spec;
    size_t inputs;                            /* numbers of one image */
    uint32_t *order;                          /* the epoch's images */
    const struct sparse_images *train, *test; /* the data set's indices, or our own */
    uint32_t *images;                         /* scratch: a batch's */
    float train_scale[256], test_scale[256];  /* the value of each pixel level */
    uint8_t label_map[DATASET_CLASSES_MAX];
    struct normalization normalization;
    struct normalization arrays[DATASET_ARRAYS_MAX]; /* of those of the spec, in its order */
    struct augmenter augmenter;
    void *pictures; /* scratch: a batch's, bytes or floats; where there is an augmentation */
};

/* For batches of up to rows_max rows. A data set without indices is indexed first. Memory comes
 * from the arena, which may be one that counts; `spec` must outlive the stream. */
enum status stream_init(struct stream *stream, const struct stream_spec *spec, size_t rows_max,
                        struct arena *arena, struct error *error);

/* Shuffle for epoch number `epoch`, counted from 1, in which the augmentation has that strength. */
void stream_begin_epoch(struct stream *stream, size_t epoch, double strength);

/* The number of images of a part. */
size_t stream_count(const struct stream *stream, enum stream_part part);

/* Make the batch of `rows` images that starts at position `first`: of the shuffled epoch for
 * STREAM_TRAIN, of the files' order for the others. labels is rows long, or values rows x the data
 * set's target_width; the other one may be NULL. */
void stream_batch(struct stream *stream, enum stream_part part, size_t first, size_t rows,
                  struct sparse *x, uint8_t *labels, float *values);

/* Copy the same rows of another target than the first one: classes as uint8_t, as the files have
 * them, or rows of floats. */
void stream_copy_target(const struct stream *stream, enum stream_part part, size_t rows,
                        size_t target, void *into);

#endif
