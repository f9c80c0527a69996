#include "nn/optimizer.h"

#include "base/multiversion.h"
#include "base/names.h"
#include "math/elementary.h"
#include "math/registers.h"
#include "math/root.h"

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

static float steps_taken(settings_t settings, const struct optimizer_state *state) {
    return (float)optimizer_step(settings, state);
}

/* `zeros` are NaN in the columns with an infinite weight or a NaN. */
static inline void add_sizes(int32_t *sizes, const float *zeros, size_t count) {
    for (size_t i = 0; i < count; i++)
        sizes[i] |= bits_of_float(zeros[i]) & INT32_MAX;
}

/* The roots of registers as long as `lanes`: every other one is made of products, so that these and
 * the divider work at the same time. More of them would wait in the processor's queue than it
 * holds, and be slower than none. */
FOR_lanes static inline lanes lanes_mixed_root(lanes x, size_t row) {
    return row % 2 == 0 ? lanes_root(x) : lanes_fast_root(x);
}

#define DIVIDED_ROOT(V)                                                                            \
    FOR_##V static inline V V##_divided_root(V x, size_t row) {                                    \
        (void)row;                                                                                 \
        return V##_root(x);                                                                        \
    }
DIVIDED_ROOT(half_lanes)
DIVIDED_ROOT(quarter_lanes)

#define POWERS(V)                                                                                  \
    FOR_##V static V V##_powers(V bases, V exponents) {                                            \
        for (size_t i = 0; i < FLOATS(V); i++)                                                     \
            bases[i] = powf(bases[i], exponents[i]);                                               \
        return bases;                                                                              \
    }
EACH_LENGTH(POWERS)

/* Define NAME, a function that does the rest of the arguments for every weight, a vector V at a
 * time, there called `values`. In it w, g and SLOT(0) to SLOT(2) are the weights, their gradients
 * and their slots; LR is the learning rate and K(i) the optimizer's i-th own constant. */
#define STEP_FOR(V, ROOTS, NAME, ...)                                                              \
    FOR_##V static void NAME(const struct optimizer_weights *all) {                                \
        typedef V values;                                                                          \
        typedef V##_mask mask;                                                                     \
        const struct optimizer_weights own = *all; /* which no store can change */                 \
        V (*const roots)(V, size_t) = ROOTS, (*const powers)(V, V) = V##_powers;                   \
        (void)roots, (void)powers, (void)(mask){0}, (void)(values){0};                             \
        for (size_t first = 0; first < own.columns; first += FLOATS(V)) {                          \
            V constants[OPTIMIZER_CONSTANTS_MAX], zeros = {0};                                     \
            for (size_t k = 0; k < OPTIMIZER_CONSTANTS_MAX; k++)                                   \
                constants[k] = *(const V *)(own.constants + k * own.columns + first);              \
            for (size_t row = 0, at = first; row < own.rows; row++, at += own.columns) {           \
                const V g = *(const V *)(own.gradients + at);                                      \
                V w = *(V *)(own.weights + at);                                                    \
                __VA_ARGS__;                                                                       \
                *(V *)(own.weights + at) = w;                                                      \
                zeros += w * 0;                                                                    \
            }                                                                                      \
            add_sizes(own.sizes + first, (const float *)&zeros, FLOATS(V));                        \
        }                                                                                          \
    }

#define LR constants[OPTIMIZER_RATE]
#define K(i) constants[OPTIMIZER_OWN + (i)]
#define SLOT(i) (*(values *)(own.slots[i] + at))
#define ROOT(x) roots(x, row)
#define POWER(x) powers(x, K(0))
#define CHOOSE(which, a, b) ((values)(((mask)(a) & (which)) | ((mask)(b) & ~(which))))
#define MAGNITUDE(x) ((values)((mask)(x)&INT32_MAX))

typedef void step_function(const struct optimizer_weights *all);

#define STEP(NAME, ...)                                                                            \
    STEP_FOR(lanes, lanes_mixed_root, NAME##_lanes, __VA_ARGS__)                                   \
    STEP_FOR(half_lanes, half_lanes_divided_root, NAME##_half_lanes, __VA_ARGS__)                  \
    STEP_FOR(quarter_lanes, quarter_lanes_divided_root, NAME##_quarter_lanes, __VA_ARGS__)         \
    static void NAME##_step(const struct optimizer_weights *all) {                                 \
        static step_function *const versions[] = VERSIONS(NAME);                                   \
        versions[register_length()](all);                                                          \
    }
#define KERNEL(NAME, SLOTS) .name = #NAME, .slots = SLOTS, .step = NAME##_step

/* sgd: w -= lr g; with momentum v = momentum v - lr g and w += v, or, after Nesterov,
 * w += momentum v - lr g. */
STEP(sgd, w -= LR * g)
STEP(momentum, {
    const values v = K(0) * SLOT(0) - LR * g;
    SLOT(0) = v;
    w += v;
})
STEP(nesterov, {
    const values v = K(0) * SLOT(0) - LR * g;
    SLOT(0) = v;
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
#define MEAN_SQUARE SLOT(0) = K(0) * SLOT(0) + K(1) * (g * g)
#define CENTRED_INCREMENT                                                                          \
    MEAN_SQUARE;                                                                                   \
    SLOT(2) = K(0) * SLOT(2) + K(1) * g;                                                           \
    const values increment = LR * g / ROOT(SLOT(0) - SLOT(2) * SLOT(2) + K(2))
#define VELOCITY                                                                                   \
    SLOT(1) = K(3) * SLOT(1) + increment;                                                          \
    w -= SLOT(1)

STEP(rmsprop, {
    MEAN_SQUARE;
    w -= LR * g / ROOT(SLOT(0) + K(2));
})
STEP(rmsprop_momentum, {
    MEAN_SQUARE;
    const values increment = LR * g / ROOT(SLOT(0) + K(2));
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
    const values m = SLOT(0) + (g - SLOT(0)) * K(1), v = SLOT(1) + (g * g - SLOT(1)) * K(2);       \
    SLOT(0) = m;                                                                                   \
    SLOT(1) = v

STEP(adam, {
    MOMENTS;
    w -= m * K(0) / (ROOT(v) + K(3));
})
STEP(amsgrad, {
    MOMENTS;
    const values largest = CHOOSE(SLOT(2) > v, SLOT(2), v);
    SLOT(2) = largest;
    w -= m * K(0) / (ROOT(largest) + K(3));
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
    const float t = steps_taken(settings, state);
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
    const values m_hat = K(4) * m / K(6) + K(5) * g / K(0);
    w -= m_hat * LR / (ROOT(v / K(7)) + K(3));
})

static const struct optimizer_kernel *nadam_kernel(settings_t settings) {
    static const struct optimizer_kernel nadam = {KERNEL(nadam, 2)};
    (void)settings;
    return &nadam;
}

static void nadam_constants(settings_t settings, struct optimizer_state *state, float *constants) {
    const float beta_1 = setting(settings, OPTIMIZER_BETA_1);
    const float beta_2 = setting(settings, OPTIMIZER_BETA_2), t = steps_taken(settings, state);
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
    const values decayed = K(2) * SLOT(1), magnitude = MAGNITUDE(g);
    const values m = SLOT(0) + (g - SLOT(0)) * K(1),
                 u = CHOOSE(decayed > magnitude, decayed, magnitude);
    SLOT(0) = m;
    SLOT(1) = u;
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
        1 - powf(setting(settings, OPTIMIZER_BETA_1), steps_taken(settings, state));
    constants[OPTIMIZER_OWN + 2] = setting(settings, OPTIMIZER_BETA_2);
}

/* adagrad (Duchi et al. 2011) */
STEP(adagrad, {
    const values sum = SLOT(0) + g * g;
    SLOT(0) = sum;
    w -= LR * g / ROOT(sum + K(0));
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
    const values square = K(0) * SLOT(0) + K(1) * (g * g);
    const values delta = -(ROOT(SLOT(1) + K(2)) * g / ROOT(square + K(2)));
    SLOT(0) = square;
    SLOT(1) = K(0) * SLOT(1) + K(1) * (delta * delta);
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

/* ftrl (McMahan et al. 2013, with shrinkage). Slots: accumulator, linear. OF(a) is a raised to
 * -learning_rate_power. */
#define FTRL(OF)                                                                                   \
    const values sum = SLOT(0), next = sum + g * g, power = OF(next);                              \
    const values linear = SLOT(1) + (g + K(3) * w - (power - OF(sum)) / LR * w);                   \
    const values below = CHOOSE(linear > K(1), K(1), linear);                                      \
    const values clipped = CHOOSE(linear < -K(1), -K(1), below);                                   \
    w = (clipped - linear) / (power / LR + 2 * K(2));                                              \
    SLOT(0) = next;                                                                                \
    SLOT(1) = linear
STEP(ftrl, FTRL(POWER))
STEP(ftrl_root, FTRL(ROOT)) /* the default power is -1/2 */

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

/* lion (Chen et al. 2023). Slot: the moment. */
#define ONE ((values){0} + 1)
#define SIGN(x) CHOOSE((x) > 0, ONE, CHOOSE((x) < 0, -ONE, x)) /* 0 and NaN stay */

STEP(lion, {
    const values m = SLOT(0);
    SLOT(0) = m * K(2) + g * K(3);
    const values towards = m * K(0) + g * K(1);
    w -= LR * SIGN(towards);
})

static const struct optimizer_kernel *lion_kernel(settings_t settings) {
    static const struct optimizer_kernel lion = {KERNEL(lion, 1)};
    (void)settings;
    return &lion;
}

static void lion_constants(settings_t settings, struct optimizer_state *state, float *constants) {
    (void)state;
    constants[OPTIMIZER_OWN] = setting(settings, OPTIMIZER_BETA_1);
    constants[OPTIMIZER_OWN + 1] = 1 - setting(settings, OPTIMIZER_BETA_1);
    constants[OPTIMIZER_OWN + 2] = setting(settings, OPTIMIZER_BETA_2);
    constants[OPTIMIZER_OWN + 3] = 1 - setting(settings, OPTIMIZER_BETA_2);
}

/* Those that step arrays: their constants are the settings. */
#define ARRAY_KERNEL(NAME)                                                                         \
    static const struct optimizer_kernel *NAME##_kernel(settings_t settings) {                     \
        (void)settings;                                                                            \
        return &optimizer_##NAME;                                                                  \
    }
ARRAY_KERNEL(lamb)
ARRAY_KERNEL(adafactor)
ARRAY_KERNEL(muon)

#define PARAMETERS(...)                                                                            \
    .parameters = {__VA_ARGS__, {OPTIMIZER_WEIGHT_DECAY, 0}},                                      \
    .parameter_count =                                                                             \
        sizeof((struct optimizer_default[]){__VA_ARGS__}) / sizeof(struct optimizer_default) + 1

const struct optimizer optimizers[] = {
    {.name = "sgd",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.01}, {OPTIMIZER_MOMENTUM, 0}, {OPTIMIZER_NESTEROV, 0}),
     .kernel = sgd_kernel,
     .constants = sgd_constants,
     .help =
         "stochastic gradient descent: w -= learning_rate * g; with momentum v = momentum * v - "
         "learning_rate * g and w += v, or with nesterov w += momentum * v - learning_rate * g"},
    {.name = "rmsprop",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_RHO, 0.9}, {OPTIMIZER_MOMENTUM, 0},
                {OPTIMIZER_EPSILON, 1e-7}, {OPTIMIZER_CENTERED, 0}),
     .kernel = rmsprop_kernel,
     .constants = rmsprop_constants,
     .help = "gradients divided by a running root of their mean square: s = rho * s + (1 - rho) * "
             "g^2, w -= learning_rate * g / sqrt(s + epsilon); centered takes their squared mean "
             "from s, and momentum adds up steps"},
    {.name = "adam",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}, {OPTIMIZER_AMSGRAD, 0}),
     .kernel = adam_kernel,
     .constants = adam_constants,
     .help = "running first and second moments of the gradients: m = beta_1 * m + (1 - beta_1) * "
             "g, v = beta_2 * v + (1 - beta_2) * g^2, w -= learning_rate * sqrt(1 - beta_2^t) / (1 "
             "- beta_1^t) * m / (sqrt(v) + epsilon) in step t"},
    {.name = "nadam",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}),
     .kernel = nadam_kernel,
     .constants = nadam_constants,
     .help = "adam with Nesterov momentum"},
    {.name = "adamax",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}),
     .kernel = adamax_kernel,
     .constants = adamax_constants,
     .help = "adam with the infinity norm: u = max(beta_2 * u, |g|), w -= learning_rate / (1 - "
             "beta_1^t) * m / (u + epsilon)"},
    {.name = "adagrad",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_INITIAL_ACCUMULATOR_VALUE, 0.1},
                {OPTIMIZER_EPSILON, 1e-7}),
     .slot_start = adagrad_start,
     .kernel = adagrad_kernel,
     .constants = adagrad_constants,
     .help = "gradients divided by the root of the sum of all their squares: s += g^2, w -= "
             "learning_rate * g / sqrt(s + epsilon)"},
    {.name = "adadelta",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_RHO, 0.95}, {OPTIMIZER_EPSILON, 1e-7}),
     .kernel = adadelta_kernel,
     .constants = adadelta_constants,
     .help = "steps scaled by the running size of past steps: s = rho * s + (1 - rho) * g^2, d = "
             "-sqrt(u + epsilon) / sqrt(s + epsilon) * g, u = rho * u + (1 - rho) * d^2, w += "
             "learning_rate * d"},
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
     .kernel = adam_kernel,
     .constants = adam_constants,
     .help = "adam with weight decay"},
    {.name = "lion",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.99}),
     .kernel = lion_kernel,
     .constants = lion_constants,
     .help =
         "the sign of a running moment alone: w -= learning_rate * sign(beta_1 * m + (1 - beta_1) "
         "* g), m = beta_2 * m + (1 - beta_2) * g; a third of adam's learning_rate or less"},
    {.name = "lamb",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_1, 0.9},
                {OPTIMIZER_BETA_2, 0.999}, {OPTIMIZER_EPSILON, 1e-7}),
     .kernel = lamb_kernel,
     .help = "adam, each array's step as long as its weights: for large batches"},
    {.name = "adafactor",
     PARAMETERS({OPTIMIZER_LEARNING_RATE, 0.001}, {OPTIMIZER_BETA_2_DECAY, -0.8},
                {OPTIMIZER_EPSILON_1, 1e-30}, {OPTIMIZER_EPSILON_2, 1e-3},
                {OPTIMIZER_CLIP_THRESHOLD, 1}),
     .kernel = adafactor_kernel,
     .help = "second moments of a matrix by its rows and columns, steps relative to the weights"},
    {.name = "muon",
     .parameters = {{OPTIMIZER_LEARNING_RATE, 0.001},
                    {OPTIMIZER_ADAM_BETA_1, 0.9},
                    {OPTIMIZER_ADAM_BETA_2, 0.999},
                    {OPTIMIZER_ADAM_WEIGHT_DECAY, 0.004},
                    {OPTIMIZER_EPSILON, 1e-7},
                    {OPTIMIZER_WEIGHT_DECAY, 0.004},
                    {OPTIMIZER_MUON_A, 3.4445},
                    {OPTIMIZER_MUON_B, -4.775},
                    {OPTIMIZER_MUON_C, 2.0315},
                    {OPTIMIZER_ADAM_LR_RATIO, 1},
                    {OPTIMIZER_MOMENTUM, 0.95},
                    {OPTIMIZER_NS_STEPS, 5},
                    {OPTIMIZER_NESTEROV, 1},
                    {OPTIMIZER_RMS_RATE, 0.2}},
     .parameter_count = 14,
     .kernel = muon_kernel,
     .help = "steps of matrices made orthogonal (Newton-Schulz), adamw for all other arrays"},
};
const size_t optimizer_count = sizeof optimizers / sizeof *optimizers;

NAMES_EXTENSIBLE(optimizer, optimizer_count, &optimizers[i])

const struct optimizer *optimizer_find(const char *name) {
    return optimizer_find_row(name);
}

const struct optimizer_kernel *optimizer_kernel_of(const struct optimizer *optimizer,
                                                   settings_t settings) {
    return optimizer->only_kernel ? optimizer->only_kernel : optimizer->kernel(settings);
}
