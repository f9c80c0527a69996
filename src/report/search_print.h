/* How a search went, for people: the best so far against what was spent. */
#ifndef SWEEP_REPORT_SEARCH_PRINT_H
#define SWEEP_REPORT_SEARCH_PRINT_H

#include "analysis/compare.h"
#include "base/arena.h"
#include "base/text.h"
#include "report/words.h"

#include <stdio.h>

/* A table of the best so far after parts of the trials, and what it means. Nothing where there is
 * no search, or nothing of it has run. */
enum status search_print(FILE *stream, const struct comparison *comparison, struct arena *arena,
                         struct error *error);

/* What the expected best is, or why there is none; a sentence or two. */
void search_words_append(struct text *text, const struct words *words,
                         const struct comparison *comparison);

#endif
