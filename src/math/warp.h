/* Images resampled along a map: an affine one, to which displacements may be added. An image is
 * rows x columns pixels of some channels, which run fastest: bytes, or floats. All channels are
 * taken along the same map.
 *
 * The picture's pixel (row r, column c) is the image's value at x = m[0] c + m[1] r + m[2] + dx,
 * y = m[3] c + m[4] r + m[5] + dy (x counts columns, y rows; pixels are at whole numbers), bilinear
 * between the four pixels around it, whose distances are taken in 256ths of a pixel. All of it is
 * whole numbers or exactly rounded floats in one order: the bits are the same in every instruction
 * set. */
#ifndef SWEEP_MATH_WARP_H
#define SWEEP_MATH_WARP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What lies outside the image, as Keras' fill_mode: with a b c d the pixels of a row, */
enum warp_fill {
    WARP_CONSTANT, /* k k k | a b c d | k k k */
    WARP_NEAREST,  /* a a a | a b c d | d d d */
    WARP_REFLECT,  /* c b a | a b c d | d c b */
    WARP_WRAP,     /* b c d | a b c d | a b c */
};

/* Places are told apart by so many parts of a pixel. */
#define WARP_PARTS 256

/* Rows of displacements are this many numbers apart. */
size_t warp_stride(size_t columns);

/* Room to resample images of one form, which are up to 4096 x 4096. */
struct warp {
    size_t rows, columns, channels;
    bool floats;         /* what an image is made of; else bytes */
    size_t table_stride; /* of the rows of the table; a power of two */
    uint32_t *image;     /* a channel of it: bytes as numbers, or the bits of floats */
    uint32_t *framed;    /* with a frame around it, one pixel wide or two */
    uint32_t *table;   /* of bytes: the four around each place between the framed image's pixels */
    float *numbers;    /* 0, 1, 2: the columns' */
    float *none;       /* a row of zeros: no displacement */
    uint32_t *sampled; /* the picture's channel, as `image` */
};

/* False when out of memory. */
bool warp_init(struct warp *warp, size_t rows, size_t columns, size_t channels, bool floats,
               struct arena *arena);

/* Make picture[rows x columns x channels] of an image of the same form; `constant`, of bytes a
 * whole number, is what is outside of each channel.
 * Displacements are in pixels times WARP_PARTS, below 2^30, their rows warp_stride apart; NULL:
 * none. */
void warp_image(struct warp *warp, const void *image, const float map[6], const float *dx,
                const float *dy, enum warp_fill fill, float constant, void *picture);

/* Smooth random fields, as elastic distortions are made of (Simard, Steinkraus, Platt: "Best
 * practices for convolutional neural networks applied to visual document analysis", ICDAR 2003):
 * independent numbers, uniform from -1 to 1, at all places, convolved with a Gaussian of deviation
 * sigma whose weights add up to 1.
 *
 * That is not done: the field's covariance is the product of one along the rows and one along the
 * columns, so a field of this covariance is A Z B^T with roots A A^T and B B^T of these and Z of
 * independent numbers. Smooth fields have roots of few columns. */
struct smooth_field {
    size_t rows, columns, stride;
    double deviation;   /* of the field at each place */
    size_t even, odd;   /* columns of A: its first `even` are symmetric, the others antisymmetric */
    size_t rank;        /* columns of B */
    float *row_root;    /* A's upper half, rounded up: a row of even + odd numbers for each */
    float *column_root; /* B transposed, rows `stride` apart */
    float *numbers;     /* scratch: Z */
    float *halfway;     /* scratch: Z B^T of both fields */
};

/* False when out of memory. */
bool smooth_field_init(struct smooth_field *field, size_t rows, size_t columns, double sigma,
                       struct arena *arena);

/* How many random words two fields take; and at most, whatever sigma is. */
size_t smooth_field_words(const struct smooth_field *field);
size_t smooth_field_words_max(size_t rows, size_t columns);

/* Two independent fields, times `scale`, in memory as an arena gives it, rows `stride` apart, of
 * random words. Z is made of sums of four uniform bytes: within 3.5 deviations, with a kurtosis
 * of 2.7 where a normal number has 3. */
void smooth_field_make(const struct smooth_field *field, const uint32_t *words, float scale,
                       float *dx, float *dy);

#endif
