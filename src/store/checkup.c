#include "store/checkup.h"

#include "base/output.h"
#include "base/path.h"
#include "base/text.h"
#include "store/checkup_private.h"
#include "store/filesystem.h"
#include "store/identity.h"
#include "store/lock.h"
#include "store/place.h"
#include "store/reader.h"
#include "store/schema.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ROOM_WANTED ((uint64_t)64 << 20)
#define DAMAGES_MAX 5

/* What a check-up goes through. */
struct patient {
    const char *path;
    char *real; /* without symbolic links */
    struct database *database;
    bool held;        /* a sweep runs on it */
    bool lacks_table; /* or a column of one */
    bool readable;    /* its rows tell something */
    const struct findings *findings;
};

void checkup_report(const struct findings *findings, const struct error *error) {
    findings_add(findings, FINDING_ERROR, SUBJECT, "%s%s%s", error->file,
                 error->file[0] ? ": " : "", error->message);
}

/* The same of the database's error; false where there is none. */
static bool report_failure(const struct patient *patient) {
    struct error error;
    const bool failed = database_take_error(patient->database, &error) != STATUS_OK;
    if (failed)
        checkup_report(patient->findings, &error);
    return failed;
}

/* --- the place --- */

static void check_room(const struct patient *patient) {
    struct statvfs about;
    if (statvfs(patient->path, &about) != 0)
        return;
    const uint64_t room = (uint64_t)about.f_bavail * about.f_frsize;
    const bool much = room >= 1000000000;
    findings_add(patient->findings, room < ROOM_WANTED ? FINDING_WARNING : FINDING_OK, SUBJECT,
                 "%s: %.3g %s are free on its disk%s", patient->path,
                 (double)room / (much ? 1e9 : 1e6), much ? "GB" : "MB",
                 room < ROOM_WANTED ? "; make room before the next run" : "");
}

static void check_folder(const struct patient *patient) {
    char *folder = path_folder(patient->real);
    const size_t count = folder ? output_left_over(folder, false) : 0;
    if (count > 0)
        findings_add(patient->findings, FINDING_WARNING, SUBJECT,
                     "%s has %zu unfinished file%s (sweep-tmp-...) of a killed report or export; "
                     "the next one that writes there removes %s",
                     folder, count, text_plural(count), count == 1 ? "it" : "them");
    free(folder);
}

static void check_place(struct patient *patient) {
    struct error error;
    bool exists;
    if (filesystem_check(patient->path, &error) != STATUS_OK)
        checkup_report(patient->findings, &error);
    else if (place_check_write(patient->path, &exists, &error) != STATUS_OK)
        findings_add(patient->findings, FINDING_WARNING, SUBJECT,
                     "%s: %s; no sweep can be run on it", error.file, error.message);
    check_room(patient);
    check_folder(patient);
}

static void check_lock(struct patient *patient) {
    char holder[1024];
    struct error error;
    if (lock_look(patient->real, &patient->held, holder, sizeof holder, &error) != STATUS_OK)
        checkup_report(patient->findings, &error);
    else if (patient->held)
        findings_add(patient->findings, FINDING_OK, SUBJECT, "a sweep is using it: %s", holder);
}

/* --- the file --- */

static bool open_database(struct patient *patient, enum schema_state *state) {
    struct error error;
    enum status status = place_check_read(patient->path, &error);
    if (status == STATUS_OK)
        status = reader_open(patient->path, &patient->database, &error);
    if (status != STATUS_OK) {
        checkup_report(patient->findings, &error);
        return false;
    }
    *state = schema_look(patient->database);
    return !report_failure(patient);
}

/* False when pages are damaged: then the rows' contents tell nothing. */
static bool check_pages(const struct patient *patient) {
    struct statement *statement = database_prepare(
        patient->database,
        "SELECT " DATABASE_DAMAGE("integrity_check") " FROM pragma_integrity_check");
    size_t damages = 0;
    bool sound = false;
    while (damages < DAMAGES_MAX && statement_step(statement)) {
        const char *text = statement_text(statement, 0);
        sound = strcmp(text, "ok") == 0;
        if (!sound && damages++ < DAMAGES_MAX)
            findings_add(patient->findings, FINDING_ERROR, SUBJECT, "damaged: %s", text);
    }
    statement_free(statement);
    if (report_failure(patient))
        return false;
    if (sound)
        findings_add(patient->findings, FINDING_OK, SUBJECT, "no page or index is damaged");
    else
        findings_add(patient->findings, FINDING_ERROR, SUBJECT,
                     "%s is damaged: " DATABASE_DAMAGE_REMEDY, patient->path);
    return sound;
}

/* Rows of something that is not there. What may be of nothing, as a trial of no known command, is
 * made so: only what says nothing by itself is deleted. */
static bool check_keys(const struct patient *patient) {
    static const char sql[] =
        "WITH k AS (SELECT c.\"table\" AS own, c.parent, k.\"from\" AS key, count(*) AS n,"
        " f.\"notnull\" OR f.pk AS needed,"
        " (SELECT name FROM pragma_table_info(c.parent) WHERE pk) AS parent_key"
        " FROM pragma_foreign_key_check c"
        " JOIN pragma_foreign_key_list(c.\"table\") k ON k.id = c.fkid"
        " JOIN pragma_table_info(c.\"table\") f ON f.name = k.\"from\" GROUP BY 1, 2, 3)"
        " SELECT n, own, parent, iif(needed, 'delete them', 'say that it is not known'),"
        " iif(needed, 'DELETE FROM ' || own, 'UPDATE ' || own || ' SET ' || key || ' = NULL')"
        " || ' WHERE ' || key || ' NOT IN (SELECT ' || parent_key || ' FROM ' || parent || ')'"
        " FROM k ORDER BY own, parent, key";
    struct statement *statement = database_prepare(patient->database, sql);
    bool sound = true;
    while (statement_step(statement)) {
        sound = false;
        findings_add(patient->findings, FINDING_ERROR, SUBJECT,
                     "%" PRId64 " rows of %s are of %s that are not there; %s: sqlite3 %s \"%s\"",
                     statement_integer(statement, 0), statement_text(statement, 1),
                     statement_text(statement, 2), statement_text(statement, 3), patient->path,
                     statement_text(statement, 4));
    }
    statement_free(statement);
    return !report_failure(patient) && sound;
}

/* --- the rows --- */

/* Each query counts what is wrong and names the first. */
static const struct {
    enum finding_level level;
    const char *sql, *text; /* after the number of them, and "sweep" or "trial" */
    const char *what;
} faults[] = {
    {FINDING_WARNING,
     "SELECT count(*), min(trial_id) FROM trials"
     " WHERE trial_id NOT IN (SELECT trial_id FROM sweep_trials)",
     "in no sweep; a config that has them finds them again", "trial"},
    {FINDING_WARNING,
     "SELECT count(*), min(sweep_id) FROM sweeps"
     " WHERE sweep_id NOT IN (SELECT sweep_id FROM sweep_trials)",
     "without trials; running the config again gives them back", "sweep"},
    {FINDING_ERROR,
     "WITH h AS (SELECT trial_id, count(*) AS n, min(epoch) AS low, max(epoch) AS high"
     " FROM history GROUP BY trial_id)"
     " SELECT count(*), min(trial_id) FROM trials LEFT JOIN h USING (trial_id)"
     " WHERE status = 'completed' AND (low IS NOT 1 OR high IS NOT n OR"
     " CASE early_stopping WHEN 'none' THEN n IS NOT epochs ELSE n > epochs END)",
     "completed, but without a history of every epoch", "trial"},
    {FINDING_ERROR,
     "WITH h AS (SELECT trial_id, count(*) AS n, min(epoch) AS low, max(epoch) AS high"
     " FROM history GROUP BY trial_id)"
     " SELECT count(*), min(trial_id) FROM trials LEFT JOIN h USING (trial_id)"
     " WHERE status = 'diverged' AND (low IS NOT 1 OR high IS NOT n OR n > epochs)",
     "diverged, but without a history of every epoch up to there", "trial"},
    {FINDING_ERROR,
     "WITH h AS (SELECT trial_id, count(*) AS n, min(epoch) AS low, max(epoch) AS high"
     " FROM history GROUP BY trial_id)"
     " SELECT count(*), min(trial_id) FROM trials LEFT JOIN h USING (trial_id)"
     " WHERE status = 'stopped' AND (low IS NOT 1 OR high IS NOT n OR n > epochs)",
     "stopped, but without a history of every epoch up to there", "trial"},
    {FINDING_ERROR,
     "SELECT count(*), min(trial_id) FROM trials WHERE status IN ('pending', 'failed')"
     " AND trial_id IN (SELECT trial_id FROM history UNION SELECT trial_id FROM metrics)",
     "without a result, but with a history", "trial"},
    {FINDING_ERROR,
     "WITH h AS (SELECT trial_id, max(epoch) AS epoch FROM history GROUP BY trial_id)"
     " SELECT count(*), min(t.trial_id) FROM trials t JOIN h USING (trial_id)"
     " JOIN history l ON l.trial_id = h.trial_id AND l.epoch = h.epoch"
     " WHERE t.status IN " SCHEMA_RESULT_STATUSES " AND (t.loss IS NOT l.loss OR"
     " t.accuracy IS NOT l.accuracy OR t.val_loss IS NOT l.val_loss OR"
     " t.val_accuracy IS NOT l.val_accuracy)",
     "with other results than the last epoch of their history", "trial"},
    {FINDING_ERROR,
     "WITH a AS (SELECT trial_id, max(attempt_id) AS latest,"
     " max(attempt_id) FILTER (WHERE outcome IN ('completed', 'diverged', 'stopped', 'failed')) AS "
     "ended,"
     " max(attempt_id) FILTER (WHERE outcome IN " SCHEMA_RESULT_STATUSES ") AS given"
     " FROM attempts GROUP BY trial_id)"
     " SELECT count(*), min(t.trial_id) FROM trials t LEFT JOIN a USING (trial_id)"
     " LEFT JOIN attempts l ON l.attempt_id = latest LEFT JOIN attempts e ON e.attempt_id = ended"
     " LEFT JOIN attempts g ON g.attempt_id = given"
     " WHERE CASE status WHEN 'failed' THEN e.outcome IS NOT 'failed'"
     " WHEN 'pending' THEN l.outcome IN " SCHEMA_RESULT_STATUSES
     " ELSE g.outcome IS NOT status END",
     "with another status than their last attempt gave them", "trial"},
    {FINDING_ERROR,
     "SELECT count(*), min(trial_id) FROM trials WHERE accuracy NOT BETWEEN 0 AND 1"
     " OR val_accuracy NOT BETWEEN 0 AND 1 OR test_accuracy NOT BETWEEN 0 AND 1",
     "with an accuracy that is not between 0 and 1", "trial"},
    {FINDING_ERROR,
     "WITH t AS (SELECT * FROM sweep_trials JOIN trials USING (trial_id)),"
     " g AS (SELECT sweep_id, layers, activation, output_activation, dataset FROM t"
     " WHERE parameters IS NOT NULL GROUP BY 1, 2, 3, 4, 5 HAVING min(parameters) < "
     "max(parameters))"
     " SELECT count(DISTINCT trial_id), min(trial_id) FROM t JOIN g ON g.sweep_id = t.sweep_id"
     " AND g.layers = t.layers AND g.activation IS t.activation"
     " AND g.output_activation IS t.output_activation AND g.dataset = t.dataset",
     "with other numbers of parameters though their layers are the same", "trial"},
};
#define FAULT_COUNT (sizeof faults / sizeof *faults)

static bool count_rows(const struct patient *patient, const char *sql, int64_t *count,
                       int64_t *first) {
    struct statement *statement = database_prepare(patient->database, sql);
    statement_step(statement);
    *count = statement_integer(statement, 0);
    *first = statement_integer(statement, 1);
    statement_free(statement);
    return !report_failure(patient);
}

static void take_schema_fault(void *context, const struct schema_fault *fault) {
    struct patient *patient = context;
    const bool table = strcmp(fault->type, "table") == 0;
    const bool foreign = fault->kind == SCHEMA_FOREIGN;
    struct text text;
    text_init(&text);
    schema_fault_append(fault, &text);
    patient->lacks_table |= table && !foreign;
    findings_add(patient->findings, table && !foreign ? FINDING_ERROR : FINDING_WARNING, SUBJECT,
                 "%s; %s", text.data,
                 !foreign ? table ? SCHEMA_TABLE_REMEDY : SCHEMA_VIEW_REMEDY
                 : table  ? "it is left alone"
                          : "it may change what is written; drop it if it is not meant to");
    text_release(&text);
}

static void check_identity(const struct patient *patient) {
    int64_t first;
    const int64_t count = identity_count_changed(patient->database, &first);
    if (report_failure(patient))
        return;
    if (count == 0)
        findings_add(patient->findings, FINDING_OK, SUBJECT, "every trial is what its digest says");
    else
        findings_add(patient->findings, FINDING_ERROR, SUBJECT,
                     "%" PRId64 " trial%s changed (trial_id %" PRId64 "%s): " IDENTITY_REMEDY,
                     count, count == 1 ? " was" : "s were", first, count > 1 ? ", ..." : "");
}

/* A config's metric and goal as its text has them; false where it can't be read any more. */
static bool parse_config(const char *text, const char *settings, struct arena *arena,
                         struct config *config) {
    size_t count = 0;
    struct error error;
    char *lines = arena_copy(arena, settings);
    const char **each = ARENA_NEW(arena, const char *, strlen(settings) + 1);
    for (char *line = lines; line && each && *line; count++) {
        each[count] = line;
        line += strcspn(line, "\n");
        if (*line)
            *line++ = '\0';
    }
    return lines && each &&
           config_parse("", text, strlen(text), each, count, arena, config, &error) == STATUS_OK;
}

/* A row: sweep, metric, whether it is maximized, the config and its settings, and its path. */
static bool check_sweep(const struct patient *patient, const struct statement *row) {
    const int64_t sweep = statement_integer(row, 0);
    const char *metric = statement_text(row, 1), *path = statement_text(row, 5);
    const bool maximize = statement_integer(row, 2) != 0;
    struct score score;
    struct config config;
    struct arena arena;
    bool sound = score_find(metric, &score);
    if (!sound) {
        findings_add(patient->findings, FINDING_ERROR, SUBJECT,
                     "sweep %" PRId64
                     " goes by '%.64s', which is no score of this program: " STORE_SCORE_REMEDY,
                     sweep, metric, path);
        return false;
    }
    arena_init(&arena);
    if (parse_config(statement_text(row, 3), statement_text(row, 4), &arena, &config) &&
        (strcmp(config.score.name, score.name) != 0 || config.maximize != maximize)) {
        sound = false;
        findings_add(
            patient->findings, FINDING_ERROR, SUBJECT,
            "sweep %" PRId64
            " %ss %s, its config %ss %s: it was changed; a `sweep run` of %s puts it right",
            sweep, maximize ? "maximize" : "minimize", score.name,
            config.maximize ? "maximize" : "minimize", config.score.name, path);
    }
    arena_release(&arena);
    return sound;
}

static bool check_sweeps(const struct patient *patient) {
    static const char sql[] = "SELECT sweep_id, metric, goal = 'maximize', config, settings,"
                              " ifnull(" STORE_LAST_CONFIG ", 'its config')"
                              " FROM sweeps s ORDER BY sweep_id";
    struct statement *statement = database_prepare(patient->database, sql);
    bool sound = true;
    while (statement_step(statement))
        sound &= check_sweep(patient, statement);
    statement_free(statement);
    return !report_failure(patient) && sound;
}

static bool check_metrics(const struct patient *patient) {
    struct statement *statement =
        database_prepare(patient->database, "SELECT name, count(*) FROM metrics GROUP BY name");
    struct score score;
    bool sound = true;
    while (statement_step(statement)) {
        const char *name = statement_text(statement, 0);
        if (score_find(name, &score))
            continue;
        sound = false;
        findings_add(
            patient->findings, FINDING_ERROR, SUBJECT,
            "%" PRId64 " row%s of metrics with the name '%.64s', which is no score of this "
            "program: changed, or written by a newer version; delete them "
            "(sqlite3 %s \"DELETE FROM metrics WHERE name = '%.64s'\"), and a `sweep run` "
            "of the config trains what is lacking",
            statement_integer(statement, 1), text_plural((size_t)statement_integer(statement, 1)),
            name, patient->path, name);
    }
    statement_free(statement);
    return !report_failure(patient) && sound;
}

static void check_rows(const struct patient *patient) {
    bool sound = true;
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        int64_t count = 0, first = 0;
        if (!count_rows(patient, faults[i].sql, &count, &first) || count == 0) {
            sound &= count == 0;
            continue;
        }
        sound &= faults[i].level != FINDING_ERROR;
        findings_add(patient->findings, faults[i].level, SUBJECT,
                     "%" PRId64 " %s%s (%s_id %" PRId64 "%s) %s%s", count, faults[i].what,
                     text_plural((size_t)count), faults[i].what, first, count > 1 ? ", ..." : "",
                     faults[i].text,
                     faults[i].level == FINDING_ERROR
                         ? "; train them again with `sweep run CONFIG --fresh`"
                         : "");
    }
    if (sound)
        findings_add(patient->findings, FINDING_OK, SUBJECT,
                     "every result agrees with its history");
}

/* A row: the model's trial, format, weights and digest, then the sweep that keeps it and the path
 * of its config, or NULL. FINDING_OK without a word if all is well, else said if `tell`. */
static enum finding_level check_model(const struct patient *patient, const struct statement *model,
                                      bool tell) {
    const int64_t trial = statement_integer(model, 0);
    const bool known = strcmp(statement_text(model, 1), MODEL_FORMAT) == 0;
    const bool kept = !statement_is_null(model, 4);
    const enum finding_level level = known && kept ? FINDING_ERROR : FINDING_WARNING;
    char fault[128] = "is damaged: its weights are not those that were kept";
    if (known && store_model_is_whole(model, 2))
        return FINDING_OK;
    if (!known)
        snprintf(fault, sizeof fault, "is in a format '%.40s' that this sweep does not know",
                 statement_text(model, 1));
    if (tell && kept)
        findings_add(patient->findings, level, SUBJECT,
                     "the model of trial %" PRId64 " %s; the same `sweep run` (sweep %" PRId64
                     ", %s) trains it once more and keeps it anew",
                     trial, fault, statement_integer(model, 4), statement_text(model, 5));
    else if (tell)
        findings_add(patient->findings, level, SUBJECT,
                     "the model of trial %" PRId64 " %s; no sweep keeps it, and the next"
                     " `sweep run` lets go of it",
                     trial, fault);
    return level;
}

static void check_models(const struct patient *patient) {
    static const char sql[] =
        "SELECT trial_id, format, weights, digest, s.sweep_id, " STORE_LAST_CONFIG
        " FROM models m LEFT JOIN sweeps s ON s.sweep_id = (SELECT max(sweep_id)"
        " FROM sweep_models WHERE trial_id = m.trial_id) ORDER BY trial_id";
    struct statement *statement = database_prepare(patient->database, sql);
    enum finding_level worst = FINDING_OK;
    size_t count = 0, faulty = 0;
    while (statement_step(statement)) {
        const enum finding_level level = check_model(patient, statement, faulty < DAMAGES_MAX);
        count++;
        faulty += level != FINDING_OK;
        worst = level > worst ? level : worst;
    }
    statement_free(statement);
    if (report_failure(patient))
        return;
    if (faulty > DAMAGES_MAX)
        findings_add(patient->findings, worst, SUBJECT,
                     "%zu of the %zu models are damaged or in an unknown format; the first %d are "
                     "those above",
                     faulty, count, DAMAGES_MAX);
    else if (faulty == 0 && count > 0)
        findings_add(patient->findings, FINDING_OK, SUBJECT, "%zu kept model%s whole", count,
                     count == 1 ? " is" : "s are");
}

static void check_attempts(const struct patient *patient) {
    int64_t count = 0, pid = 0;
    if (!count_rows(patient,
                    "SELECT count(*), max(pid) FROM attempts a"
                    " LEFT JOIN commands USING (command_id) WHERE a.outcome = 'running'",
                    &count, &pid) ||
        count == 0)
        return;
    if (patient->held)
        findings_add(patient->findings, FINDING_OK, SUBJECT,
                     "%" PRId64 " trial%s being trained or about to be", count,
                     count == 1 ? " is" : "s are");
    else
        findings_add(patient->findings, FINDING_WARNING, SUBJECT,
                     "%" PRId64 " trial%s left unfinished by a run that died (pid %" PRId64
                     "); the same `sweep run` trains %s",
                     count, count == 1 ? " was" : "s were", pid, count == 1 ? "it" : "them");
}

static void report_size(const struct patient *patient) {
    int64_t sweeps = 0, trials = 0, results = 0, none = 0;
    if (count_rows(patient, "SELECT count(*), 0 FROM sweeps", &sweeps, &none) &&
        count_rows(patient,
                   "SELECT count(*), count(*) FILTER (WHERE status IN ('completed', 'diverged', "
                   "'stopped'))"
                   " FROM trials",
                   &trials, &results))
        findings_add(patient->findings, FINDING_OK, SUBJECT,
                     "%" PRId64 " sweep%s, %" PRId64 " trial%s, %" PRId64 " with a result", sweeps,
                     text_plural((size_t)sweeps), trials, text_plural((size_t)trials), results);
}

/* An older database is looked at as it will be once it is brought up to date. */
static bool bring_up(struct patient *patient) {
    struct database *copy;
    struct error error;
    enum status status = database_copy(patient->database, &copy, &error);
    database_close(patient->database);
    patient->database = copy;
    if (status != STATUS_OK) {
        checkup_report(patient->findings, &error);
        return false;
    }
    schema_ready(copy);
    if (report_failure(patient))
        return false;
    findings_add(patient->findings, FINDING_WARNING, SUBJECT,
                 "it is of an older version; the next `sweep run` on it brings it up to date");
    return true;
}

static void check_contents(struct patient *patient) {
    enum schema_state state;
    if (!open_database(patient, &state))
        return;
    if (state == SCHEMA_EMPTY) {
        findings_add(patient->findings, FINDING_OK, SUBJECT, "%s holds nothing yet", patient->path);
        return;
    }
    if (!check_pages(patient) || (state == SCHEMA_OLDER && !bring_up(patient)))
        return;
    schema_check(patient->database, take_schema_fault, patient);
    if (report_failure(patient) || patient->lacks_table || !check_keys(patient))
        return;
    report_size(patient);
    check_identity(patient);
    const bool configs_hold = check_sweeps(patient), metrics_hold = check_metrics(patient);
    if (configs_hold && metrics_hold)
        findings_add(patient->findings, FINDING_OK, SUBJECT, "every sweep is as its config says");
    check_rows(patient);
    check_models(patient);
    check_attempts(patient);
    patient->readable = true;
}

void store_checkup(const char *path, bool wanted, const struct findings *findings) {
    struct patient patient = {.path = path, .real = path_real(path), .findings = findings};
    if (patient.real && access(patient.real, F_OK) == 0) {
        check_place(&patient);
        check_lock(&patient);
        check_contents(&patient);
    } else if (wanted)
        findings_add(findings, FINDING_ERROR, SUBJECT, "%s: there is no such database", path);
    else
        findings_add(findings, FINDING_OK, SUBJECT,
                     "there is no %s yet; `sweep run CONFIG` makes it", path);
    if (patient.real)
        checkup_spools(patient.real, patient.readable ? patient.database : NULL, findings);
    database_close(patient.database);
    free(patient.real);
}
