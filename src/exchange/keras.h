/* A network as the Python code with which Keras 3 builds, compiles and fits the same one.
 *
 * All names, arguments and defaults here are Keras', so most of it follows from the tables in nn/;
 * the tables of keras.c have what is called otherwise there. What the code can't say (random
 * numbers, and whatever these tables do not know) is in the comment that it begins with. */
#ifndef SWEEP_EXCHANGE_KERAS_H
#define SWEEP_EXCHANGE_KERAS_H

#include "base/text.h"
#include "data/catalogue.h"
#include "nn/spec.h"
#include "search/space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keras_request {
    int64_t trial, sweep; /* their numbers */
    const struct setting *setting;
    const struct network_spec *spec; /* setting_network's */
    size_t classes;
    bool values;                           /* its targets are numbers, no classes */
    double unit;                           /* pixels stand for level / unit; 0: for themselves */
    const char *dataset;                   /* its name */
    const struct dataset *data;            /* NULL: it is not there */
    const struct dataset_options *options; /* how it is read; NULL: not known */
    size_t images;                         /* training images of the data set; 0: not known */
    const struct metric *const *metrics;   /* that were recorded besides loss and accuracy */
    size_t metric_count;
};

/* Append the code. text->failed tells when out of memory. */
void keras_append(const struct keras_request *request, struct text *text);

/* The name of a layer: dense, dense_1. The alpha of its activation, if that is learned, is of
 * another one, whose name ends in KERAS_LEARNED. */
#define KERAS_NAME_MAX (LAYER_WORD_MAX + 24)
#define KERAS_LEARNED "_prelu"
void keras_layer_name(const struct network_spec *spec, size_t layer, char name[KERAS_NAME_MAX]);

/* Whether the tables know an entry of nn's by its name: what they don't is printed under that name,
 * and the comment says so. */
bool keras_has_layer(const struct layer_kind *kind);
bool keras_has_activation(const char *name);
bool keras_has_optimizer(const char *name);
bool keras_has_loss(const char *name);

#endif
