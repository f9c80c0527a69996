#include "exchange/optuna.h"

#include "base/json.h"
#include "exchange/optuna_space.h"
#include "store/rows.h"
#include "store/store_private.h"
#include "store/sweep_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* As Optuna makes them: names and types are its own, and so is the migration it believes to be at.
 */
static const char schema[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
    "CREATE TABLE studies (study_id INTEGER NOT NULL, study_name VARCHAR(512) NOT NULL,"
    " PRIMARY KEY (study_id));"
    "CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);"
    "CREATE TABLE version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER,"
    " library_version VARCHAR(256), PRIMARY KEY (version_info_id), CHECK (version_info_id = 1));"
    "CREATE TABLE study_directions (study_direction_id INTEGER NOT NULL,"
    " direction VARCHAR(8) NOT NULL, study_id INTEGER NOT NULL, objective INTEGER NOT NULL,"
    " PRIMARY KEY (study_direction_id), UNIQUE (study_id, objective),"
    " FOREIGN KEY (study_id) REFERENCES studies (study_id));"
    "CREATE TABLE study_user_attributes (study_user_attribute_id INTEGER NOT NULL,"
    " study_id INTEGER, \"key\" VARCHAR(512), value_json TEXT,"
    " PRIMARY KEY (study_user_attribute_id), UNIQUE (study_id, \"key\"),"
    " FOREIGN KEY (study_id) REFERENCES studies (study_id));"
    "CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER NOT NULL,"
    " study_id INTEGER, \"key\" VARCHAR(512), value_json TEXT,"
    " PRIMARY KEY (study_system_attribute_id), UNIQUE (study_id, \"key\"),"
    " FOREIGN KEY (study_id) REFERENCES studies (study_id));"
    "CREATE TABLE trials (trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER,"
    " state VARCHAR(8) NOT NULL, datetime_start DATETIME, datetime_complete DATETIME,"
    " PRIMARY KEY (trial_id), FOREIGN KEY (study_id) REFERENCES studies (study_id));"
    "CREATE INDEX ix_trials_study_id ON trials (study_id);"
    "CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL,"
    " trial_id INTEGER, \"key\" VARCHAR(512), value_json TEXT,"
    " PRIMARY KEY (trial_user_attribute_id), UNIQUE (trial_id, \"key\"),"
    " FOREIGN KEY (trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL,"
    " trial_id INTEGER, \"key\" VARCHAR(512), value_json TEXT,"
    " PRIMARY KEY (trial_system_attribute_id), UNIQUE (trial_id, \"key\"),"
    " FOREIGN KEY (trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE trial_params (param_id INTEGER NOT NULL, trial_id INTEGER,"
    " param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT,"
    " PRIMARY KEY (param_id), UNIQUE (trial_id, param_name),"
    " FOREIGN KEY (trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE trial_values (trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,"
    " objective INTEGER NOT NULL, value FLOAT, value_type VARCHAR(7) NOT NULL,"
    " PRIMARY KEY (trial_value_id), UNIQUE (trial_id, objective),"
    " FOREIGN KEY (trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER NOT NULL,"
    " trial_id INTEGER NOT NULL, step INTEGER NOT NULL, intermediate_value FLOAT,"
    " intermediate_value_type VARCHAR(7) NOT NULL,"
    " PRIMARY KEY (trial_intermediate_value_id), UNIQUE (trial_id, step),"
    " FOREIGN KEY (trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE trial_heartbeats (trial_heartbeat_id INTEGER NOT NULL,"
    " trial_id INTEGER NOT NULL, heartbeat DATETIME NOT NULL, PRIMARY KEY (trial_heartbeat_id),"
    " UNIQUE (trial_id), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));"
    "INSERT INTO alembic_version VALUES ('v3.2.0.a');"
    "INSERT INTO version_info VALUES (1, 12, '3.2.0');";

enum insertion {
    INSERT_STUDY,
    INSERT_DIRECTION,
    INSERT_SYSTEM_ATTRIBUTE,
    INSERT_STUDY_ATTRIBUTE,
    INSERT_TRIAL,
    INSERT_TRIAL_ATTRIBUTE,
    INSERT_PARAMETER,
    INSERT_VALUE,
    INSERT_STEP,
    INSERTIONS
};

/* The identities of Optuna's rows are made here: the study is 1, and trials are counted from 1. */
static const char *const insertions[INSERTIONS] = {
    [INSERT_STUDY] = "INSERT INTO studies VALUES (1, ?)",
    [INSERT_DIRECTION] = "INSERT INTO study_directions VALUES (NULL, ?1, 1, ?2)",
    [INSERT_SYSTEM_ATTRIBUTE] = "INSERT INTO study_system_attributes VALUES (NULL, 1, ?, ?)",
    [INSERT_STUDY_ATTRIBUTE] = "INSERT INTO study_user_attributes VALUES (NULL, 1, ?, ?)",
    /* Our times have three decimals and Optuna reads what follows the point as microseconds. */
    [INSERT_TRIAL] = "INSERT INTO trials VALUES (?1, ?1 - 1, 1, ?2, ?3 || '000', ?4 || '000')",
    [INSERT_TRIAL_ATTRIBUTE] = "INSERT INTO trial_user_attributes VALUES (NULL, ?, ?, ?)",
    [INSERT_PARAMETER] = "INSERT INTO trial_params VALUES (NULL, ?, ?, ?, ?)",
    [INSERT_VALUE] = "INSERT INTO trial_values VALUES (NULL, ?1, ?4, ?2, ?3)",
    [INSERT_STEP] = "INSERT INTO trial_intermediate_values VALUES (NULL, ?1, ?2, ?3, ?4)",
};

struct study {
    struct store *store;
    const struct observations *observations;
    struct database *database; /* Optuna's */
    struct statement *inserts[INSERTIONS];
    /* Epoch and metric, up to the epoch ?2 of the trial ?1; NULL: there are none. */
    struct statement *steps;
    struct rows rows;
    const size_t *factors; /* of each of the rows' columns; factor_count: it is none */
    const struct optuna_parameter *parameters; /* of each factor */
    size_t value_count;                        /* objectives */
    const double *values;                      /* trials x objectives; NaN: none */
    bool guessed;                              /* ranges, from the values that there are */
    struct text text;                          /* scratch */
};

static void make_tables(struct study *study) {
    database_run(study->database, schema);
    for (size_t i = 0; i < INSERTIONS; i++)
        study->inserts[i] = database_prepare(study->database, insertions[i]);
}

static void match_factors(struct study *study, struct arena *arena) {
    const struct observations *observations = study->observations;
    size_t *factors = ARENA_NEW(arena, size_t, study->rows.column_count);
    study->factors = factors;
    for (size_t i = 0; factors && i < study->rows.column_count; i++) {
        const struct hyperparameter *hyperparameter = study->rows.columns[i].hyperparameter;
        const struct factor *factor =
            hyperparameter ? observations_factor(observations, hyperparameter) : NULL;
        factors[i] = factor ? (size_t)(factor - observations->factors) : observations->factor_count;
    }
}

/* Where the sweep's metric stands epoch by epoch. */
static void prepare_steps(struct study *study) {
    const struct score *score = &study->observations->score;
    if (score->in_trials ? !score->in_history : score->split == SCORE_TEST)
        return;
    text_clear(&study->text);
    if (score->in_history)
        text_printf(&study->text,
                    "SELECT epoch, %s FROM history WHERE trial_id = ?1 AND epoch <= ?2"
                    " ORDER BY epoch",
                    score->name);
    else
        text_append(&study->text, "SELECT epoch, value FROM metrics"
                                  " WHERE trial_id = ?1 AND epoch <= ?2 AND name = ?3"
                                  " ORDER BY epoch");
    study->steps = database_prepare_built(study->store->database, &study->text);
    if (!score->in_history)
        statement_bind_text(study->steps, 3, score->name);
}

/* The study itself. */

/* Its value is the study's text, which is JSON. */
static void put_study_attribute(struct study *study, enum insertion which, const char *key) {
    statement_bind_text(study->inserts[which], 1, key);
    statement_bind_built(study->inserts[which], 2, &study->text);
    statement_run(study->inserts[which]);
}

static void put_study(struct study *study) {
    const struct observations *observations = study->observations;
    statement_bind_text(study->inserts[INSERT_STUDY], 1, observations->sweep);
    statement_run(study->inserts[INSERT_STUDY]);
    for (size_t i = 0; i < study->value_count; i++) {
        statement_bind_text(study->inserts[INSERT_DIRECTION], 1,
                            observations->objectives[i].maximize ? "MAXIMIZE" : "MINIMIZE");
        statement_bind_integer(study->inserts[INSERT_DIRECTION], 2, (int64_t)i);
        statement_run(study->inserts[INSERT_DIRECTION]);
    }
    text_clear(&study->text);
    for (size_t i = 0; i < study->value_count; i++) {
        text_append(&study->text, i > 0 ? ", " : "[");
        json_append_text(&study->text, observations->objectives[i].score.name);
    }
    text_append(&study->text, "]");
    /* The first is Optuna's own place for it, the second the one its dashboard had before. */
    put_study_attribute(study, INSERT_SYSTEM_ATTRIBUTE, "study:metric_names");
    put_study_attribute(study, INSERT_SYSTEM_ATTRIBUTE, "dashboard:objective_names");
}

/* A column of the commands that gave the sweep's trials their results, each value once. */
#define MADE_WITH(column)                                                                          \
    "(SELECT group_concat(DISTINCT c." column ") FROM sweep_trials s JOIN trials t"                \
    " USING (trial_id) JOIN commands c USING (command_id) WHERE s.sweep_id = ?1)"

/* What a sweep was made from, by the names of its columns. */
static void put_origin(struct study *study) {
    struct statement *statement = database_prepare(
        study->store->database,
        "SELECT sweep_id, description, dataset, dataset_digest, warnings, config, settings,"
        " " MADE_WITH("version") " AS sweep_version, " MADE_WITH(
            "cpu") " AS cpu"
                   " FROM sweeps WHERE sweep_id = ?1");
    statement_bind_integer(statement, 1, study->observations->sweep_id);
    statement_step(statement);
    for (size_t i = 0; i < statement_columns(statement); i++) {
        const char *value = statement_text(statement, (int)i);
        text_clear(&study->text);
        if (statement_is_number(statement, (int)i))
            text_append(&study->text, value);
        else
            json_append_text(&study->text, value);
        if (*value)
            put_study_attribute(study, INSERT_STUDY_ATTRIBUTE,
                                statement_column_name(statement, (int)i));
    }
    statement_free(statement);
}

/* The trials. */

/* False where JSON can't say it. */
static bool append_cell(const struct rows_cell *cell, struct text *text) {
    switch (cell->type) {
    case VALUE_NONE:
        return false;
    case VALUE_INTEGER:
        text_printf(text, "%" PRId64, cell->integer);
        return true;
    case VALUE_REAL:
        text_append_double(text, cell->real);
        return true;
    case VALUE_BOOLEAN:
        text_append(text, cell->boolean ? "true" : "false");
        return true;
    case VALUE_NAME:
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        json_append_text(text, cell->text);
        return true;
    }
    return false;
}

static void put_parameter(struct study *study, size_t at, size_t index) {
    const struct observations *observations = study->observations;
    const struct optuna_parameter *parameter = &study->parameters[index];
    const uint32_t number = observations->levels[at * observations->factor_count + index];
    struct statement *insert = study->inserts[INSERT_PARAMETER];
    if (!parameter->name || isnan(parameter->values[number]))
        return;
    statement_bind_integer(insert, 1, (int64_t)at + 1);
    statement_bind_text(insert, 2, parameter->name);
    statement_bind_real(insert, 3, parameter->values[number]);
    statement_bind_text(insert, 4, parameter->distribution);
    statement_run(insert);
}

/* Times are columns of Optuna's own, and the data set is the study's. */
static bool is_elsewhere(const char *name) {
    return strcmp(name, "started_at") == 0 || strcmp(name, "finished_at") == 0 ||
           strcmp(name, "dataset") == 0;
}

static void put_cell(struct study *study, size_t at, size_t column) {
    const struct rows_column *about = &study->rows.columns[column];
    const struct rows_cell cell = rows_cell(&study->rows, column);
    const size_t factor = study->factors[column];
    const bool differs = factor < study->observations->factor_count;
    if (differs && study->observations->factors[factor].varied)
        return;
    const bool shared = about->hyperparameter && !differs;
    text_clear(&study->text);
    if (is_elsewhere(about->name) || (shared && at > 0) || !append_cell(&cell, &study->text))
        return;
    if (shared) {
        put_study_attribute(study, INSERT_STUDY_ATTRIBUTE, about->name);
        return;
    }
    struct statement *insert = study->inserts[INSERT_TRIAL_ATTRIBUTE];
    statement_bind_integer(insert, 1, (int64_t)at + 1);
    statement_bind_text(insert, 2, about->name);
    statement_bind_built(insert, 3, &study->text);
    statement_run(insert);
}

/* Whether the trial has a value of each objective. */
static bool has_values(const struct study *study, size_t at) {
    bool has = true;
    for (size_t i = 0; i < study->value_count; i++)
        has &= !isnan(study->values[at * study->value_count + i]);
    return has;
}

static const char *state_of(const struct study *study, size_t at) {
    const struct observation *observation = &study->observations->items[at];
    static const char *const states[] = {[OBSERVATION_PENDING] = "WAITING",
                                         [OBSERVATION_COMPLETED] = "COMPLETE",
                                         [OBSERVATION_DIVERGED] = "FAIL",
                                         [OBSERVATION_STOPPED] = "PRUNED",
                                         [OBSERVATION_FAILED] = "FAIL"};
    /* To Optuna what is complete has a value. */
    return observation->status == OBSERVATION_COMPLETED && !has_values(study, at)
               ? "FAIL"
               : states[observation->status];
}

static void put_trial(struct study *study, size_t at) {
    struct statement *insert = study->inserts[INSERT_TRIAL];
    const struct rows *rows = &study->rows;
    statement_bind_integer(insert, 1, (int64_t)at + 1);
    statement_bind_text(insert, 2, state_of(study, at));
    statement_bind_null(insert, 3);
    statement_bind_null(insert, 4);
    for (size_t i = 0; i < rows->column_count; i++) {
        const struct rows_cell cell = rows_cell(rows, i);
        const int at_time = strcmp(rows->columns[i].name, "started_at") == 0    ? 3
                            : strcmp(rows->columns[i].name, "finished_at") == 0 ? 4
                                                                                : 0;
        if (at_time && cell.type != VALUE_NONE)
            statement_bind_text(insert, at_time, cell.text);
    }
    statement_run(insert);
}

/* A number as Optuna has it: its kind, and itself where it is one. */
static void bind_value(struct statement *insert, int at, double value) {
    statement_bind_real(insert, at, value);
    statement_bind_text(insert, at + 1, isnan(value) ? "NAN" : "FINITE");
}

static void put_value(struct study *study, size_t at, size_t objective, double value) {
    struct statement *insert = study->inserts[INSERT_VALUE];
    if (isnan(value))
        return;
    statement_bind_integer(insert, 1, (int64_t)at + 1);
    bind_value(insert, 2, value);
    statement_bind_integer(insert, 4, (int64_t)objective);
    statement_run(insert);
}

static void put_values(struct study *study, size_t at) {
    for (size_t i = 0; i < study->value_count && has_values(study, at); i++)
        put_value(study, at, i, study->values[at * study->value_count + i]);
}

/* A score that is none was NaN in a trial that diverged; elsewhere it was not measured. */
static void put_steps(struct study *study, size_t at) {
    const struct observation *observation = &study->observations->items[at];
    struct statement *insert = study->inserts[INSERT_STEP];
    double last = (double)NAN;
    statement_bind_integer(study->steps, 1, observation->trial);
    statement_bind_integer(study->steps, 2, (int64_t)observation->epochs);
    while (statement_step(study->steps)) {
        const double value = statement_real(study->steps, 1);
        if (isnan(value) && observation->status != OBSERVATION_DIVERGED)
            continue;
        statement_bind_integer(insert, 1, (int64_t)at + 1);
        statement_bind_integer(insert, 2, statement_integer(study->steps, 0));
        bind_value(insert, 3, value);
        statement_run(insert);
        last = value;
    }
    /* As Optuna has it of a trial that is pruned, where there is one objective. */
    if (observation->status == OBSERVATION_STOPPED && study->value_count == 1)
        put_value(study, at, 0, last);
}

static enum status put_trials(struct study *study, struct error *error) {
    for (size_t at = 0; at < study->observations->count; at++) {
        bool row = false;
        enum status status = rows_next(&study->rows, &row, error);
        if (status != STATUS_OK || database_failed(study->database))
            return status;
        put_trial(study, at);
        for (size_t i = 0; i < study->observations->factor_count; i++)
            put_parameter(study, at, i);
        for (size_t i = 0; i < study->rows.column_count; i++)
            put_cell(study, at, i);
        put_values(study, at);
        put_steps(study, at);
    }
    return STATUS_OK;
}

/* The trials' values by each objective. */
static enum status read_values(struct study *study, const struct filter *filter,
                               struct arena *arena, struct error *error) {
    const struct observations *whole = study->observations;
    const size_t count = whole->objective_count;
    double *values = arena_alloc(arena, whole->count, count * sizeof *values);
    enum status status = values ? STATUS_OK : error_memory(error);
    study->value_count = count;
    study->values = values;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct selection selection = {
            .sweep = whole->sweep_id, .filter = filter, .score = &whole->objectives[i].score};
        struct observations part;
        status = store_observations(study->store, &selection, arena, &part, error);
        for (size_t at = 0; status == STATUS_OK && at < part.count; at++)
            values[at * count + i] = part.items[at].value;
    }
    return status;
}

/* The distributions are the config's, where it can be read. */
static enum status read_space(struct study *study, struct arena *arena, struct error *error) {
    const struct observations *observations = study->observations;
    struct config *config = ARENA_NEW(arena, struct config, 1);
    if (!config)
        return error_memory(error);
    study->guessed = !store_sweep_config(study->store, observations->sweep_id, arena, config);
    return optuna_space_make(observations, study->guessed ? NULL : config, arena,
                             &study->parameters, error);
}

static enum status put_all(struct study *study, const struct filter *filter, struct arena *arena,
                           struct error *error) {
    const struct rows_request request = {study->observations, filter, ROWS_OBSERVATIONS, true};
    enum status status = rows_open(study->store, &request, arena, &study->rows, error);
    if (status != STATUS_OK)
        return status;
    make_tables(study);
    match_factors(study, arena);
    if (!study->factors)
        return error_memory(error);
    status = read_space(study, arena, error);
    if (status == STATUS_OK)
        status = read_values(study, filter, arena, error);
    if (status != STATUS_OK)
        return status;
    prepare_steps(study);
    put_study(study);
    put_origin(study);
    status = put_trials(study, error);
    database_run(study->database, "COMMIT");
    if (status == STATUS_OK)
        status = database_take_error(study->store->database, error);
    return status == STATUS_OK ? database_take_error(study->database, error) : status;
}

enum status store_optuna(struct store *store, const struct observations *observations,
                         const struct filter *filter, const char *path, struct arena *arena,
                         bool *guessed, struct error *error) {
    struct study study = {.store = store, .observations = observations};
    text_init(&study.text);
    enum status status = database_open(path, DATABASE_WRITE, &study.database, error);
    if (status == STATUS_OK)
        status = put_all(&study, filter, arena, error);
    rows_close(&study.rows);
    statement_free(study.steps);
    for (size_t i = 0; i < INSERTIONS; i++)
        statement_free(study.inserts[i]);
    database_close(study.database);
    text_release(&study.text);
    *guessed = study.guessed;
    return status;
}
