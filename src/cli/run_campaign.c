#include "cli/run_campaign.h"

#include "cli/command.h"
#include "cli/forecast.h"
#include "cli/interruption.h"
#include "cli/live.h"
#include "cli/searching.h"
#include "report/messages.h"
#include "report/terminal.h"
#include "store/ledger.h"
#include "store/models.h"
#include "store/unfinished.h"
#include "train/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A campaign on its way. */
struct running {
    struct run_status *run;
    struct sweep_request request;
    struct resume_summary summary;
    bool *missing, *left_alone;    /* of a sweep that is not in parts */
    bool *wanted, *left_alone_now; /* of the plan at hand */
    size_t room;                   /* trials that these have room for */
    size_t taken;                  /* results of an earlier run that are told of */
    struct arena arena;            /* of the plan at hand */
    struct ledger *ledger;
    struct unfinished_trials *trials; /* that have no result yet, for who looks on */
    struct searching searching;
    struct campaign *campaign;
    struct plan plan;
};

enum status run_note_fault(struct run_status *run, enum status status, const struct error *error) {
    if (status == STATUS_OK || run->fault.code != STATUS_OK)
        return STATUS_OK;
    run->fault = *error;
    checkpoints_hold(run->checkpoints); /* of results that are in the spool alone */
    interruption_request();
    command_fail(error);
    return STATUS_OK;
}

/* --- results --- */

/* Where settings measure several quantities none is the best. */
static void note_score(const struct run_status *run, double score) {
    if (run->preparation->quantity_count < 2)
        progress_note(&run->preparation->line, score);
}

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct running *running = context;
    struct run_status *run = running->run;
    if (result->outcome == TRIAL_FAILED && run->failed++ == 0)
        run->first_failed = result->error;
    if (result->outcome != TRIAL_PAUSED) {
        run->ended++;
        unfinished_drop(running->trials, result->trial);
    } else {
        unfinished_put(running->trials, result);
    }
    run->left -= result->outcome != TRIAL_FAILED && !running->request.in_parts;
    note_score(run, model_policy_score(&run->preparation->config, result));
    return run_note_fault(run, ledger_put(running->ledger, result, error), error);
}

static void take_shown(void *context, const struct trial_result *result) {
    const struct running *running = context;
    unfinished_put(running->trials, result);
}

static bool wants_weights(void *context, const struct trial_result *result) {
    const struct running *running = context;
    return model_policy_wants(&running->run->policy, result);
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct running *running = context;
    struct run_status *run = running->run;
    const char *stopping = interruption_tell();
    run->seconds = run->seconds_before + progress->seconds;
    run->cpu_seconds = progress->cpu_seconds;
    const enum status status = run_note_fault(run, store_commit(run->store, error), error);
    unfinished_write(running->trials);
    if (stopping)
        terminal_print(stderr, 2, "sweep: %s", stopping);
    run_status_print_notes(run);
    run_status_print_copies(run);
    run_status_show_progress(run, progress);
    return status;
}

/* --- the trainer --- */

/* Measurements that were far off, by the time that the threads ran for, are not kept. */
static void judge_prediction(const struct run_status *run, const struct plan *plan) {
    const double ratio = run->cpu_seconds / plan->work;
    if (run->cpu_seconds > 1 && (ratio > 1.25 || ratio < 0.8))
        calibration_forget(run->preparation->calibration);
}

/* Trials that were begun or stopped since the last plan may have left checkpoints behind, all
 * others keep theirs. The marks are made here for as many trials as there are. */
static enum status reserve(struct running *running, struct error *error) {
    const size_t trials = running->run->preparation->space.trial_count;
    if (trials <= running->room)
        return STATUS_OK;
    bool *wanted = realloc(running->wanted, 2 * trials * sizeof *wanted);
    running->wanted = wanted ? wanted : running->wanted;
    bool *alone = realloc(running->left_alone_now, 2 * trials * sizeof *alone);
    running->left_alone_now = alone ? alone : running->left_alone_now;
    if (!wanted || !alone)
        return error_memory(error);
    for (size_t i = running->room; i < 2 * trials; i++)
        alone[i] = true;
    running->room = 2 * trials;
    return STATUS_OK;
}

static enum status request_plan(struct running *running, const size_t *trials, size_t count,
                                size_t limit, struct plan_request *request, struct error *error) {
    const struct space *space = &running->run->preparation->space;
    *request = (struct plan_request){.checkpoints = running->run->checkpoints, .limit = limit};
    enum status status = reserve(running, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < space->trial_count; i++)
        running->wanted[i] = false;
    for (size_t i = 0; i < count; i++)
        running->wanted[trials[i]] = true;
    request->wanted = running->wanted;
    request->left_alone = running->left_alone;
    if (!running->request.in_parts)
        return STATUS_OK;
    request->left_alone = running->left_alone_now;
    while (request->settled < space->trial_count && running->left_alone_now[request->settled])
        request->settled++;
    /* A stop has to be safe before the state of what was stopped goes. */
    return run_note_fault(running->run, store_commit(running->run->store, error), error);
}

static enum status make_plan(struct running *running, const size_t *trials, size_t count,
                             size_t limit, struct error *error) {
    struct run_status *run = running->run;
    struct plan_request request;
    arena_reset(&running->arena);
    enum status status = request_plan(running, trials, count, limit, &request, error);
    if (status == STATUS_OK)
        status =
            preparation_plan(run->preparation, request, &running->arena, &running->plan, error);
    for (size_t i = request.settled; running->request.in_parts && i < running->room; i++)
        running->left_alone_now[i] = true;
    if (status == STATUS_OK)
        status = model_policy_init(&run->policy, &run->preparation->config,
                                   &run->preparation->space, &running->arena, error);
    /* Trials that were trained earlier compete with those to come for whose weights are kept. */
    if (status == STATUS_OK && !running->request.in_parts)
        status = store_best_trained(run->store, &run->policy, error);
    if (status == STATUS_OK && run->policy.quantity_count == 1 && run->policy.candidates->count > 0)
        note_score(run, run->policy.candidates->items[0].score);
    return status;
}

static enum status train(void *context, const size_t *trials, size_t count, size_t limit,
                         struct error *error) {
    struct running *running = context;
    struct run_status *run = running->run;
    const struct sink sink = {running, take_trial, take_tick, wants_weights, take_shown};
    enum status status = make_plan(running, trials, count, limit, error);
    if (status == STATUS_OK && !running->request.in_parts)
        status = preparation_check_memory(run->preparation, &running->plan, true, error);
    if (status == STATUS_OK)
        status = run_note_fault(run, ledger_take_up(running->ledger, trials, count, error), error);
    if (status != STATUS_OK)
        return status;
    const struct plan *plan = &running->plan;
    run->step_epochs = 0;
    for (size_t i = 0; i < plan->run_count; i++)
        run->step_epochs += (double)plan_left(plan, &plan->runs[i]);
    if (!running->request.in_parts) {
        run->left = plan->trial_count;
        run_status_print_plan(run, plan, &running->summary);
        preparation_warn_long(plan->seconds);
    }
    run_status_print_notes(run);
    status = schedule_run(plan, interruption_requested(), &sink, error);
    run->seconds_before = run->seconds;
    run->spent += run->step_epochs;
    run->images += run->last_images;
    run->last_images = 0;
    run->kept = plan_kept(plan);
    if (!running->request.in_parts)
        progress_end(&run->preparation->line);
    run_status_print_notes(run); /* of the last epochs, which no tick told after a failure */
    if (status == STATUS_OK && !running->request.in_parts)
        run_status_print_time(run, plan);
    if (status == STATUS_OK)
        judge_prediction(run, plan);
    return status;
}

/* What a run that was killed left of trials that are done since. */
static enum status clean_up(struct running *running, struct error *error) {
    struct run_status *run = running->run;
    const size_t trials = run->preparation->space.trial_count;
    enum status status = STATUS_OK;
    if (!checkpoints_exist(run->checkpoints) || run->fault.code != STATUS_OK)
        return STATUS_OK;
    status = run_note_fault(run, store_commit(run->store, error), error);
    if (status == STATUS_OK)
        status = reserve(running, error);
    for (size_t i = 0; i < trials && status == STATUS_OK; i++) {
        running->wanted[i] = false;
        running->left_alone_now[i] = !campaign_is_settled(running->campaign, i);
    }
    const struct plan_request none = {.wanted = running->wanted,
                                      .left_alone = running->left_alone_now,
                                      .checkpoints = run->checkpoints};
    arena_reset(&running->arena);
    if (status == STATUS_OK && run->fault.code == STATUS_OK)
        status = preparation_plan(run->preparation, none, &running->arena, &running->plan, error);
    return status;
}

/* --- the space --- */

static enum status add_setting(void *context, const double *point, struct error *error) {
    struct running *running = context;
    struct space *space = &running->run->preparation->space;
    enum space_answer answer;
    size_t setting = 0;
    enum status status = ledger_note_point(running->ledger, space->setting_count, point, error);
    if (status == STATUS_OK)
        status = space_add(space, point, &answer, &setting, error);
    return status;
}

static size_t epochs_of(void *context, size_t setting) {
    const struct running *running = context;
    return searching_epochs(&running->run->preparation->space, setting);
}

/* --- all of it --- */

static void begins(void *context, const struct campaign_step *step) {
    const struct running *running = context;
    run_status_begin_step(running->run, step);
}

static void looked(void *context, const struct campaign_step *step) {
    const struct running *running = context;
    run_status_print_step(running->run, step);
}

static void knows(void *context, double score) {
    const struct running *running = context;
    note_score(running->run, running->run->preparation->config.maximize ? -score : score);
}

static enum status stop_trial(void *context, size_t trial, size_t epochs,
                              const struct stopper_verdict *verdict, struct error *error) {
    struct running *running = context;
    running->left_alone_now[trial] = false;
    unfinished_drop(running->trials, trial);
    running->run->ended += verdict->seeds == 1 && verdict->fate == STOPPER_WORSE;
    return run_note_fault(running->run, ledger_stop(running->ledger, trial, epochs, verdict, error),
                          error);
}

static bool asked(void *context, size_t setting, double *point) {
    const struct running *running = context;
    return ledger_asked(running->ledger, setting, point);
}

static enum status begin_trials(void *context, const size_t *trials, size_t count,
                                struct error *error) {
    struct running *running = context;
    const enum status status = reserve(running, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        running->left_alone_now[trials[i]] = false;
    return status == STATUS_OK ? ledger_begin(running->ledger, trials, count, error) : status;
}

/* What there is of trials of a sweep in parts shows only as they come. */
static void print_found(const struct running *running) {
    const struct spool_report *spool = store_spool_report(running->run->store);
    const struct spool_report taken = {.taken = spool->taken - running->taken, .path = spool->path};
    messages_print_spool(stderr, &taken, running->run->preparation->quiet);
    const struct resume_summary found = {.given_up = running->summary.given_up,
                                         .repaired = running->summary.repaired};
    messages_print_resume(stderr, &found, running->run->preparation->quiet);
}

static enum status run_all(struct running *running, struct error *error) {
    struct preparation *preparation = running->run->preparation;
    struct campaign_request request =
        searching_request(&running->searching, &preparation->config, &preparation->space);
    request.space = (struct campaign_space){running, add_setting, epochs_of};
    request.ledger = (struct campaign_ledger){running, asked, begin_trials, stop_trial};
    request.trainer = (struct campaign_trainer){running, train};
    request.watch = (struct campaign_watch){running, begins, looked, knows};
    enum status status = campaign_begin(&request, &running->campaign, error);
    if (status != STATUS_OK)
        return status;
    ledger_serve(running->ledger, running->campaign);
    status = campaign_run(running->campaign, error);
    if (status == STATUS_OK)
        status = clean_up(running, error);
    if (status == STATUS_OK && running->request.in_parts)
        run_status_end_progress(running->run);
    progress_end(&preparation->line);
    if (status == STATUS_OK && running->request.in_parts)
        run_status_print_search_end(running->run, campaign_summary(running->campaign));
    if (running->request.in_parts)
        print_found(running);
    return status;
}

/* What a sweep in parts may take. One that there is no memory for is not begun. */
static enum status look_ahead(struct run_status *run, struct error *error) {
    struct plan sample;
    enum status status = preparation_plan_sample(run->preparation, &sample, error);
    if (status == STATUS_OK)
        status = preparation_check_memory(run->preparation, &sample, true, error);
    if (status == STATUS_OK)
        run->forecast = forecast_make(run->preparation, &sample);
    return status;
}

/* Say what there is and what is to come. */
static void introduce(const struct running *running) {
    struct run_status *run = running->run;
    struct preparation *preparation = run->preparation;
    messages_print_resume(stderr, &running->summary, preparation->quiet);
    if (running->request.in_parts) {
        run_status_print_search(run);
        preparation_warn_long(run->forecast.seconds);
    } else if (running->summary.trained + running->summary.given_up ==
               preparation->space.trial_count) {
        run_status_print_done(run, &running->summary);
    }
}

/* What earlier sweeps have to do with this one. */
static enum status look_at_earlier(struct run_status *run, struct error *error) {
    struct preparation *preparation = run->preparation;
    struct earlier_sweep earlier;
    const enum status status =
        store_earlier_sweep(run->store, &preparation->config, &preparation->dataset,
                            &preparation->arena, &earlier, error);
    progress_end(&preparation->line);
    if (status == STATUS_OK)
        messages_print_earlier(stderr, &earlier, &preparation->config, preparation->quiet);
    return status;
}

static enum status begin(struct running *running, enum retrain retrain, struct error *error) {
    struct run_status *run = running->run;
    struct preparation *preparation = run->preparation;
    const size_t trials = preparation->space.trial_count;
    running->request = (struct sweep_request){.config = &preparation->config,
                                              .dataset = &preparation->dataset,
                                              .space = &preparation->space,
                                              .warnings = preparation->warnings.data,
                                              .jobs = (size_t)preparation->jobs,
                                              .retrain = retrain,
                                              .arguments = run->command_line.data,
                                              .in_parts = !forecast_is_whole(&preparation->config)};
    run->in_parts = running->request.in_parts;
    running->missing = ARENA_NEW(&preparation->arena, bool, trials + 1);
    running->left_alone = ARENA_NEW(&preparation->arena, bool, trials + 1);
    if (!running->missing || !running->left_alone || run->command_line.failed)
        return error_memory(error);
    if (retrain == RETRAIN_ALL)
        checkpoints_start_again(run->checkpoints);
    enum status status = run->in_parts ? look_ahead(run, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = look_at_earlier(run, error);
    if (status != STATUS_OK)
        return status;
    status = store_begin_sweep(run->store, &running->request, running->missing, &running->summary,
                               error);
    messages_print_spool(stderr, store_spool_report(run->store), preparation->quiet);
    if (status == STATUS_OK)
        status = unfinished_open(run->path, run->store, &preparation->config, &preparation->space,
                                 &running->trials, error);
    if (status == STATUS_OK && run->page)
        status = live_start(run->path, store_sweep(run->store), run->page, &run->renewer, error);
    running->taken = store_spool_report(run->store)->taken;
    if (status == STATUS_OK && !running->request.in_parts)
        status = store_left_alone(run->store, trials, running->left_alone, error);
    if (status == STATUS_OK)
        introduce(running);
    return status == STATUS_OK ? searching_begin(&running->searching, &preparation->config,
                                                 &preparation->space, error)
                               : status;
}

enum status run_campaign(struct run_status *run, enum retrain retrain, struct error *error) {
    struct running running = {.run = run};
    arena_init(&running.arena);
    enum status status = begin(&running, retrain, error);
    const struct ledger_request request = {
        .store = run->store,
        .sweep = &running.request,
        .space = &run->preparation->space,
        .dimensions =
            running.searching.strategy ? space_domain(&run->preparation->space)->count : 0,
        .missing = running.missing,
        .left_alone = running.left_alone,
        .summary = &running.summary,
    };
    if (status == STATUS_OK)
        status = ledger_open(&request, &running.ledger, error);
    if (status == STATUS_OK)
        status = run_all(&running, error);
    campaign_end(running.campaign);
    ledger_close(running.ledger);
    unfinished_close(running.trials, status != STATUS_OK);
    searching_end(&running.searching);
    arena_release(&running.arena);
    free(running.wanted);
    free(running.left_alone_now);
    return status;
}
