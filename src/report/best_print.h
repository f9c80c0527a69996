/* The best setting in words: which it is, and how far that can be believed. */
#ifndef SWEEP_REPORT_BEST_PRINT_H
#define SWEEP_REPORT_BEST_PRINT_H

#include "analysis/comparison.h"

#include <stdio.h>

/* What the best is, its score on the test images, how many settings can't be told from it, and the
 * simplest of these. `listed`: a table of them follows. Nothing without a setting that has a score.
 * Texts come from the arena. */
enum status best_print(FILE *stream, const struct observations *observations,
                       const struct best_comparison *best, bool listed, struct arena *arena,
                       struct error *error);

/* The same of each quantity that the scores measure, where there are several settings and repeats
 * enough to tell of them. */
enum status best_print_each(FILE *stream, const struct observations *observations,
                            struct arena *arena, struct error *error);

#endif
