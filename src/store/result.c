/* A trial's result, as the database has it. */
#include "store/store_private.h"

#include <math.h>
#include <string.h>

static const char trial_query[] =
    "SELECT trial_id, status, test_loss, test_accuracy, parameters, train_seconds,"
    " (julianday(started_at) - 2440587.5) * 86400, (julianday(finished_at) - 2440587.5) * 86400"
    " FROM trials WHERE digest = ?1 AND status IN " SCHEMA_RESULT_STATUSES;

static const char history_query[] =
    "SELECT count(*) OVER (), loss, accuracy, val_loss, val_accuracy, seconds"
    " FROM history WHERE trial_id = ?1 AND epoch <= ?2 ORDER BY epoch";

static const char metrics_query[] =
    "SELECT name, epoch, value FROM metrics WHERE trial_id = ?1 ORDER BY name, epoch";

static struct scores made_scores(double loss, double accuracy) {
    struct scores scores = {.loss = loss, .accuracy = accuracy};
    for (size_t i = 0; i < METRICS_MAX; i++)
        scores.metrics[i] = (double)NAN;
    return scores;
}

static enum trial_outcome outcome_named(const char *status) {
    return strcmp(status, "completed") == 0 ? TRIAL_COMPLETED
           : strcmp(status, "stopped") == 0 ? TRIAL_STOPPED
                                            : TRIAL_DIVERGED;
}

static bool read_trial(struct store *store, const char *digest, struct trial_result *result,
                       int64_t *id) {
    struct statement *statement = database_prepare(store->database, trial_query);
    statement_bind_text(statement, 1, digest);
    const bool found = statement_step(statement);
    *id = statement_integer(statement, 0);
    *result = (struct trial_result){
        .outcome = outcome_named(statement_text(statement, 1)),
        .test = made_scores(statement_real(statement, 2), statement_real(statement, 3)),
        .parameters = (size_t)statement_integer(statement, 4),
        .seconds = statement_real(statement, 5),
        .started_at = statement_real(statement, 6),
        .finished_at = statement_real(statement, 7)};
    statement_free(statement);
    return found;
}

struct epoch_scores *store_read_history(struct store *store, int64_t trial, int64_t last,
                                        struct arena *arena, size_t *count) {
    struct epoch_scores *history = NULL;
    struct statement *statement = database_prepare(store->database, history_query);
    statement_bind_integer(statement, 1, trial);
    statement_bind_integer(statement, 2, last);
    for (*count = 0; statement_step(statement);) {
        if (!history)
            history =
                ARENA_NEW(arena, struct epoch_scores, (size_t)statement_integer(statement, 0));
        if (history)
            history[(*count)++] = (struct epoch_scores){
                made_scores(statement_real(statement, 1), statement_real(statement, 2)),
                made_scores(statement_real(statement, 3), statement_real(statement, 4)),
                statement_real(statement, 5)};
        else
            database_fail_memory(store->database);
    }
    statement_free(statement);
    return history;
}

static bool is_validated(const struct epoch_scores *epoch) {
    return !isnan(epoch->validation.loss) || !isnan(epoch->validation.accuracy);
}

/* Where the metric is among the delivery's, at the end if it is new; METRICS_MAX: nowhere.
 */
static size_t place_metric(const char *name, const struct metric **known, size_t *count) {
    const struct metric *metric = metric_find(name);
    size_t at = 0;
    while (metric && at < *count && known[at] != metric)
        at++;
    if (!metric || at == METRICS_MAX)
        return METRICS_MAX;
    known[at] = metric;
    *count += at == *count;
    return at;
}

static void read_metrics(struct store *store, int64_t id, const struct metric **known,
                         size_t *count, struct epoch_scores *history, struct trial_result *result) {
    struct statement *statement = database_prepare(store->database, metrics_query);
    statement_bind_integer(statement, 1, id);
    while (statement_step(statement)) {
        const char *name = statement_text(statement, 0);
        const bool validation = strncmp(name, "val_", 4) == 0,
                   test = strncmp(name, "test_", 5) == 0;
        const size_t at = place_metric(name + (validation ? 4 : test ? 5 : 0), known, count);
        const int64_t epoch = statement_integer(statement, 1);
        if (at == METRICS_MAX || epoch < 1 || (uint64_t)epoch > result->epochs)
            continue;
        struct scores *scores = test         ? &result->test
                                : validation ? &history[epoch - 1].validation
                                             : &history[epoch - 1].train;
        scores->metrics[at] = statement_real(statement, 2);
        result->validated |= validation;
    }
    statement_free(statement);
}

bool store_read_result(struct store *store, const char *digest, struct arena *arena,
                       struct delivery *delivery) {
    struct trial_result *result = ARENA_NEW(arena, struct trial_result, 1);
    const struct metric **known = ARENA_NEW(arena, const struct metric *, METRICS_MAX);
    int64_t id = 0;
    *delivery = (struct delivery){.digest = digest, .metrics = known, .result = result};
    if (!result || !known) {
        database_fail_memory(store->database);
        return false;
    }
    if (!read_trial(store, digest, result, &id))
        return false;
    struct epoch_scores *history = store_read_history(store, id, INT64_MAX, arena, &result->epochs);
    for (size_t i = 0; i < result->epochs; i++)
        result->validated |= is_validated(&history[i]);
    result->history = history;
    read_metrics(store, id, known, &delivery->metric_count, history, result);
    return !database_failed(store->database);
}

/* The database has NULL for every number that is none. */
static bool same_number(double a, double b) {
    return a == b || (!isfinite(a) && !isfinite(b));
}

/* Of two results' scores, those of the metrics that both have. */
static bool same_scores(const struct delivery *a, const struct scores *a_scores,
                        const struct delivery *b, const struct scores *b_scores) {
    bool same = same_number(a_scores->loss, b_scores->loss) &&
                same_number(a_scores->accuracy, b_scores->accuracy);
    for (size_t i = 0; i < a->metric_count; i++)
        for (size_t j = 0; j < b->metric_count; j++)
            same &= a->metrics[i] != b->metrics[j] ||
                    same_number(a_scores->metrics[i], b_scores->metrics[j]);
    return same;
}

bool store_same_result(const struct delivery *a, const struct delivery *b) {
    const struct trial_result *one = a->result, *other = b->result;
    bool same = one->outcome == other->outcome && one->epochs == other->epochs &&
                one->parameters == other->parameters && same_scores(a, &one->test, b, &other->test);
    for (size_t i = 0; i < one->epochs && same; i++) {
        const struct epoch_scores *mine = &one->history[i], *theirs = &other->history[i];
        same = same_scores(a, &mine->train, b, &theirs->train) &&
               (!one->validated || !other->validated ||
                same_scores(a, &mine->validation, b, &theirs->validation));
    }
    return same;
}
