/* A batch of images decoded once to its non-zero pixels, for all networks that are fed it.
 *
 * Skipping a zero is exact where the other factor is finite: fma(0, w, sum) = sum. Where it may be
 * infinite or NaN, the product is NaN, and the batch has to be taken with its zeros
 * (sparse_lay_out). Where few pixels are zero, that is also faster than skipping them; whether that
 * is so is a property of the images alone. */
#ifndef SWEEP_MATH_SPARSE_H
#define SWEEP_MATH_SPARSE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inputs are taken in groups whose weights, one block of columns wide, stay in the first-level
 * cache while all rows of the batch pass over them. */
#define SPARSE_GROUP 128 /* divides 2^16 */

/* From this share of non-zero pixels on a batch is taken with its zeros, where the processor has
 * the registers for it. Measured with `sweep bench` on random images: at 0.5 both ways take equally
 * long, at 0.6 the dense one is 14 % faster, at 1 half as fast again. */
#define SPARSE_DENSE 0.55

/* Where the non-zero pixels of a number of images are. Of dense ones, and of images of floats,
 * there are no entries. */
struct sparse_images {
    size_t count, inputs, groups;
    size_t entries;        /* numbers that are not 0 */
    const uint8_t *pixels; /* the images themselves; NULL: */
    const float *values;   /* they are floats */
    bool dense;            /* at least SPARSE_DENSE of the pixels are not zero */
    uint32_t
        *start; /* of image i's entries in group g: start[i * groups + g]; one more at the end */
    uint16_t *input; /* an entry's pixel modulo 2^16, ascending within a group */
    uint8_t *level;
};

/* Index count images of `inputs` bytes each, which must outlive the index; false when out of
 * memory, or the images have 2^32 non-zero pixels or more. With an arena that only counts there is
 * no index. */
bool sparse_index(struct sparse_images *index, const uint8_t *pixels, size_t count, size_t inputs,
                  struct arena *arena);

/* The same of images of floats; nothing is allocated. */
void sparse_index_values(struct sparse_images *index, const float *values, size_t count,
                         size_t inputs);

struct sparse {
    size_t rows_max, inputs, groups;
    size_t rows; /* of the batch now held */
    /* By rows, for the forward pass: the entries of row r in group g stand, inputs ascending, at
     * row_start[r * groups + g] up to row_start[r * groups + g + 1]. */
    uint32_t *row_start; /* rows_max * groups + 1 */
    uint32_t *input;     /* an entry's input */
    float *value;
    /* By inputs, for the gradient: the entries of the i-th input that is not zero in all rows,
     * active[i], stand, rows ascending, at active_start[i] up to active_start[i + 1]. */
    bool sorted;
    size_t active_count;
    uint32_t *active;       /* inputs */
    uint32_t *active_start; /* inputs + 1 */
    uint32_t *row;          /* an entry's row */
    float *row_value;
    uint32_t *counts;        /* scratch: inputs + 1 */
    bool few_zeros;          /* faster taken with its zeros: there are no entries, and */
    const float *with_zeros; /* rows x inputs is ready; else NULL until sparse_lay_out */
    float *dense_room;       /* rows_max x inputs */
};

/* Room for batches of up to rows_max x inputs; false when out of memory. */
bool sparse_init(struct sparse *sparse, size_t rows_max, size_t inputs, struct arena *arena);

/* Ready the entries by inputs, if there are entries, or `with_zeros`, which sparse_decode leaves to
 * those who need them; again is free. */
void sparse_sort(struct sparse *sparse);
void sparse_lay_out(struct sparse *sparse);

/* Make the batch whose row r is image images[r] of the index, level b standing for scale[b]; of a
 * dense index there is `with_zeros` alone. */
void sparse_decode(struct sparse *sparse, const struct sparse_images *index, const uint32_t *images,
                   size_t rows, const float scale[256]);

/* The same of an index of floats, which are divided. */
void sparse_decode_values(struct sparse *sparse, const struct sparse_images *index,
                          const uint32_t *images, size_t rows, double divisor);

/* The same of images that are in no index: pixels[rows x inputs]. */
void sparse_decode_pixels(struct sparse *sparse, const uint8_t *pixels, size_t rows, bool dense,
                          const float scale[256]);

/* Make it the batch that is about to be written here, rows x inputs. */
float *sparse_begin_dense(struct sparse *sparse, size_t rows);

/* Make the batch x[rows x inputs], as few zeros as there may be. */
void sparse_gather(struct sparse *sparse, const float *x, size_t rows);

#endif
