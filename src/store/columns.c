#include "store/columns.h"

#include "nn/metric.h"

#include <math.h>
#include <string.h>

/* What trials may be compared by besides the metrics in the long table. */
static const struct {
    const char *name;
    bool maximize;
} plain_columns[] = {
    {"val_accuracy", true}, {"val_loss", false}, {"test_accuracy", true},  {"test_loss", false},
    {"accuracy", true},     {"loss", false},     {"train_seconds", false}, {"parameters", false},
};
#define PLAIN_COUNT (sizeof plain_columns / sizeof *plain_columns)

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

/* The name without val_ or test_. */
static const char *base_of(const char *name) {
    const bool split = strncmp(name, "val_", 4) == 0 || strncmp(name, "test_", 5) == 0;
    return split ? strchr(name, '_') + 1 : name;
}

bool store_maximizes(const char *name, bool *plain) {
    const struct metric *metric = metric_find(base_of(name));
    *plain = true;
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        if (strcmp(name, plain_columns[i].name) == 0)
            return plain_columns[i].maximize;
    *plain = false;
    return metric && metric->maximize;
}

enum status column_named(const char *name, struct arena *arena, struct column *column,
                         struct error *error) {
    const char *base = base_of(name);
    const struct metric *metric = metric_find(base);
    *column = (struct column){.name = arena_printf(arena, "%.*s%s", (int)(base - name), name,
                                                   metric ? metric->name : base)};
    if (!column->name)
        return error_memory(error);
    column->maximize = store_maximizes(column->name, &column->plain);
    column->most = metric && metric->most > 0 ? metric->most : (double)INFINITY;
    return STATUS_OK;
}

enum status column_tested(const struct column *column, struct arena *arena, struct column *tested,
                          struct error *error) {
    const char *base = base_of(column->name);
    *tested = (struct column){0};
    if (column->plain && strcmp(base, "loss") != 0 && strcmp(base, "accuracy") != 0)
        return STATUS_OK; /* train_seconds and parameters are no scores */
    const char *name = arena_printf(arena, "test_%s", base);
    return name ? column_named(name, arena, tested, error) : error_memory(error);
}

enum status column_check(struct store *store, int64_t sweep, const char *name, struct arena *arena,
                         struct error *error) {
    const char *names[STORE_RECORDED_MAX];
    size_t count = 0;
    enum status status = store_recorded(store, sweep, arena, names, &count, error);
    if (status != STATUS_OK || count == 0)
        return status;
    struct text list;
    bool found = false;
    text_init(&list);
    for (size_t i = 0; i < count; i++) {
        found |= strcmp(names[i], name) == 0;
        text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    if (!found) {
        const char *nearest = text_nearest(name, names, count);
        status = error_set(error, STATUS_USAGE, "this sweep has no '%.64s'%s%s%s; it recorded %s",
                           name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                           nearest ? "'?" : "", list.data);
    }
    text_release(&list);
    return status;
}

void column_append_sql(const struct column *column, int at, struct text *sql) {
    /* A plain column's name is one of ours; a metric's is only looked up. */
    if (!column->name)
        text_append(sql, "NULL");
    else if (column->plain)
        text_printf(sql, "t.%s", column->name);
    else
        text_printf(sql,
                    "(SELECT value FROM metrics m WHERE m.trial_id = t.trial_id"
                    " AND m.name = ?%d ORDER BY m.epoch DESC LIMIT 1)",
                    at);
}

void column_bind(const struct column *column, int at, struct statement *statement) {
    if (column->name && !column->plain)
        statement_bind_text(statement, at, column->name);
}
