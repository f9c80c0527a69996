/* Which inputs of a trial's network are normalised, and by what. */
#ifndef SWEEP_CLI_TRIAL_NORMALIZATION_H
#define SWEEP_CLI_TRIAL_NORMALIZATION_H

#include "base/json.h"
#include "base/text.h"
#include "cli/trial_selection.h"

/* A line with the names; nothing where no input is. */
void trial_normalization_append(const struct trial_selection *chosen, struct text *text);

/* The names, and where the model and its data set are there, what is taken off and divided by. */
void trial_normalization_json(struct json *json, const struct trial_selection *chosen);

#endif
