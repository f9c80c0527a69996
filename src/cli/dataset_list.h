/* The data sets that are known by name: what each is and where it is, or how to get it. */
#ifndef SWEEP_CLI_DATASET_LIST_H
#define SWEEP_CLI_DATASET_LIST_H

#include "base/json.h"
#include "data/locate.h"

enum status dataset_list_print(const struct dataset_places *places, struct error *error);
enum status dataset_list_json(struct json *json, const struct dataset_places *places,
                              struct error *error);

#endif
