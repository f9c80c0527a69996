#include "train/model.h"

#include "base/multiversion.h"
#include "data/picture.h"
#include "data/stream.h"
#include "nn/metric.h"
#include "search/input_shape.h"
#include "search/layers.h"
#include "search/output_target.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_WORDS 4
#define HEAD_BYTES (HEAD_WORDS * sizeof(uint32_t))

static uint32_t word_at(const unsigned char *bytes, size_t index) {
    uint32_t word;
    memcpy(&word, bytes + index * sizeof word, sizeof word);
    return le32toh(word);
}

#define TABLE 256u
#define FRACTIONS 512u
#define VALUES 1024u
#define NORMALIZED 2048u
#define NAMES 4096u
#define PICTURES 8192u
#define REALS 16384u
#define HANDWRITING 32768u

bool model_reads_arrays(const struct model *model) {
    bool reads = false;
    for (size_t i = 0; i < model->spec.layer_count; i++)
        reads |= layer_reads_array(&model->spec.layers[i]);
    return reads;
}

struct model_shape model_shape_of(const struct dataset *dataset) {
    return (struct model_shape){.rows = dataset->rows,
                                .columns = dataset->columns,
                                .channels = dataset->channels,
                                .classes = dataset_outputs(dataset),
                                .values = dataset_has_values(dataset),
                                .table = dataset->table,
                                .normalized = dataset_normalizes(dataset),
                                .unit = dataset->unit,
                                .pictures = dataset->pictures,
                                .reals = dataset->train.values != NULL,
                                .handwriting = dataset->handwriting,
                                .class_names = dataset->class_names};
}

static struct dataset dataset_of_shape(const struct model_shape *shape) {
    return (struct dataset){.rows = shape->rows,
                            .columns = shape->columns,
                            .channels = shape->channels,
                            .classes = shape->values ? 0 : shape->classes,
                            .target_width = shape->values ? shape->classes : 0,
                            .table = shape->table,
                            .unit = shape->unit};
}

/* What examples are besides grey images of bytes and classes. */
static uint32_t kind_of(const struct model_shape *shape) {
    return (shape->channels > 1 ? (uint32_t)shape->channels - 1 : 0) | (shape->table ? TABLE : 0) |
           (shape->unit > 1 ? FRACTIONS : 0) | (shape->values ? VALUES : 0) |
           (shape->normalized ? NORMALIZED : 0);
}

/* That, and what else is kept. */
static uint32_t all_of(const struct model_shape *shape) {
    return kind_of(shape) | (shape->class_names ? NAMES : 0) | (shape->pictures ? PICTURES : 0) |
           (shape->reals ? REALS : 0) | (shape->handwriting ? HANDWRITING : 0);
}

/* With its complement, so that what is damaged is not taken for another kind. */
static uint32_t kind_word(uint32_t kind) {
    return kind == 0 ? 0 : kind | (~kind & UINT16_MAX) << 16;
}

static void append_weights(const float *weights, size_t count, struct text *bytes) {
    if (BYTE_ORDER == LITTLE_ENDIAN) {
        text_append_bytes(bytes, (const char *)weights, count * sizeof *weights);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, &weights[i], sizeof word);
        word = htole32(word);
        text_append_bytes(bytes, (const char *)&word, sizeof word);
    }
}

static void append_names(const struct model_shape *shape, struct text *bytes) {
    const size_t before = bytes->length;
    for (size_t i = 0; i < shape->classes; i++)
        text_append_bytes(bytes, shape->class_names[i], strlen(shape->class_names[i]) + 1);
    text_append_bytes(bytes, "\0\0\0", (before - bytes->length) % sizeof(float));
}

void model_append(const struct model_shape *shape, const float *weights, size_t count,
                  struct text *bytes) {
    const uint32_t head[HEAD_WORDS] = {
        htole32((uint32_t)shape->rows), htole32((uint32_t)shape->columns),
        htole32((uint32_t)shape->classes), htole32(kind_word(all_of(shape)))};
    text_append_bytes(bytes, (const char *)head, sizeof head);
    append_weights(weights, count, bytes);
    if (shape->class_names)
        append_names(shape, bytes);
}

static enum status fail(struct error *error, const char *why) {
    return error_set(error, STATUS_INPUT, "the model is damaged: %s", why);
}

/* What the bytes say of themselves, before anything is made of it. */
static enum status read_shape(const unsigned char *bytes, size_t count, struct model_shape *shape,
                              struct error *error) {
    if (count < HEAD_BYTES)
        return fail(error, "it is cut short");
    const uint32_t kind = word_at(bytes, 3) & UINT16_MAX;
    *shape = (struct model_shape){.rows = word_at(bytes, 0),
                                  .columns = word_at(bytes, 1),
                                  .channels = 1 + kind % TABLE,
                                  .classes = word_at(bytes, 2),
                                  .values = kind & VALUES,
                                  .table = kind & TABLE,
                                  .normalized = kind & NORMALIZED,
                                  .unit = kind & FRACTIONS ? UINT8_MAX : 1,
                                  .pictures = kind & PICTURES,
                                  .reals = kind & REALS,
                                  .handwriting = kind & HANDWRITING};
    if (shape->rows == 0 || shape->columns == 0 ||
        shape->rows > PICTURE_PIXELS_MAX / shape->columns || shape->classes == 0 ||
        (!shape->values && shape->classes > DATASET_CLASSES_MAX) ||
        word_at(bytes, 3) != kind_word(kind))
        return error_set(error, STATUS_INPUT,
                         "the model is damaged: images of %zu x %zu and %zu %s are not valid",
                         shape->rows, shape->columns, shape->classes,
                         shape->values ? "outputs" : "classes");
    return STATUS_OK;
}

static enum status read_weights(const unsigned char *bytes, size_t count, struct arena *arena,
                                const float **weights, struct error *error) {
    float *read = ARENA_NEW(arena, float, count);
    *weights = read;
    if (!read)
        return error_memory(error);
    for (size_t i = 0; i < count; i++) {
        const uint32_t word = word_at(bytes, i);
        memcpy(&read[i], &word, sizeof word);
    }
    return STATUS_OK;
}

static enum status read_names(const unsigned char *bytes, size_t count, struct arena *arena,
                              struct model_shape *shape, struct error *error) {
    const char **names = ARENA_NEW(arena, const char *, shape->classes);
    char *copy = arena_alloc(arena, count + 1, 1);
    if (!names || !copy)
        return error_memory(error);
    const char *at = copy, *end = copy + count;
    memcpy(copy, bytes, count);
    for (size_t i = 0; i < shape->classes; i++) {
        if (at >= end)
            return fail(error, "it has not as many names as classes");
        names[i] = at;
        at += strlen(at) + 1;
    }
    shape->class_names = names;
    return STATUS_OK;
}

static enum status init_network(struct model *model, struct arena *arena, struct error *error) {
    const struct network_spec *spec = &model->spec;
    model->pixels = ARENA_NEW(arena, float, MODEL_ROWS *network_inputs(spec));
    model->labels = ARENA_NEW(arena, uint8_t, MODEL_ROWS);
    model->targets = ARENA_NEW(arena, float, MODEL_ROWS * model->shape.classes);
    model->both = ARENA_NEW(arena, float, 2);
    sparse_init(&model->x, MODEL_ROWS, network_inputs(spec), arena);
    enum status status = ensemble_init(&model->ensemble, &spec, 1, MODEL_ROWS, arena, error);
    if (status == STATUS_OK)
        ensemble_set_parameters(model->ensemble, 0, model->weights);
    return status;
}

enum status model_open(const struct setting *setting, const void *bytes, size_t count,
                       struct arena *arena, struct model *model, struct error *error) {
    const unsigned char *at = bytes;
    *model = (struct model){0};
    enum status status = read_shape(at, count, &model->shape, error);
    if (status != STATUS_OK)
        return status;
    const struct dataset shape = dataset_of_shape(&model->shape);
    setting_network(setting, &shape, 0, &model->spec);
    const size_t parameters = network_parameter_count(&model->spec);
    const size_t held = (count - HEAD_BYTES) / sizeof(float);
    const bool named = word_at(at, 3) & NAMES;
    if (held < parameters || (held > parameters && !named) || count % sizeof(float) != 0)
        return fail(error, "it has not as many weights as the trial's network");
    if (named)
        status = read_names(at + HEAD_BYTES + parameters * sizeof(float),
                            (held - parameters) * sizeof(float), arena, &model->shape, error);
    if (status != STATUS_OK)
        return status;
    status = read_weights(at + HEAD_BYTES, parameters, arena, &model->weights, error);
    if (status == STATUS_OK)
        status = init_network(model, arena, error);
    stream_scale(model->shape.unit, setting->values[HP_TRAIN_IMAGE_DIVISOR].real,
                 model->train_scale);
    model->train_count = (size_t)setting->values[HP_TRAIN_IMAGES].integer;
    model->train_divisor = setting->values[HP_TRAIN_IMAGE_DIVISOR].real;
    model->test_divisor = setting->values[HP_TEST_IMAGE_DIVISOR].real;
    stream_scale(model->shape.unit, model->test_divisor, model->test_scale);
    return status;
}

/* The outputs for the inputs in model->pixels: rows as long as PAD_TO_LANES(classes). */
static const float *predict_ready(struct model *model, size_t rows) {
    const bool values = model->shape.values && !network_has_named_outputs(&model->spec);
    const struct targets targets =
        values ? (struct targets){NULL, model->targets, model->shape.classes}
               : targets_of_labels(model->labels, model->shape.classes);
    const struct ensemble_batch batch = {.x = &model->x, .targets = &targets, .target_count = 1};
    struct ensemble_result result;
    sparse_gather(&model->x, model->pixels, rows);
    ensemble_predict(model->ensemble, &batch, &result);
    return ensemble_outputs(model->ensemble, 0);
}

/* The same before they are normalised. */
static const float *predict_inputs(struct model *model, size_t rows) {
    normalize(&model->normalization, model->pixels, rows * network_inputs(&model->spec));
    return predict_ready(model, rows);
}

/* The same for images of a data set, with the arrays that the network reads besides. */
static const float *predict_with_arrays(struct model *model, const struct images *part,
                                        size_t first, size_t rows, bool training) {
    const struct dataset *dataset = model->dataset;
    const double divisor = training ? model->train_divisor : model->test_divisor;
    const float *scale = training ? model->train_scale : model->test_scale;
    const size_t inputs = dataset_inputs(dataset);
    float *into = model->pixels;
    for (size_t row = first; row < first + rows; row++) {
        stream_scale_images(part->pixels ? part->pixels + row * inputs : NULL,
                            part->pixels ? NULL : part->values + row * inputs, inputs, scale,
                            divisor, into);
        normalize(&model->normalization, into, inputs);
        into += inputs;
        for (size_t i = 0; i < model->spec.layer_count; i++) {
            const struct layer_spec *layer = &model->spec.layers[i];
            if (!layer_reads_array(layer))
                continue;
            const size_t at = dataset_array_find(dataset, layer->input->name);
            const size_t width = dataset_array_width(&dataset->arrays[at]);
            stream_copy_array(&dataset->arrays[at], part == &dataset->test, row, into);
            normalize(&model->array_normalizations[at], into, width);
            into += width;
        }
    }
    return predict_ready(model, rows);
}

/* The same for some images. */
static const float *predict(struct model *model, const uint8_t *pixels, size_t rows,
                            const float scale[256]) {
    stream_scale_images(pixels, NULL, rows * network_inputs(&model->spec), scale, 1, model->pixels);
    return predict_inputs(model, rows);
}

/* The same for examples from the first on. */
static const float *predict_examples(struct model *model, const struct images *part, size_t first,
                                     size_t rows, bool training) {
    const size_t inputs = network_inputs(&model->spec);
    const double divisor = training ? model->train_divisor : model->test_divisor;
    if (model_reads_arrays(model))
        return predict_with_arrays(model, part, first, rows, training);
    if (part->pixels)
        return predict(model, part->pixels + first * inputs, rows,
                       training ? model->train_scale : model->test_scale);
    stream_divide_values(part->values + first * inputs, rows * inputs, divisor, model->pixels);
    return predict_inputs(model, rows);
}

const float *model_predict_example(struct model *model, const struct images *part, size_t index,
                                   bool training) {
    return predict_examples(model, part, index, 1, training);
}

const float *model_predict(struct model *model, const uint8_t *pixels, bool training) {
    return predict(model, pixels, 1, training ? model->train_scale : model->test_scale);
}

/* Whether an array is of classes is not known without the data set; then its loss tells. */
static bool predicts_numbers(const struct model *model, const struct network_output *of) {
    const bool shares = of->activation == activation_find("softmax");
    return of->named && of->named->target ? of->loss->values && (of->units == 1 || !shares)
                                          : model->shape.values;
}

/* Whether one unit tells two classes apart. */
static bool is_binary(const struct model *model, const struct network_output *of) {
    return of->named && of->units == 1 && !predicts_numbers(model, of) &&
           (of->named->target || named_output_classes(of->named, model->shape.classes) == 2);
}

/* What one unit says of each of two classes. */
static const float *say_both(float y, float both[2]) {
    both[0] = 1 - y;
    both[1] = y;
    return both;
}

struct model_output model_output(const struct model *model, size_t output) {
    const struct network_output of = network_output(&model->spec, output);
    const bool binary = is_binary(model, &of);
    const float *values = ensemble_output(model->ensemble, 0, output);
    const char *shares = binary ? "sigmoid" : "softmax";
    return (struct model_output){.name = of.named ? of.named->name : NULL,
                                 .values = binary ? say_both(*values, model->both) : values,
                                 .units = of.units,
                                 .classes = binary ? 2 : of.units,
                                 .class_names =
                                     of.named && (of.named->mapped > 0 || of.named->target)
                                         ? NULL
                                         : model->shape.class_names,
                                 .activation = of.activation,
                                 .probabilities = of.activation == activation_find(shares),
                                 .numbers = predicts_numbers(model, &of)};
}

int model_target(const struct model *model, size_t output, uint8_t label) {
    const struct named_output *named = network_output(&model->spec, output).named;
    if (named && named->target)
        return -1;
    return named && named->mapped > label ? named->map[label] : label;
}

size_t model_class(const float *outputs, size_t classes) {
    size_t best = 0;
    for (size_t i = 1; i < classes; i++)
        if (outputs[i] > outputs[best])
            best = i;
    return best;
}

static int most_confident_first(const void *a, const void *b) {
    const struct mistake *x = a, *y = b;
    if (x->confidence != y->confidence)
        return x->confidence > y->confidence ? -1 : 1;
    return (x->image > y->image) - (x->image < y->image);
}

static void judge(struct evaluation *evaluation, size_t image, uint8_t label,
                  const float *outputs) {
    const size_t predicted = model_class(outputs, evaluation->classes);
    evaluation->confusion[label * evaluation->classes + predicted]++;
    if (predicted == label)
        evaluation->hits++;
    else
        evaluation->mistakes[evaluation->mistake_count++] =
            (struct mistake){image, label, (uint8_t)predicted, outputs[predicted]};
}

/* Put a miss among the largest, if it is one of them. */
static void keep_miss(struct evaluation *evaluation, struct miss miss) {
    const double size = fabs(miss.target - miss.predicted);
    size_t at = evaluation->miss_count;
    while (at > 0 &&
           fabs(evaluation->misses[at - 1].target - evaluation->misses[at - 1].predicted) < size)
        at--;
    if (at == MISSES_MAX)
        return;
    evaluation->miss_count += evaluation->miss_count < MISSES_MAX;
    memmove(evaluation->misses + at + 1, evaluation->misses + at,
            (evaluation->miss_count - 1 - at) * sizeof miss);
    evaluation->misses[at] = miss;
}

/* Keep an example if it is the next one of those that are kept of all. */
static void keep_point(struct evaluation *evaluation, struct miss point) {
    const size_t all = evaluation->images, most = all < POINTS_MAX ? all : POINTS_MAX;
    const size_t next = evaluation->point_count;
    if (next < most && point.example == next * all / most)
        evaluation->points[evaluation->point_count++] = point;
}

/* The usual scores of numbers, by the metrics that trials have. */
static enum status evaluate_values(struct model *model, size_t output, const struct images *test,
                                   const float *targets, struct arena *arena,
                                   struct evaluation *evaluation, struct error *error) {
    static const char *const names[] = {"root_mean_squared_error", "mean_absolute_error",
                                        "r2_score"};
    double *const results[] = {&evaluation->root_mean_squared_error,
                               &evaluation->mean_absolute_error, &evaluation->r2_score};
    const size_t width = evaluation->classes, stride = PAD_TO_LANES(width);
    double *sums[3];
    if (!(evaluation->points = ARENA_NEW(arena, struct miss, POINTS_MAX)))
        return error_memory(error);
    for (size_t i = 0; i < 3; i++)
        if (!(sums[i] = ARENA_NEW(arena, double, metric_find(names[i])->sums(width))))
            return error_memory(error);
    for (size_t first = 0; first < test->count; first += MODEL_ROWS) {
        const size_t rows = test->count - first < MODEL_ROWS ? test->count - first : MODEL_ROWS;
        predict_examples(model, test, first, rows, false);
        const float *y = ensemble_output(model->ensemble, 0, output);
        const float *part = targets + first * width;
        const struct predictions all = {.y = y,
                                        .targets = {NULL, part, width},
                                        .rows = rows,
                                        .classes = width,
                                        .stride = stride};
        for (size_t i = 0; i < 3; i++)
            metric_find(names[i])->add(metric_find(names[i]), sums[i], &all);
        for (size_t row = 0; row < rows; row++) {
            const struct miss miss = {first + row, (double)part[row * width],
                                      (double)y[row * stride]};
            keep_miss(evaluation, miss);
            keep_point(evaluation, miss);
        }
    }
    for (size_t i = 0; i < 3; i++)
        *results[i] = metric_find(names[i])->result(sums[i], test->count, width);
    return STATUS_OK;
}

static bool same_shape(const struct model_shape *a, const struct model_shape *b) {
    return a->rows == b->rows && a->columns == b->columns && a->classes == b->classes &&
           a->values == b->values && kind_of(a) == kind_of(b);
}

static enum status check_shape(const struct dataset *dataset, const struct model_shape *shape,
                               struct error *error) {
    const struct model_shape own = model_shape_of(dataset);
    if (same_shape(&own, shape))
        return STATUS_OK;
    return error_set(
        error, STATUS_INPUT,
        "the data set has images of %zu x %zu and %zu %s, the model takes "
        "%zu x %zu and %zu%s",
        own.rows, own.columns, own.classes, own.values ? "numbers" : "classes", shape->rows,
        shape->columns, shape->classes,
        own.values != shape->values || kind_of(&own) != kind_of(shape) ? ", of another kind" : "");
}

static enum status check_arrays(const struct model *model, const struct dataset *dataset,
                                struct error *error) {
    for (size_t i = 0; i < model->spec.layer_count; i++) {
        const struct layer_spec *layer = &model->spec.layers[i];
        struct shape shape;
        if (layer_reads_array(layer) && (!input_shape(dataset, layer->input->name, &shape) ||
                                         !shape_equal(shape, layer->input->shape)))
            return error_set(error, STATUS_INPUT,
                             "the network reads an array '%s' of %zu numbers for each example, "
                             "which the data set has not",
                             layer->input->name, shape_size(layer->input->shape));
    }
    return STATUS_OK;
}

enum status model_take_data(struct model *model, const struct dataset *dataset, struct arena *arena,
                            struct error *error) {
    enum status status = check_shape(dataset, &model->shape, error);
    if (status == STATUS_OK)
        status = check_arrays(model, dataset, error);
    if (status != STATUS_OK)
        return status;
    model->dataset = dataset;
    normalization_of(dataset, model->train_count, model->train_divisor, arena,
                     &model->normalization);
    for (size_t i = 0; i < dataset->array_count; i++)
        normalization_of_array(&dataset->arrays[i], model->train_count, arena,
                               &model->array_normalizations[i]);
    return arena->failed ? error_memory(error) : STATUS_OK;
}

/* What an output is held against in the test part: classes, or else numbers. */
struct truth {
    const uint8_t *labels;
    const float *values;
    bool mapped; /* labels stand for what model_target says */
};

static struct truth truth_of(const struct model *model, size_t number,
                             const struct dataset *dataset, struct arena *arena) {
    const struct network_output output = network_output(&model->spec, number);
    const struct output_target target = output_target(dataset, output.named, output.units);
    if (!target.found)
        return (struct truth){0};
    if (target.place == 0)
        return (struct truth){dataset->test.labels, dataset->test.targets, true};
    const struct dataset_array *array = &dataset->arrays[(target.place - 1) / 2];
    if (target.classes > 0)
        return (struct truth){.labels = array->test.bytes};
    const size_t count = array->test.values ? 0 : dataset->test.count;
    float *values = count > 0 ? ARENA_NEW(arena, float, count *target.width) : NULL;
    for (size_t i = 0; i < count && values; i++)
        stream_copy_array(array, true, i, values + i * target.width);
    return (struct truth){.values = array->test.values ? array->test.values : values};
}

enum status model_evaluate(struct model *model, size_t output, const struct dataset *dataset,
                           struct arena *arena, struct evaluation *evaluation,
                           struct error *error) {
    const struct images *test = &dataset->test;
    const struct truth truth = truth_of(model, output, dataset, arena);
    const struct model_output of = model_output(model, output);
    const size_t classes = of.classes;
    *evaluation = (struct evaluation){.output = of.name,
                                      .accuracy = (double)NAN,
                                      .class_names = of.class_names,
                                      .classes = classes,
                                      .images = test->count,
                                      .values = !truth.labels};
    const enum status status = model_take_data(model, dataset, arena, error);
    if (status != STATUS_OK)
        return status;
    if (!truth.labels && !truth.values)
        return arena->failed ? error_memory(error)
                             : error_set(error, STATUS_INPUT,
                                         "the data set has no array that the output '%s' could be "
                                         "held against",
                                         of.name ? of.name : "");
    if (!truth.labels)
        return evaluate_values(model, output, test, truth.values, arena, evaluation, error);
    evaluation->confusion = ARENA_NEW(arena, uint32_t, classes * classes);
    evaluation->mistakes = ARENA_NEW(arena, struct mistake, test->count);
    if (!evaluation->confusion || !evaluation->mistakes)
        return error_memory(error);
    for (size_t first = 0; first < test->count; first += MODEL_ROWS) {
        const size_t rows = test->count - first < MODEL_ROWS ? test->count - first : MODEL_ROWS;
        predict_examples(model, test, first, rows, false);
        const float *outputs = ensemble_output(model->ensemble, 0, output);
        for (size_t row = 0; row < rows; row++, outputs += PAD_TO_LANES(of.units)) {
            const uint8_t label = truth.labels[first + row];
            judge(evaluation, first + row,
                  truth.mapped ? (uint8_t)model_target(model, output, label) : label,
                  of.units < classes ? say_both(*outputs, model->both) : outputs);
        }
    }
    evaluation->accuracy =
        test->count > 0 ? (double)evaluation->hits / (double)test->count : (double)NAN;
    qsort(evaluation->mistakes, evaluation->mistake_count, sizeof *evaluation->mistakes,
          most_confident_first);
    return STATUS_OK;
}
