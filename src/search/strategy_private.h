/* What the methods of searching share. Used by strategy.c and the methods' files alone. */
#ifndef SWEEP_SEARCH_STRATEGY_PRIVATE_H
#define SWEEP_SEARCH_STRATEGY_PRIVATE_H

#include "base/arena.h"
#include "base/random.h"
#include "search/strategy.h"

/* The points in the order in which they were asked for, and what is known of them. */
struct history {
    size_t count, capacity;
    size_t told;          /* how many have a result */
    double *points;       /* count x dimensions */
    double *means;        /* count x objectives; +infinity: diverged */
    double *variances;    /* count x objectives; NaN: unknown */
    double *seeds;        /* count */
    double *completeness; /* count; NaN: pending */
};

/* The numbers that are drawn for one point, one after the other. */
struct draws {
    struct random_source source;
    uint64_t next;
};

struct strategy {
    const struct strategy_method *method;
    const char *chose_by;
    const struct domain *domain;
    struct strategy_options options;
    struct arena arena;
    struct history history;
    uint32_t *table; /* hash table of points: number + 1; 0: free */
    size_t table_size;
    bool listable;            /* few enough points that all may be looked at, one by one */
    double *units;            /* room for a point's numbers */
    double *other, *replayed; /* room for a point each */
    enum strategy_answer answer;
    void *own; /* the method's */
};

struct strategy_method {
    const char *name;
    bool learns;
    enum status (*init)(struct strategy *strategy, struct error *error); /* NULL: nothing to do */
    /* The point, or another answer than STRATEGY_POINT. */
    enum status (*ask)(struct strategy *strategy, double *point, enum strategy_answer *answer,
                       struct error *error);
    /* The history has the results already; NULL: nothing to do. */
    enum status (*tell)(struct strategy *strategy, struct error *error);
};

extern const struct strategy_method strategy_grid, strategy_random, strategy_sobol, strategy_tpe,
    strategy_gp;

/* The numbers for the point that is asked for now. */
struct draws strategy_draws(const struct strategy *strategy);
static inline double draw(struct draws *draws) {
    return random_unit(draws->source, draws->next++);
}

/* A number of which four binary digits count, for what is made anew only now and then as points
 * become more. */
size_t strategy_rounded(size_t count);

/* Whether a point may be given: it is possible and allowed, and was not given. */
bool strategy_may(const struct strategy *strategy, const double *point);

/* A random point of the domain's distribution, which may be given or not. */
void strategy_draw_any(struct strategy *strategy, struct draws *draws, double *point);

/* A random point that may be given. Where drawing does not find any, the first one after a random
 * place in the domain's order. */
enum strategy_answer strategy_draw_point(struct strategy *strategy, struct draws *draws,
                                         double *point);

#endif
