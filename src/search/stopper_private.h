/* What the rules of stopping share. Used by stopper.c and the rules' files alone. */
#ifndef SWEEP_SEARCH_STOPPER_PRIVATE_H
#define SWEEP_SEARCH_STOPPER_PRIVATE_H

#include "base/arena.h"
#include "search/stopper.h"

struct ranked {
    double score;
    size_t setting;
};

struct stopper {
    const struct stopper_rule *rule;
    struct stopper_options options; /* keep, finalists and level are set */
    struct arena arena;
    size_t rung_count, rungs[STOPPER_RUNGS_MAX];
    size_t count, capacity;   /* settings */
    size_t batch;             /* the first of the last batch */
    bool finished;            /* no further batch comes */
    size_t stage;             /* which step is next, counted by the rule from a batch's begin */
    struct stopper_step step; /* that is to be looked at; without settings: none */
    /* All by setting. */
    struct stopper_verdict *verdicts;
    size_t *reached; /* stages at which it was looked at, with those it did not take part in */
    double *scores;  /* at each rung and the last epoch, what others are compared with */
    size_t *listed;  /* the step's settings */
    struct ranked *ranked; /* room to sort them */
};

enum stopper_rung_kind {
    RUNGS_NONE,
    RUNGS_BY_FACTORS, /* each eta times as far as the one before */
    RUNGS_EVEN,       /* min_iter, 2 min_iter, ... */
};

struct stopper_rule {
    const char *name;
    enum stopper_rung_kind rungs;
    /* List the settings of the next step, and fill in its epochs and seeds; the list is empty where
     * there is none. */
    void (*next)(struct stopper *stopper);
    enum status (*look)(struct stopper *stopper, stopper_score *score, void *context,
                        struct error *error);
    struct stopper_cost (*cost)(const struct stopper *stopper, size_t settings, size_t batch);
    double (*reserve)(const struct stopper *stopper, size_t settings, size_t count);
};

extern const struct stopper_rule stopper_halving, stopper_hyperband, stopper_median, stopper_race;

static inline bool stopper_is_left(const struct stopper *stopper, size_t setting) {
    return stopper->verdicts[setting].fate == STOPPER_GOES_ON;
}

/* Add a setting to the step. */
static inline void stopper_list(struct stopper *stopper, size_t setting) {
    stopper->listed[stopper->step.count++] = setting;
}

/* Sort by score, then by number; NaN last. */
void stopper_sort(struct ranked *ranked, size_t count);

/* Note what a setting had at the step; NaN: it diverged. */
void stopper_note(struct stopper *stopper, size_t setting, double score);

/* The mean over the step's seeds at its epochs; NaN where one diverged. */
double stopper_mean(const struct stopper *stopper, size_t setting, stopper_score *score,
                    void *context);

#endif
