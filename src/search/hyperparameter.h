/* The master table of hyperparameters.
 *
 * One row a hyperparameter: its name, type, range, default, meaning and where it goes. The table
 * drives the check of a config, `sweep keys`, --set, the expansion of the grid, the columns of the
 * database and the labels of tables. A new hyperparameter is one row here and the code that uses
 * it. */
#ifndef SWEEP_SEARCH_HYPERPARAMETER_H
#define SWEEP_SEARCH_HYPERPARAMETER_H

#include "base/argument.h"
#include "base/text.h"
#include "nn/layer_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hyperparameter_id {
    HP_EPOCHS,
    HP_BATCH_SIZE,
    HP_TRAIN_IMAGES,
    HP_VALIDATION_SPLIT,
    HP_AUGMENTATION,
    HP_AUGMENTATION_SCHEDULE,
    HP_LAYERS,
    HP_ACTIVATION,
    HP_NEGATIVE_SLOPE,
    HP_ALPHA,
    HP_THETA,
    HP_OUTPUT_ACTIVATION,
    HP_INITIALIZER,
    HP_DROPOUT,
    HP_L2,
    HP_LOSS,
    HP_LABEL_SMOOTHING,
    HP_DELTA,
    HP_CLASS_WEIGHT,
    HP_OPTIMIZER,
    HP_LEARNING_RATE,
    HP_LEARNING_RATE_SCHEDULE,
    HP_MOMENTUM,
    HP_NESTEROV,
    HP_RHO,
    HP_BETA_1,
    HP_BETA_2,
    HP_EPSILON,
    HP_CENTERED,
    HP_AMSGRAD,
    HP_WEIGHT_DECAY,
    HP_INITIAL_ACCUMULATOR_VALUE,
    HP_LEARNING_RATE_POWER,
    HP_L1_REGULARIZATION_STRENGTH,
    HP_L2_REGULARIZATION_STRENGTH,
    HP_L2_SHRINKAGE_REGULARIZATION_STRENGTH,
    HP_BETA,
    HP_BETA_2_DECAY,
    HP_EPSILON_1,
    HP_EPSILON_2,
    HP_CLIP_THRESHOLD,
    HP_ADAM_BETA_1,
    HP_ADAM_BETA_2,
    HP_ADAM_WEIGHT_DECAY,
    HP_ADAM_LR_RATIO,
    HP_MUON_A,
    HP_MUON_B,
    HP_MUON_C,
    HP_NS_STEPS,
    HP_RMS_RATE,
    HP_CLIPVALUE,
    HP_CLIPNORM,
    HP_GLOBAL_CLIPNORM,
    HP_USE_EMA, /* before those that it decides */
    HP_EMA_MOMENTUM,
    HP_EMA_OVERWRITE_FREQUENCY,
    HP_GRADIENT_ACCUMULATION_STEPS,
    HP_EARLY_STOPPING,
    HP_REDUCE_LR_ON_PLATEAU,
    HP_TRAIN_IMAGE_DIVISOR,
    HP_TEST_IMAGE_DIVISOR,
    HP_TRAIN_LABEL_DIVISOR,
    HP_DATASET, /* the last: its column of the database is */
    HP_COUNT
};

enum value_type {
    VALUE_NONE, /* the hyperparameter does not apply: beta_1 of sgd */
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_BOOLEAN,
    VALUE_NAME,   /* an entry of a table: a loss, an optimizer, ... */
    VALUE_LAYERS, /* hidden layers, first to last */
    /* Things with a name and arguments of a family: a schedule, a list of augmentations. A new
     * hyperparameter of this type is a row here and the family's table (base/argument.h). */
    VALUE_COMPONENTS,
    VALUE_WEIGHTS, /* of classes (search/class_weights.h) */
};

/* Hidden layers: with dropout after each and the output layer, they are no more than
 * NETWORK_LAYERS_MAX. */
#define LAYERS_MAX 127

/* Layers before the output layer. Without an activation, a layer with a kernel has the trial's; an
 * activation whose parameter is NAN has the trial's. */
struct hidden_layers {
    size_t count;
    struct layer_spec items[LAYERS_MAX];
    struct {
        int line, column; /* where a config has it; line 0: nobody knows */
        bool number;      /* it is a dense layer by its units: 64, not "dense 64" */
        bool plain;       /* it has no activation because none is named: layers_as_in_keras */
    } places[LAYERS_MAX];
};

struct value {
    enum value_type type;
    union {
        int64_t integer;
        double real;
        bool boolean;
        const char *name; /* the table's own string */
        const struct hidden_layers *layers;
        const struct components *components;
        const struct class_weights *weights;
    };
};

/* Which part of a trial a hyperparameter decides. */
enum hyperparameter_part {
    PART_LENGTH,     /* epochs: trials that differ in nothing else are milestones of one run */
    PART_STREAM,     /* the stream: runs that agree in all of these (and the seed) share a cohort */
    PART_EVALUATION, /* how the test set is read; shared by a cohort as well */
    PART_NETWORK,
    PART_OPTIMIZER,  /* applies if the optimizer has it; its default is the optimizer's */
    PART_LOSS,       /* applies if the loss has it; its default is the loss' */
    PART_ACTIVATION, /* applies if a layer's activation has it; its default is the activation's */
};

/* Which scores a hyperparameter is part of the definition of; see score.h. */
enum score_definition {
    DEFINES_NONE,
    DEFINES_LOSSES,     /* the loss on any images */
    DEFINES_TRAINING,   /* the loss on training images */
    DEFINES_TRAINED_ON, /* all scores on training and validation images, by their labels */
    DEFINES_MEASURED,   /* all scores on images */
};

struct hyperparameter {
    const char *name;
    const char *aliases[2];
    const char *column; /* its column in the database, where that is not its name */
    enum value_type type;
    enum hyperparameter_part part;
    enum score_definition defines;
    int detail;              /* PART_OPTIMIZER: enum optimizer_parameter; PART_LOSS: loss_parameter;
                              * PART_ACTIVATION: activation_parameter */
    double minimum, maximum; /* of a number (of units, for layers), both allowed unless open */
    bool minimum_open, maximum_open;
    const char *standard; /* the default as text; NULL: depends on another choice, see help */
    const char *help;
    /* VALUE_NAME: the i-th allowed name, or NULL after the last; and the table's own string for a
     * name or alias, or NULL when there is none such; canonical is NULL where others are allowed */
    const char *(*name_at)(size_t i);
    const char *(*canonical)(const char *name);
    const struct component_family *family; /* VALUE_COMPONENTS */
    /* It came when there were databases already: a digest has it where it is not at its default,
     * and what is older has the default. */
    bool later;
};

extern const struct hyperparameter hyperparameters[HP_COUNT];

/* The hyperparameter of that name or alias, or NULL. */
const struct hyperparameter *hyperparameter_find(const char *name);
enum hyperparameter_id hyperparameter_id_of(const struct hyperparameter *hyperparameter);

/* That of an activation's parameter, as negative_slope is leaky_relu's; NULL: it has none. */
const struct hyperparameter *hyperparameter_of_activation(const struct activation *activation);

/* All their names, in their order. */
void hyperparameter_list_names(const char *names[HP_COUNT]);

/* Its column in the database. */
const char *hyperparameter_column(const struct hyperparameter *hyperparameter);

/* Whether a number (of units, for layers) is in the range that is allowed. */
bool hyperparameter_allows(const struct hyperparameter *hyperparameter, double number);

/* What is allowed, in words: "a whole number from 1 to 1000000", "one of sgd, adam, ...". */
void hyperparameter_append_allowed(const struct hyperparameter *hyperparameter, struct text *text);

/* An integer or a real as a number. */
double value_number(const struct value *value);

/* Whether a value is written as a list: layers, and things of which there may be several. */
bool hyperparameter_is_list(const struct hyperparameter *hyperparameter);

/* Whether text_of_value is the default of one that came later. */
bool hyperparameter_is_untold(const struct hyperparameter *hyperparameter,
                              const char *text_of_value);

/* A value as a person would write it in a config; layers as JSON: [128, "64 tanh", "dropout 0.2"].
 * The text of equal values is equal, and reads back as the same value. VALUE_NONE gives nothing. */
void value_append(const struct value *value, struct text *text);

/* Append one more of several values to a list in a message, "30, 1000, 1e+06", which tells the
 * first ten; `count` is how many the list has, and ends it with how many more there are. */
void value_list_append(const struct value *value, size_t *count, struct text *list);
void value_list_end(size_t count, struct text *list);

#endif
