/* A setting: its values made complete, its digest, and what is trained for it. */
#include "nn/activation.h"
#include "search/space_private.h"

#include <inttypes.h>
#include <string.h>

static bool has_hidden_layers(const struct value *values) {
    return values[HP_LAYERS].layers->count > 0;
}

static const char *activation_of_layer(const struct value *values, size_t layer) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    if (layer >= layers->count)
        return values[HP_OUTPUT_ACTIVATION].name;
    const char *own = layers->items[layer].activation;
    return own ? own : values[HP_ACTIVATION].name;
}

/* Whether a layer's activation has this hyperparameter; *value is then its default. */
static bool activation_parameter_used(const struct value *values,
                                      const struct hyperparameter *hyperparameter, double *value) {
    for (size_t i = 0; i <= values[HP_LAYERS].layers->count; i++) {
        const struct activation *activation = activation_find(activation_of_layer(values, i));
        if ((int)activation->parameter == hyperparameter->detail) {
            *value = activation->parameter_default;
            return true;
        }
    }
    return false;
}

/* Whether the hidden layers' common activation is used by any of them. */
static bool common_activation_used(const struct value *values) {
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count; i++)
        if (!layers->items[i].activation)
            return true;
    return false;
}

static void set_number(struct value *value, const struct hyperparameter *hyperparameter,
                       double number) {
    if (value->type != VALUE_NONE)
        return;
    value->type = hyperparameter->type;
    if (hyperparameter->type == VALUE_BOOLEAN)
        value->boolean = number != 0;
    else
        value->real = number;
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
                                    &standard);
        else if (hyperparameter->part == PART_ACTIVATION)
            applies = activation_parameter_used(values, hyperparameter, &standard);
        else
            continue;
        if (applies)
            set_number(&values[i], hyperparameter, standard);
        else
            values[i] = (struct value){.type = VALUE_NONE};
    }
    if (!common_activation_used(values))
        values[HP_ACTIVATION] = (struct value){.type = VALUE_NONE};
    if (!has_hidden_layers(values))
        values[HP_DROPOUT] = (struct value){.type = VALUE_NONE};
}

static bool all(const struct hyperparameter *hyperparameter) {
    (void)hyperparameter;
    return true;
}

static void append_values(const struct value *values, bool (*wanted)(const struct hyperparameter *),
                          struct text *text) {
    for (size_t i = 0; i < HP_COUNT; i++) {
        if (values[i].type == VALUE_NONE || !wanted(&hyperparameters[i]))
            continue;
        text_printf(text, "%s=", hyperparameters[i].name);
        value_append(&values[i], text);
        text_append(text, "\n");
    }
}

/* The same network in one spelling: where all hidden layers have one activation it is the common
 * one, else each layer names its own. sgd without momentum has no use for nesterov. */
static void make_canonical(struct value *values, struct hidden_layers *layers) {
    bool uniform = true;
    if (values[HP_LAYERS].type != VALUE_LAYERS) /* a damaged row of a database */
        return;
    *layers = *values[HP_LAYERS].layers;
    for (size_t i = 0; i < layers->count; i++) {
        layers->items[i].activation = activation_of_layer(values, i);
        uniform = uniform && layers->items[i].activation == layers->items[0].activation;
    }
    values[HP_ACTIVATION].type = VALUE_NONE;
    if (uniform && layers->count > 0 && layers->items[0].activation)
        values[HP_ACTIVATION] =
            (struct value){.type = VALUE_NAME, .name = layers->items[0].activation};
    for (size_t i = 0; uniform && i < layers->count; i++)
        layers->items[i].activation = NULL;
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

struct digest trial_digest(const char *setting_digest, uint64_t seed, const char *dataset_digest,
                           int arithmetic, struct text *scratch) {
    text_clear(scratch);
    text_printf(scratch, "setting=%s\nseed=%" PRIu64 "\ndataset=%s\narithmetic=%d\n",
                setting_digest, seed, dataset_digest, arithmetic);
    return digest_of_bytes(scratch->data, scratch->length);
}

static struct layer_spec *add_layer(struct network_spec *spec, const struct layer_kind *kind) {
    struct layer_spec *layer = &spec->layers[spec->layer_count++];
    layer->kind = kind;
    return layer;
}

static void add_dense(const struct value *values, size_t number, size_t units,
                      struct network_spec *network) {
    struct layer_spec *spec = add_layer(network, &layer_dense);
    const struct activation *activation = activation_find(activation_of_layer(values, number));
    spec->units = units;
    spec->activation = activation;
    for (size_t i = 0; activation->parameter != ACTIVATION_NO_PARAMETER && i < HP_COUNT; i++)
        if (hyperparameters[i].part == PART_ACTIVATION &&
            hyperparameters[i].detail == (int)activation->parameter)
            spec->activation_parameter = values[i].real;
}

void setting_network(const struct setting *setting, const struct dataset *dataset, uint64_t seed,
                     struct network_spec *spec) {
    const struct value *values = setting->values;
    const struct hidden_layers *layers = values[HP_LAYERS].layers;
    const double dropout = values[HP_DROPOUT].type == VALUE_NONE ? 0 : values[HP_DROPOUT].real;
    *spec = (struct network_spec){
        .inputs = dataset->rows * dataset->columns,
        .loss = loss_find(values[HP_LOSS].name),
        .initializer = initializer_find(values[HP_INITIALIZER].name),
        .optimizer = optimizer_find(values[HP_OPTIMIZER].name),
        .l2 = values[HP_L2].real,
        .seed = seed,
    };
    for (size_t i = 0; i < layers->count; i++) {
        add_dense(values, i, (size_t)layers->items[i].units, spec);
        if (dropout > 0)
            add_layer(spec, &layer_dropout)->rate = dropout;
    }
    add_dense(values, layers->count, dataset->classes, spec);
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        if (hyperparameter->part == PART_OPTIMIZER && values[i].type != VALUE_NONE)
            spec->optimizer_settings.value[hyperparameter->detail] =
                hyperparameter->type == VALUE_BOOLEAN ? values[i].boolean : values[i].real;
    }
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
    };
}
