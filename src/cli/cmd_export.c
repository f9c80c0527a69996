#include "cli/command.h"
#include "cli/formats.h"
#include "cli/query.h"
#include "cli/target.h"
#include "cli/trial_selection.h"

#include "analysis/quantities.h"
#include "exchange/export.h"
#include "exchange/onnx.h"
#include "exchange/optuna.h"
#include "exchange/weights.h"
#include "report/terminal.h"
#include "store/observations.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct format;

struct arguments {
    struct query query;
    const char *format_name;
    const struct format *format;
    const char *path;  /* "-": standard output */
    const char *trial; /* NULL: not given */
    const char *data_dir;
    struct option_list plugins;
    bool all, history, force;
};

/* What an export of trials is made of. */
struct material {
    struct store *store;
    struct filter filter;
    struct observations observations;
    struct arena arena;
};

static enum status write_rows(const struct arguments *arguments, struct material *material,
                              FILE *stream,
                              enum status (*write)(FILE *, struct rows *, struct error *),
                              struct error *error) {
    const struct rows_request request = {&material->observations, &material->filter,
                                         arguments->history ? ROWS_EPOCHS : ROWS_TRIALS,
                                         arguments->all};
    struct rows rows;
    enum status status = rows_open(material->store, &request, &material->arena, &rows, error);
    if (status == STATUS_OK)
        status = write(stream, &rows, error);
    rows_close(&rows);
    return status;
}

static enum status write_csv(const struct arguments *arguments, struct material *material,
                             const struct output *output, struct error *error) {
    return write_rows(arguments, material, output->stream, export_csv, error);
}

static enum status write_json_lines(const struct arguments *arguments, struct material *material,
                                    const struct output *output, struct error *error) {
    return write_rows(arguments, material, output->stream, export_json_lines, error);
}

static enum status write_optuna(const struct arguments *arguments, struct material *material,
                                const struct output *output, struct error *error) {
    struct quantities quantities;
    struct text note;
    (void)arguments;
    enum status status =
        quantities_of(&material->observations, &material->arena, &quantities, error);
    if (status != STATUS_OK)
        return status;
    /* What a study's objective measures Optuna takes to be the same in all trials. */
    text_init(&note);
    quantities_append_note(&material->observations, &quantities, &note);
    if (note.length > 0)
        text_append(&note, "Optuna does not know that: --where exports those of one alone");
    terminal_remarks(stderr, "note", note.data);
    text_release(&note);
    bool guessed = false;
    status = store_optuna(material->store, &material->observations, &material->filter,
                          output->beside, &material->arena, &guessed, error);
    if (status == STATUS_OK && guessed)
        terminal_remarks(stderr, "note",
                         "the sweep's config can't be read by this version: the distributions are "
                         "ranges of the values that there are, not what they were drawn from");
    return status;
}

/* What a network is beside its graph, for a person and for a program that finds its way back. */
static enum status make_notes(const struct trial_selection *chosen, struct arena *arena,
                              struct onnx_note notes[HP_COUNT + 8], size_t *count,
                              struct error *error) {
    const struct trial_record *record = &chosen->record;
    const struct model_shape *shape = &chosen->model.shape;
    const struct onnx_note own[] = {
        {"sweep", record->sweep},
        {"trial_id", arena_printf(arena, "%" PRId64, record->id)},
        {"setting", record->setting.digest.hex},
        {"seed", arena_printf(arena, "%" PRIu64, record->seed)},
        {"dataset", record->dataset},
        {"dataset_digest", record->dataset_digest},
        {"image_rows", arena_printf(arena, "%zu", shape->rows)},
        {"image_columns", arena_printf(arena, "%zu", shape->columns)},
    };
    struct text text;
    bool failed = false;
    *count = sizeof own / sizeof *own;
    memcpy(notes, own, sizeof own);
    text_init(&text);
    for (size_t i = 0; i < HP_DATASET; i++) {
        text_clear(&text);
        value_append(&record->setting.values[i], &text);
        if (record->setting.values[i].type != VALUE_NONE)
            notes[(*count)++] = (struct onnx_note){hyperparameter_column(&hyperparameters[i]),
                                                   arena_copy(arena, text.data)};
    }
    for (size_t i = 0; i < *count; i++)
        failed |= !notes[i].value;
    failed |= text.failed;
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

/* What is made of a kept network, in the trial's arena. */
typedef enum status make_network(struct trial_selection *chosen, const void **bytes, size_t *count,
                                 struct error *error);

static enum status make_onnx(struct trial_selection *chosen, const void **bytes, size_t *count,
                             struct error *error) {
    struct onnx_note notes[HP_COUNT + 8];
    struct onnx_request request = {.model = &chosen->model,
                                   .divisor =
                                       chosen->record.setting.values[HP_TRAIN_IMAGE_DIVISOR].real,
                                   .name = chosen->record.sweep,
                                   .notes = notes};
    enum status status = make_notes(chosen, &chosen->arena, notes, &request.note_count, error);
    return status == STATUS_OK ? onnx_make(&request, &chosen->arena, bytes, count, error) : status;
}

static enum status make_weights(struct trial_selection *chosen, const void **bytes, size_t *count,
                                struct error *error) {
    return weights_make(&chosen->model, &chosen->arena, bytes, count, error);
}

/* A network is of one trial, which is found as `show` and `predict` find it. */
static enum status write_network(const struct arguments *arguments, const struct output *output,
                                 make_network *make, struct error *error) {
    struct trial_selection chosen;
    const void *bytes = NULL;
    size_t count = 0;
    trial_selection_init(&chosen);
    chosen.path = arguments->query.path;
    chosen.data_dir = arguments->data_dir;
    chosen.sweep_name = arguments->query.sweep_name;
    chosen.name = arguments->trial;
    chosen.plugins = arguments->plugins;
    chosen.weights_alone = make == make_weights;
    enum status status = trial_selection_find(&chosen, false, error);
    if (status == STATUS_OK && !chosen.has_model) {
        *error = chosen.no_model;
        status = error->code;
    }
    if (status == STATUS_OK)
        status = make(&chosen, &bytes, &count, error);
    if (status == STATUS_OK)
        fwrite(bytes, 1, count, output->stream);
    trial_selection_release(&chosen);
    return status;
}

static const struct format {
    const char *name;
    const char *ending; /* of a file's name, from which the format is known; NULL: none */
    /* What a file that was written here begins with, and may be replaced; NULL: other programs may
     * have put something of theirs into it, so that it may not. */
    const char *beginning;
    bool rows;  /* takes the options about rows and columns */
    bool named; /* needs a file with a name */
    enum status (*write)(const struct arguments *arguments, struct material *material,
                         const struct output *output, struct error *error);
    make_network *make; /* in place of it: of one trial */
} formats[] = {
    {"csv", ".csv", "trial_id,", true, false, write_csv, NULL},
    {"jsonl", ".jsonl", "{\"trial_id\":", true, false, write_json_lines, NULL},
    {"optuna", NULL, NULL, false, true, write_optuna, NULL},
    /* the version of its messages, and who made it */
    {"onnx", ".onnx", "\x08\x07\x12\x05sweep", false, false, NULL, make_onnx},
    {"npz", ".npz", NULL, false, false, NULL, make_weights},
};
#define FORMAT_COUNT (sizeof formats / sizeof *formats)

const char *formats_name(size_t i) {
    return i < FORMAT_COUNT ? formats[i].name : NULL;
}

static const struct option options[] = {
    {.name = "all",
     .letter = 'a',
     .help = "Write every hyperparameter, also those in which the trials do not differ",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, all)},
    OPTION_DATA_DIR(struct arguments, data_dir),
    OPTION_DB(struct arguments, query.path),
    OPTION_FORCE(struct arguments, force),
    {.name = "format",
     .letter = 'F',
     .argument = "FORMAT",
     .help = "csv, jsonl (JSON lines), optuna (a database of Optuna's), onnx (a trial's network) "
             "or npz (its weights, for Keras); by default what FILE ends in, or csv",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, format_name)},
    {.name = "history",
     .help = "Write a row an epoch instead of a row a trial",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, history)},
    OPTION_OUTPUT(
        struct arguments, path,
        "Write to FILE instead of standard output (-); it is there whole or not at all. A "
        "FILE that is there already is replaced if it is an export of the same format, but for "
        "npz and optuna; with --force, any is"),
    OPTION_PLUGIN(struct arguments, plugins),
    OPTION_SWEEP(struct arguments, query.sweep_name),
    {.name = "trial",
     .letter = 't',
     .argument = "TRIAL",
     .help = "onnx, npz: the network of the trial with this trial_id, or best (the default)",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, trial)},
    OPTION_WHERE(struct arguments, query.conditions),
    {0},
};

static const struct format *find_format(const char *name) {
    const char *names[FORMAT_COUNT];
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = formats[i].name;
        if (strcmp(name, names[i]) == 0)
            return &formats[i];
    }
    const char *nearest = text_nearest(name, names, FORMAT_COUNT);
    command_misused(&command_export,
                    "there is no format '%.80s'%s%s%s; there are csv, jsonl, optuna, onnx and npz",
                    name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                    nearest ? "'?" : "");
}

static const struct format *guess_format(const char *path) {
    if (output_is_standard(path))
        return &formats[0];
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].ending && text_ends_with(path, formats[i].ending))
            return &formats[i];
    command_misused(&command_export,
                    "what '%.80s' is to be can't be told from its name; give a --format", path);
}

static void check(struct arguments *arguments) {
    arguments->format = arguments->format_name ? find_format(arguments->format_name)
                                               : guess_format(arguments->path);
    const struct format *format = arguments->format;
    const struct command *command = &command_export;
    const bool standard = output_is_standard(arguments->path);
    if (standard && (format->named || (!format->rows && terminal_is(stdout))))
        command_misused(command, "%s is not for %s; name a file: sweep export --format %s -o FILE",
                        format->name, format->named ? "standard output" : "a terminal",
                        format->name);
    if (!format->rows && (arguments->all || arguments->history))
        command_misused(command, "--all and --history go with csv and jsonl; %s has all there is",
                        format->name);
    if (format->make && arguments->query.conditions.count > 0)
        command_misused(command, "%s is of one trial: choose it with --trial, not --where",
                        format->name);
    if (!format->make && arguments->trial)
        command_misused(command,
                        "--trial goes with onnx and npz; %s has all trials, or those --where names",
                        format->name);
}

static enum status check_place(const struct arguments *arguments, struct error *error) {
    const struct target target = {.path = arguments->path,
                                  .database = arguments->query.path,
                                  .kind = arguments->format->name,
                                  .beginning = arguments->format->beginning,
                                  .named = arguments->format->named,
                                  .forced = arguments->force};
    return target_check(&target, error);
}

/* What is read is one state of the database, which nobody waits for any more once it is read: a
 * reader of the output may take any time. */
static enum status write_trials(struct arguments *arguments, struct material *material,
                                struct output *output, struct error *error) {
    enum status status =
        query_open(&arguments->query, &material->arena, &material->filter, &material->store, error);
    const struct selection selection = {.sweep = arguments->query.sweep,
                                        .filter = &material->filter};
    if (status == STATUS_OK)
        status = store_read_begin(material->store, error);
    if (status == STATUS_OK)
        status = store_observations(material->store, &selection, &material->arena,
                                    &material->observations, error);
    if (status == STATUS_OK)
        status = target_open(arguments->path, output, error);
    if (status == STATUS_OK)
        status = arguments->format->write(arguments, material, output, error);
    store_close(material->store);
    return status;
}

static enum status write_trial(const struct arguments *arguments, struct output *output,
                               struct error *error) {
    enum status status = target_open(arguments->path, output, error);
    return status == STATUS_OK ? write_network(arguments, output, arguments->format->make, error)
                               : status;
}

static enum status export(struct arguments *arguments, struct error *error) {
    struct material material = {0}; struct output output = {0}; arena_init(&material.arena);
    enum status status = arguments->format->make
                             ? write_trial(arguments, &output, error)
                             : write_trials(arguments, &material, &output, error);
    arena_release(&material.arena);
    if (status == STATUS_OK) return output_keep(&output, error);
    if (output.beside && strstr(error->file, strrchr(output.beside, '/')))
        error_place(error, arguments->path, 0, 0);
    output_discard(&output);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.path = "-"};
    struct error error = {0};
    query_init(&arguments.query);
    command_parse(&command_export, argc, argv, &arguments);
    check(&arguments);
    enum status status = check_place(&arguments, &error);
    if (status == STATUS_OK)
        status = export(&arguments, &error);
    return status == STATUS_OK ? 0 : command_fail(&error);
}

const struct command command_export = {
    .name = "export",
    .help = "write trials for other programs",
    .description =
        "Write a sweep's trials for other programs: hyperparameters, seeds, scores and times, also "
        "of trials that failed or have no result yet. Optuna's database has a trial's learning "
        "curve as well; optuna.load_study and optuna-dashboard open it. Or write the network of a "
        "trial whose model was kept, as ONNX, which takes images of grey levels from 0 to 255 (and "
        "further arrays, if the network reads any), or "
        "as the arrays that set_weights of the same model in Keras takes (`sweep show --keras`).",
    .options = options,
    .run = run,
};
