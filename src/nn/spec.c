#include "nn/spec.h"

#include "base/multiversion.h"

#include <string.h>

const struct optimizer_kernel *network_kernel(const struct network_spec *spec) {
    return optimizer_kernel_of(spec->optimizer, &spec->optimizer_settings);
}

bool network_decays(const struct network_spec *spec) {
    return spec->optimizer_settings.value[OPTIMIZER_WEIGHT_DECAY] != 0;
}

bool network_steps_arrays(const struct network_spec *spec) {
    return optimizer_steps_arrays(spec->optimizer, &spec->optimizer_settings);
}

bool network_loss_is_plain(const struct network_spec *spec) {
    return loss_is_plain(spec->loss, &spec->loss_settings) && !spec->class_weight &&
           !spec->class_balance;
}

bool network_is_penalised(const struct network_spec *spec) {
    bool penalised = spec->l2 != 0;
    for (size_t i = 0; !penalised && i < spec->layer_count; i++)
        penalised = layer_has_kernel(&spec->layers[i]) &&
                    (spec->layers[i].l1 > 0 || spec->layers[i].l2 > 0);
    return penalised;
}

bool network_regularizes_layers(const struct network_spec *spec) {
    bool own = false;
    for (size_t i = 0; !own && i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        own = layer_has_kernel(layer) &&
              (layer->l1 > 0 || layer->max_norm > 0 || network_layer_l2(spec, layer) != spec->l2);
    }
    return own;
}

static struct shape input_of(const struct network_spec *spec, size_t layer,
                             const struct shape *values) {
    struct shape input = values[layer];
    if (layer < spec->layer_count)
        layer_refusal(&spec->layers[layer], layer, values, &input);
    return input;
}

struct shape network_layer_input(const struct network_spec *spec, size_t layer) {
    struct shape values[NETWORK_LAYERS_MAX + 1];
    values[0] = spec->input;
    for (size_t i = 0; i < layer; i++)
        values[i + 1] = layer_shape(&spec->layers[i], input_of(spec, i, values));
    return input_of(spec, layer, values);
}

struct shape network_layer_output(const struct network_spec *spec, size_t layer) {
    return layer_shape(&spec->layers[layer], network_layer_input(spec, layer));
}

size_t network_readers(const struct network_spec *spec, size_t value) {
    size_t readers = 0;
    for (size_t i = value; i < spec->layer_count; i++)
        for (size_t k = 0; k < layer_source_count(&spec->layers[i]); k++)
            readers += layer_source(&spec->layers[i], i, k) == value;
    return readers;
}

size_t network_last_reader(const struct network_spec *spec, size_t value) {
    for (size_t i = spec->layer_count; i-- > value;)
        for (size_t k = 0; k < layer_source_count(&spec->layers[i]); k++)
            if (layer_source(&spec->layers[i], i, k) == value)
                return i;
    return spec->layer_count;
}

bool network_is_chain(const struct network_spec *spec) {
    bool chain = true;
    for (size_t i = 0; chain && i < spec->layer_count; i++)
        chain = spec->layers[i].input_count == 0 && spec->layers[i].shared == 0 &&
                spec->layers[i].kind != &layer_output && spec->layers[i].kind != &layer_input_layer;
    return chain;
}

const struct layer_passes *network_joined(const struct network_spec *spec, size_t layer) {
    const struct layer_spec *own = &spec->layers[layer];
    return own->kind->joins && network_readers(spec, layer + 1) == 1 &&
                   network_last_reader(spec, layer + 1) == layer + 1
               ? own->kind->joins(own, network_layer_input(spec, layer), own + 1)
               : NULL;
}

bool network_has_named_outputs(const struct network_spec *spec) {
    return spec->layers[spec->layer_count - 1].kind == &layer_output;
}

bool network_has_named_inputs(const struct network_spec *spec) {
    bool has = false;
    for (size_t i = 0; i < spec->layer_count; i++)
        has |= spec->layers[i].kind == &layer_input_layer;
    return has;
}

bool network_gives_output(const struct network_spec *spec, size_t layer) {
    return network_has_named_outputs(spec) ? spec->layers[layer].kind == &layer_output
                                           : layer + 1 == spec->layer_count;
}

size_t network_output_count(const struct network_spec *spec) {
    size_t count = 0;
    for (size_t i = 0; i < spec->layer_count; i++)
        count += network_gives_output(spec, i);
    return count;
}

static size_t output_layer(const struct network_spec *spec, size_t output) {
    size_t layer = 0;
    while (!network_gives_output(spec, layer) || output-- > 0)
        layer++;
    return layer;
}

struct network_output network_output(const struct network_spec *spec, size_t number) {
    const size_t layer = output_layer(spec, number);
    const struct layer_spec *own = &spec->layers[layer];
    struct network_output output = {.layer = layer,
                                    .of = layer,
                                    .activation = own->activation,
                                    .loss = spec->loss,
                                    .settings = spec->loss_settings,
                                    .weight = 1,
                                    .units = shape_size(network_layer_output(spec, layer))};
    size_t readers = 1;
    if (own->kind == &layer_output) {
        const size_t value = layer_source(own, layer, 0);
        readers = network_readers(spec, value);
        output.of = value - 1;
        output.activation = spec->layers[value - 1].activation;
        output.named = own->output;
        output.loss = own->output->loss;
        output.settings.value[LOSS_LABEL_SMOOTHING] = own->label_smoothing;
        output.settings.value[LOSS_DELTA] = own->delta;
        output.weight = own->loss_weight;
        output.target = own->target;
    }
    output.joint = readers == 1 && loss_is_joint(output.loss, output.activation);
    return output;
}

size_t network_output_find(const struct network_spec *spec, const char *name) {
    size_t output = 0;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        if (layer->kind == &layer_output && strcmp(layer->output->name, name) == 0)
            return output;
        output += network_gives_output(spec, i);
    }
    return output;
}

size_t network_layer_number(const struct network_spec *spec, size_t layer) {
    size_t number = 0;
    for (size_t i = 0; i < layer; i++)
        number += spec->layers[i].kind == spec->layers[layer].kind;
    return number;
}

struct layer_counts network_counts(const struct network_spec *spec) {
    struct layer_counts sum = {0};
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_counts own = layer_count(&spec->layers[i], network_layer_input(spec, i));
        sum.weights += own.weights;
        sum.state += own.state;
    }
    return sum;
}

size_t network_parameter_count(const struct network_spec *spec) {
    const struct layer_counts counts = network_counts(spec);
    return counts.weights + counts.state;
}

double network_flops(const struct network_spec *spec) {
    double sum = 0;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        if (layer->kind->flops)
            sum += (layer_source(layer, i, 0) == 0 ? 2 : 3) *
                   layer->kind->flops(layer, network_layer_input(spec, i));
    }
    return sum;
}

struct network_state network_state_shape(const struct network_spec *spec) {
    struct network_state state = {.array_count = 1 + network_kernel(spec)->slots +
                                                 optimizer_accumulates(&spec->optimizer_settings) +
                                                 optimizer_averages(&spec->optimizer_settings)};
    for (size_t i = 0; i < spec->layer_count; i++) {
        struct layer_array arrays[LAYER_ARRAYS_MAX];
        const size_t count =
            layer_list_arrays(&spec->layers[i], network_layer_input(spec, i), arrays);
        for (size_t a = 0; a < count; a++) {
            const size_t floats = shape_padded(arrays[a].shape);
            state.floats += arrays[a].role == ARRAY_WEIGHTS ? floats : 0;
            state.kept_floats += arrays[a].role == ARRAY_STATE ? floats : 0;
        }
    }
    return state;
}

static bool same_arrays(const struct layer_spec *a, const struct layer_spec *b,
                        struct shape input) {
    struct layer_array as[LAYER_ARRAYS_MAX], bs[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(a, input, as);
    bool same = count == layer_list_arrays(b, input, bs);
    for (size_t i = 0; same && i < count; i++)
        same = as[i].role == bs[i].role && shape_equal(as[i].shape, bs[i].shape) &&
               as[i].kernel_inner == bs[i].kernel_inner && as[i].initializer == bs[i].initializer;
    return same;
}

static bool same_layer(const struct layer_spec *a, const struct layer_spec *b, struct shape input) {
    return a->kind == b->kind && !a->activation == !b->activation &&
           shape_equal(layer_shape(a, input), layer_shape(b, input)) && layer_same_place(a, b) &&
           same_arrays(a, b, input);
}

/* Asked for every two networks of an ensemble, most of which are alike in all. */
bool network_same_shape(const struct network_spec *a, const struct network_spec *b) {
    bool same = shape_equal(a->input, b->input) && a->layer_count == b->layer_count;
    for (size_t i = 0; same && i < a->layer_count; i++)
        same = (layer_equal(&a->layers[i], &b->layers[i]) ||
                same_layer(&a->layers[i], &b->layers[i], network_layer_input(a, i))) &&
               network_joined(a, i) == network_joined(b, i);
    return same;
}

/* The first layer from `layer` on that has weights. */
static size_t next_with_weights(const struct network_spec *spec, size_t layer) {
    while (layer < spec->layer_count &&
           layer_count(&spec->layers[layer], network_layer_input(spec, layer)).weights == 0)
        layer++;
    return layer;
}

/* Layers without weights may differ. */
bool network_same_start(const struct network_spec *a, const struct network_spec *b) {
    bool same =
        a->seed == b->seed && a->initializer == b->initializer && shape_equal(a->input, b->input);
    size_t i = next_with_weights(a, 0), j = next_with_weights(b, 0);
    while (same && i < a->layer_count && j < b->layer_count) {
        same = shape_equal(network_layer_input(a, i), network_layer_input(b, j)) &&
               same_arrays(&a->layers[i], &b->layers[j], network_layer_input(a, i));
        i = next_with_weights(a, i + 1);
        j = next_with_weights(b, j + 1);
    }
    return same && i == a->layer_count && j == b->layer_count;
}
