#include "report/evaluation.h"

#include "data/example.h"
#include "report/class_name.h"
#include "report/image.h"
#include "report/table.h"
#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_SHOWN 10

static uint32_t cell(const struct evaluation *evaluation, size_t label, size_t predicted) {
    return evaluation->confusion[label * evaluation->classes + predicted];
}

static int digits_of(size_t number) {
    return snprintf(NULL, 0, "%zu", number);
}

/* The width of the largest number in the matrix. */
static int cell_width(const struct evaluation *evaluation) {
    uint32_t most = 0;
    for (size_t i = 0; i < evaluation->classes * evaluation->classes; i++)
        most = evaluation->confusion[i] > most ? evaluation->confusion[i] : most;
    const int number = digits_of(most), title = digits_of(evaluation->classes - 1);
    return number > title ? number : title;
}

static void print_matrix(FILE *stream, const struct evaluation *evaluation, int width) {
    const bool colour = terminal_colour(stream);
    fprintf(stream, "label  taken for\n     ");
    for (size_t i = 0; i < evaluation->classes; i++)
        fprintf(stream, " %*zu", width, i);
    fputc('\n', stream);
    for (size_t label = 0; label < evaluation->classes; label++) {
        fprintf(stream, "%5zu", label);
        for (size_t i = 0; i < evaluation->classes; i++) {
            const uint32_t count = cell(evaluation, label, i);
            if (count == 0)
                fprintf(stream, " %*s", width, ".");
            else
                fprintf(stream, " %s%*u%s", colour && i == label ? "\033[1m" : "", width, count,
                        colour && i == label ? "\033[0m" : "");
        }
        fputc('\n', stream);
    }
}

struct pair {
    size_t label, predicted;
    uint32_t count;
};

static int most_often_first(const void *a, const void *b) {
    const struct pair *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return (x->predicted > y->predicted) - (x->predicted < y->predicted);
}

static enum status print_pairs(FILE *stream, const struct evaluation *evaluation,
                               struct arena *arena, struct error *error) {
    static const struct table_column columns[] = {
        {"label", true}, {"taken for", true}, {"images", true}};
    const size_t classes = evaluation->classes;
    struct pair *pairs = ARENA_NEW(arena, struct pair, classes * classes);
    size_t count = 0;
    if (!pairs)
        return error_memory(error);
    for (size_t label = 0; label < classes; label++)
        for (size_t i = 0; i < classes; i++)
            if (i != label && cell(evaluation, label, i) > 0)
                pairs[count++] = (struct pair){label, i, cell(evaluation, label, i)};
    qsort(pairs, count, sizeof *pairs, most_often_first);
    const size_t shown = count < PAIRS_SHOWN ? count : PAIRS_SHOWN;
    const char *cells[3 * PAIRS_SHOWN];
    for (size_t i = 0; i < shown; i++) {
        const char *const *names = evaluation->class_names;
        char shown_name[CLASS_NAME_MAX];
        cells[3 * i] = arena_copy(arena, class_name(names, pairs[i].label, shown_name));
        cells[3 * i + 1] = arena_copy(arena, class_name(names, pairs[i].predicted, shown_name));
        cells[3 * i + 2] = arena_printf(arena, "%u", pairs[i].count);
        if (!cells[3 * i] || !cells[3 * i + 1] || !cells[3 * i + 2])
            return error_memory(error);
    }
    table_print(stream, columns, 3, cells, shown);
    if (count > PAIRS_SHOWN)
        terminal_print(stream, 0, "and %zu more", count - PAIRS_SHOWN);
    return STATUS_OK;
}

enum status evaluation_print_confusion(FILE *stream, const struct evaluation *evaluation,
                                       struct arena *arena, struct error *error) {
    const int width = cell_width(evaluation);
    const size_t needed = 5 + evaluation->classes * (size_t)(width + 1);
    const size_t terminal = (size_t)terminal_width(stream);
    terminal_print(stream, 0, "%zu of %zu test images right (%.4f)", evaluation->hits,
                   evaluation->images, evaluation->accuracy);
    fputc('\n', stream);
    if (needed > (terminal > 0 ? terminal : 200))
        return print_pairs(stream, evaluation, arena, error);
    print_matrix(stream, evaluation, width);
    class_names_print(stream, evaluation->class_names, evaluation->classes);
    return STATUS_OK;
}

/* --- mistakes --- */

#define GAP 2

#define CAPTION_SIZE (64 + 2 * CLASS_NAME_MAX)

static int make_caption(const char *const *names, const struct mistake *mistake,
                        char caption[CAPTION_SIZE]) {
    char label[CLASS_NAME_MAX], predicted[CLASS_NAME_MAX];
    return snprintf(caption, CAPTION_SIZE, "%zu: %s taken for %s (%.4g)", mistake->image,
                    class_name(names, mistake->label, label),
                    class_name(names, mistake->predicted, predicted), (double)mistake->confidence);
}

static void print_captions(FILE *stream, const char *const *names, const struct mistake *mistakes,
                           size_t count, size_t width) {
    char caption[CAPTION_SIZE];
    for (size_t i = 0; i + 1 < count; i++) {
        make_caption(names, &mistakes[i], caption);
        fprintf(stream, "%-*s", (int)width, caption);
    }
    make_caption(names, &mistakes[count - 1], caption);
    terminal_print(stream, 0, "%s", caption);
}

/* Some images side by side, as one: each begins `pitch` pixels after the one before. */
static void print_beside(FILE *stream, const struct dataset *dataset,
                         const struct mistake *mistakes, size_t count, size_t pitch,
                         uint8_t *picture, uint8_t *canvas) {
    const size_t wide = (count - 1) * pitch + dataset->columns;
    memset(canvas, 0, dataset->rows * wide);
    for (size_t i = 0; i < count; i++) {
        example_draw(dataset, &dataset->test, mistakes[i].image, picture);
        for (size_t row = 0; row < dataset->rows; row++)
            memcpy(canvas + row * wide + i * pitch, picture + row * dataset->columns,
                   dataset->columns);
    }
    image_draw(stream, canvas, dataset->rows, wide);
}

/* Pixels from one image to the next: room for itself and its caption, a pixel being `scale` columns
 * of the terminal. */
static size_t pitch_of(const struct evaluation *evaluation, const struct dataset *dataset,
                       size_t count, size_t scale) {
    size_t pitch = dataset->columns + GAP;
    char caption[CAPTION_SIZE];
    for (size_t i = 0; i < count; i++) {
        const size_t length =
            (size_t)make_caption(evaluation->class_names, &evaluation->mistakes[i], caption) + GAP;
        pitch = (length + scale - 1) / scale > pitch ? (length + scale - 1) / scale : pitch;
    }
    return pitch;
}

enum status evaluation_print_mistakes(FILE *stream, const struct evaluation *evaluation,
                                      const struct dataset *dataset, size_t count,
                                      struct arena *arena, struct error *error) {
    const size_t terminal = (size_t)terminal_width(stream), scale = terminal_colour(stream) ? 1 : 2;
    if (count > evaluation->mistake_count)
        count = evaluation->mistake_count;
    const size_t pitch = pitch_of(evaluation, dataset, count, scale);
    const size_t fit = (terminal + GAP) / (pitch * scale), beside = fit > 1 ? fit : 1;
    uint8_t *canvas = ARENA_NEW(arena, uint8_t, dataset->rows * pitch * beside);
    uint8_t *picture = ARENA_NEW(arena, uint8_t, dataset->rows * dataset->columns);
    if (!canvas || !picture)
        return error_memory(error);
    for (size_t i = 0; i < count; i += beside) {
        const struct mistake *row = evaluation->mistakes + i;
        const size_t here = count - i < beside ? count - i : beside;
        if (i > 0)
            fputc('\n', stream);
        print_captions(stream, evaluation->class_names, row, here, pitch * scale);
        if (!dataset->table)
            print_beside(stream, dataset, row, here, pitch, picture, canvas);
    }
    return STATUS_OK;
}

enum status evaluation_print_values(FILE *stream, const struct evaluation *evaluation, size_t count,
                                    struct arena *arena, struct error *error) {
    static const struct table_column columns[] = {
        {"test example", true}, {"target", true}, {"predicted", true}, {"off by", true}};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    const char *cells[MISSES_MAX * COLUMNS];
    const size_t shown = count < evaluation->miss_count ? count : evaluation->miss_count;
    terminal_print(stream, 0,
                   "%zu test examples: root_mean_squared_error %.6g, mean_absolute_error %.6g, "
                   "r2_score %.4f",
                   evaluation->images, evaluation->root_mean_squared_error,
                   evaluation->mean_absolute_error, evaluation->r2_score);
    for (size_t i = 0; i < shown; i++) {
        const struct miss *miss = &evaluation->misses[i];
        cells[i * COLUMNS] = arena_printf(arena, "%zu", miss->example);
        cells[i * COLUMNS + 1] = arena_printf(arena, "%.6g", miss->target);
        cells[i * COLUMNS + 2] = arena_printf(arena, "%.6g", miss->predicted);
        cells[i * COLUMNS + 3] = arena_printf(arena, "%.6g", miss->predicted - miss->target);
    }
    if (arena->failed)
        return error_memory(error);
    fputc('\n', stream);
    if (shown > 0)
        table_print(stream, columns, COLUMNS, cells, shown);
    return STATUS_OK;
}

static void values_json(struct json *json, const struct evaluation *evaluation, size_t count) {
    json_number(json, "root_mean_squared_error", evaluation->root_mean_squared_error);
    json_number(json, "mean_absolute_error", evaluation->mean_absolute_error);
    json_number(json, "r2_score", evaluation->r2_score);
    json_begin_array(json, "largest_errors");
    for (size_t i = 0; i < evaluation->miss_count && i < count; i++) {
        json_begin_object(json, NULL);
        json_integer(json, "example", (int64_t)evaluation->misses[i].example);
        json_number(json, "target", evaluation->misses[i].target);
        json_number(json, "predicted", evaluation->misses[i].predicted);
        json_end(json);
    }
    json_end(json);
}

void evaluation_json(struct json *json, const struct evaluation *evaluation, size_t count) {
    if (evaluation->values) {
        values_json(json, evaluation, count);
        return;
    }
    class_names_json(json, evaluation->class_names, evaluation->classes);
    json_begin_array(json, "confusion");
    for (size_t label = 0; label < evaluation->classes; label++) {
        json_begin_array(json, NULL);
        for (size_t i = 0; i < evaluation->classes; i++)
            json_integer(json, NULL, cell(evaluation, label, i));
        json_end(json);
    }
    json_end(json);
    json_integer(json, "mistake_count", (int64_t)evaluation->mistake_count);
    json_begin_array(json, "mistakes");
    for (size_t i = 0; i < evaluation->mistake_count && i < count; i++) {
        const struct mistake *mistake = &evaluation->mistakes[i];
        json_begin_object(json, NULL);
        json_integer(json, "image", (int64_t)mistake->image);
        json_integer(json, "label", mistake->label);
        json_integer(json, "predicted", mistake->predicted);
        json_number(json, "confidence", (double)mistake->confidence);
        json_end(json);
    }
    json_end(json);
}
