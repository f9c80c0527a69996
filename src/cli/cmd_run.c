#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/preparation.h"

#include "report/leaderboard.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "store/store.h"
#include "sweep/plan.h"
#include "sweep/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_ROWS 10
#define CHECKPOINT_SECONDS 15
#define CHECKPOINT_SECONDS_MAX 86400

struct arguments {
    struct preparation preparation;
    const char *path;        /* of the database */
    long checkpoint_seconds; /* from one to the next */
};

static const struct argp_option options[] = {
    {"db", 'o', "FILE", 0, "Keep the results in FILE (default: results/sweep.db)", 0},
    {"checkpoint-seconds", 'c', "N", 0,
     "Keep the state of what takes long every N seconds, so that a crash costs no more than that "
     "(default: 15; 0: after every epoch)",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->preparation;
        return 0;
    case 'o':
        arguments->path = argument;
        return 0;
    case 'c':
        arguments->checkpoint_seconds =
            command_number(state, argument, "--checkpoint-seconds", 0, CHECKPOINT_SECONDS_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&preparation_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc = "Train the trials of CONFIG that have no result yet, and print the leaderboard."
           "\vTrials already in the database are not trained again. Ctrl-C ends after the running "
           "epochs and keeps what is finished, and the state of what is not; a second Ctrl-C ends "
           "at once. Run the same command again to go on.\n\nExit status: 0 all trained, 1 some "
           "trials failed, 2 wrong usage, 65 bad config or data, 74 input/output error, 75 "
           "incomplete: run it again (after SIGUSR1 or SIGXCPU), 130 interrupted by Ctrl-C, 143 by "
           "SIGTERM.",
    .children = children,
};

/* What the sink needs: where results go, and what is shown of them. */
struct running {
    struct arguments *arguments;
    struct store *store;
    struct checkpoints *checkpoints;
    struct progress_line line;
    struct kept kept;          /* of the runs, for the next time */
    size_t failed;             /* trials */
    struct error first_failed; /* why the first of them did */
    double seconds;            /* of training, so far */
};

/* A result's value of the sweep's metric. */
static double metric_value(const struct config *config, const struct trial_result *result) {
    if (result->outcome != TRIAL_COMPLETED)
        return (double)NAN;
    const struct epoch_scores *last = &result->history[result->epochs - 1];
    const char *name = config->metric;
    const struct scores *scores = &last->train;
    if (strncmp(name, "val_", 4) == 0) {
        scores = &last->validation;
        name += 4;
    } else if (strncmp(name, "test_", 5) == 0) {
        scores = &result->test;
        name += 5;
    }
    if (strcmp(name, "loss") == 0)
        return scores->loss;
    for (size_t i = 0; i < config->metric_count; i++)
        if (strcmp(config->metrics[i]->name, name) == 0)
            return scores->metrics[i];
    return scores->accuracy;
}

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct running *running = context;
    const struct preparation *preparation = &running->arguments->preparation;
    if (result->outcome == TRIAL_FAILED && running->failed++ == 0)
        running->first_failed = result->error;
    progress_note(&running->line, metric_value(&preparation->config, result));
    return store_put(running->store, &preparation->config, &preparation->space, result, error);
}

/* What became of the checkpoints, a line each. */
static void print_notes(struct running *running) {
    struct text notes;
    text_init(&notes);
    checkpoints_take_notes(running->checkpoints, &notes);
    if (notes.length > 0)
        progress_clear(&running->line);
    for (const char *line = notes.data; *line;) {
        char safe[5000], whole[5000];
        const size_t length = strcspn(line, "\n");
        snprintf(whole, sizeof whole, "%.*s", (int)length, line);
        fprintf(stderr, "sweep: checkpoint %s\n", terminal_safe(whole, safe, sizeof safe));
        line += length + (line[length] == '\n');
    }
    text_release(&notes);
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct running *running = context;
    const char *stopping = interruption_tell();
    running->seconds = progress->seconds;
    if (stopping) {
        progress_clear(&running->line);
        fprintf(stderr, "sweep: %s\n", stopping);
    }
    print_notes(running);
    progress_show(&running->line, progress);
    return store_commit(running->store, error);
}

static void print_time(const struct running *running, const struct plan *plan) {
    char took[32], predicted[32];
    if (running->arguments->preparation.quiet)
        return;
    fprintf(stderr, "trained in %s; predicted: %s\n",
            progress_duration(running->seconds, took, sizeof took),
            progress_duration(plan->seconds, predicted, sizeof predicted));
}

/* "3 runs go on from epoch 12" */
static const char *kept_words(const struct kept *kept, char *buffer, size_t size) {
    const int length = snprintf(buffer, size, "%zu run%s on from epoch%s %zu", kept->count,
                                kept->count == 1 ? " goes" : "s go",
                                kept->first == kept->last ? "" : "s", kept->first);
    if (kept->first != kept->last && length > 0 && (size_t)length < size)
        snprintf(buffer + length, size - (size_t)length, " to %zu", kept->last);
    return buffer;
}

/* A prediction that was far off was made while the machine did something else: it is not kept. */
static void judge_prediction(const struct running *running, const struct plan *plan) {
    const double ratio = running->seconds / plan->seconds;
    if (running->seconds > 1 && (ratio > 1.25 || ratio < 0.8))
        calibration_forget(running->arguments->preparation.calibration);
}

static void print_plan(const struct preparation *preparation, const struct plan *plan) {
    const struct space *space = &preparation->space;
    const size_t done = space->trial_count - plan->trial_count;
    const size_t repeats = preparation->config.repeats;
    const struct kept kept = plan_kept(plan);
    char duration[32], words[96];
    if (preparation->quiet)
        return;
    fprintf(stderr, "%zu trial%s: %zu setting%s x %zu seed%s", space->trial_count,
            text_plural(space->trial_count), space->setting_count,
            text_plural(space->setting_count), repeats, text_plural(repeats));
    if (plan->trial_count == 0) {
        fputs("; all trained already\n", stderr);
        return;
    }
    if (done > 0)
        fprintf(stderr, "; %zu trained already", done);
    fprintf(stderr, "\n%zu run%s in %zu cohort%s on %zu thread%s, about %s\n", plan->run_count,
            text_plural(plan->run_count), plan->cohort_count, text_plural(plan->cohort_count),
            plan->jobs, text_plural(plan->jobs),
            progress_duration(plan->seconds, duration, sizeof duration));
    if (kept.count > 0)
        fprintf(stderr, "%s\n", kept_words(&kept, words, sizeof words));
}

static enum status print_board(struct running *running, struct leaderboard *board,
                               struct error *error) {
    struct arena *arena = &running->arguments->preparation.arena;
    enum status status = store_leaderboard(running->store, store_sweep(running->store), NULL,
                                           SHOWN_ROWS, arena, board, error);
    return status == STATUS_OK ? leaderboard_print(stdout, board, arena, error) : status;
}

/* Train and store; then show what there is, even after an interruption. */
static enum status train(struct running *running, struct error *error) {
    const struct preparation *preparation = &running->arguments->preparation;
    struct arena *arena = &running->arguments->preparation.arena;
    const size_t count = preparation->space.trial_count;
    struct plan plan;
    bool *missing = ARENA_NEW(arena, bool, count);
    if (!missing)
        return error_memory(error);
    enum status status = store_begin_sweep(
        running->store, &preparation->config, &preparation->dataset, &preparation->space,
        preparation->warnings.data, preparation->jobs, missing, error);
    if (status == STATUS_OK)
        status = plan_make(&preparation->config, &preparation->space, &preparation->dataset,
                           missing, preparation->jobs, preparation->calibration,
                           running->checkpoints, arena, &plan, error);
    if (status != STATUS_OK)
        return status;
    print_plan(preparation, &plan);
    print_notes(running);
    const struct sink sink = {running, take_trial, take_tick};
    if (plan.trial_count > 0)
        status = schedule_run(&plan, interruption_requested(), &sink, error);
    progress_clear(&running->line);
    print_notes(running); /* of the last epochs, which no tick told after a failure */
    running->kept = plan_kept(&plan);
    if (status == STATUS_OK && plan.trial_count > 0) {
        print_time(running, &plan);
        judge_prediction(running, &plan);
    }
    return status;
}

/* What the leaderboard does not say. */
static void print_end(const struct running *running, const struct leaderboard *board,
                      bool interrupted) {
    const size_t left = board->trials - board->completed - board->diverged;
    char path[4096], reason[1100], words[96];
    if (!running->arguments->preparation.quiet)
        fprintf(stderr, "\nresults: %s\n",
                terminal_safe(running->arguments->path, path, sizeof path));
    if (running->failed > 0)
        fprintf(stderr, "sweep: %zu trial%s failed: %s\n", running->failed,
                text_plural(running->failed),
                terminal_safe(running->first_failed.message, reason, sizeof reason));
    if (!interrupted)
        return;
    fprintf(stderr, "sweep: interrupted; the same command trains the %zu trial%s %s left", left,
            text_plural(left), left == 1 ? "that is" : "that are");
    if (running->kept.count > 0)
        fprintf(stderr, "; %s", kept_words(&running->kept, words, sizeof words));
    fputs("\n", stderr);
}

static int finish(struct running *running, enum status status, struct error *error) {
    struct leaderboard board = {0};
    struct error second;
    if (status != STATUS_OK && status != STATUS_INTERRUPTED)
        return command_fail(error);
    if (status == STATUS_OK && (status = store_finish_sweep(running->store, error)) != STATUS_OK)
        return command_fail(error);
    if (print_board(running, &board, &second) != STATUS_OK)
        return command_fail(&second);
    command_flush();
    print_end(running, &board, status == STATUS_INTERRUPTED);
    if (status == STATUS_INTERRUPTED)
        return interruption_exit_code();
    return board.failed > 0 ? 1 : 0;
}

static enum status open_files(struct running *running, struct error *error) {
    const struct arguments *arguments = running->arguments;
    interruption_catch(); /* before the first write, so that the database is closed in order */
    enum status status = store_open(arguments->path, &running->store, error);
    if (status == STATUS_OK)
        status = checkpoints_open(arguments->path, (double)arguments->checkpoint_seconds,
                                  &running->checkpoints, error);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.path = "results/sweep.db",
                                  .checkpoint_seconds = CHECKPOINT_SECONDS};
    struct running running = {.arguments = &arguments};
    struct error error;
    preparation_init(&arguments.preparation);
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int code;
    interruption_shield();
    if (preparation_make(&arguments.preparation, &error) != STATUS_OK ||
        open_files(&running, &error) != STATUS_OK) {
        code = command_fail(&error);
    } else {
        const struct config *config = &arguments.preparation.config;
        progress_init(&running.line, stderr, !arguments.preparation.quiet, config->metric,
                      config->maximize);
        enum status status = train(&running, &error);
        code = finish(&running, status, &error);
    }
    store_close(running.store);
    checkpoints_close(running.checkpoints);
    preparation_release(&arguments.preparation);
    return code;
}

const struct command command_run = {"run", "CONFIG [OPTION...]", "train a config's trials", options,
                                    run};
