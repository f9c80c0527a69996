#include "cli/subject.h"

#include "cli/command.h"
#include "report/terminal.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct argp_option options[] = {
    {"db", 'o', "FILE", 0, "The database (default: results/sweep.db)", 0},
    {"sweep", 's', "ID", 0, "A sweep by its sweep_id (default: the one started last)", 0},
    {"data-dir", 'D', "DIR", 0, "Look for data sets in DIR first", 0},
    {"json", 'J', NULL, 0, "Print JSON", 0},
    {0},
};

int64_t subject_trial(struct argp_state *state, const char *argument) {
    char *end;
    const long trial = strtol(argument, &end, 10);
    char safe[80];
    if (strcmp(argument, "best") == 0)
        return 0;
    if (end == argument || *end || trial < 1 || trial == LONG_MAX)
        argp_error(state,
                   "TRIAL is a trial_id, as `sweep top --trials` lists them, or best; not "
                   "'%s'",
                   terminal_safe(argument, safe, sizeof safe));
    return trial;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct subject *subject = state->input;
    switch (key) {
    case 'o':
        subject->path = argument;
        return 0;
    case 's':
        subject->sweep = command_number(state, argument, "--sweep", 1, LONG_MAX);
        return 0;
    case 'D':
        subject->data_dir = argument;
        return 0;
    case 'J':
        subject->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one trial at a time");
        subject->trial = subject_trial(state, argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp subject_argp = {.options = options, .parser = parse};

void subject_init(struct subject *subject) {
    *subject = (struct subject){.path = "results/sweep.db"};
    arena_init(&subject->arena);
}

void subject_release(struct subject *subject) {
    store_close(subject->store);
    dataset_release(&subject->dataset);
    arena_release(&subject->arena);
}

static void say_no_model(struct subject *subject) {
    const struct trial_record *record = &subject->record;
    if (strcmp(record->status, "completed") != 0)
        error_set(&subject->no_model, STATUS_INPUT, "trial %" PRId64 " is %s, so it has no model",
                  record->id, record->status);
    else
        error_set(&subject->no_model, STATUS_INPUT,
                  "the model of trial %" PRId64 " was not kept; `sweep run %s --set "
                  "keep_models=best` keeps the best trial's, keep_models=all every trial's",
                  record->id, record->config_path);
}

static enum status open_model(struct subject *subject) {
    bool found = false;
    enum status status = store_model(subject->store, &subject->record, &subject->arena,
                                     &subject->model, &found, &subject->no_model);
    subject->has_model = status == STATUS_OK && found;
    if (status == STATUS_OK && !found)
        say_no_model(subject);
    return status == STATUS_INPUT ? STATUS_OK : status;
}

/* A data set whose name is known everywhere is looked for by that, and then where it was when the
 * trial was trained; another one the other way round. */
static enum status load_data(struct subject *subject) {
    const struct trial_record *record = &subject->record;
    const struct dataset_places places = {subject->data_dir};
    const char *names[] = {record->dataset_source, record->dataset};
    size_t known = 0;
    const char *const *all = dataset_names(&known);
    for (size_t i = 0; i < known; i++)
        if (strcmp(all[i], record->dataset) == 0) {
            names[0] = record->dataset;
            names[1] = record->dataset_source;
        }
    enum status status = dataset_load_first(names, 2, &places, &subject->dataset, &subject->no_data);
    subject->has_data = status == STATUS_OK;
    if (status == STATUS_OK && strcmp(subject->dataset.digest.hex, record->dataset_digest) != 0) {
        subject->has_data = false;
        error_set(&subject->no_data, STATUS_INPUT,
                  "the data set '%.60s' in %.200s is not the one that the trial was trained on; "
                  "name the folder of that with --data-dir",
                  record->dataset, subject->dataset.source);
    }
    return status == STATUS_MEMORY ? status : STATUS_OK;
}

enum status subject_find(struct subject *subject, bool wants_data, struct error *error) {
    enum status status = store_open_read(subject->path, &subject->store, error);
    if (status == STATUS_OK)
        status = store_trial(subject->store, subject->sweep, subject->trial, &subject->arena,
                             &subject->record, error);
    if (status != STATUS_OK)
        return status;
    status = open_model(subject);
    if (status != STATUS_OK && error)
        *error = subject->no_model;
    if (status != STATUS_OK || !wants_data)
        return status;
    status = load_data(subject);
    if (status != STATUS_OK && error)
        *error = subject->no_data;
    return status;
}
