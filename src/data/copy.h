/* A copy of a data set, mended, as a folder of four IDX files. */
#ifndef SWEEP_DATA_COPY_H
#define SWEEP_DATA_COPY_H

#include "base/status.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stdint.h>

/* What a copy differs in. */
struct copy_changes {
    bool shuffle;   /* the training images in random order, always the same one */
    bool mix;       /* all images in random order, dealt out to training and test anew */
    bool renumber;  /* the labels that occur become 0, 1, 2, ... in their order */
    bool transpose; /* the rows of each image become its columns */
};

/* What each label becomes; `*classes` of them occur. */
void copy_label_map(const struct dataset *dataset, const struct copy_changes *changes,
                    uint8_t map[DATASET_CLASSES_MAX], size_t *classes);

/* Write the files into `folder`, which is made if it is not there. STATUS_INPUT when it holds a
 * data set already or IDX files can't hold what is to be copied, STATUS_IO, STATUS_MEMORY. */
enum status copy_write(const struct dataset *dataset, const struct copy_changes *changes,
                       const char *folder, struct error *error);

#endif
