#include "store/schema.h"

#include "base/text.h"
#include "nn/loss.h"
#include "search/hyperparameter.h"

/* Times are UTC, as SQLite writes them; seconds are wall-clock. Digests are SHA-256. What is
 * ordered in time is ordered by its identity, not by the clock, which may be set back. */

/* A config on a data set, or several: dataset then has their names, and dataset_digest and
 * dataset_changes, what was done to the data when they were read, objects by name; NULL where an
 * older version did not record it. What a run of it on some machine may change is its commands'. */
#define SWEEPS_WITH(columns)                                                                       \
    "CREATE TABLE sweeps ("                                                                        \
    " sweep_id INTEGER PRIMARY KEY AUTOINCREMENT,"                                                 \
    " name TEXT NOT NULL,"                                                                         \
    " description TEXT NOT NULL,"                                                                  \
    " metric TEXT NOT NULL,"                                                                       \
    " goal TEXT NOT NULL CHECK (goal IN ('maximize', 'minimize')),"                                \
    " config TEXT NOT NULL,"                                                                       \
    " settings TEXT NOT NULL,"                                                                     \
    " config_digest TEXT NOT NULL,"                                                                \
    " dataset TEXT NOT NULL,"                                                                      \
    " dataset_digest TEXT NOT NULL,"                                                               \
    " warnings TEXT NOT NULL," columns " UNIQUE (config_digest, dataset_digest)"                   \
    ") STRICT;"
#define SWEEPS_6 SWEEPS_WITH("")
#define SWEEPS SWEEPS_WITH(" dataset_changes TEXT,")

/* What a sweep's settings are judged by, in the order of the config: its metric, or several. One of
 * them is sweeps.metric. */
#define OBJECTIVES                                                                                 \
    "CREATE TABLE objectives ("                                                                    \
    " sweep_id INTEGER NOT NULL REFERENCES sweeps ON DELETE CASCADE,"                              \
    " place INTEGER NOT NULL,"                                                                     \
    " metric TEXT NOT NULL,"                                                                       \
    " goal TEXT NOT NULL CHECK (goal IN ('maximize', 'minimize')),"                                \
    " PRIMARY KEY (sweep_id, place)"                                                               \
    ") STRICT, WITHOUT ROWID;"

/* A `sweep run`: who, where, with what. Its sweep is NULL once that was deleted; other columns are
 * NULL where an older version did not record them. */
#define COMMANDS                                                                                   \
    "CREATE TABLE commands ("                                                                      \
    " command_id INTEGER PRIMARY KEY AUTOINCREMENT,"                                               \
    " sweep_id INTEGER REFERENCES sweeps ON DELETE SET NULL,"                                      \
    " arguments TEXT,"                                                                             \
    " folder TEXT," /* in which it was run */                                                      \
    " config_path TEXT,"                                                                           \
    " dataset_source TEXT,"                                                                        \
    " user TEXT, host TEXT, pid INTEGER,"                                                          \
    " version TEXT, cpu TEXT, openblas_config TEXT, openblas_core TEXT, jobs INTEGER,"             \
    " started_at TEXT, finished_at TEXT,"                                                          \
    " outcome TEXT NOT NULL CHECK (outcome IN ('running', 'finished', 'interrupted', 'lost'))"     \
    ") STRICT;"                                                                                    \
    "CREATE INDEX commands_sweep ON commands (sweep_id);"

/* A trial's place in a sweep: its number in the order of the config, or of the search, which
 * decides between trials and settings of equal scores. In a sweep that is searched the first trial
 * of a setting has the point that was chosen (search/domain.h), as a JSON array; and a trial that
 * the sweep stopped, or whose setting it dropped, has the reason, in words. stopped_epoch is the
 * epoch after which it was stopped; 0 while that is not decided, and NULL where it came to its end,
 * or is to come to it. */
#define SWEEP_TRIALS_WITH(columns)                                                                 \
    "CREATE TABLE sweep_trials ("                                                                  \
    " sweep_id INTEGER NOT NULL REFERENCES sweeps ON DELETE CASCADE,"                              \
    " trial_id INTEGER NOT NULL REFERENCES trials ON DELETE CASCADE,"                              \
    " position INTEGER NOT NULL,"                                                                  \
    " point TEXT,"                                                                                 \
    " stopped TEXT," columns " PRIMARY KEY (sweep_id, trial_id)"                                   \
    ") STRICT, WITHOUT ROWID;"                                                                     \
    "CREATE INDEX sweep_trials_trial ON sweep_trials (trial_id);"
#define SWEEP_TRIALS_4 SWEEP_TRIALS_WITH("")
#define SWEEP_TRIALS SWEEP_TRIALS_WITH(" stopped_epoch INTEGER,")

static const char tables[] =
    "CREATE TABLE history ("
    " trial_id INTEGER NOT NULL REFERENCES trials ON DELETE CASCADE,"
    " epoch INTEGER NOT NULL,"
    " loss REAL, accuracy REAL, val_loss REAL, val_accuracy REAL, seconds REAL,"
    " PRIMARY KEY (trial_id, epoch)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE metrics ("
    " trial_id INTEGER NOT NULL REFERENCES trials ON DELETE CASCADE,"
    " name TEXT NOT NULL," /* f1_score, val_f1_score, test_f1_score */
    " epoch INTEGER NOT NULL,"
    " value REAL,"
    " PRIMARY KEY (trial_id, name, epoch)"
    ") STRICT, WITHOUT ROWID;";

/* A time that a command took a trial up. What is 'running' belongs to the one process that holds
 * the database's lock, or is left over from one that died. */
#define ATTEMPTS                                                                                   \
    "CREATE TABLE attempts ("                                                                      \
    " attempt_id INTEGER PRIMARY KEY,"                                                             \
    " trial_id INTEGER NOT NULL REFERENCES trials ON DELETE CASCADE,"                              \
    " command_id INTEGER REFERENCES commands ON DELETE SET NULL,"                                  \
    " started_at TEXT, finished_at TEXT,"                                                          \
    " outcome TEXT NOT NULL CHECK (outcome IN"                                                     \
    " ('running', 'completed', 'diverged', 'stopped', 'failed', 'interrupted', 'lost')),"          \
    " error TEXT"                                                                                  \
    ") STRICT;"                                                                                    \
    "CREATE INDEX attempts_trial ON attempts (trial_id);"                                          \
    "CREATE INDEX attempts_command ON attempts (command_id);"                                      \
    "CREATE UNIQUE INDEX attempts_running ON attempts (trial_id) WHERE outcome = 'running';"

/* The command that gave a trial its result: the last column of `trials`. */
#define TRIALS_COMMAND " command_id INTEGER REFERENCES commands ON DELETE SET NULL"

/* The networks that were kept (train/model.h has the format; digest is that of weights), and for
 * which sweeps they are: a model goes with the last of them. */
#define MODELS                                                                                     \
    "CREATE TABLE models ("                                                                        \
    " trial_id INTEGER PRIMARY KEY REFERENCES trials ON DELETE CASCADE,"                           \
    " format TEXT NOT NULL,"                                                                       \
    " weights BLOB NOT NULL,"                                                                      \
    " digest TEXT NOT NULL"                                                                        \
    ") STRICT;"                                                                                    \
    "CREATE TABLE sweep_models ("                                                                  \
    " sweep_id INTEGER NOT NULL REFERENCES sweeps ON DELETE CASCADE,"                              \
    " trial_id INTEGER NOT NULL REFERENCES models ON DELETE CASCADE,"                              \
    " PRIMARY KEY (sweep_id, trial_id)"                                                            \
    ") STRICT, WITHOUT ROWID;"                                                                     \
    "CREATE INDEX sweep_models_trial ON sweep_models (trial_id);"

/* Version 2 had the sweep and the process in each attempt, and in each sweep what its last command
 * ran with. */
#define ATTEMPTS_2                                                                                 \
    "CREATE TABLE attempts (attempt_id INTEGER PRIMARY KEY, trial_id INTEGER, sweep_id INTEGER,"   \
    " started_at TEXT, finished_at TEXT, outcome TEXT, error TEXT, host TEXT, pid INTEGER);"

/* Attempts of one process on one sweep are a command. Only of a sweep's last command, which is the
 * one whose attempts did not begin before the sweep did last, is more known. Commands come in the
 * order of the clock, since version 2 kept no other. */
#define COMMANDS_OF_2                                                                              \
    "CREATE TEMP TABLE processes AS"                                                               \
    " SELECT sweep_id, host, pid, min(started_at) AS started_at, max(finished_at) AS finished_at," \
    " max(outcome = 'running') AS running, max(attempt_id) AS latest FROM old_attempts"            \
    " WHERE sweep_id IS NOT NULL GROUP BY sweep_id, host, pid;"                                    \
    "CREATE TEMP TABLE last_processes AS"                                                          \
    " SELECT p.sweep_id, p.latest FROM processes p JOIN old_sweeps s USING (sweep_id)"             \
    " WHERE p.started_at >= s.started_at AND p.latest ="                                           \
    " (SELECT max(latest) FROM processes q WHERE q.sweep_id = p.sweep_id);"                        \
    "INSERT INTO commands (sweep_id, config_path, dataset_source, host, pid, version, cpu,"        \
    " openblas_config, openblas_core, jobs, started_at, finished_at, outcome)"                     \
    " SELECT * FROM (SELECT p.sweep_id, s.config_path, s.dataset_source, p.host, p.pid, "          \
    "s.version,"                                                                                   \
    " s.cpu, s.openblas_config, s.openblas_core, s.jobs,"                                          \
    " ifnull(s.started_at, p.started_at) AS began,"                                                \
    " CASE WHEN s.sweep_id IS NULL THEN p.finished_at ELSE s.finished_at END,"                     \
    " CASE WHEN p.running THEN 'running' WHEN s.finished_at IS NOT NULL THEN 'finished'"           \
    " ELSE 'interrupted' END FROM processes p"                                                     \
    " LEFT JOIN last_processes l USING (sweep_id, latest)"                                         \
    " LEFT JOIN old_sweeps s ON s.sweep_id = l.sweep_id"                                           \
    " UNION ALL SELECT sweep_id, config_path, dataset_source, NULL, NULL, version, cpu,"           \
    " openblas_config, openblas_core, jobs, started_at, finished_at,"                              \
    " iif(finished_at IS NULL, 'interrupted', 'finished') FROM old_sweeps"                         \
    " WHERE sweep_id NOT IN (SELECT sweep_id FROM last_processes)) ORDER BY began, sweep_id;"

/* What is infinite becomes NULL. */
#define MAKE_FINITE(table, column)                                                                 \
    "UPDATE " table " SET " column " = NULL WHERE abs(" column ") = 9e999;"

/* Sweeps of one config that differed by --set had one name. */
#define NAME_OF_2                                                                                  \
    "CASE WHEN settings = '' OR char(10) || settings LIKE '%' || char(10) || 'name=%' THEN name"   \
    " ELSE substr(name || ' ' || replace(rtrim(settings, char(10)), char(10), ' '), 1, 200) END"

static const char *column_type(enum value_type type) {
    switch (type) {
    case VALUE_INTEGER:
    case VALUE_BOOLEAN:
        return "INTEGER";
    case VALUE_REAL:
        return "REAL";
    case VALUE_NONE:
    case VALUE_NAME:
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        break;
    }
    return "TEXT";
}

static void append_trials_table(struct text *sql) {
    text_append(sql, "CREATE TABLE trials ("
                     " trial_id INTEGER PRIMARY KEY,"
                     " digest TEXT NOT NULL UNIQUE,"
                     " setting TEXT NOT NULL,");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, " %s %s%s,", hyperparameter_column(&hyperparameters[i]),
                    column_type(hyperparameters[i].type), i == HP_DATASET ? " NOT NULL" : "");
    text_append(sql, " seed INTEGER NOT NULL,"
                     " status TEXT NOT NULL DEFAULT 'pending'"
                     " CHECK (status IN ('pending', 'completed', 'diverged', 'stopped', 'failed')),"
                     " loss REAL, accuracy REAL, val_loss REAL, val_accuracy REAL,"
                     " test_loss REAL, test_accuracy REAL,"
                     " parameters INTEGER,"
                     " train_seconds REAL,"
                     " started_at TEXT, finished_at TEXT,"
                     " error TEXT," TRIALS_COMMAND ") STRICT;"
                     "CREATE INDEX trials_setting ON trials (setting);");
}

/* The columns that `trials` had in versions 3 and 4. */
#define TRIALS_OF_3                                                                                \
    "trial_id, digest, setting, epochs, batch_size, train_images, validation_split, "              \
    "layers, activation, negative_slope, alpha, theta, output_activation, "                        \
    "initializer, dropout, l2, loss_function, optimizer, learning_rate, momentum, "                \
    "nesterov, rho, beta_1, beta_2, epsilon, centered, amsgrad, weight_decay, "                    \
    "initial_accumulator_value, learning_rate_power, l1_regularization_strength, "                 \
    "l2_regularization_strength, l2_shrinkage_regularization_strength, beta, "                     \
    "train_image_divisor, test_image_divisor, train_label_divisor, dataset, seed, "                \
    "status, loss, accuracy, val_loss, val_accuracy, test_loss, test_accuracy, "                   \
    "parameters, train_seconds, started_at, finished_at, error, command_id"

/* " WHERE loss_function IN ('huber')": the trials that have a hyperparameter of that part. */
static void append_owners(const struct hyperparameter *of, struct text *sql) {
    const char *separator = " WHERE loss_function IN ('";
    for (size_t i = 0; of->part == PART_LOSS && i < loss_count; i++)
        if (loss_has(&losses[i], (enum loss_parameter)of->detail, NULL)) {
            text_printf(sql, "%s%s", separator, losses[i].name);
            separator = "', '";
        }
    text_append(sql, of->part == PART_LOSS ? "');" : ";");
}

/* What trials had of a hyperparameter before there was it. */
static void append_standards(struct text *sql) {
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *of = &hyperparameters[i];
        const bool text = strcmp(column_type(of->type), "TEXT") == 0;
        if (!of->later || !of->standard || i == HP_AUGMENTATION_SCHEDULE) /* of no augmentation */
            continue;
        text_printf(sql, "UPDATE trials SET %s = %s%s%s", hyperparameter_column(of),
                    text ? "'" : "", of->standard, text ? "'" : "");
        append_owners(of, sql);
    }
}

/* A table's constraints can't be changed where it is, nor columns added but at its end. */
static void append_trials(struct text *sql) {
    text_append(sql, "PRAGMA legacy_alter_table = ON; DROP INDEX IF EXISTS trials_setting;"
                     "ALTER TABLE trials RENAME TO old_trials; PRAGMA legacy_alter_table = OFF;");
    append_trials_table(sql);
    text_append(sql, "INSERT INTO trials (" TRIALS_OF_3 ") SELECT " TRIALS_OF_3 " FROM old_trials;"
                     "DROP TABLE old_trials;");
    append_standards(sql);
}

/* How a database of version `from` becomes one of the next, in one step or several. The views are
 * made anew afterwards. A step says what it made then: a table that changes later is written out in
 * it. Without legacy_alter_table, what refers to a table would go with it to its new name. */
static const struct {
    int from;
    const char *sql; /* NULL: append_trials */
} migrations[] = {
    /* Of the attempts before there was a table of them, the last ones are known. */
    {1, ATTEMPTS_2 MODELS "INSERT INTO attempts (trial_id, started_at, finished_at, outcome, error)"
                          " SELECT trial_id, started_at, finished_at, status, error FROM trials"
                          " WHERE status <> 'pending' ORDER BY finished_at, trial_id;"},
    {2, "PRAGMA legacy_alter_table = ON;"
        "DROP INDEX IF EXISTS attempts_trial; DROP INDEX IF EXISTS attempts_running;"
        "ALTER TABLE sweeps RENAME TO old_sweeps; ALTER TABLE attempts RENAME TO old_attempts;"
        "PRAGMA legacy_alter_table = OFF;" SWEEPS_6 COMMANDS ATTEMPTS
        "ALTER TABLE trials ADD COLUMN" TRIALS_COMMAND ";"
        "INSERT INTO sweeps SELECT sweep_id, " NAME_OF_2 ", description, metric, goal, config,"
        " settings,"
        " config_digest, dataset, dataset_digest, warnings FROM old_sweeps;" COMMANDS_OF_2
        "INSERT INTO attempts SELECT attempt_id, trial_id,"
        " (SELECT max(c.command_id) FROM commands c WHERE c.sweep_id = a.sweep_id"
        " AND c.host IS a.host AND c.pid IS a.pid),"
        " started_at, finished_at, outcome, error FROM old_attempts a;"
        "UPDATE trials SET command_id = (SELECT a.command_id FROM attempts a"
        " WHERE a.trial_id = trials.trial_id AND a.outcome = trials.status"
        " ORDER BY a.attempt_id DESC LIMIT 1);"
        "DROP TABLE temp.last_processes; DROP TABLE temp.processes;"
        "DROP TABLE old_attempts; DROP TABLE old_sweeps;"},
    /* Trials were made in the order of the config; the next run of it corrects what is not. */
    {2, "CREATE TEMP TABLE places AS SELECT sweep_id, trial_id, row_number() OVER"
        " (PARTITION BY sweep_id ORDER BY trial_id) - 1 AS position FROM sweep_trials;"
        "DROP TABLE sweep_trials;" SWEEP_TRIALS_4
        "INSERT INTO sweep_trials (sweep_id, trial_id, position)"
        " SELECT sweep_id, trial_id, position FROM temp.places; DROP TABLE temp.places;"},
    /* Version 2 had infinite numbers as they were. */
    {2, MAKE_FINITE("trials", "loss") MAKE_FINITE("trials", "accuracy")},
    {2, MAKE_FINITE("trials", "val_loss") MAKE_FINITE("trials", "val_accuracy")},
    {2, MAKE_FINITE("trials", "test_loss") MAKE_FINITE("trials", "test_accuracy")},
    {2, MAKE_FINITE("history", "loss") MAKE_FINITE("history", "accuracy")},
    {2, MAKE_FINITE("history", "val_loss") MAKE_FINITE("history", "val_accuracy")},
    {2, MAKE_FINITE("metrics", "value")},
    /* Trials that were stopped, in version 4, and further hyperparameters, in version 5. */
    {4, NULL},
    /* Why they were. */
    {3, "PRAGMA legacy_alter_table = ON;"
        "DROP INDEX IF EXISTS attempts_trial; DROP INDEX IF EXISTS attempts_command;"
        "DROP INDEX IF EXISTS attempts_running; DROP INDEX IF EXISTS sweep_trials_trial;"
        "ALTER TABLE attempts RENAME TO old_attempts;"
        "ALTER TABLE sweep_trials RENAME TO old_sweep_trials;"
        "PRAGMA legacy_alter_table = OFF;" ATTEMPTS SWEEP_TRIALS_4
        "INSERT INTO attempts SELECT attempt_id, trial_id, command_id, started_at, finished_at,"
        " outcome, error FROM old_attempts;"
        "INSERT INTO sweep_trials (sweep_id, trial_id, position)"
        " SELECT sweep_id, trial_id, position FROM old_sweep_trials;"
        "DROP TABLE old_attempts; DROP TABLE old_sweep_trials;"},
    /* A sweep had one metric. */
    {3, OBJECTIVES "INSERT INTO objectives SELECT sweep_id, 0, metric, goal FROM sweeps;"},
    /* The epoch at which a trial was stopped was in the reason alone, also of one that had come to
     * its end by then. */
    {4, "ALTER TABLE sweep_trials ADD COLUMN stopped_epoch INTEGER;"
        "UPDATE sweep_trials SET stopped_epoch ="
        " CAST(substr(stopped, instr(stopped, ', epoch ') + 8) AS INTEGER)"
        " WHERE stopped LIKE '%, epoch %';"
        "UPDATE sweep_trials SET stopped_epoch = NULL WHERE EXISTS (SELECT 1 FROM trials t"
        " WHERE t.trial_id = sweep_trials.trial_id AND (t.epochs <= stopped_epoch OR"
        " (t.status = 'diverged' AND stopped_epoch >="
        " (SELECT max(epoch) FROM history h WHERE h.trial_id = t.trial_id))));"},
    {6, "ALTER TABLE sweeps ADD COLUMN dataset_changes TEXT;"},
};
#define MIGRATION_COUNT (sizeof migrations / sizeof *migrations)

static void append_version(struct text *sql) {
    text_printf(sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", SCHEMA_APPLICATION_ID,
                SCHEMA_VERSION);
}

static void create(struct database *database) {
    struct text sql;
    text_init(&sql);
    append_trials_table(&sql);
    text_append(&sql, SWEEPS OBJECTIVES COMMANDS);
    text_append(&sql, tables);
    text_append(&sql, SWEEP_TRIALS ATTEMPTS MODELS);
    schema_append_views(&sql);
    append_version(&sql);
    database_run_built(database, &sql);
    text_release(&sql);
}

static void migrate(struct database *database) {
    const int64_t version = database_integer(database, "PRAGMA user_version");
    struct text sql;
    text_init(&sql);
    schema_append_drop_views(&sql);
    for (size_t i = 0; i < MIGRATION_COUNT; i++)
        if (migrations[i].from >= version && migrations[i].sql)
            text_append(&sql, migrations[i].sql);
        else if (migrations[i].from >= version)
            append_trials(&sql);
    schema_append_views(&sql);
    append_version(&sql);
    database_run_built(database, &sql);
    text_release(&sql);
}

enum schema_state schema_look(struct database *database) {
    const int64_t objects = database_integer(database, "SELECT count(*) FROM sqlite_schema");
    const int64_t application = database_integer(database, "PRAGMA application_id");
    const int64_t version = database_integer(database, "PRAGMA user_version");
    if (objects == 0 && application == 0)
        return SCHEMA_EMPTY;
    if (application != SCHEMA_APPLICATION_ID)
        database_refuse(database, "is a database of another program; give another file with --db");
    else if (version > SCHEMA_VERSION)
        database_refuse(database,
                        "was made by a newer sweep (its version is %d, this program's %d); use "
                        "that, or give another file with --db",
                        (int)version, SCHEMA_VERSION);
    else if (version < migrations[0].from)
        database_refuse(database,
                        "has the version %d, which no sweep ever had; give another file with --db",
                        (int)version);
    return version < SCHEMA_VERSION ? SCHEMA_OLDER : SCHEMA_CURRENT;
}

void schema_ready(struct database *database) {
    if (schema_look(database) == SCHEMA_CURRENT || database_failed(database))
        return;
    database_run(database, "BEGIN IMMEDIATE");
    /* Another program may have done the same: look again now that nobody else can write. */
    const enum schema_state state = schema_look(database);
    if (state == SCHEMA_EMPTY)
        create(database);
    if (state == SCHEMA_OLDER)
        migrate(database);
    database_run(database, "COMMIT");
    if (database_failed(database))
        database_rollback(database);
}
