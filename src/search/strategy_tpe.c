/* The tree-structured Parzen estimator: J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl: "Algorithms
 * for hyper-parameter optimization", NIPS 2011; with one product kernel a point for all dimensions,
 * as S. Falkner, A. Klein, F. Hutter have it ("BOHB", ICML 2018).
 *
 * The best points so far are the good ones, the others, those that are pending included, the bad
 * ones. Of some draws from the density of the good ones, that one is given where the density of the
 * good is the most times that of the bad. All densities are taken relative to the domain's
 * distribution, and its own is one kernel more in each group.
 *
 * A dimension that does not exist at one of two points says nothing about them: that they differ is
 * in its parent's kernel already. Where it exists at a candidate but not at a kernel's point, the
 * kernel has the domain's distribution. */
#include "math/portable.h"
#include "search/cells.h"
#include "search/rank.h"
#include "search/strategy_private.h"

#include <math.h>
#include <string.h>

#define CANDIDATES 64       /* draws from the good ones, of which the best is taken; */
#define CANDIDATES_LATE 24  /* with so many points that each takes long */
#define LATE 1000           /* points */
#define GOOD_SHARE 0.1      /* of the results are good, */
#define GOOD_MAX 25         /* and no more than this */
#define BANDWIDTH 0.2       /* of a dimension's width, with one point */
#define BANDWIDTH_PARTS 100 /* of it no kernel is narrower than this part */

/* A kernel's shape in a dimension. */
struct kernel {
    size_t cells; /* how many the dimension has */
    bool ordered;
    double *near;   /* ordered: the mass at a distance, before it is cut at the dimension's ends */
    double *sums;   /* ordered: sums[i] is that of near[0 .. i] */
    double *within; /* ordered: 1 / the mass within the dimension, by the kernel's cell */
    double spread;  /* not ordered: what the domain's distribution has beside 1 for the own cell */
};

struct group {
    size_t count, shaped_for; /* points; the number for which the kernels are shaped */
    struct kernel *kernels;   /* a dimension each */
};

struct tpe {
    struct rank *rank;
    size_t capacity, encoded;
    cell *cells;      /* of the points, dimension by dimension; CELL_NONE as the number of cells */
    double *products; /* room for a number a point */
    bool *is_good;    /* of the points */
    uint32_t good[GOOD_MAX];
    cell *good_cells; /* as cells, GOOD_MAX a dimension */
    struct group best, rest;
    cell *candidate;
    double *row; /* room for a number a cell of any dimension, and one more */
};

static bool make_group(struct strategy *strategy, struct group *group) {
    const struct domain *domain = strategy->domain;
    group->kernels = ARENA_NEW(&strategy->arena, struct kernel, domain->count + 1);
    for (size_t d = 0; group->kernels && d < domain->count; d++) {
        struct kernel *kernel = &group->kernels[d];
        kernel->cells = cells_count(&domain->dimensions[d]);
        kernel->ordered = cells_are_ordered(&domain->dimensions[d]);
        if (!kernel->ordered)
            continue;
        kernel->near = ARENA_NEW(&strategy->arena, double, kernel->cells);
        kernel->sums = ARENA_NEW(&strategy->arena, double, kernel->cells);
        kernel->within = ARENA_NEW(&strategy->arena, double, kernel->cells);
    }
    return !strategy->arena.failed;
}

static enum status init(struct strategy *strategy, struct error *error) {
    struct tpe *tpe = ARENA_NEW(&strategy->arena, struct tpe, 1);
    const size_t dimensions = strategy->domain->count;
    size_t cells = 0;
    strategy->own = tpe;
    if (!tpe || !make_group(strategy, &tpe->best) || !make_group(strategy, &tpe->rest))
        return error_memory(error);
    for (size_t d = 0; d < dimensions; d++)
        if (tpe->best.kernels[d].cells > cells)
            cells = tpe->best.kernels[d].cells;
    tpe->row = ARENA_NEW(&strategy->arena, double, cells + 1);
    tpe->candidate = ARENA_NEW(&strategy->arena, cell, dimensions + 1);
    tpe->good_cells = ARENA_NEW(&strategy->arena, cell, dimensions * GOOD_MAX + 1);
    tpe->rank = rank_new(&strategy->arena);
    return strategy->arena.failed ? error_memory(error) : STATUS_OK;
}

static bool grow(struct strategy *strategy, struct tpe *tpe, size_t capacity) {
    const size_t dimensions = strategy->domain->count;
    cell *cells = ARENA_NEW(&strategy->arena, cell, capacity * dimensions + 1);
    tpe->products = ARENA_NEW(&strategy->arena, double, capacity);
    tpe->is_good = ARENA_NEW(&strategy->arena, bool, capacity);
    if (!cells || !tpe->products || !tpe->is_good)
        return false;
    for (size_t d = 0; d < dimensions && tpe->encoded > 0; d++)
        memcpy(&cells[d * capacity], &tpe->cells[d * tpe->capacity], tpe->encoded * sizeof *cells);
    tpe->cells = cells;
    tpe->capacity = capacity;
    return true;
}

/* The points that are new, in cells. */
static bool encode(struct strategy *strategy, struct tpe *tpe) {
    const struct history *history = &strategy->history;
    const size_t dimensions = strategy->domain->count;
    if (tpe->capacity < history->capacity && !grow(strategy, tpe, history->capacity))
        return false;
    for (size_t i = tpe->encoded; i < history->count; i++) {
        cells_of(strategy->domain, &history->points[i * dimensions], tpe->candidate);
        for (size_t d = 0; d < dimensions; d++)
            tpe->cells[d * tpe->capacity + i] = tpe->candidate[d] == CELL_NONE
                                                    ? (cell)tpe->best.kernels[d].cells
                                                    : tpe->candidate[d];
    }
    tpe->encoded = history->count;
    return true;
}

/* Kernels. */

/* A Gaussian on the cells, integrated over each, and cut at the dimension's ends. */
static void shape_ordered(struct kernel *kernel, double sigma) {
    double below = 0.5, sum = 0;
    for (size_t i = 0; i < kernel->cells; i++) {
        const double edge = ((double)i + 0.5) / sigma;
        const double next = edge < 9 ? portable_normal(edge) : 1;
        kernel->near[i] = i == 0 ? 2 * (next - below) : next - below;
        kernel->sums[i] = sum += kernel->near[i];
        below = next;
    }
    for (size_t i = 0; i < kernel->cells; i++)
        kernel->within[i] =
            1 / (kernel->sums[i] + kernel->sums[kernel->cells - 1 - i] - kernel->near[0]);
}

/* Kernels for `count` points. */
static void shape(struct group *group, size_t count, size_t dimensions) {
    const size_t rounded = strategy_rounded(count);
    group->count = count;
    if (group->shaped_for == rounded)
        return;
    group->shaped_for = rounded;
    const double m = (double)rounded, parts = m + 2 < BANDWIDTH_PARTS ? m + 2 : BANDWIDTH_PARTS;
    const double scott = BANDWIDTH * portable_power(m, -1 / ((double)dimensions + 4));
    const double width = scott > 1 / parts ? scott : 1 / parts;
    for (size_t d = 0; d < dimensions; d++)
        if (group->kernels[d].ordered)
            shape_ordered(&group->kernels[d], (double)(group->kernels[d].cells - 1) * width);
        else
            group->kernels[d].spread = (double)group->kernels[d].cells / (m + 1);
}

/* row[i] becomes what the kernel at cell i has in cell `at`, as a multiple of the probability
 * there; one that does not exist has 1. */
static void fill_row(const struct kernel *kernel, cell at, double probability, double *row) {
    const double share = 1 / probability;
    for (cell i = 0; i < kernel->cells; i++)
        if (kernel->ordered)
            row[i] = kernel->near[at > i ? at - i : i - at] * kernel->within[i] * share;
        else
            row[i] = (kernel->spread + (at == i ? share : 0)) / (kernel->spread + 1);
    row[kernel->cells] = 1;
}

/* products[i] becomes the product kernel at point i, at the candidate. */
static void fill_products(struct strategy *strategy, const struct group *group, const cell *cells,
                          size_t stride, size_t count) {
    const struct tpe *tpe = strategy->own;
    for (size_t i = 0; i < count; i++)
        tpe->products[i] = 1;
    for (size_t d = 0; d < strategy->domain->count; d++) {
        if (tpe->candidate[d] == CELL_NONE)
            continue;
        fill_row(&group->kernels[d], tpe->candidate[d],
                 cell_probability(&strategy->domain->dimensions[d], tpe->candidate[d]), tpe->row);
        cells_multiply(tpe->products, tpe->row, &cells[d * stride], count);
    }
}

/* Drawing from the good ones. */

/* The mass of the kernel in cells 0 to `at`. */
static double mass_to(const struct kernel *kernel, cell center, cell at) {
    if (at < center)
        return kernel->sums[center] - kernel->sums[center - at - 1];
    return kernel->sums[center] + kernel->sums[at - center] - kernel->near[0];
}

static cell draw_ordered(const struct kernel *kernel, cell center, double unit) {
    const double mass = unit / kernel->within[center];
    cell low = 0, high = (cell)kernel->cells - 1;
    while (low < high) {
        const cell middle = low + (high - low) / 2;
        if (mass_to(kernel, center, middle) > mass)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The value in a dimension of a draw from a kernel. */
static double draw_value(const struct kernel *kernel, const struct dimension *dimension,
                         cell center, double unit, struct draws *draws) {
    const double own = 1 / (kernel->spread + 1); /* not ordered: to be in the own cell, at least */
    if (center == kernel->cells)
        return domain_value(dimension, unit);
    if (kernel->ordered)
        return cell_value(dimension, draw_ordered(kernel, center, unit), draw(draws));
    return unit < own ? cell_value(dimension, center, draw(draws))
                      : domain_value(dimension, (unit - own) / (1 - own));
}

/* A draw from the good ones' density: from one of their kernels or from the domain. */
static void draw_good(struct strategy *strategy, struct draws *draws, double *point) {
    const struct tpe *tpe = strategy->own;
    const struct domain *domain = strategy->domain;
    const size_t which = (size_t)(draw(draws) * (double)(tpe->best.count + 1));
    for (size_t d = 0; d < domain->count; d++) {
        const double unit = draw(draws);
        const struct kernel *kernel = &tpe->best.kernels[d];
        const cell center =
            which < tpe->best.count ? tpe->good_cells[d * GOOD_MAX + which] : (cell)kernel->cells;
        point[d] = domain_exists(domain, point, d)
                       ? draw_value(kernel, &domain->dimensions[d], center, unit, draws)
                       : (double)NAN;
    }
}

/* Choosing. */

/* The density of the good ones over that of the bad ones. */
static double score(struct strategy *strategy, struct tpe *tpe, const double *point) {
    double best = 1, rest = 1;
    cells_of(strategy->domain, point, tpe->candidate);
    fill_products(strategy, &tpe->best, tpe->good_cells, GOOD_MAX, tpe->best.count);
    for (size_t i = 0; i < tpe->best.count; i++)
        best += tpe->products[i];
    fill_products(strategy, &tpe->rest, tpe->cells, tpe->capacity, tpe->encoded);
    for (size_t i = 0; i < tpe->encoded; i++)
        rest += tpe->is_good[i] ? 0 : tpe->products[i];
    return best / (double)(tpe->best.count + 1) * (double)(tpe->rest.count + 1) / rest;
}

static void split(struct strategy *strategy, struct tpe *tpe) {
    const struct history *history = &strategy->history;
    const size_t dimensions = strategy->domain->count,
                 wanted = (size_t)(GOOD_SHARE * (double)history->told + 0.999999),
                 count = rank_best(tpe->rank, wanted < GOOD_MAX ? wanted : GOOD_MAX, tpe->good);
    memset(tpe->is_good, 0, history->count * sizeof *tpe->is_good);
    for (size_t i = 0; i < count; i++) {
        tpe->is_good[tpe->good[i]] = true;
        for (size_t d = 0; d < dimensions; d++)
            tpe->good_cells[d * GOOD_MAX + i] = tpe->cells[d * tpe->capacity + tpe->good[i]];
    }
    shape(&tpe->best, count, dimensions);
    shape(&tpe->rest, history->count - count, dimensions);
}

/* The best of some draws that may be given; where none may, a random point. */
static enum strategy_answer choose(struct strategy *strategy, struct draws *draws, double *point) {
    struct tpe *tpe = strategy->own;
    const size_t bytes = strategy->domain->count * sizeof *point;
    const size_t count = strategy->history.count < LATE ? CANDIDATES : CANDIDATES_LATE;
    double *candidate = strategy->other, largest = -1;
    for (size_t i = 0; i < count; i++) {
        draw_good(strategy, draws, candidate);
        if (!strategy_may(strategy, candidate))
            continue;
        const double own = score(strategy, tpe, candidate);
        if (own > largest) {
            largest = own;
            memcpy(point, candidate, bytes);
        }
    }
    return largest < 0 ? strategy_draw_point(strategy, draws, point) : STRATEGY_POINT;
}

static enum status ask(struct strategy *strategy, double *point, enum strategy_answer *answer,
                       struct error *error) {
    struct draws draws = strategy_draws(strategy);
    if (strategy->history.told < STRATEGY_START) {
        strategy->chose_by = strategy_random.name;
        *answer = strategy_draw_point(strategy, &draws, point);
        return STATUS_OK;
    }
    if (!encode(strategy, strategy->own))
        return error_memory(error);
    split(strategy, strategy->own);
    *answer = choose(strategy, &draws, point);
    return STATUS_OK;
}

static enum status tell(struct strategy *strategy, struct error *error) {
    struct tpe *tpe = strategy->own;
    return rank_update(tpe->rank, &strategy->history, strategy->options.objectives,
                       &strategy->arena)
               ? STATUS_OK
               : error_memory(error);
}

const struct strategy_method strategy_tpe = {
    .name = "tpe", .learns = true, .init = init, .ask = ask, .tell = tell};
