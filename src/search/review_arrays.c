/* Further arrays of which networks make something: numbers that are none, and those that networks
 * read as they are, of a size that hardly any network is trained on.
 */
#include "search/review.h"

#include "data/stream.h"
#include "nn/named_input.h"
#include "nn/named_output.h"
#include "search/layers.h"

#include <math.h>
#include <stdlib.h>

#define LARGE 20    /* root mean square; of numbers that are standardised it is 1 */
#define FACTOR 1000 /* of the deviations of two features */

/* --- which ones --- */

/* Whether numbers of an input come to weights before a normalization. */
static bool reaches_weights(const struct hidden_layers *layers, size_t input) {
    bool raw[LAYERS_MAX + 1] = {[0] = false};
    raw[input + 1] = true;
    for (size_t i = input + 1; i < layers->count; i++) {
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

enum use { UNUSED, USED, READ_RAW };

static void find_arrays(const struct hidden_layers *layers, const struct dataset *dataset,
                        enum use uses[DATASET_ARRAYS_MAX]) {
    for (size_t i = 0; i < layers->count; i++) {
        const struct layer_spec *layer = &layers->items[i];
        const bool reads = layer_reads_array(layer);
        const char *name = reads                          ? layer->input->name
                           : layer->kind == &layer_output ? layer->output->target
                                                          : NULL;
        const size_t at = name ? dataset_array_find(dataset, name) : dataset->array_count;
        if (at < dataset->array_count && uses[at] != READ_RAW)
            uses[at] = reads && !dataset->arrays[at].normalized && reaches_weights(layers, i)
                           ? READ_RAW
                           : USED;
    }
}

/* --- their numbers --- */

/* A feature: a column of a table, or else all numbers of an array. */
struct feature {
    double least, largest, sum, squares;
};

static double rms_of(const struct feature *feature, double count) {
    return sqrt(feature->squares / count);
}

/* 0 of equal numbers, of which rounding leaves a little. */
static double deviation_of(const struct feature *feature, double count) {
    const double mean = feature->sum / count, square = feature->squares / count;
    const double variance = square - mean * mean;
    return variance > 1e-10 * square ? sqrt(variance) : 0;
}

/* `row` is as long as the array is wide, `features` as there are of these. */
static void measure(const struct dataset_array *array, size_t examples, float *row,
                    struct feature *features, size_t count) {
    const size_t width = dataset_array_width(array);
    for (size_t i = 0; i < count; i++)
        features[i] = (struct feature){.least = (double)INFINITY, .largest = -(double)INFINITY};
    for (size_t example = 0; example < examples; example++) {
        stream_copy_array(array, false, example, row);
        for (size_t i = 0; i < width; i++) {
            struct feature *feature = &features[i % count];
            const double number = (double)row[i];
            feature->least = fmin(feature->least, number);
            feature->largest = fmax(feature->largest, number);
            feature->sum += number;
            feature->squares += number * number;
        }
    }
}

/* --- words --- */

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

/* Whether some numbers of a part are NaN or infinite; and that they are. */
static bool tell_not_finite(const struct dataset_array *array, bool test, const float *values,
                            size_t examples, struct text *text) {
    const size_t width = dataset_array_width(array), count = values ? examples * width : 0;
    size_t found = 0, first = 0;
    bool any_nan = false;
    for (size_t i = 0; i < count; i++) {
        any_nan |= isnan(values[i]);
        if (!isfinite(values[i]) && found++ == 0)
            first = i;
    }
    if (found > 0)
        text_printf(
            text,
            "%zu of the %s numbers of the array %s are NaN or infinite, the first one "
            "(example %zu, number %zu, counted from 0) is %g: %s; leave such examples out, or "
            "put a number there\n",
            found, test ? "test" : "training", array->name, first / width, first % width,
            (double)values[first], consequence(test, any_nan));
    return found > 0;
}

static bool tell_rounded(const struct dataset_array *array, struct text *text) {
    if (!array->rounded.found || array->classes > 0)
        return false;
    text_printf(text, "the array %s: ", array->name);
    rounded_append(&array->rounded, array->table && array->columns > 1, text);
    text_append(text, "\n");
    return true;
}

static void append_numbers(const struct feature *features, size_t count, size_t at, size_t most,
                           size_t least, double numbers, struct text *text) {
    const struct feature *large = &features[at];
    if (rms_of(large, numbers) < LARGE) {
        text_printf(text,
                    "of very different sizes (column %zu has a standard deviation of %.3g, column "
                    "%zu one of %.3g)",
                    least, deviation_of(&features[least], numbers), most,
                    deviation_of(&features[most], numbers));
        return;
    }
    text_append(text, "large (");
    if (count > 1)
        text_printf(text, "column %zu: ", at);
    text_printf(text, "%.6g to %.6g)", large->least, large->largest);
}

static void judge(const struct dataset_array *array, const struct feature *features, size_t count,
                  double numbers, struct text *text) {
    size_t large = 0, most = 0, least = 0;
    for (size_t i = 1; i < count; i++) {
        const double own = deviation_of(&features[i], numbers);
        large = rms_of(&features[i], numbers) > rms_of(&features[large], numbers) ? i : large;
        most = own > deviation_of(&features[most], numbers) ? i : most;
        const double smallest = deviation_of(&features[least], numbers);
        least = own > 0 && (own < smallest || !(smallest > 0)) ? i : least;
    }
    const double smallest = deviation_of(&features[least], numbers);
    const bool differ = smallest > 0 && deviation_of(&features[most], numbers) >= FACTOR * smallest;
    if (!(rms_of(&features[large], numbers) >= LARGE) && !differ)
        return;
    text_printf(text, "the array %s is read as it is, and its numbers are ", array->name);
    append_numbers(features, count, large, most, least, numbers, text);
    text_printf(
        text,
        ", so that trainings may diverge, or hardly see what is small: write normalization: "
        "[%s] beside the data set's name, or have batch_normalization follow the input\n",
        array->name);
}

/* False when out of memory. */
static bool look(const struct dataset *dataset, const struct dataset_array *array, enum use use,
                 struct text *text) {
    const size_t examples = dataset->train.count, width = dataset_array_width(array);
    const size_t count = array->table ? width : 1, numbers = examples * (width / count);
    if (tell_not_finite(array, false, array->train.values, examples, text) ||
        tell_not_finite(array, true, array->test.values, dataset->test.count, text) ||
        tell_rounded(array, text) || use != READ_RAW)
        return true;
    float *row = malloc(width * sizeof *row);
    struct feature *features = malloc(count * sizeof *features);
    const bool done = row && features;
    if (done) {
        measure(array, examples, row, features, count);
        judge(array, features, count, (double)numbers, text);
    }
    free(row);
    free(features);
    return done;
}

enum status review_arrays(const struct space *space, const struct dataset *first,
                          const struct dataset *dataset, struct text *warnings,
                          struct error *error) {
    enum use uses[DATASET_ARRAYS_MAX] = {UNUSED};
    const struct hidden_layers *last = NULL;
    for (size_t i = 0; i < space->setting_count && dataset->array_count > 0; i++) {
        const struct setting *setting = &space->settings[i];
        const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
        if (layers != last && setting_dataset(setting, first) == dataset)
            find_arrays(last = layers, dataset, uses);
    }
    for (size_t i = 0; i < dataset->array_count; i++) {
        const size_t before = warnings->length;
        if (uses[i] != UNUSED && first->next)
            text_printf(warnings, "%s: ", dataset->name);
        const size_t begin = warnings->length;
        if (uses[i] != UNUSED && !look(dataset, &dataset->arrays[i], uses[i], warnings))
            return error_memory(error);
        if (warnings->length == begin)
            text_cut(warnings, before);
    }
    return warnings->failed ? error_memory(error) : STATUS_OK;
}
