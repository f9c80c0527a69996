/* One network by itself, its first layer as any other: what an ensemble has to agree with, bit for
 * bit. */
#ifndef SWEEP_TESTS_REFERENCE_H
#define SWEEP_TESTS_REFERENCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "math/dense.h"
#include "math/flush.h"
#include "nn/network.h"

/* The first kernel's gradient of the latest step, inputs x stride. */
static _Alignas(ARENA_ALIGNMENT) float first_gradient[1 << 18];

static inline void reference_init(struct network *network, const struct network_spec *spec,
                                  size_t rows_max, struct arena *arena) {
    network_lay_out(network, spec, NULL, rows_max, arena);
    assert_false(arena->failed);
    network_start(network, NULL);
    assert_true(network->rest <= sizeof first_gradient / sizeof *first_gradient);
}

static inline struct dense_shape first_shape(const struct network *network, size_t rows) {
    return (struct dense_shape){rows, network->spec->inputs, network->spec->layers[0].units, false};
}

static inline const float *reference_predict(struct network *network, const float *x, size_t rows) {
    const struct layer *first = &network->layers[0];
    const unsigned mode = flush_begin();
    dense_forward(first_shape(network, rows), x, first->inputs, first->kernel, first->z);
    network_predict(network, rows);
    flush_end(mode);
    return network_outputs(network);
}

static inline double reference_penalty(const struct network *network) {
    const struct layer *first = &network->layers[0];
    struct squares squares = {{0}};
    for (size_t input = 0; input < first->inputs; input++)
        squares_add(&squares, first->kernel + input * first->stride, 0, first->units);
    return network->spec->l2 == 0 ? 0 : network_penalty(network, squares);
}

/* The sum of the losses before the step, without penalty. */
static inline double reference_train(struct network *network, const float *x, const uint8_t *labels,
                                     size_t rows, size_t epoch, size_t first_row) {
    const struct network_spec *spec = network->spec;
    const struct layer *first = &network->layers[0];
    int32_t sizes[LANES] = {0};
    struct optimizer_weights weights = {.rows = network->rest / LANES,
                                        .columns = LANES,
                                        .constants = network->lane_constants,
                                        .weights = first->kernel,
                                        .gradients = first_gradient,
                                        .sizes = sizes};
    for (size_t slot = 0; slot < network_kernel(spec)->slots; slot++)
        weights.slots[slot] = network->optimizer.slots[slot];
    const unsigned mode = flush_begin();
    dense_forward(first_shape(network, rows), x, first->inputs, first->kernel, first->z);
    const double sum = network_train(network, labels, rows, epoch, first_row);
    dense_weight_gradient(first_shape(network, rows), x, first->inputs, first->delta,
                          first_gradient);
    if (spec->l2 != 0)
        optimizer_penalise(&weights, first_gradient);
    if (network_decays(spec))
        optimizer_decay(&weights);
    network_kernel(spec)->step(&weights);
    flush_end(mode);
    return sum;
}

#endif
