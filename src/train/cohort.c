#include "train/training.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct cohort_part {
    struct training training;
    struct cohort cohort;
    struct arena arena;
    const struct run *runs[];
};

static bool is_left(const struct active_run *active) {
    return !active->done;
}

static bool at_milestone(const struct active_run *active) {
    return active->training && !active->done &&
           (active->callbacks.stopped ||
            active->run->milestones[active->reported].epochs == active->epochs);
}

static bool is_pausing(const struct active_run *active) {
    return !active->done && active->epochs >= run_end(active->run);
}

static size_t index_of(const struct training *training, const struct active_run *active) {
    return (size_t)(active - training->active_runs);
}

/* The epoch to train next: of those that are left, the first. */
static size_t next_epoch(const struct training *training) {
    size_t epochs = SIZE_MAX;
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        const struct active_run *active = &training->active_runs[i];
        if (!active->done && active->epochs < epochs)
            epochs = active->epochs;
    }
    return epochs + 1;
}

/* Let the runs train whose turn it is: neither those that are done, nor those that wait for the
 * others. */
static void choose_runs(struct training *training, size_t epoch) {
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        active->training = !active->done && active->epochs + 1 == epoch;
    }
}

/* The weights of a run that trains, or NULL where nobody wants them. */
static const float *weights_wanted(struct training *training, const struct active_run *active,
                                   const struct trial_result *result) {
    const struct observer *observer = training->observer;
    if (!active->training || result->outcome != TRIAL_COMPLETED || !observer->wants_weights ||
        !observer->wants_weights(observer->context, result))
        return NULL;
    ensemble_get_parameters(training->stepper.ensemble, index_of(training, active),
                            training->weights);
    return training->weights;
}

/* A run's next trial, as it is now. */
static struct trial_result result_of(const struct training *training,
                                     const struct active_run *active, enum trial_outcome outcome,
                                     struct scores test) {
    return (struct trial_result){
        .trial = active->run->milestones[active->reported].trial,
        .outcome = outcome,
        .epochs = active->epochs,
        .history = active->history,
        .validated = training->cohort->stream.validation_count > 0,
        .test = test,
        .parameters = network_parameter_count(active->run->network),
        .seconds = active->seconds,
        .started_at = active->started_at,
        .finished_at = clock_date(),
        .run = active->run,
    };
}

static void report(struct training *training, struct active_run *active, enum trial_outcome outcome,
                   struct scores test, const struct error *error) {
    struct trial_result result = result_of(training, active, outcome, test);
    if (active->tests)
        active->tests[active->reported] = test;
    active->reported++;
    active->done = result.last = active->reported == active->run->milestone_count;
    if (error)
        result.error = *error;
    result.weights = weights_wanted(training, active, &result);
    if (training->observer->trial)
        training->observer->trial(training->observer->context, &result);
}

static const struct scores no_scores = {.loss = (double)NAN, .accuracy = (double)NAN};

/* All milestones still to come have the same fate. */
static void report_rest(struct training *training, struct active_run *active,
                        enum trial_outcome outcome, const struct error *error) {
    while (!active->done)
        report(training, active, outcome, no_scores, error);
}

static double weight_of(const struct training *training, const struct active_run *active) {
    const struct observer *observer = training->observer;
    return observer->weight ? observer->weight(observer->context, active->run) : 1;
}

/* What a callback monitors, of an epoch; NaN where it is not measured, or there is no callback. */
static double monitored(const struct training *training, const struct epoch_scores *epoch,
                        const struct component *callback) {
    if (!callback)
        return (double)NAN;
    const struct monitored what = callback_monitored(callback);
    const struct scores *scores = what.validation ? &epoch->validation : &epoch->train;
    for (size_t i = 0; what.metric && i < training->cohort->metric_count; i++)
        if (training->cohort->metrics[i] == what.metric)
            return scores->metrics[i];
    return what.metric ? (double)NAN : what.accuracy ? scores->accuracy : scores->loss;
}

/* Have a run's callbacks look at an epoch of its history. */
static void call_back(const struct training *training, struct active_run *active, size_t epoch) {
    const struct network_spec *network = active->run->network;
    const struct callbacks *callbacks = &network->callbacks;
    const struct epoch_scores *scores = &active->history[epoch - 1];
    callbacks_epoch_end(callbacks, epoch, monitored(training, scores, callbacks->early_stopping),
                        monitored(training, scores, callbacks->reduce_lr),
                        network->optimizer_settings.value[OPTIMIZER_LEARNING_RATE],
                        &active->callbacks);
    ensemble_set_learning_rate(training->stepper.ensemble, index_of(training, active),
                               active->callbacks.rate);
}

/* Share out the epoch's time; a run whose loss is no number any more is done. */
static void close_epoch(struct training *training, size_t epoch, double seconds) {
    double weights = 0;
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (training->active_runs[i].training)
            weights += weight_of(training, &training->active_runs[i]);
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        if (!active->training)
            continue;
        struct epoch_scores *scores = &active->history[epoch - 1];
        scores->seconds = weights > 0 ? seconds * weight_of(training, active) / weights : 0;
        active->seconds += scores->seconds;
        active->epochs = epoch;
        if (!isfinite(scores->train.loss)) {
            report_rest(training, active, TRIAL_DIVERGED, NULL);
            continue;
        }
        call_back(training, active, epoch);
        if (active->best && active->callbacks.best_epoch == epoch)
            ensemble_get_parameters(training->stepper.ensemble, i, active->best);
    }
}

/* Exchange the parameters of runs at a milestone and those at their best epochs, which the trials
 * there end with; and again. */
static void exchange_best(struct training *training, predicate *wanted) {
    struct ensemble *ensemble = training->stepper.ensemble;
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        if (!active->best || active->callbacks.best_epoch == 0 || !wanted(active))
            continue;
        ensemble_get_parameters(ensemble, i, training->weights);
        ensemble_set_parameters(ensemble, i, active->best);
        memcpy(active->best, training->weights, run_best_floats(active->run) * sizeof(float));
        active->exchanged = !active->exchanged;
    }
}

static bool is_exchanged(const struct active_run *active) {
    return active->exchanged;
}

static void take_scores(struct training *training, size_t epoch, enum stream_part part) {
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        if (!active->training)
            continue;
        struct epoch_scores *scores = &active->history[epoch - 1];
        struct scores taken = training_scores(training, active);
        if (part == STREAM_TRAIN)
            scores->train = taken;
        else
            scores->validation = taken;
    }
}

/* The last steps of all may have been the ones that went too far. */
static void report_milestone(struct training *training, struct active_run *active,
                             struct scores test) {
    report(training, active, isfinite(test.loss) ? TRIAL_COMPLETED : TRIAL_DIVERGED, test, NULL);
}

/* As Keras' fit, which ends with the moving averages of the weights where the optimizer has these:
 * the test images, and who keeps the weights, see them; further epochs go on from the weights. */
static void exchange_averages(struct training *training) {
    for (size_t i = 0; i < training->cohort->run_count; i++)
        training->averaged[i] = at_milestone(&training->active_runs[i]);
    ensemble_exchange_averages(training->stepper.ensemble, training->averaged);
}

static void reach_milestones(struct training *training) {
    exchange_averages(training);
    exchange_best(training, at_milestone); /* which callbacks do at the very end */
    training_evaluate(training, STREAM_TEST, at_milestone);
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        while (at_milestone(active))
            report_milestone(training, active, training_scores(training, active));
    }
    exchange_best(training, is_exchanged);
    ensemble_exchange_averages(training->stepper.ensemble, training->averaged);
}

static struct run_state state_of(const struct training *training, const struct active_run *active) {
    return (struct run_state){
        .run = active->run,
        .epochs = active->epochs,
        .network = ensemble_state(training->stepper.ensemble, index_of(training, active)),
        .history = active->history,
        .reached = active->reported,
        .tests = active->tests,
        .started_at = active->started_at,
        .best_floats = active->best ? run_best_floats(active->run) : 0,
        .best = active->best};
}

/* Bring a run to where it was left: what it had given by then it gives again. */
static void resume(struct training *training, struct active_run *active) {
    const struct observer *observer = training->observer;
    struct run_state state = state_of(training, active);
    if (!observer->resume(observer->context, &state))
        return;
    ensemble_resume(training->stepper.ensemble, index_of(training, active), &state.network);
    active->started_at = state.started_at;
    while (active->epochs < state.epochs) {
        active->seconds += active->history[active->epochs++].seconds;
        call_back(training, active, active->epochs);
        if (active->reported < state.reached &&
            active->run->milestones[active->reported].epochs == active->epochs)
            report_milestone(training, active, state.tests[active->reported]);
    }
}

static void resume_all(struct training *training) {
    if (training->observer->resume)
        for (size_t i = 0; i < training->cohort->run_count; i++)
            resume(training, &training->active_runs[i]);
}

static bool goes_on(const struct active_run *active) {
    return active->training && !active->done;
}

static bool has_paused(const struct active_run *active) {
    return active->training && is_pausing(active);
}

static void keep(struct training *training, predicate *wanted, bool paused) {
    const struct observer *observer = training->observer;
    size_t states = 0;
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (wanted(&training->active_runs[i]))
            training->states[states++] = state_of(training, &training->active_runs[i]);
    if (states > 0)
        observer->keep(observer->context, training->states, states, paused);
}

/* Runs that have come to their limit; those that were resumed there are kept already. */
static void pause_runs(struct training *training) {
    if (training->observer->keep)
        keep(training, has_paused, true);
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (is_pausing(&training->active_runs[i]))
            report_rest(training, &training->active_runs[i], TRIAL_PAUSED, NULL);
}

/* A run goes on in another training; in this one it is done, with nothing to report. */
static void move_run(struct training *from, struct active_run *active, struct training *to,
                     size_t index) {
    struct active_run *moved = &to->active_runs[index];
    const struct run_state state = state_of(from, active);
    ensemble_resume(to->stepper.ensemble, index, &state.network);
    memcpy(moved->history, active->history, active->epochs * sizeof *active->history);
    memcpy(moved->tests, active->tests, active->reported * sizeof *active->tests);
    if (active->best)
        memcpy(moved->best, active->best, run_best_floats(active->run) * sizeof(float));
    moved->callbacks = active->callbacks;
    ensemble_set_learning_rate(to->stepper.ensemble, index, active->callbacks.rate);
    moved->epochs = active->epochs;
    moved->reported = active->reported;
    moved->seconds = active->seconds;
    moved->started_at = active->started_at;
    active->done = true;
}

/* Every second of the runs that are left, which are in an order that puts similar ones together:
 * about half of the work. */
static void split(struct training *training) {
    const struct observer *observer = training->observer;
    const size_t runs = training->cohort->run_count;
    struct cohort_part *part = calloc(1, sizeof *part + runs * sizeof *part->runs);
    if (!part)
        return;
    part->cohort = *training->cohort;
    part->cohort.runs = part->runs;
    part->cohort.run_count = 0;
    for (size_t i = 0, left = 0; i < runs; i++)
        if (is_left(&training->active_runs[i]) && left++ % 2 == 0)
            part->runs[part->cohort.run_count++] = training->cohort->runs[i];
    part->training.cohort = &part->cohort;
    if (training_make(&part->training, &part->arena, NULL) != STATUS_OK) {
        free(part);
        return;
    }
    for (size_t i = 0, at = 0; i < runs && at < part->cohort.run_count; i++)
        if (part->runs[at] == training->cohort->runs[i])
            move_run(training, &training->active_runs[i], &part->training, at++);
    observer->take(observer->context, part);
}

size_t cohort_part_images(const struct cohort_part *part) {
    size_t epochs = 0;
    for (size_t i = 0; i < part->cohort.run_count; i++)
        epochs += run_end(part->runs[i]) - part->training.active_runs[i].epochs;
    return epochs * part->cohort.stream.train_count;
}

static void train_next_epoch(struct training *training, size_t epoch) {
    const double begin = clock_seconds();
    choose_runs(training, epoch);
    training_epoch(training, epoch);
    take_scores(training, epoch, STREAM_TRAIN);
    if (training->cohort->stream.validation_count > 0) {
        training_evaluate(training, STREAM_VALIDATION, run_trains);
        take_scores(training, epoch, STREAM_VALIDATION);
    }
    close_epoch(training, epoch, clock_seconds() - begin);
    if (training_count(training, at_milestone) > 0)
        reach_milestones(training);
    pause_runs(training);
}

static void show(const struct training *training) {
    const struct observer *observer = training->observer;
    if (!observer->shows || !observer->shows(observer->context))
        return;
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        const struct active_run *active = &training->active_runs[i];
        if (active->done || active->epochs == 0)
            continue;
        const struct trial_result result = result_of(training, active, TRIAL_PAUSED, no_scores);
        observer->show(observer->context, &result);
    }
}

static enum status train_all(struct training *training, struct error *error) {
    const struct observer *observer = training->observer;
    while (training_count(training, is_left) > 0) {
        show(training);
        const size_t epoch = next_epoch(training);
        train_next_epoch(training, epoch);
        const size_t left = training_count(training, is_left);
        if (left == 0)
            break;
        const bool stopping = observer->stopped && observer->stopped(observer->context);
        if (observer->due && observer->due(observer->context, stopping))
            keep(training, goes_on, false);
        if (stopping)
            return error_set(error, STATUS_INTERRUPTED, "interrupted after epoch %zu", epoch);
        if (observer->splits && observer->splits(observer->context, left))
            split(training);
    }
    return STATUS_OK;
}

enum status cohort_continue(struct cohort_part *part, const struct observer *observer,
                            struct error *error) {
    part->training.observer = observer;
    const enum status status = train_all(&part->training, error);
    arena_release(&part->arena);
    free(part);
    return status;
}

/* No run exists when no memory was left at the start; their trials failed all the same. */
static void report_unstarted(struct training *training, const struct error *error) {
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run active = {.run = training->cohort->runs[i], .started_at = clock_date()};
        report_rest(training, &active, TRIAL_FAILED, error);
    }
}

/* Too much at once: one half after the other, so that a trial fails only where it doesn't fit
 * alone. */
static enum status train_halves(const struct cohort *cohort, struct arena *arena,
                                const struct observer *observer, struct error *error) {
    struct cohort half = *cohort;
    half.run_count = cohort->run_count / 2;
    enum status first = cohort_train(&half, arena, observer, error);
    if (first == STATUS_INTERRUPTED)
        return first;
    half.runs += half.run_count;
    half.run_count = cohort->run_count - half.run_count;
    enum status second = cohort_train(&half, arena, observer, error);
    return second == STATUS_OK ? first : second;
}

enum status cohort_train(const struct cohort *cohort, struct arena *arena,
                         const struct observer *observer, struct error *error) {
    struct training training = {.cohort = cohort, .observer = observer};
    struct error own = {0};
    enum status status = training_make(&training, arena, &own);
    if (status == STATUS_MEMORY && cohort->run_count > 1)
        return train_halves(cohort, arena, observer, error);
    if (status == STATUS_OK) {
        resume_all(&training);
        pause_runs(&training);
        status = train_all(&training, &own);
    } else {
        report_unstarted(&training, &own);
    }
    if (status != STATUS_OK && error)
        *error = own;
    return status;
}
