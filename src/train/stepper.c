#include "train/stepper.h"

#include "base/multiversion.h"
#include "nn/learning_rate_schedule.h"
#include "nn/named_input.h"
#include "search/layers.h"

#include <math.h>
#include <string.h>

/* The balanced weights of classes, where a network asks for them. */
static const float *lay_out_balance(const struct stream_spec *stream,
                                    const struct network_spec *const *specs, size_t count,
                                    struct arena *arena) {
    bool asked = false;
    for (size_t i = 0; i < count; i++)
        asked |= specs[i]->class_balance;
    float *balance = asked ? ARENA_NEW(arena, float, DATASET_CLASSES_MAX) : NULL;
    if (balance)
        stream_balance(stream, balance);
    return balance;
}

/* Room for what outputs are held against beside the first target. */
static void lay_out_target(struct stepper *stepper, const struct dataset *data, size_t target,
                           size_t rows_max, struct arena *arena) {
    const struct dataset_array *array = &data->arrays[(target - 1) / 2];
    const size_t width = dataset_array_width(array);
    if (stream_target_is_numbers(target)) {
        float *values = ARENA_NEW(arena, float, rows_max *width);
        stepper->rooms[target] = values;
        stepper->targets[target] = (struct targets){NULL, values, width};
        return;
    }
    uint8_t *labels = ARENA_NEW(arena, uint8_t, rows_max);
    stepper->rooms[target] = labels;
    stepper->targets[target] = targets_of_labels(labels, array->classes);
}

static void lay_out_targets(struct stepper *stepper, const struct dataset *data,
                            const struct network_spec *const *specs, size_t count, size_t rows_max,
                            struct arena *arena) {
    bool asked[STREAM_TARGETS_MAX] = {false};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < network_output_count(specs[i]); k++)
            asked[network_output(specs[i], k).target] = true;
    memset(stepper->rooms, 0, sizeof stepper->rooms);
    for (size_t target = 1; target < STREAM_TARGETS_MAX; target++)
        if (asked[target])
            lay_out_target(stepper, data, target, rows_max, arena);
}

/* Its networks read the same arrays: their stream has them. */
static void take_arrays(struct stepper *stepper, const struct network_spec *spec) {
    struct stream_spec *stream = &stepper->stream_spec;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        const size_t at = layer_reads_array(layer)
                              ? dataset_array_find(stream->data, layer->input->name)
                              : stream->data->array_count;
        if (at < stream->data->array_count)
            stream->arrays[stream->array_count++] = (uint8_t)at;
    }
}

enum status stepper_init(struct stepper *stepper, const struct stream_spec *stream,
                         const struct network_spec *const *specs, size_t count, size_t rows_max,
                         struct arena *arena, struct error *error) {
    stepper->stream_spec = *stream;
    if (count > 0)
        take_arrays(stepper, specs[0]);
    stepper->labels = ARENA_NEW(arena, uint8_t, rows_max);
    stepper->targets[0] = targets_of_labels(stepper->labels, stream->data->classes);
    if (stream->data->classes == 0) {
        stepper->values = ARENA_NEW(arena, float, rows_max * stream->data->target_width);
        stepper->targets[0] = (struct targets){NULL, stepper->values, stream->data->target_width};
    }
    lay_out_targets(stepper, stream->data, specs, count, rows_max, arena);
    stepper->results = ARENA_NEW(arena, struct ensemble_result, count);
    sparse_init(&stepper->x, rows_max, stream_width(&stepper->stream_spec), arena);
    stepper->specs = ARENA_NEW(arena, const struct network_spec *, count);
    for (size_t i = 0; stepper->specs && i < count; i++)
        stepper->specs[i] = specs[i];
    const float *balance = lay_out_balance(stream, specs, count, arena);
    enum status status =
        stream_init(&stepper->stream, &stepper->stream_spec, rows_max, arena, error);
    if (status != STATUS_OK || count == 0)
        return status;
    status = ensemble_init(&stepper->ensemble, specs, count, rows_max, arena, error);
    if (status == STATUS_OK && balance)
        ensemble_balance(stepper->ensemble, balance);
    return status;
}

size_t stepper_output(const struct network_spec *spec, const struct metric *metric) {
    const size_t output = metric->output ? network_output_find(spec, metric->output) : 0;
    if (output >= network_output_count(spec))
        return SIZE_MAX;
    const size_t target = network_output(spec, output).target;
    const bool is_loss = metric->output && !metric->of;
    return target == 0 || is_loss || metric_is_of(metric, stream_target_is_numbers(target))
               ? output
               : SIZE_MAX;
}

double stepper_result(const struct network_spec *spec, const struct metric *metric,
                      const double *sums, size_t rows) {
    const size_t output = stepper_output(spec, metric);
    return output == SIZE_MAX ? (double)NAN
                              : metric->result(sums, rows, network_output(spec, output).units);
}

size_t stepper_classes(const struct network_spec *spec) {
    size_t most = 0;
    for (size_t k = 0; k < network_output_count(spec); k++) {
        const size_t units = network_output(spec, k).units;
        most = units > most ? units : most;
    }
    return most;
}

/* How strong the augmentation is: what the schedule says of the epoch's first step. An image has
 * one picture in an epoch, wherever it stands there. */
static double strength_of(const struct stream_spec *spec, size_t epoch) {
    const uint64_t steps = (spec->train_count + spec->batch_size - 1) / spec->batch_size;
    return spec->augmentation_schedule
               ? (double)schedule_rate(spec->augmentation_schedule, 1, (epoch - 1) * steps,
                                       spec->epochs * steps)
               : 1;
}

void stepper_begin_epoch(struct stepper *stepper, size_t epoch) {
    stepper->epoch = epoch;
    stream_begin_epoch(&stepper->stream, epoch, strength_of(stepper->stream.spec, epoch));
}

void stepper_batch(struct stepper *stepper, enum stream_part part, size_t first, size_t rows) {
    stepper->first = first;
    stream_batch(&stepper->stream, part, first, rows, &stepper->x, stepper->labels,
                 stepper->values);
    for (size_t target = 1; target < STREAM_TARGETS_MAX; target++)
        if (stepper->rooms[target])
            stream_copy_target(&stepper->stream, part, rows, target, stepper->rooms[target]);
}

static struct ensemble_batch batch_of(struct stepper *stepper) {
    return (struct ensemble_batch){&stepper->x, stepper->targets, STREAM_TARGETS_MAX,
                                   stepper->epoch, stepper->first};
}

void stepper_train(struct stepper *stepper) {
    const struct ensemble_batch batch = batch_of(stepper);
    ensemble_train(stepper->ensemble, &batch, stepper->results);
}

void stepper_predict(struct stepper *stepper) {
    const struct ensemble_batch batch = batch_of(stepper);
    ensemble_predict(stepper->ensemble, &batch, stepper->results);
}

void stepper_add_metrics(struct stepper *stepper, size_t network,
                         const struct metric *const *measured, size_t count, double *const *sums) {
    const struct ensemble_batch batch = batch_of(stepper);
    struct predictions predictions = {0};
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const size_t output = stepper_output(stepper->specs[network], measured[i]);
        if (output == SIZE_MAX)
            continue;
        if (output != at)
            predictions = ensemble_predictions(stepper->ensemble, network, output, &batch);
        at = output;
        measured[i]->add(measured[i], sums[i], &predictions);
    }
}
