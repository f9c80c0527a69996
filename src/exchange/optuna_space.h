/* A sweep's varied hyperparameters as Optuna's distributions.
 *
 * They are those of the config: a range (min and max, or a distribution of numbers) is a
 * FloatDistribution or IntDistribution with its step, or logarithmic; listed values are a
 * CategoricalDistribution with the config's values in its order. What Optuna has no words for is
 * the nearest that it has: of a hyperparameter with several ranges, under several choices of
 * another one, all of them as one range, for it wants the same in all trials; of a normal
 * distribution and its kin the range of the values that were drawn; of values that follow from a
 * choice of another hyperparameter the values that there are. */
#ifndef SWEEP_EXCHANGE_OPTUNA_SPACE_H
#define SWEEP_EXCHANGE_OPTUNA_SPACE_H

#include "base/arena.h"
#include "base/status.h"
#include "search/config.h"
#include "store/observations.h"

/* Of a hyperparameter that varies, or a part of its values. */
struct optuna_parameter {
    const char *name;         /* NULL: it does not vary */
    const char *distribution; /* JSON */
    const double *values; /* by level, as Optuna stores them: numbers, or places of choices; NaN: it
                             does not exist there */
};

/* Of each of the observations' factors. `config` NULL: it can't be read, and numbers get the range
 * of the values that there are. Lives in the arena. STATUS_MEMORY. */
enum status optuna_space_make(const struct observations *observations, const struct config *config,
                              struct arena *arena, const struct optuna_parameter **parameters,
                              struct error *error);

#endif
