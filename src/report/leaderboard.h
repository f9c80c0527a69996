/* The leaderboard as a table. */
#ifndef SWEEP_REPORT_LEADERBOARD_H
#define SWEEP_REPORT_LEADERBOARD_H

#include "base/arena.h"
#include "base/status.h"
#include "store/store.h"

#include <stdio.h>

/* Print it with a line about the sweep above; cells come from the arena. */
enum status leaderboard_print(FILE *stream, const struct leaderboard *leaderboard,
                              struct arena *arena, struct error *error);

#endif
