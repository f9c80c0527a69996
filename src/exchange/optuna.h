/* A sweep as a study of Optuna (https://optuna.org), in a database of its own, of Optuna's schema
 * version 12 (Optuna 3.2 to 5): optuna.load_study and optuna-dashboard open it.
 *
 * - study: the sweep's name, its metrics and goals. The hyperparameters that all trials share, data
 *   set, config and program are attributes of it.
 * - trial: a trial, so one for each seed, in the order of the config or the search.
 * - parameters: the hyperparameters that are varied, with the config's distributions
 *   (optuna_space.h); one that does not apply to a trial is none of it.
 * - attributes of a trial: the seed, which is no parameter since nobody would tune it; its status;
 *   all scores; the hyperparameters that follow from another (adam's beta_1).
 * - intermediate values: the score that the leaderboard goes by, after each epoch; none where it is
 *   one on the test images.
 * - state: completed is COMPLETE; stopped is PRUNED, with the last intermediate value as its value
 *   where there is one metric, as Optuna does. failed, and diverged, as a trial whose objective is
 *   NaN is to Optuna: FAIL. Without a result yet: WAITING.
 *
 * Times are UTC. */
#ifndef SWEEP_EXCHANGE_OPTUNA_H
#define SWEEP_EXCHANGE_OPTUNA_H

#include "base/arena.h"
#include "base/status.h"
#include "search/filter.h"
#include "store/observations.h"
#include "store/store.h"

/* Write it into the empty file at `path`, which is no database anybody else looks at yet: nothing
 * in it is safe before it is on disk. `observations` are by the sweep's metric and by the same
 * filter, after the same store_read_begin. *guessed: the sweep's config could not be read, so that
 * numbers have the range of the values that there are. */
enum status store_optuna(struct store *store, const struct observations *observations,
                         const struct filter *filter, const char *path, struct arena *arena,
                         bool *guessed, struct error *error);

#endif
