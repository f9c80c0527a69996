#include "data/constant.h"

#include "data/normalization.h"

#include <math.h>

static double number_at(const struct feature_numbers *numbers, size_t i) {
    return feature_number(numbers, i) / numbers->divisor;
}

static bool is_other(double a, double b) {
    return a < b || a > b;
}

static bool is_constant(const struct feature_numbers *numbers, size_t feature) {
    const size_t count = numbers->examples * numbers->width;
    size_t i = feature;
    while (i < count && !is_other(number_at(numbers, i), number_at(numbers, feature)))
        i += numbers->features;
    return i >= count && count > 0;
}

static bool example_differs(const struct feature_numbers *numbers, size_t example, size_t feature,
                            double number, double *other) {
    const size_t begin = example * numbers->width;
    for (size_t i = begin + feature; i < begin + numbers->width; i += numbers->features)
        if (is_other(number_at(numbers, i), number)) {
            *other = number_at(numbers, i);
            return true;
        }
    return false;
}

void constant_find(const struct feature_numbers *train, const struct feature_numbers *rest,
                   struct constant *constant) {
    *constant = (struct constant){
        .features = train->features, .train = train->examples, .rest = rest->examples};
    for (size_t i = 0; i < train->features && !constant->found; i++) {
        double other;
        if (!is_constant(train, i))
            continue;
        constant->feature = i;
        constant->number = number_at(train, i);
        for (size_t example = 0; example < rest->examples; example++)
            if (example_differs(rest, example, i, constant->number, &other) &&
                constant->differing++ == 0) {
                constant->first = example;
                constant->other = other;
            }
        constant->found = constant->differing > 0;
    }
}

void constant_append(const struct constant *constant, const char *part, struct text *text) {
    if (constant->features > 1)
        text_printf(text, "column %zu, counted from 0, ", constant->feature);
    text_printf(text,
                "is %.6g in all %zu training examples, and another number in %zu of the %zu %s "
                "examples (%.6g in number %zu, counted from 0): normalization divides by a "
                "standard deviation of 0, taken for %g, which makes numbers of about %.0e there, "
                "and scores that mean little; leave it out, or train on examples that differ in it",
                constant->number, constant->train, constant->differing, constant->rest, part,
                constant->other, constant->first, NORMALIZATION_EPSILON,
                fabs(constant->other - constant->number) / NORMALIZATION_EPSILON);
}
