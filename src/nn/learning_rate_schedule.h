/* Learning rate schedules, under Keras 3's names, with its arguments, defaults, formulas and single
 * precision (keras.optimizers.schedules), and OneCycleLR of PyTorch, after Smith (2018,
 * arXiv:1803.09820): one row of a table each.
 *
 * A schedule is a pure function of the number of steps that were taken before: 0 at the first one.
 * Where a number of steps is left out that a schedule is to take, it is all steps of the training.
 */
#ifndef SWEEP_NN_LEARNING_RATE_SCHEDULE_H
#define SWEEP_NN_LEARNING_RATE_SCHEDULE_H

#include "base/argument.h"

/* The first kind is `constant`: the learning rate as it is. */
extern const struct component_family learning_rate_schedules;

/* Whether it changes the learning rate at all. */
bool schedule_changes(const struct component *schedule);

/* Whether it depends on how many steps there are in all. */
bool schedule_needs_length(const struct component *schedule);

/* Whether it says all its rates itself, so that the learning rate has no effect. */
bool schedule_has_own_rate(const struct component *schedule);

/* The steps in which it rises before it falls, where it has an argument for them; else 0. */
uint32_t schedule_warmup(const struct component *schedule);

/* The rate after `step` steps of `all`, of the learning rate that it starts from (one_cycle: that
 * it rises to). */
float schedule_rate(const struct component *schedule, double learning_rate, uint64_t step,
                    uint64_t all);

#endif
