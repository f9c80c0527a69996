/* Whether a plug-in's functions are what they have to be: numbers, the same wherever they stand,
 * and with the gradients of their values. */
#ifndef SWEEP_NN_PLUGIN_CHECK_H
#define SWEEP_NN_PLUGIN_CHECK_H

#include "base/status.h"

#include <sweep/plugin.h>

/* STATUS_INPUT, with the numbers, where they are not. A derivative is held against central
 * differences wherever the function is smooth there: where those from the left and from the right
 * agree. */
enum status plugin_check_activation(const struct sweep_activation *activation, struct error *error);
enum status plugin_check_loss(const struct sweep_loss *loss, struct error *error);
/* A few steps down a slope: there are no derivatives to hold against anything. */
enum status plugin_check_optimizer(const struct sweep_optimizer *optimizer, struct error *error);
enum status plugin_check_layer(const struct sweep_layer *layer, struct error *error);
enum status plugin_check_metric(const struct sweep_metric *metric, struct error *error);

#endif
