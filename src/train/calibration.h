/* What was measured of this machine, kept in the user's cache folder so that it need not be
 * measured anew for every plan. Losing it costs time, nothing else: no function here fails. */
#ifndef SWEEP_TRAIN_CALIBRATION_H
#define SWEEP_TRAIN_CALIBRATION_H

#include "base/digest.h"

#include <stdbool.h>

struct calibration;

/* Where the user's measurements are kept: $XDG_CACHE_HOME/sweep or ~/.cache/sweep, or "" when
 * neither is set. `path` has room for 4096 bytes; returns it. */
const char *calibration_folder(char path[4096]);

/* The measurements kept in a folder for this processor, OpenBLAS core and version of the program;
 * none are kept for NULL or "". NULL when out of memory, which the other functions take as well. */
struct calibration *calibration_open(const char *folder);

/* Keep what was added, and free. */
void calibration_close(struct calibration *calibration);

/* The seconds measured for training and evaluating what `key` stands for. */
bool calibration_find(struct calibration *calibration, struct digest key, double seconds[2]);
void calibration_add(struct calibration *calibration, struct digest key, const double seconds[2]);

/* Drop all that was found or added since it was opened: it has turned out wrong. */
void calibration_forget(struct calibration *calibration);

#endif
