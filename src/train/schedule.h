/* The schedule: a plan's slices spread over threads.
 *
 * Workers train; the calling thread alone speaks to the sink, so that a sink needs no locks. */
#ifndef SWEEP_TRAIN_SCHEDULE_H
#define SWEEP_TRAIN_SCHEDULE_H

#include "train/plan.h"

#include <stdatomic.h>

struct progress {
    size_t trials, trial_count; /* reported, of the plan */
    size_t images, image_count; /* trained, of the plan's training images over all epochs */
    double fraction;            /* of the work, by its predicted cost: 0 to 1 */
    double seconds;             /* since the start */
    double predicted;           /* for all of it */
    double cpu_seconds;         /* of the threads that train, for the slices that have ended */
};

/* Where results go to. Functions are called on the thread that called schedule_run. */
struct sink {
    void *context;
    /* A trial is finished. An error stops the schedule: no new slices, then the error is returned.
     */
    enum status (*trial)(void *context, const struct trial_result *result, struct error *error);
    /* Called several times a second, and once at the end; may be NULL. An error stops as above. */
    enum status (*tick)(void *context, const struct progress *progress, struct error *error);
    /* Whether a completed trial is to come with its weights; NULL: none is. The one function that
     * is called on the threads that train, but by one of them at a time. */
    bool (*wants_weights)(void *context, const struct trial_result *result);
    /* What a trial that is being trained has given so far, paused or not: once a second, and
     * at once where its run is resumed. NULL: nobody wants it. */
    void (*shown)(void *context, const struct trial_result *result);
};

/* How many threads to use unless the user says otherwise: the cores this process may run on. */
size_t schedule_default_jobs(void);

/* Train the plan on plan->jobs threads. Once *stop is not 0, running slices stop at their epoch's
 * end and the call returns STATUS_INTERRUPTED with everything finished delivered. Failed trials are
 * results, delivered to the sink, and no error of the schedule. A run's checkpoints are removed
 * after the first tick that follows its last result: by then the sink has to have it safe. */
enum status schedule_run(const struct plan *plan, const atomic_int *stop, const struct sink *sink,
                         struct error *error);

#endif
