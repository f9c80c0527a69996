#include "report/compare_notes.h"

#include "report/digits.h"
#include "stats/flips.h"

#include <math.h>

enum status cells_init(struct cells *cells, size_t count, struct arena *arena,
                       struct error *error) {
    *cells = (struct cells){arena, ARENA_NEW(arena, const char *, count), 0};
    return cells->items ? STATUS_OK : error_memory(error);
}

void cells_add(struct cells *cells, const char *text) {
    cells->items[cells->count++] = text;
}

void cells_add_count(struct cells *cells, size_t count) {
    cells_add(cells, arena_printf(cells->arena, "%zu", count));
}

enum status cells_print(FILE *stream, const struct cells *cells, const struct table_column *columns,
                        size_t column_count, struct error *error) {
    for (size_t i = 0; i < cells->count; i++)
        if (!cells->items[i])
            return error_memory(error);
    table_print(stream, columns, column_count, cells->items, cells->count / column_count);
    return STATUS_OK;
}

const char *interval_text(struct arena *arena, const struct paired *paired) {
    const double half = (paired->high - paired->low) / 2;
    const char *low = digits_text(arena, paired->low, half);
    const char *high = digits_text(arena, paired->high, half);
    if (isnan(paired->low))
        return "-";
    return low && high ? arena_printf(arena, "[%s, %s]", low, high) : NULL;
}

const char *difference_text(struct arena *arena, const struct paired *paired) {
    const char *text = digits_text(arena, paired->mean, (paired->high - paired->low) / 2);
    return text && paired->mean > 0 ? arena_printf(arena, "+%s", text) : text;
}

const char *mean_text(struct arena *arena, const struct summary *summary) {
    return digits_text(arena, summary->mean, summary_error(summary));
}

static void widen(size_t *least, size_t *most, size_t count) {
    *least = count < *least ? count : *least;
    *most = count > *most ? count : *most;
}

static void note_value(struct compare_notes *notes, const struct factor_comparison *comparison,
                       const struct value_comparison *value) {
    notes->pairs_all = comparison->contexts * comparison->seeds;
    notes->diverged |= value->diverged > 0;
    if (value->verdict == VERDICT_REFERENCE)
        return;
    notes->exact |= value->paired.test == PAIRED_EXACT_FLIPS;
    notes->t |= value->paired.test == PAIRED_T;
    notes->few |= value->verdict == VERDICT_FEW;
    notes->incomplete |= value->pairs > 0 && value->pairs < notes->pairs_all;
    if (value->pairs == 0)
        return;
    widen(&notes->seeds_least, &notes->seeds_most, value->paired.n);
    widen(&notes->pairs_least, &notes->pairs_most, value->pairs);
}

struct compare_notes compare_notes_of(const struct factor_comparison *comparisons, size_t count) {
    struct compare_notes notes = {.seeds_least = (size_t)-1, .pairs_least = (size_t)-1};
    for (size_t i = 0; i < count; i++) {
        if (comparisons[i].value_count > notes.family + 1)
            notes.family = comparisons[i].value_count - 1;
        for (size_t j = 0; j < comparisons[i].value_count; j++)
            note_value(&notes, &comparisons[i], &comparisons[i].values[j]);
    }
    return notes;
}

void compare_notes_append_test(struct text *text, const struct compare_notes *notes,
                               size_t family) {
    if (!notes->exact && !notes->t)
        return;
    text_append(text, "p: ");
    if (notes->exact)
        text_append(text, "exact sign-flip test");
    if (notes->exact && notes->t)
        text_append(text, " where there are seeds enough for it, else ");
    if (notes->t)
        text_append(text, "paired t-test");
    text_printf(text, " over %zu", notes->seeds_most);
    if (notes->seeds_least < notes->seeds_most)
        text_append(text, " seeds at the most");
    else
        text_append(text, " seeds");
    if (notes->t && notes->seeds_most <= FLIPS_EXACT_MAX && family > 0)
        text_printf(text, " (an exact one would need %zu)", paired_replicates_for_exact(family));
    if (family > 1)
        text_printf(text, ", Holm-corrected for %zu comparisons", family);
    else if (family == 0)
        text_append(text, ", Holm-corrected for the values of each hyperparameter");
    text_append(text, ". ");
}

/* More seeds than there are, and enough for an exact test. */
static size_t repeats_wanted(const struct compare_notes *notes) {
    const size_t exact = paired_replicates_for_exact(notes->family);
    return 2 * notes->seeds_most > exact ? 2 * notes->seeds_most : exact;
}

void compare_notes_append(struct text *text, const struct compare_notes *notes,
                          const struct observations *observations, bool overview) {
    if (notes->incomplete && !overview) {
        text_printf(text, "Effects are over %zu", notes->pairs_least);
        if (notes->pairs_least < notes->pairs_most)
            text_printf(text, " to %zu", notes->pairs_most);
        text_printf(text, " of %zu pairs, those of settings that all seeds used have. ",
                    notes->pairs_all);
    } else if (notes->incomplete) {
        text_append(text, "Effects are over the settings that all seeds used have. ");
    }
    if (notes->diverged)
        text_printf(text,
                    "A diverged trial has no %s: it is left out of means and differences, which "
                    "flatters its value, and counts as worse than any other under 'better'. ",
                    observations->column);
    if (notes->few)
        text_printf(text,
                    "More repeats would tell; of the same config, `sweep run CONFIG --set "
                    "repeats=%zu` trains only what is missing. ",
                    repeats_wanted(notes));
}
