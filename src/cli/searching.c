#include "cli/searching.h"

#include "search/strategy.h"
#include "train/trial_scores.h"

enum status searching_begin(struct searching *searching, const struct config *config,
                            struct space *space, struct error *error) {
    const struct early_terminate *stop = &config->early_terminate;
    const struct strategy_options options = {.seed = config->seed,
                                             .objectives = config->objective_count};
    enum status status = STATUS_OK;
    if (config->method != METHOD_GRID)
        status = strategy_begin(strategy_find(method_name(config->method)), space_domain(space),
                                &options, &searching->strategy, error);
    if (status == STATUS_OK && stop->rule)
        status =
            stopper_begin(stopper_find(stop->rule), &stop->options, &searching->stopper, error);
    return status;
}

void searching_end(struct searching *searching) {
    strategy_end(searching->strategy);
    stopper_end(searching->stopper);
}

struct campaign_request searching_request(const struct searching *searching,
                                          const struct config *config, struct space *space) {
    const bool grid = !searching->strategy;
    return (struct campaign_request){.seeds = config->repeats,
                                     .objectives = config->objective_count,
                                     .judged = trial_scores_judged(config),
                                     .batch = config->batch,
                                     .settings =
                                         grid ? space->setting_count : TRIALS_MAX / config->repeats,
                                     .budget = config->budget,
                                     .strategy = searching->strategy,
                                     .domain = grid ? NULL : space_domain(space),
                                     .stopper = searching->stopper,
                                     .epochs = config_most_epochs(config)};
}

size_t searching_epochs(const struct space *space, size_t setting) {
    return (size_t)space->settings[setting].values[HP_EPOCHS].integer;
}
