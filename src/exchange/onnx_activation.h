/* A layer's activation in ONNX's operators. */
#ifndef SWEEP_EXCHANGE_ONNX_ACTIVATION_H
#define SWEEP_EXCHANGE_ONNX_ACTIVATION_H

#include "exchange/onnx_graph.h"
#include "nn/layer_kind.h"

#include <stdbool.h>
#include <stddef.h>

#define ONNX_STEPS_MAX 5     /* nodes of an activation */
#define ONNX_CONSTANTS_MAX 9 /* tensors of all activations together */

/* Which constants are in a graph already. All zero at first. */
struct onnx_constants {
    bool added[ONNX_CONSTANTS_MAX];
};

/* Whether it can be written in them: a plug-in's can't. */
bool onnx_has_activation(const struct activation *activation);

/* Add the nodes from z to `output`. The layer has that number, and its arrays are of layer `owner`.
 */
void onnx_add_activation(struct onnx_graph *graph, struct onnx_constants *used,
                         const struct layer_spec *layer, size_t number, size_t owner, const char *z,
                         const char *output);

#endif
