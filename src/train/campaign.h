/* The campaign: a sweep's settings asked for, trained, judged and told, batch by batch.
 *
 *     while there is a batch:
 *         ask the strategy for points, which become settings
 *         for each step of the stopper (without one: a single step, to the end):
 *             the ledger begins trials and tells what is known of them
 *             the trainer trains those of which not enough is known
 *             the stopper looks; who does not go on is stopped in the ledger
 *         tell the strategy, in the order of asking
 *     then the stopper's last steps, with further seeds for the best
 *
 * It knows neither networks nor databases. What it does is a function of the request and of the
 * results, whatever the order in which these arrive, so a sweep that was interrupted is replayed by
 * running it again: what the ledger knows is not trained again, and nothing but points is kept of a
 * strategy, which saves it choosing them once more.
 *
 * Settings are numbered in the order of asking; setting i has the trials i * seeds + 0, 1, ... The
 * first setting that was asked for stands first wherever an order matters.
 *
 * A trial that could not be trained (CAMPAIGN_FAILED: out of memory, say) says nothing about its
 * setting: it is not told, but the strategy knows that the point was asked for. It counts against
 * the budget of trials, ends no campaign, and goes no further than the step in which it failed. The
 * next run trains it again (a ledger that has it as failed does not tell of it), while the points
 * that were asked for after the failure stay as they were. */
#ifndef SWEEP_TRAIN_CAMPAIGN_H
#define SWEEP_TRAIN_CAMPAIGN_H

#include "base/status.h"
#include "search/method.h"
#include "search/stopper.h"
#include "search/strategy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct campaign;

enum campaign_outcome {
    CAMPAIGN_UNKNOWN, /* nothing is known of the trial */
    CAMPAIGN_TRAINED, /* to its last epoch */
    CAMPAIGN_DIVERGED,
    CAMPAIGN_FAILED,
    CAMPAIGN_PAUSED, /* up to `epochs`, or stopped there by an earlier run */
};

/* What is known of a trial. Scores are to be minimised. */
struct campaign_result {
    size_t trial;
    enum campaign_outcome outcome;
    size_t epochs;         /* trained */
    const double *scores;  /* epochs x objectives: after each epoch; NaN where it has none */
    const double *ends;    /* objectives: after the whole training */
    const double *seconds; /* of each epoch */
};

/* Where settings come from. */
struct campaign_space {
    void *context;
    /* Make a point of the strategy's domain the next setting. */
    enum status (*add)(void *context, const double *point, struct error *error);
    size_t (*epochs)(void *context, size_t setting); /* of its whole training */
};

/* Where results are kept. */
struct campaign_ledger {
    void *context;
    /* The point that an earlier run asked for as this setting; false: none. */
    bool (*asked)(void *context, size_t setting, double *point);
    /* These trials (ascending) are the sweep's from now on. What is known of them, failures that
     * are not to be tried again included, is given to campaign_take before this returns. */
    enum status (*begin)(void *context, const size_t *trials, size_t count, struct error *error);
    /* A trial is stopped after `epochs`, or, where that is 0, had come to its end and its setting
     * gets no further seeds. */
    enum status (*stop)(void *context, size_t trial, size_t epochs,
                        const struct stopper_verdict *verdict, struct error *error);
};

/* What trains. */
struct campaign_trainer {
    void *context;
    /* Train these trials (ascending), from where they were left, up to `limit` epochs (0: to their
     * ends), and give what came of each to campaign_take before this returns, unless it fails. */
    enum status (*train)(void *context, const size_t *trials, size_t count, size_t limit,
                         struct error *error);
};

/* A step on its way, for who wants to tell of it. */
struct campaign_step {
    size_t batch;                /* of which it is one: number, from 1 */
    const char *chosen_by;       /* the method that chose the batch's last point; NULL: none */
    bool finals;                 /* behind the last batch: further seeds for the best */
    size_t epochs, seeds, count; /* as of struct stopper_step */
    size_t goes_on;              /* settings, once it was looked at */
    uint64_t spent;              /* epochs of the steps before this one */
};

struct campaign_watch { /* functions may be NULL */
    void *context;
    void (*begins)(void *context, const struct campaign_step *step);
    void (*looked)(void *context, const struct campaign_step *step);
    /* The score, to be minimised, that a trial has at its end which was known, and is asked for. */
    void (*knows)(void *context, double score);
};

struct campaign_request {
    size_t seeds;      /* of a setting, at least 1 */
    size_t objectives; /* 1 to STRATEGY_OBJECTIVES_MAX */
    size_t judged;     /* the objective that the stopper goes by */
    size_t batch;      /* settings asked for at a time */
    size_t settings; /* without a strategy: those that are there; with one: the most there may be */
    struct budget budget;
    struct strategy *strategy; /* NULL: all settings are there */
    const struct domain *domain;
    struct stopper *stopper; /* NULL: all are trained to the end */
    size_t epochs;           /* of the longest training */
    struct campaign_space space;
    struct campaign_ledger ledger;
    struct campaign_trainer trainer;
    struct campaign_watch watch;
};

/* Why a campaign ended. Budgets are looked at between batches. No more settings are asked for than
 * fit into what is left of the epochs if all are trained to the end, with the stopper's last steps,
 * and a race ends before a seed that does not fit, so that these are never overrun; and into the
 * seconds, if an epoch takes what it took so far, which is not known of the first batch. */
enum campaign_ending {
    CAMPAIGN_ALL, /* every setting there is was taken */
    CAMPAIGN_EXHAUSTED,
    CAMPAIGN_NOT_FOUND, /* STRATEGY_NOT_FOUND */
    CAMPAIGN_BUDGET_TRIALS,
    CAMPAIGN_BUDGET_EPOCHS,
    CAMPAIGN_BUDGET_SECONDS,
    CAMPAIGN_FULL, /* as many settings as there may be */
};

struct campaign_summary {
    enum campaign_ending ending;
    size_t settings, batches;
    size_t stopped;  /* settings that were */
    uint64_t epochs; /* that the steps asked for, whether trained by this run or known */
    double seconds;  /* of training these, as the results have it */
};

/* STATUS_MEMORY. What the request points to must outlive the campaign. */
enum status campaign_begin(const struct campaign_request *request, struct campaign **campaign,
                           struct error *error);
void campaign_end(struct campaign *campaign); /* NULL is allowed */

/* Take what is known of a trial, in the place of what was known before. Out of memory the campaign
 * fails. */
void campaign_take(struct campaign *campaign, const struct campaign_result *result);

/* What was to be taken could not be made: the campaign fails for want of memory. */
void campaign_fail_memory(struct campaign *campaign);

/* Run it, once. Errors are those of the request's functions, or STATUS_MEMORY. */
enum status campaign_run(struct campaign *campaign, struct error *error);

/* Whether nothing more is to come of a trial. */
bool campaign_is_settled(const struct campaign *campaign, size_t trial);

/* So far. */
const struct campaign_summary *campaign_summary(const struct campaign *campaign);

#endif
