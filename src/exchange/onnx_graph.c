#include "exchange/onnx_graph.h"

#include "base/machine.h"

#include <onnx.pb-c.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define IR_VERSION 7 /* the one that goes with the opset */
#define OPSET_VERSION 13

struct onnx_graph {
    struct arena *arena;
    bool failed; /* out of memory */
    Onnx__GraphProto *proto;
};

/* A message of that kind, or NULL. */
static void *message(struct onnx_graph *graph, const ProtobufCMessageDescriptor *descriptor) {
    void *made = arena_alloc(graph->arena, 1, descriptor->sizeof_message);
    if (made)
        descriptor->message_init(made);
    else
        graph->failed = true;
    return made;
}

static void *list(struct onnx_graph *graph, size_t count, size_t size) {
    void *made = arena_alloc(graph->arena, count, size);
    graph->failed |= !made;
    return made;
}

/* protobuf-c's strings are not const. */
static char *copy(struct onnx_graph *graph, const char *string) {
    char *made = arena_copy(graph->arena, string);
    graph->failed |= !made;
    return made;
}

struct onnx_graph *onnx_graph_begin(struct arena *arena, size_t nodes_max, size_t tensors_max) {
    struct onnx_graph *graph = ARENA_NEW(arena, struct onnx_graph, 1);
    if (!graph)
        return NULL;
    graph->arena = arena;
    graph->proto = message(graph, &onnx__graph_proto__descriptor);
    if (graph->failed)
        return NULL;
    graph->proto->node = list(graph, nodes_max, sizeof(Onnx__NodeProto *));
    graph->proto->initializer = list(graph, tensors_max, sizeof(Onnx__TensorProto *));
    return graph->failed ? NULL : graph;
}

const char *onnx_name(struct onnx_graph *graph, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *made = arena_vprintf(graph->arena, format, arguments);
    va_end(arguments);
    graph->failed |= !made;
    return made ? made : "";
}

static Onnx__TensorProto *add_tensor(struct onnx_graph *graph, const char *name, int32_t type,
                                     size_t rank) {
    Onnx__TensorProto *tensor = message(graph, &onnx__tensor_proto__descriptor);
    int64_t *dims = list(graph, rank, sizeof *dims);
    char *called = copy(graph, name);
    if (graph->failed)
        return NULL;
    tensor->name = called;
    tensor->dims = dims;
    tensor->n_dims = rank;
    tensor->has_data_type = 1;
    tensor->data_type = type;
    graph->proto->initializer[graph->proto->n_initializer++] = tensor;
    return tensor;
}

void onnx_add_tensor(struct onnx_graph *graph, const char *name, const float *values,
                     struct shape shape) {
    const size_t count = shape_size(shape);
    Onnx__TensorProto *tensor =
        add_tensor(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, shape.rank);
    float *data = list(graph, count, sizeof *data);
    if (graph->failed)
        return;
    memcpy(data, values, count * sizeof *data);
    for (size_t i = 0; i < shape.rank; i++)
        tensor->dims[i] = (int64_t)shape.dims[i];
    tensor->n_float_data = count;
    tensor->float_data = data;
}

void onnx_add_integers(struct onnx_graph *graph, const char *name, const int64_t *values,
                       size_t count) {
    Onnx__TensorProto *tensor = add_tensor(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1);
    int64_t *data = list(graph, count, sizeof *data);
    if (graph->failed)
        return;
    tensor->dims[0] = (int64_t)count;
    tensor->n_int64_data = count;
    tensor->int64_data = memcpy(data, values, count * sizeof *data);
}

void onnx_add_shape(struct onnx_graph *graph, const char *name, struct shape shape) {
    int64_t dims[1 + SHAPE_RANK_MAX] = {-1};
    for (size_t i = 0; i < shape.rank; i++)
        dims[i + 1] = (int64_t)shape.dims[i];
    onnx_add_integers(graph, name, dims, 1 + shape.rank);
}

static void add_attribute(struct onnx_graph *graph, Onnx__NodeProto *node,
                          const struct onnx_attribute *attribute) {
    Onnx__AttributeProto *made = message(graph, &onnx__attribute_proto__descriptor);
    char *called = copy(graph, attribute->name);
    int64_t *ints = list(graph, ONNX_INTS_MAX, sizeof *ints);
    if (graph->failed)
        return;
    made->name = called;
    made->has_type = 1;
    if (attribute->type == ONNX_INT) {
        made->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        made->has_i = 1;
        made->i = (int64_t)attribute->value;
    } else if (attribute->type == ONNX_INTS) {
        made->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        made->n_ints = attribute->count;
        made->ints = memcpy(ints, attribute->values, attribute->count * sizeof *ints);
    } else {
        made->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        made->has_f = 1;
        made->f = (float)attribute->value;
    }
    node->attribute[node->n_attribute++] = made;
}

const char *onnx_add_node(struct onnx_graph *graph, const struct onnx_node *node,
                          const char *output) {
    Onnx__NodeProto *made = message(graph, &onnx__node_proto__descriptor);
    char *type = copy(graph, node->operator), *called = copy(graph, output);
    char **inputs = list(graph, ONNX_INPUTS_MAX, sizeof *inputs),
         **outputs = list(graph, 1, sizeof *outputs);
    Onnx__AttributeProto **attributes =
        list(graph, ONNX_ATTRIBUTES_MAX, sizeof(Onnx__AttributeProto *));
    if (graph->failed)
        return output;
    made->op_type = type;
    made->name = called; /* each node has one output, whose name is its own as well */
    made->output = outputs;
    made->output[made->n_output++] = called;
    made->input = inputs;
    for (size_t i = 0; i < ONNX_INPUTS_MAX && node->inputs[i]; i++)
        made->input[made->n_input++] = copy(graph, node->inputs[i]);
    made->attribute = attributes;
    for (size_t i = 0; i < ONNX_ATTRIBUTES_MAX && node->attributes[i].name; i++)
        add_attribute(graph, made, &node->attributes[i]);
    graph->proto->node[graph->proto->n_node++] = made;
    return output;
}

void onnx_rename_output(struct onnx_graph *graph, const char *name) {
    char *called = copy(graph, name);
    if (graph->failed)
        return;
    Onnx__NodeProto *last = graph->proto->node[graph->proto->n_node - 1];
    last->name = called;
    last->output[0] = called;
}

/* float32 [N, width] */
static Onnx__ValueInfoProto *value_info(struct onnx_graph *graph, const struct onnx_value *value) {
    Onnx__ValueInfoProto *made = message(graph, &onnx__value_info_proto__descriptor);
    Onnx__TypeProto *type = message(graph, &onnx__type_proto__descriptor);
    Onnx__TypeProto__Tensor *tensor = message(graph, &onnx__type_proto__tensor__descriptor);
    Onnx__TensorShapeProto *shape = message(graph, &onnx__tensor_shape_proto__descriptor);
    Onnx__TensorShapeProto__Dimension **dims = list(graph, 2, sizeof *dims);
    char *called = copy(graph, value->name), *doc = copy(graph, value->about),
         *rows = copy(graph, "N");
    for (size_t i = 0; i < 2 && !graph->failed; i++)
        dims[i] = message(graph, &onnx__tensor_shape_proto__dimension__descriptor);
    if (graph->failed)
        return NULL;
    dims[0]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    dims[0]->dim_param = rows;
    dims[1]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    dims[1]->dim_value = (int64_t)value->width;
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

static void add_notes(struct onnx_graph *graph, const struct onnx_file *file,
                      Onnx__ModelProto *made) {
    made->metadata_props = list(graph, file->note_count, sizeof *made->metadata_props);
    for (size_t i = 0; i < file->note_count && !graph->failed; i++) {
        Onnx__StringStringEntryProto *entry =
            message(graph, &onnx__string_string_entry_proto__descriptor);
        char *key = copy(graph, file->notes[i].key), *text = copy(graph, file->notes[i].value);
        if (graph->failed)
            return;
        entry->key = key;
        entry->value = text;
        made->metadata_props[made->n_metadata_props++] = entry;
    }
}

static void add_ends(struct onnx_graph *graph, const struct onnx_file *file) {
    Onnx__GraphProto *proto = graph->proto;
    Onnx__ValueInfoProto **ends = list(graph, file->input_count + file->output_count, sizeof *ends);
    char *called = copy(graph, file->name);
    if (graph->failed)
        return;
    proto->name = called;
    proto->input = ends;
    proto->output = ends + file->input_count;
    for (size_t i = 0; i < file->input_count; i++)
        proto->input[proto->n_input++] = value_info(graph, &file->inputs[i]);
    for (size_t i = 0; i < file->output_count; i++)
        proto->output[proto->n_output++] = value_info(graph, &file->outputs[i]);
}

static Onnx__ModelProto *make_model(struct onnx_graph *graph, const struct onnx_file *file) {
    Onnx__ModelProto *made = message(graph, &onnx__model_proto__descriptor);
    Onnx__OperatorSetIdProto *opset = message(graph, &onnx__operator_set_id_proto__descriptor);
    Onnx__OperatorSetIdProto **opsets = list(graph, 1, sizeof *opsets);
    add_ends(graph, file);
    if (graph->failed)
        return NULL;
    opset->has_version = 1;
    opset->version = OPSET_VERSION;
    opset->domain = copy(graph, ""); /* ONNX's own */
    opsets[0] = opset;
    made->has_ir_version = 1;
    made->ir_version = IR_VERSION;
    made->n_opset_import = 1;
    made->opset_import = opsets;
    made->producer_name = copy(graph, "sweep");
    made->producer_version = copy(graph, machine_program_version());
    made->graph = graph->proto;
    add_notes(graph, file, made);
    return graph->failed ? NULL : made;
}

enum status onnx_graph_pack(struct onnx_graph *graph, const struct onnx_file *file,
                            const void **bytes, size_t *count, struct error *error) {
    const Onnx__ModelProto *made = make_model(graph, file);
    *count = made ? onnx__model_proto__get_packed_size(made) : 0;
    uint8_t *packed = made ? arena_alloc(graph->arena, *count, 1) : NULL;
    if (!packed)
        return error_memory(error);
    onnx__model_proto__pack(made, packed);
    *bytes = packed;
    return STATUS_OK;
}
