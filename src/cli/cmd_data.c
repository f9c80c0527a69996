#include "cli/command.h"

#include "data/catalogue.h"
#include "data/check.h"
#include "data/copy.h"
#include "data/locate.h"
#include "report/image.h"
#include "report/terminal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    const char *action, *name, *data_dir, *output;
    long index;
    bool test;
    struct copy_changes changes;
};

static const struct option options[] = {
    OPTION_DATA_DIR(struct arguments, data_dir),
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
    {.argument = "info|show|copy",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, action)},
    {.argument = "NAME", .kind = OPTION_TEXT, .target = offsetof(struct arguments, name)},
    {0},
};

static enum status print_list(const struct dataset_places *places, struct error *error) {
    enum status status = STATUS_OK;
    struct text text;
    for (size_t i = 0; i < catalogue_count && status == STATUS_OK; i++) {
        const struct catalogue_entry *entry = &catalogue[i];
        struct location location;
        char where[4160], safe[4160];
        bool found;
        if (!entry->about)
            continue;
        status = locate(entry->name, places, &location, &found, error);
        if (status != STATUS_OK)
            return status;
        if (found)
            snprintf(where, sizeof where, "%s", location.source.path);
        else
            snprintf(where, sizeof where, "not found; in Python: %s", entry->origin);
        printf("%-16s %s\n%-16s ", entry->name, entry->about, "");
        terminal_paragraph(stdout, 17, terminal_safe(where, safe, sizeof safe));
    }
    text_init(&text);
    text_append(&text, "Looked for in ");
    locate_append_places(places, &text);
    text_append(&text, ", in this order; in the folder of --data-dir DIR first. Any other data set "
                       "is named by the path of its folder or .npz file.");
    puts("");
    return terminal_say(stdout, &text, error);
}

static void print_classes(const struct dataset *dataset) {
    size_t counts[2][DATASET_CLASSES_MAX] = {{0}};
    for (size_t i = 0; i < dataset->train.count; i++)
        counts[0][dataset->train.labels[i]]++;
    for (size_t i = 0; i < dataset->test.count; i++)
        counts[1][dataset->test.labels[i]]++;
    printf("\nclass  training   test\n");
    for (size_t i = 0; i < dataset->classes; i++)
        printf("%5zu  %8zu  %5zu\n", i, counts[0][i], counts[1][i]);
}

static enum status print_info(const struct dataset *dataset, const struct arguments *arguments,
                              struct error *error) {
    (void)arguments;
    struct data_view view;
    struct data_warnings warnings;
    char name[128], source[4096];
    data_view_whole(dataset, &view);
    enum status status = data_check(&view, false, &warnings, error);
    if (status != STATUS_OK)
        return status;
    printf("name      %s%s\n", terminal_safe(dataset->name, name, sizeof name),
           dataset->published ? " (as published)" : "");
    printf("source    %s\n", terminal_safe(dataset->source, source, sizeof source));
    if (dataset->changes)
        printf("changes   %s\n", dataset->changes);
    printf("training  (%zu, %zu, %zu)\n", dataset->train.count, dataset->rows, dataset->columns);
    printf("test      (%zu, %zu, %zu)\n", dataset->test.count, dataset->rows, dataset->columns);
    printf("classes   %zu\n", dataset->classes);
    printf("digest    %s\n", dataset->digest.hex);
    print_classes(dataset);
    for (size_t i = 0; i < warnings.count; i++) {
        fputs("\nwarning: ", stdout);
        terminal_paragraph(stdout, 9, warnings.items[i].text);
    }
    return STATUS_OK;
}

static enum status show(const struct dataset *dataset, const struct arguments *arguments,
                        struct error *error) {
    const struct images *images = arguments->test ? &dataset->test : &dataset->train;
    const char *part = arguments->test ? "test" : "training";
    const size_t index = (size_t)arguments->index;
    char name[128];
    if (index >= images->count)
        return error_set(error, STATUS_USAGE, "--index %zu: the %s images are 0 to %zu", index,
                         part, images->count - 1);
    printf("%s, %s image %zu, label %u\n", terminal_safe(dataset->name, name, sizeof name), part,
           index, images->labels[index]);
    image_draw(stdout, images->pixels + index * dataset->rows * dataset->columns, dataset->rows,
               dataset->columns);
    return STATUS_OK;
}

static enum status copy(const struct dataset *dataset, const struct arguments *arguments,
                        struct error *error) {
    uint8_t map[DATASET_CLASSES_MAX];
    size_t classes;
    char safe[4096];
    enum status status = copy_write(dataset, &arguments->changes, arguments->output, error);
    if (status != STATUS_OK)
        return status;
    copy_label_map(dataset, &arguments->changes, map, &classes);
    printf("%s: %zu training and %zu test images, %zu classes\n",
           terminal_safe(arguments->output, safe, sizeof safe), dataset->train.count,
           dataset->test.count, classes);
    for (size_t label = 0; label < DATASET_CLASSES_MAX; label++)
        if (map[label] != label)
            printf("label %3zu is now %3u\n", label, map[label]);
    return STATUS_OK;
}

static const struct {
    const char *name;
    enum status (*run)(const struct dataset *dataset, const struct arguments *arguments,
                       struct error *error);
} actions[] = {{"info", print_info}, {"show", show}, {"copy", copy}};

static enum status act(const struct arguments *arguments, struct error *error) {
    const struct dataset_places places = {arguments->data_dir};
    struct dataset dataset;
    struct text notes;
    text_init(&notes);
    enum status status = dataset_load_first(&arguments->name, 1, &places, &dataset, &notes, error);
    terminal_remarks(stderr, "note", notes.data);
    text_release(&notes);
    for (size_t i = 0; i < sizeof actions / sizeof *actions && status == STATUS_OK; i++)
        if (strcmp(arguments->action, actions[i].name) == 0)
            status = actions[i].run(&dataset, arguments, error);
    dataset_release(&dataset);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct error error;
    command_parse(&command_data, argc, argv, &arguments);
    if (arguments.action && !arguments.name)
        command_misused(&command_data, "NAME is missing, as in: sweep data %s mnist",
                        arguments.action);
    if (arguments.action && strcmp(arguments.action, "copy") == 0 && !arguments.output)
        command_misused(&command_data, "the folder to write into is missing, as in: sweep data "
                                       "copy NAME --output DIR");
    const struct dataset_places places = {arguments.data_dir};
    const enum status status =
        arguments.action ? act(&arguments, &error) : print_list(&places, &error);
    return status == STATUS_OK ? 0 : command_fail(&error);
}

const struct command command_data = {
    .name = "data",
    .help = "list data sets, tell about one",
    .description = "List the data sets that are known by name and where they are, tell about one, "
                   "draw one of its images, or write a copy of it in which a fault is mended. NAME "
                   "is one of those, or the path of a folder with IDX files or of an .npz file.",
    .options = options,
    .run = run,
};
