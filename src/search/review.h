/* A look at a space and its data before a sweep is spent on them: what would surprise its author.
 * `run`, `plan` and `doctor` say the same. */
#ifndef SWEEP_SEARCH_REVIEW_H
#define SWEEP_SEARCH_REVIEW_H

#include "base/status.h"
#include "base/text.h"
#include "data/dataset.h"
#include "search/config.h"
#include "search/space.h"

/* Append a line for each kind of fault that the data have as the settings use them (data/check.h),
 * with the settings that have it where not all do, and what review_arrays says. STATUS_MEMORY. */
enum status review_data(const struct space *space, const struct dataset *dataset,
                        struct text *warnings, struct error *error);

/* The same for each further array of one of the data sets that some network reads or predicts, with
 * numbers that are none or of another size in the test part; and for all inputs that one reads
 * without a normalization behind them, and targets, with numbers of another size than networks are
 * usually trained on. */
enum status review_arrays(const struct space *space, const struct dataset *first,
                          const struct dataset *dataset, struct text *warnings,
                          struct error *error);

/* Append a line for each kind of value that is allowed and probably not meant, with its place and
 * the first setting that has it: layers with the input and the output written out, a learning rate
 * that is a thousand times the usual, a loss that is maximized; and what review_exclusions says.
 * STATUS_MEMORY. */
enum status review_settings(const struct config *config, const struct space *space,
                            const struct dataset *dataset, struct text *warnings,
                            struct error *error);

/* Append a line for each condition of exclude (of several joined by `or`: each of these) that no
 * setting of the space meets, with its place. What numbers of a range may meet is taken for met.
 * STATUS_MEMORY. */
enum status review_exclusions(const struct space *space, struct text *warnings,
                              struct error *error);

#endif
