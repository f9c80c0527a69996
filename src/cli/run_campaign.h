/* The training of a sweep by `run`: the campaign (train/campaign.h) with the database as its ledger
 * and the schedule as its trainer. */
#ifndef SWEEP_CLI_RUN_CAMPAIGN_H
#define SWEEP_CLI_RUN_CAMPAIGN_H

#include "cli/run_status.h"

/* Train and store all that the config asks for and the database does not have. */
enum status run_campaign(struct run_status *run, enum retrain retrain, struct error *error);

/* The database failed: its results go to a spool from now on, those of the running epochs as well,
 * which is why the schedule is stopped and not failed: it is always STATUS_OK. */
enum status run_note_fault(struct run_status *run, enum status status, const struct error *error);

#endif
