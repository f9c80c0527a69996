/* Matrix products in single precision, row-major, on one thread (OpenBLAS). */
#ifndef SWEEP_MATH_GEMM_H
#define SWEEP_MATH_GEMM_H

#include <stddef.h>

/* c[m x n] = a[m x k] b[k x n] */
void gemm_nn(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);
/* c[m x n] = a[k x m]^T b[k x n] */
void gemm_tn(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);
/* c[m x n] = a[m x k] b[n x k]^T */
void gemm_nt(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);

/* Keep BLAS from starting threads of its own; call once, before any other thread uses it. */
void gemm_single_thread(void);

/* The library's build and the kernels it chose for this machine, for the record. */
const char *gemm_library(void);
const char *gemm_core(void);

#endif
