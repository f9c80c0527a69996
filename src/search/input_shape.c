#include "search/input_shape.h"

#include "search/space.h"

#include <ctype.h>
#include <string.h>

bool input_shape(const struct dataset *dataset, const char *name, struct shape *shape) {
    const size_t at = dataset_array_find(dataset, name);
    if (strcmp(name, INPUT_IMAGE) == 0) {
        *shape = setting_input(dataset);
        return true;
    }
    if (at == dataset->array_count)
        return false;
    const struct dataset_array *array = &dataset->arrays[at];
    *shape = array->table
                 ? shape_vector(array->columns)
                 : (struct shape){
                       3, {array->rows, array->columns, array->channels > 0 ? array->channels : 1}};
    return true;
}

void shape_append(struct shape shape, struct text *text) {
    for (size_t i = 0; i < shape.rank; i++)
        text_printf(text, "%s%zu", i ? " x " : "", shape.dims[i]);
}

/* --- names --- */

static bool is_of_names(char c) {
    return isalnum((unsigned char)c) || (c && strchr("_-.", c));
}

bool input_name_fits(const char *name) {
    size_t length = 0;
    while (is_of_names(name[length]))
        length++;
    return length > 0 && !name[length] && length < DATASET_NAME_MAX;
}

void input_name_mend(const char *name, char mended[DATASET_NAME_MAX]) {
    size_t length = 0;
    for (; *name && length + 1 < DATASET_NAME_MAX; name++)
        if (is_of_names(*name))
            mended[length++] = *name;
        else if (length > 0 && mended[length - 1] != '_')
            mended[length++] = '_';
    while (length > 0 && mended[length - 1] == '_')
        length--;
    mended[length] = '\0';
    if (length == 0)
        strcpy(mended, "array");
}

void input_append_arrays(const struct dataset *dataset, const char *before, struct text *text) {
    const char *odd = NULL;
    char mended[DATASET_NAME_MAX];
    for (size_t i = 0; i < dataset->array_count; i++) {
        const char *name = dataset->arrays[i].name;
        const bool fits = input_name_fits(name);
        text_printf(text, fits ? "%s%s" : "%s'%s'", i > 0 ? ", " : before, name);
        odd = fits || odd ? odd : name;
    }
    if (!odd)
        return;
    input_name_mend(odd, mended);
    text_printf(text,
                "; '%s' can't be named here, where names have letters, digits, _, - and . alone: "
                "save it under such a name, as %s_train and %s_test",
                odd, mended, mended);
}

static void append_nearest(const char *name, const struct dataset *dataset, struct text *text) {
    const char *names[DATASET_ARRAYS_MAX + 1] = {INPUT_IMAGE};
    for (size_t i = 0; i < dataset->array_count; i++)
        names[i + 1] = dataset->arrays[i].name;
    const char *near = text_nearest(name, names, dataset->array_count + 1);
    if (near)
        text_printf(text, "; did you mean '%s'?", near);
}

static void tell_lacking(const struct named_input *input, const struct dataset *dataset,
                         struct text *text) {
    text_printf(text, "layers: the input '%s' is no array of %s, which has %s", input->name,
                dataset->name, INPUT_IMAGE);
    input_append_arrays(dataset, ", ", text);
    if (dataset->array_count == 0)
        text_append(text, " alone; further arrays may stand beside x and y in an .npz file");
    append_nearest(input->name, dataset, text);
}

/* The output that is to predict the array of that name, or NULL. */
static const struct named_output *find_output(const struct hidden_layers *layers,
                                              const char *name) {
    for (size_t i = 0; i < layers->count; i++) {
        const struct layer_spec *layer = &layers->items[i];
        if (layer->kind == &layer_output && layer->output->target &&
            strcmp(layer->output->target, name) == 0)
            return layer->output;
    }
    return NULL;
}

bool input_fits(const struct hidden_layers *layers, struct named_input *input,
                const struct dataset *dataset, struct text *text) {
    const struct named_output *output = find_output(layers, input->name);
    struct shape shape;
    if (!input_shape(dataset, input->name, &shape)) {
        tell_lacking(input, dataset, text);
        return false;
    }
    if (input->shape.rank == 0)
        input->shape = shape;
    if (!shape_equal(shape, input->shape)) {
        text_printf(text, "layers: the input '%s' has the shape ", input->name);
        shape_append(input->shape, text);
        text_append(text, ", and that array the shape ");
        shape_append(shape, text);
        return false;
    }
    if (output)
        text_printf(text,
                    "layers: the output '%s' is to predict '%s', which the network reads; name "
                    "another target, or leave out that input",
                    output->name, input->name);
    return !output;
}
