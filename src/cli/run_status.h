/* What `run` knows while it trains, and what it says of it: cmd_run.c does, run_status.c tells. */
#ifndef SWEEP_CLI_RUN_STATUS_H
#define SWEEP_CLI_RUN_STATUS_H

#include "cli/forecast.h"
#include "cli/preparation.h"
#include "report/progress.h"
#include "store/copier.h"
#include "store/store.h"
#include "train/campaign.h"
#include "train/checkpoints.h"
#include "train/model_policy.h"
#include "train/plan.h"

#include <sys/types.h>

struct run_status {
    struct preparation *preparation;
    const char *path; /* of the database */
    struct text command_line;
    struct store *store;
    struct checkpoints *checkpoints;
    struct copier *copier;      /* NULL: no copies are asked for */
    char *copy;                 /* their place; NULL once the last one failed */
    struct model_policy policy; /* which trials' weights to keep */
    size_t models_left;         /* trials that are to be trained once more for their weights */
    size_t models_other;        /* those of them that gave other numbers */
    struct kept kept;           /* of the runs, for the next time */
    size_t failed;              /* trials */
    struct error first_failed;  /* why the first of them did */
    double seconds;             /* of training, so far */
    double seconds_before;      /* of the plans before the one at hand */
    struct forecast forecast;   /* of a sweep in parts */
    double spent, step_epochs;  /* epochs of the plans so far, and of the one at hand */
    size_t ended;               /* trials, by this run */
    size_t images, last_images; /* trained in the plans before the one at hand, and in that */
    bool in_parts, handed_over; /* it is searched or stopped; gp has left the choice to tpe */
    double cpu_seconds;         /* of the threads that trained */
    size_t left;                /* trials without a result */
    size_t lost;                /* bytes of a shard's results that could not be written */
    struct error fault;         /* of the database; code STATUS_OK: none */
    bool interrupted;
    const char *page; /* that is renewed meanwhile; NULL: none */
    pid_t renewer;    /* the process that does that; 0: none */
};

void run_status_print_plan(const struct run_status *run, const struct plan *plan,
                           const struct resume_summary *summary);

/* The part of it that tells how, without what. */
void run_status_print_runs(const struct run_status *run, const struct plan *plan);

/* The same where there is nothing to train. */
void run_status_print_done(const struct run_status *run, const struct resume_summary *summary);

/* Of a sweep in parts: how it is searched and stopped, and what that is predicted to take. */
void run_status_print_search(const struct run_status *run);

/* Note a step that begins, and say what is new with its batch. */
void run_status_begin_step(struct run_status *run, const struct campaign_step *step);

/* Say what came of a step. */
void run_status_print_step(struct run_status *run, const struct campaign_step *step);

/* Show how far the sweep has come, of a plan of which so much is done. */
void run_status_show_progress(struct run_status *run, const struct progress *progress);

/* Show that a sweep in parts is done. */
void run_status_end_progress(struct run_status *run);

/* Why a sweep in parts has ended. */
void run_status_print_search_end(const struct run_status *run,
                                 const struct campaign_summary *summary);

/* That trials are trained again, for their weights. */
void run_status_print_models(const struct run_status *run, const struct plan *plan);

/* What became of the checkpoints, a line each. */
void run_status_print_notes(struct run_status *run);

/* What became of copies of the database. */
void run_status_print_copies(const struct run_status *run);

void run_status_print_time(const struct run_status *run, const struct plan *plan);

/* What the leaderboard does not say. */
void run_status_print_end(const struct run_status *run);

#endif
