#include "cli/running.h"

#include "report/terminal.h"

#include <stdio.h>
#include <string.h>

static bool quiet(const struct running *running) {
    return running->preparation->quiet;
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

void running_print_plan(const struct running *running, const struct plan *plan,
                        const struct outlook *outlook) {
    const struct preparation *preparation = running->preparation;
    const struct space *space = &preparation->space;
    const size_t repeats = preparation->config.repeats;
    const struct kept kept = plan_kept(plan);
    char duration[32], words[96];
    if (quiet(running))
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
    if (kept.count > 0)
        fprintf(stderr, "%s\n", kept_words(&kept, words, sizeof words));
}

void running_print_models(const struct running *running, const struct plan *plan) {
    char duration[32];
    if (quiet(running))
        return;
    fprintf(stderr, "%s trained once more for the weights, which were not kept: about %s\n",
            running->models_left == 1 ? "the best trial is" : "trials are",
            progress_duration(plan->seconds, duration, sizeof duration));
}

void running_print_notes(struct running *running) {
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

void running_print_time(const struct running *running, const struct plan *plan) {
    char took[32], predicted[32];
    if (quiet(running))
        return;
    fprintf(stderr, "trained in %s; predicted: %s\n",
            progress_duration(running->seconds, took, sizeof took),
            progress_duration(plan->seconds, predicted, sizeof predicted));
}

void running_print_end(const struct running *running, bool interrupted) {
    const size_t left = running->left;
    char path[4096], reason[1100], words[96];
    if (!quiet(running))
        fprintf(stderr, "\nresults: %s\n",
                terminal_safe(running->path, path, sizeof path));
    if (running->failed > 0)
        fprintf(stderr, "sweep: %zu trial%s failed: %s\n", running->failed,
                text_plural(running->failed),
                terminal_safe(running->first_failed.message, reason, sizeof reason));
    if (running->models_other > 0)
        fprintf(stderr,
                "sweep: %zu trial%s trained once more for the weights gave other numbers than the "
                "database has, so they were not kept: it was trained on another machine or by "
                "another version; --fresh trains all trials anew\n",
                running->models_other, text_plural(running->models_other));
    if (!interrupted)
        return;
    if (left == 0 && running->models_left > 0) {
        fputs("sweep: interrupted; all trials are trained, and the same command keeps the weights "
              "of the best\n",
              stderr);
        return;
    }
    fprintf(stderr, "sweep: interrupted; the same command trains the %zu trial%s %s left", left,
            text_plural(left), left == 1 ? "that is" : "that are");
    if (running->kept.count > 0)
        fprintf(stderr, "; %s", kept_words(&running->kept, words, sizeof words));
    fputs("\n", stderr);
}

