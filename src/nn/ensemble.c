#include "nn/ensemble.h"

#include "base/multiversion.h"
#include "math/flush.h"
#include "nn/panel.h"

#include <math.h>
#include <string.h>

/* The networks' own arrays have the canonical form of a state; while they take part, the panel has
 * the first kernels, and these kernels' slots, of those whose first layer's kind allows it. */
struct ensemble {
    size_t count;
    struct network *networks;
    bool *selected;
    struct network **list; /* scratch: those selected */
    double *penalties;     /* of one row of each network, as its weights are; NaN: not known */
    struct panel panel;
    float *x;    /* the inputs padded, for networks that are in no panel */
    bool stale;  /* the panel has to be loaded before its next use */
    bool stored; /* the networks' arrays have what the panel has */
    void (*ended)(void *context, enum ensemble_phase phase);
    void *context;
};

static void lay_out(struct ensemble *ensemble, const struct network_spec *const *specs,
                    size_t count, size_t rows_max, struct arena *arena) {
    *ensemble = (struct ensemble){.count = count, .stale = true, .stored = true};
    ensemble->networks = ARENA_NEW(arena, struct network, count);
    ensemble->selected = ARENA_NEW(arena, bool, count);
    ensemble->list = ARENA_NEW(arena, struct network *, count);
    ensemble->penalties = ARENA_NEW(arena, double, count);
    struct network counted[2] = {{0}};
    for (size_t i = 0; i < count; i++) {
        struct network *network = ensemble->networks ? &ensemble->networks[i] : &counted[i % 2];
        const struct network *like = ensemble->networks ? network - 1 : &counted[1 - i % 2];
        network_lay_out(network, specs[i], network_takes_panel(specs[i]), i > 0 ? like : NULL,
                        rows_max, arena);
    }
    panel_lay_out(&ensemble->panel, specs, count, rows_max, arena);
    ensemble->x = ARENA_NEW(arena, float, rows_max *PAD_TO_LANES(network_inputs(specs[0])));
}

static void forget_penalties(struct ensemble *ensemble) {
    for (size_t i = 0; i < ensemble->count; i++)
        ensemble->penalties[i] = (double)NAN;
}

enum status ensemble_init(struct ensemble **made, const struct network_spec *const *specs,
                          size_t count, size_t rows_max, struct arena *arena, struct error *error) {
    struct ensemble counted, *ensemble = ARENA_NEW(arena, struct ensemble, 1);
    lay_out(ensemble ? ensemble : &counted, specs, count, rows_max, arena);
    *made = arena->failed ? NULL : ensemble;
    if (arena->failed)
        return error_memory(error);
    if (!ensemble)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        const bool alike = i > 0 && network_same_start(specs[i], specs[i - 1]);
        network_start(&ensemble->networks[i], alike ? &ensemble->networks[i - 1] : NULL);
        ensemble->selected[i] = true;
    }
    forget_penalties(ensemble);
    return STATUS_OK;
}

void ensemble_balance(struct ensemble *ensemble, const float *class_weight) {
    for (size_t i = 0; i < ensemble->count; i++)
        if (ensemble->networks[i].spec->class_balance)
            ensemble->networks[i].class_weight = class_weight;
}

static void store(struct ensemble *ensemble) {
    if (!ensemble->stored)
        panel_store(&ensemble->panel);
    ensemble->stored = true;
}

static void load(struct ensemble *ensemble) {
    size_t count = 0;
    if (!ensemble->stale)
        return;
    ensemble->stale = false;
    for (size_t i = 0; i < ensemble->count; i++)
        if (ensemble->selected[i] && ensemble->networks[i].in_panel)
            ensemble->list[count++] = &ensemble->networks[i];
    panel_load(&ensemble->panel, ensemble->list, count);
}

void ensemble_select(struct ensemble *ensemble, const bool *which) {
    bool changed = false;
    for (size_t i = 0; i < ensemble->count; i++)
        changed |= which[i] != ensemble->selected[i];
    if (!changed)
        return;
    store(ensemble);
    ensemble->stale = true;
    for (size_t i = 0; i < ensemble->count; i++)
        ensemble->selected[i] = which[i];
}

/* The penalty on the weights as they are, which Keras adds to every batch's mean loss. */
static double penalty(struct ensemble *ensemble, size_t i) {
    const struct network *network = &ensemble->networks[i];
    const struct panel *panel = &ensemble->panel;
    double squares[8][LANES], penalties[LANES];
    if (!network_is_penalised(network->spec))
        return 0;
    if (!isnan(ensemble->penalties[i]))
        return ensemble->penalties[i];
    if (!network->in_panel)
        return ensemble->penalties[i] = network_penalty(network, (struct squares){0});
    if (!network->group)
        return ensemble->penalties[i] = network_penalty(network, panel_squares(panel, network));
    panel_group_squares(panel, network->group, squares);
    group_penalties(network->group, squares, penalties);
    for (size_t lane = 0; lane < network->group->count; lane++)
        ensemble->penalties[network->group->networks[lane] - ensemble->networks] = penalties[lane];
    return ensemble->penalties[i];
}

/* Begin the results of those that take part: with the penalty on the weights before a step. */
static void begin_results(struct ensemble *ensemble, size_t rows, struct ensemble_result *results) {
    for (size_t i = 0; i < ensemble->count; i++)
        if (ensemble->selected[i])
            results[i] = (struct ensemble_result){.loss = penalty(ensemble, i) * (double)rows};
}

static struct predictions predictions_of(const struct network *network, size_t output,
                                         const struct targets *targets, size_t rows) {
    const struct layer *layer = &network->layers[network->outputs[output].layer];
    return (struct predictions){.y = layer->y,
                                .targets = network_targets(network, output, targets, 0, rows),
                                .rows = rows,
                                .classes = layer->units,
                                .stride = layer->stride,
                                .loss = network->losses[output]};
}

static size_t count_hits(const struct network *network, const struct targets *targets,
                         size_t rows) {
    const struct predictions predictions = predictions_of(network, 0, targets, rows);
    return metric_hits(&predictions);
}

static void add_results(const struct ensemble *ensemble, const struct group *group,
                        const double sums[LANES], const size_t hits[LANES],
                        struct ensemble_result *results) {
    for (size_t lane = 0; lane < group->count; lane++) {
        struct ensemble_result *result = &results[group->networks[lane] - ensemble->networks];
        result->loss += sums[lane];
        result->hits = hits[lane];
    }
}

static void end(const struct ensemble *ensemble, enum ensemble_phase phase) {
    if (ensemble->ended)
        ensemble->ended(ensemble->context, phase);
}

/* The inputs for networks in no panel: with their zeros, and padded. */
static float *lay_out_inputs(const struct ensemble *ensemble, struct sparse *x) {
    const size_t stride = PAD_TO_LANES(x->inputs);
    sparse_lay_out(x);
    for (size_t row = 0; row < x->rows; row++)
        memcpy(ensemble->x + row * stride, x->with_zeros + row * x->inputs,
               x->inputs * sizeof(float));
    return ensemble->x;
}

/* One network that is in no group. */
static void go_on_alone(struct ensemble *ensemble, size_t i, const struct ensemble_batch *batch,
                        bool train, struct ensemble_result *result) {
    struct network *network = &ensemble->networks[i];
    const size_t rows = batch->x->rows;
    float *x = network->in_panel ? NULL : lay_out_inputs(ensemble, batch->x);
    if (!train)
        network_predict(network, x, rows);
    result->loss +=
        train ? network_train(network, x, batch->targets, rows, batch->epoch, batch->first_row)
              : network_loss(network, batch->targets, rows, false);
    result->hits = count_hits(network, batch->targets, rows);
}

/* All that comes after the first layers' products, with a step of it or without. */
static void go_on(struct ensemble *ensemble, const struct ensemble_batch *batch, bool train,
                  struct ensemble_result *results) {
    const struct targets *targets = batch->targets;
    const size_t rows = batch->x->rows;
    double sums[LANES];
    size_t hits[LANES];
    begin_results(ensemble, rows, results);
    for (size_t i = 0; i < ensemble->panel.group_count; i++) {
        struct group *group = &ensemble->panel.groups[i];
        if (train)
            group_train(group, targets, rows, batch->epoch, batch->first_row, sums, hits);
        else
            group_predict(group, targets, rows, sums, hits);
        add_results(ensemble, group, sums, hits, results);
    }
    for (size_t i = 0; i < ensemble->count; i++)
        if (ensemble->selected[i] && !ensemble->networks[i].group)
            go_on_alone(ensemble, i, batch, train, &results[i]);
}

void ensemble_train(struct ensemble *ensemble, const struct ensemble_batch *batch,
                    struct ensemble_result *results) {
    const unsigned mode = flush_begin();
    load(ensemble);
    panel_forward(&ensemble->panel, batch->x);
    end(ensemble, ENSEMBLE_FORWARD);
    go_on(ensemble, batch, true, results);
    end(ensemble, ENSEMBLE_LATER);
    panel_step(&ensemble->panel, batch->x);
    forget_penalties(ensemble);
    ensemble->stored = false;
    flush_end(mode);
    end(ensemble, ENSEMBLE_UPDATE);
}

void ensemble_predict(struct ensemble *ensemble, const struct ensemble_batch *batch,
                      struct ensemble_result *results) {
    const unsigned mode = flush_begin();
    load(ensemble);
    panel_forward(&ensemble->panel, batch->x);
    go_on(ensemble, batch, false, results);
    flush_end(mode);
}

const float *ensemble_outputs(struct ensemble *ensemble, size_t index) {
    const struct network *network = &ensemble->networks[index];
    if (network->group)
        group_give_outputs(network->group, network->lane);
    return network_outputs(network);
}

const float *ensemble_output(struct ensemble *ensemble, size_t index, size_t output) {
    const struct network *network = &ensemble->networks[index];
    if (network->group)
        group_give_outputs(network->group, network->lane);
    return network->layers[network->outputs[output].layer].y;
}

struct predictions ensemble_predictions(struct ensemble *ensemble, size_t index, size_t output,
                                        const struct ensemble_batch *batch) {
    const struct network *network = &ensemble->networks[index];
    if (network->group)
        group_give_outputs(network->group, network->lane);
    return predictions_of(network, output, batch->targets, batch->x->rows);
}

struct network_state ensemble_state(struct ensemble *ensemble, size_t network) {
    store(ensemble);
    return network_state(&ensemble->networks[network]);
}

void ensemble_resume(struct ensemble *ensemble, size_t network, const struct network_state *state) {
    store(ensemble);
    network_resume(&ensemble->networks[network], state);
    ensemble->penalties[network] = (double)NAN;
    ensemble->stale = true;
}

void ensemble_get_parameters(struct ensemble *ensemble, size_t network, float *parameters) {
    store(ensemble);
    network_get_parameters(&ensemble->networks[network], parameters);
}

void ensemble_set_parameters(struct ensemble *ensemble, size_t network, const float *parameters) {
    store(ensemble);
    network_set_parameters(&ensemble->networks[network], parameters);
    ensemble->penalties[network] = (double)NAN;
    ensemble->stale = true;
}

/* None of these networks is in a panel. */
void ensemble_exchange_averages(struct ensemble *ensemble, const bool *which) {
    for (size_t i = 0; i < ensemble->count; i++) {
        if (!which[i])
            continue;
        network_exchange_average(&ensemble->networks[i]);
        ensemble->penalties[i] = (double)NAN;
    }
}

void ensemble_set_learning_rate(struct ensemble *ensemble, size_t network, float rate) {
    ensemble->networks[network].rate = rate;
}

size_t ensemble_step_bytes(const struct network_spec *spec) {
    const size_t first = network_inputs(spec) * shape_size(network_layer_output(spec, 0));
    const size_t passed = network_takes_panel(spec) ? first : network_parameter_count(spec);
    return passed * (1 + network_kernel(spec)->slots) * sizeof(float);
}

void ensemble_watch(struct ensemble *ensemble,
                    void (*ended)(void *context, enum ensemble_phase phase), void *context) {
    ensemble->ended = ended;
    ensemble->context = context;
}
