#include "cli/preparation.h"

#include "base/threads.h"
#include "data/check.h"
#include "math/gemm.h"
#include "report/terminal.h"
#include "train/schedule.h"

#include <stdio.h>
#include <string.h>

void preparation_init(struct preparation *preparation) {
    *preparation =
        (struct preparation){.database = DATABASE_PATH, .jobs = (long)schedule_default_jobs()};
    arena_init(&preparation->arena);
    text_init(&preparation->warnings);
    char folder[4096];
    preparation->calibration = calibration_open(calibration_folder(folder));
}

void preparation_release(struct preparation *preparation) {
    calibration_close(preparation->calibration);
    dataset_release(&preparation->dataset);
    text_release(&preparation->warnings);
    arena_release(&preparation->arena);
}

/* How a setting uses the data: settings that agree in it need one look. */
static bool same_view(const struct setting *a, const struct setting *b) {
    static const enum hyperparameter_id ids[] = {HP_TRAIN_IMAGES, HP_VALIDATION_SPLIT,
                                                 HP_TRAIN_IMAGE_DIVISOR, HP_TEST_IMAGE_DIVISOR,
                                                 HP_TRAIN_LABEL_DIVISOR};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct value *x = &a->values[ids[i]], *y = &b->values[ids[i]];
        if (x->type == VALUE_INTEGER ? x->integer != y->integer : x->real != y->real)
            return false;
    }
    return true;
}

static enum status look(struct preparation *preparation, const struct setting *setting,
                        struct error *error) {
    struct stream_spec stream;
    struct data_warnings warnings;
    setting_stream(setting, &preparation->dataset, 0, &stream);
    struct data_view view = {
        .data = &preparation->dataset,
        .train_count = stream.train_count,
        .validation_begin = stream.validation_begin,
        .validation_count = stream.validation_count,
        .train_image_divisor = stream.train_image_divisor,
        .test_image_divisor = stream.test_image_divisor,
    };
    stream_label_map(stream.train_label_divisor, view.train_label_map);
    enum status status = data_check(&view, &warnings, error);
    for (size_t i = 0; status == STATUS_OK && i < warnings.count; i++) {
        const char *text = warnings.items[i].text;
        if (!strstr(preparation->warnings.data, text))
            text_printf(&preparation->warnings, "%s\n", text);
    }
    return status;
}

/* Looking once takes tens of milliseconds; a space has few views, but may have thousands. */
#define VIEWS_MAX 16

static enum status look_at_data(struct preparation *preparation, struct error *error) {
    const struct space *space = &preparation->space;
    const struct setting *views[VIEWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < space->setting_count && count < VIEWS_MAX; i++) {
        bool seen = false;
        for (size_t j = 0; j < count; j++)
            seen |= same_view(views[j], &space->settings[i]);
        if (seen)
            continue;
        views[count++] = &space->settings[i];
        enum status status = look(preparation, &space->settings[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return preparation->warnings.failed ? error_memory(error) : STATUS_OK;
}

static void print_warnings(const struct preparation *preparation) {
    const bool colour = terminal_colour(stderr);
    const char *line = preparation->warnings.data;
    while (*line) {
        size_t length = strcspn(line, "\n");
        char text[2048];
        snprintf(text, sizeof text, "%.*s", (int)length, line);
        fprintf(stderr, "%swarning:%s ", colour ? "\033[33m" : "", colour ? "\033[0m" : "");
        terminal_paragraph(stderr, sizeof "warning: " - 1, text);
        line += length + (line[length] == '\n');
    }
}

/* A config that was found by its name may be another than was meant. */
static void print_config(const struct preparation *preparation) {
    char safe[300];
    if (strcmp(preparation->path, preparation->config.path) != 0)
        fprintf(stderr, "config %s\n", terminal_safe(preparation->config.path, safe, sizeof safe));
}

static void print_data(const struct dataset *dataset) {
    char name[128], source[300];
    fprintf(stderr,
            "data set %s (%s): %zu training and %zu test images of %zu x %zu, %zu classes\n",
            terminal_safe(dataset->name, name, sizeof name),
            terminal_safe(dataset->source, source, sizeof source), dataset->train.count,
            dataset->test.count, dataset->rows, dataset->columns, dataset->classes);
}

enum status preparation_make(struct preparation *preparation, struct error *error) {
    struct config *config = &preparation->config;
    const struct dataset_places places = {preparation->data_dir};
    enum status status =
        config_load(preparation->path, preparation->settings.items, preparation->settings.count,
                    &preparation->arena, config, error);
    if (status != STATUS_OK)
        return status;
    if (preparation->dataset_name) {
        config->datasets[0] = preparation->dataset_name;
        config->dataset_count = 1;
    }
    status = dataset_load_first(config->datasets, config->dataset_count, &places,
                                &preparation->dataset, error);
    if (status != STATUS_OK)
        return status;
    if (!preparation->quiet)
        print_config(preparation);
    if (!preparation->quiet)
        print_data(&preparation->dataset);
    status = dataset_index(&preparation->dataset, error);
    if (status != STATUS_OK)
        return status;
    status = space_expand(config, &preparation->dataset, &preparation->arena, &preparation->space,
                          error);
    if (status == STATUS_OK)
        status = look_at_data(preparation, error);
    if (status != STATUS_OK)
        return status;
    print_warnings(preparation);
    /* Where these fail, the libraries would hang or end the program later on. */
    status = gemm_reserve((size_t)preparation->jobs, error);
    return status == STATUS_OK ? threads_check((size_t)preparation->jobs, error) : status;
}
