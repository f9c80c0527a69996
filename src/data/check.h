/* A look at the data before a sweep is spent on them: faults that no choice of
 * hyperparameters can repair, in plain words. */
#ifndef SWEEP_DATA_CHECK_H
#define SWEEP_DATA_CHECK_H

#include "base/status.h"
#include "data/dataset.h"

#include <stdbool.h>
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

/* All of a data set, as it is used without a word from the user. */
void data_view_whole(const struct dataset *data, struct data_view *view);

#define DATA_WARNINGS_MAX 32

struct data_warnings {
    size_t count;
    struct data_warning {
        const char *kind; /* one of the words below; lives as long as the program */
        bool of_images;   /* found by comparing images */
        char text[640];   /* what it is, why it matters, how to mend it; one line */
    } items[DATA_WARNINGS_MAX];
};

/* Fill `warnings`, the gravest first, each kind at most once. Of numbers, and of targets that are:
 *   not_finite         inputs that are no numbers, or infinite, with the first one's place; so
 *                      test_not_finite, targets_not_finite, test_targets_not_finite
 *   rounded            inputs of which 32-bit floats keep little; of targets, rounded_targets
 *   sorted             the training examples are sorted by their targets, and the last are held out
 *   constant_targets   all training targets are equal
 * Of labels:
 *   one_class          every training label is the same one. Includes the share of that class in
 *                      the test set; other kinds that would only repeat it are left out
 *   test_one_class     every test label is the same one
 *   validation_one_class   the same for the validation images
 *   merged_labels      several labels are trained as the same one
 *   changed_labels     labels are trained as others, while the test set keeps its own
 *   missing_class      classes of the test set have no training images
 *   validation_missing_class   classes of the validation images have none
 *   many_classes       whole numbers that a table has for targets are taken for many classes
 *   unused_class       labels below the largest one that no image has
 *   scaled_differently training and test pixels are divided by different numbers
 *   dark_images        divided as they are, the training pixels use a small part of 0 .. 1
 *   other_scale        the test part's inputs or targets are of another size (data/scale.h)
 *   constant_features  features that are to be normalised are constant in the training part alone
 *   imbalance          the largest training class is over ten times the smallest
 *   test_lacks_class   classes are frequent among the training images, and absent from the test set
 *   validation_lacks_class   the same for the validation images
 * and, unless only labels are wanted, which takes a small part of the time:
 *   contradiction      equal training images with different labels
 *   test_in_training   test images that are also training images
 *   validation_in_training   the same for the validation images
 *   constant_images    images whose pixels are all equal
 * STATUS_INPUT when the view reaches beyond the data or trains on nothing, STATUS_MEMORY. Comparing
 * images needs about 32 bytes for each training image for as long as it runs. */
enum status data_check(const struct data_view *view, bool labels_only,
                       struct data_warnings *warnings, struct error *error);

#endif
