#include "store/observations.h"

#include "base/intern.h"
#include "search/axis_part.h"
#include "store/columns.h"
#include "store/factor_parts.h"
#include "store/factors.h"
#include "store/filter_parts.h"
#include "store/filter_sql.h"
#include "store/identity.h"
#include "store/sweep_config.h"
#include "store/values.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void read_sweep(struct store *store, int64_t sweep, struct arena *arena,
                       struct observations *observations) {
    struct statement *statement =
        database_prepare(store->database, "SELECT sweep_id, name, dataset, goal = 'maximize',"
                                          " EXISTS (SELECT 1 FROM sweep_trials AS t WHERE"
                                          " t.sweep_id = ?1 AND point IS NOT NULL),"
                                          " (SELECT count(*) FROM sweeps o WHERE o.name = s.name)"
                                          " FROM sweeps s WHERE sweep_id = ?1");
    statement_bind_integer(statement, 1, sweep);
    statement_step(statement);
    observations->sweep_id = statement_integer(statement, 0);
    observations->sweep = statement_copy(statement, 1, arena);
    observations->dataset = statement_copy(statement, 2, arena);
    observations->maximize = statement_integer(statement, 3) != 0;
    observations->searched = statement_integer(statement, 4) != 0;
    observations->has_namesakes = statement_integer(statement, 5) > 1;
    statement_free(statement);
    observations->objective_count = store_objectives(store, sweep, observations->objectives);
}

/* What a reading works with. */
struct reader {
    struct store *store;
    const struct selection *selection;
    struct arena *arena;
    struct observations *observations;
    struct database *database; /* the store's */
    struct score tested;
    struct intern settings;
    const char **digests;  /* of the settings */
    struct intern *levels; /* one for each column of a factor */
    size_t level_count;    /* of these */
    bool configured;       /* the sweep's config can be read: */
    struct config config;
    struct text text; /* scratch */
};

/* The sweep's own goals hold for its own metrics. */
static void choose_goal(struct observations *observations, const struct score *own) {
    const char *name = observations->score.name;
    if (strcmp(name, own->name) == 0)
        return;
    observations->maximize = observations->score.maximize;
    for (size_t i = 0; i < observations->objective_count; i++)
        if (strcmp(name, observations->objectives[i].score.name) == 0)
            observations->maximize = observations->objectives[i].maximize;
}

static void choose_column(struct reader *reader) {
    struct observations *observations = reader->observations;
    const char *asked = reader->selection->column;
    const struct score own = store_own_score(reader->store, observations->sweep_id);
    observations->score = own;
    if (reader->selection->score)
        observations->score = *reader->selection->score;
    else if (asked)
        observations->score = column_asked(reader->store, observations->sweep_id, asked, &own);
    choose_goal(observations, &own);
    const bool tested = score_on(&observations->score, SCORE_TEST, &reader->tested);
    if (!tested)
        reader->tested = (struct score){0};
    observations->column = database_text_or_fail(
        reader->database, arena_copy(reader->arena, observations->score.name));
    observations->test_column =
        tested ? database_text_or_fail(reader->database,
                                       arena_copy(reader->arena, reader->tested.name))
               : NULL;
}

/* The trials asked for: ?1 is the sweep, the filter's parameters begin at ?4. */
static void append_source(const struct reader *reader, struct text *sql) {
    text_append(sql, " FROM sweep_results t WHERE sweep_id = ?1");
    filter_append_sql(reader->selection->filter, 4, sql);
}

static struct statement *prepare(struct reader *reader) {
    struct statement *statement = database_prepare_built(reader->database, &reader->text);
    statement_bind_integer(statement, 1, reader->observations->sweep_id);
    filter_bind(reader->selection->filter, 4, statement);
    return statement;
}

/* Whether a trial of the sweep passes one condition of the filter. */
static bool passes_any(struct reader *reader, struct filter_condition *condition) {
    const struct filter alone = {1, condition};
    const struct selection selection = {.filter = &alone}, *whole = reader->selection;
    reader->selection = &selection;
    text_clear(&reader->text);
    text_append(&reader->text, "SELECT 1");
    append_source(reader, &reader->text);
    text_append(&reader->text, " LIMIT 1");
    struct statement *statement = prepare(reader);
    const bool passes = statement_step(statement);
    statement_free(statement);
    reader->selection = whole;
    return passes;
}

/* A hyperparameter's value as a config writes it, or `none`. */
static void append_value(struct statement *statement, int column, enum value_type type,
                         const char *none, struct text *text) {
    if (statement_is_null(statement, column))
        text_append(text, none);
    else
        value_append_column(statement, column, type, text);
}

/* The values that the sweep's trials have in a column. */
static void append_values(struct reader *reader, const char *column, enum value_type type) {
    text_clear(&reader->text);
    text_printf(&reader->text,
                "SELECT DISTINCT %s FROM trials JOIN sweep_trials USING (trial_id)"
                " WHERE sweep_id = ?1 ORDER BY 1 LIMIT %d",
                column, VALUES_TOLD_MAX + 1);
    struct statement *statement = database_prepare_built(reader->database, &reader->text);
    statement_bind_integer(statement, 1, reader->observations->sweep_id);
    text_clear(&reader->text);
    for (int i = 0; statement_step(statement); i++) {
        text_append(&reader->text, i > 0 ? ", " : "");
        if (i == VALUES_TOLD_MAX)
            text_append(&reader->text, "...");
        else
            append_value(statement, 0, type, "none", &reader->text);
    }
    statement_free(statement);
}

/* Tell which values the sweep has of what is asked for in vain. */
static void fail_condition(struct reader *reader, const struct filter_condition *condition) {
    const struct hyperparameter *asked = condition->hyperparameter;
    const char *name = condition->part ? condition->part
                       : asked         ? hyperparameter_column(asked)
                                       : "seed";
    if (!condition->part)
        append_values(reader, name, asked ? asked->type : VALUE_INTEGER);
    database_fail(reader->database, STATUS_USAGE,
                  "no trial of this sweep has %.300s; the values it has of %s: %.500s",
                  reader->observations->where, name,
                  condition->part ? condition->told : reader->text.data);
}

static void fail_filter(struct reader *reader) {
    const struct filter *filter = reader->selection->filter;
    for (size_t i = 0; i < filter->count; i++)
        if (!passes_any(reader, &filter->conditions[i])) {
            fail_condition(reader, &filter->conditions[i]);
            return;
        }
    database_fail(reader->database, STATUS_USAGE,
                  "no trial of this sweep has all of: %.300s; some have each of them",
                  reader->observations->where);
}

/* The value in a column of the row, whose text is in `text` already. */
static struct level copy_level(struct reader *reader, struct statement *statement, int column,
                               enum value_type type) {
    const bool number_like = type == VALUE_INTEGER || type == VALUE_REAL || type == VALUE_BOOLEAN;
    return (struct level){
        .text = database_text_or_fail(
            reader->database,
            reader->text.failed ? NULL : arena_copy(reader->arena, reader->text.data)),
        .number = number_like ? statement_real(statement, column) : (double)NAN,
        .none = statement_is_null(statement, column),
    };
}

/* Of each hyperparameter two columns: whether trials differ in it, and its least value, which is
 * the only one where they don't. */
static void sort_hyperparameters(struct reader *reader, struct statement *statement) {
    struct observations *observations = reader->observations;
    for (int i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        if (statement_integer(statement, 1 + 2 * i) != 0) {
            observations->factors[observations->factor_count++] = (struct factor){
                .hyperparameter = hyperparameter,
                .name = hyperparameter_column(hyperparameter),
            };
            continue;
        }
        text_clear(&reader->text);
        append_value(statement, 2 + 2 * i, hyperparameter->type, "-", &reader->text);
        observations->constants[i] = copy_level(reader, statement, 2 + 2 * i, hyperparameter->type);
    }
}

/* Listed values have none. */
static enum factor_scale scale_of_axis(const struct axis *axis) {
    const struct distribution_kind *kind = axis->distribution.kind;
    if (axis->count > 0 || !kind || kind->family == FAMILY_LISTED)
        return SCALE_NOT_KNOWN;
    return kind->family == FAMILY_LOG_UNIFORM || kind->family == FAMILY_LOG_NORMAL
               ? SCALE_LOGARITHMIC
               : SCALE_LINEAR;
}

static enum factor_scale scale_of(const struct config *config, enum hyperparameter_id id) {
    enum factor_scale scale = SCALE_NOT_KNOWN;
    for (size_t i = 0; i < config->axis_count && scale == SCALE_NOT_KNOWN; i++)
        if (config->axes[i].id == id && config->axes[i].role == AXIS_VALUE)
            scale = scale_of_axis(&config->axes[i]);
    return scale;
}

/* How it was searched or raced, which its config says. */
static void read_search(struct reader *reader) {
    struct observations *observations = reader->observations;
    const struct config *config = &reader->config;
    reader->configured =
        store_sweep_config(reader->store, observations->sweep_id, reader->arena, &reader->config);
    if (!reader->configured)
        return;
    observations->budget = config->budget;
    observations->repeats = config->repeats;
    observations->raced = config->early_terminate.rule &&
                          strcmp(config->early_terminate.rule, "race") == 0 &&
                          strcmp(observations->column, config->score.name) == 0;
    if (!observations->searched)
        return;
    observations->method = method_name(config->method);
}

/* Of what a search drew; a part is drawn by its own axis. */
static void find_scales(struct reader *reader) {
    struct observations *observations = reader->observations;
    for (size_t i = 0; i < observations->factor_count && observations->searched; i++) {
        struct factor *factor = &observations->factors[i];
        factor->scale =
            factor->part ? scale_of_axis(factor->part)
                         : scale_of(&reader->config, hyperparameter_id_of(factor->hyperparameter));
    }
}

/* Count the trials, and find the hyperparameters in which they differ. */
static void find_factors(struct reader *reader) {
    struct observations *observations = reader->observations;
    observations->factors = ARENA_NEW(reader->arena, struct factor, HP_COUNT);
    observations->constants = ARENA_NEW(reader->arena, struct level, HP_COUNT);
    if (!observations->factors || !observations->constants) {
        database_fail_memory(reader->database);
        return;
    }
    text_clear(&reader->text);
    text_append(&reader->text, "SELECT count(*)");
    for (size_t i = 0; i < HP_COUNT; i++) {
        const char *column = hyperparameter_column(&hyperparameters[i]);
        text_printf(&reader->text,
                    ", min(t.%s) IS NOT max(t.%s) OR count(t.%s) NOT IN (0, count(*)), min(t.%s)",
                    column, column, column, column);
    }
    append_source(reader, &reader->text);
    struct statement *statement = prepare(reader);
    statement_step(statement);
    observations->count = (size_t)statement_integer(statement, 0);
    sort_hyperparameters(reader, statement);
    statement_free(statement);
    if (observations->count == 0 && reader->selection->filter &&
        reader->selection->filter->count > 0)
        fail_filter(reader);
}

/* Room for one level more: doubled when it is full, at a power of two. */
static bool grow(struct reader *reader, struct factor *factor) {
    const size_t count = factor->level_count;
    if ((count & (count - 1)) != 0)
        return true;
    struct level *levels = ARENA_NEW(reader->arena, struct level, count ? 2 * count : 1);
    if (levels && count > 0)
        memcpy(levels, factor->levels, count * sizeof *levels);
    if (levels)
        factor->levels = levels;
    return levels;
}

/* The number of a value among its factor's, which grow by it where it is new. */
static uint32_t read_level(struct reader *reader, struct statement *statement, int column,
                           size_t at) {
    struct factor *factor = &reader->observations->factors[at];
    struct intern *known = &reader->levels[at];
    const enum value_type type = factor->hyperparameter->type;
    bool is_new = false;
    text_clear(&reader->text);
    append_value(statement, column, type, "-", &reader->text);
    const size_t number = intern_number(known, reader->text.data, reader->text.length, &is_new);
    if (known->failed || reader->text.failed || (is_new && !grow(reader, factor))) {
        database_fail_memory(reader->database);
        return 0;
    }
    if (is_new)
        factor->levels[factor->level_count++] = copy_level(reader, statement, column, type);
    return (uint32_t)number;
}

static enum observation_status status_named(const char *name) {
    static const char *const names[] = {[OBSERVATION_COMPLETED] = "completed",
                                        [OBSERVATION_DIVERGED] = "diverged",
                                        [OBSERVATION_STOPPED] = "stopped",
                                        [OBSERVATION_FAILED] = "failed"};
    for (size_t i = OBSERVATION_COMPLETED; i < OBSERVATION_STATUSES; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum observation_status)i;
    return OBSERVATION_PENDING;
}

enum { COLUMN_FIRST = 12 }; /* where the hyperparameters begin in the query */

static void read_row(struct reader *reader, struct statement *statement, size_t at) {
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
        .parameters = statement_real(statement, 8),
        .epochs = (double)statement_integer(statement, 9),
        .early = statement_real(statement, 11),
        .dropped = statement_integer(statement, 10) != 0,
    };
    if (reader->settings.failed)
        database_fail_memory(reader->database);
    /* A diverged trial may have a score, but none that could be averaged with its siblings'. */
    if (item->status != OBSERVATION_COMPLETED)
        item->value = item->test = item->test_accuracy = (double)NAN;
    if (item->status != OBSERVATION_COMPLETED && item->status != OBSERVATION_STOPPED)
        item->early = (double)NAN;
    observations->totals[item->status]++;
    if (is_new)
        reader->digests[item->setting] = statement_copy(statement, 2, reader->arena);
    for (size_t i = 0; i < observations->factor_count; i++)
        observations->levels[at * observations->factor_count + i] =
            read_level(reader, statement, COLUMN_FIRST + (int)i, i);
}

static bool make_room(struct reader *reader) {
    struct observations *observations = reader->observations;
    size_t cells = 0;
    const bool fits =
        !__builtin_mul_overflow(observations->count, observations->factor_count, &cells);
    observations->items = ARENA_NEW(reader->arena, struct observation, observations->count);
    reader->digests = ARENA_NEW(reader->arena, const char *, observations->count);
    observations->levels = fits ? ARENA_NEW(reader->arena, uint32_t, cells) : NULL;
    reader->level_count = observations->factor_count;
    reader->levels = calloc(reader->level_count + 1, sizeof *reader->levels);
    observations->settings = reader->digests;
    if (observations->items && observations->settings && observations->levels && reader->levels)
        return true;
    database_fail_memory(reader->database);
    return false;
}

static void find_common_epoch(struct reader *reader) {
    struct observations *observations = reader->observations;
    if (!observations->searched || !observations->score.in_history)
        return;
    text_clear(&reader->text);
    text_append(&reader->text, "SELECT min(t.trained_epochs), max(t.status = 'stopped')");
    append_source(reader, &reader->text);
    text_append(&reader->text, " AND t.status IN ('completed', 'stopped')");
    struct statement *statement = prepare(reader);
    if (statement_step(statement) && statement_integer(statement, 1) != 0)
        observations->common_epoch = (size_t)statement_integer(statement, 0);
    statement_free(statement);
}

/* The column after the common epoch, which then is one of `history`. */
static void append_early(struct reader *reader) {
    const struct observations *observations = reader->observations;
    if (observations->common_epoch == 0)
        text_append(&reader->text, "NULL");
    else
        text_printf(&reader->text,
                    "(SELECT %s FROM history h WHERE h.trial_id = t.trial_id AND epoch = %zu)",
                    observations->score.name, observations->common_epoch);
}

static void read_rows(struct reader *reader) {
    struct observations *observations = reader->observations;
    text_clear(&reader->text);
    text_append(&reader->text, "SELECT t.trial_id, t.seed, t.setting, t.status, ");
    column_append_sql(&reader->observations->score, 2, &reader->text);
    text_append(&reader->text, ", ");
    column_append_sql(&reader->tested, 3, &reader->text);
    text_append(&reader->text, ", t.test_accuracy, t.train_seconds, t.parameters,"
                               " t.trained_epochs, t.stopped IS NOT NULL, ");
    append_early(reader);
    for (size_t i = 0; i < observations->factor_count; i++)
        text_printf(&reader->text, ", t.%s", observations->factors[i].name);
    append_source(reader, &reader->text);
    text_append(&reader->text, OBSERVATIONS_ORDER);
    struct statement *statement = prepare(reader);
    column_bind(&reader->observations->score, 2, statement);
    column_bind(&reader->tested, 3, statement);
    for (size_t at = 0; statement_step(statement); at++)
        read_row(reader, statement, at);
    observations->setting_count = reader->settings.count;
    statement_free(statement);
}

static enum status add_parts(struct reader *reader, struct error *error) {
    enum status status = STATUS_OK;
    if (reader->configured)
        status = factors_add_parts(reader->observations, &reader->config, reader->arena, error);
    if (reader->configured && status == STATUS_OK)
        find_scales(reader);
    return status;
}

static void read_all(struct reader *reader) {
    struct observations *observations = reader->observations;
    struct error error;
    const int64_t sweep = store_find_sweep(reader->store, reader->selection->sweep);
    read_sweep(reader->store, sweep, reader->arena, observations);
    identity_check(reader->database, sweep, 0);
    choose_column(reader);
    find_factors(reader);
    read_search(reader);
    find_common_epoch(reader);
    if (database_failed(reader->database) || !make_room(reader))
        return;
    read_rows(reader);
    if (!database_failed(reader->database) &&
        (add_parts(reader, &error) != STATUS_OK ||
         factors_settle(observations, reader->arena, &error) != STATUS_OK))
        database_fail_with(reader->database, &error);
}

enum status store_observations(struct store *store, const struct selection *selection,
                               struct arena *arena, struct observations *observations,
                               struct error *error) {
    struct reader reader = {.store = store,
                            .selection = selection,
                            .arena = arena,
                            .observations = observations,
                            .database = store->database};
    *observations = (struct observations){0};
    text_init(&reader.text);
    intern_init(&reader.settings);
    filter_append(selection->filter, &reader.text);
    observations->where = database_text_or_fail(
        store->database, reader.text.failed ? NULL : arena_copy(arena, reader.text.data));
    /* One state: a sweep that is running may write between two reads. */
    const bool own = store_enter_read(store);
    read_all(&reader);
    store_leave_read(store, own);
    for (size_t i = 0; reader.levels && i < reader.level_count; i++)
        intern_release(&reader.levels[i]);
    free(reader.levels);
    intern_release(&reader.settings);
    text_release(&reader.text);
    return database_take_error(store->database, error);
}

const struct factor *observations_factor(const struct observations *observations,
                                         const struct hyperparameter *hyperparameter) {
    for (size_t i = 0; hyperparameter && i < observations->factor_count; i++)
        if (strcmp(observations->factors[i].hyperparameter->name, hyperparameter->name) == 0)
            return &observations->factors[i];
    return NULL;
}

const struct factor *observations_named(const struct observations *observations, const char *name) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(name);
    const struct factor *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < observations->factor_count && !hyperparameter; i++) {
        const struct factor *factor = &observations->factors[i];
        const enum axis_naming naming =
            factor->part ? axis_part_naming(factor->name, name) : AXIS_OTHERWISE;
        if (naming == AXIS_EXACTLY)
            return factor;
        found = naming == AXIS_WITHOUT_NUMBER ? factor : found;
        count += naming == AXIS_WITHOUT_NUMBER;
    }
    return hyperparameter ? observations_factor(observations, hyperparameter)
           : count == 1   ? found
                          : NULL;
}
