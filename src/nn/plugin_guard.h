/* Whether a function writes behind the end of an array that it is given. */
#ifndef SWEEP_NN_PLUGIN_GUARD_H
#define SWEEP_NN_PLUGIN_GUARD_H

#include "base/status.h"

#define GUARD_FLOATS 64 /* that stand behind an array */

void guard_set(float *end);

/* "KIND 'NAME': FUNCTION writes behind the end of ARRAY": STATUS_INPUT, where they have changed. */
enum status guard_check(const float *end, const char *kind, const char *name, const char *function,
                        const char *array, struct error *error);

#endif
