#include "search/review.h"

#include "data/check.h"

#include <stdlib.h>
#include <string.h>

/* What decides how a setting uses the data. Views are ordered by the first of these, then by the
 * next, so that the last of those with one validation slice has the largest training slice. */
static const enum hyperparameter_id view_ids[] = {HP_VALIDATION_SPLIT, HP_TRAIN_IMAGES,
                                                  HP_TRAIN_IMAGE_DIVISOR, HP_TEST_IMAGE_DIVISOR,
                                                  HP_TRAIN_LABEL_DIVISOR};
#define VIEW_IDS (sizeof view_ids / sizeof *view_ids)

static double number_of(const struct setting *setting, enum hyperparameter_id id) {
    return value_number(&setting->values[id]);
}

static int differ(const struct setting *a, const struct setting *b, enum hyperparameter_id id) {
    const double x = number_of(a, id), y = number_of(b, id);
    return (x > y) - (x < y);
}

static int compare_views(const void *left, const void *right) {
    const struct setting *a = *(const struct setting *const *)left;
    const struct setting *b = *(const struct setting *const *)right;
    int order = 0;
    for (size_t i = 0; i < VIEW_IDS && order == 0; i++)
        order = differ(a, b, view_ids[i]);
    return order;
}

/* A kind of fault, and the first view that has it. */
struct fault {
    struct data_warning warning;
    const struct setting *setting;
    size_t views, texts; /* that have it, and how many different words they have for it */
};

struct review {
    const struct dataset *dataset;
    const struct setting **views; /* that differ in how they use the data, in order */
    size_t view_count, fault_count;
    size_t compared_count; /* views whose images were compared */
    bool several;          /* data sets: each line says which */
    bool varies[VIEW_IDS];
    struct fault faults[DATA_WARNINGS_MAX];
};

/* Those of the settings that are trained on the data set at hand. */
static bool collect_views(struct review *review, const struct space *space,
                          const struct dataset *first) {
    size_t count = 0;
    review->views = malloc(space->setting_count * sizeof *review->views);
    if (!review->views)
        return false;
    for (size_t i = 0; i < space->setting_count; i++)
        if (setting_dataset(&space->settings[i], first) == review->dataset)
            review->views[count++] = &space->settings[i];
    qsort(review->views, count, sizeof *review->views, compare_views);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_views(&review->views[i], &review->views[i - 1]) != 0)
            review->views[review->view_count++] = review->views[i];
    for (size_t i = 1; i < review->view_count; i++)
        for (size_t j = 0; j < VIEW_IDS; j++)
            review->varies[j] |= differ(review->views[0], review->views[i], view_ids[j]) != 0;
    return true;
}

static void make_view(const struct review *review, const struct setting *setting,
                      struct data_view *view) {
    struct stream_spec stream;
    setting_stream(setting, review->dataset, 0, &stream);
    *view = (struct data_view){
        .data = review->dataset,
        .train_count = stream.train_count,
        .validation_begin = stream.validation_begin,
        .validation_count = stream.validation_count,
        .train_image_divisor = stream.train_image_divisor,
        .test_image_divisor = stream.test_image_divisor,
    };
    stream_label_map(stream.train_label_divisor, view->train_label_map);
}

static void take_fault(struct review *review, const struct data_warning *warning,
                       const struct setting *setting) {
    size_t i = 0;
    while (i < review->fault_count && strcmp(review->faults[i].warning.kind, warning->kind) != 0)
        i++;
    struct fault *fault = &review->faults[i];
    if (i == review->fault_count) {
        *fault = (struct fault){.warning = *warning, .setting = setting};
        review->fault_count++;
    }
    fault->views++;
    fault->texts += fault->views == 1 || strcmp(fault->warning.text, warning->text) != 0;
}

/* To compare images takes tens of milliseconds, and there are few validation slices. */
#define COMPARISONS_MAX 16

/* Images are compared once for each validation slice, with the largest training slice beside it,
 * which contains the others. */
static enum status look(struct review *review, size_t i, struct error *error) {
    const struct setting *setting = review->views[i];
    const bool last = i + 1 == review->view_count ||
                      differ(setting, review->views[i + 1], HP_VALIDATION_SPLIT) != 0;
    const bool compared = last && review->compared_count < COMPARISONS_MAX;
    struct data_view view;
    struct data_warnings warnings;
    make_view(review, setting, &view);
    review->compared_count += compared;
    enum status status = data_check(&view, !compared, &warnings, error);
    for (size_t j = 0; j < warnings.count && status == STATUS_OK; j++)
        take_fault(review, &warnings.items[j], setting);
    return status;
}

/* By which values the view is told from the others. */
static void append_which(const struct review *review, const struct fault *fault, size_t total,
                         struct text *text) {
    const char *before = "with ";
    for (size_t i = 0; i < VIEW_IDS; i++) {
        if (!review->varies[i])
            continue;
        text_printf(text, "%s%s ", before, hyperparameters[view_ids[i]].name);
        value_append(&fault->setting->values[view_ids[i]], text);
        before = ", ";
    }
    if (fault->views > 1)
        text_printf(text, " (the first of %zu, of %zu, such ways to use the data)", fault->views,
                    total);
    text_append(text, ": ");
}

static void append_faults(const struct review *review, struct text *warnings) {
    for (size_t i = 0; i < review->fault_count; i++) {
        const struct fault *fault = &review->faults[i];
        if (review->several)
            text_printf(warnings, "%s: ", review->dataset->name);
        const size_t total = fault->warning.of_images ? review->compared_count : review->view_count;
        if (fault->views < total || fault->texts > 1)
            append_which(review, fault, total, warnings);
        text_printf(warnings, "%s\n", fault->warning.text);
    }
}

static enum status review_one(const struct space *space, const struct dataset *first,
                              const struct dataset *dataset, struct text *warnings,
                              struct error *error) {
    struct review review = {.dataset = dataset, .several = first->next};
    if (!collect_views(&review, space, first))
        return error_memory(error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < review.view_count && status == STATUS_OK; i++)
        status = look(&review, i, error);
    free(review.views);
    append_faults(&review, warnings);
    return status == STATUS_OK ? review_arrays(space, first, dataset, warnings, error) : status;
}

enum status review_data(const struct space *space, const struct dataset *dataset,
                        struct text *warnings, struct error *error) {
    enum status status = STATUS_OK;
    for (const struct dataset *at = dataset; at && status == STATUS_OK; at = at->next)
        status = review_one(space, dataset, at, warnings, error);
    return status;
}
