#include "math/gemm_check.h"

#include "base/random.h"
#include "math/gemm.h"

#include <math.h>

/* Odd ones, those of one register, and those of a layer. */
static const struct shape {
    size_t m, n, k;
} shapes[] = {{1, 1, 1}, {7, 13, 5}, {16, 16, 16}, {32, 10, 784}, {128, 65, 100}};
#define SHAPE_COUNT (sizeof shapes / sizeof *shapes)

/* The first operand's element (i, l) and the second's (l, j), however they are laid out. */
struct product {
    void (*multiply)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
                     size_t ldb, float *c, size_t ldc);
    int a_transposed, b_transposed;
};

static const struct product products[] = {{gemm_nn, 0, 0}, {gemm_tn, 1, 0}, {gemm_nt, 0, 1}};
#define PRODUCT_COUNT (sizeof products / sizeof *products)

static float *made_up(struct arena *arena, uint32_t stream, size_t count) {
    const struct random_source source = {1, RANDOM_TEST, stream};
    float *values = ARENA_NEW(arena, float, count);
    for (size_t i = 0; values && i < count; i++)
        values[i] = random_unit_float(random_block(source, i).word[0]) - 0.5F;
    return values;
}

/* NaN is the worst. */
static double worse(double a, double b) {
    return isnan(a) || a >= b ? a : b;
}

/* The largest fault among the elements of c. */
static double compare(const struct product *product, const struct shape *shape, const float *a,
                      const float *b, const float *c) {
    const size_t m = shape->m, n = shape->n, k = shape->k;
    double worst = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0, magnitude = 0;
            for (size_t l = 0; l < k; l++) {
                const double x = (double)a[product->a_transposed ? l * m + i : i * k + l];
                const double y = (double)b[product->b_transposed ? j * k + l : l * n + j];
                sum += x * y;
                magnitude += fabs(x * y);
            }
            const double allowed = 8 * sqrt((double)k) * 0x1p-24 * magnitude;
            worst = worse(worst, fabs((double)c[i * n + j] - sum) / allowed);
        }
    return worst;
}

enum status gemm_check(struct arena *arena, double *fault, struct digest *digest,
                       struct error *error) {
    struct digest_piece pieces[SHAPE_COUNT * PRODUCT_COUNT];
    size_t count = 0;
    *fault = 0;
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        for (size_t j = 0; j < PRODUCT_COUNT; j++) {
            const struct shape *shape = &shapes[i];
            const struct product *product = &products[j];
            const size_t m = shape->m, n = shape->n, k = shape->k;
            const float *a = made_up(arena, (uint32_t)(2 * i), m * k);
            const float *b = made_up(arena, (uint32_t)(2 * i + 1), k * n);
            float *c = ARENA_NEW(arena, float, m *n);
            if (!a || !b || !c)
                return error_memory(error);
            product->multiply(m, n, k, a, product->a_transposed ? m : k, b,
                              product->b_transposed ? k : n, c, n);
            *fault = worse(*fault, compare(product, shape, a, b, c));
            pieces[count++] = (struct digest_piece){c, m * n * sizeof *c};
        }
    *digest = digest_of(pieces, count);
    return STATUS_OK;
}
