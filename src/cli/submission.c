#include "cli/submission.h"

#include "cli/batch.h"
#include "cli/command.h"

#include "base/machine.h"
#include "base/output.h"
#include "search/plugins.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MERGING_MINUTES 60

static void append_word(struct text *text, const char *option, const char *word) {
    text_printf(text, " %s ", option);
    batch_append_quoted(text, word);
}

static void append_program(struct text *text) {
    char program[PATH_MAX];
    batch_append_quoted(text, machine_program_path(program, sizeof program) ? program : "sweep");
}

void submission_append_command(const struct submission *submission, const char *command,
                               struct text *text) {
    const struct preparation *preparation = &submission->arguments->preparation;
    append_program(text);
    append_word(text, command, preparation->path);
    for (size_t i = 0; i < preparation->settings.count; i++)
        append_word(text, "--set", preparation->settings.items[i]);
    if (preparation->data_dir)
        append_word(text, "--data-dir", preparation->data_dir);
    if (preparation->dataset_name)
        append_word(text, "--dataset", preparation->dataset_name);
    if (submission->arguments->checkpoint_seconds >= 0)
        text_printf(text, " --checkpoint-seconds %ld", submission->arguments->checkpoint_seconds);
}

enum status submission_write(const char *path, const struct text *script, struct error *error) {
    struct output output;
    enum status status = script->failed ? error_memory(error) : output_open(path, &output, error);
    if (status != STATUS_OK)
        return status;
    fputs(script->data, output.stream);
    return output_keep(&output, error);
}

enum status submission_send(const struct submission *submission, const char *script,
                            const char *const *options, struct text *job, struct error *error) {
    const struct option_list *extra = &submission->arguments->sbatch;
    struct arena *arena = &submission->sharding.preparation->arena;
    size_t given = 0, count = 0;
    while (options[given])
        given++;
    char **words = ARENA_NEW(arena, char *, extra->count + given + 4);
    if (!words)
        return error_memory(error);
    words[count++] = arena_copy(arena, "sbatch");
    words[count++] = arena_copy(arena, "--parsable");
    for (size_t i = 0; i < given; i++)
        words[count++] = arena_copy(arena, options[i]);
    for (size_t i = 0; i < extra->count; i++)
        words[count++] = arena_copy(arena, extra->items[i]);
    words[count++] = arena_copy(arena, script);
    const enum status status = arena->failed ? error_memory(error) : batch_run(words, job, error);
    if (status == STATUS_OK)
        job->data[job->length = strcspn(job->data, ";\n")] = '\0';
    return status;
}

/* --- the queue --- */

const char *submission_name(const struct submission *submission, size_t before) {
    const struct sharding *sharding = &submission->sharding;
    return arena_printf(&sharding->preparation->arena, "sweep-%.*s-%zu-%zu-%zu", SHARD_DIGITS,
                        sharding->id.config_digest, sharding->id.count,
                        sharding->search ? sharding->search->step : 0, before);
}

/* What the queue has of a name, in this format, a line each; nothing where it can't be told. */
static void ask_queue(const struct submission *submission, const char *name, const char *states,
                      const char *format, struct text *lines) {
    struct arena *arena = &submission->sharding.preparation->arena;
    char *const words[] = {arena_copy(arena, "squeue"),
                           arena_copy(arena, "--me"),
                           arena_copy(arena, "--noheader"),
                           arena_copy(arena, "--array"),
                           arena_printf(arena, "--name=%s", name),
                           arena_printf(arena, "--states=%s", states),
                           arena_printf(arena, "--format=%s", format),
                           NULL};
    text_clear(lines);
    if (arena->failed || batch_run(words, lines, NULL) != STATUS_OK)
        text_clear(lines);
}

/* A task at work is known by its shard's lock; it may not have come to that. */
static void leave_out(struct submission *submission, size_t before, const char *lines) {
    size_t task, job, last = 0;
    int length;
    for (; sscanf(lines, "%zu %zu%n", &task, &job, &length) == 2; lines += length) {
        const size_t shard = before + task;
        if (task == 0 || shard > submission->sharding.id.count)
            continue;
        if (job != last)
            text_printf(&submission->jobs, ":%zu", job);
        last = job;
        submission->waiting -= submission->lacks[shard] > 0;
        submission->queued += submission->lacks[shard] > 0;
        submission->lacks[shard] = 0;
    }
}

enum status submission_leave_out_queued(struct submission *submission, struct error *error) {
    struct text lines;
    text_init(&lines);
    submission->largest = batch_largest_index();
    for (size_t before = 0; before < submission->sharding.id.count; before += submission->largest) {
        ask_queue(submission, submission_name(submission, before), "PENDING,RUNNING", "%K %F",
                  &lines);
        leave_out(submission, before, lines.length > 0 ? lines.data : "");
    }
    const bool failed = lines.failed || submission->jobs.failed;
    text_release(&lines);
    return failed ? error_memory(error) : STATUS_OK;
}

/* --- the job that merges --- */

/* A database can't be on a file system that many machines share, so it is made on the node's own
 * disk, of all there is, and copied. Whoever reads the copy finds a whole one. */
static void append_script(const struct submission *submission, struct text *text) {
    const struct arguments *arguments = submission->arguments;
    text_printf(text, "#!/bin/sh\n#SBATCH --ntasks=1\n");
    if (arguments->partition)
        text_printf(text, "#SBATCH --partition=%s\n", arguments->partition);
    text_printf(
        text,
        "#SBATCH --time=%d\n#SBATCH --requeue\n#SBATCH --open-mode=append\n"
        "# The results are put into a database on the node's own disk, as none may be on a\n"
        "# shared one, and that is copied.\nresults=",
        MERGING_MINUTES);
    batch_append_quoted(text, arguments->folder);
    text_append(text, "\nwork=$(mktemp -d) || exit 74\ntrap 'rm -rf \"$work\"' EXIT\n");
    append_program(text);
    text_append(text, " merge");
    for (size_t i = 0; plugins_path(i); i++)
        append_word(text, "--plugin", plugins_path(i));
    text_append(text,
                " --db \"$work/sweep.db\" \"$results\"\nstatus=$?\n"
                "[ \"$status\" -le 1 ] || exit \"$status\"\n"
                "cp \"$work/sweep.db\" \"$results/sweep.db.$SLURM_JOB_ID\" &&\n"
                "    mv -f \"$results/sweep.db.$SLURM_JOB_ID\" \"$results/sweep.db\" || exit 74\n");
    if (!submission->sharding.search) {
        text_append(text, "exit \"$status\"\n");
        return;
    }
    text_append(text, "# The next step of the search.\n");
    submission_append_command(submission, "submit", text);
    append_word(text, "--results", arguments->folder);
    if (arguments->partition)
        append_word(text, "--partition", arguments->partition);
    if (arguments->jobs > 0)
        text_printf(text, " --jobs %ld", arguments->jobs);
    if (arguments->tasks > 0)
        text_printf(text, " --tasks %ld", arguments->tasks);
    if (arguments->minutes > 0)
        text_printf(text, " --task-minutes %ld", arguments->minutes);
    if (arguments->limit > 0)
        text_printf(text, " --time %ld", arguments->limit);
    text_printf(text, " --beyond \"$SWEEP_STEP\" --");
    for (size_t i = 0; i < arguments->sbatch.count; i++) {
        text_append(text, " ");
        batch_append_quoted(text, arguments->sbatch.items[i]);
    }
    text_append(text, "\n");
}

static bool is_queued(const struct submission *submission, const char *name) {
    struct text lines;
    text_init(&lines);
    ask_queue(submission, name, "PENDING", "%F", &lines);
    const bool found = lines.length > 0;
    text_release(&lines);
    return found;
}

enum status submission_merge(const struct submission *submission, struct error *error) {
    struct arena *arena = &submission->sharding.preparation->arena;
    const char *folder = submission->arguments->folder;
    const char *script = arena_printf(arena, "%s/sweep-merge.sbatch", folder);
    const char *name = arena_printf(arena, "%s-merge", submission_name(submission, 0));
    const char *options[] = {
        arena_printf(arena, "--job-name=%s", name),
        arena_printf(arena, "--dependency=afterany%s",
                     submission->jobs.length > 0 ? submission->jobs.data : ""),
        arena_printf(arena, "--output=%s/%%j.log", folder),
        arena_printf(arena, "--export=ALL,SWEEP_STEP=%zu",
                     submission->sharding.search ? submission->search.step : 0),
        NULL};
    struct text text;
    if (arena->failed || submission->jobs.failed)
        return error_memory(error);
    if (submission->waiting == 0 && is_queued(submission, name))
        return STATUS_OK;
    text_init(&text);
    append_script(submission, &text);
    enum status status = submission_write(script, &text, error);
    text_clear(&text);
    if (status == STATUS_OK)
        status = submission_send(submission, script, options, &text, error);
    if (status == STATUS_OK) {
        printf("job %s: merges them\n", text.data);
        command_flush();
    }
    text_release(&text);
    return status;
}
