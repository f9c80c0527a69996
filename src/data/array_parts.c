#include "data/array_parts.h"

#include "base/random.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS_MOST 4 /* grey, with transparency, colour, and that with transparency */
#define TEST_SPLIT 0.2

static void note(struct groups *groups, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(struct groups *groups, const char *format, ...) {
    char said[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    text_printf(&groups->changes, "%s%s", groups->changes.length > 0 ? "; " : "", said);
}

/* --- bytes and floats --- */

static bool all(const struct group *group, bool (*holds)(const struct array *array)) {
    return holds(group->parts[0]) && (!group->parts[1] || holds(group->parts[1]));
}

static bool is_bytes(const struct array *array) {
    return array->bytes != NULL;
}

static bool is_whole(const struct array *array) {
    return array->bytes || array->whole;
}

static bool is_fractions(const struct array *array) {
    return !array->bytes && array->fractions;
}

static void replace(struct array *array, uint8_t *bytes, float *values) {
    struct array made = *array;
    array_release(array);
    made.bytes = bytes;
    made.values = values;
    made.mapping = NULL;
    *array = made;
}

/* Floats that are bytes / unit as bytes. */
static bool narrow(struct array *array, double unit) {
    const size_t count = array_elements(array);
    if (array->bytes)
        return true;
    uint8_t *bytes = malloc(count);
    for (size_t i = 0; i < count && bytes; i++)
        bytes[i] = (uint8_t)lrint((double)array->values[i] * unit);
    if (bytes)
        replace(array, bytes, NULL);
    return bytes != NULL;
}

static bool widen(struct array *array) {
    const size_t count = array_elements(array);
    if (!array->bytes)
        return true;
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count && values; i++)
        values[i] = (float)array->bytes[i];
    if (values)
        replace(array, NULL, values);
    return values != NULL;
}

static enum status each(struct group *group, bool done_train, bool (*change)(struct array *array),
                        struct error *error) {
    const bool fits =
        done_train && change(group->parts[0]) && (!group->parts[1] || change(group->parts[1]));
    return fits ? STATUS_OK : error_memory(error);
}

static bool narrow_whole(struct array *array) {
    return narrow(array, 1);
}

static bool narrow_fractions(struct array *array) {
    return narrow(array, UINT8_MAX);
}

/* Numbers that are bytes are kept as bytes: a fourth of the memory, and the same numbers. */
static enum status pack(struct group *group, struct error *error) {
    group->unit = 1;
    if (all(group, is_bytes))
        return STATUS_OK;
    if (all(group, is_fractions)) {
        group->unit = UINT8_MAX;
        return each(group, true, narrow_fractions, error);
    }
    return each(group, true, all(group, is_whole) ? narrow_whole : widen, error);
}

/* --- shapes of inputs --- */

static enum status order_is_unknown(const struct array *array, struct error *error) {
    return error_set(error, STATUS_INPUT,
                     "%.60s has the shape (%zu, %zu, %zu, %zu), which does not tell whether the "
                     "channels come last or first; write data_format: channels_last or "
                     "channels_first beside the data set's name, as in dataset: {name: ./mine.npz, "
                     "data_format: channels_first}",
                     array->name, array->size[0], array->size[1], array->size[2], array->size[3]);
}

/* From (examples, channels, rows, columns) to (examples, rows, columns, channels). */
static bool put_channels_last(struct array *array) {
    const size_t channels = array->size[1], pixels = array->size[2] * array->size[3];
    const size_t count = array_elements(array), size = array->bytes ? 1 : sizeof(float);
    const char *from = array->bytes ? (const char *)array->bytes : (const char *)array->values;
    char *to = malloc(count * size);
    if (!to)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t image = i / (pixels * channels), channel = i / pixels % channels;
        memcpy(to + ((image * pixels + i % pixels) * channels + channel) * size, from + i * size,
               size);
    }
    replace(array, size == 1 ? (uint8_t *)to : NULL, size == 1 ? NULL : (float *)(void *)to);
    array->size[1] = array->size[2];
    array->size[2] = array->size[3];
    array->size[3] = channels;
    return true;
}

static enum status order_channels(const struct groups *groups, struct group *group,
                                  struct error *error) {
    const struct array *array = group->parts[0];
    const bool last = array->size[3] <= CHANNELS_MOST, first = array->size[1] <= CHANNELS_MOST;
    if (groups->pictures)
        return STATUS_OK;
    if (groups->options->data_format == CHANNELS_BY_SHAPE && last == first)
        return order_is_unknown(array, error);
    const bool turned = groups->options->data_format == CHANNELS_FIRST ||
                        (groups->options->data_format == CHANNELS_BY_SHAPE && first);
    group->channels_first = turned;
    return turned ? each(group, true, put_channels_last, error) : STATUS_OK;
}

static enum status shape_input(const struct groups *groups, struct group *group,
                               struct error *error) {
    enum status status = pack(group, error);
    const struct array *array = group->parts[0];
    const size_t dimensions = array->dimensions, *size = array->size;
    if (status == STATUS_OK && dimensions == 4)
        status = order_channels(groups, group, error);
    if (status != STATUS_OK)
        return status;
    if (dimensions > 4)
        return error_set(error, STATUS_INPUT,
                         "%.60s has %zu dimensions; (examples, features), (images, rows, columns) "
                         "and (images, rows, columns, channels) are read",
                         array->name, dimensions);
    group->table = dimensions < 3;
    group->rows = dimensions >= 3 ? size[1] : 1;
    group->columns = dimensions >= 3 ? size[2] : dimensions == 2 ? size[1] : 1;
    group->channels = dimensions == 4 ? size[3] : 1;
    return STATUS_OK;
}

/* --- targets --- */

static float number_at(const struct array *array, size_t i) {
    return array->bytes ? (float)array->bytes[i] : array->values[i];
}

/* Where the row's 1 is, if the others are 0; else its width. */
static size_t place_of_one(const struct array *array, size_t row) {
    const size_t width = array->size[1];
    size_t place = width;
    for (size_t i = 0; i < width; i++) {
        const float number = number_at(array, row * width + i);
        if (number == 1 && place == width)
            place = i;
        else if (number != 0)
            return width;
    }
    return place;
}

static bool is_one_hot(const struct array *array) {
    bool one_hot = true;
    for (size_t row = 0; row < array->size[0] && one_hot; row++)
        one_hot = place_of_one(array, row) < array->size[1];
    return one_hot;
}

/* Make one-hot rows labels. */
static bool take_labels(struct array *array) {
    uint8_t *labels = malloc(array->size[0]);
    for (size_t row = 0; row < array->size[0] && labels; row++)
        labels[row] = (uint8_t)place_of_one(array, row);
    if (labels) {
        replace(array, labels, NULL);
        array->dimensions = 1;
        array->reals = false;
    }
    return labels != NULL;
}

static size_t classes_of(const struct group *group) {
    size_t classes = 2;
    for (size_t part = 0; part < 2 && group->parts[part]; part++)
        for (size_t i = 0; i < group->parts[part]->size[0]; i++)
            if (group->parts[part]->bytes[i] >= classes)
                classes = (size_t)group->parts[part]->bytes[i] + 1;
    return classes;
}

/* Whether each of 0 to the largest is there: so real numbers that are labels look. */
static bool has_no_holes(const struct group *group) {
    bool seen[UINT8_MAX + 1] = {0};
    size_t most = 0, count = 0;
    for (size_t part = 0; part < 2 && group->parts[part]; part++)
        for (size_t i = 0; i < group->parts[part]->size[0]; i++) {
            const size_t label = (size_t)number_at(group->parts[part], i);
            most = label > most ? label : most;
            count += !seen[label];
            seen[label] = true;
        }
    return count == most + 1 && count > 1;
}

static enum status no_classes(const struct group *group, bool asked, struct error *error) {
    char where[128];
    for (size_t part = 0; part < 2 && group->parts[part]; part++) {
        const struct array *array = group->parts[part];
        for (size_t i = 0; i < array->size[0]; i++) {
            const double number = (double)number_at(array, i);
            if (number >= 0 && number <= UINT8_MAX && number == floor(number))
                continue;
            snprintf(where, sizeof where, "element %zu of %.60s", i, array->name);
            error_set(error, STATUS_INPUT,
                      "%s is %.9g, and classes are whole numbers from 0 to 255; %s",
                      array->column ? array->column : where, number,
                      asked ? "leave out targets: classes, or number them anew"
                            : "number them anew; or, if numbers are to be predicted and no "
                              "classes, write targets: values beside the data set's name, "
                              "as in dataset: {name: ./mine.npz, targets: values}");
            return error_from(error, &array->odd);
        }
    }
    return error_set(error, STATUS_INPUT, "%.60s has no classes", group->parts[0]->name);
}

/* One number for each example: a class, or a value. */
static enum status shape_numbers(struct groups *groups, struct group *group, bool labels,
                                 struct error *error) {
    const bool asked = groups->options->targets == TARGETS_CLASSES;
    const bool values = !labels && groups->options->targets == TARGETS_VALUES;
    const bool whole = all(group, is_whole), reals = group->parts[0]->reals;
    const bool first = group->role == ARRAY_TARGET;
    group->columns = 1;
    if (!labels && first && !values && !whole && (asked || !reals))
        return no_classes(group, asked, error);
    const bool classes = whole && !values && (labels || asked || !reals || has_no_holes(group));
    if (!classes)
        return each(group, true, widen, error);
    const enum status status = each(group, true, narrow_whole, error);
    group->classes = status == STATUS_OK ? classes_of(group) : 0;
    group->guessed = !labels && !asked;
    if (reals && first && !asked && !labels)
        note(groups, "%.60s, real numbers from 0 to %zu without a hole, are taken for classes",
             group->parts[0]->name, group->classes - 1);
    return status;
}

static enum status shape_target(struct groups *groups, struct group *group, struct error *error) {
    const struct array *array = group->parts[0];
    const size_t width = array->dimensions == 2 ? array->size[1] : 1;
    group->rows = group->channels = 1;
    group->table = true;
    group->unit = 1;
    if (array->dimensions > 2)
        return error_set(error, STATUS_INPUT,
                         "%.60s has %zu dimensions; labels have one, one-hot rows and rows of "
                         "numbers two",
                         array->name, array->dimensions);
    for (size_t part = 0; part < 2 && width == 1 && group->parts[part]; part++)
        group->parts[part]->dimensions = 1;
    const bool one_hot =
        width > 1 && groups->options->targets != TARGETS_VALUES && is_one_hot(array);
    const bool labels = one_hot && width <= DATASET_CLASSES_MAX;
    if (labels && group->parts[1] && !is_one_hot(group->parts[1]))
        return error_set(error, STATUS_INPUT, "%.60s is one-hot, and %.60s is not", array->name,
                         group->parts[1]->name);
    if (one_hot && !labels && group->role == ARRAY_TARGET && all(group, is_one_hot))
        return error_set(error, STATUS_INPUT,
                         "%.60s is one-hot, of %zu classes, and at most %d are read; if its rows "
                         "are numbers to be predicted, write targets: values beside the data set's "
                         "name, as in dataset: {name: ./mine.npz, targets: values}",
                         array->name, width, DATASET_CLASSES_MAX);
    if (labels && each(group, true, take_labels, error) != STATUS_OK)
        return STATUS_MEMORY;
    if (width == 1 || labels) {
        const enum status status = shape_numbers(groups, group, labels, error);
        group->classes = labels && group->classes < width ? width : group->classes;
        return status;
    }
    group->columns = width;
    return each(group, true, widen, error);
}

/* Whether an array of another name is said to be a target, as y2 and label_age are. */
static bool is_called_target(const struct group *group) {
    return group->name[0] == 'y' || strncmp(group->name, "label", 5) == 0 ||
           strncmp(group->name, "target", 6) == 0;
}

enum status group_shape(struct groups *groups, struct group *group, struct error *error) {
    const struct array *array = group->parts[0];
    const bool single = array->dimensions == 1 || (array->dimensions == 2 && array->size[1] == 1);
    const bool target = group->role == ARRAY_TARGET ||
                        (group->role == ARRAY_FURTHER && (single || is_called_target(group)));
    return target ? shape_target(groups, group, error) : shape_input(groups, group, error);
}

/* --- a test part --- */

#define CLASSES (UINT8_MAX + 1)

/* Examples by their classes; all are of class 0 where there are none. */
struct classes {
    const uint8_t *labels;
    size_t counts[CLASSES], tests[CLASSES]; /* all of them, and those of the test part */
    size_t single;                          /* classes whose one example is to be trained on */
};

static size_t class_of(const struct classes *classes, size_t example) {
    return classes->labels ? classes->labels[example] : 0;
}

static double share_of(size_t count, double share) {
    return floor((double)count * share + 0.5);
}

/* Of the first k examples, laid end to end by class, the rounded share of k are. */
static void choose_along(struct classes *classes, double share, const uint32_t *order, size_t count,
                         bool *in) {
    size_t place[CLASSES + 1] = {0};
    for (size_t i = 0; i < count; i++)
        classes->counts[class_of(classes, i)]++;
    for (size_t i = 0; i < CLASSES; i++)
        place[i + 1] = place[i] + classes->counts[i];
    for (size_t i = 0; i < count; i++) {
        const size_t class = class_of(classes, order[i]), k = place[class]++;
        in[order[i]] = share_of(k + 1, share) > share_of(k, share);
        classes->tests[class] += in[order[i]];
    }
}

/* The rounded share of all, shared out by the largest remainders, as scikit-learn does: to those
 * of equal remainders first that have more already. Each class keeps an example to train on. */
static void share_out(struct classes *classes, double share, size_t wanted[CLASSES]) {
    double rests[CLASSES];
    size_t shared = 0, given = 0;
    for (size_t i = 0; i < CLASSES; i++) {
        const size_t count = classes->counts[i];
        const double exact = count > 1 ? (double)count * share : 0;
        wanted[i] = (size_t)exact;
        rests[i] = exact - floor(exact) + (classes->tests[i] > wanted[i] ? 1e-9 : 0);
        shared += count > 1 ? count : 0;
        given += wanted[i];
        classes->single += count == 1;
    }
    for (size_t left = (size_t)share_of(shared, share) - given; left > 0; left--) {
        size_t best = CLASSES;
        for (size_t i = 0; i < CLASSES; i++)
            if (wanted[i] + 1 < classes->counts[i] && rests[i] >= 0 &&
                (best == CLASSES || rests[i] > rests[best]))
                best = i;
        if (best == CLASSES)
            return;
        wanted[best]++;
        rests[best] = -1;
    }
}

/* Which examples are of the test part: in[i]. That is those along all classes, and as few others
 * as each class's share asks for; where no class has two examples, those alone. */
static void choose(const struct groups *groups, struct classes *classes, uint32_t *order,
                   bool *in) {
    const double share = groups->options->test_split > 0 ? groups->options->test_split : TEST_SPLIT;
    const size_t count = groups->items[0].parts[0]->size[0];
    size_t wanted[CLASSES];
    random_permutation((struct random_source){groups->options->split_seed, RANDOM_SPLIT, 0}, order,
                       count);
    choose_along(classes, share, order, count, in);
    share_out(classes, share, wanted);
    if (classes->single == count) {
        classes->single = 0;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t class = class_of(classes, order[i]);
        size_t *tests = &classes->tests[class];
        if (*tests == wanted[class] || in[order[i]] != (*tests > wanted[class]))
            continue;
        in[order[i]] = !in[order[i]];
        *tests = in[order[i]] ? *tests + 1 : *tests - 1;
    }
}

static void copy_rows(const struct array *array, size_t size, const bool *in, bool wanted,
                      char *to) {
    const char *from = array->bytes ? (const char *)array->bytes : (const char *)array->values;
    for (size_t i = 0; i < array->size[0]; i++)
        if (in[i] == wanted) {
            memcpy(to, from + i * size, size);
            to += size;
        }
}

static bool divide(struct group *group, const bool *in, size_t tests) {
    struct array *train = group->parts[0], *test = &group->made;
    const size_t count = train->size[0], width = array_elements(train) / count;
    const bool bytes = train->bytes != NULL;
    const size_t size = width * (bytes ? 1 : sizeof(float));
    char *kept = malloc((count - tests) * size), *taken = malloc(tests * size);
    if (!kept || !taken) {
        free(kept);
        free(taken);
        return false;
    }
    copy_rows(train, size, in, false, kept);
    copy_rows(train, size, in, true, taken);
    *test = *train;
    test->mapping = NULL;
    test->bytes = bytes ? (uint8_t *)taken : NULL;
    test->values = bytes ? NULL : (float *)(void *)taken;
    test->size[0] = tests;
    replace(train, bytes ? (uint8_t *)kept : NULL, bytes ? NULL : (float *)(void *)kept);
    train->size[0] = count - tests;
    group->parts[1] = test;
    return true;
}

enum status groups_split(struct groups *groups, struct error *error) {
    const size_t count = groups->items[0].parts[0]->size[0];
    uint32_t *order = count <= UINT32_MAX ? calloc(count, sizeof *order) : NULL;
    bool *in = calloc(count, sizeof *in);
    struct classes classes = {.labels = groups->items[1].parts[0]->bytes};
    bool fits = order && in;
    size_t tests = 0;
    if (fits)
        choose(groups, &classes, order, in);
    for (size_t i = 0; i < count && fits; i++)
        tests += in[i];
    const bool both = tests > 0 && tests < count;
    for (size_t i = 0; i < groups->count && fits && both; i++)
        fits = divide(&groups->items[i], in, tests);
    free(order);
    free(in);
    if (fits && !both)
        return error_set(error, STATUS_INPUT,
                         "has %zu example%s, too few for a training and a test part", count,
                         text_plural(count));
    if (fits)
        note(groups, "test part split off: %zu of %zu examples%s, by split_seed %llu", tests, count,
             groups->items[1].classes > 0 ? ", the same share of each class" : "",
             (unsigned long long)groups->options->split_seed);
    if (fits && classes.single > 0)
        note(groups, "%zu class%s a single example, which is trained on", classes.single,
             classes.single == 1 ? " has" : "es have");
    return fits ? STATUS_OK : error_memory(error);
}
