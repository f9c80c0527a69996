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
    if (value->pairs == 0)
        return;
    widen(&occasions->seeds_least, &occasions->seeds_most, value->paired.n);
    widen(&occasions->pairs_least, &occasions->pairs_most, value->pairs);
}

struct occasions occasions_of(const struct factor_comparison *comparisons, size_t count) {
    struct occasions occasions = {.seeds_least = (size_t)-1, .pairs_least = (size_t)-1};
    for (size_t i = 0; i < count; i++) {
        if (comparisons[i].value_count > occasions.family + 1)
            occasions.family = comparisons[i].value_count - 1;
        for (size_t j = 0; j < comparisons[i].value_count; j++)
            note_value(&occasions, &comparisons[i], &comparisons[i].values[j]);
    }
    return occasions;
}

void occasions_append_test(struct text *text, const struct occasions *occasions, size_t family) {
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

void occasions_append(struct text *text, const struct occasions *occasions,
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
