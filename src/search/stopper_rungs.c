/* Halving, Hyperband and the median rule: settings are judged at rungs by their first seed, and the
 * best of those who come to the last epoch get the other seeds. */
#include "search/stopper_private.h"

#include <math.h>

/* Brackets: the b-th begins at the b-th rung; that after the last rung stops nobody. */

/* The weights of the brackets: eta^s / (s + 1), s being a bracket's rungs (Li et al., algorithm 1,
 * where each bracket has the same epochs to spend). */
static void take_weights(const struct stopper *stopper, double *weights) {
    double power = 1;
    for (size_t rungs = 0; rungs <= stopper->rung_count; rungs++) {
        weights[stopper->rung_count - rungs] = power / (double)(rungs + 1);
        power /= stopper->options.keep;
    }
}

/* Dealt out by the multiples of the golden ratio, which are as even as can be on any stretch of
 * settings and meet no period of a grid (Knuth: The art of computer programming 3, section 6.4). */
static size_t bracket_of(const struct stopper *stopper, size_t setting) {
    const double place = ((double)setting + 0.5) * 0.6180339887498949;
    double weights[STOPPER_RUNGS_MAX + 1], sum = 0, left;
    if (stopper->rule != &stopper_hyperband)
        return 0;
    take_weights(stopper, weights);
    for (size_t b = 0; b <= stopper->rung_count; b++)
        sum += weights[b];
    left = (place - floor(place)) * sum;
    for (size_t b = 0; b < stopper->rung_count; b++) {
        if (left < weights[b])
            return b;
        left -= weights[b];
    }
    return stopper->rung_count;
}

static size_t bracket_count(const struct stopper *stopper) {
    return stopper->rule == &stopper_hyperband ? stopper->rung_count + 1 : 1;
}

static double *score_at(const struct stopper *stopper, size_t setting, size_t stage) {
    return &stopper->scores[setting * (stopper->rung_count + 1) + stage];
}

/* How many of `count` go on at a rung. */
static size_t kept(const struct stopper_options *options, size_t count) {
    const double exact = (double)count * options->keep;
    const double whole = options->strict ? floor(exact + 1e-9) : ceil(exact - 1e-9);
    return whole < 1 ? 1 : (size_t)whole;
}

/* Steps. */

/* What is advised where nothing is said, of `settings` in all; experiments/04-search says why. */
#define FINALISTS_LEAST 5
#define FINALISTS_ONE_OF 50

static size_t finalists_of(const struct stopper_options *options, size_t settings) {
    const size_t share = settings / FINALISTS_ONE_OF;
    if (options->finalists > 0)
        return options->finalists;
    return share > FINALISTS_LEAST ? share : FINALISTS_LEAST;
}

static void list_finalists(struct stopper *stopper) {
    struct ranked *ranked = stopper->ranked;
    size_t count = 0;
    for (size_t i = 0; i < stopper->count; i++)
        if (stopper_is_left(stopper, i))
            ranked[count++] = (struct ranked){*score_at(stopper, i, stopper->rung_count), i};
    stopper_sort(ranked, count);
    if (count > finalists_of(&stopper->options, stopper->count))
        count = finalists_of(&stopper->options, stopper->count);
    for (size_t i = 0; i < stopper->count; i++)
        for (size_t j = 0; j < count; j++)
            if (ranked[j].setting == i)
                stopper_list(stopper, i);
}

static void next_rung_step(struct stopper *stopper) {
    for (; stopper->stage <= stopper->rung_count; stopper->stage++) {
        for (size_t i = stopper->batch; i < stopper->count; i++)
            if (stopper_is_left(stopper, i) && bracket_of(stopper, i) <= stopper->stage)
                stopper_list(stopper, i);
        stopper->step.seeds = 1;
        stopper->step.epochs = stopper->stage < stopper->rung_count ? stopper->rungs[stopper->stage]
                                                                    : stopper->options.epochs;
        if (stopper->step.count > 0)
            return;
    }
    if (!stopper->finished || stopper->stage > stopper->rung_count + 1 ||
        stopper->options.seeds == 1)
        return;
    stopper->step.seeds = stopper->options.seeds;
    stopper->step.epochs = stopper->options.epochs;
    list_finalists(stopper);
}

/* Looks. */

static bool has_come(const struct stopper *stopper, size_t setting) {
    return stopper->reached[setting] > stopper->stage;
}

static void stop(struct stopper *stopper, size_t setting, double needed) {
    stopper->verdicts[setting].fate = STOPPER_WORSE;
    stopper->verdicts[setting].needed = needed;
}

/* Of the bracket's settings that came to this rung, the best share goes on. */
static void judge_share(struct stopper *stopper, size_t bracket) {
    struct ranked *ranked = stopper->ranked;
    size_t count = 0;
    for (size_t i = 0; i < stopper->count; i++)
        if (has_come(stopper, i) && bracket_of(stopper, i) == bracket)
            ranked[count++] = (struct ranked){*score_at(stopper, i, stopper->stage), i};
    stopper_sort(ranked, count);
    const size_t go_on = kept(&stopper->options, count);
    for (size_t i = go_on; i < count; i++)
        if (ranked[i].setting >= stopper->batch && stopper_is_left(stopper, ranked[i].setting))
            stop(stopper, ranked[i].setting, ranked[go_on - 1].score);
}

static void judge_brackets(struct stopper *stopper) {
    for (size_t b = 0; b <= stopper->stage && b < bracket_count(stopper); b++)
        judge_share(stopper, b);
}

/* Against the median of the running means of those who came. */
static void judge_median(struct stopper *stopper) {
    struct ranked *ranked = stopper->ranked;
    size_t count = 0;
    for (size_t i = 0; i < stopper->count; i++)
        if (has_come(stopper, i) && !isnan(*score_at(stopper, i, stopper->stage)))
            ranked[count++] = (struct ranked){*score_at(stopper, i, stopper->stage), i};
    if (count == 0)
        return;
    stopper_sort(ranked, count);
    const double median = (ranked[(count - 1) / 2].score + ranked[count / 2].score) / 2;
    for (size_t i = stopper->batch; i < stopper->count; i++)
        if (stopper_is_left(stopper, i) && stopper->verdicts[i].score > median)
            stop(stopper, i, median);
}

/* The best of the scores up to the step, which is what the setting has, and their mean, which is
 * what others are compared with. */
static double best_so_far(const struct stopper *stopper, size_t setting, stopper_score *score,
                          void *context, double *mean) {
    double best = (double)INFINITY, sum = 0;
    for (size_t epoch = 1; epoch <= stopper->step.epochs; epoch++) {
        const double at = score(context, setting, 0, epoch);
        best = isnan(at) || at < best ? at : best;
        sum += at;
    }
    *mean = sum / (double)stopper->step.epochs;
    return isnan(*mean) ? *mean : best;
}

static enum status look_at_rung(struct stopper *stopper, stopper_score *score, void *context,
                                struct error *error) {
    const bool rung = stopper->stage < stopper->rung_count,
               means = rung && stopper->rule == &stopper_median;
    (void)error;
    for (size_t i = 0; i < stopper->step.count; i++) {
        const size_t setting = stopper->step.settings[i];
        double mean, had = means ? best_so_far(stopper, setting, score, context, &mean)
                                 : stopper_mean(stopper, setting, score, context);
        stopper_note(stopper, setting, had);
        if (stopper->stage > stopper->rung_count)
            continue;
        *score_at(stopper, setting, stopper->stage) = means ? mean : had;
        stopper->reached[setting] = stopper->stage + 1;
    }
    if (means)
        judge_median(stopper);
    else if (rung)
        judge_brackets(stopper);
    return STATUS_OK;
}

/* Costs. */

static double seeds_of_finalists(const struct stopper *stopper, size_t settings, double left) {
    const struct stopper_options *options = &stopper->options;
    return fmin(left, (double)finalists_of(options, settings)) * (double)(options->seeds - 1) *
           (double)options->epochs;
}

/* What a bracket's settings take with one seed; how many come to the last epoch. */
static double cost_of_bracket(const struct stopper *stopper, size_t bracket, size_t *count) {
    double epochs = 0;
    size_t trained = 0;
    for (size_t rung = bracket; rung<stopper->rung_count && * count> 0; rung++) {
        epochs += (double)*count * (double)(stopper->rungs[rung] - trained);
        trained = stopper->rungs[rung];
        *count = kept(&stopper->options, *count);
    }
    return epochs + (double)*count * (double)(stopper->options.epochs - trained);
}

/* What so many settings take with one seed, in one batch; how many come to the last epoch. */
static double cost_of_batch(const struct stopper *stopper, size_t settings, double *left) {
    size_t counts[STOPPER_RUNGS_MAX + 1] = {0};
    double epochs = 0;
    *left = 0;
    for (size_t i = 0; i < settings; i++)
        counts[bracket_of(stopper, i)]++;
    for (size_t b = 0; b < bracket_count(stopper); b++) {
        epochs += cost_of_bracket(stopper, b, &counts[b]);
        *left += (double)counts[b];
    }
    return epochs;
}

/* Those of a later batch are among the best of all that have come, and all of them may be. */
static struct stopper_cost cost_of_shares(const struct stopper *stopper, size_t settings,
                                          size_t batch) {
    const size_t first = batch < settings ? batch : settings, later = settings - first;
    double left, left_of_first;
    const double expected = cost_of_batch(stopper, settings, &left);
    const double most = cost_of_batch(stopper, first, &left_of_first) +
                        (double)later * (double)stopper->options.epochs;
    left_of_first += (double)later;
    return (struct stopper_cost){
        .most = most + seeds_of_finalists(stopper, settings, left_of_first),
        .expected = expected + seeds_of_finalists(stopper, settings, left)};
}

/* The share of the first seed's epochs that the median rule took in experiments/04-search. */
#define MEDIAN_EXPECTED 0.55

static struct stopper_cost cost_of_median(const struct stopper *stopper, size_t settings,
                                          size_t batch) {
    (void)batch;
    const double whole = (double)settings * (double)stopper->options.epochs,
                 finalists = seeds_of_finalists(stopper, settings, (double)settings);
    return (struct stopper_cost){.most = whole + finalists,
                                 .expected = MEDIAN_EXPECTED * whole + finalists};
}

static double reserve_for_batch(const struct stopper *stopper, size_t settings, size_t count) {
    size_t left = count;
    for (size_t i = 0; i < stopper->count; i++)
        left += stopper_is_left(stopper, i);
    return (double)count * (double)stopper->options.epochs +
           seeds_of_finalists(stopper, settings, (double)left);
}

const struct stopper_rule stopper_halving = {.name = "halving",
                                             .rungs = RUNGS_BY_FACTORS,
                                             .next = next_rung_step,
                                             .look = look_at_rung,
                                             .cost = cost_of_shares,
                                             .reserve = reserve_for_batch};
const struct stopper_rule stopper_hyperband = {.name = "hyperband",
                                               .rungs = RUNGS_BY_FACTORS,
                                               .next = next_rung_step,
                                               .look = look_at_rung,
                                               .cost = cost_of_shares,
                                               .reserve = reserve_for_batch};
const struct stopper_rule stopper_median = {.name = "median",
                                            .rungs = RUNGS_EVEN,
                                            .next = next_rung_step,
                                            .look = look_at_rung,
                                            .cost = cost_of_median,
                                            .reserve = reserve_for_batch};
