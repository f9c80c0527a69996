#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/run_campaign.h"
#include "cli/run_status.h"

#include "analysis/pareto.h"
#include "report/best_print.h"
#include "report/console.h"
#include "report/leaderboard_print.h"
#include "report/messages.h"
#include "report/terminal.h"
#include "store/models.h"
#include "store/observations.h"
#include "train/schedule.h"

#include <stdio.h>

#define SHOWN_ROWS 10
#define CHECKPOINT_SECONDS 15
#define CHECKPOINT_SECONDS_MAX 86400

struct arguments {
    struct preparation preparation;
    long checkpoint_seconds; /* from one to the next */
    enum retrain retrain;
};

static const struct option options[] = {
    PREPARATION_OPTIONS(struct arguments, preparation),
    {.name = "checkpoint-seconds",
     .letter = 'c',
     .argument = "N",
     .help = "Keep the state of what takes long every N seconds, so that a crash costs no more "
             "than that (default: 15; 0: after every epoch)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, checkpoint_seconds),
     .maximum = CHECKPOINT_SECONDS_MAX},
    {.name = "fresh",
     .help = "Forget what the config's trials gave, and train them all anew, failed ones as well",
     .kind = OPTION_CHOICE,
     .target = offsetof(struct arguments, retrain),
     .value = RETRAIN_ALL},
    {.name = "retry-failed",
     .help = "Train failed trials again, however often they failed",
     .kind = OPTION_CHOICE,
     .target = offsetof(struct arguments, retrain),
     .value = RETRAIN_FAILED},
    {0},
};

static bool always(void *context, const struct trial_result *result) {
    (void)context;
    (void)result;
    return true;
}

static enum status take_model(void *context, const struct trial_result *result,
                              struct error *error) {
    struct run_status *run = context;
    bool same = false;
    enum status status =
        store_put_model(run->store, &run->preparation->space, result, &same, error);
    run->models_other += status == STATUS_OK && !same;
    return status;
}

static enum status take_model_tick(void *context, const struct progress *progress,
                                   struct error *error) {
    struct run_status *run = context;
    const enum status status = run_note_fault(run, store_commit(run->store, error), error);
    progress_show(&run->preparation->line, progress);
    return status;
}

/* Trials whose weights are to be kept, but were not when they were trained, are trained once more:
 * that gives the same again. */
static enum status train_models(struct run_status *run, struct error *error) {
    struct preparation *preparation = run->preparation;
    struct arena *arena = &preparation->arena;
    const struct space *space = &preparation->space;
    const struct sink sink = {run, take_model, take_model_tick, always};
    struct plan plan;
    bool *lacking = ARENA_NEW(arena, bool, space->trial_count);
    if (!lacking)
        return error_memory(error);
    const struct plan_request to_train = {.wanted = lacking};
    enum status status = store_lacking_models(run->store, space, lacking, &run->models_left, error);
    if (status != STATUS_OK || run->models_left == 0)
        return status;
    status = preparation_plan(preparation, to_train, arena, &plan, error);
    if (status != STATUS_OK)
        return status;
    run_status_print_models(run, &plan);
    status = schedule_run(&plan, interruption_requested(), &sink, error);
    progress_end(&preparation->line);
    if (status == STATUS_OK)
        run->models_left = 0;
    return status;
}

/* What is shown in the end. */
struct ending {
    bool read;
    struct observations observations;
    struct leaderboard board;
    struct pareto pareto;
};

static enum status read_ending(const struct run_status *run, struct ending *ending,
                               struct error *error) {
    struct arena *arena = &run->preparation->arena;
    const struct selection selection = {.sweep = store_sweep(run->store)};
    enum status status =
        store_observations(run->store, &selection, arena, &ending->observations, error);
    if (status == STATUS_OK)
        status =
            pareto_read(run->store, &ending->observations, NULL, arena, &ending->pareto, error);
    /* Of several metrics the set is shown, if there is one yet. */
    const bool set = status == STATUS_OK && ending->pareto.count > 0;
    if (status == STATUS_OK)
        status = leaderboard_of(&ending->observations, false, set ? 0 : SHOWN_ROWS, arena,
                                &ending->board, error);
    if (set && status == STATUS_OK)
        pareto_attach(&ending->pareto, true, SHOWN_ROWS, &ending->board);
    ending->read = status == STATUS_OK;
    return status;
}

/* Keep what there is and read what to show of it, also after an interruption. Returns the exit
 * status. */
static int finish(struct run_status *run, enum status status, struct ending *ending,
                  struct error *error) {
    struct error second;
    if (status == STATUS_OK || status == STATUS_INTERRUPTED)
        run_note_fault(run, store_commit(run->store, &second), &second);
    if (status == STATUS_OK && run->fault.code == STATUS_OK)
        run_note_fault(run, store_finish_sweep(run->store, &second), &second);
    const bool failed = status != STATUS_OK && status != STATUS_INTERRUPTED;
    if (failed || run->fault.code != STATUS_OK) {
        const int code = failed ? command_fail(error) : (int)run->fault.code;
        messages_print_spooled(stderr, store_spooled(run->store));
        return code;
    }
    if (read_ending(run, ending, &second) != STATUS_OK)
        return command_fail(&second);
    run->interrupted = status == STATUS_INTERRUPTED;
    if (run->interrupted)
        return interruption_exit_code();
    return ending->observations.totals[OBSERVATION_FAILED] > 0 || run->failed > 0 ? 1 : 0;
}

/* Nothing is left to keep: only now may a reader take all the time. */
static int show(struct run_status *run, const struct ending *ending, int code) {
    struct error error;
    interruption_settle(code);
    console_wait(true);
    if (!ending->read)
        return code;
    if (leaderboard_print(stdout, &ending->board, &run->preparation->arena, &error) != STATUS_OK)
        return command_fail(&error);
    command_flush();
    if (!run->preparation->quiet && !run->interrupted &&
        best_print_each(stderr, &ending->observations, &run->preparation->arena, &error) !=
            STATUS_OK)
        return command_fail(&error);
    run_status_print_end(run);
    return code;
}

static enum status open_files(struct run_status *run, const struct arguments *arguments,
                              struct error *error) {
    struct progress_line *line = &run->preparation->line;
    progress_goal(line, run->preparation->config.score.name, run->preparation->config.maximize);
    progress_stage(line, "opening the database");
    interruption_catch(); /* before the first write, so that the database is closed in order */
    enum status status = store_open(arguments->preparation.database, &run->store, error);
    if (status == STATUS_OK)
        status = checkpoints_open(arguments->preparation.database,
                                  (double)arguments->checkpoint_seconds, &run->checkpoints, error);
    return status;
}

static int run_sweep(int argc, char **argv) {
    struct arguments arguments = {.checkpoint_seconds = CHECKPOINT_SECONDS};
    struct error error;
    preparation_init(&arguments.preparation);
    command_parse(&command_run, argc, argv, &arguments);
    struct run_status run = {.preparation = &arguments.preparation,
                             .path = arguments.preparation.database};
    struct ending ending = {0};
    int code;
    text_init(&run.command_line);
    command_append_line(argc, argv, &run.command_line);
    interruption_shield();
    console_wait(false);
    if (preparation_make(&arguments.preparation, &error) != STATUS_OK ||
        open_files(&run, &arguments, &error) != STATUS_OK) {
        code = preparation_fail(&arguments.preparation, &error);
    } else {
        enum status status = run_campaign(&run, arguments.retrain, &error);
        if (status == STATUS_OK && run.fault.code == STATUS_OK)
            status = train_models(&run, &error);
        code = finish(&run, status, &ending, &error);
    }
    store_close(run.store);
    checkpoints_close(run.checkpoints);
    code = show(&run, &ending, code);
    text_release(&run.command_line);
    preparation_release(&arguments.preparation);
    return code;
}

const struct command command_run = {
    .name = "run",
    .help = "train a config's trials",
    .description = "Train the trials of CONFIG that have no result yet, and print the leaderboard.",
    .notes =
        "Trials already in the database are not trained again. Ctrl-C ends after the running "
        "epochs and keeps what is finished, and the state of what is not; a second Ctrl-C ends at "
        "once. Run the same command again to go on. A trial that failed three times in a row is "
        "left alone.\n\n"
        "Exit status: 0 all trained, 1 some trials failed, 2 wrong usage, 65 bad config, data or "
        "database, 74 input/output error, 75 run it again: the database is in use, or SIGUSR1 or "
        "SIGXCPU asked to stop, 130 interrupted by Ctrl-C, 143 by SIGTERM.",
    .options = options,
    .run = run_sweep,
};
