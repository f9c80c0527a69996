#include "store/ledger.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A result that may still become another one. */
struct paused {
    struct trial_result result;
    struct epoch_scores history[];
};

struct ledger {
    struct ledger_request request;
    struct campaign *campaign;
    struct arena arena;     /* of one trial's result */
    struct paused **paused; /* by trial; NULL: none */
    size_t paused_count;
    double *points; /* dimensions each, by setting; the first is infinite where there is none */
    size_t point_count;
};

static bool keeps_points(const struct ledger *ledger) {
    return ledger->request.dimensions > 0;
}

/* Room for the points of so many settings. */
static bool reserve_points(struct ledger *ledger, size_t count) {
    const size_t dimensions = ledger->request.dimensions;
    if (count <= ledger->point_count)
        return true;
    const size_t capacity = count > 2 * ledger->point_count ? count : 2 * ledger->point_count;
    double *grown = realloc(ledger->points, capacity * dimensions * sizeof *grown);
    if (!grown)
        return false;
    for (size_t i = ledger->point_count * dimensions; i < capacity * dimensions; i++)
        grown[i] = (double)INFINITY;
    ledger->points = grown;
    ledger->point_count = capacity;
    return true;
}

static enum status put_point(struct ledger *ledger, size_t setting, const double *point,
                             struct error *error) {
    if (!reserve_points(ledger, setting + 1))
        return error_memory(error);
    memcpy(ledger->points + setting * ledger->request.dimensions, point,
           ledger->request.dimensions * sizeof *point);
    return STATUS_OK;
}

/* "[0, 0.25, null]": null where the dimension does not exist. False for what is none. */
static bool read_point(const char *text, double *point, size_t dimensions) {
    for (size_t i = 0; i < dimensions; i++) {
        char *end;
        if (*text != (i == 0 ? '[' : ','))
            return false;
        text += 1 + strspn(text + 1, " ");
        if (strncmp(text, "null", 4) == 0) {
            point[i] = (double)NAN;
            text += 4;
            continue;
        }
        point[i] = strtod(text, &end);
        if (end == text || !isfinite(point[i]))
            return false;
        text = end;
    }
    return strcmp(text, "]") == 0;
}

static enum status take_point(void *context, size_t trial, const char *text, struct error *error) {
    struct ledger *ledger = context;
    const size_t seeds = ledger->request.sweep->config->repeats;
    double *point = malloc(ledger->request.dimensions * sizeof *point);
    if (!point)
        return error_memory(error);
    enum status status = STATUS_OK;
    /* What was changed to something else is asked for anew. */
    if (trial % seeds == 0 && trial < TRIALS_MAX &&
        read_point(text, point, ledger->request.dimensions))
        status = put_point(ledger, trial / seeds, point, error);
    free(point);
    return status;
}

enum status ledger_open(const struct ledger_request *request, struct ledger **ledger,
                        struct error *error) {
    struct ledger *made = *ledger = calloc(1, sizeof *made);
    if (!made)
        return error_memory(error);
    made->request = *request;
    arena_init(&made->arena);
    return keeps_points(made) && request->sweep->retrain != RETRAIN_ALL
               ? store_points(request->store, take_point, made, error)
               : STATUS_OK;
}

void ledger_close(struct ledger *ledger) {
    if (!ledger)
        return;
    for (size_t i = 0; i < ledger->paused_count; i++)
        free(ledger->paused[i]);
    arena_release(&ledger->arena);
    free(ledger->paused);
    free(ledger->points);
    free(ledger);
}

void ledger_serve(struct ledger *ledger, struct campaign *campaign) {
    ledger->campaign = campaign;
}

bool ledger_asked(void *context, size_t setting, double *point) {
    const struct ledger *ledger = context;
    const size_t dimensions = ledger->request.dimensions;
    const double *known = ledger->points + setting * dimensions;
    if (setting >= ledger->point_count || isinf(known[0]))
        return false;
    memcpy(point, known, dimensions * sizeof *point);
    return true;
}

enum status ledger_note_point(struct ledger *ledger, size_t setting, const double *point,
                              struct error *error) {
    return keeps_points(ledger) ? put_point(ledger, setting, point, error) : STATUS_OK;
}

/* --- what is known --- */

/* Nothing but how it ended. */
static void tell_outcome(const struct ledger *ledger, size_t trial, enum campaign_outcome outcome) {
    const struct campaign_result result = {.trial = trial, .outcome = outcome};
    campaign_take(ledger->campaign, &result);
}

static enum status tell_result(struct ledger *ledger, size_t trial, struct error *error) {
    const struct ledger_request *request = &ledger->request;
    struct trial_scores scores;
    arena_reset(&ledger->arena);
    enum status status =
        store_result(request->store, request->space, trial, &ledger->arena, &scores, error);
    if (status == STATUS_OK && scores.result)
        trial_scores_tell(&scores, request->sweep->config, trial, ledger->campaign);
    return status;
}

static enum status tell_state(struct ledger *ledger, size_t trial, enum store_state state,
                              struct error *error) {
    switch (state) {
    case STORE_MISSING:
        break;
    case STORE_TRAINED:
    case STORE_STOPPED:
        return tell_result(ledger, trial, error);
    case STORE_GIVEN_UP:
        tell_outcome(ledger, trial, CAMPAIGN_FAILED);
        break;
    }
    return STATUS_OK;
}

/* A sweep that is neither searched nor stopped needs no numbers. */
static enum status begin_whole(const struct ledger *ledger, const size_t *trials, size_t count) {
    const struct ledger_request *request = &ledger->request;
    for (size_t i = 0; i < count; i++)
        if (request->left_alone[trials[i]])
            tell_outcome(ledger, trials[i], CAMPAIGN_FAILED);
        else if (!request->missing[trials[i]])
            tell_outcome(ledger, trials[i], CAMPAIGN_TRAINED);
    return STATUS_OK;
}

static void append_point(const double *point, size_t dimensions, struct text *text) {
    for (size_t i = 0; i < dimensions; i++) {
        text_append(text, i == 0 ? "[" : ", ");
        if (isnan(point[i]))
            text_append(text, "null");
        else
            text_printf(text, "%.17g", point[i]);
    }
    text_append(text, "]");
}

/* The points of the trials that are the first of their settings, in the ledger's arena. */
static const char **list_points(struct ledger *ledger, const size_t *trials, size_t count) {
    const size_t seeds = ledger->request.sweep->config->repeats;
    const size_t dimensions = ledger->request.dimensions;
    arena_reset(&ledger->arena);
    const char **points = ARENA_NEW(&ledger->arena, const char *, count);
    struct text text;
    text_init(&text);
    for (size_t i = 0; points && i < count; i++) {
        points[i] = NULL;
        if (trials[i] % seeds > 0)
            continue;
        text_clear(&text);
        append_point(ledger->points + trials[i] / seeds * dimensions, dimensions, &text);
        points[i] = arena_copy(&ledger->arena, text.data);
    }
    const bool failed = text.failed || ledger->arena.failed;
    text_release(&text);
    return failed ? NULL : points;
}

enum status ledger_begin(void *context, const size_t *trials, size_t count, struct error *error) {
    struct ledger *ledger = context;
    const struct ledger_request *request = &ledger->request;
    if (!request->sweep->in_parts)
        return begin_whole(ledger, trials, count);
    const char **points = keeps_points(ledger) ? list_points(ledger, trials, count) : NULL;
    enum store_state *states = calloc(count, sizeof *states);
    if (!states || (keeps_points(ledger) && !points)) {
        free(states);
        return error_memory(error);
    }
    enum status status = store_want_part(request->store, request->sweep, trials, count, points,
                                         states, request->summary, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = tell_state(ledger, trials[i], states[i], error);
    free(states);
    return status;
}

/* --- what comes --- */

/* The slot of a trial's paused result; NULL: out of memory. */
static struct paused **slot_of(struct ledger *ledger, size_t trial) {
    if (trial >= ledger->paused_count) {
        const size_t count = ledger->request.space->trial_count;
        struct paused **grown = realloc(ledger->paused, count * sizeof *grown);
        if (!grown)
            return NULL;
        for (size_t i = ledger->paused_count; i < count; i++)
            grown[i] = NULL;
        ledger->paused = grown;
        ledger->paused_count = count;
    }
    return &ledger->paused[trial];
}

static enum status pause(struct ledger *ledger, const struct trial_result *result,
                         struct error *error) {
    const size_t bytes = result->epochs * sizeof *result->history;
    struct paused **slot = slot_of(ledger, result->trial);
    struct paused *paused = malloc(sizeof *paused + bytes);
    if (!slot || !paused) {
        free(paused);
        return error_memory(error);
    }
    paused->result = *result;
    memcpy(paused->history, result->history, bytes);
    paused->result.history = paused->history;
    paused->result.weights = NULL;
    paused->result.run = NULL;
    free(*slot);
    *slot = paused;
    return STATUS_OK;
}

static void forget(struct ledger *ledger, size_t trial) {
    if (trial >= ledger->paused_count)
        return;
    free(ledger->paused[trial]);
    ledger->paused[trial] = NULL;
}

enum status ledger_take_up(struct ledger *ledger, const size_t *trials, size_t count,
                           struct error *error) {
    return ledger->request.sweep->in_parts
               ? store_take_up(ledger->request.store, trials, count, error)
               : STATUS_OK;
}

enum status ledger_put(struct ledger *ledger, const struct trial_result *result,
                       struct error *error) {
    const struct ledger_request *request = &ledger->request;
    const struct config *config = request->sweep->config;
    const struct trial_scores scores = {result, config->metric_count, config->metrics};
    trial_scores_tell(&scores, config, result->trial, ledger->campaign);
    if (result->outcome == TRIAL_PAUSED)
        return pause(ledger, result, error);
    forget(ledger, result->trial);
    return store_put(request->store, config, request->space, result, error);
}

/* --- who is stopped --- */

/* A score as it is, of one that is to be minimised. */
static double natural(const struct config *config, double score) {
    return config->maximize ? -score : score;
}

static void append_reason(const struct config *config, const struct stopper_verdict *verdict,
                          struct text *text) {
    const char *rule = config->early_terminate.rule, *score = config->score.name;
    const double had = natural(config, verdict->score), needed = natural(config, verdict->needed);
    if (verdict->fate == STOPPER_DIVERGED)
        text_printf(text, "%s, epoch %zu: it had diverged", rule, verdict->epochs);
    else if (!isnan(verdict->p))
        text_printf(text, "%s, after %zu seeds: mean %s %.6g is not the best, %.6g (p = %.2g)",
                    rule, verdict->seeds, score, had, needed, verdict->p);
    else if (strcmp(rule, "median") == 0)
        text_printf(text, "%s, epoch %zu: its best %s, %.6g, is worse than the median, %.6g", rule,
                    verdict->epochs, score, had, needed);
    else
        text_printf(text, "%s, epoch %zu: %s %.6g; what went on had %.6g or %s", rule,
                    verdict->epochs, score, had, needed, config->maximize ? "more" : "less");
}

enum status ledger_stop(void *context, size_t trial, size_t epochs,
                        const struct stopper_verdict *verdict, struct error *error) {
    struct ledger *ledger = context;
    const struct ledger_request *request = &ledger->request;
    struct paused *paused = trial < ledger->paused_count ? ledger->paused[trial] : NULL;
    struct text reason;
    text_init(&reason);
    append_reason(request->sweep->config, verdict, &reason);
    enum status status =
        reason.failed ? error_memory(error)
                      : store_note_stopped(request->store, trial, epochs, reason.data, error);
    text_release(&reason);
    if (status == STATUS_OK && paused) {
        paused->result.outcome = TRIAL_STOPPED;
        status = store_put(request->store, request->sweep->config, request->space, &paused->result,
                           error);
        forget(ledger, trial);
    }
    return status;
}
