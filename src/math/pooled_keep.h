/* What becomes of the outputs at the four places of a pool's window. */
#ifndef SWEEP_MATH_POOLED_KEEP_H
#define SWEEP_MATH_POOLED_KEEP_H

#include "math/lanes.h"
#include "math/winograd.h"

#define POOLED_PLACES 4 /* of a window of 2 x 2, row by row */

/* The lanes of which the sign is negative. GCC takes a comparison of registers as long as these for
 * one of single floats. */
static inline lane_bits lanes_negative(lanes values) {
    return (lane_bits)values >> 31;
}

/* Of filters [first, first + LANES): the largest of the four outputs, and the place's number, an
 * integer; the first of equal ones. Where one of them is infinite or NaN, it is NaN. */
static inline void pooled_keep(const lanes outputs[POOLED_PLACES], const struct pooled_filters *of,
                               size_t first, float *largest, float *which) {
    const lanes bias = of->bias ? *(const lanes *)(of->bias + first) : BROADCAST(0);
    const lanes sum = (outputs[0] + outputs[1]) + (outputs[2] + outputs[3]);
    const lane_bits cut = of->relu ? ~(lane_bits){0} : (lane_bits){0};
    lanes best = outputs[0];
    lane_bits place = {0};
    for (int i = 1; i < POOLED_PLACES; i++) {
        const lane_bits takes = lanes_negative(best - outputs[i]);
        best = lanes_choose(takes, outputs[i], best);
        place = (place & ~takes) | (takes & i);
    }
    best += bias;
    best = (lanes)((lane_bits)best & ~(lanes_negative(best) & cut)) + (sum + bias) * BROADCAST(0);
    lanes_write(best, of->filters - first, largest + first);
    lanes_write((lanes)place, of->filters - first, which + first);
}

#endif
