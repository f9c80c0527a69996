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

size_t store_recorded(struct store *store, int64_t sweep, struct arena *arena,
                      const char *names[STORE_RECORDED_MAX]) {
    size_t count = 0;
    struct statement *statement = database_prepare(store->database, recorded_names);
    statement_bind_integer(statement, 1, sweep);
    while (count < STORE_RECORDED_MAX && statement_step(statement))
        names[count++] = statement_copy(statement, 0, arena);
    statement_free(statement);
    return count;
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

struct column column_named(struct store *store, const char *name, struct arena *arena) {
    const char *base = base_of(name);
    const struct metric *metric = metric_find(base);
    struct column column = {.name = database_text_or_fail(
                                store->database, arena_printf(arena, "%.*s%s", (int)(base - name),
                                                              name, metric ? metric->name : base))};
    column.maximize = store_maximizes(column.name, &column.plain);
    column.most = metric && metric->most > 0 ? metric->most : (double)INFINITY;
    return column;
}

struct column column_tested(struct store *store, const struct column *column, struct arena *arena) {
    const char *base = base_of(column->name);
    if (column->plain && strcmp(base, "loss") != 0 && strcmp(base, "accuracy") != 0)
        return (struct column){0}; /* train_seconds and parameters are no scores */
    return column_named(
        store, database_text_or_fail(store->database, arena_printf(arena, "test_%s", base)), arena);
}

void column_check(struct store *store, int64_t sweep, const char *name, struct arena *arena) {
    const char *names[STORE_RECORDED_MAX];
    const size_t count = store_recorded(store, sweep, arena, names);
    struct text list;
    bool found = count == 0;
    text_init(&list);
    for (size_t i = 0; i < count; i++) {
        found |= strcmp(names[i], name) == 0;
        text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    if (!found) {
        const char *nearest = text_nearest(name, names, count);
        database_fail(store->database, STATUS_USAGE,
                      "this sweep has no '%.64s'%s%s%s; it recorded %s", name,
                      nearest ? "; did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "", list.data);
    }
    text_release(&list);
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
