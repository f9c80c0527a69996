#include "search/reading_inputs.h"

#include "data/dataset.h"
#include "nn/named_input.h"
#include "search/input_shape.h"
#include "search/scalar.h"

#include <math.h>
#include <string.h>

#define SIZE_MOST 65536

static size_t list_extra_keys(const void *into, const char *keys[ARGUMENTS_MAX], size_t count) {
    (void)into;
    keys[count++] = "array";
    keys[count++] = "shape";
    return count;
}

static bool read_size(const struct node *node, struct shape *shape) {
    double number;
    if (shape->rank == SHAPE_RANK_MAX - 1 || !scalar_number(node, &number) || number < 1 ||
        number > SIZE_MOST || number != floor(number))
        return false;
    shape->dims[shape->rank++] = (size_t)number;
    return true;
}

/* 28x28x1, or [28, 28, 1]. */
static enum status read_shape(const struct reading *reading, const struct node *node,
                              struct shape *shape) {
    bool reads = true;
    *shape = (struct shape){0};
    for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->count && reads; i++)
        reads = read_size(node->items[i], shape);
    for (size_t at = 0; node->kind == NODE_SCALAR && node->text[at] && reads;) {
        struct node part;
        const size_t length = strcspn(node->text + at, "x");
        const enum status status = reading_part(reading, node, at, length, &part);
        if (status != STATUS_OK)
            return status;
        reads = read_size(&part, shape);
        at += length + (node->text[at + length] == 'x');
    }
    return reads && shape->rank > 0
               ? STATUS_OK
               : reading_fail(reading, node,
                              "layers: an input's shape is 1 to 3 whole numbers, as in 28x28x1, "
                              "each from 1 to %d; left out, it is that of the array",
                              SIZE_MOST);
}

/* A word by itself is the array. */
static enum status read_extra(const struct reading *reading, const char *key,
                              const struct node *node, void *into) {
    struct named_input *input = ((struct layer_spec *)into)->input;
    if (key && strcmp(key, "shape") == 0)
        return read_shape(reading, node, &input->shape);
    if (!key && input->name)
        return reading_fail(
            reading, node,
            "layers: '%.64s' is more than an input takes, which is the name of one array "
            "('%.64s'); an array whose name has a blank is to be saved under "
            "another one in the data set",
            node->kind == NODE_SCALAR ? node->text : "a list", input->name);
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "layers: an input is of one array, which it names");
    input->name = node->text;
    return STATUS_OK;
}

const struct argument_extras input_extras = {list_extra_keys, read_extra, NULL};

enum status reading_array_name(const struct reading *reading, const struct node *node,
                               const char *of, const char *name) {
    char mended[DATASET_NAME_MAX];
    if (input_name_fits(name))
        return STATUS_OK;
    input_name_mend(name, mended);
    return reading_fail(reading, node,
                        "layers: '%.64s' can't name %s's array: names have letters, digits, _, - "
                        "and . alone, %d at most; save the array under such a name in the data "
                        "set, as %s_train and %s_test",
                        name, of, DATASET_NAME_MAX - 1, mended, mended);
}

enum status reading_input_begin(const struct reading *reading, struct layer_spec *layer) {
    layer->input = ARENA_NEW(reading->arena, struct named_input, 1);
    return layer->input ? STATUS_OK : error_memory(reading->error);
}

enum status reading_input_name(const struct reading *reading, const struct node *node,
                               const char *name, const struct layer_spec *layer) {
    struct named_input *input = layer->input;
    if (!input->name)
        input->name = name;
    if (!input->name)
        return reading_fail(reading, node,
                            "layers: an input names the array that it is of, as in \"input meta\"");
    return reading_array_name(reading, node, "an input", input->name);
}
