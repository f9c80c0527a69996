/* What a trial's result says of the scores that a sweep goes by (search/score.h). */
#ifndef SWEEP_TRAIN_TRIAL_SCORES_H
#define SWEEP_TRAIN_TRIAL_SCORES_H

#include "search/config.h"
#include "train/campaign.h"
#include "train/cohort.h"

/* A result, and the metrics that its scores are of beside loss and accuracy. */
struct trial_scores {
    const struct trial_result *result;
    size_t metric_count;
    const struct metric *const *metrics;
};

/* A score after so many epochs, from 1; 0: of the completed trial, which alone has been tested.
 * NaN where there is none. */
double trial_score(const struct trial_scores *scores, const struct score *score, size_t epochs);

/* Give a campaign the result of one of its trials, by the config's objectives. */
void trial_scores_tell(const struct trial_scores *scores, const struct config *config, size_t trial,
                       struct campaign *campaign);

/* Which of the config's objectives is the score that trials are stopped by. */
size_t trial_scores_judged(const struct config *config);

#endif
