/* One value of a hyperparameter, from a YAML node. */
#ifndef SWEEP_SEARCH_READING_VALUE_H
#define SWEEP_SEARCH_READING_VALUE_H

#include "search/hyperparameter.h"
#include "search/reading.h"

/* STATUS_INPUT for what the hyperparameter does not take. Lives in the reading's arena. */
enum status reading_value(const struct reading *reading, const struct node *node,
                          const struct hyperparameter *hyperparameter, struct value *value);

#endif
