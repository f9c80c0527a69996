/* Where the shares of a variance come from and how far they can be believed, in words. */
#ifndef SWEEP_REPORT_VARIANCE_WORDS_H
#define SWEEP_REPORT_VARIANCE_WORDS_H

#include "analysis/compare.h"
#include "base/arena.h"
#include "base/text.h"
#include "report/words.h"

/* "of the variance of 378 results; functional ANOVA, ...", or "not told apart; ..." and why. */
void variance_words_append(struct text *text, const struct words *words,
                           const struct comparison *comparison, struct arena *arena);

#endif
