#include "exchange/weights.h"

#include "data/npz.h"
#include "exchange/keras.h"

#include <string.h>

/* "dense_1.kernel" */
static const char *name_array(const struct network_spec *spec, size_t layer, const char *array,
                              struct arena *arena) {
    char name[KERAS_NAME_MAX];
    keras_layer_name(spec, layer, name);
    return arena_printf(arena, "%s%s.%s", name, strcmp(array, "alpha") == 0 ? KERAS_LEARNED : "",
                        array);
}

/* Of one layer: its arrays, and the numbers they have. */
static size_t list(const struct model *model, size_t layer, const float *numbers,
                   struct npz_array *arrays, size_t *count, struct arena *arena) {
    const struct network_spec *spec = &model->spec;
    struct layer_array own[LAYER_ARRAYS_MAX];
    const size_t own_count =
        layer_list_arrays(&spec->layers[layer], network_layer_input(spec, layer), own);
    size_t used = 0;
    for (size_t i = 0; i < own_count; i++) {
        if (!layer_array_stays(&own[i]))
            continue;
        size_t *dims = ARENA_NEW(arena, size_t, SHAPE_RANK_MAX);
        for (size_t j = 0; dims && j < own[i].shape.rank; j++)
            dims[j] = own[i].shape.dims[j];
        arrays[(*count)++] = (struct npz_array){name_array(spec, layer, own[i].name, arena),
                                                numbers + used, own[i].shape.rank, dims};
        used += shape_size(own[i].shape);
    }
    return used;
}

enum status weights_make(const struct model *model, struct arena *arena, const void **bytes,
                         size_t *count, struct error *error) {
    const size_t layers = model->spec.layer_count;
    struct npz_array *arrays = ARENA_NEW(arena, struct npz_array, layers * LAYER_ARRAYS_MAX);
    size_t listed = 0, used = 0;
    if (!arrays)
        return error_memory(error);
    for (size_t i = 0; i < layers; i++)
        used += list(model, i, model->weights + used, arrays, &listed, arena);
    return arena->failed ? error_memory(error)
                         : npz_make(arrays, listed, arena, bytes, count, error);
}
