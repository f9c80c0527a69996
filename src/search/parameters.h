/* The `parameters` section of a config: from YAML nodes to axes. Used by config.c. */
#ifndef SWEEP_SEARCH_PARAMETERS_H
#define SWEEP_SEARCH_PARAMETERS_H

#include "search/axis.h"
#include "search/reading.h"

/* One entry of `parameters`: a hyperparameter's name and its mapping. The reading must last as long
 * as its arena. */
enum status parameters_read(const struct reading *reading, const struct node *key,
                            const struct node *spec, struct parameter *parameter);

/* That of --set NAME=NODE: a value, a list of values, or a mapping. */
enum status parameters_read_setting(const struct reading *reading, const struct node *key,
                                    const struct node *value, struct parameter *parameter);

/* One value of a hyperparameter from its text, as value_append writes it. */
enum status parameters_read_value(enum hyperparameter_id id, const char *text, struct arena *arena,
                                  struct value *value, struct error *error);

#endif
