#include "cli/trial_selection.h"

#include "base/path.h"
#include "cli/command.h"
#include "data/catalogue.h"
#include "search/plugins.h"
#include "store/sweep_config.h"
#include "store/sweeps.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static enum status read_name(struct trial_selection *chosen, struct error *error) {
    char *end;
    if (!chosen->name || strcmp(chosen->name, "best") == 0)
        return STATUS_OK;
    const long trial = strtol(chosen->name, &end, 10);
    if (end == chosen->name || *end || trial < 1 || trial == LONG_MAX)
        return error_set(error, STATUS_USAGE,
                         "TRIAL is a trial_id, as `sweep top --trials` lists them, or best; not "
                         "'%.80s'",
                         chosen->name);
    chosen->trial = trial;
    return STATUS_OK;
}

void trial_selection_init(struct trial_selection *chosen) {
    *chosen = (struct trial_selection){.path = DATABASE_PATH};
    arena_init(&chosen->arena);
}

void trial_selection_release(struct trial_selection *chosen) {
    store_close(chosen->store);
    dataset_release(&chosen->dataset);
    arena_release(&chosen->arena);
}

static void say_no_model(struct trial_selection *chosen) {
    const struct trial_record *record = &chosen->record;
    if (strcmp(record->status, "completed") != 0)
        error_set(&chosen->no_model, STATUS_INPUT, "trial %" PRId64 " is %s, so it has no model",
                  record->id, record->status);
    else
        error_set(&chosen->no_model, STATUS_INPUT,
                  "the model of trial %" PRId64 " was not kept; `sweep run %s --set "
                  "keep_models=best` keeps the best trial's, keep_models=all every trial's",
                  record->id, record->config_path);
}

static enum status open_model(struct trial_selection *chosen) {
    bool found = false;
    enum status status = store_model(chosen->store, &chosen->record, &chosen->arena, &chosen->model,
                                     &found, &chosen->no_model);
    chosen->has_model = status == STATUS_OK && found;
    if (status == STATUS_OK && !found)
        say_no_model(chosen);
    return status == STATUS_INPUT ? STATUS_OK : status;
}

/* Names and paths, in the order in which they are tried. */
struct candidates {
    size_t count;
    const char *items[8];
};

/* The database has a path as text: where bytes were escaped in it, it is tried with them too. */
static void add_name(const char *name, struct arena *arena, struct candidates *candidates) {
    char *bytes = name ? arena_copy(arena, name) : NULL;
    if (!bytes)
        return;
    candidates->items[candidates->count++] = name;
    text_unescape(bytes);
    if (strcmp(bytes, name) != 0)
        candidates->items[candidates->count++] = bytes;
}

/* The source as it is seen from a folder. */
static const char *seen_from(const char *folder, const char *source, struct arena *arena) {
    const bool here = strncmp(source, "./", 2) == 0;
    return source[0] == '/' || folder[0] == '\0'
               ? source
               : arena_printf(arena, "%s/%s", folder, source + (here ? 2 : 0));
}

/* A relative one was recorded in the folder of the command, and is looked for here, too, and beside
 * the database, since all three may have been moved. */
static void add_source(struct trial_selection *chosen, struct candidates *candidates) {
    const char *source = chosen->record.dataset_source;
    char *beside = path_folder(chosen->path);
    add_name(seen_from(chosen->record.folder, source, &chosen->arena), &chosen->arena, candidates);
    if (source[0] != '/') {
        add_name(source, &chosen->arena, candidates);
        if (beside)
            add_name(seen_from(beside, source, &chosen->arena), &chosen->arena, candidates);
    }
    free(beside);
}

/* A data set whose name is known everywhere is looked for by that, and then where it was when the
 * trial was trained; another one the other way round. */
static void list_candidates(struct trial_selection *chosen, struct candidates *candidates) {
    const char *name = chosen->record.dataset;
    const bool known = catalogue_find(name) != NULL;
    if (known)
        add_name(name, &chosen->arena, candidates);
    add_source(chosen, candidates);
    if (!known)
        add_name(name, &chosen->arena, candidates);
}

static void say_no_data(struct trial_selection *chosen, const char *other) {
    const struct trial_record *record = &chosen->record;
    const char *path = seen_from(record->folder, record->dataset_source, &chosen->arena);
    if (other)
        error_set(&chosen->no_data, STATUS_INPUT,
                  "the data set '%.60s' in %.200s is not the one that the trial was trained on; "
                  "name the folder of that with --data-dir",
                  record->dataset, other);
    else
        error_set(&chosen->no_data, STATUS_INPUT,
                  "the trial's data set '%.60s' was not found, and is no longer in %.600s; name "
                  "its folder with --data-dir",
                  record->dataset, path ? path : record->dataset_source);
}

static enum status find_data(struct trial_selection *chosen) {
    const struct trial_record *record = &chosen->record;
    struct config config = {0}; /* which says how it was read */
    struct candidates candidates = {0};
    const char *other = NULL; /* where there is another one instead */
    enum status status = STATUS_OK;
    if (record->sweep_id != 0)
        store_sweep_config(chosen->store, record->sweep_id, &chosen->arena, &config);
    chosen->options = *config_dataset_options(&config, record->dataset);
    const struct dataset_places places = {.data_dir = chosen->data_dir,
                                          .options = &chosen->options};
    list_candidates(chosen, &candidates);
    for (size_t i = 0; i < candidates.count && !chosen->has_data; i++) {
        bool found;
        status =
            dataset_load(candidates.items[i], &places, &chosen->dataset, &found, &chosen->no_data);
        if (status != STATUS_OK)
            return status;
        chosen->has_data = found && strcmp(chosen->dataset.digest.hex, record->dataset_digest) == 0;
        if (found && !chosen->has_data) {
            other = arena_copy(&chosen->arena, chosen->dataset.source);
            dataset_release(&chosen->dataset);
        }
    }
    if (!chosen->has_data)
        say_no_data(chosen, other);
    return status;
}

static enum status load_data(struct trial_selection *chosen) {
    const enum status status = find_data(chosen);
    return status == STATUS_MEMORY ? status : STATUS_OK;
}

/* How a network's inputs are normalised is known from what it was trained on alone. */
static enum status take_data(struct trial_selection *chosen) {
    chosen->has_model = chosen->has_data;
    if (!chosen->has_data) {
        error_set(&chosen->no_model, chosen->no_data.code,
                  "trial %" PRId64 " has normalised inputs, whose means and deviations are taken "
                  "from its training data again: %s",
                  chosen->record.id, chosen->no_data.message);
        return STATUS_OK;
    }
    return model_take_data(&chosen->model, &chosen->dataset, &chosen->arena, &chosen->no_data);
}

enum status trial_selection_find(struct trial_selection *chosen, bool wants_data,
                                 struct error *error) {
    enum status status = read_name(chosen, error);
    for (size_t i = 0; status == STATUS_OK && i < chosen->plugins.count; i++)
        status = plugins_load(chosen->plugins.items[i], &chosen->arena, error);
    if (status == STATUS_OK)
        status = store_open_read(chosen->path, &chosen->store, error);
    if (status == STATUS_OK && chosen->sweep_name)
        status = store_sweep_named(chosen->store, chosen->sweep_name, &chosen->arena,
                                   &chosen->sweep, error);
    if (status == STATUS_OK)
        status = store_trial(chosen->store, chosen->sweep, chosen->trial, &chosen->arena,
                             &chosen->record, error);
    if (status != STATUS_OK)
        return status;
    status = open_model(chosen);
    if (status != STATUS_OK && error)
        *error = chosen->no_model;
    const bool normalized =
        chosen->has_model && chosen->model.shape.normalized && !chosen->weights_alone;
    if (status != STATUS_OK || !(wants_data || normalized))
        return status;
    status = load_data(chosen);
    if (status == STATUS_OK && normalized)
        status = take_data(chosen);
    else if (status == STATUS_OK && chosen->has_model && chosen->has_data &&
             model_reads_arrays(&chosen->model))
        status =
            model_take_data(&chosen->model, &chosen->dataset, &chosen->arena, &chosen->no_data);
    if (status != STATUS_OK && error)
        *error = chosen->no_data;
    return status;
}
