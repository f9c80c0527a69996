#include "cli/command.h"
#include "cli/trial_selection.h"

#include "base/json.h"
#include "data/catalogue.h"
#include "data/example.h"
#include "data/folder.h"
#include "data/photo.h"
#include "data/picture.h"
#include "report/class_name.h"
#include "report/image.h"
#include "report/prediction.h"
#include "report/table.h"
#include "report/terminal.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum part { PART_TEST = 1, PART_TRAIN };

struct arguments {
    struct trial_selection chosen;
    enum option_form form;
    enum part part; /* 0: not given, which is PART_TEST */
    long index;     /* -1: not given */
    struct option_list images, more;
};

static const struct option options[] = {
    OPTION_DATA_DIR(struct arguments, chosen.data_dir),
    OPTION_DB(struct arguments, chosen.path),
    {.name = "image",
     .letter = 'f',
     .argument = "FILE",
     .help = "A PNG, JPEG or PGM file, or a folder of them. Several may follow: --image *.jpg",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, images),
     .maximum = OPTION_LIST_MAX},
    {.name = "index",
     .letter = 'i',
     .argument = "I",
     .help = "An image of the data set by its number, counted from 0",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, index),
     .maximum = INT_MAX},
    OPTION_JSON(struct arguments, form),
    OPTION_PLUGIN(struct arguments, chosen.plugins),
    OPTION_SWEEP(struct arguments, chosen.sweep_name),
    {.name = "test",
     .letter = 't',
     .help = "Count test images, which is the default",
     .kind = OPTION_CHOICE,
     .target = offsetof(struct arguments, part),
     .value = PART_TEST},
    {.name = "train",
     .letter = 'T',
     .help = "Count training images",
     .kind = OPTION_CHOICE,
     .target = offsetof(struct arguments, part),
     .value = PART_TRAIN},
    {.argument = "TRIAL", .kind = OPTION_TEXT, .target = offsetof(struct arguments, chosen.name)},
    {.argument = "FILE",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, more),
     .maximum = OPTION_LIST_MAX},
    {0},
};

/* A shell makes --image a.jpg b.jpg c.jpg of --image *.jpg, and b.jpg comes where TRIAL would: a
 * word that names a file, and no trial, is one of the images. */
static void sort_words(struct arguments *arguments) {
    const char *name = arguments->chosen.name;
    if (name && strcmp(name, "best") != 0 && name[strspn(name, "0123456789")] &&
        arguments->images.count < OPTION_LIST_MAX && access(name, F_OK) == 0) {
        arguments->images.items[arguments->images.count++] = name;
        arguments->chosen.name = NULL;
    }
    for (size_t i = 0; i < arguments->more.count; i++) {
        if (arguments->images.count == OPTION_LIST_MAX)
            command_misused(&command_predict, "more than %d images; name the folder they are in",
                            OPTION_LIST_MAX);
        arguments->images.items[arguments->images.count++] = arguments->more.items[i];
    }
}

static void check(const struct arguments *arguments) {
    if ((arguments->index >= 0) == (arguments->images.count > 0))
        command_misused(&command_predict, "give an image of the data set with --index I, or a file "
                                          "with --image FILE");
    if (arguments->part && arguments->images.count > 0)
        command_misused(&command_predict, "--test and --train go with --index");
}

/* An image, its label (or -1), and what to call it. */
struct question {
    const uint8_t *pixels;     /* what is shown; NULL: it is no picture */
    const uint8_t *input;      /* of a file, in colour; NULL: the pixels */
    const struct images *part; /* it is an example of the data set; NULL: of a file */
    int label;
    struct photo_checks checks;                         /* of a file */
    enum { NO_FILE, AS_IT_IS, RESIZED, CUT_OUT } taken; /* how a file's picture was */
    size_t rows, columns;                               /* of that picture */
    char name[400];
};

static enum status take_indexed(const struct arguments *arguments, struct arena *arena,
                                struct question *question, struct error *error) {
    const struct dataset *dataset = &arguments->chosen.dataset;
    const struct model_shape *shape = &arguments->chosen.model.shape;
    const bool train = arguments->part == PART_TRAIN;
    const size_t index = (size_t)arguments->index;
    const char *part = train ? "training" : "test";
    char safe[128];
    if (!arguments->chosen.has_data) {
        *error = arguments->chosen.no_data;
        return error->code;
    }
    question->part = train ? &dataset->train : &dataset->test;
    if (index >= question->part->count)
        return error_set(error, STATUS_USAGE, "--index %zu: the %s images are 0 to %zu", index,
                         part, question->part->count - 1);
    uint8_t *picture = ARENA_NEW(arena, uint8_t, shape->rows * shape->columns);
    if (!picture)
        return error_memory(error);
    question->pixels = example_draw(dataset, question->part, index, picture) ? picture : NULL;
    question->label = question->part->labels ? question->part->labels[index] : -1;
    snprintf(question->name, sizeof question->name, "%s, %s %s %zu",
             terminal_safe(dataset->name, safe, sizeof safe), part,
             dataset->table ? "row" : "image", index);
    return STATUS_OK;
}

/* A picture whole, and made to fit. */
static enum status take_whole(const struct model_shape *shape, const char *path,
                              struct arena *arena, struct question *question, uint8_t *pixels,
                              struct error *error) {
    const size_t channels = shape->channels > 1 ? shape->channels : 1;
    struct raster raster;
    uint8_t *input = ARENA_NEW(arena, uint8_t, shape->rows * shape->columns * channels);
    enum status status = input ? raster_read(path, &raster, error) : error_memory(error);
    if (status != STATUS_OK)
        return status;
    if (!raster_fit(&raster, shape->rows, shape->columns, channels, input, arena) ||
        !raster_fit(&raster, shape->rows, shape->columns, 1, pixels, arena))
        status = error_memory(error);
    const bool fits = raster.rows == shape->rows && raster.columns == shape->columns;
    question->taken = fits ? AS_IT_IS : RESIZED;
    question->rows = raster.rows;
    question->columns = raster.columns;
    question->input = input;
    raster_release(&raster);
    return status;
}

/* What is written on the paper that it shows, unless that is cut out and centred already. */
static enum status take_handwriting(const struct model_shape *shape, const char *path,
                                    double centre, struct arena *arena, struct question *question,
                                    uint8_t *pixels, struct error *error) {
    struct picture picture;
    enum status status = picture_read(path, &picture, error);
    if (status != STATUS_OK)
        return status;
    const bool fits = picture.rows == shape->rows && picture.columns == shape->columns;
    const bool ready = fits && photo_is_normalised(picture.grey, picture.rows, picture.columns);
    question->taken = ready ? AS_IT_IS : CUT_OUT;
    if (ready)
        memcpy(pixels, picture.grey, shape->rows * shape->columns);
    else
        status = photo_normalise(picture.grey, picture.rows, picture.columns, shape->rows,
                                 shape->columns, centre, arena, pixels, &question->checks, error);
    picture_release(&picture);
    return status == STATUS_OK ? STATUS_OK : error_place(error, path, 0, 0);
}

/* Whether the network can be asked about pictures at all. */
static enum status check_takes_pictures(const struct model *model, const char *path,
                                        struct error *error) {
    const size_t channels = model->shape.channels;
    if (model_reads_arrays(model))
        error_set(error, STATUS_INPUT,
                  "the network reads more of an example than its image; --index I takes an example "
                  "of the data set, with all that belongs to it");
    else if (model->shape.table || model->shape.reals)
        error_set(error, STATUS_INPUT,
                  "the network takes %s, no pictures; --index I takes an example of the data set, "
                  "and new ones go to the network as `sweep export --format=onnx` writes it, or as "
                  "sweep.keras_model() makes it in Python",
                  model->shape.table ? "rows of a table" : "images of real numbers");
    else if (channels > 1 && channels != RASTER_CHANNELS)
        error_set(error, STATUS_INPUT,
                  "the network takes images of %zu channels, and pictures are read as grey or as "
                  "red, green and blue; --index I takes an image of the data set",
                  channels);
    else
        return STATUS_OK;
    return error_place(error, path, 0, 0);
}

/* Pictures are treated as the images of the data set were. */
static enum status take_file(const struct arguments *arguments, const char *path,
                             struct arena *arena, struct question *question, struct error *error) {
    const struct model_shape *shape = &arguments->chosen.model.shape;
    const struct trial_record *record = &arguments->chosen.record;
    const struct catalogue_entry *entry = catalogue_found(record->dataset, record->dataset_source);
    *question = (struct question){.label = -1};
    terminal_safe(path, question->name, sizeof question->name);
    enum status status = check_takes_pictures(&arguments->chosen.model, path, error);
    if (status != STATUS_OK)
        return status;
    uint8_t *pixels = ARENA_NEW(arena, uint8_t, shape->rows * shape->columns);
    question->pixels = pixels;
    if (!pixels)
        return error_memory(error);
    /* Models that are older don't say. */
    const bool handwriting = shape->handwriting || (entry && entry->handwriting);
    if (!handwriting || shape->pictures || shape->channels > 1)
        return take_whole(shape, path, arena, question, pixels, error);
    return take_handwriting(shape, path,
                            entry && catalogue_is_built_in(entry) ? PHOTO_DIGITS_CENTRE
                                                                  : PHOTO_MNIST_CENTRE,
                            arena, question, pixels, error);
}

static const uint8_t *input_of(const struct question *question) {
    return question->input ? question->input : question->pixels;
}

/* --- one image --- */

/* What is predicted of an example, beside what is known of it. */
static enum status print_numbers(const struct arguments *arguments, const struct question *question,
                                 const float *outputs, struct error *error) {
    struct text text;
    text_init(&text);
    text_printf(&text, "trial %" PRId64 " predicts", arguments->chosen.record.id);
    for (size_t i = 0; i < arguments->chosen.model.shape.classes; i++)
        text_printf(&text, "%s %.6g", i > 0 ? "," : "", (double)outputs[i]);
    if (question->part) {
        text_append(&text, "; the data set has the ");
        example_append_target(&arguments->chosen.dataset, question->part, (size_t)arguments->index,
                              &text);
    }
    return terminal_say(stdout, &text, error);
}

/* Whether its outputs have names, and are answered one by one. */
static bool has_names(const struct model *model) {
    return network_has_named_outputs(&model->spec);
}

static const char *const taken_words[] = {
    [AS_IT_IS] = "as it is", [RESIZED] = "resized", [CUT_OUT] = "cut out"};

static void answer_json(struct json *json, const struct arguments *arguments,
                        const struct question *question, const float *outputs) {
    const struct model_shape *shape = &arguments->chosen.model.shape;
    json_text(json, "image", question->name);
    if (question->taken != NO_FILE)
        json_text(json, "taken", taken_words[question->taken]);
    if (shape->values && !has_names(&arguments->chosen.model)) {
        json_floats(json, "predicted", outputs, shape->classes);
        if (question->part)
            json_floats(json, "targets",
                        question->part->targets + (size_t)arguments->index * shape->classes,
                        shape->classes);
    } else
        prediction_json(json, &arguments->chosen.model, question->label, &question->checks);
    if (question->pixels)
        image_json(json, "pixels", question->pixels, shape->rows, shape->columns);
}

static enum status print_json(const struct arguments *arguments, const struct question *question,
                              const float *outputs, struct error *error) {
    struct json json;
    json_init(&json);
    json_integer(&json, "trial", arguments->chosen.record.id);
    answer_json(&json, arguments, question, outputs);
    enum status status = json_print(&json, JSON_ONE_LINE, stdout, error);
    json_release(&json);
    return status;
}

/* What was cut out is seen in the drawing that follows. */
static void print_name(const struct question *question) {
    if (question->taken == RESIZED)
        terminal_print(stdout, 2, "%s, resized from %zu x %zu", question->name, question->rows,
                       question->columns);
    else
        terminal_print(stdout, 2, "%s%s", question->name,
                       question->taken == AS_IT_IS ? ", as it is" : "");
}

static enum status predict_one(struct arguments *arguments, const char *path, struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    struct question question = {.label = -1};
    const enum status status = path ? take_file(arguments, path, &chosen->arena, &question, error)
                                    : take_indexed(arguments, &chosen->arena, &question, error);
    const bool train = arguments->part == PART_TRAIN;
    if (status != STATUS_OK)
        return status;
    const float *outputs =
        question.part
            ? model_predict_example(&chosen->model, question.part, (size_t)arguments->index, train)
            : model_predict(&chosen->model, input_of(&question), train);
    if (question.checks.several)
        fprintf(stderr,
                "warning: %s shows more than one thing, and all of it is read as one digit; "
                "cut out one digit\n",
                question.name);
    if (arguments->form == FORM_JSON)
        return print_json(arguments, &question, outputs, error);
    print_name(&question);
    if (question.pixels)
        image_draw(stdout, question.pixels, chosen->model.shape.rows, chosen->model.shape.columns);
    fputc('\n', stdout);
    if (chosen->model.shape.values && !has_names(&chosen->model))
        return print_numbers(arguments, &question, outputs, error);
    return prediction_print(stdout, &chosen->model, chosen->record.id, question.label,
                            &question.checks, error);
}

/* --- several --- */

/* What became of them, in a table or as JSON. */
struct answers {
    size_t count, room, unsure, failed, resized;
    const char **paths;
    const char **cells; /* ANSWER_COLUMNS for each */
    struct json json;
    struct error first; /* of those that can't be read */
};

static const struct table_column answer_columns[] = {
    {"image", false}, {"class", true}, {"output", true}, {"remarks", false}};
#define ANSWER_COLUMNS (sizeof answer_columns / sizeof *answer_columns)

static bool add_path(struct answers *answers, const char *path, struct arena *arena) {
    if (answers->count == answers->room) {
        const size_t room = answers->room > 0 ? answers->room * 2 : 64;
        const char **larger = ARENA_NEW(arena, const char *, room);
        if (!larger)
            return false;
        if (answers->count > 0)
            memcpy(larger, answers->paths, answers->count * sizeof *larger);
        answers->paths = larger;
        answers->room = room;
    }
    answers->paths[answers->count++] = path;
    return path != NULL;
}

static enum status add_folder(struct answers *answers, const char *path, struct arena *arena,
                              struct error *error) {
    struct folder folder;
    const size_t before = answers->count;
    const enum status status = folder_read(path, arena, &folder, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < folder.count; i++) {
        const struct folder_entry *entry = &folder.entries[i];
        if (!entry->is_folder && folder_is_picture(entry->name) &&
            !add_path(answers, arena_printf(arena, "%s/%s", path, entry->name), arena))
            return error_memory(error);
    }
    if (answers->count > before)
        return STATUS_OK;
    error_set(error, STATUS_INPUT,
              "holds no pictures: files whose names end in .png, .jpg, .jpeg or .pgm are read, "
              "those in folders within it are not");
    return error_place(error, path, 0, 0);
}

/* *folders: whether one was named. */
static enum status gather(const struct arguments *arguments, struct arena *arena,
                          struct answers *answers, bool *folders, struct error *error) {
    for (size_t i = 0; i < arguments->images.count; i++) {
        struct stat about;
        const char *path = arguments->images.items[i];
        const bool is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
        *folders |= is_folder;
        if (!is_folder && !add_path(answers, path, arena))
            return error_memory(error);
        const enum status status = is_folder ? add_folder(answers, path, arena, error) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The row of one that was read. */
static void tell_answer(struct arguments *arguments, const struct question *question,
                        const float *outputs, const char **cells, struct answers *answers) {
    struct arena *arena = &arguments->chosen.arena;
    const struct model *model = &arguments->chosen.model;
    const struct model_output first = model_output(model, 0);
    const size_t class = first.numbers ? 0 : model_class(first.values, first.classes);
    char why[PREDICTION_DOUBT];
    const bool unsure = !first.numbers && prediction_is_unsure(model, &question->checks, why);
    answers->unsure += unsure;
    answers->resized += question->taken == RESIZED;
    if (arguments->form == FORM_JSON) {
        answer_json(&answers->json, arguments, question, outputs);
        return;
    }
    cells[0] = arena_copy(arena, question->name);
    char name[CLASS_NAME_MAX];
    cells[1] = first.numbers ? "-" : arena_copy(arena, class_name(first.class_names, class, name));
    cells[2] = arena_printf(arena, "%.4f", (double)first.values[class]);
    cells[3] = unsure ? arena_printf(arena, "unsure: %s", why) : "";
}

/* The row of one that was not. */
static void tell_failure(struct arguments *arguments, const struct question *question,
                         const struct error *error, const char **cells, struct answers *answers) {
    struct arena *arena = &arguments->chosen.arena;
    if (answers->failed++ == 0)
        answers->first = *error;
    if (arguments->form == FORM_JSON) {
        json_text(&answers->json, "image", question->name);
        json_text(&answers->json, "error", error->message);
        return;
    }
    cells[0] = arena_copy(arena, question->name);
    cells[1] = cells[2] = "-";
    cells[3] = arena_copy(arena, error->message);
}

/* Its pixels and the scratch memory are gone before the next one's are there. */
static enum status answer(struct arguments *arguments, size_t which, struct answers *answers,
                          struct error *error) {
    struct question question;
    struct arena scratch;
    const char **cells = answers->cells + which * ANSWER_COLUMNS;
    arena_init(&scratch);
    const enum status status =
        take_file(arguments, answers->paths[which], &scratch, &question, error);
    json_begin_object(&answers->json, NULL);
    if (status == STATUS_OK)
        tell_answer(arguments, &question,
                    model_predict(&arguments->chosen.model, input_of(&question), false), cells,
                    answers);
    else if (status != STATUS_MEMORY)
        tell_failure(arguments, &question, error, cells, answers);
    json_end(&answers->json);
    arena_release(&scratch);
    return status == STATUS_MEMORY ? status : STATUS_OK;
}

static enum status print_answers(const struct arguments *arguments, struct answers *answers,
                                 struct error *error) {
    const struct trial_selection *chosen = &arguments->chosen;
    const size_t read = answers->count - answers->failed;
    if (arguments->form == FORM_JSON) {
        json_end(&answers->json);
        json_integer(&answers->json, "read", (int64_t)read);
        json_integer(&answers->json, "unsure", (int64_t)answers->unsure);
        json_integer(&answers->json, "failed", (int64_t)answers->failed);
        return json_print(&answers->json, JSON_PRETTY, stdout, error);
    }
    if (chosen->arena.failed)
        return error_memory(error);
    table_print(stdout, answer_columns, ANSWER_COLUMNS, answers->cells, answers->count);
    fputc('\n', stdout);
    struct text text;
    text_init(&text);
    text_printf(&text, "trial %" PRId64 ": %zu picture%s, %zu unsure, %zu not read",
                chosen->record.id, answers->count, text_plural(answers->count), answers->unsure,
                answers->failed);
    if (answers->resized > 0)
        text_printf(&text, ", %zu resized", answers->resized);
    return terminal_say(stdout, &text, error);
}

static enum status predict_several(struct arguments *arguments, struct answers *answers,
                                   struct error *error) {
    enum status status = STATUS_OK;
    answers->cells =
        ARENA_NEW(&arguments->chosen.arena, const char *, answers->count *ANSWER_COLUMNS);
    if (!answers->cells)
        return error_memory(error);
    json_init(&answers->json);
    json_integer(&answers->json, "trial", arguments->chosen.record.id);
    json_begin_array(&answers->json, "images");
    for (size_t i = 0; i < answers->count && status == STATUS_OK; i++)
        status = answer(arguments, i, answers, error);
    if (status == STATUS_OK && answers->failed < answers->count)
        status = print_answers(arguments, answers, error);
    if (status == STATUS_OK && answers->failed > 0) {
        *error = answers->first;
        status = error->code;
    }
    json_release(&answers->json);
    return status;
}

static enum status predict(struct arguments *arguments, struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    struct answers answers = {0};
    bool folders = false;
    const bool indexed = arguments->images.count == 0;
    enum status status = trial_selection_find(chosen, indexed, error);
    if (status == STATUS_OK && !chosen->has_model) {
        *error = chosen->no_model;
        status = error->code;
    }
    if (status == STATUS_OK)
        status = gather(arguments, &chosen->arena, &answers, &folders, error);
    if (status != STATUS_OK)
        return status;
    return answers.count > 1 || folders
               ? predict_several(arguments, &answers, error)
               : predict_one(arguments, indexed ? NULL : answers.paths[0], error);
}

static int run(int argc, char **argv) {
    static struct arguments arguments; /* its lists are large */
    struct error error;
    arguments.index = -1;
    trial_selection_init(&arguments.chosen);
    command_parse(&command_predict, argc, argv, &arguments);
    sort_words(&arguments);
    check(&arguments);
    enum status status = predict(&arguments, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    trial_selection_release(&arguments.chosen);
    return code;
}

const struct command command_predict = {
    .name = "predict",
    .help = "ask a network what images show",
    .description =
        "Ask a trial's network what an image shows, or several. TRIAL is a trial_id or best, which "
        "is the default: of the sweep started last the best trial of the best setting, as for "
        "`sweep show`.",
    .notes = "A picture is taken whole and resized to the data's size. Where the data are "
             "handwriting that is cut out and centred (mnist, qmnist, emnist_*, digits, and images "
             "of yours that are) it is made like theirs, unless it is already: dark ink on light "
             "paper is inverted, shadows are taken off, the digit is cut out, fitted into a box "
             "and centred by its centre of mass. An answer is unsure where its probability is "
             "below 0.8, the picture shows more than one thing or has more ink than a digit.",
    .options = options,
    .run = run,
};
