/* What a run has to tell besides its results: what an earlier one left, what differs from the last
 * time, and what became of results that the database could not take. */
#ifndef SWEEP_REPORT_MESSAGES_H
#define SWEEP_REPORT_MESSAGES_H

#include "store/earlier_sweeps.h"
#include "store/store.h"

#include <stdio.h>

/* `quiet` leaves out what nobody has to act on. */
void messages_print_spool(FILE *stream, const struct spool_report *report, bool quiet);

/* That there is another sweep of the same name, and what the one to be run has from an earlier
 * version. */
void messages_print_earlier(FILE *stream, const struct earlier_sweep *earlier,
                            const struct config *config, bool quiet);

void messages_print_resume(FILE *stream, const struct resume_summary *summary, bool quiet);

void messages_print_spooled(FILE *stream, const struct spool_state *spooled);

#endif
