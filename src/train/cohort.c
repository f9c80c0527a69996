#include "train/cohort.h"

#include "base/clock.h"
#include "base/multiversion.h"
#include "train/stepper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of an evaluation batch. A constant: scores may not depend on who is trained with whom. */
#define EVALUATION_ROWS 128

/* Sums over a part of the data from which scores are read off. */
struct tally {
    double loss;
    size_t rows, hits;
    double *sums[METRICS_MAX];
};

/* A run while it is trained. */
struct active_run {
    const struct run *run;
    struct tally tally;
    struct epoch_scores *history; /* as long as the last milestone */
    struct scores *tests;         /* of the milestones reported */
    size_t epochs;                /* trained so far */
    size_t reported;              /* milestones reported */
    double seconds;               /* of the epochs so far */
    double started_at;
    struct callbacks_state callbacks;
    float *best;    /* the parameters at the best epoch; NULL: not asked for */
    bool exchanged; /* these and its own */
    bool done;
    bool training; /* not done, and not waiting for others to come as far */
};

struct training {
    const struct cohort *cohort;
    const struct observer *observer;
    struct stepper stepper; /* the runs' networks, in their order */
    size_t classes;
    struct active_run *active_runs;
    bool *selected;           /* scratch: who takes part */
    bool *averaged;           /* scratch: whose weights are exchanged for their averages */
    struct run_state *states; /* scratch */
    float *weights;           /* scratch: one network's, without padding */
};

struct cohort_part {
    struct training training;
    struct cohort cohort;
    struct arena arena;
    const struct run *runs[];
};

typedef bool predicate(const struct active_run *active);

static bool is_left(const struct active_run *active) {
    return !active->done;
}

static bool is_training(const struct active_run *active) {
    return active->training;
}

static bool at_milestone(const struct active_run *active) {
    return active->training && !active->done &&
           (active->callbacks.stopped ||
            active->run->milestones[active->reported].epochs == active->epochs);
}

static bool is_pausing(const struct active_run *active) {
    return !active->done && active->epochs >= run_end(active->run);
}

static size_t count(const struct training *training, predicate *wanted) {
    size_t runs = 0;
    for (size_t i = 0; i < training->cohort->run_count; i++)
        runs += wanted(&training->active_runs[i]);
    return runs;
}

static size_t index_of(const struct training *training, const struct active_run *active) {
    return (size_t)(active - training->active_runs);
}

static size_t batch_rows_max(const struct stream_spec *stream) {
    return stream->batch_size > EVALUATION_ROWS ? stream->batch_size : EVALUATION_ROWS;
}

size_t run_best_floats(const struct run *run) {
    return callbacks_restore(&run->network->callbacks) ? network_parameter_count(run->network) : 0;
}

/* Weights of the largest run. */
static size_t weights_max(const struct cohort *cohort) {
    size_t most = 0;
    for (size_t i = 0; i < cohort->run_count; i++) {
        const size_t weights = network_parameter_count(cohort->runs[i]->network);
        most = weights > most ? weights : most;
    }
    return most;
}

static void lay_out_run(const struct training *training, size_t index, struct arena *arena) {
    const struct cohort *cohort = training->cohort;
    const struct run *run = cohort->runs[index];
    struct active_run counted = {0};
    struct active_run *active = training->active_runs ? &training->active_runs[index] : &counted;
    *active =
        (struct active_run){.run = run, .started_at = clock_date(), .callbacks = callbacks_start()};
    active->history = ARENA_NEW(arena, struct epoch_scores, run_epochs(run));
    active->tests = ARENA_NEW(arena, struct scores, run->milestone_count);
    if (run_best_floats(run) > 0)
        active->best = ARENA_NEW(arena, float, run_best_floats(run));
    for (size_t i = 0; i < cohort->metric_count; i++)
        active->tally.sums[i] =
            ARENA_NEW(arena, double, cohort->metrics[i]->sums(training->classes));
}

/* All memory that a training takes; with an arena that counts, nothing else happens. */
static enum status init_training(struct training *training, struct arena *arena,
                                 struct error *error) {
    const struct cohort *cohort = training->cohort;
    const size_t runs = cohort->run_count;
    const struct network_spec **specs = malloc(runs * sizeof *specs);
    if (!specs)
        return error_memory(error);
    for (size_t i = 0; i < runs; i++)
        specs[i] = cohort->runs[i]->network;
    training->classes = cohort->stream.data->classes;
    training->active_runs = ARENA_NEW(arena, struct active_run, runs);
    training->selected = ARENA_NEW(arena, bool, runs);
    training->averaged = ARENA_NEW(arena, bool, runs);
    training->states = ARENA_NEW(arena, struct run_state, runs);
    training->weights = ARENA_NEW(arena, float, weights_max(cohort));
    for (size_t i = 0; i < runs && !arena->failed; i++)
        lay_out_run(training, i, arena);
    const enum status status = stepper_init(&training->stepper, &cohort->stream, specs, runs,
                                            batch_rows_max(&cohort->stream), arena, error);
    free(specs);
    return status;
}

enum status cohort_bytes(const struct cohort *cohort, size_t *bytes, struct error *error) {
    struct training training = {.cohort = cohort};
    struct arena arena;
    arena_init_counting(&arena);
    const enum status status = init_training(&training, &arena, error);
    *bytes = arena.used;
    return status;
}

/* Have the memory, which is in one piece, and the networks in it. */
static enum status make_training(struct training *training, struct arena *arena,
                                 struct error *error) {
    size_t bytes;
    enum status status = cohort_bytes(training->cohort, &bytes, error);
    arena_reset(arena);
    if (status == STATUS_OK && !arena_reserve(arena, bytes))
        status = error_memory(error);
    if (status == STATUS_OK)
        status = init_training(training, arena, error);
    if (status != STATUS_OK)
        arena_release(arena); /* what it got in vain is better left to others */
    return status;
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

static void tally_clear(const struct training *training, struct tally *tally) {
    const struct cohort *cohort = training->cohort;
    tally->loss = 0;
    tally->rows = tally->hits = 0;
    for (size_t i = 0; i < cohort->metric_count; i++)
        for (size_t j = 0; j < cohort->metrics[i]->sums(training->classes); j++)
            tally->sums[i][j] = 0;
}

/* Add what the selected runs made of a batch to their tallies. */
static void tally_add(struct training *training, size_t rows) {
    const struct cohort *cohort = training->cohort;
    for (size_t i = 0; i < cohort->run_count; i++) {
        struct tally *tally = &training->active_runs[i].tally;
        if (!training->selected[i])
            continue;
        tally->loss += training->stepper.results[i].loss;
        tally->hits += training->stepper.results[i].hits;
        tally->rows += rows;
        stepper_add_metrics(&training->stepper, i, cohort->metrics, cohort->metric_count,
                            tally->sums);
    }
}

static struct scores tally_scores(const struct training *training, const struct tally *tally) {
    struct scores scores = {.loss = tally->loss / (double)tally->rows,
                            .accuracy = (double)tally->hits / (double)tally->rows};
    for (size_t i = 0; i < training->cohort->metric_count; i++)
        scores.metrics[i] =
            training->cohort->metrics[i]->result(tally->sums[i], tally->rows, training->classes);
    return scores;
}

/* Begin a pass of some runs over a part of the data; the tallies hold the sums at its end. */
static void begin_pass(struct training *training, predicate *wanted) {
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        training->selected[i] = wanted(active);
        if (training->selected[i])
            tally_clear(training, &active->tally);
    }
    ensemble_select(training->stepper.ensemble, training->selected);
}

static void train_epoch(struct training *training, size_t epoch) {
    const struct observer *observer = training->observer;
    struct stepper *stepper = &training->stepper;
    const size_t images = training->cohort->stream.train_count;
    const size_t most = training->cohort->stream.batch_size;
    const size_t runs = count(training, is_training);
    begin_pass(training, is_training);
    stepper_begin_epoch(stepper, epoch);
    for (size_t first = 0; first < images; first += most) {
        const size_t rows = images - first < most ? images - first : most;
        stepper_batch(stepper, STREAM_TRAIN, first, rows);
        stepper_train(stepper);
        tally_add(training, rows);
        if (observer->images)
            observer->images(observer->context, rows * runs);
    }
}

/* Score the wanted runs on a part of the data. */
static void evaluate(struct training *training, enum stream_part part, predicate *wanted) {
    const size_t images = stream_count(&training->stepper.stream, part);
    begin_pass(training, wanted);
    for (size_t first = 0; first < images; first += EVALUATION_ROWS) {
        const size_t rows = images - first < EVALUATION_ROWS ? images - first : EVALUATION_ROWS;
        stepper_batch(&training->stepper, part, first, rows);
        stepper_predict(&training->stepper);
        tally_add(training, rows);
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

static void report(struct training *training, struct active_run *active, enum trial_outcome outcome,
                   struct scores test, const struct error *error) {
    const struct milestone *milestone = &active->run->milestones[active->reported];
    if (active->tests)
        active->tests[active->reported] = test;
    active->reported++;
    active->done = active->reported == active->run->milestone_count;
    struct trial_result result = {
        .trial = milestone->trial,
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
        .last = active->done,
    };
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
        struct scores taken = tally_scores(training, &active->tally);
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
    evaluate(training, STREAM_TEST, at_milestone);
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        while (at_milestone(active))
            report_milestone(training, active, tally_scores(training, &active->tally));
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
    if (make_training(&part->training, &part->arena, NULL) != STATUS_OK) {
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
    train_epoch(training, epoch);
    take_scores(training, epoch, STREAM_TRAIN);
    if (training->cohort->stream.validation_count > 0) {
        evaluate(training, STREAM_VALIDATION, is_training);
        take_scores(training, epoch, STREAM_VALIDATION);
    }
    close_epoch(training, epoch, clock_seconds() - begin);
    if (count(training, at_milestone) > 0)
        reach_milestones(training);
    pause_runs(training);
}

static enum status train_all(struct training *training, struct error *error) {
    const struct observer *observer = training->observer;
    while (count(training, is_left) > 0) {
        const size_t epoch = next_epoch(training);
        train_next_epoch(training, epoch);
        const size_t left = count(training, is_left);
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
    enum status status = make_training(&training, arena, &own);
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
