#include "cli/augmented_strip.h"
#include "cli/command.h"

#include "base/json.h"
#include "data/catalogue.h"
#include "data/check.h"
#include "data/copy.h"
#include "data/example.h"
#include "data/locate.h"
#include "report/class_name.h"
#include "report/image.h"
#include "report/table.h"
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

/* --- the list of those that are known by name --- */

/* Where it is; *found false: nowhere. */
static enum status find(const struct catalogue_entry *entry, const struct dataset_places *places,
                        struct location *location, bool *found, struct error *error) {
    *found = false;
    return entry->about ? locate(entry->name, places, location, found, error) : STATUS_OK;
}

/* `path` is where it is; NULL: nowhere. */
static void print_entry(const struct catalogue_entry *entry, const char *path) {
    char safe[1024], lines[2048], missing[128] = "not found; in Python: ";
    if (entry->package)
        snprintf(missing, sizeof missing,
                 "not found; Debian's package %s; in Python: ", entry->package);
    snprintf(lines, sizeof lines, "%-15s  %s\n%17s%s%s", entry->name, entry->about, "",
             path ? "" : missing, terminal_safe(path ? path : entry->origin, safe, sizeof safe));
    terminal_fill(stdout, (size_t)terminal_width(stdout), 0, 17, lines);
}

static enum status print_list(const struct dataset_places *places, struct error *error) {
    struct location location;
    struct text text;
    bool found;
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_entry *entry = &catalogue[i];
        const enum status status = find(entry, places, &location, &found, error);
        if (status != STATUS_OK)
            return status;
        if (!entry->about)
            continue;
        print_entry(entry, found ? location.source.path : NULL);
    }
    text_init(&text);
    text_append(&text, "Looked for in ");
    locate_append_places(places, &text);
    text_append(&text, ", in this order; in the folder of --data-dir DIR first. Any other data set "
                       "is named by the path of its folder or file.");
    puts("");
    return terminal_say(stdout, &text, error);
}

static enum status list_json(struct json *json, const struct dataset_places *places,
                             struct error *error) {
    struct location location;
    struct text text;
    bool found;
    json_begin_array(json, "datasets");
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_entry *entry = &catalogue[i];
        const enum status status = find(entry, places, &location, &found, error);
        if (status != STATUS_OK)
            return status;
        if (!entry->about)
            continue;
        json_begin_object(json, NULL);
        json_text(json, "name", entry->name);
        json_text(json, "about", entry->about);
        json_text(json, "path", found ? location.source.path : NULL);
        json_text(json, "origin", entry->origin);
        json_text(json, "package", entry->package);
        json_end(json);
    }
    json_end(json);
    text_init(&text);
    locate_append_places(places, &text);
    json_text(json, "looked_for_in", text.data);
    json->failed |= text.failed;
    text_release(&text);
    return STATUS_OK;
}

/* --- info --- */

struct class_counts {
    size_t training[DATASET_CLASSES_MAX], test[DATASET_CLASSES_MAX];
};

static struct class_counts count_classes(const struct dataset *dataset) {
    struct class_counts counts = {0};
    for (size_t i = 0; i < dataset->train.count && dataset->train.labels; i++)
        counts.training[dataset->train.labels[i]]++;
    for (size_t i = 0; i < dataset->test.count && dataset->test.labels; i++)
        counts.test[dataset->test.labels[i]]++;
    return counts;
}

static enum status look(const struct dataset *dataset, struct data_warnings *warnings,
                        struct error *error) {
    struct data_view view;
    data_view_whole(dataset, &view);
    return data_check(&view, false, warnings, error);
}

static enum status print_classes(const struct dataset *dataset, struct error *error) {
    static const struct table_column columns[] = {
        {"class", true}, {"training", true}, {"test", true}, {"name", false}};
    enum { NUMBERS = 3 };
    const size_t width = NUMBERS + (dataset->class_names ? 1 : 0);
    const struct class_counts counts = count_classes(dataset);
    const char *cells[DATASET_CLASSES_MAX * (NUMBERS + 1)];
    struct arena arena;
    bool whole = true;
    arena_init(&arena);
    for (size_t i = 0; i < dataset->classes; i++) {
        const size_t numbers[NUMBERS] = {i, counts.training[i], counts.test[i]};
        for (size_t j = 0; j < NUMBERS; j++) {
            cells[i * width + j] = arena_printf(&arena, "%zu", numbers[j]);
            whole &= cells[i * width + j] != NULL;
        }
        if (dataset->class_names)
            cells[i * width + NUMBERS] = dataset->class_names[i];
    }
    if (whole)
        table_print(stdout, columns, width, cells, dataset->classes);
    arena_release(&arena);
    return whole ? STATUS_OK : error_memory(error);
}

/* Its arrays as NumPy says it. */
static void print_shape(const char *part, const struct dataset *dataset, size_t count) {
    const char *kind = dataset->train.values ? ", real numbers" : "";
    if (dataset->table)
        terminal_print(stdout, 10, "%-9s (%zu, %zu)%s", part, count, dataset->columns, kind);
    else if (dataset->channels > 1)
        terminal_print(stdout, 10, "%-9s (%zu, %zu, %zu, %zu)%s", part, count, dataset->rows,
                       dataset->columns, dataset->channels, kind);
    else
        terminal_print(stdout, 10, "%-9s (%zu, %zu, %zu)%s", part, count, dataset->rows,
                       dataset->columns, kind);
}

static void print_arrays(const struct dataset *dataset) {
    struct text text;
    text_init(&text);
    for (size_t i = 0; i < dataset->array_count; i++) {
        text_clear(&text);
        dataset_array_describe(&dataset->arrays[i], &text);
        terminal_print(stdout, 10, "array     %s", text.data);
    }
    text_release(&text);
}

static enum status print_info(const struct dataset *dataset, const struct arguments *arguments,
                              struct error *error) {
    (void)arguments;
    struct data_warnings warnings;
    enum status status = look(dataset, &warnings, error);
    if (status != STATUS_OK)
        return status;
    terminal_print(stdout, 10, "name      %s%s", dataset->name,
                   dataset->published ? " (as published)" : "");
    terminal_print(stdout, 10, "source    %s", dataset->source);
    if (dataset->changes)
        terminal_print(stdout, 10, "changes   %s", dataset->changes);
    print_shape("training", dataset, dataset->train.count);
    print_shape("test", dataset, dataset->test.count);
    if (dataset_has_values(dataset))
        terminal_print(stdout, 10, "targets   %zu number%s", dataset->target_width,
                       text_plural(dataset->target_width));
    else
        terminal_print(stdout, 10, "classes   %zu", dataset->classes);
    print_arrays(dataset);
    terminal_print(stdout, 10, "digest    %s", dataset->digest.hex);
    if (dataset->classes > 0) {
        fputc('\n', stdout);
        status = print_classes(dataset, error);
    }
    for (size_t i = 0; i < warnings.count; i++) {
        fputc('\n', stdout);
        terminal_print(stdout, 9, "warning: %s", warnings.items[i].text);
    }
    return status;
}

static enum status info_json(struct json *json, const struct dataset *dataset,
                             const struct arguments *arguments, struct error *error) {
    (void)arguments;
    struct data_warnings warnings;
    const struct class_counts counts = count_classes(dataset);
    enum status status = look(dataset, &warnings, error);
    if (status != STATUS_OK)
        return status;
    json_boolean(json, "published", dataset->published);
    json_text(json, "source", dataset->source);
    json_text(json, "changes", dataset->changes);
    json_integer(json, "training", (int64_t)dataset->train.count);
    json_integer(json, "test", (int64_t)dataset->test.count);
    json_integer(json, "rows", (int64_t)dataset->rows);
    json_integer(json, "columns", (int64_t)dataset->columns);
    json_integer(json, "channels", (int64_t)dataset_channels(dataset));
    json_boolean(json, "table", dataset->table);
    json_integer(json, "target_width", (int64_t)dataset->target_width);
    json_text(json, "digest", dataset->digest.hex);
    json_begin_array(json, "classes");
    for (size_t i = 0; i < dataset->classes; i++) {
        json_begin_object(json, NULL);
        json_integer(json, "training", (int64_t)counts.training[i]);
        json_integer(json, "test", (int64_t)counts.test[i]);
        json_end(json);
    }
    json_end(json);
    class_names_json(json, dataset->class_names, dataset->classes);
    json_begin_array(json, "warnings");
    for (size_t i = 0; i < warnings.count; i++) {
        json_begin_object(json, NULL);
        json_text(json, "kind", warnings.items[i].kind);
        json_text(json, "text", warnings.items[i].text);
        json_end(json);
    }
    json_end(json);
    return STATUS_OK;
}

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

static void numbers_json(struct json *json, const char *name, const struct images *part,
                         size_t first, size_t count, const float *values) {
    json_begin_array(json, name);
    for (size_t i = 0; i < count; i++)
        json_number(json, NULL,
                    values ? (double)values[first + i] : (double)part->pixels[first + i]);
    json_end(json);
}

static void example_json(struct json *json, const struct dataset *dataset,
                         const struct images *part, size_t index, const uint8_t *picture) {
    const size_t inputs = dataset_inputs(dataset);
    if (part->labels)
        json_integer(json, "label", part->labels[index]);
    else
        numbers_json(json, "targets", part, index * dataset->target_width, dataset->target_width,
                     part->targets);
    if (picture)
        image_json(json, "pixels", picture, dataset->rows, dataset->columns);
    else
        numbers_json(json, "features", part, index * inputs, inputs, part->values);
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

static const struct action {
    const char *name;
    enum status (*print)(const struct dataset *dataset, const struct arguments *arguments,
                         struct error *error);
    enum status (*json)(struct json *json, const struct dataset *dataset,
                        const struct arguments *arguments, struct error *error);
    enum json_layout layout;
} actions[] = {{"info", print_info, info_json, JSON_PRETTY},
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
        return print_list(&places, error);
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
        status = list_json(&json, &places, error);
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
