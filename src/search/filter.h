/* Conditions on hyperparameters: which trials are looked at (--where; store/filter_sql.h asks the
 * database), and which settings a config leaves out (exclude).
 *
 *   optimizer=adam   optimizer!=sgd   learning_rate<0.01   epochs>=10
 *   epochs in [5, 10]   layers in [[10], [128, 64]]   optimizer not in [sgd, ftrl]   seed=1
 *   optimizer=sgd and momentum>0.5 or optimizer=adam   conv2d.filters 1>=3
 *
 * `and` binds closer than `or`. The report's filter (report/page/filter.js) knows the same.
 * Values are read as a config's are, through the hyperparameter table; no text reaches the database
 * but as the value of a parameter. A trial to which a hyperparameter does not apply (adam has no
 * momentum) meets no condition on it, "not in" included, but one that has `none` among its values:
 * "momentum=none" and "momentum in [none, 0.9]". An empty list has no value, so "in []" is met by
 * no trial and "not in []" by all to which the hyperparameter applies. */
#ifndef SWEEP_SEARCH_FILTER_H
#define SWEEP_SEARCH_FILTER_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "search/hyperparameter.h"

#include <stdbool.h>
#include <stddef.h>

enum filter_relation {
    FILTER_EQUAL,     /* one of the values */
    FILTER_NOT_EQUAL, /* none of them */
    FILTER_LESS,
    FILTER_LESS_OR_EQUAL,
    FILTER_MORE,
    FILTER_MORE_OR_EQUAL,
};

/* How a condition is joined to the one before it. */
enum filter_joint {
    FILTER_ALSO, /* it begins a text of its own: this has to hold as well */
    FILTER_AND,
    FILTER_OR
};

struct filter_condition {
    enum filter_joint joint;
    const struct hyperparameter *hyperparameter; /* NULL: the seed, or that of the part */
    /* A part of values that varies, as conv2d.filters 1, which `sweep plan` names; its values are
     * words. Which values of the hyperparameter have it, a sweep tells (store/filter_parts.h). */
    const char *part;
    size_t met_count;
    struct value *met;
    const char *told; /* the values that the sweep has of the part, for a message */
    enum filter_relation relation;
    bool none;    /* `none` is among the values, but not counted */
    size_t count; /* values; 1 for an order */
    struct value *values;
};

struct filter {
    size_t count;
    struct filter_condition *conditions;
};

/* "<" of FILTER_LESS and so on; NULL where the relation is no order. */
const char *filter_order_sign(enum filter_relation relation);

/* Read conditions from texts of an option ("--where"), each one condition or several joined.
 * STATUS_USAGE for what is none: an unknown hyperparameter or value, an order of names, more values
 * than SQLite takes. Lives in the arena. */
enum status filter_parse(const char *option, const char *const *texts, size_t count,
                         struct arena *arena, struct filter *filter, struct error *error);

/* One condition, from an option of another name. */
enum status filter_parse_condition(const char *option, const char *text, struct arena *arena,
                                   struct filter_condition *condition, struct error *error);

/* Whether a part meets a condition on one; NULL: there is none. */
bool filter_part_holds(const struct filter_condition *condition, const char *part);

/* Whether a setting with these values (HP_COUNT of them, VALUE_NONE where a hyperparameter does not
 * apply) meets a filter without conditions on the seed or parts. No condition is met by all. */
bool filter_holds(const struct filter *filter, const struct value *values);

/* The same of one condition that is not on the seed. */
bool filter_condition_holds(const struct filter_condition *condition, const struct value *values);

/* In words, as a person would write them: "optimizer=adam, epochs in [5, 10]". */
void filter_append(const struct filter *filter, struct text *text);

#endif
