#include "report/compare.h"

#include "base/text.h"
#include "report/digits.h"
#include "report/table.h"
#include "report/terminal.h"
#include "report/value.h"
#include "stats/flips.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ACROSS_MAX                                                                                 \
    12                /* columns of a two-way table; above it combinations stand below each other  \
                       */
#define PARTS_SHOWN 6 /* interactions named in the overview */

/* The cells of one table; NULL among them where memory ran out. */
struct cells {
    struct arena *arena;
    const char **items;
    size_t count;
};

static enum status cells_init(struct cells *cells, size_t count, struct arena *arena,
                              struct error *error) {
    *cells = (struct cells){arena, ARENA_NEW(arena, const char *, count), 0};
    return cells->items ? STATUS_OK : error_memory(error);
}

static void add(struct cells *cells, const char *text) {
    cells->items[cells->count++] = text;
}

static void add_count(struct cells *cells, size_t count) {
    add(cells, arena_printf(cells->arena, "%zu", count));
}

static enum status cells_print(FILE *stream, const struct cells *cells,
                               const struct table_column *columns, size_t column_count,
                               struct error *error) {
    for (size_t i = 0; i < cells->count; i++)
        if (!cells->items[i])
            return error_memory(error);
    table_print(stream, columns, column_count, cells->items, cells->count / column_count);
    return STATUS_OK;
}

/* A paragraph of its own, printed and emptied. */
static enum status say(FILE *stream, struct text *text, struct error *error) {
    char *safe = text->failed ? NULL : malloc(text->length + 1);
    if (safe && text->length > 0)
        terminal_paragraph(stream, 0, terminal_safe(text->data, safe, text->length + 1));
    text_release(text);
    free(safe);
    return safe ? STATUS_OK : error_memory(error);
}

static const char *name_of(const struct factor *factor) {
    return factor->name;
}

static const char *interval(struct arena *arena, const struct paired *paired) {
    const double half = (paired->high - paired->low) / 2;
    const char *low = digits_text(arena, paired->low, half);
    const char *high = digits_text(arena, paired->high, half);
    if (isnan(paired->low))
        return "-";
    return low && high ? arena_printf(arena, "[%s, %s]", low, high) : NULL;
}

/* A difference, with the digits that its interval allows. */
static const char *difference(struct arena *arena, const struct paired *paired) {
    const char *text = digits_text(arena, paired->mean, (paired->high - paired->low) / 2);
    return text && paired->mean > 0 ? arena_printf(arena, "+%s", text) : text;
}

static const char *mean_text(struct arena *arena, const struct summary *summary) {
    return digits_text(arena, summary->mean, summary_error(summary));
}

static void print_title(FILE *stream, const struct observations *observations) {
    char name[80], where[400], column[80];
    const size_t *totals = observations->totals;
    fputs(terminal_safe(observations->sweep, name, sizeof name), stream);
    if (*observations->where)
        fprintf(stream, ", %s", terminal_safe(observations->where, where, sizeof where));
    fprintf(stream, ": %zu of %zu trial%s",
            totals[OBSERVATION_COMPLETED] + totals[OBSERVATION_DIVERGED], observations->count,
            text_plural(observations->count));
    if (totals[OBSERVATION_DIVERGED] > 0)
        fprintf(stream, ", %zu of them diverged", totals[OBSERVATION_DIVERGED]);
    if (totals[OBSERVATION_FAILED] > 0)
        fprintf(stream, ", %zu failed", totals[OBSERVATION_FAILED]);
    fprintf(stream, "; %s, %s is better\n",
            terminal_safe(observations->column, column, sizeof column),
            observations->maximize ? "higher" : "lower");
}

/* What the notes below a table are about. */
struct occasions {
    bool exact, t, few, diverged, incomplete;
    size_t seeds_least, seeds_most;
    size_t pairs_least, pairs_most, pairs_all;
    size_t family; /* values to compare, of the hyperparameter with most */
};

static void widen(size_t *least, size_t *most, size_t count) {
    *least = count < *least ? count : *least;
    *most = count > *most ? count : *most;
}

static void note_value(struct occasions *occasions, const struct factor_comparison *comparison,
                       const struct value_comparison *value) {
    occasions->pairs_all = comparison->contexts * comparison->seeds;
    occasions->diverged |= value->diverged > 0;
    if (value->verdict == VERDICT_REFERENCE)
        return;
    occasions->exact |= value->paired.test == PAIRED_EXACT_FLIPS;
    occasions->t |= value->paired.test == PAIRED_T;
    occasions->few |= value->verdict == VERDICT_FEW;
    occasions->incomplete |= value->pairs > 0 && value->pairs < occasions->pairs_all;
    widen(&occasions->seeds_least, &occasions->seeds_most, value->paired.n);
    widen(&occasions->pairs_least, &occasions->pairs_most, value->pairs);
}

static struct occasions occasions_of(const struct factor_comparison *comparisons, size_t count) {
    struct occasions occasions = {.seeds_least = (size_t)-1, .pairs_least = (size_t)-1};
    for (size_t i = 0; i < count; i++) {
        if (comparisons[i].value_count > occasions.family + 1)
            occasions.family = comparisons[i].value_count - 1;
        for (size_t j = 0; j < comparisons[i].value_count; j++)
            note_value(&occasions, &comparisons[i], &comparisons[i].values[j]);
    }
    return occasions;
}

/* How p came about. `family` is the number of comparisons corrected for; 0: it differs. */
static void append_test(struct text *text, const struct occasions *occasions, size_t family) {
    if (!occasions->exact && !occasions->t)
        return;
    text_append(text, "p: ");
    if (occasions->exact)
        text_append(text, "exact sign-flip test");
    if (occasions->exact && occasions->t)
        text_append(text, " where there are seeds enough for it, else ");
    if (occasions->t)
        text_append(text, "paired t-test");
    text_printf(text, " over %zu", occasions->seeds_most);
    if (occasions->seeds_least < occasions->seeds_most)
        text_append(text, " seeds at the most");
    else
        text_append(text, " seeds");
    if (occasions->t && occasions->seeds_most <= FLIPS_EXACT_MAX && family > 0)
        text_printf(text, " (an exact one would need %zu)", paired_replicates_for_exact(family));
    if (family > 1)
        text_printf(text, ", Holm-corrected for %zu comparisons", family);
    else if (family == 0)
        text_append(text, ", Holm-corrected for the values of each hyperparameter");
    text_append(text, ". ");
}

/* More seeds than there are, and enough for an exact test. */
static size_t repeats_wanted(const struct occasions *occasions) {
    const size_t exact = paired_replicates_for_exact(occasions->family);
    return 2 * occasions->seeds_most > exact ? 2 * occasions->seeds_most : exact;
}

static void append_occasions(struct text *text, const struct occasions *occasions,
                             const struct observations *observations, bool overview) {
    if (occasions->incomplete && !overview) {
        text_printf(text, "Effects are over %zu", occasions->pairs_least);
        if (occasions->pairs_least < occasions->pairs_most)
            text_printf(text, " to %zu", occasions->pairs_most);
        text_printf(text, " of %zu pairs, those of settings that all seeds used have. ",
                    occasions->pairs_all);
    } else if (occasions->incomplete) {
        text_append(text, "Effects are over the settings that all seeds used have. ");
    }
    if (occasions->diverged)
        text_printf(text,
                    "A diverged trial has no %s: it is left out of means and differences, which "
                    "flatters its value, and counts as worse than any other under 'better'. ",
                    observations->column);
    if (occasions->few)
        text_printf(text,
                    "More repeats would tell; of the same config, `sweep run CONFIG --set "
                    "repeats=%zu` trains only what is missing. ",
                    repeats_wanted(occasions));
}

static void append_factors(struct text *text, const struct factor *const *factors, size_t count) {
    for (size_t i = 0; i < count; i++)
        text_printf(text, "%s%s",
                    i == 0           ? ""
                    : i + 1 == count ? " and "
                                     : ", ",
                    name_of(factors[i]));
}

static void append_relations(struct text *text, const struct factor_comparison *comparison) {
    const char *name = name_of(comparison->factor);
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
                name_of(comparison->factor), reference->text,
                comparison->reference_is_default ? " (the default)" : "");
    if (comparison->contexts > 1)
        text_printf(&text, ": %zu other settings, averaged within", comparison->contexts);
    else
        text_append(&text, ", in");
    text_printf(&text, " each of %zu seed%s.", comparison->seeds, text_plural(comparison->seeds));
    return say(stream, &text, error);
}

/* The columns of a table of values. */
static size_t value_columns(const struct factor_comparison *comparison, bool diverged,
                            struct table_column *columns) {
    size_t count = 0;
    columns[count++] = (struct table_column){name_of(comparison->factor),
                                             value_is_number(name_of(comparison->factor))};
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
    add(cells, value->level->text);
    add_count(cells, value->summary.n);
    if (diverged)
        add(cells, arena_printf(arena, "%zu/%zu", value->diverged, value->trials));
    add(cells, mean_text(arena, &value->summary));
    add(cells, digits_text(arena, value->summary.deviation, value->summary.deviation));
    add(cells, reference ? "" : difference(arena, &value->paired));
    add(cells, reference ? "" : interval(arena, &value->paired));
    add(cells, reference ? "" : digits_p(arena, value->p_holm));
    add(cells, reference ? "" : arena_printf(arena, "%zu/%zu", value->better, value->judged));
    add(cells, verdict_text(value->verdict));
}

static enum status print_factor(FILE *stream, const struct observations *observations,
                                const struct factor_comparison *comparison, struct arena *arena,
                                struct error *error) {
    const struct occasions occasions = occasions_of(comparison, 1);
    struct table_column columns[TABLE_COLUMNS_MAX];
    const size_t column_count = value_columns(comparison, occasions.diverged, columns);
    struct cells cells;
    struct text text;
    enum status status = cells_init(&cells, column_count * comparison->value_count, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < comparison->value_count; i++)
        add_value(&cells, &comparison->values[i], occasions.diverged);
    fputc('\n', stream);
    status = say_pairing(stream, comparison, error);
    fputc('\n', stream);
    if (status == STATUS_OK)
        status = cells_print(stream, &cells, columns, column_count, error);
    if (status != STATUS_OK)
        return status;
    text_init(&text);
    append_test(&text, &occasions, comparison->family);
    append_relations(&text, comparison);
    append_occasions(&text, &occasions, observations, false);
    fputs(text.length > 0 ? "\n" : "", stream);
    return say(stream, &text, error);
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
    columns[0] = (struct table_column){name_of(pair->rows), value_is_number(name_of(pair->rows))};
    for (size_t j = 0; j < pair->column_count; j++)
        columns[j + 1] = (struct table_column){pair->columns->levels[j].text, true};
    for (size_t i = 0; i < pair->row_count; i++) {
        add(&cells, pair->rows->levels[i].text);
        for (size_t j = 0; j < pair->column_count; j++)
            add(&cells, mean_text(arena, &pair->cells[i * pair->column_count + j]));
    }
    return cells_print(stream, &cells, columns, pair->column_count + 1, error);
}

static enum status print_combinations(FILE *stream, const struct interaction_comparison *pair,
                                      struct arena *arena, struct error *error) {
    const struct table_column columns[] = {
        {name_of(pair->rows), value_is_number(name_of(pair->rows))},
        {name_of(pair->columns), value_is_number(name_of(pair->columns))},
        {"n", true},
        {"mean", true},
    };
    struct cells cells;
    enum status status = cells_init(&cells, 4 * pair->row_count * pair->column_count, arena, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < pair->row_count * pair->column_count; i++) {
        add(&cells, pair->rows->levels[i / pair->column_count].text);
        add(&cells, pair->columns->levels[i % pair->column_count].text);
        add_count(&cells, pair->cells[i].n);
        add(&cells, mean_text(arena, &pair->cells[i]));
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
    const char *a = name_of(pair->rows), *b = name_of(pair->columns);
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
    case VERDICT_SAME:
    case VERDICT_FEW:
        text_printf(&text, "Not enough repeats to tell whether the effect of %s depends on %s", a,
                    b);
        break;
    }
    append_interaction_test(&text, pair, comparison->pair_count, arena);
    text_append(&text, ".");
    if (!isnan(share) && percent)
        text_printf(&text, " Their interaction is %s of the variance.", percent);
    return say(stream, &text, error);
}

static enum status print_pair(FILE *stream, const struct comparison *comparison,
                              const struct interaction_comparison *pair, struct arena *arena,
                              struct error *error) {
    char column[80];
    fprintf(stream, "\nmean %s by %s and %s\n\n",
            terminal_safe(comparison->observations->column, column, sizeof column),
            name_of(pair->rows), name_of(pair->columns));
    enum status status = pair->column_count <= ACROSS_MAX
                             ? print_crossing(stream, pair, arena, error)
                             : print_combinations(stream, pair, arena, error);
    fputc('\n', stream);
    return status == STATUS_OK ? say_interaction(stream, comparison, pair, arena, error) : status;
}

static bool others_are_worse(const struct factor_comparison *comparison) {
    bool worse = comparison->value_count > 1;
    for (size_t i = 0; i < comparison->value_count; i++)
        worse &= i == comparison->reference || comparison->values[i].verdict == VERDICT_WORSE;
    return worse;
}

/* One line for each hyperparameter. */
static enum status print_summary(FILE *stream, const struct comparison *comparison,
                                 struct arena *arena, struct error *error) {
    static const struct table_column columns[] = {
        {"hyperparameter", false},
        {"share", true},
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
        add(&cells, name_of(of->factor));
        add(&cells, digits_share(arena, variance_share(&comparison->variance, of->factor)));
        add(&cells, of->value_count > 0 ? of->values[of->reference].level->text : "-");
        add(&cells, changed ? best->level->text : "the reference");
        add(&cells, changed ? difference(arena, &best->paired) : "");
        add(&cells, changed ? interval(arena, &best->paired) : "");
        add(&cells, changed ? digits_p(arena, best->p_holm) : "");
        add(&cells, changed                ? verdict_text(best->verdict)
                    : others_are_worse(of) ? "the others are worse"
                                           : "no value is better");
    }
    return cells_print(stream, &cells, columns, COLUMNS, error);
}

static const char *method_text(const struct variance_comparison *variance) {
    switch (variance->anova.method) {
    case ANOVA_EXACT:
        return "functional ANOVA, exact for this full grid";
    case ANOVA_TYPE_2:
        return "Type II sums of squares, since not every combination of values has the same number "
               "of results: shares overlap and do not add up to 100 %";
    case ANOVA_TYPE_2_MAIN:
        return "Type II sums of squares without interactions, since not every combination of "
               "values "
               "has the same number of results, and there are many values: shares overlap and do "
               "not "
               "add up to 100 %";
    case ANOVA_NONE:
        break;
    }
    return NULL;
}

static const struct anova_part *largest_after(const struct anova *anova,
                                              const struct anova_part *after) {
    const struct anova_part *largest = NULL;
    for (size_t i = 0; i < anova->part_count; i++) {
        const struct anova_part *part = &anova->parts[i];
        const bool later =
            !after || part->share < after->share || (part->share == after->share && part > after);
        if (part->order == 2 && later && (!largest || part->share > largest->share))
            largest = part;
    }
    return largest;
}

static enum status say_variance(FILE *stream, const struct variance_comparison *variance,
                                struct arena *arena, struct error *error) {
    const struct anova *anova = &variance->anova;
    const char *method = method_text(variance);
    const char *rest = digits_share(arena, anova->rest);
    const struct anova_part *part = NULL;
    size_t shown = 0;
    struct text text;
    text_init(&text);
    if (!method) {
        text_append(&text,
                    "share: not told apart; these trials have too many values, or one result");
        return say(stream, &text, error);
    }
    text_printf(&text, "share: of the variance of %zu results; %s. ", variance->trials, method);
    while ((part = largest_after(anova, part)) && shown < PARTS_SHOWN && part->share >= 0.0005) {
        const char *share = digits_share(arena, part->share);
        text_printf(&text, "%s%s x %s %s", shown++ > 0 ? ", " : "Interactions: ",
                    name_of(variance->factors[part->factors[0]]),
                    name_of(variance->factors[part->factors[1]]), share ? share : "");
    }
    if (anova->higher >= 0.0005) {
        const char *share = digits_share(arena, anova->higher);
        text_printf(&text, "%sof three or more %s",
                    shown > 0 ? ", " : "Interactions: ", share ? share : "");
        shown++;
    }
    text_append(&text, shown > 0 ? ". " : "");
    text_printf(&text,
                anova->method == ANOVA_EXACT ? "What repeats differ by: %s."
                                             : "What this leaves, with what repeats differ "
                                               "by: %s.",
                rest ? rest : "");
    return say(stream, &text, error);
}

static void append_setting(struct text *text, const struct observations *observations,
                           const struct setting_comparison *setting) {
    const uint32_t *levels =
        observations->levels + setting->observation * observations->factor_count;
    bool any = false;
    for (size_t i = 0; i < observations->factor_count; i++) {
        const struct factor *factor = &observations->factors[i];
        if (!factor->varied || factor->levels[levels[i]].none)
            continue;
        text_printf(text, "%s%s %s", any ? ", " : "", factor->name, factor->levels[levels[i]].text);
        any = true;
    }
    if (!any)
        text_append(text, "the only one");
}

static void append_test_score(struct text *text, const struct comparison *comparison,
                              struct arena *arena) {
    const struct observations *observations = comparison->observations;
    const struct summary *test = &comparison->best.test;
    const char *mean = digits_text(arena, test->mean, test->deviation);
    const char *sd = digits_text(arena, test->deviation, test->deviation);
    if (!observations->test_column || test->n == 0 || !mean || !sd)
        return;
    if (strcmp(observations->test_column, observations->column) == 0) {
        text_printf(text,
                    " It was chosen by the test images' own %s: expect less of it on new images.",
                    observations->column);
        return;
    }
    text_printf(text, " Its %s: %s", observations->test_column, mean);
    if (test->n > 1)
        text_printf(text, " +- %s", sd);
    text_printf(text, " (%zu seed%s), which nothing was chosen by.", test->n, text_plural(test->n));
}

static enum status say_best(FILE *stream, const struct comparison *comparison, struct arena *arena,
                            struct error *error) {
    const struct observations *observations = comparison->observations;
    const struct best_comparison *best = &comparison->best;
    struct text text;
    text_init(&text);
    text_printf(&text, "Best by mean %s: ", observations->column);
    append_setting(&text, observations, &best->items[0]);
    text_append(&text, ".");
    append_test_score(&text, comparison, arena);
    enum status status = say(stream, &text, error);
    if (status != STATUS_OK || best->settings < 2)
        return status;
    text_init(&text);
    if (!best->enough)
        text_printf(&text,
                    "Not enough repeats to tell the %zu settings from the best: with %d seeds or "
                    "more, those that can't be told from it are listed.",
                    best->settings, PAIRED_REPLICATES_MIN);
    else
        text_printf(&text,
                    "%zu of %zu settings can't be told from it, itself included (one-sided paired "
                    "t-tests over %zu seeds, 5 %% for all together after Bonferroni; more repeats "
                    "would rule out more):",
                    best->count, best->settings, best->items[0].summary.n);
    return say(stream, &text, error);
}

static enum status print_settings(FILE *stream, const struct comparison *comparison, size_t rows,
                                  struct arena *arena, struct error *error) {
    const struct observations *observations = comparison->observations;
    const struct best_comparison *best = &comparison->best;
    struct table_column columns[TABLE_COLUMNS_MAX];
    struct cells cells;
    size_t column_count = 0;
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].varied)
            columns[column_count++] = (struct table_column){
                observations->factors[i].name, value_is_number(observations->factors[i].name)};
    columns[column_count++] = (struct table_column){"n", true};
    columns[column_count++] = (struct table_column){observations->column, true};
    columns[column_count++] = (struct table_column){"sd", true};
    columns[column_count++] = (struct table_column){"behind by", true};
    const size_t count = rows > 0 && rows < best->count ? rows : best->count;
    enum status status = cells_init(&cells, column_count * count, arena, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct setting_comparison *item = &best->items[i];
        const uint32_t *levels =
            observations->levels + item->observation * observations->factor_count;
        for (size_t j = 0; j < observations->factor_count; j++)
            if (observations->factors[j].varied)
                add(&cells, observations->factors[j].levels[levels[j]].text);
        add_count(&cells, item->summary.n);
        add(&cells, digits_text(arena, item->summary.mean, item->summary.deviation));
        add(&cells, digits_text(arena, item->summary.deviation, item->summary.deviation));
        add(&cells, i == 0 ? "" : digits_text(arena, item->shortfall, item->summary.deviation));
    }
    fputc('\n', stream);
    if (status == STATUS_OK)
        status = cells_print(stream, &cells, columns, column_count, error);
    if (status == STATUS_OK && count < best->count)
        fprintf(stream, "\nand %zu more (--number 0 prints all)\n", best->count - count);
    return status;
}

static enum status print_overview(FILE *stream, const struct comparison *comparison, size_t rows,
                                  struct arena *arena, struct error *error) {
    struct occasions occasions = occasions_of(comparison->factors, comparison->factor_count);
    struct text text;
    enum status status = STATUS_OK;
    if (comparison->factor_count > 0) {
        fputc('\n', stream);
        status = print_summary(stream, comparison, arena, error);
        fputc('\n', stream);
        if (status == STATUS_OK)
            status = say_variance(stream, &comparison->variance, arena, error);
        text_init(&text);
        append_test(&text, &occasions, 0);
        append_occasions(&text, &occasions, comparison->observations, true);
        if (status == STATUS_OK)
            status = say(stream, &text, error);
        else
            text_release(&text);
    }
    if (status != STATUS_OK || comparison->best.count == 0)
        return status;
    fputc('\n', stream);
    status = say_best(stream, comparison, arena, error);
    return status == STATUS_OK && comparison->best.enough && comparison->best.settings > 1
               ? print_settings(stream, comparison, rows, arena, error)
               : status;
}

enum status compare_print(FILE *stream, const struct comparison *comparison, size_t rows,
                          struct arena *arena, struct error *error) {
    print_title(stream, comparison->observations);
    if (comparison->best.settings == 0) {
        char column[80];
        fprintf(stream, "Nothing to compare: none of these trials has a %s.\n",
                terminal_safe(comparison->observations->column, column, sizeof column));
        return STATUS_OK;
    }
    if (comparison->overview)
        return print_overview(stream, comparison, rows, arena, error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < comparison->factor_count && status == STATUS_OK; i++)
        status =
            print_factor(stream, comparison->observations, &comparison->factors[i], arena, error);
    for (size_t i = 0; i < comparison->pair_count && status == STATUS_OK; i++)
        status = print_pair(stream, comparison, &comparison->pairs[i], arena, error);
    return status;
}
