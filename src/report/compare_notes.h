/* What the tables of `sweep compare` are made of, and the notes below them. Texts live in the arena
 * and are NULL where memory ran out, which cells_print and terminal_say report. */
#ifndef SWEEP_REPORT_COMPARE_NOTES_H
#define SWEEP_REPORT_COMPARE_NOTES_H

#include "analysis/compare.h"
#include "base/text.h"
#include "report/table.h"
#include "report/terminal.h"

#include <stdio.h>

/* The cells of one table, row by row. */
struct cells {
    struct arena *arena;
    const char **items;
    size_t count;
};

enum status cells_init(struct cells *cells, size_t count, struct arena *arena, struct error *error);
void cells_add(struct cells *cells, const char *text);
void cells_add_count(struct cells *cells, size_t count);
enum status cells_print(FILE *stream, const struct cells *cells, const struct table_column *columns,
                        size_t column_count, struct error *error);

/* Numbers with the digits that they are known to. */
const char *mean_text(struct arena *arena, const struct summary *summary);
const char *difference_text(struct arena *arena, const struct paired *paired);
const char *interval_text(struct arena *arena, const struct paired *paired);

/* What the notes below a table are about. */
struct compare_notes {
    bool exact, t, few, diverged, incomplete;
    bool paired; /* some values could be compared */
    size_t seeds_least, seeds_most;
    size_t family; /* values to compare, of the hyperparameter with most */
};

struct compare_notes compare_notes_of(const struct factor_comparison *comparisons, size_t count);

/* How p came about. `family` is the number of comparisons corrected for; 0: it differs. */
void compare_notes_append_test(struct text *text, const struct compare_notes *notes, size_t family);

/* Where pairs are missing: the seeds and the other settings that each value's difference is over.
 */
void compare_notes_append_parts(struct text *text, const struct observations *observations,
                                const struct factor_comparison *comparison);

/* "seeds 1 to 3 and 5 of 7, in 4 of 9 other settings" */
void compare_notes_append_part(struct text *text, const struct observations *observations,
                               const struct complete_part *part);

/* What was left out, and what more repeats would do. */
void compare_notes_append(struct text *text, const struct compare_notes *notes,
                          const struct observations *observations);

/* The overview of all hyperparameters: compare_print's, where none is named. */
enum status compare_print_overview(FILE *stream, const struct comparison *comparison, size_t rows,
                                   struct arena *arena, struct error *error);

#endif
