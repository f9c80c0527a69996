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
    {"val_accuracy", true}, {"val_loss", false}, {"test_accuracy", true}, {"test_loss", false},
    {"accuracy", true},     {"loss", false},     {"train_seconds", false}, {"parameters", false},
};
#define ORDER_COUNT (sizeof orders / sizeof *orders)

static enum status read_sweep(struct store *store, int64_t sweep, struct arena *arena,
                              struct leaderboard *leaderboard, int64_t *id, struct error *error) {
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
        status = error_set(error, STATUS_INPUT, "the database holds no sweep yet");
    if (status == STATUS_OK) {
        *id = statement_integer(statement, 0);
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
    enum status status = sql.failed ? error_memory(error)
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

/* Set the column to order by and its direction; *plain tells whether it is one of `orders`. */
static enum status choose_column(const char *column, struct leaderboard *leaderboard, bool *plain,
                                 struct error *error) {
    *plain = false;
    if (!column)
        column = leaderboard->column;
    const bool own = strcmp(column, leaderboard->column) == 0;
    for (size_t i = 0; i < ORDER_COUNT; i++)
        if (strcmp(column, orders[i].column) == 0) {
            *plain = true;
            leaderboard->maximize = own ? leaderboard->maximize : orders[i].maximize;
        }
    if (*plain || own) {
        leaderboard->column = column;
        return STATUS_OK;
    }
    const char *base = column;
    if (strncmp(base, "val_", 4) == 0 || strncmp(base, "test_", 5) == 0)
        base = strchr(base, '_') + 1;
    const struct metric *metric = metric_find(base);
    if (!metric) {
        const char *names[ORDER_COUNT];
        for (size_t i = 0; i < ORDER_COUNT; i++)
            names[i] = orders[i].column;
        const char *nearest = text_nearest(column, names, ORDER_COUNT);
        return error_set(error, STATUS_USAGE,
                         "can't order by '%.64s'%s%s%s; there are val_accuracy, val_loss, "
                         "test_accuracy, test_loss, accuracy, loss, train_seconds, parameters, and "
                         "the config's metrics",
                         column, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?" : "");
    }
    leaderboard->column = column;
    leaderboard->maximize = metric->maximize;
    return STATUS_OK;
}

static void append_query(const struct leaderboard *leaderboard, bool plain, struct text *sql) {
    /* A metric's name is only looked up in the long table; a plain column's name is one of ours. */
    const char *value = plain ? leaderboard->column
                              : "(SELECT value FROM metrics m WHERE m.trial_id = t.trial_id"
                                " AND m.name = ?3 ORDER BY m.epoch DESC LIMIT 1)";
    text_append(sql, "SELECT n, diverged, mean, CASE WHEN k > 1"
                     " THEN sqrt(max(0, (squares - sums * mean) / (k - 1))) END,"
                     " test_accuracy, seconds");
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        text_printf(sql, ", %s", leaderboard->hyperparameters[i]);
    text_append(sql, " FROM (SELECT setting, sum(status = 'completed') AS n,"
                     " sum(status = 'diverged') AS diverged, count(value) AS k,"
                     " avg(value) AS mean, sum(value) AS sums, sum(value * value) AS squares,"
                     " avg(test_accuracy) AS test_accuracy, avg(train_seconds) AS seconds");
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        text_printf(sql, ", %s", leaderboard->hyperparameters[i]);
    text_printf(sql,
                " FROM (SELECT t.*, %s AS value FROM trials t JOIN sweep_trials USING (trial_id)"
                " WHERE sweep_id = ?1"
                " AND status IN ('completed', 'diverged')) GROUP BY setting)"
                " ORDER BY mean IS NULL, %smean, setting LIMIT ?2",
                value, leaderboard->maximize ? "-" : "");
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
        const int column = 6 + (int)i;
        values[i] = arena_copy(arena, statement_is_null(statement, column)
                                          ? "-"
                                          : statement_text(statement, column));
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
    int64_t id = 0;
    bool plain = false;
    enum status status = read_sweep(store, sweep, arena, leaderboard, &id, error);
    if (status == STATUS_OK)
        status = choose_column(column, leaderboard, &plain, error);
    if (status == STATUS_OK)
        status = find_varied(store, id, arena, leaderboard, error);
    if (status == STATUS_OK)
        status = read_standings(store, id, plain, limit, arena, leaderboard, error);
    return status;
}
