#include "nn/network.h"

#include "base/random.h"
#include "nn/stepping.h"

#include <assert.h>
#include <string.h>

bool network_takes_panel(const struct network_spec *spec) {
    bool takes = spec->layers[0].kind->in_panel && network_readers(spec, 0) == 1 &&
                 !network_steps_arrays(spec) && !network_regularizes_layers(spec);
    for (size_t i = 1; takes && i < spec->layer_count; i++)
        takes = spec->layers[i].shared != 1;
    return takes;
}

/* A first layer in a panel is never asked for the gradient at its inputs, which takes the scratch.
 */
static size_t scratch_floats(const struct network_spec *spec) {
    size_t most = 0;
    for (size_t i = network_takes_panel(spec); i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        const struct layer_passes *joined = network_joined(spec, i);
        size_t (*scratch)(const struct layer_spec *spec, struct shape input) =
            joined ? joined->scratch : layer->kind->scratch;
        const size_t floats = scratch ? scratch(layer, network_layer_input(spec, i)) : 0;
        most = floats > most ? floats : most;
    }
    return most;
}

/* A part's numbers stay in the second-level cache from layer to layer and back. In rows of which
 * the kernels take as many at once. */
#define PART_FLOATS ((size_t)1 << 18)
#define PART_ROWS 8

/* Floats of a row in all layers. */
static size_t row_floats(const struct network_spec *spec) {
    struct layer layers[NETWORK_LAYERS_MAX];
    struct layer_room rooms[LAYER_ROOMS_MAX];
    size_t sum = 0;
    layers_begin(layers, spec, 1);
    for (size_t i = 0; i < spec->layer_count; i++) {
        const size_t count = layer_rooms(layers, spec, i, rooms);
        for (size_t j = 0; j < count; j++)
            sum += rooms[j].together ? 0 : rooms[j].floats;
    }
    return sum;
}

static bool has_convolution(const struct network_spec *spec) {
    bool has = false;
    for (size_t i = 0; i < spec->layer_count; i++)
        has = has || (spec->layers[i].kind->flops && !spec->layers[i].kind->in_panel);
    return has;
}

/* Rows to be computed at once, a function of the specification alone since sums depend on it. Parts
 * are for networks with many values and few weights, as convolutions make them: each part costs a
 * sum of all gradients. */
static size_t part_rows(const struct network_spec *spec) {
    if (!has_convolution(spec) || !layers_part(spec))
        return SIZE_MAX;
    const size_t floats = row_floats(spec), fit = PART_FLOATS / floats;
    const size_t rows = fit >= PART_ROWS ? fit / PART_ROWS * PART_ROWS : fit > 0 ? fit : 1;
    return network_parameter_count(spec) < rows * floats / 2 ? rows : SIZE_MAX;
}

/* Layers of one shape may differ in what they keep, as by the window of a pool. */
static bool keeps_no_more(const struct network_spec *spec, const struct network_spec *like,
                          size_t layer) {
    const struct layer_passes *joined = network_joined(spec, layer);
    if (!joined)
        return true;
    const struct shape input = network_layer_input(spec, layer);
    return joined->kept(&spec->layers[layer], input) <= joined->kept(&like->layers[layer], input);
}

/* The padding of what is shared is written with every batch. An arena that only counts gives no
 * room for the layers themselves. */
static void lay_out_layers(struct network *network, const struct network *like, size_t rows_max,
                           struct arena *arena) {
    const struct network_spec *spec = network->spec;
    struct layer_room rooms[LAYER_ROOMS_MAX], others[LAYER_ROOMS_MAX];
    struct layer counted[NETWORK_LAYERS_MAX];
    network->layers = ARENA_NEW(arena, struct layer, spec->layer_count);
    struct layer *layers = network->layers ? network->layers : counted;
    const size_t part = network->part < rows_max ? network->part : rows_max;
    layers_begin(layers, spec, 1);
    for (size_t i = 0; i < spec->layer_count; i++) {
        const size_t count = layer_rooms(layers, spec, i, rooms);
        const size_t shared =
            like && keeps_no_more(spec, like->spec, i)
                ? layer_rooms(like->layers ? like->layers : layers, like->spec, i, others)
                : 0;
        assert(shared == 0 || shared == count);
        for (size_t j = 0; j < count; j++)
            *rooms[j].place =
                j < shared && !rooms[j].kept
                    ? *others[j].place
                    : ARENA_NEW(arena, float,
                                layer_room_floats(&rooms[j], rooms[j].outputs ? rows_max : part));
        layers[i].scratch = network->scratch;
    }
    layers_connect(layers, spec);
}

static void lay_out_outputs(struct network *network, const struct network *like, size_t rows_max,
                            struct arena *arena) {
    network->output_count = network_output_count(network->spec);
    network->outputs = ARENA_NEW(arena, struct network_output, network->output_count);
    for (size_t k = 0; network->outputs && k < network->output_count; k++)
        network->outputs[k] = network_output(network->spec, k);
    if (network_has_named_outputs(network->spec))
        network->labels = like ? like->labels : ARENA_NEW(arena, uint8_t, rows_max);
}

void network_lay_out(struct network *network, const struct network_spec *spec, bool in_panel,
                     const struct network *like, size_t rows_max, struct arena *arena) {
    const struct network_state shape = network_state_shape(spec);
    if (like && (!network_same_shape(spec, like->spec) || in_panel != like->in_panel))
        like = NULL;
    *network = (struct network){.spec = spec,
                                .in_panel = in_panel,
                                .floats = shape.floats,
                                .class_weight = spec->class_weight};
    network->parameters = ARENA_NEW(arena, float, network->floats);
    network->rest =
        in_panel ? network_inputs(spec) * PAD_TO_LANES(shape_size(network_layer_output(spec, 0)))
                 : 0;
    for (size_t slot = 0; slot + 1 < shape.array_count; slot++)
        network->optimizer.slots[slot] = ARENA_NEW(arena, float, network->floats);
    network->kept = ARENA_NEW(arena, float, shape.kept_floats);
    network->lane_constants = ARENA_NEW(arena, float, OPTIMIZER_CONSTANTS_MAX *LANES);
    network->gradients =
        like ? like->gradients : ARENA_NEW(arena, float, network->floats - network->rest);
    network->part = part_rows(spec);
    if (network->part < rows_max)
        network->sums = like ? like->sums : ARENA_NEW(arena, float, network->floats);
    const size_t scratch = scratch_floats(spec);
    network->scratch = like && scratch <= scratch_floats(like->spec)
                           ? like->scratch
                           : ARENA_NEW(arena, float, scratch);
    lay_out_outputs(network, like, rows_max, arena);
    network->step_scratch = like && network_kernel(spec) == network_kernel(like->spec)
                                ? like->step_scratch
                                : ARENA_NEW(arena, float, stepping_scratch(spec));
    lay_out_layers(network, like, rows_max, arena);
}

/* Copy an array's rows out or in, whichever is there. */
static void copy_array(float *padded, struct shape shape, float *out, const float *in) {
    const size_t columns = shape_columns(shape), bytes = columns * sizeof(float);
    for (size_t row = 0; row < shape_rows(shape); row++, padded += PAD_TO_LANES(columns)) {
        if (out)
            memcpy(out + row * columns, padded, bytes);
        else
            memcpy(padded, in + row * columns, bytes);
    }
}

static void copy_parameters(const struct network *network, float *out, const float *in) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    size_t at = 0;
    for (size_t i = 0; i < network->spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        layer_list_arrays(layer->spec, layer->input, arrays);
        for (size_t a = 0; a < layer->array_count; a++) {
            if (!layer_array_stays(&arrays[a]))
                continue;
            copy_array(layer->values[a], arrays[a].shape, out ? out + at : NULL,
                       in ? in + at : NULL);
            at += shape_size(arrays[a].shape);
        }
    }
}

void network_get_parameters(const struct network *network, float *parameters) {
    copy_parameters(network, parameters, NULL);
}

void network_set_parameters(struct network *network, const float *parameters) {
    copy_parameters(network, NULL, parameters);
}

/* The initializer knows nothing of padding: it fills the front of the array, and the rows are then
 * moved apart from the last to the first. */
static void initialise(const struct initializer *initializer, struct random_source source,
                       struct shape shape, float *values) {
    const size_t columns = shape_columns(shape), stride = PAD_TO_LANES(columns);
    initializer_fill(initializer, values, shape, source);
    for (size_t row = shape_rows(shape); stride > columns && row-- > 0;) {
        float *to = values + row * stride;
        memmove(to, values + row * columns, columns * sizeof(float));
        memset(to + columns, 0, (stride - columns) * sizeof(float));
    }
}

/* Kernels are numbered for what is drawn for them, and the others in another range, so that
 * neither's numbers depend on the other's. */
static void initialise_all(const struct network *network, bool weights) {
    const struct network_spec *spec = network->spec;
    struct random_source kernels = {spec->seed, RANDOM_WEIGHTS, 0},
                         others = {spec->seed, RANDOM_WEIGHTS, 1U << 16};
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        layer_list_arrays(layer->spec, layer->input, arrays);
        for (size_t a = 0; a < layer->array_count; a++) {
            const struct layer_array *array = &arrays[a];
            const bool drawn = array->kernel_inner > 0 || !array->initializer;
            struct random_source *source = drawn ? &kernels : &others;
            if (array->role == ARRAY_STATE || (weights && array->role == ARRAY_WEIGHTS))
                initialise(array->initializer ? array->initializer : spec->initializer, *source,
                           array->shape, layer->values[a]);
            source->stream += array->role == ARRAY_WEIGHTS;
        }
    }
}

void network_start(struct network *network, const struct network *like) {
    const struct network_spec *spec = network->spec;
    network->rate = NAN;
    layers_place(network->layers, spec, network->parameters + network->rest, network->gradients,
                 network->kept, network->in_panel);
    if (network->in_panel)
        network->layers[0].values[0] = network->parameters;
    initialise_all(network, !like);
    if (like)
        memcpy(network->parameters, like->parameters, network->floats * sizeof(float));
    optimizer_start(spec->optimizer, &spec->optimizer_settings, &network->optimizer,
                    network->floats);
}

struct network_state network_state(const struct network *network) {
    struct network_state state = network_state_shape(network->spec);
    state.iterations = network->optimizer.iterations;
    state.momentum_product = network->optimizer.momentum_product;
    state.arrays[0] = network->parameters;
    for (size_t i = 1; i < state.array_count; i++)
        state.arrays[i] = network->optimizer.slots[i - 1];
    state.kept = network->kept;
    return state;
}

static void copy_unless_same(float *to, const float *from, size_t floats) {
    if (to != from)
        memcpy(to, from, floats * sizeof(float));
}

void network_resume(struct network *network, const struct network_state *state) {
    const struct network_state own = network_state(network);
    for (size_t i = 0; i < own.array_count; i++)
        copy_unless_same(own.arrays[i], state->arrays[i], own.floats);
    copy_unless_same(own.kept, state->kept, own.kept_floats);
    network->optimizer.iterations = state->iterations;
    network->optimizer.momentum_product = state->momentum_product;
}

const float *network_outputs(const struct network *network) {
    return layers_output(network->layers)->y;
}

/* The next part of a pass over so many rows, of which `pass` is the one before, or none. */
static bool next_part(const struct network *network, size_t rows, struct layer_pass *pass) {
    pass->batch_rows = rows;
    pass->batch_row += pass->rows;
    pass->first_row += pass->rows;
    const size_t left = rows - pass->batch_row;
    pass->rows = left < network->part ? left : network->part;
    return left > 0;
}

/* Where a part's inputs begin; NULL where they are a panel's. */
static float *inputs_of(const struct network *network, float *x, const struct layer_pass *pass) {
    return x ? x + pass->batch_row * network->layers[0].image_stride : NULL;
}

const float *network_predict(struct network *network, float *x, size_t rows) {
    struct layer_pass pass = {.specs = &network->spec, .count = 1};
    while (next_part(network, rows, &pass))
        layers_forward(network->layers, inputs_of(network, x, &pass), &pass);
    layers_rewind(network->layers, network->spec);
    return network_outputs(network);
}

struct targets network_targets(const struct network *network, size_t output,
                               const struct targets *targets, size_t first_row, size_t rows) {
    const struct network_output *of = &network->outputs[output];
    struct targets own = targets_from(targets[of->target], first_row);
    if (!of->named || of->named->mapped == 0)
        return own;
    for (size_t row = 0; row < rows; row++)
        network->labels[row] = of->named->map[own.labels[row]];
    return targets_of_labels(network->labels, named_output_classes(of->named, 0));
}

static void scale_rows(float *delta, float weight, size_t floats) {
    for (size_t i = 0; i < floats; i++)
        delta[i] *= weight;
}

/* An output's loss of some rows, which are a part of a batch, and its gradient times its weight. */
static double output_loss(const struct network *network, size_t k, const struct targets *targets,
                          const struct layer_pass *part, bool training) {
    const struct network_output *output = &network->outputs[k];
    const struct layer *layer = &network->layers[output->layer], *of = &network->layers[output->of];
    const struct loss_rows all = {
        .z = of->z,
        .y = layer->y,
        .targets = network_targets(network, k, targets, part->batch_row, part->rows),
        .rows = part->rows,
        .classes = layer->units,
        .stride = layer->stride,
        .batch = part->batch_rows,
        .settings = &output->settings,
        .class_weight = training ? network->class_weight : NULL};
    const double loss = loss_batch(output->loss, output->joint ? output->activation : NULL, &all,
                                   training ? layer->delta : NULL);
    if (training && output->weight != 1)
        scale_rows(layer->delta, (float)output->weight, part->rows * layer->stride);
    return loss;
}

/* That of all outputs. */
static double loss_of(struct network *network, const struct targets *targets,
                      const struct layer_pass *part, bool training) {
    double sum = 0;
    for (size_t k = 0; k < network->output_count; k++) {
        const double loss = output_loss(network, k, targets, part, training);
        network->losses[k] = (part->batch_row > 0 ? network->losses[k] : 0) + loss;
        sum += network->outputs[k].weight * loss;
    }
    return sum;
}

double network_loss(struct network *network, const struct targets *targets, size_t rows,
                    bool training) {
    const struct layer_pass all = {.rows = rows, .batch_rows = rows};
    return loss_of(network, targets, &all, training);
}

void squares_add(struct squares *squares, const float *weights, size_t first_unit, size_t units) {
    for (size_t i = 0; i < units; i++) {
        const double weight = (double)weights[i];
        squares->part[(first_unit + i) % 8] += weight * weight;
    }
}

static void add_squares(const struct layer_weights *weights, void *squares) {
    const size_t columns = shape_columns(weights->shape);
    for (size_t row = 0; row < shape_rows(weights->shape); row++)
        squares_add(squares, weights->values + row * PAD_TO_LANES(columns), 0, columns);
}

static void add_penalty(const struct layer_weights *of, void *sum) {
    *(double *)sum += regularizer_penalty(&of->regularizer, of->values, of->shape);
}

double network_penalty(const struct network *network, struct squares squares) {
    double sum = 0;
    if (network_regularizes_layers(network->spec)) {
        layers_each_kernel(network->layers, network->spec, add_penalty, &sum);
        return sum;
    }
    layers_each_kernel(network->layers, network->spec, add_squares, &squares);
    for (size_t i = 0; i < 8; i++)
        sum += squares.part[i];
    return network->spec->l2 * sum;
}

/* That of the batch which comes next: of a schedule by the batches before it, as Keras has it also
 * where gradients of several are added up. */
static double learning_rate(const struct network *network) {
    const struct network_spec *spec = network->spec;
    const double rate = spec->optimizer_settings.value[OPTIMIZER_LEARNING_RATE];
    if (!isnan(network->rate))
        return (double)network->rate;
    return spec->schedule ? (double)schedule_rate(spec->schedule, rate,
                                                  network->optimizer.iterations, spec->steps)
                          : rate;
}

bool network_begin_step(struct network *network) {
    const struct network_spec *spec = network->spec;
    struct optimizer_settings settings = spec->optimizer_settings;
    settings.value[OPTIMIZER_LEARNING_RATE] = learning_rate(network);
    const bool steps = optimizer_begin(spec->optimizer, &settings, spec->l2, &network->optimizer,
                                       network->constants);
    for (size_t k = 0; k < OPTIMIZER_CONSTANTS_MAX; k++)
        for (size_t i = 0; i < LANES; i++)
            network->lane_constants[k * LANES + i] = network->constants[k];
    return steps;
}

void network_exchange_average(struct network *network) {
    const size_t slots = network_state_shape(network->spec).array_count - 1;
    float *restrict weights = network->parameters, *restrict average;
    if (!optimizer_averages(&network->spec->optimizer_settings))
        return;
    average = network->optimizer.slots[slots - 1];
    for (size_t i = 0; i < network->floats; i++) {
        const float weight = weights[i];
        weights[i] = average[i];
        average[i] = weight;
    }
}

/* Step all weights but a first kernel in a panel. */
static void step(const struct network *network) {
    struct optimizer_weights weights = {.rows = (network->floats - network->rest) / LANES,
                                        .columns = LANES,
                                        .constants = network->lane_constants,
                                        .weights = network->parameters + network->rest,
                                        .gradients = network->gradients};
    for (size_t slot = 0; slot < network_kernel(network->spec)->slots; slot++)
        weights.slots[slot] = network->optimizer.slots[slot] + network->rest;
    layers_step(network->layers, network->spec, &weights);
}

/* sums = those of the parts so far. The last part's stands in the gradients' own place. */
MULTIVERSION static void add_part(const struct network *network, bool first, bool last) {
    float *sums = network->sums, *gradients = network->gradients, *to = last ? gradients : sums;
    if (first && last)
        return;
    if (first)
        memcpy(sums, gradients, network->floats * sizeof *sums);
    else
        for (size_t i = 0; i < network->floats; i += LANES)
            *(lanes *)(to + i) = *(lanes *)(sums + i) + *(lanes *)(gradients + i);
}

double network_train(struct network *network, float *x, const struct targets *targets, size_t rows,
                     size_t epoch, size_t first_row) {
    struct layer_pass pass = {.training = true,
                              .epoch = epoch,
                              .first_row = first_row,
                              .specs = &network->spec,
                              .count = 1};
    double sum = 0;
    while (next_part(network, rows, &pass)) {
        layers_forward(network->layers, inputs_of(network, x, &pass), &pass);
        sum += loss_of(network, targets, &pass, true);
        layers_backward(network->layers, &pass);
        add_part(network, pass.batch_row == 0, pass.batch_row + pass.rows == rows);
    }
    layers_rewind(network->layers, network->spec);
    const bool steps = network_begin_step(network);
    if (network_steps_arrays(network->spec))
        stepping_step(network, steps);
    else
        step(network);
    layers_constrain(network->layers, network->spec);
    return sum;
}
