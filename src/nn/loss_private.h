/* What the formulas of losses share: seen by loss.c and by the files of formulas alone. */
#ifndef SWEEP_NN_LOSS_PRIVATE_H
#define SWEEP_NN_LOSS_PRIVATE_H

#include "nn/loss.h"

#include <math.h>

#define EPSILON 1e-7f

static inline float clip(float value, float low, float high) {
    /* Written so that a NaN passes through: a diverged network must show. */
    return value < low ? low : value > high ? high : value;
}

static inline int inside(float value, float low, float high) {
    return value >= low && value <= high;
}

static inline float sign(float x) {
    return isnan(x) ? x : (float)((x > 0) - (x < 0));
}

static inline float positive(float x) {
    return x < 0 ? 0 : x;
}

/* Targets: of the label's class, and of each other one. */
struct hot {
    float label, other;
};

/* Keras' label_smoothing moves targets towards 1 / classes, binary ones towards 1/2. */
static inline struct hot smoothed(const struct loss_settings *settings, float classes) {
    const double smoothing = settings->value[LOSS_LABEL_SMOOTHING];
    const float other = (float)smoothing / classes;
    return (struct hot){(float)(1 - smoothing) + other, other};
}

/* From logits (loss_joint.c), as the functions of struct loss. */
double softmax_crossentropy(const float *z, const float *y, uint8_t label, size_t classes,
                            float *gradient);
double softmax_crossentropy_with(const struct loss_settings *settings, const float *z,
                                 const float *y, uint8_t label, size_t classes, float *gradient);
double softmax_crossentropy_batch(const struct loss_rows *all, float *delta);
void softmax_crossentropy_interleaved(const struct loss_rows *all, double *sums, float *delta);
double sigmoid_crossentropy(const float *z, const float *y, uint8_t label, size_t classes,
                            float *gradient);
double sigmoid_crossentropy_with(const struct loss_settings *settings, const float *z,
                                 const float *y, uint8_t label, size_t classes, float *gradient);

/* Of errors that are relative to their targets (loss_relative.c), as the functions of struct loss;
 * with the slopes that Keras' TensorFlow backend has. */
double mean_absolute_percentage_error_row(const float *y, uint8_t label, size_t classes,
                                          float *gradient);
double mean_absolute_percentage_error_values(const struct loss_settings *settings, const float *y,
                                             const float *t, size_t width, float *gradient);
double mean_squared_logarithmic_error_row(const float *y, uint8_t label, size_t classes,
                                          float *gradient);
double mean_squared_logarithmic_error_values(const struct loss_settings *settings, const float *y,
                                             const float *t, size_t width, float *gradient);
double cosine_similarity_row(const float *y, uint8_t label, size_t classes, float *gradient);
double cosine_similarity_values(const struct loss_settings *settings, const float *y,
                                const float *t, size_t width, float *gradient);

#endif
