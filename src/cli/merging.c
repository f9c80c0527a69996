#include "cli/merging.h"

#include "cli/command.h"
#include "cli/shard_search.h"
#include "report/terminal.h"
#include "search/document.h"
#include "search/plugins.h"
#include "store/merge.h"
#include "store/models.h"
#include "store/shard_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sweep in a folder. */
struct merging {
    const struct merging_request *request;
    struct merging_outcome *outcome;
    struct store *store;
    struct arena arena; /* the sweep's */
    const char *folder;
    struct shard_plan plan; /* the newest */
    struct config config;
    struct space space;
    struct sweep_request sweep;
    struct merge_report report;
    bool *missing, *lacking; /* trials, and weights that the database is to keep */
    bool in_steps;           /* its trials come step by step */
};

/* --- the sweep --- */

/* The settings are written as --set takes them, a line each; how many there are. */
static size_t split_settings(char *settings, const char **lines) {
    size_t count = 0;
    for (char *save = NULL, *line = strtok_r(settings, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        lines[count++] = line;
    return count;
}

/* Their paths in the config are seen from a folder that may not be there. */
static enum status ask_for_plugins(const struct merging *merging, struct error *error) {
    const struct node *plugins =
        merging->config.root ? node_at(merging->config.root, "plugins") : NULL;
    const size_t count = !plugins ? 0 : plugins->kind == NODE_SEQUENCE ? plugins->count : 1;
    if (merging->request->plugins.count >= count)
        return error->code;
    error_set(error, STATUS_INPUT,
              "the config of the results has %zu plug-in%s: name %s with --plugin", count,
              text_plural(count), count == 1 ? "it" : "each");
    return error_place(error, merging->plan.config_path, 0, 0);
}

static enum status read_config(struct merging *merging, struct error *error) {
    const struct shard_plan *plan = &merging->plan;
    struct arena *arena = &merging->arena;
    char *settings = arena_copy(arena, plan->settings);
    const char **lines = ARENA_NEW(arena, const char *, strlen(plan->settings) / 2 + 1);
    if (!settings || !lines)
        return error_memory(error);
    const size_t count = split_settings(settings, lines);
    enum status status =
        config_parse(plan->config_path, plan->config_text, strlen(plan->config_text), lines, count,
                     arena, &merging->config, error);
    if (status == STATUS_INPUT)
        return ask_for_plugins(merging, error);
    if (status == STATUS_OK)
        status = config_name_datasets(&merging->config, &plan->dataset, error);
    for (const struct dataset *at = &plan->dataset; at && status == STATUS_OK; at = at->next)
        status = config_fit_targets(&merging->config, at, error);
    if (status != STATUS_OK)
        return status;
    return merging->config.method == METHOD_GRID
               ? space_expand(&merging->config, &plan->dataset, arena, &merging->space, error)
               : space_begin(&merging->config, &plan->dataset, arena, &merging->space, error);
}

static enum status read_sweep(struct merging *merging, const struct shard_plan_file *file,
                              struct error *error) {
    bool found = false;
    enum status status =
        shard_plan_read(file->path, &merging->arena, &merging->plan, &found, error);
    if (status == STATUS_OK && !found)
        status = error_set(error, STATUS_IO, "%s was removed meanwhile", file->path);
    if (status == STATUS_OK)
        status = read_config(merging, error);
    merging->in_steps = status == STATUS_OK && shard_search_is(&merging->config);
    if (status == STATUS_OK && !merging->in_steps)
        status = shard_plan_check(file->path, &merging->plan, &merging->space,
                                  &merging->plan.dataset, error);
    if (status != STATUS_OK)
        return status;
    merging->sweep = (struct sweep_request){.config = &merging->config,
                                            .dataset = &merging->plan.dataset,
                                            .space = &merging->space,
                                            .warnings = merging->plan.warnings,
                                            .in_parts = merging->in_steps};
    merging->missing = ARENA_NEW(&merging->arena, bool, merging->space.trial_count + 1);
    return merging->missing ? STATUS_OK : error_memory(error);
}

/* --- results --- */

/* The arithmetic whose results are taken: that of most of the sweep's in the database, or else in
 * the files. NULL: there are none yet. */
static enum status choose_arithmetic(struct merging *merging, const struct shard_file *files,
                                     size_t file_count, const struct arithmetic **chosen,
                                     struct error *error) {
    struct arena *arena = &merging->arena;
    struct arithmetic *kinds = NULL;
    size_t count = 0;
    *chosen = NULL;
    enum status status = store_arithmetics(merging->store, arena, &kinds, &count, error);
    if (status == STATUS_OK && count == 0)
        for (size_t i = 0; i < file_count && status == STATUS_OK; i++)
            status = merge_count(files[i].path, arena, &kinds, &count, error);
    for (size_t i = 0; i < count; i++)
        if (!*chosen || kinds[i].trials > (*chosen)->trials)
            *chosen = &kinds[i];
    return status;
}

/* What can't be read of one file is no reason to leave the others. */
static enum status take_files(struct merging *merging, struct error *error) {
    const struct arithmetic *only = NULL;
    struct shard_file *files;
    size_t count;
    enum status status = shard_list(merging->folder, merging->config.digest.hex, SHARD_RESULTS,
                                    &merging->arena, &files, &count, error);
    if (status == STATUS_OK && merging->request->same_arithmetic)
        status = choose_arithmetic(merging, files, count, &only, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = store_merge_file(merging->store, &merging->sweep, files[i].path, only,
                                  &merging->report, error);
        if (status == STATUS_INPUT) {
            command_fail(error);
            merging->outcome->refused++;
            status = STATUS_OK;
        }
    }
    return status;
}

/* --- weights --- */

static enum status take_model(void *context, const struct shard_model *model, struct error *error) {
    const struct merging *merging = context;
    return store_take_model(merging->store, model, merging->lacking, error);
}

/* Whether a file has weights that are lacking, if its trials are the plan's; `anyhow`: a plan may
 * have been made anew since. */
static bool may_have(const struct merging *merging, const struct shard_file *file, bool anyhow) {
    const struct shard_plan *plan = &merging->plan;
    const bool is_known = !anyhow && !merging->in_steps && file->count == plan->count;
    bool may = false;
    for (size_t i = 0; i < merging->space.trial_count && !may; i++)
        may = merging->lacking[i] && (!is_known || plan->shards[i] == file->number);
    return may;
}

static enum status read_models(struct merging *merging, struct error *error) {
    struct shard_file *files;
    struct arena records;
    size_t count;
    enum status status = shard_list(merging->folder, merging->config.digest.hex, SHARD_MODELS,
                                    &merging->arena, &files, &count, error);
    bool *read = status == STATUS_OK ? ARENA_NEW(&merging->arena, bool, count) : NULL;
    if (status == STATUS_OK && !read)
        return error_memory(error);
    arena_init(&records);
    for (size_t pass = 0; status == STATUS_OK && pass < 2 * count; pass++) {
        const size_t i = pass % count;
        if (read[i] || !may_have(merging, &files[i], pass >= count))
            continue;
        read[i] = true;
        arena_reset(&records);
        status = shard_models_read(files[i].path, &records, take_model, merging, error);
        if (status == STATUS_INPUT) {
            command_fail(error);
            merging->outcome->refused++;
            status = STATUS_OK;
        }
    }
    arena_release(&records);
    return status == STATUS_OK ? store_commit(merging->store, error) : status;
}

/* Take the weights that the sweep is to keep, and say which are nowhere. */
static enum status take_models(struct merging *merging, bool complete, struct error *error) {
    const size_t trials = merging->space.trial_count;
    size_t count = 0, left = 0;
    merging->lacking = ARENA_NEW(&merging->arena, bool, trials + 1);
    if (!merging->lacking)
        return error_memory(error);
    enum status status = store_lacking_models(merging->store, &merging->space, complete,
                                              merging->lacking, &count, error);
    if (status == STATUS_OK)
        status = count > 0 ? read_models(merging, error) : store_commit(merging->store, error);
    for (size_t i = 0; i < trials; i++)
        left += merging->lacking[i];
    if (status == STATUS_OK && complete && left > 0)
        terminal_print(stdout, 2,
                       "  the folder has no weights of %s: `sweep run %s --db %s` trains %s once "
                       "more for them",
                       left == 1 ? "the best trial" : "some trials", merging->plan.config_path,
                       merging->request->database, left == 1 ? "it" : "these");
    return status;
}

/* --- what is said --- */

static void tell_unread(const struct merge_report *report) {
    if (report->damaged > 0)
        terminal_print(stderr, 2,
                       "sweep: %s%s a part that is damaged; all results around it are taken, and "
                       "those in it are trained again by `sweep run --shard`",
                       report->damaged_path, report->damaged > 1 ? " and others have" : " has");
    if (report->torn > 0)
        terminal_print(stderr, 2,
                       "note: the end of %s%s is not whole: its task is writing, or was killed "
                       "while it wrote",
                       report->torn_path, report->torn > 1 ? " and others" : "");
}

static void tell_refused(const struct merge_report *report) {
    if (report->foreign > 0)
        terminal_print(
            stderr, 2,
            "sweep: %zu result%s of other data (%s) %s not taken: have all tasks use the "
            "same data set",
            report->foreign, text_plural(report->foreign), report->foreign_path,
            report->foreign == 1 ? "is" : "are");
    if (report->unknown > 0)
        terminal_print(stderr, 2,
                       "sweep: %zu result%s (%s) %s not taken: no trial of this version of sweep "
                       "has the digest, since version %s, which trained it, counts otherwise; have "
                       "all tasks use the same version",
                       report->unknown, text_plural(report->unknown), report->unknown_path,
                       report->unknown == 1 ? "is" : "are",
                       report->unknown_version[0] ? report->unknown_version : "(not known)");
    if (report->differ > 0)
        terminal_print(stderr, 2,
                       "sweep: %zu result%s (%s) %s from what the database has of the same trial, "
                       "which stays: another kind of processor or another version trained it",
                       report->differ, text_plural(report->differ), report->differ_path,
                       report->differ == 1 ? "differs" : "differ");
    if (report->refused > 0)
        terminal_print(stderr, 2,
                       "sweep: %zu result%s (%s) %s refused, as --same-arithmetic has it: another "
                       "kind of processor gave %s; `sweep run --shard I/N --same-arithmetic` on "
                       "the right kind trains %s again",
                       report->refused, text_plural(report->refused), report->refused_path,
                       report->refused == 1 ? "is" : "are", report->refused == 1 ? "it" : "them",
                       report->refused == 1 ? "it" : "them");
}

static enum status tell_arithmetics(struct merging *merging, struct error *error) {
    struct arithmetic *kinds;
    size_t count;
    enum status status = store_arithmetics(merging->store, &merging->arena, &kinds, &count, error);
    if (status != STATUS_OK || count < 2)
        return status;
    terminal_print(stderr, 2,
                   "warning: the trials were trained by %zu kinds of processor, so that the last "
                   "bits of equal trainings may differ; each trial's command tells its own "
                   "(--same-arithmetic refuses all but one):",
                   count);
    for (size_t i = 0; i < count; i++)
        terminal_print(stderr, 4, "  %zu trial%s: %s, OpenBLAS kernels for %s", kinds[i].trials,
                       text_plural(kinds[i].trials), kinds[i].cpu, kinds[i].core);
    return STATUS_OK;
}

/* "3, 5-7" of the marked numbers, which count from 1. */
static void append_ranges(struct text *text, const size_t *marks, size_t count) {
    const char *separator = "";
    for (size_t i = 1; i <= count; i++) {
        size_t last = i;
        if (marks[i] == 0)
            continue;
        while (last < count && marks[last + 1] > 0)
            last++;
        text_printf(text,
                    last > i + 1 ? "%s%zu-%zu"
                    : last > i   ? "%s%zu, %zu"
                                 : "%s%zu",
                    separator, i, last);
        separator = ", ";
        i = last;
    }
}

/* Put the words of the command that trains a shard into `text`, as a shell reads it. */
static void append_command(const struct merging *merging, struct text *text) {
    static char run[] = "run", set[] = "--set", shard[] = "--shard", results[] = "--results";
    char part[40], *words[2 * OPTION_LIST_MAX + 8], *save = NULL;
    char *path = strdup(merging->plan.config_path), *folder = strdup(merging->folder);
    char *settings = strdup(merging->plan.settings);
    int count = 0;
    snprintf(part, sizeof part, "I/%zu", merging->plan.count);
    if (path && folder && settings) {
        words[count++] = run;
        words[count++] = path;
        for (char *line = strtok_r(settings, "\n", &save); line && count < 2 * OPTION_LIST_MAX;
             line = strtok_r(NULL, "\n", &save)) {
            words[count++] = set;
            words[count++] = line;
        }
        words[count++] = shard;
        words[count++] = part;
        words[count++] = results;
        words[count++] = folder;
        command_append_line(count, words, text);
    }
    text->failed |= !path || !folder || !settings;
    free(path);
    free(folder);
    free(settings);
}

/* What each shard lacks; those at work are told, and unmarked. */
static size_t tell_at_work(const struct merging *merging, size_t *lacks) {
    size_t left = 0;
    for (size_t i = 1; i <= merging->plan.count; i++) {
        const struct shard_id id = {merging->folder, merging->config.digest.hex, i,
                                    merging->plan.count};
        char holder[512];
        if (lacks[i] == 0)
            continue;
        if (shard_is_taken(&id, holder, sizeof holder)) {
            terminal_print(stdout, 4, "  shard %zu of %zu has %zu of them, and trains: %s", i,
                           merging->plan.count, lacks[i], holder);
            lacks[i] = 0;
        }
        left += lacks[i] > 0;
    }
    return left;
}

static enum status tell_missing(const struct merging *merging, struct error *error) {
    const struct shard_plan *plan = &merging->plan;
    size_t *lacks = calloc(plan->count + 1, sizeof *lacks);
    struct text text;
    if (!lacks)
        return error_memory(error);
    for (size_t i = 0; i < plan->trial_count; i++)
        lacks[plan->shards[i]] += merging->missing[i];
    const size_t left = tell_at_work(merging, lacks);
    text_init(&text);
    if (left > 0) {
        text_printf(&text, "  `");
        append_command(merging, &text);
        text_printf(&text, "` trains what is missing, for I = ");
        append_ranges(&text, lacks, plan->count);
    }
    free(lacks);
    return terminal_say(stdout, &text, error);
}

static enum status tell(struct merging *merging, struct error *error) {
    const struct merge_report *report = &merging->report;
    const size_t trials = merging->space.trial_count;
    struct resume_summary summary;
    size_t failed = 0;
    char why[1024];
    enum status status = store_resume_summary(merging->store, &merging->config, &merging->space,
                                              merging->missing, &summary, error);
    if (status == STATUS_OK)
        status = store_failures(merging->store, &failed, why, sizeof why, error);
    if (status != STATUS_OK)
        return status;
    merging->outcome->trials += trials;
    merging->outcome->trained += summary.trained;
    merging->outcome->taken += report->taken;
    merging->outcome->refused +=
        report->foreign + report->unknown + report->differ + report->refused;
    tell_unread(report);
    tell_refused(report);
    if (merging->request->brief)
        return STATUS_OK;
    if (summary.trained == trials)
        terminal_print(stdout, 2, "%s: all %zu trials are there, %zu of them new",
                       merging->config.name, trials, report->taken);
    else
        terminal_print(stdout, 2, "%s: %zu of %zu trials are there, %zu of them new",
                       merging->config.name, summary.trained, trials, report->taken);
    command_flush();
    if (failed > 0)
        terminal_print(stderr, 2, "sweep: %zu trial%s failed: %s", failed, text_plural(failed),
                       why);
    status = tell_arithmetics(merging, error);
    if (status != STATUS_OK)
        return status;
    if (summary.trained < trials)
        status = tell_missing(merging, error);
    return status == STATUS_OK ? take_models(merging, summary.trained + failed >= trials, error)
                               : status;
}

/* --- a search --- */

/* The newest plan of the step, and whether it is of the same trials. */
static enum status read_step(struct merging *merging, const struct shard_search *search,
                             bool *found, struct error *error) {
    struct shard_plan_file *files;
    size_t count;
    *found = false;
    enum status status = shard_plan_list(merging->folder, &merging->arena, &files, &count, error);
    for (size_t i = 0; status == STATUS_OK && i < count && !*found; i++) {
        if (strncmp(files[i].config, merging->config.digest.hex, SHARD_DIGITS) != 0 ||
            files[i].step != search->step)
            continue;
        status = shard_plan_read(files[i].path, &merging->arena, &merging->plan, found, error);
        if (status == STATUS_OK && *found)
            status = shard_plan_check(files[i].path, &merging->plan, &merging->space,
                                      &merging->plan.dataset, error);
    }
    return status;
}

static enum status tell_step(struct merging *merging, const struct shard_search *search,
                             struct error *error) {
    bool found = false;
    terminal_print(stdout, 2,
                   "%s: step %zu of the search lacks %zu trial%s; there are %zu settings",
                   merging->config.name, search->step, search->count, text_plural(search->count),
                   merging->space.setting_count);
    command_flush();
    enum status status = read_step(merging, search, &found, error);
    bool *missing = ARENA_NEW(&merging->arena, bool, merging->space.trial_count + 1);
    if (status != STATUS_OK || !missing)
        return status != STATUS_OK ? status : error_memory(error);
    for (size_t i = 0; i < search->count; i++)
        missing[search->trials[i]] = true;
    merging->missing = missing;
    if (found)
        return tell_missing(merging, error);
    /* No task has looked at the step yet: any may have a part of it. */
    for (size_t i = 0; i < merging->space.trial_count; i++)
        missing[i] = false;
    struct text text;
    text_init(&text);
    text_printf(&text, "  `");
    append_command(merging, &text);
    text_printf(&text, "` trains it, for I = 1-%zu", merging->plan.count);
    return terminal_say(stdout, &text, error);
}

static enum status tell_search_end(struct merging *merging, const struct shard_search *search,
                                   struct error *error) {
    terminal_print(stdout, 2, "%s: the search is over after %zu steps, with %zu settings",
                   merging->config.name, search->step, merging->space.setting_count);
    return take_models(merging, true, error);
}

/* The trials that its steps have begun count; one that goes on has another to come. */
static enum status merge_search(struct merging *merging, struct error *error) {
    struct merging_outcome *outcome = merging->outcome;
    struct shard_search search = {.folder = merging->folder,
                                  .config = &merging->config,
                                  .space = &merging->space,
                                  .store = merging->store,
                                  .sweep = &merging->sweep};
    enum status status = STATUS_OK;
    if (merging->request->same_arithmetic)
        status = error_set(error, STATUS_USAGE,
                           "--same-arithmetic is for grids: leave it out for %.200s",
                           merging->config.path);
    if (status == STATUS_OK)
        status = shard_search_find(&search, error);
    if (status == STATUS_OK) {
        outcome->trials += merging->space.trial_count + !search.over;
        outcome->trained += merging->space.trial_count - search.count;
        if (search.results.damaged > 0)
            merging->report.damaged = search.results.damaged;
        snprintf(merging->report.damaged_path, sizeof merging->report.damaged_path, "%s",
                 search.results.damaged_path ? search.results.damaged_path : "");
        tell_unread(&merging->report);
        if (search.failed > 0)
            terminal_print(stderr, 2, "sweep: %zu trial%s failed: %s", search.failed,
                           text_plural(search.failed), search.failure->result->error.message);
    }
    if (status == STATUS_OK && !merging->request->brief)
        status = search.over ? tell_search_end(merging, &search, error)
                             : tell_step(merging, &search, error);
    if (status == STATUS_OK && !merging->request->brief)
        status = tell_arithmetics(merging, error);
    if (status == STATUS_OK && !merging->request->brief && !search.over)
        status = take_models(merging, false, error);
    shard_search_end(&search);
    return status;
}

/* --- all of it --- */

static enum status merge_sweep(struct merging *merging, const struct shard_plan_file *file,
                               struct error *error) {
    struct resume_summary summary;
    enum status status = read_sweep(merging, file, error);
    if (status == STATUS_OK)
        status = store_begin_merge(merging->store, &merging->sweep, &summary, error);
    if (status == STATUS_OK && merging->in_steps)
        return merge_search(merging, error);
    if (status == STATUS_OK)
        status = take_files(merging, error);
    return status == STATUS_OK ? tell(merging, error) : status;
}

static enum status merge_folder(const struct merging *all, const char *folder,
                                struct error *error) {
    struct shard_plan_file *files;
    struct arena arena;
    size_t count;
    arena_init(&arena);
    enum status status = shard_plan_list(folder, &arena, &files, &count, error);
    if (status == STATUS_OK && count == 0) {
        error_set(error, STATUS_INPUT,
                  "holds no plan of shards; `sweep run CONFIG --shard I/N --results %.200s` makes "
                  "it, also where it was removed",
                  folder);
        status = error_place(error, folder, 0, 0);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (i > 0 && strcmp(files[i].config, files[i - 1].config) == 0)
            continue;
        struct merging merging = *all;
        merging.folder = folder;
        arena_init(&merging.arena);
        status = merge_sweep(&merging, &files[i], error);
        arena_release(&merging.arena);
    }
    arena_release(&arena);
    return status;
}

enum status merging_run(const struct merging_request *request, struct merging_outcome *outcome,
                        struct error *error) {
    struct merging merging = {.request = request, .outcome = outcome};
    struct arena arena;
    enum status status = STATUS_OK;
    *outcome = (struct merging_outcome){0};
    arena_init(&arena);
    for (size_t i = 0; status == STATUS_OK && i < request->plugins.count; i++)
        status = plugins_load(request->plugins.items[i], &arena, error);
    if (status == STATUS_OK)
        status = store_open(request->database, &merging.store, error);
    for (size_t i = 0; status == STATUS_OK && i < request->folders.count; i++)
        status = merge_folder(&merging, request->folders.items[i], error);
    store_close(merging.store);
    arena_release(&arena);
    return status;
}
