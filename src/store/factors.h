/* The hyperparameters in which observations differ, put in order once all are read. */
#ifndef SWEEP_STORE_FACTORS_H
#define SWEEP_STORE_FACTORS_H

#include "store/observations.h"

/* Sort each factor's levels, renumber the observations' accordingly, and tell which factors are
 * varied: those that differ among trials to which they apply. Activations of networks of which some
 * have no hidden layer do not differ by that. STATUS_MEMORY. */
enum status factors_settle(struct observations *observations, struct arena *arena,
                           struct error *error);

/* Whether a hyperparameter has to differ among trials that agree in `other` to count as varied:
 * momentum, which sgd has and adam has not, is varied only if trials of one optimizer differ. */
bool factor_is_within(const struct hyperparameter *hyperparameter, enum hyperparameter_id other);

#endif
