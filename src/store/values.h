/* Hyperparameters' values in the database's rows. */
#ifndef SWEEP_STORE_VALUES_H
#define SWEEP_STORE_VALUES_H

#include "base/arena.h"
#include "search/hyperparameter.h"
#include "store/database.h"

void value_bind(const struct value *value, struct statement *statement, int at);

/* A value of the row, not NULL, as a config writes it. */
void value_append_column(const struct statement *statement, int column, enum value_type type,
                         struct text *text);

/* The same as a value; layers live in the arena. STATUS_INPUT for what is no value of it. */
enum status value_read(const struct statement *statement, int column, enum hyperparameter_id id,
                       struct arena *arena, struct value *value, struct error *error);

#endif
