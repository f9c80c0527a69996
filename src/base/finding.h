/* What a check-up finds: for each check whether all is well, and if not, what to do. */
#ifndef SWEEP_BASE_FINDING_H
#define SWEEP_BASE_FINDING_H

enum finding_level {
    FINDING_OK,
    FINDING_WARNING, /* works, but not as well as it could */
    FINDING_ERROR,
};

/* Where findings go to. */
struct findings {
    void *context;
    /* `subject` is what was checked, in a word; `text` is one line; both are valid during the call
     */
    void (*take)(void *context, enum finding_level level, const char *subject, const char *text);
};

void findings_add(const struct findings *findings, enum finding_level level, const char *subject,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Each line of a text as a finding. */
void findings_add_lines(const struct findings *findings, enum finding_level level,
                        const char *subject, const char *lines);

#endif
