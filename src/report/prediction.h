/* What a model makes of an image. */
#ifndef SWEEP_REPORT_PREDICTION_H
#define SWEEP_REPORT_PREDICTION_H

#include "base/json.h"
#include "train/model.h"

#include <stdio.h>

/* What the trial's model says: the class, and a bar for each class's output; `label` is what the
 * image is, or below 0 where that is not known. STATUS_MEMORY. */
enum status prediction_print(FILE *stream, const struct model *model, int64_t trial,
                             const float *outputs, int label, struct error *error);

/* The same into an object begun. */
void prediction_json(struct json *json, const struct model *model, const float *outputs, int label);

#endif
