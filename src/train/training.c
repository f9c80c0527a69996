#include "train/training.h"

#include "base/clock.h"

#include <stdlib.h>

/* Rows of an evaluation batch. A constant: scores may not depend on who is trained with whom. */
#define EVALUATION_ROWS 128

bool run_trains(const struct active_run *active) {
    return active->training;
}

size_t training_count(const struct training *training, predicate *wanted) {
    size_t runs = 0;
    for (size_t i = 0; i < training->cohort->run_count; i++)
        runs += wanted(&training->active_runs[i]);
    return runs;
}

static size_t batch_rows_max(const struct stream_spec *stream) {
    const size_t rows = stream_batch_rows(stream);
    return rows > EVALUATION_ROWS ? rows : EVALUATION_ROWS;
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
            ARENA_NEW(arena, double, cohort->metrics[i]->sums(stepper_classes(run->network)));
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

enum status training_make(struct training *training, struct arena *arena, struct error *error) {
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

static void tally_clear(const struct training *training, struct active_run *active) {
    const struct cohort *cohort = training->cohort;
    const size_t classes = cohort->metric_count ? stepper_classes(active->run->network) : 0;
    struct tally *tally = &active->tally;
    tally->loss = 0;
    tally->rows = tally->hits = 0;
    for (size_t i = 0; i < cohort->metric_count; i++)
        for (size_t j = 0; j < cohort->metrics[i]->sums(classes); j++)
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

struct scores training_scores(const struct training *training, const struct active_run *active) {
    const struct tally *tally = &active->tally;
    struct scores scores = {.loss = tally->loss / (double)tally->rows,
                            .accuracy = (double)tally->hits / (double)tally->rows};
    const size_t target = network_output(active->run->network, 0).target;
    if (target > 0 ? stream_target_is_numbers(target) : training->cohort->stream.data->classes == 0)
        scores.accuracy = (double)NAN;
    for (size_t i = 0; i < training->cohort->metric_count; i++)
        scores.metrics[i] = stepper_result(active->run->network, training->cohort->metrics[i],
                                           tally->sums[i], tally->rows);
    return scores;
}

/* Begin a pass of some runs over a part of the data; the tallies hold the sums at its end. */
static void begin_pass(struct training *training, predicate *wanted) {
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        training->selected[i] = wanted(active);
        if (training->selected[i])
            tally_clear(training, active);
    }
    ensemble_select(training->stepper.ensemble, training->selected);
}

void training_epoch(struct training *training, size_t epoch) {
    const struct observer *observer = training->observer;
    struct stepper *stepper = &training->stepper;
    const size_t images = training->cohort->stream.train_count;
    const size_t most = training->cohort->stream.batch_size;
    const size_t runs = training_count(training, run_trains);
    begin_pass(training, run_trains);
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

void training_evaluate(struct training *training, enum stream_part part, predicate *wanted) {
    const size_t images = stream_count(&training->stepper.stream, part);
    begin_pass(training, wanted);
    for (size_t first = 0; first < images; first += EVALUATION_ROWS) {
        const size_t rows = images - first < EVALUATION_ROWS ? images - first : EVALUATION_ROWS;
        stepper_batch(&training->stepper, part, first, rows);
        stepper_predict(&training->stepper);
        tally_add(training, rows);
    }
}
