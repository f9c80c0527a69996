/* Functions of your own for sweep: activations, losses, metrics, optimizers and layers in C.
 *
 * A plug-in is one C file that includes this header alone, with its tables at its end:
 *
 *     #include <sweep/plugin.h>
 *
 *     static void forward(const float *x, float *y, size_t count) { ... }
 *     static void backward(const float *x, const float *y, float *delta, size_t count) { ... }
 *
 *     static const struct sweep_activation activations[] = {
 *         {.name = "swish2", .help = "x * sigmoid(2 x)", .forward = forward, .backward = backward},
 *         {0}};
 *     SWEEP_PLUGIN(.activations = activations)
 *
 * A config names it (plugins: [./swish2.c]) and then uses its names as sweep's own. sweep compiles
 * it with cc, or takes a shared library (.so) as it is. Before anything is trained, each gradient
 * is held against central differences.
 *
 * Functions are called by several threads at once, so that they must not write to static variables;
 * and what they give for an image may depend on nothing but their arguments. Each list ends with a
 * row without a name. Names are words of lower-case letters, digits and underscores. */
#ifndef SWEEP_PLUGIN_H
#define SWEEP_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/* Raised whenever a plug-in that was compiled before could not be called as it was meant. */
#define SWEEP_PLUGIN_VERSION 1

/* y = f(x), each number by itself: wherever it stands, the same x must give the same y. */
struct sweep_activation {
    const char *name;
    const char *help; /* the formula, in words */
    /* Set y[i] = f(x[i]); y may be x. */
    void (*forward)(const float *x, float *y, size_t count);
    /* delta[i] comes as the gradient of the loss at y[i] and becomes that at x[i]: multiply it by
     * f'(x[i]). */
    void (*backward)(const float *x, const float *y, float *delta, size_t count);
    /* Not 0: backward is not f' on purpose (a straight-through estimator), and not checked. */
    int surrogate;
};

/* The loss of one image, of which the mean over a batch is taken. */
struct sweep_loss {
    const char *name;
    const char *help;
    /* The loss of the outputs y[0 .. classes - 1] of an image whose class is `label`. Where
     * `gradient` is not NULL, set gradient[i] to the derivative of the loss by y[i]. */
    double (*row)(const float *y, uint8_t label, size_t classes, float *gradient);
};

/* A number of one image, of which the mean over all is told. */
struct sweep_metric {
    const char *name;
    const char *help;
    int maximize; /* whether more is better */
    double most;  /* the largest value there can be, the smallest being 0; 0: there is none */
    double (*row)(const float *y, uint8_t label, size_t classes);
};

/* --- optimizers --- */

#define SWEEP_PARAMETERS_MAX 8
#define SWEEP_SLOTS_MAX 3

/* A parameter that a config may give it, and its default. The name is one that sweep knows of its
 * own optimizers: learning_rate, momentum, beta_1, epsilon (sweep keys). */
struct sweep_parameter {
    const char *name;
    double value;
};

/* A step of one array of a layer, rows x columns: row r begins at weights + r * stride, and so in
 * the others. */
struct sweep_step {
    const double *parameters; /* in their order */
    uint64_t number;          /* of the step, from 1 */
    size_t rows, columns, stride;
    float *weights;         /* to be changed */
    const float *gradients; /* weight_decay is in the weights already, l2 and clipping in these */
    float *slots[SWEEP_SLOTS_MAX];
};

struct sweep_optimizer {
    const char *name;
    const char *help;
    struct sweep_parameter parameters[SWEEP_PARAMETERS_MAX]; /* learning_rate is the first */
    size_t slots; /* arrays like the weights that it keeps from step to step; they begin at 0 */
    void (*step)(const struct sweep_step *step);
};

/* --- layers --- */

#define SWEEP_ARGUMENTS_MAX 4 /* room for them; now a layer may have 2 */
#define SWEEP_WEIGHTS_MAX 4

/* The numbers of one image: a vector has rank 1, an image rank 3 (rows, columns, channels); they
 * stand one after the other, the last dimension's together. */
struct sweep_shape {
    size_t rank, dims[3];
};

/* A number that a config may give a layer: {my_layer: {NAME: 0.5}}, or "my_layer 0.5" in order. */
struct sweep_argument {
    const char *name;
    double standard, minimum, maximum; /* its default, and what is allowed */
    const char *help;
};

/* An array of a layer, rows x columns. What is trained has a gradient; the optimizer steps it. */
struct sweep_weights {
    const char *name;
    size_t rows, columns;
    const char *initializer; /* Keras' name: zeros, ones, he_normal; NULL: as the config says */
    int penalised;           /* l2 is on it, as on kernels */
};

/* The same in memory: row r begins at values + r * stride. */
struct sweep_matrix {
    float *values;
    size_t rows, columns, stride;
};

/* A batch at a layer. Of image i, x begins at x + i * x_stride, and so on. */
struct sweep_pass {
    const double *arguments; /* in their order */
    size_t rows;             /* images */
    int training;            /* 0: a prediction */
    const float *x;
    size_t x_size, x_stride;
    float *y;
    size_t y_size, y_stride;
    const struct sweep_matrix *weights;
    float *memory; /* of each image, memory_stride apart: from forward to backward */
    size_t memory_stride;
    /* In backward alone: the gradient at y, and what is to be made of it. */
    const float *y_gradient;              /* strides as y's */
    float *x_gradient;                    /* to be set, strides as x's; NULL: nobody asks for it */
    const struct sweep_matrix *gradients; /* of the weights, to be added to: they begin at 0 */
};

/* What an image becomes may depend on the other images of its batch while training alone. */
struct sweep_layer {
    const char *name;
    const char *help;
    struct sweep_argument arguments[SWEEP_ARGUMENTS_MAX];
    int activates; /* Not 0: it takes an activation, which comes after it. */
    /* Set the shape of the outputs for that of the inputs; return 0 where it can't take them. NULL:
     * the same. */
    int (*shape)(const double *arguments, const struct sweep_shape *input,
                 struct sweep_shape *output);
    /* List its weights and return how many; NULL: none. */
    size_t (*weights)(const double *arguments, const struct sweep_shape *input,
                      struct sweep_weights weights[SWEEP_WEIGHTS_MAX]);
    /* Floats of an image that forward leaves for backward; NULL: none. */
    size_t (*memory)(const double *arguments, const struct sweep_shape *input);
    void (*forward)(const struct sweep_pass *pass);
    void (*backward)(const struct sweep_pass *pass);
};

struct sweep_plugin {
    uint32_t version;
    const struct sweep_activation *activations; /* NULL: none */
    const struct sweep_loss *losses;
    const struct sweep_metric *metrics;
    const struct sweep_layer *layers;
    const struct sweep_optimizer *optimizers;
};

/* What sweep asks a plug-in for. */
#ifdef __cplusplus
extern "C"
#endif
    __attribute__((visibility("default"))) const struct sweep_plugin *
    sweep_plugin(void);

#define SWEEP_PLUGIN(...)                                                                          \
    const struct sweep_plugin *sweep_plugin(void) {                                                \
        static const struct sweep_plugin plugin = {.version = SWEEP_PLUGIN_VERSION, __VA_ARGS__};  \
        return &plugin;                                                                            \
    }

#endif
