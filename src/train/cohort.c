#include "train/cohort.h"

#include "base/clock.h"
#include "base/multiversion.h"
#include "nn/panel.h"

#include <math.h>
#include <time.h>

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
    struct network network;
    struct tally tally;
    struct epoch_scores *history; /* as long as the last milestone */
    struct scores *tests;         /* of the milestones reported */
    size_t epochs;                /* trained so far */
    size_t reported;              /* milestones reported */
    double seconds;               /* of the epochs so far */
    double started_at;
    bool done;
    bool training; /* in the panel: not done, and not waiting for others to come as far */
};

struct training {
    const struct cohort *cohort;
    const struct observer *observer;
    struct stream stream;
    size_t classes;
    struct sparse x; /* the batch at hand */
    uint8_t *labels;
    struct active_run *active_runs;
    struct panel panel;        /* the first layers of those that are in training */
    struct network **networks; /* scratch: theirs */
    struct run_state *states;  /* scratch */
    float *weights;            /* scratch: one network's, without padding */
    bool stored;               /* the networks hold their first kernels as the panel has them */
};

/* Seconds since 1970, for the record. */
static double date(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static size_t batch_rows_max(const struct stream_spec *stream) {
    return stream->batch_size > EVALUATION_ROWS ? stream->batch_size : EVALUATION_ROWS;
}

static size_t last_epoch(const struct run *run) {
    return run->milestones[run->milestone_count - 1].epochs;
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

static size_t metric_doubles(const struct cohort *cohort, size_t classes) {
    size_t count = 0;
    for (size_t i = 0; i < cohort->metric_count; i++)
        count += cohort->metrics[i]->sums(classes);
    return count;
}

size_t cohort_bytes(const struct cohort *cohort) {
    const struct dataset *data = cohort->stream.data;
    const size_t rows = batch_rows_max(&cohort->stream), slack = ARENA_ALIGNMENT;
    size_t bytes = stream_bytes(&cohort->stream, rows);
    bytes += sparse_bytes(rows, data->rows * data->columns) + rows + slack;
    bytes += weights_max(cohort) * sizeof(float) + slack;
    bytes += cohort->run_count *
                 (sizeof(struct active_run) + sizeof(struct run_state) + 2 * sizeof(void *)) +
             4 * slack;
    for (size_t i = 0; i < cohort->run_count; i++) {
        const struct run *run = &cohort->runs[i];
        bytes += network_bytes(&run->network, rows) + panel_member_bytes(&run->network);
        bytes += last_epoch(run) * sizeof(struct epoch_scores) +
                 run->milestone_count * sizeof(struct scores) + 2 * slack;
        bytes +=
            metric_doubles(cohort, data->classes) * sizeof(double) + cohort->metric_count * slack;
    }
    return bytes + panel_common_bytes(data->rows * data->columns, rows);
}

static enum status init_active_run(struct training *training, size_t index, struct arena *arena,
                                   struct error *error) {
    struct active_run *active = &training->active_runs[index];
    const struct cohort *cohort = training->cohort;
    active->run = &cohort->runs[index];
    active->started_at = date();
    active->history = ARENA_NEW(arena, struct epoch_scores, last_epoch(active->run));
    active->tests = ARENA_NEW(arena, struct scores, active->run->milestone_count);
    if (!active->history || !active->tests)
        return error_memory(error);
    for (size_t i = 0; i < cohort->metric_count; i++) {
        active->tally.sums[i] =
            ARENA_NEW(arena, double, cohort->metrics[i]->sums(training->classes));
        if (!active->tally.sums[i])
            return error_memory(error);
    }
    /* Members share a seed, and most of them the shape of the one before. */
    const struct network_spec *spec = &active->run->network;
    if (index > 0 && network_same_start(spec, &active[-1].run->network))
        return network_init_like(&active->network, spec, &active[-1].network, arena, error);
    return network_init(&active->network, spec, batch_rows_max(&cohort->stream), arena, error);
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

/* Gather the runs whose turn it is into the panel: those that are done leave no gaps, and those
 * that waited for the others join them. */
static void load_panel(struct training *training, size_t epoch) {
    size_t count = 0;
    bool changed = false;
    for (size_t i = 0; i < training->cohort->run_count; i++) {
        struct active_run *active = &training->active_runs[i];
        const bool trains = !active->done && active->epochs + 1 == epoch;
        changed |= trains != active->training;
        active->training = trains;
        if (trains)
            training->networks[count++] = &active->network;
    }
    if (!changed)
        return;
    panel_store(&training->panel);
    panel_load(&training->panel, training->networks, count);
}

static enum status init_panel(struct training *training, struct arena *arena, struct error *error) {
    const struct cohort *cohort = training->cohort;
    const struct network_spec **specs =
        ARENA_NEW(arena, const struct network_spec *, cohort->run_count);
    training->networks = ARENA_NEW(arena, struct network *, cohort->run_count);
    if (!specs || !training->networks)
        return error_memory(error);
    for (size_t i = 0; i < cohort->run_count; i++)
        specs[i] = &cohort->runs[i].network;
    return panel_init(&training->panel, specs, cohort->run_count, batch_rows_max(&cohort->stream),
                      arena, error);
}

static enum status init_training(struct training *training, struct arena *arena,
                                 struct error *error) {
    const struct cohort *cohort = training->cohort;
    const struct dataset *data = cohort->stream.data;
    const size_t rows = batch_rows_max(&cohort->stream);
    training->classes = data->classes;
    training->labels = ARENA_NEW(arena, uint8_t, rows);
    training->active_runs = ARENA_NEW(arena, struct active_run, cohort->run_count);
    training->states = ARENA_NEW(arena, struct run_state, cohort->run_count);
    training->weights = ARENA_NEW(arena, float, weights_max(cohort));
    if (!training->labels || !training->active_runs || !training->states || !training->weights ||
        !sparse_init(&training->x, rows, data->rows * data->columns, arena))
        return error_memory(error);
    enum status status = stream_init(&training->stream, &cohort->stream, rows, arena, error);
    for (size_t i = 0; i < cohort->run_count && status == STATUS_OK; i++)
        status = init_active_run(training, i, arena, error);
    if (status == STATUS_OK)
        status = init_panel(training, arena, error);
    return status;
}

static void tally_clear(const struct training *training, struct tally *tally) {
    const struct cohort *cohort = training->cohort;
    tally->loss = 0;
    tally->rows = tally->hits = 0;
    for (size_t i = 0; i < cohort->metric_count; i++)
        for (size_t j = 0; j < cohort->metrics[i]->sums(training->classes); j++)
            tally->sums[i][j] = 0;
}

/* The penalty on the weights as they are, which Keras adds to every batch's mean loss. */
static double penalty(const struct training *training, const struct active_run *active) {
    if (active->network.spec->l2 == 0)
        return 0;
    return network_penalty_rest(&active->network,
                                panel_squares(&training->panel, &active->network));
}

static void tally_add(const struct training *training, struct tally *tally, double loss,
                      const float *outputs, size_t rows) {
    const struct cohort *cohort = training->cohort;
    const struct predictions predictions = {outputs, training->labels, rows, training->classes,
                                            PAD_TO_LANES(training->classes)};
    tally->loss += loss;
    tally->rows += rows;
    tally->hits += metric_hits(&predictions);
    for (size_t i = 0; i < cohort->metric_count; i++)
        cohort->metrics[i]->add(cohort->metrics[i], tally->sums[i], &predictions);
}

static struct scores tally_scores(const struct training *training, const struct tally *tally) {
    struct scores scores = {.loss = tally->loss / (double)tally->rows,
                            .accuracy = (double)tally->hits / (double)tally->rows};
    for (size_t i = 0; i < training->cohort->metric_count; i++)
        scores.metrics[i] =
            training->cohort->metrics[i]->result(tally->sums[i], tally->rows, training->classes);
    return scores;
}

/* One pass over the training images for all runs in training. */
static void train_epoch(struct training *training, size_t epoch) {
    const struct cohort *cohort = training->cohort;
    const size_t images = stream_count(&training->stream, STREAM_TRAIN);
    for (size_t i = 0; i < cohort->run_count; i++)
        tally_clear(training, &training->active_runs[i].tally);
    stream_begin_epoch(&training->stream, epoch);
    for (size_t first = 0; first < images; first += cohort->stream.batch_size) {
        size_t rows =
            images - first < cohort->stream.batch_size ? images - first : cohort->stream.batch_size;
        size_t trained = 0;
        stream_batch(&training->stream, STREAM_TRAIN, first, rows, &training->x, training->labels);
        panel_forward(&training->panel, &training->x);
        for (size_t i = 0; i < cohort->run_count; i++) {
            struct active_run *active = &training->active_runs[i];
            if (!active->training)
                continue;
            const struct random_source dropout = {active->run->network.seed, RANDOM_DROPOUT,
                                                  (uint32_t)epoch};
            const float *outputs;
            double before = penalty(training, active) * (double)rows;
            double loss = network_train_rest(&active->network, training->labels, rows, dropout,
                                             first, &outputs);
            tally_add(training, &active->tally, loss + before, outputs, rows);
            trained += rows;
        }
        panel_step(&training->panel, &training->x);
        if (training->observer->images)
            training->observer->images(training->observer->context, trained);
    }
}

/* Score the wanted runs on a part of the data; the tallies hold the sums afterwards. */
static void evaluate(struct training *training, enum stream_part part,
                     bool (*wanted)(const struct active_run *active)) {
    const struct cohort *cohort = training->cohort;
    const size_t images = stream_count(&training->stream, part);
    for (size_t i = 0; i < cohort->run_count; i++)
        if (wanted(&training->active_runs[i]))
            tally_clear(training, &training->active_runs[i].tally);
    for (size_t first = 0; first < images; first += EVALUATION_ROWS) {
        size_t rows = images - first < EVALUATION_ROWS ? images - first : EVALUATION_ROWS;
        stream_batch(&training->stream, part, first, rows, &training->x, training->labels);
        panel_forward(&training->panel, &training->x);
        for (size_t i = 0; i < cohort->run_count; i++) {
            struct active_run *active = &training->active_runs[i];
            if (!wanted(active))
                continue;
            const float *outputs = network_predict_rest(&active->network, rows);
            double loss = network_loss(&active->network, training->labels, rows);
            tally_add(training, &active->tally, loss + penalty(training, active) * (double)rows,
                      outputs, rows);
        }
    }
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

/* The weights of a run that is in the panel, or NULL where nobody wants them. */
static const float *weights_wanted(struct training *training, const struct active_run *active,
                                   const struct trial_result *result) {
    const struct observer *observer = training->observer;
    if (!active->training || result->outcome != TRIAL_COMPLETED || !observer->wants_weights ||
        !observer->wants_weights(observer->context, result))
        return NULL;
    if (!training->stored)
        panel_store(&training->panel);
    training->stored = true;
    network_get_parameters(&active->network, training->weights);
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
        .parameters = active->network.parameter_count,
        .seconds = active->seconds,
        .started_at = active->started_at,
        .finished_at = date(),
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
    training->stored = false;
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

static struct run_state state_of(const struct active_run *active) {
    return (struct run_state){.run = active->run,
                              .epochs = active->epochs,
                              .network = network_state(&active->network),
                              .history = active->history,
                              .reached = active->reported,
                              .tests = active->tests,
                              .started_at = active->started_at};
}

/* Bring a run to where it was left: what it had given by then it gives again. */
static void resume(struct training *training, struct active_run *active) {
    const struct observer *observer = training->observer;
    struct run_state state = state_of(active);
    if (!observer->resume(observer->context, &state))
        return;
    network_resume(&active->network, &state.network);
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
    panel_store(&training->panel);
    for (size_t i = 0; i < training->cohort->run_count; i++)
        if (training->active_runs[i].training && !training->active_runs[i].done)
            training->states[count++] = state_of(&training->active_runs[i]);
    if (count > 0)
        observer->keep(observer->context, training->states, count);
}

static void train_next_epoch(struct training *training, size_t epoch) {
    const double begin = clock_seconds();
    load_panel(training, epoch);
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
        struct active_run active = {.run = &training->cohort->runs[i], .started_at = date()};
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
    enum status status = init_training(&training, arena, &own);
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
