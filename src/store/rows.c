#include "store/rows.h"

#include "store/columns.h"
#include "store/filter_sql.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

/* The columns besides hyperparameters and metrics: before the former, between, after the latter. */
enum place { FRONT, MIDDLE, BACK };

struct fixed {
    enum place place;
    const char *name, *sql;
    enum value_type type;
};

static const struct fixed of_trials[] = {
    {FRONT, "trial_id", "t.trial_id", VALUE_INTEGER},
    {FRONT, "setting", "t.setting", VALUE_NAME},
    {FRONT, "dataset", "t.dataset", VALUE_NAME},
    {MIDDLE, "seed", "t.seed", VALUE_INTEGER},
    {MIDDLE, "status", "t.status", VALUE_NAME},
    {MIDDLE, "loss", "t.loss", VALUE_REAL},
    {MIDDLE, "accuracy", "t.accuracy", VALUE_REAL},
    {MIDDLE, "val_loss", "t.val_loss", VALUE_REAL},
    {MIDDLE, "val_accuracy", "t.val_accuracy", VALUE_REAL},
    {MIDDLE, "test_loss", "t.test_loss", VALUE_REAL},
    {MIDDLE, "test_accuracy", "t.test_accuracy", VALUE_REAL},
    {BACK, "parameters", "t.parameters", VALUE_INTEGER},
    {BACK, "train_seconds", "t.train_seconds", VALUE_REAL},
    {BACK, "started_at", "t.started_at", VALUE_NAME},
    {BACK, "finished_at", "t.finished_at", VALUE_NAME},
    {BACK, "error", "t.error", VALUE_NAME},
};

static const struct fixed of_epochs[] = {
    {FRONT, "trial_id", "h.trial_id", VALUE_INTEGER},
    {FRONT, "epoch", "h.epoch", VALUE_INTEGER},
    {MIDDLE, "seed", "t.seed", VALUE_INTEGER},
    {MIDDLE, "loss", "h.loss", VALUE_REAL},
    {MIDDLE, "accuracy", "h.accuracy", VALUE_REAL},
    {MIDDLE, "val_loss", "h.val_loss", VALUE_REAL},
    {MIDDLE, "val_accuracy", "h.val_accuracy", VALUE_REAL},
    {BACK, "seconds", "h.seconds", VALUE_REAL},
};

#define UP_TO_ITS_END " AND m.epoch <= t.trained_epochs"

/* The joins go from the sweep's trials, which are in order, so that nothing is sorted. */
static const struct {
    const struct fixed *fixed;
    size_t count;
    const char *metric; /* which entries of a metric fit; the last of them is taken */
    const char *from, *order;
} units[] = {
    [ROWS_TRIALS] = {of_trials, sizeof of_trials / sizeof *of_trials, UP_TO_ITS_END,
                     " FROM sweep_results t WHERE t.sweep_id = ?1", " ORDER BY t.trial_id"},
    [ROWS_OBSERVATIONS] = {of_trials, sizeof of_trials / sizeof *of_trials, UP_TO_ITS_END,
                           " FROM sweep_results t WHERE t.sweep_id = ?1",
                           OBSERVATIONS_ORDER_OF("t.")},
    [ROWS_EPOCHS] = {of_epochs, sizeof of_epochs / sizeof *of_epochs, " AND m.epoch = h.epoch",
                     " FROM sweep_results t CROSS JOIN history h ON h.trial_id = t.trial_id"
                     " AND h.epoch <= t.trained_epochs WHERE t.sweep_id = ?1",
                     " ORDER BY t.trial_id, h.epoch"},
};

/* What opening works with. */
struct opening {
    struct store *store;
    const struct rows_request *request;
    struct rows_column *columns;
    size_t count;
    struct text sql;
    const char *metrics[STORE_RECORDED_MAX];
    size_t metric_count;
    bool applies[HP_COUNT]; /* to a trial of the sweep */
};

static void add(struct opening *opening, const char *name, enum value_type type,
                const struct hyperparameter *hyperparameter) {
    text_append(&opening->sql, opening->count > 0 ? ", " : "SELECT ");
    opening->columns[opening->count++] = (struct rows_column){name, type, hyperparameter, NULL};
}

static void add_fixed(struct opening *opening, enum place place) {
    const enum rows_unit unit = opening->request->unit;
    for (size_t i = 0; i < units[unit].count; i++) {
        const struct fixed *fixed = &units[unit].fixed[i];
        if (fixed->place != place)
            continue;
        const struct hyperparameter *varied = &hyperparameters[HP_DATASET];
        const struct factor *factor = observations_factor(opening->request->observations, varied);
        add(opening, fixed->name, fixed->type,
            factor && strcmp(fixed->name, varied->name) == 0 ? varied : NULL);
        text_append(&opening->sql, fixed->sql);
    }
}

static void add_hyperparameters(struct opening *opening) {
    const struct observations *observations = opening->request->observations;
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        const struct factor *factor = observations_factor(observations, hyperparameter);
        if (i == HP_DATASET && opening->request->unit != ROWS_EPOCHS)
            continue; /* it is in front */
        if (opening->request->all ? !opening->applies[i] : !factor || !factor_differs(factor))
            continue;
        const char *column = hyperparameter_column(hyperparameter);
        add(opening, column, hyperparameter->type, hyperparameter);
        text_printf(&opening->sql, "t.%s", column);
    }
}

static void add_parts(struct opening *opening) {
    const struct observations *observations = opening->request->observations;
    for (size_t i = 0; i < observations->factor_count; i++) {
        const struct factor *factor = &observations->factors[i];
        if (!factor->part || !factor->varied || opening->request->unit == ROWS_OBSERVATIONS)
            continue;
        add(opening, factor->name, factor->hyperparameter->type, NULL);
        opening->columns[opening->count - 1].part = factor;
        text_append(&opening->sql, "NULL");
    }
}

static void add_metrics(struct opening *opening) {
    for (size_t i = 0; i < opening->metric_count; i++) {
        add(opening, opening->metrics[i], VALUE_REAL, NULL);
        text_printf(&opening->sql,
                    "(SELECT value FROM metrics m WHERE m.trial_id = t.trial_id AND m.name = ?%d%s"
                    " ORDER BY m.epoch DESC LIMIT 1)",
                    2 + (int)i, units[opening->request->unit].metric);
    }
}

/* The recorded metrics of the long table; of the test images there is nothing but the end. */
static void find_metrics(struct opening *opening, struct arena *arena) {
    struct score scores[STORE_RECORDED_MAX];
    const bool epochs = opening->request->unit == ROWS_EPOCHS;
    const size_t count =
        store_recorded(opening->store, opening->request->observations->sweep_id, scores);
    for (size_t i = 0; i < count; i++)
        if (!scores[i].in_trials && !(epochs && scores[i].split == SCORE_TEST))
            opening->metrics[opening->metric_count++] =
                database_text_or_fail(opening->store->database, arena_copy(arena, scores[i].name));
}

static void find_applying(struct opening *opening) {
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(&opening->sql, "%s count(t.%s)", i > 0 ? "," : "SELECT",
                    hyperparameter_column(&hyperparameters[i]));
    text_append(&opening->sql, " FROM sweep_trials s JOIN trials t USING (trial_id)"
                               " WHERE s.sweep_id = ?1");
    struct statement *statement = database_prepare_built(opening->store->database, &opening->sql);
    statement_bind_integer(statement, 1, opening->request->observations->sweep_id);
    statement_step(statement);
    for (size_t i = 0; i < HP_COUNT; i++)
        opening->applies[i] = statement_integer(statement, (int)i) > 0;
    statement_free(statement);
    text_clear(&opening->sql);
}

static struct statement *prepare(struct opening *opening) {
    const struct rows_request *request = opening->request;
    const int filter_first = 2 + (int)opening->metric_count;
    add_fixed(opening, FRONT);
    add_hyperparameters(opening);
    add_parts(opening);
    add_fixed(opening, MIDDLE);
    add_metrics(opening);
    add_fixed(opening, BACK);
    text_append(&opening->sql, units[request->unit].from);
    filter_append_sql(request->filter, filter_first, &opening->sql);
    text_append(&opening->sql, units[request->unit].order);
    struct statement *statement = database_prepare_built(opening->store->database, &opening->sql);
    statement_bind_integer(statement, 1, request->observations->sweep_id);
    statement_bind_texts(statement, 2, opening->metrics, opening->metric_count);
    filter_bind(request->filter, filter_first, statement);
    return statement;
}

static int compare_trials(const void *a, const void *b) {
    const struct observation *const *x = a, *const *y = b;
    return ((*x)->trial > (*y)->trial) - ((*x)->trial < (*y)->trial);
}

static bool sort_trials(struct rows *rows, struct arena *arena) {
    const size_t count = rows->observations->count;
    rows->by_trial = ARENA_NEW(arena, const struct observation *, count);
    for (size_t i = 0; rows->by_trial && i < count; i++)
        rows->by_trial[i] = &rows->observations->items[i];
    if (rows->by_trial)
        qsort(rows->by_trial, count, sizeof(struct observation *), compare_trials);
    return rows->by_trial;
}

enum status rows_open(struct store *store, const struct rows_request *request, struct arena *arena,
                      struct rows *rows, struct error *error) {
    struct opening opening = {.store = store, .request = request};
    *rows = (struct rows){.database = store->database, .observations = request->observations};
    text_init(&opening.sql);
    opening.columns =
        ARENA_NEW(arena, struct rows_column,
                  units[request->unit].count + HP_COUNT + FACTORS_MAX + STORE_RECORDED_MAX);
    if (!opening.columns || !sort_trials(rows, arena))
        return error_memory(error);
    find_metrics(&opening, arena);
    find_applying(&opening);
    rows->statement = prepare(&opening);
    rows->columns = opening.columns;
    rows->column_count = opening.count;
    text_release(&opening.sql);
    return database_take_error(store->database, error);
}

void rows_close(struct rows *rows) {
    statement_free(rows->statement);
    *rows = (struct rows){0};
}

enum status rows_next(struct rows *rows, bool *row, struct error *error) {
    *row = statement_step(rows->statement);
    return database_take_error(rows->database, error);
}

/* A part's value; the row's trial is in its first column. */
static struct rows_cell part_cell(const struct rows *rows, const struct rows_column *column) {
    const struct observations *observations = rows->observations;
    const struct observation row = {.trial = statement_integer(rows->statement, 0)}, *key = &row;
    const struct observation *const *found = bsearch(&key, rows->by_trial, observations->count,
                                                     sizeof(struct observation *), compare_trials);
    const size_t factor = (size_t)(column->part - observations->factors);
    struct rows_cell cell = {.type = VALUE_NONE};
    if (!found)
        return cell;
    const size_t at = (size_t)(*found - observations->items);
    const struct level *level =
        &column->part->levels[observations->levels[at * observations->factor_count + factor]];
    cell.type = level->none ? VALUE_NONE : column->type;
    if (cell.type == VALUE_INTEGER)
        cell.integer = (int64_t)level->number;
    else if (cell.type == VALUE_REAL)
        cell.real = level->number;
    else if (cell.type == VALUE_BOOLEAN)
        cell.boolean = level->number != 0;
    else
        cell.text = level->text;
    return cell;
}

struct rows_cell rows_cell(const struct rows *rows, size_t column) {
    const int at = (int)column;
    struct rows_cell cell = {.type = rows->columns[column].type};
    if (rows->columns[column].part)
        return part_cell(rows, &rows->columns[column]);
    if (statement_is_null(rows->statement, at)) {
        cell.type = VALUE_NONE;
        return cell;
    }
    switch (cell.type) {
    case VALUE_INTEGER:
        cell.integer = statement_integer(rows->statement, at);
        break;
    case VALUE_REAL:
        cell.real = statement_real(rows->statement, at);
        break;
    case VALUE_BOOLEAN:
        cell.boolean = statement_integer(rows->statement, at) != 0;
        break;
    case VALUE_NONE:
    case VALUE_NAME:
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        cell.text = statement_text(rows->statement, at);
        break;
    }
    return cell;
}
