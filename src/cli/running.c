#include "cli/running.h"

#include "report/terminal.h"

#include <stdio.h>
#include <string.h>

static bool quiet(const struct running *running) {
    return running->preparation->quiet;
}

void running_print_spool(const struct running *running) {
    const struct spool_news *news = store_spool_news(running->store);
    char path[4096];
    terminal_safe(news->path, path, sizeof path);
    if (news->taken > 0 && !quiet(running))
        fprintf(stderr, "took up %zu result%s that an earlier run kept in %s\n", news->taken,
                text_plural(news->taken), path);
    if (news->unknown > 0)
        fprintf(stderr, "sweep: %zu result%s in %s left out: the database has no such trial%s\n",
                news->unknown, text_plural(news->unknown), path, text_plural(news->unknown));
    if (news->torn)
        fprintf(stderr,
                "sweep: the end of %s was not whole and was left out; its trial is trained again\n",
                path);
}

void running_print_outlook(const struct running *running, const struct outlook *outlook) {
    const size_t lost = outlook->unfinished, here = outlook->unfinished_here;
    char host[70];
    if (!quiet(running) && (outlook->added > 0 || outlook->gone > 0))
        fprintf(stderr,
                "since the last run of this config%s: %zu trial%s added, %zu no longer in it%s\n",
                outlook->changed_data ? " the data set has changed" : "", outlook->added,
                text_plural(outlook->added), outlook->gone,
                outlook->gone == 0   ? ""
                : outlook->gone == 1 ? " (it stays in the database)"
                                     : " (they stay in the database)");
    if (!quiet(running) && lost > 0) {
        fprintf(stderr, "%zu trial%s left unfinished by a run that died (pid %lld on %s); ", lost,
                lost == 1 ? " was" : "s were", (long long)outlook->pid,
                terminal_safe(outlook->host, host, sizeof host));
        if (here == lost)
            fputs(lost == 1 ? "it is trained again\n" : "they are trained again\n", stderr);
        else
            fprintf(stderr, "%zu of them belong%s to this config\n", here, here == 1 ? "s" : "");
    }
    if (outlook->given_up > 0)
        fprintf(stderr,
                "sweep: %zu trial%s failed %d times and %s left alone; --retry-failed trains "
                "%s again\n",
                outlook->given_up, text_plural(outlook->given_up), STORE_FAILURES_MAX,
                outlook->given_up == 1 ? "is" : "are", outlook->given_up == 1 ? "it" : "them");
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

void running_print_end(const struct running *running, const struct leaderboard *board,
                      bool interrupted) {
    const size_t left = board->trials - board->completed - board->diverged - running->given_up;
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

void running_print_fault(const struct running *running) {
    const struct spool_state *spool = store_spooled(running->store);
    char path[4096], reason[1100];
    terminal_safe(spool->path, path, sizeof path);
    if (spool->kept > 0)
        fprintf(stderr,
                "sweep: %zu result%s kept in %s; run the same command again, and %s taken up "
                "from there\n",
                spool->kept, spool->kept == 1 ? " is" : "s are", path,
                spool->kept == 1 ? "it is" : "they are");
    if (spool->lost > 0)
        fprintf(stderr,
                "sweep: %zu result%s lost, as %s can't be written either (%s); the same "
                "command trains %s again\n",
                spool->lost, spool->lost == 1 ? " is" : "s are", path,
                terminal_safe(spool->error.message, reason, sizeof reason),
                spool->lost == 1 ? "it" : "them");
}
