#include "report/best_print.h"

#include "analysis/quantities.h"
#include "report/digits.h"
#include "report/terminal.h"

#include <string.h>

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

static void append_test_score(struct text *text, const struct observations *observations,
                              const struct summary *test, struct arena *arena) {
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

static enum status say_which(FILE *stream, const struct observations *observations,
                             const struct best_comparison *best, struct arena *arena,
                             struct error *error) {
    struct text text;
    text_init(&text);
    text_printf(&text, "Best by mean %s", observations->column);
    if (*observations->where)
        text_printf(&text, " (%s)", observations->where);
    text_append(&text, ": ");
    append_setting(&text, observations, &best->items[0]);
    text_append(&text, ".");
    if (best->shared_by > 1)
        text_printf(&text, " %zu settings share this score; it is the config's first.",
                    best->shared_by);
    append_test_score(&text, observations, &best->test, arena);
    return terminal_say(stream, &text, error);
}

static enum status say_simplest(FILE *stream, const struct observations *observations,
                                const struct best_comparison *best, struct arena *arena,
                                struct error *error) {
    const struct setting_comparison *simplest = &best->items[best->simplest];
    const char *behind = digits_text(arena, simplest->shortfall, simplest->summary.deviation);
    struct text text;
    text_init(&text);
    if (best->simplest == 0) {
        text_append(&text,
                    "It is also the simplest of those that can't be told from it (" SIMPLEST_MEANS
                    ").");
        return terminal_say(stream, &text, error);
    }
    text_append(&text, "The simplest that can't be told from it (" SIMPLEST_MEANS "): ");
    append_setting(&text, observations, simplest);
    text_printf(&text, ", %.0f parameters, behind by %s.",
                observations->items[simplest->observation].parameters, behind ? behind : "");
    return terminal_say(stream, &text, error);
}

/* "; 15 settings have fewer seeds and were not tested" */
static void append_untested(struct text *text, const struct best_comparison *best) {
    if (best->untested > 0)
        text_printf(text, "; %zu setting%s fewer seeds and %s not tested", best->untested,
                    best->untested == 1 ? " has" : "s have", best->untested == 1 ? "was" : "were");
}

/* Those that were tested, how, and which were not. */
static void append_tested(struct text *text, const struct best_comparison *best, bool listed) {
    const size_t tested = best->settings + best->diverged - best->untested;
    if (tested < 2) {
        text_printf(text,
                    "Nothing can be told of the other settings: none has %d of its seeds or more, "
                    "so that they were not tested.",
                    PAIRED_REPLICATES_MIN);
        return;
    }
    text_printf(text, "%zu of %zu settings ", best->count, tested);
    if (best->untested > 0)
        text_printf(text, "with %d of its seeds or more ", PAIRED_REPLICATES_MIN);
    text_printf(
        text,
        "can't be told from it, itself included (one-sided t-tests over %zu seeds, 5 %% for "
        "all together after Bonferroni; %smore repeats would rule out more",
        best->items[0].summary.n,
        best->far ? "a seed that diverged or fell far behind counts against its setting; " : "");
    append_untested(text, best);
    text_append(text, listed ? "):" : "); `sweep compare` lists them.");
}

/* How many can't be told from it. */
static enum status say_others(FILE *stream, const struct best_comparison *best, bool listed,
                              struct error *error) {
    struct text text;
    text_init(&text);
    if (best->raced && best->enough)
        text_printf(&text,
                    "%zu of %zu settings can't be told from it, itself included: the race dropped "
                    "the others, of which its tests said that they are not the best%s",
                    best->count, best->settings + best->diverged,
                    listed ? ":" : "; `sweep compare` lists them.");
    else if (!best->enough)
        text_printf(&text,
                    "Not enough repeats to tell the %zu settings from the best: with %d seeds or "
                    "more, those that can't be told from it are listed.",
                    best->settings, PAIRED_REPLICATES_MIN);
    else
        append_tested(&text, best, listed);
    return terminal_say(stream, &text, error);
}

enum status best_print(FILE *stream, const struct observations *observations,
                       const struct best_comparison *best, bool listed, struct arena *arena,
                       struct error *error) {
    if (best->count == 0)
        return STATUS_OK;
    enum status status = say_which(stream, observations, best, arena, error);
    if (status != STATUS_OK || best->settings < 2)
        return status;
    /* The table of them comes right after how many there are. */
    if (!listed || !best->enough)
        status = say_others(stream, best, false, error);
    if (status == STATUS_OK && best->count > 1 && best->enough)
        status = say_simplest(stream, observations, best, arena, error);
    if (status == STATUS_OK && listed && best->enough)
        status = say_others(stream, best, true, error);
    return status;
}

enum status best_print_each(FILE *stream, const struct observations *observations,
                            struct arena *arena, struct error *error) {
    struct quantities quantities;
    enum status status = quantities_of(observations, arena, &quantities, error);
    for (size_t i = 0; i < quantities.count && status == STATUS_OK; i++) {
        struct observations part;
        struct best_comparison best = {0};
        status = quantities_part(observations, &quantities, i, arena, &part, error);
        if (status == STATUS_OK)
            status = compare_settings(&part, arena, &best, error);
        if (status != STATUS_OK || !best.enough || best.settings < 2)
            continue;
        fputc('\n', stream);
        status = best_print(stream, &part, &best, false, arena, error);
    }
    return status;
}
