/* Whether callbacks have what they monitor, and something to act on. */
#include "search/config_private.h"

#include "nn/callbacks.h"
#include "nn/learning_rate_schedule.h"
#include "search/reading.h"

/* An axis that decides whether there is a callback, and a choice of it that is one. */
struct placed {
    const struct config *config;
    const struct axis *axis;
    size_t choice;
    const struct component *callback;
};

/* Whether a split beside the callback may be 0; *some: whether there are others. */
static bool lacks_images(const struct placed *placed, bool *some) {
    const struct axis *splits = config_axis(placed->config, HP_VALIDATION_SPLIT);
    double least = 0, most = 0;
    if (splits)
        axis_range(splits, &least, &most);
    *some = most > 0;
    bool lacks = least <= 0 && (!splits || splits->count == 0);
    for (size_t i = 0; splits && i < splits->count; i++)
        lacks |= value_number(&splits->choices[i].value) <= 0 &&
                 config_choices_meet(placed->config, placed->axis, placed->choice, splits, i, NULL);
    return lacks;
}

static enum status check_split(const struct placed *placed, const char *monitor) {
    const struct config *config = placed->config;
    const char *name = hyperparameters[placed->axis->id].name;
    bool some;
    if (config->unread[HP_VALIDATION_SPLIT] || !lacks_images(placed, &some))
        return STATUS_OK;
    const enum status status =
        some ? reading_fail(placed->axis->reading, placed->axis->spec,
                            "%s: %s needs images to validate on, and one of the values of "
                            "validation_split is 0; remove it, or watch %s",
                            name, monitor, monitor + 4)
             : reading_fail(placed->axis->reading, placed->axis->spec,
                            "%s: %s needs images to validate on; hold some out by "
                            "validation_split, or watch %s",
                            name, monitor, monitor + 4);
    config_correct_split(config);
    return status;
}

static enum status check_callback(const struct placed *placed, struct config *config) {
    const struct monitored monitored = callback_monitored(placed->callback);
    enum status status =
        monitored.metric
            ? objectives_record(placed->axis->reading, placed->axis->spec, monitored.metric, config)
            : STATUS_OK;
    return monitored.validation
               ? status_join(status, check_split(placed, callback_monitor(placed->callback)))
               : status;
}

/* As in Keras, whose schedules can't be reduced either. */
static enum status check_schedule(const struct placed *placed) {
    const struct axis *schedules = config_axis(placed->config, HP_LEARNING_RATE_SCHEDULE);
    bool changes = false;
    for (size_t i = 0; schedules && schedules->role == AXIS_VALUE && i < schedules->count; i++)
        changes |=
            schedule_changes(&schedules->choices[i].value.components->items[0]) &&
            config_choices_meet(placed->config, placed->axis, placed->choice, schedules, i, NULL);
    return changes && placed->axis->id == HP_REDUCE_LR_ON_PLATEAU
               ? reading_fail(placed->axis->reading, placed->axis->spec,
                              "reduce_lr_on_plateau does not go with a learning_rate_schedule, "
                              "which decides the rate of every step; take one of them, or leave "
                              "out settings with both: exclude: "
                              "[\"reduce_lr_on_plateau!=none and "
                              "learning_rate_schedule!=constant\"]")
               : STATUS_OK;
}

enum status callbacks_check(struct config *config) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->axis_count; i++) {
        const struct axis *axis = &config->axes[i];
        if ((axis->id != HP_EARLY_STOPPING && axis->id != HP_REDUCE_LR_ON_PLATEAU) ||
            axis->role != AXIS_VALUE)
            continue;
        enum status own = STATUS_OK;
        for (size_t j = 0; j < axis->count && own == STATUS_OK; j++) {
            const struct placed placed = {config, axis, j,
                                          &axis->choices[j].value.components->items[0]};
            if (callback_is_there(placed.callback))
                own = status_join(check_callback(&placed, config), check_schedule(&placed));
        }
        status = status_join(status, own);
    }
    return status;
}
