#include "report/compare_print.h"

#include "exchange/value.h"
#include "report/compare_notes.h"
#include "report/digits.h"
#include "report/leaderboard_print.h"

#include <math.h>

/* Columns of a two-way table; above it combinations stand below each other. */
#define ACROSS_MAX 12

static enum status print_title(FILE *stream, const struct observations *observations,
                               struct error *error) {
    struct text text;
    text_init(&text);
    trials_append(&text, observations);
    text_printf(&text, "; %s, %s is better", observations->column,
                observations->maximize ? "higher" : "lower");
    return terminal_say(stream, &text, error);
}

static void append_factors(struct text *text, const struct factor *const *factors, size_t count) {
    for (size_t i = 0; i < count; i++)
        text_printf(text, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", factors[i]->name);
}

static void append_relations(struct text *text, const struct factor_comparison *comparison) {
    const char *name = comparison->factor->name;
    if (comparison->carried_count > 0) {
        append_factors(text, comparison->carried, comparison->carried_count);
        text_printf(text,
                    " always change%s with %s here: what makes the difference may be either. ",
                    comparison->carried_count == 1 ? "s" : "", name);
    }
    if (comparison->nested_count > 0) {
        append_factors(text, comparison->nested, comparison->nested_count);
        text_printf(text,
                    " %s not the same values to choose from at each %s: differences are between "
                    "averages over them. ",
                    comparison->nested_count == 1 ? "has" : "have", name);
    }
}

static enum status say_pairing(FILE *stream, const struct factor_comparison *comparison,
                               struct error *error) {
    const struct level *reference = comparison->values[comparison->reference].level;
    struct text text;
    text_init(&text);
    text_printf(&text, "%s: each value against %s%s, where all else is equal",
                comparison->factor->name, reference->text,
                comparison->reference_is_default ? " (the default)" : "");
    if (comparison->contexts > 1)
        text_printf(&text, ": %zu other settings, averaged within", comparison->contexts);
    else
        text_append(&text, ", in");
    text_printf(&text, " each of %zu seed%s.", comparison->seeds, text_plural(comparison->seeds));
    return terminal_say(stream, &text, error);
}

/* The columns of a table of values. */
static size_t value_columns(const struct factor_comparison *comparison, bool diverged,
                            struct table_column *columns) {
    size_t count = 0;
    columns[count++] =
        (struct table_column){comparison->factor->name, value_is_number(comparison->factor->name)};
    columns[count++] = (struct table_column){"n", true};
    if (diverged)
        columns[count++] = (struct table_column){"diverged", true};
    columns[count++] = (struct table_column){"mean", true};
    columns[count++] = (struct table_column){"sd", true};
    columns[count++] = (struct table_column){"effect", true};
    columns[count++] = (struct table_column){"95 % interval", true};
    columns[count++] = (struct table_column){"p", true};
    columns[count++] = (struct table_column){"better", true};
    columns[count++] = (struct table_column){"verdict", false};
    return count;
}

static void add_value(struct cells *cells, const struct value_comparison *value, bool diverged) {
    struct arena *arena = cells->arena;
    const bool reference = value->verdict == VERDICT_REFERENCE;
    cells_add(cells, value->level->text);
    cells_add_count(cells, value->summary.n);
    if (diverged)
        cells_add(cells, arena_printf(arena, "%zu/%zu", value->diverged, value->trials));
    cells_add(cells, mean_text(arena, &value->summary));
    cells_add(cells, digits_text(arena, value->summary.deviation, value->summary.deviation));
    cells_add(cells, reference ? "" : difference_text(arena, &value->paired));
    cells_add(cells, reference ? "" : interval_text(arena, &value->paired));
    cells_add(cells, reference ? "" : digits_p(arena, value->p_holm));
    cells_add(cells, reference ? "" : arena_printf(arena, "%zu/%zu", value->better, value->judged));
    cells_add(cells, value->verdict == VERDICT_UNPAIRED && value->diverged == value->trials
                         ? "all diverged"
                         : verdict_text(value->verdict));
}

static enum status print_factor(FILE *stream, const struct observations *observations,
                                const struct factor_comparison *comparison, struct arena *arena,
                                struct error *error) {
    const struct compare_notes notes = compare_notes_of(comparison, 1);
    struct table_column columns[TABLE_COLUMNS_MAX];
    const size_t column_count = value_columns(comparison, notes.diverged, columns);
    struct cells cells;
    struct text text;
    enum status status = cells_init(&cells, column_count * comparison->value_count, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < comparison->value_count; i++)
        add_value(&cells, &comparison->values[i], notes.diverged);
    fputc('\n', stream);
    status = say_pairing(stream, comparison, error);
    fputc('\n', stream);
    if (status == STATUS_OK)
        status = cells_print(stream, &cells, columns, column_count, error);
    if (status != STATUS_OK)
        return status;
    text_init(&text);
    compare_notes_append_test(&text, &notes, comparison->family);
    append_relations(&text, comparison);
    compare_notes_append_parts(&text, observations, comparison);
    compare_notes_append(&text, &notes, observations);
    fputs(text.length > 0 ? "\n" : "", stream);
    return terminal_say(stream, &text, error);
}

static double pair_share(const struct comparison *comparison,
                         const struct interaction_comparison *pair) {
    const struct variance_comparison *variance = &comparison->variance;
    for (size_t i = 0; i < variance->anova.part_count; i++) {
        const struct anova_part *part = &variance->anova.parts[i];
        if (part->order != 2)
            continue;
        const struct factor *a = variance->factors[part->factors[0]];
        const struct factor *b = variance->factors[part->factors[1]];
        if ((a == pair->rows && b == pair->columns) || (b == pair->rows && a == pair->columns))
            return part->share;
    }
    return (double)NAN;
}

static enum status print_crossing(FILE *stream, const struct interaction_comparison *pair,
                                  struct arena *arena, struct error *error) {
    struct table_column columns[ACROSS_MAX + 1];
    struct cells cells;
    enum status status =
        cells_init(&cells, (pair->column_count + 1) * pair->row_count, arena, error);
    if (status != STATUS_OK)
        return status;
    columns[0] = (struct table_column){pair->rows->name, value_is_number(pair->rows->name)};
    for (size_t j = 0; j < pair->column_count; j++)
        columns[j + 1] = (struct table_column){pair->columns->levels[j].text, true};
    for (size_t i = 0; i < pair->row_count; i++) {
        cells_add(&cells, pair->rows->levels[i].text);
        for (size_t j = 0; j < pair->column_count; j++)
            cells_add(&cells, mean_text(arena, &pair->cells[i * pair->column_count + j]));
    }
    return cells_print(stream, &cells, columns, pair->column_count + 1, error);
}

static enum status print_combinations(FILE *stream, const struct interaction_comparison *pair,
                                      struct arena *arena, struct error *error) {
    const struct table_column columns[] = {
        {pair->rows->name, value_is_number(pair->rows->name)},
        {pair->columns->name, value_is_number(pair->columns->name)},
        {"n", true},
        {"mean", true},
    };
    struct cells cells;
    enum status status = cells_init(&cells, 4 * pair->row_count * pair->column_count, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < pair->row_count * pair->column_count; i++) {
        cells_add(&cells, pair->rows->levels[i / pair->column_count].text);
        cells_add(&cells, pair->columns->levels[i % pair->column_count].text);
        cells_add_count(&cells, pair->cells[i].n);
        cells_add(&cells, mean_text(arena, &pair->cells[i]));
    }
    return cells_print(stream, &cells, columns, 4, error);
}

static void append_interaction_test(struct text *text, const struct interaction_comparison *pair,
                                    size_t family, struct arena *arena) {
    const char *p = digits_p(arena, pair->p_holm);
    const size_t n = pair->test.n;
    static const char *const tests[] = {
        [PAIRED_EXACT_FLIPS] = "exact sign-flip test",
        [PAIRED_RANDOM_FLIPS] = "sign-flip test with random patterns",
        [PAIRED_F_BOUND] =
            "F test of repeated measures at the lower bound of its degrees of freedom",
    };
    if (pair->test.test == PAIRED_NONE || !p)
        return;
    text_printf(text, " (p%s%s, %s over %zu seeds", *p == '<' ? " " : " = ", p,
                tests[pair->test.test], n);
    if (family > 1)
        text_printf(text, ", Holm-corrected for %zu pairs", family);
    text_append(text, ")");
}

static enum status say_interaction(FILE *stream, const struct comparison *comparison,
                                   const struct interaction_comparison *pair, struct arena *arena,
                                   struct error *error) {
    const char *a = pair->rows->name, *b = pair->columns->name;
    const double share = pair_share(comparison, pair);
    const char *percent = digits_share(arena, share);
    struct text text;
    text_init(&text);
    switch (pair->verdict) {
    case VERDICT_DEPENDS:
        text_printf(&text, "The effect of %s depends on %s", a, b);
        break;
    case VERDICT_UNPAIRED:
        text_printf(&text,
                    "No seed has all combinations of %s and %s, so that their effects can't be "
                    "taken apart",
                    a, b);
        break;
    case VERDICT_UNCLEAR:
        text_printf(&text, "That the effect of %s depends on %s is not shown", a, b);
        break;
    case VERDICT_REFERENCE:
    case VERDICT_BETTER:
    case VERDICT_WORSE:
    case VERDICT_BETTER_BUT:
    case VERDICT_WORSE_BUT:
    case VERDICT_SAME:
    case VERDICT_FEW:
        text_printf(&text, "Not enough repeats to tell whether the effect of %s depends on %s", a,
                    b);
        break;
    }
    append_interaction_test(&text, pair, comparison->pair_count, arena);
    text_append(&text, ".");
    if (pair->test.n > 0 && !complete_part_is_all(&pair->part)) {
        text_append(&text, " Trials are missing. This is over ");
        compare_notes_append_part(&text, comparison->observations, &pair->part);
        text_append(&text, pair->part.largest
                               ? ", the largest part in which none is."
                               : ", the largest part found in which none is; there may be a larger "
                                 "one.");
    }
    if (!isnan(share) && percent)
        text_printf(&text, " Their interaction is %s of the variance.", percent);
    return terminal_say(stream, &text, error);
}

static enum status print_pair(FILE *stream, const struct comparison *comparison,
                              const struct interaction_comparison *pair, struct arena *arena,
                              struct error *error) {
    fputc('\n', stream);
    if (pair->row_count == 0) {
        terminal_print(stream, 0,
                       "%s and %s: whether the effect of one depends on the other can't be told; "
                       "this search has hardly met a value twice.",
                       pair->rows->name, pair->columns->name);
        return STATUS_OK;
    }
    terminal_print(stream, 0, "mean %s by %s and %s", comparison->observations->column,
                   pair->rows->name, pair->columns->name);
    fputc('\n', stream);
    enum status status = pair->column_count <= ACROSS_MAX
                             ? print_crossing(stream, pair, arena, error)
                             : print_combinations(stream, pair, arena, error);
    fputc('\n', stream);
    return status == STATUS_OK ? say_interaction(stream, comparison, pair, arena, error) : status;
}

static enum status print_one(FILE *stream, const struct comparison *comparison, size_t rows,
                             struct arena *arena, struct error *error) {
    enum status status = print_title(stream, comparison->observations, error);
    if (status != STATUS_OK)
        return status;
    if (!comparison->overview && comparison->factor_count == 0) {
        terminal_print(stream, 0, "None of the hyperparameters named varies in these trials.");
        return STATUS_OK;
    }
    if (comparison->best.settings == 0) {
        terminal_print(stream, 0, "Nothing to compare: none of these trials has a %s.",
                       comparison->observations->column);
        return STATUS_OK;
    }
    if (comparison->overview)
        return compare_print_overview(stream, comparison, rows, arena, error);
    for (size_t i = 0; i < comparison->factor_count && status == STATUS_OK; i++)
        status =
            print_factor(stream, comparison->observations, &comparison->factors[i], arena, error);
    for (size_t i = 0; i < comparison->pair_count && status == STATUS_OK; i++)
        status = print_pair(stream, comparison, &comparison->pairs[i], arena, error);
    return status;
}

enum status compare_print(FILE *stream, const struct comparisons *comparisons, size_t rows,
                          struct arena *arena, struct error *error) {
    struct text note;
    text_init(&note);
    quantities_append_note(comparisons->observations, &comparisons->quantities, &note);
    enum status status = terminal_say(stream, &note, error);
    if (comparisons->quantities.count < 2)
        return status == STATUS_OK ? print_one(stream, comparisons->items, rows, arena, error)
                                   : status;
    for (size_t i = 0; i < comparisons->quantities.count && status == STATUS_OK; i++) {
        fputc('\n', stream);
        status = print_one(stream, &comparisons->items[i], rows, arena, error);
    }
    return status;
}
