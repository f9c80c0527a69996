/* Racing: seed by seed, settings are dropped that a test says are not the best. */
#include "search/stopper_private.h"

#include "stats/race.h"

#include <math.h>
#include <stdlib.h>

static bool is_over(const struct stopper *stopper) {
    const size_t seeds = stopper->stage + 1; /* of the next step */
    return seeds > stopper->options.seeds || (seeds > 1 && !stopper->finished);
}

/* A batch gets its first seed, all of them the others. */
static void next_seed(struct stopper *stopper) {
    if (is_over(stopper))
        return;
    for (size_t i = stopper->stage == 0 ? stopper->batch : 0; i < stopper->count; i++)
        if (stopper_is_left(stopper, i))
            stopper_list(stopper, i);
    if (stopper->stage > 0 && stopper->step.count == 1)
        stopper->step.count = 0; /* it has won */
    stopper->step.seeds = stopper->stage + 1;
    stopper->step.epochs = stopper->options.epochs;
}

/* The settings that are left, in a row each the scores with their seeds; how many. */
static size_t gather(struct stopper *stopper, stopper_score *score, void *context, size_t *left,
                     double *scores) {
    const struct stopper_step *step = &stopper->step;
    size_t count = 0;
    for (size_t i = 0; i < step->count; i++) {
        if (!stopper_is_left(stopper, step->settings[i]))
            continue;
        for (size_t seed = 0; seed < step->seeds; seed++)
            scores[count * step->seeds + seed] =
                score(context, step->settings[i], seed, step->epochs);
        left[count++] = step->settings[i];
    }
    return count;
}

static void drop(struct stopper *stopper, const size_t *left, size_t count, size_t best,
                 const double *p) {
    const struct stopper_options *options = &stopper->options;
    const double level =
        race_level(options->level, options->seeds, stopper->count, options->strict);
    for (size_t i = 0; i < count; i++) {
        struct stopper_verdict *verdict = &stopper->verdicts[left[i]];
        if (p[i] >= level)
            continue;
        verdict->fate = STOPPER_WORSE;
        verdict->needed = stopper->verdicts[left[best]].score;
        verdict->p = p[i];
    }
}

static enum status test(struct stopper *stopper, stopper_score *score, void *context,
                        struct error *error) {
    const struct stopper_step *step = &stopper->step;
    size_t cells, *left = calloc(step->count, sizeof *left);
    double *scores = NULL, *p = calloc(step->count, sizeof *p);
    enum status status = STATUS_OK;
    if (!__builtin_mul_overflow(step->count, step->seeds, &cells))
        scores = calloc(cells, sizeof *scores);
    if (!left || !p || !scores)
        status = error_memory(error);
    const size_t count = status == STATUS_OK ? gather(stopper, score, context, left, scores) : 0;
    const size_t best = count > 1 ? race_best(scores, count, step->seeds) : 0;
    if (count > 1)
        status = race_test(scores, count, step->seeds, best, p, error);
    if (count > 1 && status == STATUS_OK)
        drop(stopper, left, count, best, p);
    free(left);
    free(scores);
    free(p);
    return status;
}

static enum status look_at_seed(struct stopper *stopper, stopper_score *score, void *context,
                                struct error *error) {
    const struct stopper_step *step = &stopper->step;
    for (size_t i = 0; i < step->count; i++)
        stopper_note(stopper, step->settings[i],
                     stopper_mean(stopper, step->settings[i], score, context));
    /* After the last seed there is nothing left to be saved. */
    if (step->seeds < RACE_FIRST_LOOK || step->seeds == stopper->options.seeds)
        return STATUS_OK;
    return test(stopper, score, context, error);
}

/* The share of the runs after the first looks that races took in experiments/04-search. */
#define RACE_EXPECTED 0.15

static struct stopper_cost cost_of_race(const struct stopper *stopper, size_t settings,
                                        size_t batch) {
    (void)batch;
    const double seeds = (double)stopper->options.seeds, first = fmin(seeds, RACE_FIRST_LOOK),
                 run = (double)settings * (double)stopper->options.epochs;
    return (struct stopper_cost){.most = run * seeds,
                                 .expected = run * (first + RACE_EXPECTED * (seeds - first))};
}

static double reserve_for_race(const struct stopper *stopper, size_t settings, size_t count) {
    const double seeds = (double)stopper->options.seeds, first = fmin(seeds, RACE_FIRST_LOOK);
    size_t left = count;
    (void)settings;
    for (size_t i = 0; i < stopper->count; i++)
        left += stopper_is_left(stopper, i);
    return (double)stopper->options.epochs *
           ((double)count + (double)left * (first - 1 + RACE_EXPECTED * (seeds - first)));
}

const struct stopper_rule stopper_race = {.name = "race",
                                          .rungs = RUNGS_NONE,
                                          .next = next_seed,
                                          .look = look_at_seed,
                                          .cost = cost_of_race,
                                          .reserve = reserve_for_race};
