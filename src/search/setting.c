/* A setting: its values made complete, its digest, and what is trained for it. */
#include "nn/activation.h"
#include "nn/learning_rate_schedule.h"
#include "nn/named_input.h"
#include "search/class_weights.h"
#include "search/layers.h"
#include "search/output_target.h"
#include "search/space_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether something stands before the output layers that the trial's dropout follows. */
static bool has_kernels(const struct hidden_layers *layers) {
    bool has = false;
    for (size_t i = 0; i < layers->count; i++)
        has |= layer_has_kernel(&layers->items[i]) && !layers_is_output(layers, i);
    return has;
}

/* A layer's activation; NULL: none. The one after the hidden layers is the output layer. */
static const struct activation *activation_of_layer(const struct value *values, size_t layer) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    if (layer >= layers->count)
        return activation_find(values[HP_OUTPUT_ACTIVATION].name);
    const struct layer_spec *own = &layers->items[layer];
    const enum hyperparameter_id usual =
        layers_is_output(layers, layer) ? HP_OUTPUT_ACTIVATION : HP_ACTIVATION;
    return own->activation || !layer_has_kernel(own) ? own->activation
                                                     : activation_find(values[usual].name);
}

/* Whether a layer's activation has a parameter that is the trial's. */
static bool asks_for_parameter(const struct value *values, size_t layer,
                               enum activation_parameter parameter) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    const struct activation *activation = activation_of_layer(values, layer);
    return activation && activation->parameter == parameter &&
           (layer >= layers->count || isnan(layers->items[layer].activation_parameter));
}

/* Whether a layer's activation has this hyperparameter; *value is then its default. */
static bool activation_parameter_used(const struct value *values,
                                      const struct hyperparameter *hyperparameter, double *value) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count + !layers_have_outputs(layers); i++)
        if (asks_for_parameter(values, i, (enum activation_parameter)hyperparameter->detail)) {
            *value = activation_of_layer(values, i)->parameter_default;
            return true;
        }
    return false;
}

/* Whether the hidden layers' common activation is used by any of them. */
static bool common_activation_used(const struct value *values) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count; i++)
        if (layer_has_kernel(&layers->items[i]) && !layers->items[i].activation &&
            !layers_is_output(layers, i))
            return true;
    return false;
}

/* What the outputs of a model say themselves has no other value. */
static void settle_outputs(struct value *values) {
    static const enum hyperparameter_id own[] = {HP_LOSS, HP_LABEL_SMOOTHING, HP_DELTA,
                                                 HP_CLASS_WEIGHT};
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    bool asks = !layers_have_outputs(layers);
    for (size_t i = 0; !asks && i < layers->count; i++)
        asks = layers_is_output(layers, i) && layer_has_kernel(&layers->items[i]) &&
               !layers->items[i].activation;
    if (!asks)
        values[HP_OUTPUT_ACTIVATION] = (struct value){.type = VALUE_NONE};
    for (size_t i = 0; layers_have_outputs(layers) && i < sizeof own / sizeof *own; i++)
        values[own[i]] = (struct value){.type = VALUE_NONE};
}

static void set_number(struct value *value, const struct hyperparameter *hyperparameter,
                       double number) {
    if (value->type != VALUE_NONE)
        return;
    value->type = hyperparameter->type;
    if (hyperparameter->type == VALUE_BOOLEAN)
        value->boolean = number != 0;
    else if (hyperparameter->type == VALUE_INTEGER)
        value->integer = (int64_t)number;
    else
        value->real = number;
}

/* Whether another hyperparameter leaves this one something to say. */
static bool is_of_use(const struct value *values, enum hyperparameter_id id) {
    if (id == HP_LEARNING_RATE)
        return !schedule_has_own_rate(&values[HP_LEARNING_RATE_SCHEDULE].components->items[0]);
    return (id != HP_EMA_MOMENTUM && id != HP_EMA_OVERWRITE_FREQUENCY) ||
           values[HP_USE_EMA].boolean;
}

static bool is_augmented(const struct value *values) {
    return values[HP_AUGMENTATION].type == VALUE_COMPONENTS &&
           values[HP_AUGMENTATION].components->count > 0;
}

bool setting_stream_needs_length(const struct setting *setting) {
    const struct value *schedule = &setting->values[HP_AUGMENTATION_SCHEDULE];
    return schedule->type == VALUE_COMPONENTS &&
           schedule_needs_length(&schedule->components->items[0]);
}

/* Keep a value only where it applies; complete it with its choice's default. */
void setting_settle(struct value *values) {
    const struct optimizer *optimizer = optimizer_find(values[HP_OPTIMIZER].name);
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        double standard = 0;
        bool applies = true;
        if (hyperparameter->part == PART_OPTIMIZER)
            applies = optimizer_has(optimizer, (enum optimizer_parameter)hyperparameter->detail,
                                    &standard) &&
                      is_of_use(values, (enum hyperparameter_id)i);
        else if (hyperparameter->part == PART_LOSS)
            applies = !layers_have_outputs(values[HP_LAYERS].layers) &&
                      loss_has(loss_find(values[HP_LOSS].name),
                               (enum loss_parameter)hyperparameter->detail, &standard);
        else if (hyperparameter->part == PART_ACTIVATION)
            applies = activation_parameter_used(values, hyperparameter, &standard);
        else
            continue;
        if (applies)
            set_number(&values[i], hyperparameter, standard);
        else
            values[i] = (struct value){.type = VALUE_NONE};
    }
    settle_outputs(values);
    if (!is_augmented(values))
        values[HP_AUGMENTATION_SCHEDULE] = (struct value){.type = VALUE_NONE};
    if (!common_activation_used(values))
        values[HP_ACTIVATION] = (struct value){.type = VALUE_NONE};
    if (!has_kernels(values[HP_LAYERS].layers))
        values[HP_DROPOUT] = (struct value){.type = VALUE_NONE};
}

static bool all(const struct hyperparameter *hyperparameter) {
    (void)hyperparameter;
    return true;
}

/* Whether a number is the default of what came later: asked of each setting of a grid, where
 * writing it down to compare texts takes most of the time. */
static bool is_later_default(const struct hyperparameter *hyperparameter,
                             const struct value *value) {
    if (!hyperparameter->later || !hyperparameter->standard)
        return false;
    if (value->type == VALUE_REAL)
        return value->real == strtod(hyperparameter->standard, NULL);
    return value->type == VALUE_INTEGER &&
           value->integer == strtoll(hyperparameter->standard, NULL, 10);
}

static void append_values(const struct value *values, bool (*wanted)(const struct hyperparameter *),
                          struct text *text) {
    for (size_t i = 0; i < HP_COUNT; i++) {
        if (i == HP_DATASET || values[i].type == VALUE_NONE || !wanted(&hyperparameters[i]) ||
            is_later_default(&hyperparameters[i], &values[i]))
            continue;
        const size_t before = text->length;
        text_append(text, hyperparameters[i].name);
        text_append(text, "=");
        const size_t value = text->length;
        value_append(&values[i], text);
        if (!text->failed && hyperparameter_is_untold(&hyperparameters[i], text->data + value))
            text_cut(text, before);
        else
            text_append(text, "\n");
    }
}

/* Without the layers that change nothing. */
static void drop_needless(struct hidden_layers *layers) {
    size_t count = 0;
    for (size_t i = 0; i < layers->count; i++)
        if (!layers_needless(layers, i))
            layers->items[count++] = layers->items[i];
    layers->count = count;
}

/* The same network in one spelling: where all hidden layers have one activation, without arguments
 * of their own, it is the common one, else each layer names its own. sgd without momentum has no
 * use for nesterov. */
static void make_canonical(struct value *values, struct hidden_layers *layers) {
    const struct activation *common = NULL;
    bool uniform = true;
    if (values[HP_LAYERS].type != VALUE_LAYERS) /* a damaged row of a database */
        return;
    *layers = *values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count; i++) {
        layers->items[i].activation = activation_of_layer(values, i);
        if (!layer_has_kernel(&layers->items[i]) || layers_is_output(layers, i))
            continue;
        common = common ? common : layers->items[i].activation;
        uniform = uniform && layers->items[i].activation == common &&
                  layer_activation_is_plain(&layers->items[i]);
    }
    values[HP_ACTIVATION].type = VALUE_NONE;
    if (uniform && common)
        values[HP_ACTIVATION] = (struct value){.type = VALUE_NAME, .name = common->name};
    for (size_t i = 0; uniform && i < layers->count; i++)
        if (layer_has_kernel(&layers->items[i]) && !layers_is_output(layers, i))
            layers->items[i].activation = NULL;
    if (layers_have_outputs(layers))
        values[HP_OUTPUT_ACTIVATION].type = VALUE_NONE;
    drop_needless(layers);
    values[HP_LAYERS].layers = layers;
    if (values[HP_NESTEROV].type == VALUE_BOOLEAN && values[HP_MOMENTUM].real == 0)
        values[HP_NESTEROV].boolean = false;
}

void setting_append(const struct setting *setting, bool (*wanted)(const struct hyperparameter *),
                    struct text *text) {
    struct value values[HP_COUNT];
    struct hidden_layers layers;
    memcpy(values, setting->values, sizeof values);
    make_canonical(values, &layers);
    append_values(values, wanted, text);
}

bool setting_identify(struct setting *setting, struct text *scratch) {
    text_clear(scratch);
    setting_append(setting, all, scratch);
    setting->digest = digest_of_bytes(scratch->data, scratch->length);
    return !scratch->failed;
}

int setting_arithmetic(const struct setting *setting, const struct dataset *dataset) {
    const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
    bool convolves = false, plugs = false;
    for (size_t i = 0; i < layers->count; i++) {
        convolves |= layers->items[i].kind == &layer_conv2d;
        plugs |= layers->items[i].kind->plugin != NULL;
    }
    if ((convolves && plugs) || (layers->count > 0 && layers->items[0].kind == &layer_concatenate))
        return ARITHMETIC_LAYERS;
    if (is_augmented(setting->values) && dataset->unit > 1 &&
        augmentation_fills(setting->values[HP_AUGMENTATION].components))
        return ARITHMETIC_FILLS;
    return convolves ? ARITHMETIC_CONVOLUTIONS : ARITHMETIC_VERSION;
}

struct digest trial_digest(const char *setting_digest, uint64_t seed, const char *dataset_digest,
                           int arithmetic, struct text *scratch) {
    text_clear(scratch);
    text_printf(scratch, "setting=%s\nseed=%" PRIu64 "\ndataset=%s\narithmetic=%d\n",
                setting_digest, seed, dataset_digest, arithmetic);
    return digest_of_bytes(scratch->data, scratch->length);
}

/* The trial's value of an activation's parameter, if that has one. */
static double parameter_of(const struct value *values, const struct activation *activation) {
    for (size_t i = 0; i < HP_COUNT; i++)
        if (hyperparameters[i].part == PART_ACTIVATION && values[i].type == VALUE_REAL &&
            hyperparameters[i].detail == (int)activation->parameter)
            return values[i].real;
    return 0;
}

/* Append the layer of that number, the output layer after all others. */
static struct layer_spec *add_layer(const struct value *values, size_t number,
                                    const struct layer_spec *layer, struct network_spec *network) {
    struct layer_spec *spec = &network->layers[network->layer_count++];
    *spec = *layer;
    spec->activation = activation_of_layer(values, number);
    if (!spec->activation)
        spec->activation_parameter = 0;
    else if (isnan(spec->activation_parameter))
        spec->activation_parameter = parameter_of(values, spec->activation);
    return spec;
}

/* Between the hidden layers there are others: each reads the network's values that are theirs. */
static void add_layers(const struct value *values, size_t classes, struct network_spec *network) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    const double rate = values[HP_DROPOUT].type == VALUE_NONE ? 0 : values[HP_DROPOUT].real;
    struct layer_spec output = layer_standard(&layer_dense);
    uint8_t own[LAYERS_MAX + 1] = {0}, seen[LAYERS_MAX + 1] = {0}; /* values; as others see them */
    output.units = (uint32_t)classes;
    for (size_t i = 0; i < layers->count; i++) {
        const struct layer_spec layer = layers_at(layers, i);
        if (!layers_needless(layers, i)) {
            struct layer_spec *added = add_layer(values, i, &layer, network);
            for (size_t k = 0; k < layer.input_count; k++)
                added->inputs[k] = (layer.kind == &layer_output ? own : seen)[layer.inputs[k]];
            added->shared = layer.shared ? own[layer.shared] : 0;
        }
        own[i + 1] = (uint8_t)network->layer_count;
        if (rate > 0 && layer_has_kernel(&layer) && !layers_is_output(layers, i))
            network->layers[network->layer_count++] =
                (struct layer_spec){.kind = &layer_dropout, .rate = rate};
        seen[i + 1] = (uint8_t)network->layer_count;
    }
    if (!layers_have_outputs(layers))
        add_layer(values, layers->count, &output, network);
}

/* Where each input begins in a row of value 0: the image, then the others in their layers' order.
 */
static void set_offsets(const struct dataset *dataset, struct network_spec *network) {
    size_t offset = dataset_inputs(dataset);
    for (size_t i = 0; i < network->layer_count; i++) {
        struct layer_spec *layer = &network->layers[i];
        if (!layer_reads_array(layer))
            continue;
        layer->offset = (uint32_t)offset;
        offset += shape_size(layer->input->shape);
    }
}

static void set_targets(const struct dataset *dataset, struct network_spec *network) {
    for (size_t i = 0; i < network->layer_count; i++) {
        struct layer_spec *layer = &network->layers[i];
        if (layer->kind == &layer_output)
            layer->target = (uint8_t)output_target(dataset, layer->output,
                                                   shape_size(network_layer_output(network, i)))
                                .place;
    }
}

static const float *class_weight_of(const struct value *values) {
    const struct value *value = &values[HP_CLASS_WEIGHT];
    return value->type != VALUE_WEIGHTS || value->weights->balanced ||
                   class_weights_are_none(value->weights)
               ? NULL
               : value->weights->weights;
}

bool setting_needs_length(const struct setting *setting) {
    const struct value *schedule = &setting->values[HP_LEARNING_RATE_SCHEDULE];
    return schedule->type != VALUE_NONE && schedule_needs_length(&schedule->components->items[0]);
}

/* NULL: none. */
static const struct component *callback_of(const struct value *value) {
    const bool there = value->type != VALUE_NONE && callback_is_there(&value->components->items[0]);
    return there ? &value->components->items[0] : NULL;
}

uint64_t setting_batches(const struct value *values) {
    const uint64_t images = (uint64_t)values[HP_TRAIN_IMAGES].integer;
    const uint64_t batch = (uint64_t)values[HP_BATCH_SIZE].integer;
    return (images + batch - 1) / batch * (uint64_t)values[HP_EPOCHS].integer;
}

static void set_schedule(const struct value *values, struct network_spec *spec) {
    const struct value *schedule = &values[HP_LEARNING_RATE_SCHEDULE];
    if (schedule->type == VALUE_NONE || !schedule_changes(&schedule->components->items[0]))
        return;
    spec->schedule = &schedule->components->items[0];
    spec->steps = setting_batches(values);
}

struct callbacks setting_callbacks(const struct value *values) {
    return (struct callbacks){callback_of(&values[HP_EARLY_STOPPING]),
                              callback_of(&values[HP_REDUCE_LR_ON_PLATEAU])};
}

const struct dataset *setting_dataset(const struct setting *setting, const struct dataset *first) {
    const struct value *name = &setting->values[HP_DATASET];
    return name->type == VALUE_NONE ? first : dataset_named(first, name->name);
}

struct shape setting_input(const struct dataset *dataset) {
    const size_t channels = dataset_channels(dataset);
    return dataset->table ? shape_vector(dataset->columns)
                          : (struct shape){3, {dataset->rows, dataset->columns, channels}};
}

void setting_network(const struct setting *setting, const struct dataset *dataset, uint64_t seed,
                     struct network_spec *spec) {
    const struct value *values = setting->values;
    *spec = (struct network_spec){
        .input = layers_input(values[HP_LAYERS].layers, setting_input(dataset)),
        .loss = values[HP_LOSS].type == VALUE_NONE ? NULL : loss_find(values[HP_LOSS].name),
        .initializer = initializer_find(values[HP_INITIALIZER].name),
        .class_weight = class_weight_of(values),
        .class_balance = values[HP_CLASS_WEIGHT].type == VALUE_WEIGHTS &&
                         values[HP_CLASS_WEIGHT].weights->balanced,
        .optimizer = optimizer_find(values[HP_OPTIMIZER].name),
        .l2 = values[HP_L2].real,
        .seed = seed,
    };
    add_layers(values, dataset_outputs(dataset), spec);
    set_offsets(dataset, spec);
    set_targets(dataset, spec);
    if (!spec->loss && network_has_named_outputs(spec))
        spec->loss = network_output(spec, 0).loss;
    optimizer_defaults(spec->optimizer, &spec->optimizer_settings);
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        if (hyperparameter->part == PART_OPTIMIZER && values[i].type != VALUE_NONE)
            spec->optimizer_settings.value[hyperparameter->detail] =
                hyperparameter->type == VALUE_BOOLEAN ? values[i].boolean
                                                      : value_number(&values[i]);
        if (hyperparameter->part == PART_LOSS && values[i].type != VALUE_NONE)
            spec->loss_settings.value[hyperparameter->detail] = value_number(&values[i]);
    }
    set_schedule(values, spec);
    spec->callbacks = setting_callbacks(values);
}

void setting_stream(const struct setting *setting, const struct dataset *dataset, uint64_t seed,
                    struct stream_spec *spec) {
    const struct value *values = setting->values;
    size_t limit = stream_train_limit(dataset->train.count, values[HP_VALIDATION_SPLIT].real);
    *spec = (struct stream_spec){
        .data = dataset,
        .train_count = (size_t)values[HP_TRAIN_IMAGES].integer,
        .validation_begin = limit,
        .validation_count = dataset->train.count - limit,
        .batch_size = (size_t)values[HP_BATCH_SIZE].integer,
        .train_image_divisor = values[HP_TRAIN_IMAGE_DIVISOR].real,
        .test_image_divisor = values[HP_TEST_IMAGE_DIVISOR].real,
        .train_label_divisor = values[HP_TRAIN_LABEL_DIVISOR].real,
        .seed = seed,
        .augmentation = values[HP_AUGMENTATION].components,
    };
    if (is_augmented(values))
        spec->augmentation_schedule = &values[HP_AUGMENTATION_SCHEDULE].components->items[0];
    if (setting_stream_needs_length(setting))
        spec->epochs = (size_t)values[HP_EPOCHS].integer;
}
