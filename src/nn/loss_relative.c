/* Losses of relative errors and of directions. One-hot rows are targets of 0 and 1. */
#include "nn/loss_private.h"

/* The target of a class: of a row of numbers, or 1 for the label's alone. */
struct row_targets {
    const float *values; /* NULL: a label */
    size_t label;
};

static float target_at(struct row_targets targets, size_t i) {
    return targets.values ? targets.values[i] : i == targets.label ? 1.0f : 0.0f;
}

static double percentage_error(const float *y, struct row_targets targets, size_t width,
                               float *gradient) {
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        const float t = target_at(targets, i), size = fmaxf(fabsf(t), EPSILON);
        sum += (double)fabsf((t - y[i]) / size);
        if (gradient)
            gradient[i] = 100 * sign(y[i] - t) / size / (float)width;
    }
    return 100 * sum / (double)width;
}

static double squared_logarithmic_error(const float *y, struct row_targets targets, size_t width,
                                        float *gradient) {
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        const float t = target_at(targets, i), above = y[i] < EPSILON ? EPSILON : y[i];
        const float error = logf(above + 1) - logf((t < EPSILON ? EPSILON : t) + 1);
        sum += (double)(error * error);
        if (gradient)
            gradient[i] = y[i] < EPSILON ? 0 : 2 * error / (above + 1) / (float)width;
    }
    return sum / (double)width;
}

/* Keras divides by a length that is at least 1e-7; of a row without a length its slope is NaN, and
 * here 0, so that outputs which are all 0 (relu's) don't end a training. */
static double similarity(const float *y, struct row_targets targets, size_t width,
                         float *gradient) {
    double squares = 0, squares_of_targets = 0, product = 0;
    for (size_t i = 0; i < width; i++) {
        const double t = (double)target_at(targets, i);
        squares += (double)y[i] * (double)y[i];
        squares_of_targets += t * t;
        product += t * (double)y[i];
    }
    const double length = fmax(sqrt(squares), (double)EPSILON);
    const double length_of_targets = fmax(sqrt(squares_of_targets), (double)EPSILON);
    const double cosine = isnan(squares) ? squares : product / length / length_of_targets;
    for (size_t i = 0; gradient && i < width; i++) {
        const double t = (double)target_at(targets, i) / length_of_targets;
        gradient[i] = squares > 0 ? (float)((cosine * (double)y[i] / length - t) / length) : 0;
    }
    return -cosine;
}

/* Define both functions of a loss. */
#define OF_TARGETS(NAME, FUNCTION)                                                                 \
    double NAME##_row(const float *y, uint8_t label, size_t classes, float *gradient) {            \
        return FUNCTION(y, (struct row_targets){NULL, label}, classes, gradient);                  \
    }                                                                                              \
    double NAME##_values(const struct loss_settings *settings, const float *y, const float *t,     \
                         size_t width, float *gradient) {                                          \
        (void)settings;                                                                            \
        return FUNCTION(y, (struct row_targets){t, 0}, width, gradient);                           \
    }

OF_TARGETS(mean_absolute_percentage_error, percentage_error)
OF_TARGETS(mean_squared_logarithmic_error, squared_logarithmic_error)
OF_TARGETS(cosine_similarity, similarity)
