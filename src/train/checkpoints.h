/* The checkpoints of a database: a folder beside it, in which each run that is under way has up to
 * two files, the newest state and the one before. The folder is made when there is something to
 * keep, and goes when it is empty.
 *
 * Nothing here fails a sweep: what can't be kept or can't be used becomes a note, and the run
 * starts again. Calls may come from any thread; those for one run, from one at a time. */
#ifndef SWEEP_TRAIN_CHECKPOINTS_H
#define SWEEP_TRAIN_CHECKPOINTS_H

#include "base/digest.h"
#include "base/status.h"
#include "base/text.h"
#include "train/cohort.h"

struct checkpoints;

/* From one checkpoint of a run to the next, if nothing else is asked for. */
#define CHECKPOINTS_SECONDS 15

/* The same of a shard, whose folder has to take the checkpoints of all tasks: a part of the 10 to
 * 60 minutes that a task takes. */
#define CHECKPOINTS_SHARD_SECONDS 300

/* Where a run's states are. */
struct checkpoint_slots {
    struct digest run; /* of all that determines the run's numbers, its length aside */
    size_t metric_count;
    size_t epochs[2]; /* of each file's state; 0: none that can be used */
    bool further[2];  /* the file's state is a longer training's, which may go on from there */
    bool written;     /* a newer state waits to take the older one's place */
};

/* The newest state's epochs; 0 without any. */
static inline size_t checkpoint_epochs(const struct checkpoint_slots *slots) {
    return slots->epochs[0] > slots->epochs[1] ? slots->epochs[0] : slots->epochs[1];
}

/* For a database and a time in seconds from one checkpoint of a run to the next; nothing is written
 * yet. STATUS_MEMORY only. */
enum status checkpoints_open(const char *database, double seconds, struct checkpoints **checkpoints,
                             struct error *error);

/* Remove the folder if it is empty. NULL is fine. */
void checkpoints_close(struct checkpoints *checkpoints);

/* From now on runs start again: what is found of them is removed. */
void checkpoints_start_again(struct checkpoints *checkpoints);

/* From now on nothing is removed: results may not be safe any more. */
void checkpoints_hold(struct checkpoints *checkpoints);

/* Whether there is a folder already, in which a run may have something. */
bool checkpoints_exist(const struct checkpoints *checkpoints);

/* How many files of runs are there; and remove them all, which is how many went. */
size_t checkpoints_count(const struct checkpoints *checkpoints);
size_t checkpoints_clear(struct checkpoints *checkpoints);

/* Look what is there of a run whose slots have `run` and `metric_count`, and fill in the rest.
 */
void checkpoints_find(struct checkpoints *checkpoints, const struct run *run,
                      struct checkpoint_slots *slots);

/* As struct observer's resume and keep; the runs' slots stand at their indices. States that need
 * not be `lasting` outlive the process, but not a loss of power, and take no time to reach the
 * disk.
 */
bool checkpoints_resume(struct checkpoints *checkpoints, struct checkpoint_slots *slots,
                        struct run_state *state);
void checkpoints_keep(struct checkpoints *checkpoints, struct checkpoint_slots *slots,
                      const struct run_state *states, size_t count, bool lasting);

/* Remove a run's files, unless all are held, but those from which only a longer training than one
 * of so many epochs can go on. */
void checkpoints_remove(struct checkpoints *checkpoints, struct checkpoint_slots *slots,
                        size_t epochs);

/* Append what a person should know, a line each, and forget it. The same is said once. */
void checkpoints_take_notes(struct checkpoints *checkpoints, struct text *text);

/* How a cohort gets on; in seconds. */
struct checkpoint_pace {
    double predicted; /* to train it */
    double elapsed;   /* since it began */
    double since;     /* since its latest checkpoint, or its begin */
    double cost;      /* of its latest checkpoint */
};

/* Whether it is time for a checkpoint; `stopping` if it is now or never. */
bool checkpoints_due(const struct checkpoints *checkpoints, const struct checkpoint_pace *pace,
                     bool stopping);

/* How many checkpoints a cohort of so many epochs leaves that takes `predicted` seconds, with
 * `seconds` from one to the next. */
size_t checkpoints_expected(double seconds, size_t epochs, double predicted);

#endif
