#include "nn/group.h"

#include "math/interleaved.h"
#include "nn/metric.h"

#include <string.h>

/* Wider layers fill registers by themselves, and many of them the caches. */
#define WIDEST 32

bool group_takes(const struct network_spec *spec) {
    struct shape shape = spec->input;
    bool takes = network_takes_panel(spec) && network_is_chain(spec);
    for (size_t i = 0; takes && i < spec->layer_count; i++) {
        shape = layer_shape(&spec->layers[i], shape);
        takes = spec->layers[i].kind->interleaves && shape_size(shape) <= WIDEST;
    }
    return takes;
}

/* Asked for every two networks of an ensemble: what is compared at once comes first. */
bool group_takes_both(const struct network_spec *a, const struct network_spec *b) {
    bool same = a->layer_count == b->layer_count && a->loss == b->loss &&
                network_loss_is_plain(a) == network_loss_is_plain(b) &&
                network_kernel(a) == network_kernel(b) && network_decays(a) == network_decays(b) &&
                (a->l2 != 0) == (b->l2 != 0);
    for (size_t i = 0; same && i < a->layer_count; i++)
        same = a->layers[i].activation == b->layers[i].activation &&
               a->layers[i].activation_parameter == b->layers[i].activation_parameter;
    return same && network_same_shape(a, b);
}

/* Weights that follow the first kernel. */
static size_t rest_of(const struct network_spec *spec) {
    return network_counts(spec).weights -
           network_inputs(spec) * shape_size(network_layer_input(spec, 1));
}

/* Point the layers to what they need for a batch from `floats` on, and return how much that is. */
static size_t lay_out_layers(struct layer *layers, const struct network_spec *spec, size_t rows_max,
                             float *floats) {
    struct layer_room rooms[LAYER_ROOMS_MAX];
    size_t used = 0;
    layers_begin(layers, spec, LANES);
    for (size_t i = 0; i < spec->layer_count; i++) {
        const size_t count = layer_rooms(layers, spec, i, rooms);
        for (size_t j = 0; j < count; j++) {
            *rooms[j].place = floats ? floats + used : NULL;
            used += layer_room_floats(&rooms[j], rows_max);
        }
    }
    layers_connect(layers, spec);
    return used;
}

size_t group_floats(const struct network_spec *spec, size_t rows_max) {
    struct layer layers[NETWORK_LAYERS_MAX];
    return LANES * (rest_of(spec) * (2 + network_kernel(spec)->slots) + OPTIMIZER_CONSTANTS_MAX) +
           lay_out_layers(layers, spec, rows_max, NULL);
}

static float *take(float **floats, size_t count) {
    float *taken = *floats;
    *floats += count * LANES;
    return taken;
}

/* Copy rows x units values between a lane and a network's own rows of `stride`. */
static void copy_values(float *own, size_t stride, float *in_lane, size_t rows, size_t units,
                        bool to_lane) {
    for (size_t row = 0; row < rows; row++, own += stride)
        for (size_t unit = 0; unit < units; unit++, in_lane += LANES)
            *(to_lane ? in_lane : &own[unit]) = *(to_lane ? &own[unit] : in_lane);
}

/* Copy all but the first kernel's part of an array between a network and its lane. */
static void copy_lane(const struct network *network, float *own, float *lane, bool to_lane) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    own += network->rest;
    for (size_t i = 0; i < network->spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        layer_list_arrays(layer->spec, layer->input, arrays);
        for (size_t a = i == 0; a < layer->array_count; a++) {
            if (arrays[a].role != ARRAY_WEIGHTS)
                continue;
            const size_t rows = shape_rows(arrays[a].shape), units = shape_columns(arrays[a].shape);
            copy_values(own, PAD_TO_LANES(units), lane, rows, units, to_lane);
            own += shape_padded(arrays[a].shape);
            lane += shape_size(arrays[a].shape) * LANES;
        }
    }
}

static void copy_all(const struct group *group, bool to_lanes) {
    const size_t slots = network_kernel(group->spec)->slots;
    for (size_t lane = 0; lane < group->count; lane++) {
        const struct network *network = group->networks[lane];
        copy_lane(network, network->parameters, group->parameters + lane, to_lanes);
        for (size_t slot = 0; slot < slots; slot++)
            copy_lane(network, network->optimizer.slots[slot], group->slots[slot] + lane, to_lanes);
    }
}

void group_gather(struct group *group, struct network *const *networks, size_t count,
                  size_t rows_max, float *floats) {
    const struct network_spec *spec = networks[0]->spec;
    memset(floats, 0, group_floats(spec, rows_max) * sizeof *floats);
    *group = (struct group){.count = count, .spec = spec, .rest = rest_of(spec)};
    for (size_t lane = 0; lane < count; lane++) {
        group->networks[lane] = networks[lane];
        group->specs[lane] = networks[lane]->spec;
    }
    group->parameters = take(&floats, group->rest);
    group->gradients = take(&floats, group->rest);
    for (size_t slot = 0; slot < network_kernel(spec)->slots; slot++)
        group->slots[slot] = take(&floats, group->rest);
    group->constants = take(&floats, OPTIMIZER_CONSTANTS_MAX);
    lay_out_layers(group->layers, spec, rows_max, floats);
    layers_place(group->layers, spec, group->parameters, group->gradients, NULL, true);
    copy_all(group, true);
}

void group_scatter(const struct group *group) {
    copy_all(group, false);
}

/* Network by network, for losses that have no form for all at once. */
static void losses_apart(struct group *group, const struct targets *targets, size_t rows,
                         double sums[LANES], float *delta) {
    const struct layer *output = layers_output(group->layers);
    const size_t units = output->units;
    for (size_t lane = 0; lane < group->count; lane++) {
        struct network *network = group->networks[lane];
        const struct layer *own = layers_output(network->layers);
        copy_values(own->z, own->stride, output->z + lane, rows, units, false);
        copy_values(own->y, own->stride, output->y + lane, rows, units, false);
        sums[lane] = network_loss(network, targets, rows, delta != NULL);
        if (delta)
            copy_values(own->delta, own->stride, delta + lane, rows, units, true);
    }
}

/* The losses and, unless it is NULL, their gradient at the outputs. */
static void judge(struct group *group, const struct targets *targets, size_t rows,
                  double sums[LANES], size_t hits[LANES], float *delta) {
    const struct layer *output = layers_output(group->layers);
    const size_t units = output->units;
    const struct loss_rows all = {.z = output->z,
                                  .y = output->y,
                                  .targets = *targets,
                                  .rows = rows,
                                  .classes = units,
                                  .stride = units};
    if (!network_loss_is_plain(group->spec) ||
        !loss_interleaved(group->spec->loss, output->spec->activation, &all, sums, delta))
        losses_apart(group, targets, rows, sums, delta);
    metric_hits_interleaved(output->y, *targets, rows, units, hits);
}

static struct layer_pass pass_of(struct group *group, size_t rows) {
    group->rows = rows;
    return (struct layer_pass){.rows = rows, .specs = group->specs, .count = group->count};
}

void group_predict(struct group *group, const struct targets *targets, size_t rows,
                   double sums[LANES], size_t hits[LANES]) {
    const struct layer_pass pass = pass_of(group, rows);
    layers_forward(group->layers, NULL, &pass);
    judge(group, targets, rows, sums, hits, NULL);
}

/* Empty lanes step as the first one: what becomes of them does not matter, but that is quick. */
static void collect_constants(struct group *group) {
    for (size_t k = 0; k < OPTIMIZER_CONSTANTS_MAX; k++)
        for (size_t lane = 0; lane < LANES; lane++)
            group->constants[k * LANES + lane] =
                group->networks[lane < group->count ? lane : 0]->constants[k];
}

static void step(const struct group *group) {
    struct optimizer_weights weights = {.rows = group->rest,
                                        .columns = LANES,
                                        .constants = group->constants,
                                        .weights = group->parameters,
                                        .gradients = group->gradients};
    for (size_t slot = 0; slot < network_kernel(group->spec)->slots; slot++)
        weights.slots[slot] = group->slots[slot];
    layers_step(group->layers, group->spec, &weights);
}

void group_train(struct group *group, const struct targets *targets, size_t rows, size_t epoch,
                 size_t first_row, double sums[LANES], size_t hits[LANES]) {
    struct layer_pass pass = pass_of(group, rows);
    pass.training = true;
    pass.epoch = epoch;
    pass.first_row = first_row;
    layers_forward(group->layers, NULL, &pass);
    judge(group, targets, rows, sums, hits, layers_output(group->layers)->delta);
    layers_backward(group->layers, &pass);
    for (size_t lane = 0; lane < group->count; lane++)
        network_begin_step(group->networks[lane]);
    collect_constants(group);
    step(group);
}

static void copy_outputs(const struct group *group, size_t lane, bool to_lane) {
    const struct network *network = group->networks[lane];
    const struct layer *own = layers_output(network->layers);
    const struct layer *output = layers_output(group->layers);
    copy_values(own->y, own->stride, output->y + lane, group->rows, own->units, to_lane);
}

static void copy_batch(const struct group *group, bool to_lanes) {
    for (size_t lane = 0; lane < group->count; lane++) {
        const struct layer *own = &group->networks[lane]->layers[0];
        copy_outputs(group, lane, to_lanes);
        copy_values(own->delta, own->stride, group->layers[0].delta + lane, group->rows, own->units,
                    to_lanes);
    }
}

void group_gather_batch(struct group *group, size_t rows) {
    group->rows = rows;
    collect_constants(group);
    copy_batch(group, true);
}

void group_scatter_batch(const struct group *group) {
    copy_batch(group, false);
}

void group_give_outputs(const struct group *group, size_t lane) {
    copy_outputs(group, lane, false);
}

static void add_squares(const struct layer_weights *weights, void *squares) {
    double(*parts)[LANES] = squares;
    const float *value = weights->values;
    for (size_t row = 0; row < shape_rows(weights->shape); row++)
        for (size_t unit = 0; unit < shape_columns(weights->shape); unit++, value += LANES)
            interleaved_add_squares(value, parts[unit % 8]);
}

void group_penalties(const struct group *group, double first_kernels[8][LANES],
                     double penalties[LANES]) {
    layers_each_kernel(group->layers, group->spec, add_squares, first_kernels);
    for (size_t lane = 0; lane < group->count; lane++) {
        double sum = 0;
        for (size_t i = 0; i < 8; i++)
            sum += first_kernels[i][lane];
        penalties[lane] = group->networks[lane]->spec->l2 * sum;
    }
}
