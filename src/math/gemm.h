/* Matrix products in single precision, row-major, each on one thread (OpenBLAS).
 *
 * OpenBLAS packs its operands into buffers, one for each product under way, and tries for ever when
 * it can't map one. So that it never has to, products of several threads take turns over the
 * buffers that were reserved (gemm_reserve), and a program looks for the room that OpenBLAS takes
 * when it is loaded (gemm_check_room). */
#ifndef SWEEP_MATH_GEMM_H
#define SWEEP_MATH_GEMM_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Each product sets c, m x n, or adds to it. `lda`, `ldb` and `ldc` are the floats from one row to
 * the next. */

/* c = a b, a being m x k and b k x n */
void gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
             float *c, size_t ldc);
/* c = a^T b, a being k x m and b k x n */
void gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
             float *c, size_t ldc);
/* c += a^T b */
void gemm_tn_add(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
                 size_t ldb, float *c, size_t ldc);
/* c = a b^T, a being m x k and b n x k */
void gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
             float *c, size_t ldc);

/* Whether each sum of such a product has the bits of one that begins with 0 and takes its terms in
 * ascending order, each fused with the sum. False where that is not known of the kernels. */
bool gemm_sums_ascend(size_t m, size_t n, size_t k);

/* Whether a limit on the address space leaves room for the threads that OpenBLAS starts when it is
 * loaded, as many as the variables of `environment` say; STATUS_MEMORY if not. Of use only before
 * that, in .preinit_array, where getenv does not work yet. */
enum status gemm_check_room(char *const *environment, struct error *error);

/* Keep BLAS from having threads of its own; call before any other thread uses it. */
void gemm_single_thread(void);

/* Reserve buffers for products of up to `callers` threads at once, or as many as fit into memory;
 * before a call there is one. STATUS_MEMORY when there is room for none. Not while products are
 * under way. */
enum status gemm_reserve(size_t callers, struct error *error);

/* The core types of OpenBLAS whose kernels use this processor's vectors; GEMM_CORES_MAX at most.
 * None where the library has kernels of one type only. */
#define GEMM_CORES_MAX 4
size_t gemm_cores(const char *cores[GEMM_CORES_MAX]);

/* Take the kernels of a core type from now on; false where the library can't. Not while products
 * are under way. */
bool gemm_use_core(const char *core);

/* OpenBLAS takes a processor that is newer than itself for one of long ago, whose kernels do a
 * fifth of what it can. If it did, and OPENBLAS_CORETYPE does not say what to take, take better
 * ones. Call before anything else here. */
void gemm_mend_core(void);

/* The core type that OpenBLAS had chosen before that, or NULL if it was left so. */
const char *gemm_core_mended(void);

/* The library's build and the kernels it chose for this machine, for the record. */
const char *gemm_library(void);
const char *gemm_core(void);

#endif
