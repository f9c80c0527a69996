/* One trial as the database has it. */
#ifndef SWEEP_STORE_TRIAL_H
#define SWEEP_STORE_TRIAL_H

#include "base/arena.h"
#include "search/score.h"
#include "store/store.h"
#include "train/model.h"

#include <stdint.h>

/* A metric that was recorded besides loss and accuracy: test_f1_score. */
struct recorded_score {
    struct score score;
    double value; /* after the trial's last epoch */
};

/* A trial that its sweep stopped is told of as it was then, whoever trained it further. */
struct trial_record {
    int64_t id, sweep_id;
    int64_t command;                 /* that gave it its result; 0: none, or not known */
    const char *sweep, *config_path; /* the sweep's name and config */
    const char *metric;              /* what the sweep goes by */
    const char *dataset, *dataset_source, *dataset_digest;
    const char *folder; /* from which the source is seen, if it is relative; "": not known */
    const char *status, *error;
    const char *stopped; /* why its sweep stopped it or gave its setting no further seeds, or "" */
    struct setting setting;
    uint64_t seed;
    double score; /* of the metric; NaN: none */
    double loss, accuracy, val_loss, val_accuracy, test_loss, test_accuracy, seconds;
    size_t recorded_count;
    struct recorded_score *recorded; /* those of training, validation and test images, by name */
    size_t epochs;                   /* of the history */
    struct epoch_scores *history;    /* without metrics */
};

/* Read a trial as part of a sweep: of `sweep`, or where that is 0, of the one started last that has
 * the trial. Trial 0 is the best trial of the sweep's best setting (the view `best`). Lives in the
 * arena. STATUS_USAGE for a trial or sweep that is not there, STATUS_INPUT for a row that is
 * not what was written. */
enum status store_trial(struct store *store, int64_t sweep, int64_t trial, struct arena *arena,
                        struct trial_record *record, struct error *error);

/* A sweep's best trials: one of each quantity that its metric measures, none where no trial has a
 * score. Lives in the arena. */
enum status store_best_trials(struct store *store, int64_t sweep, struct arena *arena,
                              const int64_t **trials, size_t *count, struct error *error);

/* Open the trial's model; *found is false when none was kept, and for a trial that its sweep did
 * not complete. Lives in the arena. STATUS_INPUT for a damaged one. */
enum status store_model(struct store *store, const struct trial_record *record, struct arena *arena,
                        struct model *model, bool *found, struct error *error);

#endif
