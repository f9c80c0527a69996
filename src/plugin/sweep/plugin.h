/* Functions of your own for sweep: activations, losses and metrics in C.
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

struct sweep_plugin {
    uint32_t version;
    const struct sweep_activation *activations; /* NULL: none */
    const struct sweep_loss *losses;
    const struct sweep_metric *metrics;
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
