/* Stoppers: which of the settings that a sweep tries are not trained to the end, or not with all
 * seeds.
 *
 * Pure numbers. A setting is what a strategy proposed, with any number of epochs: trials that
 * differ only in their epochs or seed are of one setting. Settings are numbered from 0 in the order
 * in which they were asked for, and come in one or several batches. A stopper says to which epoch,
 * and with how many seeds, the settings that are left are to be trained next (a step); then it is
 * asked to look at what that gave, and says who goes on. All of it is a function of the options,
 * the sizes of the batches and the scores, so a sweep is replayed by going through the same steps
 * with scores that are known.
 *
 *     stopper_begin
 *     for each batch: stopper_enter, then while stopper_next: train, stopper_look
 *     stopper_finish, then while stopper_next: train, stopper_look
 *     stopper_end
 *
 * The last part gives further seeds to the best of all batches, which before are judged by their
 * first seed alone: the noise of a seed matters among the best and nowhere else.
 *
 * Less is better. A score that is NaN is of a training that diverged: it is stopped. Of equal
 * scores the setting that was asked for first is the better one.
 *
 * Rules, by their names:
 *   halving    Successive halving (Jamieson, Talwalkar: Non-stochastic best arm identification and
 *              hyperparameter optimization, AISTATS 2016, 240-248). At each rung, a number of
 *              epochs, the best share of all settings that have come so far goes on. It is exact
 *              and synchronous: nobody goes on before all of its batch have come. Those who get to
 *              the last epoch are ranked, and the best of them (finalists) get all seeds.
 *   hyperband  Several halvings (brackets), of which the b-th begins at the b-th rung and the last
 *              stops nobody (Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband: A novel
 *              bandit-based approach to hyperparameter optimization, JMLR 18, 2018, 1-52).
 *              Settings are dealt out to brackets in the order of asking, by the paper's shares.
 *   median     A setting is stopped at a rung when its best score up to it is worse than the median
 *              of the means up to it of the scores of all settings that came so far (Golovin et
 *              al.: Google Vizier: A service for black-box optimization, KDD 2017, 1487-1495,
 *              section 3.2.2).
 *   race       All are trained to the last epoch, seed by seed; a setting is dropped when a test
 *              says that it is not the best (stats/race.h). It ends when one is left. */
#ifndef SWEEP_SEARCH_STOPPER_H
#define SWEEP_SEARCH_STOPPER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct stopper;      /* the stopping of one sweep */
struct stopper_rule; /* how it stops */

/* The keys of early_terminate; 0: not given, which means what is advised
 * (experiments/04-search tells why).
 *
 * Rungs are at min_iter * eta^k, those below `epochs` and not above max_iter, the first s of them;
 * or, without min_iter, at max_iter / eta^k for k = 1 to s (2), max_iter being `epochs` where it is
 * not given. Those are the bands of W&B's hyperband (wandb/sweeps, hyperband_stopping.py), rounded
 * down to whole epochs as there; what is below 1 is none. With none of these four keys rungs are at
 * 1/9, 2/9 and 5/9 of the epochs, rounded up; median: at every min_iter epochs, 1/9 of them. */
struct stopper_options {
    size_t epochs; /* of a whole training, at least 1 */
    size_t seeds;  /* of a setting that is never stopped, at least 1 */
    size_t min_iter, max_iter, s;
    double eta;       /* above 1: rungs are this factor apart (3), and the best 1 / eta go on */
    double keep;      /* share that goes on, below 1, where that is not 1 / eta; without eta 0.6 */
    size_t finalists; /* settings that get all seeds (2 % of them, at least 5) */
    bool strict;      /* halving, hyperband: of n settings floor(n keep) go on, as in the papers,
                         else ceil(n keep); always at least one.
                         race: the level is also corrected for the number of settings */
    double level;     /* race: how often it may drop the best setting, below 0.5 (0.05) */
};

/* The rules by their names (halving, hyperband, median, race). NULL: no such. */
const struct stopper_rule *stopper_find(const char *name);
/* The i-th rule's name; NULL after the last. */
const char *stopper_name(size_t i);

/* STATUS_MEMORY; STATUS_INPUT for options out of their range, or a first rung that is not below the
 * epochs: `error` names the key. */
enum status stopper_begin(const struct stopper_rule *rule, const struct stopper_options *options,
                          struct stopper **stopper, struct error *error);
/* Only that. */
enum status stopper_check(const struct stopper_rule *rule, const struct stopper_options *options,
                          struct error *error);
void stopper_end(struct stopper *stopper); /* NULL is allowed */

/* A batch of `count` settings has been asked for. The steps of the last one have been taken.
 * STATUS_MEMORY. */
enum status stopper_enter(struct stopper *stopper, size_t count, struct error *error);

/* There are no more batches. */
void stopper_finish(struct stopper *stopper);

/* Train each of these settings with its first `seeds` seeds up to `epochs` (what it has already
 * been trained is kept). The list is valid until the next call. */
struct stopper_step {
    size_t epochs, seeds;
    size_t count;
    const size_t *settings; /* ascending */
};

/* The next step: the same one until it has been looked at. False: there is none, until the next
 * batch or for ever. */
bool stopper_next(struct stopper *stopper, struct stopper_step *step);

/* What a training gave: the score of a setting with one of its seeds (from 0) after so many epochs
 * (from 1), NaN if it diverged in or before the last of them. It is asked for the settings and up
 * to the epochs and seeds of this step. */
typedef double stopper_score(void *context, size_t setting, size_t seed, size_t epochs);

/* The step has been taken. STATUS_MEMORY. */
enum status stopper_look(struct stopper *stopper, stopper_score *score, void *context,
                         struct error *error);

/* What became of a setting. */
enum stopper_fate {
    STOPPER_GOES_ON, /* or has come to its end */
    STOPPER_WORSE,   /* than `needed` */
    STOPPER_DIVERGED,
};

struct stopper_verdict {
    enum stopper_fate fate;
    size_t epochs, seeds; /* the last step that was looked at; 0: none was */
    double score;  /* at it, what was compared: the score, with several seeds their mean; median:
                      the best so far */
    double needed; /* if it is worse: what it was compared with (of the race: the mean of the best);
                      a score that equals it goes on, unless others before it do */
    double p;      /* race: of its test, if it is worse; else NaN */
};

const struct stopper_verdict *stopper_verdict(const struct stopper *stopper, size_t setting);

/* The epochs that a sweep of so many settings takes, all seeds together: at most, and as expected.
 * In one batch halving and hyperband take what is at most, unless trainings diverge. Otherwise it
 * depends on the scores; expected is what is the same in one batch, or what median and race took in
 * experiments/04-search. `options` are such as stopper_begin accepts. */
struct stopper_cost {
    double most, expected;
};

struct stopper_cost stopper_cost(const struct stopper_rule *rule,
                                 const struct stopper_options *options, size_t settings,
                                 size_t batch);

/* The epochs to have for a further batch of `count` settings, together with the steps behind the
 * last batch, if `settings` have come by then: the most that these may take, whatever the scores;
 * of a race, whose steps may end after any seed, what is expected. */
double stopper_reserve(const struct stopper *stopper, size_t settings, size_t count);

/* The epochs of the rungs, ascending; how many. For messages. The race has none. */
#define STOPPER_RUNGS_MAX 256
size_t stopper_rungs(const struct stopper_rule *rule, const struct stopper_options *options,
                     size_t rungs[STOPPER_RUNGS_MAX]);

#endif
