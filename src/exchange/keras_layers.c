/* Layers and activations as Keras calls them. */
#include "exchange/keras_private.h"
#include "nn/named_input.h"

#include <stdio.h>
#include <string.h>

#define LAYER_INDENT "    "

static const struct form {
    const struct layer_kind *kind;
    const char
        *kernel;   /* what the names of the arguments about its kernel begin with; NULL: none */
    bool flattens; /* it takes all of an image's values, where Keras' takes the channels' */
} forms[] = {
    {&layer_dense, "kernel", true},
    {&layer_activation, NULL, false},
    {&layer_dropout, NULL, false},
    {&layer_flatten, NULL, false},
    {&layer_reshape, NULL, false},
    {&layer_batch_normalization, NULL, false},
    {&layer_layer_normalization, NULL, false},
    {&layer_gaussian_noise, NULL, false},
    {&layer_conv2d, "kernel", false},
    {&layer_depthwise_conv2d, "depthwise", false},
    {&layer_max_pooling2d, NULL, false},
    {&layer_average_pooling2d, NULL, false},
    {&layer_global_max_pooling2d, NULL, false},
    {&layer_global_average_pooling2d, NULL, false},
    {&layer_cropping2d, NULL, false},
    {&layer_zero_padding2d, NULL, false},
    {&layer_add, NULL, false},
    {&layer_subtract, NULL, false},
    {&layer_multiply, NULL, false},
    {&layer_average, NULL, false},
    {&layer_maximum, NULL, false},
    {&layer_minimum, NULL, false},
    {&layer_concatenate, NULL, false},
    {&layer_input_layer, NULL, false},
    {&layer_output, NULL, false},
};

static const struct form *find_form(const struct layer_kind *kind) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].kind == kind)
            return &forms[i];
    return NULL;
}

bool keras_has_layer(const struct layer_kind *kind) {
    return find_form(kind) != NULL;
}

/* Those that Keras has as a function of this name alone have no layer here. */
static const struct activation_form {
    const char *name;
    const char *layer;          /* its constructor, */
    const char *before, *after; /* and what stands before and after the parameter */
} activation_forms[] = {
    {"linear", NULL, NULL, NULL},
    {"sigmoid", NULL, NULL, NULL},
    {"tanh", NULL, NULL, NULL},
    {"relu", NULL, NULL, NULL},
    {"softmax", NULL, NULL, NULL},
    {"selu", NULL, NULL, NULL},
    {"gelu", NULL, NULL, NULL},
    {"silu", NULL, NULL, NULL},
    {"mish", NULL, NULL, NULL},
    {"relu6", NULL, NULL, NULL},
    {"softplus", NULL, NULL, NULL},
    {"softsign", NULL, NULL, NULL},
    {"hard_sigmoid", NULL, NULL, NULL},
    {"exponential", NULL, NULL, NULL},
    {"leaky_relu", "layers.LeakyReLU", "negative_slope=", ""},
    {"prelu", "layers.PReLU", NULL, NULL},
    {"elu", "layers.ELU", "alpha=", ""},
    /* In Keras 2 a layer. */
    {"thresholded_relu", "layers.Lambda", "lambda z: z * ops.cast(z > ", ", z.dtype)"},
    {"binary_step", "layers.Lambda", "lambda z: ops.cast(z >= 0", ", z.dtype)"},
};

static const struct activation_form *find_activation(const char *name) {
    for (size_t i = 0; i < sizeof activation_forms / sizeof *activation_forms; i++)
        if (strcmp(activation_forms[i].name, name) == 0)
            return &activation_forms[i];
    return NULL;
}

bool keras_has_activation(const char *name) {
    return find_activation(name) != NULL;
}

/* kernel_regularizer=keras.regularizers.L1L2(l1=0.1, l2=0.01) */
static void add_regularizer(struct keras_writer *writer, const char *kernel, double l1, double l2) {
    struct text *to = &writer->arguments;
    char name[80];
    if (l1 <= 0 && l2 <= 0)
        return;
    snprintf(name, sizeof name, "%s_regularizer=keras.regularizers.%s(", kernel,
             l1 <= 0   ? "L2"
             : l2 <= 0 ? "L1"
                       : "L1L2");
    keras_add_number(writer, name, l1 > 0 ? l1 : l2);
    if (l1 > 0 && l2 > 0) {
        text_append(to, ", ");
        text_append_double(to, l2);
    }
    text_append(to, ")");
}

/* depthwise_constraint=keras.constraints.MaxNorm(2, axis=[0, 1]) */
static void add_constraint(struct keras_writer *writer, const char *kernel, double max_norm,
                           size_t inner) {
    struct text *to = &writer->arguments;
    char name[80];
    if (max_norm <= 0)
        return;
    snprintf(name, sizeof name, "%s_constraint=keras.constraints.MaxNorm(", kernel);
    keras_add_number(writer, name, max_norm);
    for (size_t axis = 0; axis < inner; axis++)
        text_printf(to, "%s%zu", axis ? ", " : ", axis=[", axis);
    text_append(to, "])");
}

/* How the layer's kernel starts where the trial says it, and what holds it small. */
static void add_kernel(struct keras_writer *writer, const struct form *form,
                       const struct layer_spec *layer, struct shape input) {
    const struct network_spec *spec = writer->request->spec;
    struct layer_array arrays[LAYER_ARRAYS_MAX];
    const size_t count = layer_list_arrays(layer, input, arrays);
    char name[64];
    for (size_t i = 0; i < count; i++) {
        if (arrays[i].kernel_inner == 0)
            continue;
        snprintf(name, sizeof name, "%s_initializer=", form->kernel);
        if (!arrays[i].initializer && strcmp(spec->initializer->name, "glorot_uniform") != 0)
            keras_add_name(writer, name, spec->initializer->name);
        add_regularizer(writer, form->kernel, layer->l1, network_layer_l2(spec, layer));
        add_constraint(writer, form->kernel, layer->max_norm, arrays[i].kernel_inner);
    }
}

/* The arguments that are Keras' own: from l1 on, those of kernels are objects there. */
static struct argument_table own_arguments(const struct layer_kind *kind, bool has_kernel) {
    struct argument_table table = layer_arguments(kind);
    for (size_t i = 0; has_kernel && i < table.count; i++)
        if (strcmp(table.rows[i].name, "l1") == 0)
            table.count = i;
    return table;
}

/* Where a layer's calls go. In a chain they are items of Sequential's list; in a graph each gives
 * the variable `name`, from what was read. */
struct flow {
    bool is_graph;
    bool is_kept;                /* the layer is called again by others */
    char name[KERAS_NAME_MAX];   /* of the layer, and of what it gives */
    char called[KERAS_NAME_MAX]; /* of the layer that it is; its own, unless that is shared */
    struct text source;          /* "(dense)", "([dense, dense_1])" */
};

#define NAMED_MAX (2 * KERAS_NAME_MAX + 64)

/* End the call of a layer, whose name ends in `suffix` where it has weights; NULL: it has none. */
static void end_layer(struct keras_writer *writer, struct flow *flow, const char *head,
                      const char *suffix) {
    char named[NAMED_MAX];
    const char *source = flow->source.data;
    if (!flow->is_graph) {
        keras_end_call(writer, LAYER_INDENT, head, ",");
        return;
    }
    const bool shares = suffix && strcmp(flow->name, flow->called) != 0;
    const bool is_kept = suffix && flow->is_kept;
    snprintf(named, sizeof named, "%s%s", flow->called, suffix ? suffix : "");
    if (shares)
        text_clear(&writer->arguments);
    else if (suffix)
        keras_add_name(writer, "name=", named);
    snprintf(named, sizeof named, "%s%s%s = %s", flow->name, is_kept ? suffix : "",
             is_kept ? "_layer" : "", head);
    if (!shares)
        keras_end_call(writer, "", named, is_kept ? "" : source);
    if (shares || is_kept)
        text_printf(&writer->body, "%s = %s%s_layer%s\n", flow->name, flow->called, suffix, source);
    text_clear(&flow->source);
    text_printf(&flow->source, "(%s)", flow->name);
}

/* An activation that is a layer by itself. */
static void append_activation(struct keras_writer *writer, const struct layer_spec *layer,
                              struct flow *flow) {
    const struct activation *activation = layer->activation;
    const struct activation_form *form = find_activation(activation->name);
    if (form && form->before) {
        keras_add_value(writer, form->before);
        if (activation->parameter != ACTIVATION_NO_PARAMETER)
            text_append_double(&writer->arguments, layer->activation_parameter);
        text_append(&writer->arguments, form->after);
    } else if (activation->learned) {
        const struct argument_table table = layer_learned_arguments(activation);
        keras_add_arguments(writer, &table, layer);
    } else if (!form || !form->layer) {
        keras_add_name(writer, "", activation->name);
    }
    end_layer(writer, flow, form && form->layer ? form->layer : "layers.Activation",
              activation->learned ? KERAS_LEARNED : NULL);
    if (!form)
        keras_note_unknown(writer, "activation", activation->name);
}

static void append_layer(struct keras_writer *writer, const struct layer_spec *layer,
                         struct shape input, struct flow *flow) {
    const struct form *form = find_form(layer->kind);
    const struct argument_table table = own_arguments(layer->kind, form && form->kernel);
    const struct activation_form *activation =
        layer->activation ? find_activation(layer->activation->name) : NULL;
    const bool is_given = activation && !activation->layer && layer->kind->activates;
    if (form && form->flattens && input.rank > 1)
        end_layer(writer, flow, "layers.Flatten", NULL);
    if (layer->kind != &layer_activation) {
        char head[NAMED_MAX];
        keras_add_arguments(writer, &table, layer);
        if (is_given && strcmp(activation->name, "linear") != 0)
            keras_add_name(writer, "activation=", activation->name);
        if (form && form->kernel)
            add_kernel(writer, form, layer, input);
        snprintf(head, sizeof head, "layers.%s", layer->kind->name);
        end_layer(writer, flow, head, layer->kind->arrays ? "" : NULL);
    }
    if (layer->activation && (!is_given || layer->kind == &layer_activation))
        append_activation(writer, layer, flow);
    if (!form)
        keras_note_unknown(writer, "layer", layer->kind->name);
}

void keras_layer_name(const struct network_spec *spec, size_t layer, char name[KERAS_NAME_MAX]) {
    char word[LAYER_WORD_MAX];
    const size_t number = network_layer_number(spec, layer);
    layer_kind_word(spec->layers[layer].kind, word);
    if (spec->layers[layer].kind == &layer_input_layer)
        snprintf(word, sizeof word, "input_layer"); /* Keras' own name of such */
    if (number > 0)
        snprintf(name, KERAS_NAME_MAX, "%s_%zu", word, number);
    else
        snprintf(name, KERAS_NAME_MAX, "%s", word);
}

/* --- names of inputs --- */

/* Whether a name is a word, or one with a number behind it: dense, dense_1. */
static bool is_numbered(const char *name, const char *word) {
    const size_t length = strlen(word);
    if (strncmp(name, word, length) != 0)
        return false;
    const char *rest = name + length + (name[length] == '_' && name[length + 1]);
    return rest[strspn(rest, "0123456789")] == '\0' && (!*rest || rest > name + length);
}

/* Whether a layer may be called so: by its kind, by that of its learned activation, or by Keras. */
static bool is_of_layer(const char *name) {
    static const char *const others[] = {"input_layer", "lambda", "leaky_re_lu", "p_re_lu", "elu"};
    char word[LAYER_WORD_MAX];
    bool is = text_ends_with(name, KERAS_LEARNED);
    for (size_t i = 0; layer_kind_row(i); i++)
        is |= is_numbered(name, layer_kind_word(layer_kind_row(i), word));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        is |= is_numbered(name, others[i]);
    return is;
}

void keras_append_input(const struct network_spec *spec, size_t layer, struct text *text) {
    const char *array = spec->layers[layer].input->name;
    char name[KERAS_NAME_MAX];
    keras_layer_name(spec, layer, name);
    text_printf(text, "\"%s\"", is_of_layer(array) ? name : array);
}

/* --- a chain, and a graph --- */

static void append_chain(struct keras_writer *writer) {
    const struct network_spec *spec = writer->request->spec;
    struct flow flow = {.is_graph = false};
    text_append(&writer->body, "model = keras.Sequential([\n");
    keras_add_tuple(writer, "", spec->input.dims, spec->input.rank);
    keras_end_call(writer, LAYER_INDENT, "keras.Input", ",");
    for (size_t i = 0; i < spec->layer_count; i++)
        append_layer(writer, &spec->layers[i], network_layer_input(spec, i), &flow);
    text_append(&writer->body, "])\n");
}

static void append_sources(const struct network_spec *spec, size_t layer, struct text *text) {
    const size_t count = layer_source_count(&spec->layers[layer]);
    const bool several = spec->layers[layer].kind->merges;
    char name[KERAS_NAME_MAX];
    text_append(text, several ? "([" : "(");
    for (size_t k = 0; k < count; k++) {
        const size_t value = layer_source(&spec->layers[layer], layer, k);
        if (value > 0)
            keras_layer_name(spec, value - 1, name);
        text_printf(text, "%s%s", k > 0 ? ", " : "", value > 0 ? name : "inputs");
    }
    text_append(text, several ? "])" : ")");
}

static void append_graph_layer(struct keras_writer *writer, size_t layer) {
    const struct network_spec *spec = writer->request->spec;
    const uint8_t shared = spec->layers[layer].shared;
    struct flow flow = {.is_graph = true};
    for (size_t i = layer + 1; i < spec->layer_count; i++)
        flow.is_kept |= spec->layers[i].shared == layer + 1;
    keras_layer_name(spec, layer, flow.name);
    keras_layer_name(spec, shared > 0 ? shared - 1u : layer, flow.called);
    text_init(&flow.source);
    append_sources(spec, layer, &flow.source);
    append_layer(writer, &spec->layers[layer], network_layer_input(spec, layer), &flow);
    writer->body.failed |= flow.source.failed;
    text_release(&flow.source);
}

/* A keras.Input for each array; or that of the image. */
static void append_inputs(struct keras_writer *writer) {
    const struct network_spec *spec = writer->request->spec;
    char name[KERAS_NAME_MAX], head[NAMED_MAX];
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        if (layer->kind != &layer_input_layer)
            continue;
        keras_layer_name(spec, i, name);
        snprintf(head, sizeof head, "%s = keras.Input", name);
        keras_add_tuple(writer, "", layer->input->shape.dims, layer->input->shape.rank);
        keras_add_value(writer, "name=");
        keras_append_input(spec, i, &writer->arguments);
        keras_end_call(writer, "", head, "");
    }
    if (network_has_named_inputs(spec)) {
        size_t count = 0;
        for (size_t i = 0; i < spec->layer_count; i++)
            if (spec->layers[i].kind == &layer_input_layer) {
                keras_layer_name(spec, i, name);
                text_append(&writer->body, count++ ? ", " : "inputs = {");
                keras_append_input(spec, i, &writer->body);
                text_printf(&writer->body, ": %s", name);
            }
        text_append(&writer->body, "}\n");
        return;
    }
    keras_add_tuple(writer, "", spec->input.dims, spec->input.rank);
    keras_end_call(writer, "", "inputs = keras.Input", "");
}

static void append_graph(struct keras_writer *writer) {
    const struct network_spec *spec = writer->request->spec;
    char name[KERAS_NAME_MAX];
    append_inputs(writer);
    for (size_t i = 0; i < spec->layer_count; i++)
        if (spec->layers[i].kind != &layer_output && spec->layers[i].kind != &layer_input_layer)
            append_graph_layer(writer, i);
    for (size_t k = 0; network_has_named_outputs(spec) && k < network_output_count(spec); k++) {
        const struct network_output output = network_output(spec, k);
        keras_layer_name(spec, output.of, name);
        text_printf(&writer->body, "%s\"%s\": %s", k ? ", " : "outputs = {", output.named->name,
                    name);
    }
    if (network_has_named_outputs(spec))
        text_append(&writer->body, "}\n");
    else
        keras_layer_name(spec, spec->layer_count - 1, name);
    text_printf(&writer->body, "model = keras.Model(inputs, %s)\n",
                network_has_named_outputs(spec) ? "outputs" : name);
}

void keras_append_model(struct keras_writer *writer) {
    if (network_is_chain(writer->request->spec))
        append_chain(writer);
    else
        append_graph(writer);
}
