#include "sweep/cohort.h"

#include <math.h>
#include <time.h>

/* Rows of an evaluation batch. A constant: scores may not depend on who is trained with whom. */
#define EVALUATION_ROWS 250

/* Sums over a part of the data from which scores are read off. */
struct tally {
    double loss;
    size_t rows, hits;
    double *sums[CONFIG_METRICS_MAX];
};

/* A member while it is trained. */
struct trainee {
    const struct member *member;
    struct network network;
    struct tally tally;
    struct epoch_scores *history; /* as long as the last milestone */
    size_t epochs;                /* trained so far */
    size_t reported;              /* milestones reported */
    double seconds;               /* of the epochs so far */
    bool done;
};

struct training {
    const struct cohort *cohort;
    const struct observer *observer;
    struct stream stream;
    size_t classes;
    float *x;
    uint8_t *labels;
    struct trainee *trainees;
    double started_at;
};

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static size_t batch_rows_max(const struct stream_spec *stream) {
    return stream->batch_size > EVALUATION_ROWS ? stream->batch_size : EVALUATION_ROWS;
}

static size_t last_epoch(const struct member *member) {
    return member->milestones[member->milestone_count - 1].epochs;
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
    size_t bytes = cohort->stream.train_count * sizeof(uint32_t) + slack;
    bytes += rows * (data->rows * data->columns * sizeof(float) + 1) + 2 * slack;
    bytes += cohort->member_count * sizeof(struct trainee) + slack;
    for (size_t i = 0; i < cohort->member_count; i++) {
        const struct member *member = &cohort->members[i];
        bytes += network_bytes(&member->network, rows);
        bytes += last_epoch(member) * sizeof(struct epoch_scores) + slack;
        bytes += metric_doubles(cohort, data->classes) * sizeof(double) +
                 cohort->metric_count * slack;
    }
    return bytes;
}

static enum status init_trainee(struct training *training, size_t index, struct arena *arena,
                                struct error *error) {
    struct trainee *trainee = &training->trainees[index];
    const struct cohort *cohort = training->cohort;
    trainee->member = &cohort->members[index];
    trainee->history = ARENA_NEW(arena, struct epoch_scores, last_epoch(trainee->member));
    if (!trainee->history)
        return error_memory(error);
    for (size_t i = 0; i < cohort->metric_count; i++) {
        trainee->tally.sums[i] =
            ARENA_NEW(arena, double, cohort->metrics[i]->sums(training->classes));
        if (!trainee->tally.sums[i])
            return error_memory(error);
    }
    return network_init(&trainee->network, &trainee->member->network,
                        batch_rows_max(&cohort->stream), arena, error);
}

static enum status init_training(struct training *training, struct arena *arena,
                                 struct error *error) {
    const struct cohort *cohort = training->cohort;
    const struct dataset *data = cohort->stream.data;
    const size_t rows = batch_rows_max(&cohort->stream);
    training->classes = data->classes;
    training->started_at = now(CLOCK_REALTIME);
    training->x = ARENA_NEW(arena, float, rows * data->rows * data->columns);
    training->labels = ARENA_NEW(arena, uint8_t, rows);
    training->trainees = ARENA_NEW(arena, struct trainee, cohort->member_count);
    if (!training->x || !training->labels || !training->trainees)
        return error_memory(error);
    enum status status = stream_init(&training->stream, &cohort->stream, arena, error);
    for (size_t i = 0; i < cohort->member_count && status == STATUS_OK; i++)
        status = init_trainee(training, i, arena, error);
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

static void tally_add(const struct training *training, struct tally *tally, double loss,
                      const float *outputs, size_t rows) {
    const struct cohort *cohort = training->cohort;
    tally->loss += loss;
    tally->rows += rows;
    tally->hits += metric_hits(outputs, training->labels, rows, training->classes);
    for (size_t i = 0; i < cohort->metric_count; i++)
        cohort->metrics[i]->add(cohort->metrics[i], tally->sums[i], outputs, training->labels, rows,
                                training->classes);
}

static struct scores tally_scores(const struct training *training, const struct tally *tally) {
    struct scores scores = {.loss = tally->loss / (double)tally->rows,
                            .accuracy = (double)tally->hits / (double)tally->rows};
    for (size_t i = 0; i < training->cohort->metric_count; i++)
        scores.metrics[i] = training->cohort->metrics[i]->result(tally->sums[i], tally->rows,
                                                                 training->classes);
    return scores;
}

/* One pass over the training images for all members that are not done. */
static void train_epoch(struct training *training, size_t epoch) {
    const struct cohort *cohort = training->cohort;
    const size_t images = stream_count(&training->stream, STREAM_TRAIN);
    for (size_t i = 0; i < cohort->member_count; i++)
        tally_clear(training, &training->trainees[i].tally);
    stream_begin_epoch(&training->stream, epoch);
    for (size_t first = 0; first < images; first += cohort->stream.batch_size) {
        size_t rows = images - first < cohort->stream.batch_size ? images - first
                                                                 : cohort->stream.batch_size;
        size_t trained = 0;
        stream_batch(&training->stream, STREAM_TRAIN, first, rows, training->x, training->labels);
        for (size_t i = 0; i < cohort->member_count; i++) {
            struct trainee *trainee = &training->trainees[i];
            if (trainee->done)
                continue;
            const struct random_source dropout = {trainee->member->network.seed, RANDOM_DROPOUT,
                                                  (uint32_t)epoch};
            const float *outputs;
            double penalty = network_penalty(&trainee->network) * (double)rows;
            double loss = network_train(&trainee->network, training->x, training->labels, rows,
                                        dropout, first, &outputs);
            tally_add(training, &trainee->tally, loss + penalty, outputs, rows);
            trained += rows;
        }
        if (training->observer->images)
            training->observer->images(training->observer->context, trained);
    }
}

/* Score the wanted members on a part of the data; the tallies hold the sums afterwards. */
static void evaluate(struct training *training, enum stream_part part,
                     bool (*wanted)(const struct trainee *trainee)) {
    const struct cohort *cohort = training->cohort;
    const size_t images = stream_count(&training->stream, part);
    for (size_t i = 0; i < cohort->member_count; i++)
        if (wanted(&training->trainees[i]))
            tally_clear(training, &training->trainees[i].tally);
    for (size_t first = 0; first < images; first += EVALUATION_ROWS) {
        size_t rows = images - first < EVALUATION_ROWS ? images - first : EVALUATION_ROWS;
        stream_batch(&training->stream, part, first, rows, training->x, training->labels);
        for (size_t i = 0; i < cohort->member_count; i++) {
            struct trainee *trainee = &training->trainees[i];
            if (!wanted(trainee))
                continue;
            const float *outputs = network_predict(&trainee->network, training->x, rows);
            double penalty = network_penalty(&trainee->network) * (double)rows;
            tally_add(training, &trainee->tally,
                      network_loss(&trainee->network, training->labels, rows) + penalty, outputs,
                      rows);
        }
    }
}

static bool is_training(const struct trainee *trainee) {
    return !trainee->done;
}

static bool at_milestone(const struct trainee *trainee) {
    return !trainee->done &&
           trainee->member->milestones[trainee->reported].epochs == trainee->epochs;
}

static void report(const struct training *training, struct trainee *trainee,
                   enum trial_outcome outcome, struct scores test, const struct error *error) {
    const struct milestone *milestone = &trainee->member->milestones[trainee->reported++];
    trainee->done = trainee->reported == trainee->member->milestone_count;
    struct trial_result result = {
        .trial = milestone->trial,
        .outcome = outcome,
        .epochs = trainee->epochs,
        .history = trainee->history,
        .validated = stream_count(&training->stream, STREAM_VALIDATION) > 0,
        .test = test,
        .parameters = trainee->network.parameter_count,
        .seconds = trainee->seconds,
        .started_at = training->started_at,
        .finished_at = now(CLOCK_REALTIME),
    };
    if (error)
        result.error = *error;
    if (training->observer->trial)
        training->observer->trial(training->observer->context, &result);
}

static const struct scores no_scores = {.loss = NAN, .accuracy = NAN};

/* All milestones still to come have the same fate. */
static void report_rest(const struct training *training, struct trainee *trainee,
                        enum trial_outcome outcome, const struct error *error) {
    while (!trainee->done)
        report(training, trainee, outcome, no_scores, error);
}

/* Read the epoch's scores off the tallies; a member whose loss is no number any more is done. */
static void close_epoch(struct training *training, size_t epoch, double seconds) {
    double weights = 0;
    for (size_t i = 0; i < training->cohort->member_count; i++)
        if (!training->trainees[i].done)
            weights += training->trainees[i].member->weight;
    for (size_t i = 0; i < training->cohort->member_count; i++) {
        struct trainee *trainee = &training->trainees[i];
        if (trainee->done)
            continue;
        struct epoch_scores *scores = &trainee->history[epoch - 1];
        scores->seconds = weights > 0 ? seconds * trainee->member->weight / weights : 0;
        trainee->seconds += scores->seconds;
        trainee->epochs = epoch;
        if (!isfinite(scores->train.loss))
            report_rest(training, trainee, TRIAL_DIVERGED, NULL);
    }
}

static void take_scores(struct training *training, size_t epoch, enum stream_part part) {
    for (size_t i = 0; i < training->cohort->member_count; i++) {
        struct trainee *trainee = &training->trainees[i];
        if (trainee->done)
            continue;
        struct epoch_scores *scores = &trainee->history[epoch - 1];
        struct scores taken = tally_scores(training, &trainee->tally);
        if (part == STREAM_TRAIN)
            scores->train = taken;
        else
            scores->validation = taken;
    }
}

static void reach_milestones(struct training *training) {
    evaluate(training, STREAM_TEST, at_milestone);
    for (size_t i = 0; i < training->cohort->member_count; i++) {
        struct trainee *trainee = &training->trainees[i];
        if (!at_milestone(trainee))
            continue;
        /* The last steps of all may have been the ones that went too far. */
        struct scores test = tally_scores(training, &trainee->tally);
        report(training, trainee, isfinite(test.loss) ? TRIAL_COMPLETED : TRIAL_DIVERGED, test,
               NULL);
    }
}

static bool any(const struct training *training, bool (*wanted)(const struct trainee *)) {
    for (size_t i = 0; i < training->cohort->member_count; i++)
        if (wanted(&training->trainees[i]))
            return true;
    return false;
}

static enum status train_all(struct training *training, struct error *error) {
    const struct observer *observer = training->observer;
    for (size_t epoch = 1; any(training, is_training); epoch++) {
        double begin = now(CLOCK_MONOTONIC);
        train_epoch(training, epoch);
        take_scores(training, epoch, STREAM_TRAIN);
        if (stream_count(&training->stream, STREAM_VALIDATION) > 0) {
            evaluate(training, STREAM_VALIDATION, is_training);
            take_scores(training, epoch, STREAM_VALIDATION);
        }
        close_epoch(training, epoch, now(CLOCK_MONOTONIC) - begin);
        if (any(training, at_milestone))
            reach_milestones(training);
        if (any(training, is_training) && observer->stopped && observer->stopped(observer->context))
            return error_set(error, STATUS_INTERRUPTED, "interrupted after epoch %zu", epoch);
    }
    return STATUS_OK;
}

/* No trainee exists when memory was out at the start; their trials failed all the same. */
static void report_unstarted(const struct training *training, const struct error *error) {
    for (size_t i = 0; i < training->cohort->member_count; i++) {
        struct trainee trainee = {.member = &training->cohort->members[i]};
        report_rest(training, &trainee, TRIAL_FAILED, error);
    }
}

/* Too much at once: one half after the other, so that a trial fails only where it doesn't fit
 * alone. */
static enum status train_halves(const struct cohort *cohort, struct arena *arena,
                                const struct observer *observer, struct error *error) {
    struct cohort half = *cohort;
    half.member_count = cohort->member_count / 2;
    enum status first = cohort_train(&half, arena, observer, error);
    if (first == STATUS_INTERRUPTED)
        return first;
    half.members += half.member_count;
    half.member_count = cohort->member_count - half.member_count;
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
    if (status == STATUS_MEMORY && cohort->member_count > 1)
        return train_halves(cohort, arena, observer, error);
    if (status == STATUS_OK)
        status = train_all(&training, &own);
    else
        report_unstarted(&training, &own);
    if (status != STATUS_OK && error)
        *error = own;
    return status;
}
