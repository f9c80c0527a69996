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
    size_t index;
    bool test;
};

static const struct argp_option options[] = {
    {"data-dir", 'D', "DIR", 0, "Look for data sets in DIR first", 0},
    {"index", 'i', "I", 0, "show: the image's number, counted from 0 (default: 0)", 0},
    {"test", 't', NULL, 0, "show: a test image instead of a training image", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case 'D':
        arguments->data_dir = argument;
        return 0;
    case 'i':
        arguments->index = (size_t)command_number(state, argument, "--index", 0, INT_MAX);
        return 0;
    case 't':
        arguments->test = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            arguments->action = argument;
        else if (state->arg_num == 1)
            arguments->name = argument;
        else
            argp_error(state, "one data set at a time");
        return 0;
    case ARGP_KEY_END:
        if (!arguments->action || !arguments->name ||
            (strcmp(arguments->action, "info") != 0 && strcmp(arguments->action, "show") != 0))
            argp_error(state, "write 'info NAME' or 'show NAME --index I'");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "info NAME\nshow NAME",
    .doc = "Tell about a data set, or draw one of its images. NAME is mnist, digits, or a folder "
           "with IDX files or an .npz file.",
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
    char name[128];
    if (arguments->index >= images->count)
        return error_set(error, STATUS_USAGE, "--index %zu: the %s images are 0 to %zu",
                         arguments->index, part, images->count - 1);
    printf("%s, %s image %zu, label %u\n", terminal_safe(dataset->name, name, sizeof name), part,
           arguments->index, images->labels[arguments->index]);
    image_draw(stdout, images->pixels + arguments->index * dataset->rows * dataset->columns,
               dataset->rows, dataset->columns);
    return STATUS_OK;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct dataset dataset = {0};
    struct error error;
    command_parse(&argp, argc, argv, &arguments);
    const struct dataset_places places = {arguments.data_dir};
    enum status status = dataset_load_first(&arguments.name, 1, &places, &dataset, &error);
    if (status == STATUS_OK)
        status = strcmp(arguments.action, "info") == 0 ? print_info(&dataset, &error)
                                                       : show(&dataset, &arguments, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    dataset_release(&dataset);
    return code;
}

const struct command command_data = {"data", "info|show NAME",
                                     "tell about a data set, draw an image", &argp, run};
