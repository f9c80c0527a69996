#include "search/process.h"

#include "base/multiversion.h"
#include "math/portable.h"

#include <math.h>
#include <string.h>

#define ITERATIONS 40
#define STEP_FIRST 0.2
#define STEP_MAX 0.7
#define STEP_MIN 1e-3
#define PIVOT_MIN 1e-10

/* Shares of the training are told apart on a logarithmic scale down to 1/1000. */
#define COMPLETENESS_MIN 1e-3

/* Tables over distances: cells without an order have the distances 0 and 1. */
struct scale {
    size_t cells;
    bool ordered;
    double *kernel; /* ordered: at distance i in kernel[cells - 1 + i] and kernel[cells - 1 - i] */
    double *row;   /* not ordered: room for a number a cell; all have what there is at distance 1 */
    double *slope; /* d log kernel / d log length */
};

/* The prior of a parameter: normal, within bounds. */
struct prior {
    double center, deviation, low, high;
};

static const struct prior length_prior = {-0.35667494393873245 /* ln 0.7 */, 1, -4, 4},
                          signal_prior = {0, 0.7, -4, 3},
                          noise_prior = {-2.995732273553991 /* ln 0.05 */, 1.5, -9, 2};

static const struct prior *prior_of(const struct process *process, size_t parameter) {
    return parameter < process->dimensions    ? &length_prior
           : parameter == process->dimensions ? &signal_prior
                                              : &noise_prior;
}

bool process_init(struct process *process, const struct domain *domain, size_t capacity,
                  struct arena *arena) {
    const size_t dimensions = domain->count + 1;
    *process = (struct process){
        .capacity = capacity,
        .dimensions = dimensions,
        .scales = ARENA_NEW(arena, struct scale, dimensions),
        .cells = ARENA_NEW(arena, cell, dimensions * capacity),
        .values = ARENA_NEW(arena, double, capacity),
        .noise = ARENA_NEW(arena, double, capacity),
        .parameters = ARENA_NEW(arena, double, dimensions + 2),
        .slopes = ARENA_NEW(arena, double, dimensions + 2),
        .signs = ARENA_NEW(arena, double, dimensions + 2),
        .steps = ARENA_NEW(arena, double, dimensions + 2),
        .place = ARENA_NEW(arena, cell, dimensions),
        .covariances = ARENA_NEW(arena, double, capacity *capacity),
        .factor = ARENA_NEW(arena, double, capacity *capacity),
        .inverse = ARENA_NEW(arena, double, capacity *capacity),
        .weights = ARENA_NEW(arena, double, capacity),
        .vector = ARENA_NEW(arena, double, capacity),
    };
    for (size_t d = 0; process->scales && d < dimensions; d++) {
        const bool is_own = d < domain->count;
        struct scale *scale = &process->scales[d];
        scale->ordered = !is_own || cells_are_ordered(&domain->dimensions[d]);
        scale->cells = is_own ? cells_count(&domain->dimensions[d]) : CELLS_MAX;
        scale->kernel = ARENA_NEW(arena, double, scale->ordered ? 2 * scale->cells - 1 : 0);
        scale->row = ARENA_NEW(arena, double, scale->ordered ? 0 : scale->cells + 1);
        scale->slope = ARENA_NEW(arena, double, scale->ordered ? scale->cells : 2);
    }
    return !arena->failed;
}

void process_place(const struct process *process, const cell *cells, double completeness,
                   cell *place) {
    const size_t last = process->dimensions - 1;
    for (size_t d = 0; d < last; d++) {
        const struct scale *scale = &process->scales[d];
        place[d] = cells[d] != CELL_NONE ? cells[d]
                                         : (cell)(scale->ordered ? scale->cells / 2 : scale->cells);
    }
    const double least = completeness > COMPLETENESS_MIN ? completeness : COMPLETENESS_MIN,
                 share = 1 - portable_log(least) / portable_log(COMPLETENESS_MIN);
    place[last] = (cell)(share * (CELLS_MAX - 1) + 0.5);
}

void process_set(struct process *process, size_t i, const cell *place, double value, double noise) {
    for (size_t d = 0; d < process->dimensions; d++)
        process->cells[d * process->capacity + i] = place[d];
    process->values[i] = value;
    process->noise[i] = noise;
}

static void set_kernel(struct scale *scale, size_t distance, double value) {
    if (scale->ordered)
        scale->kernel[scale->cells - 1 + distance] = scale->kernel[scale->cells - 1 - distance] =
            value;
    else
        for (size_t i = 0; i <= scale->cells && distance == 1; i++)
            scale->row[i] = value;
}

/* The kernels and their slopes at all distances. */
static void shape(struct process *process) {
    for (size_t d = 0; d < process->dimensions; d++) {
        struct scale *scale = &process->scales[d];
        const size_t count = scale->ordered ? scale->cells : 2;
        const double unit =
            2.23606797749979 / (double)(count - 1) * portable_exp(-process->parameters[d]);
        for (size_t i = 0; i < count; i++) {
            const double a = unit * (double)i, polynomial = 1 + a + a * a / 3;
            set_kernel(scale, i, polynomial * portable_exp(-a));
            scale->slope[i] = a * a * (1 + a) / 3 / polynomial;
        }
    }
}

static inline size_t distance(const struct scale *scale, cell a, cell b) {
    return !scale->ordered ? a != b : a > b ? a - b : b - a;
}

static double signal_variance(const struct process *process) {
    return portable_exp(process->parameters[process->dimensions]);
}

static double noise_variance(const struct process *process) {
    return portable_exp(process->parameters[process->dimensions + 1]);
}

/* The covariances of a place with points `first` to count - 1. */
static void covary(const struct process *process, const cell *place, size_t first, size_t count,
                   double *covariances) {
    const double signal = signal_variance(process);
    for (size_t i = first; i < count; i++)
        covariances[i] = signal;
    for (size_t d = 0; d < process->dimensions; d++) {
        const struct scale *scale = &process->scales[d];
        const cell *cells = &process->cells[d * process->capacity];
        if (scale->ordered) {
            cells_multiply(&covariances[first], &scale->kernel[scale->cells - 1 - place[d]],
                           &cells[first], count - first);
            continue;
        }
        const double other = scale->row[place[d]];
        scale->row[place[d]] = 1;
        cells_multiply(&covariances[first], scale->row, &cells[first], count - first);
        scale->row[place[d]] = other;
    }
}

static const cell *place_of(const struct process *process, size_t i) {
    for (size_t d = 0; d < process->dimensions; d++)
        process->place[d] = process->cells[d * process->capacity + i];
    return process->place;
}

/* y -= a x */
MULTIVERSION static void subtract(double *restrict y, const double *restrict x, double a,
                                  size_t count) {
    INDEPENDENT
    for (size_t i = 0; i < count; i++)
        y[i] -= a * x[i];
}

/* The sum of x[i] y[i], in four parts. */
static double product(const double *x, const double *y, size_t count) {
    double sums[4] = {0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (size_t k = 0; k < 4; k++)
            sums[k] += x[i + k] * y[i + k];
    for (; i < count; i++)
        sums[0] += x[i] * y[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* Solve L x = b in place, b being 0 before `first`. */
static void solve_lower(const struct process *process, double *b, size_t first, size_t count) {
    for (size_t j = first; j < count; j++) {
        const double *column = &process->factor[j * process->capacity];
        b[j] /= column[j];
        subtract(&b[j + 1], &column[j + 1], b[j], count - j - 1);
    }
}

/* Solve L' x = b in place. */
static void solve_upper(const struct process *process, double *b, size_t count) {
    for (size_t j = count; j-- > 0;) {
        const double *column = &process->factor[j * process->capacity];
        b[j] = (b[j] - product(&column[j + 1], &b[j + 1], count - j - 1)) / column[j];
    }
}

/* A pivot's root; one that rounding has left too small is raised. */
static double root(double pivot) {
    return sqrt(pivot > PIVOT_MIN ? pivot : PIVOT_MIN);
}

/* The covariance with its noise, factored. */
static void factorize(struct process *process, size_t count) {
    const size_t stride = process->capacity;
    const double noise = noise_variance(process);
    for (size_t j = 0; j < count; j++) {
        double *column = &process->factor[j * stride];
        covary(process, place_of(process, j), j, count, &process->covariances[j * stride]);
        memcpy(&column[j], &process->covariances[j * stride + j], (count - j) * sizeof *column);
        column[j] += noise * process->noise[j];
    }
    for (size_t j = 0; j < count; j++) {
        double *column = &process->factor[j * stride];
        column[j] = root(column[j]);
        for (size_t i = j + 1; i < count; i++)
            column[i] /= column[j];
        for (size_t k = j + 1; k < count; k++)
            subtract(&process->factor[k * stride + k], &column[k], column[k], count - k);
    }
}

void process_know(struct process *process, size_t count) {
    shape(process);
    factorize(process, count);
    memcpy(process->weights, process->values, count * sizeof *process->weights);
    solve_lower(process, process->weights, 0, count);
    solve_upper(process, process->weights, count);
    process->count = count;
}

/* Fitting. */

static void invert(struct process *process, size_t count) {
    for (size_t j = 0; j < count; j++) {
        double *column = &process->inverse[j * process->capacity];
        memset(column, 0, count * sizeof *column);
        column[j] = 1;
        solve_lower(process, column, j, count);
    }
}

/* Add what a pair of points says about the slope of the log likelihood: (5.9) of the book. */
static void add_pair(struct process *process, size_t i, size_t j, size_t count) {
    const size_t stride = process->capacity;
    const double inverse =
        product(&process->inverse[i * stride + i], &process->inverse[j * stride + i], count - i);
    const double own = process->weights[i] * process->weights[j] - inverse;
    const double signal = own * process->covariances[j * stride + i];
    double *slopes = process->slopes;
    slopes[process->dimensions] += i == j ? 0.5 * signal : signal;
    if (i == j)
        slopes[process->dimensions + 1] += 0.5 * own * noise_variance(process) * process->noise[i];
    for (size_t d = 0; d < process->dimensions && i != j; d++) {
        const cell *cells = &process->cells[d * stride];
        slopes[d] +=
            signal * process->scales[d].slope[distance(&process->scales[d], cells[i], cells[j])];
    }
}

/* Of the log posterior. */
static void find_slopes(struct process *process, size_t count) {
    process_know(process, count);
    invert(process, count);
    for (size_t p = 0; p < process->dimensions + 2; p++) {
        const struct prior *prior = prior_of(process, p);
        process->slopes[p] =
            (prior->center - process->parameters[p]) / prior->deviation / prior->deviation;
    }
    for (size_t j = 0; j < count; j++)
        for (size_t i = j; i < count; i++)
            add_pair(process, i, j, count);
}

/* A step of iRprop-: C. Igel, M. Huesken: "Empirical evaluation of the improved Rprop learning
 * algorithms", Neurocomputing 50, 2003. Only the signs of slopes count, so that it needs no line
 * search. */
static void step(struct process *process, size_t p) {
    const struct prior *prior = prior_of(process, p);
    double *parameter = &process->parameters[p], *size = &process->steps[p];
    double sign = (double)(process->slopes[p] > 0) - (double)(process->slopes[p] < 0);
    const double same = sign * process->signs[p];
    *size = same > 0 ? *size * 1.2 : same < 0 ? *size * 0.5 : *size;
    *size = *size > STEP_MAX ? STEP_MAX : *size < STEP_MIN ? STEP_MIN : *size;
    if (same < 0)
        sign = 0;
    process->signs[p] = sign;
    *parameter += sign * *size;
    *parameter = *parameter < prior->low    ? prior->low
                 : *parameter > prior->high ? prior->high
                                            : *parameter;
}

void process_fit(struct process *process, size_t count) {
    const size_t parameters = process->dimensions + 2;
    for (size_t p = 0; p < parameters; p++) {
        process->parameters[p] = prior_of(process, p)->center;
        process->steps[p] = STEP_FIRST;
        process->signs[p] = 0;
    }
    for (size_t i = 0; i < ITERATIONS; i++) {
        find_slopes(process, count);
        for (size_t p = 0; p < parameters; p++)
            step(process, p);
    }
}

/* What is expected. */

void process_expect(struct process *process) {
    const size_t count = process->count, stride = process->capacity;
    double *row = process->vector;
    covary(process, place_of(process, count), 0, count, row);
    solve_lower(process, row, 0, count);
    for (size_t j = 0; j < count; j++)
        process->factor[j * stride + count] = row[j];
    process->factor[count * stride + count] =
        root(signal_variance(process) + noise_variance(process) * process->noise[count] -
             product(row, row, count));
    process->weights[count] = 0;
    process->count++;
}

/* One point by itself leaves no less variance than all of them. */
void process_predict(struct process *process, const cell *place, double *mean,
                     double *variance_max) {
    const double signal = signal_variance(process), noise = noise_variance(process);
    double *row = process->vector, least = signal;
    covary(process, place, 0, process->count, row);
    *mean = product(row, process->weights, process->count);
    for (size_t i = 0; i < process->count; i++) {
        const double left = signal - row[i] * row[i] / (signal + noise * process->noise[i]);
        least = left < least ? left : least;
    }
    *variance_max = least;
}

double process_variance(struct process *process) {
    solve_lower(process, process->vector, 0, process->count);
    return signal_variance(process) - product(process->vector, process->vector, process->count);
}
