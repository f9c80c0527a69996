/* A comparison shown: as tables for people, as JSON and CSV for programs. */
#ifndef SWEEP_REPORT_COMPARE_PRINT_H
#define SWEEP_REPORT_COMPARE_PRINT_H

#include "analysis/compare.h"

#include <stdio.h>

/* As tables with what they mean in words, `rows` of the best settings at the most (0: all). */
enum status compare_print(FILE *stream, const struct comparisons *comparisons, size_t rows,
                          struct arena *arena, struct error *error);

/* One object with everything; the best settings are all there. Where the scores are of several
 * quantities: an object with a list `comparisons` of such objects. */
enum status compare_print_json(FILE *stream, const struct comparisons *comparisons,
                               struct arena *arena, struct error *error);

/* A record for each value of each hyperparameter compared. `within` tells the quantities apart
 * where the scores are of several. STATUS_MEMORY. */
enum status compare_print_csv(FILE *stream, const struct comparisons *comparisons,
                              struct error *error);

#endif
