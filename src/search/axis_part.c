#include "search/axis_part.h"

#include "search/arguments.h"
#include "search/layers.h"

#include <string.h>

enum axis_naming axis_part_naming(const char *part, const char *name) {
    const size_t length = strlen(name);
    if (strncmp(part, name, length) != 0 || (part[length] != '\0' && part[length] != ' '))
        return AXIS_OTHERWISE;
    return part[length] == '\0' ? AXIS_EXACTLY : AXIS_WITHOUT_NUMBER;
}

/* Whether the axis is an argument under a choice of the other one. */
static bool is_under(const struct config *config, const struct axis *axis, const struct axis *whole,
                     size_t choice) {
    return axis->role == AXIS_ARGUMENT && axis->parent == (size_t)(whole - config->axes) &&
           axis->parent_choices[choice];
}

/* What the argument is one of; of all layers, the first. */
static const void *owner_of(const struct axis *axis, const struct value *value) {
    const size_t item = axis->item == AXIS_NONE ? 0 : axis->item;
    return value->type == VALUE_LAYERS ? (const void *)&value->layers->items[item]
                                       : value->components->items[item].arguments;
}

static void copy_argument(const struct axis *axis, const struct value *from, void *into) {
    memcpy(argument_at(into, axis->argument), argument_of(owner_of(axis, from), axis->argument),
           argument_size(axis->argument));
}

/* Whether layers are a choice's but for the arguments that vary, and for what the data set has
 * given its inputs and outputs. */
static bool are_layers_of(const struct config *config, const struct axis *whole, size_t choice,
                          const struct value *value) {
    const struct hidden_layers *layers = value->layers;
    struct hidden_layers own = *whole->choices[choice].value.layers;
    bool are = own.count == layers->count;
    for (size_t i = 0; i < config->axis_count && are; i++)
        if (is_under(config, &config->axes[i], whole, choice))
            copy_argument(&config->axes[i], value, &own.items[config->axes[i].item]);
    layers_settle(&own);
    for (size_t i = 0; i < own.count && are; i++) {
        are = own.items[i].kind == layers->items[i].kind;
        if (are && own.items[i].kind == &layer_output)
            own.items[i].output = layers->items[i].output;
        if (are && own.items[i].kind == &layer_input_layer)
            own.items[i].input = layers->items[i].input;
        are = are && layer_equal(&own.items[i], &layers->items[i]);
    }
    return are;
}

static bool are_components_of(const struct config *config, const struct axis *whole, size_t choice,
                              const struct value *value) {
    struct components own = *whole->choices[choice].value.components;
    for (size_t i = 0; i < config->axis_count && own.count == value->components->count; i++)
        if (is_under(config, &config->axes[i], whole, choice))
            copy_argument(&config->axes[i], value, own.items[config->axes[i].item].arguments);
    return components_equal(&own, value->components);
}

size_t axis_choice_of(const struct config *config, const struct axis *whole,
                      const struct value *value) {
    for (size_t i = 0; i < whole->count; i++) {
        const struct value *choice = &whole->choices[i].value;
        if (whole->role == AXIS_LAYER_COUNT ? choice->integer == (int64_t)value->layers->count
            : choice->type != value->type   ? false
            : value->type == VALUE_LAYERS   ? are_layers_of(config, whole, i, value)
                                            : are_components_of(config, whole, i, value))
            return i;
    }
    return AXIS_NONE;
}

static void append_argument(const struct axis *part, const struct value *value, struct text *text) {
    const void *owner = owner_of(part, value);
    const struct argument *argument = part->argument;
    if (value->type == VALUE_LAYERS) {
        const struct argument_table table =
            layer_arguments(((const struct layer_spec *)owner)->kind);
        argument = argument_source(&table, owner, argument);
    }
    argument_append(owner, argument, text);
}

bool axis_append_part(const struct config *config, const struct axis *part, size_t choice,
                      const struct value *value, struct text *text) {
    if (part->role == AXIS_LAYER_COUNT)
        text_printf(text, "%zu", value->layers->count);
    else if (is_under(config, part, &config->axes[part->parent], choice))
        append_argument(part, value, text);
    else
        return false;
    return true;
}
