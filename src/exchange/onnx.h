/* A kept model as an ONNX file, which ONNX Runtime and most other frameworks run.
 *
 *   image    float32 [N, rows * columns * channels]: the numbers that the data set has, row by row:
 *            grey levels from 0 to 255, as an image file has them, or the row of a table; the first
 *            nodes divide and normalise them as training did
 *   output   float32 [N, classes]: what the output layer gives; probabilities after softmax. Of a
 *            network with several outputs: each by its name
 *
 * Operators are those of opset 13 (ONNX 1.8, 2020); what has none is composed of several. Weights
 * are the same to the bit; results differ in their last digits, since every runtime has sums and
 * exponentials of its own. */
#ifndef SWEEP_EXCHANGE_ONNX_H
#define SWEEP_EXCHANGE_ONNX_H

#include "base/arena.h"
#include "base/status.h"
#include "train/model.h"

#include <stdbool.h>
#include <stddef.h>

/* A line of the file's metadata. */
struct onnx_note {
    const char *key, *value;
};

struct onnx_request {
    const struct model *model; /* that has taken its data, where its shape says normalized */
    double divisor;            /* of the grey levels */
    const char *name;          /* of the graph */
    const struct onnx_note *notes;
    size_t note_count;
};

/* Whether a layer of that kind can be in a file: all of nn/layer_kind.h can. */
bool onnx_has(const struct layer_kind *kind);

/* The file's bytes, in the arena. STATUS_INPUT for a network that is too large for the format. */
enum status onnx_make(const struct onnx_request *request, struct arena *arena, const void **bytes,
                      size_t *count, struct error *error);

#endif
