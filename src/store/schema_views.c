/* The views of the results database: what each sweep's trials came to, and what follows of that. */
#include "store/schema.h"

#include "search/config.h"
#include "search/score.h"

#define EPOCHS " FROM history h WHERE h.trial_id = t.trial_id"
#define UNTIL_STOPPED EPOCHS " AND epoch <= p.stopped_epoch"
#define WHEN_STOPPED EPOCHS " AND epoch = p.stopped_epoch"
/* The sweep's own failures to train a trial, the last one first. */
#define FAILURE                                                                                    \
    "(SELECT a.error FROM attempts a JOIN commands c USING (command_id)"                           \
    " WHERE a.trial_id = t.trial_id AND c.sweep_id = p.sweep_id AND a.outcome = 'failed'"          \
    " ORDER BY a.attempt_id DESC LIMIT 1)"

/* A trial's setting has no data set in it: it is the same in all sweeps. One that has several tells
 * their settings apart. */
#define SETTING                                                                                    \
    "t.setting || (SELECT iif(substr(s.dataset_digest, 1, 1) = '{', ' ' || t.dataset, '')"         \
    " FROM sweeps s WHERE s.sweep_id = p.sweep_id)"

/* What of a trial is its sweep's own: where the sweep stopped it, and where it came to its end. A
 * sweep that stopped a trial has what it was after stopped_epoch, whoever trained it further, and
 * one that has not decided yet has nothing; one that did not has nothing of a trial that another
 * sweep stopped, but for its own failures to train it. All other columns are those of `trials`. */
static const struct {
    const char *column, *stopped, *ended;
} results[] = {
    {"trained_epochs", "(SELECT max(epoch)" UNTIL_STOPPED ")", "(SELECT max(epoch)" EPOCHS ")"},
    {"loss", "(SELECT loss" WHEN_STOPPED ")", "t.loss"},
    {"accuracy", "(SELECT accuracy" WHEN_STOPPED ")", "t.accuracy"},
    {"val_loss", "(SELECT val_loss" WHEN_STOPPED ")", "t.val_loss"},
    {"val_accuracy", "(SELECT val_accuracy" WHEN_STOPPED ")", "t.val_accuracy"},
    {"test_loss", "NULL", "t.test_loss"},
    {"test_accuracy", "NULL", "t.test_accuracy"},
    {"parameters", "t.parameters", "t.parameters"},
    {"train_seconds", "(SELECT sum(seconds)" UNTIL_STOPPED ")", "t.train_seconds"},
    {"started_at", "t.started_at", "t.started_at"},
    {"finished_at", "t.finished_at", "t.finished_at"},
    {"command_id", "t.command_id", "t.command_id"},
};

static const char status[] =
    "CASE WHEN t.status IN ('pending', 'failed') THEN t.status"
    " WHEN p.stopped_epoch IS NOT NULL THEN iif(EXISTS (SELECT 1" WHEN_STOPPED "),"
    " 'stopped', 'pending') WHEN t.status <> 'stopped' THEN t.status"
    " WHEN EXISTS " FAILURE " THEN 'failed' ELSE 'pending' END";

static void append_results(struct text *sql) {
    text_append(sql, "CREATE VIEW sweep_results AS SELECT p.sweep_id, p.position, p.stopped,"
                     " p.stopped_epoch, p.trial_id, t.digest, " SETTING " AS setting,");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, " t.%s,", hyperparameter_column(&hyperparameters[i]));
    text_printf(sql, " t.seed, %s AS status,", status);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        text_printf(sql,
                    " CASE WHEN p.stopped_epoch > 0 THEN %s WHEN p.stopped_epoch IS NULL"
                    " AND t.status <> 'stopped' THEN %s END AS %s,",
                    results[i].stopped, results[i].ended, results[i].column);
    text_append(sql, " iif(t.status = 'stopped', " FAILURE ", t.error) AS error"
                     " FROM sweep_trials p JOIN trials t USING (trial_id);");
}

/* The value that trial t has of the metric which a row s names. */
static void append_score(struct text *sql) {
    struct score score;
    text_append(sql, " CASE s.metric");
    for (size_t i = 0; score_at(i, &score) && score.in_trials; i++)
        text_printf(sql, " WHEN '%s' THEN t.%s", score.name, score.name);
    text_append(sql, " ELSE " SCHEMA_METRIC("s.metric") " END AS score");
}

#define THEIR_TRIALS " JOIN sweep_results t USING (sweep_id)"

static void append_scored(struct text *sql) {
    text_append(sql, "CREATE VIEW scored AS SELECT t.*, s.name AS sweep, s.metric, s.goal,");
    append_score(sql);
    text_append(sql, " FROM sweeps s" THEIR_TRIALS ";");
}

/* The mean of a column over a setting's completed trials, and its sample standard deviation. A
 * diverged trial may have an accuracy, but none that could be averaged with its siblings'. The
 * deviation is that of the differences from the mean: a difference of large sums would leave
 * rounding errors where all values are equal. */
static void append_mean(struct text *sql, const char *column) {
    static const char completed[] = "FILTER (WHERE status = 'completed')";
    text_printf(sql,
                " avg(%s) %s AS %s,"
                " CASE WHEN count(%s) %s > 1 THEN sqrt(sum((%s - %s_mean) * (%s - %s_mean)) %s"
                " / (count(%s) %s - 1)) END AS %s_sd,",
                column, completed, column, column, completed, column, column, column, column,
                completed, column, completed, column);
}

static void append_center(struct text *sql, const char *column) {
    text_printf(sql, ", avg(%s) FILTER (WHERE status = 'completed') OVER siblings AS %s_mean",
                column, column);
}

/* What of a hyperparameter is part of the metric that a row names, or NULL; nothing and false for
 * one that is of none. */
static bool append_definer(const struct hyperparameter *hyperparameter, struct text *sql) {
    const char *column = hyperparameter_column(hyperparameter);
    switch (hyperparameter->defines) {
    case DEFINES_NONE:
        break;
    case DEFINES_LOSSES:
        text_printf(sql, "CASE WHEN metric IN ('loss', 'val_loss', 'test_loss') THEN %s END",
                    column);
        return true;
    case DEFINES_TRAINING:
        text_printf(sql, "CASE metric WHEN 'loss' THEN %s END", column);
        return true;
    case DEFINES_TRAINED_ON:
        text_printf(sql, "CASE WHEN metric NOT GLOB 'test_*' THEN %s END", column);
        return true;
    case DEFINES_MEASURED:
        text_printf(sql, "CASE WHEN metric NOT IN ('train_seconds', 'parameters') THEN %s END",
                    column);
        return true;
    }
    return false;
}

void schema_append_definers(struct text *sql) {
    for (size_t i = 0; i < HP_COUNT; i++)
        if (hyperparameters[i].defines != DEFINES_NONE) {
            text_append(sql, ", ");
            append_definer(&hyperparameters[i], sql);
        }
}

/* The rule of stats/ranking.h in SQL: `keys` has what settings are ranked by. Sums are made by
 * recursion, since sum() and avg() add in an order of their own, and differently from version to
 * version of SQLite. `by` are the columns of `source` that tell apart what has a mean. */
static void append_keys(struct text *sql, const char *source, const char *by) {
    text_printf(sql,
                /* The scores of a setting, ascending. */
                " ordered AS MATERIALIZED (SELECT %s, score,"
                " row_number() OVER (PARTITION BY %s ORDER BY score) AS nth,"
                " count(*) OVER (PARTITION BY %s) AS scored,"
                " min(score) OVER (PARTITION BY %s) AS least"
                " FROM %s WHERE " SCHEMA_HAS_SCORE "),",
                by, by, by, by, source);
    text_printf(sql,
                " added AS (SELECT %s, nth, scored, least, 0.0 AS total FROM ordered WHERE nth = 1"
                " UNION ALL SELECT %s, o.nth, o.scored, o.least, a.total + (o.score - o.least)"
                " FROM added a JOIN ordered o USING (%s) WHERE o.nth = a.nth + 1),"
                " means AS (SELECT %s, scored, least + total / scored AS mean"
                " FROM added WHERE nth = scored),"
                " keys AS (SELECT *, " SCHEMA_KEY("mean") " AS key FROM means)",
                by, by, by, by);
}

static void append_settings_keys(struct text *sql) {
    text_append(sql, " AS WITH RECURSIVE");
    append_keys(sql, "scored", "sweep_id, setting");
}

static void append_places(struct text *sql) {
    text_append(sql, " row_number() OVER places AS rank, count(*) OVER ties AS shared_by"
                     " FROM settings LEFT JOIN keys USING (sweep_id, setting)"
                     " WINDOW ties AS (PARTITION BY sweep_id, scored, key");
    schema_append_definers(sql);
    text_append(sql, "), places AS (PARTITION BY sweep_id");
    schema_append_definers(sql);
    text_append(sql, " ORDER BY ifnull(scored, 0) DESC,"
                     " CASE goal WHEN 'maximize' THEN -key ELSE key END, position)");
}

/* The places alone. */
static void append_ranked(struct text *sql) {
    text_append(sql, "CREATE VIEW ranked");
    append_settings_keys(sql);
    text_append(sql, ", settings AS (SELECT sweep_id, setting, metric, goal,"
                     " min(position) AS position");
    for (size_t i = 0; i < HP_COUNT; i++)
        if (hyperparameters[i].defines != DEFINES_NONE)
            text_printf(sql, ", %s", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, " FROM scored WHERE status IN ('completed', 'diverged')"
                     " GROUP BY sweep_id, setting)"
                     " SELECT sweep_id, setting, mean AS score,");
    append_places(sql);
    text_append(sql, ";");
}

/* Settings with the means of all scores that have a column. */
static void append_settings(struct text *sql) {
    struct score score;
    text_append(sql, "SELECT sweep_id, sweep, metric, goal, setting, min(position) AS position,");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, " %s,", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, " sum(status = 'completed') AS n, sum(status = 'diverged') AS diverged,");
    append_mean(sql, "score");
    for (size_t i = 0; score_at(i, &score) && score.in_trials; i++)
        if (score.split != SCORE_UNSPLIT)
            append_mean(sql, score.name);
    text_append(sql, " min(parameters) AS parameters, avg(train_seconds) AS train_seconds"
                     " FROM (SELECT *");
    append_center(sql, "score");
    for (size_t i = 0; score_at(i, &score) && score.in_trials; i++)
        if (score.split != SCORE_UNSPLIT)
            append_center(sql, score.name);
    text_append(sql, " FROM scored WHERE status IN ('completed', 'diverged')"
                     " WINDOW siblings AS (PARTITION BY sweep_id, setting))"
                     " GROUP BY sweep_id, setting");
}

static void append_leaderboard(struct text *sql) {
    struct score score;
    text_append(sql, "CREATE VIEW leaderboard");
    append_settings_keys(sql);
    text_append(sql, ", settings AS (");
    append_settings(sql);
    text_append(sql, "), ranked AS (SELECT settings.*, mean,");
    append_places(sql);
    text_append(sql, ") SELECT rank, shared_by, sweep_id, sweep, metric, goal, setting,");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, " %s,", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, " n, diverged, mean AS score, score_sd,");
    for (size_t i = 0; score_at(i, &score) && score.in_trials; i++)
        if (score.split != SCORE_UNSPLIT)
            text_printf(sql, " %s, %s_sd,", score.name, score.name);
    text_append(sql, " parameters, train_seconds FROM ranked"
                     " ORDER BY sweep_id DESC, rank, position;");
}

/* Settings by each metric of their sweep: the mean over the seeds, and its key, less being better.
 */
static void append_objective_means(struct text *sql) {
    text_append(sql, "CREATE VIEW objective_means AS WITH RECURSIVE"
                     " measured AS (SELECT s.sweep_id, s.place, t.setting, t.status,");
    append_score(sql);
    text_append(sql, " FROM objectives s" THEIR_TRIALS "),");
    append_keys(sql, "measured", "sweep_id, place, setting");
    text_append(sql, " SELECT sweep_id, setting, place, metric, goal, scored AS n, mean,"
                     " CASE goal WHEN 'maximize' THEN -key ELSE key END AS key"
                     " FROM keys JOIN objectives USING (sweep_id, place);");
}

/* Where a hyperparameter is part of what a metric measures, settings that differ in it do not
 * dominate each other: each such metric has a column with it. */
static void append_points(struct text *sql) {
    text_append(sql, " points AS MATERIALIZED (SELECT sweep_id, setting, min(n) AS n");
    for (size_t i = 0; i < CONFIG_OBJECTIVES_MAX; i++)
        text_printf(sql, ", max(CASE place WHEN %zu THEN key END) AS key_%zu", i, i);
    for (size_t i = 0, at = 0; i < HP_COUNT; i++) {
        if (hyperparameters[i].defines == DEFINES_NONE)
            continue;
        text_append(sql, ", max(");
        append_definer(&hyperparameters[i], sql);
        text_printf(sql, ") AS definer_%zu", at++);
    }
    text_append(sql, " FROM objective_means JOIN definers USING (sweep_id, setting)"
                     " GROUP BY sweep_id, setting HAVING count(*) = (SELECT count(*)"
                     " FROM objectives o WHERE o.sweep_id = objective_means.sweep_id)"
                     /* Those that dominate many come first. */
                     " ORDER BY n DESC, key_0)");
}

/* ranking_dominates in SQL. A sweep that has fewer metrics than there may be has NULL in the others
 * of all its settings. */
static void append_dominates(struct text *sql) {
    text_append(sql, "q.sweep_id = p.sweep_id");
    for (size_t i = 0, at = 0; i < HP_COUNT; i++)
        if (hyperparameters[i].defines != DEFINES_NONE) {
            text_printf(sql, " AND q.definer_%zu IS p.definer_%zu", at, at);
            at++;
        }
    text_append(sql, " AND (q.n > p.n OR (q.n = p.n");
    for (size_t i = 0; i < CONFIG_OBJECTIVES_MAX; i++)
        text_printf(sql, " AND ifnull(q.key_%zu <= p.key_%zu, 1)", i, i);
    text_append(sql, " AND (0");
    for (size_t i = 0; i < CONFIG_OBJECTIVES_MAX; i++)
        text_printf(sql, " OR ifnull(q.key_%zu < p.key_%zu, 0)", i, i);
    text_append(sql, ")))");
}

/* The settings of the leaderboard that none dominates. */
static void append_pareto(struct text *sql) {
    text_append(sql, "CREATE VIEW pareto AS WITH definers AS (SELECT sweep_id, setting");
    for (size_t i = 0; i < HP_COUNT; i++)
        if (hyperparameters[i].defines != DEFINES_NONE)
            text_printf(sql, ", %s", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, " FROM sweep_results GROUP BY sweep_id, setting),");
    append_points(sql);
    text_append(sql, " SELECT l.* FROM leaderboard l JOIN points p USING (sweep_id, setting)"
                     " WHERE NOT EXISTS (SELECT 1 FROM points q WHERE ");
    append_dominates(sql);
    text_append(sql, ") ORDER BY sweep_id DESC, rank;");
}

static void append_best(struct text *sql) {
    text_append(sql, "CREATE VIEW best AS SELECT b.*, " SCHEMA_BEST_TRIAL " AS trial_id"
                     " FROM leaderboard b WHERE rank = 1 AND score IS NOT NULL;");
}

/* Each is made of those above it. */
static const struct {
    const char *name;
    void (*append)(struct text *sql);
} views[] = {
    {"sweep_results", append_results},
    {"scored", append_scored},
    {"ranked", append_ranked},
    {"leaderboard", append_leaderboard},
    {"best", append_best},
    {"objective_means", append_objective_means},
    {"pareto", append_pareto},
};
#define VIEW_COUNT (sizeof views / sizeof *views)

void schema_append_views(struct text *sql) {
    for (size_t i = 0; i < VIEW_COUNT; i++)
        views[i].append(sql);
}

void schema_append_drop_views(struct text *sql) {
    for (size_t i = VIEW_COUNT; i-- > 0;)
        text_printf(sql, "DROP VIEW IF EXISTS %s;", views[i].name);
}
