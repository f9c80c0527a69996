/* What becomes of the outputs at the four places of a pool's window. */
#ifndef SWEEP_MATH_POOLED_KEEP_H
#define SWEEP_MATH_POOLED_KEEP_H

#include "math/lanes.h"
#include "math/winograd.h"

#define POOLED_PLACES 4 /* of a window of 2 x 2, row by row */

/* -1 where the sign is negative. GCC takes a comparison of long registers for one of single floats.
 */
#define POOLED_NEGATIVE(V, values) ((V##_mask)(values) >> 31)

/* Of filters [first, first + FLOATS(V)): the largest of the four outputs, and the place's number,
 * an integer; the first of equal ones. Where one of them is infinite or NaN, it is NaN. */
#define POOLED_KEEP(V)                                                                             \
    FOR_##V static inline void V##_pooled_keep(const V outputs[POOLED_PLACES],                     \
                                               const struct pooled_filters *of, size_t first,      \
                                               float *largest, float *which) {                     \
        const V bias = of->bias ? *(const V *)(of->bias + first) : (V){0};                         \
        const V sum = (outputs[0] + outputs[1]) + (outputs[2] + outputs[3]);                       \
        const V##_mask cut = of->relu ? ~(V##_mask){0} : (V##_mask){0};                            \
        V best = outputs[0];                                                                       \
        V##_mask place = {0};                                                                      \
        for (int i = 1; i < POOLED_PLACES; i++) {                                                  \
            const V##_mask takes = POOLED_NEGATIVE(V, best - outputs[i]);                          \
            best = (V)(((V##_mask)outputs[i] & takes) | ((V##_mask)best & ~takes));                \
            place = (place & ~takes) | (takes & i);                                                \
        }                                                                                          \
        best += bias;                                                                              \
        best = (V)((V##_mask)best & ~(POOLED_NEGATIVE(V, best) & cut)) + (sum + bias) * (V){0};    \
        V##_write(best, of->filters - first, largest + first);                                     \
        V##_write((V)place, of->filters - first, which + first);                                   \
    }
EACH_LENGTH(POOLED_KEEP)

#endif
