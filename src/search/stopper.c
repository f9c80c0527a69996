#include "search/stopper.h"

#include "base/names.h"
#include "search/stopper_private.h"
#include "stats/race.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is advised; experiments/04-search says why. */
#define DEFAULT_ETA 3.0
#define DEFAULT_S 2
#define DEFAULT_KEEP 0.6
#define FIRST_RUNG 9 /* at 1/9 of the epochs, of a rule whose rungs are even */
static const double default_rungs[] = {1.0 / 9, 2.0 / 9, 5.0 / 9}; /* of the epochs */
#define DEFAULT_RUNGS (sizeof default_rungs / sizeof *default_rungs)

#define ROUNDING 1e-9 /* what divisions leave of a whole number of epochs */

static const struct stopper_rule *const rules[] = {&stopper_halving, &stopper_hyperband,
                                                   &stopper_median, &stopper_race};

#define RULE_COUNT (sizeof rules / sizeof *rules)

const struct stopper_rule *stopper_find(const char *name) {
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (name_resembles(name, rules[i]->name))
            return rules[i];
    return NULL;
}

const char *stopper_name(size_t i) {
    return i < RULE_COUNT ? rules[i]->name : NULL;
}

/* Options. */

static enum status check(const struct stopper_options *options, struct error *error) {
    const struct {
        const char *key;
        double value;
        bool allowed;
        const char *takes;
    } numbers[] = {
        {"epochs", (double)options->epochs, options->epochs > 0, "a whole number from 1 up"},
        {"seeds", (double)options->seeds, options->seeds > 0, "a whole number from 1 up"},
        {"eta", options->eta, options->eta == 0 || (options->eta > 1 && isfinite(options->eta)),
         "a number above 1"},
        {"keep", options->keep, options->keep >= 0 && options->keep < 1,
         "a number above 0 and below 1"},
        {"level", options->level, options->level >= 0 && options->level < 0.5,
         "a number above 0 and below 0.5"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!numbers[i].allowed)
            return error_set(error, STATUS_INPUT, "%s: %g is not allowed; it takes %s",
                             numbers[i].key, numbers[i].value, numbers[i].takes);
    return STATUS_OK;
}

static void fill_in(const struct stopper_rule *rule, struct stopper_options *options) {
    if (options->keep == 0)
        options->keep = options->eta > 0 ? 1 / options->eta : DEFAULT_KEEP;
    if (options->eta == 0)
        options->eta = DEFAULT_ETA;
    if (options->level == 0)
        options->level = RACE_LEVEL;
    if (options->min_iter == 0 && rule->rungs == RUNGS_EVEN)
        options->min_iter = (options->epochs + FIRST_RUNG - 1) / FIRST_RUNG;
}

/* Rungs. */

/* Append a rung, if it is one and not the same as the last; false when there is no room. */
static bool append_rung(struct stopper *stopper, double rung) {
    const size_t count = stopper->rung_count;
    if (rung < 1 || rung >= (double)stopper->options.epochs ||
        (count > 0 && stopper->rungs[count - 1] == (size_t)rung))
        return true;
    if (count == STOPPER_RUNGS_MAX)
        return false;
    stopper->rungs[stopper->rung_count++] = (size_t)rung;
    return true;
}

/* The last epoch that can be a rung or has rungs below it. */
static double last_of(const struct stopper_options *options) {
    return (double)(options->max_iter > 0 ? options->max_iter : options->epochs);
}

static bool rungs_upwards(struct stopper *stopper) {
    const struct stopper_options *options = &stopper->options;
    double rung = (double)options->min_iter;
    bool room = true;
    for (size_t k = 0; room && rung <= last_of(options) && rung < (double)options->epochs &&
                       (options->s == 0 || k < options->s);
         k++) {
        room = append_rung(stopper, rung);
        rung = stopper->rule->rungs == RUNGS_EVEN ? rung + (double)options->min_iter
                                                  : rung * options->eta;
    }
    return room;
}

/* The k-th from the last epoch down. */
static double rung_down(const struct stopper_options *options, size_t k) {
    double rung = last_of(options);
    while (k-- > 0 && rung >= 1)
        rung /= options->eta;
    return floor(rung + ROUNDING);
}

static bool rungs_downwards(struct stopper *stopper) {
    const struct stopper_options *options = &stopper->options;
    size_t count = 1;
    bool room = true;
    while (count < (options->s > 0 ? options->s : DEFAULT_S) && rung_down(options, count) > 1)
        count++;
    for (size_t k = count; room && k > 0; k--)
        room = append_rung(stopper, rung_down(options, k));
    return room;
}

/* Fractions of an epoch are rounded up, so that no rung is earlier than advised. */
static bool rungs_as_advised(struct stopper *stopper) {
    for (size_t i = 0; i < DEFAULT_RUNGS; i++)
        append_rung(stopper, ceil(default_rungs[i] * (double)stopper->options.epochs - ROUNDING));
    return true;
}

static enum status lay_out_rungs(struct stopper *stopper, const struct stopper_options *given,
                                 struct error *error) {
    const bool upwards = stopper->options.min_iter > 0,
               downwards = given->max_iter > 0 || given->s > 0 || given->eta > 0;
    const char *key = given->min_iter > 0 ? "min_iter" : "max_iter";
    const size_t value = given->min_iter > 0 ? given->min_iter : given->max_iter;
    if (stopper->rule->rungs == RUNGS_NONE)
        return STATUS_OK;
    const bool room = upwards     ? rungs_upwards(stopper)
                      : downwards ? rungs_downwards(stopper)
                                  : rungs_as_advised(stopper);
    if (!room)
        return error_set(error, STATUS_INPUT, "%s gives more than %d rungs below %zu epochs",
                         given->min_iter > 0 ? "min_iter" : "eta", STOPPER_RUNGS_MAX,
                         given->epochs);
    if (stopper->rung_count == 0 && value > 0)
        return error_set(error, STATUS_INPUT,
                         "%s: %zu gives no rung below the %zu epochs of a training", key, value,
                         given->epochs);
    return STATUS_OK;
}

/* What there is before any setting has come; without memory of its own. */
static enum status make(const struct stopper_rule *rule, const struct stopper_options *options,
                        struct stopper *stopper, struct error *error) {
    *stopper = (struct stopper){.rule = rule, .options = *options};
    const enum status status = check(options, error);
    if (status != STATUS_OK)
        return status;
    fill_in(rule, &stopper->options);
    return lay_out_rungs(stopper, options, error);
}

enum status stopper_check(const struct stopper_rule *rule, const struct stopper_options *options,
                          struct error *error) {
    struct stopper stopper;
    return make(rule, options, &stopper, error);
}

size_t stopper_rungs(const struct stopper_rule *rule, const struct stopper_options *options,
                     size_t rungs[STOPPER_RUNGS_MAX]) {
    struct stopper stopper;
    if (make(rule, options, &stopper, NULL) != STATUS_OK)
        return 0;
    memcpy(rungs, stopper.rungs, stopper.rung_count * sizeof *rungs);
    return stopper.rung_count;
}

struct stopper_cost stopper_cost(const struct stopper_rule *rule,
                                 const struct stopper_options *options, size_t settings,
                                 size_t batch) {
    struct stopper stopper;
    if (make(rule, options, &stopper, NULL) != STATUS_OK)
        return (struct stopper_cost){0};
    return rule->cost(&stopper, settings, batch);
}

double stopper_reserve(const struct stopper *stopper, size_t settings, size_t count) {
    return stopper->rule->reserve(stopper, settings, count);
}

/* Settings. */

static bool move(struct arena *arena, void **items, size_t size, size_t used, size_t capacity) {
    void *moved = arena_alloc(arena, capacity, size);
    if (!moved)
        return false;
    if (used > 0)
        memcpy(moved, *items, used * size);
    *items = moved;
    return true;
}

#define MOVE(ITEMS, SIZE)                                                                          \
    move(&stopper->arena, (void **)&stopper->ITEMS, (SIZE) * sizeof *stopper->ITEMS,               \
         stopper->count, capacity)

static bool grow(struct stopper *stopper, size_t count) {
    size_t capacity = stopper->capacity > 0 ? stopper->capacity : 16;
    while (capacity < count)
        if (__builtin_mul_overflow(capacity, 2, &capacity))
            return false;
    if (capacity == stopper->capacity)
        return true;
    if (!MOVE(verdicts, 1) || !MOVE(reached, 1) || !MOVE(scores, stopper->rung_count + 1) ||
        !MOVE(listed, 1) || !MOVE(ranked, 1))
        return false;
    stopper->capacity = capacity;
    return true;
}

enum status stopper_begin(const struct stopper_rule *rule, const struct stopper_options *options,
                          struct stopper **stopper, struct error *error) {
    struct stopper made;
    const enum status status = make(rule, options, &made, error);
    *stopper = NULL;
    if (status != STATUS_OK)
        return status;
    *stopper = malloc(sizeof made);
    if (!*stopper)
        return error_memory(error);
    **stopper = made;
    arena_init(&(*stopper)->arena);
    return STATUS_OK;
}

void stopper_end(struct stopper *stopper) {
    if (stopper)
        arena_release(&stopper->arena);
    free(stopper);
}

enum status stopper_enter(struct stopper *stopper, size_t count, struct error *error) {
    size_t all;
    if (__builtin_add_overflow(stopper->count, count, &all) || !grow(stopper, all))
        return error_memory(error);
    for (size_t i = stopper->count; i < all; i++)
        stopper->verdicts[i] =
            (struct stopper_verdict){.score = (double)NAN, .needed = (double)NAN, .p = (double)NAN};
    stopper->batch = stopper->count;
    stopper->count = all;
    stopper->stage = 0;
    return STATUS_OK;
}

void stopper_finish(struct stopper *stopper) {
    stopper->finished = true;
}

bool stopper_next(struct stopper *stopper, struct stopper_step *step) {
    if (stopper->step.count == 0 && stopper->count > 0)
        stopper->rule->next(stopper);
    stopper->step.settings = stopper->listed;
    *step = stopper->step;
    return step->count > 0;
}

enum status stopper_look(struct stopper *stopper, stopper_score *score, void *context,
                         struct error *error) {
    const enum status status = stopper->rule->look(stopper, score, context, error);
    stopper->stage++;
    stopper->step.count = 0;
    return status;
}

const struct stopper_verdict *stopper_verdict(const struct stopper *stopper, size_t setting) {
    return &stopper->verdicts[setting];
}

/* For the rules. */

static int before(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (isnan(x->score) != isnan(y->score))
        return isnan(x->score) ? 1 : -1;
    if (x->score != y->score && !isnan(x->score))
        return x->score < y->score ? -1 : 1;
    return (x->setting > y->setting) - (x->setting < y->setting);
}

void stopper_sort(struct ranked *ranked, size_t count) {
    qsort(ranked, count, sizeof *ranked, before);
}

void stopper_note(struct stopper *stopper, size_t setting, double score) {
    struct stopper_verdict *verdict = &stopper->verdicts[setting];
    verdict->epochs = stopper->step.epochs;
    verdict->seeds = stopper->step.seeds;
    verdict->score = score;
    if (isnan(score))
        verdict->fate = STOPPER_DIVERGED;
}

double stopper_mean(const struct stopper *stopper, size_t setting, stopper_score *score,
                    void *context) {
    double sum = 0;
    for (size_t seed = 0; seed < stopper->step.seeds; seed++)
        sum += score(context, setting, seed, stopper->step.epochs);
    return sum / (double)stopper->step.seeds;
}
