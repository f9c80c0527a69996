#include "cli/dataset_info.h"

#include "base/arena.h"
#include "data/check.h"
#include "report/class_name.h"
#include "report/table.h"
#include "report/terminal.h"

#include <stdio.h>

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

enum status dataset_info_print(const struct dataset *dataset, struct error *error) {
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

enum status dataset_info_json(struct json *json, const struct dataset *dataset,
                              struct error *error) {
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
