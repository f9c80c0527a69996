/* An optimizer of one's own: Signum (Bernstein et al. 2018), the sign of a running mean. */
#include <sweep/plugin.h>

enum { LEARNING_RATE, MOMENTUM };

static void signum(const struct sweep_step *step) {
    const float rate = (float)step->parameters[LEARNING_RATE];
    const float momentum = (float)step->parameters[MOMENTUM];
    for (size_t row = 0; row < step->rows; row++) {
        float *weights = step->weights + row * step->stride;
        float *mean = step->slots[0] + row * step->stride;
        const float *gradients = step->gradients + row * step->stride;
        for (size_t i = 0; i < step->columns; i++) {
            mean[i] = momentum * mean[i] + (1 - momentum) * gradients[i];
            weights[i] -= mean[i] > 0 ? rate : mean[i] < 0 ? -rate : 0;
        }
    }
}

static const struct sweep_optimizer optimizers[] = {
    {.name = "signum",
     .help = "the sign of the running mean of gradients",
     .parameters = {{"learning_rate", 0.001}, {"momentum", 0.9}},
     .slots = 1,
     .step = signum},
    {0}};

SWEEP_PLUGIN(.optimizers = optimizers)
