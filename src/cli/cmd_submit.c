#include "cli/batch.h"
#include "cli/command.h"
#include "cli/submission.h"
#include "cli/submit_forecast.h"

#include "base/path.h"
#include "math/gemm.h"
#include "report/terminal.h"
#include "train/checkpoints.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASK_MINUTES 30
#define MINUTES_MAX 525600
/* A task's time limit: so many times what is predicted, and so many minutes more for its start. */
#define LIMIT_FACTOR 2
#define LIMIT_MINUTES 5

/* PREPARATION_OPTIONS without a database, and with jobs that may not be given. */
static const struct option options[] = {
    OPTION_CONFIG(struct arguments, preparation.path, true),
    {.argument = "SBATCH-OPTION",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, sbatch)},
    {.name = "beyond",
     .argument = "STEP",
     .help = "Submit a search's step only if it comes after this one, as the merging job does, so "
             "that tasks which fail are not submitted for ever",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, beyond),
     .minimum = 1,
     .maximum = LONG_MAX},
    OPTION_CHECKPOINT_SECONDS(struct arguments, checkpoint_seconds, "300"),
    OPTION_DATA_DIR(struct arguments, preparation.data_dir),
    OPTION_DATASET(struct arguments, preparation.dataset_name,
                   "Use this data set, whatever the config says"),
    {.name = "dry-run",
     .letter = 'n',
     .help = "Say what would be submitted and what it is predicted to take on 1 to 1000 nodes, and "
             "submit and write nothing",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, dry)},
    {.name = "jobs",
     .letter = 'j',
     .argument = "N",
     .help = "Give each task N processors, and train on N threads (default: one, and what Slurm "
             "gives)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, jobs),
     .minimum = 1,
     .maximum = PREPARATION_JOBS_MAX},
    {.name = "partition",
     .letter = 'p',
     .argument = "NAME",
     .help = "Submit to this partition",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, partition)},
    {.name = "quiet",
     .letter = 'q',
     .help = "Print results, warnings and errors only",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, preparation.quiet)},
    {.name = "results",
     .letter = 'r',
     .argument = "DIR",
     .help = "The folder for the results, which all tasks share",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, folder)},
    {.name = "set",
     .letter = 's',
     .argument = "KEY=VALUE",
     .help = "Change a key of the config or a hyperparameter, as for `sweep run`",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, preparation.settings)},
    {.name = "task-minutes",
     .letter = 'm',
     .argument = "M",
     .help = "Make as many tasks as take about M minutes each (default: 30)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, minutes),
     .minimum = 1,
     .maximum = MINUTES_MAX},
    {.name = "tasks",
     .letter = 't',
     .argument = "N",
     .help = "Make N tasks",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, tasks),
     .minimum = 1,
     .maximum = SHARDS_MAX},
    {.name = "time",
     .letter = 'T',
     .argument = "MINUTES",
     .help = "The time limit of a task (default: twice what is predicted, and 5 minutes)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, limit),
     .minimum = 1,
     .maximum = MINUTES_MAX},
    {0},
};

static size_t threads_of(const struct arguments *arguments) {
    return arguments->jobs > 0 ? (size_t)arguments->jobs : 1;
}

static double checkpoint_seconds(const struct arguments *arguments) {
    const long given = arguments->checkpoint_seconds;
    return given >= 0 ? (double)given : CHECKPOINTS_SHARD_SECONDS;
}

/* --- how many tasks --- */

/* That of the newest plan; 0: there is none. */
static size_t planned_before(const struct sharding *sharding) {
    struct shard_plan_file *files;
    struct shard_plan plan;
    struct arena arena;
    struct error error;
    size_t count, shards = 0;
    bool found = false;
    arena_init(&arena);
    if (shard_plan_list(sharding->id.folder, &arena, &files, &count, &error) != STATUS_OK)
        count = 0;
    for (size_t i = 0; i < count && !found; i++) {
        if (strncmp(files[i].config, sharding->id.config_digest, SHARD_DIGITS) != 0)
            continue;
        if (shard_plan_read(files[i].path, &arena, &plan, &found, &error) == STATUS_OK && found)
            shards = plan.count;
        found = true;
    }
    arena_release(&arena);
    return shards;
}

/* By what is left to train. More tasks than slices would have nothing to do. */
static enum status size_tasks(struct submission *submission, size_t *count, struct error *error) {
    const struct arguments *arguments = submission->arguments;
    struct sharding *sharding = &submission->sharding;
    const double seconds = 60.0 * (double)(arguments->minutes ? arguments->minutes : TASK_MINUTES);
    const struct plan *plan = &sharding->whole;
    const enum status status = sharding_plan_untrained(sharding, 1, error);
    if (status != STATUS_OK)
        return status;
    const double wanted = ceil(plan->work / (double)threads_of(arguments) / seconds);
    *count = wanted < 1 ? 1 : wanted > SHARDS_MAX ? SHARDS_MAX : (size_t)wanted;
    *count = *count > plan->run_count && plan->run_count > 0 ? plan->run_count : *count;
    return STATUS_OK;
}

static enum status choose_count(struct submission *submission, struct error *error) {
    const struct arguments *arguments = submission->arguments;
    size_t *count = &submission->sharding.id.count;
    *count = (size_t)arguments->tasks;
    if (*count == 0 && arguments->minutes == 0)
        *count = planned_before(&submission->sharding);
    return *count > 0 ? STATUS_OK : size_tasks(submission, count, error);
}

/* --- what is left --- */

static enum status look_at_shards(struct submission *submission, struct error *error) {
    struct sharding *sharding = &submission->sharding;
    const struct shard_plan *shards = &sharding->shards;
    submission->lacks = ARENA_NEW(&sharding->preparation->arena, size_t, shards->count + 1);
    if (!submission->lacks)
        return error_memory(error);
    for (size_t i = 0; i < shards->trial_count; i++) {
        submission->lacks[shards->shards[i]] += !sharding->trained[i];
        submission->trained += sharding->trained[i];
    }
    for (size_t i = 1; i <= shards->count; i++) {
        struct shard_id id = sharding->id;
        char holder[512];
        id.number = i;
        if (submission->lacks[i] == 0)
            continue;
        if (shard_is_taken(&id, holder, sizeof holder)) {
            submission->working++;
            submission->lacks[i] = 0;
            continue;
        }
        const double seconds = shards->seconds[i - 1] / (double)threads_of(submission->arguments);
        submission->waiting++;
        submission->work += seconds;
        submission->longest = fmax(submission->longest, seconds);
    }
    submission->limit = submission->arguments->limit;
    if (submission->limit == 0)
        submission->limit = (long)ceil(LIMIT_FACTOR * submission->longest / 60) + LIMIT_MINUTES;
    return STATUS_OK;
}

/* --- the script --- */

static void append_threads(const struct arguments *arguments, struct text *text) {
    if (arguments->jobs > 0)
        text_printf(text, " --jobs %ld", arguments->jobs);
    else /* a task may see more processors than are its own */
        text_append(text, " --jobs \"${SLURM_CPUS_ON_NODE:-1}\"");
}

/* An array counts up to what Slurm allows; SWEEP_BEFORE shards come before its first. Slurm warns
 * the step two minutes before its time is up, which then ends with 75. */
static void append_script(const struct submission *submission, struct text *text) {
    const struct arguments *arguments = submission->arguments;
    text_printf(text, "#!/bin/sh\n#SBATCH --job-name=sweep\n#SBATCH --ntasks=1\n");
    if (arguments->jobs > 0)
        text_printf(text, "#SBATCH --cpus-per-task=%ld\n", arguments->jobs);
    if (arguments->partition)
        text_printf(text, "#SBATCH --partition=%s\n", arguments->partition);
    text_printf(text, "#SBATCH --time=%ld\n#SBATCH --signal=TERM@120\n#SBATCH --requeue\n",
                submission->limit);
    text_printf(text, "#SBATCH --open-mode=append\n");
    text_printf(text,
                "# A task of the array trains a shard of the sweep. One that had notice that its\n"
                "# time was up (75) is queued again, and goes on where it was.\n"
                "shard=$((SLURM_ARRAY_TASK_ID + ${SWEEP_BEFORE:-0}))\nsrun ");
    submission_append_command(submission, "run", text);
    append_threads(arguments, text);
    text_append(text, " --results ");
    batch_append_quoted(text, arguments->folder);
    text_printf(text,
                " --shard \"$shard/%zu\"\nstatus=$?\n"
                "[ \"$status\" -ne 75 ] || scontrol requeue \"$SLURM_JOB_ID\"\nexit \"$status\"\n",
                submission->sharding.id.count);
}

static enum status write_script(const struct submission *submission, struct error *error) {
    struct text text;
    text_init(&text);
    append_script(submission, &text);
    const enum status status = submission_write(submission->script, &text, error);
    text_release(&text);
    return status;
}

/* --- sbatch --- */

/* The numbers of the shards from `first` on, `count` of them at most, that are to be trained,
 * counted from there: "1,3-5". */
static void append_array(const struct submission *submission, size_t first, size_t count,
                         struct text *text) {
    const size_t *lacks = submission->lacks;
    const size_t all = submission->sharding.id.count;
    const size_t end = first + count - 1 < all ? first + count - 1 : all;
    for (size_t i = first; i <= end; i++) {
        size_t last = i;
        if (lacks[i] == 0)
            continue;
        while (last < end && lacks[last + 1] > 0)
            last++;
        text_printf(text, "%s%zu", text->length > 0 ? "," : "", i - first + 1);
        if (last > i)
            text_printf(text, "-%zu", last - first + 1);
        i = last;
    }
}

/* Submit one array; prints its number. */
static enum status submit_array(struct submission *submission, const char *numbers, size_t before,
                                struct error *error) {
    struct arena *arena = &submission->sharding.preparation->arena;
    const char *given[] = {
        arena_printf(arena, "--array=%s", numbers),
        arena_printf(arena, "--job-name=%s", submission_name(submission, before)),
        arena_printf(arena, "--output=%s/%%A-%%a.log", submission->arguments->folder),
        arena_printf(arena, "--export=ALL,SWEEP_BEFORE=%zu", before), NULL};
    struct text job;
    text_init(&job);
    enum status status = arena->failed
                             ? error_memory(error)
                             : submission_send(submission, submission->script, given, &job, error);
    if (status == STATUS_OK) {
        printf("job %s: tasks %s\n", job.data, numbers);
        command_flush();
        text_printf(&submission->jobs, ":%s", job.data);
    }
    text_release(&job);
    return status;
}

static enum status submit(struct submission *submission, struct error *error) {
    const size_t largest = submission->largest;
    enum status status = write_script(submission, error);
    for (size_t first = 1; status == STATUS_OK && first <= submission->sharding.id.count;
         first += largest) {
        struct text numbers;
        text_init(&numbers);
        append_array(submission, first, largest, &numbers);
        if (numbers.failed)
            status = error_memory(error);
        else if (numbers.length > 0)
            status = submit_array(submission, numbers.data, first - 1, error);
        text_release(&numbers);
    }
    return status;
}

/* --- what is said --- */

static void print_tasks(const struct submission *submission) {
    const struct shard_plan *shards = &submission->sharding.shards;
    char work[32], longest[32];
    if (submission->sharding.search)
        printf("step %zu of the search: %zu trials\n", submission->search.step,
               submission->search.count);
    else
        printf("%zu of %zu trials are trained already\n", submission->trained, shards->trial_count);
    if (submission->working > 0)
        printf("%zu task%s at work and not submitted again\n", submission->working,
               submission->working == 1 ? " is" : "s are");
    if (submission->queued > 0)
        printf("%zu task%s in the queue and not submitted again\n", submission->queued,
               submission->queued == 1 ? " is" : "s are");
    if (submission->waiting == 0)
        return;
    printf("%zu task%s on %zu thread%s, of %s in all, the longest of %s\n", submission->waiting,
           text_plural(submission->waiting), threads_of(submission->arguments),
           text_plural(threads_of(submission->arguments)),
           progress_duration(submission->work, work, sizeof work),
           progress_duration(submission->longest, longest, sizeof longest));
    printf("time limit of a task: %ld min\n", submission->limit);
}

static void print_next(const struct submission *submission) {
    const char *folder = submission->arguments->folder;
    if (submission->sharding.preparation->quiet)
        return;
    terminal_print(stderr, 2,
                   "once all tasks have ended, a job puts the results into %s/sweep.db%s. "
                   "`sweep watch --db FILE %s` puts them into a database on this machine as they "
                   "come; the same `sweep submit` again sends what is missing then",
                   folder, submission->sharding.search ? " and submits the next step" : "", folder);
}

/* --- all of it --- */

static bool is_over(const struct submission *submission) {
    return submission->sharding.search && submission->search.over;
}

static enum status find_step(struct submission *submission, struct error *error) {
    struct preparation *preparation = submission->sharding.preparation;
    submission->search.folder = submission->arguments->folder;
    submission->search.config = &preparation->config;
    submission->search.space = &preparation->space;
    submission->sharding.search = &submission->search;
    return shard_search_find(&submission->search, error);
}

/* Of two at the same time the second one waits, and finds the tasks of the first in the queue. */
static enum status take_turn(struct submission *submission, struct error *error) {
    char holder[512];
    enum status status =
        shard_lock(submission->lock_path, false, &submission->lock, holder, sizeof holder, error);
    if (status != STATUS_BUSY)
        return status;
    progress_end(&submission->sharding.preparation->line);
    terminal_print(stderr, 2, "waiting for another `sweep submit`: %s", holder);
    return shard_lock(submission->lock_path, true, &submission->lock, holder, sizeof holder, error);
}

static enum status begin(struct submission *submission, struct error *error) {
    const struct arguments *arguments = submission->arguments;
    struct sharding *sharding = &submission->sharding;
    struct arena *arena = &sharding->preparation->arena;
    sharding->id =
        (struct shard_id){arguments->folder, sharding->preparation->config.digest.hex, 0, 0};
    submission->script = arena_printf(arena, "%s/sweep.sbatch", arguments->folder);
    submission->lock_path = arena_printf(arena, "%s/submit.lock", arguments->folder);
    if (!submission->script || !submission->lock_path)
        return error_memory(error);
    enum status status = STATUS_OK;
    if (!arguments->dry)
        status = path_make_folder(submission->script, error);
    if (status == STATUS_OK && !arguments->dry)
        status = take_turn(submission, error);
    if (status == STATUS_OK && shard_search_is(&sharding->preparation->config))
        status = find_step(submission, error);
    if (status == STATUS_OK)
        status = sharding_begin(sharding, error);
    if (status == STATUS_OK && sharding_folder_is_there(sharding))
        status = sharding_look(sharding, error);
    if (status != STATUS_OK || is_over(submission))
        return status;
    status = choose_count(submission, error);
    if (status == STATUS_OK)
        status = sharding_plan(sharding, !arguments->dry, error);
    progress_end(&sharding->preparation->line);
    sharding_tell_others(sharding);
    if (status == STATUS_OK)
        status = look_at_shards(submission, error);
    if (status == STATUS_OK && !arguments->dry && submission->waiting > 0)
        status = submission_leave_out_queued(submission, error);
    return status;
}

static void end_turn(struct submission *submission) {
    shard_unlock(submission->lock_path, submission->lock);
    submission->lock = -1;
}

/* With sbatch's --wait the merging job, which submits the next step, has to get its turn. */
static enum status hand_over(struct submission *submission, struct error *error) {
    enum status status = STATUS_OK;
    if (submission->waiting > 0)
        status = submit(submission, error);
    end_turn(submission);
    if (status == STATUS_OK && submission->waiting + submission->queued > 0)
        status = submission_merge(submission, error);
    if (status == STATUS_OK && submission->waiting > 0)
        print_next(submission);
    return status;
}

/* Of a search: whether there is anything to submit. */
static enum status look_at_step(const struct submission *submission, bool *is_next,
                                struct error *error) {
    const struct shard_search *search = &submission->search;
    *is_next = !is_over(submission);
    progress_end(&submission->sharding.preparation->line);
    if (!*is_next)
        printf("the search is over after %zu steps, with %zu settings\n", search->step,
               submission->sharding.preparation->space.setting_count);
    else if (search->step <= (size_t)submission->arguments->beyond)
        return error_set(error, STATUS_INPUT,
                         "step %zu of the search lacks %zu trial%s still, and their tasks have "
                         "ended: see the logs in %.200s; `sweep submit` without --beyond submits "
                         "them again",
                         search->step, search->count, text_plural(search->count),
                         submission->arguments->folder);
    return STATUS_OK;
}

static enum status submit_sweep(struct arguments *arguments, struct error *error) {
    struct submission submission = {
        .arguments = arguments, .sharding.preparation = &arguments->preparation, .lock = -1};
    bool is_next = true;
    text_init(&submission.jobs);
    enum status status = begin(&submission, error);
    if (status == STATUS_OK && submission.sharding.search)
        status = look_at_step(&submission, &is_next, error);
    if (status == STATUS_OK && is_next) {
        print_tasks(&submission);
        if (!arguments->dry)
            status = hand_over(&submission, error);
        else if (submission.waiting > 0)
            status = submit_forecast_print(
                &(struct submit_forecast){.sharding = &submission.sharding,
                                          .checkpoint_seconds = checkpoint_seconds(arguments),
                                          .lacks = submission.lacks,
                                          .tasks = submission.waiting,
                                          .threads = threads_of(arguments)},
                error);
    }
    end_turn(&submission);
    sharding_end(&submission.sharding);
    shard_search_end(&submission.search);
    text_release(&submission.jobs);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.checkpoint_seconds = -1};
    struct error error;
    preparation_init(&arguments.preparation);
    command_parse(&command_submit, argc, argv, &arguments);
    if (!arguments.folder)
        command_misused(&command_submit,
                        "the folder that all tasks share is needed: --results DIR");
    if (arguments.tasks > 0 && arguments.minutes > 0)
        command_misused(&command_submit, "--tasks and --task-minutes say the same; leave one out");
    gemm_single_thread();
    enum status status = preparation_make(&arguments.preparation, &error);
    const int code = status == STATUS_OK && submit_sweep(&arguments, &error) == STATUS_OK
                         ? 0
                         : preparation_fail(&arguments.preparation, &error);
    preparation_release(&arguments.preparation);
    return code;
}

const struct command command_submit = {
    .name = "submit",
    .help = "train a config's trials on a Slurm cluster",
    .description =
        "Submit the trials of CONFIG that have no result in --results DIR as an array of "
        "Slurm, packed into tasks by their predicted time. What stands after -- is given "
        "to sbatch.",
    .notes =
        "A task trains a shard, as `sweep run --shard` does; the job script is DIR/sweep.sbatch. "
        "Tasks that are at work or in the queue are not submitted again, nor is what is trained. A "
        "last job puts all results into DIR/sweep.db, and submits the next step of a search. "
        "`sweep merge` and `sweep watch` put them into a database on this machine.\n\n"
        "Exit status: 0 submitted, or nothing to submit, 2 wrong usage, or no sbatch, 65 bad "
        "config or data, or a step that --beyond holds back, 74 input/output error, or sbatch "
        "refused the job.",
    .options = options,
    .run = run,
};
