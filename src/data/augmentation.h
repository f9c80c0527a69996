/* Augmentation: training images that are changed at random in each epoch, under the names of Keras
 * 3's layers, with its arguments and formulas. What differs: fill_mode is "constant" by default;
 * interpolation is bilinear; and the kinds of a list that move pixels are one map, along which an
 * image is sampled once, with one fill_mode and fill_value for all.
 *
 * A picture is a function of (seed, epoch, image), the list and the strength, the same bytes on
 * every machine. */
#ifndef SWEEP_DATA_AUGMENTATION_H
#define SWEEP_DATA_AUGMENTATION_H

#include "base/arena.h"
#include "base/argument.h"
#include "base/random.h"
#include "base/text.h"
#include "data/dataset.h"
#include "math/warp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const struct component_family augmentation_family;

/* Append why a data set's images can't be changed like that; nothing where they can. */
void augmentation_append_refusal(const struct components *list, const struct dataset *dataset,
                                 struct text *text);

/* Whether something but 0 is filled in. */
bool augmentation_fills(const struct components *list);

/* Whether what comes into the images becomes another number than *background, which most of their
 * corners have. */
bool augmentation_misses_background(const struct components *list, const struct dataset *dataset,
                                    double *background);

/* Room to change the images of a data set. */
struct augmenter {
    const struct components *list;
    size_t rows, columns, channels;
    bool floats; /* what images are made of; else bytes, */
    double unit; /* which stand for byte / unit */
    struct random_source source;
    double strength;
    enum warp_fill fill;
    float fill_value;           /* as in the images' memory */
    bool moves;                 /* a member of the list moves pixels */
    const void *elastic;        /* the arguments of the one that displaces them, or NULL */
    struct warp warp;           /* where `moves` */
    struct smooth_field field;  /* where `elastic`, and */
    struct random_block *words; /* scratch: what the field is made of */
    float *dx, *dy;             /* scratch: the field */
};

/* Of a data set its shape counts, its unit, and whether its training images are floats. The list,
 * which must outlive the augmenter, may be NULL or empty: then it takes no memory and changes
 * nothing. False when out of memory. */
bool augmenter_init(struct augmenter *augmenter, const struct components *list,
                    const struct dataset *dataset, uint64_t seed, struct arena *arena);

/* The size of a picture in memory. */
size_t augmenter_picture_bytes(const struct augmenter *augmenter);

/* Epochs are counted from 1. All ranges, elastic's alpha and the probability of erasing are taken
 * times `strength`. */
void augmenter_begin_epoch(struct augmenter *augmenter, size_t epoch, double strength);

/* Whether images are changed in this epoch. */
bool augmenter_changes(const struct augmenter *augmenter);

/* What becomes of the data set's image of that number in this epoch: a picture of the same form. */
void augment(struct augmenter *augmenter, uint32_t image, const void *pixels, void *picture);

#endif
