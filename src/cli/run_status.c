#include "cli/run_status.h"

#include "report/terminal.h"

#include <stdio.h>
#include <string.h>

static bool quiet(const struct run_status *run) {
    return run->preparation->quiet;
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

static void print_trials(const struct run_status *run, const struct resume_summary *summary) {
    const struct space *space = &run->preparation->space;
    const size_t repeats = run->preparation->config.repeats;
    fprintf(stderr, "%zu trial%s: %zu setting%s x %zu seed%s", space->trial_count,
            text_plural(space->trial_count), space->setting_count,
            text_plural(space->setting_count), repeats, text_plural(repeats));
    if (space->cut_count > 0)
        fprintf(stderr, " (%zu more setting%s beyond the budget)", space->cut_count,
                space->cut_count == 1 ? " is" : "s are");
    if (summary->trained == space->trial_count)
        fputs("; all trained already", stderr);
    else if (summary->trained > 0)
        fprintf(stderr, "; %zu trained already", summary->trained);
    fputc('\n', stderr);
}

void run_status_print_done(const struct run_status *run, const struct resume_summary *summary) {
    if (!quiet(run))
        print_trials(run, summary);
}

void run_status_print_runs(const struct run_status *run, const struct plan *plan) {
    const struct kept kept = plan_kept(plan);
    char duration[32], words[96];
    if (quiet(run))
        return;
    fprintf(stderr, "%zu run%s in %zu cohort%s on %zu thread%s, about %s\n", plan->run_count,
            text_plural(plan->run_count), plan->cohort_count, text_plural(plan->cohort_count),
            plan->jobs, text_plural(plan->jobs),
            progress_duration(plan->seconds, duration, sizeof duration));
    if (kept.count > 0)
        fprintf(stderr, "%s\n", kept_words(&kept, words, sizeof words));
}

void run_status_print_plan(const struct run_status *run, const struct plan *plan,
                           const struct resume_summary *summary) {
    if (!quiet(run))
        print_trials(run, summary);
    run_status_print_runs(run, plan);
}

void run_status_print_models(const struct run_status *run, const struct plan *plan) {
    char duration[32];
    if (quiet(run))
        return;
    fprintf(stderr, "%s trained once more for the weights, which were not kept: about %s\n",
            run->models_left == 1 ? "the best trial is" : "trials are",
            progress_duration(plan->seconds, duration, sizeof duration));
}

void run_status_print_notes(struct run_status *run) {
    struct text notes;
    text_init(&notes);
    checkpoints_take_notes(run->checkpoints, &notes);
    for (const char *line = notes.data; *line;) {
        char safe[5000], whole[5000];
        const size_t length = strcspn(line, "\n");
        snprintf(whole, sizeof whole, "%.*s", (int)length, line);
        fprintf(stderr, "sweep: checkpoint %s\n", terminal_safe(whole, safe, sizeof safe));
        line += length + (line[length] == '\n');
    }
    text_release(&notes);
}

void run_status_print_time(const struct run_status *run, const struct plan *plan) {
    char took[32], predicted[32];
    if (quiet(run))
        return;
    fprintf(stderr, "trained in %s; predicted: %s\n",
            progress_duration(run->seconds, took, sizeof took),
            progress_duration(plan->seconds, predicted, sizeof predicted));
}

void run_status_print_copies(const struct run_status *run) {
    struct error error;
    char what[ERROR_TEXT], line[ERROR_TEXT + 100];
    const enum copier_change change = copier_tell(run->copier, &error);
    if (change == COPIER_FAILED) {
        snprintf(line, sizeof line, "no copy was written: %s; it is tried again every minute",
                 error_text(&error, what));
        terminal_remarks(stderr, "warning", line);
    } else if (change == COPIER_AGAIN && !quiet(run)) {
        terminal_remarks(stderr, "note", "copies of the database are written again");
    }
}

void run_status_print_end(const struct run_status *run) {
    const size_t left = run->left;
    char path[4096], reason[1100], words[96];
    if (!quiet(run))
        fprintf(stderr, "\nresults: %s\n", terminal_safe(run->path, path, sizeof path));
    if (!quiet(run) && run->copy)
        fprintf(stderr, "copy: %s\n", terminal_safe(run->copy, path, sizeof path));
    if (run->failed > 0)
        fprintf(stderr, "sweep: %zu trial%s failed: %s\n", run->failed, text_plural(run->failed),
                terminal_safe(run->first_failed.message, reason, sizeof reason));
    if (run->models_other > 0)
        fprintf(stderr,
                "sweep: %zu trial%s trained once more for the weights gave other numbers than the "
                "database has, so they were not kept: it was trained on another machine or by "
                "another version; --fresh trains all trials anew\n",
                run->models_other, text_plural(run->models_other));
    if (!run->interrupted)
        return;
    if (left == 0 && run->models_left > 0) {
        fputs("sweep: interrupted; all trials are trained, and the same command keeps the weights "
              "of the best\n",
              stderr);
        return;
    }
    if (run->in_parts)
        fputs("sweep: interrupted; the same command goes on from there", stderr);
    else
        fprintf(stderr, "sweep: interrupted; the same command trains the %zu trial%s %s left", left,
                text_plural(left), left == 1 ? "that is" : "that are");
    if (run->kept.count > 0 && !run->in_parts)
        fprintf(stderr, "; %s", kept_words(&run->kept, words, sizeof words));
    fputs("\n", stderr);
}
