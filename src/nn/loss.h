/* Losses, under Keras 3's names and with its formulas.
 *
 * Targets are class labels, which stand for one-hot rows t (t[label] = 1, else 0; of one unit for
 * two classes, t = label), or rows of numbers t. Predictions y are row-major, rows x classes. Each
 * loss gives one number a row; a batch's loss is their mean. Probabilities are clipped to [1e-7, 1
 * - 1e-7] where Keras clips (backend.epsilon()).
 *
 * An output activation and a loss that belong together (softmax with the cross-entropies, sigmoid
 * with binary_crossentropy) are computed jointly from the logits z: stably, and without clipping.
 * Every other pair follows the documented formula on y. (Keras' TensorFlow backend alone applies
 * the joint formula to pairs that don't belong together, such as softmax with binary_crossentropy,
 * because both activations leave the same mark on their output; its JAX and Torch backends don't.)
 * Where a loss has a bend, at which the backends differ, the slope is the one TensorFlow takes. */
#ifndef SWEEP_NN_LOSS_H
#define SWEEP_NN_LOSS_H

#include "nn/activation.h"
#include "nn/targets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum loss_parameter { LOSS_NO_PARAMETER, LOSS_LABEL_SMOOTHING, LOSS_DELTA, LOSS_PARAMETER_COUNT };

/* The values of a loss' parameters; 0 stands for the default. */
struct loss_settings {
    double value[LOSS_PARAMETER_COUNT];
};

/* A batch at the output layer. z are its values before the activation, y after it, a row of either
 * `stride` floats long, a multiple of LANES; what stands in the padding is finite. */
struct loss_rows {
    const float *z, *y;
    struct targets targets;
    size_t rows, classes, stride;
    size_t batch; /* rows of the mean, where these are a part of them; 0: these are all */
    const struct loss_settings *settings; /* NULL: the defaults */
    const float *class_weight;            /* what a row's loss counts, by its label; NULL: 1 */
};

/* The rows of the mean. */
static inline float loss_mean_rows(const struct loss_rows *all) {
    return (float)(all->batch > 0 ? all->batch : all->rows);
}

struct loss {
    const char *name;
    const char *aliases[4]; /* other accepted names; NULL after the last */
    const char *help;       /* the formula */
    /* the name of the output activation with which the loss is computed jointly, or NULL */
    const char *joint_activation;
    /* the loss of one row; with `gradient` not NULL also d loss / d y, classes long */
    double (*row)(const float *y, uint8_t label, size_t classes, float *gradient);
    /* the same from logits, gradient d loss / d z; NULL without a joint activation */
    double (*row_from_logits)(const float *z, const float *y, uint8_t label, size_t classes,
                              float *gradient);
    /* It compares a row's outputs with one another, and says nothing of one alone. */
    bool compares;
    /* The parameter it has; the same two with its settings, where that is not at its default. */
    enum loss_parameter parameter;
    double parameter_default;
    double (*row_with)(const struct loss_settings *settings, const float *y, uint8_t label,
                       size_t classes, float *gradient);
    double (*row_from_logits_with)(const struct loss_settings *settings, const float *z,
                                   const float *y, uint8_t label, size_t classes, float *gradient);
    /* The loss of one row whose targets are `width` numbers, and d loss / d y; settings may be
     * NULL. NULL: it is one of classes only. */
    double (*values)(const struct loss_settings *settings, const float *y, const float *targets,
                     size_t width, float *gradient);
    /* The sum over a batch and, with `delta` not NULL, the gradient of its mean, padding 0: the
     * same numbers as row by row, in vector code; NULL where there is none. */
    double (*batch)(const struct loss_rows *all, float *delta);
    double (*batch_from_logits)(const struct loss_rows *all, float *delta);
    /* The same of LANES networks, see loss_interleaved; NULL where there is none. */
    void (*interleaved_from_logits)(const struct loss_rows *all, double *sums, float *delta);
};

extern const struct loss losses[];
extern const size_t loss_count;

/* Add a row after those of the table; false: no memory. It must stay, and be added
 * before other threads look for it. */
bool loss_add(const struct loss *loss);

/* The i-th of the table and of those that were added, or NULL. */
const struct loss *loss_row(size_t i);

/* The loss of that name or alias, in any spelling, or NULL. */
const struct loss *loss_find(const char *name);

/* Whether it has that parameter; if so and `value` is not NULL, *value is its default. */
bool loss_has(const struct loss *loss, enum loss_parameter parameter, double *value);

/* Whether its parameter is at the default. */
bool loss_is_plain(const struct loss *loss, const struct loss_settings *settings);

/* Whether the loss is computed jointly with this output activation; NULL: none. */
int loss_is_joint(const struct loss *loss, const struct activation *activation);

/* The sum over the rows of the loss, each with its class' weight. With delta not NULL it is set to
 * the gradient of the batch's mean loss: with respect to z where loss and activation are joint,
 * else to y; its padding is 0 or left alone. */
double loss_batch(const struct loss *loss, const struct activation *activation,
                  const struct loss_rows *all, float *delta);

/* The same of LANES networks interleaved, sums[l] being network l's, of which class c of a row
 * stands at (row * classes + c) * LANES + l; false when the loss, its settings and the activation
 * have no such form, and nothing is done. */
bool loss_interleaved(const struct loss *loss, const struct activation *activation,
                      const struct loss_rows *all, double *sums, float *delta);

#endif
