/* All that `sweep compare` says: some hyperparameters, how they depend on each other, where the
 * variance comes from, and the best settings. */
#ifndef SWEEP_REPORT_COMPARE_H
#define SWEEP_REPORT_COMPARE_H

#include "report/comparison.h"

#include <stdio.h>

/* A hyperparameter's value to compare the others with. */
struct compare_reference {
    const struct hyperparameter *hyperparameter;
    const char *text;
};

struct comparison {
    const struct observations *observations;
    bool overview; /* of all that varies, none having been asked for */
    size_t factor_count;
    struct factor_comparison *factors;
    size_t pair_count; /* of the factors asked for, each with each */
    struct interaction_comparison *pairs;
    struct variance_comparison variance;
    struct best_comparison best;
};

/* Compare the hyperparameters named, or all that vary where none is. Lives in the arena, points
 * into the observations. STATUS_USAGE for a name that is none, a hyperparameter that does not vary,
 * and a reference that is not among the values of one compared. */
enum status compare(const struct observations *observations, const char *const *names,
                    size_t name_count, const struct compare_reference *references,
                    size_t reference_count, struct arena *arena, struct comparison *comparison,
                    struct error *error);

/* As tables with what they mean in words, `rows` of the best settings at the most (0: all). */
enum status compare_print(FILE *stream, const struct comparison *comparison, size_t rows,
                          struct arena *arena, struct error *error);

/* One object with everything; the best settings are all there. */
enum status compare_print_json(FILE *stream, const struct comparison *comparison,
                               struct error *error);

/* A record for each value of each hyperparameter compared. */
void compare_print_csv(FILE *stream, const struct comparison *comparison);

#endif
