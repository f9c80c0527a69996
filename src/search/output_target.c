#include "search/output_target.h"

#include "data/stream.h"

#include <string.h>

struct output_target output_target(const struct dataset *dataset, const struct named_output *output,
                                   size_t units) {
    if (!output || !output->target)
        return (struct output_target){true, 0, dataset->classes, dataset->target_width};
    for (size_t i = 0; i < dataset->array_count; i++) {
        const struct dataset_array *array = &dataset->arrays[i];
        const size_t width = dataset_array_width(array);
        const bool binary = array->classes == 2 && !output->loss->values;
        const bool numbers =
            array->classes == 0 || (units == width && units != array->classes && !binary);
        if (strcmp(array->name, output->target) == 0)
            return (struct output_target){true, stream_target(i, numbers),
                                          numbers ? 0 : array->classes, width};
    }
    return (struct output_target){0};
}

bool output_is_binary(const struct named_output *output, const struct output_target *target,
                      size_t units) {
    return units == 1 && target->classes > 0 && named_output_classes(output, target->classes) == 2;
}
