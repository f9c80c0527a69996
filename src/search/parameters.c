#include "search/parameters.h"

#include "nn/activation.h"
#include "nn/optimizer.h"
#include "search/distribution.h"
#include "search/scalar.h"
#include "search/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AXIS_VALUES_MAX 100000 /* as many as a sweep may have trials */
#define NAMES_LISTED 10        /* in a message */

/* How several values are written where one of them stands. */
static const char *several_at(const struct reading *reading) {
    switch (reading->place) {
    case PLACE_LISTED:
        return "each value is an item of its own in the list of them";
    case PLACE_DETAIL:
        return "several values are as many choices, each with its name";
    case PLACE_VALUE:
        break;
    }
    return reading_is_option(reading) ? "several values are a list: NAME=[X, Y]"
                                      : "several values are a list under values:";
}

/* What a writer of this node may have meant. */
static const char *hint_for(const struct reading *reading, const struct node *node,
                            const struct hyperparameter *hyperparameter, char *buffer,
                            size_t size) {
    const bool list = node->kind == NODE_SEQUENCE && hyperparameter->type != VALUE_LAYERS;
    if (list || (node->kind == NODE_SCALAR && strchr(node->text, ','))) {
        snprintf(buffer, size, "; %s", several_at(reading));
        return buffer;
    }
    if (scalar_is_null(node) &&
        hyperparameter->canonical == hyperparameters[HP_ACTIVATION].canonical)
        return "; no activation is linear";
    const bool number = hyperparameter->type == VALUE_INTEGER || hyperparameter->type == VALUE_REAL;
    return number || node->type == TYPE_TEXT ? scalar_hint(node, buffer, size) : "";
}

/* Names by the dozen are listed elsewhere. */
static void append_allowed(const struct hyperparameter *hyperparameter, struct text *text) {
    if (hyperparameter->type == VALUE_NAME && hyperparameter->name_at(NAMES_LISTED))
        text_printf(text, "one of the names that `sweep keys %s` lists", hyperparameter->name);
    else
        hyperparameter_append_allowed(hyperparameter, text);
}

/* "epochs: 'ten' is not allowed; it takes a whole number from 1 ..." */
static enum status fail_allowed(const struct reading *reading, const struct node *node,
                                const struct hyperparameter *hyperparameter) {
    struct text allowed;
    char described[80], hint[128];
    text_init(&allowed);
    append_allowed(hyperparameter, &allowed);
    enum status status =
        reading_fail(reading, node, "%s: %s is not allowed; it takes %s%s", hyperparameter->name,
                     node_describe(node, described, sizeof described), allowed.data,
                     hint_for(reading, node, hyperparameter, hint, sizeof hint));
    text_release(&allowed);
    reading_unquote(reading, node);
    return status;
}

static enum status read_name(const struct reading *reading, const struct node *node,
                             const struct hyperparameter *hyperparameter, struct value *value) {
    const char *names[64];
    size_t count = 0;
    if (node->kind != NODE_SCALAR || scalar_is_null(node) || strchr(node->text, ','))
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

static enum status read_units(const struct reading *reading, const struct node *node,
                              struct hidden_layer *layer) {
    const struct hyperparameter *layers = &hyperparameters[HP_LAYERS];
    double number;
    if (scalar_number(node, &number) && number == floor(number) &&
        hyperparameter_allows(layers, number)) {
        layer->units = (int64_t)number;
        return STATUS_OK;
    }
    const struct word *word = node->kind == NODE_SCALAR ? words_find("layer", node->text) : NULL;
    return word ? reading_fail(reading, node, "layers: '%.64s': %s", node->text, word->advice)
                : fail_allowed(reading, node, layers);
}

/* {units: 64, activation: tanh} */
static enum status read_layer_mapping(const struct reading *reading, const struct node *node,
                                      struct hidden_layer *layer) {
    static const char *const keys[] = {"units", "activation"};
    const struct node *units = node_at(node, "units"), *activation = node_at(node, "activation");
    enum status status = reading_check_keys(reading, node, "key of a layer", keys, 2);
    if (status == STATUS_OK && !units)
        return reading_fail(reading, node, "layers: a layer needs its units");
    if (units)
        status = status_join(status, read_units(reading, units, layer));
    if (activation)
        status = status_join(status, read_activation_name(reading, activation, &layer->activation));
    return status;
}

/* "64 tanh" */
static enum status read_layer_text(const struct reading *reading, const struct node *node,
                                   struct hidden_layer *layer) {
    const size_t length = strcspn(node->text, " ");
    const size_t skipped = length + strspn(node->text + length, " ");
    const size_t quote = node->end - node->begin > strlen(node->text);
    struct node units = *node, activation = *node;
    units.type = TYPE_OPEN;
    units.text = arena_printf(reading->arena, "%.*s", (int)length, node->text);
    units.begin += quote;
    units.end = units.begin + length;
    activation.text = node->text + skipped;
    activation.begin += quote + skipped;
    activation.end -= quote;
    if (!units.text)
        return error_memory(reading->error);
    enum status status = read_units(reading, &units, layer);
    if (status != STATUS_OK && hyperparameters[HP_ACTIVATION].canonical(units.text))
        reading_correct(reading, node, "%s %s", activation.text, units.text);
    return status == STATUS_OK ? read_activation_name(reading, &activation, &layer->activation)
                               : status;
}

static enum status read_layer(const struct reading *reading, const struct node *node,
                              struct hidden_layer *layer) {
    if (node->kind == NODE_SEQUENCE)
        return reading_fail(reading, node, "layers: a list of layers within a list; %s",
                            several_at(reading));
    if (node->kind == NODE_MAPPING)
        return read_layer_mapping(reading, node, layer);
    return strchr(node->text, ' ') ? read_layer_text(reading, node, layer)
                                   : read_units(reading, node, layer);
}

static enum status read_layers(const struct reading *reading, const struct node *node,
                               struct value *value) {
    double units;
    if (scalar_number(node, &units)) {
        enum status status = reading_fail(
            reading, node, "layers: '%.64s' is not a list; for one hidden layer write [%.64s]",
            node->text, node->text);
        reading_correct(reading, node, "[%s]", node->text);
        return status;
    }
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
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++)
        status = status_join(status, read_layer(reading, node->items[i], &layers->items[i]));
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
        if (!scalar_number(node, &number) || number != floor(number) ||
            !hyperparameter_allows(hyperparameter, number))
            return fail_allowed(reading, node, hyperparameter);
        value->integer = (int64_t)number;
        break;
    case VALUE_REAL:
        if (!scalar_number(node, &number) || !hyperparameter_allows(hyperparameter, number))
            return fail_allowed(reading, node, hyperparameter);
        value->real = number == 0 ? 0 : number; /* -0 and 0 are one value */
        break;
    case VALUE_BOOLEAN:
        if (!scalar_boolean(node, &value->boolean))
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

/* One key of {name: sgd, momentum: 0.9} and its value. */
static enum status read_detail(const struct reading *reading, const struct node *key,
                               const struct node *value, enum hyperparameter_id id,
                               struct choice *choice) {
    const struct hyperparameter *detail = hyperparameter_find(key->text);
    if (!detail || !brings(id, choice->value.name, detail))
        return fail_detail(reading, key, id, choice->value.name);
    for (size_t i = 0; i < choice->detail_count; i++)
        if (choice->details[i].id == hyperparameter_id_of(detail))
            return reading_fail(reading, key, "%s is here twice under two names", detail->name);
    if (scalar_is_null(value))
        return STATUS_OK;
    struct choice_detail *into = &choice->details[choice->detail_count++];
    struct reading within = *reading;
    within.place = PLACE_DETAIL;
    into->id = hyperparameter_id_of(detail);
    return read_value(&within, value, detail, &into->value);
}

/* {name: sgd, momentum: 0.9} */
static enum status read_detailed(const struct reading *reading, const struct node *node,
                                 enum hyperparameter_id id, struct choice *choice) {
    const struct hyperparameter *hyperparameter = &hyperparameters[id];
    const struct node *name = node_at(node, "name");
    enum status status = reading_check_keys(reading, node, NULL, NULL, 0);
    if (status != STATUS_OK)
        return status;
    if (!name)
        return reading_fail(reading, node, "%s: a mapping needs the key 'name'",
                            hyperparameter->name);
    status = read_value(reading, name, hyperparameter, &choice->value);
    if (status != STATUS_OK)
        return status;
    choice->details = ARENA_NEW(reading->arena, struct choice_detail, node->count);
    if (!choice->details)
        return error_memory(reading->error);
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++)
        if (!node_says(node->keys[i], "name"))
            status = status_join(status,
                                 read_detail(reading, node->keys[i], node->items[i], id, choice));
    return status;
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
    struct reading within = *reading;
    within.place = at == nodes[0] ? PLACE_VALUE : PLACE_LISTED;
    for (size_t i = 0; i < count && status != STATUS_MEMORY; i++)
        status = status_join(status, read_choice(&within, nodes[i], axis->id, &axis->choices[i]));
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

static enum status fail_step(const struct reading *reading, const struct node *spec,
                             const struct hyperparameter *hyperparameter) {
    struct text values;
    text_init(&values);
    distribution_append_values(spec, hyperparameter, &values);
    enum status status = reading_fail(
        reading, spec,
        "%s: a grid over min and max needs the step q; or list the values, as in {values: %s}",
        hyperparameter->name, values.data);
    text_release(&values);
    return status;
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
        return fail_step(reading, spec, hyperparameter);
    struct value ends[2];
    enum status status = status_join(read_value(reading, nodes[0], hyperparameter, &ends[0]),
                                     read_value(reading, nodes[1], hyperparameter, &ends[1]));
    if (status != STATUS_OK)
        return status;
    low = whole ? (double)ends[0].integer : ends[0].real;
    high = whole ? (double)ends[1].integer : ends[1].real;
    if (nodes[2] && (!scalar_number(nodes[2], &step) || !(step > 0) || isinf(step) ||
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

#define KIND "hyperparameter" /* of words.h */

static enum status find_hyperparameter(const struct reading *reading, const struct node *key,
                                       struct axis *axis) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(key->text);
    if (!hyperparameter) {
        const char *names[HP_COUNT];
        hyperparameter_list_names(names);
        return reading_fail_unknown(reading, key, KIND, names, HP_COUNT);
    }
    *axis = (struct axis){.id = hyperparameter_id_of(hyperparameter),
                          .file = reading->file,
                          .line = key->line,
                          .column = key->column};
    return STATUS_OK;
}

/* 5 or [5, 10], where {value: 5} or {values: [5, 10]} belongs. */
static enum status fail_spec(const struct reading *reading, const struct node *spec,
                             const char *name) {
    char described[80], piece[128], hint[128];
    enum status status = reading_fail(
        reading, spec, "%s: %s, where a mapping belongs; write {value: ...} or {values: [...]}",
        name, node_describe(spec, described, sizeof described));
    const bool list =
        spec->kind == NODE_SEQUENCE &&
        (strcmp(name, "layers") != 0 || (spec->count > 0 && spec->items[0]->kind == NODE_SEQUENCE));
    if (!*scalar_hint(spec, hint, sizeof hint) &&
        reading_piece(reading, spec, piece, sizeof piece) && piece[0] && piece[0] != '-')
        reading_correct(reading, spec, list ? "{values: %s}" : "{value: %s}", piece);
    return status;
}

/* {value: X}, {values: [X, Y]} or {min: X, max: Y, q: Z} */
static enum status read_spec(const struct reading *reading, const struct node *spec,
                             struct axis *axis) {
    const char *name = hyperparameters[axis->id].name;
    const struct node *value = NULL, *values = node_at(spec, "values"), *key = NULL;
    const bool steps = node_at(spec, "min") || node_at(spec, "max") || node_at(spec, "q");
    for (size_t i = 0; i < spec->count; i++) {
        if (node_says(spec->keys[i], "value")) /* a null is a value, but none that is allowed */
            value = spec->items[i];
        if (node_says(spec->keys[i], "value") || node_says(spec->keys[i], "values"))
            key = spec->keys[i];
    }
    if ((value != NULL) + (values != NULL) + steps != 1)
        return reading_fail(reading, spec, "%s: give exactly one of value, values, or min/max/q",
                            name);
    if (steps)
        return read_steps(reading, spec, axis);
    enum status status = STATUS_OK;
    if (value)
        status = read_choices(reading, value, &value, 1, axis);
    else if (values->kind != NODE_SEQUENCE || values->count == 0)
        status = reading_fail(reading, values,
                              "%s: values must be a list of one or more; a single one may be given "
                              "as {value: ...}",
                              name);
    else
        return read_choices(reading, values, values->items, values->count, axis);
    if (status != STATUS_OK && value && value->kind == NODE_SEQUENCE && axis->id != HP_LAYERS)
        reading_correct(reading, key, "values");
    if (status != STATUS_OK && values && values->kind == NODE_SCALAR)
        reading_correct(reading, key, "value");
    return status;
}

static enum status read_axis(const struct reading *reading, const struct node *spec,
                             struct axis *axis) {
    static const char *const keys[] = {"value", "values", "min", "max", "q", "distribution"};
    if (spec->kind != NODE_MAPPING)
        return fail_spec(reading, spec, hyperparameters[axis->id].name);
    enum status status = distribution_check(reading, spec, &hyperparameters[axis->id]);
    if (status != STATUS_OK)
        return status;
    status = reading_check_keys(reading, spec, "key of a hyperparameter", keys,
                                sizeof keys / sizeof *keys);
    return status == STATUS_OK ? read_spec(reading, spec, axis) : status;
}

/* optimizer: {parameters: {name: ..., lr: ...}} */
static enum status fail_nested(const struct reading *reading, const struct node *key) {
    return reading_fail(reading, key,
                        "'%.64s': parameters are not nested; write those within directly under "
                        "parameters, as in optimizer: {values: [sgd, adam]} and learning_rate: "
                        "{values: [0.1, 0.01]}, or beside the name they belong to, as in "
                        "optimizer: {value: {name: sgd, momentum: 0.9}}",
                        key->text);
}

enum status parameters_read_axis(const struct reading *reading, const struct node *key,
                                 const struct node *spec, struct axis *axis) {
    if (spec->kind == NODE_MAPPING && node_at(spec, "parameters"))
        return fail_nested(reading, key);
    enum status status = find_hyperparameter(reading, key, axis);
    if (status == STATUS_INPUT && spec->kind != NODE_MAPPING && !words_find(KIND, key->text))
        return fail_spec(reading, spec, key->text);
    return status == STATUS_OK ? read_axis(reading, spec, axis) : status;
}

enum status parameters_read_setting(const struct reading *reading, const struct node *key,
                                    const struct node *value, struct axis *axis) {
    enum status status = find_hyperparameter(reading, key, axis);
    if (status != STATUS_OK)
        return status;
    if (value->kind == NODE_MAPPING && (node_at(value, "value") || node_at(value, "values") ||
                                        node_at(value, "min") || node_at(value, "distribution")))
        return read_axis(reading, value, axis);
    /* [128, 64] is one value of layers; [[10], [128, 64]] are two. */
    bool list = value->kind == NODE_SEQUENCE && value->count > 0;
    if (list && axis->id == HP_LAYERS)
        list = value->items[0]->kind == NODE_SEQUENCE;
    return list ? read_choices(reading, value, value->items, value->count, axis)
                : read_choices(reading, value, &value, 1, axis);
}

enum status parameters_read_value(enum hyperparameter_id id, const char *text, struct arena *arena,
                                  struct value *value, struct error *error) {
    const struct reading reading = {
        .file = hyperparameters[id].name, .arena = arena, .error = error};
    const struct node *node = NULL;
    enum status status = document_parse(reading.file, text, strlen(text), arena, &node, error);
    if (status == STATUS_OK && !node)
        status = error_set(error, STATUS_INPUT, "%s: no value", reading.file);
    return status == STATUS_OK ? read_value(&reading, node, &hyperparameters[id], value) : status;
}
