#include "report/compare_notes.h"

#include "report/digits.h"
#include "stats/flips.h"

#include <inttypes.h>
#include <math.h>

#define CONTEXTS_NAMED 4 /* more are counted */

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

static void note_value(struct compare_notes *notes, const struct value_comparison *value) {
    notes->diverged |= value->diverged > 0;
    if (value->verdict == VERDICT_REFERENCE)
        return;
    notes->exact |= value->paired.test == PAIRED_EXACT_FLIPS;
    notes->t |= value->paired.test == PAIRED_T;
    notes->few |= value->verdict == VERDICT_FEW;
    if (value->paired.n == 0)
        return;
    notes->paired = true;
    notes->incomplete |= !complete_part_is_all(&value->part);
    widen(&notes->seeds_least, &notes->seeds_most, value->paired.n);
}

struct compare_notes compare_notes_of(const struct factor_comparison *comparisons, size_t count) {
    struct compare_notes notes = {.seeds_least = (size_t)-1};
    for (size_t i = 0; i < count; i++) {
        if (comparisons[i].value_count > notes.family + 1)
            notes.family = comparisons[i].value_count - 1;
        for (size_t j = 0; j < comparisons[i].value_count; j++)
            note_value(&notes, &comparisons[i].values[j]);
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

/* A budget that all settings are to have more seeds under. */
static void append_larger_budget(const struct observations *observations, size_t repeats,
                                 struct text *text) {
    const struct budget *budget = &observations->budget;
    const double more =
        observations->repeats > 0 ? (double)repeats / (double)observations->repeats : 1;
    const struct {
        const char *key;
        double had;
    } parts[] = {{"trials", (double)budget->trials},
                 {"epochs", (double)budget->epochs},
                 {"seconds", budget->seconds}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].had > 0 && more > 1)
            text_printf(text, " --set budget.%s=%.0f", parts[i].key, ceil(more * parts[i].had));
}

/* "1 to 3 and 7" */
static void append_seeds(struct text *text, const uint64_t *seeds, size_t count) {
    for (size_t i = 0; i < count;) {
        size_t last = i;
        while (last + 1 < count && seeds[last + 1] == seeds[last] + 1)
            last++;
        text_printf(text, "%s%" PRIu64, i == 0 ? "" : last + 1 == count ? " and " : ", ", seeds[i]);
        if (last > i)
            text_printf(text, "%s%" PRIu64, last > i + 1 ? " to " : ", ", seeds[last]);
        i = last + 1;
    }
}

static void append_context(struct text *text, const struct observations *observations,
                           const struct complete_part *part, size_t context) {
    const uint32_t *levels =
        observations->levels + part->contexts[context] * observations->factor_count;
    for (size_t i = 0; i < part->held_count; i++) {
        const struct factor *factor = part->held[i];
        text_printf(text, "%s%s %s", i > 0 ? ", " : "", factor->name,
                    factor->levels[levels[factor - observations->factors]].text);
    }
}

void compare_notes_append_part(struct text *text, const struct observations *observations,
                               const struct complete_part *part) {
    text_printf(text, "seed%s ", text_plural(part->seed_count));
    append_seeds(text, part->seeds, part->seed_count);
    if (part->seed_count < part->seeds_all)
        text_printf(text, " of %zu", part->seeds_all);
    if (part->contexts_all < 2)
        return;
    text_printf(text, ", in %zu of %zu other settings", part->context_count, part->contexts_all);
    if (part->context_count > CONTEXTS_NAMED || part->context_count == part->contexts_all)
        return;
    for (size_t i = 0; i < part->context_count; i++) {
        text_append(text, i == 0 ? " (" : "; ");
        append_context(text, observations, part, i);
    }
    text_append(text, ")");
}

void compare_notes_append_parts(struct text *text, const struct observations *observations,
                                const struct factor_comparison *comparison) {
    bool any = false, ended = false;
    for (size_t i = 0; i < comparison->value_count && !observations->searched; i++) {
        const struct value_comparison *value = &comparison->values[i];
        if (i == comparison->reference || value->paired.n == 0 ||
            complete_part_is_all(&value->part))
            continue;
        text_append(text, any ? "; "
                              : "Trials are missing. Effects are over the largest part of "
                                "seeds and other settings in which none is: ");
        text_printf(text, "of %s over ", value->level->text);
        compare_notes_append_part(text, observations, &value->part);
        ended |= !value->part.largest;
        any = true;
    }
    text_append(text, any ? ". " : "");
    if (ended)
        text_append(text, "There may be a larger part: the search for it was ended. ");
}

void compare_notes_append(struct text *text, const struct compare_notes *notes,
                          const struct observations *observations) {
    if (notes->diverged)
        text_printf(text,
                    "A diverged trial has no %s: it is left out of means and differences, which "
                    "flatters its value, and counts as worse than any other under 'better'. ",
                    observations->column);
    if (observations->searched)
        text_printf(text, "The settings were chosen by a search: %s",
                    notes->paired
                        ? "few of them differ in one hyperparameter alone, and effects are of "
                          "those that do. "
                        : "no two of them that are compared here differ in one hyperparameter "
                          "alone, so that there are no effects to tell. ");
    if (observations->totals[OBSERVATION_STOPPED] > 0)
        text_printf(text,
                    "%zu trial%s stopped early %s no %s here: those that are left are the better "
                    "ones, and %s is of them alone. ",
                    observations->totals[OBSERVATION_STOPPED],
                    text_plural(observations->totals[OBSERVATION_STOPPED]),
                    observations->totals[OBSERVATION_STOPPED] == 1 ? "has" : "have",
                    observations->column,
                    observations->common_epoch > 0 ? "all of this but the shares" : "all of this");
    if (observations->objective_count > 1)
        text_printf(
            text,
            "The sweep has %zu metrics: all of this is by %s alone (--metric takes another "
            "one); `sweep top --pareto` lists the settings that none beats in all of them. ",
            observations->objective_count, observations->column);
    if (!notes->few || observations->searched)
        return;
    text_printf(text,
                "More repeats would tell; of the same config, `sweep run CONFIG --set repeats=%zu",
                repeats_wanted(notes));
    append_larger_budget(observations, repeats_wanted(notes), text);
    text_append(text, "` trains only what is missing. ");
}
