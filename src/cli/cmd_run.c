#include "cli/command.h"
#include "cli/crash.h"
#include "cli/interruption.h"
#include "cli/live.h"
#include "cli/run_campaign.h"
#include "cli/run_shard.h"
#include "cli/run_status.h"
#include "cli/target.h"

#include "analysis/pareto.h"
#include "report/best_print.h"
#include "report/console.h"
#include "report/leaderboard_print.h"
#include "report/messages.h"
#include "report/terminal.h"
#include "store/models.h"
#include "store/observations.h"
#include "store/shard_plan.h"
#include "train/schedule.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_ROWS 10
#define COPY_SECONDS 60

struct arguments {
    struct preparation preparation;
    long checkpoint_seconds; /* from one to the next; -1: not given */
    enum retrain retrain;
    const char *part; /* --shard */
    struct shard_request shard;
    const char *copy_to, *page;
};

static const struct option options[] = {
    PREPARATION_OPTIONS(struct arguments, preparation),
    OPTION_CHECKPOINT_SECONDS(struct arguments, checkpoint_seconds, "15, with --shard 300"),
    {.name = "copy-to",
     .argument = "FILE",
     .help = "Copy the database to FILE, or into that folder, every minute and at the end, however "
             "that comes; it may be on a drive on which no database can be written. Where there "
             "is no database yet and a copy is, go on from that",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, copy_to)},
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
    {.name = "report",
     .argument = "FILE",
     .help = "Renew this page while the sweep runs, as `sweep report --live` does",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, page)},
    {.name = "results",
     .letter = 'r',
     .argument = "DIR",
     .help = "With --shard: the folder for the results, which all tasks share",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, shard.folder)},
    {.name = "same-arithmetic",
     .help = "With --shard: train again what another kind of processor has trained",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, shard.same_arithmetic)},
    {.name = "shard",
     .letter = 'S',
     .argument = "I/N",
     .help = "Train the I-th of N parts that take about as long, into files in --results DIR that "
             "`sweep merge` puts into a database",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, part)},
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
    const struct sink sink = {run, take_model, take_model_tick, always, NULL};
    struct plan plan;
    bool *lacking = ARENA_NEW(arena, bool, space->trial_count);
    if (!lacking)
        return error_memory(error);
    const struct plan_request to_train = {.wanted = lacking};
    enum status status =
        store_lacking_models(run->store, space, true, lacking, &run->models_left, error);
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

/* Where copies go, and what an earlier run left there. */
static enum status prepare_copies(struct run_status *run, const struct arguments *arguments,
                                  struct error *error) {
    const char *database = arguments->preparation.database;
    bool restored;
    run->copy = copier_place(database, arguments->copy_to);
    if (!run->copy)
        return error_memory(error);
    const enum status status = copier_prepare(database, run->copy, &restored, error);
    progress_end(&run->preparation->line);
    if (status == STATUS_OK && restored && !run->preparation->quiet)
        terminal_print(stderr, 2, "went on from the copy %s", run->copy);
    return status;
}

static enum status open_files(struct run_status *run, const struct arguments *arguments,
                              struct error *error) {
    struct progress_line *line = &run->preparation->line;
    progress_goal(line, run->preparation->config.score.name, run->preparation->config.maximize);
    progress_stage(line, "opening the database");
    interruption_catch(); /* before the first write, so that the database is closed in order */
    enum status status = arguments->copy_to ? prepare_copies(run, arguments, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = store_open(arguments->preparation.database, &run->store, error);
    if (status == STATUS_OK)
        crash_note_in(store_crash_file(run->store));
    if (status == STATUS_OK && arguments->copy_to)
        status = copier_begin(arguments->preparation.database, run->copy, COPY_SECONDS,
                              &run->copier, error);
    if (status == STATUS_OK)
        status = checkpoints_open(arguments->preparation.database,
                                  (double)arguments->checkpoint_seconds, &run->checkpoints, error);
    return status;
}

/* The last copy. A sweep that came to its end has not done all it was asked to without one. */
static int end_copies(struct run_status *run, int code) {
    struct error error;
    if (run->copier)
        progress_stage(&run->preparation->line, "copying the database");
    const enum status status = copier_end(run->copier, &error);
    progress_end(&run->preparation->line);
    if (status == STATUS_OK)
        return code;
    command_fail(&error);
    free(run->copy);
    run->copy = NULL;
    return code == 0 ? (int)status : code;
}

static int run_whole(struct run_status *run, const struct arguments *arguments) {
    struct ending ending = {0};
    struct error error;
    int code;
    if (open_files(run, arguments, &error) != STATUS_OK) {
        code = preparation_fail(run->preparation, &error);
    } else {
        enum status status = run_campaign(run, arguments->retrain, &error);
        if (status == STATUS_OK && run->fault.code == STATUS_OK)
            status = train_models(run, &error);
        code = finish(run, status, &ending, &error);
    }
    copier_pause(run->copier);
    crash_note_in(-1);
    store_close(run->store);
    checkpoints_close(run->checkpoints);
    run->checkpoints = NULL;
    live_end(run->renewer);
    return show(run, &ending, end_copies(run, code));
}

/* --- a shard --- */

/* What can't be meant together, or is lacking. */
static void read_shard(struct arguments *arguments) {
    struct shard_request *shard = &arguments->shard;
    const bool named = strcmp(arguments->preparation.database, DATABASE_PATH) != 0;
    int end = 0;
    if (!arguments->part && (shard->folder || shard->same_arithmetic))
        command_misused(&command_run, "--%s goes with --shard I/N, as in: --shard 3/8",
                        shard->folder ? "results" : "same-arithmetic");
    if (!arguments->part)
        return;
    if (sscanf(arguments->part, "%zu/%zu%n", &shard->number, &shard->count, &end) != 2 ||
        arguments->part[end] != '\0' || shard->number < 1 || shard->number > shard->count ||
        shard->count > SHARDS_MAX)
        command_misused(&command_run,
                        "--shard takes I/N, I from 1 to N and N at most %d, as in 3/8, not '%.40s'",
                        SHARDS_MAX, arguments->part);
    if (!shard->folder)
        command_misused(&command_run,
                        "--shard needs the folder that all tasks share: --results DIR");
    if (named)
        command_misused(&command_run,
                        "--shard writes no database: leave out --db, and `sweep merge "
                        "--db FILE %s` makes it",
                        shard->folder);
    if (arguments->copy_to)
        command_misused(&command_run, "--shard writes no database that --copy-to could copy");
    if (arguments->page)
        command_misused(&command_run, "--shard writes no database that --report could show");
    if (arguments->retrain == RETRAIN_ALL)
        command_misused(&command_run,
                        "--fresh does not go with --shard: give --results a new folder");
    shard->retry_failed = arguments->retrain == RETRAIN_FAILED;
    shard->checkpoint_seconds = (double)arguments->checkpoint_seconds;
}

/* Who gives a task notice that its time is up wants it again. */
static int shard_exit_code(struct run_status *run, enum status status, struct error *error) {
    if (status != STATUS_OK && status != STATUS_INTERRUPTED)
        return command_fail(error);
    if (run->fault.code != STATUS_OK)
        return (int)run->fault.code;
    run->interrupted = status == STATUS_INTERRUPTED;
    const int code = run->interrupted ? interruption_exit_code() : run->failed > 0 ? 1 : 0;
    return code == 128 + SIGTERM ? STATUS_BUSY : code;
}

static void print_shard_end(const struct run_status *run, const struct shard_request *shard) {
    if (run->lost > 0)
        terminal_print(stderr, 2,
                       "sweep: results could not be written, and the folder has no more of them; "
                       "once it can be written, the same command trains them again");
    if (run->fault.code == STATUS_OK)
        run_status_print_end(run);
    if (run->fault.code == STATUS_OK && !run->interrupted && !run->preparation->quiet)
        terminal_print(stderr, 2, "`sweep merge %s` puts them into a database", shard->folder);
}

static int run_part(struct run_status *run, const struct arguments *arguments) {
    struct error error;
    progress_goal(&run->preparation->line, run->preparation->config.score.name,
                  run->preparation->config.maximize);
    run->path = arguments->shard.folder;
    const bool early = atomic_load(interruption_requested()) != 0;
    if (early)
        interruption_tell(); /* which the end tells of */
    const enum status status =
        early ? STATUS_INTERRUPTED : run_shard(run, &arguments->shard, &error);
    progress_end(&run->preparation->line);
    const int code = shard_exit_code(run, status, &error);
    interruption_settle(code);
    console_wait(true);
    if (status == STATUS_OK || status == STATUS_INTERRUPTED)
        print_shard_end(run, &arguments->shard);
    return code;
}

/* A page that can't be written is told before hours are spent: the folder is tried, too. */
static enum status check_page(const struct arguments *arguments, struct error *error) {
    struct output output;
    if (!arguments->page)
        return STATUS_OK;
    if (output_is_standard(arguments->page))
        command_misused(&command_run, "--report renews a file; standard output is none");
    enum status status = target_check_page(arguments->page, arguments->preparation.database,
                                           "--report", false, error);
    if (status == STATUS_OK)
        status = target_open(arguments->page, &output, error);
    if (status == STATUS_OK)
        output_discard(&output);
    return status;
}

static int run_sweep(int argc, char **argv) {
    struct arguments arguments = {.checkpoint_seconds = -1};
    struct error error;
    preparation_init(&arguments.preparation);
    command_parse(&command_run, argc, argv, &arguments);
    if (arguments.checkpoint_seconds < 0)
        arguments.checkpoint_seconds =
            arguments.part ? CHECKPOINTS_SHARD_SECONDS : CHECKPOINTS_SECONDS;
    read_shard(&arguments);
    struct run_status run = {.preparation = &arguments.preparation,
                             .path = arguments.preparation.database,
                             .page = arguments.page};
    int code;
    if (check_page(&arguments, &error) != STATUS_OK)
        return command_fail(&error);
    text_init(&run.command_line);
    command_append_line(argc, argv, &run.command_line);
    interruption_shield();
    console_wait(false);
    if (arguments.part) /* whose batch system may give notice before the data are read */
        interruption_catch();
    if (preparation_make(&arguments.preparation, &error) != STATUS_OK)
        code = preparation_fail(&arguments.preparation, &error);
    else
        code = arguments.part ? run_part(&run, &arguments) : run_whole(&run, &arguments);
    checkpoints_close(run.checkpoints);
    free(run.copy);
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
        "database, 74 input/output error, 75 run it again: the database is in use, or SIGUSR1, "
        "SIGXCPU or, with --shard, SIGTERM asked to stop, 130 interrupted by Ctrl-C, 143 by "
        "SIGTERM.",
    .options = options,
    .run = run_sweep,
};
