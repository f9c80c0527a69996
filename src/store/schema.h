/* The results database's tables and views, and the way from older versions of them. */
#ifndef SWEEP_STORE_SCHEMA_H
#define SWEEP_STORE_SCHEMA_H

#include "base/text.h"
#include "store/database.h"

/* Those of a trial that has a result. */
#define SCHEMA_RESULT_STATUSES "('completed', 'diverged', 'stopped')"

#define SCHEMA_APPLICATION_ID 0x53574550 /* "SWEP" */
#define SCHEMA_VERSION 7

/* The rule of stats/ranking.h in SQL: the key of a number, and an order of the view `scored` in
 * which the best single trial comes first. */
#define SCHEMA_KEY(X)                                                                              \
    "CASE WHEN abs(" X ") < 1e300 THEN " X " * 1048577.0 - (" X " * 1048577.0 - " X ") ELSE " X    \
    " END"
#define SCHEMA_BEST_FIRST                                                                          \
    " ORDER BY CASE goal WHEN 'maximize' THEN -(" SCHEMA_KEY("score") ") ELSE " SCHEMA_KEY(        \
        "score") " END, position"
#define SCHEMA_HAS_SCORE "status = 'completed' AND abs(score) < 9e999"

/* The best trial of the setting at hand, in a query in which b has its sweep_id and setting. */
#define SCHEMA_BEST_TRIAL                                                                          \
    "(SELECT trial_id FROM scored o WHERE o.sweep_id = b.sweep_id AND o.setting = b.setting"       \
    " AND " SCHEMA_HAS_SCORE SCHEMA_BEST_FIRST " LIMIT 1)"

/* In a query in which t is a row of the view `sweep_results`: its value of a further metric, the
 * last one up to the epoch to which the sweep has the trial. */
#define SCHEMA_METRIC(name)                                                                        \
    "(SELECT m.value FROM metrics m WHERE m.trial_id = t.trial_id AND m.name = " name              \
    " AND m.epoch <= t.trained_epochs ORDER BY m.epoch DESC LIMIT 1)"

/* Statements that make all views, and that drop them, if they are there. */
void schema_append_views(struct text *sql);
void schema_append_drop_views(struct text *sql);

/* For each hyperparameter that is part of what a sweep's metric may measure (score.h) a comma and
 * an expression over the view `scored`: equal for trials whose scores are of one quantity. */
void schema_append_definers(struct text *sql);

enum schema_state {
    SCHEMA_EMPTY, /* a database without anything in it */
    SCHEMA_CURRENT,
    SCHEMA_OLDER, /* ours, of a version that schema_ready knows how to bring up to date */
};

/* What an open database is. Refuses (database_refuse) one that is another program's or a newer
 * sweep's. Writes nothing. */
enum schema_state schema_look(struct database *database);

/* Make the tables of an empty database, or bring an older one up to date, in one transaction: what
 * fails or is killed on the way leaves the database as it was. Refuses what schema_look does. */
void schema_ready(struct database *database);

enum schema_fault_kind {
    SCHEMA_MISSING,
    SCHEMA_CHANGED,
    SCHEMA_FOREIGN, /* it is there, but not of this program's making */
};

struct schema_fault {
    enum schema_fault_kind kind;
    const char *type, *name; /* table, view, index or trigger; valid during the call */
    const char *column;      /* of a table; NULL: the whole */
    const char *sql;         /* that makes it; NULL: nothing does */
};

typedef void schema_take(void *context, const struct schema_fault *fault);

/* Hold a database of this version against what schema_ready makes. A table, view or index that is
 * missing or not the same, and a column or trigger that was added, are faults. */
void schema_check(struct database *database, schema_take *take, void *context);

/* What to do about a table, and about a view or an index. */
#define SCHEMA_TABLE_REMEDY DATABASE_DAMAGE_REMEDY
#define SCHEMA_VIEW_REMEDY "the next `sweep run` on the database puts it right"

/* "the column layers of the table trials is missing" */
void schema_fault_append(const struct schema_fault *fault, struct text *text);

/* Refuse a database with a table that lacks something or, if asked for, a view that does. */
void schema_require(struct database *database, bool views);

/* Make views and indices that are missing or not the same anew. */
void schema_repair(struct database *database);

#endif
