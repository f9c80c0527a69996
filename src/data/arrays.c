#include "data/arrays.h"

#include "base/random.h"
#include "base/text.h"
#include "data/array_parts.h"
#include "data/mapping.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

size_t array_elements(const struct array *array) {
    size_t elements = 1;
    for (size_t i = 0; i < array->dimensions; i++)
        elements *= array->size[i];
    return elements;
}

void array_look(struct array *array) {
    const size_t count = array_elements(array);
    array->whole = array->fractions = true;
    for (size_t i = 0; i < count && (array->whole || array->fractions); i++) {
        const double number = (double)array->values[i];
        const bool in_range = number >= 0 && number <= UINT8_MAX;
        const double level = in_range ? floor(number * UINT8_MAX + 0.5) : 0;
        array->whole &= in_range && number == floor(number);
        array->fractions &= in_range && number <= 1 && array->values[i] == (float)(level / 255);
    }
    array->fractions &= array->reals;
}

void array_release(struct array *array) {
    if (!mapping_release(array->mapping))
        free(array->bytes ? (void *)array->bytes : array->values);
    *array = (struct array){0};
}

void arrays_release(struct arrays *arrays) {
    for (size_t i = 0; i < arrays->count; i++)
        array_release(&arrays->items[i]);
    arrays->count = 0;
}

/* --- names --- */

enum part { TRAIN, TEST, WHOLE, VALIDATION };

/* Cut a word and the underscore beside it from the name's beginning or end. */
static bool cut(char *name, const char *word) {
    const size_t length = strlen(name), count = strlen(word);
    if (length > count + 1 && strcasecmp(name + length - count, word) == 0 &&
        strchr("_-. ", name[length - count - 1])) {
        name[length - count - 1] = '\0';
        return true;
    }
    if (length > count + 1 && strncasecmp(name, word, count) == 0 && strchr("_-. ", name[count])) {
        memmove(name, name + count + 1, length - count);
        return true;
    }
    return false;
}

static enum part cut_part(char *name) {
    static const struct {
        const char *word;
        enum part part;
    } words[] = {{"train", TRAIN},          {"training", TRAIN}, {"test", TEST},
                 {"testing", TEST},         {"val", VALIDATION}, {"valid", VALIDATION},
                 {"validation", VALIDATION}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cut(name, words[i].word))
            return words[i].part;
    return WHOLE;
}

static enum array_role role_of(const char *name) {
    static const char *const words[2][12] = {
        {"x", "data", "features", "feature", "image", "images", "input", "inputs"},
        {"y", "class", "classes", "label", "labels", "target", "targets"}};
    for (size_t role = 0; role < 2; role++)
        for (size_t i = 0; words[role][i]; i++)
            if (strcasecmp(name, words[role][i]) == 0)
                return (enum array_role)role;
    return ARRAY_FURTHER;
}

/* Whether a data set can't do without an array of that name: it is one of the first input or the
 * first target, beside the arrays that there are. */
static bool is_needed(const struct arrays *arrays, const char *name) {
    char asked[DATASET_NAME_MAX], other[DATASET_NAME_MAX];
    snprintf(asked, sizeof asked, "%s", name);
    const enum part part = cut_part(asked);
    const enum array_role role = role_of(asked);
    bool has = false;
    for (size_t i = 0; i < arrays->count; i++) {
        memcpy(other, arrays->items[i].name, sizeof other);
        cut_part(other);
        has |= role_of(other) == role;
    }
    return role != ARRAY_FURTHER && (part != WHOLE || !has);
}

static enum status leave_out(struct arrays *arrays, const char *name, struct error *error) {
    const char *before = arrays->changes;
    if (!arrays->arena)
        return STATUS_OK;
    arrays->changes =
        arena_printf(arrays->arena, "%s%s%s is left out: it holds no numbers for each example",
                     before ? before : "", before ? "; " : "", name);
    return arrays->changes ? STATUS_OK : error_memory(error);
}

static enum status read_array(struct arrays *arrays, const struct array_source *source,
                              size_t number, bool *no_numbers, struct error *error) {
    struct array array = {0};
    *no_numbers = false;
    if (!source->name(source->from, number, array.name))
        return STATUS_OK;
    if (arrays->count == ARRAYS_MAX)
        return error_set(error, STATUS_INPUT, "holds more than the %d arrays that are read",
                         ARRAYS_MAX);
    const enum status status = source->read(source->from, number, &array, error);
    *no_numbers = array.no_numbers;
    if (!*no_numbers)
        arrays->items[arrays->count++] = array;
    return status;
}

enum status arrays_read(struct arrays *arrays, const struct array_source *source, size_t count,
                        struct error *error) {
    size_t others[ARRAYS_MAX], other_count = 0;
    bool no_numbers;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = read_array(arrays, source, i, &no_numbers, error);
        if (status != STATUS_INPUT || !no_numbers || other_count == ARRAYS_MAX)
            continue;
        others[other_count++] = i;
        status = STATUS_OK;
    }
    for (size_t i = 0; i < other_count && status == STATUS_OK; i++) {
        char name[DATASET_NAME_MAX];
        status = source->name(source->from, others[i], name) && is_needed(arrays, name)
                     ? read_array(arrays, source, others[i], &no_numbers, error)
                     : leave_out(arrays, name, error);
    }
    return status;
}

static enum status refuse_names(const struct arrays *arrays, const char *lacking,
                                struct error *error) {
    struct text text;
    text_init(&text);
    for (size_t i = 0; i < arrays->count && i < 8; i++) {
        const char *name = arrays->items[i].name;
        text_append(&text, i > 0 ? ", " : "");
        for (; *name; name++)
            text_printf(&text, "%c", isprint((unsigned char)*name) ? *name : '?');
    }
    text_append(&text, arrays->count > 8 ? ", ..." : arrays->count == 0 ? "nothing" : "");
    enum status status = error_set(
        error, STATUS_INPUT,
        "has no array of %s (it holds %s); inputs are to be called x_train and x_test, and what is "
        "to be learned y_train and y_test, or x and y, of which a test part is split off",
        lacking, text.data);
    text_release(&text);
    return status;
}

/* The group of that name, or a new one; NULL: there is no room. */
static struct group *group_of(struct groups *groups, const char *name) {
    const enum array_role role = role_of(name);
    for (size_t i = 0; i < groups->count; i++)
        if (groups->items[i].role == role &&
            (role != ARRAY_FURTHER || strcmp(groups->items[i].name, name) == 0))
            return &groups->items[i];
    if (groups->count == sizeof groups->items / sizeof *groups->items)
        return NULL;
    struct group *group = &groups->items[groups->count++];
    *group = (struct group){.role = role};
    snprintf(group->name, sizeof group->name, "%s", name);
    return group;
}

static enum status put_into_group(struct groups *groups, struct array *array, struct error *error) {
    char name[DATASET_NAME_MAX];
    memcpy(name, array->name, sizeof name);
    const enum part part = cut_part(name);
    if (part == VALIDATION) {
        text_printf(&groups->changes, "%s%.60s is left out: validation_split holds out images",
                    groups->changes.length > 0 ? "; " : "", array->name);
        return STATUS_OK;
    }
    struct group *group = group_of(groups, name);
    if (!group)
        return error_set(error, STATUS_INPUT, "holds arrays of more than %d names",
                         DATASET_ARRAYS_MAX + 2);
    struct array **place = &group->parts[part == TEST];
    if (*place)
        return error_set(error, STATUS_INPUT,
                         "holds %.60s and %.60s, which are both %s: leave one out, or give it a "
                         "name of its own",
                         (*place)->name, array->name,
                         group->role == ARRAY_INPUT    ? "the inputs"
                         : group->role == ARRAY_TARGET ? "what is to be learned"
                                                       : "the same");
    *place = array;
    return STATUS_OK;
}

static int in_order(const void *a, const void *b) {
    const struct group *x = a, *y = b;
    return x->role != y->role ? (int)x->role - (int)y->role : strcmp(x->name, y->name);
}

/* --- what belongs together --- */

static enum status check_array(const struct array *array, const struct array *first,
                               struct error *error) {
    if (array_elements(array) == 0)
        return error_set(error, STATUS_INPUT, "%.60s holds no numbers", array->name);
    if (array->size[0] != first->size[0])
        return error_set(error, STATUS_INPUT,
                         "%.60s has %zu rows and %.60s has %zu: both need one for each example",
                         array->name, array->size[0], first->name, first->size[0]);
    return STATUS_OK;
}

static bool same_example(const struct array *a, const struct array *b) {
    return a->dimensions == b->dimensions &&
           memcmp(a->size + 1, b->size + 1, (a->dimensions - 1) * sizeof *a->size) == 0;
}

static enum status check_group(const struct groups *groups, const struct group *group,
                               struct error *error) {
    for (size_t part = 0; part < 2; part++) {
        const struct array *array = group->parts[part], *first = groups->items[0].parts[part];
        if (!array != !first) {
            const struct group *lacking = array ? &groups->items[0] : group;
            return error_set(error, STATUS_INPUT,
                             "holds %.60s but no %s array that belongs to %.60s",
                             array ? array->name : first->name, part == 0 ? "training" : "test",
                             lacking->parts[!part]->name);
        }
        const enum status status = array ? check_array(array, first, error) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    if (!group->parts[0])
        return error_set(error, STATUS_INPUT, "holds %.60s but nothing to train on",
                         group->parts[1]->name);
    if (group->parts[1] && !same_example(group->parts[0], group->parts[1]))
        return error_set(error, STATUS_INPUT,
                         "%.60s and %.60s have examples of different shapes: they belong to "
                         "different data sets",
                         group->parts[0]->name, group->parts[1]->name);
    return STATUS_OK;
}

static enum status group_arrays(struct arrays *arrays, struct groups *groups, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < arrays->count && status == STATUS_OK; i++)
        status = put_into_group(groups, &arrays->items[i], error);
    if (status != STATUS_OK)
        return status;
    qsort(groups->items, groups->count, sizeof *groups->items, in_order);
    if (groups->count == 0 || groups->items[0].role != ARRAY_INPUT)
        return refuse_names(arrays, "inputs", error);
    if (groups->count < 2 || groups->items[1].role != ARRAY_TARGET)
        return refuse_names(arrays, "labels", error);
    for (size_t i = 0; i < groups->count && status == STATUS_OK; i++)
        status = check_group(groups, &groups->items[i], error);
    return status;
}

/* --- the data set --- */

static void own(struct dataset *dataset, struct array *array) {
    size_t free_place = 0;
    for (; dataset->owned[free_place]; free_place++)
        assert(free_place + 1 < DATASET_OWNED_MAX);
    dataset->owned[free_place] = array->mapping ? array->mapping
                                 : array->bytes ? (void *)array->bytes
                                                : array->values;
    *array = (struct array){0};
}

/* Of the training part; but a number that is too large may be of either. */
static struct rounded rounded_of(const struct group *group) {
    struct rounded rounded = group->parts[0]->rounded;
    if (!(fabs(rounded.too_large) > 0))
        rounded.too_large = group->parts[1]->rounded.too_large;
    return rounded;
}

static void take_first(struct groups *groups, struct dataset *dataset) {
    const struct group *input = &groups->items[0], *target = &groups->items[1];
    struct images *const parts[] = {&dataset->train, &dataset->test};
    dataset->rows = input->rows;
    dataset->columns = input->columns;
    dataset->channels = input->channels;
    dataset->table = input->table;
    dataset->channels_first = input->channels_first;
    dataset->rounded = rounded_of(input);
    dataset->rounded_targets = rounded_of(target);
    dataset->unit = input->unit;
    dataset->classes = target->classes;
    dataset->target_width = target->classes > 0 ? 0 : target->columns;
    for (size_t part = 0; part < 2; part++)
        *parts[part] = (struct images){.count = input->parts[part]->size[0],
                                       .pixels = input->parts[part]->bytes,
                                       .values = input->parts[part]->values,
                                       .labels = target->parts[part]->bytes,
                                       .targets = target->parts[part]->values};
}

/* A copy of labels as numbers, for a target that is to be predicted as one. */
static const float *numbers_of(struct dataset *dataset, const struct array *array) {
    struct array copy = {.values = malloc(array->size[0] * sizeof(float)),
                         .dimensions = 1,
                         .size = {array->size[0]}};
    for (size_t i = 0; i < array->size[0] && copy.values; i++)
        copy.values[i] = (float)array->bytes[i];
    const float *values = copy.values;
    if (values)
        own(dataset, &copy);
    return values;
}

static bool take_further(struct group *group, struct dataset *dataset) {
    struct dataset_array *array = &dataset->arrays[dataset->array_count++];
    *array = (struct dataset_array){.rows = group->rows,
                                    .columns = group->columns,
                                    .channels = group->channels,
                                    .table = group->table,
                                    .channels_first = group->channels_first,
                                    .rounded = rounded_of(group),
                                    .unit = group->unit,
                                    .classes = group->classes};
    snprintf(array->name, sizeof array->name, "%s", group->name);
    array->train.bytes = group->parts[0]->bytes;
    array->test.bytes = group->parts[1]->bytes;
    array->train.values =
        group->classes > 0 ? numbers_of(dataset, group->parts[0]) : group->parts[0]->values;
    array->test.values =
        group->classes > 0 ? numbers_of(dataset, group->parts[1]) : group->parts[1]->values;
    return (array->train.bytes || array->train.values) && (array->test.bytes || array->test.values);
}

static struct digest digest_groups(const struct groups *groups) {
    struct text text;
    text_init(&text);
    text_append(&text, "sweep data set 2\n");
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->items[i];
        text_printf(&text, "%s %zu x %zu x %zu%s / %g, %zu classes", group->name, group->rows,
                    group->columns, group->channels, group->table ? " table" : "", group->unit,
                    group->classes);
        for (size_t part = 0; part < 2; part++) {
            const struct array *array = group->parts[part];
            const size_t count = array_elements(array);
            const struct digest digest = array->bytes ? digest_of_bytes(array->bytes, count)
                                                      : digest_of_bytes(array->values, count * 4);
            text_printf(&text, " %zu %s", array->size[0], digest.hex);
        }
        text_append(&text, "\n");
    }
    const struct digest digest = digest_of_bytes(text.data, text.length);
    text_release(&text);
    return digest;
}

static enum status take_groups(struct arrays *arrays, struct groups *groups,
                               struct dataset *dataset, struct error *error) {
    bool fits = true;
    take_first(groups, dataset);
    snprintf(dataset->input_name, sizeof dataset->input_name, "%s",
             dataset->table ? "features" : "image");
    snprintf(dataset->target_name, sizeof dataset->target_name, "%s",
             dataset->classes > 0 ? "label" : "target");
    if (!dataset_is_plain(dataset) || groups->count > 2)
        dataset->digest = digest_groups(groups);
    for (size_t i = 2; i < groups->count; i++)
        fits &= take_further(&groups->items[i], dataset);
    dataset->class_names = arrays->class_names;
    dataset->classes_guessed = groups->items[1].guessed && !arrays->class_names;
    dataset->pictures = arrays->pictures;
    if (groups->changes.length > 0) {
        dataset->changes = arena_copy(&dataset->arena, groups->changes.data);
        fits &= dataset->changes != NULL && !groups->changes.failed;
    }
    for (size_t i = 0; i < groups->count; i++)
        for (size_t part = 0; part < 2; part++)
            own(dataset, groups->items[i].parts[part]);
    return fits ? STATUS_OK : error_memory(error);
}

enum status arrays_make(struct arrays *arrays, const struct dataset_options *options,
                        struct dataset *dataset, struct error *error) {
    static const struct dataset_options standard = {0};
    struct groups *groups = calloc(1, sizeof *groups);
    if (!groups)
        return error_memory(error);
    groups->options = options ? options : &standard;
    groups->pictures = arrays->pictures;
    text_init(&groups->changes);
    if (arrays->changes)
        text_append(&groups->changes, arrays->changes);
    enum status status = group_arrays(arrays, groups, error);
    for (size_t i = 0; i < groups->count && status == STATUS_OK; i++)
        status = group_shape(groups, &groups->items[i], error);
    const bool drawn = status == STATUS_OK && !groups->items[0].parts[1];
    if (drawn)
        status = groups_split(groups, error);
    if (status == STATUS_OK)
        status = take_groups(arrays, groups, dataset, error);
    dataset->test_drawn = drawn;
    for (size_t i = 0; i < groups->count; i++)
        array_release(&groups->items[i].made);
    text_release(&groups->changes);
    free(groups);
    return status;
}
