#include "data/checkup.h"

#include "data/check.h"
#include "data/stream.h"

#define SUBJECT "data"

static void report_error(const struct findings *findings, const struct error *error) {
    findings_add(findings, FINDING_ERROR, SUBJECT, "%s%s%s", error->file,
                 error->file[0] ? ": " : "", error->message);
}

static void report_faults(const struct dataset *dataset, const struct findings *findings) {
    struct data_view view = {.data = dataset,
                             .train_count = dataset->train.count,
                             .train_image_divisor = 255,
                             .test_image_divisor = 255};
    struct data_warnings warnings;
    struct error error;
    stream_label_map(1, view.train_label_map);
    if (data_check(&view, &warnings, &error) != STATUS_OK) {
        report_error(findings, &error);
        return;
    }
    for (size_t i = 0; i < warnings.count; i++)
        findings_add(findings, FINDING_WARNING, SUBJECT, "%s", warnings.items[i].text);
    if (warnings.count == 0)
        findings_add(findings, FINDING_OK, SUBJECT, "no fault was found in its images and labels");
}

void data_checkup(const char *const *names, size_t count, const struct dataset_places *places,
                  const struct findings *findings, struct dataset *dataset, bool *loaded) {
    struct error error;
    *dataset = (struct dataset){0};
    *loaded = dataset_load_first(names, count, places, dataset, &error) == STATUS_OK;
    if (!*loaded) {
        report_error(findings, &error);
        return;
    }
    findings_add(findings, FINDING_OK, SUBJECT,
                 "%s%s loaded (%s): %zu training and %zu test images of %zu x %zu, %zu classes",
                 dataset->name, dataset->published ? ", as published," : "", dataset->source,
                 dataset->train.count, dataset->test.count, dataset->rows, dataset->columns,
                 dataset->classes);
    report_faults(dataset, findings);
}
