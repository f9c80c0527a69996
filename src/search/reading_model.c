/* Layers from YAML, as a list or as a mapping of names: which layer reads what. */
#include "search/reading_model.h"

#include "search/reading_inputs.h"
#include "search/reading_layers.h"
#include "search/reading_outputs.h"
#include "search/reading_value.h"

#include "base/names.h"
#include "nn/named_input.h"
#include "search/layers.h"
#include "search/scalar.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* --- a layer, and what it reads --- */

/* "add inputs=1,2" without its last word, which becomes a node of its own. */
static enum status split_words(const struct reading *reading, const struct node *node,
                               struct node *rest, const struct node **inputs) {
    static const char word[] = " inputs=";
    const char *at = strstr(node->text, word);
    struct node *names = at ? ARENA_NEW(reading->arena, struct node, 1) : NULL;
    *rest = *node;
    if (!at)
        return STATUS_OK;
    if (!names)
        return error_memory(reading->error);
    const size_t begin = (size_t)(at - node->text), end = begin + strlen(word);
    const size_t length = strcspn(node->text + end, " ");
    if (node->text[end + length])
        return reading_fail(reading, node, "layers: inputs= comes last");
    enum status status = reading_part(reading, node, 0, begin, rest);
    *inputs = names;
    return status == STATUS_OK ? reading_part(reading, node, end, length, names) : status;
}

/* "shared NAME" */
static enum status split_shared(const struct reading *reading, const struct node *node,
                                const struct node **shared) {
    static const char word[] = "shared ";
    if (strncmp(node->text, word, strlen(word)) != 0)
        return STATUS_OK;
    struct node *name = ARENA_NEW(reading->arena, struct node, 1);
    *shared = name;
    return name ? reading_part(reading, node, strlen(word), strlen(node->text) - strlen(word), name)
                : error_memory(reading->error);
}

/* A mapping without `inputs` and `shared`. */
static enum status split_mapping(const struct reading *reading, const struct node *node,
                                 struct node *rest, struct item *place) {
    *rest = *node;
    rest->count = 0;
    rest->keys = ARENA_NEW(reading->arena, const struct node *, node->count);
    rest->items = ARENA_NEW(reading->arena, const struct node *, node->count);
    if (node->count > 0 && (!rest->keys || !rest->items))
        return error_memory(reading->error);
    for (size_t i = 0; i < node->count; i++) {
        const struct node **own = node_says(node->keys[i], "inputs")   ? &place->inputs
                                  : node_says(node->keys[i], "shared") ? &place->shared
                                                                       : NULL;
        if (own) {
            *own = node->items[i];
            continue;
        }
        rest->keys[rest->count] = node->keys[i];
        rest->items[rest->count++] = node->items[i];
    }
    return STATUS_OK;
}

/* {add: [a, b]}: the inputs where other kinds have their first argument. */
static bool is_merge(const struct node *node) {
    const struct layer_kind *kind =
        node->kind == NODE_MAPPING && node->count == 1 && node->keys[0]->kind == NODE_SCALAR
            ? layer_kind_find(node->keys[0]->text)
            : NULL;
    return kind && kind->merges && node->items[0]->kind == NODE_SEQUENCE;
}

/* {dense: 64 relu}: the layer in words. */
static enum status join_words(const struct reading *reading, struct node *node) {
    const struct node *key = node->count == 1 ? node->keys[0] : NULL, *inner = node->items[0];
    if (!key || key->kind != NODE_SCALAR || inner->kind != NODE_SCALAR || !strchr(inner->text, ' '))
        return STATUS_OK;
    const size_t end = key->begin + strlen(key->text);
    const size_t gap = inner->begin > end && inner->begin - end < 64 ? inner->begin - end : 1;
    const char *text =
        arena_printf(reading->arena, "%s%*s%s", key->text, (int)gap, "", inner->text);
    *node = *key;
    node->type = TYPE_OPEN;
    node->end = inner->end;
    node->text = text;
    return text ? STATUS_OK : error_memory(reading->error);
}

static enum status read_item(struct reading_model *model, size_t i, const struct node *node) {
    const struct reading *reading = model->reading;
    struct item *place = &model->places[i];
    struct node rest = *node;
    enum status status = STATUS_OK;
    if (node->kind == NODE_MAPPING)
        status = split_mapping(reading, node, &rest, place);
    else if (node->kind == NODE_SCALAR)
        status = split_words(reading, node, &rest, &place->inputs);
    if (status == STATUS_OK && rest.kind == NODE_SCALAR)
        status = split_shared(reading, &rest, &place->shared);
    if (status != STATUS_OK)
        return status;
    if (place->shared && rest.kind == NODE_MAPPING && rest.count > 0)
        return reading_fail(reading, rest.keys[0],
                            "layers: a layer that is another one again has all but its inputs "
                            "from that");
    if (place->shared)
        return STATUS_OK;
    if (!place->inputs && is_merge(&rest)) {
        place->inputs = rest.items[0];
        model->items[i] = layer_standard(layer_kind_find(rest.keys[0]->text));
        return STATUS_OK;
    }
    if (rest.kind == NODE_MAPPING && rest.count == 0)
        return reading_fail(reading, node, "layers: which layer?");
    if (rest.kind == NODE_MAPPING)
        status = join_words(reading, &rest);
    place->number = reading_layer_is_number(&rest);
    return status == STATUS_OK ? reading_layer(reading, &rest, model->varied, &model->items[i])
                               : status;
}

/* --- from names to numbers --- */

const char *reading_model_name(const struct reading_model *model, size_t i) {
    return model->named ? model->places[i].node->text : "";
}

bool reading_model_is_output(const struct reading_model *model, size_t i) {
    return model->items[i].kind == &layer_output;
}

bool reading_model_is_input(const struct reading_model *model, size_t i) {
    return model->items[i].kind == &layer_input_layer;
}

/* A name beside the layers' that is a value, unless a layer has it. */
static void add_value(const struct reading_model *model, const char *name, const char **names,
                      size_t *count) {
    for (size_t i = 0; i < model->count; i++)
        if (!reading_model_is_output(model, i) && strcmp(reading_model_name(model, i), name) == 0)
            return;
    names[(*count)++] = name;
}

static enum status fail_name(const struct reading_model *model, const struct node *node) {
    const char *names[LAYERS_MAX + 2];
    size_t count = 0;
    if (!model->named)
        return reading_fail(model->reading, node,
                            "layers: inputs and shared layers of a list are numbers of layers "
                            "before, from 1 on (0: the image); with names, write a mapping");
    for (size_t i = 0; i < model->count; i++)
        if (!reading_model_is_output(model, i))
            names[count++] = reading_model_name(model, i);
    add_value(model, "input", names, &count);
    add_value(model, INPUT_IMAGE, names, &count);
    return reading_fail_unnamed(model->reading, node, "layer", names, count);
}

/* A value by its name, or of a list by its number. */
static enum status find_value(const struct reading_model *model, const struct node *node,
                              size_t item, uint8_t *value) {
    double number;
    if (node->kind != NODE_SCALAR)
        return reading_fail(model->reading, node,
                            "layers: inputs are names of layers; to compare several, list the "
                            "models: model: {values: [...]}");
    for (size_t i = 0; model->named && i < model->count; i++)
        if (!reading_model_is_output(model, i) &&
            strcmp(reading_model_name(model, i), node->text) == 0) {
            *value = (uint8_t)(i + 1);
            return STATUS_OK;
        }
    *value = 0;
    if (strcmp(node->text, "input") == 0 || strcmp(node->text, INPUT_IMAGE) == 0)
        return STATUS_OK;
    if (model->named || !scalar_number(node, &number) || number != floor(number) || number < 0 ||
        number > (double)item)
        return fail_name(model, node);
    *value = (uint8_t)number;
    return STATUS_OK;
}

/* The nodes of "1,2", of a name or of a list of them. */
static enum status list_inputs(const struct reading_model *model, const struct node *node,
                               struct item *place, size_t *count) {
    const struct reading *reading = model->reading;
    *count = 0;
    if (node->kind == NODE_SEQUENCE)
        for (size_t k = 0; k < node->count && k <= LAYER_INPUTS_MAX; k++)
            place->each[(*count)++] = node->items[k];
    else if (node->kind == NODE_MAPPING || (model->named && !strchr(node->text, ',')))
        place->each[(*count)++] = node;
    for (size_t at = 0; *count <= LAYER_INPUTS_MAX && node->kind == NODE_SCALAR && node->text[at] &&
                        place->each[0] != node;) {
        const size_t length = strcspn(node->text + at, ",");
        struct node *part = ARENA_NEW(reading->arena, struct node, 1);
        enum status status =
            part ? reading_part(reading, node, at, length, part) : error_memory(reading->error);
        if (status != STATUS_OK)
            return status;
        place->each[(*count)++] = part;
        at += length + (node->text[at + length] == ',');
    }
    if (*count == 0 || *count > LAYER_INPUTS_MAX)
        return reading_fail(reading, node, "layers: %s inputs; a layer has 1 to %d",
                            *count == 0 ? "no" : "too many", LAYER_INPUTS_MAX);
    return STATUS_OK;
}

static enum status check_inputs(const struct reading_model *model, size_t i) {
    const struct layer_spec *layer = &model->items[i];
    const struct item *place = &model->places[i];
    const struct node *node = place->inputs ? place->inputs : place->node;
    for (size_t k = 0; k < layer->input_count; k++)
        if (layer->inputs[k] > 0 && reading_model_is_output(model, layer->inputs[k] - 1u))
            return reading_fail(model->reading, node,
                                "layers: an output is read by no layer; inputs: names the layer "
                                "before");
    if (reading_model_is_output(model, i) && (layer->input_count != 1 || layer->inputs[0] == 0 ||
                                              reading_model_is_input(model, layer->inputs[0] - 1u)))
        return reading_fail(model->reading, node,
                            "layers: an output is what one layer gives, not the image%s",
                            layer->inputs[0] > 0 ? " or another input" : "");
    return STATUS_OK;
}

/* A list of layers says of an input that it reads value 0. */
static bool reads_all(const struct reading_model *model, const struct item *place, size_t count) {
    return !model->named && count == 1 && node_says(place->each[0], "0");
}

static enum status find_inputs(struct reading_model *model, size_t i) {
    struct item *place = &model->places[i];
    struct layer_spec *layer = &model->items[i];
    size_t count;
    layer->input_count = 1;
    layer->inputs[0] =
        (uint8_t)(reading_model_is_input(model, i)                         ? 0
                  : i > model->trunk && !reading_model_is_output(model, i) ? model->trunk
                                                                           : i);
    if (!place->inputs)
        return check_inputs(model, i);
    enum status status = list_inputs(model, place->inputs, place, &count);
    if (status != STATUS_OK)
        return status;
    if (reading_model_is_input(model, i) && !reads_all(model, place, count))
        return reading_fail(model->reading, place->inputs,
                            "layers: an input is of the data set, and reads no layer");
    for (size_t k = 0; k < count; k++)
        status = status_join(status, find_value(model, place->each[k], i, &layer->inputs[k]));
    layer->input_count = (uint8_t)count;
    return status == STATUS_OK ? check_inputs(model, i) : status;
}

/* What the layer is that this one is again; that may be one again itself. */
static enum status find_owner(struct reading_model *model, size_t i) {
    size_t at = i;
    for (size_t steps = 0; model->places[at].shared; steps++) {
        const struct node *node = model->places[at].shared;
        uint8_t value = 0;
        enum status status = find_value(model, node, at, &value);
        if (status != STATUS_OK)
            return status;
        if (value == 0)
            return reading_fail(model->reading, node,
                                "layers: the image is no layer; shared: names one");
        if (reading_model_is_output(model, value - 1u))
            return reading_fail(model->reading, node, "layers: an output is no layer to share");
        if (steps == model->count || (!model->named && value > at))
            return reading_fail(model->reading, node, "layers: a layer can't be itself again");
        at = value - 1u;
    }
    if (at == i)
        return STATUS_OK;
    if (reading_model_is_input(model, at))
        return reading_fail(model->reading, model->places[i].shared,
                            "layers: an input is no layer to share; inputs: names it");
    const struct layer_spec own = model->items[i];
    model->items[i] = model->items[at];
    model->items[i].input_count = own.input_count;
    memcpy(model->items[i].inputs, own.inputs, sizeof own.inputs);
    model->items[i].shared = (uint8_t)(at + 1);
    return STATUS_OK;
}

/* --- several inputs --- */

static enum status name_inputs(struct reading_model *model) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < model->count && status == STATUS_OK; i++) {
        const struct node *node = model->places[i].node;
        if (!reading_model_is_input(model, i) || model->places[i].shared)
            continue;
        status = reading_input_name(model->reading, node, model->named ? node->text : NULL,
                                    &model->items[i]);
        for (size_t j = 0; j < i && status == STATUS_OK; j++)
            if (reading_model_is_input(model, j) && !model->places[j].shared &&
                strcmp(model->items[i].input->name, model->items[j].input->name) == 0)
                status = reading_fail(model->reading, node,
                                      "layers: '%.64s' is an input twice; several layers may read "
                                      "one",
                                      model->items[i].input->name);
    }
    return status;
}

/* The layer that is the input of images, or a new one. */
static enum status find_image(struct reading_model *model, size_t *image) {
    const struct reading *reading = model->reading;
    for (*image = 0; *image < model->count; ++*image)
        if (reading_model_is_input(model, *image) &&
            strcmp(model->items[*image].input->name, INPUT_IMAGE) == 0)
            return STATUS_OK;
    if (model->count == LAYERS_MAX)
        return reading_fail(reading, model->places[0].node,
                            "layers: at most %d hidden layers are allowed, with the inputs",
                            LAYERS_MAX);
    struct layer_spec *layer = &model->items[model->count];
    model->places[model->count++] = (struct item){.node = model->places[0].node};
    *layer = layer_standard(&layer_input_layer);
    layer->input_count = 1;
    const enum status status = reading_input_begin(reading, layer);
    if (status == STATUS_OK)
        layer->input->name = INPUT_IMAGE;
    return status;
}

/* Where there are inputs, what reads the image reads the input that this is then. */
static enum status connect_image(struct reading_model *model) {
    bool has_inputs = false;
    const size_t count = model->count;
    for (size_t i = 0; i < count; i++)
        has_inputs |= reading_model_is_input(model, i);
    for (size_t i = 0; has_inputs && i < count; i++)
        for (size_t k = 0; k < model->items[i].input_count && !reading_model_is_input(model, i);
             k++) {
            size_t image = 0;
            if (model->items[i].inputs[k] > 0)
                continue;
            const enum status status = find_image(model, &image);
            if (status != STATUS_OK)
                return status;
            model->items[i].inputs[k] = (uint8_t)(image + 1);
        }
    return STATUS_OK;
}

/* --- the whole --- */

/* Whether a layer other than an input has a name that stands for the image. */
static bool names_image(const struct reading_model *model, size_t i) {
    const struct node *name = model->places[i].node;
    return model->named && !reading_model_is_output(model, i) &&
           !reading_model_is_input(model, i) &&
           (node_says(name, "input") || node_says(name, INPUT_IMAGE));
}

static enum status add_item(struct reading_model *model, const struct node *name,
                            const struct node *node, const struct node *inputs) {
    const size_t i = model->count;
    if (i == LAYERS_MAX)
        return reading_fail(model->reading, name,
                            "layers: at most %d hidden layers are allowed, with the outputs and "
                            "theirs",
                            LAYERS_MAX);
    model->count++;
    model->places[i] = (struct item){.node = name, .inputs = inputs};
    if (model->varied)
        model->varied->item = i;
    if (model->named && name->kind != NODE_SCALAR)
        return reading_fail(model->reading, name, "layers: a layer's name is a word");
    enum status status = read_item(model, i, node);
    if (status == STATUS_OK && names_image(model, i))
        status = reading_fail(model->reading, name,
                              "layers: '%.64s' is the image, which layers read by that name "
                              "(inputs: %.64s); give the layer another one",
                              name->text, name->text);
    for (size_t j = 0; j < i && model->named && !reading_model_is_output(model, i); j++)
        if (model->places[j].node->kind == NODE_SCALAR &&
            node_says(name, reading_model_name(model, j)) && !reading_model_is_output(model, j))
            return status_join(status, reading_fail(model->reading, name,
                                                    "layers: '%.64s' is here twice (first in "
                                                    "line %d)",
                                                    name->text, model->places[j].node->line));
    return status;
}

/* An output, after its layer if that is written there. */
static enum status add_output(struct reading_model *model, const struct node *name,
                              const struct node *node) {
    struct node layer, output;
    if (name->kind != NODE_SCALAR)
        return reading_fail(model->reading, name, "layers: an output's name is a word");
    if (layer_kind_find(name->text))
        return reading_fail(model->reading, name,
                            "layers: an output can't have the name '%s': that is a kind of layer",
                            name->text);
    enum status status = reading_output_split(model->reading, name, node, &layer, &output);
    const struct node *inputs = NULL;
    if (status == STATUS_OK)
        status = reading_output_refuse(model->reading, &layer);
    if (status != STATUS_OK)
        return status;
    if (layer.count == 0)
        inputs = name;
    else if (layer.count == 1 && node_says(layer.keys[0], "inputs"))
        inputs = layer.items[0];
    else
        status = add_item(model, name, &layer, NULL);
    return status_join(status, add_item(model, name, &output, inputs));
}

static enum status read_items(struct reading_model *model, const struct node *node) {
    static const char *const known[] = {"outputs"};
    const struct node *outputs = NULL;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < node->count && status != STATUS_MEMORY; i++) {
        const struct node *name = model->named ? node->keys[i] : node->items[i];
        if (model->named && reading_are_outputs(name, node->items[i]))
            outputs = node->items[i];
        else if (model->named && reading_may_be_outputs(name, node->items[i]))
            status = status_join(
                status, reading_fail_unknown(model->reading, name, "key of a model", known, 1));
        else
            status = status_join(status, add_item(model, name, node->items[i], NULL));
    }
    model->trunk = model->count;
    for (size_t i = 0; outputs && i < outputs->count && status != STATUS_MEMORY; i++)
        status = status_join(status, add_output(model, outputs->keys[i], outputs->items[i]));
    return status;
}

static enum status read_model(struct reading_model *model, const struct node *node,
                              struct hidden_layers *layers) {
    const size_t varied_before = model->varied ? model->varied->count : 0;
    model->named = node->kind == NODE_MAPPING;
    enum status status = read_items(model, node);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < model->count; i++)
        status = status_join(status, find_inputs(model, i));
    for (size_t i = 0; i < model->count && status == STATUS_OK; i++)
        status = find_owner(model, i);
    if (status == STATUS_OK)
        status = name_inputs(model);
    if (status == STATUS_OK)
        status = connect_image(model);
    return status == STATUS_OK ? reading_model_order(model, varied_before, layers) : status;
}

enum status reading_layers(const struct reading *reading, const struct node *node,
                           struct varied_arguments *varied, struct value *value) {
    double units;
    if (scalar_number(node, &units)) {
        enum status status = reading_fail(
            reading, node, "layers: '%.64s' is not a list; for one hidden layer write [%.64s]",
            node->text, node->text);
        reading_correct(reading, node, "[%s]", node->text);
        return status;
    }
    if (node->kind == NODE_SCALAR)
        return reading_fail_allowed(reading, node, &hyperparameters[HP_LAYERS]);
    if (node->count > LAYERS_MAX)
        return reading_fail(reading, node, "layers: %zu hidden layers; at most %d are allowed",
                            node->count, LAYERS_MAX);
    struct hidden_layers *layers = ARENA_NEW(reading->arena, struct hidden_layers, 1);
    struct reading_model *model = ARENA_NEW(reading->arena, struct reading_model, 1);
    if (!layers || !model)
        return error_memory(reading->error);
    model->reading = reading;
    model->varied = varied;
    value->layers = layers;
    return read_model(model, node, layers);
}
