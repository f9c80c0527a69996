/* A check-up of the data: can a set be loaded? */
#ifndef SWEEP_DATA_CHECKUP_H
#define SWEEP_DATA_CHECKUP_H

#include "base/finding.h"
#include "data/dataset.h"

#include <stdbool.h>

/* Load the first of the sets that is present, as a sweep would, and report on it under the subject
 * "data". *loaded tells whether it could be; release it with dataset_release either way. */
void data_checkup(const char *const *names, size_t count, const struct dataset_places *places,
                  const struct findings *findings, struct dataset *dataset, bool *loaded);

#endif
