#include "train/campaign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A trial, and what is known of it. */
struct known {
    enum campaign_outcome outcome;
    bool begun;
    size_t epochs, needed; /* that it has, and that the steps so far asked for */
    double *rows;          /* scores after each epoch, with a stopper; NULL: none */
    double *seconds;       /* up to each epoch's end, with a stopper */
    double all_seconds;
    double ends[STRATEGY_OBJECTIVES_MAX];
};

struct campaign {
    const struct campaign_request *request;
    struct campaign_summary summary;
    struct known *trials;
    size_t trial_count, capacity;
    size_t batch;   /* the batch's first setting */
    size_t *listed; /* room for each trial */
    double *point;  /* room for one */
    bool *is_ended; /* settings that were stopped, as far as the ledger was told */
    bool failed;    /* out of memory */
    bool only_asks; /* a point that an earlier run asked for did not fit: no more is believed */
    struct campaign_step step;
};

enum status campaign_begin(const struct campaign_request *request, struct campaign **campaign,
                           struct error *error) {
    struct campaign *made = *campaign = calloc(1, sizeof *made);
    const size_t dimensions = request->domain ? request->domain->count : 0;
    if (!made)
        return error_memory(error);
    made->request = request;
    made->point = malloc((dimensions + 1) * sizeof *made->point);
    return made->point ? STATUS_OK : error_memory(error);
}

static void forget(struct known *trial) {
    free(trial->rows);
    free(trial->seconds);
    trial->rows = trial->seconds = NULL;
}

void campaign_end(struct campaign *campaign) {
    if (!campaign)
        return;
    for (size_t i = 0; i < campaign->trial_count; i++)
        forget(&campaign->trials[i]);
    free(campaign->trials);
    free(campaign->listed);
    free(campaign->is_ended);
    free(campaign->point);
    free(campaign);
}

const struct campaign_summary *campaign_summary(const struct campaign *campaign) {
    return &campaign->summary;
}

/* The array with room for more, or as it was. */
static void *grow(void *array, size_t count, size_t size, bool *grown) {
    void *larger = realloc(array, count * size);
    if (larger)
        return larger;
    *grown = false;
    return array;
}

/* Room for the trials of so many settings. */
static bool reserve(struct campaign *campaign, size_t settings) {
    const size_t trials = settings * campaign->request->seeds;
    if (trials > campaign->capacity) {
        const size_t capacity = trials > 2 * campaign->capacity ? trials : 2 * campaign->capacity;
        bool moved = true;
        campaign->trials = grow(campaign->trials, capacity, sizeof *campaign->trials, &moved);
        campaign->listed = grow(campaign->listed, capacity, sizeof *campaign->listed, &moved);
        campaign->is_ended = grow(campaign->is_ended, capacity, sizeof *campaign->is_ended, &moved);
        if (!moved)
            return false;
        campaign->capacity = capacity;
    }
    for (; campaign->trial_count < trials; campaign->trial_count++) {
        campaign->trials[campaign->trial_count] = (struct known){0};
        campaign->is_ended[campaign->trial_count] = false;
    }
    return true;
}

/* --- results --- */

static bool keep_epochs(struct known *trial, const struct campaign_result *result,
                        size_t objectives) {
    const size_t count = result->epochs * objectives;
    double sum = 0;
    trial->rows = malloc((count + 1) * sizeof *trial->rows);
    trial->seconds = malloc((result->epochs + 1) * sizeof *trial->seconds);
    if (!trial->rows || !trial->seconds)
        return false;
    if (count > 0)
        memcpy(trial->rows, result->scores, count * sizeof *trial->rows);
    for (size_t i = 0; i < result->epochs; i++)
        trial->seconds[i] = sum += result->seconds[i];
    return true;
}

void campaign_take(struct campaign *campaign, const struct campaign_result *result) {
    const struct campaign_request *request = campaign->request;
    struct known *trial = &campaign->trials[result->trial];
    forget(trial);
    trial->outcome = result->outcome;
    trial->epochs = result->epochs;
    trial->all_seconds = 0;
    for (size_t i = 0; i < result->epochs; i++)
        trial->all_seconds += result->seconds[i];
    for (size_t i = 0; i < request->objectives; i++)
        trial->ends[i] = result->ends ? result->ends[i] : (double)NAN;
    if (request->stopper && !keep_epochs(trial, result, request->objectives)) {
        trial->epochs = 0;
        campaign->failed = true;
    }
}

void campaign_fail_memory(struct campaign *campaign) {
    campaign->failed = true;
}

static size_t own_epochs(const struct campaign *campaign, size_t setting) {
    const struct campaign_space *space = &campaign->request->space;
    return space->epochs(space->context, setting);
}

static struct known *trial_of(const struct campaign *campaign, size_t setting, size_t seed) {
    return &campaign->trials[setting * campaign->request->seeds + seed];
}

/* Whether it gave no number after so many epochs, because it diverged on the way. */
static bool diverged_by(const struct known *trial, size_t epochs) {
    return trial->outcome == CAMPAIGN_DIVERGED && epochs >= trial->epochs;
}

/* A trial that could not be trained was not stopped, and counts in no mean. */
static bool says_something(const struct known *trial) {
    return trial->begun && trial->outcome != CAMPAIGN_FAILED;
}

/* Whether no training can tell more of it than is known. */
static bool is_known(const struct known *trial) {
    return trial->outcome == CAMPAIGN_PAUSED ? trial->epochs >= trial->needed
                                             : trial->outcome != CAMPAIGN_UNKNOWN;
}

bool campaign_is_settled(const struct campaign *campaign, size_t trial) {
    return trial < campaign->trial_count && campaign->trials[trial].outcome != CAMPAIGN_FAILED &&
           is_known(&campaign->trials[trial]);
}

/* An objective after so many epochs, from 1; those beyond the trial's own count as its last one. */
static double score_after(const struct campaign *campaign, const struct known *trial,
                          size_t objective, size_t epochs) {
    const size_t epoch = epochs < trial->epochs ? epochs : trial->epochs;
    if (trial->outcome == CAMPAIGN_FAILED || diverged_by(trial, epochs) || epoch == 0)
        return (double)NAN;
    if (trial->outcome == CAMPAIGN_TRAINED && epoch == trial->epochs)
        return trial->ends[objective];
    return trial->rows[(epoch - 1) * campaign->request->objectives + objective];
}

static double judged_score(void *context, size_t setting, size_t seed, size_t epochs) {
    const struct campaign *campaign = context;
    return score_after(campaign, trial_of(campaign, setting, seed), campaign->request->judged,
                       epochs);
}

/* --- what was spent --- */

/* Of the epochs that it has, those that were asked for. */
static size_t epochs_of(const struct known *trial) {
    return trial->needed < trial->epochs ? trial->needed : trial->epochs;
}

static double seconds_of(const struct known *trial) {
    const size_t epochs = epochs_of(trial);
    return epochs == trial->epochs ? trial->all_seconds
           : epochs > 0            ? trial->seconds[epochs - 1]
                                   : 0;
}

/* What the settings from `first` on have taken. */
static void add_up(struct campaign *campaign, size_t first) {
    const size_t seeds = campaign->request->seeds;
    for (size_t i = first * seeds; i < campaign->summary.settings * seeds; i++) {
        const struct known *trial = &campaign->trials[i];
        campaign->summary.epochs += epochs_of(trial);
        campaign->summary.seconds += seconds_of(trial);
    }
    campaign->step.spent = campaign->summary.epochs;
}

static void add_up_all(struct campaign *campaign) {
    campaign->summary.epochs = 0;
    campaign->summary.seconds = 0;
    add_up(campaign, 0);
}

/* --- steps --- */

/* Begin those of the step's trials that were not, and note what is needed of all. */
static enum status begin_trials(struct campaign *campaign, const struct stopper_step *step,
                                struct error *error) {
    const struct campaign_ledger *ledger = &campaign->request->ledger;
    size_t count = 0;
    for (size_t i = 0; i < step->count; i++) {
        const size_t own = own_epochs(campaign, step->settings[i]);
        const size_t needed = step->epochs < own ? step->epochs : own;
        for (size_t seed = 0; seed < step->seeds; seed++) {
            struct known *trial = trial_of(campaign, step->settings[i], seed);
            trial->needed = needed > trial->needed ? needed : trial->needed;
            if (!trial->begun)
                campaign->listed[count++] = (size_t)(trial - campaign->trials);
            trial->begun = true;
        }
    }
    return count > 0 ? ledger->begin(ledger->context, campaign->listed, count, error) : STATUS_OK;
}

static size_t list_unknown(const struct campaign *campaign, const struct stopper_step *step) {
    size_t count = 0;
    for (size_t i = 0; i < step->count; i++)
        for (size_t seed = 0; seed < step->seeds; seed++) {
            const struct known *trial = trial_of(campaign, step->settings[i], seed);
            if (!is_known(trial))
                campaign->listed[count++] = (size_t)(trial - campaign->trials);
        }
    return count;
}

/* Tell the scores of trials that came to their ends, and are asked for up to these. */
static void tell_known(const struct campaign *campaign, const struct stopper_step *step) {
    const struct campaign_watch *watch = &campaign->request->watch;
    for (size_t i = 0; watch->knows && i < step->count; i++)
        for (size_t seed = 0; seed < step->seeds; seed++) {
            const struct known *trial = trial_of(campaign, step->settings[i], seed);
            if (trial->outcome == CAMPAIGN_TRAINED && trial->needed >= trial->epochs)
                watch->knows(watch->context, trial->ends[campaign->request->judged]);
        }
}

/* Have the step's trials trained, or find them known. */
static enum status take_step(struct campaign *campaign, const struct stopper_step *step,
                             struct error *error) {
    const struct campaign_request *request = campaign->request;
    struct campaign_step *told = &campaign->step;
    enum status status = begin_trials(campaign, step, error);
    if (status != STATUS_OK)
        return status;
    const size_t count = list_unknown(campaign, step);
    told->epochs = step->epochs;
    told->seeds = step->seeds;
    told->count = step->count;
    if (request->watch.begins)
        request->watch.begins(request->watch.context, told);
    tell_known(campaign, step);
    if (count > 0)
        status = request->trainer.train(
            request->trainer.context, campaign->listed, count,
            request->stopper && step->epochs < request->epochs ? step->epochs : 0, error);
    return status == STATUS_OK && campaign->failed ? error_memory(error) : status;
}

/* The epochs after which it is stopped; 0: it had come to its end by then. */
static size_t stopped_after(const struct known *trial) {
    const bool ended = trial->outcome != CAMPAIGN_PAUSED && trial->epochs <= trial->needed;
    return ended ? 0 : trial->needed;
}

static enum status stop_trials(struct campaign *campaign, size_t setting, struct error *error) {
    const struct campaign_request *request = campaign->request;
    const struct campaign_ledger *ledger = &request->ledger;
    const struct stopper_verdict *verdict = stopper_verdict(request->stopper, setting);
    enum status status = STATUS_OK;
    for (size_t seed = 0; seed < request->seeds && status == STATUS_OK; seed++) {
        const struct known *trial = trial_of(campaign, setting, seed);
        if (says_something(trial))
            status = ledger->stop(ledger->context, setting * request->seeds + seed,
                                  stopped_after(trial), verdict, error);
    }
    return status;
}

/* Those of the step's settings that do not go on. */
static enum status stop_settings(struct campaign *campaign, const size_t *settings, size_t count,
                                 struct error *error) {
    const struct campaign_request *request = campaign->request;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct stopper_verdict *verdict = stopper_verdict(request->stopper, settings[i]);
        if (verdict->fate == STOPPER_GOES_ON) {
            campaign->step.goes_on++;
            continue;
        }
        campaign->summary.stopped += !campaign->is_ended[settings[i]];
        campaign->is_ended[settings[i]] = true;
        status = stop_trials(campaign, settings[i], error);
    }
    return status;
}

/* The epochs that a step asks for beyond those that the steps before it did. */
static uint64_t epochs_of_step(const struct campaign *campaign, const struct stopper_step *step) {
    uint64_t epochs = 0;
    for (size_t i = 0; i < step->count; i++) {
        const size_t own = own_epochs(campaign, step->settings[i]);
        const size_t needed = step->epochs < own ? step->epochs : own;
        for (size_t seed = 0; seed < step->seeds; seed++) {
            const struct known *trial = trial_of(campaign, step->settings[i], seed);
            epochs += needed > trial->needed ? needed - trial->needed : 0;
        }
    }
    return epochs;
}

/* Whether the step is beyond the budget of epochs. A batch never is, and of the steps behind the
 * last one those of a race may be. */
static bool is_beyond(struct campaign *campaign, const struct stopper_step *step) {
    const uint64_t budget = campaign->request->budget.epochs;
    if (!campaign->step.finals || budget == 0)
        return false;
    add_up_all(campaign);
    if (campaign->summary.epochs + epochs_of_step(campaign, step) <= budget)
        return false;
    campaign->summary.ending = CAMPAIGN_BUDGET_EPOCHS;
    return true;
}

static enum status take_steps(struct campaign *campaign, struct error *error) {
    const struct campaign_request *request = campaign->request;
    struct stopper_step step;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && stopper_next(request->stopper, &step) &&
           !is_beyond(campaign, &step)) {
        status = take_step(campaign, &step, error);
        if (status == STATUS_OK)
            status = stopper_look(request->stopper, judged_score, campaign, error);
        campaign->step.goes_on = 0;
        if (status == STATUS_OK)
            status = stop_settings(campaign, step.settings, step.count, error);
        if (status == STATUS_OK && request->watch.looked)
            request->watch.looked(request->watch.context, &campaign->step);
    }
    return status;
}

/* All of the batch to the end, at once. */
static enum status take_batch(struct campaign *campaign, struct error *error) {
    const size_t count = campaign->summary.settings - campaign->batch;
    size_t *settings = malloc(count * sizeof *settings);
    if (!settings)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        settings[i] = campaign->batch + i;
    const struct stopper_step step = {.epochs = SIZE_MAX,
                                      .seeds = campaign->request->seeds,
                                      .count = count,
                                      .settings = settings};
    const enum status status = take_step(campaign, &step, error);
    free(settings);
    return status;
}

/* --- the strategy --- */

/* Whether an earlier run's point is one of the domain that may be given now. */
static bool may_be(const struct domain *domain, const double *point) {
    for (size_t i = 0; i < domain->count; i++) {
        const struct dimension *dimension = &domain->dimensions[i];
        const bool exists = domain_exists(domain, point, i);
        const double limit = dimension->levels > 0 ? (double)dimension->levels : 1;
        if (exists == (isnan(point[i]) != 0))
            return false;
        if (exists && (!(point[i] >= 0 && point[i] < limit) ||
                       (dimension->levels > 0 && point[i] != floor(point[i]))))
            return false;
    }
    return domain_is_possible(domain, point) &&
           (!domain->allows || domain->allows(domain->context, point));
}

/* The point that an earlier run asked for, or a new one. */
static enum status ask(struct campaign *campaign, enum strategy_answer *answer,
                       struct error *error) {
    const struct campaign_request *request = campaign->request;
    const struct campaign_ledger *ledger = &request->ledger;
    const size_t setting = campaign->summary.settings;
    *answer = STRATEGY_POINT;
    if (!campaign->only_asks && ledger->asked &&
        ledger->asked(ledger->context, setting, campaign->point)) {
        if (may_be(request->domain, campaign->point))
            return strategy_replay(request->strategy, campaign->point, error);
        campaign->only_asks = true;
    }
    return strategy_ask(request->strategy, campaign->point, answer, error);
}

/* Ask for up to `count` settings; *ended if there are no more. */
static enum status ask_batch(struct campaign *campaign, size_t count, bool *ended,
                             struct error *error) {
    const struct campaign_request *request = campaign->request;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK && !*ended; i++) {
        enum strategy_answer answer;
        status = ask(campaign, &answer, error);
        *ended = status == STATUS_OK && answer != STRATEGY_POINT;
        if (*ended)
            campaign->summary.ending =
                answer == STRATEGY_EXHAUSTED ? CAMPAIGN_EXHAUSTED : CAMPAIGN_NOT_FOUND;
        if (status != STATUS_OK || *ended)
            break;
        status = request->space.add(request->space.context, campaign->point, error);
        campaign->summary.settings += status == STATUS_OK;
    }
    return status;
}

/* The mean over the seeds that say something, its variance, and their number. */
static size_t average(const struct campaign *campaign, size_t setting, size_t objective,
                      double *mean, double *variance, bool *diverged) {
    const size_t seeds = campaign->request->seeds;
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t seed = 0; seed < seeds; seed++) {
        const struct known *trial = trial_of(campaign, setting, seed);
        if (!says_something(trial))
            continue;
        sum += score_after(campaign, trial, objective, trial->needed);
        *diverged |= diverged_by(trial, trial->needed);
        count++;
    }
    *mean = sum / (double)count;
    for (size_t seed = 0; seed < seeds; seed++) {
        const struct known *trial = trial_of(campaign, setting, seed);
        if (!says_something(trial))
            continue;
        const double score = score_after(campaign, trial, objective, trial->needed);
        squares += (score - *mean) * (score - *mean);
    }
    *variance = count > 1 ? squares / (double)(count - 1) / (double)count : (double)NAN;
    return count;
}

/* Tell the strategy of a setting, unless nothing is known of it. */
static enum status tell_setting(struct campaign *campaign, size_t setting, struct error *error) {
    const struct campaign_request *request = campaign->request;
    const struct known *first = trial_of(campaign, setting, 0);
    double means[STRATEGY_OBJECTIVES_MAX], variances[STRATEGY_OBJECTIVES_MAX];
    bool diverged = false, lacks = false;
    const size_t own = own_epochs(campaign, setting);
    size_t seeds = 0;
    for (size_t i = 0; i < request->objectives; i++) {
        seeds = average(campaign, setting, i, &means[i], &variances[i], &diverged);
        lacks |= isnan(means[i]) != 0;
    }
    /* What is known at the end alone, a trial that was stopped does not have. */
    if (seeds == 0 || (lacks && !diverged && first->needed < own))
        return STATUS_OK;
    for (size_t i = 0; i < request->objectives && diverged; i++)
        means[i] = variances[i] = (double)NAN;
    const struct strategy_result result = {.number = setting,
                                           .means = means,
                                           .variances = variances,
                                           .seeds = seeds,
                                           .completeness = (double)first->needed / (double)own};
    return strategy_tell(request->strategy, &result, 1, error);
}

static enum status tell_batch(struct campaign *campaign, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = campaign->batch; i < campaign->summary.settings && status == STATUS_OK; i++)
        status = tell_setting(campaign, i, error);
    return status;
}

/* --- batches --- */

/* The epochs to have for a batch of so many settings and the stopper's last steps. */
static double epochs_for(const struct campaign *campaign, size_t count) {
    const struct campaign_request *request = campaign->request;
    if (request->stopper)
        return stopper_reserve(request->stopper, campaign->summary.settings + count, count);
    return (double)count * (double)request->seeds * (double)request->epochs;
}

/* How many of `count` settings fit into what is left of a budget in epochs. */
static size_t that_fit(const struct campaign *campaign, size_t count, double left) {
    while (count > 0 && epochs_for(campaign, count) > left)
        count--;
    return count;
}

/* The epochs that what is left of the seconds is enough for. */
static double epochs_of_seconds(const struct campaign *campaign) {
    const struct campaign_summary *summary = &campaign->summary;
    const double left = campaign->request->budget.seconds - summary->seconds;
    if (left <= 0)
        return 0;
    return summary->seconds > 0 ? left * (double)summary->epochs / summary->seconds
                                : (double)INFINITY;
}

/* How many settings the next batch may have; 0: the campaign is over, and `ending` says why. */
static size_t next_batch(struct campaign *campaign) {
    const struct campaign_request *request = campaign->request;
    const struct budget *budget = &request->budget;
    struct campaign_summary *summary = &campaign->summary;
    const size_t there = request->settings - summary->settings;
    const bool at_once = !request->strategy && budget->epochs == 0 && budget->seconds == 0;
    size_t count = at_once || there < request->batch ? there : request->batch;
    summary->ending = request->strategy ? CAMPAIGN_FULL : CAMPAIGN_ALL;
    if (budget->trials > 0 && count > 0) {
        const size_t most = budget->trials / request->seeds;
        if (summary->settings + count > most) {
            count = most > summary->settings ? most - summary->settings : 0;
            summary->ending = CAMPAIGN_BUDGET_TRIALS;
        }
    }
    const size_t wanted = count;
    if (budget->epochs > 0)
        count = that_fit(campaign, count, (double)budget->epochs - (double)summary->epochs);
    if (wanted > 0 && count == 0)
        summary->ending = CAMPAIGN_BUDGET_EPOCHS;
    if (budget->seconds > 0 && count > 0) {
        count = that_fit(campaign, count, epochs_of_seconds(campaign));
        if (count == 0)
            summary->ending = CAMPAIGN_BUDGET_SECONDS;
    }
    return count;
}

static enum status run_batch(struct campaign *campaign, size_t count, bool *ended,
                             struct error *error) {
    const struct campaign_request *request = campaign->request;
    struct campaign_summary *summary = &campaign->summary;
    enum status status = STATUS_OK;
    campaign->batch = summary->settings;
    if (!reserve(campaign, summary->settings + count))
        return error_memory(error);
    if (request->strategy)
        status = ask_batch(campaign, count, ended, error);
    else
        summary->settings += count;
    if (status != STATUS_OK || summary->settings == campaign->batch)
        return status;
    campaign->step.batch = ++summary->batches;
    campaign->step.chosen_by = request->strategy ? strategy_chose_by(request->strategy) : NULL;
    if (request->stopper)
        status = stopper_enter(request->stopper, summary->settings - campaign->batch, error);
    if (status == STATUS_OK)
        status = request->stopper ? take_steps(campaign, error) : take_batch(campaign, error);
    if (status == STATUS_OK && request->strategy)
        status = tell_batch(campaign, error);
    if (status == STATUS_OK)
        add_up(campaign, campaign->batch);
    return status;
}

/* The last steps, with further seeds for settings of all batches. */
static enum status finish(struct campaign *campaign, struct error *error) {
    campaign->step.finals = true;
    stopper_finish(campaign->request->stopper);
    const enum status status = take_steps(campaign, error);
    add_up_all(campaign);
    return status;
}

enum status campaign_run(struct campaign *campaign, struct error *error) {
    enum status status = STATUS_OK;
    bool ended = false;
    for (size_t count; status == STATUS_OK && !ended && (count = next_batch(campaign)) > 0;)
        status = run_batch(campaign, count, &ended, error);
    if (status == STATUS_OK && campaign->request->stopper && campaign->summary.settings > 0)
        status = finish(campaign, error);
    return status;
}
