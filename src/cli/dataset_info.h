/* What is known of a data set: source, shapes, digest, classes, and what is wrong with it. */
#ifndef SWEEP_CLI_DATASET_INFO_H
#define SWEEP_CLI_DATASET_INFO_H

#include "base/json.h"
#include "data/dataset.h"

enum status dataset_info_print(const struct dataset *dataset, struct error *error);
enum status dataset_info_json(struct json *json, const struct dataset *dataset,
                              struct error *error); /* without its name */

#endif
