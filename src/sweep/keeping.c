#include "sweep/keeping.h"

#include <math.h>
#include <string.h>

double keeping_score(const struct config *config, const struct trial_result *result) {
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

void keeping_init(struct keeping *keeping, const struct config *config, const struct space *space) {
    *keeping = (struct keeping){.config = config, .space = space};
}

static bool comes_first(const struct keeping *keeping, size_t trial, double score) {
    if (!keeping->any || score != keeping->first_score)
        return !keeping->any || (score > keeping->first_score) == keeping->config->maximize;
    const struct trial *own = &keeping->space->trials[trial];
    const struct trial *first = &keeping->space->trials[keeping->first];
    const int settings = strcmp(own->setting->digest.hex, first->setting->digest.hex);
    return settings != 0 ? settings < 0 : own->seed < first->seed;
}

static bool compete(struct keeping *keeping, size_t trial, double score) {
    if (isnan(score) || !comes_first(keeping, trial, score))
        return false;
    keeping->any = true;
    keeping->first_score = score;
    keeping->first = trial;
    return true;
}

void keeping_know(struct keeping *keeping, size_t trial, double score) {
    compete(keeping, trial, score);
}

bool keeping_wants(struct keeping *keeping, const struct trial_result *result) {
    switch (keeping->config->keep_models) {
    case KEEP_NONE:
        return false;
    case KEEP_ALL:
        return true;
    case KEEP_BEST:
        break;
    }
    return compete(keeping, result->trial, keeping_score(keeping->config, result));
}
