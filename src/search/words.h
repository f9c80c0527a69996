/* Names that people know from Keras, PyTorch, scikit-learn, W&B, Optuna and Ray Tune, and what they
 * are here. */
#ifndef SWEEP_SEARCH_WORDS_H
#define SWEEP_SEARCH_WORDS_H

#include <stdbool.h>

struct word {
    const char *kinds;   /* what it may stand for: kinds of names, separated by | */
    const char *words;   /* its spellings, separated by spaces; case, _ and - don't matter */
    const char *instead; /* the name that is meant, or NULL */
    const char *advice;  /* what to do, or NULL */
    bool ignored;        /* it does no harm: `advice` is a note */
};

/* The entry for a name where a `kind` of names belongs ("hyperparameter", "parameter of adam"), or
 * NULL. */
const struct word *words_find(const char *kind, const char *name);

#endif
