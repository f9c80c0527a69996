/* One value of a hyperparameter, from a YAML node. */
#ifndef SWEEP_SEARCH_READING_VALUE_H
#define SWEEP_SEARCH_READING_VALUE_H

#include "search/hyperparameter.h"
#include "search/reading.h"

/* STATUS_INPUT for what the hyperparameter does not take. Lives in the reading's arena. */
enum status reading_value(const struct reading *reading, const struct node *node,
                          const struct hyperparameter *hyperparameter, struct value *value);

/* "epochs: 'ten' is not allowed; it takes a whole number from 1 ..." */
enum status reading_fail_allowed(const struct reading *reading, const struct node *node,
                                 const struct hyperparameter *hyperparameter);

/* How several values are written where one of them stands. */
const char *reading_several(const struct reading *reading);

#endif
