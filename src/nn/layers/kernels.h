/* What layers with weights share: the arguments of their kernel and bias, and of gamma and beta. */
#ifndef SWEEP_NN_LAYERS_KERNELS_H
#define SWEEP_NN_LAYERS_KERNELS_H

#include "nn/layer.h"

/* An initializer under Keras' name for that argument; a default that is no place among the names
 * is told AS that. */
#define INITIALIZER_ROW(NAME, FIELD, STANDARD, AS, HELP)                                           \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_NAME, .offset = offsetof(struct layer_spec, FIELD),         \
        .standard = (STANDARD), .name_at = initializer_name, .as = (AS), .help = (HELP)            \
    }
#define PENALTY_ROW(NAME, FIELD, STANDARD, AS, HELP)                                               \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_REAL, .offset = offsetof(struct layer_spec, FIELD),         \
        .standard = (STANDARD), .maximum = 1e30, .as = (AS), .help = (HELP)                        \
    }

/* KERNEL: Keras' name of the kernel's initializer, kernel_initializer or depthwise_initializer. */
#define KERNEL_ROWS(KERNEL)                                                                        \
    {.name = "use_bias",                                                                           \
     .type = ARGUMENT_SWITCH,                                                                      \
     .offset = offsetof(struct layer_spec, use_bias),                                              \
     .standard = true,                                                                             \
     .help = "whether a bias is added"},                                                           \
        INITIALIZER_ROW(KERNEL, kernel_initializer, LAYER_INITIALIZER_USUAL,                       \
                        "the trial's initializer", "how its kernel starts"),                       \
        INITIALIZER_ROW("bias_initializer", bias_initializer, INITIALIZER_ZEROS, NULL,             \
                        "how its bias starts"),                                                    \
        PENALTY_ROW("l1", l1, 0, NULL,                                                             \
                    "times the sum of its kernel's absolute weights is added "                     \
                    "to the loss"),                                                                \
        PENALTY_ROW("l2", l2, LAYER_L2_USUAL, "the trial's l2",                                    \
                    "times the sum of its kernel's squared weights is added to the loss"),         \
    {                                                                                              \
        .name = "max_norm", .type = ARGUMENT_REAL,                                                 \
        .offset = offsetof(struct layer_spec, max_norm), .standard = 0, .minimum_open = true,      \
        .maximum = 1e30, .as = "none",                                                             \
        .help = "what an output's weights are scaled down to when their norm is larger"            \
    }

/* A kernel whose outputs are what it has behind the first `inner` dimensions; and its bias. Returns
 * how many arrays the layer has. */
static inline size_t kernel_arrays(const struct layer_spec *spec, struct shape kernel, size_t inner,
                                   size_t outputs, struct layer_array *arrays) {
    arrays[0] =
        (struct layer_array){.name = "kernel",
                             .shape = kernel,
                             .kernel_inner = inner,
                             .initializer = spec->kernel_initializer == LAYER_INITIALIZER_USUAL
                                                ? NULL
                                                : &initializers[spec->kernel_initializer]};
    arrays[1] = (struct layer_array){.name = "bias",
                                     .shape = shape_vector(outputs),
                                     .initializer = &initializers[spec->bias_initializer]};
    return spec->use_bias ? 2 : 1;
}

#endif
