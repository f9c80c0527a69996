#include "exchange/keras.h"

#include "data/stream.h"
#include "exchange/keras_private.h"
#include "search/layers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- compiling --- */

static const struct {
    const char *name, *class;
} optimizer_classes[] = {
    {"sgd", "SGD"},           {"rmsprop", "RMSprop"},     {"adam", "Adam"}, {"nadam", "Nadam"},
    {"adamax", "Adamax"},     {"adagrad", "Adagrad"},     {"ftrl", "Ftrl"}, {"adamw", "AdamW"},
    {"adadelta", "Adadelta"}, {"adafactor", "Adafactor"}, {"lion", "Lion"}, {"lamb", "Lamb"},
    {"muon", "Muon"},
};

static const char *find_optimizer(const char *name) {
    for (size_t i = 0; i < sizeof optimizer_classes / sizeof *optimizer_classes; i++)
        if (strcmp(optimizer_classes[i].name, name) == 0)
            return optimizer_classes[i].class;
    return NULL;
}

bool keras_has_optimizer(const char *name) {
    return find_optimizer(name) != NULL;
}

static const struct loss_form {
    const char *name;
    const char *definition; /* of a function; NULL: Keras has it under this name */
    bool from_values; /* Keras' TensorFlow backend may take the values before the activation */
} loss_forms[] = {
    {"categorical_crossentropy", NULL, true},
    {"sparse_categorical_crossentropy", NULL, true},
    {"binary_crossentropy", NULL, true},
    {"mean_squared_error", NULL, false},
    {"mean_absolute_error", NULL, false},
    {"mean_absolute_percentage_error", NULL, false},
    {"mean_squared_logarithmic_error", NULL, false},
    {"cosine_similarity", NULL, false},
    {"poisson", NULL, false},
    {"kl_divergence", NULL, false},
    {"hinge", NULL, false},
    {"squared_hinge", NULL, false},
    {"categorical_hinge", NULL, false},
    {"huber", NULL, false},
    {"log_cosh", NULL, false},
    {"root_mean_squared_error",
     "def root_mean_squared_error(t, y):\n"
     "    return ops.sqrt(ops.mean(ops.square(y - t), axis=-1))\n\n\n",
     false},
    {"mean_absolute_scaled_error",
     "def mean_absolute_scaled_error(t, y):\n"
     "    k = y.shape[-1]\n"
     "    return ops.mean(ops.abs(y - t), axis=-1) * (k * k / (2 * (k - 1)))\n\n\n",
     false},
};

static const struct loss_form *find_loss(const char *name) {
    for (size_t i = 0; i < sizeof loss_forms / sizeof *loss_forms; i++)
        if (strcmp(loss_forms[i].name, name) == 0)
            return &loss_forms[i];
    return NULL;
}

bool keras_has_loss(const char *name) {
    return find_loss(name) != NULL;
}

/* The learning rate, and what differs from the optimizer's defaults. */
static void add_settings(struct keras_writer *writer) {
    const struct network_spec *spec = writer->request->spec;
    char name[64];
    if (spec->schedule)
        keras_add_text(writer, "learning_rate=", "learning_rate");
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        const enum optimizer_parameter parameter = (enum optimizer_parameter)hyperparameter->detail;
        double standard;
        if (hyperparameter->part != PART_OPTIMIZER ||
            writer->request->setting->values[i].type == VALUE_NONE ||
            !optimizer_has(spec->optimizer, parameter, &standard) ||
            (i == HP_LEARNING_RATE && spec->schedule))
            continue;
        const double value = spec->optimizer_settings.value[parameter];
        if (value == standard && parameter != OPTIMIZER_LEARNING_RATE)
            continue;
        snprintf(name, sizeof name, "%s=", hyperparameter->name);
        if (parameter == OPTIMIZER_RMS_RATE && value == 0)
            keras_add_text(writer, name, "None");
        else if (hyperparameter->type == VALUE_BOOLEAN)
            keras_add_text(writer, name, value != 0 ? "True" : "False");
        else
            (hyperparameter->type == VALUE_REAL ? keras_add_real : keras_add_number)(writer, name,
                                                                                     value);
    }
}

static void append_optimizer(struct keras_writer *writer) {
    const char *name = writer->request->spec->optimizer->name, *class = find_optimizer(name);
    char head[64];
    if (writer->request->spec->schedule)
        keras_append_schedule(writer);
    add_settings(writer);
    snprintf(head, sizeof head, "optimizer = keras.optimizers.%s", class ? class : name);
    keras_end_call(writer, "", head, "");
    if (!class)
        keras_note_unknown(writer, "optimizer", name);
}

static void note_pair(struct keras_writer *writer, const struct network_output *of,
                      const struct loss_form *loss) {
    const struct activation *output = of->activation;
    if (loss && loss->from_values && !loss_is_joint(of->loss, output))
        text_append(&writer->notes,
                    "# The loss does not belong to the output's activation: of such a pair Keras'\n"
                    "# TensorFlow backend may compute another one than its JAX and PyTorch\n"
                    "# backends, which do as sweep did.\n");
    if (output && strcmp(output->name, "binary_step") == 0)
        text_append(&writer->notes,
                    "# Keras refuses to train it: no gradient passes the output.\n");
}

/* keras.losses.CategoricalCrossentropy(label_smoothing=0.1) */
static void append_loss_with_settings(const struct network_output *of, struct text *text) {
    text_append(text, "keras.losses.");
    keras_append_class(of->loss->name, text);
    text_append(text, "(");
    for (size_t i = 0; i < HP_COUNT; i++)
        if (hyperparameters[i].part == PART_LOSS &&
            hyperparameters[i].detail == (int)of->loss->parameter)
            text_printf(text, "%s=", hyperparameters[i].name);
    text_append_double(text, of->settings.value[of->loss->parameter]);
    text_append(text, ")");
}

static void append_loss(struct keras_writer *writer, const struct network_output *of,
                        struct text *text) {
    const struct loss_form *loss = find_loss(of->loss->name);
    if (!loss_is_plain(of->loss, &of->settings))
        append_loss_with_settings(of, text);
    else if (loss && loss->definition)
        text_append(text, loss->name);
    else
        text_printf(text, "\"%s\"", of->loss->name);
    if (!loss)
        keras_note_unknown(writer, "loss", of->loss->name);
    note_pair(writer, of, loss);
}

/* What one output has, or {"digit": ..., "odd": ...}. */
static void add_of_outputs(struct keras_writer *writer, const char *name,
                           void (*append)(struct keras_writer *writer,
                                          const struct network_output *of, struct text *text)) {
    const struct network_spec *spec = writer->request->spec;
    const bool named = network_has_named_outputs(spec);
    struct text text;
    text_init(&text);
    for (size_t k = 0; k < network_output_count(spec); k++) {
        const struct network_output output = network_output(spec, k);
        if (named)
            text_printf(&text, "%s\"%s\": ", k ? ", " : "{", output.named->name);
        append(writer, &output, &text);
    }
    text_append(&text, named ? "}" : "");
    keras_add_text(writer, name, text.data);
    writer->body.failed |= text.failed;
    text_release(&text);
}

static void append_weight(struct keras_writer *writer, const struct network_output *of,
                          struct text *text) {
    (void)writer;
    text_append_double(text, of->weight);
}

bool keras_predicts_numbers(const struct keras_writer *writer, const struct network_output *of) {
    if (!of->named || !of->named->target)
        return writer->request->values;
    return of->target > 0 ? stream_target_is_numbers(of->target) : of->loss->values != NULL;
}

/* What Keras calls otherwise, of one-hot targets and of classes by their numbers; NULL: has not. */
static const struct metric_form {
    const char *name, *one_hot, *sparse;
} metric_forms[] = {
    {"accuracy", "\"accuracy\"", "\"accuracy\""},
    {"top_k_categorical_accuracy", "\"top_k_categorical_accuracy\"",
     "\"sparse_top_k_categorical_accuracy\""},
    {"categorical_crossentropy", "\"categorical_crossentropy\"",
     "\"sparse_categorical_crossentropy\""},
    {"sparse_categorical_crossentropy", "\"categorical_crossentropy\"",
     "\"sparse_categorical_crossentropy\""},
    {"f1_score", "keras.metrics.F1Score(average=\"macro\")", NULL},
    {"huber", "keras.losses.huber", NULL},
    {"log_cosh", "keras.losses.log_cosh", NULL},
    {"mean_absolute_scaled_error", NULL, NULL},
};

/* False: Keras has none of these targets. */
static bool append_metric(const struct metric *metric, bool sparse, struct text *text) {
    for (size_t i = 0; i < sizeof metric_forms / sizeof *metric_forms; i++)
        if (strcmp(metric_forms[i].name, metric->name) == 0) {
            const char *form = sparse ? metric_forms[i].sparse : metric_forms[i].one_hot;
            text_append(text, form ? form : "");
            return form != NULL;
        }
    if (sparse || metric->plugin || strchr(metric->name, '@'))
        return false;
    text_printf(text, "\"%s\"", metric->name);
    return true;
}

/* What a recorded metric is of this output; NULL: it is another's, or its loss, which Keras tells
 * by itself. */
static const struct metric *metric_of(const struct metric *metric,
                                      const struct network_output *output, bool first) {
    if (!metric->output)
        return first ? metric : NULL;
    return output->named && strcmp(metric->output, output->named->name) == 0 ? metric->of : NULL;
}

bool keras_is_sparse(const struct loss *loss) {
    return strncmp(loss->name, "sparse_", 7) == 0;
}

static bool is_first(const struct keras_writer *writer, const struct network_output *of) {
    return network_output(writer->request->spec, 0).named == of->named;
}

static void append_recorded(struct keras_writer *writer, const struct network_output *of,
                            struct text *list) {
    for (size_t i = 0; i < writer->request->metric_count; i++) {
        const struct metric *recorded = writer->request->metrics[i];
        const struct metric *metric = metric_of(recorded, of, is_first(writer, of));
        const size_t before = list->length;
        if (!metric || strcmp(metric->name, "accuracy") == 0)
            continue;
        text_append(list, before > 0 ? ", " : "");
        if (append_metric(metric, keras_is_sparse(of->loss), list))
            continue;
        text_cut(list, before);
        text_printf(&writer->notes, "# NOT IN THIS CODE: the metric %s\n", recorded->name);
    }
}

static void append_metrics(struct keras_writer *writer, const struct network_output *of,
                           struct text *text) {
    struct text list;
    text_init(&list);
    text_append(&list, keras_predicts_numbers(writer, of) ? "" : "\"accuracy\"");
    append_recorded(writer, of, &list);
    text_printf(text, "[%s]", list.data);
    text->failed |= list.failed;
    text_release(&list);
}

/* Whether an output has any. */
static bool has_metrics(const struct keras_writer *writer) {
    bool has = writer->request->metric_count > 0;
    for (size_t k = 0; k < network_output_count(writer->request->spec); k++) {
        const struct network_output output = network_output(writer->request->spec, k);
        has |= !keras_predicts_numbers(writer, &output);
    }
    return has;
}

static void append_compile(struct keras_writer *writer) {
    append_optimizer(writer);
    keras_add_text(writer, "optimizer=", "optimizer");
    add_of_outputs(writer, "loss=", append_loss);
    if (network_has_named_outputs(writer->request->spec))
        add_of_outputs(writer, "loss_weights=", append_weight);
    if (has_metrics(writer))
        add_of_outputs(writer, "metrics=", append_metrics);
    keras_end_call(writer, "", "model.compile", "");
}

/* --- training --- */

/* fit's, which are balanced by the labels that are trained on. */
static void add_class_weight(struct keras_writer *writer) {
    const struct network_spec *spec = writer->request->spec;
    const struct value *value = &writer->request->setting->values[HP_CLASS_WEIGHT];
    if (spec->class_balance) {
        keras_add_text(writer, "class_weight=", "class_weight");
    } else if (spec->class_weight) {
        text_clear(&writer->line);
        value_append(value, &writer->line);
        keras_add_text(writer, "class_weight=", writer->line.data);
    }
}

/* Their names before fit. */
static void append_class_balance(struct keras_writer *writer) {
    const bool sparse = keras_is_sparse(writer->request->spec->loss);
    const int64_t used = writer->request->setting->values[HP_TRAIN_IMAGES].integer;
    if (writer->request->spec->class_balance)
        text_printf(&writer->body,
                    "labels = %s[:%" PRId64 "]\n"
                    "classes, counts = np.unique(labels, return_counts=True)\n"
                    "balance = len(labels) / (len(classes) * counts)\n"
                    "class_weight = dict(zip(classes.tolist(), balance.tolist()))\n",
                    sparse ? "y" : "y.argmax(axis=1)", used);
}

/* x[:100], or {k: v[:100] for k, v in x.items()}. */
static void write_part(const char *name, bool several, const char *range, char *part, size_t size) {
    if (several && *range)
        snprintf(part, size, "{k: v%s for k, v in %s.items()}", range, name);
    else
        snprintf(part, size, "%s%s", name, range);
}

static void add_held_out(struct keras_writer *writer, bool inputs, bool outputs) {
    char x[80], y[80], both[176];
    write_part("x", inputs, "[held_out:]", x, sizeof x);
    write_part("y", outputs, "[held_out:]", y, sizeof y);
    snprintf(both, sizeof both, "(%s, %s)", x, y);
    keras_add_text(writer, "validation_data=", both);
}

static void append_fit(struct keras_writer *writer) {
    const struct keras_request *request = writer->request;
    const struct value *values = request->setting->values;
    const double split = values[HP_VALIDATION_SPLIT].real;
    const uint64_t used = (uint64_t)values[HP_TRAIN_IMAGES].integer;
    const bool all = request->images > 0 && stream_train_limit(request->images, split) == used;
    const bool inputs = network_has_named_inputs(request->spec);
    const bool outputs = network_has_named_outputs(request->spec);
    char range[40] = "", x[96], y[96], part[200];
    append_class_balance(writer);
    keras_append_callbacks(writer);
    if (!all) {
        snprintf(range, sizeof range, "[:%" PRIu64 "]", used);
        text_append(&writer->body, split > 0 ? "held_out = int(len(" : "");
        if (split > 0) {
            text_append(&writer->body, inputs ? "next(iter(x.values()))" : "x");
            text_append(&writer->body, ") * (1 - ");
            text_append_double(&writer->body, split);
        }
        text_append(&writer->body, split > 0 ? "))\n" : "");
    }
    write_part("x", inputs, range, x, sizeof x);
    write_part("y", outputs, range, y, sizeof y);
    snprintf(part, sizeof part, "%s\n%s", x, y);
    keras_add_text(writer, "", part);
    keras_add_number(writer, "batch_size=", (double)values[HP_BATCH_SIZE].integer);
    keras_add_number(writer, "epochs=", (double)values[HP_EPOCHS].integer);
    if (split > 0 && all)
        keras_add_number(writer, "validation_split=", split);
    else if (split > 0)
        add_held_out(writer, inputs, outputs);
    keras_add_text(writer, "shuffle=", "True");
    add_class_weight(writer);
    keras_add_callbacks(writer);
    keras_end_call(writer, "", "model.fit", "");
    text_append(&writer->body, "model.evaluate(x_test, y_test)\n");
}

/* --- what it begins with --- */

/* Those that the functions above say; the optimizer's and activations' parameters besides. */
static const enum hyperparameter_id said[] = {HP_EPOCHS,
                                              HP_BATCH_SIZE,
                                              HP_TRAIN_IMAGES,
                                              HP_VALIDATION_SPLIT,
                                              HP_LAYERS,
                                              HP_ACTIVATION,
                                              HP_OUTPUT_ACTIVATION,
                                              HP_INITIALIZER,
                                              HP_DROPOUT,
                                              HP_L2,
                                              HP_LOSS,
                                              HP_CLASS_WEIGHT,
                                              HP_EARLY_STOPPING,
                                              HP_REDUCE_LR_ON_PLATEAU,
                                              HP_OPTIMIZER,
                                              HP_LEARNING_RATE_SCHEDULE,
                                              HP_TRAIN_IMAGE_DIVISOR,
                                              HP_TEST_IMAGE_DIVISOR,
                                              HP_TRAIN_LABEL_DIVISOR};

static bool is_said(size_t id) {
    const enum hyperparameter_part part = hyperparameters[id].part;
    bool found = part == PART_OPTIMIZER || part == PART_LOSS || part == PART_ACTIVATION;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        found |= said[i] == id;
    return found;
}

static void note_others(struct keras_writer *writer) {
    const struct value *values = writer->request->setting->values;
    for (size_t i = 0; i < HP_COUNT; i++) {
        if (i == HP_DATASET || is_said(i) || values[i].type == VALUE_NONE)
            continue;
        text_clear(&writer->line);
        value_append(&values[i], &writer->line);
        if (!hyperparameter_is_untold(&hyperparameters[i], writer->line.data))
            text_printf(&writer->notes, "# NOT IN THIS CODE: %s: %s\n", hyperparameters[i].name,
                        writer->line.data);
    }
}

/* Whether an output has a loss that Keras has to be told of. */
static bool is_defined(const struct network_spec *spec, const struct loss_form *form) {
    bool asked = false;
    for (size_t k = 0; k < network_output_count(spec); k++)
        asked |= strcmp(network_output(spec, k).loss->name, form->name) == 0;
    return asked && form->definition;
}

static bool uses_numpy(const struct keras_writer *writer) {
    return strstr(writer->body.data, "np.");
}

static void append_head(struct keras_writer *writer, struct text *text) {
    const struct keras_request *request = writer->request;
    bool defined = *keras_schedule_definition(request->spec);
    for (size_t i = 0; i < sizeof loss_forms / sizeof *loss_forms; i++)
        defined |= is_defined(request->spec, &loss_forms[i]);
    text_printf(text,
                "# Trial %" PRId64 " of sweep %" PRId64
                " in Keras 3. Random numbers are others: where\n"
                "# weights start, the order of the images, what dropout and noise do.\n"
                "%s"
                "import keras\n%sfrom keras import layers%s\n\n",
                request->trial, request->sweep, writer->notes.data,
                uses_numpy(writer) ? "import numpy as np\n" : "",
                defined || strstr(writer->body.data, "ops.") ? ", ops" : "");
    for (size_t i = 0; i < sizeof loss_forms / sizeof *loss_forms; i++)
        if (is_defined(request->spec, &loss_forms[i]))
            text_printf(text, "\n%s", loss_forms[i].definition);
    text_append(text, keras_schedule_definition(request->spec));
}

static void append_tail(const struct keras_writer *writer, struct text *text) {
    const struct keras_request *request = writer->request;
    text_printf(text,
                "\n# With the weights that sweep trained, where they were kept:\n"
                "#   sweep export --trial %" PRId64 " -o weights.npz\n"
                "%s"
                "# weights = np.load(\"weights.npz\")\n%s",
                request->trial, uses_numpy(writer) ? "" : "# import numpy as np\n",
                network_is_chain(request->spec)
                    ? "# model.set_weights([weights[name] for name in weights.files])\n"
                    : "# for layer in model.layers:\n"
                      "#     layer.set_weights([weights[name] for name in weights.files\n"
                      "#                        if name.startswith(layer.name + \".\")])\n");
}

static void write_all(struct keras_writer *writer) {
    keras_append_data(writer);
    text_append(&writer->body, "\n");
    keras_append_model(writer);
    append_compile(writer);
    append_fit(writer);
    note_others(writer);
}

void keras_append(const struct keras_request *request, struct text *text) {
    struct keras_writer writer = {.request = request};
    struct text *const parts[] = {&writer.notes, &writer.body, &writer.arguments, &writer.line};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        text_init(parts[i]);
    write_all(&writer);
    append_head(&writer, text);
    text_append(text, writer.body.data);
    append_tail(&writer, text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text->failed |= parts[i]->failed;
        text_release(parts[i]);
    }
}
