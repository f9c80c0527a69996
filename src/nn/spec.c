#include "nn/spec.h"

#include "base/multiversion.h"

const struct optimizer_kernel *network_kernel(const struct network_spec *spec) {
    return spec->optimizer->kernel(&spec->optimizer_settings);
}

bool network_decays(const struct network_spec *spec) {
    return spec->optimizer_settings.value[OPTIMIZER_WEIGHT_DECAY] != 0;
}

size_t network_layer_inputs(const struct network_spec *spec, size_t layer) {
    return layer == 0 ? spec->inputs : spec->layers[layer - 1].units;
}

size_t network_layer_vectors(const struct network_spec *spec, size_t layer) {
    return spec->layers[layer].activation->learned ? 2 : 1;
}

bool network_drops(const struct network_spec *spec, size_t layer) {
    return spec->dropout > 0 && layer + 1 < spec->layer_count;
}

static size_t layer_rows(const struct network_spec *spec, size_t layer) {
    return network_layer_inputs(spec, layer) + network_layer_vectors(spec, layer);
}

size_t network_parameter_count(const struct network_spec *spec) {
    size_t count = 0;
    for (size_t i = 0; i < spec->layer_count; i++)
        count += spec->layers[i].units * layer_rows(spec, i);
    return count;
}

void network_state_shape(const struct network_spec *spec, size_t *array_count, size_t *floats) {
    *array_count = 1 + network_kernel(spec)->slots;
    *floats = 0;
    for (size_t i = 0; i < spec->layer_count; i++)
        *floats += PAD_TO_LANES(spec->layers[i].units) * layer_rows(spec, i);
}

bool network_same_shape(const struct network_spec *a, const struct network_spec *b) {
    bool same = a->inputs == b->inputs && a->layer_count == b->layer_count;
    for (size_t i = 0; same && i < a->layer_count; i++)
        same = a->layers[i].units == b->layers[i].units &&
               a->layers[i].activation->learned == b->layers[i].activation->learned;
    return same;
}

bool network_same_start(const struct network_spec *a, const struct network_spec *b) {
    return network_same_shape(a, b) && a->seed == b->seed && a->initializer == b->initializer;
}
