/* Ranges: what lies between min and max, by steps or not. */
#include "search/spec_private.h"

#include "search/reading_value.h"
#include "search/scalar.h"

#include <math.h>

/* The i-th step of a real, cut to 12 digits, so that 0.1 + 2 * 0.1 is 0.3 and not
 * 0.30000000000000004; never past `high`, which may be the last number that is allowed. */
static double step_at(double low, double high, double step, size_t i) {
    if (i == 0)
        return low;
    const double number = distribution_cut_digits(low + (double)i * step, 12);
    return number > high ? high : number;
}

/* low, low + step, ... up to high */
static enum status list_steps(const struct reading *reading, size_t count, struct axis *axis) {
    const struct distribution *d = &axis->distribution;
    axis->count = count;
    axis->choices = ARENA_NEW(reading->arena, struct choice, axis->count);
    if (!axis->choices)
        return error_memory(reading->error);
    for (size_t i = 0; i < axis->count; i++) {
        struct value *value = &axis->choices[i].value;
        value->type = axis_hyperparameter(axis)->type;
        if (value->type == VALUE_INTEGER)
            value->integer = (int64_t)(d->low + (double)i * d->step);
        else
            value->real = step_at(d->low, d->high, d->step, i);
    }
    return STATUS_OK;
}

enum status spec_fail_order(const struct reading *reading, const struct node *min,
                            const struct node *max, const struct axis *axis) {
    enum status status = reading_fail(reading, max, "%s: max is below min", spec_name(axis));
    const struct node *first = min->begin < max->begin ? min : max;
    const struct node *last = first == min ? max : min;
    struct node between = {.kind = NODE_SEQUENCE, .begin = first->end, .end = last->begin};
    struct node both = {.kind = NODE_SEQUENCE, .begin = first->begin, .end = last->end};
    char pieces[3][64];
    if (min != max && reading_piece(reading, first, pieces[0], sizeof pieces[0]) &&
        reading_piece(reading, &between, pieces[1], sizeof pieces[1]) &&
        reading_piece(reading, last, pieces[2], sizeof pieces[2]))
        reading_correct(reading, &both, "%s%s%s", pieces[2], pieces[1], pieces[0]);
    return status;
}

enum status spec_read_number(const struct reading *reading, const struct node *node,
                             const char *key, const struct axis *axis, double *number) {
    char described[80], hint[128];
    if (scalar_number(node, number) && isfinite(*number))
        return STATUS_OK;
    enum status status = reading_fail(
        reading, node, "%s: %s: %s is not allowed; it takes a number%s", spec_name(axis), key,
        node_describe(node, described, sizeof described), scalar_hint(node, hint, sizeof hint));
    reading_unquote(reading, node);
    return status;
}

/* The nearest number that is allowed, or one close to it where that is only a limit: of what has to
 * be above 0 a thousandth of `other`. */
static double nearest_allowed(const struct axis *axis, double number, double other) {
    const struct hyperparameter *of = axis_hyperparameter(axis);
    const double span = of->minimum == 0 && other > 0 ? other : 1;
    const bool open = of->minimum_open || axis->distribution.kind->family == FAMILY_LOG_UNIFORM;
    if (of->type == VALUE_INTEGER)
        number = round(number);
    if (number > of->maximum || (of->maximum_open && number >= of->maximum))
        return of->maximum_open ? of->maximum - 0.1 * fmin(1, of->maximum) : of->maximum;
    if (number < of->minimum || (open && number <= of->minimum))
        return !open                       ? of->minimum
               : of->type == VALUE_INTEGER ? of->minimum + 1
                                           : of->minimum + span / 1000;
    return number;
}

static double other_end(const struct node *spec, const struct node *node) {
    const struct node *min = node_at(spec, "min"), *max = node_at(spec, "max");
    const struct node *other = node == min ? max : min;
    double number;
    return other && scalar_number(other, &number) ? number : 0;
}

enum status spec_read_end(const struct reading *reading, const struct node *spec,
                          const struct node *node, const struct axis *axis, double *number) {
    double given;
    struct value value;
    if (axis->distribution.kind->exponents)
        return spec_read_number(reading, node, "min and max", axis, number);
    enum status status = reading_value(reading, node, axis_hyperparameter(axis), &value);
    if (status == STATUS_OK)
        *number = value_number(&value);
    else if (scalar_number(node, &given) && isfinite(given))
        reading_correct(reading, node, "%.12g",
                        nearest_allowed(axis, given, other_end(spec, node)));
    return status;
}

/* Of what a step can be made of. */
static void correct_step(const struct reading *reading, const struct node *spec,
                         const struct node *node, const struct axis *axis, double given) {
    const bool whole = axis_hyperparameter(axis)->type == VALUE_INTEGER;
    if (whole)
        reading_correct(reading, node, "%.12g", fmax(1, round(fabs(given))));
    else if (given < 0 && -given < axis->distribution.b - axis->distribution.a)
        reading_correct(reading, node, "%.12g", -given);
    else if (!axis->distribution.kind->steps || !node_at(spec, "distribution"))
        reading_remove(reading, spec, "q");
    else if (axis->distribution.b > axis->distribution.a)
        reading_correct(reading, node, "%.12g", (axis->distribution.b - axis->distribution.a) / 10);
}

enum status spec_read_step(const struct reading *reading, const struct node *spec,
                           struct axis *axis) {
    const struct node *node = node_at(spec, "q");
    const bool whole = axis_hyperparameter(axis)->type == VALUE_INTEGER;
    double *step = &axis->distribution.step;
    *step = whole || axis->distribution.kind->steps ? 1 : 0;
    if (!node || (scalar_number(node, step) && *step > 0 && !isinf(*step) &&
                  (!whole || *step == floor(*step))))
        return STATUS_OK;
    enum status status = reading_fail(reading, node, "%s: q, the step, must be a%s number above 0",
                                      spec_name(axis), whole ? " whole" : "");
    double given;
    if (scalar_number(node, &given) && isfinite(given))
        correct_step(reading, spec, node, axis, given);
    return status;
}

static enum status fail_logarithm(const struct reading *reading, const struct node *min,
                                  const struct axis *axis) {
    const double high = axis->distribution.b;
    enum status status = reading_fail(
        reading, min,
        "%s: min must be above 0, for its logarithm is taken; without it {min: 0, max: ...} is "
        "even over all numbers",
        spec_name(axis));
    if (high > 0)
        reading_correct(reading, min, "%g",
                        axis_hyperparameter(axis)->type == VALUE_INTEGER ? 1 : high / 1000);
    return status;
}

/* A whole number has the share of its neighbourhood, also at the ends. */
static void widen(struct axis *axis) {
    struct distribution *d = &axis->distribution;
    const bool linear = d->kind->family == FAMILY_UNIFORM;
    if (axis_hyperparameter(axis)->type != VALUE_INTEGER && !linear)
        return;
    if (!linear && d->step > 1)
        return;
    d->a = d->low - d->step / 2;
    d->b = d->high + d->step / 2;
}

static enum status take_range(const struct reading *reading, const struct node *spec,
                              struct axis *axis) {
    struct distribution *d = &axis->distribution;
    const bool linear = d->kind->family == FAMILY_UNIFORM;
    const double steps = linear && d->step > 0 ? floor((d->b - d->a) / d->step + 1e-9) + 1 : 0;
    if (steps == 1 && d->b > d->a)
        reading_note(reading, node_at(spec, "q") ? node_at(spec, "q") : spec,
                     "%s: the step q = %g is more than max - min: there is one value, %g",
                     spec_name(axis), d->step, d->a);
    d->low = d->a;
    d->high = d->b;
    d->origin = linear ? d->low : 0;
    if (d->a == d->b) {
        reading_note(reading, node_at(spec, "max"),
                     "%s: min and max are the same: there is one value, %g", spec_name(axis), d->a);
        return list_steps(reading, 1, axis);
    }
    if (steps > 0 && steps <= CHOICES_MAX)
        return list_steps(reading, (size_t)steps, axis);
    if (d->step > 0 && floor(d->high / d->step) < ceil(d->low / d->step) && !linear)
        return reading_fail(reading, spec, "%s: no multiple of q lies between min and max",
                            spec_name(axis));
    if (d->step > 0)
        widen(axis);
    distribution_cut(d);
    return STATUS_OK;
}

/* min without max, or max without min */
static enum status fail_open(const struct reading *reading, const struct node *spec,
                             const struct axis *axis) {
    const struct node *min = node_at(spec, "min"), *max = node_at(spec, "max");
    double given;
    enum status status =
        reading_fail(reading, spec, "%s: min and max go together%s", spec_name(axis),
                     min || max ? "" : ", q is the step between them");
    if (min && scalar_number(min, &given) &&
        hyperparameter_allows(axis_hyperparameter(axis), given))
        reading_insert(reading, spec, "max: %.12g",
                       nearest_allowed(axis, given > 0 ? 100 * given : 1, given));
    if (max && scalar_number(max, &given) &&
        hyperparameter_allows(axis_hyperparameter(axis), given))
        reading_insert(reading, spec, "min: %.12g",
                       nearest_allowed(axis, given > 0 ? given / 100 : 100 * given, given));
    return status;
}

enum status spec_read_range(const struct reading *reading, const struct node *spec,
                            struct axis *axis) {
    struct distribution *d = &axis->distribution;
    const struct node *min = node_at(spec, "min"), *max = node_at(spec, "max");
    if (!min || !max)
        return fail_open(reading, spec, axis);
    enum status status = status_join(spec_read_end(reading, spec, min, axis, &d->a),
                                     spec_read_end(reading, spec, max, axis, &d->b));
    if (status == STATUS_OK)
        status = spec_read_step(reading, spec, axis);
    if (status != STATUS_OK)
        return status;
    if (d->b < d->a)
        return spec_fail_order(reading, min, max, axis);
    if (d->kind->exponents)
        return STATUS_OK;
    if (d->kind->family == FAMILY_LOG_UNIFORM && d->a <= 0)
        return fail_logarithm(reading, min, axis);
    return take_range(reading, spec, axis);
}
