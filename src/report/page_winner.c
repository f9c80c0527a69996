#include "report/page_winner.h"

#include "base/text.h"
#include "data/example.h"
#include "report/class_name.h"

/* The model that has them is gone by the time that the page is written. */
static const char *const *copy_names(const struct evaluation *evaluation, struct arena *arena) {
    const char **names =
        evaluation->class_names ? ARENA_NEW(arena, const char *, evaluation->classes) : NULL;
    for (size_t i = 0; names && i < evaluation->classes; i++)
        names[i] = arena_copy(arena, evaluation->class_names[i]);
    return names;
}

static enum status take_classes(const struct evaluation *evaluation, const struct dataset *dataset,
                                struct arena *arena, struct page_winner *winner,
                                struct error *error) {
    const size_t size = dataset->rows * dataset->columns;
    const size_t count =
        evaluation->mistake_count < PAGE_MISTAKES ? evaluation->mistake_count : PAGE_MISTAKES;
    uint8_t *pixels = arena_alloc(arena, count, size);
    if (!pixels)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        example_draw(dataset, &dataset->test, evaluation->mistakes[i].image, pixels + i * size);
    winner->output = evaluation->output ? arena_copy(arena, evaluation->output) : NULL;
    winner->rows = dataset->rows;
    winner->columns = dataset->columns;
    winner->classes = evaluation->classes;
    winner->class_names = copy_names(evaluation, arena);
    winner->confusion = evaluation->confusion;
    winner->mistake_count = count;
    winner->mistakes = evaluation->mistakes;
    winner->pixels = pixels;
    return STATUS_OK;
}

enum status page_winner_make(size_t trial, const struct evaluation *classes,
                             struct evaluation *predictions, size_t prediction_count,
                             const struct dataset *dataset, struct arena *arena,
                             struct page_winner *winner, struct error *error) {
    *winner = (struct page_winner){
        .trial = trial, .prediction_count = prediction_count, .predictions = predictions};
    if (prediction_count == 0 && dataset->table)
        return error_set(error, STATUS_INPUT, "its examples are rows of a table, not images");
    for (size_t i = 0; i < prediction_count; i++)
        if (predictions[i].output)
            predictions[i].output = arena_copy(arena, predictions[i].output);
    const enum status status = classes && !dataset->table
                                   ? take_classes(classes, dataset, arena, winner, error)
                                   : STATUS_OK;
    return status == STATUS_OK && arena->failed ? error_memory(error) : status;
}

/* In base64: JSON has no bytes. */
static void append_pixels(struct json *json, const uint8_t *pixels, size_t count) {
    struct text text;
    text_init(&text);
    text_append_base64(&text, pixels, count);
    json_text(json, "pixels", text.data);
    json->failed |= text.failed;
    text_release(&text);
}

static void append_mistake(struct json *json, const struct page_winner *winner, size_t which) {
    const struct mistake *mistake = &winner->mistakes[which];
    const size_t size = winner->rows * winner->columns;
    json_begin_object(json, NULL);
    json_integer(json, "index", (int64_t)mistake->image);
    json_integer(json, "label", mistake->label);
    json_integer(json, "predicted", mistake->predicted);
    json_number(json, "probability", (double)mistake->confidence);
    append_pixels(json, winner->pixels + which * size, size);
    json_end(json);
}

static void append_prediction(struct json *json, const struct evaluation *prediction) {
    json_begin_object(json, NULL);
    json_text(json, "output", prediction->output);
    json_integer(json, "examples", (int64_t)prediction->images);
    json_integer(json, "numbers", (int64_t)prediction->classes);
    json_number(json, "root_mean_squared_error", prediction->root_mean_squared_error);
    json_number(json, "mean_absolute_error", prediction->mean_absolute_error);
    json_number(json, "r2_score", prediction->r2_score);
    json_begin_array(json, "points");
    for (size_t i = 0; i < prediction->point_count; i++) {
        const struct miss *point = &prediction->points[i];
        json_begin_array(json, NULL);
        json_integer(json, NULL, (int64_t)point->example);
        json_number(json, NULL, point->target);
        json_number(json, NULL, point->predicted);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

static void append_classes(struct json *json, const struct page_winner *winner) {
    json_text(json, "output", winner->output);
    json_integer(json, "rows", (int64_t)winner->rows);
    json_integer(json, "columns", (int64_t)winner->columns);
    class_names_json(json, winner->class_names, winner->classes);
    json_begin_array(json, "confusion");
    for (size_t i = 0; i < winner->classes; i++) {
        json_begin_array(json, NULL);
        for (size_t j = 0; j < winner->classes; j++)
            json_integer(json, NULL, winner->confusion[i * winner->classes + j]);
        json_end(json);
    }
    json_end(json);
    json_begin_array(json, "mistakes");
    for (size_t i = 0; i < winner->mistake_count; i++)
        append_mistake(json, winner, i);
    json_end(json);
}

void page_winner_append(const struct page_winner *winner, struct json *json) {
    json_begin_object(json, NULL);
    json_integer(json, "trial", (int64_t)winner->trial);
    if (winner->confusion)
        append_classes(json, winner);
    json_begin_array(json, "predictions");
    for (size_t i = 0; i < winner->prediction_count; i++)
        append_prediction(json, &winner->predictions[i]);
    json_end(json);
    json_end(json);
}
