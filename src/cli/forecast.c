#include "cli/forecast.h"

#include <math.h>
#include <string.h>

bool forecast_is_whole(const struct config *config) {
    return config->method == METHOD_GRID && !config->early_terminate.rule &&
           config->budget.epochs == 0 && config->budget.seconds <= 0;
}

/* The most settings that may be tried; 0: not known. */
static size_t settings_of(struct preparation *preparation) {
    const struct config *config = &preparation->config;
    const size_t repeats = config->repeats, trials = config->budget.trials;
    if (config->method == METHOD_GRID)
        return preparation->space.setting_count;
    const size_t budget = trials > 0 ? trials / repeats : 0;
    const struct domain *domain = space_domain_of(&preparation->space);
    double *point = ARENA_NEW(&preparation->arena, double, domain->count + 1);
    const size_t points = point ? domain_size(domain, point, TRIALS_MAX) : TRIALS_MAX;
    if (points < TRIALS_MAX / repeats)
        return budget > 0 && budget < points ? budget : points;
    return budget;
}

/* The epochs that a trial of the sample has. */
static double mean_epochs(const struct space *sample) {
    double sum = 0;
    for (size_t i = 0; i < sample->setting_count; i++)
        sum += (double)sample->settings[i].values[HP_EPOCHS].integer;
    return sum / (double)sample->setting_count;
}

static struct stopper_cost cost_of(const struct preparation *preparation, size_t settings) {
    const struct config *config = &preparation->config;
    const struct early_terminate *stop = &config->early_terminate;
    const double trials = (double)settings * (double)config->repeats;
    if (stop->rule)
        return stopper_cost(stopper_find(stop->rule), &stop->options, settings,
                            config->method == METHOD_GRID ? settings : config->batch);
    const double mean = mean_epochs(preparation->reviewed);
    const bool known = config->method == METHOD_GRID; /* all of its settings */
    return (struct stopper_cost){trials * (known ? mean : (double)config_most_epochs(config)),
                                 trials * mean};
}

/* A budget of epochs is never overrun (train/campaign.h). */
static void limit_epochs(const struct preparation *preparation, struct forecast *forecast) {
    const double limit = (double)preparation->config.budget.epochs;
    if (limit == 0)
        return;
    forecast->most = forecast->most > 0 ? fmin(forecast->most, limit) : limit;
    forecast->expected = forecast->expected > 0 ? fmin(forecast->expected, limit) : limit;
}

struct forecast forecast_make(struct preparation *preparation, const struct plan *sample) {
    const struct config *config = &preparation->config;
    const struct budget *budget = &config->budget;
    struct forecast forecast = {.settings = settings_of(preparation)};
    double epochs = 0;
    for (size_t i = 0; i < sample->run_count; i++)
        epochs += (double)run_epochs(&sample->runs[i]);
    forecast.epoch_seconds = epochs > 0 ? sample->seconds / epochs : 0;
    if (forecast.settings > 0) {
        const struct stopper_cost cost = cost_of(preparation, forecast.settings);
        forecast.most = cost.most;
        forecast.expected = cost.expected;
    }
    limit_epochs(preparation, &forecast);
    forecast.seconds = forecast.expected * forecast.epoch_seconds;
    /* Its seconds are those of the trials, on all threads together. */
    const double limit = budget->seconds / (double)sample->jobs;
    if (limit > 0 && (forecast.seconds <= 0 || forecast.seconds > limit))
        forecast.seconds = limit;
    return forecast;
}

void forecast_append_stopping(const struct config *config, struct text *text) {
    const struct early_terminate *stop = &config->early_terminate;
    size_t rungs[STOPPER_RUNGS_MAX];
    if (!stop->rule)
        return;
    const size_t count = early_terminate_rungs(stop, rungs);
    text_append(text, stop->rule);
    for (size_t i = 0; i < count; i++)
        text_printf(text, "%s%zu",
                    i > 0       ? i + 1 == count ? " and " : ", "
                    : count > 1 ? ", at epochs "
                                : ", at epoch ",
                    rungs[i]);
    if (count > 0)
        text_printf(text, " of %zu", stop->options.epochs);
    if (config->objective_count > 1)
        text_printf(text, ", judged by %s alone", config->score.name);
}
