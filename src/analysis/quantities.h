/* What the scores of a sweep's trials measure: one quantity, or several that can't be compared.
 *
 * A loss is the loss function's own, with the penalty on the weights, and a score on training and
 * validation images goes by their labels: where trials differ in what the score is defined by
 * (score_is_defined_by), they are ranked and compared among those that agree in it. */
#ifndef SWEEP_ANALYSIS_QUANTITIES_H
#define SWEEP_ANALYSIS_QUANTITIES_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "store/observations.h"

#include <stddef.h>

struct quantities {
    size_t count;  /* in the order of the config; 0 without trials */
    size_t *of;    /* by setting */
    size_t *first; /* by quantity: one of its observations */
    /* What tells them apart; none where there is one quantity. */
    size_t factor_count;
    const struct factor *factors[HP_COUNT];
};

/* Lives in the arena, points into the observations. STATUS_MEMORY. */
enum status quantities_of(const struct observations *observations, struct arena *arena,
                          struct quantities *quantities, struct error *error);

/* "loss_function mean_squared_error" */
void quantities_append(const struct observations *observations, const struct quantities *quantities,
                       size_t quantity, struct text *text);

/* The same where it is known what the values are of: "l2 0.01, mean_squared_error". */
void quantities_append_short(const struct observations *observations,
                             const struct quantities *quantities, size_t quantity,
                             struct text *text);

/* That there are several, why, and what follows; nothing where there is one. */
void quantities_append_note(const struct observations *observations,
                            const struct quantities *quantities, struct text *text);

/* The observations of one quantity, as if no others had been read; settings keep their numbers.
 * Lives in the arena, points into the whole. STATUS_MEMORY. */
enum status quantities_part(const struct observations *whole, const struct quantities *quantities,
                            size_t quantity, struct arena *arena, struct observations *part,
                            struct error *error);

#endif
