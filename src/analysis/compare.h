/* Compare some hyperparameters: each one's values, how they depend on each other, where the
 * variance comes from, and the best settings. */
#ifndef SWEEP_ANALYSIS_COMPARE_H
#define SWEEP_ANALYSIS_COMPARE_H

#include "analysis/comparison.h"
#include "analysis/quantities.h"
#include "analysis/search_history.h"

/* A hyperparameter's value to compare the others with. */
struct compare_reference {
    const char *name; /* the hyperparameter's, or a part's */
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
    struct search_history search; /* of a search */
};

/* Compare the hyperparameters named, or all that vary where none is. Lives in the arena, points
 * into the observations. STATUS_USAGE for a name that is none, a hyperparameter that does not vary,
 * and a reference that is not among the values of one compared. */
enum status compare(const struct observations *observations, const char *const *names,
                    size_t name_count, const struct compare_reference *references,
                    size_t reference_count, struct arena *arena, struct comparison *comparison,
                    struct error *error);

/* A comparison for each quantity that the scores measure (quantities.h), in the order of the
 * config; one where they are of one. Of the hyperparameters named, each has those that vary in it.
 * STATUS_USAGE also for a hyperparameter whose values are different quantities. */
struct comparisons {
    const struct observations *observations; /* all */
    struct quantities quantities;
    struct comparison *items; /* quantities.count, at least one */
};

enum status compare_each(const struct observations *observations, const char *const *names,
                         size_t name_count, const struct compare_reference *references,
                         size_t reference_count, struct arena *arena,
                         struct comparisons *comparisons, struct error *error);

#endif
