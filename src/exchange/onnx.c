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
    /* PARAMETER: the activation's hyperparameter; LAST_AXIS: the list of this one */
    enum { FIXED, PARAMETER, WHOLE, LAST_AXIS } kind;
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

#define LAYER_NODES_MAX 10 /* of a kind's form, with the reshaping before it */
#define NODES_MAX (2 + NETWORK_LAYERS_MAX * (LAYER_NODES_MAX + STEPS_MAX))
#define TENSORS_MAX (2 + OPERANDS + (LAYER_ARRAYS_MAX + 2) * NETWORK_LAYERS_MAX)

struct builder {
    struct arena *arena;
    bool failed; /* out of memory */
    Onnx__GraphProto *graph;
    bool used[OPERANDS]; /* constants that are in the graph already */
    char *value;         /* what the nodes so far give, and the shape that it has for an image */
    struct shape shape;
};

/* A layer and its number in the graph. */
struct part {
    const struct layer_spec *layer;
    size_t number;
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

/* The shape [-1, ...] of a batch of that. */
static void add_shape_tensor(struct builder *builder, char *called, struct shape shape) {
    Onnx__TensorProto *tensor = message(builder, &onnx__tensor_proto__descriptor);
    int64_t *dims = list(builder, 1, sizeof *dims),
            *data = list(builder, 1 + shape.rank, sizeof *data);
    if (builder->failed)
        return;
    tensor->name = called;
    tensor->dims = dims;
    tensor->dims[tensor->n_dims++] = (int64_t)shape.rank + 1;
    tensor->has_data_type = 1;
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    tensor->int64_data = data;
    data[tensor->n_int64_data++] = -1;
    for (size_t i = 0; i < shape.rank; i++)
        data[tensor->n_int64_data++] = (int64_t)shape.dims[i];
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
    } else if (attribute->kind == LAST_AXIS) {
        made->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        made->ints = list(builder, 1, sizeof *made->ints);
        if (made->ints)
            made->ints[made->n_ints++] = -1;
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

/* A node of one or two inputs. Returns its output. */
static char *apply(struct builder *builder, const char *operator, char * output, char *first,
                   char *second) {
    Onnx__NodeProto *node = add_node(builder, operator, output);
    if (!node)
        return output;
    node->input[node->n_input++] = first;
    if (second)
        node->input[node->n_input++] = second;
    return output;
}

/* Give the value that shape, if it has another; the result is called `called`. */
static void reshape(struct builder *builder, struct shape shape, char *called, char *dims) {
    if (shape_equal(builder->shape, shape) || builder->failed)
        return;
    add_shape_tensor(builder, dims, shape);
    builder->value = apply(builder, "Reshape", called, builder->value, dims);
    builder->shape = shape;
}

/* Layer kinds: the nodes from x to `output`. -----------------------------------------------------
 */

static void add_dense(struct builder *builder, const struct part *part, char *x, char *output) {
    Onnx__NodeProto *node = add_node(builder, "Gemm", output);
    if (!node)
        return;
    node->input[node->n_input++] = x;
    node->input[node->n_input++] = name(builder, part->number, "kernel");
    if (part->layer->use_bias)
        node->input[node->n_input++] = name(builder, part->number, "bias");
}

/* From values less their mean to gamma (values / sqrt(variance + epsilon)) + beta. */
static void add_scaling(struct builder *builder, const struct part *part, char *centred,
                        char *variance, char *output) {
    const struct layer_spec *layer = part->layer;
    const size_t number = part->number;
    const float added = (float)layer->epsilon;
    char *epsilon = name(builder, number, "epsilon");
    if (!builder->failed)
        add_tensor(builder, epsilon, &added, (struct shape){0});
    char *sum = apply(builder, "Add", name(builder, number, "sum"), variance, epsilon);
    char *deviation = apply(builder, "Sqrt", name(builder, number, "deviation"), sum, NULL);
    char *normal = layer->scale || layer->center ? name(builder, number, "normal") : output;
    char *scaled = layer->center ? name(builder, number, "scaled") : output;
    char *last = apply(builder, "Div", normal, centred, deviation);
    if (layer->scale)
        last = apply(builder, "Mul", scaled, last, name(builder, number, "gamma"));
    if (layer->center)
        apply(builder, "Add", output, last, name(builder, number, "beta"));
}

/* ONNX's BatchNormalization has the channels before the places, ours are after them. */
static void add_batch_normalization(struct builder *builder, const struct part *part, char *x,
                                    char *output) {
    char *mean = name(builder, part->number, "moving_mean");
    char *centred = apply(builder, "Sub", name(builder, part->number, "centred"), x, mean);
    add_scaling(builder, part, centred, name(builder, part->number, "moving_variance"), output);
}

/* Over the last dimension. */
static char *add_mean(struct builder *builder, char *output, char *values) {
    static const struct attribute axes = {"axes", LAST_AXIS, 0};
    Onnx__NodeProto *node = add_node(builder, "ReduceMean", output);
    if (!node)
        return output;
    node->input[node->n_input++] = values;
    add_attribute(builder, node, &axes, 0);
    return output;
}

/* ONNX has LayerNormalization from opset 17 on. */
static void add_layer_normalization(struct builder *builder, const struct part *part, char *x,
                                    char *output) {
    const size_t number = part->number;
    char *mean = add_mean(builder, name(builder, number, "mean"), x);
    char *centred = apply(builder, "Sub", name(builder, number, "centred"), x, mean);
    char *squares = apply(builder, "Mul", name(builder, number, "squares"), centred, centred);
    char *variance = add_mean(builder, name(builder, number, "variance"), squares);
    add_scaling(builder, part, centred, variance, output);
}

/* A layer gets its x in its input's shape, or in one row. So those that only shape need no nodes.
 */
static const struct form {
    const struct layer_kind *kind;
    /* NULL: in predictions it does nothing but give another shape */
    void (*add)(struct builder *builder, const struct part *part, char *x, char *output);
    bool in_one_row;
} forms[] = {
    {&layer_dense, add_dense, true},
    {&layer_activation, NULL, false},
    {&layer_dropout, NULL, false},
    {&layer_flatten, NULL, false},
    {&layer_reshape, NULL, false},
    {&layer_batch_normalization, add_batch_normalization, false},
    {&layer_layer_normalization, add_layer_normalization, false},
    {&layer_gaussian_noise, NULL, false},
};

static const struct form *find_form(const struct layer_kind *kind) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].kind == kind)
            return &forms[i];
    return NULL;
}

bool onnx_has(const struct layer_kind *kind) {
    return find_form(kind) != NULL;
}

/* Put the layer's arrays into the graph. Returns how many numbers they have. */
static size_t add_arrays(struct builder *builder, const struct part *part, struct shape input,
                         const float *numbers) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(part->layer, input, arrays);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!layer_array_stays(&arrays[i]))
            continue;
        char *called = name(builder, part->number, arrays[i].name);
        if (!builder->failed)
            add_tensor(builder, called, numbers + used, arrays[i].shape);
        used += shape_size(arrays[i].shape);
    }
    return used;
}

/* What the kind does, and then the activation. */
static void add_layer(struct builder *builder, const struct part *part, struct shape input,
                      char *output) {
    const struct layer_spec *layer = part->layer;
    const struct form *form = find_form(layer->kind);
    reshape(builder, form->in_one_row ? shape_vector(shape_size(input)) : input,
            name(builder, part->number, "shaped"), name(builder, part->number, "shape"));
    if (form->add) {
        char *z = layer->activation ? name(builder, part->number, "z") : output;
        form->add(builder, part, builder->value, z);
        builder->value = z;
        builder->shape = layer_shape(layer, input);
    }
    if (layer->activation) {
        add_activation(builder, layer, part->number, builder->value, output);
        builder->value = output;
    }
}

/* Whether a layer does something in predictions. */
static bool does_something(const struct layer_spec *layer) {
    return find_form(layer->kind)->add || layer->activation;
}

/* Layers that do nothing are left out, and not counted. */
static void add_layers(struct builder *builder, const struct network_spec *spec,
                       const float *numbers) {
    struct part part = {0};
    for (size_t i = 0; i < spec->layer_count && !builder->failed; i++) {
        const struct shape input = network_layer_input(spec, i);
        part.layer = &spec->layers[i];
        if (!does_something(part.layer))
            continue;
        numbers += add_arrays(builder, &part, input, numbers);
        add_layer(builder, &part, input, name(builder, part.number, "output"));
        part.number++;
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

/* The node that gives the value gives it under that name. */
static void rename_value(struct builder *builder, char *called) {
    if (builder->failed)
        return;
    Onnx__NodeProto *last = builder->graph->node[builder->graph->n_node - 1];
    last->name = called;
    last->output[0] = called;
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
    builder->value = scaled;
    builder->shape = shape_vector(width);
    add_layers(builder, &model->spec, model->weights);
    reshape(builder, shape_vector(model->shape.classes), copy(builder, "row"),
            copy(builder, "row_shape"));
    rename_value(builder, output);
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
        if (!find_form(layer->kind))
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
