/* The leaderboard: as a table for people, as JSON and CSV for programs. */
#ifndef SWEEP_REPORT_LEADERBOARD_PRINT_H
#define SWEEP_REPORT_LEADERBOARD_PRINT_H

#include "analysis/leaderboard.h"
#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

#include <stdio.h>

/* "grid, optimizer adam: 54 of 56 trials, 28 of them diverged, 2 failed": the sweep, what was
 * chosen of it, and how many trials have a result. A trial that diverged has one. */
void trials_append(struct text *text, const struct observations *observations);

/* Print it with a line about the sweep above; cells come from the arena. */
enum status leaderboard_print(FILE *stream, const struct leaderboard *leaderboard,
                              struct arena *arena, struct error *error);

/* An object with the sweep and a list `rows`; a number that is none is null. */
enum status leaderboard_print_json(FILE *stream, const struct leaderboard *leaderboard,
                                   struct error *error);

/* A head and a record for each row; a number that is none is an empty field. */
void leaderboard_print_csv(FILE *stream, const struct leaderboard *leaderboard);

#endif
