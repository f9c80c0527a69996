#include "stats/numerics.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_qrng.h>
#include <math.h>

/* Of a diagonal element of R to the largest: below it, a column depends on those before it. The
 * normal equations' entries are counts, so that what should vanish does to some 1e-13. */
#define DEPENDENT 1e-9

/* GSL's own handler of errors ends the program; without it a function that failed gives NaN. */
#define WITHOUT_HANDLER(EXPRESSION)                                                                \
    (__extension__({                                                                               \
        gsl_error_handler_t *handler = gsl_set_error_handler_off();                                \
        __typeof__(EXPRESSION) result = (EXPRESSION);                                              \
        gsl_set_error_handler(handler);                                                            \
        result;                                                                                    \
    }))

double numerics_t_quantile(double p, double freedom) {
    return WITHOUT_HANDLER(gsl_cdf_tdist_Pinv(p, freedom));
}

double numerics_t_two_sided(double t, double freedom) {
    return WITHOUT_HANDLER(2 * gsl_cdf_tdist_Q(fabs(t), freedom));
}

double numerics_f_upper(double f, double numerator, double denominator) {
    return WITHOUT_HANDLER(gsl_cdf_fdist_Q(f, numerator, denominator));
}

double numerics_normal_quantile(double p) {
    return WITHOUT_HANDLER(gsl_cdf_ugaussian_Pinv(p));
}

double numerics_normal_below(double x) {
    return WITHOUT_HANDLER(gsl_cdf_ugaussian_P(x));
}

/* GSL's own search for it does not end well for all shapes. */
double numerics_beta_quantile(double a, double b, double p) {
    const double found = WITHOUT_HANDLER(gsl_cdf_beta_Pinv(p, a, b));
    double low = 0, high = 1;
    if (found >= 0 && found <= 1 && fabs(numerics_beta_below(a, b, found) - p) < 1e-9)
        return found;
    for (double middle = 0.5; middle > low && middle < high; middle = (low + high) / 2)
        if (numerics_beta_below(a, b, middle) < p)
            low = middle;
        else
            high = middle;
    return low;
}

double numerics_beta_below(double a, double b, double x) {
    return WITHOUT_HANDLER(gsl_cdf_beta_P(x, a, b));
}

/* What solving takes; any of it may be NULL. */
struct system {
    gsl_matrix *matrix;
    gsl_vector *right, *tau, *norm, *solution, *residual;
    gsl_permutation *permutation;
};

static void system_release(struct system *system) {
    gsl_matrix_free(system->matrix);
    gsl_vector_free(system->right);
    gsl_vector_free(system->tau);
    gsl_vector_free(system->norm);
    gsl_vector_free(system->solution);
    gsl_vector_free(system->residual);
    gsl_permutation_free(system->permutation);
}

static enum status system_make(struct system *system, const double *gram, const double *cross,
                               size_t size, const size_t *columns, size_t count,
                               struct error *error) {
    *system = (struct system){
        .matrix = gsl_matrix_alloc(count, count),
        .right = gsl_vector_alloc(count),
        .tau = gsl_vector_alloc(count),
        .norm = gsl_vector_alloc(count),
        .solution = gsl_vector_alloc(count),
        .residual = gsl_vector_alloc(count),
        .permutation = gsl_permutation_alloc(count),
    };
    if (!system->matrix || !system->right || !system->tau || !system->norm || !system->solution ||
        !system->residual || !system->permutation)
        return error_memory(error);
    for (size_t i = 0; i < count; i++) {
        gsl_vector_set(system->right, i, cross[columns[i]]);
        for (size_t j = 0; j < count; j++)
            gsl_matrix_set(system->matrix, i, j, gram[columns[i] * size + columns[j]]);
    }
    return STATUS_OK;
}

static size_t rank_of(const gsl_matrix *factor) {
    const double largest = fabs(gsl_matrix_get(factor, 0, 0));
    size_t rank = 0;
    while (rank < factor->size1 && fabs(gsl_matrix_get(factor, rank, rank)) > largest * DEPENDENT)
        rank++;
    return rank;
}

static enum status solve(const double *gram, const double *cross, size_t size,
                         const size_t *columns, size_t count, double *explained, size_t *rank,
                         struct error *error) {
    struct system system;
    int sign;
    enum status status = system_make(&system, gram, cross, size, columns, count, error);
    if (status == STATUS_OK) {
        gsl_linalg_QRPT_decomp(system.matrix, system.tau, system.permutation, &sign, system.norm);
        *rank = rank_of(system.matrix);
    }
    if (status == STATUS_OK && *rank > 0) {
        gsl_linalg_QRPT_lssolve2(system.matrix, system.tau, system.permutation, system.right, *rank,
                                 system.solution, system.residual);
        for (size_t i = 0; i < count; i++)
            *explained += gsl_vector_get(system.solution, i) * cross[columns[i]];
    }
    system_release(&system);
    return status;
}

enum status numerics_explained(const double *gram, const double *cross, size_t size,
                               const size_t *columns, size_t count, double *explained, size_t *rank,
                               struct error *error) {
    *explained = 0;
    *rank = 0;
    if (count == 0)
        return STATUS_OK;
    return WITHOUT_HANDLER(solve(gram, cross, size, columns, count, explained, rank, error));
}

/* By Cholesky decomposition of X'X + penalty I, which is positive definite. */
static void solve_ridge(const gsl_matrix *rows, const gsl_vector *values, double penalty,
                        gsl_matrix *gram, gsl_vector *solution) {
    gsl_matrix_set_identity(gram);
    gsl_blas_dsyrk(CblasLower, CblasTrans, 1, rows, penalty, gram);
    gsl_blas_dgemv(CblasTrans, 1, rows, values, 0, solution);
    gsl_linalg_cholesky_decomp1(gram);
    gsl_linalg_cholesky_svx(gram, solution);
}

enum status numerics_ridge(const double *rows, const double *values, size_t count, size_t size,
                           double penalty, double *coefficients, struct error *error) {
    const gsl_matrix_const_view x = gsl_matrix_const_view_array(rows, count, size);
    const gsl_vector_const_view y = gsl_vector_const_view_array(values, count);
    gsl_vector_view solution = gsl_vector_view_array(coefficients, size);
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    gsl_matrix *gram = gsl_matrix_alloc(size, size);
    if (gram)
        solve_ridge(&x.matrix, &y.vector, penalty, gram, &solution.vector);
    gsl_matrix_free(gram);
    gsl_set_error_handler(handler);
    return gram ? STATUS_OK : error_memory(error);
}

/* GSL leaves the 0-th point out and counts in fractions of 2^30. */
enum status numerics_sobol(size_t dimensions, uint64_t first, size_t count, uint32_t *points,
                           struct error *error) {
    double point[NUMERICS_SOBOL_MAX] = {0};
    if (dimensions == 0)
        return STATUS_OK;
    gsl_qrng *sequence = WITHOUT_HANDLER(gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)dimensions));
    if (!sequence)
        return error_memory(error);
    for (uint64_t i = 0; i < first + count; i++) {
        if (i > 0)
            gsl_qrng_get(sequence, point);
        for (size_t d = 0; i >= first && d < dimensions; d++)
            points[(i - first) * dimensions + d] = (uint32_t)(point[d] * 0x1p32);
    }
    gsl_qrng_free(sequence);
    return STATUS_OK;
}
