/* Blobs: ink that hangs together, and which of it is a digit. */
#ifndef SWEEP_DATA_BLOBS_H
#define SWEEP_DATA_BLOBS_H

#include "data/plane.h"

#include <stdint.h>

struct blob {
    uint32_t pixels;                   /* strong ones; 0: dropped */
    uint32_t top, left, bottom, right; /* rows from top to below bottom; columns likewise */
    uint32_t edges, real_edges;        /* of pixels; see blobs_count_edges */
    bool at_edge, kept;
};

struct blobs {
    size_t count;
    struct blob *items;
    uint32_t *of;    /* each pixel's blob, counted from 1; 0: none */
    uint32_t *stack; /* scratch */
};

/* From this share of real edges on ink is whole. Less is what a window narrower than the stroke
 * left of it when it took the stroke's inside for paper, and the corner of a shadow, into which no
 * window fits. */
#define BLOBS_WHOLE 0.92

/* All that hangs together, over corners as well, is above `weak` and has a pixel from `strong` on.
 * Lives in the arena; false when out of memory. */
bool blobs_find(const struct plane *ink, float weak, float strong, struct arena *arena,
                struct blobs *blobs);

/* Count the edges of blobs in `ink`, and those that are edges in the picture too, be they as soft
 * as half of a stroke is wide. `paper` is what the picture would be without ink. */
void blobs_count_edges(const struct plane *picture, const struct plane *paper,
                       const struct plane *ink, float strong, struct blobs *blobs);

/* Without what is not whole, if most is. */
void blobs_drop_parts(struct blobs *blobs);

/* Keep a digit's blobs, and return its main one; NULL where nothing is left. Frames are dropped.
 * What reaches the picture's edge is the table's, a shadow or a neighbour, unless there is nothing
 * of note besides. Of the rest, the digit's parts are not much smaller than its main one. */
const struct blob *blobs_keep_digit(const struct plane *ink, struct blobs *blobs);

/* The share of the edges of what is kept that are real. */
double blobs_wholeness(const struct blobs *blobs);

/* Whether there is more than one thing: the parts of one digit, such as the bar of a 5, are close
 * to each other or small. */
bool blobs_are_several(const struct blobs *blobs, const struct blob *main);

/* Whether it is broad and has more ink than room: a sheet rather than a digit. */
bool blob_is_solid(const struct plane *ink, const struct blob *blob);

#endif
