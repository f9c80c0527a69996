#include "data/check_private.h"

#include "data/stream.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CLASSES_NAMED 6 /* classes that a text lists before it counts the rest */
#define ITEM_MAX 32     /* room for one item of such a list */
#define IMBALANCE_RATIO 10
#define DARK 0.25       /* of the inputs that a network is given, the largest */
#define CLASSES_MANY 30 /* of a table: numbers to predict may have been taken for classes */

/* Of whole numbers: equal rows are ordinary in tables of few such columns, */
#define COLUMNS_FEW 16
/* where so large a share of the training rows equal an earlier one. */
#define EQUAL_ORDINARY 0.01

void check_warn(struct data_warnings *warnings, const char *kind, const char *format, ...) {
    if (warnings->count == DATA_WARNINGS_MAX)
        return;
    struct data_warning *warning = &warnings->items[warnings->count++];
    warning->kind = kind;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(warning->text, sizeof warning->text, format, arguments);
    va_end(arguments);
}

/* A short list for a text: "1, 2, 5 and 7 more". */
struct list {
    char text[CLASSES_NAMED * (ITEM_MAX + 2) + 32];
    size_t length, count;
};

static void list_add(struct list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void list_add(struct list *list, const char *format, ...) {
    if (list->count++ >= CLASSES_NAMED)
        return;
    if (list->count > 1)
        list->length += (size_t)sprintf(list->text + list->length, ", ");
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(list->text + list->length, ITEM_MAX, format, arguments);
    va_end(arguments);
    if (written > 0)
        list->length += written < ITEM_MAX ? (size_t)written : ITEM_MAX - 1;
}

static const char *list_text(struct list *list) {
    if (list->count > CLASSES_NAMED)
        snprintf(list->text + list->length, sizeof list->text - list->length, " and %zu more",
                 list->count - CLASSES_NAMED);
    return list->text;
}

static double share(size_t part, size_t whole) {
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

static size_t count_used(const size_t counts[LABELS]) {
    size_t used = 0;
    for (size_t label = 0; label < LABELS; label++)
        used += counts[label] > 0;
    return used;
}

/* What an example is called, of which there are so many. */
static const char *examples_of(const struct dataset *data, size_t count) {
    return data->table ? count == 1 ? "row" : "rows" : count == 1 ? "image" : "images";
}

/* `sweep data copy` writes IDX files, which can't hold everything. */
static const char *advice(const struct dataset *data, const char *copy, const char *other) {
    return dataset_is_plain(data) ? copy : other;
}

/* The one label that all images have, or LABELS. */
static size_t only_label(const size_t counts[LABELS]) {
    size_t label = 0;
    if (count_used(counts) != 1)
        return LABELS;
    while (counts[label] == 0)
        label++;
    return label;
}

static void check_one_class(struct findings *findings, struct data_warnings *warnings) {
    const struct dataset *data = findings->view->data;
    const size_t label = only_label(findings->trained), tests = data->test.count;
    const size_t count = findings->view->train_count;
    char more[96];
    if (label == LABELS)
        return;
    findings->one_class = true;
    bool merged = count_used(findings->raw) > 1;
    char cause[96] = "";
    if (merged)
        snprintf(cause, sizeof cause, ", though the files hold %zu different labels",
                 count_used(findings->raw));
    snprintf(more, sizeof more, "use more training %s, or a training set that holds every class",
             examples_of(data, 2));
    check_warn(
        warnings, "one_class",
        "all %zu training %s are trained as class %zu%s: a network learns to answer %zu "
        "always, and accuracy on the test set can then be at most the share of class %zu there, "
        "%zu of %zu = %.4f, whatever else is varied; %s",
        count, examples_of(data, 2), label, cause, label, label, findings->test[label], tests,
        share(findings->test[label], tests),
        merged ? "do not divide the labels (set their divisor to 1)" : more);
}

static void check_one_test_class(struct findings *findings, struct data_warnings *warnings) {
    const struct dataset *data = findings->view->data;
    const size_t label = only_label(findings->test), count = data->test.count;
    if (label < LABELS)
        check_warn(warnings, "test_one_class",
                   "all %zu test %s are of class %zu: test accuracy tells how often a network "
                   "answers %zu, and nothing else; use a test set that holds every class (%s)",
                   count, examples_of(data, 2), label, label,
                   advice(data, "`sweep data copy --mix` deals all images out anew",
                          "deal all out anew, in random order"));
}

/* What to do about training examples that are sorted by their labels. */
#define SHUFFLE "write shuffle: true beside the data set's name"

static void check_one_validation_class(struct findings *findings, struct data_warnings *warnings) {
    const struct dataset *data = findings->view->data;
    const size_t label = only_label(findings->validation);
    const size_t count = findings->view->validation_count;
    if (label == LABELS || findings->one_class)
        return;
    char meaning[80];
    if (findings->trained[label] > 0)
        snprintf(meaning, sizeof meaning, "tells how often a network answers %zu, and nothing else",
                 label);
    else
        snprintf(meaning, sizeof meaning, "is 0, since no %s of it is trained on",
                 examples_of(data, 1));
    check_warn(warnings, "validation_one_class",
               "the %zu validation %s, the last of the training %s, are all of class %zu: "
               "val_accuracy %s; %s",
               count, examples_of(data, count), examples_of(data, 2), label, meaning,
               count < 2 * data->classes ? "use a larger validation_split"
                                         : "the training examples seem to be sorted: " SHUFFLE);
}

static void check_merged(struct findings *findings, struct data_warnings *warnings) {
    if (findings->one_class)
        return;
    struct list list = {0};
    for (unsigned target = 0; target < LABELS; target++) {
        size_t sources = 0;
        for (unsigned label = 0; label < LABELS; label++)
            sources += findings->raw[label] > 0 && findings->view->train_label_map[label] == target;
        if (sources > 1)
            list_add(&list, "%zu labels as %u", sources, target);
    }
    if (list.count > 0)
        check_warn(
            warnings, "merged_labels",
            "different labels are trained as the same one (%s), while the test set keeps its own: "
            "a network cannot learn to tell them apart, and test accuracy suffers whatever else "
            "is varied; do not divide the labels (set their divisor to 1)",
            list_text(&list));
}

static void check_changed(struct findings *findings, struct data_warnings *warnings) {
    if (findings->one_class || count_used(findings->raw) != count_used(findings->trained))
        return;
    struct list list = {0};
    for (unsigned label = 0; label < LABELS; label++)
        if (findings->raw[label] > 0 && findings->view->train_label_map[label] != label)
            list_add(&list, "%u as %u", label, findings->view->train_label_map[label]);
    if (list.count > 0)
        check_warn(
            warnings, "changed_labels",
            "labels are trained as others (%s), while the test set keeps its own: right answers "
            "count as wrong there; do not divide the labels (set their divisor to 1)",
            list_text(&list));
}

/* Classes of a part that have no training images. */
static void warn_missing(const struct findings *findings, const char *kind, const char *part,
                         const char *score, const size_t counts[LABELS],
                         struct data_warnings *warnings) {
    struct list list = {0};
    size_t images = 0, all = 0;
    for (unsigned label = 0; label < LABELS; label++) {
        all += counts[label];
        if (counts[label] > 0 && findings->trained[label] == 0) {
            list_add(&list, "%u", label);
            images += counts[label];
        }
    }
    const struct dataset *data = findings->view->data;
    const char *several = examples_of(data, 2);
    const bool has_more = findings->view->train_count < data->train.count;
    if (list.count > 0 && !findings->one_class)
        check_warn(warnings, kind,
                   "no training %s is trained as class %s, but %zu of %zu %s %s are of %s: what "
                   "is never shown is not learned, so %s stays at or below %.4f; use a training "
                   "set that holds every class%s",
                   examples_of(data, 1), list_text(&list), images, all, part, several,
                   list.count > 1 ? "these classes" : "this class", score, share(all - images, all),
                   has_more ? ", more of this one, or, if it is sorted, " SHUFFLE : "");
}

static void check_missing(struct findings *findings, struct data_warnings *warnings) {
    warn_missing(findings, "missing_class", "test", "test accuracy", findings->test, warnings);
    if (only_label(findings->validation) == LABELS)
        warn_missing(findings, "validation_missing_class", "validation", "val_accuracy",
                     findings->validation, warnings);
}

/* Frequent classes, of which ten images could be expected in a part, that have none there. */
static void warn_lacking(const struct findings *findings, const char *kind, const char *part,
                         const size_t counts[LABELS], size_t count, const char *remedy,
                         struct data_warnings *warnings) {
    struct list list = {0};
    for (unsigned label = 0; label < LABELS; label++)
        if (counts[label] == 0 &&
            share(findings->trained[label], findings->view->train_count) * (double)count >= 10)
            list_add(&list, "%u", label);
    const struct dataset *data = findings->view->data;
    if (list.count > 0 && only_label(counts) == LABELS && !findings->one_class)
        check_warn(warnings, kind,
                   "no %s %s is of class %s, as many training %s are: how well %s learned is not "
                   "measured; if the %s are sorted, %s",
                   part, examples_of(data, 1), list_text(&list), examples_of(data, 2),
                   list.count > 1 ? "these are" : "it is", examples_of(data, 2), remedy);
}

static void check_lacking(struct findings *findings, struct data_warnings *warnings) {
    const struct data_view *view = findings->view;
    const char *deal = advice(view->data, "`sweep data copy --mix` deals all images out anew",
                              "deal all out to training and test anew");
    warn_lacking(findings, "test_lacks_class", "test", findings->test, view->data->test.count, deal,
                 warnings);
    warn_lacking(findings, "validation_lacks_class", "validation", findings->validation,
                 view->validation_count, SHUFFLE, warnings);
}

/* Whole numbers to predict, as ages, are taken for classes where nobody says what they are. */
static void check_many_classes(struct findings *findings, struct data_warnings *warnings) {
    const struct dataset *data = findings->view->data;
    const size_t used = count_used(findings->all);
    findings->many_classes = data->table && data->classes_guessed && used >= CLASSES_MANY;
    if (findings->many_classes)
        check_warn(
            warnings, "many_classes",
            "the targets are whole numbers, of which %zu different ones are taken for %zu "
            "classes; if they are numbers to be predicted, as ages are, write targets: values "
            "beside the data set's name, and if they are classes, targets: classes",
            used, data->classes);
}

/* A metric that is a mean over the classes takes 0 for those that nothing is of. */
static void check_unused(struct findings *findings, struct data_warnings *warnings) {
    const struct dataset *data = findings->view->data;
    const size_t classes = data->classes, used = count_used(findings->all);
    struct list list = {0};
    for (unsigned label = 0; label < classes; label++)
        if (findings->all[label] == 0)
            list_add(&list, "%u", label);
    if (list.count > 0 && used > 1 && !findings->many_classes)
        check_warn(
            warnings, "unused_class",
            "no %s has the label %s, but the largest is %zu: the network has %zu outputs, and "
            "test_f1_score, a mean over as many classes, stays at or below %.4f; %s 0 to %zu",
            examples_of(data, 1), list_text(&list), classes - 1, classes,
            share(count_used(findings->test), classes),
            advice(data, "`sweep data copy --renumber` writes a copy whose labels are",
                   "save labels that are"),
            used - 1);
}

static void check_scale(struct findings *findings, struct data_warnings *warnings) {
    const double train = findings->view->train_image_divisor;
    const double test = findings->view->test_image_divisor;
    const double most = 255 / dataset_unit(findings->view->data);
    if (train < test || train > test)
        check_warn(
            warnings, "scaled_differently",
            "training pixels are divided by %.15g and lie in 0 .. %.6g, test pixels are divided by "
            "%.15g and lie in 0 .. %.6g: a network is tested on numbers of a size it has never "
            "seen; divide both by the same number (%.15g makes them 0 .. 1)",
            train, most / train, test, most / test, most);
}

/* The brightest training pixel; what is bright enough ends the search. */
static uint8_t find_brightest(const struct data_view *view, double enough) {
    const size_t bytes = view->train_count * dataset_inputs(view->data);
    uint8_t most = 0;
    for (size_t i = 0; i < bytes && most < enough; i++)
        if (view->data->train.pixels[i] > most)
            most = view->data->train.pixels[i];
    return most;
}

/* As those of scikit-learn's digits, 0 to 16. */
static void check_dark(struct findings *findings, struct data_warnings *warnings) {
    const struct data_view *view = findings->view;
    const double unit = dataset_unit(view->data), scale = unit * view->train_image_divisor;
    const double most = view->data->normalized ? 0 : find_brightest(view, DARK * scale);
    if (most > 0 && most < DARK * scale)
        check_warn(warnings, "dark_images",
                   "training pixels are at most %.6g and divided by %.6g, which makes them "
                   "0 .. %.4g: networks learn slowly from inputs that small; with "
                   "train_image_divisor and test_image_divisor of %.6g they are 0 .. 1",
                   most / unit, view->train_image_divisor, most / scale, most / unit);
}

static void check_imbalance(struct findings *findings, struct data_warnings *warnings) {
    size_t most = 0, least = 0;
    bool any = false;
    for (size_t label = 0; label < LABELS; label++) {
        size_t count = findings->trained[label];
        if (count > 0 && (!any || count < findings->trained[least]))
            least = label;
        if (count > findings->trained[most])
            most = label;
        any = any || count > 0;
    }
    size_t large = findings->trained[most], small = findings->trained[least];
    const char *several = examples_of(findings->view->data, 2);
    if (findings->one_class || large <= small * IMBALANCE_RATIO)
        return;
    check_warn(warnings, "imbalance",
               "training class %zu has %zu %s, class %zu only %zu: always answering %zu is already "
               "right for %.4f of the training %s, so a high accuracy says little and rare classes "
               "are learned badly; use more training %s, or more even ones, or judge by another "
               "metric than accuracy",
               most, large, several, least, small, most, share(large, findings->view->train_count),
               several, several);
}

/* How many different rows of whole numbers there may be, each column's from its least to its
 * largest; infinite where some are not whole. */
static double possible_rows(const struct dataset *data) {
    const size_t count = data->train.count, columns = data->columns;
    double rows = 1;
    for (size_t column = 0; column < columns; column++) {
        double least = (double)INFINITY, largest = -(double)INFINITY;
        for (size_t i = column; i < count * columns; i += columns) {
            const double number =
                data->train.values ? (double)data->train.values[i] : data->train.pixels[i];
            if (!(number == floor(number)) || dataset_unit(data) > 1)
                return (double)INFINITY;
            least = fmin(least, number);
            largest = fmax(largest, number);
        }
        rows *= largest - least + 1;
    }
    return rows;
}

/* Whether equal rows say nothing: where there are few columns of whole numbers, and so many equal
 * rows, or so few different ones possible that chance alone makes some (of n that are drawn out of
 * k, n^2 / 2k pairs are equal). */
static bool repeats_are_ordinary(const struct findings *findings) {
    const struct dataset *data = findings->view->data;
    const double count = (double)data->train.count;
    if (!data->table || data->columns > COLUMNS_FEW)
        return false;
    const double possible = possible_rows(data);
    return possible <= count * count ||
           (isfinite(possible) &&
            share(findings->repeats.equal, findings->view->train_count) >= EQUAL_ORDINARY);
}

static void check_contradictions(struct findings *findings, struct data_warnings *warnings) {
    const struct repeats *repeats = &findings->repeats;
    const struct dataset *data = findings->view->data;
    const uint8_t *labels = data->train.labels, *map = findings->view->train_label_map;
    const size_t first = repeats->contradicting[0], second = repeats->contradicting[1];
    const char *one = examples_of(data, 1), *several = examples_of(data, 2);
    if (repeats->contradictions > 0 && !repeats_are_ordinary(findings))
        check_warn(warnings, "contradiction",
                   "%zu training %s equal an earlier one but have another label (%s %zu is "
                   "trained as %u, %s %zu as %u): no network can answer both ways; mend the wrong "
                   "labels, or remove the %s%s",
                   repeats->contradictions, several, one, first, map[labels[first]], one, second,
                   map[labels[second]], several,
                   data->table ? ", or add a column that tells them apart" : "");
}

static void warn_repeated(const struct dataset *data, const char *kind, const char *part,
                          size_t repeated, size_t count, const size_t example[2],
                          const char *remedy, struct data_warnings *warnings) {
    if (repeated > 0)
        check_warn(
            warnings, kind,
            "%zu of %zu %s %s are also training %s, %s (number %zu is training %s %zu): what was "
            "learned by heart counts as understood, and the measured accuracy is too high; %s",
            repeated, count, part, examples_of(data, 2), examples_of(data, 2),
            data->table ? "number for number" : "pixel for pixel", example[0], examples_of(data, 1),
            example[1], remedy);
}

static void check_repeats(struct findings *findings, struct data_warnings *warnings) {
    const struct repeats *repeats = &findings->repeats;
    const struct dataset *data = findings->view->data;
    if (repeats->test + repeats->validation == 0 || repeats_are_ordinary(findings))
        return;
    warn_repeated(data, "test_in_training", "test", repeats->test, data->test.count,
                  repeats->test_example, "remove them from one of the two sets", warnings);
    warn_repeated(data, "validation_in_training", "validation", repeats->validation,
                  findings->view->validation_count, repeats->validation_example,
                  "keep the training slice and the validation slice apart, and remove doubles",
                  warnings);
}

static void check_constant(struct findings *findings, struct data_warnings *warnings) {
    if (findings->constant_train + findings->constant_test > 0)
        check_warn(
            warnings, "constant_images",
            "%zu of %zu training images and %zu of %zu test images are blank (all pixels equal): "
            "they show nothing to learn and teach their label for emptiness; remove them, or "
            "make the data set's files anew",
            findings->constant_train, findings->view->train_count, findings->constant_test,
            findings->view->data->test.count);
}

/* Of images: found by comparing them. Of labels, of targets that are numbers, and of pixels: only
 * where there are such. */
enum { OF_IMAGES = 1, OF_LABELS = 2, OF_VALUES = 4, OF_PIXELS = 8 };

/* In the order of gravity. */
static const struct {
    void (*check)(struct findings *findings, struct data_warnings *warnings);
    unsigned of;
} checks[] = {
    {check_finite, OF_IMAGES},
    {check_rounded, 0},
    {check_one_class, OF_LABELS},
    {check_constant_targets, OF_VALUES},
    {check_one_test_class, OF_LABELS},
    {check_one_validation_class, OF_LABELS},
    {check_sorted, OF_VALUES},
    {check_merged, OF_LABELS},
    {check_changed, OF_LABELS},
    {check_missing, OF_LABELS},
    {check_many_classes, OF_LABELS},
    {check_unused, OF_LABELS},
    {check_scale, OF_PIXELS},
    {check_dark, OF_IMAGES | OF_PIXELS},
    {check_other_scale, OF_IMAGES},
    {check_constant_features, OF_IMAGES},
    {check_imbalance, OF_LABELS},
    {check_lacking, OF_LABELS},
    {check_contradictions, OF_IMAGES | OF_LABELS},
    {check_repeats, OF_IMAGES},
    {check_constant, OF_IMAGES | OF_PIXELS},
};

/* Whether a check is of what the data set has. */
static bool applies(unsigned of, const struct dataset *data) {
    const bool pixels = data->train.pixels && !data->table;
    return !(of & (dataset_has_values(data) ? OF_LABELS : OF_VALUES)) &&
           (pixels || !(of & OF_PIXELS));
}

static bool is_constant(const uint8_t *pixels, size_t bytes) {
    return bytes == 0 || memcmp(pixels, pixels + 1, bytes - 1) == 0;
}

static size_t count_constant(const struct images *images, size_t count, size_t bytes) {
    size_t constant = 0;
    for (size_t i = 0; i < count && images->pixels; i++)
        constant += is_constant(images->pixels + i * bytes, bytes);
    return constant;
}

static void count_labels(struct findings *findings) {
    const struct data_view *view = findings->view;
    const struct images *train = &view->data->train, *test = &view->data->test;
    if (!train->labels)
        return;
    for (size_t i = 0; i < train->count; i++)
        findings->all[train->labels[i]]++;
    for (size_t i = 0; i < test->count; i++) {
        findings->all[test->labels[i]]++;
        findings->test[test->labels[i]]++;
    }
    for (size_t i = 0; i < view->train_count; i++)
        findings->raw[train->labels[i]]++;
    for (size_t label = 0; label < LABELS; label++)
        findings->trained[view->train_label_map[label]] += findings->raw[label];
    for (size_t i = 0; i < view->validation_count; i++)
        findings->validation[view->train_label_map[train->labels[view->validation_begin + i]]]++;
}

static enum status check_view(const struct data_view *view, struct error *error) {
    size_t count = view->data->train.count;
    if (view->train_count == 0)
        return error_set(error, STATUS_INPUT, "there are no training images to train on");
    if (view->train_count > count || view->validation_begin > count ||
        view->validation_count > count - view->validation_begin)
        return error_set(error, STATUS_INPUT,
                         "%zu training images and validation images %zu to %zu are wanted, but "
                         "the data set has only %zu",
                         view->train_count, view->validation_begin,
                         view->validation_begin + view->validation_count, count);
    return STATUS_OK;
}

static enum status compare_images(struct findings *findings, struct error *error) {
    const struct data_view *view = findings->view;
    const size_t bytes = dataset_inputs(view->data);
    findings->constant_train = count_constant(&view->data->train, view->train_count, bytes);
    findings->constant_test = count_constant(&view->data->test, view->data->test.count, bytes);
    return repeats_find(view, &findings->repeats, error);
}

enum status data_check(const struct data_view *view, bool labels_only,
                       struct data_warnings *warnings, struct error *error) {
    warnings->count = 0;
    struct findings findings = {.view = view};
    enum status status = check_view(view, error);
    if (status == STATUS_OK && !labels_only)
        status = compare_images(&findings, error);
    if (status != STATUS_OK)
        return status;
    count_labels(&findings);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const size_t before = warnings->count;
        const bool of_images = checks[i].of & OF_IMAGES;
        if (applies(checks[i].of, view->data) && !(of_images && labels_only))
            checks[i].check(&findings, warnings);
        for (size_t j = before; j < warnings->count; j++)
            warnings->items[j].of_images = of_images;
    }
    return findings.failed ? error_memory(error) : STATUS_OK;
}

void data_view_whole(const struct dataset *data, struct data_view *view) {
    *view = (struct data_view){.data = data,
                               .train_count = data->train.count,
                               .validation_begin = data->train.count,
                               .train_image_divisor = dataset_divisor(data),
                               .test_image_divisor = dataset_divisor(data)};
    stream_label_map(1, view->train_label_map);
}
