/* What `show` and `predict` do alike: find a trial, its model and its data set. */
#ifndef SWEEP_CLI_TRIAL_SELECTION_H
#define SWEEP_CLI_TRIAL_SELECTION_H

#include "base/arena.h"
#include "cli/option.h"
#include "data/dataset.h"
#include "store/trial.h"

#include <stdbool.h>
#include <stdint.h>

struct trial_selection {
    const char *path, *data_dir;
    struct option_list plugins;
    const char *name;       /* of the trial: a trial_id, or best, as NULL is */
    const char *sweep_name; /* --sweep; NULL: what `sweep` says */
    int64_t sweep;          /* 0: the one started last */
    int64_t trial;          /* by its name; 0: the best */
    bool weights_alone;     /* the model is asked nothing, and needs no data to be normalised by */

    struct arena arena;
    struct store *store;
    struct trial_record record;
    struct model model;
    bool has_model;
    struct error no_model; /* why there is none, and how to get one */
    struct dataset dataset;
    bool has_data;
    struct dataset_options options; /* how the sweep's config has it read */
    struct error no_data;           /* the same */
};

void trial_selection_init(struct trial_selection *chosen);
void trial_selection_release(struct trial_selection *chosen);

/* Read the trial of that name and, where they are, open its model and (if wanted) load its data
 * set. A model that was not kept and a data set that is not here are no errors; a damaged model is
 * none either: no_model tells. */
enum status trial_selection_find(struct trial_selection *chosen, bool wants_data,
                                 struct error *error);

#endif
