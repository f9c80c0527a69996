#include "nn/layer_kind.h"

#include "base/names.h"
#include "nn/named_input.h"
#include "nn/named_output.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

const struct layer_kind *const layer_kinds[] = {&layer_dense,
                                                &layer_activation,
                                                &layer_dropout,
                                                &layer_flatten,
                                                &layer_reshape,
                                                &layer_batch_normalization,
                                                &layer_layer_normalization,
                                                &layer_gaussian_noise,
                                                &layer_conv2d,
                                                &layer_depthwise_conv2d,
                                                &layer_max_pooling2d,
                                                &layer_average_pooling2d,
                                                &layer_global_max_pooling2d,
                                                &layer_global_average_pooling2d,
                                                &layer_cropping2d,
                                                &layer_zero_padding2d,
                                                &layer_add,
                                                &layer_subtract,
                                                &layer_multiply,
                                                &layer_average,
                                                &layer_maximum,
                                                &layer_minimum,
                                                &layer_concatenate,
                                                &layer_input_layer,
                                                &layer_output};
const size_t layer_kind_count = sizeof layer_kinds / sizeof *layer_kinds;

NAMES_EXTENSIBLE(layer_kind, layer_kind_count, layer_kinds[i])

const struct layer_kind *layer_kind_find(const char *name) {
    return layer_kind_find_row(name);
}

const char *layer_kind_word(const struct layer_kind *kind, char word[LAYER_WORD_MAX]) {
    size_t used = 0;
    for (const char *at = kind->name; *at && used + 2 < LAYER_WORD_MAX; at++) {
        if (at > kind->name && isupper((unsigned char)*at) && islower((unsigned char)at[-1]))
            word[used++] = '_';
        word[used++] = (char)tolower((unsigned char)*at);
    }
    word[used] = '\0';
    return word;
}

static const struct argument learned_arguments[] = {
    {.name = "shared_axes",
     .type = ARGUMENT_AXES,
     .offset = offsetof(struct layer_spec, shared_axes),
     .standard = 0,
     .minimum = 1,
     .maximum = SHAPE_RANK_MAX - 1,
     .as = "none",
     .help = "axes along which values share an alpha; [1, 2]: an image has one a channel"},
    {.name = "alpha_initializer",
     .type = ARGUMENT_NAME,
     .offset = offsetof(struct layer_spec, alpha_initializer),
     .standard = INITIALIZER_ZEROS,
     .name_at = initializer_name,
     .help = "how its alpha starts"},
};

struct argument_table layer_learned_arguments(const struct activation *activation) {
    return activation && activation->learned
               ? (struct argument_table)ARGUMENT_TABLE(learned_arguments, 0)
               : (struct argument_table){0};
}

struct layer_spec layer_standard(const struct layer_kind *kind) {
    struct layer_spec spec = {.kind = kind,
                              .activation_parameter = (double)NAN,
                              .l2 = LAYER_L2_USUAL,
                              .alpha_initializer = INITIALIZER_ZEROS};
    const struct argument_table table = layer_arguments(kind);
    arguments_set_standards(&table, &spec);
    return spec;
}

bool layer_same_place(const struct layer_spec *a, const struct layer_spec *b) {
    return a->shared == b->shared && a->input_count == b->input_count &&
           memcmp(a->inputs, b->inputs, a->input_count) == 0;
}

bool layer_equal(const struct layer_spec *a, const struct layer_spec *b) {
    const struct argument_table table = layer_arguments(a->kind);
    const struct argument_table learned = layer_learned_arguments(a->activation);
    const bool unknown = isnan(a->activation_parameter) && isnan(b->activation_parameter);
    /* Most of those that are asked about are alike in each byte. */
    if (memcmp((const char *)a, (const char *)b, sizeof *a) == 0)
        return true;
    return a->kind == b->kind && a->activation == b->activation &&
           (unknown || a->activation_parameter == b->activation_parameter) &&
           arguments_equal(&table, a, b) && arguments_equal(&learned, a, b) &&
           layer_same_place(a, b) &&
           (a->kind != &layer_output || named_output_equal(a->output, b->output)) &&
           (a->kind != &layer_input_layer || strcmp(a->input->name, b->input->name) == 0);
}

struct shape layer_alpha_shape(const struct layer_spec *spec, struct shape output) {
    for (size_t i = 0; i < output.rank; i++)
        if (spec->shared_axes >> i & 1)
            output.dims[i] = 1;
    return output;
}

const char *layer_refusal(const struct layer_spec *spec, size_t index, const struct shape *values,
                          struct shape *input) {
    const size_t count = layer_source_count(spec);
    *input = values[layer_source(spec, index, 0)];
    if (spec->kind->merges) {
        struct shape inputs[LAYER_INPUTS_MAX];
        for (size_t k = 0; k < count; k++)
            inputs[k] = values[layer_source(spec, index, k)];
        return spec->kind->merges(inputs, count, input);
    }
    if (count > 1)
        return "it takes one input";
    const char *reason = spec->kind->refuses ? spec->kind->refuses(spec, *input) : NULL;
    return !reason && spec->shared_axes >> layer_shape(spec, *input).rank
               ? "its shared_axes are more than that has axes, the first being 1"
               : reason;
}

bool layer_activation_is_plain(const struct layer_spec *spec) {
    const struct argument_table learned = layer_learned_arguments(spec->activation);
    bool plain = isnan(spec->activation_parameter);
    for (size_t i = 0; i < learned.count; i++)
        plain = plain && argument_is_standard(spec, &learned.rows[i]);
    return plain;
}

/* Whether a shape has more than so many numbers. */
static bool exceeds(struct shape shape, size_t most) {
    size_t size = 1;
    for (size_t i = 0; i < shape.rank; i++) {
        if (shape.dims[i] > most / size)
            return true;
        size *= shape.dims[i];
    }
    return false;
}

const char *layer_excess(const struct layer_spec *spec, struct shape input) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    if (exceeds(layer_shape(spec, input), (size_t)1 << 28))
        return "its outputs would be more than 2^28";
    const size_t count = layer_list_arrays(spec, input, arrays);
    for (size_t i = 0; i < count; i++)
        if (exceeds(arrays[i].shape, (size_t)1 << 32))
            return "its weights would be more than 2^32";
    return NULL;
}

struct shape layer_shape(const struct layer_spec *spec, struct shape input) {
    return spec->kind->shape ? spec->kind->shape(spec, input) : input;
}

size_t layer_list_arrays(const struct layer_spec *spec, struct shape input,
                         struct layer_array arrays[LAYER_ARRAYS_MAX]) {
    size_t count = spec->kind->arrays ? spec->kind->arrays(spec, input, arrays) : 0;
    if (spec->activation && spec->activation->learned)
        arrays[count++] =
            (struct layer_array){.name = "alpha",
                                 .shape = layer_alpha_shape(spec, layer_shape(spec, input)),
                                 .initializer = &initializers[spec->alpha_initializer]};
    for (size_t i = 0; i < count && spec->shared; i++)
        if (arrays[i].role == ARRAY_WEIGHTS)
            arrays[i].role = ARRAY_SHARED_WEIGHTS;
        else if (arrays[i].role == ARRAY_STATE)
            arrays[i].role = ARRAY_SHARED_STATE;
    return count;
}

struct layer_counts layer_count(const struct layer_spec *spec, struct shape input) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(spec, input, arrays);
    struct layer_counts counts = {0};
    for (size_t i = 0; i < count; i++) {
        counts.weights += arrays[i].role == ARRAY_WEIGHTS ? shape_size(arrays[i].shape) : 0;
        counts.state += arrays[i].role == ARRAY_STATE ? shape_size(arrays[i].shape) : 0;
    }
    return counts;
}
