#include "store/store_private.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* What a leaderboard may be ordered by, besides the metrics in the long table. */
static const struct {
    const char *column;
    bool maximize;
} orders[] = {
    {"val_accuracy", true}, {"val_loss", false}, {"test_accuracy", true},  {"test_loss", false},
    {"accuracy", true},     {"loss", false},     {"train_seconds", false}, {"parameters", false},
};
#define ORDER_COUNT (sizeof orders / sizeof *orders)

static enum status fail_sweep(struct store *store, int64_t sweep, struct error *error) {
    struct statement *statement;
    bool row = false;
    enum status status =
        database_prepare(store->database,
                         "SELECT group_concat(sweep_id || ' (' || name || ')', ', ')"
                         " FROM (SELECT * FROM sweeps ORDER BY sweep_id DESC LIMIT 20)",
                         &statement, error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    if (status == STATUS_OK)
        status = error_set(error, STATUS_USAGE, "there is no sweep %" PRId64 "; there are %.800s",
                           sweep, statement_text(statement, 0));
    statement_free(statement);
    return status;
}

static enum status read_sweep(struct store *store, int64_t sweep, struct arena *arena,
                              struct leaderboard *leaderboard, struct error *error) {
    static const char sql[] =
        "SELECT sweep_id, name, metric, goal = 'maximize', count(trial_id),"
        " sum(status = 'completed'), sum(status = 'diverged'), sum(status = 'failed')"
        " FROM sweeps LEFT JOIN sweep_trials USING (sweep_id) LEFT JOIN trials USING (trial_id)"
        " WHERE sweep_id = coalesce(?, (SELECT sweep_id FROM sweeps"
        " ORDER BY started_at DESC, sweep_id DESC LIMIT 1)) GROUP BY sweep_id";
    struct statement *statement;
    bool row = false;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK && sweep != 0)
        statement_bind_integer(statement, 1, sweep);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    if (status == STATUS_OK && !row)
        status = sweep != 0 ? fail_sweep(store, sweep, error)
                            : error_set(error, STATUS_INPUT, "the database holds no sweep yet");
    if (status == STATUS_OK) {
        leaderboard->id = statement_integer(statement, 0);
        leaderboard->sweep = arena_copy(arena, statement_text(statement, 1));
        leaderboard->column = arena_copy(arena, statement_text(statement, 2));
        leaderboard->maximize = statement_integer(statement, 3) != 0;
        leaderboard->trials = (size_t)statement_integer(statement, 4);
        leaderboard->completed = (size_t)statement_integer(statement, 5);
        leaderboard->diverged = (size_t)statement_integer(statement, 6);
        leaderboard->failed = (size_t)statement_integer(statement, 7);
        if (!leaderboard->sweep || !leaderboard->column)
            status = error_memory(error);
    }
    statement_free(statement);
    return status;
}

/* What a hyperparameter has to differ within to count as varied: momentum, which sgd has and adam
 * has not, is varied only if trials of one optimizer differ in it. */
static const char *varied_within(const struct hyperparameter *hyperparameter) {
    if (hyperparameter->part == PART_OPTIMIZER)
        return "optimizer";
    if (hyperparameter->part == PART_ACTIVATION)
        return "activation, output_activation, layers";
    return "sweep_id";
}

static enum status is_varied(struct store *store, int64_t sweep,
                             const struct hyperparameter *hyperparameter, bool *varied,
                             struct error *error) {
    const char *column = hyperparameter_column(hyperparameter);
    struct statement *statement = NULL;
    struct text sql;
    bool row = false;
    text_init(&sql);
    text_printf(&sql,
                "SELECT EXISTS (SELECT 1 FROM trials JOIN sweep_trials USING (trial_id)"
                " WHERE sweep_id = ? GROUP BY %s HAVING count(DISTINCT %s) + max(%s IS NULL) > 1)",
                varied_within(hyperparameter), column, column);
    enum status status = sql.failed
                             ? error_memory(error)
                             : database_prepare(store->database, sql.data, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, sweep);
        status = statement_step(statement, &row, error);
    }
    *varied = status == STATUS_OK && statement_integer(statement, 0) != 0;
    statement_free(statement);
    text_release(&sql);
    return status;
}

static enum status find_varied(struct store *store, int64_t sweep, struct arena *arena,
                               struct leaderboard *leaderboard, struct error *error) {
    const char **names = ARENA_NEW(arena, const char *, HP_COUNT);
    enum status status = names ? STATUS_OK : error_memory(error);
    for (size_t i = 0; i < HP_COUNT && status == STATUS_OK; i++) {
        bool varied = false;
        status = is_varied(store, sweep, &hyperparameters[i], &varied, error);
        if (varied)
            names[leaderboard->hyperparameter_count++] = hyperparameter_column(&hyperparameters[i]);
    }
    leaderboard->hyperparameters = names;
    return status;
}

/* What the sweep's completed trials have values of: columns, then metrics. */
static const char recorded_names[] =
    "WITH mine AS (SELECT t.* FROM trials t JOIN sweep_trials USING (trial_id)"
    " WHERE sweep_id = ?1 AND status = 'completed')"
    " SELECT name FROM ("
    "SELECT 'val_accuracy' AS name, count(val_accuracy) AS n FROM mine"
    " UNION ALL SELECT 'val_loss', count(val_loss) FROM mine"
    " UNION ALL SELECT 'test_accuracy', count(test_accuracy) FROM mine"
    " UNION ALL SELECT 'test_loss', count(test_loss) FROM mine"
    " UNION ALL SELECT 'accuracy', count(accuracy) FROM mine"
    " UNION ALL SELECT 'loss', count(loss) FROM mine"
    " UNION ALL SELECT 'train_seconds', count(train_seconds) FROM mine"
    " UNION ALL SELECT 'parameters', count(parameters) FROM mine"
    " UNION ALL SELECT * FROM (SELECT name, count(value) FROM metrics"
    " WHERE trial_id IN (SELECT trial_id FROM mine) GROUP BY name ORDER BY name)) WHERE n > 0";

enum status store_recorded(struct store *store, int64_t sweep, struct arena *arena,
                           const char *names[STORE_RECORDED_MAX], size_t *count,
                           struct error *error) {
    struct statement *statement;
    bool row = true;
    *count = 0;
    enum status status = database_prepare(store->database, recorded_names, &statement, error);
    if (status == STATUS_OK)
        statement_bind_integer(statement, 1, sweep);
    while (status == STATUS_OK && *count < STORE_RECORDED_MAX) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        names[*count] = arena_copy(arena, statement_text(statement, 0));
        if (!names[(*count)++])
            status = error_memory(error);
    }
    statement_free(statement);
    return status;
}

/* Fail unless the sweep recorded the column. Without completed trials nothing tells. */
static enum status check_recorded(struct store *store, int64_t sweep, const char *column,
                                  struct arena *arena, struct error *error) {
    const char *names[STORE_RECORDED_MAX];
    size_t count = 0;
    enum status status = store_recorded(store, sweep, arena, names, &count, error);
    if (status != STATUS_OK || count == 0)
        return status;
    struct text list;
    bool found = false;
    text_init(&list);
    for (size_t i = 0; i < count; i++) {
        found |= strcmp(names[i], column) == 0;
        text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    if (!found) {
        const char *nearest = text_nearest(column, names, count);
        status = error_set(error, STATUS_USAGE,
                           "this sweep has no '%.64s' to order by%s%s%s; it recorded %s", column,
                           nearest ? "; did you mean '" : "", nearest ? nearest : "",
                           nearest ? "'?" : "", list.data);
    }
    text_release(&list);
    return status;
}

/* The metric that val_f1_score, or f1_score, is of; NULL: none. */
static const struct metric *metric_of(const char *column, const char **base) {
    const bool split = strncmp(column, "val_", 4) == 0 || strncmp(column, "test_", 5) == 0;
    *base = split ? strchr(column, '_') + 1 : column;
    return metric_find(*base);
}

/* A metric's column with its name written as the database has it: val_f1 becomes val_f1_score. */
static const char *canonical(const char *column, struct arena *arena) {
    const char *base;
    const struct metric *metric = metric_of(column, &base);
    return metric ? arena_printf(arena, "%.*s%s", (int)(base - column), column, metric->name)
                  : column;
}

bool store_maximizes(const char *column, bool *plain) {
    const char *base;
    const struct metric *metric = metric_of(column, &base);
    *plain = true;
    for (size_t i = 0; i < ORDER_COUNT; i++)
        if (strcmp(column, orders[i].column) == 0)
            return orders[i].maximize;
    *plain = false;
    return metric && metric->maximize;
}

/* Set the column to order by and its direction; *plain tells whether it is one of `orders`. */
static enum status choose_column(struct store *store, int64_t sweep, const char *column,
                                 struct arena *arena, struct leaderboard *leaderboard, bool *plain,
                                 struct error *error) {
    const bool asked = column != NULL;
    column = canonical(asked ? column : leaderboard->column, arena);
    if (!column)
        return error_memory(error);
    const bool maximize = store_maximizes(column, plain);
    /* The sweep's own goal holds for its own metric. */
    if (strcmp(column, leaderboard->column) != 0)
        leaderboard->maximize = maximize;
    leaderboard->column = column;
    return asked ? check_recorded(store, sweep, column, arena, error) : STATUS_OK;
}

static void append_query(const struct leaderboard *leaderboard, bool plain, struct text *sql) {
    /* A metric's name is only looked up in the long table; a plain column's name is one of ours. */
    const char *value = plain ? leaderboard->column
                              : "(SELECT value FROM metrics m WHERE m.trial_id = t.trial_id"
                                " AND m.name = ?3 ORDER BY m.epoch DESC LIMIT 1)";
    /* The deviation from differences from the mean, as in the view `leaderboard`. */
    text_append(sql,
                "SELECT sum(status = 'completed'), sum(status = 'diverged'), avg(value) AS mean,"
                " CASE WHEN count(value) > 1 THEN"
                " sqrt(sum((value - center) * (value - center)) / (count(value) - 1)) END,"
                " avg(test_accuracy) FILTER (WHERE status = 'completed'), avg(train_seconds)");
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        text_printf(sql, ", %s", leaderboard->hyperparameters[i]);
    text_printf(sql,
                " FROM (SELECT *, avg(value) OVER (PARTITION BY setting) AS center FROM"
                " (SELECT t.*, CASE status WHEN 'completed' THEN %s END AS value"
                " FROM trials t JOIN sweep_trials USING (trial_id)"
                " WHERE sweep_id = ?1 AND status IN ('completed', 'diverged')))"
                " GROUP BY setting ORDER BY mean IS NULL, %smean, setting LIMIT ?2",
                value, leaderboard->maximize ? "-" : "");
}

/* A hyperparameter's value as a config writes it. */
static const char *read_value(struct statement *statement, int column, const char *name,
                              struct arena *arena) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(name);
    const enum value_type type = hyperparameter ? hyperparameter->type : VALUE_NONE;
    if (statement_is_null(statement, column))
        return "-";
    if (type == VALUE_BOOLEAN)
        return statement_integer(statement, column) != 0 ? "true" : "false";
    if (type != VALUE_REAL)
        return arena_copy(arena, statement_text(statement, column));
    struct text text;
    text_init(&text);
    text_append_double(&text, statement_real(statement, column));
    const char *copy = text.failed ? NULL : arena_copy(arena, text.data);
    text_release(&text);
    return copy;
}

static enum status read_standing(struct statement *statement, struct arena *arena,
                                 const struct leaderboard *leaderboard, struct standing *standing,
                                 struct error *error) {
    const char **values = ARENA_NEW(arena, const char *, leaderboard->hyperparameter_count);
    if (!values)
        return error_memory(error);
    *standing = (struct standing){
        .values = values,
        .n = (size_t)statement_integer(statement, 0),
        .diverged = (size_t)statement_integer(statement, 1),
        .mean = statement_real(statement, 2),
        .deviation = statement_real(statement, 3),
        .test_accuracy = statement_real(statement, 4),
        .seconds = statement_real(statement, 5),
    };
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++) {
        values[i] = read_value(statement, 6 + (int)i, leaderboard->hyperparameters[i], arena);
        if (!values[i])
            return error_memory(error);
    }
    return STATUS_OK;
}

static enum status read_standings(struct store *store, int64_t sweep, bool plain, size_t limit,
                                  struct arena *arena, struct leaderboard *leaderboard,
                                  struct error *error) {
    struct statement *statement = NULL;
    struct text sql;
    bool row = true;
    text_init(&sql);
    append_query(leaderboard, plain, &sql);
    const size_t most = leaderboard->completed + leaderboard->diverged;
    const size_t rows = limit > 0 && limit < most ? limit : most;
    leaderboard->standings = ARENA_NEW(arena, struct standing, rows);
    enum status status = sql.failed || !leaderboard->standings
                             ? error_memory(error)
                             : database_prepare(store->database, sql.data, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, sweep);
        statement_bind_integer(statement, 2, (int64_t)rows);
        if (!plain)
            statement_bind_text(statement, 3, leaderboard->column);
    }
    while (status == STATUS_OK && row) {
        status = statement_step(statement, &row, error);
        if (status == STATUS_OK && row)
            status = read_standing(statement, arena, leaderboard,
                                   &leaderboard->standings[leaderboard->count++], error);
    }
    statement_free(statement);
    text_release(&sql);
    return status;
}

enum status store_leaderboard(struct store *store, int64_t sweep, const char *column, size_t limit,
                              struct arena *arena, struct leaderboard *leaderboard,
                              struct error *error) {
    *leaderboard = (struct leaderboard){0};
    bool plain = false;
    enum status status = read_sweep(store, sweep, arena, leaderboard, error);
    const int64_t id = leaderboard->id;
    if (status == STATUS_OK)
        status = choose_column(store, id, column, arena, leaderboard, &plain, error);
    if (status == STATUS_OK)
        status = find_varied(store, id, arena, leaderboard, error);
    if (status == STATUS_OK)
        status = read_standings(store, id, plain, limit, arena, leaderboard, error);
    return status;
}
