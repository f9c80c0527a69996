/* The results database, as the rest of the program uses it.
 *
 * One connection, used by one thread, of the one process that holds the database's lock. Writes
 * gather in a transaction that store_commit ends; what was committed survives a kill, and a loss of
 * power. While a sweep runs the database is in WAL mode, so that others can read it; afterwards it
 * is a single file again. */
#ifndef SWEEP_STORE_STORE_H
#define SWEEP_STORE_STORE_H

#include "base/arena.h"
#include "base/status.h"
#include "search/space.h"
#include "train/cohort.h"
#include "train/trial_scores.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

/* Open the database for writing; it and its folder are made when they are not there, and one of an
 * older version is brought up to date. Results that a spool kept are put in first. STATUS_BUSY when
 * another process has it open for writing. A file that is damaged or another program's is left as
 * it is (STATUS_INPUT), and so is one on a file system that may not keep it whole (STATUS_IO). */
enum status store_open(const char *path, struct store **store, struct error *error);

/* Open an existing database for reading; one of an older version is read through a copy in memory
 * that was brought up to date. STATUS_INPUT when it is not there or holds nothing. */
enum status store_open_read(const char *path, struct store **store, struct error *error);

/* A crash of a plug-in is the failure of what it was used for: where the process that crashes
 * writes STORE_CRASH_BEGIN, the tag of the plug-in's names, ": ", why in words and a new line at
 * the end of this file, the next store_begin_sweep counts the attempts at trials that have such a
 * name as failed, not as lost. */
#define STORE_CRASH_BEGIN "plug-in "
int store_crash_file(const struct store *store);

/* Commits what is open. Trials begun that have no result yet are noted as interrupted. NULL is
 * fine. */
void store_close(struct store *store);

/* What is read from here on, to store_close, is one state of the database, whatever a sweep that
 * is running writes meanwhile. For a store that store_open_read opened. */
enum status store_read_begin(struct store *store, struct error *error);

/* What was found in a spool: by store_open, and of trials that the database has since
 * store_begin_sweep, by that. A file of which not all could be taken is renamed; later runs look
 * into it as well, and take what is of their trials without a word on the rest. */
struct spool_report {
    size_t taken;     /* results that are in the database now */
    size_t unknown;   /* results of trials that are not in the database, or not understood */
    size_t refused;   /* results that differ from those in the database, which stay */
    bool torn;        /* the end could not be read, as after a crash */
    char config[512]; /* the path of the config of an unknown one; "": not known */
    const char *path;
    const char *renamed; /* NULL: it was not */
};
const struct spool_report *store_spool_report(const struct store *store);

/* A trial that failed this often in a row is left alone, unless it is asked for. */
#define STORE_FAILURES_MAX 3

/* Which of a sweep's trials to train besides those that never were. */
enum retrain {
    RETRAIN_SOME,   /* those that failed, but not STORE_FAILURES_MAX times */
    RETRAIN_FAILED, /* those that failed */
    RETRAIN_ALL,    /* all: what they gave is cleared */
};

struct sweep_request {
    const struct config *config;
    const struct dataset *dataset;
    const struct space *space;
    const char *warnings;
    size_t jobs;
    enum retrain retrain;
    const char *arguments; /* the command line, as a shell reads it */
    bool in_parts;         /* its trials come with store_want_part, not at its beginning */
};

/* What there is of a sweep before it is trained. */
struct resume_summary {
    size_t trained;  /* trials that have all they need */
    size_t given_up; /* trials that failed STORE_FAILURES_MAX times */
    size_t repaired; /* trials whose hyperparameters or seeds had been changed in the database */
    bool mended;     /* the sweep's metric, goal or config had been */

    /* Against the last time a config of this path, name and --set was begun on a data set of this
     * name: */
    bool changed_data;  /* the data set's contents were others */
    size_t added, gone; /* trials; what is gone from the sweep is in the database still */

    /* Trials that were being trained when their process died, and the process: */
    size_t unfinished, unfinished_here; /* all, and those of this sweep */
    int64_t pid;
    char host[65];
};

/* Record a sweep and its trials; equal trials of earlier sweeps are found again. Afterwards
 * missing[i] tells for each of the space's trials whether it is to be trained: it has no result
 * yet, failed, or lacks one of the config's metrics. An attempt is opened for each of those.
 * Commits, and reserves room for a spool. */
enum status store_begin_sweep(struct store *store, const struct sweep_request *request,
                              bool *missing, struct resume_summary *summary, struct error *error);

/* What there is of a trial of a part. */
enum store_state {
    STORE_MISSING,  /* it is to be trained, and an attempt of it is open */
    STORE_TRAINED,  /* it has all it needs */
    STORE_STOPPED,  /* it was stopped at some epoch, by this sweep or another one */
    STORE_GIVEN_UP, /* it failed STORE_FAILURES_MAX times */
};

/* Record further trials of the sweep begun, `count` of the space by their numbers, ascending, and
 * say what there is of each. points[i] is kept with trial i of these; NULL: none. Commits. */
enum status store_want_part(struct store *store, const struct sweep_request *request,
                            const size_t *trials, size_t count, const char *const *points,
                            enum store_state *states, struct resume_summary *summary,
                            struct error *error);

/* The points that are kept of the sweep begun, by the number of their trial, ascending. */
typedef enum status store_take_point(void *context, size_t trial, const char *point,
                                     struct error *error);
enum status store_points(struct store *store, store_take_point *take, void *context,
                         struct error *error);

/* Open an attempt on each of these trials that has none open, as one that was stopped. */
enum status store_take_up(struct store *store, const size_t *trials, size_t count,
                          struct error *error);

/* A trial's result as the database has it; scores->result is NULL where it has none. Lives in the
 * arena. */
enum status store_result(struct store *store, const struct space *space, size_t trial,
                         struct arena *arena, struct trial_scores *scores, struct error *error);

/* Note that the sweep begun stopped a trial after so many epochs (0: when it had come to its end),
 * and why. What an earlier run of the sweep noted stays until store_finish_sweep. */
enum status store_note_stopped(struct store *store, size_t trial, size_t epochs, const char *reason,
                               struct error *error);

/* Which of the trials that are not missing have no result: they failed STORE_FAILURES_MAX times. */
enum status store_left_alone(struct store *store, size_t trial_count, bool *left_alone,
                             struct error *error);

/* The same look as store_begin_sweep's at a database that is only read: `trained` and `given_up` of
 * the summary are set.
 */
enum status store_resume_summary(struct store *store, const struct config *config,
                                 const struct space *space, bool *missing,
                                 struct resume_summary *summary, struct error *error);

/* What a database that is only read has of the sweep of a config on a data set that is searched, or
 * stopped early. All 0: nothing. */
struct search_progress {
    size_t settings, trials, stopped; /* that have results; trials of them that were stopped */
    uint64_t epochs;                  /* that these were trained */
    bool complete;                    /* the last command came to the sweep's end */
};
enum status store_search_progress(struct store *store, const struct config *config,
                                  const struct dataset *dataset, struct search_progress *progress,
                                  struct error *error);

/* Write a trial's result in place of what was there, metrics aside that the config does not ask
 * for; a failure replaces no result. Ends the trial's attempt.
 *
 * When the database can't take it, this result, those that were not committed yet and all that
 * follow are kept in the spool for the next run. The first such fault is returned from then on. */
enum status store_put(struct store *store, const struct config *config, const struct space *space,
                      const struct trial_result *result, struct error *error);

enum status store_commit(struct store *store, struct error *error);

/* After a fault: how many results the spool has, and how many it could not take either, with why.
 */
struct spool_state {
    size_t kept, lost;
    struct error error; /* of the spool, when lost > 0 */
    const char *path;
};
const struct spool_state *store_spooled(const struct store *store);

/* Note that the sweep begun is complete; of one in parts, what it has no more is no trial of it.
 * Commits. */
enum status store_finish_sweep(struct store *store, struct error *error);

/* The identity of the sweep begun. */
int64_t store_sweep(const struct store *store);

#endif
