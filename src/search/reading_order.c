/* The order of a model's layers, in which neither names nor places in the file have a part. */
#include "search/reading_model.h"

#include "nn/named_output.h"

#include <string.h>

struct order {
    size_t count, items[LAYERS_MAX]; /* as written, in their order */
    enum { UNSEEN, BEGUN, DONE } state[LAYERS_MAX];
};

/* All that a layer reads, in its order, and then it: an order that no name and no place in the file
 * has a part in. */
static enum status visit(const struct reading_model *model, size_t i, struct order *order) {
    const struct layer_spec *layer = &model->items[i];
    enum status status = STATUS_OK;
    if (order->state[i] == DONE)
        return STATUS_OK;
    if (order->state[i] == BEGUN)
        return reading_fail(model->reading, model->places[i].node,
                            "layers: '%.64s' reads what is made of its own outputs; a network has "
                            "no cycles",
                            reading_model_name(model, i));
    order->state[i] = BEGUN;
    for (size_t k = 0; k < layer->input_count && status == STATUS_OK; k++)
        if (layer->inputs[k] > 0)
            status = visit(model, layer->inputs[k] - 1u, order);
    order->state[i] = DONE;
    order->items[order->count++] = i;
    return status;
}

static bool is_read(const struct reading_model *model, size_t i) {
    bool read = false;
    for (size_t j = 0; j < model->count; j++)
        for (size_t k = 0; k < model->items[j].input_count; k++)
            read = read || model->items[j].inputs[k] == i + 1;
    return read;
}

/* A cycle that nothing else reads: its layers are read, but by the output layer never. */
static enum status find_cycle(const struct reading_model *model, struct order *order) {
    for (size_t i = 0; i < model->count; i++)
        if (order->state[i] == UNSEEN)
            return visit(model, i, order);
    return STATUS_OK;
}

/* From the outputs back, one after the other. */
static enum status find_order_of_outputs(const struct reading_model *model, struct order *order) {
    size_t outputs = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < model->count && status == STATUS_OK; i++) {
        if (!reading_model_is_output(model, i) && !is_read(model, i))
            status = reading_fail(model->reading, model->places[i].node,
                                  "layers: no layer reads this one%s%.64s%s, and it is no output",
                                  model->named ? ", '" : "", reading_model_name(model, i),
                                  model->named ? "'" : "");
        outputs += reading_model_is_output(model, i);
        if (outputs > OUTPUTS_MAX)
            status = reading_fail(model->reading, model->places[i].node,
                                  "layers: a network has at most %d outputs", OUTPUTS_MAX);
        for (size_t j = 0; j < i && reading_model_is_output(model, i); j++)
            if (reading_model_is_output(model, j) &&
                strcmp(model->items[i].output->name, model->items[j].output->name) == 0)
                status = reading_fail(model->reading, model->places[i].node,
                                      "layers: two outputs have the name '%s'",
                                      model->items[i].output->name);
    }
    for (size_t i = 0; i < model->count && status == STATUS_OK; i++)
        if (reading_model_is_output(model, i))
            status = visit(model, i, order);
    return status == STATUS_OK ? find_cycle(model, order) : status;
}

static bool has_outputs(const struct reading_model *model) {
    bool has = false;
    for (size_t i = 0; i < model->count; i++)
        has |= reading_model_is_output(model, i);
    return has;
}

/* From the layer that the output layer reads back, which is the only one that no other reads. */
static enum status find_order(const struct reading_model *model, struct order *order) {
    if (has_outputs(model))
        return find_order_of_outputs(model, order);
    size_t end = model->count;
    for (size_t i = model->count; i-- > 0;) {
        if (is_read(model, i))
            continue;
        if (end < model->count)
            return reading_fail(model->reading, model->places[i].node,
                                "layers: no layer reads this one%s%.64s%s; the output layer reads "
                                "one, the last that no other reads",
                                model->named ? ", '" : "", reading_model_name(model, i),
                                model->named ? "'" : "");
        end = i;
    }
    for (size_t i = 0; i < model->count; i++) {
        enum status status = visit(model, end < model->count ? end : i, order);
        if (status != STATUS_OK)
            return status;
    }
    return find_cycle(model, order);
}

/* Put the layers into their order, each owner before those that are it again. */
static void arrange(const struct reading_model *model, const struct order *order,
                    size_t varied_before, struct hidden_layers *layers) {
    uint8_t places[LAYERS_MAX], owners[LAYERS_MAX] = {0}; /* both + 1 */
    for (size_t at = 0; at < order->count; at++)
        places[order->items[at]] = (uint8_t)(at + 1);
    for (size_t at = 0; at < order->count; at++) {
        const size_t i = order->items[at];
        struct layer_spec *layer = &layers->items[at];
        *layer = model->items[i];
        layers->places[at].line = model->places[i].node->line;
        layers->places[at].column = model->places[i].node->column;
        layers->places[at].number = model->places[layer->shared ? layer->shared - 1u : i].number;
        const size_t owner = layer->shared ? layer->shared - 1u : i;
        layer->shared = owners[owner];
        owners[owner] = owners[owner] ? owners[owner] : (uint8_t)(at + 1);
        for (size_t k = 0; k < layer->input_count; k++)
            layer->inputs[k] = layer->inputs[k] > 0 ? places[layer->inputs[k] - 1] : 0;
        if (layer->input_count == 1 && layer->inputs[0] == at)
            layer->input_count = 0;
        for (size_t k = layer->input_count; k < LAYER_INPUTS_MAX; k++)
            layer->inputs[k] = 0;
    }
    layers->count = order->count;
    for (size_t i = varied_before; model->varied && i < model->varied->count; i++) {
        struct varied_argument *varied = &model->varied->items[i];
        varied->item = owners[varied->item] - 1u;
        varied->into = &layers->items[varied->item];
    }
}

enum status reading_model_order(const struct reading_model *model, size_t varied_before,
                                struct hidden_layers *layers) {
    struct order order = {0};
    const enum status status = find_order(model, &order);
    if (status == STATUS_OK)
        arrange(model, &order, varied_before, layers);
    return status;
}
