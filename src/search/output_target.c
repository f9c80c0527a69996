#include "search/output_target.h"

#include "data/stream.h"
#include "search/input_shape.h"
#include "search/layers.h"
#include "search/space.h"

struct output_target output_target(const struct dataset *dataset, const struct named_output *output,
                                   size_t units) {
    if (!output || !output->target)
        return (struct output_target){true, 0, dataset->classes, dataset->target_width};
    const size_t at = dataset_array_find(dataset, output->target);
    if (at == dataset->array_count)
        return (struct output_target){0};
    const struct dataset_array *array = &dataset->arrays[at];
    const size_t width = dataset_array_width(array);
    const bool binary = array->classes == 2 && !output->loss->values;
    const bool numbers =
        array->classes == 0 || (units == width && units != array->classes && !binary);
    return (struct output_target){true, stream_target(at, numbers), numbers ? 0 : array->classes,
                                  width};
}

bool output_is_binary(const struct named_output *output, const struct output_target *target,
                      size_t units) {
    return units == 1 && target->classes > 0 && named_output_classes(output, target->classes) == 2;
}

/* --- whether it fits --- */

/* Whether an output's numbers are as many as what it is held against has. */
static void check_units(const struct named_output *output, size_t units,
                        const struct output_target *target, struct text *text) {
    const size_t classes = named_output_classes(output, target->classes);
    const size_t wanted = target->classes > 0 ? classes : target->width;
    if (target->classes == 0 && !output->loss->values)
        text_printf(text,
                    "the output '%s' has numbers to predict, and %s is of classes; use "
                    "mean_squared_error, mean_absolute_error, huber, log_cosh or poisson",
                    output->name, output->loss->name);
    else if (output_is_binary(output, target, units) && output->loss->compares)
        text_printf(text,
                    "the output '%s' has one unit for two classes, and %s compares several; use "
                    "binary_crossentropy",
                    output->name, output->loss->name);
    else if (units != wanted && !output_is_binary(output, target, units))
        text_printf(
            text, "the output '%s' has %zu number%s for %zu %s; its layer needs units: %zu%s%s",
            output->name, units, text_plural(units), wanted,
            target->classes > 0 ? "classes" : "of its target", wanted,
            target->classes == 0 || output->mapped ? "" : ", or it a target with other classes",
            target->classes > 0 && units == 1 ? " (one unit tells two classes apart)" : "");
}

/* Whether an output of numbers, or of one unit for two classes, has another activation than the
 * usual one of classes, softmax. */
static void check_activation(const struct hidden_layers *layers, size_t index,
                             const struct dataset *dataset, bool binary, struct text *text) {
    const struct layer_spec *own = &layers->items[index];
    const struct layer_spec from = layers_at(layers, layer_source(own, index, 0) - 1);
    const bool usual = !from.activation && layer_has_kernel(&from) && dataset->classes > 0;
    if (usual || from.activation == activation_find("softmax"))
        text_printf(text,
                    "the output '%s' %s; its layer needs another activation, as in activation: %s",
                    own->output->name,
                    binary ? "has one unit for two classes, and softmax of one number is always 1"
                           : "predicts numbers, and softmax gives shares that add up to 1",
                    binary ? "sigmoid" : "linear");
}

bool output_fits(const struct hidden_layers *layers, size_t index, const struct dataset *dataset,
                 struct text *text) {
    const struct named_output *output = layers->items[index].output;
    const size_t units = layers_units(layers, index, setting_input(dataset));
    const struct output_target target = output_target(dataset, output, units);
    text_append(text, "layers: ");
    const size_t before = text->length;
    if (!target.found) {
        text_printf(text, "the output '%s' has the target '%s', which %s has not", output->name,
                    output->target, dataset->name);
        input_append_arrays(dataset, ", but ", text);
        text_append(text,
                    "; a target is one of its further arrays, a list with a class for each of "
                    "its classes, or left out: the labels");
    } else if (output->mapped && output->mapped != dataset->classes)
        text_printf(text,
                    "the target of the output '%s' has %zu classes for the %zu of %s; one for each",
                    output->name, output->mapped, dataset->classes, dataset->name);
    else
        check_units(output, units, &target, text);
    const bool binary = target.found && output_is_binary(output, &target, units);
    if (text->length == before && (target.classes == 0 || binary))
        check_activation(layers, index, dataset, binary, text);
    if (text->length > before)
        return false;
    text_clear(text);
    return true;
}
