/* The data set in Keras code: loaded, and made what the network reads and what its outputs are held
 * against. */
#include "data/stream.h"
#include "exchange/keras_private.h"
#include "search/layers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The shape of the image; rank 0 where the network reads arrays alone. */
static struct shape image_shape(const struct network_spec *spec) {
    const struct shape none = {0};
    for (size_t i = 0; i < spec->layer_count; i++)
        if (spec->layers[i].kind == &layer_input_layer && !layer_reads_array(&spec->layers[i]))
            return spec->layers[i].input->shape;
    return network_has_named_inputs(spec) ? none : spec->input;
}

const char *keras_data_origin(const struct keras_request *request) {
    const struct catalogue_entry *known = catalogue_find(request->dataset);
    const bool has = known && known->origin && strncmp(known->origin, "keras.", 6) == 0;
    return has ? known->origin : NULL;
}

/* Whether an output's target is classes that a further array has. */
static bool reads_classes(const struct keras_writer *writer) {
    bool reads = false;
    for (size_t k = 0; k < network_output_count(writer->request->spec); k++) {
        const struct network_output output = network_output(writer->request->spec, k);
        reads |= output.named && output.named->target && !keras_predicts_numbers(writer, &output);
    }
    return reads;
}

/* A file has classes by their numbers, also in a column, or one-hot. */
static void append_class_numbers(struct keras_writer *writer) {
    const bool own = !writer->request->values && !keras_data_origin(writer->request);
    if (own || reads_classes(writer))
        text_append(&writer->body,
                    "\n\ndef class_numbers(y):\n"
                    "    return y.argmax(axis=-1) if y.size > len(y) else y.reshape(-1)\n\n\n");
    if (own)
        text_append(&writer->body, "y, y_test = class_numbers(y), class_numbers(y_test)\n");
}

/* The test part of a data set that has none in its files is in no file. */
static void append_split_note(struct keras_writer *writer) {
    const struct keras_request *request = writer->request;
    if (request->data && !request->data->test_drawn)
        return;
    text_append(
        &writer->body,
        request->data
            ? "# The data set's files have no test part. The trial's was drawn by sweep\n"
            : "# If the data set's files have no test part, the trial's was drawn by sweep\n");
    if (request->data && request->options)
        text_printf(&writer->body, "# (split_seed: %" PRIu64 "), ", request->options->split_seed);
    else
        text_append(&writer->body, "# ");
    text_append(&writer->body,
                "which this code does not do again: with another one scores\n"
                "# are others, and examples that the trial was trained on may be in it.\n");
}

/* The training examples in random order, as validation_split takes the last of them. */
static void append_order(struct keras_writer *writer, const char *lines) {
    const struct dataset_options *options = writer->request->options;
    if (!options || !options->shuffle)
        return;
    text_printf(&writer->body,
                "# sweep put the training examples in random order (shuffle: true); this one is\n"
                "# another, so that others are held out for validation.\n"
                "order = np.random.default_rng(%" PRIu64 ")",
                options->split_seed);
    text_append(&writer->body, lines);
}

static void append_file(struct keras_writer *writer, struct shape image) {
    const struct keras_request *request = writer->request;
    text_printf(&writer->body,
                "# data.npz is a file of yours, as sweep writes none. It has the data set\n"
                "# %s:\n"
                "# x_train and x_test are its examples (channels %s),\n"
                "# y_train and y_test %s,\n"
                "# in the order and with the values of the data set's files. An .npz file with\n"
                "# these names can be taken as it is. `sweep data info` says what sweep changes\n"
                "# when it reads the files.\n",
                request->dataset, keras_channels_note(request, image),
                request->values ? "the numbers to predict"
                                : "their classes, one-hot or numbers as in `sweep data info`");
    append_split_note(writer);
    text_append(&writer->body, "data = np.load(\"data.npz\")\n");
    append_order(writer, ".permutation(len(data[\"x_train\"]))\n"
                         "data = {name: array[order] if name.endswith(\"train\") else array\n"
                         "        for name, array in data.items()}\n");
    text_append(&writer->body, "x, y = data[\"x_train\"], data[\"y_train\"]\n"
                               "x_test, y_test = data[\"x_test\"], data[\"y_test\"]\n");
}

static void append_data(struct keras_writer *writer) {
    const struct keras_request *request = writer->request;
    const char *origin = keras_data_origin(request);
    const struct shape image = image_shape(request->spec);
    if (origin) {
        text_printf(&writer->body, "(x, y), (x_test, y_test) = %s\n", origin);
        append_order(writer, ".permutation(len(x))\nx, y = x[order], y[order]\n");
    } else {
        append_file(writer, image);
    }
    append_class_numbers(writer);
    keras_append_channels_function(writer, image);
    keras_append_image_channels(writer, image);
}

/* x = {"image": x, "meta": data["meta_train"].reshape(-1, 8).astype("float32")} */
static void append_inputs(struct keras_writer *writer, const char *name, const char *part) {
    const struct network_spec *spec = writer->request->spec;
    if (!network_has_named_inputs(spec))
        return;
    text_printf(&writer->body, "%s = {\n", name);
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        if (layer->kind != &layer_input_layer)
            continue;
        const struct named_input *input = layer->input;
        text_append(&writer->body, "    ");
        keras_append_input(spec, i, &writer->body);
        if (!layer_reads_array(layer)) {
            text_printf(&writer->body, ": %s,\n", name);
            continue;
        }
        text_append(&writer->body, ": ");
        keras_append_array(writer, input, part);
        text_append(&writer->body, ".reshape(-1");
        for (size_t k = 0; k < input->shape.rank; k++)
            text_printf(&writer->body, ", %zu", input->shape.dims[k]);
        text_append(&writer->body, ").astype(\"float32\"),\n");
    }
    text_append(&writer->body, "}\n");
}

static void append_scaling(struct keras_writer *writer, const char *name,
                           enum hyperparameter_id divisor) {
    const struct shape shape = image_shape(writer->request->spec);
    if (shape.rank == 0)
        return;
    text_printf(&writer->body, "%s = %s.reshape(-1", name, name);
    for (size_t i = 0; i < shape.rank; i++)
        text_printf(&writer->body, ", %zu", shape.dims[i]);
    text_append(&writer->body, ").astype(\"float32\") / ");
    text_append_double(&writer->body, writer->request->setting->values[divisor].real);
    text_append(&writer->body, "\n");
}

/* --- normalization --- */

/* The layer is given its mean and variance: adapt() would compute them in float32, where a constant
 * feature leaves a rounding error that is divided by 1e-7. */
#define KNOWN_NOTE "# In float64: in float32 a constant leaves a rounding error.\n"
static void append_known(struct keras_writer *writer, double unit, double divisor) {
    text_append(&writer->body, "known = known.astype(\"float32\").astype(\"float64\")\n");
    if (unit > 1) { /* levels that the file has divided */
        text_append(&writer->body, "known = np.round(known * ");
        text_append_double(&writer->body, unit);
        text_append(&writer->body, ") / ");
        text_append_double(&writer->body, unit);
        text_append(&writer->body, "\n");
    }
    if (divisor != 1) {
        text_append(&writer->body, "known = known / ");
        text_append_double(&writer->body, divisor);
        text_append(&writer->body, "\n");
    }
}

/* Of a grey image one mean. `key` is "", or that of one of several inputs in its brackets. */
static void append_normalization(struct keras_writer *writer, const char *key, size_t rank) {
    static const char *const axes[] = {"axis=0", "axis=0", "", "axis=(0, 1, 2)"};
    char mean[32], variance[32];
    snprintf(mean, sizeof mean, "known.mean(%s)", axes[rank]);
    snprintf(variance, sizeof variance, "known.var(%s)", axes[rank]);
    keras_add_text(writer, "axis=", rank == 2 ? "None" : "-1");
    keras_add_text(writer, "mean=", mean);
    keras_add_text(writer, "variance=", variance);
    keras_end_call(writer, "", "normalization = layers.Normalization", "");
    text_printf(&writer->body, "x%s = normalization(x%s)\nx_test%s = normalization(x_test%s)\n",
                key, key, key, key);
}

static bool normalizes_image(const struct keras_request *request) {
    return request->options && request->options->normalization &&
           image_shape(request->spec).rank > 0;
}

static bool normalizes_array(const struct keras_request *request, const char *name) {
    bool named = false;
    for (size_t i = 0; request->options && i < request->options->normalized_count; i++)
        named |= strcmp(request->options->normalized[i], name) == 0;
    return named;
}

static void append_known_image(struct keras_writer *writer) {
    const struct keras_request *request = writer->request;
    const struct shape shape = image_shape(request->spec);
    text_printf(&writer->body, KNOWN_NOTE "known = x[:%" PRId64 "].reshape(-1",
                request->setting->values[HP_TRAIN_IMAGES].integer);
    for (size_t i = 0; i < shape.rank; i++)
        text_printf(&writer->body, ", %zu", shape.dims[i]);
    text_append(&writer->body, ")\n");
    append_known(writer, request->unit, request->setting->values[HP_TRAIN_IMAGE_DIVISOR].real);
}

static double unit_of_array(const struct keras_request *request, const char *name) {
    const size_t at = request->data ? dataset_array_find(request->data, name) : 0;
    return request->data && at < request->data->array_count
               ? dataset_array_unit(&request->data->arrays[at])
               : 1;
}

/* Inputs are further arrays, too. */
static void append_array_normalizations(struct keras_writer *writer) {
    const struct keras_request *request = writer->request;
    for (size_t i = 0; i < request->spec->layer_count; i++) {
        const struct layer_spec *layer = &request->spec->layers[i];
        struct text key;
        if (!layer_reads_array(layer) || !normalizes_array(request, layer->input->name))
            continue;
        text_init(&key);
        text_append(&key, "[");
        keras_append_input(request->spec, i, &key);
        text_append(&key, "]");
        text_printf(&writer->body, KNOWN_NOTE "known = x%s[:%" PRId64 "]\n", key.data,
                    request->setting->values[HP_TRAIN_IMAGES].integer);
        append_known(writer, unit_of_array(request, layer->input->name), 1);
        append_normalization(writer, key.data, layer->input->shape.rank);
        writer->body.failed |= key.failed;
        text_release(&key);
    }
}

/* --- targets --- */

/* Another array of the data set: numbers, or classes. */
static void append_array(const struct keras_writer *writer, const struct network_output *output,
                         const char *part, struct text *text) {
    const char *name = output->named->target;
    if (keras_predicts_numbers(writer, output))
        text_printf(text, "data[\"%s_%s\"].reshape(-1, %zu)", name, part, output->units);
    else if (output->units == 1)
        text_printf(text, "class_numbers(data[\"%s_%s\"]).reshape(-1, 1)", name, part);
    else if (keras_is_sparse(output->loss))
        text_printf(text, "class_numbers(data[\"%s_%s\"])", name, part);
    else
        text_printf(text,
                    "keras.utils.to_categorical(\n"
                    "        class_numbers(data[\"%s_%s\"]), %zu)",
                    name, part, output->units);
}

/* y = {"digit": keras.utils.to_categorical(y, 10), "odd": ...} */
static void append_targets(struct keras_writer *writer, const char *name) {
    const struct network_spec *spec = writer->request->spec;
    for (size_t k = 0; k < network_output_count(spec); k++) {
        const struct network_output output = network_output(spec, k);
        const bool binary = output.units == 1, sparse = keras_is_sparse(output.loss) || binary;
        if (k == 0)
            text_printf(&writer->body, "%s = {\n", name);
        text_printf(&writer->body, "    \"%s\": ", output.named->name);
        if (output.named->target) {
            append_array(writer, &output, strcmp(name, "y") == 0 ? "train" : "test", &writer->body);
            text_append(&writer->body, k + 1 < network_output_count(spec) ? ",\n" : ",\n}\n");
            continue;
        }
        if (writer->request->values) {
            text_printf(&writer->body, "%s.reshape(len(%s), -1)%s", name, name,
                        k + 1 < network_output_count(spec) ? ",\n" : ",\n}\n");
            continue;
        }
        text_append(&writer->body, sparse ? "" : "keras.utils.to_categorical(");
        for (size_t i = 0; i < output.named->mapped; i++)
            text_printf(&writer->body, "%s%u", i ? ", " : "np.array([", output.named->map[i]);
        text_printf(&writer->body, "%s%s%s", output.named->mapped ? "])[" : "", name,
                    output.named->mapped ? "]" : "");
        if (!sparse)
            text_printf(&writer->body, ", %zu)", output.units);
        text_append(&writer->body, binary ? ".reshape(-1, 1)" : "");
        text_append(&writer->body, k + 1 < network_output_count(spec) ? ",\n" : ",\n}\n");
    }
}

static void append_preparation(struct keras_writer *writer) {
    const struct keras_request *request = writer->request;
    const double divisor = request->setting->values[HP_TRAIN_LABEL_DIVISOR].real;
    if (normalizes_image(request))
        append_known_image(writer);
    append_scaling(writer, "x", HP_TRAIN_IMAGE_DIVISOR);
    append_scaling(writer, "x_test", HP_TEST_IMAGE_DIVISOR);
    if (normalizes_image(request))
        append_normalization(writer, "", image_shape(request->spec).rank);
    append_inputs(writer, "x", "train");
    append_inputs(writer, "x_test", "test");
    append_array_normalizations(writer);
    if (divisor != 1) {
        text_append(&writer->body, "y = (y / ");
        text_append_double(&writer->body, divisor);
        text_append(&writer->body, ").astype(\"int64\")\n");
    }
    if (network_has_named_outputs(request->spec)) {
        append_targets(writer, "y");
        append_targets(writer, "y_test");
        return;
    }
    if (request->values) /* of one column, too, as R2Score wants them */
        text_append(&writer->body, "y = y.reshape(len(y), -1)\n"
                                   "y_test = y_test.reshape(len(y_test), -1)\n");
    if (keras_is_sparse(request->spec->loss) || request->values)
        return;
    text_printf(&writer->body,
                "y = keras.utils.to_categorical(y, %zu)\n"
                "y_test = keras.utils.to_categorical(y_test, %zu)\n",
                request->classes, request->classes);
}

void keras_append_data(struct keras_writer *writer) {
    append_data(writer);
    append_preparation(writer);
}
