/* Regression by a Gaussian process, against the formulas solved another way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "search/process.h"

#define POINTS 24
#define DIMENSIONS 3
#define PARAMETERS (DIMENSIONS + 3) /* lengths, one of completeness; signal, noise */

static const bool first_only[] = {true, false, false};
static const struct dimension dimensions[DIMENSIONS] = {
    {.kind = DIMENSION_CATEGORICAL, .levels = 3, .parent = DIMENSION_NONE},
    {.kind = DIMENSION_ORDERED, .levels = 7, .parent = DIMENSION_NONE},
    {.kind = DIMENSION_CONTINUOUS, .parent = 0, .parent_levels = first_only},
};
static const struct domain domain = {DIMENSIONS, dimensions, NULL, NULL};

static void place_at(const struct process *process, uint64_t number, cell *place) {
    const struct random_source source = {3, RANDOM_TEST, 0};
    double units[DIMENSIONS], point[DIMENSIONS];
    cell cells[DIMENSIONS];
    for (size_t d = 0; d < DIMENSIONS; d++)
        units[d] = random_unit(source, number * 8 + d);
    domain_point(&domain, units, point);
    cells_of(&domain, point, cells);
    process_place(process, cells, number % 4 == 0 ? 0.25 : 1, place);
}

static void begin(struct process *process, struct arena *arena) {
    cell place[DIMENSIONS + 1];
    arena_init(arena);
    assert_true(process_init(process, &domain, POINTS + 1, arena));
    for (size_t i = 0; i <= POINTS; i++) {
        place_at(process, i, place);
        process_set(process, i, place, sin((double)place[1]) + 0.3 * place[0] - 0.4,
                    1.0 / (double)(1 + i % 3));
    }
}

/* Covariance of points i and j, or of a place (i = POINTS) with a point; from the cells. */
static double covariance(const struct process *process, size_t i, size_t j) {
    static const size_t cells[] = {3, 7, CELLS_MAX, CELLS_MAX};
    double product = exp(process->parameters[DIMENSIONS + 1]);
    for (size_t d = 0; d <= DIMENSIONS; d++) {
        const double a = process->cells[d * process->capacity + i],
                     b = process->cells[d * process->capacity + j];
        const double r = d == 0 ? a != b : fabs(a - b) / (double)(cells[d] - 1);
        const double scaled = sqrt(5.0) * r / exp(process->parameters[d]);
        product *= (1 + scaled + scaled * scaled / 3) * exp(-scaled);
    }
    return product;
}

/* Gauss-Jordan on the covariances of the first `count` points: the solution for each right side in
 * `right`; returns the logarithm of the determinant. */
static double solve(const struct process *process, size_t count, double *right, size_t sides) {
    double matrix[(POINTS + 1) * (POINTS + 1)], determinant = 0;
    const double noise = exp(process->parameters[DIMENSIONS + 2]);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            matrix[i * count + j] =
                covariance(process, i, j) + (i == j ? noise * process->noise[i] : 0);
    for (size_t k = 0; k < count; k++) {
        const double pivot = matrix[k * count + k];
        determinant += log(pivot);
        for (size_t i = 0; i < count; i++) {
            const double factor = matrix[i * count + k] / pivot;
            for (size_t j = 0; j < count && i != k; j++)
                matrix[i * count + j] -= factor * matrix[k * count + j];
            for (size_t s = 0; s < sides && i != k; s++)
                right[s * count + i] -= factor * right[s * count + k];
        }
    }
    for (size_t i = 0; i < count; i++)
        for (size_t s = 0; s < sides; s++)
            right[s * count + i] /= matrix[i * count + i];
    return determinant;
}

static double sum_of_products(const double *x, const double *y, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] * y[i];
    return sum;
}

/* At the place of point POINTS from the first `count` points, whose values these are. */
static void expect(const struct process *process, size_t count, const double *values, double *mean,
                   double *variance) {
    double right[2 * (POINTS + 1)], own[POINTS + 1];
    for (size_t i = 0; i < count; i++)
        own[i] = right[count + i] = covariance(process, i, POINTS);
    memcpy(right, values, count * sizeof *right);
    solve(process, count, right, 2);
    *mean = sum_of_products(own, right, count);
    *variance = covariance(process, POINTS, POINTS) - sum_of_products(own, right + count, count);
}

static void expects_what_the_formulas_say(void **state) {
    (void)state;
    struct process process;
    struct arena arena;
    cell place[DIMENSIONS + 1];
    double mean, most, variance, exact_mean, exact_variance, values[POINTS];
    begin(&process, &arena);
    process_fit(&process, POINTS);
    process_know(&process, POINTS - 1);
    place_at(&process, POINTS, place);
    process_predict(&process, place, &mean, &most);
    variance = process_variance(&process);
    expect(&process, POINTS - 1, process.values, &exact_mean, &exact_variance);
    assert_true(fabs(mean - exact_mean) < 1e-9 && fabs(variance - exact_variance) < 1e-9);
    assert_true(most >= variance - 1e-12);

    /* One more point, with the value that is expected of it. */
    memcpy(values, process.values, sizeof values);
    place_at(&process, POINTS - 1, place);
    process_predict(&process, place, &values[POINTS - 1], &most);
    process_expect(&process);
    place_at(&process, POINTS, place);
    process_predict(&process, place, &mean, &most);
    assert_true(process_variance(&process) < variance);
    expect(&process, POINTS, values, &exact_mean, &exact_variance);
    process_predict(&process, place, &mean, &most);
    assert_true(fabs(mean - exact_mean) < 1e-9);
    assert_true(fabs(process_variance(&process) - exact_variance) < 1e-9);
    arena_release(&arena);
}

/* Without constants. */
static double log_posterior(const struct process *process) {
    static const double centers[] = {-0.35667494393873245, 0, -2.995732273553991},
                        deviations[] = {1, 0.7, 1.5};
    double right[POINTS], sum = 0;
    memcpy(right, process->values, sizeof right);
    sum -= 0.5 * solve(process, POINTS, right, 1);
    sum -= 0.5 * sum_of_products(process->values, right, POINTS);
    for (size_t p = 0; p < PARAMETERS; p++) {
        const size_t kind = p <= DIMENSIONS ? 0 : p - DIMENSIONS;
        const double off = (process->parameters[p] - centers[kind]) / deviations[kind];
        sum -= 0.5 * off * off;
    }
    return sum;
}

static void fits_the_most_probable_parameters(void **state) {
    (void)state;
    struct process process;
    struct arena arena;
    begin(&process, &arena);
    process_fit(&process, POINTS);
    const double best = log_posterior(&process);
    for (size_t p = 0; p < PARAMETERS; p++)
        for (int side = -1; side <= 1; side += 2) {
            const double was = process.parameters[p];
            process.parameters[p] += 0.3 * side;
            assert_true(log_posterior(&process) < best);
            process.parameters[p] = was;
        }
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expects_what_the_formulas_say),
        cmocka_unit_test(fits_the_most_probable_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
