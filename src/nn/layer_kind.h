/* Layer kinds, under the names of Keras 3's classes, with its arguments and formulas: one row of a
 * table each, from which all that deals with layers takes what it needs: training, the summary of a
 * network, its weights, its state in a checkpoint, its cost.
 *
 * A layer makes of its input x (a row for each image) values z by what its kind does, and of these
 * y = f(z), if its specification has an activation f. Activations are therefore no kind's own
 * affair, and neither is the alpha that some of them learn. */
#ifndef SWEEP_NN_LAYER_KIND_H
#define SWEEP_NN_LAYER_KIND_H

#include "base/argument.h"
#include "nn/activation.h"
#include "nn/initializer.h"
#include "nn/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layer_kind;
struct named_output; /* of a network with several: nn/named_output.h */
struct named_input;  /* likewise: nn/named_input.h */
struct layer;        /* a layer in memory and */
struct layer_pass;   /* a pass over a batch: nn/layer.h */

/* A network's values are numbered: 0 is the image, k + 1 what layer k gives. Where there are layers
 * of the kind Input, which nothing else reads then, 0 is the numbers of all inputs in a row. */
#define LAYER_INPUTS_MAX 8

/* A layer's kind and its arguments, under Keras' names. Each kind has a member of its own among
 * those that share their place. There is one of these for each layer of each run of a plan, so they
 * are small. */
#define LAYER_OWN_MAX 2 /* arguments of a plug-in's kind: room for more would be each layer's */

struct layer_spec {
    const struct layer_kind *kind;
    const struct activation *activation; /* NULL: none */
    double activation_parameter;
    union {
        uint32_t units;
        double rate;   /* share of the values set to 0 while training */
        double stddev; /* of the noise that is added while training */
        struct {
            double momentum, epsilon;
        };
        struct sizes target_shape;
        uint16_t margins[2][2];    /* before and behind the rows, and the columns */
        double own[LAYER_OWN_MAX]; /* of a plug-in's kind */
        struct {
            uint32_t filters; /* DepthwiseConv2D's depth_multiplier */
            /* rows and columns; strides of 0: as window_size, which is kernel_size or pool_size */
            uint16_t window_size[2], strides[2], dilation_rate[2];
        };
        struct {
            const struct named_output *output; /* of the kind Output */
            uint8_t target;                    /* its place among the data set's */
        };
        struct {
            struct named_input *input; /* of the kind Input */
            uint32_t offset;           /* of its numbers among those of all inputs */
        };
    };
    union {
        /* Of its kernel: the penalties in the loss, where an l2 of LAYER_L2_USUAL is the network's,
         * and the largest norm of an output's weights; 0: any. */
        struct {
            double l1, l2, max_norm;
        };
        struct {
            double loss_weight, label_smoothing, delta; /* of the kind Output */
        };
    };
    uint32_t groups;
    uint8_t padding;                              /* its place among the argument's names */
    uint8_t kernel_initializer, bias_initializer; /* or of gamma, of beta: initializers[...] */
    uint8_t alpha_initializer, shared_axes;       /* of a learned activation: of its alpha */
    bool use_bias, center, scale, keepdims;
    /* The values that it reads, of layers before it; none: what the one before it gives. */
    uint8_t input_count, inputs[LAYER_INPUTS_MAX];
    uint8_t shared; /* it is layer shared - 1 once more, with its weights and state; 0: its own */
};

#define LAYER_L2_USUAL (-1)
#define LAYER_INITIALIZER_USUAL 255

/* What becomes of an array's numbers. */
enum layer_array_role {
    ARRAY_WEIGHTS, /* trained: the optimizer steps them by their gradients */
    ARRAY_STATE,   /* kept from step to step as weights are, but by the layer itself */
    ARRAY_BATCH,   /* of one batch, a row for each image: from the forward to the backward pass */
    ARRAY_MOMENTS, /* the same, of all images of the batch together */
    ARRAY_SHARED_WEIGHTS, /* those of the layer that this one is once more */
    ARRAY_SHARED_STATE,
};

struct layer_array {
    const char *name; /* Keras' */
    enum layer_array_role role;
    struct shape shape;                    /* ARRAY_BATCH: of one image */
    const struct initializer *initializer; /* NULL: the network's */
    /* Of a kernel, on which penalties are: how many of its dimensions an output's weights are in,
     * the first ones. 0: it is none. */
    size_t kernel_inner;
};

#define LAYER_ARRAYS_MAX 6

/* Whether its numbers are the network's, from batch to batch: what Keras' get_weights returns. */
static inline bool layer_array_stays(const struct layer_array *array) {
    return array->role == ARRAY_WEIGHTS || array->role == ARRAY_STATE;
}

/* The passes of a layer and of those after it that they take along: from the first one's x to the
 * last one's z, as if each activation but the last one's had been in between, and back. */
struct layer_passes {
    size_t (*scratch)(const struct layer_spec *spec, struct shape input); /* as a kind's */
    /* Floats of layer->kept, which stays from part to part of a batch. With the first part the
     * weights' gradients may be set to 0, if the last one sets them to those of all parts. */
    size_t (*kept)(const struct layer_spec *spec, struct shape input);
    void (*forward)(struct layer *layer, const struct layer_pass *pass);
    void (*backward)(struct layer *layer, const struct layer_pass *pass);
};

struct sweep_layer;

struct layer_kind {
    const char *name;       /* Keras' class */
    const char *aliases[2]; /* other names: as Keras names its layers; NULL after the last */
    const char *help;
    const struct argument *arguments; /* fields of struct layer_spec */
    size_t argument_count;
    size_t positional; /* how many of the arguments may be given without their names, in order */
    bool activates;    /* it takes an activation */
    /* Why a layer like this can't take that input, or NULL: it can. NULL: any does. */
    const char *(*refuses)(const struct layer_spec *spec, struct shape input);
    /* Of a kind that takes several inputs: why it can't take these, or NULL; then *merged is the
     * shape of what it makes of them, which all that follows knows as its input's. */
    const char *(*merges)(const struct shape *inputs, size_t count, struct shape *merged);
    /* The shape of its outputs; NULL: that of its inputs. */
    struct shape (*shape)(const struct layer_spec *spec, struct shape input);
    /* List its arrays in Keras' order and return how many; NULL: it has none. */
    size_t (*arrays)(const struct layer_spec *spec, struct shape input, struct layer_array *arrays);
    /* Floats of layer->scratch; NULL: none. */
    size_t (*scratch)(const struct layer_spec *spec, struct shape input);
    /* Multiplications and additions of its weights in a forward pass of one image; NULL: none. */
    double (*flops)(const struct layer_spec *spec, struct shape input);
    /* From layer->x to layer->z; NULL: z is x. */
    void (*forward)(struct layer *layer, const struct layer_pass *pass);
    /* From the gradient at z, in layer->delta, to those of its weights, in layer->gradients, and to
     * that at x, in layer->input_delta, unless that is NULL: then nobody asks for it. */
    void (*backward)(struct layer *layer, const struct layer_pass *pass);
    /* Of a kind that takes several inputs, instead: the gradient at input `index`, as rows of it,
     * into `delta`. */
    void (*backward_at)(struct layer *layer, const struct layer_pass *pass, size_t index,
                        float *delta);
    /* Passes that take the next layer along, of which nothing but that one reads the outputs: this
     * one has no z, y and delta then. NULL: each layer by itself. */
    const struct layer_passes *(*joins)(const struct layer_spec *spec, struct shape input,
                                        const struct layer_spec *next);
    bool in_place;      /* input_delta is delta, of which backward makes it; it may be NULL then */
    bool only_training; /* in predictions y is x */
    bool interleaves;   /* forward and backward also take LANES networks; it has no state */
    /* Its first array is a kernel, z = x kernel + more, and as a network's first layer it leaves
     * this product and this kernel's gradient and step to the panel: layer->x is NULL then, and
     * the product is in z. */
    bool in_panel;
    const struct sweep_layer *plugin; /* what a plug-in has of it; NULL: it is none's */
};

/* The kinds, each in a file of its own in nn/layers/. */
extern const struct layer_kind layer_dense, layer_activation, layer_dropout, layer_flatten,
    layer_reshape, layer_batch_normalization, layer_layer_normalization, layer_gaussian_noise,
    layer_conv2d, layer_depthwise_conv2d, layer_max_pooling2d, layer_average_pooling2d,
    layer_global_max_pooling2d, layer_global_average_pooling2d, layer_cropping2d,
    layer_zero_padding2d, layer_add, layer_subtract, layer_multiply, layer_average, layer_maximum,
    layer_minimum, layer_concatenate, layer_input_layer, layer_output;
#define LAYER_KINDS_MAX 64
extern const struct layer_kind *const layer_kinds[];
extern const size_t layer_kind_count;

/* Add a kind after those of the table; false: no memory. It must stay, and be added
 * before other threads look for it. */
bool layer_kind_add(const struct layer_kind *kind);

/* The i-th of the table and of those that were added, or NULL. */
const struct layer_kind *layer_kind_row(size_t i);

/* The kind of that name or alias, in any spelling, or NULL. */
const struct layer_kind *layer_kind_find(const char *name);

/* A kind's name as Keras names layers: batch_normalization, conv2d. Returns `word`. */
#define LAYER_WORD_MAX 64
const char *layer_kind_word(const struct layer_kind *kind, char word[LAYER_WORD_MAX]);

/* A layer with its arguments' defaults; those that must be given are 0, and the activation's
 * parameter, if there is one, is NAN: not known yet. */
struct layer_spec layer_standard(const struct layer_kind *kind);

/* Whether a layer's values come from a kernel of its own. */
static inline bool layer_has_kernel(const struct layer_spec *layer) {
    return layer->kind->activates && layer->kind != &layer_activation;
}

/* Whether two layers read the same values and share the same weights. */
bool layer_same_place(const struct layer_spec *a, const struct layer_spec *b);

/* Whether two layers are of one kind, with the same activation, arguments and place. */
bool layer_equal(const struct layer_spec *a, const struct layer_spec *b);

static inline struct argument_table layer_arguments(const struct layer_kind *kind) {
    return (struct argument_table){kind->arguments, kind->argument_count, kind->positional};
}

/* The arguments of what an activation learns, fields of struct layer_spec, too: Keras' PReLU's. */
struct argument_table layer_learned_arguments(const struct activation *activation);

#define LAYER_UNITS_MAX 65536

/* Whether a layer says nothing of its activation but its name. */
bool layer_activation_is_plain(const struct layer_spec *spec);

/* How many values layer `index` of a network reads, and which the k-th of them is. */
static inline size_t layer_source_count(const struct layer_spec *spec) {
    return spec->input_count > 0 ? spec->input_count : 1;
}
static inline size_t layer_source(const struct layer_spec *spec, size_t index, size_t k) {
    return spec->input_count > 0 ? spec->inputs[k] : index;
}

/* Why layer `index` of a network can't take values of these shapes, or NULL; and the shape of its
 * input, or of the first of several that don't go together. */
const char *layer_refusal(const struct layer_spec *spec, size_t index, const struct shape *values,
                          struct shape *input);

/* Why a layer that takes that input would have more numbers than sizes are computed for, or NULL:
 * within these, what a network takes in bytes does not overflow. */
const char *layer_excess(const struct layer_spec *spec, struct shape input);

/* The shape of a layer's outputs, and its arrays, the activation's alpha the last of them: what
 * shares an alpha has length 1 there. */
struct shape layer_shape(const struct layer_spec *spec, struct shape input);
struct shape layer_alpha_shape(const struct layer_spec *spec, struct shape output);
size_t layer_list_arrays(const struct layer_spec *spec, struct shape input,
                         struct layer_array arrays[LAYER_ARRAYS_MAX]);

/* How many numbers a layer has that are trained, and that are kept besides. */
struct layer_counts {
    size_t weights, state;
};
struct layer_counts layer_count(const struct layer_spec *spec, struct shape input);

#endif
