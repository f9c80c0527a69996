#include "exchange/onnx.h"

#include "base/machine.h"

#include <onnx.pb-c.h>
#include <stdbool.h>
#include <string.h>

#define IR_VERSION 7 /* the one that goes with the opset */
#define OPSET_VERSION 13
#define BYTES_MAX ((size_t)INT32_MAX) /* of a protobuf message */

/* What a step of an activation works on. */
enum operand { NONE, Z, LAST, SLOPE, ZERO, HALF, ONE, SIX, SQRT_HALF, OPERANDS };

static const struct {
    const char *name;
    float value;
} constants[OPERANDS] = {
    [ZERO] = {"zero", 0},
    [HALF] = {"half", 0.5f},
    [ONE] = {"one", 1},
    [SIX] = {"six", 6},
    [SQRT_HALF] = {"sqrt_half", 0.70710678118654752f},
};

struct attribute {
    const char *name;
    enum { FIXED, PARAMETER, WHOLE } kind; /* PARAMETER: the activation's hyperparameter */
    double value;
};

struct step {
    const char *operator;
    enum operand inputs[3];
    struct attribute attributes[2];
};

#define STEPS_MAX 5

/* The activations of nn/activation.c. Z is what comes in, LAST what the step before gave. */
static const struct recipe {
    const char *activation;
    struct step steps[STEPS_MAX];
} recipes[] = {
    {"linear", {{"Identity", {Z}, {{0}}}}},
    {"binary_step",
     {{"GreaterOrEqual", {Z, ZERO}, {{0}}},
      {"Cast", {LAST}, {{"to", WHOLE, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT}}}}},
    {"sigmoid", {{"Sigmoid", {Z}, {{0}}}}},
    {"tanh", {{"Tanh", {Z}, {{0}}}}},
    {"relu", {{"Relu", {Z}, {{0}}}}},
    {"softmax", {{"Softmax", {Z}, {{0}}}}},
    {"leaky_relu", {{"LeakyRelu", {Z}, {{"alpha", PARAMETER, 0}}}}},
    {"prelu", {{"PRelu", {Z, SLOPE}, {{0}}}}},
    {"elu", {{"Elu", {Z}, {{"alpha", PARAMETER, 0}}}}},
    {"thresholded_relu", {{"ThresholdedRelu", {Z}, {{"alpha", PARAMETER, 0}}}}},
    {"selu",
     {{"Selu", {Z}, {{"alpha", FIXED, 1.6732632423543772}, {"gamma", FIXED, 1.0507009873554805}}}}},
    {"gelu",
     {{"Mul", {Z, SQRT_HALF}, {{0}}},
      {"Erf", {LAST}, {{0}}},
      {"Add", {LAST, ONE}, {{0}}},
      {"Mul", {LAST, Z}, {{0}}},
      {"Mul", {LAST, HALF}, {{0}}}}},
    {"silu", {{"Sigmoid", {Z}, {{0}}}, {"Mul", {LAST, Z}, {{0}}}}},
    {"mish", {{"Softplus", {Z}, {{0}}}, {"Tanh", {LAST}, {{0}}}, {"Mul", {LAST, Z}, {{0}}}}},
    {"relu6", {{"Clip", {Z, ZERO, SIX}, {{0}}}}},
    {"softplus", {{"Softplus", {Z}, {{0}}}}},
    {"softsign", {{"Softsign", {Z}, {{0}}}}},
    {"hard_sigmoid", {{"HardSigmoid", {Z}, {{"alpha", FIXED, 1.0 / 6}, {"beta", FIXED, 0.5}}}}},
    {"exponential", {{"Exp", {Z}, {{0}}}}},
};
#define RECIPE_COUNT (sizeof recipes / sizeof *recipes)

#define NODES_MAX (1 + NETWORK_LAYERS_MAX * (1 + STEPS_MAX))
#define TENSORS_MAX (1 + OPERANDS + LAYER_ARRAYS_MAX * NETWORK_LAYERS_MAX)

struct builder {
    struct arena *arena;
    bool failed; /* out of memory */
    Onnx__GraphProto *graph;
    bool used[OPERANDS]; /* constants that are in the graph already */
};

/* A message of that kind, or NULL. */
static void *message(struct builder *builder, const ProtobufCMessageDescriptor *descriptor) {
    void *made = arena_alloc(builder->arena, 1, descriptor->sizeof_message);
    if (made)
        descriptor->message_init(made);
    else
        builder->failed = true;
    return made;
}

static void *list(struct builder *builder, size_t count, size_t size) {
    void *made = arena_alloc(builder->arena, count, size);
    builder->failed |= !made;
    return made;
}

/* protobuf-c's strings are not const. */
static char *copy(struct builder *builder, const char *string) {
    char *made = arena_copy(builder->arena, string);
    builder->failed |= !made;
    return made;
}

static char *name(struct builder *builder, size_t layer, const char *what) {
    char *made = arena_printf(builder->arena, "layer_%zu/%s", layer + 1, what);
    builder->failed |= !made;
    return made;
}

/* Numbers of the graph; of rank 0: one. */
static void add_tensor(struct builder *builder, char *called, const float *values,
                       struct shape shape) {
    Onnx__TensorProto *tensor = message(builder, &onnx__tensor_proto__descriptor);
    const size_t count = shape_size(shape);
    int64_t *dims = list(builder, shape.rank, sizeof *dims);
    float *data = list(builder, count, sizeof *data);
    if (builder->failed)
        return;
    memcpy(data, values, count * sizeof *data);
    tensor->name = called;
    for (size_t i = 0; i < shape.rank; i++)
        dims[tensor->n_dims++] = (int64_t)shape.dims[i];
    tensor->dims = dims;
    tensor->has_data_type = 1;
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->n_float_data = count;
    tensor->float_data = data;
    builder->graph->initializer[builder->graph->n_initializer++] = tensor;
}

static Onnx__NodeProto *add_node(struct builder *builder, const char *operator, char * output) {
    Onnx__NodeProto *node = message(builder, &onnx__node_proto__descriptor);
    char *type = copy(builder, operator);
    char **inputs = list(builder, 1 + LAYER_ARRAYS_MAX, sizeof *inputs),
         **outputs = list(builder, 1, sizeof *outputs);
    Onnx__AttributeProto **attributes = list(builder, 2, sizeof(Onnx__AttributeProto *));
    if (builder->failed)
        return NULL;
    node->op_type = type;
    node->name = output; /* each node has one output, whose name is its own as well */
    node->output = outputs;
    node->output[node->n_output++] = output;
    node->input = inputs;
    node->attribute = attributes;
    builder->graph->node[builder->graph->n_node++] = node;
    return node;
}

static void add_attribute(struct builder *builder, Onnx__NodeProto *node,
                          const struct attribute *attribute, double parameter) {
    Onnx__AttributeProto *made = message(builder, &onnx__attribute_proto__descriptor);
    char *called = copy(builder, attribute->name);
    if (builder->failed)
        return;
    made->name = called;
    made->has_type = 1;
    if (attribute->kind == WHOLE) {
        made->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        made->has_i = 1;
        made->i = (int64_t)attribute->value;
    } else {
        made->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        made->has_f = 1;
        made->f = (float)(attribute->kind == PARAMETER ? parameter : attribute->value);
    }
    node->attribute[node->n_attribute++] = made;
}

static char *constant(struct builder *builder, enum operand operand) {
    char *called = copy(builder, constants[operand].name);
    if (!builder->used[operand] && !builder->failed)
        add_tensor(builder, called, &constants[operand].value, (struct shape){0});
    builder->used[operand] = true;
    return called;
}

static const struct recipe *find_recipe(const struct activation *activation) {
    for (size_t i = 0; i < RECIPE_COUNT; i++)
        if (strcmp(recipes[i].activation, activation->name) == 0)
            return &recipes[i];
    return NULL;
}

/* From z to `output`. */
static void add_activation(struct builder *builder, const struct layer_spec *layer, size_t number,
                           char *z, char *output) {
    const struct recipe *recipe = find_recipe(layer->activation);
    char *last = z;
    for (size_t i = 0; i < STEPS_MAX && recipe->steps[i].operator; i++) {
        const struct step *step = &recipe->steps[i];
        const bool ends = i + 1 == STEPS_MAX || !recipe->steps[i + 1].operator;
        char part[16] = {'s', 't', 'e', 'p', '_', (char)('1' + i)};
        char *result = ends ? output : name(builder, number, part);
        Onnx__NodeProto *node = add_node(builder, step->operator, result);
        for (size_t j = 0; node && j < 3 && step->inputs[j] != NONE; j++)
            node->input[node->n_input++] = step->inputs[j] == Z      ? z
                                           : step->inputs[j] == LAST ? last
                                           : step->inputs[j] == SLOPE
                                               ? name(builder, number, "alpha")
                                               : constant(builder, step->inputs[j]);
        for (size_t j = 0; node && j < 2 && step->attributes[j].name; j++)
            add_attribute(builder, node, &step->attributes[j], layer->activation_parameter);
        last = result;
    }
}

/* Put the layer's arrays into the graph, of which its operator takes the first ones. Returns how
 * many numbers they have. */
static size_t add_arrays(struct builder *builder, const struct layer_spec *layer,
                         struct shape shape, size_t number, const float *numbers,
                         char *names[LAYER_ARRAYS_MAX]) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(layer, shape, arrays);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!layer_array_stays(&arrays[i]))
            continue;
        names[i] = name(builder, number, arrays[i].name);
        if (!builder->failed)
            add_tensor(builder, names[i], numbers + used, arrays[i].shape);
        used += shape_size(arrays[i].shape);
    }
    return used;
}

/* What the kind does, and then the activation; `output` is given unless the layer does neither. */
static void add_layer(struct builder *builder, const struct layer_spec *layer, size_t number,
                      char *input, char *output, char *const names[LAYER_ARRAYS_MAX]) {
    char *z = input;
    if (layer->kind->onnx_operator) {
        z = layer->activation ? name(builder, number, "z") : output;
        Onnx__NodeProto *node = add_node(builder, layer->kind->onnx_operator, z);
        if (!node)
            return;
        node->input[node->n_input++] = input;
        for (size_t i = 0; i < layer->kind->onnx_arrays; i++)
            node->input[node->n_input++] = names[i];
    }
    if (layer->activation)
        add_activation(builder, layer, number, z, output);
}

/* Whether a layer does something in predictions. */
static bool does_something(const struct layer_spec *layer) {
    return layer->kind->onnx_operator || layer->activation;
}

/* The last layer that does something; 0 if none does. */
static size_t last_layer(const struct network_spec *spec) {
    size_t last = spec->layer_count - 1;
    while (last > 0 && !does_something(&spec->layers[last]))
        last--;
    return last;
}

/* Layers that do nothing are left out, and not counted. */
static void add_layers(struct builder *builder, const struct network_spec *spec,
                       const float *numbers, char *input, char *output) {
    const size_t last = last_layer(spec);
    for (size_t i = 0, number = 0; i <= last && !builder->failed; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        char *names[LAYER_ARRAYS_MAX], *result;
        if (!does_something(layer))
            continue;
        numbers += add_arrays(builder, layer, network_layer_input(spec, i), number, numbers, names);
        result = i < last ? name(builder, number, "output") : output;
        add_layer(builder, layer, number, input, result, names);
        input = result;
        number++;
    }
}

/* float32 [N, width] */
static Onnx__ValueInfoProto *value(struct builder *builder, char *called, size_t width,
                                   const char *about) {
    Onnx__ValueInfoProto *made = message(builder, &onnx__value_info_proto__descriptor);
    Onnx__TypeProto *type = message(builder, &onnx__type_proto__descriptor);
    Onnx__TypeProto__Tensor *tensor = message(builder, &onnx__type_proto__tensor__descriptor);
    Onnx__TensorShapeProto *shape = message(builder, &onnx__tensor_shape_proto__descriptor);
    Onnx__TensorShapeProto__Dimension **dims = list(builder, 2, sizeof *dims);
    char *doc = copy(builder, about), *rows = copy(builder, "N");
    for (size_t i = 0; i < 2 && !builder->failed; i++)
        dims[i] = message(builder, &onnx__tensor_shape_proto__dimension__descriptor);
    if (builder->failed)
        return NULL;
    dims[0]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    dims[0]->dim_param = rows;
    dims[1]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    dims[1]->dim_value = (int64_t)width;
    shape->n_dim = 2;
    shape->dim = dims;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    made->name = called;
    made->type = type;
    made->doc_string = doc;
    return made;
}

static void make_graph(struct builder *builder, const struct onnx_request *request) {
    const struct model *model = request->model;
    const size_t width = network_inputs(&model->spec);
    const float divisor = (float)request->divisor;
    Onnx__GraphProto *graph = message(builder, &onnx__graph_proto__descriptor);
    char *image = copy(builder, "image"), *output = copy(builder, "output");
    char *scaled = copy(builder, "scaled"), *divides = copy(builder, "divisor");
    if (builder->failed)
        return;
    builder->graph = graph;
    graph->name = copy(builder, request->name);
    graph->node = list(builder, NODES_MAX, sizeof(Onnx__NodeProto *));
    graph->initializer = list(builder, TENSORS_MAX, sizeof(Onnx__TensorProto *));
    graph->input = list(builder, 1, sizeof(Onnx__ValueInfoProto *));
    graph->output = list(builder, 1, sizeof(Onnx__ValueInfoProto *));
    if (builder->failed)
        return;
    graph->input[graph->n_input++] =
        value(builder, image, width, "grey levels from 0 to 255, row by row");
    graph->output[graph->n_output++] =
        value(builder, output, model->shape.classes,
              model->probabilities ? "the probability of each class" : "the score of each class");
    add_tensor(builder, divides, &divisor, (struct shape){0});
    Onnx__NodeProto *division = add_node(builder, "Div", scaled);
    if (!division)
        return;
    division->input[division->n_input++] = image;
    division->input[division->n_input++] = divides;
    add_layers(builder, &model->spec, model->weights, scaled, output);
}

static void add_notes(struct builder *builder, const struct onnx_request *request,
                      Onnx__ModelProto *made) {
    made->metadata_props = list(builder, request->note_count, sizeof *made->metadata_props);
    for (size_t i = 0; i < request->note_count && !builder->failed; i++) {
        Onnx__StringStringEntryProto *entry =
            message(builder, &onnx__string_string_entry_proto__descriptor);
        char *key = copy(builder, request->notes[i].key);
        char *text = copy(builder, request->notes[i].value);
        if (builder->failed)
            return;
        entry->key = key;
        entry->value = text;
        made->metadata_props[made->n_metadata_props++] = entry;
    }
}

static Onnx__ModelProto *make_model(struct builder *builder, const struct onnx_request *request) {
    Onnx__ModelProto *made = message(builder, &onnx__model_proto__descriptor);
    Onnx__OperatorSetIdProto *opset = message(builder, &onnx__operator_set_id_proto__descriptor);
    Onnx__OperatorSetIdProto **opsets = list(builder, 1, sizeof *opsets);
    make_graph(builder, request);
    if (builder->failed)
        return NULL;
    opset->has_version = 1;
    opset->version = OPSET_VERSION;
    opset->domain = copy(builder, ""); /* ONNX's own */
    opsets[0] = opset;
    made->has_ir_version = 1;
    made->ir_version = IR_VERSION;
    made->n_opset_import = 1;
    made->opset_import = opsets;
    made->producer_name = copy(builder, "sweep");
    made->producer_version = copy(builder, machine_program_version());
    made->graph = builder->graph;
    add_notes(builder, request, made);
    return builder->failed ? NULL : made;
}

static enum status check(const struct model *model, struct error *error) {
    const size_t weights = network_parameter_count(&model->spec);
    /* Besides weights there are names and notes. */
    if (weights > (BYTES_MAX - (1 << 20)) / sizeof(float))
        return error_set(error, STATUS_INPUT,
                         "the network has %zu weights; an ONNX file takes 2 GB of them", weights);
    for (size_t i = 0; i < model->spec.layer_count; i++) {
        const struct layer_spec *layer = &model->spec.layers[i];
        if (layer->activation && !find_recipe(layer->activation))
            return error_set(error, STATUS_INTERNAL, "ONNX has no form of the activation %s",
                             layer->activation->name);
        if (!layer->kind->onnx_operator && layer->kind->forward && !layer->kind->only_training)
            return error_set(error, STATUS_INTERNAL, "ONNX has no form of the layer %s",
                             layer->kind->name);
    }
    return STATUS_OK;
}

enum status onnx_make(const struct onnx_request *request, struct arena *arena, const void **bytes,
                      size_t *count, struct error *error) {
    struct builder builder = {.arena = arena};
    enum status status = check(request->model, error);
    if (status != STATUS_OK)
        return status;
    const Onnx__ModelProto *made = make_model(&builder, request);
    *count = made ? onnx__model_proto__get_packed_size(made) : 0;
    uint8_t *packed = made ? arena_alloc(arena, *count, 1) : NULL;
    if (!packed)
        return error_memory(error);
    onnx__model_proto__pack(made, packed);
    *bytes = packed;
    return STATUS_OK;
}
