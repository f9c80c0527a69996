/* Regression by a Gaussian process on points in cells (cells.h): C. Rasmussen, C. Williams:
 * "Gaussian processes for machine learning", 2006, chapters 2, 4.2 and 5.4.
 *
 * The covariance of two points is the signal's variance times a Matern kernel of smoothness 5/2 a
 * dimension, on the distance of their cells as a share of the dimension's width; cells without an
 * order are 1 apart. A dimension that does not exist at a point has its middle there, or without an
 * order a cell of its own. One dimension more than the domain's has how far training had gone. The
 * values are to have mean 0 and variance 1. All lengths and variances are the most probable ones by
 * their priors. */
#ifndef SWEEP_SEARCH_PROCESS_H
#define SWEEP_SEARCH_PROCESS_H

#include "base/arena.h"
#include "search/cells.h"

struct scale; /* a dimension's kernel */

struct process {
    size_t capacity, dimensions; /* points; the domain's and one more */
    size_t count;                /* points that are known */
    struct scale *scales;
    cell *cells;        /* of the points, dimension by dimension */
    cell *place;        /* room for one point's */
    double *values;     /* of the points */
    double *noise;      /* variance of a value's noise, as a multiple of the fitted one */
    double *parameters; /* logarithms: a length a dimension, the signal's variance, the noise's */
    double *slopes, *signs, *steps;         /* room to fit them */
    double *covariances, *factor, *inverse; /* matrices, column by column, the lower half: without
                                               noise; Cholesky's; the inverse of that */
    double *weights;                        /* inverse of the covariance times the values */
    double *vector;                         /* room for a number a point */
};

/* Room for `capacity` points; false when out of memory. */
bool process_init(struct process *process, const struct domain *domain, size_t capacity,
                  struct arena *arena);

/* The numbers by which the process knows a point at `completeness` (0 to 1) of its training. */
void process_place(const struct process *process, const cell *cells, double completeness,
                   cell *place);

/* Set the i-th point, below the capacity. */
void process_set(struct process *process, size_t i, const cell *place, double value, double noise);

/* Fit the parameters to the first `count` points, from the priors' centres on. */
void process_fit(struct process *process, size_t count);

/* Take the first `count` points as what is known. */
void process_know(struct process *process, size_t count);

/* Know of the next point too, as if its value were the one that is expected there. */
void process_expect(struct process *process);

/* The mean that is expected at a place, and what the variance is at most, without noise. */
void process_predict(struct process *process, const cell *place, double *mean,
                     double *variance_max);

/* The variance there: at the place of the last process_predict, and once only. */
double process_variance(struct process *process);

#endif
