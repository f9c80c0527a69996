#include "search/hyperparameter.h"

#include "base/names.h"
#include "data/augmentation.h"
#include "data/catalogue.h"
#include "nn/activation.h"
#include "nn/callbacks.h"
#include "nn/initializer.h"
#include "nn/learning_rate_schedule.h"
#include "nn/loss.h"
#include "nn/optimizer.h"
#include "search/arguments.h"
#include "search/class_weights.h"
#include "search/layers.h"

#include <inttypes.h>
#include <string.h>

/* Define NAME_at and NAME_canonical, which list and find the names of one of nn's tables, whose
 * i-th row is ROW. */
#define NAMES_OF(NAME, ROW)                                                                        \
    static const char *NAME##_at(size_t i) {                                                       \
        const struct NAME *row = ROW;                                                              \
        return row ? row->name : NULL;                                                             \
    }                                                                                              \
    static const char *NAME##_canonical(const char *name) {                                        \
        const struct NAME *found = NAME##_find(name);                                              \
        return found ? found->name : NULL;                                                         \
    }

NAMES_OF(activation, activation_row(i))
NAMES_OF(initializer, i < initializer_count ? &initializers[i] : NULL)
NAMES_OF(loss, loss_row(i))
NAMES_OF(optimizer, optimizer_row(i))

/* Those that are known; any other file or folder is allowed. */
static const char *dataset_at(size_t i) {
    return i < catalogue_count ? catalogue[i].name : NULL;
}

#define NAMED(NAME) .type = VALUE_NAME, .name_at = NAME##_at, .canonical = NAME##_canonical
#define SWITCH .type = VALUE_BOOLEAN
#define WHOLE(LOW, HIGH) .type = VALUE_INTEGER, .minimum = LOW, .maximum = HIGH
#define REAL(LOW, HIGH) .type = VALUE_REAL, .minimum = LOW, .maximum = HIGH
#define OF_OPTIMIZER(DETAIL) .part = PART_OPTIMIZER, .detail = DETAIL
#define OF_LOSS(DETAIL) .part = PART_LOSS, .detail = DETAIL, .defines = DEFINES_LOSSES
#define OF_ACTIVATION(DETAIL) .part = PART_ACTIVATION, .detail = DETAIL
#define LARGE 1e30

const struct hyperparameter hyperparameters[HP_COUNT] = {
    [HP_EPOCHS] = {.name = "epochs",
                   WHOLE(1, 1e6),
                   .part = PART_LENGTH,
                   .standard = "5",
                   .help = "passes over the training images"},
    [HP_BATCH_SIZE] = {.name = "batch_size",
                       WHOLE(1, 65536),
                       .part = PART_STREAM,
                       .standard = "32",
                       .help = "images a training step"},
    [HP_TRAIN_IMAGES] = {.name = "train_images",
                         WHOLE(1, 4294967295.0),
                         .part = PART_STREAM,
                         .help = "how many training images are used, counted from the first "
                                 "(default: all that validation_split leaves)"},
    [HP_VALIDATION_SPLIT] = {.name = "validation_split",
                             REAL(0, 1),
                             .maximum_open = true,
                             .part = PART_STREAM,
                             .standard = "0",
                             .help = "share of the training images, at their end, held out for "
                                     "validation; the same ones whatever train_images says"},
    [HP_AUGMENTATION] = {.name = "augmentation",
                         .type = VALUE_COMPONENTS,
                         .family = &augmentation_family,
                         .part = PART_STREAM,
                         .standard = "[]",
                         .later = true,
                         .help = "how training images are changed at random, anew in each epoch; a "
                                 "list, in this order: [random_rotation 0.05, elastic 34 4]"},
    [HP_AUGMENTATION_SCHEDULE] =
        {.name = "augmentation_schedule",
         .type = VALUE_COMPONENTS,
         .family = &learning_rate_schedules,
         .part = PART_STREAM,
         .standard = "constant",
         .later = true,
         .help = "how strong the augmentation is at the beginning of each epoch, 1 being as it is "
                 "written: a schedule as of the learning rate, that starts from 1: \"cosine_decay "
                 "alpha=0.1\""},
    [HP_LAYERS] = {.name = "layers",
                   .aliases = {"model"},
                   .type = VALUE_LAYERS,
                   .minimum = 1,
                   .maximum = LAYER_UNITS_MAX,
                   .part = PART_NETWORK,
                   .standard = "[10]",
                   .help =
                       "the layers before the output layer, first to last: a number is the "
                       "units of a dense layer, \"64 tanh\" one with an activation of its own; "
                       "others are their kind and its arguments by name, those that it must "
                       "have also in order: "
                       "\"dropout 0.2\", batch_normalization, {batch_normalization: "
                       "{momentum: 0.9}}, relu; or a graph, names with their layers and what these "
                       "read (by default the one before): {a: 64 relu, b: {dense: 64 relu, "
                       "inputs: a}, c: {shared: b, inputs: b}, sum: {add: [a, c]}}"},
    [HP_ACTIVATION] = {.name = "activation",
                       NAMED(activation),
                       .part = PART_NETWORK,
                       .standard = "sigmoid",
                       .help =
                           "activation of the hidden layers that name none; where a config does "
                           "not have it, they have none, as in Keras (dense 64, conv2d 32 3), "
                           "and those that are numbers (64) the default"},
    [HP_NEGATIVE_SLOPE] = {.name = "negative_slope",
                           REAL(0, LARGE),
                           OF_ACTIVATION(ACTIVATION_NEGATIVE_SLOPE),
                           .help = "leaky_relu's slope below 0"},
    [HP_ALPHA] = {.name = "alpha",
                  REAL(0, LARGE),
                  OF_ACTIVATION(ACTIVATION_ALPHA),
                  .help = "elu's limit below 0, negated"},
    [HP_THETA] = {.name = "theta",
                  REAL(0, LARGE),
                  OF_ACTIVATION(ACTIVATION_THETA),
                  .help = "thresholded_relu's threshold"},
    [HP_OUTPUT_ACTIVATION] = {.name = "output_activation",
                              NAMED(activation),
                              .part = PART_NETWORK,
                              .standard = "softmax",
                              .help = "activation of the output layer"},
    [HP_INITIALIZER] = {.name = "initializer",
                        .aliases = {"kernel_initializer"},
                        NAMED(initializer),
                        .part = PART_NETWORK,
                        .standard = "glorot_uniform",
                        .help = "how the kernels start; biases start at 0"},
    [HP_DROPOUT] = {.name = "dropout",
                    REAL(0, 1),
                    .maximum_open = true,
                    .part = PART_NETWORK,
                    .standard = "0",
                    .help = "share of each hidden layer's outputs set to 0 while training"},
    [HP_L2] = {.name = "l2",
               REAL(0, LARGE),
               .part = PART_NETWORK,
               .defines = DEFINES_LOSSES,
               .standard = "0",
               .help = "adds l2 * sum of squared kernel weights to the loss"},
    [HP_LOSS] = {.name = "loss",
                 .aliases = {"loss_function"},
                 .column = "loss_function", /* the column loss holds the training loss */
                 NAMED(loss),
                 .part = PART_NETWORK,
                 .defines = DEFINES_LOSSES,
                 .standard = "categorical_crossentropy",
                 .help = "what training makes small"},
    [HP_LABEL_SMOOTHING] = {.name = "label_smoothing",
                            REAL(0, 1),
                            OF_LOSS(LOSS_LABEL_SMOOTHING),
                            .standard = "0",
                            .later = true,
                            .help = "share of the targets that is spread over all classes, of "
                                    "validation and test images too"},
    [HP_DELTA] = {.name = "delta",
                  REAL(0, LARGE),
                  .minimum_open = true,
                  OF_LOSS(LOSS_DELTA),
                  .standard = "1",
                  .later = true,
                  .help = "up to which error huber is quadratic"},
    [HP_CLASS_WEIGHT] = {.name = "class_weight",
                         .type = VALUE_WEIGHTS,
                         .part = PART_NETWORK,
                         .defines = DEFINES_TRAINING,
                         .standard = "none",
                         .later = true,
                         .help =
                             "what an image's loss counts while training, by its class; the "
                             "loss on validation and test images, and all metrics, are without"},
    [HP_OPTIMIZER] = {.name = "optimizer",
                      NAMED(optimizer),
                      .part = PART_NETWORK,
                      .standard = "sgd",
                      .help = "how weights follow gradients; with parameters of its own: "
                              "{name: sgd, momentum: 0.9}"},
    [HP_LEARNING_RATE] = {.name = "learning_rate",
                          .aliases = {"lr"},
                          REAL(0, LARGE),
                          .minimum_open = true,
                          OF_OPTIMIZER(OPTIMIZER_LEARNING_RATE),
                          .help = "size of a step"},
    [HP_LEARNING_RATE_SCHEDULE] =
        {.name = "learning_rate_schedule",
         .aliases = {"lr_schedule"},
         .type = VALUE_COMPONENTS,
         .family = &learning_rate_schedules,
         .part = PART_NETWORK,
         .standard = "constant",
         .later = true,
         .help = "how the learning rate goes on from there: a name and its arguments, in order or "
                 "by name: \"cosine_decay alpha=0.1\", {exponential_decay: {decay_steps: 1000, "
                 "decay_rate: 0.9}}"},
    [HP_MOMENTUM] = {.name = "momentum",
                     REAL(0, 1),
                     OF_OPTIMIZER(OPTIMIZER_MOMENTUM),
                     .help = "share of the last step that goes into the next"},
    [HP_NESTEROV] = {.name = "nesterov",
                     SWITCH,
                     OF_OPTIMIZER(OPTIMIZER_NESTEROV),
                     .help = "momentum after Nesterov"},
    [HP_RHO] = {.name = "rho",
                REAL(0, 1),
                OF_OPTIMIZER(OPTIMIZER_RHO),
                .help = "memory of the running mean of squared gradients"},
    [HP_BETA_1] = {.name = "beta_1",
                   REAL(0, 1),
                   .maximum_open = true,
                   OF_OPTIMIZER(OPTIMIZER_BETA_1),
                   .help = "memory of the first moment"},
    [HP_BETA_2] = {.name = "beta_2",
                   REAL(0, 1),
                   .maximum_open = true,
                   OF_OPTIMIZER(OPTIMIZER_BETA_2),
                   .help = "memory of the second moment"},
    [HP_EPSILON] = {.name = "epsilon",
                    REAL(0, LARGE),
                    OF_OPTIMIZER(OPTIMIZER_EPSILON),
                    .help = "keeps a divisor from 0"},
    [HP_CENTERED] = {.name = "centered",
                     SWITCH,
                     OF_OPTIMIZER(OPTIMIZER_CENTERED),
                     .help = "divide by the deviation instead of the mean square"},
    [HP_AMSGRAD] = {.name = "amsgrad",
                    SWITCH,
                    OF_OPTIMIZER(OPTIMIZER_AMSGRAD),
                    .help = "use the largest second moment so far"},
    [HP_WEIGHT_DECAY] = {.name = "weight_decay",
                         REAL(0, LARGE),
                         OF_OPTIMIZER(OPTIMIZER_WEIGHT_DECAY),
                         .help = "weights shrink by learning_rate * weight_decay each step"},
    [HP_INITIAL_ACCUMULATOR_VALUE] = {.name = "initial_accumulator_value",
                                      REAL(0, LARGE),
                                      OF_OPTIMIZER(OPTIMIZER_INITIAL_ACCUMULATOR_VALUE),
                                      .help = "what the sum of squared gradients starts at"},
    [HP_LEARNING_RATE_POWER] = {.name = "learning_rate_power",
                                REAL(-LARGE, 0),
                                OF_OPTIMIZER(OPTIMIZER_LEARNING_RATE_POWER),
                                .help = "how the learning rate falls as gradients add up"},
    [HP_L1_REGULARIZATION_STRENGTH] = {.name = "l1_regularization_strength",
                                       REAL(0, LARGE),
                                       OF_OPTIMIZER(OPTIMIZER_L1_REGULARIZATION_STRENGTH),
                                       .help = "ftrl's l1"},
    [HP_L2_REGULARIZATION_STRENGTH] = {.name = "l2_regularization_strength",
                                       REAL(0, LARGE),
                                       OF_OPTIMIZER(OPTIMIZER_L2_REGULARIZATION_STRENGTH),
                                       .help = "ftrl's l2"},
    [HP_L2_SHRINKAGE_REGULARIZATION_STRENGTH] =
        {.name = "l2_shrinkage_regularization_strength",
         REAL(0, LARGE),
         OF_OPTIMIZER(OPTIMIZER_L2_SHRINKAGE_REGULARIZATION_STRENGTH),
         .help = "ftrl's penalty on the size of the weights"},
    [HP_BETA] = {.name = "beta",
                 REAL(0, LARGE),
                 OF_OPTIMIZER(OPTIMIZER_BETA),
                 .help = "ftrl's beta"},
    [HP_BETA_2_DECAY] = {.name = "beta_2_decay",
                         REAL(-LARGE, 0),
                         OF_OPTIMIZER(OPTIMIZER_BETA_2_DECAY),
                         .help = "adafactor's memory of squared gradients at step t is 1 - "
                                 "t^beta_2_decay"},
    [HP_EPSILON_1] = {.name = "epsilon_1",
                      REAL(0, LARGE),
                      OF_OPTIMIZER(OPTIMIZER_EPSILON_1),
                      .help = "added to adafactor's squared gradients; where an input and a unit "
                              "have no gradient at all, 1e-30 is lost and 0 divided by 0, as in "
                              "Keras: raise it to 1e-12 if trials diverge"},
    [HP_EPSILON_2] = {.name = "epsilon_2",
                      REAL(0, LARGE),
                      OF_OPTIMIZER(OPTIMIZER_EPSILON_2),
                      .help = "the least size of weights that adafactor's steps are relative to"},
    [HP_CLIP_THRESHOLD] = {.name = "clip_threshold",
                           REAL(0, LARGE),
                           .minimum_open = true,
                           OF_OPTIMIZER(OPTIMIZER_CLIP_THRESHOLD),
                           .help = "root mean square that adafactor's steps are cut down to"},
    [HP_ADAM_BETA_1] = {.name = "adam_beta_1",
                        REAL(0, 1),
                        .maximum_open = true,
                        OF_OPTIMIZER(OPTIMIZER_ADAM_BETA_1),
                        .help = "beta_1 where muon steps as adam: arrays that are no matrices"},
    [HP_ADAM_BETA_2] = {.name = "adam_beta_2",
                        REAL(0, 1),
                        .maximum_open = true,
                        OF_OPTIMIZER(OPTIMIZER_ADAM_BETA_2),
                        .help = "beta_2 where muon steps as adam"},
    [HP_ADAM_WEIGHT_DECAY] = {.name = "adam_weight_decay",
                              REAL(0, LARGE),
                              OF_OPTIMIZER(OPTIMIZER_ADAM_WEIGHT_DECAY),
                              .help = "weight_decay where muon steps as adam"},
    [HP_ADAM_LR_RATIO] = {.name = "adam_lr_ratio",
                          REAL(0, LARGE),
                          OF_OPTIMIZER(OPTIMIZER_ADAM_LR_RATIO),
                          .help = "learning_rate is multiplied by it where muon steps as adam"},
    [HP_MUON_A] = {.name = "muon_a",
                   REAL(-LARGE, LARGE),
                   OF_OPTIMIZER(OPTIMIZER_MUON_A),
                   .help = "of muon's iteration a x + b x x' x + c x x' x x' x"},
    [HP_MUON_B] = {.name = "muon_b",
                   REAL(-LARGE, LARGE),
                   OF_OPTIMIZER(OPTIMIZER_MUON_B),
                   .help = "see muon_a"},
    [HP_MUON_C] = {.name = "muon_c",
                   REAL(-LARGE, LARGE),
                   OF_OPTIMIZER(OPTIMIZER_MUON_C),
                   .help = "see muon_a"},
    [HP_NS_STEPS] = {.name = "ns_steps",
                     WHOLE(0, 100),
                     OF_OPTIMIZER(OPTIMIZER_NS_STEPS),
                     .help = "how often muon's iteration is taken (Newton-Schulz)"},
    [HP_RMS_RATE] = {.name = "rms_rate",
                     REAL(0, LARGE),
                     OF_OPTIMIZER(OPTIMIZER_RMS_RATE),
                     .help = "muon's steps are multiplied by it and the root of the matrix's "
                             "longer side; 0: by nothing (Keras' None)"},
    [HP_CLIPVALUE] = {.name = "clipvalue",
                      REAL(0, LARGE),
                      OF_OPTIMIZER(OPTIMIZER_CLIPVALUE),
                      .standard = "0",
                      .later = true,
                      .help = "gradients are cut off there, either way; 0: nowhere. Only one of "
                              "clipvalue, clipnorm and global_clipnorm may be above 0"},
    [HP_CLIPNORM] = {.name = "clipnorm",
                     REAL(0, LARGE),
                     OF_OPTIMIZER(OPTIMIZER_CLIPNORM),
                     .standard = "0",
                     .later = true,
                     .help =
                         "largest norm of each array's gradient (a kernel's, a bias'), to which "
                         "longer ones are scaled; 0: any"},
    [HP_GLOBAL_CLIPNORM] = {.name = "global_clipnorm",
                            REAL(0, LARGE),
                            OF_OPTIMIZER(OPTIMIZER_GLOBAL_CLIPNORM),
                            .standard = "0",
                            .later = true,
                            .help = "the same of all arrays together"},
    [HP_USE_EMA] = {.name = "use_ema",
                    SWITCH,
                    OF_OPTIMIZER(OPTIMIZER_USE_EMA),
                    .standard = "false",
                    .later = true,
                    .help = "keep a moving average of the weights, which the network has when its "
                            "training is over: for the test images and as its model. As in Keras, "
                            "the scores of each epoch are those of the weights as they are"},
    [HP_EMA_MOMENTUM] = {.name = "ema_momentum",
                         REAL(0, 1),
                         OF_OPTIMIZER(OPTIMIZER_EMA_MOMENTUM),
                         .standard = "0.99",
                         .help = "memory of that average, where use_ema is true"},
    [HP_EMA_OVERWRITE_FREQUENCY] = {.name = "ema_overwrite_frequency",
                                    WHOLE(0, 1e9),
                                    OF_OPTIMIZER(OPTIMIZER_EMA_OVERWRITE_FREQUENCY),
                                    .standard = "0",
                                    .help = "steps after which the weights become their average; "
                                            "0: only at the end"},
    [HP_GRADIENT_ACCUMULATION_STEPS] =
        {.name = "gradient_accumulation_steps",
         WHOLE(1, 1e9),
         OF_OPTIMIZER(OPTIMIZER_GRADIENT_ACCUMULATION_STEPS),
         .standard = "1",
         .later = true,
         .help = "batches whose gradients are averaged for one step, also across epochs; those "
                 "left at the end make none"},
    [HP_EARLY_STOPPING] =
        {.name = "early_stopping",
         .type = VALUE_COMPONENTS,
         .family = &early_stopping_family,
         .part = PART_NETWORK,
         .standard = "none",
         .later = true,
         .help = "when a training ends before its epochs are over, as Keras' EarlyStopping says: "
                 "\"val_loss patience=3\", {monitor: val_accuracy, patience: 3, "
                 "restore_best_weights: true}"},
    [HP_REDUCE_LR_ON_PLATEAU] =
        {.name = "reduce_lr_on_plateau",
         .type = VALUE_COMPONENTS,
         .family = &reduce_lr_family,
         .part = PART_NETWORK,
         .standard = "none",
         .later = true,
         .help = "when the learning rate is reduced, as Keras' ReduceLROnPlateau says: "
                 "\"val_loss patience=3\", {monitor: val_accuracy, factor: 0.5}"},
    [HP_TRAIN_IMAGE_DIVISOR] = {.name = "train_image_divisor",
                                REAL(0, LARGE),
                                .minimum_open = true,
                                .part = PART_STREAM,
                                .standard = "255",
                                .help = "training pixels, 0 to 255, are divided by it (default for "
                                        "numbers that are no pixels of 0 to 255: 1)"},
    [HP_TEST_IMAGE_DIVISOR] = {.name = "test_image_divisor",
                               REAL(0, LARGE),
                               .minimum_open = true,
                               .part = PART_EVALUATION,
                               .standard = "255",
                               .help =
                                   "test pixels, 0 to 255, are divided by it (default as that of "
                                   "train_image_divisor)"},
    [HP_TRAIN_LABEL_DIVISOR] = {.name = "train_label_divisor",
                                REAL(1, LARGE),
                                .part = PART_STREAM,
                                .defines = DEFINES_TRAINED_ON,
                                .standard = "1",
                                .help = "training labels are divided by it and cut to a whole "
                                        "number: 255 turns all of them into 0, the course deck's "
                                        "fault"},
    [HP_DATASET] = {.name = "dataset",
                    .type = VALUE_NAME,
                    .name_at = dataset_at,
                    .part = PART_STREAM,
                    .defines = DEFINES_MEASURED,
                    .help = "what is trained and tested on: the key dataset, where {values: "
                            "[mnist, fashion_mnist]} tries several. Scores on images are ranked "
                            "and compared within each of them"},
};

const struct hyperparameter *hyperparameter_find(const char *name) {
    return NAMES_FIND(hyperparameters, HP_COUNT, name);
}

enum hyperparameter_id hyperparameter_id_of(const struct hyperparameter *hyperparameter) {
    return (enum hyperparameter_id)(hyperparameter - hyperparameters);
}

const struct hyperparameter *hyperparameter_of_activation(const struct activation *activation) {
    for (size_t i = 0; activation->parameter != ACTIVATION_NO_PARAMETER && i < HP_COUNT; i++)
        if (hyperparameters[i].part == PART_ACTIVATION &&
            hyperparameters[i].detail == (int)activation->parameter)
            return &hyperparameters[i];
    return NULL;
}

void hyperparameter_list_names(const char *names[HP_COUNT]) {
    for (size_t i = 0; i < HP_COUNT; i++)
        names[i] = hyperparameters[i].name;
}

const char *hyperparameter_column(const struct hyperparameter *hyperparameter) {
    return hyperparameter->column ? hyperparameter->column : hyperparameter->name;
}

bool hyperparameter_allows(const struct hyperparameter *hyperparameter, double number) {
    bool above = hyperparameter->minimum_open ? number > hyperparameter->minimum
                                              : number >= hyperparameter->minimum;
    bool below = hyperparameter->maximum_open ? number < hyperparameter->maximum
                                              : number <= hyperparameter->maximum;
    return above && below;
}

static void append_bounds(const struct hyperparameter *hyperparameter, const char *kind,
                          struct text *text) {
    text_append(text, kind);
    if (hyperparameter->minimum > -LARGE) {
        text_append(text, hyperparameter->minimum_open ? " above " : " from ");
        text_append_double(text, hyperparameter->minimum);
    }
    if (hyperparameter->maximum < LARGE) {
        text_append(text, hyperparameter->maximum_open       ? " to below "
                          : hyperparameter->minimum > -LARGE ? " to "
                                                             : " up to ");
        text_append_double(text, hyperparameter->maximum);
    } else if (hyperparameter->minimum > -LARGE && !hyperparameter->minimum_open) {
        text_append(text, " up");
    }
}

/* "one of constant, cosine_decay, ..., with arguments by name, ..." */
static void append_family(const struct component_family *family, struct text *text) {
    const struct component_kind *kind;
    text_append(text, family->most > 1 ? "a list of " : "one of ");
    for (size_t i = 0; (kind = family->at(i)); i++)
        text_printf(text, "%s%s", i ? ", " : "", kind->name);
    text_append(text, ", each with its arguments by name, the first ones also in order");
}

void hyperparameter_append_allowed(const struct hyperparameter *hyperparameter, struct text *text) {
    switch (hyperparameter->type) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
        append_bounds(hyperparameter, "a whole number", text);
        break;
    case VALUE_REAL:
        append_bounds(hyperparameter, "a number", text);
        break;
    case VALUE_BOOLEAN:
        text_append(text, "true or false");
        break;
    case VALUE_NAME:
        if (!hyperparameter->canonical) {
            text_append(text, "a name that `sweep data` lists, a file or a folder");
            break;
        }
        text_append(text, "one of");
        for (size_t i = 0; hyperparameter->name_at(i); i++)
            text_printf(text, "%s %s", i ? "," : "", hyperparameter->name_at(i));
        break;
    case VALUE_COMPONENTS:
        append_family(hyperparameter->family, text);
        break;
    case VALUE_WEIGHTS:
        text_append(text, "none, balanced (images / (classes x images of the class)), {0: 1.5, 3: "
                          "2}, which leaves the other classes at 1, or a list with a weight for "
                          "each class");
        break;
    case VALUE_LAYERS:
        text_printf(text, "a list of at most %d hidden layers, each ", LAYERS_MAX);
        append_bounds(hyperparameter, "a whole number", text);
        text_append(text, ", \"64 tanh\", {units: 64, activation: tanh}, or one that `sweep keys "
                          "layers` lists");
        break;
    }
}

bool hyperparameter_is_list(const struct hyperparameter *hyperparameter) {
    return hyperparameter->type == VALUE_LAYERS || hyperparameter->type == VALUE_WEIGHTS ||
           (hyperparameter->type == VALUE_COMPONENTS && hyperparameter->family->most > 1);
}

bool hyperparameter_is_untold(const struct hyperparameter *hyperparameter,
                              const char *text_of_value) {
    return hyperparameter->later && hyperparameter->standard &&
           strcmp(text_of_value, hyperparameter->standard) == 0;
}

double value_number(const struct value *value) {
    return value->type == VALUE_INTEGER ? (double)value->integer : value->real;
}

void value_append(const struct value *value, struct text *text) {
    switch (value->type) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
        text_append_integer(text, value->integer);
        break;
    case VALUE_REAL:
        text_append_double(text, value->real);
        break;
    case VALUE_BOOLEAN:
        text_append(text, value->boolean ? "true" : "false");
        break;
    case VALUE_NAME:
        text_append(text, value->name);
        break;
    case VALUE_COMPONENTS:
        components_append(value->components, text);
        break;
    case VALUE_WEIGHTS:
        class_weights_append(value->weights, text);
        break;
    case VALUE_LAYERS:
        layers_append(value->layers, text);
        break;
    }
}

#define LISTED_MAX 10

void value_list_append(const struct value *value, size_t *count, struct text *list) {
    if ((*count)++ >= LISTED_MAX)
        return;
    text_append(list, list->length > 0 ? ", " : "");
    value_append(value, list);
}

void value_list_end(size_t count, struct text *list) {
    if (count > LISTED_MAX)
        text_printf(list, " and %zu more", count - LISTED_MAX);
}
