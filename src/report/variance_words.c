#include "report/variance_words.h"

#include "report/digits.h"
#include "search/strategy.h"

#define PARTS_SHOWN 6 /* interactions named */

static const char *method_key(const struct variance_comparison *variance) {
    static const char *const keys[] = {
        [ANOVA_EXACT] = "variance.exact",
        [ANOVA_TYPE_2] = "variance.type_2",
        [ANOVA_TYPE_2_MAIN] = "variance.type_2_main",
        [ANOVA_RIDGE] = "variance.ridge",
    };
    return keys[variance->anova.method];
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

/* A text of its own, for a place in another one. */
static struct text words_text(const struct words *words, const char *key) {
    struct text text;
    text_init(&text);
    words_append(&text, words, key, NULL);
    return text;
}

/* Put a list, or another text, in its place in a sentence, if there is anything in it. */
static void append_within(struct text *text, const struct words *words, const char *key,
                          struct text *list) {
    text->failed |= list->failed;
    if (list->length > 0) {
        words_append(text, words, key, "list", list->data, NULL);
        text_append(text, " ");
    }
    text_release(list);
}

static void append_interactions(struct text *text, const struct words *words,
                                const struct variance_comparison *variance, struct arena *arena) {
    const struct anova *anova = &variance->anova;
    const struct anova_part *part = NULL;
    struct text list;
    text_init(&list);
    for (size_t shown = 0;
         shown < PARTS_SHOWN && (part = largest_after(anova, part)) && part->share >= 0.0005;
         shown++) {
        text_append(&list, shown > 0 ? ", " : "");
        words_append(&list, words, "variance.pair", "a", variance->factors[part->factors[0]]->name,
                     "b", variance->factors[part->factors[1]]->name, "share",
                     digits_share(arena, part->share), NULL);
    }
    if (anova->higher >= 0.0005) {
        text_append(&list, list.length > 0 ? ", " : "");
        words_append(&list, words, "variance.higher", "share", digits_share(arena, anova->higher),
                     NULL);
    }
    append_within(text, words, "variance.interactions", &list);
}

static void append_binnings(struct text *text, const struct words *words,
                            const struct variance_comparison *variance, struct arena *arena) {
    struct text list;
    text_init(&list);
    for (size_t i = 0; i < variance->factor_count; i++) {
        const struct binning *binning = &variance->binnings[i];
        if (binning->bins == 0)
            continue;
        text_append(&list, list.length > 0 ? ", " : "");
        words_append(&list, words,
                     binning->by_parameters ? "variance.bin_parameters" : "variance.bin", "name",
                     variance->factors[i]->name, "bins", arena_printf(arena, "%zu", binning->bins),
                     NULL);
    }
    append_within(text, words, "variance.bins", &list);
}

static void append_search(struct text *text, const struct words *words,
                          const struct comparison *comparison, struct arena *arena) {
    const char *method = comparison->observations->method;
    append_binnings(text, words, &comparison->variance, arena);
    if (!method)
        words_append(text, words, "variance.unknown_method", NULL);
    else if (strategy_learns(strategy_find(method)))
        words_append(text, words, "variance.learns", "method", method, NULL);
    else
        return;
    text_append(text, " ");
}

static void append_sample(struct text *text, const struct words *words,
                          const struct comparison *comparison, const char *method,
                          struct arena *arena) {
    const struct variance_comparison *variance = &comparison->variance;
    const size_t epoch = comparison->observations->common_epoch;
    struct text scores =
        words_text(words, variance->logarithms ? "variance.log_means" : "variance.means");
    words_append(text, words, epoch > 0 ? "variance.sample_epoch" : "variance.sample", "n",
                 arena_printf(arena, "%zu", variance->settings), "scores", scores.data, "epoch",
                 arena_printf(arena, "%zu", epoch), "method", method, NULL);
    text->failed |= scores.failed;
    text_release(&scores);
}

static void append_missing(struct text *text, const struct words *words,
                           const struct comparison *comparison, struct arena *arena) {
    const struct variance_comparison *variance = &comparison->variance;
    if (variance->sampled && variance->settings < variance->needed)
        words_append(text, words, "variance.too_few", "n",
                     arena_printf(arena, "%zu", variance->settings), "column",
                     comparison->observations->column, "needed",
                     arena_printf(arena, "%zu", variance->needed), "values",
                     arena_printf(arena, "%zu", variance->values), NULL);
    else
        words_append(text, words, "variance.none", NULL);
}

/* What the hyperparameters do not explain. */
static void append_rest(struct text *text, const struct words *words,
                        const struct comparison *comparison, struct arena *arena) {
    const struct anova *anova = &comparison->variance.anova;
    const char *key = anova->method == ANOVA_RIDGE   ? "variance.rest"
                      : anova->method != ANOVA_EXACT ? "variance.rest_repeats"
                      : comparison->variance.trials > comparison->best.settings
                          ? "variance.repeats"
                          : "variance.no_repeats";
    words_append(text, words, key, "share", digits_share(arena, anova->rest), NULL);
}

void variance_words_append(struct text *text, const struct words *words,
                           const struct comparison *comparison, struct arena *arena) {
    const struct variance_comparison *variance = &comparison->variance;
    if (variance->anova.method == ANOVA_NONE) {
        append_missing(text, words, comparison, arena);
        return;
    }
    struct text method = words_text(words, method_key(variance));
    if (variance->anova.method == ANOVA_RIDGE)
        append_sample(text, words, comparison, method.data, arena);
    else
        words_append(text, words, "variance.results", "n",
                     arena_printf(arena, "%zu", variance->trials), "method", method.data, NULL);
    text->failed |= method.failed;
    text_release(&method);
    text_append(text, " ");
    append_interactions(text, words, variance, arena);
    if (variance->anova.method == ANOVA_RIDGE)
        append_search(text, words, comparison, arena);
    append_rest(text, words, comparison, arena);
}
