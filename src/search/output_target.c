#include "search/output_target.h"

#include "data/stream.h"

#include <string.h>

struct output_target output_target(const struct dataset *dataset, const char *name, size_t units) {
    if (!name)
        return (struct output_target){true, 0, dataset->classes, dataset->target_width};
    for (size_t i = 0; i < dataset->array_count; i++) {
        const struct dataset_array *array = &dataset->arrays[i];
        const size_t width = dataset_array_width(array);
        const bool numbers = array->classes == 0 || (units == width && units != array->classes);
        if (strcmp(array->name, name) == 0)
            return (struct output_target){true, stream_target(i, numbers),
                                          numbers ? 0 : array->classes, width};
    }
    return (struct output_target){0};
}
