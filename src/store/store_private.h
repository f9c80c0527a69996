/* What the files of the store share. */
#ifndef SWEEP_STORE_STORE_PRIVATE_H
#define SWEEP_STORE_STORE_PRIVATE_H

#include "store/database.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/spool.h"
#include "store/store.h"
#include "train/model.h"

enum store_statement {
    STORE_FIND_TRIAL,
    STORE_CLEAR_HISTORY,
    STORE_CLEAR_METRIC,
    STORE_PUT_TRIAL,
    STORE_PUT_FAILURE,
    STORE_PUT_EPOCH,
    STORE_PUT_METRIC,
    STORE_PUT_END,
    STORE_END_ATTEMPT,
    STORE_PUT_MODEL,
    STORE_LINK_MODEL,
    STORE_STATEMENTS
};

/* Time as the database writes it. */
#define STORE_NOW "strftime('%Y-%m-%d %H:%M:%f', 'now')"

struct store {
    struct database *database;
    struct statement *statements[STORE_STATEMENTS];
    int64_t sweep, command;        /* the sweep begun, and this run of it */
    enum keep_models keep;         /* and what it asks for */
    const struct dataset *dataset; /* the first of its data sets */
    int part;                      /* of its trials, the last one; from 1 */
    bool in_parts;
    bool models_changed; /* since they were pruned */
    bool models_settled; /* nothing is trained any more that may turn out to be the best */
    bool writes, in_transaction;
    struct lock *lock;

    char *spool_path;
    char *spool_left;      /* as that of an earlier run was renamed */
    struct spool *spool;   /* open from the sweep's beginning on */
    struct text origin;    /* the record of the command that began the sweep */
    bool spool_has_origin; /* the spool has it */
    struct text pending;   /* records of the results that are not committed yet */
    size_t pending_count;
    bool spool_waits; /* results in a spool are of trials that the database did not have */
    bool faulted;     /* the database failed: everything goes to the spool */
    bool displaced;   /* and is not at its place any more */
    struct error fault;
    struct spool_state spooled;
    struct spool_report report;
};

/* Functions without a status leave their errors with the database; those of store.h end with this.
 * It takes the database's error and, after one, undoes the open transaction, which may hold half a
 * trial. */
enum status store_conclude(struct store *store, struct error *error);

/* Start a transaction, unless one is open. */
void store_transact(struct store *store);
/* The same of one that only reads; true where none was open, which is for store_leave_read. */
bool store_enter_read(struct store *store);
void store_leave_read(struct store *store, bool own);

/* Once all is trained: what this run of the sweep begun did not stop has come to its end, also what
 * an earlier one had stopped. */
void store_settle_stops(struct store *store);

/* Run a statement whose first parameter is the sweep begun. */
void store_run_for_sweep(struct store *store, const char *sql);

/* Note how the command that began the sweep ended, unless that is noted already. */
void store_end_command(struct store *store, const char *outcome);

/* The statement of that number, prepared on its first use. */
struct statement *store_statement(struct store *store, enum store_statement which, const char *sql);

/* Write a result within the open transaction, and end the trial's open attempt; false, and nothing
 * is written, when the database has no such trial. */
bool store_write(struct store *store, const struct delivery *delivery);

/* The columns of a command that tell who ran what, where and with what: all of them texts. */
#define STORE_COMMAND_TEXTS                                                                        \
    "arguments, folder, config_path, dataset_source, user, host, version, cpu, openblas_config,"   \
    " openblas_core"

/* Append a command's record for a spool; 0: of one that is not known. */
void store_append_command(struct store *store, int64_t command, struct text *records);
/* The command of such a record's texts, which is inserted if the database does not have it; 0 for
 * NULL. */
int64_t store_find_command(struct store *store, const char *const *texts);

/* What becomes of a result in a spool. */
enum spool_fate {
    SPOOL_WAITS,  /* the database does not have its trial */
    SPOOL_WANTED, /* it is to be written */
    SPOOL_IS_THERE,
    SPOOL_DIFFERS, /* from the trial's result, which stays */
    SPOOL_FATES
};
enum spool_fate store_spool_fate(struct store *store, const struct delivery *delivery,
                                 struct arena *arena);

/* An attempt of the command on the trial, for the result to end, unless that has been done. What
 * runs besides belongs to a process that died. */
void store_open_attempt(struct store *store, const char *digest, int64_t command);

/* Write a result of the command, which is in the database, or 0, within the open transaction. */
void store_take_result(struct store *store, const struct delivery *delivery, int64_t command);

/* A trial's history up to an epoch in the arena, epoch by epoch, and *count of them; NULL without
 * one. */
struct epoch_scores *store_read_history(struct store *store, int64_t trial, int64_t last,
                                        struct arena *arena, size_t *count);

/* A trial's result as it was put, in the arena; false where there is none, or just a failure. */
bool store_read_result(struct store *store, const char *digest, struct arena *arena,
                       struct delivery *delivery);
/* Whether two results of a trial agree, as far as both tell: in all but times. */
bool store_same_result(const struct delivery *a, const struct delivery *b);

/* The table temp.wanted has the trials of the sweep at hand: position in the space, trial_id and
 * state, which is 'trained', 'stopped', 'missing' or 'given up', and the part with which they came.
 * Trials that the database does not have are inserted if there is a data set, and left out if it is
 * NULL. `trials` are numbers of the space's; NULL: all. They become a new part. */
void store_want_none(struct store *store);
void store_want_trials(struct store *store, const struct dataset *dataset,
                       const struct space *space, const size_t *trials, size_t count);
/* Put the last part's trials up to the identity `last` right that were changed since they were
 * made, from the space; returns how many there were. */
size_t store_repair_trials(struct store *store, const struct dataset *dataset,
                           const struct space *space, int64_t last);
/* Set the last part's states. A trial that was stopped is missing, unless `may_stop`. */
void store_decide(struct store *store, const struct config *config, enum retrain retrain,
                  bool may_stop);
/* Run a statement whose first parameter is the last part. */
void store_run_for_part(struct store *store, const char *sql);
/* Read them; a trial that the table does not have is missing. */
void store_read_states(struct store *store, size_t trial_count, bool *missing,
                       struct resume_summary *summary);
/* Write the weights that a result came with, for the sweep begun, within the open transaction. */
void store_write_model(struct store *store, const char *digest, const struct trial_result *result);

/* Let go of the models that the sweep begun does not keep and no other does, within the open
 * transaction. */
void store_prune_models(struct store *store);

/* Whether a row's weights at `column` have the digest in the column after it. */
bool store_model_is_whole(const struct statement *statement, int column);

/* In a query on sweeps, the one started last first: by identity, since clocks are set back. */
#define STORE_LATEST                                                                               \
    " ORDER BY (SELECT max(command_id) FROM commands c WHERE c.sweep_id = sweeps.sweep_id) DESC,"  \
    " sweeps.sweep_id DESC"

/* Columns of the last command on sweep s. */
#define STORE_LAST(column)                                                                         \
    "(SELECT " column " FROM commands c WHERE c.sweep_id = s.sweep_id"                             \
    " ORDER BY command_id DESC LIMIT 1)"
#define STORE_LAST_CONFIG STORE_LAST("config_path")
#define STORE_LAST_SOURCE STORE_LAST("dataset_source")
#define STORE_LAST_FOLDER STORE_LAST("folder")

/* What a sweep has of the data set with a name: its own, or, of several, a member of an object
 * (datasets_join). */
#define STORE_OF_DATASET(of_all, name)                                                             \
    "(SELECT iif(substr(v, 1, 1) = '{' AND json_valid(v),"                                         \
    " (SELECT value FROM json_each(v) WHERE key = " name "), v) FROM (SELECT " of_all " AS v))"
#define STORE_LAST_START STORE_LAST("started_at")
#define STORE_LAST_OUTCOME STORE_LAST("outcome")

/* A query of the best trials of sweep ?1, the one of each quantity that its metric measures. */
#define STORE_BEST_TRIALS                                                                          \
    "SELECT " SCHEMA_BEST_TRIAL " AS trial_id FROM ranked b"                                       \
    " WHERE sweep_id = ?1 AND rank = 1 AND score IS NOT NULL"

/* The sweep, if it is there (else STATUS_USAGE), or the one started last where it is 0. */
int64_t store_find_sweep(struct store *store, int64_t sweep);

/* What a sweep goes by; refuses what is no score. */
struct score store_own_score(struct store *store, int64_t sweep);

/* The metrics that it was given, in the order of the config; how many. Refuses what is no score. */
size_t store_objectives(struct store *store, int64_t sweep,
                        struct objective objectives[CONFIG_OBJECTIVES_MAX]);
#define STORE_SCORE_REMEDY                                                                         \
    "it was changed, or a newer version wrote it; a `sweep run` of %s puts it right"

/* The sweep of a request and its trials, in the transaction that is open from here on. */
void store_find_request(struct store *store, const struct sweep_request *request,
                        struct resume_summary *summary);

/* Put in what the spools have, and commit; then they are removed, but the one of the first name
 * gets another one if not all could be taken. It stays if trials are lacking and more may come
 * (`last` is false). */
enum status store_take_spools(struct store *store, bool last, struct error *error);

#endif
