/* What a sweep's observations say of its hyperparameters, as numbers; report/compare_print.h shows
 * them.
 *
 * The unit of replication is the seed. Trials with the same seed share initial weights and the
 * order of images, whatever their setting, so they are paired: for each seed, the differences
 * between two values of a hyperparameter are averaged over all other settings (the contexts) in
 * which both were tried; these averages, one a seed, are the replicates of paired.h. An interval so
 * made is about what another seed would give on the same grid and data. Pairs themselves are no
 * replicates: those of one seed have too much in common (milestones of one training are even the
 * same run), and counting them as independent would find differences in noise.
 *
 * A diverged trial has no score. It is left out of means and differences, which flatters its value;
 * so it is counted, a pair in which one diverged counts as lost for it, and no value is plainly
 * better with which more trials diverge.
 *
 * All live in the arena, point into the observations, and fail with STATUS_MEMORY unless they say
 * more. */
#ifndef SWEEP_ANALYSIS_COMPARISON_H
#define SWEEP_ANALYSIS_COMPARISON_H

#include "analysis/contexts.h"
#include "base/arena.h"
#include "base/status.h"
#include "stats/anova.h"
#include "stats/interaction.h"
#include "stats/paired.h"
#include "stats/summary.h"
#include "store/observations.h"

#include <stdbool.h>
#include <stddef.h>

enum verdict {
    VERDICT_REFERENCE, /* the value others are compared with */
    VERDICT_BETTER,    /* Holm-corrected p <= PAIRED_LEVEL */
    VERDICT_WORSE,
    VERDICT_BETTER_BUT, /* the same, but more trials with the value diverge, of the same pairs */
    VERDICT_WORSE_BUT,  /* fewer of them diverge */
    VERDICT_DEPENDS,    /* of an interaction: there is one */
    VERDICT_SAME,       /* no difference in any seed */
    VERDICT_UNCLEAR,    /* enough seeds for an exact test, and nothing was found */
    VERDICT_FEW,        /* not enough repeats to tell */
    VERDICT_UNPAIRED    /* nothing that differs in these hyperparameters alone */
};

const char *verdict_text(enum verdict verdict);

/* One value of a hyperparameter. */
struct value_comparison {
    const struct level *level;
    struct summary summary;    /* over all completed trials with this value */
    size_t diverged, trials;   /* of all trials with it */
    struct complete_part part; /* of the pairs with the reference */
    size_t better, judged;     /* pairs better than the reference's, of those where both have run */
    size_t lost, won;          /* pairs in which it alone diverged, and the reference's alone did */
    struct paired paired;      /* value minus reference, averaged within each seed */
    double *differences;       /* these, paired.n of them */
    double p_holm;             /* NaN: not tested */
    enum verdict verdict;
};

/* A hyperparameter and its values. */
struct factor_comparison {
    const struct factor *factor;
    size_t reference; /* among the values */
    bool reference_is_default;
    size_t contexts; /* settings of the other hyperparameters */
    size_t seeds;
    size_t family; /* values tested against the reference */
    size_t value_count;
    struct value_comparison *values; /* in the factor's order */
    size_t best; /* the value with the best mean difference; the reference's is 0 */
    /* Other hyperparameters that have one value for each of this one's, so that they change with
     * it; and those whose values are each only tried with some of its, so that they are averaged
     * over. */
    size_t carried_count, nested_count;
    const struct factor **carried, **nested;
};

/* Compare the values of `factor`, which is one of the observations', with the one whose text is
 * `reference` or (NULL) the hyperparameter's default where that is among them, else the first.
 * STATUS_USAGE for a reference that is not among the values. */
enum status compare_factor(const struct observations *observations, const struct factor *factor,
                           const char *reference, struct arena *arena,
                           struct factor_comparison *comparison, struct error *error);

/* Whether the effect of one hyperparameter depends on another. */
struct interaction_comparison {
    const struct factor *rows, *columns;
    /* Values that apply; 0 where a search has hardly met them twice (factor_is_repeated). */
    size_t row_count, column_count;
    struct summary *cells;     /* row_count x column_count, over all completed trials */
    struct complete_part part; /* in which all these combinations were tried */
    struct interaction test;
    double p_holm;
    enum verdict verdict;
};

/* For each of `count` pairs of factors (rows, then columns), corrected for their number. */
enum status compare_interactions(const struct observations *observations,
                                 const struct factor *const *pairs, size_t count,
                                 struct arena *arena, struct interaction_comparison *comparisons,
                                 struct error *error);

/* How the values of a hyperparameter were put together. */
struct binning {
    size_t bins;        /* by quantiles; 0: each value is by itself */
    bool by_parameters; /* in the order of the networks' numbers of parameters */
};

/* Which hyperparameters the metric's variance comes from. */
struct variance_comparison {
    struct anova anova; /* its factors are numbered as `factors` */
    size_t factor_count;
    const struct factor **factors;
    size_t trials; /* that have a value */
    /* Of a search whose settings are no grid (ANOVA_RIDGE, or ANOVA_NONE where they are too few):
     * the variance is that of the settings' means, or of the means of their losses' logarithms; of
     * the scores after the observations' common epoch, where there is one. */
    bool sampled, logarithms;
    struct binning *binnings;        /* of the factors */
    size_t settings, values, needed; /* with a score; levels and bins of all factors; how many
                                        settings it takes */
};

enum status compare_variance(const struct observations *observations, struct arena *arena,
                             struct variance_comparison *comparison, struct error *error);

/* That of a search whose settings are no grid: compare_variance's, which has read the factors in.
 * The share of a hyperparameter that does not apply to some settings is what its values do where it
 * does; what it does that it applies is the share of the one that it depends on. */
enum status compare_importance(const struct observations *observations, struct arena *arena,
                               struct variance_comparison *comparison, struct error *error);

/* The share of a factor's own effect; NaN where there is none. */
double variance_share(const struct variance_comparison *comparison, const struct factor *factor);

/* A setting, with how far it falls short of the best. */
struct setting_comparison {
    size_t observation; /* one of its trials */
    struct summary summary;
    double shortfall; /* mean over the seeds that both have, above 0 when worse; NaN: none */
    size_t common;    /* these seeds */
    bool unreliable;  /* more of its seeds diverged than of the best's, of those that both ran */
};

/* The best setting, the leaderboard's first, and those that can't be told from it: best.h says by
 * which test, in which a diverged trial is infinitely behind; or it was a race. The observations
 * are of one quantity.
 */
struct best_comparison {
    bool enough; /* repeats to tell any apart */
    /* The sweep's race has told them apart: those that it did not drop are the ones that can't be
     * told from the best, and no other test is made. Not where the best of what was observed is
     * one that it dropped, as with a filter. */
    bool raced;
    size_t settings; /* with a value */
    size_t diverged; /* settings of which no trial has a value but some diverged */
    /* Of all these, settings that have fewer than PAIRED_REPLICATES_MIN of the best's seeds, as
     * after an early stop: nothing is said of them. 0 where there are not enough repeats, and in a
     * race.
     */
    size_t untested;
    size_t others;                    /* with a value that the best was tested against */
    size_t shared_by;                 /* settings that share the best score */
    size_t count;                     /* that can't be told from the best, itself included */
    struct setting_comparison *items; /* in the leaderboard's order */
    bool far;                         /* some setting has a seed far behind (best.h) */
    /* Of these, less those that are unreliable, the simplest, SIMPLEST_MEANS; its place among the
     * items. 0 without enough repeats. */
    size_t simplest;
    struct summary test; /* of the best one alone: the test images' score */
};

/* How settings are ordered by simplicity, in words. */
#define SIMPLEST_MEANS "fewest parameters, then fewest epochs, then first in the config"

enum status compare_settings(const struct observations *observations, struct arena *arena,
                             struct best_comparison *comparison, struct error *error);

#endif
