/* Whether the products that BLAS gives are those of the definition. */
#ifndef SWEEP_MATH_GEMM_CHECK_H
#define SWEEP_MATH_GEMM_CHECK_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"

/* Compute the three products of gemm.h for made-up matrices of several shapes, always the same
 * ones, and compare them with sums in double. *fault is the largest difference in units of what
 * rounding makes of it with all but certainty, 8 sqrt(k) 2^-24 sum |a| |b| (Higham and Mary, "A New
 * Approach to Probabilistic Rounding Error Analysis", SIAM J. Sci. Comput. 41, 2019): more than 1
 * is a fault of the library. *digest is that of all products: it is the same for every call, on
 * every thread, unless the library is at fault. Takes about 1 MB of the arena. */
enum status gemm_check(struct arena *arena, double *fault, struct digest *digest,
                       struct error *error);

#endif
