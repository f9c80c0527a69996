/* An axis of the space: what decides one number or name, and the values it may take. */
#ifndef SWEEP_SEARCH_AXIS_H
#define SWEEP_SEARCH_AXIS_H

#include "base/arena.h"
#include "search/distribution.h"
#include "search/hyperparameter.h"

struct node;
struct reading;

#define AXIS_NONE ((size_t)-1)
#define CONFIG_AXES_MAX 1000 /* of a space */

/* A value of another hyperparameter that comes with a choice: {name: sgd, momentum: 0.9}. */
struct choice_detail {
    enum hyperparameter_id id;
    struct value value;
};

struct choice {
    struct value value;
    const void *field; /* of an argument that is no number or switch: what its field is set to */
    size_t detail_count;
    struct choice_detail *details;
};

/* What of its hyperparameter an axis decides. */
enum axis_role {
    AXIS_VALUE,
    AXIS_LAYER_COUNT, /* how many hidden layers: layers: {count: ...} */
    AXIS_ARGUMENT,    /* an argument of a layer, or of one of its components */
};

struct axis {
    enum hyperparameter_id id;
    enum axis_role role;
    /* Of an argument: the layer or component, from 0, AXIS_NONE: all of them; and the name, type
     * and range of its values. */
    size_t item;
    const struct argument *argument;
    const struct hyperparameter *own;
    /* Its choices, in the config's order; or, if there are none, a distribution of numbers. */
    size_t count;
    struct choice *choices;
    const double *probabilities; /* of the choices, with sum 1; NULL: all alike */
    struct distribution distribution;
    /* It exists where its parent exists and takes one of these choices; AXIS_NONE: everywhere. */
    size_t parent;
    const bool *parent_choices;
    size_t zip; /* the axis whose choices its own go along with, one by one; AXIS_NONE: none */
    const char *file; /* where it is written: the config, or "--set" */
    int line, column;
    const struct node *spec; /* its mapping, or the value alone; and what that was read by */
    const struct reading *reading;
};

/* A hyperparameter of the config with its axes: the first is its own, the others come with some of
 * the first one's choices. Their parents are counted from the first. */
struct parameter {
    enum hyperparameter_id id;
    size_t axis_count, capacity;
    struct axis *axes;
};

/* Name, type and range of an axis's values. */
const struct hyperparameter *axis_hyperparameter(const struct axis *axis);

/* Whether its choices are numbers that rise or fall. */
bool axis_is_ordered(const struct axis *axis);

/* The value at a coordinate: the number of a choice, or a place in the distribution. */
struct value axis_value(const struct axis *axis, double coordinate);

/* Set the argument that an axis decides, of a layer or component. */
void axis_set_argument(const struct axis *axis, double coordinate, void *of);

/* The least and the largest number that an axis of numbers takes. */
void axis_range(const struct axis *axis, double *least, double *largest);

/* The name of axis `at` of several: "momentum", "momentum of sgd", "layers.units 2". */
void axis_append_name(const struct axis *axes, size_t at, struct text *text);

/* In words, at most some `limit` bytes: "sgd (momentum=0.9), adam", "uniform, 0 to 0.5". */
void axis_append(const struct axis *axis, size_t limit, struct text *text);

#endif
