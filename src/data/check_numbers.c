/* Faults of the numbers of inputs and targets. */
#include "data/check_private.h"
#include "data/constant.h"
#include "data/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What inputs are called. */
static const char *inputs_of(const struct dataset *data) {
    return data->table ? "features" : "pixels";
}

/* Warn with a text, which is released. */
static void warn_text(struct findings *findings, const char *kind, struct text *text,
                      struct data_warnings *warnings) {
    findings->failed |= text->failed;
    if (!text->failed)
        check_warn(warnings, kind, "%s", text->data);
    text_release(text);
}

static void compare_scales(struct findings *findings, const char *what,
                           const struct feature_numbers *train, const struct feature_numbers *test,
                           struct data_warnings *warnings) {
    struct scale_difference difference;
    struct text text;
    findings->failed |= !scale_compare(train, test, &difference);
    if (findings->failed || !difference.found)
        return;
    text_init(&text);
    scale_append(&difference, what, &text);
    warn_text(findings, "other_scale", &text, warnings);
}

/* Of pixels whose divisors differ, check_scale tells. */
void check_other_scale(struct findings *findings, struct data_warnings *warnings) {
    const struct data_view *view = findings->view;
    const struct dataset *data = view->data;
    const size_t before = warnings->count;
    const double divisor = view->train_image_divisor, other = view->test_image_divisor;
    const bool told = data->train.pixels && !data->table && (divisor < other || divisor > other);
    struct feature_numbers train = features_of_inputs(data, false, divisor);
    struct feature_numbers test = features_of_inputs(data, true, other);
    if (!told)
        compare_scales(findings, inputs_of(data), &train, &test, warnings);
    if (!dataset_has_values(data) || warnings->count > before)
        return;
    train = features_of_targets(data, false);
    test = features_of_targets(data, true);
    compare_scales(findings, "targets", &train, &test, warnings);
}

/* The examples from one on, of which each channel of images is a feature. */
static struct feature_numbers channels_of(const struct data_view *view, bool test, size_t first,
                                          size_t count) {
    struct feature_numbers numbers = features_of_inputs(
        view->data, test, test ? view->test_image_divisor : view->train_image_divisor);
    numbers.examples = count;
    numbers.features = view->data->table ? numbers.features : dataset_channels(view->data);
    if (numbers.values)
        numbers.values += first * numbers.width;
    else
        numbers.bytes += first * numbers.width;
    return numbers;
}

void check_constant_features(struct findings *findings, struct data_warnings *warnings) {
    const struct data_view *view = findings->view;
    const struct feature_numbers train = channels_of(view, false, 0, view->train_count);
    const struct feature_numbers rests[] = {
        channels_of(view, true, 0, view->data->test.count),
        channels_of(view, false, view->validation_begin, view->validation_count)};
    struct constant constant = {0};
    struct text text;
    size_t part = 0;
    for (; part < 2 && view->data->normalized && !constant.found; part++)
        constant_find(&train, &rests[part], &constant);
    if (!constant.found)
        return;
    text_init(&text);
    text_printf(&text, "%s: ", inputs_of(view->data));
    constant_append(&constant, part == 1 ? "test" : "validation", &text);
    warn_text(findings, "constant_features", &text, warnings);
}

/* The first number that is none, or infinite; `count` if there is no such. */
static size_t find_not_finite(const float *numbers, size_t count) {
    size_t i = 0;
    while (i < count && isfinite(numbers[i]))
        i++;
    return i;
}

static size_t count_not_finite(const float *numbers, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += !isfinite(numbers[i]);
    return found;
}

/* Numbers of inputs or targets of a part. */
struct part_numbers {
    const char *kind, *part, *what;
    const float *numbers;
    size_t rows, width;
    bool table;
    const struct rounded *rounded;
};

static void warn_not_finite(struct findings *findings, const struct part_numbers *of,
                            struct data_warnings *warnings) {
    const struct dataset *data = findings->view->data;
    const size_t count = of->rows * of->width;
    const size_t first = of->numbers ? find_not_finite(of->numbers, count) : count;
    if (first == count)
        return;
    const size_t row = first / of->width, at = first % of->width, channels = dataset_channels(data);
    const bool training = strcmp(of->part, "training") == 0;
    char place[96];
    struct text large;
    text_init(&large);
    if (isinf(of->numbers[first]))
        rounded_append_large(of->rounded, &large);
    if (of->table)
        snprintf(place, sizeof place, "row %zu, column %zu", row, at);
    else
        snprintf(place, sizeof place, "image %zu, row %zu, column %zu", row,
                 at / channels / data->columns, at / channels % data->columns);
    check_warn(warnings, of->kind,
               "%zu of the %s %s are no numbers or infinite, the first one (%s, counted from 0) is "
               "%g%s: %s; leave such %s out, or put a number there",
               count_not_finite(of->numbers, count), of->part, of->what, place,
               (double)of->numbers[first], large.length > 0 ? large.data : "",
               training
                   ? "what is computed with them is none either, and so are all weights after the "
                     "first step"
                   : "test scores with them are none either, with which a trial counts as "
                     "diverged, or mean little",
               of->table ? "rows" : "images");
    findings->failed |= large.failed;
    text_release(&large);
}

void check_finite(struct findings *findings, struct data_warnings *warnings) {
    static const char *const kinds[2][2] = {{"not_finite", "targets_not_finite"},
                                            {"test_not_finite", "test_targets_not_finite"}};
    const struct dataset *data = findings->view->data;
    const struct images *const parts[] = {&data->train, &data->test};
    const char *const names[] = {"training", "test"}, *what = inputs_of(data);
    for (size_t i = 0; i < 2; i++) {
        const struct part_numbers inputs = {kinds[i][0],      names[i],        what,
                                            parts[i]->values, parts[i]->count, dataset_inputs(data),
                                            data->table,      &data->rounded};
        const struct part_numbers targets = {
            kinds[i][1],     names[i],           "targets", parts[i]->targets,
            parts[i]->count, data->target_width, true,      &data->rounded_targets};
        warn_not_finite(findings, &inputs, warnings);
        warn_not_finite(findings, &targets, warnings);
    }
}

static void warn_rounded(struct findings *findings, const char *kind, const char *what,
                         const struct rounded *rounded, bool columns,
                         struct data_warnings *warnings) {
    struct text text;
    text_init(&text);
    text_printf(&text, "%s: ", what);
    rounded_append(rounded, columns, &text);
    warn_text(findings, kind, &text, warnings);
}

void check_rounded(struct findings *findings, struct data_warnings *warnings) {
    const struct dataset *data = findings->view->data;
    if (data->rounded.found)
        warn_rounded(findings, "rounded", inputs_of(data), &data->rounded,
                     data->table && data->columns > 1, warnings);
    if (data->rounded_targets.found && data->classes == 0)
        warn_rounded(findings, "rounded_targets", "targets", &data->rounded_targets,
                     data->target_width > 1, warnings);
}

/* The first number of a training example's target. */
static float target_of(const struct dataset *data, size_t example) {
    return data->train.targets[example * data->target_width];
}

void check_sorted(struct findings *findings, struct data_warnings *warnings) {
    const struct data_view *view = findings->view;
    const size_t count = view->data->train.count;
    bool up = true, down = true;
    for (size_t i = 1; i < count && (up || down); i++) {
        const float before = target_of(view->data, i - 1), after = target_of(view->data, i);
        up &= before <= after;
        down &= before >= after;
    }
    if ((up || down) && !(up && down) && view->validation_count > 0)
        check_warn(
            warnings, "sorted",
            "the training examples are sorted by their targets, and validation_split holds out "
            "the last ones: they are others than those that are trained on; write shuffle: true "
            "beside the data set's name");
}

void check_constant_targets(struct findings *findings, struct data_warnings *warnings) {
    const struct data_view *view = findings->view;
    bool constant = true;
    for (size_t i = 1; i < view->train_count && constant; i++)
        constant = target_of(view->data, i) == target_of(view->data, 0);
    if (constant)
        check_warn(warnings, "constant_targets",
                   "all %zu training targets are %g: there is nothing to learn", view->train_count,
                   (double)target_of(view->data, 0));
}
