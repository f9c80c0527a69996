/* What looks at a training at the end of each epoch, under Keras 3's names, with its arguments,
 * defaults and rules (keras.callbacks): EarlyStopping and ReduceLROnPlateau.
 *
 * They are pure functions of what was measured so far: a training that goes on from an epoch knows
 * all of them again from its history, but for the weights at the best epoch. */
#ifndef SWEEP_NN_CALLBACKS_H
#define SWEEP_NN_CALLBACKS_H

#include "base/argument.h"
#include "nn/metric.h"

/* Each has the kinds `none` and itself, which is the usual one: "val_loss patience=3". */
extern const struct component_family early_stopping_family, reduce_lr_family;

/* NULL: none. */
struct callbacks {
    const struct component *early_stopping, *reduce_lr;
};

/* What one monitors. */
struct monitored {
    bool validation;
    const struct metric *metric; /* NULL: the loss; what is named accuracy is one */
    bool accuracy;               /* that of the networks' own count */
};

/* Whether it is another than `none`; then what it monitors, and its patience. */
bool callback_is_there(const struct component *callback);
struct monitored callback_monitored(const struct component *callback);
/* The name of that, as val_loss; not for several threads at once. */
const char *callback_monitor(const struct component *callback);
uint32_t callback_patience(const struct component *callback);

/* Whether more is better; and whether that follows from what it monitors (mode=auto). */
bool callback_maximizes(const struct component *callback);
bool callback_follows_monitor(const struct component *callback);

/* Whether the weights at the best epoch are to be kept, for the end. */
bool callbacks_restore(const struct callbacks *callbacks);

/* What they remember. */
struct callbacks_state {
    struct watch {
        bool known; /* there is a best value */
        double best;
        uint64_t wait;
    } stopping, plateau;
    uint64_t cooldown;
    size_t best_epoch; /* whose weights are to be restored, from 1; 0: none as yet */
    bool stopped;
    float rate; /* that the next steps take; NaN: as it was */
};

struct callbacks_state callbacks_start(void);

/* The end of an epoch (from 1), with what is monitored; `rate`: the learning rate before the first
 * reduction. */
void callbacks_epoch_end(const struct callbacks *callbacks, size_t epoch, double stopping_value,
                         double plateau_value, double rate, struct callbacks_state *state);

#endif
