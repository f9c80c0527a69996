/* What comes into an ONNX graph, and what goes out. For exchange/onnx.c. */
#ifndef SWEEP_EXCHANGE_ONNX_ENDS_H
#define SWEEP_EXCHANGE_ONNX_ENDS_H

#include "exchange/onnx_graph.h"
#include "train/model.h"

/* The image by itself, or the inputs that have names: at most NETWORK_LAYERS_MAX. */
size_t onnx_list_inputs(const struct model *model, struct onnx_value *inputs);

/* At most OUTPUTS_MAX. */
size_t onnx_list_outputs(const struct model *model, struct onnx_value *outputs);

/* STATUS_INPUT where an input has a name that the graph has for something else. */
enum status onnx_check_names(const struct onnx_file *file, struct error *error);

#endif
