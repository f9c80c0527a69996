#include "cli/command.h"
#include "cli/trial_selection.h"

#include "base/json.h"
#include "data/photo.h"
#include "data/picture.h"
#include "report/image.h"
#include "report/prediction.h"
#include "report/terminal.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum part { PART_TEST = 1, PART_TRAIN };

struct arguments {
    struct trial_selection chosen;
    enum option_form form;
    enum part part; /* 0: not given, which is PART_TEST */
    long index;     /* -1: not given */
    const char *image;
};

static const struct option options[] = {
    OPTION_DATA_DIR(struct arguments, chosen.data_dir),
    OPTION_DB(struct arguments, chosen.path),
    {.name = "image",
     .letter = 'f',
     .argument = "FILE",
     .help = "A PNG or PGM file: a drawing, or a photograph of dark ink on white paper",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, image)},
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
    {0},
};

static void check(const struct arguments *arguments) {
    if ((arguments->index >= 0) == (arguments->image != NULL))
        command_misused(&command_predict, "give an image of the data set with --index I, or a file "
                                          "with --image FILE");
    if (arguments->part && arguments->image)
        command_misused(&command_predict, "--test and --train go with --index");
}

/* The image, its label (or -1), and what to call it. */
struct question {
    const uint8_t *pixels;
    int label;
    bool several; /* a file shows more than one thing */
    char name[400];
};

static enum status take_indexed(const struct arguments *arguments, struct question *question,
                                struct error *error) {
    const struct dataset *dataset = &arguments->chosen.dataset;
    const struct model_shape *shape = &arguments->chosen.model.shape;
    const bool train = arguments->part == PART_TRAIN;
    const size_t index = (size_t)arguments->index;
    const struct images *images = train ? &dataset->train : &dataset->test;
    const char *part = train ? "training" : "test";
    char safe[128];
    if (!arguments->chosen.has_data) {
        *error = arguments->chosen.no_data;
        return error->code;
    }
    if (index >= images->count)
        return error_set(error, STATUS_USAGE, "--index %zu: the %s images are 0 to %zu", index,
                         part, images->count - 1);
    question->pixels = images->pixels + index * shape->rows * shape->columns;
    question->label = images->labels[index];
    snprintf(question->name, sizeof question->name, "%s, %s image %zu",
             terminal_safe(dataset->name, safe, sizeof safe), part, index);
    return STATUS_OK;
}

static enum status take_file(struct arguments *arguments, struct question *question,
                             struct error *error) {
    const struct model_shape *shape = &arguments->chosen.model.shape;
    struct arena *arena = &arguments->chosen.arena;
    const bool digits = strcmp(arguments->chosen.record.dataset, "digits") == 0;
    const double centre = digits ? PHOTO_DIGITS_CENTRE : PHOTO_MNIST_CENTRE;
    struct picture picture;
    uint8_t *pixels = ARENA_NEW(arena, uint8_t, shape->rows * shape->columns);
    if (!pixels)
        return error_memory(error);
    enum status status = picture_read(arguments->image, &picture, error);
    if (status != STATUS_OK)
        return status;
    status = photo_normalise(picture.grey, picture.rows, picture.columns, shape->rows,
                             shape->columns, centre, arena, pixels, &question->several, error);
    picture_release(&picture);
    if (status != STATUS_OK)
        return error_place(error, arguments->image, 0, 0);
    question->pixels = pixels;
    question->label = -1;
    terminal_safe(arguments->image, question->name, sizeof question->name);
    return STATUS_OK;
}

static enum status print_json(const struct arguments *arguments, const struct question *question,
                              const float *outputs, struct error *error) {
    const struct model_shape *shape = &arguments->chosen.model.shape;
    struct json json;
    json_init(&json);
    json_integer(&json, "trial", arguments->chosen.record.id);
    json_text(&json, "image", question->name);
    prediction_json(&json, &arguments->chosen.model, outputs, question->label);
    image_json(&json, "pixels", question->pixels, shape->rows, shape->columns);
    enum status status = json_print(&json, JSON_ONE_LINE, stdout, error);
    json_release(&json);
    return status;
}

static enum status predict(struct arguments *arguments, struct error *error) {
    struct trial_selection *chosen = &arguments->chosen;
    struct question question = {.label = -1};
    enum status status = trial_selection_find(chosen, !arguments->image, error);
    if (status != STATUS_OK)
        return status;
    if (!chosen->has_model) {
        *error = chosen->no_model;
        return error->code;
    }
    status = arguments->image ? take_file(arguments, &question, error)
                              : take_indexed(arguments, &question, error);
    if (status != STATUS_OK)
        return status;
    const float *outputs =
        model_predict(&chosen->model, question.pixels, arguments->part == PART_TRAIN);
    if (question.several)
        fprintf(stderr,
                "warning: %s shows more than one thing, and all of it is read as one digit; "
                "cut out one digit\n",
                question.name);
    if (arguments->form == FORM_JSON)
        return print_json(arguments, &question, outputs, error);
    terminal_print(stdout, 2, "%s", question.name);
    image_draw(stdout, question.pixels, chosen->model.shape.rows, chosen->model.shape.columns);
    fputc('\n', stdout);
    return prediction_print(stdout, &chosen->model, chosen->record.id, outputs, question.label,
                            error);
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.index = -1};
    struct error error;
    trial_selection_init(&arguments.chosen);
    command_parse(&command_predict, argc, argv, &arguments);
    check(&arguments);
    enum status status = predict(&arguments, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    trial_selection_release(&arguments.chosen);
    return code;
}

const struct command command_predict = {
    .name = "predict",
    .help = "ask a network what an image shows",
    .description =
        "Ask a trial's network what an image shows. TRIAL is a trial_id or best, which is the "
        "default: of the sweep started last the best trial of the best setting, as for `sweep "
        "show`.",
    .notes = "A file's image is made like the data set's: dark ink on light paper is inverted, "
             "shadows are taken off, the digit is cut out, fitted into a box and centred by its "
             "centre of mass, as MNIST's are.",
    .options = options,
    .run = run,
};
