/* An axis from its mapping: {value: X}, {values: [X, Y]}, {min: X, max: Y, q: Z, log: true}, or one
 * with `distribution` and that one's keys. Used by parameters.c. */
#ifndef SWEEP_SEARCH_SPEC_H
#define SWEEP_SEARCH_SPEC_H

#include "search/axis.h"
#include "search/reading.h"

/* How a choice is read that may be more than a value; NULL in spec_read: it may not. */
struct choice_reader {
    enum status (*read)(void *context, const struct reading *reading, const struct node *node,
                        size_t choice, struct choice *into);
    void *context;
    size_t count; /* of the choices that are read; set before the first is */
};

/* Whether a mapping has one of the keys above. */
bool spec_is(const struct node *node);

/* spec_bare.c: whether a node is a value by itself and no mapping of these keys: 5, [5, 10], or of
 * the hyperparameter {name: adam, learning_rate: 0.01}, {monitor: val_loss}, {0: 2}. */
bool spec_is_bare(const struct node *spec, const struct hyperparameter *of);

/* Fail at it, with the mapping to write. `name` need not be a hyperparameter's. */
enum status spec_fail_bare(const struct reading *reading, const struct node *spec,
                           const char *name);

/* Set the axis's choices or distribution. `reading` must last as long as its arena. */
enum status spec_read(const struct reading *reading, const struct node *spec,
                      struct choice_reader *reader, struct axis *axis);

/* The same for a value, or a list of nodes, without a mapping; `at` is where the list is. */
enum status spec_read_choices(const struct reading *reading, const struct node *at,
                              const struct node *const *nodes, size_t count,
                              struct choice_reader *reader, struct axis *axis);

/* Refuse what a grid can't enumerate, and otherwise what is no longer meant by its name. */
enum status spec_check(const struct axis *axis, bool grid);

#endif
