#include "train/cohort.h"

#include "base/clock.h"
#include "base/multiversion.h"

#include <math.h>
#include <stdlib.h>

/* Rows of an evaluation batch. A constant: scores may not depend on who is trained with whom. */
#define EVALUATION_ROWS 128

/* Sums over a part of the data from which scores are read off. */
struct tally {
    double loss;
    size_t rows, hits;
    double *sums[CONFIG_METRICS_MAX];
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
    bool done;
    bool training; /* not done, and not waiting for others to come as far */
};

struct training {
    const struct cohort *cohort;
    const struct observer *observer;
    struct stream stream;
    size_t classes;
    struct sparse x; /* the batch at hand */
    uint8_t *labels;
    struct active_run *active_runs;
    struct ensemble *ensemble; /* the runs' networks, in their order */
    struct ensemble_result *results;
    bool *selected;           /* scratch: who takes part */
    struct run_state *states; /* scratch */
    float *weights;           /* scratch: one network's, without padding */
};

static size_t index_of(const struct training *training, const struct active_run *active) {
    return (size_t)(active - training->active_runs);
}

static size_t batch_rows_max(const struct stream_spec *stream) {
    return stream->batch_size > EVALUATION_ROWS ? stream->batch_size : EVALUATION_ROWS;
}

/* Weights of the largest run. */
static size_t weights_max(const struct cohort *cohort) {
    size_t most = 0;
    for (size_t i = 0; i < cohort->run_count; i++) {
        const size_t count = network_parameter_count(&cohort->runs[i].network);
        most = count > most ? count : most;
    }
    return most;
}

static void lay_out_run(const struct training *training, size_t index, struct arena *arena) {
    const struct cohort *cohort = training->cohort;
    const struct run *run = &cohort->runs[index];
    struct active_run counted = {0};
    struct active_run *active = training->active_runs ? &training->active_runs[index] : &counted;
    *active = (struct active_run){.run = run, .started_at = clock_date()};
    active->history = ARENA_NEW(arena, struct epoch_scores, run_epochs(run));
    active->tests = ARENA_NEW(arena, struct scores, run->milestone_count);
    for (size_t i = 0; i < cohort->metric_count; i++)
        active->tally.sums[i] =
            ARENA_NEW(arena, double, cohort->metrics[i]->sums(training->classes));
}

/* All memory that a training takes; with an arena that counts, nothing else happens. */
static enum status init_training(struct training *training, struct arena *arena,
                                 struct error *error) {
    const struct cohort *cohort = training->cohort;
    const struct dataset *data = cohort->stream.data;
    const size_t rows = batch_rows_max(&cohort->stream), runs = cohort->run_count;
    const struct network_spec **specs = malloc(runs * sizeof *specs);
    if (!specs)
        return error_memory(error);
    for (size_t i = 0; i < runs; i++)
        specs[i] = &cohort->runs[i].network;
    training->classes = data->classes;
    training->labels = ARENA_NEW(arena, uint8_t, rows);
    training->active_runs = ARENA_NEW(arena, struct active_run, runs);
    training->results = ARENA_NEW(arena, struct ensemble_result, runs);
    training->selected = ARENA_NEW(arena, bool, runs);
    training->states = ARENA_NEW(arena, struct run_state, runs);
    training->weights = ARENA_NEW(arena, float, weights_max(cohort));
    for (size_t i = 0; i < runs && !arena->failed; i++)
        lay_out_run(training, i, arena);
    sparse_init(&training->x, rows, data->rows * data->columns, arena);
    enum status status = stream_init(&training->stream, &cohort->stream, rows, arena, error);
    if (status == STATUS_OK)
        status = ensemble_init(&training->ensemble, specs, runs, rows, arena, error);
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

static void select_runs(struct training *training, bool (*wanted)(const struct active_run *)) {
    for (size_t i = 0; i < training->cohort->run_count; i++)
        training->selected[i] = wanted(&training->active_runs[i]);
    ensemble_select(training->ensemble, training->selected);
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
        tally->loss += training->results[i].loss;
        tally->hits += training->results[i].hits;
        tally->rows += rows;
        if (cohort->metric_count == 0)
            continue;
        const struct predictions predictions = {ensemble_outputs(training->ensemble, i),
                                                training->labels, rows, training->classes,
                                                PAD_TO_LANES(training->classes)};
        for (size_t j = 0; j < cohort->metric_count; j++)
            cohort->metrics[j]->add(cohort->metrics[j], tally->sums[j], &predictions);
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

static bool is_left(const struct active_run *active) {
    return !active->done;
}

static bool is_training(const struct active_run *active) {
    return active->training;
}

static bool at_milestone(const struct active_run *active) {
    return active->training && !active->done &&
           active->run->milestones[active->reported].epochs == active->epochs;
}

/* Begin a pass of some runs over a part of the data; the tallies hold the sums at its end. */
static void begin_pass(struct training *training, bool (*wanted)(const struct active_run *)) {
    select_runs(training, wanted);
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (training->selected[i])
            tally_clear(training, &training->active_runs[i].tally);
}

static size_t count_selected(const struct training *training) {
    size_t count = 0;
    for (size_t i = 0; i < training->cohort->run_count; i++)
        count += training->selected[i];
    return count;
}

static void train_epoch(struct training *training, size_t epoch) {
    const size_t images = stream_count(&training->stream, STREAM_TRAIN);
    const size_t most = training->cohort->stream.batch_size;
    begin_pass(training, is_training);
    const size_t selected = count_selected(training);
    stream_begin_epoch(&training->stream, epoch);
    for (size_t first = 0; first < images; first += most) {
        const size_t rows = images - first < most ? images - first : most;
        const struct ensemble_batch batch = {&training->x, training->labels, epoch, first};
        stream_batch(&training->stream, STREAM_TRAIN, first, rows, &training->x, training->labels);
        ensemble_train(training->ensemble, &batch, training->results);
        tally_add(training, rows);
        if (training->observer->images)
            training->observer->images(training->observer->context, rows * selected);
    }
}

/* Score the wanted runs on a part of the data. */
static void evaluate(struct training *training, enum stream_part part,
                     bool (*wanted)(const struct active_run *active)) {
    const size_t images = stream_count(&training->stream, part);
    begin_pass(training, wanted);
    for (size_t first = 0; first < images; first += EVALUATION_ROWS) {
        const size_t rows = images - first < EVALUATION_ROWS ? images - first : EVALUATION_ROWS;
        const struct ensemble_batch batch = {.x = &training->x, .labels = training->labels};
        stream_batch(&training->stream, part, first, rows, &training->x, training->labels);
        ensemble_predict(training->ensemble, &batch, training->results);
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
    ensemble_get_parameters(training->ensemble, index_of(training, active), training->weights);
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
        .validated = stream_count(&training->stream, STREAM_VALIDATION) > 0,
        .test = test,
        .parameters = network_parameter_count(&active->run->network),
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

/* Read the epoch's scores off the tallies; a run whose loss is no number any more is done. */
static void close_epoch(struct training *training, size_t epoch, double seconds) {
    double weights = 0;
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (training->active_runs[i].training)
            weights += training->active_runs[i].run->weight;
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        if (!active->training)
            continue;
        struct epoch_scores *scores = &active->history[epoch - 1];
        scores->seconds = weights > 0 ? seconds * active->run->weight / weights : 0;
        active->seconds += scores->seconds;
        active->epochs = epoch;
        if (!isfinite(scores->train.loss))
            report_rest(training, active, TRIAL_DIVERGED, NULL);
    }
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

static void reach_milestones(struct training *training) {
    evaluate(training, STREAM_TEST, at_milestone);
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        if (at_milestone(active))
            report_milestone(training, active, tally_scores(training, &active->tally));
    }
}

static bool any(const struct training *training, bool (*wanted)(const struct active_run *)) {
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (wanted(&training->active_runs[i]))
            return true;
    return false;
}

static struct run_state state_of(const struct training *training, const struct active_run *active) {
    return (struct run_state){.run = active->run,
                              .epochs = active->epochs,
                              .network =
                                  ensemble_state(training->ensemble, index_of(training, active)),
                              .history = active->history,
                              .reached = active->reported,
                              .tests = active->tests,
                              .started_at = active->started_at};
}

/* Bring a run to where it was left: what it had given by then it gives again. */
static void resume(struct training *training, struct active_run *active) {
    const struct observer *observer = training->observer;
    struct run_state state = state_of(training, active);
    if (!observer->resume(observer->context, &state))
        return;
    ensemble_resume(training->ensemble, index_of(training, active), &state.network);
    active->started_at = state.started_at;
    while (active->epochs < state.epochs) {
        active->seconds += active->history[active->epochs++].seconds;
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

static void keep(struct training *training) {
    const struct observer *observer = training->observer;
    size_t count = 0;
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (training->active_runs[i].training && !training->active_runs[i].done)
            training->states[count++] = state_of(training, &training->active_runs[i]);
    if (count > 0)
        observer->keep(observer->context, training->states, count);
}

static void train_next_epoch(struct training *training, size_t epoch) {
    const double begin = clock_seconds();
    choose_runs(training, epoch);
    train_epoch(training, epoch);
    take_scores(training, epoch, STREAM_TRAIN);
    if (stream_count(&training->stream, STREAM_VALIDATION) > 0) {
        evaluate(training, STREAM_VALIDATION, is_training);
        take_scores(training, epoch, STREAM_VALIDATION);
    }
    close_epoch(training, epoch, clock_seconds() - begin);
    if (any(training, at_milestone))
        reach_milestones(training);
}

static enum status train_all(struct training *training, struct error *error) {
    const struct observer *observer = training->observer;
    resume_all(training);
    while (any(training, is_left)) {
        const size_t epoch = next_epoch(training);
        train_next_epoch(training, epoch);
        if (!any(training, is_left))
            break;
        const bool stopping = observer->stopped && observer->stopped(observer->context);
        if (observer->due && observer->due(observer->context, stopping))
            keep(training);
        if (stopping)
            return error_set(error, STATUS_INTERRUPTED, "interrupted after epoch %zu", epoch);
    }
    return STATUS_OK;
}

/* No run exists when no memory was left at the start; their trials failed all the same. */
static void report_unstarted(struct training *training, const struct error *error) {
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run active = {.run = &training->cohort->runs[i], .started_at = clock_date()};
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
    arena_reset(arena);
    /* `report` asks the stream what it holds, even if it could not be readied. */
    training.stream.spec = &cohort->stream;
    size_t bytes;
    enum status status = cohort_bytes(cohort, &bytes, &own);
    if (status == STATUS_OK && !arena_reserve(arena, bytes))
        status = error_memory(&own);
    if (status == STATUS_OK)
        status = init_training(&training, arena, &own);
    if (status != STATUS_OK)
        arena_release(arena); /* what it got in vain is better left to others */
    if (status == STATUS_MEMORY && cohort->run_count > 1)
        return train_halves(cohort, arena, observer, error);
    if (status == STATUS_OK)
        status = train_all(&training, &own);
    else
        report_unstarted(&training, &own);
    if (status != STATUS_OK && error)
        *error = own;
    return status;
}
