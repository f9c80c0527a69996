#include "search/distribution.h"

#include "base/names.h"
#include "math/portable.h"
#include "stats/numerics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MIN_MAX .keys = {"min", "max"}
#define MU_SIGMA .keys = {"mu", "sigma"}
#define A_B .keys = {"a", "b"}

const struct distribution_kind distribution_kinds[] = {
    {"constant", FAMILY_LISTED, .keys = {"value"}, .help = "value alone"},
    {"categorical", FAMILY_LISTED, .keys = {"values"}, .help = "one of values, all as likely"},
    {"categorical_w_probabilities", FAMILY_LISTED, .keys = {"values", "probabilities"},
     .help = "one of values, by their probabilities"},
    {"int_uniform", FAMILY_UNIFORM, MIN_MAX, .steps = true,
     .help = "a whole number from min to max, all as likely"},
    {"uniform", FAMILY_UNIFORM, MIN_MAX, .help = "even from min to max"},
    {"q_uniform", FAMILY_UNIFORM, MIN_MAX, .steps = true,
     .help = "min, min + q, ... up to max, all as likely"},
    {"log_uniform_values", FAMILY_LOG_UNIFORM, MIN_MAX,
     .help = "from min to max, its logarithm even; {min: X, max: Y, log: true} is the same"},
    {"q_log_uniform_values", FAMILY_LOG_UNIFORM, MIN_MAX, .steps = true,
     .help = "the same in multiples of q"},
    {"inv_log_uniform_values", FAMILY_LOG_UNIFORM, MIN_MAX,
     .help = "1 / X is log-uniform, which is log_uniform_values again"},
    {"normal", FAMILY_NORMAL, MU_SIGMA,
     .help = "around mu (0) with deviation sigma (1), cut to what is allowed, or to min and max"},
    {"q_normal", FAMILY_NORMAL, MU_SIGMA, .steps = true, .help = "the same in multiples of q"},
    {"log_normal", FAMILY_LOG_NORMAL, MU_SIGMA,
     .help = "its natural logarithm is normal with mu and sigma; cut as normal is"},
    {"q_log_normal", FAMILY_LOG_NORMAL, MU_SIGMA, .steps = true,
     .help = "the same in multiples of q"},
    {"beta", FAMILY_BETA, A_B, .help = "from 0 to 1, with shapes a and b; cut as normal is"},
    {"q_beta", FAMILY_BETA, A_B, .steps = true, .help = "the same in multiples of q"},
    {"log_uniform", FAMILY_LOG_UNIFORM, MIN_MAX, .exponents = true,
     .help = "not supported: its min and max are exponents of e; see log_uniform_values"},
    {"q_log_uniform", FAMILY_LOG_UNIFORM, MIN_MAX, .steps = true, .exponents = true,
     .help = "not supported; see q_log_uniform_values"},
    {"inv_log_uniform", FAMILY_LOG_UNIFORM, MIN_MAX, .exponents = true,
     .help = "not supported; see inv_log_uniform_values"},
};
const size_t distribution_kind_count = sizeof distribution_kinds / sizeof *distribution_kinds;

const struct distribution_kind *distribution_kind_find(const char *name) {
    for (size_t i = 0; i < distribution_kind_count; i++)
        if (name_resembles(name, distribution_kinds[i].name))
            return &distribution_kinds[i];
    return NULL;
}

static double uniform_quantile(double a, double b, double p) {
    return a + p * (b - a);
}

/* By functions that are the same on every machine, so that the values are. */
static double log_uniform_quantile(double a, double b, double p) {
    return portable_exp(uniform_quantile(portable_log(a), portable_log(b), p));
}

static double normal_quantile(double mu, double sigma, double p) {
    return mu + sigma * numerics_normal_quantile(p);
}

static double normal_below(double mu, double sigma, double x) {
    return numerics_normal_below((x - mu) / sigma);
}

static double log_normal_quantile(double mu, double sigma, double p) {
    return portable_exp(normal_quantile(mu, sigma, p));
}

static double log_normal_below(double mu, double sigma, double x) {
    return x > 0 ? normal_below(mu, sigma, log(x)) : 0;
}

/* The value at a place, and the place of a value; without the latter nothing is ever cut off. */
static const struct {
    double (*quantile)(double a, double b, double p);
    double (*below)(double a, double b, double x);
} families[FAMILY_COUNT] = {
    [FAMILY_UNIFORM] = {uniform_quantile, NULL},
    [FAMILY_LOG_UNIFORM] = {log_uniform_quantile, NULL},
    [FAMILY_NORMAL] = {normal_quantile, normal_below},
    [FAMILY_LOG_NORMAL] = {log_normal_quantile, log_normal_below},
    [FAMILY_BETA] = {numerics_beta_quantile, numerics_beta_below},
};

/* Tails without end end where so little is left. */
#define TAIL 1e-9
#define LEAST_SHARE 1e-6

#define DIGITS 6       /* of a value: what is drawn is to be read and written by people */
#define MORE_DIGITS 12 /* where all values begin with the same digits */

bool distribution_cut(struct distribution *distribution) {
    struct distribution *d = distribution;
    double (*below)(double, double, double) = families[d->kind->family].below;
    d->from = below ? below(d->a, d->b, d->low) : 0;
    d->to = below ? below(d->a, d->b, d->high) : 1;
    d->outside = 1 - (d->to - d->from);
    d->digits = d->high - d->low < 1e-3 * fmax(fabs(d->low), fabs(d->high)) ? MORE_DIGITS : DIGITS;
    return d->to - d->from >= LEAST_SHARE;
}

double distribution_cut_digits(double number, int digits) {
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, number);
    return strtod(text, NULL);
}

/* The multiple of the step that is nearest, of those from low to high. */
static double round_to_step(const struct distribution *distribution, double value) {
    const double step = distribution->step, origin = distribution->origin;
    const double first = ceil((distribution->low - origin) / step - 1e-9);
    const double last = floor((distribution->high - origin) / step + 1e-9);
    const double n = fmin(fmax(round((value - origin) / step), first), last);
    return distribution_cut_digits(origin + n * step, MORE_DIGITS);
}

double distribution_value(const struct distribution *distribution, double place) {
    const struct distribution *d = distribution;
    const double p = fmin(fmax(d->from + place * (d->to - d->from), TAIL), 1 - TAIL);
    const bool bounded = !families[d->kind->family].below;
    double value = families[d->kind->family].quantile(d->a, d->b, bounded ? place : p);
    value = d->step > 0 ? round_to_step(d, value) : distribution_cut_digits(value, d->digits);
    return fmin(fmax(value, d->low), d->high) + 0.0; /* no -0 */
}

void distribution_append(const struct distribution *distribution, struct text *text) {
    const struct distribution *d = distribution;
    const bool range = !families[d->kind->family].below;
    text_printf(text, "%s, ", d->kind->name);
    if (!range)
        text_printf(text, "%s ", d->kind->keys[0]);
    text_append_double(text, range ? d->low : d->a);
    text_append(text, range ? " to " : ", ");
    if (!range)
        text_printf(text, "%s ", d->kind->keys[1]);
    text_append_double(text, range ? d->high : d->b);
    if (d->kind->steps && d->step > 0) {
        text_append(text, ", q ");
        text_append_double(text, d->step);
    }
}
