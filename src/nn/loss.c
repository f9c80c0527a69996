#include "nn/loss_private.h"

#include "base/multiversion.h"
#include "base/names.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Define NAME_row of a loss that is the mean over the classes of a term in y and t.
 * TERM and SLOPE (its derivative) are expressions in the floats y and t. */
#define MEAN_OF_TERMS(NAME, TERM, SLOPE)                                                           \
    static double NAME##_row(const float *ys, uint8_t label, size_t classes, float *gradient) {    \
        double sum = 0;                                                                            \
        for (size_t i = 0; i < classes; i++) {                                                     \
            const float y = ys[i], t = i == label ? 1.0f : 0.0f;                                   \
            sum += (double)(TERM);                                                                 \
            if (gradient)                                                                          \
                gradient[i] = (SLOPE) / (float)classes;                                            \
        }                                                                                          \
        return sum / (double)classes;                                                              \
    }

/* Define NAME_batch of the same. A register of terms is made at once, then they are added in order.
 */
#define BATCH_OF_TERMS(NAME, TERM, SLOPE)                                                          \
    MULTIVERSION static double NAME##_batch(const struct loss_rows *all, float *delta) {           \
        const float classes = (float)all->classes, rows = loss_mean_rows(all);                     \
        double total = 0;                                                                          \
        for (size_t row = 0; row < all->rows; row++) {                                             \
            double sum = 0;                                                                        \
            for (size_t first = 0; first < all->classes; first += LANES) {                         \
                const float *restrict ys = all->y + row * all->stride + first;                     \
                const int left = (int)(all->classes - first),                                      \
                          hot = targets_unit(all->targets, row, all->classes) - (int)first;        \
                const int count = left < LANES ? left : LANES;                                     \
                float terms[LANES], slopes[LANES];                                                 \
                for (int i = 0; i < LANES; i++) {                                                  \
                    const float y = ys[i], t = i == hot ? 1.0f : 0.0f;                             \
                    terms[i] = (TERM);                                                             \
                    slopes[i] = i < count ? (SLOPE) / classes / rows : 0;                          \
                }                                                                                  \
                for (int i = 0; i < count; i++)                                                    \
                    sum += (double)terms[i];                                                       \
                if (delta)                                                                         \
                    memcpy(delta + row * all->stride + first, slopes, sizeof slopes);              \
            }                                                                                      \
            total += sum / (double)all->classes;                                                   \
        }                                                                                          \
        return total;                                                                              \
    }

/* For terms that a compiler turns into vector code. */
#define PLAIN_TERMS(NAME, TERM, SLOPE)                                                             \
    MEAN_OF_TERMS(NAME, TERM, SLOPE)                                                               \
    BATCH_OF_TERMS(NAME, TERM, SLOPE)

/* Define NAME_values, the same mean for targets that are numbers. */
#define OF_VALUES(NAME, TERM, SLOPE)                                                               \
    static double NAME##_values(const struct loss_settings *settings, const float *ys,             \
                                const float *ts, size_t width, float *gradient) {                  \
        double sum = 0;                                                                            \
        (void)settings;                                                                            \
        for (size_t i = 0; i < width; i++) {                                                       \
            const float y = ys[i], t = ts[i];                                                      \
            sum += (double)(TERM);                                                                 \
            if (gradient)                                                                          \
                gradient[i] = (SLOPE) / (float)width;                                              \
        }                                                                                          \
        return sum / (double)width;                                                                \
    }

#define OF_BOTH(KIND, NAME, TERM, SLOPE) KIND(NAME, TERM, SLOPE) OF_VALUES(NAME, TERM, SLOPE)
/* Near 0 the terms of the second form would cancel. */
static float log_cosh_of(float x) {
    const float half = sinhf(0.5f * x);
    if (fabsf(x) < 1)
        return log1pf(2 * half * half);
    return fabsf(x) + log1pf(expf(-2 * fabsf(x))) - 0.69314718f;
}

static float binary_crossentropy_of(float y, float t) {
    float p = clip(y, EPSILON, 1 - EPSILON);
    return -(t * logf(p) + (1 - t) * logf(1 - p));
}

static float binary_crossentropy_slope(float y, float t) {
    return inside(y, EPSILON, 1 - EPSILON) ? (1 - t) / (1 - y) - t / y : 0;
}

static double binary_crossentropy_with(const struct loss_settings *settings, const float *y,
                                       uint8_t label, size_t classes, float *gradient) {
    const struct hot t_of = smoothed(settings, 2);
    double sum = 0;
    for (size_t i = 0; i < classes; i++) {
        const float t = i == label ? t_of.label : t_of.other;
        sum += (double)binary_crossentropy_of(y[i], t);
        if (gradient)
            gradient[i] = binary_crossentropy_slope(y[i], t) / (float)classes;
    }
    return sum / (double)classes;
}

/* The hinge losses' targets are -1 and 1; at the margin itself the slope is the one below it. */
#define POLE(t) (2 * (t)-1)
#define MARGIN (1 - POLE(t) * y)

MEAN_OF_TERMS(binary_crossentropy, binary_crossentropy_of(y, t), binary_crossentropy_slope(y, t))
OF_BOTH(PLAIN_TERMS, mean_squared_error, (y - t) * (y - t), 2 * (y - t))
OF_BOTH(PLAIN_TERMS, mean_absolute_error, fabsf(y - t), sign(y - t))
OF_BOTH(MEAN_OF_TERMS, poisson, y - t * logf(y + EPSILON), 1 - t / (y + EPSILON))
PLAIN_TERMS(hinge, positive(MARGIN), MARGIN >= 0 ? -POLE(t) : 0)
PLAIN_TERMS(squared_hinge, positive(MARGIN) * positive(MARGIN),
            MARGIN >= 0 ? -2 * POLE(t) * MARGIN : 0)
PLAIN_TERMS(huber, fabsf(y - t) <= 1 ? 0.5f * (y - t) * (y - t) : fabsf(y - t) - 0.5f,
            clip(y - t, -1, 1))
OF_BOTH(MEAN_OF_TERMS, log_cosh, log_cosh_of(y - t), tanhf(y - t))

static double huber_with(const struct loss_settings *settings, const float *y, uint8_t label,
                         size_t classes, float *gradient) {
    const float delta = (float)settings->value[LOSS_DELTA];
    double sum = 0;
    for (size_t i = 0; i < classes; i++) {
        const float error = y[i] - (i == label ? 1.0f : 0.0f), size = fabsf(error);
        sum += (double)(size <= delta ? 0.5f * error * error : delta * size - 0.5f * delta * delta);
        if (gradient)
            gradient[i] = clip(error, -delta, delta) / (float)classes;
    }
    return sum / (double)classes;
}

static double huber_values(const struct loss_settings *settings, const float *y, const float *t,
                           size_t width, float *gradient) {
    const double set = settings ? settings->value[LOSS_DELTA] : 0;
    const float delta = set > 0 ? (float)set : 1;
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        const float error = y[i] - t[i], size = fabsf(error);
        sum += (double)(size <= delta ? 0.5f * error * error : delta * size - 0.5f * delta * delta);
        if (gradient)
            gradient[i] = clip(error, -delta, delta) / (float)width;
    }
    return sum / (double)width;
}

/* At a perfect row the slope of a root is undefined; 0 is the subgradient that stays there. */
static double root_of(double mean, size_t count, float *gradient) {
    const float scale = mean > 0 ? (float)(0.5 / sqrt(mean)) : 0;
    for (size_t i = 0; gradient && i < count; i++)
        gradient[i] *= scale;
    return sqrt(mean);
}

static double root_mean_squared_error_values(const struct loss_settings *settings, const float *y,
                                             const float *t, size_t width, float *gradient) {
    return root_of(mean_squared_error_values(settings, y, t, width, gradient), width, gradient);
}

static double root_mean_squared_error_row(const float *y, uint8_t label, size_t classes,
                                          float *gradient) {
    return root_of(mean_squared_error_row(y, label, classes, gradient), classes, gradient);
}

/* The mean absolute error divided by that of a forecast that knows nothing: 1 / classes for each
 * class, whose mean absolute error on a one-hot row is 2 (classes - 1) / classes^2. Below 1 is
 * better than knowing nothing. (Hyndman and Koehler 2006 scale a time series' error by the naive
 * forecast's; labels have no time, so the uniform forecast takes its place.) */
static double mean_absolute_scaled_error_row(const float *y, uint8_t label, size_t classes,
                                             float *gradient) {
    double k = (double)classes, scale = classes > 1 ? k * k / (2 * (k - 1)) : 1;
    double error = mean_absolute_error_row(y, label, classes, gradient);
    for (size_t i = 0; gradient && i < classes; i++)
        gradient[i] *= (float)scale;
    return error * scale;
}

static double kl_divergence_row(const float *y, uint8_t label, size_t classes, float *gradient) {
    double sum = 0;
    for (size_t i = 0; i < classes; i++) {
        float t = i == label ? 1.0f : EPSILON, p = clip(y[i], EPSILON, 1);
        sum += (double)(t * logf(t / p));
        if (gradient)
            gradient[i] = inside(y[i], EPSILON, 1) ? -t / y[i] : 0;
    }
    return sum;
}

/* max(rival - y[label] + 1, 0) with rival = max((1 - t) y), in which the label's own term is 0.
 * Rivals that are equal share the slope. */
static double categorical_hinge_row(const float *y, uint8_t label, size_t classes,
                                    float *gradient) {
    float own = 0, rival = 0 * y[label];
    size_t equal = 1;
    for (size_t i = 0; i < classes; i++) {
        own += (i == label ? 1.0f : 0.0f) * y[i]; /* NaN, as in Keras, if one is infinite */
        if (i == label)
            continue;
        equal = y[i] == rival ? equal + 1 : y[i] > rival ? 1 : equal;
        rival = y[i] > rival || isnan(y[i]) ? y[i] : rival;
    }
    const float margin = rival - own + 1;
    for (size_t i = 0; gradient && i < classes; i++) {
        const float slope = i == label ? -1 : y[i] == rival ? 1 / (float)equal : 0;
        gradient[i] = margin >= 0 ? slope : 0;
    }
    return (double)positive(margin);
}

/* p = clip(y / sum(y)); -log p[label], and NaN if another p is. */
static double categorical_crossentropy_row(const float *y, uint8_t label, size_t classes,
                                           float *gradient) {
    float sum = 0;
    for (size_t i = 0; i < classes; i++)
        sum += y[i];
    const float share = y[label] / sum;
    float others = 0;
    for (size_t i = 0; i < classes; i++)
        others += 0 * clip(y[i] / sum, EPSILON, 1 - EPSILON);
    if (gradient) {
        int flat = !inside(share, EPSILON, 1 - EPSILON);
        for (size_t i = 0; i < classes; i++)
            gradient[i] = flat ? 0 : 1 / sum - (i == label ? 1 / y[label] : 0);
    }
    return (double)(others - logf(clip(share, EPSILON, 1 - EPSILON)));
}

/* -sum(t log p), p = clip(y / sum(y)). */
static double categorical_crossentropy_with(const struct loss_settings *settings, const float *y,
                                            uint8_t label, size_t classes, float *gradient) {
    const struct hot t_of = smoothed(settings, (float)classes);
    float sum = 0, common = 0;
    double loss = 0;
    for (size_t i = 0; i < classes; i++)
        sum += y[i];
    for (size_t i = 0; i < classes; i++) {
        const float t = i == label ? t_of.label : t_of.other, share = y[i] / sum;
        const bool flat = !inside(share, EPSILON, 1 - EPSILON);
        loss -= (double)(t * logf(clip(share, EPSILON, 1 - EPSILON)));
        common += flat ? 0 : t;
        if (gradient)
            gradient[i] = flat ? 0 : t / y[i];
    }
    for (size_t i = 0; gradient && i < classes; i++)
        gradient[i] = common / sum - gradient[i];
    return loss;
}

const struct loss losses[] = {
    {.name = "categorical_crossentropy",
     .compares = true,
     .row = categorical_crossentropy_row,
     .joint_activation = "softmax",
     .row_from_logits = softmax_crossentropy,
     .batch_from_logits = softmax_crossentropy_batch,
     .interleaved_from_logits = softmax_crossentropy_interleaved,
     .parameter = LOSS_LABEL_SMOOTHING,
     .row_with = categorical_crossentropy_with,
     .row_from_logits_with = softmax_crossentropy_with,
     .help = "-log p[label], p = y / sum(y)"},
    {.name = "sparse_categorical_crossentropy",
     .compares = true,
     .row = categorical_crossentropy_row,
     .joint_activation = "softmax",
     .row_from_logits = softmax_crossentropy,
     .batch_from_logits = softmax_crossentropy_batch,
     .interleaved_from_logits = softmax_crossentropy_interleaved,
     .help = "the same, for which Keras takes labels instead of one-hot rows; without softmax its "
             "TensorFlow backend clips y before dividing by the sum, JAX and Torch after, as here"},
    {.name = "binary_crossentropy",
     .aliases = {"bce"},
     .row = binary_crossentropy_row,
     .joint_activation = "sigmoid",
     .row_from_logits = sigmoid_crossentropy,
     .parameter = LOSS_LABEL_SMOOTHING,
     .row_with = binary_crossentropy_with,
     .row_from_logits_with = sigmoid_crossentropy_with,
     .help = "mean of -(t log y + (1 - t) log(1 - y))"},
    {.name = "mean_squared_error",
     .aliases = {"mse"},
     .row = mean_squared_error_row,
     .values = mean_squared_error_values,
     .batch = mean_squared_error_batch,
     .help = "mean of (y - t)^2"},
    {.name = "root_mean_squared_error",
     .aliases = {"rmse"},
     .row = root_mean_squared_error_row,
     .values = root_mean_squared_error_values,
     .help = "square root of the row's mean of (y - t)^2"},
    {.name = "mean_absolute_error",
     .aliases = {"mae"},
     .row = mean_absolute_error_row,
     .values = mean_absolute_error_values,
     .batch = mean_absolute_error_batch,
     .help = "mean of |y - t|; the slope at 0 is 0 (TensorFlow; JAX takes -1)"},
    {.name = "mean_absolute_scaled_error",
     .aliases = {"mase"},
     .compares = true,
     .row = mean_absolute_scaled_error_row,
     .help = "mean of |y - t|, divided by that of the forecast 1 / classes for every class"},
    {.name = "mean_absolute_percentage_error",
     .aliases = {"mape"},
     .row = mean_absolute_percentage_error_row,
     .values = mean_absolute_percentage_error_values,
     .help =
         "100 times the mean of |y - t| / |t|, where |t| is at least 1e-7: for targets that are "
         "never near 0"},
    {.name = "mean_squared_logarithmic_error",
     .aliases = {"msle"},
     .row = mean_squared_logarithmic_error_row,
     .values = mean_squared_logarithmic_error_values,
     .help = "mean of (log(1 + y) - log(1 + t))^2, of which y and t are at least 1e-7"},
    {.name = "cosine_similarity",
     .row = cosine_similarity_row,
     .values = cosine_similarity_values,
     .help = "minus the cosine of the angle between y and t, from -1 (the same direction) to 1; "
             "where y is 0 the slope is 0 (Keras: NaN)"},
    {.name = "poisson",
     .row = poisson_row,
     .values = poisson_values,
     .help = "mean of y - t log y"},
    {.name = "kl_divergence",
     .aliases = {"kld", "kullback_leibler_divergence"},
     .row = kl_divergence_row,
     .help = "sum of t log(t / y)"},
    {.name = "hinge",
     .row = hinge_row,
     .batch = hinge_batch,
     .help =
         "mean of max(1 - t y, 0), t in {-1, 1}; where 1 - t y is 0 the slope is -t (TensorFlow; "
         "JAX and Torch take half of it)"},
    {.name = "squared_hinge",
     .row = squared_hinge_row,
     .batch = squared_hinge_batch,
     .help = "mean of max(1 - t y, 0)^2, t in {-1, 1}"},
    {.name = "categorical_hinge",
     .compares = true,
     .row = categorical_hinge_row,
     .help = "max(r - y[label] + 1, 0), r the largest wrong y, at least 0; classes that share it "
             "share its slope; where r - y[label] + 1 is 0 the slope is that above 0 (TensorFlow; "
             "JAX and Torch take half of it)"},
    {.name = "huber",
     .row = huber_row,
     .values = huber_values,
     .batch = huber_batch,
     .parameter = LOSS_DELTA,
     .parameter_default = 1,
     .row_with = huber_with,
     .help = "squared error / 2 up to |y - t| = delta, then linear"},
    {.name = "log_cosh",
     .aliases = {"logcosh"},
     .row = log_cosh_row,
     .values = log_cosh_values,
     .help = "mean of log(cosh(y - t)), computed so that it is never below 0 (Keras' is, by "
             "rounding, where y is close to t)"},
};
const size_t loss_count = sizeof losses / sizeof *losses;

NAMES_EXTENSIBLE(loss, loss_count, &losses[i])

const struct loss *loss_find(const char *name) {
    return loss_find_row(name);
}

bool loss_has(const struct loss *loss, enum loss_parameter parameter, double *value) {
    if (loss->parameter == parameter && value)
        *value = loss->parameter_default;
    return loss->parameter == parameter;
}

bool loss_is_plain(const struct loss *loss, const struct loss_settings *settings) {
    if (loss->parameter == LOSS_NO_PARAMETER)
        return true;
    const double value = settings->value[loss->parameter];
    return value == 0 || value == loss->parameter_default;
}

static bool has_settings(const struct loss *loss, const struct loss_rows *all) {
    return all->settings && !loss_is_plain(loss, all->settings);
}

int loss_is_joint(const struct loss *loss, const struct activation *activation) {
    return loss->joint_activation && activation &&
           strcmp(loss->joint_activation, activation->name) == 0;
}

static double row_of(const struct loss *loss, int joint, const struct loss_rows *all, size_t row,
                     float *gradient) {
    const float *z = all->z + row * all->stride, *y = all->y + row * all->stride;
    const uint8_t label = targets_unit(all->targets, row, all->classes);
    if (has_settings(loss, all))
        return joint
                   ? loss->row_from_logits_with(all->settings, z, y, label, all->classes, gradient)
                   : loss->row_with(all->settings, y, label, all->classes, gradient);
    return joint ? loss->row_from_logits(z, y, label, all->classes, gradient)
                 : loss->row(y, label, all->classes, gradient);
}

/* The same of targets that are numbers. */
static double values_batch(const struct loss *loss, const struct loss_rows *all, float *delta) {
    double sum = 0;
    for (size_t row = 0; row < all->rows; row++) {
        float *gradient = delta ? delta + row * all->stride : NULL;
        sum += loss->values(all->settings, all->y + row * all->stride,
                            all->targets.values + row * all->targets.width, all->targets.width,
                            gradient);
        for (size_t i = 0; gradient && i < all->targets.width; i++)
            gradient[i] /= loss_mean_rows(all);
    }
    return sum;
}

double loss_batch(const struct loss *loss, const struct activation *activation,
                  const struct loss_rows *all, float *delta) {
    const int joint = loss_is_joint(loss, activation);
    if (!all->targets.labels)
        return values_batch(loss, all, delta);
    double (*batch)(const struct loss_rows *, float *) =
        joint ? loss->batch_from_logits : loss->batch;
    if (batch && !all->class_weight && !has_settings(loss, all))
        return batch(all, delta);
    double sum = 0;
    for (size_t row = 0; row < all->rows; row++) {
        const float weight = all->class_weight ? all->class_weight[all->targets.labels[row]] : 1;
        float *gradient = delta ? delta + row * all->stride : NULL;
        sum += (double)weight * row_of(loss, joint, all, row, gradient);
        for (size_t i = 0; gradient && i < all->classes; i++)
            gradient[i] = weight * gradient[i] / loss_mean_rows(all);
    }
    return sum;
}

bool loss_interleaved(const struct loss *loss, const struct activation *activation,
                      const struct loss_rows *all, double *sums, float *delta) {
    if (!all->targets.labels || !loss->interleaved_from_logits ||
        !loss_is_joint(loss, activation) || all->class_weight || has_settings(loss, all))
        return false;
    loss->interleaved_from_logits(all, sums, delta);
    return true;
}
