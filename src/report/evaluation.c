#include "report/evaluation.h"

#include "report/image.h"
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
    fputs("label  taken for  images\n", stream);
    for (size_t i = 0; i < count && i < PAIRS_SHOWN; i++)
        fprintf(stream, "%5zu  %9zu  %6u\n", pairs[i].label, pairs[i].predicted, pairs[i].count);
    if (count > PAIRS_SHOWN)
        fprintf(stream, "and %zu more\n", count - PAIRS_SHOWN);
    return STATUS_OK;
}

enum status evaluation_print_confusion(FILE *stream, const struct evaluation *evaluation,
                                       struct arena *arena, struct error *error) {
    const int width = cell_width(evaluation);
    const size_t needed = 5 + evaluation->classes * (size_t)(width + 1);
    const size_t terminal = (size_t)terminal_width(stream);
    fprintf(stream, "%zu of %zu test images right (%.4f)\n\n", evaluation->hits, evaluation->images,
            evaluation->accuracy);
    if (needed > (terminal > 0 ? terminal : 200))
        return print_pairs(stream, evaluation, arena, error);
    print_matrix(stream, evaluation, width);
    return STATUS_OK;
}

/* --- mistakes --- */

#define GAP 2

/* Columns of the terminal that an image takes. */
static size_t drawn_columns(FILE *stream, size_t columns) {
    return terminal_colour(stream) ? columns : 2 * columns;
}

static void print_captions(FILE *stream, const struct mistake *mistakes, size_t count,
                           size_t width) {
    for (size_t i = 0; i < count; i++) {
        char caption[96];
        snprintf(caption, sizeof caption, "%zu: %u taken for %u (%.4g)", mistakes[i].image,
                 mistakes[i].label, mistakes[i].predicted, (double)mistakes[i].confidence);
        fprintf(stream, "%-*s", i + 1 < count ? (int)width : 0, caption);
    }
    fputc('\n', stream);
}

/* Some images side by side, as one. */
static void print_beside(FILE *stream, const struct dataset *dataset,
                         const struct mistake *mistakes, size_t count, uint8_t *canvas) {
    const size_t wide = count * dataset->columns + (count - 1) * GAP;
    memset(canvas, 0, dataset->rows * wide);
    for (size_t i = 0; i < count; i++)
        for (size_t row = 0; row < dataset->rows; row++)
            memcpy(canvas + row * wide + i * (dataset->columns + GAP),
                   dataset->test.pixels +
                       (mistakes[i].image * dataset->rows + row) * dataset->columns,
                   dataset->columns);
    image_draw(stream, canvas, dataset->rows, wide);
}

enum status evaluation_print_mistakes(FILE *stream, const struct evaluation *evaluation,
                                      const struct dataset *dataset, size_t count,
                                      struct arena *arena, struct error *error) {
    const size_t terminal = (size_t)terminal_width(stream);
    const size_t each = drawn_columns(stream, dataset->columns + GAP);
    size_t beside = terminal > 0 && (terminal + GAP) / each > 1 ? (terminal + GAP) / each : 1;
    if (count > evaluation->mistake_count)
        count = evaluation->mistake_count;
    uint8_t *canvas = ARENA_NEW(arena, uint8_t, dataset->rows * (dataset->columns + GAP) * beside);
    if (!canvas)
        return error_memory(error);
    for (size_t i = 0; i < count; i += beside) {
        const struct mistake *row = evaluation->mistakes + i;
        const size_t here = count - i < beside ? count - i : beside;
        if (i > 0)
            fputc('\n', stream);
        print_captions(stream, row, here, each);
        print_beside(stream, dataset, row, here, canvas);
    }
    return STATUS_OK;
}

void evaluation_json(struct json *json, const struct evaluation *evaluation, size_t count) {
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
