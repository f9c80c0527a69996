#include "data/scale.h"

#include <math.h>
#include <stdlib.h>

/* What is compared is the geometric mean of a feature's numbers that are not 0. A root mean square
 * would be that of an outlier where there is one, and the share of zeros in a sparse or one-hot
 * column says nothing of its unit; another unit moves all logarithms by the same.
 *
 * Other examples have other numbers, too: the training and test part of ordinary data differ by a
 * few per cent, and by a factor of up to three where the latter is of other places or times. Units
 * that are mistaken for each other differ by 100 (per cent), 255 (pixels) or 1000. */
#define FACTOR 20

/* Standard errors that are allowed besides, which is much where examples are few: those of a
 * variance that is larger than what was measured, since a few numbers may be alike by chance. */
#define ERRORS 5
#define VARIANCE 1

/* Of images that are never below 0 and others that are: as a share of what is typical of them.
 * Pixels of 0 to 1 and of -1 to 1 differ by less than the factor. */
#define BELOW 0.25

/* So many numbers, of examples from all over the part, tell its scale well enough. */
#define NUMBERS_MAX ((size_t)1 << 21)

static double logarithm(const struct feature_numbers *numbers, size_t i, const double *of_bytes) {
    return numbers->values ? (double)logf(fabsf(numbers->values[i])) : of_bytes[numbers->bytes[i]];
}

static void add_example(const struct feature_numbers *numbers, size_t example,
                        const double *of_bytes, struct scale *scales) {
    const size_t begin = example * numbers->width;
    for (size_t i = begin; i < begin + numbers->width; i++) {
        struct scale *scale = &scales[(i - begin) % numbers->features];
        const double number = feature_number(numbers, i);
        if (!isfinite(number))
            continue;
        scale->least = number < scale->least ? number : scale->least;
        scale->largest = number > scale->largest ? number : scale->largest;
        if (number > 0 || number < 0) {
            const double size = logarithm(numbers, i, of_bytes);
            scale->count++;
            scale->logs += size;
            scale->squares += size * size;
        }
    }
}

/* Afterwards `logs` is the mean, `squares` the variance, and `count` at most the number of
 * examples, since the numbers of one are alike. */
static void finish(struct scale *scale, const struct feature_numbers *numbers, size_t examples) {
    if (scale->count > 0) {
        scale->logs /= scale->count;
        scale->squares = fmax(scale->squares / scale->count - scale->logs * scale->logs, 0);
        scale->logs -= log(numbers->divisor);
        scale->count = fmin(scale->count, (double)examples);
    }
    scale->least /= numbers->divisor;
    scale->largest /= numbers->divisor;
}

static void measure(const struct feature_numbers *numbers, struct scale *scales) {
    double of_bytes[UINT8_MAX + 1] = {0};
    const size_t step = numbers->examples * numbers->width / NUMBERS_MAX + 1;
    size_t examples = 0;
    for (size_t i = 1; i <= UINT8_MAX; i++)
        of_bytes[i] = log((double)i);
    for (size_t i = 0; i < numbers->features; i++)
        scales[i] = (struct scale){.least = (double)INFINITY, .largest = -(double)INFINITY};
    for (size_t i = 0; i < numbers->examples; i += step, examples++)
        add_example(numbers, i, of_bytes, scales);
    for (size_t i = 0; i < numbers->features; i++)
        finish(&scales[i], numbers, examples);
}

static bool goes_below(const struct scale *one, const struct scale *other) {
    return other->least >= 0 && one->least < -BELOW * exp(one->logs);
}

/* By how many logarithms they differ beyond what they may; not above 0: they don't. */
static double excess(const struct scale *train, const struct scale *test, bool signs) {
    const double count = train->count + test->count;
    if (!(train->count > 0 && test->count > 0))
        return 0;
    const double variance = (train->squares * train->count + test->squares * test->count) / count;
    const double error = sqrt((variance + VARIANCE) * (1 / train->count + 1 / test->count));
    const double more = fabs(train->logs - test->logs) - ERRORS * error - log(FACTOR);
    return signs && (goes_below(train, test) || goes_below(test, train)) ? fmax(more, 1) : more;
}

bool scale_compare(const struct feature_numbers *train, const struct feature_numbers *test,
                   struct scale_difference *difference) {
    const size_t count = train->features;
    struct scale *scales = calloc(2 * count, sizeof *scales);
    double most = 0;
    *difference = (struct scale_difference){.features = count};
    if (!scales)
        return false;
    measure(train, scales);
    measure(test, scales + count);
    for (size_t i = 0; i < count; i++) {
        const double more = excess(&scales[i], &scales[count + i], train->width > count);
        difference->differing += more > 0;
        if (more <= most)
            continue;
        most = more;
        difference->found = true;
        difference->feature = i;
        difference->train = scales[i];
        difference->test = scales[count + i];
    }
    free(scales);
    return true;
}

static void append_part(const struct scale *scale, const char *part, struct text *text) {
    feature_append_range(scale->least, scale->largest, text);
    text_printf(text, " (typically %.3g) in the %s part", exp(scale->logs), part);
}

void scale_append(const struct scale_difference *difference, const char *what, struct text *text) {
    text_append(text, what);
    if (difference->features > 1)
        text_printf(text, ": column %zu, counted from 0,", difference->feature);
    text_append(text, difference->features > 1 ? " is " : " are ");
    append_part(&difference->train, "training", text);
    text_append(text, " and ");
    append_part(&difference->test, "test", text);
    if (difference->differing > 1)
        text_printf(text, "; %zu other column%s like that", difference->differing - 1,
                    difference->differing > 2 ? "s are" : " is");
    text_append(text, ": the parts seem to be scaled differently, and networks are tested on "
                      "numbers of a size that they have never seen; save both in the same unit");
}
