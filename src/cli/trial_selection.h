/* What `show` and `predict` do alike: find a trial, its model and its data set. */
#ifndef SWEEP_CLI_TRIAL_SELECTION_H
#define SWEEP_CLI_TRIAL_SELECTION_H

#include "base/arena.h"
#include "data/dataset.h"
#include "store/trial.h"

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* The arguments both take, TRIAL among them: argp's child parser, whose input is a struct
 * trial_selection.
 */
extern const struct argp trial_selection_argp;

/* The trial that an argument TRIAL names: a trial_id, or 0 for the best. */
int64_t trial_selection_trial(struct argp_state *state, const char *argument);

struct trial_selection {
    const char *path, *data_dir;
    int64_t sweep, trial; /* 0: the last, the best */
    bool json;

    struct arena arena;
    struct store *store;
    struct trial_record record;
    struct model model;
    bool has_model;
    struct error no_model; /* why there is none, and how to get one */
    struct dataset dataset;
    bool has_data;
    struct error no_data; /* the same */
};

void trial_selection_init(struct trial_selection *chosen);
void trial_selection_release(struct trial_selection *chosen);

/* Read the trial and, where they are, open its model and (if wanted) load its data set. A model
 * that was not kept and a data set that is not here are no errors; a damaged model is none either:
 * no_model tells. */
enum status trial_selection_find(struct trial_selection *chosen, bool wants_data,
                                 struct error *error);

#endif
