/* A kept model's weights as an .npz file: an array of each layer after the other, in the order and
 * the shapes in which Keras' model.set_weights takes them, named as Keras would name the layers:
 * dense.kernel, dense.bias, dense_1.kernel; dense_prelu.alpha is of an activation that is learned.
 * Of a network that is no chain, where Keras has an order of its own, the layers have these names
 * in the code of keras.h. */
#ifndef SWEEP_EXCHANGE_WEIGHTS_H
#define SWEEP_EXCHANGE_WEIGHTS_H

#include "base/arena.h"
#include "base/status.h"
#include "train/model.h"

#include <stddef.h>

/* The file's bytes, in the arena. Errors as npz_make. */
enum status weights_make(const struct model *model, struct arena *arena, const void **bytes,
                         size_t *count, struct error *error);

#endif
