#include "train/cost.h"

#include "base/clock.h"
#include "base/text.h"
#include "math/gemm.h"
#include "search/arguments.h"
#include "train/stepper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COPIES 8             /* of a network, side by side as in a cohort */
#define COPIED_FLOATS 100000 /* beyond this many weights, one copy tells enough, */
#define COPIED_FLOPS 1e6     /* and beyond this many operations for an image */
#define TRIED_FLOATS 4000000 /* of networks side by side; beyond, a trial would take too long */
#define TRIED_FLOPS 5e10     /* of a step; beyond, fewer images tell enough */
#define ROUNDS 5             /* of a trial, of which the median counts: some may be disturbed */
#define SECONDS 0.001        /* that a round lasts at least */
#define ENOUGH_SECONDS 0.5   /* of rounds, of which there are fewer then */
#define DECODED_ROWS 32
#define KINDS_MAX 64
#define FAR 100 /* a logarithm of weights that no two networks differ by */

/* Of training, where nothing could be measured. */
#define SECONDS_PER_FLOP 2e-11

/* Networks whose steps cost the same. */
struct cost_kind {
    struct digest key;
    const struct network_spec *spec; /* one of them */
    size_t rows, floats;             /* of a batch; of its weights and state */
    const struct components *augmentation;
    struct image_cost cost;
};

static int compare_seconds(const void *left, const void *right) {
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Seconds of this thread for a call of `work`, whose steps are numbered: the median of some rounds,
 * fewer where they take long. A round takes as many steps as it needs for the clock to be exact;
 * the first ones, which warm the caches, do not count unless one of them is enough. */
static double time_of(void (*work)(void *context, size_t step), void *context) {
    double seconds[ROUNDS] = {0}, sum = 0;
    size_t round = 0;
    for (size_t step = 0, steps = 1; round < ROUNDS && sum < ENOUGH_SECONDS;) {
        const double begin = clock_thread_seconds();
        for (size_t i = 0; i < steps; i++)
            work(context, step++);
        const double spent = clock_thread_seconds() - begin;
        sum += spent;
        if (spent < SECONDS)
            steps *= 2;
        else
            seconds[round++] = spent / (double)steps;
    }
    qsort(seconds, round, sizeof *seconds, compare_seconds);
    return seconds[round / 2];
}

static const char *kernel_name(const struct network_spec *spec) {
    return network_kernel(spec)->name;
}

/* Networks side by side, or none, on batches of images from all over the memory. */
struct rehearsal {
    struct stream_spec stream;
    struct stepper stepper;
    struct costs *costs;
    size_t count, rows;
};

static enum status lay_out(struct rehearsal *rehearsal, const struct network_spec *const *specs,
                           struct arena *arena, struct error *error) {
    struct costs *costs = rehearsal->costs;
    size_t most = 0;
    for (size_t i = 0; i < rehearsal->count; i++) {
        const size_t classes = stepper_classes(specs[i]);
        most = classes > most ? classes : most;
    }
    for (size_t i = 0; i < costs->metric_count; i++)
        costs->sums[i] = ARENA_NEW(arena, double, costs->metrics[i]->sums(most));
    return stepper_init(&rehearsal->stepper, &rehearsal->stream, specs, rehearsal->count,
                        rehearsal->rows, arena, error);
}

static enum status prepare(struct costs *costs, const struct network_spec *const *specs,
                           size_t count, size_t rows, const struct components *augmentation,
                           struct rehearsal *rehearsal, struct error *error) {
    *rehearsal = (struct rehearsal){.stream = stepper_plain_stream(costs->dataset, rows),
                                    .costs = costs,
                                    .count = count,
                                    .rows = rows};
    rehearsal->stream.augmentation = augmentation;
    struct arena counting;
    arena_init_counting(&counting);
    enum status status = lay_out(rehearsal, specs, &counting, error);
    arena_reset(&costs->scratch);
    if (status == STATUS_OK && !arena_reserve(&costs->scratch, counting.used))
        status = error_memory(error);
    if (status == STATUS_OK)
        status = lay_out(rehearsal, specs, &costs->scratch, error);
    if (status == STATUS_OK)
        stepper_begin_epoch(&rehearsal->stepper, 1);
    return status;
}

static void next_batch(struct rehearsal *rehearsal, size_t step) {
    const size_t batches = rehearsal->stream.train_count / rehearsal->rows;
    stepper_batch(&rehearsal->stepper, STREAM_TRAIN, step % batches * rehearsal->rows,
                  rehearsal->rows);
}

/* The order by inputs is what only training needs of a batch. */
static void decode_to_train(void *context, size_t step) {
    struct rehearsal *rehearsal = context;
    next_batch(rehearsal, step);
    sparse_sort(&rehearsal->stepper.x);
}

static void decode_to_evaluate(void *context, size_t step) {
    next_batch(context, step);
}

static void measure(struct rehearsal *rehearsal) {
    const struct costs *costs = rehearsal->costs;
    for (size_t i = 0; i < rehearsal->count; i++)
        stepper_add_metrics(&rehearsal->stepper, i, costs->metrics, costs->metric_count,
                            costs->sums);
}

static void train_batch(void *context, size_t step) {
    struct rehearsal *rehearsal = context;
    next_batch(rehearsal, step);
    stepper_train(&rehearsal->stepper);
    measure(rehearsal);
}

static void evaluate_batch(void *context, size_t step) {
    struct rehearsal *rehearsal = context;
    next_batch(rehearsal, step);
    stepper_predict(&rehearsal->stepper);
    measure(rehearsal);
}

/* Seconds of a step of training, and of one of evaluation, whose images are as they are; for each
 * image, and into the calibration. */
static void time_both(struct rehearsal *rehearsal, struct digest key,
                      void (*train)(void *context, size_t step),
                      void (*evaluate)(void *context, size_t step), double seconds[2]) {
    seconds[0] = time_of(train, rehearsal) / (double)rehearsal->rows;
    stream_begin_epoch(&rehearsal->stepper.stream, 1, 0);
    seconds[1] = time_of(evaluate, rehearsal) / (double)rehearsal->rows;
    calibration_add(rehearsal->costs->calibration, key, seconds);
}

/* What the decoding of an image depends on beside their number of inputs and their density. */
static void append_images(const struct costs *costs, const struct components *augmentation,
                          struct text *text) {
    const struct dataset *dataset = costs->dataset;
    if (dataset->train.values)
        text_append(text, " floats");
    if (augmentation)
        text_printf(text, " columns=%zu", dataset->columns);
    if (augmentation && dataset->channels > 1)
        text_printf(text, " channels=%zu", dataset->channels);
    if (!augmentation || augmentation->count == 0)
        return;
    text_append(text, " augmentation=");
    components_append(augmentation, text);
}

static enum status measure_decoding(struct costs *costs, const struct components *augmentation,
                                    struct image_cost *cost, struct error *error) {
    const size_t images = costs->dataset->train.count;
    const size_t rows = images < DECODED_ROWS ? images : DECODED_ROWS;
    struct rehearsal rehearsal;
    struct text text;
    double seconds[2];
    enum status status = prepare(costs, NULL, 0, rows, augmentation, &rehearsal, error);
    if (status != STATUS_OK)
        return status;
    const struct sparse_images *index = rehearsal.stepper.stream.train;
    costs->density = (double)index->entries / ((double)index->count * (double)index->inputs);
    text_init(&text);
    text_printf(&text, "decode inputs=%zu density=%.2f", index->inputs, costs->density);
    append_images(costs, augmentation, &text);
    const struct digest key = digest_of_bytes(text.data, text.length);
    status = text.failed ? error_memory(error) : STATUS_OK;
    if (!calibration_find(costs->calibration, key, seconds))
        time_both(&rehearsal, key, decode_to_train, decode_to_evaluate, seconds);
    *cost = (struct image_cost){seconds[0], seconds[1]};
    text_release(&text);
    return status;
}

/* The decoding of that augmentation, or, if it is none of those that were measured, the last. */
static const struct decoding_cost *decoding_of(const struct costs *costs,
                                               const struct components *augmentation) {
    size_t at = 0;
    if (!augmentation || augmentation->count == 0)
        return &costs->decodings[0];
    while (++at < costs->decoding_count)
        if (components_equal(costs->decodings[at].augmentation, augmentation))
            break;
    return &costs->decodings[at < costs->decoding_count ? at : costs->decoding_count - 1];
}

/* Have the decoding of an augmentation measured. */
static enum status know_decoding(struct costs *costs, const struct components *augmentation,
                                 struct error *error) {
    const struct components *known = decoding_of(costs, augmentation)->augmentation;
    if (!augmentation || augmentation->count == 0 ||
        (known && components_equal(known, augmentation)) ||
        costs->decoding_count == COST_DECODINGS_MAX)
        return STATUS_OK;
    struct decoding_cost *decoding = &costs->decodings[costs->decoding_count];
    decoding->augmentation = augmentation;
    const enum status status = measure_decoding(costs, augmentation, &decoding->image, error);
    costs->decoding_count += status == STATUS_OK;
    return status;
}

enum status cost_init(struct costs *costs, const struct dataset *dataset,
                      const struct metric *const *measured, size_t measured_count,
                      struct calibration *calibration, struct error *error) {
    *costs = (struct costs){.dataset = dataset,
                            .metrics = measured,
                            .metric_count = measured_count,
                            .calibration = calibration};
    gemm_single_thread(); /* as the schedule trains */
    arena_init(&costs->arena);
    arena_init(&costs->scratch);
    costs->kinds = ARENA_NEW(&costs->arena, struct cost_kind, KINDS_MAX);
    costs->decoding_count = 1;
    if (dataset->next)
        costs->next = ARENA_NEW(&costs->arena, struct costs, 1);
    if (costs->arena.failed)
        return error_memory(error);
    const enum status status = measure_decoding(costs, NULL, &costs->decodings[0].image, error);
    return status != STATUS_OK || !costs->next ? status
                                               : cost_init(costs->next, dataset->next, measured,
                                                           measured_count, calibration, error);
}

/* Those on the stream's data set. */
static struct costs *costs_on(struct costs *costs, const struct stream_spec *stream) {
    while (costs->next && costs->dataset != stream->data)
        costs = costs->next;
    return costs;
}

void cost_release(struct costs *costs) {
    if (costs->next)
        cost_release(costs->next);
    arena_release(&costs->arena);
    arena_release(&costs->scratch);
}

/* Windows over images differ in what shapes and numbers of weights don't say. */
static void append_layer(const struct layer_spec *layer, struct shape input, struct text *text) {
    const struct shape output = layer_shape(layer, input);
    const struct layer_counts counts = layer_count(layer, input);
    text_printf(text, "%s", layer->kind->name);
    for (size_t i = 0; i < output.rank; i++)
        text_printf(text, " %zu", output.dims[i]);
    for (size_t i = 0; i < layer->kind->argument_count; i++) {
        const struct argument *argument = &layer->kind->arguments[i];
        const uint16_t *pair = argument_of(layer, argument);
        if (argument->type == ARGUMENT_PAIR)
            text_printf(text, " %ux%u", pair[0], pair[1]);
    }
    if (layer->kind == &layer_output)
        text_printf(text, " %s", layer->output->loss->name);
    if (layer->input_count > 1)
        text_printf(text, " of %u", layer->input_count);
    text_printf(text, " %s %zu,", layer->activation ? layer->activation->name : "",
                counts.weights + counts.state);
}

/* What steps array by array do beside the kernel's, and what a loss does row by row. */
static void append_extras(const struct network_spec *spec, struct text *text) {
    const double *value = spec->optimizer_settings.value;
    if (network_steps_arrays(spec))
        text_printf(text, " arrays=%d%d%d%d batches=%g iterations=%g",
                    value[OPTIMIZER_CLIPVALUE] > 0, value[OPTIMIZER_CLIPNORM] > 0,
                    value[OPTIMIZER_GLOBAL_CLIPNORM] > 0, value[OPTIMIZER_USE_EMA] != 0,
                    value[OPTIMIZER_GRADIENT_ACCUMULATION_STEPS], value[OPTIMIZER_NS_STEPS]);
    if (!network_loss_is_plain(spec))
        text_append(text, " rows");
}

/* All of a network that its time depends on: what is equal here costs the same. */
static void append_kind(const struct network_spec *spec, struct text *text) {
    text_printf(text, "inputs=%zu loss=%s optimizer=%s", network_inputs(spec), spec->loss->name,
                kernel_name(spec));
    text_printf(text, " l2=%d decay=%d layers=", spec->l2 != 0, network_decays(spec));
    for (size_t i = 0; i < spec->layer_count; i++)
        append_layer(&spec->layers[i], network_layer_input(spec, i), text);
    append_extras(spec, text);
    text_append(text, "\n");
}

/* The key of networks side by side. */
static enum status key_of(const struct costs *costs, const struct network_spec *const *specs,
                          size_t count, size_t rows, const struct components *augmentation,
                          struct digest *key, struct error *error) {
    struct text text;
    text_init(&text);
    text_printf(&text, "train rows=%zu density=%.2f", rows, costs->density);
    for (size_t i = 0; i < costs->metric_count; i++)
        text_printf(&text, " %s", costs->metrics[i]->name);
    append_images(costs, augmentation, &text);
    text_append(&text, "\n");
    for (size_t i = 0; i < count; i++)
        append_kind(specs[i], &text);
    *key = digest_of_bytes(text.data, text.length);
    enum status status = text.failed ? error_memory(error) : STATUS_OK;
    text_release(&text);
    return status;
}

/* The cost of these side by side, all together and the decoding as well; *tried is false when they
 * are too large to be tried. */
static enum status time_networks(struct costs *costs, const struct network_spec *const *specs,
                                 size_t count, size_t rows, const struct components *augmentation,
                                 struct image_cost *cost, bool *tried, struct error *error) {
    struct rehearsal rehearsal;
    struct digest key;
    double seconds[2];
    size_t floats = 0;
    double flops = 0;
    for (size_t i = 0; i < count; i++) {
        floats += network_parameter_count(specs[i]);
        flops += network_flops(specs[i]);
    }
    const size_t tried_rows = (size_t)fmin((double)rows, TRIED_FLOPS / flops);
    *tried = tried_rows > 0 && (count == 1 || floats <= TRIED_FLOATS);
    if (!*tried)
        return STATUS_OK;
    enum status status = key_of(costs, specs, count, rows, augmentation, &key, error);
    if (status != STATUS_OK)
        return status;
    if (!calibration_find(costs->calibration, key, seconds)) {
        status = prepare(costs, specs, count, tried_rows, augmentation, &rehearsal, error);
        if (status == STATUS_MEMORY) {
            /* Too large to try is no reason to train nothing: the trial will fail, and no other. */
            arena_release(&costs->scratch);
            *tried = false;
            return STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
        time_both(&rehearsal, key, train_batch, evaluate_batch, seconds);
    }
    *cost = (struct image_cost){seconds[0], seconds[1]};
    return STATUS_OK;
}

/* What one of the copies takes, the decoding aside; not nothing, whatever the clock says. */
static double share(double seconds, double decoding, size_t copies) {
    return fmax(seconds - decoding, seconds / 10) / (double)copies;
}

static enum status try_out(struct costs *costs, struct cost_kind *kind, struct error *error) {
    const struct network_spec *specs[COPIES];
    const size_t floats = network_parameter_count(kind->spec);
    const bool large = floats > COPIED_FLOATS || network_flops(kind->spec) > COPIED_FLOPS;
    const size_t copies = large ? 1 : COPIES;
    for (size_t i = 0; i < copies; i++)
        specs[i] = kind->spec;
    bool tried;
    enum status status = time_networks(costs, specs, copies, kind->rows, kind->augmentation,
                                       &kind->cost, &tried, error);
    if (status == STATUS_OK && tried) {
        const struct image_cost decoding = decoding_of(costs, kind->augmentation)->image;
        kind->cost.train = share(kind->cost.train, decoding.train, copies);
        kind->cost.evaluate = share(kind->cost.evaluate, decoding.evaluate, copies);
    } else if (status == STATUS_OK) {
        kind->cost.train = network_flops(kind->spec) * SECONDS_PER_FLOP;
        kind->cost.evaluate = kind->cost.train / 3;
    }
    return status;
}

/* Of the kinds that were tried, the one that is most like a network: with its optimizer's kernel if
 * there is one, then of about as many weights. */
static const struct cost_kind *nearest(const struct costs *costs, const struct network_spec *spec) {
    const struct cost_kind *best = NULL;
    const double weights = (double)network_parameter_count(spec);
    double least = (double)INFINITY;
    for (size_t i = 0; i < costs->kind_count; i++) {
        const struct network_spec *other = costs->kinds[i].spec;
        const bool same = strcmp(kernel_name(other), kernel_name(spec)) == 0;
        const double distance = fabs(log(weights / (double)costs->kinds[i].floats));
        if (distance + (same ? 0 : FAR) < least) {
            least = distance + (same ? 0 : FAR);
            best = &costs->kinds[i];
        }
    }
    return best;
}

enum status cost_of_network(struct costs *costs, const struct network_spec *spec, size_t rows,
                            const struct components *augmentation, struct image_cost *cost,
                            struct error *error) {
    struct digest key;
    enum status status = know_decoding(costs, augmentation, error);
    if (status == STATUS_OK)
        status = key_of(costs, &spec, 1, rows, augmentation, &key, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < costs->kind_count; i++)
        if (strcmp(costs->kinds[i].key.hex, key.hex) == 0) {
            *cost = costs->kinds[i].cost;
            return STATUS_OK;
        }
    if (costs->kind_count == KINDS_MAX) {
        const struct cost_kind *like = nearest(costs, spec);
        const double scale = (double)network_parameter_count(spec) / (double)like->floats;
        *cost = (struct image_cost){like->cost.train * scale, like->cost.evaluate * scale};
        return STATUS_OK;
    }
    struct cost_kind *kind = &costs->kinds[costs->kind_count++];
    *kind = (struct cost_kind){.key = key,
                               .spec = spec,
                               .rows = rows,
                               .floats = network_parameter_count(spec),
                               .augmentation = augmentation};
    status = try_out(costs, kind, error);
    *cost = kind->cost;
    return status;
}

enum status cost_of_run(struct costs *costs, const struct stream_spec *stream,
                        const struct run *run, struct run_cost *cost, struct error *error) {
    struct image_cost image = {0, 0};
    const enum status status =
        cost_of_network(costs_on(costs, stream), run->network, stream_batch_rows(stream),
                        stream->augmentation, &image, error);
    const double tests = (double)(stream->data->test.count * run->milestone_count);
    cost->seconds =
        image.train * (double)stream->train_count +
        image.evaluate * ((double)stream->validation_count + tests / (double)run_epochs(run));
    cost->bytes = ensemble_step_bytes(run->network);
    return status;
}

double cost_of_batches(struct costs *costs, const struct stream_spec *stream) {
    const struct image_cost decoding =
        decoding_of(costs_on(costs, stream), stream->augmentation)->image;
    return decoding.train * (double)stream->train_count +
           decoding.evaluate * (double)stream->validation_count;
}

enum status cost_correction(struct costs *costs, const struct cohort *slice, double *factor,
                            bool *tried, struct error *error) {
    struct image_cost whole = {0, 0}, one;
    costs = costs_on(costs, &slice->stream);
    const struct components *augmentation = slice->stream.augmentation;
    double parts = decoding_of(costs, augmentation)->image.train;
    const size_t rows = stream_batch_rows(&slice->stream);
    const struct network_spec **specs = malloc(slice->run_count * sizeof *specs);
    if (!specs)
        return error_memory(error);
    for (size_t i = 0; i < slice->run_count; i++)
        specs[i] = slice->runs[i]->network;
    enum status status =
        time_networks(costs, specs, slice->run_count, rows, augmentation, &whole, tried, error);
    for (size_t i = 0; i < slice->run_count && *tried && status == STATUS_OK; i++) {
        status = cost_of_network(costs, specs[i], rows, augmentation, &one, error);
        parts += one.train;
    }
    if (status == STATUS_OK && *tried)
        *factor = whole.train / parts;
    free(specs);
    return status;
}
