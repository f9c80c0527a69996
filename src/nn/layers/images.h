/* What layers share that move a window over images: their arguments, and the window. Of each layer
 * a row of values is an image, row-major, rows x columns x channels. */
#ifndef SWEEP_NN_LAYERS_IMAGES_H
#define SWEEP_NN_LAYERS_IMAGES_H

#include "nn/image_window.h"
#include "nn/layer.h"

#define IMAGES_SIZE_MAX 4096 /* of a window */

#define IMAGES_PAIR(NAME, FIELD, STANDARD, HELP)                                                   \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_PAIR, .offset = offsetof(struct layer_spec, FIELD),         \
        .standard = (STANDARD), .minimum = 1, .maximum = IMAGES_SIZE_MAX, .help = (HELP)           \
    }
#define IMAGES_PADDING                                                                             \
    {                                                                                              \
        .name = "padding", .type = ARGUMENT_NAME, .offset = offsetof(struct layer_spec, padding),  \
        .names = images_paddings, .help = "what becomes of places beyond the edges"                \
    }

/* The padding's names, valid and same. */
enum { PADDING_VALID, PADDING_SAME };
extern const char *const images_paddings[];

/* Why a layer for images can't take other inputs. */
extern const char images_wanted[];

/* Why a layer with such a window can't take that input, or NULL. */
const char *images_refuse(const struct layer_spec *spec, struct shape input);

/* The shape of outputs with so many channels. */
struct shape images_shape(const struct layer_spec *spec, struct shape input, size_t channels);

/* Set the gradient at a layer's inputs to 0. */
void images_clear_input_delta(const struct layer *layer, size_t rows);

/* Add a bias for each channel to all places of all rows; and its gradient, with room for as many
 * floats as there are channels. */
void images_add_bias(const struct layer *layer, size_t rows, const float *bias);
void images_bias_gradient(const struct layer *layer, size_t rows, float *gradient, float *sums);

#endif
