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

enum status page_winner_make(size_t trial, const struct evaluation *evaluation,
                             const struct dataset *dataset, struct arena *arena,
                             struct page_winner *winner, struct error *error) {
    const size_t size = dataset->rows * dataset->columns;
    const size_t count =
        evaluation->mistake_count < PAGE_MISTAKES ? evaluation->mistake_count : PAGE_MISTAKES;
    uint8_t *pixels = arena_alloc(arena, count, size);
    if (!pixels)
        return error_memory(error);
    if (evaluation->values || dataset->table)
        return error_set(error, STATUS_INPUT, "%s",
                         evaluation->values ? "it predicts numbers, not classes"
                                            : "its examples are rows of a table, not images");
    for (size_t i = 0; i < count; i++)
        example_draw(dataset, &dataset->test, evaluation->mistakes[i].image, pixels + i * size);
    *winner = (struct page_winner){
        .trial = trial,
        .output = evaluation->output ? arena_copy(arena, evaluation->output) : NULL,
        .rows = dataset->rows,
        .columns = dataset->columns,
        .classes = evaluation->classes,
        .class_names = copy_names(evaluation, arena),
        .confusion = evaluation->confusion,
        .mistake_count = count,
        .mistakes = evaluation->mistakes,
        .pixels = pixels};
    return arena->failed ? error_memory(error) : STATUS_OK;
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

void page_winner_append(const struct page_winner *winner, struct json *json) {
    if (!winner) {
        json_null(json, "winner");
        return;
    }
    json_begin_object(json, "winner");
    json_integer(json, "trial", (int64_t)winner->trial);
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
    json_end(json);
}
