/* Whether a config's values fit what a data set's examples are: tables, colour, numbers as targets.
 */
#include "data/augmentation.h"
#include "search/arguments.h"
#include "search/class_weights.h"
#include "search/space_private.h"

#include <string.h>

/* Add a problem for each value of a hyperparameter that `refuses` says something of. */
static void check_values(const struct config *config, const struct dataset *dataset,
                         enum hyperparameter_id id,
                         void (*refuse)(const struct dataset *dataset, const struct value *value,
                                        struct text *text),
                         struct text *text) {
    const struct axis *axis = config_axis(config, id);
    for (size_t i = 0; axis && axis->role == AXIS_VALUE && i < axis->count; i++) {
        if (choice_meets(config, axis, i, dataset))
            refuse(dataset, &axis->choices[i].value, text);
        if (text->length > 0)
            add_problem(config, axis, text);
    }
}

static void refuse_loss(const struct dataset *dataset, const struct value *value,
                        struct text *text) {
    const char *before = "";
    if (loss_find(value->name)->values)
        return;
    text_printf(text, "loss: %s is of classes, and %s has numbers to be predicted; use one of ",
                value->name, dataset->name);
    for (size_t i = 0; i < loss_count; i++)
        if (losses[i].values) {
            text_printf(text, "%s%s", before, losses[i].name);
            before = ", ";
        }
}

static void refuse_output(const struct dataset *dataset, const struct value *value,
                          struct text *text) {
    if (strcmp(value->name, "softmax") == 0)
        text_printf(text,
                    "output_activation: softmax gives shares that add up to 1, and %s has numbers "
                    "to be predicted; leave it out, or use linear",
                    dataset->name);
}

static void refuse_weights(const struct dataset *dataset, const struct value *value,
                           struct text *text) {
    if (value->type == VALUE_WEIGHTS && value->weights->classes > 0)
        text_printf(text, "class_weight: %s has no classes but numbers to be predicted",
                    dataset->name);
    else if (value->type == VALUE_WEIGHTS && value->weights->balanced)
        text_printf(text, "class_weight: %s has no classes that could be balanced", dataset->name);
}

static void refuse_divisor(const struct dataset *dataset, const struct value *value,
                           struct text *text) {
    if (value->real > 1)
        text_printf(text, "train_label_divisor: %s has no labels but numbers to be predicted",
                    dataset->name);
}

static void refuse_augmentation(const struct dataset *dataset, const struct value *value,
                                struct text *text) {
    struct text refusal;
    text_init(&refusal);
    if (value->type == VALUE_COMPONENTS)
        augmentation_append_refusal(value->components, dataset, &refusal);
    if (refusal.length > 0)
        text_printf(text, "augmentation: %s", refusal.data);
    text->failed |= refusal.failed;
    text_release(&refusal);
}

/* The lists with each further value of one of their arguments, of a range with its end. */
static void check_argument(const struct config *config, const struct axis *axis,
                           const struct dataset *dataset, struct text *text) {
    const struct axis *lists = &config->axes[axis->parent];
    const size_t count = axis->count > 0 ? axis->count : 2;
    for (size_t i = 0; i < lists->count * count && text->length == 0; i++) {
        const struct choice *list = &lists->choices[i / count];
        struct value value = {.type = VALUE_REAL, .real = axis->distribution.high};
        if (i % count == 0 || !axis->parent_choices[i / count] ||
            !choice_meets(config, lists, i / count, dataset))
            continue;
        struct components changed = *list->value.components;
        if (axis->count > 0)
            axis_set_argument(axis, (double)(i % count), changed.items[axis->item].arguments);
        else
            argument_set(changed.items[axis->item].arguments, axis->argument, &value);
        value = (struct value){.type = VALUE_COMPONENTS, .components = &changed};
        refuse_augmentation(dataset, &value, text);
    }
    if (text->length > 0)
        add_problem(config, axis, text);
}

void expansion_check_data(const struct config *config, const struct dataset *dataset,
                          struct text *text) {
    if (dataset_has_values(dataset)) {
        check_values(config, dataset, HP_LOSS, refuse_loss, text);
        check_values(config, dataset, HP_OUTPUT_ACTIVATION, refuse_output, text);
        check_values(config, dataset, HP_CLASS_WEIGHT, refuse_weights, text);
        check_values(config, dataset, HP_TRAIN_LABEL_DIVISOR, refuse_divisor, text);
    }
    check_values(config, dataset, HP_AUGMENTATION, refuse_augmentation, text);
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].id == HP_AUGMENTATION && config->axes[i].role == AXIS_ARGUMENT &&
            !dataset->table)
            check_argument(config, &config->axes[i], dataset, text);
}
