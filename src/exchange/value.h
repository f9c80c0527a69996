/* A hyperparameter's value, of which the text is known, as JSON and CSV have it: numbers as
 * numbers, switches as switches, nothing ("-") as nothing. */
#ifndef SWEEP_EXCHANGE_VALUE_H
#define SWEEP_EXCHANGE_VALUE_H

#include "base/json.h"
#include "exchange/csv.h"

#include <stdbool.h>

/* Whether the hyperparameter with this column takes numbers. */
bool value_is_number(const char *column);

void value_json(struct json *json, const char *key, const char *column, const char *text);
void value_csv(struct csv *csv, const char *column, const char *text);

#endif
