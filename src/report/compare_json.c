#include "report/compare_print.h"

#include "exchange/value.h"
#include "report/search_print.h"
#include "report/variance_words.h"

#include <math.h>

static const char *test_name(enum paired_test test) {
    static const char *const names[] = {
        [PAIRED_EXACT_FLIPS] = "exact sign flips",
        [PAIRED_RANDOM_FLIPS] = "random sign flips",
        [PAIRED_T] = "t",
        [PAIRED_F_BOUND] = "F, lower bound",
    };
    return names[test];
}

static void json_summary(struct json *json, const struct summary *summary) {
    json_integer(json, "n", (int64_t)summary->n);
    json_number(json, "mean", summary->mean);
    json_number(json, "sd", summary->deviation);
}

/* The seeds and the other settings that means are over; these are named where some are left out. */
static void json_part(struct json *json, const struct observations *observations,
                      const struct complete_part *part) {
    json_begin_array(json, "seeds_used");
    for (size_t i = 0; i < part->seed_count; i++)
        json_integer(json, NULL, (int64_t)part->seeds[i]);
    json_end(json);
    json_integer(json, "contexts_used", (int64_t)part->context_count);
    json_boolean(json, "largest", part->largest);
    if (complete_part_is_all(part))
        return;
    json_begin_array(json, "in_contexts");
    for (size_t i = 0; i < part->context_count; i++) {
        const uint32_t *levels =
            observations->levels + part->contexts[i] * observations->factor_count;
        json_begin_object(json, NULL);
        for (size_t j = 0; j < part->held_count; j++) {
            const struct factor *factor = part->held[j];
            value_json(json, factor->name, factor->name,
                       factor->levels[levels[factor - observations->factors]].text);
        }
        json_end(json);
    }
    json_end(json);
}

static void json_difference(struct json *json, const struct observations *observations,
                            const struct value_comparison *value) {
    const struct paired *paired = &value->paired;
    json_begin_object(json, "difference");
    json_number(json, "mean", paired->mean);
    json_number(json, "sd", paired->deviation);
    json_number(json, "low", paired->low);
    json_number(json, "high", paired->high);
    json_integer(json, "seeds", (int64_t)paired->n);
    json_integer(json, "pairs", (int64_t)(value->part.context_count * value->part.seed_count));
    json_part(json, observations, &value->part);
    json_begin_array(json, "by_seed");
    for (size_t i = 0; i < paired->n; i++)
        json_number(json, NULL, value->differences[i]);
    json_end(json);
    json_text(json, "test", test_name(paired->test));
    json_number(json, "p", paired->p);
    json_number(json, "p_holm", value->p_holm);
    json_number(json, "p_t", paired->p_t);
    json_number(json, "p_exact", paired->p_flips);
    json_integer(json, "better", (int64_t)value->better);
    json_integer(json, "judged", (int64_t)value->judged);
    json_end(json);
}

static void json_value(struct json *json, const struct observations *observations,
                       const struct factor_comparison *comparison,
                       const struct value_comparison *value) {
    json_begin_object(json, NULL);
    value_json(json, "value", comparison->factor->name, value->level->text);
    json_summary(json, &value->summary);
    json_integer(json, "diverged", (int64_t)value->diverged);
    json_integer(json, "trials", (int64_t)value->trials);
    if (value->verdict != VERDICT_REFERENCE)
        json_difference(json, observations, value);
    json_text(json, "verdict", verdict_text(value->verdict));
    json_end(json);
}

static void json_names(struct json *json, const char *key, const struct factor *const *factors,
                       size_t count) {
    json_begin_array(json, key);
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, factors[i]->name);
    json_end(json);
}

static void json_factor(struct json *json, const struct comparison *of,
                        const struct factor_comparison *comparison) {
    const char *name = comparison->factor->name;
    json_begin_object(json, NULL);
    json_text(json, "name", name);
    json_number(json, "share", variance_share(&of->variance, comparison->factor));
    if (comparison->value_count > 0) {
        value_json(json, "reference", name, comparison->values[comparison->reference].level->text);
        value_json(json, "best", name, comparison->values[comparison->best].level->text);
    }
    json_integer(json, "contexts", (int64_t)comparison->contexts);
    json_integer(json, "comparisons", (int64_t)comparison->family);
    json_names(json, "changes_with", comparison->carried, comparison->carried_count);
    json_names(json, "averaged_over", comparison->nested, comparison->nested_count);
    json_begin_array(json, "values");
    for (size_t i = 0; i < comparison->value_count; i++)
        json_value(json, of->observations, comparison, &comparison->values[i]);
    json_end(json);
    json_end(json);
}

static void json_levels(struct json *json, const char *key, const struct factor *factor,
                        size_t count) {
    json_begin_array(json, key);
    for (size_t i = 0; i < count; i++)
        value_json(json, NULL, factor->name, factor->levels[i].text);
    json_end(json);
}

static void json_pair(struct json *json, const struct observations *observations,
                      const struct interaction_comparison *pair) {
    const struct factor *const of[] = {pair->rows, pair->columns};
    json_begin_object(json, NULL);
    json_names(json, "of", of, 2);
    json_levels(json, "rows", pair->rows, pair->row_count);
    json_levels(json, "columns", pair->columns, pair->column_count);
    json_begin_array(json, "means");
    for (size_t i = 0; i < pair->row_count; i++) {
        json_begin_array(json, NULL);
        for (size_t j = 0; j < pair->column_count; j++)
            json_number(json, NULL, pair->cells[i * pair->column_count + j].mean);
        json_end(json);
    }
    json_end(json);
    json_integer(json, "seeds", (int64_t)pair->test.n);
    json_integer(json, "contexts", (int64_t)pair->part.context_count);
    json_part(json, observations, &pair->part);
    json_text(json, "test", test_name(pair->test.test));
    json_number(json, "f", pair->test.f);
    json_number(json, "p", pair->test.p);
    json_number(json, "p_holm", pair->p_holm);
    json_text(json, "verdict", verdict_text(pair->verdict));
    json_end(json);
}

/* Of a search's settings: what was made of them, and how many there have to be. */
static void json_sample(struct json *json, const struct comparison *comparison) {
    const struct variance_comparison *variance = &comparison->variance;
    const size_t epoch = comparison->observations->common_epoch;
    json_integer(json, "settings", (int64_t)variance->settings);
    json_integer(json, "settings_needed", (int64_t)variance->needed);
    json_boolean(json, "logarithms", variance->logarithms);
    if (epoch > 0)
        json_integer(json, "epoch", (int64_t)epoch);
    else
        json_null(json, "epoch");
    json_begin_array(json, "bins");
    for (size_t i = 0; i < variance->factor_count; i++) {
        const struct binning *binning = &variance->binnings[i];
        if (binning->bins == 0)
            continue;
        json_begin_object(json, NULL);
        json_text(json, "of", variance->factors[i]->name);
        json_text(json, "by", binning->by_parameters ? "parameters" : "value");
        json_integer(json, "bins", (int64_t)binning->bins);
        json_end(json);
    }
    json_end(json);
}

static void json_words(struct json *json, const struct comparison *comparison,
                       struct arena *arena) {
    struct text words;
    text_init(&words);
    variance_words_append(&words, words_english(), comparison, arena);
    json_text(json, "note", words.data);
    json->failed |= words.failed;
    text_release(&words);
}

static void json_variance(struct json *json, const struct comparison *comparison,
                          struct arena *arena) {
    static const char *const methods[] = {
        [ANOVA_EXACT] = "functional ANOVA of a full grid",
        [ANOVA_TYPE_2] = "Type II sums of squares",
        [ANOVA_TYPE_2_MAIN] = "Type II sums of squares without interactions",
        [ANOVA_RIDGE] = "ridge regression on one-hot values",
    };
    const struct variance_comparison *variance = &comparison->variance;
    const struct anova *anova = &variance->anova;
    json_begin_object(json, "variance");
    json_text(json, "method", methods[anova->method]);
    json_words(json, comparison, arena);
    json_integer(json, "results", (int64_t)variance->trials);
    if (variance->sampled)
        json_sample(json, comparison);
    json_number(json, "total", anova->variance);
    json_begin_array(json, "parts");
    for (size_t i = 0; i < anova->part_count; i++) {
        const struct anova_part *part = &anova->parts[i];
        const struct factor *const of[] = {variance->factors[part->factors[0]],
                                           variance->factors[part->factors[1]]};
        json_begin_object(json, NULL);
        json_names(json, "of", of, part->order);
        json_integer(json, "degrees_of_freedom", (int64_t)part->freedom);
        json_number(json, "share", part->share);
        json_end(json);
    }
    json_end(json);
    json_number(json, "higher", anova->higher);
    json_number(json, "rest", anova->rest);
    json_end(json);
}

static void json_setting(struct json *json, const char *key,
                         const struct observations *observations,
                         const struct setting_comparison *setting) {
    const uint32_t *levels =
        observations->levels + setting->observation * observations->factor_count;
    json_begin_object(json, key);
    json_begin_object(json, "hyperparameters");
    for (size_t i = 0; i < observations->factor_count; i++) {
        const struct factor *factor = &observations->factors[i];
        if (factor->varied)
            value_json(json, factor->name, factor->name, factor->levels[levels[i]].text);
    }
    json_end(json);
    json_summary(json, &setting->summary);
    json_number(json, "parameters", observations->items[setting->observation].parameters);
    json_number(json, "behind_by", setting->shortfall);
    json_integer(json, "seeds_in_common", (int64_t)setting->common);
    json_end(json);
}

static void json_best(struct json *json, const struct comparison *comparison) {
    const struct best_comparison *best = &comparison->best;
    json_begin_object(json, "best");
    json_integer(json, "settings", (int64_t)(best->settings + best->diverged));
    json_integer(json, "settings_not_tested", (int64_t)best->untested);
    json_boolean(json, "enough_repeats", best->enough);
    json_boolean(json, "raced", best->raced);
    json_integer(json, "shared_by", (int64_t)best->shared_by);
    json_text(json, "test_metric", comparison->observations->test_column);
    json_begin_object(json, "test");
    json_summary(json, &best->test);
    json_end(json);
    json_begin_array(json, "not_told_from_the_best");
    for (size_t i = 0; i < best->count; i++)
        json_setting(json, NULL, comparison->observations, &best->items[i]);
    json_end(json);
    if (best->enough)
        json_setting(json, "simplest", comparison->observations, &best->items[best->simplest]);
    else
        json_null(json, "simplest");
    json_text(json, "simplest_means", SIMPLEST_MEANS);
    json_end(json);
}

static void json_step(struct json *json, const struct observations *observations,
                      const struct search_step *step) {
    json_begin_object(json, NULL);
    json_integer(json, "trial", observations->items[step->observation].trial);
    json_integer(json, "trials", (int64_t)step->trials);
    json_number(json, "epochs", step->epochs);
    json_number(json, "seconds", step->seconds);
    json_number(json, "score", step->score);
    json_number(json, "best", step->best);
    json_end(json);
}

/* What so many settings take is in proportion to what all took. */
static void json_expected(struct json *json, const struct search_history *search,
                          const struct expected_best_of *expected) {
    const struct search_step *last = &search->steps[search->count - 1];
    const double share = (double)expected->settings / (double)search->count;
    json_begin_object(json, NULL);
    json_integer(json, "settings", (int64_t)expected->settings);
    json_number(json, "trials", share * (double)last->trials);
    json_number(json, "epochs", share * last->epochs);
    json_number(json, "seconds", share * last->seconds);
    json_number(json, "best", expected->score);
    json_end(json);
}

/* Of a search: its settings in the order in which they were asked for. */
static void json_search(struct json *json, const struct comparison *comparison) {
    const struct search_history *search = &comparison->search;
    struct text words;
    text_init(&words);
    search_words_append(&words, words_english(), comparison);
    json_begin_object(json, "search");
    json_text(json, "method", comparison->observations->method);
    json_begin_array(json, "best_so_far");
    for (size_t i = 0; i < search->count; i++)
        json_step(json, comparison->observations, &search->steps[i]);
    json_end(json);
    json_begin_array(json, "expected_best");
    for (size_t i = 0; i < search->expected_count; i++)
        json_expected(json, search, &search->expected[i]);
    json_end(json);
    json_text(json, "note", words.data);
    json->failed |= words.failed;
    text_release(&words);
    json_end(json);
}

static void json_head(struct json *json, const struct observations *observations) {
    const size_t *totals = observations->totals;
    json_integer(json, "sweep_id", observations->sweep_id);
    json_text(json, "sweep", observations->sweep);
    json_text(json, "dataset", observations->dataset);
    json_text(json, "where", *observations->where ? observations->where : NULL);
    json_text(json, "metric", observations->column);
    json_text(json, "goal", observations->maximize ? "maximize" : "minimize");
    json_integer(json, "trials", (int64_t)observations->count);
    json_integer(json, "completed", (int64_t)totals[OBSERVATION_COMPLETED]);
    json_integer(json, "diverged", (int64_t)totals[OBSERVATION_DIVERGED]);
    json_integer(json, "stopped", (int64_t)totals[OBSERVATION_STOPPED]);
    json_integer(json, "failed", (int64_t)totals[OBSERVATION_FAILED]);
    json_number(json, "confidence", PAIRED_CONFIDENCE);
    json_number(json, "level", PAIRED_LEVEL);
}

static void json_comparison(struct json *json, const struct comparison *comparison,
                            struct arena *arena) {
    json_head(json, comparison->observations);
    json_begin_array(json, "hyperparameters");
    for (size_t i = 0; i < comparison->factor_count; i++)
        json_factor(json, comparison, &comparison->factors[i]);
    json_end(json);
    json_begin_array(json, "interactions");
    for (size_t i = 0; i < comparison->pair_count; i++)
        json_pair(json, comparison->observations, &comparison->pairs[i]);
    json_end(json);
    json_variance(json, comparison, arena);
    json_best(json, comparison);
    if (comparison->observations->searched)
        json_search(json, comparison);
}

enum status compare_print_json(FILE *stream, const struct comparisons *comparisons,
                               struct arena *arena, struct error *error) {
    const struct quantities *quantities = &comparisons->quantities;
    struct json json;
    json_init(&json);
    if (quantities->count < 2) {
        json_comparison(&json, comparisons->items, arena);
    } else {
        json_head(&json, comparisons->observations);
        json_names(&json, "compared_within", quantities->factors, quantities->factor_count);
        json_begin_array(&json, "comparisons");
        for (size_t i = 0; i < quantities->count; i++) {
            json_begin_object(&json, NULL);
            json_comparison(&json, &comparisons->items[i], arena);
            json_end(&json);
        }
        json_end(&json);
    }
    enum status status = json_print(&json, JSON_PRETTY, stream, error);
    json_release(&json);
    return status;
}

static void csv_value(struct csv *csv, const struct comparison *of,
                      const struct factor_comparison *comparison,
                      const struct value_comparison *value, const char *within) {
    const bool reference = value->verdict == VERDICT_REFERENCE;
    const char *name = comparison->factor->name;
    csv_text(csv, name);
    csv_number(csv, variance_share(&of->variance, comparison->factor));
    value_csv(csv, name, value->level->text);
    csv_integer(csv, (int64_t)value->summary.n);
    csv_integer(csv, (int64_t)value->diverged);
    csv_integer(csv, (int64_t)value->trials);
    csv_number(csv, value->summary.mean);
    csv_number(csv, value->summary.deviation);
    value_csv(csv, name, comparison->values[comparison->reference].level->text);
    csv_number(csv, reference ? (double)NAN : value->paired.mean);
    csv_number(csv, value->paired.low);
    csv_number(csv, value->paired.high);
    csv_integer(csv, (int64_t)value->paired.n);
    csv_integer(csv, (int64_t)(value->part.context_count * value->part.seed_count));
    csv_text(csv, test_name(value->paired.test));
    csv_number(csv, value->paired.p);
    csv_number(csv, value->p_holm);
    csv_integer(csv, (int64_t)value->better);
    csv_integer(csv, (int64_t)value->judged);
    csv_text(csv, verdict_text(value->verdict));
    csv_text(csv, within);
    csv_end(csv);
}

static void csv_comparison(struct csv *csv, const struct comparison *comparison,
                           const char *within) {
    for (size_t i = 0; i < comparison->factor_count; i++)
        for (size_t j = 0; j < comparison->factors[i].value_count; j++)
            csv_value(csv, comparison, &comparison->factors[i], &comparison->factors[i].values[j],
                      within);
}

enum status compare_print_csv(FILE *stream, const struct comparisons *comparisons,
                              struct error *error) {
    static const char *const titles[] = {
        "hyperparameter", "share",      "value",  "n",       "diverged", "trials", "mean", "sd",
        "reference",      "difference", "low",    "high",    "seeds",    "pairs",  "test", "p",
        "p_holm",         "better",     "judged", "verdict", "within",
    };
    const struct quantities *quantities = &comparisons->quantities;
    struct text within;
    struct csv csv;
    csv_init(&csv, stream);
    text_init(&within);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        csv_text(&csv, titles[i]);
    csv_end(&csv);
    for (size_t i = 0; i < quantities->count; i++) {
        text_clear(&within);
        if (quantities->count > 1)
            quantities_append(comparisons->observations, quantities, i, &within);
        csv_comparison(&csv, &comparisons->items[i], within.data);
    }
    const bool failed = within.failed;
    text_release(&within);
    return failed ? error_memory(error) : STATUS_OK;
}
