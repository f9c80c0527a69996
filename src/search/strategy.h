/* Strategies: what chooses the points of a domain that are tried next.
 *
 * A strategy's state is a function of its method, domain and options, of the points it was asked
 * for and of the results it was told: of nothing else, so that a search can be replayed. Random
 * numbers are counter-based, and the arithmetic is that of IEEE operations in a fixed order with no
 * library's functions in it, so that the points are the same on every machine.
 *
 * Points are numbered from 0 in the order in which they were asked for. Results may come in any
 * order and late: a point without a result is pending, and the strategy knows of it. A search that
 * has to choose the same points whatever the machine does, tells results between the same asks each
 * time (in batches of a fixed size, for instance); within a batch their order doesn't matter. */
#ifndef SWEEP_SEARCH_STRATEGY_H
#define SWEEP_SEARCH_STRATEGY_H

#include "base/status.h"
#include "search/domain.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRATEGY_OBJECTIVES_MAX 8

struct strategy;        /* a search on its way */
struct strategy_method; /* how it chooses */

struct strategy_options {
    uint64_t seed;
    size_t objectives; /* 1 to STRATEGY_OBJECTIVES_MAX, each to be minimised */
    bool shuffle;      /* grid: its points in random order */
};

/* What is known of one point. Told again of the same point (of more seeds, of more epochs), it
 * takes the place of what was told before. */
struct strategy_result {
    size_t number;       /* which point */
    const double *means; /* an objective each, over the seeds; NaN: diverged, the worst there is */
    const double *variances; /* of these means (of the mean, not of a seed); NaN: unknown. NULL: all
                                unknown */
    size_t seeds;            /* behind the means, at least 1 */
    double completeness;     /* share of the training that is behind them, over 0 to 1: less than 1
                                where it was stopped early */
};

/* The methods by their names: grid, random, sobol, tpe, gp (bayes means gp). NULL: no such. */
const struct strategy_method *strategy_find(const char *name);
/* The i-th method's name; NULL after the last. */
const char *strategy_name(size_t i);
/* Whether the method goes by results; the others ignore them. */
bool strategy_learns(const struct strategy_method *method);

/* A new search. The domain (with its dimensions and context) must outlive it. STATUS_MEMORY;
 * STATUS_INPUT if the method can't search the domain (a grid has no continuous dimensions). */
enum status strategy_begin(const struct strategy_method *method, const struct domain *domain,
                           const struct strategy_options *options, struct strategy **strategy,
                           struct error *error);
void strategy_end(struct strategy *strategy); /* NULL is allowed */

/* What an ask can end with. */
enum strategy_answer {
    STRATEGY_POINT,     /* a point */
    STRATEGY_EXHAUSTED, /* every point was proposed, or is not allowed */
    STRATEGY_NOT_FOUND, /* of very many points none that is allowed was found (100,000 tries) */
};

/* The next point, in point[0 .. domain->count - 1]: one that `allows` accepts and that was not
 * proposed before. Whoever keeps `allows` notes it before the next ask. After an answer other than
 * STRATEGY_POINT every further one is the same. STATUS_MEMORY. */
enum status strategy_ask(struct strategy *strategy, double *point, enum strategy_answer *answer,
                         struct error *error);

/* Instead of an ask: the point that it gave when this search was made before. The state is the same
 * afterwards, but nothing is computed, so that a search of 10,000 points is replayed at once. */
enum status strategy_replay(struct strategy *strategy, const double *point, struct error *error);

/* What has become known; may be called with no results. STATUS_MEMORY. */
enum status strategy_tell(struct strategy *strategy, const struct strategy_result *results,
                          size_t count, struct error *error);

/* The name of the method by which the last point was chosen: that of the search, but random while
 * tpe or gp have too few results to go by, and tpe when gp has too many (STRATEGY_GP_MAX). */
const char *strategy_chose_by(const struct strategy *strategy);

/* Results that tpe and gp have to have before they go by them; until then they draw at random. */
#define STRATEGY_START 10

/* Results beyond which gp leaves the choice to tpe: its time grows with the square of their
 * number. */
#define STRATEGY_GP_MAX 200

#endif
