#include "train/model_policy.h"

#include "stats/ranking.h"
#include "train/trial_scores.h"

#include <math.h>

double model_policy_score(const struct config *config, const struct trial_result *result) {
    const struct trial_scores scores = {result, config->metric_count, config->metrics};
    return trial_score(&scores, &config->score, 0);
}

enum status model_policy_init(struct model_policy *policy, const struct config *config,
                              const struct space *space, struct arena *arena, struct error *error) {
    *policy = (struct model_policy){.config = config, .space = space};
    policy->quantities = ARENA_NEW(arena, size_t, space->setting_count);
    if (!policy->quantities)
        return error_memory(error);
    enum status status =
        space_quantities(space, &config->score, policy->quantities, &policy->quantity_count, error);
    policy->candidates = ARENA_NEW(arena, struct candidates, policy->quantity_count);
    return status == STATUS_OK && !policy->candidates ? error_memory(error) : status;
}

/* Whether a goes before b: by the score, and of equal ones by their order in the config. */
static bool goes_before(const struct model_policy *policy, const struct candidate *a,
                        const struct candidate *b) {
    const int order = ranking_compare(1, a->score, 1, b->score, policy->config->maximize);
    return order != 0 ? order < 0 : a->trial < b->trial;
}

/* Put a trial in its place; false when it has none. */
static bool compete(struct model_policy *policy, size_t trial, double score) {
    const struct candidate own = {score, trial};
    const size_t setting = (size_t)(policy->space->trials[trial].setting - policy->space->settings);
    struct candidates *all = &policy->candidates[policy->quantities[setting]];
    size_t place = all->count;
    while (place > 0 && goes_before(policy, &own, &all->items[place - 1]))
        place--;
    if (!isfinite(score) || place == MODEL_POLICY_CANDIDATES)
        return false;
    if (all->count < MODEL_POLICY_CANDIDATES)
        all->count++;
    for (size_t i = all->count - 1; i > place; i--)
        all->items[i] = all->items[i - 1];
    all->items[place] = own;
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
