#include "nn/layer.h"

#include <string.h>

/* Floats of an array of so many networks. */
static size_t layer_floats(struct shape shape, size_t networks) {
    return networks == 1 ? shape_padded(shape) : shape_size(shape) * networks;
}

/* An image's numbers in a row. */
static struct shape vector_of(struct shape shape) {
    return shape_vector(shape_size(shape));
}

static size_t row_floats(struct shape shape, size_t networks) {
    return layer_floats(vector_of(shape), networks);
}

struct layer_input layer_input(const struct layer *layer, size_t k) {
    const struct layer *layers = layer - layer->index;
    const size_t source = layer_source(layer->spec, layer->index, k);
    if (source == 0)
        return (struct layer_input){layers->x, layers->image, layers->image_stride};
    const struct layer *from = &layers[source - 1];
    return (struct layer_input){from->y, from->output, from->stride};
}

void layers_begin(struct layer *layers, const struct network_spec *spec, size_t networks) {
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *own = &spec->layers[i];
        const struct shape input = network_layer_input(spec, i), output = layer_shape(own, input);
        const size_t source = layer_source(own, i, 0);
        layers[i] = (struct layer){.spec = own,
                                   .index = i,
                                   .number = network_layer_number(spec, i),
                                   .networks = networks,
                                   .from = source > 0 ? &layers[source - 1] : NULL,
                                   .input = input,
                                   .output = output,
                                   .inputs = shape_size(input),
                                   .units = shape_size(output),
                                   .input_stride = row_floats(input, networks),
                                   .stride = row_floats(output, networks),
                                   .image = spec->input,
                                   .image_stride = row_floats(spec->input, networks)};
        layers[i].joined = networks == 1 ? network_joined(spec, i) : NULL;
        layers[i].last = &layers[i + (layers[i].joined != NULL)];
        if (own->shared)
            layers[own->shared - 1].is_shared = true;
    }
    for (size_t k = 0; k < network_output_count(spec); k++) {
        const struct network_output output = network_output(spec, k);
        layers[output.layer].gives_output = true;
        layers[output.of].joint = output.joint;
    }
}

void layers_place(struct layer *layers, const struct network_spec *spec, float *weights,
                  float *gradients, float *state, bool in_panel) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    for (size_t i = 0; i < spec->layer_count; i++) {
        struct layer *layer = &layers[i];
        layer->array_count = layer_list_arrays(layer->spec, layer->input, arrays);
        for (size_t a = i == 0 && in_panel; a < layer->array_count; a++) {
            const size_t floats = layer_floats(arrays[a].shape, layer->networks);
            if (arrays[a].role == ARRAY_SHARED_WEIGHTS || arrays[a].role == ARRAY_SHARED_STATE)
                layer->values[a] = layers[layer->spec->shared - 1].values[a];
            if (arrays[a].role == ARRAY_STATE) {
                layer->values[a] = state;
                state += floats;
            } else if (arrays[a].role == ARRAY_WEIGHTS) {
                layer->values[a] = weights;
                layer->gradients[a] = gradients;
                weights += floats;
                gradients += floats;
            }
        }
    }
}

/* The layer whose delta is this one's as well: of what it gives the only reader, which makes the
 * gradient at that of its own. layer_count: none. */
static size_t delta_sharer(const struct network_spec *spec, size_t index) {
    const size_t reader = network_last_reader(spec, index + 1);
    return reader < spec->layer_count && spec->layers[reader].kind->in_place &&
                   network_readers(spec, index + 1) == 1
               ? reader
               : spec->layer_count;
}

/* Whether some layer with this one's delta is the first or the last: that delta is read, or its
 * padding written, outside of a pass. */
static bool delta_is_kept(const struct network_spec *spec, size_t index) {
    const bool last = network_gives_output(spec, index);
    for (size_t source; (source = layer_source(&spec->layers[index], index, 0)) > 0;
         index = source - 1)
        if (delta_sharer(spec, source - 1) != index)
            break;
    return last || index == 0;
}

/* Whether the gradient at a layer's k-th input is added to that of another reader, who comes first
 * on the way back. */
static bool adds_delta(const struct network_spec *spec, size_t index, size_t k) {
    const struct layer_spec *layer = &spec->layers[index];
    const size_t source = layer_source(layer, index, k);
    bool adds = network_last_reader(spec, source) > index;
    for (size_t before = 0; before < k; before++)
        adds |= layer_source(layer, index, before) == source;
    return adds && source > 0;
}

/* Floats of a row in which a layer's gradient at an input stands before it is added; 0: none. */
static size_t spilled_floats(const struct network_spec *spec, const struct layer *layer) {
    size_t most = 0;
    for (size_t k = 0; k < layer_source_count(layer->spec); k++) {
        const size_t source = layer_source(layer->spec, layer->index, k);
        if (!adds_delta(spec, layer->index, k))
            continue;
        const size_t floats = row_floats(network_layer_output(spec, source - 1), layer->networks);
        most = floats > most ? floats : most;
    }
    return layer->spec->kind->in_place ? 0 : most;
}

size_t layer_rooms(struct layer *layers, const struct network_spec *spec, size_t index,
                   struct layer_room rooms[LAYER_ROOMS_MAX]) {
    struct layer *layer = &layers[index];
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const bool first = index == 0, last = layer->gives_output;
    const size_t own = row_floats(layer->output, layer->networks);
    const size_t array_count = layer_list_arrays(layer->spec, layer->input, arrays);
    size_t count = 0;
    const bool inside = layer->joined != NULL; /* its z, y and delta are nobody's */
    if (layer->spec->kind->forward && !inside)
        rooms[count++] = (struct layer_room){.place = &layer->own_z,
                                             .floats = own,
                                             .kept = first || (last && !layer->spec->activation),
                                             .outputs = last};
    if (layer->spec->activation && !inside)
        rooms[count++] = (struct layer_room){
            .place = &layer->own_y, .floats = own, .kept = last, .outputs = last};
    if (inside)
        rooms[count++] =
            (struct layer_room){.place = &layer->kept,
                                .floats = layer->joined->kept(layer->spec, layer->input),
                                .together = true};
    if (delta_sharer(spec, index) == spec->layer_count && !inside)
        rooms[count++] = (struct layer_room){
            .place = &layer->delta, .floats = own, .kept = delta_is_kept(spec, index)};
    const size_t spilled = spilled_floats(spec, layer);
    if (spilled > 0)
        rooms[count++] = (struct layer_room){.place = &layer->spill, .floats = spilled};
    for (size_t a = 0; a < array_count; a++)
        if (arrays[a].role == ARRAY_SHARED_WEIGHTS)
            rooms[count++] =
                (struct layer_room){.place = &layer->gradients[a],
                                    .floats = layer_floats(arrays[a].shape, layer->networks),
                                    .together = true};
        else if (arrays[a].role == ARRAY_BATCH || arrays[a].role == ARRAY_MOMENTS)
            rooms[count++] = (struct layer_room){
                .place = &layer->values[a],
                .floats = layer_floats(arrays[a].role == ARRAY_BATCH ? vector_of(arrays[a].shape)
                                                                     : arrays[a].shape,
                                       layer->networks),
                .together = arrays[a].role == ARRAY_MOMENTS};
    return count;
}

/* Whether a layer's gradient at its input goes where its kind's backward pass does not put it. */
static bool passes_on(const struct network_spec *spec, size_t index) {
    const struct layer_spec *layer = &spec->layers[index];
    const size_t source = layer_source(layer, index, 0);
    return layer->kind->merges ||
           (source > 0 && (adds_delta(spec, index, 0) ||
                           (layer->kind->in_place && delta_sharer(spec, source - 1) != index)));
}

void layers_connect(struct layer *layers, const struct network_spec *spec) {
    for (size_t i = spec->layer_count; i-- > 0;) {
        const size_t sharer = delta_sharer(spec, i);
        if (sharer < spec->layer_count)
            layers[i].delta = layers[sharer].delta;
    }
    for (size_t i = 0; i < spec->layer_count; i++) {
        struct layer *layer = &layers[i];
        const struct layer *from = layer->from;
        layer->passes_on = passes_on(spec, i);
        layer->input_delta = layer->spill ? layer->spill : from ? from->delta : NULL;
        layer->z = layer->own_z || !from ? layer->own_z : from->y;
        layer->y = layer->own_y ? layer->own_y : layer->z;
    }
}

/* Of several networks, a unit's alphas stand side by side. */
static void set_alpha(const struct layer *layer, struct activation_arguments *arguments) {
    const struct shape alpha = layer_alpha_shape(layer->spec, layer->output);
    size_t step = layer->networks, at = ALPHA_AXES;
    for (size_t i = 0; i < ALPHA_AXES; i++)
        arguments->axes[i].count = 1;
    if (layer->networks > 1)
        arguments->axes[--at] = (struct alpha_axis){layer->networks, 1};
    for (size_t i = alpha.rank; i-- > 0;) {
        arguments->axes[--at] =
            (struct alpha_axis){layer->output.dims[i], alpha.dims[i] > 1 ? step : 0};
        step *= step == 1 ? PAD_TO_LANES(alpha.dims[i]) : alpha.dims[i];
    }
    arguments->alpha = layer->values[layer->array_count - 1];
    arguments->alpha_gradient = layer->gradients[layer->array_count - 1];
    arguments->alpha_floats = layer_floats(alpha, layer->networks);
}

static struct activation_arguments arguments_of(const struct layer *layer, size_t rows) {
    struct activation_arguments arguments = {
        .of = layer->spec->activation,
        .rows = rows,
        .units = layer->units * layer->networks,
        .stride = layer->stride,
        .channels = layer->output.rank > 1 ? shape_columns(layer->output) : 0,
        .parameter = (float)layer->spec->activation_parameter};
    if (layer->spec->activation->learned)
        set_alpha(layer, &arguments);
    return arguments;
}

static void activate(const struct layer *layer, size_t rows) {
    const struct activation *activation = layer->spec->activation;
    const struct activation_arguments arguments = arguments_of(layer, rows);
    (layer->networks > 1 && activation->forward_interleaved
         ? activation->forward_interleaved
         : activation->forward)(layer->z, layer->y, &arguments);
}

static void activate_back(const struct layer *layer, size_t rows) {
    const struct activation *activation = layer->spec->activation;
    const struct activation_arguments arguments = arguments_of(layer, rows);
    (layer->networks > 1 && activation->backward_interleaved
         ? activation->backward_interleaved
         : activation->backward)(layer->z, layer->y, layer->delta, &arguments);
}

bool layers_part(const struct network_spec *spec) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const struct layer_kind *last = spec->layers[spec->layer_count - 1].kind;
    bool may = last->forward && !last->only_training; /* if one gives an output, all of them do */
    for (size_t i = 0; i < spec->layer_count && may; i++) {
        const size_t count =
            layer_list_arrays(&spec->layers[i], network_layer_input(spec, i), arrays);
        for (size_t a = 0; a < count; a++)
            may = may && arrays[a].role != ARRAY_MOMENTS && arrays[a].role != ARRAY_STATE;
        may = may && !spec->layers[i].shared && !spec->layers[i].kind->plugin;
    }
    return may;
}

/* The outputs from a row of the batch on. */
static void wind(struct layer *output, size_t row) {
    output->z = output->own_z ? output->own_z + row * output->stride : output->z;
    output->y = output->own_y ? output->own_y + row * output->stride : output->z;
}

void layers_rewind(struct layer *layers, const struct network_spec *spec) {
    for (size_t i = 0; i < spec->layer_count; i++)
        if (layers[i].gives_output)
            wind(&layers[i], 0);
}

/* From a layer's x to its z, or to that of the last one that its passes take, which begins there
 * in its room. */
static void pass_forward(struct layer *layer, const struct layer_pass *pass, size_t at) {
    const struct layer_kind *kind = layer->spec->kind;
    struct layer *last = layer->last;
    const bool does = kind->forward && (pass->training || !kind->only_training);
    last->z = does ? last->own_z + at : layer->x;
    if (layer->joined)
        layer->joined->forward(layer, pass);
    else if (does)
        kind->forward(layer, pass);
}

void layers_forward(struct layer *layers, float *x, const struct layer_pass *pass) {
    const struct layer *end = layers + pass->specs[0]->layer_count;
    for (struct layer *layer = layers; layer < end; layer++) {
        struct layer *last = layer->last;
        const size_t at = last->gives_output ? pass->batch_row * last->stride : 0;
        layer->x = layer->from ? layer->from->y : x;
        pass_forward(layer, pass, at);
        layer = last;
        layer->y = layer->spec->activation ? layer->own_y + at : layer->z;
        if (layer->spec->activation)
            activate(layer, pass->rows);
    }
}

/* Add the gradients of a value, row by row. */
static void add_rows(float *sum, const float *more, size_t rows, size_t units, size_t stride) {
    for (size_t row = 0; row < rows; row++, sum += stride, more += stride)
        for (size_t i = 0; i < units; i++)
            sum[i] += more[i];
}

/* Pass a layer's gradient at its k-th input on. Values have several readers: the last of these puts
 * its gradient there, the others add theirs, from the last to the first. */
static void pass_on(struct layer *layer, const struct layer_pass *pass, size_t k) {
    struct layer *layers = layer - layer->index;
    const size_t source = layer_source(layer->spec, layer->index, k);
    if (source == 0)
        return;
    const struct layer *from = &layers[source - 1];
    const bool adds = adds_delta(pass->specs[0], layer->index, k);
    const size_t units = from->units * from->networks;
    float *own = layer->spec->kind->in_place ? layer->delta : adds ? layer->spill : from->delta;
    if (layer->spec->kind->merges)
        layer->spec->kind->backward_at(layer, pass, k, own);
    if (adds)
        add_rows(from->delta, own, pass->rows, units, from->stride);
    else if (own != from->delta)
        memcpy(from->delta, own, pass->rows * from->stride * sizeof *own);
}

/* Add the gradients of the layers that are this one once more, the first of them first. */
static void add_shared(struct layer *layer, const struct layer_pass *pass) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    struct layer *layers = layer - layer->index;
    const size_t count = layer_list_arrays(layer->spec, layer->input, arrays);
    for (size_t i = layer->index + 1; i < pass->specs[0]->layer_count; i++)
        for (size_t a = 0; layers[i].spec->shared == layer->index + 1 && a < count; a++)
            if (arrays[a].role == ARRAY_WEIGHTS) {
                const size_t floats = layer_floats(arrays[a].shape, layer->networks);
                add_rows(layer->gradients[a], layers[i].gradients[a], 1, floats, floats);
            }
}

void layers_backward(struct layer *layers, const struct layer_pass *pass) {
    for (size_t i = pass->specs[0]->layer_count; i-- > 0;) {
        struct layer *layer = &layers[i];
        if (layer->spec->activation && !layer->joint)
            activate_back(layer, pass->rows);
        if (i > 0 && layers[i - 1].joined) {
            i--;
            layers[i].joined->backward(&layers[i], pass);
        } else if (layer->spec->kind->backward) {
            layer->spec->kind->backward(layer, pass);
        }
        layer = &layers[i];
        for (size_t k = 0; layer->passes_on && k < layer_source_count(layer->spec); k++)
            pass_on(layer, pass, k);
        if (layer->is_shared)
            add_shared(layer, pass);
    }
}

static struct regularizer regularizer_of(const struct network_spec *spec,
                                         const struct layer_spec *layer,
                                         const struct layer_array *kernel) {
    return (struct regularizer){layer->l1, network_layer_l2(spec, layer), layer->max_norm,
                                kernel->kernel_inner};
}

void layers_each_kernel(const struct layer *layers, const struct network_spec *spec,
                        void (*visit)(const struct layer_weights *weights, void *context),
                        void *context) {
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer *layer = &layers[i];
        const size_t count = layer_list_arrays(layer->spec, layer->input, arrays);
        for (size_t a = 0; a < count; a++)
            if (arrays[a].kernel_inner > 0 && layer->gradients[a] && !layer->spec->shared)
                visit(&(struct layer_weights){layer->values[a], layer->gradients[a],
                                              layer_floats(arrays[a].shape, layer->networks),
                                              arrays[a].shape,
                                              regularizer_of(spec, layer->spec, &arrays[a])},
                      context);
    }
}

static void penalise(const struct layer_weights *of, void *context) {
    const struct optimizer_weights *all = context;
    const struct optimizer_weights weights = {.rows = of->floats / LANES,
                                              .columns = all->columns,
                                              .constants = all->constants,
                                              .weights = of->values};
    optimizer_penalise(&weights, of->gradients);
}

static void regularize(const struct layer_weights *of, void *context) {
    (void)context;
    regularizer_add_gradient(&of->regularizer, of->values, of->gradients, of->floats);
}

static void constrain(const struct layer_weights *of, void *context) {
    (void)context;
    regularizer_constrain(&of->regularizer, of->values, of->shape);
}

void layers_penalise(const struct layer *layers, const struct network_spec *spec,
                     const struct optimizer_weights *weights) {
    struct optimizer_weights all = *weights;
    if (network_regularizes_layers(spec))
        layers_each_kernel(layers, spec, regularize, NULL);
    else if (spec->l2 != 0)
        layers_each_kernel(layers, spec, penalise, &all);
}

void layers_step(const struct layer *layers, const struct network_spec *spec,
                 const struct optimizer_weights *weights) {
    int32_t sizes[LANES] = {0};
    struct optimizer_weights all = *weights;
    all.sizes = sizes;
    layers_penalise(layers, spec, weights);
    if (network_decays(spec))
        optimizer_decay(&all);
    network_kernel(spec)->step(&all);
}

void layers_constrain(const struct layer *layers, const struct network_spec *spec) {
    if (network_regularizes_layers(spec))
        layers_each_kernel(layers, spec, constrain, NULL);
}
