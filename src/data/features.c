#include "data/features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct feature_numbers features_of_inputs(const struct dataset *dataset, bool test,
                                          double divisor) {
    const struct images *images = test ? &dataset->test : &dataset->train;
    return (struct feature_numbers){
        images->values, images->pixels,          dataset_unit(dataset) * divisor,
        images->count,  dataset_inputs(dataset), dataset->table ? dataset->columns : 1};
}

struct feature_numbers features_of_targets(const struct dataset *dataset, bool test) {
    const struct images *images = test ? &dataset->test : &dataset->train;
    return (struct feature_numbers){
        images->targets, NULL, 1, images->count, dataset->target_width, dataset->target_width};
}

struct feature_numbers features_of_array(const struct dataset *dataset,
                                         const struct dataset_array *array, bool test) {
    return (struct feature_numbers){test ? array->test.values : array->train.values,
                                    test ? array->test.bytes : array->train.bytes,
                                    dataset_array_unit(array),
                                    test ? dataset->test.count : dataset->train.count,
                                    dataset_array_width(array),
                                    array->table ? array->columns : 1};
}

static void add(struct feature *feature, double number) {
    feature->count++;
    feature->least = number < feature->least ? number : feature->least;
    feature->largest = number > feature->largest ? number : feature->largest;
    feature->sum += number;
    feature->squares += number * number;
}

void features_measure(const struct feature_numbers *numbers, struct feature *features) {
    const size_t count = numbers->examples * numbers->width;
    for (size_t i = 0; i < numbers->features; i++)
        features[i] = (struct feature){.least = (double)INFINITY, .largest = -(double)INFINITY};
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 == numbers->features ? 0 : at + 1) {
        const double number = feature_number(numbers, i);
        if (isfinite(number))
            add(&features[at], number / numbers->divisor);
    }
}

double feature_rms(const struct feature *feature) {
    return feature->count > 0 ? sqrt(feature->squares / (double)feature->count) : 0;
}

double feature_deviation(const struct feature *feature) {
    const double count = (double)feature->count;
    const double mean = feature->sum / count, square = feature->squares / count;
    const double variance = square - mean * mean;
    return feature->count > 0 && variance > 1e-10 * square ? sqrt(variance) : 0;
}

void feature_append_range(double least, double largest, struct text *text) {
    char ends[2][32];
    int digits = 4;
    do {
        snprintf(ends[0], sizeof ends[0], "%.*g", digits, least);
        snprintf(ends[1], sizeof ends[1], "%.*g", digits, largest);
    } while (least < largest && strcmp(ends[0], ends[1]) == 0 && digits++ < 9);
    if (least < largest)
        text_printf(text, "%s to %s", ends[0], ends[1]);
    else
        text_printf(text, "always %s", ends[0]);
}
