#include "nn/spec.h"

#include "base/multiversion.h"

const struct optimizer_kernel *network_kernel(const struct network_spec *spec) {
    return spec->optimizer->kernel(&spec->optimizer_settings);
}

bool network_decays(const struct network_spec *spec) {
    return spec->optimizer_settings.value[OPTIMIZER_WEIGHT_DECAY] != 0;
}

struct shape network_layer_input(const struct network_spec *spec, size_t layer) {
    struct shape shape = spec->input;
    for (size_t i = 0; i < layer; i++)
        shape = layer_shape(&spec->layers[i], shape);
    return shape;
}

const struct layer_passes *network_joined(const struct network_spec *spec, size_t layer) {
    const struct layer_spec *own = &spec->layers[layer];
    return own->kind->joins && layer + 1 < spec->layer_count
               ? own->kind->joins(own, network_layer_input(spec, layer), own + 1)
               : NULL;
}

const struct activation *network_output_activation(const struct network_spec *spec) {
    return spec->layers[spec->layer_count - 1].activation;
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
            sum += (i == 0 ? 2 : 3) * layer->kind->flops(layer, network_layer_input(spec, i));
    }
    return sum;
}

struct network_state network_state_shape(const struct network_spec *spec) {
    struct network_state state = {.array_count = 1 + network_kernel(spec)->slots};
    struct shape input = spec->input;
    for (size_t i = 0; i < spec->layer_count; i++) {
        struct layer_array arrays[LAYER_ARRAYS_MAX];
        const size_t count = layer_list_arrays(&spec->layers[i], input, arrays);
        for (size_t a = 0; a < count; a++) {
            const size_t floats = shape_padded(arrays[a].shape);
            state.floats += arrays[a].role == ARRAY_WEIGHTS ? floats : 0;
            state.kept_floats += arrays[a].role == ARRAY_STATE ? floats : 0;
        }
        input = layer_shape(&spec->layers[i], input);
    }
    return state;
}

static bool same_arrays(const struct layer_spec *a, const struct layer_spec *b,
                        struct shape input) {
    struct layer_array as[LAYER_ARRAYS_MAX], bs[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(a, input, as);
    bool same = count == layer_list_arrays(b, input, bs);
    for (size_t i = 0; same && i < count; i++)
        same = shape_equal(as[i].shape, bs[i].shape) && as[i].initializer == bs[i].initializer;
    return same;
}

static bool same_layer(const struct layer_spec *a, const struct layer_spec *b, struct shape input) {
    return a->kind == b->kind && !a->activation == !b->activation &&
           shape_equal(layer_shape(a, input), layer_shape(b, input)) && same_arrays(a, b, input);
}

/* Asked for every two networks of an ensemble, most of which are alike in all. */
bool network_same_shape(const struct network_spec *a, const struct network_spec *b) {
    bool same = shape_equal(a->input, b->input) && a->layer_count == b->layer_count;
    for (size_t i = 0; same && i < a->layer_count; i++)
        same = layer_equal(&a->layers[i], &b->layers[i]) ||
               (same_layer(&a->layers[i], &b->layers[i], network_layer_input(a, i)) &&
                network_joined(a, i) == network_joined(b, i));
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
