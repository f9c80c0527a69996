/* The `parameters` section of a config: from YAML nodes to axes. Used by config.c. */
#ifndef SWEEP_SEARCH_PARAMETERS_H
#define SWEEP_SEARCH_PARAMETERS_H

#include "search/config.h"
#include "search/document.h"

/* What errors need to say where they are, and where memory comes from. */
struct reading {
    const char *file;
    struct arena *arena;
    struct error *error;
};

/* Fail at a node: "KEY: message". */
enum status reading_fail(const struct reading *reading, const struct node *node, const char *format,
                         ...) __attribute__((format(printf, 3, 4)));

/* "'adm' is not known; did you mean 'adam'?" with the known names after it. */
enum status reading_fail_unknown(const struct reading *reading, const struct node *node,
                                 const char *what, const char *const *names, size_t count);

/* A plain scalar as a number in any notation YAML writers use; false when it isn't one. */
bool node_number(const struct node *node, double *number);

/* An integer from `minimum` to `maximum`. */
enum status reading_integer(const struct reading *reading, const struct node *node, const char *key,
                            int64_t minimum, int64_t maximum, int64_t *integer);

/* One entry of `parameters`: a hyperparameter's name and its mapping. */
enum status parameters_read_axis(const struct reading *reading, const struct node *key,
                                 const struct node *spec, struct axis *axis);

/* The axis of --set NAME=NODE: a value, or a list of values. */
enum status parameters_read_setting(const struct reading *reading, const struct node *key,
                                    const struct node *value, struct axis *axis);

/* One value of a hyperparameter from its text, as value_append writes it. */
enum status parameters_read_value(enum hyperparameter_id id, const char *text, struct arena *arena,
                                  struct value *value, struct error *error);

#endif
