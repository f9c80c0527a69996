#include "search/class_weights.h"

#include "search/reading_value.h"
#include "search/scalar.h"

#include <math.h>

#define LARGEST 1e30

static void set(struct class_weights *weights, size_t class, double weight) {
    weights->items[class] = weight;
    weights->weights[class] = (float)weight;
    if (class >= weights->classes)
        weights->classes = class + 1;
}

static bool read_weight(const struct node *node, double *weight) {
    return scalar_number(node, weight) && *weight >= 0 && *weight <= LARGEST;
}

static bool read_class(const struct node *key, double *class) {
    return scalar_number(key, class) && *class >= 0 && *class < DATASET_CLASSES_MAX &&
           *class == floor(*class);
}

static enum status read_mapping(const struct reading *reading, const struct node *node,
                                struct class_weights *weights) {
    bool seen[DATASET_CLASSES_MAX] = {false};
    for (size_t i = 0; i < node->count; i++) {
        double class, weight;
        if (!read_class(node->keys[i], &class))
            return reading_fail(reading, node->keys[i],
                                "class_weight: the keys are classes, whole numbers from 0 to %d",
                                DATASET_CLASSES_MAX - 1);
        if (seen[(size_t) class])
            return reading_fail(reading, node->keys[i], "class_weight: class %.0f is here twice",
                                class);
        if (!read_weight(node->items[i], &weight))
            return reading_fail(reading, node->items[i],
                                "class_weight: a weight is a number from 0 up");
        seen[(size_t) class] = true;
        set(weights, (size_t) class, weight);
    }
    return STATUS_OK;
}

static enum status read_list(const struct reading *reading, const struct node *node,
                             struct class_weights *weights) {
    weights->whole = true;
    if (node->count > DATASET_CLASSES_MAX)
        return reading_fail(reading, node, "class_weight: there are at most %d classes",
                            DATASET_CLASSES_MAX);
    for (size_t i = 0; i < node->count; i++) {
        double weight;
        if (!read_weight(node->items[i], &weight))
            return reading_fail(reading, node->items[i],
                                "class_weight: a weight is a number from 0 up%s",
                                node->items[i]->kind == NODE_SCALAR
                                    ? ""
                                    : "; several lists are {values: [[1, 2], [1, 3]]}");
        set(weights, i, weight);
    }
    return STATUS_OK;
}

enum status reading_class_weights(const struct reading *reading, const struct node *node,
                                  const struct hyperparameter *hyperparameter,
                                  struct value *value) {
    struct class_weights *weights = ARENA_NEW(reading->arena, struct class_weights, 1);
    if (!weights)
        return error_memory(reading->error);
    for (size_t i = 0; i < DATASET_CLASSES_MAX; i++)
        weights->items[i] = 1;
    for (size_t i = 0; i < DATASET_CLASSES_MAX; i++)
        weights->weights[i] = 1;
    value->weights = weights;
    weights->balanced = node_says(node, "balanced");
    if (node->kind == NODE_MAPPING)
        return read_mapping(reading, node, weights);
    if (node->kind == NODE_SEQUENCE)
        return read_list(reading, node, weights);
    return weights->balanced || scalar_is_null(node) || node_says(node, "none")
               ? STATUS_OK
               : reading_fail_allowed(reading, node, hyperparameter);
}

bool class_weights_are_none(const struct class_weights *weights) {
    bool none = !weights->balanced;
    for (size_t i = 0; i < weights->classes; i++)
        none = none && weights->items[i] == 1;
    return none;
}

void class_weights_append(const struct class_weights *weights, struct text *text) {
    const char *separator = "{";
    if (weights->balanced || class_weights_are_none(weights)) {
        text_append(text, weights->balanced ? "balanced" : "none");
        return;
    }
    for (size_t i = 0; i < weights->classes; i++) {
        if (weights->items[i] == 1)
            continue;
        text_printf(text, "%s%zu: ", separator, i);
        text_append_double(text, weights->items[i]);
        separator = ", ";
    }
    text_append(text, "}");
}
