#include "report/variance_words.h"

#include "report/digits.h"
#include "search/strategy.h"

#define PARTS_SHOWN 6 /* interactions named */

static const char *method_text(const struct variance_comparison *variance) {
    static const char *const texts[] = {
        [ANOVA_EXACT] = "functional ANOVA, exact for this full grid",
        [ANOVA_TYPE_2] = "Type II sums of squares, since not every combination of values has the "
                         "same number of results: shares overlap and do not add up to 100 %",
        [ANOVA_TYPE_2_MAIN] = "Type II sums of squares without interactions, since not every "
                              "combination of values has the same number of results, and there are "
                              "many values: shares overlap and do not add up to 100 %",
        [ANOVA_RIDGE] = "estimated by ridge regression on one-hot values, since the settings of a "
                        "search are no grid; interactions are not told apart",
    };
    return texts[variance->anova.method];
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

static void append_share(struct text *text, const char *before, double number,
                         struct arena *arena) {
    const char *share = digits_share(arena, number);
    text->failed |= !share;
    text_printf(text, "%s %s", before, share ? share : "");
}

static void append_interactions(struct text *text, const struct variance_comparison *variance,
                                struct arena *arena) {
    const struct anova *anova = &variance->anova;
    const struct anova_part *part = NULL;
    size_t shown = 0;
    while ((part = largest_after(anova, part)) && shown < PARTS_SHOWN && part->share >= 0.0005) {
        text_printf(text, "%s%s x ", shown++ > 0 ? ", " : "Interactions: ",
                    variance->factors[part->factors[0]]->name);
        append_share(text, variance->factors[part->factors[1]]->name, part->share, arena);
    }
    if (anova->higher >= 0.0005) {
        text_append(text, shown++ > 0 ? ", " : "Interactions: ");
        append_share(text, "of three or more", anova->higher, arena);
    }
    text_append(text, shown > 0 ? ". " : "");
}

static void append_binnings(struct text *text, const struct variance_comparison *variance) {
    bool any = false;
    for (size_t i = 0; i < variance->factor_count; i++) {
        const struct binning *binning = &variance->binnings[i];
        if (binning->bins == 0)
            continue;
        text_printf(text, "%s%s (%zu%s)",
                    any ? ", "
                        : "Where most settings have a value of their own, values are in bins of "
                          "about as many settings each: ",
                    variance->factors[i]->name, binning->bins,
                    binning->by_parameters ? ", by the number of parameters" : "");
        any = true;
    }
    text_append(text, any ? ". " : "");
}

static void append_search(struct text *text, const struct comparison *comparison) {
    const char *method = comparison->observations->method;
    append_binnings(text, &comparison->variance);
    if (!method)
        text_append(text, "Where the search went by its results, as tpe and gp do, any estimate "
                          "may miss the hyperparameter that matters most. ");
    else if (strategy_learns(strategy_find(method)))
        text_printf(text,
                    "%s tried most where scores were good: of such settings any estimate may miss "
                    "the hyperparameter that matters most. ",
                    method);
}

static void append_sample(struct text *text, const struct comparison *comparison) {
    const struct variance_comparison *variance = &comparison->variance;
    text_printf(text, "%zu settings' %s", variance->settings,
                variance->logarithms ? "means of log scores" : "mean scores");
    if (comparison->observations->common_epoch > 0)
        text_printf(text, " after epoch %zu, which the stopped ones reached as well",
                    comparison->observations->common_epoch);
    text_append(text, "; ");
}

static void append_missing(struct text *text, const struct comparison *comparison) {
    const struct variance_comparison *variance = &comparison->variance;
    if (variance->sampled && variance->settings < variance->needed)
        text_printf(text,
                    "not told apart; this search has %zu setting%s with a %s, which are too few: "
                    "it takes %zu, and no less than the %zu values and bins of the hyperparameters",
                    variance->settings, text_plural(variance->settings),
                    comparison->observations->column, variance->needed, variance->values);
    else
        text_append(text, "not told apart; all results are equal, or there are too many values");
}

void variance_words_append(struct text *text, const struct comparison *comparison,
                           struct arena *arena) {
    const struct variance_comparison *variance = &comparison->variance;
    const enum anova_method method = variance->anova.method;
    if (method == ANOVA_NONE) {
        append_missing(text, comparison);
        return;
    }
    text_append(text, "of the variance of ");
    if (method == ANOVA_RIDGE)
        append_sample(text, comparison);
    else
        text_printf(text, "%zu results; ", variance->trials);
    text_printf(text, "%s. ", method_text(variance));
    append_interactions(text, variance, arena);
    if (method == ANOVA_RIDGE)
        append_search(text, comparison);
    if (method != ANOVA_EXACT)
        append_share(text,
                     method == ANOVA_RIDGE ? "What this leaves:"
                                           : "What this leaves, with what repeats differ by:",
                     variance->anova.rest, arena);
    else if (variance->trials > comparison->best.settings)
        append_share(text, "What repeats differ by:", variance->anova.rest, arena);
    else
        text_append(text, "Without repeats, what these would differ by is in all of this");
    text_append(text, ".");
}
