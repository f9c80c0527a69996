/* A step array by array, of networks whose optimizer looks at a whole array, and of those that clip
 * gradients, add them up, or average weights, as Keras does it and in its order: the penalty's
 * gradient, the sum over batches, clipping, decay, the optimizer's step, the average. Seen by nn/
 * alone. */
#ifndef SWEEP_NN_STEPPING_H
#define SWEEP_NN_STEPPING_H

#include "nn/network.h"

/* Floats of network->step_scratch. */
size_t stepping_scratch(const struct network_spec *spec);

/* Take the batch's gradients, and step if the optimizer does so with this batch. The network is in
 * no panel, and network_begin_step has been called. The gradients are written over. */
void stepping_step(struct network *network, bool steps);

#endif
