/* Numbers that networks read or predict: those that are none, of another scale in the test part
 * (of further arrays; of the first input and target data/check.c tells), and those that are read
 * as they are, or predicted, of a size that hardly any network is trained on.
 */
#include "search/review.h"

#include "base/names.h"
#include "data/constant.h"
#include "data/features.h"
#include "data/scale.h"
#include "nn/named_input.h"
#include "nn/named_output.h"
#include "search/layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Root mean squares that are told of columns and of targets. Networks of 32 relu units, trained for
 * 30 epochs of 47 batches by adam (0.001) and sgd (0.01), are right nearly as often with columns of
 * up to 60 (ages, prices) beside others of 1 by adam, and less often by sgd; with a column of
 * standard deviation 300 sgd learns nothing, with one of years or with columns of mean 100 and
 * deviation 1 hardly anything is learned by either. Targets of mean 100 are predicted worse by adam
 * than by always giving the mean, those of mean 30 better. */
#define LARGE 100

/* Of what is no table: pixels of 0 to 255 have one scale, and are learned. */
#define LARGE_PIXELS 256

/* Of the deviations of two columns: the smaller one is hardly seen. */
#define FACTOR 1000

/* --- which ones --- */

/* Whether a network's value comes to weights before a normalization. */
static bool reaches_weights(const struct hidden_layers *layers, size_t value) {
    bool raw[LAYERS_MAX + 1] = {[0] = false};
    raw[value] = true;
    for (size_t i = value; i < layers->count; i++) {
        const struct layer_spec *layer = &layers->items[i];
        bool reads = false;
        for (size_t k = 0; k < layer_source_count(layer); k++)
            reads |= raw[layer_source(layer, i, k)];
        if (reads && layer_has_kernel(layer))
            return true;
        raw[i + 1] = reads && layer->kind != &layer_batch_normalization &&
                     layer->kind != &layer_layer_normalization;
    }
    return raw[layers->count] && !layers_have_outputs(layers);
}

/* What networks make of numbers, as flags. */
enum { USED = 1, READ_RAW = 2, NORMALIZED = 4, PREDICTED = 8 };

struct uses {
    unsigned input, target, arrays[DATASET_ARRAYS_MAX];
    double divisor;     /* of the first input where it is read, the least */
    size_t train_count; /* of the setting that trains on most */
};

/* Whether the first input comes to weights as it is. */
static bool reads_input(const struct hidden_layers *layers) {
    bool reads = !layers_have_inputs(layers) && reaches_weights(layers, 0);
    for (size_t i = 0; i < layers->count; i++)
        reads |= layers->items[i].kind == &layer_input_layer &&
                 !layer_reads_array(&layers->items[i]) && reaches_weights(layers, i + 1);
    return reads;
}

/* Whether a loss grows with the targets' unit; others divide by it, or take logarithms. */
static bool has_unit(const char *loss) {
    static const char *const names[] = {"mean_squared_error", "mean_absolute_error", "huber",
                                        "log_cosh", NULL};
    return name_is_among(loss, names);
}

static void find_layer(const struct hidden_layers *layers, size_t i, const struct dataset *dataset,
                       struct uses *uses) {
    const struct layer_spec *layer = &layers->items[i];
    const bool reads = layer_reads_array(layer), output = layer->kind == &layer_output;
    const char *name = reads ? layer->input->name : output ? layer->output->target : NULL;
    const size_t at = name ? dataset_array_find(dataset, name) : dataset->array_count;
    if (output && !name && has_unit(layer->output->loss->name))
        uses->target |= PREDICTED;
    if (at == dataset->array_count)
        return;
    const struct dataset_array *array = &dataset->arrays[at];
    uses->arrays[at] |= USED;
    if (reads && array->normalized)
        uses->arrays[at] |= NORMALIZED;
    else if (reads && reaches_weights(layers, i + 1))
        uses->arrays[at] |= READ_RAW;
    else if (output && array->classes == 0 && has_unit(layer->output->loss->name))
        uses->arrays[at] |= PREDICTED;
}

static void find_uses(const struct setting *setting, const struct dataset *dataset,
                      struct uses *uses) {
    const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
    const struct value *loss = &setting->values[HP_LOSS];
    const double divisor = setting->values[HP_TRAIN_IMAGE_DIVISOR].real;
    const size_t count = (size_t)setting->values[HP_TRAIN_IMAGES].integer;
    uses->train_count = count > uses->train_count ? count : uses->train_count;
    if (loss->type != VALUE_NONE && has_unit(loss->name))
        uses->target |= PREDICTED;
    if (!dataset->normalized && reads_input(layers)) {
        uses->divisor = uses->input && uses->divisor < divisor ? uses->divisor : divisor;
        uses->input |= READ_RAW;
    }
    for (size_t i = 0; i < layers->count; i++)
        find_layer(layers, i, dataset, uses);
}

/* --- words --- */

/* Of a data set, where a line begins with its name if there are several. */
struct review {
    const struct dataset *dataset;
    bool several;
    struct text *text;
    struct feature *features; /* room for those of the widest table; owned */
};

/* Begin a line; it is cut off again at the length that this gives where nothing is to be told. */
static size_t begin_line(const struct review *review) {
    const size_t before = review->text->length;
    if (review->several)
        text_printf(review->text, "%s: ", review->dataset->name);
    return before;
}

/* What comes of numbers that are none. */
static const char *consequence(bool test, bool any_nan) {
    if (!test)
        return "so is what is computed with them, and so are all weights after the first step";
    return any_nan ? "so is what is computed with them, and so are the test scores, with which a "
                     "trial counts as diverged"
                   : "so may the test scores be, with which a trial counts as diverged; or an "
                     "activation that has bounds, as tanh, makes a number of them, and the trial "
                     "completes with scores that mean little";
}

/* That some numbers of a part are NaN or infinite. */
static void tell_not_finite(const struct review *review, const struct dataset_array *array,
                            bool test) {
    const struct feature_numbers numbers = features_of_array(review->dataset, array, test);
    const float *values = numbers.values;
    const size_t width = numbers.width, count = values ? numbers.examples * width : 0;
    size_t found = 0, first = 0;
    bool any_nan = false;
    for (size_t i = 0; i < count; i++) {
        any_nan |= isnan(values[i]);
        if (!isfinite(values[i]) && found++ == 0)
            first = i;
    }
    if (found == 0)
        return;
    begin_line(review);
    text_printf(review->text,
                "%zu of the %s numbers of the array %s are NaN or infinite, the first one "
                "(example %zu, number %zu, counted from 0) is %g",
                found, test ? "test" : "training", array->name, first / width, first % width,
                (double)values[first]);
    if (isinf(values[first]))
        rounded_append_large(&array->rounded, review->text);
    text_printf(review->text, ": %s; leave such examples out, or put a number there\n",
                consequence(test, any_nan));
}

static void tell_rounded(const struct review *review, const struct dataset_array *array) {
    if (!array->rounded.found || array->classes > 0)
        return;
    begin_line(review);
    text_printf(review->text, "the array %s: ", array->name);
    rounded_append(&array->rounded, array->table && array->columns > 1, review->text);
    text_append(review->text, "\n");
}

/* The most and the least deviating column, and the largest. */
struct extremes {
    size_t large, most, least, large_count;
};

static struct extremes find_extremes(const struct feature *features, size_t count, double bound) {
    struct extremes extremes = {0};
    for (size_t i = 0; i < count; i++) {
        const double own = feature_deviation(&features[i]);
        const double smallest = feature_deviation(&features[extremes.least]);
        if (feature_rms(&features[i]) > feature_rms(&features[extremes.large]))
            extremes.large = i;
        if (own > feature_deviation(&features[extremes.most]))
            extremes.most = i;
        if (own > 0 && (own < smallest || !(smallest > 0)))
            extremes.least = i;
        extremes.large_count += feature_rms(&features[i]) >= bound;
    }
    return extremes;
}

/* Whether a column is too small beside another one to be seen. One that is seldom other than 0
 * deviates by little, and is seen where it does. */
static bool differ(const struct feature *most, const struct feature *least) {
    const double small = feature_deviation(least), range = least->largest - least->least;
    return small > 0 && feature_deviation(most) >= FACTOR * small &&
           feature_deviation(most) >= FACTOR / 10.0 * range;
}

static void append_large(const struct feature *features, size_t count,
                         const struct extremes *extremes, struct text *text) {
    const struct feature *large = &features[extremes->large];
    text_append(text, "large (");
    if (count > 1)
        text_printf(text, "column %zu: ", extremes->large);
    feature_append_range(large->least, large->largest, text);
    if (extremes->large_count > 1)
        text_printf(text, "; %zu other column%s large, too", extremes->large_count - 1,
                    extremes->large_count > 2 ? "s are" : " is");
    text_append(text, ")");
}

/* What is told of numbers that are read as they are; false where that is nothing. */
static bool judge(const struct feature *features, size_t count, bool table, struct text *text) {
    const double bound = table ? LARGE : LARGE_PIXELS;
    const struct extremes extremes = find_extremes(features, count, bound);
    const struct feature *most = &features[extremes.most], *least = &features[extremes.least];
    if (extremes.large_count > 0)
        append_large(features, count, &extremes, text);
    else if (differ(most, least))
        text_printf(text,
                    "of very different sizes (column %zu has a standard deviation of %.3g, column "
                    "%zu one of %.3g)",
                    extremes.least, feature_deviation(least), extremes.most,
                    feature_deviation(most));
    else
        return false;
    text_append(text, ", so that trainings may diverge, or hardly see what is small: ");
    return true;
}

/* --- what is told of them --- */

static bool reserve(struct review *review, size_t count) {
    free(review->features);
    review->features = malloc(count * sizeof *review->features);
    return review->features != NULL;
}

/* Pixels in bytes, which are many, need not be looked at where the largest would do. */
static bool are_small(const struct feature_numbers *numbers, bool table) {
    return numbers->bytes && !table && UINT8_MAX / numbers->divisor < LARGE_PIXELS;
}

/* Numbers that are read as they are. */
static bool tell_raw(struct review *review, const struct feature_numbers *numbers,
                     const struct dataset_array *array) {
    const struct dataset *dataset = review->dataset;
    const bool table = array ? array->table : dataset->table;
    if (are_small(numbers, table))
        return true;
    if (!reserve(review, numbers->features))
        return false;
    features_measure(numbers, review->features);
    const size_t before = begin_line(review);
    if (array)
        text_printf(review->text, "the array %s is read as it is, and its numbers are ",
                    array->name);
    else
        text_printf(review->text, "%s are read as they are, and their numbers are ",
                    table ? "features" : "pixels");
    if (!judge(review->features, numbers->features, table, review->text))
        text_cut(review->text, before);
    else if (array)
        text_printf(review->text,
                    "write normalization: [%s] beside the data set's name, or have "
                    "batch_normalization follow the input\n",
                    array->name);
    else
        text_printf(review->text, "write normalization: true beside the data set's name, or %s\n",
                    table ? "have batch_normalization come first"
                          : "have them divided by a train_image_divisor");
    return true;
}

/* Numbers to be predicted, from which outputs begin far away. `name`: NULL for the first ones. */
static bool tell_predicted(struct review *review, const struct feature_numbers *numbers,
                           const char *name) {
    if (!reserve(review, numbers->features))
        return false;
    features_measure(numbers, review->features);
    const struct extremes extremes = find_extremes(review->features, numbers->features, LARGE);
    if (extremes.large_count == 0)
        return true;
    begin_line(review);
    if (name)
        text_printf(review->text, "the numbers of the target %s are ", name);
    else
        text_append(review->text, "the targets are numbers that are ");
    append_large(review->features, numbers->features, &extremes, review->text);
    text_append(review->text,
                ", and networks begin with outputs of about 0, so that trainings may diverge, or "
                "take very long to get there: subtract their mean and divide them by their "
                "standard deviation before you save them\n");
    return true;
}

static bool tell_scale(const struct review *review, const struct dataset_array *array) {
    const struct feature_numbers train = features_of_array(review->dataset, array, false);
    const struct feature_numbers test = features_of_array(review->dataset, array, true);
    struct scale_difference difference;
    char what[DATASET_NAME_MAX + 32];
    if (!scale_compare(&train, &test, &difference))
        return false;
    if (!difference.found)
        return true;
    snprintf(what, sizeof what, "numbers of the array %s", array->name);
    begin_line(review);
    scale_append(&difference, what, review->text);
    text_append(review->text, "\n");
    return true;
}

/* Of what is normalised by the training examples. */
static void tell_constant(const struct review *review, const struct dataset_array *array,
                          size_t train_count) {
    struct feature_numbers train = features_of_array(review->dataset, array, false);
    struct feature_numbers test = features_of_array(review->dataset, array, true);
    struct constant constant;
    train.examples = train_count;
    if (!array->table)
        train.features = test.features = array->channels > 0 ? array->channels : 1;
    constant_find(&train, &test, &constant);
    if (!constant.found)
        return;
    begin_line(review);
    text_printf(review->text, "the array %s: ", array->name);
    constant_append(&constant, "test", review->text);
    text_append(review->text, "\n");
}

/* False when out of memory. */
static bool look(struct review *review, const struct dataset_array *array, unsigned use,
                 size_t train_count) {
    const struct dataset *dataset = review->dataset;
    const struct feature_numbers numbers = features_of_array(dataset, array, false);
    tell_not_finite(review, array, false);
    tell_not_finite(review, array, true);
    tell_rounded(review, array);
    if (use & NORMALIZED)
        tell_constant(review, array, train_count);
    return (array->classes > 0 || tell_scale(review, array)) &&
           (!(use & READ_RAW) || tell_raw(review, &numbers, array)) &&
           (!(use & PREDICTED) || tell_predicted(review, &numbers, array->name));
}

/* The same of the first input and target, as far as data/check.c does not. */
static bool look_at_first(struct review *review, const struct uses *uses) {
    const struct dataset *dataset = review->dataset;
    const struct feature_numbers inputs = features_of_inputs(dataset, false, uses->divisor);
    const struct feature_numbers targets = features_of_targets(dataset, false);
    const bool predicted = dataset_has_values(dataset) && uses->target & PREDICTED;
    return (!(uses->input & READ_RAW) || tell_raw(review, &inputs, NULL)) &&
           (!predicted || tell_predicted(review, &targets, NULL));
}

enum status review_arrays(const struct space *space, const struct dataset *first,
                          const struct dataset *dataset, struct text *warnings,
                          struct error *error) {
    struct review review = {.dataset = dataset, .several = first->next, .text = warnings};
    struct uses uses = {0};
    for (size_t i = 0; i < space->setting_count; i++)
        if (setting_dataset(&space->settings[i], first) == dataset)
            find_uses(&space->settings[i], dataset, &uses);
    bool fits = look_at_first(&review, &uses);
    for (size_t i = 0; i < dataset->array_count && fits; i++)
        fits =
            !uses.arrays[i] || look(&review, &dataset->arrays[i], uses.arrays[i], uses.train_count);
    free(review.features);
    return fits && !warnings->failed ? STATUS_OK : error_memory(error);
}
