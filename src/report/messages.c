#include "report/messages.h"

#include "base/text.h"
#include "report/terminal.h"

#include <inttypes.h>

#define PATH_SIZE 4096

/* The form of a word for one, or for more. */
static const char *form(size_t count, const char *one, const char *more) {
    return count == 1 ? one : more;
}

void messages_print_spool(FILE *stream, const struct spool_report *report, bool quiet) {
    char path[PATH_SIZE], left[PATH_SIZE], config[PATH_SIZE];
    terminal_safe(report->path, path, sizeof path);
    terminal_safe(report->renamed ? report->renamed : report->path, left, sizeof left);
    terminal_safe(report->config, config, sizeof config);
    if (report->taken > 0 && !quiet)
        fprintf(stream, "took up %zu result%s that an earlier run kept in %s\n", report->taken,
                text_plural(report->taken), path);
    if (report->unknown > 0)
        fprintf(stream,
                "sweep: %zu result%s in %s %s of trials that the database does not have; %s kept "
                "in %s for the next run of %s\n",
                report->unknown, text_plural(report->unknown), path,
                form(report->unknown, "is", "are"), form(report->unknown, "it is", "they are"),
                left, *report->config ? config : "their config");
    if (report->refused > 0)
        fprintf(stream,
                "sweep: %zu result%s in %s %s from what the database has, which stays; %s kept in "
                "%s\n",
                report->refused, text_plural(report->refused), path,
                form(report->refused, "differs", "differ"),
                form(report->refused, "it is", "they are"), left);
    if (report->torn)
        fprintf(stream,
                "sweep: the end of %s was not whole and was left out; its trial is trained again\n",
                path);
}

static void print_change(FILE *stream, const struct resume_summary *summary) {
    fprintf(stream, "since the last run of this config%s: %zu trial%s added, %zu no longer in it",
            summary->changed_data ? " the data set has changed" : "", summary->added,
            text_plural(summary->added), summary->gone);
    if (summary->gone > 0)
        fprintf(stream, " (%s in the database)", form(summary->gone, "it stays", "they stay"));
    fputc('\n', stream);
}

static void print_unfinished(FILE *stream, const struct resume_summary *summary) {
    const size_t all = summary->unfinished, here = summary->unfinished_here;
    char host[sizeof summary->host];
    fprintf(stream, "%zu trial%s left unfinished by a run that died (pid %" PRId64 " on %s); ", all,
            form(all, " was", "s were"), summary->pid,
            terminal_safe(summary->host, host, sizeof host));
    if (here == all)
        fprintf(stream, "%s trained again\n", form(all, "it is", "they are"));
    else if (here == 0)
        fputs("none of them is of this config\n", stream);
    else
        fprintf(stream, "%zu of them %s of this config\n", here, form(here, "is", "are"));
}

void messages_print_earlier(FILE *stream, const struct earlier_sweep *earlier,
                            const struct config *config, bool quiet) {
    if (!quiet && earlier->batch)
        terminal_print(stream, 2,
                       "note: the sweep was begun with batch %zu, which was the default then, and "
                       "goes on with it; batch: %zu in the config begins another one",
                       config->batch, config->batch);
    if (!quiet && earlier->namesake > 0)
        terminal_print(stream, 2,
                       "note: sweep %" PRId64
                       " is named '%.100s' too, and this is another one%s%s. "
                       "Trials that both have are trained once; --sweep takes a sweep's number, "
                       "which `sweep list` tells",
                       earlier->namesake, config->name, earlier->changes ? ": " : "",
                       earlier->changes ? earlier->changes : "");
}

void messages_print_resume(FILE *stream, const struct resume_summary *summary, bool quiet) {
    if (!quiet && (summary->added > 0 || summary->gone > 0))
        print_change(stream, summary);
    if (!quiet && summary->unfinished > 0)
        print_unfinished(stream, summary);
    if (summary->repaired > 0)
        fprintf(stream,
                "sweep: %zu trial%s changed in the database; %s hyperparameters and seed%s are put "
                "right, as the config has them\n",
                summary->repaired, form(summary->repaired, " was", "s were"),
                form(summary->repaired, "its", "their"), text_plural(summary->repaired));
    if (summary->mended)
        fputs("sweep: the sweep's metric, goal or config was changed in the database; they are put "
              "right, as the config has them\n",
              stream);
    if (summary->given_up > 0)
        fprintf(stream,
                "sweep: %zu trial%s failed %d times and %s left alone; --retry-failed trains %s "
                "again\n",
                summary->given_up, text_plural(summary->given_up), STORE_FAILURES_MAX,
                form(summary->given_up, "is", "are"), form(summary->given_up, "it", "them"));
}

void messages_print_spooled(FILE *stream, const struct spool_state *spooled) {
    char path[PATH_SIZE], reason[sizeof spooled->error.message];
    terminal_safe(spooled->path, path, sizeof path);
    if (spooled->kept > 0)
        fprintf(stream,
                "sweep: %zu result%s kept in %s; run the same command again, and %s taken up from "
                "there\n",
                spooled->kept, form(spooled->kept, " is", "s are"), path,
                form(spooled->kept, "it is", "they are"));
    if (spooled->lost > 0)
        fprintf(stream,
                "sweep: %zu result%s lost, as %s can't be written either (%s); the same command "
                "trains %s again\n",
                spooled->lost, form(spooled->lost, " is", "s are"), path,
                terminal_safe(spooled->error.message, reason, sizeof reason),
                form(spooled->lost, "it", "them"));
}
