#include "nn/optimizer.h"

#include "base/names.h"

#include <math.h>

/* Keras computes in single precision, constants such as 1 - beta_1 in double before they are
 * rounded, and powers of a beta in single. The same is done here, so that 1 - beta^t, which
 * cancels badly for small t, loses the same digits. */

typedef const struct optimizer_settings *settings_t;

static double value_of(settings_t settings, enum optimizer_parameter parameter) {
    return settings->value[parameter];
}

static float setting(settings_t settings, enum optimizer_parameter parameter) {
    return (float)settings->value[parameter];
}

static size_t no_slots(settings_t settings) {
    (void)settings;
    return 0;
}

static size_t two_slots(settings_t settings) {
    (void)settings;
    return 2;
}

static float zero_start(settings_t settings, size_t slot) {
    (void)settings;
    (void)slot;
    return 0;
}

/* sgd: w -= lr g; with momentum v = momentum v - lr g and w += v, or, after Nesterov,
 * w += momentum v - lr g. */
static size_t sgd_slots(settings_t settings) {
    return value_of(settings, OPTIMIZER_MOMENTUM) != 0 ? 1 : no_slots(settings);
}

static void sgd_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                     const float *restrict g, size_t count) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    const float momentum = setting(settings, OPTIMIZER_MOMENTUM);
    float *restrict v = state->slots[0];
    if (momentum == 0) {
        for (size_t i = 0; i < count; i++)
            w[i] -= lr * g[i];
    } else if (value_of(settings, OPTIMIZER_NESTEROV) != 0) {
        for (size_t i = 0; i < count; i++) {
            v[i] = momentum * v[i] - lr * g[i];
            w[i] += momentum * v[i] - lr * g[i];
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            v[i] = momentum * v[i] - lr * g[i];
            w[i] += v[i];
        }
    }
}

/* rmsprop (Tieleman and Hinton 2012). Slots: mean square, then momentum, then mean. */
static size_t rmsprop_slots(settings_t settings) {
    if (value_of(settings, OPTIMIZER_CENTERED) != 0)
        return 3;
    return value_of(settings, OPTIMIZER_MOMENTUM) != 0 ? 2 : 1;
}

static void rmsprop_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                         const float *restrict g, size_t count) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    const float rho = setting(settings, OPTIMIZER_RHO);
    const float rest = (float)(1 - value_of(settings, OPTIMIZER_RHO));
    const float epsilon = setting(settings, OPTIMIZER_EPSILON);
    const float momentum = setting(settings, OPTIMIZER_MOMENTUM);
    const bool centered = value_of(settings, OPTIMIZER_CENTERED) != 0;
    float *restrict square = state->slots[0], *restrict velocity = state->slots[1],
                    *restrict mean = state->slots[2];
    if (!centered && momentum == 0) {
        for (size_t i = 0; i < count; i++) {
            square[i] = rho * square[i] + rest * (g[i] * g[i]);
            w[i] -= lr * g[i] / sqrtf(square[i] + epsilon);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        square[i] = rho * square[i] + rest * (g[i] * g[i]);
        float denominator = square[i] + epsilon;
        if (centered) {
            mean[i] = rho * mean[i] + rest * g[i];
            denominator = square[i] - mean[i] * mean[i] + epsilon;
        }
        float increment = lr * g[i] / sqrtf(denominator);
        if (momentum != 0)
            increment = velocity[i] = momentum * velocity[i] + increment;
        w[i] -= increment;
    }
}

/* adam (Kingma and Ba 2015), amsgrad after Reddi et al. 2018. Slots: first moment, second moment,
 * largest second moment. */
static size_t adam_slots(settings_t settings) {
    return value_of(settings, OPTIMIZER_AMSGRAD) != 0 ? 3 : 2;
}

static void adam_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                      const float *restrict g, size_t count) {
    const float t = (float)state->iterations;
    const float power_1 = powf(setting(settings, OPTIMIZER_BETA_1), t);
    const float power_2 = powf(setting(settings, OPTIMIZER_BETA_2), t);
    const float rate =
        setting(settings, OPTIMIZER_LEARNING_RATE) * sqrtf(1 - power_2) / (1 - power_1);
    const float rest_1 = (float)(1 - value_of(settings, OPTIMIZER_BETA_1));
    const float rest_2 = (float)(1 - value_of(settings, OPTIMIZER_BETA_2));
    const float epsilon = setting(settings, OPTIMIZER_EPSILON);
    float *restrict m = state->slots[0], *restrict v = state->slots[1],
                    *restrict largest = state->slots[2];
    if (value_of(settings, OPTIMIZER_AMSGRAD) != 0) {
        for (size_t i = 0; i < count; i++) {
            m[i] += (g[i] - m[i]) * rest_1;
            v[i] += (g[i] * g[i] - v[i]) * rest_2;
            largest[i] = largest[i] > v[i] ? largest[i] : v[i];
            w[i] -= m[i] * rate / (sqrtf(largest[i]) + epsilon);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        w[i] -= m[i] * rate / (sqrtf(v[i]) + epsilon);
    }
}

/* nadam (Dozat 2016): adam with a Nesterov step and a momentum that warms up,
 * u_t = beta_1 (1 - 0.96^t / 2). */
static void nadam_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                       const float *restrict g, size_t count) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    const float beta_1 = setting(settings, OPTIMIZER_BETA_1);
    const float beta_2 = setting(settings, OPTIMIZER_BETA_2);
    const float t = (float)state->iterations;
    const float u = beta_1 * (1 - 0.5f * powf(0.96f, t));
    const float u_next = beta_1 * (1 - 0.5f * powf(0.96f, t + 1));
    state->momentum_product *= u;
    const float product = state->momentum_product, product_next = product * u_next;
    const float rest_1 = 1 - beta_1, rest_2 = 1 - beta_2;
    const float correction_2 = 1 - powf(beta_2, t);
    const float epsilon = setting(settings, OPTIMIZER_EPSILON);
    float *restrict m = state->slots[0], *restrict v = state->slots[1];
    for (size_t i = 0; i < count; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        float m_hat = u_next * m[i] / (1 - product_next) + (1 - u) * g[i] / (1 - product);
        w[i] -= m_hat * lr / (sqrtf(v[i] / correction_2) + epsilon);
    }
}

/* adamax (Kingma and Ba 2015, section 7.1). Slots: first moment, infinity norm. */
static void adamax_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                        const float *restrict g, size_t count) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    const float rest_1 = (float)(1 - value_of(settings, OPTIMIZER_BETA_1));
    const float beta_2 = setting(settings, OPTIMIZER_BETA_2);
    const float correction = 1 - powf(setting(settings, OPTIMIZER_BETA_1), (float)state->iterations);
    const float epsilon = setting(settings, OPTIMIZER_EPSILON);
    float *restrict m = state->slots[0], *restrict u = state->slots[1];
    for (size_t i = 0; i < count; i++) {
        float decayed = beta_2 * u[i], size = fabsf(g[i]);
        m[i] += (g[i] - m[i]) * rest_1;
        u[i] = decayed > size ? decayed : size;
        w[i] -= lr * m[i] / (correction * (u[i] + epsilon));
    }
}

/* adagrad (Duchi et al. 2011) */
static size_t adagrad_slots(settings_t settings) {
    (void)settings;
    return 1;
}

static float adagrad_start(settings_t settings, size_t slot) {
    (void)slot;
    return setting(settings, OPTIMIZER_INITIAL_ACCUMULATOR_VALUE);
}

static void adagrad_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                         const float *restrict g, size_t count) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    const float epsilon = setting(settings, OPTIMIZER_EPSILON);
    float *restrict sum = state->slots[0];
    for (size_t i = 0; i < count; i++) {
        sum[i] += g[i] * g[i];
        w[i] -= lr * g[i] / sqrtf(sum[i] + epsilon);
    }
}

/* adadelta (Zeiler 2012). Slots: mean squared gradient, mean squared change. */
static void adadelta_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                          const float *restrict g, size_t count) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    const float rho = setting(settings, OPTIMIZER_RHO);
    const float rest = (float)(1 - value_of(settings, OPTIMIZER_RHO));
    const float epsilon = setting(settings, OPTIMIZER_EPSILON);
    float *restrict square = state->slots[0], *restrict change = state->slots[1];
    for (size_t i = 0; i < count; i++) {
        square[i] = rho * square[i] + rest * (g[i] * g[i]);
        float delta = -(sqrtf(change[i] + epsilon) * g[i] / sqrtf(square[i] + epsilon));
        change[i] = rho * change[i] + rest * (delta * delta);
        w[i] += lr * delta;
    }
}

/* ftrl (McMahan et al. 2013, with shrinkage). Slots: accumulator, linear. */
static float ftrl_start(settings_t settings, size_t slot) {
    return slot == 0 ? setting(settings, OPTIMIZER_INITIAL_ACCUMULATOR_VALUE) : 0;
}

static float power_of(float accumulator, float exponent) {
    return exponent == 0.5f ? sqrtf(accumulator) : powf(accumulator, exponent);
}

static void ftrl_step(settings_t settings, struct optimizer_state *state, float *restrict w,
                      const float *restrict g, size_t count) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    const float exponent = -setting(settings, OPTIMIZER_LEARNING_RATE_POWER);
    const float l1 = setting(settings, OPTIMIZER_L1_REGULARIZATION_STRENGTH);
    const float l2 = setting(settings, OPTIMIZER_L2_REGULARIZATION_STRENGTH) +
                     setting(settings, OPTIMIZER_BETA) / (2 * lr);
    const float shrinkage = 2 * setting(settings, OPTIMIZER_L2_SHRINKAGE_REGULARIZATION_STRENGTH);
    float *restrict sum = state->slots[0], *restrict linear = state->slots[1];
    for (size_t i = 0; i < count; i++) {
        float next = sum[i] + g[i] * g[i];
        float next_power = power_of(next, exponent);
        linear[i] += g[i] + shrinkage * w[i] - (next_power - power_of(sum[i], exponent)) / lr * w[i];
        float clipped = linear[i] < -l1 ? -l1 : linear[i] > l1 ? l1 : linear[i];
        w[i] = (clipped - linear[i]) / (next_power / lr + 2 * l2);
        sum[i] = next;
    }
}

#define PARAMETERS(...)                                                                            \
    .parameters = {__VA_ARGS__, {OPTIMIZER_WEIGHT_DECAY, 0}},                                      \
    .parameter_count =                                                                             \
        sizeof((struct optimizer_default[]){__VA_ARGS__}) / sizeof(struct optimizer_default) + 1

const struct optimizer optimizers[] = {
    {.name = "sgd",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.01}, {OPTIMIZER_MOMENTUM, 0}, {OPTIMIZER_NESTEROV, 0}),
     .slots = sgd_slots,
     .slot_start = zero_start,
     .step = sgd_step,
     .help = "stochastic gradient descent, with momentum if asked for"},
    {.name = "rmsprop",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_RHO, 0.9}, {OPTIMIZER_MOMENTUM, 0},
                {OPTIMIZER_EPSILON, 1e-7}, {OPTIMIZER_CENTERED, 0}),
     .slots = rmsprop_slots,
     .slot_start = zero_start,
     .step = rmsprop_step,
     .help = "gradients divided by a running root of their mean square"},
    {.name = "adam",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}, {OPTIMIZER_AMSGRAD, 0}),
     .slots = adam_slots,
     .slot_start = zero_start,
     .step = adam_step,
     .help = "running first and second moments of the gradients"},
    {.name = "nadam",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}),
     .slots = two_slots,
     .slot_start = zero_start,
     .step = nadam_step,
     .help = "adam with Nesterov momentum"},
    {.name = "adamax",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}),
     .slots = two_slots,
     .slot_start = zero_start,
     .step = adamax_step,
     .help = "adam with the infinity norm"},
    {.name = "adagrad",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_INITIAL_ACCUMULATOR_VALUE, 0.1},
                {OPTIMIZER_EPSILON, 1e-7}),
     .slots = adagrad_slots,
     .slot_start = adagrad_start,
     .step = adagrad_step,
     .help = "gradients divided by the root of the sum of all their squares"},
    {.name = "adadelta",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_RHO, 0.95}, {OPTIMIZER_EPSILON, 1e-7}),
     .slots = two_slots,
     .slot_start = zero_start,
     .step = adadelta_step,
     .help = "steps scaled by the running size of past steps"},
    {.name = "ftrl",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_LEARNING_RATE_POWER, -0.5},
                {OPTIMIZER_INITIAL_ACCUMULATOR_VALUE, 0.1},
                {OPTIMIZER_L1_REGULARIZATION_STRENGTH, 0},
                {OPTIMIZER_L2_REGULARIZATION_STRENGTH, 0},
                {OPTIMIZER_L2_SHRINKAGE_REGULARIZATION_STRENGTH, 0}, {OPTIMIZER_BETA, 0}),
     .slots = two_slots,
     .slot_start = ftrl_start,
     .step = ftrl_step,
     .help = "follow the regularised leader"},
    {.name = "adamw",
     .parameters = {{OPTIMIZER_LEARNING_RATE, 0.001},
                    {OPTIMIZER_BETA_1, 0.9},
                    {OPTIMIZER_BETA_2, 0.999},
                    {OPTIMIZER_EPSILON, 1e-7},
                    {OPTIMIZER_AMSGRAD, 0},
                    {OPTIMIZER_WEIGHT_DECAY, 0.004}},
     .parameter_count = 6,
     .slots = adam_slots,
     .slot_start = zero_start,
     .step = adam_step,
     .help = "adam with weight decay"},
};
const size_t optimizer_count = sizeof optimizers / sizeof *optimizers;

const struct optimizer *optimizer_find(const char *name) {
    return NAMES_FIND(optimizers, optimizer_count, name);
}

bool optimizer_has(const struct optimizer *optimizer, enum optimizer_parameter parameter,
                   double *value) {
    for (size_t i = 0; i < optimizer->parameter_count; i++)
        if (optimizer->parameters[i].parameter == parameter) {
            if (value)
                *value = optimizer->parameters[i].value;
            return true;
        }
    return false;
}

void optimizer_defaults(const struct optimizer *optimizer, struct optimizer_settings *settings) {
    *settings = (struct optimizer_settings){{0}};
    for (size_t i = 0; i < optimizer->parameter_count; i++)
        settings->value[optimizer->parameters[i].parameter] = optimizer->parameters[i].value;
}

void optimizer_start(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                     struct optimizer_state *state, size_t count) {
    state->iterations = 0;
    state->momentum_product = 1;
    size_t slots = optimizer->slots(settings);
    for (size_t slot = 0; slot < slots; slot++) {
        float start = optimizer->slot_start(settings, slot);
        for (size_t i = 0; i < count; i++)
            state->slots[slot][i] = start;
    }
}

void optimizer_step(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                    struct optimizer_state *state, float *weights, const float *gradients,
                    size_t count) {
    const float decay = setting(settings, OPTIMIZER_WEIGHT_DECAY);
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    state->iterations++;
    if (decay != 0)
        for (size_t i = 0; i < count; i++)
            weights[i] -= weights[i] * decay * lr;
    optimizer->step(settings, state, weights, gradients, count);
}
