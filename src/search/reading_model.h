/* A model between its YAML and its order: shared by what reads the layers (reading_model.c) and
 * what brings them into their order (reading_order.c). */
#ifndef SWEEP_SEARCH_READING_MODEL_H
#define SWEEP_SEARCH_READING_MODEL_H

#include "nn/layer_kind.h"
#include "search/layers.h"
#include "search/reading.h"
#include "search/reading_arguments.h"

/* Layers as they are written; the numbers of what they read are values', as in nn/layer_kind.h. */
struct reading_model {
    const struct reading *reading;
    struct varied_arguments *varied;
    bool named;
    size_t count;
    size_t trunk; /* of these, the layers that are written before the outputs */
    struct layer_spec items[LAYERS_MAX];
    struct item {
        bool number;                                   /* it is a dense layer's units */
        const struct node *node;                       /* its name, or what it is, in a list */
        const struct node *inputs, *shared;            /* as they are written; NULL: they are not */
        const struct node *each[LAYER_INPUTS_MAX + 1]; /* of the inputs */
    } places[LAYERS_MAX];
};

/* A layer's name; "" in a list. */
const char *reading_model_name(const struct reading_model *model, size_t i);
bool reading_model_is_output(const struct reading_model *model, size_t i);
bool reading_model_is_input(const struct reading_model *model, size_t i);

/* Puts the layers, whose inputs and owners are known, into `layers`: from the outputs back, what a
 * layer reads before it and each layer before those that are it again. The varied arguments from
 * `varied_before` on are pointed there. Tells of a cycle and of what no layer reads. */
enum status reading_model_order(const struct reading_model *model, size_t varied_before,
                                struct hidden_layers *layers);

#endif
