/* A page that is renewed while its sweep runs: by `report --live`, which `run --report` starts as a
 * process of its own, of the lowest priority, so that training does not wait for it. */
#ifndef SWEEP_CLI_LIVE_H
#define SWEEP_CLI_LIVE_H

#include "base/status.h"
#include "store/provenance.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What became of the latest of a sweep's commands: running, paused (its process is stopped),
 * finished, interrupted or lost (it is gone and did not say so). A process of another machine is
 * believed. */
const char *live_state(const struct provenance *provenance);
/* Give all commands the outcome that is so told: the database has `running` of one that was killed
 * until the next run. */
void live_settle(struct provenance *provenance);
bool live_goes_on(const char *state);

/* Take the lowest priority. */
void live_begin(void);

/* Seconds to the next page: so many that writing, which took so much processor time, is at most 2 %
 * of them, and 2 or more. */
double live_pause(double cpu_seconds);

/* Wait so long, or until live_end wants the last page. */
void live_wait(double seconds);

/* Have a page renewed about a sweep of the database; 0 in *process where that can't be. */
enum status live_start(const char *database, int64_t sweep, const char *page, pid_t *process,
                       struct error *error);

/* The sweep has ended: have the last page written, and wait for that. */
void live_end(pid_t process);

#endif
