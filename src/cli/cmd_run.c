#include "cli/command.h"
#include "cli/preparation.h"

#include "report/leaderboard.h"
#include "report/news.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "store/store.h"
#include "sweep/plan.h"
#include "sweep/schedule.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_ROWS 10

struct arguments {
    struct preparation preparation;
    const char *path; /* of the database */
    enum retrain retrain;
};

#define KEY_RETRY_FAILED 256
#define KEY_FRESH 257

static const struct argp_option options[] = {
    {"db", 'o', "FILE", 0, "Keep the results in FILE (default: results/sweep.db)", 0},
    {"retry-failed", KEY_RETRY_FAILED, NULL, 0,
     "Train failed trials again, however often they failed", 0},
    {"fresh", KEY_FRESH, NULL, 0, "Forget what the config's trials gave, and train them all anew",
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
    case KEY_RETRY_FAILED:
    case KEY_FRESH:
        if (arguments->retrain != RETRAIN_SOME)
            argp_error(state, "--fresh trains failed trials as well: one of it and --retry-failed");
        arguments->retrain = key == KEY_FRESH ? RETRAIN_ALL : RETRAIN_FAILED;
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
    .doc =
        "Train the trials of CONFIG that have no result yet, and print the leaderboard."
        "\vTrials already in the database are not trained again. Ctrl-C ends after the running "
        "epochs and keeps what is finished; a second Ctrl-C ends at once. Run the same command "
        "again to go on. A trial that failed three times in a row is left alone.\n\n"
        "Exit status: 0 all trained, 1 some trials failed, 2 wrong usage, 65 bad config, data or "
        "database, 74 input/output error, 75 the database is in use, 130 interrupted by Ctrl-C.",
    .children = children,
};

static atomic_int stop; /* the signal that asked to stop, or 0 */

#define STOP_FAULT (-1) /* nobody's signal: the database failed */

static void on_signal(int number) {
    if (atomic_load(&stop) > 0)
        _exit(128 + number);
    atomic_store(&stop, number);
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A file that may not grow is an error to report, not a reason to die. */
    signal(SIGXFSZ, SIG_IGN);
}

/* What the sink needs: where results go, and what is shown of them. */
struct running {
    struct arguments *arguments;
    struct store *store;
    struct progress_line line;
    bool announced;            /* the stop has been acknowledged */
    size_t failed;             /* trials */
    struct error first_failed; /* why the first of them did */
    double seconds;            /* of training, so far */
    size_t left;               /* trials without a result */
    struct error fault;        /* of the database; code STATUS_OK: none */
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

/* The database failed: its results go to a spool from now on, those of the running epochs as well,
 * which is why the schedule is stopped and not failed. */
static enum status note_fault(struct running *running, enum status status,
                              const struct error *error) {
    if (status == STATUS_OK || running->fault.code != STATUS_OK)
        return STATUS_OK;
    int none = 0;
    running->fault = *error;
    atomic_compare_exchange_strong(&stop, &none, STOP_FAULT);
    progress_clear(&running->line);
    command_fail(error);
    return STATUS_OK;
}

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct running *running = context;
    const struct preparation *preparation = &running->arguments->preparation;
    if (result->outcome == TRIAL_FAILED && running->failed++ == 0)
        running->first_failed = result->error;
    running->left -= result->outcome != TRIAL_FAILED;
    progress_note(&running->line, metric_value(&preparation->config, result));
    return note_fault(
        running,
        store_put(running->store, &preparation->config, &preparation->space, result, error), error);
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct running *running = context;
    running->seconds = progress->seconds;
    const int why = atomic_load(&stop);
    if (why != 0 && !running->announced) {
        progress_clear(&running->line);
        fprintf(stderr, "sweep: stopping after the running epochs%s\n",
                why > 0 ? "; once more to stop at once" : "");
        running->announced = true;
    }
    progress_show(&running->line, progress);
    return note_fault(running, store_commit(running->store, error), error);
}

static void print_time(const struct running *running, const struct plan *plan) {
    char took[32], predicted[32];
    if (running->arguments->preparation.quiet)
        return;
    fprintf(stderr, "trained in %s; predicted: %s\n",
            progress_duration(running->seconds, took, sizeof took),
            progress_duration(plan->seconds, predicted, sizeof predicted));
}

static void print_plan(const struct preparation *preparation, const struct plan *plan,
                       const struct outlook *outlook) {
    const struct space *space = &preparation->space;
    const size_t repeats = preparation->config.repeats;
    char duration[32];
    if (preparation->quiet)
        return;
    fprintf(stderr, "%zu trial%s: %zu setting%s x %zu seed%s", space->trial_count,
            text_plural(space->trial_count), space->setting_count,
            text_plural(space->setting_count), repeats, text_plural(repeats));
    if (outlook->trained == space->trial_count) {
        fputs("; all trained already\n", stderr);
        return;
    }
    if (outlook->trained > 0)
        fprintf(stderr, "; %zu trained already", outlook->trained);
    if (plan->trial_count > 0)
        fprintf(stderr, "\n%zu run%s in %zu cohort%s on %zu thread%s, about %s", plan->run_count,
                text_plural(plan->run_count), plan->cohort_count, text_plural(plan->cohort_count),
                plan->jobs, text_plural(plan->jobs),
                progress_duration(plan->seconds, duration, sizeof duration));
    fputc('\n', stderr);
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
    const struct sweep_request request = {&preparation->config, &preparation->dataset,
                                          &preparation->space,  preparation->warnings.data,
                                          preparation->jobs,    running->arguments->retrain};
    struct outlook outlook;
    struct plan plan;
    bool *missing = ARENA_NEW(arena, bool, count);
    if (!missing)
        return error_memory(error);
    news_print_spool(stderr, store_spool_news(running->store), preparation->quiet);
    enum status status = store_begin_sweep(running->store, &request, missing, &outlook, error);
    if (status == STATUS_OK)
        status = plan_make(&preparation->config, &preparation->space, &preparation->dataset,
                           missing, preparation->jobs, arena, &plan, error);
    if (status != STATUS_OK)
        return status;
    running->left = plan.trial_count;
    news_print_outlook(stderr, &outlook, preparation->quiet);
    print_plan(preparation, &plan, &outlook);
    const struct sink sink = {running, take_trial, take_tick};
    if (plan.trial_count > 0)
        status = schedule_run(&plan, &stop, &sink, error);
    progress_clear(&running->line);
    if (status == STATUS_OK && plan.trial_count > 0)
        print_time(running, &plan);
    return status;
}

/* What the leaderboard does not say. */
static void print_end(const struct running *running, bool interrupted) {
    const size_t left = running->left;
    char path[4096], reason[1100];
    if (!running->arguments->preparation.quiet)
        fprintf(stderr, "\nresults: %s\n",
                terminal_safe(running->arguments->path, path, sizeof path));
    if (running->failed > 0)
        fprintf(stderr, "sweep: %zu trial%s failed: %s\n", running->failed,
                text_plural(running->failed),
                terminal_safe(running->first_failed.message, reason, sizeof reason));
    if (interrupted)
        fprintf(stderr, "sweep: interrupted; the same command trains the %zu trial%s %s left\n",
                left, text_plural(left), left == 1 ? "that is" : "that are");
}

static int finish_fault(const struct running *running) {
    news_print_spooled(stderr, store_spooled(running->store));
    return status_exit_code(running->fault.code);
}

static int finish(struct running *running, enum status status, struct error *error) {
    struct leaderboard board = {0};
    struct error second;
    if (status == STATUS_OK || status == STATUS_INTERRUPTED)
        note_fault(running, store_commit(running->store, &second), &second);
    if (running->fault.code != STATUS_OK)
        return finish_fault(running);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED)
        return command_fail(error);
    if (status == STATUS_OK && (status = store_finish_sweep(running->store, error)) != STATUS_OK)
        return command_fail(error);
    if (print_board(running, &board, &second) != STATUS_OK)
        return command_fail(&second);
    command_flush();
    print_end(running, status == STATUS_INTERRUPTED);
    if (status == STATUS_INTERRUPTED)
        return 128 + atomic_load(&stop);
    return board.failed > 0 || running->failed > 0 ? 1 : 0;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.path = "results/sweep.db"};
    struct running running = {.arguments = &arguments};
    struct error error;
    preparation_init(&arguments.preparation);
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int code;
    enum status status = preparation_make(&arguments.preparation, &error);
    if (status == STATUS_OK) {
        catch_signals(); /* before the first write, so that the database is closed in order */
        status = store_open(arguments.path, &running.store, &error);
    }
    if (status != STATUS_OK) {
        code = command_fail(&error);
    } else {
        const struct config *config = &arguments.preparation.config;
        progress_init(&running.line, stderr, !arguments.preparation.quiet, config->metric,
                      config->maximize);
        status = train(&running, &error);
        code = finish(&running, status, &error);
    }
    store_close(running.store);
    preparation_release(&arguments.preparation);
    return code;
}

const struct command command_run = {"run", "CONFIG [OPTION...]", "train a config's trials", options,
                                    run};
