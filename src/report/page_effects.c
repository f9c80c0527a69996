#include "report/page_effects.h"

#include <math.h>

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

enum status page_effects_make(const struct report_data *data, struct arena *arena,
                              struct comparison **effects, struct error *error) {
    *effects = ARENA_NEW(arena, struct comparison, data->metric_count);
    enum status status = *effects ? STATUS_OK : error_memory(error);
    for (size_t i = 0; i < data->metric_count && status == STATUS_OK; i++)
        status =
            compare_by(&data->observations[i], i == data->metric, arena, &(*effects)[i], error);
    return status;
}

static const char *test_text(enum paired_test test) {
    static const char *const texts[] = {
        [PAIRED_NONE] = "no test",
        [PAIRED_EXACT_FLIPS] = "exact sign-flip test",
        [PAIRED_RANDOM_FLIPS] = "sign-flip test",
        [PAIRED_T] = "paired t-test",
        [PAIRED_F_BOUND] = "F test",
    };
    return texts[test];
}

/* The page has words of its own for these. */
static const char *verdict_key(enum verdict verdict) {
    static const char *const keys[] = {
        [VERDICT_REFERENCE] = "reference",
        [VERDICT_BETTER] = "better",
        [VERDICT_WORSE] = "worse",
        [VERDICT_DEPENDS] = "depends",
        [VERDICT_SAME] = "same",
        [VERDICT_UNCLEAR] = "unclear",
        [VERDICT_FEW] = "few",
        [VERDICT_UNPAIRED] = "unpaired",
    };
    return keys[verdict];
}

static int64_t axis_of(const struct factor *factor) {
    return hyperparameter_id_of(factor->hyperparameter);
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
    json_text(json, "test", test_text(value->paired.test));
    json_text(json, "verdict", verdict_key(value->verdict));
    json_end(json);
}

static void append_factor(struct json *json, const struct comparison *comparison,
                          const struct factor_comparison *factor) {
    json_begin_object(json, NULL);
    json_integer(json, "axis", axis_of(factor->factor));
    json_integer(json, "reference", (int64_t)factor->reference);
    json_number(json, "share", variance_share(&comparison->variance, factor->factor));
    json_begin_array(json, "carried");
    for (size_t i = 0; i < factor->carried_count; i++)
        json_text(json, NULL, factor->carried[i]->name);
    json_end(json);
    json_begin_array(json, "values");
    for (size_t i = 0; i < factor->value_count; i++)
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

static void append_interactions(struct json *json, const struct comparison *comparison) {
    json_begin_array(json, "interactions");
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct interaction_comparison *pair = &comparison->pairs[i];
        json_begin_object(json, NULL);
        json_begin_array(json, "axes");
        json_integer(json, NULL, axis_of(pair->rows));
        json_integer(json, NULL, axis_of(pair->columns));
        json_end(json);
        json_number(json, "share", share_of(&comparison->variance, pair->rows, pair->columns));
        json_number(json, "p", pair->p_holm);
        json_text(json, "verdict", verdict_key(pair->verdict));
        json_end(json);
    }
    json_end(json);
}

static void append_best(struct json *json, const struct comparison *comparison) {
    const struct best_comparison *best = &comparison->best;
    json_begin_object(json, "best");
    json_boolean(json, "enough", best->enough);
    json_begin_array(json, "settings");
    for (size_t i = 0; i < best->count; i++)
        json_integer(json, NULL,
                     (int64_t)comparison->observations->items[best->items[i].observation].setting);
    json_end(json);
    json_end(json);
}

void page_effects_append(const struct comparison *effects, const struct report_data *data,
                         struct json *json) {
    static const struct comparison nothing;
    const struct comparison *own = data->metric_count > 0 ? &effects[data->metric] : &nothing;
    json_begin_array(json, "effects");
    for (size_t i = 0; i < data->metric_count; i++) {
        json_begin_array(json, NULL);
        for (size_t j = 0; j < effects[i].factor_count; j++)
            append_factor(json, &effects[i], &effects[i].factors[j]);
        json_end(json);
    }
    json_end(json);
    append_interactions(json, own);
    append_best(json, own);
}
