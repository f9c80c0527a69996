#include "cli/shard_search.h"

#include "cli/forecast.h"
#include "store/ledger.h"
#include "store/merge.h"

#include <stdlib.h>
#include <string.h>

bool shard_search_is(const struct config *config) {
    return !forecast_is_whole(config);
}

/* --- settings --- */

static enum status add_setting(void *context, const double *point, struct error *error) {
    struct shard_search *search = context;
    enum space_answer answer;
    size_t setting = 0;
    enum status status = STATUS_OK;
    if (search->ledger)
        status = ledger_note_point(search->ledger, search->space->setting_count, point, error);
    return status == STATUS_OK ? space_add(search->space, point, &answer, &setting, error) : status;
}

static size_t epochs_of(void *context, size_t setting) {
    const struct shard_search *search = context;
    return searching_epochs(search->space, setting);
}

/* --- results --- */

static const struct shard_result *find(struct shard_search *search, size_t trial) {
    return shard_results_find(&search->results, search->space->trials[trial].digest.hex);
}

static enum status tell(struct shard_search *search, size_t trial, const struct delivery *delivery,
                        struct error *error) {
    struct trial_result result = *delivery->result;
    const struct trial_scores scores = {&result, search->config->metric_count,
                                        search->config->metrics};
    result.trial = trial;
    if (!search->store) {
        trial_scores_tell(&scores, search->config, trial, search->campaign);
        return STATUS_OK;
    }
    if (result.outcome != TRIAL_PAUSED)
        store_note_attempt(search->store, delivery);
    return ledger_put(search->ledger, &result, error);
}

static enum status reserve(struct shard_search *search, struct error *error) {
    const size_t trials = search->space->trial_count;
    if (trials <= search->room)
        return STATUS_OK;
    bool *stopped = realloc(search->stopped, 2 * trials * sizeof *stopped);
    if (!stopped)
        return error_memory(error);
    search->stopped = stopped;
    size_t *listed = realloc(search->trials, 2 * trials * sizeof *listed);
    if (!listed)
        return error_memory(error);
    search->trials = listed;
    memset(stopped + search->room, 0, 2 * trials - search->room);
    search->room = 2 * trials;
    return STATUS_OK;
}

static enum status begin(void *context, const size_t *trials, size_t count, struct error *error) {
    struct shard_search *search = context;
    enum status status = reserve(search, error);
    if (status == STATUS_OK && search->ledger)
        return ledger_begin(search->ledger, trials, count, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct shard_result *result = find(search, trials[i]);
        if (result && result->delivery.digest)
            status = tell(search, trials[i], &result->delivery, error);
    }
    return status;
}

static bool is_enough(const struct shard_result *result, size_t limit) {
    const struct trial_result *known = result ? result->delivery.result : NULL;
    return known && (known->outcome != TRIAL_PAUSED || (limit > 0 && known->epochs >= limit));
}

/* A failure that the database has already is not a further one. */
static enum status tell_failure(struct shard_search *search, size_t trial,
                                const struct delivery *failure, struct error *error) {
    search->failed++;
    search->failure = failure;
    if (!search->store || store_wants_failure(search->store, failure))
        return tell(search, trial, failure, error);
    const struct campaign_result failed = {.trial = trial, .outcome = CAMPAIGN_FAILED};
    campaign_take(search->campaign, &failed);
    return STATUS_OK;
}

/* The folder trains nothing: it has what a step asks for, or the step is the one at hand. */
static enum status train(void *context, const size_t *trials, size_t count, size_t limit,
                         struct error *error) {
    struct shard_search *search = context;
    enum status status = STATUS_OK;
    search->count = 0;
    search->limit = limit;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct shard_result *result = find(search, trials[i]);
        if (is_enough(result, limit))
            status = tell(search, trials[i], &result->delivery, error);
        else if (result && result->failure)
            status = tell_failure(search, trials[i], result->failure, error);
        else
            search->trials[search->count++] = trials[i];
    }
    return status == STATUS_OK && search->count > 0 ? STATUS_INTERRUPTED : status;
}

static enum status stop(void *context, size_t trial, size_t epochs,
                        const struct stopper_verdict *verdict, struct error *error) {
    struct shard_search *search = context;
    const struct shard_result *result = find(search, trial);
    search->stopped[trial] = true;
    if (!search->ledger)
        return STATUS_OK;
    if (result && result->delivery.digest && epochs > 0)
        store_note_attempt(search->store, &result->delivery);
    return ledger_stop(search->ledger, trial, epochs, verdict, error);
}

static void begins(void *context, const struct campaign_step *step) {
    struct shard_search *search = context;
    (void)step;
    search->step++;
}

/* --- all of it --- */

static enum status run(struct shard_search *search, struct error *error) {
    struct resume_summary summary = {0};
    const size_t dimensions = search->searching.strategy ? space_domain(search->space)->count : 0;
    const struct ledger_request to_keep = {.store = search->store,
                                           .sweep = search->sweep,
                                           .space = search->space,
                                           .dimensions = dimensions,
                                           .summary = &summary};
    struct campaign_request request =
        searching_request(&search->searching, search->config, search->space);
    request.space = (struct campaign_space){search, add_setting, epochs_of};
    request.ledger = (struct campaign_ledger){search, NULL, begin, stop};
    request.trainer = (struct campaign_trainer){search, train};
    request.watch = (struct campaign_watch){.context = search, .begins = begins};
    enum status status = campaign_begin(&request, &search->campaign, error);
    if (status == STATUS_OK && search->store)
        status = ledger_open(&to_keep, &search->ledger, error);
    if (status != STATUS_OK)
        return status;
    if (search->ledger)
        ledger_serve(search->ledger, search->campaign);
    status = campaign_run(search->campaign, error);
    search->summary = *campaign_summary(search->campaign);
    search->over = status == STATUS_OK;
    search->count = search->over ? 0 : search->count;
    if (status == STATUS_INTERRUPTED)
        status = STATUS_OK;
    if (status == STATUS_OK && search->store)
        status = search->over ? store_finish_merge(search->store, error)
                              : store_commit(search->store, error);
    return status;
}

enum status shard_search_find(struct shard_search *search, struct error *error) {
    enum status status =
        shard_results_read(search->folder, search->config, &search->results, error);
    if (status == STATUS_OK)
        status = searching_begin(&search->searching, search->config, search->space, error);
    return status == STATUS_OK ? run(search, error) : status;
}

void shard_search_end(struct shard_search *search) {
    campaign_end(search->campaign);
    ledger_close(search->ledger);
    searching_end(&search->searching);
    shard_results_release(&search->results);
    free(search->trials);
    free(search->stopped);
}
