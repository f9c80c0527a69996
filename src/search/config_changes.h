/* What one config says otherwise than another one. */
#ifndef SWEEP_SEARCH_CONFIG_CHANGES_H
#define SWEEP_SEARCH_CONFIG_CHANGES_H

#include "base/text.h"
#include "search/config.h"

/* Append "budget: {trials: 24} became {trials: 48}; dropout was added": of the keys, the
 * hyperparameters under parameters and the --set in which two configs differ, the first few. Both
 * were read without problems. */
void config_append_changes(const struct config *before, const struct config *now,
                           struct text *text);

#endif
