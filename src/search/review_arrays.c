/* Further arrays that networks read as they are, whose numbers are of a size that hardly any
 * network is trained on.
 */
#include "search/review.h"

#include "data/stream.h"
#include "nn/named_input.h"
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

static void find_arrays(const struct hidden_layers *layers, const struct dataset *dataset,
                        bool found[DATASET_ARRAYS_MAX]) {
    for (size_t i = 0; i < layers->count; i++) {
        if (!layer_reads_array(&layers->items[i]))
            continue;
        const size_t at = dataset_array_find(dataset, layers->items[i].input->name);
        if (at < dataset->array_count && !found[at])
            found[at] = reaches_weights(layers, i);
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

static double deviation_of(const struct feature *feature, double count) {
    const double mean = feature->sum / count;
    return sqrt(fmax(feature->squares / count - mean * mean, 0));
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
    text_append(text, ", so that trainings may diverge, or hardly see what is small: divide or "
                      "standardise them in the data set, or have batch_normalization follow the "
                      "input\n");
}

static bool look(const struct dataset_array *array, size_t examples, struct text *text) {
    const size_t width = dataset_array_width(array), count = array->table ? width : 1;
    float *row = malloc(width * sizeof *row);
    struct feature *features = malloc(count * sizeof *features);
    const bool done = row && features;
    if (done) {
        measure(array, examples, row, features, count);
        judge(array, features, count, (double)(examples * (width / count)), text);
    }
    free(row);
    free(features);
    return done;
}

enum status review_arrays(const struct space *space, const struct dataset *first,
                          const struct dataset *dataset, struct text *warnings,
                          struct error *error) {
    bool found[DATASET_ARRAYS_MAX] = {false};
    const struct hidden_layers *last = NULL;
    for (size_t i = 0; i < space->setting_count && dataset->array_count > 0; i++) {
        const struct setting *setting = &space->settings[i];
        const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
        if (layers != last && setting_dataset(setting, first) == dataset)
            find_arrays(last = layers, dataset, found);
    }
    for (size_t i = 0; i < dataset->array_count; i++) {
        const size_t before = warnings->length;
        if (found[i] && first->next)
            text_printf(warnings, "%s: ", dataset->name);
        const size_t begin = warnings->length;
        if (found[i] && !look(&dataset->arrays[i], dataset->train.count, warnings))
            return error_memory(error);
        if (warnings->length == begin)
            text_cut(warnings, before);
    }
    return warnings->failed ? error_memory(error) : STATUS_OK;
}
