/* An activation, a loss and a metric of one's own. */
#include <math.h>
#include <sweep/plugin.h>

/* x sigmoid(2 x): silu, steeper around 0. */
static void swish2(const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] / (1 + expf(-2 * x[i]));
}

static void swish2_gradient(const float *x, const float *y, float *delta, size_t count) {
    (void)y;
    for (size_t i = 0; i < count; i++) {
        const float s = 1 / (1 + expf(-2 * x[i]));
        delta[i] *= s * (1 + 2 * x[i] * (1 - s));
    }
}

/* The focal loss of Lin et al. (2017) with gamma = 2: what is right already counts less. */
static double focal(const float *y, uint8_t label, size_t classes, float *gradient) {
    const double p = fmax(y[label], 1e-7), missing = 1 - p;
    for (size_t i = 0; gradient && i < classes; i++)
        gradient[i] = 0;
    if (gradient)
        gradient[label] = (float)(2 * missing * log(p) - missing * missing / p);
    return -missing * missing * log(p);
}

/* How sure the network is of the right class. */
static double confidence(const float *y, uint8_t label, size_t classes) {
    (void)classes;
    return y[label];
}

static const struct sweep_activation activations[] = {
    {.name = "swish2", .help = "x * sigmoid(2 x)", .forward = swish2, .backward = swish2_gradient},
    {0}};
static const struct sweep_loss losses[] = {
    {.name = "focal", .help = "-(1 - p)^2 log p, p = y[label]", .row = focal}, {0}};
static const struct sweep_metric metrics[] = {
    {.name = "confidence", .help = "mean of y[label]", .maximize = 1, .row = confidence}, {0}};

SWEEP_PLUGIN(.activations = activations, .losses = losses, .metrics = metrics)
