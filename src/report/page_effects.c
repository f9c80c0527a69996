#include "report/page_effects.h"

#include "analysis/quantities.h"
#include "report/search_print.h"
#include "report/variance_words.h"

#include <math.h>
#include <string.h>

static enum status compare_by(const struct observations *observations, bool pairs,
                              struct arena *arena, struct comparison *comparison,
                              struct error *error) {
    const char **names = ARENA_NEW(arena, const char *, observations->factor_count);
    size_t count = 0;
    if (!names)
        return error_memory(error);
    for (size_t i = 0; i < observations->factor_count && pairs; i++)
        if (observations->factors[i].varied)
            names[count++] = observations->factors[i].hyperparameter->name;
    return compare(observations, names, count, NULL, 0, arena, comparison, error);
}

static enum status name_metric(const struct observations *whole,
                               const struct quantities *quantities, size_t quantity,
                               struct arena *arena, struct page_metric *metric,
                               struct error *error) {
    struct text name;
    text_init(&name);
    text_append(&name, whole->column);
    if (quantities->count > 1) {
        text_append(&name, ": ");
        quantities_append_short(whole, quantities, quantity, &name);
    }
    metric->name = name.failed ? NULL : arena_copy(arena, name.data);
    text_release(&name);
    return metric->name ? STATUS_OK : error_memory(error);
}

static enum status take_words(struct text *words, struct arena *arena, const char **taken,
                              struct error *error) {
    *taken = words->failed ? NULL : arena_copy(arena, words->data);
    text_release(words);
    return *taken ? STATUS_OK : error_memory(error);
}

static enum status take_notes(struct page_metric *metric, const struct words *words,
                              struct arena *arena, struct error *error) {
    struct text text;
    text_init(&text);
    variance_words_append(&text, words, &metric->effects, arena);
    enum status status = take_words(&text, arena, &metric->share_words, error);
    if (status != STATUS_OK)
        return status;
    text_init(&text);
    search_words_append(&text, words, &metric->effects);
    return take_words(&text, arena, &metric->search_words, error);
}

/* Append the quantities of one column. */
static enum status add_column(const struct observations *whole, const struct quantities *quantities,
                              bool own, const struct words *words, struct arena *arena,
                              struct page_metrics *menu, struct error *error) {
    enum status status = STATUS_OK;
    if (own) {
        menu->own = menu->count;
        menu->own_count = quantities->count;
    }
    for (size_t i = 0; i < quantities->count && status == STATUS_OK; i++) {
        struct page_metric *metric = &menu->items[menu->count++];
        status = name_metric(whole, quantities, i, arena, metric, error);
        if (status == STATUS_OK)
            status = quantities_part(whole, quantities, i, arena, &metric->observations, error);
        if (status == STATUS_OK)
            status = leaderboard_of(&metric->observations, false, 0, arena, &metric->board, error);
        if (status == STATUS_OK)
            status = compare_by(&metric->observations, own, arena, &metric->effects, error);
        if (status == STATUS_OK)
            status = take_notes(metric, words, arena, error);
    }
    return status;
}

enum status page_effects_make(const struct report_data *data, const struct words *words,
                              struct arena *arena, struct page_metrics *menu, struct error *error) {
    struct quantities *quantities = ARENA_NEW(arena, struct quantities, data->metric_count);
    enum status status = quantities ? STATUS_OK : error_memory(error);
    size_t count = 0;
    *menu = (struct page_metrics){0};
    for (size_t i = 0; i < data->metric_count && status == STATUS_OK; i++) {
        status = quantities_of(&data->observations[i], arena, &quantities[i], error);
        count += quantities[i].count;
    }
    menu->items = ARENA_NEW(arena, struct page_metric, count);
    if (status == STATUS_OK && !menu->items)
        status = error_memory(error);
    for (size_t i = 0; i < data->metric_count && status == STATUS_OK; i++)
        status = add_column(&data->observations[i], &quantities[i], i == data->metric, words, arena,
                            menu, error);
    const struct observations *whole = &data->observations[data->metric];
    menu->search = (struct page_search){.searched = whole->searched, .method = whole->method};
    return status == STATUS_OK ? search_history_of(whole, arena, &menu->search.history, error)
                               : status;
}

/* The page has words of its own for these. */
static const char *test_key(enum paired_test test) {
    static const char *const keys[] = {
        [PAIRED_NONE] = "none",
        [PAIRED_EXACT_FLIPS] = "exact_flips",
        [PAIRED_RANDOM_FLIPS] = "random_flips",
        [PAIRED_T] = "paired_t",
        [PAIRED_F_BOUND] = "f_bound",
    };
    return keys[test];
}

static const char *verdict_key(enum verdict verdict) {
    static const char *const keys[] = {
        [VERDICT_REFERENCE] = "reference",
        [VERDICT_BETTER] = "better",
        [VERDICT_WORSE] = "worse",
        [VERDICT_BETTER_BUT] = "better_but",
        [VERDICT_WORSE_BUT] = "worse_but",
        [VERDICT_DEPENDS] = "depends",
        [VERDICT_SAME] = "same",
        [VERDICT_UNCLEAR] = "unclear",
        [VERDICT_FEW] = "few",
        [VERDICT_UNPAIRED] = "unpaired",
    };
    return keys[verdict];
}

size_t page_place_of(const struct observations *whole, const struct factor *factor) {
    size_t place = HP_COUNT;
    if (!factor->part)
        return hyperparameter_id_of(factor->hyperparameter);
    for (const struct factor *at = whole->factors; strcmp(at->name, factor->name) != 0; at++)
        place += at->part != NULL;
    return place;
}

static void append_value(struct json *json, const struct value_comparison *value) {
    json_begin_object(json, NULL);
    json_integer(json, "n", (int64_t)value->summary.n);
    json_number(json, "mean", value->summary.mean);
    json_number(json, "deviation", value->summary.deviation);
    json_integer(json, "diverged", (int64_t)value->diverged);
    json_integer(json, "pairs", (int64_t)value->judged);
    json_integer(json, "better", (int64_t)value->better);
    json_integer(json, "seeds", (int64_t)value->paired.n);
    json_number(json, "difference", value->paired.n > 0 ? value->paired.mean : (double)NAN);
    json_number(json, "low", value->paired.n > 1 ? value->paired.low : (double)NAN);
    json_number(json, "high", value->paired.n > 1 ? value->paired.high : (double)NAN);
    json_number(json, "p", value->p_holm);
    json_text(json, "test", test_key(value->paired.test));
    json_text(json, "verdict", verdict_key(value->verdict));
    json_end(json);
}

/* The places of the values' levels in the whole of the data, of which the comparison may have only
 * some. */
static void append_levels(struct json *json, const struct observations *whole,
                          const struct factor_comparison *factor) {
    const struct factor *all = observations_factor(whole, factor->factor->hyperparameter);
    json_begin_array(json, "levels");
    for (size_t i = 0; i < factor->value_count && factor->contexts > 0; i++) {
        size_t place = 0;
        while (place + 1 < all->level_count &&
               strcmp(all->levels[place].text, factor->values[i].level->text) != 0)
            place++;
        json_integer(json, NULL, (int64_t)place);
    }
    json_end(json);
}

static void append_factor(struct json *json, const struct observations *whole,
                          const struct comparison *comparison,
                          const struct factor_comparison *factor) {
    json_begin_object(json, NULL);
    json_integer(json, "axis", (int64_t)page_place_of(whole, factor->factor));
    json_integer(json, "reference", (int64_t)factor->reference);
    json_number(json, "share", variance_share(&comparison->variance, factor->factor));
    json_begin_array(json, "carried");
    for (size_t i = 0; i < factor->carried_count; i++)
        json_text(json, NULL, factor->carried[i]->name);
    json_end(json);
    append_levels(json, whole, factor);
    json_begin_array(json, "values");
    for (size_t i = 0; i < factor->value_count && factor->contexts > 0; i++)
        append_value(json, &factor->values[i]);
    json_end(json);
    json_end(json);
}

/* The share of what two do together and neither does alone. */
static double share_of(const struct variance_comparison *variance, const struct factor *a,
                       const struct factor *b) {
    for (size_t i = 0; i < variance->anova.part_count; i++) {
        const struct anova_part *part = &variance->anova.parts[i];
        const struct factor *first = variance->factors[part->factors[0]],
                            *second = variance->factors[part->factors[1]];
        if (part->order == 2 && ((first == a && second == b) || (first == b && second == a)))
            return part->share;
    }
    return (double)NAN;
}

static void append_pair(struct json *json, const struct observations *whole,
                        const struct comparison *comparison,
                        const struct interaction_comparison *pair) {
    json_begin_object(json, NULL);
    json_begin_array(json, "axes");
    json_integer(json, NULL, (int64_t)page_place_of(whole, pair->rows));
    json_integer(json, NULL, (int64_t)page_place_of(whole, pair->columns));
    json_end(json);
    json_number(json, "share", share_of(&comparison->variance, pair->rows, pair->columns));
    json_number(json, "p", pair->p_holm);
    json_text(json, "verdict", verdict_key(pair->verdict));
    json_end(json);
}

static void append_order(struct json *json, const struct leaderboard *board) {
    json_begin_array(json, NULL);
    for (size_t i = 0; i < board->count && board->standings[i].score.n > 0; i++)
        json_integer(json, NULL, (int64_t)board->standings[i].setting);
    json_end(json);
}

static void append_ties(struct json *json, const struct leaderboard *board) {
    json_begin_array(json, NULL);
    for (size_t i = 0; i < board->count && board->standings[i].score.n > 0; i++) {
        const struct standing *standing = &board->standings[i];
        if (standing->shared_by < 2 || standing->rank != standing->shared_from)
            continue;
        json_begin_array(json, NULL);
        json_integer(json, NULL, (int64_t)standing->rank);
        json_integer(json, NULL, (int64_t)standing->shared_by);
        json_end(json);
    }
    json_end(json);
}

static int64_t setting_at(const struct page_metric *metric, size_t item) {
    const size_t observation = metric->effects.best.items[item].observation;
    return (int64_t)metric->observations.items[observation].setting;
}

static void append_best(struct json *json, const char *key, const struct page_metrics *menu,
                        size_t at) {
    const struct page_metric *metric = &menu->items[at];
    const struct best_comparison *best = &metric->effects.best;
    json_begin_object(json, key);
    json_integer(json, "metric", (int64_t)at);
    json_boolean(json, "enough", best->enough);
    json_integer(json, "of", (int64_t)(best->settings + best->diverged));
    json_integer(json, "untested", (int64_t)best->untested);
    json_integer(json, "shared_by", (int64_t)best->shared_by);
    json_begin_array(json, "settings");
    for (size_t i = 0; i < best->count; i++)
        json_integer(json, NULL, setting_at(metric, i));
    json_end(json);
    if (best->enough)
        json_integer(json, "simplest", setting_at(metric, best->simplest));
    else
        json_null(json, "simplest");
    json_end(json);
}

static void append_bests(struct json *json, const struct page_metrics *menu) {
    json_begin_array(json, "bests");
    for (size_t i = 0; i < menu->own_count; i++)
        append_best(json, NULL, menu, menu->own + i);
    json_end(json);
    if (menu->own_count > 0) {
        append_best(json, "best", menu, menu->own);
        return;
    }
    json_begin_object(json, "best");
    json_boolean(json, "enough", false);
    json_begin_array(json, "settings");
    json_end(json);
    json_end(json);
}

void page_effects_append(const struct page_metrics *menu, const struct report_data *data,
                         struct json *json) {
    json_begin_array(json, "order");
    for (size_t i = 0; i < menu->count; i++)
        append_order(json, &menu->items[i].board);
    json_end(json);
    json_begin_array(json, "ties");
    for (size_t i = 0; i < menu->count; i++)
        append_ties(json, &menu->items[i].board);
    json_end(json);
    json_begin_array(json, "effects");
    for (size_t i = 0; i < menu->count; i++) {
        const struct comparison *effects = &menu->items[i].effects;
        json_begin_array(json, NULL);
        for (size_t j = 0; j < effects->factor_count; j++)
            append_factor(json, data->observations, effects, &effects->factors[j]);
        json_end(json);
    }
    json_end(json);
    json_begin_array(json, "interactions");
    if (menu->own_count > 0) {
        const struct comparison *own = &menu->items[menu->own].effects;
        for (size_t i = 0; i < own->pair_count; i++)
            append_pair(json, data->observations, own, &own->pairs[i]);
    }
    json_end(json);
    append_bests(json, menu);
}
