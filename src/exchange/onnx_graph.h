/* A graph of ONNX's operators, and the file it becomes. onnx_graph.c is the one file that includes
 * what protobuf-c makes of ONNX's onnx.proto.
 *
 * Strings are copied. A graph keeps that memory ran out, and does nothing more from then on. */
#ifndef SWEEP_EXCHANGE_ONNX_GRAPH_H
#define SWEEP_EXCHANGE_ONNX_GRAPH_H

#include "base/arena.h"
#include "base/status.h"
#include "exchange/onnx.h"
#include "nn/shape.h"

#include <stddef.h>
#include <stdint.h>

#define ONNX_INPUTS_MAX 8
#define ONNX_ATTRIBUTES_MAX 5
#define ONNX_INTS_MAX 4

struct onnx_attribute {
    const char *name;
    enum { ONNX_FLOAT, ONNX_INT, ONNX_INTS } type;
    double value; /* of the first two */
    size_t count; /* of the last */
    int64_t values[ONNX_INTS_MAX];
};

/* An operator with one output. */
struct onnx_node {
    const char *operator;
    const char *inputs[ONNX_INPUTS_MAX];                   /* NULL after the last */
    struct onnx_attribute attributes[ONNX_ATTRIBUTES_MAX]; /* without a name after the last */
};

struct onnx_graph;

/* A graph with room for that many nodes and tensors, or NULL: out of memory. */
struct onnx_graph *onnx_graph_begin(struct arena *arena, size_t nodes_max, size_t tensors_max);

/* A name within the graph; "" if memory ran out. */
const char *onnx_name(struct onnx_graph *graph, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Add a node whose output has that name, which is returned. */
const char *onnx_add_node(struct onnx_graph *graph, const struct onnx_node *node,
                          const char *output);

/* Give the latest node's output another name. */
void onnx_rename_output(struct onnx_graph *graph, const char *name);

/* Numbers under a name: float32 of that shape, where rank 0 is one number. */
void onnx_add_tensor(struct onnx_graph *graph, const char *name, const float *values,
                     struct shape shape);

/* The shape [-1, dims ...], as Reshape takes it: -1 is as many rows as there are. */
void onnx_add_shape(struct onnx_graph *graph, const char *name, struct shape shape);

/* A tensor of one dimension. */
void onnx_add_integers(struct onnx_graph *graph, const char *name, const int64_t *values,
                       size_t count);

/* What comes in or goes out: float32 [N, width]. */
struct onnx_value {
    const char *name, *about;
    size_t width;
};

struct onnx_file {
    const char *name; /* of the graph */
    const struct onnx_value *inputs, *outputs;
    size_t input_count, output_count;
    const struct onnx_note *notes;
    size_t note_count;
};

/* The file's bytes, in the graph's arena. */
enum status onnx_graph_pack(struct onnx_graph *graph, const struct onnx_file *file,
                            const void **bytes, size_t *count, struct error *error);

#endif
