#include "cli/command.h"

#include "data/check.h"
#include "data/dataset.h"
#include "data/stream.h"
#include "report/image.h"
#include "report/terminal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    const char *action, *name, *data_dir;
    long index;
    bool test;
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
    {.argument = "info|show",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, action),
     .required = true},
    {.argument = "NAME",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, name),
     .required = true},
    {0},
};

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

static enum status print_info(const struct dataset *dataset, struct error *error) {
    struct data_view view = {.data = dataset,
                             .train_count = dataset->train.count,
                             .train_image_divisor = 255,
                             .test_image_divisor = 255};
    struct data_warnings warnings;
    char name[128], source[4096];
    stream_label_map(1, view.train_label_map);
    enum status status = data_check(&view, &warnings, error);
    if (status != STATUS_OK)
        return status;
    printf("name      %s%s\n", terminal_safe(dataset->name, name, sizeof name),
           dataset->published ? " (as published)" : "");
    printf("source    %s\n", terminal_safe(dataset->source, source, sizeof source));
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

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct dataset dataset = {0};
    struct error error;
    command_parse(&command_data, argc, argv, &arguments);
    const struct dataset_places places = {arguments.data_dir};
    enum status status = dataset_load_first(&arguments.name, 1, &places, &dataset, &error);
    if (status == STATUS_OK)
        status = strcmp(arguments.action, "info") == 0 ? print_info(&dataset, &error)
                                                       : show(&dataset, &arguments, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    dataset_release(&dataset);
    return code;
}

const struct command command_data = {
    .name = "data",
    .help = "tell about a data set, draw an image",
    .description = "Tell about a data set, or draw one of its images. NAME is mnist, digits, or a "
                   "folder with IDX files or an .npz file.",
    .options = options,
    .run = run,
};
