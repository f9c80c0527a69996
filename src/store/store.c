#include "store/store_private.h"

#include "base/machine.h"
#include "base/text.h"
#include "math/gemm.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only the last folder is made: a mistyped path should not grow a tree. */
static enum status make_folder(const char *path, struct error *error) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return STATUS_OK;
    char *folder = strndup(path, (size_t)(slash - path));
    if (!folder)
        return error_memory(error);
    enum status status = STATUS_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        error_set(error, STATUS_IO, "the folder can't be made: %s", strerror(errno));
        status = error_place(error, folder, 0, 0);
    }
    free(folder);
    return status;
}

/* SQLite says of a folder that it can't read or write it, not why. */
static enum status refuse_folder(const char *path, struct error *error) {
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return STATUS_OK;
    error_set(error, STATUS_IO, "is a folder; --db takes a file, as in --db %s%ssweep.db", path,
              path[strlen(path) - 1] == '/' ? "" : "/");
    return error_place(error, path, 0, 0);
}

/* Try to write first: SQLite would open a file it may only read, or blame the wrong reason. */
static enum status try_writing(const char *path, struct error *error) {
    enum status status = refuse_folder(path, error);
    if (status != STATUS_OK)
        return status;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        error_set(error, STATUS_IO, "can't be written: %s", strerror(errno));
        return error_place(error, path, 0, 0);
    }
    close(file);
    return STATUS_OK;
}

enum status store_open(const char *path, struct store **store, struct error *error) {
    *store = calloc(1, sizeof **store);
    if (!*store)
        return error_memory(error);
    enum status status = make_folder(path, error);
    if (status == STATUS_OK)
        status = try_writing(path, error);
    if (status == STATUS_OK)
        status = database_open(path, DATABASE_WRITE, &(*store)->database, error);
    if (status == STATUS_OK)
        status = schema_ready((*store)->database, path, error);
    if (status == STATUS_OK)
        status = database_run((*store)->database,
                              "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                              "PRAGMA foreign_keys = ON",
                              error);
    (*store)->writes = status == STATUS_OK;
    return status;
}

enum status store_open_read(const char *path, struct store **store, struct error *error) {
    *store = calloc(1, sizeof **store);
    if (!*store)
        return error_memory(error);
    if (access(path, F_OK) != 0) {
        error_set(error, STATUS_INPUT,
                  "there is no such database; `sweep run CONFIG` makes one, --db names another");
        return error_place(error, path, 0, 0);
    }
    enum status status = refuse_folder(path, error);
    if (status == STATUS_OK)
        status = database_open(path, DATABASE_READ, &(*store)->database, error);
    return status == STATUS_OK ? schema_check((*store)->database, path, error) : status;
}

void store_close(struct store *store) {
    if (!store)
        return;
    store_commit(store, NULL);
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        statement_free(store->statements[i]);
    /* Fails while somebody reads; the database is whole all the same, with its -wal file. */
    if (store->writes)
        database_run(store->database, "PRAGMA journal_mode = DELETE", NULL);
    database_close(store->database);
    free(store);
}

static enum status begin(struct store *store, struct error *error) {
    if (store->in_transaction)
        return STATUS_OK;
    enum status status = database_run(store->database, "BEGIN IMMEDIATE", error);
    store->in_transaction = status == STATUS_OK;
    return status;
}

enum status store_commit(struct store *store, struct error *error) {
    if (!store->in_transaction)
        return STATUS_OK;
    enum status status = database_run(store->database, "COMMIT", error);
    store->in_transaction = status != STATUS_OK;
    return status;
}

/* After a failure: what the open transaction holds may be half a trial. */
static enum status abandon(struct store *store, enum status status) {
    if (store->in_transaction)
        database_run(store->database, "ROLLBACK", NULL);
    store->in_transaction = false;
    return status;
}

int64_t store_sweep(const struct store *store) {
    return store->sweep;
}

/* The statement of that number, prepared on its first use. */
static enum status statement_of(struct store *store, enum store_statement which, const char *sql,
                                struct error *error) {
    if (store->statements[which])
        return STATUS_OK;
    return database_prepare(store->database, sql, &store->statements[which], error);
}

static enum status insert_sweep(struct store *store, const struct config *config,
                                const struct dataset *dataset, const char *warnings, size_t jobs,
                                struct error *error) {
    static const char sql[] =
        "INSERT INTO sweeps (name, description, metric, goal, config_path, config, settings,"
        " config_digest, dataset, dataset_source, dataset_digest, warnings, version, cpu,"
        " openblas_config, openblas_core, jobs, started_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " strftime('%Y-%m-%d %H:%M:%f', 'now'))"
        " ON CONFLICT (config_digest, dataset_digest) DO UPDATE SET"
        " version = excluded.version, cpu = excluded.cpu, jobs = excluded.jobs,"
        " openblas_config = excluded.openblas_config, openblas_core = excluded.openblas_core,"
        " config_path = excluded.config_path, dataset_source = excluded.dataset_source,"
        " started_at = excluded.started_at, finished_at = NULL"
        " RETURNING sweep_id";
    char cpu[256];
    const char *texts[] = {config->name,
                           config->description,
                           config->metric,
                           config->maximize ? "maximize" : "minimize",
                           config->path,
                           config->text,
                           config->settings,
                           config->digest.hex,
                           dataset->name,
                           dataset->source,
                           dataset->digest.hex,
                           warnings,
                           machine_program_version(),
                           machine_cpu(cpu, sizeof cpu),
                           gemm_library(),
                           gemm_core()};
    struct statement *statement;
    enum status status = database_prepare(store->database, sql, &statement, error);
    if (status == STATUS_OK) {
        const int count = (int)(sizeof texts / sizeof *texts);
        bool row = false;
        for (int i = 0; i < count; i++)
            statement_bind_text(statement, i + 1, texts[i]);
        statement_bind_integer(statement, count + 1, (int64_t)jobs);
        status = statement_step(statement, &row, error);
        if (status == STATUS_OK)
            store->sweep = statement_integer(statement, 0);
    }
    statement_free(statement);
    return status;
}

static void bind_value(struct statement *statement, int at, const struct value *value,
                       struct text *text) {
    switch (value->type) {
    case VALUE_NONE:
        statement_bind_null(statement, at);
        break;
    case VALUE_INTEGER:
        statement_bind_integer(statement, at, value->integer);
        break;
    case VALUE_BOOLEAN:
        statement_bind_integer(statement, at, value->boolean);
        break;
    case VALUE_REAL:
        statement_bind_real(statement, at, value->real);
        break;
    case VALUE_NAME:
    case VALUE_LAYERS:
        text_clear(text);
        value_append(value, text);
        statement_bind_text(statement, at, text->data);
        break;
    }
}

static void append_insert_trial(struct text *sql) {
    text_append(sql, "INSERT INTO trials (digest, setting, dataset, seed");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(sql, ", %s", hyperparameter_column(&hyperparameters[i]));
    text_append(sql, ") VALUES (?, ?, ?, ?");
    for (size_t i = 0; i < HP_COUNT; i++)
        text_append(sql, ", ?");
    /* The update that changes nothing makes RETURNING give a row already there, too. */
    text_append(sql, ") ON CONFLICT (digest) DO UPDATE SET digest = digest"
                     " RETURNING trial_id, status");
}

static enum status prepare_begin(struct store *store, struct error *error) {
    struct text sql;
    text_init(&sql);
    append_insert_trial(&sql);
    enum status status =
        sql.failed ? error_memory(error) : statement_of(store, STORE_INSERT_TRIAL, sql.data, error);
    text_release(&sql);
    if (status == STATUS_OK)
        status = statement_of(
            store, STORE_LINK_TRIAL,
            "INSERT OR IGNORE INTO sweep_trials (sweep_id, trial_id) VALUES (?, ?)", error);
    if (status == STATUS_OK)
        status = statement_of(store, STORE_HAS_METRIC,
                              "SELECT EXISTS (SELECT 1 FROM metrics WHERE trial_id = ?"
                              " AND name = 'test_' || ?)",
                              error);
    return status;
}

static enum status lacks_metric(struct store *store, const struct config *config, int64_t trial,
                                bool *lacks, struct error *error) {
    struct statement *statement = store->statements[STORE_HAS_METRIC];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->metric_count && status == STATUS_OK && !*lacks; i++) {
        bool row = false;
        statement_bind_integer(statement, 1, trial);
        statement_bind_text(statement, 2, config->metrics[i]->name);
        status = statement_step(statement, &row, error);
        if (status == STATUS_OK)
            *lacks = statement_integer(statement, 0) == 0;
        statement_reset(statement);
    }
    return status;
}

static enum status insert_trial(struct store *store, const struct config *config,
                                const struct dataset *dataset, const struct trial *trial,
                                struct text *text, bool *missing, struct error *error) {
    struct statement *insert = store->statements[STORE_INSERT_TRIAL];
    struct statement *link = store->statements[STORE_LINK_TRIAL];
    bool row = false;
    statement_bind_text(insert, 1, trial->digest.hex);
    statement_bind_text(insert, 2, trial->setting->digest.hex);
    statement_bind_text(insert, 3, dataset->name);
    statement_bind_integer(insert, 4, (int64_t)trial->seed);
    for (size_t i = 0; i < HP_COUNT; i++)
        bind_value(insert, 5 + (int)i, &trial->setting->values[i], text);
    enum status status = statement_step(insert, &row, error);
    if (status != STATUS_OK)
        return status;
    const int64_t id = statement_integer(insert, 0);
    const char *state = statement_text(insert, 1);
    const bool completed = strcmp(state, "completed") == 0;
    *missing = !completed && strcmp(state, "diverged") != 0;
    statement_reset(insert);
    /* A diverged trial has no test scores to miss. */
    if (completed)
        status = lacks_metric(store, config, id, missing, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(link, 1, store->sweep);
    statement_bind_integer(link, 2, id);
    return statement_run(link, error);
}

enum status store_begin_sweep(struct store *store, const struct config *config,
                              const struct dataset *dataset, const struct space *space,
                              const char *warnings, size_t jobs, bool *missing,
                              struct error *error) {
    struct text text;
    text_init(&text);
    enum status status = begin(store, error);
    if (status == STATUS_OK)
        status = insert_sweep(store, config, dataset, warnings, jobs, error);
    if (status == STATUS_OK)
        status = prepare_begin(store, error);
    for (size_t i = 0; i < space->trial_count && status == STATUS_OK; i++)
        status = insert_trial(store, config, dataset, &space->trials[i], &text, &missing[i], error);
    text_release(&text);
    return status == STATUS_OK ? store_commit(store, error) : abandon(store, status);
}

static enum status prepare_put(struct store *store, struct error *error) {
    static const struct {
        enum store_statement which;
        const char *sql;
    } all[] = {
        {STORE_FIND_TRIAL, "SELECT trial_id FROM trials WHERE digest = ?"},
        {STORE_CLEAR_HISTORY, "DELETE FROM history WHERE trial_id = ?"},
        {STORE_CLEAR_METRIC,
         "DELETE FROM metrics WHERE trial_id = ?1 AND name IN (?2, 'val_' || ?2, 'test_' || ?2)"},
        {STORE_PUT_TRIAL,
         "UPDATE trials SET status = ?2, loss = ?3, accuracy = ?4, val_loss = ?5,"
         " val_accuracy = ?6, test_loss = ?7, test_accuracy = ?8, parameters = ?9,"
         " train_seconds = ?10, started_at = strftime('%Y-%m-%d %H:%M:%f', ?11, 'unixepoch'),"
         " finished_at = strftime('%Y-%m-%d %H:%M:%f', ?12, 'unixepoch'), error = ?13"
         " WHERE trial_id = ?1"},
        {STORE_PUT_EPOCH,
         "INSERT INTO history (trial_id, epoch, loss, accuracy, val_loss, val_accuracy, seconds)"
         " VALUES (?, ?, ?, ?, ?, ?, ?)"},
        {STORE_PUT_METRIC,
         "INSERT INTO metrics (trial_id, name, epoch, value) VALUES (?, ? || ?, ?, ?)"},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all && status == STATUS_OK; i++)
        status = statement_of(store, all[i].which, all[i].sql, error);
    return status;
}

static enum status find_trial(struct store *store, const struct trial *trial, int64_t *id,
                              struct error *error) {
    struct statement *find = store->statements[STORE_FIND_TRIAL];
    bool row = false;
    statement_bind_text(find, 1, trial->digest.hex);
    enum status status = statement_step(find, &row, error);
    if (status == STATUS_OK && !row)
        return error_set(error, STATUS_IO, "a trial of this sweep was deleted meanwhile");
    if (status == STATUS_OK)
        *id = statement_integer(find, 0);
    statement_reset(find);
    return status;
}

static enum status put_trial(struct store *store, int64_t id, const struct trial_result *result,
                             struct error *error) {
    static const char *const states[] = {
        [TRIAL_COMPLETED] = "completed", [TRIAL_DIVERGED] = "diverged", [TRIAL_FAILED] = "failed"};
    static const struct epoch_scores none = {.train = {.loss = (double)NAN, .accuracy = (double)NAN}};
    const struct epoch_scores *last = result->epochs ? &result->history[result->epochs - 1] : &none;
    const bool validated = result->validated && result->epochs > 0;
    struct statement *put = store->statements[STORE_PUT_TRIAL];
    statement_bind_integer(put, 1, id);
    statement_bind_text(put, 2, states[result->outcome]);
    statement_bind_real(put, 3, last->train.loss);
    statement_bind_real(put, 4, last->train.accuracy);
    statement_bind_real(put, 5, validated ? last->validation.loss : (double)NAN);
    statement_bind_real(put, 6, validated ? last->validation.accuracy : (double)NAN);
    statement_bind_real(put, 7, result->test.loss);
    statement_bind_real(put, 8, result->test.accuracy);
    statement_bind_integer(put, 9, (int64_t)result->parameters);
    statement_bind_real(put, 10, result->seconds);
    statement_bind_real(put, 11, result->started_at);
    statement_bind_real(put, 12, result->finished_at);
    if (result->outcome == TRIAL_FAILED)
        statement_bind_text(put, 13, result->error.message);
    else
        statement_bind_null(put, 13);
    return statement_run(put, error);
}

static enum status put_metrics(struct store *store, const struct config *config, int64_t id,
                               const char *prefix, size_t epoch, const struct scores *scores,
                               struct error *error) {
    struct statement *put = store->statements[STORE_PUT_METRIC];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->metric_count && status == STATUS_OK; i++) {
        statement_bind_integer(put, 1, id);
        statement_bind_text(put, 2, prefix);
        statement_bind_text(put, 3, config->metrics[i]->name);
        statement_bind_integer(put, 4, (int64_t)epoch);
        statement_bind_real(put, 5, scores->metrics[i]);
        status = statement_run(put, error);
    }
    return status;
}

static enum status put_epoch(struct store *store, const struct config *config, int64_t id,
                             const struct trial_result *result, size_t epoch, struct error *error) {
    const struct epoch_scores *scores = &result->history[epoch - 1];
    struct statement *put = store->statements[STORE_PUT_EPOCH];
    statement_bind_integer(put, 1, id);
    statement_bind_integer(put, 2, (int64_t)epoch);
    statement_bind_real(put, 3, scores->train.loss);
    statement_bind_real(put, 4, scores->train.accuracy);
    statement_bind_real(put, 5, result->validated ? scores->validation.loss : (double)NAN);
    statement_bind_real(put, 6, result->validated ? scores->validation.accuracy : (double)NAN);
    statement_bind_real(put, 7, scores->seconds);
    enum status status = statement_run(put, error);
    if (status == STATUS_OK)
        status = put_metrics(store, config, id, "", epoch, &scores->train, error);
    if (status == STATUS_OK && result->validated)
        status = put_metrics(store, config, id, "val_", epoch, &scores->validation, error);
    return status;
}

static enum status clear(struct statement *statement, int64_t id, struct error *error) {
    statement_bind_integer(statement, 1, id);
    return statement_run(statement, error);
}

/* Metrics that only another sweep asked for stay: they are the same trial's numbers. */
static enum status clear_metrics(struct store *store, const struct config *config, int64_t id,
                                 struct error *error) {
    struct statement *statement = store->statements[STORE_CLEAR_METRIC];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->metric_count && status == STATUS_OK; i++) {
        statement_bind_text(statement, 2, config->metrics[i]->name);
        status = clear(statement, id, error);
    }
    return status;
}

enum status store_put(struct store *store, const struct config *config, const struct space *space,
                      const struct trial_result *result, struct error *error) {
    int64_t id = 0;
    enum status status = begin(store, error);
    if (status == STATUS_OK)
        status = prepare_put(store, error);
    if (status == STATUS_OK)
        status = find_trial(store, &space->trials[result->trial], &id, error);
    if (status == STATUS_OK)
        status = clear(store->statements[STORE_CLEAR_HISTORY], id, error);
    if (status == STATUS_OK)
        status = clear_metrics(store, config, id, error);
    if (status == STATUS_OK)
        status = put_trial(store, id, result, error);
    for (size_t epoch = 1; epoch <= result->epochs && status == STATUS_OK; epoch++)
        status = put_epoch(store, config, id, result, epoch, error);
    if (status == STATUS_OK && result->outcome == TRIAL_COMPLETED)
        status = put_metrics(store, config, id, "test_", result->epochs, &result->test, error);
    return status == STATUS_OK ? STATUS_OK : abandon(store, status);
}

enum status store_finish_sweep(struct store *store, struct error *error) {
    struct statement *statement = NULL;
    enum status status = begin(store, error);
    if (status == STATUS_OK)
        status =
            database_prepare(store->database,
                             "UPDATE sweeps SET finished_at = strftime('%Y-%m-%d %H:%M:%f', 'now')"
                             " WHERE sweep_id = ?",
                             &statement, error);
    if (status == STATUS_OK)
        status = clear(statement, store->sweep, error);
    statement_free(statement);
    return status == STATUS_OK ? store_commit(store, error) : status;
}
