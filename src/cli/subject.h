/* What `show` and `predict` do alike: find a trial, its model and its data set. */
#ifndef SWEEP_CLI_SUBJECT_H
#define SWEEP_CLI_SUBJECT_H

#include "base/arena.h"
#include "data/dataset.h"
#include "store/trial.h"

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* The arguments both take, TRIAL among them: argp's child parser, whose input is a struct subject.
 */
extern const struct argp subject_argp;

/* The trial that an argument TRIAL names: a trial_id, or 0 for the best. */
int64_t subject_trial(struct argp_state *state, const char *argument);

struct subject {
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

void subject_init(struct subject *subject);
void subject_release(struct subject *subject);

/* Read the trial and, where they are, open its model and (if wanted) load its data set. A model that was not
 * kept and a data set that is not here are no errors; a damaged model is none either: no_model
 * tells. */
enum status subject_find(struct subject *subject, bool wants_data, struct error *error);

#endif
