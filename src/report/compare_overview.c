#include "exchange/value.h"
#include "report/best_print.h"
#include "report/compare_notes.h"
#include "report/digits.h"
#include "report/search_print.h"
#include "report/table_fit.h"
#include "report/variance_words.h"

#include <math.h>
#include <string.h>

/* Whether there are others than the reference, and this is said of each. */
static bool others_are(const struct factor_comparison *comparison, enum verdict verdict) {
    bool are = comparison->value_count > 1;
    for (size_t i = 0; i < comparison->value_count; i++)
        are &= i == comparison->reference || comparison->values[i].verdict == verdict;
    return are;
}

/* The values that a hyperparameter took: the ends of numbers, and how many there are of others. */
static const char *tried_text(struct arena *arena, const struct factor_comparison *of) {
    const size_t count = of->value_count;
    if (count > 2 && value_is_number(of->factor->name))
        return arena_printf(arena, "%s to %s", of->values[0].level->text,
                            of->values[count - 1].level->text);
    return arena_printf(arena, "%zu value%s", count, text_plural(count));
}

/* The same where no two settings differ in one hyperparameter alone. */
static enum status print_tried(FILE *stream, const struct comparison *comparison,
                               struct arena *arena, struct error *error) {
    static const struct table_column columns[] = {
        {"hyperparameter", false}, {"share %", true}, {"tried", false}, {"in the best", false}};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    const struct observations *observations = comparison->observations;
    struct cells cells;
    enum status status = cells_init(&cells, COLUMNS * comparison->factor_count, arena, error);
    for (size_t i = 0; status == STATUS_OK && i < comparison->factor_count; i++) {
        const struct factor_comparison *of = &comparison->factors[i];
        const uint32_t *best = observations->levels +
                               comparison->best.items[0].observation * observations->factor_count;
        cells_add(&cells, of->factor->name);
        cells_add(&cells, digits_percent(arena, variance_share(&comparison->variance, of->factor)));
        cells_add(&cells, tried_text(arena, of));
        cells_add(&cells, of->factor->levels[best[of->factor - observations->factors]].text);
    }
    return status == STATUS_OK ? cells_print(stream, &cells, columns, COLUMNS, error) : status;
}

/* One line for each hyperparameter. */
static enum status print_summary(FILE *stream, const struct comparison *comparison,
                                 struct arena *arena, struct error *error) {
    static const struct table_column columns[] = {
        {"hyperparameter", false},
        {"share %", true},
        {"reference", false},
        {"best", false},
        {"effect", true},
        {"95 % interval", true},
        {"p", true},
        {"verdict", false},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct cells cells;
    enum status status = cells_init(&cells, COLUMNS * comparison->factor_count, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < comparison->factor_count; i++) {
        const struct factor_comparison *of = &comparison->factors[i];
        const struct value_comparison *best = &of->values[of->best];
        const bool changed = of->best != of->reference;
        cells_add(&cells, of->factor->name);
        cells_add(&cells, digits_percent(arena, variance_share(&comparison->variance, of->factor)));
        cells_add(&cells, of->value_count > 0 ? of->values[of->reference].level->text : "-");
        cells_add(&cells, changed ? best->level->text : "the reference");
        cells_add(&cells, changed ? difference_text(arena, &best->paired) : "");
        cells_add(&cells, changed ? interval_text(arena, &best->paired) : "");
        cells_add(&cells, changed ? digits_p(arena, best->p_holm) : "");
        cells_add(&cells, changed                            ? verdict_text(best->verdict)
                          : others_are(of, VERDICT_UNPAIRED) ? verdict_text(VERDICT_UNPAIRED)
                          : others_are(of, VERDICT_WORSE)    ? "the others are worse"
                                                             : "no value is better");
    }
    return cells_print(stream, &cells, columns, COLUMNS, error);
}

static enum status say_variance(FILE *stream, const struct comparison *comparison,
                                struct arena *arena, struct error *error) {
    struct text text;
    text_init(&text);
    text_append(&text, "share: ");
    variance_words_append(&text, words_english(), comparison, arena);
    return terminal_say(stream, &text, error);
}

/* The columns of a table of settings. */
static size_t setting_columns(const struct observations *observations,
                              struct table_column *columns) {
    size_t count = 0;
    for (size_t i = 0; i < observations->factor_count; i++) {
        const char *name = observations->factors[i].name;
        if (observations->factors[i].varied)
            columns[count++] = (struct table_column){name, value_is_number(name)};
    }
    columns[count++] = (struct table_column){"n", true};
    columns[count++] = (struct table_column){observations->column, true};
    columns[count++] = (struct table_column){"sd", true};
    columns[count++] = (struct table_column){"behind by", true};
    return count;
}

static void add_setting(struct cells *cells, const struct observations *observations,
                        const struct setting_comparison *item, bool best) {
    const uint32_t *levels = observations->levels + item->observation * observations->factor_count;
    const double deviation = item->summary.deviation;
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].varied)
            cells_add(cells, observations->factors[i].levels[levels[i]].text);
    cells_add_count(cells, item->summary.n);
    cells_add(cells, digits_text(cells->arena, item->summary.mean, deviation));
    cells_add(cells, digits_text(cells->arena, deviation, deviation));
    cells_add(cells, best ? "" : digits_text(cells->arena, item->shortfall, deviation));
}

static enum status print_settings(FILE *stream, const struct comparison *comparison, size_t rows,
                                  struct arena *arena, struct error *error) {
    const struct best_comparison *best = &comparison->best;
    struct table table = {.rows = rows > 0 && rows < best->count ? rows : best->count};
    struct cells cells;
    table.count = setting_columns(comparison->observations, table.columns);
    enum status status = cells_init(&cells, table.count * table.rows, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < table.rows; i++)
        add_setting(&cells, comparison->observations, &best->items[i], i == 0);
    for (size_t i = 0; i < cells.count; i++)
        if (!cells.items[i])
            return error_memory(error);
    table.cells = cells.items;
    fputc('\n', stream);
    status = table_print_fitted(stream, &table, arena, error);
    if (status == STATUS_OK && table.rows < best->count) {
        fputc('\n', stream);
        terminal_print(stream, 0, "and %zu more (--number 0 prints all)", best->count - table.rows);
    }
    return status;
}

static enum status print_effects(FILE *stream, const struct comparison *comparison,
                                 struct arena *arena, struct error *error) {
    struct compare_notes notes = compare_notes_of(comparison->factors, comparison->factor_count);
    struct text text;
    if (comparison->factor_count == 0)
        return STATUS_OK;
    fputc('\n', stream);
    enum status status = comparison->observations->searched && !notes.paired
                             ? print_tried(stream, comparison, arena, error)
                             : print_summary(stream, comparison, arena, error);
    fputc('\n', stream);
    if (status == STATUS_OK)
        status = say_variance(stream, comparison, arena, error);
    if (status != STATUS_OK)
        return status;
    text_init(&text);
    compare_notes_append_test(&text, &notes, 0);
    if (notes.incomplete && !comparison->observations->searched)
        text_append(&text, "Trials are missing: effects are over the largest part of seeds and "
                           "other settings in which none is, which `sweep compare "
                           "HYPERPARAMETER` names. ");
    compare_notes_append(&text, &notes, comparison->observations);
    return terminal_say(stream, &text, error);
}

enum status compare_print_overview(FILE *stream, const struct comparison *comparison, size_t rows,
                                   struct arena *arena, struct error *error) {
    enum status status = print_effects(stream, comparison, arena, error);
    if (status == STATUS_OK)
        status = search_print(stream, comparison, arena, error);
    if (status != STATUS_OK || comparison->best.count == 0)
        return status;
    fputc('\n', stream);
    status = best_print(stream, comparison->observations, &comparison->best, true, arena, error);
    return status == STATUS_OK && comparison->best.enough && comparison->best.settings > 1
               ? print_settings(stream, comparison, rows, arena, error)
               : status;
}
