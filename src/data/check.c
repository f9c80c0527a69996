#include "data/check.h"

#include "data/repeats.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LABELS 256
#define CLASSES_NAMED 6 /* classes that a text lists before it counts the rest */
#define ITEM_MAX 32     /* room for one item of such a list */
#define IMBALANCE_RATIO 10

struct findings {
    const struct data_view *view;
    size_t raw[LABELS];     /* training images by the label they have */
    size_t trained[LABELS]; /* by the label they are trained as */
    size_t test[LABELS];
    size_t constant_train, constant_test;
    struct repeats repeats;
    bool one_class;
};

static void warn(struct data_warnings *warnings, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void warn(struct data_warnings *warnings, const char *kind, const char *format, ...) {
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

static void check_one_class(struct findings *findings, struct data_warnings *warnings) {
    size_t label = 0, tests = findings->view->data->test.count;
    if (count_used(findings->trained) != 1)
        return;
    while (findings->trained[label] == 0)
        label++;
    findings->one_class = true;
    bool merged = count_used(findings->raw) > 1;
    char cause[96] = "";
    if (merged)
        snprintf(cause, sizeof cause, ", though the files hold %zu different labels",
                 count_used(findings->raw));
    warn(warnings, "one_class",
         "all %zu training images are trained as class %zu%s: a network learns to answer %zu "
         "always, and accuracy on the test set can then be at most the share of class %zu there, "
         "%zu of %zu = %.4f, whatever else is varied; %s",
         findings->view->train_count, label, cause, label, label, findings->test[label], tests,
         share(findings->test[label], tests),
         merged ? "do not divide the labels (set their divisor to 1)"
                : "use more training images, or a training set that holds every class");
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
        warn(warnings, "merged_labels",
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
        warn(warnings, "changed_labels",
             "labels are trained as others (%s), while the test set keeps its own: right answers "
             "count as wrong there; do not divide the labels (set their divisor to 1)",
             list_text(&list));
}

static void check_missing(struct findings *findings, struct data_warnings *warnings) {
    if (findings->one_class)
        return;
    struct list list = {0};
    size_t images = 0, tests = findings->view->data->test.count;
    for (unsigned label = 0; label < LABELS; label++)
        if (findings->test[label] > 0 && findings->trained[label] == 0) {
            list_add(&list, "%u", label);
            images += findings->test[label];
        }
    if (list.count > 0)
        warn(warnings, "missing_class",
             "no training image is trained as class %s, but %zu of %zu test images are of %s: what "
             "is never shown is not learned, so test accuracy stays at or below %.4f; use more "
             "training images, or a training set that holds every class",
             list_text(&list), images, tests, list.count > 1 ? "these classes" : "this class",
             share(tests - images, tests));
}

static void check_scale(struct findings *findings, struct data_warnings *warnings) {
    double train = findings->view->train_image_divisor, test = findings->view->test_image_divisor;
    if (train < test || train > test)
        warn(warnings, "scaled_differently",
             "training pixels are divided by %.6g and lie in 0 .. %.6g, test pixels are divided by "
             "%.6g and lie in 0 .. %.6g: a network is tested on numbers of a size it has never "
             "seen; divide both by the same number (255 makes them 0 .. 1)",
             train, 255.0 / train, test, 255.0 / test);
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
    if (findings->one_class || large <= small * IMBALANCE_RATIO)
        return;
    warn(warnings, "imbalance",
         "training class %zu has %zu images, class %zu only %zu: always answering %zu is already "
         "right for %.4f of the training images, so a high accuracy says little and rare classes "
         "are learned badly; use more training images, or more even ones, or judge by another "
         "metric than accuracy",
         most, large, least, small, most, share(large, findings->view->train_count));
}

static void check_contradictions(struct findings *findings, struct data_warnings *warnings) {
    const struct repeats *repeats = &findings->repeats;
    const uint8_t *labels = findings->view->data->train.labels;
    const uint8_t *map = findings->view->train_label_map;
    size_t first = repeats->contradicting[0], second = repeats->contradicting[1];
    if (repeats->contradictions > 0)
        warn(warnings, "contradiction",
             "%zu training images equal an earlier one but have another label (image %zu is "
             "trained as %u, image %zu as %u): no network can answer both ways; mend the wrong "
             "labels, or remove the images",
             repeats->contradictions, first, map[labels[first]], second, map[labels[second]]);
}

static void warn_repeated(const char *kind, const char *part, size_t repeated, size_t count,
                          const size_t example[2], const char *remedy,
                          struct data_warnings *warnings) {
    if (repeated > 0)
        warn(warnings, kind,
             "%zu of %zu %s images are also training images, pixel for pixel (number %zu is "
             "training image %zu): what was learned by heart counts as understood, and the "
             "measured accuracy is too high; %s",
             repeated, count, part, example[0], example[1], remedy);
}

static void check_repeats(struct findings *findings, struct data_warnings *warnings) {
    const struct repeats *repeats = &findings->repeats;
    warn_repeated("test_in_training", "test", repeats->test, findings->view->data->test.count,
                  repeats->test_example, "remove them from one of the two sets", warnings);
    warn_repeated("validation_in_training", "validation", repeats->validation,
                  findings->view->validation_count, repeats->validation_example,
                  "keep the training slice and the validation slice apart, and remove doubles",
                  warnings);
}

static void check_constant(struct findings *findings, struct data_warnings *warnings) {
    if (findings->constant_train + findings->constant_test > 0)
        warn(warnings, "constant_images",
             "%zu of %zu training images and %zu of %zu test images are blank (all pixels equal): "
             "they show nothing to learn and teach their label for emptiness; remove them, or "
             "make the data set's files anew",
             findings->constant_train, findings->view->train_count, findings->constant_test,
             findings->view->data->test.count);
}

/* In the order of gravity. */
static void (*const checks[])(struct findings *findings, struct data_warnings *warnings) = {
    check_one_class, check_merged,         check_changed, check_missing,  check_scale,
    check_imbalance, check_contradictions, check_repeats, check_constant,
};

static bool is_constant(const uint8_t *pixels, size_t bytes) {
    return bytes == 0 || memcmp(pixels, pixels + 1, bytes - 1) == 0;
}

static size_t count_constant(const struct images *images, size_t count, size_t bytes) {
    size_t constant = 0;
    for (size_t i = 0; i < count; i++)
        constant += is_constant(images->pixels + i * bytes, bytes);
    return constant;
}

static void count_labels(struct findings *findings) {
    const struct data_view *view = findings->view;
    const struct images *train = &view->data->train, *test = &view->data->test;
    for (size_t i = 0; i < view->train_count; i++) {
        findings->raw[train->labels[i]]++;
        findings->trained[view->train_label_map[train->labels[i]]]++;
    }
    for (size_t i = 0; i < test->count; i++)
        findings->test[test->labels[i]]++;
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

enum status data_check(const struct data_view *view, struct data_warnings *warnings,
                       struct error *error) {
    warnings->count = 0;
    struct findings findings = {.view = view};
    enum status status = check_view(view, error);
    if (status == STATUS_OK)
        status = repeats_find(view, &findings.repeats, error);
    if (status != STATUS_OK)
        return status;
    size_t bytes = view->data->rows * view->data->columns;
    count_labels(&findings);
    findings.constant_train = count_constant(&view->data->train, view->train_count, bytes);
    findings.constant_test = count_constant(&view->data->test, view->data->test.count, bytes);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        checks[i](&findings, warnings);
    return STATUS_OK;
}
