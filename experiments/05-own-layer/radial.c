/* A layer of one's own: radial basis functions (Broomhead and Lowe 1988). Unit u has a center for
 * each input, which is trained, and gives exp(-gamma * mean of (x - center)^2). */
#include <math.h>
#include <sweep/plugin.h>

enum { UNITS, GAMMA };

static int shape(const double *arguments, const struct sweep_shape *input,
                 struct sweep_shape *output) {
    (void)input;
    *output = (struct sweep_shape){1, {(size_t)arguments[UNITS]}};
    return arguments[UNITS] >= 1;
}

static size_t size_of(const struct sweep_shape *input) {
    size_t size = 1;
    for (size_t i = 0; i < input->rank; i++)
        size *= input->dims[i];
    return size;
}

static size_t weights(const double *arguments, const struct sweep_shape *input,
                      struct sweep_weights *weights) {
    weights[0] = (struct sweep_weights){.name = "centers",
                                        .rows = size_of(input),
                                        .columns = (size_t)arguments[UNITS],
                                        .initializer = "glorot_uniform"};
    return 1;
}

static void forward(const struct sweep_pass *p) {
    const struct sweep_matrix *c = &p->weights[0];
    for (size_t row = 0; row < p->rows; row++) {
        const float *x = p->x + row * p->x_stride;
        float *y = p->y + row * p->y_stride;
        for (size_t u = 0; u < p->y_size; u++)
            y[u] = 0;
        for (size_t i = 0; i < p->x_size; i++)
            for (size_t u = 0; u < p->y_size; u++) {
                const float d = x[i] - c->values[i * c->stride + u];
                y[u] += d * d;
            }
        for (size_t u = 0; u < p->y_size; u++)
            y[u] = expf(-(float)p->arguments[GAMMA] * y[u] / (float)p->x_size);
    }
}

static void backward(const struct sweep_pass *p) {
    const struct sweep_matrix *c = &p->weights[0], *g = &p->gradients[0];
    const float scale = 2 * (float)p->arguments[GAMMA] / (float)p->x_size;
    for (size_t row = 0; row < p->rows; row++) {
        const float *x = p->x + row * p->x_stride, *y = p->y + row * p->y_stride,
                    *dy = p->y_gradient + row * p->y_stride;
        for (size_t i = 0; i < p->x_size; i++) {
            float sum = 0;
            for (size_t u = 0; u < p->y_size; u++) {
                const float d = scale * dy[u] * y[u] * (x[i] - c->values[i * c->stride + u]);
                g->values[i * g->stride + u] += d;
                sum -= d;
            }
            if (p->x_gradient)
                p->x_gradient[row * p->x_stride + i] = sum;
        }
    }
}

static const struct sweep_layer layers[] = {
    {.name = "radial",
     .help = "exp(-gamma mean (x - center)^2)",
     .arguments = {{"units", 32, 1, 500, "centers"}, {"gamma", 1, 0, 100, "how narrow"}},
     .shape = shape,
     .weights = weights,
     .forward = forward,
     .backward = backward},
    {0}};

SWEEP_PLUGIN(.layers = layers)
