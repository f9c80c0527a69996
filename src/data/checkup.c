#include "data/checkup.h"

#define SUBJECT "data"

static void report_error(const struct findings *findings, const struct error *error) {
    findings_add(findings, FINDING_ERROR, SUBJECT, "%s%s%s", error->file,
                 error->file[0] ? ": " : "", error->message);
}

void data_checkup(const char *const *names, size_t count, const struct dataset_places *places,
                  const struct findings *findings, struct dataset *dataset, bool *loaded) {
    struct error error;
    struct text notes;
    text_init(&notes);
    *loaded = dataset_load_first(names, count, places, dataset, &notes, &error) == STATUS_OK;
    findings_add_lines(findings, FINDING_WARNING, SUBJECT, notes.data);
    text_release(&notes);
    if (!*loaded) {
        report_error(findings, &error);
        return;
    }
    struct text text;
    text_init(&text);
    dataset_describe(dataset, &text);
    findings_add(findings, FINDING_OK, SUBJECT, "%s%s loaded (%s): %s", dataset->name,
                 dataset->published ? ", as published," : "", dataset->source, text.data);
    text_release(&text);
}
