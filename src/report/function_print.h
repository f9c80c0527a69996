/* Functions that a config may name, with their formulas and drawn with characters. */
#ifndef SWEEP_REPORT_FUNCTION_PRINT_H
#define SWEEP_REPORT_FUNCTION_PRINT_H

#include "base/arena.h"
#include "base/status.h"
#include "nn/activation.h"
#include "nn/initializer.h"
#include "nn/loss.h"

#include <stdio.h>

/* An activation and its derivative, at the defaults of what it takes. What goes by other units of a
 * row as well is drawn of one of ten, the others being 0. STATUS_MEMORY. */
enum status function_print_activation(FILE *stream, const struct activation *activation,
                                      struct arena *arena, struct error *error);

/* A loss of one image of ten classes against the prediction for its own, what is left of 1 being
 * shared by the others. */
enum status function_print_loss(FILE *stream, const struct loss *loss, struct arena *arena,
                                struct error *error);

/* The density of the weights of a layer of 128 units on 784 inputs. STATUS_MEMORY. */
enum status function_print_initializer(FILE *stream, const struct initializer *initializer,
                                       struct arena *arena, struct error *error);

#endif
