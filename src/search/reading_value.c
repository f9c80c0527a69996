#include "search/reading_value.h"

#include "search/scalar.h"
#include "search/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAMES_LISTED 10 /* in a message */

/* How several values are written where one of them stands. */
static const char *several_at(const struct reading *reading) {
    switch (reading->place) {
    case PLACE_LISTED:
        return "each value is an item of its own in the list of them";
    case PLACE_DETAIL:
        return "several values are {values: [X, Y]}";
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

enum status reading_value(const struct reading *reading, const struct node *node,
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
