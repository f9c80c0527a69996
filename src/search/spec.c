#include "search/spec_private.h"

#include "search/listing.h"
#include "search/parts.h"
#include "search/reading_value.h"
#include "search/scalar.h"
#include "search/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEYS_TOLD 8 /* where those that are known are listed */

static bool is_key(const struct node *node) {
    const char *keys[PARTS_MAX];
    const size_t count = parts_list("parameters", keys);
    bool known = false;
    for (size_t i = 0; i < count && !known; i++)
        known = node_says(node, keys[i]);
    return known;
}

bool spec_is(const struct node *node) {
    bool found = false;
    for (size_t i = 0; node->kind == NODE_MAPPING && i < node->count && !found; i++)
        found = is_key(node->keys[i]);
    return found;
}

static bool takes_numbers(const struct axis *axis) {
    return axis_hyperparameter(axis)->type == VALUE_INTEGER ||
           axis_hyperparameter(axis)->type == VALUE_REAL;
}

/* --- choices --- */

static enum status fail_count(const struct axis *axis, double count) {
    return reading_fail(axis->reading, axis->spec, "%s: %.6g values are too many; at most %d",
                        spec_name(axis), count, CHOICES_MAX);
}

enum status spec_read_choices(const struct reading *reading, const struct node *at,
                              const struct node *const *nodes, size_t count,
                              struct choice_reader *reader, struct axis *axis) {
    axis->spec = at;
    axis->reading = reading;
    if (count > CHOICES_MAX)
        return fail_count(axis, (double)count);
    axis->count = count;
    axis->choices = ARENA_NEW(reading->arena, struct choice, count);
    if (!axis->choices)
        return error_memory(reading->error);
    enum status status = STATUS_OK;
    struct reading within = *reading;
    within.place = at == nodes[0] ? PLACE_VALUE : PLACE_LISTED;
    if (reader)
        reader->count = count;
    for (size_t i = 0; i < count && status != STATUS_MEMORY; i++)
        status = status_join(
            status, reader ? reader->read(reader->context, &within, nodes[i], i, &axis->choices[i])
                           : reading_value(&within, nodes[i], axis_hyperparameter(axis),
                                           &axis->choices[i].value));
    return status;
}

static enum status fail_shares(const struct reading *reading, const struct node *spec,
                               enum status status) {
    reading_remove(reading, spec, "probabilities");
    return status;
}

/* 0.25, of the sum of all of them. */
static enum status fail_sum(const struct reading *reading, const struct node *node,
                            const struct axis *axis, const double *shares, double sum) {
    struct text text;
    text_init(&text);
    enum status status = reading_fail(reading, node, "%s: the probabilities sum to %.6g, not to 1",
                                      spec_name(axis), sum);
    for (size_t i = 0; i < node->count; i++)
        text_printf(&text, "%s%.6g", i ? ", " : "", shares[i] / sum);
    if (sum > 0)
        reading_correct(reading, node, "[%s]", text.data);
    else
        status = fail_shares(reading, axis->spec, status);
    text_release(&text);
    return status;
}

#define SUM_TOLERANCE 1e-4

static enum status read_probabilities(const struct reading *reading, const struct node *node,
                                      struct axis *axis) {
    double *shares = ARENA_NEW(reading->arena, double, node->count), sum = 0;
    if (node->kind != NODE_SEQUENCE || node->count != axis->count)
        return fail_shares(reading, axis->spec,
                           reading_fail(reading, node,
                                        "%s: probabilities must be a list of %zu numbers, one for "
                                        "each value; without them all are drawn alike",
                                        spec_name(axis), axis->count));
    if (!shares)
        return error_memory(reading->error);
    for (size_t i = 0; i < node->count; i++) {
        char described[80];
        if (!scalar_number(node->items[i], &shares[i]) || !(shares[i] >= 0 && shares[i] <= 1e300))
            return fail_shares(
                reading, axis->spec,
                reading_fail(reading, node->items[i],
                             "%s: the probability %s is not allowed; it takes a number from 0 to "
                             "1. Without probabilities all values are drawn alike",
                             spec_name(axis),
                             node_describe(node->items[i], described, sizeof described)));
        sum += shares[i];
    }
    if (fabs(sum - 1) > SUM_TOLERANCE)
        return fail_sum(reading, node, axis, shares, sum);
    for (size_t i = 0; i < node->count; i++)
        shares[i] /= sum;
    axis->probabilities = shares;
    return STATUS_OK;
}

/* {value: X} and {values: [X, Y]} */
static enum status read_listed(const struct reading *reading, const struct node *spec,
                               struct choice_reader *reader, struct axis *axis) {
    const struct node *value = NULL, *values = node_at(spec, "values"), *key = NULL;
    for (size_t i = 0; i < spec->count; i++) {
        if (node_says(spec->keys[i], "value")) /* a null is a value, but none that is allowed */
            value = spec->items[i];
        if (node_says(spec->keys[i], "value") || node_says(spec->keys[i], "values"))
            key = spec->keys[i];
    }
    enum status status = STATUS_OK;
    if (value && !values)
        status = spec_read_choices(reading, value, &value, 1, reader, axis);
    else if (values->kind != NODE_SEQUENCE || values->count == 0)
        status = reading_fail(reading, values,
                              "%s: values must be a list of one or more; a single one may be given "
                              "as {value: ...}",
                              spec_name(axis));
    else
        status = spec_read_choices(reading, values, values->items, values->count, reader, axis);
    if (status != STATUS_OK && value && value->kind == NODE_SEQUENCE &&
        !hyperparameter_is_list(&hyperparameters[axis->id]))
        reading_correct(reading, key, "values");
    if (status != STATUS_OK && values && values->kind == NODE_SCALAR)
        reading_correct(reading, key, "value");
    const struct node *probabilities = node_at(spec, "probabilities");
    axis->spec = spec;
    return status == STATUS_OK && probabilities ? read_probabilities(reading, probabilities, axis)
                                                : status;
}

/* --- the other families --- */

/* mu, sigma, a or b: the value without a word, or NaN; whether it has to be above 0, and what may
 * be written instead of 0. */
static const struct parameter_of_shape {
    const char *key;
    double standard;
    bool positive;
    double smallest;
} arguments[] = {{"mu", 0, false, 0},
                 {"sigma", 1, true, 0.1},
                 {"a", (double)NAN, true, 1},
                 {"b", (double)NAN, true, 1}};

static enum status read_argument(const struct reading *reading, const struct node *spec,
                                 const char *key, const struct axis *axis, double *number) {
    const struct parameter_of_shape *argument = arguments;
    const struct node *node = node_at(spec, key);
    while (strcmp(argument->key, key) != 0)
        argument++;
    *number = argument->standard;
    if (!node && isnan(*number)) {
        enum status status =
            reading_fail(reading, spec, "%s: distribution %s needs a and b, both above 0",
                         spec_name(axis), axis->distribution.kind->name);
        reading_insert(reading, spec, "%s: 2", key);
        return status;
    }
    enum status status = node ? spec_read_number(reading, node, key, axis, number) : STATUS_OK;
    if (status == STATUS_OK && node && argument->positive && !(*number > 0 && *number < 1e12)) {
        status = reading_fail(reading, node, "%s: %s must be above 0%s", spec_name(axis), key,
                              *number > 0 ? ", and below 1e12" : "");
        reading_correct(reading, node, "%.12g",
                        *number < 0    ? -*number
                        : *number == 0 ? argument->smallest
                                       : 1e11);
    }
    return status;
}

/* What the hyperparameter takes, cut to min and max where they are given. */
static enum status read_bounds(const struct reading *reading, const struct node *spec,
                               struct axis *axis) {
    const struct hyperparameter *of = axis_hyperparameter(axis);
    struct distribution *d = &axis->distribution;
    const struct node *min = node_at(spec, "min"), *max = node_at(spec, "max");
    enum status status = STATUS_OK;
    d->low = of->minimum_open ? nextafter(of->minimum, of->maximum) : of->minimum;
    d->high = of->maximum_open ? nextafter(of->maximum, of->minimum) : of->maximum;
    if (min)
        status = spec_read_end(reading, spec, min, axis, &d->low);
    if (max)
        status = status_join(status, spec_read_end(reading, spec, max, axis, &d->high));
    const struct node *given = min ? min : max;
    if (status != STATUS_OK || !given || d->high >= d->low)
        return status;
    return spec_fail_order(reading, given, max ? max : given, axis);
}

#define OUTSIDE_TOLD 5e-4

static enum status take_shape(const struct reading *reading, const struct node *spec,
                              struct axis *axis) {
    struct distribution *d = &axis->distribution;
    const struct node *name = node_at(spec, "distribution");
    struct text range;
    text_init(&range);
    hyperparameter_append_allowed(axis_hyperparameter(axis), &range);
    enum status status = STATUS_OK;
    if (!distribution_cut(d))
        status = reading_fail(
            reading, name, "%s: next to nothing of this %s distribution is %s; it takes %s",
            spec_name(axis), d->kind->name,
            node_at(spec, "min") || node_at(spec, "max") ? "between min and max" : "allowed",
            range.data);
    else if (d->step > 0 && floor(d->high / d->step + 1e-9) < ceil(d->low / d->step - 1e-9))
        status = reading_fail(reading, name, "%s: no multiple of q is allowed; it takes %s",
                              spec_name(axis), range.data);
    else if (d->outside > OUTSIDE_TOLD && !(node_at(spec, "min") && node_at(spec, "max")))
        reading_note(reading, name, "%s: %.2g %% of this %s distribution is cut off; it takes %s",
                     spec_name(axis), 100 * d->outside, d->kind->name, range.data);
    text_release(&range);
    return status;
}

/* mu and sigma, or a and b */
static enum status read_shape(const struct reading *reading, const struct node *spec,
                              struct axis *axis) {
    struct distribution *d = &axis->distribution;
    enum status status = status_join(read_argument(reading, spec, d->kind->keys[0], axis, &d->a),
                                     read_argument(reading, spec, d->kind->keys[1], axis, &d->b));
    status = status_join(status, spec_read_step(reading, spec, axis));
    if (status == STATUS_OK)
        status = read_bounds(reading, spec, axis);
    return status == STATUS_OK ? take_shape(reading, spec, axis) : status;
}

/* --- which of them --- */

/* Keys that are known may still be another distribution's. */
static enum status check_keys(const struct reading *reading, const struct node *spec) {
    const char *keys[PARTS_MAX];
    enum status status = STATUS_OK;
    parts_list("parameters", keys);
    for (size_t i = 0; i < spec->count; i++) {
        enum status own = reading_check_key(reading, spec, i);
        if (own == STATUS_OK && !is_key(spec->keys[i]))
            own = reading_fail_unknown(reading, spec->keys[i], "key of a hyperparameter", keys,
                                       KEYS_TOLD);
        status = status_join(status, own);
    }
    return status;
}

static bool belongs(const char *key, const struct distribution_kind *kind) {
    static const char *const of_numbers[] = {"q", "min", "max", "log"};
    bool found = strcmp(key, "distribution") == 0;
    for (size_t i = 0; i < 2 && kind->keys[i]; i++)
        found |= strcmp(key, kind->keys[i]) == 0;
    for (size_t i = 0; kind->family != FAMILY_LISTED && i < 4; i++)
        found |= strcmp(key, of_numbers[i]) == 0;
    return found || (strcmp(kind->keys[0], "values") == 0 && strcmp(key, "probabilities") == 0);
}

/* Whether it has all of these keys, and they its own. */
static bool may_be_meant(const struct distribution_kind *kind, const struct node *spec) {
    bool meant = node_at(spec, kind->keys[0]) && (!kind->keys[1] || node_at(spec, kind->keys[1]));
    for (size_t i = 0; i < spec->count && meant; i++)
        meant = belongs(spec->keys[i]->text, kind);
    return meant && !kind->exponents;
}

static enum status fail_belonging(const struct reading *reading, const struct node *spec,
                                  const struct axis *axis, const struct node *key) {
    const struct distribution_kind *kind = axis->distribution.kind;
    const struct node *name = node_at(spec, "distribution");
    enum status status =
        reading_fail(reading, key, "%s: '%s' does not go with %s, which takes %s%s%s",
                     spec_name(axis), key->text, kind->name, kind->keys[0],
                     kind->keys[1] ? " and " : "", kind->keys[1] ? kind->keys[1] : "");
    for (size_t i = 0; i < distribution_kind_count && name; i++)
        if (may_be_meant(&distribution_kinds[i], spec)) {
            reading_correct(reading, name, "%s", distribution_kinds[i].name);
            return status;
        }
    reading_remove(reading, spec, key->text);
    return status;
}

static enum status check_belonging(const struct reading *reading, const struct node *spec,
                                   const struct axis *axis) {
    const struct distribution_kind *kind = axis->distribution.kind;
    for (size_t i = 0; i < 2 && kind->keys[i]; i++)
        if (kind->family == FAMILY_LISTED && !node_at(spec, kind->keys[i]) &&
            node_at(spec, "distribution"))
            return reading_fail(reading, node_at(spec, "distribution"),
                                "%s: distribution %s needs %s%s%s", spec_name(axis), kind->name,
                                kind->keys[0], kind->keys[1] ? " and " : "",
                                kind->keys[1] ? kind->keys[1] : "");
    for (size_t i = 0; i < spec->count; i++)
        if (!scalar_is_null(spec->items[i]) && !belongs(spec->keys[i]->text, kind))
            return fail_belonging(reading, spec, axis, spec->keys[i]);
    return STATUS_OK;
}

static enum status fail_which(const struct reading *reading, const struct node *spec,
                              const struct axis *axis) {
    if (node_at(spec, "mu") || node_at(spec, "sigma") || node_at(spec, "a") || node_at(spec, "b"))
        return reading_fail(reading, spec,
                            "%s: say which distribution has these: distribution: normal or "
                            "log_normal has mu and sigma, beta has a and b",
                            spec_name(axis));
    return reading_fail(reading, spec, "%s: give exactly one of value, values, or min/max/q",
                        spec_name(axis));
}

/* {min: ..., max: ..., log: true} */
static enum status take_log(const struct reading *reading, const struct node *spec,
                            struct axis *axis) {
    const struct node *node = node_at(spec, "log");
    const struct distribution_kind **kind = &axis->distribution.kind;
    bool log = false;
    if (!node)
        return STATUS_OK;
    if (!scalar_boolean(node, &log))
        return reading_fail(reading, node, "%s: log must be true or false", spec_name(axis));
    if (!log || (*kind)->family == FAMILY_LOG_UNIFORM)
        return STATUS_OK;
    if ((*kind)->family != FAMILY_UNIFORM)
        return reading_fail(reading, node, "%s: log does not go with %s", spec_name(axis),
                            (*kind)->name);
    *kind =
        distribution_kind_find(node_at(spec, "q") ? "q_log_uniform_values" : "log_uniform_values");
    return STATUS_OK;
}

/* Without its name it follows from the keys. */
static enum status find_kind(const struct reading *reading, const struct node *spec,
                             struct axis *axis) {
    const struct node *name = node_at(spec, "distribution");
    const struct distribution_kind **kind = &axis->distribution.kind;
    const char *names[32];
    bool value = false, range = node_at(spec, "min") || node_at(spec, "max") || node_at(spec, "q");
    for (size_t i = 0; i < spec->count; i++) /* a null is a value, but none that is allowed */
        value |= node_says(spec->keys[i], "value");
    if (!name && value + (node_at(spec, "values") != NULL) + range != 1)
        return fail_which(reading, spec, axis);
    if (!name) {
        const bool steps = node_at(spec, "q") || axis_hyperparameter(axis)->type == VALUE_INTEGER;
        *kind = distribution_kind_find(value    ? "constant"
                                       : !range ? "categorical"
                                       : steps  ? "q_uniform"
                                                : "uniform");
        return STATUS_OK;
    }
    if (name->kind != NODE_SCALAR)
        return reading_fail(reading, name, "distribution must be a name");
    *kind = distribution_kind_find(name->text);
    for (size_t i = 0; i < distribution_kind_count; i++)
        names[i] = distribution_kinds[i].name;
    return *kind ? STATUS_OK
                 : reading_fail_unknown(reading, name, "distribution", names,
                                        distribution_kind_count);
}

static enum status fail_no_numbers(const struct reading *reading, const struct node *spec,
                                   const struct axis *axis) {
    const struct hyperparameter *of = axis_hyperparameter(axis);
    if (of->name_at)
        return reading_fail(reading, spec,
                            "%s: min and max are for numbers; list its values, as in {values: [%s, "
                            "%s]}",
                            of->name, of->name_at(0), of->name_at(1));
    return reading_fail(
        reading, spec, "%s: min and max are for numbers; %s", of->name,
        of->type == VALUE_LAYERS    ? "write {count: {min: 1, max: 3}, units: {values: [64, 128]}}"
        : of->type == VALUE_BOOLEAN ? "list its values, as in {values: [false, true]}"
                                    : "list its values, as in {values: [..., ...]}");
}

enum status spec_read(const struct reading *reading, const struct node *spec,
                      struct choice_reader *reader, struct axis *axis) {
    axis->spec = spec;
    axis->reading = reading;
    enum status status = check_keys(reading, spec);
    if (status == STATUS_OK)
        status = find_kind(reading, spec, axis);
    if (status == STATUS_OK)
        status = check_belonging(reading, spec, axis);
    if (status == STATUS_OK)
        status = take_log(reading, spec, axis);
    if (status != STATUS_OK)
        return status;
    const enum distribution_family family = axis->distribution.kind->family;
    if (family == FAMILY_LISTED) {
        return read_listed(reading, spec, reader, axis);
    }
    if (!takes_numbers(axis))
        return fail_no_numbers(reading, spec, axis);
    return family == FAMILY_UNIFORM || family == FAMILY_LOG_UNIFORM
               ? spec_read_range(reading, spec, axis)
               : read_shape(reading, spec, axis);
}

/* --- what a method takes --- */

/* W&B's have exponents of e, as min: -9.2; those of others with the name have values above 0. */
static enum status fail_exponents(const struct axis *axis) {
    const struct distribution *d = &axis->distribution;
    const struct node *name = node_at(axis->spec, "distribution");
    const bool inverse = strncmp(d->kind->name, "inv", 3) == 0, values = d->a > 0 && !inverse;
    const double low = inverse ? -d->b : d->a, high = inverse ? -d->a : d->b;
    char q[48] = "", words[200];
    if (d->kind->steps)
        snprintf(q, sizeof q, ", q: %.6g", d->step);
    snprintf(words, sizeof words, "distribution: %s_values, min: %.4g, max: %.4g%s", d->kind->name,
             values ? low : exp(low), values ? high : exp(high), q);
    enum status status =
        reading_fail(axis->reading, name,
                     "%s: %s takes exponents of e as its min and max, which is seldom meant, and "
                     "W&B gave it up; write {%s}",
                     spec_name(axis), d->kind->name, words);
    reading_correct(axis->reading, axis->spec, "{%s}", words);
    return status;
}

enum status spec_check(const struct axis *axis, bool grid) {
    const struct distribution *d = &axis->distribution;
    if (!grid)
        return d->kind && d->kind->exponents ? fail_exponents(axis) : STATUS_OK;
    if (axis->count == 0 && d->kind->family == FAMILY_UNIFORM && d->step > 0)
        return fail_count(axis, floor((d->high - d->low) / d->step + 1e-9) + 1);
    if (axis->count == 0)
        return listing_fail(axis->reading, axis->spec, axis_hyperparameter(axis));
    if (!axis->probabilities)
        return STATUS_OK;
    return fail_shares(axis->reading, axis->spec,
                       reading_fail(axis->reading, node_at(axis->spec, "probabilities"),
                                    "%s: a grid takes every value, none more often than others; "
                                    "remove 'probabilities', or take another method, such as "
                                    "random",
                                    spec_name(axis)));
}
