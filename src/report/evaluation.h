/* What a model made of the test images: the confusion matrix, and the mistakes drawn. */
#ifndef SWEEP_REPORT_EVALUATION_H
#define SWEEP_REPORT_EVALUATION_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "data/dataset.h"
#include "train/model.h"

#include <stdio.h>

/* A row for each label; where the terminal is too narrow for that, the pairs of classes that are
 * taken for each other most often. */
enum status evaluation_print_confusion(FILE *stream, const struct evaluation *evaluation,
                                       struct arena *arena, struct error *error);

/* The first `count` mistakes, as many beside each other as the terminal has room for. */
enum status evaluation_print_mistakes(FILE *stream, const struct evaluation *evaluation,
                                      const struct dataset *dataset, size_t count,
                                      struct arena *arena, struct error *error);

/* Of numbers: how far predictions are off, and the `count` largest errors. */
enum status evaluation_print_values(FILE *stream, const struct evaluation *evaluation, size_t count,
                                    struct arena *arena, struct error *error);

/* Into an object begun, with the first `count` mistakes. */
void evaluation_json(struct json *json, const struct evaluation *evaluation, size_t count);

#endif
