#include "store/merge.h"

#include "store/store_private.h"

#include <stdio.h>
#include <string.h>

enum status store_begin_merge(struct store *store, const struct sweep_request *request,
                              struct resume_summary *summary, struct error *error) {
    char purpose[600];
    *summary = (struct resume_summary){0};
    store_find_request(store, request, summary);
    snprintf(purpose, sizeof purpose, "merging shards of %s", request->config->path);
    lock_note(store->lock, purpose);
    enum status status = store_conclude(store, error);
    if (status == STATUS_OK)
        status = store_commit(store, error);
    if (status != STATUS_OK)
        store->sweep = 0;
    return status;
}

/* What trained the last step brought the search to its end. */
enum status store_finish_merge(struct store *store, struct error *error) {
    store_transact(store);
    store_run_for_sweep(store, "UPDATE commands SET (outcome, finished_at) = ('finished',"
                               " ifnull(finished_at, " STORE_NOW ")) WHERE outcome = 'interrupted'"
                               " AND command_id = (SELECT max(command_id) FROM commands"
                               " WHERE sweep_id = ?1)");
    return store_finish_sweep(store, error);
}

void store_note_attempt(struct store *store, const struct delivery *delivery) {
    store_transact(store);
    store_open_attempt(store, delivery->digest, store_find_command(store, delivery->command));
}

bool store_wants_failure(struct store *store, const struct delivery *failure) {
    return store_spool_fate(store, failure, NULL) == SPOOL_WANTED;
}

/* --- arithmetics --- */

#define KINDS_MAX 64

static bool is_of(const struct arithmetic *arithmetic, const char *const *command) {
    return command && strcmp(arithmetic->cpu, command[SPOOL_COMMAND_CPU]) == 0 &&
           strcmp(arithmetic->openblas, command[SPOOL_COMMAND_OPENBLAS]) == 0 &&
           strcmp(arithmetic->core, command[SPOOL_COMMAND_CORE]) == 0;
}

enum status store_arithmetics(struct store *store, struct arena *arena,
                              struct arithmetic **arithmetics, size_t *count, struct error *error) {
    static const char sql[] =
        "SELECT cpu, openblas_config, openblas_core, count(*) FROM sweep_trials JOIN trials"
        " USING (trial_id) JOIN commands USING (command_id) WHERE sweep_trials.sweep_id = ?1"
        " AND status IN " SCHEMA_RESULT_STATUSES " GROUP BY 1, 2, 3"
        " ORDER BY 4 DESC, 1, 2, 3";
    struct statement *statement = database_prepare(store->database, sql);
    *count = 0;
    *arithmetics = ARENA_NEW(arena, struct arithmetic, KINDS_MAX);
    if (!*arithmetics)
        database_fail_memory(store->database);
    statement_bind_integer(statement, 1, store->sweep);
    while (*count < KINDS_MAX && *arithmetics && statement_step(statement))
        (*arithmetics)[(*count)++] = (struct arithmetic){
            statement_copy(statement, 0, arena), statement_copy(statement, 1, arena),
            statement_copy(statement, 2, arena), (size_t)statement_integer(statement, 3)};
    statement_free(statement);
    return arena->failed ? error_memory(error) : store_conclude(store, error);
}

enum status store_failures(struct store *store, size_t *count, char *why, size_t size,
                           struct error *error) {
    static const char sql[] = "SELECT count(*), min(error) FROM sweep_trials JOIN trials"
                              " USING (trial_id) WHERE sweep_id = ?1 AND status = 'failed'";
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, store->sweep);
    statement_step(statement);
    *count = (size_t)statement_integer(statement, 0);
    snprintf(why, size, "%s", statement_text(statement, 1));
    statement_free(statement);
    return store_conclude(store, error);
}

struct counting {
    struct arena *arena;
    struct arithmetic *arithmetics;
    size_t count;
};

static enum status count_result(void *context, const struct delivery *delivery,
                                struct error *error) {
    struct counting *counting = context;
    const char *const *command = delivery->command;
    struct arithmetic *kinds = counting->arithmetics;
    size_t i = 0;
    (void)error;
    if (!command || delivery->result->outcome == TRIAL_FAILED)
        return STATUS_OK;
    while (i < counting->count && !is_of(&kinds[i], command))
        i++;
    if (i == counting->count && i < KINDS_MAX) {
        kinds[i] = (struct arithmetic){
            .cpu = arena_copy(counting->arena, command[SPOOL_COMMAND_CPU]),
            .openblas = arena_copy(counting->arena, command[SPOOL_COMMAND_OPENBLAS]),
            .core = arena_copy(counting->arena, command[SPOOL_COMMAND_CORE])};
        counting->count += !counting->arena->failed;
    }
    if (i < counting->count)
        kinds[i].trials++;
    return STATUS_OK;
}

enum status merge_count(const char *path, struct arena *arena, struct arithmetic **arithmetics,
                        size_t *count, struct error *error) {
    struct shard_contents contents;
    struct arena records;
    if (!*arithmetics)
        *arithmetics = ARENA_NEW(arena, struct arithmetic, KINDS_MAX);
    if (!*arithmetics)
        return error_memory(error);
    struct counting counting = {arena, *arithmetics, *count};
    arena_init(&records);
    const enum status status =
        shard_read(path, &records, count_result, &counting, &contents, error);
    arena_release(&records);
    *count = counting.count;
    return status == STATUS_OK && arena->failed ? error_memory(error) : status;
}

/* --- results --- */

struct merging {
    struct store *store;
    const struct sweep_request *request;
    const struct arithmetic *only;
    const char *path;
    struct merge_report *report;
    struct arena *arena;        /* of the file's records */
    const char *const *command; /* of the results that were taken last */
    int64_t command_id;
};

/* Count one, and keep the first file that has such. */
static void note(size_t *count, char *kept, size_t size, const char *path) {
    if ((*count)++ == 0)
        snprintf(kept, size, "%s", path);
}
#define NOTE(report, what, path)                                                                   \
    note(&(report)->what, (report)->what##_path, sizeof(report)->what##_path, path)

static void note_unknown(struct merging *merging, const char *const *command) {
    struct merge_report *report = merging->report;
    NOTE(report, unknown, merging->path);
    if (report->unknown == 1 && command)
        snprintf(report->unknown_version, sizeof report->unknown_version, "%s",
                 command[SPOOL_COMMAND_VERSION]);
}

static void take(struct merging *merging, const struct delivery *delivery) {
    struct store *store = merging->store;
    if (delivery->command != merging->command || merging->command_id == 0)
        merging->command_id = store_find_command(store, delivery->command);
    merging->command = delivery->command;
    store_take_result(store, delivery, merging->command_id);
    merging->report->taken++;
}

/* Of a command that is known, what it was trained on tells why a trial is none of the sweep's. */
static enum status merge_result(void *context, const struct delivery *delivery,
                                struct error *error) {
    struct merging *merging = context;
    struct merge_report *report = merging->report;
    const char *const *command = delivery->command;
    const char *data = dataset_digests(merging->request->dataset);
    report->results++;
    if (command && strcmp(command[SPOOL_COMMAND_DATASET_DIGEST], data) != 0) {
        NOTE(report, foreign, merging->path);
        return STATUS_OK;
    }
    if (merging->only && !is_of(merging->only, command)) {
        NOTE(report, refused, merging->path);
        return STATUS_OK;
    }
    switch (store_spool_fate(merging->store, delivery, merging->arena)) {
    case SPOOL_WANTED:
        take(merging, delivery);
        break;
    case SPOOL_DIFFERS:
        NOTE(report, differ, merging->path);
        break;
    case SPOOL_WAITS:
        note_unknown(merging, command);
        break;
    default:
        report->there++;
    }
    return store_conclude(merging->store, error);
}

enum status store_merge_file(struct store *store, const struct sweep_request *request,
                             const char *path, const struct arithmetic *only,
                             struct merge_report *report, struct error *error) {
    struct shard_contents contents;
    struct arena arena;
    struct merging merging = {.store = store,
                              .request = request,
                              .only = only,
                              .path = path,
                              .report = report,
                              .arena = &arena};
    arena_init(&arena);
    store_transact(store);
    enum status status = shard_read(path, &arena, merge_result, &merging, &contents, error);
    report->files++;
    for (size_t i = 0; i < contents.strange; i++)
        note_unknown(&merging, contents.command);
    if (contents.damaged)
        NOTE(report, damaged, path);
    if (contents.torn)
        NOTE(report, torn, path);
    /* The command's record at the end says that it trained all. */
    if (status == STATUS_OK && merging.command_id != 0)
        store_find_command(store, contents.command);
    if (status == STATUS_OK)
        status = store_conclude(store, error);
    arena_release(&arena);
    return status == STATUS_OK ? store_commit(store, error) : status;
}
