/* Hyperparameters' values in the database's rows. */
#ifndef SWEEP_STORE_VALUES_H
#define SWEEP_STORE_VALUES_H

#include "search/hyperparameter.h"
#include "store/database.h"

void value_bind(const struct value *value, struct statement *statement, int at);

#endif
