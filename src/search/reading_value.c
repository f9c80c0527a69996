#include "search/reading_value.h"

#include "nn/learning_rate_schedule.h"
#include "search/class_weights.h"
#include "search/reading_components.h"
#include "search/reading_layers.h"
#include "search/scalar.h"
#include "search/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAMES_LISTED 10 /* in a message */

/* How several values are written where one of them stands. */
const char *reading_several(const struct reading *reading) {
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

/* Whether a node is a learning rate schedule, as Keras takes one for the rate: {cosine_decay: ...}
 * or "cosine_decay 1000". */
static bool is_schedule(const struct node *node) {
    const struct node *names = node->kind == NODE_MAPPING && node->count > 0 ? node->keys[0] : node;
    char word[40];
    return names->kind == NODE_SCALAR && sscanf(names->text, "%39s", word) == 1 &&
           component_find(&learning_rate_schedules, word);
}

/* What a writer of this node may have meant. */
static const char *hint_for(const struct reading *reading, const struct node *node,
                            const struct hyperparameter *hyperparameter, char *buffer,
                            size_t size) {
    const bool list = node->kind == NODE_SEQUENCE && !hyperparameter_is_list(hyperparameter);
    const bool number = hyperparameter->type == VALUE_INTEGER || hyperparameter->type == VALUE_REAL;
    if (hyperparameter == &hyperparameters[HP_LEARNING_RATE] && is_schedule(node))
        return "; a schedule is a hyperparameter of its own: learning_rate_schedule: {value: "
               "cosine_decay}";
    double given;
    if (number && hyperparameter->maximum >= 1e30 && scalar_number(node, &given) &&
        given > hyperparameter->maximum) {
        snprintf(buffer, size, "; the largest is %g", hyperparameter->maximum);
        return buffer;
    }
    if (list || (node->kind == NODE_SCALAR && strchr(node->text, ','))) {
        snprintf(buffer, size, "; %s", reading_several(reading));
        return buffer;
    }
    if (scalar_is_null(node) &&
        hyperparameter->canonical == hyperparameters[HP_ACTIVATION].canonical)
        return "; no activation is linear";
    return number || node->type == TYPE_TEXT ? scalar_hint(node, buffer, size) : "";
}

/* Names by the dozen are listed elsewhere. */
static void append_allowed(const struct hyperparameter *hyperparameter, struct text *text) {
    if (hyperparameter->type == VALUE_NAME && hyperparameter->canonical &&
        hyperparameter->name_at(NAMES_LISTED))
        text_printf(text, "one of the names that `sweep keys %s` lists", hyperparameter->name);
    else
        hyperparameter_append_allowed(hyperparameter, text);
}

/* "epochs: 'ten' is not allowed; it takes a whole number from 1 ..." */
enum status reading_fail_allowed(const struct reading *reading, const struct node *node,
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
        return reading_fail_allowed(reading, node, hyperparameter);
    value->name = hyperparameter->canonical ? hyperparameter->canonical(node->text) : node->text;
    if (value->name)
        return STATUS_OK;
    for (; count < sizeof names / sizeof *names && hyperparameter->name_at(count); count++)
        names[count] = hyperparameter->name_at(count);
    return reading_fail_unknown(reading, node, hyperparameter->name, names, count);
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
            return reading_fail_allowed(reading, node, hyperparameter);
        value->integer = (int64_t)number;
        break;
    case VALUE_REAL:
        if (!scalar_number(node, &number) || !hyperparameter_allows(hyperparameter, number))
            return reading_fail_allowed(reading, node, hyperparameter);
        value->real = number == 0 ? 0 : number; /* -0 and 0 are one value */
        break;
    case VALUE_BOOLEAN:
        if (!scalar_boolean(node, &value->boolean))
            return reading_fail_allowed(reading, node, hyperparameter);
        break;
    case VALUE_NAME:
        return read_name(reading, node, hyperparameter, value);
    case VALUE_LAYERS:
        return reading_layers(reading, node, NULL, value);
    case VALUE_WEIGHTS:
        return reading_class_weights(reading, node, hyperparameter, value);
    case VALUE_COMPONENTS:
        return reading_components(reading, node, hyperparameter, NULL, value);
    }
    return STATUS_OK;
}
