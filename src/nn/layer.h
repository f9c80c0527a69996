/* The layers of one network in memory, or of LANES networks interleaved: where their arrays stand,
 * and a pass through them. Seen by nn/ alone.
 *
 * Of one network, a row of values takes PAD_TO_LANES(size) floats and a row of an array
 * PAD_TO_LANES(columns). Of LANES networks, element i of the network in lane l stands at
 * [i * LANES + l], without padding. */
#ifndef SWEEP_NN_LAYER_H
#define SWEEP_NN_LAYER_H

#include "base/arena.h"
#include "nn/regularizer.h"
#include "nn/spec.h"

struct layer {
    const struct layer_spec *spec;
    size_t index, number; /* its place in the network; how many of its kind stand before it */
    size_t networks;      /* 1 or LANES */
    const struct layer_passes
        *joined;        /* those that take the next layer along, or NULL: its kind's */
    struct layer *last; /* of those that its passes take: it or the next one */
    const struct layer
        *from; /* the one whose y is x, or the first of several; NULL: the image is */
    struct shape input, output;
    size_t inputs, units;        /* numbers of a row of x, of y */
    size_t input_stride, stride; /* floats of such a row, all networks' */
    struct shape image;          /* the network's input, and floats of a row of it */
    size_t image_stride;
    bool gives_output;
    size_t array_count;
    float *values[LAYER_ARRAYS_MAX];    /* its arrays, in the order of layer_list_arrays */
    float *gradients[LAYER_ARRAYS_MAX]; /* of those that are weights */
    float *own_z, *own_y;               /* room for z, for y; NULL where z is x, where y is z */
    float *scratch;                     /* of use within a call only */
    float *kept;                        /* of joined passes, from part to part of a batch */
    /* Where other layers read what this one does, or it reads several values: its gradients at
     * these are passed on after its backward pass, and come by way of `spill` where they are added
     * to others; those of layers that share its weights are added to its own. */
    float *spill;
    bool passes_on, is_shared;
    /* Of the latest pass. The gradients are with respect to y, then z; and to x. */
    float *x, *z, *y;
    float *delta, *input_delta;
    bool joint; /* delta comes as the gradient at z, of the loss and the activation in one */
};

struct layer_pass {
    size_t rows;
    bool training;
    size_t epoch, first_row;      /* the first row's place in its epoch: they key random numbers */
    size_t batch_row, batch_rows; /* and in its batch of so many, of which these are a part */
    const struct network_spec *const *specs; /* of lane 0, 1, ... */
    size_t count;                            /* how many lanes there are */
};

/* What a layer reads: its k-th input of the latest pass, its shape, and floats of a row. */
struct layer_input {
    float *x;
    struct shape shape;
    size_t stride;
};
struct layer_input layer_input(const struct layer *layer, size_t k);

/* Set what follows a row's numbers to 0. */
static inline void layer_clear_padding(float *row, size_t units, size_t stride) {
    memset(row + units, 0, (stride - units) * sizeof *row);
}

/* Begin layers[0 .. spec->layer_count - 1] of so many networks. */
void layers_begin(struct layer *layers, const struct network_spec *spec, size_t networks);

/* Point the layers' weights and gradients into these arrays, one after the other, and their state;
 * with `in_panel` without the first one's first array, whose place is elsewhere. */
void layers_place(struct layer *layers, const struct network_spec *spec, float *weights,
                  float *gradients, float *state, bool in_panel);

/* What a layer needs for a batch: a place for a pointer to `floats` floats a row, or, where they
 * are of all rows `together`, to that many. Where it is not `kept`, the numbers are of use only
 * while the layer's network is computed. Where that goes part by part, all but the network's
 * `outputs` are of a part's rows. */
struct layer_room {
    float **place;
    size_t floats;
    bool kept, together, outputs;
};

/* The floats of a room for batches of up to so many rows. */
static inline size_t layer_room_floats(const struct layer_room *room, size_t rows_max) {
    return room->together ? room->floats : rows_max * room->floats;
}
#define LAYER_ROOMS_MAX (4 + LAYER_ARRAYS_MAX)
size_t layer_rooms(struct layer *layers, const struct network_spec *spec, size_t index,
                   struct layer_room rooms[LAYER_ROOMS_MAX]);

/* When all rooms have their pointers: connect the layers. */
void layers_connect(struct layer *layers, const struct network_spec *spec);

/* The layer that gives the outputs, or the first of several. */
static inline const struct layer *layers_output(const struct layer *layers) {
    while (!layers->gives_output)
        layers++;
    return layers;
}

/* Whether a network's batch may be computed part by part: none of its layers takes all rows
 * together, as those of plug-ins may, or is used again, and the last one has outputs of its own. */
bool layers_part(const struct network_spec *spec);

/* After the last part: let the outputs be those of the whole batch. */
void layers_rewind(struct layer *layers, const struct network_spec *spec);

/* From x, or from the first layer's z if that is NULL, to the last layer's y. */
void layers_forward(struct layer *layers, float *x, const struct layer_pass *pass);

/* From the last layer's delta, which the loss has set, to the gradients of all weights. */
void layers_backward(struct layer *layers, const struct layer_pass *pass);

/* Call `visit` with each kernel that layers_place placed. */
struct layer_weights {
    float *values, *gradients;
    size_t floats; /* of all networks, padding included */
    struct shape shape;
    struct regularizer regularizer; /* its layer's, with the network's l2 where that has none */
};
void layers_each_kernel(const struct layer *layers, const struct network_spec *spec,
                        void (*visit)(const struct layer_weights *weights, void *context),
                        void *context);

/* Add the gradients of the penalties to those of all weights that layers_place placed. */
void layers_penalise(const struct layer *layers, const struct network_spec *spec,
                     const struct optimizer_weights *weights);

/* The optimizer's step of all weights that layers_place placed, which stand in rows of LANES: with
 * the gradients of the penalties, which are added to the others, and the decay. */
void layers_step(const struct layer *layers, const struct network_spec *spec,
                 const struct optimizer_weights *weights);

/* Scale kernels down to their layers' max_norm, as Keras does after every batch. */
void layers_constrain(const struct layer *layers, const struct network_spec *spec);

#endif
