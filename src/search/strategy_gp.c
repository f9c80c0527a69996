/* Bayesian optimisation: the point with the greatest expected improvement, by a Gaussian process
 * (process.h): D. Jones, M. Schonlau, W. Welch: "Efficient global optimization of expensive
 * black-box functions", 1998. What is improved on is the lowest mean that is expected at a point
 * that was asked for, since results are noisy. A pending point counts as if it had given what is
 * expected of it (D. Ginsbourger, R. Le Riche, L. Carraro: "Kriging is well-suited to parallelize
 * optimization", 2010).
 *
 * Of several objectives each choice takes another weighted Tchebycheff norm: J. Knowles: "ParEGO",
 * 2006.
 *
 * The fit is made anew from the first results when their number has grown by some part, and so
 * depends on these alone. tpe takes the first choices, which are random, and those with so many
 * results that this would take too long. */
#include "math/portable.h"
#include "search/cells.h"
#include "search/process.h"
#include "search/strategy_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM 300 /* points that are looked at */
#define TOP 3      /* of them, and of the points with results, the search goes on from so many, */
#define MOVES 20   /* and at most so many steps from each */
#define NEARBY 6   /* places in a dimension with many cells that are looked at from one */
#define SHIFT 0.1  /* log(value - lowest + SHIFT (median - lowest)) is what is modelled */

#define PENDING_NOISE 1e-4 /* of a result's, so that a batch goes on elsewhere */
#define APART 0.02         /* how far a pending point is left in continuous dimensions */
#define USUAL 4            /* seeds that the usual noise counts as */
#define BLEND 0.05         /* of ParEGO's sum in its norm */
#define VALUE_MAX 1e150    /* beyond it a value counts as diverged */

/* A point with its expected improvement. */
struct choice {
    double improvement;
    double *point;
};

struct gp {
    void *tpe; /* what tpe remembers */
    struct process process;
    size_t told;       /* points with results */
    uint32_t *numbers; /* of the points of the process: those with results first */
    double *values, *noise, *slopes, *sorted; /* room for a number a point */
    uint64_t fitted; /* digest of what the parameters were fitted to; 0: nothing */
    double lowest;   /* mean that is expected at a point that was asked for */
    cell *cells, *place;
    struct choice tops[2 * TOP], best; /* where to search from, and the best that may be given */
    double *here, *next, *trial;       /* room for a point each */
};

static enum status init(struct strategy *strategy, struct error *error) {
    struct arena *arena = &strategy->arena;
    const size_t dimensions = strategy->domain->count;
    enum status status = strategy_tpe.init(strategy, error);
    struct gp *gp = ARENA_NEW(arena, struct gp, 1);
    if (status != STATUS_OK || !gp)
        return status == STATUS_OK ? error_memory(error) : status;
    gp->tpe = strategy->own;
    strategy->own = gp;
    gp->numbers = ARENA_NEW(arena, uint32_t, STRATEGY_GP_MAX);
    gp->values = ARENA_NEW(arena, double, STRATEGY_GP_MAX);
    gp->noise = ARENA_NEW(arena, double, STRATEGY_GP_MAX);
    gp->slopes = ARENA_NEW(arena, double, STRATEGY_GP_MAX);
    gp->sorted = ARENA_NEW(arena, double, STRATEGY_GP_MAX);
    gp->cells = ARENA_NEW(arena, cell, dimensions + 1);
    gp->place = ARENA_NEW(arena, cell, dimensions + 1);
    gp->here = ARENA_NEW(arena, double, dimensions + 1);
    gp->next = ARENA_NEW(arena, double, dimensions + 1);
    gp->trial = ARENA_NEW(arena, double, dimensions + 1);
    gp->best.point = ARENA_NEW(arena, double, dimensions + 1);
    for (size_t i = 0; i < 2 * TOP; i++)
        gp->tops[i].point = ARENA_NEW(arena, double, dimensions + 1);
    return process_init(&gp->process, strategy->domain, STRATEGY_GP_MAX, arena)
               ? STATUS_OK
               : error_memory(error);
}

/* What is modelled. */

static bool is_value(double value) {
    return fabs(value) < VALUE_MAX;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values that diverged become the largest of the others; false if there are none. `sorted` becomes
 * all, sorted. */
static bool replace_diverged(double *values, double *sorted, size_t count) {
    double largest = -VALUE_MAX;
    for (size_t i = 0; i < count; i++)
        if (is_value(values[i]) && values[i] > largest)
            largest = values[i];
    for (size_t i = 0; i < count; i++)
        sorted[i] = values[i] = is_value(values[i]) ? values[i] : largest;
    qsort(sorted, count, sizeof *sorted, by_value);
    return largest > -VALUE_MAX;
}

static void standardize(double *values, size_t count) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    for (size_t i = 0; i < count; i++) {
        values[i] -= sum / (double)count;
        squares += values[i] * values[i];
    }
    const double deviation = sqrt(squares / (double)count);
    for (size_t i = 0; i < count; i++)
        values[i] = deviation > 0 ? values[i] / deviation : 0;
}

/* To logarithms, so that differences among the best count, with mean 0 and variance 1; slopes[i]
 * becomes what a small difference of values[i] is multiplied by, but for the last step. */
static void transform(double *values, double *slopes, double *sorted, size_t count) {
    const bool some = replace_diverged(values, sorted, count);
    const double lowest = sorted[0], middle = sorted[count / 2], highest = sorted[count - 1];
    const double shift = SHIFT * ((middle > lowest ? middle : highest) - lowest);
    for (size_t i = 0; i < count; i++) {
        const double above = some && shift > 0 ? values[i] - lowest + shift : 1;
        slopes[i] = 1 / above;
        values[i] = portable_log(above);
    }
    standardize(values, count);
}

/* The objective of the first `count` points. */
static void take_objective(const struct strategy *strategy, struct gp *gp, size_t objective,
                           size_t count, double *values) {
    const struct history *history = &strategy->history;
    for (size_t i = 0; i < count; i++)
        values[i] = history->means[gp->numbers[i] * strategy->options.objectives + objective];
    transform(values, gp->slopes, gp->sorted, count);
}

/* A seed's variance at a point as the model sees it; NaN where it is not known. */
static double seed_variance(const struct strategy *strategy, const struct gp *gp, size_t i) {
    const struct history *history = &strategy->history;
    const size_t number = gp->numbers[i];
    return history->seeds[number] * history->variances[number] * gp->slopes[i] * gp->slopes[i];
}

/* The noise of the first `count` points relative to that of one seed: less with more seeds, and
 * where seeds differ less than usual. Few seeds tell that badly, so that the usual, the median over
 * points, counts as USUAL seeds more. Of several objectives the seeds alone count. */
static void take_noise(const struct strategy *strategy, struct gp *gp, size_t count) {
    const struct history *history = &strategy->history;
    size_t known = 0;
    for (size_t i = 0; i < count && strategy->options.objectives == 1; i++)
        if (seed_variance(strategy, gp, i) < VALUE_MAX)
            gp->sorted[known++] = seed_variance(strategy, gp, i);
    if (known > 0)
        qsort(gp->sorted, known, sizeof *gp->sorted, by_value);
    const double usual = known > 0 ? gp->sorted[known / 2] : 0;
    for (size_t i = 0; i < count; i++) {
        const double seeds = history->seeds[gp->numbers[i]], own = seed_variance(strategy, gp, i);
        gp->noise[i] = 1 / seeds;
        if (usual > 0 && own < VALUE_MAX)
            gp->noise[i] *= (USUAL + (seeds - 1) * own / usual) / (USUAL + seeds - 1);
    }
}

/* Numbers from 0 to 1 with sum 1, equally likely. */
static void draw_weights(struct draws *draws, size_t count, double *weights) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i] = -portable_log(1 - draw(draws));
    for (size_t i = 0; i < count; i++)
        weights[i] /= sum;
}

/* The values of the first `count` points in one number each, and their noise. */
static void take_values(const struct strategy *strategy, struct gp *gp, const double *weights,
                        size_t count) {
    const size_t objectives = strategy->options.objectives;
    double own[STRATEGY_GP_MAX];
    take_objective(strategy, gp, 0, count, gp->values);
    take_noise(strategy, gp, count);
    if (objectives == 1)
        return;
    double largest[STRATEGY_GP_MAX] = {0}, sum[STRATEGY_GP_MAX] = {0};
    for (size_t objective = 0; objective < objectives; objective++) {
        take_objective(strategy, gp, objective, count, own);
        for (size_t i = 0; i < count; i++) {
            const double part = weights[objective] * own[i];
            largest[i] = objective == 0 || part > largest[i] ? part : largest[i];
            sum[i] += part;
        }
    }
    for (size_t i = 0; i < count; i++)
        gp->values[i] = largest[i] + BLEND * sum[i];
    standardize(gp->values, count);
}

/* The points with results, then those without; in the order of their numbers. */
static void gather(const struct strategy *strategy, struct gp *gp) {
    const struct history *history = &strategy->history;
    size_t count = 0;
    for (size_t pending = 0; pending < 2; pending++) {
        for (size_t i = 0; i < history->count; i++)
            if (isnan(history->completeness[i]) == (pending == 1))
                gp->numbers[count++] = (uint32_t)i;
        gp->told = pending == 0 ? count : gp->told;
    }
}

static void set_place(const struct strategy *strategy, struct gp *gp, const double *point,
                      double completeness) {
    cells_of(strategy->domain, point, gp->cells);
    process_place(&gp->process, gp->cells, completeness, gp->place);
}

static const double *point_at(const struct strategy *strategy, const struct gp *gp, size_t i) {
    return &strategy->history.points[gp->numbers[i] * strategy->domain->count];
}

static void set_points(const struct strategy *strategy, struct gp *gp) {
    const struct history *history = &strategy->history;
    for (size_t i = 0; i < history->count; i++) {
        const bool is_told = i < gp->told;
        const size_t number = gp->numbers[i];
        set_place(strategy, gp, point_at(strategy, gp, i),
                  is_told ? history->completeness[number] : 1);
        process_set(&gp->process, i, gp->place, is_told ? gp->values[i] : 0,
                    is_told ? gp->noise[i] : PENDING_NOISE);
    }
}

/* A digest of the first `count` points of the process; not 0. */
static uint64_t digest(const struct gp *gp, size_t count) {
    uint64_t hash = count, bits;
    for (size_t i = 0; i < count; i++) {
        const double sum = gp->process.values[i] + 1e3 * gp->process.noise[i];
        memcpy(&bits, &sum, sizeof bits);
        hash = (hash ^ bits ^ gp->numbers[i]) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29;
    }
    return hash | 1;
}

static void fit(struct strategy *strategy, struct gp *gp, const double *weights) {
    const size_t count = strategy_rounded(gp->told);
    take_values(strategy, gp, weights, count);
    set_points(strategy, gp);
    const uint64_t own = digest(gp, count);
    if (own != gp->fitted)
        process_fit(&gp->process, count);
    gp->fitted = own;
}

static void model(struct strategy *strategy, struct gp *gp, struct draws *draws) {
    double weights[STRATEGY_OBJECTIVES_MAX];
    draw_weights(draws, strategy->options.objectives, weights);
    gather(strategy, gp);
    fit(strategy, gp, weights);
    take_values(strategy, gp, weights, gp->told);
    set_points(strategy, gp);
    process_know(&gp->process, gp->told);
    for (size_t i = gp->told; i < strategy->history.count; i++)
        process_expect(&gp->process);
}

/* Choosing. */

static double improvement_of(double gain, double variance) {
    const double deviation = sqrt(variance > 1e-12 ? variance : 1e-12), z = gain / deviation,
                 density = portable_normal_density(z);
    return deviation *
           (z > 0 ? z * portable_normal(z) + density : density * (1 + z * portable_mills(z)));
}

/* The expected improvement; where it can't be above `least`, something that is not either. */
static double expected_improvement(struct strategy *strategy, struct gp *gp, const double *point,
                                   double least) {
    double mean, variance_max;
    set_place(strategy, gp, point, 1);
    process_predict(&gp->process, gp->place, &mean, &variance_max);
    const double most = improvement_of(gp->lowest - mean, variance_max);
    return most <= least ? most : improvement_of(gp->lowest - mean, process_variance(&gp->process));
}

/* Take a point that may be given among the best `count`, which are sorted. */
static void enter(struct choice *choices, size_t count, double improvement, const double *point,
                  size_t dimensions) {
    size_t i = count - 1;
    if (improvement <= choices[i].improvement)
        return;
    double *room = choices[i].point;
    for (; i > 0 && improvement > choices[i - 1].improvement; i--)
        choices[i] = choices[i - 1];
    choices[i] = (struct choice){improvement, room};
    memcpy(room, point, dimensions * sizeof *room);
}

static void clear(struct choice *choices, size_t count) {
    for (size_t i = 0; i < count; i++)
        choices[i].improvement = -(double)INFINITY;
}

/* The points that were asked for at which the least is expected, and that expectation. Those that
 * are pending count, or a batch would be one place many times: near a pending point that is better
 * than all results an improvement on these is certain, but it brings nothing more. */
static void look_at_points(struct strategy *strategy, struct gp *gp, struct choice *tops) {
    clear(tops, TOP);
    for (size_t i = 0; i < strategy->history.count; i++) {
        double mean, variance_max;
        set_place(strategy, gp, point_at(strategy, gp, i), 1);
        process_predict(&gp->process, gp->place, &mean, &variance_max);
        enter(tops, TOP, -mean, point_at(strategy, gp, i), strategy->domain->count);
    }
    gp->lowest = -tops[0].improvement;
}

/* Whether a pending point differs from this one in nothing but a little in continuous dimensions.
 * Where the model is sure of the best place, it expects as good as nothing of all others, and would
 * take a batch's points side by side there. */
static bool is_near_pending(const struct strategy *strategy, const struct gp *gp,
                            const double *point) {
    const struct domain *domain = strategy->domain;
    for (size_t i = gp->told; i < strategy->history.count; i++) {
        const double *pending = point_at(strategy, gp, i);
        bool near = true;
        for (size_t d = 0; d < domain->count && near; d++) {
            const double apart = domain->dimensions[d].kind == DIMENSION_CONTINUOUS ? APART : 0;
            near = isnan(point[d]) ? isnan(pending[d]) : fabs(point[d] - pending[d]) <= apart;
        }
        if (near)
            return true;
    }
    return false;
}

static bool may(const struct strategy *strategy, const struct gp *gp, const double *point) {
    return strategy_may(strategy, point) && !is_near_pending(strategy, gp, point);
}

static void look_at_random(struct strategy *strategy, struct gp *gp, struct draws *draws,
                           struct choice *tops) {
    clear(tops, TOP);
    for (size_t i = 0; i < RANDOM; i++) {
        strategy_draw_any(strategy, draws, gp->trial);
        if (may(strategy, gp, gp->trial))
            enter(tops, TOP,
                  expected_improvement(strategy, gp, gp->trial, tops[TOP - 1].improvement),
                  gp->trial, strategy->domain->count);
    }
}

/* How many other values of a dimension are looked at from a point. */
static size_t nearby_count(const struct dimension *dimension) {
    const bool few = dimension->kind != DIMENSION_CONTINUOUS && dimension->levels <= 16;
    return few ? dimension->levels - 1 : NEARBY;
}

/* The i-th of them: each other level, a random category, or a place at a random distance, from the
 * next one to half the dimension's width away, whose logarithm is uniform. */
static double nearby(const struct dimension *dimension, double value, size_t i,
                     struct draws *draws) {
    const bool continuous = dimension->kind == DIMENSION_CONTINUOUS;
    const double width = continuous ? 1 : (double)(dimension->levels - 1),
                 least = continuous ? 0.001 : 1;
    if (nearby_count(dimension) + 1 == dimension->levels)
        return (double)i + (double)((double)i >= value);
    if (dimension->kind == DIMENSION_CATEGORICAL)
        return domain_value(dimension, draw(draws));
    double shift = least * portable_power(width / 2 / least, draw(draws));
    shift = continuous ? shift : floor(shift);
    const double other = draw(draws) < 0.5 ? value - shift : value + shift;
    return other < 0 || other > width || (continuous && other >= 1) ? value : other;
}

/* `point` with another value in a dimension; what begins to exist by that is random. */
static void change(const struct domain *domain, const double *point, size_t d, double value,
                   struct draws *draws, double *changed) {
    memcpy(changed, point, domain->count * sizeof *changed);
    changed[d] = value;
    for (size_t i = d + 1; i < domain->count; i++)
        if (!domain_exists(domain, changed, i))
            changed[i] = (double)NAN;
        else if (isnan(changed[i]))
            changed[i] = domain_value(&domain->dimensions[i], draw(draws));
}

/* The best of the points that differ from `here` in one dimension into `next`, if its improvement,
 * which is returned, is above `best`. */
static double look_around(struct strategy *strategy, struct gp *gp, struct draws *draws,
                          double best) {
    const struct domain *domain = strategy->domain;
    for (size_t d = 0; d < domain->count; d++) {
        const struct dimension *dimension = &domain->dimensions[d];
        for (size_t i = 0; !isnan(gp->here[d]) && i < nearby_count(dimension); i++) {
            change(domain, gp->here, d, nearby(dimension, gp->here[d], i, draws), draws, gp->trial);
            if (!may(strategy, gp, gp->trial))
                continue;
            const double own = expected_improvement(strategy, gp, gp->trial, best);
            if (own > best) {
                best = own;
                memcpy(gp->next, gp->trial, domain->count * sizeof *gp->next);
            }
        }
    }
    return best;
}

/* From a point to better and better ones; the last one is entered as the best if it is that. */
static void climb(struct strategy *strategy, struct gp *gp, struct draws *draws,
                  const double *point, double improvement) {
    const size_t dimensions = strategy->domain->count;
    memcpy(gp->here, point, dimensions * sizeof *gp->here);
    for (size_t i = 0; i < MOVES; i++) {
        const double next = look_around(strategy, gp, draws, improvement);
        if (next <= improvement)
            break;
        improvement = next;
        memcpy(gp->here, gp->next, dimensions * sizeof *gp->here);
    }
    if (improvement > -(double)INFINITY)
        enter(&gp->best, 1, improvement, gp->here, dimensions);
}

static enum strategy_answer choose(struct strategy *strategy, struct gp *gp, struct draws *draws,
                                   double *point) {
    struct choice *results = gp->tops, *drawn = gp->tops + TOP;
    clear(&gp->best, 1);
    look_at_points(strategy, gp, results);
    look_at_random(strategy, gp, draws, drawn);
    for (size_t i = 0; i < 2 * TOP; i++)
        if (gp->tops[i].improvement > -(double)INFINITY)
            climb(strategy, gp, draws, gp->tops[i].point,
                  i < TOP ? -(double)INFINITY : gp->tops[i].improvement);
    if (gp->best.improvement == -(double)INFINITY)
        return strategy_draw_point(strategy, draws, point);
    memcpy(point, gp->best.point, strategy->domain->count * sizeof *point);
    return STRATEGY_POINT;
}

static enum status ask(struct strategy *strategy, double *point, enum strategy_answer *answer,
                       struct error *error) {
    struct gp *gp = strategy->own;
    struct draws draws = strategy_draws(strategy);
    enum status status = STATUS_OK;
    if (strategy->history.told < STRATEGY_START || strategy->history.count >= STRATEGY_GP_MAX) {
        strategy->chose_by = strategy_tpe.name;
        strategy->own = gp->tpe;
        status = strategy_tpe.ask(strategy, point, answer, error);
        strategy->own = gp;
        return status;
    }
    model(strategy, gp, &draws);
    *answer = choose(strategy, gp, &draws, point);
    return status;
}

static enum status tell(struct strategy *strategy, struct error *error) {
    struct gp *gp = strategy->own;
    strategy->own = gp->tpe;
    const enum status status = strategy_tpe.tell(strategy, error);
    strategy->own = gp;
    return status;
}

const struct strategy_method strategy_gp = {
    .name = "gp", .learns = true, .init = init, .ask = ask, .tell = tell};
