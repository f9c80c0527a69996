/* What `run` says of a sweep that is searched, or stopped early. */
#include "cli/run_status.h"

#include "report/console.h"
#include "report/terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool quiet(const struct run_status *run) {
    return run->preparation->quiet;
}

/* A line behind which the progress line goes on. */
static void say(const struct run_status *run, struct text *text) {
    if (!quiet(run) && !text->failed) {
        console_status(NULL);
        terminal_print(stderr, 2, "%s", text->data);
    }
    text_release(text);
}

static void append_budget(const struct budget *budget, struct text *text) {
    const char *separator = "; budget: ";
    if (budget->trials > 0) {
        text_printf(text, "%s%zu trials", separator, budget->trials);
        separator = ", ";
    }
    if (budget->epochs > 0) {
        text_printf(text, "%s%" PRIu64 " epochs", separator, budget->epochs);
        separator = ", ";
    }
    if (budget->seconds > 0)
        text_printf(text, "%s%g s of training", separator, budget->seconds);
}

void run_status_print_search(const struct run_status *run) {
    const struct config *config = &run->preparation->config;
    const struct forecast *forecast = &run->forecast;
    const struct space *space = &run->preparation->space;
    char duration[32];
    struct text text;
    text_init(&text);
    if (config->method == METHOD_GRID)
        text_printf(&text, "grid of %zu settings", space->setting_count);
    else
        text_printf(&text, "search by %s, %zu setting%s at a time", method_name(config->method),
                    config->batch, text_plural(config->batch));
    if (config->repeats > 1)
        text_printf(&text, " x %zu seeds", config->repeats);
    if (space->cut_count > 0)
        text_printf(&text, " (%zu more setting%s beyond the budget)", space->cut_count,
                    space->cut_count == 1 ? " is" : "s are");
    append_budget(&config->budget, &text);
    if (config->early_terminate.rule) {
        text_append(&text, "; ");
        forecast_append_stopping(config, &text);
    }
    if (forecast->seconds > 0)
        text_printf(&text, "; about %s",
                    progress_duration(forecast->seconds, duration, sizeof duration));
    say(run, &text);
}

void run_status_begin_step(struct run_status *run, const struct campaign_step *step) {
    const struct config *config = &run->preparation->config;
    struct text text;
    if (step->spent > run->spent)
        run->spent = (double)step->spent;
    if (run->handed_over || config->method != METHOD_GP || !step->chosen_by ||
        strcmp(step->chosen_by, "tpe") != 0)
        return;
    run->handed_over = true;
    text_init(&text);
    text_printf(&text,
                "from batch %zu on settings are chosen by tpe: gp's own time grows with the square "
                "of the results, of which there are more than %d",
                step->batch, STRATEGY_GP_MAX);
    say(run, &text);
}

static bool stops_at_rungs(const struct config *config) {
    size_t rungs[STOPPER_RUNGS_MAX];
    return early_terminate_rungs(&config->early_terminate, rungs) > 0;
}

void run_status_print_step(struct run_status *run, const struct campaign_step *step) {
    const struct config *config = &run->preparation->config;
    const bool rungs = stops_at_rungs(config);
    struct text text;
    if (!rungs && step->seeds == 1 && step->goes_on == step->count)
        return; /* one seed tells of those alone that diverge */
    text_init(&text);
    if (!rungs)
        text_printf(&text, "after %zu of %zu seeds: %zu of %zu settings go on", step->seeds,
                    config->repeats, step->goes_on, step->count);
    else if (step->finals)
        text_printf(&text, "the best %zu setting%s: %zu seeds each", step->count,
                    text_plural(step->count), step->seeds);
    else if (step->epochs < config->early_terminate.options.epochs)
        text_printf(&text, "batch %zu, epoch %zu: %zu of %zu go on", step->batch, step->epochs,
                    step->goes_on, step->count);
    if (text.length > 0)
        say(run, &text);
    else
        text_release(&text);
}

void run_status_show_progress(struct run_status *run, const struct progress *progress) {
    struct progress whole = *progress;
    const struct forecast *forecast = &run->forecast;
    if (run->in_parts) {
        const double done = run->spent + progress->fraction * run->step_epochs;
        const struct config *config = &run->preparation->config;
        /* With rungs most settings have one seed. */
        const size_t seeds = stops_at_rungs(config) ? 1 : config->repeats;
        const size_t trials = forecast->settings * seeds;
        if (forecast->expected > 0) {
            whole.fraction = fmin(done / forecast->expected, 0.999);
            whole.predicted = forecast->seconds;
        }
        whole.trials = run->ended;
        whole.trial_count = trials > run->ended ? trials : run->ended;
        whole.seconds = run->seconds;
        whole.images += run->images;
    }
    run->last_images = progress->images;
    progress_show(&run->preparation->line, &whole);
}

void run_status_end_progress(struct run_status *run) {
    struct progress done = run->preparation->line.last;
    if (done.seconds <= 0)
        return;
    done.fraction = 1;
    done.trial_count = done.trials = run->ended;
    progress_show(&run->preparation->line, &done);
}

/* Of what is left of a budget: nothing, or not enough for what would come next. */
static const char *budget_end(bool spent) {
    return spent ? "is spent" : "has too little left to be sure of the next step";
}

void run_status_print_search_end(const struct run_status *run,
                                 const struct campaign_summary *summary) {
    const struct config *config = &run->preparation->config;
    const struct budget *budget = &config->budget;
    const char *stopped =
        stops_at_rungs(config) ? "stopped early" : "dropped before their last seed";
    struct text text;
    text_init(&text);
    text_printf(&text, "%zu setting%s tried", summary->settings, text_plural(summary->settings));
    if (config->early_terminate.rule && summary->stopped == 0)
        text_printf(&text, ", none of them %s", stopped);
    else if (summary->stopped > 0)
        text_printf(&text, ", %zu of them %s", summary->stopped, stopped);
    text_printf(&text, ", %" PRIu64 " epochs", summary->epochs);
    switch (summary->ending) {
    case CAMPAIGN_ALL:
        break;
    case CAMPAIGN_EXHAUSTED:
        text_append(&text, "; these are all that there are");
        break;
    case CAMPAIGN_NOT_FOUND:
        text_append(&text, "; among 100,000 others that were drawn none was new and allowed");
        break;
    case CAMPAIGN_BUDGET_TRIALS:
        text_printf(&text, "; the budget of %zu trial%s %s", budget->trials,
                    text_plural(budget->trials),
                    summary->settings * config->repeats == budget->trials
                        ? "is spent"
                        : "has no room for another setting");
        break;
    case CAMPAIGN_BUDGET_EPOCHS:
        text_printf(&text, "; the budget of %" PRIu64 " epochs %s", budget->epochs,
                    budget_end(summary->epochs >= budget->epochs));
        break;
    case CAMPAIGN_BUDGET_SECONDS:
        text_printf(&text, "; the budget of %g s %s (%.3g s of training)", budget->seconds,
                    budget_end(summary->seconds >= budget->seconds), summary->seconds);
        break;
    case CAMPAIGN_FULL:
        text_append(&text, "; a sweep may have no more");
        break;
    }
    say(run, &text);
}
