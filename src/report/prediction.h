/* What a model makes of an image. */
#ifndef SWEEP_REPORT_PREDICTION_H
#define SWEEP_REPORT_PREDICTION_H

#include "base/json.h"
#include "data/photo.h"
#include "train/model.h"

#include <stdio.h>

#define PREDICTION_DOUBT 160

/* Whether the answer of the first output is a doubtful one, and why, in words: the class has a
 * probability below 0.8, or the picture is not as one of a digit is. `checks` may be NULL. A
 * network knows no "none of these": it may be sure of what is no digit, and nothing here tells
 * that. */
bool prediction_is_unsure(const struct model *model, const struct photo_checks *checks,
                          char why[PREDICTION_DOUBT]);

/* What the trial's model says of the latest image, each of its outputs: the class, and a bar for
 * each class's output; `label` is what the image is, or below 0 where that is not known.
 * STATUS_MEMORY. */
enum status prediction_print(FILE *stream, const struct model *model, int64_t trial, int label,
                             const struct photo_checks *checks, struct error *error);

/* The same into an object begun; outputs that have names are an array `outputs`, an object each. */
void prediction_json(struct json *json, const struct model *model, int label,
                     const struct photo_checks *checks);

#endif
