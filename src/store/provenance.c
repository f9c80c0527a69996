#include "store/provenance.h"

#include "base/machine.h"
#include "math/gemm.h"
#include "store/store_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char commands_of[] =
    "WITH made AS (SELECT command_id, count(*) AS trials FROM sweep_trials JOIN trials"
    " USING (trial_id) WHERE sweep_id = ?1 AND command_id IS NOT NULL GROUP BY command_id)"
    " SELECT count(*) OVER (), command_id, pid, jobs, trials, " STORE_COMMAND_TEXTS
    ", started_at, finished_at, outcome FROM commands LEFT JOIN made USING (command_id)"
    " WHERE sweep_id = ?1 OR trials > 0 ORDER BY command_id";

static void read_command(const struct statement *statement, struct arena *arena,
                         struct command_record *command) {
    const char **const texts[] = {
        &command->arguments,      &command->folder,     &command->config_path,
        &command->dataset_source, &command->user,       &command->host,
        &command->version,        &command->cpu,        &command->openblas_config,
        &command->openblas_core,  &command->started_at, &command->finished_at,
        &command->outcome};
    command->id = statement_integer(statement, 1);
    command->pid = statement_integer(statement, 2);
    command->jobs = statement_integer(statement, 3);
    command->trials = (size_t)statement_integer(statement, 4);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = statement_copy(statement, 5 + (int)i, arena);
}

enum status store_provenance(struct store *store, int64_t sweep, struct arena *arena,
                             struct provenance *provenance, struct error *error) {
    struct statement *statement = database_prepare(store->database, commands_of);
    statement_bind_integer(statement, 1, sweep);
    *provenance = (struct provenance){0};
    while (statement_step(statement)) {
        if (!provenance->commands)
            provenance->commands =
                ARENA_NEW(arena, struct command_record, (size_t)statement_integer(statement, 0));
        if (provenance->commands)
            read_command(statement, arena, &provenance->commands[provenance->count++]);
        else
            database_fail_memory(store->database);
    }
    statement_free(statement);
    return database_take_error(store->database, error);
}

/* --- what a command is --- */

/* Now, as STORE_NOW has it. */
static void write_now(char *buffer, size_t size) {
    struct timeval now;
    struct tm utc;
    char seconds[32];
    gettimeofday(&now, NULL);
    strftime(seconds, sizeof seconds, "%Y-%m-%d %H:%M:%S", gmtime_r(&now.tv_sec, &utc));
    snprintf(buffer, size, "%s.%03ld", seconds, (long)now.tv_usec / 1000 % 1000);
}

void command_describe(struct command_description *command, const struct sweep_request *request) {
    snprintf(command->pid, sizeof command->pid, "%ld", (long)getpid());
    machine_user(command->user, sizeof command->user);
    machine_host(command->host, sizeof command->host);
    machine_cpu(command->cpu, sizeof command->cpu);
    write_now(command->started, sizeof command->started);
    snprintf(command->jobs, sizeof command->jobs, "%zu", request->jobs);
    if (!getcwd(command->folder, sizeof command->folder))
        command->folder[0] = '\0';
    const char *texts[SPOOL_COMMAND_TEXTS] = {request->arguments,
                                              command->folder,
                                              request->config->path,
                                              dataset_sources(request->dataset),
                                              command->user,
                                              command->host,
                                              machine_program_version(),
                                              command->cpu,
                                              gemm_library(),
                                              gemm_core(),
                                              command->pid,
                                              command->jobs,
                                              command->started,
                                              "",
                                              "running",
                                              request->config->digest.hex,
                                              dataset_digests(request->dataset)};
    memcpy(command->texts, texts, sizeof texts);
}

void command_end(struct command_description *command) {
    write_now(command->finished, sizeof command->finished);
    command->texts[SPOOL_COMMAND_FINISHED_AT] = command->finished;
    command->texts[SPOOL_COMMAND_OUTCOME] = "finished";
}

/* --- in a spool --- */

void store_append_command(struct store *store, int64_t command, struct text *records) {
    static const char sql[] =
        "SELECT " STORE_COMMAND_TEXTS ", pid, jobs, started_at, finished_at, outcome,"
        " config_digest, dataset_digest FROM commands LEFT JOIN sweeps USING (sweep_id)"
        " WHERE command_id = ?1";
    const char *texts[SPOOL_COMMAND_TEXTS];
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, command);
    const bool found = statement_step(statement);
    for (int i = 0; found && i < SPOOL_COMMAND_TEXTS; i++)
        texts[i] = statement_text(statement, i);
    spool_append_command(records, found ? texts : NULL);
    statement_free(statement);
}

/* The first integer of a query whose parameters are the texts. */
static int64_t query(struct store *store, const char *sql, const char *const *texts) {
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_texts(statement, 1, texts, SPOOL_COMMAND_TEXTS);
    statement_step(statement);
    const int64_t value = statement_integer(statement, 0);
    statement_free(statement);
    return value;
}

#define IS_COMMAND                                                                                 \
    " arguments IS nullif(?1, '') AND host IS nullif(?6, '')"                                      \
    " AND pid IS CAST(nullif(?11, '') AS INTEGER) AND started_at IS nullif(?13, '')"

/* A text that is not known is NULL. Its sweep may have come into the database only later. */
int64_t store_find_command(struct store *store, const char *const *texts) {
    static const char known[] = "SELECT command_id FROM commands WHERE" IS_COMMAND " AND ?17 = ?17";
    static const char insert[] =
        "INSERT INTO commands (" STORE_COMMAND_TEXTS ", pid, jobs, started_at, finished_at,"
        " outcome) SELECT nullif(?1, ''), nullif(?2, ''), nullif(?3, ''), nullif(?4, ''),"
        " nullif(?5, ''), nullif(?6, ''), nullif(?7, ''), nullif(?8, ''), nullif(?9, ''),"
        " nullif(?10, ''), CAST(nullif(?11, '') AS INTEGER), CAST(nullif(?12, '') AS INTEGER),"
        " nullif(?13, ''), nullif(?14, ''),"
        " CASE WHEN ?15 IN ('finished', 'lost') THEN ?15 ELSE 'interrupted' END WHERE ?17 = ?17"
        " RETURNING command_id";
    static const char sweep[] =
        "UPDATE commands SET sweep_id = (SELECT sweep_id FROM sweeps WHERE config_digest = ?16"
        " AND dataset_digest = ?17) WHERE sweep_id IS NULL AND" IS_COMMAND;
    static const char end[] =
        "UPDATE commands SET (finished_at, outcome) = (nullif(?14, ''), ?15) WHERE ?15 = 'finished'"
        " AND outcome <> 'finished' AND ?17 = ?17 AND" IS_COMMAND;
    if (!texts)
        return 0;
    int64_t command = query(store, known, texts);
    if (command == 0)
        command = query(store, insert, texts);
    query(store, sweep, texts);
    query(store, end, texts);
    return command;
}
