#include "train/model_policy.h"

#include <math.h>
#include <string.h>

double model_policy_score(const struct config *config, const struct trial_result *result) {
    if (result->outcome != TRIAL_COMPLETED || result->epochs == 0)
        return (double)NAN;
    const struct epoch_scores *last = &result->history[result->epochs - 1];
    const char *name = config->metric;
    const struct scores *scores = &last->train;
    if (strncmp(name, "val_", 4) == 0) {
        if (!result->validated)
            return (double)NAN;
        scores = &last->validation;
        name += 4;
    } else if (strncmp(name, "test_", 5) == 0) {
        scores = &result->test;
        name += 5;
    }
    if (strcmp(name, "loss") == 0)
        return scores->loss;
    for (size_t i = 0; i < config->metric_count; i++)
        if (strcmp(config->metrics[i]->name, name) == 0)
            return scores->metrics[i];
    return scores->accuracy;
}

void model_policy_init(struct model_policy *policy, const struct config *config,
                       const struct space *space) {
    *policy = (struct model_policy){.config = config, .space = space};
}

static bool comes_first(const struct model_policy *policy, size_t trial, double score) {
    if (!policy->any || score != policy->first_score)
        return !policy->any || (score > policy->first_score) == policy->config->maximize;
    const struct trial *own = &policy->space->trials[trial];
    const struct trial *first = &policy->space->trials[policy->first];
    const int settings = strcmp(own->setting->digest.hex, first->setting->digest.hex);
    return settings != 0 ? settings < 0 : own->seed < first->seed;
}

static bool compete(struct model_policy *policy, size_t trial, double score) {
    if (isnan(score) || !comes_first(policy, trial, score))
        return false;
    policy->any = true;
    policy->first_score = score;
    policy->first = trial;
    return true;
}

void model_policy_know(struct model_policy *policy, size_t trial, double score) {
    compete(policy, trial, score);
}

bool model_policy_wants(struct model_policy *policy, const struct trial_result *result) {
    switch (policy->config->keep_models) {
    case KEEP_NONE:
        return false;
    case KEEP_ALL:
        return true;
    case KEEP_BEST:
        break;
    }
    return compete(policy, result->trial, model_policy_score(policy->config, result));
}
