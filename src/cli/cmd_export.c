#include "cli/command.h"
#include "cli/formats.h"
#include "cli/query.h"

#include "base/output.h"
#include "report/export.h"
#include "report/terminal.h"
#include "store/observations.h"
#include "store/optuna.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { OPTION_HISTORY = 512 };

struct format;

struct arguments {
    struct query query;
    const struct format *format;
    const char *path; /* NULL: standard output */
    bool all, history, force;
};

/* What an export is made of. */
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
    (void)arguments;
    return store_optuna(material->store, &material->observations, &material->filter, output->beside,
                        &material->arena, error);
}

static const struct format {
    const char *name;
    const char *ending; /* of a file's name, from which the format is known; NULL: none */
    /* What a file that was written here begins with, and may be replaced; NULL: other programs may
     * have put something of theirs into it, so that it may not. */
    const char *beginning;
    bool rows;      /* takes the options about rows and columns */
    bool is_binary; /* not for a standard output that may be a terminal */
    enum status (*write)(const struct arguments *arguments, struct material *material,
                         const struct output *output, struct error *error);
} formats[] = {
    {"csv", ".csv", "trial_id,", true, false, write_csv},
    {"jsonl", ".jsonl", "{\"trial_id\":", true, false, write_json_lines},
    {"optuna", NULL, NULL, false, true, write_optuna},
};
#define FORMAT_COUNT (sizeof formats / sizeof *formats)

const char *formats_name(size_t i) {
    return i < FORMAT_COUNT ? formats[i].name : NULL;
}

static const struct argp_option options[] = {
    {"all", 'a', NULL, 0,
     "Write every hyperparameter, also those in which the trials do not differ", 0},
    {"force", 'f', NULL, 0, "Replace FILE, whatever it is", 0},
    {"format", 'F', "FORMAT", 0,
     "csv, jsonl (JSON lines) or optuna (a database of Optuna's); by default what FILE ends in, or "
     "csv",
     0},
    {"history", OPTION_HISTORY, NULL, 0, "Write a row an epoch instead of a row a trial", 0},
    {"output", 'o', "FILE", 0,
     "Write to FILE instead of standard output; it is there whole or not at all. A FILE that is "
     "there already is replaced if it is an export of the same format; with --force, any is",
     0},
    {0},
};

static const struct format *find_format(struct argp_state *state, const char *name) {
    const char *names[FORMAT_COUNT];
    char safe[80];
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = formats[i].name;
        if (strcmp(name, names[i]) == 0)
            return &formats[i];
    }
    const char *nearest = text_nearest(name, names, FORMAT_COUNT);
    argp_error(state, "there is no format '%s'%s%s%s; there are csv, jsonl and optuna",
               terminal_safe(name, safe, sizeof safe), nearest ? "; did you mean '" : "",
               nearest ? nearest : "", nearest ? "'?" : "");
    return NULL;
}

static bool ends_in(const char *path, const char *ending) {
    const size_t length = strlen(path), count = strlen(ending);
    return length > count && strcmp(path + length - count, ending) == 0;
}

static const struct format *guess_format(struct argp_state *state, const char *path) {
    char safe[80];
    if (!path)
        return &formats[0];
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].ending && ends_in(path, formats[i].ending))
            return &formats[i];
    argp_error(state, "what '%s' is to be can't be told from its name; give a --format",
               terminal_safe(path, safe, sizeof safe));
    return NULL;
}

static void check(struct argp_state *state, struct arguments *arguments) {
    if (arguments->path && strcmp(arguments->path, "-") == 0)
        arguments->path = NULL;
    if (!arguments->format)
        arguments->format = guess_format(state, arguments->path);
    if (arguments->format->is_binary && !arguments->path)
        argp_error(state, "a file is missing, as in: %s --format %s -o study.db", state->name,
                   arguments->format->name);
    if (!arguments->format->rows && (arguments->all || arguments->history))
        argp_error(state, "--all and --history go with csv and jsonl; %s has all there is",
                   arguments->format->name);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    char safe[80];
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->query;
        return 0;
    case 'a':
        arguments->all = true;
        return 0;
    case 'f':
        arguments->force = true;
        return 0;
    case 'F':
        arguments->format = find_format(state, argument);
        return 0;
    case OPTION_HISTORY:
        arguments->history = true;
        return 0;
    case 'o':
        arguments->path = argument;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state,
                   "'%s' is too much; the file to write is named with -o FILE, a database with "
                   "--db FILE",
                   terminal_safe(argument, safe, sizeof safe));
        return 0;
    case ARGP_KEY_SUCCESS:
        check(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&query_selection_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Write a sweep's trials for other programs: hyperparameters, seeds, scores and times, "
           "also of trials that failed or have no result yet. Optuna's database has a trial's "
           "learning curve as well; optuna.load_study and optuna-dashboard open it.",
    .children = children,
};

/* Whether a file that is there was written by an export of this format, or is empty. */
static bool is_ours(const char *path, const char *beginning) {
    char bytes[16] = "";
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    const size_t count = fread(bytes, 1, sizeof bytes, file);
    const bool whole = !ferror(file);
    fclose(file);
    return whole && (count == 0 || (beginning && count >= strlen(beginning) &&
                                    memcmp(bytes, beginning, strlen(beginning)) == 0));
}

static enum status check_place(const struct arguments *arguments, struct error *error) {
    struct stat place, database;
    const struct format *format = arguments->format;
    if (!arguments->path || stat(arguments->path, &place) != 0)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (stat(arguments->query.path, &database) == 0 && place.st_dev == database.st_dev &&
        place.st_ino == database.st_ino)
        status = error_set(error, STATUS_USAGE,
                           "holds the results themselves; give another file with -o");
    else if (!S_ISREG(place.st_mode) && format->is_binary && !S_ISDIR(place.st_mode))
        status = error_set(error, STATUS_USAGE, "is no file; %s needs one", format->name);
    else if (S_ISREG(place.st_mode) && !arguments->force &&
             !is_ours(arguments->path, format->beginning))
        status = error_set(error, STATUS_USAGE,
                           format->beginning
                               ? "is there already, and no %s that sweep wrote; replace it with "
                                 "--force, or give another file with -o"
                               : "is there already, and may have more in it than an export to %s; "
                                 "replace it with --force, or give another file with -o",
                           format->name);
    return status == STATUS_OK ? status : error_place(error, arguments->path, 0, 0);
}

static enum status write_all(const struct arguments *arguments, struct material *material,
                             struct error *error) {
    const struct output standard = {.stream = stdout};
    struct output output;
    if (!arguments->path)
        return arguments->format->write(arguments, material, &standard, error);
    enum status status = output_open(arguments->path, &output, error);
    if (status != STATUS_OK)
        return status;
    status = arguments->format->write(arguments, material, &output, error);
    if (status == STATUS_OK)
        return output_keep(&output, error);
    output_discard(&output);
    return status;
}

static enum status export(const struct arguments *arguments, struct material *material,
                          struct error *error) {
    const struct selection selection = {.sweep = arguments->query.sweep,
                                        .filter = &material->filter};
    enum status status = store_read_begin(material->store, error);
    if (status == STATUS_OK)
        status = store_observations(material->store, &selection, &material->arena,
                                    &material->observations, error);
    if (status == STATUS_OK) status = write_all(arguments, material, error);
    store_read_end(material->store);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct material material = {0};
    struct error error;
    query_init(&arguments.query);
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    arena_init(&material.arena);
    enum status status =
        query_open(&arguments.query, &material.arena, &material.filter, &material.store, &error);
    if (status == STATUS_OK)
        status = check_place(&arguments, &error);
    if (status == STATUS_OK)
        status = export(&arguments, &material, &error);
    const int code = status == STATUS_OK ? 0 : command_fail(&error);
    store_close(material.store);
    arena_release(&material.arena);
    return code;
}

const struct command command_export = {"export", "[OPTION...]", "write trials for other programs",
                                       &argp, run};
