#include "search/axis.h"

#include "search/arguments.h"

#include <math.h>
#include <string.h>

/* The number of hidden layers, where it is an axis of its own. */
static const struct hyperparameter hidden_count = {
    .name = "layers.count", .type = VALUE_INTEGER, .maximum = LAYERS_MAX, .standard = "1"};

const struct hyperparameter *axis_hyperparameter(const struct axis *axis) {
    switch (axis->role) {
    case AXIS_LAYER_COUNT:
        return &hidden_count;
    case AXIS_ARGUMENT:
        return axis->own;
    case AXIS_VALUE:
        break;
    }
    return &hyperparameters[axis->id];
}

static bool is_number(const struct value *value) {
    return value->type == VALUE_INTEGER || value->type == VALUE_REAL;
}

bool axis_is_ordered(const struct axis *axis) {
    bool rising = true, falling = true;
    for (size_t i = 0; i < axis->count; i++) {
        if (!is_number(&axis->choices[i].value))
            return false;
        if (i == 0)
            continue;
        const double before = value_number(&axis->choices[i - 1].value);
        rising = rising && value_number(&axis->choices[i].value) >= before;
        falling = falling && value_number(&axis->choices[i].value) <= before;
    }
    return rising || falling;
}

struct value axis_value(const struct axis *axis, double coordinate) {
    if (axis->count > 0)
        return axis->choices[(size_t)coordinate].value;
    const double number = distribution_value(&axis->distribution, coordinate);
    struct value value = {.type = axis_hyperparameter(axis)->type};
    if (value.type == VALUE_INTEGER)
        value.integer = (int64_t)number;
    else
        value.real = number;
    return value;
}

void axis_set_argument(const struct axis *axis, double coordinate, void *of) {
    const struct value value = axis_value(axis, coordinate);
    const void *field = axis->count > 0 ? axis->choices[(size_t)coordinate].field : NULL;
    if (field)
        memcpy(argument_at(of, axis->argument), field, argument_size(axis->argument));
    else
        argument_set(of, axis->argument, &value);
}

void axis_range(const struct axis *axis, double *least, double *largest) {
    *least = axis->distribution.low;
    *largest = axis->distribution.high;
    for (size_t i = 0; i < axis->count; i++) {
        const double number = value_number(&axis->choices[i].value);
        *least = i == 0 ? number : fmin(*least, number);
        *largest = i == 0 ? number : fmax(*largest, number);
    }
}

static void append_choice(const struct choice *choice, struct text *text) {
    value_append(&choice->value, text);
    for (size_t i = 0; i < choice->detail_count; i++) {
        text_printf(text, "%s%s=", i ? " " : " (", hyperparameters[choice->details[i].id].name);
        value_append(&choice->details[i].value, text);
    }
    text_append(text, choice->detail_count ? ")" : "");
}

#define STEPS_LISTED 4 /* of a range; of more its ends are told */

/* "16 to 64", "0 to 0.5, q 0.1" */
static bool append_range(const struct axis *axis, struct text *text) {
    const struct distribution *d = &axis->distribution;
    if (axis->count <= STEPS_LISTED || !d->kind || d->kind->family != FAMILY_UNIFORM)
        return false;
    text_append_double(text, d->low);
    text_append(text, " to ");
    value_append(&axis->choices[axis->count - 1].value, text);
    if (axis->choices[0].value.type != VALUE_INTEGER || d->step != 1) {
        text_append(text, ", q ");
        text_append_double(text, d->step);
    }
    return true;
}

void axis_append(const struct axis *axis, size_t limit, struct text *text) {
    const size_t begin = text->length;
    if (append_range(axis, text))
        return;
    if (axis->count == 0)
        distribution_append(&axis->distribution, text);
    for (size_t i = 0; i < axis->count && text->length - begin < limit; i++) {
        text_append(text, i ? ", " : "");
        append_choice(&axis->choices[i], text);
        if (axis->probabilities)
            text_printf(text, " (%.3g %%)", 100 * axis->probabilities[i]);
    }
    if (axis->count > 0 && text->length - begin >= limit)
        text_append(text, ", ...");
}

void axis_append_name(const struct axis *axes, size_t at, struct text *text) {
    const struct axis *axis = &axes[at];
    text_append(text, axis_hyperparameter(axis)->name);
    const struct component_family *family = hyperparameters[axis->id].family;
    if (axis->role == AXIS_ARGUMENT && axis->item != AXIS_NONE && (!family || family->most > 1))
        text_printf(text, " %zu", axis->item + 1);
    if (axis->parent == AXIS_NONE || axis->role != AXIS_VALUE)
        return;
    const struct axis *parent = &axes[axis->parent];
    for (size_t i = 0; i < parent->count; i++)
        if (axis->parent_choices[i]) {
            text_append(text, " of ");
            value_append(&parent->choices[i].value, text);
        }
}
