#include "nn/optimizer.h"

#include "base/multiversion.h"
#include "base/names.h"
#include "math/elementary.h"

#include <math.h>
#include <string.h>

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

static float zero_start(settings_t settings, size_t slot) {
    (void)settings;
    (void)slot;
    return 0;
}

/* Define NAME_step, which does the rest of the arguments for every weight. In it w, g and slot0[c]
 * to slot2[c] are the weight, its gradient and its slots; LR is the learning rate and K(i) the
 * optimizer's i-th own constant. */
#define STEP(NAME, ...)                                                                            \
    MULTIVERSION static void NAME##_step(const struct optimizer_weights *all) {                    \
        const size_t columns = all->columns;                                                       \
        const float *restrict constants = all->constants;                                          \
        for (size_t first = 0; first < columns; first += LANES) {                                  \
            int32_t sizes[LANES];                                                                  \
            memcpy(sizes, all->sizes + first, sizeof sizes);                                       \
            for (size_t row = 0; row < all->rows; row++) {                                         \
                const size_t at = row * columns;                                                   \
                float *restrict ws = all->weights + at;                                            \
                const float *restrict gs = all->gradients + at;                                    \
                float *restrict slot0 = all->slots[0] ? all->slots[0] + at : NULL;                 \
                float *restrict slot1 = all->slots[1] ? all->slots[1] + at : NULL;                 \
                float *restrict slot2 = all->slots[2] ? all->slots[2] + at : NULL;                 \
                (void)slot0;                                                                       \
                (void)slot1;                                                                       \
                (void)slot2;                                                                       \
                INDEPENDENT _Pragma("GCC unroll 1") for (size_t c = first; c < first + LANES;      \
                                                         c++) {                                    \
                    const float g = gs[c];                                                         \
                    float w = ws[c];                                                               \
                    __VA_ARGS__;                                                                   \
                    ws[c] = w;                                                                     \
                    const int32_t size = bits_of_float(w) & INT32_MAX;                             \
                    sizes[c - first] = size > sizes[c - first] ? size : sizes[c - first];          \
                }                                                                                  \
            }                                                                                      \
            memcpy(all->sizes + first, sizes, sizeof sizes);                                       \
        }                                                                                          \
    }
#define KERNEL(NAME, SLOTS) .name = #NAME, .slots = SLOTS, .step = NAME##_step
#define LR constants[OPTIMIZER_RATE * columns + c]
#define K(i) constants[(OPTIMIZER_OWN + (i)) * columns + c]

/* sgd: w -= lr g; with momentum v = momentum v - lr g and w += v, or, after Nesterov,
 * w += momentum v - lr g. */
STEP(sgd, w -= LR * g)
STEP(momentum, {
    const float v = K(0) * slot0[c] - LR * g;
    slot0[c] = v;
    w += v;
})
STEP(nesterov, {
    const float v = K(0) * slot0[c] - LR * g;
    slot0[c] = v;
    w += K(0) * v - LR * g;
})

static const struct optimizer_kernel *sgd_kernel(settings_t settings) {
    static const struct optimizer_kernel plain = {KERNEL(sgd, 0), .rests = true};
    static const struct optimizer_kernel momentum = {KERNEL(momentum, 1)};
    static const struct optimizer_kernel nesterov = {KERNEL(nesterov, 1)};
    if (value_of(settings, OPTIMIZER_MOMENTUM) == 0)
        return &plain;
    return value_of(settings, OPTIMIZER_NESTEROV) != 0 ? &nesterov : &momentum;
}

static void sgd_constants(settings_t settings, struct optimizer_state *state, float *constants) {
    (void)state;
    constants[OPTIMIZER_OWN] = setting(settings, OPTIMIZER_MOMENTUM);
}

/* rmsprop (Tieleman and Hinton 2012). Slots: mean square, then momentum, then mean. */
#define MEAN_SQUARE slot0[c] = K(0) * slot0[c] + K(1) * (g * g)
#define CENTRED_INCREMENT                                                                          \
    MEAN_SQUARE;                                                                                   \
    slot2[c] = K(0) * slot2[c] + K(1) * g;                                                         \
    const float increment = LR * g / sqrtf(slot0[c] - slot2[c] * slot2[c] + K(2))
#define VELOCITY                                                                                   \
    slot1[c] = K(3) * slot1[c] + increment;                                                        \
    w -= slot1[c]

STEP(rmsprop, {
    MEAN_SQUARE;
    w -= LR * g / sqrtf(slot0[c] + K(2));
})
STEP(rmsprop_momentum, {
    MEAN_SQUARE;
    const float increment = LR * g / sqrtf(slot0[c] + K(2));
    VELOCITY;
})
STEP(rmsprop_centered, {
    CENTRED_INCREMENT;
    w -= increment;
})
STEP(rmsprop_centered_momentum, {
    CENTRED_INCREMENT;
    VELOCITY;
})

static const struct optimizer_kernel *rmsprop_kernel(settings_t settings) {
    static const struct optimizer_kernel kernels[2][2] = {
        {{KERNEL(rmsprop, 1)}, {KERNEL(rmsprop_momentum, 2)}},
        {{KERNEL(rmsprop_centered, 3)}, {KERNEL(rmsprop_centered_momentum, 3)}}};
    return &kernels[value_of(settings, OPTIMIZER_CENTERED) != 0]
                   [value_of(settings, OPTIMIZER_MOMENTUM) != 0];
}

static void rmsprop_constants(settings_t settings, struct optimizer_state *state,
                              float *constants) {
    (void)state;
    constants[OPTIMIZER_OWN] = setting(settings, OPTIMIZER_RHO);
    constants[OPTIMIZER_OWN + 1] = (float)(1 - value_of(settings, OPTIMIZER_RHO));
    constants[OPTIMIZER_OWN + 2] = setting(settings, OPTIMIZER_EPSILON);
    constants[OPTIMIZER_OWN + 3] = setting(settings, OPTIMIZER_MOMENTUM);
}

/* adam (Kingma and Ba 2015), amsgrad after Reddi et al. 2018. Slots: first moment, second moment,
 * largest second moment. */
#define MOMENTS                                                                                    \
    const float m = slot0[c] + (g - slot0[c]) * K(1), v = slot1[c] + (g * g - slot1[c]) * K(2);    \
    slot0[c] = m;                                                                                  \
    slot1[c] = v

STEP(adam, {
    MOMENTS;
    w -= m * K(0) / (sqrtf(v) + K(3));
})
STEP(amsgrad, {
    MOMENTS;
    const float largest = slot2[c] > v ? slot2[c] : v;
    slot2[c] = largest;
    w -= m * K(0) / (sqrtf(largest) + K(3));
})

static const struct optimizer_kernel *adam_kernel(settings_t settings) {
    static const struct optimizer_kernel adam = {KERNEL(adam, 2)};
    static const struct optimizer_kernel amsgrad = {KERNEL(amsgrad, 3)};
    return value_of(settings, OPTIMIZER_AMSGRAD) != 0 ? &amsgrad : &adam;
}

static void moment_constants(settings_t settings, float *constants) {
    constants[OPTIMIZER_OWN + 1] = (float)(1 - value_of(settings, OPTIMIZER_BETA_1));
    constants[OPTIMIZER_OWN + 2] = (float)(1 - value_of(settings, OPTIMIZER_BETA_2));
    constants[OPTIMIZER_OWN + 3] = setting(settings, OPTIMIZER_EPSILON);
}

static void adam_constants(settings_t settings, struct optimizer_state *state, float *constants) {
    const float t = (float)state->iterations;
    const float power_1 = powf(setting(settings, OPTIMIZER_BETA_1), t);
    const float power_2 = powf(setting(settings, OPTIMIZER_BETA_2), t);
    moment_constants(settings, constants);
    constants[OPTIMIZER_OWN] =
        setting(settings, OPTIMIZER_LEARNING_RATE) * sqrtf(1 - power_2) / (1 - power_1);
}

/* nadam (Dozat 2016): adam with a Nesterov step and a momentum that warms up,
 * u_t = beta_1 (1 - 0.96^t / 2). */
STEP(nadam, {
    MOMENTS;
    const float m_hat = K(4) * m / K(6) + K(5) * g / K(0);
    w -= m_hat * LR / (sqrtf(v / K(7)) + K(3));
})

static const struct optimizer_kernel *nadam_kernel(settings_t settings) {
    static const struct optimizer_kernel nadam = {KERNEL(nadam, 2)};
    (void)settings;
    return &nadam;
}

static void nadam_constants(settings_t settings, struct optimizer_state *state, float *constants) {
    const float beta_1 = setting(settings, OPTIMIZER_BETA_1);
    const float beta_2 = setting(settings, OPTIMIZER_BETA_2), t = (float)state->iterations;
    const float u = beta_1 * (1 - 0.5f * powf(0.96f, t));
    const float u_next = beta_1 * (1 - 0.5f * powf(0.96f, t + 1));
    state->momentum_product *= u;
    constants[OPTIMIZER_OWN] = 1 - state->momentum_product;
    constants[OPTIMIZER_OWN + 1] = 1 - beta_1;
    constants[OPTIMIZER_OWN + 2] = 1 - beta_2;
    constants[OPTIMIZER_OWN + 3] = setting(settings, OPTIMIZER_EPSILON);
    constants[OPTIMIZER_OWN + 4] = u_next;
    constants[OPTIMIZER_OWN + 5] = 1 - u;
    constants[OPTIMIZER_OWN + 6] = 1 - state->momentum_product * u_next;
    constants[OPTIMIZER_OWN + 7] = 1 - powf(beta_2, t);
}

/* adamax (Kingma and Ba 2015, section 7.1). Slots: first moment, infinity norm. */
STEP(adamax, {
    const float decayed = K(2) * slot1[c], magnitude = fabsf(g);
    const float m = slot0[c] + (g - slot0[c]) * K(1), u = decayed > magnitude ? decayed : magnitude;
    slot0[c] = m;
    slot1[c] = u;
    w -= LR * m / (K(0) * (u + K(3)));
})

static const struct optimizer_kernel *adamax_kernel(settings_t settings) {
    static const struct optimizer_kernel adamax = {KERNEL(adamax, 2)};
    (void)settings;
    return &adamax;
}

static void adamax_constants(settings_t settings, struct optimizer_state *state, float *constants) {
    moment_constants(settings, constants);
    constants[OPTIMIZER_OWN] =
        1 - powf(setting(settings, OPTIMIZER_BETA_1), (float)state->iterations);
    constants[OPTIMIZER_OWN + 2] = setting(settings, OPTIMIZER_BETA_2);
}

/* adagrad (Duchi et al. 2011) */
STEP(adagrad, {
    const float sum = slot0[c] + g * g;
    slot0[c] = sum;
    w -= LR * g / sqrtf(sum + K(0));
})

/* Where the sum and epsilon are both 0, a gradient of 0 makes the step 0 / 0. The sum never falls.
 */
static const struct optimizer_kernel *adagrad_kernel(settings_t settings) {
    static const struct optimizer_kernel adagrad = {KERNEL(adagrad, 1), .rests = true};
    static const struct optimizer_kernel from_zero = {
        .name = "adagrad_from_zero", .slots = 1, .step = adagrad_step};
    const float sum = setting(settings, OPTIMIZER_INITIAL_ACCUMULATOR_VALUE);
    return sum + setting(settings, OPTIMIZER_EPSILON) > 0 ? &adagrad : &from_zero;
}

static void adagrad_constants(settings_t settings, struct optimizer_state *state,
                              float *constants) {
    (void)state;
    constants[OPTIMIZER_OWN] = setting(settings, OPTIMIZER_EPSILON);
}

static float adagrad_start(settings_t settings, size_t slot) {
    (void)slot;
    return setting(settings, OPTIMIZER_INITIAL_ACCUMULATOR_VALUE);
}

/* adadelta (Zeiler 2012). Slots: mean squared gradient, mean squared change. */
STEP(adadelta, {
    const float square = K(0) * slot0[c] + K(1) * (g * g);
    const float delta = -(sqrtf(slot1[c] + K(2)) * g / sqrtf(square + K(2)));
    slot0[c] = square;
    slot1[c] = K(0) * slot1[c] + K(1) * (delta * delta);
    w += LR * delta;
})

static const struct optimizer_kernel *adadelta_kernel(settings_t settings) {
    static const struct optimizer_kernel adadelta = {KERNEL(adadelta, 2)};
    (void)settings;
    return &adadelta;
}

static void adadelta_constants(settings_t settings, struct optimizer_state *state,
                               float *constants) {
    rmsprop_constants(settings, state, constants);
}

/* ftrl (McMahan et al. 2013, with shrinkage). Slots: accumulator, linear. POWER(a) is a raised to
 * -learning_rate_power. */
#define FTRL(POWER)                                                                                \
    const float sum = slot0[c], next = sum + g * g, power = POWER(next);                           \
    const float linear = slot1[c] + (g + K(3) * w - (power - POWER(sum)) / LR * w);                \
    const float clipped = linear < -K(1) ? -K(1) : linear > K(1) ? K(1) : linear;                  \
    w = (clipped - linear) / (power / LR + 2 * K(2));                                              \
    slot0[c] = next;                                                                               \
    slot1[c] = linear
#define FTRL_POWER(a) powf(a, K(0))

STEP(ftrl, FTRL(FTRL_POWER))
STEP(ftrl_root, FTRL(sqrtf)) /* the default power is -1/2 */

static const struct optimizer_kernel *ftrl_kernel(settings_t settings) {
    static const struct optimizer_kernel power = {KERNEL(ftrl, 2)};
    static const struct optimizer_kernel root = {KERNEL(ftrl_root, 2)};
    return value_of(settings, OPTIMIZER_LEARNING_RATE_POWER) == -0.5 ? &root : &power;
}

static void ftrl_constants(settings_t settings, struct optimizer_state *state, float *constants) {
    const float lr = setting(settings, OPTIMIZER_LEARNING_RATE);
    (void)state;
    constants[OPTIMIZER_OWN] = -setting(settings, OPTIMIZER_LEARNING_RATE_POWER);
    constants[OPTIMIZER_OWN + 1] = setting(settings, OPTIMIZER_L1_REGULARIZATION_STRENGTH);
    constants[OPTIMIZER_OWN + 2] = setting(settings, OPTIMIZER_L2_REGULARIZATION_STRENGTH) +
                                   setting(settings, OPTIMIZER_BETA) / (2 * lr);
    constants[OPTIMIZER_OWN + 3] =
        2 * setting(settings, OPTIMIZER_L2_SHRINKAGE_REGULARIZATION_STRENGTH);
}

static float ftrl_start(settings_t settings, size_t slot) {
    return slot == 0 ? setting(settings, OPTIMIZER_INITIAL_ACCUMULATOR_VALUE) : 0;
}

#define PARAMETERS(...)                                                                            \
    .parameters = {__VA_ARGS__, {OPTIMIZER_WEIGHT_DECAY, 0}},                                      \
    .parameter_count =                                                                             \
        sizeof((struct optimizer_default[]){__VA_ARGS__}) / sizeof(struct optimizer_default) + 1

const struct optimizer optimizers[] = {
    {.name = "sgd",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.01}, {OPTIMIZER_MOMENTUM, 0}, {OPTIMIZER_NESTEROV, 0}),
     .slot_start = zero_start,
     .kernel = sgd_kernel,
     .constants = sgd_constants,
     .help = "stochastic gradient descent, with momentum if asked for"},
    {.name = "rmsprop",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_RHO, 0.9}, {OPTIMIZER_MOMENTUM, 0},
                {OPTIMIZER_EPSILON, 1e-7}, {OPTIMIZER_CENTERED, 0}),
     .slot_start = zero_start,
     .kernel = rmsprop_kernel,
     .constants = rmsprop_constants,
     .help = "gradients divided by a running root of their mean square"},
    {.name = "adam",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}, {OPTIMIZER_AMSGRAD, 0}),
     .slot_start = zero_start,
     .kernel = adam_kernel,
     .constants = adam_constants,
     .help = "running first and second moments of the gradients"},
    {.name = "nadam",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}),
     .slot_start = zero_start,
     .kernel = nadam_kernel,
     .constants = nadam_constants,
     .help = "adam with Nesterov momentum"},
    {.name = "adamax",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}),
     .slot_start = zero_start,
     .kernel = adamax_kernel,
     .constants = adamax_constants,
     .help = "adam with the infinity norm"},
    {.name = "adagrad",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_INITIAL_ACCUMULATOR_VALUE, 0.1},
                {OPTIMIZER_EPSILON, 1e-7}),
     .slot_start = adagrad_start,
     .kernel = adagrad_kernel,
     .constants = adagrad_constants,
     .help = "gradients divided by the root of the sum of all their squares"},
    {.name = "adadelta",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_RHO, 0.95}, {OPTIMIZER_EPSILON, 1e-7}),
     .slot_start = zero_start,
     .kernel = adadelta_kernel,
     .constants = adadelta_constants,
     .help = "steps scaled by the running size of past steps"},
    {.name = "ftrl",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_LEARNING_RATE_POWER, -0.5},
                {OPTIMIZER_INITIAL_ACCUMULATOR_VALUE, 0.1},
                {OPTIMIZER_L1_REGULARIZATION_STRENGTH, 0},
                {OPTIMIZER_L2_REGULARIZATION_STRENGTH, 0},
                {OPTIMIZER_L2_SHRINKAGE_REGULARIZATION_STRENGTH, 0}, {OPTIMIZER_BETA, 0}),
     .slot_start = ftrl_start,
     .kernel = ftrl_kernel,
     .constants = ftrl_constants,
     .help = "follow the regularised leader"},
    {.name = "adamw",
     .parameters = {{OPTIMIZER_LEARNING_RATE, 0.001},
                    {OPTIMIZER_BETA_1, 0.9},
                    {OPTIMIZER_BETA_2, 0.999},
                    {OPTIMIZER_EPSILON, 1e-7},
                    {OPTIMIZER_AMSGRAD, 0},
                    {OPTIMIZER_WEIGHT_DECAY, 0.004}},
     .parameter_count = 6,
     .slot_start = zero_start,
     .kernel = adam_kernel,
     .constants = adam_constants,
     .help = "adam with weight decay"},
};
const size_t optimizer_count = sizeof optimizers / sizeof *optimizers;

const struct optimizer *optimizer_find(const char *name) {
    return NAMES_FIND_LIKE(optimizers, optimizer_count, name);
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
    const size_t slots = optimizer->kernel(settings)->slots;
    for (size_t slot = 0; slot < slots; slot++) {
        const float start = optimizer->slot_start(settings, slot);
        for (size_t i = 0; i < count; i++)
            state->slots[slot][i] = start;
    }
}

void optimizer_begin(const struct optimizer *optimizer, const struct optimizer_settings *settings,
                     double l2, struct optimizer_state *state,
                     float constants[OPTIMIZER_CONSTANTS_MAX]) {
    state->iterations++;
    constants[OPTIMIZER_DECAY] = setting(settings, OPTIMIZER_WEIGHT_DECAY);
    constants[OPTIMIZER_RATE] = setting(settings, OPTIMIZER_LEARNING_RATE);
    constants[OPTIMIZER_TWICE_L2] = (float)(2 * l2);
    optimizer->constants(settings, state, constants);
}

MULTIVERSION void optimizer_penalise(const struct optimizer_weights *all, float *gradients) {
    const size_t columns = all->columns;
    const float *restrict twice_l2 = all->constants + OPTIMIZER_TWICE_L2 * columns;
    for (size_t row = 0; row < all->rows; row++) {
        const float *restrict w = all->weights + row * columns;
        float *restrict g = gradients + row * columns;
        INDEPENDENT
        for (size_t c = 0; c < columns; c++)
            g[c] += twice_l2[c] * w[c];
    }
}

MULTIVERSION void optimizer_decay(const struct optimizer_weights *all) {
    const size_t columns = all->columns;
    const float *restrict decay = all->constants + OPTIMIZER_DECAY * columns;
    const float *restrict rate = all->constants + OPTIMIZER_RATE * columns;
    for (size_t row = 0; row < all->rows; row++) {
        float *restrict w = all->weights + row * columns;
        INDEPENDENT
        for (size_t c = 0; c < columns; c++)
            w[c] -= w[c] * decay[c] * rate[c];
    }
}
