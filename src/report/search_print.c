#include "report/search_print.h"

#include "report/compare_notes.h"
#include "report/digits.h"

#include <math.h>
#include <string.h>

static const int percentages[] = {10, 25, 50, 100};
enum { ROWS = sizeof percentages / sizeof *percentages };

/* What is expected of about as many settings as were tried by the step. */
static double expected_at(const struct search_history *search, const struct search_step *step) {
    const size_t settings = (size_t)(step - search->steps) + 1;
    size_t at = 0;
    while (at + 1 < search->expected_count && search->expected[at].settings < settings)
        at++;
    return search->expected[at].score;
}

static void add_row(struct cells *cells, const struct search_history *search, int percentage) {
    const struct search_step *step = search_history_at(search, percentage / 100.0);
    struct arena *arena = cells->arena;
    cells_add(cells, arena_printf(arena, "%d %%", percentage));
    cells_add_count(cells, (size_t)(step - search->steps) + 1);
    cells_add_count(cells, step->trials);
    cells_add(cells, arena_printf(arena, "%.0f", step->epochs));
    cells_add(cells, arena_printf(arena, step->seconds < 100 ? "%.1f" : "%.0f", step->seconds));
    cells_add(cells, digits_text(arena, step->best, (double)NAN));
    if (search->expected_count > 0)
        cells_add(cells, digits_text(arena, expected_at(search, step), (double)NAN));
}

void search_words_append(struct text *text, const struct words *words,
                         const struct comparison *comparison) {
    const struct search_history *search = &comparison->search;
    const char *method = comparison->observations->method;
    const bool random = method && strcmp(method, "random") == 0;
    char number[24];
    if (random && search->stopped > 0) {
        snprintf(number, sizeof number, "%zu", search->stopped);
        words_append(text, words, "expected.stopped", "n", number, NULL);
    } else if (search->expected_count > 0) {
        words_append(text, words, "expected.mean", NULL);
        snprintf(number, sizeof number, "%zu", search->scoreless);
        text_append(text, search->scoreless > 0 ? " " : "");
        if (search->scoreless > 0)
            words_append(text, words, "expected.scoreless", "n", number, "column",
                         comparison->observations->column, NULL);
    } else if (random) {
        return; /* there is no score yet */
    } else if (method) {
        words_append(text, words, "expected.not_random", "method", method, NULL);
    } else {
        words_append(text, words, "expected.not_known", NULL);
    }
    text_append(text, " ");
}

static enum status say_notes(FILE *stream, const struct comparison *comparison,
                             struct error *error) {
    struct text text;
    text_init(&text);
    text_append(&text, "Best so far: the leaderboard's first of the settings until then, in the "
                       "order in which the search asked for them. Trials, epochs and seconds are "
                       "of all these settings, the stopped and diverged ones included. ");
    search_words_append(&text, words_english(), comparison);
    return terminal_say(stream, &text, error);
}

enum status search_print(FILE *stream, const struct comparison *comparison, struct arena *arena,
                         struct error *error) {
    static const struct table_column columns[] = {
        {"of the trials", true}, {"settings", true},    {"trials", true},   {"epochs", true},
        {"seconds", true},       {"best so far", true}, {"expected", true},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    const struct search_history *search = &comparison->search;
    struct cells cells;
    if (search->count == 0)
        return STATUS_OK;
    enum status status = cells_init(&cells, (size_t)COLUMNS * ROWS, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < ROWS; i++)
        add_row(&cells, search, percentages[i]);
    fputc('\n', stream);
    status = cells_print(stream, &cells, columns, COLUMNS - (search->expected_count == 0), error);
    fputc('\n', stream);
    return status == STATUS_OK ? say_notes(stream, comparison, error) : status;
}
