#include "store/sweeps.h"

#include "store/store_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what there is --- */

static const char all_sweeps[] =
    "WITH t AS (SELECT s.sweep_id, count(*) AS trials, count(DISTINCT setting) AS settings,"
    " sum(status = 'completed') AS completed, sum(status = 'diverged') AS diverged,"
    " sum(status = 'failed') AS failed, sum(status = 'stopped') AS stopped, sum(EXISTS (SELECT 1 "
    "FROM sweep_trials o"
    " WHERE o.trial_id = s.trial_id AND o.sweep_id <> s.sweep_id)) AS shared"
    " FROM sweep_results s GROUP BY s.sweep_id)"
    " SELECT count(*) OVER (), s.sweep_id, name, dataset, metric, t.settings, trials, completed,"
    " diverged, failed, shared,"
    " (SELECT count(*) FROM commands c WHERE c.sweep_id = s.sweep_id), " STORE_LAST_START
    ", " STORE_LAST_OUTCOME ", count(*) OVER (PARTITION BY name) > 1, s.settings, t.stopped"
    " FROM sweeps s LEFT JOIN t USING (sweep_id) ORDER BY s.sweep_id";

/* A name that was set is all the same whatever else was: "99 (epochs=1)" tells such apart. */
static void append_label(struct text *label, const char *name, const char *settings) {
    static const char set_name[] = "name=";
    const char *separator = " (";
    text_append(label, name);
    if (strncmp(settings, set_name, strlen(set_name)) != 0 && !strstr(settings, "\nname="))
        return; /* they are part of the name */
    for (const char *line = settings; *line;) {
        const size_t length = strcspn(line, "\n");
        if (strncmp(line, set_name, strlen(set_name)) != 0) {
            text_printf(label, "%s%.*s", separator, (int)length, line);
            separator = " ";
        }
        line += length + (line[length] == '\n');
    }
    text_append(label, strcmp(separator, " ") == 0 ? ")" : "");
}

static const char *label_of(const struct statement *statement, int at, const char *name,
                            struct arena *arena) {
    struct text label;
    text_init(&label);
    append_label(&label, name, statement_text(statement, at));
    const char *copy = label.failed ? NULL : arena_copy(arena, label.data);
    text_release(&label);
    return copy;
}

static void read_record(const struct statement *statement, struct arena *arena,
                        struct sweep_record *sweep) {
    *sweep = (struct sweep_record){
        .id = statement_integer(statement, 1),
        .name = statement_copy(statement, 2, arena),
        .dataset = statement_copy(statement, 3, arena),
        .metric = statement_copy(statement, 4, arena),
        .settings = (size_t)statement_integer(statement, 5),
        .trials = (size_t)statement_integer(statement, 6),
        .completed = (size_t)statement_integer(statement, 7),
        .diverged = (size_t)statement_integer(statement, 8),
        .failed = (size_t)statement_integer(statement, 9),
        .shared = (size_t)statement_integer(statement, 10),
        .commands = (size_t)statement_integer(statement, 11),
        .started_at = statement_copy(statement, 12, arena),
        .outcome = statement_copy(statement, 13, arena),
        .stopped = (size_t)statement_integer(statement, 16),
    };
    sweep->label = statement_integer(statement, 14) && sweep->name
                       ? label_of(statement, 15, sweep->name, arena)
                       : sweep->name;
}

enum status store_sweeps(struct store *store, struct arena *arena, struct sweep_list *list,
                         struct error *error) {
    struct statement *statement = database_prepare(store->database, all_sweeps);
    *list = (struct sweep_list){0};
    while (statement_step(statement)) {
        if (!list->sweeps)
            list->sweeps =
                ARENA_NEW(arena, struct sweep_record, (size_t)statement_integer(statement, 0));
        if (list->sweeps)
            read_record(statement, arena, &list->sweeps[list->count++]);
        else
            database_fail_memory(store->database);
    }
    statement_free(statement);
    return database_take_error(store->database, error);
}

/* --- which --- */

#define LISTED_MAX 20

/* "1 (grid), 2 (...)", the newest first, of those that have the name (NULL: all); with a name, that
 * is all the same and data and time of the last command are told. */
static void append_some(struct store *store, const char *name, struct text *text) {
    static const char sql[] = "SELECT sweep_id, name, dataset, " STORE_LAST_START ", settings,"
                              " (SELECT count(*) FROM sweep_trials t WHERE t.sweep_id = s.sweep_id)"
                              " FROM sweeps s WHERE ifnull(?1, name) = name"
                              " ORDER BY sweep_id DESC LIMIT ?2";
    size_t count = 0;
    struct statement *statement = database_prepare(store->database, sql);
    if (name)
        statement_bind_text(statement, 1, name);
    statement_bind_integer(statement, 2, LISTED_MAX);
    for (; statement_step(statement); count++) {
        text_printf(text, "%s%" PRId64, count > 0 ? ", " : "", statement_integer(statement, 0));
        if (name) {
            append_label(text, "", statement_text(statement, 4));
            text_printf(text, " (on %.40s, %" PRId64 " trials, %.16s UTC)",
                        statement_text(statement, 2), statement_integer(statement, 5),
                        statement_text(statement, 3));
        } else
            text_printf(text, " (%.80s)", statement_text(statement, 1));
    }
    if (count == LISTED_MAX)
        text_append(text, ", ...");
    statement_free(statement);
}

/* No sweep is `what`; `nearest` (or NULL) may have been meant. */
static void fail_unknown(struct store *store, const char *what, const char *nearest) {
    struct text text;
    text_init(&text);
    append_some(store, NULL, &text);
    const char *some = text.length > 0 ? text.data : "none yet";
    const char *quote = what[strspn(what, "0123456789")] ? "'" : "";
    if (nearest)
        database_fail(store->database, STATUS_USAGE,
                      "there is no sweep '%.100s'; did you mean '%.100s'? There are %.700s", what,
                      nearest, some);
    else
        database_fail(store->database, STATUS_USAGE,
                      "there is no sweep %s%.100s%s; there are %.700s", quote, what, quote, some);
    text_release(&text);
}

int64_t store_find_sweep(struct store *store, int64_t sweep) {
    char number[24];
    struct statement *statement = database_prepare(
        store->database,
        "SELECT sweep_id FROM sweeps WHERE ?1 IN (0, sweep_id)" STORE_LATEST " LIMIT 1");
    statement_bind_integer(statement, 1, sweep);
    const bool found = statement_step(statement);
    const int64_t id = statement_integer(statement, 0);
    statement_free(statement);
    snprintf(number, sizeof number, "%" PRId64, sweep);
    if (!found && sweep != 0)
        fail_unknown(store, number, NULL);
    else if (!found)
        database_fail(store->database, STATUS_INPUT, "the database holds no sweep yet");
    return id;
}

/* The score that a row names first, after the config; refuses what is none. */
static struct score score_of_row(struct store *store, int64_t sweep, struct statement *statement) {
    struct score score = {0};
    if (!score_find(statement_text(statement, 1), &score))
        database_refuse(store->database,
                        "sweep %" PRId64
                        " goes by '%.64s', which is no score of this program: " STORE_SCORE_REMEDY,
                        sweep, statement_text(statement, 1), statement_text(statement, 0));
    return score;
}

struct score store_own_score(struct store *store, int64_t sweep) {
    static const char sql[] = "SELECT ifnull(" STORE_LAST_CONFIG ", 'its config'), metric"
                              " FROM sweeps s WHERE sweep_id = ?1";
    struct score score = {0};
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, sweep);
    if (statement_step(statement))
        score = score_of_row(store, sweep, statement);
    statement_free(statement);
    return score;
}

size_t store_objectives(struct store *store, int64_t sweep,
                        struct objective objectives[CONFIG_OBJECTIVES_MAX]) {
    static const char sql[] =
        "SELECT ifnull(" STORE_LAST_CONFIG ", 'its config'), o.metric, o.goal = 'maximize'"
        " FROM sweeps s JOIN objectives o USING (sweep_id) WHERE sweep_id = ?1 ORDER BY place";
    size_t count = 0;
    struct statement *statement = database_prepare(store->database, sql);
    statement_bind_integer(statement, 1, sweep);
    while (count < CONFIG_OBJECTIVES_MAX && statement_step(statement)) {
        const struct score score = score_of_row(store, sweep, statement);
        objectives[count++] =
            (struct objective){.score = score, .maximize = statement_integer(statement, 2) != 0};
    }
    statement_free(statement);
    return count;
}

/* A sweep's number; 0 where the text is none, or no sweep has it. */
static int64_t numbered(struct store *store, const char *text) {
    if (text[strspn(text, "0123456789")] || *text == '0')
        return 0;
    struct statement *statement =
        database_prepare(store->database, "SELECT sweep_id FROM sweeps WHERE sweep_id = ?");
    statement_bind_integer(statement, 1, strtoll(text, NULL, 10));
    statement_step(statement);
    const int64_t sweep = statement_integer(statement, 0);
    statement_free(statement);
    return sweep;
}

static int64_t named(struct store *store, const char *name, int64_t *count) {
    struct statement *statement = database_prepare(
        store->database, "SELECT count(*), max(sweep_id) FROM sweeps WHERE name = ?");
    statement_bind_text(statement, 1, name);
    statement_step(statement);
    *count = statement_integer(statement, 0);
    const int64_t sweep = statement_integer(statement, 1);
    statement_free(statement);
    return sweep;
}

static void fail_ambiguous(struct store *store, const char *name, int64_t count) {
    struct text text;
    text_init(&text);
    append_some(store, name, &text);
    database_fail(store->database, STATUS_USAGE,
                  "%" PRId64 " sweeps are named '%.100s': %.700s; give the number of one", count,
                  name, text.data);
    text_release(&text);
}

static void fail_unnamed(struct store *store, const char *name, struct arena *arena) {
    struct sweep_list list;
    struct error error;
    if (store_sweeps(store, arena, &list, &error) != STATUS_OK) {
        database_fail_with(store->database, &error);
        return;
    }
    const char **names = ARENA_NEW(arena, const char *, list.count);
    for (size_t i = 0; names && i < list.count; i++)
        names[i] = list.sweeps[i].name;
    fail_unknown(store, name, names ? text_nearest(name, names, list.count) : NULL);
}

enum status store_sweep_named(struct store *store, const char *name, struct arena *arena,
                              int64_t *sweep, struct error *error) {
    int64_t count = 0;
    *sweep = 0;
    if (!name)
        return STATUS_OK;
    *sweep = numbered(store, name);
    if (*sweep == 0) {
        *sweep = named(store, name, &count);
        if (count > 1)
            fail_ambiguous(store, name, count);
        else if (count == 0)
            fail_unnamed(store, name, arena);
    }
    return database_take_error(store->database, error);
}

/* --- letting go of some --- */

/* "(1, 2, 3)" */
static void append_numbers(struct text *sql, const int64_t *sweeps, size_t count) {
    for (size_t i = 0; i < count; i++)
        text_printf(sql, "%s%" PRId64, i > 0 ? ", " : "(", sweeps[i]);
    text_append(sql, ")");
}

enum status store_look_at_deletion(struct store *store, const int64_t *sweeps, size_t count,
                                   struct sweep_deletion *deletion, struct error *error) {
    struct text sql;
    text_init(&sql);
    text_append(&sql, "SELECT count(*), total(EXISTS (SELECT 1 FROM sweep_trials o"
                      " WHERE o.trial_id = t.trial_id AND o.sweep_id NOT IN ");
    append_numbers(&sql, sweeps, count);
    text_append(&sql, ")) FROM (SELECT DISTINCT trial_id FROM sweep_trials WHERE sweep_id IN ");
    append_numbers(&sql, sweeps, count);
    text_append(&sql, ") t");
    struct statement *statement = database_prepare_built(store->database, &sql);
    statement_step(statement);
    deletion->stay = (size_t)statement_integer(statement, 1);
    deletion->gone = (size_t)statement_integer(statement, 0) - deletion->stay;
    statement_free(statement);
    text_release(&sql);
    return database_take_error(store->database, error);
}

/* What belongs to a trial or a sweep by a foreign key goes with it; a command loses its sweep, and
 * goes unless it gave another sweep's trial its result. */
static void append_deletion(struct text *sql, const int64_t *sweeps, size_t count) {
    text_append(sql, "DELETE FROM trials WHERE trial_id IN"
                     " (SELECT trial_id FROM sweep_trials WHERE sweep_id IN ");
    append_numbers(sql, sweeps, count);
    text_append(sql, ") AND trial_id NOT IN"
                     " (SELECT trial_id FROM sweep_trials WHERE sweep_id NOT IN ");
    append_numbers(sql, sweeps, count);
    text_append(sql, "); DELETE FROM sweeps WHERE sweep_id IN ");
    append_numbers(sql, sweeps, count);
    text_append(sql, "; DELETE FROM models WHERE trial_id NOT IN"
                     " (SELECT trial_id FROM sweep_models);"
                     "DELETE FROM commands WHERE sweep_id IS NULL AND command_id NOT IN"
                     " (SELECT command_id FROM trials WHERE command_id IS NOT NULL"
                     " UNION ALL SELECT command_id FROM attempts WHERE command_id IS NOT NULL)");
}

enum status store_delete_sweeps(struct store *store, const int64_t *sweeps, size_t count,
                                struct error *error) {
    struct text sql;
    text_init(&sql);
    append_deletion(&sql, sweeps, count);
    store_transact(store);
    database_run_built(store->database, &sql);
    text_release(&sql);
    enum status status = store_conclude(store, error);
    if (status == STATUS_OK)
        status = store_commit(store, error);
    if (status != STATUS_OK)
        return status;
    /* Without room for it, or while somebody reads, the file stays as large as it is. */
    database_run(store->database, "VACUUM");
    database_take_error(store->database, NULL);
    return STATUS_OK;
}

enum status store_may_go_on(struct store *store, bool *may, struct error *error) {
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM trials WHERE status IN ('pending', 'failed')) OR EXISTS"
        " (SELECT 1 FROM sweeps s WHERE ifnull(" STORE_LAST_OUTCOME ", '') <> 'finished')";
    struct statement *statement = database_prepare(store->database, sql);
    *may = !statement_step(statement) || statement_integer(statement, 0) != 0;
    statement_free(statement);
    return database_take_error(store->database, error);
}
