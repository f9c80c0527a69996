/* What a sweep that is searched, or stopped early, will take: told from a sample of its settings.
 * What `run` and `plan` say alike. */
#ifndef SWEEP_CLI_FORECAST_H
#define SWEEP_CLI_FORECAST_H

#include "cli/preparation.h"

#define FORECAST_SAMPLE 32 /* settings, where they are not known beforehand */

struct forecast {
    size_t settings;       /* to be tried, at most; 0: only epochs or seconds end it */
    double most, expected; /* epochs of all trials; 0: not known */
    double epoch_seconds;  /* predicted, of one epoch */
    double seconds;        /* predicted, of what is expected; 0: not known */
};

/* From the plan of a sample, all of it to the end. */
struct forecast forecast_make(struct preparation *preparation, const struct plan *sample);

/* Whether the config's sweep is neither searched nor stopped: all of its trials are trained. */
bool forecast_is_whole(const struct config *config);

/* "halving, at epochs 1, 3 and 9 of 27", "race"; nothing where nothing stops a trial. */
void forecast_append_stopping(const struct config *config, struct text *text);

#endif
