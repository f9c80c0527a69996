#include "cli/augmented_strip.h"
#include "cli/command.h"
#include "cli/dataset_info.h"
#include "cli/dataset_list.h"

#include "base/json.h"
#include "data/copy.h"
#include "data/example.h"
#include "data/locate.h"
#include "report/image.h"
#include "report/terminal.h"
#include "search/config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    const char *action, *name, *data_dir, *output, *augment;
    long index, epoch, seed;
    bool test;
    struct copy_changes changes;
    enum option_form form;
};

static const struct option options[] = {
    OPTION_DATA_DIR(struct arguments, data_dir),
    OPTION_JSON(struct arguments, form),
    {.name = "index",
     .letter = 'i',
     .argument = "I",
     .help = "show: the image's number, counted from 0 (default: 0)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, index),
     .maximum = INT_MAX},
    {.name = "test",
     .letter = 't',
     .help = "show: a test image instead of a training image",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, test)},
    {.name = "augment",
     .letter = 'a',
     .argument = "LIST",
     .help = "show: a training image as it is, and as augmentation LIST changes it",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, augment)},
    {.name = "epoch",
     .letter = 'e',
     .argument = "E",
     .help = "show: the first epoch of which to show what it becomes (default: 1)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, epoch),
     .minimum = 1,
     .maximum = 1000000},
    {.name = "seed",
     .letter = 's',
     .argument = "S",
     .help = "show: the seed of the trials of which to show it (default: 0)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, seed),
     .maximum = LONG_MAX},
    {.name = "output",
     .letter = 'o',
     .argument = "DIR",
     .help = "copy: the folder to write the files into",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, output)},
    {.name = "shuffle",
     .letter = 'S',
     .help = "copy: put the training images in random order",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, changes.shuffle)},
    {.name = "mix",
     .letter = 'M',
     .help = "copy: shuffle all images, and deal them out to training and test anew",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, changes.mix)},
    {.name = "renumber",
     .letter = 'R',
     .help = "copy: make the labels that occur 0, 1, 2, ...",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, changes.renumber)},
    {.name = "transpose",
     .letter = 'T',
     .help = "copy: turn the rows of each image into its columns",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, changes.transpose)},
    {.argument = "list|info|show|copy",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, action)},
    {.argument = "NAME", .kind = OPTION_TEXT, .target = offsetof(struct arguments, name)},
    {0},
};

/* --- show --- */

/* The example that is asked for; its picture, which is freed with the arena, or NULL: it is none.
 */
static enum status find_example(const struct dataset *dataset, const struct arguments *arguments,
                                struct arena *arena, const struct images **part, uint8_t **picture,
                                struct error *error) {
    const size_t index = (size_t)arguments->index;
    *part = arguments->test ? &dataset->test : &dataset->train;
    if (index >= (*part)->count)
        return error_set(error, STATUS_USAGE, "--index %zu: the %s images are 0 to %zu", index,
                         arguments->test ? "test" : "training", (*part)->count - 1);
    *picture = ARENA_NEW(arena, uint8_t, dataset->rows * dataset->columns);
    if (!*picture)
        return error_memory(error);
    if (!example_draw(dataset, *part, index, *picture))
        *picture = NULL;
    return STATUS_OK;
}

static void print_title(const struct dataset *dataset, const struct arguments *arguments,
                        const struct images *part) {
    struct text text;
    text_init(&text);
    example_append_target(dataset, part, (size_t)arguments->index, &text);
    terminal_print(stdout, 2, "%s, %s %s %ld, %s", dataset->name,
                   arguments->test ? "test" : "training", dataset->table ? "row" : "image",
                   arguments->index, text.data);
    text_release(&text);
}

/* --- show --augment --- */

#define STRIP_COLUMNS 80 /* where the output is no terminal */

static enum status fill_strip(const struct dataset *dataset, const struct arguments *arguments,
                              struct augmented_strip *strip, struct error *error) {
    strip->augmentation = arguments->augment;
    strip->image = (uint32_t)arguments->index;
    strip->first_epoch = (size_t)arguments->epoch;
    strip->seed = (uint64_t)arguments->seed;
    return augmented_strip_fill(strip, dataset, error);
}

/* As many epochs as there is room for, a column a pixel. */
static enum status show_augmented(const struct dataset *dataset, const struct arguments *arguments,
                                  const struct images *part, struct error *error) {
    const int width = terminal_width(stdout);
    const size_t room = (width > 0 ? (size_t)width : STRIP_COLUMNS) + 1;
    const size_t pictures = room / (dataset->columns + 1);
    struct augmented_strip strip = {.epochs = pictures > 1 ? pictures - 1 : 1};
    arena_init(&strip.arena);
    const enum status status = fill_strip(dataset, arguments, &strip, error);
    if (status == STATUS_OK) {
        print_title(dataset, arguments, part);
        terminal_print(stdout, 2, "as it is, and in epoch %ld%s of seed %ld", arguments->epoch,
                       strip.epochs > 1 ? " and the next ones" : "", arguments->seed);
        image_draw(stdout, strip.pixels, dataset->rows, strip.columns);
    }
    arena_release(&strip.arena);
    return status;
}

static enum status augmented_json(struct json *json, const struct dataset *dataset,
                                  const struct arguments *arguments, struct error *error) {
    struct augmented_strip strip = {.epochs = 1};
    arena_init(&strip.arena);
    const enum status status = fill_strip(dataset, arguments, &strip, error);
    if (status == STATUS_OK) {
        json_integer(json, "epoch", arguments->epoch);
        json_integer(json, "seed", arguments->seed);
        image_json(json, "augmented", strip.picture, dataset->rows, dataset->columns);
    }
    arena_release(&strip.arena);
    return status;
}

#define NUMBERS_SHOWN 1000

static enum status print_example(const struct dataset *dataset, const struct arguments *arguments,
                                 const struct images *part, const uint8_t *picture,
                                 struct error *error) {
    struct text text;
    if (arguments->augment)
        return show_augmented(dataset, arguments, part, error);
    print_title(dataset, arguments, part);
    if (picture) {
        image_draw(stdout, picture, dataset->rows, dataset->columns);
        return STATUS_OK;
    }
    text_init(&text);
    example_append_numbers(dataset, part, (size_t)arguments->index, NUMBERS_SHOWN, &text);
    return terminal_say(stdout, &text, error);
}

static enum status show(const struct dataset *dataset, const struct arguments *arguments,
                        struct error *error) {
    const struct images *part;
    uint8_t *picture = NULL;
    struct arena arena;
    arena_init(&arena);
    enum status status = find_example(dataset, arguments, &arena, &part, &picture, error);
    if (status == STATUS_OK)
        status = print_example(dataset, arguments, part, picture, error);
    arena_release(&arena);
    return status;
}

static void features_json(struct json *json, const struct dataset *dataset,
                          const struct images *part, size_t index) {
    const size_t inputs = dataset_inputs(dataset);
    json_begin_array(json, "features");
    for (size_t i = 0; i < inputs; i++)
        json_number(json, NULL, example_number(dataset, part, index * inputs + i));
    json_end(json);
}

static void example_json(struct json *json, const struct dataset *dataset,
                         const struct images *part, size_t index, const uint8_t *picture) {
    if (part->labels)
        json_integer(json, "label", part->labels[index]);
    else
        json_floats(json, "targets", part->targets + index * dataset->target_width,
                    dataset->target_width);
    if (picture)
        image_json(json, "pixels", picture, dataset->rows, dataset->columns);
    else
        features_json(json, dataset, part, index);
}

static enum status show_json(struct json *json, const struct dataset *dataset,
                             const struct arguments *arguments, struct error *error) {
    const struct images *part;
    uint8_t *picture = NULL;
    struct arena arena;
    arena_init(&arena);
    enum status status = find_example(dataset, arguments, &arena, &part, &picture, error);
    if (status == STATUS_OK) {
        json_text(json, "part", arguments->test ? "test" : "training");
        json_integer(json, "index", arguments->index);
        example_json(json, dataset, part, (size_t)arguments->index, picture);
        if (arguments->augment)
            status = augmented_json(json, dataset, arguments, error);
    }
    arena_release(&arena);
    return status;
}

/* --- copy --- */

static enum status copy(const struct dataset *dataset, const struct arguments *arguments,
                        struct error *error) {
    uint8_t map[DATASET_CLASSES_MAX];
    size_t classes;
    enum status status = copy_write(dataset, &arguments->changes, arguments->output, error);
    if (status != STATUS_OK)
        return status;
    copy_label_map(dataset, &arguments->changes, map, &classes);
    terminal_print(stdout, 2, "%s: %zu training and %zu test images, %zu classes",
                   arguments->output, dataset->train.count, dataset->test.count, classes);
    for (size_t label = 0; label < DATASET_CLASSES_MAX; label++)
        if (map[label] != label)
            printf("label %3zu is now %3u\n", label, map[label]);
    return STATUS_OK;
}

static enum status copy_json(struct json *json, const struct dataset *dataset,
                             const struct arguments *arguments, struct error *error) {
    uint8_t map[DATASET_CLASSES_MAX];
    size_t classes;
    enum status status = copy_write(dataset, &arguments->changes, arguments->output, error);
    if (status != STATUS_OK)
        return status;
    copy_label_map(dataset, &arguments->changes, map, &classes);
    json_text(json, "output", arguments->output);
    json_integer(json, "training", (int64_t)dataset->train.count);
    json_integer(json, "test", (int64_t)dataset->test.count);
    json_integer(json, "classes", (int64_t)classes);
    json_begin_object(json, "labels"); /* that are others now */
    for (size_t label = 0; label < DATASET_CLASSES_MAX; label++) {
        char key[8];
        snprintf(key, sizeof key, "%zu", label);
        if (map[label] != label)
            json_integer(json, key, map[label]);
    }
    json_end(json);
    return STATUS_OK;
}

/* --- the command --- */

static enum status info(const struct dataset *dataset, const struct arguments *arguments,
                        struct error *error) {
    (void)arguments;
    return dataset_info_print(dataset, error);
}

static enum status info_json(struct json *json, const struct dataset *dataset,
                             const struct arguments *arguments, struct error *error) {
    (void)arguments;
    return dataset_info_json(json, dataset, error);
}

static const struct action {
    const char *name;
    enum status (*print)(const struct dataset *dataset, const struct arguments *arguments,
                         struct error *error);
    enum status (*json)(struct json *json, const struct dataset *dataset,
                        const struct arguments *arguments, struct error *error);
    enum json_layout layout;
} actions[] = {{"info", info, info_json, JSON_PRETTY},
               {"show", show, show_json, JSON_ONE_LINE},
               {"copy", copy, copy_json, JSON_PRETTY}};

/* NULL: the list, which is what is told without an action. */
static const struct action *find_action(const char *name) {
    for (size_t i = 0; name && i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static enum status load(const struct arguments *arguments, struct dataset *dataset,
                        struct error *error) {
    struct dataset_options read;
    const struct dataset_places places = {.data_dir = arguments->data_dir, .options = &read};
    const char *name;
    struct arena arena;
    struct text warnings;
    arena_init(&arena);
    text_init(&warnings);
    enum status status = config_parse_dataset(arguments->name, &arena, &name, &read, error);
    if (status == STATUS_OK)
        status = dataset_load_first(&name, 1, &places, dataset, &warnings, error);
    terminal_remarks(stderr, "warning", warnings.data);
    text_release(&warnings);
    arena_release(&arena);
    return status;
}

static enum status tell(const struct arguments *arguments, struct error *error) {
    const struct dataset_places places = {.data_dir = arguments->data_dir};
    const struct action *action = find_action(arguments->action);
    struct dataset dataset = {0};
    if (!action)
        return dataset_list_print(&places, error);
    enum status status = load(arguments, &dataset, error);
    if (status == STATUS_OK)
        status = action->print(&dataset, arguments, error);
    dataset_release(&dataset);
    return status;
}

static enum status tell_json(const struct arguments *arguments, struct error *error) {
    const struct dataset_places places = {.data_dir = arguments->data_dir};
    const struct action *action = find_action(arguments->action);
    struct dataset dataset = {0};
    struct json json;
    json_init(&json);
    enum status status = STATUS_OK;
    if (!action) {
        status = dataset_list_json(&json, &places, error);
    } else {
        status = load(arguments, &dataset, error);
        if (status == STATUS_OK) {
            json_text(&json, "name", dataset.name);
            status = action->json(&json, &dataset, arguments, error);
        }
    }
    if (status == STATUS_OK)
        status = json_print(&json, action ? action->layout : JSON_PRETTY, stdout, error);
    json_release(&json);
    dataset_release(&dataset);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.epoch = 1};
    struct error error;
    command_parse(&command_data, argc, argv, &arguments);
    if (find_action(arguments.action) && !arguments.name)
        command_misused(&command_data, "NAME is missing, as in: sweep data %s mnist",
                        arguments.action);
    if (arguments.action && strcmp(arguments.action, "copy") == 0 && !arguments.output)
        command_misused(&command_data, "the folder to write into is missing, as in: sweep data "
                                       "copy NAME --output DIR");
    if (arguments.augment && arguments.test)
        command_misused(&command_data, "--augment: test images are never changed");
    const enum status status =
        arguments.form == FORM_JSON ? tell_json(&arguments, &error) : tell(&arguments, &error);
    return status == STATUS_OK ? 0 : command_fail(&error);
}

const struct command command_data = {
    .name = "data",
    .help = "list data sets, tell about one",
    .description =
        "List the data sets that are known by name and where they are, tell about one, "
        "draw one of its images, or write a copy of it in which a fault is mended. NAME "
        "is one of those, the path of a file or folder, or either of these with how it is "
        "to be read, as a config's dataset: has it: '{name: ./mine, image_size: [28, "
        "28]}'.",
    .options = options,
    .run = run,
};
