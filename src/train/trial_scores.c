#include "train/trial_scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double value_of(const struct trial_scores *all, const struct score *score,
                       const struct scores *scores) {
    if (score->in_trials)
        return score->metric ? scores->accuracy : scores->loss;
    for (size_t i = 0; i < all->metric_count; i++)
        if (all->metrics[i] == score->metric)
            return scores->metrics[i];
    return (double)NAN;
}

/* What is measured on no images. */
static double unsplit(const struct trial_result *result, const struct score *score, size_t epochs) {
    double seconds = 0;
    if (strcmp(score->name, "parameters") == 0)
        return (double)result->parameters;
    for (size_t i = 0; i < epochs; i++)
        seconds += result->history[i].seconds;
    return seconds;
}

double trial_score(const struct trial_scores *scores, const struct score *score, size_t epochs) {
    const struct trial_result *result = scores->result;
    const size_t at = epochs > 0 ? epochs : result->epochs;
    if (at == 0 || at > result->epochs || (epochs == 0 && result->outcome != TRIAL_COMPLETED))
        return (double)NAN;
    switch (score->split) {
    case SCORE_VALIDATION:
        return result->validated ? value_of(scores, score, &result->history[at - 1].validation)
                                 : (double)NAN;
    case SCORE_TRAINING:
        return value_of(scores, score, &result->history[at - 1].train);
    case SCORE_TEST:
        return epochs == 0 ? value_of(scores, score, &result->test) : (double)NAN;
    case SCORE_UNSPLIT:
        break;
    }
    return unsplit(result, score, at);
}

static double to_minimize(const struct trial_scores *scores, const struct objective *objective,
                          size_t epochs) {
    const double value = trial_score(scores, &objective->score, epochs);
    return objective->maximize ? -value : value;
}

static enum campaign_outcome outcome_of(const struct trial_result *result) {
    static const enum campaign_outcome outcomes[] = {[TRIAL_COMPLETED] = CAMPAIGN_TRAINED,
                                                     [TRIAL_DIVERGED] = CAMPAIGN_DIVERGED,
                                                     [TRIAL_FAILED] = CAMPAIGN_FAILED,
                                                     [TRIAL_PAUSED] = CAMPAIGN_PAUSED,
                                                     [TRIAL_STOPPED] = CAMPAIGN_PAUSED};
    return outcomes[result->outcome];
}

void trial_scores_tell(const struct trial_scores *scores, const struct config *config, size_t trial,
                       struct campaign *campaign) {
    const struct trial_result *result = scores->result;
    const size_t objectives = config->objective_count;
    double *rows = malloc((result->epochs * (objectives + 1) + 1) * sizeof *rows);
    double *seconds = rows ? rows + result->epochs * objectives : NULL;
    double ends[CONFIG_OBJECTIVES_MAX];
    for (size_t epoch = 0; rows && epoch < result->epochs; epoch++) {
        for (size_t i = 0; i < objectives; i++)
            rows[epoch * objectives + i] = to_minimize(scores, &config->objectives[i], epoch + 1);
        seconds[epoch] = result->history[epoch].seconds;
    }
    for (size_t i = 0; i < objectives; i++)
        ends[i] = to_minimize(scores, &config->objectives[i], 0);
    const struct campaign_result told = {.trial = trial,
                                         .outcome = outcome_of(result),
                                         .epochs = rows ? result->epochs : 0,
                                         .scores = rows,
                                         .ends = ends,
                                         .seconds = seconds};
    campaign_take(campaign, &told);
    if (!rows)
        campaign_fail_memory(campaign);
    free(rows);
}

size_t trial_scores_judged(const struct config *config) {
    for (size_t i = 0; i < config->objective_count; i++)
        if (strcmp(config->objectives[i].score.name, config->score.name) == 0)
            return i;
    return 0;
}
