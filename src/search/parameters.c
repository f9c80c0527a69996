#include "search/parameters.h"

#include "nn/activation.h"
#include "nn/optimizer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AXIS_VALUES_MAX 100000 /* as many as a sweep may have trials */

enum status reading_fail(const struct reading *reading, const struct node *node, const char *format,
                         ...) {
    va_list arguments;
    va_start(arguments, format);
    error_vset(reading->error, STATUS_INPUT, format, arguments);
    va_end(arguments);
    error_place(reading->error, reading->file, node->line, node->column);
    return STATUS_INPUT;
}

enum status reading_fail_unknown(const struct reading *reading, const struct node *node,
                                 const char *what, const char *const *names, size_t count) {
    struct text text;
    text_init(&text);
    const char *nearest = text_nearest(node->text, names, count);
    if (nearest)
        text_printf(&text, "; did you mean '%s'?", nearest);
    text_append(&text, " Known:");
    for (size_t i = 0; i < count; i++)
        text_printf(&text, "%s %s", i ? "," : "", names[i]);
    enum status status = reading_fail(reading, node, "unknown %s '%.64s'%s%s", what, node->text,
                                      nearest ? "" : ".", text.data);
    text_release(&text);
    return status;
}

/* Copy `text` without the underscores that YAML 1.1 allows between digits. */
static bool without_underscores(const char *text, char *buffer, size_t size) {
    size_t length = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '_' && c > text && c[-1] >= '0' && c[-1] <= '9' && c[1] >= '0' && c[1] <= '9')
            continue;
        if (length + 1 >= size)
            return false;
        buffer[length++] = *c;
    }
    buffer[length] = '\0';
    return length > 0;
}

bool node_number(const struct node *node, double *number) {
    char digits[64], *end;
    if (node->kind != NODE_SCALAR || !node->plain ||
        !without_underscores(node->text, digits, sizeof digits))
        return false;
    const char *unsigned_digits = digits + (*digits == '+' || *digits == '-');
    if (strncmp(unsigned_digits, "0x", 2) == 0 || strncmp(unsigned_digits, "0o", 2) == 0) {
        /* strtod would take hexadecimal fractions and exponents, which YAML does not have. */
        int base = unsigned_digits[1] == 'x' ? 16 : 8;
        if (!strchr("0123456789abcdefABCDEF", unsigned_digits[2]) || !unsigned_digits[2])
            return false;
        *number = (double)strtoull(unsigned_digits + 2, &end, base);
        if (*digits == '-')
            *number = -*number;
        return *end == '\0';
    }
    if (digits[strspn(digits, "0123456789+-.eE")] != '\0')
        return false;
    *number = strtod(digits, &end);
    return end != digits && *end == '\0';
}

static bool node_boolean(const struct node *node, bool *boolean) {
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON"};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No",
                                     "NO",    "off",   "Off",   "OFF"};
    if (node->kind != NODE_SCALAR || !node->plain)
        return false;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (strcmp(node->text, yes[i]) == 0 || strcmp(node->text, no[i]) == 0) {
            *boolean = strcmp(node->text, yes[i]) == 0;
            return true;
        }
    return false;
}

/* What a writer of this node may have meant. */
static const char *hint_for(const struct node *node, const struct hyperparameter *hyperparameter) {
    double number;
    bool boolean;
    if (node->kind == NODE_SEQUENCE && hyperparameter->type != VALUE_LAYERS)
        return "; several values to try go under values:";
    struct node unquoted = *node;
    unquoted.plain = true;
    if (node->kind == NODE_SCALAR && !node->plain &&
        (node_number(&unquoted, &number) || node_boolean(&unquoted, &boolean)))
        return " (without quotes)";
    return "";
}

/* "epochs: 'ten' is not allowed; it takes a whole number from 1 ..." */
static enum status fail_allowed(const struct reading *reading, const struct node *node,
                                const struct hyperparameter *hyperparameter) {
    struct text allowed;
    char described[80];
    text_init(&allowed);
    hyperparameter_append_allowed(hyperparameter, &allowed);
    enum status status =
        reading_fail(reading, node, "%s: %s is not allowed; it takes %s%s", hyperparameter->name,
                     node_describe(node, described, sizeof described), allowed.data,
                     hint_for(node, hyperparameter));
    text_release(&allowed);
    return status;
}

static bool in_range(const struct hyperparameter *hyperparameter, double number) {
    bool above = hyperparameter->minimum_open ? number > hyperparameter->minimum
                                              : number >= hyperparameter->minimum;
    bool below = hyperparameter->maximum_open ? number < hyperparameter->maximum
                                              : number <= hyperparameter->maximum;
    return above && below;
}

static enum status read_name(const struct reading *reading, const struct node *node,
                             const struct hyperparameter *hyperparameter, struct value *value) {
    const char *names[64];
    size_t count = 0;
    if (node->kind != NODE_SCALAR)
        return fail_allowed(reading, node, hyperparameter);
    value->name = hyperparameter->canonical(node->text);
    if (value->name)
        return STATUS_OK;
    for (; count < sizeof names / sizeof *names && hyperparameter->name_at(count); count++)
        names[count] = hyperparameter->name_at(count);
    return reading_fail_unknown(reading, node, hyperparameter->name, names, count);
}

static enum status read_activation_name(const struct reading *reading, const struct node *node,
                                        const char **activation) {
    struct value value = {.type = VALUE_NONE};
    enum status status = read_name(reading, node, &hyperparameters[HP_ACTIVATION], &value);
    *activation = value.name;
    return status;
}

/* 64, "64 tanh" or {units: 64, activation: tanh} */
static enum status read_layer(const struct reading *reading, const struct node *node,
                              struct hidden_layer *layer) {
    const struct hyperparameter *layers = &hyperparameters[HP_LAYERS];
    const struct node *units = node, *activation = NULL;
    struct node before = *node, after = *node;
    if (node->kind == NODE_MAPPING) {
        static const char *const keys[] = {"units", "activation"};
        for (size_t i = 0; i < node->count; i++)
            if (strcmp(node->keys[i]->text, keys[0]) != 0 &&
                strcmp(node->keys[i]->text, keys[1]) != 0)
                return reading_fail_unknown(reading, node->keys[i], "key of a layer", keys, 2);
        units = node_at(node, "units");
        activation = node_at(node, "activation");
        if (!units)
            return reading_fail(reading, node, "layers: a layer needs its units");
    } else if (node->kind == NODE_SCALAR && strchr(node->text, ' ')) {
        const char *space = strchr(node->text, ' ');
        char *number = arena_copy(reading->arena, node->text);
        if (!number)
            return error_memory(reading->error);
        number[space - node->text] = '\0';
        before.text = number;
        before.plain = true;
        after.text = space + strspn(space, " ");
        units = &before;
        activation = &after;
    }
    double number;
    if (node->kind == NODE_SEQUENCE)
        return reading_fail(
            reading, node,
            "layers: a list of layers within a list; several lists of layers to try "
            "go under values:");
    if (!node_number(units, &number) || number != floor(number) || !in_range(layers, number))
        return fail_allowed(reading, units, layers);
    layer->units = (int64_t)number;
    return activation ? read_activation_name(reading, activation, &layer->activation) : STATUS_OK;
}

static enum status read_layers(const struct reading *reading, const struct node *node,
                               struct value *value) {
    double units;
    if (node_number(node, &units))
        return reading_fail(reading, node,
                            "layers: '%.64s' is not a list; for one hidden layer write [%.64s]",
                            node->text, node->text);
    if (node->kind != NODE_SEQUENCE)
        return fail_allowed(reading, node, &hyperparameters[HP_LAYERS]);
    if (node->count > LAYERS_MAX)
        return reading_fail(reading, node, "layers: %zu hidden layers; at most %d are allowed",
                            node->count, LAYERS_MAX);
    struct hidden_layers *layers = ARENA_NEW(reading->arena, struct hidden_layers, 1);
    if (!layers)
        return error_memory(reading->error);
    layers->count = node->count;
    value->layers = layers;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < node->count && status == STATUS_OK; i++)
        status = read_layer(reading, node->items[i], &layers->items[i]);
    return status;
}

static enum status read_value(const struct reading *reading, const struct node *node,
                              const struct hyperparameter *hyperparameter, struct value *value) {
    double number;
    *value = (struct value){.type = hyperparameter->type};
    switch (hyperparameter->type) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
        if (!node_number(node, &number) || number != floor(number) ||
            !in_range(hyperparameter, number))
            return fail_allowed(reading, node, hyperparameter);
        value->integer = (int64_t)number;
        break;
    case VALUE_REAL:
        if (!node_number(node, &number) || !in_range(hyperparameter, number))
            return fail_allowed(reading, node, hyperparameter);
        value->real = number == 0 ? 0 : number; /* -0 and 0 are one value */
        break;
    case VALUE_BOOLEAN:
        if (!node_boolean(node, &value->boolean))
            return fail_allowed(reading, node, hyperparameter);
        break;
    case VALUE_NAME:
        return read_name(reading, node, hyperparameter, value);
    case VALUE_LAYERS:
        return read_layers(reading, node, value);
    }
    return STATUS_OK;
}

/* Whether choosing `name` brings the hyperparameter `detail` with it. */
static bool brings(enum hyperparameter_id id, const char *name,
                   const struct hyperparameter *detail) {
    if (id == HP_OPTIMIZER)
        return detail->part == PART_OPTIMIZER &&
               optimizer_has(optimizer_find(name), (enum optimizer_parameter)detail->detail, NULL);
    return detail->part == PART_ACTIVATION &&
           (int)activation_find(name)->parameter == detail->detail;
}

static enum status fail_detail(const struct reading *reading, const struct node *key,
                               enum hyperparameter_id id, const char *name) {
    const char *names[HP_COUNT + 1];
    char what[64];
    size_t count = 0;
    names[count++] = "name";
    for (size_t i = 0; i < HP_COUNT; i++)
        if (brings(id, name, &hyperparameters[i]))
            names[count++] = hyperparameters[i].name;
    snprintf(what, sizeof what, "parameter of %s", name);
    return reading_fail_unknown(reading, key, what, names, count);
}

/* {name: sgd, momentum: 0.9} */
static enum status read_detailed(const struct reading *reading, const struct node *node,
                                 enum hyperparameter_id id, struct choice *choice) {
    const struct hyperparameter *hyperparameter = &hyperparameters[id];
    const struct node *name = node_at(node, "name");
    if (!name)
        return reading_fail(reading, node, "%s: a mapping needs the key 'name'",
                            hyperparameter->name);
    enum status status = read_value(reading, name, hyperparameter, &choice->value);
    if (status != STATUS_OK)
        return status;
    choice->details = ARENA_NEW(reading->arena, struct choice_detail, node->count);
    if (!choice->details)
        return error_memory(reading->error);
    for (size_t i = 0; i < node->count; i++) {
        if (strcmp(node->keys[i]->text, "name") == 0)
            continue;
        const struct hyperparameter *detail = hyperparameter_find(node->keys[i]->text);
        if (!detail || !brings(id, choice->value.name, detail))
            return fail_detail(reading, node->keys[i], id, choice->value.name);
        for (size_t j = 0; j < choice->detail_count; j++)
            if (choice->details[j].id == hyperparameter_id_of(detail))
                return reading_fail(reading, node->keys[i], "%s is here twice under two names",
                                    detail->name);
        struct choice_detail *into = &choice->details[choice->detail_count++];
        into->id = hyperparameter_id_of(detail);
        status = read_value(reading, node->items[i], detail, &into->value);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_choice(const struct reading *reading, const struct node *node,
                               enum hyperparameter_id id, struct choice *choice) {
    bool takes_details = id == HP_OPTIMIZER || id == HP_ACTIVATION;
    if (takes_details && node->kind == NODE_MAPPING)
        return read_detailed(reading, node, id, choice);
    return read_value(reading, node, &hyperparameters[id], &choice->value);
}

static enum status fail_count(const struct reading *reading, const struct node *node,
                              enum hyperparameter_id id, double count) {
    return reading_fail(reading, node, "%s: %.6g values are too many; at most %d",
                        hyperparameters[id].name, count, AXIS_VALUES_MAX);
}

/* The values that a list of nodes stands for; `at` is where the list is. */
static enum status read_choices(const struct reading *reading, const struct node *at,
                                const struct node *const *nodes, size_t count, struct axis *axis) {
    if (count > AXIS_VALUES_MAX)
        return fail_count(reading, at, axis->id, (double)count);
    axis->count = count;
    axis->choices = ARENA_NEW(reading->arena, struct choice, count);
    if (!axis->choices)
        return error_memory(reading->error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = read_choice(reading, nodes[i], axis->id, &axis->choices[i]);
    return status;
}

/* The i-th step of a real, cut to 12 digits, so that 0.1 + 2 * 0.1 is 0.3 and not
 * 0.30000000000000004; never past `high`, which may be the last number that is allowed. */
static double step_at(double low, double high, double step, size_t i) {
    char digits[40];
    if (i == 0)
        return low;
    snprintf(digits, sizeof digits, "%.12g", low + (double)i * step);
    double number = strtod(digits, NULL);
    return number > high ? high : number;
}

/* min, min + q, ... up to max */
static enum status read_steps(const struct reading *reading, const struct node *spec,
                              struct axis *axis) {
    const struct hyperparameter *hyperparameter = &hyperparameters[axis->id];
    const struct node *nodes[3] = {node_at(spec, "min"), node_at(spec, "max"), node_at(spec, "q")};
    const bool whole = hyperparameter->type == VALUE_INTEGER;
    double low, high, step = 1;
    if (!whole && hyperparameter->type != VALUE_REAL)
        return reading_fail(reading, spec, "%s: min and max are for numbers; list its values",
                            hyperparameter->name);
    if (!nodes[0] || !nodes[1])
        return reading_fail(reading, spec, "%s: min and max go together", hyperparameter->name);
    if (!nodes[2] && !whole)
        return reading_fail(reading, spec,
                            "%s: a grid over min and max needs the step q (or list the values)",
                            hyperparameter->name);
    struct value ends[2];
    for (size_t i = 0; i < 2; i++) {
        enum status status = read_value(reading, nodes[i], hyperparameter, &ends[i]);
        if (status != STATUS_OK)
            return status;
    }
    low = whole ? (double)ends[0].integer : ends[0].real;
    high = whole ? (double)ends[1].integer : ends[1].real;
    if (nodes[2] && (!node_number(nodes[2], &step) || !(step > 0) || isinf(step) ||
                     (whole && step != floor(step))))
        return reading_fail(reading, nodes[2], "%s: q, the step, must be a%s number above 0",
                            hyperparameter->name, whole ? " whole" : "");
    if (high < low)
        return reading_fail(reading, nodes[1], "%s: max is below min", hyperparameter->name);
    double steps = floor((high - low) / step + 1e-9) + 1;
    if (steps > AXIS_VALUES_MAX)
        return fail_count(reading, spec, axis->id, steps);
    axis->count = (size_t)steps;
    axis->choices = ARENA_NEW(reading->arena, struct choice, axis->count);
    if (!axis->choices)
        return error_memory(reading->error);
    for (size_t i = 0; i < axis->count; i++) {
        struct value *value = &axis->choices[i].value;
        value->type = hyperparameter->type;
        if (whole)
            value->integer = (int64_t)(low + (double)i * step);
        else
            value->real = step_at(low, high, step, i);
    }
    return STATUS_OK;
}

static enum status find_hyperparameter(const struct reading *reading, const struct node *key,
                                       struct axis *axis) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(key->text);
    if (!hyperparameter) {
        const char *names[HP_COUNT];
        for (size_t i = 0; i < HP_COUNT; i++)
            names[i] = hyperparameters[i].name;
        return reading_fail_unknown(reading, key, "hyperparameter", names, HP_COUNT);
    }
    *axis = (struct axis){.id = hyperparameter_id_of(hyperparameter),
                          .file = reading->file,
                          .line = key->line,
                          .column = key->column};
    return STATUS_OK;
}

/* A distribution that a grid can enumerate says no more than value, values or min/max/q do. */
static enum status check_distribution(const struct reading *reading, const struct node *spec,
                                      const char *name) {
    static const char *const enumerable[] = {"constant", "categorical", "int_uniform", "q_uniform"};
    const struct node *distribution = node_at(spec, "distribution");
    if (!distribution)
        return STATUS_OK;
    for (size_t i = 0; i < 4; i++)
        if (distribution->kind == NODE_SCALAR && strcmp(distribution->text, enumerable[i]) == 0)
            return STATUS_OK;
    char described[80];
    return reading_fail(reading, distribution,
                        "%s: a grid can't enumerate the distribution %s; it can constant, "
                        "categorical, int_uniform and q_uniform",
                        name, node_describe(distribution, described, sizeof described));
}

enum status parameters_read_axis(const struct reading *reading, const struct node *key,
                                 const struct node *spec, struct axis *axis) {
    static const char *const keys[] = {"value", "values", "min", "max", "q", "distribution"};
    char described[80];
    enum status status = find_hyperparameter(reading, key, axis);
    if (status != STATUS_OK)
        return status;
    const char *name = hyperparameters[axis->id].name;
    if (spec->kind != NODE_MAPPING)
        return reading_fail(
            reading, spec, "%s: %s, where a mapping belongs; write {value: ...} or {values: [...]}",
            name, node_describe(spec, described, sizeof described));
    for (size_t i = 0; i < spec->count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            known |= strcmp(spec->keys[i]->text, keys[j]) == 0;
        if (!known)
            return reading_fail_unknown(reading, spec->keys[i], "key of a hyperparameter", keys,
                                        sizeof keys / sizeof *keys);
    }
    const struct node *value = node_at(spec, "value"), *values = node_at(spec, "values");
    bool steps = node_at(spec, "min") || node_at(spec, "max") || node_at(spec, "q");
    if ((value != NULL) + (values != NULL) + steps != 1)
        return reading_fail(reading, spec, "%s: give exactly one of value, values, or min/max/q",
                            name);
    status = check_distribution(reading, spec, name);
    if (status != STATUS_OK)
        return status;
    if (steps)
        return read_steps(reading, spec, axis);
    if (value)
        return read_choices(reading, value, &value, 1, axis);
    if (values->kind != NODE_SEQUENCE || values->count == 0)
        return reading_fail(reading, values,
                            "%s: values must be a list of one or more; a single one may be given "
                            "as {value: ...}",
                            name);
    return read_choices(reading, values, values->items, values->count, axis);
}

enum status parameters_read_setting(const struct reading *reading, const struct node *key,
                                    const struct node *value, struct axis *axis) {
    enum status status = find_hyperparameter(reading, key, axis);
    if (status != STATUS_OK)
        return status;
    if (value->kind == NODE_MAPPING &&
        (node_at(value, "value") || node_at(value, "values") || node_at(value, "min")))
        return parameters_read_axis(reading, key, value, axis);
    /* [128, 64] is one value of layers; [[10], [128, 64]] are two. */
    bool list = value->kind == NODE_SEQUENCE && value->count > 0;
    if (list && axis->id == HP_LAYERS)
        list = value->items[0]->kind == NODE_SEQUENCE;
    return list ? read_choices(reading, value, value->items, value->count, axis)
                : read_choices(reading, value, &value, 1, axis);
}

enum status parameters_read_value(enum hyperparameter_id id, const char *text, struct arena *arena,
                                  struct value *value, struct error *error) {
    const struct reading reading = {hyperparameters[id].name, arena, error};
    const struct node *node = NULL;
    enum status status = document_parse(reading.file, text, strlen(text), arena, &node, error);
    if (status == STATUS_OK && !node)
        status = error_set(error, STATUS_INPUT, "%s: no value", reading.file);
    return status == STATUS_OK ? read_value(&reading, node, &hyperparameters[id], value) : status;
}

enum status reading_integer(const struct reading *reading, const struct node *node, const char *key,
                            int64_t minimum, int64_t maximum, int64_t *integer) {
    double number;
    char described[80];
    if (!node_number(node, &number) || number != floor(number) || number < (double)minimum ||
        number > (double)maximum)
        return reading_fail(
            reading, node,
            "%s: %s is not allowed; it takes a whole number from %" PRId64 " to %" PRId64, key,
            node_describe(node, described, sizeof described), minimum, maximum);
    *integer = (int64_t)number;
    return STATUS_OK;
}
