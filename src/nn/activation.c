#include "nn/activation.h"

#include "base/multiversion.h"
#include "base/names.h"
#include "math/elementary.h"
#include "math/lanes.h"

#include <math.h>
#include <string.h>

/* max(z, 0), written so that a NaN passes through: a diverged network must show. */
static inline float positive(float z) {
    return z < 0 ? 0 : z;
}

static float softplus_of(float z) {
    return positive(z) + log1pf(expf(-fabsf(z)));
}

/* Define NAME_forward and NAME_backward of an activation that treats each value by itself.
 * VALUE is f(z) and SLOPE is f'(z), expressions in z, a = f(z) and p, the parameter. */
#define ELEMENTWISE(NAME, VALUE, SLOPE)                                                            \
    MULTIVERSION static void NAME##_forward(const float *zs, float *as,                            \
                                            const struct activation_arguments *arguments) {        \
        const float p = arguments->parameter;                                                      \
        (void)p;                                                                                   \
        const size_t count = arguments->rows * arguments->stride;                                  \
        INDEPENDENT                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            const float z = zs[i];                                                                 \
            as[i] = (VALUE);                                                                       \
        }                                                                                          \
    }                                                                                              \
    MULTIVERSION static void NAME##_backward(const float *zs, const float *as, float *delta,       \
                                             const struct activation_arguments *arguments) {       \
        const float p = arguments->parameter;                                                      \
        (void)p;                                                                                   \
        const size_t count = arguments->rows * arguments->stride;                                  \
        INDEPENDENT                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            const float z = zs[i], a = as[i];                                                      \
            (void)z;                                                                               \
            (void)a;                                                                               \
            delta[i] *= (SLOPE);                                                                   \
        }                                                                                          \
    }

/* Klambauer et al., "Self-normalizing neural networks" (2017), as Keras rounds them. */
#define SELU_ALPHA 1.6732632423543772f
#define SELU_SCALE 1.0507009873554805f
#define SQRT_HALF 0.70710678118654752f
#define INVERSE_SQRT_TWO_PI 0.39894228040143268f

/* At a bend the slope is the one TensorFlow takes. A unit whose inputs are all 0 stands exactly
 * there as long as its bias is 0, so this decides about more than a rare coincidence. */
ELEMENTWISE(linear, z, 1.0f)
ELEMENTWISE(binary_step, z >= 0 ? 1.0f : 0.0f, 0.0f)
ELEMENTWISE(sigmoid, fast_sigmoid(z), a *(1 - a))
ELEMENTWISE(tanh, fast_tanh(z), 1 - a * a)
ELEMENTWISE(relu, positive(z), z > 0 ? 1.0f : 0.0f)
ELEMENTWISE(relu6, z<0 ? 0 : z> 6 ? 6 : z, z > 0 && z < 6 ? 1.0f : 0.0f)
ELEMENTWISE(leaky_relu, z > 0 ? z : p * z, z > 0 ? 1.0f : p)
ELEMENTWISE(elu, z > 0 ? z : p * fast_expm1(z), z > 0 ? 1.0f : a + p)
ELEMENTWISE(thresholded_relu, z <= p ? 0 : z, z > p ? 1.0f : 0.0f)
ELEMENTWISE(selu, SELU_SCALE *(z > 0 ? z : SELU_ALPHA * fast_expm1(z)),
            z >= 0 ? SELU_SCALE : a + SELU_SCALE * SELU_ALPHA)
ELEMENTWISE(gelu, 0.5f * z * (1 + erff(z * SQRT_HALF)),
            0.5f * (1 + erff(z * SQRT_HALF)) + z * INVERSE_SQRT_TWO_PI * fast_exp(-0.5f * z * z))
ELEMENTWISE(silu, z *fast_sigmoid(z), fast_sigmoid(z) * (1 + z * (1 - fast_sigmoid(z))))
ELEMENTWISE(mish, z *fast_tanh(softplus_of(z)),
            fast_tanh(softplus_of(z)) +
                z * fast_sigmoid(z) * (1 - fast_tanh(softplus_of(z)) * fast_tanh(softplus_of(z))))
ELEMENTWISE(softplus, softplus_of(z), fast_sigmoid(z))
ELEMENTWISE(softsign, z / (1 + fabsf(z)), 1 / ((1 + fabsf(z)) * (1 + fabsf(z))))
ELEMENTWISE(hard_sigmoid,
            z <= -3  ? 0
            : z >= 3 ? 1
                     : (z + 3) / 6,
            z > -3 && z < 3 ? 1.0f / 6.0f : 0.0f)
ELEMENTWISE(exponential, fast_exp(z), a)

/* In three passes over the matrix, so that each is a plain loop: away with the row's largest, exp,
 * division by the row's sum. */
MULTIVERSION static void subtract_largest(const float *z, float *a,
                                          const struct activation_arguments *arguments) {
    const size_t stride = arguments->stride, last = stride - LANES;
    const lane_bits kept = LANE_NUMBERS(last) < (int)arguments->units;
    for (size_t row = 0; row < arguments->rows; row++, z += stride, a += stride) {
        float top = lanes_largest(lanes_keep(*(const lanes *)(z + last), kept, -INFINITY));
        for (size_t i = 0; i < last; i += LANES)
            top = larger(lanes_largest(*(const lanes *)(z + i)), top);
        for (size_t i = 0; i < stride; i += LANES)
            *(lanes *)(a + i) = *(const lanes *)(z + i) - BROADCAST(top);
    }
}

MULTIVERSION static void exponentiate(float *a, const struct activation_arguments *arguments) {
    const size_t count = arguments->rows * arguments->stride;
    INDEPENDENT
    for (size_t i = 0; i < count; i++)
        a[i] = fast_exp(a[i]);
}

/* The padding is cleared in the register: stored piecemeal, it would be slow to load again. */
MULTIVERSION static void divide_by_sum(float *a, const struct activation_arguments *arguments) {
    const size_t last = arguments->stride - LANES;
    const lane_bits kept = LANE_NUMBERS(last) < (int)arguments->units;
    for (size_t row = 0; row < arguments->rows; row++, a += arguments->stride) {
        lanes *values = (lanes *)a, sums = {0};
        lanes *end = (lanes *)(a + last);
        *end = (lanes)((lane_bits)*end & kept);
        for (lanes *value = values; value <= end; value++)
            sums += *value;
        const float sum = lanes_sum(sums);
        for (lanes *value = values; value <= end; value++)
            *value /= sum;
    }
}

/* The same for each vector of channels. */
static void softmax_of_images(const float *z, float *a,
                              const struct activation_arguments *arguments) {
    const size_t channels = arguments->channels, stride = arguments->stride;
    for (size_t row = 0; row < arguments->rows; row++)
        for (size_t i = row * stride; i < row * stride + arguments->units; i += channels) {
            float top = z[i];
            for (size_t c = 1; c < channels; c++)
                top = larger(z[i + c], top);
            for (size_t c = 0; c < channels; c++)
                a[i + c] = z[i + c] - top;
        }
    exponentiate(a, arguments);
    for (size_t row = 0; row < arguments->rows; row++)
        for (size_t i = row * stride; i < row * stride + arguments->units; i += channels) {
            float sum = 0;
            for (size_t c = 0; c < channels; c++)
                sum += a[i + c];
            for (size_t c = 0; c < channels; c++)
                a[i + c] /= sum;
        }
    for (size_t row = 0; row < arguments->rows; row++)
        for (size_t i = arguments->units; i < stride; i++)
            a[row * stride + i] = 0;
}

static void softmax_of_images_backward(const float *a, float *delta,
                                       const struct activation_arguments *arguments) {
    const size_t channels = arguments->channels, stride = arguments->stride;
    for (size_t row = 0; row < arguments->rows; row++)
        for (size_t i = row * stride; i < row * stride + arguments->units; i += channels) {
            float mean = 0;
            for (size_t c = 0; c < channels; c++)
                mean += a[i + c] * delta[i + c];
            for (size_t c = 0; c < channels; c++)
                delta[i + c] = a[i + c] * (delta[i + c] - mean);
        }
}

static void softmax_forward(const float *z, float *a,
                            const struct activation_arguments *arguments) {
    if (arguments->channels > 0) {
        softmax_of_images(z, a, arguments);
        return;
    }
    subtract_largest(z, a, arguments);
    exponentiate(a, arguments);
    divide_by_sum(a, arguments);
}

MULTIVERSION static void softmax_of_rows_backward(const float *a, float *delta,
                                                  const struct activation_arguments *arguments) {
    const size_t stride = arguments->stride;
    for (size_t row = 0; row < arguments->rows; row++, a += stride, delta += stride) {
        lanes sums = {0};
        for (size_t i = 0; i < stride; i += LANES)
            sums += *(const lanes *)(a + i) * *(const lanes *)(delta + i);
        const float mean = lanes_sum(sums);
        for (size_t i = 0; i < stride; i++)
            delta[i] = a[i] * (delta[i] - mean);
    }
}

static void softmax_backward(const float *z, const float *a, float *delta,
                             const struct activation_arguments *arguments) {
    (void)z;
    (arguments->channels > 0 ? softmax_of_images_backward : softmax_of_rows_backward)(a, delta,
                                                                                      arguments);
}

/* The sums of a row's units in the order in which a register of them is added up above: unit u goes
 * to the part u modulo LANES, and the parts as in lanes_sum. */
#define INTERLEAVED_SUM(parts)                                                                     \
    for (int half = LANES / 2; half > 0; half /= 2)                                                \
        for (int i = 0; i < half; i++)                                                             \
            (parts)[i] += (parts)[i + half];

/* Registers that are shorter than `lanes` take a part of the networks at a time. */
#define INTERLEAVED_SOFTMAX(V)                                                                     \
    FOR_##V static void subtract_##V(const float *z, float *a,                                     \
                                     const struct activation_arguments *arguments) {               \
        const size_t end = arguments->units / FLOATS(V);                                           \
        for (size_t part = 0; part < PER_LANES(V); part++)                                         \
            for (size_t row = 0; row < arguments->rows; row++) {                                   \
                const V *zs = (const V *)(z + row * arguments->stride);                            \
                V *as = (V *)(a + row * arguments->stride), top = zs[part];                        \
                for (size_t unit = part + PER_LANES(V); unit < end; unit += PER_LANES(V)) {        \
                    const V##_mask above = zs[unit] > top;                                         \
                    top = (V)(((V##_mask)zs[unit] & above) | ((V##_mask)top & ~above));            \
                }                                                                                  \
                for (size_t unit = part; unit < end; unit += PER_LANES(V))                         \
                    as[unit] = zs[unit] - top;                                                     \
            }                                                                                      \
    }                                                                                              \
    FOR_##V static void divide_##V(float *a, const struct activation_arguments *arguments) {       \
        const size_t units = arguments->units / LANES;                                             \
        for (size_t part = 0; part < PER_LANES(V); part++)                                         \
            for (size_t row = 0; row < arguments->rows; row++) {                                   \
                V *as = (V *)(a + row * arguments->stride) + part, parts[LANES] = {{0}};           \
                for (size_t unit = 0; unit < units; unit++)                                        \
                    parts[unit % LANES] += as[unit * PER_LANES(V)];                                \
                INTERLEAVED_SUM(parts)                                                             \
                for (size_t unit = 0; unit < units; unit++)                                        \
                    as[unit * PER_LANES(V)] /= parts[0];                                           \
            }                                                                                      \
    }                                                                                              \
    FOR_##V static void softmax_back_##V(const float *a, float *delta,                             \
                                         const struct activation_arguments *arguments) {           \
        const size_t units = arguments->units / LANES;                                             \
        for (size_t part = 0; part < PER_LANES(V); part++)                                         \
            for (size_t row = 0; row < arguments->rows; row++) {                                   \
                const V *as = (const V *)(a + row * arguments->stride) + part;                     \
                V *deltas = (V *)(delta + row * arguments->stride) + part;                         \
                V parts[LANES] = {{0}};                                                            \
                for (size_t unit = 0; unit < units; unit++)                                        \
                    parts[unit % LANES] += as[unit * PER_LANES(V)] * deltas[unit * PER_LANES(V)];  \
                INTERLEAVED_SUM(parts)                                                             \
                for (size_t unit = 0; unit < units; unit++)                                        \
                    deltas[unit * PER_LANES(V)] =                                                  \
                        as[unit * PER_LANES(V)] * (deltas[unit * PER_LANES(V)] - parts[0]);        \
            }                                                                                      \
    }
EACH_LENGTH(INTERLEAVED_SOFTMAX)

static void softmax_forward_interleaved(const float *z, float *a,
                                        const struct activation_arguments *arguments) {
    static void (*const subtract[])(const float *, float *, const struct activation_arguments *) =
        VERSIONS(subtract);
    static void (*const divide[])(float *, const struct activation_arguments *) = VERSIONS(divide);
    subtract[register_length()](z, a, arguments);
    exponentiate(a, arguments);
    divide[register_length()](a, arguments);
}

static void softmax_backward_interleaved(const float *z, const float *a, float *delta,
                                         const struct activation_arguments *arguments) {
    static void (*const back[])(const float *, float *, const struct activation_arguments *) =
        VERSIONS(softmax_back);
    (void)z;
    back[register_length()](a, delta, arguments);
}

/* Along the innermost axis, of step 0 or 1: the compiler makes a loop of each. */
static inline void prelu_values(const float *z, float *a, const float *alpha, size_t count,
                                size_t step) {
    for (size_t i = 0; i < count; i++)
        a[i] = z[i] > 0 ? z[i] : alpha[i * step] * z[i];
}

static inline void prelu_gradients(const float *z, float *delta, const float *alpha,
                                   float *gradient, size_t count, size_t step) {
    for (size_t i = 0; i < count; i++) {
        if (z[i] > 0)
            continue;
        gradient[i * step] += delta[i] * z[i];
        delta[i] *= z[i] == 0 ? 0 : alpha[i * step];
    }
}

/* How far in alpha the innermost axis of that number begins. */
static inline size_t alpha_place(const struct alpha_axis *axes, size_t number) {
    return number / axes[1].count * axes[0].step + number % axes[1].count * axes[1].step;
}

/* He et al., "Delving deep into rectifiers" (2015). Keras builds it from relu(z) and relu(-z),
 * neither of which has a slope at 0. */
static void prelu_forward(const float *z, float *a, const struct activation_arguments *arguments) {
    const struct alpha_axis *axes = arguments->axes;
    const size_t count = axes[2].count;
    for (size_t row = 0; row < arguments->rows; row++)
        for (size_t i = 0; i < axes[0].count * axes[1].count; i++) {
            const size_t at = row * arguments->stride + i * count;
            const float *alpha = arguments->alpha + alpha_place(axes, i);
            if (axes[2].step > 0)
                prelu_values(z + at, a + at, alpha, count, 1);
            else
                prelu_values(z + at, a + at, alpha, count, 0);
        }
}

static void prelu_backward(const float *z, const float *a, float *delta,
                           const struct activation_arguments *arguments) {
    const struct alpha_axis *axes = arguments->axes;
    const size_t count = axes[2].count;
    float *gradients = arguments->alpha_gradient;
    (void)a;
    memset(gradients, 0, arguments->alpha_floats * sizeof *gradients);
    for (size_t row = 0; row < arguments->rows; row++)
        for (size_t i = 0; i < axes[0].count * axes[1].count; i++) {
            const size_t at = row * arguments->stride + i * count, place = alpha_place(axes, i);
            const float *alpha = arguments->alpha + place;
            if (axes[2].step > 0)
                prelu_gradients(z + at, delta + at, alpha, gradients + place, count, 1);
            else
                prelu_gradients(z + at, delta + at, alpha, gradients + place, count, 0);
        }
}

#define FUNCTIONS(NAME) .forward = NAME##_forward, .backward = NAME##_backward

const struct activation activations[] = {
    {.name = "linear", .aliases = {"identity"}, FUNCTIONS(linear), .help = "x", .slope = "1"},
    {.name = "binary_step",
     FUNCTIONS(binary_step),
     .help = "1 if x >= 0, else 0; its slope is 0, so the layers before it do not learn",
     .slope = "0"},
    {.name = "sigmoid",
     .aliases = {"logistic"},
     FUNCTIONS(sigmoid),
     .help = "1 / (1 + exp(-x))",
     .slope = "f(x) * (1 - f(x))"},
    {.name = "tanh",
     FUNCTIONS(tanh),
     .help = "(exp(x) - exp(-x)) / (exp(x) + exp(-x)), the hyperbolic tangent",
     .slope = "1 - f(x)^2"},
    {.name = "relu", FUNCTIONS(relu), .help = "max(x, 0)", .slope = "1 if x > 0, else 0"},
    {.name = "softmax",
     FUNCTIONS(softmax),
     .forward_interleaved = softmax_forward_interleaved,
     .backward_interleaved = softmax_backward_interleaved,
     .help = "exp(x) / sum over the layer (of an image, over its channels) of exp(x)",
     .slope = "f(x) * (1 - f(x)) by its own x, -f(x) * f(y) by another unit's y"},
    {.name = "leaky_relu",
     FUNCTIONS(leaky_relu),
     .parameter = ACTIVATION_NEGATIVE_SLOPE,
     .parameter_default = 0.2,
     .help = "x if x >= 0, else negative_slope * x",
     .slope = "1 if x > 0, else negative_slope"},
    {.name = "prelu",
     .learned = 1,
     FUNCTIONS(prelu),
     .help = "x if x >= 0, else alpha * x; alpha is learned, one a unit unless they share it",
     .slope = "1 if x > 0, else alpha; 0 at 0"},
    {.name = "elu",
     FUNCTIONS(elu),
     .parameter = ACTIVATION_ALPHA,
     .parameter_default = 1.0,
     .help = "x if x > 0, else alpha * (exp(x) - 1)",
     .slope = "1 if x > 0, else f(x) + alpha"},
    {.name = "thresholded_relu",
     FUNCTIONS(thresholded_relu),
     .parameter = ACTIVATION_THETA,
     .parameter_default = 1.0,
     .help = "x if x > theta, else 0",
     .slope = "1 if x > theta, else 0"},
    {.name = "selu",
     FUNCTIONS(selu),
     .help = "scale * (x if x > 0, else alpha * (exp(x) - 1)), scale 1.0507, alpha 1.6733: outputs "
             "normalise "
             "themselves",
     .slope = "scale if x >= 0, else f(x) + scale * alpha"},
    {.name = "gelu",
     FUNCTIONS(gelu),
     .help = "x * P(X <= x), X standard normal (exact, by erf)",
     .slope = "P(X <= x) + x * p(x), p the density of X"},
    {.name = "silu",
     .aliases = {"swish"},
     FUNCTIONS(silu),
     .help = "x * sigmoid(x)",
     .slope = "sigmoid(x) * (1 + x * (1 - sigmoid(x)))"},
    {.name = "mish",
     FUNCTIONS(mish),
     .help = "x * tanh(softplus(x))",
     .slope = "tanh(s) + x * sigmoid(x) * (1 - tanh(s)^2), s = softplus(x)"},
    {.name = "relu6",
     FUNCTIONS(relu6),
     .help = "min(max(x, 0), 6)",
     .slope = "1 if 0 < x < 6, else 0"},
    {.name = "softplus", FUNCTIONS(softplus), .help = "log(1 + exp(x))", .slope = "sigmoid(x)"},
    {.name = "softsign", FUNCTIONS(softsign), .help = "x / (1 + |x|)", .slope = "1 / (1 + |x|)^2"},
    {.name = "hard_sigmoid",
     FUNCTIONS(hard_sigmoid),
     .help = "min(max(x / 6 + 1/2, 0), 1)",
     .slope = "1/6 if -3 < x < 3, else 0"},
    {.name = "exponential", FUNCTIONS(exponential), .help = "exp(x)", .slope = "exp(x)"},
};
const size_t activation_count = sizeof activations / sizeof *activations;

NAMES_EXTENSIBLE(activation, activation_count, &activations[i])

const struct activation *activation_find(const char *name) {
    return activation_find_row(name);
}
