#include "search/listing.h"

#include "nn/optimizer.h"
#include "search/distribution.h"
#include "search/scalar.h"

#include <math.h>
#include <stdlib.h>

#define NUMBERS_LISTED 6

struct range {
    double low, high;
    bool log; /* even in its logarithm */
};

static double number_at(const struct node *spec, const char *key, double otherwise) {
    const struct node *node = node_at(spec, key);
    double number;
    return node && scalar_number(node, &number) ? number : otherwise;
}

/* A hyperparameter's default, or that of the first optimizer that has it. */
static double usual_of(const struct hyperparameter *hyperparameter) {
    double usual = 0;
    if (hyperparameter->standard)
        return strtod(hyperparameter->standard, NULL);
    for (size_t i = 0; hyperparameter->part == PART_OPTIMIZER && i < optimizer_count; i++)
        if (optimizer_has(&optimizers[i], (enum optimizer_parameter)hyperparameter->detail, &usual))
            break;
    return usual;
}

/* Around the default; some thousands of what has none (images). */
static struct range range_by_default(const struct hyperparameter *hyperparameter) {
    const double usual = usual_of(hyperparameter), most = hyperparameter->maximum;
    const bool whole = hyperparameter->type == VALUE_INTEGER;
    if (usual == 0)
        return (struct range){whole ? 1000 : 0, whole ? 10000 : most <= 1 ? 0.5 : 0.1, whole};
    if (usual < 0 || (most <= 1 && usual > 0.5))
        return (struct range){2 * usual - (usual > 0), usual, false};
    return (struct range){usual / (whole ? 2 : 10), usual * (whole ? 2 : 10), true};
}

static enum distribution_family family_of(const struct node *spec) {
    const struct node *name = node_at(spec, "distribution");
    const struct distribution_kind *kind =
        name && name->kind == NODE_SCALAR ? distribution_kind_find(name->text) : NULL;
    const bool log = node_at(spec, "log") && node_says(node_at(spec, "log"), "true");
    return kind ? kind->family : log ? FAMILY_LOG_UNIFORM : FAMILY_UNIFORM;
}

/* W&B's log_uniform has the exponents of e as its min and max, others' of that name the values. */
static struct range range_of(const struct node *spec, const struct hyperparameter *hyperparameter) {
    const enum distribution_family family = family_of(spec);
    const double mu = number_at(spec, "mu", (double)NAN),
                 sigma = number_at(spec, "sigma", (double)NAN);
    const double low = number_at(spec, "min", (double)NAN),
                 high = number_at(spec, "max", (double)NAN);
    struct range range = {low, high, family == FAMILY_LOG_UNIFORM || high >= 100 * low};
    if (family == FAMILY_LOG_UNIFORM && low <= 0)
        range = (struct range){exp(low), exp(high), true};
    if (family == FAMILY_NORMAL)
        range =
            (struct range){mu - sigma, fmin(mu + sigma, (mu + hyperparameter->maximum) / 2), false};
    if (family == FAMILY_LOG_NORMAL)
        range = (struct range){exp(mu - sigma), exp(mu + sigma), true};
    range.log = range.log && range.low > 0;
    return range.low < range.high ? range : range_by_default(hyperparameter);
}

/* Cut to two digits, but for the ends of a range. */
static double cut(double number) {
    return distribution_cut_digits(number, 2);
}

/* Those of a range that are allowed, each once. Returns how many. */
static size_t list_numbers(const struct range *range, double step,
                           const struct hyperparameter *hyperparameter,
                           double numbers[NUMBERS_LISTED]) {
    const double decades = range->log ? round(log10(range->high / range->low)) : 0;
    const size_t points = (size_t)fmin(fmax(decades + 1, 3), NUMBERS_LISTED);
    size_t count = 0;
    for (size_t i = 0; i < points; i++) {
        const double share = (double)i / (double)(points - 1);
        double number = i == 0            ? range->low
                        : i == points - 1 ? range->high
                        : range->log      ? cut(range->low * pow(range->high / range->low, share))
                                          : cut(range->low + share * (range->high - range->low));
        if (step > 0)
            number = cut(round(number / step)) * step;
        if (hyperparameter->type == VALUE_INTEGER)
            number = round(number);
        if (hyperparameter_allows(hyperparameter, number) &&
            (count == 0 || number > numbers[count - 1]))
            numbers[count++] = number;
    }
    return count;
}

static void append_numbers(const struct node *spec, const struct hyperparameter *hyperparameter,
                           struct text *text) {
    struct range range = range_of(spec, hyperparameter);
    double numbers[NUMBERS_LISTED];
    size_t count = list_numbers(&range, number_at(spec, "q", 0), hyperparameter, numbers);
    if (count < 2) {
        range = range_by_default(hyperparameter);
        count = list_numbers(&range, 0, hyperparameter, numbers);
    }
    for (size_t i = 0; i < count; i++) {
        text_append(text, i > 0 ? ", " : "");
        text_append_double(text, numbers[i]);
    }
}

static void append_values(const struct node *spec, const struct hyperparameter *hyperparameter,
                          struct text *text) {
    text_append(text, "[");
    switch (hyperparameter->type) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
    case VALUE_REAL:
        append_numbers(spec, hyperparameter, text);
        break;
    case VALUE_BOOLEAN:
        text_append(text, "false, true");
        break;
    case VALUE_NAME:
        text_printf(text, "%s, %s", hyperparameter->name_at(0), hyperparameter->name_at(1));
        break;
    case VALUE_COMPONENTS:
        text_printf(text, "%s, %s", hyperparameter->family->at(0)->name,
                    hyperparameter->family->at(1)->name);
        break;
    case VALUE_WEIGHTS:
        text_append(text, "none, balanced");
        break;
    case VALUE_LAYERS:
        text_append(text, "[64], [128, 64]");
        break;
    }
    text_append(text, "]");
}

/* "distribution, min and max": the keys of the mapping, as they are written. */
static void append_keys(const struct node *spec, struct text *text) {
    for (size_t i = 0; i < spec->count; i++)
        if (spec->keys[i]->kind == NODE_SCALAR)
            text_printf(text, "%s%.32s",
                        i == 0                 ? ""
                        : i + 1 == spec->count ? " and "
                                               : ", ",
                        spec->keys[i]->text);
}

enum status listing_fail(const struct reading *reading, const struct node *spec,
                         const struct hyperparameter *hyperparameter) {
    const struct node *name = node_at(spec, "distribution");
    struct text values, keys;
    text_init(&values);
    text_init(&keys);
    append_values(spec, hyperparameter, &values);
    append_keys(spec, &keys);
    enum status status =
        name ? reading_fail(reading, name,
                            "%s: distribution '%.64s' draws at random, and a grid takes each value "
                            "that is listed; write {values: %s} instead of %s, or another method, "
                            "such as random",
                            hyperparameter->name, name->text, values.data, keys.data)
             : reading_fail(reading, spec,
                            "%s: a grid over min and max needs the step q; or list the values, as "
                            "in {values: %s}, or take another method, such as random",
                            hyperparameter->name, values.data);
    reading_correct(reading, spec, "{values: %s}", values.data);
    text_release(&values);
    text_release(&keys);
    return status;
}
