/* A look at the data before a sweep is spent on them: faults that no choice of
 * hyperparameters can repair, in plain words. */
#ifndef SWEEP_DATA_CHECK_H
#define SWEEP_DATA_CHECK_H

#include "base/status.h"
#include "data/dataset.h"

#include <stddef.h>
#include <stdint.h>

/* The data as a trial is about to use them. */
struct data_view {
    const struct dataset *data;
    size_t train_count;                        /* training images used, from the front */
    size_t validation_begin, validation_count; /* a slice of data->train; count may be 0 */
    double train_image_divisor, test_image_divisor;
    uint8_t train_label_map[256]; /* what each label of data->train is trained as; the labels
                                     of the test images stay as they are */
};

#define DATA_WARNINGS_MAX 16

struct data_warnings {
    size_t count;
    struct data_warning {
        const char *kind; /* one of the words below; lives as long as the program */
        char text[512];   /* what it is, why it matters, how to mend it; one line */
    } items[DATA_WARNINGS_MAX];
};

/* Fill `warnings`, the gravest first, each kind at most once:
 *   one_class          every training label is the same one. Includes the share of that class in
 *                      the test set; merged_labels, changed_labels, missing_class and imbalance
 *                      would only repeat it and are left out
 *   merged_labels      several labels are trained as the same one
 *   changed_labels     labels are trained as others, while the test set keeps its own
 *   missing_class      classes of the test set have no training images
 *   scaled_differently training and test pixels are divided by different numbers
 *   imbalance          the largest training class is over ten times the smallest
 *   contradiction      equal training images with different labels
 *   test_in_training   test images that are also training images
 *   validation_in_training   the same for the validation images
 *   constant_images    images whose pixels are all equal
 * STATUS_INPUT when the view reaches beyond the data or trains on nothing, STATUS_MEMORY. Needs
 * about 32 bytes for each training image for as long as it runs. */
enum status data_check(const struct data_view *view, struct data_warnings *warnings,
                       struct error *error);

#endif
