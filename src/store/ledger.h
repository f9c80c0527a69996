/* The ledger that a database is to a campaign (train/campaign.h): which trials it has begun, what
 * is known of them, and which were stopped. */
#ifndef SWEEP_STORE_LEDGER_H
#define SWEEP_STORE_LEDGER_H

#include "store/store.h"
#include "train/campaign.h"
#include "train/trial_scores.h"

struct ledger;

/* For a sweep that store_begin_sweep has begun. `missing` and `left_alone` are what that and
 * store_left_alone have told of a sweep that is not in parts. All of it must outlive the ledger. */
struct ledger_request {
    struct store *store;
    const struct sweep_request *sweep;
    const struct space *space; /* may grow */
    size_t dimensions;         /* of a point; 0: there are none */
    const bool *missing, *left_alone;
    struct resume_summary *summary; /* counts on with each part */
};

/* STATUS_MEMORY, or what reading the points of an earlier run gives. */
enum status ledger_open(const struct ledger_request *request, struct ledger **ledger,
                        struct error *error);
void ledger_close(struct ledger *ledger); /* NULL is allowed */

/* Results are told to this campaign. */
void ledger_serve(struct ledger *ledger, struct campaign *campaign);

/* The functions of a struct campaign_ledger, whose context is the ledger. */
bool ledger_asked(void *ledger, size_t setting, double *point);
enum status ledger_begin(void *ledger, const size_t *trials, size_t count, struct error *error);
enum status ledger_stop(void *ledger, size_t trial, size_t epochs,
                        const struct stopper_verdict *verdict, struct error *error);

/* The point of the setting that comes next, to be kept. */
enum status ledger_note_point(struct ledger *ledger, size_t setting, const double *point,
                              struct error *error);

/* These trials are about to be trained. */
enum status ledger_take_up(struct ledger *ledger, const size_t *trials, size_t count,
                           struct error *error);

/* Take a trial's result: tell the campaign, and write it, or keep it in memory as long as the trial
 * is paused. */
enum status ledger_put(struct ledger *ledger, const struct trial_result *result,
                       struct error *error);

#endif
