#include "store/observations.h"

#include "base/intern.h"
#include "store/columns.h"
#include "store/factors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

enum status store_find_sweep(struct store *store, int64_t *sweep, struct error *error) {
    static const char sql[] = "SELECT sweep_id FROM sweeps WHERE ?1 IN (0, sweep_id)"
                              " ORDER BY started_at DESC, sweep_id DESC LIMIT 1";
    struct statement *statement;
    bool row = false;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, *sweep);
        status = statement_step(statement, &row, error);
    }
    if (status == STATUS_OK && !row)
        status = *sweep != 0 ? fail_sweep(store, *sweep, error)
                             : error_set(error, STATUS_INPUT, "the database holds no sweep yet");
    if (status == STATUS_OK)
        *sweep = statement_integer(statement, 0);
    statement_free(statement);
    return status;
}

static enum status read_sweep(struct store *store, int64_t sweep, struct arena *arena,
                              struct observations *observations, struct error *error) {
    struct statement *statement = NULL;
    bool row = false;
    enum status status = store_find_sweep(store, &sweep, error);
    if (status == STATUS_OK)
        status = database_prepare(store->database,
                                  "SELECT sweep_id, name, dataset, metric, goal = 'maximize'"
                                  " FROM sweeps WHERE sweep_id = ?",
                                  &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, sweep);
        status = statement_step(statement, &row, error);
    }
    if (status == STATUS_OK) {
        observations->sweep_id = statement_integer(statement, 0);
        observations->sweep = arena_copy(arena, statement_text(statement, 1));
        observations->dataset = arena_copy(arena, statement_text(statement, 2));
        observations->column = arena_copy(arena, statement_text(statement, 3));
        observations->maximize = statement_integer(statement, 4) != 0;
        if (!observations->sweep || !observations->dataset || !observations->column)
            status = error_memory(error);
    }
    statement_free(statement);
    return status;
}

/* What a reading works with. */
struct reader {
    struct store *store;
    const struct selection *selection;
    struct arena *arena;
    struct observations *observations;
    struct error *error;
    struct column column, tested;
    struct intern settings;
    const char **digests;  /* of the settings */
    struct intern *levels; /* one for each factor */
    struct text text;      /* scratch */
};

static enum status choose_column(struct reader *reader) {
    struct observations *observations = reader->observations;
    const char *asked = reader->selection->column;
    enum status status = column_named(asked ? asked : observations->column, reader->arena,
                                      &reader->column, reader->error);
    if (status == STATUS_OK)
        status = column_tested(&reader->column, reader->arena, &reader->tested, reader->error);
    if (status != STATUS_OK)
        return status;
    /* The sweep's own goal holds for its own metric. */
    if (strcmp(reader->column.name, observations->column) != 0)
        observations->maximize = reader->column.maximize;
    observations->column = reader->column.name;
    observations->most = reader->column.most;
    observations->test_column = reader->tested.name;
    return asked ? column_check(reader->store, observations->sweep_id, observations->column,
                                reader->arena, reader->error)
                 : STATUS_OK;
}

/* The trials asked for: ?1 is the sweep, the filter's parameters begin at ?4. */
static void append_source(const struct reader *reader, struct text *sql) {
    text_append(sql, " FROM trials t JOIN sweep_trials USING (trial_id) WHERE sweep_id = ?1");
    filter_append_sql(reader->selection->filter, 4, sql);
}

static enum status prepare(struct reader *reader, struct statement **statement) {
    *statement = NULL;
    if (reader->text.failed)
        return error_memory(reader->error);
    enum status status =
        database_prepare(reader->store->database, reader->text.data, statement, reader->error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(*statement, 1, reader->observations->sweep_id);
    filter_bind(reader->selection->filter, 4, *statement);
    return STATUS_OK;
}

/* Whether a trial of the sweep passes one condition of the filter. */
static enum status passes_any(struct reader *reader, struct filter_condition *condition,
                              bool *passes) {
    const struct filter alone = {1, condition};
    const struct selection selection = {.filter = &alone};
    struct reader with_it = *reader;
    struct statement *statement;
    with_it.selection = &selection;
    text_clear(&with_it.text);
    text_append(&with_it.text, "SELECT EXISTS (SELECT 1");
    append_source(&with_it, &with_it.text);
    text_append(&with_it.text, ")");
    enum status status = prepare(&with_it, &statement);
    if (status == STATUS_OK)
        status = statement_step(statement, passes, reader->error);
    if (status == STATUS_OK)
        *passes = statement_integer(statement, 0) != 0;
    statement_free(statement);
    reader->text = with_it.text;
    return status;
}

/* Tell which values the sweep has of what is asked for in vain. */
static enum status fail_condition(struct reader *reader, const struct filter_condition *condition) {
    struct statement *statement = NULL;
    bool row = false;
    const char *column =
        condition->hyperparameter ? hyperparameter_column(condition->hyperparameter) : "seed";
    text_clear(&reader->text);
    text_printf(
        &reader->text,
        "SELECT group_concat(value, ', ') FROM (SELECT DISTINCT coalesce(%s, 'none') AS value"
        " FROM trials JOIN sweep_trials USING (trial_id) WHERE sweep_id = ?1"
        " ORDER BY %s LIMIT 20)",
        column, column);
    enum status status = reader->text.failed
                             ? error_memory(reader->error)
                             : database_prepare(reader->store->database, reader->text.data,
                                                &statement, reader->error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, reader->observations->sweep_id);
        status = statement_step(statement, &row, reader->error);
    }
    if (status == STATUS_OK)
        status = error_set(reader->error, STATUS_USAGE,
                           "no trial of this sweep has %.300s; the values it has of %s: %.500s",
                           reader->observations->where, column, statement_text(statement, 0));
    statement_free(statement);
    return status;
}

static enum status fail_filter(struct reader *reader) {
    const struct filter *filter = reader->selection->filter;
    for (size_t i = 0; i < filter->count; i++) {
        bool passes = false;
        enum status status = passes_any(reader, &filter->conditions[i], &passes);
        if (status != STATUS_OK)
            return status;
        if (!passes)
            return fail_condition(reader, &filter->conditions[i]);
    }
    return error_set(reader->error, STATUS_USAGE,
                     "no trial of this sweep has all of: %.300s; some have each of them",
                     reader->observations->where);
}

/* A hyperparameter's value as a config writes it. */
static void append_value(struct statement *statement, int column, enum value_type type,
                         struct text *text) {
    if (statement_is_null(statement, column))
        text_append(text, "-");
    else if (type == VALUE_BOOLEAN)
        text_append(text, statement_integer(statement, column) != 0 ? "true" : "false");
    else if (type == VALUE_REAL)
        text_append_double(text, statement_real(statement, column));
    else
        text_append(text, statement_text(statement, column));
}

/* The value in a column of the row, whose text is in `text` already. */
static enum status copy_level(struct reader *reader, struct statement *statement, int column,
                              enum value_type type, struct level *level) {
    const bool number_like = type == VALUE_INTEGER || type == VALUE_REAL || type == VALUE_BOOLEAN;
    *level = (struct level){
        .text = reader->text.failed ? NULL : arena_copy(reader->arena, reader->text.data),
        .number = number_like ? statement_real(statement, column) : (double)NAN,
        .none = statement_is_null(statement, column),
    };
    return level->text ? STATUS_OK : error_memory(reader->error);
}

/* Of each hyperparameter two columns: whether trials differ in it, and its least value, which is
 * the only one where they don't. */
static enum status sort_hyperparameters(struct reader *reader, struct statement *statement) {
    struct observations *observations = reader->observations;
    enum status status = STATUS_OK;
    for (int i = 0; i < HP_COUNT && status == STATUS_OK; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        if (statement_integer(statement, 1 + 2 * i) != 0) {
            observations->factors[observations->factor_count++] = (struct factor){
                .hyperparameter = hyperparameter,
                .name = hyperparameter_column(hyperparameter),
            };
            continue;
        }
        text_clear(&reader->text);
        append_value(statement, 2 + 2 * i, hyperparameter->type, &reader->text);
        status = copy_level(reader, statement, 2 + 2 * i, hyperparameter->type,
                            &observations->constants[i]);
    }
    return status;
}

/* Count the trials, and find the hyperparameters in which they differ. */
static enum status find_factors(struct reader *reader) {
    struct observations *observations = reader->observations;
    struct statement *statement;
    bool row = false;
    text_clear(&reader->text);
    text_append(&reader->text, "SELECT count(*)");
    for (size_t i = 0; i < HP_COUNT; i++) {
        const char *column = hyperparameter_column(&hyperparameters[i]);
        text_printf(&reader->text,
                    ", min(t.%s) IS NOT max(t.%s) OR count(t.%s) NOT IN (0, count(*)), min(t.%s)",
                    column, column, column, column);
    }
    append_source(reader, &reader->text);
    enum status status = prepare(reader, &statement);
    observations->factors = ARENA_NEW(reader->arena, struct factor, HP_COUNT);
    observations->constants = ARENA_NEW(reader->arena, struct level, HP_COUNT);
    if (status == STATUS_OK && (!observations->factors || !observations->constants))
        status = error_memory(reader->error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, reader->error);
    if (status == STATUS_OK)
        observations->count = (size_t)statement_integer(statement, 0);
    if (status == STATUS_OK)
        status = sort_hyperparameters(reader, statement);
    statement_free(statement);
    if (status == STATUS_OK && observations->count == 0 && reader->selection->filter &&
        reader->selection->filter->count > 0)
        return fail_filter(reader);
    return status;
}

/* The number of a value among its factor's, which grow by it where it is new. */
static enum status read_level(struct reader *reader, struct statement *statement, int column,
                              size_t at, uint32_t *number) {
    struct factor *factor = &reader->observations->factors[at];
    struct intern *known = &reader->levels[at];
    const enum value_type type = factor->hyperparameter->type;
    bool is_new = false;
    text_clear(&reader->text);
    append_value(statement, column, type, &reader->text);
    *number = (uint32_t)intern_number(known, reader->text.data, reader->text.length, &is_new);
    if (known->failed || reader->text.failed)
        return error_memory(reader->error);
    if (!is_new)
        return STATUS_OK;
    if ((factor->level_count & (factor->level_count - 1)) == 0) { /* full: a power of two */
        const size_t room = factor->level_count ? 2 * factor->level_count : 1;
        struct level *levels = ARENA_NEW(reader->arena, struct level, room);
        if (!levels)
            return error_memory(reader->error);
        if (factor->level_count > 0)
            memcpy(levels, factor->levels, factor->level_count * sizeof *levels);
        factor->levels = levels;
    }
    return copy_level(reader, statement, column, type, &factor->levels[factor->level_count++]);
}

static enum observation_status status_named(const char *name) {
    static const char *const names[] = {[OBSERVATION_COMPLETED] = "completed",
                                        [OBSERVATION_DIVERGED] = "diverged",
                                        [OBSERVATION_FAILED] = "failed"};
    for (size_t i = OBSERVATION_COMPLETED; i < OBSERVATION_STATUSES; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum observation_status)i;
    return OBSERVATION_PENDING;
}

enum { COLUMN_FIRST = 8 }; /* where the hyperparameters begin in the query */

static enum status read_row(struct reader *reader, struct statement *statement, size_t at) {
    struct observations *observations = reader->observations;
    struct observation *item = &observations->items[at];
    const char *digest = statement_text(statement, 2);
    bool is_new = false;
    *item = (struct observation){
        .trial = statement_integer(statement, 0),
        .seed = (uint64_t)statement_integer(statement, 1),
        .setting = intern_number(&reader->settings, digest, strlen(digest), &is_new),
        .status = status_named(statement_text(statement, 3)),
        .value = statement_real(statement, 4),
        .test = statement_real(statement, 5),
        .test_accuracy = statement_real(statement, 6),
        .seconds = statement_real(statement, 7),
    };
    if (reader->settings.failed)
        return error_memory(reader->error);
    /* A diverged trial may have a score, but none that could be averaged with its siblings'. */
    if (item->status != OBSERVATION_COMPLETED)
        item->value = item->test = item->test_accuracy = (double)NAN;
    observations->totals[item->status]++;
    if (is_new && !(reader->digests[item->setting] = arena_copy(reader->arena, digest)))
        return error_memory(reader->error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < observations->factor_count && status == STATUS_OK; i++)
        status = read_level(reader, statement, COLUMN_FIRST + (int)i, i,
                            &observations->levels[at * observations->factor_count + i]);
    return status;
}

static enum status make_room(struct reader *reader) {
    struct observations *observations = reader->observations;
    size_t cells = 0;
    const bool fits =
        !__builtin_mul_overflow(observations->count, observations->factor_count, &cells);
    observations->items = ARENA_NEW(reader->arena, struct observation, observations->count);
    reader->digests = ARENA_NEW(reader->arena, const char *, observations->count);
    observations->levels = fits ? ARENA_NEW(reader->arena, uint32_t, cells) : NULL;
    reader->levels = calloc(observations->factor_count + 1, sizeof *reader->levels);
    observations->settings = reader->digests;
    return observations->items && observations->settings && observations->levels && reader->levels
               ? STATUS_OK
               : error_memory(reader->error);
}

static enum status read_rows(struct reader *reader) {
    struct observations *observations = reader->observations;
    struct statement *statement = NULL;
    bool row = true;
    text_clear(&reader->text);
    text_append(&reader->text, "SELECT t.trial_id, t.seed, t.setting, t.status, ");
    column_append_sql(&reader->column, 2, &reader->text);
    text_append(&reader->text, ", ");
    column_append_sql(&reader->tested, 3, &reader->text);
    text_append(&reader->text, ", t.test_accuracy, t.train_seconds");
    for (size_t i = 0; i < observations->factor_count; i++)
        text_printf(&reader->text, ", t.%s", observations->factors[i].name);
    append_source(reader, &reader->text);
    text_append(&reader->text, " ORDER BY t.trial_id");
    enum status status = make_room(reader);
    if (status == STATUS_OK)
        status = prepare(reader, &statement);
    if (status == STATUS_OK) {
        column_bind(&reader->column, 2, statement);
        column_bind(&reader->tested, 3, statement);
    }
    for (size_t at = 0; status == STATUS_OK; at++) {
        status = statement_step(statement, &row, reader->error);
        if (status != STATUS_OK || !row)
            break;
        status = read_row(reader, statement, at);
    }
    observations->setting_count = reader->settings.count;
    statement_free(statement);
    return status;
}

static enum status read_all(struct reader *reader) {
    struct observations *observations = reader->observations;
    enum status status = read_sweep(reader->store, reader->selection->sweep, reader->arena,
                                    observations, reader->error);
    if (status == STATUS_OK)
        status = choose_column(reader);
    if (status == STATUS_OK)
        status = find_factors(reader);
    if (status == STATUS_OK)
        status = read_rows(reader);
    return status == STATUS_OK ? factors_settle(observations, reader->arena, reader->error)
                               : status;
}

static enum status describe_filter(struct reader *reader) {
    filter_append(reader->selection->filter, &reader->text);
    reader->observations->where =
        reader->text.failed ? NULL : arena_copy(reader->arena, reader->text.data);
    return reader->observations->where ? STATUS_OK : error_memory(reader->error);
}

enum status store_observations(struct store *store, const struct selection *selection,
                               struct arena *arena, struct observations *observations,
                               struct error *error) {
    struct reader reader = {.store = store,
                            .selection = selection,
                            .arena = arena,
                            .observations = observations,
                            .error = error};
    *observations = (struct observations){0};
    text_init(&reader.text);
    intern_init(&reader.settings);
    /* A transaction of reads: a sweep that is running may write between two of them. */
    const bool own = !store->in_transaction;
    enum status status = describe_filter(&reader);
    if (status == STATUS_OK && own)
        status = database_run(store->database, "BEGIN", error);
    if (status == STATUS_OK) {
        status = read_all(&reader);
        if (own)
            database_run(store->database, "COMMIT", NULL);
    }
    for (size_t i = 0; reader.levels && i < observations->factor_count; i++)
        intern_release(&reader.levels[i]);
    free(reader.levels);
    intern_release(&reader.settings);
    text_release(&reader.text);
    return status;
}

const struct factor *observations_factor(const struct observations *observations,
                                         const struct hyperparameter *hyperparameter) {
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].hyperparameter == hyperparameter)
            return &observations->factors[i];
    return NULL;
}
