/* What `run` knows while it trains, and what it says of it: cmd_run.c does, running.c tells. */
#ifndef SWEEP_CLI_RUNNING_H
#define SWEEP_CLI_RUNNING_H

#include "cli/preparation.h"
#include "report/progress.h"
#include "store/store.h"
#include "sweep/checkpoints.h"
#include "sweep/keeping.h"
#include "sweep/plan.h"

struct running {
    struct preparation *preparation;
    const char *path; /* of the database */
    struct store *store;
    struct checkpoints *checkpoints;
    struct progress_line line;
    struct keeping keeping;    /* which trials' weights to keep */
    size_t models_left;        /* trials that are to be trained once more for their weights */
    size_t models_other;       /* those of them that gave other numbers */
    struct kept kept;          /* of the runs, for the next time */
    size_t failed;             /* trials */
    struct error first_failed; /* why the first of them did */
    double seconds;            /* of training, so far */
    size_t left;               /* trials without a result */
    struct error fault;        /* of the database; code STATUS_OK: none */
};

void running_print_plan(const struct running *running, const struct plan *plan,
                        const struct outlook *outlook);

/* That trials are trained again, for their weights. */
void running_print_models(const struct running *running, const struct plan *plan);

/* What became of the checkpoints, a line each. */
void running_print_notes(struct running *running);

void running_print_time(const struct running *running, const struct plan *plan);

/* What the leaderboard does not say. */
void running_print_end(const struct running *running, bool interrupted);

#endif
