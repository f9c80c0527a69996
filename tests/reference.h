/* One network by itself, its first layer as any other: what an ensemble has to agree with, bit for
 * bit. */
#ifndef SWEEP_TESTS_REFERENCE_H
#define SWEEP_TESTS_REFERENCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "math/flush.h"
#include "nn/network.h"
#include "specs.h"

static inline void reference_init(struct network *network, const struct network_spec *spec,
                                  size_t rows_max, struct arena *arena) {
    network_lay_out(network, spec, false, NULL, rows_max, arena);
    assert_false(arena->failed);
    network_start(network, NULL);
}

/* The inputs with their rows padded. */
static inline float *reference_inputs(const struct network *network, const float *x, size_t rows) {
    static _Alignas(ARENA_ALIGNMENT) float padded[1 << 18];
    const size_t inputs = network_inputs(network->spec), stride = PAD_TO_LANES(inputs);
    assert_true(rows * stride <= sizeof padded / sizeof *padded);
    memset(padded, 0, rows * stride * sizeof *padded);
    for (size_t row = 0; row < rows; row++)
        memcpy(padded + row * stride, x + row * inputs, inputs * sizeof *x);
    return padded;
}

static inline const float *reference_predict(struct network *network, const float *x, size_t rows) {
    const unsigned mode = flush_begin();
    const float *outputs = network_predict(network, reference_inputs(network, x, rows), rows);
    flush_end(mode);
    return outputs;
}

static inline double reference_penalty(const struct network *network) {
    return network_is_penalised(network->spec) ? network_penalty(network, (struct squares){{0}})
                                               : 0;
}

/* Labels as the targets of a network's output. */
static inline struct targets reference_targets(const struct network *network,
                                               const uint8_t *labels) {
    return targets_of_labels(labels, layers_output(network->layers)->units);
}

/* network_loss of a network's latest prediction. */
static inline double reference_loss(struct network *network, const uint8_t *labels, size_t rows,
                                    bool training) {
    const struct targets targets = reference_targets(network, labels);
    return network_loss(network, &targets, rows, training);
}

/* The sum of the losses before the step, without penalty. */
static inline double reference_train_to(struct network *network, const float *x,
                                        const struct targets *targets, size_t rows, size_t epoch,
                                        size_t first_row) {
    const unsigned mode = flush_begin();
    const double sum =
        network_train(network, reference_inputs(network, x, rows), targets, rows, epoch, first_row);
    flush_end(mode);
    return sum;
}

static inline double reference_train(struct network *network, const float *x, const uint8_t *labels,
                                     size_t rows, size_t epoch, size_t first_row) {
    const struct targets targets = reference_targets(network, labels);
    return reference_train_to(network, x, &targets, rows, epoch, first_row);
}

/* Where the i-th number that network_get_parameters gives stands: in the weights, and their
 * gradients, or with *kept in the layers' state. */
static inline size_t reference_place(const struct network *network, size_t i, bool *kept) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    for (const struct layer *layer = network->layers;; layer++) {
        layer_list_arrays(layer->spec, layer->input, arrays);
        for (size_t a = 0; a < layer->array_count; a++) {
            const size_t columns = shape_columns(arrays[a].shape);
            if (!layer_array_stays(&arrays[a]))
                continue;
            *kept = arrays[a].role == ARRAY_STATE;
            if (i < shape_size(arrays[a].shape))
                return (size_t)(layer->values[a] - (*kept ? network->kept : network->parameters)) +
                       i / columns * PAD_TO_LANES(columns) + i % columns;
            i -= shape_size(arrays[a].shape);
        }
    }
}

#endif
