/* The model: a trained network that was kept, and what it makes of images.
 *
 * Kept are bytes, in the format MODEL_FORMAT names, all little-endian: four unsigned 32-bit
 * integers, the rows and columns of an image, the classes, and what else there is to know: a sum of
 * channels - 1, 256 where an example is a table's row, 512 where pixels stand for level / 255, and
 * 1024 where outputs are numbers, not classes, 2048 where inputs are normalised,
 * 4096 where the classes' names follow, 8192 where images were files of pictures, 16384 where they
 * are real numbers, no bytes, 32768 where they are cut out and centred as MNIST's, and, where that
 * is not 0, 65536 times its complement in 16 bits; then the weights as 32-bit floats in the order
 * of ensemble_get_parameters: for each layer its arrays, row-major, in the order of
 * layer_list_arrays, as a kernel, a bias and, where the activation learns one, alpha; then the
 * names, each with a NUL behind it, and as many more as make all a multiple of 4 bytes. What the
 * network is beside its weights is in its trial's setting. */
#ifndef SWEEP_TRAIN_MODEL_H
#define SWEEP_TRAIN_MODEL_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/normalization.h"
#include "nn/ensemble.h"
#include "search/space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_FORMAT "sweep-float32-1"

/* The size of what a network sees and says. */
struct model_shape {
    size_t rows, columns, channels; /* of an image; 0 channels stand for 1 */
    size_t classes;                 /* or numbers, where */
    bool values;                    /* they are no classes */
    bool table;                     /* it is a row of a table */
    bool normalized;                /* inputs are read normalised: model_take_data */
    double unit;                    /* pixels stand for level / unit; 0 stands for 1 */
    bool pictures;                  /* see the data set's */
    bool handwriting;               /* the same; false of models that are older */
    bool reals;                     /* its inputs are no bytes; false of models that are older */
    const char *const *class_names; /* `classes` of them, or NULL: they are numbers */
};

struct model_shape model_shape_of(const struct dataset *dataset);

struct model {
    struct model_shape shape;
    struct network_spec spec;
    struct ensemble *ensemble;               /* of the one network, for MODEL_ROWS images at once */
    float train_scale[256], test_scale[256]; /* what the network is fed for each pixel level */
    double train_divisor, test_divisor;      /* of what is no pixel */
    struct normalization normalization;      /* of images; see model_take_data */
    struct normalization array_normalizations[DATASET_ARRAYS_MAX]; /* the data set's arrays */
    const struct dataset *dataset;                                 /* NULL before model_take_data */
    size_t train_count;   /* examples that it was trained on */
    const float *weights; /* network_parameter_count(&spec), unpadded */
    float *pixels;        /* scratch: MODEL_ROWS images as they are fed */
    struct sparse x;      /* scratch: the same */
    uint8_t *labels;      /* scratch: no image's is known */
    float *targets;       /* scratch: nor what its numbers ought to be */
    float *both;          /* scratch: what one unit says of two classes */
};

#define MODEL_ROWS 128

/* Append a model's bytes; bytes->failed tells when out of memory. */
void model_append(const struct model_shape *shape, const float *weights, size_t count,
                  struct text *bytes);

/* A network from a trial's setting and a model's bytes. Everything lives in the arena. STATUS_INPUT
 * for bytes that do not fit such a network. */
enum status model_open(const struct setting *setting, const void *bytes, size_t count,
                       struct arena *arena, struct model *model, struct error *error);

/* Whether the network reads further arrays of the data set than the images. */
bool model_reads_arrays(const struct model *model);

/* Learn from the data set how inputs are normalised and what further arrays there are: to be called
 * before a model whose shape says `normalized`, or that reads such arrays, is asked anything, but
 * by model_evaluate, which does. STATUS_INPUT where the data set is of another shape or has not
 * these arrays, STATUS_MEMORY. The data set must outlive the model. */
enum status model_take_data(struct model *model, const struct dataset *dataset, struct arena *arena,
                            struct error *error);

/* The outputs for one image of shape.rows x shape.columns grey levels, divided as training images
 * are or as test images are: of the first output, valid until the next call. */
const float *model_predict(struct model *model, const uint8_t *pixels, bool training);

/* The same for an example of a part of a data set of the model's shape. */
const float *model_predict_example(struct model *model, const struct images *part, size_t index,
                                   bool training);

/* One of its outputs for the latest image: `classes` floats, valid until the next call. Of one unit
 * y that tells two classes apart these are 1 - y and y. */
struct model_output {
    const char *name; /* NULL: it is the only one */
    const float *values;
    size_t units, classes;
    const struct activation *activation; /* NULL: none */
    bool probabilities;                  /* they are a distribution, as softmax's are */
    bool numbers;                        /* they are what is predicted, not scores of classes */
    const char *const *class_names;      /* NULL: they are numbers */
};
struct model_output model_output(const struct model *model, size_t output);

/* The class that an output has to give for an image with that label; -1: its target is another
 * array of the data set. */
int model_target(const struct model *model, size_t output, uint8_t label);

/* The class of the largest output, the first of equals. */
size_t model_class(const float *outputs, size_t classes);

/* A test image that is taken for another class. */
struct mistake {
    size_t image; /* its number */
    uint8_t label, predicted;
    float confidence; /* the output of the class that is predicted */
};

/* A test example's number, of one output, and what is predicted instead. */
struct miss {
    size_t example;
    double target, predicted;
};

#define MISSES_MAX 10
#define POINTS_MAX 1000

struct evaluation {
    const char *output;             /* its name; NULL: it is the only one */
    const char *const *class_names; /* the model's */
    size_t classes, images, hits;
    bool values; /* targets are numbers: there are no hits, confusion and mistakes, but */
    double root_mean_squared_error, mean_absolute_error, r2_score;
    size_t miss_count;
    struct miss misses[MISSES_MAX]; /* the largest first, then by number */
    size_t point_count;             /* of all test examples, or POINTS_MAX of them, spread evenly */
    struct miss *points;            /* in their order */
    double accuracy;
    uint32_t *confusion; /* classes x classes: images of the row's class taken for the column's */
    size_t mistake_count;
    struct mistake *mistakes; /* the most confident first, then by number */
};

/* What an output of the model makes of a data set's test images, whose shape has to be the model's
 * (STATUS_INPUT). Lives in the arena. */
enum status model_evaluate(struct model *model, size_t output, const struct dataset *dataset,
                           struct arena *arena, struct evaluation *evaluation, struct error *error);

#endif
