/* The scores that a sweep has recorded, and where the database has them. */
#ifndef SWEEP_STORE_COLUMNS_H
#define SWEEP_STORE_COLUMNS_H

#include "search/score.h"
#include "store/store_private.h"

#define STORE_RECORDED_MAX 128

/* What the sweep's completed trials have values of: columns of `trials`, then metrics by name. */
size_t store_recorded(struct store *store, int64_t sweep, struct score scores[STORE_RECORDED_MAX]);

/* The score that a person asks for by `name`. An alias without a split, as in f1, is of the images
 * that `own`, the sweep's score, is measured on, or of the only ones it was recorded on. Fails with
 * STATUS_USAGE where that leaves a choice, and for a name that no completed trial of the sweep has
 * a value of. Without completed trials any score will do. */
struct score column_asked(struct store *store, int64_t sweep, const char *name,
                          const struct score *own);

/* An expression for the score's value in a query in which t is the trials; NULL without a name. A
 * metric's name is bound to parameter `at`; a column takes none. */
void column_append_sql(const struct score *score, int at, struct text *sql);
void column_bind(const struct score *score, int at, struct statement *statement);

#endif
