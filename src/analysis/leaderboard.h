/* A leaderboard of what was observed. */
#ifndef SWEEP_ANALYSIS_LEADERBOARD_H
#define SWEEP_ANALYSIS_LEADERBOARD_H

#include "store/observations.h"

/* Rank settings by the mean over their completed trials, or single trials; best first, those
 * without a value last, `limit` rows at the most (0: all). Points into the observations and lives
 * in the arena. STATUS_MEMORY. */
enum status leaderboard_of(const struct observations *observations, bool single, size_t limit,
                           struct arena *arena, struct leaderboard *leaderboard,
                           struct error *error);

#endif
