#include "nn/callbacks.h"

#include "base/names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- what is monitored --- */

static const char *const own_names[] = {"loss", "val_loss", "accuracy", "val_accuracy"};
enum { OF_LOSS, OF_VAL_LOSS, OF_ACCURACY, OF_VAL_ACCURACY, OWN_NAMES };

#define MONITORS_MAX 256 /* as many as a place can be of */
#define MONITOR_NAME_MAX 64

/* The metric that a place is of; *validation says on which images. NULL behind the last. */
static const struct metric *metric_at(size_t place, bool *validation) {
    const struct metric *metric;
    size_t at = OWN_NAMES;
    for (size_t i = 0; (metric = metric_row(i)); i++) {
        if (strcmp(metric->name, own_names[OF_ACCURACY]) == 0)
            continue;
        *validation = place == at + 1;
        if (place == at || *validation)
            return metric;
        at += 2;
    }
    return NULL;
}

static const char *monitor_at(size_t i) {
    static char names[MONITORS_MAX][MONITOR_NAME_MAX];
    bool validation = false;
    if (i < OWN_NAMES)
        return own_names[i];
    const struct metric *metric = i < MONITORS_MAX ? metric_at(i, &validation) : NULL;
    if (!metric)
        return NULL;
    snprintf(names[i], sizeof names[i], "%s%s", validation ? "val_" : "", metric->name);
    return names[i];
}

/* --- their arguments --- */

/* What both have. */
struct monitor {
    uint8_t monitor, mode;
    uint32_t patience;
    double min_delta;
};

struct early_stopping {
    struct monitor monitor;
    uint32_t start_from_epoch;
    double baseline;
    bool restore_best_weights;
};

struct reduce_lr {
    struct monitor monitor;
    uint32_t cooldown;
    double factor, min_lr;
};

enum { MODE_AUTO, MODE_MIN, MODE_MAX };
static const char *const modes[] = {"auto", "min", "max", NULL};

#define NO_BASELINE ((double)-INFINITY)
#define LARGE 1e30
#define EPOCHS_MAX 1e6

#define MONITOR                                                                                    \
    {                                                                                              \
        .name = "monitor", .type = ARGUMENT_NAME, .offset = offsetof(struct monitor, monitor),     \
        .standard = OF_VAL_LOSS, .name_at = monitor_at, .help = "what is watched"                  \
    }
#define PATIENCE(STANDARD)                                                                         \
    {                                                                                              \
        .name = "patience", .type = ARGUMENT_WHOLE, .offset = offsetof(struct monitor, patience),  \
        .standard = (STANDARD), .maximum = EPOCHS_MAX, .help = "epochs without an improvement"     \
    }
#define MIN_DELTA(STANDARD)                                                                        \
    {                                                                                              \
        .name = "min_delta", .type = ARGUMENT_REAL, .offset = offsetof(struct monitor, min_delta), \
        .standard = (STANDARD), .maximum = LARGE, .help = "the least change that is one"           \
    }
#define MODE                                                                                       \
    {                                                                                              \
        .name = "mode", .type = ARGUMENT_NAME, .offset = offsetof(struct monitor, mode),           \
        .names = modes, .help = "whether less or more is better; auto: as of what is watched"      \
    }

static const struct argument early_stopping_arguments[] = {
    MONITOR,
    MIN_DELTA(0),
    PATIENCE(0),
    MODE,
    {.name = "baseline",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct early_stopping, baseline),
     .standard = NO_BASELINE,
     .minimum = -LARGE,
     .maximum = LARGE,
     .as = "none",
     .help = "what an improvement has to be better than, too"},
    {.name = "restore_best_weights",
     .type = ARGUMENT_SWITCH,
     .offset = offsetof(struct early_stopping, restore_best_weights),
     .help = "whether the training ends with the weights of its best epoch, which are tested and "
             "kept; scores but those on test images stay the last epoch's"},
    {.name = "start_from_epoch",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct early_stopping, start_from_epoch),
     .maximum = EPOCHS_MAX,
     .help = "epochs before it begins to watch"},
};

static const struct argument reduce_lr_arguments[] = {
    MONITOR,
    {.name = "factor",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct reduce_lr, factor),
     .standard = 0.1,
     .maximum = 1,
     .maximum_open = true,
     .help = "what the learning rate is multiplied by"},
    PATIENCE(10),
    MODE,
    MIN_DELTA(1e-4),
    {.name = "cooldown",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct reduce_lr, cooldown),
     .maximum = EPOCHS_MAX,
     .help = "epochs after a reduction that are not counted"},
    {.name = "min_lr",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct reduce_lr, min_lr),
     .maximum = LARGE,
     .help = "the least learning rate"},
};

static const struct component_kind early_stopping_kinds[] = {
    {.name = "none", .help = "the training takes all its epochs"},
    {.name = "early_stopping",
     .help = "ends the training once what it watches has stopped to improve",
     .arguments = ARGUMENT_TABLE(early_stopping_arguments, 1)},
};

static const struct component_kind reduce_lr_kinds[] = {
    {.name = "none", .help = "the learning rate stays as it is"},
    {.name = "reduce_lr_on_plateau",
     .help = "reduces the learning rate once what it watches has stopped to improve",
     .arguments = ARGUMENT_TABLE(reduce_lr_arguments, 1)},
};

static const struct component_kind *early_stopping_at(size_t i) {
    return i < 2 ? &early_stopping_kinds[i] : NULL;
}

static const struct component_kind *reduce_lr_at(size_t i) {
    return i < 2 ? &reduce_lr_kinds[i] : NULL;
}

const struct component_family early_stopping_family = {.noun = "early_stopping",
                                                       .at = early_stopping_at,
                                                       .usual = &early_stopping_kinds[1],
                                                       .most = 1};
const struct component_family reduce_lr_family = {
    .noun = "reduce_lr_on_plateau", .at = reduce_lr_at, .usual = &reduce_lr_kinds[1], .most = 1};

static const struct monitor *monitor_of(const struct component *callback) {
    return (const struct monitor *)(const void *)callback->arguments;
}

static const struct early_stopping *stopping_of(const struct callbacks *callbacks) {
    return (const struct early_stopping *)(const void *)callbacks->early_stopping->arguments;
}

bool callback_is_there(const struct component *callback) {
    return callback->kind->arguments.count > 0;
}

struct monitored callback_monitored(const struct component *callback) {
    const size_t place = monitor_of(callback)->monitor;
    struct monitored monitored = {0};
    if (place >= OWN_NAMES) {
        monitored.metric = metric_at(place, &monitored.validation);
        return monitored;
    }
    monitored.validation = place == OF_VAL_LOSS || place == OF_VAL_ACCURACY;
    monitored.accuracy = place == OF_ACCURACY || place == OF_VAL_ACCURACY;
    return monitored;
}

const char *callback_monitor(const struct component *callback) {
    return monitor_at(monitor_of(callback)->monitor);
}

uint32_t callback_patience(const struct component *callback) {
    return monitor_of(callback)->patience;
}

bool callbacks_restore(const struct callbacks *callbacks) {
    return callbacks->early_stopping && stopping_of(callbacks)->restore_best_weights;
}

/* --- their rules --- */

struct callbacks_state callbacks_start(void) {
    return (struct callbacks_state){.rate = NAN};
}

bool callback_follows_monitor(const struct component *callback) {
    return monitor_of(callback)->mode == MODE_AUTO;
}

bool callback_maximizes(const struct component *callback) {
    const struct monitored monitored = callback_monitored(callback);
    if (!callback_follows_monitor(callback))
        return monitor_of(callback)->mode == MODE_MAX;
    return monitored.accuracy || (monitored.metric && monitored.metric->maximize);
}

/* Whether a value is better than another by more than min_delta, as Keras compares them: in single
 * precision. */
static bool improves(const struct component *callback, double value, double on) {
    const double least = monitor_of(callback)->min_delta;
    return callback_maximizes(callback) ? (float)(value - least) > (float)on
                                        : (float)(value + least) < (float)on;
}

static bool take_best(const struct component *callback, double value, struct watch *watch) {
    const bool better = !watch->known || improves(callback, value, watch->best);
    if (better)
        *watch = (struct watch){true, value, watch->wait};
    return better;
}

static void look_whether_to_stop(const struct callbacks *callbacks, size_t epoch, double value,
                                 struct callbacks_state *state) {
    const struct early_stopping *own = stopping_of(callbacks);
    struct watch *watch = &state->stopping;
    if (epoch <= own->start_from_epoch)
        return;
    watch->wait++;
    if (take_best(callbacks->early_stopping, value, watch)) {
        state->best_epoch = epoch;
        if (own->baseline == NO_BASELINE ||
            improves(callbacks->early_stopping, value, own->baseline))
            watch->wait = 0;
        return;
    }
    state->stopped = watch->wait >= own->monitor.patience && epoch > 1;
}

static void reduce(const struct reduce_lr *own, double rate, struct callbacks_state *state) {
    const float before = isnan(state->rate) ? (float)rate : state->rate;
    if (!(before > (float)own->min_lr))
        return;
    state->rate = (float)fmax((double)before * own->factor, own->min_lr);
    state->cooldown = own->cooldown;
    state->plateau.wait = 0;
}

static void look_whether_to_reduce(const struct callbacks *callbacks, double value, double rate,
                                   struct callbacks_state *state) {
    const struct reduce_lr *own =
        (const struct reduce_lr *)(const void *)callbacks->reduce_lr->arguments;
    struct watch *watch = &state->plateau;
    if (state->cooldown > 0) {
        state->cooldown--;
        watch->wait = 0;
    }
    if (take_best(callbacks->reduce_lr, value, watch))
        watch->wait = 0;
    else if (state->cooldown == 0 && ++watch->wait >= own->monitor.patience)
        reduce(own, rate, state);
}

void callbacks_epoch_end(const struct callbacks *callbacks, size_t epoch, double stopping_value,
                         double plateau_value, double rate, struct callbacks_state *state) {
    if (callbacks->early_stopping)
        look_whether_to_stop(callbacks, epoch, stopping_value, state);
    if (callbacks->reduce_lr)
        look_whether_to_reduce(callbacks, plateau_value, rate, state);
}
