#include "store/provenance.h"

#include "store/store_private.h"

static const char commands_of[] =
    "WITH made AS (SELECT command_id, count(*) AS trials FROM sweep_trials JOIN trials"
    " USING (trial_id) WHERE sweep_id = ?1 AND command_id IS NOT NULL GROUP BY command_id)"
    " SELECT count(*) OVER (), command_id, pid, jobs, trials, arguments, folder, config_path,"
    " dataset_source, user, host, version, cpu, openblas_config, openblas_core, started_at,"
    " finished_at, outcome FROM commands LEFT JOIN made USING (command_id)"
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
