#include "exchange/onnx.h"

#include "exchange/onnx_activation.h"
#include "exchange/onnx_ends.h"
#include "nn/image_window.h"
#include "nn/named_input.h"
#include "search/layers.h"

#include <stdbool.h>
#include <string.h>

#define BYTES_MAX ((size_t)INT32_MAX) /* of a protobuf message */

#define LAYER_NODES_MAX 16 /* of a kind's form, with the reshaping before it */
#define NODES_MAX (4 + NETWORK_LAYERS_MAX * (LAYER_NODES_MAX + ONNX_STEPS_MAX))
#define TENSORS_MAX                                                                                \
    (4 + ONNX_CONSTANTS_MAX + (LAYER_ARRAYS_MAX + 2 + LAYER_INPUTS_MAX) * NETWORK_LAYERS_MAX)

struct builder {
    struct arena *arena;
    struct onnx_graph *graph;
    struct onnx_constants constants;
    const char *value; /* what the latest node gives, and the shape that it has for an image */
    struct shape shape;
};

/* One of the network's values, as it stands in the graph: shapes alone are changed where they are
 * read. */
struct tensor {
    const char *name;
    struct shape shape;
};

/* A layer, what comes into it, and its number in the graph. */
struct part {
    const struct layer_spec *layer;
    struct shape input;
    size_t number;
    size_t owner;                       /* the number of the layer whose arrays it has */
    const char *more[LAYER_INPUTS_MAX]; /* its further inputs; NULL after the last */
};

static const char *name(const struct builder *builder, const struct part *part, const char *what) {
    return onnx_name(builder->graph, "layer_%zu/%s", part->number + 1, what);
}

/* An array's name. */
static const char *array(const struct builder *builder, const struct part *part, const char *what) {
    return onnx_name(builder->graph, "layer_%zu/%s", part->owner + 1, what);
}

/* A node of one or two inputs. Returns its output. */
static const char *apply(struct builder *builder, const char *operator, const char * output,
                         const char *first, const char *second) {
    return onnx_add_node(
        builder->graph, &(struct onnx_node){.operator = operator, .inputs = {first, second}},
        output);
}

/* Give the value that shape, if it has another; the result is called `called`. */
static void reshape(struct builder *builder, struct shape shape, const char *called,
                    const char *dims) {
    if (shape_equal(builder->shape, shape))
        return;
    onnx_add_shape(builder->graph, dims, shape);
    builder->value = apply(builder, "Reshape", called, builder->value, dims);
    builder->shape = shape;
}

/* Layer kinds: the nodes from x to `output`. ------------------------------------------------------
 */

static void add_dense(struct builder *builder, const struct part *part, const char *x,
                      const char *output) {
    const char *bias = part->layer->use_bias ? array(builder, part, "bias") : NULL;
    const struct onnx_node node = {.operator= "Gemm",
                                   .inputs = {x, array(builder, part, "kernel"), bias}};
    onnx_add_node(builder->graph, &node, output);
}

/* From values less their mean to gamma (values / sqrt(variance + epsilon)) + beta. */
static void add_scaling(struct builder *builder, const struct part *part, const char *centred,
                        const char *variance, const char *output) {
    const struct layer_spec *layer = part->layer;
    const float added = (float)layer->epsilon;
    const char *epsilon = name(builder, part, "epsilon");
    onnx_add_tensor(builder->graph, epsilon, &added, (struct shape){0});
    const char *sum = apply(builder, "Add", name(builder, part, "sum"), variance, epsilon);
    const char *deviation = apply(builder, "Sqrt", name(builder, part, "deviation"), sum, NULL);
    const char *normal = layer->scale || layer->center ? name(builder, part, "normal") : output;
    const char *scaled = layer->center ? name(builder, part, "scaled") : output;
    const char *last = apply(builder, "Div", normal, centred, deviation);
    if (layer->scale)
        last = apply(builder, "Mul", scaled, last, array(builder, part, "gamma"));
    if (layer->center)
        apply(builder, "Add", output, last, array(builder, part, "beta"));
}

/* ONNX's BatchNormalization has the channels before the places, ours are after them. */
static void add_batch_normalization(struct builder *builder, const struct part *part, const char *x,
                                    const char *output) {
    const char *mean = array(builder, part, "moving_mean");
    const char *centred = apply(builder, "Sub", name(builder, part, "centred"), x, mean);
    add_scaling(builder, part, centred, array(builder, part, "moving_variance"), output);
}

/* The mean or the largest over some of the dimensions. */
static const char *reduce(struct builder *builder, const char *operator, const char * output,
                          const char *x, struct onnx_attribute axes, bool keepdims) {
    const struct onnx_node node = {
        .operator= operator,
        .inputs = {x},
        .attributes = {axes, {.name = "keepdims", .type = ONNX_INT, .value = keepdims}}};
    return onnx_add_node(builder->graph, &node, output);
}

#define LIST(NAME, COUNT, ...)                                                                     \
    (struct onnx_attribute) {                                                                      \
        .name = (NAME), .type = ONNX_INTS, .count = (COUNT), .values = { __VA_ARGS__ }             \
    }

/* ONNX has LayerNormalization from opset 17 on. */
static void add_layer_normalization(struct builder *builder, const struct part *part, const char *x,
                                    const char *output) {
    const struct onnx_attribute last = LIST("axes", 1, -1);
    const char *mean = reduce(builder, "ReduceMean", name(builder, part, "mean"), x, last, true);
    const char *centred = apply(builder, "Sub", name(builder, part, "centred"), x, mean);
    const char *squares = apply(builder, "Mul", name(builder, part, "squares"), centred, centred);
    const char *variance =
        reduce(builder, "ReduceMean", name(builder, part, "variance"), squares, last, true);
    add_scaling(builder, part, centred, variance, output);
}

/* Layer kinds for images, which ONNX has as channels x rows x columns. ----------------------------
 */

static const char *transpose(struct builder *builder, const char *output, const char *x,
                             struct onnx_attribute perm) {
    const struct onnx_node node = {.operator= "Transpose", .inputs = {x}, .attributes = {perm}};
    return onnx_add_node(builder->graph, &node, output);
}

/* An operator that moves the layer's window over images: from x to `output`, between which its
 * attributes and its inputs from the second on are the node's. */
static void add_windowed(struct builder *builder, const struct part *part, struct onnx_node node,
                         const char *x, const char *output) {
    const struct window window = images_window(part->layer, part->input);
    const struct window_axis *axes[] = {&window.rows, &window.columns};
    int64_t size[2], stride[2], before[2], after[2];
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        size[i] = (int64_t)axes[i]->size;
        stride[i] = (int64_t)axes[i]->stride;
        before[i] = (int64_t)axes[i]->before;
        after[i] = (int64_t)window_axis_after(axes[i]);
    }
    while (node.attributes[count].name)
        count++;
    const struct onnx_attribute own[] = {LIST("kernel_shape", 2, size[0], size[1]),
                                         LIST("strides", 2, stride[0], stride[1]),
                                         LIST("pads", 4, before[0], before[1], after[0], after[1])};
    memcpy(node.attributes + count, own, sizeof own);
    node.inputs[0] =
        transpose(builder, name(builder, part, "channels_first"), x, LIST("perm", 4, 0, 3, 1, 2));
    const char *result = onnx_add_node(builder->graph, &node, name(builder, part, "result"));
    transpose(builder, output, result, LIST("perm", 4, 0, 2, 3, 1));
}

/* A convolution with a kernel of filters x channels of a group x rows x columns. */
static void add_convolution(struct builder *builder, const struct part *part, const char *kernel,
                            size_t groups, const char *x, const char *output) {
    const struct layer_spec *layer = part->layer;
    const struct onnx_node node = {
        .operator= "Conv",
        .inputs = {NULL, kernel, layer->use_bias ? array(builder, part, "bias") : NULL},
        .attributes = {{.name = "group", .type = ONNX_INT, .value = (double)groups},
                       LIST("dilations", 2, layer->dilation_rate[0], layer->dilation_rate[1])}};
    add_windowed(builder, part, node, x, output);
}

static void add_conv2d(struct builder *builder, const struct part *part, const char *x,
                       const char *output) {
    const char *kernel = transpose(builder, name(builder, part, "filters"),
                                   array(builder, part, "kernel"), LIST("perm", 4, 3, 2, 0, 1));
    add_convolution(builder, part, kernel, part->layer->groups, x, output);
}

/* Each channel is a group. */
static void add_depthwise_conv2d(struct builder *builder, const struct part *part, const char *x,
                                 const char *output) {
    const uint16_t *size = part->layer->window_size;
    const char *dims = name(builder, part, "filters_shape");
    const char *turned = transpose(builder, name(builder, part, "turned"),
                                   array(builder, part, "kernel"), LIST("perm", 4, 2, 3, 0, 1));
    onnx_add_shape(builder->graph, dims, (struct shape){3, {1, size[0], size[1]}});
    const char *kernel = apply(builder, "Reshape", name(builder, part, "filters"), turned, dims);
    add_convolution(builder, part, kernel, part->input.dims[2], x, output);
}

static void add_max_pooling2d(struct builder *builder, const struct part *part, const char *x,
                              const char *output) {
    add_windowed(builder, part, (struct onnx_node){.operator = "MaxPool"}, x, output);
}

/* Places beyond the edges don't count, which is ONNX's default, too. */
static void add_average_pooling2d(struct builder *builder, const struct part *part, const char *x,
                                  const char *output) {
    add_windowed(builder, part, (struct onnx_node){.operator = "AveragePool"}, x, output);
}

/* ONNX's GlobalMaxPool and GlobalAveragePool would want their input transposed. */
static void add_global_max_pooling2d(struct builder *builder, const struct part *part,
                                     const char *x, const char *output) {
    reduce(builder, "ReduceMax", output, x, LIST("axes", 2, 1, 2), part->layer->keepdims);
}

static void add_global_average_pooling2d(struct builder *builder, const struct part *part,
                                         const char *x, const char *output) {
    reduce(builder, "ReduceMean", output, x, LIST("axes", 2, 1, 2), part->layer->keepdims);
}

/* An operator that takes lists of integers after x. */
static void add_listed(struct builder *builder, const struct part *part, const char *operator,
                       const char * x, const char *const names[3], const int64_t *const lists[3],
                       size_t count, const char *output) {
    struct onnx_node node = {.operator= operator, .inputs = {x} };
    for (size_t i = 0; i < 3 && names[i]; i++) {
        node.inputs[i + 1] = name(builder, part, names[i]);
        onnx_add_integers(builder->graph, node.inputs[i + 1], lists[i], count);
    }
    onnx_add_node(builder->graph, &node, output);
}

static void add_cropping2d(struct builder *builder, const struct part *part, const char *x,
                           const char *output) {
    const uint16_t(*margins)[2] = part->layer->margins;
    const int64_t begin[] = {margins[0][0], margins[1][0]}, axes[] = {1, 2};
    const int64_t end[] = {(int64_t)part->input.dims[0] - margins[0][1],
                           (int64_t)part->input.dims[1] - margins[1][1]};
    add_listed(builder, part, "Slice", x, (const char *const[]){"begin", "end", "axes"},
               (const int64_t *const[]){begin, end, axes}, 2, output);
}

static void add_zero_padding2d(struct builder *builder, const struct part *part, const char *x,
                               const char *output) {
    const uint16_t(*margins)[2] = part->layer->margins;
    const int64_t pads[] = {0, margins[0][0], margins[1][0], 0, 0, margins[0][1], margins[1][1], 0};
    add_listed(builder, part, "Pad", x, (const char *const[3]){"pads"},
               (const int64_t *const[3]){pads}, 8, output);
}

/* Layer kinds with several inputs. ----------------------------------------------------------------
 */

/* An operator that takes all of them. */
static void add_merge(struct builder *builder, const struct part *part, const char *operator,
                      const char * x, const char *output) {
    struct onnx_node node = {.operator= operator, .inputs = {x} };
    for (size_t k = 0; part->more[k]; k++)
        node.inputs[k + 1] = part->more[k];
    if (part->layer->kind == &layer_concatenate)
        node.attributes[0] = (struct onnx_attribute){.name = "axis", .type = ONNX_INT, .value = -1};
    onnx_add_node(builder->graph, &node, output);
}

#define MERGE(NAME, OPERATOR)                                                                      \
    static void add_##NAME(struct builder *builder, const struct part *part, const char *x,        \
                           const char *output) {                                                   \
        add_merge(builder, part, OPERATOR, x, output);                                             \
    }
MERGE(add, "Sum")
MERGE(subtract, "Sub")
MERGE(average, "Mean")
MERGE(maximum, "Max")
MERGE(minimum, "Min")
MERGE(concatenate, "Concat")

/* ONNX's Mul takes two. */
static void add_multiply(struct builder *builder, const struct part *part, const char *x,
                         const char *output) {
    for (size_t k = 0; part->more[k]; k++) {
        const char *product =
            onnx_name(builder->graph, "layer_%zu/product_%zu", part->number + 1, k + 1);
        x = apply(builder, "Mul", part->more[k + 1] ? product : output, x, part->more[k]);
    }
}

static void add_output(struct builder *builder, const struct part *part, const char *x,
                       const char *output) {
    (void)part;
    apply(builder, "Identity", output, x, NULL);
}

/* A layer gets its x in its input's shape, or in one row. So those that only shape need no nodes.
 */
static const struct form {
    const struct layer_kind *kind;
    /* NULL: in predictions it does nothing but give another shape */
    void (*add)(struct builder *builder, const struct part *part, const char *x,
                const char *output);
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
    {&layer_conv2d, add_conv2d, false},
    {&layer_depthwise_conv2d, add_depthwise_conv2d, false},
    {&layer_max_pooling2d, add_max_pooling2d, false},
    {&layer_average_pooling2d, add_average_pooling2d, false},
    {&layer_global_max_pooling2d, add_global_max_pooling2d, false},
    {&layer_global_average_pooling2d, add_global_average_pooling2d, false},
    {&layer_cropping2d, add_cropping2d, false},
    {&layer_zero_padding2d, add_zero_padding2d, false},
    {&layer_add, add_add, false},
    {&layer_subtract, add_subtract, false},
    {&layer_multiply, add_multiply, false},
    {&layer_average, add_average, false},
    {&layer_maximum, add_maximum, false},
    {&layer_minimum, add_minimum, false},
    {&layer_concatenate, add_concatenate, false},
    {&layer_input_layer, NULL, false},
    {&layer_output, add_output, true},
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
static size_t add_arrays(struct builder *builder, const struct part *part, const float *numbers) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(part->layer, part->input, arrays);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!layer_array_stays(&arrays[i]))
            continue;
        onnx_add_tensor(builder->graph, name(builder, part, arrays[i].name), numbers + used,
                        arrays[i].shape);
        used += shape_size(arrays[i].shape);
    }
    return used;
}

/* What the kind does, and then the activation. */
static void add_layer(struct builder *builder, const struct part *part, const char *output) {
    const struct layer_spec *layer = part->layer;
    const struct form *form = find_form(layer->kind);
    reshape(builder, form->in_one_row ? shape_vector(shape_size(part->input)) : part->input,
            name(builder, part, "shaped"), name(builder, part, "shape"));
    if (form->add) {
        const char *z = layer->activation ? name(builder, part, "z") : output;
        form->add(builder, part, builder->value, z);
        builder->value = z;
        builder->shape = layer_shape(layer, part->input);
    }
    if (layer->activation) {
        onnx_add_activation(builder->graph, &builder->constants, layer, part->number, part->owner,
                            builder->value, output);
        builder->value = output;
    }
}

/* Whether a layer does something in predictions. */
static bool does_something(const struct layer_spec *layer) {
    return find_form(layer->kind)->add || layer->activation;
}

/* Have the inputs of a layer ready: the first as the builder's value, the others in the shapes they
 * are merged in. */
static void gather_inputs(struct builder *builder, const struct network_spec *spec, size_t index,
                          const struct tensor *tensors, struct part *part) {
    const size_t count = layer_source_count(part->layer);
    memset(part->more, 0, sizeof part->more);
    for (size_t k = count; k-- > 0;) {
        const size_t source = layer_source(part->layer, index, k);
        builder->value = tensors[source].name;
        builder->shape = tensors[source].shape;
        if (!part->layer->kind->merges)
            return;
        const struct shape shape =
            source > 0 ? network_layer_output(spec, source - 1) : spec->input;
        const size_t number = part->number + 1;
        reshape(builder, shape, onnx_name(builder->graph, "layer_%zu/input_%zu", number, k + 1),
                onnx_name(builder->graph, "layer_%zu/input_shape_%zu", number, k + 1));
        if (k > 0)
            part->more[k - 1] = builder->value;
        else
            builder->shape = part->input; /* as the layer knows it: that of the result */
    }
}

/* A tensor of `count` numbers, those of the features again and again. */
static const char *add_features(struct builder *builder, const char *input, const char *what,
                                const float *values, size_t features, size_t count) {
    const char *tensor = onnx_name(builder->graph, "%s/%s", input, what);
    float *all = ARENA_NEW(builder->arena, float, count);
    for (size_t i = 0; all && i < count; i++)
        all[i] = values[i % features];
    if (all)
        onnx_add_tensor(builder->graph, tensor, all, shape_vector(count));
    return tensor;
}

/* An input's value, normalised if that input is. */
static const char *normalized(struct builder *builder, const char *value, const char *input,
                              const struct normalization *by, size_t count) {
    if (by->features == 0)
        return value;
    const char *mean = add_features(builder, input, "mean", by->mean, by->features, count);
    const char *deviation =
        add_features(builder, input, "deviation", by->deviation, by->features, count);
    const char *centered = onnx_name(builder->graph, "%s/centered", input);
    apply(builder, "Sub", centered, value, mean);
    return apply(builder, "Div", onnx_name(builder->graph, "%s/normalized", input), centered,
                 deviation);
}

/* What a layer of the kind Input gives: the image as it is trained on, or an array. */
static struct tensor input_tensor(struct builder *builder, const struct model *model,
                                  const struct layer_spec *layer, const struct tensor *image) {
    const struct named_input *input = layer->input;
    const size_t count = shape_size(input->shape);
    const char *value = layer_reads_array(layer) ? input->name : image->name;
    if (layer_reads_array(layer) && model->dataset)
        value = normalized(
            builder, value, input->name,
            &model->array_normalizations[dataset_array_find(model->dataset, input->name)], count);
    return (struct tensor){value, shape_vector(count)};
}

/* Layers that do nothing are left out, and not counted. */
static void add_layers(struct builder *builder, const struct model *model) {
    const struct network_spec *spec = &model->spec;
    const float *numbers = model->weights;
    struct tensor tensors[NETWORK_LAYERS_MAX + 1] = {{builder->value, builder->shape}};
    size_t owners[NETWORK_LAYERS_MAX];
    struct part part = {0};
    for (size_t i = 0; i < spec->layer_count; i++) {
        part.layer = &spec->layers[i];
        part.input = network_layer_input(spec, i);
        owners[i] = part.owner = part.layer->shared ? owners[part.layer->shared - 1] : part.number;
        gather_inputs(builder, spec, i, tensors, &part);
        if (does_something(part.layer)) {
            numbers += add_arrays(builder, &part, numbers);
            add_layer(builder, &part,
                      part.layer->kind == &layer_output ? part.layer->output->name
                                                        : name(builder, &part, "output"));
            part.number++;
        }
        tensors[i + 1] = part.layer->kind == &layer_input_layer
                             ? input_tensor(builder, model, part.layer, tensors)
                             : (struct tensor){builder->value, builder->shape};
    }
}

static enum status check(const struct model *model, struct error *error) {
    const size_t weights = network_parameter_count(&model->spec);
    /* Besides weights there are names and notes. */
    if (weights > (BYTES_MAX - (1 << 20)) / sizeof(float))
        return error_set(error, STATUS_INPUT,
                         "the network has %zu weights; an ONNX file takes 2 GB of them", weights);
    for (size_t i = 0; i < model->spec.layer_count; i++) {
        const struct layer_spec *layer = &model->spec.layers[i];
        if (layer->activation && !onnx_has_activation(layer->activation))
            return error_set(error, layer->activation->plugin ? STATUS_INPUT : STATUS_INTERNAL,
                             "ONNX has no form of the activation %s%s", layer->activation->name,
                             layer->activation->plugin ? ", which is a plug-in's" : "");
        if (!find_form(layer->kind))
            return error_set(error, STATUS_INTERNAL, "ONNX has no form of the layer %s",
                             layer->kind->name);
    }
    return STATUS_OK;
}

/* From what the data set has to what is trained on. */
static void add_image(struct builder *builder, const struct onnx_request *request, size_t count) {
    const float divisor = (float)request->divisor;
    onnx_add_tensor(builder->graph, "image/divisor", &divisor, (struct shape){0});
    builder->value = apply(builder, "Div", "image/scaled", INPUT_IMAGE, "image/divisor");
    builder->value =
        normalized(builder, builder->value, INPUT_IMAGE, &request->model->normalization, count);
}

enum status onnx_make(const struct onnx_request *request, struct arena *arena, const void **bytes,
                      size_t *count, struct error *error) {
    const struct model *model = request->model;
    struct onnx_value inputs[NETWORK_LAYERS_MAX], outputs[OUTPUTS_MAX];
    const size_t input_count = onnx_list_inputs(model, inputs);
    const size_t output_count = onnx_list_outputs(model, outputs);
    enum status status = check(model, error);
    if (status != STATUS_OK)
        return status;
    struct builder builder = {.arena = arena,
                              .graph = onnx_graph_begin(arena, NODES_MAX, TENSORS_MAX),
                              .shape = shape_vector(network_inputs(&model->spec))};
    if (!builder.graph)
        return error_memory(error);
    for (size_t i = 0; i < input_count; i++)
        if (strcmp(inputs[i].name, INPUT_IMAGE) == 0)
            add_image(&builder, request, inputs[i].width);
    add_layers(&builder, model);
    if (arena->failed)
        return error_memory(error);
    if (!network_has_named_outputs(&model->spec)) {
        reshape(&builder, shape_vector(model->shape.classes), "output/row", "output/row_shape");
        onnx_rename_output(builder.graph, outputs[0].name);
    }
    const struct onnx_file file = {.name = request->name,
                                   .inputs = inputs,
                                   .input_count = input_count,
                                   .outputs = outputs,
                                   .output_count = output_count,
                                   .notes = request->notes,
                                   .note_count = request->note_count};
    status = onnx_check_names(&file, error);
    return status == STATUS_OK ? onnx_graph_pack(builder.graph, &file, bytes, count, error)
                               : status;
}
